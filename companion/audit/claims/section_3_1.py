"""Section 3.1: XENON1T."""

from __future__ import annotations

import numpy as np

from ... import experiments, limits, rates, response, units
from ...data import table
from ...experiments import solar_xenon
from ...fluxes import Flux, Tabulated, solar
from ..ledger import Claim, Outcome, agreement, compare
from .common import load, profile_deviation

REGION = slice(0, 6)
"""Bins from 1 to 7 keV."""


def lost(region: slice, **options) -> float:
    """Part of the events of a region of bins that the steps of Eq. (16) take away."""
    bound = load("xenon1t", **options).dipole("mu", 0.01)
    free = load("xenon1t", binding="free", **options).dipole("mu", 0.01)
    return 1 - bound[region].sum() / free[region].sum()


def removed(threshold: float) -> tuple[float, float, float]:
    """Part of the recoils from a threshold (MeV) to the end of the data that the steps take, and what becomes of it.

    Returns
    -------
    tuple of float
        the part without the efficiency, the part with it, and how much of what the steps take passes the efficiency;
        neither resolution nor bins
    """
    experiment = load("xenon1t")
    (channel,) = experiment.channels
    (free,) = load("xenon1t", binding="free").channels
    T = np.geomspace(threshold, experiment.axes[0].edges[-1] * units.keV, 20001)
    with_steps, without = (
        rates.differential_rate("dipole", T, part.scatterer, part.fluxes["nu_mu"], 0.01) for part in (channel, free)
    )
    assert isinstance(channel.response, response.Binned)
    assert channel.response.efficiency is not None
    accepted = np.interp(T, *channel.response.efficiency, left=0.0, right=0.0)
    lost, everything = np.trapezoid(without - with_steps, T), np.trapezoid(without, T)
    lost_seen, seen = np.trapezoid(accepted * (without - with_steps), T), np.trapezoid(accepted * without, T)
    return float(lost / everything), float(lost_seen / seen), float(lost_seen / lost)


def steps_matter(claim: Claim) -> Outcome:
    """The steps change the signal more in the region of the excess than above it."""
    inside, above = lost(REGION), lost(slice(6, None))
    return Outcome(
        inside > 2 * above,
        f"they take {100 * inside:.1f} % of the signal from 1 to 7 keV and {100 * above:.1f} % above",
    )


def leading_fluxes(claim: Claim) -> Outcome:
    """Share of the pp and 7Be neutrinos in the signal from 1 to 7 keV."""
    experiment = load("xenon1t")
    (channel,) = experiment.channels
    everything = channel.fluxes["nu_mu"]
    (continuum,) = everything.continua
    assert isinstance(continuum, Tabulated)
    pp = continuum.parts[list(solar.TABLES).index("pp")]
    beryllium = tuple(line for line in everything.lines if line.energy < 1)
    leading = Flux(beryllium, (Tabulated.of((pp,)),))
    part = experiments.Channel(
        channel.scatterer, channel.number, {"nu_mu": leading}, channel.response, False, channel.order
    ).counts("dipole", "nu_mu", 0.01)
    share = part[REGION].sum() / experiment.dipole("mu", 0.01)[REGION].sum()
    return Outcome(share > 0.9, f"pp and 7Be make {100 * share:.1f} % of the signal from 1 to 7 keV")


def resolution(claim: Claim) -> Outcome:
    """Whether sigma = a sqrt(E) + b E is the same width in keV and in eV, with b in keV and as a pure number."""
    parameters = table("xenon/xenon1t_parameters")
    a, b = parameters.value("resolution_a"), parameters.value("resolution_b")
    E, unit = 10.0, 1000.0  # keV, and eV in one of them

    def width(energy: float, a: float, b: float) -> float:
        return a * energy**0.5 + b * energy

    def same(power: int) -> bool:
        """Whether the width scales as an energy if b scales as this power of one."""
        return bool(np.isclose(width(unit * E, a * unit**0.5, b * unit**power), unit * width(E, a, b)))

    implemented = float(solar_xenon.resolution(E * units.keV, a, b) / units.keV)
    return Outcome(
        same(1),
        f"with $b$ in keV, $bE$ is in keV$^2$ and the sum depends on the unit; as a number it makes "
        f"{implemented:.3f} keV at {E:g} keV",
        corrected=same(0) and bool(np.isclose(implemented, width(E, a, b))),
        correction="$b=0.0037$",
    )


def bins(claim: Claim) -> Outcome:
    """Number and range of the bins of the data."""
    (axis,) = load("xenon1t").axes
    number, low, high = len(axis.edges) - 1, axis.edges[0], axis.edges[-1]
    return Outcome((number, low) == (29, 1), f"{number} bins from {low:g} to {high:g} keV")


