"""Natural units with MeV = 1: multiply by a unit to come in, divide by it to go out.

>>> from companion.units import keV, cm, barn
>>> recoil = 10 * keV            # 0.01 (MeV)
>>> area = 1 / cm**2             # a column density in MeV^2
>>> sigma = 2.6e-20 / barn       # a cross-section of 2.6e-20 MeV^-2 in barn

``hbar = c = 1``; a charge enters through the fine-structure constant, ``e^2 = 4 pi alpha``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import constants as codata

__all__ = [
    "CONSTANTS", "Constant", "ALPHA", "G_F", "M_E", "M_MU", "M_PI", "SIN2_THETA_W", "DIPOLE", "WEAK_MAGNETIC",
    "MeV", "GeV", "keV", "eV", "u", "fm", "cm", "m", "barn",
    "second", "microsecond", "day", "year", "curie", "kg", "N_A",
]  # fmt: skip


@dataclass(frozen=True)
class Constant:
    """A constant of nature with its unit and source."""

    name: str
    value: float
    unit: str
    source: str


def _codata(key: str) -> float:
    return codata.physical_constants[key][0]


_CODATA = "CODATA, through scipy.constants"
_PDG = "Particle Data Group, Review of Particle Physics 2020"

CONSTANTS = {
    constant.name: constant
    for constant in (
        Constant("alpha", codata.fine_structure, "1", _CODATA),
        Constant("m_e", _codata("electron mass energy equivalent in MeV"), "MeV", _CODATA),
        Constant("m_mu", _codata("muon mass energy equivalent in MeV"), "MeV", _CODATA),
        Constant("m_pi", 139.57039, "MeV", _PDG),
        Constant("u", _codata("atomic mass constant energy equivalent in MeV"), "MeV", _CODATA),
        Constant("hbar c", _codata("reduced Planck constant times c in MeV fm"), "MeV fm", _CODATA),
        Constant("hbar", _codata("reduced Planck constant in eV s") * 1e-6, "MeV s", _CODATA),
        Constant("N_A", codata.Avogadro, "1/mol", _CODATA),
        Constant("G_F", 1.1663787e-11, "MeV^-2", _PDG),
        Constant("sin2 theta_W", 0.2312, "1", "the paper, below its Eq. (12)"),
    )
}
"""Every constant that enters a number of this book."""

ALPHA = CONSTANTS["alpha"].value
G_F = CONSTANTS["G_F"].value
M_E = CONSTANTS["m_e"].value
M_MU = CONSTANTS["m_mu"].value
M_PI = CONSTANTS["m_pi"].value
N_A = CONSTANTS["N_A"].value
SIN2_THETA_W = CONSTANTS["sin2 theta_W"].value

DIPOLE = math.pi * (ALPHA / M_E) ** 2
"""``alpha mu_B^2`` in MeV^-2: with ``mu_B = e/(2 m_e) = sqrt(pi alpha)/m_e`` the prefactor of Eqs. (17)
and (19) for a moment of one Bohr magneton, 2.5e-25 cm^2 once multiplied by ``(hbar c)^2``."""

WEAK_MAGNETIC = ALPHA * G_F / (math.sqrt(2) * M_E)
"""``G_F e mu_B/(2 sqrt(2) pi)`` in MeV^-3: the prefactor of the interference, Eq. (20), for one Bohr magneton.  The
electron mass in it is that of the Bohr magneton, whatever the target."""

MeV = 1.0
GeV = 1e3
keV = 1e-3
eV = 1e-6
u = CONSTANTS["u"].value
fm = 1 / CONSTANTS["hbar c"].value
cm = 1e13 * fm
m = 1e15 * fm
barn = 100 * fm**2
second = 1 / CONSTANTS["hbar"].value
microsecond = 1e-6 * second
day = 86400 * second
year = 365.25 * day
curie = 3.7e10 / second
kg = 1e3 * N_A * u
"""A kilogram as a mass in MeV, so that ``kg / (A u)`` counts atoms."""
