"""The figures of the book: results in, Axes out.  The only module that knows matplotlib.

Every function takes an ``Axes`` and tables from :mod:`companion.export`, draws, and returns the ``Axes``;
nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .data import Table

__all__ = [
    "COLOURS",
    "FULL",
    "SINGLE",
    "axes",
    "choices",
    "compare",
    "curves",
    "limits",
    "regions",
    "spectrum",
    "stairs",
]

COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
"""The Okabe-Ito colours, told apart by every kind of eye."""

FULL, SINGLE = 7.0, 3.4
"""Widths in inches: the text of a page, or one panel."""

_STYLE: dict[Any, Any] = {
    "figure.dpi": 200,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "font.size": 9,
    "axes.labelsize": 10,
    "axes.linewidth": 0.7,
    "axes.prop_cycle": plt.cycler(
        color=[COLOURS[c] for c in ("blue", "vermillion", "green", "purple", "orange", "sky")]
    ),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "mathtext.fontset": "dejavusans",
    "xtick.direction": "in",
    "ytick.direction": "in",
}

LABELS = {
    "photoelectrons": "photoelectrons",
    "energy": "reconstructed energy",
    "m_4": "$m_4$",
    "mu_e": r"$\mu_{\nu_e}$",
    "mu_mu": r"$\mu_{\nu_\mu}$",
    "mu_tau": r"$\mu_{\nu_\tau}$",
    "lambda_14": r"$|\tilde\lambda_{14}|$",
    "lambda_24": r"$|\tilde\lambda_{24}|$",
    "lambda_34": r"$|\tilde\lambda_{34}|$",
}


def _in_style(draw: Callable) -> Callable:
    """Draw in the one look of the book, whatever the reader's own settings."""

    @wraps(draw)
    def drawn(*arguments, **options):
        # not rc_context: it would also undo the interactive mode that a notebook's backend turns on when first used
        readers = {key: mpl.rcParams[key] for key in _STYLE}
        mpl.rcParams.update(_STYLE)
        try:
            return draw(*arguments, **options)
        finally:
            mpl.rcParams.update(readers)

    return drawn


@_in_style
def axes(width: float = FULL, height: float | None = None, columns: int = 1) -> Axes | np.ndarray:
    """New Axes in the look of the book.

    Parameters
    ----------
    width : float
        inches, :data:`FULL` or :data:`SINGLE`
    height : float, optional
        inches; default 0.6 of the width of a panel
    columns : int
        panels side by side
    """
    height = height if height is not None else 0.6 * width / columns
    return plt.subplots(1, columns, figsize=(width, height))[1]


@_in_style
def spectrum(ax: Axes, table: Table, labels: Mapping[str, str] | None = None) -> Axes:
    """Counts per bin: data with errors on top of backgrounds, Standard Model and dipole signal.

    Parameters
    ----------
    ax : Axes
        where to draw
    table : Table
        from :func:`companion.export.spectrum`
    labels : mapping, optional
        texts for the columns of the legend
    """
    names = list(table.columns)
    low, high = names[:2]
    edges = np.append(table[low], table[high][-1])
    backgrounds = names[4 : names.index("standard_model")]
    labels = {"standard_model": "Standard Model", "dipole": "with dipole portal", "observed": "data", **(labels or {})}
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
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    quantity = low.removesuffix("_low")
    unit = table.units[low]
    ax.set(
        xlabel=f"{LABELS.get(quantity, quantity.replace('_', ' '))} [{unit}]",
        ylabel=f"{table.units['observed']} per bin",
        xlim=(edges[0], edges[-1]),
    )
    ax.legend(loc="upper right")
    return ax


@_in_style
def limits(
    ax: Axes,
    tables: Sequence[Table],
    labels: Sequence[str],
    *,
    symbol: str = r"$\mu_\nu$",
    future: Sequence[bool] = (),
    shade: int | None = 0,
) -> Axes:
    """Upper limits against the sterile mass, each labelled where it runs.

    Parameters
    ----------
    ax : Axes
        where to draw
    tables : sequence of Table
        from :func:`companion.export.limit`
    labels : sequence of str
        one per curve
    symbol : str
        of the coupling on the vertical axis
    future : sequence of bool
        dashed lines for projections
    shade : int, optional
        the curve whose excluded region is shaded; None for no shading
    """
    top = 0.0
    for k, (table, label) in enumerate(zip(tables, labels, strict=True)):
        seen = np.isfinite(table["limit"])
        masses, values = table["m_4"][seen], table["limit"][seen]
        dashed = bool(future and future[k])
        (line,) = ax.plot(masses, values, "--" if dashed else "-")
        if shade == k:
            ax.fill_between(masses, values, 1.0, color=line.get_color(), alpha=0.10, lw=0)
        ax.annotate(
            label,
            (masses[0], values[0]),
            (6, 4),
            textcoords="offset points",
            color=line.get_color(),
            ha="left",
            va="bottom",
        )
        top = max(top, 30 * values.min())
    ax.set(xscale="log", yscale="log", xlabel=r"sterile mass $m_4$ [MeV]", ylabel=f"{symbol} [$\\mu_B$]")
    ax.set_ylim(top=top)
    return ax


