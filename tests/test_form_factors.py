"""Form factors against numerical Fourier transforms of the densities they stand for."""

from math import cosh, erf, exp, pi, sin, sinh, sqrt

import mpmath as mp
import numpy as np
import pytest
import witness
from scipy.integrate import quad

from companion import form_factors
from companion.units import MeV, fm

MOMENTA = [0.01, 1.0, 30.0, 60.0, 95.0, 140.0, 250.0]  # MeV; the first zero of Xe lies near 180


def helm_density(r, ball_radius, s):
    """A homogeneous ball folded with a Gaussian of width ``s``, normalised to 1."""
    plus, minus = (r + ball_radius) / s, (r - ball_radius) / s
    steps = (erf(plus / sqrt(2)) - erf(minus / sqrt(2))) / 2
    surface = s / (sqrt(2 * pi) * r) * (exp(-(plus**2) / 2) - exp(-(minus**2) / 2))
    return 3 / (4 * pi * ball_radius**3) * (steps + surface)


def klein_nystrand_density(r, ball_radius, a):
    """A homogeneous ball folded with a Yukawa function of range ``a``, normalised to 1."""
    x, X = r / a, ball_radius / a
    if r < ball_radius:
        folded = 1 - (1 + X) * exp(-X) * sinh(x) / x
    else:
        folded = (X * cosh(X) - sinh(X)) * exp(-x) / x
    return 3 / (4 * pi * ball_radius**3) * folded


