"""The ledger: every claim of the paper with its verdict.

:mod:`companion.audit.model` judges, :mod:`companion.audit.report` writes; this is the door to both.
"""

from .model import (
    KINDS,
    MEANINGS,
    SECTIONS,
    Claim,
    Finding,
    Outcome,
    Verdict,
    chapter,
    claims,
    counts,
    find,
    judge,
    judge_anew,
    learn,
    left_out,
)
from .report import (
    as_table,
    left_out_markdown,
    markdown,
    named_markdown,
    section_counts,
    section_markdown,
    sections_markdown,
    slips,
)

__all__ = [
    "KINDS",
    "MEANINGS",
    "SECTIONS",
    "Claim",
    "Finding",
    "Outcome",
    "Verdict",
    "as_table",
    "chapter",
    "claims",
    "counts",
    "find",
    "judge",
    "judge_anew",
    "learn",
    "left_out",
    "left_out_markdown",
    "markdown",
    "named_markdown",
    "section_counts",
    "section_markdown",
    "sections_markdown",
    "slips",
]
