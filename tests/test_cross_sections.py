"""Cross-sections against explicit traces of gamma matrices, 50-digit arithmetic and dimensional analysis."""

import inspect
from math import pi

import mpmath as mp
import numpy as np
import pytest
import witness

from companion import cross_sections
from companion.units import cm

XENON, SILICON, ELECTRON = 122229.0, 26160.6, witness.M_E
PROCESSES = {
    "cevns": cross_sections.cevns_body,
    "electron": cross_sections.electron_body,
    "dipole": cross_sections.dipole_body,
    "interference": cross_sections.interference_body,
    "interference as printed": cross_sections.interference_paper_body,
}
SPECIES = tuple(f"{kind}_{flavour}" for kind in ("nu", "antinu") for flavour in ("e", "mu", "tau"))

# ---------------------------------------------------------------------------------------------------------------------
# the amplitudes, with gamma matrices in the Dirac representation

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
METRIC = np.diag([1.0, -1, -1, -1])
GAMMA = np.array(
    [np.kron([[1, 0], [0, -1]], np.eye(2)), *(np.kron([[0, 1], [-1, 0]], sigma) for sigma in PAULI)], dtype=complex
)
GAMMA_5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
LEFT = (np.eye(4) - GAMMA_5) / 2


def slash(momentum):
    return np.einsum("m,mij->ij", METRIC @ momentum, GAMMA)


def adjoint(vertex):
    return GAMMA[0] @ vertex.conj().T @ GAMMA[0]


def momenta(T, E, M, m):
    """Neutrino in and out, target in and out; the recoil in the x-z plane."""
    q = np.sqrt(T * (T + 2 * M))
    cosine = (m**2 + 2 * M * T + 2 * E * T) / (2 * E * q)
    k, p = np.array([E, 0, 0, E]), np.array([M, 0, 0, 0.0])
    transfer = np.array([T, q * np.sqrt(1 - cosine**2), 0, q * cosine])
    return k, k - transfer, p, p + transfer


def width(squared, E, M):
    """d sigma / d T of a spin-averaged squared amplitude."""
    return squared.real / (32 * pi * M * E**2)


def dipole_from_traces(T, E, M, m):
    """One photon between the current of a Dirac target and mu sigma^{mu nu} q_nu of a left-handed neutrino."""
    k, after, p, target = momenta(T, E, M, m)
    q = METRIC @ (k - after)
    commutators = np.einsum("mij,njk->mnik", GAMMA, GAMMA)
    sigma = 0.5j * (commutators - commutators.transpose(1, 0, 2, 3))
    vertices = np.einsum("mnij,n->mij", sigma, q) @ LEFT
    total = 0
    for a in range(4):
        for b in range(4):
            neutrino = np.trace((slash(after) + m * np.eye(4)) @ vertices[a] @ slash(k) @ adjoint(vertices[b]))
            charged = np.trace(
                (slash(target) + M * np.eye(4)) @ GAMMA[a] @ (slash(p) + M * np.eye(4)) @ adjoint(GAMMA[b])
            )
            total += METRIC[a, a] * METRIC[b, b] * neutrino * charged / 2
    bohr_magneton_squared = 4 * pi * witness.ALPHA / (2 * witness.M_E) ** 2
    return width(4 * pi * witness.ALPHA * bohr_magneton_squared * total / (2 * M * T) ** 2, E, M)


def cevns_from_traces(T, E, M, Q_V):
    """G_F/sqrt 2 times the V-A current of the neutrino times Q_V (p + p')^mu of a scalar nucleus."""
    k, after, p, target = momenta(T, E, M, 0.0)
    vertex = np.einsum("m,mij->ij", METRIC @ (p + target), GAMMA) @ (2 * LEFT)
    trace = np.trace(slash(after) @ vertex @ slash(k) @ adjoint(vertex))
    return width(witness.G_F**2 / 2 * Q_V**2 * trace, E, M)


