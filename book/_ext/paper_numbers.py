"""Equations carry the numbers of the paper, and pages ask the network for nothing.

The label decides the number: ``eq-17`` prints (17), ``eq-17b`` prints (17b) and ``book-3``, for an equation of ours and
not the paper's, prints (B3).  Any other label, or the same one twice, is a warning and fails the build.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.math import MathDomain
from sphinx.util import logging

LABEL = re.compile(r"(eq|book)-(\d+[a-z]?)")


def number(label: str) -> str | None:
    """The number that a label prints, without brackets."""
    found = LABEL.fullmatch(label)
    return found and ("B" if found[1] == "book" else "") + found[2]


class PaperMathDomain(MathDomain):
    """Sphinx's equations, numbered by their labels instead of by their order."""

    def note_equation(self, docname: str, labelid: str, location: Any = None) -> None:
        super().note_equation(docname, labelid, location)
        printed = number(labelid)
        if printed is None:
            logging.getLogger(__name__).warning(
                "equation label %r is neither eq-N (the paper's N) nor book-N (ours)", labelid, location=location
            )
        else:
            # Sphinx prints whatever stands here; its own numbers are integers
            self.equations[labelid] = (docname, printed)  # type: ignore[assignment]


def offline(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Drop scripts from other hosts that themes and extensions add to every page."""
    context["script_files"] = [
        script for script in context["script_files"] if not str(getattr(script, "filename", script)).startswith("http")
    ]


def whole_description(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep napoleon from reading "Widths in inches: ..." as a type: it looks for one in the first line only."""
    if what in ("attribute", "data", "property"):
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_domain(PaperMathDomain, override=True)
    app.connect("html-page-context", offline, priority=900)
    app.connect("autodoc-process-docstring", whole_description, priority=400)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
