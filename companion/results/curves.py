"""Couplings against the mass of the sterile state as values: limits, intervals, regions, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import limits
from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Experiment, of
from .base import Result
from .provenance import Provenance, titled

if TYPE_CHECKING:
    from ..conventions import ExpectedLimit

__all__ = ["Curve", "Interval", "Limit", "Limits", "Region", "curve_notes", "interval", "limit", "limits_on", "region"]

Array = NDArray[np.float64]


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
    expected : ExpectedLimit, optional
        median and bands without a moment (:meth:`with_expected`)
    """

    value: Array
    low: Array
    blind: str = ""
    expected: ExpectedLimit | None = None

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}
        if self.expected is not None:
            columns["expected"] = self.expected.median, "mu_B"
            for name, (low, high) in (("1sigma", self.expected.one_sigma), ("2sigma", self.expected.two_sigma)):
                columns[f"expected_{name}_low"] = low, "mu_B"
                columns[f"expected_{name}_high"] = high, "mu_B"
        return columns

    def with_expected(self, experiment: str | Experiment) -> Limit:
        """The limit of an experiment with what was to be expected without a moment, from its expectation as data.

        Raises
        ------
        ValueError
            for another experiment than that of the limit, or a limit with all other moments free, which has no band
        """
        if self.notes.get("experiment") != of(experiment).title:
            raise ValueError(f"this is a limit of {self.notes.get('experiment')}, not of {of(experiment).title}")
        if self.name.endswith("-together"):
            raise ValueError("an expected band is that of one moment at a time, not of one with all others free")
        # imported where it is needed: a limit on one coupling is quick
        from ..conventions import expected_limit

        band = expected_limit(
            experiment, self.coupling, self.m_4, confidence=self.confidence, dof=self.dof, toys=0
        )  # fmt: skip
        note = "without a moment, with the expectation as data; bands hold 68.3 % and 95.4 % of all limits"
        return replace(self, expected=band, notes={**self.notes, "expected": note})


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
    blind = _blind(source, chosen, masses, high, confidence, dof, free)
    if blind:
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


def _blind(
    source: Experiment, chosen: Coupling, masses: Array, high: Array, confidence: float, dof: int, free: bool = False
) -> str:
    """Why there is no upper end at the first mass that has none; empty if there is one at all of them."""
    without = masses[np.isinf(high)]
    if not len(without):
        return ""
    why = limits.blind_because(source, chosen, float(without[0]), confidence=confidence, dof=dof)
    return why if why or not free else "another moment can cancel this one in everything that is seen"


def interval(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> Interval:
    """Allowed interval of a coupling at each mass; parameters of :func:`companion.limits.interval`."""
    source, chosen, masses = of(experiment), named(coupling), np.atleast_1d(np.asarray(m_4, float))
    low, high = limits.interval(source, chosen, masses, confidence=confidence, dof=dof)
    fit = limits.best_fit(source, chosen, masses)
    notes = curve_notes(source, chosen, confidence, dof)
    if blind := _blind(source, chosen, masses, high, confidence, dof):
        notes["blind"] = f"inf: {blind}"
    return Interval(
        name=f"{source.name}-{chosen.name}-interval",
        title=f"{titled(source)}: interval of {chosen.name} at each mass",
        provenance=Provenance.of([source]),
        notes=notes,
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
    if blind := _blind(source, chosen, contour.m_4, contour.high, confidence, dof):
        notes["blind"] = f"inf: {blind}"
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
