"""Several set-ups side by side: intervals, limits against the first of them, what was expected, what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from .. import limits
from ..data import Table
from ..experiments import Experiment
from .tables import numbers

__all__ = ["backgrounds", "compared", "expectations", "intervals", "picked", "totals"]


def _table(
    name: str, title: str, units: Mapping[str, str], rows: Sequence[tuple], setups: Sequence[Experiment]
) -> Table:
    columns: dict[str, ArrayLike] = dict(zip(units, zip(*rows, strict=True), strict=True))
    return numbers(name, title, columns, units, setups)


def picked(table: Table, column: str, names: Sequence[str], columns: Sequence[str] | None = None) -> Table:
    """The rows of a table that have these names in a column of texts, in their order.

    Parameters
    ----------
    table : Table
        where to pick
    column : str
        with the names
    names : sequence of str
        each of one row
    columns : sequence of str, optional
        what is kept besides the names; by default everything
    """
    known = list(table[column])
    if missing := [name for name in names if known.count(name) != 1]:
        raise ValueError(f"table {table.name!r} has not one row for {', '.join(missing)}")
    rows = [known.index(name) for name in names]
    kept = table.columns if columns is None else [column, *columns]
    return replace(
        table, columns={key: table[key][rows] for key in kept}, units={key: table.units[key] for key in kept}
    )


def intervals(setups: Mapping[str, Experiment], couplings: Sequence[str], m_4: Sequence[float]) -> Table:
    """Interval and best fit of every set-up, coupling and mass, 90 % C.L. for one degree of freedom.

    Parameters
    ----------
    setups : mapping of str to Experiment
        by the names that the rows get
    couplings : sequence of str
        ``"mu_mu"``, ``"lambda_14"``, ...
    m_4 : sequence of float
        masses (MeV)

    Returns
    -------
    Table
        columns ``data``, ``coupling``, ``m_4`` (MeV), ``low``, ``best``, ``high`` (mu_B) and ``gain``, by how much the
        best fit lowers the chi-square from that without a moment
    """
    rows = []
    for name, setup in setups.items():
        without = float(setup.likelihood.chi2(setup.standard_model()))
        for coupling in couplings:
            low, high = limits.interval(setup, coupling, m_4)
            fit = limits.best_fit(setup, coupling, m_4)
            # never below zero but for rounding
            gains = np.maximum(without - fit.chi2, 0.0)
            rows += [(name, coupling, *row) for row in zip(m_4, low, fit.value, high, gains, strict=True)]
    units = {"data": "-", "coupling": "-", "m_4": "MeV", **dict.fromkeys(("low", "best", "high"), "mu_B"), "gain": "1"}
    return _table("intervals", "intervals and best fits, 90 % C.L.", units, rows, list(setups.values()))


def compared(setups: Mapping[str, Experiment], coupling: str, m_4: Sequence[float]) -> Table:
    """Limits of several set-ups at a few masses (MeV), 90 % C.L., beside those of the first.

    Returns
    -------
    Table
        columns ``set-up``, ``m_4`` (MeV), ``events`` of the Standard Model, ``limit`` (mu_B) and ``ratio`` to the
        limit of the first set-up at this mass
    """
    first = limits.upper_limit(next(iter(setups.values())), coupling, m_4)
    rows = []
    for name, setup in setups.items():
        found = limits.upper_limit(setup, coupling, m_4)
        events = float(setup.standard_model().sum())
        rows += [(name, mass, events, *both) for mass, *both in zip(m_4, found, found / first, strict=True)]
    units = {"set-up": "-", "m_4": "MeV", "events": "1", "limit": "mu_B", "ratio": "1"}
    return _table(f"{coupling}-compared", f"limits on {coupling}, 90 % C.L.", units, rows, list(setups.values()))


def expectations(setups: Sequence[Experiment], coupling: str, m_4: Sequence[float]) -> Table:
    """Limits that the Standard Model in the place of the data would give, beside those of the data, 90 % C.L.

    Returns
    -------
    Table
        columns ``experiment``, ``m_4`` (MeV), ``expected`` and ``seen`` (mu_B)
    """
    rows = []
    for setup in setups:
        told = setup.standard_model() + sum(setup.backgrounds.values())
        alone = replace(setup, likelihood=replace(setup.likelihood, observed=told))  # type: ignore[type-var]
        both = [limits.upper_limit(each, coupling, m_4) for each in (alone, setup)]
        rows += [(setup.name, *row) for row in zip(m_4, *both, strict=True)]
    units = {"experiment": "-", "m_4": "MeV", "expected": "mu_B", "seen": "mu_B"}
    return _table(f"{coupling}-expected", f"expected limits on {coupling}, 90 % C.L.", units, rows, setups)


def totals(experiment: Experiment, species: Sequence[str] = ()) -> Table:
    """Events in all bins, pulls at zero: neutrinos by species, the Standard Model, backgrounds and what was seen.

    Returns
    -------
    Table
        columns ``what`` and ``events``
    """
    rows = [(name, experiment.standard_model(name).sum()) for name in species]
    rows.append(("Standard Model", experiment.standard_model().sum()))
    rows += [(name, counts.sum()) for name, counts in experiment.backgrounds.items()]
    rows.append(("seen", experiment.observed.sum()))
    title = f"{experiment.title}: events in all bins"
    return _table(f"{experiment.name}-totals", title, {"what": "-", "events": "1"}, rows, [experiment])


def backgrounds(setups: Mapping[str, Experiment]) -> Table:
    """Events seen and events of the background where this is all that is expected, and how well the two agree.

    Parameters
    ----------
    setups : mapping of str to Experiment
        each with one background that one pull scales, and no neutrinos besides

    Returns
    -------
    Table
        columns ``data``, ``bins``, ``seen`` and ``background`` (events), ``chi2`` without a moment, pulls profiled, and
        ``pull``, what it does to the background (%)
    """
    rows = []
    for name, setup in setups.items():
        (label,) = setup.backgrounds
        (pull,) = (pull.name for pull in setup.likelihood.pulls if pull.templates == (label,))
        signal = setup.standard_model()
        best = 100 * float(setup.likelihood.best_pulls(signal)[pull])
        counts = [float(events.sum()) for events in (setup.observed, setup.backgrounds[label])]
        rows.append((name, setup.observed.size, *counts, float(setup.likelihood.chi2(signal)), round(best, 2)))
    units = {"data": "-", "bins": "1", "seen": "1", "background": "1", "chi2": "1", "pull": "%"}
    return _table("backgrounds", "what was seen, without a moment", units, rows, list(setups.values()))
