"""Results as tables with units and provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__, experiments, limits
from ..data import Table
from ..experiments import Axis, Choice, Experiment
from ..statistics import Poisson

__all__ = ["choices", "contour", "interference", "interval", "limit", "numbers", "pulls", "scan", "spectrum", "summary"]

STATUS = f"derived: computed by companion {__version__}"
_PROJECTION = "a PROJECTION: what counts as observed is the Standard-Model expectation"
_SURROGATE = "rests on a SURROGATE of data that are not available: not to be read as a measurement"


def spectrum(
    experiment: Experiment,
    coupling: str | None = None,
    value: float | None = None,
    m_4: float | None = None,
    *,
    axis: str | None = None,
    per_width: bool = False,
) -> Table:
    """Counts per bin: observed, backgrounds, Standard Model and, for a given coupling, the dipole signal.

    Parameters
    ----------
    experiment : Experiment
        with one axis or several; the bins of several are flattened, the last axis running fastest
    coupling : str, optional
        ``"mu_mu"``, ``"lambda_14"``, ...
    value, m_4 : float, optional
        the coupling (mu_B) and the mass (MeV)
    axis : str, optional
        name of the axis onto which counts are added up; by default every bin has its row
    per_width : bool
        divide by the width of the bins along one axis, for bins of different widths

    Returns
    -------
    Table
        columns ``<axis>_low``, ``<axis>_high`` for every axis, ``observed`` (``surrogate`` or ``projected`` where these
        are no data), ``error``, one per background, ``standard_model`` and ``dipole``; pulls at zero
    """
    signal = [part for part in (coupling, value, m_4) if part is not None]
    if len(signal) not in (0, 3):
        raise ValueError("a dipole signal needs all three of coupling, value and m_4")
    if len(experiment.parts) > 1:
        raise ValueError(f"{experiment.title} is a combination; a spectrum has one experiment")
    kept, project = _projection(experiment, axis)
    edges = bins(kept)
    seen = "surrogate" if experiment.surrogate else "projected" if experiment.projected else "observed"
    counts = {
        seen: project(experiment.observed),
        "error": np.sqrt(project(experiment.likelihood.sigma**2)),
        **{name.replace(" ", "_"): project(template) for name, template in experiment.backgrounds.items()},
        "standard_model": project(experiment.standard_model()),
    }
    if len(kept) < len(experiment.axes) and isinstance(experiment.likelihood, Poisson):
        # of the sum, not of every bin that was added up, each at least one
        counts["error"] = np.sqrt(np.maximum(counts[seen], 1.0))
    quantity = experiment.quantity
    notes = {"title": f"{experiment.title}: {quantity} per bin", "experiment": experiment.title}
    if coupling is not None and value is not None and m_4 is not None:
        counts["dipole"] = project(experiment.expected(coupling, value, m_4) - experiment.standard_model())
        notes["signal"] = f"{coupling} = {value:g} mu_B, m_4 = {m_4:g} MeV"
    if per_width:
        if len(kept) > 1:
            raise ValueError(f"a density is along one axis: {', '.join(each.name for each in kept)}")
        quantity = f"{quantity}/{kept[0].unit}"
        notes["title"] = f"{experiment.title}: {quantity}"
        counts = {column: values / np.diff(kept[0].edges) for column, values in counts.items()}
    notes |= caveats(experiment)
    columns = {**{name: ends for name, (ends, _) in edges.items()}, **counts}
    units = {column: edges[column][1] if column in edges else quantity for column in columns}
    return Table(f"{experiment.name}-spectrum", columns, units, "; ".join(experiment.sources), STATUS, notes)


def _projection(
    experiment: Experiment, axis: str | None
) -> tuple[tuple[Axis, ...], Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """The axis of this name, and the function that adds up counts over all others; or all axes, with nothing added."""
    names = [each.name for each in experiment.axes]
    if axis is None:
        return experiment.axes, lambda counts: counts
    if axis not in names:
        raise ValueError(f"{experiment.title} has no axis {axis!r}; there are {', '.join(names)}")
    k = names.index(axis)
    shape = [len(each.edges) - 1 for each in experiment.axes]
    others = tuple(n for n in range(len(shape)) if n != k)
    return (experiment.axes[k],), lambda counts: np.reshape(counts, shape).sum(axis=others)


def limit(experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1) -> Table:
    """Upper limit on a coupling against the mass of the sterile state.

    Returns
    -------
    Table
        columns ``m_4`` (MeV) and ``limit`` (mu_B); inf where the experiment is blind.  A note says at which masses
        zero lies below the interval, so that the limit is only its upper end
    """
    masses = np.atleast_1d(np.asarray(m_4, float))
    low, values = limits.interval(experiment, coupling, masses, confidence=confidence, dof=dof)
    notes = described(experiment, coupling, f"upper limit on {coupling}", confidence, dof)
    if np.any(low > 0):
        without = masses[low > 0]
        where = f"{without.min():.4g} MeV" if len(without) == 1 else f"{without.min():.4g} to {without.max():.4g} MeV"
        notes["excess"] = (
            f"zero is excluded at {len(without)} of {len(masses)} masses ({where}): there the limit is the upper end "
            "of an interval"
        )
    if np.any(np.isinf(values)):
        edge = experiment.maximum_mass(coupling)
        most = f"it counts no events there; the largest mass it can make and see is {edge:.4g} MeV"
        why = most if edge else "nothing in the beam couples"
        notes["blind"] = f"inf: {why}"
    return Table(
        f"{experiment.name}-{coupling}-limit",
        {"m_4": masses, "limit": values},
        {"m_4": "MeV", "limit": "mu_B"},
        "; ".join(experiment.sources),
        STATUS,
        notes,
    )


def interval(experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1) -> Table:
    """Allowed interval of a coupling at each mass, counted from the minimum at that mass.

    Returns
    -------
    Table
        columns ``m_4`` (MeV), ``low``, ``best``, ``high`` (mu_B) and ``chi2`` at the best coupling
    """
    masses = np.atleast_1d(np.asarray(m_4, float))
    low, high = limits.interval(experiment, coupling, masses, confidence=confidence, dof=dof)
    fit = limits.best_fit(experiment, coupling, masses)
    columns = {"m_4": masses, "low": low, "best": fit.value, "high": high, "chi2": fit.chi2}
    notes = described(experiment, coupling, f"interval of {coupling} at each mass", confidence, dof)
    return _region(experiment, f"{coupling}-interval", columns, notes)


def contour(experiment: Experiment, coupling: str, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 2) -> Table:
    """Region of coupling and mass, counted from the global minimum; see :func:`companion.limits.contour`.

    Returns
    -------
    Table
        columns ``m_4`` (MeV), ``low`` and ``high`` (mu_B)
    """
    found = limits.contour(experiment, coupling, m_4, confidence=confidence, dof=dof)
    notes = described(experiment, coupling, f"region of {coupling} and mass", confidence, dof)
    notes["minimum"] = f"chi2 = {found.chi2:.3f} at {found.best:.3e} mu_B and {found.best_mass:.3g} MeV"
    return _region(experiment, f"{coupling}-contour", {"m_4": found.m_4, "low": found.low, "high": found.high}, notes)


def described(experiment: Experiment, coupling: str, what: str, confidence: float, dof: int) -> dict[str, str]:
    """Notes that say what a limit is on, at which level, and what it rests on."""
    return {
        "title": f"{experiment.title}: {what}",
        "experiment": experiment.title,
        "coupling": coupling,
        "confidence": f"{100 * confidence:g} % C.L., {dof} degree{'s' if dof > 1 else ''} of freedom",
        **caveats(experiment),
    }


def _region(experiment: Experiment, name: str, columns: dict, notes: dict[str, str]) -> Table:
    units = {column: {"m_4": "MeV", "chi2": "1"}.get(column, "mu_B") for column in columns}
    return Table(f"{experiment.name}-{name}", columns, units, "; ".join(experiment.sources), STATUS, notes)


def scan(
    names: Sequence[str], coupling: str, m_4: float, option: str, values: Sequence[float], unit: str = "1"
) -> Table:
    """How the limits of several experiments move with one of their options.

    Parameters
    ----------
    names : sequence of str
        experiments
    coupling : str
        which limit
    m_4 : float
        mass (MeV)
    option : str
        of :func:`companion.experiments.load`, in ``unit``
    values : sequence of float
        what to give it

    Returns
    -------
    Table
        columns ``option`` and, for every experiment, the limit over its default limit
    """
    columns = {option: np.asarray(values, float)}
    columns |= {name: limits.scan(name, coupling, m_4, option, values) for name in names}
    units = {column: unit if column == option else "1" for column in columns}
    sources = dict.fromkeys(source for name in names for source in experiments.load(name).sources)
    notes = {"title": f"limit on {coupling} at m_4 = {m_4:g} MeV against {option}, over the default limit"}
    notes |= _together(list(map(experiments.load, names)))
    return Table(f"{option}-{coupling}-scan", columns, units, "; ".join(sources), STATUS, notes)


def interference(names: Sequence[str], coupling: str, m_4: Sequence[float], squared_sines: Sequence[float]) -> Table:
    r"""Magnetic and interference events at the limit, and how the limit moves, for several mixings of both signs.

    Parameters
    ----------
    names : sequence of str
        experiments
    coupling : str
        ``"mu_e"``, ``"mu_mu"`` or ``"mu_tau"``
    m_4 : sequence of float
        masses (MeV)
    squared_sines : sequence of float
        :math:`|U_{\\alpha4}|^2`

    Returns
    -------
    Table
        per experiment, mass and mixing: the limit without interference, the events there (interference for the positive
        sign; the other sign flips it) and the limits for both signs over the one without
    """
    state = coupling.removeprefix("mu_")
    rows = []
    for name in names:
        experiment = experiments.load(name)
        for mass in m_4:
            limit = float(limits.upper_limit(experiment, coupling, mass))
            magnetic = limit**2 * float(experiment.dipole(state, mass).sum())
            linear = limit * float(experiment.interference(state, mass).sum())
            for squared in squared_sines:
                mixing = squared**0.5
                moved = [
                    float(limits.upper_limit(replace(experiment, mixing=sign * mixing), coupling, mass)) / limit
                    for sign in (1, -1)
                ]
                rows.append((name, mass, squared, limit, magnetic, mixing * linear, *moved))
    units = {
        "experiment": "-",
        "m_4": "MeV",
        "sin2": "1",
        "limit": "mu_B",
        "magnetic": "events",
        "interference": "events",
        "plus": "1",
        "minus": "1",
    }
    columns = {name: np.array(column) for name, column in zip(units, zip(*rows, strict=True), strict=True)}
    sources = dict.fromkeys(source for name in names for source in experiments.load(name).sources)
    notes = {"title": f"interference of weak and magnetic scattering at the limit on {coupling}"}
    notes |= _together(list(map(experiments.load, names)))
    return Table(f"{coupling}-interference", columns, units, "; ".join(sources), STATUS, notes)


def summary(setups: Sequence[Experiment], coupling: str, m_4: Sequence[float], dof: Sequence[int] = (1, 2)) -> Table:
    """Limits of several experiments at a few masses (MeV), 90 % C.L.

    Returns
    -------
    Table
        one row per experiment and number of degrees of freedom: columns ``experiment``, ``dof``, one per mass (mu_B)
        and ``edge``, the largest mass (MeV) that the experiment can make and see
    """
    rows = [(setup, number) for setup in setups for number in dof]
    found = [limits.upper_limit(setup, coupling, m_4, dof=number) for setup, number in rows]
    at = {f"at_{mass:g}_MeV": values for mass, values in zip(m_4, np.transpose(found), strict=True)}
    columns: dict[str, ArrayLike] = {
        "experiment": [setup.title for setup, _ in rows],
        "dof": [number for _, number in rows],
        **at,
        "edge": [setup.maximum_mass(coupling) for setup, _ in rows],
    }
    units = {"experiment": "-", "dof": "1", **dict.fromkeys(at, "mu_B"), "edge": "MeV"}
    return numbers(f"{coupling}-summary", f"limits on {coupling}, 90 % C.L.", columns, units, setups)


def pulls(experiment: Experiment, coupling: str = "mu_e", value: float = 0.0, m_4: float = 0.0) -> Table:
    """Pulls at the minimum of the chi-square for a coupling (mu_B) and a mass (MeV), by default without a moment.

    Returns
    -------
    Table
        columns ``pull``, ``best`` and ``width`` (both in per cent); the chi-square is a note
    """
    signal = experiment.expected(coupling, value, m_4)
    best = experiment.likelihood.best_pulls(signal)
    columns: dict[str, ArrayLike] = {
        "pull": list(best),
        "best": [round(100 * float(a), 2) for a in best.values()],
        "width": [round(100 * pull.sigma, 2) for pull in experiment.likelihood.pulls],
    }
    what = f"{coupling} = {value:.3g} mu_B, m_4 = {m_4:g} MeV" if value else "without a moment"
    table = numbers(f"{experiment.name}-pulls", f"{experiment.title}: pulls {what}", columns,
                    {"pull": "-", "best": "%", "width": "%"}, [experiment])  # fmt: skip
    chi2 = f"chi2 = {float(experiment.likelihood.chi2(signal)):.3f} for {len(experiment.observed)} bins"
    return replace(table, notes={**table.notes, "minimum": chi2})


def numbers(
    name: str,
    title: str,
    columns: Mapping[str, ArrayLike],
    units: Mapping[str, str],
    experiments: Sequence[Experiment] = (),
) -> Table:
    """The numbers of any other figure or table.

    Parameters
    ----------
    name, title : str
        of the table
    columns : mapping of str to array_like
        one-dimensional, of one length
    units : mapping of str to str
        one for each column
    experiments : sequence of Experiment
        whose sources the numbers have; none for formulas
    """
    if set(units) != set(columns):
        raise ValueError(f"the columns are {', '.join(columns)}, and there are units for {', '.join(units) or 'none'}")
    arrays = {key: np.ravel(np.asarray(value)) for key, value in columns.items()}
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError("the columns of a table must be of one length")
    sources = dict.fromkeys(source for experiment in experiments for source in experiment.sources)
    source = "; ".join(sources) or "formulas of arXiv:2109.09545 and of this book"
    return Table(name, arrays, dict(units), source, STATUS, {"title": title, **_together(experiments)})


def choices(experiment: Experiment, coupling: str, m_4: float, rows: Sequence[tuple[Choice, float, float]]) -> Table:
    """What each choice does to a limit: the rows of :func:`companion.limits.choices`.

    Returns
    -------
    Table
        columns ``choice``, ``limit`` (mu_B) and ``ratio`` to the default
    """
    labels, values, ratios = zip(*((choice.label, limit, ratio) for choice, limit, ratio in rows), strict=True)
    return numbers(
        f"{experiment.name}-choices",
        f"{experiment.title}: limit on {coupling} at m_4 = {m_4:g} MeV, 90 % C.L., for each choice",
        {"choice": labels, "limit": values, "ratio": ratios},
        {"choice": "-", "limit": "mu_B", "ratio": "1"},
        [experiment],
    )


def caveats(experiment: Experiment) -> dict[str, str]:
    """Notes that go with every number of an experiment: choices that are not defaults, and what is no data."""
    chosen = [f"{name} = {value}" for name, value in experiment.options.items()]
    if experiment.delta is not None:
        chosen.append(f"Dirac phase delta = {experiment.delta:g} rad")
    if experiment.mixing:
        chosen.append(f"mixing for the interference = {experiment.mixing:g}")
    notes = {"options": ", ".join(chosen)} if chosen else {}
    said = [_PROJECTION] if experiment.projected else []
    said += [_SURROGATE] if experiment.surrogate else []
    return notes | ({"note": "; ".join(said)} if said else {})


def _together(setups: Sequence[Experiment]) -> dict[str, str]:
    """What is no data in a table of several experiments."""
    titles: dict[str, list[str]] = {}
    for setup in setups:
        if note := caveats(setup).get("note"):
            titles.setdefault(note, []).append(setup.title)
    said = [f"{note} ({', '.join(dict.fromkeys(of))})" for note, of in titles.items()]
    return {"note": "; ".join(said)} if said else {}


def bins(axes: Sequence[Axis]) -> dict[str, tuple[NDArray[np.float64], str]]:
    """Lower and upper ends of the flattened bins along every axis, each with its unit, by name of the column."""
    ends: dict[str, tuple[NDArray[np.float64], str]] = {}
    for axis, place in zip(axes, np.indices([len(axis.edges) - 1 for axis in axes]), strict=True):
        name = axis.name.replace(" ", "_")
        ends[f"{name}_low"] = axis.edges[:-1][place.ravel()], axis.unit
        ends[f"{name}_high"] = axis.edges[1:][place.ravel()], axis.unit
    return ends
