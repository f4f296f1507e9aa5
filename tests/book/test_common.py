"""What several chapters show, and the small pieces of single ones."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib.benchmarks import growing, growth, ratios
from _lib.common import (
    changes,
    choices_markdown,
    holds,
    interval_choices_markdown,
    intervals,
    percent,
    picked,
    power,
    summary,
    summary_markdown,
)  # fmt: skip
from _lib.ledger import verdicts
from _lib.uncertainties import breakdown, breakdown_table, limit_bands, markdown
from _lib.uncertainties import summary as band_summary
from _lib.your_own import compared

from companion import data, experiments, limits, plot, results, systematics
from companion.data import Table

LATER = ("xenonnt", "lz-ws2022")


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


@pytest.fixture(scope="module")
def xenon1t():
    return experiments.load("xenon1t", likelihood="poisson")


@pytest.fixture(scope="module")
def later():
    return {name: experiments.load(name) for name in LATER}


@pytest.fixture
def ax():
    axes = plot.axes()
    yield axes
    plt.close(axes.figure)


def test_summary_holds_limits_and_edges(csi):
    table = summary([csi], "mu_mu", [0.01, 40.0])
    assert list(table.columns) == ["experiment", "dof", "at_0.01_MeV", "at_40_MeV", "edge"]
    for row, dof in enumerate((1, 2)):
        found = [table["at_0.01_MeV"][row], table["at_40_MeV"][row]]
        np.testing.assert_array_equal(found, limits.upper_limit(csi, "mu_mu", [0.01, 40.0], dof=dof))
    np.testing.assert_array_equal(table["edge"], csi.maximum_mass("mu_mu"))
    heads, _, first, _ = summary_markdown(summary([csi], "mu_mu", [0.0, 40.0, 60.0])).splitlines()
    assert heads == r"| limit [$\mu_B$] | d.o.f. | massless | 40 MeV | 60 MeV | edge |"
    assert first.endswith(f"| {float(limits.upper_limit(csi, 'mu_mu', 40.0)):.2e} | no limit | 52.8 MeV |")


def test_intervals_are_where_the_chi_square_says(xenon1t, later):
    table = intervals({"one": xenon1t, **later}, ["mu_mu", "lambda_14"], [0.01, 0.1])
    assert list(table["data"]) == [name for name in ("one", *LATER) for _ in range(4)]
    assert list(table["coupling"][:4]) == ["mu_mu", "mu_mu", "lambda_14", "lambda_14"]
    for row in table.rows():
        setup = {"one": xenon1t, **later}[row["data"]]
        low, best, high, zero = (
            float(setup.chi2(row["coupling"], value, row["m_4"])) for value in (row["low"], row["best"], row["high"], 0)
        )
        assert high - best == pytest.approx(2.7055, abs=1e-3)
        assert low == pytest.approx(high if row["low"] else zero, abs=1e-6)
        assert zero - best == pytest.approx(row["gain"], abs=1e-6)
    assert (table["gain"][:4] > 2.7).all()
    assert (table["low"][:4] > 0).all()


def test_compared_to_the_first():
    setups = {"paper": experiments.load("coherent-lar"), "more": experiments.load("coherent-lar", neutrinos_factor=1.1)}
    table = compared(setups, "mu_mu", [0.01, 30.0])
    np.testing.assert_array_equal(table["ratio"][:2], 1)
    assert table["events"][2] == pytest.approx(1.1 * table["events"][0])
    np.testing.assert_array_equal(table["limit"][2:], limits.upper_limit(setups["more"], "mu_mu", [0.01, 30.0]))
    for k in range(2):
        assert table["ratio"][2 + k] == pytest.approx(table["limit"][2 + k] / table["limit"][k])


def test_rows_are_picked_by_name():
    bench = data.table("benchmarks")
    names = ["100 masses, grid", "pp dipole, quad"]
    few = picked(bench, "benchmark", names, ["value"])
    assert (list(few.columns), list(few.units)) == (["benchmark", "value"],) * 2
    by_name = {row["benchmark"]: row for row in bench.rows()}
    assert [row["value"] for row in few.rows()] == [by_name[name]["value"] for name in names]
    assert list(picked(bench, "benchmark", names).columns) == list(bench.columns)
    with pytest.raises(ValueError, match="'benchmarks' has not one row for nothing$"):
        picked(bench, "benchmark", ["pp dipole, quad", "nothing"])


def test_growth_is_read_from_the_rows_of_the_benchmarks():
    bench = data.table("benchmarks")
    rows = {row["benchmark"]: row["value"] for row in bench.rows()}
    lines = growing(bench).splitlines()
    assert len(lines) == 2 + 6
    (masses,) = (line for line in lines if line.startswith("| masses "))
    assert masses.endswith(f"| {rows['growth, masses, exponent']:.2f} |")
    ax = growth(plot.axes(), bench)
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert drawn["toys"][-1] == pytest.approx(rows["growth, toys, 4000"] / rows["growth, toys, 500"])
    plt.close("all")


def test_tables_of_choices():
    made = results.choices("cr51-lxe-a", "mu_e", 0.01)
    lines = choices_markdown(made).splitlines()
    assert len(lines) == 2 + len(made.alternatives)
    assert lines[2] == f"| default | {made.alternatives[0].limit:.3e} | 0.0 % |"
    rows = systematics.interval_choices("xenon1t", "mu_mu", 0.01)
    lines = interval_choices_markdown(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert lines[2].startswith(f"| default | {rows[0].allowed.low:.2e} |")


def test_ratios_show_numbers_and_targets(ax):
    ratios(ax, ["one", "two"], [2000.0, 30.0], [1000, 50], "ratio")
    assert [bar.get_width() for bar in ax.patches] == [2000, 30]
    (lines,) = ax.collections
    assert [segment[0][0] for segment in lines.get_segments()] == [1000, 50]
    assert [text.get_text() for text in ax.texts] == ["2,000", "30"]
    assert ax.get_xscale() == "log"


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
    assert verdicts(ax, table) is ax
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    np.testing.assert_array_equal(ends[-2:], [10, 2])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2.1  Moments", "Abstract"]
    # a single row is too narrow for its number
    assert sorted(text.get_text() for text in ax.texts) == ["2", "3", "5"]
    assert {text.get_fontsize() for text in ax.texts} == {plot.STYLE["font.size"]}, "readable on a phone"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(numbers)


def test_bands_are_drawn_around_their_limits():
    made = results.band("cr51-lxe-a", "mu_e", [0.01, 0.1])
    panels = plot.axes(columns=2)
    limit_bands(panels, [made, made], ["one", "two"])
    assert panels[0].lines[0].get_linestyle() == "--"  # a projection
    np.testing.assert_array_equal(panels[0].lines[0].get_ydata(), made.value)
    heights = [collection.get_paths()[0].vertices[:, 1] for collection in panels[0].collections]
    for height, kind in zip(heights, ("choice", "sigma"), strict=True):
        low, high = made.bands[kind]
        assert (height.min(), height.max()) == (low.min(), high.max())
    plt.close(panels[0].figure)


def test_the_breakdown_of_a_limit():
    columns = {"source": ["a", "b"], "kind": ["sigma", "choice"], "down": [0.9, 0.5], "up": [1.2, 1.0]}
    table = results.table("parts", "made up", columns, {"source": "-", "kind": "-", "down": "1", "up": "1"})
    panels = plot.axes(rows=2)
    breakdown(panels, [table, table], ["one", "two"])
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in panels[0].patches]
    np.testing.assert_allclose(bars, [(-10, 20), (-50, 0)])
    assert panels[0].get_xlim()[0] < -50
    plt.close(panels[0].figure)
    effects = systematics.effects("cr51-lxe-a", "mu_e", 0.01)
    table = breakdown_table("cr51-lxe-a", "mu_e", 0.01)
    assert list(table["source"]) == [effect.source for effect in effects]
    np.testing.assert_array_equal(table["up"], [float(effect.up) for effect in effects])
    lines = markdown(effects).splitlines()
    assert len(lines) == 2 + len(effects) + 2
    assert lines[-2].startswith("| **in quadrature** |")


def test_the_summary_of_bands_names_the_surrogate():
    table = band_summary([("texono", "mu_e"), ("xenon1t", "mu_e")], 0.01)
    assert list(table["experiment"]) == ["texono (SURROGATE)", "xenon1t", "xenon1t"]
    assert list(table["end"]) == ["high", "low", "high"]
    assert table["limit"][0] == limits.upper_limit("texono", "mu_e", 0.01)
    assert (table["sigma_down"] <= 0).all()
    assert (table["sigma_up"] >= 0).all()
    assert "SURROGATE" in table.notes["note"]


def test_numbers_in_a_sentence():
    given = (1.754e-11, -2e3, 9.999, 0.0, np.inf, np.nan)
    assert [power(value) for value in given] == ["1.75·10⁻¹¹", "-2.00·10³", "1.00·10¹", "0.00·10⁰", "∞", "nan"]
    assert power(1.754e-11, 1) == "1.8·10⁻¹¹"


def test_what_is_nothing_has_no_sign():
    changes = (0.0, -0.049, 0.049, 0.051, -12.34)
    assert [percent(change) for change in changes] == ["0.0 %", "0.0 %", "0.0 %", "+0.1 %", "-12.3 %"]


def test_words_that_are_not_true_any_more():
    holds({"two is more than one": True})
    with pytest.raises(ValueError, match="other words: the Sun is cold$"):
        holds({"two is more than one": True, "the Sun is cold": False})


def test_changes_are_those_of_the_table():
    rows = results.choices("texono", "mu_e", 0.01)
    assert len(changes(rows)) == len(rows.alternatives)
    table = choices_markdown(rows)
    assert all(f"| {label} |" in table and f" {percent(change)} |" in table for label, change in changes(rows).items())
