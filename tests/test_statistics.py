"""The closed-form profile, against a minimiser on the chi-square as Eq. (24) prints it."""

import copy
import pickle
from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import poisson

from companion import experiments
from companion.statistics import Gaussian, Joint, Poisson, Pull, Shift, delta_chi2

RANDOM = np.random.default_rng(24)
BINS = 12
OBSERVED = RANDOM.uniform(5, 40, BINS)
SIGMA = RANDOM.uniform(3, 9, BINS)
NEUTRONS = RANDOM.uniform(0.2, 6, BINS)
OTHER = RANDOM.uniform(0.2, 6, BINS)
SIGNALS = [RANDOM.uniform(1, 30, BINS), RANDOM.uniform(0, 0.1, BINS), RANDOM.uniform(100, 3000, BINS)]

EQ_24 = Gaussian(
    OBSERVED,
    SIGMA,
    {"neutrons": NEUTRONS},
    (Pull("a_1", 0.128), Pull("a_2", 0.25, ("neutrons",))),
)


def printed(a, signal):
    """Eq. (24), term by term."""
    total = 0.0
    for i in range(BINS):
        total += ((OBSERVED[i] - signal[i] * (1 + a[0]) - NEUTRONS[i] * (1 + a[1])) / SIGMA[i]) ** 2
    return total + (a[0] / 0.128) ** 2 + (a[1] / 0.25) ** 2


