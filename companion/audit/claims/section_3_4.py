"""Section 3.4: a chromium source."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from ... import kinematics, units
from ...data import table
from ...experiments import cr51_cevns, cr51_lxe
from ...fluxes import chromium51
from ..context import Context
from ..model import Claim, find
from ..outcomes import Outcome, agreement, listed, number, percent, within
from .chi_squares import profile_deviation
from .setups import NUCLEI


def _decay() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energies (keV) and strengths (per cent) of the four lines from the decay scheme, by energy."""
    decay = table("cr51/decay")
    energies, strengths = [], []
    for excited in (True, False):
        for shell in ("K", "L"):
            energy = decay.value("Q") - decay.value(f"binding_{shell}") - excited * decay.value("level")
            state = decay.value("branching") if excited else 1 - decay.value("branching")
            captured = decay.value("P_K") if shell == "K" else 1 - decay.value("P_K")
            energies.append(energy)
            strengths.append(100 * state * captured)
    return np.array(energies), np.array(strengths)


def lines(claim: Claim) -> Outcome:
    """The printed energies against the energy of the decay, two shells and an excited state of 51V."""
    energies, _ = _decay()
    decay = table("cr51/decay")
    off = np.abs(energies - np.array(claim.values))
    text = ", ".join(f"{energy:.1f}" for energy in energies)
    return Outcome(
        bool(np.all(off <= 1)),
        f"Capture from two shells into two states gives {text} keV.",
        f"The decay has {decay.value('Q'):.1f} keV, the excited state {decay.value('level'):.1f} keV; less the binding "
        "of the captured electron.",
    )


def strengths(claim: Claim) -> Outcome:
    """The printed strengths against the branching into the excited state and the probability of K capture."""
    _, expected = _decay()
    decay = table("cr51/decay")
    off = np.abs(expected - np.array(claim.values))
    text = ", ".join(f"{strength:.1f}" for strength in expected)
    return Outcome(
        bool(np.all(off <= 1) and sum(claim.values) == 100),
        f"The branching of the decay and the capture probabilities give {text} %.",
        f"{percent(decay.value('branching'))} of the captures lead to the excited state, "
        f"{percent(decay.value('P_K'))} are from the K shell.",
    )


def monochromatic(context: Context) -> Outcome:
    """How the strength is spread over the lines."""
    rows = context.table("cr51/lines")
    E, strength = rows["E_nu"], rows["strength"]
    main = np.abs(E - E.max()) <= 10
    share = float(strength[main].sum() / strength.sum())
    holds = len(E) == 1
    return Outcome(
        holds,
        f"{percent(share)} of the neutrinos have {E[main].min():g} to {E.max():g} keV, the rest about "
        f"{E[main].mean() - E[~main].mean():.0f} keV less."
        if not holds
        else "One line.",
        correction="four lines, as Sec. 3.4 says, nine tenths of them alike" if share >= 0.9 and not holds else "",
    )


def two_half_lives(claim: Claim) -> Outcome:
    """Two half-lives of 51Cr."""
    found = 2 * chromium51.HALF_LIFE / units.day
    return Outcome(within(found, claim.value, claim.tolerance), f"Two half-lives are {found:.2f} days.")


@cache
def _densities() -> dict[str, float]:
    """Tabulated densities (g/cm^3) by material."""
    known = table("cr51/densities")
    return dict(zip(known["target"].tolist(), known["density"].tolist(), strict=True))


def target_mass(claim: Claim, context: Context, material: str) -> Outcome:
    """The printed volume times the tabulated density of a material."""
    volume, density = context.table("cr51/parameters").value("cevns_volume"), _densities()[material]
    found = volume * density / 1e3
    holds = within(found, claim.value, claim.tolerance)
    near = within(found, claim.value, 2 * claim.tolerance) and not holds
    return Outcome(
        holds,
        f"With a density of {density:g} g/cm$^3$ it is {found:.4g} kg.",
        correction=f"{found:.2f} kg; the printed mass needs {1e3 * claim.value / volume:.2f} g/cm$^3$" if near else "",
    )


def xenon_mass(claim: Claim, context: Context) -> Outcome:
    """The volume of the printed cylinder times the density of liquid xenon."""
    parameters = context.table("cr51/parameters")
    height, diameter = (parameters.value(f"lxe_{name}") for name in ("height", "diameter"))
    found = np.pi / 4 * diameter**2 * height * _densities()["Xe"]
    return Outcome(within(found, claim.value, claim.tolerance), f"The cylinder holds {found:.2f} tonnes.")


def _mean(ratio: float, where: str) -> float:
    """Mean flux (cm^-2 s^-1) over a cylinder of the printed volume whose height is ``ratio`` diameters."""
    parameters = table("cr51/parameters")
    distance = parameters.value("cevns_distance")
    radius = (parameters.value("cevns_volume") / (2 * np.pi * ratio)) ** (1 / 3)
    height = 2 * ratio * radius
    point = cr51_cevns.mean_flux("point") * units.cm**2 * units.second
    position = chromium51.placement(where, distance, radius, height)
    return float(point * distance**2 * chromium51.mean_inverse_square(radius, height, *position))


