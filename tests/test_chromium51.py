"""The chromium source: decays, lines, and a cylinder beside it."""

import numpy as np
import pytest
import witness_sources as slow

from companion.experiments import cr51_lxe
from companion.fluxes import chromium51
from companion.units import cm, curie, day, keV, m, second

RADIUS, HEIGHT = 0.69, 1.38


@pytest.mark.parametrize("configuration", ["A", "B", "C"])
def test_decays(configuration):
    assert cr51_lxe.decays(configuration) == pytest.approx(slow.decays(configuration), rel=1e-10)


def test_short_and_long_runs():
    activity = 3 * curie
    assert chromium51.decays(activity, second) == pytest.approx(3 * 3.7e10, rel=1e-6)
    assert chromium51.decays(activity, 1e4 * day) == pytest.approx(3 * 3.7e10 * 86400 * 27.7025 / np.log(2), rel=1e-12)
    assert chromium51.decays(activity, 0.0) == 0


@pytest.mark.parametrize(("where", "expected"), [("below", 2.989e-6), ("beside", 2.854e-6), ("from centre", 9.175e-6)])
def test_mean_inverse_square_by_chance(where, expected):
    position = chromium51.placement(where, 1.0, RADIUS, HEIGHT)
    found = chromium51.mean_inverse_square(RADIUS, HEIGHT, *position)
    mean, error = slow.inverse_square_by_chance(RADIUS, HEIGHT, *position)
    assert abs(found - mean) < 4 * error
    assert error < 1e-3 * mean
    assert found / (4 * np.pi) * 1e-4 == pytest.approx(expected, rel=2e-4)
    assert cr51_lxe.mean_inverse_square(where) * cm**2 == pytest.approx(found / (4 * np.pi) * 1e-4, rel=1e-12)


@pytest.mark.parametrize("distance", [0.01, 0.31, 1.0, 50.0])
def test_mean_inverse_square_on_the_axis_is_closed(distance):
    found = chromium51.mean_inverse_square(RADIUS, HEIGHT, 0.0, distance)
    assert found == pytest.approx(slow.inverse_square_on_axis(RADIUS, HEIGHT, distance), rel=1e-9)


@pytest.mark.parametrize("position", [(1.69, -0.69), (0.3, 0.5), (0.69, 0.02), (0.75, -1.3), (2.0, 3.0), (0.1, -1.6)])
def test_more_nodes_change_nothing(position):
    once, twice = (chromium51.mean_inverse_square(RADIUS, HEIGHT, *position, order=order) for order in (64, 256))
    assert once == pytest.approx(twice, rel=1e-6)
    mean, error = slow.inverse_square_by_chance(RADIUS, HEIGHT, *position)
    assert abs(once - mean) < 4 * error


def test_far_away_a_cylinder_is_a_point_and_up_is_like_down():
    assert chromium51.mean_inverse_square(1, 2, 600.0, 800.0) == pytest.approx(1e-6, rel=2e-3)
    below = chromium51.mean_inverse_square(1.0, 2.0, 0.5, 0.7)
    above = chromium51.mean_inverse_square(1.0, 2.0, -0.5, -2.7)
    assert below == pytest.approx(above, rel=1e-12)


def test_lines():
    flux = chromium51.flux(1e10 / cm**2)["nu_e"]
    assert {round(line.energy / keV): line.intensity * cm**2 / 1e10 for line in flux.lines} == pytest.approx(
        {round(1e3 * E): strength for E, strength in slow.LINES.items()}
    )
    assert not flux.continua


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chromium51.decays(-1.0, day), "must not be negative"),
        (lambda: chromium51.decays(curie, float("nan")), "must not be negative"),
        (lambda: chromium51.flux(-1.0), "finite and not negative"),
        (lambda: chromium51.placement("above", m, m, m), "no placement 'above'; there are below, beside, from centre"),
        (lambda: chromium51.mean_inverse_square(0.0, 1.0, 0.0, 1.0), "positive radius and height"),
        (lambda: chromium51.mean_inverse_square(1.0, 1.0, 0.5, -0.5), "inside the cylinder"),
    ],
)
def test_impossible_sources_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
