"""The derived cross-sections: numbers from explicit spinors, and the paper's formulas as special cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
import witness_amplitudes as witness

from companion import cross_sections
from companion.symbolic import amplitudes, recoil
from companion.units import ALPHA, DIPOLE, G_F, M_E, WEAK_MAGNETIC

LETTERS = ("E_r", "E_nu", "M", "m_4", "charge", "g_V", "g_A", "G_F", "alpha_mu2", "G_mu")
# for G_F = 1 and e mu = 1: alpha mu^2 = (e mu)^2/4 pi and G_mu = G_F e mu/(2 sqrt 2 pi)
UNIT = (1.0, 1 / (4 * math.pi), 1 / (2 * math.sqrt(2) * math.pi))


def evaluate(expression, *values):
    return float(sp.lambdify([recoil.symbol(letter) for letter in LETTERS], expression, "math")(*values))


def points(number=6):
    random = np.random.default_rng(2021)
    for seed in range(number):
        M, E = random.uniform(0.3, 5), random.uniform(0.3, 5)
        largest = math.sqrt(M**2 + 2 * M * E) - M
        yield E, M, largest * random.uniform(0.1, 0.95), random.uniform(-0.95, 0.95), *random.uniform(-1, 1, 3), seed


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize("spin", amplitudes.SPINS)
def test_spinors_at_random_momenta(spin, antineutrino):
    for E, M, m, cosine, g_V, g_A, charge, seed in points():
        options = {"spin": spin, "antineutrino": antineutrino}
        T, *expected = witness.sections(E, M, m, cosine, g_V, g_A, charge=charge, seed=seed, **options)
        derived = [
            evaluate(derivation(spin, antineutrino), T, E, M, m, charge, g_V, g_A, *UNIT)
            for derivation in (amplitudes.weak, amplitudes.magnetic, amplitudes.interference)
        ]
        np.testing.assert_allclose(derived, expected, rtol=1e-10, atol=1e-10 * max(map(abs, expected)))


def test_the_witness_satisfies_the_dirac_equation():
    k, p, k_out, p_out = witness.event(2.0, 0.511, 0.4, 0.3, np.random.default_rng(5))
    np.testing.assert_allclose(k + p, k_out + p_out, atol=1e-14)
    for u in witness.particle(k_out, 0.4):
        np.testing.assert_allclose(witness.slash(k_out) @ u, 0.4 * u, atol=1e-14)
    for v in witness.antiparticle(k_out, 0.4):
        np.testing.assert_allclose(witness.slash(k_out) @ v, -0.4 * v, atol=1e-14)


def same(derived, body, **replaced):
    letters = recoil.symbols(body)
    written = recoil.expression(body).subs({letters[name]: value for name, value in replaced.items()})
    return sp.simplify(derived - written) == 0


def test_eqs_17_and_19():
    assert same(amplitudes.magnetic("1/2"), cross_sections.dipole_body)


def test_eq_18():
    assert same(amplitudes.spin_difference(), cross_sections.spin_difference_body)


def test_eq_11_is_exact_on_a_spinless_nucleus():
    massless = amplitudes.weak("0").subs(recoil.symbol("m_4"), 0)
    assert same(massless, cross_sections.cevns_body, Q_V=recoil.symbol("g_V"))


def test_eq_11_drops_a_term_on_spin_one_half():
    massless = amplitudes.weak("1/2").subs({recoil.symbol("m_4"): 0, recoil.symbol("g_A"): 0})
    E_r, E_nu, M, g_V, G = map(recoil.symbol, ("E_r", "E_nu", "M", "g_V", "G_F"))
    dropped = G**2 * M / sp.pi * g_V**2 * E_r**2 / (2 * E_nu**2)
    assert same(massless - dropped, cross_sections.cevns_body, Q_V=g_V)


@pytest.mark.parametrize("antineutrino", [False, True])
def test_eq_14_and_the_exchange_for_antineutrinos(antineutrino):
    M, g_V, g_A = map(recoil.symbol, ("M", "g_V", "g_A"))
    left, right = (g_V + g_A) / 2, (g_V - g_A) / 2
    if antineutrino:
        left, right = right, left
    derived = amplitudes.weak("1/2", antineutrino).subs(recoil.symbol("m_4"), 0)
    assert same(derived, cross_sections.electron_body, m_e=M, g_L=left, g_R=right)


def test_the_interference_body():
    assert same(amplitudes.interference(), cross_sections.interference_body)
    g_A = recoil.symbol("g_A")
    assert same(amplitudes.interference(antineutrino=True), cross_sections.interference_body, g_A=-g_A)


def test_the_dipole_is_the_same_for_antineutrinos():
    for spin in amplitudes.SPINS:
        assert sp.expand(amplitudes.magnetic(spin) - amplitudes.magnetic(spin, True)) == 0


def test_the_interference_vanishes_with_the_mass_and_on_an_axial_spinless_nucleus():
    m_4, g_V = recoil.symbol("m_4"), recoil.symbol("g_V")
    for spin in amplitudes.SPINS:
        assert amplitudes.interference(spin).subs(m_4, 0) == 0
    assert amplitudes.interference("0").subs(g_V, 0) == 0


def test_no_amplitudes_for_another_spin():
    with pytest.raises(ValueError, match="no amplitudes for spin '1'; there are 1/2, 0"):
        amplitudes.weak("1")


@pytest.mark.parametrize(("charge", "M", "g_V", "g_A"), [(-1.0, M_E, 0.96, 0.5), (54.0, 1.2e5, -38.0, 0.3)])
def test_public_interference_is_the_sum_over_spins(charge, M, g_V, g_A):
    e_mu = 2 * math.pi * ALPHA / M_E  # e times one Bohr magneton
    for cosine in (-0.7, 0.2, 0.9):
        T, *_, unit = witness.sections(2.0, M, 0.3, cosine, g_V, g_A, charge=charge)
        value = cross_sections.interference(T, 2.0, M, 0.3, g_V, g_A, charge=charge)
        # the recoil energy of a heavy target is what is left of its energy: ten digits go
        np.testing.assert_allclose(value, G_F * e_mu * unit, rtol=1e-10 if M < 1 else 1e-3)


def test_the_printed_form_is_the_limit_of_light_sterile_neutrinos_on_electrons():
    T, E = 0.1, 0.75
    exact = cross_sections.interference(T, E, M_E, 1e-5, 0.96, 0.5)
    np.testing.assert_allclose(cross_sections.interference_paper(T, E, M_E, 1e-5, 0.96, 0.5), exact, rtol=1e-8)
    heavy = cross_sections.interference(T, E, M_E, 0.3, 0.96, 0.5)
    assert abs(cross_sections.interference_paper(T, E, M_E, 0.3, 0.96, 0.5) / heavy - 1) > 0.1


def test_the_three_terms_form_a_square():
    """The dipole, the interference and the weak part of unit mixing cannot add up to less than nothing."""
    E, m, mu = 0.75, 0.2, 3e-6
    T = np.linspace(0.05, 0.5, 40)
    weak = sp.lambdify([recoil.symbol(x) for x in ("E_r", "g_V", "g_A", "E_nu", "M", "m_4", "G_F")], amplitudes.weak())
    for sign in (1, -1):
        total = (
            weak(T, 0.96, 0.5, E, M_E, m, G_F)
            + sign * mu * cross_sections.interference(T, E, M_E, m, 0.96, 0.5)
            + cross_sections.dipole(T, E, M_E, m, mu=mu)
        )
        assert np.all(total[cross_sections.dipole(T, E, M_E, m) > 0] > 0)
    assert DIPOLE == pytest.approx(ALPHA * (2 * math.pi * ALPHA / M_E) ** 2 / (4 * math.pi * ALPHA), rel=1e-14)
    assert pytest.approx(G_F * 2 * math.pi * ALPHA / M_E / (2 * math.sqrt(2) * math.pi), rel=1e-14) == WEAK_MAGNETIC
