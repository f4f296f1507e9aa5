"""Models as JSON: a reader that knows nothing of the package finds the same limits."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import witness_models as reader

from companion import experiments, io, limits
from companion.couplings import Effective
from companion.experiments import Axis
from companion.statistics import Joint, Poisson

CASES = {
    "coherent-csi": ("mu_mu", [0.01, 20.0, 45.0, 60.0]),  # blind to the last
    "coherent-lar": ("mu_e", [0.01, 52.5]),  # the minimum at the second mass is not at zero
    "cenns-750": ("lambda_34", [1.0]),
    "xenon1t": ("lambda_14", [0.01, 0.3]),
    "texono": ("mu_e", [0.01, 2.0]),
    "cr51-cevns-si": ("mu_e", [0.01]),
    "cr51-cevns-ge": ("mu_e", [0.01, 0.5]),
    "cr51-cevns-al2o3": ("lambda_24", [0.3]),
    "cr51-cevns-cawo4": ("mu_e", [0.01]),
    "cr51-lxe-a": ("mu_e", [0.01]),
    "cr51-lxe-b": ("lambda_14", [0.1]),
    "cr51-lxe-c": ("mu_e", [0.3]),
    "xenonnt": ("mu_mu", [0.0, 0.1]),
    "lz-ws2022": ("lambda_14", [0.01]),
    "lz-ws2024": ("mu_tau", [0.01]),
    "pandax-4t": ("mu_e", [0.05]),
    "borexino-ii": ("mu_all", [0.01]),
    "dresden-ii": ("mu_e", [0.01]),
    "xenonnt-b8": ("lambda_14", [1.0]),  # pulls that bend the signal
}


def through_a_file(document, tmp_path):
    return json.loads(io.write_model(document, tmp_path / "new" / "model.json").read_text(encoding="utf-8"))


def counting(experiment):
    """The same experiment with whole numbers of events and their Poisson likelihood."""
    gaussian = experiment.likelihood
    return replace(experiment, likelihood=Poisson(np.round(gaussian.observed), gaussian.backgrounds, gaussian.pulls))


@pytest.mark.parametrize("name", CASES)
def test_limits_are_read_back(name, tmp_path):
    experiment = experiments.load(name)
    coupling, masses = CASES[name]
    model = through_a_file(io.model(experiment, coupling, masses), tmp_path)
    found = [reader.limit(model, k) for k in range(len(masses))]
    np.testing.assert_allclose(found, limits.upper_limit(experiment, coupling, masses), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "coupling", "mass"), [("coherent-csi", "mu_mu", 10.0), ("cr51-cevns-ge", "mu_e", 0.1)]
)
def test_poisson_limits_are_read_back(name, coupling, mass, tmp_path):
    experiment = counting(experiments.load(name))
    model = through_a_file(io.model(experiment, coupling, [mass]), tmp_path)
    assert model["sigma"] == "poisson"
    np.testing.assert_allclose(reader.limit(model, 0), limits.upper_limit(experiment, coupling, mass), rtol=1e-6)


def test_a_moving_signal_is_read_back(tmp_path):
    """The reader moves the signal by the matrices of the model; a limit is a root of what is compared here."""
    experiment = experiments.load("coherent-csi-2021")
    model = through_a_file(io.model(experiment, "mu_mu", [1.0]), tmp_path)
    assert "moves with the pull" in model["histfactory"]
    limit = float(limits.upper_limit(experiment, "mu_mu", 1.0))
    # far above the limit the reader, not we, lets a bin without events expect less than nothing
    for coupling in (0.0, limit / 2, limit):
        read = reader.chi2(model, model["dipole"][0], coupling**2)
        np.testing.assert_allclose(read, experiment.chi2("mu_mu", coupling, 1.0), rtol=1e-9)


def test_a_model_says_whether_histfactory_holds_it():
    said = {name: io.model(experiments.load(name), "mu_e", [0.01])["histfactory"] for name in ("xenonnt", "texono")}
    assert said["xenonnt"] == "yes"
    assert said["texono"].startswith("TEXONO (surrogate) has Gaussian errors")


def test_two_axes_are_flattened(tmp_path):
    csi = experiments.load("coherent-csi")
    axes = (Axis("photoelectrons", "PE", np.array([6.0, 14.0, 22.0, 30.0])), Axis("time", "us", np.arange(5.0)))
    plane = counting(replace(csi, axes=axes))
    model = through_a_file(io.model(plane, "mu_mu", [0.01]), tmp_path)
    assert [(axis["name"], axis["unit"], len(axis["edges"])) for axis in model["axes"]] == [
        ("photoelectrons", "PE", 4), ("time", "us", 5),
    ]  # fmt: skip
    assert len(model["observed"]) == 12
    np.testing.assert_allclose(reader.limit(model, 0), limits.upper_limit(plane, "mu_mu", 0.01), rtol=1e-6)


def test_a_blind_mass_has_no_dipole():
    model = io.model(experiments.load("coherent-csi"), "mu_mu", [1.0, 60.0])
    assert any(model["dipole"][0])
    assert not any(model["dipole"][1])


def test_a_model_says_what_it_is():
    kinds = {name: io.model(experiments.load(name), CASES[name][0], [0.01]) for name in CASES}
    assert {name for name, model in kinds.items() if model["kind"] == "SURROGATE, not data"} == {"texono"}
    assert "SURROGATE" in kinds["texono"]["note"]
    projections = {name for name, model in kinds.items() if model["kind"] == "projection"}
    assert projections == {name for name in CASES if name.startswith(("cenns", "cr51"))}
    assert all("PROJECTION" in kinds[name]["note"] for name in projections)


def test_shared_pulls_keep_their_names():
    flux = [
        pull["shared"]
        for name in ("coherent-csi", "coherent-lar")
        for pull in io.model(experiments.load(name), "mu_mu", [0.01])["pulls"]
        if pull["templates"] == ["signal"]
    ]
    assert flux[0] == flux[1] == {"name": "stopped-pion flux", "sigma": 0.1}


def test_every_experiment_has_a_model():
    assert set(experiments.names()) - set(CASES) == {"coherent-csi-2021"}, "it has a test of its own"


def test_what_a_model_cannot_hold_is_refused():
    csi = experiments.load("coherent-csi")
    with pytest.raises(ValueError, match="increasing masses"):
        io.model(csi, "mu_mu", [1.0, 1.0])
    with pytest.raises(ValueError, match="COHERENT-CsI has another one"):
        io.model(replace(csi, likelihood=Joint((csi.likelihood,))), "mu_mu", [1.0])
    with pytest.raises(ValueError, match="no interference"):
        io.model(csi, Effective("mu", interference=0.1), [1.0])
    with pytest.raises(ValueError, match="no coupling 'mu_x'"):
        io.model(csi, "mu_x", [1.0])
