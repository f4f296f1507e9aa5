"""How far limits move: against brute force, against algebra on the templates, and the rules of combination."""

from dataclasses import replace
from math import pi, sqrt

import numpy as np
import pytest
import witness
import witness_sources
from scipy.optimize import brentq, minimize_scalar

from companion import experiments, limits, systematics
from companion.couplings import Effective, Mixing, Transition
from companion.experiments import Choice, registry
from companion.systematics import Effect, variations


def brute_force(experiment, dipole):
    """Limit with pulls by least squares and the coupling by scanning: nothing of companion.limits or .statistics."""
    likelihood = experiment.likelihood
    widths = [pull.sigma for pull in likelihood.pulls]

    def chi2(x):
        signal = experiment.standard_model() + x * dipole
        templates = {"signal": signal, **likelihood.backgrounds}
        columns = [sum(templates[name] for name in pull.templates) for pull in likelihood.pulls]
        residual = (likelihood.observed - sum(templates.values())) / likelihood.sigma
        matrix = np.vstack([np.transpose(columns) / likelihood.sigma[:, np.newaxis], np.diag(1 / np.array(widths))])
        target = np.append(residual, np.zeros(len(widths)))
        pulls = np.linalg.lstsq(matrix, target)[0]
        return np.sum((target - matrix @ pulls) ** 2)

    unit = 1 / np.sqrt(np.sum((dipole / likelihood.sigma) ** 2))
    lowest = minimize_scalar(lambda x: chi2(x * unit), bounds=(0, 20), method="bounded", options={"xatol": 1e-9})
    start, minimum = (lowest.x, lowest.fun) if lowest.fun < chi2(0.0) else (0.0, chi2(0.0))
    return sqrt(brentq(lambda x: chi2(x * unit) - minimum - 2.705543454, start, 50, xtol=1e-10) * unit)


def effects(name, coupling, **options):
    return {effect.source: effect for effect in systematics.effects(name, coupling, 0.01, **options)}


def test_the_band_of_csi_by_brute_force():
    """Quenching and weak angle."""

    def limit(**options):
        experiment = experiments.load("coherent-csi", **options)
        return brute_force(experiment, experiment.dipole("mu", 0.01))

    default, found = limit(), effects("coherent-csi", "mu_mu")
    for source, option, shifts in (
        ("quenching, first shift", "quenching", ("shift_1_up", "shift_1_down")),
        ("weak mixing angle at $Q=0$", "sin2_theta_W", (0.23868,)),
    ):
        ratios = [limit(**{option: shift}) / default for shift in shifts]
        assert found[source].down == pytest.approx(min(1, *ratios), abs=1e-5)
        assert found[source].up == pytest.approx(max(1, *ratios), abs=1e-5)


def test_weak_charge_moves_the_standard_model_as_its_square():
    """Without form factors the events are as the square of Z (1 - 4 s) - N, whatever else happens."""
    s, A = 0.25, (36 * 0.3336 + 38 * 0.0629 + 40 * 99.6035) / 100
    ratio = (18 * (1 - 4 * s) - (A - 18)) ** 2 / (18 * (1 - 4 * witness.SIN2_THETA_W) - (A - 18)) ** 2
    moved, default = (experiments.load("coherent-lar", form_factor="point", **o) for o in ({"sin2_theta_W": s}, {}))
    np.testing.assert_allclose(moved.standard_model(), ratio * default.standard_model(), rtol=1e-5)
    np.testing.assert_allclose(moved.dipole("mu", 1.0), default.dipole("mu", 1.0), rtol=1e-14)


def test_weak_angle_of_electrons():
    """Antineutrinos on the electrons of CsI, bin by bin, as the second implementation has them."""
    moved, default = (experiments.load("texono", **o) for o in ({"sin2_theta_W": 0.25}, {}))
    edges = default.axes[0].edges
    for k in (0, 9):
        rates = [
            witness_sources.texono_bin(edges[k], edges[k + 1], 1.0, 1.0, "electron", s_W2=s)
            for s in (0.25, witness.SIN2_THETA_W)
        ]
        assert moved.standard_model()[k] / default.standard_model()[k] == pytest.approx(rates[0] / rates[1], rel=1e-6)


