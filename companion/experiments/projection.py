"""Experiments that have not been done: the Standard-Model expectation as data, Eq. (27)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..response import Binned, Response
from ..statistics import Gaussian, Pull
from .channel import Axis
from .experiment import Experiment

__all__ = ["asimov"]


def asimov(blank: Experiment, background: float, systematic: float, minimum_events: float = 0.0) -> Experiment:
    r"""Give an experiment the Standard-Model expectation as data, with the errors of Eq. (27).

    .. math:: \sigma_i=\sqrt{N_i^\mathrm{SM}(1+\sigma_\mathrm{bg})}

    The background is in the errors only: in the difference of Eq. (27) it cancels.

    Parameters
    ----------
    blank : Experiment
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
    expected = blank.standard_model()
    filled = (expected > 0) & (expected >= minimum_events)
    if not filled.any():
        raise ValueError(f"{blank.title}: no bin has {minimum_events:g} Standard-Model events or more")
    number = int(np.flatnonzero(filled)[-1]) + 1
    (axis,) = blank.axes
    channels = tuple(replace(channel, response=_first(channel.response, number)) for channel in blank.channels)
    return replace(
        blank,
        axes=(Axis(axis.name, axis.unit, axis.edges[: number + 1]),),
        channels=channels,
        likelihood=Gaussian(
            observed=expected[:number],
            sigma=np.sqrt(expected[:number] * (1 + background)),
            backgrounds={},
            pulls=(Pull(f"{blank.name} signal", systematic),),
        ),
        projected=True,
        _built={},
    )


def _first(response: Response, number: int) -> Binned:
    """The first bins of a response."""
    if not isinstance(response, Binned):
        raise ValueError("a projection needs energy bins")
    return replace(response, edges=response.edges[: number + 1])
