r"""Upper limits, intervals and what choices do to them.

:math:`\Delta\chi^2` is counted from the minimum over :math:`\mu^2\ge0` with all pulls profiled, at fixed ``m_4``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, elementwise, minimize_scalar

from . import experiments
from .experiments import Choice, Combination, Experiment, combine
from .statistics import delta_chi2

__all__ = [
    "Allowed",
    "BestFit",
    "Contour",
    "allowed",
    "best_fit",
    "choices",
    "choices_markdown",
    "combine",
    "contour",
    "contributions",
    "excess",
    "interval",
    "interval_choices",
    "interval_choices_markdown",
    "masses",
    "reach",
    "scan",
    "upper_limit",
]

# squared couplings to scan, in units of the one that shifts the expectation by one standard deviation
_SCAN = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 181)])


@dataclass(frozen=True)
class BestFit:
    """Minimum of the chi-square over non-negative squared couplings, at each mass.

    Attributes
    ----------
    value, chi2 : ndarray
        the coupling at the minimum (mu_B) and the chi-square there, of the shape of the masses; where the
        experiment is blind the coupling is zero
    """

    value: NDArray[np.float64]
    chi2: NDArray[np.float64]


@dataclass(frozen=True)
class Contour:
    """Region of coupling and mass around the global minimum of the chi-square.

    Attributes
    ----------
    m_4 : ndarray
        masses (MeV)
    low, high : ndarray
        smallest and largest coupling (mu_B) inside at each mass; nan where no coupling is inside, 0 and inf where
        zero and everything is
    best : float
        coupling at the minimum (mu_B)
    best_mass : float
        mass at the minimum (MeV)
    chi2 : float
        the minimum
    spans : tuple of (float, float)
        masses (MeV) from which to which the region reaches, without those where nothing fits better than zero
    """

    m_4: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    best: float
    best_mass: float
    chi2: float
    spans: tuple[tuple[float, float], ...]


class _Profile:
    """The chi-square at each mass as a function of ``x``, the squared coupling in units of ``scale``."""

    def __init__(self, experiment: Experiment, coupling: str, m_4: ArrayLike) -> None:
        if not isinstance(experiment, Experiment):
            raise ValueError(f"an experiment comes from companion.experiments.load, this is {experiment!r}")
        masses = np.asarray(m_4, float)
        self.shape, masses = masses.shape, masses.ravel()
        template = experiment.template(coupling, masses)
        pull = np.sqrt(np.sum((template / experiment.likelihood.sigma) ** 2, axis=-1))
        # kinematics decides whether an experiment is blind, not the underflow of a tiny rate
        self.seen = (masses < experiment.maximum_mass(coupling)) & (pull > 0)
        self.scale = 1 / pull[self.seen]
        self._template = template[self.seen] * self.scale[:, np.newaxis]
        # the interference, if it is switched on: N = S + mu I + mu^2 D
        linear = experiment.linear_template(coupling, masses)[self.seen] if experiment.mixing else None
        self._linear = None if linear is None else linear * np.sqrt(self.scale)[:, np.newaxis]
        self._standard_model = experiment.standard_model()
        self._likelihood = experiment.likelihood
        self.index = np.arange(len(self.scale))
        self.scan = self.chi2(_SCAN[:, np.newaxis], self.index)
        lowest = np.argmin(self.scan, axis=0)
        self.best, self.minimum = _SCAN[lowest], self.scan[lowest, self.index]
        inside = np.flatnonzero((lowest > 0) & (lowest < len(_SCAN) - 1))
        if len(inside):
            k = lowest[inside]
            found = elementwise.find_minimum(self.chi2, (_SCAN[k - 1], _SCAN[k], _SCAN[k + 1]), args=(inside,))
            self.best[inside], self.minimum[inside] = found.x, found.f_x

    def chi2(self, x: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
        """Chi-square at ``x`` for the masses ``index``."""
        signal = self._standard_model + x[..., np.newaxis] * self._template[index]
        if self._linear is not None:
            signal = signal + np.sqrt(x)[..., np.newaxis] * self._linear[index]
        return self._likelihood.chi2(signal)

    def _crossing(self, low: NDArray, high: NDArray, level: ArrayLike, which: NDArray) -> NDArray[np.float64]:
        ceiling = self.minimum + level

        def excess(x, index):
            return self.chi2(x, index) - ceiling[index]

        return elementwise.find_root(excess, (low, high), args=(which,), tolerances={"xrtol": 1e-12}).x

    def largest(self, level: ArrayLike) -> NDArray[np.float64]:
        """Largest ``x`` at which the chi-square rises through its minimum plus ``level``; inf if it never does."""
        below = self.scan <= self.minimum + level
        last = np.where(below.any(axis=0), len(_SCAN) - 1 - np.argmax(below[::-1], axis=0), 0)
        low = np.maximum(_SCAN[last], self.best)
        result = np.full(len(low), np.inf)
        crosses = np.flatnonzero(last < len(_SCAN) - 1)
        high = _SCAN[np.searchsorted(_SCAN, low[crosses], side="right")]
        result[crosses] = self._crossing(low[crosses], high, level, crosses)
        return result

    def smallest(self, level: ArrayLike) -> NDArray[np.float64]:
        """Smallest ``x`` at which the chi-square falls through its minimum plus ``level``; 0 if it starts below."""
        below = self.scan <= self.minimum + level
        first = np.where(below.any(axis=0), np.argmax(below, axis=0), len(_SCAN) - 1)
        high = np.minimum(_SCAN[first], self.best)
        result = np.zeros(len(high))
        crosses = np.flatnonzero(~below[0])
        low = _SCAN[np.searchsorted(_SCAN, high[crosses], side="left") - 1]
        result[crosses] = self._crossing(low, high[crosses], level, crosses)
        return result

    def coupling(self, x: NDArray[np.float64], blind: float) -> NDArray[np.float64]:
        """From ``x`` back to couplings (mu_B) at all masses, ``blind`` where the experiment sees nothing."""
        values = np.full(self.seen.shape, blind)
        values[self.seen] = np.sqrt(x * self.scale)
        return values.reshape(self.shape)


def upper_limit(
    experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> NDArray[np.float64]:
    """Upper limit on a coupling at each mass.

    Parameters
    ----------
    experiment : Experiment
        from :func:`companion.experiments.load`
    coupling : str
        ``"mu_e"``, ``"mu_mu"``, ``"mu_tau"``, ``"lambda_14"``, ``"lambda_24"`` or ``"lambda_34"``
    m_4 : array_like
        masses (MeV)
    confidence, dof : float, int
        confidence level and degrees of freedom of the chi-square difference

    Returns
    -------
    ndarray
        the largest coupling (mu_B) with that chi-square difference; inf where the experiment is blind
    """
    level = delta_chi2(confidence, dof)
    profile = _Profile(experiment, coupling, m_4)
    return profile.coupling(profile.largest(level), blind=np.inf)


def interval(
    experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest coupling (mu_B) inside the chi-square difference; see :func:`upper_limit`.

    The lower end is 0 where zero is allowed; a blind experiment allows everything from 0 to infinity.
    """
    level = delta_chi2(confidence, dof)
    profile = _Profile(experiment, coupling, m_4)
    return profile.coupling(profile.smallest(level), blind=0.0), profile.coupling(profile.largest(level), blind=np.inf)


