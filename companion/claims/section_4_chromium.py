"""Section 4: the chromium source, and the interference of Sec. 2.3 there."""

from __future__ import annotations

from dataclasses import replace

from .. import experiments, limits
from ..ledger import Claim, Outcome, compare
from ..units import keV

NUCLEI = ("cr51-cevns-si", "cr51-cevns-ge", "cr51-cevns-al2o3", "cr51-cevns-cawo4")
XENON = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")

MIXING = 0.1**0.5
"""The size of U_e4 that the paper has in mind: a squared sine of 0.1."""


def _totals(names: tuple[str, ...]) -> str:
    parts = []
    for name in names:
        experiment = experiments.load(name)
        dipole = (2e-11) ** 2 * experiment.dipole("e", 0.01)
        parts.append(f"{experiment.title} {experiment.standard_model().sum():.0f} + {dipole.sum():.0f}")
    return ", ".join(parts)


def xenon_spectra(claim: Claim) -> Outcome:
    """Fig. 1, bottom: what we compute."""
    return Outcome(None, f"SM + dipole events: {_totals(XENON)}; the histograms as numbers would settle it")


def nuclear_spectra(claim: Claim) -> Outcome:
    """Fig. 2, bottom: what we compute."""
    return Outcome(None, f"SM + dipole events: {_totals(NUCLEI)}; the histograms as numbers would settle it")


def bound_electrons(claim: Claim) -> Outcome:
    """What the binding of the electrons does to the Standard-Model rate."""
    bound, free = (experiments.load("cr51-lxe-a", bound=bound).standard_model() for bound in (True, False))
    return Outcome(
        None,
        f"the steps take {100 * (1 - bound.sum() / free.sum()):.2f} % off all events and "
        f"{100 * (1 - bound[0] / free[0]):.0f} % off the first bin of A; the rate of the earlier work as numbers would "
        "settle the rest",
    )


def _best(claim: Claim, names: tuple[str, ...]) -> Outcome:
    """Range of the limits for a light state; the best one is compared."""
    found = [float(limits.upper_limit(experiments.load(name), "mu_e", 0.01)) for name in names]
    outcome = compare(claim, min(found))
    return replace(outcome, computed=f"{min(found):.2g} to {max(found):.2g} for $m_4=10$ keV")


def reach_nuclei(claim: Claim) -> Outcome:
    """Limits of the four targets of coherent scattering."""
    return _best(claim, NUCLEI)


def reach_electrons(claim: Claim) -> Outcome:
    """Limits of the three configurations of liquid xenon."""
    return _best(claim, XENON)


def edge_nuclei(claim: Claim) -> Outcome:
    """Kinematic edge of coherent scattering, and what the threshold leaves of it."""
    edges = {name: experiments.load(name).maximum_mass("mu_e") for name in NUCLEI}
    text = ", ".join(f"{experiments.load(name).title} {edge / keV:.0f}" for name, edge in edges.items())
    return replace(compare(claim, max(edges.values())), computed=f"{text} keV")


def edge_electrons(claim: Claim) -> Outcome:
    """Kinematic edge of scattering on electrons: the mass of the target is no longer large."""
    edge = experiments.load(XENON[0]).maximum_mass("mu_e")
    return replace(compare(claim, edge), computed=rf"{edge / keV:.0f} keV, $\sqrt{{m_e^2+2m_eE_\nu}}-m_e$")


def only_interference(claim: Claim) -> Outcome:
    """How far the interference moves each limit for a squared sine of 0.1: the worst of both signs and three masses."""
    moved = {}
    for name in (*NUCLEI, *XENON, "texono"):
        experiment = experiments.load(name)
        reference = limits.upper_limit(experiment, "mu_e", [0.01, 0.1, 0.3])
        shifts = [
            limits.upper_limit(replace(experiment, mixing=sign * MIXING), "mu_e", [0.01, 0.1, 0.3]) / reference - 1
            for sign in (1, -1)
        ]
        moved[name] = max(float(abs(shift).max()) for shift in shifts)
    others = {name: shift for name, shift in moved.items() if name not in XENON}
    loud = [experiments.load(name).title for name, shift in others.items() if shift > claim.tolerance]
    xenon = max(moved[name] for name in XENON)
    worst = max(others, key=others.__getitem__)
    return Outcome(
        xenon > claim.tolerance and not loud,
        rf"for $\sin^2\theta_{{14}}=0.1$ and $m_4$ of 10 to 300 keV it moves limits by up to {100 * xenon:.0f} % in "
        f"xenon and by up to {100 * others[worst]:.0f} % in {experiments.load(worst).title}; above 1 % also in "
        f"{', '.join(loud) or 'no other'}",
    )
