r"""Decay of the sterile state, :math:`\nu_4\to\nu\gamma`, through the moment that made it.

A Majorana state goes to a neutrino or to an antineutrino and has the width
:math:`\Gamma=\mu^2m_4^3/8\pi`, a Dirac state half of it (arXiv:1803.03262, arXiv:2007.15563).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import units

__all__ = ["decays_inside", "length", "width"]

MU_B = (units.DIPOLE / units.ALPHA) ** 0.5
"""The Bohr magneton, MeV^-1."""


def width(moment: ArrayLike, m_4: ArrayLike, *, majorana: bool = True) -> NDArray[np.float64]:
    """Decay width (MeV) of a state of mass ``m_4`` (MeV) with a transition moment (mu_B); the two broadcast."""
    moment, m_4 = np.asarray(moment, float), np.asarray(m_4, float)
    gamma: NDArray[np.float64] = (moment * MU_B) ** 2 * m_4**3 / (8 if majorana else 16) / np.pi
    return gamma


def length(moment: ArrayLike, m_4: ArrayLike, energy: ArrayLike, *, majorana: bool = True) -> NDArray[np.float64]:
    r"""Mean path (m) before the decay, :math:`(p_4/m_4)/\Gamma`.

    Parameters
    ----------
    moment : array_like
        transition moment (mu_B)
    m_4, energy : array_like
        mass and total energy of the state (MeV), ``energy >= m_4 > 0``
    majorana : bool
        False for a Dirac state, which lives twice as long

    Raises
    ------
    ValueError
        for a mass that is not positive or an energy below the mass
    """
    m_4, energy = np.asarray(m_4, float), np.asarray(energy, float)
    if not (np.all(m_4 > 0) and np.all(energy >= m_4)):
        raise ValueError("a decay length needs a positive mass m_4 and an energy of at least m_4 (MeV)")
    momentum = np.sqrt((energy - m_4) * (energy + m_4))
    path: NDArray[np.float64] = momentum / m_4 / width(moment, m_4, majorana=majorana) / units.m
    return path


def decays_inside(radius: ArrayLike, length: ArrayLike) -> NDArray[np.float64]:
    r"""Part of the states that decay inside a sphere where they are made, evenly and in all directions.

    With :math:`x=R/\ell` it is :math:`1-\frac{3}{8x^3}\left[2x^2-1+(1+2x)\,e^{-2x}\right]`, and :math:`3x/4` for a
    long path.

    Parameters
    ----------
    radius, length : array_like
        radius of the sphere and decay length, in one unit
    """
    x = np.asarray(radius, float) / np.asarray(length, float)
    # the brackets cancel to the third order in x
    small = x < 1e-2
    safe = np.where(small, 1.0, x)
    escaping: NDArray[np.float64] = 3 / (8 * safe**3) * (2 * safe**2 - 1 + (1 + 2 * safe) * np.exp(-2 * safe))
    inside: NDArray[np.float64] = np.where(small, 0.75 * x - 0.4 * x**2 + x**3 / 6, 1 - escaping)
    return inside
