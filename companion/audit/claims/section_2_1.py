"""Section 2.1: effective moments, Tables I and II."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import sympy as sp
from scipy.constants import astronomical_unit
from scipy.linalg import expm
from scipy.optimize import brentq
from sympy.physics.matrices import mgamma

from ... import cross_sections, moments, units
from ...data import table
from ...experiments import couplings
from ...symbolic import mixing, recoil
from .. import printed
from ..ledger import Claim, Outcome, agreement, proof
from .common import load


def _convention() -> str:
    """The change of convention that the search found, in the notation of the paper."""
    names = (re.sub(r"lambda_(\d\d)", r"\\tilde\\lambda_{\1}", name) for name in printed.convention().names)
    return ", ".join(f"${name.replace('->', chr(92) + 'to')}$" for name in names) + " in Eq. (2)"


def _outcome(verdict: printed.Verdict) -> Outcome:
    if verdict.agrees_as_printed:
        return Outcome(True, "identical, for all angles and phases")
    if verdict.agrees_under_convention:
        text = "opposite sign, for all angles and phases" if verdict.opposite_sign else "differs by a convention"
        return Outcome(False, text, corrected=True, correction=_convention())
    if verdict.agrees_with_correction:
        what = verdict.problem.partition(" at character")[0] or "not identical"
        return Outcome(False, what, corrected=True, correction=verdict.changed)
    return Outcome(False, f"differs by up to {verdict.deviation:.2g} at random parameters")


def _entry(table: str, entry: str) -> printed.Verdict:
    first, second = entry.split("-")
    return printed.compare(printed.TABLES[table])[first, second]


def table_entry(claim: Claim) -> Outcome:
    """An entry of Table I or II against the coefficient that sympy derives."""
    return _outcome(_entry(claim.id[:7], claim.id[8:]))


def equation(claim: Claim) -> Outcome:
    """Eqs. (7) to (10) against the lambda_i4 part of the derived coefficients."""
    number = claim.id.removeprefix("eq-")
    outcome = _outcome(printed.compare_equation(number))
    _, vanishing_mixing = printed.EQUATIONS[number]
    # for which mixings "approximately" holds is a claim of its own
    return replace(outcome, computed=f"{outcome.computed}, at $\\theta_{{i4}}=0$") if vanishing_mixing else outcome


def sign_of_the_tables(claim: Claim) -> Outcome:
    """The one change of convention that makes both tables agree with Eq. (2)."""
    without, convention = printed.left_over(), printed.convention()
    return Outcome(
        not without,
        f"{len(without)} of 42 entries differ; with the change, {len(convention.left_over)}",
        corrected=all(_entry(*left).agrees_with_correction for left in convention.left_over),
        correction=_convention() + r", which only shifts $\zeta_{13}$ by $\pi$",
    )


def sum_of_coefficients(claim: Claim) -> Outcome:
    """Eq. (6) against the plain matrix sum of Eq. (4) without oscillations, at random complex parameters."""
    random = np.random.default_rng(6)
    worst = 0.0
    for row, flavour in enumerate(("e", "mu", "tau")):
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
        worst = max(worst, abs(moments.effective_moment_squared(flavour, moduli, angles, phases) / expected - 1))
    return agreement(float(worst), claim.tolerance)


def hamiltonian(claim: Claim) -> Outcome:
    """Eq. (1): which matrix of moments survives between anticommuting fields, and what two orderings add up to."""
    charge = sp.I * mgamma(2) * mgamma(0)
    tensors = [mgamma(a) * mgamma(b) * sp.I for a in range(4) for b in range(a)]  # sigma^{ab} for a != b
    symmetric = all((charge.inv() * sigma).T == charge.inv() * sigma for sigma in tensors)
    # nu_i^T A nu_j = -nu_j^T A^T nu_i: with A symmetric, lambda_ij and lambda_ji = -lambda_ij add up
    weight = sp.Rational(1, 4) * (1 + 1)
    return Outcome(
        symmetric and weight == sp.Rational(1, 2),
        r"$C^{-1}\sigma^{\alpha\beta}$ is symmetric, so the two orderings of a pair add up to "
        r"$\frac12\tilde\lambda_{ij}$, the strength of a Dirac moment",
    )


def antisymmetry(claim: Claim) -> Outcome:
    """Eq. (2): antisymmetric and of four rows, where the text announces 3 x 4."""
    matrix = mixing.moment_matrix()
    antisymmetric = matrix.T == -matrix
    if "antisymmetric" in claim.printed:
        return proof(antisymmetric, "follows from the symmetry of $C^{-1}\\sigma^{\\alpha\\beta}$ in Eq. (1)")
    rows, columns = matrix.shape
    return Outcome(
        (rows, columns) == (3, 4),
        "the sum over $i$ in Eq. (4) needs the row $\\tilde\\lambda_{4j}$, and Eq. (2) prints it",
        corrected=antisymmetric,
        correction=rf"${rows}\times{columns}$",
    )


def moduli_and_phases(claim: Claim) -> Outcome:
    """Eq. (3): the numerical matrix of moments against the symbolic one at random moduli and phases."""
    random = np.random.default_rng(3)
    moduli, phases = _random_moments(random)
    symbols = {mixing.moduli[pair]: value for pair, value in moduli.items()}
    symbols |= {mixing.phases[name]: value for name, value in phases.items()}
    expected = np.array(mixing.moment_matrix().subs(symbols).evalf(20).tolist(), dtype=complex)
    found = moments.moment_matrix(moduli, phases)
    return agreement(float(np.max(np.abs(found - expected))), claim.tolerance)


def oscillation(claim: Claim) -> Outcome:
    """Eq. (4) against the exponential of the Hamiltonian in the flavour basis."""
    random = np.random.default_rng(4)
    worst = 0.0
    for row, flavour in enumerate(moments.FLAVOURS):
        angles, dirac = _random_mixing(random)
        moduli, zetas = _random_moments(random)
        squared = dict(zip(moments.SPLITTINGS, random.uniform(0, 3, 3), strict=True))
        distance = random.uniform(0, 5)
        U = moments.mixing_matrix(angles, dirac)
        masses = np.diag([0.0, *squared.values()]) * units.eV**2
        # the amplitudes <beta|nu(L)> evolve with U M^2 U^dagger/2E, and <i| = sum_beta U*_beta,i <beta|
        evolved = expm(-0.5j * U @ masses @ U.conj().T * distance * units.m)[:, row]
        amplitude = (U.conj().T @ evolved) @ moments.moment_matrix(moduli, zetas)
        found = moments.moment_at_distance_squared(flavour, distance, moduli, angles, {**dirac, **zetas}, squared)
        worst = max(worst, abs(float(found) / np.sum(np.abs(amplitude) ** 2) - 1))
    return agreement(worst, claim.tolerance)


def averaged(claim: Claim) -> Outcome:
    """Eq. (5) as what is left of Eq. (4) without the terms that oscillate."""
    P = sp.symbols("P_1:5", positive=True)
    matrix = mixing.moment_matrix()
    # the average of exp(-i(m_i^2 - m_k^2)L/2E) is 1 for i = k and 0 otherwise
    left = sum(P[i] * matrix[i, j] * matrix[i, j].conjugate() for i in range(4) for j in range(4))
    pairs = {i: [pair for pair in moments.PAIRS if str(i + 1) in pair] for i in range(4)}
    printed = sum(P[i] * mixing.moduli[pair] ** 2 for i in range(4) for pair in pairs[i])
    same = sp.expand(left - printed) == 0
    return proof(same, "the terms $i=k$ of Eq. (4), with $P_{ei}$ for $|U_{ei}|^2$")


def vanishing_interference(claim: Claim) -> Outcome:
    """What is left of the slowest interference term between Sun and Earth in a window of one per cent in energy."""
    splittings = couplings.mass_splittings()
    turns = splittings["21"] * units.eV**2 * astronomical_unit * units.m / (2 * 0.4) / (2 * np.pi)
    # the average of exp(-i x) over a window of width w is at most 2/w
    left = 2 / (2 * np.pi * turns * 0.01)
    return Outcome(left < claim.tolerance, f"{turns:.0e} turns at 0.4 MeV; a window of 1 % in energy leaves {left:.0e}")


def three_neutrinos(claim: Claim) -> Outcome:
    """Eq. (6) without sterile parameters against the sum of three-neutrino mixing, written out."""
    random = np.random.default_rng(42)
    worst = 0.0
    for row, flavour in enumerate(moments.FLAVOURS):
        angles, dirac = _random_mixing(random, ("12", "13", "23"))
        moduli, zetas = _random_moments(random, ("12", "13", "23"))
        (s12, s13, s23), (c12, c13, c23) = (
            [f(angles[f"theta_{ij}"]) for ij in ("12", "13", "23")] for f in (np.sin, np.cos)
        )
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
    return agreement(worst, claim.tolerance)


def antineutrinos(claim: Claim) -> Outcome:
    """Antineutrinos have U and lambda conjugated: every phase changes its sign, and no coefficient notices."""
    same = all(
        forms[phase] == forms.get(tuple(-n for n in phase))
        for flavour in moments.FLAVOURS
        for forms in map(mixing.normal_form, mixing.coefficients(flavour).values())
        for phase in forms
    )
    return proof(same, "all 63 coefficients are even in the nine phases together")


def small_mixing(claim: Claim) -> Outcome:
    """Largest error of Eqs. (9) and (10) at the largest mixing for which the paper uses them."""
    angles, phases = couplings.best_fit()
    errors = {
        (flavour, i): float(error)
        for flavour in ("e", "mu")
        for i, error in zip("123", moments.small_mixing_error(flavour, 0.01, angles, phases), strict=True)
    }
    (first, second) = sorted(errors, key=errors.__getitem__)[:-3:-1]
    names = {"e": r"\nu_e", "mu": r"\nu_\mu"}
    text = "; ".join(
        rf"${names[flavour]}$, $|\tilde\lambda_{{{i}4}}|^2$: {100 * errors[flavour, i]:.0f} %"
        for flavour, i in (first, second)
    )
    text = f"largest errors of a coefficient at 0.01: {text}"
    if errors[first] <= claim.tolerance:
        return Outcome(True, text)

    def excess(squared_sine: float) -> float:
        error = moments.small_mixing_error(first[0], squared_sine, angles, phases)["123".index(first[1])]
        return float(error) - claim.tolerance

    limit = brentq(excess, 1e-9, 0.01)
    within = limit > 1e-4  # a bound below what anybody calls mixing would be no correction
    return Outcome(False, text, corrected=within, correction=rf"a tenth needs $\sin^2\theta_{{i4}}\leq{limit:.4f}$")


def phases_of_mixing(claim: Claim) -> Outcome:
    """The number of phases that the coefficients of all flavours depend on, by rank."""
    upper, lower = mixing.phase_rank(moments.FLAVOURS)
    # (n-1)(n-2)/2 Dirac phases and n(n-1)/2 of the moments, less the common one
    counted = all((n - 1) * (n - 2) // 2 + n * (n - 1) // 2 - 1 == n * (n - 2) for n in range(2, 10))
    return Outcome(
        counted and upper == lower == claim.value,
        f"rank {lower} for three flavours: nine phases but the common one of all moments",
    )


def phases_of_the_tables(claim: Claim) -> Outcome:
    """The same for the two printed tables."""
    upper, lower = mixing.phase_rank(("e", "mu"))
    blind = ", ".join(rf"$\{name}$".replace("delta_34", "delta_{34}") for name in mixing.blind_phases(("e", "mu")))
    return Outcome(
        upper == lower == claim.value,
        f"rank {lower}: {blind} enters neither",
        corrected=mixing.phase_rank(moments.FLAVOURS) == (claim.value, claim.value),
        correction=rf"{lower}; the eighth needs a $\nu_\tau$ beam",
    )


def _random_mixing(random: np.random.Generator, pairs=("12", "13", "23", "14", "24", "34")):
    dirac = ("delta", "delta_14", "delta_34")[: len(pairs) // 2]
    angles = {f"theta_{ij}": random.uniform(0, np.pi / 2) for ij in pairs}
    return angles, {name: random.uniform(0, 2 * np.pi) for name in dirac}


def _random_moments(random: np.random.Generator, pairs=moments.PAIRS):
    moduli = {pair: random.uniform(0, 1) for pair in pairs}
    return moduli, {f"zeta_{pair}": random.uniform(0, 2 * np.pi) for pair in pairs}


def _chiral() -> tuple[sp.Matrix, sp.Matrix]:
    gamma_5 = mgamma(5)
    return gamma_5, (sp.eye(4) - gamma_5) / 2


def dipole_moments(claim: Claim) -> Outcome:
    """What a magnetic and an electric moment leave between left-handed fields, and whether they fill the matrix."""
    mu, d = sp.symbols("mu d", real=True)
    gamma_5, left = _chiral()
    same = all(
        (sigma * (mu * sp.eye(4) + sp.I * d * gamma_5) * left - (mu - sp.I * d) * sigma * left).expand().is_zero_matrix
        for sigma in (sp.I * mgamma(a) * mgamma(b) for a in range(4) for b in range(a))
    )
    # hermitian and antisymmetric: mu and d are imaginary, six numbers each, as many as six complex entries have
    return proof(same, r"$\sigma^{\alpha\beta}(\mu+id\gamma_5)P_L=(\mu-id)\,\sigma^{\alpha\beta}P_L$")


def blocks(claim: Claim) -> Outcome:
    """In the flavour basis, without active-sterile mixing: which lambda_ij an active-active and a sterile "
    "entry hold."""
    without = {mixing.angles[f"theta_{i}4"]: 0 for i in "123"}
    U = mixing.mixing_matrix().subs(without)
    flavour = (U.conjugate() * mixing.moment_matrix() * U.conjugate().T).applyfunc(sp.expand)
    moduli = {pair: symbol for pair, symbol in mixing.moduli.items()}
    sterile = [moduli[pair] for pair in moments.PAIRS if "4" in pair]
    active = [moduli[pair] for pair in moments.PAIRS if "4" not in pair]
    apart = all(not flavour[i, j].has(*(sterile if 3 not in (i, j) else active)) for i in range(4) for j in range(4))
    return proof(
        apart,
        r"for $\theta_{i4}=0$ the flavours meet in $\tilde\lambda_{12},\tilde\lambda_{13}$ and "
        r"$\tilde\lambda_{23}$ alone, and the sterile state in $\tilde\lambda_{i4}$ alone",
    )


