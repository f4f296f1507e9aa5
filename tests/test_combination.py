"""Combinations against joint chi-squares written with covariances, and what must not be combined."""

from dataclasses import replace

import numpy as np
import pytest
import witness_combination as witness
from witness_combination import printed

from companion import experiments, limits, statistics
from companion.couplings import Effective, Mixing, Transition
from companion.experiments import Combination, combine

DELTA = {1: 2.705543454, 2: 4.605170186}
MASSES = np.array([0.01, 1.0, 5.0, 20.0, 60.0])


@pytest.fixture(scope="module")
def parts():
    return {name: experiments.load(name) for name in ("coherent-csi", "coherent-lar", "xenon1t", "texono")}


@pytest.fixture(scope="module")
def beams(parts):
    return combine([parts["coherent-csi"], parts["coherent-lar"]])


@pytest.fixture(scope="module")
def everything(parts):
    return combine(parts.values())


NAMES = [
    ("coherent-csi", "coherent-lar"),
    ("coherent-csi", "texono"),
    ("coherent-csi", "coherent-lar", "xenon1t", "texono"),
]


@pytest.mark.parametrize("names", NAMES, ids="+".join)
@pytest.mark.parametrize(("coupling", "value", "m"), [("lambda_14", 4e-9, 1.0), ("lambda_34", 3e-10, 0.01)])
def test_the_chi_square_is_the_printed_one(parts, names, coupling, value, m):
    joint = combine([parts[name] for name in names])
    signals = {n: parts[n].standard_model() + value**2 * parts[n].template(coupling, m) for n in names}
    expected = witness.joint(*printed(parts, signals))
    assert joint.chi2(coupling, value, m) == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize("names", NAMES[:2], ids="+".join)
def test_the_limit_is_that_of_a_minimisation_by_hand(parts, names):
    m, coupling = 1.0, "lambda_24"
    templates = {name: parts[name].template(coupling, m) for name in names}

    def chi2(x):
        return witness.joint(*printed(parts, {n: parts[n].standard_model() + x * templates[n] for n in names}))

    unit = min(float(limits.upper_limit(parts[name], coupling, m)) for name in names) ** 2
    ceiling = witness.minimum_over_one(lambda x: chi2(x * unit), 4.0) + DELTA[1]
    expected = np.sqrt(unit * witness.largest_root(lambda x: chi2(x * unit), ceiling, 30.0))
    assert limits.upper_limit(combine([parts[n] for n in names]), coupling, m) == pytest.approx(expected, rel=1e-5)


def test_without_a_common_pull_chi_squares_add(parts):
    joint = combine([parts["xenon1t"], parts["texono"], parts["coherent-csi"]])
    for coupling in ("lambda_14", "mu_mu"):
        alone = sum(part.chi2(coupling, 3e-10, MASSES) for part in joint.parts)
        np.testing.assert_allclose(joint.chi2(coupling, 3e-10, MASSES), alone, rtol=1e-9)


def test_a_common_pull_costs_what_it_should(parts, beams):
    """Both detectors with more events than expected: one flux that is too low explains both, and is paid for once."""
    projected = [
        replace(
            part,
            likelihood=replace(part.likelihood, observed=1.1 * part.standard_model() + sum(part.backgrounds.values())),
        )
        for part in beams.parts
    ]
    joint = combine(projected)
    apart = sum(float(part.chi2("mu_mu", 0.0, 1.0)) for part in projected)
    assert joint.chi2("mu_mu", 0.0, 1.0) < apart
    pulls = joint.likelihood.best_pulls(joint.standard_model())
    assert pulls["stopped-pion flux"] > 0
    # one detector up and the other one down is harder to explain than without a common part
    observed = [
        factor * part.standard_model() + sum(part.backgrounds.values())
        for factor, part in zip((1.1, 0.9), beams.parts, strict=True)
    ]
    opposed = [
        replace(part, likelihood=replace(part.likelihood, observed=data))
        for part, data in zip(beams.parts, observed, strict=True)
    ]
    assert combine(opposed).chi2("mu_mu", 0.0, 1.0) > sum(float(part.chi2("mu_mu", 0.0, 1.0)) for part in opposed)
    # a flux that is not shared lets a moment hide less behind it, and the limit of the Asimov data is stronger
    asimov = [
        replace(
            part, likelihood=replace(part.likelihood, observed=part.standard_model() + sum(part.backgrounds.values()))
        )
        for part in beams.parts
    ]
    loose = [
        replace(
            part,
            likelihood=replace(
                part.likelihood, pulls=tuple(replace(pull, shared=None) for pull in part.likelihood.pulls)
            ),
        )
        for part in asimov
    ]
    shared, unshared = (limits.upper_limit(combine(those), "mu_mu", 1.0) for those in (asimov, loose))
    assert unshared < shared
    assert shared < min(limits.upper_limit(part, "mu_mu", 1.0) for part in asimov)


def test_kinds_of_likelihoods_mix(parts):
    xenon = parts["xenon1t"]
    counted = replace(
        xenon,
        name="counted",
        likelihood=statistics.Poisson(np.round(xenon.observed), xenon.backgrounds, xenon.likelihood.pulls[1:]),
    )
    joint = combine([parts["texono"], counted])
    alone = parts["texono"].chi2("lambda_24", 2e-10, MASSES) + counted.chi2("lambda_24", 2e-10, MASSES)
    np.testing.assert_allclose(joint.chi2("lambda_24", 2e-10, MASSES), alone, rtol=1e-8)
    both = limits.upper_limit(joint, "lambda_24", MASSES[:2])
    minima = [limits.best_fit(joint, "lambda_24", MASSES[:2]).chi2, joint.chi2("lambda_24", both, MASSES[:2])]
    np.testing.assert_allclose(minima[1] - minima[0], DELTA[1], rtol=1e-6)


