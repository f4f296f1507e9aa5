"""The ledger, judged once for all chapters, and at a glance."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from companion.audit import ledger
from companion.audit.ledger import Finding
from companion.data import Table
from companion.plot import COLOURS, in_style

from .once import once

__all__ = ["chapter", "judged", "verdicts"]

LOOKS = {
    "reproduced": ("#DCECF5", "black"),
    "reproduced with a correction": ("#8CC9EE", "black"),
    "differs": (COLOURS["vermillion"], "white"),
    "definition": ("0.85", "black"),
    "not digitised": ("0.95", "black"),
    "open": ("white", "black"),
}
"""Fill and colour of the numbers: what is judged in colours, what is not in greys and white."""


@once
def _of_chapter(name: str) -> list[Finding]:
    return [ledger.judge(claim) for claim in ledger.claims() if claim.chapter == name]


def judged() -> list[Finding]:
    """All findings, in the order of the ledger."""
    for name in dict.fromkeys(claim.chapter for claim in ledger.claims()):
        ledger.learn(_of_chapter(name))
    return [ledger.judge(claim) for claim in ledger.claims()]


def chapter(name: str) -> list[Finding]:
    """Findings on the claims that a chapter computes, Tables I and II entry by entry left out."""
    ledger.learn(_of_chapter(name))
    return ledger.chapter(name)


@in_style
def verdicts(ax: Axes, table: Table) -> Axes:
    """Rows of the ledger per section, one bar each, a piece per verdict with its number where it is more than one.

    Parameters
    ----------
    ax : Axes
        where to draw
    table : Table
        columns ``section``, ``about`` and one per verdict, as :func:`companion.audit.ledger.section_counts` makes it
    """
    sections, about = table["section"].tolist(), table["about"].tolist()
    names = [what if section == what else f"{section}  {what}" for section, what in zip(sections, about, strict=True)]
    place, left = np.arange(len(names)), np.zeros(len(names))
    for verdict, (fill, ink) in LOOKS.items():
        number = table[verdict]
        ax.barh(place, number, left=left, color=fill, edgecolor="0.25", lw=0.6, height=0.72, label=verdict)
        # one row is too narrow for its number
        for k in np.flatnonzero(number > 1):
            middle = left[k] + number[k] / 2
            ax.text(middle, place[k], f"{number[k]:.0f}", ha="center", va="center", color=ink)
        left = left + number
    ax.set_yticks(place, names)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("rows of the ledger")
    ax.legend(loc="lower center", bbox_to_anchor=(0.35, 1.0), ncols=3, columnspacing=1.2)
    return ax
