"""Today's limits: every curve of ours and of others on one coupling, as figures, tables, an archive and a page."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.spatial import KDTree

from companion import citations, experiments, io, limits, published, regions, results
from companion.couplings import COUPLINGS as KNOWN
from companion.data import Table
from companion.experiments import Experiment
from companion.plot import FULL, in_style
from companion.published import Curve
from companion.results import Limit, Provenance
from companion.statistics import Poisson, delta_chi2

from .common import power
from .once import once
from .overview import CURRENT, HEAVY, LIGHT, Name, curve, outline, region, settle, written

__all__ = [
    "COUPLINGS", "LAYERS", "SHOWN", "Layer", "Line", "Panel", "best", "best_markdown", "conventions", "draw",
    "front", "left", "panel", "published_data", "write",
]  # fmt: skip

Array = NDArray[np.float64]

COUPLINGS = ("mu_e", "mu_mu", "mu_tau", "lambda_14", "lambda_24", "lambda_34")

SHOWN = (0.0, 0.01, 1.0, 5.0, 10.0)
"""Masses (MeV) of the table of best limits; zero is a massless state."""

PARTIAL = MappingProxyType({"coherent-csi": "coherent-csi-2021"})
"""Data that are contained in a later set."""

OTHERS = " (by others)"

BOTTOM, TOP = 5e-13, 1e-7
"""Moments (mu_B) between which the panels lie."""


@dataclass(frozen=True)
class Layer:
    """A kind of curve.

    Attributes
    ----------
    title : str
        what the page calls it
    shown : bool
        whether the page shows it before anybody has chosen
    dashes : tuple of float
        of the line, in multiples of its width; empty for a solid one
    width : float
        of the line, in points
    """

    title: str
    shown: bool
    dashes: tuple[float, ...]
    width: float


LAYERS = MappingProxyType(
    {
        "later": Layer("measured, published after the paper", True, (), 2.2),
        "paper": Layer("measured, data of the paper", True, (), 1.1),
        "others": Layer("measured, by others", True, (), 1.0),
        "surrogate": Layer("from a surrogate of data: excludes nothing", False, (6, 2, 1, 2), 1.4),
        "projection": Layer("projections: exclude nothing", False, (5, 2), 1.4),
        "others-projection": Layer("projections of others: exclude nothing", False, (5, 2), 1.0),
        "stars": Layer("stars and the early Universe", False, (1, 1.5), 1.2),
    }
)
"""Kinds of curves, in the order in which they are listed."""

BLACK, GREY, BROWN = ("#000000", "#FFFFFF"), ("#696969", "#A8A8A8"), ("#8C6D1F", "#D9BE73")
"""Inks on a light and on a dark ground."""

INKS = MappingProxyType(
    {
        "xenonnt": BLACK,
        "xenon1t": BLACK,
        "xenonnt-b8": ("#8A2E6B", "#E79AC0"),
        "lz-ws2022": ("#B54A00", "#F2A069"),
        "lz-ws2024": ("#D55E00", "#FF8A3D"),
        "pandax-4t": ("#00785A", "#3DC9A0"),
        "borexino-ii": ("#2A7DB0", "#7CC8F2"),
        "dresden-ii": ("#A36F00", "#F0B429"),
        "texono": ("#A36F00", "#F0B429"),
        "coherent-csi-2021": ("#0053A0", "#6FB1F5"),
        "coherent-csi": ("#0053A0", "#6FB1F5"),
        "coherent-lar": ("#007C7C", "#5FD3D3"),
        "cenns-750": ("#007C7C", "#5FD3D3"),
    }
)
"""Inks of our curves; a chromium source has those of its processes."""

NUCLEI, ELECTRONS = ("#8A2E6B", "#E79AC0"), ("#B54A00", "#F2A069")


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Attributes
    ----------
    name, label : str
        of its file, and beside it
    layer : str
        one of :data:`LAYERS`
    result : Limit or Curve
        the numbers, with what they rest on
    convention : str
        confidence level and statistic, in words
    inks : tuple of str
        on a light and on a dark ground
    """

    name: str
    label: str
    layer: str
    result: Limit | Curve
    convention: str
    inks: tuple[str, str]

    @property
    def m_4(self) -> Array:
        """Masses (MeV)."""
        return self.result.m_4

    @property
    def value(self) -> Array:
        """Limits (mu_B); inf where there is none."""
        return self.result.value

    @property
    def sources(self) -> str:
        """arXiv numbers of what it rests on."""
        found = re.findall(r"arXiv:[\w./-]*\w", "; ".join(self.result.provenance.sources))
        return ", ".join(dict.fromkeys(found))


