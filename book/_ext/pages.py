"""What stands around each page: version, date, citation, its source and its notebook; and what every figure must have.

The address of the repository is that of whoever hosts it.  It is not written down anywhere: the environment variable
``BOOK_REPOSITORY`` or the option ``site_repository`` names it, and without it pages link to the files beside them.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = "_notebooks"
"""Folder of the site with the notebooks of the chapters."""

HASH = re.compile(r"[0-9a-f]{32,}")


def version() -> str:
    """The version of the package, from its one place."""
    text = (ROOT / "companion" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def date() -> str:
    """Of the state that is shown: SOURCE_DATE_EPOCH, the last commit, or today where neither is known."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        try:
            epoch = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            epoch = ""
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return f"{moment:%Y-%m-%d}"


def repository(app: Sphinx) -> str:
    """Address of the repository, or nothing."""
    return str(os.environ.get("BOOK_REPOSITORY") or app.config.site_repository).rstrip("/")


def footer(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Version, date and citation at the foot of every page."""
    cite = html.escape(app.builder.get_relative_uri(pagename, "book/cite"))
    text = f'Version {html.escape(version())} of {date()}. <a href="{cite}">How to cite</a>.'
    if address := repository(app):
        text += f' <a href="{html.escape(address)}">Repository</a>.'
    context["theme_extra_footer"] = f"<p>{text}</p>"


def sources(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Links from a page to the file that it is made of, and to its notebook."""
    if doctree is None or "body" not in context:
        return
    path = Path(str(app.env.doc2path(pagename)))
    page = app.builder.get_target_uri(pagename)

    def link(target: str, text: str, download: bool = False) -> str:
        attribute = f' download="{Path(target).name}"' if download else ""
        return f'<a href="{html.escape(relative_uri(page, target))}"{attribute}>{text}</a>'

    links = [link(f"_sources/{pagename}{path.suffix}", "source (MyST Markdown)")]
    name = str(path.relative_to(ROOT).with_suffix(".ipynb").as_posix())
    if path.with_suffix(".ipynb").exists():
        links.append(link(f"{NOTEBOOKS}/{path.stem}.ipynb", "notebook", download=True))
    if address := repository(app):
        place = html.escape(f"{address}/blob/HEAD/{path.relative_to(ROOT).as_posix()}")
        links.append(f'<a href="{place}">in the repository</a>')
    run = (
        f" <code>make lab</code> opens <code>{name}</code>."
        if len(links) > 1 and path.with_suffix(".ipynb").exists()
        else ""
    )
    context["body"] += f'<p class="page-sources">This page: {", ".join(links)}.{run}</p>'


def citations(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document) -> None:
    """Roles of a list of references that readers of screens know: docutils still writes one that has been given up."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Copy the notebooks of the chapters into the site."""
    if exception is None and app.builder.format == "html":
        folder = Path(app.outdir) / NOTEBOOKS
        folder.mkdir(exist_ok=True)
        for notebook in sorted((ROOT / "book").glob("*.ipynb")):
            shutil.copyfile(notebook, folder / notebook.name)


def figures(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of pictures without a caption or without a text in their place: a warning fails the build."""
    for image in doctree.findall(nodes.image):
        text = image.get("alt", "")
        where = image.get("uri", "")
        if not text or HASH.search(text):
            logging.getLogger(__name__).warning("picture %s has no alternative text", where, location=image)
        around = image.parent
        while around is not None and not isinstance(around, nodes.figure):
            around = around.parent
        if around is None or not list(around.findall(nodes.caption)):
            logging.getLogger(__name__).warning("picture %s has no caption", where, location=image)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("site_repository", "", "html")
    # after the outputs of the cells have become pictures
    app.connect("doctree-read", figures, priority=900)
    app.connect("html-page-context", footer)
    app.connect("html-page-context", citations)
    app.connect("html-page-context", sources)
    app.connect("build-finished", notebooks)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
