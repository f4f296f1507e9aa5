"""Results as values: numbers with units and provenance that show, plot and write themselves.

Each is made by the function of its name in small letters from an experiment (or its name) and a coupling (or its name):
:func:`spectrum`, :func:`limit`, :func:`interval`, :func:`region`.  What an experiment's numbers rest on, a surrogate, a
projection, an option, a change by hand, goes with them into every table, file and combination (:class:`Provenance`).

>>> from companion import results
>>> results.limit("coherent-csi", "mu_mu", [0.01, 20.0]).table["limit"].shape
(2,)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import __version__, limits
from .couplings import Coupling
from .couplings import coupling as named
from .data import Table
from .experiments import Axis, Experiment, of
from .statistics import Poisson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Band",
    "Interval",
    "Limit",
    "Provenance",
    "Region",
    "Result",
    "Spectrum",
    "excluded",
    "interval",
    "limit",
    "region",
    "spectrum",
    "table",
]

Array = NDArray[np.float64]

STATUS = f"derived: computed by companion {__version__}"
FORMULAS = "formulas of arXiv:2109.09545 and of this book"
PROJECTION = "a PROJECTION: what counts as observed is the Standard-Model expectation"
SURROGATE = "rests on a SURROGATE of data that are not available: not to be read as a measurement"


@dataclass(frozen=True)
class Provenance:
    """What numbers rest on; it survives every combination.

    Attributes
    ----------
    titles : tuple of str
        of the experiments
    sources : tuple of str
        where their data and inputs come from
    surrogates, projections : tuple of str
        titles of those whose "data" stand in for data that are not available, or are an expectation
    changes : tuple of str
        options that differ from their defaults and what was changed by hand, with the title in front
    """

    titles: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    surrogates: tuple[str, ...] = ()
    projections: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @classmethod
    def of(cls, experiments: Iterable[str | Experiment]) -> Provenance:
        """What numbers from some experiments rest on."""
        parts = [part for experiment in experiments for part in of(experiment).parts]
        return cls(
            _once(part.title for part in parts),
            _once(source for part in parts for source in part.sources),
            _once(part.title for part in parts if part.surrogate),
            _once(part.title for part in parts if part.projected),
            _once(f"{part.title}: {part.changes}" for part in parts if part.changes),
        )

    def __add__(self, other: Provenance) -> Provenance:
        return Provenance(
            _once((*self.titles, *other.titles)),
            _once((*self.sources, *other.sources)),
            _once((*self.surrogates, *other.surrogates)),
            _once((*self.projections, *other.projections)),
            _once((*self.changes, *other.changes)),
        )

    @property
    def kind(self) -> str:
        """``"data"``, ``"projection"`` or ``"SURROGATE, not data"``, with ``", changed"`` where it is not the default."""
        kind = "SURROGATE, not data" if self.surrogates else "projection" if self.projections else "data"
        return f"{kind}, changed" if self.changes else kind

    @property
    def is_data(self) -> bool:
        """Whether nothing in it stands in for data: only then can a limit exclude anything."""
        return not (self.surrogates or self.projections)

    @property
    def source(self) -> str:
        """All sources in a line."""
        return "; ".join(self.sources) or FORMULAS

    def notes(self) -> dict[str, str]:
        """What has to be said beside the numbers."""
        notes = {}
        if self.changes:
            notes["options"] = "; ".join(self.changes)
        said = []
        if self.projections:
            said.append(f"{PROJECTION} ({', '.join(self.projections)})")
        if self.surrogates:
            said.append(f"{SURROGATE} ({', '.join(self.surrogates)})")
        if said:
            notes["note"] = "; ".join(said)
        return notes


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


@dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """What all results have in common.

    Attributes
    ----------
    name, title : str
        of the table and of its file, and in words
    provenance : Provenance
        what it rests on
    notes : mapping of str to str
        what else is said beside the numbers
    """

    name: str
    title: str
    provenance: Provenance
    notes: Mapping[str, str] = field(default_factory=dict)

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        """Columns of the table with their units."""
        raise NotImplementedError

    @property
    def table(self) -> Table:
        """The numbers as a table; :func:`companion.data.read` reads it back from a file."""
        columns = self._columns()
        notes = {"title": self.title, **self.notes, **self.provenance.notes()}
        return table(self.name, notes, columns, self.provenance)

    @property
    def surrogate(self) -> bool:
        """Whether a surrogate of data is in it."""
        return bool(self.provenance.surrogates)

    @property
    def projected(self) -> bool:
        """Whether a projection is in it."""
        return bool(self.provenance.projections)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw it into axes, new ones by default, and return them."""
        from . import plot

        return plot.draw(self, ax, **style)

    def write(self, path: str | Path) -> Path:
        """Write it to a file whose ending says the format: .csv, .json, .yaml (HEPData), or .png, .pdf, .svg."""
        from . import io

        return io.write(self, path)

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame, its units and notes in ``attrs``; needs pandas."""
        import pandas

        made = self.table
        frame = pandas.DataFrame(dict(made.columns))
        frame.attrs = {"units": dict(made.units), "source": made.source, **made.notes}
        return frame

    def to_xarray(self) -> Any:
        """The table as an xarray Dataset over its first column; needs xarray."""
        import xarray

        made = self.table
        first, *rest = made.columns
        variables = {name: (first, made.columns[name], {"units": made.units[name]}) for name in rest}
        coordinate = {first: (first, made.columns[first], {"units": made.units[first]})}
        return xarray.Dataset(variables, coordinate, {"source": made.source, **made.notes})

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def table(
    name: str,
    title: str | Mapping[str, str],
    columns: Mapping[str, tuple[ArrayLike, str]],
    provenance: Provenance | None = None,
) -> Table:
    """Any numbers as a table with units and provenance.

    Parameters
    ----------
    name : str
        of the table
    title : str or mapping
        what it is, or notes among which ``"title"`` is one
    columns : mapping of str to (array_like, str)
        one-dimensional, of one length, with their units (``"1"`` for pure numbers, ``"-"`` for text)
    provenance : Provenance, optional
        what the numbers rest on; none for formulas
    """
    rests_on = provenance or Provenance()
    arrays = {key: np.ravel(np.asarray(values)) for key, (values, _) in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        raise ValueError("the columns of a table must be of one length")
    notes = {"title": title} if isinstance(title, str) else dict(title)
    units = {key: unit for key, (_, unit) in columns.items()}
    return Table(name, arrays, units, rests_on.source, STATUS, {**notes, **rests_on.notes()})


# ---------------------------------------------------------------------------------------------------------------------
# counts


@dataclass(frozen=True, eq=False, kw_only=True)
class Spectrum(Result):
    """Counts per bin, pulls at zero.

    Attributes
    ----------
    axes : tuple of Axis
        one or several; bins are flattened, the last axis running fastest
    quantity : str
        unit of the counts
    observed, error : ndarray, shape (n_bins,)
        what was seen, or what stands in for it (see ``provenance``), with its error
    backgrounds : mapping of str to ndarray
        templates
    standard_model : ndarray
        neutrinos that no background holds
    dipole : ndarray, optional
        what a moment adds, with the interference if there is one
    """

    axes: tuple[Axis, ...]
    quantity: str
    observed: Array
    error: Array
    backgrounds: Mapping[str, Array]
    standard_model: Array
    dipole: Array | None = None

    @property
    def seen_as(self) -> str:
        """What the observed counts are: ``"observed"``, ``"projected"`` or ``"surrogate"``."""
        return "surrogate" if self.surrogate else "projected" if self.projected else "observed"

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {}
        places = np.indices([len(axis.edges) - 1 for axis in self.axes])
        for axis, place in zip(self.axes, places, strict=True):
            name = axis.name.replace(" ", "_")
            columns[f"{name}_low"] = axis.edges[:-1][place.ravel()], axis.unit
            columns[f"{name}_high"] = axis.edges[1:][place.ravel()], axis.unit
        columns[self.seen_as] = self.observed, self.quantity
        columns["error"] = self.error, self.quantity
        for name, counts in self.backgrounds.items():
            columns[name.replace(" ", "_")] = counts, self.quantity
        columns["standard_model"] = self.standard_model, self.quantity
        if self.dipole is not None:
            columns["dipole"] = self.dipole, self.quantity
        return columns


def spectrum(
    experiment: str | Experiment,
    coupling: str | Coupling | None = None,
    value: float | None = None,
    m_4: float | None = None,
    *,
    axis: str | None = None,
    per_width: bool = False,
) -> Spectrum:
    """Counts per bin: observed, backgrounds, Standard Model and, for a given coupling, the dipole signal.

    Parameters
    ----------
    experiment : str or Experiment
        with one axis or several
    coupling : str or Coupling, optional
        what adds a signal
    value, m_4 : float, optional
        the coupling (mu_B) and the mass (MeV)
    axis : str, optional
        name of the axis onto which counts are added up; by default every bin has its row
    per_width : bool
        divide by the width of the bins along one axis, for bins of different widths
    """
    source = of(experiment)
    given = [part for part in (coupling, value, m_4) if part is not None]
    if len(given) not in (0, 3):
        raise ValueError("a dipole signal needs all three of coupling, value and m_4")
    if len(source.parts) > 1:
        raise ValueError(f"{source.title} is a combination; a spectrum has one experiment")
    kept, summed = _kept_axes(source, axis)

    def along(counts: Array) -> Array:
        shape = [len(each.edges) - 1 for each in source.axes]
        return np.reshape(counts, shape).sum(axis=summed).ravel()

    error = np.sqrt(along(source.likelihood.sigma**2))
    if summed and isinstance(source.likelihood, Poisson):
        # of the sum, not of every bin that was added up, each at least one
        error = np.sqrt(np.maximum(along(source.observed), 1.0))
    quantity, width = source.quantity, np.ones(1)
    if per_width:
        if len(kept) > 1:
            raise ValueError(f"a density is along one axis: {', '.join(each.name for each in kept)}")
        quantity, width = f"{quantity}/{kept[0].unit}", np.diff(kept[0].edges)
    dipole, notes = None, {"experiment": source.title}
    if coupling is not None and value is not None and m_4 is not None:
        chosen = named(coupling)
        strength = np.asarray(value, float)
        # not the difference of two expectations: a small signal would lose its digits
        dipole = along(strength**2 * source.template(chosen, m_4))
        if chosen.interferes:
            dipole = dipole + along(strength * source.linear_template(chosen, m_4))
        source.expected(chosen, value, m_4)  # refuses what is not a coupling
        notes["signal"] = f"{chosen.name} = {value:g} mu_B, m_4 = {m_4:g} MeV"
    return Spectrum(
        name=f"{source.name}-spectrum",
        title=f"{source.title}: {quantity}" + ("" if per_width else " per bin"),
        provenance=Provenance.of([source]),
        notes=notes,
        axes=kept,
        quantity=quantity,
        observed=along(source.observed) / width,
        error=error / width,
        backgrounds={name: along(counts) / width for name, counts in source.backgrounds.items()},
        standard_model=along(source.standard_model()) / width,
        dipole=None if dipole is None else dipole / width,
    )


def _kept_axes(experiment: Experiment, axis: str | None) -> tuple[tuple[Axis, ...], tuple[int, ...]]:
    """The axes that are kept, and the numbers of those over which counts are added up."""
    if axis is None:
        return experiment.axes, ()
    names = [each.name for each in experiment.axes]
    if axis not in names:
        raise ValueError(f"{experiment.title} has no axis {axis!r}; there are {', '.join(names)}")
    kept = names.index(axis)
    return (experiment.axes[kept],), tuple(k for k in range(len(names)) if k != kept)


# ---------------------------------------------------------------------------------------------------------------------
# couplings against the mass


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve(Result):
    """Numbers against the mass of the sterile state, for one coupling.

    Attributes
    ----------
    coupling : Coupling
        which
    m_4 : ndarray
        masses (MeV)
    confidence : float
        confidence level
    dof : int
        degrees of freedom of the chi-square difference
    """

    coupling: Coupling
    m_4: Array
    confidence: float
    dof: int

    @property
    def level(self) -> str:
        """Confidence level and degrees of freedom, in words."""
        return f"{100 * self.confidence:g} % C.L., {self.dof} degree{'s' if self.dof > 1 else ''} of freedom"


@dataclass(frozen=True, eq=False, kw_only=True)
class Limit(Curve):
    """Upper limit on a coupling.

    Attributes
    ----------
    value : ndarray
        the limit (mu_B) at each mass; inf where there is none
    low : ndarray
        lower end of the interval (mu_B): where it is not zero, zero is excluded and the limit is its upper end
    blind : str
        why there is no limit at some of the masses; empty if there is one at all of them
    """

    value: Array
    low: Array
    blind: str = ""

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}


@dataclass(frozen=True, eq=False, kw_only=True)
class Interval(Curve):
    """Allowed interval of a coupling, counted from the minimum at each mass.

    Attributes
    ----------
    low, best, high : ndarray
        ends and best fit (mu_B)
    chi2 : ndarray
        at the best fit
    null : float
        chi-square without a moment
    """

    low: Array
    best: Array
    high: Array
    chi2: Array
    null: float

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV")}
        columns |= {name: (getattr(self, name), "mu_B") for name in ("low", "best", "high")}
        return columns | {"chi2": (self.chi2, "1")}


@dataclass(frozen=True, eq=False, kw_only=True)
class Region(Curve):
    """Region of coupling and mass around the global minimum.

    Attributes
    ----------
    low, high : ndarray
        smallest and largest coupling (mu_B) inside at each mass; nan where none is inside
    best, best_mass, chi2 : float
        coupling (mu_B), mass (MeV) and chi-square at the minimum
    spans : tuple of (float, float)
        masses (MeV) from which to which it reaches
    """

    low: Array
    high: Array
    best: float
    best_mass: float
    chi2: float
    spans: tuple[tuple[float, float], ...]

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {"m_4": (self.m_4, "MeV"), "low": (self.low, "mu_B"), "high": (self.high, "mu_B")}


@dataclass(frozen=True, eq=False, kw_only=True)
class Band(Curve):
    """A limit with bands around it: uncertainties, choices, or what was expected.

    Attributes
    ----------
    value : ndarray
        the limit in the middle (mu_B)
    bands : mapping of str to (ndarray, ndarray)
        lower and upper ends (mu_B) by name
    """

    value: Array
    bands: Mapping[str, tuple[Array, Array]]

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        columns: dict[str, tuple[ArrayLike, str]] = {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}
        for name, (low, high) in self.bands.items():
            columns[f"{name}_low"] = low, "mu_B"
            columns[f"{name}_high"] = high, "mu_B"
        return columns


def limit(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> Limit:
    """Upper limit on a coupling against the mass; parameters of :func:`companion.limits.upper_limit`."""
    source, chosen, masses = of(experiment), named(coupling), np.atleast_1d(np.asarray(m_4, float))
    low, high = limits.interval(source, chosen, masses, confidence=confidence, dof=dof)
    without = np.flatnonzero(np.isinf(high))
    blind = ""
    if len(without):
        first = float(masses[without[0]])
        blind = limits.blind_because(source, chosen, first, confidence=confidence, dof=dof)
    notes = _notes(source, chosen, confidence, dof)
    if np.any(low > 0):
        excluding = masses[low > 0]
        where = f"{excluding.min():.4g} MeV"
        if len(excluding) > 1:
            where += f" to {excluding.max():.4g} MeV"
        notes["excess"] = (
            f"zero is excluded at {len(excluding)} of {len(masses)} masses ({where}): there the limit is the upper end "
            "of an interval"
        )
    if blind:
        notes["blind"] = f"inf: {blind}"
    return Limit(
        name=f"{source.name}-{chosen.name}-limit",
        title=f"{source.title}: upper limit on {chosen.name}",
        provenance=Provenance.of([source]),
        notes=notes,
        coupling=chosen,
        m_4=masses,
        confidence=confidence,
        dof=dof,
        value=high,
        low=low,
        blind=blind,
    )


def interval(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 1
) -> Interval:
    """Allowed interval of a coupling at each mass; parameters of :func:`companion.limits.interval`."""
    source, chosen, masses = of(experiment), named(coupling), np.atleast_1d(np.asarray(m_4, float))
    low, high = limits.interval(source, chosen, masses, confidence=confidence, dof=dof)
    fit = limits.best_fit(source, chosen, masses)
    return Interval(
        name=f"{source.name}-{chosen.name}-interval",
        title=f"{source.title}: interval of {chosen.name} at each mass",
        provenance=Provenance.of([source]),
        notes=_notes(source, chosen, confidence, dof),
        coupling=chosen,
        m_4=masses,
        confidence=confidence,
        dof=dof,
        low=low,
        best=fit.value,
        high=high,
        chi2=fit.chi2,
        null=float(source.chi2(chosen, 0.0, 0.0)),
    )


def region(
    experiment: str | Experiment, coupling: str | Coupling, m_4: ArrayLike, *, confidence: float = 0.90, dof: int = 2
) -> Region:
    """Region of coupling and mass around the global minimum; parameters of :func:`companion.limits.contour`."""
    source, chosen = of(experiment), named(coupling)
    contour = limits.contour(source, chosen, m_4, confidence=confidence, dof=dof)
    notes = _notes(source, chosen, confidence, dof)
    notes["minimum"] = (
        f"chi2 = {contour.chi2:.3f} at {contour.best:.3e} mu_B and {contour.best_mass:.3g} MeV"
    )  # fmt: skip
    return Region(
        name=f"{source.name}-{chosen.name}-contour",
        title=f"{source.title}: region of {chosen.name} and mass",
        provenance=Provenance.of([source]),
        notes=notes,
        coupling=chosen,
        m_4=contour.m_4,
        confidence=confidence,
        dof=dof,
        low=contour.low,
        high=contour.high,
        best=contour.best,
        best_mass=contour.best_mass,
        chi2=contour.chi2,
        spans=contour.spans,
    )


def _notes(experiment: Experiment, chosen: Coupling, confidence: float, dof: int) -> dict[str, str]:
    """What a number against the mass is on, and at which level."""
    level = f"{100 * confidence:g} % C.L., {dof} degree{'s' if dof > 1 else ''} of freedom"
    notes = {"experiment": experiment.title, "coupling": chosen.name, "confidence": level}
    if mixing := chosen.mixing.describe():
        notes["mixing"] = mixing
    return notes


def excluded(curves: Iterable[Limit], m_4: ArrayLike | None = None) -> Limit:
    """The lowest of several limits from data at every mass: what is excluded by at least one of them.

    A surrogate or a projection excludes nothing: such curves are left out, and a note says so.

    Parameters
    ----------
    curves : iterable of Limit
        on one coupling
    m_4 : array_like, optional
        masses (MeV); by default all those of the curves

    Raises
    ------
    ValueError
        if none of the curves is from data, or they are on several couplings
    """
    given = list(curves)
    from_data = [curve for curve in given if curve.provenance.is_data]
    if not from_data:
        raise ValueError("nothing here excludes anything: there is no limit from data among these")
    couplings = {curve.coupling.name for curve in from_data}
    if len(couplings) > 1:
        raise ValueError(f"an excluded area belongs to one coupling, not to {', '.join(sorted(couplings))}")
    masses = np.unique(np.concatenate([curve.m_4 for curve in from_data])) if m_4 is None else np.asarray(m_4, float)
    lines = [_between(curve, masses) for curve in from_data]
    left_out = [curve.title for curve in given if not curve.provenance.is_data]
    first = from_data[0]
    provenance = Provenance()
    for curve in from_data:
        provenance = provenance + curve.provenance
    notes = {"coupling": first.coupling.name}
    if left_out:
        notes["left out"] = f"{'; '.join(left_out)}: surrogates and projections exclude nothing"
    return Limit(
        name=f"{first.coupling.name}-excluded",
        title=f"{first.coupling.name}: excluded by at least one measurement",
        provenance=provenance,
        notes=notes,
        coupling=first.coupling,
        m_4=masses,
        confidence=first.confidence,
        dof=first.dof,
        value=np.min(lines, axis=0),
        low=np.zeros_like(masses),
    )


def _between(curve: Limit, masses: Array) -> Array:
    """A limit between its masses, straight in both logarithms; inf outside and next to inf."""
    line = np.full(masses.shape, np.inf)
    finite = np.isfinite(curve.value)
    if finite.sum() < 2:
        return np.where(np.isin(masses, curve.m_4[finite]), np.min(curve.value), np.inf)
    x, y = np.log(curve.m_4[finite]), np.log(curve.value[finite])
    inside = (masses >= curve.m_4[finite][0]) & (masses <= curve.m_4[finite][-1])
    line[inside] = np.exp(np.interp(np.log(masses[inside]), x, y))
    return line