@_in_style
def curves(ax: Axes, x: ArrayLike, ys: Sequence[ArrayLike], labels: Sequence[str], **axis) -> Axes:
    """Lines over a common abscissa with a legend; ``axis`` goes to ``Axes.set`` (labels, scales, limits)."""
    for y, label in zip(ys, labels, strict=True):
        ax.plot(x, y, label=label)
    ax.set(**axis)
    ax.legend()
    return ax


@_in_style
def compare(
    ax: Axes,
    lines: Sequence[tuple[ArrayLike, ArrayLike]],
    points: Sequence[tuple[ArrayLike, ArrayLike]],
    labels: Sequence[str],
    every: int = 1,
    **axis,
) -> Axes:
    """What was computed as lines, what was tabulated as points of the same colour; each a pair of x and y.

    ``every`` thins out the points, ``axis`` goes to ``Axes.set``.
    """
    for (x, y), tabulated, label in zip(lines, points, labels, strict=True):
        (line,) = ax.plot(x, y, label=label)
        x, y = (np.asarray(values)[::every] for values in tabulated)
        ax.plot(x, y, "o", ms=3, color=line.get_color(), mec="0.2", mew=0.3)
    ax.set(**axis)
    ax.legend()
    return ax


@_in_style
def stairs(ax: Axes, edges: ArrayLike, ys: Sequence[ArrayLike], labels: Sequence[str], **axis) -> Axes:
    """Binned curves with a legend; ``axis`` goes to ``Axes.set``."""
    for k, (y, label) in enumerate(zip(ys, labels, strict=True)):
        ax.stairs(y, edges, baseline=None, label=label, lw=1.6, color=f"C{k}", ls=("-", "--", "-.", ":")[k % 4])
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.set(**axis)
    ax.legend()
    return ax


@_in_style
def regions(
    ax: Axes,
    tables: Sequence[Table],
    labels: Sequence[str],
    *,
    symbol: str = r"$\mu_\nu$",
    outlines: Sequence[Table] = (),
    outline_labels: Sequence[str] = (),
    **axis,
) -> Axes:
    """Allowed regions of coupling against mass, and published outlines to compare with.

    Where zero is allowed the region is open; its upper limit goes on as a thin line.

    Parameters
    ----------
    ax : Axes
        where to draw
    tables : sequence of Table
        from :func:`companion.export.interval` or :func:`companion.export.contour`
    labels : sequence of str
        one per region
    symbol : str
        of the coupling on the vertical axis
    outlines, outline_labels : sequence
        published curves, tables with columns ``m_4`` and ``mu``, and their names
    **axis
        goes to ``Axes.set``
    """
    colours = [COLOURS[name] for name in ("blue", "vermillion", "green", "purple")]
    for table, label, colour in zip(tables, labels, colours, strict=False):
        # where zero is inside, what is left is an upper limit: a line without a region below it
        closed = table["low"] > 0
        low = np.where(closed, table["low"], np.where(np.isnan(table["low"]), np.nan, 1e-30))
        ax.fill_between(table["m_4"], low, table["high"], where=closed, color=colour, alpha=0.18, lw=0)
        ax.plot(table["m_4"], low, color=colour, lw=1.3)
        ax.plot(table["m_4"], np.where(closed, table["high"], np.nan), color=colour, lw=1.6, label=label)
        ax.plot(table["m_4"], table["high"], color=colour, lw=0.7)
    for table, label, marker in zip(outlines, outline_labels, (".", "x"), strict=False):
        # a digitised outline may run through several rings: its points are safer than a line
        ax.plot(table["m_4"], table["mu"], marker, color=COLOURS["black"], ms=2.5, label=label)
    ax.set(xscale="log", yscale="log", xlabel=r"sterile mass $m_4$ [MeV]", ylabel=f"{symbol} [$\\mu_B$]")
    ax.set(**axis)
    ax.legend(loc="upper left")
    return ax


@_in_style
def choices(ax: Axes, labels: Sequence[str], ratios: Sequence[float]) -> Axes:
    """How much each choice moves a limit, as bars around the default."""
    y = np.arange(len(labels))
    change = 100 * (np.asarray(ratios) - 1)
    colours = [COLOURS["vermillion"] if c > 0 else COLOURS["blue"] for c in change]
    ax.barh(y, change, color=colours, height=0.6)
    for position, c in zip(y, change, strict=True):
        ax.annotate(f"{c:+.0f} %", (c, position), (4 if c >= 0 else -4, 0), textcoords="offset points", va="center",
                    ha="left" if c >= 0 else "right", fontsize=8)  # fmt: skip
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.margins(x=0.18)
    ax.set_xlabel("change of the limit [%]")
    return ax
