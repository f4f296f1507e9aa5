r"""Chi-squares as cost functions with named parameters, for iminuit, emcee and whatever minimises or samples.

They follow the conventions of iminuit, and need neither of the two: a cost function is called with its parameters one
by one, has ``_parameters`` (names with limits), ``errordef`` and ``grad``, and costs add up with ``+``, parameters of
the same name in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, pi
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .couplings import Coupling, Mixing, Moments, production_forms
from .couplings import coupling as named
from .experiments import Experiment, combine, of
from .experiments.experiment import checked_masses
from .mixing import ANGLES, PHASES

__all__ = ["Cost", "cost"]

Array = NDArray[np.float64]
Limits = tuple[float, float] | None

FORMS = ("moduli", "cartesian")
STEP = 1e-5
"""Step (radians) of the derivatives by angles and phases: central differences of sines are good to ten digits."""


class Hypothesis(Protocol):
    """Moments as a function of parameters.

    Attributes
    ----------
    limits : mapping of str to pair of float, or None
        the parameters
    start : mapping of str to float
        values to start from
    """

    @property
    def limits(self) -> Mapping[str, Limits]: ...

    @property
    def start(self) -> Mapping[str, float]: ...

    def signal(self, part: Experiment, m_4: float, x: Array) -> Array:
        """Signal of parameters of shape (..., n_parameters), shape (..., n_bins)."""

    def slopes(self, part: Experiment, m_4: float, x: Array) -> Array:
        """Its derivatives by the parameters at one point, shape (n_parameters, n_bins)."""


@dataclass(frozen=True, eq=False)
class _Mixed:
    """What hypotheses have in common: free angles and phases beside their own parameters, which come first.

    Attributes
    ----------
    mixing : Mixing
        what is not free
    free : tuple of str
        angles and phases that are parameters
    unit : float
        unit of the couplings (mu_B)
    """

    mixing: Mixing
    free: tuple[str, ...]
    unit: float

    def _mixing(self, angles: Array) -> Mixing:
        """The mixing for values of the free angles and phases, shape (..., n_free)."""
        given: tuple[dict[str, ArrayLike], dict[str, ArrayLike]] = ({}, {})
        for k, name in enumerate(self.free):
            given[name in PHASES][name] = angles[..., k] if angles.ndim > 1 else float(angles[k])
        return replace(
            self.mixing, angles={**self.mixing.angles, **given[0]}, phases={**self.mixing.phases, **given[1]}
        )

    @property
    def _free_limits(self) -> dict[str, Limits]:
        return {name: (0.0, pi / 2) if name in ANGLES else None for name in self.free}

    @property
    def _free_start(self) -> dict[str, float]:
        values = {**dict.fromkeys((*ANGLES, *PHASES), 0.0), **self.mixing.angles, **self.mixing.phases}
        return {name: float(np.asarray(values[name])) for name in self.free}

    def signal(self, part: Experiment, m_4: float, x: Array) -> Array:
        raise NotImplementedError

    def _by_angles(self, part: Experiment, m_4: float, x: Array) -> list[Array]:
        """Derivatives of the signal by the free angles and phases."""
        slopes = []
        for k in range(len(x) - len(self.free), len(x)):
            step = STEP * np.eye(len(x))[k]
            slopes.append((self.signal(part, m_4, x + step) - self.signal(part, m_4, x - step)) / (2 * STEP))
        return slopes


@dataclass(frozen=True, eq=False)
class _One(_Mixed):
    """One coupling."""

    coupling: Coupling

    @property
    def limits(self) -> dict[str, Limits]:
        own = None if self.coupling.interferes else (0.0, inf)
        return {self.coupling.name: own, **self._free_limits}

    @property
    def start(self) -> dict[str, float]:
        return {self.coupling.name: 1.0, **self._free_start}

    def _terms(self, part: Experiment, m_4: float, x: Array) -> tuple[Array, Array | float]:
        """Quadratic and linear template for a value of one unit."""
        chosen = replace(self.coupling, mixing=self._mixing(x[..., 1:])) if self.free else self.coupling
        quadratic = self.unit**2 * part.template(chosen, m_4)
        return quadratic, self.unit * part.linear_template(chosen, m_4) if chosen.interferes else 0.0

    def signal(self, part: Experiment, m_4: float, x: Array) -> Array:
        quadratic, linear = self._terms(part, m_4, x)
        value = x[..., :1]
        total: Array = part.standard_model() + value**2 * quadratic + value * linear
        return total

    def slopes(self, part: Experiment, m_4: float, x: Array) -> Array:
        quadratic, linear = self._terms(part, m_4, x)
        return np.stack([2 * x[0] * quadratic + linear, *self._by_angles(part, m_4, x)])


@dataclass(frozen=True, eq=False)
class _Three(_Mixed):
    """All three moments to the sterile state, by moduli and phases or by real and imaginary parts."""

    form: str

    @property
    def limits(self) -> dict[str, Limits]:
        if self.form == "moduli":
            own: dict[str, Limits] = {f"lambda_{pair}": (0.0, inf) for pair in Moments.PAIRS}
            own |= {f"zeta_{pair}": None for pair in Moments.PAIRS}
        else:
            own = {f"{part}_lambda_{pair}": None for part in ("re", "im") for pair in Moments.PAIRS}
        return {**own, **self._free_limits}

    @property
    def start(self) -> dict[str, float]:
        own = list(self.limits)[:6]
        return {**dict(zip(own, (1.0, 1.0, 1.0, 0.0, 0.0, 0.0), strict=True)), **self._free_start}

    def _vector(self, x: Array) -> NDArray[np.complex128]:
        """The moments in units, shape (..., 3)."""
        if self.form == "moduli":
            return np.asarray(x[..., :3] * np.exp(1j * x[..., 3:6]))
        return np.asarray(x[..., :3] + 1j * x[..., 3:6])

    def _forms(self, part: Experiment, x: Array) -> dict[str, NDArray[np.complex128]]:
        return production_forms(part.states, self._mixing(x[..., 6:]) if self.free else self.mixing)

    def signal(self, part: Experiment, m_4: float, x: Array) -> Array:
        v, total = self._vector(x), part.standard_model()
        for state, form in self._forms(part, x).items():
            squared = np.einsum("...i,...ij,...j->...", v.conj(), form, v).real
            total = total + self.unit**2 * squared[..., np.newaxis] * part.dipole(state, m_4)
        return np.asarray(total)

    def slopes(self, part: Experiment, m_4: float, x: Array) -> Array:
        v = self._vector(x)
        if self.form == "moduli":
            phases = np.exp(1j * x[3:6])
            along = np.concatenate([np.diag(phases), np.diag(1j * v)])
        else:
            along = np.concatenate([np.eye(3), 1j * np.eye(3)])
        total = np.zeros((6, len(part.observed)))
        for state, form in self._forms(part, x).items():
            squared = 2 * np.real(along @ (v.conj() @ form))
            total += self.unit**2 * np.outer(squared, part.dipole(state, m_4))
        return np.stack([*total, *self._by_angles(part, m_4, x)])


@dataclass(frozen=True, eq=False)
class Cost:
    """Chi-square of one or more experiments as a function of named parameters; :func:`cost` makes it.

    Attributes
    ----------
    terms : tuple of (Experiment, Hypothesis)
        single experiments, each with its signal
    m_4 : float
        mass of the sterile state (MeV)
    pulls : {"profiled", "free"}
        minimised over, or parameters
    """

    terms: tuple[tuple[Experiment, Hypothesis], ...]
    m_4: float
    pulls: str
    errordef = 1.0
    """A chi-square: one standard deviation is a rise by one."""

    has_grad, verbose = True, 0
    """What the sums of iminuit ask for."""

    def __post_init__(self) -> None:
        known: dict[str, Limits] = {}
        for _, hypothesis in self.terms:
            for name, limits in hypothesis.limits.items():
                if known.setdefault(name, limits) != limits:
                    raise ValueError(f"the parameter {name!r} means two things in the costs that are added")

    @cached_property
    def experiment(self) -> Experiment:
        """The experiments as one."""
        parts = [part for part, _ in self.terms]
        return combine(parts, with_projections=True) if len(parts) > 1 else parts[0]

    @cached_property
    def _parameters(self) -> dict[str, Limits]:
        known: dict[str, Limits] = {}
        for _, hypothesis in self.terms:
            known |= hypothesis.limits
        if self.pulls == "free":
            known |= dict.fromkeys(pull.name for pull in self.experiment.likelihood.pulls)
        return known

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, in their order."""
        return tuple(self._parameters)

    @property
    def limits(self) -> dict[str, Limits]:
        """Lowest and highest value of each parameter; None where there is none."""
        return dict(self._parameters)

    @property
    def start(self) -> dict[str, float]:
        """Values to start from, by name: ``Minuit(cost, **cost.start)``."""
        values = dict.fromkeys(self._parameters, 0.0)
        for _, hypothesis in self.terms:
            values |= hypothesis.start
        return values

    @property
    def npar(self) -> int:
        """Number of parameters."""
        return len(self._parameters)

    @property
    def ndata(self) -> int:
        """Number of bins."""
        return len(self.experiment.observed)

    @cached_property
    def _places(self) -> list[NDArray[np.intp]]:
        """For each term the indices of its parameters."""
        place = {name: k for k, name in enumerate(self._parameters)}
        return [np.array([place[name] for name in hypothesis.limits]) for _, hypothesis in self.terms]

    @property
    def _number(self) -> int:
        """Number of parameters that are no pulls; they come first."""
        return self.npar - (len(self.experiment.likelihood.pulls) if self.pulls == "free" else 0)

    def signal(self, x: ArrayLike) -> Array:
        """Expected signal at parameters of shape (..., n_parameters), shape (..., n_bins)."""
        values = self._checked(x)
        pieces = [
            hypothesis.signal(part, self.m_4, values[..., place])
            for (part, hypothesis), place in zip(self.terms, self._places, strict=True)
        ]
        return np.concatenate(pieces, axis=-1)

    def chi2(self, x: ArrayLike) -> Array:
        """Chi-square at parameters of shape (..., n_parameters), shape (...)."""
        values = self._checked(x)
        likelihood = self.experiment.likelihood
        if self.pulls == "free":
            return likelihood.deviance(self.signal(values), values[..., self._number :])
        return likelihood.chi2(self.signal(values))

    def log_probability(self, x: ArrayLike) -> Array:
        """Logarithm of the posterior for a flat prior within the limits, shape (...): what emcee samples.

        ``emcee.EnsembleSampler(walkers, cost.npar, cost.log_probability, vectorize=True)``; -inf outside the limits.
        """
        values = self._checked(x)
        inside = np.ones(values.shape[:-1], bool)
        for k, limits in enumerate(self._parameters.values()):
            if limits is not None:
                inside &= (values[..., k] >= limits[0]) & (values[..., k] <= limits[1])
        total = np.full(values.shape[:-1], -inf)
        total[inside] = -self.chi2(values[inside]) / 2
        return total

    def __call__(self, *args: float) -> float:
        """Chi-square at values of the parameters in their order."""
        return self._value(args)

    def grad(self, *args: float) -> Array:
        """Derivatives of the chi-square by the parameters, shape (n_parameters,)."""
        return self._grad(args)

    def _value(self, args: Sequence[float]) -> float:
        return float(self.chi2(np.asarray(args, float)))

    def _grad(self, args: Sequence[float]) -> Array:
        x = self._checked(args)
        likelihood, signal, number = self.experiment.likelihood, self.signal(x), self._number
        along = np.zeros((number, signal.shape[-1]))
        first = 0
        for (part, hypothesis), place in zip(self.terms, self._places, strict=True):
            last = first + len(part.observed)
            along[place, first:last] = hypothesis.slopes(part, self.m_4, x[place])
            first = last
        if self.pulls == "profiled":
            return likelihood.derivative(signal, likelihood.profile(signal).pulls, along)
        pulls = x[number:]
        return np.concatenate([likelihood.derivative(signal, pulls, along), likelihood.by_pulls(signal, pulls)])

    def _checked(self, x: ArrayLike) -> Array:
        values = np.asarray(x, float)
        if values.shape[-1:] != (self.npar,):
            given = values.shape[-1] if values.ndim else 0
            raise ValueError(f"there are {self.npar} parameters ({', '.join(self._parameters)}), not {given}")
        return values

    def __add__(self, other: Any) -> Any:
        """The sum of two: a cost of this module has pulls in common too, one of iminuit only the parameters."""
        if isinstance(other, Cost):
            if (other.m_4, other.pulls) != (self.m_4, self.pulls):
                raise ValueError("costs add up for one mass of the sterile state, and with their pulls treated alike")
            if _units(self) | _units(other) != _units(self):
                raise ValueError("costs add up in one unit of the couplings")
            return Cost((*self.terms, *other.terms), self.m_4, self.pulls)
        if isinstance(other, (int, float)) and other == 0:
            return self
        if not hasattr(other, "_parameters"):
            return NotImplemented
        from iminuit.cost import CostSum

        return CostSum(self, other)

    def __radd__(self, other: Any) -> Any:
        # what sum() begins with
        return self.__add__(other)


