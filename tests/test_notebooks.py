"""Every chapter with code has its notebook beside it, small, and rewritten only when what it prints changes."""

import ast
import hashlib
import re

import chapters
import nbformat
import notebooks
import pytest

EVERY = chapters.chapters()


def name(path):
    return path.stem


@pytest.mark.parametrize("chapter", EVERY, ids=name)
def test_notebook_is_the_executed_twin_of_its_chapter(chapter):
    assert notebooks.differences(chapter) == [], "run: make notebooks"


@pytest.mark.parametrize("chapter", EVERY, ids=name)
def test_notebook_is_small(chapter):
    """History keeps every version: the largest, a ledger of 238 rows with the details of each, prints 130 kB."""
    assert chapter.with_suffix(".ipynb").stat().st_size < (150_000 if chapter.stem == "ledger" else 100_000)


def last_digits(notebook):
    """Numbers in compared outputs with more than 12 digits: their last ones differ from processor to processor."""
    long = re.compile(r"(?<![\w.])\d*\.?\d+(?:e[-+]?\d+)?(?!\w)")
    for cell in chapters.code(notebook):
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            for number in long.findall(text):
                if len(re.sub(r"\D|e.*", "", number).lstrip("0")) > 12:
                    yield number


@pytest.mark.parametrize("chapter", EVERY, ids=name)
def test_notebook_prints_no_digits_that_another_processor_has_otherwise(chapter):
    assert list(last_digits(nbformat.read(chapter.with_suffix(".ipynb"), as_version=4))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mean 8.18899706319867 + 0.5*b", ["8.18899706319867"]),
        ("8.1889970631986e-10", ["8.1889970631986e-10"]),
        ("0.000818899706 and 8.189e-100", []),
    ],
)
def test_last_digits_are_found(text, found):
    assert list(last_digits(notebook(shown(text)))) == found
    assert list(last_digits(notebook(shown(text), tags=["nbval-ignore-output"]))) == []


def test_no_notebook_without_a_chapter():
    assert set(chapters.BOOK.glob("*.ipynb")) <= {chapter.with_suffix(".ipynb") for chapter in EVERY}


def test_headline_of_the_readme_is_the_first_figure_of_the_front_page():
    written = nbformat.read(chapters.BOOK / "index.ipynb", as_version=4).metadata["headline"]
    assert hashlib.sha256(notebooks.HEADLINE.read_bytes()).hexdigest() == written, "run: make notebooks"


# ---------------------------------------------------------------------------------------------------------------------
# what is stored


def cell(*outputs, source="1", tags=()):
    return nbformat.v4.new_code_cell(
        source, id="cell", outputs=list(outputs), execution_count=1, metadata={"tags": list(tags)}
    )


def notebook(*outputs, **options):
    return nbformat.v4.new_notebook(cells=[cell(*outputs, **options)])


def shown(text, **pictures):
    data = {"text/plain": text, **{f"image/{kind}": picture for kind, picture in pictures.items()}}
    return nbformat.v4.new_output("display_data", data)


def outputs(notebook):
    return [output.data for output in notebook.cells[0].outputs]


def test_pictures_are_left_out_and_their_line_stays():
    executed = notebook(shown("<Figure size 1400x840>", png="AAAA", **{"svg+xml": "<svg/>"}))
    assert outputs(notebooks.updated(None, executed)) == [{"text/plain": "<Figure size 1400x840>"}]
    assert "image/png" in outputs(executed)[0], "the executed notebook is for the book and keeps them"


@pytest.mark.parametrize(
    ("before", "after", "options", "kept"),
    [
        ("1.0", "1.0", {}, True),
        ("1.0", "1.1", {}, False),
        ("<object at 0x7f00aa11bb>", "<object at 0x7f00aa11cc>", {}, True),
        ("/tmp/abc/file.csv", "/tmp/xyz/file.csv", {}, True),
        ("3.1 s", "2.9 s", {"tags": ["nbval-ignore-output"]}, True),
        ("3.1 s", "2.9 s", {}, False),
    ],
)
def test_outputs_change_only_when_they_are_compared_and_differ(before, after, options, kept):
    result = notebooks.updated(notebook(shown(before), **options), notebook(shown(after, png="AAAA"), **options))
    assert outputs(result) == [{"text/plain": before if kept else after}]


