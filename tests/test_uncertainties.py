"""How far limits move: against brute force, against algebra on the templates, and the rules of combination."""

from dataclasses import replace
from math import asin, pi, sqrt

import numpy as np
import pytest
import witness
import witness_sources
from scipy.optimize import brentq, minimize_scalar

from companion import data, experiments, export, limits, uncertainties
from companion.experiments import couplings
from companion.uncertainties import Effect


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
    return {effect.source: effect for effect in uncertainties.band(name, coupling, 0.01, **options)}


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
    csi = experiments.load("coherent-csi", oscillation="sin2_theta23_up")
    dipole = electron * csi.dipole("e", 0.01) + muon * csi.dipole("mu", 0.01)
    np.testing.assert_allclose(csi.template("lambda_24", 0.01), dipole, rtol=1e-10)
    default = experiments.load("coherent-csi")
    ratio = brute_force(csi, dipole) / float(limits.upper_limit(default, "lambda_24", 0.01))
    found = effects("coherent-csi", "lambda_24")[r"mixing, $\sin^2\theta_{23}$"]
    assert min(abs(found.down - ratio), abs(found.up - ratio)) < 1e-5


def test_mixing_of_the_sun():
    """Limits of XENON1T follow from the share of electron neutrinos, nine tenths of them as in a vacuum."""

    def electrons(sin2):
        return (1 - 0.022) ** 2 * ((1 - sin2) ** 2 + sin2**2) + 0.022**2

    default, up = (
        float(limits.upper_limit(experiments.load("xenon1t", conversion="computed", **options), "mu_e", 0.01))
        for options in ({}, {"oscillation": "sin2_theta12_up"})
    )
    assert up / default - 1 == pytest.approx(sqrt(electrons(0.318) / electrons(0.318 + 0.016)) - 1, rel=0.15)


def test_shifts_of_the_global_fit():
    table = data.table("oscillation/parameters")
    angles, phases = couplings.best_fit(shift="sin2_theta12_up")
    assert angles["theta_12"] == pytest.approx(asin(sqrt(0.318 + 0.016)))
    assert phases == couplings.best_fit()[1]
    assert couplings.best_fit(shift="delta_CP_down")[1]["delta"] == pytest.approx((1.08 - 0.12) * pi)
    assert couplings.mass_splittings(shift="dm21_sq_up")["21"] == pytest.approx(7.7e-5)
    assert table.value("sin2_theta12", "NO_error") == 0.016
    for wrong in ("sin2_theta12", "theta12_up", "sin2_theta12_sideways"):
        with pytest.raises(ValueError, match="no shift .*; there are best fit and sin2_theta12, .* with _up or _down"):
            couplings.best_fit(shift=wrong)
    with pytest.raises(ValueError, match="needs it 'computed'"):
        experiments.load("xenon1t", oscillation="sin2_theta12_up")


def test_default_options_are_the_experiment_as_it_was():
    for name in ("coherent-csi", "coherent-lar"):
        plain = replace(experiments.load(name), angles=None, delta=None)
        for coupling in ("mu_mu", "lambda_34"):
            np.testing.assert_array_equal(plain.template(coupling, 1.0), experiments.load(name).template(coupling, 1.0))


def test_standard_deviations_add_in_quadrature_and_choices_do_not():
    one = np.array([1.0, 1.0])
    parts = [
        Effect("a", "sigma", np.array([0.97, 1.0]), np.array([1.03, 1.01])),
        Effect("b", "sigma", np.array([0.96, 1.0]), np.array([1.04, 1.0])),
        Effect("c", "choice", np.array([0.9, 0.8]), one),
        Effect("d", "choice", np.array([0.95, 1.0]), np.array([1.2, 1.0])),
        Effect("e", "pull", np.array([0.5, 0.5]), np.array([2.0, 2.0])),
    ]
    down, up = uncertainties.combined(parts)
    np.testing.assert_allclose(down, [0.95, 1.0], atol=1e-14)
    np.testing.assert_allclose(up, [1.05, 1.01], atol=1e-14)
    down, up = uncertainties.envelope(parts)
    np.testing.assert_array_equal(down, [0.9, 0.8])
    np.testing.assert_array_equal(up, [1.2, 1.0])
    down, up = uncertainties.combined(parts[2:])
    np.testing.assert_array_equal([down, up], [one, one])


@pytest.mark.parametrize("name", uncertainties.OWN)
def test_every_source_is_one_that_load_takes(name):
    for source in uncertainties.sources(name, "lambda_14" if name.startswith("coherent") else "mu_e"):
        assert source.kind in uncertainties.KINDS
        assert source.alternatives
        for options in source.alternatives:
            experiments.load(name, **{**source.base, **options})


def test_tables(tmp_path):
    table = export.uncertainties("texono", "mu_e", 0.01)
    assert "SURROGATE" in table.notes["note"]
    read = data.read(export.write(table, tmp_path / "table.csv"))
    assert list(read["source"]) == [source.name for source in uncertainties.sources("texono", "mu_e")]
    text = uncertainties.markdown(uncertainties.band("texono", "mu_e", 0.01))
    assert text.count("\n") == len(table) + 3
    band = export.band("coherent-lar", "mu_mu", [0.01, 10.0])
    assert np.all(band["choice_low"] <= band["limit"])
    assert np.all((band["sigma_low"] < band["limit"]) & (band["limit"] < band["sigma_high"]))
    summary = export.band_summary([("texono", "mu_e")], 0.01)
    assert (list(summary["experiment"]), list(summary["end"])) == (["texono (SURROGATE)"], ["high"])
    effects = uncertainties.band("texono", "mu_e", 0.01)
    assert summary["choice_down"][0] == pytest.approx(100 * (min(effect.down for effect in effects) - 1), abs=1e-4)


def test_bad_input():
    with pytest.raises(ValueError, match="no uncertainties are set for 'cenns-750'; there are coherent-csi"):
        uncertainties.sources("cenns-750", "mu_mu")
    with pytest.raises(ValueError, match="gives mu_mu no low end"):
        uncertainties.band("coherent-csi", "mu_mu", 0.01, end="low")
    with pytest.raises(ValueError, match="ends high and low, not 'top'"):
        uncertainties.band("coherent-csi", "mu_mu", 0.01, end="top")
    with pytest.raises(ValueError, match="between 0 and 1"):
        experiments.load("coherent-csi", sin2_theta_W=1.5)
