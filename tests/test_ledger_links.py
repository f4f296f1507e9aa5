"""Equations, figures and table entries lead to their rows of the ledger, and the rows back."""

import importlib.util
from types import SimpleNamespace

import chapters
import pytest
from docutils import nodes
from docutils.utils import new_document

from companion.audit import ledger

_spec = importlib.util.spec_from_file_location("ledger_links", chapters.BOOK / "_ext" / "ledger_links.py")
links = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(links)


FIGURE = "fig-results-effective"


def row(place, verdict, name):
    """A row as Sphinx has it: place and verdict, then a text that ends in the name."""
    link = nodes.reference("", place, refuri="#chapter.md")
    first = nodes.entry("", nodes.paragraph("", "", link, nodes.strong("", verdict)))
    second = nodes.entry("", nodes.paragraph("", "text ", nodes.literal("", "1e-3"), nodes.literal("", name)))
    return nodes.row("", first, second)


def page(*children):
    document = new_document("page")
    document += nodes.section("", *children)
    return document


@pytest.fixture
def app():
    """What the extension uses of Sphinx."""
    equations = {"eq-17": ("book/cross_sections", "17"), "eq-2": ("book/transition_moments", "2")}
    domains = {
        "math": SimpleNamespace(data={"objects": equations}),
        "std": SimpleNamespace(
            data={"anonlabels": {"fig-results-effective": ("book/results", "fig-results-effective")}}
        ),
    }
    env = SimpleNamespace(docname="", get_domain=domains.__getitem__)
    relative = lambda here, there: f"{there.removeprefix('book/')}.html"  # noqa: E731
    return SimpleNamespace(env=env, builder=SimpleNamespace(get_relative_uri=relative))


@pytest.fixture
def rows(app):
    """The ledger and the appendix of tables, read."""
    names = ("eq-17", "eq-2-size", "eq-2", "eq-22-cevns", "fig-3", "sec-3.1-steps", "table-1-12-13")
    ledger_page = page(*(row(name, "reproduced", name) for name in names))
    app.env.docname = links.LEDGER
    links.collect(app, ledger_page)
    for docname, name in (("book/tables", "table-1-12-13"), ("book/xenon1t", "sec-3.1-steps")):
        app.env.docname = docname
        links.collect(app, page(row("", "as printed", name)))
    return ledger_page


def test_rows_have_anchors_and_lead_back(app, rows):
    links.connect(app, rows, links.LEDGER)
    found = {one["ids"][0]: next(one.findall(nodes.reference))["refuri"] for one in rows.findall(nodes.row)}
    assert found == {
        "claim-eq-17": "cross_sections.html#equation-eq-17",
        "claim-eq-2-size": "transition_moments.html#equation-eq-2",
        "claim-eq-2": "transition_moments.html#equation-eq-2",
        # no equation of this name on any page, and 22 is not 2
        "claim-eq-22-cevns": "#chapter.md",
        "claim-fig-3": "results.html#fig-results-effective",
        "claim-sec-3-1-steps": "xenon1t.html#claim-sec-3-1-steps",
        "claim-table-1-12-13": "tables.html#claim-table-1-12-13",
    }


def test_a_chapter_leads_to_the_ledger(app, rows):
    equation = nodes.math_block("", "x", label="eq-2")
    other = nodes.math_block("", "x", label="book-3")
    figure = nodes.figure("", names=["fig-results-effective"])
    text = nodes.paragraph("", "", nodes.literal("", "sec-3.1-steps"), nodes.literal("", "mu_e"))
    chapter = page(equation, other, figure, text)
    links.connect(app, chapter, "book/results")
    said = [one.astext() for one in chapter.findall(nodes.paragraph) if "ledger-link" in one["classes"]]
    assert said == ["Ledger: reproduced (and 1 more row)", "Ledger: reproduced"]
    targets = [one["refuri"] for one in chapter.findall(nodes.reference)]
    assert targets == [f"ledger.html#claim-{name}" for name in ("eq-2", "fig-3", "sec-3-1-steps")]


def test_rows_of_a_page_that_is_read_again_are_forgotten(app, rows):
    links.forget(app, app.env, links.LEDGER)
    chapter = page(nodes.math_block("", "x", label="eq-17"))
    links.connect(app, chapter, "book/results")
    assert list(chapter.findall(nodes.reference)) == []


def test_every_claim_has_an_anchor_of_its_own():
    names = [claim.id for claim in ledger.claims()]
    assert all(links.CLAIM.fullmatch(name) for name in names)
    assert len({links.anchor(name) for name in names}) == len(names)
    shown = [name for claims in links.FIGURES.values() for name in claims]
    assert set(shown) <= set(names)


def test_every_figure_that_is_linked_is_in_a_chapter():
    text = "".join(path.read_text(encoding="utf-8") for path in chapters.BOOK.glob("*.md"))
    assert [name for name in links.FIGURES if f"name: {name}\n" not in text] == []
