"""Chapters are run when something that they depend on has changed, and only then."""

import io
from types import SimpleNamespace

import chapters
import nbformat
import pytest
import tested
from matplotlib.figure import Figure

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter
"""


def written(code, words="Words."):
    return f"{HEADER}\n{words}\n\n```{{code-cell}} ipython3\n{code}\n```\n"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with an empty package, one table and one chapter."""
    for folder in ("book", "companion", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "companion" / "__init__.py").write_text("value = 1\n")
    (tmp_path / "data" / "table.csv").write_text("1\n")
    monkeypatch.setattr(chapters, "ROOT", tmp_path)
    monkeypatch.setattr(chapters, "BOOK", tmp_path / "book")
    monkeypatch.setattr(chapters, "KEPT", tmp_path / "_build" / "executed")
    monkeypatch.setattr(chapters, "COMPUTED", tmp_path / "_build" / "computed")
    chapters.surroundings.cache_clear()
    yield tmp_path
    chapters.surroundings.cache_clear()


def key(chapter, text):
    chapter.write_text(text)
    chapters.surroundings.cache_clear()
    return chapters.key(chapter)


def test_the_key_follows_code_package_and_tables_but_not_words(clone):
    chapter = clone / "book" / "sample.md"
    first = key(chapter, written("1"))
    assert key(chapter, written("1", words="Other words.")) == first
    assert key(chapter, written("2")) != first
    (clone / "book" / "_lib").mkdir()
    for file in ("companion/__init__.py", "companion/new.py", "data/table.csv", "data/new.csv", "book/_lib/new.py"):
        before = key(chapter, written("1"))
        with (clone / file).open("a") as stream:
            stream.write("# edited\n")
        assert key(chapter, written("1")) != before, file


def texts(notebook):
    return [output.get("text") for cell in chapters.code(notebook) for output in cell.outputs]


def test_a_chapter_is_run_once_in_its_own_clone(clone, capsys):
    chapter = clone / "book" / "sample.md"
    chapter.write_text(
        written(
            "import companion\nfrom pathlib import Path\nPath('exports').mkdir(exist_ok=True)\n"
            "Path('exports/a.csv').write_text('1')\nprint(companion.value);",
            words="{download}`numbers <exports/a.csv>`",
        )
    )
    assert chapters.kept(chapter) is None
    chapters.execute([chapter])
    assert "[1/1] sample" in capsys.readouterr().out
    assert texts(chapters.kept(chapter)) == ["1\n"]

    # nothing is run again; words are those of today; a file that was lost is put back
    (clone / "book" / "exports" / "a.csv").unlink()
    chapter.write_text(chapter.read_text().replace("numbers", "other numbers"))
    chapters.execute([chapter])
    assert capsys.readouterr().out == ""
    notebook = chapters.executed(chapter)
    assert "other numbers" in notebook.cells[0].source
    assert texts(notebook) == ["1\n"]
    assert (clone / "book" / "exports" / "a.csv").read_text() == "1"

    # the package has changed: it is run again, and what it gave before is forgotten
    # (of another length: Python would take what it compiled in the same second of a file of equal length)
    (clone / "companion" / "__init__.py").write_text("value = 22\n")
    chapters.execute([chapter])
    assert texts(chapters.executed(chapter)) == ["22\n"]
    assert len(chapters.earlier(chapter)) == 1


@pytest.mark.parametrize(
    ("code", "words", "message"),
    [
        ("1 / 0", "", "ZeroDivisionError"),
        ("import os\nos.kill(os.getpid(), 9)", "", "the kernel has died"),
        ("import warnings\nwarnings.warn('careful')", "", "cell 1, wrote a warning"),
        ("1", "{download}`numbers <exports/b.csv>`", "exports/b.csv, which no cell has written"),
        (":writes: [exports/b.csv]\n\n1", "", "exports/b.csv, which no cell has written"),
    ],
)
def test_what_fails_is_not_kept(clone, code, words, message):
    chapter = clone / "book" / "sample.md"
    chapter.write_text(written(code, words))
    # left by an earlier run, and no excuse
    (clone / "book" / "exports").mkdir()
    (clone / "book" / "exports" / "b.csv").write_text("1")
    with pytest.raises(chapters.ChapterError, match=message):
        chapters.execute([chapter])
    assert chapters.kept(chapter) is None


def test_a_chapter_without_a_header_is_refused(tmp_path):
    chapter = tmp_path / "sample.md"
    chapter.write_text(written("1").replace("format_name: myst", "format_name: other"))
    with pytest.raises(ValueError, match="no jupytext header"):
        chapters.source(chapter)


def test_what_a_caller_does_to_a_chapter_is_its_own():
    chapter = chapters.chapters()[0]
    before = nbformat.writes(chapters.source(chapter))
    notebook = chapters.source(chapter)
    notebook.cells.pop()
    chapters.code(notebook)[0].metadata["tags"] = ["mine"]
    assert nbformat.writes(chapters.source(chapter)) == before


def passed(code, text):
    """A cell that nbval has run."""
    output = nbformat.v4.new_output("stream", name="stdout", text=text)
    return SimpleNamespace(cell=nbformat.v4.new_code_cell(code), test_outputs=[output])


@pytest.mark.parametrize("cells", [[], [("print(1)", "1\n")], [("print(2)", "2\n")]])
def test_the_book_takes_a_notebook_that_passed_and_no_other(clone, monkeypatch, cells):
    monkeypatch.setattr(tested, "_teardown", lambda file: None)
    chapter = clone / "book" / "sample.md"
    chapter.write_text(written("print(2)"))
    ran = [passed(*cell) for cell in cells]
    tested.teardown(SimpleNamespace(path=chapter.with_suffix(".ipynb"), passed=ran, began=0.0))
    kept = chapters.kept(chapter)
    assert (kept and texts(kept)) == (["2\n"] if cells == [("print(2)", "2\n")] else None)


def test_a_notebook_that_wrote_a_warning_is_not_taken(clone, monkeypatch):
    monkeypatch.setattr(tested, "_teardown", lambda file: None)
    chapter = clone / "book" / "sample.md"
    chapter.write_text(written("print(2)"))
    warned = passed("print(2)", "2\n")
    warned.test_outputs[0].name = "stderr"
    tested.teardown(SimpleNamespace(path=chapter.with_suffix(".ipynb"), passed=[warned], began=0.0))
    assert chapters.kept(chapter) is None


@pytest.mark.parametrize("size", [6.0, 12.0])
def test_small_letters_are_measured(size):
    figure = Figure(figsize=(6.4, 3))
    figure.text(0.1, 0.1, "large", size=20)
    figure.text(0.1, 0.5, "small", size=size)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg")
    assert chapters.letters(drawn.getvalue()) == pytest.approx(382 / (6.4 * 72) * size)
