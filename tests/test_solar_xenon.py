"""XENONnT, LZ and PandaX-4T against a slow second implementation, and what their tables say about themselves."""

from dataclasses import replace

import numpy as np
import pytest
import witness_sun
import witness_xenon
from scipy.stats import norm

from companion import experiments, limits, units
from companion.couplings import Mixing
from companion.data import table
from companion.experiments import lz, solar_xenon
from companion.fluxes import solar

NAMES = witness_xenon.NAMES


@pytest.fixture(scope="module")
def loaded():
    return {name: experiments.load(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("m", [0.0, 0.1])
def test_dipole_counts(loaded, name, m):
    expected = witness_xenon.counts(name, "mu", m)
    assert np.all(expected > 0)
    # next to nothing is in a bin below the threshold
    np.testing.assert_allclose(loaded[name].dipole("mu", m), expected, rtol=1e-4, atol=1e-5 * expected.max())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.0, 2e-11, 6e-11])
def test_chi_square(loaded, name, value):
    signal = value**2 * loaded[name].dipole("mu", 0.01)
    expected = witness_xenon.chi_square(name, signal)
    assert loaded[name].chi2("mu_mu", value, 0.01) == pytest.approx(expected, abs=1e-6)


def test_the_counts(loaded):
    totals = {name: int(experiment.observed.sum()) for name, experiment in loaded.items()}
    assert totals == {"xenonnt": 433, "lz-ws2022": 471, "lz-ws2024": 1787, "pandax-4t": 1431}
    for experiment in loaded.values():
        np.testing.assert_array_equal(experiment.observed % 1, 0)
        (axis,) = experiment.axes
        np.testing.assert_array_equal(np.diff(axis.edges), 1)
    panda = table("xenon/pandax4t_spectrum")
    np.testing.assert_allclose(panda["events"], panda["counts"], atol=0.1)


def test_the_exposures(loaded):
    for name, experiment in loaded.items():
        (channel,) = experiment.channels
        found = channel.number / (witness_sun.ATOMS * witness_sun.YEAR * units.second)
        assert found == pytest.approx(witness_xenon.EXPOSURE[name], rel=1e-5)
    assert lz.exposure("WS2022") + lz.exposure("WS2024") == pytest.approx(4.2)


@pytest.mark.parametrize("name", NAMES)
def test_solar_neutrinos_of_the_standard_model_fit_into_the_background(loaded, name):
    """An exposure many times too large would not pass; this is all that the tables say about it."""
    np.testing.assert_array_equal(loaded[name].standard_model(), 0)
    (channel,) = loaded[name].channels
    mixing = Mixing()
    fluxes = solar.fluxes(mixing.angles, mixing.phases)
    flavours = ("nu_e", "nu_mu", "nu_tau")
    channel = replace(channel, fluxes={flavour: fluxes[flavour] for flavour in flavours})
    weak = sum(channel.counts("electron", flavour) for flavour in flavours)
    background = loaded[name].backgrounds["background"]
    some = background > 1
    assert np.all(weak[some] < 0.3 * background[some])


STEP = 0.005
"""Steps (keV) of a flat spectrum."""


def over_flat(experiment):
    """Background over a flat spectrum through the response, bin by bin, in units of its median above 5 keV."""
    recoils = np.arange(0.02, 60, STEP) * units.keV
    (background,) = experiment.backgrounds.values()
    flat = STEP * experiment.channels[0].response.bins(recoils).sum(-1)
    ratio = background / flat
    return ratio / np.median(ratio[experiment.axes[0].edges[:-1] >= 5])


ARGON_37 = (2.0, 3.0)
"""Lower edges (keV) of the bins of LZ WS2022 that hold the peak of 37Ar."""


def described(experiment):
    """Whether the response describes the fall of the background at the threshold, bin by bin.

    Above the threshold the backgrounds are flat within a third, below it they follow the response if that is right.
    """
    ratio = over_flat(experiment)
    peak = np.isin(experiment.axes[0].edges[:-1], ARGON_37) & (experiment.name == "lz-ws2022")
    return (ratio > 0.8) & ((ratio < 1.35) | peak)


@pytest.mark.parametrize("name", [*NAMES, "xenon1t"])
def test_the_response_describes_the_threshold_in_every_bin_of_the_fit(name):
    experiment = experiments.load(name)
    assert experiment.axes[0].edges[0] == 1.0
    np.testing.assert_array_equal(described(experiment), True)


