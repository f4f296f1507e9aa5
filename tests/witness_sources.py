"""Second implementations of the reactor and of the chromium source: numbers typed anew, slow integrals.

Nothing here imports the package.  What it says about nuclei (mass, charge, radii) is handed in by the tests.
"""

from math import exp, log, pi

import numpy as np
import witness
from scipy.integrate import quad

SECOND_CM = 2.99792458e10  # a second is so many cm
FM_CM = 1e-13


def per_square_cm(value):
    """From cm^-2 to MeV^2."""
    return value * (witness.HBAR_C * FM_CM) ** 2


# ---------------------------------------------------------------------------------------------------------------------
# chromium

LINES = {0.427: 0.09, 0.432: 0.01, 0.747: 0.81, 0.752: 0.09}
HALF_LIFE_DAYS = 27.7025
CURIE = 3.7e10
RUNS = {"A": (5e6, 100), "B": (5e6, 50), "C": (10e6, 50)}
KILOGRAMS = {"Si": 4.66, "Ge": 10.6, "Al2O3": 7.96, "CaWO4": 12.12}


def decays(configuration):
    """Integral of the activity, by quadrature."""
    activity, days = RUNS[configuration]
    integral, _ = quad(lambda t: 2 ** (-t / HALF_LIFE_DAYS), 0, days, epsabs=0, epsrel=1e-12)
    return activity * CURIE * 86400 * integral


def inverse_square_on_axis(radius, height, distance):
    """Mean of 1/d^2 for a source on the axis, in closed form."""

    def primitive(h):
        return h * log(1 + (radius / h) ** 2) + 2 * radius * np.arctan(h / radius)

    return (primitive(distance + height) - primitive(distance)) / (radius**2 * height)


def inverse_square_by_chance(radius, height, off_axis, depth, number=1_000_000, seed=51):
    """The same from random points of the cylinder, with its standard error; any source outside."""
    random = np.random.default_rng(seed)
    r, angle, z = (
        radius * np.sqrt(random.random(number)),
        2 * pi * random.random(number),
        height * random.random(number),
    )
    values = 1 / ((r * np.cos(angle) - off_axis) ** 2 + (r * np.sin(angle)) ** 2 + (z + depth) ** 2)
    return values.mean(), values.std() / number**0.5


def integrate(function, low, high, cuts=()):
    """Adaptive integral from ``low`` to ``high``, cut where the integrand jumps."""
    if not high > low:
        return 0.0
    points = [low, *sorted(c for c in cuts if low < c < high), high]
    return sum(
        quad(function, a, b, epsabs=0, epsrel=1e-9, limit=200)[0] for a, b in zip(points, points[1:], strict=False)
    )


def nuclear_bin(low, high, process, nucleus, m=0.0):
    """Recoils per nucleus and unit of flux in one bin (MeV), all lines together."""
    Z, N, M, R_p, R_n = nucleus

    def section(T, E):
        Q = (2 * M * T + T**2) ** 0.5
        F_p, F_n = witness.helm(Q, R_p), witness.helm(Q, R_n)
        if process == "dipole":
            return witness.dipole(T, E, M, m, Z * F_p)
        return witness.cevns(T, E, M, (0.5 - 2 * witness.SIN2_THETA_W) * Z * F_p - N * F_n / 2)

    total = 0.0
    for E, strength in LINES.items():
        recoils = witness.recoil_range(E, M, m)
        if recoils:
            total += strength * integrate(lambda T: section(T, E), max(low, recoils[0]), min(high, recoils[1]))  # noqa: B023
    return total


def electronic_bin(low, high, process, shells, m=0.0):
    """Recoils per atom and unit of flux in one bin (MeV), electrons shell by shell: {(binding energy, number), ...}."""
    left, right = 0.5 + witness.SIN2_THETA_W, witness.SIN2_THETA_W
    total = 0.0
    for E, strength in LINES.items():
        recoils = witness.recoil_range(E, witness.M_E, m)
        if not recoils:
            continue
        for binding, number in shells:
            start = max(low, recoils[0], binding)
            section = (
                (lambda T: witness.dipole(T, E, witness.M_E, m))  # noqa: B023
                if process == "dipole"
                else (lambda T: witness.electron(T, E, left, right))  # noqa: B023
            )
            total += strength * number * integrate(section, start, min(high, recoils[1]))
    return total


# ---------------------------------------------------------------------------------------------------------------------
# reactor

SHARES = {"U235": 0.55, "U238": 0.07, "Pu239": 0.32, "Pu241": 0.06}
MUELLER = {
    "U235": (3.217, -3.111, 1.395, -0.3690, 0.04445, -0.002053),
    "U238": (0.4833, 0.1927, -0.1283, -0.006762, 0.002233, -0.0001536),
    "Pu239": (6.413, -7.432, 3.535, -0.8820, 0.1025, -0.004550),
    "Pu241": (3.251, -3.204, 1.428, -0.3675, 0.04254, -0.001896),
}
CSI = (132.90545 + 126.90447, 55 + 53)  # mass and electrons of a formula unit


def antineutrinos(E):
    """Per fission and MeV above 2 MeV."""
    return sum(share * exp(sum(a * E**k for k, a in enumerate(MUELLER[isotope]))) for isotope, share in SHARES.items())


def low_part(points):
    """Trapezium below 2 MeV of a table of (energy, spectrum)."""
    points = [(E, s) for E, s in points if E <= 2]
    return sum((b - a) * (s + t) / 2 for (a, s), (b, t) in zip(points, points[1:], strict=False))


def texono_bin(low, high, total_flux, per_fission, process, m=0.0, s_W2=witness.SIN2_THETA_W, end=10.0):
    """Mean rate (1/(kg d MeV)) of one bin."""

    def rate(T):
        lowest = max(witness.slowest_neutrino(T, witness.M_E, m), 2.0)
        if lowest >= end:
            return 0.0
        # antineutrinos: left and right exchanged
        section = (
            (lambda E: witness.dipole(T, E, witness.M_E, m))
            if process == "dipole"
            else (lambda E: witness.electron(T, E, s_W2, 0.5 + s_W2))
        )
        return quad(lambda E: antineutrinos(E) * section(E), lowest, end, epsabs=0, epsrel=1e-9)[0]

    mean = quad(rate, low, high, epsabs=0, epsrel=1e-7)[0] / (high - low)
    flux = per_square_cm(total_flux / per_fission) * 86400
    electrons = 1e3 * witness.AVOGADRO / CSI[0] * CSI[1]
    return flux * electrons * mean
