r"""Upper limits, intervals and what choices do to them.

:math:`\Delta\chi^2` is counted from the minimum over :math:`\mu^2\ge0` with all pulls profiled, at fixed ``m_4``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import elementwise

from . import experiments
from .experiments import Choice, Experiment
from .statistics import delta_chi2

__all__ = ["BestFit", "best_fit", "choices", "choices_markdown", "interval", "masses", "scan", "upper_limit"]

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

    def _crossing(self, low: NDArray, high: NDArray, level: float, which: NDArray) -> NDArray[np.float64]:
        def excess(x, index):
            return self.chi2(x, index) - self.minimum[index] - level

        return elementwise.find_root(excess, (low, high), args=(which,), tolerances={"xrtol": 1e-12}).x

    def largest(self, level: float) -> NDArray[np.float64]:
        """Largest ``x`` at which the chi-square rises through its minimum plus ``level``; inf if it never does."""
        below = self.scan <= self.minimum + level
        last = np.where(below.any(axis=0), len(_SCAN) - 1 - np.argmax(below[::-1], axis=0), 0)
        low = np.maximum(_SCAN[last], self.best)
        result = np.full(len(low), np.inf)
        crosses = np.flatnonzero(last < len(_SCAN) - 1)
        high = _SCAN[np.searchsorted(_SCAN, low[crosses], side="right")]
        result[crosses] = self._crossing(low[crosses], high, level, crosses)
        return result

    def smallest(self, level: float) -> NDArray[np.float64]:
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
