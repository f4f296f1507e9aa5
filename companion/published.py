"""Limits and sensitivities of others on the dipole portal, digitised from their figures, in one convention.

Some figures show the moment ``mu`` in Bohr magnetons, others the coefficient ``d`` (1/GeV) of the dipole operator.
Both become ``mu`` here, with ``mu = 2 d`` and ``mu_B = e/(2 m_e)``, and each curve keeps its flavour, its confidence
level, where one is printed, and whether it is current or a projection.
"""

from __future__ import annotations

import math
import re
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .data import Table, table
from .units import ALPHA, M_E, GeV

__all__ = ["ASTROPHYSICS", "LABORATORY", "MU_B", "REPEATED", "curve", "curves", "from_d", "level", "markdown"]

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


def curve(name: str) -> Table:
    """One curve of ``data/limits/curves``.

    Parameters
    ----------
    name : str
        of the file without its ending, e.g. ``"nomad_mu_magill"``

    Returns
    -------
    Table
        columns ``m_4`` (MeV) and ``limit`` (mu_B) along the curve, which may turn back in mass; the notes hold
        ``experiment``, ``label``, ``flavour``, ``kind`` (current, projection or astrophysics) and ``confidence``

    Raises
    ------
    ValueError
        if there is no such curve, or it does not say what it is
    """
    drawn = table(f"limits/curves/{name}")
    for key in ("experiment", "flavour", "kind", "confidence"):
        if not drawn.notes.get(key):
            raise ValueError(f"the curve {name!r} has no '# {key}:' line in its header")
    if drawn.notes["kind"] not in KINDS:
        raise ValueError(f"the curve {name!r} is of one kind of {', '.join(KINDS)}, not {drawn.notes['kind']!r}")
    if "mu" in drawn.columns:
        moment = drawn.column("mu", "mu_B", above=0.0)
    else:
        moment = from_d(drawn.column("d", "1/GeV", above=0.0))
    units = {"m_4": "MeV", "limit": "mu_B"}
    notes = {**drawn.notes, "label": drawn.notes["experiment"].partition(",")[0]}
    return Table(
        name, {"m_4": drawn.column("m_4", "MeV", above=0.0), "limit": moment}, units, drawn.source, drawn.status, notes
    )


def curves(flavour: str, astrophysics: bool = False) -> list[Table]:
    """The curves of a flavour, ``"e"`` or ``"mu"``: of laboratories, or else those of :data:`ASTROPHYSICS`."""
    chosen = ASTROPHYSICS if astrophysics else LABORATORY
    if flavour not in chosen:
        raise ValueError(f"there are curves for the flavours {', '.join(chosen)}, not for {flavour!r}")
    return [curve(name) for name in chosen[flavour]]


def level(drawn: Table, m_4: ArrayLike) -> NDArray[np.float64]:
    """The lowest moment (mu_B) of a curve at masses (MeV), between its points in both logarithms; nan beside it."""
    wanted = np.log(np.asarray(m_4, float))
    seen = np.isfinite(drawn["limit"])
    x, y = np.log(drawn["m_4"][seen]), np.log(drawn["limit"][seen])
    # one row per piece of the line, since it may turn back in mass
    a, b, low, high = (part[:, np.newaxis] for part in (x[:-1], x[1:], y[:-1], y[1:]))
    flat = wanted.ravel()
    inside = (flat >= np.minimum(a, b)) & (flat <= np.maximum(a, b)) & (a != b)
    share = (flat - a) / np.where(a == b, 1, b - a)
    found = np.where(inside, low + share * (high - low), np.inf).min(axis=0)
    return np.where(np.isinf(found), np.nan, np.exp(found)).reshape(wanted.shape)


def markdown() -> str:
    """The curves by flavour with their sources, kinds and confidence levels, as a Markdown table."""
    lines = ["| curve | flavour | kind | level | axis of the figure | source |", "|---|---|---|---|---|---|"]
    for chosen in (LABORATORY, ASTROPHYSICS):
        for flavour, names in chosen.items():
            for name in names:
                drawn = table(f"limits/curves/{name}")
                axis = "$\\mu$" if "mu" in drawn.columns else "$d$"
                source = re.search(r"arXiv:\S+\d", drawn.source)
                lines.append(
                    f"| {drawn.notes['experiment']} | $\\nu_{'e' if flavour == 'e' else chr(92) + 'mu'}$ | "
                    f"{drawn.notes['kind']} | {drawn.notes['confidence']} | {axis} | {source[0] if source else ''} |"
                )
    return "\n".join(lines)
