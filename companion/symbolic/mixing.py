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

:mod:`companion.symbolic.series` decides whether two expressions are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import sympy as sp
from sympy.polys.rings import PolyElement

from companion.parameters import ANGLES, FLAVOURS, PAIRS, PHASES, TERMS, check_flavour

from .printing import breakable, latex, product_latex
from .series import (
    NO_PHASE,
    added,
    angles,
    conjugated,
    harmonics,
    is_zero,
    moduli,
    multiplied,
    normal_form,
    phases,
    readable,
    same,
    value,
)

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
    "same",
]


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
    bar = [{conjugated(phase): polynomial for phase, polynomial in element.items()} for element in row]
    result = {}
    for a, b in TERMS:
        shared = set(a) & set(b)
        if len(shared) == 2:
            series = added(multiplied((bar[int(p) - 1], row[int(p) - 1])) for p in a)
        elif len(shared) == 1:
            (j,) = shared
            m, n = a.replace(j, ""), b.replace(j, "")
            sign = (1 if m < j else -1) * (1 if n < j else -1)  # lambda_mj = -lambda_jm
            zetas = sp.exp(sp.I * (phases[f"zeta_{a}"] - phases[f"zeta_{b}"]))
            half = multiplied((harmonics(sp.Integer(sign)), bar[int(m) - 1], row[int(n) - 1], harmonics(zetas)))
            series = added((half, {conjugated(phase): polynomial for phase, polynomial in half.items()}))
        else:
            series = {}
        result[a, b] = readable(series)
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
def _normal_forms(flavour: str) -> Mapping[tuple[str, str], Mapping[tuple[int, ...], PolyElement]]:
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
        max(phase, conjugated(phase))
        for flavour in flavours
        for (a, b), form in _normal_forms(flavour).items()
        if a in pairs and b in pairs
        for phase in form
    }
    return tuple(sorted(found - {NO_PHASE}, reverse=True))


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
    theta = {name: random.uniform(0.2, 1.3) for name in ANGLES}
    phi = random.uniform(0, 2 * np.pi, len(phases))
    derivatives = [
        # term by term, exp(i n phi) becomes i n exp(i n phi)
        sum(
            (1j * np.array(phase) * np.exp(1j * np.dot(phase, phi)) * value(polynomial, theta))
            for phase, polynomial in form.items()
        ).real
        for flavour in flavours
        for (a, b), form in _normal_forms(flavour).items()
        if a in pairs and b in pairs and form
    ]
    return upper, int(np.linalg.matrix_rank(derivatives, tol=1e-9)) if derivatives else 0


def blind_phases(flavours: tuple[str, ...], pairs: tuple[str, ...] = PAIRS) -> tuple[str, ...]:
    """Phases that enter no coefficient of some flavours at all."""
    combinations = phase_combinations(flavours, pairs)
    return tuple(name for k, name in enumerate(PHASES) if not any(phase[k] for phase in combinations))


def markdown(flavour: str) -> str:
    """The coefficients of a flavour as a Markdown table in the notation of the paper."""
    lines = ["| product | coefficient |", "|---|---|"]
    lines += [
        f"| ${product_latex(term)}$ | {breakable(latex(value))} |" for term, value in coefficients(flavour).items()
    ]
    return "\n".join(lines)
