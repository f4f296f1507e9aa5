"""The projections with a chromium source against slow integrals, Eq. (27), and the interference."""

import numpy as np
import pytest
import witness
import witness_sources as slow
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from companion import experiments, kinematics, limits, systematics
from companion.couplings import Effective
from companion.experiments import cr51_cevns
from companion.units import M_E, cm, fm, second

MATERIALS = {"si": "Si", "ge": "Ge", "al2o3": "Al2O3", "cawo4": "CaWO4"}
WEIGHTS = {"Si": 28.0855, "Ge": 72.6276, "Al2O3": 101.9613, "CaWO4": 287.914}
XENON = 131.2928


def described(nucleus):
    return nucleus.Z, nucleus.N, nucleus.mass, nucleus.R_p / fm, nucleus.R_n / fm


@pytest.mark.parametrize("name", MATERIALS)
@pytest.mark.parametrize(("process", "mass"), [("cevns", 0.0), ("dipole", 0.01), ("dipole", 0.5)])
def test_nuclear_counts(name, process, mass):
    loaded = experiments.load(f"cr51-cevns-{name}")
    material = MATERIALS[name]
    flux = slow.per_square_cm(1.1e13) * 55.4 * 86400
    units_in_kg = 1e3 * witness.AVOGADRO / WEIGHTS[material]
    expected = np.zeros(12)
    edges = loaded.axes[0].edges * 1e-6
    for channel in loaded.channels:
        atoms = cr51_cevns.formula(material)[channel.scatterer.symbol]
        for k, (low, high) in enumerate(zip(edges, edges[1:], strict=False)):
            per_nucleus = slow.nuclear_bin(low, high, process, described(channel.scatterer), mass)
            expected[k] += slow.KILOGRAMS[material] * units_in_kg * atoms * flux * per_nucleus
    found = loaded.standard_model() if process == "cevns" else loaded.dipole("e", mass)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * max(expected))


@pytest.mark.parametrize("configuration", ["A", "C"])
@pytest.mark.parametrize("binding", ["xraydb", "free"])
@pytest.mark.parametrize(("process", "mass"), [("electron", 0.0), ("dipole", 0.01), ("dipole", 0.3)])
def test_electronic_counts(configuration, binding, process, mass):
    loaded = experiments.load(f"cr51-lxe-{configuration.lower()}", binding=binding)
    shells = loaded.channels[0].scatterer
    pairs = list(zip(shells.energies, shells.occupancies, strict=True))
    assert sum(number for _, number in pairs) == 54
    neutrinos = slow.decays(configuration) * slow.inverse_square_on_axis(69.0, 138.0, 100.0) / (4 * np.pi)
    atoms = 6e6 * witness.AVOGADRO / XENON
    found = loaded.standard_model() if process == "electron" else loaded.dipole("e", mass)
    edges = loaded.axes[0].edges * 1e-3
    for k in (0, 1, 6, 50, 85, 112):
        per_atom = slow.electronic_bin(edges[k], edges[k + 1], process, pairs, mass)
        expected = atoms * slow.per_square_cm(neutrinos) * per_atom
        assert found[k] == pytest.approx(expected, rel=1e-4, abs=1e-6 * found.max()), k


def test_tungsten_recoils_below_the_threshold():
    loaded = experiments.load("cr51-cevns-cawo4")
    counts = {c.scatterer.symbol: c.counts("cevns", "nu_e").sum() for c in loaded.channels}
    assert counts["W"] == 0
    assert min(counts["Ca"], counts["O"]) > 400
    lower = experiments.load("cr51-cevns-cawo4", threshold_keV=0.004)
    assert {c.scatterer.symbol: c.counts("cevns", "nu_e").sum() for c in lower.channels}["W"] > 100