def minimum(function, start):
    """Newton on a quadratic function: numerical derivatives of it are exact up to rounding."""
    coarse = minimize(function, start, method="BFGS", options={"gtol": 1e-10})
    fine = minimize(function, coarse.x, method="Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-13, "maxiter": 4000})
    return fine.x, fine.fun


@pytest.mark.parametrize("signal", SIGNALS, ids=["ordinary", "nearly none", "far too much"])
def test_closed_form_is_the_minimum_of_the_printed_chi_square(signal):
    best, lowest = minimum(lambda a: printed(a, signal), [0.0, 0.0])
    assert EQ_24.chi2(signal) == pytest.approx(lowest, rel=1e-9, abs=0)
    pulls = EQ_24.best_pulls(signal)
    assert list(pulls) == ["a_1", "a_2"]
    np.testing.assert_allclose([pulls["a_1"], pulls["a_2"]], best, atol=1e-6)
    # the found pulls give the found chi-square, and every step away from them costs
    at = np.array([pulls["a_1"], pulls["a_2"]])
    assert printed(at, signal) == pytest.approx(float(EQ_24.chi2(signal)), rel=1e-12, abs=0)
    for step in ([1e-3, 0], [-1e-3, 0], [0, 1e-3], [0, -1e-3]):
        assert printed(at + step, signal) > printed(at, signal)


def test_profile_is_the_generalised_chi_square():
    """Profiling linear pulls is the covariance sigma^2 + sum_k s_k^2 t_k t_k^T: another road to the same number."""
    for signal in SIGNALS:
        covariance = np.diag(SIGMA**2) + 0.128**2 * np.outer(signal, signal) + 0.25**2 * np.outer(NEUTRONS, NEUTRONS)
        residual = OBSERVED - signal - NEUTRONS
        assert EQ_24.chi2(signal) == pytest.approx(residual @ np.linalg.solve(covariance, residual), rel=1e-10, abs=0)


def test_a_pull_can_scale_several_templates_and_a_template_have_several_pulls():
    likelihood = Gaussian(
        OBSERVED,
        SIGMA,
        {"neutrons": NEUTRONS, "other": OTHER},
        (Pull("flux", 0.1, ("signal", "other")), Pull("yield", 0.05), Pull("rate", 0.3, ("neutrons", "other"))),
    )
    signal = SIGNALS[0]

    def by_hand(a):
        flux, light, rate = a
        expectation = signal * (1 + flux + light) + NEUTRONS * (1 + rate) + OTHER * (1 + flux + rate)
        penalty = (flux / 0.1) ** 2 + (light / 0.05) ** 2 + (rate / 0.3) ** 2
        return np.sum(((OBSERVED - expectation) / SIGMA) ** 2) + penalty

    best, lowest = minimum(by_hand, [0.0, 0.0, 0.0])
    assert likelihood.chi2(signal) == pytest.approx(lowest, rel=1e-9, abs=0)
    pulls = likelihood.best_pulls(signal)
    np.testing.assert_allclose([pulls[name] for name in ("flux", "yield", "rate")], best, atol=1e-6)


def test_without_pulls():
    plain = Gaussian(OBSERVED, SIGMA, {"neutrons": NEUTRONS})
    expected = sum(((OBSERVED[i] - SIGNALS[0][i] - NEUTRONS[i]) / SIGMA[i]) ** 2 for i in range(BINS))
    assert plain.chi2(SIGNALS[0]) == pytest.approx(expected, rel=1e-13, abs=0)
    assert plain.best_pulls(SIGNALS[0]) == {}


def test_without_backgrounds():
    bare = Gaussian(OBSERVED, SIGMA, {}, (Pull("a", 0.1),))
    assert bare.chi2(OBSERVED) == pytest.approx(0, abs=1e-20)
    residual, signal = OBSERVED - SIGNALS[0], SIGNALS[0]
    weight = np.sum((signal / SIGMA) ** 2) + 100
    expected = np.sum((residual / SIGMA) ** 2) - np.sum(signal * residual / SIGMA**2) ** 2 / weight
    assert bare.chi2(SIGNALS[0]) == pytest.approx(expected, rel=1e-12, abs=0)
    assert Gaussian(OBSERVED, SIGMA, {}).chi2(OBSERVED) == 0


@pytest.mark.parametrize("size", [1e3, 1e6, 1e9])
def test_a_signal_far_too_large_is_still_judged_correctly(size):
    """The pull takes all of it back: the chi-square levels off at (1/0.128)^2 and the misfit of the data alone.

    A limit scans signals up to 1e6 times one standard deviation.  What is left is a difference of numbers ``size``
    times larger, so double precision keeps it to about ``size`` times 1e-16.
    """
    tolerance = max(1e-11, 1e-15 * size)
    signal = size * SIGNALS[0]
    with mp.workdps(60):
        matrix = mp.matrix(BINS, BINS)
        for i in range(BINS):
            for j in range(BINS):
                matrix[i, j] = mp.mpf("0.128") ** 2 * mp.mpf(signal[i]) * mp.mpf(signal[j])
                matrix[i, j] += mp.mpf("0.25") ** 2 * mp.mpf(NEUTRONS[i]) * mp.mpf(NEUTRONS[j])
            matrix[i, i] += mp.mpf(SIGMA[i]) ** 2
        residual = mp.matrix([mp.mpf(OBSERVED[i]) - mp.mpf(signal[i]) - mp.mpf(NEUTRONS[i]) for i in range(BINS)])
        exact = float((residual.T * mp.lu_solve(matrix, residual))[0])
    assert EQ_24.chi2(signal) == pytest.approx(exact, rel=tolerance, abs=0)


def test_free_and_frozen_pulls():
    """A tight pull is no pull; a wide one lets the signal float."""
    plain = Gaussian(OBSERVED, SIGMA, {}).chi2(SIGNALS[0])
    tight = Gaussian(OBSERVED, SIGMA, {}, (Pull("a", 1e-6),)).chi2(SIGNALS[0])
    assert tight == pytest.approx(plain, rel=1e-8, abs=0)
    scale = np.sum(OBSERVED * SIGNALS[0] / SIGMA**2) / np.sum((SIGNALS[0] / SIGMA) ** 2)
    floating = np.sum(((OBSERVED - scale * SIGNALS[0]) / SIGMA) ** 2)
    assert Gaussian(OBSERVED, SIGMA, {}, (Pull("a", 1e6),)).chi2(SIGNALS[0]) == pytest.approx(floating, rel=1e-8, abs=0)


def test_signals_broadcast():
    many = np.stack([np.stack(SIGNALS), 2 * np.stack(SIGNALS)])
    found = EQ_24.chi2(many)
    assert found.shape == (2, 3)
    assert EQ_24.best_pulls(many)["a_1"].shape == (2, 3)
    assert found[1, 2] == pytest.approx(float(EQ_24.chi2(2 * SIGNALS[2])), rel=1e-12, abs=0)
    assert Gaussian(OBSERVED, SIGMA, {"neutrons": NEUTRONS}).chi2(many).shape == (2, 3)
    assert np.all(found >= 0)


@pytest.mark.parametrize(
    ("confidence", "dof", "value"),
    [(0.90, 1, 2.7055), (0.90, 2, 4.6052), (0.95, 1, 3.8415), (0.6827, 1, 1.0000), (0.99, 2, 9.2103)],
)
def test_delta_chi2(confidence, dof, value):
    assert delta_chi2(confidence, dof) == pytest.approx(value, abs=6e-5)
    assert delta_chi2() == delta_chi2(0.90, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 1), "a confidence level lies between 0 and 1, not at 0.0"),
        ((1.0, 1), "a confidence level lies between 0 and 1"),
        ((90, 1), "a confidence level lies between 0 and 1, not at 90"),
        ((float("nan"), 1), "a confidence level lies between 0 and 1"),
        ((0.9, 0), "one or two degrees of freedom, not 0"),
        ((0.9, 3), "one or two degrees of freedom, not 3"),
    ],
)
def test_impossible_confidence_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        delta_chi2(*arguments)


