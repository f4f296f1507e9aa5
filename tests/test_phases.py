"""Blind directions and profiled moduli, against closed forms, hand-written mixing, and a search by chance."""

import io
from dataclasses import replace

import numpy as np
import pytest
import witness_combination as witness
from scipy.optimize import approx_fprime
from witness_combination import printed

from companion import experiments, limits, moment_search, moments, phases, statistics
from companion import mixing as mixing_room
from companion.couplings import EIGENSTATES, Mixing, Transition, production_forms
from companion.experiments import combine
from companion.moment_search import MomentSearch
from companion.moment_signals import MomentSignals, squared_moments
from companion.symbolic import mixing

DELTA = {1: 2.705543454, 2: 4.605170186}
LAMBDAS = ("lambda_14", "lambda_24", "lambda_34")
STERILE = {"theta_14": 0.1, "theta_24": 0.07, "theta_34": 0.12}


@pytest.fixture(scope="module")
def parts():
    return {name: experiments.load(name) for name in ("coherent-csi", "coherent-lar", "xenon1t", "texono")}


@pytest.fixture(scope="module")
def three(parts):
    """A beam, the Sun and a reactor."""
    return combine([parts["coherent-csi"], parts["xenon1t"], parts["texono"]])


def pmns(delta=1.08 * np.pi):
    """Three-neutrino mixing typed out, rows e, mu, tau."""
    s12, s13, s23 = 0.318**0.5, 0.022**0.5, 0.574**0.5
    c12, c13, c23 = (1 - 0.318) ** 0.5, (1 - 0.022) ** 0.5, (1 - 0.574) ** 0.5
    e = np.exp(1j * delta)
    return np.array(
        [
            [c12 * c13, s12 * c13, s13 / e],
            [-s12 * c23 - c12 * s23 * s13 * e, c12 * c23 - s12 * s23 * s13 * e, s23 * c13],
            [s12 * s23 - c12 * c23 * s13 * e, -c12 * s23 - s12 * c23 * s13 * e, c23 * c13],
        ]
    )


# ---------------------------------------------------------------------------------------------------------------------
# the forms


@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_the_six_coefficients_are_a_hermitian_form(flavour):
    table, form = mixing.active_sterile(flavour)
    assert mixing.is_zero(table - form)
    assert not mixing.is_zero(table - form + mixing.moduli["14"] * mixing.moduli["24"] / 10**6)


@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_the_form_is_the_effective_moment_with_all_cross_terms(flavour):
    generator = np.random.default_rng(3)
    angles = dict(zip(moments.ANGLES, generator.uniform(0, 1.5, 6), strict=True))
    chosen = dict(zip(("delta", "delta_14", "delta_34"), generator.uniform(0, 6, 3), strict=True))
    v = generator.normal(size=3) + 1j * generator.normal(size=3)
    form = moments.active_sterile_form(flavour, angles, chosen)
    expected = moments.effective_moment_squared(
        flavour,
        dict(zip(("14", "24", "34"), np.abs(v), strict=True)),
        angles,
        {**chosen, **dict(zip(("zeta_14", "zeta_24", "zeta_34"), np.angle(v), strict=True))},
    )
    assert (v.conj() @ form @ v).real == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(form, form.conj().T, rtol=0, atol=1e-15)


def test_without_sterile_mixing_the_form_has_rank_one_and_the_weights_of_eqs_9_and_10():
    fit = Mixing()
    for flavour, row in zip(("e", "mu", "tau"), pmns(), strict=True):
        form = moments.active_sterile_form(flavour, fit.angles, fit.phases)
        np.testing.assert_allclose(form, np.outer(row, row.conj()), rtol=0, atol=1e-14)
        assert np.linalg.matrix_rank(form) == 1
        weights = moments.short_baseline_weights(flavour, fit.angles, fit.phases)
        np.testing.assert_allclose(np.diag(form), weights, rtol=1e-12)


