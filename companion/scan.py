r"""Chi-square on a grid of moments, phases, angles and masses, on one core, all cores, or a cluster.

The signal of a vector of transition moments :math:`\tilde\lambda_{14},\tilde\lambda_{24},\tilde\lambda_{34}` is

.. math:: N = S + \sum_\alpha\mu_\alpha^2(\tilde\lambda,U)\,D_\alpha(m_4),

with the effective moments of Eq. (6) for flavours, all phases and mixing included, and those of Eq. (5) for the mass
eigenstates that arrive from the Sun.

A grid is cut into blocks, always the same ones, and a block is always computed alike.  So the numbers do not depend, to
the last bit, on who computes which block, in which order, or how often the scan was interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import __version__, data, experiments, moments
from .experiments import Experiment
from .experiments.couplings import best_fit

__all__ = ["AXES", "Grid", "Result", "moment_signal", "read", "run", "squared_moments"]

MODULI = ("lambda_14", "lambda_24", "lambda_34")
ZETAS = ("zeta_14", "zeta_24", "zeta_34")

AXES = ("m_4", *moments.ANGLES, "delta", "delta_14", "delta_34", *ZETAS, *MODULI)
"""What a grid may vary, the slowest first: a mass in MeV, angles and phases in radians, moduli in mu_B."""

POINTS = 4096
"""Points of a block."""

AHEAD = 4
"""Tasks that wait for each worker, at most."""


def squared_moments(
    states: tuple[str, ...],
    lambdas: Mapping[str, ArrayLike],
    angles: Mapping[str, ArrayLike] | None = None,
    phases: Mapping[str, ArrayLike] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Squared effective moments (mu_B^2) of the states that describe a beam, as far as they make the heavy state.

    Parameters
    ----------
    states : tuple of str
        of an experiment.  Where mass eigenstates ``"1"``, ``"2"``, ``"3"`` are among them, the beam arrives as their
        incoherent mixture, Eq. (5), in which no phase enters; otherwise its flavours count
    lambdas : mapping of str to array_like
        moduli (mu_B), keys ``"14"``, ``"24"``, ``"34"``; missing: 0
    angles, phases : mapping of str to array_like, optional
        radians, as in :func:`companion.moments.production_form`, and ``zeta_14``, ...; missing active ones (and delta):
        the global fit, all others 0
    """
    fit_angles, fit_phases = best_fit()
    angles, phases = {**fit_angles, **(angles or {})}, {**fit_phases, **(phases or {})}
    if unknown := set(lambdas) - {"14", "24", "34"}:
        raise ValueError(f"no moment {sorted(unknown)[0]!r} to the sterile state; there are 14, 24, 34")
    vector = np.stack(np.broadcast_arrays(*(
        np.asarray(lambdas.get(pair, 0.0)) * np.exp(1j * np.asarray(phases.get(f"zeta_{pair}", 0.0)))
        for pair in ("14", "24", "34")
    )), axis=-1)  # fmt: skip
    chosen = [state for state in states if (state in "123") == ("1" in states)]
    return {
        state: np.einsum("...i,...ij,...j->...", vector.conj(), form, vector).real
        for state in chosen
        for form in [moments.production_form(state, angles, phases)]
    }


def moment_signal(
    experiment: Experiment,
    m_4: ArrayLike,
    lambdas: Mapping[str, ArrayLike],
    angles: Mapping[str, ArrayLike] | None = None,
    phases: Mapping[str, ArrayLike] | None = None,
) -> NDArray[np.float64]:
    """Expected signal of a vector of transition moments, Standard Model plus dipole, without interference.

    Parameters
    ----------
    experiment : Experiment
        or a combination, each part with its own beam
    m_4 : array_like
        mass of the sterile state (MeV)
    lambdas, angles, phases : mapping
        as in :func:`squared_moments`; arrays broadcast against each other and ``m_4``

    Returns
    -------
    ndarray
        shape ``(..., n_bins)``
    """
    if len(experiment.parts) > 1:
        signals = [moment_signal(part, m_4, lambdas, angles, phases) for part in experiment.parts]
        shape = np.broadcast_shapes(*(signal.shape[:-1] for signal in signals))
        return np.concatenate([np.broadcast_to(s, (*shape, s.shape[-1])) for s in signals], axis=-1)
    signal = experiment.standard_model()
    for state, squared in squared_moments(experiment.states, lambdas, angles, phases).items():
        signal = signal + squared[..., np.newaxis] * experiment.dipole(state, m_4)
    return signal


