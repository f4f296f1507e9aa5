"""How far a limit moves with what is not known exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ..data import Table
from .style import COLOURS, in_style

__all__ = ["KINDS", "breakdown", "limit_bands"]

KINDS = {"sigma": ("blue", None), "choice": ("orange", "///"), "pull": ("sky", "...")}
"""Colour and hatching of each kind of uncertainty."""


@in_style
def limit_bands(
    panels: np.ndarray, tables: Sequence[Table], titles: Sequence[str], future: Sequence[bool] = ()
) -> np.ndarray:
    """Limits against the sterile mass with two bands, a panel for each limit: all have the same number of decades.

    Parameters
    ----------
    panels : array of Axes
        one per limit
    tables : sequence of Table
        from :func:`companion.export.band`
    titles : sequence of str
        one per limit, written over its panel
    future : sequence of bool
        dashed lines for projections
    """
    for k, (ax, table, title) in enumerate(zip(np.ravel(panels), tables, titles, strict=True)):
        m_4, limit = table["m_4"], table["limit"]
        ax.fill_between(m_4, table["choice_low"], table["choice_high"], color=COLOURS["orange"], alpha=0.45, lw=0)
        ax.fill_between(m_4, table["sigma_low"], table["sigma_high"], color=COLOURS["blue"], alpha=0.7, lw=0)
        ax.plot(m_4, limit, "--" if future and future[k] else "-", color=COLOURS["black"], lw=1.0)
        ax.set(xscale="log", yscale="log", ylim=(0.6 * limit[0], 6 * limit[0]))
        ax.set_xlabel(r"$m_4$ [MeV]")
        _title(ax, title)
    np.ravel(panels)[0].set_ylabel(r"limit [$\mu_B$]")
    handles = [
        Patch(facecolor=COLOURS["blue"], alpha=0.7, label="one standard deviation"),
        Patch(facecolor=COLOURS["orange"], alpha=0.45, label="envelope of choices"),
    ]
    np.ravel(panels)[0].figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return panels


def _title(ax: Axes, title: str) -> None:
    """A panel's name over its upper left corner."""
    ax.annotate(title, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", ha="left", va="bottom")


@in_style
def breakdown(
    panels: np.ndarray, tables: Sequence[Table], titles: Sequence[str], kinds: Mapping[str, str]
) -> np.ndarray:
    """The sources of uncertainty of several limits as bars around the default, a panel for each.

    Parameters
    ----------
    panels : array of Axes
        one per table
    tables : sequence of Table
        from :func:`companion.export.uncertainties`
    titles : sequence of str
        one per table, written into its panel
    kinds : mapping
        text of each kind for the legend, see :data:`companion.uncertainties.KINDS`
    """
    for ax, table, title in zip(np.ravel(panels), tables, titles, strict=True):
        y = np.arange(len(table))
        for position, kind, down, up in zip(y, table["kind"], table["down"], table["up"], strict=True):
            colour, hatch = KINDS[str(kind)]
            ax.barh(
                position, 100 * (up - down), left=100 * (down - 1), height=0.65,
                facecolor=COLOURS[colour], hatch=hatch, edgecolor="0.3", lw=0.4,
            )  # fmt: skip
        ax.axvline(0, color="0.3", lw=0.8)
        ax.set_yticks(y, table["source"])
        ax.invert_yaxis()
        ax.use_sticky_edges = False
        ax.margins(x=0.08)
        _title(ax, title)
    last = np.ravel(panels)[-1]
    last.set_xlabel("change of the limit [%]")
    handles = [
        Patch(facecolor=COLOURS[colour], hatch=hatch, edgecolor="0.3", lw=0.4, label=kinds[kind])
        for kind, (colour, hatch) in KINDS.items()
    ]
    last.figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return panels
