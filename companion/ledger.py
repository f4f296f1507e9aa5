"""The ledger: every claim of the paper, judged by executed code.

A claim is a row of a table ``data/paper/claims_<section>.csv``: where it stands, what is printed, which
function of :mod:`companion.claims` computes it, how closely it must agree and why.  The function returns an
:class:`Outcome`; the verdict follows from it and is never typed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from importlib import import_module
from math import isfinite

import numpy as np

from .data import Table, folder, table

__all__ = [
    "Claim",
    "Finding",
    "Outcome",
    "Verdict",
    "agreement",
    "as_table",
    "chapter",
    "claims",
    "compare",
    "counts",
    "find",
    "judge",
    "markdown",
    "proof",
]


class Verdict(StrEnum):
    """What executed code says about a claim."""

    REPRODUCED = "reproduced"
    CORRECTED = "reproduced with a correction"
    DIFFERS = "differs"
    OPEN = "cannot be determined"


@dataclass(frozen=True)
class Claim:
    """One checkable claim of the paper.

    Attributes
    ----------
    id : str
        name by place, e.g. ``"table-2-24-34"``, ``"eq-17"``, ``"fig-2a"``
    place : str
        where the paper says it
    kind : str
        ``equation``, ``table``, ``figure``, ``number``, ``statement``, or ``definition``: what this book
        implements as printed, and checks only against another implementation of it
    printed : str
        what is printed
    value : float
        the printed number, nan for a claim that is not one
    unit : str
        its unit
    check : str
        function of :mod:`companion.claims` that computes it, ``module.function``
    tolerance : float
        largest relative deviation that still counts as reproduced; 0 for an exact statement
    reason : str
        why that tolerance
    chapter : str
        chapter of the book that shows the computation
    """

    id: str
    place: str
    kind: str
    printed: str
    value: float
    unit: str
    check: str
    tolerance: float
    reason: str
    chapter: str


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes
    ----------
    holds : bool or None
        whether the claim holds as printed; None if that cannot be determined
    computed : str
        what was computed, or what would settle an open question
    corrected : bool
        whether it holds once ``correction`` is made
    correction : str
        the smallest change that reconciles the claim
    """

    holds: bool | None
    computed: str
    corrected: bool = False
    correction: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim with its outcome."""

    claim: Claim
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        """The verdict that follows from the outcome."""
        if self.outcome.holds is None:
            return Verdict.OPEN
        if self.outcome.holds:
            return Verdict.REPRODUCED
        return Verdict.CORRECTED if self.outcome.corrected else Verdict.DIFFERS


@cache
def claims() -> tuple[Claim, ...]:
    """All claims, in the order of the paper's sections."""
    names = sorted(path.stem for path in (folder() / "paper").glob("claims_*.csv"))
    rows = [row for name in names for row in table(f"paper/{name}").rows()]
    found = tuple(Claim(*(row[field.name] for field in fields(Claim))) for row in rows)
    if repeated := [name for name, number in Counter(claim.id for claim in found).items() if number > 1]:
        raise ValueError(f"the claim {repeated[0]!r} stands twice in data/paper")
    return found


def find(name: str) -> Claim:
    """The claim of that id."""
    for claim in claims():
        if claim.id == name:
            return claim
    raise ValueError(f"no claim {name!r}; 'python -m companion ledger' lists them")


def compare(claim: Claim, computed: float) -> Outcome:
    """Outcome of a claim that is a number: its relative deviation against its tolerance."""
    deviation = computed / claim.value - 1
    text = f"{computed:.6g}{'' if claim.unit in ('1', '-') else ' ' + claim.unit} ({100 * deviation:+.2g} %)"
    return Outcome(isfinite(deviation) and abs(deviation) <= claim.tolerance, text)


def agreement(worst: float, tolerance: float) -> Outcome:
    """Outcome of a numerical identity: its largest relative deviation against a tolerance."""
    holds = bool(worst <= tolerance)
    # rounding noise differs from machine to machine and is not a result
    return Outcome(holds, f"agree to {tolerance:g}" if holds else f"largest relative difference {worst:.1e}")


def proof(holds: object, text: str) -> Outcome:
    """Outcome of a derivation that ends in yes or no; ``text`` says what holds if it does."""
    return Outcome(bool(holds), text if holds else f"not so: {text}")


@cache
def judge(claim: Claim) -> Finding:
    """Run the check of a claim.

    Raises
    ------
    ValueError
        if the claim names no function of :mod:`companion.claims`
    """
    module, _, function = claim.check.partition(".")
    try:
        check = getattr(import_module(f".claims.{module}", __package__), function)
    except (ImportError, AttributeError):
        raise ValueError(f"the claim {claim.id!r} is checked by {claim.check!r}, which does not exist") from None
    return Finding(claim, check(claim))


def chapter(name: str) -> list[Finding]:
    """Findings on the claims that a chapter of the book computes, Tables I and II entry by entry left out."""
    return [judge(claim) for claim in claims() if claim.chapter == name and claim.kind != "table"]


def counts(findings: Iterable[Finding]) -> dict[Verdict, int]:
    """Number of findings per verdict, every verdict present."""
    counter = Counter(finding.verdict for finding in findings)
    return {verdict: counter[verdict] for verdict in Verdict}


def as_table(findings: Iterable[Finding]) -> Table:
    """Findings as a table for :mod:`companion.export`."""
    rows = [
        (
            f.claim.id,
            f.claim.place,
            str(f.verdict),
            f.claim.printed,
            f.outcome.computed,
            f.outcome.correction,
            f"{f.claim.tolerance:g}",
            f.claim.reason,
        )
        for f in findings
    ]
    names = ("claim", "place", "verdict", "printed", "computed", "correction", "tolerance", "reason")
    columns = dict(zip(names, np.array(rows, dtype=str).reshape(-1, len(names)).T, strict=True))
    return Table(
        "ledger",
        columns,
        dict.fromkeys(names, "-"),
        "arXiv:2109.09545 (printed) and this package (computed)",
        "derived: every verdict follows from executed code",
        {"title": "What the paper prints and what executed code finds"},
    )


def markdown(findings: Iterable[Finding], links: bool = False) -> str:
    """Findings as a Markdown table.

    Parameters
    ----------
    findings : iterable of Finding
        rows
    links : bool
        link each place to the chapter that computes it
    """
    lines = ["| where | verdict | printed, and below it computed | asked for |", "|---|---|---|---|"]
    for finding in findings:
        claim, outcome = finding.claim, finding.outcome
        place = f"[{claim.place}]({claim.chapter}.md)" if links else claim.place
        verdict = f"**{finding.verdict}**" + (f": {outcome.correction}" if outcome.correction else "")
        asked = f"{100 * claim.tolerance:g} %: {claim.reason}" if claim.tolerance > 1e-3 else claim.reason
        cells = (place, verdict, f"{claim.printed}<br>*computed:* {outcome.computed}", asked)
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text for a cell of a Markdown table: a bar inside it would end the cell."""
    parts = text.split("$")
    parts[1::2] = [part.replace("|", r"\vert ") for part in parts[1::2]]
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "$".join(parts)
