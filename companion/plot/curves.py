"""Limits, regions and other curves against the sterile mass or another variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from ..conventions import ExpectedLimit
from ..couplings import COUPLINGS
from ..results import Interval, Limit, Region
from .style import COLOURS, in_style, ink

__all__ = ["choices", "curves", "limits", "mass_axis", "plane", "regions"]


def mass_axis(ax: Axes, symbol: str) -> None:
    """A coupling against the sterile mass, both logarithmic."""
    ax.set(xscale="log", yscale="log", xlabel=r"sterile mass $m_4$ [MeV]", ylabel=f"{symbol} [$\\mu_B$]")


def common_symbol(results: Sequence[Limit | Interval | Region]) -> str:
    """The symbol of the coupling of all curves, or that of any flavour or any transition moment where they differ."""
    symbols = {one.coupling.symbol for one in results}
    if len(symbols) == 1:
        return symbols.pop()
    names = {name.partition("_")[0] for name, symbol in COUPLINGS.items() if symbol in symbols}
    if symbols <= set(COUPLINGS.values()) and len(names) == 1:
        return {"mu": COUPLINGS["mu_all"], "lambda": r"$|\tilde\lambda_{i4}|$"}[names.pop()]
    return "moment"


@in_style
def limits(
    ax: Axes,
    results: Sequence[Limit],
    labels: Sequence[str],
    *,
    symbol: str | None = None,
    below: Sequence[int] = (),
    shade: int | None = 0,
    **axis: Any,
) -> Axes:
    """Upper limits against the sterile mass, each labelled where it runs; projections are dashed.

    Parameters
    ----------
    ax : Axes
        where to draw
    results : sequence of Limit
        what to draw
    labels : sequence of str
        one per curve
    symbol : str, optional
        of the coupling on the vertical axis; by default that of all, without an index where they differ
    below : sequence of int
        curves whose label stands under the line
    shade : int, optional
        the curve above which the area is shaded as excluded; None for no shading.  Above a limit that is not from data
        nothing is shaded: it excludes nothing
    **axis
        goes to ``Axes.set``
    """
    top = 0.0
    for k, (result, label) in enumerate(zip(results, labels, strict=True)):
        seen = np.isfinite(result.value)
        if not seen.any():
            continue
        masses, values = result.m_4[seen], result.value[seen]
        (line,) = ax.plot(masses, values, "--" if result.projected else "-")
        if shade == k and result.provenance.is_data:
            ax.fill_between(masses, values, 1.0, color=line.get_color(), alpha=0.10, lw=0)
        under = k in below
        ax.annotate(
            label,
            (masses[0], values[0]),
            (6, -5 if under else 4),
            textcoords="offset points",
            color=ink(line.get_color()),
            ha="left",
            va="top" if under else "bottom",
        )
        top = max(top, 30 * values.min())
    if len(results) == 1 and isinstance(results[0], Limit) and results[0].expected is not None:
        _expected(ax, results[0].m_4, results[0].expected)
    mass_axis(ax, symbol if symbol is not None else common_symbol(results))
    if top:
        ax.set_ylim(top=top)
    ax.set(**axis)
    return ax


def _expected(ax: Axes, m_4: NDArray[np.float64], band: ExpectedLimit) -> None:
    """What was to be expected without a moment, behind the limit."""
    bands = ((band.two_sigma, "yellow", "95 % of limits"), (band.one_sigma, "green", "68 % of limits"))
    for (low, high), colour, label in bands:
        ax.fill_between(m_4, low, high, color=COLOURS[colour], alpha=0.45, ec="0.4", lw=0.6, zorder=0.5, label=label)
    ax.plot(m_4, band.median, ":", color=COLOURS["black"], lw=1.0, label="expected")
    ax.legend(loc="upper left")


@in_style
def regions(
    ax: Axes,
    results: Sequence[Interval | Region],
    labels: Sequence[str],
    *,
    symbol: str | None = None,
    **axis: Any,
) -> Axes:
    """Allowed regions of coupling against mass.

    Where zero is allowed the region is open; its upper limit goes on as a thin line.

    Parameters
    ----------
    ax : Axes
        where to draw
    results : sequence of Interval or Region
        what to draw
    labels : sequence of str
        one per region
    symbol : str, optional
        of the coupling on the vertical axis; by default that of all, without an index where they differ
    **axis
        goes to ``Axes.set``
    """
    colours = [COLOURS[name] for name in ("blue", "vermillion", "green", "purple")]
    for result, label, colour in zip(results, labels, colours, strict=False):
        # where zero is inside, what is left is an upper limit: a line without a region below it
        closed = result.low > 0
        low = np.where(closed, result.low, np.nan)
        ax.fill_between(result.m_4, low, result.high, where=closed.tolist(), color=colour, alpha=0.18, lw=0)
        ax.plot(result.m_4, low, color=colour, lw=1.3)
        names = (label, None) if closed.any() else (None, f"{label}, upper limit")
        ax.plot(result.m_4, np.where(closed, result.high, np.nan), color=colour, lw=1.6, label=names[0])
        ax.plot(result.m_4, result.high, color=colour, lw=0.7, label=names[1])
    mass_axis(ax, symbol if symbol is not None else common_symbol(results))
    ax.set(**axis)
    ax.legend(loc="upper left")
    return ax


@in_style
def curves(
    ax: Axes, x: ArrayLike, ys: Sequence[ArrayLike], labels: Sequence[str], future: bool = False, **axis: Any
) -> Axes:
    """Lines over a common abscissa with a legend, dashed for a ``future`` set-up; ``axis`` goes to ``Axes.set``."""
    for y, label in zip(ys, labels, strict=True):
        ax.plot(x, y, "--" if future else "-", label=label)
    ax.set(**axis)
    ax.legend()
    return ax


@in_style
def choices(ax: Axes, labels: Sequence[str], ratios: Sequence[float]) -> Axes:
    """How much each choice moves a limit, as bars around the default."""
    y = np.arange(len(labels))
    change = 100 * (np.asarray(ratios) - 1)
    colours = [COLOURS["vermillion"] if c > 0 else COLOURS["blue"] for c in change]
    ax.barh(y, change, color=colours, height=0.6)
    # the numbers are a column beside the panel: at the ends of the bars they would need half of its width
    for position, c in zip(y, change, strict=True):
        text = "0.0 %" if abs(c) < 0.05 else f"{c:+.1f} %" if abs(c) < 1 else f"{c:+.0f} %"
        ax.annotate(
            text.replace("-", "\N{MINUS SIGN}"),
            (1, position),
            (46, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            ha="right",
        )
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.set_xlabel("change of the limit [%]")
    return ax


@in_style
def plane(ax: Axes, x: ArrayLike, y: ArrayLike, z: ArrayLike, levels: Sequence[float], label: str, **axis: Any) -> Axes:
    """A function of two variables in shades between contours, blank where it is nan; ``axis`` goes to ``Axes.set``.

    The levels, from low to high, need not be equidistant: every shade has the same room on the scale.
    """
    shading = mpl.colors.BoundaryNorm(levels, 256)
    shades = ax.contourf(x, y, z, levels=levels, cmap="cividis", norm=shading)
    ax.contour(x, y, z, levels=levels, colors="white", linewidths=0.6)
    ax.figure.colorbar(shades, ax=ax, label=label, spacing="uniform", ticks=levels, format="%g")
    ax.set(**axis)
    return ax
