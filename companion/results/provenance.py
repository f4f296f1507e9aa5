"""What numbers rest on: data or what stands in for them, options, changes by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..experiments import Experiment, of

__all__ = ["FORMULAS", "PROJECTION", "SURROGATE", "Provenance", "titled"]

FORMULAS = "formulas of arXiv:2109.09545 and of this book"
PROJECTION = "a PROJECTION: what counts as observed is the Standard-Model expectation"
SURROGATE = "rests on a SURROGATE of data that are not available: not to be read as a measurement"


@dataclass(frozen=True)
class Provenance:
    """What numbers rest on; it survives every combination.

    Attributes
    ----------
    titles : tuple of str
        of the experiments
    sources : tuple of str
        where their data and inputs come from
    surrogates, projections : tuple of str
        titles of those whose "data" stand in for data that are not available, or are an expectation
    changes : tuple of str
        options that differ from their defaults and what was changed by hand, with the title in front
    """

    titles: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    surrogates: tuple[str, ...] = ()
    projections: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @classmethod
    def of(cls, experiments: Iterable[str | Experiment]) -> Provenance:
        """What numbers from some experiments rest on."""
        total = cls()
        for experiment in experiments:
            total = total + _of_one(of(experiment))
        return total

    def __add__(self, other: Provenance) -> Provenance:
        return Provenance(
            _once((*self.titles, *other.titles)),
            _once((*self.sources, *other.sources)),
            _once((*self.surrogates, *other.surrogates)),
            _once((*self.projections, *other.projections)),
            _once((*self.changes, *other.changes)),
        )

    @property
    def kind(self) -> str:
        """``"data"``, ``"projection"`` or ``"SURROGATE, not data"``, and ``", changed"`` if it is no default."""
        kind = "data"
        if self.projections:
            kind = "projection"
        if self.surrogates:
            kind = "SURROGATE, not data"
        return f"{kind}, changed" if self.changes else kind

    @property
    def is_data(self) -> bool:
        """Whether nothing in it stands in for data: only then can a limit exclude anything."""
        return not (self.surrogates or self.projections)

    @property
    def source(self) -> str:
        """All sources in a line."""
        return "; ".join(self.sources) or FORMULAS

    def notes(self) -> dict[str, str]:
        """What has to be said beside the numbers."""
        notes = {"kind": self.kind} if self.titles else {}
        if self.changes:
            notes["options"] = "; ".join(self.changes)
        said = []
        if self.surrogates:
            said.append(f"{SURROGATE} ({', '.join(self.surrogates)})")
        if self.projections:
            said.append(f"{PROJECTION} ({', '.join(self.projections)})")
        if said:
            notes["note"] = "; ".join(said)
        return notes


def _of_one(experiment: Experiment) -> Provenance:
    parts = experiment.parts
    surrogates = [part.title for part in parts if part.surrogate]
    projections = [part.title for part in parts if part.projected]
    # a combination may be a projection although its parts are data, e.g. with its own expectation in their place
    if experiment.surrogate and not surrogates:
        surrogates = [experiment.title]
    if experiment.projected and not projections:
        projections = [experiment.title]
    return Provenance(
        _once(part.title for part in parts),
        _once(source for part in parts for source in part.sources),
        _once(surrogates),
        _once(projections),
        _once(f"{part.title}: {part.changes}" for part in parts if part.changes),
    )


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def titled(experiment: Experiment) -> str:
    """The title of an experiment with what differs from its defaults, for the titles of its results."""
    changed = []
    for part in experiment.parts:
        words = [f"{name} = {_word(value)}" for name, value in part.options.changed().items()]
        words += [f"{name} changed by hand" for name in part.modified]
        where = f"{part.title}: " if len(experiment.parts) > 1 else ""
        if words:
            changed.append(where + ", ".join(words))
    return f"{experiment.title} ({'; '.join(changed)})" if changed else experiment.title


def _word(value: object) -> str:
    return str(getattr(value, "__name__", value))
