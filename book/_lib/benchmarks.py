"""How fast something is, beside what it was meant to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plot import COLOURS, in_style

__all__ = ["ratios"]


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
            fontsize=10,
        )
    ax.set_yticks(y, labels)
    ax.invert_yaxis()
    ax.set(xscale="log", xlabel=label, xlim=(1, 6 * max(values.max(), targets.max())))
    return ax
