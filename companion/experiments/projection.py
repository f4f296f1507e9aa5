"""Experiments that have not been done: the Standard-Model expectation as data, Eq. (27)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..response import Binned, Response
from ..statistics import Gaussian, Pull
from .channel import Axis
from .experiment import Experiment

__all__ = ["asimov", "blank"]


def blank(*, edges: NDArray[np.float64], unit: str, **known: Any) -> Experiment:
    """An experiment without data, in bins of recoil energy: what :func:`asimov` starts from.

    Parameters
    ----------
    edges : ndarray
        of the bins
    unit : str
        of the edges
    **known
        everything else that makes an :class:`Experiment`
    """
    bins = len(edges) - 1
    return Experiment(
        axes=(Axis("recoil energy", unit, edges),),
        quantity="events",
        likelihood=Gaussian(np.zeros(bins), np.ones(bins), {}),
        **known,
    )


def asimov(before: Experiment, background: float, systematic: float, minimum_events: float = 0.0) -> Experiment:
    r"""Give an experiment the Standard-Model expectation as data, with the errors of Eq. (27).

    .. math:: \sigma_i=\sqrt{N_i^\mathrm{SM}(1+\sigma_\mathrm{bg})}

    The background is in the errors only: in the difference of Eq. (27) it cancels.

    Parameters
    ----------
    before : Experiment
        with channels and one axis; its likelihood is replaced, and its last bins, towards the end point, are dropped
        if they have no Standard-Model events
    background : float
        background over Standard-Model events in every bin
    systematic : float
        width of the pull on the signal
    minimum_events : float
        the last bins are dropped as well if they have fewer
    """
    if not (background >= 0 and systematic > 0 and minimum_events >= 0):
        raise ValueError(
            "background and fewest events must not be negative and the systematic error positive, not "
            f"{background}, {minimum_events}, {systematic}"
        )
    expected = before.standard_model()
    filled = (expected > 0) & (expected >= minimum_events)
    if not filled.any():
        raise ValueError(f"{before.title}: no bin has {minimum_events:g} Standard-Model events or more")
    number = int(np.flatnonzero(filled)[-1]) + 1
    (axis,) = before.axes
    return replace(
        before,
        axes=(Axis(axis.name, axis.unit, axis.edges[: number + 1]),),
        channels=tuple(replace(channel, response=_first(channel.response, number)) for channel in before.channels),
        likelihood=Gaussian(
            observed=expected[:number],
            sigma=np.sqrt(expected[:number] * (1 + background)),
            backgrounds={},
            pulls=(Pull(f"{before.name} signal", systematic),),
        ),
        projected=True,
        _built={},
    )


def _first(response: Response, number: int) -> Binned:
    """The first bins of a response."""
    if not isinstance(response, Binned):
        raise ValueError("a projection needs energy bins")
    return replace(response, edges=response.edges[: number + 1])
