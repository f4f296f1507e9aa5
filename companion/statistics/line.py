r"""The chi-square along a line of signals, :math:`S+\sqrt x\,I+x\,D`: its minimum and where it crosses a level.

One line is one mass of a limit, or one set of pseudo-data; many of them are followed at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

from .likelihood import Likelihood

__all__ = ["Line"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]

GRID = np.concatenate([[0.0, 0.1, 0.4], np.geomspace(1.0, 100.0, 11), [3e2, 1e3, 1e4, 1e5, 1e6]])
"""Values of ``x`` that are tried first: one is about one standard deviation of the data."""


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
        values[0], pulls[0] = self._profile(np.zeros(len(rows)), rows, None)
        for k, x in enumerate(GRID[1:], start=1):
            # the signal before is close by
            values[k, rows], pulls[k, rows] = self._profile(np.full(len(rows), x), rows, pulls[k - 1, rows])
            if self.linear is None:
                risen = values[k, rows] > values[: k + 1, rows].min(axis=0) + self.follow
                values[k + 1 :, rows[risen]] = np.inf
                pulls[k + 1 :, rows[risen]] = pulls[k, rows[risen]]
                rows = rows[~risen]
        return values, pulls

    def chi2(self, x: Array, rows: Index) -> Array:
        """Chi-square at ``x`` on some of the lines, in the shape that both have together."""
        x, rows = np.broadcast_arrays(x, rows)
        flat_x, flat_rows = x.ravel(), rows.ravel()
        near = np.minimum(np.searchsorted(GRID, flat_x), len(GRID) - 1)
        value, _ = self._profile(flat_x, flat_rows, self._coarse[1][near, flat_rows])
        return value.reshape(x.shape)

    def slope(self, x: Array, rows: Index) -> Array:
        """Derivative of the chi-square by ``x``, of one shape with ``x`` and ``rows``; without interference."""
        x, rows = np.broadcast_arrays(x, rows)
        flat_x, flat_rows = x.ravel(), rows.ravel()
        near = np.minimum(np.searchsorted(GRID, flat_x), len(GRID) - 1)
        _, pulls = self._profile(flat_x, flat_rows, self._coarse[1][near, flat_rows])
        along = self.scale[flat_rows, np.newaxis] * self.templates[flat_rows]
        signal = self.base + flat_x[:, np.newaxis] * along
        observed = None if self.observed is None else self.observed[flat_rows]
        sigma = None if self.sigma is None else self.sigma[flat_rows]
        return self.likelihood.derivative(signal, pulls, along, observed=observed, sigma=sigma).reshape(x.shape)

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
                bracket = tuple(GRID[lowest[rows] + step] for step in (-1, 0, 1))
                result = elementwise.find_minimum(self.chi2, bracket, args=(rows,))
                x[rows], value[rows] = result.x, result.f_x
            return x, value
        low, high = GRID[np.maximum(lowest - 1, 0)], GRID[np.minimum(lowest + 1, len(GRID) - 1)]
        rows = np.flatnonzero(inner)
        # where the chi-square rises from zero on, the minimum is zero
        falls = self.slope(low[rows], rows) < 0
        rows = rows[falls]
        if len(rows):
            bracket = (low[rows], high[rows])
            result = elementwise.find_root(self.slope, bracket, args=(rows,), tolerances={"xrtol": 1e-9})
            settled = rows[result.success]
            x[settled] = result.x[result.success]
            value[settled] = self.chi2(x[settled], settled)
        return x, value

    def largest(self, level: ArrayLike) -> Array:
        """Largest ``x`` at which the chi-square rises through its minimum plus ``level``; inf if it never does."""
        best, minimum = self.minimum
        coarse, _ = self._coarse
        ceiling = minimum + np.asarray(level, float)
        below = coarse <= ceiling
        last = len(GRID) - 1 - np.argmax(below[::-1], axis=0)
        last = np.where(below.any(axis=0), last, 0)
        low = np.maximum(GRID[last], best)
        result = np.full(len(low), np.inf)
        crosses = np.flatnonzero(last < len(GRID) - 1)
        high = GRID[np.searchsorted(GRID, low[crosses], side="right")]
        result[crosses] = self._crossing(low[crosses], high, ceiling, crosses)
        return result

    def smallest(self, level: ArrayLike) -> Array:
        """Smallest ``x`` at which the chi-square falls through its minimum plus ``level``; 0 if it starts below."""
        best, minimum = self.minimum
        coarse, _ = self._coarse
        ceiling = minimum + np.asarray(level, float)
        below = coarse <= ceiling
        first = np.where(below.any(axis=0), np.argmax(below, axis=0), len(GRID) - 1)
        high = np.minimum(GRID[first], best)
        result = np.zeros(len(high))
        crosses = np.flatnonzero(~below[0])
        low = GRID[np.searchsorted(GRID, high[crosses], side="left") - 1]
        result[crosses] = self._crossing(low, high[crosses], ceiling, crosses)
        return result

    def _crossing(self, low: Array, high: Array, ceiling: Array, rows: Index) -> Array:
        """Roots of the chi-square minus a ceiling between ``low`` and ``high`` on some of the lines."""
        if not len(rows):
            return np.empty(0)

        def excess(x: Array, row: Index) -> Array:
            return self.chi2(x, row) - ceiling[row]

        root: Array = elementwise.find_root(excess, (low, high), args=(rows,), tolerances={"xrtol": 1e-12}).x
        return root
