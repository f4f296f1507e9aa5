"""Section 1: what the introduction says that can be computed."""

from __future__ import annotations

import sympy as sp
from sympy.physics.matrices import mgamma

from ... import limits
from ...statistics import delta_chi2
from .. import formulas
from ..context import Context
from ..model import Claim, find
from ..outcomes import Outcome, number, proof
from .setups import PAPER

GAMMA_5 = mgamma(5)
LEFT, RIGHT = (sp.eye(4) - GAMMA_5) / 2, (sp.eye(4) + GAMMA_5) / 2
CHARGE = sp.I * mgamma(2) * mgamma(0)
SIGMA = [sp.I * mgamma(a) * mgamma(b) for a in range(4) for b in range(a)]
"""sigma^{ab} for a > b."""


def majorana_moment() -> Outcome:
    """Which helicities a magnetic moment connects: nothing left-handed with itself, but nu_L with its conjugate."""
    gamma_0 = mgamma(0)
    # bar(P_L psi) = psi^dagger P_L gamma^0 = psi-bar P_R
    same_helicity = all((RIGHT * sigma * LEFT).is_zero_matrix for sigma in SIGMA)
    # nu_L^T C^-1 sigma nu_L, the term of Eq. (1), does not vanish: it takes a neutrino to an antineutrino
    inverse = CHARGE.inv()
    conjugate = any(not (LEFT.T * inverse * sigma * LEFT).is_zero_matrix for sigma in SIGMA)
    return proof(
        same_helicity and conjugate and (gamma_0 * RIGHT - LEFT * gamma_0).is_zero_matrix,
        "In a magnetic field a left-handed Majorana neutrino becomes a right-handed antineutrino; how many depends on "
        "the field of the Sun.",
    )


def matrices(claim: Claim) -> Outcome:
    """Symmetry of the mass matrix and of the moments from the symmetry of C^-1 and of C^-1 sigma, and their size."""
    inverse = CHARGE.inv()
    # anticommuting fields: nu_i^T A nu_j = -nu_j^T A^T nu_i, so A antisymmetric leaves the symmetric part of a matrix
    masses = (inverse.T + inverse).is_zero_matrix
    moments = all(((inverse * sigma).T - inverse * sigma).is_zero_matrix for sigma in SIGMA)
    size = formulas.matrix(find("eq-2").formula).shape
    return proof(
        masses and moments and claim.values == size,
        "Fields that anticommute leave a symmetric mass matrix and an antisymmetric matrix of moments, of all four "
        r"states; the $3\times4$ of Sec. 2.1 contradicts this sentence.",
    )


def three_flavours(context: Context) -> Outcome:
    """The fit of XENON1T to a moment between light states, that is for a massless final one."""
    experiment = context.experiment("xenon1t")
    fit = limits.best_fit(experiment, "mu_e", 0.0)
    gain = float(experiment.chi2("mu_e", 0.0, 0.0)) - float(fit.chi2)
    low, high = context.interval("xenon1t", "mu_e", 0.0)
    return Outcome(
        gain > delta_chi2(),
        rf"A moment $\mu_{{\nu_e}}=$ {number(float(fit.value))} $\mu_B$ between light states lowers $\chi^2$ by "
        f"{gain:.1f}.",
        f"90 % C.L. from {number(low)} to {number(high)}.",
    )


def proposals(context: Context) -> Outcome:
    """How many of the facilities of the paper are projections."""
    facilities: dict[str, bool] = {}
    for name in PAPER:
        facility = name.rpartition("-")[0] if name.startswith("cr51") else name
        facilities[facility] = context.experiment(name).projected
    new = [name for name, projected in facilities.items() if projected]
    setups = sum(context.experiment(name).projected for name in PAPER)
    return Outcome(
        len(new) >= 2,
        f"{len(new)} of {len(facilities)} facilities are projections ({setups} of {len(PAPER)} set-ups); the paper "
        "cites an earlier proposal for each.",
        "CENNS-750 is Ref. [63], the chromium source with nuclei Ref. [37], that with xenon Refs. [38] and [60]. What "
        "is new is their use for transition moments into a sterile state.",
    )
