"""Several experiments as one: what the common notation of the transition moments is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..statistics import Joint
from .experiment import Experiment

__all__ = ["Combination", "combine"]


@dataclass(frozen=True, eq=False)
class Combination(Experiment):
    """An experiment that has the bins of its parts, one part after the other; :func:`combine` makes it.

    Attributes
    ----------
    members : tuple of Experiment
        the parts; where one of them is blind, its bins stay those of the Standard Model
    """

    likelihood: Joint
    members: tuple[Experiment, ...] = ()

    def _check(self) -> None:
        """Every part has been checked; their bins stand one after the other."""

    @property
    def parts(self) -> tuple[Experiment, ...]:
        """The experiments that are combined."""
        return self.members

    @property
    def backgrounds(self) -> dict[str, NDArray[np.float64]]:
        """Background templates by part and name, zero in the bins of the other parts."""
        blank = self.likelihood.split(np.zeros_like(self.observed))
        return {
            f"{part.name} {name}": np.concatenate([*blank[:k], counts, *blank[k + 1 :]])
            for k, part in enumerate(self.parts)
            for name, counts in part.backgrounds.items()
        }

    @property
    def states(self) -> tuple[str, ...]:
        """Flavours and mass eigenstates that are seen by at least one part."""
        return tuple(dict.fromkeys(state for part in self.parts for state in part.states))

    def standard_model(self, species: str | None = None) -> NDArray[np.float64]:
        """Expected Standard-Model neutrino events that no background template holds, shape (n_bins,)."""
        if species is not None:
            raise ValueError(f"ask the parts of {self.title} for a single species")
        return np.concatenate([part.standard_model() for part in self.parts])

    def template(self, coupling: str, m_4: ArrayLike) -> NDArray[np.float64]:
        """Dipole events for a coupling of 1 mu_B, shape ``(*m_4.shape, n_bins)``, each part with its own weights."""
        return np.concatenate([part.template(coupling, m_4) for part in self._parts()], axis=-1)

    def maximum_mass(self, coupling: str) -> float:
        """The largest kinematic edge (MeV) among the parts."""
        return max(part.maximum_mass(coupling) for part in self._parts())

    def _events(self, process: str, state: str, m_4: ArrayLike) -> NDArray[np.float64]:
        return np.concatenate([part._events(process, state, m_4) for part in self.parts], axis=-1)

    def _parts(self) -> list[Experiment]:
        """The parts with the mixing parameters of the whole."""
        return [replace(part, delta=self.delta, angles=self.angles) for part in self.parts]


def combine(
    experiments: Iterable[Experiment], name: str | None = None, *, with_projections: bool = False
) -> Combination:
    """One joint likelihood for several experiments, usable wherever an experiment is.

    Bins stand one after the other; pulls of the same name, and what pulls declare as ``shared``, are in common.

    Parameters
    ----------
    experiments : iterable of Experiment
        from :func:`companion.experiments.load`; combinations are taken apart
    name : str, optional
        by default the names of the parts, joined by ``+``
    with_projections : bool
        allow data and projections side by side

    Raises
    ------
    ValueError
        for nothing to combine, the same or overlapping data twice (the same ``data_set``), alternatives of one set-up,
        projections among data unless asked for, or parts with different mixing, angles or Dirac phase
    """
    given = list(experiments)
    for experiment in given:
        if not isinstance(experiment, Experiment):
            raise ValueError(f"an experiment comes from companion.experiments.load, this is {experiment!r}")
    parts = tuple(part for experiment in given for part in experiment.parts)
    if not parts:
        raise ValueError("a combination needs at least one experiment")
    seen: dict[str, Experiment] = {}
    for part in parts:
        other = seen.setdefault(part.data_set or part.name, part)
        if other is not part or sum(one is part for one in parts) > 1:
            what = "twice" if other.name == part.name else f"and {part.name}, which share data or are alternatives"
            raise ValueError(f"cannot combine {other.name} {what}: choose one")
    projected = [part.name for part in parts if part.projected]
    if projected and len(projected) < len(parts) and not with_projections:
        raise ValueError(f"{projected[0]} is a projection and the others are data: combine them with_projections=True")
    for what, values in (
        ("mixing", [e.mixing for e in given]),
        ("Dirac phase", [e.delta for e in given]),
        ("mixing angles", [e.angles for e in given]),
    ):
        if any(value != values[0] for value in values):
            raise ValueError(f"parts of a combination need the same {what}, not {', '.join(map(str, values))}")
    return Combination(
        name=name or "+".join(part.name for part in parts),
        title=name or " + ".join(part.title for part in parts),
        axes=tuple(axis for part in parts for axis in part.axes),
        quantity="counts of each part",
        likelihood=Joint(tuple(part.likelihood for part in parts)),
        channels=(),
        sources=tuple(dict.fromkeys(source for part in parts for source in part.sources)),
        projected=bool(projected),
        surrogate=any(part.surrogate for part in parts),
        mixing=given[0].mixing,
        delta=given[0].delta,
        angles=given[0].angles,
        options={f"{part.name} {key}": value for part in parts for key, value in part.options.items()},
        members=parts,
    )
