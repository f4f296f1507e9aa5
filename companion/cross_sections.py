r"""The paper's cross-sections, one body each, read by numpy, sympy and a dimension check.

A *body* (``cevns_body``, ...) is the bare formula: the paper's letters, only ``+ - * /`` and integer powers,
no physical support.  :mod:`companion.symbolic.recoil` feeds it sympy symbols and collects the powers of
:math:`1/E_\nu`; the public functions feed it arrays and add the support: zero wherever two-body kinematics
forbids the recoil.

Public functions take MeV and return :math:`\mathrm{d}\sigma/\mathrm{d}E_r` in MeV\ :sup:`-3`; divide by
``units.cm**2`` for cm\ :sup:`2`/MeV.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import kinematics
from .units import ALPHA, DIPOLE, G_F, M_E, SIN2_THETA_W, WEAK_MAGNETIC

__all__ = [
    "cevns",
    "cevns_body",
    "dipole",
    "dipole_body",
    "electron",
    "electron_body",
    "electron_couplings",
    "interference",
    "interference_body",
    "interference_paper",
    "interference_paper_body",
    "spin_difference_body",
    "weak_charge",
    "weak_charge_body",
]

Letter = Any
"""What a body takes and gives: numbers, arrays, symbols of sympy or quantities with a dimension."""


def cevns_body(E_r: Letter, E_nu: Letter, M: Letter, Q_V: Letter, G_F: Letter, pi: Letter = math.pi) -> Letter:
    """Eq. (11): coherent elastic neutrino-nucleus scattering."""
    return G_F**2 * M / pi * Q_V**2 * (1 - E_r / E_nu - M * E_r / (2 * E_nu**2))


def weak_charge_body(Z: Letter, N: Letter, F_p: Letter, F_n: Letter, s_W2: Letter) -> Letter:
    """Eq. (12): weak charge, with ``s_W2`` the squared sine of the weak mixing angle."""
    return (1 - 4 * s_W2) * Z / 2 * F_p - N / 2 * F_n


def electron_body(
    E_r: Letter, E_nu: Letter, m_e: Letter, g_L: Letter, g_R: Letter, G_F: Letter, pi: Letter = math.pi
) -> Letter:
    """Eq. (14): neutrino-electron scattering on a free electron."""
    return 2 * G_F**2 * m_e / pi * (g_L**2 + g_R**2 * (1 - E_r / E_nu) ** 2 - g_L * g_R * m_e * E_r / E_nu**2)


def dipole_body(E_r: Letter, E_nu: Letter, M: Letter, m_4: Letter, alpha_mu2: Letter, charge: Letter) -> Letter:
    """Eqs. (17) and (19): dipole portal on a spin-1/2 target of charge ``charge`` (``Z F_p``, or 1)."""
    return (
        alpha_mu2
        * charge**2
        * (
            1 / E_r
            - 1 / E_nu
            - m_4**2 / (2 * E_nu * E_r * M) * (1 - E_r / (2 * E_nu) + M / (2 * E_nu))
            + m_4**4 * (E_r - M) / (8 * E_nu**2 * E_r**2 * M**2)
        )
    )


def spin_difference_body(E_r: Letter, E_nu: Letter, M: Letter, m_4: Letter) -> Letter:
    """Eq. (18): the brackets of the dipole portal on a spin-1/2 and on a spinless target, their difference."""
    return m_4**2 / (8 * M * E_nu**2) * (1 + m_4**2 / (M * E_r)) - E_r / (4 * E_nu**2)


def interference_body(
    E_r: Letter, E_nu: Letter, M: Letter, m_4: Letter, charge: Letter, g_V: Letter, g_A: Letter, G_mu: Letter
) -> Letter:
    """Weak-magnetic interference of neutrinos on a spin-1/2 target of charge ``charge`` (-1, or ``Z F_p``), exact."""
    mass = 1 + m_4**2 / (2 * M * E_r)
    return -G_mu * charge * m_4 / E_nu * ((M - E_r) / E_nu * mass * g_V - (2 - E_r / E_nu * mass) * g_A)


def interference_paper_body(
    E_r: Letter, E_nu: Letter, M: Letter, m_4: Letter, charge: Letter, g_V: Letter, g_A: Letter, G_mu: Letter
) -> Letter:
    """Eq. (20) and its footnotes as printed, for neutrinos: the factor ``mass`` is 1 and every charge positive."""
    return G_mu * charge * m_4 / E_nu * ((M / E_nu - E_r / E_nu) * g_V - (2 - E_r / E_nu) * g_A)


def weak_charge(
    Z: ArrayLike, N: ArrayLike, F_p: ArrayLike = 1.0, F_n: ArrayLike = 1.0, sin2_theta_W: float = SIN2_THETA_W
) -> NDArray[np.float64]:
    """Weak charge ``Q_V`` of a nucleus with form factors ``F_p`` and ``F_n``, Eq. (12)."""
    Z, N, F_p, F_n = (np.asarray(x, float) for x in (Z, N, F_p, F_n))
    return np.asarray(weak_charge_body(Z, N, F_p, F_n, sin2_theta_W))


def electron_couplings(species: str, sin2_theta_W: float = SIN2_THETA_W) -> tuple[float, float]:
    """Couplings ``g_L`` and ``g_R`` of a species to the electron, Eq. (15); antineutrinos have them exchanged.

    Parameters
    ----------
    species : str
        ``"nu_e"``, ``"antinu_mu"``, ...
    sin2_theta_W : float
        squared sine of the weak mixing angle
    """
    kind, _, flavour = species.partition("_")
    if kind not in ("nu", "antinu") or flavour not in ("e", "mu", "tau"):
        raise ValueError(f"no species {species!r}; there are nu_e, nu_mu, nu_tau, antinu_e, antinu_mu, antinu_tau")
    charged_current = 1.0 if flavour == "e" else 0.0
    g_V = -0.5 + 2 * sin2_theta_W + charged_current
    g_A = -0.5 + charged_current
    g_L, g_R = (g_V + g_A) / 2, (g_V - g_A) / 2
    return (g_L, g_R) if kind == "nu" else (g_R, g_L)


def electron(E_r: ArrayLike, E_nu: ArrayLike, species: str) -> NDArray[np.float64]:
    """Scattering of a neutrino on a free electron, Eqs. (14) and (15).

    Parameters
    ----------
    E_r, E_nu : array_like
        recoil and neutrino energy (MeV); they broadcast
    species : str
        see :func:`electron_couplings`

    Returns
    -------
    ndarray
        MeV^-3; zero outside the physical region
    """
    g_L, g_R = electron_couplings(species)
    inside, T, E = _physical(E_r, E_nu, M_E)
    return np.where(inside, electron_body(T, E, M_E, g_L, g_R, G_F), 0.0)


def cevns(E_r: ArrayLike, E_nu: ArrayLike, M: ArrayLike, Q_V: ArrayLike) -> NDArray[np.float64]:
    """CEvNS, Eq. (11).

    Parameters
    ----------
    E_r, E_nu, M : array_like
        recoil energy, neutrino energy, nuclear mass (MeV); they broadcast
    Q_V : array_like
        weak charge including form factors, see :func:`weak_charge`

    Returns
    -------
    ndarray
        MeV^-3; zero outside the physical region
    """
    M, Q_V = np.asarray(M, float), np.asarray(Q_V, float)
    inside, T, E = _physical(E_r, E_nu, M)
    return np.where(inside, cevns_body(T, E, M, Q_V, G_F), 0.0)


def dipole(
    E_r: ArrayLike, E_nu: ArrayLike, M: ArrayLike, m_4: ArrayLike = 0.0, *, charge: ArrayLike = 1.0, mu: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Dipole portal ``nu + target -> nu_4 + target``, Eq. (17) for nuclei and Eq. (19) for electrons.

    Parameters
    ----------
    E_r, E_nu, M, m_4 : array_like
        recoil energy, neutrino energy, target mass, mass of the outgoing neutrino (MeV); they broadcast
    charge : array_like
        ``Z F_p(Q)`` for a nucleus, 1 for a free electron
    mu : array_like
        effective transition magnetic moment (mu_B)

    Returns
    -------
    ndarray
        MeV^-3; zero outside the physical region, where the formula itself turns positive again
    """
    M, m_4, charge, mu = (np.asarray(x, float) for x in (M, m_4, charge, mu))
    inside, T, E = _physical(E_r, E_nu, M, m_4)
    return np.where(inside, dipole_body(T, E, M, m_4, DIPOLE * mu**2, charge), 0.0)


