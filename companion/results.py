r"""Sec. 4 as numbers: the layers of Figs. 3 and 4, how far each set-up reaches, how much of an excess it covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import experiments, export, limits, published
from .data import Table
from .regions import Region, remains

__all__ = [
    "CURRENT", "ELECTRONS", "LABELS", "MASSES", "NUCLEI", "PROJECTED", "cover", "Coverage", "coverage", "later",
    "outline", "Overview", "overview", "part_covered", "reach", "readings", "region", "repeated", "spans",
]  # fmt: skip

CURRENT = ("coherent-csi", "coherent-lar", "texono", "xenon1t")
NUCLEI = ("cr51-cevns-si", "cr51-cevns-ge", "cr51-cevns-al2o3", "cr51-cevns-cawo4")
ELECTRONS = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")
LATER = ("xenonnt", "lz-ws2024", "coherent-csi-2021")
PROJECTED = ("cenns-750", *NUCLEI, *ELECTRONS)

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
}
"""What stands beside a curve."""

LIGHT = 1e-3
"""The lightest mass (MeV) of a figure, of a region and of a limit on a light state: 1 keV."""

MASSES = np.concatenate(
    [
        np.geomspace(LIGHT, 0.13, 32, endpoint=False),
        np.linspace(0.13, 0.17, 41),
        np.linspace(0.2, 0.5, 7),
        np.linspace(0.55, 0.8, 51),
    ]
)
"""Masses (MeV) on which a region of XENON1T is drawn and measured: to 1 keV where it ends, to 5 keV for an island."""

HEAVY = 0.3
"""Between the region of light masses (MeV), which all readings share, and the island that some of them have."""


@dataclass(frozen=True)
class Coverage:
    """How much of a region a limit excludes.

    Attributes
    ----------
    part : float
        excluded share of its area in the logarithms of mass and coupling
    spans : tuple of (float, float)
        masses (MeV) from which to which the limit lies below its lower edge
    margin : float
        lower edge over limit where that is smallest; above one the whole region is excluded
    """

    part: float
    spans: tuple[tuple[float, float], ...]
    margin: float


@cache
def region(coupling: str, joint: bool = True, *, confidence: float = 0.90, **options) -> Region:
    """What the XENON1T excess asks for at 90 % C.L.

    Parameters
    ----------
    coupling : str
        ``"mu_e"``, ..., ``"lambda_34"``
    joint : bool
        counted from the global minimum over coupling and mass, two degrees of freedom; else from the minimum at each
        mass, one degree of freedom, and closed only where zero is left out
    confidence : float
        confidence level
    **options
        of the experiment

    Returns
    -------
    Region
        on :data:`MASSES`
    """
    experiment = experiments.load("xenon1t", **options)
    if joint:
        found = limits.contour(experiment, coupling, MASSES, confidence=confidence)
        low, high = found.low, found.high
    else:
        low, high = limits.interval(experiment, coupling, MASSES, confidence=confidence)
    # where zero is inside, the data ask for nothing
    return Region(MASSES, np.where(low > 0, low, np.nan), np.where(low > 0, high, np.nan))


def cover(asked: Region, limit: ArrayLike) -> Coverage:
    """How much of a region lies above a limit (mu_B) on its masses; inf where there is none."""
    if not np.any(np.isfinite(asked.low)):
        raise ValueError("the region is empty: at none of its masses is a coupling asked for")
    line = np.broadcast_to(np.asarray(limit, float), asked.m_4.shape)
    inside = np.isfinite(asked.low)
    part = 1 - remains(asked.between(0, np.inf), line[inside]).fraction
    margin = np.log(asked.low) - np.log(line)
    return Coverage(part, spans(asked.m_4, margin), float(np.exp(np.nanmin(margin))))


def spans(m_4: NDArray[np.float64], margin: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Masses (MeV) from which to which a margin on increasing masses is positive, linear in ln m_4; nan is outside."""
    x = np.log(m_4)
    positive = margin > 0
    changes = np.flatnonzero(positive[1:] != positive[:-1])
    ends = []
    for k in changes:
        a, b = margin[k], margin[k + 1]
        if np.isfinite(a) and np.isfinite(b):
            ends.append(x[k] + (x[k + 1] - x[k]) * a / (a - b))
        else:
            # the region or the reach of the limit ends here: at the last mass that is covered
            ends.append(x[k] if positive[k] else x[k + 1])
    ends = [*([x[0]] if positive[0] else []), *ends, *([x[-1]] if positive[-1] else [])]
    masses = [float(np.exp(end)) for end in ends]
    return tuple(zip(masses[::2], masses[1::2], strict=True))


