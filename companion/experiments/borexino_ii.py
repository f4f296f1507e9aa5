r"""Borexino Phase II: solar neutrinos on the electrons of a scintillator, in bins of hits (arXiv:1707.09279).

The expectation is the published fit, ``total``, expanded around itself: our own Standard-Model events are the signal,
what ``total`` holds besides is the background, and every component :math:`T_k` of the published fit moves it by a pull,

.. math:: e_i=(S_i+\mu^2D_i)\Bigl(1+\sum_f a_f\frac{S_i^f}{S_i}\Bigr)+(\mathrm{total}_i-S_i)+\sum_kb_kT_{ki}.

The fluxes f of pp, 7Be and pep are free.  In a bin the dipole events follow a flux as the Standard-Model events do, to
which it contributes nearly the same share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .. import units
from ..couplings import Mixing
from ..data import table
from ..fluxes import Flux, solar
from ..statistics import Poisson, Pull
from ..targets import Electrons
from .borexino_response import HitBins, Hits, HitWidth
from .channel import Axis, Channel
from .experiment import Experiment
from .settings import Choice, Options, again, option
from .vocabulary import NuclearOptions, NumericalOptions, SolarOptions

__all__ = ["CHOICES", "Settings", "Sun", "build", "gallium"]

Array = NDArray[np.float64]

TABLES = (
    "borexino2_spectrum",
    "borexino2_parameters",
    "borexino2_gallium",
    "fluxes",
    "be7_lines",
    "spectrum_b8",
    "mass_eigenstate_probabilities",
)

SMOOTH = ("Kr85", "Bi210", "C11", "ext")
"""Components without a peak."""

SOURCES = ("pp", "7Be", "pep", "13N", "15O", "17F", "8B", "hep")

THRESHOLD = 0.2327
"""Energy (MeV) above which gallium captures neutrinos."""

FREE = ("pp", "7Be", "pep")
"""Sources whose fluxes are free; CNO is fixed, as in the published fit, and 8B hardly seen."""

CHOICES = (
    Choice("fluxes constrained by gallium experiments", {"gallium": True}),
    Choice("another constant of Birks", {"birks": "lower"}),
    Choice("fluxes of AGSS09", {"model": "AGSS09"}),
    Choice("mixing angle at zero momentum transfer", {"sin2_theta_W": 0.23868}),
    Choice("bins of 4 hits", {"rebin": 4}, kind="check"),
    Choice("fit from 120 hits on", {"first_hits": 120}, kind="check"),
    Choice("fit up to 500 hits", {"last_hits": 500}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen."""


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """Options of Borexino Phase II."""

    gallium: bool = option(
        False, "whether pp, 7Be and pep together must agree with the capture rate of SAGE, GALLEX and GNO"
    )
    birks: str = option(
        "fitted", "constant of Birks in the response: fitted with it, or a lower one", among=("fitted", "lower")
    )
    model: str = option("GS98", "B16 standard solar model", among=("GS98", "AGSS09"))
    conversion: str = again(SolarOptions, "conversion", "table")
    first_hits: int | None = option(None, "number of hits of the first bin; by default that of the tables", unit="1")
    last_hits: int = option(950, "number of hits of the last bin")
    rebin: int = option(1, "bins of so many hits")
    sin2_theta_W: float = again(NuclearOptions, "sin2_theta_W", units.SIN2_THETA_W)
    order: int = again(NumericalOptions, "order", 8)


@dataclass(frozen=True)
class Sun:
    """Solar neutrinos at the Earth for a mixing, as flavours and, once more, as mass eigenstates.

    Attributes
    ----------
    model : str
        standard solar model
    conversion : {"table", "computed"}
        see :class:`Settings`; another mixing than that of the global fit is always computed
    sources : tuple of str, optional
        which of the eight; all by default
    """

    model: str = "GS98"
    conversion: str = "table"
    sources: tuple[str, ...] | None = None

    def computed(self) -> Sun:
        """The same Sun with its conversion computed: what those for another mixing can be compared with."""
        return replace(self, conversion="computed")

    def alone(self, source: str) -> Sun:
        """The same Sun with one source."""
        return replace(self, sources=(source,))

    def __call__(self, mixing: Mixing) -> dict[str, Flux]:
        """Fluxes of six species, per area and time."""
        computed = self.conversion == "computed" or mixing.solar != Mixing().solar
        return _fluxes(self.model, mixing.solar, computed, self.sources)


