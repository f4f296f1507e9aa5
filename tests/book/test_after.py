"""Set-ups side by side and what is left of regions: tables against their definitions."""

from dataclasses import replace

import numpy as np
import pytest

from companion import data, experiments, export, limits, regions

LATER = ("xenonnt", "lz-ws2022")


@pytest.fixture(scope="module")
def xenon1t():
    return experiments.load("xenon1t", likelihood="poisson")


@pytest.fixture(scope="module")
def later():
    return {name: experiments.load(name) for name in LATER}


BOX = export.numbers(
    "box", "a box",
    {"m_4": np.geomspace(1e-3, 1e-1, 41), "low": np.full(41, 1e-11), "high": np.full(41, 1e-10),
     "half": np.full(41, 10**-10.5), "slope": np.geomspace(1e-12, 1e-10, 41), "all": np.full(41, 1e-12)},
    {"m_4": "MeV", **dict.fromkeys(("low", "high", "half", "slope", "all"), "mu_B")},
)  # fmt: skip
"""A decade of moments over two decades of masses, and three limits."""


def test_intervals_are_where_the_chi_square_says(xenon1t, later):
    table = export.intervals({"one": xenon1t, **later}, ["mu_mu", "lambda_14"], [0.01, 0.1])
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
    setups = {"paper": experiments.load("coherent-lar"), "more": experiments.load("coherent-lar", neutrinos=1.1)}
    table = export.compared(setups, "mu_mu", [0.01, 30.0])
    np.testing.assert_array_equal(table["ratio"][:2], 1)
    assert table["events"][2] == pytest.approx(1.1 * table["events"][0])
    for k, mass in enumerate((0.01, 30.0)):
        assert table["limit"][2 + k] == limits.upper_limit(setups["more"], "mu_mu", mass)
        assert table["ratio"][2 + k] == pytest.approx(table["limit"][2 + k] / table["limit"][k])


def test_what_is_expected_and_what_is_seen():
    """A projection expects what it sees; elsewhere the chi-square of the expectation is zero without a moment."""
    lar = experiments.load("coherent-lar")
    told = lar.standard_model() + sum(lar.backgrounds.values())
    closed = replace(lar, likelihood=replace(lar.likelihood, observed=told))
    assert float(closed.chi2("mu_mu", 0, 0)) == pytest.approx(0, abs=1e-9)
    table = export.expectations([lar, closed], "mu_mu", [0.01])
    assert float(closed.chi2("mu_mu", table["expected"][0], 0.01)) == pytest.approx(2.7055, abs=1e-3)
    assert table["seen"][0] == limits.upper_limit(lar, "mu_mu", 0.01)
    assert table["expected"][1] == table["seen"][1] == table["expected"][0]


def test_totals_add_up():
    csi = experiments.load("coherent-csi")
    table = export.totals(csi, ("nu_mu", "nu_e", "antinu_mu"))
    found = dict(zip(table["what"], table["events"], strict=True))
    assert sum(found[name] for name in ("nu_mu", "nu_e", "antinu_mu")) == pytest.approx(found["Standard Model"])
    assert found["seen"] == csi.observed.sum()
    assert found["prompt neutrons"] == pytest.approx(csi.backgrounds["prompt neutrons"].sum())


def test_backgrounds_and_their_pulls(later):
    """With the signal at zero its pull stays, and the other is the minimum of one variable."""
    table = export.backgrounds(later)
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


def test_what_is_left_of_a_box():
    table = export.remains(BOX)
    assert list(table["data"]) == ["half", "slope", "all"]
    np.testing.assert_allclose(table["left"], [50, 25, 0], rtol=2e-3)
    np.testing.assert_allclose(table["from"], [1, 10, np.nan], rtol=1e-9)
    np.testing.assert_allclose(table["to"], [100, 100, np.nan], rtol=1e-9)
    np.testing.assert_allclose(table["largest"], [10**-10.5, 1e-10, 0])
    assert "| all | 0 | – | – | 0 |" in export.markdown(table)
    rows = export.leftovers({"a": BOX, "b": BOX})
    assert rows.rows()[0] == {**rows.rows()[1], "region": "a"}
    assert rows["end"][0] == pytest.approx(100)
    np.testing.assert_allclose([rows[name][1] for name in ("half", "slope", "all")], table["left"])


def test_surveys_in_both_conventions(xenon1t, later):
    found = export.surveys({"x": xenon1t}, later, "mu_mu", number=16)
    assert list(found) == ["x, each mass", "x, plane"]
    for table, joint in zip(found.values(), (False, True), strict=True):
        asked = regions.region(xenon1t, "mu_mu", joint=joint, number=16)
        np.testing.assert_array_equal((table["low"], table["high"]), (asked.low, asked.high))
        for name, other in later.items():
            exact = limits.upper_limit(other, "mu_mu", asked.m_4)
            np.testing.assert_allclose(table[name], exact, rtol=1e-3)
    survey = export.survey(xenon1t, later, "mu_mu", number=16)
    np.testing.assert_array_equal(survey["m_4"], found["x, each mass"]["m_4"])
    np.testing.assert_allclose(survey["xenonnt"], found["x, each mass"]["xenonnt"], rtol=1e-3)


def test_a_background_over_a_flat_spectrum():
    """At the reconstructed energy one event per keV becomes the efficiency of the bin, away from the ends."""
    table = export.flatness(["xenonnt"], first=6, last=9)
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


def test_a_moment_for_all_flavours_of_several(later):
    both = regions.universal(experiments.combine(later.values()))
    parts = [regions.universal(one).chi2("mu_e", 1e-11, 0.05) for one in later.values()]
    assert float(both.chi2("mu_e", 1e-11, 0.05)) == pytest.approx(float(sum(parts)), rel=1e-9)


def test_rows_are_picked_by_name():
    bench = data.table("benchmarks")
    names = ["100 masses, grid", "pp dipole, quad"]
    few = export.picked(bench, "benchmark", names, ["value"])
    assert (list(few.columns), list(few.units)) == (["benchmark", "value"],) * 2
    by_name = {row["benchmark"]: row for row in bench.rows()}
    assert [row["value"] for row in few.rows()] == [by_name[name]["value"] for name in names]
    assert list(export.picked(bench, "benchmark", names).columns) == list(bench.columns)
    with pytest.raises(ValueError, match="'benchmarks' has not one row for nothing$"):
        export.picked(bench, "benchmark", ["pp dipole, quad", "nothing"])
