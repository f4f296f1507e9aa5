"""What the checks look at: tables, experiments and limits, each computed once.

A check that asks for a ``context`` gets the shared one; the tests hand in others, whose tables or experiments are
wrong on purpose, and see the check fail.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import data, experiments, limits, regions
from ..experiments import Experiment
from ..regions import Coverage, Region
from ..statistics import delta_chi2

__all__ = ["HEAVY", "LIGHT", "MASSES", "Context", "shared"]

LIGHT = 0.01
"""A light sterile state (MeV): 10 keV, the mass of Figs. 1 and 2."""


HEAVY = 0.3
"""Between the region of light masses (MeV), which all readings share, and the island that some of them have."""

MASSES = np.concatenate([np.geomspace(1e-3, 0.13, 32, endpoint=False), np.linspace(0.13, 0.17, 41), [0.2, 0.25]])
"""Masses (MeV) on which a region of XENON1T is measured: to 1 keV where it ends."""


class Context:
    """Tables, experiments and limits by name, remembered."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Any] = {}

    def _once(self, key: tuple[Any, ...], compute: Any) -> Any:
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def table(self, name: str) -> data.Table:
        """A table of ``data/``."""
        return data.table(name)

    def experiment(self, name: str, **options: Any) -> Experiment:
        """An experiment with some options, built once: it also remembers what it has counted."""
        key = ("experiment", name, *sorted(options.items()))
        found: Experiment = self._once(key, lambda: self._built(name, **options))
        return found

    def _built(self, name: str, **options: Any) -> Experiment:
        experiment = experiments.load(name, **options)
        if set(options) == {"efficiency_scales"}:
            # where a pull acts changes no counts: the same channels remember them
            experiment = replace(experiment, channels=self.experiment(name).channels)
        return experiment

    def curve(
        self, name: str, coupling: str, m_4: tuple[float, ...], *, dof: int = 1, **options: Any
    ) -> NDArray[np.float64]:
        """Upper limits (mu_B, 90 % C.L.) at several masses (MeV); inf where there is none."""
        key = ("limit", name, coupling, m_4, dof, *sorted(options.items()))
        found: NDArray[np.float64] = self._once(
            key, lambda: limits.upper_limit(self.experiment(name, **options), coupling, np.array(m_4), dof=dof)
        )
        return found

    def limit(self, name: str, coupling: str, m_4: float = LIGHT, *, dof: int = 1, **options: Any) -> float:
        """Upper limit (mu_B, 90 % C.L.) at one mass (MeV)."""
        return float(self.curve(name, coupling, (m_4,), dof=dof, **options)[0])

    def interval(self, name: str, coupling: str, m_4: float, **options: Any) -> tuple[float, float]:
        """Interval (mu_B, 90 % C.L.) at one mass (MeV)."""
        low, high = limits.interval(self.experiment(name, **options), coupling, m_4)
        return float(low), float(high)

    def rise(self, name: str, coupling: str, value: float, m_4: float = LIGHT) -> float:
        """Chi-square of a coupling (mu_B) above its minimum at that mass (MeV)."""
        experiment = self.experiment(name)
        lowest = float(limits.best_fit(experiment, coupling, m_4).chi2)
        return float(experiment.chi2(coupling, value, m_4)) - lowest

    def reach(self, name: str, coupling: str, factor: float) -> float:
        """Mass (MeV) at which the limit on a light state has grown by a factor."""
        key = ("reach", name, coupling, factor)
        return float(self._once(key, lambda: limits.reach(self.experiment(name), coupling, factor)))

    def edge(self, name: str, coupling: str) -> float:
        """Largest mass (MeV) that an experiment can produce and see."""
        return float(self.experiment(name).maximum_mass(coupling))

    def region(self, coupling: str, joint: bool = True, scales: str = "signal", binding: str = "xraydb") -> Region:
        """The region of the XENON1T excess, on :data:`MASSES`."""
        options: dict[str, Any] = {}
        if scales != "signal":
            options["efficiency_scales"] = scales
        if binding != "xraydb":
            options["binding"] = binding
        key = ("region", coupling, joint, *sorted(options.items()))
        found: Region = self._once(key, lambda: _region(self.experiment("xenon1t", **options), coupling, joint))
        return found

    def coverage(self, name: str, coupling: str, joint: bool = True, scales: str = "signal") -> Coverage:
        """How much of the light region of XENON1T a limit excludes, see :class:`companion.regions.Coverage`."""
        asked = self.region(coupling, joint, scales)
        # on the same masses for every region: the counts are remembered
        limit = self.curve(name, coupling, tuple(asked.m_4.tolist()))
        light = asked.between(0, HEAVY)
        return regions.cover(light, limit[np.isin(asked.m_4, light.m_4)])


def _region(experiment: Experiment, coupling: str, joint: bool) -> Region:
    """The region of light masses, up to where it has ended."""
    if joint:
        ceiling = _lowest(experiment, coupling) + delta_chi2(0.90, 2)
        low, high = limits.below(experiment, coupling, MASSES, ceiling)
    else:
        low, high = limits.interval(experiment, coupling, MASSES)
    return Region(MASSES, np.where(low > 0, low, np.nan), np.where(low > 0, high, np.nan))


def _lowest(experiment: Experiment, coupling: str) -> float:
    """Smallest chi-square over coupling and mass: between three masses on finer ones, twice."""
    masses, lowest = MASSES, np.inf
    for _ in range(3):
        chi2 = limits.best_fit(experiment, coupling, masses).chi2
        k = int(np.argmin(chi2))
        lowest = min(lowest, float(chi2[k]))
        masses = np.linspace(masses[max(k - 1, 0)], masses[min(k + 1, len(masses) - 1)], 9)
    return lowest


@cache
def shared() -> Context:
    """The context of the ledger."""
    return Context()