def source_flux(claim: Claim) -> Outcome:
    """Which geometry gives the printed flux: neither the shape of the detector nor the end of the 25 cm is printed."""
    point = cr51_cevns.mean_flux("point") * units.cm**2 * units.second
    cylinders = {where: _mean(1.0, where) for where in ("from centre", "below")}
    details = (
        f"On average over the run, {number(point, digits=3)} at 25 cm; over a cylinder as high as wide "
        f"{number(cylinders['from centre'], digits=3)} with its centre and {number(cylinders['below'], digits=3)} with "
        "its base there."
    )
    if any(within(found, claim.value, claim.tolerance) for found in (point, *cylinders.values())):
        return Outcome(True, "A simple geometry gives the printed flux.", details)
    flattest = 0.05
    if not _mean(flattest, "from centre") < claim.value < _mean(1.0, "from centre"):
        return Outcome(False, "No cylinder of that volume gives the printed flux.", details)
    ratio = float(brentq(lambda ratio: _mean(ratio, "from centre") - claim.value, flattest, 1.0))
    return Outcome(
        None,
        f"A cylinder as high as wide, its centre at 25 cm, sees {number(cylinders['from centre'], digits=3)}; a disc "
        f"{ratio:.2f} times as high as wide would see the printed flux.",
        details,
        settles="the shape and the place of the detector",
    )


def nuclear_bins(claim: Claim, context: Context) -> Outcome:
    """Number of bins of each target, and what a compound leaves open: whose recoils end the last bin."""
    spans = []
    for name in NUCLEI:
        experiment = context.experiment(name)
        edges = experiment.axes[0].edges
        if len(edges) - 1 != claim.value:
            return Outcome(False, f"{experiment.title} has {len(edges) - 1} bins.")
        spans.append(f"{experiment.title} {edges[0]:.0f} to {edges[-1]:.0f}")
    return Outcome(
        None,
        "“Each nuclear target” leaves open which nucleus of a compound ends the range, and whether the bins are "
        "equally wide.",
        f"We take equal bins up to the end of the lightest nucleus, in eV: {', '.join(spans)}.",
        settles="the bins of Al$_2$O$_3$ and CaWO$_4$",
    )


def xenon_bins(claim: Claim, context: Context) -> Outcome:
    """The printed bins of liquid xenon against those of the package."""
    width, low, high = claim.values
    edges = context.experiment("cr51-lxe-a").axes[0].edges
    last = context.table("cr51/parameters").value("lxe_E_high")
    same = edges[0] == low and np.allclose(np.diff(edges), width) and last == high
    return Outcome(
        bool(same),
        f"Used as printed; the recoils of the fastest neutrinos reach {len(edges) - 1} of the "
        f"{(high - low) / width:g} bins.",
    )


def chi_square(claim: Claim, context: Context) -> Outcome:
    """Eq. (27) written out and minimised numerically against its closed-form profile."""
    background, systematic = claim.values
    worst = 0.0
    for name in ("cr51-cevns-ge", "cr51-lxe-a"):
        experiment = context.experiment(name)
        expected = experiment.standard_model()

        def written(a: NDArray[np.float64], signal: NDArray[np.float64], N: NDArray[np.float64] = expected) -> float:
            terms = ((N - signal * (1 + a[0])) / np.sqrt((1 + background) * N)) ** 2
            return float(terms.sum() + (a[0] / systematic) ** 2)

        worst = max(worst, profile_deviation(experiment, "mu_e", (1e-11, 3e-11), written, (0.0,)))
    return agreement("The chi-square as printed and the one of the package", worst, claim.tolerance)


def empty_bins(claim: Claim, context: Context) -> Outcome:
    """Bins beyond the largest recoil: no Standard-Model events, so no error in Eq. (27)."""
    width, low, high = find("sec-3.4-lxe-bins").values
    fastest = float(context.table("cr51/lines")["E_nu"].max()) * units.keV
    end = float(kinematics.recoil_limits(fastest, units.M_E)[1]) / units.keV
    edges = np.arange(low, high + width / 2, width)
    bins, empty = len(edges) - 1, int(np.sum(edges[:-1] >= end))
    return Outcome(
        empty == 0,
        f"Electrons recoil with {end:.1f} keV at most: {empty} of {bins} bins expect nothing, and Eq. (27) divides by "
        "zero.",
        correction=f"the first {bins - empty} bins" if 0 < empty < bins else "",
    )


def inputs(claim: Claim, context: Context) -> Outcome:
    """The printed threshold, activities and durations as implemented."""
    threshold, *runs = claim.values
    lifetime = chromium51.HALF_LIFE / np.log(2) / units.day
    worst = abs(context.experiment("cr51-cevns-ge").axes[0].edges[0] / threshold - 1)
    for configuration, activity, days in zip("ABC", runs[:3], runs[3:], strict=True):
        expected = activity * 1e6 * 3.7e10 * lifetime * 86400 * (1 - np.exp(-days / lifetime))
        worst = max(worst, abs(cr51_lxe.decays(configuration) / expected - 1))
    return agreement("The first bin and the decays of each run and the printed ones", float(worst), claim.tolerance)


PLACES = ("below", "beside", "from centre")


def distance(context: Context) -> Outcome:
    """What the end of the printed metre does to the number of events."""
    events = {where: context.experiment("cr51-lxe-b", placement=where).standard_model().sum() for where in PLACES}
    base, centre = events["below"], events["from centre"]
    if abs(centre / base - 1) < 0.1:
        return Outcome(True, "It does not matter from where the metre is measured.")
    return Outcome(
        None,
        f"Configuration B expects {base:.0f} events if the metre ends at the base and {centre:.0f} if it ends in the "
        "centre.",
        listed([f"{count:.0f} {where}" for where, count in events.items()]) + ".",
        settles="the point of the detector from which the metre is measured",
    )
