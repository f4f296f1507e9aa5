"""Limits under alternatives as values: choices one could have made, and bands of what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import systematics
from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Experiment, of
from .base import Result
from .curves import Curve, curve_notes
from .provenance import Provenance, titled

__all__ = ["Band", "Choices", "band", "choices"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Band(Curve):
    """A limit with bands around it: uncertainties, choices, or what was expected.

    Attributes
    ----------
    value : ndarray
        the limit in the middle (mu_B)
    bands : mapping of str to (ndarray, ndarray)
        lower and upper ends (mu_B) by name
    """

    value: Array
    bands: Mapping[str, tuple[Array, Array]]

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}
        for name, (low, high) in self.bands.items():
            columns[f"{name}_low"] = low, "mu_B"
            columns[f"{name}_high"] = high, "mu_B"
        return columns


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Choices(Result):
    """A limit at one mass under each alternative of an experiment.

    Attributes
    ----------
    coupling : Coupling
        which
    m_4 : float
        mass (MeV)
    alternatives : tuple of companion.systematics.Alternative
        the default first
    """

    coupling: Coupling
    m_4: float
    alternatives: tuple[systematics.Alternative, ...]

    @property
    def labels(self) -> list[str]:
        """What is chosen, the default first."""
        return [one.choice.label for one in self.alternatives]

    @property
    def ratios(self) -> Array:
        """Limits over the one that each is compared with."""
        return np.array([one.ratio for one in self.alternatives])

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {
            "choice": (self.labels, "-"),
            "limit": ([one.limit for one in self.alternatives], "mu_B"),
            "ratio": (self.ratios, "1"),
        }


def choices(experiment: str | Experiment, coupling: str | Coupling, m_4: float) -> Choices:
    """Upper limit at one mass (MeV), 90 % C.L., under each alternative: :func:`companion.systematics.choices`."""
    source, chosen = of(experiment), named(coupling)
    return Choices(
        name=f"{source.name}-choices",
        title=f"{titled(source)}: limit on {chosen.name} at m_4 = {m_4:g} MeV, 90 % C.L., for each choice",
        provenance=Provenance.of([source]),
        coupling=chosen,
        m_4=m_4,
        alternatives=systematics.choices(source, chosen, m_4),
    )


def band(experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90) -> Band:
    """An upper limit against the mass with two bands: :func:`companion.systematics.band`.

    ``"sigma"`` is one standard deviation, all of them in quadrature; ``"choice"`` the largest single choice.
    """
    source, chosen, masses = of(experiment), named(coupling), np.atleast_1d(np.asarray(m_4, float))
    made = systematics.band(source, chosen, masses, confidence=confidence)
    return Band(
        name=f"{source.name}-{chosen.name}-band",
        title=f"{titled(source)}: upper limit on {chosen.name} with its bands",
        provenance=Provenance.of([source]),
        notes=curve_notes(source, chosen, confidence, 1),
        coupling=chosen,
        m_4=masses,
        confidence=confidence,
        dof=1,
        value=made.limit,
        bands={"sigma": made.sigma, "choice": made.choice},
    )
