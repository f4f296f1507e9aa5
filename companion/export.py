"""Results as tables with units and provenance: the same numbers for a figure, a file and the command line.

A result is a :class:`companion.data.Table`; written to CSV it has the layout of the files in ``data/``, so
:func:`companion.data.read` reads it back.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import __version__, experiments, limits
from .data import Table
from .experiments import Axis, Choice, Experiment
from .statistics import Poisson

__all__ = [
    "FORMATS",
    "choices",
    "contour",
    "interference",
    "interval",
    "limit",
    "numbers",
    "render",
    "scan",
    "spectrum",
    "write",
]

FORMATS = ("table", "csv", "json")
"""Formats of :func:`render`."""

_STATUS = f"derived: computed by companion {__version__}"
_SURROGATE = "rests on a SURROGATE of data that are not available: not to be read as a measurement"


def spectrum(
    experiment: Experiment,
    coupling: str | None = None,
    value: float | None = None,
    m_4: float | None = None,
    *,
    axis: str | None = None,
    per_width: bool = False,
) -> Table:
    """Counts per bin: observed, backgrounds, Standard Model and, for a given coupling, the dipole signal.

    Parameters
    ----------
    experiment : Experiment
        with one axis, or with several of which one is chosen
    coupling : str, optional
        ``"mu_mu"``, ``"lambda_14"``, ...
    value, m_4 : float, optional
        the coupling (mu_B) and the mass (MeV)
    axis : str, optional
        name of the axis onto which counts are added up; needed where there are several
    per_width : bool
        divide by the width of the bins, for bins of different widths

    Returns
    -------
    Table
        columns ``<axis>_low``, ``<axis>_high``, ``observed`` (``surrogate`` or ``projected`` where these are no data),
        ``error``, one per background, ``standard_model`` and ``dipole``; pulls at zero
    """
    signal = [part for part in (coupling, value, m_4) if part is not None]
    if len(signal) not in (0, 3):
        raise ValueError("a dipole signal needs all three of coupling, value and m_4")
    chosen, project = _projection(experiment, axis)
    name = chosen.name.replace(" ", "_")
    seen = "surrogate" if experiment.surrogate else "projected" if experiment.projected else "observed"
    columns = {
        f"{name}_low": chosen.edges[:-1],
        f"{name}_high": chosen.edges[1:],
        seen: project(experiment.observed),
        "error": np.sqrt(project(experiment.likelihood.sigma**2)),
        **{name.replace(" ", "_"): project(counts) for name, counts in experiment.backgrounds.items()},
        "standard_model": project(experiment.standard_model()),
    }
    if len(experiment.axes) > 1 and isinstance(experiment.likelihood, Poisson):
        # of the sum, not of every bin that was added up, each at least one
        columns["error"] = np.sqrt(np.maximum(columns[seen], 1.0))
    notes = {"title": f"{experiment.title}: {experiment.quantity} per bin"}
    if coupling is not None and value is not None and m_4 is not None:
        columns["dipole"] = project(experiment.expected(coupling, value, m_4) - experiment.standard_model())
        notes["signal"] = f"{coupling} = {value:g} mu_B, m_4 = {m_4:g} MeV"
    notes |= _options(experiment)
    if experiment.projected:
        notes["note"] = "a projection: what is projected is the Standard-Model expectation"
    if experiment.surrogate:
        notes["note"] = _SURROGATE
    quantity = experiment.quantity
    if per_width:
        quantity = f"{quantity}/{chosen.unit}"
        notes["title"] = f"{experiment.title}: {quantity}"
        columns = {
            column: counts if column.startswith(f"{name}_") else counts / np.diff(chosen.edges)
            for column, counts in columns.items()
        }
    units = {column: chosen.unit if column.startswith(f"{name}_") else quantity for column in columns}
    return Table(f"{experiment.name}-spectrum", columns, units, "; ".join(experiment.sources), _STATUS, notes)


def _projection(experiment: Experiment, axis: str | None) -> tuple[Axis, Callable[[np.ndarray], np.ndarray]]:
    """The axis of this name, and the function that adds up counts over all others."""
    names = [each.name for each in experiment.axes]
    if axis is None and len(names) != 1:
        raise ValueError(f"{experiment.title} has {len(names)} axes; a spectrum has one: {', '.join(names)}")
    if axis is not None and axis not in names:
        raise ValueError(f"{experiment.title} has no axis {axis!r}; there are {', '.join(names)}")
    k = names.index(axis) if axis is not None else 0
    shape = [len(each.edges) - 1 for each in experiment.axes]
    others = tuple(n for n in range(len(shape)) if n != k)
    return experiment.axes[k], lambda counts: np.reshape(counts, shape).sum(axis=others)


def limit(experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1) -> Table:
    """Upper limit on a coupling against the mass of the sterile state.

    Returns
    -------
    Table
        columns ``m_4`` (MeV) and ``limit`` (mu_B); inf where the experiment is blind
    """
    masses = np.atleast_1d(np.asarray(m_4, float))
    values = limits.upper_limit(experiment, coupling, masses, confidence=confidence, dof=dof)
    notes = {
        "title": f"{experiment.title}: upper limit on {coupling}",
        "confidence": _level(confidence, dof),
    }
    notes |= _options(experiment)
    if np.any(np.isinf(values)):
        edge = experiment.maximum_mass(coupling)
        why = f"above the largest mass it can make and see, {edge:.4g} MeV" if edge else "nothing in the beam couples"
        notes["blind"] = f"inf: {why}"
    if experiment.surrogate:
        notes["note"] = _SURROGATE
    return Table(
        f"{experiment.name}-{coupling}-limit",
        {"m_4": masses, "limit": values},
        {"m_4": "MeV", "limit": "mu_B"},
        "; ".join(experiment.sources),
        _STATUS,
        notes,
    )


def interval(experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1) -> Table:
    """Allowed interval of a coupling at each mass, counted from the minimum at that mass.

    Returns
    -------
    Table
        columns ``m_4`` (MeV), ``low``, ``best``, ``high`` (mu_B) and ``chi2`` at the best coupling
    """
    masses = np.atleast_1d(np.asarray(m_4, float))
    low, high = limits.interval(experiment, coupling, masses, confidence=confidence, dof=dof)
    fit = limits.best_fit(experiment, coupling, masses)
    columns = {"m_4": masses, "low": low, "best": fit.value, "high": high, "chi2": fit.chi2}
    notes = {"title": f"{experiment.title}: interval of {coupling} at each mass", "confidence": _level(confidence, dof)}
    return _region(experiment, f"{coupling}-interval", columns, notes)


def contour(experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 2) -> Table:
    """Region of coupling and mass, counted from the global minimum; see :func:`companion.limits.contour`.

    Returns
    -------
    Table
        columns ``m_4`` (MeV), ``low`` and ``high`` (mu_B)
    """
    found = limits.contour(experiment, coupling, m_4, confidence=confidence, dof=dof)
    notes = {
        "title": f"{experiment.title}: region of {coupling} and mass",
        "confidence": _level(confidence, dof),
        "minimum": f"chi2 = {found.chi2:.3f} at {found.best:.3e} mu_B and {found.best_mass:.3g} MeV",
    }
    return _region(experiment, f"{coupling}-contour", {"m_4": found.m_4, "low": found.low, "high": found.high}, notes)


def _level(confidence: float, dof: int) -> str:
    return f"{100 * confidence:g} % C.L., {dof} degree{'s' if dof > 1 else ''} of freedom"


def _region(experiment: Experiment, name: str, columns: dict, notes: dict[str, str]) -> Table:
    units = {column: {"m_4": "MeV", "chi2": "1"}.get(column, "mu_B") for column in columns}
    notes |= _options(experiment)
    return Table(f"{experiment.name}-{name}", columns, units, "; ".join(experiment.sources), _STATUS, notes)


def scan(
    names: Sequence[str], coupling: str, m_4: float, option: str, values: Sequence[float], unit: str = "1"
) -> Table:
    """How the limits of several experiments move with one of their options.

    Parameters
    ----------
    names : sequence of str
        experiments
    coupling : str
        which limit
    m_4 : float
        mass (MeV)
    option : str
        of :func:`companion.experiments.load`, in ``unit``
    values : sequence of float
        what to give it

    Returns
    -------
    Table
        columns ``option`` and, for every experiment, the limit over its default limit
    """
    columns = {option: np.asarray(values, float)}
    columns |= {name: limits.scan(name, coupling, m_4, option, values) for name in names}
    units = {column: unit if column == option else "1" for column in columns}
    sources = dict.fromkeys(source for name in names for source in experiments.load(name).sources)
    notes = {"title": f"limit on {coupling} at m_4 = {m_4:g} MeV against {option}, over the default limit"}
    return Table(f"{option}-{coupling}-scan", columns, units, "; ".join(sources), _STATUS, notes)


def interference(names: Sequence[str], coupling: str, m_4: Sequence[float], squared_sines: Sequence[float]) -> Table:
    r"""Magnetic and interference events at the limit, and how the limit moves, for several mixings of both signs.

    Parameters
    ----------
    names : sequence of str
        experiments
    coupling : str
        ``"mu_e"``, ``"mu_mu"`` or ``"mu_tau"``
    m_4 : sequence of float
        masses (MeV)
    squared_sines : sequence of float
        :math:`|U_{\\alpha4}|^2`

    Returns
    -------
    Table
        per experiment, mass and mixing: the limit without interference, the events there (interference for the positive
        sign; the other sign flips it) and the limits for both signs over the one without
    """
    state = coupling.removeprefix("mu_")
    rows = []
    for name in names:
        experiment = experiments.load(name)
        for mass in m_4:
            limit = float(limits.upper_limit(experiment, coupling, mass))
            magnetic = limit**2 * float(experiment.dipole(state, mass).sum())
            linear = limit * float(experiment.interference(state, mass).sum())
            for squared in squared_sines:
                mixing = squared**0.5
                moved = [
                    float(limits.upper_limit(replace(experiment, mixing=sign * mixing), coupling, mass)) / limit
                    for sign in (1, -1)
                ]
                rows.append((name, mass, squared, limit, magnetic, mixing * linear, *moved))
    units = {
        "experiment": "-",
        "m_4": "MeV",
        "sin2": "1",
        "limit": "mu_B",
        "magnetic": "events",
        "interference": "events",
        "plus": "1",
        "minus": "1",
    }
    columns = {name: np.array(column) for name, column in zip(units, zip(*rows, strict=True), strict=True)}
    sources = dict.fromkeys(source for name in names for source in experiments.load(name).sources)
    notes = {"title": f"interference of weak and magnetic scattering at the limit on {coupling}"}
    return Table(f"{coupling}-interference", columns, units, "; ".join(sources), _STATUS, notes)


def numbers(
    name: str,
    title: str,
    columns: Mapping[str, ArrayLike],
    units: Mapping[str, str],
    experiments: Sequence[Experiment] = (),
) -> Table:
    """The numbers of any other figure or table.

    Parameters
    ----------
    name, title : str
        of the table
    columns : mapping of str to array_like
        one-dimensional, of one length
    units : mapping of str to str
        one for each column
    experiments : sequence of Experiment
        whose sources the numbers have; none for formulas
    """
    if set(units) != set(columns):
        raise ValueError(f"the columns are {', '.join(columns)}, and there are units for {', '.join(units) or 'none'}")
    arrays = {key: np.ravel(np.asarray(value)) for key, value in columns.items()}
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError("the columns of a table must be of one length")
    sources = dict.fromkeys(source for experiment in experiments for source in experiment.sources)
    source = "; ".join(sources) or "formulas of arXiv:2109.09545 and of this book"
    return Table(name, arrays, dict(units), source, _STATUS, {"title": title})


def choices(experiment: Experiment, coupling: str, m_4: float, rows: Sequence[tuple[Choice, float, float]]) -> Table:
    """What each choice does to a limit: the rows of :func:`companion.limits.choices`.

    Returns
    -------
    Table
        columns ``choice``, ``limit`` (mu_B) and ``ratio`` to the default
    """
    labels, values, ratios = zip(*((choice.label, limit, ratio) for choice, limit, ratio in rows), strict=True)
    return numbers(
        f"{experiment.name}-choices",
        f"{experiment.title}: limit on {coupling} at m_4 = {m_4:g} MeV, 90 % C.L., for each choice",
        {"choice": labels, "limit": values, "ratio": ratios},
        {"choice": "-", "limit": "mu_B", "ratio": "1"},
        [experiment],
    )


def _options(experiment: Experiment) -> dict[str, str]:
    """A note on choices that differ from the defaults, if there are any."""
    chosen = ", ".join(f"{name} = {value}" for name, value in experiment.options.items())
    return {"options": chosen} if chosen else {}


def render(table: Table, form: str = "table") -> str:
    """A table as aligned text, CSV with its header, or JSON.

    Raises
    ------
    ValueError
        for another format than :data:`FORMATS`
    """
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
        return "\n".join([*(f"# {text}" for text in table.notes.values()), *lines]) + "\n"
    raise ValueError(f"no format {form!r}; there are {', '.join(FORMATS)}")


def write(table: Table, path: str | Path) -> Path:
    """Write a table as CSV, and make its folder; :func:`companion.data.read` reads it back."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_csv(table), encoding="utf-8")
    return path


def _csv(table: Table) -> str:
    text = io.StringIO()
    header = {
        **table.notes,
        "units": "; ".join(f"{name} = {unit}" for name, unit in table.units.items()),
        "source": table.source,
        "status": table.status,
    }
    text.writelines(f"# {key}: {value}\n" for key, value in header.items())
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(table.columns)
    rows.writerows([_text(value, 10) for value in row] for row in zip(*table.columns.values(), strict=True))
    return text.getvalue()


def _text(value: Any, digits: int) -> str:
    return str(value) if isinstance(value, str) else f"{float(value):.{digits}g}"


def _plain(value: Any) -> str | float:
    """A JSON value: text, a number, or the text of a number that JSON cannot hold."""
    if isinstance(value, str):
        return str(value)
    number = float(value)
    return number if np.isfinite(number) else str(number)
