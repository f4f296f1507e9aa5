"""Effective moments against the plain matrix sum of Eq. (4), from explicit textbook matrices that share no code."""

import pickle

import numpy as np
import pytest

from companion import mixing, moments

IDENTITY = 1e-12
RANDOM = np.random.default_rng(4)
FLAVOURS = ("e", "mu", "tau")


def random_point():
    angles = {f"theta_{ij}": RANDOM.uniform(0, np.pi / 2) for ij in ("12", "13", "23", "14", "24", "34")}
    phases = {name: RANDOM.uniform(0, 2 * np.pi) for name in ("delta", "delta_14", "delta_34")}
    phases |= {f"zeta_{ij}": RANDOM.uniform(0, 2 * np.pi) for ij in ("12", "13", "14", "23", "24", "34")}
    lambdas = {ij: RANDOM.uniform(0, 1) for ij in ("12", "13", "14", "23", "24", "34")}
    return angles, phases, lambdas


def textbook_mixing(t, p):
    """Product of six matrices written out element by element."""
    c, s = {k[6:]: np.cos(v) for k, v in t.items()}, {k[6:]: np.sin(v) for k, v in t.items()}
    d13, d14, d34 = (np.exp(1j * p[name]) for name in ("delta", "delta_14", "delta_34"))
    R12 = np.array([[c["12"], s["12"], 0, 0], [-s["12"], c["12"], 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    R13 = np.array([[c["13"], 0, s["13"] / d13, 0], [0, 1, 0, 0], [-s["13"] * d13, 0, c["13"], 0], [0, 0, 0, 1]])
    R23 = np.array([[1, 0, 0, 0], [0, c["23"], s["23"], 0], [0, -s["23"], c["23"], 0], [0, 0, 0, 1]])
    R14 = np.array([[c["14"], 0, 0, s["14"] / d14], [0, 1, 0, 0], [0, 0, 1, 0], [-s["14"] * d14, 0, 0, c["14"]]])
    R24 = np.array([[1, 0, 0, 0], [0, c["24"], 0, s["24"]], [0, 0, 1, 0], [0, -s["24"], 0, c["24"]]])
    R34 = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, c["34"], s["34"] / d34], [0, 0, -s["34"] * d34, c["34"]]])
    return R34 @ R24 @ R14 @ R23 @ R13 @ R12


def matrix_sum(flavour, lambdas, t, p):
    """sum_j |sum_i U*_ai lambda_ij|^2 with the antisymmetric matrix of Eq. (2)."""
    a, b, c, d, e, f = (lambdas[ij] * np.exp(1j * p[f"zeta_{ij}"]) for ij in ("12", "13", "14", "23", "24", "34"))
    matrix = np.array([[0, a, b, c], [-a, 0, d, e], [-b, -d, 0, f], [-c, -e, -f, 0]])
    return np.sum(np.abs(textbook_mixing(t, p)[FLAVOURS.index(flavour)].conj() @ matrix) ** 2)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_effective_moment_is_the_matrix_sum(flavour):
    for _ in range(100):
        angles, phases, lambdas = random_point()
        computed = moments.effective_moment_squared(flavour, lambdas, angles, phases)
        np.testing.assert_allclose(computed, matrix_sum(flavour, lambdas, angles, phases), rtol=0, atol=IDENTITY)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("pair", moments.PAIRS)
def test_sign_of_every_transition_moment_follows_eq_2(flavour, pair):
    angles, phases, lambdas = random_point()
    wrong = matrix_sum(flavour, lambdas, angles, phases | {f"zeta_{pair}": phases[f"zeta_{pair}"] + np.pi})
    assert abs(moments.effective_moment_squared(flavour, lambdas, angles, phases) - wrong) > 1e-6


def test_mixing_matrix_is_the_textbook_product():
    for _ in range(20):
        angles, phases, _ = random_point()
        np.testing.assert_allclose(
            moments.mixing_matrix(angles, phases), textbook_mixing(angles, phases), rtol=0, atol=IDENTITY
        )


def test_mixing_matrix_is_unitary_and_has_the_paper_s_phases():
    angles, phases, _ = random_point()
    U = moments.mixing_matrix(angles, phases)
    np.testing.assert_allclose(U @ U.conj().T, np.eye(4), rtol=0, atol=IDENTITY)
    expected = np.cos(angles["theta_14"]) * np.sin(angles["theta_13"]) * np.exp(-1j * phases["delta"])
    np.testing.assert_allclose(U[0, 2], expected, rtol=0, atol=IDENTITY)