def best_fit(experiment: Experiment, coupling: str, m_4: ArrayLike) -> BestFit:
    """Coupling (mu_B) at the minimum of the chi-square and the minimum, at each mass (MeV)."""
    profile = _Profile(experiment, coupling, m_4)
    chi2 = np.full(profile.seen.shape, float(experiment.likelihood.chi2(experiment.standard_model())))
    chi2[profile.seen] = profile.minimum
    return BestFit(profile.coupling(profile.best, blind=0.0), chi2.reshape(profile.shape))


def contour(
    experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 2
) -> Contour:
    """Region around the global minimum over coupling and mass: the second convention beside :func:`interval`.

    Parameters
    ----------
    experiment, coupling
        as in :func:`upper_limit`
    m_4 : array_like
        increasing masses (MeV); the minimum is searched between the first and the last
    confidence, dof : float, int
        confidence level and degrees of freedom of the chi-square difference

    Returns
    -------
    Contour
    """
    masses = np.asarray(m_4, float)
    if masses.ndim != 1 or len(masses) < 3 or np.any(np.diff(masses) <= 0):
        raise ValueError("a contour needs a list of three or more increasing masses (MeV)")
    level = delta_chi2(confidence, dof)

    def minimum(mass: float) -> float:
        return float(best_fit(experiment, coupling, mass).chi2)

    profiled = best_fit(experiment, coupling, masses).chi2
    k = int(np.argmin(profiled))
    around = masses[max(k - 1, 0)], masses[min(k + 1, len(masses) - 1)]
    found = minimize_scalar(minimum, bounds=around, method="bounded", options={"xatol": 1e-4 * masses[k] + 1e-9})
    best_mass = float(found.x) if found.fun < profiled[k] else float(masses[k])
    best = best_fit(experiment, coupling, best_mass)
    ceiling = float(best.chi2) + level
    profile = _Profile(experiment, coupling, masses)
    above = np.maximum(ceiling - profile.minimum, 0.0)
    low, high = profile.coupling(profile.smallest(above), blind=0.0), profile.coupling(profile.largest(above), np.inf)
    outside = profiled > ceiling
    low, high = np.where(outside, np.nan, low), np.where(outside, np.nan, high)
    null = float(experiment.likelihood.chi2(experiment.standard_model()))
    spans = _spans(experiment, coupling, masses, min(ceiling, null))
    return Contour(masses, low, high, float(best.value), best_mass, float(best.chi2), spans)


