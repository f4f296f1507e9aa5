r"""The printed Tables I, II and Eqs. (7)-(10), parsed and compared with the derived coefficients.

The comparison is computed, never typed in: a printed entry is parsed from its LaTeX, and it agrees if its difference
from the derived coefficient has the normal form zero (a proof for all angles and phases, see
:func:`companion.symbolic.mixing.normal_form`).  What differs is tried again

* under one change of convention for both tables together, the smallest that leaves the fewest entries over
  (:func:`convention`), and then
* with the corrections of ``data/paper/corrections.csv``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from types import MappingProxyType

import numpy as np
import sympy as sp

from .. import data, mixing
from ..moments import PAIRS, TERMS
from ..symbolic.mixing import angles, coefficients, is_zero, latex, moduli, phases, product_latex, same
from ..symbolic.printing import breakable
from .latex import parse, parse_equation

__all__ = [
    "CHANGES",
    "Change",
    "EQUATIONS",
    "TABLES",
    "Convention",
    "Verdict",
    "apply",
    "compare",
    "compare_entry",
    "compare_equation",
    "convention",
    "equation",
    "left_over",
    "markdown",
    "parse",
    "parse_equation",
    "verdicts",
]

TABLES: Mapping[str, str] = MappingProxyType({"table-1": "e", "table-2": "mu"})
"""The printed tables and their flavours."""
EQUATIONS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {"7": ("e", False), "8": ("mu", False), "9": ("e", True), "10": ("mu", True)}
)
"""The printed lambda_i4 parts: flavour, and whether the active-sterile angles are set to zero."""


# --- changes of convention ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One elementary change of convention: phases of the derivation -> signs * phases + shifts (in units of pi)."""

    name: str
    signs: tuple[int, ...]
    shifts: tuple[int, ...]


def _change(name: str, flipped: tuple[str, ...] = (), shifted: tuple[str, ...] = ()) -> Change:
    return Change(name, tuple(-1 if p in flipped else 1 for p in phases), tuple(int(p in shifted) for p in phases))


CHANGES: tuple[Change, ...] = (
    _change("U -> U*", flipped=("delta", "delta_14", "delta_34")),
    *(_change(f"{p} -> -{p}", flipped=(p,)) for p in ("delta", "delta_14")),
    *(_change(f"{p} -> {p} + pi", shifted=(p,)) for p in ("delta", "delta_14")),
    *(_change(f"lambda_{pair} -> -lambda_{pair}", shifted=(f"zeta_{pair}",)) for pair in PAIRS),
)
"""The changes that are tried, alone and together.  lambda -> lambda* has the effect of U -> U* (what enters is a
modulus), and delta_34 enters neither table."""