def electron_from_traces(T, E, species):
    """G_F/sqrt 2 times the V-A currents, neutral (g_V, g_A) and, for nu_e after Fierz, charged (1, 1)."""
    k, after, p, target = momenta(T, E, ELECTRON, 0.0)
    if species.startswith("anti"):
        k, after = -after, -k  # crossing
    charged = 1.0 if species.endswith("_e") else 0.0
    g_V, g_A = -0.5 + 2 * witness.SIN2_THETA_W + charged, -0.5 + charged
    weak = [GAMMA[a] @ (2 * LEFT) for a in range(4)]
    current = [GAMMA[a] @ (g_V * np.eye(4) - g_A * GAMMA_5) for a in range(4)]
    total = 0
    for a in range(4):
        for b in range(4):
            neutrino = np.trace(slash(after) @ weak[a] @ slash(k) @ adjoint(weak[b]))
            electron = np.trace(
                (slash(target) + ELECTRON * np.eye(4))
                @ current[a]
                @ (slash(p) + ELECTRON * np.eye(4))
                @ adjoint(current[b])
            )
            total += METRIC[a, a] * METRIC[b, b] * neutrino * electron / 2
    return width(witness.G_F**2 / 2 * total, E, ELECTRON)


POINTS = [
    (E, M, fraction, place)
    for E, M in ((0.75, ELECTRON), (30.0, ELECTRON), (2.0, 40.0), (50.0, 900.0))
    for fraction in (0.0, 0.1, 0.6, 0.95)
    for place in (0.1, 0.5, 0.95)
]


def point(E, M, fraction, place):
    """Mass and recoil at a fraction of the kinematic edge and a place inside the recoil interval."""
    m = fraction * (np.sqrt(M**2 + 2 * M * E) - M)
    low, high = witness.recoil_range(E, M, m)
    return m, low + place * (high - low)


@pytest.mark.parametrize(("E", "M", "fraction", "place"), POINTS)
def test_dipole_is_the_squared_amplitude(E, M, fraction, place):
    m, T = point(E, M, fraction, place)
    expected = dipole_from_traces(T, E, M, m)
    assert cross_sections.dipole(T, E, M, m) == pytest.approx(expected, rel=1e-8, abs=0)
    assert witness.dipole(T, E, M, m) == pytest.approx(expected, rel=1e-8, abs=0)


@pytest.mark.parametrize(("E", "M", "fraction", "place"), [p for p in POINTS if p[2] == 0])
def test_cevns_is_the_squared_amplitude(E, M, fraction, place):
    _, T = point(E, M, fraction, place)
    expected = cevns_from_traces(T, E, M, -33.0)
    assert cross_sections.cevns(T, E, M, -33.0) == pytest.approx(expected, rel=1e-8, abs=0)
    assert witness.cevns(T, E, M, -33.0) == pytest.approx(expected, rel=1e-8, abs=0)


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("E", [0.05, 0.75, 30.0])
def test_electron_scattering_is_the_squared_amplitude(species, E):
    _, high = witness.recoil_range(E, ELECTRON, 0.0)
    for T in high * np.array([0.01, 0.3, 0.7, 0.99]):
        expected = electron_from_traces(T, E, species)
        assert cross_sections.electron(T, E, species) == pytest.approx(expected, rel=1e-8, abs=0)
        couplings = (-0.5 + witness.SIN2_THETA_W + species.endswith("_e"), witness.SIN2_THETA_W)
        left, right = couplings[::-1] if species.startswith("anti") else couplings
        assert witness.electron(T, E, left, right) == pytest.approx(expected, rel=1e-8, abs=0)


def test_electron_scattering_has_its_textbook_size():
    """Total cross-sections in cm^2 per MeV of neutrino energy, at high energies."""
    x, w = np.polynomial.legendre.leggauss(20)
    E = 1e4
    high = 2 * E**2 / (ELECTRON + 2 * E)
    for species, total in (("nu_e", 9.5e-45), ("antinu_e", 4.0e-45), ("nu_mu", 1.55e-45), ("antinu_mu", 1.34e-45)):
        found = np.sum(w * high / 2 * cross_sections.electron(high * (x + 1) / 2, E, species)) / cm**2 / E
        assert found == pytest.approx(total, rel=0.02, abs=0)


