"""Run the chapters with code and write the ``.ipynb`` beside each ``.md``.

The MyST file is the source.  The notebook is generated from it, executed in ``book/`` and committed, so that it can
be read on a host and rerun by anybody; its ids and outputs do not change from one run to the next.

    python book/_scripts/notebooks.py            chapters that changed
    python book/_scripts/notebooks.py --all      every chapter
    python book/_scripts/notebooks.py ledger     this chapter
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import sys
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parents[1]
TIMEOUT = 600

METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
"""The same on every machine: no path and no version of a kernel."""

HEADER = re.compile(r"\A---\n.*?^ +format_name: myst$.*?^---$", re.MULTILINE | re.DOTALL)
HEADLINE = BOOK / "_static" / "headline.png"
"""The first figure of the front page, for the README."""

CODE = re.compile(r"^```\{code-cell\}", re.MULTILINE)


def chapters() -> list[Path]:
    """Sources with code cells, which therefore have a notebook beside them."""
    return [path for path in sorted(BOOK.glob("*.md")) if CODE.search(path.read_text(encoding="utf-8"))]


def source(path: Path) -> NotebookNode:
    """The chapter as a notebook that has not been run, with ids made from what the cells say."""
    if not HEADER.match(path.read_text(encoding="utf-8")):
        raise ValueError(f"{path.name} has code cells, but no jupytext header with 'format_name: myst'")
    read = jupytext.read(path, fmt="md:myst")
    cells, seen = [], set()
    for cell in read.cells:
        text = f"{cell.cell_type}\n{cell.source}"
        name = hashlib.sha1(text.encode()).hexdigest()[:12]
        while name in seen:
            name = hashlib.sha1(name.encode()).hexdigest()[:12]
        seen.add(name)
        make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        cells.append(make(cell.source, id=name, metadata=cell.metadata))
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA)


def differences(path: Path) -> list[str]:
    """Why the notebook beside a chapter is not its executed twin; empty if it is."""
    stored = path.with_suffix(".ipynb")
    if not stored.exists():
        return [f"{stored.name} is missing"]
    notebook = nbformat.read(stored, as_version=4)
    wanted, found = source(path).cells, notebook.cells
    if [(c.id, c.cell_type, c.source, c.metadata) for c in wanted] != [
        (c.id, c.cell_type, c.source, c.metadata) for c in found
    ]:
        return [f"{stored.name} does not have the cells of {path.name}"]
    problems = []
    code = [cell for cell in found if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        problems.append(f"{stored.name} has cells that were never run, or not in order")
    for number, cell in enumerate(code, 1):
        if any(output.output_type == "error" or output.get("name") == "stderr" for output in cell.outputs):
            problems.append(f"{stored.name}: cell {number} wrote an error or a warning")
    return problems


def first_figure(notebook: NotebookNode) -> bytes:
    """The first image among the outputs of a notebook, empty if there is none."""
    images = (
        output.data["image/png"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    )
    return base64.b64decode(next(images, ""))


def run(path: Path) -> int:
    """Execute a chapter and write its notebook; the number of code cells."""
    notebook = source(path)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources=resources,
        record_timing=False,
        coalesce_streams=True,
    ).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                raise RuntimeError(f"{path.name}, cell {number}, wrote a warning:\n{output.text}")
    path.with_suffix(".ipynb").write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    if path.stem == "index":
        HEADLINE.write_bytes(first_figure(notebook))
    return len(code)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the chapters and write their notebooks.")
    parser.add_argument("names", nargs="*", metavar="CHAPTER", help="e.g. ledger; default: those that changed")
    parser.add_argument("--all", action="store_true", help="also those that did not change")
    parser.add_argument("--check", action="store_true", help="run nothing, only report what is out of step")
    options = parser.parse_args(arguments)
    paths = {path.stem: path for path in chapters()}
    for name in options.names:
        if name not in paths:
            parser.error(f"no chapter with code is called {name!r}; there are {', '.join(paths)}")
    failed = False
    for stem, path in paths.items():
        if options.names and stem not in options.names:
            continue
        problems = differences(path)
        if options.check:
            failed = failed or bool(problems)
            print("\n".join(problems) or f"{stem}: in step")
        elif not problems and not options.all and not options.names:
            print(f"{stem}: unchanged")
        else:
            print(f"{stem}: running ...", end=" ", flush=True)
            start = time.perf_counter()
            try:
                cells = run(path)
            except (CellExecutionError, RuntimeError) as error:
                failed = True
                print(f"failed\n{error}")
            else:
                print(f"{cells} cells, {time.perf_counter() - start:.1f} s")
    for orphan in sorted(set(BOOK.glob("*.ipynb")) - {path.with_suffix(".ipynb") for path in paths.values()}):
        failed = True
        print(f"{orphan.name} has no chapter with code; remove it")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