def dirac_limit(claim: Claim) -> Outcome:
    """Footnote 1: an entry lambda_i4 has the strength of a Dirac moment, and m_4 = 0 its cross-section."""
    letters = recoil.symbols(cross_sections.dipole_body)
    E_r, E_nu = letters["E_r"], letters["E_nu"]
    massless = recoil.expression(cross_sections.dipole_body).subs(letters["m_4"], 0)
    same = sp.simplify(massless - letters["alpha_mu2"] * letters["charge"] ** 2 * (1 / E_r - 1 / E_nu)) == 0
    strength = hamiltonian(claim).holds
    return proof(same and bool(strength), r"strength $\frac12\tilde\lambda_{i4}$ and cross-section of a Dirac moment")


def truncation(claim: Claim) -> Outcome:
    """K as the upper three rows of a unitary matrix: orthonormal rows, but not columns."""
    random = np.random.default_rng(11)
    K = moments.mixing_matrix(*_random_mixing(random))[:3]
    rows, columns = np.abs(K @ K.conj().T - np.eye(3)).max(), np.abs(K.conj().T @ K - np.eye(4)).max()
    return proof(
        K.shape == (3, 4) and rows < claim.tolerance < columns,
        "for $m=1$ it is $3\\times4$ with orthonormal rows; the sums run over its four columns",
    )


