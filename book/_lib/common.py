"""Tables and pieces of text that several chapters show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from companion import limits, results
from companion.data import Table
from companion.experiments import Experiment
from companion.plot.style import Powers
from companion.results import Choices
from companion.systematics import AllowedAlternative

__all__ = [
    "changes", "choices_markdown", "holds", "interval_choices_markdown", "intervals", "percent", "picked", "power",
    "summary", "summary_markdown",
]  # fmt: skip


def power(value: float, digits: int = 2) -> str:
    """A number as people write it in a sentence, 1.75·10⁻¹¹, with this many digits behind the point; also ∞ and nan."""
    if not np.isfinite(value):
        return f"{value}".replace("inf", "∞")
    number, exponent = f"{value:.{digits}e}".split("e")
    return f"{number}·10{str(int(exponent)).translate(Powers.RAISED)}"


def percent(change: float) -> str:
    """A change (%) with its sign and one digit behind the point; without a sign where nothing else is left of it."""
    return "0.0 %" if abs(change) < 0.05 else f"{change:+.1f} %"


def holds(words: Mapping[str, bool]) -> None:
    """What a chapter says in words, with whether its numbers bear it out: an error names what has become false.

    Raises
    ------
    ValueError
        if something does not hold
    """
    if wrong := [text for text, true in words.items() if not true]:
        raise ValueError(f"no longer true, so that the chapter needs other words: {'; '.join(wrong)}")


def changes(choices: Choices) -> dict[str, float]:
    """Changes of a limit (%) by the words of each choice."""
    return {row.choice.label: 100 * (row.ratio - 1) for row in choices.alternatives}


def choices_markdown(choices: Choices) -> str:
    """The table "How much this choice matters", in Markdown."""
    lines = ["| choice | limit [$\\mu_B$] | change |", "|---|---:|---:|"]
    for row in choices.alternatives:
        lines.append(f"| {row.choice.label} | {row.limit:.3e} | {percent(100 * (row.ratio - 1))} |")
    return "\n".join(lines)


def interval_choices_markdown(rows: Sequence[AllowedAlternative]) -> str:
    """The same for intervals: the rows of :func:`companion.systematics.interval_choices`, in Markdown."""
    lines = [
        "| choice | from [$\\mu_B$] | best | to | $\\chi^2(0)$ | $\\chi^2_\\mathrm{min}$ |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        one = row.allowed
        lines.append(
            f"| {row.choice.label} | {one.low:.2e} | {one.best:.2e} | {one.high:.2e} | {one.chi2_zero:.2f} "
            f"| {one.chi2_best:.2f} |"
        )
    return "\n".join(lines)


def summary(setups: Sequence[Experiment], coupling: str, m_4: Sequence[float], dof: Sequence[int] = (1, 2)) -> Table:
    """Limits of several experiments at a few masses (MeV), 90 % C.L.

    Returns
    -------
    Table
        one row per experiment and number of degrees of freedom: columns ``experiment``, ``dof``, one per mass (mu_B)
        and ``edge``, the largest mass (MeV) that the experiment can make and see
    """
    rows = [(setup, number) for setup in setups for number in dof]
    values = np.array([limits.upper_limit(setup, coupling, m_4, dof=number) for setup, number in rows])
    columns: dict[str, ArrayLike] = {
        "experiment": [setup.title for setup, _ in rows],
        "dof": [number for _, number in rows],
    }
    units = {"experiment": "-", "dof": "1"}
    for k, mass in enumerate(m_4):
        columns[f"at_{mass:g}_MeV"] = values[:, k]
        units[f"at_{mass:g}_MeV"] = "mu_B"
    columns["edge"] = [setup.maximum_mass(coupling) for setup, _ in rows]
    units["edge"] = "MeV"
    return results.table(f"{coupling}-summary", f"limits on {coupling}, 90 % C.L.", columns, units, setups)


def summary_markdown(table: Table) -> str:
    """The table of :func:`summary` in Markdown."""
    columns = [name for name in table.columns if name.startswith("at_")]
    masses = [float(name.split("_")[1]) for name in columns]
    heads = ["massless" if not mass else f"{mass:g} MeV" if mass >= 1 else f"{1e3 * mass:g} keV" for mass in masses]
    lines = [f"| limit [$\\mu_B$] | d.o.f. | {' | '.join(heads)} | edge |", f"|---|---:|{'---:|' * (len(heads) + 1)}"]
    for row in table.rows():
        cells = [f"{row[name]:.2e}" if np.isfinite(row[name]) else "no limit" for name in columns]
        lines.append(f"| {row['experiment']} | {row['dof']:.0f} | {' | '.join(cells)} | {row['edge']:.3g} MeV |")
    return "\n".join(lines)


def intervals(setups: dict[str, Experiment], couplings: Sequence[str], m_4: Sequence[float]) -> Table:
    """Interval and best fit of every set-up, coupling and mass (MeV), 90 % C.L. for one degree of freedom.

    Returns
    -------
    Table
        columns ``data``, ``coupling``, ``m_4`` (MeV), ``low``, ``best``, ``high`` (mu_B) and ``gain``, by how much the
        best fit lowers the chi-square from that without a moment
    """
    columns: dict[str, list[object]] = {name: [] for name in ("data", "coupling", "m_4", "low", "best", "high", "gain")}
    for name, setup in setups.items():
        for coupling in couplings:
            one = results.interval(setup, coupling, m_4)
            # never below zero, and a best fit of zero gains nothing, whatever the rounding
            gains = np.where(one.best > 0, np.maximum(one.null - one.chi2, 0.0), 0.0)
            columns["data"] += [name] * len(one.m_4)
            columns["coupling"] += [coupling] * len(one.m_4)
            for key, values in (("m_4", one.m_4), ("low", one.low), ("best", one.best), ("high", one.high)):
                columns[key] += values.tolist()
            columns["gain"] += gains.tolist()
    units = {"data": "-", "coupling": "-", "m_4": "MeV", "low": "mu_B", "best": "mu_B", "high": "mu_B", "gain": "1"}
    title = "intervals and best fits, 90 % C.L."
    return results.table("intervals", title, columns, units, setups.values())  # type: ignore[arg-type]


def picked(table: Table, column: str, names: Sequence[str], columns: Sequence[str] | None = None) -> Table:
    """The rows of a table that have these names in a column of texts, in their order.

    Parameters
    ----------
    table : Table
        where to pick
    column : str
        with the names
    names : sequence of str
        each of one row
    columns : sequence of str, optional
        what is kept besides the names; by default everything
    """
    known = list(table[column])
    if missing := [name for name in names if known.count(name) != 1]:
        raise ValueError(f"table {table.name!r} has not one row for {', '.join(missing)}")
    rows = [known.index(name) for name in names]
    kept = list(table.columns) if columns is None else [column, *columns]
    arrays = {key: table[key][rows] for key in kept}
    units = {key: table.units[key] for key in kept}
    return Table(table.name, arrays, units, table.source, table.status, table.notes)
