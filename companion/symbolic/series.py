r"""Fourier series in the phases: equality decided exactly, and a form that a reader can follow.

All expressions of Tables I and II are Fourier series in the phases whose coefficients are polynomials in sines and
cosines of the mixing angles; :func:`harmonics` holds them as ``{phase: polynomial}``, and :func:`normal_form` is
unique, so that two expressions are equal if and only if their normal forms are.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import sympy as sp
from sympy.polys.rings import PolyElement, ring

from companion.parameters import ANGLES, PAIRS, PHASES

__all__ = [
    "NO_PHASE",
    "Series",
    "added",
    "angles",
    "conjugated",
    "harmonics",
    "is_zero",
    "moduli",
    "multiples_of",
    "multiplied",
    "normal_form",
    "phases",
    "readable",
    "same",
    "value",
]

Phase = tuple[int, ...]
"""Multiples of the phases in the order of ``PHASES``."""
Series = dict[Phase, PolyElement]
Monomial = tuple[int, ...]
Terms = dict[Monomial, sp.Expr]
"""A polynomial: number of each monomial."""

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
NO_PHASE: Phase = (0,) * len(PHASES)


def harmonics(expression: sp.Expr) -> Series:
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
    return dict(_harmonics(expression))


@cache
def _harmonics(expression: sp.Expr) -> Series:
    """The :func:`harmonics`, once for every factor that several expressions share."""
    if expression in _GENERATORS:
        return {NO_PHASE: _GENERATORS[expression]}
    if expression.is_Rational:
        return {NO_PHASE: _RING.ground_new(sp.QQ.from_sympy(expression))} if expression else {}
    if expression.is_Add:
        return added(_harmonics(term) for term in expression.args)
    if expression.is_Mul:
        return multiplied(_harmonics(factor) for factor in expression.args)
    if expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
        return multiplied([_harmonics(expression.base)] * int(expression.exp))
    if isinstance(expression, sp.exp):
        return {multiples_of(expression.exp / sp.I): _RING.one}
    if isinstance(expression, (sp.cos, sp.sin)):
        argument = expression.args[0]
        if argument / 2 in angles.values():
            c, s = _GENERATORS[sp.cos(argument / 2)], _GENERATORS[sp.sin(argument / 2)]
            return {NO_PHASE: 2 * s * c if isinstance(expression, sp.sin) else c**2 - s**2}
        if isinstance(expression, sp.cos):
            phase, half = multiples_of(argument), sp.QQ(1, 2) * _RING.one
            return added(({phase: half}, {conjugated(phase): half}))
    raise ValueError(f"{expression} is not built from mixing angles, cosines of phases and moduli")


@cache
def normal_form(expression: sp.Expr) -> Mapping[Phase, PolyElement]:
    r"""The :func:`harmonics` with every :math:`c_{ij}^2` replaced by :math:`1 - s_{ij}^2`.

    The form is unique (1 and c are independent over the polynomials in s, the exponentials over both), so two
    expressions are equal for all angles and phases if and only if their normal forms are: equality here is a proof.
    """
    reduced = {phase: _eliminate_cosines(polynomial) for phase, polynomial in _harmonics(expression).items()}
    return MappingProxyType({phase: polynomial for phase, polynomial in reduced.items() if polynomial})


def is_zero(expression: sp.Expr) -> bool:
    """Whether an expression vanishes identically, decided by its :func:`normal_form`."""
    return not normal_form(expression)


def same(first: sp.Expr, second: sp.Expr) -> bool:
    """Whether two expressions are equal for all angles and phases, decided by their normal forms."""
    return normal_form(first) == normal_form(second)


def added(several: Iterable[Series]) -> Series:
    """The sum of some series."""
    total: Series = {}
    for term in several:
        for phase, polynomial in term.items():
            total[phase] = total[phase] + polynomial if phase in total else polynomial
    return total


def multiplied(several: Iterable[Series]) -> Series:
    """The product of some series."""
    total = {NO_PHASE: _RING.one}
    for factor in several:
        product: Series = {}
        for p, a in total.items():
            for q, b in factor.items():
                phase = tuple(map(operator.add, p, q))
                term = b if a == 1 else a * b
                product[phase] = product[phase] + term if phase in product else term
        total = product
    return total


def conjugated(phase: Phase) -> Phase:
    """The phase of the complex conjugate."""
    return tuple(-n for n in phase)


def multiples_of(argument: sp.Expr) -> Phase:
    """The integer multiples of the phases that an argument consists of."""
    multiples = sp.expand(argument).as_coefficients_dict()
    integers = tuple(multiples.pop(symbol, sp.S.Zero) for symbol in phases.values())
    if any(multiples.values()) or not all(n.is_Integer for n in integers):
        raise ValueError(f"{argument} is not an integer combination of {', '.join(phases)}")
    return tuple(map(int, integers))


def _eliminate_cosines(polynomial: PolyElement) -> PolyElement:
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


def value(polynomial: PolyElement, theta: Mapping[str, float]) -> float:
    """A coefficient of a series at mixing angles (radians), all moduli being 1."""
    numbers = [theta[f"theta_{ij}"] for ij in _SUFFIXES]
    generators = np.concatenate([np.cos(numbers), np.sin(numbers), np.ones(len(moduli))])
    return float(sum(float(number) * np.prod(generators ** np.array(powers)) for powers, number in polynomial.terms()))


def readable(series: Series) -> sp.Expr:
    """A real Fourier series as a sum of factored polynomials times cosines."""
    terms = []
    left = {phase: polynomial for phase, polynomial in sorted(series.items(), reverse=True) if polynomial}
    while left:
        phase = next(iter(left))
        polynomial = left.pop(phase)
        if phase == NO_PHASE:
            terms.append(_compact(polynomial))
            continue
        del left[conjugated(phase)]  # the other half of the cosine
        dirac, majorana = (*phase[:3], *NO_PHASE[3:]), (*NO_PHASE[:3], *phase[3:])
        partner = (*phase[:3], *conjugated(phase[3:]))
        if partner in left and left[partner] == polynomial:  # cos(x + y) + cos(x - y) = 2 cos x cos y
            del left[partner], left[conjugated(partner)]
            terms.append(_compact(4 * polynomial) * _cosine(dirac) * _cosine(majorana))
        else:
            terms.append(_compact(2 * polynomial) * _cosine(phase))
    return sp.Add(*terms)


def _cosine(phase: Phase) -> sp.Expr:
    return sp.cos(sum(n * symbol for n, symbol in zip(phase, phases.values(), strict=True)))


def _compact(polynomial: PolyElement) -> sp.Expr:
    """Common factors out, what multiplies the same active-sterile factor together, double angles where they fit."""
    terms = _merge_squares(dict(polynomial.terms()))
    if not terms:
        return sp.S.Zero
    common, rest = _content(terms)
    groups: dict[Monomial, Terms] = {}
    for monomial, number in rest.items():
        sterile = tuple(n if k % _N < 3 else 0 for k, n in enumerate(monomial))
        groups.setdefault(sterile, {})[monomial] = number
    summands = []
    for group in groups.values():
        factor, bracket = _content(group)
        summands.append(_monomial(*factor) * sp.Add(*(_monomial(*term) for term in bracket.items())))
    return _monomial(*common) * sp.Add(*summands)


def _merge_squares(terms: Terms) -> Terms:
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


def _shift(monomial: Monomial, k: int, by: int) -> Monomial:
    return (*monomial[:k], monomial[k] + by, *monomial[k + 1 :])


def _content(terms: Terms) -> tuple[tuple[Monomial, sp.Rational], Terms]:
    """Largest common factor (monomial, number) of a polynomial, and what is left of it."""
    monomial = tuple(map(min, zip(*terms, strict=True)))
    number = sp.gcd_list([sp.QQ.to_sympy(n) for n in terms.values()])
    if all(n < 0 for n in terms.values()):
        number = -number
    left = {tuple(map(operator.sub, m, monomial)): sp.QQ.to_sympy(n) / number for m, n in terms.items()}
    return (monomial, number), left


def _monomial(exponents: Monomial, number: sp.Expr) -> sp.Expr:
    """A term, with 2 s c written as sin 2 theta, first where that uses the angle up."""
    number = sp.sympify(number)
    doubled = []
    for k in sorted(range(_N), key=lambda k: max(exponents[k], exponents[k + _N])):
        if exponents[k] and exponents[k + _N] and number.is_Integer and number % 2 == 0:
            exponents, number = _shift(_shift(exponents, k, -1), k + _N, -1), number / 2
            doubled.append(sp.sin(2 * angles[f"theta_{_SUFFIXES[k]}"]))
    return number * sp.Mul(*doubled, *(g**n for g, n in zip(_RING.symbols, exponents, strict=True) if n))