def pure_beams(claim: Claim) -> Outcome:
    """What a beam of one flavour loses on its way to the detectors whose distance is known, and to a sterile state."""
    angles, phases = couplings.best_fit()
    squared = couplings.mass_splittings()
    argon, xenon = table("coherent/lar_parameters").value("L"), table("cr51/parameters").value("lxe_distance")
    lowest = float(table("cr51/lines")["E_nu"].min()) * units.keV
    line = (units.M_PI**2 - units.M_MU**2) / (2 * units.M_PI)
    gone = 0.0
    for flavour, L_over_E in (("mu", argon / line), ("e", xenon / lowest)):
        row = moments.mixing_matrix(angles, phases)[moments.FLAVOURS.index(flavour), :3]
        advance = np.array([0.0, *(squared[name] * units.eV**2 * L_over_E * units.m / 2 for name in ("21", "31"))])
        gone = max(gone, 1 - float(abs(np.sum(abs(row) ** 2 * np.exp(-1j * advance))) ** 2))
    sterile = 2 * 0.01 * (1 - 0.01)  # the average of oscillations into a heavy state with |U|^2 = 0.01
    return Outcome(
        max(gone, sterile) < claim.tolerance,
        f"among the active flavours less than {gone:.0e} is lost on the way to COHERENT and to a chromium detector; "
        rf"a sterile state with $\sin^2\theta_{{i4}}=0.01$ takes {100 * sterile:.1f} %",
    )


