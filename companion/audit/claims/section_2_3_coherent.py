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
from ..context import Context
from ..model import Claim
from ..outcomes import Outcome, number

SIN2_THETA = 0.1
"""``sin^2 theta_24``, of the order that Sec. 2.3 takes; the modulus of ``U_mu4`` is its root."""
BENCHMARK = 2e-9
"""The moment (mu_B) of Fig. 2."""

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


def orders(claim: Claim, context: Context, m_4: float) -> Outcome:
    """Orders of magnitude by which the interference is suppressed at COHERENT-CsI, for the moment of Fig. 2."""
    experiment = context.experiment("coherent-csi")
    exact, printed = (-math.log10(ratio) for ratio in suppression(experiment, m_4, BENCHMARK))
    limit = context.limit("coherent-csi", "mu_mu", m_4)
    at_limit = -math.log10(suppression(experiment, m_4, limit)[0])
    size = f"10^{{{-exact:+.2f}}}"
    return Outcome(
        abs(exact / claim.value - 1) <= claim.tolerance,
        rf"For the $2\cdot10^{{-9}}\mu_B$ of Fig. 2 and {MIXING} the interference is ${size}$ of the magnetic rate.",
        rf"At our limit, {number(limit)} $\mu_B$, it is suppressed by {at_limit:.1f} orders of magnitude; by "
        f"{printed:.1f} for Fig. 2 with the substitutions of the paper.",
    )


def larger_mass(context: Context) -> Outcome:
    """Whether the interference is weaker at 50 MeV than at 50 keV, whichever mixing and moment multiply both."""
    experiment = context.experiment("coherent-csi")
    heavy, light = suppression(experiment, 50.0, BENCHMARK), suppression(experiment, 0.05, BENCHMARK)
    exact, printed = (math.log10(a / b) for a, b in zip(heavy, light, strict=True))
    return Outcome(
        exact < 0 and printed < 0,
        f"It is {'stronger' if exact > 0 else 'weaker'} by {abs(exact):.1f} orders of magnitude: the interference is "
        "proportional to $m_4$.",
        f"With the substitutions of the paper {'stronger' if printed > 0 else 'weaker'} by {abs(printed):.1f} orders; "
        "for one moment at both masses.",
    )
