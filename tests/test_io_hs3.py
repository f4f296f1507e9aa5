"""HS3 documents: a reader of the standard's own words, and pyhs3, find the chi-square that we do."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import witness_hs3 as reader
from scipy.optimize import brentq

from companion import experiments, io, limits
from companion.couplings import Effective
from companion.experiments import combine
from companion.statistics import Pull

MOVING = "coherent-csi-2021"

CASES = {name: "mu_e" for name in experiments.names() if name != MOVING} | {
    "coherent-csi": "mu_mu",
    "xenonnt-b8": "lambda_14",  # pulls that bend the signal
    "borexino-ii": "mu_all",  # pulls without a prior that add up
}


def reference(document):
    """The reference coupling (mu_B), from the name of the analysis."""
    return float(re.search(r" / (\S+) mu_B", document["analyses"][0]["name"])[1])


def test_only_a_signal_that_moves_is_left_out():
    assert [name for name in experiments.names() if io.is_hs3(name)] == [MOVING]
    with pytest.raises(ValueError, match="moves with the pull 'coherent-csi-2021 arrival time'.*io.model") as error:
        io.hs3(MOVING, "mu_mu", 1.0)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", CASES)
def test_the_chi_square_is_read_back(name, tmp_path):
    experiment = experiments.load(name)
    path = io.write_hs3(io.hs3(experiment, CASES[name], 0.01), tmp_path / "new" / "hs3.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    unit = reference(document)
    squares = np.array([0.0, 0.5, 3.0])
    read = [reader.chi2(document, square) for square in squares]
    ours = experiment.chi2(CASES[name], unit * np.sqrt(squares), 0.01)
    np.testing.assert_allclose(np.diff(read), np.diff(ours), rtol=1e-7)


def test_a_pull_in_common_is_one_parameter():
    both = combine([experiments.load(name) for name in ("coherent-csi", "coherent-lar")])
    document = io.hs3(both, "mu_mu", 5.0)
    assert list(document["misc"]["pulls"])[0] == "stopped_pion_flux"
    squares = np.array([0.0, 1.0, 4.0])
    read = [reader.chi2(document, square) for square in squares]
    ours = both.chi2("mu_mu", reference(document) * np.sqrt(squares), 5.0)
    np.testing.assert_allclose(np.diff(read), np.diff(ours), rtol=1e-7)


@pytest.mark.parametrize(
    ("coupling", "mass", "options", "words"),
    [
        (Effective("mu", 0.1), 1.0, {}, "an interference is linear in the coupling"),
        ("mu_mu", 1e3, {}, "is blind to mu_mu at 1000 MeV"),
        ("mu_mu", 1.0, {"reference": 0.0}, "is positive and finite"),
    ],
)
def test_what_cannot_be_scaled_is_refused(coupling, mass, options, words):
    with pytest.raises(ValueError, match=words):
        io.hs3("coherent-csi", coupling, mass, **options)


@pytest.mark.slow(reason="pyhs3 takes half a minute to load and to build its graphs")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "coupling", "mass"), [("coherent-csi", "mu_mu", 1.0), ("xenonnt", "mu_e", 0.01)])
def test_pyhs3_finds_the_limit(name, coupling, mass):
    pyhs3 = pytest.importorskip("pyhs3", reason="pyhs3 is not installed: pip install .[hs3]")
    iminuit = pytest.importorskip("iminuit", reason="iminuit is not installed: pip install .[tools]")
    pytensor = pytest.importorskip("pytensor")
    from pytensor.graph.traversal import explicit_graph_inputs

    document = io.hs3(name, coupling, mass)
    space = pyhs3.Workspace(**document)
    model = space.model(space.analyses[0], progress=False)
    inputs = [one for one in explicit_graph_inputs([model.log_prob]) if one.name]
    # python's own arithmetic: compiling takes longer than the fits
    plain = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    compiled = pytensor.function(inputs, -2 * model.log_prob, mode=plain, on_unused_input="ignore")
    names = [one.name for one in inputs]
    minuit = iminuit.Minuit(
        lambda *values: float(compiled(*values)), *[model.free_params[one] for one in names], name=names
    )
    for one in names:
        minuit.limits[one] = (0, None) if one == io.POI else (-10, 10)
        minuit.errors[one] = 0.1
    least = minuit.migrad().fval
    minuit.fixed[io.POI] = True

    def rise(squared):
        minuit.values[io.POI] = squared
        return minuit.migrad().fval - least - 2.705543454095404

    squared = brentq(rise, 0.1, 20.0, rtol=1e-5)
    found = reference(document) * np.sqrt(squared)
    assert found == pytest.approx(float(limits.upper_limit(name, coupling, mass)), rel=1e-3)


def test_names_are_those_that_expressions_hold():
    silicon = replace(experiments.load("xenonnt"), name="2nd-xenon")
    document = io.hs3(silicon, "mu_mu", 0.01)
    assert all(function["name"].isidentifier() for function in document["functions"])


def test_pulls_of_one_identifier_are_refused():
    csi = experiments.load("coherent-csi")
    pulls = tuple(Pull(name, 0.1, ("signal",)) for name in ("tilt A", "tilt-A"))
    both = replace(csi, likelihood=replace(csi.likelihood, pulls=(*csi.likelihood.pulls, *pulls)))
    with pytest.raises(ValueError, match="one name in HS3"):
        io.hs3(both, "mu_mu", 0.01)
