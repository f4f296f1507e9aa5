r"""Neutrinos of a :sup:`51`\ Cr source: four lines, a decaying activity, and a cylinder beside it (Sec. 3.4)."""

from __future__ import annotations

import math

import numpy as np

from ..data import table
from ..units import day, keV
from .flux import Flux, Line

__all__ = ["HALF_LIFE", "PLACEMENTS", "decays", "flux", "mean_inverse_square", "placement"]

HALF_LIFE = table("cr51/parameters").value("half_life", unit="d") * day
"""Half-life of :sup:`51`\\ Cr (natural units)."""

PLACEMENTS = ("below", "beside", "from centre")
"""What "at a distance" may mean: from the base on the axis, from the mantle at mid-height, from the centre."""


def decays(activity: float, time: float) -> float:
    r"""Decays during a run, :math:`R_0\,\tau\,(1-e^{-t/\tau})`.

    Parameters
    ----------
    activity : float
        at the start (natural units, ``5e6 * units.curie``)
    time : float
        duration (natural units)
    """
    if not (activity >= 0 and time >= 0):
        raise ValueError("the activity and the duration of a run must not be negative")
    lifetime = HALF_LIFE / math.log(2)
    return -activity * lifetime * math.expm1(-time / lifetime)


def placement(where: str, distance: float, radius: float, height: float) -> tuple[float, float]:
    """Position of a source at a ``distance`` from a cylinder, see :data:`PLACEMENTS`.

    Returns
    -------
    off_axis, depth : float
        distance from the axis, and below the base plane (negative above it), in the unit of the arguments
    """
    if where not in PLACEMENTS:
        raise ValueError(f"no placement {where!r}; there are {', '.join(PLACEMENTS)}")
    if where == "beside":
        return radius + distance, -height / 2
    return 0.0, distance if where == "below" else distance - height / 2


def mean_inverse_square(radius: float, height: float, off_axis: float, depth: float, order: int = 64) -> float:
    r"""Mean of :math:`1/d^2` over a cylinder, ``d`` the distance from a point outside it.

    The integrals over the angle and the radius are closed; with :math:`x=R^2+h^2-\rho^2` what is left is

    .. math:: \overline{d^{-2}}=\frac1{R^2H}\int\ln\frac{x+\sqrt{x^2+4h^2\rho^2}}{2h^2}\,\mathrm{d}h

    over the slices at heights ``h`` above the point.

    Parameters
    ----------
    radius, height, off_axis, depth : float
        of the cylinder and of the point, see :func:`placement`; any one unit of length
    order : int
        Gauss points on each side of the height of the point

    Returns
    -------
    float
        in the inverse square of that unit
    """
    if not (radius > 0 and height > 0):
        raise ValueError(f"a cylinder has a positive radius and height, not {radius} and {height}")
    if abs(off_axis) <= radius and -height <= depth <= 0:
        raise ValueError("the source stands inside the cylinder")
    rho2 = off_axis**2
    # the slice at the height of the point is the sharpest: cut there
    cuts = np.unique(np.clip([depth, 0.0, depth + height], depth, depth + height))
    nodes, weights = np.polynomial.legendre.leggauss(order)
    width = np.diff(cuts)[:, np.newaxis]
    h = cuts[:-1, np.newaxis] + width * (nodes + 1) / 2
    x = radius**2 + h**2 - rho2
    root = np.hypot(x, 2 * h * off_axis)
    # beside the cylinder x is negative and x + root cancels: the same ratio from its conjugate
    beside = x < 0
    ratio = np.where(beside, 2 * rho2, x + root) / np.where(beside, root - x, 2 * h**2)
    return float(np.sum(width * weights / 2 * np.log(ratio)) / (radius**2 * height))


def flux(neutrinos: float) -> dict[str, Flux]:
    """Lines of a given total.

    Parameters
    ----------
    neutrinos : float
        per area (and per time, for a rate), all lines together (natural units)

    Returns
    -------
    dict
        ``{"nu_e": Flux}``
    """
    if not 0 <= neutrinos < math.inf:
        raise ValueError(f"the number of neutrinos must be finite and not negative, not {neutrinos}")
    lines = table("cr51/lines")
    strengths = lines.column("strength", "%", minimum=0.0)
    strengths = strengths / strengths.sum()
    pairs = zip(lines.column("E_nu", "keV", above=0.0).tolist(), strengths.tolist(), strict=True)
    return {"nu_e": Flux(tuple(Line(E * keV, strength * neutrinos) for E, strength in pairs))}
