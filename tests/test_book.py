"""Pages of the book: the reference knows every room of the package, and every figure says what it shows."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMAND_LINE = {"__main__", "cli"}


def modules():
    for path in (ROOT / "companion").rglob("*.py"):
        parts = path.relative_to(ROOT / "companion").with_suffix("").parts
        yield tuple(part for part in parts if part != "__init__")


REFERENCE = sorted((ROOT / "book").glob("api*.md"))
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_room_is_on_the_reference_pages():
    pages = [line for path in REFERENCE for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [line.split()[-1] for line in pages if line.startswith(".. automodule::")]
    shown = {tuple(line.split(".")[1:]) for line in lines}
    assert len(lines) == len(shown), "a module is shown twice"
    assert shown - set(modules()) == set(), "a module that is no more"
    rooms = {module[0] for module in modules() if module} - COMMAND_LINE
    assert rooms - {module[0] for module in shown if module} == set(), "a room that is not on the page"


@pytest.mark.slow(reason="judges claims of the paper and throws pseudo-data, as readers may")
@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.stem)
def test_the_example_of_each_reference_page_runs(path):
    examples = EXAMPLE.findall(path.read_text(encoding="utf-8"))
    assert examples, "a page without an example"
    names = {}
    for example in examples:
        exec(compile(example, path.name, "exec"), names)
    plt.close("all")


# ---------------------------------------------------------------------------------------------------------------------
# figures

NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
FIGURE = re.compile(r"<Figure size [^>]*>")
HASH = re.compile(r"[0-9a-f]{32,}")


def pictures(notebook):
    """Cells that show a picture; in a stored notebook the line with its size stands in for it."""
    for cell in notebook.cells:
        data = [output.get("data", {}) for output in cell.get("outputs", [])]
        if any(FIGURE.search(str(one.get("text/plain", ""))) or "image/png" in one for one in data):
            yield cell


def silent(notebook):
    """What pictures lack: a name, a caption that is a sentence, a text in their place."""
    problems = []
    for cell in pictures(notebook):
        shown = cell.metadata.get("mystnb", {})
        figure, alternative = shown.get("figure", {}), shown.get("image", {}).get("alt", "")
        where = cell.source.splitlines()[0]
        if not figure.get("name", "").startswith("fig-"):
            problems.append(f"{where}: no name")
        if len(figure.get("caption", "").split()) < 8:
            problems.append(f"{where}: no caption that stands alone")
        if len(alternative.split()) < 8 or HASH.search(alternative):
            problems.append(f"{where}: no alternative text")
    return problems


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_picture_has_a_name_a_caption_and_a_text_in_its_place(path):
    assert silent(nbformat.read(path, as_version=4)) == []


def test_the_entry_that_readers_copy_is_whole():
    """Lines of the bibliography are chosen as Sphinx does it: from one that starts the entry to before the next."""
    page = (ROOT / "book" / "cite.md").read_text(encoding="utf-8")
    start, end = (re.search(rf'^:{option}: "(.*)"$', page, re.MULTILINE)[1] for option in ("start-at", "end-before"))
    lines = (ROOT / "book" / "references.bib").read_text(encoding="utf-8").splitlines()
    (first,) = (k for k, line in enumerate(lines) if start in line)
    last = next(k for k, line in enumerate(lines) if k > first and end in line)
    entry = "\n".join(lines[first:last])
    assert entry.count("{") == entry.count("}") > 6
    assert entry.count("@") == 1
    assert entry.rstrip().endswith("\n}")


def test_names_of_figures_are_used_once():
    names = [
        cell.metadata.mystnb.figure.name
        for path in NOTEBOOKS
        for cell in pictures(nbformat.read(path, as_version=4))
        if "mystnb" in cell.metadata
    ]
    assert len(names) == len(set(names)) > 50


def test_a_silent_picture_is_found():
    words = "one two three four five six seven eight"
    shown = {"figure": {"name": "fig-x", "caption": words}, "image": {"alt": words}}
    output = nbformat.v4.new_output("display_data", {"text/plain": "<Figure size 10x10 with 1 Axes>"})

    def problems(metadata):
        cell = nbformat.v4.new_code_cell("plot()", outputs=[output], metadata={"mystnb": metadata} if metadata else {})
        return silent(nbformat.v4.new_notebook(cells=[cell]))

    assert problems(shown) == []
    assert len(problems({})) == 3
    assert len(problems({**shown, "image": {"alt": f"../_images/{'0a' * 32}.svg"}})) == 1
    assert len(problems({**shown, "figure": {"name": "fig-x", "caption": "A figure"}})) == 1
