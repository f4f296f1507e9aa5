"""Units and constants, against numbers typed from the tables and relations between them."""

import re
from math import pi

import pytest
import witness

from companion import units


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", 1 / 137.035999),
        ("m_e", 0.51099895),
        ("m_mu", 105.6583755),
        ("tau_mu", 2.1969811e-6),
        ("m_pi", 139.57039),
        ("u", 931.494102),
        ("hbar c", 197.3269804),
        ("hbar", 6.582119569e-22),
        ("N_A", 6.02214076e23),
        ("G_F", 1.1663787e-5 * 1e-6),
        ("sin2 theta_W", 0.2312),
    ],
)
def test_constants(name, value):
    constant = units.CONSTANTS[name]
    assert constant.value == pytest.approx(value, rel=1e-8, abs=0)
    assert constant.name == name
    assert constant.unit
    assert constant.source


def test_every_constant_is_checked_above():
    (parameters,) = [mark.args[1] for mark in test_constants.pytestmark if mark.name == "parametrize"]
    assert {name for name, _ in parameters} == set(units.CONSTANTS)


def test_short_names_hold_the_constants():
    values = {name: constant.value for name, constant in units.CONSTANTS.items()}
    short = (units.ALPHA, units.G_F, units.M_E, units.M_MU, units.M_PI, units.SIN2_THETA_W, units.N_A, units.u)
    assert short == tuple(values[k] for k in ("alpha", "G_F", "m_e", "m_mu", "m_pi", "sin2 theta_W", "N_A", "u"))


def test_the_muon_lives_as_long_as_fermi_says():
    """At tree level; the mass of the electron and radiation make up half a percent."""
    fermi = 192 * pi**3 / (units.G_F**2 * units.M_MU**5)
    assert fermi == pytest.approx(units.TAU_MU, rel=5e-3, abs=0)


def test_powers_of_ten():
    assert (units.GeV, units.MeV) == (1000.0, 1.0)
    assert units.keV == pytest.approx(1e-3)
    assert units.eV == pytest.approx(1e-6)
    assert units.m == pytest.approx(100 * units.cm, rel=1e-14, abs=0)
    assert units.cm == pytest.approx(1e13 * units.fm, rel=1e-14, abs=0)
    assert units.barn == pytest.approx(1e-24 * units.cm**2, rel=1e-14, abs=0)
    assert units.second == pytest.approx(1e6 * units.microsecond, rel=1e-14, abs=0)
    assert units.day == pytest.approx(24 * 60 * 60 * units.second, rel=1e-14, abs=0)
    assert units.year == pytest.approx(365.25 * units.day, rel=1e-14, abs=0)


def test_hbar_c_is_one():
    assert units.fm * units.MeV == pytest.approx(1 / 197.3269804, rel=1e-9, abs=0)


def test_light_runs_a_light_second_in_a_second():
    # ties hbar to hbar c
    assert units.second / units.m == pytest.approx(299792458, rel=1e-8, abs=0)


def test_a_kilogram_from_mass_energy_equivalence():
    # m c^2 / e, without the mole
    assert units.kg == pytest.approx(299792458**2 / 1.602176634e-19 * 1e-6, rel=1e-8, abs=0)


def test_dipole_prefactor_is_the_area_of_the_classical_electron():
    assert units.DIPOLE / units.cm**2 == pytest.approx(pi * 2.8179403e-13**2, rel=1e-7, abs=0)
    assert units.DIPOLE == pytest.approx(pi * witness.CLASSICAL_ELECTRON_RADIUS**2, rel=1e-8, abs=0)
    bohr_magneton_squared = (4 * pi * witness.ALPHA) / (2 * witness.M_E) ** 2  # (e/2m)^2
    assert units.DIPOLE == pytest.approx(witness.ALPHA * bohr_magneton_squared, rel=1e-8, abs=0)


def test_thomson_cross_section_comes_out_in_barn():
    assert 8 / 3 * units.DIPOLE / units.barn == pytest.approx(0.66524587, rel=1e-7, abs=0)


