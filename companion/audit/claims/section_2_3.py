"""Section 2.3: the dipole portal and its interference with the weak force."""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from ... import cross_sections, kinematics, moments, rates, targets, units
from ...fluxes import chromium51
from ...symbolic import amplitudes, mixing, recoil
from ..ledger import Claim, Outcome, agreement, proof

E_R, E_NU, M, M_4 = map(recoil.symbol, ("E_r", "E_nu", "M", "m_4"))
G_V, G_A = recoil.symbol("g_V"), recoil.symbol("g_A")


def _same(first: sp.Expr, second: sp.Expr) -> bool:
    return sp.expand(sp.expand(first) - sp.expand(second)) == 0


def massless_limit(claim: Claim) -> Outcome:
    """For m_4 = 0 the usual magnetic-moment cross-section 1/E_r - 1/E_nu is left."""
    letters = recoil.symbols(cross_sections.dipole_body)
    E_r, E_nu, charge, alpha_mu2 = (letters[name] for name in ("E_r", "E_nu", "charge", "alpha_mu2"))
    limit = recoil.expression(cross_sections.dipole_body).subs(letters["m_4"], 0)
    same = sp.simplify(limit - alpha_mu2 * charge**2 * (1 / E_r - 1 / E_nu)) == 0
    return proof(same, r"$m_4=0$ leaves $\alpha\mu_\nu^2Z^2F_p^2(1/E_r-1/E_\nu)$")


def dipole(claim: Claim) -> Outcome:
    """Eqs. (17) and (19) from traces over gamma matrices, neutrinos and antineutrinos."""
    printed = recoil.expression(cross_sections.dipole_body)
    same = all(_same(amplitudes.magnetic("1/2", antineutrino), printed) for antineutrino in (False, True))
    return proof(same, "traces over gamma matrices give exactly the printed formula, for antineutrinos too")


def spin_difference(claim: Claim) -> Outcome:
    """Eq. (18) from the derived cross-sections on spin 1/2 and spin 0."""
    brackets = _same(amplitudes.spin_difference(), recoil.expression(cross_sections.spin_difference_body))
    whole = _same(
        amplitudes.magnetic("1/2") - amplitudes.magnetic("0"), recoil.expression(cross_sections.spin_difference_body)
    )
    return Outcome(
        whole,
        "the difference of the brackets of Eq. (17) is exactly the right-hand side, whose unit is 1/MeV",
        corrected=brackets,
        correction=r"the right-hand side times $\alpha_\mathrm{em}\mu_{\nu,\mathrm{eff}}^2Z^2F_p^2$",
    )


def interference(claim: Claim) -> Outcome:
    """The bracket of Eq. (20) against the derived one, term by term; real couplings, antineutrinos."""
    derived = amplitudes.bracket("1/2", antineutrino=True)
    vector, axial = (M - E_R) / E_NU, E_R / E_NU
    printed = vector * G_V + (2 - axial) * G_A
    mass = 1 + M_4**2 / (2 * M * E_R)
    corrected = vector * mass * G_V + (2 - axial * mass) * G_A
    leading = _same(derived.subs(M_4, 0), printed)
    return Outcome(
        _same(derived, printed),
        "the printed bracket is that of $m_4^2\\ll2m_eE_r$" if leading else "another bracket even for light $m_4$",
        corrected=_same(derived, corrected),
        correction=r"$\frac{m_e-E_r}{E_\nu}\left(1+\frac{m_4^2}{2m_eE_r}\right)$ with $Z^{V*}$ and "
        r"$2-\frac{E_r}{E_\nu}\left(1+\frac{m_4^2}{2m_eE_r}\right)$ with $Z^{A*}$",
    )