def test_without_angles_nothing_mixes():
    np.testing.assert_array_equal(moments.mixing_matrix({}), np.eye(4))
    values = moments.coefficients("mu", {})
    assert values["12", "12"] == values["23", "23"] == values["24", "24"] == 1
    assert values["14", "14"] == values["14", "24"] == 0


def test_coefficients_come_in_the_order_of_table_1():
    names = ["12-12", "13-13", "14-14", "23-23", "24-24", "34-34", "12-13", "12-14", "12-23", "12-24", "12-34", "13-14"]
    names += ["13-23", "13-24", "13-34", "14-23", "14-24", "14-34", "23-24", "23-34", "24-34"]
    assert ["-".join(term) for term in moments.coefficients("e", {})] == names


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_products_without_a_common_index_do_not_interfere(flavour):
    angles, phases, _ = random_point()
    values = moments.coefficients(flavour, angles, phases)
    zero = [term for term in values if not set(term[0]) & set(term[1])]
    assert zero == [("12", "34"), ("13", "24"), ("14", "23")]
    assert all(values[term] == 0 for term in zero)
    assert all(values[term] != 0 for term in values if term not in zero)


def test_three_flavours_and_sterile_state_share_every_moment():
    """sum over all four states of |sum_i U* lambda_ij|^2 is Tr lambda lambda^+ = 2 sum |lambda|^2, and U is unitary."""
    angles, phases, _ = random_point()
    total = {term: sum(moments.coefficients(f, angles, phases)[term] for f in FLAVOURS) for term in moments.TERMS}
    sterile = moments.mixing_matrix(angles, phases)[3]
    for a, b in moments.TERMS[:6]:
        i, j = int(a[0]) - 1, int(a[1]) - 1
        expected = 2 - abs(sterile[i]) ** 2 - abs(sterile[j]) ** 2
        np.testing.assert_allclose(total[a, b], expected, rtol=0, atol=IDENTITY)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_diagonal_coefficients_add_up_to_three(flavour):
    """Each mass eigenstate touches three of the six moments."""
    angles, phases, _ = random_point()
    values = moments.coefficients(flavour, angles, phases)
    np.testing.assert_allclose(sum(values[pair, pair] for pair in moments.PAIRS), 3, rtol=0, atol=IDENTITY)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_antineutrinos_have_the_same_expressions(flavour):
    """An antineutrino carries U and lambda*: all phases change sign."""
    angles, phases, lambdas = random_point()
    mirrored = {name: -value for name, value in phases.items()}
    np.testing.assert_allclose(
        moments.effective_moment_squared(flavour, lambdas, angles, mirrored),
        moments.effective_moment_squared(flavour, lambdas, angles, phases),
        rtol=0,
        atol=IDENTITY,
    )


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_short_baseline_weights_are_the_limit_of_the_coefficients(flavour):
    angles, phases, _ = random_point()
    weights = moments.short_baseline_weights(flavour, angles, phases)
    small = angles | {"theta_14": 0, "theta_24": 0, "theta_34": 0}
    values = moments.coefficients(flavour, small, phases)
    np.testing.assert_allclose(weights, [values[f"{i}4", f"{i}4"] for i in "123"], rtol=0, atol=IDENTITY)
    np.testing.assert_allclose(weights.sum(), 1, rtol=0, atol=IDENTITY)


def test_short_baseline_weights_are_eqs_9_and_10():
    t12, t13, t23, delta = 0.59, 0.15, 0.86, 3.8
    c12, s12, c13, s13, c23, s23 = (f(t) for t in (t12, t13, t23) for f in (np.cos, np.sin))
    angles, phases = {"theta_12": t12, "theta_13": t13, "theta_23": t23}, {"delta": delta}
    eq_9 = [c13**2 * c12**2, c13**2 * s12**2, s13**2]
    cross = c23 * s13 * s23 * np.sin(2 * t12) * np.cos(delta)
    eq_10 = [
        cross + c23**2 * s12**2 + c12**2 * s13**2 * s23**2,
        -cross + c23**2 * c12**2 + s12**2 * s13**2 * s23**2,
        c13**2 * s23**2,
    ]
    np.testing.assert_allclose(moments.short_baseline_weights("e", angles, phases), eq_9, rtol=0, atol=IDENTITY)
    np.testing.assert_allclose(moments.short_baseline_weights("mu", angles, phases), eq_10, rtol=0, atol=IDENTITY)


