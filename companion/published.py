"""Limits and sensitivities of others on the dipole portal, digitised from their figures, in one convention.

Some figures show the moment ``mu`` in Bohr magnetons, others the coefficient ``d`` (1/GeV) of the dipole operator.
Both become ``mu`` here, with ``mu = 2 d`` and ``mu_B = e/(2 m_e)``, and each curve keeps its flavour, its confidence
level, where one is printed, and whether it is current or a projection.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .data import Table, table
from .results import Provenance, Result
from .results import level as level_between
from .results.curves import UpperLimit
from .units import ALPHA, M_E, GeV

__all__ = ["ASTROPHYSICS", "LABORATORY", "MU_B", "REPEATED", "Curve", "curve", "curves", "from_d", "level", "markdown"]

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
    drawn = table(f"limits/curves/{name}")
    for key in ("experiment", "flavour", "kind", "confidence"):
        if not drawn.notes.get(key):
            raise ValueError(f"the curve {name!r} has no '# {key}:' line in its header")
    kind, experiment = drawn.notes["kind"], drawn.notes["experiment"]
    if kind not in KINDS:
        raise ValueError(f"the curve {name!r} is of one kind of {', '.join(KINDS)}, not {kind!r}")
    if "mu" in drawn.columns:
        moment = drawn.column("mu", "mu_B", above=0.0)
    else:
        moment = from_d(drawn.column("d", "1/GeV", above=0.0))
    projections = (experiment,) if kind == "projection" else ()
    return Curve(
        name=name,
        title=f"{experiment}: limit on mu_{drawn.notes['flavour']}",
        provenance=Provenance((experiment,), (drawn.source,), projections=projections),
        notes=drawn.notes,
        experiment=experiment,
        label=experiment.partition(",")[0],
        flavour=drawn.notes["flavour"],
        kind=kind,
        confidence=drawn.notes["confidence"],
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
