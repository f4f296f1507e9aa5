r"""Cross-sections as polynomials in :math:`1/E_\nu`, collected by sympy for :mod:`companion.derived`.

Every cross-section of the paper is quadratic in :math:`1/E_\nu`,

.. math:: \frac{\mathrm{d}\sigma}{\mathrm{d}E_r} = c_0(E_r) + \frac{c_1(E_r)}{E_\nu} + \frac{c_2(E_r)}{E_\nu^2},

so the integral of Eq. (21) over a flux needs three numbers of it, its moments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache

import sympy as sp

__all__ = ["collect", "expression", "symbol", "symbols"]

NAMES = {
    "alpha_mu2": r"\alpha_\mathrm{em}\mu_\nu^2",
    "G_mu": r"G_\mu",
    "charge": r"{(Z F_p)}",
    "E_nu": r"E_\nu",
    "s_W2": r"\sin^2\theta_W",
}


@cache
def symbols(body: Callable[..., sp.Expr]) -> dict[str, sp.Symbol]:
    """One positive symbol per letter of a body, named as the paper prints it."""
    return {letter: symbol(letter) for letter in inspect.signature(body).parameters}


def symbol(letter: str) -> sp.Expr:
    """The positive symbol that stands for a letter of a body, whichever body it is."""
    return sp.pi if letter == "pi" else sp.Symbol(NAMES.get(letter, letter), positive=True)


def expression(body: Callable[..., sp.Expr]) -> sp.Expr:
    """A body as the sympy expression the paper prints."""
    return body(**symbols(body))


@cache
def collect(body: Callable[..., sp.Expr]) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    r"""The three coefficients of :math:`E_\nu^0, E_\nu^{-1}, E_\nu^{-2}` of a body of :mod:`companion.cross_sections`.

    Raises
    ------
    ValueError
        if it is not quadratic in 1/E_nu
    """
    inverse = sp.Symbol("x", positive=True)
    polynomial = sp.Poly(sp.expand(expression(body).subs(symbols(body)["E_nu"], 1 / inverse)), inverse)
    if polynomial.degree() > 2:
        raise ValueError(f"{body.__name__} is of degree {polynomial.degree()} in 1/E_nu, not 2")
    zeroth, first, second = (sp.factor(polynomial.coeff_monomial(inverse**n)) for n in range(3))
    return zeroth, first, second
