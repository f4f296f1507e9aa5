"""Collection in powers of 1/E_nu: the three coefficients are the cross-section, no more and no less."""

import re

import pytest
import sympy as sp

from companion import cross_sections, rates
from companion.symbolic import recoil

PROCESSES = {
    "cevns": cross_sections.cevns_body,
    "electron": cross_sections.electron_body,
    "dipole": cross_sections.dipole_body,
    "interference": cross_sections.interference_body,
}


def test_every_process_of_the_rates_is_tried_here():
    assert {name: process.body for name, process in rates.PROCESSES.items()} == PROCESSES


@pytest.mark.parametrize("process", PROCESSES)
def test_the_coefficients_add_up_to_the_body_exactly(process):
    body = PROCESSES[process]
    names = recoil.symbols(body)
    total = sum(c / names["E_nu"] ** n for n, c in enumerate(recoil.collect(PROCESSES[process])))
    assert sp.simplify(total - recoil.expression(body)) == 0
    # and in rational arithmetic at a point, where no simplification can help
    point = {
        s: sp.Rational(7 + 3 * i, 5 + i) for i, s in enumerate(sorted(recoil.expression(body).free_symbols, key=str))
    }
    assert sp.simplify((total - recoil.expression(body)).subs(point)) == 0
    assert recoil.expression(body).subs(point) != 0


@pytest.mark.parametrize("process", PROCESSES)
def test_no_coefficient_depends_on_the_neutrino_energy(process):
    energy = recoil.symbols(PROCESSES[process])["E_nu"]
    coefficients = recoil.collect(PROCESSES[process])
    assert len(coefficients) == 3
    assert not any(c.has(energy) for c in coefficients)


def test_the_standard_model_coefficients_by_hand():
    body = cross_sections.cevns_body
    E_r, M, Q_V, G_F = (recoil.symbols(body)[name] for name in ("E_r", "M", "Q_V", "G_F"))
    strength = G_F**2 * M * Q_V**2 / sp.pi
    expected = (strength, -strength * E_r, -strength * M * E_r / 2)
    assert all(sp.expand(c - e) == 0 for c, e in zip(recoil.collect(body), expected, strict=True))


def test_the_massless_dipole_coefficients_by_hand():
    names = recoil.symbols(cross_sections.dipole_body)
    strength = names["alpha_mu2"] * names["charge"] ** 2
    massless = [c.subs(names["m_4"], 0) for c in recoil.collect(cross_sections.dipole_body)]
    for c, expected in zip(massless, (strength / names["E_r"], -strength, 0), strict=True):
        assert sp.simplify(c - expected) == 0


@pytest.mark.parametrize("process", PROCESSES)
def test_the_latex_shows_the_letters_of_the_paper(process):
    for expression in (recoil.expression(PROCESSES[process]), *recoil.collect(PROCESSES[process])):
        assert sp.latex(expression).strip()
    text = sp.latex(recoil.expression(PROCESSES[process]))
    expected = {
        "cevns": ("G_{F}^{2}", r"E_{\nu}", "Q_{V}^{2}", r"{\pi}", "E_{r}"),
        "electron": ("G_{F}^{2}", "g_{L}^{2}", "g_{R}^{2}", "m_{e}"),
        "dipole": (r"\mu_\nu^2", "m_{4}^{4}", r"8 E_{\nu}^{2} E_{r}^{2} M^{2}", "F_"),
        "interference": ("G_", "g_{V}", "g_{A}", "m_{4}^{2}", "F_"),
    }
    assert [letter for letter in expected[process] if letter not in text] == []


def test_the_latex_squares_the_charge_with_the_form_factor():
    """Eq. (17) has Z^2 F_p^2: a symbol called "Z F_p" must not print its square as Z F_p^2."""
    text = sp.latex(recoil.expression(cross_sections.dipole_body))
    assert re.search(r"\(Z F_\{?p\}?(\\right)?\)\}?\^\{2\}|Z\^\{2\} F_\{?p\}?\^\{2\}", text), text


def test_a_cubic_cross_section_is_refused():
    def cubic(E_r, E_nu, M):
        return 1 / E_r - M**2 / E_nu**3

    with pytest.raises(ValueError, match="cubic is of degree 3 in 1/E_nu, not 2"):
        recoil.collect(cubic)


def test_a_cross_section_that_grows_with_the_energy_is_refused():
    def growing(E_r, E_nu, M):
        return E_nu / (E_r * M)

    with pytest.raises((ValueError, sp.PolynomialError)):
        recoil.collect(growing)
