"""Sec. 4 as numbers: how far each set-up reaches, and how much of the XENON1T excess it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from companion import experiments, limits, published, regions, results
from companion.data import Table
from companion.regions import Coverage

from .once import once
from .overview import HEAVY, LIGHT, region

__all__ = ["coverage", "part_covered", "reach", "readings", "repeated"]


@once
def part_covered(
    name: str, coupling: str, joint: bool = True, island: bool = False, scales: str = "signal"
) -> Coverage:
    """Coverage of the XENON1T region by one experiment in one coupling.

    Parameters
    ----------
    name, coupling : str
        experiment and coupling by name
    joint : bool
        the convention of :func:`_lib.overview.region`
    island : bool
        the heavy island, which only the joint region has, instead of the region of light masses
    scales : str
        what the efficiency pull of XENON1T scales, ``"signal"`` or ``"all"``
    """
    asked = region(coupling, joint, scales)
    asked = asked.between(HEAVY, np.inf) if island else asked.between(0, HEAVY)
    return regions.cover(asked, limits.upper_limit(name, coupling, asked.m_4))


def coverage(names: Sequence[str], couplings: Sequence[str], joint: bool = True, scales: str = "signal") -> Table:
    """Coverage of the light region of the XENON1T excess, for every experiment and coupling.

    Returns
    -------
    Table
        columns ``experiment``, ``coupling``, ``part``, ``from`` and ``to`` (MeV) of the longest span of masses where
        the limit lies below the whole region (nan for none), and ``margin`` (nan without a limit)
    """
    units = {"experiment": "-", "coupling": "-", "part": "1", "from": "MeV", "to": "MeV", "margin": "1"}
    rows = []
    for coupling in couplings:
        for name in names:
            covered = part_covered(name, coupling, joint, scales=scales)
            longest = max(covered.spans, key=lambda span: span[1] - span[0], default=(np.nan, np.nan))
            rows.append((name, coupling, covered.part, *longest, covered.margin or np.nan))
    how = "from the global minimum, 2 degrees of freedom" if joint else "at each mass, 1 degree of freedom"
    title = f"part of the XENON1T region ({how}, a_1 on {scales}, from 1 keV) that each 90 % limit excludes"
    return _table("coverage", title, units, rows, ["xenon1t", *names])


def readings(names: Sequence[str], couplings: Sequence[str]) -> Table:
    """Part of the light region of the XENON1T excess that is excluded, by what the paper does not print.

    Returns
    -------
    Table
        rows for where the chi-square is ``counted`` from, ``plane`` or ``each mass``, and what ``a_1`` scales; one
        column for every experiment and coupling
    """
    shown = [(name, coupling) for name in names for coupling in couplings]
    units = {"counted": "-", "a_1": "-", **{f"{name} {coupling}": "1" for name, coupling in shown}}
    rows = []
    for joint, counted in ((True, "plane"), (False, "each mass")):
        for scales in ("signal", "all"):
            parts = [part_covered(name, coupling, joint, scales=scales).part for name, coupling in shown]
            rows.append((counted, scales, *parts))
    title = "part of the XENON1T region that each 90 % limit excludes, by the reading of the region"
    return _table("readings", title, units, rows, ["xenon1t", *names])


def repeated() -> Table:
    """The lowest point of a curve that a paper draws once more, over that of :data:`companion.published.REPEATED`.

    Returns
    -------
    Table
        columns ``curve``, ``again`` and ``ratio``
    """
    units = {"curve": "-", "again": "-", "ratio": "1"}
    rows, provenance = [], results.Provenance()
    for name, others in published.REPEATED.items():
        first = published.curve(name)
        provenance = provenance + first.provenance
        for other in others:
            second = published.curve(other)
            provenance = provenance + second.provenance
            rows.append((name, other, float(second.value.min() / first.value.min())))
    columns = {column: [row[k] for row in rows] for k, column in enumerate(units)}
    title = "lowest points of curves that are drawn in several papers, second over first"
    return results.table("repeated", title, columns, units, provenance)


def reach(names: Sequence[str], couplings: Sequence[str]) -> Table:
    """How far each experiment reaches in each coupling that its beam has.

    Returns
    -------
    Table
        columns ``experiment``, ``coupling``, ``limit`` (mu_B) on a state of 1 keV, ``double``, the mass (MeV) where it
        has doubled, and ``edge``, the kinematic end (MeV)
    """
    units = {"experiment": "-", "coupling": "-", "limit": "mu_B", "double": "MeV", "edge": "MeV"}
    rows = []
    for name in names:
        experiment = experiments.load(name)
        for coupling in couplings:
            if edge := experiment.maximum_mass(coupling):
                light = float(limits.upper_limit(experiment, coupling, LIGHT))
                rows.append((name, coupling, light, limits.reach(experiment, coupling, 2), edge))
    return _table("reach", "90 % limits, how far they hold, where they end", units, rows, names)


def _table(
    name: str, title: str, units: Mapping[str, str], rows: Sequence[tuple[object, ...]], names: Sequence[str]
) -> Table:
    columns: dict[str, ArrayLike] = {column: np.array([row[k] for row in rows]) for k, column in enumerate(units)}
    return results.table(name, title, columns, units, names)
