"""The only reader of ``data/``: small CSV tables that carry their units, source and status.

A table is a CSV file whose leading ``#`` lines are ``key: value`` pairs.  Three keys are compulsory:

``units``
    one ``column = unit`` pair per column, separated by ``;`` (``1`` for a pure number, ``-`` for text, ``as in column
    unit`` where the column ``unit`` gives one row by row, ``-`` for a row without a number);
``source``
    where the numbers were published;
``status``
    how far they can be trusted, starting with one of :data:`STATUSES`.

A fourth one is compulsory where a number is missing:

``gaps``
    the columns, separated by ``,``, in which a cell may be empty or ``nan`` (no number) or ``inf`` (no limit).

A line that starts with ``#`` but has no key continues the one before it.

Who reads a column names the unit that is wanted, and gets the numbers in it or is refused:

>>> from companion.data import table
>>> float(table("reactor/texono_surrogate").column("T_low", "keV")[0])
3000.0

Other programs read the same files, and those that :func:`companion.io.write` makes.  pandas skips the header by
itself, ``pandas.read_csv(path, comment="#")``.  numpy would take the first line of the header for the names of the
columns, so it is left out before:

>>> import numpy
>>> from companion.data import folder
>>> with open(folder() / "reactor" / "kopeikin.csv", encoding="utf-8") as file:
...     lines = [line for line in file if not line.startswith("#")]
>>> points = numpy.genfromtxt(lines, delimiter=",", names=True, dtype=None, encoding="utf-8")
>>> points.dtype.names
('E_nu', 'spectrum')
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import csv_files
from .checks import check, finite
from .units import conversion

__all__ = ["STATUSES", "Table", "bibliography", "folder", "read", "table"]

STATUSES = ("measured", "evaluated", "published", "digitised", "printed", "derived", "assumed", "surrogate")
"""First word of a table's ``status``: what kind of numbers it holds."""

