"""What the chapters on COHERENT show."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib.coherent import band, expectations, marks, pulls, totals

from companion import experiments, limits, plot, results


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


@pytest.fixture
def ax():
    axes = plot.axes()
    yield axes
    plt.close(axes.figure)


def test_pulls_are_those_of_the_minimum(csi):
    table = pulls(csi, "mu_mu", 2e-9, 0.01)
    signal = csi.expected("mu_mu", 2e-9, 0.01)
    best = csi.likelihood.best_pulls(signal)
    assert list(table["pull"]) == list(best)
    np.testing.assert_allclose(table["best"], [100 * float(a) for a in best.values()], atol=0.006)
    np.testing.assert_allclose(table["width"], [12.8, 25])
    assert table.notes["minimum"] == f"chi2 = {float(csi.chi2('mu_mu', 2e-9, 0.01)):.3f} for 12 bins"
    assert pulls(csi).notes["title"].endswith("without a moment")


def test_totals_add_up():
    csi = experiments.load("coherent-csi")
    table = totals(csi, ("nu_mu", "nu_e", "antinu_mu"))
    found = dict(zip(table["what"], table["events"], strict=True))
    assert sum(found[name] for name in ("nu_mu", "nu_e", "antinu_mu")) == pytest.approx(found["Standard Model"])
    assert found["seen"] == csi.observed.sum()
    assert found["prompt neutrons"] == pytest.approx(csi.backgrounds["prompt neutrons"].sum())


def test_what_is_expected_and_what_is_seen():
    """A projection expects what it sees; elsewhere the chi-square of the expectation is zero without a moment."""
    lar = experiments.load("coherent-lar")
    told = lar.standard_model() + sum(lar.backgrounds.values())
    closed = replace(lar, likelihood=replace(lar.likelihood, observed=told))
    assert float(closed.chi2("mu_mu", 0, 0)) == pytest.approx(0, abs=1e-9)
    table = expectations([lar, closed], "mu_mu", [0.01])
    assert float(closed.chi2("mu_mu", table["expected"][0], 0.01)) == pytest.approx(2.7055, abs=1e-3)
    assert table["seen"][0] == limits.upper_limit(lar, "mu_mu", 0.01)
    assert table["expected"][1] == table["seen"][1] == table["expected"][0]


def test_a_band_fills_between_two_limits(ax, csi):
    low, high = (results.limit(csi, "mu_mu", [1.0, 20.0, 60.0], dof=dof) for dof in (1, 2))
    band(ax, low, high, "between")
    (region,) = ax.collections
    corners = region.get_paths()[0].vertices
    assert set(low.value[:2]) | set(high.value[:2]) <= set(corners[:, 1])
    assert corners[:, 0].max() == 20.0  # beyond that the experiment is blind
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["between"]


def test_marks_stand_where_they_are_told(ax):
    marks(ax, [([1, 2], [3, 4]), ([5], [6])], ["twice", "ten times"])
    first, second = ax.lines
    np.testing.assert_array_equal(first.get_xydata(), [[1, 3], [2, 4]])
    np.testing.assert_array_equal(second.get_xydata(), [[5, 6]])
    assert first.get_marker() != second.get_marker()
