r"""How far a limit moves with what is not known exactly, and with what one could have chosen.

An experiment lists its alternatives (:class:`companion.experiments.Choice`) of four kinds.  Parameters with a published
error are moved up and down by one standard deviation, one at a time, and add up in quadrature if they are independent
(``sigma``).  Choices that are as good, which form factor or which table, have no error: the limits under all of them
span an envelope (``choice``).  What is a pull of the likelihood already is shown, but must not be counted again
(``pull``).  Everything else is a check of what matters, no uncertainty (``check``).

Weak and neutrino mixing are varied for every experiment and coupling that depend on them.  Every function takes an
experiment or its name; alternatives are built anew from its name and options, so that an experiment of one's own is
varied once it is registered (:func:`companion.experiments.register`).

>>> from companion import systematics
>>> [effect.source for effect in systematics.effects("texono", "mu_e", 0.01)][-2:]
['weak mixing angle', 'weak mixing angle at $Q=0$']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from math import asin, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import experiments, limits
from .couplings import Coupling, Mixing
from .couplings import coupling as named
from .data import table
from .experiments import Choice, Combination, Experiment, of

__all__ = [
    "KINDS", "Allowed", "Alternative", "AllowedAlternative", "Effect", "LimitBand", "Source", "allowed", "band",
    "choices", "combined", "effects", "envelope", "interval_choices", "scan", "sources",
]  # fmt: skip

Array = NDArray[np.float64]

KINDS = {
    "sigma": "one standard deviation",
    "choice": "envelope of choices",
    "pull": "a pull already",
}
"""Kinds of uncertainties, in words."""

SYMBOLS = {
    "sin2_theta12": r"$\sin^2\theta_{12}$",
    "sin2_theta13": r"$\sin^2\theta_{13}$",
    "sin2_theta23": r"$\sin^2\theta_{23}$",
    "delta_CP": r"$\delta$",
    "dm21_sq": r"$\Delta m^2_{21}$",
    "dm31_sq": r"$\Delta m^2_{31}$",
}
"""Parameters of the global fit in print."""


@dataclass(frozen=True)
class Case:
    """One alternative: options of each part of an experiment by its name, and a mixing.

    Attributes
    ----------
    options : mapping of str to mapping
        options of :func:`companion.experiments.load` that change, by name of the part
    dof : int
        degrees of freedom of the limit
    mixing : Mixing, optional
        of the coupling, where it changes
    computed : bool
        whether the conversion of solar neutrinos is computed, as for any mixing but the global fit, where a table
        stands by default
    """

    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    dof: int = 1
    mixing: Mixing | None = None
    computed: bool = False


@dataclass(frozen=True)
class Source:
    """One thing that is not known exactly.

    Attributes
    ----------
    name : str
        what it is
    kind : str
        one of :data:`KINDS`
    alternatives : tuple of Case
        what it may be instead
    base : Case
        what they are compared with
    """

    name: str
    kind: str
    alternatives: tuple[Case, ...]
    base: Case = field(default_factory=Case)


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


# ---- what is varied


def sources(experiment: str | Experiment, coupling: str | Coupling) -> tuple[Source, ...]:
    """Everything that is uncertain in a limit: the experiment's own sources, weak mixing, neutrino mixing.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`

    Raises
    ------
    ValueError
        for an experiment that cannot be built anew: changed by hand, or not registered
    """
    whole, chosen = _checked(experiment), named(coupling)
    return (*_own(whole), *_weak(whole), *_mixing(whole, chosen))


def _alternatives(whole: Experiment) -> list[tuple[Choice, Case, Case]]:
    """Alternatives of all parts, with what is built for each and for what it is compared with."""
    rows = []
    for part in whole.parts:
        for choice in part.choices:
            label = choice
            if len(whole.parts) > 1:
                label = replace(choice, label=f"{part.title}: {choice.label}", source=f"{part.title}: {choice.what}")
            base = Case({part.name: choice.base} if choice.base else {})
            changed = {**choice.base, **choice.options}
            rows.append((label, Case({part.name: changed} if changed else {}, choice.dof), base))
    return rows


def _own(whole: Experiment) -> list[Source]:
    """Sources that belong to the experiment."""
    known: dict[str, Source] = {}
    for choice, case, base in _alternatives(whole):
        if choice.kind not in KINDS:
            continue
        source = known.setdefault(choice.what, Source(choice.what, choice.kind, (), base))
        if (source.kind, source.base) != (choice.kind, base):
            raise ValueError(f"the alternatives of {choice.what!r} need one kind and one base in common")
        known[choice.what] = replace(source, alternatives=(*source.alternatives, case))
    return list(known.values())


def _weak(whole: Experiment) -> list[Source]:
    """The weak mixing angle, where the Standard Model is part of the signal."""
    angle = "sin2_theta_W"
    values = {part.name: getattr(part.options, angle) for part in whole.parts if hasattr(part.options, angle)}
    if not values:
        return []
    weak = table("weak/mixing_angle")
    error = weak.value("error_MZ", unit="1")
    moved = [Case({name: {angle: value + step} for name, value in values.items()}) for step in (error, -error)]
    low = Case({name: {angle: weak.value("thomson_limit", unit="1")} for name in values})
    return [
        Source("weak mixing angle", "sigma", tuple(moved)),
        Source("weak mixing angle at $Q=0$", "choice", (low,)),
    ]


def _mixing(whole: Experiment, coupling: Coupling) -> list[Source]:
    """Parameters of the global fit on which the coupling in this beam, or what arrives of the beam, depends."""
    converts = any(part.conversion is not None for part in whole.parts)
    rows = []
    for parameter in table("oscillation/parameters")["parameter"].tolist():
        moved = [_shifted(coupling.mixing, parameter, side) for side in ("up", "down")]
        if not any(_matters(whole, coupling, mixing) for mixing in moved):
            continue
        cases = tuple(Case(mixing=mixing, computed=converts) for mixing in moved)
        name = f"mixing, {SYMBOLS.get(parameter, parameter)}"
        rows.append(Source(name, "sigma", cases, Case(computed=converts)))
    return rows


def _matters(whole: Experiment, coupling: Coupling, mixing: Mixing) -> bool:
    """Whether another mixing changes the moments of the states of the beam, or which states arrive."""
    moved = replace(coupling, mixing=mixing)
    for part in whole.parts:
        if part.conversion is not None and mixing.solar != coupling.mixing.solar:
            return True
        before, after = coupling.squares(part.states), moved.squares(part.states)
        if set(before) != set(after):
            return True
        if any(not np.allclose(before[state], after[state], rtol=1e-12, atol=0) for state in before):
            return True
    return False


def _shifted(mixing: Mixing, parameter: str, side: str) -> Mixing:
    """A mixing with one parameter moved by the error that the global fit gives it."""
    fit, moved = Mixing(), Mixing.best_fit(shift=f"{parameter}_{side}")
    if not mixing.describe():
        return moved
    angles, phases, splittings = dict(mixing.angles), dict(mixing.phases), dict(mixing.splittings)
    for name, value in moved.angles.items():
        if value != fit.angles[name]:
            step = sin(_number(value)) ** 2 - sin(_number(fit.angles[name])) ** 2
            angles[name] = asin(sqrt(min(max(sin(_number(angles[name])) ** 2 + step, 0.0), 1.0)))
    for name, value in moved.phases.items():
        if value != fit.phases[name]:
            phases[name] = _number(phases[name]) + _number(value) - _number(fit.phases[name])
    for name, splitting in moved.splittings.items():
        splittings[name] += splitting - fit.splittings[name]
    return Mixing(angles, phases, splittings)


def _number(value: ArrayLike) -> float:
    if np.ndim(value):
        raise ValueError("errors of the mixing are taken for one value of each angle and phase at a time")
    return float(np.asarray(value))


# ---- building anew


def _checked(experiment: str | Experiment) -> Experiment:
    """An experiment that can be built anew from its name and options."""
    whole = of(experiment)
    advice = "alternatives are built from the name and the options of an experiment: register a function that builds it"
    if whole.modified:
        raise ValueError(f"{whole.title} was changed by hand ({', '.join(whole.modified)}); {advice}")
    for part in whole.parts:
        if part.name not in experiments.names():
            raise ValueError(f"{part.title} is not registered (experiments.register); {advice}")
    if isinstance(experiment, Experiment) and not np.array_equal(_build(whole, Case()).observed, whole.observed):
        raise ValueError(f"the data of {whole.title} are not those that its name stands for; {advice}")
    return whole


def _build(whole: Experiment, case: Case) -> Experiment:
    """The experiment of an alternative."""
    parts = []
    for part in whole.parts:
        own = part.options.changed() | dict(case.options.get(part.name, {}))
        rebuilt = _load(part.name, own)
        parts.append(_computed(rebuilt) if case.computed else rebuilt)
    if len(parts) == 1 and not isinstance(whole, Combination):
        return parts[0]
    return experiments.combine(parts, with_projections=True)


def _load(name: str, options: dict[str, object]) -> Experiment:
    """An experiment, which several couplings and both ends of an interval have in common."""
    try:
        return _loaded(name, hash(experiments.options(name)), tuple(sorted(options.items())))
    except TypeError:  # an option that cannot be remembered, such as a list
        return experiments.load(name, **options)


@lru_cache(maxsize=128)
def _loaded(name: str, version: int, options: tuple[tuple[str, Any], ...]) -> Experiment:
    # one's own name may be registered anew, with other options
    return experiments.load(name, **dict(options))


@lru_cache(maxsize=16)
def _computed(experiment: Experiment) -> Experiment:
    """An experiment with computed conversion of solar neutrinos, for comparison with those of another mixing."""
    compute = getattr(experiment.conversion, "computed", None)
    if compute is None:
        return experiment
    conversion = compute()
    fluxes = conversion(Mixing())
    channels = tuple(
        replace(channel, fluxes={species: fluxes[species] for species in channel.fluxes})
        for channel in experiment.channels
    )
    return replace(experiment, channels=channels, conversion=conversion)


# ---- what it does


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
    whole, chosen = _checked(experiment), named(coupling)

    def limit(case: Case) -> Array:
        moved = chosen if case.mixing is None else replace(chosen, mixing=case.mixing)
        built = _build(whole, case)
        low, high = limits.interval(built, moved, m_4, confidence=confidence, dof=case.dof)
        value = high if end == "high" else low
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
    whole = _checked(experiment)
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
    whole, chosen = _checked(experiment), named(coupling)

    def limit(case: Case) -> float:
        return float(limits.upper_limit(_build(whole, case), chosen, m_4, confidence=confidence, dof=case.dof))

    default = limit(Case())
    rows = [Alternative(Choice("default"), default, 1.0)]
    for choice, case, base in _alternatives(whole):
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
    whole = _checked(experiment)
    rows = [AllowedAlternative(Choice("default"), allowed(whole, coupling, m_4, confidence=confidence))]
    for choice, case, _ in _alternatives(whole):
        built = _build(whole, case)
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
    whole = _checked(experiment)
    parts = [part for part in whole.parts if option in {one.name for one in fields(part.options)}]
    if not parts:
        known = sorted({one.name for part in whole.parts for one in fields(part.options)})
        raise ValueError(f"{whole.name} has no option {option!r}; there are {', '.join(known) or 'none'}")

    def limit(case: Case) -> Array:
        return limits.upper_limit(_build(whole, case), coupling, m_4, confidence=confidence)

    reference = limit(Case())
    return np.array([limit(Case({part.name: {option: value} for part in parts})) / reference for value in values])
