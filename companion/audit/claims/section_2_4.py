"""Section 2.4: event rates and their lower limits of integration."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp

from ... import kinematics, rates, targets
from ...fluxes import stopped_pion
from ...symbolic.recoil import symbol
from ...units import keV
from .. import formulas
from ..model import Claim
from ..outcomes import Outcome, agreement, percent, proof

E_R, E_NU, M, M_4 = map(symbol, ("E_r", "E_nu", "M", "m_4"))


@cache
def _exact_minimum(m_4: sp.Expr) -> sp.Expr:
    """Smallest neutrino energy from conservation of energy and momentum, solved by sympy.

    It is reached when the outgoing neutrino is collinear: ``(E - T)^2 - (E -+ q)^2 = m_4^2``.
    """
    q = sp.sqrt(E_R**2 + 2 * M * E_R)
    (solution,) = sp.solve(sp.expand((E_NU - E_R) ** 2 - (E_NU - q) ** 2 - m_4**2), E_NU)
    return solution


def _mass(claim: Claim) -> tuple[sp.Expr, sp.Expr]:
    """The printed minimum for a target of mass M, and the mass of the outgoing neutrino in it."""
    printed = claim.expression.subs(symbol("m_e"), M)
    return printed, M_4 if printed.has(M_4) else sp.Integer(0)


def exact(claim: Claim) -> Outcome:
    """A minimum that is printed without an approximation sign."""
    printed, m_4 = _mass(claim)
    same = sp.simplify(sp.radsimp(_exact_minimum(m_4)) - printed) == 0
    return proof(same, "Collinear four-momenta give the printed form, exactly.")


def leading(claim: Claim) -> Outcome:
    """A minimum that is printed with an approximation sign: the leading term for E_r << M."""
    printed, m_4 = _mass(claim)
    x = sp.Symbol("x", positive=True)  # sqrt(E_r/M)
    # both are sqrt(M E_r) times a function of x, but for the common factor with the mass
    exact_form = _exact_minimum(sp.Integer(0)).subs(E_R, x**2 * M) / M
    if m_4 != 0:
        factor = 1 + M_4**2 / (2 * M * E_R)
        factored = sp.simplify(_exact_minimum(M_4) - _exact_minimum(sp.Integer(0)) * factor) == 0
        printed = sp.cancel(printed / factor) if factored else sp.nan
    ratio = sp.simplify(exact_form / (printed.subs(E_R, x**2 * M) / M))
    first, second = _expansion(ratio, x)
    if first != 1 or ratio.has(M_4):
        return Outcome(False, f"The exact minimum is {sp.latex(first)} times the printed one for small recoils.")
    caesium = targets.compound({"Cs": 1}).nuclei[0][1].mass
    example = float(second) * (10 * keV / caesium) ** 0.5
    return Outcome(
        True,
        rf"It is the leading term; the next one is ${sp.latex(sp.nsimplify(second))}\sqrt{{E_r/M}}$, "
        f"{percent(example)} at 10 keV on caesium.",
    )


@cache
def _expansion(ratio: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """The first two coefficients in powers of x."""
    return sp.limit(ratio, x, 0), sp.limit(sp.diff(ratio, x), x, 0)


def massless_reduction(claim: Claim) -> Outcome:
    """The printed limits for a massive final state against the printed massless ones."""
    forms = formulas.read(claim.formula)
    same = all(sp.simplify(forms[f"{kind}_dipole"].subs(M_4, 0) - forms[f"{kind}_SM"]) == 0 for kind in ("N", "e"))
    return proof(same, "For $m_4=0$ the printed forms are the same.")


def folded_rate(claim: Claim) -> Outcome:
    """Eq. (21) by flux moments against adaptive quadrature over the neutrino energy."""
    nucleus = targets.compound({"Cs": 1}).nuclei[0][1]
    flux = stopped_pion.fluence(1.0, 1.0, 1.0)["antinu_mu"]
    worst = 0.0
    for m_4 in (0.0, 1.0, 20.0, 45.0):
        low, high = kinematics.recoil_limits(flux.maximum_energy, nucleus.mass, m_4)
        E_r = np.geomspace(max(float(low), 1e-6), float(high), 6)[1:-1]
        fast = rates.differential_rate("dipole", E_r, nucleus, flux, m_4)
        slow = rates.quadrature_rate("dipole", E_r, nucleus, flux, m_4)
        worst = max(worst, float(np.max(np.abs(fast / slow - 1))))
    return agreement("The rate from moments of the flux and the integral over it", worst, claim.tolerance)


def number_of_targets(claim: Claim) -> Outcome:
    """Electrons per kilogram times the weight of Eq. (16), which is 1/Z of a sum, against electrons shell by shell."""
    worst = 0.0
    for formula in ({"Xe": 1}, {"Cs": 1, "I": 1}):
        compound = targets.compound(formula)
        atoms = compound.units_in(1.0)
        E_r = np.geomspace(1e-5, 1.0, 200)
        for share, electrons in compound.electrons:
            Z = sum(electrons.occupancies)
            one_by_one = np.repeat(electrons.energies, np.asarray(electrons.occupancies, int))
            printed = share * atoms * Z * np.mean(E_r[:, np.newaxis] >= one_by_one, axis=1)
            ours = share * atoms * electrons.electric_charge(E_r) ** 2
            worst = max(worst, float(np.max(np.abs(ours - printed) / printed[-1])))
    return agreement("$Z$ electrons per atom with the weight $1/Z$ of Eq. (16) and the shells", worst, claim.tolerance)


def exposure_of_a_pulse(claim: Claim) -> Outcome:
    """Units of Eq. (21) with each of the two normalisations of a flux: per time, and for all protons on target."""
    kg, yr, cm, energy = sp.symbols("kg yr cm keV", positive=True)
    exposure = claim.expression.subs({symbol("kg"): kg, symbol("yr"): yr})
    per_target, cross_section = 1 / kg, cm**2 / energy

    def events(flux: sp.Expr) -> sp.Expr:
        return sp.simplify(per_target * exposure * cross_section * flux * energy * energy)

    # eta = r N_POT/(4 pi L^2) has no time in it: N_POT counts all protons of the run
    left, with_time = events(1 / (cm**2 * energy)), events(1 / (cm**2 * yr * energy))
    mended = with_time == 1 and sp.simplify(left / yr) == 1
    return Outcome(
        left == 1,
        rf"With $\eta=rN_\mathrm{{POT}}/4\pi L^2$, which counts all protons of a run, a factor {left} is left over.",
        "With a flux per time there is none.",
        correction=r"$\mathcal E$ is the mass alone where the flux is normalised to $\eta$" if mended else "",
    )
