"""Dresden-II: antineutrinos of a power reactor on the nuclei and electrons of germanium (arXiv:2202.09672).

Most of what is seen is background, with the reactor on as well as off, and the two backgrounds differ.  Each spectrum
is fitted with a model of its own (:mod:`companion.experiments.dresden_ii_background`) and a signal that is there when
the reactor is on: reactor off is a control of the model, it does not measure the background of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from .. import response, targets, units
from ..data import Table, table
from ..fluxes import reactor
from ..response.common import Function, recoil_energy
from ..response.quenching import ChargeResolution, Lindhard
from ..statistics import Gaussian, Pull
from . import beam
from .beam import BeamOptions
from .channel import Axis, Channel
from .channel import channels as channels_of
from .channel import standard_model as counts_by_species
from .dresden_ii_background import Background
from .experiment import Experiment
from .settings import Choice, Options, again, option
from .vocabulary import DetectorOptions, ElectronOptions, NuclearOptions, NumericalOptions, ProjectionOptions

__all__ = ["CHOICES", "Blurred", "MeasuredQuenching", "Settings", "build"]

Array = NDArray[np.float64]

QUENCHING = ("ybe", "fef", "lindhard")
"""Measured with photo-neutrons, with iron-filtered neutrons, and Lindhard's theory."""

SPECTRA = {"on": ("on",), "on and off": ("on", "off"), "on minus off": ("on minus off",)}
"""What is fitted, and the spectra it consists of."""

TABLES = ("dresden2_spectrum", "dresden2_parameters", "mueller_polynomials", "kopeikin")

