"""One picture of all limits, projections, regions and curves of others on one coupling: Figs. 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from companion import experiments, limits, published, regions, results
from companion.couplings import COUPLINGS
from companion.data import Table
from companion.experiments import Experiment
from companion.plot import COLOURS, in_style, ink
from companion.published import Curve
from companion.results import Limit, Provenance, Result

from .once import once

__all__ = [
    "AREA", "CLOSING", "ELECTRONS", "HEAVY", "LATER", "LIGHT", "NUCLEI", "Name", "Overview", "draw", "draw_all",
    "later", "layers", "lowest", "outline", "region", "settle", "written",
]  # fmt: skip

Array = NDArray[np.float64]

AREA = "area"
"""Of lines around an area, which has its name inside and is not taken for a curve."""

Name = tuple[Annotation, list[Line2D]]
"""A label, and the curve or the two edges of a band that it names."""

CURRENT = ("coherent-csi", "coherent-lar", "cenns-750", "texono", "xenon1t")
NUCLEI = ("cr51-cevns-si", "cr51-cevns-ge", "cr51-cevns-al2o3", "cr51-cevns-cawo4")
ELECTRONS = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")
LATER = ("xenonnt", "lz-ws2024", "coherent-csi-2021")
CLOSING = (*LATER, "xenonnt-b8", "dresden-ii", "borexino-ii")
"""With what closes the last directions: nuclear recoils of solar neutrinos, a reactor, and Borexino on electrons."""

LIGHT = 1e-3
"""The lightest mass (MeV) of a figure, of a region and of a limit on a light state: 1 keV."""

HEAVY = 0.3
"""Between the region of light masses (MeV), which all readings share, and the island that some of them have."""

LABELS = {
    "coherent-csi": "COHERENT-CsI",
    "coherent-lar": "COHERENT-LAr",
    "cenns-750": "CENNS-750",
    "texono": "TEXONO (surrogate)",
    "xenon1t": "XENON1T",
    "nuclei": r"$^{51}$Cr-CE$\nu$NS",
    "electrons": r"$^{51}$Cr-LXe",
    "coherent-csi-2021": "COHERENT-CsI, all data",
    "xenonnt": "XENONnT",
    "lz-ws2024": "LZ WS2024",
    "xenonnt-b8": "XENONnT, $^8$B on nuclei",
    "dresden-ii": "Dresden-II",
    "borexino-ii": "Borexino Phase II",
}
"""What stands beside a curve."""

OURS = {
    "coherent-csi": COLOURS["blue"],
    "coherent-lar": COLOURS["sky"],
    "cenns-750": COLOURS["green"],
    "texono": COLOURS["orange"],
    "nuclei": COLOURS["purple"],
    "electrons": COLOURS["vermillion"],
}
"""Colours of our curves, the same in every panel; black for the others."""

AFTER = {
    "xenonnt": ("#9A4FD0", "o"),
    "lz-ws2024": ("#00868B", "s"),
    "coherent-csi-2021": ("#4A5FE0", "D"),
    "xenonnt-b8": ("#C8281E", "^"),
    "dresden-ii": ("#7D7A00", "v"),
    "borexino-ii": ("#E0218A", "P"),
}
"""Colours and marks of limits from data younger than the paper; in the middle between light and dark for dark pages."""

BANDS = (
    ("dune_nd_mu_lower_schwetz", "dune_nd_mu_upper_schwetz"),
    ("dune_nd_e_lower_schwetz", "dune_nd_e_upper_schwetz"),
)
"""Curves of others that are the lower and the upper edge of one band, which has one name."""

DETECTORS = {
    "xenon1t_nr_e_schwetz": "XENON1T, nuclei",
    "xenon1t_nr_mu_brdar": "XENON1T, nuclei",
    "ship_main_mu_schwetz": "SHiP, main",
    "ship_main_e_schwetz": "SHiP, main",
    "ship_ecc_mu_schwetz": "SHiP, emulsion",
    "ship_ecc_e_schwetz": "SHiP, emulsion",
}
"""What stands beside a curve of others where one experiment has several, or where the full name is too long."""

GREY, SKY = "0.42", "#8C6D1F"
"""Curves of other laboratories, and of stars and the early Universe."""

PLACES = {
    "xenon1t-mu_e-region": (1.3e-3, 1.85e-11, "center"),
    "xenon1t-mu_mu-region": (1.3e-3, 3.0e-11, "center"),
    "xenon1t-lambda_14-region": (1.3e-3, 1.22e-11, "center"),
    "xenon1t-lambda_24-region": (1.3e-3, 1.6e-11, "center"),
    "xenon1t-lambda_34-region": (1.3e-3, 6.2e-11, "center"),
    "cr51-nuclei-mu_e-band": (0.85, 2.6e-11, "center"),
    "cr51-electrons-mu_e-band": (0.6, 6.0e-12, "center"),
    "texono-lambda_34-limit": (1.3e-3, 1.55e-9, "top"),
    "cenns-750-lambda_14-limit": (11.0, 9.0e-10, "center"),
    "cenns-750-lambda_24-limit": (11.0, 9.0e-10, "center"),
    "cenns-750-lambda_34-limit": (11.0, 9.0e-10, "center"),
    "cr51-nuclei-lambda_14-band": (0.9, 4.4e-11, "center"),
    "cr51-nuclei-lambda_24-band": (0.9, 6.2e-11, "center"),
    "cr51-nuclei-lambda_34-band": (0.9, 2.4e-10, "center"),
    "borexino_e_schwetz": (1.3e-2, 7.4e-11, "bottom"),
    "borexino_mu_brdar": (1.3e-2, 7.4e-11, "bottom"),
    "xenon1t_nr_e_schwetz": (1.3e-2, 1.2e-8, "bottom"),
    "xenon1t_nr_mu_brdar": (1.3e-2, 1.2e-8, "bottom"),
    "miniboone_mu_magill": (1.05e2, 2.3e-9, "bottom"),
    "nomad_mu_magill": (1.2e3, 3.6e-9, "top"),
    "icecube_mu_coloma": (1.5e2, 5.0e-8, "center"),
    "ship_main_mu_schwetz": (1.15e3, 3.2e-10, "center"),
    "ship_main_e_schwetz": (6.0e1, 3.2e-10, "center"),
    "ship_ecc_mu_schwetz": (3.9e2, 7.0e-11, "center"),
    "ship_ecc_e_schwetz": (3.9e2, 1.2e-10, "center"),
    "dune_nd_mu_lower_schwetz": (2.2e2, 1.75e-10, "top"),
    "dune_nd_e_lower_schwetz": (1.1e2, 3.4e-9, "bottom"),
    "stellar_mu_brdar": (1.1e-2, 2.4e-12, "top"),
    "sn1987a_mu_brdar": (2.5e-3, 6.0e-13, "bottom"),
    "bbn_mu_brdar": (0.5, 3.0e-12, "bottom"),
}
"""Where labels begin (MeV, mu_B) and how they stand there; others stand at the left end of their curves."""

POINTERS = {
    "cenns-750-lambda_14-limit": (30.0, 5.04e-9),
    "cenns-750-lambda_24-limit": (30.0, 4.82e-9),
    "cenns-750-lambda_34-limit": (30.0, 4.78e-9),
    "ship_main_mu_schwetz": (735.0, 4.5e-10),
    "ship_ecc_mu_schwetz": (3.0e3, 6.3e-9),
    "ship_ecc_e_schwetz": (2.77e3, 4.0e-9),
}
"""Points (MeV, mu_B) of curves whose label is too far away to be understood without a line between them."""

BELOW = ("coherent-csi", "cenns-750", "electrons")
"""Whose label stands under the line."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Strip(Result):
    """Between a lower and an upper line: the best and the worst of several projections, or what an excess asks for.

    Attributes
    ----------
    m_4 : ndarray
        masses (MeV)
    low, high : ndarray
        the lines (mu_B)
    """

    m_4: Array
    low: Array
    high: Array

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {"m_4": (self.m_4, "MeV"), "low": (self.low, "mu_B"), "high": (self.high, "mu_B")}