def test_electron_couplings():
    assert cross_sections.electron_couplings("nu_mu") == pytest.approx((-0.5 + 0.2312, 0.2312), rel=1e-12)
    assert cross_sections.electron_couplings("nu_tau") == cross_sections.electron_couplings("nu_mu")
    assert cross_sections.electron_couplings("nu_e") == pytest.approx((0.5 + 0.2312, 0.2312), rel=1e-12)
    assert cross_sections.electron_couplings("antinu_e") == cross_sections.electron_couplings("nu_e")[::-1]
    for unknown in ("e", "nu_x", "nu", "muon_e"):
        with pytest.raises(ValueError, match=f"no species '{unknown}'; there are nu_e, nu_mu"):
            cross_sections.electron_couplings(unknown)


def test_electron_scattering_ends_where_kinematics_does():
    _, high = witness.recoil_range(2.0, ELECTRON, 0.0)
    T = np.array([-1.0, 0.0, high * (1 + 1e-9), 3 * high, high * (1 - 1e-9)])
    found = cross_sections.electron(T, 2.0, "nu_e")
    np.testing.assert_array_equal(found[:4], np.zeros(4))
    assert found[4] > 0
    assert cross_sections.electron(np.ones((3, 1)), [2.0, 5.0], "nu_mu").shape == (3, 2)


# ---------------------------------------------------------------------------------------------------------------------
# the printed formulas in 50 digits, where the traces lose theirs: heavy nuclei


@pytest.mark.parametrize("M", [XENON, SILICON, ELECTRON])
@pytest.mark.parametrize("E", [0.4, 29.79, 52.8])
@pytest.mark.parametrize("fraction", [0.0, 1e-3, 0.3, 0.99])
def test_dipole_in_invariants_and_fifty_digits(M, E, fraction):
    m = float(fraction * (np.sqrt(M**2 + 2 * M * E) - M))
    low, high = witness.recoil_range(E, M, m)
    T = low + (high - low) * np.array([0.01, 0.3, 0.7, 0.99])
    with mp.workdps(50):
        expected = [float(witness.dipole(mp.mpf(t), mp.mpf(E), mp.mpf(M), mp.mpf(m), charge=54)) for t in T]
    np.testing.assert_allclose(cross_sections.dipole(T, E, M, m, charge=54), expected, rtol=1e-9)


def test_cevns_in_invariants_and_fifty_digits():
    T = np.geomspace(1e-8, 2 * 50.0**2 / (XENON + 100) * 0.999, 30)
    with mp.workdps(50):
        expected = [float(witness.cevns(mp.mpf(t), mp.mpf(50), mp.mpf(XENON), mp.mpf(-36))) for t in T]
    np.testing.assert_allclose(cross_sections.cevns(T, 50.0, XENON, -36.0), expected, rtol=1e-10)


def test_weak_charge():
    s_W2 = witness.SIN2_THETA_W
    assert cross_sections.weak_charge(55, 78) == pytest.approx(0.5 * 55 - 2 * s_W2 * 55 - 39, rel=1e-14, abs=0)
    assert cross_sections.weak_charge(55, 78, 0.7, 0.6) == pytest.approx(0.7 * 55 * (0.5 - 2 * s_W2) - 0.6 * 39)
    assert cross_sections.weak_charge(1, 0) > 0 > cross_sections.weak_charge(0, 1)
    assert cross_sections.weak_charge([18, 54], [[22], [77]]).shape == (2, 2)


# ---------------------------------------------------------------------------------------------------------------------
# limits


@pytest.mark.parametrize("M", [XENON, ELECTRON])
def test_light_sterile_neutrinos_recover_vogel_and_engel(M):
    E = 5.0
    T = witness.recoil_range(E, M, 0.0)[1] * np.array([1e-3, 0.1, 0.5, 0.999])
    massless = pi * witness.ALPHA**2 / witness.M_E**2 * (1 / T - 1 / E)
    np.testing.assert_allclose(cross_sections.dipole(T, E, M), massless, rtol=1e-8)
    np.testing.assert_allclose(cross_sections.dipole(T, E, M, 1e-6), massless, rtol=1e-6)


