"""Records for HEPData: tables as data files, and the submission that lists them.

The files are YAML, written without a library for it: what they hold is mappings, lists, numbers and short texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Table

__all__ = ["record", "submission", "yaml"]

WIDTH = 110
"""Longest line for a mapping or a list in one line."""

LONGEST = 64
"""Characters of the name of a table."""

COMMENT = (
    "Sterile-neutrino transition magnetic moments: spectra, limits and regions recomputed after arXiv:2109.09545. None "
    "of these numbers is a measurement of this work; observed counts are those of the experiments named as sources. "
    "Projections and surrogates are marked in every table. Couplings: mu_e, mu_mu and mu_tau are effective moments "
    "of one flavour; lambda_14, lambda_24 and lambda_34 are transition moments between mass eigenstates, one at a time."
)
"""What holds for all tables of a submission."""

PLAIN = ("title", "note", "experiment", "coupling")
"""Notes that a qualifier does not repeat by their own name."""


def record(table: Table) -> dict[str, Any]:
    """A table as a data file of HEPData.

    Two columns ``x_low`` and ``x_high`` become one independent variable with bins; without such a pair the first column
    is the independent variable.  A column ``error`` is the error of the one before it.  Every dependent variable
    carries its experiment, coupling, confidence level, options and, if it is no data, that as qualifiers.

    Parameters
    ----------
    table : Table
        from this package

    Returns
    -------
    dict
        ``independent_variables`` and ``dependent_variables``; numbers have ten digits, infinity is the text ``inf``
        and a missing number ``-``
    """
    pairs = [name.removesuffix("_low") for name in table.columns if name.endswith("_low")]
    pairs = [name for name in pairs if f"{name}_high" in table.columns]
    independent = [
        {
            "header": _header(name, table.units[f"{name}_low"]),
            "values": [
                {"low": _number(low), "high": _number(high)}
                for low, high in zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
            ],
        }
        for name in pairs
    ]
    rest = [name for name in table.columns if name.removesuffix("_low").removesuffix("_high") not in pairs]
    if not independent:
        first = rest.pop(0)
        independent = [_variable(table, first)]
    dependent: list[dict[str, Any]] = []
    for name in rest:
        if name == "error" and dependent:
            for entry, error in zip(dependent[-1]["values"], table[name], strict=True):
                entry["errors"] = [{"symerror": _number(error)}]
        else:
            dependent.append(_variable(table, name) | {"qualifiers": _qualifiers(table)})
    return {"independent_variables": independent, "dependent_variables": dependent}


def _variable(table: Table, name: str) -> dict[str, Any]:
    return {"header": _header(name, table.units[name]), "values": [{"value": _number(x)} for x in table[name]]}


def _header(name: str, unit: str) -> dict[str, str]:
    return {"name": name} if unit in ("-", "1") else {"name": name, "units": unit}


def _number(value: Any) -> str | float:
    if isinstance(value, str):
        return str(value)
    if not np.isfinite(value):
        return "-" if np.isnan(value) else str(float(value))
    return float(f"{float(value):.10g}")


def _qualifiers(table: Table) -> list[dict[str, str]]:
    notes = table.notes
    found = [{"name": name, "value": notes[name]} for name in ("experiment", "coupling") if name in notes]
    found += [{"name": name, "value": text} for name, text in notes.items() if name not in PLAIN]
    # projections and surrogates must not pass for data, whatever a reader takes out of the record
    return found + ([{"name": "status", "value": notes["note"]}] if "note" in notes else [])


def submission(folder: str | Path, records: Sequence[tuple[Table, Mapping[str, Sequence[str]]]]) -> Path:
    """Write the folder that HEPData takes: ``submission.yaml`` and a data file for every table.

    Parameters
    ----------
    folder : str or Path
        made if it is not there
    records : sequence of (Table, mapping)
        tables with their keywords by kind, ``observables``, ``reactions`` or ``phrases``

    Returns
    -------
    Path
        of ``submission.yaml``

    Raises
    ------
    ValueError
        for a name that is longer than HEPData takes, or given twice
    """
    names = [table.name for table, _ in records]
    for name in names:
        if len(name) > LONGEST:
            raise ValueError(f"HEPData takes names of {LONGEST} characters, not {name!r}")
        if names.count(name) > 1:
            raise ValueError(f"two tables are called {name!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    documents: list[dict[str, Any]] = [{"comment": COMMENT}]
    for table, keywords in records:
        path = folder / f"{table.name}.yaml"
        path.write_text(yaml(record(table)), encoding="utf-8")
        documents.append(
            {
                "name": table.name,
                "description": _description(table),
                "keywords": [{"name": kind, "values": list(values)} for kind, values in keywords.items()],
                "data_file": path.name,
            }
        )
    path = folder / "submission.yaml"
    path.write_text("".join(f"---\n{yaml(document)}" for document in documents), encoding="utf-8")
    return path


def _description(table: Table) -> str:
    """Everything that the header of the CSV says: first what the numbers are not."""
    notes = dict(table.notes)
    title, note = notes.pop("title"), notes.pop("note", "")
    said = [note[:1].upper() + note[1:], title, *(f"{name}: {text}" for name, text in notes.items())]
    said += [f"status: {table.status}", f"source: {table.source}"]
    return ". ".join(text.rstrip(".") for text in said if text) + "."


def yaml(value: Any) -> str:
    """Mappings, lists, texts and finite numbers as YAML; what fits into a line stands in one.

    A number always has a point or no exponent, without which readers of YAML 1.1 take it for a text.
    """
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> list[str]:
    inline = _inline(value)
    if not isinstance(value, (dict, list)) or not value or len(inline) <= WIDTH:
        return [inline]
    lines = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        below = _lines(item)
        if isinstance(value, list):
            lines += [f"- {below[0]}", *(f"  {line}" for line in below[1:])]
        elif below == [_inline(item)]:
            lines.append(f"{key}: {below[0]}")
        else:
            lines += [f"{key}:", *(f"  {line}" for line in below)]
    return lines


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value)
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
