"""What only the chapter on XENON1T draws: tabulated beside computed curves, and curves in bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion.plot import in_style

__all__ = ["compare", "stairs"]


@in_style
def compare(
    ax: Axes,
    lines: Sequence[tuple[ArrayLike, ArrayLike]],
    points: Sequence[tuple[ArrayLike, ArrayLike]],
    labels: Sequence[str],
    every: int = 1,
    **axis: Any,
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
def stairs(ax: Axes, edges: ArrayLike, ys: Sequence[ArrayLike], labels: Sequence[str], **axis: Any) -> Axes:
    """Binned curves with a legend; ``axis`` goes to ``Axes.set``."""
    for k, (y, label) in enumerate(zip(ys, labels, strict=True)):
        ax.stairs(y, edges, baseline=None, label=label, lw=1.6, color=f"C{k}", ls=("-", "--", "-.", ":")[k % 4])
    ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.set(**axis)
    ax.legend()
    return ax
