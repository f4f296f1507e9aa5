r"""Event rates, Eq. (21), through the three moments of a flux: no integral over the neutrino energy at run time.

With a cross-section :math:`\sum_n c_n(E_r)E_\nu^{-n}` the rate per scatterer is

.. math::
   \frac{\mathrm{d}R}{\mathrm{d}E_r} = \sum_{n=0}^{2} c_n(E_r)\,M_n\!\left(E_\nu^{\min}(E_r)\right),\qquad
   M_n(E) = \int_E^\infty \phi(E_\nu)\,E_\nu^{-n}\,\mathrm{d}E_\nu .
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import cross_sections, derived, kinematics
from .fluxes import Continuum, Flux
from .fluxes.flux import gauss
from .targets import Electrons, Nucleus
from .units import DIPOLE, G_F, WEAK_MAGNETIC

__all__ = ["PROCESSES", "Process", "differential_rate", "quadrature_rate", "recoil_nodes"]

Values = float | NDArray[np.float64]


def _cevns_letters(
    E_r: NDArray[np.float64], scatterer: Nucleus | Electrons, m_4: NDArray[np.float64], species: str | None
) -> dict[str, Values]:
    """Eq. (11)."""
    if not isinstance(scatterer, Nucleus):
        raise ValueError("CEvNS needs a nucleus to scatter off, not electrons")
    return {"M": scatterer.mass, "Q_V": scatterer.weak_charge(E_r, species), "G_F": G_F}


def _electron_letters(
    E_r: NDArray[np.float64], scatterer: Nucleus | Electrons, m_4: NDArray[np.float64], species: str | None
) -> dict[str, Values]:
    """Eqs. (14) to (16)."""
    if not isinstance(scatterer, Electrons):
        raise ValueError("the process 'electron' needs electrons to scatter off and a species of neutrinos")
    g_L, g_R = _electron_couplings(scatterer, scatterer.electric_charge(E_r), species)
    return {"m_e": scatterer.mass, "g_L": g_L, "g_R": g_R, "G_F": G_F}


def _dipole_letters(
    E_r: NDArray[np.float64], scatterer: Nucleus | Electrons, m_4: NDArray[np.float64], species: str | None
) -> dict[str, Values]:
    """Eqs. (17) and (19) for one Bohr magneton."""
    return {"M": scatterer.mass, "m_4": m_4, "alpha_mu2": DIPOLE, "charge": scatterer.electric_charge(E_r)}


def _interference_letters(
    E_r: NDArray[np.float64], scatterer: Nucleus | Electrons, m_4: NDArray[np.float64], species: str | None
) -> dict[str, Values]:
    """Eq. (20) for one Bohr magneton."""
    charge = scatterer.electric_charge(E_r)
    common: dict[str, Values] = {"M": scatterer.mass, "m_4": m_4, "G_mu": WEAK_MAGNETIC}
    if isinstance(scatterer, Nucleus):
        # averaged over the spin of the nucleus, the axial coupling drops out
        return {**common, "charge": charge, "g_V": scatterer.weak_charge(E_r, species), "g_A": 0.0}
    g_L, g_R = _electron_couplings(scatterer, charge, species)
    return {**common, "charge": -charge, "g_V": g_L + g_R, "g_A": g_L - g_R}


def _electron_couplings(
    electrons: Electrons, steps: NDArray[np.float64], species: str | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weak couplings times the root of the steps of Eq. (16): every cross-section is of second order in the couplings
    to the target."""
    if species is None:
        raise ValueError("weak scattering on electrons needs a species of neutrinos, e.g. species='nu_e'")
    g_L, g_R = cross_sections.electron_couplings(species, electrons.sin2_theta_W)
    return g_L * steps, g_R * steps


