"""Counts per bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..data import Table
from .style import COLOURS, LABELS, in_style

__all__ = ["spectra", "spectrum", "stairs"]


@in_style
def spectrum(ax: Axes, table: Table, labels: Mapping[str, str] | None = None, *, log: bool = False) -> Axes:
    """Counts per bin: data with errors on top of backgrounds, Standard Model and dipole signal.

    What is not data gets no points: the errors of a projection are a band around it, a surrogate is a hatched band.

    Parameters
    ----------
    ax : Axes
        where to draw
    table : Table
        from :func:`companion.export.spectrum`
    labels : mapping, optional
        texts for the columns of the legend
    log : bool
        logarithmic counts
    """
    names = list(table.columns)
    low, high = names[:2]
    edges = np.append(table[low], table[high][-1])
    backgrounds = names[4 : names.index("standard_model")]
    seen = names[2]
    labels = {
        "standard_model": "Standard Model",
        "dipole": "with dipole portal",
        "observed": "data",
        "projected": "expected error",
        "surrogate": "SURROGATE, not data",
        **(labels or {}),
    }
    below = np.zeros(len(table))
    for name, shade in zip(backgrounds, ("0.75", "0.55", "0.4"), strict=False):
        ax.stairs(
            below + table[name],
            edges,
            baseline=below,
            fill=True,
            color=shade,
            label=labels.get(name, name.replace("_", " ")),
        )
        below = below + table[name]
    expected = below + table["standard_model"]
    ax.stairs(expected, edges, baseline=below, fill=True, color=COLOURS["sky"], alpha=0.45)
    ax.stairs(expected, edges, baseline=None, color=COLOURS["blue"], lw=1.4, label=labels["standard_model"])
    if "dipole" in table.columns:
        ax.stairs(
            expected + table["dipole"],
            edges,
            baseline=None,
            color=COLOURS["vermillion"],
            lw=1.6,
            label=labels["dipole"],
        )
    if seen == "observed":
        centres = (edges[1:] + edges[:-1]) / 2
        ax.errorbar(
            centres,
            table["observed"],
            table["error"],
            fmt="o",
            ms=3.5,
            lw=1,
            color=COLOURS["black"],
            label=labels["observed"],
        )
    else:
        ax.stairs(
            table[seen] + table["error"],
            edges,
            baseline=table[seen] - table["error"],
            fill=True,
            facecolor="none" if seen == "surrogate" else "0.8",
            edgecolor="0.6",
            hatch="////" if seen == "surrogate" else None,
            lw=0 if seen == "projected" else 0.6,
            zorder=0.5,
            label=labels[seen],
        )
    ax.set(xlabel=_recoil_label(table), ylabel=_counts_label(table), xlim=(edges[0], edges[-1]))
    if log:
        _logarithmic(ax, expected)
    else:
        ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.legend(loc="upper right")
    return ax


def _recoil_label(table: Table) -> str:
    low = next(iter(table.columns))
    quantity = low.removesuffix("_low")
    return f"{LABELS.get(quantity, quantity.replace('_', ' '))} [{LABELS.get(table.units[low], table.units[low])}]"


def _counts_label(table: Table) -> str:
    unit = table.units["standard_model"]
    # a rate is per bin already
    return LABELS.get(unit, unit) if "/" in unit else f"{unit} per bin"


def _logarithmic(ax: Axes, counts: np.ndarray) -> None:
    """Logarithmic counts, down to a third of the smallest of them."""
    ax.set_yscale("log")
    ax.set_ylim(bottom=counts[counts > 0].min() / 3)


@in_style
def spectra(ax: Axes, tables: Sequence[Table], labels: Sequence[str]) -> Axes:
    """Several projections in one panel: the Standard Model filled in outline, with the dipole portal dashed.

    Parameters
    ----------
    ax : Axes
        where to draw
    tables : sequence of Table
        from :func:`companion.export.spectrum`, with a dipole signal
    labels : sequence of str
        one per table
    """
    colours = [COLOURS[name] for name in ("blue", "vermillion", "green", "purple")]
    for table, label, colour in zip(tables, labels, colours, strict=False):
        low, high = list(table.columns)[:2]
        edges = np.append(table[low], table[high][-1])
        ax.stairs(table["standard_model"], edges, baseline=None, color=colour, lw=1.2, label=label)
        ax.stairs(
            table["standard_model"] + table["dipole"],
            edges,
            baseline=None,
            color=colour,
            lw=1.6,
            ls="--",
        )
    ax.plot([], [], color="0.3", ls="--", label="with dipole portal")
    ax.set(xlabel=_recoil_label(tables[0]), ylabel=_counts_label(tables[0]))
    _logarithmic(ax, np.concatenate([table["standard_model"] for table in tables]))
    ax.legend(loc="lower left")
    return ax


@in_style
def stairs(ax: Axes, edges: ArrayLike, ys: Sequence[ArrayLike], labels: Sequence[str], **axis) -> Axes:
    """Binned curves with a legend; ``axis`` goes to ``Axes.set``."""
    for k, (y, label) in enumerate(zip(ys, labels, strict=True)):
        ax.stairs(y, edges, baseline=None, label=label, lw=1.6, color=f"C{k}", ls=("-", "--", "-.", ":")[k % 4])
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.set(**axis)
    ax.legend()
    return ax