@pytest.mark.parametrize("width", [0.0, -0.1, float("nan")])
def test_a_pull_without_a_width_is_refused(width):
    with pytest.raises(ValueError, match="the pull 'flux' needs a positive width"):
        Pull("flux", width)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sigma": SIGMA * np.r_[0, np.ones(BINS - 1)]}, "every bin needs a positive error"),
        ({"sigma": SIGMA * np.r_[np.nan, np.ones(BINS - 1)]}, r"errors\[0\] has no number"),
        ({"observed": np.r_[OBSERVED[:-1], np.nan]}, r"data\[11\] has no number"),
        ({"backgrounds": {"neutrons": NEUTRONS * np.inf}}, r"background \'neutrons\'\[0\] is infinite"),
        ({"observed": "many"}, "data must be numbers"),
        ({"pulls": (Pull("a", 0.1), Pull("a", 0.2))}, "there are two pulls of the name 'a'"),
        ({"backgrounds": {"neutrons": NEUTRONS[:-1]}}, r"background 'neutrons' has \(11,\) bins, the data \(12,\)"),
        ({"pulls": (Pull("a", 0.1, ("muons",)),)}, "the pull 'a' scales 'muons'; there are neutrons, signal"),
    ],
)
def test_inconsistent_likelihoods_are_refused(changes, message):
    settings = {"observed": OBSERVED, "sigma": SIGMA, "backgrounds": {"neutrons": NEUTRONS}, "pulls": ()}
    with pytest.raises(ValueError, match=message):
        Gaussian(**(settings | changes))


# ---------------------------------------------------------------------------------------------------------------------
# Poisson, and several data sets as one

COUNTS = np.array([0, 3, 7, 12, 9, 4, 0, 1, 15, 2, 6, 8], float)
RARE = Poisson(COUNTS, {"neutrons": NEUTRONS}, (Pull("a", 0.1), Pull("b", 0.25, ("neutrons",))))
WEAK = [RANDOM.uniform(0.5, 8, BINS), RANDOM.uniform(0, 1e-3, BINS), RANDOM.uniform(50, 400, BINS)]


def deviance(a, signal):
    """The Poisson likelihood ratio as its definition, a difference of logarithms of probabilities."""
    expected = signal * (1 + a[0]) + NEUTRONS * (1 + a[1])
    if np.any(expected <= 0):
        return np.inf
    ratio = poisson.logpmf(COUNTS, COUNTS) - poisson.logpmf(COUNTS, expected)
    return 2 * ratio.sum() + (a[0] / 0.1) ** 2 + (a[1] / 0.25) ** 2


@pytest.mark.parametrize("signal", WEAK, ids=["ordinary", "nearly none", "far too much"])
def test_poisson_profile_is_the_minimum_of_its_definition(signal):
    options = {"xatol": 1e-10, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000}
    found = minimize(deviance, [0.0, 0.0], args=(signal,), method="Nelder-Mead", options=options)
    assert RARE.chi2(signal) == pytest.approx(found.fun, rel=1e-9, abs=0)
    pulls = RARE.best_pulls(signal)
    np.testing.assert_allclose([pulls["a"], pulls["b"]], found.x, atol=1e-5)


def test_poisson_of_many_signals_and_without_pulls():
    many = np.stack([np.stack(WEAK), 2 * np.stack(WEAK)])
    found = RARE.chi2(many)
    assert found.shape == (2, 3)
    assert found[1, 0] == pytest.approx(float(RARE.chi2(2 * WEAK[0])), rel=1e-11, abs=0)
    plain = Poisson(COUNTS, {"neutrons": NEUTRONS})
    ratio = poisson.logpmf(COUNTS, COUNTS) - poisson.logpmf(COUNTS, WEAK[0] + NEUTRONS)
    assert plain.chi2(WEAK[0]) == pytest.approx(2 * ratio.sum(), rel=1e-12, abs=0)
    assert Poisson(COUNTS, {}).chi2(COUNTS) == 0


