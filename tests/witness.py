"""What the tests compare with: constants typed anew and slow, independent formulas.

Nothing here imports the package, and no formula is arranged as it is there: cross-sections are written in
Mandelstam invariants, kinematics as the angle of the recoil, form factors without spherical Bessel functions.
"""

from functools import cache
from math import cos, exp, hypot, inf, pi, sin, sqrt

from numpy.polynomial.legendre import leggauss
from scipy.integrate import quad

# CODATA 2022 and the PDG, in MeV and fm
ALPHA = 7.2973525643e-3
M_E = 0.51099895069
M_MU = 105.6583755
M_PI = 139.57039
U = 931.49410372
HBAR_C = 197.3269804593
AVOGADRO = 6.02214076e23
G_F = 1.1663787e-11
SIN2_THETA_W = 0.2312
CLASSICAL_ELECTRON_RADIUS = 2.8179403205e-13 / (HBAR_C * 1e-13)

gauss = cache(leggauss)
"""Points and weights of Gauss's rule on (-1, 1) by their number; numpy searches them anew each time."""

PROMPT = (M_PI**2 - M_MU**2) / (2 * M_PI)
END = M_MU / 2


def slowest_neutrino(T, M, m):
    """Energy of the neutrino that makes the target recoil with ``T`` straight ahead: (k - q)^2 = m^2 at cos = 1."""
    if T <= 0:
        return inf
    q = sqrt(T * (T + 2 * M))
    return (m**2 + 2 * M * T) / (2 * (q - T))


def cevns(T, E, M, Q_V):
    """Scalar nucleus, weak vector current; s, t, u."""
    a, t = 2 * M * E, -2 * M * T  # s - M^2 and t
    b = a + t  # M^2 - u for massless neutrinos
    return G_F**2 * M / pi * Q_V**2 * (a * b + M**2 * t) / a**2


def electron(T, E, left, right):
    """Weak scattering on a free electron; s, t, u."""
    a, t = 2 * M_E * E, -2 * M_E * T
    b = a + t
    return 2 * G_F**2 * M_E / pi * ((left * a) ** 2 + (right * b) ** 2 + 2 * left * right * M_E**2 * t) / a**2


def dipole(T, E, M, m, charge=1.0):
    """Dirac target, transition magnetic moment of one Bohr magneton; ``a`` is s - M^2, ``v`` is -t."""
    a, v = 2 * M * E, 2 * M * T
    bracket = v * (a * (a - v - m**2) + m**2 * (v + m**2) / 2) - M**2 * m**2 * (v + m**2)
    return pi * CLASSICAL_ELECTRON_RADIUS**2 * charge**2 * 2 * M * bracket / (a * v) ** 2


def interference(T, E, M, m, g_V, g_A, charge=-1.0):
    """Weak times magnetic amplitude on a Dirac target, for one Bohr magneton; ``a`` is s - M^2, ``v`` is -t."""
    a, v = 2 * M * E, 2 * M * T
    bracket = g_V * (2 * M**2 - v) * (v + m**2) / v - g_A * (2 * a - v - m**2)
    return -charge * G_F * CLASSICAL_ELECTRON_RADIUS * 2 * M * m * bracket / (sqrt(2) * a**2)


def ball(x):
    """Fourier transform of a homogeneous ball."""
    return 1 - x**2 / 10 if abs(x) < 1e-3 else 3 * (sin(x) - x * cos(x)) / x**3


def klein_nystrand(Q, A, radius=1.23):
    """``Q`` in MeV, radius over the cube root of ``A`` in fm."""
    x = Q * radius * A ** (1 / 3) / HBAR_C
    return ball(x) / (1 + (Q * 0.7 / HBAR_C) ** 2)


def helm(Q, radius):
    """``Q`` in MeV, rms radius in fm."""
    ball_radius = sqrt(5 / 3) * sqrt(radius**2 - 3 * 0.9**2)
    return ball(Q * ball_radius / HBAR_C) * exp(-((Q * 0.9 / HBAR_C) ** 2) / 2)


def michel(species, E):
    """Spectrum per decay in MeV^-1, from the usual polynomials in x = 2 E/m_mu."""
    x = E / END
    if not 0 <= x <= 1:
        return 0.0
    return {"nu_e": 12 * x**2 * (1 - x), "antinu_mu": 2 * x**2 * (3 - 2 * x)}[species] / END


def rate(cross_section, species, T, M, m=0.0, precision=1e-9):
    """Adaptive integral of ``cross_section(E)`` over one neutrino of ``species`` at recoil energy ``T``."""
    lowest = slowest_neutrino(T, M, m)
    if species == "nu_mu":
        return cross_section(PROMPT) if PROMPT >= lowest else 0.0
    if END <= lowest:
        return 0.0
    return quad(lambda E: michel(species, E) * cross_section(E), lowest, END, epsabs=0, epsrel=precision)[0]


def recoil_range(E, M, m):
    """Recoil energies from the boost out of the centre of mass, or None below the threshold."""
    root_s = sqrt(M**2 + 2 * M * E)
    edge = 2 * M * E / (root_s + M)  # root_s - M
    if edge < m:
        return None
    momentum = sqrt((edge - m) * (root_s + M + m) * (edge + m) * (root_s + M - m)) / (2 * root_s)
    gamma, boost = (E + M) / root_s, E / root_s
    # gamma E* - M without the difference: (gamma - 1) M + gamma (E* - M)
    kinetic = E**2 * M / (root_s * (E + M + root_s)) + gamma * momentum**2 / (hypot(momentum, M) + M)
    high = kinetic + boost * momentum
    # kinetic - boost * momentum in closed form
    return m**4 / (4 * M * (M + 2 * E)) / high, high
