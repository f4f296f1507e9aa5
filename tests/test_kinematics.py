"""Two-body kinematics against four-vectors: boosts in 50 digits, random scattering angles."""

import mpmath as mp
import numpy as np
import pytest

from companion import kinematics

XENON, ARGON, ELECTRON = 122229.0, 37215.5, 0.510998950
CASES = [
    (M, E, fraction)
    for M in (XENON, ARGON, ELECTRON)
    for E in (0.04, 0.75, 29.79, 52.8)
    for fraction in (0, 1e-4, 0.1, 0.5, 0.9, 0.99, 0.999999)
]


def four_momenta(E, M, m, cosine, azimuth):
    """Target and sterile neutrino after the scattering, in the laboratory, as (energy, x, y, z)."""
    s = M**2 + 2 * M * E
    momentum = mp.sqrt((s - (M + m) ** 2) * (s - (M - m) ** 2) / (4 * s))
    sine = mp.sqrt(1 - cosine**2)
    direction = (sine * mp.cos(azimuth), sine * mp.sin(azimuth), cosine)
    beta = E / (E + M)
    gamma = 1 / mp.sqrt(1 - beta**2)

    def boosted(mass, sign):
        x, y, z = (sign * momentum * n for n in direction)
        energy = mp.sqrt(mass**2 + momentum**2)
        return (gamma * (energy + beta * z), x, y, gamma * (z + beta * energy))

    return boosted(M, +1), boosted(m, -1)


def edge(E, M):
    """Largest mass, in 50 digits."""
    return mp.sqrt(M**2 + 2 * M * E) - M


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


@pytest.mark.parametrize(("M", "E", "fraction"), CASES)
def test_every_scattering_angle_recoils_inside_the_limits(M, E, fraction):
    m = float(fraction * edge(mp.mpf(E), mp.mpf(M)))
    low, high = (float(x) for x in kinematics.recoil_limits(E, M, m))
    exact = [mp.mpf(x) for x in (E, M, m)]
    random = np.random.default_rng(1)
    for cosine, azimuth in zip(random.uniform(-1, 1, 5), random.uniform(0, 6.28, 5), strict=True):
        target, sterile = four_momenta(*exact, mp.mpf(cosine), azimuth)
        # the witness itself: energy and momentum are kept, both particles are on their shells
        for component, before in enumerate((exact[0] + exact[1], 0, 0, exact[0])):
            assert mp.almosteq(target[component] + sterile[component], before, 1e-40, 1e-40)
        assert mp.almosteq(sterile[0] ** 2 - sum(x**2 for x in sterile[1:]), exact[2] ** 2, 1e-30, 1e-30)
        recoil = target[0] - exact[1]
        assert low * (1 - 1e-12) <= recoil <= high * (1 + 1e-12)
    # near the edge the interval closes as the root of the distance to it: rounding of the arguments is magnified
    tolerance = 1e-12 if fraction < 0.999 else 1e-9
    assert high == pytest.approx(float(four_momenta(*exact, mp.mpf(1), 0)[0][0] - exact[1]), rel=tolerance, abs=0)
    backward = float(four_momenta(*exact, mp.mpf(-1), 0)[0][0] - exact[1])
    assert low == pytest.approx(backward, rel=tolerance, abs=1e-45)


@pytest.mark.parametrize(("M", "E", "fraction"), CASES)
def test_product_of_the_limits(M, E, fraction):
    m = float(fraction * edge(mp.mpf(E), mp.mpf(M)))
    low, high = kinematics.recoil_limits(E, M, m)
    assert float(low * high) == pytest.approx(m**4 / (4 * M * (M + 2 * E)), rel=1e-12, abs=0)


@pytest.mark.parametrize(("M", "E", "fraction"), CASES)
def test_minimum_energy_says_the_same_as_the_interval(M, E, fraction):
    m = float(fraction * edge(mp.mpf(E), mp.mpf(M)))
    low, high = (float(x) for x in kinematics.recoil_limits(E, M, m))
    for end in (low, high) if m else (high,):
        assert kinematics.minimum_neutrino_energy(end, M, m) == pytest.approx(E, rel=1e-12, abs=0)
    inside = low + (high - low) * np.array([1e-3, 0.1, 0.5, 0.9, 0.999])
    outside = np.array([high * 1.001, high * 2, *([low / 2, low * 0.999] if m else [])])
    assert np.all(kinematics.minimum_neutrino_energy(inside, M, m) < E)
    assert np.all(kinematics.minimum_neutrino_energy(outside, M, m) > E)


