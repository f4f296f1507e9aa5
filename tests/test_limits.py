"""Limits, re-found by brute force on the chi-square; intervals on data with a known excess."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from companion import experiments, limits
from companion.experiments import Experiment
from companion.statistics import Gaussian, Pull

MASSES = (1e-3, 0.01, 1.0, 10.0, 29.0, 35.0, 50.0)
DELTA = {1: 2.705543454, 2: 4.605170186}


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


def with_data(experiment, observed, sigma=None, pulls=None) -> Experiment:
    """The same experiment with other data."""
    old = experiment.likelihood
    likelihood = Gaussian(
        observed=np.asarray(observed, float),
        sigma=old.sigma if sigma is None else sigma,
        backgrounds=old.backgrounds,
        pulls=old.pulls if pulls is None else pulls,
    )
    return replace(experiment, likelihood=likelihood)


def expectation(experiment, coupling, value, m):
    return experiment.expected(coupling, value, m) + sum(experiment.backgrounds.values())


def brute_force(experiment, coupling, m, level):
    """Every coupling at which the chi-square crosses its minimum plus ``level``, the best coupling and the minimum.

    In units of the coupling that makes a signal of one sigma: scipy's minimisers too have absolute tolerances.
    """
    template = experiment.template(coupling, m)
    unit = np.sum((template / experiment.likelihood.sigma) ** 2) ** -0.25

    def chi2(value):
        return float(experiment.chi2(coupling, value * unit, m))

    grid = np.concatenate([[0.0], np.geomspace(0.02, 700, 1500)])
    values = experiment.chi2(coupling, grid * unit, m)
    lowest = int(np.argmin(values))
    best, minimum = grid[lowest], values[lowest]
    if lowest > 0:
        around = tuple(grid[lowest - 1 : lowest + 2])
        found = minimize_scalar(chi2, bracket=around, options={"xtol": 1e-9})
        best, minimum = found.x, found.fun
    # the minimum lies on no grid point: it joins the grid, to catch crossings on both sides of it
    above = np.append(values - minimum - level, -level)
    grid = np.append(grid, best)
    order = np.argsort(grid)
    grid, above = grid[order], above[order]
    crossings = [
        unit * brentq(lambda v: chi2(v) - minimum - level, grid[k], grid[k + 1], xtol=1e-15, rtol=1e-14)
        for k in np.flatnonzero(above[:-1] * above[1:] < 0)
    ]
    return crossings, best * unit, minimum


@pytest.mark.parametrize("dof", [1, 2])
@pytest.mark.parametrize("coupling", ["mu_mu", "mu_e", "lambda_14", "lambda_34"])
def test_the_limit_is_the_largest_crossing(csi, coupling, dof):
    found = limits.upper_limit(csi, coupling, MASSES, dof=dof)
    for m, limit in zip(MASSES, found, strict=True):
        crossings, best, minimum = brute_force(csi, coupling, m, DELTA[dof])
        assert limit == pytest.approx(crossings[-1], rel=1e-8, abs=0)
        # the definition itself
        assert csi.chi2(coupling, limit, m) == pytest.approx(minimum + DELTA[dof], rel=1e-8)
        beyond = csi.chi2(coupling, limit * np.geomspace(1.001, 50, 60), m)
        assert np.all(beyond > minimum + DELTA[dof])
        fit = limits.best_fit(csi, coupling, m)
        assert fit.chi2 == pytest.approx(minimum, rel=1e-10)
        assert fit.value == pytest.approx(best, rel=1e-5, abs=1e-16)


@pytest.mark.parametrize(("confidence", "delta"), [(0.95, 3.841458821), (0.99, 6.634896601), (0.6826894921, 1.0)])
def test_other_confidence_levels(csi, confidence, delta):
    limit = limits.upper_limit(csi, "mu_mu", 0.01, confidence=confidence)
    crossings, *_ = brute_force(csi, "mu_mu", 0.01, delta)
    assert limit == pytest.approx(crossings[-1], rel=1e-8, abs=0)


# ---------------------------------------------------------------------------------------------------------------------
# data with a known excess


@pytest.mark.parametrize("value", [3e-9, 8e-9, 5e-8])
@pytest.mark.parametrize("m", [0.01, 20.0])
def test_an_injected_moment_is_found_again(csi, m, value):
    injected = with_data(csi, expectation(csi, "mu_mu", value, m))
    fit = limits.best_fit(injected, "mu_mu", m)
    assert fit.value == pytest.approx(value, rel=1e-5, abs=0)
    assert fit.chi2 == pytest.approx(0, abs=1e-8)
    low, high = limits.interval(injected, "mu_mu", m)
    crossings, *_ = brute_force(injected, "mu_mu", m, DELTA[1])
    if len(crossings) == 2:
        assert low == pytest.approx(crossings[0], rel=1e-7, abs=0)
        assert 0 < low < value < high
    else:
        assert low == 0
    assert high == pytest.approx(crossings[-1], rel=1e-7, abs=0)
    assert high == limits.upper_limit(injected, "mu_mu", m)


@pytest.mark.parametrize("value", [0.0, 4e-9, 2e-8, 3e-7])
def test_without_pulls_the_interval_is_known_in_closed_form(csi, value):
    """chi2 = (x - x_0)^2 P with x = mu^2 and P the squared sigmas per x: ends at x_0 +- sqrt(Delta/P)."""
    m = 0.01
    injected = with_data(csi, expectation(csi, "mu_mu", value, m), pulls=())
    precision = np.sum((csi.template("mu_mu", m) / csi.likelihood.sigma) ** 2)
    for dof, delta in DELTA.items():
        low, high = limits.interval(injected, "mu_mu", m, dof=dof)
        width = np.sqrt(delta / precision)
        assert high == pytest.approx(np.sqrt(value**2 + width), rel=1e-8, abs=0)
        assert low == pytest.approx(np.sqrt(max(0.0, value**2 - width)), rel=1e-8, abs=1e-20)


def test_a_deficit_counts_from_zero(csi):
    """Fewer events than expected: the best coupling is zero, and Delta chi2 counts from there."""
    m = 0.01
    precision = np.sum((csi.template("mu_mu", m) / csi.likelihood.sigma) ** 2)
    deficit = 1.7 / np.sqrt(precision)
    data = expectation(csi, "mu_mu", 0.0, m) - deficit * csi.template("mu_mu", m)
    short = with_data(csi, data, pulls=())
    fit = limits.best_fit(short, "mu_mu", m)
    assert fit.value == 0
    assert fit.chi2 == pytest.approx(1.7**2, rel=1e-10)
    # (x + d)^2 P = d^2 P + Delta
    expected = np.sqrt(np.sqrt(deficit**2 + DELTA[1] / precision) - deficit)
    assert limits.upper_limit(short, "mu_mu", m) == pytest.approx(expected, rel=1e-8, abs=0)
    assert limits.interval(short, "mu_mu", m)[0] == 0


def test_a_signal_known_too_badly_gives_no_limit(csi):
    """With a signal uncertainty of 100 % every coupling is forgiven: the chi-square levels off below the line."""
    data = expectation(csi, "mu_mu", 0.0, 0.01)
    loose = with_data(csi, data, pulls=(Pull("signal", 1.0),))
    assert loose.chi2("mu_mu", 1e-3, 0.01) < DELTA[1]
    assert limits.upper_limit(loose, "mu_mu", 0.01) == np.inf
    low, high = limits.interval(loose, "mu_mu", [0.01, 20.0])
    np.testing.assert_array_equal(low, [0, 0])
    np.testing.assert_array_equal(high, [np.inf, np.inf])
    # and a little better known there is one again
    tight = with_data(csi, data, pulls=(Pull("signal", 0.3),))
    crossings, *_ = brute_force(tight, "mu_mu", 0.01, DELTA[1])
    assert limits.upper_limit(tight, "mu_mu", 0.01) == pytest.approx(crossings[-1], rel=1e-7, abs=0)


def test_a_sharp_minimum_between_two_points_of_the_scan(csi):
    """An excess of thousands of sigmas: the whole allowed range lies between two neighbouring trial couplings."""
    m, value = 0.01, 1e-6
    injected = with_data(csi, expectation(csi, "mu_mu", value, m), pulls=())
    precision = np.sum((csi.template("mu_mu", m) / csi.likelihood.sigma) ** 2)
    assert value**2 * np.sqrt(precision) > 1e4
    width = np.sqrt(DELTA[1] / precision)
    low, high = limits.interval(injected, "mu_mu", m)
    assert high**2 - value**2 == pytest.approx(width, rel=1e-3, abs=0)
    assert value**2 - low**2 == pytest.approx(width, rel=1e-3, abs=0)


# ---------------------------------------------------------------------------------------------------------------------
# where the experiment is blind


def test_no_limit_at_and_beyond_the_edge(csi):
    edge = csi.maximum_mass("mu_mu")
    masses = [edge * 0.999, edge, edge * 1.001, 100.0, 1e4]
    np.testing.assert_array_equal(np.isinf(limits.upper_limit(csi, "mu_mu", masses)), [False, True, True, True, True])
    low, high = limits.interval(csi, "mu_mu", masses)
    np.testing.assert_array_equal(np.isinf(high), [False, True, True, True, True])
    np.testing.assert_array_equal(low, np.zeros(5))
    fit = limits.best_fit(csi, "mu_mu", masses)
    np.testing.assert_array_equal(fit.value[1:], np.zeros(4))
    np.testing.assert_allclose(fit.chi2[1:], csi.chi2("mu_mu", 0.0, 1.0), rtol=1e-14)


def test_the_limit_rises_to_the_edge_without_a_break(csi):
    edge = csi.maximum_mass("mu_e")
    curve = limits.upper_limit(csi, "mu_e", edge * (1 - np.geomspace(0.3, 1e-4, 40)))
    assert np.all(np.isfinite(curve))
    assert np.all(np.diff(curve) > 0)


def test_a_flavour_that_is_not_in_the_beam(csi):
    np.testing.assert_array_equal(limits.upper_limit(csi, "mu_tau", [0.01, 20.0]), [np.inf, np.inf])
    low, high = limits.interval(csi, "mu_tau", 0.01)
    assert (low, high) == (0, np.inf)


# ---------------------------------------------------------------------------------------------------------------------
# shapes and refusals


def test_the_shape_of_the_masses_is_kept(csi):
    assert np.shape(limits.upper_limit(csi, "mu_mu", 0.01)) == ()
    masses = np.array([[0.01, 20.0, 60.0], [1.0, 35.0, 50.0]])
    found = limits.upper_limit(csi, "mu_mu", masses)
    assert found.shape == (2, 3)
    for index, m in np.ndenumerate(masses):
        np.testing.assert_allclose(found[index], limits.upper_limit(csi, "mu_mu", m), rtol=1e-10)
    low, high = limits.interval(csi, "mu_mu", masses)
    assert low.shape == high.shape == (2, 3)
    fit = limits.best_fit(csi, "mu_mu", masses)
    assert fit.value.shape == fit.chi2.shape == (2, 3)


@pytest.mark.parametrize("function", [limits.upper_limit, limits.interval])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"m_4": -1.0}, "masses m_4 must be finite and not negative"),
        ({"m_4": [0.01, np.nan]}, "masses m_4 must be finite and not negative"),
        ({"coupling": "mu_tau", "m_4": np.nan}, "masses m_4 must be finite and not negative"),
        ({"coupling": "mu_x"}, "no coupling 'mu_x'"),
        ({"confidence": 1.5}, "a confidence level lies between 0 and 1"),
        ({"dof": 7}, "one or two degrees of freedom"),
    ],
)
def test_impossible_questions_are_refused(csi, function, arguments, message):
    settings = {"coupling": "mu_mu", "m_4": 0.01, "confidence": 0.9, "dof": 1} | arguments
    with pytest.raises(ValueError, match=message):
        function(csi, settings.pop("coupling"), settings.pop("m_4"), **settings)


# ---------------------------------------------------------------------------------------------------------------------
# masses and choices


def test_masses_for_a_curve(csi):
    edge = csi.maximum_mass("mu_mu")
    masses = limits.masses(csi, "mu_mu", lowest=0.01, number=60)
    assert len(masses) == 60
    assert masses[0] == pytest.approx(0.01, rel=1e-12)
    assert masses[-1] == pytest.approx(edge * 0.999, rel=1e-12)
    assert np.all(np.diff(masses) > 0)
    for impossible in (0.0, -1.0, 40.0, np.nan):
        with pytest.raises(ValueError, match="do not fit below half the kinematic edge"):
            limits.masses(csi, "mu_mu", lowest=impossible)
    with pytest.raises(ValueError, match="COHERENT-CsI is blind to mu_tau"):
        limits.masses(csi, "mu_tau")


@pytest.fixture(scope="module")
def choices():
    return limits.choices("coherent-csi", "mu_mu", 0.01)


def test_the_default_comes_first(csi, choices):
    default, limit, ratio = choices[0]
    assert (default.options, default.dof, ratio) == ({}, 1, 1.0)
    assert limit == limits.upper_limit(csi, "mu_mu", 0.01)
    assert [row[0] for row in choices[1:]] == list(csi.choices)


def test_every_choice_is_the_limit_of_its_options(choices):
    _, reference, _ = choices[0]
    for choice, limit, ratio in choices[1:]:
        other = experiments.load("coherent-csi", **choice.options)
        crossings, *_ = brute_force(other, "mu_mu", 0.01, DELTA[choice.dof])
        assert limit == pytest.approx(crossings[-1], rel=1e-8, abs=0)
        assert ratio == pytest.approx(limit / reference, rel=1e-14)


@pytest.mark.parametrize(
    ("options", "percent"),
    [
        ({"acceptance_at": 0.0}, +8),
        ({"smearing": False}, +14),
        ({"form_factor": "helm"}, -12),
        ({"quenching": "2017"}, -18),
    ],
    ids=str,
)
def test_how_much_choices_matter(choices, options, percent):
    """Whole percents of an implementation that knows nothing of this one."""
    (ratio,) = [ratio for choice, _, ratio in choices if dict(choice.options) == options and choice.dof == 1]
    assert 100 * (ratio - 1) == pytest.approx(percent, abs=0.6)


def test_the_table_of_choices(choices):
    lines = limits.choices_markdown(choices).splitlines()
    assert len(lines) == len(choices) + 2
    assert all(line.startswith("|") and line.endswith("|") and line.count("|") == 4 for line in lines)
    for line, (choice, limit, ratio) in zip(lines[2:], choices, strict=True):
        label, value, change = (cell.strip() for cell in line.strip("|").split("|"))
        assert label == choice.label
        assert float(value) == pytest.approx(limit, rel=1e-3, abs=0)
        assert float(change.rstrip(" %")) == pytest.approx(100 * (ratio - 1), abs=0.051)
