r"""Moments together, with their phases: blind directions, and limits with everything else free.

The moments to the sterile state are a complex vector,
:math:`v=(\tilde\lambda_{14},\tilde\lambda_{24},\tilde\lambda_{34})`.  What an experiment counts is linear in a few
Hermitian forms of it,

.. math:: N_i(v)=S_i+\sum_kT_{ki}(m_4)\,v^\dagger A_kv,

one for each flavour of a beam (:func:`companion.couplings.production_forms`) or each mass eigenstate of the Sun,
Eq. (5).  Every function takes an experiment or its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import experiments
from .couplings import STERILE, Coupling, Mixing, Transition
from .data import table
from .experiments import Choice, Experiment
from .moment_search import MomentSearch
from .moment_signals import MomentSignals, squared_moments
from .progress import bar
from .statistics import delta_chi2

__all__ = [
    "ANY",
    "Extreme",
    "Information",
    "allowed_delta",
    "blind_directions",
    "chi2",
    "choices",
    "extreme",
    "information",
    "minimum",
    "plane",
    "upper_limit",
]

Array = NDArray[np.float64]
Phases = Mapping[str, tuple[float, float]]

ANY = (0.0, 2 * pi)
"""Range of a phase of which nothing is known."""

MOMENTS = ("lambda_14", "lambda_24", "lambda_34")
FREE = ("delta", "delta_14", "delta_34")

TOGETHER = 20
"""Masses that are searched at a time."""


@dataclass(frozen=True, eq=False)
class Information:
    """What an experiment knows about each direction of the moments.

    Attributes
    ----------
    scales : ndarray, shape (3,)
        moments (mu_B) at which it would notice a vector along each axis, increasing; inf along a blind one
    axes : ndarray, complex, shape (3, 3)
        the axes, one per column: parts of lambda_14, lambda_24, lambda_34
    """

    scales: Array
    axes: NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Extreme:
    """Where a modulus is largest.

    Attributes
    ----------
    value : float
        the modulus (mu_B)
    moments : ndarray, complex, shape (3, sterile states)
        all moments there (mu_B), up to a common phase; a direction if the modulus is infinite
    phases : mapping
        the free phases of the mixing matrix there (radians)
    """

    value: float
    moments: NDArray[np.complex128]
    phases: Mapping[str, float]


def allowed_delta(confidence: float = 0.90) -> tuple[float, float]:
    """Range (radians) of the Dirac phase that the global fit allows, its error taken as Gaussian."""
    parameters = table("oscillation/parameters")
    best = parameters.value("delta_CP", "NO_best", unit="pi") * pi
    error = parameters.value("delta_CP", "NO_error", unit="pi") * pi * delta_chi2(confidence) ** 0.5
    return best - error, best + error


def choices(sin2_sterile: float = 0.01) -> tuple[Choice, ...]:
    """What else can be free: options of :func:`upper_limit` with their labels.

    Parameters
    ----------
    sin2_sterile : float
        squared sines of the three active-sterile angles where these are not zero
    """
    if not 0 < sin2_sterile < 1:
        raise ValueError(f"a squared sine lies between 0 and 1, not at {sin2_sterile}")
    mixed = Mixing(dict.fromkeys(STERILE, float(np.arcsin(sin2_sterile**0.5))))
    return (
        Choice("delta at its best fit"),
        Choice("delta in its 90 % range", {"free": {"delta": allowed_delta()}}),
        Choice("delta free", {"free": {"delta": ANY}}),
        Choice("up to three sterile states", {"sterile_states": 3}),
        Choice(
            f"sin^2 theta_i4 = {sin2_sterile:g}, delta and delta_14 free",
            {"mixing": mixed, "free": {"delta": ANY, "delta_14": ANY}},
        ),
    )


# ---------------------------------------------------------------------------------------------------------------------
# what is asked for


def _index(coupling: str | Coupling) -> int:
    name = coupling.name if isinstance(coupling, Transition) else coupling
    if name not in MOMENTS:
        raise ValueError(f"free phases belong to {', '.join(MOMENTS)}, not to {name!r}")
    return MOMENTS.index(name)


def _single(mixing: Mixing | None) -> Mixing:
    """A mixing with one value of everything."""
    chosen = mixing or Mixing()
    for name, value in (*chosen.angles.items(), *chosen.phases.items()):
        if np.ndim(value):
            raise ValueError(f"a search needs one value of {name}, not {np.size(value)}")
    return chosen


def _search(
    experiment: str | Experiment, m_4: ArrayLike, free: Phases | None, mixing: Mixing, sterile_states: int
) -> MomentSearch:
    """A search after refusing what makes no sense."""
    for name, (low, high) in (free or {}).items():
        if name not in FREE:
            raise ValueError(f"{', '.join(FREE)} can be set free (those of the moments are), not {name!r}")
        if not low < high:
            raise ValueError(f"the range of {name} goes from a smaller to a larger phase, not from {low} to {high}")
    if sterile_states not in (1, 2, 3):
        raise ValueError(f"one, two or three sterile states tell all there is, not {sterile_states}")
    return MomentSearch(MomentSignals(experiments.of(experiment), m_4, mixing), free or {}, sterile_states)


def _extremes(search: MomentSearch, indices: Sequence[int], level: float) -> list[list[Extreme]]:
    """Where each of several moduli is largest, a list for every mass; no search where a blind direction frees it."""
    number = len(search.white)
    open_ended = np.linalg.norm(search.blind, axis=2) > 1e-6
    bounded = [(mass, index) for mass in range(number) for index in indices if not open_ended[mass, index]]
    solved: dict[tuple[int, int], Extreme] = {}
    if bounded:
        mass, index = np.array(bounded).T
        ceiling = search.minimum() + level
        moduli, moments, phases = search.largest(index, mass, ceiling[mass])
        for key, value, vector, turned in zip(bounded, moduli, moments, phases, strict=True):
            solved[key] = Extreme(float(value), vector, dict(zip(search.free, turned.tolist(), strict=True)))
    for mass in range(number):
        for index in indices:
            if open_ended[mass, index]:
                along = search.blind[mass] @ search.blind[mass, index].conj()
                solved[mass, index] = Extreme(np.inf, (along / np.linalg.norm(along))[:, np.newaxis], {})
    return [[solved[mass, index] for index in indices] for mass in range(number)]


# ---------------------------------------------------------------------------------------------------------------------
# what is seen


def blind_directions(
    experiment: str | Experiment, m_4: float, *, mixing: Mixing | None = None
) -> NDArray[np.complex128]:
    """Moments that give no signal at all.

    Parameters
    ----------
    experiment : str or Experiment
        or a combination
    m_4 : float
        mass (MeV)
    mixing : Mixing, optional
        angles, phases and splittings, which reach the Sun as well; by default the global fit without active-sterile
        mixing

    Returns
    -------
    ndarray, complex, shape (3, number)
        orthonormal parts of lambda_14, lambda_24, lambda_34, one direction per column
    """
    values, axes = MomentSignals(experiments.of(experiment), m_4, _single(mixing)).axes()
    return np.asarray(axes[0][:, values[0] == 0])


def information(experiment: str | Experiment, m_4: float, *, mixing: Mixing | None = None) -> Information:
    r"""Eigenvalues and axes of the form :math:`\sum_kA_k/s_k`, the sum over all states that are seen.

    There :math:`s_k` is the squared moment of a state alone that is one standard deviation of the data, pulls at zero.

    Parameters are those of :func:`blind_directions`.
    """
    values, axes = MomentSignals(experiments.of(experiment), m_4, _single(mixing)).axes()
    with np.errstate(divide="ignore"):
        return Information(1 / np.sqrt(values[0, ::-1]), axes[0][:, ::-1])


def chi2(experiment: str | Experiment, vectors: ArrayLike, m_4: float, *, mixing: Mixing | None = None) -> Array:
    """Chi-square with all pulls profiled.

    Parameters
    ----------
    experiment, m_4, mixing
        as for :func:`blind_directions`
    vectors : array_like, complex, shape (..., 3)
        lambda_14, lambda_24, lambda_34 (mu_B)
    """
    v = np.asarray(vectors, complex)
    if v.shape[-1:] != (3,):
        raise ValueError(f"three moments make a vector, not {v.shape[-1:]}")
    signals = MomentSignals(experiments.of(experiment), m_4, _single(mixing))
    return signals.chi2(squared_moments(signals.forms(), v[..., np.newaxis]), np.array(0))


# ---------------------------------------------------------------------------------------------------------------------
# limits


def minimum(
    experiment: str | Experiment, m_4: float, *, free: Phases | None = None, mixing: Mixing | None = None
) -> float:
    """Smallest chi-square over all moments, their phases and those that are ``free``; parameters of :func:`extreme`."""
    return float(_search(experiment, m_4, free, _single(mixing), 1).minimum()[0])


def extreme(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: float,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    free: Phases | None = None,
    mixing: Mixing | None = None,
    sterile_states: int = 1,
) -> Extreme:
    """Largest modulus of a moment, the other two moments and all their phases free.

    Counted from the minimum of the chi-square over everything that is free.

    Parameters
    ----------
    experiment, m_4, mixing
        as for :func:`blind_directions`
    coupling : str or Transition
        ``"lambda_14"``, ``"lambda_24"`` or ``"lambda_34"``
    confidence, dof : float, int
        confidence level and degrees of freedom of the chi-square difference
    free : mapping, optional
        phases of the mixing matrix that are free as well, each with its range (radians): ``{"delta": ANY}``
    sterile_states : int
        number of sterile states of this mass, whose signals add up without interference; the modulus is then the root
        of the sum of squares.  Three are the most general positive form, hence an upper bound on any result for one
    """
    level, index = delta_chi2(confidence, dof), _index(coupling)
    search = _search(experiment, m_4, free, _single(mixing), sterile_states)
    return _extremes(search, [index], level)[0][0]


def upper_limit(
    experiment: str | Experiment,
    coupling: str | Coupling | Sequence[str | Coupling],
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    free: Phases | None = None,
    mixing: Mixing | None = None,
    sterile_states: int = 1,
) -> Array:
    """Upper limit (mu_B) on a modulus with the other moments and all phases free, at each mass.

    Parameters
    ----------
    coupling : str, Transition or sequence of them
        one of those of :func:`extreme`, or several, which cost less together
    m_4 : array_like
        masses (MeV)
    experiment, confidence, dof, free, mixing, sterile_states
        as for :func:`extreme`

    Returns
    -------
    ndarray, shape of ``m_4``, with the couplings, if there are several, along the first axis
        inf where a blind direction leaves the modulus free
    """
    level, masses, chosen = delta_chi2(confidence, dof), np.asarray(m_4, float), _single(mixing)
    alone = isinstance(coupling, (str, Coupling))
    several = [coupling] if isinstance(coupling, (str, Coupling)) else list(coupling)
    indices, seen_by = [_index(name) for name in several], experiments.of(experiment)
    flat = masses.ravel()
    values = np.empty((len(several), flat.size))
    with bar(flat.size, "limits, all else free", "masses") as progress:
        for first in range(0, flat.size, TOGETHER):
            some = flat[first : first + TOGETHER]
            rows = _extremes(_search(seen_by, some, free, chosen, sterile_states), indices, level)
            values[:, first : first + TOGETHER] = np.transpose([[one.value for one in row] for row in rows])
            progress.update(len(some))
    shaped = values.reshape(len(several), *masses.shape)
    return shaped[0] if alone else shaped


def plane(
    experiment: str | Experiment,
    pair: tuple[str, str],
    m_4: float,
    x: ArrayLike,
    y: ArrayLike,
    *,
    difference: float | None = None,
    number: int = 24,
) -> Array:
    r"""Chi-square above its minimum for two moments, the third one zero.

    Parameters
    ----------
    experiment : str or Experiment
        or a combination
    pair : (str, str)
        e.g. ``("lambda_14", "lambda_24")``
    m_4 : float
        mass (MeV)
    x, y : array_like
        squared moduli (mu_B^2) of the first and the second
    difference : float, optional
        phase of the second minus that of the first (radians); the most favourable one by default
    number : int
        phases from which the most favourable one is taken

    Returns
    -------
    ndarray, shape (len(y), len(x))
        counted from the smallest value in this plane, of any phase difference
    """
    i, j = (_index(coupling) for coupling in pair)
    if i == j:
        raise ValueError(f"a plane needs two different moments, not {pair[0]!r} twice")
    signals = MomentSignals(experiments.of(experiment), m_4, Mixing())
    turns = np.linspace(0, 2 * pi, number, endpoint=False)
    chosen = np.array([difference]) if difference is not None else turns
    X, Y = (np.sqrt(np.asarray(axis, float)) for axis in (x, y))

    def profiled(angles: Array, X: Array, Y: Array) -> Array:
        """The smallest chi-square over some phase differences."""
        v = np.zeros((len(angles), len(Y), len(X), 3), complex)
        v[..., i] = X
        v[..., j] = Y[:, np.newaxis] * np.exp(1j * angles)[:, np.newaxis, np.newaxis]
        squares = squared_moments(signals.forms(), v[..., np.newaxis])
        return np.asarray(signals.chi2(squares, np.array(0)).min(axis=0))

    values = profiled(chosen, X, Y)
    lowest = values if difference is None else profiled(turns[::3], X[::4], Y[::4])
    return values - min(float(lowest.min()), float(values.min()))