@pytest.mark.parametrize("M", [XENON, ARGON, ELECTRON])
@pytest.mark.parametrize("m", [1e-6, 1e-3, 0.5, 30.0])
def test_threshold_is_where_the_invariant_mass_suffices(M, m):
    E = float(kinematics.threshold(M, m))
    assert E == pytest.approx(
        float(((mp.mpf(M) + mp.mpf(m)) ** 2 - mp.mpf(M) ** 2) / (2 * mp.mpf(M))), rel=1e-14, abs=0
    )
    # there both particles rest in the centre of mass and share one velocity
    together = m**2 / (2 * (M + m))
    low, high = kinematics.recoil_limits(E * (1 + 1e-13), M, m)
    assert float(low) == pytest.approx(together, rel=1e-5, abs=0)
    assert float(high) == pytest.approx(together, rel=1e-5, abs=0)
    assert kinematics.minimum_neutrino_energy(together, M, m) == pytest.approx(E, rel=1e-13, abs=0)
    everywhere = kinematics.minimum_neutrino_energy(together * np.geomspace(1e-6, 1e6, 101), M, m)
    assert np.all(everywhere >= E * (1 - 1e-13))


@pytest.mark.parametrize("M", [XENON, ARGON, ELECTRON])
@pytest.mark.parametrize("E", [1e-3, 0.75, 52.8])
def test_maximum_mass(M, E):
    mass = kinematics.maximum_mass(E, M)
    assert float(mass) == pytest.approx(float(edge(mp.mpf(E), mp.mpf(M))), rel=1e-14, abs=0)
    assert kinematics.threshold(M, mass) == pytest.approx(E, rel=1e-13, abs=0)
    assert kinematics.threshold(M, mass * 0.999) < E < kinematics.threshold(M, mass * 1.001)


@pytest.mark.parametrize("M", [XENON, ELECTRON])
def test_massless_limits(M):
    E = np.array([0.01, 1.0, 50.0])
    low, high = kinematics.recoil_limits(E, M)
    assert np.all(low == 0)
    np.testing.assert_allclose(high, 2 * E**2 / (M + 2 * E), rtol=1e-14)  # Compton, backwards
    np.testing.assert_allclose(kinematics.minimum_neutrino_energy(high, M), E, rtol=1e-13)
    assert kinematics.threshold(M, 0.0) == 0
    # and a tiny mass changes little
    np.testing.assert_allclose(kinematics.recoil_limits(E, M, 1e-9)[1], high, rtol=1e-12)


def test_below_threshold_there_is_no_recoil():
    low, high = kinematics.recoil_limits([1.0, 10.0, 30.0], XENON, 20.0)
    np.testing.assert_array_equal(np.isnan(low), [True, True, False])
    np.testing.assert_array_equal(np.isnan(high), [True, True, False])


def test_no_neutrino_is_fast_enough_for_no_recoil():
    np.testing.assert_array_equal(
        np.isinf(kinematics.minimum_neutrino_energy([-1.0, 0.0, 1e-3], XENON, 1.0)), [True, True, False]
    )
    assert np.isinf(kinematics.minimum_neutrino_energy(0.0, XENON))


def test_arguments_broadcast():
    E, M, m = np.array([5.0, 50.0]), np.array([[XENON], [ELECTRON], [ARGON]]), np.array([0, 0.1]).reshape(2, 1, 1)
    for result in (
        *kinematics.recoil_limits(E, M, m),
        kinematics.minimum_neutrino_energy(E * 1e-3, M, m),
    ):
        assert result.shape == (2, 3, 2)
    assert kinematics.threshold(M, m).shape == (2, 3, 1)
    assert kinematics.maximum_mass(E, M).shape == (3, 2)
    # entry by entry the same as scalars
    assert kinematics.recoil_limits(E, M, m)[0][1, 2, 0] == kinematics.recoil_limits(5.0, ARGON, 0.1)[0]
    assert np.shape(kinematics.threshold(ARGON, 0.1)) == ()


@pytest.mark.parametrize(("M", "E", "fraction"), CASES)
def test_what_is_allowed_lies_between_the_limits(M, E, fraction):
    m = float(fraction * edge(mp.mpf(E), mp.mpf(M)))
    low, high = (float(x) for x in kinematics.recoil_limits(E, M, m))
    outside = [-high, 0.0, low * (1 - 1e-6), high * (1 + 1e-6)]
    assert not np.any(kinematics.allowed(outside, E, M, m))
    assert kinematics.allowed((low + high) / 2, E, M, m)
