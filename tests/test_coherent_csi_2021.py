"""COHERENT-CsI, all data, against a slow second implementation."""

from dataclasses import replace

import numpy as np
import pytest
import witness_csi
import witness_csi2021 as slow
from scipy.integrate import simpson
from scipy.optimize import minimize
from scipy.special import xlogy

from companion import data, experiments, limits, results, targets
from companion.experiments import coherent_csi_2021 as module

SHAPE = (9, 11)


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi-2021")


def agree(found, expected):
    """Convergence class of binned counts: 1e-4, and 1e-6 of the largest bin where there is next to nothing."""
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-6 * np.max(expected))


# ---------------------------------------------------------------------------------------------------------------------
# the counts


@pytest.mark.parametrize("species", slow.KIND)
def test_standard_model_by_species(csi, species):
    expected = slow.counts("cevns", species)
    assert expected.sum() > 40
    agree(csi.standard_model(species), expected)


@pytest.mark.parametrize(("state", "m"), [("mu", 0.01), ("e", 0.01), ("mu", 20.0), ("e", 40.0)])
def test_dipole_counts(csi, state, m):
    species = {"e": ["nu_e"], "mu": ["nu_mu", "antinu_mu"]}[state]
    agree(csi.dipole(state, m), sum(slow.counts("dipole", name, m) for name in species))


@pytest.mark.parametrize(
    ("options", "other"),
    [
        ({"proton_radius": "point"}, {"model": "helm"}),
        ({"form_factor": "klein-nystrand"}, {"model": "klein-nystrand"}),
        ({"couplings": "tree"}, {"couplings": "tree"}),
        (dict(module.AS_THE_PAPER), {"model": "klein-nystrand", "couplings": "tree"}),
        ({"form_factor": "klein-nystrand-1.2"}, {"model": "klein-nystrand, 1.2 fm"}),
        ({"form_factor": "point"}, {"model": "none"}),
        ({"quenching": "shift_1_up"}, {"quenching": "shift_1_up"}),
        ({"quenching": "2017"}, {"quenching": "2017"}),
        ({"efficiency": "down"}, {"efficiency": "down"}),
    ],
    ids=str,
)
def test_every_option_changes_what_it_should(csi, options, other):
    loaded = experiments.load("coherent-csi-2021", **options)
    agree(loaded.standard_model("nu_e"), slow.counts("cevns", "nu_e", **other))
    assert np.max(np.abs(loaded.standard_model() / csi.standard_model() - 1)) > 5e-3


def test_without_electrons_the_dipole_counts_are_those_of_the_nuclei(csi):
    nuclei = experiments.load("coherent-csi-2021", electrons=False)
    agree(nuclei.dipole("e", 0.01), slow.counts("dipole", "nu_e", 0.01, electrons=False))
    np.testing.assert_array_equal(nuclei.standard_model(), csi.standard_model())
    # at small recoils electrons count, in the lowest bins
    assert csi.dipole("e", 0.01).sum() > 1.05 * nuclei.dipole("e", 0.01).sum()


def test_pions_in_flight_add_events_of_higher_energy(csi):
    """Against a mean over the directions of the pions, each with a line, instead of an even spectrum."""
    share, kinetic = 0.01, 40.0
    loaded = experiments.load("coherent-csi-2021", in_flight=share, pion_energy_MeV=kinetic)
    still = slow.energies("cevns", "nu_mu")
    expected = np.outer((1 - share) * still + share * slow.from_flight(kinetic), slow.shares("prompt")).ravel()
    agree(loaded.standard_model("nu_mu"), expected)
    assert expected.sum() > 1.03 * np.outer(still, slow.shares("prompt")).sum()
    for species in ("nu_e", "antinu_mu"):
        np.testing.assert_array_equal(loaded.standard_model(species), csi.standard_model(species))
    # a slow pion is one at rest
    almost = experiments.load("coherent-csi-2021", in_flight=1.0, pion_energy_MeV=1e-4)
    np.testing.assert_allclose(almost.standard_model(), csi.standard_model(), rtol=2e-4)
    slower = experiments.load("coherent-csi-2021", in_flight=1.0, pion_energy_MeV=1e-20)
    np.testing.assert_allclose(slower.standard_model(), csi.standard_model(), rtol=1e-9)
    with pytest.raises(ValueError, match="a pion of 1e-40 MeV is too slow"):
        experiments.load("coherent-csi-2021", in_flight=1.0, pion_energy_MeV=1e-40)
    with pytest.raises(ValueError, match="at most 1, not 1.5"):
        experiments.load("coherent-csi-2021", in_flight=1.5)