@dataclass(frozen=True)
class Process:
    """A kind of scattering.

    Attributes
    ----------
    body : callable
        its cross-section, :mod:`companion.cross_sections`
    coefficients : callable
        the same in powers of 1/E_nu, :mod:`companion.derived`
    letters : callable
        what both take besides the two energies: ``letters(E_r, scatterer, m_4, species)``
    massive : bool
        whether a massive neutrino leaves
    """

    body: Callable[..., Values]
    coefficients: Callable[..., tuple[Values, Values, Values]]
    letters: Callable[..., dict[str, Values]]
    massive: bool = False


PROCESSES = {
    "cevns": Process(cross_sections.cevns_body, derived.cevns_coefficients, _cevns_letters),
    "electron": Process(cross_sections.electron_body, derived.electron_coefficients, _electron_letters),
    "dipole": Process(cross_sections.dipole_body, derived.dipole_coefficients, _dipole_letters, massive=True),
    "interference": Process(
        cross_sections.interference_body, derived.interference_coefficients, _interference_letters, massive=True
    ),
}


def differential_rate(
    process: str,
    E_r: ArrayLike,
    scatterer: Nucleus | Electrons,
    flux: Flux,
    m_4: ArrayLike = 0.0,
    *,
    species: str | None = None,
) -> NDArray[np.float64]:
    """Events per scatterer and recoil energy, Eq. (21).

    Parameters
    ----------
    process : {"cevns", "electron", "dipole", "interference"}
        Eq. (11), Eqs. (14) to (16), Eqs. (17), (19) for an effective moment of one Bohr magneton, or Eq. (20), exact,
        for a real coupling of one Bohr magneton (:func:`companion.cross_sections.interference`)
    E_r : array_like
        recoil energy (MeV), positive
    scatterer : Nucleus or Electrons
        see :mod:`companion.targets`; ``"cevns"`` takes a nucleus, ``"electron"`` electrons
    flux : Flux
        neutrinos per area (and per time)
    m_4 : array_like
        mass of the outgoing neutrino (MeV), only for the last two; broadcasts against ``E_r``
    species : str, optional
        ``"nu_e"``, ``"antinu_mu"``, ...: only weak scattering on electrons, and on nuclei whose couplings have
        radiative corrections, tells them apart (spin-averaged nuclei have no axial coupling, so antineutrinos interfere
        on them like neutrinos)

    Returns
    -------
    ndarray
        1/MeV for a time-integrated flux; zero where kinematics forbids the recoil; the interference has either sign
    """
    E_r, m_4 = np.asarray(E_r, float), np.asarray(m_4, float)
    if not ((E_r > 0) & (m_4 >= 0)).all():
        if not (m_4 >= 0).all():
            raise ValueError(f"the mass m_4 must be zero or positive, not {np.min(m_4)} MeV")
        raise ValueError(f"recoil energies must be positive, not {np.min(E_r)} MeV")
    chosen = _process(process, m_4)
    letters = chosen.letters(E_r, scatterer, m_4, species)
    rate, first, second = flux.moments(kinematics.slowest_neutrino(E_r, scatterer.mass, m_4))
    c_0, c_1, c_2 = chosen.coefficients(E_r=E_r, **letters)
    # in place: fresh memory for every term costs more than the arithmetic
    rate *= c_0
    first *= c_1
    second *= c_2
    rate += first
    rate += second
    # in the last bits before an end point the three terms may cancel to less than nothing
    return np.asarray(rate if process == "interference" else np.maximum(rate, 0.0))


def quadrature_rate(
    process: str,
    E_r: ArrayLike,
    scatterer: Nucleus | Electrons,
    flux: Flux,
    m_4: float = 0.0,
    *,
    species: str | None = None,
    epsrel: float = 1e-10,
) -> NDArray[np.float64]:
    """The rate of :func:`differential_rate` the slow way, by adaptive quadrature over the neutrino energy.

    It is here to be compared with.  The tolerance is relative: ``quad``'s own default is an absolute one.

    Parameters
    ----------
    process, E_r, scatterer, flux, m_4, species
        as in :func:`differential_rate`, with a single mass
    epsrel : float
        relative tolerance of every integral

    Returns
    -------
    ndarray
        as :func:`differential_rate`
    """
    energies, mass = np.asarray(E_r, float), np.asarray(m_4, float)
    chosen = _process(process, mass)
    result = np.zeros(energies.shape)
    for index, T in np.ndenumerate(energies):
        section = partial(chosen.body, T, **chosen.letters(T, scatterer, mass, species))
        # above this energy the formula holds as it stands, below it there is nothing
        start = float(kinematics.minimum_neutrino_energy(T, scatterer.mass, m_4))
        lines = [line for line in flux.lines if line.energy >= start]
        result[index] = sum(float(line.intensity * section(E_nu=line.energy)) for line in lines)
        for continuum in flux.continua:
            result[index] += _adaptive(continuum, section, start, epsrel)
    return result


