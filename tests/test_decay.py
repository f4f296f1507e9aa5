"""The decay of the sterile state: numbers from textbook units, and a sphere filled by random numbers."""

import math

import numpy as np
import pytest

from companion import decay

HBAR_C = 197.3269804e-15  # MeV m


def by_hand(moment, m_4, energy):
    """Gamma = mu^2 m^3 / 8 pi with the moment in e/2m_e, in metres."""
    mu_B = math.sqrt(4 * math.pi / 137.035999084) / (2 * 0.51099895)
    gamma = (moment * mu_B) ** 2 * m_4**3 / (8 * math.pi)
    boost = energy / m_4
    return math.sqrt(boost**2 - 1) * HBAR_C / gamma


@pytest.mark.parametrize(
    ("moment", "m_4", "energy"), [(2e-8, 50.0, 52.83), (3e-9, 10.0, 30.0), (2e-11, 0.3, 0.75), (1.0, 1e-3, 1.0)]
)
def test_decay_length(moment, m_4, energy):
    expected = by_hand(moment, m_4, energy)
    assert decay.length(moment, m_4, energy) == pytest.approx(expected, rel=1e-6)
    assert decay.length(moment, m_4, energy, majorana=False) == pytest.approx(2 * expected, rel=1e-6)


def test_decay_length_in_arrays():
    lengths = decay.length([[1e-8], [2e-8]], [10.0, 20.0, 40.0], 52.83)
    assert lengths.shape == (2, 3)
    np.testing.assert_allclose(lengths[0] / lengths[1], 4, rtol=1e-12)
    assert np.all(np.diff(lengths) < 0)
    np.testing.assert_array_equal(decay.length(1e-8, 20.0, 20.0), 0)


@pytest.mark.parametrize(("m_4", "energy"), [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (np.nan, 1.0)])
def test_impossible_states(m_4, energy):
    with pytest.raises(ValueError, match="a decay length needs a positive mass m_4"):
        decay.length(1e-8, m_4, energy)


@pytest.mark.parametrize("x", [0.05, 0.5, 1.656, 4.0])
def test_decays_in_a_sphere(x):
    """Random points and directions: the path to the surface, averaged over the decay law."""
    rng = np.random.default_rng(7)
    place = rng.random(400_000) ** (1 / 3)
    cosine = rng.uniform(-1, 1, place.size)
    path = np.sqrt(1 - place**2 * (1 - cosine**2)) - place * cosine
    assert decay.decays_inside(x, 1.0) == pytest.approx(1 - np.exp(-x * path).mean(), rel=3e-3)


def test_a_small_sphere_holds_few():
    x = np.array([1e-12, 1e-6, 1e-3])
    np.testing.assert_allclose(decay.decays_inside(x, 1.0), 0.75 * x, rtol=1e-3)
    # where the two forms meet
    np.testing.assert_allclose(decay.decays_inside(0.01 * (1 - 1e-9), 1.0), decay.decays_inside(0.01, 1.0), rtol=1e-6)
