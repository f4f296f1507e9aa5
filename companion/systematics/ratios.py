"""What alternatives do to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import limits
from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Choice, Experiment, of
from .variations import Case, alternatives, build, checked, sources

__all__ = [
    "Allowed", "AllowedAlternative", "Alternative", "Effect", "LimitBand", "allowed", "band", "choices", "combined",
    "effects", "envelope", "interval_choices", "scan",
]  # fmt: skip

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Effect:
    """What a source does to a limit: the lowest and the highest ratio to the default, of the shape of the masses."""

    source: str
    kind: str
    down: Array
    up: Array


@dataclass(frozen=True, eq=False)
class LimitBand:
    """A limit with what its sources do to it.

    Attributes
    ----------
    m_4, limit : ndarray
        masses (MeV) and limits (mu_B)
    effects : tuple of Effect
        of every source
    """

    m_4: Array
    limit: Array
    effects: tuple[Effect, ...]

    @property
    def sigma(self) -> tuple[Array, Array]:
        """Lower and upper limits (mu_B) with all standard deviations in quadrature."""
        down, up = combined(self.effects)
        return down * self.limit, up * self.limit

    @property
    def choice(self) -> tuple[Array, Array]:
        """Lowest and highest limit (mu_B) under any single choice."""
        down, up = envelope(self.effects)
        return down * self.limit, up * self.limit


@dataclass(frozen=True, eq=False)
class Alternative:
    """A limit under an alternative.

    Attributes
    ----------
    choice : Choice
        the alternative; the first of a list is the default itself
    limit : float
        mu_B
    ratio : float
        to the limit that it is compared with: the default's, or that of ``choice.base``
    """

    choice: Choice
    limit: float
    ratio: float


@dataclass(frozen=True)
class Allowed:
    """What one analysis of an excess says at one mass: couplings in mu_B, chi-square without and with a moment."""

    low: float
    best: float
    high: float
    chi2_zero: float
    chi2_best: float


@dataclass(frozen=True, eq=False)
class AllowedAlternative:
    """What is allowed under an alternative; the first of a list is the default itself."""

    choice: Choice
    allowed: Allowed


def effects(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    end: str = "high",
    confidence: float = 0.90,
) -> tuple[Effect, ...]:
    """How far a limit moves with each of its :func:`sources`.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`
    m_4 : array_like
        masses (MeV) at which the experiment is not blind
    end : {"high", "low"}
        the upper limit, or the lower end of an interval without zero
    confidence : float
        confidence level, one degree of freedom

    Returns
    -------
    tuple of Effect
        ratios to the limit with the base of each source; 1 where nothing moves in that direction
    """
    if end not in ("high", "low"):
        raise ValueError(f"an interval has the ends high and low, not {end!r}")
    whole, chosen = checked(experiment), named(coupling)

    def limit(case: Case) -> Array:
        moved = chosen if case.mixing is None else replace(chosen, mixing=case.mixing)
        built = build(whole, case)
        if end == "high":
            value = limits.upper_limit(built, moved, m_4, confidence=confidence, dof=case.dof)
        else:
            value = limits.interval(built, moved, m_4, confidence=confidence, dof=case.dof)[0]
        if not np.all((value > 0) & np.isfinite(value)):
            raise ValueError(f"{built.title} gives {chosen.name} no {end} end at some of these masses")
        return value

    bases: list[tuple[Case, Array]] = []
    rows = []
    for source in sources(whole, chosen):
        known = [value for base, value in bases if base == source.base]
        if not known:
            known = [limit(source.base)]
            bases.append((source.base, known[0]))
        ratios = [limit(case) / known[0] for case in source.alternatives]
        ratios.append(np.ones_like(known[0]))
        rows.append(Effect(source.name, source.kind, np.min(ratios, axis=0), np.max(ratios, axis=0)))
    return tuple(rows)


def band(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90
) -> LimitBand:
    """An upper limit with what all its :func:`sources` do to it; parameters as for :func:`effects`."""
    whole = checked(experiment)
    return LimitBand(
        np.asarray(m_4, float),
        limits.upper_limit(whole, coupling, m_4, confidence=confidence),
        effects(whole, coupling, m_4, confidence=confidence),
    )


def combined(effects: Sequence[Effect]) -> tuple[Array, Array]:
    """Ratios down and up of all standard deviations together, in quadrature; choices and pulls are left out."""
    shape = np.shape(effects[0].down) if effects else ()
    below, above = np.zeros(shape), np.zeros(shape)
    for effect in effects:
        if effect.kind == "sigma":
            below = below + (1 - effect.down) ** 2
            above = above + (effect.up - 1) ** 2
    return 1 - np.sqrt(below), 1 + np.sqrt(above)


def envelope(effects: Sequence[Effect]) -> tuple[Array, Array]:
    """Lowest and highest ratio under any single choice: they are not added to each other, nor to anything else."""
    shape = np.shape(effects[0].down) if effects else ()
    down, up = np.ones(shape), np.ones(shape)
    for effect in effects:
        if effect.kind == "choice":
            down, up = np.minimum(down, effect.down), np.maximum(up, effect.up)
    return down, up


def choices(
    experiment: str | Experiment, coupling: str | Coupling, m_4: float, *, confidence: float = 0.90
) -> tuple[Alternative, ...]:
    """How much each alternative of an experiment matters, of whatever kind; the default comes first.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`
    m_4 : float
        mass (MeV)
    confidence : float
        confidence level
    """
    whole, chosen = checked(experiment), named(coupling)

    def limit(case: Case) -> float:
        return float(limits.upper_limit(build(whole, case), chosen, m_4, confidence=confidence, dof=case.dof))

    default = limit(Case())
    rows = [Alternative(Choice("default"), default, 1.0)]
    for choice, case, base in alternatives(whole):
        value = limit(case)
        rows.append(Alternative(choice, value, value / (limit(base) if base.options else default)))
    return tuple(rows)


def allowed(
    experiment: str | Experiment, coupling: str | Coupling, m_4: float, *, confidence: float = 0.90, dof: int = 1
) -> Allowed:
    """Interval, best fit and chi-squares of an experiment at one mass (MeV)."""
    seen_by = of(experiment)
    low, high = limits.interval(seen_by, coupling, m_4, confidence=confidence, dof=dof)
    fit = limits.best_fit(seen_by, coupling, m_4)
    return Allowed(
        low=float(low),
        best=float(fit.value),
        high=float(high),
        chi2_zero=float(seen_by.chi2(coupling, 0.0, m_4)),
        chi2_best=float(fit.chi2),
    )


def interval_choices(
    experiment: str | Experiment, coupling: str | Coupling, m_4: float, *, confidence: float = 0.90
) -> tuple[AllowedAlternative, ...]:
    """How much each alternative of an experiment with an excess matters; parameters as for :func:`choices`."""
    whole = checked(experiment)
    rows = [AllowedAlternative(Choice("default"), allowed(whole, coupling, m_4, confidence=confidence))]
    for choice, case, _ in alternatives(whole):
        built = build(whole, case)
        rows.append(AllowedAlternative(choice, allowed(built, coupling, m_4, confidence=confidence, dof=case.dof)))
    return tuple(rows)


def scan(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: float,
    option: str,
    values: Iterable[object],
    *,
    confidence: float = 0.90,
) -> Array:
    """Limit over the default limit for several values of one option of an experiment, shape (values,).

    Parameters
    ----------
    experiment, coupling, m_4, confidence
        as for :func:`choices`
    option : str
        of :func:`companion.experiments.load`; of a combination every part that has it is changed
    values : iterable
        what to give it
    """
    whole = checked(experiment)
    parts = [part for part in whole.parts if option in {one.name for one in fields(part.options)}]
    if not parts:
        known = sorted({one.name for part in whole.parts for one in fields(part.options)})
        raise ValueError(f"{whole.name} has no option {option!r}; there are {', '.join(known) or 'none'}")

    def limit(case: Case) -> Array:
        return limits.upper_limit(build(whole, case), coupling, m_4, confidence=confidence)

    reference = limit(Case())
    return np.array([limit(Case({part.name: {option: value} for part in parts})) / reference for value in values])
