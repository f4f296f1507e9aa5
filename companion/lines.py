"""The chi-square of an experiment along one coupling, at several masses or for many sets of pseudo-data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .couplings import Coupling
from .couplings import coupling as named
from .experiments import Experiment, of
from .experiments.experiment import checked_masses
from .statistics.line import Line

__all__ = ["MassLines", "along"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MassLines:
    """The chi-square of an experiment along one coupling, at several masses.

    Attributes
    ----------
    line : Line
        the masses at which the experiment is not blind
    seen : ndarray of bool
        which of the masses those are
    shape : tuple
        of the masses as they were given
    null : float
        chi-square without a moment
    """

    line: Line
    seen: NDArray[np.bool_]
    shape: tuple[int, ...]
    null: float

    def couplings(self, x: Array, blind: float) -> Array:
        """From ``x`` to couplings (mu_B) at all masses, ``blind`` where the experiment sees nothing."""
        values = np.full(len(self.seen), blind)
        values[self.seen] = np.sqrt(x * self.line.scale)
        return values.reshape(self.shape)

    def profiled(self) -> Array:
        """Smallest chi-square over the coupling at each mass, shape (masses,)."""
        values = np.full(len(self.seen), self.null)
        values[self.seen] = self.line.minimum[1]
        return values


def along(experiment: str | Experiment, what: str | Coupling, m_4: ArrayLike, level: float = 0.0) -> MassLines:
    """The lines of an experiment at masses (MeV), followed at least as far as the chi-square rises by ``level``."""
    chosen = named(what)
    seen_by = of(experiment).converted(chosen.mixing)
    masses = checked_masses(m_4)
    flat = masses.ravel()
    templates = seen_by.template(chosen, flat)
    # kinematics decides whether an experiment is blind, not the underflow of a tiny rate
    seen = (flat < seen_by.maximum_mass(chosen)) & (np.sum(templates, axis=-1) > 0)
    linear = seen_by.linear_template(chosen, flat)[seen] if chosen.interferes else None
    base = seen_by.standard_model()
    null = float(seen_by.likelihood.chi2(base))
    follow = 60.0 if level < 50 else np.inf
    line = Line(seen_by.likelihood, base, templates[seen], linear, follow=follow)
    return MassLines(line, seen, masses.shape, null)
