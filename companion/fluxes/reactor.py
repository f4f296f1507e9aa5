r"""Antineutrinos of a power reactor: polynomials above 2 MeV, tables below, one total flux (Sec. 3.3).

Above 2 MeV each fissile isotope has the spectrum :math:`\exp\sum_p\alpha_p E^{p-1}` per fission and MeV.
Below, the spectrum of a whole core is tabulated; most antineutrinos are there, so that a *total* flux says
little about those above without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import table
from .flux import Continuum, Flux, Tabulated

__all__ = ["BORDER", "LowEnergyTable", "Polynomial", "flux", "per_fission"]

BORDER = 2.0
"""Energy (MeV) from which the polynomials are used."""

LOW_ENERGY = ("kopeikin", "vogel-engel", "none")
POLYNOMIALS = ("mueller", "huber")


@dataclass(frozen=True)
class Polynomial:
    """Antineutrinos per fission and MeV of a mixture of isotopes.

    Attributes
    ----------
    shares : tuple of float
        part of the fissions of each isotope
    exponents : tuple of tuple of float
        coefficients of the polynomial of each isotope, lowest power first (MeV^-p)
    """

    shares: tuple[float, ...]
    exponents: tuple[tuple[float, ...], ...]

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros_like(E)
        for share, exponents in zip(self.shares, self.exponents, strict=True):
            total = total + share * np.exp(np.polynomial.polynomial.polyval(E, exponents))
        return total


@dataclass(frozen=True)
class LowEnergyTable:
    """Antineutrinos per fission and MeV, linear between the points (MeV) of a table."""

    energies: tuple[float, ...]
    values: tuple[float, ...]

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(E, self.energies, self.values)


def _shares(core: str) -> dict[str, float]:
    fuel = table("reactor/fuel")
    column = f"share_{core}"
    if column not in fuel.columns:
        known = ", ".join(name.removeprefix("share_") for name in fuel.columns if name.startswith("share_"))
        raise ValueError(f"no fuel of {core!r}; there are {known}")
    return dict(zip(fuel["isotope"].tolist(), fuel.column(column, "1", minimum=0.0).tolist(), strict=True))


def _exponents(isotope: str, polynomials: str) -> tuple[float, ...]:
    source = table(f"reactor/{polynomials}_polynomials")
    if isotope not in source["isotope"]:  # Huber leaves out 238U, which beta spectra of thermal fission cannot give
        source = table("reactor/mueller_polynomials")
    (row,) = np.flatnonzero(source["isotope"] == isotope)
    return tuple(float(source.column(f"alpha_{p}", f"1/MeV^{p - 1}")[row]) for p in range(1, 7))


def _below(low_energy: str, shares: dict[str, float]) -> LowEnergyTable:
    if low_energy == "kopeikin":
        points = table("reactor/kopeikin")
        energies = points.column("E_nu", "MeV", minimum=0.0, increasing=True)
        values = points.column("spectrum", "1/(MeV fission)", minimum=0.0)
    else:
        points = table("reactor/vogel_engel_low")
        energies = points.column("E_nu", "MeV", minimum=0.0, increasing=True)
        values = np.zeros_like(energies)
        for isotope, share in shares.items():
            values = values + share * points.column(isotope, "1/(MeV fission)", minimum=0.0)
    return LowEnergyTable(tuple(energies.tolist()), tuple(values.tolist()))


def per_fission(
    core: str = "KuoSheng", *, low_energy: str = "kopeikin", polynomials: str = "mueller", end: float = 10.0
) -> Flux:
    """Antineutrinos per fission.

    Parameters
    ----------
    core : {"KuoSheng", "CONUS", "DayaBay"}
        whose shares of the four isotopes
    low_energy : {"kopeikin", "vogel-engel", "none"}
        table below 2 MeV: with or without neutron capture on 238U, or nothing there
    polynomials : {"mueller", "huber"}
        fit above 2 MeV; Huber's has no 238U, which keeps Mueller's
    end : float
        energy (MeV) where the polynomials, fitted up to 8 MeV, are cut off
    """
    if low_energy not in LOW_ENERGY:
        raise ValueError(f"no low-energy spectrum {low_energy!r}; there are {', '.join(LOW_ENERGY)}")
    if polynomials not in POLYNOMIALS:
        raise ValueError(f"no polynomials {polynomials!r}; there are {', '.join(POLYNOMIALS)}")
    if not BORDER < end < np.inf:
        raise ValueError(f"the spectrum must end above {BORDER:g} MeV, not at {end} MeV")
    shares = _shares(core)
    above = Polynomial(tuple(shares.values()), tuple(_exponents(isotope, polynomials) for isotope in shares))
    # in cells of half an MeV eight Gauss points integrate the exponentials to the last digits, and polynomials of
    # twelve coefficients give the moments in between to 1e-12 without one exponential
    cells = np.linspace(BORDER, end, int(np.ceil(2 * (end - BORDER))) + 1)
    continua: list[Continuum] = [Tabulated.of((Continuum(above, tuple(cells.tolist()), order=8),), order=12)]
    if low_energy != "none":
        below = _below(low_energy, shares)
        knots = tuple(E for E in below.energies if E < BORDER)
        continua.insert(0, Continuum(below, (*knots, BORDER), order=8))
    return Flux(continua=tuple(continua))


def flux(total: float, **spectrum: Any) -> dict[str, Flux]:
    """Flux of electron antineutrinos with a given total over all energies.

    Parameters
    ----------
    total : float
        antineutrinos per area and time (natural units, ``6.4e12 / units.cm**2 / units.second``)
    **spectrum
        options of :func:`per_fission`

    Returns
    -------
    dict
        ``{"antinu_e": Flux}``
    """
    if not 0 <= total < np.inf:
        raise ValueError(f"the total flux must be finite and not negative, not {total}")
    shape = per_fission(**spectrum)
    return {"antinu_e": (total / float(shape.moments(0.0)[0])) * shape}
