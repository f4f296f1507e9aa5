"""Roots of functions of one variable, each between two points where it has different signs.

:func:`root` is for one function of a number, :func:`roots` for many at a time.  They are here because the first of
``scipy.optimize``'s takes longer to import than a limit to compute.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["root", "roots"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Function = Callable[[Array, Index], Array]

STEPS = 200
"""Steps at most: three or four are the rule, and at worst every second one halves the interval."""

SMALL = 1e-3
"""Size of a root below which its accuracy is no longer relative."""


def root(function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-12) -> float:
    """The root of one function by Chandrupatla's method: inverse parabolas where they help, else halving.

    Parameters
    ----------
    function : callable
        of a number, with values of different signs at the ends
    low, high : float
        ends of the interval
    tolerance : float
        length of the last interval, relative to the root

    Returns
    -------
    float

    Raises
    ------
    ValueError
        if the values at the ends have the same sign
    ArithmeticError
        if a value on the way is not a number

    References
    ----------
    T. R. Chandrupatla, Advances in Engineering Software 28 (1997) 145
    """
    a, b = high, low
    at_a, at_b = function(a), function(b)
    if not at_a * at_b <= 0:
        raise ValueError(f"the function has the same sign at {low:.6g} and {high:.6g}")
    share = 0.5
    for _ in range(10 * STEPS):
        best, at_best = (a, at_a) if abs(at_a) < abs(at_b) else (b, at_b)
        length = abs(b - a)
        if at_best == 0 or length <= tolerance * abs(best) or length == 0:
            return best
        least = tolerance * abs(best) / (2 * length)
        x = a + min(max(share, least), 1 - least) * (b - a)
        if x in (a, b):
            # rounded away: halve, and end where that is rounded away, too
            x = (a + b) / 2
            if x in (a, b):
                return best
        at_x = function(x)
        if not -np.inf < at_x < np.inf:
            raise ArithmeticError(f"a function whose root is searched is {at_x} at {x:.6g}")
        if (at_x > 0) == (at_a > 0):
            c, at_c = a, at_a
        else:
            c, at_c, b, at_b = b, at_b, a, at_a
        a, at_a = x, at_x
        # the inverse parabola through the three points increases between them under this condition
        along, height = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
        share = 0.5
        if 1 - (1 - along) ** 0.5 < height < along**0.5:
            share = at_a / (at_b - at_a) * at_c / (at_b - at_c)
            share += (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
    raise ArithmeticError(f"no root between {low:.6g} and {high:.6g} after {10 * STEPS} steps")


def roots(function: Function, points: Array, values: Array, tolerance: float) -> Array:
    """Roots by parabolas through three points, of which two have the root between them.

    Parameters
    ----------
    function : callable
        ``function(x, rows)`` gives the values of some of the functions, shape (r,); it is called at least once for
        each
    points, values : ndarray, shape (3, n)
        for each function the ends of an interval, with values of different signs, and a third point inside or outside,
        where the value may be missing (nan)
    tolerance : float
        half the length of the last intervals, relative to the root, or to :data:`SMALL` if this is larger; in them
        the root is that of the parabola

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        if the values at the ends have the same sign
    ArithmeticError
        if a value on the way is not finite, or a root is not found
    """
    a, b, c = np.array(points, float)
    at_a, at_b, at_c = np.array(values, float)
    if not np.all(np.sign(at_a) * np.sign(at_b) <= 0):
        raise ValueError("a function has the same sign at both ends")
    between = (c - a) * (c - b) < 0
    a, at_a, b, at_b, c, at_c = _inserted(between, a, at_a, b, at_b, c, at_c)
    found: Array = np.empty_like(a)
    active = np.arange(len(a))
    nearer = np.abs(at_a) < np.abs(at_b)
    x, at_x = np.where(nearer, a, b), np.where(nearer, at_a, at_b)
    slow = np.zeros(len(a), bool)
    for _ in range(STEPS):
        expected = a + (b - a) * _share(at_a, at_b, at_c, (c - a) / (b - a))
        expected = np.where(at_x == 0, x, expected)
        size = tolerance * np.maximum(np.abs(expected), SMALL)
        ended = (np.abs(b - a) <= 4 * size) | (at_x == 0)
        found[active[ended]] = expected[ended]
        if ended.all():
            return found
        # a last step goes a little too far, so that the root lies between two points close by
        step = np.abs(expected - x)
        beyond = x + np.where(x == a, b - a, a - b) / np.abs(b - a) * np.maximum(2 * step, size / 10)
        trial = np.where(step <= size, beyond, expected)
        trial = np.where(slow, (a + b) / 2, trial)
        going = ~ended
        active, before = active[going], at_x[going]
        a, at_a, b, at_b, c, at_c = (part[going] for part in (a, at_a, b, at_b, c, at_c))
        x = trial[going]
        at_x = function(x, active)
        if not np.all(np.isfinite(at_x)):
            raise ArithmeticError("a function whose root is searched has no finite value on the way to it")
        slow = ~(np.abs(at_x) <= np.abs(before) / 2)
        a, at_a, b, at_b, c, at_c = _inserted(np.ones(len(a), bool), a, at_a, b, at_b, x, at_x)
    raise ArithmeticError(f"no root after {STEPS} steps")


def _inserted(where: NDArray[np.bool_], a: Array, at_a: Array, b: Array, at_b: Array, c: Array, at_c: Array) -> Array:
    """The ends with a point between them in the place of one, which becomes the third point, all of shape (6, n)."""
    first = where & (np.sign(at_c) == np.sign(at_a))
    second = where & ~first
    return np.stack(
        [
            np.where(first, c, a),
            np.where(first, at_c, at_a),
            np.where(second, c, b),
            np.where(second, at_c, at_b),
            np.where(first, a, np.where(second, b, c)),
            np.where(first, at_a, np.where(second, at_b, at_c)),
        ]
    )


def _share(at_0: Array, at_1: Array, at_c: Array, c: Array) -> Array:
    """Root between 0 and 1 of the parabola through 0, 1 and ``c``; without a value at ``c``, of the straight line."""
    rise = at_1 - at_0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        bend = ((at_c - at_1) / (c - 1) - rise) / c
        bend = np.where(np.isfinite(bend), bend, 0.0)
        # bend * u * (u - 1) + rise * u + at_0 = 0
        slope = rise - bend
        turn = np.where(at_0 < at_1, 1.0, -1.0)
        root = turn * np.sqrt(np.maximum(slope**2 - 4 * bend * at_0, 0.0))
        # of two equal expressions the one in which nothing cancels
        share = np.where(slope * turn >= 0, -2 * at_0 / (slope + root), (root - slope) / (2 * bend))
    inside = (share >= 0) & (share <= 1)
    return np.where(inside, share, 0.5)
