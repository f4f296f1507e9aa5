"""The ledger: every claim of the paper, judged by executed code.

A claim is a row of a table ``data/paper/claims_<section>.csv``: where it stands, what is printed, which
function of :mod:`companion.audit.claims` computes it, how closely it must agree and why.  The function returns an
:class:`Outcome`; the verdict follows from it and is never typed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from importlib import import_module
from math import isfinite, isnan
from types import MappingProxyType
from typing import Any

import numpy as np

from ..data import Table, folder, table

__all__ = [
    "SECTIONS",
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
    "left_out",
    "left_out_markdown",
    "markdown",
    "named_markdown",
    "proof",
    "section_counts",
    "section_markdown",
    "sections_markdown",
    "slips",
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

_LAST_EQUATION = {"2.1": 10, "2.2": 16, "2.3": 20, "2.4": 22, "3.1": 23, "3.2": 25, "3.3": 26, "3.4": 27}
_LAST_FOOTNOTE = {"2.1": 1, "2.2": 3, "2.3": 6, "3.2": 7, "4": 11}


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
        function of :mod:`companion.audit.claims` that computes it, ``module.function``
    tolerance : float
        largest relative deviation that still counts as reproduced; 0 for an exact statement
    reason : str
        why that tolerance
    chapter : str
        chapter of the book that shows the computation
    covers : int
        how many claims of the paper the row settles; 0 where it looks again at what another row settles, or holds
        two statements of the paper against each other
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
    covers: int = 1

    @property
    def section(self) -> str:
        """Section of the paper, a key of :data:`SECTIONS`, by the name: ``"sec-2.3-..."``, ``"eq-17-..."``, ..."""
        kind, _, rest = self.id.partition("-")
        if kind == "abstract":
            return "Abstract"
        if kind == "sec" and (name := rest.partition("-")[0]) in SECTIONS:
            return name
        number = int(found[0]) if (found := re.match(r"\d+", rest)) else 0
        for known, last in (
            ("eq", _LAST_EQUATION),
            ("footnote", _LAST_FOOTNOTE),
            ("table", {"2.1": 2}),
            ("fig", {"4": 4}),
        ):
            for name, end in last.items():
                if kind == known and 0 < number <= end:
                    return name
        raise ValueError(f"the name {self.id!r} of a claim does not begin like 'sec-2.3-', 'eq-17', 'fig-2a', ...")


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
    order = list(SECTIONS)
    found = tuple(sorted(map(_claim, rows), key=lambda claim: order.index(claim.section)))
    if repeated := [name for name, number in Counter(claim.id for claim in found).items() if number > 1]:
        raise ValueError(f"the claim {repeated[0]!r} stands twice in data/paper")
    return found


def _claim(row: Mapping[str, Any]) -> Claim:
    covers = row.get("covers", 1.0)
    if isnan(covers) or covers < 0 or covers != int(covers):
        raise ValueError(f"the row {row['id']!r} settles a whole number of claims or none, not {covers}")
    given = {field.name: row[field.name] for field in fields(Claim) if field.name != "covers"}
    return Claim(**given, covers=int(covers))


def left_out() -> Table:
    """What the paper says and no row judges, with the reason: columns ``place``, ``what``, ``reason``, ``claims``."""
    return table("paper/left_out")


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
        if the claim names no function of :mod:`companion.audit.claims`
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


def section_counts(findings: Iterable[Finding]) -> Table:
    """Rows per section and verdict, and how many claims of the paper they settle, as a table for a figure."""
    findings = list(findings)
    sections = [name for name in SECTIONS if any(f.claim.section == name for f in findings)]
    columns: dict[str, np.ndarray] = {
        "section": np.array(sections),
        "about": np.array([SECTIONS[name] for name in sections]),
    }
    for verdict in Verdict:
        number = [sum(f.claim.section == name and f.verdict is verdict for f in findings) for name in sections]
        columns[str(verdict)] = np.array(number, float)
    columns["rows"] = np.sum([columns[str(verdict)] for verdict in Verdict], axis=0)
    covered = [sum(f.claim.covers for f in findings if f.claim.section == name) for name in sections]
    columns["claims"] = np.array(covered, float)
    return Table(
        "ledger_sections",
        columns,
        {name: "-" if name in ("section", "about") else "1" for name in columns},
        "arXiv:2109.09545 (printed) and this package (computed)",
        "derived: every verdict follows from executed code",
        {"title": "Rows of the ledger per section of the paper and verdict, and claims that they settle"},
    )


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
            f.claim.section,
            f.claim.kind,
            str(f.claim.covers),
            f.claim.chapter,
        )
        for f in findings
    ]
    shown = ("claim", "place", "verdict", "printed", "computed", "correction", "tolerance", "reason")
    names = (*shown, "section", "kind", "claims", "chapter")
    columns = dict(zip(names, np.array(rows, dtype=str).reshape(-1, len(names)).T, strict=True))
    return Table(
        "ledger",
        columns,
        dict.fromkeys(names, "-"),
        "arXiv:2109.09545 (printed) and this package (computed)",
        "derived: every verdict follows from executed code",
        {"title": "What the paper prints and what executed code finds"},
    )


def sections_markdown(findings: Iterable[Finding]) -> str:
    """:func:`section_counts` as a Markdown table with a last line for the sums."""
    counted = section_counts(findings)
    numbers = [*map(str, Verdict), "rows", "claims"]
    lines = ["| section | reproduced | corrected | differs | open | rows | claims |", "|---|" + "---:|" * 6]
    for row in counted.rows():
        heading = row["about"] if row["section"] == row["about"] else f"{row['section']} {row['about']}"
        lines.append(f"| {heading} | " + " | ".join(f"{row[name]:.0f}" for name in numbers) + " |")
    sums = (counted[name].sum() for name in numbers)
    lines.append("| **all** | " + " | ".join(f"**{number:.0f}**" for number in sums) + " |")
    return "\n".join(lines)


def slips(findings: Iterable[Finding], without: Iterable[str] = ()) -> str:
    """What small corrections the paper needs, as a Markdown list: place, correction, and where it is computed.

    Parameters
    ----------
    findings : iterable of Finding
        only those that hold once corrected are listed
    without : iterable of str
        names of claims that are told elsewhere
    """
    findings = list(findings)
    told = set(without)
    known = [f.outcome.correction for f in findings if f.claim.id in told]
    lines = {}
    for f in findings:
        change = f.outcome.correction
        # entries of the tables share the correction of the equation that they belong to
        if f.verdict is Verdict.CORRECTED and f.claim.id not in told and not any(k.startswith(change) for k in known):
            lines[change] = f"- [{f.claim.place}]({f.claim.chapter}.md): {f.claim.printed}<br>*correct:* {change}"
    return "\n".join(lines.values())


def markdown(findings: Iterable[Finding], links: bool = False) -> str:
    """Findings as a Markdown table.

    Parameters
    ----------
    findings : iterable of Finding
        rows
    links : bool
        link each place to the chapter that computes it
    """
    # two columns: a telephone has no room for more
    lines = ["| where, and the verdict | what is printed, what is computed, what was asked for |", "|---|---|"]
    for finding in findings:
        claim, outcome = finding.claim, finding.outcome
        place = f"[{claim.place}]({claim.chapter}.md)" if links else claim.place
        kind = " (definition)" if claim.kind == "definition" else ""
        asked = f"{100 * claim.tolerance:g} %: {claim.reason}" if claim.tolerance > 1e-3 else claim.reason
        text = f"{claim.printed}<br>*computed:* {outcome.computed}"
        if outcome.correction:
            text += f"<br>*correction:* {outcome.correction}"
        cells = (f"{place}{kind}<br>**{finding.verdict}**", f"{text}<br>*asked for:* {asked}")
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join(lines)


def named_markdown(*names: str) -> str:
    """Some rows by the names of their claims, as :func:`markdown` with links."""
    return markdown([judge(find(name)) for name in names], links=True)


def section_markdown(name: str) -> str:
    """The rows of a section of the paper as Markdown: a line that counts them, and their table.

    Parameters
    ----------
    name : str
        a key of :data:`SECTIONS`
    """
    if name not in SECTIONS:
        raise ValueError(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    findings = [judge(claim) for claim in claims() if claim.section == name]
    if not findings:
        return "No row."
    settled = sum(finding.claim.covers for finding in findings)
    number = ", ".join(f"{n} {verdict}" for verdict, n in counts(findings).items() if n)
    rows, said = ("row settles" if len(findings) == 1 else "rows settle"), ("claim" if settled == 1 else "claims")
    return f"{len(findings)} {rows} {settled} {said}: {number}.\n\n{markdown(findings, links=True)}"


def left_out_markdown() -> str:
    """:func:`left_out` as a Markdown table."""
    lines = ["| where | what, and why it is left out |", "|---|---|"]
    lines += [f"| {row['place']} | {row['what']}<br>*{row['reason']}* |" for row in left_out().rows()]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text for a cell of a Markdown table: a bar inside it would end the cell."""
    parts = text.split("$")
    parts[1::2] = [part.replace("|", r"\vert ") for part in parts[1::2]]
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "$".join(parts)