@dataclass(frozen=True)
class Overview:
    """The layers of a figure of one coupling.

    Attributes
    ----------
    coupling : str
        which
    limits : mapping of str to Limit
        our limits and projections by experiment
    bands : mapping of str to Strip
        the best and the worst of several set-ups
    region : Strip
        what the XENON1T excess asks for
    published : tuple of Curve
        curves of others, from :mod:`companion.published`
    excluded : Limit
        the lowest of all current limits of laboratories; what rests on a surrogate excludes nothing
    """

    coupling: str
    limits: Mapping[str, Limit]
    bands: Mapping[str, Strip]
    region: Strip
    published: tuple[Curve, ...]
    excluded: Limit

    def own(self) -> dict[str, Table]:
        """All layers that this book computes, by name, to be written."""
        made = (*self.limits.values(), *self.bands.values(), self.region, self.excluded)
        return {one.name: one.table for one in made}


def layers(coupling: str, joint: bool = True) -> Overview:
    """The layers of Fig. 3 (``"mu_e"``, ``"mu_mu"``) or Fig. 4 (``"lambda_14"``, ...).

    Parameters
    ----------
    coupling : str
        by name
    joint : bool
        the convention of :func:`region`
    """
    ours = _limits(CURRENT, coupling)
    bands = {}
    for group, names in (("nuclei", NUCLEI), ("electrons", ELECTRONS)):
        band = _band(group, names, coupling)
        if band is not None:
            bands[group] = band
    kind, _, flavour = coupling.partition("_")
    others = tuple(published.curves(flavour)) if kind == "mu" and flavour in published.LABORATORY else ()
    lowest = results.excluded([*ours.values(), *others], coupling, np.geomspace(LIGHT, 1e4, 1401))
    return Overview(coupling, ours, bands, outline(coupling, joint), others, lowest)


