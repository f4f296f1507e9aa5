"""Solar neutrinos: spectra, conversion, moments, against integrals that share no code."""

import numpy as np
import pytest
import witness_sun
from scipy.integrate import quad

from companion import units
from companion.couplings import Mixing
from companion.data import table
from companion.fluxes import Continuum, Flux, Tabulated, solar
from companion.units import M_E

ANGLES, PHASES = Mixing().angles, Mixing().phases
TO_CM2 = units.cm**2 * units.second


@pytest.fixture(scope="module")
def fluxes():
    return solar.fluxes(ANGLES, PHASES)


# ---------------------------------------------------------------------------------------------------------------------
# spectra


@pytest.mark.parametrize(("Z", "A"), [(1, 2), (2, 4), (6, 13), (8, 17)])
def test_fermi_function(Z, A):
    T = np.geomspace(1e-5, 20, 40)
    np.testing.assert_allclose(solar.fermi_function(T + M_E, Z, A), witness_sun.fermi(T, Z, A), rtol=1e-9)


def test_no_repulsion_without_charge():
    np.testing.assert_allclose(solar.fermi_function(np.array([0.6, 2.0]), 0, 1), 1, rtol=1e-12)


@pytest.mark.parametrize("source", list(solar.DAUGHTERS))
def test_beta_spectra(source):
    E = np.linspace(0.01, 0.999, 60) * witness_sun.BETA[source][0]
    spectrum = solar.spectrum(source)
    np.testing.assert_allclose(spectrum.density(E), witness_sun.shape(source, E), rtol=1e-7)
    assert spectrum.density(np.array([0.0, spectrum.knots[-1], spectrum.knots[-1] + 1])).tolist() == [0, 0, 0]


@pytest.mark.parametrize("source", list(solar.DAUGHTERS))
def test_spectra_are_those_of_the_tables(source):
    """Reproduction: a thousandth of the peak; the tables have other screening, radii and thermal corrections."""
    rows = table(f"solar/spectrum_{solar.TABLES[source]}")
    found = solar.spectrum(source).density(rows["E_nu"])
    assert np.max(np.abs(found - rows["spectrum"])) < 1e-3 * np.max(rows["spectrum"])


