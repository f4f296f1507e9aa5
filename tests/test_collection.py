"""Everything that can be exported at once: valid, listed, and honest about what is no data."""

from __future__ import annotations

import json

import numpy as np
import pytest
import witness_models as reader
import yaml

from companion import collection, data, experiments, toys


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Everything for a data set, a projection and the surrogate."""
    folder = tmp_path_factory.mktemp("exported") / "out"
    return folder, collection.everything(folder, ["cr51-cevns-ge", "texono"])


def test_everything_is_valid_and_listed(exported, validate):
    folder, index = exported
    assert validate(folder / "hepdata") == []
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {*index["file"], "index.csv"}
    assert list(data.read(folder / "index.csv")["file"]) == list(index["file"])
    couplings = {"mu_e", "lambda_14", "lambda_24", "lambda_34"}
    assert {path.stem for path in (folder / "models").iterdir()} == {
        f"{name}-{coupling}" for name in ("cr51-cevns-ge", "texono") for coupling in couplings
    }


def test_the_files_of_everything_agree(exported):
    """One limit three times: CSV, HEPData, and read back from the model."""
    folder, _ = exported
    curve = data.read(folder / "csv" / "cr51-cevns-ge-mu_e-limit.csv")
    record = yaml.safe_load((folder / "hepdata" / "cr51-cevns-ge-mu_e-limit.yaml").read_text())
    (limit,) = record["dependent_variables"]
    np.testing.assert_array_equal([entry["value"] for entry in limit["values"]], curve["limit"])
    model = json.loads((folder / "models" / "cr51-cevns-ge-mu_e.json").read_text())
    assert model["m_4"][0] == curve["m_4"][0]
    assert reader.limit(model, 0) == pytest.approx(curve["limit"][0], rel=1e-6)


def test_every_record_of_a_surrogate_or_projection_says_so(exported):
    folder, _ = exported
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


def test_spectra_carry_the_benchmarks_of_the_paper(exported):
    folder, _ = exported
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


@pytest.mark.slow(reason="exports limits of an experiment, with figures")
def test_a_limit_from_data_has_its_expected_band_and_a_figure(tmp_path, validate, monkeypatch):
    """The band is that of the limits of pseudo-data; a projection needs none, since its limit is the median."""
    # a flavour and a moment: the time goes into figures
    monkeypatch.setattr(collection, "EXPORTED", ("mu_mu", "lambda_14"))
    folder = tmp_path / "out"
    collection.everything(folder, ["xenonnt"])
    assert validate(folder / "hepdata") == []
    curve = data.read(folder / "csv" / "xenonnt-mu_mu-limit.csv")
    ends = ("2sigma_low", "1sigma_low", "1sigma_high", "2sigma_high")
    low2, low1, high1, high2 = (curve[f"expected_{name}"] for name in ends)
    seen = np.isfinite(curve["limit"])
    assert np.all((low2 < low1)[seen] & (low1 < curve["expected"])[seen] & (high1 < high2)[seen])
    thrown = toys.Toys(experiments.load("xenonnt"), "mu_mu", float(curve["m_4"][0]), number=2000, seed=3).run().high
    # with the few events of each bin the expectation as data is good to some per cent
    assert np.quantile(thrown, [0.16, 0.5, 0.84]) == pytest.approx([low1[0], curve["expected"][0], high1[0]], rel=0.1)
    submission = list(yaml.safe_load_all((folder / "hepdata" / "submission.yaml").read_text()))
    for document in submission[1:]:
        figure, thumbnail = document["additional_resources"]
        assert thumbnail["location"] == f"thumb_{figure['location']}"
        sizes = [len((folder / "hepdata" / one["location"]).read_bytes()) for one in (figure, thumbnail)]
        assert sizes[0] > sizes[1] > 1000


def test_a_projection_has_no_band(exported):
    folder, _ = exported
    assert list(data.read(folder / "csv" / "cr51-cevns-ge-mu_e-limit.csv").columns) == ["m_4", "limit"]
