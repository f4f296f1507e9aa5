"""The responses, against scipy's Poisson distribution and slow integrals."""

from itertools import pairwise

import numpy as np
import pytest
import witness_own
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from companion.response import Binned, GammaPhotoelectrons, Lindhard, Photoelectrons, identity

ACCEPTANCE = (0.1, 0.2, 0.4, 0.5, 0.7, 0.8, 0.9)


def bent(E_r):
    """A quenching that is not linear: E_ee = E_r/10 + E_r^2."""
    return np.asarray(E_r) / 10 + np.asarray(E_r) ** 2


def response(**changes):
    settings = {
        "quenching": bent,
        "light_yield": 13348.0,
        "edges": (3, 5, 6, 10),
        "acceptance": ACCEPTANCE,
    }
    return Photoelectrons(**(settings | changes))


RECOILS = np.array([1e-7, 1e-4, 1e-3, 3e-3, 5e-3, 9e-3, 0.03])


def test_bins_are_sums_of_poisson_probabilities():
    found = response().bins(RECOILS)
    mean = 13348.0 * (RECOILS / 10 + RECOILS**2)
    accepted = dict(zip(range(3, 10), ACCEPTANCE, strict=True))
    for row, numbers in enumerate([(3, 4), (5,), (6, 7, 8, 9)]):
        expected = sum(accepted[n] * poisson.pmf(n, mean) for n in numbers)
        np.testing.assert_allclose(found[row], expected, rtol=1e-11, atol=1e-300)


def test_full_acceptance_keeps_the_probability_of_the_range():
    found = response(acceptance=(1.0,) * 7).bins(RECOILS)
    mean = 13348.0 * bent(RECOILS)
    np.testing.assert_allclose(found.sum(axis=0), poisson.cdf(9, mean) - poisson.cdf(2, mean), rtol=1e-9, atol=1e-16)


def test_a_range_that_starts_at_nothing():
    found = response(edges=(0, 1, 3), acceptance=(1.0, 1.0, 1.0)).bins(RECOILS)
    mean = 13348.0 * bent(RECOILS)
    np.testing.assert_allclose(found[0], np.exp(-mean), rtol=1e-12)
    np.testing.assert_allclose(found[1], poisson.pmf(1, mean) + poisson.pmf(2, mean), rtol=1e-11)
    # even the smallest recoil is seen: the window is open below
    assert response(edges=(0, 1, 3), acceptance=(1.0, 1.0, 1.0)).window[0] == 0


def test_many_photoelectrons_underflow_to_nothing():
    found = response(quenching=identity).bins(np.array([0.04, 10.0]))
    assert np.all(np.isfinite(found))
    assert np.all(found < 1e-100)


def test_unsmeared_the_integer_part_decides():
    sharp = response(smearing=False, quenching=identity, light_yield=1000.0)
    mean = np.array([2.99, 3.0, 3.5, 4.999, 5.0, 5.5, 6.0, 9.99, 10.0, 11.0])
    found = sharp.bins(mean / 1000)
    expected = np.zeros((3, 10))
    expected[0, [1, 2]], expected[0, 3] = 0.1, 0.2
    expected[1, [4, 5]] = 0.4
    expected[2, 6], expected[2, 7] = 0.5, 0.9
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("smearing", [True, False])
def test_shapes(smearing):
    assert response(smearing=smearing).bins(np.full((2, 4), 1e-3)).shape == (3, 2, 4)
    assert response(smearing=smearing).bins(1e-3).shape == (3,)


def test_mean():
    np.testing.assert_allclose(response().mean(RECOILS), 13348.0 * bent(RECOILS), rtol=1e-15)
    assert identity([1.0, 2.0]).tolist() == [1.0, 2.0]


def test_nothing_is_lost_outside_the_smeared_window():
    seen = response()
    low, high = seen.window
    assert 0 < low < high < seen.maximum_recoil
    outside = np.concatenate([low * np.array([1.0, 0.5, 0.1]), high * np.array([1.0, 1.2, 2.0])])
    mean = 13348.0 * bent(outside)
    assert np.all(poisson.cdf(9, mean) - poisson.cdf(2, mean) < 1.1e-14)
    # and the window is not absurdly wide
    mean = 13348.0 * bent(np.array([1.1 * low, 0.95 * high]))
    assert np.all(poisson.cdf(9, mean) - poisson.cdf(2, mean) > 1e-15)


def test_unsmeared_window_and_breakpoints_are_the_inverse_of_the_mean():
    sharp = response(smearing=False)
    assert len(sharp.breakpoints) == 8
    np.testing.assert_allclose(13348.0 * bent(np.array(sharp.breakpoints)), np.arange(3, 11), rtol=1e-10)
    assert sharp.window == (sharp.breakpoints[0], sharp.breakpoints[-1])
    assert response().breakpoints == ()


