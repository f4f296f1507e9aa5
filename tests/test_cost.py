"""Cost functions: iminuit and emcee, which share no code with this package, find the same limits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from companion import experiments, limits
from companion.cost import cost
from companion.couplings import Effective, Mixing, Moments

LEVEL = 2.705543454095404
UNIT = 1e-10


@pytest.fixture(scope="module")
def iminuit():
    return pytest.importorskip("iminuit", reason="iminuit is not installed: pip install .[tools]")


@pytest.fixture(scope="module")
def emcee():
    return pytest.importorskip("emcee", reason="emcee is not installed: pip install .[tools]")


def upper_end(iminuit, function, name, start):
    """Largest value of a parameter inside the 90 % interval, with all other parameters free."""
    minuit = iminuit.Minuit(function, **{**function.start, name: start})
    minuit.strategy = 2
    minuit.migrad()
    assert minuit.valid
    minuit.minos(name, cl=0.90)
    return minuit.values[name] + minuit.merrors[name].upper


def differences(function, x, relative=1e-5):
    steps = relative * np.maximum(np.abs(x), 0.1) * np.eye(len(x))
    return np.array([(function(*(x + h)) - function(*(x - h))) / (2 * h.max()) for h in steps])


CASES = {
    "one coupling": (("coherent-csi", "mu_mu", 1.0), {}),
    "its pulls": (("xenonnt", "lambda_14", 0.01), {"pulls": "free"}),
    "moduli": (("coherent-csi", "lambda", 1.0), {}),
    "moduli, mixing and pulls": (("coherent-lar", "lambda", 1.0), {"pulls": "free", "free": ["theta_23", "theta_14"]}),
    "real and imaginary parts": (("coherent-csi", "lambda", 1.0), {"form": "cartesian", "free": ["delta"]}),
    "mass eigenstates": (("xenonnt", "lambda", 0.01), {"form": "cartesian", "unit": 1e-11}),
    "an angle": (("pandax-4t", "mu_mu", 0.01), {"free": ["theta_23"], "unit": 1e-11}),
    "a moving signal": (("coherent-csi-2021", "mu_mu", 1.0), {"pulls": "free"}),
    "shared pulls": (("coherent-csi+coherent-lar", "mu_mu", 1.0), {"pulls": "free"}),
    "an interference": (("coherent-csi", Effective("mu", 0.1), 1.0), {}),
    "beams of two kinds": (("coherent-csi+xenon1t", "lambda", 0.1), {"unit": 1e-11}),
}


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_differences(case):
    given, options = CASES[case]
    function = cost(*given, **options)
    x = np.array(list(function.start.values())) + np.random.default_rng(1).uniform(0.02, 0.2, function.npar)
    np.testing.assert_allclose(function.grad(*x), differences(function, x), rtol=1e-5, atol=1e-6)


def test_the_value_is_the_chi_square_of_the_experiment():
    csi = experiments.load("coherent-csi")
    assert csi.cost("mu_mu", 1.0)(25.0) == pytest.approx(float(csi.chi2("mu_mu", 25 * UNIT, 1.0)), rel=1e-12)
    vector, mixing = np.array([1, 2j, -3]), Mixing(phases={"delta": 1.0})
    three = csi.cost("lambda", 1.0, form="cartesian", mixing=mixing)
    expected = float(csi.chi2(Moments(vector, mixing=mixing), 5 * UNIT, 1.0))
    assert three(*(5 * vector.real), *(5 * vector.imag)) == pytest.approx(expected, rel=1e-12)
    moduli = csi.cost("lambda", 1.0, free=["delta"])
    assert moduli(5.0, 10.0, 15.0, 0.0, np.pi / 2, np.pi, 1.0) == pytest.approx(expected, rel=1e-12)


def test_free_pulls_lie_above_the_profile_and_touch_it():
    csi = experiments.load("coherent-csi")
    profiled, free = csi.cost("mu_mu", 1.0), csi.cost("mu_mu", 1.0, pulls="free")
    best = csi.likelihood.best_pulls(csi.expected("mu_mu", 20 * UNIT, 1.0))
    pulls = [float(best[name]) for name in free.parameters[1:]]
    assert free(20.0, *pulls) == pytest.approx(profiled(20.0), rel=1e-12)
    assert free(20.0, *(1.1 * np.array(pulls))) > profiled(20.0)
    np.testing.assert_allclose(free.grad(20.0, *pulls)[1:], 0, atol=1e-8)


def test_many_points_at_a_time():
    function = cost("coherent-lar", "lambda", 1.0, free=["theta_14"])
    points = np.random.default_rng(2).uniform(0.1, 1.0, (3, 4, function.npar))
    one_by_one = [[function(*x) for x in row] for row in points]
    np.testing.assert_allclose(function.chi2(points), one_by_one, rtol=1e-12)
    points[0, 0, 0] = -1.0
    posterior = function.log_probability(points)
    assert posterior[0, 0] == -np.inf
    np.testing.assert_allclose(posterior[1:], np.array(one_by_one)[1:] / -2, rtol=1e-12)


@pytest.mark.parametrize("pulls", ["profiled", "free"])
@pytest.mark.parametrize(
    ("name", "coupling", "mass"),
    [("coherent-csi", "mu_mu", 1.0), ("xenonnt", "mu_e", 0.01), ("coherent-csi+coherent-lar", "mu_mu", 1.0)],
)
def test_iminuit_finds_the_limit(name, coupling, mass, pulls, iminuit):
    limit = float(limits.upper_limit(name, coupling, mass))
    function = cost(name, coupling, mass, pulls=pulls)
    found = UNIT * upper_end(iminuit, function, coupling, 0.5 * limit / UNIT)
    assert found == pytest.approx(limit, rel=1e-3)


def test_iminuit_finds_the_limit_with_all_else_free(iminuit):
    """Mass eigenstates do not interfere: the phases are left alone, the other two moments go where they fit best."""
    from companion import phases

    function = cost("xenonnt", "lambda", 0.01, form="cartesian", unit=1e-11)
    minuit = iminuit.Minuit(function, **function.start)
    for pair in ("14", "24", "34"):
        minuit.values[f"im_lambda_{pair}"] = 0.0
        minuit.fixed[f"im_lambda_{pair}"] = True
    minuit.strategy = 2
    minuit.migrad()
    minuit.minos("re_lambda_14", cl=0.90)
    found = 1e-11 * (minuit.values["re_lambda_14"] + minuit.merrors["re_lambda_14"].upper)
    assert found == pytest.approx(float(phases.upper_limit("xenonnt", "lambda_14", 0.01)), rel=1e-3)


def test_sums_share_what_is_in_common(iminuit):
    """The sum of two costs is the cost of the combination: their stopped-pion flux is one pull, not two."""
    csi, lar = (cost(name, "mu_mu", 1.0, pulls="free") for name in ("coherent-csi", "coherent-lar"))
    both, whole = csi + lar, cost("coherent-csi+coherent-lar", "mu_mu", 1.0, pulls="free")
    assert both.parameters == whole.parameters
    assert both.parameters.count("stopped-pion flux") == 1
    x = np.linspace(0.1, 0.4, both.npar)
    assert both(*x) == pytest.approx(whole(*x), rel=1e-12)
    assert sum([csi, lar])(*x) == both(*x)
    assert both.ndata == csi.ndata + lar.ndata


def test_sums_with_costs_of_iminuit(iminuit):
    from iminuit.cost import NormalConstraint

    function = cost("coherent-csi", "lambda", 1.0, free=["theta_23"])
    prior = NormalConstraint("theta_23", 0.86, 0.02)
    for total in (function + prior, prior + function):
        assert set(total._parameters) == set(function.parameters)
        minuit = iminuit.Minuit(total, **function.start)
        assert minuit.limits["lambda_14"] == (0, np.inf)
        values = dict(zip(minuit.parameters, minuit.values, strict=True)) | {"theta_23": 0.9}
        own = function(*(values[name] for name in function.parameters))
        assert total(*(values[name] for name in minuit.parameters)) == pytest.approx(own + 4.0, rel=1e-12)


def test_different_couplings_add_up():
    """Electron and muon moments of one experiment each: the parameters are the union."""
    total = cost("coherent-csi", "mu_mu", 1.0) + cost("texono", "mu_e", 1.0)
    assert total.parameters == ("mu_mu", "mu_e")
    alone = [cost("coherent-csi", "mu_mu", 1.0)(20.0), cost("texono", "mu_e", 1.0)(2.0)]
    assert total(20.0, 2.0) == pytest.approx(sum(alone), rel=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_emcee_samples_the_posterior(emcee):
    """Against the integral of the posterior over the one parameter, in quadrature."""
    function = cost("texono", "mu_e", 0.1)
    sampler = emcee.EnsembleSampler(16, function.npar, function.log_probability, vectorize=True)
    start = np.random.default_rng(3).uniform(0.2, 1.5, (16, 1))
    sampler.random_state = np.random.RandomState(4).get_state()
    sampler.run_mcmc(start, 600)
    chain = sampler.get_chain(discard=200, flat=True)[:, 0]
    grid = np.linspace(0, 6, 4001)[:, np.newaxis]
    weights = np.exp(-(function.chi2(grid) - function.chi2(grid).min()) / 2)
    share = np.cumsum(weights) / weights.sum()
    for probability in (0.5, 0.9):
        expected = grid[np.searchsorted(share, probability), 0]
        assert np.quantile(chain, probability) == pytest.approx(expected, rel=0.05)


def test_a_cost_can_be_sent_to_other_processes():
    function = cost("coherent-csi", "lambda", 1.0)
    x = list(function.start.values())
    assert pickle.loads(pickle.dumps(function))(*x) == function(*x)


def test_the_expectation_of_a_combination_is_its_data():
    both = experiments.load("coherent-csi+coherent-lar").asimov()
    assert both.cost("mu_mu", 1.0)(0.0) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("texono", "lambda", 0.1), {"form": "polar"}, "one form of moduli, cartesian"),
        (("texono", "mu_e", 0.1), {"pulls": "fixed"}, "profiled or free"),
        (("texono", "mu_e", 0.1), {"unit": 0.0}, "positive and finite"),
        (("texono", "mu_e", 0.1), {"free": ["theta"]}, "'theta' cannot be free"),
        (("texono", "lambda", 0.1), {"free": ["zeta_14"]}, "'zeta_14' cannot be free"),
        (("texono", "mu_e", 0.1), {"free": ["delta", "delta"]}, "and once"),
        (("xenonnt", "mu_e", 0.1), {"free": ["theta_12"]}, "conversion inside the Sun"),
        (("texono", Moments([1, 0, 0]), 0.1), {}, "coupling 'lambda'"),
        (("texono", "mu_x", 0.1), {}, "no coupling 'mu_x'"),
    ],
)
def test_bad_input_is_one_line(arguments, options, words):
    with pytest.raises(ValueError, match=words) as error:
        cost(*arguments, **options)
    assert "\n" not in str(error.value)


def test_what_does_not_add_up_is_refused():
    one = cost("texono", "mu_e", 0.1)
    with pytest.raises(ValueError, match="1 parameters \\(mu_e\\), not 2"):
        one(1.0, 2.0)
    with pytest.raises(ValueError, match="one mass"):
        one + cost("coherent-csi", "mu_e", 0.2)
    with pytest.raises(ValueError, match="one unit"):
        one + cost("coherent-csi", "mu_e", 0.1, unit=1e-11)
    with pytest.raises(ValueError, match="cannot combine texono twice"):
        (one + cost("texono", "mu_e", 0.1))(1.0)
    with pytest.raises(TypeError):
        one + "a text"
