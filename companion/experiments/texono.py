"""TEXONO: reactor antineutrinos on the electrons of CsI(Tl) (Sec. 3.3, Eq. 26), with a SURROGATE of the data.

The ten measured points are not public.  ``data/reactor/texono_surrogate.csv`` stands in for them; it is made from the
published summary, fixes the scale of a limit to some 15 % and says nothing about single bins.  A file of the same name
and columns whose status is not ``surrogate`` replaces it, and everything that says "surrogate" here falls silent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import kinematics, targets, units
from ..data import table
from ..fluxes import reactor
from ..response import Binned
from ..statistics import Gaussian, Pull
from .channel import Axis, Channel
from .experiment import Experiment
from .options import Choice

MOVED = Choice("surrogate at the Standard Model (xi = 1)", {"xi": 1.0})
"""A choice as long as the points are a surrogate."""

CHOICES = (
    Choice("no antineutrinos below 2 MeV, same total", {"low_energy": "none"}),
    Choice("below 2 MeV Vogel and Engel, no capture on 238U", {"low_energy": "vogel-engel"}),
    Choice("polynomials of Huber", {"polynomials": "huber"}),
    Choice("spectrum ends at 8 MeV", {"end": 8.0}),
    Choice("fuel of Daya Bay", {"core": "DayaBay"}),
    Choice("no systematic error (0.1 %)", {"systematic": 1e-3}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What else one could have chosen."""


def _check_range(edges: NDArray[np.float64], binding: float, fastest: float) -> None:
    """Refuse bins (MeV) that are no recoils of free electrons off reactor neutrinos, as after a slip in their unit."""
    highest = float(kinematics.recoil_limits(fastest, units.M_E)[1])
    if edges[0] < binding or edges[-2] >= highest:
        raise ValueError(
            f"the bins of TEXONO run from {edges[0]:g} to {edges[-1]:g} MeV, but free electrons recoil between their "
            f"binding energy, {binding:.3g} MeV, and {highest:.3g} MeV, where neutrinos of {fastest:g} MeV end; "
            "are the units of T_low and T_high those of the numbers?"
        )


def build(
    *,
    core: str = "KuoSheng",
    low_energy: str = "kopeikin",
    polynomials: str = "mueller",
    end: float = 10.0,
    systematic: float | None = None,
    xi: float | None = None,
    sin2_theta_W: float = units.SIN2_THETA_W,
    order: int = 16,
) -> Experiment:
    """TEXONO.

    Parameters
    ----------
    core, low_energy, polynomials, end
        see :func:`companion.fluxes.reactor.per_fission`
    systematic : float, optional
        width of the pull on the signal
    xi : float, optional
        measured over expected rate to which the surrogate is moved; default the published one
    sin2_theta_W : float
        squared sine of the weak mixing angle
    order : int
        Gauss points per bin
    """
    parameters, points = table("reactor/texono_parameters"), table("reactor/texono_surrogate")
    surrogate = points.status.startswith("surrogate")
    rate = points.column("rate", "1/(kg d MeV)")
    if xi is not None:
        if not surrogate or not 0 < xi < np.inf:
            raise ValueError(f"only a surrogate can be moved, and to a positive xi, not {xi}")
        rate = rate * xi / table("reactor/texono_results").value("xi", unit="1")
    low = points.column("T_low", "MeV", above=0.0, increasing=True)
    high = points.column("T_high", "MeV", above=0.0, increasing=True)
    edges = np.append(low, high[-1])
    if not np.array_equal(low[1:], high[:-1]):
        raise ValueError("the bins of TEXONO must follow each other without gaps")
    total = parameters.value("flux", unit="cm^-2 s^-1") / units.cm**2 / units.second
    fluxes = reactor.flux(total, core=core, low_energy=low_energy, polynomials=polynomials, end=end)
    target = targets.compound({"Cs": 1, "I": 1}, sin2_theta_W=sin2_theta_W)
    _check_range(edges, max(max(shells.energies) for _, shells in target.electrons), max(end, 10.0))
    # events per day in a kilogram, divided by the width of each bin: its mean rate
    per_MeV = target.units_in(1.0) * units.day / np.diff(edges)
    response = Binned(tuple(edges.tolist()), maximum_recoil=2 * float(edges[-1]))
    return Experiment(
        name="texono",
        title="TEXONO (surrogate)" if surrogate else "TEXONO",
        axes=(Axis("recoil energy", "MeV", edges),),
        quantity="events/(kg d MeV)",
        likelihood=Gaussian(
            observed=rate,
            sigma=points.column("rate_err", "1/(kg d MeV)", above=0.0),
            backgrounds={},
            pulls=(
                Pull(
                    "texono signal",
                    parameters.value("sigma_systematic", unit="1") if systematic is None else systematic,
                ),
            ),
        ),
        # free electrons: every shell is open far below 3 MeV
        channels=tuple(
            Channel(shells.free(), n * per_MeV, fluxes, response, order=order) for n, shells in target.electrons
        ),
        sources=(points.source, table("reactor/mueller_polynomials").source, table("reactor/kopeikin").source),
        choices=(MOVED, *CHOICES) if surrogate else CHOICES,
        surrogate=surrogate,
    )
