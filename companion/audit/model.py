"""The claims of the paper and their judgement: a row, its check, its verdict.

A claim is a row of a table ``data/paper/claims_<section>.csv``: where it stands, what is printed, which function of
:mod:`companion.audit.claims` checks it, how closely it must agree and why.  A check asks for what it needs by the names
of its parameters: the ``claim`` with its printed numbers, the ``context`` with tables and experiments, and the
``arguments`` of its row.  It returns an :class:`~companion.audit.outcomes.Outcome`; the verdict follows from that and
is never typed.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

import sympy as sp

from .. import data
from . import formulas
from .context import Context, shared
from .outcomes import Outcome

__all__ = [
    "KINDS",
    "MEANINGS",
    "SECTIONS",
    "Claim",
    "Finding",
    "Outcome",
    "Verdict",
    "chapter",
    "claims",
    "counts",
    "find",
    "judge",
    "judge_anew",
    "learn",
    "left_out",
]

SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "Abstract": "Abstract",
        "1": "Introduction",
        "2.1": "Magnetic moments",
        "2.2": "Standard Model",
        "2.3": "Dipole portal",
        "2.4": "Event rates",
        "3.1": "XENON1T",
        "3.2": "COHERENT",
        "3.3": "TEXONO",
        "3.4": "Chromium source",
        "4": "Results",
        "5": "Conclusions",
    }
)
"""The sections of the paper that make claims, in its order, with what they are about."""

KINDS = ("equation", "table", "figure", "number", "statement", "definition")
"""What a claim can be; a ``definition`` is an input or a convention, which cannot be wrong, only implemented."""


class Verdict(StrEnum):
    """What executed code says about a claim."""

    REPRODUCED = "reproduced"
    CORRECTED = "reproduced with a correction"
    DIFFERS = "differs"
    DEFINITION = "definition"
    NOT_DIGITISED = "not digitised"
    OPEN = "open"


MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.REPRODUCED: "it holds as printed, within the stated tolerance",
        Verdict.CORRECTED: "it holds once the named change is made",
        Verdict.DIFFERS: "it does not hold, and no small change mends it",
        Verdict.DEFINITION: "an input or a convention of the paper, implemented as printed: it cannot be wrong",
        Verdict.NOT_DIGITISED: "a figure: the row says what we compute, and its curves have not been read off",
        Verdict.OPEN: "it cannot be decided from what is public; the row says what would decide it",
    }
)
"""The verdicts for a reader."""


@dataclass(frozen=True)
class Claim:
    """One checkable claim of the paper.

    Attributes
    ----------
    id : str
        name by place, e.g. ``"table-2-24-34"``, ``"eq-17"``, ``"fig-2a"``
    section : str
        of the paper, a key of :data:`SECTIONS`
    place : str
        where the paper says it
    kind : str
        one of :data:`KINDS`
    printed : str
        what is printed, quoted
    check : str
        function of :mod:`companion.audit.claims`, ``module.function``
    reason : str
        why it has that tolerance
    chapter : str
        chapter of the book that shows the computation
    tolerance : float
        largest relative deviation that still counts as reproduced; 0 for an exact statement
    values : tuple of float
        the printed numbers
    unit : str
        their unit
    formula : str
        the printed formula, for :mod:`companion.audit.formulas`
    arguments : tuple of (str, str or float)
        names and values of further arguments of the check
    covers : int
        how many claims of the paper the row settles; 0 where it looks again at what another row settles, or holds
        two statements of the paper against each other
    """

    id: str
    section: str
    place: str
    kind: str
    printed: str
    check: str
    reason: str
    chapter: str
    tolerance: float = 0.0
    values: tuple[float, ...] = ()
    unit: str = "1"
    formula: str = ""
    arguments: tuple[tuple[str, str | float], ...] = field(default=())
    covers: int = 1

    @property
    def value(self) -> float:
        """The printed number of a claim that has one."""
        if len(self.values) != 1:
            raise ValueError(f"the claim {self.id!r} prints {len(self.values)} numbers, not one")
        return self.values[0]

    @property
    def expression(self) -> sp.Expr:
        """The printed formula of a claim that has one."""
        return formulas.expression(self.formula)


@dataclass(frozen=True)
class Finding:
    """A claim with its outcome."""

    claim: Claim
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        """The verdict that follows from the outcome."""
        if self.outcome.holds is None:
            return Verdict.NOT_DIGITISED if self.claim.kind == "figure" else Verdict.OPEN
        if self.outcome.holds:
            return Verdict.DEFINITION if self.claim.kind == "definition" else Verdict.REPRODUCED
        return Verdict.CORRECTED if self.outcome.correction else Verdict.DIFFERS


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, in the order of the paper's sections."""
    names = sorted(path.stem for path in (data.folder() / "paper").glob("claims_*.csv"))
    rows = [_claim(row) for name in names for row in data.table(f"paper/{name}").rows()]
    order = list(SECTIONS)
    rows.sort(key=lambda claim: order.index(claim.section))
    repeated = [name for name, number in Counter(claim.id for claim in rows).items() if number > 1]
    if repeated:
        raise ValueError(f"the claim {repeated[0]!r} stands twice in data/paper")
    return tuple(rows)


