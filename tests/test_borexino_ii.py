"""Borexino Phase II: counts against slow integrals, the fit against a general minimiser, gallium and the mixing."""

import pickle

import numpy as np
import pytest
import witness_borexino as slow
import witness_sun as sun
from scipy.integrate import quad
from scipy.optimize import brentq, minimize

from companion import experiments, limits
from companion.couplings import Effective, Mixing, Transition
from companion.data import table
from companion.experiments import borexino_ii as module
from companion.experiments.borexino_response import stopping_power
from companion.experiments.channel import Channel

ROWS = table("solar/borexino2_spectrum")
DAYS = 582.326
BINS = [100, 150, 200, 260, 300, 320, 400, 520]
EDGES = [(N - 0.5, N + 0.5) for N in BINS]
PLACES = [N - 100 for N in BINS]


@pytest.fixture(scope="module")
def borexino():
    return experiments.load("borexino-ii")


# ---------------------------------------------------------------------------------------------------------------------
# data and response


def test_data_are_counts(borexino):
    counts = ROWS["data"] * DAYS
    np.testing.assert_allclose(counts, np.round(counts), rtol=5e-6)
    np.testing.assert_allclose(ROWS["error"], np.sqrt(np.round(counts)) / DAYS, rtol=1e-4)
    np.testing.assert_array_equal(borexino.observed, np.round(counts)[ROWS["N_h"] >= 100])


def test_light_and_stopping_power(borexino):
    hits = borexino.channels[0].response.quenching
    for T in (0.07, 0.2, 0.665, 1.22, 1.7, 2.5):
        assert float(stopping_power(T)) == pytest.approx(slow.stopping_power(T), rel=1e-5)
        assert float(hits(T)) == pytest.approx(slow.hits(T), rel=1e-4)
    assert np.all(np.diff(hits(np.linspace(0, 20, 2001))) > 0)


def test_the_response_describes_the_solar_part_of_the_published_fit():
    """Of their fit only the sum is known: pp, 7Be and pep are free here, CNO and 8B as we have them."""
    whole = experiments.load("borexino-ii", first_hits=95)
    (channel,) = whole.channels
    parts = np.array([module._standard_model(channel, module.Sun().alone(source)) for source in module.FREE])
    use = (ROWS["N_h"] >= 95) & (ROWS["N_h"] <= 480)
    solar = DAYS * ROWS["solar"][use]
    number = len(solar)
    rest = (whole.standard_model() - parts.sum(axis=0))[:number]
    sizes, *_ = np.linalg.lstsq((parts[:, :number] / solar).T, 1 - rest / solar, rcond=None)
    ratio = (sizes @ parts[:, :number] + rest) / solar
    assert np.std(ratio) < 0.02
    # the drawing jumps from bin to bin: averages over twenty agree within 1.5 %
    means = np.add.reduceat(ratio[:380], np.arange(0, 380, 20)) / 20
    np.testing.assert_allclose(means, 1, atol=0.015)
    # and so do the rates: 134 +- 12, 48.3 +- 1.2, 2.43 +- 0.4 per day are published
    assert sizes[0] == pytest.approx(1.03, abs=0.1)
    assert sizes[1] == pytest.approx(1.0, abs=0.03)


# ---------------------------------------------------------------------------------------------------------------------
# events


@pytest.mark.parametrize("state", ["e", "mu"])
def test_the_standard_model(borexino, state):
    expected = slow.counts(state, EDGES)
    np.testing.assert_allclose(borexino.standard_model(f"nu_{state}")[PLACES], expected, rtol=1e-3)


@pytest.mark.parametrize("mass", [0.0, 0.2, 0.5])
def test_dipole(borexino, mass):
    for state in ("1", "2"):
        ours = borexino.dipole(state, mass)
        expected = slow.counts(state, EDGES, "dipole", mass)
        np.testing.assert_allclose(ours[PLACES], expected, rtol=2e-3, atol=1e-4 * ours.max())


def test_more_nodes_change_nothing(borexino):
    fine = experiments.load("borexino-ii", order=20)
    np.testing.assert_allclose(borexino.standard_model(), fine.standard_model(), rtol=1e-4)
    for mass in (0.01, 0.4):
        counts = fine.dipole("1", mass)
        np.testing.assert_allclose(borexino.dipole("1", mass), counts, rtol=1e-4, atol=1e-6 * counts.max())


