"""Section 3.2: COHERENT."""

from __future__ import annotations

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import quad

from ... import limits, units
from ...fluxes import stopped_pion
from ...symbolic.recoil import symbol
from ...units import M_E, M_MU, M_PI
from ..context import LIGHT, Context
from ..model import Claim, find
from ..outcomes import Outcome, agreement, listed, number, percent, within
from .chi_squares import profile_deviation, with_gaussian


def beam_spectra(claim: Claim) -> Outcome:
    """Which species kinematics allows one energy, which a range, and whether the flux of the package agrees."""
    # a massless neutrino that recoils against a system of mass m has the energy (parent^2 - m^2)/(2 parent);
    # two bodies: m is the mass of the muon; three: m runs from m_e, the end point, to m_mu, where nothing is left
    line, end = (M_PI**2 - M_MU**2) / (2 * M_PI), (M_MU**2 - M_E**2) / (2 * M_MU)
    fluxes = stopped_pion.fluence(1.0, 1.0, units.m)
    continuous = {species for species, flux in fluxes.items() if flux.continua and not flux.lines}
    energies = [prompt.energy for prompt in fluxes["nu_mu"].lines]
    ends = [c.knots[-1] for species in sorted(continuous) for c in fluxes[species].continua]
    agrees = bool(
        continuous == {"nu_e", "antinu_mu"}
        and len(energies) == 1
        and within(energies[0], line, claim.tolerance)
        and all(within(high, end, claim.tolerance) for high in ends)
    )
    holds = continuous == set(fluxes)
    return Outcome(
        holds,
        rf"The $\nu_\mu$ come from a two-body decay and have one energy, {line:.2f} MeV.",
        f"The others extend to {end:.2f} MeV, in the three-body decay of the muon.",
        correction=r"only $\nu_e$ and $\bar\nu_\mu$ follow a Michel spectrum" if agrees and not holds else "",
    )


def normalisation(claim: Claim) -> Outcome:
    """Each species integrates to the printed normalisation."""
    protons, per_proton, baseline = 1.76e23, 0.08, 19.3 * units.m
    given = {symbol("N_POT"): protons, symbol("r"): per_proton, symbol("L"): baseline}
    eta = float(claim.expression.subs(given))
    worst = 0.0
    for flux in stopped_pion.fluence(protons, per_proton, baseline).values():
        total = sum(line.intensity for line in flux.lines)
        for continuum in flux.continua:

            def density(E: float, c: object = continuum) -> float:
                return float(c.density(np.asarray(E))) / eta  # type: ignore[attr-defined]

            total += quad(density, 0, continuum.knots[-1], epsabs=0)[0] * eta
        worst = max(worst, abs(total / eta - 1))
    return agreement("The flux of each species and the printed normalisation", worst, claim.tolerance)


def analysis_bins(claim: Claim, context: Context) -> Outcome:
    """The printed range of bins and of photoelectrons against the bins of the release."""
    bins = context.table("coherent/csi2017_bins")
    first, last, low, high, count = claim.values
    rows = (bins["i"] >= first) & (bins["i"] <= last)
    found = (bins["PE_low"][rows].min(), bins["PE_high"][rows].max(), rows.sum())
    return Outcome(
        found == (low, high, count),
        f"Bins {first:g} to {last:g} are {found[2]} bins from {found[0]:g} to {found[1]:g} PE.",
    )


def csi_chi_square(claim: Claim, context: Context) -> Outcome:
    """Eq. (24) written out and minimised numerically against its closed-form profile."""
    experiment = context.experiment("coherent-csi")
    bins = context.table("coherent/csi2017_bins")
    rows = (bins["i"] >= 4) & (bins["i"] <= 15)
    N, steady, neutrons = bins["N_on_6us"][rows] - bins["N_ac_6us"][rows], bins["N_ac_6us"][rows], bins["B0n"][rows]
    sigma_1, sigma_2 = find("eq-24-signal").value, find("eq-24-neutrons").value

    def written(a: NDArray[np.float64], signal: NDArray[np.float64]) -> float:
        spread = np.sqrt(N + neutrons + 2 * steady)
        terms = ((N - signal * (1 + a[0]) - neutrons * (1 + a[1])) / spread) ** 2
        return float(terms.sum() + (a[0] / sigma_1) ** 2 + (a[1] / sigma_2) ** 2)

    worst = profile_deviation(experiment, "mu_mu", (0.0, 5e-9), written, (0.0, 0.0))
    return agreement("The chi-square as printed and the one of the package", worst, claim.tolerance)


