"""Section 4: COHERENT-LAr, CENNS-750 and how far in mass they reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ... import limits
from ..ledger import Claim, Outcome, find, judge
from .common import load


def lar_spectrum(claim: Claim) -> Outcome:
    """Fig. 2, top right: what we compute; the drawn histograms are not available as numbers."""
    experiment = load("coherent-lar")
    signal = (2e-9) ** 2 * experiment.dipole("mu", 0.01)
    edges = experiment.axes[0].edges
    peak = int(np.argmax(signal))
    return Outcome(
        None,
        f"Standard Model {experiment.standard_model().sum():.1f} and dipole {signal.sum():.1f} events, peak in the bin "
        f"from {edges[peak]:g} to {edges[peak + 1]:g} keV$_{{ee}}$; the histograms of the figure as numbers would "
        "settle it",
    )


def csi_better_than_lar(claim: Claim) -> Outcome:
    """Ratio of the two limits on the muon flavour: at three masses, and from a light state to just below the edge."""
    csi, lar = load("coherent-csi"), load("coherent-lar")

    def ratio(masses: ArrayLike) -> NDArray[np.float64]:
        return limits.upper_limit(lar, "mu_mu", masses) / limits.upper_limit(csi, "mu_mu", masses)

    curve, at, heavy = ratio(limits.masses(lar, "mu_mu", number=75)), ratio([0.01, 20.0, 40.0]), float(ratio(50.0))
    return Outcome(
        bool(curve.min() > 1 and at.max() < 2),
        f"limit of argon over that of CsI: {at[0]:.2f} for a light state, {at[1]:.2f} at 20 MeV, {at[2]:.2f} at 40, "
        f"{heavy:.2f} at 50 MeV, from {curve.min():.2f} to {curve.max():.1f} (at the edge) in all",
    )


def reach(claim: Claim) -> Outcome:
    """The two ends of the region one by one, and whether it is the rectangle between them."""
    csi = load("coherent-csi")
    edge = csi.maximum_mass("mu_mu")
    light, heavy = limits.upper_limit(csi, "mu_mu", [0.01, 50.0])
    double, tenfold = (limits.reach(csi, "mu_mu", factor) for factor in (2, 10))
    ends = all(judge(find(end)).outcome.holds for end in ("sec-4-csi-limit", "sec-4-csi-edge"))
    rectangle = bool(heavy / light <= 1 + claim.tolerance)
    correction = (
        f"each end holds, the rectangle between them does not: the limit has doubled at {double:.1f} MeV and grown "
        f"tenfold at {tenfold:.1f} MeV; 50 MeV is the kinematic edge"
    )
    return Outcome(
        ends and rectangle,
        rf"${light * 1e9:.2f}\cdot10^{{-9}}\mu_B$ for a light state, nothing beyond {edge:.1f} MeV; "
        f"at 50 MeV the limit is {heavy / light:.1f} times that on a light state",
        corrected=ends and not rectangle,
        correction=correction if ends and not rectangle else "",
    )


def cenns_limit(claim: Claim) -> Outcome:
    """What we compute under our own assumptions; the backgrounds that the paper uses are not available."""
    limit = float(limits.upper_limit(load("cenns-750"), "mu_mu", 0.01))
    return Outcome(
        None,
        rf"${limit * 1e9:.2f}\cdot10^{{-9}}\mu_B$ for a light state under our assumptions; the curve as numbers and "
        "the backgrounds of its Ref. [29] would settle it",
    )
