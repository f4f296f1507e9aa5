"""One picture of all limits, projections, regions and curves of others on one coupling: Figs. 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from ..data import Table
from .style import COLOURS, in_style

__all__ = ["PLACES", "later", "overview", "overviews"]

OURS = MappingProxyType(
    {
        "coherent-csi": COLOURS["blue"],
        "coherent-lar": COLOURS["sky"],
        "cenns-750": COLOURS["green"],
        "texono": COLOURS["orange"],
        "xenon1t": COLOURS["black"],
        "cr51-nuclei": COLOURS["purple"],
        "cr51-electrons": COLOURS["vermillion"],
    }
)
"""Colours by the beginning of a table's name, the same in every panel."""

GREY, SKY = "0.42", "#8C6D1F"
"""Curves of other laboratories, and of stars and the early Universe."""

PLACES: Mapping[str, tuple[float, float, str]] = MappingProxyType(
    {
        "xenon1t-mu_e-region": (1.3e-3, 1.85e-11, "center"),
        "xenon1t-mu_mu-region": (1.3e-3, 3.0e-11, "center"),
        "xenon1t-lambda_14-region": (1.3e-3, 1.22e-11, "center"),
        "xenon1t-lambda_24-region": (1.3e-3, 1.6e-11, "center"),
        "xenon1t-lambda_34-region": (1.3e-3, 6.2e-11, "center"),
        "cr51-nuclei-mu_e-band": (0.85, 2.6e-11, "center"),
        "cr51-electrons-mu_e-band": (0.6, 6.0e-12, "center"),
        "texono-lambda_34-limit": (1.3e-3, 1.55e-9, "top"),
        "cr51-nuclei-lambda_14-band": (0.9, 4.4e-11, "center"),
        "cr51-nuclei-lambda_24-band": (0.9, 6.2e-11, "center"),
        "cr51-nuclei-lambda_34-band": (0.9, 2.4e-10, "center"),
        "borexino_e_schwetz": (1.3e-2, 7.4e-11, "bottom"),
        "borexino_mu_brdar": (1.3e-2, 7.4e-11, "bottom"),
        "xenon1t_nr_e_schwetz": (1.3e-2, 1.2e-8, "bottom"),
        "xenon1t_nr_mu_brdar": (1.3e-2, 1.2e-8, "bottom"),
        "miniboone_mu_magill": (1.05e2, 2.3e-9, "bottom"),
        "nomad_mu_magill": (9.0e2, 3.6e-9, "top"),
        "icecube_mu_coloma": (1.5e2, 5.0e-8, "center"),
        "ship_main_mu_schwetz": (8.5e2, 3.3e-10, "center"),
        "ship_main_e_schwetz": (7.0e2, 2.9e-10, "center"),
        "dune_nd_mu_lower_schwetz": (2.2e2, 1.75e-10, "top"),
        "dune_nd_e_lower_schwetz": (4.5e2, 1.9e-9, "bottom"),
        "stellar_mu_brdar": (1.1e-2, 2.4e-12, "top"),
        "sn1987a_mu_brdar": (2.5e-3, 6.0e-13, "bottom"),
        "bbn_mu_brdar": (0.5, 3.0e-12, "bottom"),
    }
)
"""Where labels begin (MeV, mu_B) and how they stand there; others stand at the left end of their curves."""

BELOW = ("coherent-csi", "cenns-750", "cr51-electrons")
"""Curves, by the beginning of their names, whose label stands under the line."""


def _colour(name: str) -> str:
    return next((colour for start, colour in OURS.items() if name.startswith(start)), COLOURS["black"])


def _name(ax: Axes, table: Table, x: float, y: float, colour: str, size: float) -> None:
    """The label of a curve, on a white rim so that lines behind it do not hide it."""
    below = table.name.startswith(BELOW)
    place = PLACES.get(table.name, (x, y / 1.08 if below else y * 1.08, "top" if below else "bottom"))
    text = ax.text(
        place[0], place[1], table.notes.get("label", table.notes.get("experiment", table.name)),
        color=colour, size=size, va=place[2], ha="left", zorder=8, clip_on=True,
    )  # fmt: skip
    text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])


def _dashes(table: Table) -> str:
    return "--" if table.notes.get("kind") == "projection" else "-"


