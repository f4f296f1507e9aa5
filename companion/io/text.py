"""Tables as text, CSV, JSON, Markdown and the YAML of HEPData."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from typing import Any, Protocol

import numpy as np

from ..data import Table
from . import hepdata

__all__ = ["FORMATS", "markdown", "render"]

FORMATS = ("table", "csv", "json", "yaml")
"""Formats of ``render``; YAML is a data file of HEPData."""


class HasTable(Protocol):
    """A result: its numbers are a table."""

    @property
    def table(self) -> Table: ...


def render(what: Table | HasTable, form: str = "table") -> str:
    """A table, or that of a result, as aligned text, CSV with its header, JSON, or a YAML data file of HEPData.

    Raises
    ------
    ValueError
        for another format than ``FORMATS``
    """
    table = what if isinstance(what, Table) else what.table
    if form == "csv":
        return _csv(table)
    if form == "json":
        document = {
            "name": table.name,
            **table.notes,
            "source": table.source,
            "status": table.status,
            "units": dict(table.units),
            "columns": {name: [_plain(value) for value in column] for name, column in table.columns.items()},
        }
        return json.dumps(document, indent=2, allow_nan=False) + "\n"
    if form == "yaml":
        return hepdata.yaml(hepdata.record(table))
    if form == "table":
        head = [name if table.units[name] in ("-", "1") else f"{name}/{table.units[name]}" for name in table.columns]
        rows = [
            [textwrap.shorten(_text(value, 6), 60, placeholder=" ...") for value in row]
            for row in zip(*table.columns.values(), strict=True)
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        numeric = [table.units[name] != "-" for name in table.columns]
        lines = [
            "  ".join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, right in zip(row, widths, numeric, strict=True)
            ).rstrip()
            for row in [head, *rows]
        ]
        # the title names experiment and coupling already, and the note says what is no data
        said = [text for key, text in table.notes.items() if key not in ("experiment", "coupling", "kind")]
        return "\n".join([*(f"# {text}" for text in said), *lines]) + "\n"
    raise ValueError(f"no format {form!r}; there are {', '.join(FORMATS)}")


def markdown(what: Table | HasTable, digits: int = 3) -> str:
    """A table of a few rows, or that of a result, in Markdown, moments with their symbols."""
    table = what if isinstance(what, Table) else what.table
    heads, rules = [], []
    for column, unit in table.units.items():
        symbol, _, rest = column.partition("4_") if column.startswith("lambda_") else (column, "", "")
        if column.startswith("lambda_"):
            symbol = rf"$\vert\tilde\lambda_{{{column[7:9]}}}\vert$"
        unit = {"-": "", "1": "", "as in column unit": "", "mu_B": r" [$\mu_B$]"}.get(unit, f" [{unit}]")
        heads.append(f"{symbol} {rest}".strip() + unit)
        rules.append("---" if table.units[column] == "-" else "---:")
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(rules)}|"]
    for row in zip(*table.columns.values(), strict=True):
        cells = [value if isinstance(value, str) else _rounded(float(value), digits) for value in row]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _rounded(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return "–" if np.isnan(value) else "∞"
    if not value:
        return "0"
    if 10**digits <= abs(value) < 1e5:
        return f"{value:.0f}"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e3 else f"{value:.{digits - 1}e}"


def _csv(table: Table) -> str:
    text = io.StringIO()
    header = {
        **table.notes,
        "units": "; ".join(f"{name} = {unit}" for name, unit in table.units.items()),
        **({"gaps": ", ".join(table.gaps)} if table.gaps else {}),
        "source": table.source,
        "status": table.status,
    }
    text.writelines(f"# {key}: {value}\n" for key, value in header.items())
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(table.columns)
    columns = [[_text(value, 10) for value in column.tolist()] for column in table.columns.values()]
    rows.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _text(value: Any, digits: int) -> str:
    return str(value) if isinstance(value, str) else f"{float(value):.{digits}g}"


def _plain(value: Any) -> str | float:
    """A JSON value: text, a number, or the text of a number that JSON cannot hold."""
    if isinstance(value, str):
        return str(value)
    number = float(value)
    return number if np.isfinite(number) else str(number)
