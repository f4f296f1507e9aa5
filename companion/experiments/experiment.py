"""An experiment as a value: what scatters off what, what is seen, what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kinematics
from ..couplings import Coupling, Effective, Mixing, arrives_as_eigenstates, coupling
from ..fluxes import Flux
from ..statistics import Likelihood
from .channel import EIGENSTATES, SPECIES, Axis, Channel, standard_model
from .settings import Choice, Options, in_words

if TYPE_CHECKING:
    from ..cost import Cost

__all__ = ["Experiment"]

Array = NDArray[np.float64]

LARGEST_COUPLING, LARGEST_MASS = 1e6, 1e9
"""Beyond these (mu_B, MeV) squares and fourth powers lose all meaning."""

LONGEST = 118
"""Letters of a line that stands for an experiment."""

BUILT = ("axes", "quantity", "likelihood", "channels")
"""What makes the numbers of an experiment: changing it by hand makes another experiment."""


@dataclass(frozen=True, eq=False, repr=False)
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
        alternatives to the defaults, and what is uncertain in them
    projected : bool
        whether the "data" are the Standard-Model expectation
    surrogate : bool
        whether the "data" stand in for data that are not available; they must never be shown as data
    options : Options
        as given to :func:`companion.experiments.load`, with their meaning
    data_set : str
        of experiments with the same one only one may enter a combination: they share data, or are alternative plans for
        one set-up; empty for one's own ``name``
    conversion : callable, optional
        for neutrinos that change on their way, as from the Sun: gives the fluxes by species for a
        :class:`companion.couplings.Mixing`; the channels have those of the global fit
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
    options: Options = field(default_factory=Options)
    data_set: str = ""
    conversion: Callable[[Mixing], Mapping[str, Flux]] | None = None
    _built: Mapping[str, Any] = field(default_factory=dict)
    _converted: dict[tuple[float, ...], Experiment] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if not self._built:
            object.__setattr__(self, "_built", {name: getattr(self, name) for name in BUILT})
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

    def __getstate__(self) -> dict[str, Any]:
        # what it remembers is not part of it
        return {key: value for key, value in self.__dict__.items() if key != "_standard_model"} | {"_converted": {}}

    def __repr__(self) -> str:
        kind = "surrogate" if self.surrogate else "projection" if self.projected else "data"
        words = f"{self.title}: {kind}, {len(self.observed)} bins"
        if self.modified:
            words += f", changed by hand: {', '.join(self.modified)}"
        for key, value in self.options.changed().items():
            words += f", {key} = {in_words(value)}"
        return f"<{words}>" if len(words) <= LONGEST else f"<{words[: LONGEST - 1]}…>"

    def _repr_html_(self) -> str:
        rows = {
            "name": self.name,
            "kind": "surrogate, not data" if self.surrogate else "projection" if self.projected else "data",
            "bins": " × ".join(f"{len(axis.edges) - 1} of {axis.name} ({axis.unit})" for axis in self.axes),
            self.quantity: f"{self.observed.sum():.6g} seen, {self.standard_model().sum():.6g} Standard Model",
            "backgrounds": ", ".join(self.backgrounds) or "none",
            "pulls": ", ".join(pull.name for pull in self.likelihood.pulls) or "none",
            "beam": ", ".join(self.states),
            "options": self.changes or "defaults",
        }
        body = "".join(f"<tr><th>{escape(key)}</th><td>{escape(value)}</td></tr>" for key, value in rows.items())
        return f"<table><caption>{escape(self.title)}</caption>{body}</table>"

    @property
    def modified(self) -> tuple[str, ...]:
        """What was changed by hand after the experiment was built, so that its sources no longer tell all."""
        return tuple(name for name in BUILT if getattr(self, name) is not self._built.get(name))

    @property
    def changes(self) -> str:
        """Options that differ from their defaults, and what was changed by hand, in words; empty for nothing."""
        words = [f"{name} = {in_words(value)}" for name, value in self.options.changed().items()]
        if self.modified:
            words.append(f"changed by hand: {', '.join(self.modified)} (the sources are those of the original)")
        return ", ".join(words)

    @property
    def parts(self) -> tuple[Experiment, ...]:
        """The experiment itself; those that are combined in a :class:`companion.experiments.Combination`."""
        return (self,)

    @property
    def observed(self) -> Array:
        """Observed counts per bin, or the expectation of a projection."""
        return self.likelihood.observed

    @property
    def backgrounds(self) -> Mapping[str, Array]:
        """Background templates by name; read-only, since an experiment serves everybody who loads it."""
        return MappingProxyType(dict(self.likelihood.backgrounds))

    @property
    def states(self) -> tuple[str, ...]:
        """What arrives: flavours, or from the Sun mass eigenstates."""
        present = {species for channel in self.channels for species in channel.fluxes}
        states = tuple(state for state, kinds in SPECIES.items() if present & set(kinds))
        if arrives_as_eigenstates(states):
            return tuple(state for state in states if state in ("1", "2", "3"))
        return states

    def converted(self, mixing: Mixing) -> Experiment:
        """The experiment with the neutrinos that arrive for a mixing: another one only where they change on the way."""
        if self.conversion is None or mixing.solar == Mixing().solar:
            return self
        if mixing.solar not in self._converted:
            fluxes = self.conversion(mixing)
            channels = tuple(
                replace(channel, fluxes={species: fluxes[species] for species in channel.fluxes})
                for channel in self.channels
            )
            built = {**self._built, "channels": channels} if "channels" not in self.modified else self._built
            self._converted[mixing.solar] = replace(self, channels=channels, _built=built)
        return self._converted[mixing.solar]

    @cached_property
    def _standard_model(self) -> dict[str, Array]:
        return standard_model(self.channels)

    def standard_model(self, species: str | None = None) -> Array:
        """Expected Standard-Model neutrino events that no background template holds, shape (n_bins,).

        ``species`` ("nu_mu", "antinu_mu", ...) picks the part of one species.
        """
        if species is None:
            total = np.zeros_like(self.observed)
            for counts in self._standard_model.values():
                total = total + counts
            return total
        if species not in self._standard_model:
            known = ", ".join(self._standard_model) or "none outside the backgrounds"
            raise ValueError(f"no species {species!r} in {self.title}; there are {known}")
        return self._standard_model[species]

    def dipole(self, state: str, m_4: ArrayLike) -> Array:
        """Expected dipole events for a moment of one Bohr magneton, shape ``(*m_4.shape, n_bins)``.

        Parameters
        ----------
        state : {"e", "mu", "tau", "1", "2", "3"}
            flavour, neutrinos and antineutrinos together, or mass eigenstate; zero if the beam has none.  A flavour in
            a beam of mass eigenstates is the sum over them with the mixing of the global fit
        m_4 : array_like
            mass of the sterile state (MeV), zero allowed
        """
        if state in ("e", "mu", "tau") and arrives_as_eigenstates(self.states):
            return self.template(Effective(state), m_4)
        return self._events("dipole", state, m_4)

    def interference(self, state: str, m_4: ArrayLike, flavour: str | None = None) -> Array:
        r"""Expected events from the interference of weak and dipole scattering, shape ``(*m_4.shape, n_bins)``.

        For :math:`\mathrm{Re}[\sum_jU^*_{\alpha j}\tilde\lambda_{j4}U_{\alpha4}]` of one Bohr magneton, or of a mass
        eigenstate what stands in its place (:func:`companion.mixing.interference_form`), exact in ``m_4``
        (:func:`companion.cross_sections.interference`); of either sign, and zero for a massless state.

        Parameters
        ----------
        state : {"e", "mu", "tau", "1", "2", "3"}
            flavour, neutrinos and antineutrinos together, or mass eigenstate; zero if the beam has none
        m_4 : array_like
            mass of the sterile state (MeV), zero allowed
        flavour : {"e", "mu", "tau"}, optional
            whose weak couplings a mass eigenstate has; a flavour has its own
        """
        if flavour is None and state in EIGENSTATES:
            raise ValueError(f"the weak scattering of the mass eigenstate {state} needs a flavour: e, mu or tau")
        if state in EIGENSTATES:
            return self._events("interference", state, m_4, f"nu_{flavour}")
        if flavour not in (None, state):
            raise ValueError(f"neutrinos of flavour {state} have the weak couplings of their own, not of {flavour}")
        return self._events("interference", state, m_4)

    def _events(self, process: str, state: str, m_4: ArrayLike, weak: str | None = None) -> Array:
        if state not in SPECIES:
            raise ValueError(f"no state {state!r}; there are {', '.join(SPECIES)}")
        m_4 = checked_masses(m_4)
        total = np.zeros((*m_4.shape, *self.observed.shape))
        for channel in self.channels:
            for species in SPECIES[state]:
                if species in channel.fluxes:
                    total = total + channel.counts(process, species, m_4, weak)
        return total

    def template(self, what: str | Coupling, m_4: ArrayLike) -> Array:
        """Dipole events for a coupling of 1 mu_B, shape ``(..., n_bins)``; they scale with its square.

        Parameters
        ----------
        what : str or Coupling
            ``"mu_e"``, ..., ``"lambda_34"``, or a value of :mod:`companion.couplings`
        m_4 : array_like
            mass of the sterile state (MeV); broadcasts against the squared moments of the coupling
        """
        chosen = coupling(what)
        seen = self.converted(chosen.mixing)
        m_4 = checked_masses(m_4)
        total = np.zeros((*m_4.shape, *self.observed.shape))
        for state, squared in chosen.squares(seen.states).items():
            total = total + np.asarray(squared)[..., np.newaxis] * seen._events("dipole", state, m_4)
        return total

    def linear_template(self, what: str | Coupling, m_4: ArrayLike) -> Array:
        """Events that scale with the coupling itself, per mu_B: its interference; zero by default.

        Shape and parameters as for :meth:`template`.
        """
        m_4 = checked_masses(m_4)
        total = np.zeros((*m_4.shape, *self.observed.shape))
        chosen = coupling(what)
        seen = self.converted(chosen.mixing)
        for (state, flavour), weight in chosen.linear(seen.states).items():
            total = total + np.asarray(weight)[..., np.newaxis] * seen.interference(state, m_4, flavour)
        return total

    def maximum_mass(self, what: str | Coupling) -> float:
        """Kinematic edge: the largest ``m_4`` (MeV) that this experiment can produce and see through a coupling."""
        chosen = coupling(what)
        seen = self.converted(chosen.mixing)
        edges = [
            float(kinematics.maximum_mass(flux.maximum_energy, channel.scatterer.mass, channel.response.window))
            for state in chosen.squares(seen.states)
            for channel in seen.channels
            for species, flux in channel.fluxes.items()
            if species in SPECIES[state]
        ]
        return max(edges, default=0.0)

    def expected(self, what: str | Coupling, value: ArrayLike, m_4: ArrayLike) -> Array:
        """Signal events, Standard Model plus dipole; ``value`` (mu_B) and ``m_4`` (MeV) broadcast.

        With an interference the sign of ``value`` matters.
        """
        chosen = coupling(what)
        value = np.asarray(value, float)
        if not np.all(np.isfinite(value)):
            raise ValueError("the value of a coupling must be finite (mu_B)")
        if np.any(np.abs(value) > LARGEST_COUPLING):
            raise ValueError(f"a coupling is at most {LARGEST_COUPLING:g} mu_B, far above anything physical")
        base = self.converted(chosen.mixing).standard_model()
        signal = base + value[..., np.newaxis] ** 2 * self.template(chosen, m_4)
        if chosen.interferes:
            signal = signal + value[..., np.newaxis] * self.linear_template(chosen, m_4)
        return signal

    def chi2(self, what: str | Coupling, value: ArrayLike, m_4: ArrayLike) -> Array:
        """Chi-square with all pulls profiled; ``value`` (mu_B) and ``m_4`` (MeV) broadcast."""
        return self.likelihood.chi2(self.expected(what, value, m_4))

    def cite(self) -> str:
        """What its data and inputs rest on, as BibTeX."""
        from ..citations import bibtex

        return bibtex(self.sources)

    def cost(self, what: str | Coupling, m_4: float, **options: Any) -> Cost:
        """The chi-square as a cost function for iminuit and samplers, see :func:`companion.cost.cost`."""
        from ..cost import cost

        return cost(self, what, m_4, **options)

    def asimov(self, what: str | Coupling = "mu_e", value: float = 0.0, m_4: float = 0.0) -> Experiment:
        """The same experiment with its expectation as data, without a moment by default: for expected limits."""
        expected = self.likelihood.expected(self.expected(what, value, m_4))
        likelihood = self.likelihood.with_observed(expected)
        return replace(self, likelihood=likelihood, projected=True, _built={**self._built, "likelihood": likelihood})


def checked_masses(m_4: ArrayLike) -> Array:
    """Masses as an array; an error if one is negative, not finite or absurd."""
    m_4 = np.asarray(m_4, float)
    if not np.all((m_4 >= 0) & (m_4 <= LARGEST_MASS)):
        raise ValueError(f"masses m_4 must be finite and not negative, and below {LARGEST_MASS:g} MeV")
    return m_4