@pytest.mark.parametrize("name", [f"cr51-cevns-{m}" for m in MATERIALS])
def test_bins_of_coherent_scattering(name):
    loaded = experiments.load(name)
    (axis,) = loaded.axes
    assert len(loaded.observed) == 12
    assert axis.edges[0] == pytest.approx(8, rel=1e-12)
    np.testing.assert_allclose(np.diff(axis.edges), np.diff(axis.edges)[0], rtol=1e-9)
    lightest = min(channel.scatterer.mass for channel in loaded.channels)
    assert axis.edges[-1] * 1e-6 == pytest.approx(witness.recoil_range(0.752, lightest, 0.0)[1], rel=1e-9)
    assert loaded.projected


def test_bins_of_xenon():
    loaded = experiments.load("cr51-lxe-a")
    np.testing.assert_allclose(loaded.axes[0].edges, np.arange(1, 567, 5))
    highest = witness.recoil_range(0.752, witness.M_E, 0.0)[1]
    assert loaded.axes[0].edges[-2] < 1e3 * highest < loaded.axes[0].edges[-1]
    assert np.all(loaded.standard_model() > 0)
    np.testing.assert_allclose(experiments.load("cr51-lxe-a", threshold_keV=5.0).axes[0].edges[:3], [5, 6, 11])


@pytest.mark.parametrize("name", ["cr51-cevns-ge", "cr51-lxe-c"])
def test_equation_27(name):
    loaded = experiments.load(name)
    N = loaded.standard_model()
    np.testing.assert_array_equal(loaded.observed, N)
    signal = loaded.expected("mu_e", 2e-11, 0.01)

    def printed(a):
        return np.sum((N - signal * (1 + a)) ** 2 / (1.2 * N)) + (a / 0.2) ** 2

    found = float(loaded.chi2("mu_e", 2e-11, 0.01))
    assert found == pytest.approx(minimize_scalar(printed).fun, rel=1e-9)
    assert loaded.chi2("mu_e", 0.0, 0.01) == 0


def test_options():
    default = experiments.load("cr51-lxe-a")
    double = experiments.load("cr51-lxe-a", exposure_factor=2.0)
    np.testing.assert_allclose(double.standard_model(), 2 * default.standard_model(), rtol=1e-12)
    few = experiments.load("cr51-cevns-al2o3", minimum_events=5.0)
    assert len(few.observed) == 11
    assert np.all(few.observed >= 5)
    np.testing.assert_allclose(few.observed, experiments.load("cr51-cevns-al2o3").observed[:11], rtol=1e-12)
    free = experiments.load("cr51-lxe-a", binding="free").standard_model()
    assert np.all(free >= default.standard_model() * (1 - 1e-12))
    np.testing.assert_allclose(free[7:], default.standard_model()[7:], rtol=1e-12)  # above the K edge
    point = cr51_cevns.mean_flux("point") * cm**2 * second
    mean, _ = quad(lambda t: 2 ** (-t / 27.7025), 0, 55.4)
    assert point == pytest.approx(5e6 * 3.7e10 * mean / 55.4 / (4 * np.pi * 625), rel=1e-9)


@pytest.mark.parametrize("name", ["cr51-cevns-ge", "cr51-cevns-cawo4", "cr51-lxe-b"])
def test_twice_the_nodes(name):
    once = experiments.load(name)
    twice = experiments.load(name, order=2 * once.channels[0].order)
    np.testing.assert_allclose(once.standard_model(), twice.standard_model(), rtol=1e-6)
    for mass in (0.0, 0.01, 0.3, 0.45):
        for one, two in ((once.dipole, twice.dipole), (once.interference, twice.interference)):
            counts = two("e", mass)
            np.testing.assert_allclose(one("e", mass), counts, rtol=1e-4, atol=1e-6 * np.abs(counts).max())


def test_edges():
    """On an electron the recoil takes a third of the energy; on germanium the threshold cuts first."""
    for name, edge in (("cr51-lxe-a", 0.50372), ("cr51-cevns-si", 0.75199), ("cr51-cevns-ge", 0.6945)):
        loaded = experiments.load(name)
        assert loaded.maximum_mass("mu_e") == pytest.approx(edge, rel=1e-4)
        edge = loaded.maximum_mass("mu_e")
        assert np.sum(loaded.dipole("e", edge * (1 - 1e-5))) > 0
        assert np.sum(loaded.dipole("e", edge * (1 + 1e-6))) == 0