def later(coupling: str, names: Sequence[str] = LATER) -> dict[str, Limit]:
    """Limits from data younger than the paper: one more layer."""
    return _limits(names, coupling)


def lowest(shown: Mapping[str, Overview], younger: Mapping[str, Mapping[str, Limit]], m_4: Sequence[float]) -> Table:
    """The lowest of our measured limits, with the data of the paper and with one more layer, at some masses (MeV).

    Projections and what rests on a surrogate do not count, nor do curves of others.

    Returns
    -------
    Table
        columns ``coupling``, ``m_4`` (MeV), ``paper`` (mu_B), ``from``, ``with the layer`` (mu_B) and ``layer from``
    """
    unit = {"coupling": "-", "m_4": "MeV", "paper": "mu_B", "from": "-", "with the layer": "mu_B", "layer from": "-"}
    rows: list[tuple[object, ...]] = []
    provenance = Provenance()
    for coupling, one in shown.items():
        first = {name: limit for name, limit in one.limits.items() if _dashes(limit.provenance) == "-"}
        both = {**first, **younger[coupling]}
        for limit in both.values():
            provenance = provenance + limit.provenance
        everywhere = {name: limits.upper_limit(name, coupling, np.asarray(m_4, float)) for name in both}
        for k, mass in enumerate(m_4):
            row: list[object] = [coupling, mass]
            for layer in (first, both):
                values = {name: float(everywhere[name][k]) for name in layer}
                best = min(values, key=values.__getitem__)
                row += [values[best], LABELS[best] if np.isfinite(values[best]) else "no limit"]
            rows.append(tuple(row))
    columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(unit)}
    title = "lowest measured limits, one coupling at a time, 90 % C.L."
    return results.table("lowest", title, columns, unit, provenance)


def _limits(names: Sequence[str], coupling: str) -> dict[str, Limit]:
    """Limits on their own masses, without beams that have nothing that couples."""
    made = {}
    for name in names:
        experiment = experiments.load(name)
        if experiment.maximum_mass(coupling):
            made[name] = curve(name, coupling)
    return made


@once
def curve(name: str, coupling: str, number: int = 100) -> Limit:
    """The limit of an experiment from 1 keV up to where it ends, both by name, at that number of masses."""
    experiment = experiments.load(name)
    return results.limit(experiment, coupling, limits.masses(experiment, coupling, LIGHT, number))