def interference_prefactor(claim: Claim) -> Outcome:
    """The factor before the bracket, with the electron's charge -1 and one Bohr magneton."""
    G_mu, charge = recoil.symbol("G_mu"), recoil.symbol("charge")
    derived = amplitudes.interference("1/2", antineutrino=True) / amplitudes.bracket("1/2", antineutrino=True)
    same = _same(derived.subs(charge, -1), G_mu * M_4 / E_NU)
    # G_mu = G_F e mu/(2 sqrt 2 pi) with e mu_B = 2 pi alpha/m_e
    magneton = units.G_F * math.sqrt(4 * math.pi * units.ALPHA) * moments.BOHR_MAGNETON / (2 * math.sqrt(2) * math.pi)
    same &= math.isclose(magneton, units.ALPHA * units.G_F / (math.sqrt(2) * units.M_E), rel_tol=1e-14)
    return proof(same, "exact; its $m_e$ is the one of the Bohr magneton, and the target's charge is $-1$")


def moment_in_both_terms(claim: Claim) -> Outcome:
    """Whether the axial term is free of the moment, as the printed brackets have it."""
    G_mu = recoil.symbol("G_mu")
    axial = sp.expand(amplitudes.interference("1/2", antineutrino=True)).coeff(G_A)
    linear = not sp.expand(axial / G_mu).has(G_mu)
    return Outcome(
        not axial.has(G_mu),
        "the axial term is linear in the moment too: without it, it would not be an interference",
        corrected=linear,
        correction=r"a bracket after $\tilde\lambda_{j4}$ that closes after $Z^{A*}_{n4}$",
    )


def _couplings(flavour: str, random: np.random.Generator):
    angles = {name: random.uniform(0.2, 1.3) for name in moments.ANGLES}
    phases = {name: random.uniform(0, 2 * np.pi) for name in moments.PHASES}
    return moments.mixing_matrix(angles, phases), moments.FLAVOURS.index(flavour)


def mixing_factor(claim: Claim) -> Outcome:
    """The sum over n of U*_en Z*_n4 for antineutrinos at L = 0 against U*_e4 (1 + g), which the Lagrangian gives."""
    random = np.random.default_rng(20)
    printed = conjugated = 0.0
    for _ in range(5):
        U, e = _couplings("e", random)
        g = random.uniform(-1, 1)
        expected = U[e, 3].conj() * (1 + g)
        for conjugate in (False, True):
            charged = np.outer(U[e], U[e].conj())
            Z = (charged.conj() if conjugate else charged) + g * np.eye(4)
            deviation = abs(np.sum(U[e].conj() * Z[:, 3].conj()) - expected) / abs(expected)
            if conjugate:
                conjugated = max(conjugated, deviation)
            else:
                printed = max(printed, deviation)
    return Outcome(
        printed < 1e-12,
        f"as printed the sum is off by up to {100 * printed:.0f} % for random phases; right if $U$ is real",
        corrected=conjugated < 1e-12,
        correction=r"$Z_{jk}=U_{ej}^*U_{ek}+\dots$",
    )


def neutral_current(claim: Claim) -> Outcome:
    """The neutral current is diagonal only among active states: delta_jk against delta_jk - U*_sj U_sk."""
    random = np.random.default_rng(21)
    short = far = 0.0
    for _ in range(5):
        U, e = _couplings("e", random)
        true = np.eye(4) - np.outer(U[3].conj(), U[3])
        for distance in (0.0, 1.0):
            arriving = U[e] * np.exp(-1j * distance * random.uniform(0, 6, 4))
            difference = abs(arriving @ (true - np.eye(4)))[3]
            if distance:
                far = max(far, difference)
            else:
                short = max(short, difference)
    return Outcome(
        far < 1e-12,
        f"at $L=0$ the amplitude differs by {'nothing' if short < 1e-12 else f'up to {short:.1f}'}, with oscillations "
        f"by up to {far:.1f}",
        corrected=short < 1e-12,
        correction=r"$\delta_{jk}\to\delta_{jk}-U_{sj}^*U_{sk}$, which matters only once the states have oscillated",
    )