@pytest.mark.parametrize("window", [(0.0, 0.1), (0.1, 0.2), (0.3, 0.4), (0.0, np.inf)])
def test_the_heaviest_state_in_a_window(window):
    """Against a scan of the recoil interval over the mass."""
    E, M = 0.752, M_E
    found = float(kinematics.maximum_mass(E, M, window))
    masses = np.linspace(0, 0.51, 200001)
    low, high = kinematics.recoil_limits(E, M, masses)
    touches = (low <= window[1]) & (high >= window[0])
    assert found == pytest.approx(masses[touches].max(), abs=3e-6)


def test_a_window_beyond_all_recoils_sees_nothing():
    assert kinematics.maximum_mass(0.752, M_E, (0.6, 0.7)) == 0
    assert kinematics.maximum_mass(0.0, M_E, (0.0, np.inf)) == 0


# ---------------------------------------------------------------------------------------------------------------------
# interference


@pytest.mark.parametrize("name", ["cr51-cevns-ge", "cr51-lxe-a", "texono"])
def test_interference_obeys_cauchy_and_schwarz(name):
    """|I| is at most twice the root of weak times magnetic counts, bin by bin."""
    loaded = experiments.load(name)
    for mass in (0.01, 0.1, 0.3):
        bound = 2 * np.sqrt(loaded.standard_model() * loaded.dipole("e", mass))
        assert np.all(np.abs(loaded.interference("e", mass)) <= bound * (1 + 1e-9))
    np.testing.assert_allclose(loaded.interference("e", 0.0), 0, atol=1e-12)


def test_interference_is_linear_and_enters_with_the_mixing():
    loaded = experiments.load("cr51-lxe-a")
    plus, minus = Effective("e", interference=0.3), Effective("e", interference=-0.3)
    value, mass = 5e-12, 0.2
    expected = loaded.standard_model() + value**2 * loaded.dipole("e", mass)
    expected = expected + 0.3 * value * loaded.interference("e", mass)
    np.testing.assert_allclose(loaded.expected(plus, value, mass), expected, rtol=1e-12)
    # minus the moment is minus the mixing
    assert loaded.chi2(plus, value, mass) == pytest.approx(float(loaded.chi2(minus, -value, mass)), rel=1e-12)
    assert loaded.chi2(plus, value, mass) != pytest.approx(float(loaded.chi2(plus, -value, mass)), rel=1e-3)


@pytest.mark.parametrize("mixing", [0.3, -0.3])
def test_limits_with_interference_are_roots(mixing):
    loaded, coupling = experiments.load("cr51-cevns-ge"), Effective("e", interference=mixing)
    limit = float(limits.upper_limit(loaded, coupling, 0.3))
    best = limits.best_fit(loaded, coupling, 0.3)
    values = np.linspace(0, 3 * limit, 20001)
    scan = loaded.chi2(coupling, values, 0.3)
    assert float(best.chi2) == pytest.approx(scan.min(), abs=1e-6)
    last = values[scan <= scan.min() + 2.705543454095404][-1]
    assert limit == pytest.approx(last, rel=1e-3)
    assert limit != pytest.approx(float(limits.upper_limit(loaded, "mu_e", 0.3)), rel=0.05)