def lar_chi_square(claim: Claim, context: Context) -> Outcome:
    """Eq. (25) written out and minimised numerically against its closed-form profile."""
    experiment = context.experiment("coherent-lar")
    bins = context.table("coherent/lar_bins")
    N, sigma, prompt, late = bins["N_exp"], bins["sigma_exp"], bins["PBRN"], bins["LBRN"]
    spreads = np.array([find(f"eq-25-{name}").value for name in ("signal", "prompt", "late")])
    shape = find("eq-25-shape").value

    def written(eta: NDArray[np.float64], signal: NDArray[np.float64]) -> float:
        variance = sigma**2 + (shape * (prompt + late)) ** 2
        terms = (N - eta[0] * signal - eta[1] * prompt - eta[2] * late) ** 2 / variance
        return float(terms.sum() + np.sum(((eta - 1) / spreads) ** 2))

    worst = profile_deviation(experiment, "mu_mu", (0.0, 5e-9), written, (1.0, 1.0, 1.0))
    return agreement("The chi-square as printed and the one of the package", worst, claim.tolerance)


def released(claim: Claim, context: Context, table: str, parameter: str) -> Outcome:
    """A printed number against that of the data release."""
    found = context.table(table).value(parameter)
    return Outcome(
        within(found, claim.value, claim.tolerance), f"The collaboration publishes {number(found, claim.unit, 5)}."
    )


def released_error(claim: Claim, context: Context, parameter: str) -> Outcome:
    """Error of an expected number of events over the number, as the release of argon prints both."""
    parameters = context.table("coherent/lar_parameters")
    events, error = parameters.value(parameter), parameters.value(parameter, "uncertainty")
    return Outcome(
        within(error / events, claim.value, claim.tolerance),
        f"The release has {error:g} of {events:g} events, {percent(error / events, 3)}.",
    )


def lar_quenching(claim: Claim, context: Context) -> Outcome:
    """The printed quenching factor between the two energies that the release tabulates with its efficiency."""
    measured = context.table("coherent/lar_efficiency")
    E_r = measured["E_nr"]
    printed = sp.lambdify(symbol("E_r"), claim.expression)(E_r)
    worst = float(np.max(np.abs(printed * E_r / measured["E_ee"] - 1)))
    return agreement("The printed factor and the energies that the release tabulates", worst, claim.tolerance)


def lar_resolution(claim: Claim, context: Context) -> Outcome:
    """The printed resolution against that of the release, and its form against a Poisson process."""
    found = context.table("coherent/lar_parameters").value("resolution")
    E = symbol("E")
    form = sp.simplify(claim.expression * sp.sqrt(E)).free_symbols == set()
    constant = float((claim.expression * sp.sqrt(E)).subs(E, 1))
    return Outcome(
        form and within(found, constant, claim.tolerance),
        rf"The release has $\sigma/E={found:g}/\sqrt{{E}}$.",
    )


