"""Section 4: the XENON1T excess."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ... import limits, units
from ...data import table
from ..ledger import Claim, Outcome, find
from .common import load
from .section_3_1 import REGION, lost, removed

MASSES = np.concatenate([np.geomspace(1e-3, 0.1, 20, endpoint=False), np.linspace(0.1, 0.3, 41)])
"""Masses (MeV) of the light region."""

PLACES = ("signal", "all")
"""What the pull a_1 may scale; the paper does not print it."""


@dataclass(frozen=True)
class Region:
    """A region that begins at light masses.

    Attributes
    ----------
    low, high : float
        smallest and largest coupling (mu_B) at the lightest mass
    largest : float
        largest coupling (mu_B) at any mass of the region
    end : float
        largest mass (MeV)
    """

    low: float
    high: float
    largest: float
    end: float


@cache
def region(
    coupling: str = "mu_mu", joint: bool = False, confidence: float = 0.90, dof: int | None = None, **options
) -> Region:
    """Region of a coupling and light masses under one convention.

    Parameters
    ----------
    coupling : str
        which
    joint : bool
        count from the global minimum over coupling and mass (default: from the minimum at each mass)
    confidence, dof : float, int
        of the chi-square difference; one degree of freedom at each mass and two jointly if not given
    **options
        of the experiment
    """
    experiment = load("xenon1t", **options)
    if set(options) == {"efficiency_scales"}:
        # where a pull acts changes no counts: the same channels remember them
        experiment = replace(experiment, channels=load("xenon1t").channels)
    if dof is None:
        dof = 2 if joint else 1
    if joint:
        found = limits.contour(experiment, coupling, MASSES, confidence=confidence, dof=dof)
        spans = found.spans
    else:
        spans = limits.excess(experiment, coupling, MASSES, confidence=confidence, dof=dof)
    if not spans or spans[0][0] > MASSES[0]:
        raise ValueError(f"no region of {coupling} begins at light masses")
    end = spans[0][1]
    inside = end > MASSES
    if joint:
        low, high = found.low[inside], found.high[inside]
    else:
        # towards its end each interval opens down to zero: the lower end of the region is that of the light masses
        masses = np.append(MASSES[inside], end)
        low, high = limits.interval(experiment, coupling, masses, confidence=confidence, dof=dof)
    return Region(float(low[0]), float(high[0]), float(high.max()), float(end))


def _open() -> dict[str, Region]:
    """The region of nu_mu under each choice that the paper leaves open, at the 90 % that it prints."""
    return {
        f"{'from the global minimum' if joint else 'at each mass'}, $a_1$ on "
        f"{'the signal' if place == 'signal' else 'signal and background'}": region(
            joint=joint, efficiency_scales=place
        )
        for place in PLACES
        for joint in (False, True)
    }


def _verdict(agrees: dict[str, bool]) -> bool | None:
    """Yes or no where all open choices say the same, otherwise None."""
    return None if len(set(agrees.values())) > 1 else all(agrees.values())


RANGE = {"sec-4-xenon-low": "low", "sec-4-xenon-high": "largest", "sec-4-xenon-mass": "end"}
"""The three numbers that the paper prints for one region, and what they are here."""


def _agrees(claim: Claim) -> dict[str, bool]:
    """Whether a number of :data:`RANGE` agrees under each open choice."""
    values = {name: getattr(found, RANGE[claim.id]) for name, found in _open().items()}
    return {name: bool(abs(value / claim.value - 1) <= claim.tolerance) for name, value in values.items()}


def _against(claim: Claim, unit: str, scale: float) -> Outcome:
    """One of three numbers that belong to one region: every row is judged under the same choices."""
    agrees = _agrees(claim)
    found = {name: scale * getattr(r, RANGE[claim.id]) for name, r in _open().items()}
    text = "; ".join(f"{found[name]:.3g}{unit} {name}{' (agrees)' * agrees[name]}" for name in found)
    every = [_agrees(find(name)) for name in RANGE]
    together = [name for name in found if all(one[name] for one in every)]
    text += f"; all three numbers of the region: {', '.join(together) if together else 'under none of these'}"
    holds = _verdict(agrees)
    if holds is None:
        text += "; the minimum, the degrees of freedom and the place of $a_1$, none of them printed, would settle it"
    return Outcome(holds, text)


def region_low(claim: Claim) -> Outcome:
    """Lower end of the region for nu_mu."""
    return _against(claim, r"$\cdot10^{-11}\mu_B$", 1e11)


def region_high(claim: Claim) -> Outcome:
    """Upper end of the region for nu_mu."""
    return _against(claim, r"$\cdot10^{-11}\mu_B$", 1e11)


def region_mass(claim: Claim) -> Outcome:
    """Largest mass of the region for nu_mu."""
    return _against(claim, " keV", 1e3)


def washed_out(claim: Claim) -> Outcome:
    """How much of what the steps take passes the efficiency; and what is left of it from 1 to 7 keV."""
    without, seen, survives = removed(0.1 * units.keV)
    inside, inside_without = lost(REGION), lost(REGION, efficiency_at="none")
    return Outcome(
        survives < 0.5,
        f"above 0.1 keV the steps take {100 * without:.1f} % of the recoils without the efficiency, {100 * seen:.1f} % "
        f"with it, and {100 * survives:.0f} % of the removed events would have passed it; in the bins from 1 to 7 keV "
        f"the efficiency hides little: {100 * inside_without:.1f} % without, {100 * inside:.1f} % with it",
    )


def spectrum(claim: Claim) -> Outcome:
    """Fig. 1, top left: what we compute; the drawn histograms are not available as numbers."""
    experiment = load("xenon1t")
    signal = (6e-11) ** 2 * experiment.dipole("mu", 0.01)
    peak = experiment.axes[0].edges[int(np.argmax(signal))]
    return Outcome(
        None,
        f"{signal[REGION].sum():.1f} dipole events from 1 to 7 keV, {signal.sum():.1f} in all, peak in the bin from "
        f"{peak:g} keV; the histograms of the figure as numbers would settle it",
    )


def electron_flavour(claim: Claim) -> Outcome:
    """Best moments of nu_e and nu_mu, and how many of each arrive."""
    experiment = load("xenon1t")
    best = {name: float(limits.best_fit(experiment, name, 0.01).value) for name in ("mu_e", "mu_mu")}
    (channel,) = experiment.channels
    number = {name: float(channel.fluxes[f"nu_{name}"].moments(0.05)[0]) for name in ("e", "mu")}
    ratio, root = best["mu_mu"] / best["mu_e"], (number["e"] / number["mu"]) ** 0.5
    text = rf"$\mu_{{\nu_\mu}}/\mu_{{\nu_e}}={ratio:.2f}$ at the best fit, root of the ratio of the fluxes {root:.2f}"
    return Outcome(ratio > 1 and abs(ratio / root - 1) < 0.05, text)


def brdar(claim: Claim) -> Outcome:
    """Lower edge, upper edge and end of the region against the outer contour of Ref. [24]."""
    curve = table("limits/curves/xenon1t_excess_mu_outer_brdar")
    light = curve["mu"][curve["m_4"] < 0.03]
    published = np.array([light.min(), light.max(), curve["m_4"].max()])
    changes = {name: np.array([r.low, r.high, r.end]) / published - 1 for name, r in _open().items()}
    agrees = {name: bool(np.all(np.abs(change) <= claim.tolerance)) for name, change in changes.items()}
    low, high, end = published * np.array([1e11, 1e11, 1e3])
    text = (
        rf"outer ring of Ref. [24]: ${low:.2f}$ to ${high:.2f}\cdot10^{{-11}}\mu_B$ for light masses, "
        f"end {end:.0f} keV; our two edges and end relative to it: "
    )
    text += "; ".join(
        f"{', '.join(f'{100 * part:+.0f} %' for part in change)} {name}{' (agrees)' * agrees[name]}"
        for name, change in changes.items()
    )
    holds = _verdict(agrees)
    return Outcome(holds, text + ("; the levels of the rings and the convention would settle it" * (holds is None)))
