r"""Neutrinos from pions that decay at rest: a prompt line and two Michel spectra (Sec. 3.2).

.. math::
   \pi^+\to\mu^+\nu_\mu,\qquad \mu^+\to e^+\nu_e\bar\nu_\mu
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..units import M_MU, M_PI, cm
from .flux import Continuum, Flux, Line

__all__ = ["PROMPT_ENERGY", "fluence", "in_flight", "michel_antinu_mu", "michel_nu_e"]

PROMPT_ENERGY = (M_PI**2 - M_MU**2) / (2 * M_PI)
"""Energy of the prompt muon neutrinos, 29.79 MeV."""

END_POINT = M_MU / 2
"""End of both Michel spectra (MeV) for a massless positron; its mass would take off 0.0023 %."""


def michel_nu_e(E: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Electron neutrinos per decay and MeV: :math:`192\,E^2/m_\mu^3\,(1/2-E/m_\mu)`."""
    return 192 * E**2 / M_MU**3 * (0.5 - E / M_MU)


def michel_antinu_mu(E: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Muon antineutrinos per decay and MeV: :math:`64\,E^2/m_\mu^3\,(3/4-E/m_\mu)`."""
    return 64 * E**2 / M_MU**3 * (0.75 - E / M_MU)


def in_flight(kinetic_energy: float) -> Flux:
    r"""One muon neutrino of a pion that decays in flight, the mean over all directions of the pion.

    In the rest frame of the pion the neutrino has the energy :math:`E_0` of the line and any direction, so that it is
    spread evenly over

    .. math:: E_0\,\gamma(1-\beta)\le E_\nu\le E_0\,\gamma(1+\beta),\qquad \gamma=1+T_\pi/m_\pi .

    Parameters
    ----------
    kinetic_energy : float
        of the pion (MeV)
    """
    if not 0 < kinetic_energy < math.inf:
        raise ValueError(
            f"the kinetic energy of a pion in flight must be positive and finite, not {kinetic_energy} MeV"
        )
    # a slow pion is one at rest but for a little: no difference to 1 is taken
    slow = kinetic_energy / M_PI
    momentum = math.sqrt(slow * (slow + 2))
    low, high = PROMPT_ENERGY / (1 + slow + momentum), PROMPT_ENERGY * (1 + slow + momentum)
    if not low < high < math.inf:
        what = "slow" if low == high else "fast"
        raise ValueError(f"a pion of {kinetic_energy} MeV is too {what}: its neutrinos have no spectrum in numbers")
    # the moments fall with the energy: cells of equal ratio
    cells = math.ceil(math.log2(high / low))
    knots = tuple(np.geomspace(low, high, cells + 1).tolist())
    return Flux(continua=(Continuum(_Even(1 / (high - low)), knots, order=8),))


@dataclass(frozen=True)
class _Even:
    """A constant density (1/MeV); a class, because what is built of it must pickle."""

    height: float

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full_like(E, self.height)


def fluence(protons: float, per_proton: float, baseline: float, delayed_fraction: float = 1.0) -> dict[str, Flux]:
    r"""Time-integrated flux of each species at a detector.

    Parameters
    ----------
    protons : float
        protons on target
    per_proton : float
        neutrinos of each species per proton
    baseline : float
        distance from the target (natural units, ``19.3 * units.m``)
    delayed_fraction : float
        part of the decays of the muon that falls into the time window

    Returns
    -------
    dict
        ``{"nu_mu", "nu_e", "antinu_mu"}`` to :class:`Flux`, in neutrinos per area:
        each species amounts to :math:`\eta=r\,N_\mathrm{POT}/4\pi L^2`
    """
    if not (protons >= 0 and per_proton >= 0 and baseline > 0 and 0 <= delayed_fraction <= 1):
        raise ValueError(
            "protons and neutrinos per proton must not be negative, the baseline positive and the delayed fraction "
            f"between 0 and 1, not {protons}, {per_proton}, {baseline / (100 * cm)} m, {delayed_fraction}"
        )
    eta = per_proton * protons / (4 * math.pi * baseline**2)
    knots = (0.0, END_POINT)
    # two Gauss points are exact: density(E) E^-n is a polynomial of degree 3 at most
    delayed = {
        "nu_e": Flux(continua=(Continuum(michel_nu_e, knots, order=2),)),
        "antinu_mu": Flux(continua=(Continuum(michel_antinu_mu, knots, order=2),)),
    }
    return {
        "nu_mu": Flux(lines=(Line(PROMPT_ENERGY, eta),)),
        **{species: (eta * delayed_fraction) * flux for species, flux in delayed.items()},
    }
