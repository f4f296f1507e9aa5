"""Roots of one function, and of many at a time, against a library's search."""

import numpy as np
import pytest
from scipy.optimize import brentq

from companion.roots import root, roots

ONE = [
    (lambda x: x**2 - 2, 0, 5),
    (lambda x: 2 - np.exp(x / 3), -1, 9),
    (lambda x: np.arctan(20 * (x - 0.3)), -5, 9),
    (lambda x: x - 1e-17, 0, 100),
    (lambda x: x**0.1 - 1e-2, 0, 100),
    (lambda x: (x - 0.7) ** 5, 0, 1),
    (lambda x: 1e6 if x > 0.7 else -1e-6, 0, 1),
]


@pytest.mark.parametrize(("function", "low", "high"), ONE)
def test_one_root_is_that_of_bisection(function, low, high):
    calls = []

    def counted(x):
        calls.append(x)
        return function(x)

    expected = brentq(function, low, high, xtol=1e-300, rtol=1e-14, maxiter=2000)
    assert root(counted, low, high) == pytest.approx(expected, rel=1e-11, abs=0)
    assert len(calls) < 150
    assert root(function, high, low) == pytest.approx(expected, rel=1e-11, abs=0)


def test_one_root_needs_a_bracket_and_values():
    with pytest.raises(ValueError, match="same sign at 0 and 1"):
        root(lambda x: x + 1, 0, 1)
    with pytest.raises(ArithmeticError, match="is nan at 0.5"):
        root(lambda x: np.nan if x == 0.5 else x - 0.3, 0, 1)
    assert root(lambda x: x, 0, 1) == 0


def bracketed(functions, low, high, third):
    points = np.array([low, high, third], float)
    values = np.array([[f(x) for f, x in zip(functions, row, strict=True)] for row in points])
    calls = []

    def evaluate(x, rows):
        calls.append(len(rows))
        return np.array([functions[row](value) for row, value in zip(rows, x, strict=True)])

    return evaluate, points, values, calls


def test_roots_are_those_of_bisection():
    functions = [
        lambda x: x**2 - 2,
        lambda x: 1 - np.exp(x / 3),
        lambda x: np.arctan(20 * (x - 0.3)),
        lambda x: np.log1p(x) - 1,
        lambda x: -(x**3) + 1e-3,
    ]
    low, high, third = [0, -1, -5, 0, 0], [5, 2, 9, 50, 1], [7, 0.5, -7, 60, 0.5]
    evaluate, points, values, _ = bracketed(functions, low, high, third)
    found = roots(evaluate, points, values, tolerance=1e-5)
    expected = [brentq(f, a, b, xtol=1e-15, rtol=1e-14) for f, a, b in zip(functions, low, high, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    turned = roots(evaluate, points[[1, 0, 2]], values[[1, 0, 2]], tolerance=1e-5)
    np.testing.assert_allclose(turned, found, rtol=1e-12, atol=1e-14)


def test_a_parabola_needs_two_calls():
    evaluate, points, values, calls = bracketed([lambda x: (x - 1) ** 2 - 2.7], [1.5], [4.0], [0.0])
    assert roots(evaluate, points, values, tolerance=1e-5)[0] == pytest.approx(1 + 2.7**0.5, rel=1e-13)
    assert sum(calls) <= 2  # there, and a little beyond


def test_a_root_is_found_without_a_third_value_and_on_an_end():
    evaluate, points, values, _ = bracketed([lambda x: x - 0.3, lambda x: x], [0.0, 0.0], [1.0, 1.0], [2.0, 2.0])
    values[2] = np.nan
    np.testing.assert_allclose(roots(evaluate, points, values, tolerance=1e-5), [0.3, 0.0], atol=1e-12)


def test_a_jump_is_found_by_halving():
    evaluate, points, values, calls = bracketed([lambda x: 1e6 if x > 0.7 else -1e-6], [0.0], [1.0], [2.0])
    assert roots(evaluate, points, values, tolerance=1e-5)[0] == pytest.approx(0.7, rel=1e-5)
    assert len(calls) < 80


def test_roots_without_a_bracket_are_refused():
    evaluate, points, values, _ = bracketed([lambda x: x**2 + 1], [0.0], [1.0], [2.0])
    with pytest.raises(ValueError, match="same sign at both ends"):
        roots(evaluate, points, values, tolerance=1e-5)


def test_a_missing_value_is_no_root():
    with pytest.raises(ArithmeticError, match="no finite value on the way"):
        roots(lambda x, rows: np.full(len(x), np.nan), np.array([[0.0], [1], [2]]), np.array([[-1.0], [1], [3]]), 1e-5)


def test_a_flat_function_is_followed_to_its_root():
    """Where the parabola expects the root much too close."""
    evaluate, points, values, calls = bracketed([lambda x: (x - 0.7) ** 5], [0.0], [1.0], [2.0])
    assert roots(evaluate, points, values, tolerance=1e-5)[0] == pytest.approx(0.7, rel=1e-5)
    assert len(calls) < 80


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_an_end_without_a_value_is_no_root(end):
    with pytest.raises(ValueError, match="same sign"):
        root(lambda x: np.nan if x == end else x - 0.3, 0, 1)
