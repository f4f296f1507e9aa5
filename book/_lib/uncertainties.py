"""What only the chapter on uncertainties shows: how far limits move with what is not known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from companion import experiments, limits, results, systematics
from companion.data import Table
from companion.plot import COLOURS, in_style
from companion.results import Band
from companion.systematics import Effect

__all__ = ["breakdown", "breakdown_table", "limit_bands", "markdown", "summary"]

LOOKS = {"sigma": ("blue", None), "choice": ("orange", "///"), "pull": ("sky", "...")}
"""Colour and hatching of each kind of uncertainty."""

CHOICES: dict[str, Any] = {
    "facecolor": to_rgba(COLOURS["orange"], 0.45), "edgecolor": "0.35", "hatch": LOOKS["choice"][1], "lw": 0,
}  # fmt: skip
"""Look of the band of all choices: hatched, as their bars are."""


def breakdown_table(name: str, coupling: str, m_4: float, *, end: str = "high") -> Table:
    """What each source of uncertainty does to a limit at one mass: :func:`companion.systematics.effects`.

    Returns
    -------
    Table
        columns ``source``, ``kind`` (``sigma``, ``choice`` or ``pull``), ``down`` and ``up``, ratios to the default
    """
    effects = systematics.effects(name, coupling, m_4, end=end)
    which = "limit" if end == "high" else "lower end"
    title = f"{experiments.load(name).title}: {which} of {coupling} at m_4 = {m_4:g} MeV, 90 % C.L., over the default"
    columns: dict[str, ArrayLike] = {
        "source": [effect.source for effect in effects],
        "kind": [effect.kind for effect in effects],
        "down": [float(effect.down) for effect in effects],
        "up": [float(effect.up) for effect in effects],
    }
    units = {"source": "-", "kind": "-", "down": "1", "up": "1"}
    return results.table(f"{name}-{coupling}-uncertainties-{end}", title, columns, units, [name])


def summary(rows: Sequence[tuple[str, str]], m_4: float) -> Table:
    """The two bands of several limits at one mass; an interval without zero has a row for its lower end as well.

    Parameters
    ----------
    rows : sequence of (str, str)
        experiments and couplings by name
    m_4 : float
        mass (MeV)

    Returns
    -------
    Table
        columns ``limit`` (mu_B), ``sigma_down``, ``sigma_up``, ``choice_down`` and ``choice_up`` (%)
    """
    units = {"experiment": "-", "coupling": "-", "end": "-", "limit": "mu_B"}
    units |= {f"{kind}_{side}": "%" for kind in ("sigma", "choice") for side in ("down", "up")}
    cells = []
    for name, coupling in rows:
        experiment = experiments.load(name)
        label = f"{name} (SURROGATE)" if experiment.surrogate else name
        for end, value in zip(("low", "high"), limits.interval(experiment, coupling, m_4), strict=True):
            if value > 0:
                effects = systematics.effects(name, coupling, m_4, end=end)
                ratios = (*systematics.combined(effects), *systematics.envelope(effects))
                changes = [round(100 * (float(ratio) - 1), 4) + 0.0 for ratio in ratios]
                cells.append((label, coupling, end, float(value), *changes))
    columns = {column: np.array([row[k] for row in cells]) for k, column in enumerate(units)}
    title = (
        f"how far limits at m_4 = {m_4:g} MeV move: standard deviations in quadrature, and the largest single choice"
    )
    return results.table("uncertainties", title, columns, units, [name for name, _ in rows])


def markdown(effects: Sequence[Effect]) -> str:
    """A table of the effects at a single mass, in per cent of the limit, in Markdown."""
    lines = ["| source | kind | down | up |", "|---|---|---:|---:|"]
    rows = [(effect.source, systematics.KINDS[effect.kind], effect.down, effect.up) for effect in effects]
    rows.append(("**in quadrature**", systematics.KINDS["sigma"], *systematics.combined(effects)))
    rows.append(("**largest choice**", systematics.KINDS["choice"], *systematics.envelope(effects)))
    lines += [f"| {name} | {kind} | {_percent(down)} | {_percent(up)} |" for name, kind, down, up in rows]
    return "\n".join(lines)


def _percent(ratio: NDArray[np.float64]) -> str:
    change = 100 * (float(ratio) - 1)
    if abs(change) < 5e-4:
        return "0"
    return f"{change:+.2g} %" if abs(change) < 0.1 else f"{change:+.1f} %"


@in_style
def limit_bands(panels: Any, bands: Sequence[Band], titles: Sequence[str]) -> Any:
    """Limits against the sterile mass with two bands, a panel for each limit: all have the same number of decades.

    Parameters
    ----------
    panels : array of Axes
        one per limit
    bands : sequence of Band
        from :func:`companion.results.band`; those of projections get dashed lines
    titles : sequence of str
        one per limit, written over its panel
    """
    for ax, band, title in zip(np.ravel(panels), bands, titles, strict=True):
        ax.fill_between(band.m_4, *band.bands["choice"], **CHOICES)
        ax.fill_between(band.m_4, *band.bands["sigma"], color=COLOURS["blue"], alpha=0.7, lw=0)
        ax.plot(band.m_4, band.value, "--" if band.projected else "-", color=COLOURS["black"], lw=1.0)
        ax.set(xscale="log", yscale="log", ylim=(0.6 * band.value[0], 6 * band.value[0]))
        ax.set_xlabel(r"$m_4$ [MeV]")
        _title(ax, title)
    np.ravel(panels)[0].set_ylabel(r"limit [$\mu_B$]")
    handles = [
        Patch(facecolor=COLOURS["blue"], alpha=0.7, label="one standard deviation"),
        Patch(**CHOICES, label="envelope of choices"),
    ]
    np.ravel(panels)[0].figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return panels


def _title(ax: Axes, title: str) -> None:
    """A panel's name over its upper left corner."""
    ax.annotate(title, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", ha="left", va="bottom")


@in_style
def breakdown(panels: Any, tables: Sequence[Table], titles: Sequence[str]) -> Any:
    """The sources of uncertainty of several limits as bars around the default, a panel for each.

    Parameters
    ----------
    panels : array of Axes
        one per table
    tables : sequence of Table
        from :func:`breakdown_table`
    titles : sequence of str
        one per table, written into its panel
    """
    for ax, table, title in zip(np.ravel(panels), tables, titles, strict=True):
        y = np.arange(len(table))
        for position, kind, down, up in zip(y, table["kind"], table["down"], table["up"], strict=True):
            colour, hatch = LOOKS[str(kind)]
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
        Patch(facecolor=COLOURS[colour], hatch=hatch, edgecolor="0.3", lw=0.4, label=systematics.KINDS[kind])
        for kind, (colour, hatch) in LOOKS.items()
    ]
    last.figure.legend(handles=handles, loc="outside upper center", ncols=3, columnspacing=1.0, handlelength=1.2)
    return panels
