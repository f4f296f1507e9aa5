"""What surrounds the pages: colours that can be read, boxes that the keyboard reaches, versions, links, search."""

import json
import re
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydata_sphinx_theme
import pytest
from browser import Browser, needs_browser
from docutils import nodes
from matplotlib.colors import to_rgb
from sphinx.util import logging

import companion
from companion import plot

BOOK = Path(__file__).resolve().parents[1] / "book"
CSS = (BOOK / "_static" / "custom.css").read_text(encoding="utf-8")
THEME = next(Path(pydata_sphinx_theme.__file__).parent.rglob("static/styles/pydata-sphinx-theme.css"))
READABLE = 4.5

_spec = spec_from_file_location("pages_extension", BOOK / "_ext" / "pages.py")
pages = module_from_spec(_spec)
_spec.loader.exec_module(pages)


# ---------------------------------------------------------------------------------------------------------------------
# colours


def variables(css, theme):
    """Colours that a style sheet sets for one theme, the last of each name."""
    blocks = re.findall(rf'html\[data-theme="?{theme}"?\][^{{,]*\{{([^}}]*)\}}', css)
    return dict(re.findall(r"--pst-color-([\w-]+):\s*(#[0-9a-fA-F]{3,6})", "".join(blocks)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_links_can_be_read_on_every_ground(theme):
    theirs, ours = variables(THEME.read_text(encoding="utf-8"), theme), variables(CSS, theme)
    for ground in ("background", "surface"):
        for link in ("link", "link-hover"):
            assert plot.contrast(ours[link], theirs[ground]) >= READABLE, (link, ground)
        assert plot.contrast(theirs["text-base"], theirs[ground]) >= READABLE
    # what this is here for: the colour of the theme is not enough on the rows of tables
    assert plot.contrast("#176de8", variables(THEME.read_text(encoding="utf-8"), "light")["surface"]) < READABLE


BRIGHTER = 1.4
HALF_TURN = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
"""hue-rotate(180deg) of the filter effects of CSS."""


def on_dark(colour, ground):
    """A colour of a figure on a dark page: inverted, turned by 180 degrees, brighter, blended as on a screen."""
    turned = np.clip(BRIGHTER * np.clip(HALF_TURN @ (1 - np.array(to_rgb(colour))), 0, 1), 0, 1)
    return tuple((1 - (1 - turned) * (1 - np.array(to_rgb(ground)))).tolist())


def test_figures_can_be_read_on_a_dark_page():
    assert re.search(
        rf"filter: invert\(1\) hue-rotate\(180deg\) brightness\({BRIGHTER}\);\s*mix-blend-mode: screen;", CSS
    )
    ground = variables(THEME.read_text(encoding="utf-8"), "dark")["background"]
    assert on_dark("white", ground) == pytest.approx(to_rgb(ground)), "no box around a figure"
    for name, colour in plot.COLOURS.items():
        assert plot.contrast(on_dark(plot.ink(colour), ground), ground) >= READABLE, name
    for grey in ("0.42", "#8C6D1F"):
        assert plot.contrast(on_dark(grey, ground), ground) >= READABLE


# ---------------------------------------------------------------------------------------------------------------------
# every page


def app(**config):
    return SimpleNamespace(
        config=SimpleNamespace(site_repository="", **config),
        builder=SimpleNamespace(
            format="html", get_target_uri=lambda page: f"{page}.html", get_relative_uri=lambda page, to: "cite.html"
        ),
        env=SimpleNamespace(doc2path=lambda page: BOOK.parent / f"{page}.md"),
    )


def shown(monkeypatch, address=""):
    monkeypatch.setenv("BOOK_REPOSITORY", address)
    context = {"body": '<div class="citation" role="doc-biblioentry">'}
    for change in (pages.footer, pages.citations, pages.sources):
        change(app(), "book/texono", "page.html", context, nodes.document(None, None))
    return context


def test_a_page_leads_to_its_source_and_notebook(monkeypatch):
    body = shown(monkeypatch)["body"]
    assert 'href="../_sources/book/texono.md"' in body
    assert 'href="../_notebooks/texono.ipynb" download="texono.ipynb"' in body
    assert "<code>make lab</code> opens <code>book/texono.ipynb</code>" in body
    assert 'role="listitem"' in body
    assert "doc-biblioentry" not in body


def test_the_repository_is_named_only_where_it_is_known(monkeypatch):
    assert "epository" not in str(shown(monkeypatch))
    known = shown(monkeypatch, "https://host.example/group/book/")
    assert 'href="https://host.example/group/book/blob/HEAD/book/texono.md"' in known["body"]
    assert 'href="https://host.example/group/book"' in known["theme_extra_footer"]


def test_version_and_date_are_at_the_foot(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1631664000")
    text = shown(monkeypatch)["theme_extra_footer"]
    assert f"Version {companion.__version__} of 2021-09-15." in text
    assert 'href="cite.html">How to cite' in text
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", pages.date())


def warned(monkeypatch, *pictures):
    told = []
    monkeypatch.setattr(
        logging,
        "getLogger",
        lambda name: SimpleNamespace(warning=lambda text, *rest, **where: told.append(text % rest)),
    )
    document = nodes.document(None, None)
    document += pictures
    pages.figures(None, document)
    return told


def test_a_picture_without_words_is_a_warning(monkeypatch):
    good = nodes.figure("", nodes.image(uri="a.svg", alt="A line that falls."), nodes.caption("", "Falling."))
    assert warned(monkeypatch, good) == []
    assert warned(monkeypatch, nodes.image(uri="a.svg", alt="A line.")) == ["picture a.svg has no caption"]
    silent = nodes.figure(
        "", nodes.image(uri="a.svg", alt=f"../_images/{'0a' * 32}.svg"), nodes.caption("", "Falling.")
    )
    assert warned(monkeypatch, silent) == ["picture a.svg has no alternative text"]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node here to run the JavaScript of the search")
def test_chapters_come_before_names_of_the_package():
    script = (
        "const vm = require('vm'); vm.runInThisContext(require('fs').readFileSync(0, 'utf8'));"
        "const S = Scorer, words = ['book/texono', 'Title', '', null, S.term, 'x'];"
        "const page = ['book/api_limits', 'Title', '', null, S.title, 'x'];"
        "const name = ['book/api_limits', 'companion.limits.reach', '#x', 'a function', S.objPartialMatch, 'x'];"
        "const exact = ['book/api_limits', 'companion.limits.reach', '#x', 'a function', S.objNameMatch, 'x'];"
        "console.log(JSON.stringify([words, page, name, exact].map(S.score)))"
    )
    text = (BOOK / "_ext" / "scorer.js").read_text(encoding="utf-8")
    done = subprocess.run(["node", "-e", script], input=text, capture_output=True, text=True, check=True)
    words, page, name, exact = json.loads(done.stdout)
    assert words > page > name
    assert exact > words, "who asks for a function by its name finds it"


PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>x</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="custom.css">
<script src="site.js" defer></script></head><body style="margin: 0"><nav><ul><li><a href="page.html">The package</a>
<details><summary><span></span></summary></details></li></ul></nav><article class="bd-article bd-content">
<table class="table" id="wide"><tr><td style="min-width: 3000px">wide</td></tr></table>
<table class="table" id="narrow"><tr><td>narrow</td></tr></table>
<div class="cell_output"><figure><img alt="A line" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'
width='2000' height='200'/%3E"></figure></div></article></body></html>"""
READ = """
const link = document.querySelector("a.figure-alone");
return {
  tabs: ["wide", "narrow"].map((id) => document.getElementById(id).getAttribute("tabindex")),
  fold: document.querySelector("summary").getAttribute("aria-label"),
  label: link.getAttribute("aria-label"), width: document.documentElement.scrollWidth, room: innerWidth,
};
"""


@pytest.mark.slow(reason="starts a browser")
@needs_browser
def test_what_scrolls_can_be_reached_and_nothing_widens_the_page(tmp_path):
    for name in ("custom.css", "site.js"):
        shutil.copyfile(BOOK / "_static" / name, tmp_path / name)
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    browser = Browser(tmp_path / "profile")
    try:
        for width in (1280, 500):
            browser("POST", "/window/rect", {"width": width, "height": 900})
            browser("POST", "/url", {"url": (tmp_path / "page.html").as_uri()})
            page = browser.run(READ)
            assert page["tabs"] == ["0", None]
            assert page["fold"] == "Pages below The package"
            assert page["label"] == "The figure alone: A line"
            assert page["width"] <= page["room"]
    finally:
        browser.close()
