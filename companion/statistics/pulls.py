"""Nuisance parameters (pulls), and what a confidence level means in chi-square."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

__all__ = ["Movement", "Pull", "Shift", "delta_chi2"]

Array = NDArray[np.float64]


def delta_chi2(confidence: float = 0.90, dof: int = 1) -> float:
    r""":math:`\Delta\chi^2` of a confidence level: 2.706 for 90 % and one degree of freedom, 4.605 for two."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {confidence}")
    if dof not in (1, 2):
        raise ValueError(f"a limit has one or two degrees of freedom, not {dof}")
    # the quantile of scipy.stats.chi2, whose module takes a quarter of a second to load
    return float(2 * gammaincinv(dof / 2, confidence))


@dataclass(frozen=True, eq=False)
class Pull:
    r"""A nuisance parameter ``a`` that scales bin ``i`` of its templates by :math:`1+r_ia`.

    Attributes
    ----------
    name : str
        pulls of the same name in two experiments are one and the same
    sigma : float
        width of its Gaussian prior; ``inf`` for a free parameter
    templates : tuple of str
        what it scales: ``"signal"`` and names of backgrounds
    shared : (str, float), optional
        name and width of the part of it that other experiments have in common with this one, such as a flux.  In a
        joint likelihood the pull is the sum of that part and the rest, whose variances add up; alone it makes no
        difference
    shape : array_like, optional
        :math:`r_i`, shape (n_bins,); by default 1 in every bin
    """

    name: str
    sigma: float
    templates: tuple[str, ...] = ("signal",)
    shared: tuple[str, float] | None = None
    shape: ArrayLike | None = None

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"the pull {self.name!r} needs a positive width, not {self.sigma}")
        if isinstance(self.templates, str):
            raise ValueError(f"the templates of the pull {self.name!r} are a tuple of names, not a text")
        if self.shared and not 0 < self.shared[1] <= self.sigma:
            raise ValueError(f"the shared part of the pull {self.name!r} has a width of {self.shared[1]}, the whole "
                             f"of {self.sigma}")  # fmt: skip
        if self.shape is not None and not np.all(np.isfinite(np.asarray(self.shape, float))):
            raise ValueError(f"the shape of the pull {self.name!r} holds a number that is not finite")

    def parts(self) -> tuple[tuple[str, float], ...]:
        """Names and widths of what is shared and of the rest: their variances add up to that of the whole."""
        if self.shared is None:
            return ((self.name, self.sigma),)
        if not isfinite(self.sigma):
            return self.shared, (self.name, self.sigma)
        rest = self.sigma**2 - self.shared[1] ** 2
        return (self.shared, (self.name, rest**0.5)) if rest > 0 else (self.shared,)


class Movement(Protocol):
    """A linear map of a signal that depends on a shift and is the identity at zero."""

    def __call__(self, signal: Array, shift: Array) -> tuple[Array, Array, Array]:
        """The moved signal with first and second derivative in the shift, each of shape (rows, n_bins).

        ``signal`` has the shape (rows, n_bins), ``shift`` the shape (rows,), in the unit of the pull.
        """


@dataclass(frozen=True, eq=False)
class Shift:
    """The pull that moves the signal along an axis instead of scaling it.

    Attributes
    ----------
    pull : str
        its name; its templates are ``("signal",)`` and its width is in the unit of the shift
    move : Movement
        what it does to a signal
    reach : float
        largest shift, of either sign
    """

    pull: str
    move: Movement
    reach: float = np.inf