def moment(density, weight, ball_radius, outside):
    """Integral of ``density * weight`` over all space, split at the edge of the ball."""

    def shell(r):
        return 4 * pi * r**2 * density(r) * weight(r)

    cuts = [1e-9, ball_radius / 2, ball_radius, (ball_radius + outside) / 2, outside]
    return sum(quad(shell, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in zip(cuts, cuts[1:], strict=False))


def fourier(density, Q, ball_radius, outside):
    """``Q`` in MeV, lengths in fm."""
    q = Q / witness.HBAR_C
    return moment(density, lambda r: sin(q * r) / (q * r), ball_radius, outside)


@pytest.mark.parametrize("radius", [2.6, 4.0, 4.79])
@pytest.mark.parametrize("Q", MOMENTA)
def test_helm_is_the_transform_of_its_density(radius, Q):
    ball_radius = sqrt(5 / 3 * (radius**2 - 3 * 0.9**2))
    expected = fourier(lambda r: helm_density(r, ball_radius, 0.9), Q, ball_radius, ball_radius + 9)
    assert form_factors.helm(Q * MeV, radius * fm) == pytest.approx(expected, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("A", [28, 127, 133])
@pytest.mark.parametrize("Q", MOMENTA)
def test_klein_nystrand_is_the_transform_of_its_density(A, Q):
    ball_radius = 1.23 * A ** (1 / 3)
    expected = fourier(lambda r: klein_nystrand_density(r, ball_radius, 0.7), Q, ball_radius, ball_radius + 25)
    assert form_factors.klein_nystrand(Q * MeV, A) == pytest.approx(expected, rel=1e-8, abs=1e-10)


def test_the_radius_is_the_rms_radius():
    """F = 1 - Q^2 <r^2>/6 + ..., and <r^2> of the density itself."""
    for radius in (2.0, 4.79):
        ball_radius = sqrt(5 / 3 * (radius**2 - 3 * 0.9**2))
        density = moment(lambda r: helm_density(r, ball_radius, 0.9), lambda r: r**2, ball_radius, ball_radius + 9)  # noqa: B023
        assert density == pytest.approx(radius**2, rel=1e-9, abs=0)
        assert rms(lambda Q: form_factors.helm(Q, radius * fm)) == pytest.approx(radius, rel=1e-6, abs=0)  # noqa: B023
    for A in (40, 133):
        ball_radius = 1.23 * A ** (1 / 3)
        expected = sqrt(3 / 5 * ball_radius**2 + 6 * 0.7**2)
        assert rms(lambda Q: form_factors.klein_nystrand(Q, A)) == pytest.approx(expected, rel=1e-6, abs=0)  # noqa: B023


def rms(form_factor):
    """Radius in fm from the slope at Q = 0, by Richardson's extrapolation of two small Q."""
    small = [q * witness.HBAR_C for q in (0.02, 0.01)]  # MeV; q in 1/fm
    values = [6 * (1 - float(form_factor(Q))) / (Q / witness.HBAR_C) ** 2 for Q in small]
    return sqrt((4 * values[1] - values[0]) / 3)


def test_no_momentum_no_suppression():
    assert form_factors.helm(0.0, 4.7 * fm) == 1
    assert form_factors.klein_nystrand(0.0, 133) == 1


def test_the_series_joins_the_bessel_function():
    """Fifteen digits up to x^2 = 1.5, where the two expressions meet, and no step there."""
    meet = sqrt(1.5)
    points = [0.0, 1e-9, 0.01, 0.1, 0.5, 1.0, meet * (1 - 1e-9), meet, meet * (1 + 1e-9), 1.5, 3.0, 4.0, 7.0]
    radius = 1.23 * np.cbrt(133.0) * fm
    Q = np.array(points) / radius
    with mp.workdps(40):
        x = [mp.mpf(q) * mp.mpf(radius) for q in Q]
        exact = [float(3 * (mp.sin(t) - t * mp.cos(t)) / t**3) if t else 1.0 for t in x]
    found = form_factors.klein_nystrand(Q, 133, a_k=0.0)
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-15)
    np.testing.assert_allclose(found[:6], exact[:6], rtol=1e-15)
    # each momentum by itself, and all small ones together
    assert [float(form_factors.klein_nystrand(q, 133, a_k=0.0)) for q in Q] == found.tolist()
    np.testing.assert_array_equal(form_factors.klein_nystrand(Q[:7], 133, a_k=0.0), found[:7])


def test_the_ball_of_a_density():
    R = np.array([4.0, 4.79]) * fm
    Q = np.array([[1.0], [30.0], [95.0]])
    found = form_factors.helm_of_ball(Q**2, form_factors.ball_radius(R))
    np.testing.assert_allclose(found, form_factors.helm(Q, R), rtol=1e-14)
    expected = np.sqrt(5 / 3 * (np.array([4.0, 4.79]) ** 2 - 3 * 0.9**2))
    np.testing.assert_allclose(form_factors.ball_radius(R) / fm, expected, rtol=1e-14)


def test_against_the_elementary_functions():
    Q = np.linspace(5, 300, 60)
    expected = [witness.helm(q, 4.79) for q in Q]
    np.testing.assert_allclose(form_factors.helm(Q, 4.79 * fm), expected, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(
        form_factors.klein_nystrand(Q, 127), [witness.klein_nystrand(q, 127) for q in Q], rtol=1e-9, atol=1e-13
    )
    smaller = [witness.klein_nystrand(q, 127, 1.2) for q in Q]
    np.testing.assert_allclose(form_factors.klein_nystrand(Q, 127, r_0=1.2 * fm), smaller, rtol=1e-9, atol=1e-13)


def test_width_and_range_can_be_chosen():
    Q = 70.0
    assert form_factors.helm(Q, 4.7 * fm, s=1e-9 * fm) == pytest.approx(
        witness.ball(Q * sqrt(5 / 3) * 4.7 / witness.HBAR_C), rel=1e-9, abs=0
    )
    assert form_factors.klein_nystrand(Q, 133, a_k=0.0) == pytest.approx(
        witness.ball(Q * 1.23 * 133 ** (1 / 3) / witness.HBAR_C), rel=1e-9, abs=0
    )


def test_a_nucleus_smaller_than_its_surface_is_refused():
    with pytest.raises(ValueError, match=r"rms radius of 1.5 fm is below sqrt\(3\) s = 1.56 fm"):
        form_factors.helm(1.0, [4.7 * fm, 1.5 * fm])


def test_momentum_transfer():
    assert form_factors.momentum_transfer(0.02, 1.2e5) == pytest.approx(sqrt(4800.0))
    assert form_factors.momentum_transfer([0.0, 1e-3], [[1.0], [2.0], [3.0]]).shape == (3, 2)
    # not the exact three-momentum: that is larger by half of T/2M
    T, M = 0.04, 1.2e5
    exact = sqrt((T + M) ** 2 - M**2)
    assert form_factors.momentum_transfer(T, M) == pytest.approx(exact, rel=1e-6, abs=0)


def test_shapes():
    assert form_factors.helm(np.ones((2, 1)), np.full(3, 4 * fm)).shape == (2, 3)
    assert form_factors.klein_nystrand(np.ones((2, 1)), [28, 133, 40]).shape == (2, 3)
