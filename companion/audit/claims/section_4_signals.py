"""Section 4: Figs. 1 and 2, and what is said about them."""

from __future__ import annotations

import numpy as np

from ... import kinematics, response, units
from ...statistics import delta_chi2
from ..context import Context
from ..model import Claim
from ..outcomes import Outcome, listed, number, percent, proof, within
from .section_3_1 import REGION, lost, removed
from .section_3_3 import POINTS, origin
from .setups import NUCLEI, XENON

DRAWN = "the histograms of the figure as numbers"


def _benchmark(context: Context, name: str) -> tuple[str, float, float]:
    """Flavour, moment (mu_B) and mass (MeV) of the signal that Figs. 1 and 2 show for an experiment."""
    rows = context.table("paper/benchmarks")
    (row,) = (row for row in rows.rows() if row["experiment"] == name)
    return row["coupling"].removeprefix("mu_"), row["value"], row["m_4"]


def signal(context: Context, names: str) -> Outcome:
    """What we compute for a panel of Figs. 1 and 2, with the moment and the mass of its caption."""
    parts, details = [], []
    for name in names.split():
        experiment = context.experiment(name)
        flavour, value, m_4 = _benchmark(context, name)
        axis = experiment.axes[0]
        # rates are per unit of energy
        widths = np.diff(axis.edges) if experiment.quantity != "events" else np.ones(len(axis.edges) - 1)
        expected = widths * experiment.standard_model()
        dipole = widths * value**2 * experiment.dipole(flavour, m_4)
        peak = int(np.argmax(dipole / widths))
        parts.append(f"{experiment.title} {number(expected.sum(), digits=3)} + {number(dipole.sum(), digits=3)}")
        details.append(f"{experiment.title} from {axis.edges[peak]:g} {axis.unit}")
    per = {"events": "events", "events/(kg d MeV)": "events per kilogram and day"}[experiment.quantity]
    return Outcome(
        None,
        f"We compute (Standard Model + dipole), in {per}: {', '.join(parts)}.",
        f"The dipole is largest in the bin of {listed(details)}.",
        settles=DRAWN,
    )


def benchmark(claim: Claim, context: Context, name: str) -> Outcome:
    """Whether the data of an experiment allow the moment that a figure shows, at 90 % C.L."""
    flavour, _, m_4 = _benchmark(context, name)
    rise = context.rise(name, f"mu_{flavour}", claim.value, m_4)
    return Outcome(
        rise < delta_chi2(),
        rf"$\Delta\chi^2={rise:.2f}$ from the best fit; 90 % C.L. is {delta_chi2():.2f}.",
        "By our analysis of the same data.",
    )


def washed_out(context: Context) -> Outcome:
    """What the steps take from the bins of the data, with the efficiency and without."""
    with_it, without = lost(REGION, context), lost(REGION, context, efficiency_at="none")
    passing = {threshold: removed(threshold * units.keV, context)[2] for threshold in (0.1, 0.8, 1.0)}
    text = ", ".join(f"{percent(part)} from {threshold:g} keV on" for threshold, part in passing.items())
    return Outcome(
        with_it < 0.5 * without,
        f"From 1 to 7 keV, where the data are, the steps take {percent(with_it)} of the signal with the efficiency and "
        f"{percent(without)} without it.",
        f"Of the recoils that the steps remove this part would have passed the efficiency: {text}. Only below the data "
        "does the efficiency hide them.",
    )


def steps_in_two_places(context: Context) -> Outcome:
    """Two sentences about the steps, in the bins of the excess: particularly relevant, and washed out."""
    with_it, without = lost(REGION, context), lost(REGION, context, efficiency_at="none")
    above = lost(slice(6, None), context)
    relevant, hidden = with_it > 2 * above, with_it < 0.5 * without
    return Outcome(
        relevant and hidden,
        f"Not both: from 1 to 7 keV the steps take {percent(with_it)}, above {percent(above)}, and the efficiency "
        "hides "
        "next to none of it.",
        correction="relevant from 1 to 7 keV, washed out below" if relevant and not hidden else "",
    )


def low_thresholds(context: Context) -> Outcome:
    """Part of the recoils above a threshold that the steps take away from the solar dipole signal on xenon."""
    parts = {threshold: removed(threshold * units.keV, context)[0] for threshold in (0.1, 1.0, 5.0)}
    text = listed([f"{percent(part)} above {threshold:g} keV" for threshold, part in parts.items()])
    shares = list(parts.values())
    return proof(shares[0] > shares[1] > shares[2], f"The steps take {text} of the recoils on xenon.")


def texono_errors(context: Context) -> Outcome:
    """The dipole events of Fig. 1 over the error of each bin, and the chi-square they cost."""
    experiment = context.experiment("texono")
    flavour, value, m_4 = _benchmark(context, "texono")
    share = float((value**2 * experiment.dipole(flavour, m_4) / experiment.likelihood.sigma).max())
    rise = context.rise("texono", f"mu_{flavour}", value, m_4)
    found = f"The dipole adds {share:.2f} of the error of a bin at most{origin(experiment)}."
    details = rf"$\Delta\chi^2={rise:.2f}$."
    if experiment.surrogate:
        return Outcome(None, found, details, settles=POINTS)
    return Outcome(0.1 < share < 1 and rise < delta_chi2(), found, details)


