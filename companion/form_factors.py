r"""Nuclear form factors, Eq. (13) and footnote 2, normalised to 1 at zero momentum transfer.

``Q`` and radii are in natural units: :math:`Q=\sqrt{2ME_r}` in MeV, radii in 1/MeV (``5 * fm``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .units import fm

__all__ = ["helm", "klein_nystrand", "momentum_transfer"]

SKIN = 0.9 * fm
"""Surface thickness ``s`` of Eq. (13)."""

YUKAWA_RANGE = 0.7 * fm
"""Range ``a_k`` of footnote 2."""


def momentum_transfer(E_r: ArrayLike, M: ArrayLike) -> NDArray[np.float64]:
    r"""Three-momentum transfer :math:`Q=\sqrt{2ME_r}` (MeV), as the paper uses it."""
    return np.sqrt(2 * np.asarray(M, float) * np.asarray(E_r, float))


def _ball(x: ArrayLike) -> NDArray[np.float64]:
    """Form factor 3 j_1(x)/x of a homogeneous ball; below x = 0.1, where sine and cosine cancel, its series."""
    x = np.asarray(x, float)
    y = x * x
    # the next term is below 1e-14
    series = 1 - y / 10 * (1 - y / 28 * (1 - y / 54))
    safe = np.where(x < 0.1, 1.0, x)
    return np.where(x < 0.1, series, 3 * (np.sin(safe) - safe * np.cos(safe)) / (safe * safe * safe))


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
    Q, R = np.asarray(Q, float), np.asarray(R, float)
    if np.any(R <= np.sqrt(3) * s):
        raise ValueError(f"an rms radius of {np.min(R) / fm:.3g} fm is below sqrt(3) s = {np.sqrt(3) * s / fm:.3g} fm")
    R_0 = np.sqrt(5 / 3 * (R**2 - 3 * s**2))
    return _ball(Q * R_0) * np.exp(-((Q * s) ** 2) / 2)


def klein_nystrand(Q: ArrayLike, A: ArrayLike, a_k: float = YUKAWA_RANGE) -> NDArray[np.float64]:
    r"""Klein-Nystrand form factor of footnote 2, the choice of COHERENT for CsI.

    .. math:: F = 3\,\frac{j_1(QR_A)}{QR_A}\,\frac{1}{1+Q^2a_k^2},\qquad R_A=1.23\,A^{1/3}\,\mathrm{fm}

    Parameters
    ----------
    Q : array_like
        momentum transfer (MeV)
    A : array_like
        mass number
    a_k : float
        range of the Yukawa folding (1/MeV)
    """
    Q = np.asarray(Q, float)
    R_A = 1.23 * np.cbrt(np.asarray(A, float)) * fm
    return _ball(Q * R_A) / (1 + (Q * a_k) ** 2)
