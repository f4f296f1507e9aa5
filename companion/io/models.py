"""Likelihoods as plain JSON: everything that a limit needs, for readers without this package."""

from __future__ import annotations

import json
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
from .paths import write_text

__all__ = ["holds", "model", "write_model"]

FORMAT = "transition-moment likelihood, version 1"


def model(what: str | Experiment, coupling: str | Coupling, m_4: ArrayLike) -> dict[str, Any]:
    r"""An experiment and one coupling as a likelihood in numbers and texts only.

    The expectation in bin :math:`i` for a coupling :math:`\mu` is
    :math:`S_i(1+\sum_{k\to S}a_k)+\sum_bB^b_i(1+\sum_{k\to b}a_k)` with :math:`S_i=` ``standard_model``
    :math:`+\,\mu^2` ``dipole``; the chi-square is that of :class:`companion.statistics.Gaussian` or
    :class:`companion.statistics.Poisson`, minimised over the pulls :math:`a_k`.

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
            ``shared`` is null or ``{"name", "sigma"}``, the part in common with other experiments
        ``standard_model``
            list of n_bins numbers: neutrinos that no background holds
        ``m_4``
            list of masses (MeV)
        ``dipole``
            one list of n_bins numbers per mass, for a coupling of 1 mu_B; all zero where the experiment is blind

    Raises
    ------
    ValueError
        for masses that do not increase; for a joint likelihood (its parts have models, and shared pulls have names) and
        for pulls that change a shape or move a signal; where an interference, linear in the coupling, is switched on
    """
    chosen = named(coupling)
    experiment = of(what).converted(chosen.mixing)
    masses = np.atleast_1d(np.asarray(m_4, float))
    if masses.ndim != 1 or np.any(np.diff(masses) <= 0):
        raise ValueError("a model needs a list of increasing masses (MeV)")
    likelihood = experiment.likelihood
    if not holds(experiment):
        raise ValueError(
            f"a model holds a Gaussian or a Poisson likelihood whose pulls scale whole templates; {experiment.title} "
            "has another one"
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
                "sigma": float(pull.sigma),
                "templates": list(pull.templates),
                "shared": dict(zip(("name", "sigma"), pull.shared, strict=True)) if pull.shared else None,
            }
            for pull in likelihood.pulls
        ],
        "standard_model": _numbers(experiment.standard_model()),
        "m_4": _numbers(masses),
        "dipole": [_numbers(counts) for counts in dipole],
    }


def holds(experiment: Experiment) -> bool:
    """Whether a model can hold the likelihood of an experiment: no pull changes a shape or moves a signal."""
    likelihood = experiment.likelihood
    if not isinstance(likelihood, Gaussian | Poisson) or likelihood.shift is not None:
        return False
    return all(pull.shape is None for pull in likelihood.pulls)


def _numbers(values: ArrayLike) -> list[float]:
    # twelve digits: a limit read back has ten
    return [float(f"{value:.12g}") for value in np.asarray(values, float)]


def write_model(document: dict[str, Any], path: str | Path) -> Path:
    """Write a model as JSON, one line per entry and per mass, and make its folder."""
    entries = []
    for name, value in document.items():
        if name in ("dipole", "axes", "pulls"):
            text = "[\n  " + ",\n  ".join(json.dumps(row) for row in value) + "\n ]"
        else:
            text = json.dumps(value)
        entries.append(f" {json.dumps(name)}: {text}")
    return write_text("{\n" + ",\n".join(entries) + "\n}\n", path)