@pytest.mark.parametrize("name", ["lz-ws2022", "lz-ws2024", "pandax-4t"])
def test_the_response_does_not_describe_the_bin_below_1_keV(name):
    """There it promises three times and more of what the background models hold: the reason to start at 1 keV."""
    experiment = experiments.load(name, threshold_keV=0.0)
    np.testing.assert_array_equal(experiment.axes[0].edges[:2], [0, 1])
    assert not described(experiment)[0]
    assert np.all(described(experiment)[1:])
    assert over_flat(experiment)[0] < 0.3
    assert experiment.observed[0] == 0


LIMITS = {"xenonnt": 1.749e-11, "lz-ws2022": 3.175e-11, "lz-ws2024": 2.661e-11, "pandax-4t": 4.238e-11}
"""Upper limits on mu_mu (mu_B) for 10 keV, from bins above 1 keV."""


@pytest.mark.parametrize("name", NAMES)
def test_limits_from_1_keV_on(loaded, name):
    assert limits.upper_limit(loaded[name], "mu_mu", 0.01) == pytest.approx(LIMITS[name], rel=3e-4)


def test_limit_of_all_four(loaded):
    together = experiments.combine(loaded.values())
    assert limits.upper_limit(together, "mu_mu", 0.01) == pytest.approx(1.688e-11, rel=5e-4)


def test_best_fits_from_1_keV_on(loaded):
    """With the bin below 1 keV all of them were zero."""
    best = {name: float(limits.best_fit(loaded[name], "mu_mu", 0.01).value) for name in NAMES}
    assert best["xenonnt"] == best["lz-ws2022"] == 0
    assert best["lz-ws2024"] == pytest.approx(1.15e-11, rel=0.01)
    assert best["pandax-4t"] == pytest.approx(1.81e-11, rel=0.01)


def test_the_resolution_of_pandax(loaded):
    """The measured one is a width in keV, wider than that of XENON1T, which moves the limit by a per cent."""
    (channel,) = loaded["pandax-4t"].channels
    E = np.array([1.0, 5.0, 10.0, 20.0])
    width = channel.response.resolution(E * units.keV) / units.keV
    np.testing.assert_allclose(width, [0.24, 0.79, 1.26, 1.81], atol=0.005)
    assert np.all(np.diff(channel.response.resolution(np.linspace(0.01, 80, 400) * units.keV)) > 0)
    narrow = experiments.load("pandax-4t", resolution="XENON1T")
    width = narrow.channels[0].response.resolution(E * units.keV) / units.keV
    np.testing.assert_allclose(width, [0.31, 0.71, 1.02, 1.46], atol=0.005)
    assert limits.upper_limit(narrow, "mu_mu", 0.01) == pytest.approx(4.282e-11, rel=3e-4)


def test_the_background_of_xenonnt_tells_where_its_efficiency_counts():
    """Over the efficiency at the same energy it is smooth and as large as in print; blurred before, it is not."""
    model, efficiency = table("xenon/xenonnt_background"), table("xenon/xenonnt_efficiency")
    E = model["E"]
    used = (E > 1) & (E < 30)
    ratio = model["rate"][used] / np.interp(E[used], efficiency["E"], efficiency["total"])
    parameters = table("xenon/xenonnt_parameters")
    assert ratio.mean() == pytest.approx(parameters.value("background_rate"), abs=0.1)
    threshold = E[used] < 3
    assert np.ptp(ratio[threshold]) < 0.07 * ratio[threshold].mean()
    T = np.linspace(0.05, 8, 4001)
    sigma = 0.310 * np.sqrt(T) + 0.0037 * T
    accepted = np.interp(T, efficiency["E"], efficiency["total"]) / sigma
    blurred = [np.trapezoid(accepted * norm.pdf((e - T) / sigma), T) for e in E[used][threshold]]
    other = model["rate"][used][threshold] / blurred
    assert np.ptp(other) > 0.4 * other.mean()


