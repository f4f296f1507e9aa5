"""Names of the mixing angles, phases and transition moments, and the one way to read their values.

Angles and phases are in radians, moduli of transition moments in mu_B.  The names of Eq. (2) are short, ``"14"``, in
this package and ``"lambda_14"`` on the command line; both are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ANGLES",
    "FLAVOURS",
    "PAIRS",
    "PHASES",
    "SPLITTINGS",
    "TERMS",
    "check_flavour",
    "read_angles",
    "read_moduli",
    "read_phases",
    "read_splittings",
]

FLAVOURS = ("e", "mu", "tau")
PAIRS = ("12", "13", "14", "23", "24", "34")
"""The six independent transition moments lambda_ij, i < j, of Eq. (2)."""
TERMS = tuple((pair, pair) for pair in PAIRS) + tuple(combinations(PAIRS, 2))
"""The 21 products of two moduli, in the order of Table I."""
ANGLES = ("theta_12", "theta_13", "theta_23", "theta_14", "theta_24", "theta_34")
PHASES = ("delta", "delta_14", "delta_34", *(f"zeta_{pair}" for pair in PAIRS))
SPLITTINGS = ("21", "31", "41")
"""Differences of squared masses from that of the first state."""

Values = Mapping[str, ArrayLike]


def check_flavour(flavour: str) -> str:
    """The flavour, or a ``ValueError`` that names those there are."""
    if flavour not in FLAVOURS:
        raise ValueError(f"unknown flavour {flavour!r}; the flavours are {', '.join(FLAVOURS)}")
    return flavour


def read_angles(given: Values | None) -> dict[str, NDArray[np.float64]]:
    """All mixing angles (radians) in the order of ``ANGLES``; missing: 0.

    Raises
    ------
    ValueError
        for an unknown name, or a value that is not a finite real number
    """
    return _read("angle", given, ANGLES)


def read_phases(given: Values | None) -> dict[str, NDArray[np.float64]]:
    """All phases (radians) in the order of ``PHASES``, as :func:`read_angles`."""
    return _read("phase", given, PHASES)


def read_splittings(given: Values | None) -> dict[str, NDArray[np.float64]]:
    """All splittings (eV^2) in the order of ``SPLITTINGS``, as :func:`read_angles`."""
    return _read("splitting", given, SPLITTINGS)


def read_moduli(given: Values | None) -> dict[str, NDArray[np.float64]]:
    """All moduli of transition moments (mu_B) in the order of ``PAIRS``, as :func:`read_angles`.

    The names are ``"14"`` or ``"lambda_14"``; a negative modulus is a ``ValueError`` too.
    """
    short: dict[str, ArrayLike] = {}
    for name, value in (given or {}).items():
        pair = name.removeprefix("lambda_")
        if pair in short:
            raise ValueError(f"transition moment {pair!r} is given twice, as {pair!r} and as 'lambda_{pair}'")
        short[pair] = value
    moduli = _read("transition moment", short, PAIRS)
    for pair, modulus in moduli.items():
        if np.any(modulus < 0):
            raise ValueError(f"|lambda_{pair}| is negative; give its modulus, and its sign as zeta_{pair} = pi")
    return moduli


def _read(kind: str, given: Values | None, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
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