@lru_cache(maxsize=64)
def _fluxes(
    model: str, parameters: tuple[float, float, float], computed: bool, sources: tuple[str, ...] | None
) -> dict[str, Flux]:
    theta_12, theta_13, splitting = parameters
    # electrons tell muon from tau neutrinos no more than the Sun does: what parts these two is that of the global fit
    fit = Mixing()
    angles = {"theta_12": theta_12, "theta_13": theta_13, "theta_23": float(np.asarray(fit.angles["theta_23"]))}
    phases = {"delta": float(np.asarray(fit.phases["delta"]))}
    return solar.fluxes(angles, phases, model=model, splitting=splitting if computed else None, sources=sources)


def gallium(sun: Sun) -> dict[str, tuple[float, float]]:
    """Captures on :sup:`71`\\ Ga (SNU) by source, and their errors from the cross-section, all of one sign."""
    rows = table("solar/borexino2_gallium")
    E = rows.column("E_nu", "MeV", above=0.0, increasing=True)
    best, low, high = (rows.column(name, "cm^2", above=0.0) for name in ("best", "low", "high"))
    # a SNU is 1e-36 captures per atom and second; the limits are three standard deviations away
    scale = units.cm**2 * units.second * 1e36
    rates = {}
    for source in SOURCES:
        flux = sun.alone(source)(Mixing())["nu_e"]
        energies = [line.energy for line in flux.lines]
        weights = [line.intensity for line in flux.lines]
        for part in flux.continua:
            grid = np.linspace(THRESHOLD, part.knots[-1], 4001)
            middle = (grid[1:] + grid[:-1]) / 2
            energies += middle.tolist()
            weights += (part.density(middle) * np.diff(grid)).tolist()
        seen = scale * np.asarray(weights) * (np.asarray(energies) > THRESHOLD)
        rate, error = (float(seen @ np.interp(energies, E, section)) for section in (best, (high - low) / 6))
        rates[source] = rate, error
    return rates


def build(options: Settings) -> Experiment:
    """Borexino Phase II."""
    numbers, rows = table("solar/borexino2_parameters"), table("solar/borexino2_spectrum")
    days = numbers.value("exposure", unit="d")
    starts, used = _bins(options)
    hits = rows.column("N_h", "1", above=0.0, increasing=True)
    edges = np.append(hits[starts], hits[used[-1]] + 1) - 0.5
    columns = ("data", "total", "C14", "pileup", "Po210", *SMOOTH)
    daily = {name: rows.column(name, "1/d", minimum=0.0) for name in columns}
    daily |= _changes(daily, hits)
    counts = {name: days * np.add.reduceat(values[: used[-1] + 1], starts) for name, values in daily.items()}
    sun = Sun(options.model, options.conversion)
    fluxes = sun(Mixing())
    channel = _channel(options, edges, fluxes)
    signal = {source: _standard_model(channel, sun.alone(source)) for source in FREE}
    every = _standard_model(channel, sun)
    pulls, offset = _flux_pulls(signal, every, sun, options.gallium)
    background = counts["total"] - every + offset
    priors = {"C14": numbers.value("sigma_C14", unit="1"), "pileup": numbers.value("sigma_pileup", unit="1")}
    priors |= dict.fromkeys(("Po210", *SMOOTH, "Po210 position", "Po210 width"), np.inf)
    for name, prior in priors.items():
        pulls.append(Pull(f"borexino-ii {name}", prior, ("background",), shape=counts[name] / background))
    # neutrinos and smooth backgrounds move together: what this changes in a bin, over all that is in it
    middle = (edges[1:] + edges[:-1]) / 2
    moved = counts["scale"] - every - middle * np.gradient(every, middle)
    scale = numbers.value("sigma_scale", unit="1")
    both = ("signal", "background")
    pulls.append(Pull("borexino-ii energy scale", scale, both, shape=moved / (every + background)))
    return Experiment(
        name="borexino-ii",
        title="Borexino Phase II",
        axes=(Axis("hits", "N_h", edges),),
        quantity="events",
        likelihood=Poisson(np.round(counts["data"]), {"background": background}, tuple(pulls)),
        channels=(channel,),
        sources=tuple(table(f"solar/{name}").source for name in TABLES),
        choices=CHOICES,
        conversion=sun,
    )


