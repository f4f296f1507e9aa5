r"""The cross-sections of Secs. 2.2 and 2.3 derived from explicit gamma matrices.

A massless neutrino of momentum :math:`k` scatters off a target at rest and leaves with momentum :math:`k'=k-q` and
mass :math:`m_4`.  The Lagrangian has three terms, with :math:`Q` the target's charge in units of :math:`e>0` (an
electron has :math:`-1`) and :math:`\mu` real:

.. math::
   \mathcal L = -\tfrac{G_F}{\sqrt2}\,[\bar\nu_4\gamma^\mu(1-\gamma_5)\nu]\,[\bar t\gamma_\mu(g_V-g_A\gamma_5)t]
   -\tfrac{\mu}{2}\,\bar\nu_4\sigma^{\alpha\beta}P_L\nu\,F_{\alpha\beta}
   -eQ\,\bar t\gamma^\mu t\,A_\mu + \text{h.c.}

so that the weak and the magnetic amplitude are

.. math::
   \mathcal M_w = -\tfrac{G_F}{\sqrt2}\,[\bar u'\gamma^\mu(1-\gamma_5)u]\,J_\mu,\qquad
   \mathcal M_m = \frac{eQ\mu}{q^2}\,[\bar u'\,i\sigma^{\alpha\beta}q_\alpha P_L u]\,j_\beta .

A spinless target has :math:`j_\mu=(p+p')_\mu` and :math:`J_\mu=g_V(p+p')_\mu`.  An antineutrino runs along its line the
other way round, with the Hermitian conjugate vertices.  For unpolarised targets at rest

.. math:: \frac{\mathrm d\sigma}{\mathrm dE_r}=\frac{\overline{|\mathcal M_w+\mathcal M_m|^2}}{32\pi M E_\nu^2} .

All momenta are polynomials in :math:`E_r, M, m_4, 1/E_\nu` and the transverse recoil, whose square kinematics fixes:
the traces are exact, in a polynomial ring over the Gaussian rationals, and take a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

import sympy as sp
from sympy.polys.rings import PolyElement, ring

from .recoil import symbol

__all__ = ["SPINS", "bracket", "interference", "magnetic", "spin_difference", "weak"]

SPINS = ("1/2", "0")
"""Spins of the target."""

_RING, _X, _T, _M, _m, _q_x, _g_V, _g_A = ring("x T M m q_x g_V g_A", sp.QQ_I)
_TRANSVERSE = 4  # place of q_x among the generators
_HALF = _RING(sp.QQ_I(sp.QQ(1, 2), 0))
_METRIC = (1, -1, -1, -1)
_UNIT = [[_RING(int(i == j)) for j in range(4)] for i in range(4)]

Matrix = list[list[PolyElement]]


def _times(*factors: Matrix) -> Matrix:
    result = factors[0]
    for factor in factors[1:]:
        columns = list(zip(*factor, strict=True))
        result = [
            [sum((a * b for a, b in zip(row, column, strict=True) if a and b), _RING.zero) for column in columns]
            for row in result
        ]
    return result


def _plus(*terms: Matrix) -> Matrix:
    return [[sum(elements, _RING.zero) for elements in zip(*rows, strict=True)] for rows in zip(*terms, strict=True)]


def _scaled(number: PolyElement | int, matrix: Matrix) -> Matrix:
    return [[number * element for element in row] for row in matrix]


def _gamma(upper: Sequence[complex], lower: Sequence[complex]) -> Matrix:
    """A gamma matrix of the chiral representation from its two off-diagonal blocks, row by row."""
    matrix = [[_RING.zero] * 4 for _ in range(4)]
    for n, (i, j) in enumerate(product(range(2), repeat=2)):
        for element, row, column in ((upper[n], i, j + 2), (lower[n], i + 2, j)):
            matrix[row][column] = _RING(sp.QQ_I(int(element.real), int(element.imag)))
    return matrix


_PAULI: tuple[tuple[complex, ...], ...] = ((0, 1, 1, 0), (0, -1j, 1j, 0), (1, 0, 0, -1))
_GAMMA = [_gamma((1, 0, 0, 1), (1, 0, 0, 1)), *(_gamma(s, [-element for element in s]) for s in _PAULI)]
_GAMMA_5 = [[_RING((-1 if i < 2 else 1) * int(i == j)) for j in range(4)] for i in range(4)]
_LEFT, _RIGHT = _plus(_UNIT, _scaled(-1, _GAMMA_5)), _plus(_UNIT, _GAMMA_5)  # twice the projectors


def _bar(matrix: Matrix) -> Matrix:
    """gamma^0 A^dagger gamma^0; the momenta are real."""
    conjugate = [
        [_RING({power: sp.QQ_I(z.x, -z.y) for power, z in element.items()}) for element in row] for row in matrix
    ]
    return _times(_GAMMA[0], [list(column) for column in zip(*conjugate, strict=True)], _GAMMA[0])


def _slash(momentum: Sequence[PolyElement]) -> Matrix:
    return _plus(*(_scaled(g * p, gamma) for g, p, gamma in zip(_METRIC, momentum, _GAMMA, strict=True)))


# the neutrino flies along z; q.k is fixed by (k - q)^2 = m^2, and with it the recoil along z; k and k' in units of E_nu
_Q_Z = _T + (_m**2 + 2 * _M * _T) * _X * _HALF
_TRANSFER = [_T, _q_x, _RING.zero, _Q_Z]
_K = [_RING.one, _RING.zero, _RING.zero, _RING.one]
_K_OUT = [k - _X * q for k, q in zip(_K, _TRANSFER, strict=True)]
_P = [_M, _RING.zero, _RING.zero, _RING.zero]
_P_OUT = [p + q for p, q in zip(_P, _TRANSFER, strict=True)]


def _reduced(polynomial: PolyElement) -> PolyElement:
    """Replace the square of the transverse recoil by T^2 + 2 M T - q_z^2."""
    square = _T**2 + 2 * _M * _T - _Q_Z**2
    powers: dict[int, dict[tuple[int, ...], PolyElement]] = {}
    for monomial, number in polynomial.terms():
        power, odd = divmod(monomial[_TRANSVERSE], 2)
        if odd:
            raise ArithmeticError("an odd power of the transverse recoil is left in a squared amplitude")
        rest = (*monomial[:_TRANSVERSE], 0, *monomial[_TRANSVERSE + 1 :])
        powers.setdefault(power, {})[rest] = number
    return sum((_RING(terms) * square**power for power, terms in powers.items()), _RING.zero)


@cache
def _vertices(kind: str, antineutrino: bool) -> list[Matrix]:
    """The neutrino's vertex, with one index: ``weak`` or ``magnetic``."""
    if kind == "weak":
        return [_times(gamma, _LEFT) for gamma in _GAMMA]
    q = _slash(_TRANSFER)
    # i sigma^{alpha beta} q_alpha = -[q-slash, gamma^beta]/2, and P_L = (1 - gamma_5)/2
    projector = _RIGHT if antineutrino else _LEFT
    commutators = (_plus(_times(q, gamma), _scaled(-1, _times(gamma, q))) for gamma in _GAMMA)
    return [_scaled(-_HALF * _HALF, _times(commutator, projector)) for commutator in commutators]


