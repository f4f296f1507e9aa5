"""Every chapter with code has its executed notebook beside it, and no notebook is left over."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[1] / "book"
_spec = importlib.util.spec_from_file_location("notebooks", BOOK / "_scripts" / "notebooks.py")
notebooks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(notebooks)


@pytest.mark.parametrize("chapter", notebooks.chapters(), ids=lambda path: path.stem)
def test_notebook_is_the_executed_twin_of_its_chapter(chapter):
    assert notebooks.differences(chapter) == [], "run: make notebooks"


def test_no_notebook_without_a_chapter():
    with_code = {chapter.with_suffix(".ipynb") for chapter in notebooks.chapters()}
    assert set(BOOK.glob("*.ipynb")) <= with_code


def test_headline_of_the_readme_is_the_first_figure_of_the_front_page():
    notebook = notebooks.nbformat.read(BOOK / "index.ipynb", as_version=4)
    assert notebooks.HEADLINE.read_bytes() == notebooks.first_figure(notebook) != b""


# ---------------------------------------------------------------------------------------------------------------------
# the form of a chapter

FORMED = [chapter for chapter in notebooks.chapters() if chapter.stem not in ("index", "ledger")]
FIGURE = re.compile(r"\bfigures\.(?!axes\b)\w+\(")
LINK = re.compile(r"\{download\}`[^`<]*<(exports/[^>]+)>`")
WRITTEN = re.compile(r"""(f?)["'](exports/[^"']+\.csv)["']""")
OWN_NAME = re.compile(r"exports/[\w-]+-(spectrum|(mu|lambda)_\w+-(limit|interval|contour))\.csv")

LONGEST, WIDEST = 12, 60
LOOPS = {
    "chromium": {
        "for line in lines:", 'for run in "ABC":', "for where in chromium51.PLACEMENTS:", "for e in nuclei:",
        'for c in "abc":',
    },
    "coherent": {
        'for label, delta in (("best fit", None), ("zero", 0.0)):', "for low, n, m, error in zip(",
        "for mass, ratio in zip(m, over):", 'for name in ("mu_mu", "mu_e"):', "for setup in setups:",
        "for setup in (csi, lar):",
    },
    "coherent_2021": {"for axis in csi.axes:", "for pull in csi.likelihood.pulls:"},
    "combined": {'for a in ("e", "mu", "tau"):', "for pull in current.likelihood.pulls:"},
    "cross_sections": {"for name, error in errors.items():", "for name in experiments.names():"},
    "texono": {'for table in ("kopeikin", "vogel-engel", "none"):'},
    "transition_moments": {"for a in flavours:"},
    "xenon1t": {
        "for s, t, c in zip(sources[:5], tables, computed):", 'for s in (*sources, "7Be", "pep"):',
        "for name, flux in fluxes.items():", "for keV in (0.05, 0.1, 0.2):", 'for efficiency in ("true", "none"):',
        'for binding in ("xraydb", "free"):', 'for coupling in ("mu_e", "mu_mu", "mu_tau"):',
        'for scales in ("signal", "all"):', "for name, how in conventions:", "for dof in (1, 2):",
        'for c in ("mu_e", "mu_mu", "mu_tau",',
    },
    "your_own": {'for wrong in ({"sources": ()}, {"channels": ()},'},
}  # fmt: skip
"""Loops that print or fill one line per turn and are shorter in the open than behind a function."""

FUNCTIONS = {"event_rates": {"integrand = lambda E: ("}}
"""The trap of quad needs an integrand to be seen."""


def wrong_figures(cells):
    """First lines of the cells that draw without a link to numbers before the next figure or heading."""
    wrong = []
    for number, cell in enumerate(cells):
        if cell.cell_type != "code" or not FIGURE.search(cell.source):
            continue
        for later in cells[number + 1 :]:
            if later.cell_type == "code" and FIGURE.search(later.source):
                wrong.append(cell.source.splitlines()[0])
                break
            if later.cell_type == "markdown" and LINK.search(later.source):
                break
        else:
            wrong.append(cell.source.splitlines()[0])
    return wrong


def unwritten_files(cells):
    """Files that a text links to and no cell writes, by their names as far as these can be read off."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    patterns = [
        r"[\w-]+".join(map(re.escape, re.split(r"\{[^}]*\}", name))) if f else re.escape(name)
        for f, name in WRITTEN.findall(code)
    ]
    own = "export.write_each(" in code
    links = [file for cell in cells if cell.cell_type == "markdown" for file in LINK.findall(cell.source)]
    return [
        file
        for file in links
        if not any(re.fullmatch(pattern, file) for pattern in patterns) and not (own and OWN_NAME.fullmatch(file))
    ]


def breaches(cell):
    """Where a code cell leaves the form of the house: length, width, outer loops and functions by their first line."""
    lines = cell.source.splitlines()
    found = {f"{len(lines)} lines"} if len(lines) > LONGEST else set()
    found |= {f"{len(line)} columns: {line}" for line in lines if len(line) > WIDEST}
    tree = ast.parse(cell.source)
    nested = {n for loop in ast.walk(tree) if isinstance(loop, ast.For) for n in ast.walk(loop)} - set(tree.body)
    for node in ast.walk(tree):
        if node not in nested and isinstance(node, ast.For | ast.While | ast.FunctionDef | ast.ClassDef | ast.Lambda):
            found.add(lines[node.lineno - 1].strip())
    return found


def test_the_readers_of_chapters_read():
    """The tests below are empty if nothing is found."""
    code, text = notebooks.nbformat.v4.new_code_cell, notebooks.nbformat.v4.new_markdown_cell
    figure = code("figures.limits(figures.axes(), [a], ['b']);")
    assert wrong_figures([figure, text("nothing")]) == wrong_figures([figure, figure, text("")])[:1] == [figure.source]
    linked = text("{download}`numbers <exports/a-limit.csv>`")
    assert wrong_figures([figure, code("export.write(a)"), linked]) == []
    assert wrong_figures([code("figures.axes()")]) == []
    assert unwritten_files([linked]) == ["exports/a-limit.csv"]
    assert unwritten_files([linked, code('export.write(a, "exports/b-limit.csv")')]) == ["exports/a-limit.csv"]
    assert unwritten_files([linked, code('export.write(a, "exports/a-limit.csv")')]) == []
    assert unwritten_files([linked, code('export.write(a, f"exports/{name}-limit.csv")')]) == []
    assert breaches(code("x = 1\nfor a in b:\n    pass")) == {"for a in b:"}
    assert breaches(code("\n".join(13 * ["x = 1"]))) == {"13 lines"}
    assert breaches(code("x = " + 57 * "1")) == {"61 columns: x = " + 57 * "1"}


@pytest.mark.parametrize("chapter", FORMED, ids=lambda path: path.stem)
def test_every_figure_has_its_numbers_beside_it(chapter):
    assert wrong_figures(notebooks.source(chapter).cells) == []


@pytest.mark.parametrize("chapter", FORMED, ids=lambda path: path.stem)
def test_every_file_that_is_linked_is_written(chapter):
    assert unwritten_files(notebooks.source(chapter).cells) == []


@pytest.mark.parametrize("chapter", FORMED, ids=lambda path: path.stem)
def test_visible_code_is_short(chapter):
    cells = notebooks.source(chapter).cells
    shown = [c for c in cells if c.cell_type == "code" and "remove-input" not in c.metadata.get("tags", [])]
    found = set().union(*map(breaches, shown))
    named = LOOPS.get(chapter.stem, set()) | FUNCTIONS.get(chapter.stem, set())
    assert found - named == set()
    assert named <= found, "an exception that is none any more"
