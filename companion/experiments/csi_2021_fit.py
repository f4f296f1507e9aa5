"""Coherent events in the counts of COHERENT-CsI, all data, with all nuisance parameters free."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .. import rates, units
from ..statistics import Poisson
from ..targets import Nucleus
from .experiment import Experiment

__all__ = ["Fitted", "fitted_events", "mean_cross_section"]


@dataclass(frozen=True)
class Fitted:
    """Coherent events in a fit.

    Attributes
    ----------
    events : float
        their number
    down, up : float
        its errors, where the chi-square has risen by one
    counting : float
        the error that the counts alone would leave if everything else, backgrounds included, were known
    """

    events: float
    down: float
    up: float
    counting: float


def mean_cross_section(experiment: Experiment, points: int = 400) -> float:
    """Cross-section (cm^2) of coherent scattering, the mean over the nuclei and over the neutrinos of the source.

    Parameters
    ----------
    experiment : Experiment
        with nuclei in a beam
    points : int
        Gauss points in the recoil
    """
    x, w = np.polynomial.legendre.leggauss(points)
    events, neutrinos = 0.0, 0.0
    for channel in experiment.channels:
        if not isinstance(channel.scatterer, Nucleus):
            continue
        for species, flux in channel.fluxes.items():
            largest = 2 * flux.maximum_energy**2 / (channel.scatterer.mass + 2 * flux.maximum_energy)
            E_r = largest * (x + 1) / 2
            rate = rates.differential_rate("cevns", E_r, channel.scatterer, flux, species=species)
            events += float(np.sum(channel.number * rate * w) * largest / 2)
            neutrinos += float(np.sum(channel.number * flux.moments(np.zeros(1))[0]))
    return events / neutrinos / units.cm**2


def fitted_events(experiment: Experiment) -> Fitted:
    """Coherent events that the data ask for: the size of the signal is free, its shape that of the Standard Model.

    All pulls are profiled.  Those on the signal keep what they do to its shape; what they do to the number of events,
    the free size does already, and so does the flux, which is left out.
    """
    likelihood = experiment.likelihood
    if not isinstance(likelihood, Poisson):
        raise ValueError(f"coherent events are fitted to counts, not to the data of {experiment.title}")
    signal = experiment.standard_model()
    pulls = []
    for pull in likelihood.pulls:
        if pull.shared is not None:
            continue
        if pull.templates == ("signal",) and pull.shape is not None:
            shape = np.asarray(pull.shape)
            pull = replace(pull, shape=shape - np.average(shape, weights=signal))
        pulls.append(pull)
    free = replace(likelihood, pulls=tuple(pulls))

    def chi2(size: float) -> float:
        return float(free.chi2(size * signal))

    best = minimize_scalar(chi2, bounds=(0.2, 2.0), method="bounded", options={"xatol": 1e-8})

    def above(size: float) -> float:
        return chi2(size) - float(best.fun) - 1

    low, high = brentq(above, 0.0, best.x, xtol=1e-10), brentq(above, best.x, 4.0, xtol=1e-10)
    expected = best.x * signal + sum(free.backgrounds.values())
    counting = np.sum(signal**2 / expected) ** -0.5
    total = float(signal.sum())
    return Fitted(
        events=float(best.x * total),
        down=float((best.x - low) * total),
        up=float((high - best.x) * total),
        counting=float(counting * total),
    )
