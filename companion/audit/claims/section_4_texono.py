"""Section 4: TEXONO."""

from __future__ import annotations

import numpy as np

from ... import kinematics, limits
from ...units import M_E
from ..ledger import Claim, Outcome, compare
from .common import load


def spectrum(claim: Claim) -> Outcome:
    """Fig. 1, top right: what we compute; neither the drawn histogram nor the points are available as numbers."""
    experiment = load("texono")
    dipole = 1e-20 * experiment.dipole("e", 0.01)
    share = dipole / experiment.standard_model()
    missing = "the histogram and the ten measured points" if experiment.surrogate else "the histogram"
    return Outcome(
        None,
        f"the dipole adds {100 * share[0]:.0f} % to the first bin and {100 * share[-1]:.0f} % to the last; {missing} "
        "as numbers would settle it",
    )


def limit(claim: Claim) -> Outcome:
    """Limit for a light sterile state, 90 % C.L.; undecided as long as the points are a surrogate."""
    experiment = load("texono")
    found, two = (float(limits.upper_limit(experiment, "mu_e", 0.01, dof=dof)) for dof in (1, 2))
    if not experiment.surrogate:
        return compare(claim, found)
    return Outcome(
        None,
        f"{found:.3g} from the SURROGATE with one degree of freedom, {two:.3g} with two; the ten measured points would "
        "settle it",
    )


def against_coherent(claim: Claim) -> Outcome:
    """Ratio to the limit of COHERENT-CsI; the scale of a surrogate, 15 %, does not matter."""
    experiment = load("texono")
    ours = float(limits.upper_limit(experiment, "mu_e", 0.01))
    theirs = float(limits.upper_limit(load("coherent-csi"), "mu_mu", 0.01))
    ratio = theirs / ours
    origin = " (from the SURROGATE)" if experiment.surrogate else ""
    return Outcome(round(np.log10(ratio)) == 1, f"the limit{origin} is {ratio:.1f} times lower")


def edge(claim: Claim) -> Outcome:
    """Largest sterile mass that recoils above 3 MeV can show; and without that threshold."""
    experiment = load("texono")
    found = experiment.maximum_mass("mu_e")
    energy = experiment.channels[0].fluxes["antinu_e"].maximum_energy
    produced = float(kinematics.maximum_mass(energy, M_E))
    shorter = load("texono", end=8.0).maximum_mass("mu_e")
    return Outcome(
        abs(found / claim.value - 1) <= claim.tolerance,
        f"{found:.2f} MeV for antineutrinos up to {energy:g} MeV ({shorter:.2f} up to 8 MeV); with recoils below the "
        f"threshold {produced:.2f}",
    )
