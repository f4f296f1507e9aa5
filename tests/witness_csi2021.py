"""COHERENT-CsI, all data, once more and slowly: plain sums, closed integrals over the arrival time, a minimiser.

Rates come from ``witness_csi``, numbers of the release are typed anew; the long tables
are read as plain text.  Nothing here imports the package.
"""

from bisect import bisect_right
from functools import cache
from math import pi
from pathlib import Path

import numpy as np
import witness
import witness_csi
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.optimize import minimize
from scipy.stats import gamma, poisson

DATA = Path(__file__).parents[1] / "data" / "coherent"
PE = np.array([0, 8, 12, 16, 20, 24, 32, 40, 50, 60])
TIME = np.array([0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 2, 4, 6])
EFFICIENCY = {
    "nominal": (1.32045, 0.285979, 10.8646, -0.333322),
    "up": (1.3439, 0.285366, 9.84596, -0.356364),
    "down": (1.297, 0.286592, 11.8832, -0.31028),
}
MASS_RATIO = 14.6 / 14.57
NEUTRINOS = 0.0848 * 3.198e23 / (0.08 * 1.76e23)
LIFETIME = 2.1969811


def read(name):
    lines = [line for line in (DATA / f"{name}.csv").read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])


def accepted(x, model):
    a, b, c, d = EFFICIENCY[model]
    return np.maximum(a / (1 + np.exp(-b * (x - c))) + d, 0)


def response(T, quenching, efficiency):
    """Probability of each of the 9 bins of energy for recoils T (MeV), by Simpson's rule in the photoelectrons.

    Without quenching for electrons.
    """
    a, b, c, d = (1, 0, 0, 0) if quenching is None else witness_csi.QUENCHING[quenching]
    E = (1e3 * (a * T + b * T**2 + c * T**3 + d * T**4))[:, np.newaxis]
    shape, rate = 1 + 9.56 * E, 0.0749 / E * (1 + 9.56 * E)
    height, slope, middle, depth = EFFICIENCY[efficiency]
    start = middle - np.log(-height / depth - 1) / slope
    found = []
    for low, high in zip(PE, PE[1:], strict=False):
        x = np.linspace(max(low, start), high, 41)
        y = accepted(x, efficiency) * gamma.pdf(x, shape, scale=1 / rate)
        found.append(y @ np.array([1, *[4, 2] * 19, 4, 1]) * (x[1] - x[0]) / 3)
    return np.array(found)