def test_the_sun_adds_squares():
    found = production_forms(EIGENSTATES, Mixing())
    np.testing.assert_array_equal(list(found.values()), [np.diag(row) for row in np.eye(3)])
    # what arrives as the fourth state cannot make it: Eq. (5) without P_e4
    v = np.array([0.3, 0.5j, -0.7])
    mixed = production_forms(EIGENSTATES, Mixing(STERILE)).values()
    P, lost = np.array([0.5, 0.3, 0.2]), np.sin(0.1) ** 2
    squared = sum(p * (v.conj() @ A @ v).real for p, A in zip(P, mixed, strict=True))
    weights = [*((1 - lost) * P), 0.0]
    expected = np.sum(np.array(weights[:3]) * np.abs(v) ** 2)
    assert squared == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("m", [0.01, 1.0, 20.0])
@pytest.mark.parametrize("coupling", LAMBDAS)
def test_one_moment_at_a_time_is_the_old_chi_square(three, coupling, m):
    value = np.array([1e-10, 3e-9])
    vectors = value[:, np.newaxis] * np.eye(3)[LAMBDAS.index(coupling)]
    np.testing.assert_allclose(phases.chi2(three, vectors, m), three.chi2(coupling, value, m), rtol=1e-9)
    other = Mixing(phases={"delta": 0.5})
    turned = Transition(coupling[-2:], mixing=other)
    np.testing.assert_allclose(phases.chi2(three, vectors, m, mixing=other), three.chi2(turned, value, m), rtol=1e-9)


def test_a_common_phase_means_nothing_and_a_relative_one_does(three):
    v = np.array([2e-9, 1e-9j, 3e-9])
    same = phases.chi2(three, [v, v * np.exp(0.7j), v.conj()], 1.0)
    assert same[1] == pytest.approx(same[0], rel=1e-10)
    assert abs(same[2] - same[0]) > 1e-3


# ---------------------------------------------------------------------------------------------------------------------
# blind directions


def test_each_flavour_takes_one_direction_away(parts):
    U = pmns()
    texono = phases.blind_directions(parts["texono"], 1.0)
    assert texono.shape == (3, 2)
    np.testing.assert_allclose(U[0].conj() @ texono, 0, atol=1e-12)
    for name in ("coherent-csi", "coherent-lar"):
        (direction,) = phases.blind_directions(parts[name], 20.0).T
        assert abs(U[2].conj() @ direction) == pytest.approx(1, rel=1e-12)
    assert phases.blind_directions(parts["xenon1t"], 1.0).shape == (3, 0)


def test_nobody_sees_along_a_blind_direction(parts):
    for name, m in (("texono", 1.0), ("coherent-csi", 20.0)):
        for direction in phases.blind_directions(parts[name], m).T:
            found = phases.chi2(parts[name], 1e-7 * direction, m)
            assert found == pytest.approx(parts[name].chi2("mu_tau", 0.0, m), rel=1e-9)


@pytest.mark.parametrize(("m", "number"), [(0.01, 0), (1.0, 0), (2.0, 0), (2.6, 1), (20.0, 1), (60.0, 3)])
def test_what_remains_blind_with_all(three, m, number):
    assert phases.blind_directions(three, m).shape == (3, number)
    found = phases.upper_limit(three, LAMBDAS, m)
    assert np.isinf(found).all() == (number > 0)


