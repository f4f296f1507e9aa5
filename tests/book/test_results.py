"""Coverage of a region: against areas that can be written down, and against chi-squares at random points."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import data, experiments, export, figures, limits, published, results

M_4 = np.geomspace(1e-3, 1e-1, 401)


def box(low=1e-11, high=1e-9):
    return results.Region(M_4, np.full(M_4.shape, low), np.full(M_4.shape, high))


@pytest.mark.filterwarnings("error")
def test_without_a_limit_nothing_is_covered():
    found = results.cover(box(), np.inf)
    assert (found.part, found.spans, found.margin) == (pytest.approx(0, abs=1e-12), (), 0)


def test_a_box_cut_by_a_level_line():
    found = results.cover(box(), 1e-10)
    np.testing.assert_allclose(found.part, 0.5, rtol=1e-12)
    assert found.spans == ()
    np.testing.assert_allclose(found.margin, 0.1, rtol=1e-12)


def test_a_box_cut_by_a_power_law():
    """The line runs from corner to corner: half of the area, in two triangles; one decade lower 1/8 is left."""
    rising = 1e-11 * (M_4 / 1e-3)
    np.testing.assert_allclose(results.cover(box(), rising).part, 0.5, rtol=1e-12)
    lower = results.cover(box(), rising / 10)
    np.testing.assert_allclose(lower.part, 1 - 1 / 8, rtol=1e-5)
    np.testing.assert_allclose(lower.spans, [(1e-3, 1e-2)], rtol=1e-9)


def test_blind_covers_nothing_and_a_low_limit_everything():
    blind, low = results.cover(box(), np.inf), results.cover(box(), 1e-12)
    assert (blind.part, blind.spans, blind.margin) == (0, (), 0)
    assert low.part == 1
    np.testing.assert_allclose(low.spans, [(1e-3, 1e-1)])
    np.testing.assert_allclose(low.margin, 10)


def test_only_where_the_region_is():
    asked = box()
    gone = (M_4 > 3e-3) & (M_4 < 3e-2)
    asked.low[gone] = asked.high[gone] = np.nan
    found = results.cover(asked, 1e-12)
    assert found.part == 1
    assert len(found.spans) == 2
    with pytest.raises(ValueError, match="the region is empty"):
        results.cover(results.Region(M_4, np.full(M_4.shape, np.nan), np.full(M_4.shape, np.nan)), 1.0)


@pytest.mark.parametrize("coupling", ["mu_e", "lambda_24"])
def test_germanium_at_random_points(coupling):
    """No root, no area: chi-squares of both experiments at 4000 points in the plane, one at random in each cell."""
    rng = np.random.default_rng(7)
    m_4 = results.LIGHT * 200 ** ((np.arange(40) + rng.uniform(size=40)) / 40)
    mu = 3e-12 * 60 ** ((np.arange(100)[:, np.newaxis] + rng.uniform(size=(100, 40))) / 100)
    sun, source = experiments.load("xenon1t"), experiments.load("cr51-cevns-ge")
    grid = np.geomspace(1e-12, 2e-10, 150)[:, np.newaxis]
    coarse = np.geomspace(results.LIGHT, 0.1, 24)
    minimum = float(sun.chi2(coupling, grid, coarse).min())
    asked = sun.chi2(coupling, mu, m_4) < minimum + 4.605
    excluded = source.chi2(coupling, mu, m_4) > source.chi2(coupling, 0.0, 0.01) + 2.7055
    found = results.part_covered("cr51-cevns-ge", coupling).part
    number = asked.sum()
    assert number > 600
    # three boundaries cross 40 columns of cells; each leaves the count of its column open by about one half
    share = (asked & excluded).sum() / number
    assert abs(share - found) < 4 * 0.5 * (3 * 40) ** 0.5 / number


def test_xenon_at_the_lower_edge_of_the_region():
    """The source rejects every moment on the lower edge, with its own chi-square."""
    asked = results.region("mu_e").between(0, results.HEAVY)
    inside = np.flatnonzero(np.isfinite(asked.low))[::12]
    source = experiments.load("cr51-lxe-b")
    for k in inside:
        rise = source.chi2("mu_e", asked.low[k], asked.m_4[k]) - source.chi2("mu_e", 0.0, asked.m_4[k])
        assert rise > 2.7055
    assert results.part_covered("cr51-lxe-b", "mu_e").margin > 1


def test_no_muon_neutrinos_no_coverage():
    assert results.part_covered("cr51-cevns-ge", "mu_mu").part == 0


def test_one_flavour_beams_scale_with_the_weight_of_their_flavour():
    """Eq. (9) by hand, from the printed best fit."""
    source = experiments.load("cr51-cevns-ge")
    s12, s13 = 0.318, 0.022
    weights = {"lambda_14": (1 - s12) * (1 - s13), "lambda_24": s12 * (1 - s13), "lambda_34": s13}
    bare = limits.upper_limit(source, "mu_e", 0.01)
    for coupling, weight in weights.items():
        np.testing.assert_allclose(limits.upper_limit(source, coupling, 0.01), bare / weight**0.5, rtol=2e-3)


def test_reach_leaves_out_what_a_beam_does_not_have():
    table = results.reach(["texono"], ["mu_e", "mu_mu"])
    assert list(table["coupling"]) == ["mu_e"]
    double = limits.upper_limit(experiments.load("texono"), "mu_e", table["double"][0])
    np.testing.assert_allclose(double, 2 * table["limit"][0], rtol=1e-4)


@pytest.fixture(scope="module")
def layers():
    return results.overview("mu_mu")


def test_overview_knows_what_is_current(layers):
    kinds = {t.notes["label"]: t.notes["kind"] for t in layers.limits}
    assert kinds == {
        "COHERENT-CsI": "current", "COHERENT-LAr": "current", "CENNS-750": "projection", "XENON1T": "current",
    }  # fmt: skip
    assert layers.bands == ()  # chromium makes no muon neutrinos


def test_excluded_is_the_lowest_current_limit(layers):
    """Borexino's plateau or XENON1T below it, CsI, MiniBooNE: each from its own source, at a mass of its own."""
    sun, csi = (
        limits.upper_limit(experiments.load(n), "mu_mu", m) for n, m in (("xenon1t", 0.01), ("coherent-csi", 10))
    )
    found = published.level(layers.excluded, [0.01, 10.0, 158.0])
    # the curves are straight between points a few per cent apart
    np.testing.assert_allclose(found, [float(sun), float(csi), 1.288e-9], rtol=5e-3)


