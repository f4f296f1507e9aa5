r"""What the explorer needs of every experiment: data, likelihood, and templates D_k(m_4) that can be interpolated.

    python book/_scripts/explorer_data.py            writes book/_static/explorer/data.js

The chapter does so whenever it runs.

The templates of an experiment are tabulated at nodes in the mass.  Where a line of the flux ends, at the heaviest mass
``b`` that neutrinos of its energy can make, they end like :math:`\sqrt{b-m_4}`; so the masses are cut into segments
``[a, b]`` there, and in each the nodes lie in

.. math:: u=\ln x-\tfrac12\ln(1-x),\qquad x=\frac{m_4-a}{b-a},

a logarithm at small masses and smooth at the end of a line.  What is tabulated is the logarithm of the size of a
template, in standard deviations of the data, and its direction.  Between nodes runs a cubic polynomial through
the four nearest ones; nodes are added until the chi-square of a signal of three standard deviations is right to
:data:`TOLERANCE`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion import experiments, kinematics
from companion.couplings import Mixing
from companion.experiments import Experiment
from companion.experiments.channel import SPECIES
from companion.experiments.csi_2021_arrival import LaterArrival, in_bins
from companion.statistics import Poisson, Shift, delta_chi2

__all__ = ["Templates", "collected", "edges", "experiment_data", "tabulated", "write"]

Array = NDArray[np.float64]

TARGET = Path(__file__).resolve().parents[1] / "_static" / "explorer" / "data.js"

TOLERANCE = 8e-3
"""Error of the chi-square of a signal of three standard deviations, where it has risen by 9: less than one part in a
thousand, and at most masses far less, since nodes lie on both sides of where more are needed."""

SIZE = 3.0
"""Standard deviations of that signal."""

FAINTEST = 1e-6
"""Size of a template, relative to that for a light state, below which an experiment counts as blind: limits there are a
thousand times weaker."""

LOWEST, HIGHEST, FIRST = np.log(1e-6), 9.0, 21
"""Range of ``u`` in a segment, and nodes to begin with."""

LARGEST = 32767
"""Of the 16-bit integers in the file."""

ENOUGH = 3e-5
"""Distance, of one, up to which a direction may be a sum of a few others."""

HALVINGS = 9
"""How often a distance between nodes is halved at most."""


@dataclass(frozen=True, eq=False)
class Templates:
    """Templates of one experiment at nodes in the mass.

    Attributes
    ----------
    segments : tuple of (float, float)
        masses (MeV) from which to which each one reaches
    u : tuple of ndarray
        nodes in each segment, increasing
    counts : tuple of ndarray
        events for 1 mu_B, shape (nodes, states, n_bins)
    heaviest : float
        mass (MeV) beyond which nothing is tabulated
    """

    segments: tuple[tuple[float, float], ...]
    u: tuple[Array, ...]
    counts: tuple[Array, ...]
    heaviest: float


def edges(experiment: Experiment) -> dict[str, float]:
    """Largest mass (MeV) that can be made and seen, by state of the beam."""
    return {state: max(_ends(experiment, state), default=0.0) for state in experiment.states}


def _ends(experiment: Experiment, state: str) -> list[float]:
    """Largest masses (MeV) of all lines, and of all fluxes, of one state."""
    found = []
    for channel in experiment.channels:
        for species, flux in channel.fluxes.items():
            if species in SPECIES[state]:
                for energy in (*(line.energy for line in flux.lines if line.intensity > 0), flux.maximum_energy):
                    end = kinematics.maximum_mass(energy, channel.scatterer.mass, channel.response.window)
                    found.append(float(end))
    return [end for end in found if end > 0]


def _segments(experiment: Experiment) -> tuple[tuple[float, float], ...]:
    """Between ends of lines; ends that differ by a few parts in 10^5, as of isotopes, are taken together."""
    ends = sorted({end for state in experiment.states for end in _ends(experiment, state)})
    groups: list[list[float]] = []
    for end in ends:
        if groups and end < groups[-1][-1] * (1 + 3e-5):
            groups[-1].append(end)
        else:
            groups.append([end])
    starts = [0.0, *(group[-1] for group in groups[:-1])]
    return tuple((start, group[0]) for start, group in zip(starts, groups, strict=True))


def _mass(u: Array, segment: tuple[float, float]) -> Array:
    """Masses (MeV) from ``u``: x / sqrt(1 - x) = e^u solved for x."""
    square = np.exp(2 * u)
    x = 2 / (1 + np.sqrt(1 + 4 / square))
    return np.asarray(segment[0] + (segment[1] - segment[0]) * x)


def _interpolated(u: Array, values: Array, wanted: Array) -> Array:
    """Polynomials of third degree through the four nearest nodes, along the first axis of ``values``."""
    start = np.clip(np.searchsorted(u, wanted, side="right") - 2, 0, len(u) - 4)
    total = np.zeros((len(wanted), *values.shape[1:]))
    for k in range(4):
        weight = np.ones(len(wanted))
        for other in range(4):
            if other != k:
                weight *= (wanted - u[start + other]) / (u[start + k] - u[start + other])
        total += weight.reshape(-1, *[1] * (values.ndim - 1)) * values[start + k]
    return total


def _taken_apart(weighed: Array) -> tuple[Array, Array]:
    """Logarithms of the sizes of templates in standard deviations, shape (nodes, states), and their directions."""
    size = np.sqrt(np.sum(weighed**2, axis=-1))
    safe = np.where(size > 0, size, 1.0)
    # a state that is not seen any more has no direction
    return np.log(np.where(size > 0, size, 1e-300)), weighed / safe[..., np.newaxis]


def tabulated(experiment: Experiment) -> Templates:
    """Templates at as many nodes as they need."""
    sigma = experiment.likelihood.sigma
    signal = experiment.standard_model()
    fitted = experiment.likelihood.expected(signal, experiment.likelihood.profile(signal).pulls)
    residual = (experiment.observed - fitted) / sigma
    segments = _segments(experiment)

    def weighed(masses: Array) -> Array:
        counts = np.stack([experiment.dipole(state, masses) for state in experiment.states], axis=1)
        return np.asarray(counts / sigma)

    faintest = FAINTEST * np.max(np.sum(weighed(np.zeros(1)) ** 2, axis=-1)) ** 0.5
    chosen: list[tuple[float, float]] = []
    nodes, counts = [], []
    for segment in segments:
        u, values, complete = _refined(segment, weighed, residual, faintest)
        if len(u) >= 4:
            chosen.append(segment)
            nodes.append(u)
            counts.append(values * sigma)
        if not complete:
            break
    heaviest = chosen[-1][1] if complete else float(_mass(nodes[-1][-1:], chosen[-1])[0])
    return Templates(tuple(chosen), tuple(nodes), tuple(counts), heaviest)


def _refined(
    segment: tuple[float, float], weighed: Callable[[Array], Array], residual: Array, faintest: float
) -> tuple[Array, Array, bool]:
    """Nodes of one segment, the weighed templates there, and whether the segment is seen up to its end."""
    u = np.linspace(LOWEST, HIGHEST, FIRST)
    values = weighed(_mass(u, segment))
    bright = np.sqrt(np.sum(values**2, axis=-1)).max(axis=-1) > faintest
    complete = bool(bright.all())
    if not complete:
        # up to the mass where the template becomes faint, to a thousandth of the distance of the first nodes
        low, high = u[np.argmin(bright) - 1] if bright[0] else LOWEST, u[np.argmin(bright)]
        for _ in range(3):
            between = np.linspace(low, high, 11)
            seen = np.sqrt(np.sum(weighed(_mass(between, segment)) ** 2, axis=-1)).max(axis=-1) > faintest
            last = max(int(np.argmin(seen)) - 1, 0)
            low, high = between[last], between[last + 1]
        if low - LOWEST < 0.1:
            return np.empty(0), values[:0], False
        u = np.linspace(LOWEST, low, FIRST)
        values = weighed(_mass(u, segment))
    open_ = np.ones(len(u) - 1, bool)
    for _ in range(HALVINGS):
        middle = ((u[1:] + u[:-1]) / 2)[open_]
        exact = weighed(_mass(middle, segment))
        wrong = _error(u, values, middle, exact, residual) > TOLERANCE
        failed = np.zeros(len(open_), bool)
        failed[open_] = wrong
        # the middle may be right by accident next to a kink: the neighbours are halved again as well
        again = failed.copy()
        again[:-1] |= failed[1:]
        again[1:] |= failed[:-1]
        open_ = np.repeat(again & open_, 1 + open_)
        order = np.argsort(np.concatenate([u, middle]))
        u = np.concatenate([u, middle])[order]
        values = np.concatenate([values, exact])[order]
        if not open_.any():
            break
    return u, values, complete


def _error(u: Array, values: Array, wanted: Array, exact: Array, residual: Array) -> Array:
    """Error of the chi-square of a signal of :data:`SIZE` standard deviations, the largest over all states."""
    logs, directions = _taken_apart(values)
    size, true = _taken_apart(exact)
    guessed = np.exp(_interpolated(u, logs, wanted) - size)[..., np.newaxis] * _interpolated(u, directions, wanted)
    away = np.where(size[..., np.newaxis] > -600, guessed - true, 0.0)
    linear = 2 * SIZE * np.abs(np.sum(away * residual, axis=-1))
    square = 2 * SIZE**2 * np.abs(np.sum(away * true, axis=-1))
    # nuisance parameters may make more of a wrong shape
    turned = np.sqrt(np.sum(away**2, axis=-1))
    return np.asarray(np.max(linear + square + turned, axis=-1))


# ---------------------------------------------------------------------------------------------------------------------
# the file


def _text(array: Array, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode("ascii")


def _numbers(values: Any, digits: int = 8) -> Any:
    array = np.asarray(values, float)
    if array.ndim:
        return [_numbers(value, digits) for value in array]
    number = float(f"{float(array):.{digits}g}")
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _encoded(templates: Templates, experiment: Experiment) -> dict[str, Any]:
    """Templates as text: sizes in single precision, directions as 16-bit integers, bins combined where that is
    shorter."""
    weighed = np.concatenate(templates.counts) / experiment.likelihood.sigma
    logs, directions = _taken_apart(weighed)
    rows = directions.reshape(-1, directions.shape[-1])
    basis = None
    turned, weights, axes = np.linalg.svd(rows, full_matrices=False)
    parts = turned * weights
    # what the first axes leave of the worst row
    left = np.sqrt(np.cumsum(parts[:, :0:-1] ** 2, axis=1).max(axis=0))[::-1]
    rank = 1 + int(np.argmax(left < ENOUGH))
    if np.any(left < ENOUGH) and rank * (rows.shape[1] + len(rows)) < 0.8 * rows.size:
        # every row of the basis uses all 16 bits
        top = np.abs(axes[:rank]).max(axis=1)
        basis, rows = axes[:rank] / top[:, np.newaxis], parts[:, :rank] * top
    steps = np.maximum(np.abs(rows).max(axis=0), 1e-12) / LARGEST
    first, segments = 0, []
    for (low, high), u in zip(templates.segments, templates.u, strict=True):
        segments.append({"low": low, "high": high, "first": first, "last": first + len(u)})
        first += len(u)
    return {
        "segments": segments,
        "u": _text(np.concatenate(templates.u), "<f8"),
        "log_size": _text(logs, "<f4"),
        "parts": _text(np.rint(rows / steps), "<i2"),
        "steps": _numbers(steps),
        "basis": None if basis is None else _text(np.rint(basis * LARGEST), "<i2"),
    }


def _shift(experiment: Experiment) -> dict[str, Any] | None:
    """The movement of a signal as a table of its cubic spline."""
    shift: Shift | None = getattr(experiment.likelihood, "shift", None)
    if shift is None:
        return None
    if not isinstance(shift.move, LaterArrival):
        raise ValueError(f"the explorer knows no movement {type(shift.move).__name__} of {experiment.title}")
    spline = in_bins(shift.move.timing)
    knots = spline.x
    return {
        "pull": shift.pull,
        "reach": float(shift.reach),
        "table": {
            "knots": _numbers(1e3 * knots),
            "values": _numbers(spline(knots).reshape(len(knots), -1)),
            "slopes": _numbers(spline(knots, 1).reshape(len(knots), -1) / 1e3),
            "apart": _numbers(np.linalg.pinv(spline(0.0))),
        },
    }


def _likelihood(experiment: Experiment) -> dict[str, Any]:
    likelihood = experiment.likelihood
    poisson = isinstance(likelihood, Poisson)
    pulls = []
    for pull in likelihood.pulls:
        pulls.append(
            {
                "name": pull.name,
                "sigma": _numbers(pull.sigma) if np.isfinite(pull.sigma) else None,
                "templates": list(pull.templates),
                "shape": None if pull.shape is None else _numbers(pull.shape),
            }
        )
    return {
        "kind": "poisson" if poisson else "gaussian",
        "observed": _numbers(likelihood.observed),
        "sigma": None if poisson else _numbers(likelihood.sigma),
        "backgrounds": {name: _numbers(counts) for name, counts in likelihood.backgrounds.items()},
        "pulls": pulls,
        "shift": _shift(experiment),
    }


def experiment_data(experiment: Experiment) -> dict[str, Any]:
    """All that the page needs of one experiment, as numbers and texts."""
    templates = tabulated(experiment)
    return {
        "name": experiment.name,
        "title": experiment.title,
        "kind": "surrogate" if experiment.surrogate else "projection" if experiment.projected else "data",
        "quantity": experiment.quantity,
        "axes": [{"name": a.name, "unit": a.unit, "edges": _numbers(a.edges, 7)} for a in experiment.axes],
        "states": list(experiment.states),
        "edges": edges(experiment),
        "heaviest": templates.heaviest,
        "likelihood": _likelihood(experiment),
        "standard_model": _numbers(experiment.standard_model()),
        "templates": _encoded(templates, experiment),
    }


def collected() -> dict[str, Any]:
    """All experiments that have a name, and the global fit."""
    fit = Mixing()
    kept = [experiment_data(experiments.load(name)) for name in experiments.names()]
    # configurations that differ in their exposure share their tables
    known: dict[str, str] = {}
    for one in kept:
        text = json.dumps(one["templates"]["parts"])
        if text in known:
            one["templates"]["parts"] = {"as": known[text]}
        else:
            known[text] = one["name"]
    return {
        "angles": {name: float(np.asarray(value)) for name, value in fit.angles.items()},
        "phases": {name: float(np.asarray(value)) for name, value in fit.phases.items()},
        "levels": {"90": delta_chi2(0.90)},
        "experiments": kept,
    }


def write(target: Path = TARGET) -> Path:
    """Write the file as a script, which a page may load from a disk where it may not load JSON."""
    text = json.dumps(collected(), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    target.write_text(f"globalThis.EXPLORER_DATA = {text};\n", encoding="utf-8")
    return target


if __name__ == "__main__":
    print(write())
