"""Run chapters, each in a kernel of its own, as many at once as there are cores, and keep what they gave.

What a chapter gave is kept under a key: the hash of its code, of all that its code can read (the package, the tables,
the helpers of the book) and of the installed packages.  The book and the notebooks are made of one run, an edit
anywhere in these is noticed, and an edit of the words alone runs nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable
from copy import deepcopy
from functools import cache, lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import forked
import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parents[1]
ROOT = BOOK.parent
KEPT = ROOT / "_build" / "executed"
COMPUTED = ROOT / "_build" / "computed"
READ = ("companion", "data", "book/_lib", "book/_scripts", "book/examples")
"""Folders that the results of every chapter may depend on."""

TIMEOUT = 600

METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
"""The same on every machine: no path and no version of a kernel."""

HEADER = re.compile(r"\A---\n.*?^ +format_name: myst$.*?^---$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```\{code-cell\}", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LETTERS = re.compile(r"-->\s*<g[^>]*scale\(([\d.]+)")
WIDTH = re.compile(r'<svg[^>]* width="([\d.]+)pt"')
LINK = re.compile(r"\{download\}`[^`<]*<(exports/[^>]+)>`")


class ChapterError(Exception):
    """A chapter could not be run to its end without an error or a warning."""


def chapters() -> list[Path]:
    """Sources with code cells, which therefore have a notebook beside them."""
    return [path for path in sorted(BOOK.glob("*.md")) if CODE.search(path.read_text(encoding="utf-8"))]


def source(path: Path) -> NotebookNode:
    """The chapter as a notebook that has not been run, with ids made from what the cells say; the caller's own."""
    return deepcopy(_source(path.name, path.read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _source(name: str, written: str) -> NotebookNode:
    """A notebook that nobody may change: it is read many times, and each reading is checked against a schema."""
    if not HEADER.match(written):
        raise ValueError(f"{name} has code cells, but no jupytext header with 'format_name: myst'")
    cells, seen = [], set()
    for cell in jupytext.reads(written, fmt="md:myst").cells:
        text = f"{cell.cell_type}\n{cell.source}"
        key = hashlib.sha1(text.encode()).hexdigest()[:12]
        while key in seen:
            key = hashlib.sha1(key.encode()).hexdigest()[:12]
        seen.add(key)
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(cell.source, id=key, metadata=cell.metadata))
        else:
            cells.append(nbformat.v4.new_markdown_cell(cell.source, id=key, metadata=cell.metadata))
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA)


# ---------------------------------------------------------------------------------------------------------------------
# what is kept


@cache
def installed() -> tuple[str, ...]:
    """Packages of this environment with their versions."""
    return tuple(sorted(f"{package.name} {package.version}" for package in distributions()))


@cache
def surroundings() -> str:
    """Hash of everything that a chapter's results depend on, apart from its own code."""
    digest = hashlib.sha256(sys.version.encode())
    for package in installed():
        digest.update(f"{package}\n".encode())
    for folder in READ:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def key(path: Path) -> str:
    """Name under which the results of a chapter, as it is now, are kept."""
    digest = hashlib.sha256(surroundings().encode())
    for cell in code(source(path)):
        # how a figure is shown, its caption for instance, is words
        metadata = {name: value for name, value in cell.metadata.items() if name != "mystnb"}
        digest.update(repr((cell.source, metadata)).encode())
    return f"{path.stem}-{digest.hexdigest()[:16]}"


def shared(run: str = "") -> dict[str, str]:
    """The variable that tells kernels where they find what another chapter has computed, for this state of all files.

    Folders of other states of the files are removed.

    Parameters
    ----------
    run : str
        kernels of another run compute anew
    """
    state = surroundings()[:16]
    for folder in COMPUTED.glob("*"):
        if not folder.name.startswith(state):
            shutil.rmtree(folder, ignore_errors=True)
    return {"BOOK_RESULTS": str(COMPUTED / f"{state}{run}")}


def kept(path: Path) -> NotebookNode | None:
    """The chapter with the outputs that are kept of its code, if they are.

    The files that it wrote and the book needs are put back.
    """
    folder = KEPT / key(path)
    if not all((folder / file).exists() for file in ["notebook.ipynb", *written(path)]):
        return None
    for file in written(path):
        copy, there = folder / file, BOOK / file
        if not there.exists() or there.read_bytes() != copy.read_bytes():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copy, there)
    notebook = source(path)
    results = code(nbformat.read(folder / "notebook.ipynb", as_version=4))
    for cell, result in zip(code(notebook), results, strict=True):
        cell.outputs = result.outputs
        cell.execution_count = result.execution_count
    return notebook


def keep(path: Path, name: str, notebook: NotebookNode, seconds: float) -> None:
    """Keep an executed chapter and the files that it wrote, and forget what it gave before."""
    missing = [file for file in written(path) if not (BOOK / file).exists()]
    if missing:
        raise ChapterError(f"{path.name} needs {', '.join(missing)}, which no cell has written")
    for old in earlier(path):
        shutil.rmtree(old)
    folder = KEPT / name
    folder.mkdir(parents=True)
    for file in written(path):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BOOK / file, folder / file)
    (folder / "seconds").write_text(f"{seconds:.1f}\n", encoding="utf-8")
    # last: its presence says that all is there
    nbformat.write(notebook, folder / "notebook.ipynb")


