r"""Solar neutrinos on the electrons of xenon: what XENON1T and the detectors after it have in common.

The background models of all of them contain the solar neutrinos of the Standard Model, so that the signal is the
dipole part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, targets, units
from ..checks import finite
from ..couplings import Mixing
from ..data import table
from ..fluxes import Flux, solar
from ..statistics import Poisson, Pull
from .channel import Axis, Channel
from .experiment import Experiment
from .options import Choice

__all__ = ["COUNTING_CHOICES", "bins", "channels", "counting", "first_bin", "plateau", "resolution", "sources"]

EFFICIENCY_AT = ("true", "reconstructed", "none")

COUNTING_CHOICES = (
    Choice("free electrons, no steps", {"binding": "free"}),
    Choice("no energy resolution", {"smearing": False}),
    Choice("fit from 2 keV on", {"first_keV": 2.0}),
    Choice("error of the background: a third", {"background_factor": 1 / 3}),
    Choice("error of the background: three times", {"background_factor": 3.0}),
    Choice("error of the efficiency: 10 %", {"sigma_efficiency": 0.10}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What one could have chosen for any of the counting experiments."""


def resolution(E: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    r"""Width (MeV) :math:`a\sqrt{E}+bE` at an energy (MeV), with ``a`` in keV^(1/2)."""
    E = np.asarray(E, float)
    return a * np.sqrt(E * units.keV) + b * E


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


def first_bin(edges: NDArray[np.float64], first_keV: float) -> int:
    """Index of the first bin of a fit that starts at ``first_keV``, which is one of the lower edges (keV)."""
    starts = np.flatnonzero(edges[:-1] == first_keV)
    if not len(starts):
        known = f"a whole number from {edges[0]:g} to {edges[-2]:g}"
        raise ValueError(f"first_keV is the lower edge of a bin, {known}, not {first_keV:g}")
    return int(starts[0])


def bins(
    edges: NDArray[np.float64],
    curve: tuple[tuple[float, ...], ...],
    width: Callable[[ArrayLike], NDArray[np.float64]],
    *,
    efficiency_at: str,
    smearing: bool,
) -> response.Binned:
    """The response: bin edges and an efficiency curve (keV), the resolution, and where the efficiency counts.

    Parameters
    ----------
    edges : ndarray
        of the bins (keV)
    curve : pair of tuples
        energies (keV) and efficiencies
    width : callable
        resolution (MeV) at an energy (MeV), such as :func:`resolution` with its constants
    efficiency_at : {"true", "reconstructed", "none"}
        energy at which the efficiency counts, before or after the resolution, or an efficiency of 1
    smearing : bool
        whether the energy is blurred
    """
    if efficiency_at not in EFFICIENCY_AT:
        raise ValueError(f"efficiency_at is one of {', '.join(EFFICIENCY_AT)}, not {efficiency_at!r}")
    points = tuple((np.asarray(curve[0]) * units.keV).tolist()), curve[1]
    return response.Binned(
        edges=tuple((edges * units.keV).tolist()),
        resolution=width if smearing else None,
        efficiency=points if efficiency_at == "true" else None,
        acceptance=points if efficiency_at == "reconstructed" else None,
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
    seen: response.Binned,
    exposure: float,
    *,
    binding: str = "xraydb",
    sun: Sun | None = None,
    order: int = 4,
) -> tuple[Channel, ...]:
    """Solar neutrinos on the electrons of xenon, exposed for ``exposure`` (t y).

    Parameters
    ----------
    seen : Binned
        the response
    exposure : float
        tonnes times years
    binding : str
        binding energies of the electrons, see :func:`companion.targets.compound`
    sun : Sun, optional
        which solar neutrinos; by default those of GS98
    order : int
        Gauss points per piece of the recoil range; four times as many where the efficiency does not cut it
    """
    if not exposure > 0:
        raise ValueError(f"an exposure is a positive number of tonne years, not {exposure}")
    fluxes = (sun or Sun())(Mixing())
    xenon = targets.compound({"Xe": 1}, binding=binding)
    tonne_years = xenon.units_in(1000.0) * units.year * exposure
    points = order if seen.efficiency is not None else 4 * order
    return tuple(
        Channel(shells, n * tonne_years, fluxes, seen, standard_model=False, order=points)
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
    name: str,
    title: str,
    seen: response.Binned,
    edges: NDArray[np.float64],
    counts: NDArray[np.float64],
    background: NDArray[np.float64],
    exposure: float,
    tables: Sequence[str],
    *,
    sigma_efficiency: float,
    sigma_background: float,
    binding: str,
    order: int,
    choices: tuple[Choice, ...],
) -> Experiment:
    """A counting experiment: events in bins of energy (keV), Poisson, with two pulls.

    Parameters
    ----------
    name, title : str
        of the experiment
    seen, exposure, binding, order
        see :func:`channels`
    edges, counts, background : ndarray
        bin edges (keV), events and expected background per bin, solar neutrinos included
    tables : sequence of str
        tables of the experiment
    sigma_efficiency, sigma_background : float
        widths of the pulls on the signal and on the background
    choices : tuple of Choice
        alternatives to the defaults
    """
    return Experiment(
        name=name,
        title=title,
        axes=(Axis("energy", "keV", edges),),
        quantity="events",
        likelihood=Poisson(
            observed=counts,
            backgrounds={"background": background},
            pulls=(
                Pull(f"{name} efficiency", sigma_efficiency),
                Pull(f"{name} background", sigma_background, ("background",)),
            ),
        ),
        channels=channels(seen, exposure, binding=binding, order=order),
        conversion=Sun(),
        sources=sources(tables),
        choices=choices,
    )
