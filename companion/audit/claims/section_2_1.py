"""Section 2.1: the matrix of moments, effective moments, what a beam is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import sympy as sp
from scipy.constants import astronomical_unit
from scipy.linalg import expm
from sympy.physics.matrices import mgamma

from ... import moments, units
from ...couplings import Mixing
from ...symbolic import mixing
from ...symbolic.recoil import symbol
from .. import formulas, printed
from ..context import LIGHT, Context
from ..model import Claim, find
from ..outcomes import Outcome, agreement, number, percent, proof

CHARGE = sp.I * mgamma(2) * mgamma(0)
TENSORS = [sp.I * mgamma(a) * mgamma(b) for a in range(4) for b in range(a)]
"""sigma^{ab} for a > b."""

LEFT = (sp.eye(4) - mgamma(5)) / 2


@cache
def _symmetry() -> int:
    """Symmetry of C^-1 sigma^{ab}: 1 for symmetric matrices, -1 for antisymmetric ones, 0 for others."""
    inverse = CHARGE.inv()
    matrices = [inverse * tensor for tensor in TENSORS]
    for sign in (1, -1):
        if all((matrix.T - sign * matrix).is_zero_matrix for matrix in matrices):
            return sign
    return 0


def hamiltonian(claim: Claim) -> Outcome:
    """Eq. (1): what the two orderings of a pair of anticommuting fields add up to, with the printed factor."""
    symmetry = _symmetry()
    # nu_i^T A nu_j = -nu_j^T A^T nu_i, and lambda_ji = -lambda_ij: the second ordering is "symmetry" times the first
    weight = claim.value * (1 + symmetry)
    return proof(
        weight == 0.5,
        r"The two orderings of a pair of fields add up to $\frac12\tilde\lambda_{ij}$, the strength of a Dirac moment.",
    )


def dipole_moments(claim: Claim) -> Outcome:
    """What a magnetic and an electric moment leave between left-handed fields."""
    mu, d = (symbol(letter) for letter in ("mu", "d"))
    gamma_5 = mgamma(5)
    both = mu * sp.eye(4) + sp.I * d * gamma_5
    same = all((tensor * both * LEFT - claim.expression * tensor * LEFT).expand().is_zero_matrix for tensor in TENSORS)
    # hermitian and antisymmetric: mu and d are imaginary, six numbers each, as many as six complex entries have
    return proof(same, r"$\sigma^{\alpha\beta}(\mu+id\gamma_5)P_L=(\mu-id)\,\sigma^{\alpha\beta}P_L$.")


def size(claim: Claim) -> Outcome:
    """The size in the text against that of the printed matrix."""
    rows, columns = formulas.matrix(find("eq-2").formula).shape
    holds = claim.values == (rows, columns)
    return Outcome(
        holds,
        rf"Eq. (2) prints {rows} rows, and the sum over $i$ in Eq. (4) needs the row $\tilde\lambda_{{4j}}$.",
        correction="" if holds else rf"${rows}\times{columns}$",
    )


def antisymmetry(claim: Claim) -> Outcome:
    """The printed matrix of Eq. (2): antisymmetric, every moment once, and the one that the package uses."""
    matrix = formulas.matrix(claim.formula)
    letters = {pair: symbol(f"lambda_{pair}") for pair in moments.PAIRS}
    own = sp.zeros(4, 4)
    for pair in moments.PAIRS:
        i, j = int(pair[0]) - 1, int(pair[1]) - 1
        own[i, j], own[j, i] = letters[pair], -letters[pair]
    symmetry = _symmetry()
    return proof(
        symmetry == 1 and (matrix + matrix.T).is_zero_matrix and matrix == own,
        r"The matrix is antisymmetric, as the symmetric $C^{-1}\sigma^{\alpha\beta}$ of Eq. (1) demands.",
    )


def blocks() -> Outcome:
    """Without active-sterile mixing: which lambda_ij an active-active and a sterile entry hold in the flavour basis."""
    without = {mixing.angles[f"theta_{i}4"]: 0 for i in "123"}
    U = mixing.mixing_matrix().subs(without)
    flavour = (U.conjugate() * mixing.moment_matrix() * U.conjugate().T).applyfunc(sp.expand)
    sterile = [mixing.moduli[pair] for pair in moments.PAIRS if "4" in pair]
    active = [mixing.moduli[pair] for pair in moments.PAIRS if "4" not in pair]
    apart = True
    for i in range(4):
        for j in range(4):
            foreign = active if 3 in (i, j) else sterile
            apart = apart and not flavour[i, j].has(*foreign)
    return proof(
        apart,
        r"Without active-sterile mixing the flavours meet in $\tilde\lambda_{12},\tilde\lambda_{13},"
        r"\tilde\lambda_{23}$ alone, and the sterile state in $\tilde\lambda_{i4}$ alone.",
    )


MASSES = (1, 1)
"""Masses of an active and a sterile state that coincide."""


def dirac_limit() -> Outcome:
    """Footnote 1: two states of one mass and an antisymmetric moment have a conserved lepton number."""
    masses = sp.diag(*MASSES)
    moment = sp.Matrix([[0, 1], [-1, 0]])
    generator = sp.Matrix([[0, 1], [-1, 0]])
    # nu -> exp(phi generator) nu changes nu^T A nu by phi nu^T (generator^T A + A generator) nu
    conserved = all((generator.T * matrix + matrix * generator).is_zero_matrix for matrix in (masses, moment))
    strength = _strength()
    return proof(
        conserved and strength,
        "With equal masses the rotation of the two states into each other is a symmetry, a lepton number, and the "
        "moment has the strength of a Dirac moment.",
    )


def _strength() -> bool:
    """Whether Eq. (1) gives a pair of states the strength of a Dirac moment."""
    return bool(hamiltonian(find("eq-1")).holds)


def moduli_and_phases(claim: Claim) -> Outcome:
    """Eq. (3) as printed against the matrix of moments that the package builds."""
    random = np.random.default_rng(3)
    moduli, phases = _random_moments(random)
    matrix = moments.moment_matrix(moduli, phases)
    printed_as = sp.lambdify(sp.symbols("l zeta", positive=True), claim.expression)
    worst = 0.0
    for pair, modulus in moduli.items():
        built = matrix[int(pair[0]) - 1, int(pair[1]) - 1]
        worst = max(worst, abs(complex(printed_as(modulus, phases[f"zeta_{pair}"])) - built))
    return agreement("The printed form and the matrix of the package", worst, claim.tolerance)


def oscillation(claim: Claim) -> Outcome:
    """Eq. (4) as printed against the exponential of the Hamiltonian in the flavour basis."""
    random = np.random.default_rng(4)
    letters = ("K", "dm2", "L", "E", "lam")
    term = formulas.expression(claim.formula, ("K", "lam"))
    symbols = [sp.Symbol(name) if name in ("K", "lam") else symbol(name) for name in letters]
    printed_as = sp.lambdify(symbols, term, "numpy")
    worst = 0.0
    for row in range(3):
        angles, dirac = _random_mixing(random)
        moduli, zetas = _random_moments(random)
        squared = np.array([0.0, *random.uniform(0, 3, 3)])
        distance, energy = random.uniform(0, 5), random.uniform(1, 3)
        U, moment = moments.mixing_matrix(angles, dirac), moments.moment_matrix(moduli, zetas)
        # the amplitudes <beta|nu(L)> evolve with U M^2 U^dagger/2E, and <i| = sum_beta U*_beta,i <beta|
        evolved = expm(-0.5j * U @ np.diag(squared) @ U.conj().T * distance / energy)[:, row]
        expected = np.sum(np.abs((U.conj().T @ evolved) @ moment) ** 2)
        split = squared[:, np.newaxis] - squared
        terms = printed_as(U[row][:, np.newaxis], split, distance, energy, moment)
        worst = max(worst, abs(float(np.sum(np.abs(terms.sum(axis=0)) ** 2) / expected) - 1))
    return agreement("The printed sum and the evolution with the Hamiltonian", worst, claim.tolerance)


def truncation(claim: Claim) -> Outcome:
    """K as the upper three rows of a unitary matrix: orthonormal rows, but not columns."""
    random = np.random.default_rng(11)
    K = moments.mixing_matrix(*_random_mixing(random))[:3]
    rows, columns = np.abs(K @ K.conj().T - np.eye(3)).max(), np.abs(K.conj().T @ K - np.eye(4)).max()
    return proof(
        K.shape == (3, 4) and rows < claim.tolerance < columns,
        "For $m=1$ it is $3\\times4$ with orthonormal rows, and the sums run over its four columns.",
    )


def averaged(claim: Claim) -> Outcome:
    """Eq. (5) as printed against what is left of Eq. (4) without the terms that oscillate."""
    matrix = mixing.moment_matrix()
    # the average of exp(-i(m_i^2 - m_k^2)L/2E) is 1 for i = k and 0 otherwise
    left = sp.Integer(0)
    for i in range(4):
        for j in range(4):
            left += symbol(f"P_e{i + 1}") * matrix[i, j] * matrix[i, j].conjugate()
    names = {modulus: symbol(f"lambda_{pair}") for pair, modulus in mixing.moduli.items()}
    same = sp.expand(left.subs(names) - claim.expression) == 0
    return proof(same, "These are the terms $i=k$ of Eq. (4), with $P_{ei}$ for $|U_{ei}|^2$.")


def vanishing_interference(claim: Claim) -> Outcome:
    """What is left of the slowest interference term between Sun and Earth in a window of one per cent in energy."""
    splittings = Mixing().splittings
    turns = splittings["21"] * units.eV**2 * astronomical_unit * units.m / (2 * 0.4) / (2 * np.pi)
    # the average of exp(-i x) over a window of width w is at most 2/w
    left = 2 / (2 * np.pi * turns * 0.01)
    return Outcome(
        left < claim.tolerance,
        f"Between Sun and Earth the slowest term turns {number(turns, digits=1)} times; a window of 1 % in energy "
        f"leaves {number(left, digits=1)} of it.",
        "At 0.4 MeV.",
    )


def pure_beams(claim: Claim, context: Context) -> Outcome:
    """What a beam of one flavour loses on its way to the detectors whose distance is known, and to a sterile state."""
    angles, phases = Mixing().angles, Mixing().phases
    squared = Mixing().splittings
    argon = context.table("coherent/lar_parameters").value("L")
    xenon = context.table("cr51/parameters").value("lxe_distance")
    lowest = float(context.table("cr51/lines")["E_nu"].min()) * units.keV
    line = (units.M_PI**2 - units.M_MU**2) / (2 * units.M_PI)
    gone = 0.0
    for flavour, L_over_E in (("mu", argon / line), ("e", xenon / lowest)):
        row = moments.mixing_matrix(angles, phases)[moments.FLAVOURS.index(flavour), :3]
        advance = np.array([0.0, *(squared[name] * units.eV**2 * L_over_E * units.m / 2 for name in ("21", "31"))])
        gone = max(gone, 1 - float(abs(np.sum(abs(row) ** 2 * np.exp(-1j * advance))) ** 2))
    sterile = 2 * 0.01 * (1 - 0.01)  # the average of oscillations into a heavy state with |U|^2 = 0.01
    return Outcome(
        max(gone, sterile) < claim.tolerance,
        rf"Oscillations among the flavours take {number(gone, digits=1)}, a sterile state with "
        rf"$\sin^2\theta_{{i4}}=0.01$ takes {percent(sterile)}.",
        "On the way to COHERENT and to a chromium detector; TEXONO prints no distance.",
    )


def sum_of_coefficients(claim: Claim) -> Outcome:
    """Eq. (6) against the plain matrix sum of Eq. (4) without oscillations, at random complex parameters."""
    random = np.random.default_rng(6)
    worst = 0.0
    for row, flavour in enumerate(moments.FLAVOURS):
        angles, dirac = _random_mixing(random)
        moduli, zetas = _random_moments(random)
        phases = {**dirac, **zetas}
        matrix = np.zeros((4, 4), complex)
        for pair, modulus in moduli.items():
            i, j = int(pair[0]) - 1, int(pair[1]) - 1
            matrix[i, j] = modulus * np.exp(1j * phases[f"zeta_{pair}"])
            matrix[j, i] = -matrix[i, j]
        amplitude = moments.mixing_matrix(angles, phases)[row].conj() @ matrix
        expected = np.sum(np.abs(amplitude) ** 2)
        found = moments.effective_moment_squared(flavour, moduli, angles, phases)
        worst = max(worst, abs(float(found) / expected - 1))
    return agreement("The sum over 21 coefficients and the matrix product", float(worst), claim.tolerance)


def components(claim: Claim, context: Context) -> Outcome:
    """The products of two of six moduli, and the lines of the two tables as printed."""
    pairs = len(moments.PAIRS) * (len(moments.PAIRS) + 1) // 2
    lines = [len(context.table(f"paper/{name.replace('-', '_')}")) for name in printed.TABLES]
    return Outcome(
        pairs == claim.value and all(count == claim.value for count in lines),
        f"Six moduli make {pairs} products of two; Tables I and II have {lines[0]} and {lines[1]} lines.",
    )


def antineutrinos() -> Outcome:
    """Antineutrinos have U and lambda conjugated: every phase changes its sign, and no coefficient notices."""
    same = True
    for flavour in moments.FLAVOURS:
        for coefficient in mixing.coefficients(flavour).values():
            form = mixing.normal_form(coefficient)
            same = same and all(form[phase] == form.get(tuple(-n for n in phase)) for phase in form)
    return proof(same, "All 63 coefficients are even in the nine phases together.")


def three_neutrinos(claim: Claim) -> Outcome:
    """Eq. (6) without sterile parameters against the sum of three-neutrino mixing, written out."""
    random = np.random.default_rng(42)
    worst = 0.0
    for row, flavour in enumerate(moments.FLAVOURS):
        angles, dirac = _random_mixing(random, ("12", "13", "23"))
        moduli, zetas = _random_moments(random, ("12", "13", "23"))
        s12, s13, s23 = (np.sin(angles[f"theta_{ij}"]) for ij in ("12", "13", "23"))
        c12, c13, c23 = (np.cos(angles[f"theta_{ij}"]) for ij in ("12", "13", "23"))
        e = np.exp(1j * dirac["delta"])
        U = np.array(
            [
                [c12 * c13, s12 * c13, s13 / e],
                [-s12 * c23 - c12 * s23 * s13 * e, c12 * c23 - s12 * s23 * s13 * e, s23 * c13],
                [s12 * s23 - c12 * c23 * s13 * e, -c12 * s23 - s12 * c23 * s13 * e, c23 * c13],
            ]
        )
        amplitude = U[row].conj() @ moments.moment_matrix(moduli, zetas)[:3, :3]
        found = moments.effective_moment_squared(flavour, moduli, angles, {**dirac, **zetas})
        worst = max(worst, abs(float(found) / np.sum(np.abs(amplitude) ** 2) - 1))
    return agreement("Eq. (6) and three-neutrino mixing written out", worst, claim.tolerance)


def cross_terms(claim: Claim) -> Outcome:
    """The largest coefficient of a product of two lambda_i4 against the squares, at the best fit."""
    angles, phases = Mixing().angles, Mixing().phases
    share = {}
    for flavour, written in (("e", r"\nu_e"), ("mu", r"\nu_\mu")):
        values = {term: float(c) for term, c in moments.coefficients(flavour, angles, phases).items()}
        sterile = {term: c for term, c in values.items() if all("4" in pair for pair in term)}
        squares = sum(c for (a, b), c in sterile.items() if a == b)
        share[written] = max(abs(c) for (a, b), c in sterile.items() if a != b) / squares
    small = max(share.values()) < claim.tolerance
    text = " and ".join(f"{percent(part)} for ${written}$" for written, part in share.items())
    return Outcome(
        small,
        f"Where two moments are equal, one cross term reaches {text} of the sum of the squares.",
        "Where only one moment differs from zero, as in Fig. 4, there is no cross term.",
        correction="" if small else r"exact for one $\tilde\lambda_{i4}$ at a time, not for several",
    )


def final_state(claim: Claim) -> Outcome:
    r"""What :math:`\nu_\alpha\to\nu_s` alone gives: the amplitude into nu_4, without the sums over lighter states."""
    row = mixing.mixing_matrix()[0, :]
    rest = []
    for i in range(3):
        into = sp.expand(row[i] * row[i].conjugate())
        rest.append(sp.expand(mixing.coefficients("e")[f"{i + 1}4", f"{i + 1}4"] - into))
    surplus = sp.sin(mixing.angles["theta_14"]) ** 2
    all_alike = all(mixing.is_zero(term - surplus) for term in rest)
    holds = all(mixing.is_zero(term) for term in rest)
    return Outcome(
        holds,
        r"The amplitude into $\nu_4$ has no $s_{14}^2$: these terms are a $\nu_4$ in the beam that becomes a light "
        "state.",
        r"The kinematics of such a transition is not that of Eqs. (17) and (19). The amplitude into $\nu_4$ gives "
        r"$c_{12}^2c_{13}^2c_{14}^2$, $s_{12}^2c_{13}^2c_{14}^2$ and $s_{13}^2c_{14}^2$.",
        correction=r"without the $s_{14}^2$, which vanish in Eqs. (9) and (10)" if all_alike and not holds else "",
    )


def beams(claim: Claim, context: Context) -> Outcome:
    """Whether limits on lambda_i4 follow from those on the flavours by the printed Eqs. (9) and (10)."""
    angles, phases = Mixing().angles, Mixing().phases
    at = {mixing.angles[name]: value for name, value in angles.items()}
    at |= {mixing.phases[name]: value for name, value in phases.items()}
    weight = {}
    for flavour, equation in (("e", "9"), ("mu", "10")):
        right = printed.equation(equation)
        for pair in ("14", "24", "34"):
            weight[flavour, pair] = float(sp.expand(right).coeff(mixing.moduli[pair], 2).subs(at))
    worst = 0.0
    for pair in ("14", "24", "34"):
        for name in ("texono", "cr51-cevns-ge", "cr51-lxe-a"):
            # one flavour: the limits differ by the root of the weight
            ratio = context.limit(name, "mu_e") / context.limit(name, f"lambda_{pair}")
            worst = max(worst, abs(ratio / weight["e", pair] ** 0.5 - 1))
        csi, value = context.experiment("coherent-csi"), 5e-9
        signal = csi.standard_model() + value**2 * (
            weight["e", pair] * csi.dipole("e", LIGHT) + weight["mu", pair] * csi.dipole("mu", LIGHT)
        )
        chi2 = float(csi.likelihood.chi2(signal))
        worst = max(worst, abs(float(csi.chi2(f"lambda_{pair}", value, LIGHT)) / chi2 - 1))
    return agreement(
        r"Limits on $\tilde\lambda_{i4}$ as computed and as Eqs. (9) and (10) give them", worst, claim.tolerance
    )


def _random_mixing(
    random: np.random.Generator, pairs: tuple[str, ...] = ("12", "13", "23", "14", "24", "34")
) -> tuple[dict[str, float], dict[str, float]]:
    dirac = ("delta", "delta_14", "delta_34")[: len(pairs) // 2]
    angles = {f"theta_{ij}": random.uniform(0, np.pi / 2) for ij in pairs}
    return angles, {name: random.uniform(0, 2 * np.pi) for name in dirac}


def _random_moments(
    random: np.random.Generator, pairs: tuple[str, ...] = moments.PAIRS
) -> tuple[Mapping[str, float], dict[str, float]]:
    moduli = {pair: random.uniform(0, 1) for pair in pairs}
    return moduli, {f"zeta_{pair}": random.uniform(0, 2 * np.pi) for pair in pairs}
