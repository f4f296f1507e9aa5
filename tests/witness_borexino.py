"""A second implementation of Borexino Phase II: numbers typed anew, light by quadrature, fits by a general minimiser.

Nothing here imports the package.
"""

from functools import cache
from itertools import pairwise
from math import erf, exp, log, sqrt

import numpy as np
import witness
import witness_sun as sun
from scipy.integrate import quad
from scipy.optimize import minimize

LIGHT, LOSS, BIRKS, VARIANCE, LAST = 503.9, 0.1157, 0.0174, 1.342, 1.7
ELECTRONS, SECONDS = 3.307e31, 582.326 * 86400


def stopping_power(T):
    """Berger and Seltzer, MeV/cm, for C9H12 of 0.88 g/cm^3."""
    T = max(T, 1e-3)
    electrons_per_gram = 66 / (9 * 12.011 + 12 * 1.008)
    mean = exp((54 * log(81.0e-6) + 12 * log(19.2e-6)) / 66)
    gamma = 1 + T / witness.M_E
    beta2 = 1 - gamma**-2
    t = gamma - 1
    F = 1 - beta2 + (t * t / 8 - (2 * t + 1) * log(2)) / gamma**2
    factor = 2 * np.pi * (witness.CLASSICAL_ELECTRON_RADIUS * witness.HBAR_C * 1e-13) ** 2
    constant = factor * witness.M_E * witness.AVOGADRO
    return 0.88 * constant * electrons_per_gram / beta2 * (log(t * t * (t + 2) / 2 * (witness.M_E / mean) ** 2) + F)


@cache
def hits(T):
    if T > LAST:
        slope = (hits(LAST) - hits(LAST - 1e-3)) / 1e-3
        return hits(LAST) + slope * (T - LAST)
    light = quad(lambda x: 1 / (1 + BIRKS * stopping_power(x)), 0, T, points=[1e-3], epsabs=0, epsrel=1e-9, limit=200)[
        0
    ]
    return LIGHT * light * (1 - LOSS * T)


def probability(T, low, high):
    mean = hits(T)
    width = sqrt(2 * VARIANCE * mean)
    return (erf((high - mean) / width) - erf((low - mean) / width)) / 2


def counts(state, bins, process="electron", m=0.0):
    """Events in some bins [(low, high), ...] from 0.07 to 3 MeV."""
    ends = [witness.recoil_range(E, witness.M_E, m) for _, E, _ in sun.LINES]
    cuts = {0.1, 0.17, 0.2, 0.24, 0.3, 0.35, 0.4, 0.5, 0.6, 0.75, 0.9, 1.1, 1.5, 2.0}
    cuts |= {end for pair in ends if pair for end in pair} | {
        witness.recoil_range(E[0], witness.M_E, 0)[1] for E in sun.BETA.values()
    }
    cuts = [0.07, *sorted(c for c in cuts if 0.07 < c < 3.0), 3.0]
    x, w = witness.gauss(10)
    T = np.concatenate([start + (stop - start) * (x + 1) / 2 for start, stop in pairwise(cuts)])
    weights = np.concatenate([w * (stop - start) / 2 for start, stop in pairwise(cuts)])
    if process == "dipole":
        found = sun.rate(state, T, lambda T, E: witness.dipole(T, E, witness.M_E, m), m)
    else:
        left = witness.SIN2_THETA_W + (0.5 if state == "e" else -0.5)
        found = sun.rate(state, T, lambda T, E: witness.electron(T, E, left, witness.SIN2_THETA_W), m)
    seen = np.array([[probability(t, *edges) for edges in bins] for t in T.tolist()])
    return ELECTRONS * SECONDS * (weights * found) @ seen


def profile(observed, fixed, templates, widths):
    """Least Poisson deviance over factors of templates with Gaussian errors (infinite for free ones)."""
    weights = np.array([0.0 if np.isinf(width) else width**-2.0 for width in widths])
    # steps of a size that the data can tell
    scale = 1 / np.sqrt(np.sum(templates**2 / np.maximum(observed, 1), axis=1) + weights)

    def expected(x):
        return np.maximum(fixed + (x * scale) @ templates, 1e-6)

    def value(x):
        e = expected(x)
        return 2 * np.sum(e - observed + observed * np.log(np.maximum(observed, 1) / e)) + np.sum(
            weights * (x * scale) ** 2
        )

    def slope(x):
        return 2 * scale * (templates @ (1 - observed / expected(x))) + 2 * weights * scale**2 * x

    def curvature(x):
        inner = (templates * (observed / expected(x) ** 2)) @ templates.T
        return 2 * scale * inner * scale[:, np.newaxis] + 2 * np.diag(weights * scale**2)

    best = minimize(
        value, np.zeros(len(widths)), jac=slope, hess=curvature, method="trust-exact", options={"gtol": 1e-6}
    )
    return best.fun, best.x * scale
