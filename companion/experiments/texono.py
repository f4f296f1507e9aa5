"""TEXONO: reactor antineutrinos on the electrons of CsI(Tl) (Sec. 3.3, Eq. 26), with a SURROGATE of the data.

The ten measured points are not public.  ``data/reactor/texono_surrogate.csv`` stands in for them; it is made from the
published summary, fixes the scale of a limit to some 15 % and says nothing about single bins.  A file of the same name
and columns whose status is not ``surrogate`` replaces it, and everything that says "surrogate" here falls silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import kinematics, targets, units
from ..data import table
from ..fluxes import reactor
from ..response import Binned
from ..statistics import Gaussian, Pull
from .channel import Axis, Channel
from .experiment import Experiment
from .settings import Choice, again, option
from .vocabulary import NuclearOptions, NumericalOptions, ProjectionOptions

__all__ = ["CHOICES", "MOVED", "Settings", "build"]

MOVED = Choice("surrogate at the Standard Model (xi = 1)", {"xi": 1.0}, source="level of the surrogate")
"""A choice as long as the points are a surrogate."""

CHOICES = (
    Choice(
        "no antineutrinos below 2 MeV, same total", {"low_energy": "none"}, source="antineutrinos below 2 MeV"
    ),
    Choice(
        "below 2 MeV Vogel and Engel, no capture on 238U",
        {"low_energy": "vogel-engel"},
        source="antineutrinos below 2 MeV",
    ),
    Choice("polynomials of Huber", {"polynomials": "huber"}),
    Choice("spectrum ends at 8 MeV", {"end_MeV": 8.0}, source="end of the spectrum at 8 MeV"),
    Choice("fuel of Daya Bay", {"core": "DayaBay"}),
    Choice("no systematic error (0.1 %)", {"sigma_signal": 1e-3}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen."""


@dataclass(frozen=True, kw_only=True)
class Settings(NumericalOptions):
    """Options of TEXONO."""

    core: str = option("KuoSheng", "reactor whose fuel is burnt, a column of data/reactor/fuel.csv")
    low_energy: str = option(
        "kopeikin",
        "antineutrinos below 2 MeV: of Kopeikin with capture on 238U, of Vogel and Engel, or none",
        among=reactor.LOW_ENERGY,
    )
    polynomials: str = option("mueller", "spectra above 2 MeV: of Mueller, or of Huber", among=reactor.POLYNOMIALS)
    end_MeV: float = option(10.0, "antineutrino energy at which the spectrum ends", unit="MeV", above=0)
    sigma_signal: float | None = again(ProjectionOptions, "sigma_signal", None)
    xi: float | None = option(
        None,
        "measured over expected rate to which the surrogate is moved; by default the published one",
        unit="1",
        above=0,
    )
    sin2_theta_W: float = again(NuclearOptions, "sin2_theta_W", units.SIN2_THETA_W)
    order: int = again(NumericalOptions, "order", 16)


def _check_range(edges: NDArray[np.float64], binding: float, fastest: float) -> None:
    """Refuse bins (MeV) that are no recoils of free electrons off reactor neutrinos, as after a slip in their unit."""
    highest = float(kinematics.recoil_limits(fastest, units.M_E)[1])
    if edges[0] < binding or edges[-2] >= highest:
        raise ValueError(
            f"the bins of TEXONO run from {edges[0]:g} to {edges[-1]:g} MeV, but free electrons recoil between their "
            f"binding energy, {binding:.3g} MeV, and {highest:.3g} MeV, where neutrinos of {fastest:g} MeV end; "
            "are the units of T_low and T_high those of the numbers?"
        )


def build(options: Settings) -> Experiment:
    """TEXONO."""
    parameters, points = table("reactor/texono_parameters"), table("reactor/texono_surrogate")
    surrogate = points.status.startswith("surrogate")
    rate = points.column("rate", "1/(kg d MeV)")
    if options.xi is not None:
        if not surrogate:
            raise ValueError(f"only a surrogate can be moved, and these are data: xi = {options.xi} has no meaning")
        rate = rate * options.xi / table("reactor/texono_results").value("xi", unit="1")
    low = points.column("T_low", "MeV", above=0.0, increasing=True)
    high = points.column("T_high", "MeV", above=0.0, increasing=True)
    edges = np.append(low, high[-1])
    if not np.array_equal(low[1:], high[:-1]):
        raise ValueError("the bins of TEXONO must follow each other without gaps")
    sigma_signal = options.sigma_signal
    if sigma_signal is None:
        sigma_signal = parameters.value("sigma_systematic", unit="1")
    return Experiment(
        name="texono",
        title="TEXONO (surrogate)" if surrogate else "TEXONO",
        axes=(Axis("recoil energy", "MeV", edges),),
        quantity="events/(kg d MeV)",
        likelihood=Gaussian(
            observed=rate,
            sigma=points.column("rate_err", "1/(kg d MeV)", above=0.0),
            backgrounds={},
            pulls=(Pull("texono signal", sigma_signal),),
        ),
        channels=_channels(options, edges),
        sources=(points.source, table("reactor/mueller_polynomials").source, table("reactor/kopeikin").source),
        choices=(MOVED, *CHOICES) if surrogate else CHOICES,
        surrogate=surrogate,
    )


def _channels(options: Settings, edges: NDArray[np.float64]) -> tuple[Channel, ...]:
    """The electrons of CsI, free: every shell is open far below 3 MeV."""
    total = table("reactor/texono_parameters").value("flux", unit="cm^-2 s^-1") / units.cm**2 / units.second
    fluxes = reactor.flux(
        total,
        core=options.core,
        low_energy=options.low_energy,
        polynomials=options.polynomials,
        end=options.end_MeV,
    )
    target = targets.compound({"Cs": 1, "I": 1}, sin2_theta_W=options.sin2_theta_W)
    _check_range(edges, max(max(shells.energies) for _, shells in target.electrons), max(options.end_MeV, 10.0))
    # events per day in a kilogram, divided by the width of each bin: its mean rate
    per_MeV = target.units_in(1.0) * units.day / np.diff(edges)
    seen = Binned(tuple(edges.tolist()), maximum_recoil=2 * float(edges[-1]))
    return tuple(
        Channel(shells.free(), n * per_MeV, fluxes, seen, order=options.order) for n, shells in target.electrons
    )
