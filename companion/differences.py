r"""Tables of :math:`\Delta\chi^2` in one and two dimensions, for those who combine them with data of their own.

Other moments are zero (``others="zero"``), or they and all their phases are profiled (``others="free"``).  Experiments
without a pull in common add up their differences at equal parameters, after a new minimum has been found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc

from . import phases
from .couplings import Coupling
from .couplings import coupling as named
from .experiments import Experiment, of
from .lines import along

__all__ = ["Differences", "in_one_dimension", "in_two_dimensions"]

Array = NDArray[np.float64]

LEVELS = np.array([0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.705543454, 3.841458821, 5.0, 6.634896601, 9.0, 12.0, 16.0])
"""Differences at which a profiled modulus is found: some of them are 68.3, 90, 95, 99 and 99.7 %."""

OTHERS = ("zero", "free")


@dataclass(frozen=True, eq=False)
class Differences:
    """Chi-square above its minimum.

    Attributes
    ----------
    m_4 : ndarray, shape (masses,)
        masses (MeV)
    value : ndarray, shape (masses, points)
        couplings (mu_B) at each mass
    difference : ndarray, shape (masses, points)
        chi-square above the minimum: at each mass, or that over all of them in two dimensions
    minimum : ndarray, shape (masses,)
        the chi-square from which it is counted
    """

    m_4: Array
    value: Array
    difference: Array
    minimum: Array


def in_one_dimension(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    values: ArrayLike | None = None,
    *,
    others: str = "zero",
) -> Differences:
    """Chi-square above its minimum at each mass.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`; one of the transition moments if the others are free
    m_4 : array_like
        masses (MeV)
    values : array_like, optional
        couplings (mu_B), if the others are zero.  If they are free, the couplings are the result: the largest modulus
        at each of :data:`LEVELS` above the minimum over all moments; inf where it is not bounded
    others : {"zero", "free"}
        the other moments
    """
    source, masses = of(experiment), np.atleast_1d(np.asarray(m_4, float))
    if others not in OTHERS:
        raise ValueError(f"the others are one of {', '.join(OTHERS)}, not {others!r}")
    if others == "zero":
        if values is None:
            raise ValueError("say at which couplings (mu_B) the chi-square is wanted")
        points = np.asarray(values, float)
        chi2 = np.array([source.chi2(coupling, points, mass) for mass in masses])
        lowest = np.minimum(along(source, coupling, masses).profiled(), chi2.min(axis=-1))
        value = np.broadcast_to(points, chi2.shape)
        return Differences(masses, value, chi2 - lowest[:, np.newaxis], lowest)
    if values is not None:
        raise ValueError("with free moments the couplings are found at given differences: leave out the values")
    # a confidence of one degree of freedom stands for each difference
    confidences = gammainc(0.5, LEVELS / 2)
    mixing = named(coupling).mixing
    rows = []
    for one in confidences:
        rows.append(phases.upper_limit(source, coupling, masses, confidence=float(one), mixing=mixing))
    value = np.transpose(rows)
    lowest = np.array([phases.minimum(source, float(mass), mixing=mixing) for mass in masses])
    return Differences(masses, value, np.broadcast_to(LEVELS, value.shape), lowest)


def in_two_dimensions(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, values: ArrayLike
) -> Differences:
    """Chi-square above its minimum over all masses and couplings, the other moments zero.

    Parameters
    ----------
    experiment, coupling, m_4
        as in :func:`in_one_dimension`
    values : array_like
        couplings (mu_B), the same at each mass
    """
    one = in_one_dimension(experiment, coupling, m_4, values)
    lowest = float(one.minimum.min())
    above = one.difference + (one.minimum - lowest)[:, np.newaxis]
    return Differences(one.m_4, one.value, above, np.full(len(one.m_4), lowest))