def _tensor(outgoing: Matrix, first: list[Matrix], incoming: Matrix, second: list[Matrix]) -> list[list[PolyElement]]:
    """tr[outgoing first^mu incoming bar(second^nu)]."""
    left, right = [_times(outgoing, a, incoming) for a in first], [_bar(b) for b in second]

    def trace(a: Matrix, b: Matrix) -> PolyElement:
        return sum((a[i][k] * b[k][i] for i, k in product(range(4), repeat=2) if a[i][k] and b[k][i]), _RING.zero)

    return [[trace(a, b) for b in right] for a in left]


@cache
def _neutrino(first: str, second: str, antineutrino: bool) -> list[list[PolyElement]]:
    massive, massless = _slash(_K_OUT), _slash(_K)
    # the mass in units of E_nu; an antineutrino comes in as the row spinor, and -m is the mass in a sum over v-spinors
    mass = _scaled(_X * _m, _UNIT)
    ends = (massless, _plus(massive, _scaled(-1, mass))) if antineutrino else (_plus(massive, mass), massless)
    return _tensor(ends[0], _vertices(first, antineutrino), ends[1], _vertices(second, antineutrino))


@cache
def _target(first: str, second: str, spin: str) -> list[list[PolyElement]]:
    """Averaged over the spin of a target at rest, summed over that of the recoil."""
    if spin == "0":
        total = [p + p_out for p, p_out in zip(_P, _P_OUT, strict=True)]
        coupling = _g_V ** [first, second].count("weak")
        return [[coupling * a * b for b in total] for a in total]
    chiral = _plus(_scaled(_g_V, _UNIT), _scaled(-_g_A, _GAMMA_5))
    vertices = {"weak": [_times(gamma, chiral) for gamma in _GAMMA], "magnetic": _GAMMA}
    mass = _scaled(_M, _UNIT)
    tensor = _tensor(_plus(_slash(_P_OUT), mass), vertices[first], _plus(_slash(_P), mass), vertices[second])
    return [[_HALF * element for element in row] for row in tensor]


