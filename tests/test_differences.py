"""Tables of differences, against limits by another route and against the joint chi-square."""

import numpy as np
import pytest

from companion import differences, experiments, limits, phases


def test_one_dimension_is_the_chi_square_above_its_minimum():
    values = np.linspace(0, 8e-11, 81)
    table = differences.in_one_dimension("xenon1t", "mu_mu", [0.01, 0.1], values)
    xenon = experiments.load("xenon1t")
    for row, mass in zip(table.difference, (0.01, 0.1), strict=True):
        low, high = limits.interval(xenon, "mu_mu", mass)
        inside = values[row <= 2.705543]
        assert low <= inside[0] < low + 1e-12
        assert high - 1e-12 < inside[-1] <= high
        assert row.min() < 0.01
    plane = differences.in_two_dimensions("xenon1t", "mu_mu", [0.01, 0.1], values)
    np.testing.assert_allclose(
        np.diff(plane.difference, axis=0)[0],
        xenon.chi2("mu_mu", values, 0.1) - xenon.chi2("mu_mu", values, 0.01),
        atol=1e-9,
    )
    assert plane.difference.min() == pytest.approx(table.difference.min(), abs=0.01)


def test_free_moments_turn_the_table_round():
    three = experiments.load("coherent-csi+xenon1t+texono")
    table = differences.in_one_dimension(three, "lambda_14", 1.0, others="free")
    assert np.all(np.diff(table.value[0]) > 0)
    at_90 = table.value[0][table.difference[0] == 2.705543454]
    assert at_90 == pytest.approx(float(phases.upper_limit(three, "lambda_14", 1.0)), rel=1e-8)
    # at that modulus the others make up for what one alone would do
    alone = float(three.chi2("lambda_14", at_90[0], 1.0)) - table.minimum[0]
    assert alone > 2.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "say at which couplings"),
        ({"others": "some"}, "the others are one of zero, free, not 'some'"),
        ({"others": "free", "values": [0.0]}, "leave out the values"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        differences.in_one_dimension("texono", "lambda_14", 1.0, **options)