def test_a_neutrino_magnetic_moment_in_square_centimetres():
    """The textbook number: 2.495e-45 cm^2/MeV (1/T - 1/E) for 1e-10 mu_B."""
    sigma = cross_sections.dipole(0.2, 1.0, ELECTRON, mu=1e-10) / cm**2
    assert sigma == pytest.approx(2.495e-45 * (1 / 0.2 - 1), rel=1e-3, abs=0)


def test_cevns_integrates_to_the_total_cross_section():
    """For M -> infinity the total is G_F^2 Q_V^2 E^2 / pi."""
    M, E = 1e9, 10.0
    x, w = np.polynomial.legendre.leggauss(8)
    high = 2 * E**2 / (M + 2 * E)
    total = np.sum(w * high / 2 * cross_sections.cevns(high * (x + 1) / 2, E, M, 20.0))
    assert total == pytest.approx(witness.G_F**2 * 400 * E**2 / pi, rel=1e-6, abs=0)


def test_the_moment_and_the_charge_enter_squared():
    one = cross_sections.dipole(1e-3, 30.0, XENON, 5.0)
    assert cross_sections.dipole(1e-3, 30.0, XENON, 5.0, mu=-3e-9) == pytest.approx(9e-18 * one, rel=1e-14, abs=0)
    assert cross_sections.dipole(1e-3, 30.0, XENON, 5.0, charge=54) == pytest.approx(54**2 * one, rel=1e-14, abs=0)
    assert cross_sections.cevns(1e-3, 30.0, XENON, 7.0) == pytest.approx(
        49 * cross_sections.cevns(1e-3, 30.0, XENON, -1.0), rel=1e-14, abs=0
    )


# ---------------------------------------------------------------------------------------------------------------------
# the physical region


@pytest.mark.parametrize(("E", "M", "fraction", "place"), [p for p in POINTS if p[3] == 0.5])
def test_nothing_outside_the_physical_region(E, M, fraction, place):
    m, _ = point(E, M, fraction, place)
    low, high = witness.recoil_range(E, M, m)
    outside = np.array([-1.0, 0.0, low * (1 - 1e-9), low / 2, high * (1 + 1e-9), 2 * high, 100 * high])
    assert np.all(cross_sections.dipole(outside, E, M, m) == 0)
    inside = np.array([max(low * (1 + 1e-6), high * 1e-9), (low + high) / 2, high * (1 - 1e-6)])
    assert np.all(cross_sections.dipole(inside, E, M, m) > 0)
    if m == 0:
        assert np.all(cross_sections.cevns(outside[[0, 1, 4, 5, 6]], E, M, 1.0) == 0)
        assert np.all(cross_sections.cevns(inside, E, M, 1.0) > 0)


def test_below_the_threshold_there_is_nothing():
    assert np.all(cross_sections.dipole(np.geomspace(1e-9, 1, 50), 30.0, XENON, 30.1) == 0)


def test_the_bare_formula_turns_positive_again_where_nothing_is_possible():
    """Why the support is written out and not left to the sign of Eq. (19): electrons with T > m_e, slow neutrinos."""
    T, m = 5.0, 0.1
    E = np.array([5.5, 3.0, 1.0, 2e-3, 1e-3])
    assert E[0] > witness.slowest_neutrino(T, ELECTRON, m) > E[1]
    bare = cross_sections.dipole_body(T, E, ELECTRON, m, 1.0, 1.0)
    np.testing.assert_array_equal(np.sign(bare), [1, -1, -1, 1, 1])
    np.testing.assert_array_equal(np.sign(cross_sections.dipole(T, E, ELECTRON, m)), [1, 0, 0, 0, 0])
    # with a larger mass the bare formula never warns by its sign
    assert np.all(cross_sections.dipole_body(T, np.geomspace(0.1, 14, 50), ELECTRON, 3.0, 1.0, 1.0) > 0)
    assert np.all(cross_sections.dipole(T, np.geomspace(0.1, 14, 50), ELECTRON, 3.0) == 0)


@pytest.mark.parametrize("mass", [-1.0, np.nan])
def test_impossible_masses_are_refused(mass):
    with pytest.raises(ValueError, match="the mass m_4 must be zero or positive"):
        cross_sections.dipole(1e-3, 30.0, XENON, [0.0, mass])