@in_style
def overview(
    ax: Axes,
    limits: Sequence[Table],
    bands: Sequence[Table] = (),
    regions: Sequence[Table] = (),
    published: Sequence[Table] = (),
    astrophysics: Sequence[Table] = (),
    excluded: Table | None = None,
    *,
    symbol: str = r"$\mu_\nu$",
    size: float = 9.5,
    labelled: bool = True,
    **axis,
) -> Axes:
    """All layers of one coupling: solid for what is measured, dashed for what is projected.

    Every table names its curve in the note ``label`` and says ``current`` or ``projection`` in the note ``kind``.

    Parameters
    ----------
    ax : Axes
        where to draw
    limits : sequence of Table
        columns ``m_4`` (MeV) and ``limit`` (mu_B)
    bands : sequence of Table
        the best and the worst of several projections, columns ``m_4``, ``low``, ``high``
    regions : sequence of Table
        what an excess asks for, columns ``m_4``, ``low``, ``high``
    published : sequence of Table
        curves of others, from :func:`companion.published.curves`
    astrophysics : sequence of Table
        limits from stars and the early Universe, dotted; none by default
    excluded : Table, optional
        the lowest current limit, above which the panel is shaded once
    symbol : str
        of the coupling on the vertical axis
    size : float
        of the labels, in points
    labelled : bool
        whether the curves get their names
    **axis
        goes to ``Axes.set``
    """
    ax.set(
        xscale="log", yscale="log", xlim=(1e-3, 4e3), ylim=(1e-12, 1e-7),
        xlabel=r"sterile mass $m_4$ [MeV]", ylabel=f"{symbol} [$\\mu_B$]",
    )  # fmt: skip
    ax.set(**axis)
    top = ax.get_ylim()[1]
    if excluded is not None:
        ax.fill_between(excluded["m_4"], excluded["limit"], top, color="0.93", lw=0, zorder=0)
    # an experiment with several curves gets its name once
    placed = {table.notes.get("label") for table in (*published, *astrophysics) if table.name in PLACES}
    for table, colour, width in [(t, GREY, 1.0) for t in published] + [(t, SKY, 1.1) for t in astrophysics]:
        dashes = ":" if table.notes.get("kind") == "astrophysics" else _dashes(table)
        ax.plot(table["m_4"], table["limit"], dashes, color=colour, lw=width, zorder=2)
        if labelled and (table.name in PLACES or table.notes.get("label") not in placed):
            _name(ax, table, *_left(ax, table, "limit"), colour, size - 1)
    for table in bands:
        colour = _colour(table.name)
        # where a set-up is blind its curve leaves the panel
        best, worst = (np.where(np.isfinite(table[edge]), table[edge], 1.0) for edge in ("low", "high"))
        ax.fill_between(table["m_4"], best, worst, color=colour, alpha=0.16, lw=0, zorder=3)
        ax.plot(table["m_4"], best, "--", color=colour, lw=1.7, zorder=4)
        ax.plot(table["m_4"], worst, "--", color=colour, lw=0.8, zorder=4)
        if labelled:
            _name(ax, table, *_left(ax, table, "low"), colour, size)
    for table in regions:
        for part in _parts(table):
            m_4, low, high = (table[column][part] for column in ("m_4", "low", "high"))
            ax.fill_between(m_4, low, high, color=COLOURS["yellow"], alpha=0.7, lw=0, zorder=2.5)
            closed = np.append(m_4, m_4[::-1]), np.append(low, high[::-1])
            ax.plot(*closed, color=COLOURS["black"], lw=1.0, zorder=2.6)
        if labelled:
            _name(ax, table, *_left(ax, table, "low"), COLOURS["black"], size)
    for table in limits:
        colour = _colour(table.name)
        ax.plot(table["m_4"], table["limit"], _dashes(table), color=colour, lw=1.7, zorder=4)
        if labelled and not (regions and table.name.startswith("xenon1t")):
            _name(ax, table, *_left(ax, table, "limit"), colour, size)
    ax.set_ylim(top=top)
    return ax


@in_style
def later(ax: Axes, tables: Sequence[Table], *, size: float = 9.5) -> Axes:
    """Limits from data that are younger than the paper, on top of an :func:`overview`, with a legend.

    Each table has columns ``m_4`` and ``limit`` and a name in its note ``label``; a curve has the colour that the
    overview gives to the same experiment before, and a broken line of its own.
    """
    for table, dashes in zip(tables, cycle(("-.", ":", (0, (6, 1, 1, 1, 1, 1)))), strict=False):
        label = table.notes.get("label", table.name)
        ax.plot(table["m_4"], table["limit"], ls=dashes, color=_colour(table.name), lw=1.8, zorder=6, label=label)
    ax.legend(loc="lower right", title="after the paper", fontsize=size, title_fontsize=size)
    return ax


def overviews(
    panels: np.ndarray,
    layers: Mapping[str, Any],
    symbols: Mapping[str, str],
    younger: Mapping[str, Sequence[Table]] = MappingProxyType({}),
    **options,
) -> np.ndarray:
    """An :func:`overview` in each panel.

    Parameters
    ----------
    panels : array of Axes
        one for each coupling
    layers : mapping of str to companion.results.Overview
        by coupling
    symbols : mapping of str to str
        of the couplings
    younger : mapping of str to sequence of Table
        by coupling, one more layer, drawn by :func:`later`
    **options
        of :func:`overview`
    """
    for ax, (coupling, layer) in zip(np.ravel(panels), layers.items(), strict=True):
        overview(
            ax, layer.limits, layer.bands, layer.regions, layer.published, excluded=layer.excluded,
            symbol=symbols[coupling], **options,
        )  # fmt: skip
        if coupling in younger:
            later(ax, younger[coupling])
    return panels


def _parts(table: Table) -> list[np.ndarray]:
    """Rows of the connected parts of a region."""
    rows = np.flatnonzero(np.isfinite(table["low"]))
    return [part for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(part)]


def _left(ax: Axes, table: Table, column: str) -> tuple[float, float]:
    """Where a curve enters the panel, a little to the right of it."""
    x, y = table["m_4"], table[column]
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    seen = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    first = seen[0] if len(seen) else 0
    return 1.25 * float(x[first]), float(y[first])
