"""Limits and sensitivities of others on the dipole portal, digitised from their figures, in one convention.

Some figures show the moment ``mu`` in Bohr magnetons, others the coefficient ``d`` (1/GeV) of the dipole operator.
Both become ``mu`` here, with ``mu = 2 d`` and ``mu_B = e/(2 m_e)``, and each curve keeps its flavour, its confidence
level, where one is printed, and whether it is current or a projection.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .data import Table, table
from .data import read as read_table
from .results import Limit, Limits, Provenance, Result
from .results import level as level_between
from .results.exclusion import UpperLimit
from .units import ALPHA, M_E, GeV

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ASTROPHYSICS", "LABORATORY", "MU_B", "REPEATED", "Beside", "Curve", "beside", "curve", "curves", "from_d", "level",
    "markdown", "read",
]  # fmt: skip

Array = NDArray[np.float64]

MU_B = math.sqrt(math.pi * ALPHA) / M_E * GeV
"""The Bohr magneton ``e/(2 m_e)`` in 1/GeV, with ``e^2 = 4 pi alpha``."""

LABORATORY = MappingProxyType(
    {
        "mu": (
            "borexino_mu_brdar", "xenon1t_nr_mu_brdar", "miniboone_mu_magill", "nomad_mu_magill", "icecube_mu_coloma",
            "ship_main_mu_schwetz", "ship_ecc_mu_schwetz", "dune_nd_mu_lower_schwetz", "dune_nd_mu_upper_schwetz",
        ),
        "e": (
            "borexino_e_schwetz", "xenon1t_nr_e_schwetz", "ship_main_e_schwetz", "ship_ecc_e_schwetz",
            "dune_nd_e_lower_schwetz", "dune_nd_e_upper_schwetz",
        ),
    }
)  # fmt: skip
"""Curves of laboratory experiments by flavour, as the paper sets them beside its own in Fig. 3."""

ASTROPHYSICS = MappingProxyType({"mu": ("stellar_mu_brdar", "sn1987a_mu_brdar", "bbn_mu_brdar"), "e": ()})
"""Limits from stars and from the early Universe by flavour; the paper leaves them out, figures by default too."""

REPEATED = MappingProxyType(
    {
        "borexino_mu_brdar": ("borexino_mu_schwetz",),
        "nomad_mu_magill": ("nomad_mu_schwetz", "nomad_mu_coloma"),
        "icecube_mu_coloma": ("icecube_mu_schwetz", "icecube_mu_brdar"),
        "miniboone_mu_magill": ("miniboone_mu_schwetz", "miniboone_mu_brdar"),
    }
)
"""Curves that other papers draw once more."""

KINDS = ("current", "projection", "astrophysics")


def from_d(d: ArrayLike) -> NDArray[np.float64]:
    """The moment ``mu = 2 d`` (mu_B) for a coefficient ``d`` (1/GeV)."""
    return 2 * np.asarray(d, float) / MU_B


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Curve(Result):
    """A limit or sensitivity of others.

    Attributes
    ----------
    experiment, label : str
        who, and who in short
    flavour : {"e", "mu"}
        of the neutrino
    kind : {"current", "projection", "astrophysics"}
        a limit of a laboratory, what one is expected to reach, or a limit from stars and the early Universe
    confidence : str
        level, in the words of the source
    status : str
        how the numbers were obtained
    m_4, value : ndarray
        masses (MeV) and moments (mu_B) along the curve, which may turn back in mass
    """

    experiment: str
    label: str
    flavour: str
    kind: str
    confidence: str
    status: str
    m_4: Array
    value: Array

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return {"m_4": (self.m_4, "MeV"), "limit": (self.value, "mu_B")}

    @property
    def table(self) -> Table:
        """The numbers as a table, with the status of the source."""
        return replace(super().table, status=self.status)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Beside(Result):
    """A limit with others beside it: a figure, and the table of the limit.

    Attributes
    ----------
    own : Limit or Limits
        the one that is in the table
    curves : tuple of Curve or Limit
        of others, or more of ours
    """

    own: Limit | Limits
    curves: tuple[Curve | Limit, ...]

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        return self.own._columns()

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw all of them into axes, new ones by default."""
        from . import plot

        ours = self.own.limits if isinstance(self.own, Limits) else (self.own,)
        shown: list[Any] = [*ours, *self.curves]
        labels = [one.label if isinstance(one, Curve) else one.title.partition(":")[0] for one in shown]
        if len(ours) > 1:
            labels[: len(ours)] = [one.coupling.symbol for one in ours]
        given: dict[str, Any] = {"symbol": ours[0].coupling.symbol if len(ours) == 1 else "upper limit", **style}
        return plot.limits(plot.axes() if ax is None else ax, shown, labels, **given)


def beside(own: Limit | Limits, curves: Sequence[Curve | Limit]) -> Beside:
    """One figure of a limit and others, which are of the same flavour."""
    if isinstance(own, Limit):
        for one in curves:
            if isinstance(one, Limit):
                if one.coupling.name != own.coupling.name:
                    raise ValueError(f"{one.title}: that is no limit on {own.coupling.name}")
            elif own.coupling.name.startswith("mu_") and own.coupling.name not in (f"mu_{one.flavour}", "mu_all"):
                raise ValueError(f"the curve {one.name!r} is on mu_{one.flavour}, the limit on {own.coupling.name}")
    total = own.provenance
    for one in curves:
        total = total + one.provenance
    return Beside(
        name=own.name, title=own.title, provenance=total, notes=own.notes, own=own, curves=tuple(curves)
    )  # fmt: skip


