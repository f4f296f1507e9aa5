"""Solar neutrinos and XENON1T once more and slowly: loops, integrals over the neutrino energy, tables read anew.

Cross-sections and kinematics come from ``witness``; nothing here imports the package.
"""

import csv
from functools import cache
from itertools import pairwise
from math import cos, pi, sin, sqrt
from pathlib import Path

import numpy as np
import witness
from scipy.integrate import quad
from scipy.special import erf, gamma

DATA = Path(__file__).resolve().parents[1] / "data"
# end point, charge and mass number of the daughter, flux of GS98
BETA = {
    "pp": (0.42341, 1, 2, 5.98e10),
    "hep": (18.784, 2, 4, 7.98e3),
    "13N": (1.199, 6, 13, 2.78e8),
    "15O": (1.732, 7, 15, 2.05e8),
    "17F": (1.740, 8, 17, 5.28e6),
}
BORON = 5.46e6
LINES = [("7Be", 0.8618, 4.93e9 * 0.8956), ("7Be", 0.3843, 4.93e9 * 0.1044), ("pep", 1.442, 1.44e8)]
PER_CM2_S = (witness.HBAR_C * 1e-13) ** 2 * 6.582119569509067e-22
XENON = [(34561, 2), (5453, 2), (5107, 2), (4786, 4), (1148.7, 2), (1002.1, 2), (940.6, 4), (689, 4), (676.4, 6)]
XENON += [(213.2, 2), (146.7, 2), (145.5, 4), (69.5, 4), (67.5, 6), (23.3, 2), (13.4, 2), (12.1, 4)]
ATOMS = 1e6 / 131.2927 * witness.AVOGADRO  # per tonne
YEAR = 365.25 * 86400.0
EXPOSURE = 0.647309514


