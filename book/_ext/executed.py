"""Chapters come to Sphinx executed: run side by side before it reads them, or not at all if their results are kept.

A build after an edit reads again what changed: a chapter, its results, a module that the reference pages show.  Pages
that did not change are written again only when something has changed that pages know of each other.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "_scripts"))

import chapters

_current: list[Path] = []


def run(app: Sphinx) -> None:
    """Run what is not kept, as many chapters at once as there are cores."""
    try:
        chapters.execute(chapters.chapters())
    except chapters.ChapterError as error:
        raise ExtensionError(str(error)) from None


def note(app: Sphinx, docname: str, content: list[str]) -> None:
    """Remember which chapter is about to be read: readers of notebooks are given its text only."""
    _current[:] = [Path(app.env.doc2path(docname))]


def read(text: str) -> NotebookNode:
    """A chapter as a notebook with outputs, its cells with their lines in the source."""
    notebook = read_myst_markdown_notebook(text, add_source_map=True)
    if not is_myst_markdown_notebook(text):
        return notebook
    (path,) = _current
    results = chapters.code(chapters.executed(path))
    cells = chapters.code(notebook)
    if [cell.source for cell in cells] != [cell.source for cell in results]:
        raise ExtensionError(f"{path.name} and its executed twin have different code")
    for cell, result in zip(cells, results, strict=True):
        cell.outputs = result.outputs
        cell.execution_count = result.execution_count
    notebook.metadata["language_info"] = chapters.METADATA["language_info"]
    return notebook


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Chapters whose results are not those of the last build."""
    before = getattr(env, "executed_keys", {})
    now = {env.path2doc(str(path)): chapters.key(path) for path in chapters.chapters()}
    env.executed_keys = now  # type: ignore[attr-defined]
    return [docname for docname, key in now.items() if docname in env.found_docs and before.get(docname) != key]


def shared(app: Sphinx, env: BuildEnvironment) -> str:
    """Hash of what pages know of each other: titles, labels, equations, functions, citations, glued numbers."""
    standard = env.get_domain("std")
    known = [
        {docname: title.astext() for docname, title in env.titles.items()},
        env.toctree_includes,
        standard.data["labels"],
        standard.data["anonlabels"],
        standard.data["objects"],
        env.get_domain("math").data["objects"],
        env.get_domain("py").data["objects"],
        getattr(env, "claim_rows", {}),
        {(ref.docname, target.key) for ref in env.get_domain("cite").data["citation_refs"] for target in ref.targets},
    ]
    digest = hashlib.sha256((chapters.BOOK / "references.bib").read_bytes())
    for part in known:
        digest.update(repr(sorted(part)).encode() if isinstance(part, set) else repr(sorted(part.items())).encode())
    for glued in sorted(Path(app.outdir).parent.glob("jupyter_execute/**/*.glue.json")):
        digest.update(glued.name.encode() + glued.read_bytes())
    return digest.hexdigest()


def updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Pages to be written again, besides those that were read: all or none."""
    now = shared(app, env)
    before = getattr(env, "shared_before", "")
    env.shared_before = now  # type: ignore[attr-defined]
    return [] if now == before else sorted(env.found_docs)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", run)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", updated, priority=900)
    app.connect("source-read", note, priority=900)
    # an edit of an extension makes Sphinx read everything again
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    version = int.from_bytes(hashlib.sha256(sources).digest()[:4])
    return {"version": "1", "env_version": version, "parallel_read_safe": False, "parallel_write_safe": True}
