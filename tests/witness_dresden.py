"""A second implementation of Dresden-II: numbers typed anew, dense grids, and the background as it stands, unexpanded.

Nothing here imports the package.  What it says about nuclei and shells, and tables, are handed in by the tests.
"""

from math import erf, sqrt

import numpy as np
import witness
from scipy.optimize import brentq, least_squares
from witness_sources import MUELLER, per_square_cm

SHARES = {"U235": 0.58, "U238": 0.08, "Pu239": 0.29, "Pu241": 0.05}
TOTAL = 4.8e13
KILOGRAMS, MOLAR_MASS = 2.924, 72.630
NOISE, FANO, PAIR = 68.5e-6, 0.11, 2.96e-6  # MeV
EDGES = 1e-3 * (0.2 + 0.01 * np.arange(131))


def spectrum(E, low):
    """Antineutrinos per fission and MeV; ``low`` is a table of (energy, spectrum) below 2 MeV."""
    polynomials = sum(
        share * np.exp(sum(a * E**k for k, a in enumerate(MUELLER[isotope]))) for isotope, share in SHARES.items()
    )
    return np.where(E < 2, np.interp(E, *np.transpose(low)), polynomials)


def grid(low, high, number):
    """Points and weights of Simpson's rule."""
    x = np.linspace(low, high, 2 * number + 1)
    w = np.ones(len(x))
    w[1:-1:2], w[2:-1:2] = 4, 2
    return x, w * (x[1] - x[0]) / 6 * 2


def total(low, end):
    """Antineutrinos per fission."""
    E, w = grid(2, end, 4000)
    knots = np.array([e for e, _ in low if e < 2] + [2.0])
    values = np.interp(knots, *np.transpose(low))
    return np.sum(np.diff(knots) * (values[1:] + values[:-1]) / 2) + np.sum(w * spectrum(np.maximum(E, 2.0), low))


def rate(T, section, lowest, low, end):
    """Integral of a cross-section over the antineutrinos of a fission above ``lowest`` (MeV)."""
    pieces = [(max(lowest, 0.0), 2.0), (max(lowest, 2.0), end)]
    value = 0.0
    for start, stop in pieces:
        if start < stop:
            E, w = grid(start, stop, 500)
            inside = E if start >= 2 else np.minimum(E, 2 - 1e-12)
            value += np.sum(w * spectrum(inside, low) * section(E))
    return value


def seen(visible, renormalised):
    """Probability of every bin, shape (130,)."""
    sigma = sqrt(NOISE**2 + FANO * PAIR * visible)
    z = (EDGES - visible) / (sigma * sqrt(2))
    p = np.diff([erf(x) for x in z]) / 2
    return 2 * p / (1 + erf(visible / (sigma * sqrt(2)))) if renormalised else p


def counts(
    process, target, low, *, m=0.0, end=10.0, s_W2=witness.SIN2_THETA_W, least=3e-6, factor=None, renormalised=False
):
    """Events per bin and day.

    ``target`` is (Z, N, mass, R_p, R_n) of a nucleus with a quenching ``factor`` (function of MeV), or a list of
    (binding energy, number) of shells.
    """
    nucleus = isinstance(target, tuple)
    M = target[2] if nucleus else witness.M_E
    top = witness.recoil_range(end, M, m)[1]
    bottom = max(
        brentq(lambda T: factor(T) * T - least, 1e-9, 1e-3) if nucleus else least, witness.recoil_range(end, M, m)[0]
    )
    highest = min(top, 0.012 if nucleus else 0.0022)
    jumps = [] if nucleus else sorted({B for B, _ in target if bottom < B < highest})
    result = np.zeros(130)
    for start, stop in zip([bottom, *jumps], [*jumps, highest], strict=True):
        x, w = grid(np.log(start), np.log(stop), 250 if nucleus else 40)
        for log_T, weight in zip(x, w, strict=True):
            T = min(max(np.exp(log_T), start), stop * (1 - 1e-12))
            if nucleus:
                Z, N, M, R_p, R_n = target
                Q = sqrt(2 * M * T + T**2)
                F_p, F_n = witness.helm(Q, R_p), witness.helm(Q, R_n)
                charge, weak = Z * F_p, (0.5 - 2 * s_W2) * Z * F_p - N * F_n / 2
                number, visible = 1.0, factor(T) * T
            else:
                charge, number, visible = 1.0, sum(n for B, n in target if B <= T), T
            if process == "dipole":
                section = lambda E: witness.dipole(T, E, M, m, charge)  # noqa: B023, E731
            elif nucleus:
                section = lambda E: witness.cevns(T, E, M, weak)  # noqa: B023, E731
            else:
                # antineutrinos: left and right exchanged
                section = lambda E: witness.electron(T, E, s_W2, 0.5 + s_W2)  # noqa: B023, E731
            size = number * rate(T, section, witness.slowest_neutrino(T, M, m), low, end)
            result += weight * T * size * seen(visible, renormalised)
    atoms = 1e3 * KILOGRAMS * witness.AVOGADRO / MOLAR_MASS
    return atoms * 86400 * per_square_cm(TOTAL / total(low, end)) * result


def background(E, values):
    """The model of the background (1/d per bin) at energies (keV)."""
    constant, exponential, slope, height, energy, width, ratio = values

    def line(m, s):
        return np.exp(-(((E - m) / s) ** 2) / 2)

    peaks = line(energy, width) + 0.008 * line(1.142, width) + 0.16 * ratio * width / 0.0685 * line(0.158, 0.0685)
    return constant + exponential * np.exp(-slope * (E - 0.2)) + height * peaks


def fit(E, observed, error, signal, *, factor=None, sigma=0.05):
    """Exact minimum of the chi-square over the background and the size of the signal, and the values there.

    With ``factor`` the size of the signal stays there.
    """

    def residuals(x):
        size = x[7] if factor is None else factor
        model = background(E, x[:7]) + size * signal
        return [*((observed - model) / error), (x[6] - 1) / 0.03, (size - 1) / sigma]

    start = [14.0, 65.0, 4.0, 90.0, 1.3, 0.07, 1.0] + ([1.0] if factor is None else [])
    scale = [1.0, 5.0, 0.5, 5.0, 0.01, 0.005, 0.03] + ([0.05] if factor is None else [])
    best = least_squares(residuals, start, x_scale=scale, xtol=1e-13, ftol=1e-13, gtol=1e-13, max_nfev=2000)
    return 2 * best.cost, best.x