def test_mixing_moves_a_limit_as_the_weights_say():
    """lambda_24 at COHERENT through |U_alpha2|^2 written out, with theta_23 one standard deviation up."""
    sin2_12, sin2_13, sin2_23, delta = 0.318, 0.022, 0.574 + 0.014, 1.08 * pi
    s12, s13, s23 = (sqrt(v) for v in (sin2_12, sin2_13, sin2_23))
    c12, c13, c23 = (sqrt(1 - v) for v in (sin2_12, sin2_13, sin2_23))
    electron = (s12 * c13) ** 2
    muon = abs(c12 * c23 - s12 * s13 * s23 * np.exp(1j * delta)) ** 2
    csi = experiments.load("coherent-csi")
    moved = Transition("24", mixing=Mixing.best_fit(shift="sin2_theta23_up"))
    dipole = electron * csi.dipole("e", 0.01) + muon * csi.dipole("mu", 0.01)
    np.testing.assert_allclose(csi.template(moved, 0.01), dipole, rtol=1e-10)
    ratio = brute_force(csi, dipole) / float(limits.upper_limit(csi, "lambda_24", 0.01))
    found = effects("coherent-csi", "lambda_24")[r"mixing, $\sin^2\theta_{23}$"]
    assert min(abs(found.down - ratio), abs(found.up - ratio)) < 1e-5


def test_mixing_of_the_sun():
    """Limits of XENON1T follow from the share of electron neutrinos, nine tenths of them as in a vacuum."""

    def electrons(sin2):
        return (1 - 0.022) ** 2 * ((1 - sin2) ** 2 + sin2**2) + 0.022**2

    up = Effective("e", mixing=Mixing.best_fit(shift="sin2_theta12_up"))
    default = float(limits.upper_limit(experiments.load("xenon1t", conversion="computed"), "mu_e", 0.01))
    moved = float(limits.upper_limit("xenon1t", up, 0.01))
    assert moved / default - 1 == pytest.approx(sqrt(electrons(0.318) / electrons(0.318 + 0.016)) - 1, rel=0.15)
    effect = effects("xenon1t", "mu_e")[r"mixing, $\sin^2\theta_{12}$"]
    # computed is compared with computed
    assert effect.up == pytest.approx(max(moved / default, 1), rel=1e-9)


@pytest.mark.parametrize("name", ["xenonnt", "lz-ws2024", "pandax-4t"])
def test_mixing_reaches_every_experiment_of_the_sun(name):
    """They have no option for the conversion; the unshifted one is computed as well, so that no shift is no change."""
    (source, *_) = [s for s in systematics.sources(name, "lambda_14") if s.name.startswith("mixing")]
    assert source.base.computed
    found = effects(name, "lambda_14")
    shares = found[r"mixing, $\sin^2\theta_{12}$"]
    assert 0.95 < shares.down < 0.995 < 1.005 < shares.up < 1.05
    # |U_e1|^2 falls and |U_e2|^2 rises with theta_12, in matter as in a vacuum
    xenon1t = effects("xenon1t", "lambda_14")[r"mixing, $\sin^2\theta_{12}$"]
    assert (shares.down, shares.up) == pytest.approx((xenon1t.down, xenon1t.up), abs=2e-3)


@pytest.mark.parametrize(
    ("name", "coupling", "expected"),
    [
        ("coherent-csi", "mu_mu", set()),
        ("coherent-csi", "lambda_14", {"12", "13", "23", "delta"}),
        ("coherent-csi", "lambda_34", {"13", "23"}),
        ("texono", "lambda_14", {"12", "13"}),
        ("cr51-lxe-b", "lambda_34", {"13"}),
        ("xenonnt", "mu_e", {"12", "13", "21"}),
        ("xenonnt", "lambda_34", {"12", "13", "21"}),
        ("lz-ws2022", "mu_mu", {"12", "13", "23", "21", "delta"}),
    ],
)
def test_only_parameters_that_matter_are_varied(name, coupling, expected):
    symbols = {"12": r"\theta_{12}", "13": r"\theta_{13}", "23": r"\theta_{23}", "21": "m^2_{21}", "delta": r"\delta"}
    names = [s.name for s in systematics.sources(name, coupling) if s.name.startswith("mixing")]
    assert {key for key, symbol in symbols.items() if any(symbol in each for each in names)} == expected
    assert len(names) == len(expected)


