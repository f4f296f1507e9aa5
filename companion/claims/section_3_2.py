"""Section 3.2: COHERENT."""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize

from .. import experiments, units
from ..data import table
from ..fluxes import stopped_pion
from ..ledger import Claim, Outcome, agreement, compare
from ..units import M_E, M_MU, M_PI


def beam_spectra(claim: Claim) -> Outcome:
    """How many energies kinematics allows each species: one from a two-body decay, a range from a three-body decay."""
    # the energy of a massless neutrino that recoils against a system of mass m: (parent^2 - m^2)/(2 parent)
    pion = [(M_PI**2 - m**2) / (2 * M_PI) for m in (M_MU, M_MU)]  # against a muon, and nothing else
    muon = [
        (M_MU**2 - m**2) / (2 * M_MU) for m in (M_E, M_MU)
    ]  # against a positron and a neutrino: from m_e up to m_mu
    single, spread = pion[0] == pion[1], muon[0] > muon[1]
    text = rf"$\nu_\mu$ come from the two-body decay of the pion: one line at {pion[0]:.2f} MeV"
    correction = r"only $\nu_e$ and $\bar\nu_\mu$ follow a Michel spectrum"
    return Outcome(not single, text, corrected=single and spread, correction=correction)


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
    experiment = experiments.load("coherent-csi")
    bins = table("coherent/csi2017_bins")
    rows = (bins["i"] >= 4) & (bins["i"] <= 15)
    N, steady, neutrons = bins["N_on_6us"][rows] - bins["N_ac_6us"][rows], bins["N_ac_6us"][rows], bins["B0n"][rows]
    worst = 0.0
    for value in (0.0, 2e-9, 5e-9):
        signal = experiment.expected("mu_mu", value, 0.01)

        def printed(a, signal=signal):
            spread = np.sqrt(N + neutrons + 2 * steady)
            terms = ((N - signal * (1 + a[0]) - neutrons * (1 + a[1])) / spread) ** 2
            return terms.sum() + (a[0] / 0.128) ** 2 + (a[1] / 0.25) ** 2

        numeric = minimize(printed, [0.0, 0.0], method="BFGS").fun
        worst = max(worst, abs(numeric / float(experiment.chi2("mu_mu", value, 0.01)) - 1))
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
    """The whole chain, resolution and efficiency included, against the events that the release expects."""
    ours, release = experiments.load("coherent-lar").standard_model(), table("coherent/lar_bins")["CEvNS_prediction"]
    filled = release > 1e-3 * release.sum()
    worst = float(np.max(np.abs(ours[filled] / release[filled] - 1)))
    return Outcome(
        worst <= claim.tolerance,
        f"{ours.sum():.1f} events for the {release.sum():.0f} of the release; bins within {100 * worst:.1f} %",
    )


def lar_bins(claim: Claim) -> Outcome:
    """The bins of the release."""
    bins = table("coherent/lar_bins")
    low, high, width = bins["E_low"], bins["E_high"], bins["E_high"] - bins["E_low"]
    found = (len(bins), low.min(), high.max(), width.min(), width.max())
    return Outcome(found == (12, 0, 120, 10, 10), f"{found[0]} bins from {low.min():g} to {high.max():g} keV$_{{ee}}$")


def lar_chi_square(claim: Claim) -> Outcome:
    """Eq. (25) written out and minimised numerically against its closed-form profile."""
    experiment = experiments.load("coherent-lar")
    bins = table("coherent/lar_bins")
    N, sigma, prompt, late = bins["N_exp"], bins["sigma_exp"], bins["PBRN"], bins["LBRN"]
    worst = 0.0
    for value in (0.0, 2e-9, 5e-9):
        signal = experiment.expected("mu_mu", value, 0.01)

        def printed(eta, signal=signal):
            variance = sigma**2 + (0.017 * (prompt + late)) ** 2
            terms = (N - eta[0] * signal - eta[1] * prompt - eta[2] * late) ** 2 / variance
            return terms.sum() + np.sum(((eta - 1) / np.array([0.134, 0.32, 1.0])) ** 2)

        numeric = minimize(printed, [1.0, 1.0, 1.0], method="BFGS").fun
        worst = max(worst, abs(numeric / float(experiment.chi2("mu_mu", value, 0.01)) - 1))
    return agreement(worst, claim.tolerance)


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