def earlier(path: Path) -> list[Path]:
    """Folders with results of any version of a chapter."""
    return [folder for folder in KEPT.glob(f"{path.stem}-*") if folder.name.rpartition("-")[0] == path.stem]


def written(path: Path) -> list[str]:
    """Files that a chapter writes and the book needs.

    The text links to them (``{download}`numbers <exports/x.csv>` ``) or a cell names them (``:writes: [x.js]``).
    """
    named = [file for cell in code(source(path)) for file in cell.metadata.get("writes", [])]
    return LINK.findall(path.read_text(encoding="utf-8")) + named


# ---------------------------------------------------------------------------------------------------------------------
# running


async def _execute(path: Path) -> NotebookNode:
    """Run a chapter in the folder of the book, with this clone first on the path."""
    notebook = source(path)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(BOOK)}},
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=[figures(path)],
    )
    try:
        await client.async_execute(env={**os.environ, "PYTHONPATH": str(ROOT)})
    except CellExecutionError as error:
        lines = COLOURS.sub("", str(error)).rstrip().splitlines()
        raise ChapterError(
            "\n".join([f"{path.name}: a cell ended in an error", *lines[1:][:15], "...", *lines[-15:]])
        ) from None
    except (DeadKernelError, AssertionError):
        # nbclient cleans up twice after a kernel that has died, and the second time fails
        raise ChapterError(f"{path.name}: the kernel has died") from None
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, text in warnings(notebook).items():
        raise ChapterError(f"{path.name}, cell {number}, wrote a warning:\n{text}")
    if (pixels := min(map(letters, drawings(notebook)), default=9.0)) < 8.9:
        raise ChapterError(f"{path.name}: letters of a figure are {pixels:.1f} pixels high on a phone, not 9")
    return notebook


def drawings(notebook: NotebookNode) -> list[str]:
    """The figures of an executed notebook, as SVG."""
    data = [output.get("data", {}) for cell in code(notebook) for output in cell.outputs]
    return [one["image/svg+xml"] for one in data if "image/svg+xml" in one]


def letters(svg: str) -> float:
    """Height (pixels) of a figure's smallest letters, without a rim, on a phone, where it is 382 pixels wide."""
    (width,) = WIDTH.findall(svg)
    return 382 / float(width) * 100 * min(map(float, LETTERS.findall(svg)), default=1.0)


def figures(path: Path) -> str:
    """The option of a chapter's kernel that says in which formats it draws."""
    # the front page is also the picture of the README, which has to be a bitmap
    formats = "{'svg','png'}" if path.stem == "index" else "svg"
    return f"--InlineBackend.figure_formats={formats}"


def warnings(notebook: NotebookNode) -> dict[int, str]:
    """What cells wrote to the standard error, by their numbers."""
    return {
        number: output.text
        for number, cell in enumerate(code(notebook), 1)
        for output in cell.outputs
        if output.get("name") == "stderr"
    }


def forget(path: Path) -> None:
    """Remove the files that a chapter writes, so that what is there after a run has been written by it."""
    for file in written(path):
        (BOOK / file).unlink(missing_ok=True)


def _last_time(path: Path) -> float:
    """Seconds that a chapter took when it was last run here; unknown ones start first."""
    times = [float((folder / "seconds").read_text()) for folder in earlier(path) if (folder / "seconds").exists()]
    return max(times, default=float("inf"))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


async def _execute_all(paths: list[Path], cores: int) -> list[str]:
    free = asyncio.Semaphore(cores)
    failures = []
    done = 0

    async def run(path: Path) -> None:
        nonlocal done
        async with free:
            name = key(path)
            forget(path)
            start = time.perf_counter()
            try:
                notebook = await _execute(path)
                seconds = time.perf_counter() - start
                keep(path, name, notebook, seconds)
            except ChapterError as error:
                failures.append(str(error))
                result = "failed"
            else:
                result = f"{seconds:.1f} s"
            done += 1
            print(f"[{done}/{len(paths)}] {path.stem}: {result}", flush=True)

    await asyncio.gather(*(run(path) for path in paths))
    return failures


def execute(paths: Iterable[Path], again: bool = False, cores: int | None = None) -> None:
    """Run those of the chapters whose results are not kept.

    Parameters
    ----------
    paths : iterable of Path
        chapters; those that took longest when they were last run start first
    again : bool
        also run those whose results are kept
    cores : int, optional
        how many run side by side; default: as many as this process may use

    Raises
    ------
    ChapterError
        a chapter ended in an error or wrote a warning; the others have been run
    """
    before = surroundings()
    surroundings.cache_clear()
    if surroundings() != before:
        # it may have loaded what has changed
        forked.stop()
    stale = [path for path in paths if again or kept(path) is None]
    if again:
        shutil.rmtree(COMPUTED, ignore_errors=True)
    forked.install(**shared())
    failures = asyncio.run(_execute_all(sorted(stale, key=_last_time, reverse=True), cores or _cores()))
    if failures:
        raise ChapterError("\n\n".join(failures))


def executed(path: Path) -> NotebookNode:
    """A chapter with its outputs, run now if they are not kept."""
    notebook = kept(path)
    if notebook is None:
        execute([path])
        notebook = kept(path)
        assert notebook is not None
    return notebook