@once
def _band(group: str, names: Sequence[str], coupling: str) -> Strip | None:
    """The best and the worst of several projections; the worst is inf where one of them is blind."""
    loaded = [experiments.load(name) for name in names]

    def edge(experiment: Experiment) -> float:
        return experiment.maximum_mass(coupling)

    furthest = max(loaded, key=edge)
    if not edge(furthest):
        return None
    # at the edge itself there is no limit: the curve goes straight up
    m_4 = np.append(limits.masses(furthest, coupling, LIGHT, 100), edge(furthest))
    lines = np.array([limits.upper_limit(experiment, coupling, m_4) for experiment in loaded])
    return Strip(
        name=f"cr51-{group}-{coupling}-band",
        title=f"upper limits on {coupling}, from the best to the worst of {', '.join(one.title for one in loaded)}",
        provenance=Provenance.of(loaded),
        m_4=m_4,
        low=lines.min(axis=0),
        high=lines.max(axis=0),
    )


@once
def region(coupling: str, joint: bool = True, scales: str = "signal") -> regions.Region:
    """What the XENON1T excess asks for at 90 % C.L., from 1 keV up to the kinematic edge.

    Parameters
    ----------
    coupling : str
        ``"mu_e"``, ..., ``"lambda_34"``
    joint : bool
        counted from the global minimum over coupling and mass, two degrees of freedom; else from the minimum at each
        mass, one degree of freedom, and closed only where zero is left out
    scales : {"signal", "all"}
        what the pull on the efficiency scales
    """
    experiment = experiments.load("xenon1t", efficiency_scales=scales)
    return regions.region(experiment, coupling, joint=joint, lightest=LIGHT, heaviest=None)


def outline(coupling: str, joint: bool = True) -> Strip:
    """The region of :func:`region` as a result."""
    asked = region(coupling, joint)
    return Strip(
        name=f"xenon1t-{coupling}-region",
        title=f"region of {coupling} that the XENON1T excess asks for",
        provenance=Provenance.of(["xenon1t"]),
        m_4=asked.m_4,
        low=asked.low,
        high=asked.high,
    )


@in_style
def draw(ax: Axes, shown: Overview, **options: Any) -> Axes:
    """All layers of one coupling: solid for data, dashed for projections, dash-dotted for what rests on a surrogate.

    Parameters
    ----------
    ax : Axes
        where to draw
    shown : Overview
        from :func:`layers`
    **options
        of :func:`_draw`
    """
    names = _draw(ax, shown, **options)
    settle([names])
    return ax


