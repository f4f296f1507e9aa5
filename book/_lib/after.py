"""What only the chapter on later data shows: what is left of the region of XENON1T, and what each detector saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion import experiments, limits, regions, results, units
from companion.couplings import COUPLINGS
from companion.data import Table, table
from companion.experiments import Experiment
from companion.plot import COLOURS, in_style
from companion.results import Spectrum

__all__ = [
    "Survey", "backgrounds", "detectors", "draw_surveys", "flatness", "leftovers", "published_moments", "survey",
    "surveys",
]  # fmt: skip

LOOKS = (
    {"color": COLOURS["blue"], "ls": "-", "lw": 1.6},
    {"color": COLOURS["green"], "ls": "--", "lw": 1.4},
    {"color": COLOURS["purple"], "ls": "-.", "lw": 1.4},
    {"color": COLOURS["vermillion"], "ls": ":", "lw": 2.2},
    {"color": COLOURS["black"], "ls": "-", "lw": 2.4},
)


@dataclass(frozen=True)
class Survey:
    """A region that an excess asks for, and later upper limits at its masses.

    Attributes
    ----------
    name, title : str
        of its table
    coupling : str
        which
    region : Region
        what is asked for
    limits : mapping of str to ndarray
        later upper limits (mu_B) by the name of the data
    provenance : Provenance
        what it rests on
    """

    name: str
    title: str
    coupling: str
    region: regions.Region
    limits: Mapping[str, NDArray[np.float64]]
    provenance: results.Provenance

    @property
    def table(self) -> Table:
        """Columns ``m_4`` (MeV), ``low``, ``high`` and one for each of the later limits (mu_B)."""
        columns = {"m_4": self.region.m_4, "low": self.region.low, "high": self.region.high, **self.limits}
        unit = {column: "mu_B" for column in columns} | {"m_4": "MeV"}
        return results.table(self.name, self.title, columns, unit, self.provenance)

    def left(self) -> dict[str, regions.Remains]:
        """What each of the limits leaves of the region."""
        return {name: regions.remains(self.region, line) for name, line in self.limits.items()}

    def remains(self) -> Table:
        """What is left in words and numbers.

        Columns ``data``, ``left`` (% of the area in both logarithms), ``from`` and ``to`` (keV), the lightest and the
        heaviest state of which something is left (nan for none), and ``largest``, the largest moment left (mu_B).
        """
        left = self.left()
        starts, stops = [], []
        for one in left.values():
            ends = [end for span in one.spans for end in span] or [np.nan]
            starts.append(1e3 * min(ends))
            stops.append(1e3 * max(ends))
        columns: dict[str, ArrayLike] = {
            "data": list(left),
            "left": [100 * one.fraction for one in left.values()],
            "from": starts,
            "to": stops,
            "largest": [one.largest for one in left.values()],
        }
        unit = {"data": "-", "left": "%", "from": "keV", "to": "keV", "largest": "mu_B"}
        return results.table(f"{self.name}-remains", f"left: {self.title}", columns, unit, self.provenance)


def survey(experiment: Experiment, later: Mapping[str, Experiment], coupling: str, number: int = 50) -> Survey:
    """A region and later upper limits at its masses: :func:`companion.regions.survey`."""
    asked, lines = regions.survey(experiment, later, coupling, number=number)
    return _survey(experiment, later, coupling, asked, lines)


def _survey(
    experiment: Experiment,
    later: Mapping[str, Experiment],
    coupling: str,
    asked: regions.Region,
    lines: Mapping[str, NDArray[np.float64]],
) -> Survey:
    return Survey(
        name=f"{experiment.name}-{coupling}-survey",
        title=f"what {experiment.title} asks for and later upper limits, {coupling}, 90 % C.L.",
        coupling=coupling,
        region=asked,
        limits=lines,
        provenance=results.Provenance.of([experiment, *later.values()]),
    )


def surveys(
    setups: Mapping[str, Experiment], later: Mapping[str, Experiment], coupling: str, number: int = 40
) -> dict[str, Survey]:
    """A :func:`survey` of each set-up in both conventions of :func:`companion.regions.region`, by their names.

    The later limits are computed once, at 40 masses, and are straight lines in the logarithms between them.
    """
    asked = {}
    for name, setup in setups.items():
        for convention, joint in (("each mass", False), ("plane", True)):
            one = regions.region(setup, coupling, joint=joint, number=number)
            asked[f"{name}, {convention}"] = setup, one
    start = min(one.m_4[0] for _, one in asked.values())
    end = max(one.m_4[-1] for _, one in asked.values())
    # flat for light states
    grid = np.concatenate([np.geomspace(start, end / 5, 8, endpoint=False), np.linspace(end / 5, end, 32)])
    lines = {name: np.log(limits.upper_limit(other, coupling, grid)) for name, other in later.items()}
    made = {}
    for name, (setup, one) in asked.items():
        between = {other: np.exp(np.interp(np.log(one.m_4), np.log(grid), line)) for other, line in lines.items()}
        made[name] = _survey(setup, later, coupling, one, between)
    return made


def leftovers(surveys: Mapping[str, Survey]) -> Table:
    """How much of several regions is left, one row for each survey.

    Parameters
    ----------
    surveys : mapping of str to Survey
        all with the same later data, by the names of the rows

    Returns
    -------
    Table
        columns ``region``, ``low`` and ``high`` (mu_B) at the lightest mass, ``end`` (keV), and for each of the later
        limits what it leaves of the area (%)
    """
    unit = {"region": "-", "low": "mu_B", "high": "mu_B", "end": "keV"}
    columns: dict[str, list[Any]] = {column: [] for column in unit}
    provenance = results.Provenance()
    for name, one in surveys.items():
        columns["region"].append(name)
        columns["low"].append(one.region.low[0])
        columns["high"].append(one.region.high[0])
        columns["end"].append(1e3 * one.region.spans[-1][1])
        for data, left in one.left().items():
            columns.setdefault(data, []).append(100 * left.fraction)
            unit[data] = "%"
        provenance = provenance + one.provenance
    title = "regions, and what later limits leave of their areas"
    return results.table("leftovers", title, columns, unit, provenance)


def backgrounds(setups: Mapping[str, Experiment]) -> Table:
    """Events seen and events of the background where this is all that is expected, and how well the two agree.

    Parameters
    ----------
    setups : mapping of str to Experiment
        each with one background that one pull scales, and no neutrinos besides

    Returns
    -------
    Table
        columns ``data``, ``bins``, ``seen`` and ``background`` (events), ``chi2`` without a moment, pulls profiled, and
        ``pull``, what it does to the background (%)
    """
    unit = {"data": "-", "bins": "1", "seen": "1", "background": "1", "chi2": "1", "pull": "%"}
    rows = []
    for name, setup in setups.items():
        (label,) = setup.backgrounds
        (pull,) = (pull.name for pull in setup.likelihood.pulls if pull.templates == (label,))
        signal = setup.standard_model()
        best = 100 * float(setup.likelihood.best_pulls(signal)[pull])
        counts = [float(events.sum()) for events in (setup.observed, setup.backgrounds[label])]
        rows.append((name, setup.observed.size, *counts, float(setup.likelihood.chi2(signal)), round(best, 2)))
    columns = {column: np.array([row[k] for row in rows]) for k, column in enumerate(unit)}
    return results.table("backgrounds", "what was seen, without a moment", columns, unit, setups.values())


def flatness(names: Sequence[str], first: int = 1, last: int = 5) -> Table:
    """Background over a flat spectrum of one event per keV, with the efficiency at the true or reconstructed energy.

    Parameters
    ----------
    names : sequence of str
        experiments with one background, one channel, bins of 1 keV and the option ``efficiency_at``
    first, last : int
        energies (keV) between which the bins lie

    Returns
    -------
    Table
        columns ``data``, ``efficiency at`` and one for each bin (events per keV before the efficiency)
    """
    step = 0.005
    T = np.arange(0.05, 60, step) * units.keV
    rows = []
    for name in names:
        for energy in ("true", "reconstructed"):
            experiment = experiments.load(name, efficiency_at=energy)
            (background,) = experiment.backgrounds.values()
            edges = experiment.axes[0].edges
            flat = step * experiment.channels[0].response.bins(T).sum(-1)
            chosen = (edges[:-1] >= first) & (edges[1:] <= last)
            rows.append((name, energy, *(background / flat)[chosen]))
    bins = [f"{k}-{k + 1} keV" for k in range(first, last)]
    unit = {"data": "-", "efficiency at": "-", **dict.fromkeys(bins, "1/keV")}
    columns = {column: np.array([row[k] for row in rows]) for k, column in enumerate(unit)}
    return results.table("flatness", "backgrounds over a flat spectrum", columns, unit, names)


@in_style
def draw_surveys(panels: Any, surveys: Sequence[Survey], labels: Mapping[str, str], region: str, **axis: Any) -> Any:
    """A region in shade and later upper limits as lines, one panel for each coupling, with one legend above.

    Parameters
    ----------
    panels : array of Axes
        one for each survey
    surveys : sequence of Survey
        what to draw
    labels : mapping
        text for each later limit, at most five
    region : str
        text for the region
    **axis
        goes to ``Axes.set`` of every panel
    """
    for ax, one in zip(np.ravel(panels), surveys, strict=True):
        m_4 = 1e3 * one.region.m_4
        colour = COLOURS["yellow"]
        ax.fill_between(m_4, one.region.low, one.region.high, color=colour, alpha=0.7, lw=0, label=region)
        for (name, label), look in zip(labels.items(), LOOKS, strict=False):
            ax.plot(m_4, one.limits[name], label=label, **look)
        ax.set(xscale="log", yscale="log", xlabel=r"sterile mass $m_4$ [keV]")
        ax.set(**axis)
        ax.label_outer(remove_inner_ticks=False)
        ax.set_ylabel(f"{COUPLINGS[one.coupling]} [$\\mu_B$]")
    _legend_above(panels)
    return panels


@in_style
def detectors(panels: Any, spectra: Sequence[Spectrum], labels: Sequence[str], signal: str) -> Any:
    """Events per bin of several detectors: data with errors, background filled, and a dipole signal on top of it.

    Parameters
    ----------
    panels : array of Axes
        one for each spectrum
    spectra : sequence of Spectrum
        with one background, no Standard-Model part and a dipole signal
    labels : sequence of str
        names of the detectors
    signal : str
        text for the signal
    """
    for ax, one, label in zip(np.ravel(panels), spectra, labels, strict=True):
        edges = one.axes[0].edges
        (background,) = one.backgrounds.values()
        if one.dipole is None or np.any(one.standard_model):
            raise ValueError(f"{one.title}: a dipole signal on a background that holds all neutrinos is drawn here")
        ax.stairs(background, edges, fill=True, color="0.78", label="background with solar neutrinos")
        ax.stairs(background + one.dipole, edges, baseline=None, color=COLOURS["vermillion"], lw=1.6, label=signal)
        ax.errorbar(
            (edges[1:] + edges[:-1]) / 2, one.observed, one.error, fmt="o", ms=3, lw=0.9, color=COLOURS["black"],
            label="data",
        )  # fmt: skip
        ax.set(xlim=(edges[0], edges[-1]), xlabel="reconstructed energy [keV]", ylabel="events per bin")
        ax.set_ylim(bottom=0)
        ax.annotate(label, (0.97, 0.95), xycoords="axes fraction", ha="right", va="top")
    _legend_above(panels)
    return panels


def _legend_above(panels: Any) -> None:
    first = np.ravel(panels)[0]
    handles, texts = first.get_legend_handles_labels()
    first.figure.legend(handles, texts, loc="outside upper center", ncols=3)


def published_moments(ours: Mapping[str, Experiment]) -> Table:
    """Published limits on the moment of massless neutrinos, and ours of the same kind.

    Parameters
    ----------
    ours : mapping of str to Experiment
        by the kind of neutrinos, ``"solar"`` (one moment of all flavours) or ``"reactor"`` (that of electron neutrinos)
    """
    published = table("limits/magnetic_moments")
    couplings = {"solar": "mu_all", "reactor": "mu_e"}
    found = {kind: float(limits.upper_limit(one, couplings[kind], 0.0)) for kind, one in ours.items()}
    columns = {"experiment": published["experiment"], "published": published.column("limit", "mu_B", minimum=0.0)}
    columns["ours"] = np.array([found[kind] for kind in published["neutrinos"].tolist()])
    columns |= {name: published[name] for name in ("neutrinos", "by", "confidence", "convention", "seen", "arXiv")}
    units_of = {**dict.fromkeys(columns, "-"), "confidence": "%", "published": "mu_B", "ours": "mu_B"}
    title = "published limits on the magnetic moment of massless neutrinos, and ours"
    return results.table("after-published", title, columns, units_of, list(ours.values()))