@dataclass(frozen=True)
class Grid:
    """What is scanned.

    Attributes
    ----------
    names : tuple of str
        experiments; several are combined, pulls that they share once
    axes : mapping of str to array_like
        values along each axis of :data:`AXES`; ``"m_4"`` is compulsory, and what is missing stays at the global fit or
        at zero
    """

    names: tuple[str, ...]
    axes: Mapping[str, ArrayLike]

    def __post_init__(self) -> None:
        names = (self.names,) if isinstance(self.names, str) else tuple(self.names)
        for name in names:
            if name not in experiments.names():
                raise ValueError(f"no experiment {name!r}; there are {', '.join(experiments.names())}")
        if not names or len(set(names)) != len(names):
            raise ValueError("a scan needs one experiment or several different ones")
        _load(names)  # refuses what cannot be combined
        if unknown := set(self.axes) - set(AXES):
            raise ValueError(f"no axis {sorted(unknown)[0]!r}; there are {', '.join(AXES)}")
        if "m_4" not in self.axes:
            raise ValueError("a scan needs the axis 'm_4', if only with one mass (MeV)")
        axes = {name: np.array(self.axes[name], float, ndmin=1) for name in AXES if name in self.axes}
        for name, values in axes.items():
            if values.ndim != 1 or not len(values) or not np.all(np.isfinite(values)):
                raise ValueError(f"the axis {name!r} needs a list of finite numbers")
            if name in ("m_4", *MODULI) and np.any(values < 0):
                raise ValueError(f"the axis {name!r} holds {values.min():g}; masses and moduli are not negative")
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "axes", axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis, in the order of :data:`AXES`."""
        return tuple(len(values) for values in self.axes.values())  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """Number of points."""
        return int(np.prod(self.shape))

    @cached_property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """First and one past the last point of every block; a block has one mass."""
        each = self.size // self.shape[0]
        return tuple(
            (mass * each + start, mass * each + min(start + POINTS, each))
            for mass in range(self.shape[0])
            for start in range(0, each, POINTS)
        )

    def describe(self) -> dict[str, object]:
        """The grid as JSON holds it: two scans are the same if these are."""
        axes = {name: np.asarray(values).tolist() for name, values in self.axes.items()}
        # the first point tells whether tables and formulas are still those of a scan that is continued
        first = float(_load(self.names).likelihood.chi2(self._signal(0, 1))[0]).hex()
        return {"experiments": list(self.names), "axes": axes, "companion": __version__, "first": first}

    def points(self, start: int, stop: int) -> dict[str, NDArray[np.float64]]:
        """Values along each axis for some points in a row; a number where it is the same for all of them."""
        index = np.unravel_index(np.arange(start, stop), self.shape)
        columns = {name: np.asarray(axis)[k] for (name, axis), k in zip(self.axes.items(), index, strict=True)}
        return {
            name: column if np.any(column != column[0]) else column[:1].reshape(()) for name, column in columns.items()
        }

    def chi2(self, start: int, stop: int) -> NDArray[np.float64]:
        """Chi-square, all pulls profiled, of the points of one block."""
        return _load(self.names).likelihood.chi2(self._signal(start, stop))

    def _signal(self, start: int, stop: int) -> NDArray[np.float64]:
        """The expectation at the points of one block, shape (stop - start, n_bins)."""
        at = self.points(start, stop)
        lambdas = {name.removeprefix("lambda_"): at[name] for name in MODULI if name in at}
        angles = {name: at[name] for name in moments.ANGLES if name in at}
        phases = {name: at[name] for name in moments.PHASES if name in at}
        signal = moment_signal(_load(self.names), float(at["m_4"]), lambdas, angles, phases)
        # a block without moduli along its points has one signal for all of them
        return np.broadcast_to(signal, (stop - start, signal.shape[-1]))


@dataclass(frozen=True)
class Result:
    """A finished scan.

    Attributes
    ----------
    grid : Grid
        what was scanned
    chi2 : ndarray
        chi-square at every point, one dimension for each axis of the grid
    """

    grid: Grid
    chi2: NDArray[np.float64]

    def profile(self, *axes: str) -> NDArray[np.float64]:
        """Smallest chi-square over all other axes, with the dimensions in the order of the names."""
        names = list(self.grid.axes)
        for axis in axes:
            if axis not in names:
                raise ValueError(f"the scan has no axis {axis!r}; it has {', '.join(names)}")
        others = tuple(k for k, name in enumerate(names) if name not in axes)
        left = [name for name in names if name in axes]
        return np.transpose(self.chi2.min(axis=others), [left.index(axis) for axis in axes])

    def best(self) -> dict[str, float]:
        """The point with the smallest chi-square, the first of equals, and ``"chi2"`` there."""
        index = np.unravel_index(np.argmin(self.chi2), self.chi2.shape)
        values = {
            name: float(np.asarray(axis)[k]) for (name, axis), k in zip(self.grid.axes.items(), index, strict=True)
        }
        return {**values, "chi2": float(self.chi2[index])}


def run(
    grid: Grid,
    path: str | Path | None = None,
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    blocks: int = 8,
) -> Result:
    """Scan a grid.

    A bar on the standard error tells how far it is, if that is a terminal.

    Parameters
    ----------
    grid : Grid
        what to scan
    path : str or Path, optional
        file of the chi-square, ``.npy``, with what it is in a ``.json`` beside it; if it is there already, the scan
        goes on where it ended
    executor : Executor, optional
        any of :mod:`concurrent.futures`, or of a Dask cluster, ``Client.get_executor()``; the workers need this
        package.  It is left open.  Default: processes on this machine
    workers : int, optional
        how many processes, default one per core; 1 computes here, without another process.  With an ``executor``: how
        many workers it has, so that none of them waits for work
    blocks : int
        blocks of points that a task holds, and that an interruption can cost

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        if the file holds another scan, or a number is out of range
    """
    if blocks < 1 or (workers is not None and workers < 1):
        raise ValueError(f"a scan needs one worker and one block per task at least, not {workers} and {blocks}")
    workers = workers or os.cpu_count() or 1
    chi2 = np.empty(grid.size)
    done = 0
    with ExitStack() as stack:
        stream = None
        if path is not None:
            path = _npy(path)
            done = _resume(grid, path, chi2)
            stream = stack.enter_context(open(path, "ab"))
        left = [block for block in grid.blocks if block[0] >= done]
        tasks = [left[k : k + blocks] for k in range(0, len(left), blocks)]
        if executor is None and workers > 1 and len(tasks) > 1:
            # spawned, since a fork of a process with threads may hang
            context = get_context("spawn")
            executor = stack.enter_context(ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context))
        bar = _Bar(grid.size, done)
        for task, values in zip(tasks, _results(grid, tasks, executor, AHEAD * workers), strict=True):
            start, stop = task[0][0], task[-1][1]
            chi2[start:stop] = values
            if stream is not None:
                stream.write(values.astype("<f8").tobytes())
                stream.flush()
            bar.show(stop)
        bar.close()
    return Result(grid, chi2.reshape(grid.shape))


def read(path: str | Path) -> Result:
    """The result of a finished scan from its file."""
    path = _npy(path)
    described = data.described(path)
    grid = Grid(tuple(described["experiments"]), described["axes"])
    chi2 = data.unfinished(path, grid.shape)
    if len(chi2) < grid.size:
        raise ValueError(f"{path} holds {len(chi2)} of {grid.size} points: the scan is not finished")
    return Result(grid, chi2.reshape(grid.shape))


def _npy(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".npy":
        raise ValueError(f"the file of a scan ends in .npy, not as {path.name!r} does")
    return path


def _resume(grid: Grid, path: Path, chi2: NDArray[np.float64]) -> int:
    """Begin a file, or fill in what it holds of the chi-square and return the number of points done."""
    description = grid.describe()
    beside = path.with_suffix(".json")
    if path.exists() or beside.exists():
        if not (path.exists() and beside.exists()):
            raise ValueError(f"{path} and {beside.name} belong together, and one of them is missing")
        found = data.described(path)
        different = [key for key in description if found.get(key) != description[key]]
        if different == ["first"]:
            raise ValueError(f"tables or formulas have changed since {path} was begun; choose another file")
        if different := [key for key in different if key != "first"]:
            raise ValueError(f"{path} holds another scan: it differs in {', '.join(different)}; choose another file")
        values = data.unfinished(path, grid.shape)
        done = max((stop for _, stop in grid.blocks if stop <= len(values)), default=0)
        chi2[:done] = values[:done]
        # what was cut off in the middle of a block is computed again
        size = path.stat().st_size
        os.truncate(path, size - size % 8 - 8 * (len(values) - done))
        return done
    path.parent.mkdir(parents=True, exist_ok=True)
    text = {"title": "profiled chi-square on a grid", "units": {name: _unit(name) for name in grid.axes}, **description}
    sources = _load(grid.names).sources
    beside.write_text(json.dumps({**text, "source": list(sources)}, indent=1) + "\n", encoding="utf-8")
    with open(path, "wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": grid.shape})
    return 0


def _unit(axis: str) -> str:
    return "MeV" if axis == "m_4" else "mu_B" if axis in MODULI else "rad"


def _results(grid: Grid, tasks: list, executor: Executor | None, ahead: int) -> Iterator[NDArray[np.float64]]:
    """The chi-square of every task, in their order, with a limited number of them submitted at a time."""
    if executor is None:
        yield from (_compute(grid, task) for task in tasks)
        return
    waiting: deque = deque()
    try:
        for task in tasks:
            waiting.append(executor.submit(_compute, grid, task))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _compute(grid: Grid, task: list[tuple[int, int]]) -> NDArray[np.float64]:
    return np.concatenate([grid.chi2(*block) for block in task])


@cache
def _load(names: tuple[str, ...]) -> Experiment:
    """Each worker builds its experiments once; their channels remember what they have counted."""
    found = [experiments.load(name) for name in names]
    return found[0] if len(found) == 1 else experiments.combine(found)


class _Bar:
    """How far a scan is, on a terminal."""

    def __init__(self, size: int, done: int) -> None:
        self.size, self.start, self.done = size, time.monotonic(), done
        self.shown = sys.stderr.isatty()

    def show(self, points: int) -> None:
        if self.shown:
            rate = (points - self.done) / max(time.monotonic() - self.start, 1e-9)
            filled = 30 * points // self.size
            bar = "#" * filled + "." * (30 - filled)
            print(f"\r[{bar}] {points}/{self.size} points, {rate:,.0f}/s ", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.shown:
            print(file=sys.stderr)