@cache
def part_covered(
    name: str, coupling: str, joint: bool = True, island: bool = False, scales: str = "signal"
) -> Coverage:
    """Coverage of the XENON1T region by one experiment in one coupling.

    Parameters
    ----------
    name, coupling : str
        experiment and coupling by name
    joint : bool
        the convention of :func:`region`
    island : bool
        the heavy island, which only the joint region has, instead of the region of light masses
    scales : str
        what the efficiency pull of XENON1T scales, ``"signal"`` or ``"all"``
    """
    asked = region(coupling, joint, efficiency_scales=scales)
    asked = asked.between(HEAVY, np.inf) if island else asked.between(0, HEAVY)
    return cover(asked, limits.upper_limit(experiments.load(name), coupling, asked.m_4))


def coverage(names: Sequence[str], couplings: Sequence[str], joint: bool = True, scales: str = "signal") -> Table:
    """Coverage of the light region of the XENON1T excess, for every experiment and coupling.

    Returns
    -------
    Table
        columns ``experiment``, ``coupling``, ``part``, ``from`` and ``to`` (MeV) of the longest span of masses where
        the limit lies below the whole region (nan for none), and ``margin``
    """
    rows = []
    for coupling in couplings:
        for name in names:
            found = part_covered(name, coupling, joint, scales=scales)
            longest = max(found.spans, key=lambda span: span[1] - span[0], default=(np.nan, np.nan))
            rows.append((name, coupling, found.part, *longest, found.margin))
    units = {"experiment": "-", "coupling": "-", "part": "1", "from": "MeV", "to": "MeV", "margin": "1"}
    loaded = [experiments.load(name) for name in ("xenon1t", *names)]
    columns = dict(zip(units, zip(*rows, strict=True), strict=True))
    how = "from the global minimum, 2 degrees of freedom" if joint else "at each mass, 1 degree of freedom"
    title = f"part of the XENON1T region ({how}, a_1 on {scales}, from 1 keV) that each 90 % limit excludes"
    return export.numbers("coverage", title, columns, units, loaded)


def readings(names: Sequence[str], couplings: Sequence[str]) -> Table:
    """Part of the light region of the XENON1T excess that is excluded, by what the paper does not print.

    Returns
    -------
    Table
        rows for where the chi-square is ``counted`` from, ``plane`` or ``each mass``, and what ``a_1`` scales; one
        column for every experiment and coupling
    """
    rows = []
    for joint in (True, False):
        for scales in ("signal", "all"):
            parts = [
                part_covered(name, coupling, joint, scales=scales).part for name in names for coupling in couplings
            ]
            rows.append(("plane" if joint else "each mass", scales, *parts))
    shown = [f"{name} {coupling}" for name in names for coupling in couplings]
    units = {"counted": "-", "a_1": "-", **dict.fromkeys(shown, "1")}
    columns = dict(zip(units, zip(*rows, strict=True), strict=True))
    title = "part of the XENON1T region that each 90 % limit excludes, by the reading of the region"
    loaded = [experiments.load(name) for name in ("xenon1t", *names)]
    return export.numbers("readings", title, columns, units, loaded)


def repeated() -> Table:
    """The lowest point of a curve that a paper draws once more, over that of :data:`companion.published.REPEATED`.

    Returns
    -------
    Table
        columns ``curve``, ``again`` and ``ratio``
    """
    pairs = [(name, other) for name, others in published.REPEATED.items() for other in others]
    drawn = {name: published.curve(name) for pair in pairs for name in pair}
    lowest = {name: float(np.min(table["limit"])) for name, table in drawn.items()}
    columns: dict[str, ArrayLike] = {
        "curve": [name for name, _ in pairs],
        "again": [other for _, other in pairs],
        "ratio": [lowest[other] / lowest[name] for name, other in pairs],
    }
    title = "lowest points of curves that are drawn in several papers, second over first"
    table = export.numbers("repeated", title, columns, {"curve": "-", "again": "-", "ratio": "1"})
    return replace(table, source="; ".join(dict.fromkeys(one.source for one in drawn.values())))


def reach(names: Sequence[str], couplings: Sequence[str]) -> Table:
    """How far each experiment reaches in each coupling that its beam has.

    Returns
    -------
    Table
        columns ``experiment``, ``coupling``, ``limit`` (mu_B) on a state of 1 keV, ``double``, the mass (MeV) where it
        has doubled, and ``edge``, the kinematic end (MeV)
    """
    rows = []
    for name in names:
        experiment = experiments.load(name)
        for coupling in couplings:
            if edge := experiment.maximum_mass(coupling):
                light = float(limits.upper_limit(experiment, coupling, LIGHT))
                rows.append((name, coupling, light, limits.reach(experiment, coupling, 2), edge))
    units = {"experiment": "-", "coupling": "-", "limit": "mu_B", "double": "MeV", "edge": "MeV"}
    columns = dict(zip(units, zip(*rows, strict=True), strict=True))
    return export.numbers("reach", "90 % limits, how far they hold, where they end", columns, units, [
        experiments.load(name) for name in names
    ])  # fmt: skip


