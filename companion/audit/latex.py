r"""A parser for the LaTeX of Tables I and II and of Eqs. (7) to (10).

It knows sums and products of c_{ij}, s_{ij}, \sin 2\theta_{ij}, cosines of phases and moduli, and three kinds of
brackets, which must match.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sympy as sp

from ..symbolic.mixing import angles, moduli, phases

__all__ = ["parse", "parse_equation"]

_TOKEN = re.compile(
    r"(?P<space>\s+|\\(?:left|right)\s*\.|\\(?:left|right|,|;|!|quad))"
    r"|(?P<modulus>\|\s*\\tilde\s*\{\s*\\lambda\s*\}\s*_\s*\{\s*(?P<pair>\d\d)\s*\}\s*\|)"
    r"|(?P<trig>[cs])_\{(?P<ij>\d\d)\}"
    r"|(?P<function>\\(?:cos|sin)(?![a-z]))"
    r"|\\(?P<greek>theta|delta|zeta)(?![a-z])(?:_\{(?P<index>\d\d)\})?"
    r"|(?P<number>\d+)"
    r"|(?P<open>\\\{|[\[(])|(?P<close>\\\}|[\])])"
    r"|\^(?:\{(?P<braced>\d+)\}|(?P<power>\d))"
    r"|(?P<sign>[+-])"
)
_CLOSING = {"(": ")", "[": "]", r"\{": r"\}"}


def parse(text: str) -> sp.Expr:
    r"""Parse the LaTeX of the tables: sums and products of c_{ij}, s_{ij}, \sin 2\theta_{ij}, \cos(phases), moduli.

    Parameters
    ----------
    text : str
        e.g. ``"-c_{14}^2 s_{12} \\sin 2\\theta_{13} \\cos(\\delta - \\zeta_{12} + \\zeta_{13})"``.  An argument without
        brackets is an optional number and one Greek letter; the three kinds of brackets must match.

    Returns
    -------
    sympy.Expr
        in the symbols of :mod:`companion.symbolic.mixing`.

    Raises
    ------
    ValueError
        with the place, for an unknown symbol, a bracket that does not match, or an incomplete term.
    """
    return _Parser(text).parse()


def parse_equation(text: str) -> sp.Expr:
    r"""The right-hand side of an equation, behind its ``=`` or ``\approx``; see :func:`parse`."""
    sides = re.split(r"=|\\approx", text)
    if len(sides) != 2:
        raise ValueError(f"an equation has one '=' or '\\approx', this has {len(sides) - 1}: {text!r}")
    return parse(sides[1])


class _Parser:
    """Recursive descent: sum = [sign] product {sign product}; product = power {power}; power = atom ['^' digit]."""

    def __init__(self, text: str) -> None:
        self.text, self.next = text, 0
        self.tokens: list[re.Match[str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                raise self._error("unknown symbol", position)
            if match["space"] is None:
                self.tokens.append(match)
            position = match.end()

    def parse(self) -> sp.Expr:
        result = self._sum(self._product)
        if self._peek():
            raise self._error("nothing opens this bracket" if self._peek("close") else "unexpected", self._position())
        return result

    def _peek(self, group: str | None = None) -> str | None:
        """The next token, or one of its groups; None at the end, or where the group is empty."""
        if self.next == len(self.tokens):
            return None
        return self.tokens[self.next][group or 0]

    def _take(self) -> re.Match[str]:
        self.next += 1
        return self.tokens[self.next - 1]

    def _position(self) -> int:
        return self.tokens[self.next].start() if self.next < len(self.tokens) else len(self.text)

    def _error(self, what: str, position: int) -> ValueError:
        return ValueError(f"{what} at character {position + 1}: {self.text[:position]!r} >>> {self.text[position:]!r}")

    def _sum(self, operand: Callable[[], sp.Expr]) -> sp.Expr:
        sign = self._take()["sign"] if self._peek("sign") else "+"
        total = operand() if sign == "+" else -operand()
        while self._peek("sign"):
            total = total + operand() if self._take()["sign"] == "+" else total - operand()
        return total

    def _product(self) -> sp.Expr:
        factors = [self._power()]
        while self._peek() and not self._peek("sign") and not self._peek("close"):
            factors.append(self._power())
        return sp.Mul(*factors)

    def _power(self) -> sp.Expr:
        base = self._atom()
        if self._peek("braced") or self._peek("power"):
            token = self._take()
            base **= int(token["braced"] or token["power"])
        return base

    def _atom(self) -> sp.Expr:
        position = self._position()
        if not self._peek():
            raise self._error("a factor is missing", position)
        token = self._take()
        if token["number"]:
            return sp.Integer(token["number"])
        if token["modulus"] and token["pair"] in moduli:
            return moduli[token["pair"]]
        if token["trig"] and f"theta_{token['ij']}" in angles:
            return (sp.cos if token["trig"] == "c" else sp.sin)(angles[f"theta_{token['ij']}"])
        if token["open"]:
            return self._bracket(token, lambda: self._sum(self._product))
        if token["function"]:
            function = sp.cos if token["function"] == r"\cos" else sp.sin
            opening = self._take() if self._peek("open") else None
            argument = self._bracket(opening, lambda: self._sum(self._letter)) if opening else self._letter()
            return function(argument)
        raise self._error("a factor was expected", position)

    def _bracket(self, opening: re.Match[str], content: Callable[[], sp.Expr]) -> sp.Expr:
        result = content()
        if self._peek("close") != _CLOSING[opening["open"]]:
            expected = _CLOSING[opening["open"]].lstrip("\\")
            raise self._error(f"expected the {expected!r} of character {opening.start() + 1}", self._position())
        self._take()
        return result

    def _letter(self) -> sp.Expr:
        """An optional number and an angle or a phase: the terms of an argument of sine or cosine."""
        number = int(self._take()["number"]) if self._peek("number") else 1
        position = self._position()
        token = self._take() if self._peek("greek") else None
        name = token["greek"] + (f"_{token['index']}" if token["index"] else "") if token else ""
        symbol = {**angles, **phases}.get(name)
        if symbol is None:
            raise self._error("an angle or a phase was expected", position)
        return number * symbol
