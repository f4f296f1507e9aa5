"""The responses, against scipy's Poisson distribution and slow integrals."""

import copy
import pickle
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
import witness
import witness_own
import witness_response as slow
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from companion import experiments, limits, targets, units
from companion.experiments import Channel
from companion.fluxes import Flux, Line, reactor
from companion.response import (
    Binned,
    ChargeResolution,
    FactorTable,
    GammaPhotoelectrons,
    Lindhard,
    Photoelectrons,
    Polynomial,
    ResponseMatrix,
    identity,
    quenching,
    require_least_energy,
)
from companion.statistics import Poisson, Pull

ACCEPTANCE = (0.1, 0.2, 0.4, 0.5, 0.7, 0.8, 0.9)


def bent(E_r):
    """A quenching that is not linear: E_ee = E_r/10 + E_r^2."""
    return np.asarray(E_r) / 10 + np.asarray(E_r) ** 2


def response(**changes):
    settings = {
        "quenching": bent,
        "light_yield": 13348.0,
        "edges": (3, 5, 6, 10),
        "acceptance": ACCEPTANCE,
    }
    return Photoelectrons(**(settings | changes))


RECOILS = np.array([1e-7, 1e-4, 1e-3, 3e-3, 5e-3, 9e-3, 0.03])


def test_bins_are_sums_of_poisson_probabilities():
    found = response().bins(RECOILS)
    mean = 13348.0 * (RECOILS / 10 + RECOILS**2)
    accepted = dict(zip(range(3, 10), ACCEPTANCE, strict=True))
    for row, numbers in enumerate([(3, 4), (5,), (6, 7, 8, 9)]):
        expected = sum(accepted[n] * poisson.pmf(n, mean) for n in numbers)
        np.testing.assert_allclose(found[row], expected, rtol=1e-11, atol=1e-300)


def test_full_acceptance_keeps_the_probability_of_the_range():
    found = response(acceptance=(1.0,) * 7).bins(RECOILS)
    mean = 13348.0 * bent(RECOILS)
    np.testing.assert_allclose(found.sum(axis=0), poisson.cdf(9, mean) - poisson.cdf(2, mean), rtol=1e-9, atol=1e-16)


def test_a_range_that_starts_at_nothing():
    found = response(edges=(0, 1, 3), acceptance=(1.0, 1.0, 1.0)).bins(RECOILS)
    mean = 13348.0 * bent(RECOILS)
    np.testing.assert_allclose(found[0], np.exp(-mean), rtol=1e-12)
    np.testing.assert_allclose(found[1], poisson.pmf(1, mean) + poisson.pmf(2, mean), rtol=1e-11)
    # even the smallest recoil is seen: the window is open below, but no recoil is without energy
    low, _ = response(edges=(0, 1, 3), acceptance=(1.0, 1.0, 1.0)).window
    assert low * 13348.0 / 10 == pytest.approx(1e-12, rel=1e-9)


def test_many_photoelectrons_underflow_to_nothing():
    found = response(quenching=identity).bins(np.array([0.04, 10.0]))
    assert np.all(np.isfinite(found))
    assert np.all(found < 1e-100)


def test_unsmeared_the_integer_part_decides():
    sharp = response(smearing=False, quenching=identity, light_yield=1000.0)
    mean = np.array([2.99, 3.0, 3.5, 4.999, 5.0, 5.5, 6.0, 9.99, 10.0, 11.0])
    found = sharp.bins(mean / 1000)
    expected = np.zeros((3, 10))
    expected[0, [1, 2]], expected[0, 3] = 0.1, 0.2
    expected[1, [4, 5]] = 0.4
    expected[2, 6], expected[2, 7] = 0.5, 0.9
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("smearing", [True, False])
def test_shapes(smearing):
    assert response(smearing=smearing).bins(np.full((2, 4), 1e-3)).shape == (3, 2, 4)
    assert response(smearing=smearing).bins(1e-3).shape == (3,)


def test_mean():
    np.testing.assert_allclose(response().mean(RECOILS), 13348.0 * bent(RECOILS), rtol=1e-15)
    assert identity([1.0, 2.0]).tolist() == [1.0, 2.0]


def test_nothing_is_lost_outside_the_smeared_window():
    seen = response()
    low, high = seen.window
    assert 0 < low < high < seen.maximum_recoil
    outside = np.concatenate([low * np.array([1.0, 0.5, 0.1]), high * np.array([1.0, 1.2, 2.0])])
    mean = 13348.0 * bent(outside)
    assert np.all(poisson.cdf(9, mean) - poisson.cdf(2, mean) < 1.1e-14)
    # and the window is not absurdly wide
    mean = 13348.0 * bent(np.array([1.1 * low, 0.95 * high]))
    assert np.all(poisson.cdf(9, mean) - poisson.cdf(2, mean) > 1e-15)


def test_unsmeared_window_and_breakpoints_are_the_inverse_of_the_mean():
    sharp = response(smearing=False)
    assert len(sharp.breakpoints) == 8
    np.testing.assert_allclose(13348.0 * bent(np.array(sharp.breakpoints)), np.arange(3, 11), rtol=1e-10)
    assert sharp.window == (sharp.breakpoints[0], sharp.breakpoints[-1])
    assert response().breakpoints == ()