@dataclass(frozen=True, eq=False)
class Panel:
    """All curves on one coupling.

    Attributes
    ----------
    coupling : str
        which
    lines : tuple of Line
        in the order of :data:`LAYERS`
    excluded : Limit
        the lowest of all limits from data of laboratories
    heaviest : float
        mass (MeV) at the right edge
    """

    coupling: str
    lines: tuple[Line, ...]
    excluded: Limit
    heaviest: float

    @property
    def table(self) -> Table:
        """All curves in one table: columns ``curve``, ``layer``, ``m_4`` and ``limit``."""
        total = Provenance()
        for line in self.lines:
            total = total + line.result.provenance
        columns = {
            "curve": np.repeat([line.name for line in self.lines], [len(line.m_4) for line in self.lines]),
            "layer": np.repeat([line.layer for line in self.lines], [len(line.m_4) for line in self.lines]),
            "m_4": np.concatenate([line.m_4 for line in self.lines]),
            "limit": np.concatenate([line.value for line in self.lines]),
        }
        unit = {"curve": "-", "layer": "-", "m_4": "MeV", "limit": "mu_B"}
        title = f"all curves on {self.coupling}: layers surrogate, projection and others-projection exclude nothing"
        return results.table(f"today-{self.coupling}", title, columns, unit, total)


@cache
def _loaded() -> dict[str, Experiment]:
    return {name: experiments.load(name) for name in experiments.names()}


def _statistic(experiment: Experiment) -> str:
    kind = "Poisson" if isinstance(experiment.likelihood, Poisson) else "Gaussian"
    return f"{kind} likelihood"


@cache
def panel(coupling: str, number: int = 100) -> Panel:
    """Every curve on a coupling.

    Parameters
    ----------
    coupling : str
        one of :data:`COUPLINGS`
    number : int
        masses of each curve of ours
    """
    lines = []
    for name, experiment in _loaded().items():
        if not experiment.maximum_mass(coupling):
            continue
        limit = curve(name, coupling, number)
        layer = "paper" if name in CURRENT else "later"
        layer = "projection" if experiment.projected else "surrogate" if experiment.surrogate else layer
        chromium = NUCLEI if "cevns" in name else ELECTRONS
        convention = f"{limit.level}, {_statistic(experiment)}"
        lines.append(Line(name, experiment.title, layer, limit, convention, INKS.get(name, chromium)))
    lines += _of_others(coupling)
    order = list(LAYERS)
    lines.sort(key=lambda line: order.index(line.layer))
    laboratory = [line.result for line in lines if line.layer != "stars"]
    heaviest = 4e3 if any(isinstance(one, Curve) for one in laboratory) else 1e2
    grid = np.geomspace(LIGHT, heaviest, 1001)
    return Panel(coupling, tuple(lines), results.excluded(laboratory, coupling, grid), heaviest)