def test_poisson_of_many_counts_is_gaussian():
    expected = RANDOM.uniform(1e6, 2e6, BINS)
    counts = np.round(expected + 3 * np.sqrt(expected) * RANDOM.normal(size=BINS))
    pulls = (Pull("a", 0.01),)
    gaussian = Gaussian(counts, np.sqrt(expected), {}, pulls).chi2(expected)
    assert Poisson(counts, {}, pulls).chi2(expected) == pytest.approx(float(gaussian), rel=5e-3)


def test_a_joint_likelihood_is_minimised_over_what_its_parts_share():
    first = Gaussian(OBSERVED, SIGMA, {"neutrons": NEUTRONS}, (Pull("x", 0.128, shared=("flux", 0.1)),))
    second = Poisson(COUNTS, {"other": OTHER}, (Pull("y", 0.134, shared=("flux", 0.1)), Pull("z", 0.3, ("other",))))
    joint = Joint((first, second))
    assert [pull.name for pull in joint.pulls] == ["flux", "x", "y", "z"]
    signals = SIGNALS[0], WEAK[0]

    def by_hand(a):
        flux, x, y, z = a
        gaussian = np.sum(((OBSERVED - signals[0] * (1 + flux + x) - NEUTRONS) / SIGMA) ** 2)
        expected = signals[1] * (1 + flux + y) + OTHER * (1 + z)
        ratio = poisson.logpmf(COUNTS, COUNTS) - poisson.logpmf(COUNTS, expected)
        widths = np.array([0.1, np.sqrt(0.128**2 - 0.01), np.sqrt(0.134**2 - 0.01), 0.3])
        return gaussian + 2 * ratio.sum() + np.sum((np.asarray(a) / widths) ** 2)

    best, lowest = minimum(by_hand, np.zeros(4))
    assert joint.chi2(np.concatenate(signals)) == pytest.approx(lowest, rel=1e-8, abs=0)
    pulls = joint.best_pulls(np.concatenate(signals))
    np.testing.assert_allclose(list(pulls.values()), best, atol=1e-5)
    apart = first.chi2(signals[0]) + second.chi2(signals[1])
    assert joint.chi2(np.concatenate(signals)) > apart, "what is shared cannot fit both as well as one each"


def test_a_joint_likelihood_of_one_or_of_strangers_is_their_sum():
    split = Gaussian(OBSERVED, SIGMA, {"neutrons": NEUTRONS}, (Pull("a_1", 0.128, shared=("flux", 0.1)),))
    whole = Gaussian(OBSERVED, SIGMA, {"neutrons": NEUTRONS}, (Pull("a_1", 0.128),))
    assert Joint((split,)).chi2(SIGNALS[0]) == pytest.approx(float(whole.chi2(SIGNALS[0])), rel=1e-12, abs=0)
    both = Joint((EQ_24, RARE))
    together = both.chi2(np.stack([np.r_[SIGNALS[0], WEAK[0]], np.r_[SIGNALS[1], WEAK[2]]]))
    apart = [EQ_24.chi2(SIGNALS[0]) + RARE.chi2(WEAK[0]), EQ_24.chi2(SIGNALS[1]) + RARE.chi2(WEAK[2])]
    np.testing.assert_allclose(together, apart, rtol=1e-9)
    np.testing.assert_array_equal(both.sigma, np.r_[SIGMA, RARE.sigma])
    nested = Joint((both, whole))
    signal = np.r_[SIGNALS[0], WEAK[0], SIGNALS[0]]
    assert [p.name for p in nested.pulls] == ["a_1", "a_2", "a", "b"]
    assert nested.chi2(signal) == pytest.approx(float(Joint((EQ_24, RARE, whole)).chi2(signal)), rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Poisson(-COUNTS, {}), r"counts\[1\] must not be negative"),
        (lambda: Poisson(COUNTS, {"neutrons": NEUTRONS[:-1]}), r"background 'neutrons' has \(11,\) bins"),
        (lambda: Joint(()), "a joint likelihood needs at least one part"),
        (
            lambda: Joint((EQ_24, Gaussian(OBSERVED, SIGMA, {}, (Pull("a_1", 0.1),)))),
            "the shared pull 'a_1' has the widths 0.128 and 0.1",
        ),
        (lambda: Pull("a", 0.1, shared=("flux", 0.2)), "the shared part of the pull 'a' has a width of 0.2"),
        (lambda: EQ_24.chi2(OBSERVED[:-1]), r"a signal of \(11,\) bins does not fit data of \(12,\)"),
    ],
)
def test_impossible_data_sets_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# ---------------------------------------------------------------------------------------------------------------------
# shapes and shifts

