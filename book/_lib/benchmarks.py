"""How fast something is, beside what it was meant to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.data import Table
from companion.plot import COLOURS, in_style

__all__ = ["growing", "growth", "ratios"]

QUANTITIES = ("masses", "bins", "pulls", "states", "toys", "workers")
"""With what the time grows, in the rows ``growth, masses, 25`` of the table of benchmarks."""


@in_style
def ratios(ax: Axes, labels: Sequence[str], values: ArrayLike, targets: ArrayLike, label: str) -> Axes:
    """Bars on a logarithmic scale, each with its number and a line where it was to reach.

    Parameters
    ----------
    ax : Axes
        where to draw
    labels : sequence of str
        one per bar
    values, targets : array_like
        what was found, and what was wanted
    label : str
        of the horizontal axis
    """
    values, targets = np.asarray(values, float), np.asarray(targets, float)
    y = np.arange(len(values))
    ax.barh(y, values, height=0.6, color=COLOURS["sky"])
    ax.vlines(targets, y - 0.42, y + 0.42, color=COLOURS["vermillion"], lw=2)
    for position, value, target in zip(y, values, targets, strict=True):
        ax.annotate(
            f"{value:,.0f}",
            (max(value, target), position),
            (6, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.set(xscale="log", xlabel=label, xlim=(1, 10 * max(values.max(), targets.max())))
    return ax


def _points(bench: Table, quantity: str) -> tuple[list[int], list[float], float]:
    """Numbers of something, the times (ms) and the exponent."""
    rows = {str(row["benchmark"]): float(row["value"]) for row in bench.rows()}
    start = f"growth, {quantity}, "
    found = {name.removeprefix(start): value for name, value in rows.items() if name.startswith(start)}
    exponent = found.pop("exponent")
    return [int(number) for number in found], list(found.values()), exponent


def growing(bench: Table) -> str:
    """How time grows with each quantity, as a Markdown table.

    Parameters
    ----------
    bench : Table
        of benchmarks
    """
    lines = ["| number of | from | to | time [ms] from | to | exponent |", "|---|---:|---:|---:|---:|---:|"]
    for quantity in QUANTITIES:
        numbers, times, exponent = _points(bench, quantity)
        lines.append(
            f"| {quantity} | {numbers[0]:,} | {numbers[-1]:,} | {times[0]:,.3g} | {times[-1]:,.4g} | {exponent:.2f} |"
        )
    return "\n".join(lines)


@in_style
def growth(ax: Axes, bench: Table) -> Axes:
    """Time over that of the smallest number, against the number over the smallest, for each quantity.

    Parameters
    ----------
    ax : Axes
        where to draw
    bench : Table
        of benchmarks
    """
    markers = "osD^vP"
    colours = ("blue", "vermillion", "green", "orange", "purple", "black")
    for quantity, marker, colour in zip(QUANTITIES, markers, colours, strict=True):
        numbers, times, _ = _points(bench, quantity)
        x, y = np.array(numbers) / numbers[0], np.array(times) / times[0]
        ax.plot(x, y, marker=marker, color=COLOURS[colour], label=quantity)
    ends = np.array([1.0, 100.0])
    ax.plot(ends, ends, color="0.6", lw=1, ls=":", label="proportional")
    ax.set(xscale="log", yscale="log", xlabel="number over the smallest", ylabel="time over that of the smallest")
    ax.legend(ncols=2)
    return ax