def test_interference_wants_an_effective_moment_and_a_mixing():
    loaded = experiments.load("cr51-lxe-a")
    with pytest.raises(ValueError, match="belongs to the moment of one flavour"):
        Effective("all", interference=0.1)
    with pytest.raises(ValueError, match="lies between -1 and 1"):
        Effective("e", interference=1.5)
    np.testing.assert_array_equal(loaded.linear_template("mu_e", 0.1), np.zeros(113))
    muon = Effective("mu", interference=0.1)
    np.testing.assert_array_equal(loaded.linear_template(muon, [0.1, 0.2]), np.zeros((2, 113)))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cr51-cevns-ge", {"material": "Si"}, "cr51-cevns-ge has no option 'material'"),
        ("cr51-cevns-ge", {"flux_from": "x"}, "'flux_from' is one of printed, point, not 'x'"),
        ("cr51-cevns-ge", {"threshold_keV": 0.02}, "between 0 and the largest recoil of 0.0167.* keV, not at 0.02 keV"),
        ("cr51-cevns-ge", {"threshold_keV": 8.0}, "largest recoil of 0.0167.* keV, not at 8 keV"),
        ("cr51-cevns-ge", {"exposure_factor": 0.0}, "'exposure_factor' must be greater than 0"),
        ("cr51-cevns-ge", {"minimum_events": 1e9}, "no bin has 1e\\+09"),
        ("cr51-cevns-ge", {"background_ratio": -1.0}, "'background_ratio' must be at least 0"),
        ("cr51-lxe-a", {"configuration": "B"}, "cr51-lxe-a has no option 'configuration'"),
        ("cr51-lxe-a", {"placement": "above"}, "'placement' is one of below, beside, from centre, not 'above'"),
        ("cr51-lxe-a", {"threshold_keV": 700.0}, "between 0 and 601 keV"),
        ("cr51-lxe-a", {"threshold_keV": -1.0}, "'threshold_keV' must be at least 0"),
    ],
)
def test_impossible_choices_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        experiments.load(name, **options)


def test_scan_of_an_option():
    ratios = systematics.scan("cr51-lxe-a", "mu_e", 0.01, "exposure_factor", [1.0, 100.0])
    assert ratios[0] == pytest.approx(1, rel=1e-9)
    assert 0.2 < ratios[1] < 0.5


def test_interference_counts_of_a_line():
    """One bin of germanium and one of xenon, written out once more in the letters of the exact formula."""
    ge, lxe = experiments.load("cr51-cevns-ge"), experiments.load("cr51-lxe-a")
    mass = 0.2
    strength = witness.ALPHA * witness.G_F / (2**0.5 * witness.M_E)

    def bracket(T, E, M, vector, axial, charge):
        heavy = 1 + mass**2 / (2 * M * T)
        return -strength * charge * mass / E * ((M - T) / E * heavy * vector - (2 - T / E * heavy) * axial)

    (nucleus,) = [channel.scatterer for channel in ge.channels]
    Z, N, M, R_p, R_n = described(nucleus)

    def on_germanium(T, E):
        Q = (2 * M * T + T**2) ** 0.5
        F_p, F_n = witness.helm(Q, R_p), witness.helm(Q, R_n)
        return bracket(T, E, M, (0.5 - 2 * witness.SIN2_THETA_W) * Z * F_p - N * F_n / 2, 0.0, Z * F_p)

    def on_an_electron(T, E):
        return bracket(T, E, witness.M_E, 0.5 + 2 * witness.SIN2_THETA_W, 0.5, -1.0)

    def folded(section, target, low, high):
        total = 0.0
        for E, share in slow.LINES.items():
            recoils = witness.recoil_range(E, target, mass)
            total += share * slow.integrate(lambda T: section(T, E), max(low, recoils[0]), min(high, recoils[1]))  # noqa: B023
        return total

    low, high = ge.axes[0].edges[2:4] * 1e-6
    number = ge.channels[0].number * slow.per_square_cm(1.1e13) * 55.4 * 86400
    assert ge.interference("e", mass)[2] == pytest.approx(number * folded(on_germanium, M, low, high), rel=1e-4)
    low, high = lxe.axes[0].edges[20:22] * 1e-3  # above every shell: 54 electrons
    neutrinos = slow.decays("A") * slow.inverse_square_on_axis(69.0, 138.0, 100.0) / (4 * np.pi)
    number = 54 * lxe.channels[0].number * slow.per_square_cm(neutrinos)
    expected = number * folded(on_an_electron, witness.M_E, low, high)
    assert lxe.interference("e", mass)[20] == pytest.approx(expected, rel=1e-4)
    # along the spectrum of xenon it changes its sign
    assert lxe.interference("e", 0.1).min() < 0 < lxe.interference("e", 0.1).max()