@dataclass(frozen=True)
class Overview:
    """The layers of a figure of one coupling; all tables carry a ``label`` and a ``kind`` in their notes.

    Attributes
    ----------
    limits : tuple of Table
        our limits and projections, columns ``m_4`` and ``limit``
    bands : tuple of Table
        the best and the worst of several set-ups, columns ``m_4``, ``low`` and ``high``
    regions : tuple of Table
        what an excess asks for, columns ``m_4``, ``low`` and ``high``
    published : tuple of Table
        curves of others, from :mod:`companion.published`
    excluded : Table
        the lowest of all current limits of laboratories, columns ``m_4`` and ``limit``
    """

    coupling: str
    limits: tuple[Table, ...]
    bands: tuple[Table, ...]
    regions: tuple[Table, ...]
    published: tuple[Table, ...]
    excluded: Table

    def tables(self) -> list[Table]:
        """All layers that this book computes, to be written."""
        return [*self.limits, *self.bands, *self.regions, self.excluded]


def overview(coupling: str, joint: bool = True) -> Overview:
    """The layers of Fig. 3 (``"mu_e"``, ``"mu_mu"``) or Fig. 4 (``"lambda_14"``, ...).

    Parameters
    ----------
    coupling : str
        by name
    joint : bool
        the convention of :func:`region`
    """
    ours = [_limit(name, coupling) for name in ("coherent-csi", "coherent-lar", "cenns-750", "texono", "xenon1t")]
    drawn = tuple(table for table in ours if table is not None)
    found = tuple(_band(group, coupling) for group in ("nuclei", "electrons"))
    kind, _, flavour = coupling.partition("_")
    others = tuple(published.curves(flavour)) if kind == "mu" and flavour in published.LABORATORY else ()
    now = [table for table in (*drawn, *others) if table.notes["kind"] == "current"]
    return Overview(
        coupling,
        drawn,
        tuple(table for table in found if table is not None),
        (outline(coupling, joint),),
        others,
        _lowest(coupling, now),
    )


def later(coupling: str) -> tuple[Table, ...]:
    """Limits from data younger than the paper, ``LATER``: one more layer of :func:`overview`."""
    found = [_limit(name, coupling) for name in LATER]
    return tuple(table for table in found if table is not None)


def outline(coupling: str, joint: bool = True) -> Table:
    """The region of :func:`region` as a table, on the masses that it has."""
    asked = region(coupling, joint)
    columns = {"m_4": asked.m_4, "low": asked.low, "high": asked.high}
    units = {"m_4": "MeV", "low": "mu_B", "high": "mu_B"}
    title = f"region of {coupling} that the XENON1T excess asks for"
    table = export.numbers(f"xenon1t-{coupling}-region", title, columns, units, [experiments.load("xenon1t")])
    return _named(table, "XENON1T excess", "current")


def _named(table: Table, label: str, kind: str) -> Table:
    return replace(table, notes={**table.notes, "label": label, "kind": kind})


def _limit(name: str, coupling: str) -> Table | None:
    """A limit on its own masses, or None for a beam that has nothing that couples."""
    experiment = experiments.load(name)
    if not experiment.maximum_mass(coupling):
        return None
    table = export.limit(experiment, coupling, limits.masses(experiment, coupling, LIGHT, 100))
    return _named(table, LABELS[name], "projection" if experiment.projected else "current")


def _band(group: str, coupling: str) -> Table | None:
    """The best and the worst of several projections; the worst is inf where one of them is blind."""
    loaded = [experiments.load(name) for name in {"nuclei": NUCLEI, "electrons": ELECTRONS}[group]]
    furthest = max(loaded, key=lambda experiment: experiment.maximum_mass(coupling))
    if not furthest.maximum_mass(coupling):
        return None
    # at the edge itself there is no limit: the curve goes straight up
    m_4 = np.append(limits.masses(furthest, coupling, LIGHT, 100), furthest.maximum_mass(coupling))
    found = np.array([limits.upper_limit(experiment, coupling, m_4) for experiment in loaded])
    columns = {"m_4": m_4, "low": found.min(axis=0), "high": found.max(axis=0)}
    units = {"m_4": "MeV", "low": "mu_B", "high": "mu_B"}
    title = f"upper limits on {coupling}, from the best to the worst of {', '.join(one.title for one in loaded)}"
    table = export.numbers(f"cr51-{group}-{coupling}-band", title, columns, units, loaded)
    return _named(table, LABELS[group], "projection")


def _lowest(coupling: str, tables: Sequence[Table]) -> Table:
    """The lowest of several limits at every mass."""
    m_4 = np.geomspace(LIGHT, 1e4, 1401)
    levels = np.array([published.level(table, m_4) for table in tables])
    lowest = np.fmin.reduce(levels, axis=0)
    seen = np.isfinite(lowest)
    columns, units = {"m_4": m_4[seen], "limit": lowest[seen]}, {"m_4": "MeV", "limit": "mu_B"}
    sources = "; ".join(dict.fromkeys(table.source for table in tables))
    table = export.numbers(
        f"excluded-{coupling}", f"lowest current limit of laboratories on {coupling}", columns, units
    )
    return _named(replace(table, source=sources), "excluded", "current")