def test_a_mixing_of_ones_own_is_moved_by_the_same_error():
    """delta = 0 and its errors, through |U_mu1|^2 written out; the electrons have none of it."""
    own = Transition("14", mixing=Mixing(phases={"delta": 0.0}))
    moved = {effect.source: effect for effect in systematics.effects("coherent-lar", own, 0.01)}[r"mixing, $\delta$"]
    s12, s23, s13 = (sqrt(x) for x in (0.318, 0.574, 0.022))
    c12, c23, c13 = (sqrt(1 - x) for x in (0.318, 0.574, 0.022))
    lar = experiments.load("coherent-lar")

    def limit(delta):
        muon = abs(s12 * c23 + c12 * s23 * s13 * np.exp(1j * delta)) ** 2
        return brute_force(lar, (c12 * c13) ** 2 * lar.dipole("e", 0.01) + muon * lar.dipole("mu", 0.01))

    ratios = [limit(sign * 0.12 * pi) / limit(0.0) for sign in (1, -1)]
    assert moved.down == pytest.approx(min(1, *ratios), abs=1e-5)
    assert moved.up == pytest.approx(max(1, *ratios), abs=1e-5)


def test_standard_deviations_add_in_quadrature_and_choices_do_not():
    one = np.array([1.0, 1.0])
    parts = [
        Effect("a", "sigma", np.array([0.97, 1.0]), np.array([1.03, 1.01])),
        Effect("b", "sigma", np.array([0.96, 1.0]), np.array([1.04, 1.0])),
        Effect("c", "choice", np.array([0.9, 0.8]), one),
        Effect("d", "choice", np.array([0.95, 1.0]), np.array([1.2, 1.0])),
        Effect("e", "pull", np.array([0.5, 0.5]), np.array([2.0, 2.0])),
    ]
    down, up = systematics.combined(parts)
    np.testing.assert_allclose(down, [0.95, 1.0], atol=1e-14)
    np.testing.assert_allclose(up, [1.05, 1.01], atol=1e-14)
    down, up = systematics.envelope(parts)
    np.testing.assert_array_equal(down, [0.9, 0.8])
    np.testing.assert_array_equal(up, [1.2, 1.0])
    down, up = systematics.combined(parts[2:])
    np.testing.assert_array_equal([down, up], [one, one])


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_has_sources_that_load_takes(name):
    experiment = experiments.load(name)
    coupling = "lambda_14"
    sources = systematics.sources(experiment, coupling)
    assert sources
    assert len({source.name for source in sources}) == len(sources)
    for source in sources:
        assert source.kind in systematics.KINDS
        assert source.alternatives
        for case in (source.base, *source.alternatives):
            for part, options in case.options.items():
                assert part == name
                experiments.load(name, **options)
    for choice in experiment.choices:
        listed = any(source.name == choice.what for source in sources)
        assert listed == (choice.kind != "check"), choice.label


def test_a_band_holds_the_limit_and_its_two_bands():
    band = systematics.band("texono", "mu_e", [0.01, 1.0])
    assert band.limit == pytest.approx(limits.upper_limit("texono", "mu_e", [0.01, 1.0]))
    for low, high in (band.sigma, band.choice):
        assert np.all((low < band.limit) & (band.limit < high))
    assert np.all(band.choice[1] / band.limit == pytest.approx(systematics.envelope(band.effects)[1]))


def test_choices_are_limits_of_the_experiments_that_they_describe():
    csi = experiments.load("coherent-csi")
    rows = systematics.choices(csi, "mu_mu", 0.01)
    assert [row.choice.label for row in rows] == ["default", *(choice.label for choice in csi.choices)]
    default = float(limits.upper_limit(csi, "mu_mu", 0.01))
    assert (rows[0].limit, rows[0].ratio) == (default, 1.0)
    for row in rows[1:]:
        other = experiments.load("coherent-csi", **{**row.choice.base, **row.choice.options})
        assert row.limit == float(limits.upper_limit(other, "mu_mu", 0.01, dof=row.choice.dof))
        base = experiments.load("coherent-csi", **row.choice.base)
        assert row.ratio == pytest.approx(row.limit / float(limits.upper_limit(base, "mu_mu", 0.01)), rel=1e-12)


