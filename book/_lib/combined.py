"""Several transition moments at once: limits in three panels, regions in the plane of two."""

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
    {"color": COLOURS["vermillion"], "lw": 1.1},
    {"color": COLOURS["blue"]},
    {"color": COLOURS["green"]},
    {"color": COLOURS["purple"], "ls": "-."},
    {"color": COLOURS["orange"], "ls": (0, (1, 1))},
)
"""Of several set-ups in one panel, told apart by colour and by line."""

REGIONS = (LOOKS[0], LOOKS[2], *LOOKS[4:])
"""Of a combination and its parts."""


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
    pair: tuple[str, str],
    moduli: tuple[ArrayLike, ArrayLike],
    planes: Sequence[Sequence[ArrayLike]],
    labels: Sequence[str],
    titles: Sequence[str],
    level: float,
) -> np.ndarray:
    """Outlines of what is allowed in the plane of two moments, several to a panel, with one legend.

    Parameters
    ----------
    panels : array of Axes
        side by side
    pair : (str, str)
        the two moments
    moduli : (array, array)
        of the first and the second (mu_B)
    planes : sequence of sequences of array
        for each panel the values of :func:`companion.phases.plane`, one per label
    labels, titles : sequence of str
        one per outline, one per panel
    level : float
        the value on the outline; what is below it in the first plane of a panel is shaded
    """
    x, y = (np.asarray(values) / 1e-9 for values in moduli)
    first, second = (SYMBOLS[name] for name in pair)
    for ax, grids, title in zip(panels, planes, titles, strict=True):
        ax.contourf(x, y, grids[0], levels=[-1.0, level], colors=["0.82"])
        for grid, look in zip(grids, REGIONS, strict=False):
            style, width = look.get("ls", "-"), look.get("lw", 1.8)
            ax.contour(x, y, grid, levels=[level], colors=[look["color"]], linewidths=width, linestyles=[style])
        ax.set(xlabel=f"${first}$ [$10^{{-9}}\\mu_B$]")
        ax.locator_params(axis="x", nbins=4, integer=True)
        ax.set_title(title, fontsize=11.5, loc="left")
    panels[0].set_ylabel(f"${second}$ [$10^{{-9}}\\mu_B$]")
    _legend(panels, labels, REGIONS)
    return panels


def _legend(panels: np.ndarray, labels: Sequence[str], looks: Sequence[Mapping]) -> None:
    """One legend below all panels."""
    lines = [Line2D([], [], **look) for _, look in zip(labels, looks, strict=False)]
    panels[0].figure.legend(lines, labels, loc="outside lower center", ncols=2 if len(labels) == 4 else 3)
