"""The photoelectron response, against scipy's Poisson distribution."""

import numpy as np
import pytest
from scipy.stats import poisson

from companion.response import Photoelectrons, identity

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


def test_a_wrong_number_of_acceptances_is_refused():
    with pytest.raises(ValueError, match="3 acceptances for the 7 photoelectron numbers from 3 to 9"):
        response(acceptance=(1.0, 1.0, 1.0))