@cache
def energies(
    process, species, m=0.0, model="helm, charge radius", quenching="nominal", efficiency="nominal",
    couplings="low-energy", electrons=True, points=160,
):  # fmt: skip
    """Events of one species in the 9 bins of energy, at all times, for a moment of one Bohr magneton; of the dipole
    scattering, those on electrons as well."""
    bins = np.zeros(9)
    for nucleus, (_, _, M, *_) in witness_csi.NUCLEI.items():
        limits = witness_csi.recoil_range(species, M, m)
        if limits is None:
            continue
        low, high = max(limits[0], 2e-4), limits[1]  # 0.2 keV: next to no light
        # an angle, which crowds the points at both ends
        angle = np.linspace(0, pi, points + 1)
        T = low + (high - low) * np.sin(angle / 2) ** 2
        weights = np.array([1, *[4, 2] * (points // 2 - 1), 4, 1]) * pi / points / 3 * (high - low) * np.sin(angle) / 2
        rates = np.array([witness_csi.rate(process, nucleus, species, float(t), m, model, couplings) for t in T[1:-1]])
        bins += response(T[1:-1], quenching, efficiency) @ (weights[1:-1] * rates)
    if process == "dipole" and electrons:
        bins += on_electrons(species, m, efficiency)
    return bins * witness_csi.FORMULA_UNITS * MASS_RATIO * witness_csi.NEUTRINOS * NEUTRINOS


@cache
def from_flight(kinetic, model="helm, charge radius", points=400):
    """Coherent events in the 9 bins of energy if all prompt neutrinos came from pions of one kinetic energy (MeV): the
    mean over the angle between pion and detector, each angle with its Doppler shift and its share of the neutrinos."""
    gamma = 1 + kinetic / witness.M_PI
    beta = np.sqrt(1 - gamma**-2)
    nodes, weights = witness.gauss(64)
    bins = np.zeros(9)
    for node, weight in zip(nodes, weights, strict=True):
        doppler = 1 / (gamma * (1 - beta * node))
        E = witness.PROMPT * doppler
        for nucleus, (Z, A, M, *_) in witness_csi.NUCLEI.items():
            g_p, g_n = witness_csi.LOW_ENERGY["nu_mu"]
            T = np.linspace(2e-4, 2 * E**2 / (M + 2 * E), points + 1)
            rates = []
            for t in T.tolist():
                protons, neutrons = witness_csi.form_factors(nucleus, t, model)
                rates.append(max(witness.cevns(t, E, M, g_p * Z * protons + g_n * (A - Z) * neutrons), 0.0))
            simpson = np.array([1, *[4, 2] * (points // 2 - 1), 4, 1]) * (T[1] - T[0]) / 3
            bins += weight / 2 * doppler**2 * (response(T, "nominal", "nominal") @ (simpson * rates))
    return bins * witness_csi.FORMULA_UNITS * MASS_RATIO * witness_csi.NEUTRINOS * NEUTRINOS


@cache
def on_electrons(species, m, efficiency="nominal"):
    """Dipole scattering on the electrons of one formula unit, by Gauss quadrature from shell to shell."""
    limits = witness_csi.recoil_range(species, witness.M_E, m)
    if limits is None:
        return np.zeros(9)
    bound = [B for B, _ in witness_csi.SHELLS]
    totals = np.cumsum([n for _, n in witness_csi.SHELLS])
    low, high = max(limits[0], 2e-5), min(limits[1], 2e-2)
    cuts = sorted({low, high, *(c for c in [*bound, *np.geomspace(2e-5, 2e-2, 40)] if low < c < high)})
    x, w = witness.gauss(8)
    bins = np.zeros(9)
    for a, b in zip(cuts, cuts[1:], strict=False):
        T = a + (b - a) * (x + 1) / 2
        rates = np.array([
            totals[bisect_right(bound, t) - 1] * witness.rate(
                lambda E: witness.dipole(t, E, witness.M_E, m), species, t, witness.M_E, m  # noqa: B023
            )
            for t in T.tolist()
        ])  # fmt: skip
        bins += response(T, None, efficiency) @ (w * (b - a) / 2 * rates)
    return bins


@cache
def pulse():
    """The pulse as a curve, and its points and weights."""
    table = read("csi2021_timing")
    curve = PchipInterpolator(table[:, 0], table[:, 1] / time_efficiency(table[:, 0]))
    t = np.linspace(table[0, 0], table[-1, 0], 8001)
    return curve, t, curve(t) / curve(t).sum()


def time_efficiency(t):
    return np.where(t < 0.52, 1, np.exp(-0.0494 * (t - 0.52)))


def shares(kind, shift=0.0):
    """Accepted share of the neutrinos in the 11 bins of time, all of them late by ``shift`` (us)."""
    curve, u, weight = pulse()
    if kind == "prompt":
        start, stop, norm = u[0], u[-1], curve.integrate(u[0], u[-1])
        found = np.zeros(11)
        for k, (low, high) in enumerate(zip(TIME, TIME[1:], strict=False)):
            cuts = np.unique(np.clip([low, 0.52, high], low, high) - shift)
            for one, two in zip(cuts, cuts[1:], strict=False):
                t = np.linspace(np.clip(one, start, stop), np.clip(two, start, stop), 2001)
                y = curve(t) * time_efficiency(t + shift)
                found[k] += np.sum((y[1:] + y[:-1]) / 2 * np.diff(t)) / norm
        return found
    u = u + shift

    def decayed(low, high):
        """Closed: muons born at u that decay between low and high, with the efficiency."""
        total = 0
        for a, b, k in ((-np.inf, 0.52, 0.0), (0.52, np.inf, 0.0494)):
            start, stop = np.maximum(np.maximum(low, a), u), np.minimum(high, b)
            rate = k + 1 / LIFETIME
            piece = (np.exp(-rate * (start - u)) - np.exp(-rate * (stop - u))) / rate / LIFETIME
            total = total + np.where(stop > start, np.exp(-k * (u - 0.52)) * piece, 0)
        return total @ weight

    return np.array([decayed(low, high) for low, high in zip(TIME, TIME[1:], strict=False)])


KIND = {"nu_mu": "prompt", "nu_e": "delayed", "antinu_mu": "delayed"}


def counts(process, species, m=0.0, shift=0.0, **options):
    return np.outer(energies(process, species, m, **options), shares(KIND[species], shift)).ravel()


# ---------------------------------------------------------------------------------------------------------------------
# the chi-square


@cache
def data():
    table = read("csi2021_bins")
    return table[:, 4], table[:, 5]


@cache
def backgrounds():
    """Steady state in each bin of energy, (9, 99), beam neutrons and induced neutrons."""
    falling = np.exp(-0.0494 * TIME[:-1]) - np.exp(-0.0494 * TIME[1:])
    steady = np.zeros((9, 9, 11))
    for k, number in enumerate(data()[1].reshape(9, 11).sum(1)):
        steady[k, k] = number * falling / falling.sum()
    E, t = read("csi2021_neutrons_PE"), read("csi2021_neutrons_time")
    neutrons = []
    for column, number in ((1, 18.4), (2, 5.6)):
        of_E = [E[(E[:, 0] > a) & (E[:, 0] < b), column].sum() for a, b in zip(PE, PE[1:], strict=False)]
        late = t[:, column] * time_efficiency(t[:, 0])
        # what part of each bin of 10 ns lies between two edges
        of_t = [
            late @ (np.clip(t[:, 0] + 0.005, a, b) - np.clip(t[:, 0] - 0.005, a, b)) / 0.01
            for a, b in zip(TIME, TIME[1:], strict=False)
        ]
        product = np.outer(of_E, of_t)
        neutrons.append(number * (product / product.sum()).ravel())
    return steady.reshape(9, 99), *neutrons


@cache
def shapes():
    """Relative changes of the Standard Model per bin of energy: quenching (two), form factor, efficiency."""

    def total(**options):
        return sum(energies("cevns", species, **options) * shares(kind).sum() for species, kind in KIND.items())

    nominal = total()
    return (
        (total(quenching="shift_1_up") - total(quenching="shift_1_down")) / 2 / nominal,
        (total(quenching="shift_2_up") - total(quenching="shift_2_down")) / 2 / nominal,
        total(model="klein-nystrand") / nominal - 1,
        1 - total(efficiency="down") / nominal,
    )


def chi_square(signal):
    """Minimum over all 17 pulls; ``signal(shift)`` gives the 9 x 11 events for a shift in us.  And the pulls there."""
    observed, counted = data()
    steady, beam, induced = backgrounds()
    number = counted.reshape(9, 11).sum(1)

    def objective(p):
        flux, form, size, shift = p[0], p[1:5], p[7:16], p[16]
        scale = 1 + 0.1 * flux + np.repeat(sum(a * r for a, r in zip(form, shapes(), strict=True)), 11)
        expected = scale * signal(0.1 * shift) + beam * (1 + 0.25 * p[5]) + induced * (1 + 0.36 * p[6])
        expected = np.maximum(expected + (1 + size / np.sqrt(number)) @ steady, 1e-12)
        return -2 * np.sum(poisson.logpmf(observed, expected) - poisson.logpmf(observed, observed)) + p @ p

    found = minimize(objective, np.zeros(17), method="BFGS", options={"gtol": 1e-3})
    return found.fun, found.x


def fitted_events(sizes):
    """Coherent events at the minimum, it, and how far the chi-square lies above it at other numbers of events.

    The size is free and the flux is not there.  Form factor, quenching and efficiency keep the number of events.
    """
    observed, counted = data()
    steady, beam, induced = backgrounds()
    number = counted.reshape(9, 11).sum(1)
    signal = moving([(species, energies("cevns", species)) for species in KIND])
    still = signal(0.0).reshape(9, 11).sum(1)
    centred = [r - r @ still / still.sum() for r in shapes()]

    def objective(p, events):
        scale = events / still.sum() * (1 + np.repeat(sum(a * r for a, r in zip(p[:4], centred, strict=True)), 11))
        expected = scale * signal(0.1 * p[15]) + beam * (1 + 0.25 * p[4]) + induced * (1 + 0.36 * p[5])
        expected = np.maximum(expected + (1 + p[6:15] / np.sqrt(number)) @ steady, 1e-12)
        return -2 * np.sum(poisson.logpmf(observed, expected) - poisson.logpmf(observed, observed)) + p @ p

    def free(p):
        return objective(p[:16], 300 * p[16])

    best = minimize(free, np.append(np.zeros(16), 1.0), method="BFGS", options={"gtol": 1e-4})
    above = [
        minimize(objective, best.x[:16], args=(events,), method="BFGS", options={"gtol": 1e-4}).fun - best.fun
        for events in sizes
    ]
    return 300 * best.x[16], best.fun, above


@cache
def shares_by_shift():
    shifts = np.linspace(-0.4, 0.4, 33)
    return {kind: CubicSpline(shifts, [shares(kind, shift) for shift in shifts]) for kind in ("prompt", "delayed")}


def moving(parts):
    """A function of the shift (us) from pairs of species and events in the 9 bins of energy."""
    return lambda shift: sum(np.outer(E, shares_by_shift()[KIND[species]](shift)).ravel() for species, E in parts)
