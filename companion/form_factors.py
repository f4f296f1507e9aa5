r"""Nuclear form factors, Eq. (13) and footnote 2, normalised to 1 at zero momentum transfer.

``Q`` and radii are in natural units: :math:`Q=\sqrt{2ME_r}` in MeV, radii in 1/MeV (``5 * fm``).
"""

from __future__ import annotations

from math import factorial, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .units import fm

__all__ = ["ball_radius", "helm", "helm_of_ball", "klein_nystrand", "momentum_transfer"]

SKIN = 0.9 * fm
"""Surface thickness ``s`` of Eq. (13)."""

YUKAWA_RANGE = 0.7 * fm
"""Range ``a_k`` of footnote 2."""

BALL_OF_ONE = 1.23 * fm
"""Radius of footnote 2 over the cube root of the mass number."""

# 3 (-1)^k (2k + 2)/(2k + 3)!, highest power first
_BALL_SERIES = [3 * (-1) ** k * (2 * k + 2) / factorial(2 * k + 3) for k in range(8, -1, -1)]


def momentum_transfer(E_r: ArrayLike, M: ArrayLike) -> NDArray[np.float64]:
    r"""Three-momentum transfer :math:`Q=\sqrt{2ME_r}` (MeV), as the paper uses it."""
    Q: NDArray[np.float64] = np.sqrt(2 * np.asarray(M, float) * np.asarray(E_r, float))
    return Q


def _ball(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Form factor 3 j_1(x)/x of a homogeneous ball at y = x^2; below 1.5, where sine and cosine cancel, its series."""
    small = y < 1.5
    if small.all():
        return _ball_series(y)
    x = np.sqrt(np.where(small, 1.5, y))
    closed: NDArray[np.float64] = 3 * (np.sin(x) - x * np.cos(x)) / (x * x * x)
    return np.where(small, _ball_series(np.where(small, y, 0.0)), closed) if small.any() else closed


def _ball_series(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same as a series; the first term left out is below 1e-16 for y < 1.5."""
    highest, *others = _BALL_SERIES
    total: NDArray[np.float64] = highest * y
    # in place: these are most of the calls that a form factor takes
    for coefficient in others[:-1]:
        total += coefficient
        total *= y
    total += others[-1]
    return total


def helm(Q: ArrayLike, R: ArrayLike, s: float = SKIN) -> NDArray[np.float64]:
    r"""Helm form factor, Eq. (13), of a density with rms radius ``R``.

    .. math:: F = 3\,\frac{j_1(QR_0)}{QR_0}\,e^{-Q^2s^2/2},\qquad R_0^2=\tfrac53\left(R^2-3s^2\right)

    Parameters
    ----------
    Q : array_like
        momentum transfer (MeV)
    R : array_like
        rms radius of the protons or neutrons (1/MeV)
    s : float
        surface thickness (1/MeV)

    Raises
    ------
    ValueError
        if ``R`` is smaller than the surface alone makes it, :math:`\sqrt3\,s`
    """
    Q = np.asarray(Q, float)
    return helm_of_ball(Q * Q, ball_radius(R, s), s)


def ball_radius(R: ArrayLike, s: float = SKIN) -> NDArray[np.float64]:
    """Radius ``R_0`` (1/MeV) of the ball of Eq. (13) for an rms radius; parameters and errors of :func:`helm`."""
    R = np.asarray(R, float)
    if np.any(R <= sqrt(3) * s):
        raise ValueError(f"an rms radius of {np.min(R) / fm:.3g} fm is below sqrt(3) s = {sqrt(3) * s / fm:.3g} fm")
    R_0: NDArray[np.float64] = np.sqrt(5 / 3 * (R**2 - 3 * s**2))
    return R_0


def helm_of_ball(Q_squared: ArrayLike, R_0: ArrayLike, s: float = SKIN) -> NDArray[np.float64]:
    """The form factor of :func:`helm` at a squared momentum transfer (MeV^2) for a known radius ``R_0`` (1/MeV)."""
    Q_squared, R_0 = np.asarray(Q_squared, float), np.asarray(R_0, float)
    return _ball(Q_squared * (R_0 * R_0)) * np.exp(-(s**2) / 2 * Q_squared)


def klein_nystrand(
    Q: ArrayLike, A: ArrayLike, a_k: float = YUKAWA_RANGE, r_0: float = BALL_OF_ONE
) -> NDArray[np.float64]:
    r"""Klein-Nystrand form factor of footnote 2, the choice of COHERENT for CsI.

    .. math:: F = 3\,\frac{j_1(QR_A)}{QR_A}\,\frac{1}{1+Q^2a_k^2},\qquad R_A=r_0A^{1/3},\quad r_0=1.23\,\mathrm{fm}

    Parameters
    ----------
    Q : array_like
        momentum transfer (MeV)
    A : array_like
        mass number
    a_k : float
        range of the Yukawa folding (1/MeV)
    r_0 : float
        radius of the ball over the cube root of the mass number (1/MeV)
    """
    R_A = r_0 * np.cbrt(np.asarray(A, float))
    Q_squared = np.square(np.asarray(Q, float))
    return np.asarray(_ball(Q_squared * R_A**2) / (1 + a_k**2 * Q_squared))