def test_no_recoil_beyond_the_largest():
    short = response(smearing=False, maximum_recoil=2e-3)
    assert short.window[1] == 2e-3
    assert max(short.breakpoints) == 2e-3
    assert response(maximum_recoil=2e-3).window[1] == 2e-3


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_an_impossible_acceptance_is_refused(value):
    with pytest.raises(ValueError, match="acceptances lie between 0 and 1"):
        response(acceptance=(*ACCEPTANCE[:-1], value))


def test_a_wrong_number_of_acceptances_is_refused():
    with pytest.raises(ValueError, match="3 acceptances for the 7 photoelectron numbers from 3 to 9"):
        response(acceptance=(1.0, 1.0, 1.0))


# ---------------------------------------------------------------------------------------------------------------------
# energy bins


def gaussian_bins(E, edges, width, acceptance):
    """The integral over the reconstructed energy, done slowly."""
    found = []
    for low, high in pairwise(edges):
        points = [x for x in acceptance[0] if low < x < high] + [x for x in (E - width, E, E + width) if low < x < high]
        value, _ = quad(
            lambda x: (
                np.interp(x, *acceptance, left=0, right=0)
                * np.exp(-(((x - E) / width) ** 2) / 2)
                / (width * np.sqrt(2 * np.pi))
            ),
            low,
            high,
            points=sorted(points) or None,
            epsabs=1e-15,
            epsrel=1e-11,
            limit=400,
        )
        found.append(value)
    return found


@pytest.mark.parametrize("E", [0.001, 0.004, 0.0095, 0.02, 0.031])
def test_gaussian_bins_with_an_acceptance_after_the_resolution(E):
    edges, acceptance = (0.0, 0.01, 0.02, 0.03), ((0.003, 0.006, 0.012, 0.05), (0.1, 0.5, 0.8, 1.0))
    seen = Binned(edges, resolution=lambda E: 0.02 * np.sqrt(E), acceptance=acceptance)
    expected = gaussian_bins(E, edges, 0.02 * np.sqrt(E), acceptance)
    np.testing.assert_allclose(seen.bins(np.array([[E]]))[:, 0, 0], expected, rtol=1e-9, atol=1e-15)


def test_efficiency_acts_at_the_true_energy():
    edges, efficiency = (0.001, 0.002, 0.003), ((0.001, 0.002), (0.0, 0.8))
    plain = Binned(edges, resolution=lambda E: 0.0003 + 0 * E)
    seen = Binned(edges, resolution=lambda E: 0.0003 + 0 * E, efficiency=efficiency)
    E = np.array([0.0015, 0.0025])
    np.testing.assert_allclose(seen.bins(E), plain.bins(E) * np.array([0.4, 0.0]), rtol=1e-14)
    assert seen.window == (0.001, 0.002)


def test_sharp_bins_are_a_histogram_of_the_visible_energy():
    seen = Binned((0.001, 0.002, 0.004), quenching=lambda E_r: 0.5 * np.asarray(E_r), maximum_recoil=1.0)
    np.testing.assert_array_equal(
        seen.bins(np.array([0.0019, 0.0021, 0.0039, 0.0041, 0.0081])), [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0]]
    )
    assert seen.window == pytest.approx((0.002, 0.008), rel=1e-10)
    assert seen.breakpoints == pytest.approx((0.002, 0.004, 0.008), rel=1e-10)


def test_sharp_bins_with_an_acceptance():
    seen = Binned((0.0, 1.0, 2.0), acceptance=((0.5, 1.5), (0.2, 0.6)))
    np.testing.assert_allclose(
        seen.bins(np.array([0.4, 0.75, 1.25, 1.6])), [[0, 0.3, 0, 0], [0, 0, 0.5, 0]], atol=1e-15
    )


def test_nothing_is_seen_outside_the_window():
    seen = Binned((0.001, 0.03), resolution=lambda E: 0.31e-3 * np.sqrt(np.asarray(E) / 1e-3) + 0.0037 * np.asarray(E))
    low, high = seen.window
    assert 0 < low < 0.001
    assert 0.03 < high < 0.05
    assert np.all(seen.bins(np.array([low, high])) < 1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(edges=(0.0, 2.0, 1.0)), "bin edges must increase"),
        (dict(edges=(0.0, 1.0), efficiency=((0.0, 1.0), (1.0,))), "increasing energies and as many values"),
        (dict(edges=(0.0, 1.0), acceptance=((1.0, 0.0), (1.0, 1.0))), "increasing energies and as many values"),
    ],
)
def test_impossible_bins_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Binned(**arguments)


# ---------------------------------------------------------------------------------------------------------------------
# photoelectrons with a gamma distribution


def rising(x):
    """An efficiency that starts at 5 photoelectrons."""
    return 1 - np.exp(-(np.asarray(x) - 5) / 3)


def spread(**changes):
    settings = {
        "quenching": bent,
        "a": 7.49e-5,
        "b": 9560.0,
        "edges": (0.0, 8.0, 12.0, 30.0),
        "efficiency": rising,
        "threshold": 5.0,
    }
    return GammaPhotoelectrons(**(settings | changes))


