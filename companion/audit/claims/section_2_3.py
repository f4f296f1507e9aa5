"""Section 2.3: the dipole portal."""

from __future__ import annotations

import numpy as np
import sympy as sp
from sympy.physics.quantum.cg import CG

from ... import cross_sections, kinematics, rates, targets, units
from ...fluxes import chromium51
from ...symbolic import amplitudes
from ...symbolic.recoil import symbol
from ..context import Context
from ..model import Claim, find
from ..outcomes import Outcome, agreement, listed, number, proof

E_R, E_NU, M, M_4, M_E = map(symbol, ("E_r", "E_nu", "M", "m_4", "m_e"))


def _same(first: sp.Expr, second: sp.Expr) -> bool:
    return bool(sp.expand(sp.expand(first) - sp.expand(second)) == 0)


def dipole(claim: Claim) -> Outcome:
    """Eqs. (17) and (19) as printed from traces over gamma matrices, neutrinos and antineutrinos."""
    derived = [amplitudes.magnetic("1/2", antineutrino).subs(M, M_E) for antineutrino in (False, True)]
    printed = claim.expression.subs(M, M_E)
    if claim.id == "eq-19":
        # a free electron has no form factor
        derived = [expression.subs(symbol("charge"), 1) for expression in derived]
    return proof(
        all(_same(expression, printed) for expression in derived),
        "Traces over gamma matrices give the printed formula, for antineutrinos too.",
    )


def massless_limit(claim: Claim) -> Outcome:
    """The printed Eqs. (17) and (19) for m_4 = 0 against the usual magnetic-moment cross-section."""
    nucleus, electron = (find(name).expression.subs(M_4, 0) for name in ("eq-17", "eq-19"))
    usual = claim.expression
    same = _same(nucleus, symbol("charge") ** 2 * usual) and _same(electron, usual)
    return proof(same, r"For $m_4=0$ they are $\alpha\mu_\nu^2Z^2F_p^2(1/E_r-1/E_\nu)$.")


def spin_difference(claim: Claim) -> Outcome:
    """Eq. (18) as printed against the derived cross-sections on spin 1/2 and spin 0."""
    brackets = _same(amplitudes.spin_difference(), claim.expression)
    whole = _same(amplitudes.magnetic("1/2") - amplitudes.magnetic("0"), claim.expression)
    mended = brackets and not whole
    return Outcome(
        whole,
        "The right-hand side is the difference of the brackets of Eq. (17), in 1/MeV, and not of the cross-sections.",
        correction=r"the right-hand side times $\alpha_\mathrm{em}\mu_{\nu,\mathrm{eff}}^2Z^2F_p^2$" if mended else "",
    )


def spinless(claim: Claim) -> Outcome:
    """The cross-section on a spinless nucleus against that on spin 1/2, both integrated over the recoil."""
    difference = sp.lambdify([E_R, E_NU, M, M_4], amplitudes.spin_difference(), "numpy")
    worst = 0.0
    for element in ("Ar", "Cs"):
        mass = targets.compound({element: 1}).nuclei[0][1].mass
        for E_nu in (1.0, 30.0, 52.0):
            for m_4 in (0.0, 0.5 * E_nu, 0.9 * E_nu):
                low, high = (float(end) for end in kinematics.recoil_limits(E_nu, mass, m_4))
                # a detector sees no recoils below some eV, and without a mass none would be the smallest
                E_r = np.geomspace(max(low, 1e-9), high, 2001)[1:-1]
                half = cross_sections.dipole(E_r, E_nu, mass, m_4) / units.DIPOLE
                change = difference(E_r, E_nu, mass, m_4)
                ratio = np.trapezoid(change * E_r, np.log(E_r)) / np.trapezoid(half * E_r, np.log(E_r))
                worst = max(worst, abs(float(ratio)))
    return Outcome(
        worst <= claim.tolerance,
        f"The spin changes the integrated cross-section by {number(worst, digits=1)} at most.",
        "Argon and caesium, neutrinos up to 52 MeV, $m_4$ up to 0.9 of their energy.",
    )


