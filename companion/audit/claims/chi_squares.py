"""Chi-squares as the paper writes them, minimised the slow way, against the closed-form profiles of the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ...experiments import Experiment
from ...statistics import Gaussian

__all__ = ["profile_deviation", "with_gaussian"]


def with_gaussian(experiment: Experiment, **changes: Any) -> Experiment:
    """An experiment with other fields of its Gaussian likelihood: ``sigma``, ``pulls``, ..."""
    assert isinstance(experiment.likelihood, Gaussian)
    return replace(experiment, likelihood=replace(experiment.likelihood, **changes))


def profile_deviation(
    experiment: Experiment,
    coupling: str,
    values: Sequence[float],
    written: Callable[[NDArray[np.float64], NDArray[np.float64]], float],
    start: Sequence[float],
) -> float:
    """Largest relative difference between a chi-square as printed, minimised numerically, and its closed-form profile.

    Parameters
    ----------
    experiment : Experiment
        whose profile is compared
    coupling : str
        coupling of the signal
    values : sequence of float
        its values (mu_B), for a sterile state of 10 keV
    written : callable
        the chi-square of the paper, ``written(pulls, signal)``
    start : sequence of float
        central values of its pulls
    """
    worst = 0.0
    for value in values:
        signal = experiment.expected(coupling, value, 0.01)
        numeric = minimize(written, start, args=(signal,), method="BFGS", options={"gtol": 1e-8}).fun
        worst = max(worst, abs(float(numeric) / float(experiment.chi2(coupling, value, 0.01)) - 1))
    return worst