def _units(one: Cost) -> set[float]:
    return {hypothesis.unit for _, hypothesis in one.terms if isinstance(hypothesis, _Mixed)}


def cost(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: float,
    *,
    form: str = "moduli",
    free: Sequence[str] = (),
    mixing: Mixing | None = None,
    pulls: str = "profiled",
    unit: float = 1e-10,
) -> Cost:
    """The chi-square of an experiment as a cost function with named parameters.

    Parameters
    ----------
    experiment : str or Experiment
        one of :func:`companion.experiments.names`, several joined by ``+``, or an experiment
    coupling : str or Coupling
        one coupling, which is the parameter of its name; or ``"lambda"`` for all three transition moments to the
        sterile state with their phases
    m_4 : float
        mass of the sterile state (MeV)
    form : {"moduli", "cartesian"}
        of the three: ``lambda_14``, ... and ``zeta_14``, ... (radians), or ``re_lambda_14``, ... and ``im_lambda_14``
    free : sequence of str
        angles and phases of the mixing that are parameters as well: ``"theta_14"``, ``"delta"``, ...
    mixing : Mixing, optional
        of what is not free; by default that of the coupling, or the global fit
    pulls : {"profiled", "free"}
        minimised over at every point, or parameters of their names with their priors in the chi-square
    unit : float
        the couplings are in this unit (mu_B), since minimisers and samplers like numbers around one

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        for an unknown name, or an angle that changes the conversion of solar neutrinos

    Examples
    --------
    >>> chi2 = cost("texono", "mu_e", 0.1)
    >>> chi2.parameters
    ('mu_e',)
    """
    if form not in FORMS:
        raise ValueError(f"three moments are written in one form of {', '.join(FORMS)}, not {form!r}")
    if pulls not in ("profiled", "free"):
        raise ValueError(f"pulls are profiled or free, not {pulls!r}")
    if not 0 < unit < inf:
        raise ValueError(f"the unit of the couplings is positive and finite (mu_B), not {unit}")
    hypothesis: _One | _Three
    if isinstance(coupling, str) and coupling == "lambda":
        hypothesis = _Three(mixing or Mixing(), tuple(free), unit, form)
    else:
        chosen = named(coupling)
        if isinstance(chosen, Moments):
            raise ValueError("the cost of all moments at a time is that of the coupling 'lambda'")
        if mixing is not None:
            chosen = replace(chosen, mixing=mixing)
        hypothesis = _One(chosen.mixing, tuple(free), unit, chosen)
    whole = of(experiment)
    own = {f"zeta_{pair}" for pair in Moments.PAIRS} if isinstance(hypothesis, _Three) else set()
    for name in free:
        if name not in (*ANGLES, *PHASES) or name in own or list(free).count(name) > 1:
            possible = ", ".join(one for one in (*ANGLES, *PHASES) if one not in own)
            raise ValueError(f"{name!r} cannot be free; what can, and once, is {possible}")
        if name in ("theta_12", "theta_13") and any(part.conversion is not None for part in whole.parts):
            raise ValueError(f"{name} changes the conversion inside the Sun: give it as a value, mixing=Mixing(...)")
    mass = float(checked_masses(m_4))
    parts = whole.converted(hypothesis.mixing).parts
    # the data of a combination may be others than those of its parts, e.g. its own expectation
    own_data = zip(parts, whole.likelihood.parts, strict=True)
    return Cost(tuple((replace(part, likelihood=likelihood), hypothesis) for part, likelihood in own_data), mass, pulls)
