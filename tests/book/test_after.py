"""What is left of regions, and what later detectors saw: tables against their definitions."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib import after
from _lib.after import Survey, backgrounds, flatness, leftovers, survey, surveys

from companion import data, experiments, io, limits, plot, regions, results

LATER = ("xenonnt", "lz-ws2022")


@pytest.fixture(scope="module")
def xenon1t():
    return experiments.load("xenon1t", likelihood="poisson")


@pytest.fixture(scope="module")
def later():
    return {name: experiments.load(name) for name in LATER}


M_4 = np.geomspace(1e-3, 1e-1, 41)
BOX = Survey(
    name="box",
    title="a box",
    coupling="mu_mu",
    region=regions.Region(M_4, np.full(41, 1e-11), np.full(41, 1e-10)),
    limits={"half": np.full(41, 10**-10.5), "slope": np.geomspace(1e-12, 1e-10, 41), "all": np.full(41, 1e-12)},
    provenance=results.Provenance.of(["texono"]),
)
"""A decade of moments over two decades of masses, and three limits."""


def test_what_is_left_of_a_box():
    table = BOX.remains()
    assert list(table["data"]) == ["half", "slope", "all"]
    np.testing.assert_allclose(table["left"], [50, 25, 0], rtol=2e-3, atol=1e-9)
    np.testing.assert_allclose(table["from"], [1, 10, np.nan], rtol=1e-9)
    np.testing.assert_allclose(table["to"], [100, 100, np.nan], rtol=1e-9)
    np.testing.assert_allclose(table["largest"], [10**-10.5, 1e-10, 0])
    assert "| – | – | 0 |" in io.markdown(table)
    rows = leftovers({"a": BOX, "b": BOX})
    assert rows.rows()[0] == {**rows.rows()[1], "region": "a"}
    assert rows["end"][0] == pytest.approx(100)
    np.testing.assert_allclose([rows[name][1] for name in ("half", "slope", "all")], table["left"])
    for made in (table, rows, BOX.table):
        assert "SURROGATE" in made.notes["note"]


def test_surveys_in_both_conventions(xenon1t, later):
    found = surveys({"x": xenon1t}, later, "mu_mu", number=16)
    assert list(found) == ["x, each mass", "x, plane"]
    for one, joint in zip(found.values(), (False, True), strict=True):
        asked = regions.region(xenon1t, "mu_mu", joint=joint, number=16)
        np.testing.assert_array_equal((one.region.low, one.region.high), (asked.low, asked.high))
        for name, other in later.items():
            exact = limits.upper_limit(other, "mu_mu", asked.m_4)
            np.testing.assert_allclose(one.limits[name], exact, rtol=1e-3)
    alone = survey(xenon1t, later, "mu_mu", number=16)
    np.testing.assert_array_equal(alone.region.m_4, found["x, each mass"].region.m_4)
    np.testing.assert_allclose(alone.limits["xenonnt"], found["x, each mass"].limits["xenonnt"], rtol=1e-3)
    assert list(alone.table.columns) == ["m_4", "low", "high", *LATER]


def test_figures_draw_the_numbers_they_are_given(later):
    panels = plot.axes(columns=2)
    after.draw_surveys(panels, [BOX, BOX], {"half": "h", "slope": "s", "all": "a"}, "region")
    np.testing.assert_array_equal(panels[0].lines[1].get_ydata(), BOX.limits["slope"])
    np.testing.assert_array_equal(panels[0].lines[1].get_xdata(), 1e3 * M_4)
    plt.close(panels[0].figure)
    panels = plot.axes(columns=2)
    seen = [results.spectrum(one, "mu_mu", 6e-11, 0.01) for one in later.values()]
    after.detectors(panels, seen, list(later), "signal")
    (background,) = seen[0].backgrounds.values()
    tops = [patch.get_data().values for patch in panels[0].patches]
    np.testing.assert_array_equal(tops[1], background + seen[0].dipole)
    plt.close(panels[0].figure)
    with pytest.raises(ValueError, match="on a background that holds all neutrinos"):
        after.detectors([plot.axes()], [results.spectrum("coherent-csi", "mu_mu", 1e-9, 1.0)], ["x"], "signal")
    plt.close("all")


def test_backgrounds_and_their_pulls(later):
    """With the signal at zero its pull stays, and the other is the minimum of one variable."""
    table = backgrounds(later)
    for row in table.rows():
        setup = later[row["data"]]
        (B,), N = setup.backgrounds.values(), setup.observed
        (sigma,) = (pull.sigma for pull in setup.likelihood.pulls if pull.templates != ("signal",))
        b = np.linspace(-0.05, 0.05, 200001)
        ln = np.where(N > 0, N * np.log(np.maximum(N, 1) / B), 0).sum()
        chi2 = 2 * ((1 + b) * B.sum() - N.sum() + ln - N.sum() * np.log1p(b)) + (b / sigma) ** 2
        assert row["chi2"] == pytest.approx(chi2.min(), abs=1e-5)
        assert row["pull"] == pytest.approx(100 * b[chi2.argmin()], abs=6e-3)
        assert (row["bins"], row["seen"]) == (N.size, N.sum())


def test_a_background_over_a_flat_spectrum():
    """At the reconstructed energy one event per keV becomes the efficiency of the bin, away from the ends."""
    table = flatness(["xenonnt"], first=6, last=9)
    assert list(table["efficiency at"]) == ["true", "reconstructed"]
    curve = data.table("xenon/xenonnt_efficiency")
    experiment = experiments.load("xenonnt")
    (background,) = experiment.backgrounds.values()
    for low in (6, 7, 8):
        k = int(np.flatnonzero(experiment.axes[0].edges == low)[0])
        efficiency = np.interp(np.linspace(low, low + 1, 1001), curve["E"], curve["total"]).mean()
        found = table[f"{low}-{low + 1} keV"]
        assert found[1] == pytest.approx(background[k] / efficiency, rel=2e-3)
        assert found[0] == pytest.approx(found[1], rel=0.01)
