"""Dipole events of one neutrino energy behind a response, by sums over the logarithm of the recoil energy.

Nothing here imports the package.
"""

from math import erf, erfc, exp, gamma, log, sqrt

import numpy as np
import witness
from scipy.integrate import quad

PANELS = 60


def events(probability, E, M, m, charge, lowest, cuts=()):
    """Integral of the dipole rate times ``probability(T)`` from ``lowest`` on, split at ``cuts``."""
    low, high = witness.recoil_range(E, M, m)
    low = max(low, lowest)
    points = [low, *sorted(cut for cut in cuts if low < cut < high), high]
    x, w = np.polynomial.legendre.leggauss(10)
    total = 0.0
    for start, stop in zip(points[:-1], points[1:], strict=True):
        ends = np.linspace(log(start), log(stop), PANELS + 1)
        for a, b in zip(ends[:-1], ends[1:], strict=True):
            for t, weight in zip((a + b) / 2 + (b - a) / 2 * x, (b - a) / 2 * w, strict=True):
                T = exp(t)
                total += weight * T * witness.dipole(T, E, M, m, charge) * probability(T)
    return total


def gaussian(visible, low, high, width):
    """Part of a Gaussian around ``visible`` between two energies."""
    a, b = (low - visible) / (sqrt(2) * width), (high - visible) / (sqrt(2) * width)
    return (erfc(a) - erfc(b)) / 2 if a > 0 else (erf(b) - erf(a)) / 2


def poisson(mean, n):
    """Probability of ``n`` photoelectrons."""
    return exp(-mean) * mean**n / gamma(n + 1)


def exponential_efficiency(mean, shape, scale, low, high):
    """Gamma distribution times 1 - exp(-x/scale) between two numbers of photoelectrons."""
    rate = shape / mean

    def density(x):
        return rate**shape / gamma(shape) * x ** (shape - 1) * exp(-rate * x) * (1 - exp(-x / scale))

    # the distribution is narrow beside the bin for small means
    cuts = sorted({low, high, *(low + k * (high - low) / 8 for k in range(1, 8))})
    small = [cut for k in range(1, 12) if low < (cut := mean * 2.0**k / 16) < high]
    cuts = sorted({*cuts, *small})
    return sum(quad(density, a, b, epsabs=1e-13, epsrel=1e-9)[0] for a, b in zip(cuts[:-1], cuts[1:], strict=True))


def fano_width(E, noise, fano, pair):
    """Noise and the variance F N of N = E/pair electron-hole pairs, in units of energy."""
    pairs = E / pair
    return sqrt(noise**2 + fano * pairs * pair**2)
