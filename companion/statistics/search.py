"""A root or a minimum of a function that costs little more at ten points than at one: ten are asked for at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["minimum", "root"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

POINTS = 10
"""Points in a bracket at first."""

PASSES = 50
"""Passes at most; two or three are the rule, and each shrinks a bracket to a fifth or less."""

AROUND = np.array([1e-5, 1e-3, 0.03, 0.2])
"""Distances from an expected root in units of the bracket: if it is where it was expected, little is left of it."""


def root(function: Function, low: float, high: float, tolerance: float) -> float:
    """Where a function changes its sign.

    Parameters
    ----------
    function : callable
        takes a one-dimensional array of increasing points and gives its values there; they may be infinite
    low, high : float
        ends of a bracket, with values of different signs
    tolerance : float
        width of the last bracket, in the unit of the points; the root is interpolated in it

    Raises
    ------
    ValueError
        if the signs at the ends are the same
    """
    x = np.linspace(low, high, POINTS)
    y = function(x)
    if not np.sign(y[0]) * np.sign(y[-1]) <= 0:
        raise ValueError(f"the function has the same sign at {low:.6g} and at {high:.6g}")
    for _ in range(PASSES):
        right = max(int(np.argmax(np.sign(y) != np.sign(y[0]))), 1)
        expected = _expected(x, y, right)
        left_end, right_end = x[right - 1], x[right]
        width = right_end - left_end
        if width <= tolerance:
            break
        inner = expected + width * np.concatenate([-AROUND[::-1], [0.0], AROUND])
        inner = inner[(inner > left_end) & (inner < right_end)]
        x = np.concatenate([[left_end], inner, [right_end]])
        y = np.concatenate([[y[right - 1]], function(inner), [y[right]]])
    return float(expected)


def _expected(x: Array, y: Array, right: int) -> float:
    """The root between two neighbouring points, from the polynomial through them and the two beside them."""
    first = max(min(right - 2, len(x) - 4), 0)
    near = np.arange(first, min(first + 4, len(x)))
    left_end, right_end = x[right - 1], x[right]
    middle = (left_end + right_end) / 2
    if not np.all(np.isfinite(y[right - 1 : right + 1])):
        return float(middle)
    near = near[np.isfinite(y[near])]
    size = right_end - left_end
    scaled = (x[near] - left_end) / size
    roots = np.roots(np.polyfit(scaled, y[near], len(near) - 1))
    inside = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real >= 0) & (roots.real <= 1)]
    if len(inside):
        return float(left_end + size * inside[0])
    return float(left_end - size * y[right - 1] / (y[right] - y[right - 1]))


def minimum(function: Function, low: float, high: float, tolerance: float) -> tuple[float, float]:
    """Where a function is smallest between two points, and its value there.

    Parameters
    ----------
    function : callable
        as for :func:`root`; with one minimum between the ends
    low, high : float
        ends
    tolerance : float
        distance of the points of the last pass, in their unit
    """
    x = np.linspace(low, high, POINTS)
    for _ in range(PASSES):
        y = function(x)
        k = int(np.argmin(y))
        step = x[1] - x[0]
        if step <= tolerance:
            break
        x = np.linspace(max(x[k] - step, low), min(x[k] + step, high), POINTS)
    return float(x[k]), float(y[k])