def interference(
    E_r: ArrayLike,
    E_nu: ArrayLike,
    M: ArrayLike,
    m_4: ArrayLike,
    g_V: ArrayLike,
    g_A: ArrayLike,
    *,
    charge: ArrayLike = -1.0,
) -> NDArray[np.float64]:
    r"""Interference of weak and magnetic scattering into ``nu_4``, Eq. (20) with its full dependence on ``m_4``.

    For neutrinos; antineutrinos have ``-g_A`` instead of ``g_A``.  It is linear in the coupling, here 1 mu_B: multiply
    by :math:`\mathrm{Re}[\sum_jU^*_{\alpha j}\tilde\lambda_{j4}U_{\alpha4}]` in mu_B.  It has either sign.

    Parameters
    ----------
    E_r, E_nu, M, m_4 : array_like
        recoil energy, neutrino energy, target mass, mass of the outgoing neutrino (MeV); they broadcast
    g_V, g_A : array_like
        weak couplings in the normalisation of Eq. (15); a nucleus has ``Q_V`` and its axial charge
    charge : array_like
        electric charge of the target in units of the positron's: -1 for electrons, ``Z F_p(Q)`` for a nucleus

    Returns
    -------
    ndarray
        MeV^-3; zero outside the physical region
    """
    M, m_4, charge, g_V, g_A = (np.asarray(x, float) for x in (M, m_4, charge, g_V, g_A))
    inside, T, E = _physical(E_r, E_nu, M, m_4)
    return np.where(inside, interference_body(T, E, M, m_4, charge, g_V, g_A, WEAK_MAGNETIC), 0.0)


