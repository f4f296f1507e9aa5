"""Several experiments as one: what the common notation of the transition moments is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..couplings import Coupling, Mixing, coupling
from ..statistics import Joint
from .experiment import Experiment
from .settings import Options

__all__ = ["Combination", "combine"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Combination(Experiment):
    """An experiment that has the bins of its parts, one part after the other; :func:`combine` makes it.

    Attributes
    ----------
    members : tuple of Experiment
        the parts; where one of them is blind, its bins stay those of the Standard Model
    """

    members: tuple[Experiment, ...] = ()

    def _check(self) -> None:
        """Every part has been checked; their bins stand one after the other."""

    @property
    def parts(self) -> tuple[Experiment, ...]:
        """The experiments that are combined."""
        return self.members

    @property
    def modified(self) -> tuple[str, ...]:
        """What was changed by hand in a part."""
        return tuple(f"{part.name} {name}" for part in self.parts for name in part.modified)

    @property
    def changes(self) -> str:
        """Options of the parts that differ from their defaults, and what was changed by hand, in words."""
        return "; ".join(f"{part.name}: {part.changes}" for part in self.parts if part.changes)

    @property
    def backgrounds(self) -> dict[str, Array]:
        """Background templates by part and name, zero in the bins of the other parts."""
        named = {}
        for k, part in enumerate(self.parts):
            for name, counts in part.backgrounds.items():
                pieces = [np.zeros_like(other.observed) for other in self.parts]
                pieces[k] = counts
                named[f"{part.name} {name}"] = np.concatenate(pieces)
        return named

    @property
    def states(self) -> tuple[str, ...]:
        """Flavours and mass eigenstates that arrive at one part at least."""
        return tuple(dict.fromkeys(state for part in self.parts for state in part.states))

    def converted(self, mixing: Mixing) -> Combination:
        """The combination with the neutrinos that arrive for a mixing; see :meth:`Experiment.converted`."""
        members = tuple(part.converted(mixing) for part in self.parts)
        if all(new is old for new, old in zip(members, self.parts, strict=True)):
            return self
        return replace(self, members=members)

    def standard_model(self, species: str | None = None) -> Array:
        """Expected Standard-Model neutrino events that no background template holds, shape (n_bins,)."""
        if species is not None:
            raise ValueError(f"ask the parts of {self.title} for a single species")
        return np.concatenate([part.standard_model() for part in self.parts])

    def template(self, what: str | Coupling, m_4: ArrayLike) -> Array:
        """Dipole events for a coupling of 1 mu_B, shape ``(..., n_bins)``, each part with its own beam."""
        return _joined([part.template(what, m_4) for part in self.parts])

    def linear_template(self, what: str | Coupling, m_4: ArrayLike) -> Array:
        """Events that scale with the coupling itself, per mu_B, shape ``(..., n_bins)``."""
        return _joined([part.linear_template(what, m_4) for part in self.parts])

    def maximum_mass(self, what: str | Coupling) -> float:
        """The largest kinematic edge (MeV) among the parts."""
        chosen = coupling(what)
        return max(part.maximum_mass(chosen) for part in self.parts)

    def _events(self, process: str, state: str, m_4: ArrayLike, weak: str | None = None) -> Array:
        return _joined([part._events(process, state, m_4, weak) for part in self.parts])

    def dipole(self, state: str, m_4: ArrayLike) -> Array:
        """Expected dipole events for a moment of one Bohr magneton, shape ``(*m_4.shape, n_bins)``."""
        return _joined([part.dipole(state, m_4) for part in self.parts])


def _joined(pieces: list[Array]) -> Array:
    """Arrays of shape (..., bins of a part), bins one after the other."""
    shape = np.broadcast_shapes(*(piece.shape[:-1] for piece in pieces))
    return np.concatenate([np.broadcast_to(piece, (*shape, piece.shape[-1])) for piece in pieces], axis=-1)


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
        or projections among data unless asked for
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
        raise ValueError(
            f"{projected[0]} is a projection and the others are data: they go together only if asked for "
            "(with_projections=True, on the command line --with-projections)"
        )
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
        options=Options(),
        members=parts,
    )
