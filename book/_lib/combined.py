"""What only the chapter on all data together shows: several transition moments at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from companion import experiments, limits, phases, results
from companion.data import Table
from companion.experiments import Choice, Combination, Experiment
from companion.plot import COLOURS, in_style
from companion.results import Limits

__all__ = [
    "MOMENTS", "REACTORS", "allowed", "before_and_after", "blindness", "contributions", "freedom", "moments",
    "reactor_versions",
]  # fmt: skip

MOMENTS = ("lambda_14", "lambda_24", "lambda_34")

REACTORS = {"with Dresden-II": ("dresden-ii",), "with the TEXONO surrogate": ("texono",), "with neither": ()}
"""What stands for reactors in the three versions of a joint fit; a surrogate is no data and excludes nothing."""

SYMBOLS = {f"lambda_{i}4": rf"|\tilde\lambda_{{{i}4}}|" for i in "123"}

LOOKS: Sequence[Mapping[str, Any]] = (
    {"color": COLOURS["black"], "lw": 2.2},
    {"color": COLOURS["vermillion"], "lw": 1.1},
    {"color": COLOURS["blue"]},
    {"color": COLOURS["green"]},
    {"color": COLOURS["purple"], "ls": "-."},
    {"color": COLOURS["orange"], "ls": (0, (1, 1))},
    {"color": COLOURS["sky"], "ls": (0, (5, 1, 1, 1))},
    {"color": "0.45", "ls": ":"},
)
"""Of several set-ups in one panel, told apart by colour and by line."""


def reactor_versions(sets: Sequence[Experiment]) -> dict[str, Combination]:
    """A joint fit in three versions: with measured reactor data, with the surrogate of such data, and with neither.

    Parameters
    ----------
    sets : sequence of Experiment
        the other data sets

    Returns
    -------
    dict of str to Combination
        by the names in ``REACTORS``
    """
    return {
        label: experiments.combine([*sets, *(experiments.load(name) for name in reactor)])
        for label, reactor in REACTORS.items()
    }


def contributions(combination: Combination, m_4: float) -> Table:
    """What each part of a combination adds to the limits on the moments, one at a time, 90 % C.L.

    Parameters
    ----------
    combination : Combination
        of two experiments or more
    m_4 : float
        mass (MeV)

    Returns
    -------
    Table
        a row for the combination and one for each part: for every moment the limit of the part alone,
        ``..._alone``, and of the others without it, ``..._without`` (mu_B)
    """
    columns: dict[str, Any] = {"experiment": ["all", *(part.name for part in combination.parts)]}
    for name in MOMENTS:
        rows = limits.contributions(combination, name, m_4)
        whole = float(limits.upper_limit(combination, name, m_4))
        columns[f"{name}_alone"] = [whole, *(float(alone) for _, alone, _ in rows)]
        columns[f"{name}_without"] = [whole, *(float(without) for *_, without in rows)]
    units = {column: "-" if column == "experiment" else "mu_B" for column in columns}
    title = (
        f"limits of each part alone and of the others without it, m_4 = {m_4:g} MeV, 90 % C.L., one moment at a time"
    )
    return results.table(f"{combination.name}-contributions", title, columns, units, [combination])


def freedom(data: Mapping[str, Experiment], m_4: float, free: Sequence[Choice] | None = None) -> Table:
    """Limits on the moments (mu_B, 90 % C.L.) at one mass (MeV): one at a time, and with ever more that is free.

    Parameters
    ----------
    data : mapping of str to Experiment
        by the names that the rows get
    m_4 : float
        mass (MeV)
    free : sequence of Choice, optional
        by default :func:`companion.phases.choices`

    Returns
    -------
    Table
        columns ``free``, ``data`` and ``lambda_14``, ``lambda_24``, ``lambda_34``
    """
    rows: list[tuple[str, str, list[float]]] = []
    for name, one in data.items():
        alone = [float(limits.upper_limit(one, moment, m_4)) for moment in MOMENTS]
        rows.append(("one moment at a time", name, alone))
    for choice in phases.choices() if free is None else free:
        options: dict[str, Any] = dict(choice.options)
        for name, one in data.items():
            together = phases.upper_limit(one, MOMENTS, m_4, **options).tolist()
            rows.append((f"others free, {choice.label}", name, together))
    columns: dict[str, ArrayLike] = {"free": [row[0] for row in rows], "data": [row[1] for row in rows]}
    for k, moment in enumerate(MOMENTS):
        columns[moment] = [row[2][k] for row in rows]
    title = f"upper limits of {', '.join(data)} at m_4 = {m_4:g} MeV, 90 % C.L."
    units = {"free": "-", "data": "-", **dict.fromkeys(MOMENTS, "mu_B")}
    return results.table("freedom", title, columns, units, data.values())


def blindness(setups: Sequence[Experiment], m_4: Sequence[float]) -> Table:
    """Scales of :func:`companion.phases.information`: how large a moment along each axis is noticed.

    Returns
    -------
    Table
        a row for each experiment and mass: ``m_4`` (MeV), ``first``, ``second``, ``third`` (mu_B), inf where blind
    """
    units = {"experiment": "-", "m_4": "MeV", "first": "mu_B", "second": "mu_B", "third": "mu_B"}
    rows = []
    for setup in setups:
        for mass in m_4:
            rows.append((setup.name, mass, *phases.information(setup, mass).scales.tolist()))
    columns = {column: np.array([row[k] for row in rows]) for k, column in enumerate(units)}
    title = "moment that is one standard deviation, along the three axes of each experiment"
    return results.table("blindness", title, columns, units, setups)


def before_and_after(data: Mapping[str, Experiment], m_4: Sequence[float]) -> Table:
    """Limits of several collections of data on the three moments, one at a time and together, 90 % C.L.

    Parameters
    ----------
    data : mapping of str to Experiment
        by the names that the rows get
    m_4 : sequence of float
        masses (MeV)

    Returns
    -------
    Table
        a row for each mass, collection and whether the other moments and phases are free: ``m_4`` (MeV), ``data``,
        ``others`` and ``lambda_14``, ``lambda_24``, ``lambda_34`` (mu_B)
    """
    units = {"m_4": "MeV", "data": "-", "others": "-", **dict.fromkeys(MOMENTS, "mu_B")}
    made = {}
    for others, free in (("zero", False), ("free", True)):
        for name, experiment in data.items():
            made[others, name] = results.limits_on(experiment, MOMENTS, m_4, free=free)
    rows = []
    for k, mass in enumerate(m_4):
        for (others, name), several in made.items():
            rows.append((mass, name, others, *(float(limit.value[k]) for limit in several.limits)))
    columns = {column: np.array([row[k] for row in rows]) for k, column in enumerate(units)}
    title = (
        f"upper limits of {', '.join(data)}, one moment at a time and with the others and all phases free, 90 % C.L."
    )
    return results.table("before-and-after", title, columns, units, data.values())


@in_style
def moments(panels: Any, several: Sequence[Limits], labels: Sequence[str], **axis: Any) -> Any:
    """Upper limits on the three moments, a panel for each, with one legend; a curve ends where there is no limit.

    Parameters
    ----------
    panels : array of three Axes
        side by side
    several : sequence of Limits
        on the three moments
    labels : sequence of str
        one for each
    **axis
        goes to ``Axes.set``
    """
    for k, ax in enumerate(panels):
        for one, look in zip(several, LOOKS, strict=False):
            limit = one.limits[k]
            seen = np.isfinite(limit.value)
            ax.plot(limit.m_4[seen], limit.value[seen], **look)
        ax.set(xscale="log", yscale="log", xlabel=r"$m_4$ [MeV]")
        ax.set(**axis)
        ax.set_title(several[0].limits[k].coupling.symbol, fontsize=12.5, loc="left")
    panels[0].set_ylabel(r"upper limit [$\mu_B$]")
    _legend(panels, labels)
    return panels


@in_style
def allowed(
    panels: Any,
    pair: tuple[str, str],
    moduli: tuple[ArrayLike, ArrayLike],
    planes: Sequence[Sequence[ArrayLike]],
    labels: Sequence[str],
    titles: Sequence[str],
    level: float,
) -> Any:
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
        for grid, look in zip(grids, LOOKS, strict=False):
            style, width = look.get("ls", "-"), look.get("lw", 1.8)
            ax.contour(x, y, grid, levels=[level], colors=[look["color"]], linewidths=width, linestyles=[style])
        ax.set(xlabel=f"${first}$ [$10^{{-9}}\\mu_B$]")
        ax.locator_params(axis="x", nbins=4, integer=True)
        ax.set_title(title, fontsize=11.5, loc="left")
    panels[0].set_ylabel(f"${second}$ [$10^{{-9}}\\mu_B$]")
    _legend(panels, labels)
    return panels


def _legend(panels: Any, labels: Sequence[str]) -> None:
    """One legend below all panels."""
    lines = [Line2D([], [], **look) for _, look in zip(labels, LOOKS, strict=False)]
    panels[0].figure.legend(lines, labels, loc="outside lower center", ncols=2)
