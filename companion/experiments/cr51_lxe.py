"""Neutrinos from 51Cr on the electrons of six tonnes of liquid xenon (Sec. 3.4, Eq. 27)."""

from __future__ import annotations

import numpy as np

from .. import targets, units
from ..data import table
from ..fluxes import chromium51
from ..response import Binned
from ..statistics import Gaussian
from .channel import Axis, Channel
from .experiment import Experiment
from .options import Choice
from .projection import asimov

CHOICES = (
    Choice("free electrons (no steps)", {"bound": False}),
    Choice("source beside the mantle, at mid-height", {"placement": "beside"}),
    Choice("source 1 m from the centre, on the axis", {"placement": "from centre"}),
    Choice("no systematic error (0.1 %)", {"systematic": 1e-3}),
    Choice("no background", {"background": 0.0}),
    Choice("background of 100 %", {"background": 1.0}),
    Choice("threshold of 5 keV", {"threshold": 5.0}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What else one could have chosen."""


def mean_inverse_square(placement: str = "below") -> float:
    """Mean of 1/(4 pi r^2) over the xenon (natural units); see :data:`companion.fluxes.chromium51.PLACEMENTS`."""
    parameters = table("cr51/parameters")
    radius, height, distance = (
        parameters.value(name, unit="m") * units.m / divisor
        for name, divisor in (("lxe_diameter", 2), ("lxe_height", 1), ("lxe_distance", 1))
    )
    position = chromium51.placement(placement, distance, radius, height)
    return chromium51.mean_inverse_square(radius, height, *position) / (4 * np.pi)


def decays(configuration: str) -> float:
    """Decays of the source during the run of configuration ``"A"``, ``"B"`` or ``"C"``."""
    runs = table("cr51/lxe_configurations")
    (row,) = np.flatnonzero(runs["configuration"] == configuration)
    activity = float(runs.column("activity", "MCi", above=0.0)[row]) * 1e6 * units.curie
    return chromium51.decays(activity, float(runs.column("time", "d", above=0.0)[row]) * units.day)


def build(
    *,
    configuration: str = "A",
    bound: bool = True,
    placement: str = "below",
    threshold: float | None = None,
    exposure: float = 1.0,
    background: float | None = None,
    systematic: float | None = None,
    minimum_events: float = 0.0,
    binding: str = "xraydb",
    sin2_theta_W: float = units.SIN2_THETA_W,
    order: int = 16,
) -> Experiment:
    """51Cr and liquid xenon.

    Parameters
    ----------
    configuration : {"A", "B", "C"}
        activity at the start and duration
    bound : bool
        with the steps of Eq. (16)
    placement : {"below", "beside", "from centre"}
        where the source stands, see :data:`companion.fluxes.chromium51.PLACEMENTS`
    threshold : float, optional
        electron recoil energy (keV) of the first bin edge; the bins go on up to the same last edge
    exposure : float
        factor on the number of events
    background, systematic : float, optional
        sigma_bg and sigma_sys of Eq. (27)
    minimum_events : float
        bins with fewer Standard-Model events are dropped
    binding, sin2_theta_W
        of the electrons, see :func:`companion.targets.compound`
    order : int
        Gauss points per piece of the recoil range
    """
    parameters = table("cr51/parameters")
    low, high, width = (parameters.value(f"lxe_{name}", unit="keV_ee") for name in ("E_low", "E_high", "bin_width"))
    if not 0 < exposure < np.inf:
        raise ValueError(f"the exposure must be a positive factor, not {exposure}")
    if threshold is not None and not 0 < threshold < high:
        raise ValueError(f"the threshold must lie between 0 and {high:g} keV, not {threshold}")
    edges = np.arange(low, high + width / 2, width)
    if threshold is not None:
        edges = np.append(threshold, edges[edges > threshold])
    neutrinos = decays(configuration) * mean_inverse_square(placement)
    target = targets.compound({"Xe": 1}, binding=binding, sin2_theta_W=sin2_theta_W)
    ((_, shells),) = target.electrons
    response = Binned(tuple((edges * units.keV).tolist()), maximum_recoil=2 * high * units.keV)
    atoms = target.units_in(1e3 * parameters.value("lxe_mass", unit="t")) * exposure
    blank = Experiment(
        name=f"cr51-lxe-{configuration.lower()}",
        title=f"51Cr-LXe {configuration}",
        axes=(Axis("recoil energy", "keV", edges),),
        quantity="events",
        likelihood=Gaussian(np.zeros(len(edges) - 1), np.ones(len(edges) - 1), {}),
        channels=(
            Channel(shells if bound else shells.free(), atoms, chromium51.flux(neutrinos), response, order=order),
        ),
        sources=(parameters.source, table("cr51/lxe_configurations").source),
        choices=CHOICES,
        data_set="cr51-lxe",  # alternatives around one source
    )
    return asimov(
        blank,
        parameters.value("sigma_background", unit="1") if background is None else background,
        parameters.value("sigma_systematic", unit="1") if systematic is None else systematic,
        minimum_events,
    )
