"""Argon: COHERENT-LAr and CENNS-750 against a slow second implementation and the data release."""

import numpy as np
import pytest
import witness
import witness_lar

from companion import data, experiments, limits
from companion.experiments import coherent_lar

MASSES = (0.0, 0.01, 5.0, 20.0, 45.0)


@pytest.fixture(scope="module")
def lar():
    return experiments.load("coherent-lar")


@pytest.fixture(scope="module")
def cenns():
    return experiments.load("cenns-750")


def agree(found, expected):
    """Convergence class of binned counts: 1e-4, and 1e-6 of the largest bin where there is next to nothing."""
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * np.max(expected))


# ---------------------------------------------------------------------------------------------------------------------
# the counts


@pytest.mark.parametrize("species", witness_lar.SPECIES)
def test_standard_model_by_species(lar, species):
    expected = witness_lar.counts("cevns", species)
    assert np.sum(expected) > 20
    agree(lar.standard_model(species), expected)


@pytest.mark.parametrize("m", MASSES)
@pytest.mark.parametrize("flavour", ["e", "mu"])
def test_dipole_counts(lar, flavour, m):
    expected = sum(witness_lar.counts("dipole", species, m) for species in witness_lar.FLAVOURS[flavour])
    assert np.max(expected) > 0
    agree(lar.dipole(flavour, m), expected)


@pytest.mark.parametrize("m", [0.05, 20.0, 50.0])
def test_interference_counts(lar, m):
    expected = sum(witness_lar.counts("interference", species, m) for species in witness_lar.FLAVOURS["mu"])
    assert np.all(expected >= 0)
    agree(lar.interference("mu", m), expected)


def test_interference_needs_a_mass_and_a_beam(lar):
    np.testing.assert_array_equal(lar.interference("mu", [0.0, 60.0]), 0)
    np.testing.assert_array_equal(lar.interference("tau", 1.0), 0)
    with pytest.raises(ValueError, match="no state 'x'; there are e, mu, tau"):
        lar.interference("x", 1.0)


OPTIONS = [
    ({"form_factor": "klein-nystrand"}, {"model": "klein-nystrand"}),
    ({"proton_radius": "charge"}, {"model": "helm, charge radius"}),
    ({"form_factor": "point"}, {"model": "none"}),
    *[({"quenching": name}, {"quenching": name}) for name in witness_lar.QUENCHING if name != "nominal"],
    ({"smearing": False}, {"smearing": False}),
    ({"late_neutrinos_lost": True}, {"delayed": witness_lar.in_time()}),
    ({"neutrinos_factor": 1.1}, {"per_proton": 0.099}),
    ({"mass_from": "printed"}, {"kilograms": 24.0}),
]


@pytest.mark.parametrize(("options", "slow"), OPTIONS, ids=[str(next(iter(o.items()))) for o, _ in OPTIONS])
def test_every_option_changes_what_it_should(lar, options, slow):
    other = experiments.load("coherent-lar", **options)
    for m, flavour in ((0.01, "mu"), (20.0, "e")):
        expected = sum(witness_lar.counts("dipole", s, m, **slow) for s in witness_lar.FLAVOURS[flavour])
        agree(other.dipole(flavour, m), expected)
    agree(other.standard_model(), sum(witness_lar.counts("cevns", s, **slow) for s in witness_lar.SPECIES))
    # and something did change
    assert np.max(np.abs(other.standard_model()[:4] / lar.standard_model()[:4] - 1)) > 5e-3


def test_neutrons_of_the_fit(lar):
    other = experiments.load("coherent-lar", neutrons_from="fit")
    for kind, shape in (("prompt", witness_lar.PROMPT), ("late", witness_lar.LATE)):
        np.testing.assert_allclose(other.backgrounds[f"{kind} neutrons"], witness_lar.FITTED[kind] * shape, rtol=1e-6)
    np.testing.assert_array_equal(other.standard_model(), lar.standard_model())


@pytest.mark.parametrize("name", ["coherent-lar", "cenns-750"])
def test_twice_the_nodes_change_nothing(name):
    once, twice = experiments.load(name), experiments.load(name, order=64)
    agree = {"rtol": 1e-6, "atol": 1e-8 * np.max(once.standard_model())}
    np.testing.assert_allclose(once.standard_model(), twice.standard_model(), **agree)
    masses = np.array([0.0, 1e-3, 0.1, 3.0, 20.0, 29.0, 45.0, 52.0])
    for flavour in ("e", "mu"):
        for a, b in zip(once.dipole(flavour, masses), twice.dipole(flavour, masses), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8 * np.max(b))


def test_isotopes_one_by_one_are_not_needed(lar):
    """99.6 % of argon is one isotope."""
    from companion import targets

    target = targets.compound({"Ar": 1}, isotopes=True)
    total = sum(
        experiments.Channel(
            nucleus, n * target.units_in(24.4), lar.channels[0].fluxes, lar.channels[0].response
        ).counts("dipole", "antinu_mu", 0.01)
        for n, nucleus in target.nuclei
    )
    (mean,) = lar.channels
    one = mean.counts("dipole", "antinu_mu", 0.01)
    # the light isotopes reach a little further where there is nothing left to see
    np.testing.assert_allclose(total, one, rtol=1e-3, atol=1e-4 * np.max(one))


