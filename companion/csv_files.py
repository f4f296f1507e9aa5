"""CSV files with a header of ``# key: value`` lines, as people and spreadsheets save them.

Read are UTF-8, with or without a byte-order mark, and UTF-16 with one, whatever the line ends.  What spreadsheets add
is left out again: quotes around a line of the header, empty cells at the ends of lines, empty lines.  Anything else is
refused by name: another encoding, another separator, a decimal comma.
"""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CsvFile", "parse", "text"]


@dataclass(frozen=True)
class CsvFile:
    """The texts of a file.

    Attributes
    ----------
    header : dict
        key -> text of the ``#`` lines; a line without a key continues the one before it
    names : list of str
        of the columns
    rows : list of (int, list of str)
        line in the file, counted from 1, and one text per column
    """

    header: dict[str, str]
    names: list[str]
    rows: list[tuple[int, list[str]]]


def parse(path: Path, name: str) -> CsvFile:
    """Read a file; ``name`` is what messages call it.

    Raises
    ------
    ValueError
        if it is not such a file, in one line that says where and what would be right
    """
    lines = _text(path, name).splitlines(keepends=True)
    comments = []
    for line in lines:
        comment = _comment(line)
        if comment is None:
            break
        comments.append(comment)
    else:
        raise ValueError(f"table {name!r} has no line with the names of its columns")
    header = _header(name, comments)
    return CsvFile(header, *_cells(name, lines, len(comments)))


def text(path: Path) -> str:
    """The text of any other file in UTF-8, with or without a byte-order mark."""
    return path.read_text(encoding="utf-8-sig")


def _header(name: str, comments: list[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    key = ""
    for comment in comments:
        before, colon, text = comment.partition(":")
        if colon and before.strip().isidentifier():
            key = before.strip()
            if key in header:
                raise ValueError(f"table {name!r} has two '# {key}:' lines in its header")
            header[key] = text.strip()
        elif key and comment.strip():
            header[key] += " " + comment.strip()
    # a spreadsheet pads every line to the longest one
    return {key: text.rstrip(",; ") for key, text in header.items()}


def _text(path: Path, name: str) -> str:
    raw = path.read_bytes()
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(f"table {name!r}, line {line}, is not in UTF-8; save it as 'CSV UTF-8'") from None
    if "\0" in text:
        raise ValueError(f"table {name!r} is not a text in UTF-8; save it as 'CSV UTF-8'")
    return text


def _comment(line: str) -> str | None:
    """The text of a header line without its mark and padding, "" for an empty line, None for the first other line."""
    line = line.strip()
    if line.startswith('"#'):
        line = ",".join(next(csv.reader([line])))
    if not line.strip(",; \t"):
        return ""
    return re.sub(r"[,;]{2,}$", "", line[1:]) if line.startswith("#") else None


def _cells(name: str, lines: list[str], first: int) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns and cells of each row, from the line with the index ``first`` on."""
    reader = csv.reader(lines[first:], strict=True)
    try:
        names = [cell.strip() for cell in next(reader)]
        read = [(first + reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise ValueError(f"table {name!r}, near line {first + reader.line_num}, is not CSV: {error}") from None
    while names and not names[-1]:
        names.pop()
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and separator in names[0]:
            raise ValueError(f"table {name!r} separates its cells by {word}; use commas, and a point in 3.5")
    rows: list[tuple[int, list[str]]] = []
    for line, row in read:
        if not any(row):
            continue
        if len(row) > len(names) and not any(row[len(names) :]):
            row = row[: len(names)]
        if len(row) != len(names):
            hint = "" if len(row) < len(names) else "; a comma separates cells, so that numbers take a point"
            raise ValueError(
                f"table {name!r}, row {len(rows) + 1} (line {line}): {len(row)} cells where there are {len(names)} "
                f"columns{hint}"
            )
        rows.append((line, row))
    if not rows:
        raise ValueError(f"table {name!r} has no rows below the names of its columns")
    return names, rows