@pytest.mark.parametrize("E_r", [5e-4, 3e-3, 6e-3, 0.012, 0.03])
def test_gamma_bins_are_integrals_of_the_distribution(E_r):
    found = spread().bins(E_r)
    E = float(bent(E_r))
    density = gamma(1 + 9560 * E, scale=E / 7.49e-5 / (1 + 9560 * E))
    assert density.mean() == pytest.approx(float(spread().mean(E_r)), rel=1e-12)
    for row, (low, high) in zip(found, ((5, 8), (8, 12), (12, 30)), strict=True):
        expected = quad(lambda x: rising(x) * density.pdf(x), low, high, epsabs=0, epsrel=1e-10)[0]
        assert row == pytest.approx(expected, rel=1e-7, abs=1e-14)


def test_gamma_window_ends_where_nothing_is_seen():
    low, high = spread().window
    assert high < 0.06 == spread(edges=(0.0, 8.0, 60.0)).window[1]
    assert 0 < low < 1e-3
    E = float(bent(low))
    shape = 1 + 9560 * E
    assert gamma.sf(5, shape, scale=E / 7.49e-5 / shape) == pytest.approx(1e-14, rel=1e-6)
    assert spread().breakpoints == ()


def test_without_its_resolution_a_recoil_has_its_mean():
    sharp = spread(smearing=False)
    E_r = np.array([1e-4, 4e-3, 6e-3, 0.012, 0.03])
    mean = bent(E_r) / 7.49e-5
    expected = np.zeros((3, 5))
    for n, x in enumerate(mean):
        for k, (low, high) in enumerate(((5, 8), (8, 12), (12, 30))):
            if low <= x < high:
                expected[k, n] = rising(x)
    np.testing.assert_allclose(sharp.bins(E_r), expected, rtol=1e-12)
    assert np.count_nonzero(expected) == 3
    assert sharp.mean(np.array(sharp.window)) == pytest.approx([5, 30], rel=1e-9)
    assert sharp.mean(np.array(sharp.breakpoints)) == pytest.approx([5, 8, 12, 30], rel=1e-9)
    # what gives no light up to the largest recoil ends there
    assert sharp.window[1] < 0.06 == spread(smearing=False, edges=(0.0, 1e6)).window[1]


def test_a_gamma_response_without_a_threshold_sees_every_recoil():
    low, _ = spread(threshold=0.0, efficiency=np.ones_like).window
    assert low / 10 / 7.49e-5 == pytest.approx(8e-12, rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": 0.0}, "the constants of a resolution are positive, not 0"),
        ({"b": -1.0}, "the constants of a resolution are positive"),
        ({"edges": (0.0, 8.0, 8.0)}, "bin edges must increase and the threshold lie between"),
        ({"threshold": 31.0}, "the threshold lie between the first and the last"),
    ],
)
def test_an_impossible_gamma_response_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        spread(**changes)


# ---------------------------------------------------------------------------------------------------------------------
# what one needs for a set-up of one's own


@pytest.mark.parametrize(("Z", "A"), [(14, 28.09), (32, 72.63), (54, 131.3)])
def test_lindhard(Z, A):
    """The formula solved another way, and the constants of nature that its rounded numbers stand for."""
    T = np.geomspace(1e-5, 0.1, 9)
    np.testing.assert_allclose(Lindhard(Z, A)(T), witness_own.lindhard(T, Z, A), rtol=1e-12)
    np.testing.assert_allclose(Lindhard(Z, A)(T), witness_own.lindhard_of_nature(T, Z, A), rtol=0.01)
    assert Lindhard(Z, A)(0.0) == 0
    assert np.all(np.diff(Lindhard(Z, A)(T) / T) > 0)
    np.testing.assert_allclose(Lindhard(Z, A, k=1e9)(T), T, rtol=1e-8)


def test_edges_may_be_an_array_and_the_resolution_a_number():
    edges = np.linspace(1e-3, 5e-3, 5)
    width = Binned(edges, resolution=2e-4)
    function = Binned(tuple(edges.tolist()), resolution=lambda E: np.full(np.shape(E), 2e-4))
    T = np.linspace(5e-4, 6e-3, 50)
    np.testing.assert_array_equal(width.bins(T), function.bins(T))
    assert width.window == function.window
    assert isinstance(hash(width.edges), int)
    with pytest.raises(ValueError, match="a positive width .* not 0"):
        Binned(edges, resolution=0)


# ---------------------------------------------------------------------------------------------------------------------
# towards zero energy

ENERGY = 3.0
BEAM = {"antinu_e": Flux((Line(ENERGY, 1.0),))}
((_, SILICON),) = targets.compound({"Si": 1}, form_factor="point").nuclei
QUENCHED = Lindhard(14, 28.1)
PAIR = 3.6e-6
"""Energy of an electron-hole pair in silicon (MeV)."""


def dipole(seen, m_4=0.0, order=32):
    """Events per bin of one neutrino energy on silicon."""
    return Channel(SILICON, 1.0, BEAM, seen, order=order).counts("dipole", "antinu_e", m_4)


def expected(probability, m_4, lowest, cuts=()):
    """The same from the witness; ``probability`` of a recoil energy."""
    return slow.events(probability, ENERGY, SILICON.mass, m_4, SILICON.Z, lowest, cuts)


