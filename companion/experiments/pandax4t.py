"""PandaX-4T, low-energy electronic recoils of Run1 (arXiv:2408.07641), second hand."""

from __future__ import annotations

import numpy as np

from ..data import table
from . import solar_xenon
from .experiment import Choice, Experiment

CHOICES = (
    Choice("exposure larger by a tenth", {"exposure": 1.001}),
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}),
    Choice("efficiency falls towards 30 keV as tabulated", {"roll_off": True}),
    *solar_xenon.COUNTING_CHOICES,
)


def build(
    *,
    exposure: float | None = None,
    binding: str = "xraydb",
    efficiency_at: str = "true",
    roll_off: bool = False,
    smearing: bool = True,
    sigma_efficiency: float | None = None,
    background_factor: float = 1.0,
    order: int = 5,
) -> Experiment:
    """PandaX-4T, Run1.

    Parameters
    ----------
    exposure : float, optional
        tonnes times years; by default the difference of what is published for both runs and for Run0
    binding : str
        binding energies of the electrons, see :func:`companion.targets.compound`
    efficiency_at : {"true", "reconstructed", "none"}
        energy at which the efficiency counts
    roll_off : bool
        whether the efficiency falls above 22 keV as tabulated; data and background do not
    smearing : bool
        whether the energy is blurred, with the resolution of XENON1T for want of its own
    sigma_efficiency : float, optional
        relative error of the signal; by default that of XENON1T, an assumption
    background_factor : float
        times the relative error of the background, 10 %, an assumption
    order : int
        Gauss points per piece of the recoil range
    """
    parameters = table("xenon/pandax4t_parameters")
    spectrum, efficiency = table("xenon/pandax4t_spectrum"), table("xenon/pandax4t_efficiency")
    if exposure is None:
        exposure = parameters.value("exposure_both") - parameters.value("exposure_Run0")
    edges = np.append(spectrum["E_low"], spectrum["E_high"][-1])
    curve = solar_xenon.plateau(efficiency["E"], efficiency["total"], 2 * edges[-1], roll_off)
    a, b = parameters.value("resolution_a"), parameters.value("resolution_b")
    return solar_xenon.counting(
        "pandax-4t",
        "PandaX-4T Run1",
        solar_xenon.bins(edges, curve, a, b, efficiency_at=efficiency_at, smearing=smearing),
        edges,
        spectrum["counts"],
        spectrum["background"],
        exposure,
        ["xenon/pandax4t_spectrum", "xenon/pandax4t_efficiency", "xenon/pandax4t_parameters"],
        sigma_efficiency=parameters.value("sigma_efficiency") if sigma_efficiency is None else sigma_efficiency,
        sigma_background=background_factor * parameters.value("sigma_background"),
        binding=binding,
        order=order,
        choices=CHOICES,
    )
