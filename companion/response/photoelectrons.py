"""Detectors that count photoelectrons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, gammaln

from ..roots import root
from .common import NEGLIGIBLE, RATIO, SMALLEST, Function, check_least_energy, label, recoil_energy, towards_zero

__all__ = ["GammaPhotoelectrons", "Photoelectrons"]


@dataclass(frozen=True, repr=False)
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
    minimum_ionisation : float
        electron-equivalent energy (MeV) below which a recoil makes no signal
    """

    quenching: Function
    light_yield: float
    edges: tuple[int, ...]
    acceptance: tuple[float, ...]
    smearing: bool = True
    maximum_recoil: float = 0.06
    minimum_ionisation: float = 0.0

    def __post_init__(self) -> None:
        if np.any(np.diff(self.edges) <= 0) or not self.edges[0] >= 0:
            raise ValueError("bin edges in photoelectrons must increase and not be negative")
        if len(self.acceptance) != self.edges[-1] - self.edges[0]:
            raise ValueError(
                f"{len(self.acceptance)} acceptances for the {self.edges[-1] - self.edges[0]} photoelectron numbers "
                f"from {self.edges[0]} to {self.edges[-1] - 1}"
            )
        if not all(0 <= accepted <= 1 for accepted in self.acceptance):
            raise ValueError(f"acceptances lie between 0 and 1, not {min(self.acceptance)} to {max(self.acceptance)}")
        if not 0 < self.light_yield < np.inf:
            raise ValueError(f"a light yield is positive and finite (1/MeV), not {self.light_yield}")
        check_least_energy(self.minimum_ionisation)

    def __repr__(self) -> str:
        return label(self, self.edges, 1.0, "PE", self.quenching)

    def mean(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Mean number of photoelectrons of a recoil of energy ``E_r`` (MeV)."""
        return self.light_yield * self.quenching(E_r)

    def _recoil(self, photoelectrons: float) -> float:
        """Recoil energy (MeV) with this mean number of photoelectrons, or ``maximum_recoil``."""
        return recoil_energy(self.mean, photoelectrons, self.maximum_recoil)

    @cached_property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached."""
        low, high = float(self.edges[0]), float(self.edges[-1])
        if self.smearing:
            low, high = float(gammaincinv(low, NEGLIGIBLE)) if low else 0.0, float(gammainccinv(high, NEGLIGIBLE))
        return self._recoil(max(low, self._least)), self._recoil(high)

    @property
    def _least(self) -> float:
        """Mean number of photoelectrons below which nothing is seen, or so little that it may be left out."""
        return self.light_yield * self.minimum_ionisation or SMALLEST

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) where the response jumps: none once it is smeared, unless it reaches zero."""
        numbers = () if self.smearing else range(self.edges[0], self.edges[-1] + 1)
        steps = tuple(self._recoil(n) for n in numbers)
        low, high = self.window
        if low == self._recoil(self._least):
            steps += towards_zero(low, min((E_r for E_r in steps if E_r > low), default=high))
        return tuple(sorted(steps))

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
        if self.minimum_ionisation:
            bins *= self.quenching(E_r) >= self.minimum_ionisation
        return bins


@dataclass(frozen=True, repr=False)
class GammaPhotoelectrons:
    r"""Photoelectrons spread by a gamma distribution, as in the full data set of COHERENT-CsI.

    A recoil with the electron-equivalent energy :math:`E_{ee}` is reconstructed at :math:`x` photoelectrons with

    .. math::
       P(x)=\frac{[\alpha(1+\beta)]^{1+\beta}}{\Gamma(1+\beta)}\,x^\beta e^{-\alpha(1+\beta)x},\qquad
       \alpha=\frac{a}{E_{ee}},\quad\beta=b\,E_{ee},

    whose mean is :math:`E_{ee}/a`, and accepted with ``efficiency`` at :math:`x`.  In every bin the product is
    integrated by Gauss's rule.

    Attributes
    ----------
    quenching : callable
        electron-equivalent energy (MeV) of a recoil energy (MeV), increasing
    a, b : float
        the two constants of the resolution (MeV per photoelectron, 1/MeV)
    edges : tuple of float
        bin edges in photoelectrons
    efficiency : callable
        acceptance as a function of the photoelectrons, smooth above ``threshold``
    threshold : float
        photoelectrons below which nothing is accepted
    smearing : bool
        False puts every recoil at its mean
    maximum_recoil : float
        recoil energy (MeV) up to which ``quenching`` increases and the search for the window may go
    order : int
        Gauss points per bin, or per piece of a bin whose edges differ by more than a factor of four
    minimum_ionisation : float
        electron-equivalent energy (MeV) below which a recoil makes no signal
    """

    quenching: Function
    a: float
    b: float
    edges: tuple[float, ...]
    efficiency: Function
    threshold: float = 0.0
    smearing: bool = True
    maximum_recoil: float = 0.06
    order: int = 12
    minimum_ionisation: float = 0.0

    def __post_init__(self) -> None:
        if not (self.a > 0 and self.b >= 0):
            raise ValueError(f"the constants of a resolution are positive, not {self.a}, {self.b}")
        if not np.all(np.diff(self.edges) > 0) or not self.edges[0] <= self.threshold < self.edges[-1]:
            raise ValueError("bin edges must increase and the threshold lie between the first and the last")
        if self.threshold < 0:
            raise ValueError(f"a threshold in photoelectrons must not be negative, not {self.threshold}")
        check_least_energy(self.minimum_ionisation)

    def __repr__(self) -> str:
        return label(self, self.edges, 1.0, "PE", self.quenching)

    def mean(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Mean number of photoelectrons of a recoil of energy ``E_r`` (MeV)."""
        return self.quenching(E_r) / self.a

    def _recoil(self, photoelectrons: float) -> float:
        """Recoil energy (MeV) with this mean number of photoelectrons, or ``maximum_recoil``."""
        return recoil_energy(self.mean, photoelectrons, self.maximum_recoil)

    @cached_property
    def _smallest(self) -> float:
        """Photoelectrons below which the efficiency is taken as a straight line; 0 if nothing is accepted there."""
        return 1e-6 * self._first_positive if self.threshold == 0 else 0.0

    @cached_property
    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gauss points (photoelectrons) of all bins, and their weights times efficiency, shape (n_bins, n_points)."""
        x, w = np.polynomial.legendre.leggauss(self.order)
        points, weights, of_bin = [], [], []
        for k, (low, high) in enumerate(zip(self.edges[:-1], self.edges[1:], strict=True)):
            low = max(low, self.threshold, self._smallest)
            if high <= low:
                continue
            number = max(1, int(np.ceil(np.log(high / low) / np.log(RATIO))))
            cuts = np.geomspace(low, high, number + 1)[:, np.newaxis]
            width = np.diff(cuts, axis=0)
            nodes = cuts[:-1] + width * (x + 1) / 2
            points.append(nodes.ravel())
            weights.append((width * w / 2 * self.efficiency(nodes)).ravel())
            of_bin.append(np.full(nodes.size, k))
        by_bin = np.zeros((len(self.edges) - 1, sum(map(len, points))))
        by_bin[np.concatenate(of_bin), np.arange(by_bin.shape[1])] = np.concatenate(weights)
        return np.concatenate(points), by_bin

    def _shape(self, E_r: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shape and rate of the gamma distribution at a recoil energy (MeV)."""
        shape = 1 + self.b * self.quenching(E_r)
        return shape, shape / self.mean(E_r)

    @cached_property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached."""
        if not self.smearing:
            return self._recoil(max(self.threshold, self._least)), self._recoil(self.edges[-1])

        def above_threshold(E_r: float) -> float:
            shape, rate = self._shape(E_r)
            return float(gammaincc(shape, rate * self.threshold)) - NEGLIGIBLE

        def below_last_edge(E_r: float) -> float:
            shape, rate = self._shape(E_r)
            return float(gammainc(shape, rate * self.edges[-1])) - NEGLIGIBLE

        high = self.maximum_recoil
        if below_last_edge(high) < 0:
            high = root(below_last_edge, self._recoil(self.edges[-1]), high)
        low = self._recoil(self._least)
        if self.threshold > 0:
            # far below, an exponential with a mean of a sixtieth of the threshold is all that is left
            far, near = self._recoil(self.threshold / 60), self._recoil(self.threshold)
            reached = root(above_threshold, far, near) if above_threshold(near) > 0 else near
            low = max(low, reached)
        return low, high

    @property
    def _least(self) -> float:
        """Mean number of photoelectrons below which nothing is seen, or so little that it may be left out."""
        return self.minimum_ionisation / self.a or SMALLEST * self._first_positive

    @property
    def _first_positive(self) -> float:
        """First bin edge (photoelectrons) above zero."""
        return next(edge for edge in self.edges if edge > 0)

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) where the response jumps: none once it is smeared, unless it reaches zero."""
        steps = () if self.smearing else tuple(self._recoil(x) for x in (self.threshold, *self.edges[1:]))
        low, high = self.window
        if low == self._recoil(self._least) or RATIO * self.threshold < self._first_positive:
            steps += towards_zero(low, min((E_r for E_r in steps if E_r > low), default=high))
        return tuple(sorted(steps))

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""
        E_r = np.asarray(E_r, float)
        bins = self._spread(E_r.ravel()) if self.smearing else self._sharp(E_r.ravel())
        if self.minimum_ionisation:
            bins *= self.quenching(E_r.ravel()) >= self.minimum_ionisation
        return bins.reshape(len(bins), *E_r.shape)

    def _sharp(self, E_r: NDArray[np.float64]) -> NDArray[np.float64]:
        """The bins without resolution, shape ``(n_bins, len(E_r))``."""
        mean = self.mean(E_r)
        inside = (mean >= self.threshold) & (mean < self.edges[-1])
        bins = np.zeros((len(self.edges) - 1, len(mean)))
        of_bin = np.searchsorted(self.edges, mean[inside], side="right") - 1
        bins[of_bin, np.flatnonzero(inside)] = self.efficiency(mean[inside])
        return bins

    def _spread(self, E_r: NDArray[np.float64]) -> NDArray[np.float64]:
        """The bins with resolution, shape ``(n_bins, len(E_r))``."""
        shape, rate = self._shape(E_r)
        points, weights = self._points
        # the logarithm of the density is linear in log(x), x and 1: a matrix product, and one exponential per pair
        of_recoil = np.stack([shape - 1, -rate, shape * np.log(rate) - gammaln(shape)])
        of_point = np.stack([np.log(points), points, np.ones_like(points)])
        density = of_point.T @ of_recoil
        # below the smallest number the exponential is slow
        np.exp(np.maximum(density, -700.0, out=density), out=density)
        bins: NDArray[np.float64] = weights @ density
        if self._smallest:
            first = np.searchsorted(self.edges, 0.0, side="right") - 1
            # an exponential there, over which a straight line has the average that it has at the mean
            efficiency = self.efficiency(np.minimum(shape / rate, self._smallest / 2))
            bins[first] += efficiency * gammainc(shape, rate * self._smallest)
        return bins