def nuclear_moment(claim: Claim, context: Context) -> Outcome:
    """Scattering on the magnetic moment of a nucleus against that on its charge, at the largest recoils of COHERENT.

    For a spin-1/2 target the magnetic form factor comes with Q^2/4M^2, which makes Q^2 mu^2/4m_p^2 of the moment mu in
    nuclear magnetons; another spin I brings (I + 1)/3I.
    """
    moments = context.table("nuclear/magnetic_moments")
    end = (units.M_MU**2 - units.M_E**2) / (2 * units.M_MU)
    ratios = {}
    for row in moments.rows():
        mass = row["A"] * units.u
        Q2 = 2 * mass * float(kinematics.recoil_limits(end, mass)[1])
        spin = (row["I"] + 1) / (3 * row["I"])
        ratios[row["element"]] = Q2 * row["moment"] ** 2 * spin / (4 * M_PROTON**2 * row["Z"] ** 2)
    text = listed([f"{number(ratio, digits=1)} ({element})" for element, ratio in ratios.items()])
    return Outcome(
        max(ratios.values()) < claim.tolerance,
        f"The magnetic moment adds {number(ratios['Cs'], digits=1)} of the charge term on caesium.",
        f"At the largest recoil that a neutrino of {end:.1f} MeV makes, at most: {text}.",
    )


M_PROTON = 938.27208816
"""Mass of the proton (MeV)."""


def bound_dipole(claim: Claim) -> Outcome:
    """The dipole rate on the electrons of an atom against that on free ones: the weight of Eq. (16)."""
    worst = 0.0
    flux = chromium51.flux(1.0)["nu_e"]
    for element in ("Xe", "Cs", "I"):
        _, electrons = targets.compound({element: 1}).electrons[0]
        E_r = np.geomspace(1e-5, 0.2, 300)
        one_by_one = np.repeat(electrons.energies, np.asarray(electrons.occupancies, int))
        weight = np.mean(E_r[:, np.newaxis] >= one_by_one, axis=1)
        rate = rates.differential_rate("dipole", E_r, electrons, flux, 0.01)
        free = rates.differential_rate("dipole", E_r, electrons.free(), flux, 0.01)
        worst = max(worst, float(np.max(np.abs(rate - weight * free)) / free.max()))
    return agreement("Rates on bound electrons and weighted rates on free ones", worst, claim.tolerance)


def only_massive() -> Outcome:
    """The interference for a massless final state, on spin 1/2 and spin 0, neutrinos and antineutrinos."""
    traces = [amplitudes.interference(spin, bar).subs(M_4, 0) for spin in amplitudes.SPINS for bar in (False, True)]
    present = not _same(amplitudes.interference("1/2"), sp.Integer(0))
    return proof(
        present and all(_same(trace, sp.Integer(0)) for trace in traces),
        "The interference is proportional to $m_4$: helicity forbids it for a massless final state.",
    )


def above_threshold() -> Outcome:
    """The neutrino energy against the mass it can produce."""
    m_4 = np.geomspace(1e-3, 100, 50)
    always = all(np.all(kinematics.threshold(mass, m_4) > m_4) for mass in (units.M_E, 3e4, 1.2e5))
    return proof(bool(always), r"$E_\nu\geq m_4+m_4^2/2M$.")


def nuclear_suppression(claim: Claim) -> Outcome:
    """Interference against magnetic scattering, at the same moment and mixing, on nuclei and on an electron.

    All at the middle of the recoils that a neutrino of 30 MeV makes with m_4 = 1 MeV.
    """
    E_nu, m_4 = 30.0, 1.0
    share = {}
    for element in ("Ar", "Cs"):
        nucleus = targets.compound({element: 1}).nuclei[0][1]
        E_r = float(kinematics.recoil_limits(E_nu, nucleus.mass, m_4)[1]) / 2
        Q_V, charge = nucleus.weak_charge(E_r), nucleus.electric_charge(E_r)
        mixed = cross_sections.interference(E_r, E_nu, nucleus.mass, m_4, Q_V, 0.0, charge=charge)
        share[element] = abs(float(mixed / cross_sections.dipole(E_r, E_nu, nucleus.mass, m_4, charge=charge)))
    E_r = float(kinematics.recoil_limits(E_nu, units.M_E, m_4)[1]) / 2
    g_L, g_R = cross_sections.electron_couplings("nu_mu")
    mixed = cross_sections.interference(E_r, E_nu, units.M_E, m_4, g_L + g_R, g_L - g_R)
    electron = abs(float(mixed / cross_sections.dipole(E_r, E_nu, units.M_E, m_4)))
    ratios = {element: value / electron for element, value in share.items()}
    text = listed([f"{number(ratio, digits=1)} on {element}" for element, ratio in ratios.items()])
    return Outcome(
        max(ratios.values()) < claim.tolerance,
        f"Interference over magnetic scattering, relative to an electron: {text}.",
        r"At the middle of the recoils of a 30 MeV neutrino, for $m_4=1$ MeV.",
    )


