"""Records for HEPData: valid without a network, read back as they were, and honest about what is no data."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from companion import experiments, io, results


@pytest.fixture(scope="module")
def xenon():
    return experiments.load("xenon1t")


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
    assert energy["header"] == {"name": "reconstructed_energy", "units": "keV"}
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
    long = results.table(65 * "x", "title", {"x": [1]}, {"x": "1"})
    with pytest.raises(ValueError, match="names of 64 characters"):
        io.submission(tmp_path, [(long, {})])


def test_only_what_a_table_begins_with_is_independent():
    """Bands around a limit are no bins, wherever they stand."""
    columns = {"m_4": [1.0, 2.0], "sigma_low": [1.0, 2.0], "sigma_high": [2.0, 3.0]}
    record = io.record(results.table("t", "t", columns, {"m_4": "MeV", "sigma_low": "mu_B", "sigma_high": "mu_B"}))
    (mass,) = record["independent_variables"]
    assert mass == {"header": {"name": "m_4", "units": "MeV"}, "values": [{"value": 1.0}, {"value": 2.0}]}
    assert [entry["header"]["name"] for entry in record["dependent_variables"]] == ["sigma_low", "sigma_high"]


def test_open_bins_and_missing_errors_are_valid(validate, tmp_path):
    columns = {"E_low": [0.0, 1.0, np.nan], "E_high": [1.0, np.inf, 3.0], "n": [1.0, 2.0, np.nan],
               "error": [0.0, np.nan, 1.0]}  # fmt: skip
    table = results.table("t", "t", columns, {"E_low": "keV", "E_high": "keV", "n": "1", "error": "1"})
    record = io.record(table)
    assert record["independent_variables"][0]["values"] == [
        {"low": 0.0, "high": 1.0}, {"value": "1.0 to inf"}, {"value": "- to 3.0"},
    ]  # fmt: skip
    assert [sorted(entry) for entry in record["dependent_variables"][0]["values"]] == [
        ["value"], ["value"], ["errors", "value"],
    ]  # fmt: skip
    io.submission(tmp_path, [(table, {"observables": ["N"]})])
    assert validate(tmp_path) == []


def test_every_kind_of_result_is_valid(validate, tmp_path):
    made = [
        results.limits_on("coherent-csi", ["mu_e", "mu_mu"], [0.01, 60.0]),
        results.band("cr51-lxe-a", "mu_e", [0.01, 0.1]),
        results.choices("cr51-lxe-a", "mu_e", 0.01),
    ]
    io.submission(tmp_path, [(one.table, {"observables": ["CLS"]}) for one in made])
    assert validate(tmp_path) == []