def test_sources_add_up():
    whole = module.Sun()(Mixing())
    apart = [module.Sun().alone(source)(Mixing()) for source in module.SOURCES]
    for species in ("nu_e", "nu_2"):
        for lowest in (0.0, 0.3, 1.0):
            total = sum(fluxes[species].moments(lowest) for fluxes in apart)
            np.testing.assert_allclose(total, whole[species].moments(lowest), rtol=1e-6)


def test_flavours_and_eigenstates_are_the_same_neutrinos(borexino):
    flavours = sum(borexino._events("dipole", state, 0.1) for state in ("e", "mu", "tau"))
    np.testing.assert_allclose(flavours, borexino.template(Effective("all"), 0.1), rtol=1e-6)


def test_another_mixing_changes_both_parts(borexino):
    """The Standard-Model part depends on flavours, the dipole part on eigenstates: both follow the mixing."""
    angles = {"theta_12": 0.5}
    changed = borexino.converted(Mixing(angles))
    survives = sun.mixing()["e"]
    assert changed.standard_model().sum() > 1.02 * borexino.standard_model().sum()
    assert survives[0] < np.cos(0.5) ** 2
    weak = limits.upper_limit(borexino, Transition("24", mixing=Mixing(angles)), 0.01)
    strong = limits.upper_limit(borexino, Transition("24"), 0.01)
    assert weak > 1.05 * strong


# ---------------------------------------------------------------------------------------------------------------------
# the fit


def test_the_standard_model_fits(borexino):
    """Independently 871 in 851 bins was found."""
    assert float(borexino.chi2("mu_all", 0.0, 0.0)) == pytest.approx(871, abs=1)
    assert len(borexino.observed) == 851


def parts(borexino, mass):
    """Standard-Model and dipole events by source, and the pulls that are no fluxes, as templates."""
    (channel,) = borexino.channels
    dipole = {}
    for source in module.FREE:
        fluxes = {f"nu_{i}": module.Sun().alone(source)(Mixing())[f"nu_{i}"] for i in (1, 2, 3)}
        alone = Channel(channel.scatterer, channel.number, fluxes, channel.response, order=channel.order)
        dipole[source] = sum(alone.counts("dipole", species, mass) for species in fluxes)
    weak = {source: module._standard_model(channel, module.Sun().alone(source)) for source in module.FREE}
    background = borexino.backgrounds["background"]
    others, widths = [], []
    for pull in borexino.likelihood.pulls:
        if "flux" not in pull.name:
            whole = background + ("signal" in pull.templates) * borexino.standard_model()
            others.append(np.asarray(pull.shape) * whole)
            widths.append(pull.sigma)
    return weak, dipole, np.array(others), widths


@pytest.mark.parametrize("mass", [0.01, 0.2])
def test_limits_of_a_fit_in_which_each_flux_carries_its_own_dipole_events(borexino, mass):
    """Exact where ours takes the share of a flux in the dipole events from the Standard Model."""
    weak, dipole, others, widths = parts(borexino, mass)
    fixed = borexino.standard_model() + borexino.backgrounds["background"]
    whole = borexino.template("mu_all", mass)

    def chi2(square):
        fluxes = [weak[source] + square * dipole[source] for source in module.FREE]
        return slow.profile(
            borexino.observed, fixed + square * whole, np.vstack([fluxes, others]), [np.inf] * 3 + widths
        )[0]

    lowest = min(chi2(x * 1e-22) for x in (0.0, 1.0, 3.0))
    assert chi2(0.0) == pytest.approx(float(borexino.chi2("mu_all", 0.0, 0.0)), abs=1e-4)
    ours = float(limits.upper_limit(borexino, "mu_all", mass))
    exact = brentq(lambda x: chi2(x * 1e-22) - lowest - 2.705543, 1.0, 100.0, xtol=1e-4)
    assert ours == pytest.approx(1e-11 * exact**0.5, rel=0.025)


def test_limits(borexino):
    """About 4e-11 for a light state; an independent quick fit has 4.7e-11, with other nuisance parameters."""
    found = limits.upper_limit(borexino, "mu_all", [0.01, 0.1, 0.2, 0.4])
    np.testing.assert_allclose(found, [4.30e-11, 4.67e-11, 5.71e-11, 3.17e-11], rtol=0.01)
    np.testing.assert_allclose(found, [4.7e-11, 5.2e-11, 6.6e-11, 3.4e-11], rtol=0.15)


