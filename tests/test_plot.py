"""Figures draw the numbers they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import experiments, plot, results


@pytest.fixture
def ax():
    axes = plot.axes()
    yield axes
    plt.close(axes.figure)


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


def test_spectrum_stacks_background_standard_model_and_signal(ax, csi):
    made = results.spectrum(csi, "mu_mu", 2e-9, 0.01)
    assert made.plot(ax) is ax
    tops = [patch.get_data().values for patch in ax.patches]
    (background,) = made.backgrounds.values()
    np.testing.assert_allclose(tops[-1], background + made.standard_model + made.dipole)
    np.testing.assert_allclose(tops[-2], background + made.standard_model)
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(points.get_ydata(), csi.observed)
    assert "PE" in ax.get_xlabel()
    assert "events" in ax.get_ylabel()


def test_limits_leave_out_where_the_experiment_is_blind(ax, csi):
    now = results.limit(csi, "mu_mu", [1.0, 20.0, 60.0])
    later = results.limit("cenns-750", "mu_mu", [1.0, 20.0, 60.0])
    plot.limits(ax, [now, later], ["now", "later"])
    first, second = ax.lines
    np.testing.assert_array_equal(first.get_xdata(), [1.0, 20.0])
    np.testing.assert_array_equal(first.get_ydata(), now.value[:2])
    assert (first.get_linestyle(), second.get_linestyle()) == ("-", "--")
    assert {text.get_text() for text in ax.texts} == {"now", "later"}
    assert len(ax.collections) == 1  # one shaded region
    assert ax.get_ylabel().startswith(r"$\mu_{\nu_\mu}$")


@pytest.mark.parametrize(
    ("couplings", "symbol"),
    [
        (["mu_mu", "mu_mu"], r"$\mu_{\nu_\mu}$"),
        (["mu_mu", "mu_e"], r"$\mu_\nu$"),
        (["lambda_14", "lambda_24"], r"$|\tilde\lambda_{i4}|$"),
        (["mu_mu", "lambda_14"], "moment"),
    ],
)
def test_the_axis_names_what_all_curves_have(ax, csi, couplings, symbol):
    plot.limits(ax, [results.limit(csi, one, [1.0]) for one in couplings], couplings)
    assert ax.get_ylabel() == rf"{symbol} [$\mu_B$]"
    plot.regions(ax, [results.interval(csi, one, [1.0]) for one in couplings], couplings)
    assert ax.get_ylabel() == rf"{symbol} [$\mu_B$]"


def test_a_limit_that_is_nowhere_is_drawn_as_nothing(ax, csi):
    results.limit(csi, "mu_mu", [60.0]).plot(ax)
    assert not ax.lines


def test_regions_are_closed_where_zero_is_left_out(ax):
    made = results.interval("xenon1t", "mu_mu", [0.01, 0.1, 1.0])
    plot.regions(ax, [made], ["region"])
    thick = [line for line in ax.lines if line.get_label() == "region"][0].get_ydata()
    np.testing.assert_array_equal(np.isfinite(thick), [True, True, False])
    np.testing.assert_array_equal(thick[:2], made.high[:2])


def test_choices_show_the_change_in_percent(ax):
    plot.choices(ax, ["up", "down"], [1.1, 0.5])
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [10, -50])


def test_a_change_that_rounds_to_nothing_has_no_sign(ax):
    plot.choices(ax, ["a", "b", "c", "d"], [0.9999, 1.0004, 0.996, 1.2])
    assert [text.get_text() for text in ax.texts] == ["0.0 %", "0.0 %", "−0.4 %", "+20 %"]
    (right,) = {text.get_window_extent().x1 for text in ax.texts}
    assert min(text.get_window_extent().x0 for text in ax.texts) > ax.get_window_extent().x1, "beside the bars"
    assert right > ax.get_window_extent().x1


def test_the_reader_keeps_their_own_style(ax):
    before = dict(plt.rcParams)
    plot.curves(ax, [0, 1], [[0, 1]], ["line"], xlabel="x")
    assert dict(plt.rcParams) == before


def test_a_projection_gets_a_band_and_no_points(ax):
    made = results.spectrum("cr51-cevns-ge")
    made.plot(ax)
    assert "projected" in made.table.columns
    assert not ax.containers
    (band,) = [patch for patch in ax.patches if patch.get_label() == "expected error"]
    np.testing.assert_allclose(band.get_data().values - band.get_data().baseline, 2 * made.error)


def test_masses_can_be_drawn_on_a_linear_axis(ax, csi):
    results.limit(csi, "mu_mu", [1.0, 20.0]).plot(ax, xscale="linear")
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")


def test_plane_is_blank_where_there_is_nothing_and_every_level_has_room(ax):
    x, y = np.arange(4.0), np.arange(3.0)
    z = np.array([[1.0, 2, 3, np.nan], [2, 3, 4, np.nan], [3, 4, 200, np.nan]])
    assert plot.plane(ax, x, y, z, [0, 2, 10, 1000], "height", xlabel="x") is ax
    filled = ax.collections[0]
    np.testing.assert_array_equal(filled.levels, [0, 2, 10, 1000])
    assert max(path.vertices[:, 0].max() for path in filled.get_paths() if len(path.vertices)) <= 2
    colours = [tuple(colour) for colour in filled.get_facecolor()]
    assert len(set(colours)) == 3
    assert ax.get_xlabel() == "x"
    assert "height" in [other.get_ylabel() for other in ax.figure.axes]


def test_contrast_is_that_of_wcag():
    assert plot.contrast("black") == pytest.approx(21)
    assert plot.contrast("white") == 1
    # the lightest grey that is allowed for letters on white, as the guidelines' own examples have it
    assert plot.contrast("#767676") == pytest.approx(4.54, abs=0.005)
    assert plot.contrast("#ff0000") == pytest.approx(4.0, abs=0.005)
    assert plot.contrast("0.2", "0.9") == plot.contrast("0.9", "0.2")


def test_letters_are_dark_enough_and_keep_their_colour():
    for name, colour in plot.COLOURS.items():
        assert plot.contrast(plot.ink(colour)) >= 4.5, name
    assert plot.ink("#0072B2") == pytest.approx((0, 0x72 / 255, 0xB2 / 255)), "dark enough as it is"
    assert plot.contrast(plot.COLOURS["yellow"]) < 4.5, "a line may be brighter than letters"


def test_an_open_region_is_an_upper_limit_and_no_line_at_nothing(ax):
    interval = results.interval("coherent-csi", "mu_mu", [1.0, 10.0, 40.0])
    plot.regions(ax, [interval], ["CsI"])
    drawn = np.concatenate([line.get_ydata() for line in ax.lines])
    assert np.nanmin(drawn) == interval.high.min()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CsI, upper limit"]


@pytest.mark.parametrize("ends", [(0.2, 3e4), (2.0, 7.0), (1e-12, 1e-7), (3e-4, 2e-3)])
def test_powers_say_what_the_formulas_of_matplotlib_say(ends):
    x = np.geomspace(*ends, 20)
    ax = plot.curves(plot.axes(), x, [x], ["y"], xscale="log", yscale="log")
    plain = plt.figure().add_subplot(xscale="log", yscale="log", xlim=ax.get_xlim(), ylim=ax.get_ylim())
    plain.set_position(ax.get_position())
    raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    for ours, theirs in ((ax.xaxis, plain.xaxis), (ax.yaxis, plain.yaxis)):
        for minor in (False, True):
            shown = [text.get_text() for text in ours.get_ticklabels(minor=minor)]
            formulas = [text.get_text() for text in theirs.get_ticklabels(minor=minor)]
            assert not any("$" in text for text in shown)
            values = [text.translate(raised).replace("×", "").replace("10", " ", 1).strip() for text in shown]
            wanted = [
                formula.replace("\\mathdefault", "").translate(str.maketrans("", "", "${}^")).replace("\\times", "")
                .replace("10", " ", 1).strip()
                for formula in formulas
            ]  # fmt: skip
            assert values == wanted
    plt.close("all")


@pytest.mark.parametrize(
    "scale",
    [
        {"value": "log", "base": 2},
        {"value": "symlog", "linthresh": 1e-3},
        {"value": "symlog", "base": 2},
        {"value": "linear"},
    ],
)
def test_other_scales_keep_their_labels(scale):
    """What is no power of ten stays a formula, what is one says the same."""
    labels = []
    for ours in (True, False):
        ax = plt.figure().add_subplot(xlim=(1e-2, 40))
        ax.set_xscale(**scale)
        if ours:
            plot.in_style(lambda ax: ax)(ax)
        labels.append([text.get_text() for text in ax.get_xticklabels()])
    assert len(labels[0]) == len(labels[1])
    for ours, theirs in zip(*labels, strict=True):
        power = theirs.removeprefix("$\\mathdefault{").removesuffix("}}$").replace("{", "").split("10^")
        raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
        tens = len(power) == 2 and scale.get("base", 10) == 10
        assert ours == (f"{power[0].replace('-', '−')}10{power[1].translate(raised)}" if tens else theirs)
    plt.close("all")


def test_a_readers_own_labels_stay(ax):
    from matplotlib.ticker import LogFormatterSciNotation

    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(LogFormatterSciNotation(labelOnlyBase=True))
    plot.in_style(lambda ax: ax)(ax)
    assert ax.xaxis.get_major_formatter().labelOnlyBase


def test_numbers_among_the_arguments_are_no_axes():
    assert plot.in_style(lambda number, grid: number + grid.sum())(np.array(1.0), np.ones((2, 2))) == 5