BY_ROW = "as in column unit"
"""Unit of a column whose units stand row by row in the column ``unit``."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Columns of a data file with their units and provenance.

    ``columns[name]`` is a float array for a column with a unit and an array of strings for a column whose unit is
    ``-``; arrays and mappings are read-only.
    """

    name: str
    columns: Mapping[str, NDArray[Any]]
    units: Mapping[str, str]
    source: str
    status: str
    notes: Mapping[str, str]

    def __post_init__(self) -> None:
        columns = {}
        for name, values in self.columns.items():
            columns[name] = np.asarray(values).view()
            columns[name].setflags(write=False)
        object.__setattr__(self, "columns", MappingProxyType(columns))
        object.__setattr__(self, "units", MappingProxyType(dict(self.units)))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))

    def __reduce__(self) -> tuple[Any, ...]:
        # the read-only mappings cannot be pickled or copied themselves
        return Table, (self.name, dict(self.columns), dict(self.units), self.source, self.status, dict(self.notes))

    def __getitem__(self, column: str) -> NDArray[Any]:
        """A column as it stands in the file, in its declared unit; :meth:`column` converts and checks."""
        try:
            return self.columns[column]
        except KeyError:
            raise ValueError(
                f"table {self.name!r} has no column {column!r}; it has {', '.join(self.columns)}"
            ) from None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __repr__(self) -> str:
        columns = list(self.columns)
        named = ", ".join(columns[:6]) + (f" and {len(columns) - 6} more" if len(columns) > 6 else "")
        return f"<Table {self.name!r}: {len(self)} rows of {named}; {self.status.partition(':')[0] or 'no status'}>"

    def _repr_html_(self) -> str:
        def cells(values: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values) + "</tr>"

        units = [self.units.get(column, "-") for column in self.columns]
        head = [
            c if unit in ("-", "1", BY_ROW) else f"{c} [{unit}]" for c, unit in zip(self.columns, units, strict=True)
        ]
        rows = [
            cells([str(v) if isinstance(v, str) else f"{v:.4g}" for v in row], "td")
            for row in zip(*self.columns.values(), strict=True)
        ]
        if len(rows) > 10:
            rows[5:-5] = [cells(["…"] * len(head), "td")]
        caption = html.escape(f"{self.notes.get('title', self.name)} ({self.status})")
        return f"<table><caption>{caption}</caption>{cells(head, 'th')}{''.join(rows)}</table>"

    @property
    def gaps(self) -> tuple[str, ...]:
        """Columns in which a number is missing (nan) or infinite."""
        return tuple(name for name, v in self.columns.items() if v.dtype.kind == "f" and not np.isfinite(v).all())

    def column(
        self,
        name: str,
        unit: str,
        *,
        gaps: bool = False,
        minimum: float | None = None,
        above: float | None = None,
        maximum: float | None = None,
        increasing: bool = False,
    ) -> NDArray[np.float64]:
        """The numbers of a column in a unit of one's choice.

        Parameters
        ----------
        name : str
            of the column
        unit : str
            wanted unit, see :func:`companion.units.conversion`
        gaps : bool
            whether missing (nan) and infinite numbers are welcome
        minimum, above, maximum, increasing
            what else the numbers must be, in that unit; see :func:`companion.checks.finite`

        Returns
        -------
        ndarray
            shape (n_rows,), read-only; bit by bit the numbers of the file where its unit is the wanted one

        Raises
        ------
        ValueError
            if there is no such column, its unit is another kind, or a number cannot be used; with table, column and row
        """
        values = self[name]
        declared = self.units[name]
        if declared == "-":
            raise ValueError(f"table {self.name!r}, column {name!r} holds text, not numbers in {unit!r}")
        units = self["unit"].tolist() if declared == BY_ROW else [declared]
        factors = [np.nan if given == "-" else self._factor(name, given, unit) for given in units]
        if any(factor != 1 for factor in factors):
            values = values * np.array(factors)
            values.setflags(write=False)
        check(
            values,
            lambda index: f"table {self.name!r}, column {name!r}, row {index[0] + 1}",
            gaps=gaps,
            minimum=minimum,
            above=above,
            maximum=maximum,
            increasing=increasing,
        )
        return values

    def _factor(self, column: str, given: str, wanted: str) -> float:
        try:
            return conversion(given, wanted)
        except ValueError as error:
            raise ValueError(f"table {self.name!r}, column {column!r}, wanted in {wanted!r}: {error}") from None

    def rows(self) -> list[dict[str, Any]]:
        """The table as one mapping per row."""
        return [dict(zip(self.columns, values, strict=True)) for values in zip(*self.columns.values(), strict=True)]

    def value(self, parameter: str, column: str = "value", *, unit: str | None = None) -> float:
        """The number in a column of the row named ``parameter`` (tables of single values).

        Parameters
        ----------
        parameter : str
            what stands in the column ``parameter``
        column : str
            where the number stands, alone in its cell if the column is one of text
        unit : str, optional
            wanted unit, see :func:`companion.units.conversion`; by default the declared one

        Raises
        ------
        ValueError
            if there is not one such row, its unit is another kind, or there is no finite number in it
        """
        (rows,) = np.nonzero(self["parameter"] == parameter)
        if len(rows) != 1:
            raise ValueError(f"table {self.name!r} has {len(rows)} rows for the parameter {parameter!r}, not one")
        place = f"table {self.name!r}, parameter {parameter!r}, column {column!r}"
        cell, declared = self[column][rows[0]], self.units[column]
        if declared == "-" and not _NUMBER.fullmatch(cell):
            raise ValueError(f"{place} is not a number but {str(cell)!r}")
        number = float(finite(place, float(cell)))
        if unit is None:
            return number
        if declared in ("-", BY_ROW):
            declared = str(self["unit"][rows[0]])
        try:
            return number * conversion(declared, unit)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None


def folder() -> Path:
    """The folder of the tables: inside an installed package, or ``data/`` beside it in a clone."""
    installed = Path(__file__).parent / "_tables"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "data"


