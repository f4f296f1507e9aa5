"""Section 2.2: Standard-Model cross-sections and nuclear form factors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import quad
from sympy.physics.matrices import mgamma

from ... import cross_sections, form_factors, targets
from ...symbolic import amplitudes
from ...symbolic.recoil import symbol
from ...units import SIN2_THETA_W, fm, keV
from .. import formulas
from ..context import Context
from ..model import Claim
from ..outcomes import Outcome, listed, number, percent, proof, within

DETECTORS = ("coherent-csi", "coherent-lar")
E_R, E_NU, M, M_4 = map(symbol, ("E_r", "E_nu", "M", "m_4"))


def cevns(claim: Claim) -> Outcome:
    """Eq. (11) as printed against the cross-section on a spinless nucleus from the lepton tensor."""
    derived = amplitudes.weak("0").subs(M_4, 0)
    printed = claim.expression.subs(symbol("Q_V"), symbol("g_V"))
    same = sp.expand(sp.expand(derived) - sp.expand(printed)) == 0
    return proof(same, "The lepton tensor on a spinless nucleus gives the printed formula.")


def cevns_support(claim: Claim) -> Outcome:
    """Eq. (11) ends where kinematics ends: its bracket vanishes at the largest recoil."""
    end = claim.expression.subs(E_R, 2 * E_NU**2 / (M + 2 * E_NU))
    return proof(sp.simplify(end) == 0, r"The bracket vanishes at the largest recoil, $E_r=2E_\nu^2/(M+2E_\nu)$.")


def weak_charge(claim: Claim) -> Outcome:
    """Eq. (12) as printed against the vector couplings of the quarks."""
    Z, N, F_p, F_n, s2 = map(symbol, ("Z", "N", "F_p", "F_n", "s_W2"))
    up, down = sp.Rational(1, 2) - sp.Rational(4, 3) * s2, -sp.Rational(1, 2) + sp.Rational(2, 3) * s2
    derived = (2 * up + down) * Z * F_p + (up + 2 * down) * N * F_n
    return proof(sp.expand(derived - claim.expression) == 0, "The quark couplings $2u+d$ and $u+2d$ give it.")


def weak_mixing(claim: Claim, context: Context) -> Outcome:
    """The printed weak mixing angle is the one that the package uses; and what another one would do."""
    low = context.table("weak/mixing_angle").value("thomson_limit")
    changes = [
        f"{100 * low_energy_change(context, name):+.1f} % ({context.experiment(name).title})" for name in DETECTORS
    ]
    return Outcome(
        within(SIN2_THETA_W, claim.value, claim.tolerance),
        r"Used as printed; it is the $\overline{\mathrm{MS}}$ value at the mass of the Z.",
        f"At vanishing momentum it is {low:.4f}; the coherent events would change by {listed(changes)}.",
    )


def low_energy_change(context: Context, name: str) -> float:
    """Relative change of the coherent events of an experiment from the printed weak mixing angle to the low one."""
    low = context.table("weak/mixing_angle").value("thomson_limit")
    nuclei = [channel.scatterer for channel in context.experiment(name).channels]

    def strength(s_W2: float) -> float:
        # Eq. (12) at small recoil, every nucleus by its mass as in Eq. (11): the form factors are common
        total = 0.0
        for nucleus in nuclei:
            if isinstance(nucleus, targets.Nucleus):
                total += float(cross_sections.weak_charge(nucleus.Z, nucleus.N, sin2_theta_W=s_W2)) ** 2 * nucleus.mass
        return total

    return strength(low) / strength(SIN2_THETA_W) - 1


FORM_FACTORS = (
    {"form_factor": "klein-nystrand"},
    {"form_factor": "helm"},
    {"form_factor": "helm", "proton_radius": "charge"},
    {"form_factor": "helm", "neutron_skin_fm": 0.0},
    {"form_factor": "helm", "neutron_skin_fm": 0.2},
)
"""Nuclear physics: every form factor of the paper, every radius of the package, skins of 0 and 0.2 fm."""


def nuclear_effects(context: Context) -> Outcome:
    """How far nuclear physics moves the events of COHERENT, and how far the weak mixing angle does."""
    larger, texts = [], []
    for name in DETECTORS:
        title = context.experiment(name).title
        events = [context.experiment(name, **options).standard_model().sum() for options in FORM_FACTORS]
        spread, angle = max(events) / min(events) - 1, abs(low_energy_change(context, name))
        if spread > angle:
            larger.append(title)
        texts.append(f"{percent(spread)} against {percent(angle)} for {title}")
    some = 0 < len(larger) < len(DETECTORS)
    return Outcome(
        len(larger) == len(DETECTORS),
        f"Form factors and radii move the events more than the weak mixing angle: {listed(texts)}.",
        "Two form factors, two proton radii, and neutron skins from 0 to 0.2 fm; the mixing angle from its value at "
        "the mass of the Z to that at vanishing momentum.",
        correction=f"true of {listed(larger)}" if some else "",
    )


def momentum_transfer(claim: Claim) -> Outcome:
    """The printed momentum transfer against the four-momenta of a target at rest that recoils with E_r."""
    three = sp.sqrt(E_R**2 + 2 * M * E_R)
    invariant = three**2 - E_R**2  # -q^2: the energy transfer is E_r
    return proof(
        sp.expand(invariant - claim.expression**2) == 0,
        r"$-q^2=2ME_r$ exactly; the three-momentum is $\sqrt{2ME_r+E_r^2}$.",
    )


def bessel(claim: Claim) -> Outcome:
    """The spherical Bessel function of order one from that of order zero: j_1 = -dj_0/dx."""
    x = symbol("x")
    derived = -sp.diff(sp.sin(x) / x, x)
    return proof(sp.simplify(derived - claim.expression) == 0, r"It is minus the derivative of $\sin x/x$.")


def helm(claim: Claim) -> Outcome:
    """Eq. (13) as printed: the transform of a ball folded with a Gaussian, whose rms radius is R."""
    R, s = 4.7 * fm, 0.9 * fm

    def folding(Q: float) -> float:
        return float(np.exp(-((Q * s) ** 2) / 2))

    ball = np.sqrt(5 / 3 * (R**2 - 3 * s**2))
    own = form_factors.helm(MOMENTA, R)
    printed = _evaluated(claim, {"R": R, "s": s})
    return _density(printed, ball, folding, R, own, "a ball folded with a Gaussian; its rms radius is $R$")


def klein_nystrand(claim: Claim) -> Outcome:
    """Footnote 2 as printed: the transform of a ball folded with a Yukawa density of range a_k."""
    R_A, a = 1.23 * 133 ** (1 / 3) * fm, 0.7 * fm

    def folding(Q: float) -> float:
        # the transform of exp(-r/a)/(4 pi a^2 r)
        value, _ = quad(lambda r: np.exp(-r / a) / (Q * a**2), 0, 60 * a, weight="sin", wvar=Q, epsabs=0, epsrel=1e-10)
        return float(value)

    own = form_factors.klein_nystrand(MOMENTA, 133)
    printed = _evaluated(claim, {"R_A": R_A, "a_k": a})
    radius = np.sqrt(3 / 5 * R_A**2 + 6 * a**2)
    return _density(printed, R_A, folding, radius, own, "a ball folded with a Yukawa density")


MOMENTA = np.array([5.0, 40.0, 90.0, 150.0])
"""Momentum transfers (MeV)."""


def _evaluated(claim: Claim, lengths: dict[str, float]) -> Callable[[float], float]:
    """The printed form factor as a function of the momentum transfer, to 30 digits."""
    formula = claim.expression.subs({symbol(name): sp.Float(value, 40) for name, value in lengths.items()})
    return lambda Q: float(formula.subs(symbol("Q"), sp.Float(Q, 40)).evalf(30))


def _density(
    printed: Callable[[float], float],
    ball: float,
    folding: Callable[[float], float],
    radius: float,
    own: NDArray[np.float64],
    text: str,
) -> Outcome:
    """A printed form factor against the Fourier transform of its density, its rms radius, and the package."""
    worst = 0.0
    for Q, mine in zip(MOMENTA.tolist(), own.tolist(), strict=True):
        # the transform of a ball of unit radius, of density 3/(4 pi)
        x = Q * ball
        transform, _ = quad(lambda t: 3 * t, 0, 1, weight="sin", wvar=x, epsabs=0, epsrel=1e-12)
        expected = transform / x * folding(Q)
        value = printed(Q)
        worst = max(worst, abs(value / expected - 1), abs(mine / expected - 1))
    # F = 1 - Q^2 R^2/6 + ...
    small = 1e-4 / radius
    mean_square = 6 * (1 - printed(small)) / small**2
    worst = max(worst, abs(mean_square / radius**2 - 1))
    return proof(worst < 1e-7, f"It is the Fourier transform of {text}.")


def lengths(claim: Claim) -> Outcome:
    """The printed lengths (fm) against those of the package."""
    own = (form_factors.SKIN / fm, form_factors.YUKAWA_RANGE / fm)
    same = all(within(value, printed, claim.tolerance) for value, printed in zip(own, claim.values, strict=True))
    return proof(same, "Used as printed.")


def radius_unit(claim: Claim, context: Context) -> Outcome:
    """The printed radius of a nucleus, in femtometres, against the measured ones; as printed it has no unit."""
    isotopes = context.table("nuclear/isotopes")
    ratios = {}
    for element in ("Cs", "I"):
        (row,) = np.flatnonzero(isotopes["element"] == element)
        R_A = claim.value * float(isotopes["A"][row]) ** (1 / 3)
        rms = (3 / 5 * R_A**2 + 6 * (form_factors.YUKAWA_RANGE / fm) ** 2) ** 0.5
        ratios[element] = rms / float(isotopes["R_ch"][row])
    agree = all(abs(ratio - 1) <= claim.tolerance for ratio in ratios.values())
    holds = agree and claim.unit == "fm"
    texts = [f"{ratio:.3f} ({element})" for element, ratio in ratios.items()]
    return Outcome(
        holds,
        f"Without a unit $QR_A$ is no number; in femtometres the rms radius is {listed(texts)} times the measured "
        "charge radius.",
        correction=r"$R_A=1.23\,A^{1/3}$ fm" if agree and not holds else "",
    )


def electron(claim: Claim, antineutrino: str) -> Outcome:
    """Eq. (14), or the exchange of g_L and g_R for antineutrinos, from traces over gamma matrices."""
    g_V, g_A, g_L, g_R = map(symbol, ("g_V", "g_A", "g_L", "g_R"))
    printed = claim.expression.subs({g_L: (g_V + g_A) / 2, g_R: (g_V - g_A) / 2, symbol("m_e"): M})
    derived = amplitudes.weak("1/2", antineutrino == "yes").subs(M_4, 0)
    return proof(sp.expand(derived - printed) == 0, "Traces over gamma matrices give the printed formula.")


def _fierz_sign() -> int:
    """What [e-bar G nu][nu-bar G e] is of [nu-bar G nu][e-bar G e] for anticommuting fields and G = gamma(1 - "
    "gamma_5)."""
    left = sp.eye(4) - mgamma(5)
    currents = [(mgamma(index) * left, 1 if index == 0 else -1) for index in range(4)]

    def product(a: int, b: int, c: int, d: int) -> sp.Expr:
        return sum(sign * current[a, b] * current[c, d] for current, sign in currents)

    signs = {1, -1}
    for a, b, c, d in np.ndindex(4, 4, 4, 4):
        # exchanging two of four anticommuting fields costs a sign
        crossed, straight = -product(a, d, c, b), product(a, b, c, d)
        signs = {sign for sign in signs if crossed == sign * straight}
    if len(signs) != 1:
        raise ArithmeticError("the charged current has no Fierz identity of its own form")
    return signs.pop()


def _neutral_current() -> tuple[sp.Expr, sp.Expr]:
    """Couplings g_V and g_A to the Z of an electron: isospin -1/2 of its left-handed part, charge -1 of both."""
    isospin, charge, s_W2 = -sp.Rational(1, 2), -1, symbol("s_W2")
    gamma_5, one = mgamma(5), sp.eye(4)
    coupling = isospin * (one - gamma_5) / 2 - charge * s_W2 * one
    # gamma (g_V - g_A gamma_5)/2
    g_V = sp.expand(2 * coupling.trace() / 4)
    g_A = sp.expand(-2 * (coupling * gamma_5).trace() / 4)
    return g_V, g_A


def electron_couplings(claim: Claim, charged: str) -> Outcome:
    """The printed couplings against those of the Z and, by the Fierz identity, of the W."""
    printed = formulas.read(claim.formula)
    g_V, g_A = _neutral_current()
    exchange = _fierz_sign() * symbol("d") if charged == "yes" else sp.Integer(0)
    expected = {"g_V": g_V + exchange, "g_A": g_A + exchange}
    same = set(printed) == set(expected) and all(sp.expand(printed[name] - expected[name]) == 0 for name in expected)
    with_w = ", and by a Fierz identity 1 from the W" if charged == "yes" else ""
    return proof(same, rf"The Z gives $T_3-2q\sin^2\theta_W$ and $T_3$ of the electron{with_w}.")


ELEMENTS = ("Xe", "Cs", "I", "Ge", "Ar")


def _free_fraction(element: str, E_r: NDArray[np.float64]) -> NDArray[np.float64]:
    _, electrons = targets.compound({element: 1}).electrons[0]
    return electrons.ionisable(E_r) / sum(electrons.occupancies)


def binding() -> Outcome:
    """Eq. (16) electron by electron against the shells of :mod:`companion.targets`."""
    E_r = np.geomspace(1e-6, 1.0, 400)
    same = True
    for element in ELEMENTS:
        _, electrons = targets.compound({element: 1}).electrons[0]
        _, nucleus = targets.compound({element: 1}).nuclei[0]
        one_by_one = np.repeat(electrons.energies, np.asarray(electrons.occupancies, int))
        steps = np.mean(E_r[:, np.newaxis] >= one_by_one, axis=1)
        same = same and len(one_by_one) == nucleus.Z
        same = same and bool(np.allclose(steps, _free_fraction(element, E_r), rtol=1e-14))
    return proof(same, f"The shells of the package are the sum over $Z$ electrons ({', '.join(ELEMENTS)}).")


def shells(claim: Claim) -> Outcome:
    """Whether an atom has as many subshells as the sum of Eq. (16) has terms."""
    numbers = {}
    for element in ELEMENTS:
        _, electrons = targets.compound({element: 1}).electrons[0]
        numbers[element] = (len(electrons.energies), round(sum(electrons.occupancies)))
    holds = all(subshells == terms for subshells, terms in numbers.values())
    subshells, terms = numbers["Xe"]
    return Outcome(
        holds,
        f"Xenon has {subshells} subshells, and the sum {terms} terms.",
        correction="" if holds else "the binding energy of the $i$th electron",
    )


def unity() -> Outcome:
    """Footnote 3: the largest value of the weight."""
    largest = {float(_free_fraction(element, np.array(1.0))) for element in ELEMENTS}
    return proof(largest == {1.0}, "The weight is 1 above the K shell.")


def binding_scale(claim: Claim) -> Outcome:
    """Recoil energies below which the steps take more than a tenth of the electrons away."""
    E_r = np.linspace(0.01, 20, 20001) * keV
    scale = {}
    for element in ELEMENTS:
        gone = E_r[_free_fraction(element, E_r) < 1 - claim.tolerance]
        scale[element] = float(gone[-1]) / keV if len(gone) else 0.0
    text = listed([f"{energy:.1f} ({element})" for element, energy in scale.items()])
    return Outcome(
        0.1 < max(scale.values()) < 10,
        f"A tenth of the electrons of xenon cannot be freed below {number(scale['Xe'])} keV.",
        f"In keV: {text}.",
    )
