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
