r"""Upper limits, intervals and best fits.

:math:`\Delta\chi^2` is counted from the minimum over :math:`\mu^2\ge0` with all pulls profiled, at fixed ``m_4``.
Every function takes an experiment or its name, and a coupling (:mod:`companion.couplings`) or its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .couplings import Coupling
from .couplings import coupling as named
from .experiments import Combination, Experiment, combine, of
from .lines import MassLines, along
from .statistics import delta_chi2, search

__all__ = [
    "BestFit",
    "Contour",
    "below",
    "best_fit",
    "blind_because",
    "combine",
    "contour",
    "contributions",
    "excess",
    "interval",
    "masses",
    "reach",
    "upper_limit",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BestFit:
    """Minimum of the chi-square over non-negative squared couplings, at each mass.

    Attributes
    ----------
    value, chi2 : ndarray
        the coupling at the minimum (mu_B) and the chi-square there, of the shape of the masses; where the
        experiment is blind the coupling is zero
    """

    value: Array
    chi2: Array


@dataclass(frozen=True, eq=False)
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

    m_4: Array
    low: Array
    high: Array
    best: float
    best_mass: float
    chi2: float
    spans: tuple[tuple[float, float], ...]


def upper_limit(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    method: str = "asymptotic",
    toys: int | None = None,
    seed: int = 1,
) -> Array:
    """Upper limit on a coupling at each mass.

    Parameters
    ----------
    experiment : str or Experiment
        one of :func:`companion.experiments.names`, several joined by ``+``, or an experiment
    coupling : str or Coupling
        ``"mu_e"``, ``"mu_mu"``, ``"mu_tau"``, ``"lambda_14"``, ``"lambda_24"``, ``"lambda_34"``, ``"mu_all"``, or a
        value of :mod:`companion.couplings`
    m_4 : array_like
        masses (MeV)
    confidence, dof : float, int
        confidence level and degrees of freedom of the chi-square difference
    method : {"asymptotic", "feldman-cousins", "cls", "power-constrained"}
        convention, see :mod:`companion.conventions`; the others have one degree of freedom
    toys, seed : int, optional
        sets of pseudo-data at each tested coupling, and of their random numbers, for the others

    Returns
    -------
    ndarray
        the largest coupling (mu_B) with that chi-square difference, in the shape of the masses; inf where no coupling
        is excluded, see :func:`blind_because`
    """
    if method != "asymptotic":
        from . import conventions  # pseudo-data are loaded only by those who need them

        _one_degree(method, dof)
        return conventions.upper_limit(
            method, experiment, coupling, m_4, confidence=confidence, toys=toys, seed=seed
        )  # fmt: skip
    level = delta_chi2(confidence, dof)
    lines = along(experiment, coupling, m_4, level)
    return lines.couplings(lines.line.largest(level), blind=np.inf)


def _one_degree(method: str, dof: int) -> None:
    """Refuse two degrees of freedom with a method that throws its own critical values."""
    if dof != 1:
        raise ValueError(f"{method} limits have one degree of freedom, not {dof}")


def interval(
    experiment: str | Experiment,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    confidence: float = 0.90,
    dof: int = 1,
    method: str = "asymptotic",
    toys: int = 2000,
    seed: int = 1,
) -> tuple[Array, Array]:
    """Smallest and largest coupling (mu_B) inside the chi-square difference; parameters as for :func:`upper_limit`.

    The lower end is 0 where zero is allowed; a blind experiment allows everything from 0 to infinity.  Methods are
    ``"asymptotic"`` and ``"feldman-cousins"``: the others have no lower end.
    """
    if method == "feldman-cousins":
        from . import conventions

        _one_degree(method, dof)
        return conventions.feldman_cousins(experiment, coupling, m_4, confidence=confidence, toys=toys, seed=seed)
    if method != "asymptotic":
        raise ValueError(f"the method of an interval is asymptotic or feldman-cousins, not {method!r}")
    level = delta_chi2(confidence, dof)
    lines = along(experiment, coupling, m_4, level)
    return lines.couplings(lines.line.smallest(level), 0.0), lines.couplings(lines.line.largest(level), np.inf)


def best_fit(experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike) -> BestFit:
    """Coupling (mu_B) at the minimum of the chi-square and the minimum, at each mass (MeV)."""
    lines = along(experiment, coupling, m_4)
    x, _ = lines.line.minimum
    return BestFit(lines.couplings(x, blind=0.0), lines.profiled().reshape(lines.shape))


def blind_because(
    experiment: str | Experiment, coupling: str | Coupling, m_4: float, *, confidence: float = 0.90, dof: int = 1
) -> str:
    """Why there is no upper limit at a mass (MeV), in words; empty if there is one."""
    if np.isfinite(upper_limit(experiment, coupling, m_4, confidence=confidence, dof=dof)):
        return ""
    seen_by = of(experiment)
    edge = seen_by.maximum_mass(coupling)
    if edge == 0:
        return _nothing_couples(seen_by, coupling)
    if m_4 >= edge:
        return f"{m_4:.4g} MeV is not below the largest mass that can be made and seen, {edge:.4g} MeV"
    lines = along(experiment, coupling, m_4)
    if not lines.seen.any():
        return f"so close to the largest mass, {edge:.6g} MeV, no events are expected"
    most = float(lines.line.chi2(np.array([1e6]), np.array([0]))[0] - lines.line.minimum[1][0])
    level = delta_chi2(confidence, dof)
    return (
        f"the errors on the size of the signal allow any coupling: Δχ² rises to {most:.4g} at most, and {level:.4g} is "
        "needed"
    )


def _nothing_couples(experiment: Experiment, what: str | Coupling) -> str:
    """Why no mass at all can be made and seen."""
    chosen = named(what)
    if not any(np.any(weight) for weight in chosen.squares(experiment.states).values()):
        return f"nothing in the beam ({', '.join(experiment.states)}) couples through {chosen.name}"
    return "no neutrino of the beam can lift a recoil above the threshold"


def contour(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 2
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
    grid = np.asarray(m_4, float)
    if grid.ndim != 1 or len(grid) < 3 or np.any(np.diff(grid) <= 0):
        raise ValueError("a contour needs a list of three or more increasing masses (MeV)")
    level = delta_chi2(confidence, dof)
    seen_by = of(experiment)

    def minimum(mass: Array) -> Array:
        return best_fit(seen_by, coupling, mass).chi2

    lines = along(seen_by, coupling, grid)
    profiled = lines.profiled()
    k = int(np.argmin(profiled))
    around = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
    mass, lowest = search.minimum(minimum, *around, tolerance=1e-4 * grid[k] + 1e-9)
    best_mass = mass if lowest < profiled[k] else float(grid[k])
    best = best_fit(seen_by, coupling, best_mass)
    ceiling = float(best.chi2) + level
    low, high = _below(lines, profiled, ceiling)
    spans = _spans(seen_by, coupling, grid, profiled, min(ceiling, lines.null))
    return Contour(grid, low, high, float(best.value), best_mass, float(best.chi2), spans)


def below(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, ceiling: float
) -> tuple[Array, Array]:
    """Smallest and largest coupling (mu_B) at which the chi-square lies below a ceiling, at each mass (MeV).

    Both are nan where it does so nowhere; 0 and inf where it still does at zero and at any coupling.
    """
    lines = along(experiment, coupling, m_4)
    low, high = _below(lines, lines.profiled(), ceiling)
    return low.reshape(lines.shape), high.reshape(lines.shape)


def _below(lines: MassLines, profiled: Array, ceiling: float) -> tuple[Array, Array]:
    """:func:`below` for lines whose minima are known at all masses."""
    above = np.maximum(ceiling - lines.line.minimum[1], 0.0)
    low = lines.couplings(lines.line.smallest(above), 0.0).ravel()
    high = lines.couplings(lines.line.largest(above), np.inf).ravel()
    outside = profiled > ceiling
    return np.where(outside, np.nan, low), np.where(outside, np.nan, high)


def excess(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> tuple[tuple[float, float], ...]:
    """Spans of masses (MeV) at which the :func:`interval` leaves out zero: where an excess prefers a moment.

    ``m_4`` are increasing masses (MeV), close enough that no span falls between two; the ends are then searched.
    """
    grid = np.asarray(m_4, float)
    seen_by = of(experiment)
    lines = along(seen_by, coupling, grid)
    profiled = lines.profiled()
    return _spans(seen_by, coupling, grid, profiled, lines.null - delta_chi2(confidence, dof))


def _spans(
    experiment: Experiment, what: str | Coupling, grid: Array, profiled: Array, ceiling: float
) -> tuple[tuple[float, float], ...]:
    """Spans of masses at which the minimum over the coupling, ``profiled`` on a grid, lies below a ceiling."""

    def above(mass: Array) -> Array:
        return best_fit(experiment, what, mass).chi2 - ceiling

    below = profiled < ceiling
    ends = []
    if below[0]:
        ends.append(float(grid[0]))
    for k in np.flatnonzero(below[1:] != below[:-1]):
        ends.append(search.root(above, grid[k], grid[k + 1], tolerance=1e-6 * grid[k + 1]))
    if below[-1]:
        ends.append(float(grid[-1]))
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def masses(
    experiment: str | Experiment, coupling: str | Coupling, lowest: float = 1e-3, number: int = 200
) -> Array:
    """Masses (MeV) for a curve from ``lowest`` to the kinematic edge, dense where the limit rises.

    Two thirds of them run geometrically up to half of the edge; the distances of the rest to the edge shrink
    geometrically to a thousandth of it.
    """
    seen_by = of(experiment)
    edge = seen_by.maximum_mass(coupling)
    if edge == 0:
        raise ValueError(f"{seen_by.title} has no limit on this coupling: {_nothing_couples(seen_by, coupling)}")
    if not 0 < lowest < edge / 2:
        raise ValueError(f"masses from {lowest} MeV do not fit below half the kinematic edge of {edge:.4g} MeV")
    bulk = 2 * number // 3
    below = np.geomspace(lowest, edge / 2, bulk, endpoint=False)
    return np.concatenate([below, edge * (1 - np.geomspace(0.5, 1e-3, number - bulk))])


def contributions(
    combination: str | Combination,
    coupling: str | Coupling,
    m_4: ArrayLike,
    *,
    limit: Callable[[Experiment, str | Coupling, ArrayLike], Array] = upper_limit,
) -> list[tuple[Experiment, Array, Array]]:
    """What each part of a combination adds to a limit.

    Parameters
    ----------
    combination : str or Combination
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
    whole = of(combination)
    parts = whole.parts
    if len(parts) < 2:
        raise ValueError(f"what parts add needs two parts or more; {whole.title} has one")
    rows = []
    for k, part in enumerate(parts):
        others = combine([*parts[:k], *parts[k + 1 :]], with_projections=True)
        rows.append((part, limit(part, coupling, m_4), limit(others, coupling, m_4)))
    return rows


def reach(
    experiment: str | Experiment, coupling: str | Coupling, factor: float, *, confidence: float = 0.90, dof: int = 1
) -> float:
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
    seen_by = of(experiment)

    def limit(m_4: ArrayLike) -> Array:
        return upper_limit(seen_by, coupling, m_4, confidence=confidence, dof=dof)

    grid = masses(seen_by, coupling)
    growth = limit(grid)
    target = factor * growth[0]
    beyond = np.flatnonzero(growth > target)
    edge = seen_by.maximum_mass(coupling)
    if not len(beyond):
        raise ValueError(f"up to {grid[-1]:.6g} MeV, next to the edge at {edge:.6g} MeV, the limit never grows so much")
    low, high = grid[beyond[0] - 1], grid[beyond[0]]
    return search.root(lambda m_4: np.log(limit(m_4) / target), low, high, tolerance=1e-6 * high)
