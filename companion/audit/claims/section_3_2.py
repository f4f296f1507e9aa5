"""Section 3.2: COHERENT."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad

from ... import limits, units
from ...data import table
from ...fluxes import stopped_pion
from ...units import M_E, M_MU, M_PI
from ..ledger import Claim, Outcome, agreement, compare
from .common import load, profile_deviation, with_gaussian


def beam_spectra(claim: Claim) -> Outcome:
    """Which species kinematics allows one energy, which a range, and whether the flux of the package agrees."""
    # a massless neutrino that recoils against a system of mass m has the energy (parent^2 - m^2)/(2 parent);
    # two bodies: m is the mass of the muon; three: m runs from m_e, the end point, to m_mu, where nothing is left
    line, end = (M_PI**2 - M_MU**2) / (2 * M_PI), (M_MU**2 - M_E**2) / (2 * M_MU)
    fluxes = stopped_pion.fluence(1.0, 1.0, units.m)
    continuous = {species for species, flux in fluxes.items() if flux.continua and not flux.lines}
    energies = [prompt.energy for prompt in fluxes["nu_mu"].lines]
    ranges = [(c.knots[0], c.knots[-1]) for species in sorted(continuous) for c in fluxes[species].continua]
    agrees = bool(
        continuous == {"nu_e", "antinu_mu"}
        and not fluxes["nu_mu"].continua
        and len(energies) == 1
        and abs(energies[0] / line - 1) <= claim.tolerance
        and all(low == 0 and abs(high / end - 1) <= claim.tolerance for low, high in ranges)
    )
    holds = continuous == set(fluxes)
    return Outcome(
        holds,
        rf"our flux of $\nu_\mu$ has a line at {', '.join(f'{E:.2f}' for E in energies)} MeV, the two-body decay of "
        rf"the pion gives {line:.2f} MeV and nothing else; those of $\nu_e$ and $\bar\nu_\mu$ extend to "
        f"{max((high for _, high in ranges), default=0.0):.2f} MeV, the three-body decay of the muon to {end:.2f} MeV",
        corrected=agrees and not holds,
        correction=r"only $\nu_e$ and $\bar\nu_\mu$ follow a Michel spectrum" if agrees and not holds else "",
    )


def normalisation(claim: Claim) -> Outcome:
    """Each species integrates to r N_POT/(4 pi L^2)."""
    protons, per_proton, baseline = 1.76e23, 0.08, 19.3 * units.m
    eta = per_proton * protons / (4 * np.pi * baseline**2)
    worst = 0.0
    for flux in stopped_pion.fluence(protons, per_proton, baseline).values():
        total = sum(line.intensity for line in flux.lines) + sum(
            quad(lambda E, c=continuum: float(c.density(np.asarray(E))) / eta, 0, continuum.knots[-1], epsabs=0)[0]
            * eta
            for continuum in flux.continua
        )
        worst = max(worst, abs(total / eta - 1))
    return agreement(worst, claim.tolerance)


def analysis_bins(claim: Claim) -> Outcome:
    """Bins 4 to 15 are the photoelectrons 6 to 30."""
    bins = table("coherent/csi2017_bins")
    rows = (bins["i"] >= 4) & (bins["i"] <= 15)
    low, high = bins["PE_low"][rows].min(), bins["PE_high"][rows].max()
    number = int(rows.sum())
    return Outcome((number, low, high) == (12, 6, 30), f"{number} bins from {low:g} to {high:g} PE")


def chi_square(claim: Claim) -> Outcome:
    """Eq. (24) written out and minimised numerically against its closed-form profile."""
    experiment = load("coherent-csi")
    bins = table("coherent/csi2017_bins")
    rows = (bins["i"] >= 4) & (bins["i"] <= 15)
    N, steady, neutrons = bins["N_on_6us"][rows] - bins["N_ac_6us"][rows], bins["N_ac_6us"][rows], bins["B0n"][rows]

    def written(a, signal):
        spread = np.sqrt(N + neutrons + 2 * steady)
        terms = ((N - signal * (1 + a[0]) - neutrons * (1 + a[1])) / spread) ** 2
        return terms.sum() + (a[0] / 0.128) ** 2 + (a[1] / 0.25) ** 2

    worst = profile_deviation(experiment, "mu_mu", (0.0, 2e-9, 5e-9), written, (0.0, 0.0))
    return agreement(worst, claim.tolerance)


def light_yield(claim: Claim) -> Outcome:
    """The light yield of the data release."""
    return compare(claim, table("coherent/csi2017_parameters").value("light_yield"))


def lar_mass(claim: Claim) -> Outcome:
    """The fiducial mass of the data release."""
    return compare(claim, table("coherent/lar_parameters").value("mass"))


def lar_quenching(claim: Claim) -> Outcome:
    """The quenching factor between the two energies that the release tabulates with its efficiency."""
    measured = table("coherent/lar_efficiency")
    E_r = measured["E_nr"]
    return agreement(float(np.max(np.abs((0.246 + 7.8e-4 * E_r) * E_r / measured["E_ee"] - 1))), claim.tolerance)


def lar_spectrum(claim: Claim) -> Outcome:
    """The whole chain, resolution and efficiency included, against the events that the release expects, bin by bin.

    A bin may be off by a part of what the release expects there or, where that is next to nothing, of its error.
    """
    bins = table("coherent/lar_bins")
    ours, release = load("coherent-lar").standard_model(), bins["CEvNS_prediction"]
    off = np.abs(ours - release)
    holds = np.all(off <= claim.tolerance * np.maximum(release, bins["sigma_exp"]))
    beyond = np.flatnonzero((off > claim.tolerance * release) & (ours > 1e-3))
    worst = [f"{ours[k]:.3g} for {release[k]:.3g} in bin {k + 1}" for k in beyond]
    rest = np.setdiff1d(np.flatnonzero(release > 0), beyond)
    within = 100 * np.max(off[rest] / release[rest], initial=0.0)
    errors = np.max(off[beyond] / bins["sigma_exp"][beyond], initial=0.0)
    return Outcome(
        bool(holds and abs(ours.sum() / release.sum() - 1) <= claim.tolerance),
        f"{ours.sum():.1f} events for the {release.sum():.0f} of the release; bins {rest[0] + 1} to {rest[-1] + 1} "
        f"within {within:.1f} %" + (f"; {' and '.join(worst)}, {errors:.2f} of its error" if worst else ""),
    )


def lar_bins(claim: Claim) -> Outcome:
    """The bins of the release."""
    bins = table("coherent/lar_bins")
    low, high, width = bins["E_low"], bins["E_high"], bins["E_high"] - bins["E_low"]
    found = (len(bins), low.min(), high.max(), width.min(), width.max())
    return Outcome(found == (12, 0, 120, 10, 10), f"{found[0]} bins from {low.min():g} to {high.max():g} keV$_{{ee}}$")


def lar_chi_square(claim: Claim) -> Outcome:
    """Eq. (25) written out and minimised numerically against its closed-form profile."""
    experiment = load("coherent-lar")
    bins = table("coherent/lar_bins")
    N, sigma, prompt, late = bins["N_exp"], bins["sigma_exp"], bins["PBRN"], bins["LBRN"]

    def written(eta, signal):
        variance = sigma**2 + (0.017 * (prompt + late)) ** 2
        terms = (N - eta[0] * signal - eta[1] * prompt - eta[2] * late) ** 2 / variance
        return terms.sum() + np.sum(((eta - 1) / np.array([0.134, 0.32, 1.0])) ** 2)

    worst = profile_deviation(experiment, "mu_mu", (0.0, 2e-9, 5e-9), written, (1.0, 1.0, 1.0))
    return agreement(worst, claim.tolerance)


def csi_sigma_signal(claim: Claim) -> Outcome:
    """The error of the flux is published; how the others add up to what is printed is not."""
    parameters = table("coherent/csi2017_parameters")
    flux = float(parameters.value("r", "uncertainty")) / parameters.value("r")
    rest = np.sqrt(claim.value**2 - flux**2)
    return Outcome(
        None,
        f"{100 * flux:.0f} % are the error of the flux; how acceptance, form factor and quenching make up the other "
        f"{100 * rest:.1f} % (in quadrature) in its Ref. [54] would settle it",
    )


def csi_sigma_neutrons(claim: Claim) -> Outcome:
    """The error of the normalisation of the prompt neutrons in the data release."""
    return compare(claim, table("coherent/csi2017_parameters").value("sigma_neutrons"))


def lar_sigma_shape(claim: Claim) -> Outcome:
    """What the error of the neutron shape does to the limit; the release does not print it."""
    experiment = load("coherent-lar")
    exact = with_gaussian(experiment, sigma=table("coherent/lar_bins")["sigma_exp"])
    with_shape, without = (float(limits.upper_limit(e, "mu_mu", 0.01)) for e in (experiment, exact))
    return Outcome(
        None,
        f"without it the limit for a light state moves by {100 * (without / with_shape - 1):+.2f} %; the release does "
        "not contain it, the derivation in its Ref. [57] would settle it",
    )


def _released_error(claim: Claim, name: str) -> Outcome:
    """Error of an expected number of events over the number, as the release prints both."""
    parameters = table("coherent/lar_parameters")
    return compare(claim, parameters.value(name, "uncertainty") / parameters.value(name))


def lar_sigma_signal(claim: Claim) -> Outcome:
    """17 of 128 events."""
    return _released_error(claim, "CEvNS_prediction")


def lar_sigma_prompt(claim: Claim) -> Outcome:
    """160 of 497 events."""
    return _released_error(claim, "PBRN_prediction")


def lar_sigma_late(claim: Claim) -> Outcome:
    """33 of 33 events."""
    return _released_error(claim, "LBRN_prediction")


def csi_mass(claim: Claim) -> Outcome:
    """The mass that COHERENT publishes, to three digits."""
    return compare(claim, table("coherent/csi2017_parameters").value("mass_published"))


def denominator(claim: Claim) -> Outcome:
    """The denominator of Eq. (24) against the variance of counts in coincidence less counts in anti-coincidence."""
    bins = table("coherent/csi2017_bins")
    rows = (bins["i"] >= 4) & (bins["i"] <= 15)
    on, steady, neutrons = bins["N_on_6us"][rows], bins["N_ac_6us"][rows], bins["B0n"][rows]
    variance = on + steady  # of N_exp = on - steady, in which the neutrons are already
    printed = (on - steady) + neutrons + 2 * steady
    surplus = printed - variance
    experiment = load("coherent-csi")
    mended = with_gaussian(experiment, sigma=np.sqrt(variance))
    before, after = (float(limits.upper_limit(e, "mu_mu", 0.01)) for e in (experiment, mended))
    return Outcome(
        bool(np.all(np.abs(surplus) <= claim.tolerance * variance)),
        r"the variance is $N^\mathrm{exp}+2B^{ss}$: the neutrons are in $N^\mathrm{exp}$ and are counted twice, "
        f"{100 * float(np.max(surplus / variance)):.1f} % of the variance at most, "
        f"{100 * (after / before - 1):+.1f} % in "
        "the limit",
        corrected=bool(np.allclose(surplus, neutrons)),
        correction=r"without $B^{0n}$",
    )
