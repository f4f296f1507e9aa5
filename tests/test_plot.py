"""Figures draw the numbers they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import experiments, export, figures
from companion.data import Table


@pytest.fixture
def ax():
    axes = figures.axes()
    yield axes
    plt.close(axes.figure)


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


def test_spectrum_stacks_background_standard_model_and_signal(ax, csi):
    table = export.spectrum(csi, "mu_mu", 2e-9, 0.01)
    assert figures.spectrum(ax, table) is ax
    tops = [patch.get_data().values for patch in ax.patches]
    np.testing.assert_allclose(tops[-1], table["prompt_neutrons"] + table["standard_model"] + table["dipole"])
    np.testing.assert_allclose(tops[-2], table["prompt_neutrons"] + table["standard_model"])
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(points.get_ydata(), csi.observed)
    assert "PE" in ax.get_xlabel()
    assert "events" in ax.get_ylabel()


def test_limits_leave_out_where_the_experiment_is_blind(ax, csi):
    table = export.limit(csi, "mu_mu", [1.0, 20.0, 60.0])
    figures.limits(ax, [table, table], ["now", "later"], future=[False, True])
    first, second = ax.lines
    np.testing.assert_array_equal(first.get_xdata(), [1.0, 20.0])
    np.testing.assert_array_equal(first.get_ydata(), table["limit"][:2])
    assert (first.get_linestyle(), second.get_linestyle()) == ("-", "--")
    assert {text.get_text() for text in ax.texts} == {"now", "later"}
    assert len(ax.collections) == 1  # one shaded region


def test_choices_show_the_change_in_percent(ax):
    figures.choices(ax, ["up", "down"], [1.1, 0.5])
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [10, -50])


def test_the_reader_keeps_their_own_style(ax):
    before = dict(plt.rcParams)
    figures.curves(ax, [0, 1], [[0, 1]], ["line"], xlabel="x")
    assert dict(plt.rcParams) == before


def test_a_projection_gets_a_band_and_no_points(ax):
    table = export.spectrum(experiments.load("cr51-cevns-ge"))
    figures.spectrum(ax, table)
    assert "projected" in table.columns
    assert not ax.containers
    (band,) = [patch for patch in ax.patches if patch.get_label() == "expected error"]
    np.testing.assert_allclose(band.get_data().values - band.get_data().baseline, 2 * table["error"])


def test_spectra_draw_every_table_twice(ax):
    tables = [export.spectrum(experiments.load(f"cr51-lxe-{c}"), "mu_e", 2e-11, 0.01) for c in "ab"]
    assert figures.spectra(ax, tables, ["A", "B"]) is ax
    tops = [patch.get_data().values for patch in ax.patches]
    for k, table in enumerate(tables):
        np.testing.assert_array_equal(tops[2 * k], table["standard_model"])
        np.testing.assert_array_equal(tops[2 * k + 1], table["standard_model"] + table["dipole"])
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["A", "B", "with dipole portal"]


def test_scans_have_a_panel_each_and_one_legend():
    tables = [
        export.scan(["cr51-cevns-si", "cr51-lxe-a"], "mu_e", 0.01, "exposure", [1.0, 10.0]),
        export.scan(["cr51-lxe-a"], "mu_e", 0.01, "threshold", [1.0, 2.0], "keV"),
    ]
    panels = figures.axes(columns=3, rows=1)
    figures.scans(panels, tables, {"cr51-cevns-si": "Si", "cr51-lxe-a": "Xe"})
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), tables[0]["cr51-cevns-si"])
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), tables[1]["cr51-lxe-a"])
    assert panels[1].get_xlabel() == "threshold [keV]"
    # an experiment looks the same in every panel
    assert panels[0].lines[1].get_color() == panels[1].lines[0].get_color()
    assert [text.get_text() for text in panels[2].get_legend().get_texts()] == ["Si", "Xe"]
    plt.close(panels[0].figure)


def test_a_band_fills_between_two_limits(ax, csi):
    low, high = (export.limit(csi, "mu_mu", [1.0, 20.0, 60.0], dof=dof) for dof in (1, 2))
    figures.band(ax, low, high, "between")
    (region,) = ax.collections
    corners = region.get_paths()[0].vertices
    assert set(low["limit"][:2]) | set(high["limit"][:2]) <= set(corners[:, 1])
    assert corners[:, 0].max() == 20.0  # beyond that the experiment is blind
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["between"]


def test_marks_stand_where_they_are_told(ax):
    figures.marks(ax, [([1, 2], [3, 4]), ([5], [6])], ["twice", "ten times"])
    first, second = ax.lines
    np.testing.assert_array_equal(first.get_xydata(), [[1, 3], [2, 4]])
    np.testing.assert_array_equal(second.get_xydata(), [[5, 6]])
    assert first.get_marker() != second.get_marker()


def test_masses_can_be_drawn_on_a_linear_axis(ax, csi):
    figures.limits(ax, [export.limit(csi, "mu_mu", [1.0, 20.0])], ["limit"], xscale="linear")
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")


def test_plane_is_blank_where_there_is_nothing_and_every_level_has_room(ax):
    x, y = np.arange(4.0), np.arange(3.0)
    z = np.array([[1.0, 2, 3, np.nan], [2, 3, 4, np.nan], [3, 4, 200, np.nan]])
    assert figures.plane(ax, x, y, z, [0, 2, 10, 1000], "height", xlabel="x") is ax
    filled = ax.collections[0]
    np.testing.assert_array_equal(filled.levels, [0, 2, 10, 1000])
    assert max(path.vertices[:, 0].max() for path in filled.get_paths() if len(path.vertices)) <= 2
    colours = [tuple(colour) for colour in filled.get_facecolor()]
    assert len(set(colours)) == 3
    assert ax.get_xlabel() == "x"
    assert "height" in [other.get_ylabel() for other in ax.figure.axes]


def test_limit_bands_and_their_breakdown():
    low = np.array([1.0, 2.0])
    band = export.numbers(
        "band", "made up",
        {"m_4": [0.1, 1.0], "limit": low, "sigma_low": 0.9 * low, "sigma_high": 1.2 * low,
         "choice_low": 0.8 * low, "choice_high": 1.1 * low},
        dict.fromkeys(("m_4", "limit", "sigma_low", "sigma_high", "choice_low", "choice_high"), "1"),
    )  # fmt: skip
    panels = figures.axes(columns=2)
    figures.limit_bands(panels, [band, band], ["now", "later"], [False, True])
    assert [panel.lines[0].get_linestyle() for panel in panels] == ["-", "--"]
    np.testing.assert_array_equal(panels[0].lines[0].get_ydata(), low)
    heights = [collection.get_paths()[0].vertices[:, 1] for collection in panels[0].collections]
    assert [(h.min(), h.max()) for h in heights] == [(0.8, 2.2), (0.9, 2.4)]
    plt.close(panels[0].figure)

    columns = {"source": ["a", "b"], "kind": ["sigma", "choice"], "down": [0.9, 0.5], "up": [1.2, 1.0]}
    table = export.numbers("parts", "made up", columns, {"source": "-", "kind": "-", "down": "1", "up": "1"})
    panels = figures.axes(rows=2)
    figures.breakdown(panels, [table, table], ["one", "two"], {"sigma": "s", "choice": "c", "pull": "p"})
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in panels[0].patches]
    np.testing.assert_allclose(bars, [(-10, 20), (-50, 0)])
    assert panels[0].get_xlim()[0] < -50
    plt.close(panels[0].figure)


def test_verdicts_stack_the_rows_of_each_section(ax):
    numbers = {
        "reproduced": [5.0, 1.0],
        "reproduced with a correction": [2.0, 0.0],
        "differs": [0.0, 1.0],
        "definition": [0.0, 0.0],
        "not digitised": [0.0, 0.0],
        "open": [3.0, 0.0],
    }
    columns = {"section": np.array(["2.1", "Abstract"]), "about": np.array(["Moments", "Abstract"])}
    columns |= {name: np.array(values) for name, values in numbers.items()}
    table = Table("t", columns, dict.fromkeys(columns, "-"), "a test", "derived", {})
    assert figures.verdicts(ax, table) is ax
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    np.testing.assert_array_equal(ends[-2:], [10, 2])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2.1  Moments", "Abstract"]
    # a single row is too narrow for its number
    assert sorted(text.get_text() for text in ax.texts) == ["2", "3", "5"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(numbers)


def test_ratios_show_numbers_and_targets(ax):
    figures.ratios(ax, ["one", "two"], [2000.0, 30.0], [1000, 50], "ratio")
    assert [bar.get_width() for bar in ax.patches] == [2000, 30]
    (lines,) = ax.collections
    assert [segment[0][0] for segment in lines.get_segments()] == [1000, 50]
    assert [text.get_text() for text in ax.texts] == ["2,000", "30"]
    assert ax.get_xscale() == "log"
