"""How far limits move with what they rest on: the results of :mod:`companion.uncertainties` as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from .. import experiments, limits
from .. import uncertainties as uncertainties_of
from ..data import Table
from .tables import caveats, limit, numbers

__all__ = ["band", "band_summary", "uncertainties"]


def uncertainties(name: str, coupling: str, m_4: float, *, end: str = "high") -> Table:
    """What each source of uncertainty does to a limit at one mass: :func:`companion.uncertainties.band`.

    Returns
    -------
    Table
        columns ``source``, ``kind`` (``sigma``, ``choice`` or ``pull``), ``down`` and ``up``, ratios to the default
    """
    effects = uncertainties_of.band(name, coupling, m_4, end=end)
    experiment = experiments.load(name)
    which = "limit" if end == "high" else "lower end"
    result = numbers(
        f"{name}-{coupling}-uncertainties-{end}",
        f"{experiment.title}: {which} of {coupling} at m_4 = {m_4:g} MeV, 90 % C.L., over the default",
        {column: [getattr(effect, column) for effect in effects] for column in ("source", "kind", "down", "up")},
        {"source": "-", "kind": "-", "down": "1", "up": "1"},
        [experiment],
    )
    return replace(result, notes={**result.notes, **caveats(experiment)})


def band(name: str, coupling: str, m_4: ArrayLike) -> Table:
    """An upper limit against the mass with its two bands.

    Returns
    -------
    Table
        columns ``m_4`` (MeV), ``limit``, ``sigma_low``, ``sigma_high`` (one standard deviation, in quadrature),
        ``choice_low`` and ``choice_high`` (the largest single choice), all mu_B
    """
    experiment = experiments.load(name)
    result = limit(experiment, coupling, m_4)
    effects = uncertainties_of.band(name, coupling, result["m_4"])
    columns = dict(result.columns)
    bands = {"sigma": uncertainties_of.combined(effects), "choice": uncertainties_of.envelope(effects)}
    for kind, (down, up) in bands.items():
        columns |= {f"{kind}_low": down * columns["limit"], f"{kind}_high": up * columns["limit"]}
    units = {column: "MeV" if column == "m_4" else "mu_B" for column in columns}
    return replace(result, name=f"{name}-{coupling}-band", columns=columns, units=units)


def band_summary(rows: Sequence[tuple[str, str]], m_4: float) -> Table:
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
    cells, used = [], []
    for name, coupling in rows:
        experiment = experiments.load(name)
        used.append(experiment)
        ends = limits.interval(experiment, coupling, m_4)
        title = name + (" (SURROGATE)" if experiment.surrogate else "")
        for end, value in zip(("low", "high"), ends, strict=True):
            if value > 0:
                effects = uncertainties_of.band(name, coupling, m_4, end=end)
                ratios = (*uncertainties_of.combined(effects), *uncertainties_of.envelope(effects))
                cells.append(
                    (
                        title,
                        coupling,
                        end,
                        float(value),
                        *(round(100 * (float(ratio) - 1), 4) + 0.0 for ratio in ratios),
                    )
                )
    units = {"experiment": "-", "coupling": "-", "end": "-", "limit": "mu_B"}
    units |= {f"{kind}_{side}": "%" for kind in ("sigma", "choice") for side in ("down", "up")}
    columns = dict(zip(units, zip(*cells, strict=True), strict=True))
    title = (
        f"how far limits at m_4 = {m_4:g} MeV move: standard deviations in quadrature, and the largest single choice"
    )
    return numbers("uncertainties", title, columns, units, used)
