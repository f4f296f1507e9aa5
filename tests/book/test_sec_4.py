"""Sec. 4 as numbers and figures: against chi-squares at random points, and against files."""

from functools import cache
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib import overview
from _lib.overview import HEAVY, LIGHT, region
from _lib.results import coverage, part_covered, reach, readings, repeated
from matplotlib.text import Text

from companion import data, experiments, limits, plot, published


@pytest.mark.parametrize("coupling", ["mu_e", "lambda_24"])
def test_germanium_at_random_points(coupling):
    """No root, no area: chi-squares of both experiments at 4000 points in the plane, one at random in each cell."""
    rng = np.random.default_rng(7)
    m_4 = LIGHT * 200 ** ((np.arange(40) + rng.uniform(size=40)) / 40)
    mu = 3e-12 * 60 ** ((np.arange(100)[:, np.newaxis] + rng.uniform(size=(100, 40))) / 100)
    sun, source = experiments.load("xenon1t"), experiments.load("cr51-cevns-ge")
    grid = np.geomspace(1e-12, 2e-10, 150)[:, np.newaxis]
    coarse = np.geomspace(LIGHT, 0.1, 24)
    minimum = float(sun.chi2(coupling, grid, coarse).min())
    asked = sun.chi2(coupling, mu, m_4) < minimum + 4.605
    excluded = source.chi2(coupling, mu, m_4) > source.chi2(coupling, 0.0, 0.01) + 2.7055
    found = part_covered("cr51-cevns-ge", coupling).part
    number = asked.sum()
    assert number > 600
    # three boundaries cross 40 columns of cells; each leaves the count of its column open by about one half
    share = (asked & excluded).sum() / number
    assert abs(share - found) < 4 * 0.5 * (3 * 40) ** 0.5 / number


def test_xenon_at_the_lower_edge_of_the_region():
    """The source rejects every moment on the lower edge, with its own chi-square."""
    asked = region("mu_e").between(0, HEAVY)
    inside = np.flatnonzero(np.isfinite(asked.low))[::12]
    source = experiments.load("cr51-lxe-b")
    for k in inside:
        rise = source.chi2("mu_e", asked.low[k], asked.m_4[k]) - source.chi2("mu_e", 0.0, asked.m_4[k])
        assert rise > 2.7055
    assert part_covered("cr51-lxe-b", "mu_e").margin > 1


def test_no_muon_neutrinos_no_coverage():
    assert part_covered("cr51-cevns-ge", "mu_mu").part == 0


def test_one_flavour_beams_scale_with_the_weight_of_their_flavour():
    """Eq. (9) by hand, from the printed best fit."""
    source = experiments.load("cr51-cevns-ge")
    s12, s13 = 0.318, 0.022
    weights = {"lambda_14": (1 - s12) * (1 - s13), "lambda_24": s12 * (1 - s13), "lambda_34": s13}
    bare = limits.upper_limit(source, "mu_e", 0.01)
    for coupling, weight in weights.items():
        np.testing.assert_allclose(limits.upper_limit(source, coupling, 0.01), bare / weight**0.5, rtol=2e-3)


def test_reach_leaves_out_what_a_beam_does_not_have():
    table = reach(["texono"], ["mu_e", "mu_mu"])
    assert list(table["coupling"]) == ["mu_e"]
    double = limits.upper_limit(experiments.load("texono"), "mu_e", table["double"][0])
    np.testing.assert_allclose(double, 2 * table["limit"][0], rtol=1e-4)


layers_of = cache(overview.layers)
"""The layers of a coupling, computed once for all tests."""


@pytest.fixture
def layers():
    return layers_of("mu_mu")


def test_overview_knows_what_is_projected(layers):
    kinds = {name: limit.provenance.kind for name, limit in layers.limits.items()}
    assert kinds == {
        "coherent-csi": "data", "coherent-lar": "data", "cenns-750": "projection", "xenon1t": "data",
    }  # fmt: skip
    assert layers.bands == {}  # chromium makes no muon neutrinos


def test_excluded_is_the_lowest_current_limit(layers):
    """Borexino's plateau or XENON1T below it, CsI, MiniBooNE: each from its own source, at a mass of its own."""
    sun, csi = (
        limits.upper_limit(name, "mu_mu", m) for name, m in (("xenon1t", 0.01), ("coherent-csi", 10))
    )  # fmt: skip
    found = published.level(layers.excluded, [0.01, 10.0, 158.0])
    # the curves are straight between points a few per cent apart
    np.testing.assert_allclose(found, [float(sun), float(csi), 1.288e-9], rtol=5e-3)


