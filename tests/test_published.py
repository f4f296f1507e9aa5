"""Curves of others: the convention by an independent route, and the same experiment from two papers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import constants

from companion import data, published


def magneton_from_tesla():
    """The Bohr magneton in 1/GeV from its CODATA value in eV/T: what a tesla is follows from its energy density."""
    per_volume = 1 / constants.mu_0  # J/m^3 in (1 T)^2, twice the energy density
    in_eV4 = per_volume / constants.e * (constants.hbar * constants.c / constants.e) ** 3
    tesla = np.sqrt(in_eV4)  # eV^2
    return constants.physical_constants["Bohr magneton in eV/T"][0] / tesla * 1e9


def test_the_magneton_from_the_energy_of_a_field():
    np.testing.assert_allclose(published.MU_B, magneton_from_tesla(), rtol=1e-8)
    assert round(published.MU_B, 3) == 296.304


def test_mu_is_twice_d():
    np.testing.assert_allclose(published.from_d([1.0, 2.0]) * magneton_from_tesla(), [2, 4], rtol=1e-8)


# plateaus and minima, read from the files without the companion: d of one paper against mu of another
PAIRS = [
    ("nomad_mu_magill", "nomad_mu_coloma", 0.01),
    ("nomad_mu_schwetz", "nomad_mu_coloma", 0.01),
    ("icecube_mu_schwetz", "icecube_mu_coloma", 0.02),
    ("icecube_mu_schwetz", "icecube_mu_brdar", 0.02),
    ("borexino_mu_schwetz", "borexino_mu_brdar", 0.02),
]


@pytest.mark.parametrize(("first", "second", "tolerance"), PAIRS)
def test_papers_that_draw_d_agree_with_papers_that_draw_mu(first, second, tolerance):
    d, mu = (data.table(f"limits/curves/{name}") for name in (first, second))
    assert "mu" not in d.columns
    assert "d" not in mu.columns
    ratio = 2 * d["d"].min() / magneton_from_tesla() / mu["mu"].min()
    assert abs(ratio - 1) < tolerance


@pytest.mark.parametrize(
    ("first", "other"),
    [(a, b) for a, others in published.REPEATED.items() for b in others if b != "miniboone_mu_brdar"],
)
def test_repeated_curves_agree_along_their_masses(first, other):
    a, b = published.curve(first), published.curve(other)
    low, high = (choose(bound(curve.m_4) for curve in (a, b)) for choose, bound in ((max, np.min), (min, np.max)))
    m_4 = np.geomspace(1.01 * low, 0.99 * high, 60)
    ratio = published.level(b, m_4) / published.level(a, m_4)
    assert abs(np.nanmedian(ratio) - 1) < 0.05  # the reading of a logarithmic figure
    assert np.nanmax(np.abs(np.log(ratio))) < 0.25  # steep ends


def test_miniboone_of_one_paper_is_half_of_the_others():
    lone = published.curve("miniboone_mu_brdar").value.min()
    for name in ("miniboone_mu_magill", "miniboone_mu_schwetz"):
        assert abs(published.curve(name).value.min() / lone - 2) < 0.05


def test_every_curve_says_what_it_is():
    drawn = [c for flavour in ("e", "mu") for c in published.curves(flavour) + published.curves(flavour, True)]
    assert len(drawn) == 18
    for c in drawn:
        assert published.curve(c.name).name == c.name
        assert c.confidence
        assert f"_{c.flavour}_" in c.name
        assert c.table.units == {"m_4": "MeV", "limit": "mu_B"}
        assert c.table.status.startswith("digitised")
        assert c.provenance.is_data == (c.kind != "projection")
    kinds = {c.label: c.kind for c in drawn}
    assert kinds["Borexino"] == kinds["MiniBooNE"] == kinds["NOMAD"] == "current"
    assert kinds["SHiP"] == kinds["DUNE ND"] == kinds["IceCube"] == "projection"
    assert kinds["SN1987A"] == "astrophysics"


def test_level_is_the_lowest_branch():
    """A triangle in the logarithms: masses 1 to 100, moments 1e-10 at the bottom."""
    nomad = published.curve("nomad_mu_magill")
    triangle = replace(nomad, m_4=np.array([1.0, 100.0, 1.0]), value=np.array([1e-8, 1e-10, 1e-10]))
    found = published.level(triangle, [0.5, 10.0, 200.0])
    np.testing.assert_allclose(found[1], 1e-10)
    assert np.isnan(found[[0, 2]]).all()
    upper = replace(nomad, m_4=np.array([1.0, 100.0]), value=np.array([1e-8, 1e-10]))
    np.testing.assert_allclose(published.level(upper, 10.0), 1e-9)


def test_bad_curves_are_refused():
    with pytest.raises(ValueError, match="no table 'limits/curves/nobody'"):
        published.curve("nobody")
    with pytest.raises(ValueError, match="has no '# experiment:' line"):
        published.curve("xenon1t_excess_mu_outer_brdar")
    with pytest.raises(ValueError, match="for the flavours mu, e, not for 'tau'"):
        published.curves("tau")
