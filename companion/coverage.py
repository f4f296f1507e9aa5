"""Can a limit be trusted?  Coverage, goodness of fit, impact of pulls and look-elsewhere effect, by pseudo-data."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from .couplings import Coupling
from .couplings import coupling as named
from .experiments import Experiment, of
from .lines import along
from .running import in_blocks
from .statistics import delta_chi2
from .statistics.line import Line
from .toys import BLOCK, Toys, pseudo_data

__all__ = [
    "CoverageTest",
    "GoodnessOfFit",
    "Impact",
    "LookElsewhere",
    "coverage",
    "goodness_of_fit",
    "impacts",
    "joint_level",
    "look_elsewhere",
]

Array = NDArray[np.float64]

LEVELS = 60.0
"""Chi-square above the minimum up to which pseudo-data are followed."""


@dataclass(frozen=True)
class CoverageTest:
    """How often intervals and upper limits hold the true coupling.

    Attributes
    ----------
    value : float
        the true coupling (mu_B)
    interval, upper : float
        share of the pseudo-data whose interval, whose upper limit holds it
    interval_error, upper_error : float
        statistical error of each
    number : int
        of sets of pseudo-data
    """

    value: float
    interval: float
    interval_error: float
    upper: float
    upper_error: float
    number: int


def coverage(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: float,
    value: float | None = None,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    toys: int = 10_000,
    seed: int = 1,
    nuisance: str = "prior",
    executor: Executor | None = None,
    workers: int | None = 1,
) -> CoverageTest:
    """Share of pseudo-data whose :func:`companion.limits.interval` and upper limit hold the true coupling.

    Parameters
    ----------
    experiment, coupling, m_4, confidence, dof
        as in :func:`companion.limits.upper_limit`, at one mass (MeV)
    value : float, optional
        true coupling (mu_B), by default the limit on the expectation without a moment
    toys : int
        sets of pseudo-data
    seed, nuisance, executor, workers
        see :class:`companion.toys.Toys`
    """
    source, level = of(experiment), delta_chi2(confidence, dof)
    if value is None:
        lines = along(source.asimov(), coupling, m_4, level)
        value = float(lines.couplings(lines.line.largest(level), np.inf))
        if not np.isfinite(value):
            raise ValueError(f"{source.title} sets no limit at {m_4:g} MeV: say which coupling is true")
    thrown = Toys(
        source, coupling, m_4, value=value, number=toys, seed=seed, nuisance=nuisance, confidence=confidence, dof=dof
    )
    fits = thrown.run(executor=executor, workers=workers)
    inside = float(np.mean(fits.tested - fits.minimum <= level))
    below = float(np.mean(fits.high >= value))
    return CoverageTest(value, inside, _error(inside, toys), below, _error(below, toys), toys)


def _error(share: float, number: int) -> float:
    """Binomial error of a share; that of one more or less where all or none are inside."""
    bounded = min(max(share, 1 / number), 1 - 1 / number)
    return float(np.sqrt(bounded * (1 - bounded) / number))


@dataclass(frozen=True)
class GoodnessOfFit:
    """How often pseudo-data fit worse than the data.

    Attributes
    ----------
    chi2 : float
        of the data, all pulls profiled
    bins : int
        number of bins
    p_value, error : float
        share of the pseudo-data with a larger chi-square, and its statistical error
    expected : float
        median chi-square of the pseudo-data
    """

    chi2: float
    bins: int
    p_value: float
    error: float
    expected: float


def goodness_of_fit(
    experiment: str | Experiment,
    coupling: str | Coupling | None = None,
    m_4: float = 0.0,
    *,
    toys: int = 2000,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> GoodnessOfFit:
    """Compare the chi-square of the data with that of pseudo-data from the fitted expectation.

    Parameters
    ----------
    experiment : str or Experiment
        or a combination
    coupling, m_4 : str or Coupling, float, optional
        which moment is fitted, at which mass (MeV); by default none is
    toys, seed, executor, workers
        see :func:`coverage`
    """
    source = of(experiment) if coupling is None else of(experiment).converted(named(coupling).mixing)
    base = source.standard_model()
    template = np.zeros_like(base) if coupling is None else source.template(coupling, m_4)
    likelihood, signal = source.likelihood, base
    if template.sum() > 0:
        line = Line(likelihood, base, template[np.newaxis])
        signal = base + line.minimum[0][0] * line.scale[0] * template
    best = likelihood.profile(signal)
    # what is not tested stays where the data want it
    task = _Refits(source, signal, template, best.pulls, seed)
    chi2 = np.empty(toys)
    in_blocks(
        task.chi2, chi2, _blocks(toys), executor=executor, workers=workers, together=1, label="toys", unit="sets"
    )
    worse = float(np.mean(chi2 >= best.value))
    return GoodnessOfFit(
        float(best.value), len(base), worse, _error(worse, toys), float(np.median(chi2))
    )  # fmt: skip


def _blocks(toys: int) -> list[tuple[int, int]]:
    return [(start, min(start + BLOCK, toys)) for start in range(0, toys, BLOCK)]


@dataclass(frozen=True, eq=False)
class _Refits:
    """Smallest chi-square of pseudo-data thrown around fitted pulls."""

    source: Experiment
    signal: Array
    template: Array
    pulls: Array
    seed: int

    def chi2(self, start: int, stop: int) -> Array:
        generator = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(start // BLOCK,)))
        likelihood, number = self.source.likelihood, stop - start
        data = pseudo_data(
            likelihood, self.signal, number, generator, nuisance="auxiliary", pulls=self.pulls
        )  # fmt: skip
        options = {"observed": data.observed, "sigma": data.sigma, "centres": data.centres}
        base = self.source.standard_model()
        if not self.template.sum() > 0:
            return likelihood.profile(np.broadcast_to(base, data.observed.shape), **options).value
        rows = np.broadcast_to(self.template, data.observed.shape)
        return Line(
            likelihood, base, rows, observed=data.observed, sigma=data.sigma, centres=data.centres
        ).minimum[1]  # fmt: skip


@dataclass(frozen=True)
class Impact:
    """What one pull does to a limit.

    Attributes
    ----------
    pull : str
        its name
    best : float
        where the data without a moment want it, in units of its width
    down, up : float
        limit over the nominal one with the prior centred one width lower, higher
    """

    pull: str
    best: float
    down: float
    up: float


def impacts(
    experiment: str | Experiment, coupling: str | Coupling, m_4: float, *, confidence: float = 0.90, dof: int = 1
) -> tuple[Impact, ...]:
    """How the upper limit moves when what is known about each pull moves by its error, the largest effect first.

    Parameters are those of :func:`companion.limits.upper_limit`, at one mass (MeV).  Free pulls have no error.
    """
    source, level = of(experiment).converted(named(coupling).mixing), delta_chi2(confidence, dof)
    lines = along(source, coupling, m_4, level)
    if not lines.seen.any():
        raise ValueError(f"{source.title} sees nothing of {named(coupling).name} at {m_4:g} MeV")
    likelihood = source.likelihood
    pulls = [(k, pull) for k, pull in enumerate(likelihood.pulls) if np.isfinite(pull.sigma)]
    centres = np.zeros((1 + 2 * len(pulls), len(likelihood.pulls)))
    for row, (k, pull) in enumerate(pulls):
        centres[1 + 2 * row, k], centres[2 + 2 * row, k] = -pull.sigma, pull.sigma
    template = np.broadcast_to(lines.line.templates[0], (len(centres), len(lines.line.templates[0])))
    limits = np.sqrt(Line(likelihood, source.standard_model(), template, centres=centres).largest(level))
    best = likelihood.profile(source.standard_model()).pulls
    ranked = [
        Impact(pull.name, float(best[k] / pull.sigma), *(limits[1 + 2 * row : 3 + 2 * row] / limits[0]).tolist())
        for row, (k, pull) in enumerate(pulls)
    ]
    return tuple(sorted(ranked, key=lambda one: max(abs(one.down - 1), abs(one.up - 1)), reverse=True))


@dataclass(frozen=True)
class LookElsewhere:
    """An excess, and how often chance alone makes one as large at some mass.

    Attributes
    ----------
    difference : float
        largest chi-square difference between no moment and the best one over all masses
    mass : float
        where (MeV)
    local : float
        its significance at that mass, the root of the difference
    p_value, error : float
        share of pseudo-data without a moment with a larger difference at any mass, and its statistical error
    significance : float
        one-sided standard deviations of that share
    """

    difference: float
    mass: float
    local: float
    p_value: float
    error: float
    significance: float


@dataclass(frozen=True, eq=False)
class _Anywhere:
    """Largest gain of the chi-square over all masses, for pseudo-data with a true coupling at one of them."""

    source: Experiment
    base: Array
    templates: Array
    truth: Array
    seed: int

    def gains(self, start: int, stop: int) -> Array:
        generator = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(start // BLOCK,)))
        likelihood, number, masses = self.source.likelihood, stop - start, len(self.templates)
        data = pseudo_data(likelihood, self.truth, number, generator)
        options = {"observed": data.observed, "sigma": data.sigma, "centres": data.centres}
        truth = likelihood.profile(np.broadcast_to(self.truth, data.observed.shape), **options).value
        best = likelihood.profile(np.broadcast_to(self.base, data.observed.shape), **options).value
        for mass in range(masses):
            rows = np.broadcast_to(self.templates[mass], data.observed.shape)
            line = Line(
                likelihood, self.base, rows, observed=data.observed, sigma=data.sigma, centres=data.centres, follow=10.0
            )  # fmt: skip
            best = np.minimum(best, line.minimum[1])
        return np.asarray(np.maximum(truth - best, 0.0))


def _gains(
    experiment: str | Experiment,
    coupling: str | Coupling,
    masses: ArrayLike,
    truth: tuple[float, float],
    toys: int,
    seed: int,
    executor: Executor | None,
    workers: int | None,
) -> Array:
    """Gains over a true coupling at a true mass, for pseudo-data with them."""
    source = of(experiment).converted(named(coupling).mixing)
    base, templates = source.standard_model(), source.template(coupling, masses)
    seen = templates.sum(axis=-1) > 0
    value, mass = truth
    signal = base + value**2 * source.template(coupling, mass)
    task = _Anywhere(source, base, templates[seen], signal, seed)
    gains = np.empty(toys)
    in_blocks(
        task.gains, gains, _blocks(toys), executor=executor, workers=workers, together=1, label="toys", unit="sets"
    )
    return gains


def look_elsewhere(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    toys: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> LookElsewhere:
    """Global significance of an excess over masses ``m_4`` (MeV), close enough that none is missed in between."""
    masses = np.atleast_1d(np.asarray(m_4, float))
    lines = along(experiment, coupling, masses, LEVELS)
    gain = lines.null - lines.profiled()
    k = int(np.argmax(gain))
    difference = max(float(gain[k]), 0.0)
    gains = _gains(experiment, coupling, masses, (0.0, 0.0), toys, seed, executor, workers)
    share = float(np.mean(gains >= difference))
    # none of them: fewer than one
    significance = float(-ndtri(max(share, 1 / toys)))
    return LookElsewhere(
        difference, float(masses[k]), difference**0.5, share, _error(share, toys), significance
    )  # fmt: skip


def joint_level(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    value: float,
    mass: float,
    *,
    confidence: float = 0.90,
    toys: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    workers: int | None = 1,
) -> float:
    """Chi-square difference from the minimum over masses and couplings that holds a true pair in a given share.

    It is 4.61 for 90 % if there are two degrees of freedom, :func:`companion.limits.contour`; less where the mass
    matters little.

    Parameters
    ----------
    experiment, coupling
        as in :func:`companion.limits.upper_limit`
    m_4 : array_like
        masses (MeV) over which the fit goes
    value, mass : float
        true coupling (mu_B) and mass (MeV)
    confidence, toys, seed, executor, workers
        see :func:`coverage`
    """
    delta_chi2(confidence)
    masses = np.append(np.asarray(m_4, float), mass)
    gains = _gains(experiment, coupling, masses, (value, mass), toys, seed, executor, workers)
    return float(np.quantile(gains, confidence))