@cache
def _contraction(first: str, second: str, spin: str, antineutrino: bool) -> sp.Expr:
    """Lepton tensor times target tensor over E_nu^2, in the letters of :mod:`companion.cross_sections`."""
    if spin not in SPINS:
        raise ValueError(f"no amplitudes for spin {spin!r}; there are {', '.join(SPINS)}")
    lepton, target = _neutrino(first, second, antineutrino), _target(first, second, spin)
    indices = product(range(4), repeat=2)
    total = sum((_METRIC[i] * _METRIC[j] * lepton[i][j] * target[i][j] for i, j in indices), _RING.zero)
    letters = ("E_r", "M", "m_4", "q_x", "g_V", "g_A")
    return _reduced(total).as_expr(1 / symbol("E_nu"), *map(symbol, letters))


@cache
def weak(spin: str = "1/2", antineutrino: bool = False) -> sp.Expr:
    """Weak scattering into a neutrino of mass m_4, for unit mixing: Eqs. (11) and (14) at m_4 = 0.

    Parameters
    ----------
    spin : {"1/2", "0"}
        spin of the target
    antineutrino : bool
        antineutrinos instead of neutrinos

    Returns
    -------
    sympy.Expr
        in the letters of :mod:`companion.cross_sections`; a nucleus has ``g_V = Q_V``
    """
    traces = _contraction("weak", "weak", spin, antineutrino)
    return sp.factor(symbol("G_F") ** 2 / 2 * traces / (32 * sp.pi * symbol("M")))


@cache
def magnetic(spin: str = "1/2", antineutrino: bool = False) -> sp.Expr:
    """The dipole portal, Eqs. (17) and (19); arguments as in :func:`weak`."""
    traces = _contraction("magnetic", "magnetic", spin, antineutrino)
    T, M = symbol("E_r"), symbol("M")
    # e^2 mu^2/q^4 over 32 pi M, with e^2 = 4 pi alpha and q^2 = -2 M T
    return sp.factor(symbol("alpha_mu2") * symbol("charge") ** 2 * traces / (32 * M**3 * T**2))


@cache
def interference(spin: str = "1/2", antineutrino: bool = False) -> sp.Expr:
    r"""Twice the real part of :math:`\mathcal M_m\mathcal M_w^*` for real couplings, Eq. (20).

    The letter ``G_mu`` is :math:`G_Fe\mu/(2\sqrt2\pi)`, which is :math:`\alpha G_F/(\sqrt2m_e)` for one Bohr magneton;
    the other arguments are those of :func:`weak`.
    """
    traces = _contraction("magnetic", "weak", spin, antineutrino)
    T, M = symbol("E_r"), symbol("M")
    # 2 (e Q mu/q^2)(-G_F/sqrt 2) over 32 pi M, with q^2 = -2 M T and e mu G_F/sqrt 2 = 2 pi G_mu
    return sp.factor(symbol("G_mu") * symbol("charge") * traces / (16 * M**2 * T))


def bracket(spin: str = "1/2", antineutrino: bool = False) -> sp.Expr:
    """What stands in the bracket of Eq. (20): the interference over ``-G_mu charge m_4/E_nu``."""
    prefactor = -symbol("G_mu") * symbol("charge") * symbol("m_4") / symbol("E_nu")
    return sp.factor(interference(spin, antineutrino) / prefactor)


def spin_difference() -> sp.Expr:
    """Spin 1/2 minus spin 0 for the dipole portal, over ``alpha_mu2 charge^2``: Eq. (18)."""
    return sp.factor((magnetic("1/2") - magnetic("0")) / (symbol("alpha_mu2") * symbol("charge") ** 2))
