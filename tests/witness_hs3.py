"""A reader of HS3 documents whose expectations are linear: the standard's own words, nothing of the package."""

import numpy as np
from witness_models import profiled


def chi2(document, squared):
    """-2 ln L at a squared coupling up to a constant, minimised over the other parameters."""
    (analysis,), (likelihood,) = document["analyses"], document["likelihoods"]
    (interest,) = analysis["parameters_of_interest"]
    (point,) = document["parameter_points"]
    names = [one["name"] for one in point["parameters"] if one["name"] != interest]
    functions = {one["name"]: compile(one["expression"], "hs3", "eval") for one in document["functions"]}
    entering = [one for one in document["distributions"] if one["name"] in likelihood["aux_distributions"]]
    priors = {one["mean"]: one["sigma"] for one in entering if one["mean"] in names}
    bins = [one for one in entering if one["mean"] in functions]
    assert len(bins) + len(priors) == len(entering) == len(document["distributions"])

    def expected(**values):
        given = dict.fromkeys(names, 0.0) | {interest: squared} | values
        return np.array([eval(functions[one["mean"]], {}, given) for one in bins], float)

    constant = expected()
    D = np.array([expected(**{name: 1.0}) - constant for name in names])
    w = np.array([priors.get(name, np.inf) ** -2 for name in names])
    kinds = {one["type"] for one in bins}
    seen = np.array([one["x"] for one in bins])
    if kinds == {"poisson_dist"}:
        return profiled(seen, None, constant, D, w)
    assert kinds == {"gaussian_dist"}
    return profiled(seen, np.square([one["sigma"] for one in bins]), constant, D, w)
