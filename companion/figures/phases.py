"""Several transition moments at once: limits in three panels, and regions in the plane of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from ..data import Table
from .style import COLOURS, in_style

__all__ = ["allowed", "moments"]

SYMBOLS = {f"lambda_{i}4": rf"|\tilde\lambda_{{{i}4}}|" for i in "123"}

LOOKS: Sequence[Mapping] = (
    {"color": COLOURS["black"], "lw": 2.2},
    {"color": COLOURS["vermillion"], "lw": 2.2},
    {"color": COLOURS["blue"]},
    {"color": COLOURS["green"]},
    {"color": COLOURS["purple"], "ls": "-."},
    {"color": COLOURS["orange"], "ls": (0, (1, 1))},
)
"""Of several set-ups in one panel, told apart by colour and by line."""


@in_style
def moments(panels: np.ndarray, tables: Sequence[Table], labels: Sequence[str], **axis) -> np.ndarray:
    """Upper limits on the three moments, a panel for each, with one legend; a curve ends where there is no limit.

    Parameters
    ----------
    panels : array of three Axes
        side by side
    tables : sequence of Table
        from :func:`companion.export.transition_moments`
    labels : sequence of str
        one per table
    **axis
        goes to ``Axes.set``
    """
    for ax, (name, symbol) in zip(panels, SYMBOLS.items(), strict=True):
        for table, look in zip(tables, LOOKS, strict=False):
            seen = np.isfinite(table[name])
            ax.plot(table["m_4"][seen], table[name][seen], **look)
        ax.set(xscale="log", yscale="log", xlabel=r"$m_4$ [MeV]")
        ax.set(**axis)
        ax.set_title(f"${symbol}$", fontsize=12.5, loc="left")
    panels[0].set_ylabel(r"upper limit [$\mu_B$]")
    _legend(panels, labels, LOOKS)
    return panels


@in_style
def allowed(
    panels: np.ndarray,
    pairs: Sequence[tuple[str, str]],
    axes: Sequence[tuple[ArrayLike, ArrayLike]],
    planes: Sequence[Sequence[ArrayLike]],
    labels: Sequence[str],
    *,
    level: float,
    titles: Sequence[str] = (),
    unit: float = 1.0,
    power: str = "",
) -> np.ndarray:
    """Outlines of what is allowed in the plane of two squared moments, several to a panel, with one legend.

    Parameters
    ----------
    panels : array of Axes
        side by side
    pairs : sequence of (str, str)
        the two moments of each panel
    axes : sequence of (array, array)
        squared moments (mu_B^2) of each panel
    planes : sequence of sequences of array
        for each panel the values of :func:`companion.phases.plane`, one per label
    labels : sequence of str
        one per outline
    level : float
        the value on the outline; what is below it, in the first plane, is shaded
    titles : sequence of str
        of the panels
    unit, power : float, str
        what the axes are divided by, and its text
    """
    for k, (ax, pair, (x, y), grids) in enumerate(zip(panels, pairs, axes, planes, strict=True)):
        x, y = np.asarray(x) / unit, np.asarray(y) / unit
        for number, (grid, look) in enumerate(zip(grids, LOOKS, strict=False)):
            style = look.get("ls", "-")
            ax.contour(
                x, y, grid, levels=[level], colors=[look["color"]], linewidths=look.get("lw", 1.8), linestyles=[style]
            )
            if not number:
                ax.contourf(x, y, grid, levels=[-1.0, level], colors=["0.85"])
        first, second = (SYMBOLS[name] for name in pair)
        ax.set(xlabel=f"${first}^2$ [{power}$\\mu_B^2$]", ylabel=f"${second}^2$ [{power}$\\mu_B^2$]")
        if titles:
            ax.set_title(titles[k], fontsize=11.5, loc="left")
    _legend(panels, labels, LOOKS)
    return panels


def _legend(panels: np.ndarray, labels: Sequence[str], looks: Sequence[Mapping]) -> None:
    """One legend below all panels."""
    lines = [Line2D([], [], **look) for _, look in zip(labels, looks, strict=False)]
    panels[0].figure.legend(lines, labels, loc="outside lower center", ncols=min(3, len(labels)))