def test_blind_parts_contribute_nothing(parts, everything):
    """From 5 MeV on, above the edges of the Sun and the reactor, only the beams are left; at last nothing is."""
    beams = combine([parts["coherent-csi"], parts["coherent-lar"]])
    found, expected = (limits.upper_limit(e, "lambda_14", MASSES) for e in (everything, beams))
    np.testing.assert_allclose(found[2:], expected[2:], rtol=1e-7)
    assert np.isinf(found[-1])
    assert everything.template("lambda_14", MASSES).shape == (5, 63)
    np.testing.assert_array_equal(everything.template("lambda_14", MASSES)[2:, 24:], 0)
    assert everything.maximum_mass("lambda_14") == parts["coherent-csi"].maximum_mass("lambda_14")
    assert everything.template("mu_tau", MASSES)[0, 24:53].sum() > 0


def test_the_mean_pieces_of_the_value(parts, everything):
    assert isinstance(everything, Combination)
    assert everything.name == "coherent-csi+coherent-lar+xenon1t+texono"
    assert "TEXONO (surrogate)" in everything.title
    assert everything.surrogate
    assert not everything.projected
    assert set(everything.states) == {"e", "mu", "1", "2", "3"}
    total = sum(everything.backgrounds.values())
    each = [sum(part.backgrounds.values(), np.zeros_like(part.observed)) for part in parts.values()]
    np.testing.assert_array_equal(total, np.concatenate(each))
    np.testing.assert_array_equal(everything.observed, np.concatenate([part.observed for part in parts.values()]))
    nested = combine([combine([parts["coherent-csi"]]), parts["texono"]], name="two")
    assert [part.name for part in nested.parts] == ["coherent-csi", "texono"]
    assert nested.title == "two"
    with pytest.raises(ValueError, match="ask the parts of two for a single species"):
        nested.standard_model("nu_e")


def test_one_part_alone_is_itself(parts):
    csi = parts["coherent-csi"]
    np.testing.assert_allclose(
        limits.upper_limit(combine([csi]), "lambda_24", MASSES), limits.upper_limit(csi, "lambda_24", MASSES), rtol=1e-9
    )


def test_everything_downstream_takes_a_combination(beams):
    low, high = limits.interval(beams, "mu_mu", MASSES[:2])
    assert np.all(low <= high)
    assert limits.best_fit(beams, "mu_mu", 1.0).chi2 <= beams.chi2("mu_mu", 0.0, 1.0)
    assert limits.contour(beams, "mu_mu", MASSES[:3]).chi2 > 0


def test_interference_and_the_dirac_phase_pass_through(beams):
    mixed = Effective("mu", interference=0.1)
    expected = np.concatenate([0.1 * part.interference("mu", 1.0) for part in beams.parts])
    np.testing.assert_allclose(beams.linear_template(mixed, 1.0), expected, rtol=1e-12)
    assert limits.upper_limit(beams, mixed, 1.0) != limits.upper_limit(beams, "mu_mu", 1.0)
    turned = Transition("14", mixing=Mixing(phases={"delta": 0.0}))
    expected = np.concatenate([part.template(turned, 1.0) for part in beams.parts])
    np.testing.assert_allclose(beams.template(turned, 1.0), expected, rtol=1e-12)
    assert not np.allclose(expected, beams.template("lambda_14", 1.0), rtol=1e-3)


def test_what_parts_add(parts, everything):
    rows = limits.contributions(everything, "lambda_34", 1.0)
    assert [part.name for part, *_ in rows] == list(parts)
    for part, alone, without in rows:
        assert alone == limits.upper_limit(parts[part.name], "lambda_34", 1.0)
        rest = combine([other for other in everything.parts if other.name != part.name])
        assert without == limits.upper_limit(rest, "lambda_34", 1.0)
    with pytest.raises(ValueError, match="two parts or more"):
        limits.contributions(combine([parts["texono"]]), "lambda_34", 1.0)


def test_names_joined_by_plus():
    assert experiments.load("xenon1t+texono").name == "xenon1t+texono"
    with pytest.raises(ValueError, match="no experiment ''"):
        experiments.load("xenon1t+")
    with pytest.raises(ValueError, match="options belong to single experiments"):
        experiments.load("xenon1t+texono", order=3)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "needs at least one"),
        (("texono", "texono"), "cannot combine texono twice"),
        (("cr51-lxe-a", "cr51-lxe-c"), "cr51-lxe-a and cr51-lxe-c, which share data or are alternatives"),
        (("cr51-cevns-si", "cr51-cevns-ge"), "cr51-cevns-si and cr51-cevns-ge, which share data"),
        (("texono", "cr51-lxe-a"), "cr51-lxe-a is a projection and the others are data"),
    ],
)
def test_what_must_not_be_combined(names, message):
    with pytest.raises(ValueError, match=message):
        combine(experiments.load(name) for name in names)


def test_other_refusals(parts):
    csi = parts["coherent-csi"]
    later = replace(csi, name="coherent-csi-2021", data_set="coherent-csi")
    with pytest.raises(ValueError, match="coherent-csi and coherent-csi-2021, which share data"):
        combine([csi, later])
    with pytest.raises(ValueError, match="cannot combine coherent-csi twice"):
        combine([csi, experiments.load("coherent-csi", time_window_us=12)])
    with pytest.raises(ValueError, match="an experiment comes from"):
        combine(["coherent-csi"])
    asked = combine([csi, experiments.load("cr51-lxe-a")], with_projections=True)
    assert asked.projected
