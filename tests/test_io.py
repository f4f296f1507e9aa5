"""Exported tables: units, provenance, and the way back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from companion import data, experiments, export, limits
from companion.experiments import Axis


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


@pytest.fixture(scope="module")
def spectrum(csi):
    return export.spectrum(csi, "mu_mu", 2e-9, 0.01)


def test_spectrum_holds_the_counts_of_the_experiment(csi, spectrum):
    assert list(spectrum.columns) == [
        "photoelectrons_low", "photoelectrons_high", "observed", "error", "prompt_neutrons", "standard_model", "dipole",
    ]  # fmt: skip
    np.testing.assert_array_equal(spectrum["observed"], csi.observed)
    np.testing.assert_allclose(spectrum["dipole"], 4e-18 * csi.dipole("mu", 0.01), rtol=1e-12)
    assert spectrum.units["photoelectrons_low"] == "PE"
    assert spectrum.units["dipole"] == "events"


def test_spectrum_without_signal_has_no_dipole_column(csi):
    assert "dipole" not in export.spectrum(csi).columns


@pytest.mark.parametrize(
    "given", [{"coupling": "mu_mu"}, {"value": 1e-9, "m_4": 1.0}, {"coupling": "mu_mu", "m_4": 1.0}]
)
def test_half_a_signal_is_refused(csi, given):
    with pytest.raises(ValueError, match="all three of coupling, value and m_4"):
        export.spectrum(csi, **given)


def test_written_table_is_read_back(spectrum, tmp_path):
    read = data.read(export.write(spectrum, tmp_path / "new" / "spectrum.csv"))
    assert dict(read.units) == dict(spectrum.units)
    assert read.source == spectrum.source
    assert read.notes["signal"] == "mu_mu = 2e-09 mu_B, m_4 = 0.01 MeV"
    for name in spectrum.columns:
        np.testing.assert_allclose(read[name], spectrum[name], rtol=1e-9)


def test_two_axes_are_flattened(csi):
    axes = (
        Axis("energy", "keV", np.array([0.0, 1.0, 2.0, 4.0])),
        Axis("time", "us", np.array([0.0, 1.0, 2.0, 3.0, 6.0])),
    )
    table = export.spectrum(replace(csi, axes=axes), "mu_mu", 2e-9, 0.01)
    assert list(table.columns)[:5] == ["energy_low", "energy_high", "time_low", "time_high", "observed"]
    np.testing.assert_array_equal(table["energy_high"], np.repeat([1, 2, 4], 4))
    np.testing.assert_array_equal(table["time_low"], np.tile([0, 1, 2, 3], 3))
    assert (table.units["energy_low"], table.units["time_high"]) == ("keV", "us")
    assert [entry["header"]["name"] for entry in export.record(table)["independent_variables"]] == ["energy", "time"]
    with pytest.raises(ValueError, match="has data of 12 bins, but its axes have 3"):
        export.spectrum(replace(csi, axes=axes[:1]))


def test_a_limit_says_where_zero_is_excluded(csi):
    xenon = experiments.load("xenon1t")
    table = export.limit(xenon, "mu_mu", [0.01, 0.1, 1.0])
    assert table.notes["excess"].startswith("zero is excluded at 2 of 3 masses (0.01 to 0.1 MeV)")
    np.testing.assert_array_equal(table["limit"], limits.upper_limit(xenon, "mu_mu", [0.01, 0.1, 1.0]))
    assert "excess" not in export.limit(csi, "mu_mu", [0.01, 0.1]).notes


def test_what_is_no_data_says_so_everywhere():
    texono, argon = experiments.load("texono"), experiments.load("cenns-750")
    for make in (export.spectrum, lambda e: export.limit(e, "mu_e", 1.0), lambda e: export.interval(e, "mu_e", 1.0)):
        assert "SURROGATE" in make(texono).notes["note"]
        assert "PROJECTION" in make(argon).notes["note"]


def test_tables_of_several_experiments_name_what_is_no_data(csi):
    setups = [csi, experiments.load("texono"), experiments.load("cr51-cevns-ge")]
    note = export.summary(setups, "mu_e", [0.0, 0.01]).notes["note"]
    assert "SURROGATE" in note.split("; ")[0]
    assert note.split("; ")[0].endswith("(TEXONO (surrogate))")
    assert "PROJECTION" in note.split("; ")[1]
    assert "COHERENT" not in note
    assert "note" not in export.summary([csi], "mu_e", [0.0]).notes
    assert "PROJECTION" in export.scan(["cr51-cevns-ge"], "mu_e", 0.01, "exposure", [2.0]).notes["note"]


def test_summary_holds_limits_and_edges(csi):
    table = export.summary([csi], "mu_mu", [0.01, 40.0])
    assert list(table.columns) == ["experiment", "dof", "at_0.01_MeV", "at_40_MeV", "edge"]
    for row, dof in enumerate((1, 2)):
        found = [table["at_0.01_MeV"][row], table["at_40_MeV"][row]]
        np.testing.assert_array_equal(found, limits.upper_limit(csi, "mu_mu", [0.01, 40.0], dof=dof))
    np.testing.assert_array_equal(table["edge"], csi.maximum_mass("mu_mu"))


def test_pulls_are_those_of_the_minimum(csi):
    table = export.pulls(csi, "mu_mu", 2e-9, 0.01)
    signal = csi.expected("mu_mu", 2e-9, 0.01)
    best = csi.likelihood.best_pulls(signal)
    assert list(table["pull"]) == list(best)
    np.testing.assert_allclose(table["best"], [100 * float(a) for a in best.values()], atol=0.006)
    np.testing.assert_allclose(table["width"], [12.8, 25])
    assert table.notes["minimum"] == f"chi2 = {float(csi.chi2('mu_mu', 2e-9, 0.01)):.3f} for 12 bins"
    assert export.pulls(csi).notes["title"].endswith("without a moment")


def test_several_tables_are_written_under_their_names(csi, tmp_path):
    export.write_each([export.limit(csi, "mu_mu", 1.0), export.spectrum(csi)], tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "coherent-csi-mu_mu-limit.csv", "coherent-csi-spectrum.csv",
    }  # fmt: skip


def test_a_chosen_phase_is_written_down(csi):
    table = export.limit(replace(csi, delta=0.0), "lambda_14", 0.01)
    assert table.notes["options"] == "Dirac phase delta = 0 rad"


def test_limit_table_is_infinite_where_blind(csi):
    table = export.limit(csi, "mu_mu", [1.0, 60.0], dof=2)
    assert np.isfinite(table["limit"][0])
    assert np.isinf(table["limit"][1])
    assert table.notes["confidence"] == "90 % C.L., 2 degrees of freedom"


def test_formats_hold_the_same_numbers(csi):
    table = export.limit(csi, "mu_mu", [1.0, 60.0])
    document = json.loads(export.render(table, "json"))
    rows = list(csv.DictReader(line for line in io.StringIO(export.render(table, "csv")) if not line.startswith("#")))
    text = export.render(table, "table").splitlines()
    assert document["units"] == {"m_4": "MeV", "limit": "mu_B"}
    assert document["columns"]["limit"][0] == pytest.approx(float(rows[0]["limit"]), rel=1e-9, abs=0)
    assert document["columns"]["limit"][1] == "inf" == rows[1]["limit"]
    assert float(text[-2].split()[1]) == pytest.approx(float(rows[0]["limit"]), rel=1e-5, abs=0)


def test_unknown_format_is_refused(spectrum):
    with pytest.raises(ValueError, match="no format 'xml'; there are table, csv, json, yaml"):
        export.render(spectrum, "xml")


def test_numbers_of_a_figure_are_read_back(tmp_path):
    table = export.numbers("curve", "A curve", {"x": [1, 2], "y": [0.1, np.nan]}, {"x": "keV", "y": "1"})
    back = data.read(export.write(table, tmp_path / "curve.csv"))
    np.testing.assert_allclose(back["y"], [0.1, np.nan])
    assert back.units["x"] == "keV"
    with pytest.raises(ValueError, match="there are units for x$"):
        export.numbers("curve", "A curve", {"x": [1], "y": [2]}, {"x": "keV"})
    with pytest.raises(ValueError, match="of one length"):
        export.numbers("curve", "A curve", {"x": [1], "y": [2, 3]}, {"x": "keV", "y": "1"})


def test_choices_keep_their_labels_and_sources(csi):
    rows = limits.choices("coherent-csi", "mu_mu", 0.01)
    table = export.choices(csi, "mu_mu", 0.01, rows)
    assert list(table["choice"]) == [choice.label for choice, _, _ in rows]
    np.testing.assert_array_equal(table["ratio"], [ratio for _, _, ratio in rows])
    assert table.source == "; ".join(dict.fromkeys(csi.sources))