def bibliography() -> str:
    """The bibliography of the book as BibTeX: inside an installed package, or ``book/references.bib`` in a clone."""
    installed = Path(__file__).parent / "references.bib"
    path = installed if installed.is_file() else Path(__file__).parents[1] / "book" / "references.bib"
    return csv_files.text(path)


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
        if there is no such table, or it cannot be read, see :func:`read`
    """
    path = folder() / f"{name}.csv"
    if not path.is_file():
        known = sorted(str(p.relative_to(folder()).with_suffix("")) for p in folder().rglob("*.csv"))
        raise ValueError(f"no table {name!r}; there are {', '.join(known)}")
    return read(path, name)


def read(path: str | Path, name: str | None = None) -> Table:
    """Read the table in ``path``, which may lie anywhere; see the module's description for the format.

    Raises
    ------
    ValueError
        for another format (:mod:`companion.csv_files`), a header without units, source or status, and a cell without a
        number where one is due, by table, column and row
    """
    path = Path(path)
    name = name or path.stem
    file = csv_files.parse(path, name)
    header = dict(file.header)
    for needed in ("units", "source", "status"):
        if not header.get(needed):
            raise ValueError(f"table {name!r} has no '# {needed}:' line in its header")
    if header["status"].split()[0].rstrip(",;:.") not in STATUSES:
        raise ValueError(f"table {name!r}: its status must start with one of {', '.join(STATUSES)}")
    units = _units(name, header.pop("units"))
    if list(units) != file.names:
        raise ValueError(
            f"table {name!r}: units are given for {', '.join(units)}, but its columns are {', '.join(file.names)}"
        )
    if BY_ROW in units.values() and "unit" not in units:
        raise ValueError(f"table {name!r} has units {BY_ROW!r}, but no such column")
    gaps = [column.strip() for column in header.pop("gaps", "").split(",") if column.strip()]
    for column in gaps:
        if column not in units:
            raise ValueError(f"table {name!r} allows gaps in {column!r}, which is none of its columns")
    cells = {column: [row[index] for _, row in file.rows] for index, column in enumerate(file.names)}
    places = [f"row {number} (line {line})" for number, (line, _) in enumerate(file.rows, 1)]
    columns: dict[str, NDArray[Any]] = {}
    for column, texts in cells.items():
        if units[column] == "-":
            columns[column] = np.array(texts)
            continue
        if (numbers := _plain(texts)) is not None:
            columns[column] = numbers
            continue
        # a row without a unit has no number either
        allowed = [column in gaps or (units[column] == BY_ROW and unit == "-") for unit in cells.get("unit", texts)]
        columns[column] = np.array(
            [
                _number(text, gap, f"table {name!r}, column {column!r}, {place}", column)
                for text, gap, place in zip(texts, allowed, places, strict=True)
            ]
        )
    return Table(name, columns, units, header.pop("source"), header.pop("status"), header)


def _units(name: str, text: str) -> dict[str, str]:
    units = {}
    for pair in text.split(";"):
        column, equals, unit = pair.strip(" ,").partition("=")
        if not equals or not unit.strip():
            raise ValueError(f"table {name!r}: {pair.strip()!r} in its units is not 'column = unit'")
        units[column.strip()] = unit.strip()
    return units


def _plain(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """The numbers of a column whose cells all hold one; None if a cell needs a closer look (:func:`_number`)."""
    if not all(map(_NUMBER.fullmatch, texts)):
        return None
    numbers = np.array([float(text) for text in texts])
    return numbers if np.all(np.isfinite(numbers)) else None


def _number(text: str, gap: bool, place: str, column: str) -> float:
    """The number in a cell; ``1_5.0``, which Python would read as one, is none."""
    missing = text.lower() in ("", "nan")
    if missing or re.fullmatch("[+-]?inf(inity)?", text.lower()):
        if not gap:
            what = "there is no number" if missing else f"{text!r} is not finite"
            raise ValueError(f"{place}: {what}; where that is meant, the header says '# gaps: {column}'")
        return float(text or "nan")
    if not _NUMBER.fullmatch(text):
        comma = re.fullmatch(r"[+-]?\d+,\d+", text)
        raise ValueError(f"{place}: {text!r} is not a number" + ("; it takes a decimal point" if comma else ""))
    if not np.isfinite(float(text)):
        raise ValueError(f"{place}: {text!r} is too large")
    return float(text)
