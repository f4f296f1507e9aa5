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
from .paths import file_name, write_text

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

    The independent variables are what a table begins with: pairs of columns ``x_low`` and ``x_high``, each pair one
    variable with bins, or else the first column alone.  All other columns depend on them; a column ``error`` is the
    error of the one before it.  Every dependent variable carries its experiment, coupling, confidence level, options
    and, if it is no data, that as qualifiers.

    Parameters
    ----------
    table : Table
        from this package

    Returns
    -------
    dict
        ``independent_variables`` and ``dependent_variables``; numbers have ten digits, infinity is the text ``inf``
        and a missing number ``-``; a bin without two finite edges is a text, and an error of zero or without a number
        is left out, since HEPData takes neither
    """
    rest = list(table.columns)
    independent = []
    while len(rest) > 1 and _are_edges(rest[0], rest[1]):
        low, high = rest.pop(0), rest.pop(0)
        bins = [_bin(*edges) for edges in zip(table[low], table[high], strict=True)]
        independent.append({"header": _header(low.removesuffix("_low"), table.units[low]), "values": bins})
    if not independent:
        independent = [_variable(table, rest.pop(0))]
    dependent: list[dict[str, Any]] = []
    for name in rest:
        if name == "error" and dependent:
            for entry, error in zip(dependent[-1]["values"], table[name], strict=True):
                if np.isfinite(error) and error > 0:
                    entry["errors"] = [{"symerror": _number(error)}]
        else:
            dependent.append(_variable(table, name) | {"qualifiers": _qualifiers(table)})
    return {"independent_variables": independent, "dependent_variables": dependent}


def _are_edges(low: str, high: str) -> bool:
    """Whether two columns are the edges of bins of one quantity."""
    return low.endswith("_low") and high == f"{low.removesuffix('_low')}_high"


def _bin(low: float, high: float) -> dict[str, Any]:
    if np.isfinite(low) and np.isfinite(high):
        return {"low": _number(low), "high": _number(high)}
    return {"value": f"{_number(low)} to {_number(high)}"}


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


def submission(
    folder: str | Path, records: Sequence[tuple[Table, Mapping[str, Sequence[str]]]], citations: str = ""
) -> Path:
    """Write the folder that HEPData takes: ``submission.yaml`` and a data file for every table.

    A figure ``NAME.png`` of a table that is in the folder already is attached to it, with ``thumb_NAME.png``.

    Parameters
    ----------
    folder : str or Path
        made if it is not there
    records : sequence of (Table, mapping)
        tables with their keywords by kind, ``observables``, ``reactions`` or ``phrases``
    citations : str
        BibTeX of what the tables rest on (:func:`companion.citations.bibtex`), which is attached as ``citations.bib``

    Returns
    -------
    Path
        of ``submission.yaml``

    Raises
    ------
    ValueError
        for a name that is longer than HEPData takes, given twice, or none of a file inside the folder
    """
    names = [table.name for table, _ in records]
    for name in names:
        if len(name) > LONGEST:
            raise ValueError(f"HEPData takes names of {LONGEST} characters, not {name!r}")
        if names.count(name) > 1:
            raise ValueError(f"two tables are called {name!r}")
        file_name(name)
    folder = Path(folder)
    documents: list[dict[str, Any]] = [{"comment": COMMENT}]
    if citations:
        path = write_text(citations, folder / "citations.bib")
        attached = {"location": path.name, "description": "BibTeX of the data and inputs that the tables rest on"}
        documents[0]["additional_resources"] = [attached]
    for table, keywords in records:
        path = write_text(yaml(record(table)), folder / f"{table.name}.yaml")
        document: dict[str, Any] = {
            "name": table.name,
            "description": _description(table),
            "keywords": [{"name": kind, "values": list(values)} for kind, values in keywords.items()],
            "data_file": path.name,
        }
        if figures := _figures(folder, table.name):
            document["additional_resources"] = figures
        documents.append(document)
    return write_text("".join(f"---\n{yaml(document)}" for document in documents), folder / "submission.yaml")


def _figures(folder: Path, name: str) -> list[dict[str, str]]:
    """The figure of a table with its thumbnail, as HEPData names them."""
    files = {f"{name}.png": "Image file", f"thumb_{name}.png": "Thumbnail image file"}
    there = all((folder / file).is_file() for file in files)
    return [{"location": file, "description": said} for file, said in files.items()] if there else []


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
