"""Neutrinos from 51Cr on the electrons of six tonnes of liquid xenon (Sec. 3.4, Eq. 27)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import targets, units
from ..data import table
from ..fluxes import chromium51
from ..response import Binned
from .channel import Channel
from .experiment import Experiment
from .projection import asimov, blank
from .settings import Choice, again, option
from .vocabulary import ElectronOptions, NuclearOptions, NumericalOptions, ProjectionOptions

__all__ = ["CHOICES", "Settings", "build", "decays", "mean_inverse_square"]

CHOICES = (
    Choice("free electrons (no steps)", {"binding": "free"}, kind="check"),
    Choice("binding energies of xraylib", {"binding": "xraylib"}, source="binding energies"),
    Choice("binding energies calculated (RRPA)", {"binding": "rrpa"}, source="binding energies"),
    Choice("source beside the mantle, at mid-height", {"placement": "beside"}, source="place of the source"),
    Choice("source 1 m from the centre, on the axis", {"placement": "from centre"}, source="place of the source"),
    Choice("no systematic error (0.1 %)", {"sigma_signal": 1e-3}, kind="check"),
    Choice("no background", {"background_ratio": 0.0}, kind="check"),
    Choice("background of 100 %", {"background_ratio": 1.0}, kind="check"),
    Choice("threshold of 5 keV", {"threshold_keV": 5.0}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen."""


@dataclass(frozen=True, kw_only=True)
class Settings(NumericalOptions, ElectronOptions, ProjectionOptions):
    """Options of a 51Cr source at liquid xenon."""

    placement: str = option(
        "below",
        "where the source stands: below the xenon, beside it, or at the same distance from its centre",
        among=tuple(chromium51.PLACEMENTS),
    )
    sin2_theta_W: float = again(NuclearOptions, "sin2_theta_W", units.SIN2_THETA_W)
    order: int = again(NumericalOptions, "order", 16)


def mean_inverse_square(placement: str = "below") -> float:
    """Mean of 1/(4 pi r^2) over the xenon (natural units); see :data:`companion.fluxes.chromium51.PLACEMENTS`."""
    parameters = table("cr51/parameters")
    radius = parameters.value("lxe_diameter", unit="m") * units.m / 2
    height = parameters.value("lxe_height", unit="m") * units.m
    distance = parameters.value("lxe_distance", unit="m") * units.m
    position = chromium51.placement(placement, distance, radius, height)
    return chromium51.mean_inverse_square(radius, height, *position) / (4 * np.pi)


def decays(configuration: str) -> float:
    """Decays of the source during the run of configuration ``"A"``, ``"B"`` or ``"C"``."""
    runs = table("cr51/lxe_configurations")
    (row,) = np.flatnonzero(runs["configuration"] == configuration)
    activity = float(runs.column("activity", "MCi", above=0.0)[row]) * 1e6 * units.curie
    return chromium51.decays(activity, float(runs.column("time", "d", above=0.0)[row]) * units.day)


def build(options: Settings, configuration: str = "A") -> Experiment:
    """51Cr and liquid xenon, with the activity and duration of one of the configurations."""
    parameters = table("cr51/parameters")
    low, high, width = (parameters.value(f"lxe_{name}", unit="keV_ee") for name in ("E_low", "E_high", "bin_width"))
    edges = np.arange(low, high + width / 2, width)
    threshold = options.threshold_keV
    if threshold is not None:
        if not 0 < threshold < high:
            raise ValueError(f"the threshold must lie between 0 and {high:g} keV, not at {threshold:g} keV")
        # the bins go on up to the same last edge
        edges = np.append(threshold, edges[edges > threshold])
    neutrinos = decays(configuration) * mean_inverse_square(options.placement)
    target = targets.compound({"Xe": 1}, binding=options.binding, sin2_theta_W=options.sin2_theta_W)
    ((_, shells),) = target.electrons
    seen = Binned(tuple((edges * units.keV).tolist()), maximum_recoil=2 * high * units.keV)
    atoms = target.units_in(1e3 * parameters.value("lxe_mass", unit="t")) * options.exposure_factor
    before = blank(
        name=f"cr51-lxe-{configuration.lower()}",
        title=f"51Cr-LXe {configuration}",
        edges=edges,
        unit="keV",
        channels=(Channel(shells, atoms, chromium51.flux(neutrinos), seen, order=options.order),),
        sources=(parameters.source, table("cr51/lxe_configurations").source),
        choices=CHOICES,
        data_set="cr51-lxe",  # alternatives around one source
    )
    return asimov(before, *options.errors(parameters), options.minimum_events)