def _draw(
    ax: Axes,
    shown: Overview,
    *,
    astrophysics: Sequence[Curve] = (),
    younger: Mapping[str, Limit] = MappingProxyType({}),
    size: float = 11.0,
    **axis: Any,
) -> list[Name]:
    """Draw all layers.

    Parameters
    ----------
    ax : Axes
        where to draw
    shown : Overview
        from :func:`layers`
    astrophysics : sequence of Curve
        limits from stars and the early Universe, dotted; none by default
    younger : mapping of str to Limit
        from :func:`later`; :func:`draw_all` adds their legend
    size : float
        of the labels, in points
    **axis
        goes to ``Axes.set``

    Returns
    -------
    list of Name
        of the curves
    """
    names: list[Name] = []
    ax.set(
        xscale="log", yscale="log", xlim=(LIGHT, 1.5e4), ylim=(1e-12, 1e-7),
        xlabel=r"sterile mass $m_4$ [MeV]", ylabel=f"{COUPLINGS[shown.coupling]} [$\\mu_B$]",
    )  # fmt: skip
    ax.set(**axis)
    top = ax.get_ylim()[1]
    seen = np.isfinite(shown.excluded.value)
    ax.fill_between(shown.excluded.m_4[seen], shown.excluded.value[seen], top, color="0.93", lw=0, zorder=0)
    names += _draw_published(ax, shown.published, GREY, 1.0, size)
    names += _draw_published(ax, astrophysics, SKY, 1.1, size)
    for group, band in shown.bands.items():
        colour = OURS[group]
        # where a set-up is blind its curve leaves the panel
        best, worst = (np.where(np.isfinite(line), line, 1.0) for line in (band.low, band.high))
        ax.fill_between(band.m_4, best, worst, color=colour, alpha=0.16, lw=0, zorder=3)
        edges = ax.plot(band.m_4, best, "--", color=colour, lw=1.7, zorder=4)
        edges += ax.plot(band.m_4, worst, "--", color=colour, lw=0.8, zorder=4)
        text = _name(ax, band.name, LABELS[group], band.m_4, band.low, colour, size, below=group in BELOW)
        names.append((text, edges))
    for part in _parts(shown.region):
        m_4, low, high = (line[part] for line in (shown.region.m_4, shown.region.low, shown.region.high))
        ax.fill_between(m_4, low, high, color=COLOURS["yellow"], alpha=0.7, lw=0, zorder=2.5)
        closed = np.append(m_4, m_4[::-1]), np.append(low, high[::-1])
        ax.plot(*closed, color=COLOURS["black"], lw=1.0, zorder=2.6, gid=AREA)
    if younger:
        # later limits cross the region: its name stands below
        low = float(shown.region.low[0])
        written(ax, "XENON1T excess", (8e-3, low / 5, "center"), COLOURS["black"], size, (2e-2, 1.2 * low), (0.1, 1.0))
    else:
        _name(ax, shown.region.name, "XENON1T excess", shown.region.m_4, shown.region.low, COLOURS["black"], size)
    for name, limit in shown.limits.items():
        colour = OURS.get(name, COLOURS["black"])
        line = ax.plot(limit.m_4, limit.value, _dashes(limit.provenance), color=colour, lw=1.7, zorder=4)
        text = _name(ax, limit.name, LABELS[name], limit.m_4, limit.value, colour, size, below=name in BELOW)
        names.append((text, line))
    if younger:
        _draw_younger(ax, younger)
    ax.set_ylim(top=top)
    return names


@in_style
def draw_all(
    panels: Any,
    shown: Mapping[str, Overview],
    younger: Mapping[str, Mapping[str, Limit]] = MappingProxyType({}),
    **options: Any,
) -> Any:
    """An overview in each panel.

    Parameters
    ----------
    panels : array of Axes
        one for each coupling
    shown : mapping of str to Overview
        by coupling
    younger : mapping of str to mapping
        by coupling, one more layer: see :func:`draw`
    **options
        of :func:`_draw`
    """
    named: dict[str, Any] = {}
    names = []
    for ax, (coupling, one) in zip(np.ravel(panels), shown.items(), strict=True):
        names.append(_draw(ax, one, younger=younger.get(coupling, {}), **options))
        handles, labels = ax.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    if named:
        # below all panels: inside, it would lie on curves and their names
        figure = np.ravel(panels)[0].figure
        figure.legend([*named.values()], [*named], loc="outside lower center", ncols=2, title="after the paper")
    settle(names)
    return panels


def _draw_published(ax: Axes, curves: Sequence[Curve], colour: str, width: float, size: float) -> list[Name]:
    names: list[Name] = []
    drawn = {curve.name: curve for curve in curves}
    for lower, upper in BANDS:
        if lower in drawn and upper in drawn:
            outline = [
                np.append(getattr(drawn[lower], axis), getattr(drawn[upper], axis)[::-1]) for axis in ("m_4", "value")
            ]
            ax.fill(*outline, color=colour, alpha=0.12, lw=0, zorder=1.5)
    partners = {upper: lower for lower, upper in BANDS}
    lines: dict[str, list[Line2D]] = {}
    for curve in curves:
        dashes = ":" if curve.kind == "astrophysics" else _dashes(curve.provenance)
        own = lines.setdefault(partners.get(curve.name, curve.name), [])
        own += ax.plot(curve.m_4, curve.value, dashes, color=colour, lw=width, zorder=2)
        if curve.name not in partners:
            label = DETECTORS.get(curve.name, curve.label)
            names.append((_name(ax, curve.name, label, curve.m_4, curve.value, colour, size), own))
    return names


def _draw_younger(ax: Axes, limits: Mapping[str, Limit]) -> None:
    """Limits of later data: thick, in colours that no other curve has, with marks for eyes that see no colours."""
    for name, limit in limits.items():
        colour, mark = AFTER[name]
        ax.plot(
            limit.m_4, limit.value, _dashes(limit.provenance), color=colour, lw=2.4, zorder=6, label=LABELS[name],
            marker=mark, ms=6, mec="white", mew=0.7, markevery=0.11,
        )  # fmt: skip


