"""Section 4: what is said about Figs. 1 and 2."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ... import kinematics, limits, response, units
from ...data import table
from ...statistics import delta_chi2
from ..ledger import Claim, Outcome, compare, proof
from .common import load
from .section_3_1 import removed
from .section_4_chromium import NUCLEI, XENON


def xenon_benchmark(claim: Claim) -> Outcome:
    """Whether the moment of Fig. 1 lies in the region of Fig. 3, for the same mass."""
    experiment = load("xenon1t")
    rise = float(experiment.chi2("mu_mu", 6e-11, 0.01)) - float(limits.best_fit(experiment, "mu_mu", 0.01).chi2)
    return Outcome(
        rise < delta_chi2(), rf"$\Delta\chi^2={rise:.2f}$ from the best fit; 90 % C.L. is {delta_chi2():.3f}"
    )


def xenon_difference(claim: Claim) -> Outcome:
    """How far the step function moves the interval of XENON1T."""
    bound, free = (
        np.array([float(end) for end in limits.interval(load("xenon1t", binding=binding), "mu_mu", 0.01)])
        for binding in ("xraydb", "free")
    )
    change = bound / free - 1
    return Outcome(
        bool(np.max(np.abs(change)) <= claim.tolerance),
        f"for $m_4=10$ keV it moves the lower end by {100 * change[0]:+.1f} % and the upper one by "
        f"{100 * change[1]:+.1f} %",
    )


def low_thresholds(claim: Claim) -> Outcome:
    """Part of the recoils above a threshold that the steps take away from the solar dipole signal on xenon."""
    thresholds = (0.1, 1.0, 5.0)
    lost = [removed(threshold * units.keV)[0] for threshold in thresholds]
    text = ", ".join(
        f"{100 * part:.0f} % above {threshold:g} keV" for threshold, part in zip(thresholds, lost, strict=True)
    )
    return proof(lost[0] > lost[1] > lost[2], f"the steps take {text} of the recoils on xenon")


def texono_errors(claim: Claim) -> Outcome:
    """The dipole events of Fig. 1 over the error of each bin, and the chi-square they cost."""
    experiment = load("texono")
    share = 1e-20 * experiment.dipole("e", 0.01) / experiment.likelihood.sigma
    rise = float(experiment.chi2("mu_e", 1e-10, 0.01)) - float(limits.best_fit(experiment, "mu_e", 0.01).chi2)
    origin = " (from the SURROGATE)" if experiment.surrogate else ""
    return Outcome(
        bool(0.1 < share.max() < 1 and rise < delta_chi2()),
        f"the dipole adds {share.max():.2f} of the error of a bin at most{origin}, and $\\Delta\\chi^2={rise:.2f}$",
    )


def two_orders(claim: Claim) -> Outcome:
    """The two benchmark moments of Fig. 2, and how far the events that they add stand out."""
    benchmarks = {"coherent-csi": ("mu", 2e-9), "cr51-cevns-ge": ("e", 2e-11)}
    sizes = []
    for name, (flavour, value) in benchmarks.items():
        experiment = load(name)
        added = value**2 * experiment.dipole(flavour, 0.01) / experiment.likelihood.sigma
        sizes.append(f"{float(np.sqrt(np.sum(added**2))):.1f} for {experiment.title}")
    first, second = (value for _, value in benchmarks.values())
    outcome = compare(claim, float(np.log10(first / second)))
    return replace(
        outcome,
        computed=f"{outcome.computed}; the added events over their statistical errors, all bins "
        f"together: {' and '.join(sizes)}",
    )


def threshold_reason(claim: Claim) -> Outcome:
    """What the recoils of the chromium set-ups are, against the threshold of COHERENT, and what a higher one does."""
    seen = load("coherent-csi").channels[0].response
    assert isinstance(seen, response.Photoelectrons)
    E_r = np.geomspace(1.0, 3e4, 2001) * units.eV
    visible = float(E_r[np.searchsorted(seen.mean(E_r), seen.edges[0])]) / units.eV
    ends = {name: load(name).axes[0].edges[-1] for name in NUCLEI}
    lowest = table("cr51/parameters").value("cevns_threshold")
    limit, doubled = (
        float(limits.upper_limit(load("cr51-cevns-ge", threshold=t), "mu_e", 0.01)) for t in (lowest, 2 * lowest)
    )
    return Outcome(
        all(lowest < end < visible for end in ends.values()),
        f"the recoils end at {min(ends.values()):.0f} to {max(ends.values()):.0f} eV, above the threshold of "
        f"{lowest:g} eV "
        f"and below the {visible:.0f} eV at which COHERENT-CsI begins: with its threshold nothing would be left; but "
        f"a threshold of {2 * lowest:g} eV moves the limit on Ge by only {100 * (doubled / limit - 1):+.1f} %",
    )


def sub_MeV(claim: Claim) -> Outcome:
    """Kinematic edges of all chromium set-ups."""
    edges = [load(name).maximum_mass("mu_e") for name in (*NUCLEI, *XENON)]
    fastest = float(table("cr51/lines")["E_nu"].max()) * units.keV
    heaviest = float(kinematics.maximum_mass(fastest, 1e9))
    return Outcome(
        max(edges) < 1 and heaviest < 1,
        f"largest masses from {min(edges) / units.keV:.0f} to {max(edges) / units.keV:.0f} keV",
    )
