"""What ``make test`` has run, the book need not run again: nbval's outputs are kept as those of the chapter.

tested.install()    from here on, a notebook whose cells all passed is kept, with its figures
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import chapters
import forked
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex
"""A name that all workers of one run of the tests have in common."""

_setup, _runtest, _teardown = IPyNbFile.setup, IPyNbCell.runtest, IPyNbFile.teardown


def setup(file: Any) -> None:
    """Start the kernel of a notebook as that of its chapter, whose files it then writes."""
    chapter = Path(file.path).with_suffix(".md")
    # one run of all tests computes everything anew, its workers for each other
    forked.install(chapters.figures(chapter), **chapters.shared(f"-{RUN}"))
    # stored notebooks have no pictures to compare
    file.skip_compare += ("image/svg+xml",)
    chapters.forget(chapter)
    file.passed, file.began = [], time.perf_counter()
    _setup(file)


def runtest(cell: Any) -> None:
    """Run and compare a cell, and remember that it passed."""
    _runtest(cell)
    cell.parent.passed.append(cell)


def teardown(file: Any) -> None:
    """Stop the kernel, and keep what the notebook gave if every cell passed and the chapter has the same code."""
    _teardown(file)
    chapter = Path(file.path).with_suffix(".md")
    notebook = chapters.source(chapter)
    cells = chapters.code(notebook)
    if [cell.source for cell in cells] != [passed.cell.source for passed in file.passed]:
        return
    for number, (cell, passed) in enumerate(zip(cells, file.passed, strict=True), 1):
        cell.outputs = passed.test_outputs
        cell.execution_count = number
    if not chapters.warnings(notebook):
        chapters.keep(chapter, chapters.key(chapter), notebook, time.perf_counter() - file.began)


def execute(kernel: Any, cell_input: str, allow_stdin: bool | None = None) -> Any:
    """Run a cell as Jupyter does: nbval's own version leaves it out of the history, and a ``;`` then hides nothing."""
    return kernel.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def install() -> None:
    """Let nbval run notebooks in this way."""
    IPyNbFile.setup = setup
    IPyNbCell.runtest = runtest
    IPyNbFile.teardown = teardown
    RunningKernel.execute_cell_input = execute