def test_couplings_differ_between_flavours_by_their_loops():
    """The charge radii: alpha/(3 pi) ln(m_mu^2/m_e^2) between the flavours, and nothing for the neutrons."""
    (e_p, e_n), (mu_p, mu_n), (tau_p, tau_n) = (targets.nucleon_couplings(f"nu_{name}") for name in ("e", "mu", "tau"))
    masses = {"e": 0.51099895, "mu": 105.6583755, "tau": 1776.86}
    loop = 2 / (3 * np.pi * 137.035999)
    assert e_p - mu_p == pytest.approx(loop * np.log(masses["mu"] / masses["e"]), rel=1e-3)
    assert mu_p - tau_p == pytest.approx(loop * np.log(masses["tau"] / masses["mu"]), rel=1e-2)
    assert e_n == mu_n == tau_n
    assert targets.nucleon_couplings("antinu_mu") == (mu_p, mu_n)
    nucleus = experiments.load("coherent-csi-2021").channels[0].scatterer
    for species in (None, "nu_1"):
        with pytest.raises(ValueError, match="need a flavour, e, mu, tau, not"):
            nucleus.weak_charge(1e-3, species)
    with pytest.raises(ValueError, match="no couplings 'high'; there are tree, low-energy"):
        replace(nucleus, couplings="high")


def test_twice_the_nodes_change_nothing(csi):
    twice = experiments.load("coherent-csi-2021", order=64)
    np.testing.assert_allclose(csi.standard_model(), twice.standard_model(), rtol=1e-6)
    for m in (0.0, 6.5, 29.0, 45.0):
        fine = twice.dipole("mu", m)
        np.testing.assert_allclose(csi.dipole("mu", m), fine, rtol=1e-6, atol=1e-8 * np.max(fine))


def test_without_smearing_the_mean_decides(csi):
    sharp = experiments.load("coherent-csi-2021", smearing=False).standard_model().reshape(SHAPE)
    smooth = csi.standard_model().reshape(SHAPE)
    assert sharp.sum() == pytest.approx(smooth.sum(), rel=0.1)
    # a resolution carries events to where few are
    assert sharp.sum(axis=1)[-1] < 0.5 * smooth.sum(axis=1)[-1]


# ---------------------------------------------------------------------------------------------------------------------
# arrival times


@pytest.mark.parametrize("timing", ["release", "2017"])
@pytest.mark.parametrize("kind", ["prompt", "delayed"])
def test_arrival_times_are_normalised(kind, timing):
    t, density = module.arrival(kind, timing)
    assert (density >= 0).all()
    # what is missing decays after 12 us
    missing = np.exp(-11.5 / slow.LIFETIME) if (kind, timing) == ("delayed", "release") else 0
    assert np.trapezoid(density, t) == pytest.approx(1 - missing, abs=2e-3)


def test_a_muon_lives_its_lifetime_longer_than_the_pion():
    (t, prompt), (_, delayed) = module.arrival("prompt"), module.arrival("delayed")
    start = t @ prompt * 1e-3
    assert 0.45 < start < 0.55
    # the mean of an exponential that is cut off at the end of the grid
    length = 12 - start
    cut = slow.LIFETIME - length * np.exp(-length / slow.LIFETIME) / (1 - np.exp(-length / slow.LIFETIME))
    assert t @ delayed / delayed.sum() - start == pytest.approx(cut, rel=3e-3)


def test_delayed_neutrinos_are_those_of_the_simulation():
    """The collaboration's nu_e, which the convolution does not use: two percent where there are any."""
    table = data.table("coherent/csi2021_timing")
    t, delayed = module.arrival("delayed")
    ours = np.interp(table["t"], t, delayed) * slow.time_efficiency(table["t"])
    late = table["t"] > 0.25
    ratio = table["nu_e"][late] / ours[late]
    np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=0.022)


