"""COHERENT-CsI against a slow second implementation, and the promises of the contract."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest
import witness
import witness_csi

from companion import experiments, targets
from companion.couplings import Mixing, Transition
from companion.fluxes import chromium51
from companion.response import Binned
from companion.statistics import Gaussian

MASSES = (0.0, 0.01, 5.0, 20.0, 45.0)


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


def agree(found, expected):
    """Convergence class of binned counts: 1e-4, and 1e-6 of the largest bin where there is next to nothing."""
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * np.max(expected))


# ---------------------------------------------------------------------------------------------------------------------
# the counts


@pytest.mark.parametrize("species", witness_csi.SPECIES)
def test_standard_model_by_species(csi, species):
    expected = witness_csi.nuclear("cevns", species)
    assert np.all(expected > 0)
    agree(csi.standard_model(species), expected)


def test_the_standard_model_is_the_sum_of_the_species(csi):
    total = sum(csi.standard_model(species) for species in witness_csi.SPECIES)
    np.testing.assert_allclose(csi.standard_model(), total, rtol=1e-14)
    assert csi.standard_model().shape == (12,)


@pytest.mark.parametrize("m", MASSES)
@pytest.mark.parametrize("flavour", ["e", "mu"])
def test_dipole_counts(csi, flavour, m):
    expected = sum(witness_csi.nuclear("dipole", species, m) for species in witness_csi.FLAVOURS[flavour])
    assert np.max(expected) > 0
    agree(csi.dipole(flavour, m), expected)


OPTIONS = [
    ({"form_factor": "helm"}, {"model": "helm"}),
    ({"form_factor": "helm", "proton_radius": "charge"}, {"model": "helm, charge radius"}),
    ({"form_factor": "point"}, {"model": "none"}),
    *[({"quenching": name}, {"quenching": name}) for name in witness_csi.QUENCHING if name != "nominal"],
    ({"smearing": False}, {"fluctuations": False}),
    ({"acceptance_offset_PE": 0.0}, {"offset": 0.0}),
    ({"delayed_fraction": 1.0}, {"delayed": 1.0}),
    ({"time_window_us": 12}, {"window": 12}),
    ({"neutrinos_factor": 1.1}, {"neutrinos": 1.1}),
]


@pytest.mark.parametrize(("options", "slow"), OPTIONS, ids=[", ".join(map(str, o.values())) for o, _ in OPTIONS])
def test_every_option_changes_what_it_should(csi, options, slow):
    other = experiments.load("coherent-csi", **options)
    for m, flavour in ((0.01, "mu"), (20.0, "e")):
        expected = sum(witness_csi.nuclear("dipole", s, m, **slow) for s in witness_csi.FLAVOURS[flavour])
        agree(other.dipole(flavour, m), expected)
    agree(other.standard_model(), sum(witness_csi.nuclear("cevns", s, **slow) for s in witness_csi.SPECIES))
    # and something did change
    assert np.max(np.abs(other.standard_model() / csi.standard_model() - 1)) > 5e-3


@pytest.mark.parametrize("m", [0.0, 0.01, 1.0, 20.0])
def test_electrons_add_their_recoils(csi, m):
    other = experiments.load("coherent-csi", electrons=True)
    np.testing.assert_allclose(other.standard_model(), csi.standard_model(), rtol=1e-14)
    for flavour in ("e", "mu"):
        extra = sum(witness_csi.electronic(species, m) for species in witness_csi.FLAVOURS[flavour])
        agree(other.dipole(flavour, m) - csi.dipole(flavour, m), extra)
        if m == 20.0:  # beyond the edge for electrons
            np.testing.assert_array_equal(extra, 0)
        else:
            assert np.sum(extra) > 1e-4 * np.sum(csi.dipole(flavour, m))


@pytest.mark.parametrize("options", [{}, {"electrons": True}, {"smearing": False}], ids=str)
def test_twice_the_nodes_change_nothing(options):
    once = experiments.load("coherent-csi", **options)
    twice = experiments.load("coherent-csi", order=64, **options)
    np.testing.assert_allclose(once.standard_model(), twice.standard_model(), rtol=1e-6)
    masses = np.array([0.0, 1e-3, 0.1, 3.0, 6.5, 20.0, 29.0, 45.0, 52.0])
    for flavour in ("e", "mu"):
        for a, b in zip(once.dipole(flavour, masses), twice.dipole(flavour, masses), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8 * np.max(b))


# ---------------------------------------------------------------------------------------------------------------------
# the data and the chi-square


@pytest.mark.parametrize("window", [6, 12])
def test_data_and_background_are_those_of_the_release(window):
    loaded = experiments.load("coherent-csi", time_window_us=window)
    on, ac = witness_csi.ON[window], witness_csi.AC[window]
    np.testing.assert_array_equal(loaded.observed, on - ac)
    np.testing.assert_allclose(loaded.backgrounds["prompt neutrons"], witness_csi.NEUTRONS, rtol=1e-12)
    assert list(loaded.backgrounds) == ["prompt neutrons"]
    np.testing.assert_allclose(loaded.likelihood.sigma**2, on - ac + witness_csi.NEUTRONS + 2 * ac, rtol=1e-12)
    assert [(pull.sigma, pull.templates) for pull in loaded.likelihood.pulls] == [
        (0.128, ("signal",)),
        (0.25, ("prompt neutrons",)),
    ]


@pytest.mark.parametrize("factor", [0.0, 2.0])
def test_neutrons_scale_in_the_template_and_in_the_error(csi, factor):
    other = experiments.load("coherent-csi", neutrons_factor=factor)
    np.testing.assert_allclose(other.backgrounds["prompt neutrons"], factor * witness_csi.NEUTRONS, rtol=1e-12)
    variance = csi.likelihood.sigma**2 + (factor - 1) * witness_csi.NEUTRONS
    np.testing.assert_allclose(other.likelihood.sigma**2, variance, rtol=1e-12)
    np.testing.assert_array_equal(other.standard_model(), csi.standard_model())


def test_the_sums_of_the_release(csi):
    assert csi.observed.sum() == 547 - 405
    assert csi.backgrounds["prompt neutrons"].sum() == pytest.approx(5.42, abs=0.005)


def test_the_bins(csi):
    (axis,) = csi.axes
    np.testing.assert_array_equal(axis.edges, np.arange(6, 31, 2))
    np.testing.assert_array_equal(axis.centres, np.arange(7, 30, 2))
    assert (axis.name, axis.unit, csi.quantity) == ("photoelectrons", "PE", "events")


@pytest.mark.parametrize("window", [6, 12])
@pytest.mark.parametrize("value", [0.0, 2e-9, 4e-9, 1e-8])
def test_chi_square_end_to_end(value, window):
    """From typed data and slow counts to the chi-square, against the whole chain of the package."""
    loaded = experiments.load("coherent-csi", time_window_us=window)
    signal = sum(witness_csi.nuclear("cevns", s, window=window) for s in witness_csi.SPECIES)
    signal = signal + value**2 * sum(
        witness_csi.nuclear("dipole", s, 0.01, window=window) for s in witness_csi.FLAVOURS["mu"]
    )
    expected = witness_csi.chi_square(signal, window)
    assert loaded.chi2("mu_mu", value, 0.01) == pytest.approx(expected, rel=1e-4, abs=0)


def test_the_signal_scales_with_the_square(csi):
    masses = np.array([0.01, 20.0])
    signal = csi.expected("mu_mu", 3e-9, masses) - csi.standard_model()
    np.testing.assert_allclose(signal, 9e-18 * csi.dipole("mu", masses), rtol=1e-10)
    np.testing.assert_array_equal(csi.expected("mu_mu", 0.0, masses), np.stack([csi.standard_model()] * 2))
    # a sign means nothing
    np.testing.assert_array_equal(csi.chi2("mu_e", -3e-9, masses), csi.chi2("mu_e", 3e-9, masses))


# ---------------------------------------------------------------------------------------------------------------------
# couplings


def pmns_squared():
    """|U_alpha i|^2 of three neutrinos from the best fit, through the Jarlskog-free invariants of the rotations."""
    s12, s13, s23 = 0.318**0.5, 0.022**0.5, 0.574**0.5
    c12, c13, c23 = (1 - 0.318) ** 0.5, (1 - 0.022) ** 0.5, (1 - 0.574) ** 0.5
    interference = 2 * s12 * c12 * s23 * c23 * s13 * np.cos(1.08 * pi)
    mu_1 = (s12 * c23) ** 2 + (c12 * s23 * s13) ** 2 + interference
    mu_2 = (c12 * c23) ** 2 + (s12 * s23 * s13) ** 2 - interference
    rows = [(c12 * c13) ** 2, (s12 * c13) ** 2, s13**2], [mu_1, mu_2, (s23 * c13) ** 2]
    return {"e": rows[0], "mu": rows[1], "tau": [1 - e - mu for e, mu in zip(*rows, strict=True)]}


@pytest.mark.parametrize("i", [1, 2, 3])
def test_transition_moments_weigh_the_flavours(csi, i):
    weights = {flavour: row[i - 1] for flavour, row in pmns_squared().items()}
    masses = np.array([0.01, 20.0, 45.0])
    expected = weights["e"] * csi.dipole("e", masses) + weights["mu"] * csi.dipole("mu", masses)
    np.testing.assert_allclose(csi.template(f"lambda_{i}4", masses), expected, rtol=1e-10)
    value = 4e-9
    np.testing.assert_allclose(
        csi.chi2(f"lambda_{i}4", value, masses),
        csi.likelihood.chi2(csi.standard_model() + value**2 * expected),
        rtol=1e-10,
    )


@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_an_effective_moment_is_one_flavour(csi, flavour):
    np.testing.assert_array_equal(csi.template(f"mu_{flavour}", [0.01, 20]), csi.dipole(flavour, [0.01, 20]))


def test_the_beam_has_no_tau_neutrinos(csi):
    assert csi.states == ("e", "mu")
    np.testing.assert_array_equal(csi.dipole("tau", [0.0, 1.0]), np.zeros((2, 12)))
    np.testing.assert_array_equal(csi.template("mu_tau", [0.0, 1.0]), np.zeros((2, 12)))
    assert csi.chi2("mu_tau", 1.0, 1.0) == csi.chi2("mu_mu", 0.0, 1.0)
    assert csi.maximum_mass("mu_tau") == 0


def test_the_kinematic_edge(csi):
    """sqrt(M^2 + 2ME) - M on the heavier nucleus; for mu_mu the antineutrinos reach further than the prompt line."""
    M = witness_csi.NUCLEI["Cs"][2]
    edge = 2 * M * witness.END / ((M**2 + 2 * M * witness.END) ** 0.5 + M)
    for coupling in ("mu_e", "mu_mu", "lambda_14", "lambda_34"):
        assert csi.maximum_mass(coupling) == pytest.approx(edge, rel=1e-9, abs=0)
        assert np.all(csi.template(coupling, edge * 1.0000001) == 0)
        assert np.all(csi.template(coupling, edge * 0.999) >= 0)
        assert np.sum(csi.template(coupling, edge * 0.999)) > 0
    # between the prompt edge and the end point only the delayed neutrinos are left
    delayed = [replace(channel, fluxes={"antinu_mu": channel.fluxes["antinu_mu"]}) for channel in csi.channels]
    alone = replace(csi, channels=tuple(delayed))
    np.testing.assert_allclose(csi.dipole("mu", 35.0), alone.dipole("mu", 35.0), rtol=1e-13)


# ---------------------------------------------------------------------------------------------------------------------
# shapes and refusals


def test_values_and_masses_broadcast(csi):
    values, masses = np.array([1e-9, 2e-9, 5e-9]), np.array([[0.01], [20.0]])
    found = csi.chi2("mu_mu", values, masses)
    assert found.shape == (2, 3)
    assert found[1, 2] == pytest.approx(float(csi.chi2("mu_mu", 5e-9, 20.0)), rel=1e-12, abs=0)
    assert np.shape(csi.chi2("mu_mu", 1e-9, 0.01)) == ()
    assert csi.chi2("mu_tau", values, masses).shape == (2, 3)
    assert csi.dipole("mu", masses).shape == (2, 1, 12)
    assert csi.dipole("mu", 0.01).shape == (12,)
    assert csi.template("lambda_24", np.zeros((2, 0))).shape == (2, 0, 12)


def test_the_same_mass_gives_the_same_counts_alone_and_in_company(csi):
    masses = np.array([0.0, 1e-3, 10.0, 29.0, 31.0, 52.0, 60.0])
    together = csi.dipole("mu", masses)
    for m, counts in zip(masses, together, strict=True):
        np.testing.assert_allclose(csi.dipole("mu", m), counts, rtol=1e-12)


def test_counts_are_continuous_at_mass_zero(csi):
    np.testing.assert_allclose(csi.dipole("mu", 1e-6), csi.dipole("mu", 0.0), rtol=1e-9)


def test_names():
    assert "coherent-csi" in experiments.names()
    for name in experiments.names():
        loaded = experiments.load(name)
        assert loaded.name == name
        assert loaded.title
        assert loaded.sources
        assert all(loaded.sources)
        size = np.prod([len(axis.edges) - 1 for axis in loaded.axes])
        assert loaded.observed.size == size
        assert all(template.size == size for template in loaded.backgrounds.values())
        assert loaded.standard_model().shape == loaded.observed.shape


@pytest.mark.parametrize("name", experiments.names())
def test_every_listed_choice_can_be_made_and_differs(name):
    without = experiments.load(name)
    labels = [choice.label for choice in without.choices]
    assert len(set(labels)) == len(labels)
    for choice in without.choices:
        assert choice.options or choice.dof != 1
        if choice.options:
            other = experiments.load(name, **{**choice.base, **choice.options})
            default = experiments.load(name, **choice.base) if choice.base else without
            assert any(
                np.shape(here) != np.shape(there) or not np.allclose(here, there, rtol=1e-6, atol=0)
                for here, there in zip(_everything(other), _everything(default), strict=True)
            ) or [pull.templates for pull in other.likelihood.pulls] != [
                pull.templates for pull in default.likelihood.pulls
            ], choice.label


def _everything(experiment):
    """All that a choice can change: signal, background, errors."""
    likelihood = experiment.likelihood
    yield from (experiment.dipole(state, 0.01) for state in experiment.states)
    yield experiment.standard_model()
    yield from (experiment.observed, likelihood.sigma, *experiment.backgrounds.values())
    yield [pull.sigma for pull in likelihood.pulls]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("coherent-cs1", {}, "no experiment 'coherent-cs1'; there are coherent-csi"),
        ("coherent-csi", {"colour": "blue"}, "coherent-csi has no option 'colour'; there are form_factor"),
        (
            "coherent-csi",
            {"form_factor": "gauss"},
            "one of helm, klein-nystrand, klein-nystrand-1.2, point, not 'gauss'",
        ),
        ("coherent-csi", {"proton_radius": "large"}, "'proton_radius' is one of point, charge, not 'large'"),
        (
            "coherent-csi",
            {"quenching": "2019"},
            "no quenching model '2019', nor a file of that name; there are nominal, shift_1_up",
        ),
        ("coherent-csi", {"time_window_us": 9}, "'time_window_us' is one of 6, 12, not 9"),
        ("coherent-csi", {"delayed_fraction": 1.5}, "the delayed fraction between 0 and 1"),
        ("coherent-csi", {"delayed_fraction": -0.5}, "the delayed fraction between 0 and 1"),
        ("coherent-csi", {"delayed_fraction": float("nan")}, "'delayed_fraction' takes a finite number, not nan"),
        (
            "coherent-csi",
            {"acceptance_offset_PE": float("nan")},
            "'acceptance_offset_PE' takes a finite number, not nan",
        ),
        (
            "coherent-csi",
            {"acceptance_offset_PE": "middle"},
            "'acceptance_offset_PE' takes a finite number, not 'middle'",
        ),
        ("coherent-csi", {"smearing": "no"}, "'smearing' takes True or False, not 'no'"),
        ("coherent-csi", {"quenching": 2017}, "a quenching factor lies between 0 and 1, not at 2017"),
        (
            "coherent-csi",
            {"quenching": True},
            "'quenching' takes a model's name, a factor, a table or a function, not T",
        ),
        ("coherent-csi", {"neutrinos_factor": -1.0}, "'neutrinos_factor' must be at least 0, not -1"),
        ("coherent-csi", {"neutrons_factor": -1.0}, "'neutrons_factor' must be at least 0, not -1"),
        ("coherent-csi", {"neutrons_factor": float("nan")}, "'neutrons_factor' takes a finite number, not nan"),
        ("coherent-csi", {"order": 0}, "'order' must be at least 1, not 0"),
        ("coherent-csi", {"order": 2.5}, "'order' takes a whole number, not 2.5"),
        ("coherent-csi", {"smearing": 1}, "'smearing' takes True or False, not 1"),
        (
            "coherent-lar",
            {"quenching": "2017"},
            "no quenching model '2017', nor a file of that name; there are nominal, constant_up",
        ),
        ("coherent-lar", {"mass_from": "29 kg"}, "'mass_from' is one of release, printed, not '29 kg'"),
        ("coherent-lar", {"neutrons_from": "none"}, "'neutrons_from' is one of prediction, fit, not 'none'"),
        (
            "coherent-lar",
            {"form_factor": "gauss"},
            "one of helm, klein-nystrand, klein-nystrand-1.2, point, not 'gauss'",
        ),
        ("cenns-750", {"exposure_factor": -1.0}, "'exposure_factor' must be greater than 0, not -1"),
        ("cenns-750", {"steady_factor": float("inf")}, "'steady_factor' takes a finite number, not inf"),
        ("cenns-750", {"neutrons_factor": float("nan")}, "'neutrons_factor' takes a finite number, not nan"),
        ("cenns-750", {"sigma_signal": 0.0}, "'sigma_signal' must be greater than 0, not 0"),
        ("cenns-750", {"mass": 750}, "cenns-750 has no option 'mass'; there are form_factor"),
    ],
)
def test_impossible_choices_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        experiments.load(name, **options)


def test_unknown_couplings_states_and_species_are_refused(csi):
    with pytest.raises(ValueError, match="no coupling 'mu_x'; there are mu_e, mu_mu, mu_tau, lambda_14"):
        csi.chi2("mu_x", 1e-9, 1.0)
    with pytest.raises(ValueError, match="no coupling 'lambda_12'"):
        csi.template("lambda_12", 1.0)
    with pytest.raises(ValueError, match="no coupling 'nu_e'"):
        csi.maximum_mass("nu_e")
    with pytest.raises(ValueError, match="no state 'x'; there are e, mu, tau"):
        csi.dipole("x", 1.0)
    with pytest.raises(ValueError, match="no species 'nu_x' in COHERENT-CsI; there are nu_mu, nu_e, antinu_mu"):
        csi.standard_model("nu_x")


@pytest.mark.parametrize("mass", [-1.0, np.nan, np.inf, [0.01, -1e-9]])
@pytest.mark.parametrize("coupling", ["mu_mu", "mu_tau", "lambda_24"])
def test_impossible_masses_are_refused_whatever_the_beam(csi, coupling, mass):
    for function in (lambda: csi.template(coupling, mass), lambda: csi.chi2(coupling, 1e-9, mass)):
        with pytest.raises(ValueError, match="masses m_4 must be finite and not negative"):
            function()


def test_impossible_states_masses_are_refused(csi):
    for state in ("e", "mu", "tau"):
        with pytest.raises(ValueError, match="masses m_4 must be finite and not negative"):
            csi.dipole(state, [-0.1, 1.0])


@pytest.mark.parametrize("value", [np.nan, np.inf, [1e-9, np.nan]])
def test_impossible_values_are_refused(csi, value):
    with pytest.raises(ValueError, match="the value of a coupling must be finite"):
        csi.chi2("mu_mu", value, 0.01)


def test_the_dirac_phase_enters_the_weights_of_one_moment_at_a_time(csi):
    """Eqs. (9) and (10) typed anew: cos(delta) has the opposite sign for lambda_14 and lambda_24."""
    s12, s23, s13 = (np.sqrt(x) for x in (0.318, 0.574, 0.022))
    c12, c23, c13 = (np.sqrt(1 - x) for x in (0.318, 0.574, 0.022))
    for delta in (0.0, 2.0):
        swing = 2 * s12 * c12 * s13 * c23 * s23 * np.cos(delta)
        mu = {
            "lambda_14": swing + c23**2 * s12**2 + c12**2 * s13**2 * s23**2,
            "lambda_24": -swing + c23**2 * c12**2 + s12**2 * s13**2 * s23**2,
            "lambda_34": c13**2 * s23**2,
        }
        e = {"lambda_14": (c13 * c12) ** 2, "lambda_24": (c13 * s12) ** 2, "lambda_34": s13**2}
        for name in mu:
            expected = mu[name] * csi.dipole("mu", 1.0) + e[name] * csi.dipole("e", 1.0)
            turned = Transition(name.removeprefix("lambda_"), mixing=Mixing(phases={"delta": delta}))
            np.testing.assert_allclose(csi.template(turned, 1.0), expected, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# experiments of one's own: helpers, and what is asked for if it is missing


def test_channels_of_a_target():
    target = targets.compound({"Cs": 1, "I": 1})
    fluxes = chromium51.flux(1.0)
    response = Binned((1e-6, 1e-3))
    both = experiments.channels(target, 2.0, fluxes, nuclei=response, electrons=response, standard_model=False, order=5)
    assert [(type(c.scatterer).__name__, c.scatterer.symbol) for c in both] == [
        ("Nucleus", "Cs"), ("Nucleus", "I"), ("Electrons", "Cs"), ("Electrons", "I"),
    ]  # fmt: skip
    atoms = 2e3 * witness.AVOGADRO / (132.90545 + 126.90447)
    np.testing.assert_allclose([c.number for c in both], atoms, rtol=1e-6)
    assert all(not c.standard_model and c.order == 5 for c in both)
    assert [type(c.scatterer).__name__ for c in experiments.channels(target, 1.0, fluxes, electrons=response)] == [
        "Electrons", "Electrons",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="needs a response to its nuclei or to its electrons"):
        experiments.channels(target, 1.0, fluxes)


def test_a_flux_needs_a_species_that_exists(csi):
    (flux,) = chromium51.flux(1.0).values()
    for fluxes in ({"nu_bar_e": flux}, {}):
        with pytest.raises(ValueError, match=r"fluxes are given by species \(nu_e, antinu_e, .*not by"):
            replace(csi.channels[0], fluxes=fluxes)


def test_what_is_missing_in_an_experiment_is_said(csi):
    with pytest.raises(ValueError, match="has no channels"):
        replace(csi, channels=())
    with pytest.raises(ValueError, match="has no sources"):
        replace(csi, sources=())
    with pytest.raises(ValueError, match="has data of 12 bins, but its axes have 3"):
        replace(csi, axes=(replace(csi.axes[0], edges=np.arange(4.0)),))
    other = replace(csi.channels[0], response=Binned((1e-3, 1e-2)))
    with pytest.raises(ValueError, match="has data of 12 bins, but a response with 1"):
        replace(csi, channels=(*csi.channels, other))


def test_a_projection_can_be_made_from_outside(csi):
    """As cr51_cevns does it, with the public names only."""
    channels = experiments.channels(
        targets.compound({"Ge": 1}), 1.0, chromium51.flux(1e38), nuclei=Binned(np.linspace(8e-6, 16e-6, 5))
    )
    blank = replace(
        csi,
        axes=(experiments.Axis("recoil energy", "MeV", np.linspace(8e-6, 16e-6, 5)),),
        channels=channels,
        likelihood=Gaussian(np.zeros(4), np.ones(4), {}),
    )
    made = experiments.asimov(blank, 0.2, 0.2)
    np.testing.assert_allclose(made.observed, sum(experiments.standard_model(channels).values()))
    assert made.projected


def test_a_channel_remembers_what_it_has_counted_and_nobody_can_change_it(csi):
    channel = replace(csi.channels[0])
    first = channel.counts("dipole", "nu_mu", [1.0, 2.0])
    assert channel.counts("dipole", "nu_mu", [1.0, 2.0]) is first
    assert channel.counts("dipole", "nu_mu", [2.0, 1.0]) is not first
    np.testing.assert_allclose(channel.counts("dipole", "nu_mu", [2.0, 1.0])[::-1], first, rtol=1e-12)
    assert channel.counts("dipole", "nu_mu", [[1.0, 2.0]]).shape == (1, *first.shape)
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0
    # another response is another channel
    halved = replace(channel, number=channel.number / 2)
    np.testing.assert_allclose(halved.counts("dipole", "nu_mu", [1.0, 2.0]), first / 2, rtol=1e-12)


def test_the_memory_of_a_channel_is_bounded(csi):
    channel = replace(csi.channels[0])
    for m_4 in np.linspace(1, 2, 70):
        channel.counts("dipole", "nu_mu", m_4)
    assert 0 < len(channel._known) <= 64


def test_mass_eigenstates_are_counted_together_as_each_alone():
    (channel,) = experiments.load("xenonnt").channels
    for process, weak in (("dipole", None), ("interference", "nu_mu")):
        together = {one: channel.counts(process, one, [0.05, 0.3], weak) for one in ("nu_1", "nu_2", "nu_3")}
        for one, counts in together.items():
            alone = replace(channel, fluxes={one: channel.fluxes[one]})
            np.testing.assert_allclose(counts, alone.counts(process, one, [0.05, 0.3], weak), rtol=1e-12)
        assert not np.allclose(together["nu_1"], together["nu_2"], rtol=1e-3)


def test_an_experiment_is_one_for_all_and_cannot_be_changed():
    xenon = experiments.load("xenonnt")
    assert experiments.load("xenonnt") is xenon
    with pytest.raises(TypeError):
        xenon.backgrounds["more"] = xenon.observed
