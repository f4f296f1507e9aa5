"""Fluxes and their moments, against adaptive quadrature with a relative tolerance."""

import copy
import pickle
from math import pi, sqrt

import numpy as np
import pytest
import witness
from scipy.integrate import quad

from companion import fluxes
from companion.couplings import Mixing
from companion.fluxes import Continuum, Flux, Line, Tabulated, chromium51, reactor, solar, stopped_pion
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
    assert empty.breakpoints == (0.0,)
    np.testing.assert_array_equal(empty.moments([0.0, 1.0]), np.zeros((3, 2)))


def hat(E):
    """A table with zeros before and after its numbers: 0 up to 1 MeV, a hat between 1 and 3 MeV, 0 up to 9 MeV."""
    return np.interp(E, [0.0, 1.0, 2.0, 3.0, 9.0], [0.0, 0.0, 4.0, 0.0, 0.0])


def test_a_flux_ends_where_its_density_does():
    """Not at the last point of a table; with cells too coarse to tell, at the end of the last that has some."""
    fine = Continuum(hat, (0.0, 1.0, 2.0, 3.0, 5.0, 9.0))
    assert fine.ends == (3.0,)
    assert Continuum(hat, (0.0, 2.0, 9.0)).ends == (9.0,)
    assert Continuum(lambda E: 0 * E, (0.0, 2.0, 9.0)).ends == ()
    assert Flux(continua=(fine,)).maximum_energy == (2 * Flux(continua=(fine,))).maximum_energy == 3.0
    together = Tabulated.of((fine, Continuum(wiggle, (0.5, 2.5)), Continuum(lambda E: 0 * E, (0.0, 8.0))))
    assert together.ends == (3.0, 2.5)
    assert Tabulated(hat, fine.knots).ends == (3.0,)
    # a line of no intensity is no neutrino, and a flux of none has none
    assert Flux(lines=(Line(1.0, 2.0), Line(7.0, 0.0)), continua=(fine,)).maximum_energy == 3.0
    assert (0 * Flux(lines=(Line(1.0, 2.0),), continua=(fine,))).maximum_energy == 0
    assert beam(delayed_fraction=0.0)["nu_e"].maximum_energy == 0


def test_the_sun_ends_with_hep():
    """8B ends at 15.3 MeV in a table of zeros up to 20 MeV; the whole Sun with hep at 18.784 MeV."""
    sun = solar.fluxes(Mixing().angles, Mixing().phases)
    rows = solar.table("solar/spectrum_b8")
    last = rows["E_nu"][np.flatnonzero(rows["spectrum"])[-1] + 1]
    assert last < rows["E_nu"][-1]
    for flux in (*sun.values(), solar.fluxes(Mixing().angles, Mixing().phases, spectra="table")["nu_e"]):
        assert last in flux.breakpoints
        assert flux.maximum_energy == 18.784
    assert Flux(continua=(solar.tabulated_spectrum("8B"),)).maximum_energy == last == 15.3


def test_products_and_sums():
    a, b = Flux(lines=(Line(1.0, 2.0),)), Flux(continua=(Continuum(wiggle, (0.5, 2.0, 12.0), order=8),))
    E_min = np.array([0.0, 0.7, 1.0, 5.0])
    for tripled in (3 * b, b * 3, np.float64(3) * b, b * np.int64(3), b / (1 / 3)):
        np.testing.assert_allclose(tripled.moments(E_min), 3 * b.moments(E_min), rtol=1e-14)
    np.testing.assert_array_equal(sum([a, b]).moments(E_min), (a + b).moments(E_min))
    np.testing.assert_array_equal((a / 2).moments(0.0), a.moments(0.0) / 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda flux: flux * float("nan"), "multiplied by a finite number that is not negative, not by nan"),
        (lambda flux: -1 * flux, "not by -1.0"),
        (lambda flux: flux * np.inf, "not by inf"),
        (lambda flux: flux / 0, "cannot be divided by zero"),
    ],
)
def test_impossible_products_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(Flux(lines=(Line(1.0, 2.0),)))


@pytest.mark.parametrize("call", [lambda f: f + 1, lambda f: 1 + f, lambda f: f * "2", lambda f: np.ones(2) * f])
def test_what_is_no_product_is_a_type_error(call):
    with pytest.raises(TypeError):
        call(Flux())


