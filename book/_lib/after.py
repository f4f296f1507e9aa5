"""What later experiments leave of a region, coupling by coupling, and what each of them saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..data import Table
from .style import COLOURS, in_style

__all__ = ["detectors", "leftovers"]

LOOKS = (
    {"color": COLOURS["blue"], "ls": "-", "lw": 1.6},
    {"color": COLOURS["green"], "ls": "--", "lw": 1.4},
    {"color": COLOURS["purple"], "ls": "-.", "lw": 1.4},
    {"color": COLOURS["orange"], "ls": ":", "lw": 1.8},
    {"color": COLOURS["black"], "ls": "-", "lw": 2.4},
)


@in_style
def leftovers(
    panels: np.ndarray, tables: Sequence[Table], symbols: Sequence[str], labels: Mapping[str, str], region: str, **axis
) -> np.ndarray:
    """A region in shade and later upper limits as lines, one panel for each coupling, with one legend above.

    Parameters
    ----------
    panels : array of Axes
        one for each table
    tables : sequence of Table
        columns ``m_4`` (MeV), ``low`` and ``high`` of the region, and one for each limit
    symbols : sequence of str
        of the couplings
    labels : mapping
        text for each column that is a limit, at most five
    region : str
        text for the region
    **axis
        goes to ``Axes.set`` of every panel
    """
    for ax, table, symbol in zip(np.ravel(panels), tables, symbols, strict=True):
        m_4 = 1e3 * table["m_4"]
        ax.fill_between(m_4, table["low"], table["high"], color=COLOURS["vermillion"], alpha=0.35, lw=0, label=region)
        for (column, label), look in zip(labels.items(), LOOKS, strict=False):
            ax.plot(m_4, table[column], label=label, **look)
        ax.set(xscale="log", yscale="log", xlabel=r"sterile mass $m_4$ [keV]", ylabel=f"{symbol} [$\\mu_B$]")
        ax.set(**axis)
        ax.label_outer(remove_inner_ticks=False)
        ax.set_ylabel(f"{symbol} [$\\mu_B$]")
    first = np.ravel(panels)[0]
    handles, texts = first.get_legend_handles_labels()
    first.figure.legend(handles, texts, loc="outside upper center", ncols=3)
    return panels


@in_style
def detectors(panels: np.ndarray, tables: Sequence[Table], labels: Sequence[str], signal: str) -> np.ndarray:
    """Events per bin of several detectors: data with errors, background filled, and a dipole signal on top of it.

    Parameters
    ----------
    panels : array of Axes
        one for each table
    tables : sequence of Table
        from :func:`companion.export.spectrum`, with one background, no Standard-Model part and a dipole signal
    labels : sequence of str
        names of the detectors
    signal : str
        text for the signal
    """
    for ax, table, label in zip(np.ravel(panels), tables, labels, strict=True):
        names = list(table.columns)
        edges = np.append(table[names[0]], table[names[1]][-1])
        background = table[names[4]]
        ax.stairs(background, edges, fill=True, color="0.78", label="background with solar neutrinos")
        ax.stairs(
            background + table["dipole"], edges, baseline=None, color=COLOURS["vermillion"], lw=1.6, label=signal
        )  # fmt: skip
        ax.errorbar(
            (edges[1:] + edges[:-1]) / 2, table["observed"], table["error"], fmt="o", ms=3, lw=0.9,
            color=COLOURS["black"], label="data",
        )  # fmt: skip
        ax.set(xlim=(edges[0], edges[-1]), xlabel="reconstructed energy [keV]", ylabel="events per bin")
        ax.set_ylim(bottom=0)
        ax.annotate(label, (0.97, 0.95), xycoords="axes fraction", ha="right", va="top")
    first = np.ravel(panels)[0]
    handles, texts = first.get_legend_handles_labels()
    first.figure.legend(handles, texts, loc="outside upper center", ncols=3)
    return panels
