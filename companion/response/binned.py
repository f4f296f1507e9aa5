"""Detectors that measure an energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from ..roots import root
from ..units import keV
from .common import SMALLEST, Function, check_least_energy, label, recoil_energy, towards_zero
from .quenching import identity

__all__ = ["Binned"]

REACH = 8.0
"""Widths of a Gaussian beyond which nothing is seen: the probability there is 6e-16."""

FAR = 9.0
"""Widths beyond which the error function is 0 or 1 to the last digit."""

BATCH = 20_000
"""Cuts times energies that are held at a time, so that they stay in the cache."""


@dataclass(frozen=True, repr=False)
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
    efficiency, acceptance : pair of sequences, optional
        energies (MeV) and values; None for 1 everywhere
    maximum_recoil : float
        recoil energy (MeV) up to which the search for the window may go
    minimum_ionisation : float
        visible energy (MeV), before the resolution, below which a recoil makes no signal, such as that of one
        electron-hole pair; needed where the noise lets recoils of no energy into the bins
    """

    edges: Sequence[float]
    quenching: Function = identity
    resolution: Function | float | None = None
    efficiency: tuple[Sequence[float], Sequence[float]] | None = None
    acceptance: tuple[Sequence[float], Sequence[float]] | None = None
    maximum_recoil: float = 100.0
    minimum_ionisation: float = 0.0

    def __post_init__(self) -> None:
        # arrays are welcome, but the value keeps tuples
        edges = np.asarray(self.edges, float)
        if edges.ndim != 1 or len(edges) < 2 or not (np.all(np.diff(edges) > 0) and np.all(np.isfinite(edges))):
            raise ValueError("bin edges must increase; there are two or more, and all finite")
        if edges[-1] <= 0:
            raise ValueError(f"the last bin edge must be positive, not {edges[-1]} MeV")
        object.__setattr__(self, "edges", tuple(edges.tolist()))
        if self.resolution is not None and not callable(self.resolution):
            if not 0 < self.resolution < np.inf:
                raise ValueError(f"a resolution is a positive width (MeV) or None for none, not {self.resolution}")
        for name in ("efficiency", "acceptance"):
            curve = getattr(self, name)
            if curve is not None:
                object.__setattr__(self, name, _curve(*curve))
        check_least_energy(self.minimum_ionisation)

    def __repr__(self) -> str:
        return label(self, self.edges, keV, "keV", self.quenching)

    def _recoil(self, visible: float) -> float:
        """Recoil energy (MeV) with this visible energy (MeV), or ``maximum_recoil``."""
        return recoil_energy(self.quenching, visible, self.maximum_recoil)

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

    def _visible_from(self, edge: float) -> float:
        """Visible energy (MeV) from which the Gaussian reaches an edge (MeV) above it; 0 if it does from nothing."""

        def reach(E: float) -> float:
            return E + REACH * float(self._width(E)) - edge

        floor = SMALLEST * abs(edge) or SMALLEST
        top = float(self.quenching(self.maximum_recoil))
        if reach(floor) >= 0:
            return 0.0
        return top if reach(top) <= 0 else root(reach, floor, top)

    def _visible_up_to(self, edge: float) -> float:
        """Visible energy (MeV) up to which the Gaussian reaches an edge (MeV) below it."""

        def reach(E: float) -> float:
            return E - REACH * float(self._width(E)) - edge

        floor = SMALLEST * abs(edge) or SMALLEST
        top = float(self.quenching(self.maximum_recoil))
        return top if reach(top) <= 0 else root(reach, floor, top)

    @cached_property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached: eight widths beyond what is accepted."""
        low, high = self._seen
        if self.resolution is not None:
            low, high = self._visible_from(low), self._visible_up_to(high)
        if self.efficiency is not None:
            x, y = np.asarray(self.efficiency[0]), np.asarray(self.efficiency[1])
            alive = np.flatnonzero(y > 0)
            low = max(low, float(x[max(alive[0] - 1, 0)]))
            high = min(high, float(x[min(alive[-1] + 1, len(x) - 1)]))
        return self._recoil(max(low, self._least)), self._recoil(high)

    @cached_property
    def _least(self) -> float:
        """Visible energy (MeV) below which nothing is seen, or so little that it may be left out."""
        return self.minimum_ionisation or SMALLEST * next(edge for edge in self.edges if edge > 0)

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) at the bin edges, where the efficiency bends, beside wide bins, and towards zero."""
        points = list(self.edges)
        if self.efficiency is not None:
            points += list(self.efficiency[0])
        if self.resolution is None:
            points += list(self.acceptance[0]) if self.acceptance is not None else []
        else:
            points += self._beside_wide_bins()
        recoils = {self._recoil(point) for point in points}
        low, high = self.window
        if low == self._recoil(self._least):
            recoils |= set(towards_zero(low, min((E_r for E_r in recoils if E_r > low), default=high)))
        return tuple(sorted(recoils))

    def _beside_wide_bins(self) -> list[float]:
        """Visible energies (MeV) up to which the Gaussian leaks through the edges of bins that are wide beside it."""
        points = []
        for low, high in zip(self.edges[:-1], self.edges[1:], strict=True):
            reach = REACH * float(self._width(high))
            if high - low > 2 * reach:
                points += [low + REACH * float(self._width(max(low, 0.0))), high - reach]
            elif high - low > reach:
                points += [(low + high) / 2]
        return points

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""
        E_r = np.asarray(E_r, float)
        E = np.asarray(self.quenching(E_r.ravel()))
        bins = self._sharp(E) if self.resolution is None else self._spread(E)
        if self.efficiency is not None:
            bins *= np.interp(E, *self.efficiency, left=0.0, right=0.0)
        if self.minimum_ionisation:
            bins *= E >= self.minimum_ionisation
        return bins.reshape(len(bins), *E_r.shape)

    def _sharp(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        """The bins without resolution at visible energies (MeV), shape ``(n_bins, len(E))``."""
        cuts, slope, offset, of_bin = self._pieces
        bins = np.zeros((len(self.edges) - 1, len(E)))
        piece = np.searchsorted(cuts, E, side="right") - 1
        inside = np.flatnonzero((piece >= 0) & (piece < len(slope)))
        piece = piece[inside]
        bins[of_bin[piece], inside] = offset[piece] + slope[piece] * E[inside]
        return bins

    def _spread(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        """The bins with resolution at visible energies (MeV), shape ``(n_bins, len(E))``."""
        cuts, _, _, of_bin = self._pieces
        bins = np.zeros((len(self.edges) - 1, len(E)))
        width = np.maximum(self._width(E), 1e-300)
        together = max(1, BATCH // len(cuts))
        for start in range(0, len(E), together):
            part = slice(start, start + together)
            # the pieces that the Gaussians of these energies reach
            reach = FAR * width[part]
            low, high = np.min(E[part] - reach), np.max(E[part] + reach)
            first = max(int(np.searchsorted(cuts, low)) - 1, 0)
            last = min(int(np.searchsorted(cuts, high, side="right")), len(cuts) - 1)
            if first >= last:
                continue
            starts = np.flatnonzero(np.diff(of_bin[first:last], prepend=-1))
            pieces = self._integrals(E[part], width[part], first, last)
            if len(starts) < len(pieces):
                pieces = np.add.reduceat(pieces, starts, axis=0)
            bins[of_bin[first:last][starts], part] = pieces
        return bins

    def _integrals(
        self, E: NDArray[np.float64], width: NDArray[np.float64], first: int, last: int
    ) -> NDArray[np.float64]:
        """In the pieces from ``first`` to before ``last`` the integral of the straight line ``offset + slope E'`` over
        the Gaussian, shape ``(last - first, len(E))``.

        Only positive numbers are added and differences are taken of tails, never of numbers close to one, so that bins
        far from an energy keep their relative accuracy.
        """
        cuts, slope, offset, _ = self._pieces
        cuts, slope, offset = cuts[first : last + 1], slope[first:last], offset[first:last]
        z = (cuts[:, np.newaxis] - E) / width
        away = np.abs(z)
        # farther away the error function is 0 or 1
        near = away < FAR
        tail = np.where(near, ndtr(-np.minimum(away, FAR)), 0.0)
        # from one cut to the next: between two tails of one side, or all but two tails
        pieces: NDArray[np.float64] = np.abs(tail[:-1] - tail[1:])
        np.subtract(1 - tail[:-1], tail[1:], out=pieces, where=(z[:-1] <= 0) & (z[1:] > 0))
        if self.acceptance is not None:
            height = np.where(near, np.exp(np.minimum(away, FAR) ** 2 / -2) / np.sqrt(2 * np.pi), 0.0)
            # the line is its value at its lower end plus a positive rest
            rises = slope >= 0
            lower = np.where(rises, offset + slope * cuts[:-1], offset + slope * cuts[1:])[:, np.newaxis]
            distance = np.where(rises[:, np.newaxis], z[:-1], z[1:])
            rest = slope[:, np.newaxis] * width * (height[:-1] - height[1:] - distance * pieces)
            pieces = np.maximum(lower, 0.0) * pieces + np.maximum(rest, 0.0)
        return pieces


def _curve(energies: Sequence[float], values: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """An efficiency as two tuples of numbers, checked."""
    x, y = np.asarray(energies, float), np.asarray(values, float)
    if x.ndim != 1 or x.shape != y.shape or not np.all(np.diff(x) > 0) or not np.all(np.isfinite(x)):
        raise ValueError("an efficiency needs increasing energies and as many values, all finite")
    if not np.all((y >= 0) & (y < np.inf)):
        raise ValueError("an efficiency is finite and not negative in every point")
    return tuple(x.tolist()), tuple(y.tolist())