@pytest.mark.parametrize("shift", [-300.0, 0.0, 64.0, 250.0])
def test_a_shift_moves_both_kinds_of_neutrinos(csi, shift):
    signal, expected = csi.standard_model(), 0
    for species in slow.KIND:
        expected = expected + slow.counts("cevns", species, shift=shift / 1e3)
    move = csi.likelihood.shift.move
    (moved,), (slope,), (curvature,) = move(signal[np.newaxis], np.array([shift]))
    np.testing.assert_allclose(moved, expected, rtol=1e-3, atol=1e-4 * np.max(expected))
    behind, ahead = (move(signal[np.newaxis], np.array([shift + d])) for d in (-0.1, 0.1))
    np.testing.assert_allclose(slope, (ahead[0][0] - behind[0][0]) / 0.2, atol=1e-5 * np.max(np.abs(slope)))
    np.testing.assert_allclose(curvature, (ahead[1][0] - behind[1][0]) / 0.2, atol=1e-3 * np.max(np.abs(curvature)))


def test_without_a_shift_any_signal_stays(csi):
    signal = np.random.default_rng(1).random((3, 99))
    np.testing.assert_array_equal(csi.likelihood.shift.move(signal, np.zeros(3))[0], signal)


# ---------------------------------------------------------------------------------------------------------------------
# the data and the chi-square


def test_data_add_up_to_what_others_count():
    """The totals of an independent analysis of the release."""
    bins = data.table("coherent/csi2021_bins")
    assert (bins["C"].sum(), bins["AC"].sum()) == (1578, 1295)
    np.testing.assert_array_equal(bins["C"] % 1, 0)


def test_efficiencies_do_not_cross_and_start_at_seven_photoelectrons():
    x = np.linspace(5.5, 60, 200)
    down, nominal, up = (module.efficiency(name) for name in ("down", "nominal", "up"))
    start, middle, end = down.start, nominal.start, up.start
    assert end < middle < start
    assert middle == pytest.approx(7.07, abs=0.01)
    assert (nominal(x[x < middle]) == 0).all()
    above = x > start
    assert (down(x)[above] < nominal(x)[above] * 1.001).all()
    assert (nominal(x)[above] < up(x)[above] * 1.001).all()
    assert float(nominal(60.0)) == pytest.approx(1.32045 - 0.333322, abs=1e-5)


