"""Visible energies of recoils, and their resolution: values that pickle, to give to a response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import units
from ..data import read
from ..units import keV
from .common import Function

__all__ = ["ChargeResolution", "FactorTable", "Lindhard", "Polynomial", "identity", "quenching"]


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
        E_ee: NDArray[np.float64] = k * g / (1 + k * g) * E_r
        return E_ee


@dataclass(frozen=True)
class Polynomial:
    """Visible energy (MeV) as a polynomial of the recoil energy (MeV) without a constant.

    Attributes
    ----------
    coefficients : tuple of float
        of the first power, the second, ... (MeV^0, MeV^-1, ...)
    """

    coefficients: tuple[float, ...]

    def __call__(self, E_r: ArrayLike) -> NDArray[np.float64]:
        value: NDArray[np.float64] = np.polynomial.polynomial.polyval(
            np.asarray(E_r, float), np.array((0.0, *self.coefficients))
        )
        return value


@dataclass(frozen=True)
class FactorTable:
    """Visible energy (MeV) by a quenching factor that is linear between points, and constant below and above them.

    Attributes
    ----------
    energies : tuple of float
        recoil energies (MeV), increasing
    factors : tuple of float
        visible energy over recoil energy
    """

    energies: tuple[float, ...]
    factors: tuple[float, ...]

    def __post_init__(self) -> None:
        E, factor = np.asarray(self.energies, float), np.asarray(self.factors, float)
        if E.ndim != 1 or E.shape != factor.shape or len(E) < 2:
            raise ValueError("a table of quenching factors needs two or more energies (MeV) and as many factors")
        if not (E[0] >= 0 and np.all(np.diff(E) > 0) and E[-1] < np.inf):
            raise ValueError("the energies of quenching factors (MeV) must be finite, increasing and not negative")
        if not np.all((factor > 0) & (factor <= 1)):
            raise ValueError(f"quenching factors lie between 0 and 1, not {factor.min()} to {factor.max()}")
        # d(factor E)/dE is linear between two points, so that its signs at the ends decide
        slope = np.diff(factor) / np.diff(E)
        falls = (factor[:-1] + slope * E[:-1] <= 0) | (factor[1:] + slope * E[1:] <= 0)
        if falls.any():
            k = int(np.flatnonzero(falls)[0])
            raise ValueError(
                f"the visible energy must increase with the recoil energy; it falls between {E[k]:g} and "
                f"{E[k + 1]:g} MeV"
            )

    def __call__(self, E_r: ArrayLike) -> NDArray[np.float64]:
        E_r = np.asarray(E_r, float)
        E_ee: NDArray[np.float64] = np.interp(E_r, self.energies, self.factors) * E_r
        return E_ee


def quenching(
    what: float | tuple[Sequence[float], Sequence[float]] | str | Path | Function, *, maximum_recoil: float = 0.06
) -> Function:
    """Quenching of one's own: visible energy (MeV) as a function of the recoil energy (MeV), checked.

    Parameters
    ----------
    what : float, pair, path or callable
        a quenching factor, e.g. ``0.0878``; energies (MeV) and factors; a table (:func:`companion.data.read`) with the
        columns ``E_r``, in eV, keV or MeV, and ``factor``, without unit; or a function that gives the visible energy
        (MeV) of a recoil energy (MeV), which pickles if it is defined in a module
    maximum_recoil : float
        recoil energy (MeV) up to which a function is checked

    Returns
    -------
    callable
        for the ``quenching`` of a response

    Raises
    ------
    ValueError
        if the visible energy does not increase, is not positive or exceeds the recoil energy
    """
    if isinstance(what, Real):
        factor = float(what)
        if not 0 < factor <= 1:
            raise ValueError(f"a quenching factor lies between 0 and 1, not at {factor}")
        return Polynomial((factor,))
    if isinstance(what, str | Path):
        return _from_file(what)
    if callable(what):
        _check(what, maximum_recoil)
        return what
    if not isinstance(what, tuple | list) or len(what) != 2:
        raise ValueError(
            "a quenching is a number, a pair (energies in MeV, factors), the path of a table or a function, "
            f"not {what!r:.80}"
        )
    energies, factors = (tuple(np.asarray(column, float).ravel().tolist()) for column in what)
    return FactorTable(energies, factors)


def _from_file(path: str | Path) -> FactorTable:
    rows = read(path)
    scale = {"eV": units.eV, "keV": units.keV, "MeV": units.MeV}.get(rows.units.get("E_r", ""))
    if scale is None or rows.units.get("factor") != "1":
        raise ValueError(f"{path}: a quenching needs the columns E_r, in eV, keV or MeV, and factor, in the unit 1")
    try:
        return FactorTable(tuple((rows["E_r"] * scale).tolist()), tuple(rows["factor"].tolist()))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _check(function: Function, maximum_recoil: float) -> None:
    """Whether a function gives visible energies: between nothing and the recoil energy, and increasing."""
    E_r = np.geomspace(1e-6 * maximum_recoil, maximum_recoil, 601)
    E = np.asarray(function(E_r), float)
    if E.shape != E_r.shape:
        raise ValueError(f"a quenching gives one visible energy for each recoil energy, not {E.shape} for {E_r.shape}")
    wrong = ~((E >= 0) & (E <= E_r * (1 + 1e-12)))
    if wrong.any():
        raise ValueError(
            f"a quenching gives the visible energy (MeV), between 0 and the recoil energy, not {E[wrong][0]:.4g} MeV "
            f"at {E_r[wrong][0]:.4g} MeV"
        )
    falls = np.flatnonzero(np.diff(E) < 0)
    if len(falls) or not E[-1] > 0:
        where = E_r[falls[0]] if len(falls) else maximum_recoil
        raise ValueError(
            f"the visible energy must increase with the recoil energy up to {maximum_recoil:g} MeV (maximum_recoil); "
            f"it does not at {where:.4g} MeV"
        )


@dataclass(frozen=True)
class ChargeResolution:
    r"""Width (MeV) of an ionisation detector: electronic noise, and pairs that fluctuate with a Fano factor.

    .. math:: \sigma^2(E)=\sigma_0^2+F\,\epsilon\,E

    Attributes
    ----------
    noise : float
        width :math:`\sigma_0` (MeV) of the electronic noise
    fano : float
        Fano factor, e.g. 0.12 in silicon
    pair_energy : float
        mean energy (MeV) for an electron-hole pair, e.g. ``3.6e-6`` in silicon or ``2.96e-6`` in germanium
    """

    noise: float
    fano: float = 0.0
    pair_energy: float = 0.0

    def __post_init__(self) -> None:
        values = (self.noise, self.fano, self.pair_energy)
        if not all(0 <= value < np.inf for value in values) or self.noise + self.fano * self.pair_energy == 0:
            raise ValueError(
                "a resolution needs a positive noise, or a Fano factor and the energy of a pair, all finite and not "
                f"negative, not {self.noise}, {self.fano}, {self.pair_energy}"
            )

    def __call__(self, E: ArrayLike) -> NDArray[np.float64]:
        return np.sqrt(self.noise**2 + self.fano * self.pair_energy * np.asarray(E, float))