def lar_spectrum(claim: Claim, context: Context) -> Outcome:
    """The whole chain, resolution and efficiency included, against the events that the release expects, bin by bin.

    A bin may be off by a part of what the release expects there or, where that is next to nothing, of its error.
    """
    bins = context.table("coherent/lar_bins")
    ours, release = context.experiment("coherent-lar").standard_model(), bins["CEvNS_prediction"]
    off = np.abs(ours - release)
    holds = np.all(off <= claim.tolerance * np.maximum(release, bins["sigma_exp"]))
    beyond = np.flatnonzero((off > claim.tolerance * release) & (ours > 1e-3))
    rest = np.setdiff1d(np.flatnonzero(release > 0), beyond)
    if not len(rest):
        return Outcome(False, f"We expect {ours.sum():.1f} events for {release.sum():.0f}, and no bin agrees.")
    within_share = float(np.max(off[rest] / release[rest]))
    worst = [f"{ours[k]:.3g} for {release[k]:.3g} in bin {k + 1}" for k in beyond]
    return Outcome(
        bool(holds and within(float(ours.sum()), float(release.sum()), claim.tolerance)),
        f"We expect {ours.sum():.1f} events where the release has {release.sum():.0f}.",
        f"Bins {rest[0] + 1} to {rest[-1] + 1} agree within {percent(within_share)}"
        + (f"; {listed(worst)}." if worst else "."),
    )


def lar_bins(claim: Claim, context: Context) -> Outcome:
    """The printed bins against those of the release."""
    bins = context.table("coherent/lar_bins")
    width = bins["E_high"] - bins["E_low"]
    found = (len(bins), bins["E_low"].min(), bins["E_high"].max(), width.min())
    holds = found == claim.values and width.max() == width.min()
    return Outcome(holds, f"The release has {found[0]} bins of {found[3]:g} keV from {found[1]:g} to {found[2]:g} keV.")


def csi_sigma_signal(claim: Claim, context: Context) -> Outcome:
    """The error of the flux is published; how the others add up to what is printed is not."""
    parameters = context.table("coherent/csi2017_parameters")
    flux = float(parameters.value("r", "uncertainty")) / parameters.value("r")
    rest = (claim.value**2 - flux**2) ** 0.5
    return Outcome(
        None,
        f"The error of the flux is {percent(flux)}; acceptance, form factor and quenching have to make the other "
        f"{percent(rest)}.",
        "In quadrature.",
        settles="the error of the quenching factor in its Ref. [54]",
    )


def lar_sigma_shape(claim: Claim, context: Context) -> Outcome:
    """What the printed error of the neutron shape does; the release that it comes from could not be read for it."""
    experiment = context.experiment("coherent-lar")
    exact = with_gaussian(experiment, sigma=context.table("coherent/lar_bins")["sigma_exp"])
    change = float(limits.upper_limit(exact, "mu_mu", LIGHT)) / context.limit("coherent-lar", "mu_mu") - 1
    return Outcome(
        None,
        f"Without this error the limit on a light state moves by {100 * change:+.2f} %.",
        "The paper takes it from Ref. [57], which was not seen.",
        settles="the derivation of the error in Ref. [57]",
    )


def denominator(claim: Claim, context: Context) -> Outcome:
    """The denominator of Eq. (24) against the variance of counts in coincidence less counts in anti-coincidence."""
    bins = context.table("coherent/csi2017_bins")
    rows = (bins["i"] >= 4) & (bins["i"] <= 15)
    on, steady, neutrons = bins["N_on_6us"][rows], bins["N_ac_6us"][rows], bins["B0n"][rows]
    variance = on + steady  # of N_exp = on - steady, in which the neutrons are already
    letters = [symbol(name) for name in ("N", "B_n", "B_s")]
    printed = sp.lambdify(letters, claim.expression, "numpy")(on - steady, neutrons, steady)
    surplus = printed - variance
    experiment = context.experiment("coherent-csi")
    mended = float(limits.upper_limit(with_gaussian(experiment, sigma=np.sqrt(variance)), "mu_mu", LIGHT))
    change = mended / context.limit("coherent-csi", "mu_mu") - 1
    holds = bool(np.all(np.abs(surplus) <= claim.tolerance * variance))
    return Outcome(
        holds,
        r"The neutrons are in $N^\mathrm{exp}$ already and are counted twice, "
        f"{percent(float(np.max(surplus / variance)))} of the variance at most.",
        f"Without them the limit on a light state moves by {100 * change:+.1f} %.",
        correction=r"without $B^{0n}$" if np.allclose(surplus, neutrons) and not holds else "",
    )
