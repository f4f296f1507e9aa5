"""A neutrino flux: lines plus continua, known to the rest of the package by three moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kinematics

__all__ = ["Continuum", "Flux", "Line", "Tabulated"]


@cache
def gauss(order: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points and weights of Gauss and Legendre between 0 and 1; they are expensive, and asked for again and again."""
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
        MeV, positive
    intensity : float
        neutrinos per area (and per time, for a steady source) in natural units, not negative
    """

    energy: float
    intensity: float

    def __post_init__(self) -> None:
        if not 0 < self.energy < np.inf:
            raise ValueError(f"the energy of a line must be positive and finite, not {self.energy} MeV")
        if not 0 <= self.intensity < np.inf:
            raise ValueError(
                f"the intensity of the line at {self.energy:g} MeV must be finite and not negative, "
                f"not {self.intensity}"
            )


@dataclass(frozen=True)
class Continuum:
    """A spectrum ``density(E)`` on cells between ``knots``.

    The moments above ``E_min`` are the tail sum of the cells above it plus Gauss quadrature of the rest of
    its own cell, so only positive numbers are ever added: nothing cancels, not even at the end point.

    Attributes
    ----------
    density : callable
        neutrinos per area and MeV at energies (MeV), smooth inside every cell; it must neither be negative nor NaN,
        which is checked when the moments are first asked for
    knots : tuple of float
        ascending cell edges (MeV); the spectrum is zero outside
    order : int
        Gauss points per cell; ``density(E)/E^2`` times a polynomial of degree ``2 order - 1`` is integrated exactly
    """

    density: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    knots: tuple[float, ...]
    order: int = 4

    def __post_init__(self) -> None:
        knots = np.asarray(self.knots, float)
        if len(knots) < 2 or not np.all(np.diff(knots) > 0) or knots[0] < 0 or not np.isfinite(knots[-1]):
            raise ValueError("the knots of a spectrum are two or more energies (MeV), finite, increasing, not negative")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.knots[0]:g} to {self.knots[-1]:g} MeV in {len(self.knots) - 1} cells)"

    @cached_property
    def ends(self) -> tuple[float, ...]:
        """Energy (MeV) at which the neutrinos end: the last cells may be empty, and so may all of them."""
        beyond = np.flatnonzero(self._tails[0] == 0)[0]
        return (float(self._edges[beyond]),) if beyond else ()

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
        return _powers(w * width * self.density(E), E)

    @cached_property
    def _tails(self) -> NDArray[np.float64]:
        """Moments of everything above each knot, shape (3, number of knots)."""
        x, w = gauss(self.order)
        width = self._widths[:, np.newaxis]
        E = self._edges[:-1, np.newaxis] + width * x
        density = np.broadcast_to(self.density(E), E.shape)
        wrong = ~((density >= 0) & (density < np.inf))
        if wrong.any():
            raise ValueError(
                "the density of a flux must be finite and not negative, "
                f"not {density[wrong][0]} at {E[wrong][0]:.6g} MeV"
            )
        cells = _powers(w * width * density, E)
        tails = np.cumsum(cells[:, ::-1], axis=1)[:, ::-1]
        return np.concatenate([tails, np.zeros((3, 1))], axis=1)

    def moments(self, E_min: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integrals of ``density(E) E^-n`` above ``E_min`` for n = 0, 1, 2; shape ``(3, *E_min.shape)``."""
        E_min = np.clip(E_min, self._edges[0], self._edges[-1])
        cell = np.clip(np.searchsorted(self._edges, E_min, side="right") - 1, 0, len(self._edges) - 2)
        return self._cells(E_min, self._edges[cell + 1]) + self._tails[:, cell + 1]


