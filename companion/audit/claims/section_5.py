"""The abstract and Section 5: what a chromium source says about the XENON1T excess.

Meant is the region of light masses, which all readings share.
"""

from __future__ import annotations

import numpy as np

from ..context import Context
from ..model import Claim
from ..outcomes import Outcome, listed
from .section_4_excess import READINGS
from .section_4_transition import SYMBOLS
from .setups import NUCLEI, TRANSITION, XENON

COUPLINGS = ("mu_e", *TRANSITION)
BRIDGE = (
    r"in effective moments only the $\nu_e$ region; a $\tilde\lambda_{i4}$ that makes the excess appears in both, and "
    "there the electrons of xenon exclude the whole region"
)

KINDS = {"electrons": XENON, "nuclei": NUCLEI}


def masses(claim: Claim, context: Context) -> Outcome:
    """Whether nuclei and electrons bound some moment at every mass from keV to MeV."""
    low, high = claim.values
    grid = tuple(np.geomspace(low, high, 5).tolist())
    nuclei = context.curve("coherent-csi", "mu_mu", grid)
    light, heavy = context.edge("xenon1t", "mu_e"), context.edge("coherent-csi", "mu_mu")
    below = tuple(m_4 for m_4 in grid if m_4 < light)
    electrons = context.curve("xenon1t", "mu_e", below)
    bounded = bool(np.all(np.isfinite(nuclei)) and np.all(np.isfinite(electrons)))
    return Outcome(
        bounded and light > 1 and heavy > high,
        f"Electrons in XENON1T bound a moment up to {light:.2f} MeV, nuclei at COHERENT up to {heavy:.1f} MeV.",
        "The mass itself shows only near these edges: a lighter state looks massless.",
    )


def _parts(context: Context, names: tuple[str, ...], coupling: str) -> dict[str, float]:
    """Part of the light region that each set-up excludes in one coupling, by title."""
    return {
        context.experiment(name).title.removeprefix("51Cr-"): context.coverage(name, coupling).part for name in names
    }


def _whole(context: Context, names: tuple[str, ...], coupling: str) -> bool:
    """Whether one of some set-ups excludes the whole region."""
    return any(context.coverage(name, coupling).margin > 1 for name in names)


def probe(claim: Claim, context: Context) -> Outcome:
    """Electrons in xenon, and nuclei, against the regions: the abstract says one or the other."""
    whole = {kind: all(_whole(context, names, c) for c in COUPLINGS) for kind, names in KINDS.items()}
    # under every reading, the weakest configuration of xenon and the strongest nuclei, in two couplings
    weakest, strongest = XENON[1], NUCLEI[1]
    readings: dict[str, list[float]] = {weakest: [], strongest: []}
    for name, found in readings.items():
        found += [context.coverage(name, c, *reading).part for c in ("mu_e", "lambda_14") for reading in READINGS]
    enough = {name: [part >= 1 - claim.tolerance for part in found] for name, found in readings.items()}
    able = {
        "electrons": whole["electrons"] and all(enough[weakest]),
        "nuclei": whole["nuclei"] and all(enough[strongest]),
    }
    texts = []
    for coupling in ("mu_e", "lambda_14"):
        parts = _parts(context, NUCLEI, coupling)
        best, worst = max(parts, key=parts.__getitem__), min(parts, key=parts.__getitem__)
        texts.append(
            f"{100 * parts[best]:.0f} % ({best}) to {100 * parts[worst]:.0f} % ({worst}) in {SYMBOLS[coupling]}"
        )
    holds = all(able.values())
    return Outcome(
        holds,
        r"Electrons in xenon exclude the whole region, in $\mu_{\nu_e}$ and in each $\tilde\lambda_{i4}$. Nuclei "
        "exclude "
        f"a part: {listed(texts)}.",
        f"Under the four readings of the region {context.experiment(weakest).title} excludes "
        f"{100 * min(readings[weakest]):.1f} % or more and {context.experiment(strongest).title} "
        f"{100 * min(readings[strongest]):.0f} to {100 * max(readings[strongest]):.0f} %.",
        correction=r"E$\nu$ES can; CE$\nu$NS excludes a part of it" if able["electrons"] and not holds else "",
    )


def muon(context: Context) -> Outcome:
    """A source of electron neutrinos against a moment of muon neutrinos; and against the others."""
    silent = not any(np.isfinite(context.limit(name, "mu_mu")) for name in (*NUCLEI, *XENON))
    margins = [context.coverage(name, "mu_e").margin for name in XENON]
    bridged = min(margins) > 1 and all(context.coverage(XENON[2], c).margin > 1 for c in TRANSITION)
    return Outcome(
        not silent,
        r"The source makes no $\nu_\mu$ and excludes nothing of the $\nu_\mu$ region; of the $\nu_e$ region xenon "
        f"excludes all, with a margin of {min(margins):.1f}.",
        correction=BRIDGE if bridged and silent else "",
    )


def transition(context: Context) -> Outcome:
    """Each transition moment: whether nuclei and electrons exclude the whole region."""
    able = [kind for kind, names in KINDS.items() if all(_whole(context, names, c) for c in TRANSITION)]
    parts = {c: _parts(context, NUCLEI, c) for c in TRANSITION}
    text = listed([f"{100 * max(parts[c].values()):.0f} % ({SYMBOLS[c]})" for c in TRANSITION])
    holds = len(able) == len(KINDS)
    return Outcome(
        holds,
        f"Electrons in xenon exclude all of it; the best nuclei {text}.",
        correction=f"true of {listed(able)}" if able and not holds else "",
    )
