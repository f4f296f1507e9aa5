"""XENONnT's solar 8B neutrinos on nuclei, against an integral that is written out and against the release."""

import numpy as np
import pytest
from scipy.special import spherical_jn

from companion import experiments, limits
from companion.couplings import Mixing, Transition
from companion.data import table

HBARC = 197.3269804  # MeV fm
G_F, SIN2, ALPHA, M_E, U = 1.1663787e-11, 0.2312, 7.2973525693e-3, 0.51099895, 931.49410242
RUNS = ("sr0", "sr1", "sr2")


@pytest.fixture(scope="module")
def b8():
    return experiments.load("xenonnt-b8")


def isotopes():
    """Means over the isotopes of xenon: mass (MeV), mass number, radius (fm)."""
    rows = table("nuclear/isotopes")
    chosen = rows["element"] == "Xe"
    share = rows["abundance"][chosen] / rows["abundance"][chosen].sum()
    return (
        share @ rows["atomic_mass"][chosen] * U - 54 * M_E,
        share @ rows["A"][chosen],
        share @ rows["R_p"][chosen],
    )


def helm(T, M, R):
    q = np.sqrt(2 * M * T) / HBARC
    ball = np.sqrt(5 / 3 * R**2 - 5 * 0.9**2)
    return 3 * spherical_jn(1, q * ball) / (q * ball) * np.exp(-((q * 0.9) ** 2) / 2)


def counts(run, section, m_4=0.0):
    """Events per bin: a sum over a fine grid of recoils and of neutrinos, straight lines through the response."""
    parameters = table("xenon/xenonnt_b8_parameters")
    rows = table(f"xenon/xenonnt_b8_response_{run}")
    nominal = (rows["t_ly"] == 0) & (rows["t_qy"] == 0)
    energies = rows["E"][nominal]
    spectrum = table("solar/spectrum_b8")
    E = np.linspace(0.02, 16.5, 6000)
    density = np.interp(E, spectrum["E_nu"], spectrum["spectrum"])
    density *= 5.25e6 / np.trapezoid(density, E) * HBARC**2 * 1e-26 * (HBARC / 2.99792458e23)  # MeV^2 per MeV
    M, A, R_p = isotopes()
    T = np.linspace(0.5, 5.0, 900)  # keV
    rate = np.empty_like(T)
    for k, recoil in enumerate(T * 1e-3):
        values = section(recoil, E, M, A, R_p, m_4)
        rate[k] = np.trapezoid(density * np.where(values > 0, values, 0.0), E)
    seconds = 365.25 * 86400 / (HBARC / 2.99792458e23)
    atoms = parameters.value(f"exposure_{run}") * 1e3 * 6.02214076e26 / table_mass()
    total = np.empty(81)
    for k in range(81):
        seen = np.interp(T, energies, rows[f"b{k}"][nominal])
        total[k] = np.trapezoid(rate * seen, T * 1e-3) * seconds * atoms
    return total


def table_mass():
    rows = table("nuclear/isotopes")
    chosen = rows["element"] == "Xe"
    share = rows["abundance"][chosen] / rows["abundance"][chosen].sum()
    return share @ rows["atomic_mass"][chosen]


def cevns(T, E, M, A, R_p, m_4):
    F_p, F_n = helm(T, M, R_p), helm(T, M, R_p + 0.1)
    Q = (0.5 - 2 * SIN2) * 54 * F_p - 0.5 * (A - 54) * F_n
    allowed = E > (T + np.sqrt(T**2 + 2 * M * T)) / 2
    return np.where(allowed, G_F**2 * M / np.pi * Q**2 * (1 - M * T / (2 * E**2)), 0.0)


def dipole(T, E, M, A, R_p, m_4):
    """For one Bohr magneton: pi alpha^2/m_e^2 Z^2 F^2 times the bracket for a heavy outgoing state."""
    F_p = helm(T, M, R_p)
    a = 2 * M * T + m_4**2
    lowest = a / (4 * M * T) * (T + np.sqrt(T**2 + 2 * M * T))
    bracket = 1 / T - 1 / E - m_4**2 / (2 * E * M * T) * (1 - T / (2 * E) + M / (2 * E))
    bracket = bracket + m_4**4 * (T - M) / (8 * E**2 * M**2 * T**2)
    return np.where(E > lowest, np.pi * ALPHA**2 / M_E**2 * 54**2 * F_p**2 * bracket, 0.0)


