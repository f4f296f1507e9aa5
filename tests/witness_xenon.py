"""XENONnT, LZ and PandaX-4T once more and slowly: rates of ``witness_sun``, loops over bins, tables read anew.

Nothing here imports the package.
"""

from functools import cache
from itertools import pairwise
from math import sqrt

import numpy as np
import witness
import witness_sun
from scipy.optimize import minimize
from scipy.special import erf
from scipy.stats import poisson
from witness_sun import column, rows

NAMES = ("xenonnt", "lz-ws2022", "lz-ws2024", "pandax-4t")
EXPOSURE = {"xenonnt": 1.16, "lz-ws2022": 5.5 * 60 / 365.25, "lz-ws2024": 4.2 - 5.5 * 60 / 365.25, "pandax-4t": 0.91}
WIDTHS = {"xenonnt": (0.03, 1.3 / 15.8), "lz-ws2022": (0.03, 0.1), "lz-ws2024": (0.03, 0.1), "pandax-4t": (0.03, 0.1)}


@cache
def efficiency(name):
    """Energies (keV) and values; those of LZ and PandaX-4T stay at their largest value."""
    if name == "xenonnt":
        table = rows("xenon/xenonnt_efficiency")
        return column(table, "E"), column(table, "total")
    if name == "pandax-4t":
        table = rows("xenon/pandax4t_efficiency")
    else:
        table = [row for row in rows("xenon/lz_efficiency") if row["run"].lower() == name[3:]]
    E, value = column(table, "E"), column(table, "total")
    top = int(np.argmax(value))
    return E[: top + 1], [max(value[: k + 1]) for k in range(top + 1)]


@cache
def spectrum(name):
    """Edges (keV), counts and background per bin."""
    if name == "xenonnt":
        events, model = column(rows("xenon/xenonnt_events"), "E"), rows("xenon/xenonnt_background")
        centres, rate = column(model, "E"), column(model, "rate")
        counts = [int(np.sum((events >= low) & (events < low + 1))) for low in range(1, 30)]
        means = [rate[(centres > low) & (centres < low + 1)].mean() for low in range(1, 30)]
        return np.arange(1.0, 31), np.array(counts), 1.16 * np.array(means)
    if name == "pandax-4t":
        table = rows("xenon/pandax4t_spectrum")
    else:
        table = [row for row in rows("xenon/lz_spectrum") if row["run"].lower() == name[3:]]
    # the bin below 1 keV is left out
    return np.arange(1.0, len(table) + 1), column(table, "counts")[1:], column(table, "background")[1:]


def width(name, T):
    """Resolution (keV) at an energy (keV); that of PandaX-4T is a polynomial, and a straight line from 30 keV on."""
    if name == "pandax-4t":
        inside = min(T, 30.0)
        cubic = 0.073 + 0.173 * inside - 6.5e-3 * inside**2 + 1.1e-4 * inside**3
        return cubic + (T - inside) * (0.173 - 2 * 6.5e-3 * 30 + 3 * 1.1e-4 * 30**2)
    return 0.33 * sqrt(T) if name.startswith("lz") else 0.310 * sqrt(T) + 0.0037 * T


def response(name, T):
    """Probability of every bin for some recoils (keV), one row each."""
    edges = spectrum(name)[0]
    sigma = np.array([width(name, t) for t in T])[:, np.newaxis]
    points, values = efficiency(name)
    if name != "xenonnt":
        area = erf((edges - T[:, np.newaxis]) / (sqrt(2) * sigma)) / 2
        return np.diff(area) * np.interp(T, points, values, left=0)[:, np.newaxis]
    # the efficiency counts at the reconstructed energy: piece by piece between its points and the edges
    x, w = witness.gauss(6)
    found = np.zeros((len(T), len(edges) - 1))
    for k, (low, high) in enumerate(pairwise(edges)):
        cuts = np.unique([low, *points[(points > low) & (points < high)], high, *np.linspace(low, high, 9)])
        for a, b in pairwise(cuts):
            E = a + (b - a) * (x + 1) / 2
            density = np.exp(-(((E - T[:, np.newaxis]) / sigma) ** 2) / 2) / (sqrt(2 * np.pi) * sigma)
            found[:, k] += density @ (w * (b - a) / 2 * np.interp(E, points, values))
    return found


@cache
def nodes(m):
    """Recoils (keV) and their weights, pieces between everything that jumps or bends."""
    ends = [witness.recoil_range(E, witness.M_E, m) for _, E, _ in witness_sun.LINES]
    ends = [1e3 * end for pair in ends if pair for end in pair]
    shells = [B * 1e-3 for B, _ in witness_sun.XENON]
    panda = efficiency("pandax-4t")[0]
    cuts = [*np.arange(0.05, 0.5, 0.05), *np.arange(0.25, 5, 0.25), *np.arange(5, 48, 1.0), *panda[panda < 9]]
    cuts = np.unique([cut for cut in [*cuts, *ends, *shells] if 0.05 <= cut <= 48])
    x, w = witness.gauss(3)
    T = [a + (b - a) * (x + 1) / 2 for a, b in pairwise(cuts)]
    return np.concatenate(T), np.concatenate([(b - a) / 2 * w for a, b in pairwise(cuts)])


@cache
def recoils(state, m):
    """Events per tonne, year and keV at the nodes, for one Bohr magneton, all electrons that can be set free."""
    T = nodes(m)[0] * 1e-3
    free = sum(n * (B * 1e-6 <= T) for B, n in witness_sun.XENON)
    found = free * witness_sun.rate(state, T, lambda T, E: witness.dipole(T, E, witness.M_E, m), m) * 1e-3
    return found * witness_sun.ATOMS * witness_sun.YEAR


def counts(name, state, m):
    """Events per bin."""
    T, weights = nodes(m)
    return EXPOSURE[name] * (recoils(state, m) * weights) @ response(name, T)


def chi_square(name, signal):
    """Twice the logarithm of the likelihood ratio to the counts, minimised over both pulls by brute force."""
    _, observed, background = spectrum(name)
    return profiled(observed, background, signal, WIDTHS[name])


def profiled(observed, background, signal, sigmas):
    """The same for any data."""

    def value(a):
        expected = signal * (1 + a[0]) + background * (1 + a[1])
        # where nothing is expected and nothing seen, nothing is added
        some = (expected > 0) | (observed > 0)
        ratio = poisson.logpmf(observed[some], observed[some]) - poisson.logpmf(observed[some], expected[some])
        return 2 * np.sum(ratio) + np.sum((np.asarray(a) / sigmas) ** 2)

    start = minimize(value, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11})
    return start.fun