def test_parameters_broadcast():
    angles, phases, lambdas = random_point()
    many = angles | {"theta_14": np.linspace(0, 0.3, 4)}, phases | {"delta": np.linspace(0, 6, 3)[:, None]}
    assert moments.mixing_matrix(*many).shape == (3, 4, 4, 4)
    assert moments.short_baseline_weights("mu", *many).shape == (3, 3, 1)
    values = moments.coefficients("mu", *many)
    assert {value.shape for value in values.values()} == {(3, 4)}
    total = moments.effective_moment_squared("mu", lambdas, *many)
    one = angles | {"theta_14": many[0]["theta_14"][2]}, phases | {"delta": many[1]["delta"][1, 0]}
    np.testing.assert_allclose(total[1, 2], matrix_sum("mu", lambdas, *one), rtol=0, atol=IDENTITY)
    assert moments.effective_moment_squared("e", {"14": np.ones(5)}, angles).shape == (5,)
    assert np.ndim(moments.effective_moment_squared("e", {"14": 1}, angles)) == 0


def test_a_moment_that_vanishes_is_not_negative():
    """lambda_24 chosen so that nu_e has no component in the column of nu_4."""
    t12 = np.linspace(0.1, 1.4, 50)
    value = moments.effective_moment_squared(
        "e", {"14": np.sin(t12), "24": np.cos(t12)}, {"theta_12": t12}, {"zeta_24": np.pi}
    )
    assert np.all(value >= 0)
    np.testing.assert_allclose(value, 0, rtol=0, atol=IDENTITY)


# ---------------------------------------------------------------------------------------------------------------------
# at a distance, incoherent, and the interference


def hermitian_evolution(row, L_over_E, lambdas, t, p, squared):
    """Eq. (4) from the eigenvectors of the Hamiltonian in the flavour basis."""
    U = textbook_mixing(t, p)
    H = U @ np.diag([0, *squared]) @ U.conj().T
    values, vectors = np.linalg.eigh(H)
    factor = 1e-12 / 197.3269804593e-15 / 2  # eV^2 m/MeV over 2 hbar c
    amplitudes = vectors @ (np.exp(-1j * values * factor * L_over_E) * vectors[row].conj())
    mass = U.conj().T @ amplitudes
    a, b, c, d, e, f = (lambdas[ij] * np.exp(1j * p[f"zeta_{ij}"]) for ij in ("12", "13", "14", "23", "24", "34"))
    matrix = np.array([[0, a, b, c], [-a, 0, d, e], [-b, -d, 0, f], [-c, -e, -f, 0]])
    return np.sum(np.abs(mass @ matrix) ** 2)


@pytest.mark.parametrize("row", range(3))
def test_moment_at_any_distance(row):
    for L_over_E in (0.0, 0.3, 17.0, 500.0):
        t, p, lambdas = random_point()
        squared = RANDOM.uniform(0, 2, 3)
        found = moments.moment_at_distance_squared(
            FLAVOURS[row], L_over_E, lambdas, t, p, dict(zip(("21", "31", "41"), squared, strict=True))
        )
        expected = hermitian_evolution(row, L_over_E, lambdas, t, p, squared)
        np.testing.assert_allclose(found, expected, rtol=1e-9)  # hbar c to ten digits times a thousand turns


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_moment_at_no_distance_is_that_of_the_flavour(flavour):
    t, p, lambdas = random_point()
    found = moments.moment_at_distance_squared(flavour, [0.0, 0.0], lambdas, t, p, {"21": 1.0, "41": 2.0})
    np.testing.assert_allclose(found, moments.effective_moment_squared(flavour, lambdas, t, p), rtol=IDENTITY)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_interference_between_mass_eigenstates_averages_out(flavour):
    t, p, lambdas = random_point()
    weights = np.abs(textbook_mixing(t, p)[FLAVOURS.index(flavour)]) ** 2
    # splittings with the ratio 1 : 3 : 7 and one common period: the mean over it is exact with enough points
    period = 2 * np.pi * 2 * 197.3269804593e-15 / 1e-12
    distances = np.arange(64) * period / 64
    found = moments.moment_at_distance_squared(flavour, distances, lambdas, t, p, {"21": 1.0, "31": 3.0, "41": 7.0})
    np.testing.assert_allclose(np.mean(found), moments.incoherent_moment_squared(weights, lambdas), rtol=1e-9)
    assert np.ptp(found) > 1e-3


