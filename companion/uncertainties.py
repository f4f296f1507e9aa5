r"""How far a limit moves with what is not known exactly: form factors, quenching, weak and neutrino mixing, binding.

Three kinds of alternatives are kept apart.  Parameters with a published error are moved up and down by one standard
deviation, one at a time, and add up in quadrature if they are independent.  Choices (which form factor, which table)
have no error: the limits under all of them span an envelope.  What is a pull of the likelihood already is shown, but
must not be counted again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import experiments, limits, units
from .data import table
from .experiments import Experiment

__all__ = ["KINDS", "Effect", "Source", "band", "combined", "envelope", "markdown", "sources"]

KINDS = {
    "sigma": "one standard deviation",
    "choice": "envelope of choices",
    "pull": "a pull already",
}
"""Kinds of uncertainties, in words."""


@dataclass(frozen=True)
class Source:
    """One thing that is not known exactly.

    Attributes
    ----------
    name : str
        what it is
    kind : str
        one of :data:`KINDS`
    alternatives : tuple of mapping
        options of :func:`companion.experiments.load` of each alternative
    base : mapping
        options of what they are compared with, where that is not the default; the alternatives have them as well
    """

    name: str
    kind: str
    alternatives: tuple[Mapping[str, object], ...]
    base: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a source does to a limit: the lowest and the highest ratio to the default, of the shape of the masses."""

    source: str
    kind: str
    down: NDArray[np.float64]
    up: NDArray[np.float64]


SYMBOLS = {
    "sin2_theta12": r"$\sin^2\theta_{12}$",
    "sin2_theta13": r"$\sin^2\theta_{13}$",
    "sin2_theta23": r"$\sin^2\theta_{23}$",
    "delta_CP": r"$\delta$",
    "dm21_sq": r"$\Delta m^2_{21}$",
}
"""Parameters of the global fit in print."""


def _pair(option: str, name: str) -> tuple[Mapping[str, object], ...]:
    return tuple({option: f"{name}_{side}"} for side in ("up", "down"))


_HELM = {"form_factor": "helm"}
_FLUX = Source("neutrino flux, 10 %", "pull", ({"neutrinos": 1.1}, {"neutrinos": 0.9}))
_BINDING = Source("binding energies", "choice", ({"binding": "xraylib"}, {"binding": "rrpa"}))

OWN: dict[str, tuple[Source, ...]] = {
    "coherent-csi": (
        Source("quenching, first shift", "sigma", _pair("quenching", "shift_1")),
        Source("quenching, second shift", "sigma", _pair("quenching", "shift_2")),
        Source("form factor and radius", "choice", (_HELM, {**_HELM, "proton_radius": "charge"})),
        Source("neutron skin 0 to 0.3 fm (Helm)", "choice", ({"neutron_skin": 0.0}, {"neutron_skin": 0.3}), _HELM),
        _FLUX,
    ),
    "coherent-lar": (
        Source("quenching, constant", "sigma", _pair("quenching", "constant")),
        Source("quenching, slope", "sigma", _pair("quenching", "slope")),
        Source("form factor and radius", "choice", ({"form_factor": "klein-nystrand"}, {"proton_radius": "charge"})),
        Source("neutron skin 0 to 0.3 fm", "choice", ({"neutron_skin": 0.3},)),
        _FLUX,
    ),
    "xenon1t": (
        _BINDING,
        Source("solar model", "choice", ({"solar_model": "AGSS09"},)),
        Source("beta spectra from tables", "choice", ({"spectra": "table"},)),
        Source("flavour conversion computed", "choice", ({"conversion": "computed"},)),
    ),
    "cr51-lxe-a": (
        _BINDING,
        Source("place of the source", "choice", ({"placement": "beside"}, {"placement": "from centre"})),
    ),
    "cr51-cevns-ge": (
        Source("form factor and radius", "choice", ({"form_factor": "klein-nystrand"}, {"proton_radius": "charge"})),
        Source("neutron skin 0 to 0.3 fm", "choice", ({"neutron_skin": 0.0}, {"neutron_skin": 0.3})),
        Source("isotopes one by one", "choice", ({"isotopes": True},)),
        Source("flux from activity and distance", "choice", ({"flux": "point"},)),
    ),
    "texono": (
        Source("antineutrinos below 2 MeV", "choice", ({"low_energy": "vogel-engel"}, {"low_energy": "none"})),
        Source("polynomials of Huber", "choice", ({"polynomials": "huber"},)),
        Source("end of the spectrum at 8 MeV", "choice", ({"end": 8.0},)),
        Source("fuel of Daya Bay", "choice", ({"core": "DayaBay"},)),
        Source("level of the surrogate", "choice", ({"xi": 1.0},)),
    ),
}
"""Sources that belong to one experiment."""


