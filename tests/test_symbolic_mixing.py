"""The derived coefficients: what they are, that equality is decided exactly, and how they are printed."""

import itertools
import re
import time

import numpy as np
import pytest
import sympy as sp

from companion.parameters import PAIRS, PHASES, TERMS
from companion.symbolic import mixing
from companion.symbolic.mixing import angles, harmonics, is_zero, latex, moduli, normal_form, phases
from companion.symbolic.printing import breakable

FLAVOURS = ("e", "mu", "tau")
c = {name[6:]: sp.cos(theta) for name, theta in angles.items()}
s = {name[6:]: sp.sin(theta) for name, theta in angles.items()}
delta, delta_14, zeta = phases["delta"], phases["delta_14"], {p: phases[f"zeta_{p}"] for p in PAIRS}


def test_mixing_matrix_is_unitary():
    U = mixing.mixing_matrix()
    for a, b in itertools.product(range(4), repeat=2):
        product = sum(
            (sp.expand(U[a, i] * sp.conjugate(U[b, i])) for i in range(4)),
            start=-sp.Integer(a == b),
        )
        assert is_zero(product)


def test_three_neutrino_limit():
    U = mixing.mixing_matrix().subs({angles[f"theta_{i}4"]: 0 for i in "123"})
    assert U[3, :] == sp.Matrix([[0, 0, 0, 1]]).as_immutable()
    assert U[0, 2] == s["13"] * sp.exp(-sp.I * delta)
    assert U[1, 2] == s["23"] * c["13"]
    assert sp.expand(U[1, 0] + s["12"] * c["23"] + c["12"] * s["23"] * s["13"] * sp.exp(sp.I * delta)) == 0


def test_moment_matrix_is_eq_2():
    matrix = mixing.moment_matrix()
    assert matrix.T == -matrix
    assert matrix[0, 2] == moduli["13"] * sp.exp(sp.I * zeta["13"])


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_coefficients_are_the_bilinear_form(flavour):
    """Expanding sum_j |sum_i U* lambda_ij|^2 in full gives the same normal form, a proof for all parameters."""
    row = mixing.mixing_matrix()[FLAVOURS.index(flavour), :]
    amplitudes = row.conjugate() * mixing.moment_matrix()
    total = sum(sp.conjugate(amplitude) * amplitude for amplitude in amplitudes)
    terms = [value * moduli[a] * moduli[b] for (a, b), value in mixing.coefficients(flavour).items()]
    assert normal_form(total) == normal_form(sp.Add(*terms))
    assert normal_form(total) != normal_form(sp.Add(*terms[:-1]))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_coefficients_are_real_trigonometric_expressions(flavour):
    coefficients = mixing.coefficients(flavour)
    assert tuple(coefficients) == TERMS
    for value in coefficients.values():
        assert value.is_real
        assert not value.has(sp.I, sp.exp)
        assert value.free_symbols <= set(angles.values()) | set(phases.values())


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (("12", "12"), c["13"] ** 2 * c["14"] ** 2),
        (("14", "34"), c["12"] * c["14"] ** 2 * 2 * s["13"] * c["13"] * sp.cos(delta - zeta["14"] + zeta["34"])),
        (("12", "13"), s["12"] * c["14"] ** 2 * 2 * s["13"] * c["13"] * sp.cos(delta - zeta["12"] + zeta["13"])),
        (("12", "34"), sp.S.Zero),
    ],
)
def test_some_coefficients_of_nu_e_by_hand(term, expected):
    assert is_zero(mixing.coefficients("e")[term] - expected)


def test_only_nu_tau_knows_delta_34_and_theta_34():
    for flavour in FLAVOURS:
        symbols = set().union(*(value.free_symbols for value in mixing.coefficients(flavour).values()))
        assert (phases["delta_34"] in symbols) == (angles["theta_34"] in symbols) == (flavour == "tau")


def test_nu_tau_is_nu_mu_rotated():
    """theta_23 -> theta_23 + pi/2 turns the mu row of three-neutrino mixing into the tau row."""
    no_sterile = {angles[f"theta_{i}4"]: 0 for i in "123"}
    for term in TERMS:
        mu, tau = (mixing.coefficients(flavour)[term].subs(no_sterile) for flavour in ("mu", "tau"))
        rotated = mu.xreplace(
            {c["23"]: -s["23"], s["23"]: c["23"], sp.sin(2 * angles["theta_23"]): -2 * c["23"] * s["23"]}
        )
        assert is_zero(rotated - tau)


def test_everything_is_derived_once_and_quickly():
    mixing.coefficients.cache_clear()
    start = time.perf_counter()
    for flavour in FLAVOURS:
        mixing.coefficients(flavour)
    assert time.perf_counter() - start < 5  # 0.2 s on an idle laptop
    assert mixing.coefficients("tau") is mixing.coefficients("tau")
    with pytest.raises(TypeError):
        mixing.coefficients("e")["12", "12"] = sp.S.One


def test_unknown_flavour():
    with pytest.raises(ValueError, match="unknown flavour 'sterile'; the flavours are e, mu, tau"):
        mixing.coefficients("sterile")


