"""What is uncertain in a limit, and how the experiment of an alternative is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import asin, sin, sqrt

import numpy as np
from numpy.typing import ArrayLike

from .. import experiments
from ..couplings import Coupling, Mixing
from ..couplings import coupling as named
from ..data import table
from ..experiments import Choice, Combination, Experiment, of

__all__ = ["KINDS", "SYMBOLS", "Case", "Source", "alternatives", "build", "checked", "sources"]

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
    whole, chosen = checked(experiment), named(coupling)
    return (*_own(whole), *_weak(whole), *_mixing(whole, chosen))


def alternatives(whole: Experiment) -> list[tuple[Choice, Case, Case]]:
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
    for choice, case, base in alternatives(whole):
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


def checked(experiment: str | Experiment) -> Experiment:
    """An experiment that can be built anew from its name and options."""
    whole = of(experiment)
    advice = "alternatives are built from the name and the options of an experiment: register a function that builds it"
    if whole.modified:
        raise ValueError(f"{whole.title} was changed by hand ({', '.join(whole.modified)}); {advice}")
    for part in whole.parts:
        if part.name not in experiments.names():
            raise ValueError(f"{part.title} is not registered (experiments.register); {advice}")
    if isinstance(experiment, Experiment) and not np.array_equal(build(whole, Case()).observed, whole.observed):
        raise ValueError(f"the data of {whole.title} are not those that its name stands for; {advice}")
    return whole


def build(whole: Experiment, case: Case) -> Experiment:
    """The experiment of an alternative."""
    parts = []
    for part in whole.parts:
        own = part.options.changed() | dict(case.options.get(part.name, {}))
        rebuilt = experiments.load(part.name, **own)
        parts.append(_computed(rebuilt) if case.computed else rebuilt)
    if len(parts) == 1 and not isinstance(whole, Combination):
        return parts[0]
    return experiments.combine(parts, with_projections=True)


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
