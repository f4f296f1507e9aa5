r"""Tables I and II, and their :math:`\nu_\tau` sibling, derived from Eqs. (2)-(4).

The squared effective moment of a flavour state at short distance is the bilinear form

.. math:: \mu_\alpha^2 = \sum_j \Big|\sum_i U^*_{\alpha i} \lambda_{ij}\Big|^2
          = \sum_{a \le b} C_\alpha^{ab}\, |\lambda_a| |\lambda_b| , \qquad a, b \in \{12, 13, 14, 23, 24, 34\}.

An element :math:`\lambda_{mj} = \pm\lambda_a` meets another one only in the column :math:`j` that both touch, so every
coefficient is read off, without any simplification:

* :math:`a = b = (p, q)`: :math:`|U_{\alpha p}|^2 + |U_{\alpha q}|^2`;
* :math:`a, b` share the index :math:`j`, the others are :math:`m, n`:
  :math:`\pm 2\,\mathrm{Re}\,[U^*_{\alpha m} U_{\alpha n} e^{i(\zeta_a - \zeta_b)}]` with the signs of Eq. (2);
* no common index: 0.

All expressions here are Fourier series in the phases whose coefficients are polynomials in sines and cosines of the
mixing angles; :func:`harmonics` holds them as ``{phase: polynomial}``, and :func:`normal_form` is unique, so that two
expressions are equal if and only if their normal forms are.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import sympy as sp
from sympy.polys.rings import PolyElement, ring
from sympy.printing.latex import LatexPrinter

from companion.parameters import ANGLES, FLAVOURS, PAIRS, PHASES, TERMS, check_flavour

__all__ = [
    "active_sterile",
    "angles",
    "blind_phases",
    "coefficients",
    "harmonics",
    "is_zero",
    "latex",
    "markdown",
    "mixing_matrix",
    "moduli",
    "moment_matrix",
    "normal_form",
    "phase_combinations",
    "phase_rank",
    "phases",
    "product_latex",
]

angles = {name: sp.Symbol(name, real=True) for name in ANGLES}
phases = {name: sp.Symbol(name, real=True) for name in PHASES}
moduli = {pair: sp.Symbol(f"lambda_{pair}", nonnegative=True) for pair in PAIRS}

# The sterile angles first: they are the factors that order a printed coefficient.
_SUFFIXES = ("34", "14", "24", "12", "13", "23")
_COSINES = [sp.cos(angles[f"theta_{ij}"]) for ij in _SUFFIXES]
_SINES = [sp.sin(angles[f"theta_{ij}"]) for ij in _SUFFIXES]
_RING = ring([*_COSINES, *_SINES, *moduli.values()], sp.QQ)[0]
_GENERATORS = dict(zip(_RING.symbols, _RING.gens, strict=True))
_N = len(_SUFFIXES)  # exponent k of a monomial belongs to a cosine, exponent _N + k to the sine of the same angle
_NO_PHASE = (0,) * len(PHASES)


def rotation(i: int, j: int, phase: sp.Expr = sp.S.Zero) -> sp.ImmutableMatrix:
    r"""Complex rotation: :math:`R_{ii} = R_{jj} = c_{ij}`, :math:`R_{ij} = s_{ij} e^{-i\phi} = -R_{ji}^*`."""
    theta = angles[f"theta_{i}{j}"]
    matrix = sp.eye(4)
    matrix[i - 1, i - 1] = matrix[j - 1, j - 1] = sp.cos(theta)
    matrix[i - 1, j - 1] = sp.sin(theta) * sp.exp(-sp.I * phase)
    matrix[j - 1, i - 1] = -sp.sin(theta) * sp.exp(sp.I * phase)
    return matrix.as_immutable()


@cache
def mixing_matrix() -> sp.ImmutableMatrix:
    """U = R34 R24 R14 R23 R13 R12 (rows e, mu, tau, s), with delta in R13, delta_14 in R14 and delta_34 in R34."""
    factors = (
        rotation(3, 4, phases["delta_34"]),
        rotation(2, 4),
        rotation(1, 4, phases["delta_14"]),
        rotation(2, 3),
        rotation(1, 3, phases["delta"]),
        rotation(1, 2),
    )
    return sp.prod(factors[1:], start=factors[0])


@cache
def moment_matrix() -> sp.ImmutableMatrix:
    """The antisymmetric matrix of transition moments, Eq. (2), with the moduli and phases of Eq. (3)."""

    def element(i: int, j: int) -> sp.Expr:
        if i == j:
            return sp.S.Zero
        pair = f"{min(i, j) + 1}{max(i, j) + 1}"
        return (1 if i < j else -1) * moduli[pair] * sp.exp(sp.I * phases[f"zeta_{pair}"])

    return sp.ImmutableMatrix(4, 4, element)


# --- Fourier series in the phases -----------------------------------------------------------------------------------


def harmonics(expression: sp.Expr) -> dict[tuple[int, ...], PolyElement]:
    r"""Fourier series of an expression in the phases.

    Parameters
    ----------
    expression : sympy.Expr
        sums, products and integer powers of rational numbers, :math:`|\lambda_{ij}|`, sines and cosines of
        :math:`\theta_{ij}` or :math:`2\theta_{ij}`, and cosines or exponentials (``exp(I*...)``) of integer
        combinations of the phases.

    Returns
    -------
    dict
        ``{(n_delta, n_delta_14, ..., n_zeta_34): polynomial}`` stands for the sum of
        polynomial * exp(i (n_delta delta + ...)); the polynomials have the generators c_ij, s_ij and moduli.

    Raises
    ------
    ValueError
        if the expression holds anything else.
    """
    if expression in _GENERATORS:
        return {_NO_PHASE: _GENERATORS[expression]}
    if expression.is_Rational:
        return {_NO_PHASE: _RING.ground_new(sp.QQ.from_sympy(expression))} if expression else {}
    if expression.is_Add:
        return _sum(harmonics(term) for term in expression.args)
    if expression.is_Mul:
        return _product(harmonics(factor) for factor in expression.args)
    if expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
        return _product([harmonics(expression.base)] * int(expression.exp))
    if isinstance(expression, sp.exp):
        return {_phase(expression.exp / sp.I): _RING.one}
    if isinstance(expression, (sp.cos, sp.sin)):
        argument = expression.args[0]
        if argument / 2 in angles.values():
            c, s = _GENERATORS[sp.cos(argument / 2)], _GENERATORS[sp.sin(argument / 2)]
            return {_NO_PHASE: 2 * s * c if isinstance(expression, sp.sin) else c**2 - s**2}
        if isinstance(expression, sp.cos):
            phase, half = _phase(argument), sp.QQ(1, 2) * _RING.one
            return _sum(({phase: half}, {_conjugate(phase): half}))
    raise ValueError(f"{expression} is not built from mixing angles, cosines of phases and moduli")


def normal_form(expression: sp.Expr) -> dict[tuple[int, ...], PolyElement]:
    r"""The :func:`harmonics` with every :math:`c_{ij}^2` replaced by :math:`1 - s_{ij}^2`.

    The form is unique (1 and c are independent over the polynomials in s, the exponentials over both), so two
    expressions are equal for all angles and phases if and only if their normal forms are: equality here is a proof.
    """
    reduced = {phase: _eliminate_cosines(polynomial) for phase, polynomial in harmonics(expression).items()}
    return {phase: polynomial for phase, polynomial in reduced.items() if polynomial}


def is_zero(expression: sp.Expr) -> bool:
    """Whether an expression vanishes identically, decided by its :func:`normal_form`."""
    return not normal_form(expression)


def _sum(series) -> dict:
    total: dict = {}
    for term in series:
        for phase, polynomial in term.items():
            total[phase] = total[phase] + polynomial if phase in total else polynomial
    return total


def _product(series) -> dict:
    total = {_NO_PHASE: _RING.one}
    for factor in series:
        total = _sum({tuple(map(operator.add, p, q)): a * b} for p, a in total.items() for q, b in factor.items())
    return total


def _conjugate(phase: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-n for n in phase)


def _phase(argument: sp.Expr) -> tuple[int, ...]:
    """The integer multiples of the phases that an argument consists of."""
    multiples = sp.expand(argument).as_coefficients_dict()
    found = tuple(multiples.pop(symbol, sp.S.Zero) for symbol in phases.values())
    if any(multiples.values()) or not all(n.is_Integer for n in found):
        raise ValueError(f"{argument} is not an integer combination of {', '.join(phases)}")
    return tuple(map(int, found))


def _eliminate_cosines(polynomial):
    total = _RING.zero
    for monomial, number in polynomial.terms():
        exponents = list(monomial)
        factor = _RING.one
        for k in range(_N):
            square, exponents[k] = divmod(exponents[k], 2)
            if square:
                factor *= (1 - _RING.gens[_N + k] ** 2) ** square
        total += factor * _RING({tuple(exponents): number})
    return total


# --- the coefficients -----------------------------------------------------------------------------------------------


@cache
def coefficients(flavour: str) -> Mapping[tuple[str, str], sp.Expr]:
    r"""The 21 coefficients of :math:`|\lambda_a||\lambda_b|` in the squared effective moment of a flavour, Eq. (6).

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}

    Returns
    -------
    mapping
        ``("12", "12")``, ``("13", "13")``, ... in the order of Table I -> real trigonometric expression.
    """
    row = [harmonics(element) for element in mixing_matrix()[FLAVOURS.index(check_flavour(flavour)), :]]
    bar = [{_conjugate(phase): polynomial for phase, polynomial in element.items()} for element in row]
    result = {}
    for a, b in TERMS:
        shared = set(a) & set(b)
        if len(shared) == 2:
            series = _sum(_product((bar[int(p) - 1], row[int(p) - 1])) for p in a)
        elif len(shared) == 1:
            (j,) = shared
            m, n = a.replace(j, ""), b.replace(j, "")
            sign = (1 if m < j else -1) * (1 if n < j else -1)  # lambda_mj = -lambda_jm
            zetas = sp.exp(sp.I * (phases[f"zeta_{a}"] - phases[f"zeta_{b}"]))
            half = _product((harmonics(sp.Integer(sign)), bar[int(m) - 1], row[int(n) - 1], harmonics(zetas)))
            series = _sum((half, {_conjugate(phase): polynomial for phase, polynomial in half.items()}))
        else:
            series = {}
        result[a, b] = _readable(series)
    return MappingProxyType(result)


@cache
def active_sterile(flavour: str) -> tuple[sp.Expr, sp.Expr]:
    r"""The squared effective moment through the :math:`\lambda_{i4}` alone, written in two ways.

    Returns
    -------
    table, form : sympy.Expr
        the six coefficients of the table times their moduli; and
        :math:`|\sum_iU^*_{\alpha i}\lambda_{i4}|^2+|U_{\alpha4}|^2\sum_i|\lambda_{i4}|^2`, the Hermitian form of
        :func:`companion.mixing.active_sterile_form`.  That they are the same is for :func:`is_zero` to say
    """
    sterile = ("14", "24", "34")
    table = sum(c * moduli[a] * moduli[b] for (a, b), c in coefficients(flavour).items() if {a, b} <= {*sterile})
    row = mixing_matrix()[FLAVOURS.index(check_flavour(flavour)), :]
    amplitude = sum(
        sp.conjugate(element) * moduli[pair] * sp.exp(sp.I * phases[f"zeta_{pair}"])
        for element, pair in zip(row[:3], sterile, strict=True)
    )
    mixed = row[3] * sp.conjugate(row[3]) * sum(moduli[pair] ** 2 for pair in sterile)
    return table, amplitude * sp.conjugate(amplitude) + mixed


@cache
def _normal_forms(flavour: str) -> Mapping[tuple[str, str], dict[tuple[int, ...], PolyElement]]:
    """The :func:`normal_form` of each coefficient of a flavour."""
    return MappingProxyType({term: normal_form(value) for term, value in coefficients(flavour).items()})


@cache
def phase_combinations(flavours: tuple[str, ...], pairs: tuple[str, ...] = PAIRS) -> tuple[tuple[int, ...], ...]:
    """The integer combinations of the nine phases of which the coefficients of some flavours are made.

    Parameters
    ----------
    flavours : tuple of str
        flavours whose coefficients are known
    pairs : tuple of str
        transition moments that do not vanish

    Returns
    -------
    tuple
        multiples of the phases in the order of ``PHASES``, each up to its sign
    """
    found = {
        max(phase, _conjugate(phase))
        for flavour in flavours
        for (a, b), form in _normal_forms(flavour).items()
        if a in pairs and b in pairs
        for phase in form
    }
    return tuple(sorted(found - {_NO_PHASE}, reverse=True))


@cache
def phase_rank(flavours: tuple[str, ...], pairs: tuple[str, ...] = PAIRS) -> tuple[int, int]:
    """On how many combinations of the nine phases the coefficients of some flavours depend.

    Returns
    -------
    combinations, jacobian : int
        rank of the integer matrix of :func:`phase_combinations`, an upper bound that is exact; and rank of the
        derivatives of the coefficients with respect to the phases at a random point, a lower bound
    """
    combinations = phase_combinations(flavours, pairs)
    upper = sp.Matrix(combinations).rank() if combinations else 0
    random = np.random.default_rng(8)
    theta, phi = random.uniform(0.2, 1.3, len(_SUFFIXES)), random.uniform(0, 2 * np.pi, len(phases))
    generators = np.concatenate([np.cos(theta), np.sin(theta), np.ones(len(moduli))])
    derivatives = [
        # term by term, exp(i n phi) becomes i n exp(i n phi)
        sum(
            (1j * np.array(phase) * np.exp(1j * np.dot(phase, phi)) * _value(polynomial, generators))
            for phase, polynomial in form.items()
        ).real
        for flavour in flavours
        for (a, b), form in _normal_forms(flavour).items()
        if a in pairs and b in pairs and form
    ]
    return upper, int(np.linalg.matrix_rank(derivatives, tol=1e-9)) if derivatives else 0


def _value(polynomial: PolyElement, generators: np.ndarray) -> float:
    """A polynomial at numerical values of its generators."""
    return sum(float(number) * np.prod(generators ** np.array(powers)) for powers, number in polynomial.terms())


def blind_phases(flavours: tuple[str, ...], pairs: tuple[str, ...] = PAIRS) -> tuple[str, ...]:
    """Phases that enter no coefficient of some flavours at all."""
    combinations = phase_combinations(flavours, pairs)
    return tuple(name for k, name in enumerate(PHASES) if not any(phase[k] for phase in combinations))


def _readable(series) -> sp.Expr:
    """A real Fourier series as a sum of factored polynomials times cosines."""
    terms = []
    left = {phase: polynomial for phase, polynomial in sorted(series.items(), reverse=True) if polynomial}
    while left:
        phase = next(iter(left))
        polynomial = left.pop(phase)
        if phase == _NO_PHASE:
            terms.append(_compact(polynomial))
            continue
        del left[_conjugate(phase)]  # the other half of the cosine
        dirac, majorana = (*phase[:3], *_NO_PHASE[3:]), (*_NO_PHASE[:3], *phase[3:])
        partner = (*phase[:3], *_conjugate(phase[3:]))
        if partner in left and left[partner] == polynomial:  # cos(x + y) + cos(x - y) = 2 cos x cos y
            del left[partner], left[_conjugate(partner)]
            terms.append(_compact(4 * polynomial) * _cosine(dirac) * _cosine(majorana))
        else:
            terms.append(_compact(2 * polynomial) * _cosine(phase))
    return sp.Add(*terms)


def _cosine(phase: tuple[int, ...]) -> sp.Expr:
    return sp.cos(sum(n * symbol for n, symbol in zip(phase, phases.values(), strict=True)))


def _compact(polynomial) -> sp.Expr:
    """Common factors out, what multiplies the same active-sterile factor together, double angles where they fit."""
    terms = _merge_squares(dict(polynomial.terms()))
    if not terms:
        return sp.S.Zero
    common, rest = _content(terms)
    groups: dict[tuple[int, ...], dict] = {}
    for monomial, number in rest.items():
        sterile = tuple(n if k % _N < 3 else 0 for k, n in enumerate(monomial))
        groups.setdefault(sterile, {})[monomial] = number
    summands = []
    for group in groups.values():
        factor, bracket = _content(group)
        summands.append(_monomial(*factor) * sp.Add(*(_monomial(*term) for term in bracket.items())))
    return _monomial(*common) * sp.Add(*summands)


def _merge_squares(terms: dict) -> dict:
    """Use c^2 + s^2 = 1 wherever it makes one term of two."""
    merged = True
    while merged:
        merged = False
        for monomial, number in list(terms.items()):
            for k in range(2 * _N):
                if monomial[k] < 2 or terms.get(monomial) != number:
                    continue
                without = _shift(monomial, k, -2)
                partner = _shift(without, (k + _N) % (2 * _N), 2)
                if terms.get(partner) == number:  # x c^2 + x s^2 = x
                    old, new, value = partner, without, number
                elif terms.get(without) == -number:  # x c^2 - x = -x s^2
                    old, new, value = without, partner, -number
                else:
                    continue
                del terms[monomial], terms[old]
                terms[new] = terms.get(new, 0) + value
                if not terms[new]:
                    del terms[new]
                merged = True
    return terms


def _shift(monomial: tuple[int, ...], k: int, by: int) -> tuple[int, ...]:
    return (*monomial[:k], monomial[k] + by, *monomial[k + 1 :])


def _content(terms: dict) -> tuple[tuple[tuple[int, ...], sp.Rational], dict]:
    """Largest common factor (monomial, number) of a polynomial, and what is left of it."""
    monomial = tuple(map(min, zip(*terms, strict=True)))
    number = sp.gcd_list([sp.QQ.to_sympy(n) for n in terms.values()])
    if all(n < 0 for n in terms.values()):
        number = -number
    left = {tuple(map(operator.sub, m, monomial)): sp.QQ.to_sympy(n) / number for m, n in terms.items()}
    return (monomial, number), left


def _monomial(exponents: tuple[int, ...], number) -> sp.Expr:
    """A term, with 2 s c written as sin 2 theta, first where that uses the angle up."""
    number = sp.sympify(number)
    doubled = []
    for k in sorted(range(_N), key=lambda k: max(exponents[k], exponents[k + _N])):
        if exponents[k] and exponents[k + _N] and number.is_Integer and number % 2 == 0:
            exponents, number = _shift(_shift(exponents, k, -1), k + _N, -1), number / 2
            doubled.append(sp.sin(2 * angles[f"theta_{_SUFFIXES[k]}"]))
    return number * sp.Mul(*doubled, *(g**n for g, n in zip(_RING.symbols, exponents, strict=True)))


# --- printing -------------------------------------------------------------------------------------------------------


def _rank(factor: sp.Expr) -> int:
    """Place of a factor in a printed product: c_ij and s_ij, double angles, brackets, cosines of phases."""
    if factor.is_Add:
        return 2
    if factor.free_symbols & set(phases.values()):
        return 3
    return int(factor.has(*(sp.sin(2 * theta) for theta in angles.values())))


def _number_of_phases(term: sp.Expr) -> int:
    return len(term.free_symbols & set(phases.values()))


class _Printer(LatexPrinter):
    """c_{12}, s_{12}, sin 2 theta_{12}, and cosines of phases that start with a positive phase, as in the paper."""

    def _print_cos(self, expression, exp=None):
        return self._trigonometric(expression, "c", r"\cos", exp)

    def _print_sin(self, expression, exp=None):
        return self._trigonometric(expression, "s", r"\sin", exp)

    def _trigonometric(self, expression, letter, name, exp):
        argument = expression.args[0]
        power = "" if exp is None else f"^{{{exp}}}"
        if argument in angles.values():
            return f"{letter}_{{{argument.name[-2:]}}}{power}"
        if argument / 2 in angles.values():
            return rf"{name}{power} {self._print(argument)}"
        multiples = [(n, s) for n, s in zip(_phase(argument), phases.values(), strict=True) if n]
        first = multiples[0][0]
        text = ""
        for n, symbol in multiples:
            n = n if first > 0 or letter == "s" else -n
            text += (" - " if n < 0 else " + " if text else "") + ("" if abs(n) == 1 else str(abs(n)))
            text += self._print(symbol)
        return rf"{name}{power} {text}" if len(multiples) == 1 else rf"{name}{power}\left({text}\right)"

    def _print_Add(self, expression, order=None):
        text = ""
        terms = [(_number_of_phases(term), bool(term.as_coeff_Mul()[0] < 0), term) for term in expression.args]
        for _, negative, term in sorted(terms, key=lambda t: (t[0], t[1] and not t[0], self._print(t[2]))):
            text += (" - " if text else "-") if negative else (" + " if text else "")
            text += self._print(-term if negative else term)
        return text

    def _print_Mul(self, expression):
        number, rest = expression.as_coeff_Mul()
        # numbers, then c_ij and s_ij, double angles, brackets, cosines of phases
        factors = sorted(sp.Mul.make_args(rest), key=lambda f: (_rank(f), self._print(f)))
        text = " ".join(rf"\left({self._print(f)}\right)" if f.is_Add else self._print(f) for f in factors)
        sign = "-" if number < 0 else ""
        return sign + ("" if abs(number) == 1 else self._print(abs(number)) + " ") + text

    def _print_Symbol(self, expression, style="plain"):
        if expression in moduli.values():
            return rf"|\tilde{{\lambda}}_{{{expression.name[-2:]}}}|"
        return super()._print_Symbol(expression, style)


def markdown(flavour: str) -> str:
    """The coefficients of a flavour as a Markdown table in the notation of the paper."""
    lines = ["| product | coefficient |", "|---|---|"]
    lines += [f"| ${product_latex(term)}$ | ${latex(value)}$ |" for term, value in coefficients(flavour).items()]
    return "\n".join(lines)


def product_latex(term: tuple[str, str]) -> str:
    """The product of moduli that a coefficient belongs to, in the notation of the paper."""
    first, second = (rf"\vert\tilde\lambda_{{{pair}}}\vert" for pair in term)
    return f"{first}^2" if term[0] == term[1] else first + second


def latex(expression: sp.Expr) -> str:
    """LaTeX of an expression in the paper's notation, e.g. ``c_{13}^{2} c_{14}^{2}``."""
    return _Printer().doprint(expression)
