"""What scatters off what, and how it is seen: the events of one kind of scatterer in every bin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import rates
from ..fluxes import Flux
from ..response import Response, require_least_energy
from ..targets import Electrons, Nucleus, Target

__all__ = ["Axis", "Channel", "channels", "standard_model"]

Array = NDArray[np.float64]

BATCH = 100_000
"""Nodes times masses that are held at a time, so that they stay in the cache."""

REMEMBERED = 64
"""Counts that a channel keeps: one limit asks for the same masses several times."""

EIGENSTATES = {state: (f"nu_{state}",) for state in ("1", "2", "3")}
EIGENSTATE_SPECIES = tuple(species for (species,) in EIGENSTATES.values())
SPECIES = {state: (f"nu_{state}", f"antinu_{state}") for state in ("e", "mu", "tau")} | EIGENSTATES
"""Neutrino species that a state stands for: a flavour, neutrinos and antineutrinos together, or a mass eigenstate."""


@dataclass(frozen=True, eq=False)
class Axis:
    """One dimension of the binned data.

    Attributes
    ----------
    name, unit : str
        what is along it
    edges : ndarray
        of the bins, increasing
    """

    name: str
    unit: str
    edges: Array

    def __post_init__(self) -> None:
        edges = np.array(self.edges, float)
        if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
            raise ValueError(f"the axis {self.name!r} needs two or more increasing bin edges")
        edges.setflags(write=False)
        object.__setattr__(self, "edges", edges)

    @property
    def centres(self) -> Array:
        """Middle of every bin."""
        return (self.edges[1:] + self.edges[:-1]) / 2


@dataclass(frozen=True, eq=False)
class Channel:
    """Scattering off one kind of scatterer, seen by one response.

    Attributes
    ----------
    scatterer : Nucleus or Electrons
        see :mod:`companion.targets`
    number : float or ndarray
        scatterers in the detector, times the exposure time if the flux is per time; one per bin where the bins
        do not count events but rates
    fluxes : mapping of str to Flux
        by species, ``"nu_e"``, ``"antinu_mu"``, ...; ``"nu_1"``, ... describe the same neutrinos once more, by mass
    response : Response
        see :mod:`companion.response`
    standard_model : bool
        whether its Standard-Model part is signal; False where a background template holds it
    order : int
        Gauss points per piece of the recoil range
    shares : ndarray, optional
        parts of the counts that fall into the bins of a second axis, on which the recoil has no influence, such as the
        arrival time; the counts are then those of the first axis, each spread over the second: shape
        ``(n_first * n_second,)``
    """

    scatterer: Nucleus | Electrons
    number: float | Array
    fluxes: Mapping[str, Flux]
    response: Response
    standard_model: bool = True
    order: int = 32
    shares: Array | None = None
    _known: dict[tuple[Any, ...], Array] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = [kind for kinds in SPECIES.values() for kind in kinds]
        if not self.fluxes or set(self.fluxes) - set(known):
            raise ValueError(f"fluxes are given by species ({', '.join(known)}), not by {list(self.fluxes)}")
        require_least_energy(self.response, self.scatterer)

    def __getstate__(self) -> dict[str, Any]:
        # what it remembers is not part of it
        return {**self.__dict__, "_known": {}}

    def counts(self, process: str, species: str, m_4: ArrayLike = 0.0, weak: str | None = None) -> Array:
        """Events per bin from one species, shape ``(*m_4.shape, n_bins)``; remembered, so the array is read-only.

        ``weak`` is the species whose weak couplings count where what arrives is a mass eigenstate.
        """
        m_4 = np.asarray(m_4, float)

        def key(one: str) -> tuple[Any, ...]:
            return process, one, weak, m_4.shape, m_4.tobytes()

        events = self._known.get(key(species))
        if events is None:
            together = self._seen_alike(species)
            computed = self._computed(process, together, m_4, weak)
            computed.setflags(write=False)
            if len(self._known) + len(together) > REMEMBERED:
                self._known.clear()  # at once: threads may share a channel
            rows = dict(zip(together, computed, strict=True))
            self._known.update({key(one): row for one, row in rows.items()})
            events = rows[species]
        return events

    def _seen_alike(self, species: str) -> tuple[str, ...]:
        """The species itself; of mass eigenstates all, which go together and differ in nothing but their spectra."""
        alike = [
            one
            for one in EIGENSTATE_SPECIES
            if one in self.fluxes and self.fluxes[one].breakpoints == self.fluxes[species].breakpoints
        ]
        return tuple(alike) if species in alike else (species,)

    def _computed(self, process: str, together: tuple[str, ...], m_4: Array, weak: str | None) -> Array:
        """The counts of some species that are seen alike, one after the other."""
        flux = self.fluxes[together[0]]
        breakpoints = (*self.scatterer.breakpoints, *self.response.breakpoints)
        nodes = (len(breakpoints) + 2 * len(flux.breakpoints) + 1) * self.order
        at_once = max(1, BATCH // nodes)
        batches = [
            self._batch(process, together, m_4.flat[start : start + at_once], breakpoints, weak)
            for start in range(0, max(m_4.size, 1), at_once)
        ]
        events = np.concatenate(batches, axis=1)
        if self.shares is not None:
            events = np.repeat(events, len(self.shares), axis=-1) * np.tile(self.shares, events.shape[-1])
        return np.reshape(events, (len(together), *m_4.shape, events.shape[-1]))

    def _batch(
        self, process: str, together: tuple[str, ...], m_4: Array, breakpoints: tuple[float, ...], weak: str | None
    ) -> Array:
        """The counts for a one-dimensional array of masses, shape ``(len(together), len(m_4), n_bins)``."""
        flux = self.fluxes[together[0]]
        E_r, weights = rates.recoil_nodes(flux, self.scatterer.mass, m_4, self.response.window, breakpoints, self.order)
        spectra = [
            weights
            * rates.differential_rate(
                process, E_r, self.scatterer, self.fluxes[one], m_4[:, np.newaxis], species=weak or one
            )
            for one in together
        ]
        # pieces between fixed breakpoints have the same nodes for every mass: the response is asked for each one once
        seen = np.any([spectrum != 0 for spectrum in spectra], axis=0)
        nodes, of_node = np.unique(E_r[seen], return_inverse=True)
        bins = self.response.bins(nodes).T
        return np.stack([self.number * (_by_node(one, seen, of_node, len(nodes)) @ bins) for one in spectra])


def _by_node(spectrum: Array, seen: NDArray[np.bool_], of_node: NDArray[np.intp], number: int) -> Any:
    """The spectrum of every mass as a row of a matrix, with a column for every node."""
    if len(spectrum) == 1:
        row = np.zeros((1, number))
        row[0, of_node] = spectrum[seen]
        return row
    from scipy.sparse import csr_array  # a fifth of the time of a single limit

    return csr_array((spectrum[seen], of_node, np.append(0, np.cumsum(seen.sum(axis=1)))), (len(spectrum), number))


def channels(
    target: Target,
    kilograms: float,
    fluxes: Mapping[str, Flux],
    *,
    nuclei: Response | None = None,
    electrons: Response | None = None,
    standard_model: bool = True,
    order: int = 32,
) -> tuple[Channel, ...]:
    """The channels of a mass of a target: one for every nucleus, and one for the electrons of every element.

    Parameters
    ----------
    target : Target
        from :func:`companion.targets.compound`
    kilograms : float
        mass of the target (kg), times the exposure time if the flux is per time
    fluxes : mapping of str to Flux
        by species
    nuclei, electrons : Response, optional
        how their recoils are seen; None leaves them out
    standard_model, order
        see :class:`Channel`
    """
    if nuclei is None and electrons is None:
        raise ValueError("a target needs a response to its nuclei or to its electrons (nuclei=..., electrons=...)")
    units = target.units_in(kilograms)
    scatterers: list[tuple[float, Nucleus | Electrons, Response]] = []
    if nuclei is not None:
        scatterers += [(n, nucleus, nuclei) for n, nucleus in target.nuclei]
    if electrons is not None:
        scatterers += [(n, shells, electrons) for n, shells in target.electrons]
    return tuple(
        Channel(scatterer, n * units, fluxes, response, standard_model, order) for n, scatterer, response in scatterers
    )


def standard_model(channels: Iterable[Channel]) -> dict[str, Array]:
    """Standard-Model neutrino events of some channels by species: the data of a projection, before it is built."""
    counts: dict[str, Array] = {}
    for channel in channels:
        if not channel.standard_model:
            continue
        process = "cevns" if isinstance(channel.scatterer, Nucleus) else "electron"
        # mass eigenstates are the same neutrinos once more; nuclei do not tell the flavours of what arrives apart
        flavours = [species for species in channel.fluxes if species.removeprefix("nu_") not in EIGENSTATES]
        if not flavours and process == "electron":
            raise ValueError("weak scattering on electrons needs the fluxes of flavours, not of mass eigenstates alone")
        for species in flavours or channel.fluxes:
            counts[species] = counts.get(species, np.zeros(1)) + channel.counts(process, species)
    for events in counts.values():
        events.setflags(write=False)
    return counts
