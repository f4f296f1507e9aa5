r"""Cross-sections as polynomials in :math:`1/E_\nu`, collected by sympy and lambdified for :mod:`companion.rates`.

Every cross-section of the paper is quadratic in :math:`1/E_\nu`,

.. math:: \frac{\mathrm{d}\sigma}{\mathrm{d}E_r} = c_0(E_r) + \frac{c_1(E_r)}{E_\nu} + \frac{c_2(E_r)}{E_\nu^2},

so the integral of Eq. (21) over a flux needs three numbers of it, its moments.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy as sp

from .. import cross_sections

__all__ = ["BODIES", "collect", "coefficients", "expression", "symbols"]

BODIES = {"cevns": cross_sections.cevns_body, "dipole": cross_sections.dipole_body}
"""The bodies that are collected, by the name of their process."""

NAMES = {
    "alpha_mu2": r"\alpha_\mathrm{em}\mu_\nu^2",
    "charge": r"{(Z F_p)}",
    "E_nu": r"E_\nu",
    "s_W2": r"\sin^2\theta_W",
}


@cache
def symbols(body: Callable) -> dict[str, sp.Symbol]:
    """One positive symbol per letter of a body, named as the paper prints it."""
    letters = body.__code__.co_varnames[: body.__code__.co_argcount]
    return {
        letter: sp.pi if letter == "pi" else sp.Symbol(NAMES.get(letter, letter), positive=True) for letter in letters
    }


def expression(body: Callable) -> sp.Expr:
    """A body as the sympy expression the paper prints."""
    return body(**symbols(body))


@cache
def collect(process: str) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    r"""The three coefficients of :math:`E_\nu^0, E_\nu^{-1}, E_\nu^{-2}` of a process.

    Raises
    ------
    ValueError
        if there is no such process, or its cross-section is not quadratic in 1/E_nu
    """
    if process not in BODIES:
        raise ValueError(f"no process {process!r}; there are {', '.join(BODIES)}")
    body = BODIES[process]
    inverse = sp.Symbol("x", positive=True)
    polynomial = sp.Poly(sp.expand(expression(body).subs(symbols(body)["E_nu"], 1 / inverse)), inverse)
    if polynomial.degree() > 2:
        raise ValueError(f"the cross-section of {process!r} is of degree {polynomial.degree()} in 1/E_nu, not 2")
    return tuple(sp.factor(polynomial.coeff_monomial(inverse**n)) for n in range(3))


@cache
def coefficients(process: str) -> Callable:
    """The coefficients of :func:`collect` as one numpy function of the body's letters without ``E_nu``.

    Called with arrays by keyword, it returns the three coefficients; they broadcast.
    """
    body = BODIES[process] if process in BODIES else None
    expressions = collect(process)
    letters = {letter: symbol for letter, symbol in symbols(body).items() if letter != "E_nu" and symbol.is_Symbol}
    plain = {symbol: sp.Symbol(letter, positive=True) for letter, symbol in letters.items()}
    return sp.lambdify(list(plain.values()), [e.xreplace(plain) for e in expressions], modules="numpy", cse=True)
