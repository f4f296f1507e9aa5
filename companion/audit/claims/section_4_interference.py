"""Sections 2.3, 4 and 5: how much the interference matters in the set-ups of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ... import limits
from ...couplings import Effective
from ..context import Context, shared
from ..model import Claim, find
from ..outcomes import Outcome, listed, percent
from .setups import BEAM, FLAVOURS, NUCLEI, REACTOR, XENON

FRACTIONS = (0.2, 0.5)
"""Sterile masses at which interference is judged, over the kinematic edge of each experiment."""


@dataclass(frozen=True)
class Interference:
    """What interference does to one experiment, the worst of all flavours, signs and masses.

    Attributes
    ----------
    title : str
        of the experiment
    ratio : float
        interference over magnetic events at the limit, its own counted by size bin by bin
    shift : float
        relative change of the limit
    surrogate : bool
        whether the data are a surrogate
    """

    title: str
    ratio: float
    shift: float
    surrogate: bool


@cache
def interference(name: str, squared_sine: float, context: Context | None = None) -> Interference:
    """Interference for every flavour in the beam, at masses of :data:`FRACTIONS` of the kinematic edge."""
    experiment = (context or shared()).experiment(name)
    mixing = squared_sine**0.5
    ratios, shifts = [], []
    for flavour in sorted(set(experiment.states) & {"e", "mu", "tau"}):
        alone = Effective(flavour)
        masses = np.array(FRACTIONS) * experiment.maximum_mass(alone)
        limit = limits.upper_limit(experiment, alone, masses)
        mixed = mixing * np.abs(experiment.interference(flavour, masses)).sum(axis=1)
        ratios.append(mixed / (limit * experiment.dipole(flavour, masses).sum(axis=1)))
        for sign in (1, -1):
            moved = limits.upper_limit(experiment, Effective(flavour, interference=sign * mixing), masses)
            shifts.append(np.abs(moved / limit - 1))
    return Interference(experiment.title, float(np.max(ratios)), float(np.max(shifts)), experiment.surrogate)


def only_xenon(claim: Claim, context: Context) -> Outcome:
    """In which experiments of the paper the interference matters, for the mixing that it has in mind.

    An experiment counts if both the interference over the magnetic events and the shift of the limit exceed the
    tolerance.
    """
    found = {name: interference(name, claim.value, context) for name in FLAVOURS}
    affected = {name for name, one in found.items() if min(one.ratio, one.shift) > claim.tolerance}
    largest = sorted(affected, key=lambda name: found[name].shift, reverse=True)
    small = {name: interference(name, claim.value / 10, context) for name in largest[:2]}
    text = listed([f"{found[name].title} {percent(found[name].shift)}" for name in largest[:3]])
    return Outcome(
        bool(affected) and affected <= set(XENON),
        rf"At $|U_{{\alpha4}}|^2={claim.value:g}$ the limit moves by more than {100 * claim.tolerance:g} % in "
        f"{len(affected)} of {len(FLAVOURS)} set-ups: {text} are the largest shifts.",
        "Shift of the limit, and the interference over the magnetic events at the limit: "
        + "; ".join(f"{one.title} {percent(one.shift)}, {percent(one.ratio)}" for one in found.values())
        + rf". At {claim.value / 10:g} the shifts are "
        + f"{listed([f'{percent(small[name].shift)} ({found[name].title})' for name in small])}. Masses of 0.2 "
        "and 0.5 of each kinematic edge, both signs. XENON1T is left out: solar neutrinos arrive as incoherent mass "
        "eigenstates, without one mixing factor of a flavour.",
    )


def tiny(claim: Claim, context: Context) -> Outcome:
    """How far the interference moves a limit at most, for the mixing that the paper names."""
    found = [interference(name, claim.value, context) for name in FLAVOURS if name not in REACTOR]
    worst = max(found, key=lambda one: one.shift)
    affected = [one for one in found if one.shift > claim.tolerance]
    return Outcome(
        not affected,
        f"At {claim.value:g} it moves limits by up to {percent(worst.shift)} ({worst.title}), by more than a tenth in "
        f"{len(affected)} of {len(found)} set-ups.",
        "All set-ups but TEXONO, whose data are a surrogate, and XENON1T, where incoherent mass eigenstates arrive; "
        "masses of 0.2 and 0.5 of each kinematic edge.",
    )


def low_energies(claim: Claim, context: Context) -> Outcome:
    """How far the interference moves limits: electrons in xenon at a chromium source against the other sources.

    The next sentence of the paper sets nuclei at the source aside.
    """
    mixing = find("sec-2.3-tiny").value
    xenon = [interference(name, mixing, context) for name in XENON]
    others = [interference(name, mixing, context) for name in (*BEAM, *REACTOR)]
    nuclei = [interference(name, mixing, context) for name in NUCLEI]
    ours = max(xenon, key=lambda one: one.shift)
    beam = max(others, key=lambda one: one.shift)
    best = max(nuclei, key=lambda one: one.shift)
    holds = ours.shift > beam.shift and beam.shift <= claim.tolerance
    return Outcome(
        holds,
        f"At $|U_{{\\alpha4}}|^2={mixing:g}$ limits move by up to {percent(beam.shift)} at {beam.title} and by up to "
        f"{percent(ours.shift)} in xenon at a chromium source.",
        "Interference over magnetic events at the limit: "
        + listed([f"{one.title} {percent(one.ratio)}" for one in (*xenon, *others)])
        + f". With nuclei at a chromium source the limit moves by up to {percent(best.shift)} ({best.title}).",
    )
