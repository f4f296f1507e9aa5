"""What only the chapter on a set-up of one's own shows: several set-ups beside the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from companion import limits, results
from companion.data import Table
from companion.experiments import Experiment

__all__ = ["compared"]


def compared(setups: Mapping[str, Experiment], coupling: str, m_4: Sequence[float]) -> Table:
    """Limits of several set-ups at a few masses (MeV), 90 % C.L., beside those of the first.

    Returns
    -------
    Table
        columns ``set-up``, ``m_4`` (MeV), ``events`` of the Standard Model, ``limit`` (mu_B) and ``ratio`` to the
        limit of the first set-up at this mass
    """
    units = {"set-up": "-", "m_4": "MeV", "events": "1", "limit": "mu_B", "ratio": "1"}
    first = limits.upper_limit(next(iter(setups.values())), coupling, m_4)
    rows = []
    for name, setup in setups.items():
        values = limits.upper_limit(setup, coupling, m_4)
        events = float(setup.standard_model().sum())
        for mass, value, reference in zip(m_4, values, first, strict=True):
            rows.append((name, mass, events, value, value / reference))
    columns = {column: np.array([row[k] for row in rows]) for k, column in enumerate(units)}
    title = f"limits on {coupling}, 90 % C.L."
    return results.table(f"{coupling}-compared", title, columns, units, setups.values())