def test_outputs_of_other_code_are_replaced():
    result = notebooks.updated(notebook(shown("a"), source="1"), notebook(shown("a"), source="2"))
    assert result.cells[0].source == "2"


def test_a_notebook_with_a_picture_is_out_of_step(tmp_path):
    chapter = tmp_path / "sample.md"
    chapter.write_text((chapters.BOOK / "exports.md").read_text(encoding="utf-8"), encoding="utf-8")
    stored = notebooks.without_pictures(chapters.source(chapter))
    for number, code in enumerate(chapters.code(stored), 1):
        code.execution_count = number
    nbformat.write(stored, tmp_path / "sample.ipynb")
    assert notebooks.differences(chapter) == []
    chapters.code(stored)[0].outputs = [shown("<Figure>", png="AAAA")]
    nbformat.write(stored, tmp_path / "sample.ipynb")
    assert notebooks.differences(chapter) == ["sample.ipynb: cell 1 holds a picture"]


# ---------------------------------------------------------------------------------------------------------------------
# figures and their numbers


def drawing():
    """Functions of book/_lib that draw, by module: those in the look of the book."""
    found = {"overview": {"draw_all"}}
    for path in (chapters.BOOK / "_lib").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "in_style" for one in node.decorator_list):
                found.setdefault(path.stem, set()).add(node.name)
    return found


OWN = "|".join(name for names in drawing().values() for name in names)
OF_MODULES = "|".join(rf"{module}\.{name}" for module, names in drawing().items() for name in names)
FIGURE = re.compile(rf"\bplot\.(?!axes\b)\w+\(|\.plot\(|(?<![\w.])({OWN})\(|\b({OF_MODULES})\(")


def wrong_figures(cells):
    """First lines of the cells that draw without a link to numbers before the next figure."""
    wrong = []
    for number, one in enumerate(cells):
        if one.cell_type != "code" or not FIGURE.search(one.source):
            continue
        for later in cells[number + 1 :]:
            if later.cell_type == "code" and FIGURE.search(later.source):
                wrong.append(one.source.splitlines()[0])
                break
            if later.cell_type == "markdown" and chapters.LINK.search(later.source):
                break
        else:
            wrong.append(one.source.splitlines()[0])
    return wrong


def test_the_reader_of_figures_reads():
    """The test below is empty if nothing is found."""
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    figure = code("plot.limits(plot.axes(), [a], ['b']);")
    assert wrong_figures([figure, text("nothing")]) == wrong_figures([figure, figure, text("")])[:1] == [figure.source]
    assert wrong_figures([figure, code("io.write(a)"), text("{download}`numbers <exports/a.csv>`")]) == []
    assert wrong_figures([code("plot.axes()")]) == []
    assert wrong_figures([code("overview.draw(ax, shown)")]) == ["overview.draw(ax, shown)"]
    assert wrong_figures([code("results.band(ge, m_4)")]) == []
    assert drawing()["chromium"] == {"spectra", "scans"}
    assert wrong_figures([code("limit.plot(ax)")]) == ["limit.plot(ax)"]


@pytest.mark.parametrize("chapter", [path for path in EVERY if path.stem not in ("index", "ledger")], ids=name)
def test_every_figure_has_its_numbers_beside_it(chapter):
    assert wrong_figures(chapters.source(chapter).cells) == []


@pytest.mark.parametrize("chapter", EVERY, ids=name)
def test_figures_have_their_look_from_one_place(chapter):
    """Only ``in_style`` writes powers of ten as letters and leaves the reader's settings alone."""
    assert "rcParams" not in chapter.read_text(encoding="utf-8")
