"""XENON1T against a slow second implementation, its regions, and what follows from Eq. (5)."""

from dataclasses import replace

import numpy as np
import pytest
import witness_sun

from companion import experiments, limits, systematics
from companion.couplings import Mixing
from companion.data import table
from companion.fluxes import solar

S_W2 = 0.2312


@pytest.fixture(scope="module")
def xenon():
    return experiments.load("xenon1t")


def in_flavours(xenon):
    """Its channel with the same neutrinos by flavour."""
    (channel,) = xenon.channels
    mixing = Mixing()
    fluxes = solar.fluxes(mixing.angles, mixing.phases)
    return replace(channel, fluxes={species: fluxes[species] for species in ("nu_e", "nu_mu", "nu_tau")})


@pytest.mark.parametrize("m", [0.0, 0.01, 0.1, 0.4])
def test_dipole_counts(xenon, m):
    expected = witness_sun.counts("mu", m)
    assert np.all(expected > 0)
    np.testing.assert_allclose(xenon.dipole("mu", m), expected, rtol=1e-4)


def test_dipole_counts_of_an_eigenstate(xenon):
    np.testing.assert_allclose(xenon.dipole("2", 0.05), witness_sun.counts("2", 0.05), rtol=1e-4)


@pytest.mark.parametrize(("state", "left"), [("e", 0.5 + S_W2), ("mu", -0.5 + S_W2)])
def test_standard_model_counts(xenon, state, left):
    found = in_flavours(xenon).counts("electron", f"nu_{state}")
    np.testing.assert_allclose(found, witness_sun.counts(state, process="electron", couplings=(left, S_W2)), rtol=1e-4)


def test_no_standard_model_beside_the_background_which_is_mostly_something_else(xenon):
    np.testing.assert_array_equal(xenon.standard_model(), np.zeros(29))
    channel = in_flavours(xenon)
    weak = sum(channel.counts("electron", f"nu_{f}") for f in ("e", "mu", "tau"))
    assert np.all(weak < 0.15 * xenon.backgrounds["B0"])