RATES = np.array([4.0, 9.0, 16.0, 12.0, 5.0, 2.0])
SEEN = np.array([2.0, 6.0, 15.0, 18.0, 9.0, 3.0])
FLAT = np.full(6, 1.5)
TILT = np.array([-0.2, -0.1, 0.0, 0.1, 0.2, 0.4])
PULLS = (Pull("size", 0.2), Pull("tilt", 1.0, shape=TILT), Pull("flat", 0.5, ("flat",)))


class Later:
    """From bin to bin, smoothly and not linearly in t."""

    def __call__(self, signal, t):
        part = np.tanh(np.asarray(t))[:, np.newaxis]
        later = np.roll(signal, 1, axis=-1) - signal
        return signal + part * later, (1 - part**2) * later, -2 * part * (1 - part**2) * later


def shifted(signal, size, tilt, flat, t=None):
    expected = signal if t is None else Later()(signal[np.newaxis], np.array([t]))[0][0]
    expected = expected * (1 + size + TILT * tilt) + FLAT * (1 + flat)
    deviance = 2 * np.sum(expected - SEEN + SEEN * np.log(SEEN / expected))
    return deviance + (size / 0.2) ** 2 + tilt**2 + (flat / 0.5) ** 2 + (0 if t is None else (t / 0.4) ** 2)


SHAPED = Poisson(SEEN, {"flat": FLAT}, PULLS)
MOVING = Poisson(SEEN, {"flat": FLAT}, (*PULLS, Pull("late", 0.4)), Shift("late", Later()))


@pytest.mark.parametrize("factor", [0.2, 1.0, 1.7])
@pytest.mark.parametrize(("likelihood", "number"), [(SHAPED, 3), (MOVING, 4)], ids=["shaped", "moving"])
def test_shapes_and_shifts_are_minimised(likelihood, number, factor):
    signal = factor * RATES
    found = minimize(lambda p: shifted(signal, *p), np.zeros(number), method="Nelder-Mead",
                     options={"xatol": 1e-8, "fatol": 1e-12, "maxfev": 20000})  # fmt: skip
    assert float(likelihood.chi2(signal)) == pytest.approx(found.fun, rel=1e-7, abs=0)
    values = [float(value) for value in likelihood.best_pulls(signal).values()]
    assert values == pytest.approx(list(found.x), abs=1e-4)
    # and many at once, as many as it pleases
    many = np.stack([signal, 0.5 * signal, signal])
    np.testing.assert_allclose(likelihood.chi2(many)[[0, 2]], found.fun, rtol=1e-7)


def test_a_shift_stays_within_its_reach():
    near = replace(MOVING, shift=Shift("late", Later(), reach=0.1))
    assert float(near.best_pulls(RATES)["late"]) == pytest.approx(0.1, abs=1e-12)
    found = minimize(lambda p: shifted(RATES, *p, 0.1), np.zeros(3), method="Nelder-Mead",
                     options={"xatol": 1e-8, "fatol": 1e-12})  # fmt: skip
    assert float(near.chi2(RATES)) == pytest.approx(found.fun, rel=1e-7, abs=0)


