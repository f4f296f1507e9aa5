"""What neutrinos scatter off: nuclei, the electrons of an atom, and compounds of both.

A scatterer has a ``mass`` (MeV), an ``electric_charge(E_r)`` whose square multiplies the dipole
cross-section, ``breakpoints`` (MeV) at which it jumps, and a nucleus also a ``weak_charge(E_r)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import cross_sections, form_factors
from .data import table
from .units import M_E, SIN2_THETA_W, eV, fm, kg, u

__all__ = ["Electrons", "Nucleus", "Target", "compound", "nucleon_couplings"]

KLEIN_NYSTRAND = {"klein-nystrand": form_factors.BALL_OF_ONE, "klein-nystrand-1.2": 1.2 * fm}
"""Radii (1/MeV) over the cube root of the mass number: of footnote 2, and one that others use for CsI."""
FORM_FACTORS = ("helm", *KLEIN_NYSTRAND, "point")
PROTON_RADII = ("point", "charge")
COUPLINGS = ("tree", "low-energy")
"""Weak couplings of nucleons: Eq. (12), or with radiative corrections, which depend on the flavour."""
BINDINGS = {"xraydb": "E_B", "xraylib": "E_B_xraylib", "rrpa": "E_B_rrpa", "free": ""}
"""Columns of ``data/atomic/binding`` with the binding energies; free electrons have none."""
NEUTRON_SKIN = 0.1 * fm
"""``R_n - R_p`` of nuclei with A > 60, an assumption of this book; lighter nuclei get none."""


@dataclass(frozen=True)
class Nucleus:
    """A nucleus, or the abundance-weighted mean nucleus of an element.

    Attributes
    ----------
    symbol : str
        element symbol
    Z, A : float
        charge and mean mass number
    mass : float
        mass (MeV)
    R_p, R_n : float
        rms radii of protons and neutrons (1/MeV)
    form_factor : {"helm", "klein-nystrand", "klein-nystrand-1.2", "point"}
        Eq. (13), footnote 2, the same with a radius of 1.2 fm, or 1
    sin2_theta_W : float
        squared sine of the weak mixing angle in the weak charge
    couplings : {"tree", "low-energy"}
        Eq. (12), or couplings with radiative corrections by flavour, which do not ask for the angle
    """

    symbol: str
    Z: int
    A: float
    mass: float
    R_p: float
    R_n: float
    form_factor: str = "helm"
    breakpoints: tuple[float, ...] = ()
    sin2_theta_W: float = SIN2_THETA_W
    couplings: str = "tree"

    def __post_init__(self) -> None:
        if self.form_factor not in FORM_FACTORS:
            raise ValueError(f"no form factor {self.form_factor!r}; there are {', '.join(FORM_FACTORS)}")
        if self.couplings not in COUPLINGS:
            raise ValueError(f"no couplings {self.couplings!r}; there are {', '.join(COUPLINGS)}")

    @property
    def N(self) -> float:
        """Mean number of neutrons."""
        return self.A - self.Z

    def _form_factor(self, E_r: ArrayLike, radius: ArrayLike) -> NDArray[np.float64]:
        Q = form_factors.momentum_transfer(E_r, self.mass)
        if self.form_factor == "helm":
            return form_factors.helm(Q, radius)
        if self.form_factor in KLEIN_NYSTRAND:
            return form_factors.klein_nystrand(Q, round(self.A), r_0=KLEIN_NYSTRAND[self.form_factor])
        return np.ones_like(Q)

    def electric_charge(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """``Z F_p(Q)`` at recoil energy ``E_r`` (MeV)."""
        return self.Z * self._form_factor(E_r, self.R_p)

    def weak_charge(self, E_r: ArrayLike, species: str | None = None) -> NDArray[np.float64]:
        """``Q_V`` of Eq. (12) at recoil energy ``E_r`` (MeV); couplings by flavour need the ``species``."""
        if self.form_factor == "helm":
            # both at once: the time of a call hardly depends on the length of a short array
            Q_squared = 2 * self.mass * np.asarray(E_r, float)
            F_p, F_n = form_factors.helm_of_ball(Q_squared, self._ball_radii.reshape(2, *Q_squared.ndim * (1,)))
        else:
            F_p = F_n = self._form_factor(E_r, self.R_p)
        if self.couplings == "low-energy":
            g_p, g_n = nucleon_couplings(species)
            return np.asarray(self.Z * g_p * F_p + self.N * g_n * F_n)
        return np.asarray(cross_sections.weak_charge_body(self.Z, self.N, F_p, F_n, self.sin2_theta_W))

    @cached_property
    def _ball_radii(self) -> NDArray[np.float64]:
        """Radii (1/MeV) of the balls of Eq. (13) for protons and neutrons."""
        return form_factors.ball_radius([self.R_p, self.R_n])


def nucleon_couplings(species: str | None) -> tuple[float, float]:
    """Vector couplings to protons and neutrons with radiative corrections; those of antineutrinos are the same.

    Parameters
    ----------
    species : str or None
        ``"nu_e"``, ``"antinu_mu"``, ...

    Raises
    ------
    ValueError
        for anything but a flavour
    """
    rows = _nucleon_couplings()
    flavour = (species or "").removeprefix("anti").removeprefix("nu_")
    if flavour not in rows:
        raise ValueError(f"couplings with radiative corrections need a flavour, {', '.join(rows)}, not {species!r}")
    return rows[flavour]


@cache
def _nucleon_couplings() -> dict[str, tuple[float, float]]:
    known = table("weak/nucleon_couplings")
    pairs = zip(known.column("g_p", "1").tolist(), known.column("g_n", "1").tolist(), strict=True)
    return dict(zip(known["flavour"].tolist(), pairs, strict=True))


@dataclass(frozen=True)
class Electrons:
    """The electrons of one atom in the step approximation, Eq. (16).

    Attributes
    ----------
    symbol : str
        element symbol
    energies : tuple of float
        binding energies of the subshells (MeV)
    occupancies : tuple of float
        electrons in each subshell
    sin2_theta_W : float
        squared sine of the weak mixing angle in their weak couplings
    """

    symbol: str
    energies: tuple[float, ...]
    occupancies: tuple[float, ...]
    mass: float = M_E
    sin2_theta_W: float = SIN2_THETA_W

    @property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) at which a subshell opens."""
        return self.energies

    def free(self) -> Electrons:
        """The same electrons without their binding: no steps."""
        return replace(self, energies=(0.0,), occupancies=(float(sum(self.occupancies)),))

    def ionisable(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Number of electrons bound by no more than ``E_r`` (MeV): ``Z`` times the weight of Eq. (16)."""
        energies, opened = self._opening
        return opened[np.searchsorted(energies, E_r, side="right")]

    @cached_property
    def _opening(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Binding energies (MeV), ascending, and the number of electrons free below the first, and from each on."""
        order = np.argsort(self.energies)
        opened = np.concatenate([[0.0], np.cumsum(np.asarray(self.occupancies)[order])])
        return np.asarray(self.energies)[order], opened

    def electric_charge(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Root of :meth:`ionisable`: electrons scatter one by one."""
        return np.sqrt(self.ionisable(E_r))


@dataclass(frozen=True)
class Target:
    """A compound: how many of which scatterers in one formula unit.

    Attributes
    ----------
    formula : str
        for labels
    nuclei, electrons : tuple of (number, scatterer)
        scatterers per formula unit
    formula_mass : float
        mass of one formula unit (MeV)
    """

    formula: str
    nuclei: tuple[tuple[float, Nucleus], ...]
    electrons: tuple[tuple[float, Electrons], ...]
    formula_mass: float

    def units_in(self, kilograms: float) -> float:
        """Number of formula units in a mass given in kg."""
        return kilograms * kg / self.formula_mass

    def with_couplings(self, couplings: str) -> Target:
        """The same target with ``"tree"`` or ``"low-energy"`` couplings of its nuclei, see :class:`Nucleus`."""
        return replace(self, nuclei=tuple((n, replace(nucleus, couplings=couplings)) for n, nucleus in self.nuclei))


@cache
def _isotopes(element: str) -> dict[str, NDArray[np.float64]]:
    isotopes = table("nuclear/isotopes")
    rows = isotopes["element"] == element
    if not rows.any():
        known = ", ".join(dict.fromkeys(isotopes["element"]))
        raise ValueError(f"no isotopes of the element {element!r}; there are {known}")
    wanted = {"Z": "1", "A": "1", "abundance": "%", "atomic_mass": "u", "R_ch": "fm", "R_p": "fm"}
    return {name: isotopes.column(name, unit, minimum=0.0)[rows] for name, unit in wanted.items()}


def _nuclei(
    element: str, form_factor: str, proton_radius: str, isotopes: bool, neutron_skin: float | None, sin2_theta_W: float
) -> list[tuple[float, Nucleus]]:
    if proton_radius not in PROTON_RADII:
        raise ValueError(f"no proton radius {proton_radius!r}; there are {', '.join(PROTON_RADII)}")
    rows = _isotopes(element)
    fractions = rows["abundance"] / rows["abundance"].sum()
    weights = np.diag(np.ones_like(fractions)) if isotopes else fractions[np.newaxis]
    Z = int(rows["Z"][0])
    A, atomic_mass = weights @ rows["A"], weights @ rows["atomic_mass"]
    R_p = weights @ (rows["R_p"] if proton_radius == "point" else rows["R_ch"]) * fm
    R_n = R_p + (np.where(A > 60, NEUTRON_SKIN, 0.0) if neutron_skin is None else neutron_skin * fm)
    masses = atomic_mass * u - Z * M_E
    numbers = fractions if isotopes else [1.0]
    return [
        (float(n), Nucleus(element, Z, float(a), float(M), float(p), float(q), form_factor, sin2_theta_W=sin2_theta_W))
        for n, a, M, p, q in zip(numbers, A, masses, R_p, R_n, strict=True)
    ]


def _electrons(element: str, binding: str) -> Electrons:
    if binding not in BINDINGS:
        raise ValueError(f"no binding energies {binding!r}; there are {', '.join(BINDINGS)}")
    shells = table("atomic/binding")
    occupancy = shells.column("occupancy", "1", minimum=0.0)
    rows = (shells["element"] == element) & (occupancy > 0)
    if not rows.any():
        known = ", ".join(dict.fromkeys(shells["element"]))
        raise ValueError(f"no binding energies of the element {element!r}; there are {known}")
    if binding == "free":
        return Electrons(element, (0.0,), (float(occupancy[rows].sum()),))
    energies = shells.column(BINDINGS[binding], "eV", gaps=True, minimum=0.0)[rows]
    if np.isnan(energies).all():
        raise ValueError(f"no binding energies {binding!r} of the element {element!r}")
    # the databases leave out some valence shells of a few eV: free at the energies of this book
    energies = np.nan_to_num(energies) * eV
    return Electrons(element, tuple(energies.tolist()), tuple(occupancy[rows].tolist()))


@cache
def _compound(
    formula: tuple[tuple[str, float], ...],
    form_factor: str,
    proton_radius: str,
    isotopes: bool,
    binding: str,
    neutron_skin: float | None,
    sin2_theta_W: float,
) -> Target:
    nuclei: list[tuple[float, Nucleus]] = []
    electrons: list[tuple[float, Electrons]] = []
    mass = 0.0
    for element, number in formula:
        kinds = _nuclei(element, form_factor, proton_radius, isotopes, neutron_skin, sin2_theta_W)
        nuclei += [(number * n, nucleus) for n, nucleus in kinds]
        electrons.append((number, replace(_electrons(element, binding), sin2_theta_W=sin2_theta_W)))
        rows = _isotopes(element)
        mass += number * np.average(rows["atomic_mass"], weights=rows["abundance"]) * u
    text = "".join(f"{element}{number:g}" if number != 1 else element for element, number in formula)
    return Target(text, tuple(nuclei), tuple(electrons), float(mass))


def compound(
    formula: Mapping[str, float],
    *,
    form_factor: str = "helm",
    proton_radius: str = "point",
    isotopes: bool = False,
    binding: str = "xraydb",
    neutron_skin: float | None = None,
    sin2_theta_W: float = SIN2_THETA_W,
) -> Target:
    """Build a target from its formula.

    Parameters
    ----------
    formula : mapping
        atoms of each element in one formula unit, e.g. ``{"Cs": 1, "I": 1}``
    form_factor : {"helm", "klein-nystrand", "klein-nystrand-1.2", "point"}
        form factor of every nucleus
    proton_radius : {"point", "charge"}
        rms radius of point protons (default) or the measured charge radius
    isotopes : bool
        scatter off every isotope (default: one mean nucleus per element)
    binding : {"xraydb", "xraylib", "rrpa", "free"}
        binding energies of the electrons: two libraries of measured edges, a calculation for Xe, or none
    neutron_skin : float, optional
        ``R_n - R_p`` (fm) of every nucleus; default 0.1 for A > 60 and none below
    sin2_theta_W : float
        squared sine of the weak mixing angle

    Raises
    ------
    ValueError
        for an element without isotopes or binding energies in ``data/``, or an unknown choice
    """
    if not formula or not all(0 < number < np.inf for number in formula.values()):
        raise ValueError(f"a formula needs a positive number of atoms of every element, not {dict(formula)}")
    if not 0 < sin2_theta_W < 1:
        raise ValueError(f"a squared sine lies between 0 and 1, not at {sin2_theta_W}")
    return _compound(
        tuple(formula.items()), form_factor, proton_radius, isotopes, binding, neutron_skin, float(sin2_theta_W)
    )