def footnote_5(claim: Claim) -> Outcome:
    """What has to change its sign for neutrinos: the whole axial coupling."""
    neutrino, antineutrino = amplitudes.bracket("1/2"), amplitudes.bracket("1/2", antineutrino=True)
    whole = _same(neutrino, antineutrino.subs(G_A, -G_A))
    # Z^A = charged current + g_A: literally, only the second part turns round
    charged, neutral = sp.symbols("charged neutral")
    literal = _same(neutrino.subs(G_A, charged + neutral), antineutrino.subs(G_A, charged - neutral))
    return Outcome(
        literal,
        "the sign of the whole $Z^A$ changes, that of the charged current $U_{ej}U_{ek}^*$ in it too",
        corrected=whole,
        correction=r"$Z^A\to-Z^A$",
    )


def axial_charge(claim: Claim) -> Outcome:
    """Footnote 6, its first half: a spinless target has no axial current, and the derivation none to contract."""
    free = not any(expression.has(G_A) for expression in (amplitudes.weak("0"), amplitudes.bracket("0")))
    return proof(free, "no axial vector can be made of $p$ and $p'$; the size for other spins is not checked")


def electron_flavour(claim: Claim) -> Outcome:
    """The mixing factor of nu_e over sin 2 theta_14: independent of theta_14."""
    U, matrix = mixing.mixing_matrix(), mixing.moment_matrix()
    factor = U[0, 3] * sum(U[0, j].conjugate() * matrix[j, 3] for j in range(3))
    theta = mixing.angles["theta_14"]
    rest = sp.expand(factor / (sp.sin(theta) * sp.cos(theta)))
    text = r"$U_{e4}\sum_jU_{ej}^*\tilde\lambda_{j4}$ over $s_{14}c_{14}$ is free of $\theta_{14}$"
    return Outcome(not rest.has(theta), text)


def muon_flavour(claim: Claim) -> Outcome:
    """The mixing factor of nu_mu for small theta_24, and what the paper divides it by."""
    U, matrix = mixing.mixing_matrix(), mixing.moment_matrix()
    factor = U[1, 3] * sum(U[1, j].conjugate() * matrix[j, 3] for j in range(3))
    angle, other = mixing.angles["theta_24"], mixing.angles["theta_14"]
    reduced = sp.expand(factor / (sp.cos(other) * sp.sin(angle)))
    linear = reduced.subs(angle, 0) != 0
    quadratic = not sp.expand(reduced / sp.sin(angle)).has(angle, other)
    return Outcome(
        quadratic,
        r"$U_{\mu4}\sum_jU_{\mu j}^*\tilde\lambda_{j4}=c_{14}s_{24}\,(c_{24}A-s_{24}s_{14}e^{i\delta_{14}}B)$: "
        "linear in $s_{24}$",
        corrected=bool(linear),
        correction="to $c_{14}s_{24}$, times what stays finite at $s_{24}=0$",
    )


def nuclear_substitution(claim: Claim) -> Outcome:
    """The substitutions for nuclei against the derived interference on a nucleus of charge Z F_p."""
    F, m_e = recoil.symbol("charge"), sp.Symbol("m_e", positive=True)
    strength = sp.Symbol("g", positive=True)  # alpha G_F/sqrt 2
    derived = amplitudes.interference("1/2", antineutrino=True).subs(recoil.symbol("G_mu"), strength / m_e)
    bracket = amplitudes.bracket("1/2", antineutrino=True)
    printed = strength * F * M_4 / (E_NU * M) * bracket  # even with the exact bracket
    return Outcome(
        _same(derived, printed),
        r"the prefactor keeps the $m_e$ of the Bohr magneton, and a positive charge turns the sign: "
        r"as printed the result is too small by $m_e/M$",
        corrected=_same(derived, -printed * M / m_e),
        correction=r"$m_e\to M$ in the bracket only, $\tilde\lambda\to-ZF_p\tilde\lambda$, "
        r"and no $U_{ej}U_{ek}^*$ in $Z$",
    )


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
    text = ", ".join(f"{ratio:.1g} times that of an electron on {element}" for element, ratio in ratios.items())
    return Outcome(max(ratios.values()) < 0.1, f"interference over magnetic scattering: {text}")


