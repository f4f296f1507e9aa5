"""Workspaces of HistFactory: pyhf, which shares no code with this package, finds the same limits."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from companion import experiments, io, limits
from companion.couplings import Effective
from companion.experiments import combine
from companion.statistics import Gaussian, Poisson, Pull

# pyhf resolves references in a way that its library will give up
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver:DeprecationWarning")

CASES = {
    "xenonnt": ("mu_mu", 0.01),
    "xenonnt-b8": ("lambda_14", 1.0),
    "lz-ws2022": ("lambda_24", 0.1),
    "lz-ws2024": ("mu_tau", 0.01),
    "pandax-4t": ("mu_e", 0.05),
}
"""All experiments that count, with a coupling and a mass (MeV) each."""


@pytest.fixture(scope="module")
def pyhf():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pyhf", reason="pyhf is not installed: pip install .[tools]")


def limit_of(pyhf, document, level=2.705543454095404):
    """Largest coupling (mu_B) of a workspace, read with pyhf alone, and its reference from the name."""
    space = pyhf.Workspace(document)  # validates against the schema that pyhf brings along
    name = document["measurements"][0]["name"]
    reference = float(name.partition(" / ")[2].partition(" mu_B")[0])
    model = space.model()
    data = space.data(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyhf.set_backend("numpy", pyhf.optimize.minuit_optimizer(tolerance=1e-3))
        try:
            _, least = pyhf.infer.mle.fit(data, model, return_fitted_val=True)

            def rise(strength):
                _, value = pyhf.infer.mle.fixed_poi_fit(strength, data, model, return_fitted_val=True)
                return float(value - least) - level

            top = 1.0
            while rise(top) < 0:
                top *= 2
            strength = brentq(rise, top / 2 if top > 1 else 1e-3, top, rtol=1e-5)
        finally:
            pyhf.set_backend("numpy")
    return reference * np.sqrt(strength)


def counting(experiment):
    """The same experiment with whole numbers of events and their Poisson likelihood."""
    old = experiment.likelihood
    return replace(experiment, likelihood=Poisson(np.round(old.observed), old.backgrounds, old.pulls))


def test_all_experiments_that_count_are_tested():
    counted = [name for name in experiments.names() if not io.is_histfactory(name)]
    assert sorted(counted) == sorted(CASES)


@pytest.mark.parametrize("name", CASES)
def test_pyhf_finds_the_limit(name, pyhf):
    coupling, mass = CASES[name]
    found = limit_of(pyhf, io.workspace(name, coupling, mass))
    assert found == pytest.approx(float(limits.upper_limit(name, coupling, mass)), rel=1e-4)


def test_pyhf_finds_the_limit_of_a_projection(pyhf):
    expected = experiments.load("pandax-4t").asimov()
    document = io.workspace(expected, "mu_e", 0.05)
    assert "(projection)" in document["measurements"][0]["name"]
    assert limit_of(pyhf, document) == pytest.approx(float(limits.upper_limit(expected, "mu_e", 0.05)), rel=1e-4)


def test_pyhf_finds_the_limit_of_a_combination_with_a_pull_in_common(pyhf):
    """The flux of the two stopped-pion experiments is in common: one modifier of both."""
    both = combine([counting(experiments.load(name)) for name in ("coherent-csi", "coherent-lar")])
    document = io.workspace(both, "mu_mu", 5.0)
    names = [
        {m["name"] for sample in channel["samples"] for m in sample["modifiers"]} for channel in document["channels"]
    ]
    assert names[0] & names[1] == {io.POI, "stopped-pion flux"}
    assert limit_of(pyhf, document) == pytest.approx(float(limits.upper_limit(both, "mu_mu", 5.0)), rel=1e-4)


def test_pyhf_finds_the_limit_with_a_free_pull(pyhf):
    csi = counting(experiments.load("coherent-csi"))
    free = Pull("coherent-csi neutrons", np.inf, ("prompt neutrons",))
    likelihood = replace(csi.likelihood, pulls=(csi.likelihood.pulls[0], free))
    csi = replace(csi, likelihood=likelihood)
    found = limit_of(pyhf, io.workspace(csi, "mu_mu", 5.0))
    assert found == pytest.approx(float(limits.upper_limit(csi, "mu_mu", 5.0)), rel=1e-4)


@pytest.mark.parametrize("code", ["code0", "code4p"])
def test_the_expectation_is_ours_whatever_the_interpolation(code, pyhf):
    """Beyond one standard deviation too, where a normsys would be an exponential."""
    experiment = experiments.load("xenonnt-b8")
    likelihood = experiment.likelihood
    space = pyhf.Workspace(io.workspace(experiment, "lambda_14", 1.0, reference=3e-10))
    model = space.model(modifier_settings={"histosys": {"interpcode": code}})
    deviations = np.linspace(-2.5, 2.5, len(likelihood.pulls))
    values = dict(zip([pull.name for pull in likelihood.pulls], deviations, strict=True)) | {io.POI: 2.0}
    rates = model.expected_actualdata([values[name] for name in model.config.par_names])
    ours = likelihood.expected(
        experiment.expected("lambda_14", np.sqrt(2) * 3e-10, 1.0),
        [a * pull.sigma for a, pull in zip(deviations, likelihood.pulls, strict=True)],
    )
    np.testing.assert_allclose(rates, ours, rtol=1e-9)


def test_a_file_is_read_back(tmp_path, pyhf):
    document = io.workspace("pandax-4t", "mu_e", 0.05)
    path = io.write_workspace(document, tmp_path / "new" / "workspace.json")
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read == document
    assert pyhf.Workspace(read).channels == ["pandax-4t"]


def bent(experiment):
    free = Pull("any", np.inf, ("signal",))
    return replace(experiment, likelihood=replace(experiment.likelihood, pulls=(*experiment.likelihood.pulls, free)))


@pytest.mark.parametrize(
    ("experiment", "coupling", "mass", "words"),
    [
        (lambda: "cr51-cevns-ge", "mu_e", 0.1, "has Gaussian errors"),
        (lambda: "coherent-csi-2021", "mu_mu", 1.0, "moves with the pull"),
        (lambda: bent(experiments.load("pandax-4t")), "mu_e", 0.1, "is free, and not alone"),
        (lambda: counting(experiments.load("coherent-csi")), Effective("mu", 0.1), 1.0, "interference"),
        (lambda: "pandax-4t", "mu_e", 1e3, "is blind to mu_e at 1000 MeV"),
    ],
)
def test_what_is_no_histfactory_model_is_refused(experiment, coupling, mass, words):
    with pytest.raises(ValueError, match=words) as error:
        io.workspace(experiment(), coupling, mass)
    assert "\n" not in str(error.value)


def test_a_likelihood_with_errors_is_named():
    csi = experiments.load("coherent-csi")
    assert isinstance(csi.likelihood, Gaussian)
    assert "Gaussian" in io.is_histfactory(csi)
    assert not io.is_histfactory(counting(csi))
