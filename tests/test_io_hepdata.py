"""Records for HEPData: valid without a network, read back as they were, and honest about what is no data."""

from __future__ import annotations

import json
import socket
import warnings

import numpy as np
import pytest
import witness_models as reader
import yaml

from companion import collection, data, experiments, io, results


@pytest.fixture(scope="module")
def xenon():
    return experiments.load("xenon1t")


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Everything for a data set, a projection and the surrogate."""
    folder = tmp_path_factory.mktemp("collection") / "out"
    return folder, collection.everything(folder, ["cr51-cevns-ge", "texono"])


@pytest.fixture
def validate(monkeypatch):
    """The messages of HEPData's own validator, with the schemas that it brings along and no way out."""

    def refuse(*arguments, **keywords):
        raise OSError("no network in a test")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    def messages(folder):
        # the validator leaves files open and resolves references in a way that its library will give up
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from hepdata_validator.full_submission_validator import FullSubmissionValidator

            validator = FullSubmissionValidator(schema_version="1.1.1", autoload_remote_schemas=False)
            valid = validator.validate(directory=str(folder))
        found = [message.message for of_file in validator.get_messages().values() for message in of_file]
        assert valid == (not found)
        return found

    return messages


def tables(xenon):
    return {
        "spectrum": results.spectrum(xenon, "mu_mu", 6e-11, 0.01).table,
        "limit": results.limit(xenon, "mu_mu", [0.01, 1.0, 5.0]).table,
        "interval": results.interval(xenon, "mu_mu", [0.01, 0.1, 1.0]).table,
        "contour": results.region(xenon, "mu_mu", [0.01, 0.03, 0.1, 1.0]).table,
    }


def test_yaml_is_read_back_as_it_was(xenon):
    for table in tables(xenon).values():
        record = io.record(table)
        assert yaml.safe_load(io.yaml(record)) == record
        assert yaml.safe_load(io.render(table, "yaml")) == record


@pytest.mark.parametrize(
    "value",
    [1e-9, 1e16, 1e22, -2.5e-300, 0.0, 3, "1e-9", "- a: 'b' # {c}", "ν ≤ 2 \\ \"q\"", "", [], {}, "no",
     [[1.0, "x"], {"k": [2]}],
     {"long": ["word " * 30, {"deep": ["word " * 30]}], "empty": []}],
)  # fmt: skip
def test_every_value_is_read_back(value):
    found = yaml.safe_load(io.yaml(value))
    assert found == value
    assert type(found) is type(value)


def test_a_record_has_bins_errors_units_and_qualifiers(xenon):
    table = tables(xenon)["spectrum"]
    record = io.record(table)
    (energy,) = record["independent_variables"]
    assert energy["header"] == {"name": "energy", "units": "keV"}
    assert energy["values"][0] == {"low": 1.0, "high": 2.0}
    seen = record["dependent_variables"][0]
    assert seen["header"] == {"name": "observed", "units": "events"}
    for entry, value, error in zip(seen["values"], xenon.observed, xenon.likelihood.sigma, strict=True):
        assert entry["value"] == pytest.approx(value, rel=1e-9)
        assert entry["errors"] == [{"symerror": pytest.approx(error, rel=1e-9)}]
    assert {"name": "signal", "value": "mu_mu = 6e-11 mu_B, m_4 = 0.01 MeV"} in seen["qualifiers"]


def test_infinite_and_missing_numbers_are_texts(xenon):
    made = tables(xenon)
    (limit,) = io.record(made["limit"])["dependent_variables"]
    assert limit["values"][2] == {"value": "inf"}
    low, _ = io.record(made["contour"])["dependent_variables"]
    assert {"value": "-"} in low["values"] or not np.isnan(made["contour"]["low"]).any()
    qualifiers = {entry["name"]: entry["value"] for entry in limit["qualifiers"]}
    assert qualifiers["coupling"] == "mu_mu"
    assert qualifiers["confidence"] == "90 % C.L., 1 degree of freedom"