def test_backgrounds(csi):
    steady, beam, induced = slow.backgrounds()
    assert list(csi.backgrounds) == ["steady state", "beam neutrons", "induced neutrons"]
    for found, expected in zip(csi.backgrounds.values(), (steady.sum(0), beam, induced), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_pulls_have_names_and_widths(csi):
    pulls = {pull.name.removeprefix("coherent-csi-2021 "): pull for pull in csi.likelihood.pulls}
    assert pulls["signal"].shared == ("stopped-pion flux", 0.10)
    assert [pulls[name].sigma for name in ("beam neutrons", "induced neutrons", "arrival time")] == [0.25, 0.36, 100]
    steady = [pull.sigma for name, pull in pulls.items() if name.startswith("steady")]
    np.testing.assert_allclose(steady, slow.data()[1].reshape(SHAPE).sum(1) ** -0.5)
    for name, expected in zip(("quenching 1", "quenching 2", "form factor", "efficiency"), slow.shapes(), strict=True):
        found = pulls[name].shape
        np.testing.assert_allclose(found, np.repeat(expected, 11), atol=2e-4)


@pytest.mark.parametrize("value", [0.0, 2e-9, 5e-9])
def test_chi_square_is_the_minimum_of_its_definition(csi, value):
    parts = [(species, slow.energies("cevns", species)) for species in slow.KIND]
    parts += [(name, value**2 * slow.energies("dipole", name, 0.01)) for name in ("nu_mu", "antinu_mu")]
    expected, pulls = slow.chi_square(slow.moving(parts))
    assert float(csi.chi2("mu_mu", value, 0.01)) == pytest.approx(expected, abs=2e-3)
    found = csi.likelihood.best_pulls(csi.expected("mu_mu", value, 0.01))
    assert found["coherent-csi-2021 signal"] == pytest.approx(0.1 * pulls[0], abs=2e-3)
    assert found["coherent-csi-2021 arrival time"] == pytest.approx(100 * pulls[16], abs=1)


def test_without_times_the_bins_are_added_up(csi):
    spectrum = experiments.load("coherent-csi-2021", time_bins=False)
    assert len(spectrum.axes) == 1
    for found, expected in (
        (spectrum.observed, csi.observed),
        (spectrum.standard_model(), csi.standard_model()),
        (spectrum.dipole("e", 1.0), csi.dipole("e", 1.0)),
        *zip(spectrum.backgrounds.values(), csi.backgrounds.values(), strict=True),
    ):
        np.testing.assert_allclose(found, np.reshape(expected, SHAPE).sum(1), rtol=1e-9)


def test_the_expectation_fits_itself(csi):
    """Asimov data give zero, no pulls and no moment."""
    expected = csi.standard_model() + sum(csi.backgrounds.values())
    closed = replace(csi, likelihood=replace(csi.likelihood, observed=expected))
    assert float(closed.chi2("mu_mu", 0.0, 0.01)) == pytest.approx(0, abs=1e-9)
    for value in closed.likelihood.best_pulls(closed.standard_model()).values():
        assert value == pytest.approx(0, abs=1e-6)
    fit = limits.best_fit(closed, "mu_mu", 0.01)
    assert fit.value == pytest.approx(0, abs=1e-10)
    assert module.fitted_events(closed).events == pytest.approx(float(csi.standard_model().sum()), rel=1e-4)


def test_the_fitted_events_are_the_minimum_of_a_slow_chi_square(csi):
    """The minimum over the size and 16 pulls of the second implementation, on the data."""
    found = module.fitted_events(csi)
    events, lowest, rise = slow.fitted_events((found.events - found.down, found.events + found.up))
    assert found.events == pytest.approx(events, abs=0.1)
    np.testing.assert_allclose(rise, 1, atol=5e-3)
    assert lowest < float(csi.likelihood.chi2(csi.standard_model()))
    assert found.counting < found.down < 2 * found.counting


def test_the_errors_of_the_fitted_events_follow_from_the_information(csi):
    """The inverse of Fisher's matrix of a size and all pulls at the expectation: no scan, no minimum."""
    expected = csi.standard_model() + sum(csi.backgrounds.values())
    likelihood = replace(csi.likelihood, observed=expected)
    found = module.fitted_events(replace(csi, likelihood=likelihood))
    signal = csi.standard_model()
    rows, widths = [signal], [np.inf]
    for pull in likelihood.pulls:
        if pull.shared is None:
            column = {"signal": signal, **csi.backgrounds}[pull.templates[0]]
            shape = 1.0 if pull.shape is None else pull.shape
            if pull.templates == ("signal",) and pull.shape is not None:
                shape = shape - shape @ signal / signal.sum()
            column = column * shape
            if pull.name == likelihood.shift.pull:
                column = likelihood.shift.move(signal[np.newaxis], np.zeros(1))[1][0]
            rows.append(column)
            widths.append(pull.sigma)
    design = np.array(rows)
    information = (design / expected) @ design.T + np.diag(np.array(widths) ** -2.0)
    error = signal.sum() * np.linalg.inv(information)[0, 0] ** 0.5
    assert (found.down + found.up) / 2 == pytest.approx(error, rel=0.01)
    assert found.counting == pytest.approx(signal.sum() * information[0, 0] ** -0.5, rel=1e-3)


@pytest.mark.parametrize(("options", "model", "couplings"), [
    ({}, "helm, charge radius", "low-energy"), (dict(module.AS_THE_PAPER), "klein-nystrand", "tree"),
])  # fmt: skip
def test_mean_cross_section(options, model, couplings):
    """Against adaptive integrals over the neutrinos, Simpson's rule in the recoil."""
    expected = 0.0
    for nucleus, (_, _, M, *_) in witness_csi.NUCLEI.items():
        for species in slow.KIND:
            _, high = witness_csi.recoil_range(species, M, 0.0)
            T = np.linspace(1e-7, high * (1 - 1e-4), 201)
            rates = [witness_csi.rate("cevns", nucleus, species, float(t), 0.0, model, couplings) for t in T]
            expected += simpson(rates, x=T) / 6 * 1.973269804e-11**2
    found = module.mean_cross_section(experiments.load("coherent-csi-2021", **options))
    assert found == pytest.approx(expected, rel=2e-3)


def test_only_data_with_shapes_can_be_asked_for_coherent_events():
    with pytest.raises(ValueError, match="to counts, not to the data of COHERENT-CsI$"):
        module.fitted_events(experiments.load("coherent-csi"))


def test_limits_of_many_masses_at_once(csi):
    masses = np.array([0.01, 25.0])
    together = limits.upper_limit(csi, "mu_mu", masses)
    assert np.isfinite(together).all()
    alone = float(limits.upper_limit(csi, "mu_mu", masses[1]))
    assert together[1] == pytest.approx(alone, rel=1e-6)
    # the limit is where the chi-square says
    rise = csi.chi2("mu_mu", together, masses) - limits.best_fit(csi, "mu_mu", masses).chi2
    np.testing.assert_allclose(rise, 2.7055, atol=2e-3)


def test_nothing_of_the_third_flavour_is_in_the_beam(csi):
    assert np.isinf(limits.upper_limit(csi, "mu_tau", [0.0, 1.0])).all()


# ---------------------------------------------------------------------------------------------------------------------
# projections


@pytest.mark.parametrize(("axis", "k"), [("photoelectrons", 1), ("arrival time", 0)])
def test_a_spectrum_is_a_projection(csi, axis, k):
    table = results.spectrum(csi, "mu_mu", 2e-9, 0.01, axis=axis).table
    density = results.spectrum(csi, "mu_mu", 2e-9, 0.01, axis=axis, per_width=True).table
    low, high = list(table.columns)[:2]
    assert table.columns[low][0] == 0
    np.testing.assert_array_equal(table["observed"], slow.data()[0].reshape(SHAPE).sum(axis=k))
    np.testing.assert_allclose(table["error"], np.sqrt(table["observed"]))
    np.testing.assert_allclose(table["standard_model"], csi.standard_model().reshape(SHAPE).sum(axis=k))
    np.testing.assert_allclose(table["dipole"].sum(), 4e-18 * csi.dipole("mu", 0.01).sum())
    width = table[high] - table[low]
    np.testing.assert_allclose(density["dipole"] * width, table["dipole"])
    np.testing.assert_array_equal(density[low], table[low])
    assert density.units["observed"] == f"events/{csi.axes[1 - k].unit}"


def test_without_an_axis_every_bin_has_its_row(csi):
    table = results.spectrum(csi).table
    assert list(table.columns)[:4] == [
        "photoelectrons_low",
        "photoelectrons_high",
        "arrival_time_low",
        "arrival_time_high",
    ]
    np.testing.assert_array_equal(table["observed"], csi.observed)
    with pytest.raises(ValueError, match="a density is along one axis: photoelectrons, arrival time"):
        results.spectrum(csi, per_width=True)
    with pytest.raises(ValueError, match="has no axis 'energy'; there are photoelectrons, arrival time"):
        results.spectrum(csi, axis="energy")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"couplings": "bare"}, "'couplings' is one of tree, low-energy, not 'bare'"),
        ({"timing": "2020"}, "'timing' is one of release, 2017, not '2020'"),
        ({"efficiency": "best"}, "'efficiency' is one of nominal, up, down, not 'best'"),
        ({"steady_error": "none"}, "'steady_error' is one of spectrum, size, not 'none'"),
        ({"sigma_arrival_ns": -1.0}, "'sigma_arrival_ns' must be at least 0, not -1.0"),
        ({"sigma_form_factor": -0.1}, "'sigma_form_factor' must be at least 0, not -0.1"),
        ({"sigma_flux": 0.0}, "'sigma_flux' must be greater than 0"),
        ({"quenching": "2019"}, "no quenching model '2019'"),
    ],
)
def test_impossible_choices_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        experiments.load("coherent-csi-2021", **options)


