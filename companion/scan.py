r"""Chi-square on a grid of moments, phases, angles and masses, on one core, all cores, or a cluster.

The signal of a vector of transition moments :math:`\tilde\lambda_{14},\tilde\lambda_{24},\tilde\lambda_{34}` is

.. math:: N = S + \sum_\alpha q_\alpha(\tilde\lambda,U)\,D_\alpha(m_4),

with the squared moments :math:`q_\alpha` of :class:`companion.couplings.Moments`: of flavours, all phases and mixing
included, or of the mass eigenstates that arrive from the Sun, Eq. (5).

A grid is cut into blocks, always the same ones, see :mod:`companion.running`.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import __version__, experiments
from .couplings import Mixing, Moments
from .experiments import Experiment
from .experiments.experiment import LARGEST_COUPLING
from .parameters import ANGLES, PHASES
from .running import Store, checked, described, in_blocks, unfinished

__all__ = ["AXES", "Grid", "Result", "read", "run", "unit"]

Array = NDArray[np.float64]

MODULI = ("lambda_14", "lambda_24", "lambda_34")
ZETAS = ("zeta_14", "zeta_24", "zeta_34")

AXES = ("m_4", *ANGLES, "delta", "delta_14", "delta_34", *ZETAS, *MODULI)
"""What a grid may vary, the slowest first: a mass in MeV, angles and phases in radians, moduli in mu_B."""

POINTS = 4096
"""Points of a block."""


@dataclass(frozen=True, eq=False)
class Grid:
    """What is scanned.

    Attributes
    ----------
    experiments : tuple of str or Experiment
        or one of them; several are combined, pulls that they share once
    axes : mapping of str to array_like
        values along each axis of :data:`AXES`; ``"m_4"`` is compulsory, and what is missing stays at the global fit or
        at zero
    """

    experiments: tuple[str | Experiment, ...]
    axes: Mapping[str, ArrayLike]
    _token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        given = self.experiments
        several = (given,) if isinstance(given, (str, Experiment)) else tuple(given)
        if not several:
            raise ValueError("a scan needs one experiment or several different ones")
        object.__setattr__(self, "experiments", several)
        object.__setattr__(self, "_token", self._token or uuid4().hex)
        self._experiment()  # refuses what is unknown or cannot be combined
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
            if name in MODULI and np.any(values > LARGEST_COUPLING):
                most = f"a modulus is at most {LARGEST_COUPLING:g} mu_B"
                raise ValueError(f"the axis {name!r} holds {values.max():g}; {most}")
        object.__setattr__(self, "axes", axes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the experiments."""
        return tuple(one if isinstance(one, str) else one.name for one in self.experiments)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis, in the order of :data:`AXES`."""
        return tuple(len(np.asarray(values)) for values in self.axes.values())

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
        first = float(self._values(0, 1)[0]).hex()
        changes = self._experiment().changes
        named: dict[str, object] = {
            "experiments": list(self.names),
            "axes": axes,
            "companion": __version__,
            "first": first,
        }
        return {**named, "changes": changes} if changes else named

    def points(self, start: int, stop: int) -> dict[str, Array]:
        """Values along each axis for some points in a row; a number where it is the same for all of them."""
        index = np.unravel_index(np.arange(start, stop), self.shape)
        values = {}
        for (name, axis), k in zip(self.axes.items(), index, strict=True):
            column = np.asarray(axis)[k]
            values[name] = column if np.any(column != column[0]) else column[:1].reshape(())
        return values

    def chi2(self, start: int, stop: int) -> Array:
        """Chi-square, all pulls profiled, of some points in a row that have one mass."""
        return self._values(start, stop)

    def _values(self, start: int, stop: int) -> Array:
        experiment, values = self._experiment(), self.points(start, stop)
        turns_the_sun = [name for name in ("theta_12", "theta_13") if name in values and np.ndim(values[name])]
        if not turns_the_sun or all(part.conversion is None for part in experiment.parts):
            return self._chi2(experiment, values, stop - start)
        # what arrives from the Sun is computed for one pair of these angles at a time
        columns = np.stack([values[name] for name in turns_the_sun], axis=-1)
        chi2 = np.empty(stop - start)
        for pair in np.unique(columns, axis=0):
            rows = np.all(columns == pair, axis=-1)
            some = {name: value[rows] if np.ndim(value) else value for name, value in values.items()}
            some |= dict(zip(turns_the_sun, pair, strict=True))
            chi2[rows] = self._chi2(experiment, some, int(rows.sum()))
        return chi2

    @staticmethod
    def _chi2(experiment: Experiment, values: Mapping[str, Array], number: int) -> Array:
        angles = {name: values[name] for name in ANGLES if name in values}
        phases = {name: values[name] for name in PHASES if name in values}
        lambdas = {name.removeprefix("lambda_"): values[name] for name in MODULI if name in values}
        moments = Moments.from_moduli(lambdas, Mixing(angles, phases))
        signal = experiment.expected(moments, 1.0, float(values["m_4"]))
        # a block without moduli along its points has one signal for all of them
        return np.array(np.broadcast_to(experiment.likelihood.chi2(signal), (number,)))

    def _experiment(self) -> Experiment:
        """What is scanned, built once by each worker; its channels remember what they have counted."""
        if self._token not in _arrived:
            _arrived.clear()
            _arrived[self._token] = _combined(self.experiments)
        return _arrived[self._token]


_arrived: dict[str, Experiment] = {}
"""The experiment of the grid that came last, by the token of the grid: a worker gets it with every task."""


def _combined(several: tuple[str | Experiment, ...]) -> Experiment:
    loaded = [experiments.of(one) for one in several]
    return loaded[0] if len(loaded) == 1 else experiments.combine(loaded)


@dataclass(frozen=True, eq=False)
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
    chi2: Array

    def profile(self, *axes: str) -> Array:
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
        values = {}
        for (name, axis), k in zip(self.grid.axes.items(), index, strict=True):
            values[name] = float(np.asarray(axis)[k])
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
    executor, workers
        see :func:`companion.running.in_blocks`
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
    chi2 = np.empty(grid.size)
    store = None
    if path is not None:
        more: dict[str, Any] = {"title": "profiled chi-square on a grid"}
        more["units"] = {name: unit(name) for name in grid.axes}
        more["source"] = list(grid._experiment().sources)
        store = Store(path, grid.shape, grid.describe(), more)
    in_blocks(
        grid.chi2, chi2, grid.blocks, store=store, executor=executor, workers=workers, together=blocks, label="scan",
        unit="points",
    )  # fmt: skip
    return Result(grid, chi2.reshape(grid.shape))


def read(path: str | Path, grid: Grid | None = None) -> Result:
    """The result of a finished scan from its file; experiments with options or changes come with the ``grid``."""
    path = checked(path)
    held = described(path)
    if grid is None:
        if held.get("changes"):
            raise ValueError(f"{path} is a scan of {held['changes']}: give the grid as well")
        grid = Grid(tuple(held["experiments"]), held["axes"])
    else:
        axes = {name: np.asarray(values).tolist() for name, values in grid.axes.items()}
        if held["experiments"] != list(grid.names) or held["axes"] != axes:
            raise ValueError(f"{path} holds the scan of another grid")
    chi2 = unfinished(path, grid.shape)
    if len(chi2) < grid.size:
        raise ValueError(f"{path} holds {len(chi2)} of {grid.size} points: the scan is not finished")
    return Result(grid, chi2.reshape(grid.shape))


def unit(axis: str) -> str:
    """Unit of an axis."""
    if axis == "m_4":
        return "MeV"
    return "mu_B" if axis in MODULI else "rad"
