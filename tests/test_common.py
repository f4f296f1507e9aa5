"""What the claims share."""

from __future__ import annotations

import numpy as np
import pytest

from companion import experiments
from companion.audit.claims import common


def test_an_experiment_is_built_once_for_the_claims():
    assert common.load("texono") is common.load("texono")
    assert common.load("texono", systematic=0.1) is not common.load("texono")
    np.testing.assert_array_equal(common.load("texono").observed, experiments.load("texono").observed)


def test_a_wrong_option_is_refused_as_ever():
    with pytest.raises(ValueError, match="texono has no option 'smearing'"):
        common.load("texono", smearing=True)


def test_a_chi_square_that_is_written_wrong_deviates():
    experiment = experiments.load("texono")
    data, sigma = experiment.observed, experiment.likelihood.sigma

    def written(a, signal, width=0.2):
        return np.sum(((data - signal * (1 + a[0])) / sigma) ** 2) + (a[0] / width) ** 2

    right = common.profile_deviation(experiment, "mu_e", (0.0, 5e-10), written, (0.0,))
    wrong = common.profile_deviation(
        experiment, "mu_e", (0.0, 5e-10), lambda a, signal: written(a, signal, 0.3), (0.0,)
    )
    assert right < 1e-9 < 1e-2 < wrong
