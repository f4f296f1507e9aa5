"""Limits, re-found by brute force on the chi-square; intervals on data with a known excess."""

import re
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from companion import experiments, limits
from companion.couplings import Mixing, Transition
from companion.experiments import Experiment
from companion.statistics import Gaussian, Pull, delta_chi2

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
    with pytest.raises(ValueError, match=r"nothing in the beam \(e, mu\) couples through mu_tau"):
        limits.masses(csi, "mu_tau")


@pytest.mark.parametrize("factor", [2.0, 10.0])
@pytest.mark.parametrize("coupling", ["mu_mu", "mu_e"])
def test_at_its_reach_the_limit_has_grown_by_the_factor(csi, coupling, factor):
    mass = limits.reach(csi, coupling, factor)
    light, there, before = limits.upper_limit(csi, coupling, [1e-3, mass, 0.999 * mass])
    assert there == pytest.approx(factor * light, rel=1e-7, abs=0)
    assert before < there
    assert mass < csi.maximum_mass(coupling)


def test_an_impossible_growth_is_refused(csi):
    for factor in (1.0, 0.5, np.nan, np.inf):
        with pytest.raises(ValueError, match="grows by a finite factor greater than one"):
            limits.reach(csi, "mu_mu", factor)
    with pytest.raises(ValueError, match="the limit never grows so much"):
        limits.reach(csi, "mu_mu", 1e30)


# ---------------------------------------------------------------------------------------------------------------------
# names in place of values, and why there is no limit


def test_names_and_values_mean_the_same(csi):
    by_value = limits.upper_limit(csi, Transition("24"), [0.01, 20.0])
    np.testing.assert_array_equal(limits.upper_limit("coherent-csi", "lambda_24", [0.01, 20.0]), by_value)
    with pytest.raises(ValueError, match="an experiment, or the name of one, is needed, not 3"):
        limits.upper_limit(3, "mu_mu", 0.01)


@pytest.mark.parametrize(
    ("name", "coupling", "m_4", "confidence", "reason"),
    [
        ("texono", "mu_e", 0.01, 0.999999999, "the errors on the size of the signal allow any coupling"),
        ("texono", "mu_mu", 0.01, 0.9, r"nothing in the beam \(e\) couples through mu_mu"),
        ("texono", "mu_e", 3.0, 0.9, r"3 MeV is not below the largest mass that can be made and seen, 2.531 MeV"),
        ("texono", "mu_e", 1.0, 0.9, "^$"),
    ],
)
def test_the_reason_for_no_limit_is_the_true_one(name, coupling, m_4, confidence, reason):
    why = limits.blind_because(name, coupling, m_4, confidence=confidence)
    assert re.search(reason, why)
    assert (why == "") == bool(np.isfinite(limits.upper_limit(name, coupling, m_4, confidence=confidence)))


def test_where_the_signal_saturates_the_number_in_the_reason_is_right():
    """The chi-square levels off where the pull has switched the signal off."""
    why = limits.blind_because("texono", "mu_e", 0.01, confidence=0.999999999)
    (most,) = re.findall(r"rises to ([\d.]+) at most", why)
    texono = experiments.load("texono")
    best = limits.best_fit(texono, "mu_e", 0.01)
    ends = float(texono.chi2("mu_e", 1e-2, 0.01)) - float(best.chi2)
    assert float(most) == pytest.approx(ends, rel=1e-3)


@pytest.mark.parametrize("confidence", [0.9999999999, 0.9999999999999])
def test_high_levels_are_followed_to_their_crossing(csi, confidence):
    level = delta_chi2(confidence)
    limit = limits.upper_limit(csi, "mu_mu", 0.01, confidence=confidence)
    best = limits.best_fit(csi, "mu_mu", 0.01)
    assert csi.chi2("mu_mu", limit, 0.01) - best.chi2 == pytest.approx(level, rel=1e-8)


def test_mixing_angles_reach_the_sun():
    """Fewer neutrinos arrive as nu_2 for a smaller theta_12: the interval of lambda_24 moves by the root of it."""
    xenon = experiments.load("xenon1t", conversion="computed")
    limit = {}
    for sine in (0.25, 0.35):
        mixing = Mixing({"theta_12": np.arcsin(np.sqrt(sine))})
        limit[sine] = float(limits.upper_limit(xenon, Transition("24", mixing=mixing), 0.01))
    # pp neutrinos at low energy arrive as in vacuum: P_e2 = c_13^2 s_12^2
    assert (limit[0.25] / limit[0.35]) ** 2 == pytest.approx(0.35 / 0.25, rel=0.02)


def test_a_combination_takes_options_and_gives_back_its_parts():
    both = experiments.load("coherent-csi + coherent-lar")
    assert [part.name for part in both.parts] == ["coherent-csi", "coherent-lar"]
    assert np.isfinite(limits.upper_limit(both, "mu_mu", 0.01))


def test_many_masses_of_the_largest_likelihood_take_seconds():
    """Two thousand masses did not end in two minutes once; the time grows with their number, not faster."""
    large = experiments.load("coherent-csi-2021")
    for number in (20, 200):
        large.template("mu_mu", np.geomspace(1e-3, 10, number))
    seconds = {}
    for number in (20, 200):
        start = time.process_time()
        limits.upper_limit(large, "mu_mu", np.geomspace(1e-3, 10, number))
        seconds[number] = time.process_time() - start
    assert seconds[200] < 20 * seconds[20]
