"""Results as tables with units and provenance: the same numbers for a figure, a file and the command line.

A result is a :class:`companion.data.Table`; written to CSV it has the layout of the files in ``data/``, so
:func:`companion.data.read` reads it back.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import __version__, experiments, limits, phases
from .data import Table
from .experiments import Choice, Combination, Experiment

__all__ = [
    "FORMATS",
    "blindness",
    "choices",
    "contour",
    "contributions",
    "freedom",
    "interference",
    "interval",
    "limit",
    "markdown",
    "numbers",
    "render",
    "scan",
    "spectrum",
    "transition_moments",
    "write",
]

FORMATS = ("table", "csv", "json")
"""Formats of :func:`render`."""

_MOMENTS = ("lambda_14", "lambda_24", "lambda_34")

_STATUS = f"derived: computed by companion {__version__}"
_SURROGATE = "rests on a SURROGATE of data that are not available: not to be read as a measurement"


def spectrum(
    experiment: Experiment, coupling: str | None = None, value: float | None = None, m_4: float | None = None
) -> Table:
    """Counts per bin: observed, backgrounds, Standard Model and, for a given coupling, the dipole signal.

    Parameters
    ----------
    experiment : Experiment
        with one axis
    coupling : str, optional
        ``"mu_mu"``, ``"lambda_14"``, ...
    value, m_4 : float, optional
        the coupling (mu_B) and the mass (MeV)

    Returns
    -------
    Table
        columns ``<axis>_low``, ``<axis>_high``, ``observed`` (``surrogate`` or ``projected`` where these are no data),
        ``error``, one per background, ``standard_model`` and ``dipole``; pulls at zero
    """
    signal = [part for part in (coupling, value, m_4) if part is not None]
    if len(signal) not in (0, 3):
        raise ValueError("a dipole signal needs all three of coupling, value and m_4")
    if len(experiment.axes) != 1:
        raise ValueError(f"{experiment.title} has {len(experiment.axes)} axes; a spectrum has one")
    (axis,) = experiment.axes
    name = axis.name.replace(" ", "_")
    seen = "surrogate" if experiment.surrogate else "projected" if experiment.projected else "observed"
    columns = {
        f"{name}_low": axis.edges[:-1],
        f"{name}_high": axis.edges[1:],
        seen: experiment.observed,
        "error": experiment.likelihood.sigma,
        **{name.replace(" ", "_"): counts for name, counts in experiment.backgrounds.items()},
        "standard_model": experiment.standard_model(),
    }
    notes = {"title": f"{experiment.title}: {experiment.quantity} per bin"}
    if coupling is not None and value is not None and m_4 is not None:
        columns["dipole"] = experiment.expected(coupling, value, m_4) - experiment.standard_model()
        notes["signal"] = f"{coupling} = {value:g} mu_B, m_4 = {m_4:g} MeV"
    notes |= _options(experiment)
    if experiment.projected:
        notes["note"] = "a projection: what is projected is the Standard-Model expectation"
    if experiment.surrogate:
        notes["note"] = _SURROGATE
    units = {column: axis.unit if column.startswith(f"{name}_") else experiment.quantity for column in columns}
    return Table(f"{experiment.name}-spectrum", columns, units, "; ".join(experiment.sources), _STATUS, notes)


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


def transition_moments(
    experiment: Experiment,
    m_4: ArrayLike,
    *,
    together: bool = False,
    confidence: float = 0.90,
    dof: int = 1,
    **options: Any,
) -> Table:
    """Upper limits on the three moments to the sterile state against its mass.

    Parameters
    ----------
    experiment : Experiment
        or a combination
    m_4 : array_like
        masses (MeV)
    together : bool
        the other two moments and all phases free, :func:`companion.phases.upper_limit`; else one moment at a time
    confidence, dof : float, int
        confidence level and degrees of freedom
    **options
        of :func:`companion.phases.upper_limit`, if ``together``

    Returns
    -------
    Table
        columns ``m_4`` (MeV) and ``lambda_14``, ``lambda_24``, ``lambda_34`` (mu_B); inf where nothing limits them
    """
    masses = np.atleast_1d(np.asarray(m_4, float))
    if together:
        values = phases.upper_limit(experiment, _MOMENTS, masses, confidence=confidence, dof=dof, **options)
    else:
        if options:
            raise ValueError(f"{', '.join(options)}: only for moments that are free together")
        values = np.array(
            [limits.upper_limit(experiment, name, masses, confidence=confidence, dof=dof) for name in _MOMENTS]
        )
    how = "the other moments and all phases free" if together else "one at a time"
    notes = {"title": f"{experiment.title}: upper limits, {how}", "confidence": _level(confidence, dof)}
    notes |= _options(experiment) | ({"note": _SURROGATE} if experiment.surrogate else {})
    return Table(
        f"{experiment.name}-moments-{'together' if together else 'alone'}",
        {"m_4": masses, **dict(zip(_MOMENTS, values, strict=True))},
        {"m_4": "MeV", **dict.fromkeys(_MOMENTS, "mu_B")},
        "; ".join(experiment.sources),
        _STATUS,
        notes,
    )


def contributions(combination: Combination, m_4: float, *, together: bool = False) -> Table:
    """What each part of a combination adds to the limits on the moments, 90 % C.L.

    Parameters
    ----------
    combination : Combination
        of two experiments or more
    m_4 : float
        mass (MeV)
    together : bool
        as in :func:`transition_moments`

    Returns
    -------
    Table
        a row for the combination and one for each part: for every moment the limit of the part alone, ``..._alone``,
        and of the others without it, ``..._without`` (mu_B)
    """
    limit = phases.upper_limit if together else limits.upper_limit
    columns: dict[str, Any] = {"experiment": ["all", *(part.name for part in combination.parts)]}
    for name in _MOMENTS:
        rows = limits.contributions(combination, name, m_4, limit=limit)
        whole = float(limit(combination, name, m_4))
        columns[f"{name}_alone"] = [whole, *(float(alone) for _, alone, _ in rows)]
        columns[f"{name}_without"] = [whole, *(float(without) for *_, without in rows)]
    units = {column: "-" if column == "experiment" else "mu_B" for column in columns}
    how = "the other moments and all phases free" if together else "one moment at a time"
    table = numbers(
        f"{combination.name}-contributions",
        f"limits of each part alone and of the others without it, m_4 = {m_4:g} MeV, 90 % C.L., {how}",
        columns,
        units,
        [combination],
    )
    return _marked(table, combination)


def freedom(experiment: Experiment, m_4: float, free: Sequence[Choice] | None = None) -> Table:
    """Limits on the moments (mu_B, 90 % C.L.) at one mass (MeV): one at a time, and with ever more that is free.

    Parameters
    ----------
    experiment : Experiment
        or a combination
    m_4 : float
        mass (MeV)
    free : sequence of Choice, optional
        by default :func:`companion.phases.choices`

    Returns
    -------
    Table
        columns ``free`` and ``lambda_14``, ``lambda_24``, ``lambda_34``
    """
    chosen = phases.choices() if free is None else free
    labels = ["one moment at a time", *(f"others free, {choice.label}" for choice in chosen)]
    rows = [[float(limits.upper_limit(experiment, name, m_4)) for name in _MOMENTS]]
    for choice in chosen:
        options: dict[str, Any] = dict(choice.options)
        rows.append(phases.upper_limit(experiment, _MOMENTS, m_4, **options).tolist())
    columns = {"free": labels, **dict(zip(_MOMENTS, zip(*rows, strict=True), strict=True))}
    title = f"{experiment.title}: upper limits at m_4 = {m_4:g} MeV, 90 % C.L."
    units = {"free": "-", **dict.fromkeys(_MOMENTS, "mu_B")}
    return _marked(numbers(f"{experiment.name}-freedom", title, columns, units, [experiment]), experiment)


def blindness(experiments: Sequence[Experiment], m_4: Sequence[float]) -> Table:
    """Scales of :func:`companion.phases.information`: how large a moment along each axis is noticed.

    Returns
    -------
    Table
        a row for each experiment and mass: ``m_4`` (MeV), ``first``, ``second``, ``third`` (mu_B), inf where blind
    """
    rows = [
        (experiment.name, mass, *phases.information(experiment, mass).scales.tolist())
        for experiment in experiments
        for mass in m_4
    ]
    units = {"experiment": "-", "m_4": "MeV", "first": "mu_B", "second": "mu_B", "third": "mu_B"}
    columns = dict(zip(units, zip(*rows, strict=True), strict=True))
    title = "moment that is one standard deviation, along the three axes of each experiment"
    table = numbers("blindness", title, columns, units, experiments)
    return _marked(table, *experiments)


def _marked(table: Table, *experiments: Experiment) -> Table:
    """With the note on a surrogate, if one of the experiments rests on one."""
    if not any(experiment.surrogate for experiment in experiments):
        return table
    return replace(table, notes={**table.notes, "note": _SURROGATE})


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


def markdown(table: Table, digits: int = 3) -> str:
    """A table of a few rows in Markdown, moments with their symbols."""
    heads, rules = [], []
    for column, unit in table.units.items():
        symbol, _, rest = column.partition("4_") if column.startswith("lambda_") else (column, "", "")
        if column.startswith("lambda_"):
            symbol = rf"$\vert\tilde\lambda_{{{column[7:9]}}}\vert$"
        unit = {"-": "", "1": "", "mu_B": r" [$\mu_B$]"}.get(unit, f" [{unit}]")
        heads.append(f"{symbol} {rest}".strip() + unit)
        rules.append("---" if table.units[column] == "-" else "---:")
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(rules)}|"]
    for row in zip(*table.columns.values(), strict=True):
        cells = [value if isinstance(value, str) else _rounded(float(value), digits) for value in row]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _rounded(value: float, digits: int) -> str:
    return "∞" if np.isinf(value) else f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e3 else f"{value:.{digits - 1}e}"


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
