"""The same rates as a physicist writes them down in an hour: nothing here imports the package.

Energies in MeV, cross-sections in MeV^-3, one neutrino per unit area.
"""

import csv
from bisect import bisect
from math import cos, exp, pi, sin, sqrt
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.special import gamma

ALPHA, M_E, G_F, SIN2 = 7.2973525643e-3, 0.51099895069, 1.1663787e-11, 0.2312
DIPOLE = pi * ALPHA**2 / M_E**2
FM = 1 / 197.3269804593
DATA = Path(__file__).resolve().parents[2] / "data"

# ---------------------------------------------------------------------------------------------------------------------
# spectra

PP_END = 0.42341


def pp_bare(E):
    """Allowed beta decay into deuterium and a positron, with its Fermi function; not normalised."""
    T = PP_END - E
    if E <= 0 or T <= 0:
        return 0.0
    W = T + M_E
    p = sqrt(T * (T + 2 * M_E))
    g = sqrt(1 - ALPHA**2)
    eta = ALPHA * W / p
    size = abs(gamma(complex(g, eta))) ** 2 / gamma(2 * g + 1) ** 2
    return E**2 * p * W * 2 * (1 + g) * (2 * p * 1.2 * 2 ** (1 / 3) * FM) ** (2 * g - 2) * exp(-pi * eta) * size


PP_AREA = quad(lambda s: 2 * s * pp_bare(PP_END - s * s), 0, sqrt(PP_END), epsabs=0, epsrel=1e-11, limit=200)[0]


def pp(E):
    """Normalised to one neutrino."""
    return pp_bare(E) / PP_AREA


def boron_table():
    """Points of the 8B spectrum, normalised; below the first it falls as a parabola."""
    with open(DATA / "solar" / "spectrum_b8.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    E = np.array([float(row["E_nu"]) for row in rows])
    values = np.array([float(row["spectrum"]) for row in rows])
    E, values = E[E > 0], values[E > 0]
    return E, values / (np.trapezoid(values, E) + values[0] * E[0] / 3)


BORON_E, BORON = boron_table()
_E, _V = BORON_E.tolist(), BORON.tolist()


def boron(E):
    """Linear between the points."""
    if E <= _E[0]:
        return _V[0] * (E / _E[0]) ** 2
    if E >= _E[-1]:
        return 0.0
    k = bisect(_E, E)
    return _V[k - 1] + (_V[k] - _V[k - 1]) * (E - _E[k - 1]) / (_E[k] - _E[k - 1])


# ---------------------------------------------------------------------------------------------------------------------
# cross-sections, for numbers and for arrays


def slowest(T, M, m):
    """Smallest neutrino energy."""
    return (T + (T * (T + 2 * M)) ** 0.5) / 2 * (1 + m * m / (2 * M * T))


def dipole(T, E, M, m, charge2):
    """Eqs. (17) and (19)."""
    bracket = 1 / T - 1 / E - m**2 / (2 * E * T * M) * (1 - T / (2 * E) + M / (2 * E))
    return DIPOLE * charge2 * (bracket + m**4 * (T - M) / (8 * E**2 * T**2 * M**2))


def cevns(T, E, M, Q_V):
    """Eq. (11)."""
    return G_F**2 * M / pi * Q_V**2 * (1 - T / E - M * T / (2 * E**2))


def helm(Q, R, s=0.9 * FM):
    """Eq. (13) at one momentum transfer."""
    x = Q * sqrt(5 / 3 * (R**2 - 3 * s**2))
    return 3 * (sin(x) - x * cos(x)) / x**3 * exp(-((Q * s) ** 2) / 2)


def weak_charge(T, nucleus):
    """Eq. (12)."""
    Q = sqrt(2 * nucleus["M"] * T)
    proton, neutron = helm(Q, nucleus["R_p"]), helm(Q, nucleus["R_n"])
    return (1 - 4 * SIN2) * nucleus["Z"] * proton / 2 - nucleus["N"] * neutron / 2


def electrons(T, shells):
    """Eq. (16): electrons bound by less than a recoil."""
    return sum(n for energy, n in shells if energy <= T)


# ---------------------------------------------------------------------------------------------------------------------
# rates: one converged integral per recoil, or one grid for all of them


def by_quadrature(spectrum, end, section, start, kinks=()):
    """Adaptive integral with a relative tolerance of 1e-7."""
    if start >= end:
        return 0.0
    cuts = [start, *(kink for kink in kinks if start < kink < end), end]
    total = 0.0
    for low, high in zip(cuts, cuts[1:], strict=False):
        total += quad(lambda E: spectrum(E) * section(E), low, high, epsabs=0, epsrel=1e-7, limit=500)[0]
    return total


def on_a_grid(table_E, table_values, section, start, end, number=500):
    """Trapezium rule on equidistant energies from the slowest neutrino of each recoil to the end."""
    E = np.linspace(np.minimum(start, end), end, number, axis=1)
    return np.trapezoid(np.interp(E, table_E, table_values) * section(E), E, axis=1)