def _of_others(coupling: str) -> list[Line]:
    kind, _, flavour = coupling.partition("_")
    if kind != "mu" or flavour not in published.LABORATORY:
        return []
    made = []
    drawn = {False: {"current": "others", "projection": "others-projection"}, True: {"astrophysics": "stars"}}
    for astrophysics, layer_of in drawn.items():
        for one in published.curves(flavour, astrophysics):
            inks = BROWN if astrophysics else GREY
            confidence = "confidence level not printed" if one.confidence == "not printed" else one.confidence
            label = f"{one.experiment}{OTHERS}" if one.kind == "current" else one.experiment
            made.append(Line(one.name, label, layer_of[one.kind], one, f"{confidence}, as published", inks))
    return made


# ---------------------------------------------------------------------------------------------------------------------
# the best of them


@once
def best(couplings: tuple[str, ...] = COUPLINGS, m_4: tuple[float, ...] = SHOWN) -> Table:
    """The lowest limit from data at some masses (MeV), one coupling at a time.

    A surrogate or a projection excludes nothing and does not count; data that are contained in a later set
    (:data:`PARTIAL`) do not count either.  Curves of others count where they are drawn, and have no massless limit.

    Returns
    -------
    Table
        columns ``coupling``, ``m_4`` (MeV), ``limit`` (mu_B), ``from``, ``convention``, and ``next``, the second
        lowest (mu_B), with its origin ``next from``
    """
    unit = {"coupling": "-", "m_4": "MeV", "limit": "mu_B", "from": "-", "convention": "-", "next": "mu_B"}
    unit["next from"] = "-"
    setups = {n: e for n, e in _loaded().items() if not (e.projected or e.surrogate or n in PARTIAL)}
    rows = []
    for coupling in couplings:
        others = [line for line in _of_others(coupling) if line.layer == "others"]
        seeing = {name: setup for name, setup in setups.items() if setup.maximum_mass(coupling)}
        values = {setup.title: limits.upper_limit(setup, coupling, m_4) for setup in seeing.values()}
        said = {setup.title: f"90 % C.L., 1 degree of freedom, {_statistic(setup)}" for setup in seeing.values()}
        for line in others:
            drawn = [published.level(line.result, mass) if mass else np.nan for mass in m_4]
            values[line.label] = np.nan_to_num(np.array(drawn, float), nan=np.inf)
            said[line.label] = line.convention
        for k, mass in enumerate(m_4):
            first, second = sorted(values, key=lambda name: float(values[name][k]))[:2]
            lowest, after = values[first][k], values[second][k]
            # an infinite limit comes from nobody
            origin = (first, said[first]) if np.isfinite(lowest) else ("no limit", "no limit")
            rows.append((coupling, mass, lowest, *origin, after, second if np.isfinite(after) else "no limit"))
    columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(unit)}
    title = "lowest limits from data, one coupling at a time"
    return results.table("today-best", title, columns, unit, setups.values())


def left(coupling: str, number: int = 100) -> float:
    """How much of the region of the XENON1T excess (%) no measured limit excludes.

    The region is that of :func:`_lib.overview.region`, for light masses: in the plane of mass and moment.
    """
    asked = region(coupling).between(0, HEAVY)
    excluded = panel(coupling, number).excluded
    return 100 * (1 - regions.cover(asked, published.level(excluded, asked.m_4)).part)


