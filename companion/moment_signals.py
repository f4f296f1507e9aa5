"""What experiments count of the moments to the sterile state: templates and forms of the states of their beams."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .couplings import EIGENSTATES, Effective, Mixing, Transition, production_forms
from .experiments import Experiment
from .experiments.experiment import checked_masses
from .statistics import Likelihood

__all__ = ["MomentSignals", "squared_moments"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

SAME = 10
"""Digits behind the point to which signals in standard deviations are compared: a chi-square moves by 1e-9 at most."""

BLIND = 1e-14
"""A direction is blind if its eigenvalue is less than this part of the largest: there, squares differ by rounding."""


class MomentSignals:
    """What an experiment counts of the moments to the sterile state, at several masses.

    Attributes
    ----------
    states : tuple of str
        of the beam, or of those of a combination
    likelihood : Likelihood
        data and pulls
    base : ndarray, shape (n_bins,)
        Standard-Model signal
    templates : ndarray, shape (masses, states, n_bins)
        dipole events for a squared moment of 1 mu_B^2; zero where kinematics forbids them
    unit : ndarray, shape (masses, states)
        squared moment (mu_B^2) of each state alone that is one standard deviation, pulls at zero; inf where it is not
        seen
    """

    def __init__(self, experiment: Experiment, m_4: ArrayLike, mixing: Mixing) -> None:
        seen_by = experiment.converted(mixing)
        masses = checked_masses(m_4).ravel()
        self.mixing = mixing
        self.likelihood: Likelihood = seen_by.likelihood
        self.base = seen_by.standard_model()
        self.states: tuple[str, ...] = tuple(dict.fromkeys(state for part in seen_by.parts for state in part.states))
        self.templates = np.zeros((len(masses), len(self.states), len(seen_by.observed)))
        first = 0
        for part in seen_by.parts:
            last = first + len(part.observed)
            for state in part.states:
                of_sun = state in EIGENSTATES
                one = Transition(f"{state}4", mixing=mixing) if of_sun else Effective(state, mixing=mixing)
                events = part.dipole(state, masses)
                # kinematics decides what is seen, not the underflow of a tiny rate
                seen = masses < part.maximum_mass(one)
                self.templates[:, self.states.index(state), first:last] = np.where(seen[:, np.newaxis], events, 0.0)
            first = last
        size = np.sqrt(np.sum((self.templates / self.likelihood.sigma) ** 2, axis=-1))
        with np.errstate(divide="ignore"):
            self.unit = 1 / size

    def forms(self, phases: Mapping[str, ArrayLike] | None = None) -> Complex:
        """Hermitian forms of the states, shape (..., states, 3, 3), with phases of the mixing matrix on top."""
        mixing = Mixing(self.mixing.angles, {**self.mixing.phases, **(phases or {})}, self.mixing.splittings)
        flavours = [state for state in self.states if state not in EIGENSTATES]
        of_state = production_forms(flavours, mixing)
        of_state |= production_forms([state for state in self.states if state in EIGENSTATES], mixing)
        shape = np.broadcast_shapes((3, 3), *(form.shape for form in of_state.values()))
        return np.stack([np.broadcast_to(of_state[state], shape) for state in self.states], axis=-3)

    def axes(self) -> tuple[Array, Complex]:
        """Eigenvalues (mu_B^-2), increasing and zero where blind, and axes of the sum of all forms over their units."""
        values, vectors = np.linalg.eigh(np.einsum("mk,kij->mij", 1 / self.unit, self.forms()))
        return np.where(values > BLIND * values[:, -1:], values, 0.0), vectors

    def chi2(self, squares: Array, mass: NDArray[np.intp]) -> Array:
        """Profiled chi-square for squared moments (mu_B^2) of the states, shape (..., states), at masses by number."""
        shape = np.broadcast_shapes(np.shape(squares)[:-1], np.shape(mass))
        flat = np.broadcast_to(squares, (*shape, len(self.states))).reshape(-1, len(self.states))
        at = np.broadcast_to(mass, shape).ravel()
        total = np.zeros(len(flat))
        for likelihood, bins in self.likelihood.apart:
            templates = self.templates[..., bins]
            size = np.sqrt(np.sum((templates / likelihood.sigma) ** 2, axis=-1))
            # what differs by rounding is the same; the Sun, for one, does not see phases
            seen = np.column_stack([np.round(flat * size[at], SAME), at])
            _, first, which = np.unique(seen, axis=0, return_index=True, return_inverse=True)
            signal = self.base[bins] + np.einsum("rk,rkb->rb", flat[first], templates[at[first]])
            total += likelihood.chi2(signal)[which.ravel()]
        return total.reshape(shape)


def squared_moments(forms: Complex, v: Complex) -> Array:
    """The forms, shape (..., states, 3, 3), of moments ``v``, shape (..., 3, sterile states)."""
    return np.asarray(np.einsum("...ia,...kij,...ja->...k", v.conj(), forms, v, optimize=False).real)
