r"""How Borexino turns a recoil into hits, fitted to the solar part of its own published fit.

.. math:: N_h(T)=L\,T\,Q(T)\,(1-g\,T),\qquad Q(T)=\frac1T\int_0^T\frac{\mathrm dT'}{1+k_B\,\mathrm dE/\mathrm dx},
   \qquad\sigma^2=v\,N_h,

with Birks' quenching :math:`Q` of electrons in pseudocumene and the collision stopping power of Berger and Seltzer.
The axis of the published figure is none of recoil energies.  Above the energies that the fit covers N_h goes on as a
straight line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data import table
from ..response import Binned
from ..response.common import recoil_energy
from ..units import M_E, eV

__all__ = ["HitBins", "Hits", "HitWidth", "stopping_power"]

Array = NDArray[np.float64]

PSEUDOCUMENE = {"C": (9, 6, 12.011), "H": (12, 1, 1.008)}
"""Atoms, charge and atomic mass (u) of each element of C9H12."""

LEAST, MOST, POINTS = 1e-4, 40.0, 4000
"""Recoil energies (MeV) between which the light is tabulated, and the number of points."""


def stopping_power(T: ArrayLike) -> Array:
    """Energy (MeV) that an electron of energy ``T`` (MeV) loses in a centimetre of pseudocumene in collisions."""
    numbers = table("solar/borexino2_parameters")
    mass = sum(n * A for n, _, A in PSEUDOCUMENE.values())
    Z_over_A = sum(n * Z for n, Z, _ in PSEUDOCUMENE.values()) / mass
    logarithm = sum(
        n * Z * np.log(numbers.value(f"excitation_{element}", unit="eV") * eV / M_E)
        for element, (n, Z, _) in PSEUDOCUMENE.items()
    ) / (mass * Z_over_A)
    # the formula holds above some keV; what is below adds the same light to every recoil
    tau = np.maximum(np.asarray(T, float), 1e-3) / M_E
    beta2 = tau * (tau + 2) / (tau + 1) ** 2
    F = 1 - beta2 + (tau**2 / 8 - (2 * tau + 1) * np.log(2)) / (tau + 1) ** 2
    # 0.153536 MeV cm^2/mol is 2 pi r_e^2 m_e N_A
    power: Array = 0.153536 * Z_over_A / beta2 * (np.log(tau**2 * (tau + 2) / 2) - 2 * logarithm + F)
    return power * numbers.value("density", unit="g/cm^3")


@lru_cache(maxsize=8)
def _light(birks: float) -> tuple[Array, Array]:
    """Recoil energies (MeV) and the part of them that becomes light, for a constant (cm/MeV)."""
    T = np.geomspace(LEAST, MOST, POINTS)
    slope = 1 / (1 + birks * stopping_power(T))
    light = T[0] * slope[0] + np.append(0.0, np.cumsum(np.diff(T) * (slope[1:] + slope[:-1]) / 2))
    return np.append(0.0, T), np.append(0.0, light)


@dataclass(frozen=True)
class Hits:
    """Mean number of hits of an electron of some energy (MeV).

    Attributes
    ----------
    light_yield : float
        L (hits per MeV)
    non_linearity : float
        g (1/MeV)
    birks : float
        k_B (cm/MeV)
    last : float
        energy (MeV) from which the number of hits goes on as a straight line
    """

    light_yield: float
    non_linearity: float
    birks: float
    last: float

    def _curve(self, T: Array) -> Array:
        hits: Array = self.light_yield * np.interp(T, *_light(self.birks)) * (1 - self.non_linearity * T)
        return hits

    def __call__(self, T: ArrayLike) -> Array:
        T = np.asarray(T, float)
        below = np.minimum(T, self.last)
        step = 1e-3 * self.last
        end = self._curve(np.array([self.last - step, self.last]))
        hits: Array = self._curve(below) + (T - below) * (end[1] - end[0]) / step
        return hits


@dataclass(frozen=True)
class HitWidth:
    """Width of the number of hits, the root of ``variance`` times its mean."""

    variance: float

    def __call__(self, hits: ArrayLike) -> Array:
        width: Array = np.sqrt(self.variance * np.asarray(hits, float))
        return width


@dataclass(frozen=True, repr=False)
class HitBins(Binned):
    """Bins of hits: where :class:`companion.response.Binned` speaks of visible energy, this has a number of hits.

    They are narrow beside the resolution, so that integrals are cut two widths apart and not at every edge.
    """

    def __repr__(self) -> str:
        return f"HitBins({len(self.edges) - 1} bins from {self.edges[0]:g} to {self.edges[-1]:g} hits)"

    @cached_property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) whose hits are two widths apart."""
        low, high = (float(self.quenching(T)) for T in self.window)
        width = 2 * float(self._width(1.0))
        # the root of the number of hits grows by half of this from one to the next
        roots = np.arange(np.sqrt(low), np.sqrt(high), width / 2)[1:]
        return tuple(recoil_energy(self.quenching, float(root**2), self.maximum_recoil) for root in roots)