def test_overview_draws_every_layer(layers):
    axes = figures.axes()
    figures.overview(axes, layers.limits, layers.bands, layers.regions, layers.published, excluded=layers.excluded)
    by_style = {line.get_linestyle() for line in axes.lines}
    assert by_style == {"-", "--"}
    texts = [text.get_text() for text in axes.texts]
    assert {"COHERENT-CsI", "CENNS-750", "XENON1T excess", "Borexino", "DUNE ND", "SHiP"} <= set(texts)
    assert len(texts) == len(set(texts))
    drawn = [line for line in axes.lines if len(line.get_xdata()) == len(layers.limits[0])]
    assert any(np.array_equal(line.get_ydata(), layers.limits[0]["limit"]) for line in drawn)
    before = len(axes.lines)
    figures.later(axes, [export.limit(experiments.load("coherent-csi"), "mu_mu", M_4)])
    assert len(axes.lines) == before + 1
    plt.close(axes.figure)


def test_stars_are_drawn_on_request_only(layers):
    axes = figures.axes()
    figures.overview(axes, layers.limits, astrophysics=published.curves("mu", astrophysics=True))
    assert sum(line.get_linestyle() == ":" for line in axes.lines) == 3
    plt.close(axes.figure)


def test_overviews_have_a_panel_each():
    layers = {c: results.overview(c) for c in ("mu_mu", "lambda_34")}
    panels = figures.axes(columns=2)
    younger = {"mu_mu": results.later("mu_mu")}
    assert figures.overviews(panels, layers, {"mu_mu": "a", "lambda_34": "b"}, younger, size=8) is panels
    first, second = panels
    assert [ax.get_ylabel().split()[0] for ax in panels] == ["a", "b"]
    assert [text.get_text() for text in first.get_legend().get_texts()] == [t.notes["label"] for t in younger["mu_mu"]]
    assert second.get_legend() is None
    drawn = [tuple(line.get_ydata()) for line in second.lines]
    assert all(tuple(table["limit"]) in drawn for table in layers["lambda_34"].limits)
    plt.close(first.figure)


def test_readings_are_those_of_the_coverage():
    name, coupling = "cr51-cevns-ge", "mu_e"
    table = results.readings([name], [coupling])
    assert list(zip(table["counted"], table["a_1"], strict=True)) == [
        ("plane", "signal"), ("plane", "all"), ("each mass", "signal"), ("each mass", "all"),
    ]  # fmt: skip
    for row in table.rows():
        found = results.coverage([name], [coupling], joint=row["counted"] == "plane", scales=row["a_1"])
        assert row[f"{name} {coupling}"] == found["part"][0]
    assert len(set(table[f"{name} {coupling}"])) > 1


def test_curves_that_are_drawn_twice():
    """From the files: a moment is 2 d/mu_B, and mu_B = e/(2 m_e)."""
    mu_B = (4 * np.pi / 137.036) ** 0.5 / (2 * 0.51099895e-3)  # 1/GeV
    table = results.repeated()
    assert len(table) == sum(len(others) for others in published.REPEATED.values())
    for row in table.rows():
        low = []
        for name in (row["curve"], row["again"]):
            raw = data.table(f"limits/curves/{name}")
            low.append(raw["mu"].min() if "mu" in raw.columns else 2 * raw["d"].min() / mu_B)
        assert row["ratio"] == pytest.approx(low[1] / low[0], rel=1e-6)
    assert len(set(table.source.split("; "))) > 2
