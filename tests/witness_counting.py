"""One number that is counted, with a known background: intervals and their coverage as sums over all counts.

Nothing here imports the package.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import poisson

COUNTS = np.arange(60)


def difference(n, signal, background):
    """Chi-square of a signal above that of the best one that is not negative."""
    best = max(n - background, 0.0)

    def deviance(s):
        e = s + background
        return 2 * (e - n + (n * np.log(n / e) if n else 0.0))

    return deviance(signal) - deviance(best)


def coverage(signal, background, level):
    """Share of all counts whose difference at the true signal is small enough."""
    inside = [difference(n, signal, background) <= level for n in COUNTS]
    return float(np.sum(poisson.pmf(COUNTS, signal + background)[inside]))


def upper_coverage(signal, background, level):
    """Share of all counts whose upper limit is not below the true signal."""
    inside = [upper(n, background, level) >= signal for n in COUNTS]
    return float(np.sum(poisson.pmf(COUNTS, signal + background)[inside]))


def upper(n, background, level):
    """Largest signal within a level."""
    best = max(n - background, 0.0)
    return brentq(lambda s: difference(n, s, background) - level, best, best + 60)


def feldman_cousins(n, background, confidence):
    """Their interval by the ordering of all counts, on a fine grid of signals."""
    accepted = []
    for signal in np.arange(0, 15, 0.005):
        probability = poisson.pmf(COUNTS, signal + background)
        ratio = probability / poisson.pmf(COUNTS, np.maximum(COUNTS, background))
        order = np.argsort(-ratio, kind="stable")
        needed = int(np.searchsorted(np.cumsum(probability[order]), confidence)) + 1
        if n in order[:needed]:
            accepted.append(signal)
    return min(accepted), max(accepted)


def cls(n, background, confidence):
    """Upper limit by the ratio of the probabilities to count no more than was counted."""
    denominator = poisson.cdf(n, background)
    return brentq(lambda s: poisson.cdf(n, s + background) / denominator - (1 - confidence), 0, 60)
