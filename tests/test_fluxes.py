"""Fluxes and their moments, against adaptive quadrature with a relative tolerance."""

from math import pi

import numpy as np
import pytest
import witness
from scipy.integrate import quad

from companion import fluxes
from companion.fluxes import Continuum, Flux, Line, stopped_pion
from companion.units import cm, m

SPECIES = ("nu_e", "antinu_mu")


def beam(**changes):
    settings = {"protons": 1.76e23, "per_proton": 0.08, "baseline": 19.3 * m} | changes
    return stopped_pion.fluence(**settings)


def wiggle(E):
    return np.exp(-E / 3) * (2 + np.sin(E)) + 1 / (1 + E)


# ---------------------------------------------------------------------------------------------------------------------
# stopped pions


def test_prompt_energy():
    # the muon takes the rest: its energy and momentum balance the pion's
    muon = witness.M_PI - stopped_pion.PROMPT_ENERGY
    assert muon**2 - stopped_pion.PROMPT_ENERGY**2 == pytest.approx(witness.M_MU**2, rel=1e-9, abs=0)
    assert stopped_pion.PROMPT_ENERGY == pytest.approx(29.79, abs=0.005)
    assert stopped_pion.END_POINT == pytest.approx(52.83, abs=0.005)


@pytest.mark.parametrize("species", SPECIES)
def test_michel_spectra_are_the_usual_polynomials(species):
    E = np.linspace(0, witness.END, 41)
    density = {"nu_e": stopped_pion.michel_nu_e, "antinu_mu": stopped_pion.michel_antinu_mu}[species]
    np.testing.assert_allclose(density(E), [witness.michel(species, x) for x in E], rtol=1e-8, atol=1e-12)


def test_one_neutrino_of_each_species_per_decay():
    eta = 0.08 * 1.76e23 / (4 * pi * 1930.0**2)  # per cm^2
    for species, flux in beam().items():
        assert flux.moments(0.0)[0] * cm**2 == pytest.approx(eta, rel=1e-9, abs=0), species


def test_the_spectra_share_the_energy_of_the_muon():
    """<E> = 3/10 m_mu for nu_e and 7/20 m_mu for antinu_mu: with the positron's 7/20 they add up to m_mu."""
    for species, mean in (("nu_e", 0.3), ("antinu_mu", 0.35)):
        flux = beam()[species]
        density = flux.continua[0].density
        x, w = np.polynomial.legendre.leggauss(6)
        E = witness.END * (x + 1) / 2
        ratio = np.sum(w * E * density(E)) / np.sum(w * density(E))
        assert ratio == pytest.approx(mean * witness.M_MU, rel=1e-8, abs=0)


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("fraction", [0.0, 1e-3, 0.1, 0.3, 0.6, 0.9, 0.99, 0.9999])
def test_michel_moments(species, fraction):
    E_min = fraction * witness.END
    moments = beam(protons=1.0, per_proton=1.0, baseline=1 / (2 * pi**0.5))[species].moments(E_min)
    for n in range(3):
        expected, _ = quad(
            lambda E: witness.michel(species, E) / E**n,  # noqa: B023
            E_min,
            witness.END,
            epsabs=0,
            epsrel=1e-12,
        )
        assert moments[n] == pytest.approx(expected, rel=1e-10, abs=0)


def test_moments_near_the_end_point_are_positive_and_cubic():
    """Close to its end the nu_e spectrum falls linearly, so every moment falls as the square of the distance."""
    flux = beam()["nu_e"]
    end = flux.maximum_energy
    distance = end * np.array([1e-3, 1e-4, 1e-5])
    moments = flux.moments(end - distance)
    assert np.all(moments > 0)
    np.testing.assert_allclose(moments[:, :-1] / moments[:, 1:], 100, rtol=5e-3)


def test_the_delayed_fraction_and_the_baseline():
    full, part, far = beam(), beam(delayed_fraction=0.9148), beam(baseline=2 * 19.3 * m)
    for species in full:
        ratio = part[species].moments(10.0) / full[species].moments(10.0)
        np.testing.assert_allclose(ratio, 1.0 if species == "nu_mu" else 0.9148, rtol=1e-14)
        np.testing.assert_allclose(far[species].moments(10.0) * 4, full[species].moments(10.0), rtol=1e-14)


@pytest.mark.parametrize(
    "changes",
    [
        {"protons": -1.0},
        {"per_proton": -0.1},
        {"baseline": 0.0},
        {"delayed_fraction": 1.1},
        {"delayed_fraction": -0.1},
        {"delayed_fraction": float("nan")},
        {"protons": float("nan")},
        {"baseline": float("nan")},
    ],
)
def test_impossible_beams_are_refused(changes):
    with pytest.raises(ValueError, match="must not be negative"):
        beam(**changes)