def above_threshold(claim: Claim) -> Outcome:
    """The neutrino energy against the mass it can produce."""
    m_4 = np.geomspace(1e-3, 100, 50)
    always = all(np.all(kinematics.threshold(M, m_4) > m_4) for M in (units.M_E, 3e4, 1.2e5))
    return proof(bool(always), r"$E_\nu\geq m_4+m_4^2/2M$")


def spinless(claim: Claim) -> Outcome:
    """The cross-section on a spinless nucleus against that on spin 1/2, both integrated over the recoil."""
    worst = 0.0
    for element in ("Ar", "Cs"):
        mass = targets.compound({element: 1}).nuclei[0][1].mass
        for E_nu in (1.0, 30.0, 52.0):
            for m_4 in (0.0, 0.5 * E_nu, 0.9 * E_nu):
                low, high = (float(end) for end in kinematics.recoil_limits(E_nu, mass, m_4))
                # a detector sees no recoils below some eV, and without a mass none would be the smallest
                E_r = np.geomspace(max(low, 1e-9), high, 2001)[1:-1]
                half = cross_sections.dipole_body(E_r, E_nu, mass, m_4, 1.0, 1.0)
                difference = cross_sections.spin_difference_body(E_r, E_nu, mass, m_4)
                ratio = np.trapezoid(difference * E_r, np.log(E_r)) / np.trapezoid(half * E_r, np.log(E_r))
                worst = max(worst, abs(float(ratio)))
    return Outcome(
        worst <= claim.tolerance,
        f"integrated over the recoils on Ar and Cs, up to 52 MeV and 0.9 of the neutrino energy in $m_4$, the spin "
        f"changes the cross-section by {worst:.0e} at most",
    )


def bound_dipole(claim: Claim) -> Outcome:
    """The dipole rate on the electrons of an atom against that on free ones: the weight of Eq. (16)."""
    worst = 0.0
    flux = chromium51.flux(1.0)["nu_e"]
    for element in ("Xe", "Cs", "I"):
        _, electrons = targets.compound({element: 1}).electrons[0]
        E_r = np.geomspace(1e-5, 0.2, 300)
        one_by_one = np.repeat(electrons.energies, np.asarray(electrons.occupancies, int))
        weight = np.mean(E_r[:, np.newaxis] >= one_by_one, axis=1)
        rate, free = (
            rates.differential_rate("dipole", E_r, shells, flux, 0.01) for shells in (electrons, electrons.free())
        )
        worst = max(worst, float(np.max(np.abs(rate - weight * free)) / free.max()))
    return agreement(worst, claim.tolerance)


def neutral_couplings(claim: Claim) -> Outcome:
    """The couplings without the charged current from isospin and charge of the electron, and as implemented."""
    isospin, charge = -0.5, -1
    g_L, g_R = cross_sections.electron_couplings("nu_mu")
    vector, axial = isospin - 2 * charge * units.SIN2_THETA_W, isospin
    same = math.isclose(g_L + g_R, vector, rel_tol=1e-14) and math.isclose(g_L - g_R, axial, rel_tol=1e-14)
    printed = math.isclose(vector, -0.5 + 2 * units.SIN2_THETA_W, rel_tol=1e-14) and axial == -0.5
    return proof(same and printed, r"$T_3-2q\sin^2\theta_W$ and $T_3$ of the electron")


def only_massive(claim: Claim) -> Outcome:
    """The interference for a massless final state, on spin 1/2 and spin 0, neutrinos and antineutrinos."""
    traces = [amplitudes.interference(spin, bar).subs(M_4, 0) for spin in amplitudes.SPINS for bar in (False, True)]
    present = not _same(amplitudes.interference("1/2"), sp.Integer(0))
    return proof(
        present and all(_same(trace, sp.Integer(0)) for trace in traces),
        r"the traces are proportional to $m_4$: helicity forbids it for a massless final state",
    )


