"""Section 4: the region of the XENON1T excess."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ... import limits
from ..context import HEAVY, LIGHT, Context
from ..model import Claim
from ..outcomes import Outcome, number
from .setups import sun

READINGS = {
    (True, "signal"): "from the global minimum, $a_1$ on the signal",
    (True, "all"): "from the global minimum, $a_1$ on everything",
    (False, "signal"): "at each mass, $a_1$ on the signal",
    (False, "all"): "at each mass, $a_1$ on everything",
}
"""What the paper does not print: where Delta chi2 is counted from, and what the pull a_1 scales."""


def extent(context: Context, joint: bool, scales: str, binding: str = "xraydb") -> NDArray[np.float64]:
    """Smallest moment at light masses, largest moment at any (mu_B), and largest mass (MeV) of the light region."""
    region = context.region("mu_mu", joint, scales, binding).between(0, HEAVY)
    # the island of heavier masses, if the region has one, begins after a gap
    gap = np.flatnonzero(np.diff(region.m_4) > 0.02)
    inside = slice(0, int(gap[0]) + 1) if len(gap) else slice(None)
    return np.array([region.low[0], region.high[inside].max(), region.m_4[inside][-1]])


def _told(values: NDArray[np.float64]) -> str:
    low, high, end = values
    return rf"${1e11 * low:.2f}$ to ${1e11 * high:.2f}\cdot10^{{-11}}\mu_B$, {1e3 * end:.0f} keV"


def _off(values: NDArray[np.float64], claim: Claim) -> NDArray[np.float64]:
    """How far each number lies outside the interval that rounds to what is printed, relative to its end."""
    low, high, end = claim.values
    half = np.array([0.5e-11, 0.5e-11, 0.005])
    printed = np.array([low, high, end])
    below, above = (printed - half) / values - 1, values / (printed + half) - 1
    outside: NDArray[np.float64] = np.maximum(0.0, np.maximum(below, above))
    return outside


def region(claim: Claim, context: Context) -> Outcome:
    """The three numbers of the region together, under each reading."""
    found = {reading: extent(context, *reading) for reading in READINGS}
    off = {reading: float(_off(values, claim).max()) for reading, values in found.items()}
    best = min(off, key=off.__getitem__)
    return Outcome(
        off[best] <= claim.tolerance,
        f"{_told(found[best])} (counted {READINGS[best]}): within {100 * off[best]:.0f} % of what rounds to the "
        "printed "
        "numbers.",
        "The paper does not print the reading. The others: "
        + "; ".join(f"{_told(found[one])} ({READINGS[one]})" for one in READINGS if one != best)
        + ". Two degrees of freedom from the global minimum, one at each mass.",
    )


def difference(context: Context) -> Outcome:
    """How far the steps move the region, and how far it is from that of Ref. [24], which has no steps."""
    published = _brdar(context)
    with_steps, without = (extent(context, True, "signal", binding) for binding in ("xraydb", "free"))
    moved, off = with_steps / without - 1, with_steps / published - 1
    if np.any(moved * off < 0):
        return Outcome(False, "The steps move the region away from that of Ref. [24].")

    def shares(parts: NDArray[np.float64]) -> str:
        return ", ".join(f"{100 * part:+.0f} %" for part in parts)

    return Outcome(
        None,
        f"The steps move the lower edge by {100 * moved[0]:+.0f} %; that of the outer contour of Ref. [24] is "
        f"{1 / (1 + off[0]):.1f} times higher than ours.",
        f"Lower edge, upper edge and end: the steps move them by {shares(moved)}, our region is {shares(off)} off "
        "theirs. "
        "Counted from the global minimum, $a_1$ on the signal.",
        settles="the confidence levels of the contours of Ref. [24]",
    )


def _brdar(context: Context) -> NDArray[np.float64]:
    """Lower edge, upper edge (mu_B) and end (MeV) of the outer contour of Ref. [24]."""
    curve = context.table("limits/curves/xenon1t_excess_mu_outer_brdar")
    light = curve["mu"][curve["m_4"] < 0.03]
    return np.array([light.min(), light.max(), curve["m_4"].max()])


def brdar(claim: Claim, context: Context) -> Outcome:
    """Lower edge, upper edge and end of the region against the outer contour of Ref. [24], under each reading."""
    published = _brdar(context)
    off = {}
    for reading in READINGS:
        low, _, end = extent(context, *reading)
        high = context.region("mu_mu", *reading).high[0]
        off[reading] = np.array([low, high, end]) / published - 1
    agree = {reading: bool(np.all(np.abs(parts) <= claim.tolerance)) for reading, parts in off.items()}
    details = "; ".join(
        f"{', '.join(f'{100 * part:+.0f} %' for part in parts)} ({READINGS[reading]})" for reading, parts in off.items()
    )
    found = (
        f"Our lower edge lies {100 * min(parts[0] for parts in off.values()):+.0f} to "
        f"{100 * max(parts[0] for parts in off.values()):+.0f} % off that of its outer contour, depending on what is "
        "not printed."
    )
    if len(set(agree.values())) == 1:
        return Outcome(all(agree.values()), found, details)
    return Outcome(
        None, found, f"Two edges and the end: {details}.", settles="the levels of the contours and the convention"
    )


def electron_flavour(context: Context) -> Outcome:
    """Best moments of nu_e and nu_mu, and how many of each arrive."""
    experiment = context.experiment("xenon1t")
    best = {name: float(limits.best_fit(experiment, name, LIGHT).value) for name in ("mu_e", "mu_mu")}
    arriving = {name: float(sun()[f"nu_{name}"].moments(np.asarray(0.05))[0]) for name in ("e", "mu")}
    ratio, root = best["mu_mu"] / best["mu_e"], (arriving["e"] / arriving["mu"]) ** 0.5
    return Outcome(
        ratio > 1 and abs(ratio / root - 1) < 0.05,
        rf"The best $\mu_{{\nu_\mu}}$ is {number(ratio, digits=3)} times the best $\mu_{{\nu_e}}$; the root of the "
        "ratio "
        f"of the fluxes is {number(root, digits=3)}.",
    )