# ---------------------------------------------------------------------------------------------------------------------
# the general flux


@pytest.mark.parametrize("E_min", [0.0, 0.3, 0.5, 1.7, 2.0, 6.99, 7.0, 11.9])
def test_continuum_with_several_knots(E_min):
    continuum = Continuum(wiggle, (0.5, 1.0, 2.0, 3.5, 5.0, 7.0, 9.0, 12.0), order=12)
    moments = continuum.moments(np.array(E_min))
    for n in range(3):
        expected, _ = quad(lambda E: wiggle(E) / E**n, max(E_min, 0.5), 12.0, epsabs=0, epsrel=1e-13, limit=200)  # noqa: B023
        assert moments[n] == pytest.approx(expected, rel=1e-10, abs=0)


def test_a_kink_at_a_knot_costs_nothing():
    continuum = Continuum(lambda E: np.where(E < 3, E**2, 9 * (5 - E) / 2), (0.0, 3.0, 5.0), order=3)
    # by hand: 9 + 9, 9/2 + 9/2 (5 ln(5/3) - 2), 3 + ...
    expected = [18, 4.5 + 4.5 * (5 * np.log(5 / 3) - 2), 3 + 4.5 * (5 * (1 / 3 - 1 / 5) - np.log(5 / 3))]
    np.testing.assert_allclose(continuum.moments(np.array(0.0)), expected, rtol=1e-4)
    fine = Continuum(continuum.density, (0.0, 3.0, 5.0), order=10)
    np.testing.assert_allclose(fine.moments(np.array(0.0)), expected, rtol=1e-12)


def test_order_is_exact_for_the_degree_it_promises():
    """order points: density/E^2 times a polynomial, all of degree 2 order - 1 together."""
    continuum = Continuum(lambda E: E**3, (1.0, 4.0), order=2)
    expected = [(4**4 - 2**4) / 4, (4**3 - 2**3) / 3, (4**2 - 2**2) / 2]
    np.testing.assert_allclose(continuum.moments(np.array(2.0)), expected, rtol=1e-14)


def test_lines_jump_after_their_energy():
    flux = Flux(lines=(Line(0.862, 3.0), Line(0.384, 1.0)))
    moments = flux.moments([0.0, 0.384, np.nextafter(0.384, 1), 0.862, np.nextafter(0.862, 1), np.inf])
    np.testing.assert_array_equal(moments[0], [4, 4, 3, 3, 0, 0])
    np.testing.assert_allclose(moments[1], [3 / 0.862 + 1 / 0.384] * 2 + [3 / 0.862] * 2 + [0, 0], rtol=1e-15)
    np.testing.assert_allclose(moments[2, [1, 3]], [3 / 0.862**2 + 1 / 0.384**2, 3 / 0.862**2], rtol=1e-15)


def test_nothing_above_infinity_and_everything_above_zero():
    flux = beam()["nu_e"] + beam()["nu_mu"]
    np.testing.assert_array_equal(flux.moments(np.inf), [0, 0, 0])
    np.testing.assert_array_equal(flux.moments(60.0), [0, 0, 0])
    np.testing.assert_array_equal(flux.moments(0.0), flux.moments(-5.0))


def test_moments_only_fall():
    flux = Flux(lines=(Line(3.0, 0.1),), continua=(Continuum(wiggle, (0.5, 2.0, 12.0), order=20),))
    moments = flux.moments(np.linspace(0, 13, 400))
    assert np.all(np.diff(moments, axis=1) <= 0)
    assert np.all(moments >= 0)


def test_fluxes_add_and_scale():
    a = Flux(lines=(Line(1.0, 2.0),))
    b = Flux(continua=(Continuum(wiggle, (0.5, 2.0, 12.0), order=8),))
    E_min = np.array([[0.0, 0.7], [1.0, 5.0]])
    together = a + 3 * b
    np.testing.assert_allclose(together.moments(E_min), a.moments(E_min) + 3 * b.moments(E_min), rtol=1e-14)
    np.testing.assert_allclose((2 * together).moments(E_min), 2 * together.moments(E_min), rtol=1e-14)
    assert together.moments(E_min).shape == (3, 2, 2)
    np.testing.assert_array_equal((a + b).moments(0.0), (b + a).moments(0.0))


def test_breakpoints_and_the_highest_energy():
    flux = Flux(lines=(Line(1.0, 2.0), Line(0.3, 1.0)), continua=(Continuum(wiggle, (0.5, 2.0, 12.0)),))
    assert sorted(flux.breakpoints) == [0.3, 1.0, 12.0]
    assert flux.maximum_energy == 12.0
    empty = fluxes.Flux()
    assert empty.maximum_energy == 0
    np.testing.assert_array_equal(empty.moments([0.0, 1.0]), np.zeros((3, 2)))
