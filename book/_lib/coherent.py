"""What only the chapters on COHERENT show: pulls at a minimum, a band between two limits, marks on curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from companion import limits, results
from companion.data import Table
from companion.experiments import Experiment, coherent_csi_2021, load
from companion.plot import COLOURS, in_style
from companion.results import Limit

__all__ = ["band", "expectations", "marks", "predictions", "pulls", "totals"]


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
        "best": [round(100 * float(size), 2) for size in best.values()],
        "width": [round(100 * pull.sigma, 2) for pull in experiment.likelihood.pulls],
    }
    what = f"{coupling} = {value:.3g} mu_B, m_4 = {m_4:g} MeV" if value else "without a moment"
    chi2 = float(experiment.likelihood.chi2(signal))
    notes = {
        "title": f"{experiment.title}: pulls {what}",
        "minimum": f"chi2 = {chi2:.3f} for {len(experiment.observed)} bins",
    }
    units = {"pull": "-", "best": "%", "width": "%"}
    return results.table(f"{experiment.name}-pulls", notes, columns, units, [experiment])


@in_style
def band(ax: Axes, low: Limit, high: Limit, label: str) -> Axes:
    """The region between two limits at the same masses, with a legend."""
    seen = np.isfinite(low.value) & np.isfinite(high.value)
    ax.fill_between(
        low.m_4[seen], low.value[seen], high.value[seen], color=COLOURS["blue"], alpha=0.22, lw=0, label=label
    )  # fmt: skip
    # the limits have fixed the axis to themselves
    ax.set_ylim(bottom=min(ax.get_ylim()[0], 0.8 * np.min(low.value[seen])))
    ax.legend(loc="upper left")
    return ax


@in_style
def marks(ax: Axes, points: Sequence[tuple[ArrayLike, ArrayLike]], labels: Sequence[str]) -> Axes:
    """Groups of points (masses, values) on the curves of a figure, one marker per group, with a legend."""
    for (x, y), label, marker, face in zip(points, labels, "osD^", ("white", "black", "0.6", "white"), strict=False):
        ax.plot(x, y, marker, ms=5, color=COLOURS["black"], mfc=face, zorder=5, label=label)
    ax.legend(loc="upper left")
    return ax


def expectations(setups: Sequence[Experiment], coupling: str, m_4: Sequence[float]) -> Table:
    """Limits that the Standard Model in the place of the data would give, beside those of the data, 90 % C.L.

    Returns
    -------
    Table
        columns ``experiment``, ``m_4`` (MeV), ``expected`` and ``seen`` (mu_B)
    """
    columns: dict[str, list[object]] = {"experiment": [], "m_4": [], "expected": [], "seen": []}
    for setup in setups:
        columns["experiment"] += [setup.name] * len(m_4)
        columns["m_4"] += list(m_4)
        for key, each in (("expected", setup.asimov()), ("seen", setup)):
            columns[key] += results.limit(each, coupling, m_4).value.tolist()
    units = {"experiment": "-", "m_4": "MeV", "expected": "mu_B", "seen": "mu_B"}
    title = f"expected limits on {coupling}, 90 % C.L."
    return results.table(f"{coupling}-expected", title, columns, units, setups)  # type: ignore[arg-type]


def predictions(name: str, variants: Mapping[str, Mapping[str, object]]) -> Table:
    """What the inputs of COHERENT-CsI, all data, do: events, mean cross-section and the limit on a light state.

    Parameters
    ----------
    name : str
        of the experiment
    variants : mapping
        options by label
    """
    loaded = {label: load(name, **options) for label, options in variants.items()}
    columns: dict[str, ArrayLike] = {
        "inputs": list(loaded),
        "expected": [float(one.standard_model().sum()) for one in loaded.values()],
        "fitted": [coherent_csi_2021.fitted_events(one).events for one in loaded.values()],
        "cross_section": [1e40 * coherent_csi_2021.mean_cross_section(one) for one in loaded.values()],
        "limit": [float(limits.upper_limit(one, "mu_mu", 0.01)) for one in loaded.values()],
    }
    units = {"inputs": "-", "expected": "1", "fitted": "1", "cross_section": "1e-40 cm^2", "limit": "mu_B"}
    title = "COHERENT-CsI, all data: what the inputs do"
    return results.table(f"{name}-inputs", title, columns, units, list(loaded.values()))


def totals(experiment: Experiment, species: Sequence[str] = ()) -> Table:
    """Events in all bins, pulls at zero: neutrinos by species, the Standard Model, backgrounds and what was seen.

    Returns
    -------
    Table
        columns ``what`` and ``events``
    """
    rows = {name: float(experiment.standard_model(name).sum()) for name in species}
    rows["Standard Model"] = float(experiment.standard_model().sum())
    for name, counts in experiment.backgrounds.items():
        rows[name] = float(counts.sum())
    rows["seen"] = float(experiment.observed.sum())
    columns: dict[str, ArrayLike] = {"what": list(rows), "events": list(rows.values())}
    title = f"{experiment.title}: events in all bins"
    return results.table(f"{experiment.name}-totals", title, columns, {"what": "-", "events": "1"}, [experiment])
