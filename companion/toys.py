r"""Pseudo-data of any experiment or combination, and what a fit makes of them.

Counts are thrown from the expectation at a true coupling as the likelihood says: Poisson, or Gaussian with its errors.
Where the squared errors contain the counts themselves, Eqs. (23) and (24), the counts are thrown and the errors follow.
What is known about pulls varies too, in one of two ways (``nuisance``):

``"prior"``
    the true pulls are drawn from their priors, which the fit centres at zero;
``"auxiliary"``
    the true pulls are given, and the measurements that made the priors are thrown around them.

A block of pseudo-data has its own random numbers, so that a seed means the same whoever computes what.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import __version__
from .couplings import Coupling
from .couplings import coupling as named
from .experiments import Experiment, of
from .running import Store, in_blocks
from .statistics import Gaussian, Likelihood, delta_chi2
from .statistics.line import Line

__all__ = ["Fits", "PseudoData", "Toys", "fit", "pseudo_data"]

Array = NDArray[np.float64]

BLOCK = 500
"""Sets of pseudo-data that have one stream of random numbers."""

NUISANCE = ("prior", "auxiliary")

REDRAWN = 100
"""How often pulls that lead to a negative expectation are drawn once more."""


@dataclass(frozen=True, eq=False)
class PseudoData:
    """Several sets of pseudo-data.

    Attributes
    ----------
    observed : ndarray, shape (number, n_bins)
        counts
    sigma : ndarray, shape (number, n_bins)
        their errors; a Poisson likelihood needs none
    centres : ndarray, shape (number, n_pulls)
        where the priors of the pulls are centred
    """

    observed: Array
    sigma: Array
    centres: Array


def pseudo_data(
    likelihood: Likelihood,
    signal: ArrayLike,
    number: int,
    generator: np.random.Generator,
    *,
    nuisance: str = "prior",
    pulls: ArrayLike | None = None,
) -> PseudoData:
    """Throw pseudo-data.

    Parameters
    ----------
    likelihood : Likelihood
        of one experiment or several
    signal : array_like, shape (n_bins,)
        true signal, Standard Model included
    number : int
        of sets
    generator : numpy.random.Generator
        random numbers
    nuisance : {"prior", "auxiliary"}
        what is thrown of the pulls, see the module
    pulls : array_like, optional, shape (n_pulls,)
        true values around which pulls or priors are thrown, zero by default; a free pull has no prior and stays there
    """
    if nuisance not in NUISANCE:
        raise ValueError(f"nuisance is one of {', '.join(NUISANCE)}, not {nuisance!r}")
    if number < 1:
        raise ValueError(f"there must be one set of pseudo-data at least, not {number}")
    signals = np.broadcast_to(np.asarray(signal, float), (number, len(likelihood.observed)))
    middle = np.zeros(len(likelihood.pulls)) if pulls is None else np.asarray(pulls, float)
    widths = np.array([pull.sigma if np.isfinite(pull.sigma) else 0.0 for pull in likelihood.pulls])
    thrown = middle + widths * generator.standard_normal((number, len(widths)))
    if nuisance == "auxiliary":
        expected = likelihood.expected(signals, np.broadcast_to(middle, thrown.shape))
        centres = thrown
    else:
        expected, centres = _possible(likelihood, signals, thrown, middle, widths, generator), np.zeros_like(thrown)
    observed, sigma = np.empty_like(expected), np.empty_like(expected)
    first = 0
    for part in likelihood.parts:
        last = first + len(part.observed)
        bins = slice(first, last)
        observed[:, bins], sigma[:, bins] = _thrown(part, expected[:, bins], generator)
        first = last
    return PseudoData(observed, sigma, centres)


def _possible(
    likelihood: Likelihood,
    signals: Array,
    thrown: Array,
    middle: Array,
    widths: Array,
    generator: np.random.Generator,
) -> Array:
    """Expectation at pulls; those that make it negative are drawn once more."""
    expected = likelihood.expected(signals, thrown)
    for _ in range(REDRAWN):
        bad = np.flatnonzero(np.any(expected < 0, axis=-1))
        if not len(bad):
            return expected
        again = middle + widths * generator.standard_normal((len(bad), len(widths)))
        expected[bad] = likelihood.expected(signals[bad], again)
    # what remains is a pull so wide that its prior holds next to nothing else
    return np.asarray(np.maximum(expected, 0.0))


def _thrown(part: Likelihood, expected: Array, generator: np.random.Generator) -> tuple[Array, Array]:
    """Counts and errors of one data set around its expectation."""
    if not isinstance(part, Gaussian):
        counts = generator.poisson(np.maximum(expected, 0.0)).astype(float)
        return counts, np.sqrt(np.maximum(counts, 1.0))
    if not part.counting:
        return generator.normal(expected, part.sigma), np.broadcast_to(part.sigma, expected.shape)
    # the rest of the squared errors counts as well: that of what has been subtracted
    rest = np.maximum(part.sigma**2 - part.observed, 0.0)
    counts = generator.poisson(np.maximum(expected + rest, 0.0)).astype(float)
    return counts - rest, np.sqrt(np.maximum(counts, 1.0))


@dataclass(frozen=True, eq=False)
class Fits:
    """What fits of one coupling to several sets of pseudo-data say; every array has the shape (number,).

    Attributes
    ----------
    best : ndarray
        coupling (mu_B) at the minimum over non-negative squared couplings
    minimum, tested, zero : ndarray
        chi-square there, at the tested coupling and without a moment, all pulls profiled
    low, high : ndarray
        interval (mu_B) by the difference of the chi-square; high is also the upper limit
    """

    best: Array
    minimum: Array
    tested: Array
    zero: Array
    low: Array
    high: Array

    def table(self) -> Array:
        """All of them as columns, shape (number, 6)."""
        return np.stack([self.best, self.minimum, self.tested, self.zero, self.low, self.high], axis=-1)

    @classmethod
    def from_table(cls, table: Array) -> Fits:
        """From the columns of :meth:`table`."""
        return cls(*np.moveaxis(table, -1, 0))


def fit(
    likelihood: Likelihood, base: Array, template: Array, data: PseudoData, tested: float, level: float
) -> Fits:
    """Fit the strength of a template to pseudo-data.

    Parameters
    ----------
    likelihood : Likelihood
        which is fitted
    base, template : ndarray, shape (n_bins,)
        signal without a moment, and what a moment of 1 mu_B adds
    data : PseudoData
        all sets of it
    tested : float
        coupling (mu_B) whose chi-square is asked for
    level : float
        difference of the chi-square at the ends of the interval
    """
    number = len(data.observed)
    options = {"observed": data.observed, "sigma": data.sigma, "centres": data.centres}
    null = likelihood.profile(np.broadcast_to(base, (number, len(base))), **options)
    if not template.sum() > 0:
        nothing, everything = np.zeros(number), np.full(number, np.inf)
        return Fits(nothing, null.value, null.value, null.value, nothing, everything)
    line = Line(
        likelihood, base, np.broadcast_to(template, (number, len(template))), **options, follow=max(60.0, 1.2 * level)
    )
    x, minimum = line.minimum
    at_tested = null.value
    if tested:
        signal = np.broadcast_to(base + tested**2 * template, (number, len(base)))
        at_tested = likelihood.profile(signal, **options, start=null.pulls).value
    low, high = np.sqrt(line.smallest(level) * line.scale), np.sqrt(line.largest(level) * line.scale)
    # the minimum is found to some accuracy, and nothing fits better
    minimum = np.minimum(minimum, np.minimum(at_tested, null.value))
    return Fits(np.sqrt(x * line.scale), minimum, at_tested, null.value, low, high)


@dataclass(frozen=True, eq=False)
class Toys:
    """Fits to pseudo-data of one experiment at one mass and one true coupling.

    Attributes
    ----------
    experiment : str or Experiment
        or a combination
    coupling : str or Coupling
        see :mod:`companion.couplings`; without interference
    m_4 : float
        mass (MeV)
    value, tested : float
        true coupling (mu_B), and that whose chi-square is asked for, by default the true one
    number, seed : int
        of sets of pseudo-data, and of the random numbers
    nuisance : {"prior", "auxiliary"}
        see the module
    confidence, dof : float, int
        of the intervals
    """

    experiment: str | Experiment
    coupling: str | Coupling
    m_4: float
    value: float = 0.0
    number: int = 10_000
    seed: int = 1
    nuisance: str = "prior"
    confidence: float = 0.90
    dof: int = 1
    tested: float | None = None
    _ready: dict[str, Array] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        chosen = named(self.coupling)
        object.__setattr__(self, "experiment", of(self.experiment).converted(chosen.mixing))
        object.__setattr__(self, "coupling", chosen)
        if chosen.interferes:
            raise ValueError("pseudo-data are fitted without interference")
        for value in (self.value, self.tested):
            if value is not None and not (np.isfinite(value) and value >= 0):
                raise ValueError(f"a coupling is finite and not negative, not {value}")
        if self.number < 1:
            raise ValueError(f"there must be one set of pseudo-data at least, not {self.number}")
        if self.nuisance not in NUISANCE:
            raise ValueError(f"nuisance is one of {', '.join(NUISANCE)}, not {self.nuisance!r}")
        delta_chi2(self.confidence, self.dof)

    @property
    def source(self) -> Experiment:
        """The experiment."""
        assert isinstance(self.experiment, Experiment)
        return self.experiment

    def templates(self) -> tuple[Array, Array]:
        """Signal without a moment and what a moment of 1 mu_B adds, each of shape (n_bins,)."""
        if not self._ready:
            self._ready["base"] = self.source.standard_model()
            blind = self.m_4 >= self.source.maximum_mass(self.coupling)
            template = self.source.template(self.coupling, self.m_4)
            self._ready["template"] = np.zeros_like(template) if blind else template
        return self._ready["base"], self._ready["template"]

    def data(self, start: int, stop: int) -> PseudoData:
        """Some sets of pseudo-data; ``start`` is the first one of a block."""
        base, template = self.templates()
        stream = np.random.SeedSequence(self.seed, spawn_key=(start // BLOCK,))
        generator = np.random.default_rng(stream)
        signal = base + self.value**2 * template
        return pseudo_data(self.source.likelihood, signal, stop - start, generator, nuisance=self.nuisance)

    def table(self, start: int, stop: int) -> Array:
        """Fits to some sets as columns."""
        base, template = self.templates()
        level = delta_chi2(self.confidence, self.dof)
        tested = self.value if self.tested is None else self.tested
        return fit(self.source.likelihood, base, template, self.data(start, stop), tested, level).table()

    def describe(self) -> Mapping[str, object]:
        """What JSON can hold: two calculations are the same if these are."""
        first = self.data(0, 1)
        return {
            "experiment": self.source.name, "changes": self.source.changes, "coupling": named(self.coupling).name,
            "mixing": named(self.coupling).mixing.describe(), "m_4": self.m_4, "value": self.value,
            "tested": self.tested, "number": self.number, "seed": self.seed, "nuisance": self.nuisance,
            "confidence": self.confidence, "dof": self.dof, "companion": __version__,
            "first": float(first.observed.sum()).hex(),
        }  # fmt: skip

    def run(
        self,
        path: str | Path | None = None,
        *,
        executor: Executor | None = None,
        workers: int | None = 1,
        blocks: int = 1,
    ) -> Fits:
        """Throw and fit.

        Parameters
        ----------
        path : str or Path, optional
            ``.npy`` file of the fits; if it is there already, only the missing ones are made
        executor, workers
            see :func:`companion.running.in_blocks`; by default this process alone
        blocks : int
            blocks of pseudo-data that a task holds, and that an interruption can cost

        Returns
        -------
        Fits
        """
        values = np.empty((self.number, 6))
        ranges = [(start, min(start + BLOCK, self.number)) for start in range(0, self.number, BLOCK)]
        store = None
        if path is not None:
            columns = ["best", "minimum", "tested", "zero", "low", "high"]
            more = {"title": "fits to pseudo-data", "columns": columns, "source": list(self.source.sources)}
            store = Store(path, values.shape, self.describe(), more)
        in_blocks(
            self.table, values, ranges, store=store, executor=executor, workers=workers, together=blocks, label="toys",
            unit="sets",
        )  # fmt: skip
        return Fits.from_table(values)
