"""Section 4: Figs. 3 and 4 as a whole, and the comparison with others."""

from __future__ import annotations

import numpy as np

from ... import limits, moments, published
from ...couplings import Mixing, Transition
from ...regions import LIGHT as LIGHTEST
from ...units import keV
from ..context import LIGHT, Context
from ..model import Claim
from ..outcomes import Outcome, listed, number
from .setups import BEAM, NUCLEI, TRANSITION, XENON

SYMBOLS = {
    "mu_e": r"$\mu_{\nu_e}$",
    "mu_mu": r"$\mu_{\nu_\mu}$",
    "lambda_14": r"$\tilde\lambda_{14}$",
    "lambda_24": r"$\tilde\lambda_{24}$",
    "lambda_34": r"$\tilde\lambda_{34}$",
}
CURVES = "the curves of the figure as numbers"


def effective(context: Context) -> Outcome:
    """Fig. 3: what we compute for a light state."""
    found = {name: context.limit(name, "mu_mu") for name in BEAM}
    found |= {name: context.limit(name, "mu_e") for name in (NUCLEI[1], XENON[2])}
    texts = [f"{context.experiment(name).title} {number(value)}" for name, value in found.items()]
    return Outcome(
        None,
        rf"We compute for a light state, in $\mu_B$: {', '.join(texts)}.",
        rf"On $\mu_{{\nu_\mu}}$ with a beam of pions, on $\mu_{{\nu_e}}$ with chromium; TEXONO (surrogate) "
        f"{number(context.limit('texono', 'mu_e'))}.",
        settles=CURVES,
    )


def transition(context: Context) -> Outcome:
    """Fig. 4: what we compute for a light state, at the best-fit Dirac phase."""
    texts = []
    for name in ("coherent-csi", NUCLEI[1], XENON[2]):
        values = ", ".join(number(context.limit(name, coupling)) for coupling in TRANSITION)
        texts.append(f"{context.experiment(name).title} {values}")
    delta = float(np.asarray(Mixing().phases["delta"]))
    return Outcome(
        None,
        r"We compute for a light state, in $\mu_B$ for $\tilde\lambda_{14}$, $\tilde\lambda_{24}$, "
        rf"$\tilde\lambda_{{34}}$: {'; '.join(texts)}.",
        rf"With the best-fit $\delta={delta / np.pi:.2f}\pi$; the paper prints no $\delta$.",
        settles=CURVES,
    )


def cenns_limit(context: Context) -> Outcome:
    """What we compute under our own assumptions; the backgrounds that the paper uses are not available."""
    limit = context.limit("cenns-750", "mu_mu")
    return Outcome(
        None,
        f"We compute {number(limit)} $\\mu_B$ for a light state under our assumptions.",
        settles="the curve as numbers and the backgrounds of its Ref. [29]",
    )


def one_moment(context: Context) -> Outcome:
    """Which phases are left where only one lambda_i4 differs from zero: none of the moments, but the Dirac phase."""
    angles, best = Mixing().angles, float(np.asarray(Mixing().phases["delta"]))
    csi = context.experiment("coherent-csi")
    weights, limit = {}, {}
    for delta in (0.0, best):
        weights[delta] = moments.short_baseline_weights("mu", angles, {"delta": delta})
        for coupling in TRANSITION[:2]:
            alone = Transition(coupling.removeprefix("lambda_"), mixing=Mixing(phases={"delta": delta}))
            limit[delta, coupling] = float(limits.upper_limit(csi, alone, LIGHT))
    without, with_phase = (float(weights[delta][0]) for delta in weights)
    matters = abs(without / with_phase - 1) > 0.1
    text = "; ".join(
        rf"{SYMBOLS[coupling]} {number(limit[0.0, coupling], digits=3)} and "
        f"{number(limit[best, coupling], digits=3)}"
        for coupling in TRANSITION[:2]
    )
    return Outcome(
        not matters,
        rf"The phases of the moments drop out, $\delta$ does not: the weight of $|\tilde\lambda_{{14}}|^2$ in Eq. (10) "
        rf"is {without:.3f} for $\delta=0$ and {with_phase:.3f} for the best fit of ${best / np.pi:.2f}\pi$.",
        rf"Limits of CsI on a light state for the two phases, in $\mu_B$: {text}; their order swaps.",
        correction=r"the phases of the moments may be neglected; the value of $\delta$ has to be said"
        if matters
        else "",
    )


