"""Couplings as values, against sums over the states that are written out."""

import copy
import pickle

import numpy as np
import pytest
import witness
from scipy.integrate import simpson

from companion import experiments, response
from companion.couplings import COUPLINGS, Effective, Mixing, Moments, Transition, coupling
from companion.data import table
from companion.experiments import Axis, Channel, Experiment
from companion.fluxes import Flux, Line
from companion.statistics import Gaussian, Pull
from companion.targets import Electrons

ACTIVE = ("e", "mu", "tau")
SUN = ("1", "2", "3")


def matrix(mixing):
    """U = R34 R24 R14 R23 R13 R12, multiplied out once more."""
    U = np.eye(4, dtype=complex)
    phase = {"13": "delta", "14": "delta_14", "34": "delta_34"}
    for pair in ("34", "24", "14", "23", "13", "12"):
        i, j = int(pair[0]) - 1, int(pair[1]) - 1
        angle = mixing.angles.get(f"theta_{pair}", 0.0)
        turn = np.exp(-1j * mixing.phases.get(phase.get(pair, ""), 0.0))
        R = np.eye(4, dtype=complex)
        R[i, i] = R[j, j] = np.cos(angle)
        R[i, j], R[j, i] = np.sin(angle) * turn, -np.sin(angle) * turn.conj()
        U = U @ R
    return U


STERILE = Mixing({"theta_14": 0.1, "theta_24": 0.2, "theta_34": 0.05}, {"delta_14": 0.7, "delta": 2.0})


def test_the_default_mixing_is_the_global_fit():
    parameters = table("oscillation/parameters")
    mixing = Mixing()
    assert np.sin(mixing.angles["theta_12"]) ** 2 == pytest.approx(parameters.value("sin2_theta12", "NO_best"))
    assert mixing.phases["delta"] == pytest.approx(np.pi * parameters.value("delta_CP", "NO_best"))
    assert mixing.describe() == ""
    assert Mixing(phases={"delta": 0.0}).describe() == "delta = 0 rad"
    up = Mixing.best_fit(shift="sin2_theta12_up")
    error = parameters.value("sin2_theta12", "NO_error")
    difference = np.sin(up.angles["theta_12"]) ** 2 - np.sin(mixing.angles["theta_12"]) ** 2
    assert difference == pytest.approx(error)
    assert up.solar != mixing.solar


@pytest.mark.parametrize("pair", ["14", "24", "34"])
@pytest.mark.parametrize("mixing", [Mixing(), STERILE], ids=["global fit", "sterile"])
def test_a_transition_moment_shows_in_each_flavour(pair, mixing):
    U, i = matrix(mixing), int(pair[0]) - 1
    squares = Transition(pair, mixing=mixing).squares(ACTIVE)
    for row, flavour in enumerate(ACTIVE):
        assert squares[flavour] == pytest.approx(abs(U[row, i]) ** 2, rel=1e-12)
    assert set(Transition(pair, mixing=mixing).squares(("e",))) <= {"e"}


def test_from_the_sun_each_moment_shows_in_one_eigenstate():
    assert Transition("24").squares((*SUN, "e")) == {"2": 1.0}
    kept = Transition("24", mixing=STERILE).squares(SUN)
    assert kept == {"2": pytest.approx(np.cos(0.1) ** 2)}


@pytest.mark.parametrize("flavour", ACTIVE)
def test_an_effective_moment_is_that_of_its_flavour(flavour):
    assert Effective(flavour).squares(ACTIVE) == {flavour: 1.0}
    U = matrix(Mixing())
    shares = Effective(flavour).squares(SUN)
    for i, state in enumerate(SUN):
        assert shares[state] == pytest.approx(abs(U[ACTIVE.index(flavour), i]) ** 2, rel=1e-12)
    everything = Effective("all").squares(SUN)
    assert list(everything.values()) == pytest.approx([1, 1, 1])
    assert Effective("all").squares(("e", "mu")) == {"e": 1.0, "mu": 1.0}


def test_a_vector_of_moments_is_a_sum_of_amplitudes():
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(5, 3)) + 1j * rng.normal(size=(5, 3))
    U = matrix(STERILE)
    squares = Moments(vectors, mixing=STERILE).squares(ACTIVE)
    for row, flavour in enumerate(ACTIVE):
        amplitude = vectors @ U[row, :3].conj()
        np.testing.assert_allclose(squares[flavour], np.abs(amplitude) ** 2, rtol=1e-12)
    one = Moments.from_moduli({"24": 2.0, "lambda_34": 1.0}, Mixing(phases={"zeta_24": 0.4}))
    np.testing.assert_allclose(one.vector, [0, 2 * np.exp(0.4j), 1])
    sun = Moments(vectors).squares(SUN)
    np.testing.assert_allclose(sun["3"], np.abs(vectors[:, 2]) ** 2)


