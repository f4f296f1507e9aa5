"""Counts per bin as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Axis, Experiment, of
from ..statistics import Poisson
from .base import Result
from .provenance import Provenance, titled

__all__ = ["Spectrum", "spectrum"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Spectrum(Result):
    """Counts per bin, pulls at zero.

    Attributes
    ----------
    axes : tuple of Axis
        one or several; bins are flattened, the last axis running fastest
    quantity : str
        unit of the counts
    observed, error : ndarray, shape (n_bins,)
        what was seen, or what stands in for it (see ``provenance``), with its error
    backgrounds : mapping of str to ndarray
        templates
    standard_model : ndarray
        neutrinos that no background holds
    dipole : ndarray, optional
        what a moment adds, with the interference if there is one
    """

    axes: tuple[Axis, ...]
    quantity: str
    observed: Array
    error: Array
    backgrounds: Mapping[str, Array]
    standard_model: Array
    dipole: Array | None = None

    @property
    def seen_as(self) -> str:
        """What the observed counts are: ``"observed"``, ``"projected"`` or ``"surrogate"``."""
        return "surrogate" if self.surrogate else "projected" if self.projected else "observed"

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {}
        places = np.indices([len(axis.edges) - 1 for axis in self.axes])
        for axis, place in zip(self.axes, places, strict=True):
            name = axis.name.replace(" ", "_")
            columns[f"{name}_low"] = axis.edges[:-1][place.ravel()], axis.unit
            columns[f"{name}_high"] = axis.edges[1:][place.ravel()], axis.unit
        columns[self.seen_as] = self.observed, self.quantity
        columns["error"] = self.error, self.quantity
        for name, counts in self.backgrounds.items():
            columns[name.replace(" ", "_")] = counts, self.quantity
        columns["standard_model"] = self.standard_model, self.quantity
        if self.dipole is not None:
            columns["dipole"] = self.dipole, self.quantity
        return columns


def spectrum(
    experiment: str | Experiment,
    coupling: str | Coupling | None = None,
    value: float | None = None,
    m_4: float | None = None,
    *,
    axis: str | None = None,
    per_width: bool = False,
) -> Spectrum:
    """Counts per bin: observed, backgrounds, Standard Model and, for a given coupling, the dipole signal.

    Parameters
    ----------
    experiment : str or Experiment
        with one axis or several
    coupling : str or Coupling, optional
        what adds a signal
    value, m_4 : float, optional
        the coupling (mu_B) and the mass (MeV)
    axis : str, optional
        name of the axis onto which counts are added up; by default every bin has its row
    per_width : bool
        divide by the width of the bins along one axis, for bins of different widths
    """
    source = of(experiment)
    given = [part for part in (coupling, value, m_4) if part is not None]
    if len(given) not in (0, 3):
        raise ValueError("a dipole signal needs all three of coupling, value and m_4")
    if len(source.parts) > 1:
        raise ValueError(f"{source.title} is a combination; a spectrum has one experiment")
    source = source.converted(named(coupling).mixing) if coupling is not None else source
    kept, summed = _kept_axes(source, axis)

    def along(counts: Array) -> Array:
        shape = [len(each.edges) - 1 for each in source.axes]
        summed_up: Array = np.reshape(counts, shape).sum(axis=summed)
        return summed_up.ravel()

    error = np.sqrt(along(source.likelihood.sigma**2))
    if summed and isinstance(source.likelihood, Poisson):
        # of the sum, not of every bin that was added up, each at least one
        error = np.sqrt(np.maximum(along(source.observed), 1.0))
    quantity, width = source.quantity, np.ones(1)
    if per_width:
        if len(kept) > 1:
            raise ValueError(f"a density is along one axis: {', '.join(each.name for each in kept)}")
        quantity, width = f"{quantity}/{kept[0].unit}", np.diff(kept[0].edges)
    dipole, notes = None, {"experiment": source.title}
    if coupling is not None and value is not None and m_4 is not None:
        chosen = named(coupling)
        strength = np.asarray(value, float)
        source.expected(chosen, value, m_4)  # refuses what is not a coupling
        # not the difference of two expectations: a small signal would lose its digits
        dipole = along(strength**2 * source.template(chosen, m_4))
        if chosen.interferes:
            dipole = dipole + along(strength * source.linear_template(chosen, m_4))
        notes["signal"] = f"{chosen.name} = {value:g} mu_B, m_4 = {m_4:g} MeV"
        if mixing := chosen.mixing.describe():
            notes["mixing"] = mixing
    return Spectrum(
        name=f"{source.name}-spectrum",
        title=f"{titled(source)}: {quantity}" + ("" if per_width else " per bin"),
        provenance=Provenance.of([source]),
        notes=notes,
        axes=kept,
        quantity=quantity,
        observed=along(source.observed) / width,
        error=error / width,
        backgrounds={name: along(counts) / width for name, counts in source.backgrounds.items()},
        standard_model=along(source.standard_model()) / width,
        dipole=None if dipole is None else dipole / width,
    )


def _kept_axes(experiment: Experiment, axis: str | None) -> tuple[tuple[Axis, ...], tuple[int, ...]]:
    """The axes that are kept, and the numbers of those over which counts are added up."""
    if axis is None:
        return experiment.axes, ()
    names = [each.name for each in experiment.axes]
    if axis not in names:
        raise ValueError(f"{experiment.title} has no axis {axis!r}; there are {', '.join(names)}")
    kept = names.index(axis)
    return (experiment.axes[kept],), tuple(k for k in range(len(names)) if k != kept)