def _dashes(provenance: Provenance) -> str:
    if provenance.surrogates:
        return "-."
    return "--" if provenance.projections else "-"


def _name(
    ax: Axes, name: str, label: str, m_4: Array, line: Array, colour: str, size: float, below: bool = False
) -> Annotation:
    """The label of a curve, where it is always; :func:`settle` moves what stands badly there."""
    x, y = _left(ax, m_4, line)
    place = PLACES.get(name, (x, y / 1.08 if below else y * 1.08, "top" if below else "bottom"))
    return written(ax, label, place, colour, size, POINTERS.get(name))


def written(
    ax: Axes, label: str, place: tuple[float, float, str], colour: Any, size: float,
    point: tuple[float, float] | None = None, start: tuple[float, float] = (0.5, 0.5), end: str = "-",
) -> Annotation:  # fmt: skip
    """A label on a white rim, so that lines behind it do not hide it, with a line to a point if there is one."""
    pointer = {"arrowstyle": end, "mutation_scale": 7, "lw": 0.7, "color": colour, "shrinkA": 0, "shrinkB": 0}
    text = ax.annotate(
        label, point or place[:2], place[:2], color=ink(colour), size=size, va=place[2], ha="left", zorder=8,
        annotation_clip=True, clip_on=True, arrowprops={**pointer, "relpos": start} if point else None,
    )  # fmt: skip
    text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    return text


def settle(panels: Sequence[Sequence[Name]]) -> None:
    """Move each label that a reader would take for that of another curve.

    It goes along its own curve to where no other one is as near, or else into the open with a pointer to its curve.

    Parameters
    ----------
    panels : sequence of sequence of Name
        labels and their curves, of one figure in which everything else has been drawn
    """
    panels[0][0][0].figure.draw_without_rendering()  # type: ignore[union-attr]
    for names in panels:
        ax = names[0][0].axes
        assert ax is not None
        trees = {line: KDTree(_screen(line)) for line in ax.lines if line.get_gid() != AREA}
        taken = {text: _box(text) for text in ax.texts if isinstance(text, Annotation)}
        moved = [
            (text, own) for text, own in names
            if text.arrow_patch is None and not _clear(trees, own, *taken[text], 1.0).all()
        ]  # fmt: skip
        for text, _ in moved:
            del taken[text]
        for text, own in moved:
            placed = _moved(ax, text, own, trees, [*taken.values()])
            taken[placed] = _box(placed)


def _box(text: Annotation) -> tuple[Array, Array]:
    """Lower left corner and size of a label on the screen (pixels), without its pointer."""
    text.get_window_extent()  # brings a new one to its place
    box = Text.get_window_extent(text)
    return np.array(box.min), np.array(box.size)


def _screen(line: Line2D) -> Array:
    """Points of a line on the screen, two pixels apart, shape (n, 2)."""
    corners = line.get_transform().transform(line.get_xydata())
    corners = corners[np.isfinite(corners).all(axis=1)]
    along = np.append(0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T)))
    at = np.arange(0, along[-1], 2.0)
    return np.stack([np.interp(at, along, one) for one in corners.T], axis=-1)


def _apart(tree: KDTree, corners: Array, size: Array) -> Array:
    """Distances (pixels) of a curve from points on the middle lines of boxes, shape (boxes, 9)."""
    along = np.stack([np.linspace(0.1, 0.9, 9), np.full(9, 0.5)], axis=-1)
    return np.asarray(tree.query(np.atleast_2d(corners)[:, np.newaxis] + along * size)[0])


def _clear(
    trees: Mapping[Line2D, KDTree], own: Sequence[Line2D], corners: Array, size: Array, part: float
) -> NDArray[np.bool_]:
    """Whether a curve of its own is nearer to a label than ``part`` of the distance of every other.

    Distances are means along the label: a curve that crosses it at an angle is far from most of it and is not
    taken for its own, one that runs along it is.
    """
    mean = {line: _apart(tree, corners, size).mean(axis=1) for line, tree in trees.items()}
    others = [distance for line, distance in mean.items() if line not in own]
    return np.asarray(np.min([mean[line] for line in own], axis=0) < part * np.min(others, axis=0))


