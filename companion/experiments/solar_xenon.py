r"""Solar neutrinos on the electrons of xenon: what XENON1T and the detectors after it have in common.

The background models of all of them contain the solar neutrinos of the Standard Model, so that the signal is the
dipole part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, targets, units
from ..checks import finite
from ..couplings import Mixing
from ..data import Table, table
from ..fluxes import Flux, solar
from ..statistics import Poisson, Pull
from .channel import Axis, Channel
from .experiment import Experiment
from .settings import Choice, again, option
from .vocabulary import DetectorOptions, ElectronOptions, NumericalOptions, ProjectionOptions

__all__ = [
    "BINDING_CHOICES", "COUNTING_CHOICES", "CountingOptions", "Sun", "XenonOptions", "bins", "channels", "counting",
    "first_bin", "plateau", "resolution", "sources",
    "tabulated_resolution",
]  # fmt: skip

Array = NDArray[np.float64]

BINDING_CHOICES = (
    Choice("free electrons, no steps", {"binding": "free"}, kind="check"),
    Choice("binding energies of xraylib", {"binding": "xraylib"}, source="binding energies"),
    Choice("binding energies calculated (RRPA)", {"binding": "rrpa"}, source="binding energies"),
)
"""What else one could take for the electrons of xenon."""

COUNTING_CHOICES = (
    *BINDING_CHOICES,
    Choice("no energy resolution", {"smearing": False}, kind="check"),
    Choice("fit from 2 keV on", {"threshold_keV": 2.0}, kind="check"),
    Choice("error of the background: a third", {"sigma_background_factor": 1 / 3}, kind="check"),
    Choice("error of the background: three times", {"sigma_background_factor": 3.0}, kind="check"),
    Choice("error of the efficiency: 10 %", {"sigma_signal": 0.10}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What one could have chosen for any of the counting experiments."""


@dataclass(frozen=True, kw_only=True)
class XenonOptions(DetectorOptions, ElectronOptions):
    """Options of the electrons of xenon in the light of the Sun."""

    efficiency_at: str = option(
        "true",
        "energy at which the efficiency counts: before the resolution, after it, or an efficiency of 1",
        among=("true", "reconstructed", "none"),
    )
    order: int = again(NumericalOptions, "order", 4)


@dataclass(frozen=True, kw_only=True)
class CountingOptions(XenonOptions):
    """Options of the experiments that give counts."""

    threshold_keV: float = again(ProjectionOptions, "threshold_keV", 1.0)
    sigma_signal: float | None = again(ProjectionOptions, "sigma_signal", None)
    sigma_background_factor: float = option(1.0, "factor on the relative error of the background", unit="1", above=0)


