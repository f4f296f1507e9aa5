"""Limits on several transition moments: one at a time or all together, and what each experiment adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import limits, phases
from ..data import Table
from ..experiments import Choice, Combination, Experiment
from .tables import STATUS, described, numbers

__all__ = ["before_and_after", "blindness", "contributions", "freedom", "transition_moments"]

_MOMENTS = ("lambda_14", "lambda_24", "lambda_34")


def transition_moments(
    experiment: Experiment,
    m_4: ArrayLike,
    *,
    together: bool = False,
    confidence: float = 0.90,
    dof: int = 1,
    **options: Any,
) -> Table:
    """Upper limits on the three moments to the sterile state against its mass.

    Parameters
    ----------
    experiment : Experiment
        or a combination
    m_4 : array_like
        masses (MeV)
    together : bool
        the other two moments and all phases free, :func:`companion.phases.upper_limit`; else one moment at a time
    confidence, dof : float, int
        confidence level and degrees of freedom
    **options
        of :func:`companion.phases.upper_limit`, if ``together``

    Returns
    -------
    Table
        columns ``m_4`` (MeV) and ``lambda_14``, ``lambda_24``, ``lambda_34`` (mu_B); inf where nothing limits them
    """
    masses = np.atleast_1d(np.asarray(m_4, float))
    if together:
        values = phases.upper_limit(experiment, _MOMENTS, masses, confidence=confidence, dof=dof, **options)
    else:
        if options:
            raise ValueError(f"{', '.join(options)}: only for moments that are free together")
        values = np.array(
            [limits.upper_limit(experiment, name, masses, confidence=confidence, dof=dof) for name in _MOMENTS]
        )
    how = "the other moments and all phases free" if together else "one at a time"
    notes = described(experiment, ", ".join(_MOMENTS), f"upper limits, {how}", confidence, dof)
    return Table(
        f"{experiment.name}-moments-{'together' if together else 'alone'}",
        {"m_4": masses, **dict(zip(_MOMENTS, values, strict=True))},
        {"m_4": "MeV", **dict.fromkeys(_MOMENTS, "mu_B")},
        "; ".join(experiment.sources),
        STATUS,
        notes,
    )


def contributions(combination: Combination, m_4: float, *, together: bool = False) -> Table:
    """What each part of a combination adds to the limits on the moments, 90 % C.L.

    Parameters
    ----------
    combination : Combination
        of two experiments or more
    m_4 : float
        mass (MeV)
    together : bool
        as in :func:`transition_moments`

    Returns
    -------
    Table
        a row for the combination and one for each part: for every moment the limit of the part alone,
        ``..._alone``, and of the others without it, ``..._without`` (mu_B)
    """
    limit = phases.upper_limit if together else limits.upper_limit
    columns: dict[str, Any] = {"experiment": ["all", *(part.name for part in combination.parts)]}
    for name in _MOMENTS:
        rows = limits.contributions(combination, name, m_4, limit=limit)
        whole = float(limit(combination, name, m_4))
        columns[f"{name}_alone"] = [whole, *(float(alone) for _, alone, _ in rows)]
        columns[f"{name}_without"] = [whole, *(float(without) for *_, without in rows)]
    units = {column: "-" if column == "experiment" else "mu_B" for column in columns}
    how = "the other moments and all phases free" if together else "one moment at a time"
    return numbers(
        f"{combination.name}-contributions",
        f"limits of each part alone and of the others without it, m_4 = {m_4:g} MeV, 90 % C.L., {how}",
        columns,
        units,
        [combination],
    )


def freedom(experiment: Experiment, m_4: float, free: Sequence[Choice] | None = None) -> Table:
    """Limits on the moments (mu_B, 90 % C.L.) at one mass (MeV): one at a time, and with ever more that is free.

    Parameters
    ----------
    experiment : Experiment
        or a combination
    m_4 : float
        mass (MeV)
    free : sequence of Choice, optional
        by default :func:`companion.phases.choices`

    Returns
    -------
    Table
        columns ``free`` and ``lambda_14``, ``lambda_24``, ``lambda_34``
    """
    chosen = phases.choices() if free is None else free
    labels = ["one moment at a time", *(f"others free, {choice.label}" for choice in chosen)]
    rows = [[float(limits.upper_limit(experiment, name, m_4)) for name in _MOMENTS]]
    for choice in chosen:
        options: dict[str, Any] = dict(choice.options)
        rows.append(phases.upper_limit(experiment, _MOMENTS, m_4, **options).tolist())
    columns = {"free": labels, **dict(zip(_MOMENTS, zip(*rows, strict=True), strict=True))}
    title = f"{experiment.title}: upper limits at m_4 = {m_4:g} MeV, 90 % C.L."
    units = {"free": "-", **dict.fromkeys(_MOMENTS, "mu_B")}
    return numbers(f"{experiment.name}-freedom", title, columns, units, [experiment])


def blindness(experiments: Sequence[Experiment], m_4: Sequence[float]) -> Table:
    """Scales of :func:`companion.phases.information`: how large a moment along each axis is noticed.

    Returns
    -------
    Table
        a row for each experiment and mass: ``m_4`` (MeV), ``first``, ``second``, ``third`` (mu_B), inf where blind
    """
    rows = [
        (experiment.name, mass, *phases.information(experiment, mass).scales.tolist())
        for experiment in experiments
        for mass in m_4
    ]
    units = {"experiment": "-", "m_4": "MeV", "first": "mu_B", "second": "mu_B", "third": "mu_B"}
    columns = dict(zip(units, zip(*rows, strict=True), strict=True))
    title = "moment that is one standard deviation, along the three axes of each experiment"
    return numbers("blindness", title, columns, units, experiments)


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
    rows: list[tuple] = []
    for mass_rows in zip(
        *(
            [
                (mass, name, others, *values)
                for mass, values in zip(m_4, _values(experiment, m_4, together), strict=True)
            ]
            for others, together in (("zero", False), ("free", True))
            for name, experiment in data.items()
        ),
        strict=True,
    ):
        rows.extend(mass_rows)
    units = {"m_4": "MeV", "data": "-", "others": "-", **dict.fromkeys(_MOMENTS, "mu_B")}
    columns = dict(zip(units, zip(*rows, strict=True), strict=True))
    title = (
        f"upper limits of {', '.join(data)}, one moment at a time and with the others and all phases free, 90 % C.L."
    )
    return numbers("before-and-after", title, columns, units, list(data.values()))


def _values(experiment: Experiment, m_4: Sequence[float], together: bool) -> list[tuple[float, ...]]:
    table = transition_moments(experiment, m_4, together=together)
    return list(zip(*(table[name] for name in _MOMENTS), strict=True))
