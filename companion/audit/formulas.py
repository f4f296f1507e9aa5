"""The printed formulas of the claims, in Python's notation, read as sympy expressions.

The column ``formula`` of the tables in ``data/paper/`` transcribes what is printed, misprints included, so that a check
compares the print and not what somebody typed into the check.  ``"a*sqrt(E) + b*E"`` is one expression;
``"g_V = -1/2 + d; g_A = d"`` are several with names; in ``"3*x; x = Q*R"`` the first is meant, and the others define
what is in it.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType

import sympy as sp

from ..symbolic.recoil import symbol

__all__ = ["expression", "matrix", "names", "read"]


def _bessel(x: sp.Expr) -> sp.Expr:
    """The spherical Bessel function of order one."""
    return sp.sin(x) / x**2 - sp.cos(x) / x


KNOWN = MappingProxyType(
    {
        "sqrt": sp.sqrt,
        "sin": sp.sin,
        "cos": sp.cos,
        "exp": sp.exp,
        "conjugate": sp.conjugate,
        "I": sp.I,
        "pi": sp.pi,
        "j_1": _bessel,
    }
)
"""Functions and constants that a formula may use."""


@cache
def read(text: str, complex_letters: tuple[str, ...] = ()) -> MappingProxyType[str, sp.Expr]:
    """Expressions of a formula by name; the one without a name has the name ``""``.

    Parameters
    ----------
    text : str
        see the module's description
    complex_letters : tuple of str
        letters that stand for complex numbers; all others are positive, as in :mod:`companion.symbolic.recoil`

    Raises
    ------
    ValueError
        if the text is empty or no formula
    """
    parts: dict[str, sp.Expr] = {}
    for part in text.split(";"):
        name, equals, right = part.rpartition("=")
        letters = set(re.findall(r"[A-Za-z]\w*", right)) - set(KNOWN)
        symbols = {letter: sp.Symbol(letter) if letter in complex_letters else symbol(letter) for letter in letters}
        try:
            parts[name.strip()] = sp.sympify(right.strip(), locals={**KNOWN, **symbols})
        except (sp.SympifyError, TypeError) as error:
            raise ValueError(f"{part.strip()!r} is not a formula: {error}") from None
    if "" in parts:
        definitions = {symbol(name): value for name, value in parts.items() if name}
        parts[""] = parts[""].subs(definitions)
    return MappingProxyType(parts)


def expression(text: str, complex_letters: tuple[str, ...] = ()) -> sp.Expr:
    """The one expression of a formula; see :func:`read`."""
    return read(text, complex_letters)[""]


def matrix(text: str) -> sp.Matrix:
    """A printed matrix: rows separated by ``;``, elements by ``,``."""
    rows = [[expression(element) for element in row.split(",")] for row in text.split(";")]
    return sp.Matrix(rows)


def names(text: str) -> tuple[str, ...]:
    """Names of the expressions of a formula, in their order."""
    return tuple(read(text))
