"""Deviances per bin: Gaussian (Eqs. 23-27) and Poisson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import finite
from .binned import Binned
from .likelihood import Likelihood
from .pulls import Pull, Shift

__all__ = ["Gaussian", "Poisson"]

Array = NDArray[np.float64]

EMPTY = 1e-3
"""Expected events below which the Poisson deviance goes on as a parabola: pulls may lead there on their way.  In a bin
without events that is so below zero, where pulls can gain no more than this number."""


def _counted(what: str, values: ArrayLike, minimum: float | None = None) -> Array:
    """Numbers per bin as a one-dimensional, read-only array of finite floats."""
    array = np.array(finite(what, values, minimum=minimum), float)
    if array.ndim != 1 or not len(array):
        raise ValueError(f"{what} must be a list of numbers, one per bin, not of shape {array.shape}")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Gaussian(Binned):
    r"""Binned chi-square of numbers with errors, minimised over its pulls.

    .. math::
       \chi^2(S) = \min_{\mathbf a}\;\sum_i\left(\frac{N_i-e_i(S,\mathbf a)}{\sigma_i}\right)^2
       +\sum_k\left(\frac{a_k}{\sigma_k}\right)^2

    Without a shift it is quadratic in the unbounded pulls, so that the minimum is one linear solve.

    Attributes
    ----------
    observed, sigma : ndarray
        counts or rates and their errors, shape (n_bins,)
    backgrounds : mapping of str to ndarray
        templates of shape (n_bins,)
    pulls : tuple of Pull
        nuisance parameters
    shift : Shift, optional
        which of them moves the signal
    counting : bool
        whether the squared errors contain the observed counts, as in Eqs. (23) and (24): other data come with other
        errors then
    """

    observed: Array
    sigma: Array
    backgrounds: Mapping[str, Array] = field(default_factory=dict)
    pulls: tuple[Pull, ...] = ()
    shift: Shift | None = None
    counting: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "observed", _counted("data", self.observed))
        object.__setattr__(self, "sigma", _counted("errors", self.sigma))
        if self.sigma.shape != self.observed.shape:
            raise ValueError(f"there are {len(self.observed)} bins and {len(self.sigma)} errors")
        if not np.all(self.sigma > 0):
            raise ValueError("every bin needs a positive error")
        templates = {name: _counted(f"background {name!r}", values) for name, values in self.backgrounds.items()}
        object.__setattr__(self, "backgrounds", templates)
        object.__setattr__(self, "pulls", tuple(self.pulls))
        if self.counting and not np.all(self.sigma**2 - self.observed > -1e-6 * self.sigma**2):
            raise ValueError("squared errors that contain the counts are not smaller than them")
        self._check()

    @property
    def quadratic(self) -> bool:  # type: ignore[override]
        """Whether one linear solve is all."""
        return self.shift is None

    def _curve(self, expected: Array, observed: Array, sigma: Array | None) -> tuple[Array, Array, Array]:
        errors = self.sigma if sigma is None else sigma
        residual = (observed - expected) / errors
        return residual**2, -2 * residual / errors, np.broadcast_to(2 / errors**2, residual.shape)

    def with_observed(self, observed: ArrayLike, sigma: ArrayLike | None = None) -> Likelihood:
        data = np.asarray(observed, float)
        if sigma is None and self.counting and data.shape == self.observed.shape:
            # the errors follow the counts; one count is the least that an error stands for
            sigma = np.sqrt(np.maximum(self.sigma**2 - self.observed + data, 1.0))
        return super().with_observed(observed, sigma)


@dataclass(frozen=True, eq=False)
class Poisson(Binned):
    r"""Likelihood ratio of Poisson counts to the counts themselves, minimised over its pulls.

    .. math::
       \chi^2(S) = \min_{\mathbf a}\;2\sum_i\left[e_i(S,\mathbf a)-N_i+N_i\ln\frac{N_i}{e_i(S,\mathbf a)}\right]
       +\sum_k\left(\frac{a_k}{\sigma_k}\right)^2

    The pulls are unbounded, but expectations below zero cost more, not less.

    Attributes
    ----------
    observed : ndarray
        counts, shape (n_bins,)
    backgrounds : mapping of str to ndarray
        templates of shape (n_bins,), not negative
    pulls : tuple of Pull
        nuisance parameters
    shift : Shift, optional
        which of them moves the signal
    """

    observed: Array
    backgrounds: Mapping[str, Array] = field(default_factory=dict)
    pulls: tuple[Pull, ...] = ()
    shift: Shift | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "observed", _counted("counts", self.observed, minimum=0))
        templates = {name: _counted(f"background {name!r}", values, 0) for name, values in self.backgrounds.items()}
        object.__setattr__(self, "backgrounds", templates)
        object.__setattr__(self, "pulls", tuple(self.pulls))
        self._check()

    @property
    def sigma(self) -> Array:  # type: ignore[override]
        """Root of the counts, at least one: for plots and as a scale."""
        return np.sqrt(np.maximum(self.observed, 1.0))

    def _curve(self, expected: Array, observed: Array, sigma: Array | None) -> tuple[Array, Array, Array]:
        empty = np.broadcast_to(observed <= 0, expected.shape)
        some_empty = bool(empty.any())
        counts, e = observed, expected
        if some_empty:
            counts, e = np.where(empty, 1.0, observed), np.where(empty, 1.0, expected)
        low = e < EMPTY
        some_low = bool(low.any())
        if some_low:
            e = np.maximum(e, EMPTY)
        with np.errstate(over="ignore"):
            away = (e - counts) / counts
        # e - N + N ln(N/e): as it stands far from the counts, and near them so that large numbers do not cancel
        near = (away > -0.5) & (away < 1e9)
        all_near = bool(near.all())
        reduced = away if all_near else np.where(near, away, 0.0)
        ratio = counts / e
        value, slope, curvature = 2 * counts * (reduced - np.log1p(reduced)), 2 - 2 * ratio, 2 * ratio / e
        if not all_near:
            far = np.nonzero(~near)
            N, expectation = np.broadcast_to(counts, e.shape)[far], e[far]
            value[far] = 2 * (expectation - N + N * (np.log(N) - np.log(expectation)))
        if some_low:
            beyond = np.where(low & ~empty, expected - e, 0.0)
            value += (slope + curvature * beyond / 2) * beyond
            slope += curvature * beyond
        if some_empty:
            # linear, and below zero a parabola
            below = np.minimum(expected, 0.0)
            value = np.where(empty, 2 * expected + below**2 / EMPTY, value)
            slope = np.where(empty, 2 + 2 * below / EMPTY, slope)
            curvature = np.where(empty, 2 * (expected < 0) / EMPTY, curvature)
        return value, slope, curvature
