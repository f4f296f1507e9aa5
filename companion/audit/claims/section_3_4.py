"""Section 3.4: a chromium source."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq

from ... import kinematics, units
from ...data import table
from ...experiments import cr51_cevns, cr51_lxe
from ...fluxes import chromium51
from ..ledger import Claim, Outcome, agreement, compare
from .common import load, profile_deviation


def strengths(claim: Claim) -> Outcome:
    """The strengths of the lines add up."""
    lines = table("cr51/lines")
    total = float(lines["strength"].sum())
    mean = float(np.average(lines["E_nu"], weights=lines["strength"]))
    return Outcome(total == 100, f"they add up to {total:g} %, with a mean energy of {mean:.1f} keV")


def two_half_lives(claim: Claim) -> Outcome:
    """Two half-lives of 51Cr."""
    return compare(claim, 2 * chromium51.HALF_LIFE / units.day)


@cache
def _densities() -> dict[str, float]:
    """Tabulated densities (g/cm^3) by material."""
    known = table("cr51/densities")
    return dict(zip(known["target"].tolist(), known["density"].tolist(), strict=True))


def target_mass(claim: Claim) -> Outcome:
    """The printed volume times the tabulated density of the material that the id of the claim ends in."""
    (material,) = (name for name in _densities() if name.lower() == claim.id.rpartition("-")[2])
    found = table("cr51/parameters").value("cevns_volume") * _densities()[material] / 1e3
    return compare(claim, found)


def xenon_mass(claim: Claim) -> Outcome:
    """The volume of the printed cylinder times the density of liquid xenon."""
    parameters = table("cr51/parameters")
    height, diameter = (parameters.value(f"lxe_{name}") for name in ("height", "diameter"))
    return compare(claim, np.pi / 4 * diameter**2 * height * _densities()["Xe"])


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
    loaded = [load(f"cr51-cevns-{name.lower()}") for name in table("cr51/cevns_targets")["target"]]
    edges = [experiment.axes[0].edges for experiment in loaded]
    text = ", ".join(f"{e.title} {k[0]:.0f} to {k[-1]:.0f}" for e, k in zip(loaded, edges, strict=True))
    return Outcome(all(len(k) - 1 == claim.value for k in edges), f"{text} eV, up to the end of the lightest nucleus")


def xenon_bins(claim: Claim) -> Outcome:
    """Number of bins, and where the recoils end."""
    parameters = table("cr51/parameters")
    low, high, width = (parameters.value(f"lxe_{name}") for name in ("E_low", "E_high", "bin_width"))
    number = (high - low) / width
    filled = len(load("cr51-lxe-a").observed)
    return Outcome(number == 120, f"{number:g} bins, of which the recoils of the fastest neutrinos reach {filled}")


def chi_square(claim: Claim) -> Outcome:
    """Eq. (27) written out and minimised numerically against its closed-form profile."""
    worst = 0.0
    for name in ("cr51-cevns-ge", "cr51-lxe-a"):
        experiment = load(name)

        def written(a, signal, expected=experiment.standard_model()):  # noqa: B008, bound here on purpose
            terms = ((expected - signal * (1 + a[0])) / np.sqrt(1.2 * expected)) ** 2
            return terms.sum() + (a[0] / 0.2) ** 2

        worst = max(worst, profile_deviation(experiment, "mu_e", (1e-11, 3e-11), written, (0.0,)))
    return agreement(worst, claim.tolerance)


def monochromatic(claim: Claim) -> Outcome:
    """How the strength is spread over the lines."""
    lines = table("cr51/lines")
    E, strength = lines["E_nu"], lines["strength"]
    main = np.abs(E - E.max()) <= 10
    share = float(strength[main].sum() / strength.sum())
    return Outcome(
        len(E) == 1,
        f"{len(E)} lines; {100 * share:.0f} % of the neutrinos within {E.max() - E[main].min():g} keV of each "
        f"other, the "
        f"rest {E[main].mean() - E[~main].mean():.0f} keV below",
        corrected=share >= 0.9,
        correction="four lines, as Sec. 3.4 says; nine tenths of them alike",
    )


def lines(claim: Claim) -> Outcome:
    """Two shells and two states of 51V make four lines: equal differences, equal ratios of strength."""
    rows = table("cr51/lines")
    E, strength = rows["E_nu"], rows["strength"]
    (low, low_outer), (high, high_outer) = (E[0], E[1]), (E[2], E[3])
    same = high - low == high_outer - low_outer and low_outer - low == high_outer - high
    ratios = strength[0] / strength[1], strength[2] / strength[3]
    return Outcome(
        bool(same and ratios[0] == ratios[1]),
        f"both pairs are {low_outer - low:g} keV apart, capture from two shells, and {high - low:g} keV from "
        f"each other, "
        f"the excited state; the inner shell is {ratios[0]:g} and {ratios[1]:g} times as frequent",
    )


def inputs(claim: Claim) -> Outcome:
    """The printed set-ups as implemented: decays, the first bin and the mean of 1/d^2, computed again."""
    lifetime = chromium51.HALF_LIFE / np.log(2) / units.day
    worst = abs(load("cr51-cevns-ge").axes[0].edges[0] / 8.0 - 1)
    for configuration, activity, days in (("A", 5, 100), ("B", 5, 50), ("C", 10, 50)):
        expected = activity * 1e6 * 3.7e10 * lifetime * 86400 * (1 - np.exp(-days / lifetime))
        worst = max(worst, abs(cr51_lxe.decays(configuration) / expected - 1))
    # a metre below a cylinder of 1.38 m in height and diameter, by the midpoint rule over slices and rings
    h, rho = (np.arange(400) + 0.5) / 400 * 1.38 + 1.0, (np.arange(400) + 0.5) / 400 * 0.69
    weight = 2 * rho / 0.69**2 * 0.69 / 400
    mean = np.sum(weight / (h[:, np.newaxis] ** 2 + rho**2)) / 400 / (4 * np.pi) / units.m**2
    worst = max(worst, abs(cr51_lxe.mean_inverse_square() / mean - 1))
    return agreement(float(worst), claim.tolerance)


def empty_bins(claim: Claim) -> Outcome:
    """Bins beyond the largest recoil: no Standard-Model events, so no error in Eq. (27)."""
    parameters = table("cr51/parameters")
    low, high, width = (parameters.value(f"lxe_{name}") for name in ("E_low", "E_high", "bin_width"))
    fastest = float(table("cr51/lines")["E_nu"].max()) * units.keV
    end = float(kinematics.recoil_limits(fastest, units.M_E)[1]) / units.keV
    edges = np.arange(low, high + width / 2, width)
    empty = int(np.sum(edges[:-1] >= end))
    return Outcome(
        empty == 0,
        f"electrons recoil with {end:.1f} keV at most, so {empty} of {len(edges) - 1} bins have "
        r"$N^\mathrm{SM}_i=0$ and $\sigma_i^\mathrm{stat}=0$, by which Eq. (27) divides",
        corrected=0 < empty < len(edges) - 1,
        correction=f"the first {len(edges) - 1 - empty} bins" if empty else "",
    )