def components(claim: Claim) -> Outcome:
    """The products of two of six moduli, and the lines of the two tables as printed."""
    pairs = len(moments.PAIRS) * (len(moments.PAIRS) + 1) // 2
    lines = [len(table(f"paper/{name.replace('-', '_')}")) for name in printed.TABLES]
    return Outcome(
        pairs == claim.value and all(number == claim.value for number in lines),
        f"six moduli make {pairs} products of two; Table I has {lines[0]} lines, Table II {lines[1]}",
    )


def final_state(claim: Claim) -> Outcome:
    r"""What :math:`\nu_\alpha\to\nu_s` alone gives: the amplitude into nu_4, without the sums over lighter states."""
    row = mixing.mixing_matrix()[0, :]
    into = {}
    for i in range(3):
        amplitude = mixing.harmonics(row[i])
        conjugate = {tuple(-n for n in phase): value for phase, value in amplitude.items()}
        into[f"{i + 1}4"] = sum(
            a * b for p, a in amplitude.items() for q, b in conjugate.items() if p == tuple(-n for n in q)
        )
    whole = {pair: mixing.coefficients("e")[pair, pair] for pair in into}
    rest = [sp.expand(whole[pair] - into[pair].as_expr()) for pair in into]
    s14 = sp.sin(mixing.angles["theta_14"])
    surplus = all(mixing.is_zero(term - s14**2) for term in rest)
    vanishes = surplus and s14.subs(mixing.angles["theta_14"], 0) == 0
    return Outcome(
        all(mixing.is_zero(term) for term in rest),
        r"the amplitude into $\nu_4$ gives $c_{12}^2c_{13}^2c_{14}^2$, $s_{12}^2c_{13}^2c_{14}^2$ and "
        r"$s_{13}^2c_{14}^2$; each $s_{14}^2$ in Eq. (7) is the $\nu_4$ in the beam going to a light state, whose "
        r"kinematics is not that of Eqs. (17) and (19)",
        corrected=bool(vanishes),
        correction=r"without the $s_{14}^2$, which vanish in Eqs. (9) and (10)",
    )