@pytest.mark.parametrize("coupling", ["mu_e", "lambda_34"])
def test_the_surrogate_of_texono_excludes_nothing(coupling):
    """Where it would be the lowest, the shaded area and its file do not follow it."""
    shown = layers_of(coupling)
    surrogate = shown.limits["texono"]
    light = (surrogate.m_4 > 0.5) & (surrogate.m_4 < 1.2)
    lowest = published.level(shown.excluded, surrogate.m_4[light])
    assert (surrogate.value[light] < lowest).any()
    assert "TEXONO" not in " ".join(shown.excluded.provenance.titles)
    assert "TEXONO (surrogate)" in shown.excluded.notes["left out"]
    assert shown.excluded.table.notes["kind"] == "data"
    axes = plot.axes()
    overview.draw(axes, shown)
    (line,) = [one for one in axes.lines if np.array_equal(one.get_ydata(), surrogate.value)]
    assert line.get_linestyle() == "-."
    plt.close(axes.figure)


def test_overview_draws_every_layer(layers):
    axes = plot.axes()
    overview.draw(axes, layers)
    assert {line.get_linestyle() for line in axes.lines} == {"-", "--"}
    texts = [text.get_text() for text in axes.texts]
    assert {"COHERENT-CsI", "CENNS-750", "XENON1T", "XENON1T excess", "Borexino", "DUNE ND"} <= set(texts)
    assert {"SHiP, main", "SHiP, emulsion"} <= set(texts), "one name for each curve"
    assert len(texts) == len(set(texts))
    csi = layers.limits["coherent-csi"]
    assert any(np.array_equal(line.get_ydata(), csi.value) for line in axes.lines)
    plt.close(axes.figure)


def collisions(axes):
    """Labels that leave their panel, and pairs of labels that overlap, in a figure that has been laid out."""
    inside = axes.get_window_extent()
    # the extent of an annotation includes its pointer
    boxes = {text.get_text(): Text.get_window_extent(text) for text in axes.texts}
    outside = [name for name, box in boxes.items() if not (inside.contains(*box.min) and inside.contains(*box.max))]
    return outside + [(one, other) for one, other in combinations(boxes, 2) if boxes[one].overlaps(boxes[other])]


@pytest.mark.slow(reason="computes the limits of three more couplings")
@pytest.mark.parametrize("coupling", ["mu_e", "mu_mu", "lambda_24", "lambda_34"])
@pytest.mark.parametrize("names", [None, overview.LATER, overview.CLOSING], ids=["paper", "later", "closing"])
def test_labels_touch_nothing(coupling, names):
    shown = layers_of(coupling)
    effective = coupling.startswith("mu")
    # the panels of the chapter
    axes = plot.axes(height=4.8 if effective else 3.8)
    younger = {} if names is None else overview.later(coupling, names)
    overview.draw(axes, shown, younger=younger, **({} if effective else {"xlim": (1e-3, 1e2)}))
    axes.figure.draw_without_rendering()
    assert collisions(axes) == []
    axes.texts[0].set_position((5e3, 5e-9))
    assert collisions(axes) != [], "the comparison can fail"
    plt.close(axes.figure)


def astray(axes, shown):
    """Our curves whose label has another curve nearer, on average along the label, and no arrow to its own."""

    def distance(line, text):
        corner, size = Text.get_window_extent(text).min, Text.get_window_extent(text).size
        middle = [corner + size * [part, 0.5] for part in (0.1, 0.3, 0.5, 0.7, 0.9)]
        ends = np.log(line.get_xydata()[np.isfinite(line.get_ydata())])
        whole = np.concatenate([np.linspace(a, b, 300) for a, b in zip(ends[:-1], ends[1:], strict=True)])
        points = axes.transData.transform(np.exp(whole))
        return np.mean([np.hypot(*(points - one).T).min() for one in middle])

    curves = [line for line in axes.lines if line.get_gid() != overview.AREA]
    texts = {text.get_text(): text for text in axes.texts}
    wrong = []
    for name, limit in shown.limits.items():
        text = texts[overview.LABELS[name]]
        (own,) = [line for line in curves if np.array_equal(line.get_ydata(), limit.value)]
        if text.arrow_patch is None:
            if distance(own, text) >= min(distance(line, text) for line in curves if line is not own):
                wrong.append(name)
        elif np.interp(text.xy[0], limit.m_4, limit.value) != pytest.approx(text.xy[1], rel=0.03):
            wrong.append(name)
    return wrong


@pytest.mark.slow(reason="computes the limits of three more couplings")
@pytest.mark.parametrize("coupling", ["mu_e", "mu_mu", "lambda_24", "lambda_34"])
@pytest.mark.parametrize("names", [None, overview.CLOSING], ids=["paper", "closing"])
def test_no_label_is_taken_for_that_of_another_curve(coupling, names):
    shown = layers_of(coupling)
    effective = coupling.startswith("mu")
    axes = plot.axes(height=4.8 if effective else 3.8)
    younger = {} if names is None else overview.later(coupling, names)
    overview.draw(axes, shown, younger=younger, **({} if effective else {"xlim": (1e-3, 1e2)}))
    axes.figure.draw_without_rendering()
    assert astray(axes, shown) == []
    (first,) = [text for text in axes.texts if text.get_text() == "CENNS-750"]
    first.arrow_patch = None
    first.set_position((2e-3, shown.limits["coherent-csi"].value[0]))
    assert astray(axes, shown) == ["cenns-750"], "the comparison can fail"
    plt.close(axes.figure)