def _process(name: str, m_4: NDArray[np.float64]) -> Process:
    if name not in PROCESSES:
        raise ValueError(f"no process {name!r}; there are {', '.join(PROCESSES)}")
    if not PROCESSES[name].massive and m_4.any():
        raise ValueError(f"{name!r} leaves the neutrino massless: m_4 goes with 'dipole' and 'interference'")
    return PROCESSES[name]


def _adaptive(continuum: Continuum, section: Callable[..., Values], start: float, epsrel: float) -> float:
    start = max(start, continuum.knots[0])
    knots = [start, *(knot for knot in continuum.knots if knot > start)]

    # only this comparison needs the integrator, and loading it takes longer than all rates of a limit
    from scipy.integrate import quad

    def integrand(E_nu: float) -> float:
        return float(continuum.density(np.asarray(E_nu)) * section(E_nu=E_nu))

    return float(sum(quad(integrand, *cell, epsabs=0.0, epsrel=epsrel)[0] for cell in pairwise(knots)))


def recoil_nodes(
    flux: Flux,
    M: float,
    m_4: ArrayLike,
    window: tuple[float, float],
    breakpoints: Sequence[float] = (),
    order: int = 32,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Gauss nodes and weights for an integral of the rate over the recoil energy.

    The range is cut where the rate or the response jumps: at the end points :math:`T_\pm` of every line and
    continuum, and at the given breakpoints (shell edges, thresholds, bin edges).

    Parameters
    ----------
    flux : Flux
        for the end points
    M : float
        mass of the scatterer (MeV)
    m_4 : array_like
        masses of the outgoing neutrino (MeV)
    window : (float, float)
        recoil energies (MeV) outside which the response vanishes
    breakpoints : sequence of float
        further recoil energies (MeV) to cut at
    order : int
        Gauss points per piece

    Returns
    -------
    nodes, weights : ndarray
        shape ``(*m_4.shape, n_nodes)`` (MeV); all weights vanish where no recoil in the window is possible
    """
    m_4 = np.asarray(m_4, float)
    ends = kinematics.recoil_limits(np.asarray(flux.breakpoints), M, m_4[..., np.newaxis])
    low = np.maximum(np.fmin.reduce(ends[0], axis=-1), window[0])
    high = np.minimum(np.fmax.reduce(ends[1], axis=-1), window[1])
    empty = ~(high > low)  # also where nothing is above the threshold and both are nan
    low, high = np.where(empty, window[0], low), np.where(empty, window[0], high)
    fixed = np.broadcast_to(np.asarray(breakpoints, float), (*m_4.shape, len(breakpoints)))
    cuts = np.concatenate([low[..., np.newaxis], ends[0], ends[1], fixed, high[..., np.newaxis]], axis=-1)
    cuts = np.sort(
        np.clip(np.where(np.isnan(cuts), low[..., np.newaxis], cuts), low[..., np.newaxis], high[..., np.newaxis])
    )
    x, w = gauss(order)
    width = np.diff(cuts)[..., np.newaxis]
    nodes = cuts[..., :-1, np.newaxis] + width * x
    weights = width * w
    shape = (*m_4.shape, nodes.shape[-2] * order)
    return nodes.reshape(shape), np.broadcast_to(weights, nodes.shape).reshape(shape)