def sources(name: str, coupling: str) -> tuple[Source, ...]:
    """Everything that is varied for a limit: the sources of the experiment, weak mixing, neutrino mixing.

    Parameters
    ----------
    name, coupling : str
        experiment and coupling by name
    """
    if name not in OWN:
        raise ValueError(f"no uncertainties are set for {name!r}; there are {', '.join(OWN)}")
    found, parameters, base = list(OWN[name]), list[str](), dict[str, object]()
    if name == "xenon1t":
        # the Standard-Model part is in the background, whose normalisation is measured: the weak angle is nowhere
        parameters, base = ["sin2_theta12", "sin2_theta13", "dm21_sq"], {"conversion": "computed"}
        if coupling in ("mu_mu", "mu_tau"):
            parameters += ["sin2_theta23", "delta_CP"]
    else:
        weak = table("weak/mixing_angle")
        value, error = units.SIN2_THETA_W, weak.value("error_MZ", unit="1")
        moved = tuple({"sin2_theta_W": value + sign * error} for sign in (1, -1))
        low = {"sin2_theta_W": weak.value("thomson_limit", unit="1")}
        found.append(Source("weak mixing angle", "sigma", moved))
        found.append(Source("weak mixing angle at $Q=0$", "choice", (low,)))
        if coupling.startswith("lambda") and name.startswith("coherent"):
            parameters = ["sin2_theta12", "sin2_theta13", "sin2_theta23", "delta_CP"]
    found += [Source(f"mixing, {SYMBOLS[p]}", "sigma", _pair("oscillation", p), base) for p in parameters]
    return tuple(found)


def band(
    name: str, coupling: str, m_4: ArrayLike, *, end: str = "high", confidence: float = 0.90
) -> tuple[Effect, ...]:
    """How far a limit moves with each of its :func:`sources`.

    Parameters
    ----------
    name, coupling : str
        experiment and coupling by name
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

    def limit(options: Mapping[str, object]) -> NDArray[np.float64]:
        experiment = _load(name, tuple(options.items()))
        value = limits.interval(experiment, coupling, m_4, confidence=confidence)[end == "high"]
        if not np.all((value > 0) & np.isfinite(value)):
            raise ValueError(f"{experiment.title} gives {coupling} no {end} end at some of these masses")
        return value

    known: dict[tuple, NDArray[np.float64]] = {}
    effects = []
    for source in sources(name, coupling):
        key = tuple(source.base.items())
        if key not in known:
            known[key] = limit(source.base)
        ratios = [limit({**source.base, **options}) / known[key] for options in source.alternatives]
        ratios.append(np.ones_like(known[key]))
        effects.append(Effect(source.name, source.kind, np.min(ratios, axis=0), np.max(ratios, axis=0)))
    return tuple(effects)


@lru_cache(maxsize=128)
def _load(name: str, options: tuple[tuple[str, object], ...]) -> Experiment:
    """An experiment, which several couplings and both ends of an interval have in common."""
    return experiments.load(name, **dict(options))


def combined(effects: Sequence[Effect]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ratios down and up of all standard deviations together, in quadrature; choices and pulls are left out."""
    chosen = [effect for effect in effects if effect.kind == "sigma"]
    down = 1 - np.sqrt(sum(((1 - effect.down) ** 2 for effect in chosen), np.zeros(1)))
    up = 1 + np.sqrt(sum(((effect.up - 1) ** 2 for effect in chosen), np.zeros(1)))
    shape = np.shape(effects[0].down)
    return np.reshape(down + np.zeros(shape), shape), np.reshape(up + np.zeros(shape), shape)


def envelope(effects: Sequence[Effect]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest ratio under any single choice: they are not added to each other, nor to anything else."""
    chosen = [effect for effect in effects if effect.kind == "choice"]
    one = np.ones(np.shape(effects[0].down))
    return np.min([one, *(e.down for e in chosen)], axis=0), np.max([one, *(e.up for e in chosen)], axis=0)


def markdown(effects: Sequence[Effect]) -> str:
    """A table of the effects at a single mass, in per cent of the limit, in Markdown."""
    lines = ["| source | kind | down | up |", "|---|---|---:|---:|"]
    rows = [(effect.source, KINDS[effect.kind], effect.down, effect.up) for effect in effects]
    rows.append(("**in quadrature**", KINDS["sigma"], *combined(effects)))
    rows.append(("**largest choice**", KINDS["choice"], *envelope(effects)))
    lines += [f"| {name} | {kind} | {_percent(down)} | {_percent(up)} |" for name, kind, down, up in rows]
    return "\n".join(lines)


def _percent(ratio: NDArray[np.float64]) -> str:
    change = 100 * (float(ratio) - 1)
    return "0" if abs(change) < 5e-4 else f"{change:+.2g} %" if abs(change) < 0.1 else f"{change:+.1f} %"