def best_markdown(table: Table, which: str = "limit") -> str:
    """The table of :func:`best` in Markdown, one row per coupling: limit and origin at each mass.

    Parameters
    ----------
    table : Table
        of :func:`best`
    which : {"limit", "next"}
        the lowest limit, or the second lowest
    """
    origin = {"limit": "from", "next": "next from"}[which]
    masses = list(dict.fromkeys(table["m_4"].tolist()))
    heads = [_mass(mass) for mass in masses]
    lines = ["| coupling | " + " | ".join(heads) + " |", "|---|" + ":---:|" * len(masses)]
    for coupling in dict.fromkeys(table["coupling"].tolist()):
        rows = [row for row in table.rows() if row["coupling"] == coupling]
        cells = [
            f"{power(row[which])}<br>{row[origin]}" if np.isfinite(row[which]) else "no limit" for row in rows
        ]  # fmt: skip
        symbol = str(KNOWN[coupling]).replace("|", r"\vert ")
        lines.append(f"| {symbol} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def conventions(couplings: Sequence[str] = COUPLINGS) -> str:
    """What each measured curve is: data, statistic and source, as a Markdown table."""
    lines = ["| curve | convention | rests on |", "|---|---|---|"]
    seen: dict[tuple[str, str], str] = {}
    for coupling in couplings:
        for line in panel(coupling).lines:
            key = line.label, f"{line.convention}; {LAYERS[line.layer].title}"
            seen.setdefault(key, line.sources)
    return "\n".join([*lines, *(f"| {label} | {said} | {sources} |" for (label, said), sources in seen.items())])


def _mass(mass: float) -> str:
    if mass == 0:
        return "massless"
    return f"{1e3 * mass:g} keV" if mass < 1 else f"{mass:g} MeV"


# ---------------------------------------------------------------------------------------------------------------------
# figures


def _tracks(shown: Panel, lines: Sequence[Line], size: tuple[float, float], bottom: float = BOTTOM) -> list[Array]:
    """Dense points (inches) of each line inside the panel, shape (n, 2)."""
    x_ends, y_ends = np.log([LIGHT, shown.heaviest]), np.log([bottom, TOP])
    tracks = []
    for line in lines:
        with np.errstate(divide="ignore"):
            points = np.stack([np.log(line.m_4), np.log(line.value)])
        points = (points - [[x_ends[0]], [y_ends[0]]]) / [[np.ptp(x_ends)], [np.ptp(y_ends)]] * np.array(size)[:, None]
        points[:, ~np.isfinite(points).all(axis=0)] = np.nan
        at = np.linspace(0, points.shape[1] - 1, 10 * points.shape[1])
        dense = np.stack([np.interp(at, np.arange(points.shape[1]), row) for row in points])
        inside = (dense >= 0).all(axis=0) & (dense <= np.array(size)[:, None]).all(axis=0)
        tracks.append(dense[:, inside].T)
    return tracks


def _places(tracks: Sequence[Array], boxes: Array, size: tuple[float, float], beside: bool) -> list[Array | None]:
    """Middles (inches) of labels that cover as little of the lines and of each other as can be.

    Parameters
    ----------
    tracks : sequence of ndarray
        of :func:`_tracks`
    boxes : ndarray
        widths and heights (inches) of the labels, shape (lines, 2)
    size : tuple of float
        of the panel
    beside : bool
        whether a label stands above or below its line, or else on it
    """
    everything = np.concatenate(tracks)
    owner = np.repeat(np.arange(len(tracks)), [len(track) for track in tracks])
    middles: list[Array | None] = []
    taken: list[tuple[Array, Array]] = []
    for k, (track, box) in enumerate(zip(tracks, boxes, strict=True)):
        if not len(track):
            middles.append(None)
            continue
        points = track[np.linspace(0, len(track) - 1, 60).astype(int)]
        sides = SIDES if beside else ((0.0, 0.0),)
        candidates = np.concatenate([points + np.array(side) * box for side in sides])
        others = everything if beside else everything[owner != k]
        outside = np.any((candidates < box / 2) | (candidates > np.array(size) - box / 2), axis=1)
        reach = 0.55 * box
        covered = KDTree(others / reach).query_ball_point(candidates / reach, 1.0, p=np.inf, return_length=True)
        overlap = np.zeros(len(candidates))
        for at, other in taken:
            overlap += np.all(np.abs(candidates - at) < 0.55 * (box + other), axis=1)
        cost = 1e6 * outside + 1e4 * overlap + covered
        middle = candidates[int(np.argmin(cost))]
        middles.append(middle)
        taken.append((middle, box))
    return middles


def _in_data(shown: Panel, middle: Array, size: tuple[float, float], bottom: float = BOTTOM) -> tuple[float, float]:
    """Mass (MeV) and moment (mu_B) of a place (inches)."""
    share = middle / size
    return (
        float(LIGHT * (shown.heaviest / LIGHT) ** share[0]),
        float(bottom * (TOP / bottom) ** share[1]),
    )


SIDES = ((0.0, 0.65), (0.0, -0.65), (0.55, 0.0), (-0.55, 0.0))
"""Where a label may stand beside a point of its line, in multiples of its width and height."""

TAG = 0.21
"""Width and height (inches) of the number of a curve."""

PANEL = (5.9, 4.3)
"""Width and height (inches) of a panel."""


@cache
def tags(shown: Panel) -> tuple[tuple[float, float] | None, ...]:
    """Where the number of each curve of a panel stands: mass (MeV) and moment (mu_B); None for one outside."""
    tracks = _tracks(shown, shown.lines, PANEL)
    middles = _places(tracks, np.full((len(tracks), 2), TAG), PANEL, beside=False)
    return tuple(None if middle is None else _in_data(shown, middle, PANEL) for middle in middles)


@in_style
def draw(shown: Panel, dark: bool = False, layers: Iterable[str] | None = None) -> Axes:
    """Curves of a panel with numbers on them and a legend below.

    Parameters
    ----------
    shown : Panel
        from :func:`panel`
    dark : bool
        light lines on a dark ground
    layers : iterable of str, optional
        of :data:`LAYERS`; by default those that the page shows first
    """
    chosen = {name for name, layer in LAYERS.items() if layer.shown} if layers is None else set(layers)
    numbered = [
        (number, line, tag)
        for number, (line, tag) in enumerate(zip(shown.lines, tags(shown), strict=True), 1)
        if line.layer in chosen
    ]
    ground, ink, shade = ("#121212", "#F0F0F0", "#2C2C2C") if dark else ("white", "black", "#EDEDED")
    rows = -(-len(numbered) // 2)
    height = PANEL[1] + 0.75 + 0.2 * rows
    figure = plt.figure(figsize=(FULL, height), facecolor=ground, layout="none")
    left, bottom = 0.85 / FULL, (0.65 + 0.2 * rows) / height
    ax = figure.add_axes((left, bottom, PANEL[0] / FULL, PANEL[1] / height), facecolor=ground)
    seen = np.isfinite(shown.excluded.value)
    ax.fill_between(shown.excluded.m_4[seen], shown.excluded.value[seen], TOP, color=shade, lw=0, zorder=0)
    for number, line, tag in numbered:
        layer = LAYERS[line.layer]
        style = (0, layer.dashes) if layer.dashes else "-"
        colour = line.inks[dark]
        ax.plot(line.m_4, line.value, ls=style, lw=layer.width, color=colour, label=f"{number}  {line.label}")
        if tag is not None:
            text = ax.text(*tag, str(number), color=colour, size=9, ha="center", va="center", zorder=5, clip_on=True)
            text.set_path_effects([withStroke(linewidth=3, foreground=ground)])
    ax.set(xscale="log", yscale="log", xlim=(LIGHT, shown.heaviest), ylim=(BOTTOM, TOP))
    ax.minorticks_off()
    ax.set_xlabel("sterile mass $m_4$ [MeV]", color=ink)
    ax.set_ylabel(f"{KNOWN[shown.coupling]} [$\\mu_B$]", color=ink)
    ax.tick_params(which="both", colors=ink)
    for spine in ax.spines.values():
        spine.set_color(ink)
    figure.legend(
        loc="lower center", ncols=2, fontsize=9, labelcolor=ink, framealpha=0, borderaxespad=0.2, labelspacing=0.25
    )
    return ax


def _short(line: Line) -> str:
    """The label without what the colour says."""
    return line.label.removesuffix(OTHERS)


@in_style
def front(couplings: Sequence[str] = ("mu_e", "mu_mu")) -> list[Axes]:
    """The figure of the front page: the curves that are lowest somewhere, and thin behind them those of the paper.

    Parameters
    ----------
    couplings : sequence of str
        one panel each, on top of each other
    """
    size, bottom = (5.9, 3.5), 3e-12
    figure, panels = plt.subplots(len(couplings), 1, figsize=(FULL, 4.35 * len(couplings)))
    names: list[list[Name]] = []
    for ax, coupling in zip(np.atleast_1d(panels), couplings, strict=True):
        shown = panel(coupling)
        grid, lowest = shown.excluded.m_4, shown.excluded.value
        ax.fill_between(grid, lowest, TOP, color="#EDEDED", lw=0, zorder=0)
        asked = outline(coupling)
        ax.fill_between(asked.m_4, asked.low, asked.high, color="#F0E442", alpha=0.7, lw=0, zorder=1)
        ax.text(0.0013, 5e-12, "above, yellow: XENON1T excess of 2020", size=11.0, va="center", zorder=6)
        thick = [
            line
            for line in shown.lines
            if line.layer in ("later", "others") and np.any(published.level(line.result, grid) == lowest)
        ]
        thin = [line for line in shown.lines if line.layer == "paper"]
        drawn = [*thick, *thin]
        curves = []
        for line in drawn:
            width = 0.8 if line in thin else LAYERS[line.layer].width
            curves.append(ax.plot(line.m_4, line.value, color=line.inks[0], lw=width, zorder=2 + (line in thick)))
        letters = 11.0
        boxes = letters * np.array([[0.0088 * (len(_short(line)) + 1), 0.0165] for line in drawn])
        places = _places(_tracks(shown, drawn, size, bottom), boxes, size, beside=True)
        names.append([])
        for line, own, middle, box in zip(drawn, curves, places, boxes, strict=True):
            if middle is not None:
                x, y = _in_data(shown, middle - box * [0.5, 0], size, bottom)
                text = written(ax, _short(line), (x, y, "center"), line.inks[0], letters)
                names[-1].append((text, own))
        ax.set(xscale="log", yscale="log", xlim=(LIGHT, shown.heaviest), ylim=(bottom, TOP))
        ax.set(xlabel="sterile mass $m_4$ [MeV]", ylabel=f"{KNOWN[coupling]} [$\\mu_B$]")
    settle(names)
    return list(figure.axes)


# ---------------------------------------------------------------------------------------------------------------------
# files


def published_data(panels: Mapping[str, Panel]) -> str:
    """The file ``data.js`` of the page: every curve as it is drawn there."""
    made = {}
    for coupling, shown in panels.items():
        curves = []
        for number, (line, tag) in enumerate(zip(shown.lines, tags(shown), strict=True), 1):
            curves.append({
                "name": line.name, "label": line.label, "layer": line.layer, "number": number, "tag": tag,
                "inks": line.inks, "about": line.convention, "sources": line.sources,
                "m_4": _digits(line.m_4), "value": _digits(line.value),
            })  # fmt: skip
        made[coupling] = {
            "heaviest": shown.heaviest,
            "curves": curves,
            "excluded": {"m_4": _digits(shown.excluded.m_4), "value": _digits(shown.excluded.value)},
        }
    layers = {
        name: {"title": layer.title, "shown": layer.shown, "dashes": layer.dashes, "width": layer.width}
        for name, layer in LAYERS.items()
    }
    whole = {"lightest": LIGHT, "bottom": BOTTOM, "top": TOP, "layers": layers, "couplings": made}
    return f"globalThis.TODAY = {json.dumps(whole, separators=(',', ':'), allow_nan=False)};\n"


def _digits(values: Array) -> list[float | None]:
    """Six digits of each number, None where it is not finite."""
    return [float(f"{value:.5e}") if np.isfinite(value) else None for value in values]


def write(panels: Mapping[str, Panel], folder: str | Path = "exports", page: str | Path = "_static/today") -> None:
    """Write what the page offers: tables and figures of each panel, the archive of everything, the numbers of the page.

    Parameters
    ----------
    panels : mapping of str to Panel
        by coupling
    folder, page : str or Path
        where the downloads and where the numbers of the page go
    """
    folder, page = Path(folder), Path(page)
    pictures: dict[str, Path] = {}
    for coupling, shown in panels.items():
        io.write(shown.table, folder / f"today-{coupling}.csv")
        for theme in ("light", "dark"):
            figure = draw(shown, dark=theme == "dark").figure
            for form in ("pdf", "svg", "png"):
                name = f"today-{coupling}-{theme}.{form}"
                # without a salt of its own an SVG has other ids in every run
                with rc_context({"svg.hashsalt": name}):
                    figure.savefig(folder / name, facecolor=figure.get_facecolor(), metadata=_undated(form))
                pictures[name] = folder / name
            plt.close(figure)  # type: ignore[arg-type]
    page.mkdir(parents=True, exist_ok=True)
    (page / "data.js").write_text(published_data(panels), encoding="utf-8")
    _archive(panels, pictures, folder / "limits-today.zip")


def _undated(form: str) -> dict[str, None]:
    """Metadata by which two runs write the same file."""
    return {} if form == "png" else {"Date" if form == "svg" else "CreationDate": None}


README = """\
Limits on sterile-neutrino transition magnetic moments
======================================================

index.csv       one row per curve: file, coupling, label, layer, convention, keys of its references in citations.bib
curves/         one folder per coupling, one CSV file per curve: m_4 in MeV, limit in Bohr magnetons (mu_B), the limit
                being inf where the experiment is not sensitive
best.csv        the lowest limit from data at a few masses, and the second lowest
citations.bib   everything that the curves rest on. Please cite what you use
figures/        measured limits of each coupling, light and dark, as PDF, SVG and PNG

Layers: later, paper and others are measured limits of laboratories. SURROGATE AND PROJECTION EXCLUDE NOTHING: a
projection has the Standard-Model expectation in the place of data, a surrogate stands in for data that are not public.
others-projection are projections of others. stars are limits from stars and the early Universe, which depend on models.

Couplings: mu_e, mu_mu, mu_tau are effective moments of one flavour, lambda_14, lambda_24, lambda_34 the moduli of the
transition moments of Eq. (2) of arXiv:2109.09545. One of them at a time, the others are zero; nu_4 does not mix with
the active flavours and escapes from the detector. mu = 2 d for the coefficient d of the dipole operator.

Our limits are at 90 % C.L. for one degree of freedom: chi-square has risen by {level:.3f} from its minimum over
the moment at fixed mass, with all nuisance parameters profiled. Curves of others keep the convention of their papers
(index.csv).
"""


def _archive(panels: Mapping[str, Panel], pictures: Mapping[str, Path], target: Path) -> None:
    """One zip of every curve, its references, the figures and a README; two runs write the same."""
    files: dict[str, bytes] = {"README.txt": README.format(level=delta_chi2(0.90)).encode()}
    rows: list[tuple[str, ...]] = []
    sources: list[str] = []
    for coupling, shown in panels.items():
        for line in shown.lines:
            file = f"curves/{coupling}/{line.name}.csv"
            files[file] = io.render(line.result, "csv").encode()
            own = line.result.provenance.sources
            sources += own
            keys = re.findall(r"^@\w+\{([^,]+),", citations.bibtex(own), re.MULTILINE)
            rows.append((file, coupling, line.label, line.layer, line.convention, " ".join(keys)))
    heads = ("file", "coupling", "curve", "layer", "convention", "cite")
    columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(heads)}
    index = results.table("index", "curves of this archive", columns, dict.fromkeys(heads, "-"))
    files["index.csv"] = io.render(index, "csv").encode()
    files["best.csv"] = io.render(best(), "csv").encode()
    files["citations.bib"] = citations.bibtex(dict.fromkeys(sources)).encode()
    files |= {f"figures/{name}": path.read_bytes() for name, path in pictures.items()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"limits-today/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