def test_a_whole_curve_has_a_limit_everywhere_below_the_edge(csi):
    """Among its signals are some that are a thousand times too large: the profile must end there as well."""
    masses = limits.masses(csi, "mu_mu", number=60)
    assert np.all(np.isfinite(limits.upper_limit(csi, "mu_mu", masses)))


# ---------------------------------------------------------------------------------------------------------------------
# joint fits


def by_hand(parts, signals):
    """Minimum over all pulls of the sum of several chi-squares, by scipy from their definitions.

    A pull that is shared is the sum of the common part and of its own; everything is in standard deviations.
    """
    pulls = {}
    for part in parts:
        for pull in part.pulls:
            common = pull.shared
            own = np.sqrt(max(pull.sigma**2 - common[1] ** 2, 0.0)) if common and len(parts) > 1 else pull.sigma
            if common and len(parts) > 1:
                pulls[common[0]] = common[1]
            if own > 0:
                pulls[pull.name] = own
    names = list(pulls)

    def pieces(part, signal):
        """Each pull as a sum of the free numbers, what it does to each template, and which one is the shift."""
        own, moving = np.zeros((len(names), len(part.pulls))), None
        shapes = {name: np.zeros((len(part.pulls), len(signal))) for name in ("signal", *part.backgrounds)}
        for k, pull in enumerate(part.pulls):
            if pull.name in pulls:
                own[names.index(pull.name), k] = pulls[pull.name]
            if pull.shared and len(parts) > 1:
                own[names.index(pull.shared[0]), k] = pull.shared[1]
            if part.shift is not None and pull.name == part.shift.pull:
                moving = k
                continue
            for name in pull.templates:
                shapes[name][k] += 1.0 if pull.shape is None else np.asarray(pull.shape)
        return own, shapes, moving

    ready = [(part, signal, *pieces(part, signal)) for part, signal in zip(parts, signals, strict=True)]

    def total(scaled):
        """The sum for one value of every free number, or for rows of them."""
        rows = np.atleast_2d(scaled)
        chi2 = np.sum(rows**2, axis=-1)
        for part, signal, own, shapes, moving in ready:
            a = rows @ own
            templates = {"signal": signal, **part.backgrounds}
            if moving is not None:
                templates["signal"] = part.shift.move(np.tile(signal, (len(rows), 1)), a[:, moving])[0]
            expected = sum(templates[name] * (1 + a @ shapes[name]) for name in templates)
            n = part.observed
            if type(part).__name__ == "Poisson":
                possible = np.where(expected > 0, expected, 1.0)
                ratio = 2 * np.sum(expected - n + xlogy(n, np.where(n > 0, n / possible, 1.0)), axis=-1)
                chi2 += np.where(np.all(expected > 0, axis=-1), ratio, 1e6)  # no expectation of counts
            else:
                chi2 += np.sum(((n - expected) / part.sigma) ** 2, axis=-1)
        return chi2 if np.ndim(scaled) > 1 else float(chi2[0])

    steps = 1e-5 * np.eye(len(names))

    def slope(scaled):
        return (total(scaled + steps) - total(scaled - steps)) / 2e-5

    starts, start = [], np.zeros(len(names))
    # the arrival time of a signal that is too large has several minima
    for shift in (-1.5, 0.0, 1.5):
        first = start.copy()
        for k, name in enumerate(names):
            if name.endswith("arrival time"):
                first[k] = shift
        starts.append(minimize(total, first, jac=slope, method="BFGS", options={"gtol": 1e-7, "maxiter": 2000}))
    lowest = min(starts, key=lambda found: found.fun)
    # the value is off by the square of this
    options = {"xtol": 1e-6, "ftol": 1e-15, "maxiter": 200}
    return float(minimize(total, lowest.x, method="Powell", options=options).fun)


