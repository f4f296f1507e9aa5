"""What a likelihood is: the interface that data sets and their sums share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pulls import Pull

if TYPE_CHECKING:
    from .joint import Joint

__all__ = ["Likelihood", "Profile"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """A chi-square minimised over the pulls.

    Attributes
    ----------
    value : ndarray, shape (...)
        the minimum, in the shape of the signals
    pulls : ndarray, shape (..., n_pulls)
        the pulls there, in the order of ``likelihood.pulls``
    """

    value: Array
    pulls: Array


class Likelihood:
    """What all likelihoods have in common: the profile over the pulls, and that they add up.

    A likelihood has ``observed``, shape (n_bins,), ``sigma``, the size of an error in each bin, ``backgrounds`` by name
    and ``pulls``.
    """

    observed: Array
    sigma: Array
    backgrounds: Mapping[str, Array]
    pulls: tuple[Pull, ...]

    @property
    def parts(self) -> tuple[Likelihood, ...]:
        """The likelihoods of single data sets of which this one is made."""
        return (self,)

    @property
    def apart(self) -> tuple[tuple[Likelihood, NDArray[np.intp]], ...]:
        """Likelihoods that share no pull and add up to this one, each with the indices of its bins."""
        return ((self, np.arange(len(self.observed))),)

    def expected(self, signal: ArrayLike, pulls: Mapping[str, float] | ArrayLike = ()) -> Array:
        """Expectation for a signal of shape (..., n_bins) and for pulls, by name or shape (..., n_pulls); zero by
        default."""
        raise NotImplementedError

    def deviance(self, signal: ArrayLike, pulls: Mapping[str, float] | ArrayLike = ()) -> Array:
        """Chi-square of a signal of shape (..., n_bins) at given pulls, their priors included, shape (...)."""
        raise NotImplementedError

    def profile(
        self,
        signal: ArrayLike,
        *,
        observed: ArrayLike | None = None,
        sigma: ArrayLike | None = None,
        centres: ArrayLike | None = None,
        start: ArrayLike | None = None,
    ) -> Profile:
        """Minimise over the pulls.

        Parameters
        ----------
        signal : array_like, shape (..., n_bins)
            expected signal, Standard Model included
        observed, sigma : array_like, optional, shape (..., n_bins)
            other data than the likelihood's own, one set for each signal, and their errors
        centres : array_like, optional, shape (..., n_pulls)
            where the priors of the pulls are centred, in the order of ``pulls``; zero by default
        start : array_like, optional, shape (..., n_pulls)
            pulls from which the search starts, such as those of a signal close by

        Returns
        -------
        Profile

        Raises
        ------
        ValueError
            if shapes do not fit or a number is not finite
        """
        raise NotImplementedError

    def derivative(
        self,
        signal: ArrayLike,
        pulls: ArrayLike,
        templates: ArrayLike,
        *,
        observed: ArrayLike | None = None,
        sigma: ArrayLike | None = None,
    ) -> Array:
        """Derivative of the profiled chi-square when the signal grows along templates.

        Parameters
        ----------
        signal : array_like, shape (..., n_bins)
            expected signal
        pulls : array_like, shape (..., n_pulls)
            the pulls at the minimum there, from :meth:`profile`
        templates : array_like, shape (..., n_bins)
            direction for each signal
        observed, sigma : array_like, optional
            as for :meth:`profile`

        Returns
        -------
        ndarray, shape (...)
        """
        raise NotImplementedError

    def by_pulls(self, signal: ArrayLike, pulls: ArrayLike) -> Array:
        """Derivatives of :meth:`deviance` by the pulls, for one signal, shape (n_bins,), and its pulls, (n_pulls,)."""
        raise NotImplementedError

    def derivatives(self, signal: ArrayLike, pulls: ArrayLike, templates: ArrayLike) -> tuple[Array, Array]:
        """First and second derivatives of the profiled chi-square when the signal grows along several templates.

        Parameters
        ----------
        signal : array_like, shape (..., n_bins)
            expected signal
        pulls : array_like, shape (..., n_pulls)
            the pulls at the minimum there, from :meth:`profile`
        templates : array_like, shape (..., n_templates, n_bins)
            directions

        Returns
        -------
        gradient, hessian : ndarray
            shapes (..., n_templates), (..., n_templates, n_templates)
        """
        raise NotImplementedError

    def chi2(self, signal: ArrayLike) -> Array:
        """Profiled chi-square of a signal of shape (..., n_bins)."""
        return self.profile(signal).value

    def with_observed(self, observed: ArrayLike, sigma: ArrayLike | None = None) -> Likelihood:
        """The same likelihood for other data, shape (n_bins,), with other errors if it has errors and they change."""
        raise NotImplementedError

    def best_pulls(self, signal: ArrayLike) -> dict[str, Array]:
        """Values of the pulls at the minimum for a signal of shape (..., n_bins)."""
        pulls = self.profile(signal).pulls
        return {pull.name: pulls[..., k] for k, pull in enumerate(self.pulls)}

    def __add__(self, other: Likelihood) -> Joint:
        from .joint import Joint

        if not isinstance(other, Likelihood):
            return NotImplemented
        return Joint((*self.parts, *other.parts))