@pytest.mark.parametrize(
    "zero",
    [
        c["12"] ** 2 + s["12"] ** 2 - 1,
        c["12"] ** 4 - s["12"] ** 4 - sp.cos(2 * angles["theta_12"]),
        sp.sin(2 * angles["theta_13"]) - 2 * s["13"] * c["13"],
        sp.cos(delta + zeta["12"]) + sp.cos(delta - zeta["12"]) - 2 * sp.cos(delta) * sp.cos(zeta["12"]),
        sp.cos(2 * delta) - 2 * sp.cos(delta) ** 2 + 1,
        sp.exp(sp.I * delta) + sp.exp(-sp.I * delta) - 2 * sp.cos(delta),
    ],
)
def test_identities_are_recognised(zero):
    assert is_zero(zero)
    assert not is_zero(zero + sp.Rational(1, 10**30))  # no number decides: the normal form is exact


@pytest.mark.parametrize(
    "different", [c["12"] - s["12"], sp.cos(delta) - sp.cos(delta_14), c["12"] ** 2 - c["13"] ** 2]
)
def test_differences_are_recognised(different):
    assert not is_zero(different)


@pytest.mark.parametrize(
    "foreign", [sp.Symbol("x"), sp.cos(delta / 2), sp.tan(delta), 1 / c["12"], sp.sin(delta), sp.pi]
)
def test_normal_form_refuses_what_it_cannot_decide(foreign):
    with pytest.raises(ValueError, match="is not "):
        harmonics(foreign)


def test_latex_is_the_paper_s_notation():
    coefficients = mixing.coefficients("e")
    assert latex(coefficients["12", "12"]) == "c_{13}^{2} c_{14}^{2}"
    assert (
        latex(coefficients["12", "23"])
        == r"-c_{12} c_{14}^{2} \sin 2 \theta_{13} \cos\left(\delta - \zeta_{12} + \zeta_{23}\right)"
    )
    assert latex(coefficients["12", "34"]) == "0"
    assert latex(coefficients["14", "14"] * moduli["14"] ** 2).startswith(r"|\tilde{\lambda}_{14}|^{2} \left(")
    assert latex(sp.cos(-2 * delta + delta_14)) == r"\cos\left(2\delta - \delta_{14}\right)"


def test_a_breakable_formula_says_the_same():
    for flavour in ("e", "mu", "tau"):
        for value in mixing.coefficients(flavour).values():
            text = latex(value)
            pieces = re.findall(r"\$([^$]*)\$", breakable(text))
            plain = text.replace(r"\left", "").replace(r"\right", "")
            # blanks at the cuts, and the empty group in front of a sign, are all that is new
            assert re.sub(r"\s", "", "".join(pieces).replace("{}", "")) == re.sub(r"\s", "", plain)
            for piece in pieces:
                assert piece.count("{") == piece.count("}")
                assert len(re.sub(r"\\[a-z]+|[{}^_ ]", "", piece)) < 40, piece
    assert breakable(r"a^{2} \left(b - c\right) - \cos\left(x - y\right)") == (r"$a^{2} (b$ ${}- c)$ ${}- \cos(x - y)$")
    assert breakable(r"a\{-b + c [-d + e]\} - f") == r"$a\{-b$ ${}+ c [-d$ ${}+ e]\}$ ${}- f$"
    assert breakable("0") == "$0$"
    assert breakable(r"-a \sin 2 b \cos d") == r"$-a$ $\sin 2 b$ $\cos d$"


# --- phases -----------------------------------------------------------------------------------------------------------


def rank_by_differences(flavours, pairs):
    """Rank of the Jacobian from central differences of the plain matrix sum: no symbolic derivative."""
    from test_mixing import matrix_sum

    random = np.random.default_rng(1)
    t = {f"theta_{ij}": random.uniform(0.3, 1.2) for ij in PAIRS}
    point = random.uniform(0, 2 * np.pi, len(PHASES))
    # enough different moduli to tell the coefficients apart
    moduli = [{pair: random.uniform(0.2, 1) * (pair in pairs) for pair in PAIRS} for _ in range(30)]

    def values(phi):
        p = dict(zip(PHASES, phi, strict=True))
        return np.array([matrix_sum(flavour, lambdas, t, p) for flavour in flavours for lambdas in moduli])

    steps = 1e-5 * np.eye(len(PHASES))
    jacobian = np.array([(values(point + step) - values(point - step)) / 2e-5 for step in steps])
    return np.linalg.matrix_rank(jacobian, tol=1e-6)


@pytest.mark.parametrize(
    ("flavours", "rank", "sterile"),
    [(("e",), 5, 2), (("mu",), 7, 4), (("tau",), 7, 4), (("e", "mu"), 7, 4), (("e", "mu", "tau"), 8, 5)],
)
def test_number_of_phases(flavours, rank, sterile):
    for pairs, expected in ((PAIRS, rank), (("14", "24", "34"), sterile)):
        upper, lower = mixing.phase_rank(flavours, pairs)
        assert lower == expected == rank_by_differences(flavours, pairs)
        # one row of the mixing matrix has a modulus that no phase changes, which the combinations do not know
        assert upper == expected + (flavours == ("tau",))


def test_blind_phases():
    assert mixing.blind_phases(("e", "mu")) == ("delta_34",)
    assert mixing.blind_phases(("tau",)) == ()
    assert mixing.blind_phases(("e",), ("14", "24", "34")) == ("delta_14", "delta_34", "zeta_12", "zeta_13", "zeta_23")


def test_the_common_phase_of_all_moments_is_unphysical():
    for phase in mixing.phase_combinations(FLAVOURS):
        assert sum(phase[3:]) == 0
