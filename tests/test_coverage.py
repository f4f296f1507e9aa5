"""Pseudo-data and what is made of them, against sums over all counts, closed forms and independent numbers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import witness_counting as witness
from scipy.stats import chi2 as chi_squared
from scipy.stats import norm

from companion import conventions, coverage, experiments, limits, toys
from companion.experiments import Experiment
from companion.statistics import Gaussian, Poisson, Pull
from companion.toys import Toys, pseudo_data

GENERATOR = np.random.default_rng(17)


class Counter(Experiment):
    """Events in one place or several: a moment of 1 mu_B adds a template, whatever its mass up to 1 MeV."""

    def _check(self):
        pass

    states = ("mu",)

    def standard_model(self, species=None):
        return np.zeros(len(self.observed))

    def template(self, what, m_4):
        return np.broadcast_to(np.ones(len(self.observed)), (*np.shape(m_4), len(self.observed)))

    def maximum_mass(self, what):
        return 1.0


def counter(likelihood):
    return Counter("counter", "Counter", (), "events", likelihood, (), ("nowhere",))


def poisson(observed, background):
    return counter(Poisson(np.atleast_1d(observed), {"b": np.atleast_1d(background).astype(float)}))


# ---------------------------------------------------------------------------------------------------------------------
# pseudo-data


def test_poisson_counts_with_a_pull_have_the_moments_of_a_mixture():
    likelihood = Poisson([50.0, 80.0], {"b": [20.0, 60.0]}, (Pull("s", 0.1), Pull("b", 0.2, ("b",))))
    signal = np.array([30.0, 20.0])
    data = pseudo_data(likelihood, signal, 40_000, GENERATOR)
    mean = signal + [20.0, 60.0]
    variance = mean + (0.1 * signal) ** 2 + (0.2 * np.array([20.0, 60.0])) ** 2
    np.testing.assert_allclose(data.observed.mean(axis=0), mean, atol=5 * np.sqrt(variance.max() / 40_000))
    np.testing.assert_allclose(data.observed.var(axis=0), variance, rtol=0.04)
    covariance = np.cov(data.observed.T)[0, 1]
    assert covariance == pytest.approx(0.01 * 600 + 0.04 * 1200, rel=0.15)
    assert not data.centres.any()
    # or what is known about the pulls is thrown, and the counts are those of pulls at zero
    other = pseudo_data(likelihood, signal, 40_000, GENERATOR, nuisance="auxiliary")
    np.testing.assert_allclose(other.observed.var(axis=0), mean, rtol=0.04)
    np.testing.assert_allclose(other.centres.std(axis=0), [0.1, 0.2], rtol=0.02)


def test_gaussian_numbers_and_counts_behind_them():
    observed, sigma = np.array([40.0, 90.0]), np.array([7.0, 12.0])
    fixed = pseudo_data(Gaussian(observed, sigma), [50.0, 60.0], 40_000, GENERATOR)
    np.testing.assert_allclose(fixed.observed.std(axis=0), sigma, rtol=0.02)
    np.testing.assert_array_equal(fixed.sigma, np.broadcast_to(sigma, (40_000, 2)))
    # 49 = 40 + 9: nine more counts have been subtracted, and the errors follow what was counted
    follow = pseudo_data(Gaussian(observed, sigma, counting=True), [50.0, 60.0], 40_000, GENERATOR)
    np.testing.assert_allclose(follow.observed.mean(axis=0), [50.0, 60.0], rtol=0.005)
    np.testing.assert_allclose(follow.observed.var(axis=0), [50.0 + 9.0, 60.0 + 54.0], rtol=0.04)
    np.testing.assert_allclose(follow.sigma**2, follow.observed + [9.0, 54.0], rtol=1e-12)
    moved = Gaussian(observed, sigma, counting=True).with_observed([50.0, 60.0])
    np.testing.assert_allclose(moved.sigma**2, [59.0, 114.0])
    with pytest.raises(ValueError, match="squared errors that contain the counts"):
        Gaussian(observed, sigma / 2, counting=True)


def test_wide_pulls_never_make_counts_negative():
    data = pseudo_data(Poisson([5.0], {"b": [4.0]}, (Pull("b", 1.0, ("b",)),)), [0.0], 2000, GENERATOR)
    assert np.all(data.observed >= 0)
    assert data.observed.mean() > 4.5  # the prior is cut at zero


def test_a_seed_means_the_same_whoever_computes(tmp_path, monkeypatch):
    monkeypatch.setattr(toys, "BLOCK", 20)
    made = Toys("texono", "mu_e", 0.1, value=1e-10, number=90, seed=5)
    serial = made.run().table()
    with ThreadPoolExecutor(2) as threads:
        np.testing.assert_array_equal(made.run(executor=threads, workers=2, blocks=2).table(), serial)
    np.testing.assert_array_equal(replace(made, number=40).run().table(), serial[:40])
    assert not np.array_equal(replace(made, seed=6).run().table(), serial)
    path = tmp_path / "toys.npy"
    made.run(path)
    path.write_bytes(path.read_bytes()[:-700])
    np.testing.assert_array_equal(made.run(path).table(), serial)
    np.testing.assert_array_equal(np.load(path), serial)
    with pytest.raises(ValueError, match="holds something else: it differs in value"):
        replace(made, value=2e-10).run(path)


def test_the_real_data_are_fitted_as_limits_does():
    """One set of pseudo-data that is the data: the same limit, best coupling and chi-square."""
    for name, coupling in (("xenon1t", "mu_mu"), ("xenonnt", "lambda_24"), ("coherent-csi+coherent-lar", "mu_mu")):
        experiment = experiments.load(name)
        likelihood = experiment.likelihood
        data = toys.PseudoData(
            likelihood.observed[np.newaxis], likelihood.sigma[np.newaxis], np.zeros((1, len(likelihood.pulls)))
        )
        template = experiment.template(coupling, 0.01)
        fits = toys.fit(likelihood, experiment.standard_model(), template, data, 3e-11, 2.705543454)
        low, high = limits.interval(experiment, coupling, 0.01)
        best = limits.best_fit(experiment, coupling, 0.01)
        np.testing.assert_allclose((fits.low[0], fits.high[0]), (low, high), rtol=1e-6)
        assert fits.minimum[0] == pytest.approx(float(best.chi2), rel=1e-9)
        assert fits.tested[0] == pytest.approx(float(experiment.chi2(coupling, 3e-11, 0.01)), rel=1e-9)


# ---------------------------------------------------------------------------------------------------------------------
# coverage and conventions, one place to count in: everything is a sum


@pytest.mark.parametrize("signal", [0.0, 2.0, 6.0])
def test_coverage_is_the_sum_over_all_counts(signal):
    test = coverage.coverage(poisson(3.0, 3.0), "mu_mu", 0.5, np.sqrt(signal), toys=4000)
    assert test.interval == pytest.approx(witness.coverage(signal, 3.0, 2.705543), abs=4 * test.interval_error)
    assert test.upper == pytest.approx(witness.upper_coverage(signal, 3.0, 2.705543), abs=4 * test.upper_error)


@pytest.mark.parametrize("observed", [3, 7])
def test_feldman_cousins_by_the_ordering_of_all_counts(observed):
    """Their own example, a background of 3: seven counts are between 0.89 and 9.53."""
    low, high = limits.interval(poisson(observed, 3.0), "mu_mu", 0.5, method="feldman-cousins", toys=800)
    expected = witness.feldman_cousins(observed, 3.0, 0.90)
    assert expected == pytest.approx({3: (0.0, 4.42), 7: (0.89, 9.53)}[observed], abs=0.02)
    # critical values of few counts jump, and here they are straight lines between nine couplings
    assert low**2 == pytest.approx(expected[0], abs=0.45)
    assert high**2 == pytest.approx(expected[1], rel=0.08)


def test_cls_is_a_ratio_of_poisson_sums():
    found = limits.upper_limit(poisson(3, 3.0), "mu_mu", 0.5, method="cls", confidence=0.95, toys=1000)
    assert found**2 == pytest.approx(witness.cls(3, 3.0, 0.95), rel=0.08)
    # many counts: Gaussian, and the asymptotic formula is exact
    many = counter(Gaussian([390.0], [20.0], {"b": [400.0]}))
    found = limits.upper_limit(many, "mu_mu", 0.5, method="cls", confidence=0.95)
    p_b = norm.cdf(0.5)  # of more than was seen
    expected = -10 + 20 * norm.isf(0.05 * (1 - p_b))
    assert found**2 == pytest.approx(expected, rel=1e-6)


def test_expected_limits_of_a_gaussian_in_closed_form():
    one = counter(Gaussian([390.0], [20.0], {"b": [400.0]}))
    asimov = conventions.expected_limit(one, "mu_mu", [0.5, 2.0], toys=0)
    thrown = conventions.expected_limit(one, "mu_mu", 0.5, toys=4000)
    step = 2.705543**0.5
    expected = [20 * (shift + step if shift > 0 else shift + np.hypot(shift, step)) for shift in (-2, -1, 0, 1, 2)]
    for band, tolerance in ((asimov, 1e-6), (thrown, 0.03)):
        ends = [band.two_sigma[0], band.one_sigma[0], band.median, band.one_sigma[1], band.two_sigma[1]]
        np.testing.assert_allclose([np.ravel(end)[0] ** 2 for end in ends], expected, rtol=2 * tolerance)
    assert np.isinf(asimov.median[1])
    # a lucky limit is cut at one standard deviation below
    lucky = counter(Gaussian([340.0], [20.0], {"b": [400.0]}))
    limit = limits.upper_limit(lucky, "mu_mu", 0.5, method="power-constrained", toys=2000)
    assert limit**2 == pytest.approx(expected[1], rel=0.04)
    assert limits.upper_limit(lucky, "mu_mu", 0.5) < limit


# ---------------------------------------------------------------------------------------------------------------------
# independent numbers


def test_the_bias_of_eq_23():
    """Found independently: the interval covers 86.2 % at the expected limit, the median limit is 12 % too strong."""
    xenon = experiments.load("xenon1t")
    poisson_one = experiments.load("xenon1t", likelihood="poisson")
    test = coverage.coverage(xenon, "mu_mu", 0.01, 3.8e-11, toys=1500)
    assert test.interval == pytest.approx(0.862, abs=4 * test.interval_error)
    fair = coverage.coverage(poisson_one, "mu_mu", 0.01, 3.8e-11, toys=1500)
    assert fair.interval == pytest.approx(0.898, abs=4 * fair.interval_error)
    at_zero = Toys(xenon, "mu_mu", 0.01, number=2000).run()
    assert np.mean(at_zero.tested - at_zero.minimum <= 2.7055) == pytest.approx(0.981, abs=0.012)
    median = float(conventions.expected_limit(poisson_one, "mu_mu", 0.01, toys=0).median)
    assert np.median(at_zero.high) / median == pytest.approx(0.88, abs=0.025)
    low, high = limits.interval(poisson_one, "mu_mu", 0.01)
    assert (low, high) == pytest.approx((3.36e-11, 6.48e-11), rel=0.005)


def test_cls_of_xenonnt():
    """Found independently: 1.75e-11 by a difference of 2.706, 2.18e-11 by CLs at the same one-sided 95 %."""
    assert limits.upper_limit("xenonnt", "mu_mu", 0.01) == pytest.approx(1.75e-11, rel=0.005)
    found = limits.upper_limit("xenonnt", "mu_mu", 0.01, method="cls", confidence=0.95)
    assert found == pytest.approx(2.18e-11, rel=0.005)


# ---------------------------------------------------------------------------------------------------------------------
# fit, impact, elsewhere


def test_goodness_of_fit_of_gaussian_data_is_the_chi_square_distribution():
    observed = 10 + np.array([1.0, -2.5, 0.3, 1.9, -0.4, 0.8])
    one = counter(Gaussian(observed, np.ones(6), {"b": np.full(6, 10.0)}))
    found = coverage.goodness_of_fit(one, toys=4000)
    assert found.chi2 == pytest.approx(np.sum((observed - 10) ** 2))
    assert found.p_value == pytest.approx(chi_squared.sf(found.chi2, 6), abs=4 * found.error)
    assert found.expected == pytest.approx(chi_squared.median(6), rel=0.05)
    floating = coverage.goodness_of_fit(one, "mu_mu", 0.5, toys=4000)
    assert floating.chi2 < found.chi2
    assert floating.expected < found.expected
    # a free normalisation takes one away, and is thrown around where the data want it
    pulled = counter(Gaussian(observed + 5, np.ones(6), {"b": np.full(6, 10.0)}, (Pull("b", np.inf, ("b",)),)))
    found = coverage.goodness_of_fit(pulled, toys=4000)
    assert found.p_value == pytest.approx(chi_squared.sf(found.chi2, 5), abs=4 * found.error)


def test_the_impact_of_a_pull_is_that_of_moved_data():
    """A background that is known to be larger by a width is data that are smaller by as much, without that width."""
    background, width = np.array([30.0, 50.0, 20.0]), 0.1
    pulls = (Pull("b", width, ("b",)), Pull("s", 0.01))
    one = counter(Gaussian([31.0, 48.0, 22.0], [5.0, 7.0, 4.0], {"b": background}, pulls))
    first, second = coverage.impacts(one, "mu_mu", 0.5)
    assert (first.pull, second.pull) == ("b", "s")
    nominal = limits.upper_limit(one, "mu_mu", 0.5)
    for moved, ratio in ((-1, first.down), (1, first.up)):
        shifted = {"b": background * (1 + moved * width)}
        same_width = Pull("b", width / (1 + moved * width), ("b",))
        other = counter(Gaussian([31.0, 48.0, 22.0], [5.0, 7.0, 4.0], shifted, (same_width, pulls[1])))
        assert limits.upper_limit(other, "mu_mu", 0.5) / nominal == pytest.approx(ratio, rel=1e-6)
    with pytest.raises(ValueError, match="sees nothing of mu_mu at 2 MeV"):
        coverage.impacts(one, "mu_mu", 2.0)


def test_elsewhere_is_nowhere_if_all_masses_are_alike():
    one = counter(Gaussian([440.0], [20.0], {"b": [400.0]}))
    found = coverage.look_elsewhere(one, "mu_mu", [0.1, 0.2, 0.3], toys=4000)
    assert found.local == pytest.approx(2.0)
    assert found.p_value == pytest.approx(norm.sf(2.0), abs=4 * found.error)
    assert coverage.joint_level(one, "mu_mu", [0.1, 0.2], 8.0, 0.3, toys=4000) == pytest.approx(2.7055, rel=0.12)


def test_the_excess_of_xenon1t_and_its_trials():
    """The mass is a second freedom: what is 3.0 standard deviations at the best mass is less anywhere."""
    xenon = experiments.load("xenon1t", likelihood="poisson")
    found = coverage.look_elsewhere(xenon, "mu_mu", [0.01, 0.15, 0.4, 0.7], toys=500)
    assert found.local == pytest.approx(2.97, abs=0.05)
    assert 1.8 < found.significance < found.local


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Toys("texono", "mu_e", 1.0, value=-1.0), "a coupling is finite and not negative, not -1.0"),
        (lambda: Toys("texono", "mu_e", 1.0, number=0), "one set of pseudo-data at least, not 0"),
        (lambda: Toys("texono", "mu_e", 1.0, nuisance="none"), "nuisance is one of prior, auxiliary, not 'none'"),
        (lambda: limits.upper_limit("texono", "mu_e", 1.0, method="bayes"), "the method of a limit is one of"),
        (lambda: limits.interval("texono", "mu_e", 1.0, method="cls"), "asymptotic or feldman-cousins, not 'cls'"),
        (lambda: limits.upper_limit("texono", "mu_e", 1.0, method="cls", dof=2), "one degree of freedom, not 2"),
        (lambda: coverage.coverage("texono", "mu_e", 50.0), "sets no limit at 50 MeV: say which coupling is true"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
