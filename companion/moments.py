r"""Effective magnetic moments of flavour states: Eqs. (2)-(10).

The mixing matrix is U = R34 R24 R14 R23 R13 R12 with the phases delta in R13, delta_14 in R14 and delta_34 in R34, so
that :math:`U_{e3} = c_{14} s_{13} e^{-i\delta}`; the transition moments are those of Eq. (2) with
:math:`\lambda_{ij} = |\lambda_{ij}| e^{i\zeta_{ij}}` for i < j.  Every function takes angles and phases as mappings in
radians; what is missing is 0, and arrays broadcast.  The formulas are those that :mod:`companion.symbolic.mixing`
derives (on first use, then cached).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

__all__ = [
    "ANGLES",
    "FLAVOURS",
    "PAIRS",
    "PHASES",
    "TERMS",
    "coefficients",
    "effective_moment_squared",
    "mixing_matrix",
    "short_baseline_weights",
]

FLAVOURS = ("e", "mu", "tau")
PAIRS = ("12", "13", "14", "23", "24", "34")
"""The six independent transition moments lambda_ij, i < j, of Eq. (2)."""
TERMS = tuple((pair, pair) for pair in PAIRS) + tuple(combinations(PAIRS, 2))
"""The 21 products of two moduli, in the order of Table I."""
ANGLES = ("theta_12", "theta_13", "theta_23", "theta_14", "theta_24", "theta_34")
PHASES = ("delta", "delta_14", "delta_34", *(f"zeta_{pair}" for pair in PAIRS))


def mixing_matrix(angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None) -> np.ndarray:
    """Unitary mixing matrix U = R34 R24 R14 R23 R13 R12.

    Parameters
    ----------
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES`` (the zeta_ij do not enter); missing: 0.

    Returns
    -------
    ndarray, complex, shape (..., 4, 4)
        rows e, mu, tau, s; columns the mass eigenstates; ``...`` is the common shape of the parameters.

    Raises
    ------
    ValueError
        for an unknown key or a value that is not a finite real number.
    """
    theta, phi = _parameters("angle", angles, ANGLES), _parameters("phase", phases, PHASES)
    shape = np.broadcast_shapes(*(value.shape for value in (*theta.values(), *phi.values())))
    matrix = np.broadcast_to(np.eye(4, dtype=complex), (*shape, 4, 4))
    phase_of = {"34": "delta_34", "14": "delta_14", "13": "delta"}
    for pair in ("34", "24", "14", "23", "13", "12"):
        i, j = int(pair[0]) - 1, int(pair[1]) - 1
        angle = theta[f"theta_{pair}"]
        rotation = np.zeros((*shape, 4, 4), dtype=complex) + np.eye(4)
        rotation[..., i, i] = rotation[..., j, j] = np.cos(angle)
        rotation[..., i, j] = np.sin(angle) * (np.exp(-1j * phi[phase_of[pair]]) if pair in phase_of else 1)
        rotation[..., j, i] = -rotation[..., i, j].conj()
        matrix = matrix @ rotation
    return matrix


def coefficients(
    flavour: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> dict[tuple[str, str], np.ndarray]:
    r"""The 21 coefficients of Eq. (6): Table I (``"e"``), Table II (``"mu"``) and their ``"tau"`` sibling.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES``; missing: 0.

    Returns
    -------
    dict
        ``("12", "12")``, ... in the order of Table I -> coefficient of :math:`|\lambda_a||\lambda_b|`, dimensionless,
        in the common shape of the parameters.

    Raises
    ------
    ValueError
        for an unknown flavour or key, or a value that is not a finite real number.
    """
    check_flavour(flavour)
    theta, phi = _parameters("angle", angles, ANGLES), _parameters("phase", phases, PHASES)
    from companion.symbolic.mixing import functions  # sympy is loaded only by those who need it

    parameters = [*theta.values(), *phi.values()]
    shape = np.broadcast_shapes(*(value.shape for value in parameters))
    values = functions(flavour)(*parameters)
    return {term: (np.zeros(shape) + value)[()] for term, value in zip(TERMS, values, strict=True)}


def effective_moment_squared(
    flavour: str,
    lambdas: Mapping[str, ArrayLike],
    angles: Mapping[str, ArrayLike],
    phases: Mapping[str, ArrayLike] | None = None,
) -> np.ndarray:
    r"""Squared effective moment of a flavour state at short distance, Eq. (6); the same for its antineutrino.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    lambdas : mapping of str to array_like
        moduli :math:`|\lambda_{ij}|` in mu_B, keys from ``PAIRS``; missing: 0.  Signs follow Eq. (2).
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES``; missing: 0.

    Returns
    -------
    float or ndarray
        mu_B^2, in the common shape of all parameters.

    Raises
    ------
    ValueError
        for an unknown flavour or key, a negative modulus, or a value that is not a finite real number.
    """
    values = coefficients(flavour, angles, phases)
    moduli = _parameters("transition moment", lambdas, PAIRS)
    for pair, modulus in moduli.items():
        if np.any(modulus < 0):
            raise ValueError(f"|lambda_{pair}| is negative; give its modulus, and its sign as zeta_{pair} = pi")
    total = sum(value * moduli[a] * moduli[b] for (a, b), value in values.items())
    return np.maximum(total, 0)  # a sum of squares; where it vanishes, rounding could leave -1e-17


def short_baseline_weights(
    flavour: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> np.ndarray:
    r"""Weights of :math:`|\lambda_{14}|^2, |\lambda_{24}|^2, |\lambda_{34}|^2` for small active-sterile mixing.

    Eq. (9) for ``"e"``, Eq. (10) for ``"mu"``: :math:`|U_{\alpha i}|^2` of three-neutrino mixing, which is what the
    coefficients of Eqs. (7), (8) become for :math:`\theta_{i4} = 0`.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    angles, phases : mapping of str to array_like
        radians; only theta_12, theta_13, theta_23 and delta enter, missing: 0.  The approximation is to drop theta_i4.

    Returns
    -------
    ndarray, shape (3, ...)
        three weights that add up to 1.

    Raises
    ------
    ValueError
        for an unknown flavour or key, or a value that is not a finite real number.
    """
    check_flavour(flavour)
    theta, phi = _parameters("angle", angles, ANGLES), _parameters("phase", phases, PHASES)
    active = {name: theta[name] for name in ("theta_12", "theta_13", "theta_23")}
    row = mixing_matrix(active, {"delta": phi["delta"]})[..., FLAVOURS.index(flavour), :3]
    return np.moveaxis(np.abs(row) ** 2, -1, 0)


def check_flavour(flavour: str) -> str:
    """The flavour, or a ``ValueError`` that names those there are."""
    if flavour not in FLAVOURS:
        raise ValueError(f"unknown flavour {flavour!r}; the flavours are {', '.join(FLAVOURS)}")
    return flavour


def _parameters(kind: str, given: Mapping[str, ArrayLike] | None, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """All parameters of a kind as float arrays, 0 where nothing is given."""
    given = {} if given is None else given
    for name in given:
        if name not in names:
            raise ValueError(f"unknown {kind} {name!r}; there are {', '.join(names)}")
    values = {}
    for name in names:
        value = np.asarray(given.get(name, 0.0))
        if value.dtype.kind not in "iuf":
            raise ValueError(f"{kind} {name!r} is of type {value.dtype}; give finite real numbers")
        if not np.all(np.isfinite(value)):
            wrong = value[~np.isfinite(value)].flat[0]
            raise ValueError(f"{kind} {name!r} holds {wrong}; give finite real numbers")
        values[name] = value.astype(float)
    return values
