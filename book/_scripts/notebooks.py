"""Write the ``.ipynb`` beside each ``.md``: the executed chapter, without its pictures.

The MyST file is the source.  The notebook is generated from it, executed in ``book/`` and committed, so that it can be
rerun by anybody and be compared by ``make test``.  Its pictures are left out: they are in the book, they cannot be
compared, and each version of one would stay in the history for ever.  A notebook whose compared outputs did not
change is not touched.

    python book/_scripts/notebooks.py            every chapter; those that changed are run
    python book/_scripts/notebooks.py ledger     this chapter
"""

from __future__ import annotations

import argparse
import base64
import configparser
import copy
import hashlib
import io
import os
import re
import sys
from pathlib import Path

import chapters
import forked
import nbformat
from nbformat import NotebookNode
from PIL import Image

HEADLINE = chapters.BOOK / "_static" / "headline.png"
"""The first figure of the front page, for the README."""

SANITIZE = chapters.ROOT / "tests" / "nbval.cfg"
IGNORED = "nbval-ignore-output"


def differences(path: Path) -> list[str]:
    """Why the notebook beside a chapter is not its executed twin; empty if it is."""
    stored = path.with_suffix(".ipynb")
    if not stored.exists():
        return [f"{stored.name} is missing"]
    notebook = nbformat.read(stored, as_version=4)
    wanted, present = chapters.source(path).cells, notebook.cells
    if [(c.id, c.cell_type, c.source, c.metadata) for c in wanted] != [
        (c.id, c.cell_type, c.source, c.metadata) for c in present
    ]:
        return [f"{stored.name} does not have the cells of {path.name}"]
    problems = []
    code = chapters.code(notebook)
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        problems.append(f"{stored.name} has cells that were never run, or not in order")
    for number, cell in enumerate(code, 1):
        if any(output.output_type == "error" or output.get("name") == "stderr" for output in cell.outputs):
            problems.append(f"{stored.name}: cell {number} wrote an error or a warning")
        if any(is_picture(kind) for output in cell.outputs for kind in output.get("data", {})):
            problems.append(f"{stored.name}: cell {number} holds a picture")
    return problems


def is_picture(kind: str) -> bool:
    """Whether a MIME type is that of a picture."""
    return kind.startswith("image/")


def without_pictures(notebook: NotebookNode) -> NotebookNode:
    """A copy in which a figure is the line that says its size."""
    small = copy.deepcopy(notebook)
    for cell in small.cells:
        for output in cell.get("outputs", []):
            for kind in filter(is_picture, list(output.get("data", {}))):
                del output.data[kind]
                output.metadata.pop(kind, None)
    return small


def sanitized(text: str) -> str:
    """A text without what differs from run to run, by the same rules as in ``make test``."""
    rules = configparser.RawConfigParser()
    rules.read(SANITIZE, encoding="utf-8")
    for rule in rules.sections():
        text = re.sub(rules[rule]["regex"], rules[rule]["replace"], text)
    return text


def compared(cell: NotebookNode) -> str:
    """What ``make test`` compares of the outputs of a cell."""
    if cell.cell_type != "code" or IGNORED in cell.metadata.get("tags", []):
        return ""
    return sanitized(repr(cell.outputs))


def updated(old: NotebookNode | None, new: NotebookNode) -> NotebookNode:
    """The new notebook, with the old outputs of each cell where nothing that is compared has changed."""
    result = without_pictures(new)
    before = {cell.id: cell for cell in without_pictures(old).cells} if old else {}
    for cell in result.cells:
        twin = before.get(cell.id)
        if cell.cell_type == "code" and twin and twin.source == cell.source and compared(twin) == compared(cell):
            cell.outputs = twin.outputs
    return result


def first_figure(notebook: NotebookNode) -> bytes:
    """The first bitmap among the outputs of a notebook, in 64 colours; empty if there is none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
                small = io.BytesIO()
                picture.convert("RGB").quantize(64).save(small, "png", optimize=True)
                return small.getvalue()
    return b""


def write(path: Path) -> bool:
    """Write the notebook of an executed chapter; whether it changed."""
    new = chapters.executed(path)
    stored = path.with_suffix(".ipynb")
    old = nbformat.read(stored, as_version=4) if stored.exists() else None
    before = stored.read_text(encoding="utf-8") if stored.exists() else ""
    notebook = updated(old, new)
    if path.stem == "index":
        picture = first_figure(new)
        notebook.metadata["headline"] = hashlib.sha256(picture).hexdigest()
        if not HEADLINE.exists() or picture != HEADLINE.read_bytes():
            HEADLINE.write_bytes(picture)
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        stored.write_text(after, encoding="utf-8")
    return after != before


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the chapters that changed and write their notebooks.")
    parser.add_argument("names", nargs="*", metavar="CHAPTER", help="e.g. ledger; default: every chapter")
    parser.add_argument("--all", action="store_true", help="run also those that did not change")
    parser.add_argument("--check", action="store_true", help="run nothing, only report what is out of step")
    parser.add_argument("--cores", type=int, help="how many chapters run side by side; default: all cores")
    options = parser.parse_args(arguments)
    paths = {path.stem: path for path in chapters.chapters()}
    for name in options.names:
        if name not in paths:
            parser.error(f"no chapter with code is called {name!r}; there are {', '.join(paths)}")
    wanted = [path for stem, path in paths.items() if not options.names or stem in options.names]
    failed = False
    if options.check:
        for path in wanted:
            problems = differences(path)
            failed = failed or bool(problems)
            print("\n".join(problems) or f"{path.stem}: in step")
    else:
        try:
            chapters.execute(wanted, again=options.all, cores=options.cores)
        except chapters.ChapterError as error:
            print(error, file=sys.stderr)
            return 1
        for path in wanted:
            if write(path):
                print(f"{path.stem}.ipynb: written")
        # kernels are counted once their server has ended
        forked.stop()
        print(f"{sum(os.times()[:4]):.0f} s of CPU")
    for orphan in sorted(set(chapters.BOOK.glob("*.ipynb")) - {path.with_suffix(".ipynb") for path in paths.values()}):
        failed = True
        print(f"{orphan.name} has no chapter with code; remove it")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