# ---------------------------------------------------------------------------------------------------------------------
# units of tables


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("keV", "MeV", 1e-3),
        ("keV_ee", "MeV_ee", 1e-3),
        ("1/keV", "1/MeV", 1e3),
        ("1/(kg d keV)", "1/(kg d MeV)", 1e3),
        ("1/(kg d MeV)", "1/(t y keV)", 1e3 * 365.25 / 1e3),
        ("counts/kg/day/keV", "events / (t yr keV)", 1e3 * 365.25),
        ("events kg^-1 d^-1 keV**-1", "1/(kg*d*keV)", 1.0),
        ("cm^-2 s^-1", "1/(m^2 d)", 1e4 * 86400),
        ("barn", "cm^2", 1e-24),
        ("fm^2", "mb", 10.0),
        ("%", "1", 0.01),
        ("%/MeV", "1/keV", 1e-5),
        ("1e-3/MeV", "1/GeV", 1.0),
        ("sqrt(keV)", "sqrt(MeV)", 10**-1.5),
        ("sqrt(cm^2 keV)", "m sqrt(eV)", 1e-2 * 10**1.5),
        ("pi", "deg", 180.0),
        ("rad", "1", 1.0),
        ("MCi", "1/s", 3.7e16),
        ("N_A/cm^3", "mol/m^3", 1e6),
        ("u", "kg", 1.66053906892e-27),
        ("\u00b5s", "ns", 1e3),
        ("\u03bcs", "ns", 1e3),
        ("us", "min", 1e-6 / 60),
        ("protons/y", "1/h", 1 / (365.25 * 24)),
        ("PE/keV_ee", "PE/MeV_ee", 1e3),
        ("neutrinos per flavour and proton", "neutrinos per  flavour and proton", 1.0),
        (r"$\mu_B$", r"$\mu_B$", 1.0),
    ],
)
def test_units_convert(given, wanted, factor):
    assert units.conversion(given, wanted) == pytest.approx(factor, rel=1e-12, abs=0)
    assert units.conversion(wanted, given) == pytest.approx(1 / factor, rel=1e-12, abs=0)


def test_the_same_unit_changes_nothing():
    for unit in ("keV", "1/(t y keV)", "sqrt(keV_ee)", "as it likes", "1/kg d"):
        assert units.conversion(unit, unit) == 1.0


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("keV", "keV_ee"), ("keV_nr", "keV_ee"), ("keV", "kev"), ("keV", "1/keV"), ("keV", "keV^2"), ("MeV", "1/fm"),
        ("kg", "MeV"), ("PE", "1"), ("PE", "keV_ee"), ("mu_B", "1/GeV"), ("counts", "keV"),
        ("1/(kg d)", "1/(kg d keV)"),
        ("cm^-2 s^-1", "cm^-2"), ("R_sun", "m"), (r"$\mu_B$", "mu_B"), ("keV^1.5", "keV"), ("counts/keV", "counts"),
    ],
)  # fmt: skip
def test_other_units_are_refused(given, wanted):
    for one, other in ((given, wanted), (wanted, given)):
        with pytest.raises(ValueError, match=re.escape(f"{one!r} cannot be converted to {other!r}")):
            units.conversion(one, other)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("1/kg d", "the unit '1/kg d' can be read in two ways; put brackets, as in 1/(kg d)"),
        ("1/kg*d", "can be read in two ways"),
        ("1/(kg d", "the unit '1/(kg d' breaks off"),
        ("1/", "the unit '1/' breaks off"),
        ("", "the unit '' breaks off"),
        ("kg)", "the unit 'kg)' has a bracket too many"),
        ("/kg", "the unit '/kg' is no product or quotient of units"),
        ("kg ^2^2", "the unit 'kg ^2^2' is no product or quotient of units"),
    ],
)
def test_units_that_cannot_be_read_are_refused(unit, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        units.conversion(unit, "1/(kg d keV)")