def conjugation(claim: Claim) -> Outcome:
    """The mixing factor of neutrinos and antineutrinos: complex conjugates of each other, with the same real part."""
    random = np.random.default_rng(5)
    worst = 0.0
    for flavour in moments.FLAVOURS:
        angles = {name: random.uniform(0.2, 1.3) for name in moments.ANGLES}
        phases = {name: random.uniform(0, 2 * np.pi) for name in moments.PHASES}
        lambdas = {pair: random.uniform(0, 1) for pair in moments.PAIRS}
        reversed_phases = {name: -value for name, value in phases.items()}
        neutrino = moments.interference_coupling(flavour, lambdas, angles, phases)
        antineutrino = moments.interference_coupling(flavour, lambdas, angles, reversed_phases)
        worst = max(worst, float(abs(neutrino - np.conj(antineutrino))))
    return agreement(worst, claim.tolerance)


def axial_size(claim: Claim) -> Outcome:
    """One unpaired nucleon against the weak charge of the whole nucleus, in the normalisation of Eq. (12)."""
    unpaired = 0.5  # |T_3| of the nucleon, before the strong interaction makes it g_A times as large
    nuclei = {element: targets.compound({element: 1}).nuclei[0][1] for element in ("Ar", "I", "Cs")}
    # times A, both as printed and relative to the weak charge: of order one where the size is 1/A
    itself = {element: unpaired * nucleus.A for element, nucleus in nuclei.items()}
    ratio = {name: value / abs(float(nuclei[name].weak_charge(1e-9))) for name, value in itself.items()}
    text = ", ".join(f"{value:.1f}/A for {element}" for element, value in ratio.items())
    literal, relative = (all(0.3 < value < 10 for value in sizes.values()) for sizes in (itself, ratio))
    return Outcome(
        literal,
        f"one unpaired nucleon gives an axial charge of about {unpaired:g} whatever A; over the weak charge "
        f"that is {text}",
        corrected=relative and not literal,
        correction=r"$\mathcal Q_A/Q_V$ is of the order of $1/A$, $\mathcal Q_A$ itself of the order of 1",
    )


def with_energy(claim: Claim) -> Outcome:
    """Interference and magnetic scattering on an electron from 1 to 50 MeV: at one recoil, and over all recoils."""
    m_4, E_r = 0.01, 0.005
    g_L, g_R = cross_sections.electron_couplings("nu_e")
    energies = (1.0, 50.0)
    fixed, total, ratio = [], [], []
    for E_nu in energies:
        low, high = (float(end) for end in kinematics.recoil_limits(E_nu, units.M_E, m_4))
        T = np.geomspace(low, high, 4001)[1:-1]
        mixed, at = (
            cross_sections.interference(recoil_energy, E_nu, units.M_E, m_4, g_L + g_R, g_L - g_R)
            for recoil_energy in (T, np.array(E_r))
        )
        magnetic = cross_sections.dipole(T, E_nu, units.M_E, m_4)
        fixed.append(abs(float(at)))
        total.append(float(np.trapezoid(np.abs(mixed) * T, np.log(T))))
        ratio.append(total[-1] / float(np.trapezoid(magnetic * T, np.log(T))))
    text = (
        f"from {energies[0]:g} to {energies[1]:g} MeV, for $m_4=10$ keV, the interference at a recoil of 5 keV "
        f"falls to "
        f"{fixed[1] / fixed[0]:.1g} of itself, but over all recoils it grows {total[1] / total[0]:.1f}-fold, "
        f"and its share "
        f"of the magnetic scattering changes by a factor {ratio[1] / ratio[0]:.2f}"
    )
    at_one_recoil = fixed[1] / fixed[0] < 0.1
    return Outcome(
        at_one_recoil and total[1] < total[0],
        text,
        corrected=at_one_recoil,
        correction="at a given recoil energy; the recoils themselves extend with the energy",
    )
