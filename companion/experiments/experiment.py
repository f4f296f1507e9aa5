"""An experiment as a value: what scatters, what shines, what is seen, what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from .. import kinematics, rates
from ..fluxes import Flux
from ..response import Response
from ..statistics import Likelihood
from ..targets import Electrons, Nucleus, Target
from . import couplings

__all__ = ["Axis", "Channel", "Choice", "Experiment", "channels", "standard_model"]

LARGEST_COUPLING, LARGEST_MASS = 1e6, 1e9
"""Beyond these (mu_B, MeV) squares and fourth powers lose all meaning."""

BATCH = 100_000
"""Nodes times masses that are held at a time, so that they stay in the cache."""

REMEMBERED = 64
"""Counts that a channel keeps: one limit asks for the same masses several times."""

EIGENSTATES = {state: (f"nu_{state}",) for state in ("1", "2", "3")}
SPECIES = {state: (f"nu_{state}", f"antinu_{state}") for state in ("e", "mu", "tau")} | EIGENSTATES
"""Neutrino species that a state stands for: a flavour, neutrinos and antineutrinos together, or a mass eigenstate."""


@dataclass(frozen=True)
class Axis:
    """One dimension of the binned data."""

    name: str
    unit: str
    edges: NDArray[np.float64]

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of every bin."""
        return (self.edges[1:] + self.edges[:-1]) / 2


@dataclass(frozen=True)
class Choice:
    """An alternative to a default of an experiment, for the table "How much this choice matters".

    Attributes
    ----------
    label : str
        what is chosen instead
    options : mapping
        options of :func:`companion.experiments.load`
    dof : int
        degrees of freedom of the limit
    """

    label: str
    options: Mapping[str, object] = field(default_factory=dict)
    dof: int = 1


