"""A detector of one's own, built from its keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import experiments, response, targets, units
from ..couplings import Mixing
from ..csv_files import text
from ..experiments import Axis, Choice, Experiment, option
from ..experiments.vocabulary import ElectronOptions, NuclearOptions, NumericalOptions
from ..fluxes import Flux, chromium51, reactor, solar, stopped_pion
from ..response.quenching import quenching
from ..statistics import Poisson, Pull
from .keys import KEYS, SOURCES, Keys

__all__ = ["Settings", "build", "describe", "register"]

Array = NDArray[np.float64]
Energies = tuple[tuple[float, ...], tuple[float, ...]]

PAIRS = {"Si": 3.6e-6, "Ge": 2.96e-6}
"""Mean energy (MeV) of an electron-hole pair: below one there is no signal."""

ERRORS = {"signal": 0.1, "background": 0.1, "quenching": 0.0}
BINS = 20


@dataclass(frozen=True, kw_only=True)
class Settings(NuclearOptions, ElectronOptions, NumericalOptions):
    """Options of a detector of one's own."""

    exposure_factor: float = option(1.0, "factor on the exposure", unit="1", above=0)
    flux_factor: float = option(1.0, "factor on the flux", unit="1", above=0)
    background_factor: float = option(1.0, "factor on the background", unit="1", at_least=0)
    quenching_factor: float = option(1.0, "factor on the quenching of nuclear recoils", unit="1", above=0)
    smearing: bool = option(True, "whether the resolution of the detector blurs what it sees")


@dataclass(frozen=True)
class _Scaled:
    """A quenching times a factor, no more than the whole recoil energy."""

    quenching: Callable[[ArrayLike], Array]
    factor: float

    def __call__(self, E_r: ArrayLike) -> Array:
        visible: Array = np.minimum(self.factor * self.quenching(E_r), np.asarray(E_r, float))
        return visible


@dataclass(frozen=True)
class _Sun:
    """Solar neutrinos as flavours and as mass eigenstates, for a mixing."""

    def __call__(self, mixing: Mixing) -> dict[str, Flux]:
        changed = mixing.solar != Mixing().solar
        angles, phases = (
            {name: float(np.asarray(value)) for name, value in given.items()}
            for given in (mixing.angles, mixing.phases)
        )
        return solar.fluxes(angles, phases, splitting=mixing.solar[2] if changed else None)


def describe(path: str | Path) -> dict[str, Any]:
    """The keys of a TOML file."""
    file = Path(path)
    try:
        return tomllib.loads(text(file))
    except OSError as error:
        raise ValueError(f"cannot read {file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is not TOML: {error}") from None


def build(what: str | Path | Mapping[str, Any], settings: Settings | None = None) -> Experiment:
    """A detector of one's own.

    Parameters
    ----------
    what : path or mapping
        a TOML file, or the same keys (:data:`KEYS`) with files relative to the working directory
    settings : Settings, optional
        what differs from the file

    Raises
    ------
    ValueError
        in one line that names the file, the key and what would be right
    """
    if isinstance(what, Mapping):
        keys = Keys(what, Path(), "the detector")
    else:
        keys = Keys(describe(what), Path(what).parent, str(what))
    chosen = Settings() if settings is None else settings
    try:
        return _built(keys, chosen)
    except ValueError as error:
        if str(error).startswith(keys.where):
            raise
        raise ValueError(f"{keys.where}: {error}") from None


def register(what: str | Path | Mapping[str, Any]) -> str:
    """Give a detector of one's own its name among all experiments (:func:`companion.experiments.register`).

    Returns
    -------
    str
        the name
    """
    name = build(what).name
    experiments.register(name, partial(build, what), Settings)
    return name


def _built(keys: Keys, chosen: Settings) -> Experiment:
    given = keys.given
    kilograms = keys.quantity("mass", given["mass"], "kg") * chosen.exposure_factor
    days = keys.quantity("time", given["time"], "d")
    errors = _errors(keys)
    fluxes, seconds, conversion = _source(keys, days)
    fluxes = {species: chosen.flux_factor * flux for species, flux in fluxes.items()}
    edges, counts = _bins(keys)
    channels = _channels(keys, chosen, kilograms * seconds, fluxes, edges)
    background = chosen.background_factor * _background(keys, kilograms * days, edges)
    weak = sum(experiments.standard_model(channels).values(), np.zeros(len(edges) - 1))
    if counts is None and not np.any(weak + background):
        raise ValueError("nothing at all is expected above the threshold: there is no Standard-Model event")
    backgrounds, pulls = {}, [Pull(f"{given['name']} signal", errors["signal"])]
    if np.any(background):
        backgrounds["background"] = background
        pulls.append(Pull(f"{given['name']} background", errors["background"], ("background",)))
    return Experiment(
        name=str(given["name"]),
        title=str(given.get("title", given["name"])),
        axes=(Axis("reconstructed energy", "keV_ee", edges),),
        quantity="events",
        likelihood=Poisson(weak + background if counts is None else counts, backgrounds, tuple(pulls)),
        channels=channels,
        sources=_texts(keys, "sources") or (f"a detector described in {Path(keys.where).name}",),
        choices=_choices(errors["quenching"]),
        projected=counts is None,
        options=chosen,
        conversion=conversion,
    )