def test_stars_are_drawn_on_request_only(layers):
    axes = plot.axes()
    overview.draw(axes, layers, astrophysics=published.curves("mu", astrophysics=True))
    assert sum(line.get_linestyle() == ":" for line in axes.lines) == 3
    plt.close(axes.figure)


def test_overviews_have_a_panel_each(layers):
    shown = {"mu_mu": layers, "lambda_34": layers_of("lambda_34")}
    panels = plot.axes(columns=2)
    younger = {"mu_mu": overview.later("mu_mu")}
    assert overview.draw_all(panels, shown, younger, size=8) is panels
    first, second = panels
    (legend,) = first.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [overview.LABELS[name] for name in younger["mu_mu"]]
    assert first.get_legend() is second.get_legend() is None
    drawn = [tuple(line.get_ydata()) for line in second.lines]
    assert all(tuple(limit.value) in drawn for limit in shown["lambda_34"].limits.values())
    plt.close(first.figure)


def test_later_data_are_solid_in_colours_of_their_own(layers):
    axes = plot.axes()
    overview.draw(axes, layers, younger=overview.later("mu_mu", overview.CLOSING))
    later = [line for line in axes.lines if line.get_label() in overview.LABELS.values()]
    assert len(later) == 5
    assert {line.get_linestyle() for line in later} == {"-"}
    colours = [line.get_color() for line in later]
    assert len(set(colours)) == len({line.get_marker() for line in later}) == 5
    assert not {line.get_color() for line in axes.lines if line not in later} & set(colours)
    plt.close(axes.figure)


def test_the_lowest_limit_is_that_of_data():
    shown = {"lambda_14": layers_of("lambda_14")}
    younger = {"lambda_14": overview.later("lambda_14", overview.CLOSING)}
    masses = [0.01, 1.0, 5.0, 60.0]
    table = overview.lowest(shown, younger, masses)
    paper = ("coherent-csi", "coherent-lar", "xenon1t")
    for row, mass in zip(table.rows(), masses, strict=True):
        both = (*paper, *overview.CLOSING)
        for names, limit, origin in ((paper, "paper", "from"), (both, "with the layer", "layer from")):
            values = {overview.LABELS[name]: float(limits.upper_limit(name, "lambda_14", mass)) for name in names}
            best = min(values, key=values.__getitem__)
            assert row[limit] == pytest.approx(values[best], rel=1e-9)  # many masses together differ in the last digit
            assert row[origin] == (best if np.isfinite(values[best]) else "no limit")
    assert list(table["from"])[-1] == "no limit"


def test_layers_are_written_under_their_names(layers):
    tables = layers.own()
    assert set(tables) == {
        "coherent-csi-mu_mu-limit", "coherent-lar-mu_mu-limit", "cenns-750-mu_mu-limit", "xenon1t-mu_mu-limit",
        "xenon1t-mu_mu-region", "excluded-mu_mu",
    }  # fmt: skip
    assert "PROJECTION" in tables["cenns-750-mu_mu-limit"].notes["note"]


def test_readings_are_those_of_the_coverage():
    name, coupling = "cr51-cevns-ge", "mu_e"
    table = readings([name], [coupling])
    assert list(zip(table["counted"], table["a_1"], strict=True)) == [
        ("plane", "signal"), ("plane", "all"), ("each mass", "signal"), ("each mass", "all"),
    ]  # fmt: skip
    for row in table.rows():
        found = coverage([name], [coupling], joint=row["counted"] == "plane", scales=row["a_1"])
        assert row[f"{name} {coupling}"] == found["part"][0]
    assert len(set(table[f"{name} {coupling}"])) > 1


def test_curves_that_are_drawn_twice():
    """From the files: a moment is 2 d/mu_B, and mu_B = e/(2 m_e)."""
    mu_B = (4 * np.pi / 137.036) ** 0.5 / (2 * 0.51099895e-3)  # 1/GeV
    table = repeated()
    assert len(table) == sum(len(others) for others in published.REPEATED.values())
    for row in table.rows():
        low = []
        for name in (row["curve"], row["again"]):
            raw = data.table(f"limits/curves/{name}")
            low.append(raw["mu"].min() if "mu" in raw.columns else 2 * raw["d"].min() / mu_B)
        assert row["ratio"] == pytest.approx(low[1] / low[0], rel=1e-6)
    assert len(set(table.source.split("; "))) > 2
