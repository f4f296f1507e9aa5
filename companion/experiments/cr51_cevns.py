"""Coherent scattering of neutrinos from 51Cr on kilograms of Si, Ge, Al2O3 or CaWO4 (Sec. 3.4, Eq. 27)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .. import kinematics, units
from ..data import table
from ..fluxes import chromium51
from ..response import Binned
from .channel import channels
from .experiment import Experiment
from .projection import asimov, blank
from .settings import Choice, option
from .vocabulary import NuclearOptions, NumericalOptions, ProjectionOptions

__all__ = ["CHOICES", "Settings", "build", "formula", "mean_flux"]

SKIN = "neutron skin 0 to 0.3 fm"

CHOICES = (
    Choice("Klein-Nystrand form factor", {"form_factor": "klein-nystrand"}, source="form factor and radius"),
    Choice("Helm form factor, charge radius", {"proton_radius": "charge"}, source="form factor and radius"),
    Choice("neutron skin of 0.3 fm", {"neutron_skin_fm": 0.3}, source=SKIN),
    Choice("isotopes one by one", {"isotopes": True}),
    Choice("no systematic error (0.1 %)", {"sigma_signal": 1e-3}, kind="check"),
    Choice("no background", {"background_ratio": 0.0}, kind="check"),
    Choice("background of 100 %", {"background_ratio": 1.0}, kind="check"),
    Choice("threshold of 4 eV", {"threshold_keV": 0.004}, kind="check"),
    Choice("source 25 cm from a point, decaying", {"flux_from": "point"}, source="flux from activity and distance"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen."""

FEWEST = 5.0
FEW = Choice("bins with fewer than 5 events dropped", {"minimum_events": FEWEST}, kind="check")
"""A choice where there are such bins."""

NO_SKIN = Choice("no neutron skin", {"neutron_skin_fm": 0.0}, source=SKIN)
"""A choice for germanium: lighter nuclei have none, and tungsten recoils below the threshold."""


@dataclass(frozen=True, kw_only=True)
class Settings(NumericalOptions, NuclearOptions, ProjectionOptions):
    """Options of coherent scattering at a 51Cr source."""

    flux_from: str = option(
        "printed",
        "the mean flux that the paper prints, or 5 MCi at its distance, decaying during the run",
        among=("printed", "point"),
    )
    isotopes: bool = option(
        False, "whether neutrinos scatter off every isotope; the bins stay those of the mean nuclei"
    )


def formula(material: str) -> dict[str, int]:
    """Atoms of each element in a formula such as ``"Al2O3"``."""
    return {element: int(number or 1) for element, number in re.findall(r"([A-Z][a-z]?)(\d*)", material)}


def mean_flux(flux_from: str) -> float:
    """Neutrinos per area and time (natural units), mean over the run; see :class:`Settings`."""
    parameters = table("cr51/parameters")
    if flux_from == "printed":
        return parameters.value("cevns_flux", unit="cm^-2 s^-1") / units.cm**2 / units.second
    time = parameters.value("cevns_time", unit="d") * units.day
    decays = chromium51.decays(parameters.value("cevns_activity", unit="MCi") * 1e6 * units.curie, time)
    return decays / time / (4 * np.pi * (parameters.value("cevns_distance", unit="cm") * units.cm) ** 2)


def build(options: Settings, material: str = "Ge") -> Experiment:
    """51Cr and coherent scattering on one material, with the mass that the paper prints."""
    parameters, masses = table("cr51/parameters"), table("cr51/cevns_targets")
    (row,) = np.flatnonzero(masses["target"] == material)
    time = parameters.value("cevns_time", unit="d") * units.day
    fluxes = chromium51.flux(mean_flux(options.flux_from) * time * options.exposure_factor)
    edges = _edges(options, material, fluxes["nu_e"].maximum_energy)
    target = options.compound(formula(material), isotopes=options.isotopes)
    seen = Binned(tuple(edges.tolist()), maximum_recoil=2 * float(edges[-1]))
    kilograms = float(masses.column("mass", "kg", above=0.0)[row])
    before = blank(
        name=f"cr51-cevns-{material.lower()}",
        title=f"51Cr-{material}",
        edges=edges / units.eV,
        unit="eV",
        channels=channels(target, kilograms, fluxes, nuclei=seen, order=options.order),
        sources=(parameters.source,),
        choices=(*CHOICES, NO_SKIN) if material == "Ge" else CHOICES,
        data_set="cr51-cevns",  # alternatives around one source
    )
    if np.any(before.standard_model() < FEWEST):
        before = replace(before, choices=(*before.choices, FEW))
    return asimov(before, *options.errors(parameters), options.minimum_events)


def _edges(options: Settings, material: str, largest_energy: float) -> NDArray[np.float64]:
    """Bin edges (MeV) from the threshold to the largest recoil of the lightest nucleus."""
    parameters = table("cr51/parameters")
    lowest = parameters.value("cevns_threshold", unit="eV_nr") * units.eV
    if options.threshold_keV is not None:
        lowest = options.threshold_keV * units.keV
    mean_nuclei = NuclearOptions().compound(formula(material)).nuclei
    lightest = min(nucleus.mass for _, nucleus in mean_nuclei)
    highest = float(kinematics.recoil_limits(largest_energy, lightest)[1])
    if not 0 < lowest < highest:
        raise ValueError(
            f"the threshold must lie between 0 and the largest recoil of {highest / units.keV:.4g} keV, not at "
            f"{lowest / units.keV:g} keV"
        )
    return np.linspace(lowest, highest, int(parameters.value("cevns_bins", unit="1")) + 1)
