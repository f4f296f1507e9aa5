"""A chi-square that is written wrong must deviate from the profile of the package."""

from __future__ import annotations

import numpy as np

from companion import experiments
from companion.audit.claims.chi_squares import profile_deviation


def test_a_chi_square_that_is_written_wrong_deviates():
    experiment = experiments.load("texono")
    data, sigma = experiment.observed, experiment.likelihood.sigma

    def written(a, signal, width=0.2):
        return np.sum(((data - signal * (1 + a[0])) / sigma) ** 2) + (a[0] / width) ** 2

    right = profile_deviation(experiment, "mu_e", (0.0, 5e-10), written, (0.0,))
    wrong = profile_deviation(experiment, "mu_e", (0.0, 5e-10), lambda a, signal: written(a, signal, 0.3), (0.0,))
    assert right < 1e-9 < 1e-2 < wrong
