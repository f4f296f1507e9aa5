"""Section 1: what the introduction says that can be computed."""

from __future__ import annotations

import sympy as sp
from sympy.physics.matrices import mgamma

from ... import limits
from ...statistics import delta_chi2
from ..ledger import Claim, Outcome, proof
from .common import load

GAMMA_5 = mgamma(5)
LEFT, RIGHT = (sp.eye(4) - GAMMA_5) / 2, (sp.eye(4) + GAMMA_5) / 2
CHARGE = sp.I * mgamma(2) * mgamma(0)
SIGMA = [sp.I * mgamma(a) * mgamma(b) for a in range(4) for b in range(a)]
"""sigma^{ab} for a > b."""


def majorana_moment(claim: Claim) -> Outcome:
    """Which helicities a magnetic moment connects: nothing left-handed with itself, but nu_L with its conjugate."""
    gamma_0 = mgamma(0)
    # bar(P_L psi) = psi^dagger P_L gamma^0 = psi-bar P_R
    same_helicity = all((RIGHT * sigma * LEFT).is_zero_matrix for sigma in SIGMA)
    # nu_L^T C^-1 sigma nu_L, the term of Eq. (1), does not vanish: it takes a neutrino to an antineutrino
    conjugate = any(not (LEFT.T * CHARGE.inv() * sigma * LEFT).is_zero_matrix for sigma in SIGMA)
    return proof(
        same_helicity and conjugate and (gamma_0 * RIGHT - LEFT * gamma_0).is_zero_matrix,
        r"$\bar\nu_L\sigma^{\alpha\beta}\nu_L=0$ and $\nu_L^TC^{-1}\sigma^{\alpha\beta}\nu_L\neq0$: in a "
        r"magnetic field "
        "a left-handed neutrino becomes the right-handed antineutrino; the size of a flux needs the field of the Sun",
    )


def matrices(claim: Claim) -> Outcome:
    """Symmetry of the mass matrix and of the moments from the symmetry of C^-1 and of C^-1 sigma; their size."""
    inverse = CHARGE.inv()
    # anticommuting fields: nu_i^T A nu_j = -nu_j^T A^T nu_i, so A antisymmetric leaves the symmetric part of a matrix
    masses = (inverse.T + inverse).is_zero_matrix
    moments = all(((inverse * sigma).T - inverse * sigma).is_zero_matrix for sigma in SIGMA)
    return proof(
        masses and moments,
        r"$C^{-1}$ is antisymmetric and $C^{-1}\sigma^{\alpha\beta}$ symmetric, so masses are symmetric and moments "
        r"antisymmetric matrices of all four states; the $3\times4$ of Sec. 2.1 contradicts this sentence",
    )


def three_flavours(claim: Claim) -> Outcome:
    """The fit of XENON1T to a moment between light states, that is for a massless final one."""
    experiment = load("xenon1t")
    low, high = (float(end) for end in limits.interval(experiment, "mu_e", 0.0))
    fit = limits.best_fit(experiment, "mu_e", 0.0)
    gain = float(experiment.chi2("mu_e", 0.0, 0.0)) - float(fit.chi2)
    return Outcome(
        gain > delta_chi2(),
        rf"a light final state at $\mu_{{\nu_e}}={1e11 * float(fit.value):.1f}\cdot10^{{-11}}\mu_B$ lowers $\chi^2$ by "
        rf"{gain:.1f}; 90 % C.L. from {1e11 * low:.1f} to {1e11 * high:.1f}",
    )
