"""Section 3.1: XENON1T."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ... import rates, response, units
from ...experiments import solar_xenon
from ...fluxes import Flux, Tabulated, solar
from ...symbolic.recoil import symbol
from ...targets import Electrons, Nucleus
from ..context import LIGHT, Context, shared
from ..model import Claim
from ..outcomes import Outcome, agreement, percent, within
from .chi_squares import profile_deviation
from .setups import solar_muon

REGION = slice(0, 6)
"""Bins from 1 to 7 keV."""


def lost(region: slice, context: Context | None = None, **options: str) -> float:
    """Part of the events of a region of bins that the steps of Eq. (16) take away."""
    context = context or shared()
    bound = context.experiment("xenon1t", **options).dipole("mu", LIGHT)
    free = context.experiment("xenon1t", binding="free", **options).dipole("mu", LIGHT)
    return float(1 - bound[region].sum() / free[region].sum())


@cache
def removed(threshold: float, context: Context | None = None) -> tuple[float, float, float]:
    """Part of the recoils from a threshold (MeV) to the end of the data that the steps take, and what becomes of it.

    Returns
    -------
    tuple of float
        the part without the efficiency, the part with it, and how much of what the steps take passes the efficiency;
        neither resolution nor bins
    """
    context = context or shared()
    experiment = context.experiment("xenon1t")
    (channel,) = experiment.channels
    (free,) = context.experiment("xenon1t", binding="free").channels
    T = np.geomspace(threshold, experiment.axes[0].edges[-1] * units.keV, 20001)

    def rate(scatterer: Nucleus | Electrons) -> NDArray[np.float64]:
        return rates.differential_rate("dipole", T, scatterer, solar_muon(), LIGHT)

    with_steps, without = rate(channel.scatterer), rate(free.scatterer)
    assert isinstance(channel.response, response.Binned)
    assert channel.response.efficiency is not None
    accepted = np.interp(T, *channel.response.efficiency, left=0.0, right=0.0)
    gone, everything = np.trapezoid(without - with_steps, T), np.trapezoid(without, T)
    gone_seen, seen = np.trapezoid(accepted * (without - with_steps), T), np.trapezoid(accepted * without, T)
    return float(gone / everything), float(gone_seen / seen), float(gone_seen / gone)


def steps_matter(context: Context) -> Outcome:
    """The steps change the signal more in the region of the excess than above it."""
    inside, above = lost(REGION, context), lost(slice(6, None), context)
    return Outcome(
        inside > 2 * above,
        f"The steps take {percent(inside)} of the signal from 1 to 7 keV and {percent(above)} above.",
    )


LEADING = ("pp", "7Be")
"""The fluxes that the paper calls most relevant."""


def leading_fluxes(context: Context) -> Outcome:
    """Share of the pp and 7Be neutrinos in the signal from 1 to 7 keV."""
    experiment = context.experiment("xenon1t")
    (channel,) = experiment.channels
    everything = solar_muon()
    (continuum,) = everything.continua
    assert isinstance(continuum, Tabulated)
    parts = tuple(part for name, part in zip(solar.TABLES, continuum.parts, strict=True) if name in LEADING)
    lines = tuple(line for line in everything.lines if line.energy < 1) if "7Be" in LEADING else ()
    leading = replace(channel, fluxes={"nu_mu": Flux(lines, (Tabulated.of(parts),))}).counts("dipole", "nu_mu", LIGHT)
    share = float(leading[REGION].sum() / experiment.dipole("mu", LIGHT)[REGION].sum())
    return Outcome(share > 0.9, f"They make {percent(share, 3)} of the signal from 1 to 7 keV.")


def resolution(claim: Claim) -> Outcome:
    """Whether the printed width is the same energy in keV and in eV, with the printed units of a and b."""
    a, b, E, unit = (symbol(letter) for letter in ("a", "b", "E", "u"))
    # a in the root of an energy, b in an energy as printed, or a pure number
    scaled = {E: unit * E, a: a * sp.sqrt(unit)}
    width = claim.expression
    literal = (width.subs({**scaled, b: unit * b}, simultaneous=True) - unit * width).expand() == 0
    number_only = (width.subs(scaled, simultaneous=True) - unit * width).expand() == 0
    implemented = solar_xenon.resolution(10 * units.keV, claim.values[0], claim.values[1]) / units.keV
    return Outcome(
        literal,
        "With $b$ in keV the term $bE$ is the square of an energy.",
        f"As a pure number it makes the width {float(implemented):.3f} keV at 10 keV.",
        correction=f"$b={claim.values[1]:g}$" if number_only and not literal else "",
    )


def bins(claim: Claim, context: Context) -> Outcome:
    """Number of the bins of the data."""
    (axis,) = context.experiment("xenon1t").axes
    count, low, high = len(axis.edges) - 1, axis.edges[0], axis.edges[-1]
    return Outcome(count == claim.value, f"The release has {count} bins from {low:g} to {high:g} keV.")


def chi_square(claim: Claim, context: Context) -> Outcome:
    """Eq. (23) for both places of a_1, minimised numerically, against its closed-form profile; the place matters."""
    rows = context.table("xenon/xenon1t_spectrum")
    exposure = context.table("xenon/xenon1t_parameters").value("exposure")
    N, spread, B = (rows[name] * exposure for name in ("rate", "rate_err", "B0"))
    sigma_1, sigma_2 = claim.values
    worst, edge = 0.0, {}
    for scales in ("signal", "all"):
        experiment = context.experiment("xenon1t", efficiency_scales=scales)
        edge[scales] = context.interval("xenon1t", "mu_mu", LIGHT, efficiency_scales=scales)[0]

        def written(a: NDArray[np.float64], signal: NDArray[np.float64], everything: bool = scales == "all") -> float:
            # the two pulls on the background add up, to first order in what they change
            background = (a[1] + everything * (a[0] - 1)) * B
            terms = (N - a[0] * signal - background) / spread
            return float((terms**2).sum() + ((a[0] - 1) / sigma_1) ** 2 + ((a[1] - 1) / sigma_2) ** 2)

        worst = max(worst, profile_deviation(experiment, "mu_mu", (0.0, 1e-10), written, (1.0, 1.0)))
    if worst > claim.tolerance:
        return agreement("The chi-square as printed and the one of the package", worst, claim.tolerance)
    moved = edge["all"] / edge["signal"] - 1
    return Outcome(
        None,
        f"If $a_1$ scales the background as well as the signal, the lower edge at 10 keV moves by {100 * moved:+.0f} "
        "%.",
        "Both readings of Eq. (23) agree with a numerical minimum.",
        settles="what $a_1$ and $a_2$ multiply",
    )


def excess(claim: Claim, context: Context) -> Outcome:
    """Counts above the background model inside the printed range and above it, over the root of the expectation."""
    rows = context.table("xenon/xenon1t_spectrum")
    parameters = context.table("xenon/xenon1t_parameters")
    expected = rows["B0"] * parameters.value("exposure") * (rows["E_high"] - rows["E_low"])
    low, high = claim.values
    inside = (rows["E_low"] >= low) & (rows["E_high"] <= high)
    above = rows["E_low"] >= high
    pulls = []
    for part in (inside, above):
        observed, background = float(rows["counts"][part].sum()), float(expected[part].sum())
        pulls.append((observed - background) / background**0.5)
    return Outcome(
        pulls[0] > 3 and abs(pulls[1]) < 2,
        f"The counts are {pulls[0]:+.1f} standard deviations off from {low:g} to {high:g} keV and {pulls[1]:+.1f} "
        "above.",
        f"{rows['counts'][inside].sum():.0f} counts for {expected[inside].sum():.0f} expected.",
    )


def background_error(claim: Claim, context: Context) -> Outcome:
    """The error of the measured background rate over the rate."""
    parameters = context.table("xenon/xenon1t_parameters")
    share = parameters.value("background_rate_error") / parameters.value("background_rate")
    return Outcome(
        within(share, claim.value, claim.tolerance),
        f"XENON1T publishes a background of 76 ± 2, {percent(share)}.",
        "Events per tonne, year and keV.",
    )


def efficiency_error(claim: Claim, context: Context) -> Outcome:
    """The error of the published efficiency, averaged over a dipole signal, over several ranges of energy."""
    curve = context.table("xenon/xenon1t_efficiency")
    (channel,) = context.experiment("xenon1t").channels
    found = []
    for low, high in ((1.0, 7.0), (1.0, 30.0)):
        T = np.geomspace(low, high, 4001) * units.keV
        rate = rates.differential_rate("dipole", T, channel.scatterer, solar_muon(), LIGHT)
        error = (curve["total_err_up"] + curve["total_err_down"]) / 2
        averages = [
            np.trapezoid(np.interp(T / units.keV, curve["E"], one) * rate, T) for one in (error, curve["total"])
        ]
        found.append(float(averages[0] / averages[1]))
    agree = [within(part, claim.value, claim.tolerance) for part in found]
    text = (
        f"The published error of the efficiency, averaged over a dipole signal, is {percent(found[0])} from 1 to 7 keV "
        f"and {percent(found[1])} up to 30 keV."
    )
    if all(agree):
        return Outcome(True, text)
    if any(agree) or min(found) < claim.value < max(found):
        return Outcome(None, text, settles="the derivation in its Ref. [51]")
    return Outcome(False, text)


def inputs(claim: Claim, context: Context) -> Outcome:
    """The width of the resolution as implemented against that of the printed numbers."""
    E = np.array([1.0, 10.0, 30.0])
    (channel,) = context.experiment("xenon1t").channels
    assert isinstance(channel.response, response.Binned)
    assert callable(channel.response.resolution)
    found = channel.response.resolution(E * units.keV) / units.keV
    a, b = claim.values
    worst = float(np.max(np.abs(found / (a * E**0.5 + b * E) - 1)))
    return agreement("The resolution of the package and the printed one", worst, claim.tolerance)