def test_no_recoil_beyond_the_largest():
    short = response(smearing=False, maximum_recoil=2e-3)
    assert short.window[1] == 2e-3
    assert max(short.breakpoints) == 2e-3
    assert response(maximum_recoil=2e-3).window[1] == 2e-3


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_an_impossible_acceptance_is_refused(value):
    with pytest.raises(ValueError, match="acceptances lie between 0 and 1"):
        response(acceptance=(*ACCEPTANCE[:-1], value))


def test_a_wrong_number_of_acceptances_is_refused():
    with pytest.raises(ValueError, match="3 acceptances for the 7 photoelectron numbers from 3 to 9"):
        response(acceptance=(1.0, 1.0, 1.0))


# ---------------------------------------------------------------------------------------------------------------------
# energy bins


def gaussian_bins(E, edges, width, acceptance):
    """The integral over the reconstructed energy, done slowly."""
    found = []
    for low, high in pairwise(edges):
        points = [x for x in acceptance[0] if low < x < high] + [x for x in (E - width, E, E + width) if low < x < high]
        value, _ = quad(
            lambda x: (
                np.interp(x, *acceptance, left=0, right=0)
                * np.exp(-(((x - E) / width) ** 2) / 2)
                / (width * np.sqrt(2 * np.pi))
            ),
            low,
            high,
            points=sorted(points) or None,
            epsabs=1e-15,
            epsrel=1e-11,
            limit=400,
        )
        found.append(value)
    return found


@pytest.mark.parametrize("E", [0.001, 0.004, 0.0095, 0.02, 0.031])
def test_gaussian_bins_with_an_acceptance_after_the_resolution(E):
    edges, acceptance = (0.0, 0.01, 0.02, 0.03), ((0.003, 0.006, 0.012, 0.05), (0.1, 0.5, 0.8, 1.0))
    seen = Binned(edges, resolution=lambda E: 0.02 * np.sqrt(E), acceptance=acceptance)
    expected = gaussian_bins(E, edges, 0.02 * np.sqrt(E), acceptance)
    np.testing.assert_allclose(seen.bins(np.array([[E]]))[:, 0, 0], expected, rtol=1e-9, atol=1e-15)


def test_efficiency_acts_at_the_true_energy():
    edges, efficiency = (0.001, 0.002, 0.003), ((0.001, 0.002), (0.0, 0.8))
    plain = Binned(edges, resolution=lambda E: 0.0003 + 0 * E)
    seen = Binned(edges, resolution=lambda E: 0.0003 + 0 * E, efficiency=efficiency)
    E = np.array([0.0015, 0.0025])
    np.testing.assert_allclose(seen.bins(E), plain.bins(E) * np.array([0.4, 0.0]), rtol=1e-14)
    assert seen.window == (0.001, 0.002)


def test_sharp_bins_are_a_histogram_of_the_visible_energy():
    seen = Binned((0.001, 0.002, 0.004), quenching=lambda E_r: 0.5 * np.asarray(E_r), maximum_recoil=1.0)
    np.testing.assert_array_equal(
        seen.bins(np.array([0.0019, 0.0021, 0.0039, 0.0041, 0.0081])), [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0]]
    )
    assert seen.window == pytest.approx((0.002, 0.008), rel=1e-10)
    assert seen.breakpoints == pytest.approx((0.002, 0.004, 0.008), rel=1e-10)


def test_sharp_bins_with_an_acceptance():
    seen = Binned((0.0, 1.0, 2.0), acceptance=((0.5, 1.5), (0.2, 0.6)))
    np.testing.assert_allclose(
        seen.bins(np.array([0.4, 0.75, 1.25, 1.6])), [[0, 0.3, 0, 0], [0, 0, 0.5, 0]], atol=1e-15
    )


def test_nothing_is_seen_outside_the_window():
    seen = Binned((0.001, 0.03), resolution=lambda E: 0.31e-3 * np.sqrt(np.asarray(E) / 1e-3) + 0.0037 * np.asarray(E))
    low, high = seen.window
    assert 0 < low < 0.001
    assert 0.03 < high < 0.05
    assert np.all(seen.bins(np.array([low, high])) < 1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(edges=(0.0, 2.0, 1.0)), "bin edges must increase"),
        (dict(edges=(0.0, 1.0), efficiency=((0.0, 1.0), (1.0,))), "increasing energies and as many values"),
        (dict(edges=(0.0, 1.0), acceptance=((1.0, 0.0), (1.0, 1.0))), "increasing energies and as many values"),
    ],
)
def test_impossible_bins_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Binned(**arguments)


# ---------------------------------------------------------------------------------------------------------------------
# photoelectrons with a gamma distribution