def test_options_of_the_experiment_stay():
    changed = experiments.load("coherent-csi", time_window_us=12)
    rows = systematics.choices(changed, "mu_mu", 0.01)
    assert rows[0].limit == float(limits.upper_limit(changed, "mu_mu", 0.01))
    (helm,) = [row for row in rows if row.choice.label == "Helm form factor, point-proton radius"]
    other = experiments.load("coherent-csi", time_window_us=12, form_factor="helm")
    assert helm.limit == float(limits.upper_limit(other, "mu_mu", 0.01))


def test_alternatives_are_those_that_load_gives_now(monkeypatch):
    """Nothing is kept beside the registry, which a test empties after it has put other data in place."""
    for _ in range(2):
        registry._remembered.cache_clear()
        whole = experiments.load("texono")
        assert variations.build(whole, variations.Case()) is whole


def test_a_combination_has_the_sources_of_its_parts_and_one_weak_angle():
    names = [source.name for source in systematics.sources("coherent-csi+coherent-lar", "lambda_24")]
    assert "COHERENT-CsI: quenching, first shift" in names
    assert "COHERENT-LAr: quenching, slope" in names
    assert names.count("weak mixing angle") == 1
    joint = effects("coherent-csi+coherent-lar", "mu_mu")
    moved = [
        experiments.combine(
            [experiments.load("coherent-csi"), experiments.load("coherent-lar", quenching=f"slope_{side}")]
        )
        for side in ("up", "down")
    ]
    default = limits.upper_limit("coherent-csi+coherent-lar", "mu_mu", 0.01)
    ratios = [float(limits.upper_limit(each, "mu_mu", 0.01) / default) for each in moved]
    effect = joint["COHERENT-LAr: quenching, slope"]
    assert (effect.down, effect.up) == pytest.approx((min(1, *ratios), max(1, *ratios)), rel=1e-12)


def test_a_scan_of_an_option():
    ratios = systematics.scan("coherent-lar", "mu_mu", 0.01, "neutrinos_factor", [0.5, 1.0, 2.0])
    assert ratios[1] == 1
    assert ratios[0] > 1 > ratios[2]
    with pytest.raises(ValueError, match="coherent-lar has no option 'colour'; there are .*quenching"):
        systematics.scan("coherent-lar", "mu_mu", 0.01, "colour", [1])


def test_the_lower_end_of_an_interval():
    """XENON1T's excess: its lower end moves with the binding energies."""
    found = effects("xenon1t", "mu_mu", end="low")["binding energies"]
    others = [experiments.load("xenon1t", binding=binding) for binding in ("xraylib", "rrpa")]
    low = [float(limits.interval(other, "mu_mu", 0.01)[0]) for other in others]
    default = float(limits.interval("xenon1t", "mu_mu", 0.01)[0])
    assert found.down == pytest.approx(min(1, *(x / default for x in low)))
    assert found.up == pytest.approx(max(1, *(x / default for x in low)))


def test_what_was_changed_by_hand_is_refused():
    lar = experiments.load("coherent-lar")
    by_hand = replace(lar, likelihood=lar.likelihood.with_observed(2 * lar.observed))
    for function in (systematics.effects, systematics.choices, systematics.band, systematics.interval_choices):
        with pytest.raises(ValueError, match=r"was changed by hand \(likelihood\); alternatives are built from"):
            function(by_hand, "mu_mu", 0.01)
    with pytest.raises(ValueError, match="the data of COHERENT-LAr are not those that its name stands for"):
        systematics.choices(lar.asimov(), "mu_mu", 0.01)
    with pytest.raises(ValueError, match="COHERENT-LAr is not registered"):
        systematics.choices(replace(lar, name="mine"), "mu_mu", 0.01)
    # what needs no alternative takes it
    assert systematics.allowed(by_hand, "mu_mu", 0.01).high > 0


def test_bad_input():
    with pytest.raises(ValueError, match="gives mu_mu no low end"):
        systematics.effects("coherent-csi", "mu_mu", 0.01, end="low")
    with pytest.raises(ValueError, match="ends high and low, not 'top'"):
        systematics.effects("coherent-csi", "mu_mu", 0.01, end="top")
    with pytest.raises(ValueError, match="between 0 and 1"):
        experiments.load("coherent-csi", sin2_theta_W=1.5)
    with pytest.raises(ValueError, match="an alternative is of the kind check, choice, sigma, pull, not 'guess'"):
        Choice("x", kind="guess")