def test_the_efficiency_of_lz_ends_like_its_energy_resolution():
    """A probability that falls through a half of its plateau at the last bin edge is one of true energies."""
    efficiency = table("xenon/lz_efficiency")
    rows = (efficiency["run"] == "WS2022") & (efficiency["E"] >= 15.5)
    E, value = efficiency["E"][rows], efficiency["total"][rows]
    slope, offset = np.polyfit(E, norm.isf(value / 0.937), 1)
    assert -offset / slope == pytest.approx(20.0, abs=0.1)
    assert 1 / slope == pytest.approx(table("xenon/lz_parameters").value("sigma_edge"), abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_asimov_data_give_back_what_was_put_in(loaded, name):
    experiment = loaded[name]
    put_in = 3e-11
    expected = experiment.backgrounds["background"] + put_in**2 * experiment.dipole("mu", 0.05)
    asimov = replace(experiment, likelihood=replace(experiment.likelihood, observed=expected))
    fit = limits.best_fit(asimov, "mu_mu", 0.05)
    assert float(fit.value) == pytest.approx(put_in, rel=1e-4)
    assert float(fit.chi2) == pytest.approx(0, abs=1e-7)
    low, high = limits.interval(asimov, "mu_mu", 0.05)
    assert low < put_in < high


def test_the_order_of_integration_does_not_matter():
    masses = np.array([0.0, 0.01, 0.1, 0.3])
    for name in NAMES:
        for options in ({}, {"efficiency_at": "true"}, {"efficiency_at": "reconstructed"}):
            coarse, fine = experiments.load(name, **options), experiments.load(name, order=10, **options)
            np.testing.assert_allclose(coarse.dipole("mu", masses), fine.dipole("mu", masses), rtol=1e-6)


def test_an_ordinary_magnetic_moment_in_lz(loaded):
    """Massless and for all flavours. The published 1.1e-11 is of the first data in another selection."""
    published = table("limits/solar_moments")
    (limit,) = published["limit"][published["experiment"] == "LZ"]
    found = limits.upper_limit(loaded["lz-ws2022"], "mu_all", 0.0)
    assert found == pytest.approx(1.352e-11, rel=3e-4)
    assert limit < found < published["limit"][published["experiment"] == "Borexino"]


def test_a_plateau():
    E, value = [0.0, 1.0, 2.0, 3.0], [0.0, 0.5, 0.9, 0.4]
    assert solar_xenon.plateau(E, value, 3.0, True) == ((0.0, 1.0, 2.0, 3.0), (0.0, 0.5, 0.9, 0.4))
    points, flat = solar_xenon.plateau(E, value, 4.5, False)
    assert points == (0.0, 1.0, 2.0, 3.0, 3.75, 4.5)
    assert flat == (0.0, 0.5, 0.9, 0.9, 0.9, 0.9)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("xenonnt", {"efficiency_at": "nowhere"}, "'efficiency_at' is one of true, reconstructed, none, not 'nowhere'"),
        ("lz-ws2022", {"resolution": "x"}, "'resolution' is one of LUX, edge, not 'x'"),
        ("lz-ws2022", {"run": "WS2024"}, "lz-ws2022 has no option 'run'"),
        ("lz-ws2024", {"threshold_keV": 0.5}, "a whole number from 0 to 19, not 0.5"),
        (
            "xenonnt",
            {"threshold_keV": 0.0},
            "threshold_keV is the lower edge of a bin, a whole number from 1 to 29, not 0",
        ),
        ("pandax-4t", {"resolution": "x"}, "'resolution' is one of measured, XENON1T, not 'x'"),
        ("pandax-4t", {"exposure_factor": -1.0}, "'exposure_factor' must be greater than 0, not -1.0"),
        ("pandax-4t", {"sigma_background_factor": 0.0}, "'sigma_background_factor' must be greater than 0"),
    ],
)
def test_impossible_choices_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        experiments.load(name, **options)


# ---------------------------------------------------------------------------------------------------------------------
# XENON1T with the same likelihood


def test_the_rates_of_xenon1t_are_counts():
    rows = table("xenon/xenon1t_spectrum")
    exposure = table("xenon/xenon1t_parameters").value("exposure")
    np.testing.assert_allclose(rows["rate"] * exposure, np.rint(rows["rate"] * exposure), atol=1e-5)
    poisson = experiments.load("xenon1t", likelihood="poisson")
    np.testing.assert_array_equal(poisson.observed, np.rint(rows["rate"] * exposure))


@pytest.mark.parametrize("value", [0.0, 5e-11])
def test_chi_square_of_xenon1t(value):
    poisson = experiments.load("xenon1t", likelihood="poisson")
    rows = witness_sun.rows("xenon/xenon1t_spectrum")
    counts = witness_sun.column(rows, "counts")
    background = witness_sun.column(rows, "B0") * witness_sun.EXPOSURE
    signal = value**2 * poisson.dipole("mu", 0.01)
    expected = witness_xenon.profiled(counts, background, signal, (0.03, 0.026))
    assert poisson.chi2("mu_mu", value, 0.01) == pytest.approx(expected, abs=1e-6)
    with pytest.raises(ValueError, match="'likelihood' is one of gaussian, poisson, not 'x'"):
        experiments.load("xenon1t", likelihood="x")
