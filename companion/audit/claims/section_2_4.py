"""Section 2.4: event rates and their lower limits of integration."""

from __future__ import annotations

import numpy as np
import sympy as sp

from ... import kinematics, rates, targets
from ...fluxes import stopped_pion
from ...units import keV
from ..ledger import Claim, Outcome, agreement, proof

E_R, M, M_4, E_NU = sp.symbols("E_r M m_4 E_nu", positive=True)


def _exact_minimum(m_4: sp.Expr) -> sp.Expr:
    """Smallest neutrino energy from conservation of energy and momentum, solved by sympy.

    It is reached when the outgoing neutrino is collinear: ``(E - T)^2 - (E -+ q)^2 = m_4^2``.
    """
    q = sp.sqrt(E_R**2 + 2 * M * E_R)
    (solution,) = sp.solve(sp.expand((E_NU - E_R) ** 2 - (E_NU - q) ** 2 - m_4**2), E_NU)
    return solution


def _equal(first: sp.Expr, second: sp.Expr) -> bool:
    return sp.simplify(sp.radsimp(first) - second) == 0


def exact_massless(claim: Claim) -> Outcome:
    """The Standard-Model form (E_r + sqrt(E_r^2 + 2 M E_r))/2."""
    printed = (E_R + sp.sqrt(E_R**2 + 2 * M * E_R)) / 2
    return proof(
        _equal(_exact_minimum(sp.Integer(0)), printed), "collinear four-momenta give the printed form, exactly"
    )


def exact_massive(claim: Claim) -> Outcome:
    """The form with the factor 1 + m_4^2/(2 m_e E_r) that is printed without an approximation sign."""
    printed = (E_R + sp.sqrt(E_R**2 + 2 * M * E_R)) / 2 * (1 + M_4**2 / (2 * M * E_R))
    return proof(_equal(_exact_minimum(M_4), printed), "collinear four-momenta give the printed form, exactly")


def heavy_target(claim: Claim) -> Outcome:
    """The approximate massless form is the leading term for E_r << M."""
    return _leading(sp.Integer(0))


def heavy_target_massive(claim: Claim) -> Outcome:
    """The approximate form for a massive final state is the leading term for E_r << M."""
    return _leading(M_4)


def _leading(m_4: sp.Expr) -> Outcome:
    x = sp.Symbol("x", positive=True)  # sqrt(E_r/M)
    printed = sp.sqrt(M * E_R / 2) * (1 + m_4**2 / (2 * M * E_R))
    ratio = (_exact_minimum(m_4) / printed).subs(E_R, x**2 * M)
    leading, correction = sp.limit(ratio, x, 0), sp.limit(sp.diff(sp.simplify(ratio), x), x, 0)
    caesium = targets.compound({"Cs": 1}).nuclei[0][1].mass
    example = 100 * float(correction) * (10 * keV / caesium) ** 0.5
    ratio_text = rf"$1+{sp.latex(sp.nsimplify(correction))}\sqrt{{E_r/M}}$"
    return proof(leading == 1, f"exact over printed is {ratio_text}: {example:.2g} % at 10 keV on Cs")


def massless_reduction(claim: Claim) -> Outcome:
    """The limits for a massive final state reduce to the massless ones."""
    same = sp.simplify(_exact_minimum(M_4).subs(M_4, 0) - _exact_minimum(sp.Integer(0))) == 0
    return proof(same, "$m_4=0$ gives the first form")


def folded_rate(claim: Claim) -> Outcome:
    """Eq. (21) by flux moments against adaptive quadrature over the neutrino energy."""
    nucleus = targets.compound({"Cs": 1}).nuclei[0][1]
    flux = stopped_pion.fluence(1.0, 1.0, 1.0)["antinu_mu"]
    worst = 0.0
    for m_4 in (0.0, 1.0, 20.0, 45.0):
        low, high = kinematics.recoil_limits(flux.maximum_energy, nucleus.mass, m_4)
        E_r = np.geomspace(max(float(low), 1e-6), float(high), 12)[1:-1]
        fast = rates.differential_rate("dipole", E_r, nucleus, flux, m_4)
        slow = rates.quadrature_rate("dipole", E_r, nucleus, flux, m_4)
        worst = max(worst, float(np.max(np.abs(fast / slow - 1))))
    return agreement(worst, claim.tolerance)


def number_of_targets(claim: Claim) -> Outcome:
    """Electrons per kilogram times the weight of Eq. (16), which is 1/Z of a sum, against electrons shell by shell."""
    worst = 0.0
    for formula in ({"Xe": 1}, {"Cs": 1, "I": 1}):
        compound = targets.compound(formula)
        atoms = compound.units_in(1.0)
        E_r = np.geomspace(1e-5, 1.0, 200)
        for number, electrons in compound.electrons:
            Z = sum(electrons.occupancies)
            one_by_one = np.repeat(electrons.energies, np.asarray(electrons.occupancies, int))
            printed = number * atoms * Z * np.mean(E_r[:, np.newaxis] >= one_by_one, axis=1)
            ours = number * atoms * electrons.electric_charge(E_r) ** 2
            worst = max(worst, float(np.max(np.abs(ours - printed) / printed[-1])))
    return Outcome(
        worst <= claim.tolerance,
        "with the $1/Z$ of Eq. (16), $N_T$ must count electrons, $Z$ per atom, and then both agree"
        if worst <= claim.tolerance
        else f"differ by up to {worst:.1e}",
    )


def exposure_of_a_pulse(claim: Claim) -> Outcome:
    """Units of Eq. (21) with each of the two normalisations of a flux: per time, and for all protons on target."""
    kg, yr, cm, keV_ = sp.symbols("kg yr cm keV", positive=True)
    targets_per_mass, cross_section, energy = 1 / kg, cm**2 / keV_, keV_
    events = {}
    for name, flux in (("per time", 1 / (cm**2 * yr * energy)), ("for all protons", 1 / (cm**2 * energy))):
        events[name] = sp.simplify(targets_per_mass * kg * yr * cross_section * flux * energy * keV_)
    # eta = r N_POT/(4 pi L^2) has no time in it: N_POT counts all protons of the run
    left = events["for all protons"]
    return Outcome(
        left == 1,
        rf"with $\eta=rN_\mathrm{{POT}}/4\pi L^2$, which counts all protons of a run, the number of events "
        rf"keeps a factor "
        rf"{left}; with a flux per time it has none",
        corrected=events["per time"] == 1 and sp.simplify(left / yr) == 1,
        correction=r"$\mathcal E$ is the mass alone where the flux is normalised to $\eta$",
    )