def _texts(keys: Keys, key: str) -> tuple[str, ...]:
    value = keys.given.get(key, [])
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) and text for text in value):
        raise keys.wrong(key, f"a list of texts is needed, not {value!r}")
    return tuple(value)


def _errors(keys: Keys) -> dict[str, float]:
    given = keys.given.get("systematics", {})
    if not isinstance(given, Mapping):
        raise keys.wrong("systematics", f"a table is needed, as in {{signal = 0.1}}, not {given!r}")
    keys.known(given, ERRORS, "systematics.")
    errors = {**ERRORS, **{key: keys.quantity(f"systematics.{key}", value, "1") for key, value in given.items()}}
    for key in ("signal", "background"):
        if errors[key] == 0:
            raise keys.wrong(f"systematics.{key}", "a relative error is greater than zero")
    return errors


def _choices(error: float) -> tuple[Choice, ...]:
    if not error:
        return ()
    return tuple(
        Choice(f"quenching {word}", {"quenching_factor": 1 + sign * error}, kind="sigma", source="quenching")
        for word, sign in (("up", 1), ("down", -1))
    )


def _source(keys: Keys, days: float) -> tuple[dict[str, Flux], float, Callable[[Mixing], Mapping[str, Flux]] | None]:
    """Fluxes, the time (natural units) to multiply them by, and how they change with the mixing."""
    source = keys.given["source"]
    kind = source.get("kind") if isinstance(source, Mapping) else None
    if kind not in SOURCES:
        raise keys.wrong("source.kind", f"it is one of {', '.join(SOURCES)}, not {kind!r}")
    keys.known(source, {"kind": "", **SOURCES[kind]}, "source.")
    values = {}
    for key, unit in SOURCES[kind].items():
        if key not in source:
            raise keys.wrong(f"source.{key}", f"it is missing; a source of the kind {kind!r} needs it, in {unit}")
        values[key] = keys.quantity(f"source.{key}", source[key], unit)
        if values[key] == 0:
            raise keys.wrong(f"source.{key}", "it is greater than zero")
    time = days * units.day
    if kind == "reactor":
        return reactor.flux(values["flux"] / units.cm**2 / units.second), time, None
    if kind == "solar":
        return _Sun()(Mixing()), time, _Sun()
    distance = values["distance"] * 100 * units.cm
    if kind == "chromium":
        decays = chromium51.decays(values["activity"] * units.curie, time)
        return chromium51.flux(decays / (4 * np.pi * distance**2)), 1.0, None
    return stopped_pion.fluence(values["protons"], values["neutrinos_per_proton"], distance), 1.0, None


def _bins(keys: Keys) -> tuple[Array, Array | None]:
    """Edges (keV_ee) and counts, if there are data."""
    given = keys.given
    if "data" in given:
        for key in ("threshold", "maximum", "bins"):
            if key in given:
                raise keys.wrong(key, "the bins are those of the data: leave it out")
        return keys.bins("data", "counts", "1", "counts", "events")
    bins = given.get("bins", BINS)
    if isinstance(bins, list | tuple):
        for key in ("threshold", "maximum"):
            if key in given:
                raise keys.wrong(key, "the bins are a list of edges: leave it out")
        edges = np.array([keys.energy("bins", edge) for edge in bins]) / units.keV
        if len(edges) < 2 or np.any(np.diff(edges) <= 0):
            raise keys.wrong("bins", "the edges of bins are two or more, and increase")
        return edges, None
    if not isinstance(bins, int) or isinstance(bins, bool) or not 1 <= bins <= 1000:
        raise keys.wrong("bins", f"a number from 1 to 1000 or a list of edges is needed, not {bins!r}")
    for key in ("threshold", "maximum"):
        if key not in given:
            raise keys.wrong(key, f"it is missing: {KEYS[key]}")
    low, high = (keys.energy(key, given[key]) / units.keV for key in ("threshold", "maximum"))
    if not 0 < low < high:
        raise keys.wrong("maximum", f"it lies above the threshold, which is positive: not {low:g} to {high:g} keV_ee")
    return np.geomspace(low, high, bins + 1), None


