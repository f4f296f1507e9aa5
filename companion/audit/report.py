"""The ledger for readers: as a table of text, as Markdown, counted by section."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..data import Table
from .model import SECTIONS, Finding, Verdict, claims, counts, find, judge, left_out

__all__ = [
    "as_table",
    "left_out_markdown",
    "markdown",
    "named_markdown",
    "section_counts",
    "section_markdown",
    "sections_markdown",
    "slips",
]

SOURCE = "arXiv:2109.09545 (printed) and this package (computed)"
STATUS = "derived: every verdict follows from executed code"


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
        SOURCE,
        STATUS,
        {"title": "Rows of the ledger per section of the paper and verdict, and claims that they settle"},
    )


def as_table(findings: Iterable[Finding]) -> Table:
    """Findings as a table for :mod:`companion.io`, one row each."""
    rows = [
        {
            "claim": f.claim.id,
            "place": f.claim.place,
            "verdict": str(f.verdict),
            "printed": f.claim.printed,
            "found": f.outcome.found,
            "correction": f.outcome.correction,
            "settles": f.outcome.settles,
            "details": f.outcome.details,
            "tolerance": f"{f.claim.tolerance:g}",
            "reason": f.claim.reason,
            "section": f.claim.section,
            "kind": f.claim.kind,
            "claims": str(f.claim.covers),
            "chapter": f.claim.chapter,
        }
        for f in findings
    ]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    title = {"title": "What the paper prints and what executed code finds"}
    return Table("ledger", columns, dict.fromkeys(columns, "-"), SOURCE, STATUS, title)


def sections_markdown(findings: Iterable[Finding]) -> str:
    """:func:`section_counts` as a Markdown table with a last line for the sums."""
    counted = section_counts(findings)
    numbers = [*map(str, Verdict), "rows", "claims"]
    heads = ["section", "reproduced", "corrected", "differs", "definition", "not digitised", "open", "rows", "claims"]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * len(numbers)]
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
    """Findings as a Markdown table: what was found in a sentence, the numbers behind it in a fold.

    Parameters
    ----------
    findings : iterable of Finding
        rows
    links : bool
        link each place to the chapter that computes it
    """
    # two columns: a telephone has no room for more
    lines = ["| where, and the verdict | what the paper says, and what we find |", "|---|---|"]
    for finding in findings:
        claim = finding.claim
        place = f"[{claim.place}]({claim.chapter}.md)" if links else claim.place
        cells = (f"{place}<br>**{finding.verdict}**", _told(finding))
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join(lines)


def _told(finding: Finding) -> str:
    """What the paper says, what is found, and a fold with the rest."""
    claim, outcome = finding.claim, finding.outcome
    text = f"{claim.printed}<br>{outcome.found}"
    if outcome.correction:
        text += f"<br>*Correct:* {outcome.correction}."
    if outcome.settles:
        text += f"<br>*To decide it:* {outcome.settles}."
    return f"{text}<br><details><summary>details</summary>{_details(finding)}</details>"


def _details(finding: Finding) -> str:
    claim, outcome = finding.claim, finding.outcome
    tolerance = f"{100 * claim.tolerance:g} %: " if claim.tolerance > 1e-3 else ""
    asked = f"Asked for: {tolerance}{claim.reason}."
    settled = {0: "looks again at what other rows settle", 1: "settles one claim"}
    covers = settled.get(claim.covers, f"settles {claim.covers} claims")
    return " ".join(part for part in (outcome.details, asked, f"`{claim.id}` {covers}.") if part)


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
    rows = "row settles" if len(findings) == 1 else "rows settle"
    said = "claim" if settled == 1 else "claims"
    return f"{len(findings)} {rows} {settled} {said}: {number}.\n\n{markdown(findings, links=True)}"


def left_out_markdown() -> str:
    """What is left out, as a Markdown table."""
    lines = ["| where | what, and why it is left out |", "|---|---|"]
    lines += [f"| {row['place']} | {row['what']}<br>*{row['reason']}* |" for row in left_out().rows()]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text for a cell of a Markdown table: a bar inside it would end the cell."""
    parts = text.split("$")
    parts[1::2] = [part.replace("|", r"\vert ") for part in parts[1::2]]
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "$".join(parts)