def resolution(E: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    r"""Width (MeV) :math:`a\sqrt{E}+bE` at an energy (MeV), with ``a`` in keV^(1/2)."""
    E = np.asarray(E, float)
    return a * np.sqrt(E * units.keV) + b * E


def tabulated_resolution(parameters: Table) -> Callable[[ArrayLike], Array]:
    """:func:`resolution` with the constants in the table of an experiment."""
    return partial(
        resolution, a=parameters.value("resolution_a", unit="sqrt(keV)"), b=parameters.value("resolution_b", unit="1")
    )


def plateau(E: ArrayLike, efficiency: ArrayLike, end: float, roll_off: bool) -> tuple[tuple[float, ...], ...]:
    """An efficiency curve up to an energy ``end``: its points, and its last or, without ``roll_off``, largest value on.

    Parameters
    ----------
    E, efficiency : array_like
        points of the curve, energies in keV
    end : float
        energy (keV) up to which it is needed
    roll_off : bool
        whether the curve falls again where its points do
    """
    E, efficiency = finite("energies of an efficiency", E, increasing=True), finite("efficiency", efficiency)
    if not roll_off:
        efficiency = np.maximum.accumulate(efficiency)
    if end > E[-1]:
        # points are where integrals over the recoil are split: close enough for what leaks into the last bins
        beyond = np.linspace(E[-1], end, 1 + int(np.ceil(end - E[-1])))[1:]
        E, efficiency = np.append(E, beyond), np.append(efficiency, np.full(len(beyond), efficiency[-1]))
    return tuple(E.tolist()), tuple(efficiency.tolist())


def first_bin(edges: Array, threshold_keV: float) -> int:
    """Index of the first bin of a fit that starts at a threshold, which is one of the lower edges (keV)."""
    starts = np.flatnonzero(edges[:-1] == threshold_keV)
    if not len(starts):
        known = f"a whole number from {edges[0]:g} to {edges[-2]:g}"
        raise ValueError(f"threshold_keV is the lower edge of a bin, {known}, not {threshold_keV:g}")
    return int(starts[0])


def bins(
    options: XenonOptions,
    edges: Array,
    efficiency: tuple[tuple[float, ...], ...],
    width: Callable[[ArrayLike], Array],
) -> response.Binned:
    """The response of an experiment.

    Parameters
    ----------
    options : XenonOptions
        of the experiment
    edges : ndarray
        of the bins (keV)
    efficiency : pair of tuples
        energies (keV) and efficiencies
    width : callable
        resolution (MeV) at an energy (MeV), such as :func:`resolution` with its constants
    """
    points = tuple((np.asarray(efficiency[0]) * units.keV).tolist()), efficiency[1]
    return response.Binned(
        edges=tuple((edges * units.keV).tolist()),
        resolution=width if options.smearing else None,
        efficiency=points if options.efficiency_at == "true" else None,
        acceptance=points if options.efficiency_at == "reconstructed" else None,
    )


@dataclass(frozen=True)
class Sun:
    """Solar neutrinos at the Earth as incoherent mass eigenstates: fluxes for a mixing.

    Attributes
    ----------
    model, spectra : str
        see :func:`companion.fluxes.solar.fluxes`
    conversion : {"table", "computed"}
        shares of the mass eigenstates from a table, which holds for the global fit, or from adiabatic conversion; any
        other angles or splitting need the latter
    """

    model: str = "GS98"
    spectra: str = "computed"
    conversion: str = "table"

    def __post_init__(self) -> None:
        if self.conversion not in solar.SPECTRA:
            raise ValueError(f"conversion is one of {', '.join(solar.SPECTRA)}, not {self.conversion!r}")

    def computed(self) -> Sun:
        """The same Sun with its conversion computed: what those for another mixing can be compared with."""
        return replace(self, conversion="computed")

    def __call__(self, mixing: Mixing) -> dict[str, Flux]:
        """Fluxes of ``"nu_1"``, ``"nu_2"``, ``"nu_3"``, per area and time."""
        computed = self.conversion == "computed" or mixing.solar != Mixing().solar
        return _eigenstates(self.model, self.spectra, mixing.solar, computed)


@lru_cache(maxsize=32)
def _eigenstates(model: str, spectra: str, parameters: tuple[float, float, float], computed: bool) -> dict[str, Flux]:
    """Fluxes of the mass eigenstates, which several detectors have in common."""
    theta_12, theta_13, splitting = parameters
    fluxes = solar.fluxes(
        {"theta_12": theta_12, "theta_13": theta_13}, {}, model=model, spectra=spectra,
        splitting=splitting if computed else None,
    )  # fmt: skip
    return {species: fluxes[species] for species in ("nu_1", "nu_2", "nu_3")}


def channels(
    options: XenonOptions, seen: response.Binned, exposure: float, sun: Sun | None = None
) -> tuple[Channel, ...]:
    """Electrons of xenon in the light of the Sun.

    Parameters
    ----------
    options : XenonOptions
        of the experiment; four times as many Gauss points are taken where the efficiency does not cut the recoil range
    seen : response.Binned
        how they are seen
    exposure : float
        tonnes times years
    sun : Sun, optional
        which solar neutrinos; by default those of GS98
    """
    fluxes = (sun or Sun())(Mixing())
    xenon = targets.compound({"Xe": 1}, binding=options.binding)
    tonne_years = xenon.units_in(1000.0) * units.year * exposure
    order = options.order if seen.efficiency is not None else 4 * options.order
    return tuple(
        Channel(shells, n * tonne_years, fluxes, seen, standard_model=False, order=order)
        for n, shells in xenon.electrons
    )


def sources(own: Sequence[str], *, spectra: str = "computed", conversion: str = "table") -> tuple[str, ...]:
    """Sources of the tables of an experiment and of those of the Sun and of xenon that it reads."""
    continua = ("8B",) if spectra == "computed" else tuple(solar.TABLES)
    used = [*own, "solar/fluxes", "solar/be7_lines"]
    used += [f"solar/spectrum_{solar.TABLES[source]}" for source in continua]
    used += ["solar/mass_eigenstate_probabilities" if conversion == "table" else "solar/production_profile"]
    used += ["oscillation/parameters", "atomic/binding", "nuclear/isotopes"]
    return tuple(dict.fromkeys(table(name).source for name in used))


def counting(
    options: CountingOptions,
    *,
    name: str,
    title: str,
    edges: Array,
    counts: Array,
    background: Array,
    efficiency: tuple[tuple[float, ...], ...],
    width: Callable[[ArrayLike], Array],
    exposure: float,
    sigma_signal: float,
    sigma_background: float,
    tables: Sequence[str],
    choices: tuple[Choice, ...],
) -> Experiment:
    """A counting experiment: events in bins of energy, Poisson, with two pulls.

    Parameters
    ----------
    options : CountingOptions
        of the experiment
    name, title : str
        of the experiment
    edges, counts, background : ndarray
        bin edges (keV), events and expected background per bin, solar neutrinos included; bins below the threshold are
        dropped
    efficiency, width
        see :func:`bins`
    exposure : float
        tonnes times years
    sigma_signal : float
        relative error of the signal where the options leave it to the tables
    sigma_background : float
        relative error of the background
    tables : sequence of str
        tables of the experiment
    choices : tuple of Choice
        alternatives to the defaults
    """
    first = first_bin(edges, options.threshold_keV)
    edges = edges[first:]
    if options.sigma_signal is not None:
        sigma_signal = options.sigma_signal
    return Experiment(
        name=name,
        title=title,
        axes=(Axis("reconstructed energy", "keV", edges),),
        quantity="events",
        likelihood=Poisson(
            observed=counts[first:],
            backgrounds={"background": background[first:]},
            pulls=(
                Pull(f"{name} efficiency", sigma_signal),
                Pull(f"{name} background", options.sigma_background_factor * sigma_background, ("background",)),
            ),
        ),
        channels=channels(options, bins(options, edges, efficiency, width), exposure),
        conversion=Sun(),
        sources=sources(tables),
        choices=choices,
    )
