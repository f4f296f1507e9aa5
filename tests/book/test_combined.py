"""Figures of several moments draw what they are given."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import experiments, export, figures


@pytest.fixture(autouse=True)
def closed():
    mpl.use("Agg")
    yield
    plt.close("all")


def test_limits_in_three_panels():
    texono = experiments.load("texono")
    tables = [export.transition_moments(texono, [0.1, 1.0, 2.0, 3.0])] * 2
    panels = figures.moments(figures.axes(columns=3), tables, ["one", "other"], xlim=(0.05, 5))
    for ax, name in zip(panels, ("lambda_14", "lambda_24", "lambda_34"), strict=True):
        assert len(ax.lines) == 2
        x, y = ax.lines[0].get_data()
        np.testing.assert_array_equal(x, [0.1, 1.0, 2.0])  # blind at 3 MeV
        np.testing.assert_array_equal(y, tables[0][name][:3])
    (legend,) = panels[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "other"]


def test_outlines_in_the_plane():
    side = np.linspace(0, 5e-9, 21)
    circle = (side[:, np.newaxis] ** 2 + side**2) / 1e-18
    panels = figures.axes(columns=2)
    figures.allowed(
        panels,
        ("lambda_14", "lambda_34"),
        (side, side),
        [[circle, circle], [2 * circle]],
        ["a", "b"],
        ["left", "right"],
        4.0,
    )
    for ax, radius, number in zip(panels, (2.0, 2**0.5), (3, 2), strict=True):
        assert len(ax.collections) == number  # a shade and the outlines
        (path,) = ax.collections[1].get_paths()
        np.testing.assert_allclose(np.hypot(*path.vertices.T), radius, rtol=0.02)
        assert "lambda_{14}" in ax.get_xlabel()
    assert "lambda_{34}" in panels[0].get_ylabel()