# ---------------------------------------------------------------------------------------------------------------------
# the release


def test_the_events_that_the_release_expects(lar):
    """128 +- 17 events; the first four bins, which hold all but a tenth of one, within 5 %."""
    ours = lar.standard_model()
    assert ours.sum() == pytest.approx(128, rel=0.02)
    np.testing.assert_allclose(ours[:4], witness_lar.RELEASED, rtol=0.05)
    # a known difference: where the table of the efficiency ends we go on with its last value, the release does not
    released = np.array([*witness_lar.RELEASED, 0.07838310064, 2.70389307e-05, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(data.table("coherent/lar_bins")["CEvNS_prediction"][4:], released[4:])
    np.testing.assert_allclose(ours[4:6], [0.425, 0.0267], rtol=0.01)
    assert np.all(np.abs(ours - released)[4:] < 0.025 * witness_lar.ERROR[4:])


def test_nothing_is_accepted_beyond_the_table_of_the_efficiency(lar, cenns):
    for default in (lar, cenns):
        other = experiments.load(default.name, efficiency_beyond="zero")
        np.testing.assert_allclose(other.standard_model()[:3], default.standard_model()[:3], rtol=1e-9)
        # the fourth bin loses its last quarter of a keV
        assert 0.97 < other.standard_model()[3] / default.standard_model()[3] < 0.999
        np.testing.assert_array_equal(other.standard_model()[4:], 0)
        for flavour in ("e", "mu"):
            np.testing.assert_array_equal(other.dipole(flavour, 20.0)[4:], 0)
        for m in (0.01, 20.0, 45.0):
            both = [float(limits.upper_limit(e, "mu_mu", m)) for e in (other, default)]
            assert both[0] == pytest.approx(both[1], rel=2e-3)
        with pytest.raises(ValueError, match="'efficiency_beyond' is one of last, zero, not 'none'"):
            experiments.load(default.name, efficiency_beyond="none")


def test_data_and_backgrounds_are_those_of_the_release(lar):
    np.testing.assert_array_equal(lar.observed, witness_lar.OBSERVED)
    np.testing.assert_array_equal(lar.backgrounds["prompt neutrons"], witness_lar.PROMPT)
    np.testing.assert_array_equal(lar.backgrounds["late neutrons"], witness_lar.LATE)
    variance = witness_lar.ERROR**2 + (0.017 * (witness_lar.PROMPT + witness_lar.LATE)) ** 2
    np.testing.assert_allclose(lar.likelihood.sigma**2, variance, rtol=1e-12)
    assert [(pull.sigma, pull.templates) for pull in lar.likelihood.pulls] == [
        (0.134, ("signal",)),
        (0.32, ("prompt neutrons",)),
        (1.0, ("late neutrons",)),
    ]
    (axis,) = lar.axes
    np.testing.assert_array_equal(axis.edges, np.arange(0, 121, 10))
    assert (axis.name, axis.unit, lar.quantity) == ("reconstructed energy", "keV_ee", "events")


def test_the_table_of_the_release_is_consistent():
    bins, parameters = data.table("coherent/lar_bins"), data.table("coherent/lar_parameters")
    # what was subtracted is the steady-state background after the fit, not the one that was expected
    fitted = parameters.value("SS_fit") / parameters.value("SS_prediction")
    np.testing.assert_allclose(bins["N_beam"] - fitted * bins["SS"], bins["N_exp"], rtol=0, atol=0.9)
    # the steady-state background is measured in windows five times as long
    np.testing.assert_allclose(np.sqrt(bins["N_beam"] + bins["SS"] / 5), bins["sigma_exp"], rtol=0.01)
    totals = {"CEvNS_prediction": "CEvNS_prediction", "PBRN": "PBRN_prediction", "LBRN": "LBRN_prediction"}
    totals |= {"SS": "SS_prediction", "CEvNS_fit": "CEvNS_fit", "PBRN_fit": "PBRN_fit", "LBRN_fit": "LBRN_fit"}
    for column, name in (totals | {"N_beam": "N_beam"}).items():
        assert bins[column].sum() == pytest.approx(parameters.value(name), rel=5e-3)
    np.testing.assert_allclose(bins["PBRN_fit"] + bins["LBRN_fit"], bins["BRN_fit"], rtol=2e-3)


def test_the_energies_of_the_efficiency_follow_from_the_quenching_factor():
    measured = data.table("coherent/lar_efficiency")
    visible = 1e3 * coherent_lar.electron_equivalent("nominal")(measured["E_nr"] * 1e-3)
    np.testing.assert_allclose(visible, measured["E_ee"], rtol=2e-3)
    np.testing.assert_array_equal(measured["E_ee"], witness_lar.KNOTS)
    np.testing.assert_array_equal(measured["efficiency"], witness_lar.VALUES)


def test_part_of_the_neutrinos_in_time():
    assert coherent_lar.fraction_in_time() == pytest.approx(witness_lar.in_time(), rel=1e-9)


# ---------------------------------------------------------------------------------------------------------------------
# the chi-square


@pytest.mark.parametrize("value", [0.0, 2e-9, 4e-9, 1e-8])
def test_chi_square_end_to_end(lar, value):
    """From typed data and slow counts to the chi-square, against the whole chain of the package."""
    signal = sum(witness_lar.counts("cevns", s) for s in witness_lar.SPECIES)
    signal = signal + value**2 * sum(witness_lar.counts("dipole", s, 0.01) for s in witness_lar.FLAVOURS["mu"])
    expected = witness_lar.chi_square(witness_lar.OBSERVED, witness_lar.ERROR, signal)
    assert lar.chi2("mu_mu", value, 0.01) == pytest.approx(expected, rel=1e-4, abs=0)


def projected(value, m=0.01, spread=0.134):
    """Chi-square of the projection from typed numbers."""
    there = {"kilograms": 610, "protons": 4.5e23, "metres": 28.4}
    growth = 610 * 4.5e23 / (24.4 * 13.8e22)
    signal = sum(witness_lar.counts("cevns", s, **there) for s in witness_lar.SPECIES)
    prompt, late = growth * witness_lar.PROMPT, growth * witness_lar.LATE
    observed = signal + prompt + late
    error = np.sqrt(observed + growth * witness_lar.STEADY)
    dipole = sum(witness_lar.counts("dipole", s, m, **there) for s in witness_lar.FLAVOURS["mu"])
    return witness_lar.chi_square(observed, error, signal + value**2 * dipole, prompt, late, spread)


@pytest.mark.parametrize("m", [0.01, 40.0])
def test_projection_end_to_end(cenns, m):
    assert cenns.projected
    for value in (1e-9, 3e-9, 1e-8):
        assert cenns.chi2("mu_mu", value, m) == pytest.approx(projected(value, m), rel=3e-4, abs=0)
    precise = experiments.load("cenns-750", sigma_signal=0.05)
    assert precise.chi2("mu_mu", 3e-9, m) == pytest.approx(projected(3e-9, m, 0.05), rel=3e-4, abs=0)


def test_a_projection_sees_what_is_expected(cenns):
    assert cenns.chi2("mu_mu", 0.0, 1.0) == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(cenns.observed, cenns.standard_model() + sum(cenns.backgrounds.values()), rtol=1e-12)
    assert limits.best_fit(cenns, "mu_mu", 0.01).value == 0


def test_the_projection_is_the_small_detector_grown(lar, cenns):
    """81.5 times the mass and protons, a little farther from the target."""
    growth = 610 / 24.4 * 4.5e23 / 13.8e22
    np.testing.assert_allclose(cenns.standard_model(), growth * (27.5 / 28.4) ** 2 * lar.standard_model(), rtol=1e-9)
    for name, template in lar.backgrounds.items():
        np.testing.assert_allclose(cenns.backgrounds[name], growth * template, rtol=1e-12)


@pytest.mark.parametrize("option", ["exposure_factor", "neutrons_factor", "steady_factor", "neutrinos_factor"])
def test_factors_of_the_projection(cenns, option):
    other = experiments.load("cenns-750", **{option: 3.0})
    signal = 3 if option in ("exposure_factor", "neutrinos_factor") else 1
    neutrons = 3 if option in ("exposure_factor", "neutrons_factor") else 1
    np.testing.assert_allclose(other.standard_model(), signal * cenns.standard_model(), rtol=1e-12)
    for name, template in cenns.backgrounds.items():
        np.testing.assert_allclose(other.backgrounds[name], neutrons * template, rtol=1e-12)
    growth = 610 / 24.4 * 4.5e23 / 13.8e22
    steady = growth * witness_lar.STEADY * (3 if option in ("exposure_factor", "steady_factor") else 1)
    templates = sum(other.backgrounds.values())
    variance = other.standard_model() + templates + steady + (0.017 * templates) ** 2
    np.testing.assert_allclose(other.likelihood.sigma**2, variance, rtol=1e-9)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("exposure_factor", "'exposure_factor' must be greater than 0, not "),
        ("neutrinos_factor", "with neutrinos_factor = 0 there is no signal|'neutrinos_factor' must be at least 0"),
    ],
)
def test_a_projection_needs_a_signal(option, message):
    for value in (0, -2.0):
        with pytest.raises(ValueError, match=message):
            experiments.load("cenns-750", **{option: value})


def test_the_kinematic_edge(lar, cenns):
    M = witness_lar.M
    edge = 2 * M * witness.END / ((M**2 + 2 * M * witness.END) ** 0.5 + M)
    for experiment in (lar, cenns):
        assert experiment.maximum_mass("mu_mu") == pytest.approx(edge, rel=1e-9, abs=0)
        assert np.isinf(limits.upper_limit(experiment, "mu_mu", edge * 1.0000001))
