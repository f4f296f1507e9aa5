"""The abstract's statements, one figure each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from companion import experiments, published, results
from companion.couplings import COUPLINGS
from companion.data import Table
from companion.plot import COLOURS, in_style
from companion.results import Limit, Provenance

from .overview import LIGHT, curve, outline

__all__ = ["curves", "draw", "earlier", "gains", "table"]

Array = NDArray[np.float64]


def curves(coupling: str, names: Sequence[str]) -> dict[str, Limit]:
    """Limits and projections on a coupling, by the titles of the experiments."""
    return {experiments.load(name).title: curve(name, coupling) for name in names}


def earlier(flavour: str) -> Limit:
    """The lowest of the measured curves of others on an effective moment: what was explored before the paper."""
    known = [curve for curve in published.curves(flavour) if curve.kind == "current"]
    return results.excluded(known, f"mu_{flavour}", np.geomspace(LIGHT, 1e4, 701))


def gains(shown: Mapping[str, Limit], before: Limit, m_4: float) -> dict[str, float]:
    """By how much each curve lies below what was explored before, at a mass (MeV); nan where one of them ends."""
    explored = float(results.level(before.m_4, before.value, m_4))
    return {title: explored / float(results.level(limit.m_4, limit.value, m_4)) for title, limit in shown.items()}


def table(name: str, shown: Mapping[str, Limit]) -> Table:
    """All curves of a figure in one table: columns ``curve``, ``m_4`` and ``limit``."""
    total = Provenance()
    for limit in shown.values():
        total = total + limit.provenance
    columns = {
        "curve": np.repeat(list(shown), [len(limit.m_4) for limit in shown.values()]),
        "m_4": np.concatenate([limit.m_4 for limit in shown.values()]),
        "limit": np.concatenate([limit.value for limit in shown.values()]),
    }
    title = "limits and projections, 90 % C.L., one degree of freedom"
    return results.table(name, title, columns, {"curve": "-", "m_4": "MeV", "limit": "mu_B"}, total)


@in_style
def draw(
    ax: Axes, shown: Mapping[str, Limit], *, region: str | None = None, before: Limit | None = None, **axis: object
) -> Axes:
    """Curves against the sterile mass: solid for data, dashed for projections, with a legend.

    Parameters
    ----------
    ax : Axes
        where to draw
    shown : mapping of str to Limit
        by their labels
    region : str, optional
        the coupling whose XENON1T region is drawn in yellow
    before : Limit, optional
        above which all was explored before, in grey
    **axis
        goes to ``Axes.set``
    """
    if before is not None:
        ax.fill_between(before.m_4, before.value, 1, color="0.88", lw=0, label="explored before, by others")
    if region is not None:
        asked = outline(region)
        ax.fill_between(asked.m_4, asked.low, asked.high, color=COLOURS["yellow"], lw=0, label="XENON1T excess")
    # several lines are dashed: a marker tells them apart where colours do not
    for k, (title, limit) in enumerate(shown.items()):
        dashes = "-" if limit.provenance.is_data else "--"
        ax.plot(
            limit.m_4, limit.value, dashes, marker="osD^v"[k % 5], ms=5, markevery=(4 * k, 20), mfc="white", label=title
        )
    (first, *_) = shown.values()
    ax.set(xscale="log", yscale="log", xlabel="sterile mass $m_4$ [MeV]", xlim=(LIGHT, 100), ylim=(1e-12, 1e-7))
    ax.set_ylabel(f"{COUPLINGS[first.coupling.name]} [$\\mu_B$]")
    ax.set(**axis)
    # below, so that the panel is as wide as a phone
    ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return ax
