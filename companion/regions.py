r"""What is left of a region of masses and moments when limits of other experiments come in.

The measure is the area in :math:`\ln m_4` and :math:`\ln\mu`, so that it prefers no scale and no unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import experiments, limits
from .experiments import Experiment

__all__ = ["Region", "Remains", "region", "remains", "survey", "universal"]

FLAVOURS = ("e", "mu", "tau")


@dataclass(frozen=True)
class Region:
    """What an excess asks for.

    Attributes
    ----------
    m_4 : ndarray
        increasing masses (MeV), dense where the region ends
    low, high : ndarray
        smallest and largest coupling (mu_B) at each of them; nan where the region has no part
    """

    m_4: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Area in the logarithms of mass and coupling."""
        return _area(self.m_4, self.low, self.high)

    def between(self, lightest: float, heaviest: float) -> Region:
        """The part of the region between two masses (MeV), without the masses where it has none."""
        chosen = (self.m_4 >= lightest) & (self.m_4 <= heaviest) & np.isfinite(self.low)
        return Region(self.m_4[chosen], self.low[chosen], self.high[chosen])


@dataclass(frozen=True)
class Remains:
    """What a limit leaves of a region.

    Attributes
    ----------
    fraction : float
        of the area in the logarithms of mass and coupling
    spans : tuple of (float, float)
        masses (MeV) from which to which something is left
    largest : float
        largest coupling (mu_B) that is left, 0 if nothing is
    """

    fraction: float
    spans: tuple[tuple[float, float], ...]
    largest: float


def _area(m_4: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    """Area between two curves where the second is above, straight lines in the logarithms between the masses."""
    x, height = np.log(m_4), np.log(high / low)
    # where the height changes its sign a triangle is left of the trapezium
    fine = np.unique(np.concatenate([x, *(np.linspace(x[:-1], x[1:], 40, endpoint=False))]))
    return float(np.trapezoid(np.maximum(np.interp(fine, x, height), 0.0), fine))


def region(
    experiment: Experiment,
    coupling: str,
    *,
    joint: bool = False,
    lowest: float = 1e-3,
    highest: float = 0.3,
    number: int = 50,
) -> Region:
    """Region of light masses that an excess asks for, at 90 % C.L.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`
    joint : bool
        count from the global minimum, with two degrees of freedom (:func:`companion.limits.contour`); by default
        from the minimum at each mass, with one (:func:`companion.limits.interval`)
    lowest, highest : float
        masses (MeV) from which the region is counted and up to which its end is searched
    number : int
        of masses in the result

    Raises
    ------
    ValueError
        if there is no region at the lightest mass
    """
    # the chi-square is flat in light masses: a few of them, and more where a region may end
    search = np.concatenate([[lowest], np.geomspace(highest / 30, highest / 3, 6), np.linspace(0.4, 1, 16) * highest])
    if joint:
        spans = limits.contour(experiment, coupling, search).spans
    else:
        spans = limits.excess(experiment, coupling, search)
    if not spans or spans[0][0] > lowest:
        raise ValueError(f"{experiment.title} asks for no {coupling} at {lowest:g} MeV")
    end = spans[0][1]
    # the edges are flat at light masses and move fast at the end, to which the distances shrink geometrically
    few = number // 4
    m_4 = np.concatenate(
        [np.geomspace(lowest, end / 5, few, endpoint=False), end * (1 - np.geomspace(0.8, 1e-4, number - few))]
    )
    if joint:
        found = limits.contour(experiment, coupling, m_4)
        low, high = found.low, found.high
    else:
        low, high = limits.interval(experiment, coupling, m_4)
    return Region(m_4, low, high)


def remains(region: Region, limit: ArrayLike) -> Remains:
    """What an upper limit (mu_B) at the masses of a region leaves of it."""
    # no limit is one far above the region
    ceiling = np.minimum(np.asarray(limit, float), 1e6 * region.high)
    # above zero where something is left; a straight line in ln m between two masses
    room, x = np.log(ceiling / region.low), np.log(region.m_4)
    left = room > 0
    k = np.flatnonzero(left[1:] != left[:-1])
    ends = np.exp(x[k] - room[k] * (x[k + 1] - x[k]) / (room[k + 1] - room[k])).tolist()
    ends = [*([float(region.m_4[0])] if left[0] else []), *ends, *([float(region.m_4[-1])] if left[-1] else [])]
    above = region.area
    # all of it to the last digit where the limit cuts nothing off
    if np.any(ceiling < region.high):
        above = _area(region.m_4, region.low, ceiling) - _area(region.m_4, region.high, ceiling)
    largest = np.minimum(region.high, ceiling)[left].max() if left.any() else 0.0
    return Remains(above / region.area, tuple(zip(ends[::2], ends[1::2], strict=True)), float(largest))


def survey(
    experiment: Experiment, later: Mapping[str, Experiment], coupling: str, **options
) -> tuple[Region, dict[str, NDArray[np.float64]]]:
    """The :func:`region` of an experiment and, at its masses, the upper limits (mu_B) of later ones, all at 90 % C.L.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`
    later : mapping of str to Experiment
        by the names that the limits get
    **options
        of :func:`region`
    """
    found = region(experiment, coupling, **options)
    return found, {name: limits.upper_limit(other, coupling, found.m_4) for name, other in later.items()}


@dataclass(frozen=True, eq=False)
class _Universal(Experiment):
    """An experiment on one moment that all flavours share."""

    def _events(self, process: str, state: str, m_4: ArrayLike) -> NDArray[np.float64]:
        return sum((super(_Universal, self)._events(process, flavour, m_4) for flavour in FLAVOURS), np.zeros(1))


def universal(experiment: Experiment) -> Experiment:
    """The same experiment for a moment that all flavours share: each of ``"mu_e"``, ... then stands for it.

    For a massless state this is the ordinary magnetic moment of which experiments with solar neutrinos speak.
    A combination becomes that of its parts.
    """
    if len(experiment.parts) > 1:
        return experiments.combine(map(universal, experiment.parts), experiment.name)
    return _Universal(**{each.name: getattr(experiment, each.name) for each in fields(experiment)})