def _powers(weight: NDArray[np.float64], E: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of ``weight E^-n`` over the last axis for n = 0, 1, 2."""
    return np.stack([weight.sum(-1), (weight / E).sum(-1), (weight / E**2).sum(-1)])


@dataclass(frozen=True)
class Tabulated(Continuum):
    """Many continua as one whose moments cost no evaluation of a density: for spectra that are expensive, or many.

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

    def __repr__(self) -> str:
        return super().__repr__()

    @cached_property
    def ends(self) -> tuple[float, ...]:
        """Energies (MeV) at which the neutrinos of each part end."""
        parts = self.parts or (Continuum(self.density, self.knots, self.order),)
        return tuple(end for part in parts for end in part.ends)

    @cached_property
    def _polynomials(self) -> NDArray[np.float64]:
        """Mean of the moments between E and the upper knot, times the width of the cell: coefficients of the powers of
        ``2 t - 1``, E lying ``t`` widths below the knot; shape (order, 3, cells)."""
        t, _ = gauss(self.order)
        low, high = self._edges[:-1, np.newaxis], self._edges[1:, np.newaxis]
        E = high - (high - low) * t
        slopes = self._cells(E, np.broadcast_to(high, E.shape)) / t
        inverse = np.linalg.inv(np.vander(2 * t - 1, increasing=True))
        polynomials: NDArray[np.float64] = np.einsum("kj,ncj->knc", inverse, slopes)
        return polynomials

    def moments(self, E_min: NDArray[np.float64]) -> NDArray[np.float64]:
        """Integrals of ``density(E) E^-n`` above ``E_min`` for n = 0, 1, 2; shape ``(3, *E_min.shape)``."""
        edges = self._edges
        E_min = np.minimum(np.maximum(E_min, edges[0]), edges[-1])
        cell = edges[1:-1].searchsorted(E_min, side="right")
        upper, width = self._tops.take(cell, axis=-1, mode="clip")
        t = (upper - E_min) / width
        u = 2 * t - 1
        # all coefficients at once, then Horner's rule in place; "clip" only spares numpy a check
        total: NDArray[np.float64]
        tail, *lower, total = self._coefficients.take(cell, axis=-1, mode="clip")
        for coefficient in reversed(lower):
            total *= u
            total += coefficient
        total *= t
        total += tail
        return total

    @cached_property
    def _tops(self) -> NDArray[np.float64]:
        """Upper knot and width of each cell, shape (2, cells)."""
        return np.stack([self._edges[1:], self._widths])

    @cached_property
    def _coefficients(self) -> NDArray[np.float64]:
        """The tail above each cell and its polynomials, shape (1 + order, 3, cells)."""
        return np.concatenate([self._tails[np.newaxis, :, 1:], self._polynomials])


@dataclass(frozen=True)
class Flux:
    """Sum of lines and continua; ``a + b`` adds two fluxes, ``3 * a`` and ``a / 2`` scale one.

    ``moments`` is all that :mod:`companion.rates` asks for; ``breakpoints`` tells where it jumps.
    """

    lines: tuple[Line, ...] = ()
    continua: tuple[Continuum, ...] = ()

    # so that a number of numpy's leaves the product to the flux
    __array_ufunc__ = None

    def __repr__(self) -> str:
        continua = "continuum" if len(self.continua) == 1 else "continua"
        lines = "line" if len(self.lines) == 1 else "lines"
        return f"Flux({len(self.lines)} {lines}, {len(self.continua)} {continua}, up to {self.maximum_energy:.6g} MeV)"

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Neutrino energies (MeV) of the lines and of the upper ends of the continua, where there are neutrinos;
        ``(0.0,)`` for a flux without."""
        energies = tuple(line.energy for line in self.lines if line.intensity > 0)
        return energies + tuple(end for c in self.continua for end in c.ends) or (0.0,)

    @property
    def maximum_energy(self) -> float:
        """Largest neutrino energy (MeV); 0 for a flux without neutrinos."""
        return max(self.breakpoints)

    def recoil_range(self, M: float, m_4: ArrayLike = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest and largest recoil energy (MeV) of a target of mass ``M`` (MeV) under this flux.

        Both are nan where no neutrino has the energy to make the mass ``m_4`` (MeV); otherwise an experiment that is
        blind sees no recoil between the two.
        """
        return kinematics.recoil_limits(self.maximum_energy, M, m_4)

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
        if not isinstance(other, Flux):
            return NotImplemented
        return Flux(self.lines + other.lines, self.continua + other.continua)

    def __radd__(self, other: float) -> Flux:
        if isinstance(other, Real) and other == 0:  # where the built-in sum starts
            return self
        return NotImplemented

    def __mul__(self, factor: float) -> Flux:
        if not isinstance(factor, Real):
            return NotImplemented
        factor = float(factor)
        if not 0 <= factor < np.inf:
            raise ValueError(f"a flux is multiplied by a finite number that is not negative, not by {factor}")
        if factor == 0:
            return Flux()
        lines = tuple(Line(line.energy, factor * line.intensity) for line in self.lines)
        continua = tuple(replace(c, density=_Scaled(factor, c.density)) for c in self.continua)
        return Flux(lines, continua)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Flux:
        if not isinstance(divisor, Real):
            return NotImplemented
        if divisor == 0:
            raise ValueError("a flux cannot be divided by zero")
        scaled: Flux = self * (1 / float(divisor))
        return scaled


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