def test_information_of_one_flavour_is_one_number(parts):
    texono = parts["texono"]
    found = phases.information(texono, 1.0)
    expected = np.sum((texono.dipole("e", 1.0) / texono.likelihood.sigma) ** 2) ** -0.25
    np.testing.assert_allclose(found.scales, [expected, np.inf, np.inf], rtol=1e-10)
    assert abs(pmns()[0].conj() @ found.axes[:, 0]) == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(found.axes.conj().T @ found.axes, np.eye(3), atol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# the largest modulus


@pytest.mark.parametrize("coupling", LAMBDAS)
def test_one_flavour_in_closed_form(parts, coupling, monkeypatch):
    """With a form of full rank, such as that of a nu_4 in the beam as well, max |v_j|^2 on v^+ A v = L^2 is
    L^2 (A^-1)_jj."""
    monkeypatch.setattr(mixing_room, "production_form", moments.active_sterile_form)
    mixed = Mixing(STERILE)
    form = moments.active_sterile_form("e", mixed.angles, mixed.phases)
    limit = limits.upper_limit(parts["texono"], "mu_e", 1.0)
    j = LAMBDAS.index(coupling)
    expected = limit * np.linalg.inv(form)[j, j].real ** 0.5
    found = phases.extreme(parts["texono"], coupling, 1.0, mixing=mixed)
    assert found.value == pytest.approx(expected, rel=1e-6, abs=0)
    direction = np.linalg.inv(form)[:, j]
    overlap = abs(direction.conj() @ found.moments[:, 0])
    assert overlap == pytest.approx(np.linalg.norm(direction) * np.linalg.norm(found.moments), rel=1e-5)


@pytest.mark.parametrize("flavour", moments.FLAVOURS)
def test_what_makes_the_heavy_state_has_rank_one_with_mixing_too(flavour):
    mixed = Mixing(STERILE, {"delta_14": 0.4, "delta_34": -1.1})
    form = moments.production_form(flavour, mixed.angles, mixed.phases)
    row = mixed.matrix()[moments.FLAVOURS.index(flavour)]
    rest = moments.active_sterile_form(flavour, mixed.angles, mixed.phases) - form
    np.testing.assert_allclose(rest, abs(row[3]) ** 2 * np.eye(3), atol=1e-15)
    assert np.linalg.matrix_rank(form, tol=1e-12) == 1
    v = np.array([0.3, 0.5j, -0.7])
    assert (v.conj() @ form @ v).real == pytest.approx(abs(row[:3].conj() @ v) ** 2, rel=1e-12)


def test_without_mixing_one_flavour_sets_no_limit(parts):
    for name in ("texono", "coherent-csi"):
        found = phases.extreme(parts[name], "lambda_24", 1.0)
        assert found.value == np.inf
        assert phases.chi2(parts[name], 1e-6 * found.moments[:, 0], 1.0) < phases.minimum(parts[name], 1.0) + DELTA[1]
        assert abs(found.moments[1, 0]) > 0


@pytest.mark.parametrize("m", [0.01, 1.0])
def test_the_sun_alone_lets_nothing_interfere(parts, m):
    """Squares add up: only the other squares can be free, and here they are best at zero."""
    sun = parts["xenon1t"]
    templates = [sun.template(coupling, m) for coupling in LAMBDAS]

    def chi2(x):
        signal = sum(part * template for part, template in zip(x, templates, strict=True))
        return witness.joint(*printed({"xenon1t": sun}, {"xenon1t": signal}))

    found = phases.extreme(sun, "lambda_24", m)
    square = found.value**2
    ceiling = phases.minimum(sun, m) + DELTA[1]
    assert chi2([0, square, 0]) == pytest.approx(ceiling, abs=1e-4)
    scales = [float(limits.upper_limit(sun, coupling, m)) ** 2 for coupling in LAMBDAS]
    for a in np.linspace(0, 1, 9):
        for b in np.linspace(0, 1, 9):
            assert chi2([a * scales[0], 1.001 * square, b * scales[2]]) > ceiling


def test_dice_come_close_and_never_pass(parts, three):
    """Random complex moments on covariances written from the printed chi-squares."""
    names, U, m, coupling = ("coherent-csi", "xenon1t", "texono"), pmns(), 1.0, "lambda_14"
    found = phases.extreme(three, coupling, m)
    scale = np.array([float(limits.upper_limit(three, name, m)) for name in LAMBDAS])
    scale = np.maximum(scale, 2e-9)
    signals = {name: parts[name].standard_model() for name in names}
    dipole = {(name, state): parts[name].dipole(state, m) for name in names[::2] for state in ("e", "mu")}
    sun = [parts["xenon1t"].dipole(state, m) for state in "123"]

    def chi2(x):
        v = scale * x
        seen = dict(zip(("e", "mu"), np.abs(U[:2].conj() @ v) ** 2, strict=True))
        events = {name: sum(seen[state] * dipole[name, state] for state in seen) for name in names[::2]}
        events["xenon1t"] = sum(abs(z) ** 2 * template for z, template in zip(v, sun, strict=True))
        return witness.joint(*printed(parts, {name: signals[name] + events[name] for name in names}))

    x = found.moments[:, 0] / scale
    ceiling = chi2(x)
    assert ceiling == pytest.approx(phases.minimum(three, m) + DELTA[1], abs=1e-4)
    thrown = witness.dice(chi2, ceiling, LAMBDAS.index(coupling), scale, np.random.default_rng(5))
    assert 0.97 * found.value < thrown < found.value * (1 + 1e-5)


def test_no_random_moment_fits_better_than_the_minimum(three):
    generator = np.random.default_rng(7)
    size = 10 ** generator.uniform(-11, -8, (3000, 3))
    v = size * (generator.normal(size=(3000, 3)) + 1j * generator.normal(size=(3000, 3)))
    assert phases.chi2(three, v, 1.0).min() > phases.minimum(three, 1.0) - 1e-7


@pytest.mark.parametrize("m", [0.1, 1.0])
def test_the_relaxation_to_several_sterile_states_is_tight(three, m):
    """Any positive matrix in place of v v^+ allows no more: one state is enough to reach the upper bound."""
    one, two, three_states = (phases.upper_limit(three, LAMBDAS, m, sterile_states=number) for number in (1, 2, 3))
    np.testing.assert_allclose(two, one, rtol=1e-5)
    np.testing.assert_allclose(three_states, one, rtol=1e-5)


def test_other_starts_lead_to_the_same_end(three, monkeypatch):
    expected = phases.upper_limit(three, LAMBDAS, 1.0)
    monkeypatch.setattr(moment_search, "STARTS", 9)
    monkeypatch.setattr(moment_search, "CERTAIN", -np.inf)
    np.testing.assert_allclose(phases.upper_limit(three, LAMBDAS, 1.0), expected, rtol=1e-6)


def largest(search, index, ceiling):
    """Modulus and free phases of a search at one mass."""
    modulus, _, chosen = search.largest(np.array([index]), np.array([0]), np.array([ceiling]))
    return modulus[0], dict(zip(search.free, chosen[0], strict=True))


def test_a_free_dirac_phase_is_the_best_of_all_fixed_ones(three):
    """Below one and the same ceiling: the minimum of the chi-square, too, is lower when a phase is free."""
    grid = np.linspace(0, 2 * np.pi, 9)
    fixed_at = [Mixing(phases={"delta": delta}) for delta in grid]
    ceiling = phases.minimum(three, 1.0, free={"delta": phases.ANY}) + DELTA[1]
    assert ceiling <= min(phases.minimum(three, 1.0, mixing=one) for one in fixed_at[::4]) + DELTA[1] + 1e-6
    searches = [MomentSearch(MomentSignals(three, 1.0, one), {}, 1) for one in fixed_at]
    low, high = phases.allowed_delta()
    assert (low, high) == pytest.approx((np.pi * (1.08 - 1.64485 * 0.12), np.pi * (1.08 + 1.64485 * 0.12)), rel=1e-4)
    signals = MomentSignals(three, 1.0, Mixing())
    anywhere = MomentSearch(signals, {"delta": phases.ANY}, 1)
    nearby = MomentSearch(signals, {"delta": (low, high)}, 1)
    fixed = np.array([largest(search, 1, ceiling)[0] for search in searches])
    (found, where), (within, there) = largest(anywhere, 1, ceiling), largest(nearby, 1, ceiling)
    assert fixed.max() * (1 - 1e-6) < found < 1.005 * fixed.max()
    turned = MomentSearch(MomentSignals(three, 1.0, Mixing(phases=where)), {}, 1)
    assert largest(turned, 1, ceiling)[0] == pytest.approx(found, rel=1e-5)
    assert low - 1e-9 <= there["delta"] <= high + 1e-9
    assert fixed[(grid > low) & (grid < high)].max() * (1 - 1e-6) < within < found * (1 + 1e-6)


def test_derivatives(three):
    """First and second ones, by moments and phases, for two sterile states."""
    free = {"delta": phases.ANY, "delta_14": (0.0, 1.0)}
    search = MomentSearch(MomentSignals(three, 1.0, Mixing(STERILE)), free, 2)
    y = np.random.default_rng(2).normal(size=(1, 14))
    mass = np.array([0])
    value, pulls = search.chi2(y, mass)
    terms = search.terms(y, mass, pulls)

    def slope(y):
        y = y[np.newaxis]
        return search.terms(y, mass, search.chi2(y, mass)[1]).gradient[0]

    numeric = approx_fprime(y[0], lambda y: search.chi2(y[np.newaxis], mass)[0][0], 1e-6)
    np.testing.assert_allclose(terms.gradient[0], numeric, rtol=1e-4, atol=1e-4 * np.max(np.abs(numeric)))
    numeric = approx_fprime(y[0], slope, 1e-6)
    np.testing.assert_allclose(terms.hessian[0], numeric, rtol=1e-3, atol=1e-4 * np.max(np.abs(numeric)))
    # the same chi-square through the likelihood, with the forms at these phases
    here = dict(zip(free, search.phases(y)[0], strict=True))
    signals = MomentSignals(three, 1.0, Mixing(STERILE, here))
    assert signals.chi2(squared_moments(signals.forms(), search.moments(y, mass)), mass) == pytest.approx(value)


def test_what_is_certain_is_certain(three):
    """Where the matrix of slopes is positive, one start is enough: the bound on all positive matrices is reached."""
    signals = MomentSignals(three, [0.1, 1.0], Mixing())
    ceiling = MomentSearch(signals, {}, 1).minimum() + DELTA[1]
    mass, index = np.repeat([0, 1], 3), np.tile([0, 1, 2], 2)
    one, three_states = (MomentSearch(signals, {}, number) for number in (1, 3))
    y = one.starts(mass, index)[0]
    modulus, _, certain = one._climb(y, index, mass, ceiling[mass])
    assert certain.all()
    np.testing.assert_allclose(modulus, three_states.largest(index, mass, ceiling[mass])[0], rtol=1e-6)


def test_the_angles_reach_the_sun(parts):
    """Another theta_12 changes how many of each mass eigenstate arrive."""
    sun, moved = parts["xenon1t"], Mixing.best_fit(shift="sin2_theta12_up")
    found = phases.upper_limit(sun, "lambda_24", 0.05, mixing=moved)
    assert abs(found / phases.upper_limit(sun, "lambda_24", 0.05) - 1) > 1e-3
    alone = limits.upper_limit(sun, Transition("24", mixing=moved), 0.05)
    assert found == pytest.approx(alone, rel=0.05)


def test_poisson_data_join_in(parts):
    sun = parts["xenon1t"]
    likelihood = statistics.Poisson(np.round(sun.observed), sun.backgrounds, sun.likelihood.pulls)
    counted = replace(sun, name="counted", likelihood=likelihood)
    joint = combine([parts["coherent-csi"], counted])
    found = phases.extreme(joint, "lambda_14", 0.5)
    assert np.isfinite(found.value)
    at = phases.chi2(joint, found.moments[:, 0], 0.5)
    assert at == pytest.approx(phases.minimum(joint, 0.5) + DELTA[1], abs=1e-5)
    generator = np.random.default_rng(11)
    near = found.moments[:, 0] * (
        1 + 0.05 * generator.normal(size=(2000, 3)) + 0.05j * generator.normal(size=(2000, 3))
    )
    near += 0.02 * found.value * (generator.normal(size=(2000, 3)) + 1j * generator.normal(size=(2000, 3)))
    inside = phases.chi2(joint, near, 0.5) <= at
    assert np.any(inside)
    assert np.abs(near[inside, 0]).max() <= found.value * (1 + 1e-6)


def test_masses_and_couplings_together(three):
    masses = np.array([[0.1, 1.0]])
    found = phases.upper_limit(three, LAMBDAS, masses)
    assert found.shape == (3, 1, 2)
    assert phases.upper_limit(three, "lambda_24", 1.0) == pytest.approx(found[1, 0, 1], rel=1e-9)
    assert phases.upper_limit(three, "lambda_24", masses).shape == (1, 2)


# ---------------------------------------------------------------------------------------------------------------------
# two moments


def test_a_plane_of_two_moments(parts, three):
    x, y = np.linspace(0, 4e-18, 9), np.linspace(0, 9e-18, 7)
    pair = ("lambda_14", "lambda_24")
    favourable = phases.plane(three, pair, 1.0, x, y, number=36)
    assert favourable.shape == (7, 9)
    assert favourable.min() >= 0
    v = np.zeros((7, 9, 3), complex)
    v[..., 0], v[..., 1] = np.sqrt(x), -np.sqrt(y)[:, np.newaxis]
    opposite = phases.plane(three, pair, 1.0, x, y, difference=np.pi)
    np.testing.assert_allclose(
        opposite - opposite[0, 0], phases.chi2(three, v, 1.0) - phases.chi2(three, v[0, 0], 1.0), rtol=1e-6, atol=1e-8
    )
    assert np.all(favourable <= opposite + 1e-6)
    # TEXONO does not see moments that cancel
    U = pmns()[0]
    ratio = abs(U[0] / U[1]) ** 2
    flat = phases.plane(parts["texono"], pair, 1.0, [0, 1e-16], [0, 1e-16 * ratio], difference=np.pi)
    assert flat[1, 1] == pytest.approx(flat[0, 0], abs=1e-6)
    assert flat[0, 1] > 20  # the systematic error of 20 % forgives any signal for 25


# ---------------------------------------------------------------------------------------------------------------------
# refusals and the bar


def test_refusals(parts, three):
    with pytest.raises(ValueError, match="free phases belong to lambda_14, lambda_24, lambda_34, not to 'mu_e'"):
        phases.extreme(three, "mu_e", 1.0)
    with pytest.raises(ValueError, match="can be set free"):
        phases.extreme(three, "lambda_14", 1.0, free={"zeta_14": phases.ANY})
    with pytest.raises(ValueError, match="from a smaller to a larger phase"):
        phases.extreme(three, "lambda_14", 1.0, free={"delta": (2.0, 1.0)})
    with pytest.raises(ValueError, match="one, two or three sterile states"):
        phases.extreme(three, "lambda_14", 1.0, sterile_states=4)
    with pytest.raises(ValueError, match="an experiment, or the name of one, is needed"):
        phases.minimum(1.0, 1.0)
    with pytest.raises(ValueError, match="a search needs one value of delta, not 2"):
        phases.minimum(three, 1.0, mixing=Mixing(phases={"delta": [0.0, 1.0]}))
    with pytest.raises(ValueError, match="a squared sine lies between 0 and 1"):
        phases.choices(1.5)
    with pytest.raises(ValueError, match="masses m_4 must be finite and not negative"):
        phases.upper_limit(three, "lambda_14", [1.0, -1.0])
    with pytest.raises(ValueError, match="three moments make a vector"):
        phases.chi2(three, [1e-9, 1e-9], 1.0)
    with pytest.raises(ValueError, match="two different moments"):
        phases.plane(three, ("lambda_14", "lambda_14"), 1.0, [0], [0])


def test_a_bar_on_a_terminal_and_nowhere_else(parts, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stderr", stream)
        phases.upper_limit(parts["texono"], "lambda_14", [1.0, 5.0])
        assert ("limits, all else free" in stream.getvalue()) == shown


def test_names_will_do(parts):
    assert phases.minimum("texono", 1.0) == phases.minimum(parts["texono"], 1.0)
    assert phases.blind_directions("texono", 1.0).shape == (3, 2)
