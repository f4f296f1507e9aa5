"""Coherent scattering of neutrinos from 51Cr on kilograms of Si, Ge, Al2O3 or CaWO4 (Sec. 3.4, Eq. 27)."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from .. import kinematics, targets, units
from ..data import table
from ..fluxes import chromium51
from ..response import Binned
from ..statistics import Gaussian
from .channel import Axis, channels
from .experiment import Experiment
from .options import Choice
from .projection import asimov

CHOICES = (
    Choice("isotopes one by one", {"isotopes": True}),
    Choice("no systematic error (0.1 %)", {"systematic": 1e-3}),
    Choice("no background", {"background": 0.0}),
    Choice("background of 100 %", {"background": 1.0}),
    Choice("threshold of 4 eV", {"threshold": 4.0}),
    Choice("source 25 cm from a point, decaying", {"flux": "point"}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What else one could have chosen."""

FEWEST = 5.0
FEW = Choice("bins with fewer than 5 events dropped", {"minimum_events": FEWEST})
"""A choice where there are such bins."""


def formula(material: str) -> dict[str, int]:
    """Atoms of each element in a formula such as ``"Al2O3"``."""
    return {element: int(number or 1) for element, number in re.findall(r"([A-Z][a-z]?)(\d*)", material)}


def mean_flux(flux: str) -> float:
    """Neutrinos per area and time (natural units), mean over the run; see :func:`build`."""
    parameters = table("cr51/parameters")
    if flux == "printed":
        return parameters.value("cevns_flux", unit="cm^-2 s^-1") / units.cm**2 / units.second
    if flux != "point":
        raise ValueError(f"no flux {flux!r}; there are printed, point")
    time = parameters.value("cevns_time", unit="d") * units.day
    decays = chromium51.decays(parameters.value("cevns_activity", unit="MCi") * 1e6 * units.curie, time)
    return decays / time / (4 * np.pi * (parameters.value("cevns_distance", unit="cm") * units.cm) ** 2)


def build(
    *,
    material: str = "Ge",
    flux: str = "printed",
    threshold: float | None = None,
    exposure: float = 1.0,
    background: float | None = None,
    systematic: float | None = None,
    minimum_events: float = 0.0,
    isotopes: bool = False,
    form_factor: str = "helm",
    proton_radius: str = "point",
    neutron_skin: float | None = None,
    sin2_theta_W: float = units.SIN2_THETA_W,
    order: int = 32,
) -> Experiment:
    """51Cr and coherent scattering.

    Parameters
    ----------
    material : {"Si", "Ge", "Al2O3", "CaWO4"}
        target, with the mass that the paper prints
    flux : {"printed", "point"}
        the paper's mean flux, or 5 MCi at the paper's distance, decaying during the run
    threshold : float, optional
        nuclear recoil energy (eV) of the first bin edge
    exposure : float
        factor on mass times time
    background, systematic : float, optional
        sigma_bg and sigma_sys of Eq. (27)
    minimum_events : float
        bins with fewer Standard-Model events are dropped
    isotopes : bool
        scatter off every isotope; the bins stay those of the mean nuclei
    form_factor, proton_radius, neutron_skin, sin2_theta_W
        of the nuclei, see :func:`companion.targets.compound`
    order : int
        Gauss points per piece of the recoil range
    """
    parameters, masses = table("cr51/parameters"), table("cr51/cevns_targets")
    (row,) = np.flatnonzero(masses["target"] == material)
    if not 0 < exposure < np.inf:
        raise ValueError(f"the exposure must be a positive factor, not {exposure}")
    lowest = (parameters.value("cevns_threshold", unit="eV_nr") if threshold is None else threshold) * units.eV
    time = parameters.value("cevns_time", unit="d") * units.day
    fluxes = chromium51.flux(mean_flux(flux) * time * exposure)
    lightest = min(nucleus.mass for _, nucleus in targets.compound(formula(material)).nuclei)
    highest = float(kinematics.recoil_limits(fluxes["nu_e"].maximum_energy, lightest)[1])
    if not 0 < lowest < highest:
        raise ValueError(
            f"the threshold must lie between 0 and the largest recoil of {highest / units.eV:.4g} eV, not {threshold}"
        )
    edges = np.linspace(lowest, highest, int(parameters.value("cevns_bins", unit="1")) + 1)
    target = targets.compound(
        formula(material),
        isotopes=isotopes,
        form_factor=form_factor,
        proton_radius=proton_radius,
        neutron_skin=neutron_skin,
        sin2_theta_W=sin2_theta_W,
    )
    response = Binned(tuple(edges.tolist()), maximum_recoil=2 * highest)
    blank = Experiment(
        name=f"cr51-cevns-{material.lower()}",
        title=f"51Cr-{material}",
        axes=(Axis("recoil energy", "eV", edges / units.eV),),
        quantity="events",
        likelihood=Gaussian(np.zeros(len(edges) - 1), np.ones(len(edges) - 1), {}),
        channels=channels(
            target, float(masses.column("mass", "kg", above=0.0)[row]), fluxes, nuclei=response, order=order
        ),
        sources=(parameters.source,),
        choices=CHOICES,
        data_set="cr51-cevns",  # alternatives around one source
    )
    if np.any(blank.standard_model() < FEWEST):
        blank = replace(blank, choices=(*CHOICES, FEW))
    return asimov(
        blank,
        parameters.value("sigma_background", unit="1") if background is None else background,
        parameters.value("sigma_systematic", unit="1") if systematic is None else systematic,
        minimum_events,
    )
