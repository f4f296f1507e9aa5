r"""The chi-square along a line of signals, :math:`S+\sqrt x\,I+x\,D`: its minimum and where it crosses a level.

One line is one mass of a limit, or one set of pseudo-data; many of them are followed at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..roots import roots
from .binned import BLOCK
from .likelihood import Likelihood

__all__ = ["Line"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

GRID = np.concatenate([[0.0, 0.1, 0.4], np.geomspace(1.0, 100.0, 11), [3e2, 1e3, 1e4, 1e5, 1e6]])
"""Values of ``x`` that are tried first: one is about one standard deviation of the data."""

ROUNDING = 1e-12
"""Relative decrease of a chi-square that cannot be seen."""

USUAL = int(np.searchsorted(GRID, 100.0)) + 1
"""How many of them nearly every line needs."""


@dataclass(frozen=True, eq=False)
class Line:
    r"""Several lines of signals through one likelihood, in units in which :math:`x=1` is one standard deviation.

    Attributes
    ----------
    likelihood : Likelihood
        data and pulls
    base : ndarray, shape (n_bins,)
        :math:`S`
    templates : ndarray, shape (rows, n_bins)
        :math:`D`, none of them zero
    linear : ndarray, optional, shape (rows, n_bins)
        :math:`I`
    observed, sigma : ndarray, optional, shape (rows, n_bins)
        other data for each line, and their errors
    centres : ndarray, optional, shape (rows, n_pulls)
        centres of the priors for each line
    follow : float
        rise of the chi-square up to which a line without interference is followed: without it a signal only grows, and
        so does what it costs.  Levels must be lower
    """

    likelihood: Likelihood
    base: Array
    templates: Array
    linear: Array | None = None
    observed: Array | None = None
    sigma: Array | None = None
    centres: Array | None = None
    follow: float = 60.0

    @cached_property
    def scale(self) -> Array:
        """Squared coupling at ``x = 1``, shape (rows,): the data tell it from zero by one standard deviation."""
        scale: Array = 1 / np.sqrt(np.sum((self.templates / self.likelihood.sigma) ** 2, axis=-1))
        return scale

    def _profile(self, x: Array, rows: Index, start: Array | None) -> tuple[Array, Array]:
        """Chi-square and pulls at ``x`` on some of the lines, all of one shape (n,)."""
        strength = x * self.scale[rows]
        signal = self.base + strength[:, np.newaxis] * self.templates[rows]
        if self.linear is not None:
            signal = signal + np.sqrt(strength)[:, np.newaxis] * self.linear[rows]
        profile = self.likelihood.profile(
            signal,
            observed=None if self.observed is None else self.observed[rows],
            sigma=None if self.sigma is None else self.sigma[rows],
            centres=None if self.centres is None else self.centres[rows],
            start=start,
        )
        return profile.value, profile.pulls

    @cached_property
    def _coarse(self) -> tuple[Array, Array]:
        """Chi-square, shape (n_grid, rows), and pulls, shape (n_grid, rows, n_pulls), on :data:`GRID`.

        A line whose chi-square has risen by more than ``follow`` is not followed further: it holds inf from there.
        """
        rows = np.arange(len(self.templates))
        values = np.empty((len(GRID), len(rows)))
        pulls = np.empty((len(GRID), len(rows), len(self.likelihood.pulls)))
        if not len(rows):
            return values, pulls
        # together if they fit into the cache; for more lines it costs less to start from the pulls of the one before
        size = USUAL * self.templates.size * (1 + len(self.likelihood.pulls))
        first = USUAL if size <= BLOCK else 1
        x, of_row = (part.ravel() for part in np.meshgrid(GRID[:first], rows, indexing="ij"))
        value, pull = self._profile(x, of_row, None)
        values[:first], pulls[:first] = value.reshape(first, -1), pull.reshape(first, len(rows), -1)
        rows = self._followed(values, pulls, range(1, first), rows)
        for k in range(first, len(GRID)):
            # the signal before is close by
            values[k, rows], pulls[k, rows] = self._profile(np.full(len(rows), GRID[k]), rows, pulls[k - 1, rows])
            rows = self._followed(values, pulls, [k], rows)
        return values, pulls

    def _followed(self, values: Array, pulls: Array, steps: Iterable[int], rows: Index) -> Index:
        """Lines that are followed beyond some points of the grid; what is known of the others ends there."""
        if self.linear is not None:
            return rows
        for k in steps:
            risen = values[k, rows] > values[: k + 1, rows].min(axis=0) + self.follow
            values[k + 1 :, rows[risen]] = np.inf
            pulls[k + 1 :, rows[risen]] = pulls[k, rows[risen]]
            rows = rows[~risen]
        return rows

    def _near(self, x: Array, rows: Index) -> tuple[Array, Array]:
        """Chi-square and pulls at ``x`` on some of the lines, shapes (n,), started from the grid."""
        near = np.minimum(np.searchsorted(GRID, x), len(GRID) - 1)
        return self._profile(x, rows, self._coarse[1][near, rows])

    def chi2(self, x: Array, rows: Index) -> Array:
        """Chi-square at ``x`` on some of the lines, in the shape that both have together."""
        x, rows = np.broadcast_arrays(x, rows)
        return self._near(x.ravel(), rows.ravel())[0].reshape(x.shape)

    def _slope(self, x: Array, rows: Index, pulls: Array) -> Array:
        """Derivative of the chi-square by ``x`` at its pulls, all of shape (n,); without interference."""
        along = self.scale[rows, np.newaxis] * self.templates[rows]
        return self.likelihood.derivative(
            self.base + x[:, np.newaxis] * along,
            pulls,
            along,
            observed=None if self.observed is None else self.observed[rows],
            sigma=None if self.sigma is None else self.sigma[rows],
        )

    @cached_property
    def minimum(self) -> tuple[Array, Array]:
        """Where the chi-square is smallest, ``x >= 0``, and its value there, each of shape (rows,)."""
        coarse, _ = self._coarse
        lowest = np.argmin(coarse, axis=0)
        x, value = GRID[lowest], coarse[lowest, np.arange(coarse.shape[1])]
        inner = lowest < len(GRID) - 1
        if self.linear is not None:
            rows = np.flatnonzero(inner & (lowest > 0))
            if len(rows):
                from scipy.optimize import elementwise  # only the few limits with interference need it

                bracket = tuple(GRID[lowest[rows] + step] for step in (-1, 0, 1))
                result = elementwise.find_minimum(self.chi2, bracket, args=(rows,))
                x[rows], value[rows] = result.x, result.f_x
            return x, value
        rows = np.flatnonzero(inner)
        # the two beside the lowest point of the grid, and itself; from zero on the next ones
        inside = lowest[rows] > 0
        points = np.stack([np.maximum(lowest[rows] - 1, 0), lowest[rows] + 1, np.where(inside, lowest[rows], 2)])
        slopes = self._slope_on_grid(points, rows)
        # where the chi-square rises from zero on, or falls by no more than its rounding, the minimum is zero
        drop = -slopes[0] * (GRID[points[1]] - GRID[points[0]])
        falls = (drop > ROUNDING * (1 + value[rows])) & (slopes[1] > 0)
        rows, points, slopes = rows[falls], points[:, falls], slopes[:, falls]
        if len(rows):
            reached = np.stack([x[rows], value[rows], np.zeros(len(rows))])

            def slope(x: Array, chosen: Index) -> Array:
                values, pulls = self._near(x, rows[chosen])
                slopes = self._slope(x, rows[chosen], pulls)
                reached[:, chosen] = x, values, slopes
                return slopes

            x[rows] = roots(slope, GRID[points], slopes, tolerance=1e-4)
            last, at_last, slopes = reached
            # the minimum of the parabola from the last point, which is close by
            value[rows] = at_last + slopes * (x[rows] - last) / 2
        return x, value

    def _slope_on_grid(self, points: Index, rows: Index) -> Array:
        """Derivative of the chi-square by ``x`` at points of the grid, shape (n, rows); nan where it is not known."""
        coarse, pulls = self._coarse
        known = np.isfinite(coarse[points, rows])
        chosen, of_row = points[known], np.broadcast_to(rows, points.shape)[known]
        slopes = np.full(points.shape, np.nan)
        slopes[known] = self._slope(GRID[chosen], of_row, pulls[chosen, of_row])
        return slopes

    def largest(self, level: ArrayLike) -> Array:
        """Largest ``x`` at which the chi-square rises through its minimum plus ``level``; inf if it never does."""
        best, minimum = self.minimum
        coarse, _ = self._coarse
        ceiling = minimum + np.asarray(level, float)
        below = coarse <= ceiling
        last = len(GRID) - 1 - np.argmax(below[::-1], axis=0)
        last = np.where(below.any(axis=0), last, 0)
        result = np.full(len(last), np.inf)
        crosses = np.flatnonzero(last < len(GRID) - 1)
        inner = np.maximum(GRID[last], best)[crosses]
        outer = np.searchsorted(GRID, inner, side="right")
        result[crosses] = self._crossing(inner, outer, outer - 1, ceiling, crosses)
        return result

    def smallest(self, level: ArrayLike) -> Array:
        """Smallest ``x`` at which the chi-square falls through its minimum plus ``level``; 0 if it starts below."""
        best, minimum = self.minimum
        coarse, _ = self._coarse
        ceiling = minimum + np.asarray(level, float)
        below = coarse <= ceiling
        first = np.where(below.any(axis=0), np.argmax(below, axis=0), len(GRID) - 1)
        inner = np.minimum(GRID[first], best)
        result = np.zeros(len(inner))
        crosses = np.flatnonzero(~below[0])
        inner = inner[crosses]
        outer = np.searchsorted(GRID, inner, side="left") - 1
        result[crosses] = self._crossing(inner, outer, outer + 1, ceiling, crosses)
        return result

    def _crossing(self, inner: Array, outer: Index, beyond: Index, ceiling: Array, rows: Index) -> Array:
        """Where the chi-square is at a ceiling on some of the lines.

        Parameters
        ----------
        inner : ndarray, shape (n,)
            points below it: on the grid, or the best fit
        outer, beyond : ndarray of int, shape (n,)
            points of the grid next to them: above the ceiling, and on the other side
        ceiling : ndarray, shape (n_lines,)
            chi-square
        rows : ndarray of int, shape (n,)
            the lines
        """
        if not len(rows):
            return np.empty(0)
        coarse, _ = self._coarse
        on_grid = GRID[beyond] == inner
        lowest = np.where(on_grid, coarse[beyond, rows], self.minimum[1][rows])
        # a third point: the one beyond, or if that is the inner one already the next
        third = np.where(on_grid, 2 * beyond - outer, beyond)
        outside = (third < 0) | (third >= len(GRID))
        third = np.where(outside, 2 * outer - beyond, third)
        points = np.stack([inner, GRID[outer], GRID[third]])
        values = np.stack([lowest, coarse[outer, rows], coarse[third, rows]]) - ceiling[rows]

        def excess(x: Array, chosen: Index) -> Array:
            return self.chi2(x, rows[chosen]) - ceiling[rows[chosen]]

        return roots(excess, points, values, tolerance=1e-5)