@pytest.mark.parametrize("run", RUNS)
def test_standard_model_counts(run):
    """8B alone: hep is switched off, the witness has no hep spectrum."""
    position = RUNS.index(run)
    ours = experiments.load("xenonnt-b8", hep=False).standard_model()[81 * position : 81 * (position + 1)]
    np.testing.assert_allclose(ours, counts(run, cevns), rtol=3e-3)


def test_dipole_counts_of_a_heavy_state():
    xenon = experiments.load("xenonnt-b8", hep=False)
    for m_4 in (0.0, 8.0):
        ours = sum(xenon.dipole(state, m_4) for state in ("1", "2", "3"))[:81]
        np.testing.assert_allclose(ours, counts("sr0", dipole, m_4), rtol=5e-3)


def test_events_and_backgrounds_are_those_of_the_release(b8):
    """37 events in runs 0 and 1, 25 in run 2; the backgrounds of runs 0 and 1 add up to what was published, 26.4."""
    seen = b8.observed.reshape(3, 81).sum(axis=1)
    np.testing.assert_array_equal(seen, [9, 28, 25])
    background = sum(b8.backgrounds.values()).reshape(3, 81).sum(axis=1)
    assert background[:2].sum() == pytest.approx(26.4, abs=0.2)


def test_expected_events_beside_those_of_the_release(b8):
    """The response of 2026 gives a fifth less than the templates of 2024 for the same two runs."""
    ours = b8.standard_model().reshape(3, 81).sum(axis=1)
    assert ours[:2].sum() == pytest.approx(9.4, abs=0.1)
    templates = table("xenon/xenonnt_b8_signal_2024")["nominal"].sum()
    assert templates == pytest.approx(11.9, abs=0.05)
    assert templates / ours[:2].sum() == pytest.approx(1.27, abs=0.02)


def test_the_edge_is_that_of_hep_or_of_the_table_of_8b(b8):
    assert b8.maximum_mass("lambda_24") == pytest.approx(18.78, abs=0.01)
    without = experiments.load("xenonnt-b8", hep=False)
    assert 15 < without.maximum_mass("lambda_24") < 17
    assert np.isfinite(limits.upper_limit(b8, "lambda_24", 18.7))


def test_every_direction_is_seen(b8):
    """The Sun sends all three mass eigenstates: each moment has a limit of its own."""
    for pair in ("14", "24", "34"):
        assert np.all(np.isfinite(limits.upper_limit(b8, Transition(pair), [0.01, 1.0, 10.0])))


def test_a_free_flux_leaves_no_limit():
    """Flux and moment then enter as a product, and the shapes of both parts are too alike."""
    free = experiments.load("xenonnt-b8", flux="free")
    assert np.isinf(limits.upper_limit(free, "lambda_24", 1.0))
    assert "errors on the size of the signal" in limits.blind_because(free, "lambda_24", 1.0)


def test_yields_move_the_counts_as_their_pulls_say(b8):
    """A pull of one standard deviation and the response with other yields: the same to the order of its square."""
    nominal = b8.standard_model()
    for name in ("light_yield", "charge_yield"):
        pull = next(pull for pull in b8.likelihood.pulls if pull.name == f"xenonnt-b8 {name.replace('_', ' ')}")
        up, down = (experiments.load("xenonnt-b8", **{name: side}).standard_model() for side in (1.0, -1.0))
        middle = (up - down) / 2
        np.testing.assert_allclose(nominal * np.asarray(pull.shape), middle, rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="up to one standard deviation"):
        experiments.load("xenonnt-b8", light_yield=2.0)


def test_conversion_follows_the_mixing():
    xenon = experiments.load("xenonnt-b8", conversion="computed")
    small = Mixing({"theta_12": np.arcsin(0.25**0.5)})

    def share(mixing):
        """P_e1 at 9 MeV in the middle of the Sun, about 90 N_A electrons per cubic centimetre."""
        cosine, sine = np.cos(2 * mixing.angles["theta_12"]), np.sin(2 * mixing.angles["theta_12"])
        density = 90 * 6.02214076e23 * (HBARC * 1e-13) ** 3
        a = 2 * np.sqrt(2) * G_F * density * 9.0 / (mixing.splittings["21"] * 1e-12)
        return (1 + (cosine - a) / np.hypot(cosine - a, sine)) / 2

    ratio = xenon.template(Transition("14", mixing=small), 1.0).sum() / xenon.template("lambda_14", 1.0).sum()
    assert ratio == pytest.approx(share(small) / share(Mixing()), rel=0.02)
    assert abs(ratio - 1) > 0.03