def test_a_shift_is_exact_in_a_joint_likelihood():
    """Two data sets with a shift each and a flux in common, against one minimisation over everything."""
    first = replace(MOVING, pulls=(Pull("size", 0.2, shared=("flux", 0.15)), *MOVING.pulls[1:]))
    second = Poisson(
        SEEN[::-1],
        {"b": FLAT},
        (Pull("other", 0.3, shared=("flux", 0.15)), Pull("early", 0.2)),
        Shift("early", Later()),
    )
    joint = first + second

    def by_hand(a):
        flux, size, tilt, flat, late, other, early = a
        one = Later()(RATES[np.newaxis], np.array([late]))[0][0] * (1 + flux + size + TILT * tilt) + FLAT * (1 + flat)
        two = Later()(2 * RATES[np.newaxis], np.array([early]))[0][0] * (1 + flux + other) + FLAT
        total = 0.0
        if min(one.min(), two.min()) <= 0:
            return 1e10
        for expected, seen in ((one, SEEN), (two, SEEN[::-1])):
            total += 2 * np.sum(expected - seen + seen * np.log(seen / expected))
        widths = [0.15, np.sqrt(0.2**2 - 0.15**2), 1.0, 0.5, 0.4, np.sqrt(0.3**2 - 0.15**2), 0.2]
        return total + np.sum((np.asarray(a) / widths) ** 2)

    _, lowest = minimum(by_hand, np.zeros(7))
    signal = np.r_[RATES, 2 * RATES]
    assert float(joint.chi2(signal)) == pytest.approx(lowest, rel=1e-8, abs=0)
    pulls = {name: float(value) for name, value in joint.best_pulls(signal).items()}
    assert joint.deviance(signal, pulls) == pytest.approx(float(joint.chi2(signal)), rel=1e-10)


@pytest.mark.parametrize("likelihood", [EQ_24, RARE, SHAPED, MOVING], ids=["Gaussian", "Poisson", "shaped", "moving"])
def test_derivatives_by_the_pulls_are_those_of_the_value(likelihood):
    """Gradient and Hessian of the deviance against differences of its value."""
    signal = np.linspace(2, 9, len(likelihood.observed))[np.newaxis]
    size = len(likelihood.pulls)
    at = 0.05 * np.arange(1, size + 1)[np.newaxis]

    def value(pulls):
        return likelihood.terms(signal, pulls, likelihood.observed[np.newaxis], None)[0][0]

    _, gradient, hessian, _ = likelihood.terms(signal, at, likelihood.observed[np.newaxis], None)
    step = 1e-4 * np.eye(size)
    for k in range(size):
        slope = (value(at + step[k]) - value(at - step[k])) / 2e-4
        assert gradient[0, k] == pytest.approx(slope, rel=1e-5, abs=1e-5)
        for m in range(size):
            corners = [value(at + s * step[k] + t * step[m]) * s * t for s in (1, -1) for t in (1, -1)]
            assert hessian[0, k, m] == pytest.approx(sum(corners) / 4e-8, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(
    "likelihood", [EQ_24, RARE, MOVING, EQ_24 + RARE], ids=["Gaussian", "Poisson", "moving", "joint"]
)
def test_the_profile_grows_along_a_template_as_its_derivative_says(likelihood):
    bins = len(likelihood.observed)
    signal, template = np.linspace(3, 8, bins), np.linspace(1, 2, bins) ** 2
    profile = likelihood.profile(signal)
    slope = likelihood.derivative(signal, profile.pulls, template)
    up, down = (float(likelihood.chi2(signal + sign * 1e-4 * template)) for sign in (1, -1))
    assert float(slope) == pytest.approx((up - down) / 2e-4, rel=1e-5)
    many = likelihood.derivative(np.stack([signal, signal]), np.stack([profile.pulls] * 2), template)
    np.testing.assert_allclose(many, [slope, slope], rtol=1e-12)


def test_other_data_for_each_signal():
    """Pseudo-data go along with their signals: the same as one likelihood for each."""
    data = np.stack([COUNTS, COUNTS[::-1]])
    signals = np.stack([WEAK[0], WEAK[0]])
    centres = np.array([[0.0, 0.0], [0.03, -0.1]])
    together = RARE.profile(signals, observed=data, centres=centres)
    assert together.value[0] == pytest.approx(float(RARE.chi2(WEAK[0])), rel=1e-9)
    other = RARE.with_observed(COUNTS[::-1])

    def thrown(a):
        widths = np.array([0.1, 0.25])
        priors = np.sum(((a - centres[1]) / widths) ** 2) - np.sum((a / widths) ** 2)
        return float(other.deviance(WEAK[0], a)) + priors

    best = minimize(thrown, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})
    assert together.value[1] == pytest.approx(best.fun, rel=1e-8)


def test_deviance_and_expectation_at_given_pulls():
    signal = WEAK[0]
    expected = signal * 1.05 + NEUTRONS * 0.9
    np.testing.assert_allclose(RARE.expected(signal, {"a": 0.05, "b": -0.1}), expected, rtol=1e-14)
    assert RARE.deviance(signal, [0.05, -0.1]) == pytest.approx(deviance([0.05, -0.1], signal), rel=1e-12)
    assert RARE.expected(np.stack(WEAK)).shape == (3, BINS)
    with pytest.raises(ValueError, match="no pull 'c'; there are a, b"):
        RARE.deviance(signal, {"c": 1.0})


