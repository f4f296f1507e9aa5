r"""Chi-squares with named, linear pulls, profiled in closed form (Eqs. 23-27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

__all__ = ["Gaussian", "Pull", "delta_chi2"]


def delta_chi2(confidence: float = 0.90, dof: int = 1) -> float:
    r""":math:`\Delta\chi^2` of a confidence level: 2.706 for 90 % and one degree of freedom, 4.605 for two."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {confidence}")
    if dof not in (1, 2):
        raise ValueError(f"a limit has one or two degrees of freedom, not {dof}")
    # the quantile of scipy.stats.chi2, whose module takes a quarter of a second to load
    return float(2 * gammaincinv(dof / 2, confidence))


@dataclass(frozen=True)
class Pull:
    """A nuisance parameter ``a`` that scales templates by ``1 + a``.

    Attributes
    ----------
    name : str
        pulls of the same name in two experiments are one and the same
    sigma : float
        its Gaussian width
    templates : tuple of str
        what it scales: ``"signal"`` and names of backgrounds
    """

    name: str
    sigma: float
    templates: tuple[str, ...] = ("signal",)

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"the pull {self.name!r} needs a positive width, not {self.sigma}")


@dataclass(frozen=True)
class Gaussian:
    r"""Binned chi-square, minimised over its pulls.

    .. math::
       \chi^2(S) = \min_{\mathbf a}\;\sum_i\left(\frac{N_i-S_i\bigl(1+\sum_{k\to S}a_k\bigr)
       -\sum_b B_i^b\bigl(1+\sum_{k\to b}a_k\bigr)}{\sigma_i}\right)^2+\sum_k\left(\frac{a_k}{\sigma_k}\right)^2

    It is quadratic in the unbounded pulls, so the minimum is one linear solve.

    Attributes
    ----------
    observed, sigma : ndarray
        counts and their errors, shape (n_bins,)
    backgrounds : mapping of str to ndarray
        templates of shape (n_bins,)
    pulls : tuple of Pull
        named nuisance parameters
    """

    observed: NDArray[np.float64]
    sigma: NDArray[np.float64]
    backgrounds: Mapping[str, NDArray[np.float64]]
    pulls: tuple[Pull, ...] = ()

    def __post_init__(self) -> None:
        if not np.all(np.asarray(self.sigma) > 0):
            raise ValueError("every bin needs a positive error")
        for name, template in self.backgrounds.items():
            if np.shape(template) != np.shape(self.observed):
                raise ValueError(
                    f"background {name!r} has {np.shape(template)} bins, the data {np.shape(self.observed)}"
                )
        known = {"signal", *self.backgrounds}
        for pull in self.pulls:
            if unknown := set(pull.templates) - known:
                raise ValueError(
                    f"the pull {pull.name!r} scales {unknown.pop()!r}; there are {', '.join(sorted(known))}"
                )

    def _system(self, signal: ArrayLike):
        """Scaled residual at zero pulls, design matrix of the pulls, and their values at the minimum."""
        signal = np.asarray(signal, float)
        residual = (self.observed - signal - sum(self.backgrounds.values())) / self.sigma
        templates = {"signal": signal, **self.backgrounds}
        design = np.stack(
            [
                np.broadcast_to(sum(templates[name] for name in pull.templates) / self.sigma, signal.shape)
                for pull in self.pulls
            ],
            axis=-1,
        )
        normal = np.einsum("...ik,...il->...kl", design, design) + np.diag([pull.sigma**-2.0 for pull in self.pulls])
        projection = np.einsum("...ik,...i->...k", design, residual)
        return residual, design, np.linalg.solve(normal, projection[..., np.newaxis])[..., 0]

    def best_pulls(self, signal: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Values of the pulls at the minimum for a signal of shape (..., n_bins)."""
        if not self.pulls:
            return {}
        *_, values = self._system(signal)
        return {pull.name: values[..., k] for k, pull in enumerate(self.pulls)}

    def chi2(self, signal: ArrayLike) -> NDArray[np.float64]:
        """Profiled chi-square of a signal of shape (..., n_bins)."""
        if not self.pulls:
            residual = (self.observed - np.asarray(signal, float) - sum(self.backgrounds.values())) / self.sigma
            return np.sum(residual**2, axis=-1)
        residual, design, values = self._system(signal)
        # term by term: the shorter difference of two sums of squares loses all digits for a signal far too large
        rest = residual - np.einsum("...ik,...k->...i", design, values)
        penalties = values / np.array([pull.sigma for pull in self.pulls])
        return np.sum(rest**2, axis=-1) + np.sum(penalties**2, axis=-1)
