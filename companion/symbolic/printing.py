"""The derived expressions in the notation of the paper."""

from __future__ import annotations

import sympy as sp
from sympy.printing.latex import LatexPrinter

from .series import angles, moduli, multiples_of, phases

__all__ = ["breakable", "latex", "product_latex"]


def _rank(factor: sp.Expr) -> int:
    """Place of a factor in a printed product: c_ij and s_ij, double angles, brackets, cosines of phases."""
    if factor.is_Add:
        return 2
    if factor.free_symbols & set(phases.values()):
        return 3
    return int(factor.has(*(sp.sin(2 * theta) for theta in angles.values())))


def _number_of_phases(term: sp.Expr) -> int:
    return len(term.free_symbols & set(phases.values()))


class _Printer(LatexPrinter):  # type: ignore[misc]  # sympy has no types
    """c_{12}, s_{12}, sin 2 theta_{12}, and cosines of phases that start with a positive phase, as in the paper."""

    def _print_cos(self, expression: sp.Expr, exp: str | None = None) -> str:
        return self._trigonometric(expression, "c", r"\cos", exp)

    def _print_sin(self, expression: sp.Expr, exp: str | None = None) -> str:
        return self._trigonometric(expression, "s", r"\sin", exp)

    def _trigonometric(self, expression: sp.Expr, letter: str, name: str, exp: str | None) -> str:
        argument = expression.args[0]
        power = "" if exp is None else f"^{{{exp}}}"
        if argument in angles.values():
            return f"{letter}_{{{argument.name[-2:]}}}{power}"
        if argument / 2 in angles.values():
            return rf"{name}{power} {self._print(argument)}"
        multiples = [(n, s) for n, s in zip(multiples_of(argument), phases.values(), strict=True) if n]
        first = multiples[0][0]
        text = ""
        for n, symbol in multiples:
            n = n if first > 0 or letter == "s" else -n
            text += (" - " if n < 0 else " + " if text else "") + ("" if abs(n) == 1 else str(abs(n)))
            text += self._print(symbol)
        return rf"{name}{power} {text}" if len(multiples) == 1 else rf"{name}{power}\left({text}\right)"

    def _print_Add(self, expression: sp.Expr, order: str | None = None) -> str:
        text = ""
        terms = [(_number_of_phases(term), bool(term.as_coeff_Mul()[0] < 0), term) for term in expression.args]
        for _, negative, term in sorted(terms, key=lambda t: (t[0], t[1] and not t[0], self._print(t[2]))):
            text += (" - " if text else "-") if negative else (" + " if text else "")
            text += self._print(-term if negative else term)
        return text

    def _print_Mul(self, expression: sp.Expr) -> str:
        number, rest = expression.as_coeff_Mul()
        # numbers, then c_ij and s_ij, double angles, brackets, cosines of phases
        factors = sorted(sp.Mul.make_args(rest), key=lambda f: (_rank(f), self._print(f)))
        text = " ".join(rf"\left({self._print(f)}\right)" if f.is_Add else self._print(f) for f in factors)
        sign = "-" if number < 0 else ""
        return sign + ("" if abs(number) == 1 else self._print(abs(number)) + " ") + text

    def _print_Symbol(self, expression: sp.Expr, style: str = "plain") -> str:
        if expression in moduli.values():
            return rf"|\tilde{{\lambda}}_{{{expression.name[-2:]}}}|"
        return str(super()._print_Symbol(expression, style))


def product_latex(term: tuple[str, str]) -> str:
    """The product of moduli that a coefficient belongs to, in the notation of the paper."""
    first, second = (rf"\vert\tilde\lambda_{{{pair}}}\vert" for pair in term)
    return f"{first}^2" if term[0] == term[1] else first + second


def latex(expression: sp.Expr) -> str:
    """LaTeX of an expression in the paper's notation, e.g. ``c_{13}^{2} c_{14}^{2}``."""
    return str(_Printer().doprint(expression))


def breakable(text: str) -> str:
    r"""A formula as several in a row, between which a line may end: a table of them is as narrow as its page.

    Parameters
    ----------
    text : str
        LaTeX of sums and products, as :func:`latex` or the paper writes them

    Returns
    -------
    str
        the formula in pieces ``$...$``, cut before signs, sines and cosines, but not inside braces or the argument of
        a function; together they say the same
    """
    text = text.replace(r"\left", "").replace(r"\right", "").replace("|", r"\vert ")
    pieces, start, braces = [], 0, 0
    # for each open bracket, whether it holds the argument of a function
    brackets: list[bool] = []
    for k, character in enumerate(text):
        before = text[:k].rstrip()
        if character in "([" or text.startswith("{", k) and before.endswith("\\"):
            brackets.append(before.endswith((r"\cos", r"\sin")))
        elif character in ")]" or text.startswith("}", k) and before.endswith("\\"):
            # a printed bracket may be closed twice
            del brackets[-1:]
        elif character in "{}":
            braces += 1 if character == "{" else -1
        sign = character in "+-"
        function = text.startswith((r"\cos", r"\sin"), k)
        joins = before != "" and before[-1] not in ("([{" if sign else "+-([{")
        if (sign or function) and joins and braces == 0 and not any(brackets):
            pieces.append(text[start:k].strip())
            start = k
    pieces.append(text[start:].strip())
    # a sign at the beginning of a piece joins two terms
    return " ".join(f"${{}}{piece}$" if piece[0] in "+-" and k else f"${piece}$" for k, piece in enumerate(pieces))
