r"""Two-body kinematics of :math:`\nu + \mathrm{target} \to \nu_4 + \mathrm{target}`, exact (Eq. 22).

A target of mass ``M`` at rest recoils with kinetic energy ``E_r``; the outgoing neutrino has mass ``m_4``
(zero for the Standard Model).  All arguments are in MeV and broadcast against each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["allowed", "maximum_mass", "minimum_neutrino_energy", "recoil_limits", "slowest_neutrino", "threshold"]


def minimum_neutrino_energy(E_r: ArrayLike, M: ArrayLike, m_4: ArrayLike = 0.0) -> NDArray[np.float64]:
    r"""Smallest neutrino energy that can cause a recoil ``E_r``, Eq. (22) without approximations.

    .. math:: E_\nu^{\min} = \tfrac12\left(E_r + \sqrt{E_r^2 + 2 M E_r}\right)
              \left(1 + \frac{m_4^2}{2 M E_r}\right)

    A recoil ``E_r > 0`` is possible at a neutrino energy ``E_nu`` exactly if ``E_nu >= E_nu_min``, on both
    branches of the recoil interval.

    Parameters
    ----------
    E_r, M, m_4 : array_like
        recoil energy, target mass, mass of the outgoing neutrino (MeV)

    Returns
    -------
    ndarray
        MeV; infinite where ``E_r <= 0``
    """
    E_r = np.asarray(E_r, float)
    return slowest_neutrino(np.where(E_r > 0, E_r, np.inf), np.asarray(M, float), np.asarray(m_4, float))


def slowest_neutrino(
    E_r: NDArray[np.float64], M: float | NDArray[np.float64], m_4: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """The formula of :func:`minimum_neutrino_energy` for recoil energies that are known to be positive."""
    energy: NDArray[np.float64] = 0.5 * (E_r + np.sqrt(E_r * (E_r + 2 * M))) * (1 + m_4**2 / (2 * M) / E_r)
    return energy


def allowed(E_r: ArrayLike, E_nu: ArrayLike, M: ArrayLike, m_4: ArrayLike = 0.0) -> NDArray[np.bool_]:
    """Whether a neutrino of energy ``E_nu`` can cause a recoil ``E_r`` (both MeV), Eq. (22)."""
    E_r = np.asarray(E_r, float)
    return (E_r > 0) & (np.asarray(E_nu, float) >= minimum_neutrino_energy(E_r, M, m_4))


def threshold(M: ArrayLike, m_4: ArrayLike) -> NDArray[np.float64]:
    r"""Neutrino energy (MeV) below which ``nu_4`` cannot be produced: :math:`m_4 + m_4^2/2M`."""
    m_4 = np.asarray(m_4, float)
    return np.asarray(m_4 + m_4**2 / (2 * np.asarray(M, float)))


def maximum_mass(E_nu: ArrayLike, M: ArrayLike, window: tuple[float, float] = (0.0, np.inf)) -> NDArray[np.float64]:
    r"""Heaviest ``nu_4`` (MeV) that a neutrino of energy ``E_nu`` can produce: :math:`\sqrt{M^2+2ME_\nu}-M`.

    At this mass the recoil has one energy.  If a ``window`` (MeV) of recoil energies is given and that energy is not in
    it, the largest mass is the one whose interval :math:`[T_-,T_+]` touches the window; 0 if none does.
    """
    E_nu, M = np.asarray(E_nu, float), np.asarray(M, float)
    root_s = np.sqrt(M * (M + 2 * E_nu))
    # written without the difference, which loses nine digits on a heavy nucleus
    heaviest = 2 * M * E_nu / (root_s + M)
    at_threshold = M * E_nu**2 / (root_s * (E_nu + M + root_s))
    T = np.clip(at_threshold, *window)
    # Eq. (22) at T solved for the mass
    squared = 2 * M * T * (E_nu / minimum_neutrino_energy(np.where(T > 0, T, 1.0), M) - 1)
    return np.asarray(np.where(T == at_threshold, heaviest, np.sqrt(np.maximum(squared, 0.0))))


def recoil_limits(
    E_nu: ArrayLike, M: ArrayLike, m_4: ArrayLike = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Smallest and largest recoil energy (MeV) at neutrino energy ``E_nu``.

    .. math::
       T_\pm = \frac{2ME_\nu^2 - m_4^2(M+E_\nu) \pm E_\nu\sqrt{(2ME_\nu-m_4^2)^2-4M^2m_4^2}}{2M(M+2E_\nu)},
       \qquad T_+T_- = \frac{m_4^4}{4M(M+2E_\nu)}

    Returns
    -------
    T_minus, T_plus : ndarray
        both ``nan`` where ``E_nu`` is below :func:`threshold`
    """
    E_nu, M, m_4 = np.asarray(E_nu, float), np.asarray(M, float), np.asarray(m_4, float)
    if not np.all(M > 0):
        raise ValueError(f"the mass of a target must be positive, not {np.min(M)} MeV")
    # the discriminant in its factors: (2 M E - m_4^2)^2 - 4 M^2 m_4^2 = 4 M^2 (E - E_threshold)(E + m_4 - m_4^2/2M)
    excess = E_nu - threshold(M, m_4)
    root = 2 * M * np.sqrt(np.where(excess >= 0, excess, np.nan) * (E_nu + m_4 - m_4**2 / (2 * M)))
    T_plus = (2 * M * E_nu**2 - m_4**2 * (M + E_nu) + E_nu * root) / (2 * M * (M + 2 * E_nu))
    # the smaller root from the product of both: their difference would cancel
    moving = T_plus > 0
    T_minus = np.where(moving, m_4**4 / (4 * M * (M + 2 * E_nu) * np.where(moving, T_plus, 1.0)), T_plus)
    return T_minus, T_plus
