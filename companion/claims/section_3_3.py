"""Section 3.3: TEXONO."""

from __future__ import annotations

from scipy.optimize import minimize

from .. import experiments, limits, units
from ..data import table
from ..fluxes import reactor
from ..ledger import Claim, Outcome, agreement, compare


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
    experiment = experiments.load("texono")
    points = table("reactor/texono_surrogate")
    worst = 0.0
    for value in (0.0, 2e-10, 5e-10):
        signal = experiment.expected("mu_e", value, 0.01)

        def printed(a, signal=signal):
            terms = ((points["rate"] - signal * (1 + a[0])) / points["rate_err"]) ** 2
            return terms.sum() + (a[0] / 0.2) ** 2

        numeric = minimize(printed, [0.0], method="BFGS").fun
        worst = max(worst, abs(numeric / float(experiment.chi2("mu_e", value, 0.01)) - 1))
    return agreement(worst, claim.tolerance)


def calibration(claim: Claim) -> Outcome:
    """Limit of Eq. (26) on the moment of a massless state; undecided as long as the points are a surrogate."""
    experiment = experiments.load("texono")
    found = float(limits.upper_limit(experiment, "mu_e", 0.0))
    if not experiment.surrogate:
        return compare(claim, found)
    free = float(limits.upper_limit(experiments.load("texono", systematic=1e-3), "mu_e", 0.0))
    return Outcome(
        None,
        f"{found:.3g} from the SURROGATE ({100 * (found / claim.value - 1):+.0f} %), {free:.3g} without a systematic "
        "error; the ten measured points would settle it",
    )
