"""Section 4: the limits of Figs. 3 and 4, experiment by experiment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ... import kinematics, limits, published
from ...regions import LIGHT as LIGHTEST
from ...units import M_E, M_MU, M_PI, keV
from ..context import LIGHT, Context
from ..model import Claim, find, judge
from ..outcomes import Outcome, listed, number, within
from .section_3_3 import POINTS, origin
from .section_4_excess import extent
from .setups import NUCLEI, TRANSITION, XENON


def half_muon_mass(claim: Claim) -> Outcome:
    """Half the mass of the muon, the end of both Michel spectra."""
    return Outcome(within(M_MU / 2, claim.value, claim.tolerance), f"It is {M_MU / 2:.1f} MeV.")


def csi_limit(claim: Claim, context: Context) -> Outcome:
    """Limit of COHERENT-CsI on mu_nu_mu for a light sterile state, 90 % C.L."""
    found = context.limit("coherent-csi", "mu_mu")
    return Outcome(within(found, claim.value, claim.tolerance), f"{number(found, claim.unit, 3)} for a light state.")


def csi_edge(claim: Claim, context: Context) -> Outcome:
    """Largest sterile mass that COHERENT-CsI can produce."""
    found = context.edge("coherent-csi", "mu_mu")
    return Outcome(within(found, claim.value, claim.tolerance), f"The kinematic edge is {found:.1f} MeV.")


def reach(claim: Claim, context: Context) -> Outcome:
    """The two ends of the region one by one, and whether it is the rectangle between them."""
    light, heavy = (context.limit("coherent-csi", "mu_mu", m_4) for m_4 in (LIGHT, find("sec-4-csi-edge").value))
    double = context.reach("coherent-csi", "mu_mu", 2)
    ends = all(judge(find(end), context).outcome.holds for end in ("sec-4-csi-limit", "sec-4-csi-edge"))
    rectangle = heavy / light <= 1 + claim.tolerance
    return Outcome(
        ends and rectangle,
        f"Each end holds, the rectangle does not: the limit has doubled at {double:.1f} MeV and is {heavy / light:.0f} "
        "times weaker at 50 MeV.",
        f"{number(light)} $\\mu_B$ for a light state, nothing beyond {context.edge('coherent-csi', 'mu_mu'):.1f} MeV.",
        correction=f"up to about {double:.0f} MeV; the limit ends at 53 MeV" if ends and not rectangle else "",
    )


def csi_better_than_lar(context: Context) -> Outcome:
    """Ratio of the two limits on the muon flavour: at all masses, and where the limit of CsI has not yet doubled."""
    masses = tuple(limits.masses(context.experiment("coherent-lar"), "mu_mu", number=45).tolist())
    ratio = context.curve("coherent-lar", "mu_mu", masses) / context.curve("coherent-csi", "mu_mu", masses)
    double = context.reach("coherent-csi", "mu_mu", 2)
    flat = ratio[np.array(masses) <= double]
    return Outcome(
        bool(ratio.min() > 1 and flat.max() < 2),
        f"The limit of argon is {ratio.min():.2f} to {flat.max():.2f} times that of CsI up to {double:.0f} MeV, where "
        "the latter has doubled.",
        f"Up to {ratio.max():.1f} times at the edge.",
    )


def only_muon(claim: Claim, context: Context) -> Outcome:
    """The kinematic edge of COHERENT-CsI with nu_mu alone, and with antinu_mu too."""
    line = (M_PI**2 - M_MU**2) / (2 * M_PI)
    target = context.experiment("coherent-csi").channels[0].scatterer.mass
    alone = float(kinematics.maximum_mass(line, target))
    printed = find("sec-4-csi-edge").value
    both = context.edge("coherent-csi", "mu_mu")
    holds = within(alone, printed, claim.tolerance)
    mended = within(both, printed, claim.tolerance) and not holds
    return Outcome(
        holds,
        rf"With $\nu_\mu$ alone the limit ends at {alone:.1f} MeV; the printed {printed:g} MeV need $\bar\nu_\mu$.",
        r"Sec. 2.1 gives the $\nu_e$ of the SNS Eq. (9), for the transition moments.",
        correction=r"$\nu_\mu\to\nu_s$ and $\bar\nu_\mu\to\nu_s$" if mended else "",
    )


def texono_limit(claim: Claim, context: Context) -> Outcome:
    """Limit for a light sterile state, 90 % C.L.; undecided as long as the points are a surrogate."""
    one, two = (context.limit("texono", "mu_e", dof=dof) for dof in (1, 2))
    if not context.experiment("texono").surrogate:
        return Outcome(within(one, claim.value, claim.tolerance), f"{number(one, claim.unit)}.")
    return Outcome(
        None,
        f"The surrogate gives {number(one, digits=3)} with one degree of freedom, {number(two, digits=3)} with two.",
        settles=POINTS,
    )


def texono_against_coherent(context: Context) -> Outcome:
    """Ratio to the limit of COHERENT-CsI, of two different moments; and in the transition moments."""
    experiment = context.experiment("texono")
    ratio = context.limit("coherent-csi", "mu_mu") / context.limit("texono", "mu_e")
    common = [context.limit("coherent-csi", name) / context.limit("texono", name) for name in TRANSITION]
    found = rf"TEXONO's limit on $\mu_{{\nu_e}}$ is {ratio:.0f} times lower than that of CsI on $\mu_{{\nu_\mu}}$"
    details = (
        r"They are two parameters. In $\tilde\lambda_{14}$, $\tilde\lambda_{24}$, $\tilde\lambda_{34}$ the factors are "
        f"{listed([f'{one:.1f}' for one in common])}{origin(experiment)}."
    )
    if experiment.surrogate:
        return Outcome(None, f"{found}{origin(experiment)}.", details, settles=POINTS)
    return Outcome(round(np.log10(ratio)) == 1, f"{found}.", details)


def texono_edge(claim: Claim, context: Context) -> Outcome:
    """Largest sterile mass that recoils above 3 MeV can show; and without that threshold."""
    experiment = context.experiment("texono")
    found = context.edge("texono", "mu_e")
    energy = experiment.channels[0].fluxes["antinu_e"].maximum_energy
    produced = float(kinematics.maximum_mass(energy, M_E))
    shorter = float(context.experiment("texono", end_MeV=8.0).maximum_mass("mu_e"))
    return Outcome(
        within(found, claim.value, claim.tolerance),
        f"On electrons the sensitivity ends at {found:.2f} MeV.",
        f"For antineutrinos up to {energy:g} MeV and recoils above 3 MeV; {produced:.2f} MeV without a threshold, "
        f"{shorter:.2f} MeV for antineutrinos up to 8 MeV.",
    )


def order_of_magnitude(claim: Claim, context: Context, nuclei: str) -> Outcome:
    """The best limit of a kind on a light state: whether the printed power of ten is the nearest one."""
    names = NUCLEI if nuclei == "yes" else XENON
    found = {name: context.limit(name, "mu_e") for name in names}
    best = min(found, key=found.__getitem__)
    decades = float(np.log10(found[best] / claim.value))
    holds = abs(decades) <= claim.tolerance
    return Outcome(
        holds,
        f"The limits are {number(found[best])} to {number(max(found.values()))} $\\mu_B$ for a light state.",
        f"The best one, {context.experiment(best).title}, is {10**decades:.1f} times the printed number.",
        correction=f"about {number(found[best], digits=1)} $\\mu_B$" if not holds and abs(decades) < 1.5 else "",
    )


BREAKTHROUGH = 10**0.5
"""By what factor a limit must gain to be called one: half an order of magnitude."""


def breakthrough(context: Context) -> Outcome:
    """The best limit of each kind against what XENON1T, a current experiment, excludes in the same moment."""
    now = context.limit("xenon1t", "mu_e")
    best = {kind: min(context.limit(name, "mu_e") for name in names) for kind, names in KINDS.items()}
    factor = {kind: now / value for kind, value in best.items()}
    better = [kind for kind, ratio in factor.items() if ratio > BREAKTHROUGH]
    return Outcome(
        len(better) == len(KINDS),
        f"Relative to what XENON1T excludes, electrons in xenon gain a factor {factor['electrons in xenon']:.0f}, "
        f"nuclei {factor['nuclei']:.1f}.",
        rf"Upper end of XENON1T on $\mu_{{\nu_e}}$ for a light state: {number(now)} $\mu_B$.",
        correction=f"true of {listed(better)}" if len(better) == 1 else "",
    )


KINDS = {"nuclei": NUCLEI, "electrons in xenon": XENON}


def edge_nuclei(claim: Claim, context: Context) -> Outcome:
    """Kinematic edge of coherent scattering, and what the threshold leaves of it."""
    edges = {}
    for name in NUCLEI:
        title = context.experiment(name).title.removeprefix("51Cr-")
        edges[title] = context.edge(name, "mu_e")
    agree = [name for name, edge in edges.items() if within(edge, claim.value, claim.tolerance)]
    others = [name for name in edges if name not in agree]
    text = listed([f"{name} {edges[name] / keV:.0f}" for name in edges])
    return Outcome(
        not others,
        f"The edges are {text} keV: the threshold takes a part of the range.",
        correction=f"true of {listed(agree)}" if agree and others else "",
    )


def edge_electrons(claim: Claim, context: Context) -> Outcome:
    """Kinematic edge of scattering on electrons: the mass of the target is no longer large."""
    edge = context.edge(XENON[0], "mu_e")
    return Outcome(
        within(edge, claim.value, claim.tolerance),
        rf"On electrons the edge is $\sqrt{{m_e^2+2m_eE_\nu}}-m_e=$ {edge / keV:.0f} keV.",
    )


def degrees_of_freedom(claim: Claim, context: Context) -> Outcome:
    """How many degrees of freedom the printed numbers of Sec. 4 have."""
    printed, tolerance = find("sec-4-csi-limit").value, find("sec-4-csi-limit").tolerance
    csi = {dof: context.limit("coherent-csi", "mu_mu", dof=dof) for dof in (1, 2)}
    agree = [dof for dof, value in csi.items() if within(value, printed, tolerance)]
    texono = {dof: context.limit("texono", "mu_e", dof=dof) for dof in (1, 2)}
    low = extent(context, True, "signal")[0]
    return Outcome(
        None if len(agree) == 1 else bool(agree),
        f"With one degree of freedom CsI gives {number(csi[1], digits=3)}, with two {number(csi[2], digits=3)} "
        rf"$\mu_B$; printed are ${1e9 * printed:g}\cdot10^{{-9}}$.",
        "So the limit speaks for one, but the region of XENON1T is reproduced with two, counted from the global "
        f"minimum ({number(low)} $\\mu_B$ at its lower end). TEXONO, from the surrogate: {number(texono[1], digits=3)} "
        f"and {number(texono[2], digits=3)}.",
        settles=r"the $\Delta\chi^2$ of each curve" if len(agree) == 1 else "",
    )


def lowest(context: Context, name: str, coupling: str) -> tuple[tuple[float, float], ...]:
    """Spans of masses (MeV) at which an experiment has the lowest of all current limits of laboratories.

    The others are XENON1T as in this book and the current curves of :mod:`companion.published`.
    """
    m_4 = limits.masses(context.experiment(name), coupling, LIGHTEST, 100)
    masses = tuple(m_4.tolist())
    others = [context.curve("xenon1t", coupling, masses)]
    for curve in published.curves(coupling.removeprefix("mu_")):
        if curve.kind == "current":
            others.append(published.level(curve, m_4))
    margin = np.fmin.reduce(others, axis=0) / context.curve(name, coupling, masses)
    return positive(m_4, np.log(margin))


def positive(m_4: NDArray[np.float64], margin: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Spans of masses (MeV) at which a margin is positive, a straight line in ln m_4 between them."""
    x = np.log(m_4)
    above = margin > 0
    ends = [x[0]] if above[0] else []
    for k in np.flatnonzero(above[1:] != above[:-1]):
        a, b = margin[k], margin[k + 1]
        if np.isfinite(a) and np.isfinite(b):
            ends.append(x[k] + (x[k + 1] - x[k]) * a / (a - b))
        else:
            # one of the curves ends here: at the last mass that counts
            ends.append(x[k] if above[k] else x[k + 1])
    if above[-1]:
        ends.append(x[-1])
    masses = np.exp(ends).tolist()
    return tuple(zip(masses[::2], masses[1::2], strict=True))


def spans_text(spans: tuple[tuple[float, float], ...]) -> str:
    """Spans of masses (MeV) as text."""
    return listed([f"{low:.2g} to {high:.2g} MeV" for low, high in spans]) if spans else "no mass"


def coherent_new(context: Context) -> Outcome:
    """Where COHERENT-CsI has the lowest current limit on the muon flavour."""
    found = lowest(context, "coherent-csi", "mu_mu")
    edge = context.edge("coherent-csi", "mu_mu")
    return Outcome(
        bool(found) and found[0][0] > 2 * LIGHTEST and found[-1][1] < edge,
        f"CsI has the lowest current limit from {spans_text(found)}; lighter and heavier masses belong to others.",
        "Curves of others at 90 % C.L., but MiniBooNE's is 95 %, and that of NOMAD is not printed.",
    )


def texono_new(context: Context) -> Outcome:
    """Where TEXONO has the lowest current limit on the electron flavour."""
    experiment = context.experiment("texono")
    found = lowest(context, "texono", "mu_e")
    text = f"TEXONO has the lowest current limit from {spans_text(found)}{origin(experiment)}."
    if experiment.surrogate:
        return Outcome(None, text, settles=POINTS)
    return Outcome(bool(found), text)
