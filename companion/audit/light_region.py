"""The light region of the XENON1T excess, with its ends searched and not read off a grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from .. import experiments, limits

__all__ = ["MASSES", "Region", "region"]

MASSES = np.concatenate([np.geomspace(1e-3, 0.1, 20, endpoint=False), np.linspace(0.1, 0.3, 41)])
"""Masses (MeV) of the light region."""


@dataclass(frozen=True)
class Region:
    """A region that begins at light masses.

    Attributes
    ----------
    low, high : float
        smallest and largest coupling (mu_B) at the lightest mass
    largest : float
        largest coupling (mu_B) at any mass of the region
    end : float
        largest mass (MeV)
    """

    low: float
    high: float
    largest: float
    end: float


@cache
def region(
    coupling: str = "mu_mu", joint: bool = False, confidence: float = 0.90, dof: int | None = None, **options: Any
) -> Region:
    """Region of a coupling and light masses under one convention.

    Parameters
    ----------
    coupling : str
        which
    joint : bool
        count from the global minimum over coupling and mass (default: from the minimum at each mass)
    confidence, dof : float, int
        of the chi-square difference; one degree of freedom at each mass and two jointly if not given
    **options
        of the experiment
    """
    experiment = experiments.load("xenon1t", **options)
    if set(options) == {"efficiency_scales"}:
        # where a pull acts changes no counts: the same channels remember them
        experiment = replace(experiment, channels=experiments.load("xenon1t").channels)
    if dof is None:
        dof = 2 if joint else 1
    if joint:
        found = limits.contour(experiment, coupling, MASSES, confidence=confidence, dof=dof)
        spans = found.spans
    else:
        spans = limits.excess(experiment, coupling, MASSES, confidence=confidence, dof=dof)
    if not spans or spans[0][0] > MASSES[0]:
        raise ValueError(f"no region of {coupling} begins at light masses")
    end = spans[0][1]
    inside = end > MASSES
    if joint:
        low, high = found.low[inside], found.high[inside]
    else:
        # towards its end each interval opens down to zero: the lower end of the region is that of the light masses
        masses = np.append(MASSES[inside], end)
        low, high = limits.interval(experiment, coupling, masses, confidence=confidence, dof=dof)
    return Region(float(low[0]), float(high[0]), float(high.max()), float(end))
