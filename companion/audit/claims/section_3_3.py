"""Section 3.3: TEXONO."""

from __future__ import annotations

from dataclasses import replace

from ... import limits, units
from ...data import table
from ...experiments import Experiment
from ...fluxes import reactor
from ..ledger import Claim, Outcome, agreement, compare, find
from .common import load, profile_deviation, with_gaussian


def total_flux(claim: Claim) -> Outcome:
    """The total of the flux, and how much of it lies where TEXONO can see it."""
    total = table("reactor/texono_parameters").value("flux")
    flux = reactor.flux(total / units.cm**2 / units.second)["antinu_e"]
    found, above = (float(flux.moments(E)[0]) * units.cm**2 * units.second for E in (0.0, reactor.BORDER))
    holds = abs(found / claim.value - 1) <= claim.tolerance
    return Outcome(holds, f"{found:.4g} in all, {100 * above / found:.1f} % of it above {reactor.BORDER:g} MeV")


def bins(claim: Claim) -> Outcome:
    """The bins of the table that stands in for the data."""
    points = table("reactor/texono_surrogate")
    low, high, number = points["T_low"][0], points["T_high"][-1], len(points)
    return Outcome((number, low, high) == (10, 3, 8), f"{number} bins from {low:g} to {high:g} MeV")


def chi_square(claim: Claim) -> Outcome:
    """Eq. (26) written out and minimised numerically against its closed-form profile."""
    experiment = load("texono")
    points = table("reactor/texono_surrogate")

    def written(a, signal):
        terms = ((points["rate"] - signal * (1 + a[0])) / points["rate_err"]) ** 2
        return terms.sum() + (a[0] / 0.2) ** 2

    return agreement(profile_deviation(experiment, "mu_e", (0.0, 2e-10, 5e-10), written, (0.0,)), claim.tolerance)


def calibration(claim: Claim) -> Outcome:
    """Limit of Eq. (26) on the moment of a massless state; undecided as long as the points are a surrogate."""
    experiment = load("texono")
    found = float(limits.upper_limit(experiment, "mu_e", 0.0))
    if not experiment.surrogate:
        return compare(claim, found)
    free = float(limits.upper_limit(load("texono", systematic=1e-3), "mu_e", 0.0))
    return Outcome(
        None,
        f"{found:.3g} from the SURROGATE ({100 * (found / claim.value - 1):+.0f} %), {free:.3g} without a systematic "
        "error; the ten measured points would settle it",
    )


def mass(claim: Claim) -> Outcome:
    """The mass that TEXONO publishes."""
    return compare(claim, table("reactor/texono_results").value("mass"))


def systematic(claim: Claim) -> Outcome:
    """The pull of the experiment as implemented; the published systematic error, and what it would do."""
    experiment = load("texono")
    (pull,) = experiment.likelihood.pulls
    published = table("reactor/texono_results")
    relative = published.value("xi", "systematic") / published.value("xi")
    tighter = with_gaussian(experiment, pulls=(replace(pull, sigma=relative),))
    before, after = (float(limits.upper_limit(e, "mu_e", 0.0)) for e in (experiment, tighter))
    return Outcome(
        bool(abs(pull.sigma / claim.value - 1) <= claim.tolerance),
        f"TEXONO publishes {100 * relative:.0f} % for the ratio of measured to expected events; with that the limit"
        f"{_origin(experiment)} would move by {100 * (after / before - 1):+.0f} %",
    )


def two_limits(claim: Claim) -> Outcome:
    """Whether one chi-square can give both limits that are printed: ratios, so the scale of a surrogate drops out."""
    experiment = load("texono")
    calibrated, excluded = find("sec-3.3-calibration").value, find("sec-4-texono-limit").value
    # what rounding leaves open: two digits for one number, one for the other
    smallest, largest = (excluded - 5e-11) / (calibrated + 5e-12), (excluded + 5e-11) / (calibrated - 5e-12)
    massless = float(limits.upper_limit(experiment, "mu_e", 0.0))
    same, joint = (float(limits.upper_limit(experiment, "mu_e", 0.01, dof=dof)) / massless for dof in (1, 2))
    two = bool(smallest <= joint <= largest)
    return Outcome(
        bool(smallest <= same <= largest),
        f"their ratio is {excluded / calibrated:.2f}, by rounding from {smallest:.2f} to {largest:.2f}; one chi-square "
        f"gives {same:.3f}{_origin(experiment)} for a light state with one degree of freedom and {joint:.2f} with two",
        corrected=two,
        correction="if the first counts one degree of freedom and the second two" if two else "",
    )


def _origin(experiment: Experiment) -> str:
    return " (from the SURROGATE)" if experiment.surrogate else ""
