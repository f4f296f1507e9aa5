"""Tables and results into files."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Protocol

from ..data import Table
from .paths import check_writable, replace_file, write_text
from .text import HasTable, render

__all__ = ["ENDINGS", "write"]

TEXTS = {".csv": "csv", ".json": "json", ".yaml": "yaml"}
"""Formats of text by the ending of the file."""

PICTURES = (".png", ".pdf", ".svg")

ENDINGS = (*TEXTS, *PICTURES)
"""What the name of a file may end in."""


class Shown(HasTable, Protocol):
    """A result: it has a table and draws itself."""

    def savefig(self, file: IO[bytes], form: str) -> None: ...


def write(what: Table | Shown, path: str | Path) -> Path:
    """Write a table or a result to a file whose ending says the format, and make its folder.

    Parameters
    ----------
    what : Table or Result
        only a result can be drawn
    path : str or Path
        ends in .csv, .json, .yaml (a data file of HEPData), or in .png, .pdf or .svg for a figure

    Raises
    ------
    ValueError
        for another ending, or a file that cannot be written
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"the name of a file ends in {', '.join(ENDINGS)}, not {path.name!r}")
    if ending in TEXTS:
        return write_text(render(what, TEXTS[ending]), path)
    if isinstance(what, Table):
        raise ValueError(f"a table has no figure to be written to {path.name}; a result has")
    check_writable(path, make_folder=True)
    replace_file(path, lambda file: what.savefig(file, ending[1:]))
    return path