def cross_terms(claim: Claim) -> Outcome:
    """The largest coefficient of a product of two lambda_i4 against the squares, at the best fit."""
    angles, phases = couplings.best_fit()
    share = {}
    for flavour, symbol in (("e", r"\nu_e"), ("mu", r"\nu_\mu")):
        values = {term: float(c) for term, c in moments.coefficients(flavour, angles, phases).items()}
        sterile = {term: c for term, c in values.items() if all("4" in pair for pair in term)}
        squares = sum(c for (a, b), c in sterile.items() if a == b)
        share[symbol] = max(abs(c) for (a, b), c in sterile.items() if a != b) / squares
    text = ", ".join(f"{100 * part:.0f} % for ${symbol}$" for symbol, part in share.items())
    small = max(share.values()) < 0.1
    return Outcome(
        small,
        f"where two moments are equal, one cross term reaches {text} of the sum of the squares; where only one moment "
        "differs from zero, as in Fig. 4, there is none",
        corrected=not small,
        correction="" if small else r"exact for one $\tilde\lambda_{i4}$ at a time, not for several",
    )


def beams(claim: Claim) -> Outcome:
    """The flavours in the beams of the experiments."""
    states = {name: set(load(name).states) for name in ("texono", "cr51-cevns-ge", "cr51-lxe-a", "coherent-csi")}
    only_e = all(states[name] == {"e"} for name in ("texono", "cr51-cevns-ge", "cr51-lxe-a"))
    return proof(
        only_e and states["coherent-csi"] == {"e", "mu"},
        r"reactor and chromium send $\nu_e$ or $\bar\nu_e$ alone, the spallation source $\nu_e$, $\nu_\mu$ and "
        r"$\bar\nu_\mu$",
    )
