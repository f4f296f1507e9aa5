"""Likelihoods as plain JSON: everything that a limit needs, for readers without this package."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..couplings import Coupling
from ..couplings import coupling as named
from ..experiments import Experiment, of
from ..results import STATUS, Provenance
from ..results.provenance import titled
from ..statistics import Gaussian, Poisson
from ..statistics.pulls import Shift
from .histfactory import is_histfactory
from .paths import write_text

__all__ = ["holds", "model", "write_model"]

FORMAT = "transition-moment likelihood, version 2"

NODES = 101
"""Shifts at which the map of a moving signal is written down."""


def model(what: str | Experiment, coupling: str | Coupling, m_4: ArrayLike) -> dict[str, Any]:
    r"""An experiment and one coupling as a likelihood in numbers and texts only.

    The expectation in bin :math:`i` for a coupling :math:`\mu` is
    :math:`S_i(1+\sum_{k\to S}r_{ki}a_k)+\sum_bB^b_i(1+\sum_{k\to b}r_{ki}a_k)` with :math:`S_i=` ``standard_model``
    :math:`+\,\mu^2` ``dipole`` and :math:`r_{ki}=1` unless the pull has a ``shape``; the chi-square is that of
    :class:`companion.statistics.Gaussian` or :class:`companion.statistics.Poisson`, minimised over the pulls
    :math:`a_k`.  A signal that moves with a pull, ``shift``, is :math:`\sum_jM_{ij}(a)S_j` in place of :math:`S_i`.

    Parameters
    ----------
    what : str or Experiment
        with a Gaussian or a Poisson likelihood
    coupling : str or Coupling
        ``"mu_mu"``, ``"lambda_14"``, ...
    m_4 : array_like
        increasing masses (MeV), shape (n_masses,)

    Returns
    -------
    dict
        ``format``
            text, of this layout
        ``experiment``, ``title``, ``coupling``
            texts
        ``kind``
            ``"data"``, ``"projection"`` (observed is the Standard-Model expectation) or ``"SURROGATE, not data"``, with
            ``", changed"`` where options or parts of the experiment are not the defaults
        ``note``, ``options``
            texts: caveats, and choices that are not defaults; only where there are any
        ``status``, ``sources``
            text with the version of this package, and list of texts
        ``axes``
            one ``{"name", "unit", "edges"}`` per dimension; the bins are flattened, the last axis running fastest
        ``quantity``
            text, unit of all counts
        ``observed``
            list of n_bins numbers
        ``sigma``
            list of n_bins errors for a Gaussian, or the text ``"poisson"``
        ``backgrounds``
            list of n_bins numbers by name
        ``pulls``
            list of ``{"name", "sigma", "templates", "shared"}``: each scales ``"signal"`` or backgrounds by name;
            ``shared`` is null or ``{"name", "sigma"}``, the part in common with other experiments; where a pull does
            not scale all bins alike ``shape`` lists the n_bins numbers :math:`r_{ki}`; a width ``"inf"`` is no prior
        ``shift``
            only where the signal moves: ``{"pull", "reach", "at", "entries", "maps"}``, the name of the pull that moves
            it and does not scale it, the largest shift, the shifts of n_nodes matrices :math:`M`, the row and column of
            their entries that are not zero, and these entries, one list per shift; a cubic spline lies between
        ``histfactory``
            text: ``"yes"`` where :func:`workspace` writes the same likelihood for HistFactory, or why it is none
        ``standard_model``
            list of n_bins numbers: neutrinos that no background holds
        ``m_4``
            list of masses (MeV)
        ``dipole``
            one list of n_bins numbers per mass, for a coupling of 1 mu_B; all zero where the experiment is blind

    Raises
    ------
    ValueError
        for masses that do not increase; for a joint likelihood (its parts have models, and shared pulls have names);
        where an interference, linear in the coupling, is switched on
    """
    chosen = named(coupling)
    experiment = of(what).converted(chosen.mixing)
    masses = np.atleast_1d(np.asarray(m_4, float))
    if masses.ndim != 1 or np.any(np.diff(masses) <= 0):
        raise ValueError("a model needs a list of increasing masses (MeV)")
    likelihood = experiment.likelihood
    if not isinstance(likelihood, Gaussian | Poisson):
        raise ValueError(
            f"a model holds the Gaussian or Poisson likelihood of one experiment; {experiment.title} has another one"
        )
    if chosen.interferes:
        raise ValueError("a model has no interference, which is linear in the coupling")
    blind = masses >= experiment.maximum_mass(chosen)
    dipole = np.where(blind[:, np.newaxis], 0.0, experiment.template(chosen, masses))
    rests_on = Provenance.of([experiment])
    return {
        "format": FORMAT,
        "experiment": experiment.name,
        "title": titled(experiment),
        "coupling": chosen.name,
        **({"mixing": chosen.mixing.describe()} if chosen.mixing.describe() else {}),
        **rests_on.notes(),
        "status": STATUS,
        "sources": list(dict.fromkeys(experiment.sources)),
        "axes": [{"name": axis.name, "unit": axis.unit, "edges": _numbers(axis.edges)} for axis in experiment.axes],
        "quantity": experiment.quantity,
        "observed": _numbers(likelihood.observed),
        "sigma": "poisson" if isinstance(likelihood, Poisson) else _numbers(likelihood.sigma),
        "backgrounds": {name: _numbers(counts) for name, counts in likelihood.backgrounds.items()},
        "pulls": [
            {
                "name": pull.name,
                "sigma": float(pull.sigma) if isfinite(pull.sigma) else "inf",
                "templates": list(pull.templates),
                "shared": dict(zip(("name", "sigma"), pull.shared, strict=True)) if pull.shared else None,
                **({} if pull.shape is None else {"shape": _numbers(pull.shape)}),
            }
            for pull in likelihood.pulls
        ],
        **({} if likelihood.shift is None else {"shift": _moving(likelihood.shift, len(likelihood.observed))}),
        "histfactory": is_histfactory(experiment) or "yes",
        "standard_model": _numbers(experiment.standard_model()),
        "m_4": _numbers(masses),
        "dipole": [_numbers(counts) for counts in dipole],
    }


def holds(experiment: Experiment) -> bool:
    """Whether a model can hold the likelihood of an experiment: it is one data set, Gaussian or Poisson."""
    return isinstance(experiment.likelihood, Gaussian | Poisson)


def _moving(shift: Shift, bins: int) -> dict[str, Any]:
    """The linear map of a moving signal at some shifts, without its zeros."""
    at = shift.reach * np.linspace(-1, 1, NODES)
    units = np.eye(bins)
    maps = np.stack([shift.move(units, np.full(bins, value))[0].T for value in at])
    rows, columns = np.nonzero(np.any(np.abs(maps) > 1e-14, axis=0))
    return {
        "pull": shift.pull,
        "reach": float(shift.reach),
        "at": _numbers(at),
        "entries": [[int(row), int(column)] for row, column in zip(rows, columns, strict=True)],
        "maps": [_numbers(one[rows, columns]) for one in maps],
    }


def _numbers(values: ArrayLike) -> list[float]:
    # twelve digits: a limit read back has ten
    return [float(f"{value:.12g}") for value in np.asarray(values, float)]


def write_model(document: dict[str, Any], path: str | Path) -> Path:
    """Write a model as JSON, one line per entry and per mass, and make its folder."""
    entries = []
    for name, value in document.items():
        if name == "shift":
            parts = [f'{json.dumps(key)}: {json.dumps(part)}' for key, part in value.items()]
            text = "{\n  " + ",\n  ".join(parts) + "\n }"
        elif name in ("dipole", "axes", "pulls"):
            text = "[\n  " + ",\n  ".join(json.dumps(row) for row in value) + "\n ]"
        else:
            text = json.dumps(value)
        entries.append(f" {json.dumps(name)}: {text}")
    return write_text("{\n" + ",\n".join(entries) + "\n}\n", path)
