"""Regions and what is left of them, against counting points; several experiments as one."""

import numpy as np
import pytest

from companion import experiments, limits, regions
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


def test_one_grid_and_ends_that_are_searched(xenon1t):
    """However many masses, however far up: the same ends and nearly the same area; both parts where there are two."""
    coarse, fine = (regions.region(xenon1t, "mu_mu", number=number) for number in (30, 120))
    np.testing.assert_allclose(coarse.spans, fine.spans, rtol=1e-9)
    assert coarse.area == pytest.approx(fine.area, rel=2e-3)
    ((_, end),) = fine.spans
    below, above = (limits.interval(xenon1t, "mu_mu", end * (1 + step))[0] for step in (-1e-7, 1e-7))
    assert below > 0
    assert above == 0
    light, both = (regions.region(xenon1t, "mu_mu", joint=True, heaviest=heaviest) for heaviest in (0.3, None))
    assert len(both.spans) == 2
    assert both.spans[0] == pytest.approx(light.spans[0], rel=1e-4)
    island = both.between(0.3, 2)
    assert island.spans == both.spans[1:]
    assert light.area + island.area == pytest.approx(both.area, rel=1e-3)
    # the island reaches as far as the chi-square at its best coupling is below the ceiling
    ceiling = float(limits.contour(xenon1t, "mu_mu", np.linspace(0.001, 0.3, 60)).chi2) + 4.605170186
    for end in island.spans[0]:
        assert float(limits.best_fit(xenon1t, "mu_mu", end).chi2) == pytest.approx(ceiling, abs=1e-4)


def test_what_covers_and_what_remains():
    rising = 1e-12 * (BOX.m_4 / 1e-3)
    covered = regions.cover(BOX, rising)
    assert covered.part == pytest.approx(0.75, rel=2e-3)
    ((start, end),) = covered.spans
    assert (start, end) == (pytest.approx(1e-3), pytest.approx(1e-2, rel=1e-9))
    assert covered.margin == pytest.approx(0.1)
    assert regions.cover(BOX, np.inf).part == 0
    assert regions.cover(BOX, np.inf).spans == ()
    assert regions.cover(BOX, np.inf).margin == regions.cover(BOX, np.where(BOX.m_4 > 0.05, np.inf, 1e-12)).margin == 0
    holes = Region(BOX.m_4, np.where(np.arange(41) == 20, np.nan, BOX.low), BOX.high)
    assert len(holes.parts) == 2
    assert regions.cover(holes, 1e-12).spans == holes.spans
    with pytest.raises(ValueError, match="the region is empty"):
        regions.cover(Region(BOX.m_4, np.full(41, np.nan), BOX.high), 1e-11)
    with pytest.raises(ValueError, match="a limit is a positive number"):
        regions.remains(BOX, np.nan)


def test_a_survey_is_a_region_and_limits(xenon1t, later):
    found, curves = regions.survey(xenon1t, later, "lambda_24", number=12)
    assert len(found.m_4) == 12
    low, high = limits.interval(xenon1t, "lambda_24", found.m_4)
    np.testing.assert_array_equal((found.low, found.high), (low, high))
    for name, other in later.items():
        np.testing.assert_array_equal(curves[name], limits.upper_limit(other, "lambda_24", found.m_4))


def test_no_region_without_an_excess(later):
    with pytest.raises(ValueError, match=r"XENONnT asks for no mu_mu between 0\.001 and 0\.3 MeV"):
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
    total = sum(one.dipole(flavour, [0.0, 0.1]) for flavour in ("e", "mu", "tau"))
    np.testing.assert_allclose(one.template("mu_all", [0.0, 0.1]), total, rtol=1e-12)
    assert limits.upper_limit(one, "mu_all", 0.0) < limits.upper_limit(one, "mu_e", 0.0)