@pytest.mark.parametrize("bad", [float("nan"), -1.0, float("inf")])
def test_a_density_that_is_none_is_refused(bad):
    """Whatever is asked first, and wherever the number lies."""
    spoiled = Continuum(lambda E: np.where((E > 3) & (E < 3.5), bad, 1.0), (0.5, 2.0, 3.0, 4.0, 5.0))
    message = r"the density of a flux must be finite and not negative, not (nan|-1.0|-2.0|inf) at 3\.\d+ MeV"
    for ask in (
        lambda: spoiled.moments(np.array(0.0)),
        lambda: Flux(continua=(spoiled,)).maximum_energy,
        lambda: (2 * Flux(continua=(spoiled,))).breakpoints,
        lambda: Tabulated.of((spoiled,)).moments(np.array(4.5)),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Line(1.0, float("nan")), "intensity of the line at 1 MeV must be finite and not negative, not nan"),
        (lambda: Line(1.0, -1.0), "not -1.0"),
        (lambda: Line(0.0, 1.0), "energy of a line must be positive and finite, not 0.0 MeV"),
        (lambda: Line(float("nan"), 1.0), "energy of a line must be positive and finite, not nan MeV"),
        (lambda: Continuum(wiggle, (1.0,)), "knots of a spectrum are two or more energies"),
        (lambda: Continuum(wiggle, (1.0, 1.0)), "increasing"),
        (lambda: Continuum(wiggle, (-1.0, 1.0)), "not negative"),
        (lambda: Continuum(wiggle, (0.0, float("nan"))), "finite"),
    ],
)
def test_impossible_parts_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_recoils_that_a_flux_can_make():
    """Largest recoil of a massless neutrino: 2 E^2/(M + 2 E); a mass closes the range, and beyond it there is none."""
    flux, M = Flux(lines=(Line(2.0, 1.0), Line(9.0, 0.0))), 100.0
    low, high = flux.recoil_range(M, np.array([0.0, 1.0, 1.9, 1.99]))
    assert high[0] == pytest.approx(2 * 2.0**2 / (M + 2 * 2.0), rel=1e-12)
    assert low[0] == 0
    np.testing.assert_array_equal(np.isnan(low), [False, False, False, True])
    # energy and momentum, in the centre of mass: P = (s - m^2 - M^2 ...)/2 sqrt(s), boosted by gamma = (E + M)/sqrt(s)
    s = M**2 + 2 * M * 2.0
    for k, m_4 in enumerate([0.0, 1.0, 1.9]):
        p = sqrt((s - (m_4 + M) ** 2) * (s - (m_4 - M) ** 2)) / (2 * sqrt(s))
        gamma = (2.0 + M) / sqrt(s)
        ends = [gamma * sqrt(p**2 + M**2) - M + sign * sqrt(gamma**2 - 1) * p for sign in (-1, 1)]
        np.testing.assert_allclose([low[k], high[k]], ends, rtol=1e-9, atol=1e-12)
    assert np.isnan(Flux().recoil_range(M, 1.0)).all()


def test_fluxes_pickle_and_say_what_they_are():
    sources = {
        **solar.fluxes(Mixing().angles, Mixing().phases),
        **{f"computed {k}": f for k, f in solar.fluxes(Mixing().angles, Mixing().phases, splitting=7.5e-5).items()},
        **{f"pion {k}": f for k, f in beam().items()},
        **reactor.flux(1.0),
        **{f"chromium {k}": f for k, f in chromium51.flux(1.0).items()},
    }
    E_min = np.array([0.0, 0.1, 0.5, 2.5, 11.0])
    for name, flux in sources.items():
        expected = flux.moments(E_min)
        for again in (pickle.loads(pickle.dumps(flux)), copy.deepcopy(flux)):
            np.testing.assert_array_equal(again.moments(E_min), expected, err_msg=name)
            assert again.breakpoints == flux.breakpoints
        assert len(repr(flux)) < 80
        assert "\n" not in repr(flux)
    assert repr(sources["nu_e"]) == "Flux(3 lines, 1 continuum, up to 18.784 MeV)"
    assert repr(sources["nu_e"].continua[0]).startswith("Tabulated(0 to 20 MeV in ")
