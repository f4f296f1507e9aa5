"""Counts per bin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..results import Spectrum
from .style import COLOURS, LABELS, in_style

__all__ = ["counts_label", "logarithmic", "recoil_label", "spectrum"]


@in_style
def spectrum(ax: Axes, result: Spectrum, labels: Mapping[str, str] | None = None, *, log: bool = False) -> Axes:
    """Counts per bin: data with errors on top of backgrounds, Standard Model and dipole signal.

    What is not data gets no points: the errors of a projection are a band around it, a surrogate is a hatched band.

    Parameters
    ----------
    ax : Axes
        where to draw
    result : Spectrum
        along one axis
    labels : mapping, optional
        texts for the legend: of a background by its name, and of ``"standard_model"``, ``"dipole"``, ``"observed"``,
        ``"projected"`` or ``"surrogate"``
    log : bool
        logarithmic counts
    """
    if len(result.axes) > 1:
        names = ", ".join(axis.name for axis in result.axes)
        raise ValueError(f"a spectrum is drawn along one axis; add up the counts onto one of {names}")
    edges = result.axes[0].edges
    texts = {
        "standard_model": "Standard Model",
        "dipole": "with dipole portal",
        "observed": "data",
        "projected": "expected error",
        "surrogate": "SURROGATE, not data",
        **(labels or {}),
    }
    below = np.zeros(len(edges) - 1)
    for (name, counts), shade in zip(result.backgrounds.items(), ("0.75", "0.55", "0.4"), strict=False):
        label = texts.get(name, name.replace("_", " "))
        ax.stairs(below + counts, edges, baseline=below, fill=True, color=shade, label=label)
        below = below + counts
    expected = below + result.standard_model
    ax.stairs(expected, edges, baseline=below, fill=True, color=COLOURS["sky"], alpha=0.45)
    ax.stairs(expected, edges, baseline=None, color=COLOURS["blue"], lw=1.4, label=texts["standard_model"])
    if result.dipole is not None:
        top = expected + result.dipole
        ax.stairs(top, edges, baseline=None, color=COLOURS["vermillion"], lw=1.6, label=texts["dipole"])
    _seen(ax, result, texts[result.seen_as])
    ax.set(xlabel=recoil_label(result), ylabel=counts_label(result), xlim=(edges[0], edges[-1]))
    if log:
        logarithmic(ax, expected)
    else:
        ax.axhline(0, color="0.6", lw=0.6, zorder=0)
    ax.legend(loc="upper right")
    return ax


def _seen(ax: Axes, result: Spectrum, label: str) -> None:
    """What was seen, or what stands in for it."""
    edges = result.axes[0].edges
    if result.seen_as == "observed":
        centres = (edges[1:] + edges[:-1]) / 2
        ax.errorbar(
            centres, result.observed, result.error, fmt="o", ms=3.5, lw=1, color=COLOURS["black"], label=label
        )  # fmt: skip
        return
    hatched = result.seen_as == "surrogate"
    ax.stairs(
        result.observed + result.error,
        edges,
        baseline=result.observed - result.error,
        fill=True,
        facecolor="none" if hatched else "0.8",
        edgecolor="0.6",
        hatch="////" if hatched else None,
        lw=0.6 if hatched else 0,
        zorder=0.5,
        label=label,
    )


def recoil_label(result: Spectrum) -> str:
    """What the bins are in, for the axis of a figure."""
    axis = result.axes[0]
    return f"{LABELS.get(axis.name, axis.name)} [{LABELS.get(axis.unit, axis.unit)}]"


def counts_label(result: Spectrum) -> str:
    """What is counted, for the axis of a figure."""
    # a rate is per bin already
    return LABELS.get(result.quantity, result.quantity) if "/" in result.quantity else f"{result.quantity} per bin"


def logarithmic(ax: Axes, counts: NDArray[np.float64]) -> None:
    """Logarithmic counts, down to a third of the smallest of them."""
    ax.set_yscale("log")
    ax.set_ylim(bottom=counts[counts > 0].min() / 3)