def test_eq_5_written_out():
    P, (a, b, c, d, e, f) = RANDOM.dirichlet(np.ones(4)), RANDOM.uniform(0, 1, 6)
    expected = (
        P[0] * (a**2 + b**2 + c**2)
        + P[1] * (a**2 + d**2 + e**2)
        + P[2] * (b**2 + d**2 + f**2)
        + P[3] * (c**2 + e**2 + f**2)
    )
    lambdas = {"12": a, "13": b, "14": c, "23": d, "24": e, "34": f}
    assert moments.incoherent_moment_squared(P, lambdas) == pytest.approx(expected, rel=IDENTITY)
    with pytest.raises(ValueError, match="four mass eigenstates"):
        moments.incoherent_moment_squared([0.5, 0.5], lambdas)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_interference_coupling_is_the_product_of_both_amplitudes(flavour):
    t, p, lambdas = random_point()
    row = textbook_mixing(t, p)[FLAVOURS.index(flavour)]
    magnetic = sum(row[j].conj() * lambdas[f"{j + 1}4"] * np.exp(1j * p[f"zeta_{j + 1}4"]) for j in range(3))
    found = moments.interference_coupling(flavour, lambdas, t, p)
    assert found == pytest.approx(row[3] * magnetic, rel=IDENTITY)
    # it is no larger than the two amplitudes allow
    assert abs(found) <= abs(row[3]) * moments.effective_moment_squared(flavour, lambdas, t, p) ** 0.5 + 1e-15
    without = {**t, "theta_14": 0.0, "theta_24": 0.0, "theta_34": 0.0}
    assert moments.interference_coupling(flavour, lambdas, without, p) == 0


# ---------------------------------------------------------------------------------------------------------------------
# interference of flavours and of mass eigenstates


def amplitudes_into_nu_4(incoming, U, lambdas, p, weak):
    """Magnetic and weak amplitude of a state, given by its components in the mass basis, written in the flavour basis.

    ``weak`` holds the couplings of the three active flavours; a sterile one has none.
    """
    magnetic = sum(
        incoming[j] * lambdas[f"{j + 1}4"] * np.exp(1j * p[f"zeta_{j + 1}4"]) for j in range(3)
    )  # lambda_44 = 0
    in_flavours = U @ incoming
    nu_4 = U[:, 3]  # <beta|nu_4> is U_beta4
    scattered = sum(nu_4[beta].conj() * weak[beta] * in_flavours[beta] for beta in range(3))
    return magnetic, scattered


def interference_of(state, t, p, lambdas, weak):
    """Re of the sum that :func:`interference_form` describes."""
    v = np.array([lambdas[f"{j}4"] * np.exp(1j * p[f"zeta_{j}4"]) for j in "123"])
    return np.real(np.asarray(weak) @ mixing.interference_form(state, t, p) @ v)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_interference_of_a_flavour(flavour):
    for _ in range(5):
        t, p, lambdas = random_point()
        U, weak = textbook_mixing(t, p), RANDOM.uniform(-1, 1, 3)
        magnetic, scattered = amplitudes_into_nu_4(U[FLAVOURS.index(flavour)].conj(), U, lambdas, p, weak)
        expected = np.real(magnetic * scattered.conj())
        assert interference_of(flavour, t, p, lambdas, weak) == pytest.approx(expected, rel=0, abs=IDENTITY)
        # only its own couplings count, with the factor of Eq. (20)
        coupling = weak[FLAVOURS.index(flavour)] * moments.interference_coupling(flavour, lambdas, t, p).real
        assert expected == pytest.approx(coupling, rel=0, abs=IDENTITY)