def test_arguments_broadcast():
    E_r, E_nu, m = np.full((4, 1, 1), 1e-3), np.full((3, 1), 30.0), np.array([0.0, 1.0])
    assert cross_sections.dipole(E_r, E_nu, XENON, m).shape == (4, 3, 2)
    assert cross_sections.cevns(E_r, E_nu, [XENON, SILICON], 1.0).shape == (4, 3, 2)
    assert np.shape(cross_sections.cevns(1e-3, 30.0, XENON, 1.0)) == ()
    # what depends on more axes than the kinematics does broadcasts too
    assert cross_sections.dipole(1e-3, 30.0, XENON, charge=np.ones(5)).shape == (5,)
    assert cross_sections.cevns(1e-3, 30.0, XENON, np.ones(5)).shape == (5,)


# ---------------------------------------------------------------------------------------------------------------------
# dimensions


class Quantity:
    """A power of MeV; it refuses to be added to another one, and pure numbers have power 0."""

    def __init__(self, power):
        self.power = power

    def _other(self, other):
        return other.power if isinstance(other, Quantity) else 0

    def _sum(self, other):
        if self._other(other) != self.power:
            raise TypeError(f"MeV^{self.power} + MeV^{self._other(other)}")
        return self

    def __mul__(self, other):
        return Quantity(self.power + self._other(other))

    def __truediv__(self, other):
        return Quantity(self.power - self._other(other))

    def __rtruediv__(self, other):
        return Quantity(self._other(other) - self.power)

    def __pow__(self, exponent):
        assert isinstance(exponent, int)
        return Quantity(self.power * exponent)

    def __neg__(self):
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = _sum
    __rmul__ = __mul__


POWERS = {
    "G_mu": -3,
    "g_V": 0,
    "g_A": 0,
    "m_e": 1,
    "g_L": 0,
    "g_R": 0,
    "E_r": 1,
    "E_nu": 1,
    "M": 1,
    "m_4": 1,
    "G_F": -2,
    "alpha_mu2": -2,
    "Q_V": 0,
    "charge": 0,
    "pi": 0,
}


def letters(body):
    return tuple(inspect.signature(body).parameters)


@pytest.mark.parametrize("process", PROCESSES)
def test_every_term_is_an_area_per_energy(process):
    body = PROCESSES[process]
    assert body(**{letter: Quantity(POWERS[letter]) for letter in letters(body)}).power == -3


@pytest.mark.parametrize("process", PROCESSES)
def test_the_dimension_check_can_fail(process):
    body = PROCESSES[process]
    wrong = POWERS | {"M": 2, "m_e": 2}
    with pytest.raises(TypeError, match=r"MeV\^"):
        body(**{letter: Quantity(wrong[letter]) for letter in letters(body)})


@pytest.mark.parametrize("process", PROCESSES)
def test_scaling_all_energies_scales_the_cross_section(process):
    body = PROCESSES[process]
    values = {
        "G_mu": 1.7,
        "g_V": 0.9,
        "g_A": 0.5,
        "E_r": 0.3,
        "E_nu": 7.0,
        "M": 90.0,
        "m_4": 1.5,
        "G_F": 2.0,
        "alpha_mu2": 5.0,
        "Q_V": 3.0,
        "charge": 4.0,
        "pi": 3.1,
        "m_e": 0.5,
        "g_L": 0.7,
        "g_R": 0.2,
    }
    scaled = {letter: values[letter] * 10.0 ** POWERS[letter] for letter in letters(body)}
    assert body(**scaled) == pytest.approx(
        1e-3 * body(**{letter: values[letter] for letter in letters(body)}), rel=1e-13, abs=0
    )


def test_eq_18_has_the_dimension_of_a_bracket():
    body = cross_sections.spin_difference_body
    assert body(**{letter: Quantity(POWERS[letter]) for letter in letters(body)}).power == -1


def test_the_weak_charge_is_a_number():
    assert cross_sections.weak_charge_body(*(Quantity(0) for _ in range(5))).power == 0