@pytest.mark.parametrize("size", 10.0 ** np.arange(0, 37, 4))
def test_poisson_answers_for_every_finite_signal(size):
    """Up to the announced 1e6 mu_B, a signal of 1e34 times the counts: the pull on it takes all of it back."""
    likelihood = Poisson(COUNTS, {"neutrons": NEUTRONS}, (Pull("a", 0.03), Pull("b", 0.1, ("neutrons",))))
    value = float(likelihood.chi2(size * WEAK[0]))
    if size < 100:
        return
    # the signal switched off: its pull at -1, the rest of the fit free
    alone = Poisson(COUNTS, {"neutrons": NEUTRONS}, (Pull("b", 0.1, ("neutrons",)),))

    def left(y):
        return float(alone.chi2(y * WEAK[0])) + ((y / size - 1) / 0.03) ** 2

    lowest = minimize_scalar(left, bounds=(-0.5, 5.0), method="bounded", options={"xatol": 1e-10})
    assert value == pytest.approx(lowest.fun, rel=3e-6)


def test_poisson_answers_for_many_counts():
    likelihood = Poisson(
        np.array([10129453.0, 8583964.0]),
        {"b": np.array([10126140.0, 8584156.0])},
        (Pull("s", 0.1), Pull("b", 0.1, ("b",))),
    )
    signal = np.array([694.0, 639.0])
    best = minimize(lambda a: likelihood.deviance(signal, a), [0.0, 0.0], method="Nelder-Mead",
                    options={"xatol": 1e-11, "fatol": 1e-11, "maxiter": 4000})  # fmt: skip
    assert float(likelihood.chi2(signal)) == pytest.approx(best.fun, rel=1e-6)
    huge = Poisson(np.full(5, 1e12), {"b": np.full(5, 1e12 - 2e6)}, (Pull("b", 1e-3, ("b",)), Pull("s", 0.1)))
    # one number for all bins: the signal alone could make it up, and the background does nearly all of it
    assert 0 <= float(huge.chi2(np.full(5, 1e6))) < 5 * (1e6) ** 2 / 1e12


@pytest.mark.parametrize("likelihood", [EQ_24, MOVING, EQ_24 + MOVING], ids=["Gaussian", "moving", "joint"])
def test_likelihoods_are_values(likelihood):
    again = pickle.loads(pickle.dumps(likelihood))
    signal = np.linspace(2, 9, len(likelihood.observed))
    assert again.chi2(signal) == likelihood.chi2(signal)
    assert copy.deepcopy(likelihood).chi2(signal) == likelihood.chi2(signal)
    with pytest.raises(TypeError):
        likelihood + 1


def test_a_free_pull_has_no_prior():
    free = Gaussian(OBSERVED, SIGMA, {}, (Pull("a", np.inf),))
    scale = np.sum(OBSERVED * SIGNALS[0] / SIGMA**2) / np.sum((SIGNALS[0] / SIGMA) ** 2)
    floating = np.sum(((OBSERVED - scale * SIGNALS[0]) / SIGMA) ** 2)
    assert free.chi2(SIGNALS[0]) == pytest.approx(floating, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: replace(SHAPED, pulls=(Pull("tilt", 1.0, shape=TILT[1:]),)),
            r"the shape of 'tilt' has \(5,\) bins, the data \(6,\)",
        ),
        (lambda: Pull("tilt", 1.0, shape=np.r_[TILT[1:], np.nan]), "the shape of the pull 'tilt' holds a number"),
        (lambda: replace(MOVING, shift=Shift("flat", Later())), "moves by one pull on the signal, not by 'flat'"),
        (lambda: replace(MOVING, shift=Shift("none", Later())), "moves by one pull on the signal, not by 'none'"),
        (lambda: MOVING.chi2(np.ones(5)), r"a signal of \(5,\) bins does not fit data of \(6,\)"),
        (lambda: MOVING.chi2(np.full(6, np.nan)), "a signal must be finite in every bin"),
        (lambda: Pull("a", 0.1, "signal"), "the templates of the pull 'a' are a tuple of names"),
    ],
)
def test_impossible_shapes_and_shifts_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_pulls_gain_nothing_from_expectations_below_zero():
    """A background of five events in an empty bin, as uncertain as itself: best is none of it, not minus twenty."""
    empty = Poisson(np.zeros(1), {"b": np.full(1, 5.0)}, (Pull("a", 1.0, ("b",)),))
    assert empty.chi2(np.zeros(1)) == pytest.approx(1.0, abs=2e-3)
    assert float(empty.best_pulls(np.zeros(1))["a"]) == pytest.approx(-1.0, abs=2e-3)