def recoil(visible):
    """Recoil energy (MeV) of a visible energy (MeV) in silicon, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if witness_own.lindhard(middle, 14, 28.1) < visible else (low, middle)
    return high


@pytest.mark.parametrize(
    ("edges", "noise", "fano", "least"),
    [
        ((15.0, 30.0, 60.0), 2.0, 0.0, 0.0),  # seven and a half widths
        ((15.0, 30.0, 60.0), 2.5, 0.0, PAIR),  # six
        ((15.0, 30.0, 60.0), 5.0, 0.12, PAIR),  # three
        ((30.0, 50.0, 200.0), 20.0, 0.0, 1e-5),
        ((0.0, 100.0, 200.0), 2.0, 0.0, PAIR),
        ((-10.0, 100.0, 200.0), 0.5, 0.12, PAIR),
        ((15.0, 400.0), 0.05, 0.0, 0.0),  # a bin of thousands of widths
    ],
)
@pytest.mark.parametrize("m_4", [0.0, 0.02])
def test_a_gaussian_that_reaches_zero(edges, noise, fano, least, m_4):
    width = ChargeResolution(noise * 1e-6, fano, PAIR)
    seen = Binned(np.array(edges) * 1e-6, QUENCHED, width, minimum_ionisation=least)
    found = dipole(seen, m_4)
    lowest = recoil(least) if least else 1e-14
    for k, (low, high) in enumerate(pairwise(edges)):

        def probability(T, low=low, high=high):
            E = float(witness_own.lindhard(T, 14, 28.1))
            return slow.gaussian(E, low * 1e-6, high * 1e-6, slow.fano_width(E, noise * 1e-6, fano, PAIR))

        steps = [recoil((edge + k * noise) * 1e-6) for edge in (low, high) for k in (-8, -2, 0, 2, 8) if edge + k > 0]
        assert found[k] == pytest.approx(expected(probability, m_4, lowest, steps), rel=1e-8), (low, high)


def test_where_the_least_energy_does_not_matter_none_is_asked_for():
    """Six widths above zero it changes the counts by less than a millionth, whatever it is."""
    edges = np.array([15.0, 30.0, 60.0]) * 1e-6
    free = dipole(Binned(edges, QUENCHED, 2.4e-6))
    for least in (1e-12, 1e-9, 1e-7):
        cut = dipole(Binned(edges, QUENCHED, 2.4e-6, minimum_ionisation=least))
        np.testing.assert_allclose(cut, free, rtol=1e-7)


def test_sharp_bins_from_zero():
    edges = np.array([0.0, 50.0, 100.0]) * 1e-6
    found = dipole(Binned(edges, QUENCHED, minimum_ionisation=PAIR))
    cuts = [recoil(PAIR), *(recoil(edge) for edge in edges[1:])]
    for k in range(2):
        assert found[k] == pytest.approx(expected(lambda T: 1.0 * (T < cuts[k + 1]), 0.0, cuts[k], cuts), rel=1e-9)  # noqa: B023
    # what a mass leaves out below is nothing beside the cut, and the cut is at the energy that one says
    inside = Binned(edges, QUENCHED, minimum_ionisation=PAIR).bins(cuts[0] * np.array([0.999, 1.001]))
    np.testing.assert_array_equal(inside, [[0, 1], [0, 0]])


@pytest.mark.parametrize("smearing", [True, False])
def test_photoelectrons_from_zero(smearing):
    """An acceptance that vanishes at none needs no least energy; one that does not needs it."""
    settings = {"quenching": bent, "light_yield": 2e5, "edges": (0, 1, 3), "smearing": smearing, "maximum_recoil": 1.0}
    for acceptance, least in (((0.0, 0.5, 1.0), 0.0), ((0.3, 0.5, 1.0), 3e-7)):
        seen = Photoelectrons(acceptance=acceptance, minimum_ionisation=least, **settings)
        found = dipole(seen)
        by_n = [
            lambda T, n=n: slow.poisson(2e5 * bent(T), n) if smearing else float(int(2e5 * bent(T)) == n)
            for n in range(3)
        ]
        # E_ee = T/10 + T^2 solved for T
        steps = [np.sqrt(0.0025 + e) - 0.05 for e in (least, 1 / 2e5, 2 / 2e5, 3 / 2e5)]
        lowest = max(float(steps[0]), 1e-13)
        zero, one, two = (expected(p, 0.0, lowest, [*steps, 2e-5, 1e-4, 4e-4, 1e-3]) if p else 0 for p in by_n)
        if acceptance[0]:
            assert found[0] == pytest.approx(acceptance[0] * zero, rel=1e-8)
        else:
            assert found[0] == 0
        assert found[1] == pytest.approx(0.5 * one + two, rel=1e-8)


@pytest.mark.parametrize("threshold", [0.0, 0.01])
def test_gamma_photoelectrons_from_zero(threshold):
    """The first bin reaches over decades of photoelectrons."""
    seen = GammaPhotoelectrons(
        quenching=Polynomial((0.1,)),
        a=7.5e-5,
        b=9560.0,
        edges=(0.0, 4.0, 8.0),
        efficiency=lambda x: 1 - np.exp(-np.asarray(x) / 2),
        threshold=threshold,
    )
    for mean in (1e-9, 1e-3, 0.02, 0.3, 2.0, 6.0):
        T = mean * 7.5e-4
        found = seen.bins(T)
        shape = 1 + 9560.0 * 0.1 * T
        wanted = [slow.exponential_efficiency(mean, shape, 2.0, *b) for b in ((max(threshold, 0.0), 4.0), (4.0, 8.0))]
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-12)
    # half of the mean photoelectrons while they are few: linear in T, so that nothing diverges
    if threshold == 0:
        small = np.array([1e-13, 1e-12])
        np.testing.assert_allclose(seen.bins(small).sum(axis=0) / small, 1 / 7.5e-4 / 2, rtol=1e-4)
    require_least_energy(seen, SILICON)
    coarse, fine = dipole(seen), dipole(seen, order=96)
    np.testing.assert_allclose(coarse, fine, rtol=1e-9)


@pytest.mark.parametrize(
    "seen",
    [
        Binned(np.array([15.0, 30.0]) * 1e-6, QUENCHED, 3e-6),
        Binned(np.array([0.0, 30.0]) * 1e-6, QUENCHED, 3e-6),
        Binned(np.array([0.0, 30.0]) * 1e-6, QUENCHED),
        Binned(np.array([-5.0, 30.0]) * 1e-6, QUENCHED, ChargeResolution(0.0, 0.1, PAIR)),
        Photoelectrons(bent, 1e5, (0, 2), (0.1, 1.0)),
        GammaPhotoelectrons(bent, 7.5e-5, 9560.0, (0.0, 4.0), np.ones_like),
        GammaPhotoelectrons(bent, 7.5e-5, 9560.0, (0.0, 4.0), np.ones_like, smearing=False),
    ],
    ids=repr,
)
def test_recoils_of_no_energy_need_a_least_energy(seen):
    message = "recoils of no energy are seen with a probability of .* minimum_ionisation=3.6e-6"
    with pytest.raises(ValueError, match=message):
        Channel(SILICON, 1.0, BEAM, seen)
    # what binds the electrons says it, too
    ((_, shells),) = targets.compound({"Xe": 1}).electrons
    Channel(shells, 1.0, BEAM, seen)
    with pytest.raises(ValueError, match="recoils of no energy"):
        Channel(shells.free(), 1.0, BEAM, seen)


def test_bound_electrons_in_bins_from_zero():
    """Steps end the 1/T of dipole scattering: no least energy is needed, and one below the steps changes nothing."""
    ((_, shells),) = targets.compound({"Xe": 1}).electrons
    free, cut = (
        Channel(shells, 1.0, BEAM, Binned((0.0, 0.5e-3, 1e-3), resolution=2e-4, minimum_ionisation=least)).counts(
            "dipole", "antinu_e"
        )
        for least in (0.0, 1e-6)
    )
    np.testing.assert_allclose(free, cut, rtol=1e-9)
    by_hand = slow.events(
        lambda T: sum(n for B, n in zip(shells.energies, shells.occupancies, strict=True) if T >= B)
        * slow.gaussian(T, 0.0, 5e-4, 2e-4),
        ENERGY, witness.M_E, 0.0, 1.0, 1e-6, shells.energies,
    )  # fmt: skip
    assert free[0] == pytest.approx(by_hand, rel=1e-7)


def silicon_at_a_reactor(noise, least=0.0, threshold=15.0):
    """Ten kilograms of silicon for a year, as somebody who is new here would write it; energies in eV_ee."""
    target = targets.compound({"Si": 1})
    ((_, atom),) = target.nuclei
    edges = np.linspace(threshold, 300.0, 20) * units.eV
    blur = ChargeResolution(noise * units.eV, 0.12, PAIR)
    channels = experiments.channels(
        target,
        10.0 * 365.0 * units.day,
        reactor.flux(1e13 / units.cm**2 / units.second),
        nuclei=Binned(edges, Lindhard(atom.Z, atom.A), blur, minimum_ionisation=least),
        electrons=Binned(edges, resolution=blur, minimum_ionisation=least),
    )
    flat = np.full(19, 100.0)
    observed = flat + sum(experiments.standard_model(channels).values())
    return experiments.Experiment(
        name="silicon",
        title="Silicon at a reactor",
        axes=(experiments.Axis("energy", "keV_ee", edges / units.keV),),
        quantity="events",
        likelihood=Poisson(observed, {"flat": flat}, (Pull("flat", 0.1, ("flat",)),)),
        channels=channels,
        sources=("invented for a test",),
        projected=True,
    )


def test_silicon_at_a_reactor():
    masses = np.array([0.0, 1e-6, 1e-3, 0.1, 1.0, 3.0])
    for noise, least in ((2.0, 0.0), (2.0, PAIR), (5.0, PAIR), (1.0, 0.0)):
        curve = limits.upper_limit(silicon_at_a_reactor(noise, least), "mu_e", masses)
        assert np.all(np.isfinite(curve)), noise
        assert curve[1] == pytest.approx(curve[0], rel=1e-6)
        assert 1e-11 < curve[0] < 1e-10
        assert curve[-1] > 2 * curve[0]
    with pytest.raises(ValueError, match="recoils of no energy are seen with a probability of 0.0013"):
        silicon_at_a_reactor(5.0)


def test_the_germanium_example_at_any_noise():
    """``threshold / 8`` in place of ``threshold / 10`` was refused."""
    edges = np.linspace(0.2, 2.0, 37) * units.keV
    seen = Binned(edges, Lindhard(32, 72.63), 0.2 / 8 * units.keV)
    ((_, germanium),) = targets.compound({"Ge": 1}).nuclei
    beam = {"antinu_e": Flux((Line(10.0, 1.0),))}
    masses = np.array([0.0, 1.0, 9.0, 9.999, 10.1])
    counts = Channel(germanium, 1.0, beam, seen).counts("dipole", "antinu_e", masses)
    assert np.all(np.isfinite(counts))
    assert np.all(counts[-1] == 0)
    assert np.all(counts[0, :5] > 0)
    sharper = Binned(edges, Lindhard(32, 72.63), 0.2 / 8.1 * units.keV)
    nearly = Channel(germanium, 1.0, beam, sharper).counts("dipole", "antinu_e")
    np.testing.assert_allclose(counts[0, :5], nearly[:5], rtol=0.01)


# ---------------------------------------------------------------------------------------------------------------------
# speed does not cost accuracy


@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (0,), (25_000,)])
def test_any_shape_of_recoils(shape):
    T = np.random.default_rng(1).uniform(1e-4, 0.05, shape)
    curve = ((0.0, 0.004, 0.008, 0.05), (0.1, 0.8, 0.9, 0.2))
    for seen in (
        Binned((0.001, 0.01, 0.02), resolution=1e-3, acceptance=curve),
        Binned((0.001, 0.01, 0.02), resolution=1e-3, efficiency=curve),
        Binned((0.001, 0.01, 0.02), acceptance=curve),
        spread(),
        spread(smearing=False),
        response(),
        ResponseMatrix((0.001, 0.01, 0.06), ((0.1, 0.2), (0.3, 0.3), (0.0, 0.5))),
    ):
        bins = seen.bins(T)
        assert bins.shape == (len(seen.bins(0.01)), *shape)
        for index in list(np.ndindex(shape))[:5]:
            np.testing.assert_allclose(bins[(..., *index)], seen.bins(T[index]), rtol=1e-12, atol=1e-300)


def test_far_from_a_falling_line_nothing_is_negative():
    """The two terms of the integral cancel there to less than nothing."""
    falling = Binned((0.0, 0.01, 0.05), resolution=1e-3, acceptance=((0.0, 0.01, 0.0101, 0.05), (0.0, 1.0, 0.3, 0.0)))
    bins = falling.bins(np.linspace(1e-4, 0.07, 5000))
    assert np.all(bins >= 0)
    assert np.all(bins.sum(axis=0) <= 1)


def line_over_gaussian(curve, low, high, E, width):
    """Integral of a broken line times a Gaussian from ``low`` to ``high``, in 40 digits."""
    with mp.workdps(40):
        total = mp.mpf(0)
        for x0, x1, y0, y1 in zip(curve[0], curve[0][1:], curve[1], curve[1][1:], strict=False):
            a, b = max(low, x0), min(high, x1)
            if a < b:
                slope = (mp.mpf(y1) - mp.mpf(y0)) / (mp.mpf(x1) - mp.mpf(x0))
                cuts = [a, E, b] if a < E < b else [a, b]
                total += mp.quad(lambda x: (y0 + slope * (x - x0)) * mp.npdf(x, E, width), cuts)  # noqa: B023
        return float(total)


@pytest.mark.parametrize("E", [0.5, 1.0, 1.9, 2.9, 4.5, 7.0, 8.5])
def test_far_from_an_energy_the_bins_keep_their_digits(E):
    """On rising and on falling lines, down to probabilities of 1e-13: the terms of the closed form cancel there."""
    curve, width = ((1.0, 2.0, 3.0, 5.0, 8.0), (0.0, 0.3, 0.9, 0.4, 0.0)), 0.25
    seen = Binned((1.0, 1.7, 2.6, 4.2, 6.0, 8.0), resolution=width, acceptance=curve)
    expected = np.array([line_over_gaussian(curve, *pair, E, width) for pair in pairwise(seen.edges)])
    found, visible = seen.bins(E), expected > 1e-13
    assert np.sum(visible) >= 1
    np.testing.assert_allclose(found[visible], expected[visible], rtol=1e-11)
    np.testing.assert_allclose(found, expected, atol=1e-16)


def test_the_upper_end_of_a_gamma_response():
    """It ends where nothing is seen any more, not at the largest recoil."""
    seen = spread(maximum_recoil=10.0)
    low, high = seen.window
    assert high < 10
    assert low == spread().window[0]
    E = float(bent(high))
    shape = 1 + 9560 * E
    assert gamma.cdf(30, shape, scale=E / 7.49e-5 / shape) == pytest.approx(1e-14, rel=1e-6)


# ---------------------------------------------------------------------------------------------------------------------
# quenching of one's own


def test_a_quenching_factor():
    T = np.array([1e-4, 1e-3, 0.01])
    np.testing.assert_allclose(quenching(0.0878)(T), 0.0878 * T, rtol=1e-15)
    np.testing.assert_allclose(quenching(np.float64(1.0))(T), T, rtol=1e-15)


TABLE = """# units: E_r = keV; factor = 1
# source: invented for a test
# status: assumed, no measurement
E_r,factor
1,0.1
3,0.2
10,0.2
"""


def test_a_quenching_table(tmp_path):
    pair = ([1e-3, 3e-3, 0.01], [0.1, 0.2, 0.2])
    path = tmp_path / "quenching.csv"
    path.write_text(TABLE, encoding="utf-8")
    T = np.array([1e-4, 1e-3, 2e-3, 3e-3, 0.005, 0.02])
    for function in (quenching(pair), quenching(tuple(np.array(pair))), quenching(path), quenching(str(path))):
        np.testing.assert_allclose(function(T) / T, [0.1, 0.1, 0.15, 0.2, 0.2, 0.2], rtol=1e-12)
    path.write_text(TABLE.replace("keV", "eV"), encoding="utf-8")
    np.testing.assert_allclose(quenching(path)(1e-3 * T) / T, [1e-4, 1e-4, 1.5e-4, 2e-4, 2e-4, 2e-4], rtol=1e-12)


def test_a_quenching_function_passes_as_it_is():
    assert quenching(bent) is bent
    lindhard = Lindhard(14, 28.1)
    assert quenching(lindhard) is lindhard


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (0.0, "a quenching factor lies between 0 and 1, not at 0"),
        (8.78, "a quenching factor lies between 0 and 1, not at 8.78"),
        (float("nan"), "not at nan"),
        (([1e-3, 2e-3], [0.1]), "two or more energies"),
        (([2e-3, 1e-3], [0.1, 0.2]), "finite, increasing and not negative"),
        (([1e-3, 2e-3], [0.1, -0.2]), "quenching factors lie between 0 and 1, not -0.2 to 0.1"),
        (([1e-3, 2e-3], [0.1, float("nan")]), "quenching factors lie between 0 and 1"),
        (([1e-3, 2e-3, 3e-3], [0.1, 0.5, 0.2]), "must increase .* it falls between 0.002 and 0.003"),
        # between two points the visible energy rises first and falls at the end
        (([1e-3, 3e-3], [0.5, 0.2]), "it falls between 0.001 and 0.003"),
        (lambda E: 0.2 + 0 * np.asarray(E), "gives the visible energy .* not 0.2 MeV at"),
        (lambda E: np.asarray(E) - 9 * np.asarray(E) ** 2, "must increase with the recoil energy up to 0.06 MeV"),
        (lambda E: 0 * np.asarray(E), "must increase"),
        (lambda E: np.asarray(E) * np.nan, "not nan MeV"),
        (lambda E: 0.1, "one visible energy for each recoil energy"),
        (None, "a number, a pair .* not None"),
        ([0.1, 0.2, 0.3], "a number, a pair"),
    ],
)
def test_impossible_quenchings_are_refused(what, message):
    with pytest.raises(ValueError, match=message):
        quenching(what)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("E_r = keV", "E_r = m", "the columns E_r, in eV, keV or MeV, and factor"),
        ("factor = 1", "factor = keV", "the columns E_r, in eV, keV or MeV, and factor"),
        ("3,0.2", "3,-0.2", "quenching.csv: quenching factors lie between 0 and 1"),
    ],
)
def test_impossible_tables_are_refused_by_name(tmp_path, old, new, message):
    path = tmp_path / "quenching.csv"
    path.write_text(TABLE.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        quenching(path)


def test_charge_resolution():
    E = np.array([0.0, 1e-4, 1e-2])
    for noise, fano, pair in ((6.85e-5, 0.105, 2.96e-6), (2e-6, 0.0, 0.0), (0.0, 0.1, 3.6e-6)):
        wanted = [slow.fano_width(e, noise, fano, pair or 1.0) for e in E]
        np.testing.assert_allclose(ChargeResolution(noise, fano, pair)(E), wanted, rtol=1e-12)
    for values in ((0.0,), (-1.0,), (1e-6, float("nan")), (0.0, 0.1, 0.0)):
        with pytest.raises(ValueError, match="a resolution needs a positive noise"):
            ChargeResolution(*values)


# ---------------------------------------------------------------------------------------------------------------------
# a matrix


MATRIX = ((0.0, 0.0), (0.2, 0.0), (0.5, 0.3), (0.1, 0.8), (0.0, 0.0), (0.0, 0.0))
POINTS = (0.5e-3, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3)


def test_a_matrix_is_linear_between_its_energies():
    seen = ResponseMatrix(np.array(POINTS), np.array(MATRIX))
    T = np.array([1e-4, 0.5e-3, 0.75e-3, 1e-3, 1.25e-3, 3.5e-3, 4.5e-3, 6e-3])
    np.testing.assert_allclose(
        seen.bins(T), [[0, 0, 0.1, 0.2, 0.275, 0.05, 0, 0], [0, 0, 0, 0, 0.075, 0.4, 0, 0]], rtol=1e-12, atol=1e-16
    )
    assert seen.window == (0.5e-3, 4e-3)
    assert seen.breakpoints == POINTS
    # what begins with a jump begins there, and nothing is assumed below or above
    jump = ResponseMatrix((1e-3, 2e-3), ((0.5,), (0.7,)))
    assert jump.window == (1e-3, 2e-3)
    np.testing.assert_allclose(jump.bins(np.array([0.999e-3, 1e-3, 2e-3, 2.001e-3])), [[0, 0.5, 0.7, 0]], rtol=1e-12)


@pytest.mark.parametrize("m_4", [0.0, 0.3])
def test_events_behind_a_matrix(m_4):
    found = dipole(ResponseMatrix(POINTS, MATRIX), m_4)
    for k in range(2):
        wanted = expected(lambda T: np.interp(T, POINTS, [row[k] for row in MATRIX]), m_4, 0.5e-3, POINTS)  # noqa: B023
        assert found[k] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("energies", "matrix", "message"),
    [
        ((1.0,), ((0.1,),), "two or more energies and a row of bins for each"),
        ((1.0, 2.0), ((0.1,),), "two or more energies and a row of bins for each"),
        ((1.0, 2.0), (0.1, 0.2), "two or more energies and a row of bins for each"),
        ((0.0, 2.0), ((0.1,), (0.2,)), "positive, finite and increasing"),
        ((2.0, 1.0), ((0.1,), (0.2,)), "positive, finite and increasing"),
        ((1.0, 2.0), ((0.1,), (-0.2,)), "not as at 2 MeV"),
        ((1.0, 2.0), ((float("nan"),), (0.2,)), "not as at 1 MeV"),
        ((1.0, 2.0), ((0.6, 0.6), (0.2, 0.2)), "add up to 1 at most, not as at 1 MeV"),
        ((1.0, 2.0), ((0.0,), (0.0,)), "no bin of the response matrix is ever reached"),
    ],
)
def test_impossible_matrices_are_refused(energies, matrix, message):
    with pytest.raises(ValueError, match=message):
        ResponseMatrix(energies, matrix)


# ---------------------------------------------------------------------------------------------------------------------
# values


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Binned((0.0, float("nan"))), "bin edges must increase; there are two or more, and all finite"),
        (lambda: Binned((0.0, float("inf"))), "bin edges must increase"),
        (lambda: Binned((1.0,)), "bin edges must increase"),
        (lambda: Binned((-2.0, -1.0)), "the last bin edge must be positive"),
        (lambda: Binned((0.0, 1.0), resolution=float("nan")), "a positive width"),
        (lambda: Binned((0.0, 1.0), resolution=float("inf")), "a positive width"),
        (lambda: Binned((0.0, 1.0), efficiency=((0.0, 1.0), (0.0, float("nan")))), "not negative in every point"),
        (lambda: Binned((0.0, 1.0), acceptance=((0.0, 1.0), (0.0, -1.0))), "not negative in every point"),
        (lambda: Binned((0.0, 1.0), acceptance=((0.0, float("nan")), (0.0, 1.0))), "increasing energies"),
        (lambda: Binned((0.0, 1.0), minimum_ionisation=-1.0), "finite and not negative, not -1.0 MeV"),
        (lambda: response(minimum_ionisation=float("nan")), "finite and not negative, not nan MeV"),
        (lambda: response(light_yield=0.0), "a light yield is positive"),
        (lambda: response(edges=(-1, 2), acceptance=(1.0, 1.0, 1.0)), "must increase and not be negative"),
        (lambda: spread(minimum_ionisation=float("inf")), "finite and not negative"),
        (lambda: spread(edges=(-1.0, 8.0), threshold=-1.0), "threshold in photoelectrons must not be negative"),
        (lambda: spread(edges=(0.0, float("nan"))), "bin edges must increase"),
    ],
)
def test_impossible_numbers_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_responses_pickle_and_say_what_they_are():
    T = np.geomspace(1e-4, 0.05, 30)
    table = FactorTable((1e-3, 1e-2), (0.1, 0.2))
    for seen in (
        Binned((1e-3, 2e-3), table, ChargeResolution(1e-4, 0.1, PAIR), minimum_ionisation=PAIR),
        Binned((1e-3, 2e-3), Lindhard(14, 28.1), 1e-4),
        response(quenching=Polynomial((0.1, 1.0))),
        spread(),
        ResponseMatrix(POINTS, MATRIX),
        *(experiments.load(name).channels[0].response for name in experiments.names()),
        experiments.load("coherent-csi", quenching="2017").channels[0].response,
    ):
        before, window = seen.bins(T), seen.window
        for again in (pickle.loads(pickle.dumps(seen)), copy.deepcopy(seen)):
            np.testing.assert_array_equal(again.bins(T), before)
            assert again.window == window
            assert again.breakpoints == seen.breakpoints
        assert "\n" not in repr(seen)
        assert len(repr(seen)) < 160
    assert repr(response()) == "Photoelectrons(3 bins from 3 to 10 PE, quenching bent)"
    assert repr(Binned((1e-3, 0.03))) == "Binned(1 bin from 1 to 30 keV, quenching identity)"
    assert repr(ResponseMatrix(POINTS, MATRIX)) == "ResponseMatrix(2 bins at 6 energies, 0.0005 to 0.005 MeV)"


@pytest.mark.parametrize("E", [1e-3, 2e-3, 3e-3])
def test_a_gaussian_without_a_width_on_an_edge_lies_half_in_each_bin(E):
    edges = (1e-3, 2e-3, 3e-3)
    seen = Binned(edges, quenching=identity, resolution=lambda E: 0 * E)
    wanted = [0.5 * ((low == E) + (high == E)) for low, high in pairwise(edges)]
    np.testing.assert_allclose(seen.bins([E, 1e-6])[:, 0], wanted, atol=1e-12)
