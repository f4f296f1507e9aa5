"""Printed formulas in Python's notation."""

from __future__ import annotations

import pytest
import sympy as sp

from companion.audit import formulas
from companion.symbolic.recoil import symbol


def test_letters_are_those_of_the_derivation():
    assert formulas.expression("E_nu**2*pi") == symbol("E_nu") ** 2 * sp.pi


def test_definitions_are_put_in():
    Q, R, s = map(symbol, ("Q", "R", "s"))
    assert formulas.expression("sin(Q*R_0); R_0 = R - s") == sp.sin(Q * (R - s))


def test_several_expressions_have_names():
    found = formulas.read("g_V = d - 1/2; g_A = d")
    assert dict(found) == {"g_V": symbol("d") - sp.Rational(1, 2), "g_A": symbol("d")}


def test_complex_letters():
    (letter,) = formulas.expression("conjugate(U)", ("U",)).free_symbols
    assert not letter.is_real
    assert formulas.expression("conjugate(U)") == symbol("U")


def test_a_matrix():
    assert formulas.matrix("0, a; -a, 0") == sp.Matrix([[0, symbol("a")], [-symbol("a"), 0]])


def test_the_bessel_function():
    x = symbol("x")
    assert formulas.expression("j_1(x)") == sp.sin(x) / x**2 - sp.cos(x) / x


@pytest.mark.parametrize("text", ["", "a*", "1 +* 2"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(ValueError, match="is not a formula"):
        formulas.expression(text)