@pytest.mark.parametrize("name", ["coherent-csi-2021", "xenonnt-b8", "coherent-lar"])
@pytest.mark.parametrize("few", [0, 10**9])
def test_derivatives_by_pulls_bin_by_bin_however_many_signals_there_are(name, few, monkeypatch):
    """Sums over bins written out, for signals so few that everything is held and so many that nothing is."""
    monkeypatch.setattr("companion.statistics.binned.FEW", few)
    experiment = experiments.load(name)
    likelihood, random = experiment.likelihood, np.random.default_rng(5)
    signal = experiment.standard_model() * random.uniform(0.5, 3.0, (2, 1))
    pulls = random.normal(size=(2, len(likelihood.pulls))) * 0.1 * [pull.sigma for pull in likelihood.pulls]
    data = np.broadcast_to(likelihood.observed, signal.shape)
    _, gradient, _, convex = likelihood.terms(signal, pulls, data, None)
    expected = likelihood.expected(signal, pulls)
    poisson_like = isinstance(likelihood, Poisson)
    first = 2 * (1 - data / expected) if poisson_like else 2 * (expected - data) / likelihood.sigma**2
    second = 2 * data / expected**2 if poisson_like else 2 / likelihood.sigma**2 + 0 * data
    for row in range(2):
        change = []
        for k in range(len(likelihood.pulls)):
            up, down = (likelihood.expected(signal[row], at(pulls[row], k, step)) for step in (1e-4, -1e-4))
            change.append((up - down) / 2e-4)
        change = np.array(change)
        np.testing.assert_allclose(gradient[row], change @ first[row], rtol=1e-5, atol=1e-7 * np.abs(gradient).max())
        wanted = np.einsum("kb,lb,b->kl", change, change, second[row])
        np.testing.assert_allclose(convex[row], wanted, rtol=1e-5, atol=1e-7 * wanted.max())


def at(pulls, k, step):
    """Pulls with one of them moved."""
    moved = np.array(pulls)
    moved[k] += step
    return moved


def test_what_shares_no_pull_adds_up():
    one, other, third = (
        EQ_24,
        Gaussian(OBSERVED, SIGMA, {}, (Pull("b", 0.1),)),
        Gaussian(OBSERVED, SIGMA, {}, (Pull("a_1", 0.128),)),
    )
    joint = Joint((one, other, third))
    signal = np.concatenate(SIGNALS)
    pieces = joint.apart
    assert [sorted(pull.name for pull in likelihood.pulls) for likelihood, _ in pieces] == [["a_1", "a_2"], ["b"]]
    assert sorted(np.concatenate([bins for _, bins in pieces])) == list(range(3 * BINS))
    total = sum(likelihood.chi2(signal[bins]) for likelihood, bins in pieces)
    assert total == pytest.approx(float(joint.chi2(signal)), rel=1e-12)


@pytest.mark.parametrize("seen", [0.0, 1e-309, 1e-300, 0.3, 1.0, 7.0, 5e9, 1e16])
@pytest.mark.parametrize("expected", [1e-3, 1e-2, 0.7, 1.0, 6.9, 1e4, 1e10, 1e16])
def test_the_deviance_of_a_bin_however_large_or_small(seen, expected):
    likelihood = Poisson([seen, 1.0], {})
    with mp.workdps(60):
        n, e = mp.mpf(seen), mp.mpf(expected)
        exact = 2 * (e - n + (n * mp.log(n / e) if n else 0))
        scale = mp.sqrt(mp.mpf(2.0) * max(n, e)) * mp.mpf(2) ** -50
    assert abs(float(likelihood.chi2([expected, 1.0])) - exact) <= 1e-13 * exact + scale


def test_many_pulls_and_few_signals_hold_no_products_of_pulls():
    bins = 200
    pulls = tuple(Pull(f"p{k}", 0.1, shape=np.eye(bins)[k]) for k in range(bins))
    likelihood = Poisson(np.full(bins, 9.0), {}, pulls)
    likelihood.chi2(np.full(bins, 8.0))
    assert "_products" not in vars(likelihood)
