"""What pseudo-data say of XENON1T, for the chapters that quote it."""

from __future__ import annotations

from companion import conventions, experiments

from .once import once

__all__ = ["TOYS", "bias", "median_limit"]

TOYS = 4000
"""Sets of pseudo-data behind each median."""


@once
def median_limit(likelihood: str, toys: int = TOYS) -> float:
    """The median 90 % limit (mu_B) of XENON1T without a moment, on ``mu_mu`` at 10 keV.

    Parameters
    ----------
    likelihood : {"gaussian", "poisson"}
        ``"gaussian"`` is Eq. (23), with errors from the counts
    toys : int
        sets of pseudo-data
    """
    xenon = experiments.load("xenon1t", likelihood=likelihood)
    return float(conventions.expected_limit(xenon, "mu_mu", 0.01, toys=toys).median)


def bias(toys: int = TOYS) -> float:
    """By how much (%) the median limit of Eq. (23) lies below that of the Poisson likelihood."""
    return 100 * (1 - median_limit("gaussian", toys) / median_limit("poisson", toys))