def test_templates_add_up_over_the_states():
    csi, xenon = experiments.load("coherent-csi"), experiments.load("xenonnt")
    U = matrix(Mixing())
    by_hand = abs(U[0, 1]) ** 2 * csi.dipole("e", 0.01) + abs(U[1, 1]) ** 2 * csi.dipole("mu", 0.01)
    np.testing.assert_allclose(csi.template("lambda_24", 0.01), by_hand, rtol=1e-12)
    sun = sum(abs(U[1, i]) ** 2 * xenon.dipole(state, 0.01) for i, state in enumerate(SUN))
    np.testing.assert_allclose(xenon.template("mu_mu", 0.01), sun, rtol=1e-12)
    np.testing.assert_allclose(xenon.dipole("mu", 0.01), sun, rtol=1e-12)
    both = experiments.combine([csi, xenon])
    vector = np.array([1.0, 2.0j, 0.5])
    parts = np.concatenate([one.template(Moments(vector), 0.01) for one in (csi, xenon)])
    np.testing.assert_allclose(both.template(Moments(vector), 0.01), parts, rtol=1e-13)


def test_interference_scales_with_the_coupling_itself():
    csi = experiments.load("coherent-csi")
    plus, minus = Effective("mu", 0.1), Effective("mu", -0.1)
    values = 3e-9
    up, down = csi.expected(plus, values, 30.0), csi.expected(minus, values, 30.0)
    np.testing.assert_allclose(up - down, 2 * values * 0.1 * csi.interference("mu", 30.0), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(csi.expected(plus, -values, 30.0), down)
    with pytest.raises(ValueError, match="incoherent mass eigenstates have no interference"):
        experiments.load("xenonnt").expected(plus, values, 0.01)


@pytest.mark.parametrize(
    "value", [*map(coupling, COUPLINGS), Moments([1, 0, 1j], mixing=STERILE), Effective("mu", 0.2)]
)
def test_couplings_are_values(value):
    again = pickle.loads(pickle.dumps(value))
    assert again.name == copy.deepcopy(value).name == value.name
    assert again.squares(ACTIVE).keys() == value.squares(ACTIVE).keys()
    assert value.symbol.startswith("$")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: coupling("mu_x"), "no coupling 'mu_x'; there are mu_e"),
        (lambda: coupling("24"), "no coupling '24'"),
        (lambda: Effective("x"), "no flavour 'x'; there are e, mu, tau"),
        (lambda: Effective("mu", 1.5), "between -1 and 1, not 1.5"),
        (lambda: Effective("all", 0.1), "the interference belongs to the moment of one flavour"),
        (lambda: Transition("12"), "no moment '12' to the sterile state; there are 14, 24, 34"),
        (lambda: Moments([1, 2]), "three moments make a vector"),
        (lambda: Moments([1, 2, np.nan]), "the moments must be finite"),
        (lambda: Moments.from_moduli({"12": 1.0}), "no moment '12'"),
        (lambda: Mixing({"theta_15": 0.1}), "no angle 'theta_15'; there are theta_12"),
        (lambda: Mixing(phases={"delta": np.inf}), "the phase delta must be finite"),
        (lambda: Mixing(splittings={"41": 1.0}), "no splitting '41'; there are 21, 31"),
        (lambda: Mixing.best_fit("XO"), "no mass ordering 'XO'; there are NO, IO"),
        (lambda: Mixing.best_fit(shift="sin2_theta12"), "no shift 'sin2_theta12'"),
    ],
)
def test_impossible_couplings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# ---------------------------------------------------------------------------------------------------------------------
# the interference of neutrinos that arrive as mass eigenstates


def line_beam(species, scatterer, number=1e40, energy=1.4):
    """An experiment without resolution that sees one line of each species, in two bins of recoil energy (MeV)."""
    fluxes = {name: Flux(lines=(Line(energy, weight),)) for name, weight in species.items()}
    seen = response.Binned(edges=(0.05, 0.3, 1.0))
    channel = Channel(scatterer, number, fluxes, seen, standard_model=False)
    likelihood = Gaussian(np.ones(2), np.ones(2), {}, (Pull("size", 0.1),))
    axis = Axis("recoil", "MeV", np.array([0.05, 0.3, 1.0]))
    return Experiment("line", "line", (axis,), "events", likelihood, (channel,), ("a test",))


def folded(flavour, m, energy=1.4):
    """Interference events of one electron, one neutrino per area and one Bohr magneton, by Simpson's rule."""
    sin2 = witness.SIN2_THETA_W
    left, right = (0.5 if flavour == "e" else -0.5) + sin2, sin2
    low, high = witness.recoil_range(energy, witness.M_E, m)
    bins = []
    for a, b in ((0.05, 0.3), (0.3, 1.0)):
        T = np.linspace(max(a, low), min(b, high), 2001)
        events = [witness.interference(t, energy, witness.M_E, m, left + right, left - right) for t in T.tolist()]
        bins.append(simpson(events, x=T))
    return np.array(bins)