@pytest.mark.parametrize("i", range(3))
def test_interference_of_a_mass_eigenstate(i):
    """The direct sum over flavours: each couples to the target with its own strength."""
    for _ in range(5):
        t, p, lambdas = random_point()
        U, weak = textbook_mixing(t, p), RANDOM.uniform(-1, 1, 3)
        magnetic, scattered = amplitudes_into_nu_4(np.eye(4)[i], U, lambdas, p, weak)
        kept = 1 - abs(U[0, 3]) ** 2
        expected = kept * np.real(magnetic * scattered.conj())
        assert interference_of(str(i + 1), t, p, lambdas, weak) == pytest.approx(expected, rel=0, abs=IDENTITY)
        # the other moments cannot interfere: their neutrinos do not make nu_4 here
        others = lambdas | {f"{j + 1}4": 0.3 for j in range(3) if j != i}
        assert interference_of(str(i + 1), t, p, others, weak) == pytest.approx(expected, rel=0, abs=IDENTITY)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_interference_far_away_is_that_of_mass_eigenstates(flavour):
    """A flavour averaged over its oscillations is a mixture with weights |U_alpha i|^2, cross terms gone."""
    t, p, lambdas = random_point()
    U, weak = textbook_mixing(t, p), RANDOM.uniform(-1, 1, 3)
    row = U[FLAVOURS.index(flavour)].conj()
    found = []
    for turn in 2 * np.pi * np.arange(64) / 64:
        # splittings with the ratio 1 : 3 : 7: no two states turn alike, nor does a difference vanish in the mean
        turned = row * np.exp(-1j * turn * np.array([0, 1, 3, 7]))
        magnetic, scattered = amplitudes_into_nu_4(turned, U, lambdas, p, weak)
        found.append(np.real(magnetic * scattered.conj()))
    kept = 1 - abs(U[0, 3]) ** 2
    mixture = sum(abs(row[i]) ** 2 * interference_of(str(i + 1), t, p, lambdas, weak) / kept for i in range(3))
    assert np.mean(found) == pytest.approx(mixture, rel=0, abs=IDENTITY)
    assert np.ptp(found) > 1e-3


def test_neutral_currents_see_what_is_sterile():
    """With one coupling for all flavours the sum over them is -U_s4 U*_si, by unitarity; nothing without mixing."""
    t, p, _ = random_point()
    U = textbook_mixing(t, p)
    kept = 1 - abs(U[0, 3]) ** 2
    for i in range(3):
        found = mixing.interference_form(str(i + 1), t, p).sum(axis=0)
        expected = np.zeros(3, complex)
        expected[i] = -kept * U[3, 3] * U[3, i].conj()
        np.testing.assert_allclose(found, expected, rtol=0, atol=IDENTITY)
    without = {**t, "theta_14": 0.0, "theta_24": 0.0, "theta_34": 0.0}
    for state in ("e", "mu", "tau", "1", "2", "3"):
        assert not np.any(mixing.interference_form(state, without, p))


def test_antineutrinos_interfere_alike():
    t, p, lambdas = random_point()
    mirrored = {name: -value for name, value in p.items()}
    for state in ("e", "mu", "tau", "1", "2", "3"):
        found = interference_of(state, t, mirrored, lambdas, [0.9, 0.4, 0.4])
        assert found == pytest.approx(interference_of(state, t, p, lambdas, [0.9, 0.4, 0.4]), rel=0, abs=IDENTITY)


def test_forms_broadcast():
    t, p, _ = random_point()
    many = {**t, "theta_14": np.linspace(0, 0.3, 4)}
    for form in (mixing.interference_form, mixing.production_form):
        for state in ("mu", "2"):
            found = form(state, many, p)
            assert found.shape == (4, 3, 3)
            one = form(state, {**t, "theta_14": many["theta_14"][2]}, p)
            np.testing.assert_allclose(found[2], one, rtol=0, atol=IDENTITY)


def test_small_mixing_error_is_the_ratio_of_eqs_7_and_9():
    t = {"theta_12": 0.6, "theta_13": 0.15, "theta_23": 0.85}
    s2 = np.array([1e-3, 0.1])
    found = moments.small_mixing_error("e", s2, t, {"delta": 1.0})
    s12, s13 = np.sin(0.6) ** 2, np.sin(0.15) ** 2
    weights = np.array([(1 - s12) * (1 - s13), s12 * (1 - s13), s13])[:, np.newaxis]
    np.testing.assert_allclose(found, (1 / weights - 1) * s2, rtol=1e-12)
    with pytest.raises(ValueError, match="between 0 and 1"):
        moments.small_mixing_error("e", 1.5, t)