@pytest.mark.parametrize(
    ("options", "slow"),
    [
        ({}, {}),
        ({"efficiency_scales": "all"}, {"a_1_scales_background": True}),
        ({"background_model": "B0_second"}, {"background": "B0_second"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("value", [0.0, 5e-11])
def test_chi_square(options, slow, value):
    loaded = experiments.load("xenon1t", **options)
    expected = witness_sun.chi_square(value**2 * loaded.dipole("mu", 0.01), **slow)
    assert loaded.chi2("mu_mu", value, 0.01) == pytest.approx(expected, rel=1e-10)


def test_sources_are_the_tables_that_are_read(xenon):
    every = ("xenon/xenon1t_efficiency", "atomic/binding", "oscillation/parameters", "nuclear/isotopes")
    conversion = table("solar/mass_eigenstate_probabilities").source
    for options, read in (
        ({}, "solar/mass_eigenstate_probabilities"),
        ({"conversion": "computed"}, "solar/production_profile"),
        ({"spectra": "table"}, "solar/spectrum_pp"),
    ):
        sources = experiments.load("xenon1t", **options).sources
        assert {table(name).source for name in (*every, read)} <= set(sources)
        assert (conversion in sources) == ("conversion" not in options)
    assert table("solar/be7_lines").source in xenon.sources


def test_data(xenon):
    rows = table("xenon/xenon1t_spectrum")
    np.testing.assert_allclose(xenon.observed, rows["counts"], rtol=1e-7)
    np.testing.assert_allclose(xenon.likelihood.sigma**2, rows["counts"], rtol=1e-6)
    assert rows["counts"][:6].sum() == 285
    assert rows["counts"].sum() == 1261


@pytest.mark.parametrize("m", [0.0, 0.01, 0.3, 2.0])
def test_flavours_and_eigenstates_make_the_same_events(xenon, m):
    flavours = sum(xenon.dipole(state, m) for state in ("e", "mu", "tau"))
    np.testing.assert_allclose(sum(xenon.dipole(state, m) for state in "123"), flavours, rtol=1e-9)


def test_transition_moments_follow_eq_5(xenon):
    assert xenon.states == ("1", "2", "3")
    for i in "123":
        np.testing.assert_array_equal(xenon.template(f"lambda_{i}4", [0.01, 0.3]), xenon.dipole(i, [0.01, 0.3]))
    with pytest.raises(ValueError, match="no coupling 'lambda_15'"):
        xenon.template("lambda_15", 0.01)


def test_the_order_of_integration_does_not_matter(xenon):
    masses = np.array([0.0, 0.01, 0.1, 0.3, 0.7])
    for options in ({}, {"efficiency_at": "reconstructed"}, {"efficiency_at": "none"}, {"smearing": False}):
        coarse, fine = (experiments.load("xenon1t", order=order, **options) for order in (4, 10))
        np.testing.assert_allclose(coarse.dipole("mu", masses), fine.dipole("mu", masses), rtol=1e-6)


def test_steps(xenon):
    free = experiments.load("xenon1t", binding="free")
    change = xenon.dipole("mu", 0.01) / free.dipole("mu", 0.01) - 1
    assert np.all(change[:3] < -0.18)
    # above the L shells only the two K electrons are missing
    np.testing.assert_allclose(change[12:24], -2 / 54, rtol=1e-3)


def test_an_ordinary_magnetic_moment_is_that_of_the_collaboration():
    """Massless and for all flavours: 1.4e-11 to 2.9e-11 in print, to its two digits, with a_1 on everything."""
    fit = experiments.load("xenon1t", efficiency_scales="all")
    mu = np.linspace(0, 5e-11, 5001)
    chi2 = fit.likelihood.chi2(mu[:, None] ** 2 * sum(fit.dipole(state, 0.0) for state in ("e", "mu", "tau")))
    inside = mu[chi2 < chi2.min() + 2.706]
    parameters = table("xenon/xenon1t_parameters")
    assert inside.min() == pytest.approx(parameters.value("mu_nu_low"), abs=0.05e-11)
    assert inside.max() == pytest.approx(parameters.value("mu_nu_high"), abs=0.05e-11)


# ---------------------------------------------------------------------------------------------------------------------
# regions


MASSES = np.concatenate([np.geomspace(1e-3, 0.1, 15, endpoint=False), np.linspace(0.1, 0.3, 41)])


@pytest.fixture(scope="module")
def contour(xenon):
    return limits.contour(xenon, "mu_mu", MASSES)


def test_contour_against_a_grid(xenon, contour):
    mu = np.linspace(0, 1.2e-10, 2401)
    chi2 = xenon.chi2("mu_mu", mu[:, None], MASSES)
    assert contour.chi2 <= chi2.min()
    assert contour.chi2 == pytest.approx(chi2.min(), abs=1e-3)
    inside = chi2 <= contour.chi2 + 4.605170186
    for k in range(len(MASSES)):
        if not inside[:, k].any():
            assert np.isnan(contour.low[k])
            assert np.isnan(contour.high[k])
        else:
            assert contour.low[k] == pytest.approx(mu[inside[:, k]].min(), abs=6e-14)
            assert contour.high[k] == pytest.approx(mu[inside[:, k]].max(), abs=6e-14)


def test_the_ends_of_a_region(xenon, contour):
    ((start, end),) = contour.spans
    assert start == MASSES[0]
    assert limits.best_fit(xenon, "mu_mu", end).chi2 == pytest.approx(contour.chi2 + 4.605170186, abs=1e-6)
    ((start, end),) = limits.excess(xenon, "mu_mu", MASSES)
    assert limits.interval(xenon, "mu_mu", end * 0.9999)[0] > 0
    assert limits.interval(xenon, "mu_mu", end * 1.0001)[0] == 0
    assert limits.excess(xenon, "mu_mu", MASSES, confidence=0.999) == ()


def test_a_contour_needs_masses(xenon):
    for masses in (0.1, [0.1, 0.2], [0.3, 0.2, 0.1]):
        with pytest.raises(ValueError, match="three or more increasing masses"):
            limits.contour(xenon, "mu_mu", masses)


def test_what_choices_do(xenon):
    rows = systematics.interval_choices("xenon1t", "mu_mu", 0.01)
    assert len(rows) == 1 + len(xenon.choices)
    assert rows[0].allowed == systematics.allowed(xenon, "mu_mu", 0.01)
    for row in rows:
        other = experiments.load("xenon1t", **row.choice.options)
        low, high = limits.interval(other, "mu_mu", 0.01, dof=row.choice.dof)
        assert (row.allowed.low, row.allowed.high) == (low, high)
        assert row.allowed.low < row.allowed.best < row.allowed.high
        assert row.allowed.chi2_zero > row.allowed.chi2_best


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"efficiency_at": "nowhere"}, "'efficiency_at' is one of true, reconstructed, none, not 'nowhere'"),
        ({"background_model": "B0_third"}, "'background_model' is one of B0, B0_second"),
        ({"efficiency_scales": "x"}, "'efficiency_scales' is one of"),
        ({"conversion": "x"}, "'conversion' is one of computed, table"),
        ({"binding": "x"}, "'binding' is one of xraydb, xraylib, rrpa, free, not 'x'"),
    ],
)
def test_impossible_choices_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        experiments.load("xenon1t", **options)