def two_orders(claim: Claim, context: Context) -> Outcome:
    """The moments of the captions of Figs. 1 and 2 for chromium and for COHERENT."""
    moments = {name: _benchmark(context, name)[1] for name in ("coherent-csi", "coherent-lar", *NUCLEI)}
    ratios = {np.log10(moments["coherent-csi"] / moments[name]) for name in NUCLEI}
    texts = []
    for name in ("coherent-csi", "cr51-cevns-ge"):
        experiment = context.experiment(name)
        flavour, value, m_4 = _benchmark(context, name)
        added = value**2 * experiment.dipole(flavour, m_4) / experiment.likelihood.sigma
        texts.append(f"{float(np.sqrt(np.sum(added**2))):.1f} for {experiment.title}")
    return Outcome(
        all(within(float(ratio), claim.value, claim.tolerance) for ratio in ratios),
        rf"${1e9 * moments['coherent-csi']:g}\cdot10^{{-9}}$ and ${1e11 * moments['cr51-cevns-ge']:g}\cdot10^{{-11}}"
        r"\mu_B$.",
        f"The added events over their statistical errors, all bins together: {listed(texts)}.",
    )


def threshold_reason(claim: Claim, context: Context) -> Outcome:
    """What makes the smaller moment visible: the threshold, or the fluence of the source."""
    seen = context.experiment("coherent-csi").channels[0].response
    assert isinstance(seen, response.Photoelectrons)
    E_r = np.geomspace(1.0, 3e4, 2001) * units.eV
    visible = float(E_r[np.searchsorted(seen.mean(E_r), seen.edges[0])]) / units.eV
    end = context.experiment("cr51-cevns-ge").axes[0].edges[-1]
    lowest = context.table("cr51/parameters").value("cevns_threshold", unit="eV_nr") / 1e3
    reference = context.limit("cr51-cevns-ge", "mu_e")
    doubled = context.limit("cr51-cevns-ge", "mu_e", threshold_keV=2 * lowest) / reference
    fluence = {name: _fluence(context, name) for name in ("coherent-csi", "cr51-cevns-ge")}
    share = fluence["coherent-csi"] / fluence["cr51-cevns-ge"]
    weaker = context.limit("cr51-cevns-ge", "mu_e", exposure_factor=share) / reference
    holds = doubled > weaker
    return Outcome(
        holds,
        f"Twice the threshold weakens the limit on Ge by {percent(doubled - 1)}; the fluence of COHERENT would weaken "
        f"it {weaker:.0f}-fold.",
        f"The threshold is needed: recoils on Ge end at {end:.0f} eV, and COHERENT-CsI begins at {visible:.0f} eV. The "
        f"source sends {number(1 / share, digits=1)} times as many neutrinos through a square centimetre.",
        correction="thanks to the fluence, at a threshold below the largest recoil" if weaker > doubled else "",
    )


def _fluence(context: Context, name: str) -> float:
    """Neutrinos per area during the data taking, all species (natural units)."""
    experiment = context.experiment(name)
    fluxes = experiment.channels[0].fluxes
    return float(sum(float(flux.moments(1e-6)[0]) for flux in fluxes.values()))


def sub_MeV(claim: Claim, context: Context) -> Outcome:
    """Kinematic edges of all chromium set-ups."""
    edges = [context.edge(name, "mu_e") for name in (*NUCLEI, *XENON)]
    fastest = float(context.table("cr51/lines")["E_nu"].max()) * units.keV
    heaviest = float(kinematics.maximum_mass(fastest, 1e9))
    return Outcome(
        0 < max(*edges, heaviest) < claim.value,
        f"The largest masses are {min(edges) / units.keV:.0f} to {max(edges) / units.keV:.0f} keV.",
    )


def bound_electrons(context: Context) -> Outcome:
    """What the binding of the electrons does to the Standard-Model rate."""
    bound = context.experiment("cr51-lxe-a").standard_model()
    free = context.experiment("cr51-lxe-a", binding="free").standard_model()
    return Outcome(
        None,
        f"The steps take {percent(1 - bound.sum() / free.sum())} off all events and {percent(1 - bound[0] / free[0])} "
        "off the first bin of A.",
        settles="the rate of its Ref. [38] as numbers",
    )


def caption(context: Context, current: str, future: str) -> Outcome:
    """Whether the experiments that the caption calls current have data, and the others not."""
    data = [name for name in current.split() if context.experiment(name).projected]
    plans = [name for name in future.split() if not context.experiment(name).projected]
    return Outcome(
        not data and not plans,
        f"{len(current.split())} experiments have data, {len(future.split())} set-ups are projections.",
    )