def interference_paper(
    E_r: ArrayLike,
    E_nu: ArrayLike,
    M: ArrayLike,
    m_4: ArrayLike,
    g_V: ArrayLike,
    g_A: ArrayLike,
    *,
    charge: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """Eq. (20) as printed, to be compared with :func:`interference` and for nothing else.

    Arguments and result as there, but a nucleus enters by the printed substitutions: ``charge`` is 1 for electrons and
    ``Z F_p(Q)`` for a nucleus, whose mass also takes the place of the electron's in the prefactor.
    """
    M, m_4, charge, g_V, g_A = (np.asarray(x, float) for x in (M, m_4, charge, g_V, g_A))
    inside, T, E = _physical(E_r, E_nu, M, m_4)
    G_mu = ALPHA * G_F / (math.sqrt(2) * M)
    return np.where(inside, interference_paper_body(T, E, M, m_4, charge, g_V, g_A, G_mu), 0.0)


def _physical(
    E_r: ArrayLike, E_nu: ArrayLike, M: ArrayLike, m_4: ArrayLike = 0.0
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Where the recoil is possible, and both energies with 1 MeV in place of those that are not."""
    E_r, E_nu, M, m_4 = (np.asarray(x, float) for x in (E_r, E_nu, M, m_4))
    if not np.all(m_4 >= 0):
        raise ValueError(f"the mass m_4 must be zero or positive, not {np.min(m_4)} MeV")
    if not np.all(M > 0):
        raise ValueError(f"the mass of a target must be positive, not {np.min(M)} MeV")
    if np.any(np.isnan(E_r)) or np.any(np.isnan(E_nu)):
        raise ValueError("recoil and neutrino energies must be numbers, not nan")
    inside = kinematics.allowed(E_r, E_nu, M, m_4)
    return inside, np.where(inside, E_r, 1.0), np.where(inside, E_nu, 1.0)
