"""From recoil energy to analysis bins: quenching, light yield, resolution, efficiency.

A response has a ``window`` (MeV) of recoil energies it can see, ``breakpoints`` (MeV) where it jumps, and
``bins(E_r)``, the probability that a recoil is accepted and lands in each bin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import gammainccinv, gammaincinv

__all__ = ["Photoelectrons", "Response", "identity"]

NEGLIGIBLE = 1e-14
"""Probability below which a recoil counts as invisible."""


class Response(Protocol):
    """What an experiment asks of its response."""

    @property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached."""

    @property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) where the response jumps."""

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""


def identity(E_r: ArrayLike) -> NDArray[np.float64]:
    """Quenching of electron recoils: none."""
    return np.asarray(E_r, float)


@dataclass(frozen=True)
class Photoelectrons:
    r"""Counting of photoelectrons: a recoil with mean :math:`\bar n=\mathrm{LY}\,E_{ee}(E_r)` gives an integer ``n``.

    Attributes
    ----------
    quenching : callable
        electron-equivalent energy (MeV) of a recoil energy (MeV), increasing
    light_yield : float
        photoelectrons per electron-equivalent energy (1/MeV)
    edges : tuple of int
        bin edges in photoelectrons; a bin holds the integers from its lower edge up to, not including, its upper edge
    acceptance : tuple of float
        probability that an event of ``n = edges[0], ..., edges[-1] - 1`` photoelectrons is accepted
    smearing : bool
        ``n`` is Poisson distributed (default), or the integer part of its mean
    maximum_recoil : float
        recoil energy (MeV) up to which ``quenching`` increases and the search for the window may go
    """

    quenching: Callable[[ArrayLike], NDArray[np.float64]]
    light_yield: float
    edges: tuple[int, ...]
    acceptance: tuple[float, ...]
    smearing: bool = True
    maximum_recoil: float = 0.06

    def __post_init__(self) -> None:
        if len(self.acceptance) != self.edges[-1] - self.edges[0]:
            raise ValueError(
                f"{len(self.acceptance)} acceptances for the {self.edges[-1] - self.edges[0]} photoelectron numbers "
                f"from {self.edges[0]} to {self.edges[-1] - 1}"
            )

    def mean(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Mean number of photoelectrons of a recoil of energy ``E_r`` (MeV)."""
        return self.light_yield * self.quenching(E_r)

    def _recoil(self, photoelectrons: float) -> float:
        """Recoil energy (MeV) with this mean number of photoelectrons, or ``maximum_recoil``."""
        if self.mean(self.maximum_recoil) <= photoelectrons:
            return self.maximum_recoil
        return brentq(
            lambda E_r: float(self.mean(E_r)) - photoelectrons, 0.0, self.maximum_recoil, xtol=1e-15, rtol=1e-12
        )

    @cached_property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached."""
        first, last = self.edges[0], self.edges[-1]
        if not self.smearing:
            return self._recoil(first), self._recoil(last)
        return self._recoil(gammaincinv(first, NEGLIGIBLE)), self._recoil(gammainccinv(last, NEGLIGIBLE))

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) where the response jumps: none once it is smeared."""
        if self.smearing:
            return ()
        return tuple(self._recoil(n) for n in range(self.edges[0], self.edges[-1] + 1))

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""
        mean = self.mean(E_r)
        bins = np.zeros((len(self.edges) - 1, *mean.shape))
        probability = np.exp(-mean)
        for n in range(self.edges[-1]):
            if n >= self.edges[0]:
                accepted = self.acceptance[n - self.edges[0]]
                caught = probability if self.smearing else np.floor(mean) == n
                bins[np.searchsorted(self.edges, n, side="right") - 1] += accepted * caught
            probability = probability * mean / (n + 1)
        return bins
