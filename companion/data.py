"""The only reader of ``data/``: small CSV tables that carry their units, source and status.

A table is a CSV file whose leading ``#`` lines are ``key: value`` pairs.  Three keys are compulsory:

``units``
    one ``column = unit`` pair per column, separated by ``;`` (``1`` for a pure number, ``-`` for text);
``source``
    where the numbers were published;
``status``
    how far they can be trusted, starting with one of :data:`STATUSES`.

A line that starts with ``#`` but has no key continues the one before it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["STATUSES", "Table", "described", "folder", "read", "table", "unfinished"]

STATUSES = ("measured", "evaluated", "published", "digitised", "printed", "derived", "assumed", "surrogate")
"""First word of a table's ``status``: what kind of numbers it holds."""


@dataclass(frozen=True)
class Table:
    """Columns of a data file with their units and provenance.

    ``columns[name]`` is a float array for a column with a unit and an array of strings for a column
    whose unit is ``-``; an empty cell is ``nan`` or ``""``.
    """

    name: str
    columns: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    source: str
    status: str
    notes: Mapping[str, str]

    def __getitem__(self, column: str) -> np.ndarray:
        try:
            return self.columns[column]
        except KeyError:
            raise ValueError(
                f"table {self.name!r} has no column {column!r}; it has {', '.join(self.columns)}"
            ) from None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self) -> list[dict[str, Any]]:
        """The table as one mapping per row."""
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*self.columns.values(), strict=True)]

    def value(self, parameter: str, column: str = "value") -> float:
        """The number in a column of the row named ``parameter`` (tables of single values)."""
        (found,) = np.nonzero(self["parameter"] == parameter)
        if len(found) != 1:
            raise ValueError(f"table {self.name!r} has {len(found)} rows for the parameter {parameter!r}, not one")
        return float(self[column][found[0]])


def folder() -> Path:
    """The folder of the tables: inside an installed package, or ``data/`` beside it in a clone."""
    installed = Path(__file__).parent / "_tables"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "data"


@cache
def table(name: str) -> Table:
    """Read ``data/<name>.csv``; the result is cached and its arrays are read-only.

    Parameters
    ----------
    name : str
        path below ``data/`` without the ending, e.g. ``"coherent/csi2017_bins"``.

    Raises
    ------
    ValueError
        if there is no such table, or it is without units, source or status.
    """
    path = folder() / f"{name}.csv"
    if not path.is_file():
        known = sorted(str(p.relative_to(folder()).with_suffix("")) for p in folder().rglob("*.csv"))
        raise ValueError(f"no table {name!r}; there are {', '.join(known)}")
    return read(path, name)


def read(path: str | Path, name: str | None = None) -> Table:
    """Read the table in ``path``, which may lie anywhere; see the module's description for the format."""
    path = Path(path)
    name = name or path.stem
    header: dict[str, str] = {}
    body: list[str] = []
    key = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") and not body:
            field, colon, text = line[1:].partition(":")
            if colon and field.strip().isidentifier():
                key = field.strip()
                header[key] = text.strip()
            elif key:
                header[key] += " " + line[1:].strip()
        elif line.strip():
            body.append(line)
    for needed in ("units", "source", "status"):
        if not header.get(needed):
            raise ValueError(f"table {name!r} has no '# {needed}:' line in its header")
    if header["status"].split()[0].rstrip(",;:.") not in STATUSES:
        raise ValueError(f"table {name!r}: its status must start with one of {', '.join(STATUSES)}")
    units = _units(name, header.pop("units"))
    reader = csv.reader(body)
    names = [column.strip() for column in next(reader)]
    if list(units) != names:
        raise ValueError(
            f"table {name!r}: units are given for {', '.join(units)}, but its columns are {', '.join(names)}"
        )
    cells = list(reader)
    for number, row in enumerate(cells, 1):
        if len(row) != len(names):
            raise ValueError(f"table {name!r}, row {number}: {len(row)} cells where there are {len(names)} columns")
    columns = {}
    for index, column in enumerate(names):
        texts = [row[index].strip() for row in cells]
        columns[column] = np.array(texts) if units[column] == "-" else _numbers(name, column, texts)
        columns[column].setflags(write=False)
    return Table(
        name,
        MappingProxyType(columns),
        MappingProxyType(units),
        header.pop("source"),
        header.pop("status"),
        MappingProxyType(header),
    )


def described(path: Path) -> dict[str, Any]:
    """What the JSON beside an array in a ``.npy`` file says about it."""
    beside = path.with_suffix(".json")
    try:
        return json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"cannot read {beside}: {error}") from None


def unfinished(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers that a ``.npy`` file of a given shape holds so far, in one dimension: its end may be missing."""
    start = _header(path, shape)
    return np.fromfile(path, "<f8", count=(path.stat().st_size - start) // 8, offset=start)


def _header(path: Path, shape: tuple[int, ...]) -> int:
    """Bytes before the numbers of a ``.npy`` file."""
    try:
        with open(path, "rb") as stream:
            np.lib.format.read_magic(stream)
            found, _, kind = np.lib.format.read_array_header_1_0(stream)
            start = stream.tell()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {path}: {error}") from None
    if found != shape or kind != np.dtype("<f8"):
        raise ValueError(f"{path} holds an array of another shape, {found} instead of {shape}")
    return start


def _units(name: str, text: str) -> dict[str, str]:
    units = {}
    for pair in text.split(";"):
        column, equals, unit = pair.partition("=")
        if not equals or not unit.strip():
            raise ValueError(f"table {name!r}: {pair.strip()!r} in its units is not 'column = unit'")
        units[column.strip()] = unit.strip()
    return units


def _numbers(name: str, column: str, texts: list[str]) -> np.ndarray:
    values = np.empty(len(texts))
    for row, text in enumerate(texts, 1):
        try:
            values[row - 1] = float(text) if text else np.nan
        except ValueError:
            raise ValueError(f"table {name!r}, column {column!r}, row {row}: {text!r} is not a number") from None
    return values
