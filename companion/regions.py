r"""Regions of masses and moments that an excess asks for, and what limits of other experiments leave of them.

The measure is the area in :math:`\ln m_4` and :math:`\ln\mu`, so that it prefers no scale and no unit.  Ends in mass
are searched, not read from a grid, and edges in between are straight lines in the logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import limits
from .couplings import Coupling
from .couplings import coupling as named
from .experiments import Experiment, of
from .statistics import delta_chi2

__all__ = ["Coverage", "Region", "Remains", "cover", "region", "remains", "survey"]

Array = NDArray[np.float64]
Spans = tuple[tuple[float, float], ...]

LIGHT = 1e-3
"""The lightest mass (MeV) from which a region is counted: 1 keV."""

CLOSE = 1e-4
"""Relative distance from the end of a region to the last mass of it."""


@dataclass(frozen=True, eq=False)
class Region:
    """What an excess asks for.

    Attributes
    ----------
    m_4 : ndarray
        increasing masses (MeV), dense where the region ends
    low, high : ndarray
        smallest and largest coupling (mu_B) at each of them; nan where the region has no part
    spans : tuple of (float, float)
        masses (MeV) from which to which its parts reach; by default the first and the last mass of each
    """

    m_4: Array
    low: Array
    high: Array
    spans: Spans = ()

    def __post_init__(self) -> None:
        for name in ("m_4", "low", "high"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), float))
        if not len(self.m_4) == len(self.low) == len(self.high):
            raise ValueError("a region has a lower and an upper edge at each of its masses")
        if np.any(np.diff(self.m_4) <= 0):
            raise ValueError("the masses of a region increase")
        if not self.spans:
            ends = tuple((float(self.m_4[k[0]]), float(self.m_4[k[-1]])) for k in self._runs())
            object.__setattr__(self, "spans", ends)

    def _runs(self) -> list[NDArray[np.intp]]:
        """Indices of the masses of each part."""
        inside = np.flatnonzero(np.isfinite(self.low))
        return [run for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1) if len(run)]

    @property
    def parts(self) -> tuple[Region, ...]:
        """The region of each span of masses."""
        runs = self._runs()
        spans: list[Spans] = [()] * len(runs)
        if len(self.spans) == len(runs):
            spans = [(span,) for span in self.spans]
        return tuple(Region(self.m_4[k], self.low[k], self.high[k], own) for k, own in zip(runs, spans, strict=True))

    @property
    def area(self) -> float:
        """Area in the logarithms of mass and coupling."""
        return sum(_area(part.m_4, part.low, part.high) for part in self.parts)

    def between(self, lightest: float, heaviest: float) -> Region:
        """The part of the region between two masses (MeV), without the masses where it has none."""
        chosen = (self.m_4 >= lightest) & (self.m_4 <= heaviest) & np.isfinite(self.low)
        if not chosen.any():
            raise ValueError(f"the region has no part between {lightest:g} and {heaviest:g} MeV")
        cut = [(max(a, lightest), min(b, heaviest)) for a, b in self.spans if a <= heaviest and b >= lightest]
        keep = chosen | ((self.m_4 > self.m_4[chosen][0]) & (self.m_4 < self.m_4[chosen][-1]))
        return Region(self.m_4[keep], self.low[keep], self.high[keep], tuple(cut))


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
    spans: Spans
    largest: float


@dataclass(frozen=True)
class Coverage:
    """How much of a region a limit excludes.

    Attributes
    ----------
    part : float
        excluded share of its area in the logarithms of mass and coupling
    spans : tuple of (float, float)
        masses (MeV) from which to which the limit lies below its lower edge
    margin : float
        lower edge over limit where that is smallest: above one the whole region is excluded; 0 where there is no limit
    """

    part: float
    spans: Spans
    margin: float


def region(
    experiment: str | Experiment,
    coupling: str | Coupling,
    *,
    joint: bool = False,
    confidence: float = 0.90,
    lightest: float = LIGHT,
    heaviest: float | None = 0.3,
    number: int = 50,
) -> Region:
    """Region of masses and couplings that an excess asks for: where zero is left out.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`
    joint : bool
        count from the global minimum, with two degrees of freedom (:func:`companion.limits.contour`); by default
        from the minimum at each mass, with one (:func:`companion.limits.interval`)
    confidence : float
        confidence level
    lightest, heaviest : float
        masses (MeV) between which it is searched; None: up to the kinematic edge.  The global minimum is that between
        them
    number : int
        of masses in each of its parts

    Raises
    ------
    ValueError
        if zero is left out at no mass
    """
    seen_by, chosen = of(experiment), named(coupling)
    edge = seen_by.maximum_mass(chosen)
    last = min(edge, np.inf if heaviest is None else heaviest)
    if not 0 < lightest < last:
        raise ValueError(f"a region is searched from a small to a large mass, not from {lightest:g} to {last:g} MeV")
    # the chi-square is flat in light masses: a few of them, and many where a region may end
    search = np.concatenate([np.geomspace(lightest, last / 5, 10, endpoint=False), np.linspace(last / 5, last, 41)])
    if joint:
        around = limits.contour(seen_by, chosen, search, confidence=confidence)
        spans = around.spans
    else:
        spans = limits.excess(seen_by, chosen, search, confidence=confidence)
    if not spans:
        raise ValueError(f"{seen_by.title} asks for no {chosen.name} between {lightest:g} and {last:g} MeV")
    pieces: list[Array] = []
    for start, end in spans:
        if pieces:
            # a mass without a region between two parts
            pieces.append(np.array([(pieces[-1][-1] + start) / 2]))
        pieces.append(_masses(start, end, start > lightest, end < last, number))
    m_4 = np.concatenate(pieces)
    if joint:
        low, high = limits.below(seen_by, chosen, m_4, around.chi2 + delta_chi2(confidence, 2))
    else:
        low, high = limits.interval(seen_by, chosen, m_4, confidence=confidence)
    # where zero is inside, the data ask for nothing
    return Region(m_4, np.where(low > 0, low, np.nan), np.where(low > 0, high, np.nan), spans)


def _masses(start: float, end: float, opens: bool, closes: bool, number: int) -> Array:
    """Masses of a part: edges are flat at light masses and move fast where the region opens or closes."""
    if not closes:
        return np.linspace(start, end, number)
    if opens:
        half = (end - start) / 2 * np.geomspace(CLOSE, 1.0, number // 2)
        return np.concatenate([start + half[:-1], end - half[::-1]])
    if start < end / 5:
        few = number // 4
        upper = end * (1 - np.geomspace(0.8, CLOSE, number - few))
        return np.concatenate([np.geomspace(start, end / 5, few, endpoint=False), upper])
    return end - (end - start) * np.geomspace(1.0, CLOSE, number)


def remains(region: Region, limit: ArrayLike) -> Remains:
    """What an upper limit (mu_B) at the masses of a region leaves of it."""
    ceiling = _line(region, limit)
    # above zero where something is left; nan outside of the region
    room = np.log(ceiling / region.low)
    left = room > 0
    area = 0.0
    for k in region._runs():
        area += _area(region.m_4[k], region.low[k], region.high[k], ceiling[k])
    largest = float(np.minimum(region.high, ceiling)[left].max()) if left.any() else 0.0
    return Remains(area / region.area, _spans(region, room), largest)


def cover(region: Region, limit: ArrayLike) -> Coverage:
    """How much of a region an upper limit (mu_B) at its masses excludes; inf where there is none."""
    margin = np.log(region.low / _line(region, limit))
    part = 1 - remains(region, limit).fraction
    return Coverage(part, _spans(region, margin), float(np.nanmin(region.low / np.asarray(limit, float))))


def _line(region: Region, limit: ArrayLike) -> Array:
    """A limit at each mass of a region; where there is none, one far above the region."""
    if not region._runs():
        raise ValueError("the region is empty: at none of its masses is a coupling asked for")
    line = np.broadcast_to(np.asarray(limit, float), region.m_4.shape)
    if not np.all(line > 0):
        raise ValueError("a limit is a positive number (mu_B) or inf at each mass of the region")
    return np.asarray(np.minimum(line, 1e6 * region.high))


def _spans(region: Region, margin: Array) -> Spans:
    """Masses (MeV) from which to which a margin at the masses of a region is positive, linear in ln m_4."""
    spans = []
    for part, k in zip(region.parts, region._runs(), strict=True):
        x, own = np.log(region.m_4[k]), margin[k]
        positive = own > 0
        ends = [part.spans[0][0]] if positive[0] else []
        for n in np.flatnonzero(positive[1:] != positive[:-1]):
            ends.append(float(np.exp(x[n] - own[n] * (x[n + 1] - x[n]) / (own[n + 1] - own[n]))))
        if positive[-1]:
            ends.append(part.spans[0][1])
        spans += list(zip(ends[::2], ends[1::2], strict=True))
    return tuple(spans)


def _area(m_4: Array, low: Array, *tops: Array) -> float:
    """Area below all tops and above ``low``, each a straight line in the logarithms between the masses."""
    x = np.log(m_4)
    # where two lines cross, a triangle is left of the trapezium
    fine = np.unique(np.concatenate([x, *(np.linspace(x[:-1], x[1:], 40, endpoint=False))]))
    height = np.min([np.interp(fine, x, np.log(top / low)) for top in tops], axis=0)
    return float(np.trapezoid(np.maximum(height, 0.0), fine))


def survey(
    experiment: str | Experiment,
    later: Mapping[str, str | Experiment],
    coupling: str | Coupling,
    *,
    joint: bool = False,
    lightest: float = LIGHT,
    heaviest: float | None = 0.3,
    number: int = 50,
) -> tuple[Region, dict[str, Array]]:
    """The :func:`region` of an experiment and, at its masses, the upper limits (mu_B) of later ones, all at 90 % C.L.

    Parameters
    ----------
    experiment, coupling, joint, lightest, heaviest, number
        as in :func:`region`
    later : mapping of str to (str or Experiment)
        by the names that the limits get
    """
    asked = region(experiment, coupling, joint=joint, lightest=lightest, heaviest=heaviest, number=number)
    return asked, {name: limits.upper_limit(other, coupling, asked.m_4) for name, other in later.items()}