@dataclass(frozen=True)
class Convention:
    """A set of changes, the entries ``(table, entry)`` that differ under it, and how many other sets do as well."""

    changes: tuple[Change, ...]
    left_over: tuple[tuple[str, str], ...]
    equivalent: tuple[tuple[Change, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(change.name for change in self.changes)


def apply(expression: sp.Expr, changes: tuple[Change, ...]) -> sp.Expr:
    """An expression after changes of convention (which commute: shifts are by pi)."""
    signs, shifts = _combined(changes)
    replaced = {
        symbol: int(sign) * symbol + int(shift) * sp.pi
        for symbol, sign, shift in zip(phases.values(), signs, shifts, strict=True)
        if sign != 1 or shift
    }
    return expression.xreplace(replaced)


def left_over(changes: tuple[Change, ...] = ()) -> tuple[tuple[str, str], ...]:
    """The entries ``(table, entry)`` that differ from the derivation under the changes, symbolically."""
    return tuple(
        (name, entry)
        for name, flavour in TABLES.items()
        for (entry, text), derived in zip(_printed(name).items(), coefficients(flavour).values(), strict=True)
        if not _agrees(_parsed(text)[0], apply(derived, changes))
    )


@cache
def convention() -> Convention:
    """The smallest set of changes, for both tables together, that leaves the fewest entries over.

    All subsets of :data:`CHANGES` are tried at a few random points; the choice is then proved symbolically.
    """
    sets = [s for n in range(len(CHANGES) + 1) for s in combinations(CHANGES, n)]
    signs, shifts = map(np.array, zip(*map(_combined, sets), strict=True))
    random = np.random.default_rng(2109)
    theta = random.uniform(0.2, 1.3, (len(angles), 3))
    phi = random.uniform(0, 2 * np.pi, (len(phases), 3))
    there = [*theta, *phi]
    changed = np.moveaxis(signs[:, :, None] * phi + shifts[:, :, None] * np.pi, 1, 0)
    names, values = dict(zip(angles, theta, strict=True)), dict(zip(phases, changed, strict=True))
    differing = np.zeros(len(sets), dtype=int)
    for name, flavour in TABLES.items():
        printed = [_parsed(text)[0] for text in _printed(name).values()]
        # what does not parse agrees with nothing
        printed_values = _numbers([sp.nan if expression is None else expression for expression in printed], there)
        for value, derived in zip(printed_values, mixing.coefficients(flavour, names, values).values(), strict=True):
            differing += ~np.all(np.abs(derived - value) <= 1e-9, axis=-1)
    best = differing.min()
    size = min(len(s) for s, n in zip(sets, differing, strict=True) if n == best)
    chosen = [s for s, n in zip(sets, differing, strict=True) if n == best and len(s) == size]
    proved = left_over(chosen[0])
    if len(proved) != best:
        raise ArithmeticError(f"the search found {best} entries left over, the proof {len(proved)}")
    return Convention(chosen[0], proved, tuple(chosen[1:]))


def _combined(changes: tuple[Change, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Signs and shifts (0 or 1, in pi) of several changes together."""
    signs = np.array([(1,) * len(phases), *(change.signs for change in changes)]).prod(axis=0)
    shifts = np.array([(0,) * len(phases), *(change.shifts for change in changes)]).sum(axis=0) % 2
    return signs, shifts


# --- verdicts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """How a printed entry compares with the derivation; every ``agrees`` is a symbolic proof, for all parameters."""

    table: str
    """``"table-1"``, ``"table-2"`` or ``"eq"``."""
    entry: str
    """``"12-13"``, or the number of the equation."""
    printed: str
    """LaTeX as printed."""
    expression: sp.Expr
    """The derived expression, with the signs of Eq. (2)."""
    problem: str
    """Why the printed LaTeX does not parse, or empty."""
    deviation: float
    """Largest difference between printed and derived at ten random points; nan if the printed one does not parse."""
    agrees_as_printed: bool
    """Equal to the derivation with the signs of Eq. (2)."""
    opposite_sign: bool
    """Equal to minus the derivation with the signs of Eq. (2), and not zero."""
    agrees_under_convention: bool
    """Equal to the derivation after :func:`convention`."""
    correction: str
    """Corrected LaTeX, or empty if none was needed."""
    changed: str
    """What the correction changes, or empty."""
    agrees_with_correction: bool
    """The corrected entry is equal to the derivation after :func:`convention`."""

    @property
    def name(self) -> str:
        return f"{self.table}-{self.entry}"

    @property
    def derived(self) -> str:
        """LaTeX of the derived expression."""
        return latex(self.expression)

    @property
    def outcome(self) -> str:
        """The least that reconciles: "as printed", "under the convention", "with a correction"; or "differs"."""
        if self.agrees_as_printed:
            return "as printed"
        if self.agrees_under_convention:
            return "under the convention"
        return "with a correction" if self.agrees_with_correction else "differs"


@cache
def compare(flavour: str) -> Mapping[tuple[str, str], Verdict]:
    """Compare the printed table of a flavour ("e": Table I, "mu": Table II) with the derivation, entry by entry.

    Returns
    -------
    mapping
        ``("12", "12")``, ... -> :class:`Verdict`, in the order of the table.

    Raises
    ------
    ValueError
        for a flavour without a printed table.
    """
    names = {flavour: name for name, flavour in TABLES.items()}
    if flavour not in names:
        raise ValueError(f"no table is printed for the flavour {flavour!r}; there are tables for {', '.join(names)}")
    entries = _printed(names[flavour])
    derived = coefficients(flavour)
    parsed = [_parsed(text) for text in entries.values()]
    deviations = _deviations([expression for expression, _ in parsed], [derived[term] for term in TERMS])
    return MappingProxyType(
        {
            term: _verdict(names[flavour], entry, text, *attempt, derived[term], deviation)
            for term, (entry, text), attempt, deviation in zip(TERMS, entries.items(), parsed, deviations, strict=True)
        }
    )


@cache
def equation(number: str) -> sp.Expr:
    """The right-hand side of a printed equation, "7" to "10"."""
    return parse_equation(_column("equations_2_1", "equation")[number])


def compare_entry(table: str, entry: str, text: str) -> Verdict:
    """Compare one entry, say ``"table-1"`` and ``"12-13"``, printed as ``text``, with the derivation."""
    if table not in TABLES:
        raise ValueError(f"no printed table {table!r}; there are {', '.join(TABLES)}")
    first, _, second = entry.partition("-")
    derived = coefficients(TABLES[table])
    if (first, second) not in derived:
        raise ValueError(f"no entry {entry!r}; there are {', '.join(f'{a}-{b}' for a, b in TERMS)}")
    expression, problem = _parsed(text)
    return _measured(_verdict(table, entry, text, expression, problem, derived[first, second], 0.0), expression)


@cache
def compare_equation(number: str, text: str | None = None) -> Verdict:
    """Compare an equation, "7" to "10", with the lambda_i4 part of the derived effective moment.

    ``text`` is its LaTeX, by default as printed.
    """
    if number not in EQUATIONS:
        raise ValueError(f"no printed equation {number!r}; there are {', '.join(EQUATIONS)}")
    flavour, small_mixing = EQUATIONS[number]
    derived = sp.Add(*(coefficients(flavour)[pair, pair] * moduli[pair] ** 2 for pair in ("14", "24", "34")))
    if small_mixing:
        derived = derived.subs({angles[f"theta_{i}4"]: 0 for i in "123"})
    text = text or _column("equations_2_1", "equation")[number]
    printed, problem = _attempt(parse_equation, text)
    return _measured(_verdict("eq", number, text, printed, problem, derived, 0.0, parse_equation), printed)


def _measured(verdict: Verdict, printed: sp.Expr | None) -> Verdict:
    """A verdict with its deviation at random points, which is zero where the expressions are the same."""
    if verdict.agrees_as_printed:
        return verdict
    (deviation,) = _deviations([printed], [verdict.expression])
    return replace(verdict, deviation=deviation)


@cache
def verdicts() -> tuple[Verdict, ...]:
    """The verdicts of the 42 entries of Tables I and II and of Eqs. (7)-(10)."""
    tables = [verdict for flavour in TABLES.values() for verdict in compare(flavour).values()]
    return (*tables, *(compare_equation(number) for number in EQUATIONS))


def _verdict(
    table: str,
    entry: str,
    text: str,
    printed: sp.Expr | None,
    problem: str,
    derived: sp.Expr,
    deviation: float,
    parser: Callable[[str], sp.Expr] = parse,
) -> Verdict:
    corrected, changed = _corrections().get((table, entry), ("", ""))
    changes = convention().changes
    return Verdict(
        table,
        entry,
        text,
        derived,
        problem,
        deviation,
        _agrees(printed, derived),
        _agrees(printed, -derived) and not is_zero(derived),
        _agrees(printed, apply(derived, changes)),
        corrected,
        changed,
        bool(corrected) and _agrees(parser(corrected), apply(derived, changes)),
    )


def _agrees(printed: sp.Expr | None, derived: sp.Expr) -> bool:
    return printed is not None and same(printed, derived)


def _deviations(printed: list[sp.Expr | None], derived: list[sp.Expr]) -> list[float]:
    """Largest difference of each pair at ten random points; nan where nothing is printed that parses."""
    random = np.random.default_rng(9545)
    symbols = [*angles.values(), *phases.values(), *moduli.values()]
    everything = [*(sp.nan if expression is None else expression for expression in printed), *derived]
    values = sp.lambdify(symbols, everything, "numpy", cse=True)(*random.uniform(0, 2, (len(symbols), 10)))
    pairs = zip(values[: len(printed)], values[len(printed) :], strict=True)
    return [float(np.max(np.abs(np.subtract(*pair)))) for pair in pairs]


def _numbers(expressions: list[sp.Expr], parameters: list[np.ndarray]) -> list[np.ndarray]:
    """Expressions in angles and phases at numerical values."""
    shape = np.broadcast_shapes(*(np.shape(value) for value in parameters))
    function = sp.lambdify([*angles.values(), *phases.values()], expressions, "numpy", cse=True)
    return [np.broadcast_to(value, shape) for value in function(*parameters)]


def _attempt(parser: Callable[[str], sp.Expr], text: str) -> tuple[sp.Expr | None, str]:
    try:
        return parser(text), ""
    except ValueError as error:
        return None, str(error)


@cache
def _parsed(text: str) -> tuple[sp.Expr | None, str]:
    """An entry as an expression, and why it is none."""
    return _attempt(parse, text)


def _column(name: str, key: str) -> dict[str, str]:
    table = data.table(f"paper/{name}")
    return dict(zip(map(str, table[key]), map(str, table["latex"]), strict=True))


def _printed(name: str) -> dict[str, str]:
    entries = _column(name.replace("-", "_"), "entry")
    expected = [f"{a}-{b}" for a, b in TERMS]
    if list(entries) != expected:
        raise ValueError(f"data/paper/{name.replace('-', '_')}.csv must have the entries {', '.join(expected)}")
    return entries


def _corrections() -> dict[tuple[str, str], tuple[str, str]]:
    """``(table, entry)`` -> corrected LaTeX, what changed."""
    table = data.table("paper/corrections")
    rows = zip(table["table"], table["entry"], table["latex"], table["changed"], strict=True)
    return {(str(name), str(entry)): (str(text), str(changed)) for name, entry, text, changed in rows}


def markdown(flavour: str) -> str:
    """The derived coefficients of a flavour and the printed ones side by side, with the outcomes, in Markdown."""
    lines = ["| product | derived | as printed | agrees |", "|---|---|---|---|"]
    for term, verdict in compare(flavour).items():
        formulae = f"{breakable(verdict.derived)} | {breakable(verdict.printed)}"
        lines.append(f"| ${product_latex(term)}$ | {formulae} | **{verdict.outcome}**<br>`{verdict.name}` |")
    return "\n".join(lines)