@pytest.mark.parametrize("pair", ["14", "24", "34"])
def test_mass_eigenstates_interfere_with_the_weak_scattering_of_all_flavours(pair):
    """Against amplitudes: eigenstate i makes nu_4 weakly as flavour b with U*_b4 U_bi, magnetically with lambda_i4."""
    m, weights = 0.3, {"nu_1": 0.6, "nu_2": 0.3, "nu_3": 0.1}
    electrons = Electrons("e", (0.0,), (1.0,))
    sun = line_beam(weights, electrons)
    phases = {**STERILE.phases, f"zeta_{pair}": 0.9}
    mixing = Mixing(STERILE.angles, phases)
    U, i = matrix(mixing), int(pair[0]) - 1
    kept = np.cos(STERILE.angles["theta_14"]) ** 2
    expected = np.zeros(2)
    for row, flavour in enumerate(ACTIVE):
        factor = (np.exp(0.9j) * (U[row, 3].conj() * U[row, i]).conj()).real
        expected += weights[f"nu_{i + 1}"] * kept * factor * folded(flavour, m)
    with_it = Transition(pair, True, mixing=mixing)
    scale = sun.dipole(str(i + 1), m) / witness_dipole(m) / weights[f"nu_{i + 1}"]
    np.testing.assert_allclose(sun.linear_template(with_it, m), scale * expected, rtol=1e-5)
    assert with_it.interferes
    assert not Transition(pair, mixing=mixing).interferes
    up, down = (sun.expected(with_it, sign * 1e-9, m) for sign in (1, -1))
    np.testing.assert_allclose(up - down, 2e-9 * scale * expected, rtol=1e-5)
    # several moments at a time add up their amplitudes
    vector = np.exp(0.9j) * (np.array(Moments.PAIRS) == pair)
    several = Moments(np.stack([vector, 2 * vector]), True, mixing=mixing)
    np.testing.assert_allclose(sun.linear_template(several, m), scale * np.outer([1, 2], expected), rtol=1e-5)


def witness_dipole(m, energy=1.4):
    """Dipole events as :func:`folded` has those of the interference."""
    low, high = witness.recoil_range(energy, witness.M_E, m)
    bins = []
    for a, b in ((0.05, 0.3), (0.3, 1.0)):
        T = np.linspace(max(a, low), min(b, high), 2001)
        bins.append(simpson([witness.dipole(t, energy, witness.M_E, m) for t in T.tolist()], x=T))
    return np.array(bins)


def test_a_flavour_that_is_an_eigenstate_interferes_as_the_flavour_does():
    """Without mixing of the active neutrinos nu_1 is nu_e, but for what the Sun loses to nu_4."""
    angles = dict.fromkeys(("theta_12", "theta_13", "theta_23"), 0.0) | {"theta_14": 0.2}
    mixing = Mixing(angles, {"delta": 0.0})
    electrons = Electrons("e", (0.0,), (1.0,))
    beam, sun = (line_beam({species: 1.0}, electrons) for species in ("nu_e", "nu_1"))
    one = Transition("14", True, mixing=mixing)
    flavour, eigenstate = (each.linear_template(one, 0.3) for each in (beam, sun))
    np.testing.assert_allclose(eigenstate, np.cos(0.2) ** 2 * flavour, rtol=1e-12)
    np.testing.assert_allclose(flavour, np.sin(0.2) * np.cos(0.2) * beam.interference("e", 0.3), rtol=1e-12)
    without = Transition("14", True)
    assert not np.any(sun.linear_template(without, 0.3))


def test_on_nuclei_what_counts_is_the_sterile_part():
    """All flavours couple alike, so that unitarity leaves -U_s4 U*_si; a limit follows from the same counts."""
    b8 = experiments.load("xenonnt-b8")
    U = matrix(STERILE)
    for pair, state in zip(("14", "24", "34"), SUN, strict=True):
        found = b8.linear_template(Transition(pair, True, mixing=STERILE), 5.0)
        factor = -(np.cos(0.1) ** 2) * (U[3, 3] * U[3, int(state) - 1].conj()).real
        # the conversion follows the angles: the same three-neutrino angles, the same fluxes
        np.testing.assert_allclose(found, factor * b8.interference(state, 5.0, "mu"), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="mass eigenstate 1 needs a flavour"):
        b8.interference("1", 5.0)
    with pytest.raises(ValueError, match="weak couplings of their own, not of mu"):
        experiments.load("coherent-csi").interference("e", 5.0, "mu")
