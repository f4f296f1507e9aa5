"""Section 4: Figs. 3 and 4 as a whole."""

from __future__ import annotations

import numpy as np

from ... import experiments, limits, published, results
from ...units import keV
from ..ledger import Claim, Outcome

TRANSITION = ("lambda_14", "lambda_24", "lambda_34")
ELECTRON = ("texono", *results.NUCLEI, *results.ELECTRONS)


def _light(name: str, coupling: str) -> float:
    return float(limits.upper_limit(experiments.load(name), coupling, results.LIGHT))


def effective(claim: Claim) -> Outcome:
    """Fig. 3: what we compute for a light state."""
    found = {name: _light(name, "mu_mu") for name in ("coherent-csi", "coherent-lar", "cenns-750")}
    found |= {name: _light(name, "mu_e") for name in ("texono", "cr51-cevns-ge", "cr51-lxe-c")}
    text = ", ".join(f"{experiments.load(name).title} {value:.2g}" for name, value in found.items())
    return Outcome(None, rf"in $\mu_B$ for a light state: {text}; the drawn curves as numbers would settle it")


def transition(claim: Claim) -> Outcome:
    """Fig. 4: what we compute for a light state."""
    text = "; ".join(
        f"{experiments.load(name).title} " + ", ".join(f"{_light(name, coupling):.2g}" for coupling in TRANSITION)
        for name in ("coherent-csi", "texono", "cr51-cevns-ge", "cr51-lxe-c")
    )
    return Outcome(
        None,
        r"$|\tilde\lambda_{14}|$, $|\tilde\lambda_{24}|$, $|\tilde\lambda_{34}|$ in $\mu_B$ for a light state: "
        f"{text}; the drawn curves as numbers would settle it",
    )


def lowest(name: str, coupling: str) -> tuple[tuple[float, float], ...]:
    """Spans of masses (MeV) at which an experiment has the lowest of all current limits of laboratories.

    The others are XENON1T as in this book and the current curves of :mod:`companion.published`.
    """
    experiment = experiments.load(name)
    m_4 = limits.masses(experiment, coupling, results.LIGHT, 100)
    others = [published.level(c, m_4) for c in published.curves(coupling.removeprefix("mu_")) if _current(c)]
    others.append(limits.upper_limit(experiments.load("xenon1t"), coupling, m_4))
    margin = np.fmin.reduce(others, axis=0) / limits.upper_limit(experiment, coupling, m_4)
    return results.spans(m_4, np.log(margin))


def _current(curve) -> bool:
    return curve.notes["kind"] == "current"


def coherent_new(claim: Claim) -> Outcome:
    """Where COHERENT-CsI has the lowest current limit on the muon flavour."""
    found = lowest("coherent-csi", "mu_mu")
    edge = experiments.load("coherent-csi").maximum_mass("mu_mu")
    text = " and ".join(f"{low:.2g} to {high:.2g} MeV" for low, high in found)
    return Outcome(
        bool(found) and found[0][0] > results.LIGHT and found[-1][1] < edge,
        f"lowest of all current curves from {text}, and others below it at lighter and at heavier masses (90 % C.L., "
        "but MiniBooNE's is 95 %, and that of NOMAD is not printed)",
    )


def no_overlap(claim: Claim) -> Outcome:
    """Largest masses of the set-ups with electron neutrinos against the smallest of the curves of others."""
    others = [c for c in published.curves("e") if c.notes["kind"] == "projection"]
    start = min(float(c["m_4"].min()) for c in others)
    edges = {name: experiments.load(name).maximum_mass("mu_e") for name in ELECTRON}
    chromium = max(edge for name, edge in edges.items() if name.startswith("cr51"))
    return Outcome(
        chromium < start,
        f"the curves of SHiP and DUNE begin at {start:.2g} MeV, where their figure does; the chromium set-ups end at "
        f"{chromium / keV:.0f} keV (TEXONO, of which the sentence does not speak, at {edges['texono']:.2f} MeV)",
    )


def xenon_test(claim: Claim) -> Outcome:
    """Part of the electron region that each configuration of liquid xenon excludes."""
    found = [results.part_covered(name, "mu_e") for name in results.ELECTRONS]
    return Outcome(
        all(one.margin > 1 for one in found),
        f"all of the region, counted from the global minimum, with its lower edge {found[0].margin:.1f}, "
        f"{found[1].margin:.1f} and {found[2].margin:.1f} times the limits of A, B and C where they come closest",
    )


def only_lambda(claim: Claim) -> Outcome:
    """What the best electron-neutrino source excludes of each region."""
    name = "cr51-lxe-c"
    parts = {coupling: results.part_covered(name, coupling).part for coupling in ("mu_mu", *TRANSITION)}
    muon = parts.pop("mu_mu")
    shares = ", ".join(f"{100 * part:.0f} %" for part in parts.values())
    return Outcome(
        muon == 0 and min(parts.values()) > 0,
        rf"$^{{51}}$Cr-LXe C excludes {100 * muon:.0f} % of the $\mu_{{\nu_\mu}}$ region, for it has no $\nu_\mu$; of "
        rf"those in $\tilde\lambda_{{14}}$, $\tilde\lambda_{{24}}$, $\tilde\lambda_{{34}}$ {shares}",
    )


def same_behaviour(claim: Claim) -> Outcome:
    """Order of the light limits of set-ups with electron neutrinos, and of COHERENT, in both kinds of couplings."""
    groups = {"mu_e": ELECTRON, "mu_mu": ("coherent-csi", "coherent-lar", "cenns-750")}
    same = True
    for coupling, names in groups.items():
        order = sorted(names, key=lambda name: _light(name, coupling))
        for other in TRANSITION:
            same &= order == sorted(names, key=lambda name: _light(name, other))
            same &= all(
                np.isclose(experiments.load(n).maximum_mass(coupling), experiments.load(n).maximum_mass(other))
                for n in names
            )
    gap = {c: _light("texono", c) / _light("coherent-csi", c) for c in TRANSITION}
    text = ", ".join(f"{1 / ratio:.1f}" for ratio in gap.values())
    return Outcome(
        bool(same),
        "the order within each beam and all edges are the same; between beams they are not rigid: TEXONO is better "
        f"than COHERENT-CsI by factors of {text} in "
        r"$\tilde\lambda_{14}$, $\tilde\lambda_{24}$, $\tilde\lambda_{34}$",
    )


def combined(claim: Claim) -> Outcome:
    """The Sun, a reactor and a beam of pions in one chi-square of one transition moment, against the sum of theirs."""
    parts = [experiments.load(name) for name in ("coherent-csi", "texono", "xenon1t")]
    joint = limits.combine(parts)
    worst = 0.0
    for coupling in TRANSITION:
        value = _light("xenon1t", coupling)
        apart = sum(float(part.chi2(coupling, value, results.LIGHT)) for part in parts)
        worst = max(worst, abs(float(joint.chi2(coupling, value, results.LIGHT)) / apart - 1))
    bounded = [float(limits.upper_limit(joint, coupling, results.LIGHT)) for coupling in TRANSITION]
    text = ", ".join(f"{value:.2g}" for value in bounded)
    return Outcome(
        worst <= claim.tolerance and bool(np.all(np.isfinite(bounded))),
        "CsI, TEXONO (surrogate) and XENON1T bound the three moments, each with all flavours of its beam, to "
        rf"{text} $\mu_B$",
    )
