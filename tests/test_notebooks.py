"""Every chapter with code has its executed notebook beside it, and no notebook is left over."""

import importlib.util
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
