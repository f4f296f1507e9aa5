r"""The background of Dresden-II, reactor on or off, as arXiv:2202.10829 describes it.

.. math::
   B(E)=A+B\,e^{-C(E-0.2)}+H\Bigl[g_{E_1,w}(E)+0.008\,g_{E_2,w}(E)
   +0.16\,r\,\frac w{\sigma_0}\,g_{E_M,\sigma_0}(E)\Bigr],\qquad g_{m,s}(E)=e^{-(E-m)^2/2s^2},

a constant, an exponential (E in keV_ee), and the L1, L2 and M lines of electron capture in :sup:`71`\ Ge.  Of the
seven parameters A, B, H and, at a given w, r enter linearly; C, E_1 and w do not.  The model is fitted once, with the
Standard Model as signal, and expanded to first order around that fit: every parameter is a free pull, r one with an
error of 3 %.  A fit without the expansion gives the same limits within a per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from ..data import table

__all__ = ["Background"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Background:
    """The model at given parameters.

    Attributes
    ----------
    constant, exponential, height : float
        A, B, H, rates per bin (1/d)
    slope : float
        C (1/keV_ee)
    energy, width : float
        E_1 and w of the L1 line (keV_ee)
    M_ratio : float
        r, the M line in units of its expectation
    """

    constant: float
    exponential: float
    slope: float
    height: float
    energy: float
    width: float
    M_ratio: float = 1.0

    def templates(self, E: Array) -> dict[str, Array]:
        """Constant, exponential and lines at energies (keV_ee), and their shape under every parameter.

        Returns
        -------
        dict
            by name the template; under ``"<template>:<parameter>"`` its relative derivative
        """
        numbers = table("reactor/dresden2_parameters")
        noise = numbers.value("noise", unit="keV_ee")

        def line(m: float, s: float) -> Array:
            return np.exp(-((E - m) ** 2) / (2 * s**2))

        E_2 = numbers.value("L2_energy", unit="keV_ee")
        L1 = line(self.energy, self.width)
        L2 = numbers.value("L2_over_L1", unit="1") * line(E_2, self.width)
        area = numbers.value("M_over_L1", unit="1") * self.M_ratio * self.width / noise
        M = area * line(numbers.value("M_energy", unit="keV_ee"), noise)
        lines = L1 + L2 + M
        by_width = (L1 * (E - self.energy) ** 2 + L2 * (E - E_2) ** 2) / self.width**3 + M / self.width
        return {
            "constant": np.full_like(E, self.constant),
            "exponential": self.exponential * np.exp(-self.slope * (E - 0.2)),
            "exponential:slope": -(E - 0.2),
            "lines": self.height * lines,
            "lines:energy": L1 * (E - self.energy) / self.width**2 / lines,
            "lines:width": by_width / lines,
            "lines:M_ratio": M / self.M_ratio / lines,
        }

    def expected(self, E: Array) -> Array:
        """Rate per bin (1/d) at energies (keV_ee)."""
        parts = self.templates(E)
        total: Array = parts["constant"] + parts["exponential"] + parts["lines"]
        return total

    @classmethod
    def fitted(cls, E: Array, rate: Array, error: Array) -> Background:
        """The model that fits rates with errors (1/d) best, with the error of the M line as a prior."""
        sigma = table("reactor/dresden2_parameters").value("sigma_M_over_L1", unit="1")

        def pulls(values: Array) -> Array:
            model = cls(*values.tolist())
            return np.append((rate - model.expected(E)) / error, (model.M_ratio - 1) / sigma)

        def slopes(values: Array) -> Array:
            model = cls(*values.tolist())
            parts = model.templates(E)
            columns = [
                np.ones_like(E),
                parts["exponential"] / model.exponential,
                parts["exponential"] * parts["exponential:slope"],
                parts["lines"] / model.height,
                *(parts["lines"] * parts[f"lines:{name}"] for name in ("energy", "width", "M_ratio")),
            ]
            matrix = -np.stack(columns, axis=1) / error[:, np.newaxis]
            return np.vstack([matrix, [0, 0, 0, 0, 0, 0, 1 / sigma]])

        peak = float(rate[np.argmin(np.abs(E - 1.3))] - rate[(E > 0.9) & (E < 1.0)].mean())
        start = [float(rate[(E > 0.9) & (E < 1.0)].mean()), float(rate[0]), 4.0, peak, 1.3, 0.07, 1.0]
        scale = [1.0, 10.0, 1.0, 10.0, 0.01, 0.01, 0.03]
        found = least_squares(pulls, start, jac=slopes, x_scale=scale, xtol=1e-12, ftol=1e-12, gtol=1e-12)
        return cls(*found.x.tolist())