@pytest.mark.parametrize("source", list(solar.TABLES))
def test_tabulated_spectra_are_normalised(source):
    spectrum = solar.tabulated_spectrum(source)
    assert spectrum.moments(np.asarray(0.0))[0] == pytest.approx(1, rel=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# conversion


@pytest.mark.parametrize("source", ["pp", "7Be", "8B", "hep"])
def test_adiabatic_conversion(source):
    E = np.array([0.1, 0.86, 5.0, 15.0])
    found = solar.adiabatic_probabilities(source, E, ANGLES, 7.5e-5)
    np.testing.assert_allclose(found[0], [witness_sun.adiabatic(source, e) for e in E], rtol=1e-7)
    np.testing.assert_allclose(found.sum(axis=0), 1, rtol=1e-14)
    np.testing.assert_allclose(found[2], 0.022, rtol=1e-12)


def test_conversion_agrees_with_the_table():
    rows = table("solar/mass_eigenstate_probabilities")
    for source in set(rows["source"]) - {"vacuum"}:
        k = rows["source"] == source
        printed = np.stack([rows[f"P_e{i}"][k] for i in (1, 2, 3)])
        found = solar.adiabatic_probabilities(source, rows["E_nu"][k], ANGLES, 7.5e-5)
        np.testing.assert_allclose(found, printed, atol=5e-4)
        np.testing.assert_array_equal(solar.tabulated_probabilities(source, rows["E_nu"][k]), printed)
        np.testing.assert_allclose(printed.sum(axis=0), 1, atol=1.5e-4)


def test_low_energies_oscillate_as_in_vacuum():
    vacuum = np.array([0.682 * 0.978, 0.318 * 0.978, 0.022])
    np.testing.assert_allclose(solar.adiabatic_probabilities("pp", 1e-6, ANGLES, 7.5e-5), vacuum, rtol=1e-5)
    np.testing.assert_allclose(solar.tabulated_probabilities("pp", 0.0), vacuum, atol=1e-4)


# ---------------------------------------------------------------------------------------------------------------------
# fluxes and their moments


@pytest.mark.parametrize("state", ["e", "mu", "3"])
def test_moments(fluxes, state):
    E_min = np.array([0.006, 0.03, 0.15, 0.35, 0.42, 0.7, 1.3, 3.0, 12.0, 18.0])
    found = fluxes[f"nu_{state}"].moments(E_min) * TO_CM2
    for n in range(3):
        for start, value in zip(E_min, found[n], strict=True):
            expected = sum(
                witness_sun.above(state, source, start, lambda E, n=n: E**-n) for source in (*witness_sun.BETA, "8B")
            ) + sum(
                intensity * float(witness_sun.arrives(state, source, E)) * E**-n
                for source, E, intensity in witness_sun.LINES
                if E >= start
            )
            assert value == pytest.approx(expected, rel=1e-6)


def test_flavours_and_eigenstates_are_the_same_neutrinos(fluxes):
    E_min = np.geomspace(1e-3, 18, 30)
    flavours = sum(fluxes[f"nu_{f}"].moments(E_min) for f in ("e", "mu", "tau"))
    np.testing.assert_allclose(sum(fluxes[f"nu_{i}"].moments(E_min) for i in (1, 2, 3)), flavours, rtol=1e-10)
    total = sum(table("solar/fluxes")["GS98"])
    assert flavours[0, 0] * TO_CM2 == pytest.approx(total, rel=2e-4)


def test_the_sum_keeps_the_ends_of_its_parts(fluxes):
    (continuum,) = fluxes["nu_e"].continua
    assert set(witness_sun.BETA[s][0] for s in witness_sun.BETA) < set(continuum.ends)
    assert {0.8618, 0.3843, 1.442, 0.42341} < set(fluxes["nu_e"].breakpoints)


def test_tabulated_moments_are_those_of_the_parts():
    parts = (Continuum(np.cos, (0.2, 0.7, 1.5), 12), Continuum(np.exp, (0.5, 1.0, 2.0), 12))
    both = Tabulated.of(parts, 10)
    E_min = np.linspace(0.0, 2.1, 50)
    np.testing.assert_allclose(both.moments(E_min), sum(part.moments(E_min) for part in parts), rtol=1e-6)
    end = 2.0 * (1 - np.geomspace(1e-12, 1e-3, 10))
    np.testing.assert_allclose(both.moments(end)[0] / (2.0 - end), np.exp((2.0 + end) / 2), rtol=1e-3)
    np.testing.assert_allclose((3 * Flux(continua=(both,))).moments(E_min), 3 * both.moments(E_min), rtol=1e-12)
    assert both.moments(np.array([2.0, 5.0])).tolist() == [[0, 0]] * 3
    assert both.moments(np.array(0.3))[0] == pytest.approx(
        quad(np.cos, 0.3, 1.5, epsabs=0)[0] + quad(np.exp, 0.5, 2.0, epsabs=0)[0], rel=1e-9
    )


def test_options(fluxes):
    low = solar.fluxes(ANGLES, PHASES, model="AGSS09")
    assert low["nu_1"].moments(3.0)[0] < 0.9 * fluxes["nu_1"].moments(3.0)[0]
    for options in ({"spectra": "table"}, {"splitting": 7.5e-5}):
        other = solar.fluxes(ANGLES, PHASES, **options)
        np.testing.assert_allclose(other["nu_mu"].moments([0.05, 0.2]), fluxes["nu_mu"].moments([0.05, 0.2]), rtol=2e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solar.spectrum("8B"), "no beta decay '8B'"),
        (lambda: solar.tabulated_spectrum("7Be"), "no tabulated spectrum '7Be'"),
        (lambda: solar.normalisation("CNO"), "no solar source 'CNO'"),
        (lambda: solar.fluxes(ANGLES, PHASES, model="B23"), "no solar model 'B23'; there are GS98, AGSS09"),
        (lambda: solar.fluxes(ANGLES, PHASES, spectra="x"), "no spectra 'x'; there are computed, table"),
    ],
)
def test_unknown_names_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_tables():
    assert table("solar/be7_lines")["fraction"].sum() == pytest.approx(1, abs=1e-12)
    profile = table("solar/production_profile")
    for source in (*solar.TABLES, "7Be", "pep"):
        assert profile[source].sum() == pytest.approx(1, abs=1e-3)
    assert np.all(np.diff(profile["n_e"]) < 0)