def rows(name):
    with open(DATA / f"{name}.csv", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def column(table, name):
    return np.array([float(row[name]) for row in table])


def fermi(T, Z, A):
    """Positron of kinetic energy T."""
    W = (T + witness.M_E) / witness.M_E
    p = np.sqrt(W * W - 1)
    g = sqrt(1 - (witness.ALPHA * Z) ** 2)
    y = witness.ALPHA * Z * W / p
    R = 1.2 * A ** (1 / 3) / witness.HBAR_C * witness.M_E
    return 2 * (1 + g) * (2 * p * R) ** (2 * g - 2) * np.exp(-pi * y) * abs(gamma(g + 1j * y) / gamma(2 * g + 1)) ** 2


def bare(source, E):
    end, Z, A, _ = BETA[source]
    T = end - E
    return E * E * np.sqrt(T * (T + 2 * witness.M_E)) * (T + witness.M_E) * fermi(T, Z, A)


@cache
def area(source):
    end = BETA[source][0]
    # in the square root of the distance to the end
    return quad(lambda s: 2 * s * bare(source, end - s * s), 0, sqrt(end), epsabs=0, epsrel=1e-11, limit=200)[0]


@cache
def boron():
    table = rows("solar/spectrum_b8")
    E, shape = column(table, "E_nu"), column(table, "spectrum")
    # the first cell holds a parabola, a third of its last value times its width
    return E, shape / (np.trapezoid(shape[1:], E[1:]) + shape[1] * E[1] / 3)


def shape(source, E):
    """Normalised spectrum."""
    if source == "8B":
        energies, values = boron()
        return np.where(E < energies[1], values[1] * (E / energies[1]) ** 2, np.interp(E, energies, values))
    return bare(source, E) / area(source)


@cache
def mixing():
    """|U_alpha i|^2 at the best fit."""
    s12, s13, s23 = 0.318**0.5, 0.022**0.5, 0.574**0.5
    c12, c13, c23 = 0.682**0.5, 0.978**0.5, 0.426**0.5
    twist = 2 * s12 * c12 * s23 * c23 * s13 * cos(1.08 * pi)
    e = np.array([(c12 * c13) ** 2, (s12 * c13) ** 2, s13**2])
    mu = [(s12 * c23) ** 2 + (c12 * s23 * s13) ** 2 + twist, (c12 * c23) ** 2 + (s12 * s23 * s13) ** 2 - twist]
    mu = np.array([*mu, (s23 * c13) ** 2])
    return {"e": e, "mu": mu, "tau": 1 - e - mu, "1": np.eye(3)[0], "2": np.eye(3)[1], "3": np.eye(3)[2]}


@cache
def points(source):
    table = [row for row in rows("solar/mass_eigenstate_probabilities") if row["source"] in ("vacuum", source)]
    table.sort(key=lambda row: float(row["E_nu"]))
    return [column(table, name) for name in ("E_nu", "P_e1", "P_e2", "P_e3")]


def arrives(state, source, E):
    energies, *values = points(source)
    return sum(w * np.interp(E, energies, value) for w, value in zip(mixing()[state], values, strict=True))


def adiabatic(source, E, splitting=7.5e-5):
    """P_e1 by a loop over shells: the angle in matter from the two-by-two Hamiltonian."""
    table = rows("solar/production_profile")
    theta = 0.5 * np.arccos(1 - 2 * 0.318)
    total = 0.0
    for row in table:
        number = float(row["n_e"]) * witness.AVOGADRO * (witness.HBAR_C * 1e-13) ** 3
        potential = sqrt(2) * witness.G_F * number * 0.978
        delta = splitting * 1e-12 / (2 * E)
        _, vectors = np.linalg.eigh(
            [
                [potential - delta / 2 * cos(2 * theta), delta / 2 * sin(2 * theta)],
                [delta / 2 * sin(2 * theta), delta / 2 * cos(2 * theta)],
            ]
        )
        total += float(row[source]) * vectors[0, 0] ** 2
    return 0.978 * total / sum(float(row[source]) for row in table)


def arriving(state, source, cuts, nodes):
    """Energies between some cuts and the arriving spectrum there, times the weights of Gauss's rule."""
    x, w = witness.gauss(nodes)
    width = np.diff(cuts)[..., np.newaxis]
    E = cuts[..., :-1, np.newaxis] + width * (x + 1) / 2
    flat = (*cuts.shape[:-1], -1)
    E, weights = E.reshape(flat), (width * w / 2).reshape(flat)
    return E, weights * shape(source, E) * arrives(state, source, E)


@cache
def whole(state, source, nodes):
    """The cuts of a source, where its spectrum bends, and :func:`arriving` between them."""
    end = boron()[0][-1] if source == "8B" else BETA[source][0]
    inner = np.concatenate(
        [points(source)[0], boron()[0] if source == "8B" else end - end * np.geomspace(1e-6, 0.5, 14)]
    )
    cuts = np.unique([*inner[(inner > 0) & (inner < end)], end])
    return cuts, *arriving(state, source, cuts, nodes)


def above(state, source, start, weight, nodes=12):
    """Integrals of the arriving spectrum of a source times a weight above some energies, each a row of the weight."""
    cuts, E, spectrum = whole(state, source, nodes)
    start = np.asarray(start)
    seen = start < cuts[-1]
    low = np.where(seen, start, cuts[-2])
    # the piece in which each starts, and all the others
    k = np.searchsorted(cuts, low, side="right")
    first, part = arriving(state, source, np.stack([low, cuts[k]], axis=-1), nodes)
    rest = np.arange(len(E)) >= nodes * k[..., np.newaxis]
    norm = BORON if source == "8B" else BETA[source][3]
    total = np.sum(part * weight(first), axis=-1) + np.sum(np.where(rest, spectrum * weight(E), 0.0), axis=-1)
    return norm * np.where(seen, total, 0.0)


def rate(state, T, section, m=0.0):
    """Per electron and second, MeV, at some recoil energies; ``section(T, E)`` is the cross-section."""
    lowest = np.array([witness.slowest_neutrino(t, witness.M_E, m) for t in T])
    total = sum(above(state, source, lowest, lambda E: section(T[:, np.newaxis], E)) for source in (*BETA, "8B"))
    for source, E, intensity in LINES:
        total += np.where(lowest <= E, intensity * float(arrives(state, source, E)) * section(T, E), 0.0)
    return total * PER_CM2_S / (6.582119569509067e-22)


@cache
def efficiency():
    table = rows("xenon/xenon1t_efficiency")
    return column(table, "E") * 1e-3, column(table, "total")


def counts(state, m=0.0, process="dipole", couplings=None):
    """Events in 29 bins for one Bohr magneton, or of the Standard Model."""
    ends = [witness.recoil_range(E, witness.M_E, m) for _, E, _ in LINES]
    ends = [end for pair in ends if pair for end in pair]
    cuts = [*efficiency()[0], *(B * 1e-6 for B, _ in XENON), *ends, 0.05]
    cuts = np.unique([cut for cut in cuts if 1e-5 <= cut <= 0.05])
    x, w = witness.gauss(3)
    T = np.concatenate([low + (high - low) * (x + 1) / 2 for low, high in pairwise(cuts)])
    weights = np.concatenate([w * (high - low) / 2 for low, high in pairwise(cuts)])
    accepted = np.interp(T, *efficiency()) * sum(n * (B * 1e-6 <= T) for B, n in XENON)
    if process == "dipole":
        found = rate(state, T, lambda T, E: witness.dipole(T, E, witness.M_E, m), m)
    else:
        found = rate(state, T, lambda T, E: witness.electron(T, E, *couplings), m)
    sigma = 0.310 * np.sqrt(T * 1e3) * 1e-3 + 0.0037 * T
    edges = erf((np.arange(1, 31) * 1e-3 - T[:, np.newaxis]) / (sqrt(2) * sigma[:, np.newaxis])) / 2
    return (weights * accepted * found) @ np.diff(edges) * ATOMS * YEAR * EXPOSURE


def chi_square(signal, a_1_scales_background=False, background="B0"):
    """Eq. (23) with both factors profiled, as the generalised chi-square with their covariance."""
    table = rows("xenon/xenon1t_spectrum")
    observed, spread, B = (column(table, name) * EXPOSURE for name in ("rate", "rate_err", background))
    first = signal + B if a_1_scales_background else signal
    covariance = np.diag(spread**2) + 0.03**2 * np.outer(first, first) + 0.026**2 * np.outer(B, B)
    residual = observed - signal - B
    return residual @ np.linalg.solve(covariance, residual)
