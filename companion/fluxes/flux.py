"""A neutrino flux: lines plus continua, known to the rest of the package by three moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Continuum", "Flux", "Line", "Tabulated"]


@cache
def gauss(order: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights of Gauss and Legendre between 0 and 1; they are dear, and asked for again and again."""
    x, w = np.polynomial.legendre.leggauss(order)
    x, w = (x + 1) / 2, w / 2
    x.setflags(write=False)
    w.setflags(write=False)
    return x, w


@dataclass(frozen=True)
class Line:
    """Neutrinos of one energy.

    Attributes
    ----------
    energy : float
        MeV
    intensity : float
        neutrinos per area (and per time, for a steady source) in natural units
    """

    energy: float
    intensity: float


@dataclass(frozen=True)
class Continuum:
    """A spectrum ``density(E)`` on cells between ``knots``.

    The moments above ``E_min`` are the tail sum of the cells above it plus Gauss quadrature of the rest of
    its own cell, so only positive numbers are ever added: nothing cancels, not even at the end point.

    Attributes
    ----------
    density : callable
        neutrinos per area and MeV at energies (MeV), smooth inside every cell
    knots : tuple of float
        ascending cell edges (MeV); the spectrum is zero outside
    order : int
        Gauss points per cell; ``density(E)/E^2`` times a polynomial of degree ``2 order - 1`` is integrated exactly
    """

    density: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    knots: tuple[float, ...]
    order: int = 4

    @property
    def ends(self) -> tuple[float, ...]:
        """Energies (MeV) at which neutrinos end."""
        return (self.knots[-1],)

    @cached_property
    def _edges(self) -> NDArray[np.float64]:
        return np.asarray(self.knots, float)

    @cached_property
    def _widths(self) -> NDArray[np.float64]:
        return np.diff(self._edges)

    def _cells(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
        """The three moments of the pieces from ``low`` to ``high``, shape (3, ...)."""
        x, w = gauss(self.order)
        width = (high - low)[..., np.newaxis]
        E = low[..., np.newaxis] + width * x
        weight = w * width * self.density(E)
        return np.stack([weight.sum(-1), (weight / E).sum(-1), (weight / E**2).sum(-1)])

    @cached_property
    def _tails(self) -> NDArray[np.float64]:
        """Moments of everything above each knot, shape (3, number of knots)."""
        cells = self._cells(self._edges[:-1], self._edges[1:])
        tails = np.cumsum(cells[:, ::-1], axis=1)[:, ::-1]
        return np.concatenate([tails, np.zeros((3, 1))], axis=1)

    def moments(self, E_min: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integrals of ``density(E) E^-n`` above ``E_min`` for n = 0, 1, 2; shape ``(3, *E_min.shape)``."""
        E_min = np.clip(E_min, self._edges[0], self._edges[-1])
        cell = np.clip(np.searchsorted(self._edges, E_min, side="right") - 1, 0, len(self._edges) - 2)
        return self._cells(E_min, self._edges[cell + 1]) + self._tails[:, cell + 1]


@dataclass(frozen=True)
class Tabulated(Continuum):
    """Many continua as one whose moments cost no evaluation of a density: for spectra that are dear, or many.

    In each cell the moments of what lies above are a polynomial of degree ``order`` times the distance to the upper
    knot, so that they keep their relative accuracy where the cell, and at last the spectrum, ends.

    Attributes
    ----------
    parts : tuple of Continuum
        what is summed; the knots are all of theirs
    """

    parts: tuple[Continuum, ...] = ()

    @classmethod
    def of(cls, parts: tuple[Continuum, ...], order: int = 8) -> Tabulated:
        """The sum of some continua, with ``order`` points per cell."""
        knots = np.unique(np.concatenate([part.knots for part in parts]))
        return cls(_Sum(parts), tuple(knots.tolist()), order, parts)

    @property
    def ends(self) -> tuple[float, ...]:
        """Energies (MeV) at which the neutrinos of each part end."""
        return tuple(part.knots[-1] for part in self.parts)

    @cached_property
    def _polynomials(self) -> NDArray[np.float64]:
        """Mean of the moments between E and the upper knot, t widths of the cell above it, times that width: powers of
        2 t - 1, shape (order, 3, cells)."""
        t, _ = gauss(self.order)
        low, high = self._edges[:-1, np.newaxis], self._edges[1:, np.newaxis]
        E = high - (high - low) * t
        slopes = self._cells(E, np.broadcast_to(high, E.shape)) / t
        inverse = np.linalg.inv(np.vander(2 * t - 1, increasing=True))
        return np.einsum("kj,ncj->knc", inverse, slopes)

    def moments(self, E_min: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integrals of ``density(E) E^-n`` above ``E_min`` for n = 0, 1, 2; shape ``(3, *E_min.shape)``."""
        edges = self._edges
        E_min = np.minimum(np.maximum(E_min, edges[0]), edges[-1])
        cell = edges[1:-1].searchsorted(E_min, side="right")
        t = (edges[1:].take(cell) - E_min) / self._widths.take(cell)
        u = 2 * t - 1
        # all coefficients at once, then Horner's rule in place; "clip" only spares numpy a check
        tail, *lower, total = self._coefficients.take(cell, axis=-1, mode="clip")
        for coefficient in reversed(lower):
            total *= u
            total += coefficient
        total *= t
        total += tail
        return total

    @cached_property
    def _coefficients(self) -> NDArray[np.float64]:
        """The tail above each cell and its polynomials, shape (1 + order, 3, cells)."""
        return np.concatenate([self._tails[np.newaxis, :, 1:], self._polynomials])


@dataclass(frozen=True)
class Flux:
    """Sum of lines and continua; ``a + b`` adds two fluxes, ``3 * a`` scales one.

    ``moments`` is all that :mod:`companion.rates` asks for; ``breakpoints`` tells where it jumps.
    """

    lines: tuple[Line, ...] = ()
    continua: tuple[Continuum, ...] = ()

    @property
    def breakpoints(self) -> tuple[float, ...]:
        """Neutrino energies (MeV) of the lines and of the upper ends of the continua."""
        return tuple(line.energy for line in self.lines) + tuple(end for c in self.continua for end in c.ends)

    @property
    def maximum_energy(self) -> float:
        """Largest neutrino energy (MeV); 0 for a flux without neutrinos."""
        return max(self.breakpoints, default=0.0)

    def moments(self, E_min: ArrayLike) -> NDArray[np.float64]:
        r"""The flux moments :math:`M_n=\int_{E_{\min}}^\infty\phi(E)\,E^{-n}\,\mathrm{d}E` for n = 0, 1, 2.

        Parameters
        ----------
        E_min : array_like
            lower limit (MeV), any shape; infinity is allowed

        Returns
        -------
        ndarray
            shape ``(3, *E_min.shape)``, in units of the flux times MeV^-n
        """
        E_min = np.asarray(E_min, float)
        # fresh arrays that may be added to in place
        parts = [continuum.moments(E_min) for continuum in self.continua]
        total = parts[0] if parts else np.zeros((3, *E_min.shape))
        for part in parts[1:]:
            total += part
        for line in self.lines:
            powers = line.intensity * line.energy ** -np.arange(3.0)
            total += np.multiply.outer(powers, E_min <= line.energy)
        return total

    def __add__(self, other: Flux) -> Flux:
        return Flux(self.lines + other.lines, self.continua + other.continua)

    def __rmul__(self, factor: float) -> Flux:
        lines = tuple(Line(line.energy, factor * line.intensity) for line in self.lines)
        continua = tuple(replace(c, density=_Scaled(factor, c.density)) for c in self.continua)
        return Flux(lines, continua)


@dataclass(frozen=True)
class _Scaled:
    """A density times a constant."""

    factor: float
    density: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.factor * self.density(E)


@dataclass(frozen=True)
class _Sum:
    """The sum of the densities of some continua, each zero outside its knots."""

    parts: tuple[Continuum, ...]

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        E = np.asarray(E, float)
        total = np.zeros(E.shape)
        for part in self.parts:
            inside = (E >= part.knots[0]) & (E <= part.knots[-1])
            total[inside] += part.density(E[inside])
        return total