def _channels(
    keys: Keys, chosen: Settings, exposure: float, fluxes: Mapping[str, Flux], edges: Array
) -> tuple[experiments.Channel, ...]:
    formula = str(keys.given["target"])
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
    if "".join(element + number for element, number in parts) != formula or not parts:
        raise keys.wrong("target", f"a formula such as Si, CsI or CaWO4 is needed, not {formula!r}")
    atoms: dict[str, float] = {}
    for element, number in parts:
        atoms[element] = atoms.get(element, 0.0) + float(number or 1)
    try:
        target = targets.compound(
            atoms,
            form_factor=chosen.form_factor,
            proton_radius=chosen.proton_radius,
            binding=chosen.binding,
            neutron_skin=chosen.neutron_skin_fm,
            sin2_theta_W=chosen.sin2_theta_W,
        )
    except ValueError as error:
        raise keys.wrong("target", str(error)) from None
    sees = keys.given.get("sees", ["nuclei", "electrons"])
    if not isinstance(sees, list | tuple) or not sees or set(sees) - {"nuclei", "electrons"}:
        raise keys.wrong("sees", f"a list of 'nuclei' and 'electrons' is needed, not {sees!r}")
    width, least = _resolution(keys, formula)
    efficiency, share = _efficiency(keys)
    recoils = response.Binned(
        edges=(edges * units.keV).tolist(),
        resolution=width if chosen.smearing else None,
        efficiency=efficiency,
        minimum_ionisation=least,
    )
    channels: tuple[experiments.Channel, ...] = ()
    kilograms = exposure * share
    if "nuclei" in sees:
        for number, nucleus in target.nuclei:
            seen = replace(recoils, quenching=_quenching(keys, nucleus, chosen.quenching_factor))
            count = number * target.units_in(kilograms)
            channels += (experiments.Channel(nucleus, count, fluxes, seen, order=chosen.order),)
    if "electrons" in sees:
        channels += experiments.channels(target, kilograms, fluxes, electrons=recoils, order=chosen.order)
    return channels


def _quenching(keys: Keys, nucleus: targets.Nucleus, factor: float) -> Callable[[ArrayLike], Array]:
    value = keys.given.get("quenching")
    if value is None:
        raise keys.wrong("quenching", f"it is missing: {KEYS['quenching']}")
    if value == "lindhard":
        function: Callable[[ArrayLike], Array] = response.Lindhard(nucleus.Z, nucleus.A)
    else:
        try:
            function = quenching(keys.folder / value if isinstance(value, str) else value)
        except (ValueError, OSError) as error:
            raise keys.wrong("quenching", getattr(error, "strerror", None) or str(error)) from None
    return function if factor == 1 else _Scaled(function, factor)


def _resolution(keys: Keys, formula: str) -> tuple[response.ChargeResolution | None, float]:
    """Width and the visible energy (MeV) that makes a signal."""
    value, pair = keys.given.get("resolution"), PAIRS.get(formula, 0.0)
    width = None
    if isinstance(value, Mapping):
        keys.known(value, dict.fromkeys(("noise", "fano", "pair_energy")), "resolution.")
        pair = keys.energy("resolution.pair_energy", value["pair_energy"]) if "pair_energy" in value else pair
        fano = keys.quantity("resolution.fano", value.get("fano", 0.0), "1")
        if fano and not pair:
            raise keys.wrong("resolution.pair_energy", "it is missing: a Fano factor needs the energy of a pair")
        noise = keys.energy("resolution.noise", value["noise"]) if "noise" in value else 0.0
        try:
            width = response.ChargeResolution(noise, fano, pair)
        except ValueError as error:
            raise keys.wrong("resolution", str(error)) from None
    elif value is not None:
        noise = keys.energy("resolution", value)
        if noise == 0:
            raise keys.wrong("resolution", "a width is greater than zero; leave the key out for none")
        width = response.ChargeResolution(noise)
    least = keys.given.get("minimum_ionisation")
    return width, pair if least is None else keys.energy("minimum_ionisation", least)


def _efficiency(keys: Keys) -> tuple[Energies | None, float]:
    """A curve in energy (MeV), or a number."""
    value = keys.given.get("efficiency", 1.0)
    if not isinstance(value, str):
        share = keys.quantity("efficiency", value, "1")
        if not 0 < share <= 1:
            raise keys.wrong("efficiency", f"it lies between 0 and 1, not at {value!r}")
        return None, share
    rows = keys.file("efficiency", value, {"E": ("keV_ee", "keV"), "efficiency": ("1",)})
    if np.any(np.diff(rows["E"]) <= 0) or np.any(rows["efficiency"] > 1):
        raise keys.wrong("efficiency", "energies increase, and efficiencies do not exceed 1")
    return (tuple((rows["E"] * units.keV).tolist()), tuple(rows["efficiency"].tolist())), 1.0


def _background(keys: Keys, kilogram_days: float, edges: Array) -> Array:
    """Background events per bin."""
    value = keys.given.get("background")
    if value is None:
        return np.zeros(len(edges) - 1)
    rates = ("1/(kg d keV_ee)", "1/(kg d keV)")
    if not (isinstance(value, str) and value.endswith(".csv")):
        return np.asarray(keys.quantity("background", value, *rates) * kilogram_days * np.diff(edges))
    known, rate = keys.bins("background", "rate", *rates)
    total = np.append(0.0, np.cumsum(rate * np.diff(known)))
    events: Array = kilogram_days * np.diff(np.interp(edges, known, total))
    return events
