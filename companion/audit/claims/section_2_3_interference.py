"""Section 2.3: Eq. (20), the interference of weak and magnetic scattering, and its footnotes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ... import moments
from ...symbolic import amplitudes, mixing
from ...symbolic.recoil import symbol
from ...units import M_E as ELECTRON_MASS
from ...units import SIN2_THETA_W, MeV, m
from .. import formulas
from ..model import Claim
from ..outcomes import Outcome, number, percent
from .section_2_3 import _same

E_R, E_NU, M, M_4 = map(symbol, ("E_r", "E_nu", "M", "m_4"))
G_V, G_A = symbol("g_V"), symbol("g_A")


def interference(claim: Claim) -> Outcome:
    """The printed bracket of Eq. (20) against the derived one, term by term; real couplings, antineutrinos."""
    derived = amplitudes.bracket("1/2", antineutrino=True)
    printed = claim.expression.subs({symbol("Z_V"): G_V, symbol("Z_A"): G_A, symbol("m_e"): M})
    mass = 1 + M_4**2 / (2 * M * E_R)
    corrected = (M - E_R) / E_NU * mass * G_V + (2 - E_R / E_NU * mass) * G_A
    holds = _same(derived, printed)
    light = _same(derived.subs(M_4, 0), printed.subs(M_4, 0))
    correction = (
        r"$\frac{m_e-E_r}{E_\nu}\left(1+\frac{m_4^2}{2m_eE_r}\right)$ with $Z^{V*}$ and "
        r"$2-\frac{E_r}{E_\nu}\left(1+\frac{m_4^2}{2m_eE_r}\right)$ with $Z^{A*}$"
    )
    mended = light and _same(derived, corrected) and not holds
    return Outcome(
        holds,
        r"The printed bracket is that of a light state, $m_4^2\ll2m_eE_r$."
        if light
        else "The derived bracket is another one, even for a light state.",
        correction=correction if mended else "",
    )


def moment_in_both_terms(claim: Claim) -> Outcome:
    """Whether what is printed in the brackets is linear in the moment, as an interference must be."""
    moment = symbol("l")
    literal = _same(claim.expression.subs(moment, 2 * moment), 2 * claim.expression)
    G_mu = symbol("G_mu")
    derived = sp.expand(amplitudes.interference("1/2", antineutrino=True))
    linear = not sp.expand(derived / G_mu).has(G_mu)
    return Outcome(
        literal,
        "Without the moment in the axial term it would be no interference.",
        "Brackets as in the text that we have.",
        correction=r"a bracket after $\tilde\lambda_{j4}$ that closes after $Z^{A*}_{n4}$"
        if linear and not literal
        else "",
    )


def _complex(text: str, letters: tuple[str, ...]) -> Callable[..., Any]:
    """A printed expression in complex letters as a function."""
    expression = formulas.expression(text, letters)
    function: Callable[..., Any] = sp.lambdify([sp.Symbol(letter) for letter in letters], expression, "numpy")
    return function


def _mixing(random: np.random.Generator) -> NDArray[np.complex128]:
    """A random mixing matrix."""
    angles = {name: random.uniform(0.2, 1.3) for name in moments.ANGLES}
    phases = {name: random.uniform(0, 2 * np.pi) for name in moments.PHASES}
    return moments.mixing_matrix(angles, phases)


def mixing_factor(claim: Claim) -> Outcome:
    """The sum over n of U*_en Z*_n4 for antineutrinos at L = 0 against U*_e4 (1 + g), which the Lagrangian gives."""
    random = np.random.default_rng(20)
    forms: dict[str, Callable[..., Any]] = {
        "printed": _complex(claim.formula, ("U_j", "U_k")),
        "mended": lambda U_j, U_k: np.conj(U_j) * U_k,
    }
    worst = dict.fromkeys(forms, 0.0)
    for _ in range(5):
        U = _mixing(random)[0]
        g = random.uniform(-1, 1)
        expected = U[3].conj() * (1 + g)
        for name, form in forms.items():
            Z = form(U[:, np.newaxis], U) + g * np.eye(4)
            deviation = abs(np.sum(U.conj() * Z[:, 3].conj()) - expected) / abs(expected)
            worst[name] = max(worst[name], float(deviation))
    holds = worst["printed"] <= claim.tolerance
    mended = worst["mended"] <= claim.tolerance and not holds
    return Outcome(
        holds,
        f"As printed the sum over $n$ is off by up to {percent(worst['printed'])} for random phases; right if $U$ is "
        "real.",
        correction=r"$Z_{jk}=U_{ej}^*U_{ek}+\dots$" if mended else "",
    )


def rephasing(claim: Claim) -> Outcome:
    """Whether the magnetic factor of Eq. (20) keeps its value when the light fields are given other phases.

    With nu_j -> exp(i phi_j) nu_j also U_ej -> exp(i phi_j) U_ej and lambda_j4 -> exp(i phi_j) lambda_j4.
    """
    random = np.random.default_rng(2020)
    forms: dict[str, Callable[..., Any]] = {
        "printed": _complex(claim.formula, ("U_j", "l_j")),
        "mended": lambda U_j, l_j: U_j * np.conj(l_j),
    }
    change = dict.fromkeys(forms, 0.0)
    for _ in range(5):
        U = _mixing(random)[0, :3]
        moment = random.normal(size=3) + 1j * random.normal(size=3)
        phase = np.exp(2j * np.pi * random.uniform(size=3))
        for name, form in forms.items():
            before, after = np.sum(form(U, moment)), np.sum(form(phase * U, phase * moment))
            change[name] = max(change[name], float(abs(after - before) / abs(before)))
    holds = change["printed"] <= claim.tolerance
    mended = change["mended"] <= claim.tolerance and not holds
    return Outcome(
        holds,
        "As printed the factor changes with the phases of the fields, which no cross-section may.",
        f"By up to {percent(change['printed'])} of itself for random phases.",
        correction=r"$U_{ej}\tilde\lambda_{j4}^*$" if mended else "",
    )


def incident_mass(claim: Claim, last: float) -> Outcome:
    """The term n = 4 of Eq. (20), an incident nu_4, against the sum over all n, at a squared sine of a tenth."""
    s2 = 0.1
    neutral = {"vector": -0.5 + 2 * SIN2_THETA_W, "axial": -0.5}
    # the sum over n of U*_en Z*_n4 over U*_e4: 1 - |U_e4|^2 from n <= 3, and |U_e4|^2 + g from n = 4
    shares = {name: abs((s2 + g) / (1 + g)) for name, g in neutral.items()}
    inside = last >= 4
    holds = not inside or max(shares.values()) < claim.tolerance
    return Outcome(
        holds,
        rf"The sum holds an incident $\nu_4$, whose mass is not negligible: for $|U_{{e4}}|^2={s2}$ it is "
        f"{percent(shares['vector'])} of the vector and {percent(shares['axial'])} of the axial sum.",
        correction="" if holds else "$n$ from 1 to 3",
    )


def neutral_current(claim: Claim, distance: float) -> Outcome:
    """The neutral current is diagonal only among active states: delta_jk against delta_jk - U*_sj U_sk.

    The difference vanishes at the source and not once the states have different phases.
    """
    random = np.random.default_rng(21)
    short = far = 0.0
    for _ in range(5):
        U = _mixing(random)
        true = np.eye(4) - np.outer(U[3].conj(), U[3])
        short = max(short, float(abs(U[0] @ (true - np.eye(4)))[3]))
        far = max(far, float(abs((U[0] * np.exp(-1j * random.uniform(0, 6, 4))) @ (true - np.eye(4)))[3]))
    # the phase of nu_4: m_4^2 L/2E for 10 keV and 0.75 MeV
    phase = (0.01 * MeV) ** 2 * distance * m / (2 * 0.75 * MeV)
    advanced = phase > 1
    return Outcome(
        not advanced or far < claim.tolerance,
        f"After {distance:g} m the phase of a $\\nu_4$ of 10 keV is {number(phase, digits=1)}, and the amplitude is "
        "off "
        f"by up to {far:.1f} for random mixing.",
        f"At the source it is {'right' if short < 1e-12 else 'wrong as well'}.",
        correction=r"$\delta_{jk}\to\delta_{jk}-U_{sj}^*U_{sk}$" if advanced and short < 1e-12 < far else "",
    )


def footnote_5(claim: Claim) -> Outcome:
    """What has to change its sign for neutrinos: the whole axial coupling."""
    neutrino, antineutrino = amplitudes.bracket("1/2"), amplitudes.bracket("1/2", antineutrino=True)
    # Z^A = charged current + g_A; the printed replacement, and that of all of Z^A
    charged, neutral = symbol("charged"), symbol("neutral")
    replaced = formulas.read(claim.formula)
    before = antineutrino.subs(G_A, charged + neutral)
    literal = _same(neutrino.subs(G_A, charged + neutral), before.subs(
        {charged: replaced["charged"], neutral: replaced["neutral"]}, simultaneous=True
    ))  # fmt: skip
    whole = _same(neutrino, antineutrino.subs(G_A, -G_A))
    return Outcome(
        literal,
        r"The whole $Z^A$ changes its sign, also the charged current $U_{ej}U_{ek}^*$ in it.",
        correction=r"$Z^A\to-Z^A$" if whole and not literal else "",
    )


def conjugation(claim: Claim, of: str) -> Outcome:
    """The mixing factor of neutrinos and antineutrinos: what must be conjugated for the real part to stay.

    The factor is the sum over j of U*_aj lambda_j4 U_a4.
    """
    random = np.random.default_rng(5)
    largest = {"U": 0.0, "U and lambda": 0.0}
    example = ("", "")
    for flavour in range(3):
        U = _mixing(random)[flavour]
        moment = random.normal(size=3) + 1j * random.normal(size=3)
        neutrino = np.sum(U[:3].conj() * moment) * U[3]
        antineutrino = {
            "U": np.sum(U[:3] * moment) * U[3].conj(),
            "U and lambda": np.sum(U[:3] * moment.conj()) * U[3].conj(),
        }
        for name, factor in antineutrino.items():
            largest[name] = max(largest[name], float(abs(factor.real - neutrino.real)))
        if not example[0]:
            example = (f"{neutrino.real:.3f}", f"{antineutrino['U'].real:.3f}")
    holds = largest[of] <= claim.tolerance
    mended = largest["U and lambda"] <= claim.tolerance and not holds
    return Outcome(
        holds,
        f"With $U$ alone conjugated the factor of a random mixing changes from {example[0]} to {example[1]}, and CP "
        "would be violated at the source.",
        correction=r"$U$ and $\tilde\lambda$ together" if mended else "",
    )


@cache
def _factor(flavour: int) -> sp.Expr:
    """U_a4 times the sum over j of U*_aj lambda_j4, for neutrinos."""
    U, matrix = mixing.mixing_matrix(), mixing.moment_matrix()
    return U[flavour, 3] * sum(U[flavour, j].conjugate() * matrix[j, 3] for j in range(3))


def electron_flavour(claim: Claim) -> Outcome:
    """The mixing factor of nu_e over what is printed: independent of theta_14."""
    theta = mixing.angles["theta_14"]
    printed = claim.expression.subs(symbol("theta_14"), theta)
    # the derivative of the ratio, times the square of what is printed
    turned, own = sp.diff(_factor(0), theta) * printed, _factor(0) * sp.diff(printed, theta)
    return Outcome(
        mixing.same(sp.expand_trig(turned), sp.expand_trig(own)),
        r"$U_{e4}\sum_jU_{ej}^*\tilde\lambda_{j4}$ over $\sin2\theta_{14}$ is free of $\theta_{14}$.",
    )


def muon_flavour(claim: Claim) -> Outcome:
    """The mixing factor of nu_mu over what is printed, and how it goes with a small theta_24."""
    angle, other = mixing.angles["theta_24"], mixing.angles["theta_14"]
    names = {symbol("s_24"): sp.sin(angle), symbol("c_14"): sp.cos(other)}
    rest = sp.expand(_factor(1) / claim.expression.subs(names))
    literal = not rest.has(angle, other)
    reduced = sp.expand(_factor(1) / (sp.cos(other) * sp.sin(angle)))
    linear = reduced.subs(angle, 0) != 0
    return Outcome(
        literal,
        r"$U_{\mu4}\sum_jU_{\mu j}^*\tilde\lambda_{j4}=c_{14}s_{24}\,(c_{24}A-s_{24}s_{14}e^{i\delta_{14}}B)$ is "
        "linear "
        "in $s_{24}$.",
        correction="to $c_{14}s_{24}$, times what stays finite at $s_{24}=0$" if linear and not literal else "",
    )


SUBSTITUTION = r"$m_e\to M$ in the bracket only, $\tilde\lambda\to-ZF_p\tilde\lambda$, and no $U_{ej}U_{ek}^*$ in $Z$"
"""What gives the interference on nuclei."""


def nuclear_substitution(claim: Claim) -> Outcome:
    """The printed substitutions for nuclei against the derived interference on a nucleus of charge Z F_p."""
    charge, m_e = symbol("charge"), symbol("m_e")
    strength = symbol("g")  # alpha G_F/sqrt 2
    derived = amplitudes.interference("1/2", antineutrino=True).subs(symbol("G_mu"), strength / m_e)
    bracket = amplitudes.bracket("1/2", antineutrino=True)
    # even with the exact bracket
    literal = _same(derived, claim.expression * bracket)
    whole = _same(derived, -strength * charge * M_4 / (E_NU * m_e) * bracket)
    ratio = ELECTRON_MASS / 1.2e5
    return Outcome(
        literal,
        r"As printed the result is too small by $m_e/M$ and has the wrong sign.",
        "The prefactor keeps the $m_e$ of the Bohr magneton, and a positive charge turns the sign; on caesium "
        f"$m_e/M$ is {number(ratio, digits=1)}.",
        correction=SUBSTITUTION if whole and not literal else "",
    )
