"""Roots and minima that are searched at ten points at a time, against closed forms and scipy."""

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from companion.statistics import search

ROOTS = {
    "a line": (lambda x: x - 0.3, 0.0, 1.0),
    "a parabola": (lambda x: x**2 - 2, 0.0, 5.0),
    "falling": (lambda x: np.cos(x), 0.1, 3.0),
    "a kink": (lambda x: np.where(x < 0.41, x - 0.4, 10 * x - 4.09), 0.0, 1.0),
    "steep": (lambda x: np.expm1(40 * (x - 0.77)), 0.0, 1.0),
    "a step": (lambda x: np.where(x < 1 / 3, -1.0, 1.0), 0.0, 1.0),
}


@pytest.mark.parametrize("name", ROOTS)
def test_a_root_as_scipy_finds_it(name):
    function, low, high = ROOTS[name]
    expected = brentq(lambda x: float(function(np.asarray(x))), low, high, xtol=1e-14)
    assert search.root(function, low, high, 1e-10) == pytest.approx(expected, abs=1e-10)


def test_a_root_before_a_limit_becomes_infinite():
    """As limits do at the kinematic edge."""

    def growth(m):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(m < 2, -np.log(1 - m / 2) - 1, np.inf)

    assert search.root(growth, 0.0, 2.5, 1e-9) == pytest.approx(2 * (1 - np.exp(-1)), abs=1e-9)


def test_a_few_calls_are_enough():
    calls = []

    def function(x):
        calls.append(len(x))
        return np.exp(x) - 2

    assert search.root(function, 0.0, 1.0, 1e-9) == pytest.approx(np.log(2), abs=1e-11)
    assert len(calls) <= 4


def test_a_root_at_an_end():
    assert search.root(lambda x: x, 0.0, 1.0, 1e-12) == pytest.approx(0, abs=1e-12)
    assert search.root(lambda x: x - 1, 0.0, 1.0, 1e-12) == pytest.approx(1, abs=1e-12)


def test_without_a_change_of_sign_there_is_no_root():
    with pytest.raises(ValueError, match="same sign at 0 and at 1"):
        search.root(lambda x: x + 1, 0.0, 1.0, 1e-6)


@pytest.mark.parametrize("centre", [0.2, 0.5, 0.93])
def test_a_minimum_as_scipy_finds_it(centre):
    def function(x):
        return (x - centre) ** 2 + 0.3 * np.abs(x - centre) ** 3

    expected = minimize_scalar(function, bounds=(0, 1), method="bounded", options={"xatol": 1e-10})
    x, value = search.minimum(function, 0.0, 1.0, 1e-8)
    assert x == pytest.approx(expected.x, abs=1e-7)
    assert value == pytest.approx(expected.fun, abs=1e-14)


def test_a_minimum_at_an_end():
    assert search.minimum(lambda x: x, 2.0, 3.0, 1e-6) == (2.0, 2.0)
