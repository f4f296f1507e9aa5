r"""Moments together, with their phases: blind directions, and limits with everything else free.

The moments to the sterile state are a complex vector,
:math:`v=(\tilde\lambda_{14},\tilde\lambda_{24},\tilde\lambda_{34})`.  What an experiment counts is linear in a few
Hermitian forms of it,

.. math:: N_i(v)=S_i+\sum_kT_{ki}(m_4)\,v^\dagger A_kv,

one for each flavour of a beam (:func:`companion.moments.active_sterile_form`) or each mass eigenstate of the Sun,
Eq. (5).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise, minimize

from . import moments
from .data import table
from .experiments import Choice, Experiment, couplings
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
    "forms",
    "information",
    "minimum",
    "plane",
    "upper_limit",
]

ANY = (0.0, 2 * pi)
"""Range of a phase of which nothing is known."""

EIGENSTATES = ("1", "2", "3")

_SCAN = np.geomspace(1e-3, 1e6, 46)
"""Squared lengths to try along a direction, about one standard deviation each at 1."""

_BLIND = 1e-14
"""A direction is blind if its eigenvalue is less than this part of the largest: there, squares differ by rounding."""

_STARTS, _STARTS_FREE = 3, 5
"""Directions from which a search starts, without and with free phases of the mixing matrix."""

_SLSQP: dict[str, Any] = {"method": "SLSQP", "options": {"maxiter": 300, "ftol": 1e-8}}


@dataclass(frozen=True)
class Information:
    """What an experiment knows about each direction of the moments.

    Attributes
    ----------
    scales : ndarray, shape (3,)
        moments (mu_B) at which it would notice a vector along each axis, increasing; inf along a blind one
    axes : ndarray, complex, shape (3, 3)
        the axes, one per column: parts of lambda_14, lambda_24, lambda_34
    """

    scales: NDArray[np.float64]
    axes: NDArray[np.complex128]


@dataclass(frozen=True)
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
    best, error = (parameters.value("delta_CP", f"NO_{what}", unit="pi") for what in ("best", "error"))
    error *= delta_chi2(confidence) ** 0.5
    return float(best - error) * pi, float(best + error) * pi


def choices(sin2_sterile: float = 0.01) -> tuple[Choice, ...]:
    """What else can be free: options of :func:`upper_limit` with their labels.

    Parameters
    ----------
    sin2_sterile : float
        squared sines of the three active-sterile angles where these are not zero
    """
    if not 0 < sin2_sterile < 1:
        raise ValueError(f"a squared sine lies between 0 and 1, not at {sin2_sterile}")
    angles = dict(couplings.best_fit()[0]) | dict.fromkeys(
        ("theta_14", "theta_24", "theta_34"), float(np.arcsin(sin2_sterile**0.5))
    )
    return (
        Choice("delta at its best fit"),
        Choice("delta in its 90 % range", {"free": {"delta": allowed_delta()}}),
        Choice("delta free", {"free": {"delta": ANY}}),
        Choice("up to three sterile states", {"sterile_states": 3}),
        Choice(
            f"sin^2 theta_i4 = {sin2_sterile:g}, delta and delta_14 free",
            {"angles": angles, "free": {"delta": ANY, "delta_14": ANY}},
        ),
    )


def forms(
    states: Sequence[str], angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike]
) -> NDArray[np.complex128]:
    r"""Hermitian forms of the squared moment of flavours and mass eigenstates, shape (..., n_states, 3, 3).

    Each is :func:`companion.moments.production_form`: what makes the heavy state.

    Parameters
    ----------
    states : sequence of str
        ``"e"``, ``"mu"``, ``"tau"``, ``"1"``, ``"2"``, ``"3"``
    angles, phases : mapping
        radians, as for :func:`companion.moments.mixing_matrix`
    """
    shape = np.broadcast_shapes(*(np.shape(value) for value in (*angles.values(), *phases.values())))
    found = [moments.production_form(state, angles, phases) for state in states]
    if not found:
        return np.zeros((*shape, 0, 3, 3), complex)
    return np.stack([np.broadcast_to(form, (*shape, 3, 3)) for form in found], axis=-3)


class _Sight:
    """An experiment at one mass: which states it sees, with which templates, and its likelihood as a polynomial."""

    def __init__(
        self,
        experiment: Experiment,
        m_4: float,
        angles: Mapping[str, float] | None = None,
        phases: Mapping[str, float] | None = None,
    ) -> None:
        if not isinstance(experiment, Experiment):
            raise ValueError(f"an experiment comes from companion.experiments.load, this is {experiment!r}")
        if experiment.mixing:
            raise ValueError("the interference belongs to one effective moment: phases are free without a mixing only")
        best_angles, best_phases = couplings.best_fit()
        fixed = best_phases if experiment.delta is None else {"delta": experiment.delta}
        self.angles = dict(angles or experiment.angles or best_angles)
        self.phases = dict(fixed if phases is None else phases)
        found: dict[str, NDArray[np.float64]] = {}
        first = 0
        for part in experiment.parts:
            last = first + len(part.observed)
            for state in EIGENSTATES if "1" in part.states else part.states:
                template = part.dipole(state, m_4)
                named = f"lambda_{state}4" if state in EIGENSTATES else f"mu_{state}"
                # kinematics decides what is seen, not the underflow of a tiny rate
                if m_4 < part.maximum_mass(named) and template.sum() > 0:
                    whole = found.setdefault(state, np.zeros(len(experiment.observed)))
                    whole[first:last] += template
            first = last
        self.states = tuple(found)
        self.likelihood = experiment.likelihood
        self.standard_model = experiment.standard_model()
        self.templates = np.array(list(found.values())).reshape(len(found), len(experiment.observed))
        sigma = np.sqrt(np.sum((self.templates / self.likelihood.sigma) ** 2, axis=-1))
        self.unit = 1 / sigma  # squared moment (mu_B^2) of each state that is one standard deviation, pulls apart

    def forms(self, phases: Mapping[str, ArrayLike] | None = None) -> NDArray[np.complex128]:
        """The forms of the states that are seen, ``phases`` on top of the fixed ones."""
        return forms(self.states, self.angles, {**self.phases, **(phases or {})})

    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
        """Eigenvalues (mu_B^-2), increasing and zero where blind, and axes of the sum of all forms over their units."""
        if not self.states:
            return np.zeros(3), np.eye(3, dtype=complex)
        values, vectors = np.linalg.eigh(np.tensordot(1 / self.unit, self.forms(), 1))
        return np.where(values > _BLIND * values[-1], values, 0.0), vectors

    def blind(self) -> NDArray[np.complex128]:
        """Orthonormal directions without a signal, shape (3, number)."""
        values, vectors = self.axes()
        return vectors[:, values == 0]

    def whitening(self) -> NDArray[np.complex128]:
        """Moments per length in a space where every direction is one standard deviation at about 1.

        Shape (3, dimensions); blind directions are left out.
        """
        values, vectors = self.axes()
        return vectors[:, values > 0] / np.sqrt(values[values > 0])

    def chi2(self, squares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Profiled chi-square for squared moments (mu_B^2) of the states, shape (..., n_states)."""
        return self.likelihood.chi2(self.standard_model + squares @ self.templates)


