r"""Limits by other conventions than a fixed difference of the chi-square, and what limit was to be expected.

``"asymptotic"`` limits, :func:`companion.limits.upper_limit`, hold where :math:`\Delta\chi^2` is distributed as Wilks
says.  Collaborations also use

- Feldman-Cousins: the critical value is that quantile of :math:`\Delta\chi^2` which pseudo-data with the tested
  coupling have, so that the interval covers by construction;
- CLs: the p-value of the tested coupling over that of no moment, which excludes nothing without sensitivity to it;
- power-constrained: never below what one standard deviation of luck gives without a moment.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from .couplings import Coupling
from .experiments import Experiment, of
from .experiments.experiment import checked_masses
from .lines import MassLines, along
from .statistics import delta_chi2
from .toys import Toys

__all__ = ["METHODS", "ExpectedLimit", "cls", "critical_values", "expected_limit", "feldman_cousins", "upper_limit"]

Array = NDArray[np.float64]

METHODS = ("asymptotic", "feldman-cousins", "cls", "power-constrained")
"""Conventions of an upper limit."""

TESTED = 9
"""True couplings at which critical values are thrown; they are straight lines in the coupling in between."""


@dataclass(frozen=True, eq=False)
class ExpectedLimit:
    """Upper limits to be expected without a moment, at each mass, all in mu_B.

    Attributes
    ----------
    median : ndarray
        half of all experiments set a stronger limit
    one_sigma, two_sigma : pair of ndarray
        ends of the bands that hold 68.3 % and 95.4 % of all limits
    """

    median: Array
    one_sigma: tuple[Array, Array]
    two_sigma: tuple[Array, Array]


def expected_limit(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    toys: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> ExpectedLimit:
    r"""Median limit and bands without a moment.

    Parameters
    ----------
    experiment, coupling, m_4, confidence, dof
        as in :func:`companion.limits.upper_limit`
    toys : int
        sets of pseudo-data at each mass; 0 for the expectation as data, whose limit is the median where
        :math:`\mu^2` is Gaussian: with its error :math:`\sigma` the band is then where
        :math:`\hat\mu^2=\pm\sigma,\pm2\sigma`
    seed, executor, workers
        see :class:`companion.toys.Toys`

    Returns
    -------
    ExpectedLimit
        inf where the experiment is blind
    """
    level, masses = delta_chi2(confidence, dof), checked_masses(m_4)
    source = of(experiment)
    if toys == 0:
        lines = along(source.asimov(), coupling, masses, level)
        sigma = lines.line.largest(level) / level**0.5
        ends = [lines.couplings(sigma * _shifted(shift, level), np.inf) for shift in (-2, -1, 0, 1, 2)]
    else:
        probabilities = ndtr([-2, -1, 0, 1, 2])
        columns = []
        for mass in masses.ravel():
            thrown = Toys(source, coupling, float(mass), number=toys, seed=seed, confidence=confidence, dof=dof)
            limits = thrown.run(executor=executor, workers=workers).high
            # an order statistic: some of the limits may be infinite
            columns.append(np.quantile(limits, probabilities, method="inverted_cdf"))
        ends = [np.reshape(column, masses.shape) for column in np.transpose(columns)]
    return ExpectedLimit(ends[2], (ends[1], ends[3]), (ends[0], ends[4]))


def _shifted(shift: float, level: float) -> float:
    """Limit on a Gaussian quantity that is not negative, over its error, for an estimate of ``shift`` errors."""
    return float(shift + level**0.5 if shift >= 0 else shift + (shift**2 + level) ** 0.5)


def critical_values(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: float,
    values: ArrayLike,
    *,
    confidence: float = 0.90,
    toys: int = 2000,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> Array:
    """Quantiles of the chi-square difference between a true coupling and the best one: Feldman and Cousins.

    Parameters
    ----------
    experiment, coupling, m_4
        at one mass (MeV)
    values : array_like
        true couplings (mu_B)
    confidence, toys, seed, executor, workers
        see :func:`expected_limit`

    Returns
    -------
    ndarray
        2.71 for 90 % if Wilks is right, in the shape of the values
    """
    delta_chi2(confidence)
    quantiles = []
    for number, value in enumerate(np.ravel(np.asarray(values, float))):
        # streams of their own: one seed for all would move all of them together
        fits = Toys(experiment, coupling, m_4, value=float(value), number=toys, seed=seed + 7919 * number)
        thrown = fits.run(executor=executor, workers=workers)
        difference = thrown.tested - thrown.minimum
        # of few counts it takes few values: the smallest of them that is enough
        quantiles.append(np.quantile(difference, confidence, method="inverted_cdf"))
    return np.reshape(quantiles, np.shape(values))


def feldman_cousins(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    toys: int = 2000,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> tuple[Array, Array]:
    """Smallest and largest coupling (mu_B) inside the critical values of :func:`critical_values`, at each mass."""
    source, masses = of(experiment), checked_masses(m_4)
    level = delta_chi2(confidence)
    ends = np.empty((masses.size, 2))
    for k, mass in enumerate(masses.ravel()):
        lines = along(source, coupling, float(mass), 3 * level)
        ends[k] = 0.0, np.inf
        furthest = lines.line.largest(3 * level) if lines.seen.any() else np.array([np.inf])
        if not np.isfinite(furthest[0]):
            continue
        tested = float(lines.couplings(furthest, np.inf).ravel()[0]) * np.linspace(0, 1, TESTED)
        critical = critical_values(
            source, coupling, float(mass), tested, confidence=confidence, toys=toys, seed=seed, executor=executor,
            workers=workers,
        )  # fmt: skip
        fine = np.linspace(0, tested[-1], 400)
        x = fine**2 / lines.line.scale[0]
        excess = lines.line.chi2(x, np.zeros(len(x), np.intp)) - lines.line.minimum[1][0]
        excess -= np.interp(fine, tested, critical)
        inside = np.flatnonzero(excess <= 0)
        if len(inside):
            first, last = inside[0], inside[-1]
            ends[k, 0] = 0.0 if first == 0 else _zero(fine, excess, first - 1)
            ends[k, 1] = np.inf if last == len(fine) - 1 else _zero(fine, excess, last)
    return ends[:, 0].reshape(masses.shape), ends[:, 1].reshape(masses.shape)


def _zero(x: Array, y: Array, k: int) -> float:
    """Where a straight line from one point to the next crosses zero."""
    return float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))


def cls(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    toys: int = 0,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> Array:
    r"""Upper limit (mu_B) by CLs at each mass, :math:`p_{s+b}/(1-p_b)=1-` confidence.

    The statistic is the chi-square difference, zero where the best coupling is larger than the tested one: a one-sided
    test.  A difference of 2.706 is 90 % two-sided and 95 % one-sided, so that it is CLs with 0.95 that compares with
    the limits of :func:`companion.limits.upper_limit` at 0.90.

    Parameters
    ----------
    experiment, coupling, m_4, confidence, seed, executor, workers
        as in :func:`expected_limit`
    toys : int
        sets of pseudo-data with and without a moment at each tested coupling; 0 for the asymptotic distribution of
        Cowan, Cranmer, Gross, Vitells, arXiv:1007.1727, Eqs. (64) to (67)
    """
    source, masses = of(experiment), checked_masses(m_4)
    level = delta_chi2(confidence)
    observed = along(source, coupling, masses, 8 * level)
    expected = along(source.asimov(), coupling, masses, 8 * level)
    values = np.full(masses.size, np.inf)
    for row, k in enumerate(np.flatnonzero(observed.seen)):
        furthest = max(_furthest(lines, row, 8 * level) for lines in (observed, expected))
        if not np.isfinite(furthest):
            continue
        if toys:
            values[k] = _cls_by_toys(
                source, coupling, float(masses.ravel()[k]), furthest**0.5, confidence, toys, seed, executor, workers
            )
            continue

        def excess(coupling_value: float, row: int = row) -> float:
            q, q_A = (_above(lines, row, coupling_value**2) for lines in (observed, expected))
            return float(_asymptotic_cls(q, q_A) - (1 - confidence))

        smallest = 1e-3 * furthest**0.5
        values[k] = brentq(excess, smallest, furthest**0.5, xtol=1e-9 * smallest) if excess(smallest) > 0 else smallest
    return values.reshape(masses.shape)


def _furthest(lines: MassLines, row: int, level: float) -> float:
    """Squared coupling at which the chi-square has risen by a level."""
    return float(lines.line.largest(level)[row] * lines.line.scale[row])


def _above(lines: MassLines, row: int, squared: float) -> float:
    """The one-sided statistic of a squared coupling."""
    x = squared / lines.line.scale[row]
    best, minimum = (part[row] for part in lines.line.minimum)
    if x <= best:
        return 0.0
    return max(0.0, float(lines.line.chi2(np.array([x]), np.array([row]))[0] - minimum))


def _asymptotic_cls(q: float, q_A: float) -> float:
    """CLs of a statistic and of its value for the expectation without a moment."""
    if q <= q_A:
        return float(ndtr(-(q**0.5)) / ndtr(q_A**0.5 - q**0.5))
    root = 2 * max(q_A, 1e-12) ** 0.5
    return float(ndtr(-(q + q_A) / root) / max(ndtr(-(q - q_A) / root), 1e-300))


def _cls_by_toys(
    source: Experiment,
    coupling: str | Coupling,
    m_4: float,
    largest: float,
    confidence: float,
    toys: int,
    seed: int,
    executor: Executor | None,
    workers: int | None,
) -> float:
    lines = along(source, coupling, m_4, 25.0)
    tested = largest * np.linspace(0.05, 1, TESTED)
    ratios = []
    for number, value in enumerate(tested):
        seen = _above(lines, 0, value**2)
        shares = []
        for true in (value, 0.0):
            own_seed = seed + 7919 * number
            thrown = Toys(source, coupling, m_4, value=true, tested=float(value), number=toys, seed=own_seed)
            fits = thrown.run(executor=executor, workers=workers)
            statistic = np.where(fits.best > value, 0.0, fits.tested - fits.minimum)
            shares.append(max(float(np.mean(statistic >= seen)), 0.5 / toys))
        ratios.append(shares[0] / shares[1])
    excess = np.log(ratios) - np.log(1 - confidence)
    crossing = np.flatnonzero((excess[:-1] > 0) & (excess[1:] <= 0))
    return _zero(tested, excess, int(crossing[-1])) if len(crossing) else float("inf")


def upper_limit(
    method: str,
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    toys: int | None = None,
    seed: int = 1,
) -> Array:
    """Upper limit (mu_B) by one of the other :data:`METHODS`; the rest as in :func:`companion.limits.upper_limit`."""
    if method == "feldman-cousins":
        return feldman_cousins(experiment, coupling, m_4, confidence=confidence, toys=toys or 2000, seed=seed)[1]
    if method == "cls":
        return cls(experiment, coupling, m_4, confidence=confidence, toys=toys or 0, seed=seed)
    if method == "power-constrained":
        level = delta_chi2(confidence)
        lines = along(experiment, coupling, m_4, level)
        reached = lines.couplings(lines.line.largest(level), np.inf)
        number = 1000 if toys is None else toys
        expected = expected_limit(experiment, coupling, m_4, confidence=confidence, toys=number, seed=seed)
        return np.maximum(reached, expected.one_sigma[0])
    raise ValueError(f"the method of a limit is one of {', '.join(METHODS)}, not {method!r}")
