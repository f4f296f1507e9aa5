"""Couplings against the mass of the sterile state as values: limits, intervals, regions, bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import limits
from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Experiment, of
from .base import Result
from .provenance import Provenance, titled

__all__ = [
    "Band",
    "Curve",
    "Interval",
    "Limit",
    "Limits",
    "Region",
    "UpperLimit",
    "excluded",
    "interval",
    "level",
    "limit",
    "limits_on",
    "region",
]

Array = NDArray[np.float64]


class UpperLimit(Protocol):
    """What has masses and an upper limit at each: a :class:`Limit` or a published curve."""

    @property
    def title(self) -> str: ...

    @property
    def provenance(self) -> Provenance: ...

    @property
    def m_4(self) -> Array: ...

    @property
    def value(self) -> Array: ...


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Curve(Result):
    """Numbers against the mass of the sterile state, for one coupling.

    Attributes
    ----------
    coupling : Coupling
        which
    m_4 : ndarray
        masses (MeV)
    confidence : float
        confidence level
    dof : int
        degrees of freedom of the chi-square difference
    """

    coupling: Coupling
    m_4: Array
    confidence: float
    dof: int

    @property
    def level(self) -> str:
        """Confidence level and degrees of freedom, in words."""
        return f"{100 * self.confidence:g} % C.L., {self.dof} degree{'s' if self.dof > 1 else ''} of freedom"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Limit(Curve):
    """Upper limit on a coupling.

    Attributes
    ----------
    value : ndarray
        the limit (mu_B) at each mass; inf where there is none
    low : ndarray
        lower end of the interval (mu_B): where it is not zero, zero is excluded and the limit is its upper end
    blind : str
        why there is no limit at some of the masses; empty if there is one at all of them
    """

    value: Array
    low: Array
    blind: str = ""

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Interval(Curve):
    """Allowed interval of a coupling, counted from the minimum at each mass.

    Attributes
    ----------
    low, best, high : ndarray
        ends and best fit (mu_B)
    chi2 : ndarray
        at the best fit
    null : float
        chi-square without a moment
    """

    low: Array
    best: Array
    high: Array
    chi2: Array
    null: float

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV")}
        columns |= {name: (getattr(self, name), "mu_B") for name in ("low", "best", "high")}
        return columns | {"chi2": (self.chi2, "1")}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Region(Curve):
    """Region of coupling and mass around the global minimum.

    Attributes
    ----------
    low, high : ndarray
        smallest and largest coupling (mu_B) inside at each mass; nan where none is inside
    best, best_mass, chi2 : float
        coupling (mu_B), mass (MeV) and chi-square at the minimum
    spans : tuple of (float, float)
        masses (MeV) from which to which it reaches
    """

    low: Array
    high: Array
    best: float
    best_mass: float
    chi2: float
    spans: tuple[tuple[float, float], ...]

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {"m_4": (self.m_4, "MeV"), "low": (self.low, "mu_B"), "high": (self.high, "mu_B")}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Band(Curve):
    """A limit with bands around it: uncertainties, choices, or what was expected.

    Attributes
    ----------
    value : ndarray
        the limit in the middle (mu_B)
    bands : mapping of str to (ndarray, ndarray)
        lower and upper ends (mu_B) by name
    """

    value: Array
    bands: Mapping[str, tuple[Array, Array]]

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}
        for name, (low, high) in self.bands.items():
            columns[f"{name}_low"] = low, "mu_B"
            columns[f"{name}_high"] = high, "mu_B"
        return columns


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Limits(Result):
    """Upper limits on several couplings at the same masses.

    Attributes
    ----------
    limits : tuple of Limit
        one for each coupling
    """

    limits: tuple[Limit, ...]

    @property
    def m_4(self) -> Array:
        """Masses (MeV)."""
        return self.limits[0].m_4

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV")}
        return columns | {one.coupling.name: (one.value, "mu_B") for one in self.limits}


def limit(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    free: bool = False,
) -> Limit:
    """Upper limit on a coupling against the mass.

    Parameters
    ----------
    experiment, coupling, m_4, confidence, dof
        as for :func:`companion.limits.upper_limit`
    free : bool
        whether the other transition moments and all phases are free (:func:`companion.phases.upper_limit`)
    """
    (one,) = limits_on(experiment, [coupling], m_4, confidence=confidence, dof=dof, free=free).limits
    return one


def limits_on(
    experiment: str | Experiment,
    couplings: Sequence[str | Coupling],
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    free: bool = False,
) -> Limits:
    """Upper limits on several couplings against the mass; parameters as for :func:`limit`.

    With ``free``, together they cost less than one by one.
    """
    source, masses = of(experiment), np.atleast_1d(np.asarray(m_4, float))
    chosen = [named(what) for what in couplings]
    if not chosen:
        raise ValueError("limits on several couplings need at least one")
    if free:
        # imported where it is needed: a limit on one coupling is quick
        from .. import phases

        highs = phases.upper_limit(source, [one.name for one in chosen], masses, confidence=confidence, dof=dof)
        ends = [(np.zeros_like(masses), high) for high in highs]
    else:
        ends = [limits.interval(source, one, masses, confidence=confidence, dof=dof) for one in chosen]
    made = tuple(
        _limit(source, one, masses, low, high, confidence, dof, free)
        for one, (low, high) in zip(chosen, ends, strict=True)
    )
    how = ", the other moments and all phases free" if free else ", one at a time"
    return Limits(
        name=f"{source.name}-{'together' if free else 'limits'}",
        title=f"{titled(source)}: upper limits{how}",
        provenance=Provenance.of([source]),
        notes={"experiment": source.title, "confidence": made[0].level, **_together(made)},
        limits=made,
    )


def _together(made: Sequence[Limit]) -> dict[str, str]:
    """What has to be said of some of several couplings."""
    notes = {}
    for key in ("excess", "blind"):
        said = [f"{one.coupling.name}: {one.notes[key]}" for one in made if key in one.notes]
        if said:
            notes[key] = "; ".join(said)
    return notes


def _limit(
    source: Experiment,
    chosen: Coupling,
    masses: Array,
    low: Array,
    high: Array,
    confidence: float,
    dof: int,
    free: bool,
) -> Limit:
    """A limit from its numbers, with what has to be said beside them."""
    notes = curve_notes(source, chosen, confidence, dof)
    blind = ""
    without = np.flatnonzero(np.isinf(high))
    if len(without):
        first = float(masses[without[0]])
        blind = limits.blind_because(source, chosen, first, confidence=confidence, dof=dof)
        if free and not blind:
            blind = "another moment can cancel this one in everything that is seen"
        notes["blind"] = f"inf: {blind}"
    if np.any(low > 0):
        excluding = masses[low > 0]
        where = f"{excluding.min():.4g} MeV"
        if len(excluding) > 1:
            where = f"{excluding.min():.4g} to {excluding.max():.4g} MeV"
        notes["excess"] = (
            f"zero is excluded at {len(excluding)} of {len(masses)} masses ({where}): there the limit is the upper end "
            "of an interval"
        )
    how = ", the other moments and all phases free" if free else ""
    return Limit(
        name=f"{source.name}-{chosen.name}-{'together' if free else 'limit'}",
        title=f"{titled(source)}: upper limit on {chosen.name}{how}",
        provenance=Provenance.of([source]),
        notes=notes,
        coupling=chosen,
        m_4=masses,
        confidence=confidence,
        dof=dof,
        value=high,
        low=low,
        blind=blind,
    )


def interval(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> Interval:
    """Allowed interval of a coupling at each mass; parameters of :func:`companion.limits.interval`."""
    source, chosen, masses = of(experiment), named(coupling), np.atleast_1d(np.asarray(m_4, float))
    low, high = limits.interval(source, chosen, masses, confidence=confidence, dof=dof)
    fit = limits.best_fit(source, chosen, masses)
    return Interval(
        name=f"{source.name}-{chosen.name}-interval",
        title=f"{titled(source)}: interval of {chosen.name} at each mass",
        provenance=Provenance.of([source]),
        notes=curve_notes(source, chosen, confidence, dof),
        coupling=chosen,
        m_4=masses,
        confidence=confidence,
        dof=dof,
        low=low,
        best=fit.value,
        high=high,
        chi2=fit.chi2,
        null=float(source.chi2(chosen, 0.0, 0.0)),
    )


def region(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 2
) -> Region:
    """Region of coupling and mass around the global minimum; parameters of :func:`companion.limits.contour`."""
    source, chosen = of(experiment), named(coupling)
    contour = limits.contour(source, chosen, m_4, confidence=confidence, dof=dof)
    notes = curve_notes(source, chosen, confidence, dof)
    notes["minimum"] = (
        f"chi2 = {contour.chi2:.3f} at {contour.best:.3e} mu_B and {contour.best_mass:.3g} MeV"
    )  # fmt: skip
    return Region(
        name=f"{source.name}-{chosen.name}-contour",
        title=f"{titled(source)}: region of {chosen.name} and mass",
        provenance=Provenance.of([source]),
        notes=notes,
        coupling=chosen,
        m_4=contour.m_4,
        confidence=confidence,
        dof=dof,
        low=contour.low,
        high=contour.high,
        best=contour.best,
        best_mass=contour.best_mass,
        chi2=contour.chi2,
        spans=contour.spans,
    )


def curve_notes(experiment: Experiment, chosen: Coupling, confidence: float, dof: int) -> dict[str, str]:
    """What a number against the mass is on, and at which level."""
    level = f"{100 * confidence:g} % C.L., {dof} degree{'s' if dof > 1 else ''} of freedom"
    notes = {"experiment": experiment.title, "coupling": chosen.name, "confidence": level}
    if mixing := chosen.mixing.describe():
        notes["mixing"] = mixing
    return notes


def excluded(curves: Iterable[UpperLimit], coupling: str, m_4: ArrayLike | None = None) -> Limit:
    """The lowest of several limits from data at every mass: what is excluded by at least one of them.

    A surrogate or a projection excludes nothing: such curves are left out, and a note says so.

    Parameters
    ----------
    curves : iterable of Limit or companion.published.Curve
        on the coupling
    coupling : str
        which; that of every :class:`Limit` among the curves
    m_4 : array_like, optional
        masses (MeV); by default all those of the curves

    Raises
    ------
    ValueError
        if none of the curves is from data, or one is on another coupling
    """
    given = list(curves)
    from_data = [curve for curve in given if curve.provenance.is_data]
    if not from_data:
        raise ValueError("nothing here excludes anything: there is no limit from data among these")
    for curve in given:
        if isinstance(curve, Limit) and curve.coupling.name != coupling:
            raise ValueError(f"{curve.title}: that is no limit on {coupling}")
    if m_4 is None:
        masses = np.unique(np.concatenate([curve.m_4 for curve in from_data]))
    else:
        masses = np.atleast_1d(np.asarray(m_4, float))
    provenance = Provenance()
    lowest = np.full(masses.shape, np.inf)
    for curve in from_data:
        provenance = provenance + curve.provenance
        lowest = np.fmin(lowest, level(curve.m_4, curve.value, masses))
    notes = {"coupling": coupling, "from": "; ".join(curve.title for curve in from_data)}
    left_out = [curve.title for curve in given if not curve.provenance.is_data]
    if left_out:
        notes["left out"] = f"{'; '.join(left_out)}: surrogates and projections exclude nothing"
    own = [curve for curve in from_data if isinstance(curve, Limit)]
    return Limit(
        name=f"excluded-{coupling}",
        title=f"lowest limit from data on {coupling}",
        provenance=provenance,
        notes=notes,
        coupling=own[0].coupling if own else named(coupling),
        m_4=masses,
        confidence=own[0].confidence if own else np.nan,
        dof=own[0].dof if own else 1,
        value=lowest,
        low=np.zeros_like(masses),
    )


def level(m_4: ArrayLike, limit: ArrayLike, masses: ArrayLike) -> Array:
    """The lowest moment (mu_B) of a curve at masses (MeV), straight between its points in both logarithms.

    Parameters
    ----------
    m_4, limit : array_like
        points along the curve, which may turn back in mass
    masses : array_like
        where its level is wanted

    Returns
    -------
    ndarray
        of the shape of ``masses``; nan beside the curve and where one of the two points next to it is infinite
    """
    m_4, limit, masses = np.asarray(m_4, float), np.asarray(limit, float), np.asarray(masses, float)
    if np.any(m_4 < 0) or np.any(masses <= 0):
        raise ValueError("a level between points in the logarithm of the mass needs masses above zero")
    drawn = (m_4 > 0) & np.isfinite(limit)
    x, y, wanted = np.log(m_4[drawn]), np.log(limit[drawn]), np.log(masses.ravel())
    # a piece of the line joins neighbours, none of them left out in between; a point is a piece of no length
    joined = np.flatnonzero(np.diff(np.flatnonzero(drawn)) == 1)
    points = np.arange(len(x))
    start, end = np.concatenate([joined, points]), np.concatenate([joined + 1, points])
    # one row per piece, since the line may turn back in mass
    a, b, low, high = (part[:, np.newaxis] for part in (x[start], x[end], y[start], y[end]))
    inside = (wanted >= np.minimum(a, b)) & (wanted <= np.maximum(a, b))
    share = (wanted - a) / np.where(a == b, 1, b - a)
    lowest = np.where(inside, low + share * (high - low), np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, np.exp(lowest)).reshape(masses.shape)
