"""Section 4: the chromium source, and the interference of Sec. 2.3 there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ... import limits
from ...units import keV
from ..ledger import Claim, Outcome, compare
from .common import load

NUCLEI = ("cr51-cevns-si", "cr51-cevns-ge", "cr51-cevns-al2o3", "cr51-cevns-cawo4")
XENON = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")
PI_DAR = ("coherent-csi", "coherent-lar", "cenns-750")
REACTOR = ("texono",)
PAPER = (*PI_DAR, "xenon1t", *REACTOR, *NUCLEI, *XENON)
"""The twelve set-ups of the paper."""

MIXING = 0.1**0.5
"""The size of U_e4 that the paper has in mind: a squared sine of 0.1."""

FRACTIONS = (0.2, 0.5)
"""Sterile masses at which interference is judged, over the kinematic edge of each experiment."""

_FRACTIONS = " and ".join(f"{fraction:g}" for fraction in FRACTIONS)


def _totals(names: tuple[str, ...]) -> str:
    parts = []
    for name in names:
        experiment = load(name)
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
    bound, free = (load("cr51-lxe-a", bound=bound).standard_model() for bound in (True, False))
    return Outcome(
        None,
        f"the steps take {100 * (1 - bound.sum() / free.sum()):.2f} % off all events and "
        f"{100 * (1 - bound[0] / free[0]):.0f} % off the first bin of A; the rate of the earlier work as numbers would "
        "settle the rest",
    )


def _best(claim: Claim, names: tuple[str, ...]) -> Outcome:
    """Range of the limits for a light state; the best one must lie in the range that begins at the printed number."""
    found = [float(limits.upper_limit(load(name), "mu_e", 0.01)) for name in names]
    holds = claim.value <= min(found) <= (1 + claim.tolerance) * claim.value
    return Outcome(holds, f"{min(found):.2g} to {max(found):.2g} for $m_4=10$ keV")


def reach_nuclei(claim: Claim) -> Outcome:
    """Limits of the four targets of coherent scattering."""
    return _best(claim, NUCLEI)


def reach_electrons(claim: Claim) -> Outcome:
    """Limits of the three configurations of liquid xenon."""
    return _best(claim, XENON)


def edge_nuclei(claim: Claim) -> Outcome:
    """Kinematic edge of coherent scattering, and what the threshold leaves of it."""
    loaded = [load(name) for name in NUCLEI]
    edges = {experiment.title.removeprefix("51Cr-"): experiment.maximum_mass("mu_e") for experiment in loaded}
    agree = [name for name, edge in edges.items() if abs(edge / claim.value - 1) <= claim.tolerance]
    others = [f"{edge / keV:.0f} keV for {name}" for name, edge in edges.items() if name not in agree]
    return Outcome(
        not others,
        ", ".join(f"{name} {edge / keV:.0f}" for name, edge in edges.items()) + " keV",
        corrected=bool(agree),
        correction=f"true of {', '.join(agree)}; {', '.join(others)}" if agree and others else "",
    )


def edge_electrons(claim: Claim) -> Outcome:
    """Kinematic edge of scattering on electrons: the mass of the target is no longer large."""
    edge = load(XENON[0]).maximum_mass("mu_e")
    return replace(compare(claim, edge), computed=rf"{edge / keV:.0f} keV, $\sqrt{{m_e^2+2m_eE_\nu}}-m_e$")


@dataclass(frozen=True)
class _Interference:
    """What interference does to one experiment, the worst of all flavours, signs and masses."""

    title: str
    ratio: float  # to the magnetic events at the limit, its own counted by size bin by bin
    shift: float  # of the limit


@cache
def _interference(name: str, mixing: float = MIXING) -> _Interference:
    """Interference for every flavour in the beam, at masses of :data:`FRACTIONS` of the kinematic edge."""
    experiment = load(name)
    ratios, shifts = [0.0], [0.0]
    for flavour in set(experiment.states) & {"e", "mu", "tau"}:
        coupling = f"mu_{flavour}"
        masses = [fraction * experiment.maximum_mass(coupling) for fraction in FRACTIONS]
        limit = limits.upper_limit(experiment, coupling, masses)
        magnetic = limit * experiment.dipole(flavour, masses).sum(axis=-1)
        ratios.extend(mixing * np.abs(experiment.interference(flavour, masses)).sum(axis=-1) / magnetic)
        for sign in (1, -1):
            mixed = replace(experiment, mixing=sign * mixing)
            shifts.extend(np.abs(limits.upper_limit(mixed, coupling, masses) / limit - 1))
    return _Interference(experiment.title, float(max(ratios)), float(max(shifts)))


def only_interference(claim: Claim) -> Outcome:
    """Interference in every experiment of the paper, for the mixing that it has in mind.

    An experiment counts if both the interference over the magnetic events and the shift of the limit exceed the
    tolerance.
    """
    found = {name: _interference(name) for name in PAPER}
    loud = {name for name, one in found.items() if min(one.ratio, one.shift) > claim.tolerance}
    text = ", ".join(f"{one.title} {_percent(one.ratio)} ({_percent(one.shift)})" for one in found.values())
    return Outcome(
        bool(loud) and loud <= set(XENON),
        rf"for $\vert U_{{\alpha4}}\vert^2=0.1$ and $m_4$ of {_FRACTIONS} of each edge, interference over magnetic "
        f"events at the limit (and how far it moves the limit), in per cent: {text}; both above "
        f"{100 * claim.tolerance:g} % in {len(loud)} of {len(found)}, {len(loud - set(XENON))} of them not xenon "
        "at a chromium source",
    )


def tiny_interference(claim: Claim) -> Outcome:
    """How far the interference moves a limit at most, for the mixing that the paper calls large."""
    found = [_interference(name) for name in PAPER]
    loud = [one for one in found if one.shift > claim.tolerance]
    worst = max(found, key=lambda one: one.shift)
    return Outcome(
        not loud,
        rf"for $\vert U_{{\alpha4}}\vert^2=0.1$ and $m_4$ of {_FRACTIONS} of each edge it moves the limit by up to "
        f"{_percent(worst.shift)} % ({worst.title}), by more than {100 * claim.tolerance:g} % in {len(loud)} of "
        f"{len(found)} experiments",
    )


def low_energies(claim: Claim) -> Outcome:
    """How far the interference moves limits at a chromium source, a reactor and a spallation source, like for like."""
    kinds = {"nuclei": (NUCLEI, PI_DAR), "electrons": (XENON, REACTOR)}
    # most favourable to the claim: the best set-up with chromium against the best one without
    best = {
        kind: tuple(max(_interference(name).shift for name in group) for group in groups)
        for kind, groups in kinds.items()
    }
    text = "; ".join(
        f"on {kind} limits move by up to {_percent(chromium)} % with chromium, {_percent(other)} % at a {source}"
        for (kind, (chromium, other)), source in zip(best.items(), ("pi-DAR source", "reactor"), strict=True)
    )
    ordered = all(chromium > other for chromium, other in best.values())
    negligible = all(other <= claim.tolerance for _, other in best.values())
    return Outcome(
        ordered and negligible,
        text,
        corrected=ordered,
        correction="" if negligible or not ordered else "less sensitive like for like, but not negligible",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g}"