def test_a_submission_is_valid_and_a_broken_one_is_not(xenon, validate, tmp_path):
    records = [(table, {"observables": ["CLS"]}) for table in tables(xenon).values()]
    path = io.submission(tmp_path, records)
    assert validate(tmp_path) == []
    (tmp_path / "stray.yaml").write_text("{}")
    assert any("not referenced" in message for message in validate(tmp_path))
    (tmp_path / "stray.yaml").unlink()
    path.write_text(path.read_text().replace("observables", "observable"))
    assert validate(tmp_path)


def test_names_that_hepdata_refuses_are_refused_before(xenon, tmp_path):
    table = results.limit(xenon, "mu_mu", [0.01]).table
    with pytest.raises(ValueError, match="two tables are called 'xenon1t-mu_mu-limit'"):
        io.submission(tmp_path, [(table, {}), (table, {})])
    long = results.table(65 * "x", "title", {"x": ([1], "1")})
    with pytest.raises(ValueError, match="names of 64 characters"):
        io.submission(tmp_path, [(long, {})])


def test_everything_is_valid_and_listed(collection, validate):
    folder, index = collection
    assert validate(folder / "hepdata") == []
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {*index["file"], "index.csv"}
    assert list(data.read(folder / "index.csv")["file"]) == list(index["file"])
    couplings = {"mu_e", "lambda_14", "lambda_24", "lambda_34"}
    assert {path.stem for path in (folder / "models").iterdir()} == {
        f"{name}-{coupling}" for name in ("cr51-cevns-ge", "texono") for coupling in couplings
    }


def test_the_files_of_everything_agree(collection):
    """One limit three times: CSV, HEPData, and read back from the model."""
    folder, _ = collection
    curve = data.read(folder / "csv" / "cr51-cevns-ge-mu_e-limit.csv")
    record = yaml.safe_load((folder / "hepdata" / "cr51-cevns-ge-mu_e-limit.yaml").read_text())
    (limit,) = record["dependent_variables"]
    np.testing.assert_array_equal([entry["value"] for entry in limit["values"]], curve["limit"])
    model = json.loads((folder / "models" / "cr51-cevns-ge-mu_e.json").read_text())
    assert model["m_4"][0] == curve["m_4"][0]
    assert reader.limit(model, 0) == pytest.approx(curve["limit"][0], rel=1e-6)


def test_every_record_of_a_surrogate_or_projection_says_so(collection):
    folder, _ = collection
    documents = [document for document in yaml.safe_load_all((folder / "hepdata" / "submission.yaml").read_text())][1:]
    assert len(documents) == 10
    for document in documents:
        word = "SURROGATE" if document["name"].startswith("texono") else "PROJECTION"
        assert word in document["description"].split(".")[0]
        record = yaml.safe_load((folder / "hepdata" / document["data_file"]).read_text())
        for variable in record["dependent_variables"]:
            assert variable["header"]["name"] != "observed"
            status = {entry["name"]: entry["value"] for entry in variable["qualifiers"]}["status"]
            assert word in status
        header = data.read(folder / "csv" / f"{document['name']}.csv")
        assert word in header.notes["note"]
        assert "source: " in document["description"]
        assert "status: derived: computed by companion" in document["description"]


def test_spectra_carry_the_benchmarks_of_the_paper(collection):
    folder, _ = collection
    spectrum = data.read(folder / "csv" / "texono-spectrum.csv")
    assert spectrum.notes["benchmark"] == "Fig. 1, top right, of arXiv:2109.09545"
    texono = experiments.load("texono")
    np.testing.assert_allclose(spectrum["dipole"], 1e-20 * texono.dipole("e", 0.01), rtol=1e-9)
    assert set(data.table("paper/benchmarks")["experiment"]) <= set(experiments.names())


def test_an_export_does_not_mix_with_another(tmp_path):
    (tmp_path / "old.csv").write_text("")
    with pytest.raises(ValueError, match="needs a new or an empty folder"):
        collection.everything(tmp_path, ["texono"])


def test_jobs_leave_out_what_an_experiment_is_blind_to():
    assert [str(job) for job in collection.jobs(["coherent-csi"])] == [
        f"coherent-csi {what}" for what in ("spectrum", "mu_e", "mu_mu", "lambda_14", "lambda_24", "lambda_34")
    ]
