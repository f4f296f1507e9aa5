"""What only the chapter on chromium shows: several spectra in one panel, scans of options, interference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from companion import experiments, limits, results, systematics
from companion.couplings import Effective
from companion.data import Table
from companion.plot import COLOURS, STYLE, in_style
from companion.plot.bins import counts_label, logarithmic, recoil_label
from companion.results import Spectrum

__all__ = ["interference", "scan", "scans", "spectra"]

TEXTS = {
    "background_ratio": "background / signal",
    "sigma_signal": "systematic error",
    "exposure_factor": "exposure / planned",
    "threshold_keV": "threshold",
}
"""Options in words."""

UNITS = {"threshold_keV": "keV"}
"""Units of options, where they have one."""


@in_style
def spectra(ax: Axes, spectra: Sequence[Spectrum], labels: Sequence[str]) -> Axes:
    """Several projections in one panel: the Standard Model in outline, with the dipole portal dashed.

    Parameters
    ----------
    ax : Axes
        where to draw
    spectra : sequence of Spectrum
        with a dipole signal
    labels : sequence of str
        one per spectrum
    """
    colours = [COLOURS[name] for name in ("blue", "vermillion", "green", "purple")]
    for one, label, colour in zip(spectra, labels, colours, strict=False):
        if one.dipole is None:
            raise ValueError(f"{one.title}: there is no dipole signal to draw")
        edges = one.axes[0].edges
        ax.stairs(one.standard_model, edges, baseline=None, color=colour, lw=1.2, label=label)
        ax.stairs(one.standard_model + one.dipole, edges, baseline=None, color=colour, lw=1.6, ls="--")
    ax.plot([], [], color="0.3", ls="--", label="with dipole portal")
    ax.set(xlabel=recoil_label(spectra[0]), ylabel=counts_label(spectra[0]))
    logarithmic(ax, np.concatenate([one.standard_model for one in spectra]))
    ax.legend(loc="lower left")
    return ax


def scan(names: Sequence[str], coupling: str, m_4: float, option: str, values: Sequence[float]) -> Table:
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
        of :func:`companion.experiments.load`
    values : sequence of float
        what to give it

    Returns
    -------
    Table
        columns ``option`` and, for every experiment, the limit over its default limit
    """
    columns = {option: np.asarray(values, float)}
    for name in names:
        columns[name] = systematics.scan(name, coupling, m_4, option, np.asarray(values, float).tolist())
    units = {column: "1" for column in columns} | {option: UNITS.get(option, "1")}
    title = f"limit on {coupling} at m_4 = {m_4:g} MeV against {option}, over the default limit"
    return results.table(f"{option}-{coupling}-scan", title, columns, units, names)


@in_style
def scans(panels: Any, tables: Sequence[Table], options: Sequence[str], labels: Mapping[str, str]) -> Any:
    """How limits move with one option after the other, a panel for each table; the last is the legend.

    Parameters
    ----------
    panels : array of Axes
        one for each table and one for the legend
    tables : sequence of Table
        from :func:`scan`
    options : sequence of str
        of each table
    labels : mapping
        text for each column that is an experiment
    """
    *drawn, key = np.ravel(panels)
    looks = dict(zip(labels, zip(("-", "--", "-.", ":"), STYLE["axes.prop_cycle"], strict=False), strict=False))
    for ax, table, option in zip(drawn, tables, options, strict=True):
        for column in labels:
            if column in table.columns:
                style, colour = looks[column]
                ax.plot(table[option], table[column], style, **colour)
        unit, text = table.units[option], TEXTS.get(option, option)
        ax.set(xscale="log", xlabel=text if unit == "1" else f"{text} [{unit}]", ylabel="limit / default")
        ax.axhline(1, color="0.6", lw=0.6, zorder=0)
    for column, label in labels.items():
        style, colour = looks[column]
        key.plot([], [], style, label=label, **colour)
    key.axis("off")
    key.legend(loc="center")
    return panels


def interference(names: Sequence[str], flavour: str, m_4: Sequence[float], squared_sines: Sequence[float]) -> Table:
    r"""Magnetic and interference events at the limit, and how the limit moves, for several mixings of both signs.

    Parameters
    ----------
    names : sequence of str
        experiments
    flavour : {"e", "mu", "tau"}
        whose effective moment
    m_4 : sequence of float
        masses (MeV)
    squared_sines : sequence of float
        :math:`|U_{\alpha4}|^2`

    Returns
    -------
    Table
        per experiment, mass and mixing: the limit without interference, the events there (interference for the positive
        sign; the other sign flips it) and the limits for both signs over the one without
    """
    units = {"experiment": "-", "m_4": "MeV", "sin2": "1", "limit": "mu_B", "magnetic": "events",
             "interference": "events", "plus": "1", "minus": "1"}  # fmt: skip
    rows = []
    for name in names:
        experiment = experiments.load(name)
        for mass in m_4:
            limit = float(limits.upper_limit(experiment, Effective(flavour), mass))
            magnetic = limit**2 * float(experiment.dipole(flavour, mass).sum())
            linear = limit * float(experiment.interference(flavour, mass).sum())
            for squared in squared_sines:
                mixing = squared**0.5
                moved = []
                for sign in (1, -1):
                    signed = Effective(flavour, interference=sign * mixing)
                    moved.append(float(limits.upper_limit(experiment, signed, mass)) / limit)
                rows.append((name, mass, squared, limit, magnetic, mixing * linear, *moved))
    columns = {column: np.array([row[k] for row in rows]) for k, column in enumerate(units)}
    title = f"interference of weak and magnetic scattering at the limit on mu_{flavour}"
    return results.table(f"mu_{flavour}-interference", title, columns, units, names)
