"""Section 3.1: XENON1T."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from .. import experiments, units
from ..data import table
from ..experiments import xenon1t
from ..fluxes import Flux, Tabulated, solar
from ..ledger import Claim, Outcome, agreement

REGION = slice(0, 6)
"""Bins from 1 to 7 keV."""


def lost(region: slice, **options) -> float:
    """Part of the events of a region of bins that the steps of Eq. (16) take away."""
    bound = experiments.load("xenon1t", **options).dipole("mu", 0.01)
    free = experiments.load("xenon1t", binding="free", **options).dipole("mu", 0.01)
    return 1 - bound[region].sum() / free[region].sum()


def steps_matter(claim: Claim) -> Outcome:
    """The steps change the signal more in the region of the excess than above it."""
    inside, above = lost(REGION), lost(slice(6, None))
    return Outcome(
        inside > 2 * above,
        f"they take {100 * inside:.1f} % of the signal from 1 to 7 keV and {100 * above:.1f} % above",
    )


def leading_fluxes(claim: Claim) -> Outcome:
    """Share of the pp and 7Be neutrinos in the signal from 1 to 7 keV."""
    experiment = experiments.load("xenon1t")
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
    """Whether b in sigma = a sqrt(E) + b E can carry the unit keV."""
    b = table("xenon/xenon1t_parameters").value("resolution_b")
    width = float(xenon1t.resolution(10 * units.keV, 0.0, b) / units.keV)
    # a width of the dimension of an energy that grows with E needs a pure number in front of it
    return Outcome(
        False,
        rf"$bE$ is an energy, {width:.3f} keV at 10 keV, only if $b$ is a pure number",
        corrected=bool(np.isclose(width, 10 * b)),
        correction="$b=0.0037$",
    )


def bins(claim: Claim) -> Outcome:
    """Number and range of the bins of the data."""
    (axis,) = experiments.load("xenon1t").axes
    number, low, high = len(axis.edges) - 1, axis.edges[0], axis.edges[-1]
    return Outcome((number, low) == (29, 1), f"{number} bins from {low:g} to {high:g} keV")


def chi_square(claim: Claim) -> Outcome:
    """Eq. (23) with a_1 on the signal and a_2 on B_0, minimised numerically, against its closed-form profile."""
    experiment = experiments.load("xenon1t")
    rows = table("xenon/xenon1t_spectrum")
    exposure = table("xenon/xenon1t_parameters").value("exposure")
    N, spread, B = (rows[name] * exposure for name in ("rate", "rate_err", "B0"))
    worst = 0.0
    for value in (0.0, 5e-11, 1e-10):
        signal = experiment.expected("mu_mu", value, 0.01)

        def printed(a, signal=signal):
            terms = (N - a[0] * signal - a[1] * B) / spread
            return (terms**2).sum() + ((a[0] - 1) / 0.03) ** 2 + ((a[1] - 1) / 0.026) ** 2

        numeric = minimize(printed, [1.0, 1.0], method="BFGS").fun
        worst = max(worst, abs(numeric / float(experiment.chi2("mu_mu", value, 0.01)) - 1))
    return agreement(worst, claim.tolerance)