def _squares(A: NDArray, v: NDArray) -> NDArray[np.float64]:
    """The forms ``A``, shape (..., n_states, 3, 3), of moments ``v``, shape (..., 3, sterile states)."""
    return np.einsum("...ia,...kij,...ja->...k", v.conj(), A, v, optimize=False).real


class _Search:
    """A modulus as large as a chi-square allows, or the smallest chi-square: pulls and phases are searched together.

    The variables are the moments in the whitened space (real parts, then imaginary parts), the pulls in units of their
    widths, and the free phases.
    """

    def __init__(self, sight: _Sight, free: Mapping[str, tuple[float, float]], sterile_states: int) -> None:
        self.sight, self.free, self.columns = sight, dict(free), sterile_states
        self.white = sight.whitening()
        self.size = self.white.shape[1] * sterile_states
        likelihood = sight.likelihood
        self.widths = np.array([pull.sigma for pull in likelihood.pulls])
        # expectation = sum_kp (1, q)_k polynomial_kp (1, z)_p: linear in squared moments and linear in pulls
        signals = np.concatenate([sight.standard_model[np.newaxis], sight.standard_model + sight.templates])
        base, design = likelihood.linear(signals)
        blocks = np.concatenate([base[np.newaxis], design * self.widths[:, np.newaxis, np.newaxis]]).swapaxes(0, 1)
        self.polynomial = np.concatenate([blocks[:1], blocks[1:] - blocks[0]])
        self.bounds: list[tuple[float | None, float | None]] = [(None, None)] * (2 * self.size + len(self.widths))
        # all values means a circle: no walls on it
        self.bounds += [(None, None) if high - low >= 2 * pi - 1e-12 else (low, high) for low, high in free.values()]
        # products of two elements of U: trigonometric polynomials of degree two in each phase, known from five values
        samples = np.meshgrid(*(2 * pi / 5 * np.arange(5) for _ in free), indexing="ij")
        sampled = sight.forms(dict(zip(free, samples, strict=True)))
        self.harmonics = np.fft.fftn(sampled, axes=tuple(range(len(free)))) / 5 ** len(free)
        self._last: tuple[NDArray[np.float64], tuple[float, NDArray[np.float64]]] | None = None

    def moments(self, y: NDArray[np.float64]) -> NDArray[np.complex128]:
        """The moments (mu_B), shape (3, sterile states)."""
        x = y[: self.size] + 1j * y[self.size : 2 * self.size]
        return self.white @ x.reshape(-1, self.columns)

    def phases(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """The free phases, shape (number,)."""
        return y[len(y) - len(self.free) :]

    def forms(self, phases: NDArray[np.float64]) -> list[NDArray[np.complex128]]:
        """The forms at the free phases, and their derivatives with respect to each."""
        wave = np.array([0, 1, 2, -2, -1])
        result = []
        for turned in (None, *range(len(phases))):
            A = self.harmonics
            for k, phase in enumerate(phases):
                A = np.tensordot(np.exp(1j * wave * phase) * (1j * wave if k == turned else 1), A, 1)
            result.append(A)
        return result

    def chi2(self, y: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The chi-square, pulls not profiled, and its gradient."""
        # the optimiser asks for the two of them one after the other
        if self._last is None or not np.array_equal(self._last[0], y):
            self._last = (y.copy(), self._chi2(y))
        return self._last[1]

    def _chi2(self, y: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        v = self.moments(y)
        A, *turned = self.forms(self.phases(y))
        Av = A @ v
        squares = np.append(1.0, np.sum(v.conj() * Av, axis=(-2, -1)).real)
        z = y[2 * self.size : 2 * self.size + len(self.widths)]
        pulls = np.append(1.0, z)
        by_pull = (squares @ self.polynomial.reshape(len(squares), -1)).reshape(len(pulls), -1)
        value, slope, _ = self.sight.likelihood.curve(pulls @ by_pull)
        by_square = (self.polynomial[1:] @ slope) @ pulls
        rotations = [by_square @ _squares(derivative, v) for derivative in turned]
        pulled = self._backwards((by_square @ Av.reshape(len(by_square), -1)).reshape(v.shape))
        return float(value.sum() + z @ z), np.concatenate([pulled, by_pull[1:] @ slope + 2 * z, rotations])

    def _backwards(self, slope: NDArray[np.complex128]) -> NDArray[np.float64]:
        """Derivatives with respect to the first variables from that with respect to conjugate moments."""
        pulled = 2 * (self.white.conj().T @ slope).ravel()
        return np.concatenate([pulled.real, pulled.imag])

    def squares(self, v: NDArray[np.complex128], phases: NDArray[np.float64]) -> NDArray[np.float64]:
        """Squared moments of the states for several moments, shape (n, 3, sterile states), and phases (n, number)."""
        A = self.sight.forms(dict(zip(self.free, phases.T, strict=True)))
        return _squares(A, v)

    def along(
        self, v: NDArray[np.complex128], phases: NDArray[np.float64], ceiling: float, exact: bool = True
    ) -> NDArray[np.float64]:
        """Factor on each of several moments, shape (n, 3, sterile states), that brings it to the ceiling; inf if none.

        The last crossing counts, with all pulls profiled; not ``exact``, the last step before it.
        """
        q = self.squares(v, phases)
        length = np.maximum(np.sum(q / self.sight.unit, axis=-1), 1e-300)
        q = q / length[:, np.newaxis]
        inside = self.sight.chi2(_SCAN[:, np.newaxis, np.newaxis] * q) <= ceiling
        last = len(_SCAN) - 1 - np.argmax(inside[::-1], axis=0)
        found = np.where(inside[-1], np.inf, np.where(inside.any(axis=0), _SCAN[last], 0.0))
        crosses = np.flatnonzero(inside.any(axis=0) & ~inside[-1])
        if exact and len(crosses):
            solved = elementwise.find_root(
                lambda t, k: self.sight.chi2(t[..., np.newaxis] * q[k]) - ceiling,
                (_SCAN[last[crosses]], _SCAN[last[crosses] + 1]),
                args=(crosses,),
                tolerances={"xrtol": 1e-10},
            )
            found[crosses] = solved.x
        return np.sqrt(found / length)

    def starts(self, towards: int | None = None) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
        """Directions of length one in the whitened space, shape (number, dimensions, sterile states), and phases."""
        random = np.random.default_rng(1)
        shape = (_STARTS_FREE if self.free else _STARTS, self.white.shape[1], self.columns)
        x = random.normal(size=shape) + 1j * random.normal(size=shape)
        # by chance: at 0 and pi a chi-square may be stationary for reasons of symmetry
        fractions = (np.arange(len(x))[:, np.newaxis] + random.random((len(x), len(self.free)))) / len(x)
        fractions = random.permuted(fractions, axis=0)
        if towards is not None:
            # the answer if the whitening were all there is to know, a little off the axis
            x[0] *= 0.1 * np.linalg.norm(self.white[towards])
            x[0, :, 0] += self.white[towards].conj()
        low, high = np.reshape(list(self.free.values()), (-1, 2)).T
        phases = low + (high - low) * fractions
        return x / np.linalg.norm(x, axis=(1, 2), keepdims=True), phases

    def variables(self, x: NDArray[np.complex128], phases: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variables at several ``x`` in the whitened space, pulls at their best, shape (n, variables)."""
        signal = self.sight.standard_model + self.squares(self.white @ x, phases) @ self.sight.templates
        best = self.sight.likelihood.best_pulls(signal)
        flat = x.reshape(len(x), -1)
        pulls = np.array(list(best.values())).reshape(-1, len(x)).T / self.widths
        return np.concatenate([flat.real, flat.imag, pulls, phases], axis=1)

    def minimum(self) -> float:
        """The smallest chi-square over the moments, all pulls and the free phases."""
        best = float(self.sight.chi2(np.zeros(len(self.sight.states))))
        if not self.sight.states:
            return best
        for y in self.variables(*self.starts()):
            best = min(best, float(minimize(self.chi2, y, jac=True, bounds=self.bounds, **_SLSQP).fun))
        return best

    def largest(self, index: int, ceiling: float) -> Extreme:
        """The largest modulus of one of the three moments below a ceiling of the chi-square."""

        def modulus(y: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            v = self.moments(y)
            square = float(np.sum(np.abs(v[index]) ** 2))
            slope = np.zeros_like(v)
            slope[index] = v[index] / square
            rest = np.zeros(len(self.widths) + len(self.free))
            return -np.log(square), -np.concatenate([self._backwards(slope), rest])

        room = {
            "type": "ineq",
            "fun": lambda y: ceiling - self.chi2(y)[0],
            "jac": lambda y: -self.chi2(y)[1],
        }
        x, phases = self.starts(index)
        reach = self.along(self.white @ x, phases, ceiling, exact=False)
        if np.isinf(reach).any():
            return self._extreme(self.white @ x[np.argmax(reach)], phases[np.argmax(reach)], np.inf)
        ends = [
            minimize(modulus, y, jac=True, bounds=self.bounds, constraints=room, **_SLSQP).x
            for y in self.variables(x * reach[:, np.newaxis, np.newaxis], phases)
        ]
        v, phases = np.array([self.moments(y) for y in ends]), np.array([self.phases(y) for y in ends])
        # wherever the search stopped, this is on the boundary
        v = v * self.along(v, phases, ceiling)[:, np.newaxis, np.newaxis]
        moduli = np.linalg.norm(v[:, index], axis=-1)
        best = int(np.argmax(moduli))
        return self._extreme(v[best], phases[best], float(moduli[best]))

    def _extreme(self, v: NDArray, phases: NDArray, value: float) -> Extreme:
        return Extreme(value, v, dict(zip(self.free, (phases % (2 * pi)).tolist(), strict=True)))


def _index(coupling: str) -> int:
    names = tuple(f"lambda_{i}4" for i in EIGENSTATES)
    if coupling not in names:
        raise ValueError(f"free phases belong to {', '.join(names)}, not to {coupling!r}")
    return names.index(coupling)


def _search(
    experiment: Experiment,
    m_4: float,
    free: Mapping[str, tuple[float, float]] | None,
    angles: Mapping[str, float] | None,
    phases: Mapping[str, float] | None,
    sterile_states: int,
) -> _Search:
    for name, (low, high) in (free or {}).items():
        if name not in ("delta", "delta_14", "delta_34"):
            raise ValueError(f"delta, delta_14 and delta_34 can be set free (those of the moments are), not {name!r}")
        if not low < high:
            raise ValueError(f"the range of {name} goes from a smaller to a larger phase, not from {low} to {high}")
    if sterile_states not in (1, 2, 3):
        raise ValueError(f"one, two or three sterile states tell all there is, not {sterile_states}")
    return _Search(_Sight(experiment, m_4, angles, phases), free or {}, sterile_states)


def _extremes(search: _Search, indices: Sequence[int], level: float) -> list[Extreme]:
    """Where each of several moduli is largest; without a search where a blind direction leaves it free."""
    blind = search.sight.blind()
    open_ended = np.linalg.norm(blind, axis=1) > 1e-6
    ceiling = search.minimum() + level if not open_ended[list(indices)].all() else np.inf
    found = []
    for index in indices:
        if open_ended[index]:
            along = blind @ blind[index].conj()
            found.append(Extreme(np.inf, (along / np.linalg.norm(along))[:, np.newaxis], {}))
        else:
            found.append(search.largest(index, ceiling))
    return found


def blind_directions(
    experiment: Experiment,
    m_4: float,
    *,
    angles: Mapping[str, float] | None = None,
    phases: Mapping[str, float] | None = None,
) -> NDArray[np.complex128]:
    """Moments that give no signal at all.

    Parameters
    ----------
    experiment : Experiment
        or a combination
    m_4 : float
        mass (MeV)
    angles, phases : mapping, optional
        of the mixing matrix (radians); by default the global fit without active-sterile mixing

    Returns
    -------
    ndarray, complex, shape (3, number)
        orthonormal parts of lambda_14, lambda_24, lambda_34, one direction per column
    """
    return _Sight(experiment, m_4, angles, phases).blind()


def information(
    experiment: Experiment,
    m_4: float,
    *,
    angles: Mapping[str, float] | None = None,
    phases: Mapping[str, float] | None = None,
) -> Information:
    r"""Eigenvalues and axes of the form :math:`\sum_kA_k/s_k`, the sum over all states that are seen.

    There :math:`s_k` is the squared moment of a state alone that is one standard deviation of the data, pulls at zero.

    Parameters are those of :func:`blind_directions`.
    """
    values, axes = _Sight(experiment, m_4, angles, phases).axes()
    with np.errstate(divide="ignore"):
        return Information(1 / np.sqrt(values[::-1]), axes[:, ::-1])


def chi2(
    experiment: Experiment,
    vectors: ArrayLike,
    m_4: float,
    *,
    angles: Mapping[str, float] | None = None,
    phases: Mapping[str, float] | None = None,
) -> NDArray[np.float64]:
    """Chi-square with all pulls profiled.

    Parameters
    ----------
    experiment, m_4, angles, phases
        as for :func:`blind_directions`
    vectors : array_like, complex, shape (..., 3)
        lambda_14, lambda_24, lambda_34 (mu_B)
    """
    sight = _Sight(experiment, m_4, angles, phases)
    v = np.asarray(vectors, complex)
    if v.shape[-1:] != (3,):
        raise ValueError(f"three moments make a vector, not {v.shape[-1:]}")
    return sight.chi2(_squares(sight.forms(), v[..., np.newaxis]))


def minimum(
    experiment: Experiment,
    m_4: float,
    *,
    free: Mapping[str, tuple[float, float]] | None = None,
    angles: Mapping[str, float] | None = None,
    phases: Mapping[str, float] | None = None,
) -> float:
    """Smallest chi-square over all moments, their phases and those that are ``free``; parameters of :func:`extreme`."""
    search = _search(experiment, m_4, free, angles, phases, 1)
    return search.minimum()


def extreme(
    experiment: Experiment,
    coupling: str,
    m_4: float,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    free: Mapping[str, tuple[float, float]] | None = None,
    angles: Mapping[str, float] | None = None,
    phases: Mapping[str, float] | None = None,
    sterile_states: int = 1,
) -> Extreme:
    """Largest modulus of a moment, the other two moments and all their phases free.

    Counted from the minimum of the chi-square over everything that is free.

    Parameters
    ----------
    experiment : Experiment
        or a combination
    coupling : str
        ``"lambda_14"``, ``"lambda_24"`` or ``"lambda_34"``
    m_4 : float
        mass (MeV)
    confidence, dof : float, int
        confidence level and degrees of freedom of the chi-square difference
    free : mapping, optional
        phases of the mixing matrix that are free as well, each with its range (radians): ``{"delta": ANY}``
    angles, phases : mapping, optional
        of the mixing matrix (radians); by default the global fit without active-sterile mixing
    sterile_states : int
        number of sterile states of this mass, whose signals add up without interference; the modulus is then the root
        of the sum of squares.  Three are the most general positive form, hence an upper bound on any result for one
    """
    index = _index(coupling)
    (found,) = _extremes(
        _search(experiment, m_4, free, angles, phases, sterile_states), [index], delta_chi2(confidence, dof)
    )
    return found


def upper_limit(
    experiment: Experiment,
    coupling: str | Sequence[str],
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    free: Mapping[str, tuple[float, float]] | None = None,
    angles: Mapping[str, float] | None = None,
    phases: Mapping[str, float] | None = None,
    sterile_states: int = 1,
) -> NDArray[np.float64]:
    """Upper limit (mu_B) on a modulus with the other moments and all phases free, at each mass.

    Parameters
    ----------
    coupling : str or sequence of str
        one of those of :func:`extreme`, or several, which cost less together
    m_4 : array_like
        masses (MeV)
    experiment, confidence, dof, free, angles, phases, sterile_states
        as for :func:`extreme`

    Returns
    -------
    ndarray, shape of ``m_4``, with the couplings, if there are several, along the first axis
        inf where a blind direction leaves the modulus free
    """
    level, masses = delta_chi2(confidence, dof), np.asarray(m_4, float)
    several = [coupling] if isinstance(coupling, str) else list(coupling)
    indices = [_index(name) for name in several]
    rows = [
        [found.value for found in _extremes(search, indices, level)]
        for search in (
            _search(experiment, mass, free, angles, phases, sterile_states)
            for mass in _progress(masses.ravel().tolist(), "limits, all else free")
        )
    ]
    values = np.reshape(np.transpose(rows), (len(several), *masses.shape))
    return values[0] if isinstance(coupling, str) else values


def plane(
    experiment: Experiment,
    pair: tuple[str, str],
    m_4: float,
    x: ArrayLike,
    y: ArrayLike,
    *,
    difference: float | None = None,
    number: int = 24,
) -> NDArray[np.float64]:
    r"""Chi-square above its minimum for two moments, the third one zero.

    Parameters
    ----------
    experiment : Experiment
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
    sight = _Sight(experiment, m_4)
    turns = np.linspace(0, 2 * pi, number, endpoint=False)
    chosen = np.array([difference]) if difference is not None else turns
    X, Y = (np.sqrt(np.asarray(axis, float)) for axis in (x, y))

    def profiled(angles: NDArray[np.float64], X: NDArray, Y: NDArray) -> NDArray[np.float64]:
        v = np.zeros((len(angles), len(Y), len(X), 3), complex)
        v[..., i] = X
        v[..., j] = Y[:, np.newaxis] * np.exp(1j * angles)[:, np.newaxis, np.newaxis]
        return sight.chi2(_squares(sight.forms(), v[..., np.newaxis])).min(axis=0)

    found = profiled(chosen, X, Y)
    lowest = found if difference is None else profiled(turns[::3], X[::4], Y[::4])
    return found - min(float(lowest.min()), float(found.min()))


def _progress(masses: list[float], label: str) -> Iterator[float]:
    """The masses, with a bar on a terminal."""
    shown = sys.stderr.isatty() and len(masses) > 1
    for number, mass in enumerate(masses):
        if shown:
            done = 30 * number // len(masses)
            print(f"\r{label} [{done * '#':<30}] {number}/{len(masses)}", end="", file=sys.stderr, flush=True)
        yield mass
    if shown:
        print("\r" + 90 * " " + "\r", end="", file=sys.stderr, flush=True)