def rising(x):
    """An efficiency that starts at 5 photoelectrons."""
    return 1 - np.exp(-(np.asarray(x) - 5) / 3)


def spread(**changes):
    settings = {
        "quenching": bent,
        "a": 7.49e-5,
        "b": 9560.0,
        "edges": (0.0, 8.0, 12.0, 30.0),
        "efficiency": rising,
        "threshold": 5.0,
    }
    return GammaPhotoelectrons(**(settings | changes))


@pytest.mark.parametrize("E_r", [5e-4, 3e-3, 6e-3, 0.012, 0.03])
def test_gamma_bins_are_integrals_of_the_distribution(E_r):
    found = spread().bins(E_r)
    E = float(bent(E_r))
    density = gamma(1 + 9560 * E, scale=E / 7.49e-5 / (1 + 9560 * E))
    assert density.mean() == pytest.approx(float(spread().mean(E_r)), rel=1e-12)
    for row, (low, high) in zip(found, ((5, 8), (8, 12), (12, 30)), strict=True):
        expected = quad(lambda x: rising(x) * density.pdf(x), low, high, epsabs=0, epsrel=1e-10)[0]
        assert row == pytest.approx(expected, rel=1e-7, abs=1e-14)


def test_gamma_window_ends_where_nothing_is_seen():
    low, high = spread().window
    assert high == 0.06
    assert 0 < low < 1e-3
    E = float(bent(low))
    shape = 1 + 9560 * E
    assert gamma.sf(5, shape, scale=E / 7.49e-5 / shape) == pytest.approx(1e-14, rel=1e-6)
    assert spread().breakpoints == ()


def test_without_its_resolution_a_recoil_has_its_mean():
    sharp = spread(smearing=False)
    E_r = np.array([1e-4, 4e-3, 6e-3, 0.012, 0.03])
    mean = bent(E_r) / 7.49e-5
    expected = np.zeros((3, 5))
    for n, x in enumerate(mean):
        for k, (low, high) in enumerate(((5, 8), (8, 12), (12, 30))):
            if low <= x < high:
                expected[k, n] = rising(x)
    np.testing.assert_allclose(sharp.bins(E_r), expected, rtol=1e-12)
    assert np.count_nonzero(expected) == 3
    assert sharp.mean(np.array(sharp.window)) == pytest.approx([5, 30], rel=1e-9)
    assert sharp.mean(np.array(sharp.breakpoints)) == pytest.approx([5, 8, 12, 30], rel=1e-9)
    # what gives no light up to the largest recoil ends there
    assert sharp.window[1] < 0.06 == spread(smearing=False, edges=(0.0, 1e6)).window[1]


def test_a_gamma_response_without_a_threshold_sees_every_recoil():
    assert spread(threshold=0.0, efficiency=np.ones_like).window[0] == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": 0.0}, "the constants of a resolution are positive, not 0"),
        ({"b": -1.0}, "the constants of a resolution are positive"),
        ({"edges": (0.0, 8.0, 8.0)}, "bin edges must increase and the threshold lie between"),
        ({"threshold": 31.0}, "the threshold lie between the first and the last"),
    ],
)
def test_an_impossible_gamma_response_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        spread(**changes)


# ---------------------------------------------------------------------------------------------------------------------
# what one needs for a set-up of one's own


@pytest.mark.parametrize(("Z", "A"), [(14, 28.09), (32, 72.63), (54, 131.3)])
def test_lindhard(Z, A):
    """The formula solved another way, and the constants of nature that its rounded numbers stand for."""
    T = np.geomspace(1e-5, 0.1, 9)
    np.testing.assert_allclose(Lindhard(Z, A)(T), witness_own.lindhard(T, Z, A), rtol=1e-12)
    np.testing.assert_allclose(Lindhard(Z, A)(T), witness_own.lindhard_of_nature(T, Z, A), rtol=0.01)
    assert Lindhard(Z, A)(0.0) == 0
    assert np.all(np.diff(Lindhard(Z, A)(T) / T) > 0)
    np.testing.assert_allclose(Lindhard(Z, A, k=1e9)(T), T, rtol=1e-8)


def test_edges_may_be_an_array_and_the_resolution_a_number():
    edges = np.linspace(1e-3, 5e-3, 5)
    width = Binned(edges, resolution=2e-4)
    function = Binned(tuple(edges.tolist()), resolution=lambda E: np.full(np.shape(E), 2e-4))
    T = np.linspace(5e-4, 6e-3, 50)
    np.testing.assert_array_equal(width.bins(T), function.bins(T))
    assert width.window == function.window
    assert isinstance(hash(width.edges), int)
    with pytest.raises(ValueError, match="a positive width .* not 0"):
        Binned(edges, resolution=0)
