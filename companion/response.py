"""From recoil energy to analysis bins: quenching, light yield, resolution, efficiency.

A response has a ``window`` (MeV) of recoil energies it can see, ``breakpoints`` (MeV) where it jumps, and
``bins(E_r)``, the probability that a recoil is accepted and lands in each bin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import gammaincc, gammainccinv, gammaincinv, gammaln, ndtr

from .units import keV

__all__ = ["Binned", "GammaPhotoelectrons", "Lindhard", "Photoelectrons", "Response", "identity"]

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
class Lindhard:
    r"""Quenching of nuclear recoils by the theory of Lindhard: a function of the recoil energy.

    .. math::
       E_{ee}=\frac{k\,g}{1+k\,g}\,E_r,\qquad g=3\epsilon^{0.15}+0.7\epsilon^{0.6}+\epsilon,\qquad
       \epsilon=11.5\,Z^{-7/3}\,\frac{E_r}{\mathrm{keV}},\qquad k=0.133\,Z^{2/3}A^{-1/2}

    Lindhard et al., Mat. Fys. Medd. Dan. Vid. Selsk. 33, no. 10 (1963), as parametrised by Lewin and Smith, Astropart.
    Phys. 6 (1996) 87.  ``Lindhard(32, 72.6)(E_r)`` is the visible energy (MeV) of ``E_r`` (MeV) in germanium.

    Attributes
    ----------
    Z, A : float
        charge and mass number of the nucleus, which recoils among its own kind
    k : float, optional
        in place of the formula, for fits to measurements
    """

    Z: float
    A: float
    k: float | None = None

    def __call__(self, E_r: ArrayLike) -> NDArray[np.float64]:
        E_r = np.asarray(E_r, float)
        k = 0.133 * self.Z ** (2 / 3) / self.A**0.5 if self.k is None else self.k
        epsilon = 11.5 * self.Z ** (-7 / 3) * E_r / keV
        g = 3 * epsilon**0.15 + 0.7 * epsilon**0.6 + epsilon
        return k * g / (1 + k * g) * E_r


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
        if not all(0 <= accepted <= 1 for accepted in self.acceptance):
            raise ValueError(f"acceptances lie between 0 and 1, not {min(self.acceptance)} to {max(self.acceptance)}")

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
        low = self._recoil(gammaincinv(first, NEGLIGIBLE)) if first else 0.0
        return low, self._recoil(gammainccinv(last, NEGLIGIBLE))

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


@dataclass(frozen=True)
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
        Gauss points per bin
    """

    quenching: Callable[[ArrayLike], NDArray[np.float64]]
    a: float
    b: float
    edges: tuple[float, ...]
    efficiency: Callable[[ArrayLike], NDArray[np.float64]]
    threshold: float = 0.0
    smearing: bool = True
    maximum_recoil: float = 0.06
    order: int = 12

    def __post_init__(self) -> None:
        if not (self.a > 0 and self.b >= 0):
            raise ValueError(f"the constants of a resolution are positive, not {self.a}, {self.b}")
        if np.any(np.diff(self.edges) <= 0) or not self.edges[0] <= self.threshold < self.edges[-1]:
            raise ValueError("bin edges must increase and the threshold lie between the first and the last")

    def mean(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Mean number of photoelectrons of a recoil of energy ``E_r`` (MeV)."""
        return self.quenching(E_r) / self.a

    @cached_property
    def _nodes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Photoelectrons and weights times efficiency, shape (n_bins, order); no weight below the threshold."""
        x, w = np.polynomial.legendre.leggauss(self.order)
        low = np.maximum(self.edges[:-1], self.threshold)[:, np.newaxis]
        width = np.maximum(np.reshape(self.edges[1:], (-1, 1)) - low, 0.0)
        nodes = low + width * (x + 1) / 2
        return nodes, width * w / 2 * self.efficiency(nodes)

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
        if not self.smearing:
            return self._recoil(self.threshold), self._recoil(self.edges[-1])

        def beyond(E_r: float) -> float:
            shape = 1 + self.b * float(self.quenching(E_r))
            return float(gammaincc(shape, shape * self.threshold / float(self.mean(E_r)))) - NEGLIGIBLE

        # far below, an exponential with a mean of a thirtieth of the threshold is all that is left
        low = self._recoil(self.threshold / 60)
        return (brentq(beyond, low, self._recoil(self.threshold), xtol=1e-15) if low else 0.0), self.maximum_recoil

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) where the response jumps: none once it is smeared."""
        return () if self.smearing else tuple(self._recoil(x) for x in (self.threshold, *self.edges[1:]))

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""
        mean = np.asarray(self.mean(E_r))
        bins = np.zeros((len(self.edges) - 1, *mean.shape))
        if not self.smearing:
            inside = (mean >= self.threshold) & (mean < self.edges[-1])
            accepted = np.where(inside, self.efficiency(mean), 0.0)
            bin_of = np.searchsorted(self.edges, mean, side="right") - 1
            for k in range(len(bins)):
                bins[k] = np.where(bin_of == k, accepted, 0.0)
            return bins
        shape = 1 + self.b * self.quenching(E_r)
        rate = shape / mean
        height = shape * np.log(rate) - gammaln(shape)
        for k, (nodes, weights) in enumerate(zip(*self._nodes, strict=True)):
            for x, weight in zip(nodes, weights, strict=True):
                if weight:
                    bins[k] += weight * np.exp(height + (shape - 1) * np.log(x) - rate * x)
        return bins


@dataclass(frozen=True)
class Binned:
    r"""Energy bins, with or without a Gaussian resolution, and efficiencies before and after it.

    A recoil has the visible energy :math:`E=` ``quenching(E_r)``; it is reconstructed at :math:`E'` with a Gaussian
    probability of width ``resolution(E)`` and accepted with ``efficiency`` (at :math:`E`) times ``acceptance``
    (at :math:`E'`), both linear between their points and zero outside.  The integral of a straight line times a
    Gaussian is closed, so the bins are exact.

    Attributes
    ----------
    edges : sequence of float
        bin edges in reconstructed energy (MeV)
    quenching : callable
        visible energy (MeV) of a recoil energy (MeV), increasing
    resolution : callable or float, optional
        width (MeV) at a visible energy (MeV), or the same (MeV) at all of them; None for none
    efficiency, acceptance : pair of tuples, optional
        energies (MeV) and values; None for 1 everywhere
    maximum_recoil : float
        recoil energy (MeV) up to which the search for the window may go
    """

    edges: tuple[float, ...]
    quenching: Callable[[ArrayLike], NDArray[np.float64]] = field(default_factory=lambda: identity)
    resolution: Callable[[ArrayLike], NDArray[np.float64]] | float | None = None
    efficiency: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    acceptance: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    maximum_recoil: float = 100.0

    def __post_init__(self) -> None:
        # arrays are welcome, but the value keeps tuples
        object.__setattr__(self, "edges", tuple(map(float, self.edges)))
        if self.resolution is not None and not callable(self.resolution):
            if not self.resolution > 0:
                raise ValueError(f"a resolution is a positive width (MeV) or None for none, not {self.resolution}")
        if np.any(np.diff(self.edges) <= 0):
            raise ValueError("bin edges must increase")
        for curve in (self.efficiency, self.acceptance):
            if curve is not None and (len(curve[0]) != len(curve[1]) or np.any(np.diff(curve[0]) <= 0)):
                raise ValueError("an efficiency needs increasing energies and as many values")

    def _recoil(self, visible: float) -> float:
        """Recoil energy (MeV) with this visible energy (MeV), or ``maximum_recoil``."""
        if float(self.quenching(self.maximum_recoil)) <= visible:
            return self.maximum_recoil
        if visible <= float(self.quenching(0.0)):
            return 0.0
        return brentq(
            lambda E_r: float(self.quenching(E_r)) - visible, 0.0, self.maximum_recoil, xtol=1e-18, rtol=1e-12
        )

    def _width(self, E: ArrayLike) -> NDArray[np.float64]:
        """Width (MeV) of the resolution at a visible energy (MeV)."""
        width = self.resolution(E) if callable(self.resolution) else self.resolution
        return np.broadcast_to(np.asarray(width, float), np.shape(E))

    @cached_property
    def _pieces(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Edges, slopes and offsets of the acceptance between bin edges and its own points, and the bin of each."""
        inner = self.acceptance[0] if self.acceptance is not None else ()
        low, high = self.edges[0], self.edges[-1]
        cuts = np.unique([*self.edges, *(x for x in inner if low < x < high)])
        if self.acceptance is None:
            slope, offset = np.zeros(len(cuts) - 1), np.ones(len(cuts) - 1)
        else:
            # inside a piece, so that a jump at the first or last point is one
            x = np.stack([cuts[:-1] + np.diff(cuts) / 4, cuts[:-1] + 3 * np.diff(cuts) / 4])
            y = np.interp(x, *self.acceptance, left=0.0, right=0.0)
            slope = (y[1] - y[0]) / (x[1] - x[0])
            offset = y[0] - slope * x[0]
        return cuts, slope, offset, np.searchsorted(self.edges, cuts[:-1], side="right") - 1

    @cached_property
    def _seen(self) -> tuple[float, float]:
        """Reconstructed energies (MeV) between which anything is accepted."""
        cuts, slope, offset, _ = self._pieces
        alive = np.flatnonzero((slope != 0) | (offset != 0))
        if not len(alive):
            raise ValueError("the acceptance vanishes in every bin")
        return float(cuts[alive[0]]), float(cuts[alive[-1] + 1])

    @cached_property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached: eight widths beyond what is accepted."""
        low, high = self._seen
        if self.resolution is not None:
            top = float(self.quenching(self.maximum_recoil))

            def beyond(edge: float, sign: int) -> float:
                def reach(visible: float) -> float:
                    return visible + sign * 8 * float(self._width(visible)) - edge

                floor = 1e-12 * edge if edge > 0 else 1e-12
                if reach(floor) >= 0:
                    return 0.0 if sign > 0 else floor
                return top if reach(top) <= 0 else brentq(reach, floor, top, xtol=1e-18, rtol=1e-12)

            low, high = beyond(low, +1), beyond(high, -1)
        if self.efficiency is not None:
            x, y = np.asarray(self.efficiency[0]), np.asarray(self.efficiency[1])
            alive = np.flatnonzero(y > 0)
            low = max(low, float(x[max(alive[0] - 1, 0)]))
            high = min(high, float(x[min(alive[-1] + 1, len(x) - 1)]))
        return self._recoil(low), self._recoil(high)

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) at the bin edges, and where the efficiency bends."""
        points = list(self.edges)
        if self.efficiency is not None:
            points += list(self.efficiency[0])
        if self.acceptance is not None and self.resolution is None:
            points += list(self.acceptance[0])
        return tuple(sorted({self._recoil(point) for point in points}))

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""
        E = np.asarray(self.quenching(E_r))
        cuts, slope, offset, of_bin = self._pieces
        bins = np.zeros((len(self.edges) - 1, *E.shape))
        if self.resolution is None:
            piece = np.searchsorted(cuts, E, side="right") - 1
            inside = (piece >= 0) & (piece < len(slope))
            piece = np.clip(piece, 0, len(slope) - 1)
            accepted = np.where(inside, offset[piece] + slope[piece] * E, 0.0)
            np.put_along_axis(bins, of_bin[piece][np.newaxis], accepted[np.newaxis], axis=0)
        else:
            width = self._width(E)
            z = (np.expand_dims(cuts, tuple(range(1, E.ndim + 1))) - E) / width
            area = ndtr(z)
            density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) if np.any(slope) else None
            for k in range(len(slope)):
                # the integral of (offset + slope E') over a Gaussian between two cuts
                bins[of_bin[k]] += (offset[k] + slope[k] * E) * (area[k + 1] - area[k])
                if density is not None and slope[k]:
                    bins[of_bin[k]] -= slope[k] * width * (density[k + 1] - density[k])
        if self.efficiency is not None:
            bins *= np.interp(E, *self.efficiency, left=0.0, right=0.0)
        return bins
