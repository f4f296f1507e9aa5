r"""Likelihoods in HS3, the JSON of the HEP Statistics Serialization Standard, for pyhs3, ROOT and other readers.

HistFactory counts Poisson events; HS3 also holds Gaussian errors, pulls without a prior that add up, and whatever else
is linear in its parameters.  For every bin there is a ``poisson_dist`` or a ``gaussian_dist`` around a
``generic_function``, and for every pull with a prior a ``gaussian_dist``, so that :math:`-2\ln L` is our chi-square up
to a constant.  With pulls in units of their widths the expectation is

.. math:: n_i=n^0_i+\sum_ka_kn^k_i+\frac{\mu^2}{\mu_\mathrm{ref}^2}\Big(d^0_i+\sum_ka_kd^k_i\Big)

The counts stand in the distributions, which enter the likelihood as ``aux_distributions``: readers normalise a
distribution with data over the range of the data, and a Gaussian that is cut off there is another one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..couplings import Coupling
from ..experiments import Experiment, of
from ..statistics import Gaussian, Poisson, Pull
from .histfactory import LARGEST, POI, scaled_signal
from .paths import write_text

__all__ = ["hs3", "is_hs3", "write_hs3"]

Array = NDArray[np.float64]

VERSION = "0.2"

WIDEST = 10.0
"""Widths up to which a pull may go; for one without a prior, times the templates that it scales."""


def is_hs3(what: str | Experiment) -> str:
    """Why an experiment is no HS3 model that :func:`hs3` writes, in words; empty if it is one."""
    for part in of(what).parts:
        likelihood = part.likelihood
        if not isinstance(likelihood, Gaussian | Poisson):
            return f"{part.title} has neither Gaussian nor Poisson errors"
        if likelihood.shift is not None:
            return f"the signal of {part.title} moves with the pull {likelihood.shift.pull!r} and is not linear in it"
    return ""


def hs3(
    what: str | Experiment, coupling: str | Coupling, m_4: float, *, reference: float | None = None
) -> dict[str, Any]:
    r"""An experiment, or a combination, and one coupling at one mass as an HS3 document.

    Parameters
    ----------
    what : str or Experiment
        with Gaussian or Poisson errors and a signal that does not move
    coupling, m_4, reference
        as for :func:`companion.io.workspace`

    Returns
    -------
    dict
        a document of HS3 0.2 with one likelihood and one analysis, whose parameter of interest is
        ``squared_coupling`` :math:`=(\mu/\mu_\mathrm{ref})^2`; the analysis says the coupling, the mass and the
        reference, and ``misc`` the pull that each parameter stands for and its width

    Raises
    ------
    ValueError
        where the signal moves (:func:`is_hs3`; :func:`companion.io.model` holds it), an interference is switched on,
        or the experiment is blind
    """
    if reason := is_hs3(what):
        raise ValueError(f"{reason}; companion.io.model holds it")
    signal = scaled_signal(what, coupling, m_4, reference)
    functions: list[dict[str, Any]] = []
    distributions: list[dict[str, Any]] = []
    widths: dict[str, float] = {}
    for part, dipole in signal.dipoles.items():
        likelihood = part.likelihood
        for pull in likelihood.pulls:
            widths |= dict(pull.parts())
        fixed = {"signal": part.standard_model(), **part.backgrounds}
        constant = sum(fixed.values(), np.zeros(len(dipole)))
        terms = [("", constant), *_changes(likelihood.pulls, fixed)]
        terms += [(POI, dipole)]
        terms += [(f"{POI}*{name}", change) for name, change in _changes(likelihood.pulls, {"signal": dipole})]
        for k, seen in enumerate(likelihood.observed):
            name = f"{_identifier(part.name)}_{k}"
            functions.append({"name": f"{name}_expected", "type": "generic_function", "expression": _sum(terms, k)})
            counts = {"name": name, "mean": f"{name}_expected", "x": float(seen)}
            if isinstance(likelihood, Poisson):
                distributions.append({**counts, "type": "poisson_dist"})
            else:
                distributions.append({**counts, "type": "gaussian_dist", "sigma": float(likelihood.sigma[k])})
    parameters = {_identifier(name): name for name in widths}
    if len(parameters) < len(widths):
        raise ValueError(f"two pulls of {signal.said} have one name in HS3, where only letters and digits count")
    for parameter, name in parameters.items():
        if isfinite(widths[name]):
            prior = {"name": f"{parameter}_prior", "type": "gaussian_dist", "x": 0.0, "mean": parameter, "sigma": 1.0}
            distributions.append(prior)
    axes = [{"name": POI, "min": 0.0, "max": LARGEST}]
    axes += [{"name": parameter, "min": -WIDEST, "max": WIDEST} for parameter in parameters]
    start = [{"name": POI, "value": 1.0}, *({"name": parameter, "value": 0.0} for parameter in parameters)]
    entering = [distribution["name"] for distribution in distributions]
    return {
        "metadata": {
            "hs3_version": VERSION,
            "packages": [{"name": "transition-moments-companion", "version": __version__}],
            "publications": [source for part in signal.dipoles for source in part.sources],
            "description": signal.said,
        },
        "functions": functions,
        "distributions": distributions,
        "likelihoods": [{"name": "likelihood", "distributions": [], "data": [], "aux_distributions": entering}],
        "domains": [{"name": "domain", "type": "product_domain", "axes": axes}],
        "parameter_points": [{"name": "start", "parameters": start}],
        "analyses": [
            {
                "name": signal.said,
                "likelihood": "likelihood",
                "parameters_of_interest": [POI],
                "domains": ["domain"],
                "init": "start",
            }
        ],
        "misc": {
            "pulls": {
                parameter: {"name": name, "width": widths[name] if isfinite(widths[name]) else "inf"}
                for parameter, name in parameters.items()
            }
        },
    }


def write_hs3(document: dict[str, Any], path: str | Path) -> Path:
    """Write an HS3 document as JSON and make its folder."""
    return write_text(json.dumps(document, indent=1) + "\n", path)


def _identifier(name: str) -> str:
    """A name as expressions can hold it."""
    return re.sub(r"^(?=\d)", "_", re.sub(r"\W+", "_", name))


def _changes(pulls: tuple[Pull, ...], templates: Mapping[str, Array]) -> list[tuple[str, Array]]:
    """What one width of each parameter adds to the sum of templates; a parameter without a prior adds all of them."""
    changes = []
    for pull in pulls:
        scaled = [counts for name, counts in templates.items() if name in pull.templates]
        if scaled:
            change = sum(scaled[1:], scaled[0]) * (1.0 if pull.shape is None else np.asarray(pull.shape, float))
            changes += [
                (_identifier(name), change * (sigma if isfinite(sigma) else 1.0)) for name, sigma in pull.parts()
            ]
    return changes


def _sum(terms: list[tuple[str, Array]], k: int) -> str:
    """The expectation of a bin as an expression."""
    factors = [(factor, float(counts[k])) for factor, counts in terms]
    return " + ".join(f"{counts!r}*{factor}" if factor else repr(counts) for factor, counts in factors if counts) or "0"