def test_coarser_bins_lose_little(borexino):
    wide = experiments.load("borexino-ii", rebin=4)
    assert len(wide.observed) == 213
    assert wide.observed.sum() == borexino.observed.sum()
    np.testing.assert_allclose(wide.standard_model().sum(), borexino.standard_model().sum(), rtol=1e-9)
    # what a projection loses, without the accidents of these data
    fine, coarse = (limits.upper_limit(one.asimov(), "mu_all", 0.01) for one in (borexino, wide))
    assert coarse == pytest.approx(float(fine), rel=0.02)


# ---------------------------------------------------------------------------------------------------------------------
# gallium


def test_captures_on_gallium():
    rates = module.gallium(module.Sun())
    rows = table("solar/borexino2_gallium")

    def section(E):
        return 1e-46 * np.interp(E, rows["E_nu"], rows["best"])

    for source, (end, _, _, total) in sun.BETA.items():
        expected, _ = quad(
            lambda E: float(sun.shape(source, E)) * float(sun.arrives("e", source, E)) * section(E),  # noqa: B023
            0.2327, end - 1e-9, epsabs=0, epsrel=1e-5, limit=400,
        )  # fmt: skip
        assert rates[source][0] == pytest.approx(1e36 * total * expected, rel=2e-3)
    for source in ("7Be", "pep"):
        lines = [line for line in sun.LINES if line[0] == source]
        expected = sum(1e36 * total * float(sun.arrives("e", source, E)) * section(E) for _, E, total in lines)
        assert rates[source][0] == pytest.approx(expected, rel=1e-6)
    # 66.1 +- 3.1 SNU were measured
    assert sum(rate for rate, _ in rates.values()) == pytest.approx(64.8, abs=0.3)


def test_gallium_holds_the_fluxes_together():
    free, held = (experiments.load("borexino-ii", gallium=value) for value in (False, True))
    assert float(held.chi2("mu_all", 0.0, 0.0)) >= float(free.chi2("mu_all", 0.0, 0.0)) - 1e-6
    strong, weak = (float(limits.upper_limit(one, "mu_all", 0.01)) for one in (held, free))
    assert strong == pytest.approx(3.29e-11, rel=0.02)
    assert 1.2 < weak / strong < 1.4


def test_the_constraint_is_the_one_that_was_meant():
    """The same with three free fluxes and the capture rate as one more datum."""
    held, free = (experiments.load("borexino-ii", gallium=value) for value in (True, False))
    weak, _, others, widths = parts(free, 0.01)
    rates = module.gallium(module.Sun())
    total, error = (sum(rate[k] for rate in rates.values()) for k in (0, 1))
    sigma = np.hypot(3.1, error)
    signal = free.expected("mu_all", 3e-11, 0.01)
    shares = {source: weak[source] / free.standard_model() for source in module.FREE}
    templates = np.vstack([[shares[source] * signal for source in module.FREE], others])

    def chi2(fluxes):
        inner = signal * sum(shares[source] * a for source, a in zip(module.FREE, fluxes, strict=True))
        value, _ = slow.profile(free.observed, signal + free.backgrounds["background"] + inner, templates[3:], widths)
        rate = total + sum(rates[source][0] * a for source, a in zip(module.FREE, fluxes, strict=True))
        return value + ((rate - 66.1) / sigma) ** 2

    best = minimize(chi2, [0.0, 0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4})
    assert best.fun == pytest.approx(float(held.chi2("mu_all", 3e-11, 0.01)), abs=0.1)


# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first_hits": 50}, "a fit runs between 93 and 950 hits, not from 50 to 950"),
        ({"rebin": 0}, "bins are of 1 to 21 hits each, not of 0"),
        ({"birks": "high"}, "the option 'birks' is one of fitted, lower, not 'high'"),
        ({"model": "BP2000"}, "the option 'model' is one of GS98, AGSS09"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        experiments.load("borexino-ii", **options)


def test_every_choice_can_be_built(borexino):
    for choice in borexino.choices:
        changed = experiments.load("borexino-ii", **choice.options)
        assert np.isfinite(limits.upper_limit(changed, "mu_all", 0.01, dof=choice.dof))


def test_it_pickles_and_joins(borexino):
    again = pickle.loads(pickle.dumps(borexino))
    assert again.chi2("mu_all", 3e-11, 0.1) == borexino.chi2("mu_all", 3e-11, 0.1)
    xenon = experiments.load("xenonnt")
    both = experiments.combine([borexino, xenon])
    apart = borexino.chi2("mu_all", 3e-11, 0.4) + xenon.chi2("mu_all", 3e-11, 0.4)
    assert float(both.chi2("mu_all", 3e-11, 0.4)) == pytest.approx(float(apart), rel=1e-9)