def curve(name: str) -> Curve:
    """One curve of ``data/limits/curves``.

    Parameters
    ----------
    name : str
        of the file without its ending, e.g. ``"nomad_mu_magill"``

    Raises
    ------
    ValueError
        if there is no such curve, or it does not say what it is
    """
    return replace(_curve(table(f"limits/curves/{name}")), name=name)


def read(path: str | Path) -> Curve:
    """A curve of one's own, to stand beside ours and those of others in one convention.

    Parameters
    ----------
    path : str or Path
        a table (:func:`companion.data.read`) with the column ``m_4`` in any unit of energy and one of ``mu`` or
        ``limit`` in ``mu_B``, or ``d`` in an inverse energy, which becomes ``mu = 2 d``; its header says
        ``experiment``, ``flavour`` (e or mu), ``kind`` (:data:`KINDS`) and ``confidence``.  A limit that this package
        wrote is one too

    Raises
    ------
    ValueError
        in one line, if it is no such table or does not say what it is
    """
    return _curve(read_table(path))


def _curve(drawn: Table) -> Curve:
    """A curve from its table."""
    notes = dict(drawn.notes)
    # a limit of this package says the same in other words
    if "flavour" not in notes and notes.get("coupling") in ("mu_e", "mu_mu"):
        notes["flavour"] = notes["coupling"].removeprefix("mu_")
        notes["kind"] = {"data": "current"}.get(notes.get("kind", ""), notes.get("kind", ""))
    for key in ("experiment", "flavour", "kind", "confidence"):
        if not notes.get(key):
            raise ValueError(f"the curve {drawn.name!r} has no '# {key}:' line in its header")
    kind, experiment = notes["kind"], notes["experiment"]
    if kind not in KINDS:
        raise ValueError(f"the curve {drawn.name!r} is of one kind of {', '.join(KINDS)}, not {kind!r}")
    if notes["flavour"] not in LABORATORY:
        raise ValueError(
            f"the curve {drawn.name!r} is of one flavour of {', '.join(LABORATORY)}, not {notes['flavour']!r}"
        )
    drawn_as = [name for name in ("mu", "limit", "d") if name in drawn.columns]
    if len(drawn_as) != 1:
        given = " and ".join(drawn_as) or "none of them"
        raise ValueError(f"the curve {drawn.name!r} has one column of mu or limit (mu_B) or d (1/GeV), not {given}")
    (column,) = drawn_as
    if column == "d":
        moment = from_d(drawn.column("d", "1/GeV", above=0.0))
    else:
        moment = drawn.column(column, "mu_B", above=0.0, gaps=column == "limit")
    projections = (experiment,) if kind == "projection" else ()
    return Curve(
        name=drawn.name,
        title=f"{experiment}: limit on mu_{notes['flavour']}",
        provenance=Provenance((experiment,), (drawn.source,), projections=projections),
        notes=notes,
        experiment=experiment,
        label=experiment.partition(",")[0],
        flavour=notes["flavour"],
        kind=kind,
        confidence=notes["confidence"],
        status=drawn.status,
        m_4=drawn.column("m_4", "MeV", above=0.0),
        value=moment,
    )


def curves(flavour: str, astrophysics: bool = False) -> list[Curve]:
    """The curves of a flavour, ``"e"`` or ``"mu"``: of laboratories, or else those of :data:`ASTROPHYSICS`."""
    chosen = ASTROPHYSICS if astrophysics else LABORATORY
    if flavour not in chosen:
        raise ValueError(f"there are curves for the flavours {', '.join(chosen)}, not for {flavour!r}")
    return [curve(name) for name in chosen[flavour]]


def level(drawn: UpperLimit, m_4: ArrayLike) -> Array:
    """The lowest moment (mu_B) of a curve at masses (MeV), between its points in both logarithms; nan beside it."""
    return level_between(drawn.m_4, drawn.value, m_4)


def markdown() -> str:
    """The curves by flavour with their sources, kinds and confidence levels, as a Markdown table."""
    lines = ["| curve | flavour | kind | level | axis of the figure | source |", "|---|---|---|---|---|---|"]
    for chosen in (LABORATORY, ASTROPHYSICS):
        for flavour, names in chosen.items():
            for name in names:
                drawn = table(f"limits/curves/{name}")
                axis = "$\\mu$" if "mu" in drawn.columns else "$d$"
                symbol = {"e": "$\\nu_e$", "mu": "$\\nu_\\mu$"}[flavour]
                source = re.search(r"arXiv:\S+\d", drawn.source)
                lines.append(
                    f"| {drawn.notes['experiment']} | {symbol} | "
                    f"{drawn.notes['kind']} | {drawn.notes['confidence']} | {axis} | {source[0] if source else ''} |"
                )
    return "\n".join(lines)