def _bins(options: Settings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the table at which bins start, and all rows that are fitted."""
    hits = table("solar/borexino2_spectrum").column("N_h", "1", above=0.0, increasing=True)
    default = table("solar/borexino2_parameters").value("first_hits", unit="1")
    first, last = default if options.first_hits is None else options.first_hits, options.last_hits
    if not hits[0] <= first < last <= hits[-1]:
        raise ValueError(f"a fit runs between {hits[0]:g} and {hits[-1]:g} hits, not from {first:g} to {last:g}")
    used = np.flatnonzero((hits >= first) & (hits <= last))
    if not 1 <= options.rebin <= len(used) // 40:
        raise ValueError(f"bins are of 1 to {len(used) // 40} hits each, not of {options.rebin}")
    return used[:: options.rebin], used


def _changes(daily: dict[str, Array], hits: Array) -> dict[str, Array]:
    """What shifts of the energy scale and of the polonium peak do to the rates of each bin."""

    def smooth(values: Array) -> Array:
        # the drawn curves jump a little from bin to bin
        return np.convolve(np.pad(values, 5, mode="edge"), np.full(11, 1 / 11), mode="valid")

    sloping = smooth(sum((daily[name] for name in SMOOTH), np.zeros_like(hits)))
    peak = daily["Po210"]
    mean = np.sum(hits * peak) / peak.sum()
    width = np.sqrt(np.sum((hits - mean) ** 2 * peak) / peak.sum())
    slope = np.gradient(peak, hits)
    return {
        "scale": -(sloping + hits * np.gradient(sloping, hits)),
        "Po210 position": -width * slope,
        "Po210 width": -(peak + (hits - mean) * slope),
    }


def _channel(options: Settings, edges: Array, fluxes: dict[str, Flux]) -> Channel:
    """Free electrons of 100 t for the days of the exposure."""
    numbers = table("solar/borexino2_parameters")
    suffix = "" if options.birks == "fitted" else "_2"
    hits = Hits(
        numbers.value(f"light_yield{suffix}", unit="1/MeV"),
        numbers.value(f"non_linearity{suffix}", unit="1/MeV"),
        numbers.value(f"birks{suffix}", unit="cm/MeV"),
        numbers.value("last_fitted", unit="MeV"),
    )
    seen = HitBins(
        tuple(edges.tolist()), hits, HitWidth(numbers.value(f"width{suffix}", unit="1")), maximum_recoil=20.0
    )
    free = Electrons("C9H12", (0.0,), (1.0,), sin2_theta_W=options.sin2_theta_W)
    number = numbers.value("electrons", unit="1") * numbers.value("exposure", unit="d") * units.day
    return Channel(free, number, fluxes, seen, order=options.order)


def _standard_model(channel: Channel, sun: Sun) -> Array:
    """Events of a Sun seen as in a channel, all flavours."""
    fluxes = sun(Mixing())
    part = replace(channel, fluxes={f"nu_{flavour}": fluxes[f"nu_{flavour}"] for flavour in ("e", "mu", "tau")})
    total: Array = np.sum([part.counts("electron", species) for species in part.fluxes], axis=0)
    return total


def _flux_pulls(signal: dict[str, Array], every: Array, sun: Sun, constrained: bool) -> tuple[list[Pull], Array]:
    """Pulls on the fluxes, and what to add to the expectation.

    The capture rate of gallium is one number for three fluxes: with the constraint the pull of pp is this rate, in SNU,
    and those of 7Be and pep leave it as it is, for pp makes up for them.
    """
    if not constrained:
        free = [Pull(f"borexino-ii {source} flux", np.inf, shape=signal[source] / every) for source in FREE]
        return free, np.zeros_like(every)
    numbers = table("solar/borexino2_parameters")
    rates = gallium(sun)
    total, section = (sum(rate[k] for rate in rates.values()) for k in (0, 1))
    pp = signal["pp"] / rates["pp"][0]
    error = np.hypot(numbers.value("gallium_error", unit="SNU"), section)
    pulls = [Pull("gallium rate", error, shape=pp / every)]
    for source in ("7Be", "pep"):
        change = signal[source] - rates[source][0] * pp
        pulls.append(Pull(f"borexino-ii {source} flux", np.inf, shape=change / every))
    return pulls, (numbers.value("gallium_rate", unit="SNU") - total) * pp