CHOICES = (
    Choice("quenching by iron-filtered neutrons", {"quenching": "fef"}, source="quenching of germanium"),
    Choice("quenching of Lindhard", {"quenching": "lindhard"}, source="quenching of germanium"),
    Choice("ionisation from 0.1 eV on", {"minimum_ionisation_eV": 0.1}, source="smallest ionisation"),
    Choice("ionisation from 50 eV on", {"minimum_ionisation_eV": 50.0}, source="smallest ionisation"),
    Choice("ionisation from 100 eV on", {"minimum_ionisation_eV": 100.0}, source="smallest ionisation"),
    Choice("noise that ends below zero put back above", {"renormalised": True}),
    Choice("below 2 MeV Vogel and Engel, no capture on 238U", {"low_energy": "vogel-engel"}),
    Choice("spectrum ends at 8 MeV", {"end_MeV": 8.0}),
    Choice("mixing angle at zero momentum transfer", {"sin2_theta_W": 0.23868}),
    Choice("no electrons", {"electron_scattering": False}, kind="check"),
    Choice("reactor on alone", {"spectrum": "on"}, kind="check"),
    Choice("reactor on minus off", {"spectrum": "on minus off"}),
    Choice("fit from 0.25 keV on", {"first_keV": 0.25}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen."""


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """Options of Dresden-II."""

    # of the two measured curves the one that gives the weaker limits
    quenching: Any = again(BeamOptions, "quenching", "ybe")
    minimum_ionisation_eV: float = option(
        3.0,
        "ionisation below which a recoil makes no signal for the noise to lift: one pair by default",
        unit="eV",
        above=0,
    )
    renormalised: bool = option(
        False, "whether recoils that the noise takes below zero are put back above it, as arXiv:2202.10829 does"
    )
    smearing: bool = again(DetectorOptions, "smearing", True)
    spectrum: str = option(
        "on and off", "reactor on with reactor off as a control, on alone, or the difference", among=tuple(SPECTRA)
    )
    first_keV: float = option(0.2, "lower edge of the first bin", unit="keV")
    core: str = option("DresdenII", "reactor whose fuel is burnt, a column of data/reactor/fuel.csv")
    low_energy: str = option(
        "kopeikin",
        "antineutrinos below 2 MeV: of Kopeikin with capture on 238U, of Vogel and Engel, or none",
        among=reactor.LOW_ENERGY,
    )
    polynomials: str = option("mueller", "spectra above 2 MeV: of Mueller, or of Huber", among=reactor.POLYNOMIALS)
    end_MeV: float = option(10.0, "antineutrino energy at which the spectrum ends", unit="MeV", above=0)
    sigma_signal: float | None = again(ProjectionOptions, "sigma_signal", None)
    electron_scattering: bool = option(
        True, "whether neutrinos scatter on the electrons too, in the Standard Model and by a moment"
    )
    form_factor: str = again(NuclearOptions, "form_factor", "helm")
    binding: str = again(ElectronOptions, "binding", "xraydb")
    sin2_theta_W: float = again(NuclearOptions, "sin2_theta_W", units.SIN2_THETA_W)
    order: int = again(NumericalOptions, "order", 8)


@dataclass(frozen=True)
class MeasuredQuenching:
    """Visible energy (MeV) by a factor that is linear between points, constant beyond them.

    Unlike in :class:`companion.response.FactorTable` the visible energy may fall a little from one point to the next: a
    curve through measurements does where its pieces meet.

    Attributes
    ----------
    energies, factors : tuple of float
        recoil energies (MeV), and visible energy over recoil energy
    """

    energies: tuple[float, ...]
    factors: tuple[float, ...]

    def __call__(self, E_r: ArrayLike) -> Array:
        E_r = np.asarray(E_r, float)
        visible: Array = np.interp(E_r, self.energies, self.factors) * E_r
        return visible

    @property
    def corner(self) -> float:
        """Recoil energy (MeV) at which the curve bends most."""
        slopes = np.diff(self.factors) / np.diff(self.energies)
        return self.energies[1 + int(np.argmax(np.abs(np.diff(slopes))))]


@dataclass(frozen=True, repr=False)
class Blurred(response.Binned):
    """Bins that are narrow beside the resolution: integrals are cut as closely as it asks for, not at every edge.

    Attributes
    ----------
    renormalised : bool
        whether the Gaussian is cut at zero and scaled up again, so that no recoil is lost there
    """

    renormalised: bool = False

    def bins(self, E_r: ArrayLike) -> Array:
        bins = super().bins(E_r)
        if self.renormalised and self.resolution is not None:
            E = self.quenching(E_r)
            bins = bins / ndtr(E / self._width(E))
        return bins

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) two widths apart, or a factor of 1.6 further down, where the rate goes as 1/T."""
        if self.resolution is None:
            return super().breakpoints
        step = 2 * float(self._width(0.0))
        least = self.minimum_ionisation or 1e-3 * step
        pieces = int(np.ceil(np.log(2 * step / least) / np.log(1.6)))
        visible = [*np.geomspace(least, 2 * step, pieces + 1), *np.arange(3 * step, self.edges[-1] + 4 * step, step)]
        recoils = [recoil_energy(self.quenching, float(E), self.maximum_recoil) for E in visible]
        if isinstance(self.quenching, MeasuredQuenching):
            recoils.append(self.quenching.corner)
        return tuple(recoils)


def build(options: Settings) -> Experiment:
    """Dresden-II."""
    numbers, points = table("reactor/dresden2_parameters"), table("reactor/dresden2_spectrum")
    parts = SPECTRA[options.spectrum]
    E, edges, used = _bins(points, numbers, options.first_keV)
    # the second axis: what the reactor adds is there when it is on, and in the difference
    shares = np.array([0.0 if part == "off" else 1.0 for part in parts])
    channels = _channels(options, edges, shares)
    signal = sum(counts_by_species(channels).values(), np.zeros(len(E) * len(parts)))
    observed, sigma = np.empty_like(signal), np.empty_like(signal)
    backgrounds: dict[str, Array] = {}
    prior = numbers.value("sigma_M_over_L1", unit="1")
    sigma_signal = numbers.value("sigma_signal", unit="1") if options.sigma_signal is None else options.sigma_signal
    pulls = [Pull("dresden-ii signal", sigma_signal)]
    for k, part in enumerate(parts):
        own = slice(k, None, len(parts))
        observed[own], sigma[own] = _rates(points, part, used)
        model = Background.fitted(E, observed[own] - signal[own], sigma[own])
        # the prior of the M line is centred at its expectation, and the line is linear in r: expand there
        for name, values in replace(model, M_ratio=1.0).templates(E).items():
            bins = np.zeros_like(signal)
            bins[own] = values
            template, _, parameter = name.partition(":")
            if not parameter:
                backgrounds[f"{part}: {template}"] = bins
                pulls.append(Pull(f"dresden-ii {part}: {template}", np.inf, (f"{part}: {template}",)))
            else:
                width = prior if parameter == "M_ratio" else np.inf
                pulls.append(Pull(f"dresden-ii {part}: {parameter}", width, (f"{part}: {template}",), shape=bins))
    return Experiment(
        name="dresden-ii",
        title="Dresden-II",
        axes=(
            Axis("reconstructed energy", "keV_ee", edges),
            Axis("reactor", ", ".join(parts), np.arange(len(parts) + 1.0)),
        ),
        quantity="events/d",
        likelihood=Gaussian(observed, sigma, backgrounds, tuple(pulls)),
        channels=channels,
        sources=_sources(options),
        choices=CHOICES,
    )


def _sources(options: Settings) -> tuple[str, ...]:
    curve = beam.quenching_source(options.quenching, QUENCHING, table("reactor/dresden2_quenching").source)
    return tuple(dict.fromkeys([*(table(f"reactor/{name}").source for name in TABLES), curve]))


def _bins(points: Table, numbers: Table, first_keV: float) -> tuple[Array, Array, NDArray[np.intp]]:
    """Middles and edges (keV_ee) of the bins that are fitted, and their rows in the table."""
    E = points.column("E", "keV_ee", above=0.0, increasing=True)
    width = numbers.value("bin_width", unit="keV_ee")
    edges = np.round(np.append(E - width / 2, E[-1] + width / 2), 9)
    starts = np.flatnonzero(np.isclose(edges[:-1], first_keV, rtol=0, atol=1e-6))
    if not len(starts) or starts[0] > len(E) // 2:
        raise ValueError(
            f"first_keV is the lower edge of a bin of 0.01 keV from {edges[0]:g} to {edges[len(E) // 2]:g}, not "
            f"{first_keV:g}"
        )
    first = int(starts[0])
    return E[first:], edges[first:], np.arange(first, len(E))


def _rates(points: Table, part: str, used: NDArray[np.intp]) -> tuple[Array, Array]:
    """Rates and errors per bin (1/d) with the reactor on, off, or of the difference."""
    on, off = points.column("on", "1/d")[used], points.column("off", "1/d")[used]
    on_error, off_error = (points.column(f"{side}_error", "1/d", above=0.0)[used] for side in ("on", "off"))
    known = {"on": (on, on_error), "off": (off, off_error), "on minus off": (on - off, np.hypot(on_error, off_error))}
    return known[part]


def _quenching(name: str) -> Function:
    """A quenching curve by its name: the theory of Lindhard, or one that was measured."""
    if name == "lindhard":
        ((_, germanium),) = targets.compound({"Ge": 1}).nuclei
        return Lindhard(germanium.Z, germanium.A)
    curves = table("reactor/dresden2_quenching")
    energies = curves.column("E_nr", "MeV", minimum=0.0, increasing=True)
    return MeasuredQuenching(tuple(energies.tolist()), tuple(curves.column(name, "1", above=0.0).tolist()))


def _channels(options: Settings, edges: Array, shares: Array) -> tuple[Channel, ...]:
    """Nuclei and electrons of the detector for a day."""
    numbers = table("reactor/dresden2_parameters")
    fluxes = reactor.flux(
        numbers.value("flux", unit="cm^-2 s^-1") / units.cm**2 / units.second,
        core=options.core,
        low_energy=options.low_energy,
        polynomials=options.polynomials,
        end=options.end_MeV,
    )
    target = targets.compound(
        {"Ge": 1}, form_factor=options.form_factor, binding=options.binding, sin2_theta_W=options.sin2_theta_W
    )
    noise, pair = (numbers.value(name, unit="keV_ee") * units.keV for name in ("noise", "pair_energy"))
    curves: dict[str, Function] = {"nuclei": beam.quenching(options.quenching, QUENCHING, _quenching)}
    if options.electron_scattering:
        curves["electrons"] = response.identity
    seen: dict[str, Any] = {
        name: Blurred(
            tuple((edges * units.keV).tolist()),
            quenching,
            ChargeResolution(noise, numbers.value("fano", unit="1"), pair) if options.smearing else None,
            maximum_recoil=0.1,
            minimum_ionisation=options.minimum_ionisation_eV * units.eV,
            renormalised=options.renormalised,
        )
        for name, quenching in curves.items()
    }
    made = channels_of(target, numbers.value("mass", unit="kg") * units.day, fluxes, order=options.order, **seen)
    return tuple(replace(channel, shares=shares) for channel in made)
