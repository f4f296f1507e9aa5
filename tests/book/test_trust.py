"""Pseudo-data that two chapters quote."""

import numpy as np
import pytest
from _lib.trust import bias, median_limit

from companion import experiments
from companion.toys import Toys


def test_the_bias_is_that_of_the_medians():
    medians = {}
    for likelihood in ("gaussian", "poisson"):
        xenon = experiments.load("xenon1t", likelihood=likelihood)
        medians[likelihood] = np.median(Toys(xenon, "mu_mu", 0.01, number=401).run(workers=1).high)
        assert median_limit(likelihood, 401) == pytest.approx(medians[likelihood], rel=1e-12)
    assert bias(401) == pytest.approx(100 * (1 - medians["gaussian"] / medians["poisson"]))
