"""What the chapter on chromium shows."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib.chromium import interference, scan, scans, spectra

from companion import experiments, limits, plot, results
from companion.couplings import Effective


@pytest.fixture
def ax():
    axes = plot.axes()
    yield axes
    plt.close(axes.figure)


def test_spectra_draw_every_result_twice(ax):
    made = [results.spectrum(f"cr51-lxe-{c}", "mu_e", 2e-11, 0.01) for c in "ab"]
    assert spectra(ax, made, ["A", "B"]) is ax
    tops = [patch.get_data().values for patch in ax.patches]
    for k, one in enumerate(made):
        np.testing.assert_array_equal(tops[2 * k], one.standard_model)
        np.testing.assert_array_equal(tops[2 * k + 1], one.standard_model + one.dipole)
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["A", "B", "with dipole portal"]
    with pytest.raises(ValueError, match="no dipole signal"):
        spectra(ax, [results.spectrum("cr51-lxe-a")], ["A"])


def test_scans_have_a_panel_each_and_one_legend():
    tables = [
        scan(["cr51-cevns-si", "cr51-lxe-a"], "mu_e", 0.01, "exposure_factor", [1.0, 10.0]),
        scan(["cr51-lxe-a"], "mu_e", 0.01, "threshold_keV", [1.0, 2.0]),
    ]
    assert "PROJECTION" in tables[0].notes["note"]
    assert tables[1].units == {"threshold_keV": "keV", "cr51-lxe-a": "1"}
    moved = float(limits.upper_limit(experiments.load("cr51-lxe-a", threshold_keV=2.0), "mu_e", 0.01))
    assert tables[1]["cr51-lxe-a"][1] == pytest.approx(moved / float(limits.upper_limit("cr51-lxe-a", "mu_e", 0.01)))
    panels = plot.axes(columns=3, rows=1)
    scans(panels, tables, ["exposure_factor", "threshold_keV"], {"cr51-cevns-si": "Si", "cr51-lxe-a": "Xe"})
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), tables[0]["cr51-cevns-si"])
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), tables[1]["cr51-lxe-a"])
    assert panels[1].get_xlabel() == "threshold [keV]"
    # an experiment looks the same in every panel
    assert panels[0].lines[1].get_color() == panels[1].lines[0].get_color()
    assert [text.get_text() for text in panels[2].get_legend().get_texts()] == ["Si", "Xe"]
    plt.close(panels[0].figure)


def test_interference_at_the_limit():
    table = interference(["cr51-lxe-a"], "e", [0.1], [0.01, 0.1])
    experiment = experiments.load("cr51-lxe-a")
    for row in table.rows():
        assert row["magnetic"] == pytest.approx(row["limit"] ** 2 * experiment.dipole("e", 0.1).sum())
        linear = row["limit"] * row["sin2"] ** 0.5 * experiment.interference("e", 0.1).sum()
        assert row["interference"] == pytest.approx(linear)
        for sign, column in ((1, "plus"), (-1, "minus")):
            signed = Effective("e", interference=sign * row["sin2"] ** 0.5)
            rise = experiment.chi2(signed, row[column] * row["limit"], 0.1) - experiment.chi2(signed, 0.0, 0.1)
            assert rise == pytest.approx(2.7055, abs=1e-3)
