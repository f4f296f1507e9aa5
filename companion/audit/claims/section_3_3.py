"""Section 3.3: TEXONO."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ... import kinematics, limits, units
from ...experiments import Experiment
from ...fluxes import reactor
from ..context import Context
from ..model import Claim, find
from ..outcomes import Outcome, agreement, number, percent, within
from .chi_squares import profile_deviation, with_gaussian

POINTS = "the ten measured points as numbers"
"""What would settle a claim that hangs on the data of TEXONO."""


def total_flux(claim: Claim, context: Context) -> Outcome:
    """The total of the flux, and how much of it lies where TEXONO can see it."""
    total = context.table("reactor/texono_parameters").value("flux")
    flux = reactor.flux(total / units.cm**2 / units.second)["antinu_e"]
    found, above = (float(flux.moments(E)[0]) * units.cm**2 * units.second for E in (0.0, reactor.BORDER))
    return Outcome(
        within(found, claim.value, claim.tolerance),
        f"Used as printed; {percent(above / found)} of it lies above {reactor.BORDER:g} MeV.",
    )


def low_energies(claim: Claim, context: Context) -> Outcome:
    """Whether neutrinos below the printed energy can make a recoil above the threshold."""
    threshold = context.experiment("texono").axes[0].edges[0]
    needed = float(kinematics.minimum_neutrino_energy(threshold, units.M_E))
    return Outcome(
        claim.value < needed,
        f"A recoil of {threshold:g} MeV needs a neutrino of {needed:.2f} MeV: what is below {claim.value:g} MeV only "
        "enters the normalisation.",
    )


def bins(claim: Claim, context: Context) -> Outcome:
    """The bins of the data; undecided as long as they are those of a surrogate, which has the printed ones."""
    experiment = context.experiment("texono")
    edges = experiment.axes[0].edges
    found = (float(len(edges) - 1), float(edges[0]), float(edges[-1]))
    if not experiment.surrogate:
        return Outcome(found == claim.values, f"{found[0]:g} bins from {found[1]:g} to {found[2]:g} MeV.")
    return Outcome(None, "Our bins are the printed ones, for a surrogate of the data.", settles=POINTS)


def chi_square(claim: Claim, context: Context) -> Outcome:
    """Eq. (26) written out and minimised numerically against its closed-form profile."""
    experiment = context.experiment("texono")
    points = context.table("reactor/texono_surrogate")
    systematic = find("sec-3.3-systematic").value

    def written(a: NDArray[np.float64], signal: NDArray[np.float64]) -> float:
        terms = ((points["rate"] - signal * (1 + a[0])) / points["rate_err"]) ** 2
        return float(terms.sum() + (a[0] / systematic) ** 2)

    worst = profile_deviation(experiment, "mu_e", (0.0, 5e-10), written, (0.0,))
    return agreement("The chi-square as printed and the one of the package", worst, claim.tolerance)


def calibration(claim: Claim, context: Context) -> Outcome:
    """Limit of Eq. (26) on the moment of a massless state; undecided as long as the points are a surrogate."""
    found = context.limit("texono", "mu_e", 0.0)
    if not context.experiment("texono").surrogate:
        return Outcome(within(found, claim.value, claim.tolerance), f"{number(found, claim.unit)}.")
    free = context.limit("texono", "mu_e", 0.0, sigma_signal=1e-3)
    return Outcome(
        None,
        f"The surrogate gives {number(found, claim.unit)}, {100 * (found / claim.value - 1):+.0f} %.",
        f"Without a systematic error {number(free)}.",
        settles=POINTS,
    )


def systematic(claim: Claim, context: Context) -> Outcome:
    """The pull of the experiment as implemented; the published systematic error, and what it would do."""
    experiment = context.experiment("texono")
    (pull,) = experiment.likelihood.pulls
    published = context.table("reactor/texono_results")
    relative = published.value("xi", "systematic") / published.value("xi")
    tighter = with_gaussian(experiment, pulls=(replace(pull, sigma=relative),))
    change = float(limits.upper_limit(tighter, "mu_e", 0.0)) / context.limit("texono", "mu_e", 0.0) - 1
    return Outcome(
        within(pull.sigma, claim.value, claim.tolerance),
        "Used as printed.",
        f"TEXONO publishes {percent(relative)} for the ratio of measured to expected events; with that the limit"
        f"{origin(experiment)} would move by {100 * change:+.0f} %.",
    )


def two_limits(claim: Claim, context: Context) -> Outcome:
    """Whether one chi-square can give both printed limits: its limits on a massless state and one of 10 keV."""
    calibrated, excluded = claim.values
    # what rounding leaves open: two digits for one number, one for the other
    smallest, largest = (excluded - 5e-11) / (calibrated + 5e-12), (excluded + 5e-11) / (calibrated - 5e-12)
    massless = context.limit("texono", "mu_e", 0.0)
    same, joint = (context.limit("texono", "mu_e", dof=dof) / massless for dof in (1, 2))
    experiment = context.experiment("texono")
    holds = bool(smallest <= same <= largest)
    mended = bool(smallest <= joint <= largest) and not experiment.surrogate and not holds
    return Outcome(
        holds,
        f"The printed limits differ by a factor {excluded / calibrated:.2f}; a state of 10 keV is as good as massless "
        f"here, so that one chi-square gives {same:.3f}.",
        f"By rounding from {smallest:.2f} to {largest:.2f}. With one degree of freedom for the first and two for the "
        f"second the factor is {joint:.2f}{origin(experiment)}.",
        correction="one degree of freedom for the first and two for the second" if mended else "",
    )


def origin(experiment: Experiment) -> str:
    """What to add to a number that hangs on the surrogate."""
    return " (from the surrogate)" if experiment.surrogate else ""
