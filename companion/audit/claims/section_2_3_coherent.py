"""Section 2.3: the interference at COHERENT."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ... import limits
from ...experiments import Channel, Experiment
from ...response import Response
from ...units import M_E
from ..ledger import Claim, Outcome
from .common import load

SIN2_THETA = 0.1
"""``sin^2 theta_24``, of the order that Sec. 2.3 takes; the modulus of ``U_mu4`` is its root."""
MIXING = rf"$\sin^2\theta_{{24}}={SIN2_THETA:g}$"


@dataclass(frozen=True)
class _Substituted:
    """A response that also makes up for what the rule of the paper changes: its factor in m_4, and m_e -> M."""

    response: Response
    mass: float
    m_4: float

    @property
    def window(self) -> tuple[float, float]:
        return self.response.window

    @property
    def breakpoints(self) -> tuple[float, ...]:
        return self.response.breakpoints

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        E_r = np.asarray(E_r, float)
        return self.response.bins(E_r) * (M_E / self.mass) / (1 + self.m_4**2 / (2 * self.mass * E_r))


def by_substitution(channel: Channel, species: str, m_4: float) -> NDArray[np.float64]:
    """Interference events per bin by the paper's rule: the exact ones without its factor in m_4, and with m_e -> M."""
    seen = _Substituted(channel.response, channel.scatterer.mass, m_4)
    return replace(channel, response=seen).counts("interference", species, m_4)


def suppression(experiment: Experiment, m_4: float, value: float | None = None) -> tuple[float, float]:
    """Interference over magnetic events for muon flavour and full coherence of the phases: exact, by the paper's rule.

    Parameters
    ----------
    experiment : Experiment
        with a beam of muon neutrinos
    m_4 : float
        mass (MeV)
    value : float, optional
        effective moment (mu_B); default the 90 % limit at this mass

    Returns
    -------
    tuple of float
        moduli of the two ratios, for ``sin^2 theta_24`` of :data:`SIN2_THETA`
    """
    if value is None:
        value = float(limits.upper_limit(experiment, "mu_mu", m_4))
    magnetic = value * float(experiment.dipole("mu", m_4).sum())
    exact = float(experiment.interference("mu", m_4).sum())
    printed = sum(
        float(by_substitution(channel, species, m_4).sum())
        for channel in experiment.channels
        for species in ("nu_mu", "antinu_mu")
    )
    mixing = math.sqrt(SIN2_THETA)
    return abs(mixing * exact / magnetic), abs(mixing * printed / magnetic)


def orders(claim: Claim) -> Outcome:
    """Orders of magnitude by which the interference is suppressed at COHERENT-CsI, at its own limit."""
    m_4 = 50.0 if "MeV" in claim.printed else 0.05
    exact, printed = (-math.log10(ratio) for ratio in suppression(load("coherent-csi"), m_4))
    # the interference goes with the root of the squared sine
    smaller = printed + math.log10(SIN2_THETA / 0.01) / 2
    return Outcome(
        abs(exact / claim.value - 1) <= claim.tolerance,
        f"{exact:.1f} orders at the limit for {MIXING}; {printed:.1f} with the substitutions of the paper "
        rf"({smaller:.1f} for $\sin^2\theta_{{24}}=0.01$)",
    )


def larger_mass(claim: Claim) -> Outcome:
    """Whether the interference is weaker at 50 MeV than at 50 keV, whichever mixing multiplies both."""
    experiment = load("coherent-csi")
    heavy, light = suppression(experiment, 50.0), suppression(experiment, 0.05)
    exact, printed = (math.log10(a / b) for a, b in zip(heavy, light, strict=True))
    return Outcome(
        exact < 0 and printed < 0,
        f"{'stronger' if exact > 0 else 'weaker'}, by {abs(exact):.1f} orders at the limit "
        f"({abs(printed):.1f} with the substitutions of the paper): it is proportional to $m_4$",
    )
