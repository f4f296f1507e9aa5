"""Section 3.4: a chromium source."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, minimize

from .. import experiments, units
from ..data import table
from ..experiments import cr51_cevns
from ..fluxes import chromium51
from ..ledger import Claim, Outcome, agreement, compare


def strengths(claim: Claim) -> Outcome:
    """The strengths of the lines add up."""
    lines = table("cr51/lines")
    total = float(lines["strength"].sum())
    mean = float(np.average(lines["E_nu"], weights=lines["strength"]))
    return Outcome(total == 100, f"they add up to {total:g} %, with a mean energy of {mean:.1f} keV")


def two_half_lives(claim: Claim) -> Outcome:
    """Two half-lives of 51Cr."""
    return compare(claim, 2 * chromium51.HALF_LIFE / units.day)


def _densities() -> tuple[dict[str, float], dict[str, float]]:
    """Densities (g/cm^3) by target: those that follow from the printed masses, and the tabulated ones."""
    masses, known = table("cr51/cevns_targets"), table("cr51/densities")
    volume = table("cr51/parameters").value("cevns_volume")
    implied = dict(zip(masses["target"].tolist(), (1e3 * masses["mass"] / volume).tolist(), strict=True))
    return implied, dict(zip(known["target"].tolist(), known["density"].tolist(), strict=True))


def target_masses(claim: Claim) -> Outcome:
    """The densities that follow from the printed masses against tabulated ones."""
    implied, tabulated = _densities()
    worst = max(abs(implied[name] / density - 1) for name, density in tabulated.items())
    text = ", ".join(f"{name} {implied[name]:.2f}" for name in tabulated)
    return Outcome(
        worst <= claim.tolerance, f"densities of {text} g/cm³, within {100 * worst:.1f} % of the tabulated ones"
    )


def untabulated_mass(claim: Claim) -> Outcome:
    """The density of the target without a tabulated one."""
    implied, tabulated = _densities()
    text = ", ".join(f"{name} {density:.2f}" for name, density in implied.items() if name not in tabulated)
    return Outcome(None, f"a density of {text} g/cm³; a tabulated one would settle it")


def xenon_mass(claim: Claim) -> Outcome:
    """The density that follows from the mass and the size of the detector."""
    parameters = table("cr51/parameters")
    height, diameter, mass = (parameters.value(f"lxe_{name}") for name in ("height", "diameter", "mass"))
    volume = np.pi / 4 * diameter**2 * height
    return Outcome(
        None, f"{volume:.3f} m³: a density of {mass / volume:.2f} g/cm³; a tabulated one of the liquid would settle it"
    )


def _mean(ratio: float, where: str) -> float:
    """Mean flux (cm^-2 s^-1) over a cylinder of the printed volume whose height is ``ratio`` diameters."""
    parameters = table("cr51/parameters")
    distance = parameters.value("cevns_distance")
    radius = (parameters.value("cevns_volume") / (2 * np.pi * ratio)) ** (1 / 3)
    height = 2 * ratio * radius
    point = cr51_cevns.mean_flux("point") * units.cm**2 * units.second
    position = chromium51.placement(where, distance, radius, height)
    return point * distance**2 * chromium51.mean_inverse_square(radius, height, *position)


def source_flux(claim: Claim) -> Outcome:
    """Which geometry gives the printed flux: neither the shape of the detector nor the end of the 25 cm is printed."""
    parameters = table("cr51/parameters")
    distance = parameters.value("cevns_distance")
    point = cr51_cevns.mean_flux("point") * units.cm**2 * units.second
    rate = parameters.value("cevns_activity") * 1e6 * units.curie * units.second
    start = rate / (4 * np.pi * distance**2)
    text = (
        f"at 25 cm {start:.3g} at the start and {point:.3g} on average over the run; on average over a cylinder as "
        f"high as wide {_mean(1.0, 'from centre'):.3g} with its centre and "
        f"{_mean(1.0, 'below'):.3g} with its base there"
    )
    cylinders = (_mean(1.0, where) for where in ("from centre", "below"))
    if any(abs(found / claim.value - 1) <= claim.tolerance for found in (point, *cylinders)):
        return Outcome(True, text)
    flattest = 0.05
    if not _mean(flattest, "from centre") < claim.value < _mean(1.0, "from centre"):
        return Outcome(False, text)
    ratio = float(brentq(lambda ratio: _mean(ratio, "from centre") - claim.value, flattest, 1.0))
    return Outcome(
        None,
        f"{text}, none within {100 * claim.tolerance:g} %; a disc {ratio:.2f} times as high as wide, its centre at "
        "25 cm, would see the printed flux; the shape and the place of the detector would settle it",
    )


def nuclear_bins(claim: Claim) -> Outcome:
    """Number of bins of each target, and the recoils (eV) that they span."""
    loaded = [experiments.load(f"cr51-cevns-{name.lower()}") for name in table("cr51/cevns_targets")["target"]]
    edges = [experiment.axes[0].edges for experiment in loaded]
    text = ", ".join(f"{e.title} {k[0]:.0f} to {k[-1]:.0f}" for e, k in zip(loaded, edges, strict=True))
    return Outcome(all(len(k) - 1 == claim.value for k in edges), f"{text} eV, up to the end of the lightest nucleus")


def xenon_bins(claim: Claim) -> Outcome:
    """Number of bins, and where the recoils end."""
    parameters = table("cr51/parameters")
    low, high, width = (parameters.value(f"lxe_{name}") for name in ("E_low", "E_high", "bin_width"))
    number = (high - low) / width
    filled = len(experiments.load("cr51-lxe-a").observed)
    return Outcome(number == 120, f"{number:g} bins, of which the recoils of the fastest neutrinos reach {filled}")


def chi_square(claim: Claim) -> Outcome:
    """Eq. (27) written out and minimised numerically against its closed-form profile."""
    worst = 0.0
    for name in ("cr51-cevns-ge", "cr51-lxe-a"):
        experiment = experiments.load(name)
        expected = experiment.standard_model()
        for value in (1e-11, 3e-11):
            signal = experiment.expected("mu_e", value, 0.01)

            def printed(a, signal=signal, expected=expected):
                terms = ((expected - signal * (1 + a[0])) / np.sqrt(1.2 * expected)) ** 2
                return terms.sum() + (a[0] / 0.2) ** 2

            numeric = minimize(printed, [0.0], method="BFGS", options={"gtol": 1e-8}).fun
            worst = max(worst, abs(numeric / float(experiment.chi2("mu_e", value, 0.01)) - 1))
    return agreement(worst, claim.tolerance)