def chi_square(claim: Claim) -> Outcome:
    """Eq. (23) for both places of a_1, minimised numerically, against its closed-form profile; the place matters."""
    rows = table("xenon/xenon1t_spectrum")
    exposure = table("xenon/xenon1t_parameters").value("exposure")
    N, spread, B = (rows[name] * exposure for name in ("rate", "rate_err", "B0"))
    worst, edge = 0.0, {}
    for scales in ("signal", "all"):
        experiment = load("xenon1t", efficiency_scales=scales)
        edge[scales] = float(limits.interval(experiment, "mu_mu", 0.01)[0])

        def written(a, signal, everything=scales == "all"):
            # the two pulls on the background add up, to first order in what they change
            terms = (N - a[0] * signal - (a[1] + everything * (a[0] - 1)) * B) / spread
            return (terms**2).sum() + ((a[0] - 1) / 0.03) ** 2 + ((a[1] - 1) / 0.026) ** 2

        worst = max(worst, profile_deviation(experiment, "mu_mu", (0.0, 5e-11, 1e-10), written, (1.0, 1.0)))
    moved = edge["all"] / edge["signal"] - 1
    if worst > claim.tolerance or abs(moved) < 0.01:
        return agreement(worst, claim.tolerance)
    return Outcome(
        None,
        f"both readings agree with a numerical minimum, but $a_1$ on signal and background instead of the signal "
        f"alone moves the lower edge at 10 keV by {100 * moved:+.0f} %: where $a_1$ and $a_2$ act would settle it",
    )


def excess(claim: Claim) -> Outcome:
    """Counts above the background model from 1 to 7 keV, and above 7 keV, over the root of the expectation."""
    rows = table("xenon/xenon1t_spectrum")
    parameters = table("xenon/xenon1t_parameters")
    expected = rows["B0"] * parameters.value("exposure") * (rows["E_high"] - rows["E_low"])
    inside = rows["E_high"] <= 7
    observed, background, pull = [], [], []
    for part in (inside, ~inside):
        observed.append(float(rows["counts"][part].sum()))
        background.append(float(expected[part].sum()))
        pull.append((observed[-1] - background[-1]) / background[-1] ** 0.5)
    return Outcome(
        pull[0] > 3 and abs(pull[1]) < 2,
        f"{observed[0]:.0f} counts for {background[0]:.0f} expected from 1 to 7 keV, {pull[0]:+.1f} standard "
        f"deviations; "
        f"{pull[1]:+.1f} above",
    )


def background_error(claim: Claim) -> Outcome:
    """The error of the measured background rate over the rate."""
    parameters = table("xenon/xenon1t_parameters")
    return compare(claim, parameters.value("background_rate_error") / parameters.value("background_rate"))


def efficiency_error(claim: Claim) -> Outcome:
    """The error of the published efficiency, averaged over a dipole signal, over several ranges of energy."""
    curve = table("xenon/xenon1t_efficiency")
    (channel,) = load("xenon1t").channels
    found = []
    for low, high in ((1.0, 7.0), (1.0, 30.0)):
        T = np.geomspace(low, high, 4001) * units.keV
        rate = rates.differential_rate("dipole", T, channel.scatterer, channel.fluxes["nu_mu"], 0.01)
        error, total = (
            np.trapezoid(np.interp(T / units.keV, curve["E"], values) * rate, T)
            for values in ((curve["total_err_up"] + curve["total_err_down"]) / 2, curve["total"])
        )
        found.append(float(error / total))
    agree = [abs(part / claim.value - 1) <= claim.tolerance for part in found]
    between = min(found) < claim.value < max(found)
    return Outcome(
        all(agree) or (None if between or any(agree) else False),
        f"the published error of the efficiency, averaged over a dipole signal, is {100 * found[0]:.1f} % from "
        f"1 to 7 keV "
        f"and {100 * found[1]:.1f} % up to 30 keV; the derivation in its Ref. [51] would settle it",
    )


def inputs(claim: Claim) -> Outcome:
    """The width of the resolution as implemented against that of the printed numbers."""
    E = np.array([1.0, 10.0, 30.0])
    (channel,) = load("xenon1t").channels
    assert isinstance(channel.response, response.Binned)
    assert callable(channel.response.resolution)
    found = channel.response.resolution(E * units.keV) / units.keV
    return agreement(float(np.max(np.abs(found / (0.310 * E**0.5 + 0.0037 * E) - 1))), claim.tolerance)