def test_the_coupling_of_other_papers():
    """The Bohr magneton from its value in MeV per tesla, and mu = 2 d."""
    bohr_magneton = 5.7883818060e-11  # MeV/T
    tesla = 195.35 * 1e-12  # MeV^2 per tesla, with e = sqrt(4 pi alpha)
    assert moments.BOHR_MAGNETON == pytest.approx(bohr_magneton / tesla, rel=1e-4)
    mu = np.array([1e-10, 3e-9])
    np.testing.assert_allclose(moments.from_dipole_coupling(moments.to_dipole_coupling(mu)), mu, rtol=IDENTITY)
    assert moments.from_dipole_coupling(moments.BOHR_MAGNETON) == pytest.approx(2.0, rel=IDENTITY)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moments.coefficients("s", {}), "unknown flavour 's'; the flavours are e, mu, tau"),
        (lambda: moments.short_baseline_weights("x", {}), "unknown flavour 'x'; the flavours are e, mu, tau"),
        (lambda: moments.coefficients("e", {"theta_15": 1}), "unknown angle 'theta_15'; there are theta_12, "),
        (lambda: moments.mixing_matrix({}, {"delta_13": 1}), "unknown phase 'delta_13'; there are delta, delta_14, "),
        (lambda: moments.coefficients("e", {"theta_12": np.nan}), "angle 'theta_12' holds nan; "),
        (lambda: moments.coefficients("e", {}, {"delta": [0, np.inf]}), "phase 'delta' holds inf; "),
        (lambda: moments.coefficients("e", {"theta_12": "0.5"}), "angle 'theta_12' is of type <U3; "),
        (lambda: moments.coefficients("e", {"theta_12": 1j}), "angle 'theta_12' is of type complex128; "),
        (
            lambda: moments.effective_moment_squared("e", {"41": 1}, {}),
            "unknown transition moment '41'; there are 12, 13, 14, 23, 24, 34",
        ),
        (
            lambda: moments.effective_moment_squared("e", {"14": 1, "lambda_14": 1}, {}),
            "transition moment '14' is given twice, as '14' and as 'lambda_14'",
        ),
        (lambda: moments.coefficients("e", {})["24"], "no coefficient '24': a key is a pair of moments from 12, "),
        (lambda: moments.coefficients("e", {})["24", "12"], r"no coefficient \('24', '12'\): a key is a pair "),
        (lambda: mixing.production_form("4", {}), "unknown state '4'; there are e, mu, tau, 1, 2, 3"),
        (lambda: mixing.interference_form("12", {}), "unknown state '12'; there are e, mu, tau, 1, 2, 3"),
        (lambda: moments.effective_moment_squared("e", {"14": -1}, {}), r"\|lambda_14\| is negative; "),
        (lambda: moments.effective_moment_squared("e", {"14": np.nan}, {}), "transition moment '14' holds nan; "),
    ],
)
def test_bad_input_gets_one_clear_line(call, message):
    with pytest.raises(ValueError, match="^" + message) as error:
        call()
    assert "\n" not in str(error.value)


def test_both_spellings_of_a_moment():
    t, p, lambdas = random_point()
    long = {f"lambda_{pair}": value for pair, value in lambdas.items()}
    for flavour in FLAVOURS:
        found = moments.effective_moment_squared(flavour, long, t, p)
        assert found == moments.effective_moment_squared(flavour, lambdas, t, p)
    np.testing.assert_array_equal(moments.moment_matrix(long, p), moments.moment_matrix(lambdas, p))


def test_coefficients_are_a_dict_in_every_other_respect():
    values = moments.coefficients("e", {"theta_12": 0.6})
    assert isinstance(values, dict)
    assert "24" not in values
    assert values.get("24") is None
    assert pickle.loads(pickle.dumps(values)) == values


def test_the_name_of_the_contract_offers_the_same():
    assert set(moments.__all__) <= set(mixing.__all__)
    assert all(getattr(moments, name) is getattr(mixing, name) for name in moments.__all__)
