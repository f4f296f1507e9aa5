"""What an excess asks for and what later data leave of it: the results of :mod:`companion.regions` as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .. import experiments, limits, regions, units
from ..data import Table
from ..experiments import Experiment
from .tables import numbers

__all__ = ["flatness", "leftovers", "remains", "survey", "surveys"]

_OWN = ("m_4", "low", "high")


def survey(experiment: Experiment, later: Mapping[str, Experiment], coupling: str, **options) -> Table:
    """A region and later upper limits at its masses: :func:`companion.regions.survey`.

    Returns
    -------
    Table
        columns ``m_4`` (MeV), ``low``, ``high`` and one for each of the later limits (mu_B)
    """
    return _survey(experiment, later, coupling, *regions.survey(experiment, later, coupling, **options))


def _survey(
    experiment: Experiment,
    later: Mapping[str, Experiment],
    coupling: str,
    found: regions.Region,
    curves: Mapping[str, ArrayLike],
) -> Table:
    columns: dict[str, ArrayLike] = {"m_4": found.m_4, "low": found.low, "high": found.high, **curves}
    title = f"what {experiment.title} asks for and later upper limits, {coupling}, 90 % C.L."
    unit = {column: "MeV" if column == "m_4" else "mu_B" for column in columns}
    return numbers(f"{experiment.name}-{coupling}-survey", title, columns, unit, [experiment, *later.values()])


def surveys(
    setups: Mapping[str, Experiment], later: Mapping[str, Experiment], coupling: str, number: int = 40
) -> dict[str, Table]:
    """A :func:`survey` of each set-up in both conventions of :func:`companion.regions.region`, by their names.

    The later limits are computed once, at 40 masses, and are straight lines in the logarithms between them.
    """
    asked = {
        (name, where): regions.region(setup, coupling, joint=joint, number=number)
        for name, setup in setups.items()
        for where, joint in (("each mass", False), ("plane", True))
    }
    start, end = (pick(region.m_4[k] for region in asked.values()) for pick, k in ((min, 0), (max, -1)))
    # flat for light states
    grid = np.concatenate([np.geomspace(start, end / 5, 8, endpoint=False), np.linspace(end / 5, end, 32)])
    x, lines = np.log(grid), {name: np.log(limits.upper_limit(other, coupling, grid)) for name, other in later.items()}
    return {
        f"{name}, {where}": _survey(
            setups[name], later, coupling, region,
            {other: np.exp(np.interp(np.log(region.m_4), x, line)) for other, line in lines.items()},
        )
        for (name, where), region in asked.items()
    }  # fmt: skip


def _left(table: Table) -> tuple[regions.Region, dict[str, regions.Remains]]:
    """The region of a survey, and by the name of each limit what it leaves."""
    region = regions.Region(*(table[column] for column in _OWN))
    return region, {name: regions.remains(region, table[name]) for name in table.columns if name not in _OWN}


def remains(table: Table) -> Table:
    """What each of the limits in a :func:`survey` leaves of the region.

    Returns
    -------
    Table
        columns ``data``, ``left`` (% of the area in both logarithms), ``from`` and ``to`` (keV), the lightest and the
        heaviest state of which something is left (nan for none), and ``largest``, the largest moment left (mu_B)
    """
    _, left = _left(table)
    ends = {name: [end for span in one.spans for end in span] or [np.nan] for name, one in left.items()}
    columns: dict[str, ArrayLike] = {
        "data": list(left),
        "left": [100 * one.fraction for one in left.values()],
        "from": [1e3 * min(ends[name]) for name in left],
        "to": [1e3 * max(ends[name]) for name in left],
        "largest": [one.largest for one in left.values()],
    }
    unit = {"data": "-", "left": "%", "from": "keV", "to": "keV", "largest": "mu_B"}
    return numbers(f"{table.name}-remains", f"left: {table.notes['title']}", columns, unit)


def leftovers(surveys: Mapping[str, Table]) -> Table:
    """How much of several regions is left, one row for each survey.

    Parameters
    ----------
    surveys : mapping of str to Table
        from :func:`survey`, all with the same later data, by the names of the rows

    Returns
    -------
    Table
        columns ``region``, ``low`` and ``high`` (mu_B) at the lightest mass, ``end`` (keV), and for each of the later
        limits what it leaves of the area (%)
    """
    found = {name: _left(table) for name, table in surveys.items()}
    columns: dict[str, ArrayLike] = {
        "region": list(found),
        "low": [region.low[0] for region, _ in found.values()],
        "high": [region.high[0] for region, _ in found.values()],
        "end": [1e3 * region.m_4[-1] for region, _ in found.values()],
    }
    unit = {"region": "-", "low": "mu_B", "high": "mu_B", "end": "keV"}
    for name in next(iter(found.values()))[1]:
        columns[name] = [100 * left[name].fraction for _, left in found.values()]
        unit[name] = "%"
    return numbers("leftovers", "regions, and what later limits leave of their areas", columns, unit)


def flatness(names: Sequence[str], first: int = 1, last: int = 5) -> Table:
    """Background over a flat spectrum of one event per keV, with the efficiency at the true or reconstructed energy.

    Parameters
    ----------
    names : sequence of str
        experiments with one background, one channel, bins of 1 keV and the option ``efficiency_at``
    first, last : int
        energies (keV) between which the bins lie

    Returns
    -------
    Table
        columns ``data``, ``efficiency at`` and one for each bin (events per keV before the efficiency)
    """
    step = 0.005
    T = np.arange(0.05, 60, step) * units.keV
    rows = []
    for name in names:
        for where in ("true", "reconstructed"):
            experiment = experiments.load(name, efficiency_at=where)
            (background,) = experiment.backgrounds.values()
            edges = experiment.axes[0].edges
            flat = step * experiment.channels[0].response.bins(T).sum(-1)
            chosen = (edges[:-1] >= first) & (edges[1:] <= last)
            rows.append((name, where, *(background / flat)[chosen]))
    bins = [f"{k}-{k + 1} keV" for k in range(first, last)]
    unit = {"data": "-", "efficiency at": "-", **dict.fromkeys(bins, "1/keV")}
    columns = dict(zip(unit, zip(*rows, strict=True), strict=True))
    return numbers("flatness", "backgrounds over a flat spectrum", columns, unit, list(map(experiments.load, names)))