def _moved(
    ax: Axes, text: Annotation, own: Sequence[Line2D], trees: Mapping[Line2D, KDTree],
    taken: Sequence[tuple[Array, Array]],
) -> Annotation:  # fmt: skip
    """The label at the nearest place where it is clear, or at the nearest open one with a pointer."""
    corner, size = _box(text)
    height = size[1]
    low, high = (np.array(end) for end in (ax.bbox.min, ax.bbox.max))
    between = height * np.array([0.6, 0.15])  # of two labels

    def open_places(corners: Array, room: float) -> Array:
        """Those inside the panel where no other label is and no curve comes nearer than ``room``."""
        good = np.all((corners > low + 4) & (corners + size < high - 4), axis=1)
        for place, extent in taken:
            good &= np.any((corners > place + extent + between) | (corners + size < place - between), axis=1)
        corners = corners[good]
        nearest = [_apart(tree, corners, size).min(axis=1) for tree in trees.values()]
        return corners[np.min(nearest, axis=0) > room]

    points = np.concatenate([trees[line].data[::3] for line in own])
    gap = np.array([0.2, 0.2]) * height
    sides = [(0.0, 1.0), (-0.5, 1.0), (0.0, -1.0), (-0.5, -1.0)]
    beside = [points + size * [x, min(y, 0)] + gap * [0, y] for x, y in sides]
    beside += [points + size * [x, -0.5] + gap * [1 + 2 * x, 0] for x in (0.0, -1.0)]
    places = open_places(np.concatenate(beside), 0.5 * height)
    places = places[_clear(trees, own, places, size, 0.8)] if len(places) else places
    if len(places):
        return _again(ax, text, own, places[np.argmin(np.hypot(*(places - corner).T))])
    across, up = (np.arange(a, b, 10.0) for a, b in zip(low, high, strict=True))
    places = open_places(np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2), 0.7 * height)
    if not len(places):
        return text
    # to where no other curve is close, from the corner of the label that is nearest
    alone = np.min([tree.query(points)[0] for line, tree in trees.items() if line not in own], axis=0) > 0.4 * height
    points = points[alone] if alone.any() else points
    starts = np.array([[0.1, 0.0], [0.1, 1.0]])
    reach, nearest = KDTree(points).query(places[:, np.newaxis] + starts * size)
    side = np.argmin(reach, axis=1)
    rows = np.arange(len(places))
    cost = np.hypot(*(places - corner).T) + 2 * reach[rows, side]
    for k in np.argsort(cost):
        start, point = starts[side[k]], points[nearest[k, side[k]]]
        way = np.linspace(places[k] + start * size, point, 20)
        if not any(np.any(np.all((way > place) & (way < place + extent), axis=1)) for place, extent in taken):
            return _again(ax, text, own, places[k], point, (float(start[0]), float(start[1])))
    return text


def _again(
    ax: Axes, text: Annotation, own: Sequence[Line2D], corner: Array, point: Array | None = None,
    start: tuple[float, float] = (0.5, 0.5),
) -> Annotation:  # fmt: skip
    """The label with its lower left corner elsewhere on the screen, and perhaps an arrow to a point."""
    to_data = ax.transData.inverted().transform
    (x, y), where = to_data(corner), None if point is None else tuple(map(float, to_data(point)))
    text.remove()
    label, size = text.get_text(), text.get_fontsize()
    return written(ax, label, (x, y, "bottom"), own[0].get_color(), size, where, start, "->")


def _parts(strip: Strip) -> list[NDArray[np.intp]]:
    """Rows of the connected parts of a region."""
    rows = np.flatnonzero(np.isfinite(strip.low))
    return [part for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(part)]


def _left(ax: Axes, x: Array, y: Array) -> tuple[float, float]:
    """Where a curve enters the panel, a little to the right of it."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    seen = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    first = seen[0] if len(seen) else 0
    return 1.25 * float(x[first]), float(y[first])
