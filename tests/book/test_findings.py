"""The figures on the abstract: what they show and the factors beside them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib import findings

from companion import data, experiments, limits, plot, published


@pytest.fixture(scope="module")
def shown():
    return findings.curves("mu_e", ("coherent-csi", "cr51-lxe-b"))


@pytest.fixture(scope="module")
def before():
    return findings.earlier("e")


def test_curves_are_limits_up_to_the_edge(shown):
    assert list(shown) == ["COHERENT-CsI", "51Cr-LXe B"]
    for name, limit in zip(("coherent-csi", "cr51-lxe-b"), shown.values(), strict=True):
        np.testing.assert_allclose(limit.value, limits.upper_limit(name, "mu_e", limit.m_4))
        assert limit.m_4[-1] < experiments.load(name).maximum_mass("mu_e")


def test_explored_before_is_the_lowest_measured_curve_of_others(before):
    """By numpy from the tables: two curves, neither of which turns back."""
    drawn = []
    for name in ("borexino_e_schwetz", "xenon1t_nr_e_schwetz"):
        table = data.table(f"limits/curves/{name}")
        moment = table["mu"] if "mu" in table.columns else published.from_d(table["d"])
        assert np.all(np.diff(table["m_4"]) >= 0)
        x, y = np.log(table["m_4"]), np.log(moment)
        drawn.append(np.exp(np.interp(np.log(before.m_4), x, y, left=np.nan, right=np.nan)))
    lowest = np.fmin(*drawn)
    here = np.isfinite(lowest) & np.isfinite(before.value)
    assert here.sum() > 100
    np.testing.assert_allclose(before.value[here], lowest[here], rtol=1e-6)


def test_gains_are_ratios_at_a_mass(shown, before):
    gained = findings.gains(shown, before, 0.1)
    explored = float(np.interp(np.log(0.1), np.log(before.m_4), np.log(before.value)))
    for title, name, margin in (("51Cr-LXe B", "cr51-lxe-b", 2e-3), ("COHERENT-CsI", "coherent-csi", 1e-3)):
        exact = np.exp(explored) / float(limits.upper_limit(name, "mu_e", 0.1))
        assert gained[title] == pytest.approx(exact, rel=margin), "a hundred masses, straight between them"
    assert np.isnan(findings.gains(shown, before, 2.0)["51Cr-LXe B"])


def test_drawn(shown, before):
    ax = findings.draw(plot.axes(), shown, before=before, region="mu_e")
    try:
        assert [line.get_linestyle() for line in ax.lines] == ["-", "--"]
        (legend,) = ax.figure.legends
        assert [text.get_text() for text in legend.get_texts()] == [
            "explored before, by others", "XENON1T excess", *shown,
        ]  # fmt: skip
        assert "nu_e" in ax.get_ylabel()
    finally:
        plt.close(ax.figure)
    table = findings.table("t", shown)
    assert len(table) == sum(len(limit.m_4) for limit in shown.values())
    assert set(table["curve"]) == set(shown)