def _claim(row: Mapping[str, Any]) -> Claim:
    name, covers = row["id"], row["covers"]
    if row["section"] not in SECTIONS:
        raise ValueError(f"the claim {name!r} has no section {row['section']!r}; there are {', '.join(SECTIONS)}")
    if row["kind"] not in KINDS:
        raise ValueError(f"the claim {name!r} is of no kind {row['kind']!r}; there are {', '.join(KINDS)}")
    if not covers >= 0 or covers != int(covers):
        raise ValueError(f"the row {name!r} settles a whole number of claims or none, not {covers}")
    if not row["tolerance"] >= 0:
        raise ValueError(f"the tolerance of {name!r} must not be negative or missing, as {row['tolerance']} is")
    try:
        values = tuple(float(text) for text in row["value"].split())
    except ValueError:
        raise ValueError(f"the printed value of {name!r} must be numbers, not {row['value']!r}") from None
    given = {
        key: str(row[key]) for key in ("section", "place", "kind", "printed", "formula", "unit", "check", "reason")
    }
    return Claim(
        id=str(name),
        chapter=str(row["chapter"]),
        tolerance=float(row["tolerance"]),
        values=values,
        arguments=_arguments(name, row["arguments"]),
        covers=int(covers),
        **given,
    )


def _arguments(name: str, text: str) -> tuple[tuple[str, str | float], ...]:
    """``"table=table-1; entry=12-13"`` as pairs; what looks like a number is one."""
    pairs: list[tuple[str, str | float]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not key.isidentifier():
            raise ValueError(f"the arguments of {name!r} are 'name=value; ...', not {text!r}")
        try:
            pairs.append((key, float(value)))
        except ValueError:
            pairs.append((key, value))
    return tuple(pairs)


def left_out() -> data.Table:
    """What the paper says and no row judges, with the reason: columns ``place``, ``what``, ``reason``, ``claims``."""
    return data.table("paper/left_out")


def find(name: str) -> Claim:
    """The claim of that id."""
    for claim in claims():
        if claim.id == name:
            return claim
    raise ValueError(f"no claim {name!r}; 'python -m companion ledger' lists them")


_judged: dict[tuple[Claim, Context | None], Finding] = {}


def learn(findings: Iterable[Finding]) -> None:
    """Take findings of another process, which had the same package, for those of :func:`judge`."""
    for finding in findings:
        _judged[finding.claim, None] = finding


def judge(claim: Claim, context: Context | None = None) -> Finding:
    """Run the check of a claim, or recall what it found; parameters and errors of :func:`judge_anew`."""
    if (claim, context) not in _judged:
        _judged[claim, context] = judge_anew(claim, context)
    return _judged[claim, context]


def judge_anew(claim: Claim, context: Context | None = None) -> Finding:
    """Run the check of a claim.

    Parameters
    ----------
    claim : Claim
        from :func:`claims`
    context : Context, optional
        the tables and experiments that the check sees; by default those of the package

    Raises
    ------
    ValueError
        if the claim names no function of :mod:`companion.audit.claims`, or not the arguments that it takes
    """
    module, _, function = claim.check.partition(".")
    try:
        check = getattr(import_module(f".claims.{module}", __package__), function)
    except (ImportError, AttributeError):
        raise ValueError(f"the claim {claim.id!r} is checked by {claim.check!r}, which does not exist") from None
    given: dict[str, Any] = dict(claim.arguments)
    wanted = list(inspect.signature(check).parameters)
    for name, thing in (("claim", claim), ("context", context or shared())):
        if name in wanted:
            given[name] = thing
    if set(given) != set(wanted):
        raise ValueError(f"the check of {claim.id!r} takes {', '.join(wanted)}, and its row gives {', '.join(given)}")
    return Finding(claim, check(**given))


def chapter(name: str) -> list[Finding]:
    """Findings on the claims that a chapter of the book computes, Tables I and II entry by entry left out."""
    return [judge(claim) for claim in claims() if claim.chapter == name and claim.kind != "table"]


def counts(findings: Iterable[Finding]) -> dict[Verdict, int]:
    """Number of findings per verdict, every verdict present."""
    counter = Counter(finding.verdict for finding in findings)
    return {verdict: counter[verdict] for verdict in Verdict}
