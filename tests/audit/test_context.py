"""What the checks look at: the same numbers as the library, computed once."""

from __future__ import annotations

import numpy as np
import pytest

from companion import experiments, limits, regions
from companion.audit.context import HEAVY, MASSES, Context


@pytest.fixture(scope="module")
def context():
    return Context()


def test_an_experiment_is_built_once(context):
    assert context.experiment("texono") is context.experiment("texono")
    assert context.experiment("texono", sigma_signal=0.1) is not context.experiment("texono")
    np.testing.assert_array_equal(context.experiment("texono").observed, experiments.load("texono").observed)


def test_where_a_pull_acts_changes_no_counts(context):
    moved, loaded = context.experiment("xenon1t", efficiency_scales="all"), experiments.load("xenon1t")
    np.testing.assert_array_equal(moved.dipole("mu", 0.01), loaded.dipole("mu", 0.01))
    expected = experiments.load("xenon1t", efficiency_scales="all").chi2("mu_mu", 5e-11, 0.01)
    assert moved.chi2("mu_mu", 5e-11, 0.01) == pytest.approx(expected, rel=1e-12)


def test_a_wrong_option_is_refused_as_ever(context):
    with pytest.raises(ValueError, match="texono has no option 'smearing'"):
        context.experiment("texono", smearing=True)


def test_limits_are_those_of_the_library(context):
    expected = limits.upper_limit(experiments.load("coherent-lar"), "mu_mu", [0.01, 20.0])
    np.testing.assert_array_equal(context.curve("coherent-lar", "mu_mu", (0.01, 20.0)), expected)
    assert context.limit("coherent-lar", "mu_mu") == limits.upper_limit("coherent-lar", "mu_mu", 0.01)


@pytest.mark.parametrize("scales", ["signal", "all"])
@pytest.mark.parametrize("joint", [True, False])
def test_regions_are_those_of_the_library(context, joint, scales):
    """Without the ends in mass searched, against the contours and intervals of the library."""
    loaded = experiments.load("xenon1t", efficiency_scales=scales)
    if joint:
        around = limits.contour(loaded, "mu_mu", MASSES)
        low, high = around.low, around.high
    else:
        low, high = limits.interval(loaded, "mu_mu", MASSES)
    inside = low > 0
    found = context.region("mu_mu", joint, scales)
    np.testing.assert_array_equal(found.m_4, MASSES)
    np.testing.assert_array_equal(np.isfinite(found.low), inside)
    np.testing.assert_allclose(found.low[inside], low[inside], rtol=1e-7)
    np.testing.assert_allclose(found.high[inside], high[inside], rtol=1e-7)


def test_coverage_is_that_of_the_library(context):
    """On fewer masses, and with an end that is read from them, against the library with its ends searched."""
    found = context.coverage("cr51-cevns-ge", "mu_e")
    asked = regions.region("xenon1t", "mu_e", joint=True, heaviest=HEAVY, number=200)
    expected = regions.cover(asked, limits.upper_limit("cr51-cevns-ge", "mu_e", asked.m_4))
    assert found.part == pytest.approx(expected.part, abs=2e-3)
    assert found.margin == pytest.approx(expected.margin, rel=1e-2)