@pytest.mark.parametrize(
    ("coupling", "value", "mass"), [("mu_e", 3e-9, 20.0), ("mu_mu", 2e-9, 0.01), ("mu_mu", 4e-9, 0.01)]
)
def test_the_shift_is_exact_alone_and_in_joint_fits(csi, coupling, value, mass):
    """Not expanded around a point: the chi-square of a joint fit is its minimum over all pulls."""
    lar = experiments.load("coherent-lar")
    joint = experiments.combine([csi, lar])
    signals = [each.expected(coupling, value, mass) for each in (csi, lar)]
    alone = by_hand([csi.likelihood], signals[:1])
    assert float(csi.chi2(coupling, value, mass)) == pytest.approx(alone, abs=1e-6)
    together = by_hand([csi.likelihood, lar.likelihood], signals)
    assert float(joint.chi2(coupling, value, mass)) == pytest.approx(together, abs=1e-6)


def test_a_joint_fit_with_nothing_in_common_is_the_sum_of_its_parts(csi):
    """XENON1T shares no pull with CsI: the sum holds to the last digits, the shift included."""
    xenon = experiments.load("xenon1t")
    joint = experiments.combine([csi, xenon])
    for value, mass in ((2e-11, 0.01), (1e-10, 0.1)):
        parts = float(csi.chi2("mu_e", value, mass)) + float(xenon.chi2("mu_e", value, mass))
        assert float(joint.chi2("mu_e", value, mass)) == pytest.approx(parts, rel=1e-9)
