"""The ledger and the chapters lead to each other.

A row of the ledger ends its details with the name of its claim, as code.  In the ledger the row gets the name as its
anchor, and its place leads to the equation, the figure or the table entry, or else to the row of the chapter.
Everywhere else a name of a claim leads to its row, and below an equation or a figure of the paper stands what the
ledger says about it.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LEDGER = "book/ledger"

FIGURES = {
    "fig-xenon1t-spectrum": ("fig-1a",),
    "fig-texono-spectrum": ("fig-1b",),
    "fig-chromium-electrons": ("fig-1c",),
    "fig-coherent-csi-spectrum": ("fig-2a",),
    "fig-coherent-lar-spectrum": ("fig-2b",),
    "fig-chromium-nuclei": ("fig-2c",),
    "fig-results-effective": ("fig-3",),
    "fig-results-transition": ("fig-4",),
}
"""Figures of the chapters that show what a figure of the paper shows, by their names."""


def anchor(name: str) -> str:
    """Where the row of a claim stands on its page."""
    return f"claim-{name.replace('.', '-').lower()}"


CLAIM = re.compile(r"(abstract|sec|footnote|eq|table|fig)-[\w.-]+")


def named(row: nodes.Node) -> str:
    """The name of the claim that a row is about: it has a verdict and ends in the name; empty for any other row."""
    names = list(row.findall(nodes.literal))
    judged = next(row.findall(nodes.strong), None) is not None
    return names[-1].astext() if judged and names and CLAIM.fullmatch(names[-1].astext()) else ""


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the rows of a page: those of the ledger with their verdicts, those of chapters by their names."""
    env: Any = app.env
    rows = {}
    for row in doctree.findall(nodes.row):
        name = named(row)
        if name:
            (verdict, *_) = row.findall(nodes.strong)
            rows[name] = verdict.astext()
            row["ids"].append(anchor(name))
    if not hasattr(env, "claim_rows"):
        env.claim_rows = {}
    env.claim_rows[env.docname] = rows


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the rows of a page that is read again."""
    getattr(env, "claim_rows", {}).pop(docname, None)


def merged(env: Any) -> dict[str, str]:
    """Verdicts of the rows of the ledger, by the names of their claims."""
    return dict(getattr(env, "claim_rows", {}).get(LEDGER, {}))


def about(label: str, verdicts: dict[str, str]) -> list[str]:
    """Names of the claims on what has a label: the same name first, then those that begin with it."""
    names = [name for name in verdicts if label and (name == label or name.startswith(f"{label}-"))]
    return sorted(names, key=lambda name: name != label)


def connect(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the links of one page."""
    verdicts = merged(app.env)
    if not verdicts:
        return
    if docname == LEDGER:
        for row in doctree.findall(nodes.row):
            name = named(row)
            if name:
                _lead_back(app, row, name)
        return
    to = app.builder.get_relative_uri(docname, LEDGER)
    for literal in list(doctree.findall(nodes.literal)):
        name = literal.astext()
        if name in verdicts and not isinstance(literal.parent, nodes.reference):
            link = nodes.reference("", "", internal=True, refuri=f"{to}#{anchor(name)}")
            literal.replace_self(link)
            link += literal
    for block in list(doctree.findall(nodes.math_block)):
        _say(block, about(str(block.get("label") or ""), verdicts), verdicts, to)
    for figure in list(doctree.findall(nodes.figure)):
        claims = [claim for name in figure["names"] for claim in FIGURES.get(name, ())]
        _say(figure, [claim for claim in claims if claim in verdicts], verdicts, to)


def _say(node: nodes.Element, claims: list[str], verdicts: dict[str, str], to: str) -> None:
    """Below a node, what the ledger says: a link to the first row, and how many more there are."""
    if not claims:
        return
    first, *others = claims
    line = nodes.paragraph("", "", classes=["ledger-link"])
    line += nodes.Text("Ledger: ")
    line += nodes.reference("", verdicts[first], internal=True, refuri=f"{to}#{anchor(first)}")
    if others:
        line += nodes.Text(f" (and {len(others)} more row{'s' if len(others) > 1 else ''})")
    node.parent.insert(node.parent.index(node) + 1, line)


def _lead_back(app: Sphinx, row: nodes.Element, name: str) -> None:
    """The place of a row of the ledger leads to what it is about."""
    link = next(row.findall(nodes.reference), None)
    if link is None:
        return
    target = _target(app, name)
    if target:
        docname, place = target
        link["refuri"] = f"{app.builder.get_relative_uri(LEDGER, docname)}#{place}"


def _target(app: Sphinx, name: str) -> tuple[str, str] | None:
    """Page and anchor of the equation, figure or row that a claim is about."""
    equations = app.env.get_domain("math").data["objects"]
    for label, (docname, _) in equations.items():
        if name == label or name.startswith(f"{label}-"):
            return docname, nodes.make_id(f"equation-{label}")
    labels = app.env.get_domain("std").data["anonlabels"]
    for figure, claims in FIGURES.items():
        if name in claims and figure in labels:
            docname, place = labels[figure][:2]
            return docname, place
    pages = getattr(app.env, "claim_rows", {})
    # the appendix of tables is no chapter of the ledger, and shows its entries once more
    for docname in sorted(pages, key=lambda page: not page.endswith("tables")):
        if docname != LEDGER and name in pages[docname]:
            return docname, anchor(name)
    return None


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-resolved", connect, priority=900)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}