@dataclass(frozen=True)
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
    number: float | NDArray[np.float64]
    fluxes: Mapping[str, Flux]
    response: Response
    standard_model: bool = True
    order: int = 32
    shares: NDArray[np.float64] | None = None
    _known: dict[tuple, NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = [kind for kinds in SPECIES.values() for kind in kinds]
        if not self.fluxes or set(self.fluxes) - set(known):
            raise ValueError(f"fluxes are given by species ({', '.join(known)}), not by {list(self.fluxes)}")

    def counts(self, process: str, species: str, m_4: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Events per bin from one species, shape ``(*m_4.shape, n_bins)``; remembered, so the array is read-only."""
        m_4 = np.asarray(m_4, float)
        key = (process, species, m_4.shape, m_4.tobytes())
        found = self._known.get(key)
        if found is None:
            found = self._computed(process, species, m_4)
            found.setflags(write=False)
            if len(self._known) >= REMEMBERED:
                self._known.clear()  # at once: threads may share a channel
            self._known[key] = found
        return found

    def _computed(self, process: str, species: str, m_4: NDArray[np.float64]) -> NDArray[np.float64]:
        flux = self.fluxes[species]
        breakpoints = (*self.scatterer.breakpoints, *self.response.breakpoints)
        nodes = (len(breakpoints) + 2 * len(flux.breakpoints) + 1) * self.order
        together = max(1, BATCH // nodes)
        counts = [
            self._batch(process, species, m_4.flat[start : start + together], breakpoints)
            for start in range(0, max(m_4.size, 1), together)
        ]
        found = np.concatenate(counts)
        if self.shares is not None:
            found = np.repeat(found, len(self.shares), axis=-1) * np.tile(self.shares, found.shape[-1])
        return np.reshape(found, (*m_4.shape, found.shape[-1]))

    def _batch(
        self, process: str, species: str, m_4: NDArray[np.float64], breakpoints: tuple[float, ...]
    ) -> NDArray[np.float64]:
        """The counts for a one-dimensional array of masses, shape ``(len(m_4), n_bins)``."""
        flux = self.fluxes[species]
        E_r, weights = rates.recoil_nodes(flux, self.scatterer.mass, m_4, self.response.window, breakpoints, self.order)
        spectrum = weights * rates.differential_rate(
            process, E_r, self.scatterer, flux, m_4[:, np.newaxis], species=species
        )
        # pieces between fixed breakpoints have the same nodes for every mass: the response is asked for each one once
        seen = spectrum != 0
        nodes, of_node = np.unique(E_r[seen], return_inverse=True)
        events = csr_array((spectrum[seen], of_node, np.append(0, np.cumsum(seen.sum(axis=1)))), (len(m_4), len(nodes)))
        return self.number * (events @ self.response.bins(nodes).T)


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
    seen: list[tuple[float, Nucleus | Electrons, Response]] = []
    seen += [(n, nucleus, nuclei) for n, nucleus in target.nuclei if nuclei is not None]
    seen += [(n, shells, electrons) for n, shells in target.electrons if electrons is not None]
    return tuple(
        Channel(scatterer, n * units, fluxes, response, standard_model, order) for n, scatterer, response in seen
    )


def standard_model(channels: Iterable[Channel]) -> dict[str, NDArray[np.float64]]:
    """Standard-Model neutrino events of some channels by species: the data of a projection, before it is built."""
    counts: dict[str, NDArray[np.float64]] = {}
    for channel in channels:
        if channel.standard_model:
            process = "cevns" if isinstance(channel.scatterer, Nucleus) else "electron"
            for species in channel.fluxes:
                # mass eigenstates are the same neutrinos once more
                if species.removeprefix("nu_") not in EIGENSTATES:
                    counts[species] = counts.get(species, np.zeros(1)) + channel.counts(process, species)
    for events in counts.values():
        events.setflags(write=False)
    return counts


@dataclass(frozen=True, eq=False)
class Experiment:
    r"""Counts, expectations and chi-square of one data set or projection.

    Attributes
    ----------
    name, title : str
        contract name and the name people use
    axes : tuple of Axis
        one per dimension of the data: name, unit, edges; bins are counted with the last axis running fastest, so that
        ``observed.reshape([len(axis.edges) - 1 for axis in axes])`` has one dimension per axis
    quantity : str
        what is counted, e.g. ``"events"``
    likelihood : Likelihood
        data, errors, background templates and pulls
    channels : tuple of Channel
        nuclei and, where they matter, electrons
    sources : tuple of str
        where the data and inputs come from
    choices : tuple of Choice
        alternatives to the defaults
    projected : bool
        whether the "data" are the Standard-Model expectation
    surrogate : bool
        whether the "data" stand in for data that are not available; they must never be shown as data
    mixing : float
        :math:`|U_{\alpha4}|\cos\varphi` of the flavour that a coupling names, for the interference of weak and dipole
        scattering (:math:`\varphi` the phase of :math:`\sum_jU^*_{\alpha j}\tilde\lambda_{j4}U_{\alpha4}`); 0 for none.
        ``dataclasses.replace(experiment, mixing=0.1)`` switches it on
    delta : float, optional
        Dirac phase (radians) in the weights of ``lambda_14``, ``lambda_24`` and ``lambda_34``; by default the best fit
    angles : mapping, optional
        mixing angles (radians) ``theta_12``, ``theta_13``, ``theta_23`` in the same weights; by default the best fit
    options : mapping
        choices that differ from the defaults, as given to :func:`companion.experiments.load`
    data_set : str
        of experiments with the same one only one may enter a combination: they share data, or are alternative plans for
        one set-up; empty for one's own ``name``
    """

    name: str
    title: str
    axes: tuple[Axis, ...]
    quantity: str
    likelihood: Likelihood
    channels: tuple[Channel, ...]
    sources: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    projected: bool = False
    surrogate: bool = False
    mixing: float = 0.0
    delta: float | None = None
    angles: Mapping[str, float] | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    data_set: str = ""

    def __post_init__(self) -> None:
        if not -1 <= self.mixing <= 1:
            raise ValueError(f"the mixing is |U_alpha4| times a cosine and lies between -1 and 1, not {self.mixing}")
        self._check()

    def _check(self) -> None:
        """Whether channels, axes and data fit each other."""
        if not self.channels or not self.sources:
            missing = "sources (where its numbers come from)" if self.channels else "channels (what scatters off what)"
            raise ValueError(f"{self.title} has no {missing}")
        bins = len(self.observed)
        if (shape := prod(len(axis.edges) - 1 for axis in self.axes)) != bins:
            raise ValueError(f"{self.title} has data of {bins} bins, but its axes have {shape}")
        for channel in self.channels:
            seen = len(channel.response.bins(np.ones(1))) * (1 if channel.shares is None else len(channel.shares))
            if seen != bins:
                raise ValueError(f"{self.title} has data of {bins} bins, but a response with {seen}")

    @property
    def parts(self) -> tuple[Experiment, ...]:
        """The experiment itself; those that are combined in a :class:`companion.experiments.Combination`."""
        return (self,)

    @property
    def observed(self) -> NDArray[np.float64]:
        """Observed counts per bin, or the expectation of a projection."""
        return self.likelihood.observed

    @property
    def backgrounds(self) -> Mapping[str, NDArray[np.float64]]:
        """Background templates by name."""
        return self.likelihood.backgrounds

    @property
    def states(self) -> tuple[str, ...]:
        """Flavours in the beam and, from the Sun, mass eigenstates."""
        present = {species for channel in self.channels for species in channel.fluxes}
        return tuple(state for state, kinds in SPECIES.items() if present & set(kinds))

    @cached_property
    def _standard_model(self) -> dict[str, NDArray[np.float64]]:
        return standard_model(self.channels)

    def standard_model(self, species: str | None = None) -> NDArray[np.float64]:
        """Expected Standard-Model neutrino events that no background template holds, shape (n_bins,).

        ``species`` ("nu_mu", "antinu_mu", ...) picks the part of one species.
        """
        if species is None:
            return sum(self._standard_model.values(), np.zeros_like(self.observed))
        if species not in self._standard_model:
            raise ValueError(f"no species {species!r} in {self.title}; there are {', '.join(self._standard_model)}")
        return self._standard_model[species]

    def dipole(self, state: str, m_4: ArrayLike) -> NDArray[np.float64]:
        """Expected dipole events for a moment of one Bohr magneton, shape ``(*m_4.shape, n_bins)``.

        Parameters
        ----------
        state : {"e", "mu", "tau", "1", "2", "3"}
            flavour, neutrinos and antineutrinos together, or mass eigenstate; zero if the beam has none
        m_4 : array_like
            mass of the sterile state (MeV), zero allowed
        """
        return self._events("dipole", state, m_4)

    def interference(self, state: str, m_4: ArrayLike) -> NDArray[np.float64]:
        r"""Expected events from the interference of weak and dipole scattering, shape ``(*m_4.shape, n_bins)``.

        For :math:`\mathrm{Re}[\sum_jU^*_{\alpha j}\tilde\lambda_{j4}U_{\alpha4}]` of one Bohr magneton, exact in
        ``m_4`` (:func:`companion.cross_sections.interference`); of either sign, and zero for a massless state.

        Parameters
        ----------
        state : {"e", "mu", "tau"}
            flavour, neutrinos and antineutrinos together; zero if the beam has none
        m_4 : array_like
            mass of the sterile state (MeV), zero allowed
        """
        return self._events("interference", state, m_4)

    def _events(self, process: str, state: str, m_4: ArrayLike) -> NDArray[np.float64]:
        if state not in SPECIES:
            raise ValueError(f"no state {state!r}; there are {', '.join(SPECIES)}")
        m_4 = _masses(m_4)
        total = np.zeros((*m_4.shape, *self.observed.shape))
        for channel in self.channels:
            for species in SPECIES[state]:
                if species in channel.fluxes:
                    total = total + channel.counts(process, species, m_4)
        return total

    def template(self, coupling: str, m_4: ArrayLike) -> NDArray[np.float64]:
        """Dipole events for a coupling of 1 mu_B, shape ``(*m_4.shape, n_bins)``; they scale with its square.

        Parameters
        ----------
        coupling : str
            ``"mu_e"``, ``"mu_mu"``, ``"mu_tau"`` or ``"lambda_14"``, ``"lambda_24"``, ``"lambda_34"``: with the
            mixing weights of Eqs. (9) and (10) or, from the Sun, of the mass eigenstates, Eq. (5)
        m_4 : array_like
            mass of the sterile state (MeV)
        """
        weights = couplings.state_weights(coupling, self.states, self.delta, self.angles)
        m_4 = _masses(m_4)  # also where the beam has nothing that couples
        return sum(
            weight * self.dipole(state, m_4) for state, weight in weights.items() if weight and state in self.states
        ) + np.zeros((*np.shape(m_4), *self.observed.shape))

    def linear_template(self, coupling: str, m_4: ArrayLike) -> NDArray[np.float64]:
        """Events that scale with the coupling itself, per mu_B: the interference times ``mixing``; zero by default.

        Shape and parameters as for :meth:`template`; a mixing needs an effective moment, ``"mu_e"``, ...
        """
        couplings.flavour_weights(coupling)
        kind, _, state = coupling.partition("_")
        m_4 = _masses(m_4)
        if not self.mixing:
            return np.zeros((*np.shape(m_4), *self.observed.shape))
        if kind != "mu":
            raise ValueError(f"interference is there for effective moments (mu_e, mu_mu, mu_tau), not for {coupling!r}")
        return self.mixing * self.interference(state, m_4)

    def maximum_mass(self, coupling: str) -> float:
        """Kinematic edge: the largest ``m_4`` (MeV) that this experiment can produce and see through a coupling."""
        edges = [
            float(kinematics.maximum_mass(flux.maximum_energy, channel.scatterer.mass, channel.response.window))
            for state, weight in couplings.state_weights(coupling, self.states, self.delta, self.angles).items()
            for channel in self.channels
            for species, flux in channel.fluxes.items()
            if weight and species in SPECIES[state]
        ]
        return max(edges, default=0.0)

    def expected(self, coupling: str, value: ArrayLike, m_4: ArrayLike) -> NDArray[np.float64]:
        """Signal events, Standard Model plus dipole; ``value`` (mu_B) and ``m_4`` (MeV) broadcast.

        With a ``mixing`` the interference is part of it, and the sign of ``value`` matters.
        """
        value = np.asarray(value, float)
        if not np.all(np.isfinite(value)):
            raise ValueError("the value of a coupling must be finite (mu_B)")
        if np.any(np.abs(value) > LARGEST_COUPLING):
            raise ValueError(f"a coupling of more than {LARGEST_COUPLING:g} mu_B is none of this world")
        signal = self.standard_model() + value[..., np.newaxis] ** 2 * self.template(coupling, m_4)
        if self.mixing:
            signal = signal + value[..., np.newaxis] * self.linear_template(coupling, m_4)
        return signal

    def chi2(self, coupling: str, value: ArrayLike, m_4: ArrayLike) -> NDArray[np.float64]:
        """Chi-square with all pulls profiled; ``value`` (mu_B) and ``m_4`` (MeV) broadcast."""
        return self.likelihood.chi2(self.expected(coupling, value, m_4))


def _masses(m_4: ArrayLike) -> NDArray[np.float64]:
    m_4 = np.asarray(m_4, float)
    if not np.all((m_4 >= 0) & (m_4 <= LARGEST_MASS)):
        raise ValueError(f"masses m_4 must be finite and not negative, and below {LARGEST_MASS:g} MeV")
    return m_4