def same_behaviour(context: Context) -> Outcome:
    """Order of the light limits of the chromium set-ups, and of COHERENT, in both kinds of couplings."""
    same = True
    for coupling, names in (("mu_e", (*NUCLEI, *XENON)), ("mu_mu", BEAM)):
        order = sorted(names, key=lambda name: context.limit(name, coupling))
        for other in TRANSITION:
            same = same and order == sorted(names, key=lambda name: context.limit(name, other))
            same = same and all(np.isclose(context.edge(n, coupling), context.edge(n, other)) for n in names)
    return Outcome(
        bool(same),
        "Within each beam the order of the limits and all kinematic edges are the same in both figures.",
        "Between beams they are not rigid: a transition moment is seen by all flavours of a beam.",
    )


def only_lambda(context: Context) -> Outcome:
    """In which parameters an explanation of the excess can be tested with a source of electron neutrinos."""
    name = "cr51-lxe-c"
    explains = {c: context.interval("xenon1t", c, LIGHT)[0] > 0 for c in ("mu_mu", "mu_tau", *TRANSITION)}
    tested = {c: bool(np.isfinite(context.limit(name, c))) for c in explains}
    foreign = [c for c in ("mu_mu", "mu_tau") if explains[c] and not tested[c]]
    common = [c for c in TRANSITION if explains[c] and tested[c]]
    return Outcome(
        len(foreign) == 2 and len(common) == 3,
        r"A moment of $\nu_\mu$ or $\nu_\tau$ alone explains the excess and leaves a chromium source silent; each "
        r"$\tilde\lambda_{i4}$ does both.",
    )


def combined(claim: Claim, context: Context) -> Outcome:
    """One transition moment with all flavours of a beam, against each flavour alone; and two experiments together."""
    gains = []
    for k, coupling in enumerate(TRANSITION):
        together = context.limit("coherent-csi", coupling)
        for flavour in ("e", "mu"):
            weight = float(moments.short_baseline_weights(flavour, Mixing().angles, Mixing().phases)[k])
            alone = context.limit("coherent-csi", f"mu_{flavour}") / weight**0.5
            gains.append(alone / together)
    joint = limits.combine([context.experiment("coherent-csi"), context.experiment("xenon1t")])
    worst = 0.0
    for coupling in TRANSITION:
        best = context.limit("xenon1t", coupling)
        worst = max(worst, float(limits.upper_limit(joint, coupling, LIGHT)) / best - 1)
    return Outcome(
        min(gains) > 1 and worst <= claim.tolerance,
        f"All flavours of CsI together bound each moment {min(gains):.2f} to {max(gains):.2f} times better than one "
        "flavour alone; with XENON1T no limit gets worse.",
    )


def xenon_test(context: Context) -> Outcome:
    """Part of the electron region that each configuration of liquid xenon excludes."""
    margins = [context.coverage(name, "mu_e").margin for name in XENON]
    text = listed([f"{margin:.1f}" for margin in margins])
    return Outcome(
        min(margins) > 1,
        rf"All of the $\mu_{{\nu_e}}$ region: its lower edge is {text} times the limits of A, B and C where they come "
        "closest.",
    )


def no_overlap(context: Context) -> Outcome:
    """Largest masses of the chromium set-ups against the smallest of the curves of SHiP and DUNE."""
    starts = [float(c.m_4.min()) for c in published.curves("e") if c.kind == "projection"]
    edge = max(context.edge(name, "mu_e") for name in (*NUCLEI, *XENON))
    found = (
        f"The curves of SHiP and DUNE begin at {min(starts):.2g} MeV, the axis of their figures; chromium ends at "
        f"{edge / keV:.0f} keV."
    )
    if edge < min(starts):
        return Outcome(None, found, settles="the sensitivities of SHiP and DUNE below 1 MeV")
    return Outcome(False, found)


NAMED = ("miniboone", "nomad", "icecube", "borexino", "dune")
"""The experiments that the paper names for muon flavour."""


def complementary(context: Context) -> Outcome:
    """Where the other experiments are lower than COHERENT, and where they are not."""
    csi = context.experiment("coherent-csi")
    m_4 = limits.masses(csi, "mu_mu", LIGHTEST, 60)
    ours = context.curve("coherent-csi", "mu_mu", tuple(m_4.tolist()))
    edge = context.edge("coherent-csi", "mu_mu")
    texts, apart = [], True
    for curve in published.curves("mu"):
        if not curve.name.startswith(NAMED):
            continue
        level = published.level(curve, m_4)
        better = bool(np.any(ours < np.where(np.isnan(level), np.inf, level)))
        elsewhere = float(curve.m_4.max()) > edge or bool(np.any(level < ours))
        apart = apart and better and elsewhere
        texts.append(f"{curve.label} {curve.m_4.min():.2g} to {curve.m_4.max():.2g} MeV")
    return Outcome(
        apart,
        "Each of the other experiments bounds masses or moments that COHERENT does not, and the other way round.",
        f"Curves drawn for {', '.join(texts)}. Ref. [64], given for MiniBooNE, is an oscillation search that prints no "
        "limit on a moment; DUNE and IceCube are projections.",
    )
