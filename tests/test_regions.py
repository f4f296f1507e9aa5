"""Regions and what is left of them, against counting points; several experiments as one."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import experiments, export, figures, limits, regions
from companion.regions import Region

LATER = ("xenonnt", "lz-ws2022")


@pytest.fixture(scope="module")
def xenon1t():
    return experiments.load("xenon1t")


@pytest.fixture(scope="module")
def later():
    return {name: experiments.load(name) for name in LATER}


BOX = Region(np.geomspace(1e-3, 1e-1, 41), np.full(41, 1e-11), np.full(41, 1e-10))


def test_a_box():
    assert BOX.area == pytest.approx(np.log(100) * np.log(10))
    half = regions.remains(BOX, 10**-10.5)
    assert half.fraction == pytest.approx(0.5)
    assert half.spans == ((1e-3, 1e-1),)
    assert half.largest == pytest.approx(10**-10.5)
    assert regions.remains(BOX, np.inf).fraction == pytest.approx(1)
    assert regions.remains(BOX, 1e-12) == regions.Remains(0.0, (), 0.0)


def test_a_box_under_a_slope():
    """A limit that rises with the mass, from a tenth of the lower edge to the upper one: a triangle is left."""
    rising = 1e-12 * (BOX.m_4 / 1e-3)
    left = regions.remains(BOX, rising)
    ((start, end),) = left.spans
    assert start == pytest.approx(1e-2, rel=1e-9)
    assert end == pytest.approx(1e-1)
    assert left.fraction == pytest.approx(0.25, rel=2e-3)


@pytest.mark.parametrize("joint", [False, True])
def test_the_region_of_xenon1t_against_points_that_are_counted(xenon1t, later, joint):
    """Is a point inside, and do later data allow it? Straight from the chi-squares on a grid."""
    found = regions.region(xenon1t, "mu_mu", joint=joint)
    limit = limits.upper_limit(later["lz-ws2022"], "mu_mu", found.m_4)
    left = regions.remains(found, limit)
    masses, mu = np.geomspace(1e-3, 0.2, 160), np.geomspace(2e-12, 1.2e-10, 500)
    chi2 = xenon1t.chi2("mu_mu", mu[:, None], masses)
    lowest, zero = chi2.min(axis=0), float(xenon1t.chi2("mu_mu", 0.0, 0.0))
    inside = chi2 < chi2.min() + 4.605 if joint else (chi2 < lowest + 2.7055) & (lowest + 2.7055 < zero)
    other = later["lz-ws2022"].chi2("mu_mu", mu[:, None], masses)
    # its best fit is zero at every mass
    base = float(later["lz-ws2022"].chi2("mu_mu", 0.0, 0.0))
    allowed = inside & (other < base + 2.7055)
    cell = np.log(mu[1] / mu[0]) * np.log(masses[1] / masses[0])
    assert inside.sum() * cell == pytest.approx(found.area, rel=0.02)
    assert allowed.sum() / inside.sum() == pytest.approx(left.fraction, abs=0.01)


def test_a_survey_is_a_region_and_limits(xenon1t, later):
    found, curves = regions.survey(xenon1t, later, "lambda_24", number=12)
    assert len(found.m_4) == 12
    low, high = limits.interval(xenon1t, "lambda_24", found.m_4)
    np.testing.assert_array_equal((found.low, found.high), (low, high))
    for name, other in later.items():
        np.testing.assert_array_equal(curves[name], limits.upper_limit(other, "lambda_24", found.m_4))


def test_no_region_without_an_excess(later):
    with pytest.raises(ValueError, match=r"XENONnT asks for no mu_mu at 0\.001 MeV"):
        regions.region(later["xenonnt"], "mu_mu")


def test_together_is_the_sum(later):
    both = experiments.combine(list(later.values()))
    assert both.name == "xenonnt+lz-ws2022"
    for coupling in ("mu_tau", "lambda_14"):
        parts = [one.chi2(coupling, 2e-11, [0.0, 0.1]) for one in later.values()]
        np.testing.assert_allclose(both.chi2(coupling, 2e-11, [0.0, 0.1]), sum(parts), rtol=1e-9)
    assert both.maximum_mass("mu_e") == max(one.maximum_mass("mu_e") for one in later.values())
    np.testing.assert_array_equal(both.standard_model(), np.zeros(29 + 19))
    # both prefer zero, so that together they are stricter than each
    joint = limits.upper_limit(both, "mu_mu", 0.05)
    assert joint < min(limits.upper_limit(one, "mu_mu", 0.05) for one in later.values())


def test_a_moment_for_all_flavours(later):
    one = later["lz-ws2022"]
    every = regions.universal(one)
    total = sum(one.dipole(flavour, [0.0, 0.1]) for flavour in ("e", "mu", "tau"))
    for coupling in ("mu_e", "mu_tau"):
        np.testing.assert_allclose(every.template(coupling, [0.0, 0.1]), total, rtol=1e-12)
    assert limits.upper_limit(every, "mu_e", 0.0) < limits.upper_limit(one, "mu_e", 0.0)


def test_figures(xenon1t, later):
    columns = {"m_4": BOX.m_4, "low": BOX.low, "high": BOX.high, "a": 2 * BOX.low, "b": 3 * BOX.low}
    numbers = export.numbers("box", "box", columns, {name: "MeV" if name == "m_4" else "mu_B" for name in columns})
    panels = figures.axes(columns=2)
    assert figures.leftovers(panels, [numbers, numbers], ["x", "y"], {"a": "A", "b": "B"}, "region") is panels
    for ax in panels:
        assert [line.get_label() for line in ax.lines] == ["A", "B"]
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), numbers["b"])
    (legend,) = panels[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["region", "A", "B"]
    panels = figures.axes(columns=2)
    tables = [export.spectrum(one, "mu_mu", 6e-11, 0.01) for one in later.values()]
    figures.detectors(panels, tables, ["one", "two"], "signal")
    for ax, numbers in zip(panels, tables, strict=True):
        tops = [patch.get_data().values for patch in ax.patches]
        np.testing.assert_array_equal(tops[0], numbers["background"])
        np.testing.assert_array_equal(tops[1], numbers["background"] + numbers["dipole"])
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), numbers["observed"])
    plt.close("all")
