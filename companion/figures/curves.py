"""Limits, regions and other curves against the sterile mass or another variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ..data import Table
from .style import COLOURS, LABELS, STYLE, in_style

__all__ = ["band", "choices", "compare", "curves", "limits", "marks", "plane", "regions", "scans"]


@in_style
def limits(
    ax: Axes,
    tables: Sequence[Table],
    labels: Sequence[str],
    *,
    symbol: str = r"$\mu_\nu$",
    future: Sequence[bool] = (),
    below: Sequence[int] = (),
    shade: int | None = 0,
    xscale: str = "log",
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
    xscale : {"log", "linear"}
        of the masses
    below : sequence of int
        curves whose label stands under the line
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
            (6, -5) if k in below else (6, 4),
            textcoords="offset points",
            color=line.get_color(),
            ha="left",
            va="top" if k in below else "bottom",
        )
        top = max(top, 30 * values.min())
    ax.set(xscale=xscale, yscale="log", xlabel=r"sterile mass $m_4$ [MeV]", ylabel=f"{symbol} [$\\mu_B$]")
    ax.set_ylim(top=top)
    return ax


@in_style
def band(ax: Axes, low: Table, high: Table, label: str) -> Axes:
    """The region between two limits of :func:`companion.export.limit` at the same masses, with a legend."""
    seen = np.isfinite(low["limit"]) & np.isfinite(high["limit"])
    ax.fill_between(
        low["m_4"][seen], low["limit"][seen], high["limit"][seen],
        color=COLOURS["blue"], alpha=0.22, lw=0, label=label,
    )  # fmt: skip
    # the limits have fixed the axis to themselves
    ax.set_ylim(bottom=min(ax.get_ylim()[0], 0.8 * np.min(low["limit"][seen])))
    ax.legend(loc="upper left")
    return ax


@in_style
def marks(ax: Axes, points: Sequence[tuple[ArrayLike, ArrayLike]], labels: Sequence[str]) -> Axes:
    """Groups of points (masses, values) on the curves of a figure, one marker per group, with a legend."""
    for (x, y), label, marker, face in zip(points, labels, "osD^", ("white", "black", "0.6", "white"), strict=False):
        ax.plot(x, y, marker, ms=5, color=COLOURS["black"], mfc=face, zorder=5, label=label)
    ax.legend(loc="upper left")
    return ax


@in_style
def curves(
    ax: Axes, x: ArrayLike, ys: Sequence[ArrayLike], labels: Sequence[str], future: bool = False, **axis
) -> Axes:
    """Lines over a common abscissa with a legend, dashed for a ``future`` set-up; ``axis`` goes to ``Axes.set``."""
    for y, label in zip(ys, labels, strict=True):
        ax.plot(x, y, "--" if future else "-", label=label)
    ax.set(**axis)
    ax.legend()
    return ax


@in_style
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


@in_style
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


@in_style
def scans(panels: np.ndarray, tables: Sequence[Table], labels: Mapping[str, str]) -> np.ndarray:
    """How limits move with one property of an experiment after the other, a panel for each; the last is the legend.

    Parameters
    ----------
    panels : array of Axes
        one for each table and one for the legend
    tables : sequence of Table
        from :func:`companion.export.scan`
    labels : mapping
        text for each column that is an experiment
    """
    *drawn, key = np.ravel(panels)
    looks = dict(zip(labels, zip(("-", "--", "-.", ":"), STYLE["axes.prop_cycle"], strict=False), strict=False))
    for ax, table in zip(drawn, tables, strict=True):
        name, *columns = table.columns
        for column in columns:
            style, colour = looks[column]
            ax.plot(table[name], table[column], style, **colour)
        unit = table.units[name]
        name = LABELS.get(name, name)
        ax.set(xscale="log", xlabel=name if unit == "1" else f"{name} [{unit}]", ylabel="limit / default")
        ax.axhline(1, color="0.6", lw=0.6, zorder=0)
    for column, label in labels.items():
        style, colour = looks[column]
        key.plot([], [], style, label=label, **colour)
    key.axis("off")
    key.legend(loc="center")
    return panels


@in_style
def choices(ax: Axes, labels: Sequence[str], ratios: Sequence[float]) -> Axes:
    """How much each choice moves a limit, as bars around the default."""
    y = np.arange(len(labels))
    change = 100 * (np.asarray(ratios) - 1)
    colours = [COLOURS["vermillion"] if c > 0 else COLOURS["blue"] for c in change]
    ax.barh(y, change, color=colours, height=0.6)
    for position, c in zip(y, change, strict=True):
        text = f"{c:+.1f} %" if abs(c) < 1 else f"{c:+.0f} %"
        ax.annotate(
            text.replace("-", "\N{MINUS SIGN}"),
            (c, position),
            (4 if c >= 0 else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if c >= 0 else "right",
            fontsize=10,
        )
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.margins(x=0.35)
    ax.set_xlabel("change of the limit [%]")
    return ax


@in_style
def plane(ax: Axes, x: ArrayLike, y: ArrayLike, z: ArrayLike, levels: Sequence[float], label: str, **axis) -> Axes:
    """A function of two variables in shades between contours, blank where it is nan; ``axis`` goes to ``Axes.set``.

    The levels, from low to high, need not be equidistant: every shade has the same room on the scale.
    """
    shading = mpl.colors.BoundaryNorm(levels, 256)
    shades = ax.contourf(x, y, z, levels=levels, cmap="cividis", norm=shading)
    ax.contour(x, y, z, levels=levels, colors="white", linewidths=0.6)
    ax.figure.colorbar(shades, ax=ax, label=label, spacing="uniform", ticks=levels, format="%g")
    ax.set(**axis)
    return ax
