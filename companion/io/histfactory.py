r"""Counting experiments as workspaces of HistFactory, for pyhf and whatever else reads its JSON.

Our expectation is linear in its pulls, :math:`(S_i+\mu^2D_i)(1+\sum_kr_{ki}a_k)+\sum_bB^b_i(1+\sum_kr_{ki}a_k)`: the
changes of several pulls on one template add up.  Of the modifiers of HistFactory ``histosys`` does the same: its
changes are added, and with a nominal template halfway between its two variations the default interpolation of pyhf
(``code4p``) is the same straight line as ``code0``, between them and beyond.  ``normsys``
multiplies, and is an exponential beyond one standard deviation (``code1`` and ``code4``): 1.26 and 0.74 at two for an
error of 13 % with a straight line, 1.28 and 0.76 with an exponential.  So every pull, whether it scales or bends a
template, is a ``histosys`` of one standard deviation.  A pull without a prior is a ``normfactor``, where it is alone on
its templates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Experiment, of
from ..experiments.experiment import checked_masses
from ..results import Provenance
from ..results.provenance import titled
from ..statistics import Poisson, Pull
from .paths import write_text

__all__ = ["POI", "is_histfactory", "workspace", "write_workspace"]

Array = NDArray[np.float64]

POI = "squared_coupling"
"""Parameter of interest: the squared coupling in units of the squared reference coupling."""

FREE = 10.0
"""Largest factor of a template without a prior, of either sign: our pulls are not bounded at zero."""

LARGEST = 1e3
"""End of the range of the parameter of interest: fits need one."""


def is_histfactory(what: str | Experiment) -> str:
    """Why an experiment is no HistFactory model, in words; empty if it is one."""
    for part in of(what).parts:
        likelihood = part.likelihood
        if not isinstance(likelihood, Poisson):
            return f"{part.title} has Gaussian errors, and a HistFactory model counts Poisson events"
        if likelihood.shift is not None:
            return f"the signal of {part.title} moves with the pull {likelihood.shift.pull!r}, which no modifier does"
        for pull in likelihood.pulls:
            others = {name for other in likelihood.pulls if other is not pull for name in other.templates}
            if not isfinite(pull.sigma) and (pull.shape is not None or pull.shared or others & set(pull.templates)):
                return (
                    f"the pull {pull.name!r} of {part.title} is free, and not alone on its templates: a normfactor "
                    "would multiply what our pulls add"
                )
    return ""


def workspace(
    what: str | Experiment, coupling: str | Coupling, m_4: float, *, reference: float | None = None
) -> dict[str, Any]:
    r"""An experiment, or a combination, and one coupling at one mass as a workspace of HistFactory.

    Parameters
    ----------
    what : str or Experiment
        with Poisson counts and a signal that does not move; :meth:`companion.experiments.Experiment.asimov` of one too
    coupling : str or Coupling
        ``"mu_mu"``, ``"lambda_14"``, ...
    m_4 : float
        mass of the sterile state (MeV)
    reference : float, optional
        coupling (mu_B) at which the parameter of interest is one; by default about the one that the counts alone can
        tell from none

    Returns
    -------
    dict
        a workspace of version 1.0.0: one channel per part, the samples ``dipole``, scaled by the parameter
        ``squared_coupling`` :math:`=(\mu/\mu_\mathrm{ref})^2`, ``standard_model`` and the backgrounds, and one
        measurement whose name says the coupling, the mass and the reference

    Raises
    ------
    ValueError
        where the likelihood is no HistFactory model (:func:`is_histfactory`; :func:`companion.io.model` holds it),
        an interference is switched on, or the experiment is blind
    """
    if reason := is_histfactory(what):
        raise ValueError(f"{reason}; companion.io.hs3 or companion.io.model holds it")
    signal = scaled_signal(what, coupling, m_4, reference)
    parts = list(signal.dipoles)
    free = [pull.name for part in parts for pull in part.likelihood.pulls if not isfinite(pull.sigma)]
    parameters: list[dict[str, Any]] = [{"name": POI, "inits": [1.0], "bounds": [[0.0, LARGEST]]}]
    parameters += [{"name": name, "inits": [1.0], "bounds": [[-FREE, FREE]]} for name in dict.fromkeys(free)]
    return {
        "version": "1.0.0",
        "channels": [_channel(part, dipole) for part, dipole in signal.dipoles.items()],
        "observations": [{"name": part.name, "data": _numbers(part.observed)} for part in parts],
        "measurements": [{"name": signal.said, "config": {"poi": POI, "parameters": parameters}}],
    }


def write_workspace(document: dict[str, Any], path: str | Path) -> Path:
    """Write a workspace as JSON and make its folder."""
    return write_text(json.dumps(document, indent=1) + "\n", path)


@dataclass(frozen=True, eq=False)
class ScaledSignal:
    """A signal that a squared coupling scales.

    Attributes
    ----------
    dipoles : mapping of Experiment to ndarray
        for each part of an experiment its events at the reference coupling
    said : str
        experiment, coupling, mass and reference in words
    """

    dipoles: Mapping[Experiment, Array]
    said: str


def scaled_signal(
    what: str | Experiment, coupling: str | Coupling, m_4: float, reference: float | None
) -> ScaledSignal:
    """The signal of a coupling at one mass; parameters and errors of :func:`workspace`."""
    chosen = named(coupling)
    experiment = of(what).converted(chosen.mixing)
    if chosen.interferes:
        raise ValueError("the signal scales with the squared coupling, and an interference is linear in the coupling")
    mass = float(checked_masses(m_4))
    if mass >= experiment.maximum_mass(chosen):
        raise ValueError(f"{experiment.title} is blind to {chosen.name} at {mass:g} MeV: there is no signal to scale")
    if reference is None:
        reference = _reference(experiment, chosen, mass)
    elif not 0 < reference < np.inf:
        raise ValueError(f"the reference coupling is positive and finite (mu_B), not {reference}")
    parts = [part.converted(chosen.mixing) for part in experiment.parts]
    kind = Provenance.of([experiment]).kind
    return ScaledSignal(
        {part: reference**2 * part.template(chosen, mass) for part in parts},
        f"{titled(experiment)} ({kind}): {POI} = ({chosen.name} / {reference:g} mu_B)^2 at m_4 = {mass:g} MeV",
    )


def _reference(experiment: Experiment, chosen: Coupling, mass: float) -> float:
    """The coupling (mu_B), to one digit, whose events are as many as the errors of the counts."""
    events = experiment.template(chosen, mass) / experiment.likelihood.sigma
    coupling = float(np.sum(events**2) ** -0.25)
    return round(coupling, -floor(log10(coupling)))


def _channel(part: Experiment, dipole: Array) -> dict[str, Any]:
    """One channel: its samples with their modifiers."""
    pulls = part.likelihood.pulls
    scale = {"name": POI, "type": "normfactor", "data": None}
    samples = [{"name": "dipole", "data": _numbers(dipole), "modifiers": [scale, *_modifiers(pulls, "signal", dipole)]}]
    others = {"standard_model": ("signal", part.standard_model())}
    others |= {name: (name, counts) for name, counts in part.backgrounds.items()}
    for name, (template, counts) in others.items():
        modifiers = list(_modifiers(pulls, template, counts))
        samples.append({"name": name, "data": _numbers(counts), "modifiers": modifiers})
    return {"name": part.name, "samples": samples}


def _modifiers(pulls: tuple[Pull, ...], template: str, counts: Array) -> Iterator[dict[str, Any]]:
    """What the pulls do to the counts of a template; parts in common with other experiments are modifiers in common."""
    for pull in pulls:
        if template not in pull.templates:
            continue
        if not isfinite(pull.sigma):
            yield {"name": pull.name, "type": "normfactor", "data": None}
            continue
        change = counts * (1.0 if pull.shape is None else np.asarray(pull.shape, float))
        for name, sigma in pull.parts():
            variations = {"lo_data": _numbers(counts - sigma * change), "hi_data": _numbers(counts + sigma * change)}
            yield {"name": name, "type": "histosys", "data": variations}


def _numbers(values: Array) -> list[float]:
    return [float(value) for value in values]