def with_energy() -> Outcome:
    """Interference and magnetic scattering on an electron from 1 to 50 MeV: at one recoil, and over all recoils."""
    m_4, E_r = 0.01, 0.005
    g_L, g_R = cross_sections.electron_couplings("nu_e")
    fixed, total, ratio = [], [], []
    for E_nu in (1.0, 50.0):
        low, high = (float(end) for end in kinematics.recoil_limits(E_nu, units.M_E, m_4))
        T = np.geomspace(low, high, 4001)[1:-1]
        mixed = cross_sections.interference(T, E_nu, units.M_E, m_4, g_L + g_R, g_L - g_R)
        single = cross_sections.interference(E_r, E_nu, units.M_E, m_4, g_L + g_R, g_L - g_R)
        magnetic = cross_sections.dipole(T, E_nu, units.M_E, m_4)
        fixed.append(abs(float(single)))
        total.append(float(np.trapezoid(np.abs(mixed) * T, np.log(T))))
        ratio.append(total[-1] / float(np.trapezoid(magnetic * T, np.log(T))))
    falls = fixed[1] / fixed[0] < 0.1
    holds = falls and total[1] < total[0]
    return Outcome(
        holds,
        f"From 1 to 50 MeV the interference falls to {number(fixed[1] / fixed[0], digits=1)} at a recoil of 5 keV, but "
        f"over all recoils it grows {total[1] / total[0]:.1f}-fold.",
        f"For $m_4=10$ keV; its share of the magnetic scattering changes by a factor {ratio[1] / ratio[0]:.2f}.",
        correction="at a given recoil energy; the recoils themselves extend with the energy"
        if falls and not holds
        else "",
    )


def axial_charge(spin: float) -> Outcome:
    """Footnote 6, its first half: the matrix element of an axial vector between states of a spin, by Wigner-Eckart."""
    J = sp.Rational(str(spin))
    steps = [-J + n for n in range(int(2 * J) + 1)]
    elements = [CG(J, m, 1, q, J, m + q).doit() for m in steps for q in (-1, 0, 1) if m + q in steps]
    return proof(
        all(element == 0 for element in elements),
        "By the Wigner–Eckart theorem an axial vector has no matrix element between states without spin.",
    )


def axial_size(claim: Claim) -> Outcome:
    """How one unpaired nucleon, over the weak charge of the nucleus or by itself, goes with A: the exponent."""
    unpaired = 0.5  # |T_3| of the nucleon, before the strong interaction makes it g_A times as large
    nuclei = [targets.compound({element: 1}).nuclei[0][1] for element in ("Al", "Ge", "I", "Xe", "Cs")]
    A = np.log([nucleus.A for nucleus in nuclei])
    over_weak = np.log([unpaired / abs(float(nucleus.weak_charge(1e-9))) for nucleus in nuclei])
    itself = np.log([unpaired for _ in nuclei])
    slopes = [float(np.polyfit(A, values, 1)[0]) for values in (itself, over_weak)]
    literal, relative = (abs(slope - claim.value) <= claim.tolerance for slope in slopes)
    return Outcome(
        literal,
        rf"One unpaired nucleon makes $\mathcal Q_A\approx{unpaired:g}$ whatever $A$; over the weak charge it goes as "
        f"$A^{{{slopes[1]:.2f}}}$.",
        "Al, Ge, I, Xe and Cs.",
        correction=r"$\mathcal Q_A/Q_V$ is of the order of $1/A$" if relative and not literal else "",
    )


def prefactor(claim: Claim) -> Outcome:
    """The printed factor before the bracket of Eq. (20), with the electron's charge -1."""
    derived = amplitudes.interference("1/2", antineutrino=True) / amplitudes.bracket("1/2", antineutrino=True)
    # G_mu = G_F e mu/(2 sqrt 2 pi) with e^2 = 4 pi alpha
    alpha, G_F, mu = symbol("alpha"), symbol("G_F"), symbol("mu")
    strength = G_F * sp.sqrt(4 * sp.pi * alpha) * mu / (2 * sp.sqrt(2) * sp.pi)
    derived = derived.subs({symbol("charge"): -1, symbol("G_mu"): strength})
    literal = _same(derived, claim.expression * mu)
    in_magnetons = _same(derived.subs(mu, sp.sqrt(sp.pi * alpha) / M_E), claim.expression)
    mended = in_magnetons and not literal
    return Outcome(
        literal,
        r"The printed factor holds for $\tilde\lambda$ in Bohr magnetons; its $m_e$ is that of the magneton. Eq. (17) "
        "has a moment with its unit.",
        correction=r"$\tilde\lambda_{j4}/\mu_B$" if mended else "",
    )