def excess(
    experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> tuple[tuple[float, float], ...]:
    """Spans of masses (MeV) at which the :func:`interval` leaves out zero: where an excess asks for a moment.

    ``m_4`` are increasing masses (MeV), close enough that no span falls between two; the ends are then searched.
    """
    masses = np.asarray(m_4, float)
    null = float(experiment.likelihood.chi2(experiment.standard_model()))
    return _spans(experiment, coupling, masses, null - delta_chi2(confidence, dof))


def _spans(experiment: Experiment, coupling: str, masses: NDArray, ceiling: float) -> tuple[tuple[float, float], ...]:
    """Spans of masses at which the minimum over the coupling lies below a ceiling."""

    def above(mass: float) -> float:
        return float(best_fit(experiment, coupling, mass).chi2) - ceiling

    below = best_fit(experiment, coupling, masses).chi2 < ceiling
    ends = [brentq(above, masses[k], masses[k + 1], xtol=1e-9) for k in np.flatnonzero(below[1:] != below[:-1])]
    ends = [*([float(masses[0])] if below[0] else []), *ends, *([float(masses[-1])] if below[-1] else [])]
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def masses(experiment: Experiment, coupling: str, lowest: float = 1e-3, number: int = 200) -> NDArray[np.float64]:
    """Masses (MeV) for a curve from ``lowest`` to the kinematic edge, dense where the limit rises.

    Two thirds of them run geometrically up to half of the edge; the distances of the rest to the edge shrink
    geometrically to a thousandth of it.
    """
    edge = experiment.maximum_mass(coupling)
    if edge == 0:
        raise ValueError(f"{experiment.title} is blind to {coupling}: nothing in its beam couples")
    if not 0 < lowest < edge / 2:
        raise ValueError(f"masses from {lowest} MeV do not fit below half the kinematic edge of {edge:.4g} MeV")
    bulk = 2 * number // 3
    below = np.geomspace(lowest, edge / 2, bulk, endpoint=False)
    return np.concatenate([below, edge * (1 - np.geomspace(0.5, 1e-3, number - bulk))])


def contributions(
    combination: Combination,
    coupling: str,
    m_4: ArrayLike,
    *,
    limit: Callable[[Experiment, str, ArrayLike], NDArray[np.float64]] = upper_limit,
) -> list[tuple[Experiment, NDArray[np.float64], NDArray[np.float64]]]:
    """What each part of a combination adds to a limit.

    Parameters
    ----------
    combination : Combination
        of two experiments or more
    coupling, m_4
        as in :func:`upper_limit`
    limit : callable
        takes an experiment, a coupling and masses; e.g. :func:`companion.phases.upper_limit`

    Returns
    -------
    list of (part, alone, without)
        the limit (mu_B) of each part alone, and of all the others together
    """
    if len(combination.parts) < 2:
        raise ValueError(f"what parts add needs two parts or more; {combination.title} has one")
    parts = [
        replace(part, mixing=combination.mixing, delta=combination.delta, angles=combination.angles)
        for part in combination.parts
    ]
    return [
        (
            part,
            limit(part, coupling, m_4),
            limit(combine([*parts[:k], *parts[k + 1 :]], with_projections=True), coupling, m_4),
        )
        for k, part in enumerate(parts)
    ]


def reach(experiment: Experiment, coupling: str, factor: float, *, confidence: float = 0.90, dof: int = 1) -> float:
    """Mass (MeV) at which the limit has grown by a factor over that on a light sterile state.

    Parameters
    ----------
    experiment, coupling, confidence, dof
        as in :func:`upper_limit`
    factor : float
        greater than one; the first mass is meant at which it is reached
    """
    if not 1 < factor < np.inf:
        raise ValueError(f"the limit grows by a finite factor greater than one, not {factor}")

    def limit(m_4: ArrayLike) -> NDArray[np.float64]:
        return upper_limit(experiment, coupling, m_4, confidence=confidence, dof=dof)

    grid = masses(experiment, coupling)
    growth = limit(grid)
    target = factor * growth[0]
    beyond = np.flatnonzero(growth > target)
    edge = experiment.maximum_mass(coupling)
    if not len(beyond):
        raise ValueError(f"up to {grid[-1]:.6g} MeV, next to the edge at {edge:.6g} MeV, the limit never grows so much")
    low, high = grid[beyond[0] - 1], grid[beyond[0]]
    return float(brentq(lambda m_4: float(np.log(limit(m_4) / target)), low, high, xtol=1e-12, rtol=1e-10))


def choices(name: str, coupling: str, m_4: float, *, confidence: float = 0.90) -> list[tuple[Choice, float, float]]:
    """How much each choice of an experiment matters.

    Parameters
    ----------
    name, coupling : str
        experiment and coupling by name
    m_4 : float
        mass (MeV)
    confidence : float
        confidence level

    Returns
    -------
    list of (Choice, limit, ratio)
        limit (mu_B) under the alternative and its ratio to the default, which comes first
    """
    default = experiments.load(name)
    reference = float(upper_limit(default, coupling, m_4, confidence=confidence))
    rows = [(Choice("default"), reference, 1.0)]
    for choice in default.choices:
        experiment = experiments.load(name, **choice.options) if choice.options else default
        limit = float(upper_limit(experiment, coupling, m_4, confidence=confidence, dof=choice.dof))
        rows.append((choice, limit, limit / reference))
    return rows


def scan(
    name: str, coupling: str, m_4: float, option: str, values: Sequence[float], *, confidence: float = 0.90
) -> NDArray[np.float64]:
    """Limit over the default limit for several values of one option of an experiment.

    Parameters
    ----------
    name, coupling : str
        experiment and coupling by name
    m_4 : float
        mass (MeV)
    option : str
        of :func:`companion.experiments.load`
    values : sequence of float
        what to give it
    confidence : float
        confidence level
    """
    reference = upper_limit(experiments.load(name), coupling, m_4, confidence=confidence)
    moved = [
        upper_limit(experiments.load(name, **{option: float(value)}), coupling, m_4, confidence=confidence)
        for value in values
    ]
    return np.array(moved) / reference


def choices_markdown(rows: list[tuple[Choice, float, float]]) -> str:
    """The table "How much this choice matters" of :func:`choices`, in Markdown."""
    lines = ["| choice | limit [$\\mu_B$] | change |", "|---|---:|---:|"]
    lines += [f"| {choice.label} | {limit:.3e} | {100 * (ratio - 1):+.1f} % |" for choice, limit, ratio in rows]
    return "\n".join(lines)


@dataclass(frozen=True)
class Allowed:
    """What one analysis of an excess says at one mass: couplings in mu_B, chi-square without and with a moment."""

    low: float
    best: float
    high: float
    chi2_zero: float
    chi2_best: float


def allowed(experiment: Experiment, coupling: str, m_4: float, *, confidence: float = 0.90, dof: int = 1) -> Allowed:
    """Interval, best fit and chi-squares of an experiment at one mass (MeV)."""
    low, high = interval(experiment, coupling, m_4, confidence=confidence, dof=dof)
    fit = best_fit(experiment, coupling, m_4)
    return Allowed(
        float(low), float(fit.value), float(high), float(experiment.chi2(coupling, 0.0, m_4)), float(fit.chi2)
    )


def interval_choices(name: str, coupling: str, m_4: float, *, confidence: float = 0.90) -> list[tuple[Choice, Allowed]]:
    """How much each choice of an experiment with an excess matters; the default comes first.

    Parameters are those of :func:`choices`.
    """
    default = experiments.load(name)
    rows = [(Choice("default"), allowed(default, coupling, m_4, confidence=confidence))]
    for choice in default.choices:
        experiment = experiments.load(name, **choice.options) if choice.options else default
        rows.append((choice, allowed(experiment, coupling, m_4, confidence=confidence, dof=choice.dof)))
    return rows


def interval_choices_markdown(rows: list[tuple[Choice, Allowed]]) -> str:
    """The table of :func:`interval_choices`, in Markdown."""
    lines = [
        "| choice | from [$\\mu_B$] | best | to | $\\chi^2(0)$ | $\\chi^2_\\mathrm{min}$ |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {choice.label} | {r.low:.2e} | {r.best:.2e} | {r.high:.2e} | {r.chi2_zero:.2f} | {r.chi2_best:.2f} |"
        for choice, r in rows
    ]
    return "\n".join(lines)
