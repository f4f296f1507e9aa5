"""XENONnT, electronic recoils of science run 0 (arXiv:2207.11330)."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..data import table
from . import solar_xenon
from .experiment import Experiment
from .options import Choice

CHOICES = (
    Choice("efficiency at the true energy", {"efficiency_at": "true"}),
    *solar_xenon.COUNTING_CHOICES,
)

EDGES = np.arange(1.0, 31.0)
"""Bins of 1 keV (keV): the events come one by one."""


def build(
    *,
    binding: str = "xraydb",
    efficiency_at: str = "reconstructed",
    smearing: bool = True,
    first_keV: float = 1.0,
    sigma_efficiency: float | None = None,
    background_factor: float = 1.0,
    order: int = 4,
) -> Experiment:
    """XENONnT, science run 0.

    Parameters
    ----------
    binding : str
        binding energies of the electrons, see :func:`companion.targets.compound`
    efficiency_at : {"true", "reconstructed", "none"}
        energy at which the efficiency counts; the release says reconstructed
    smearing : bool
        whether the energy is blurred, with the resolution of XENON1T for want of its own
    first_keV : float
        lower edge of the first bin (keV); the release starts at 1
    sigma_efficiency : float, optional
        relative error of the signal; by default that of XENON1T, an assumption
    background_factor : float
        times the relative error of the background rate that the collaboration quotes
    order : int
        Gauss points per piece of the recoil range
    """
    parameters = table("xenon/xenonnt_parameters")
    efficiency, model = table("xenon/xenonnt_efficiency"), table("xenon/xenonnt_background")
    exposure = parameters.value("exposure", unit="t y")
    edges = EDGES[solar_xenon.first_bin(EDGES, first_keV) :]
    counts = np.histogram(table("xenon/xenonnt_events").column("E", "keV"), edges)[0].astype(float)
    # the model has ten cells to a bin
    E, rate = model.column("E", "keV", increasing=True), model.column("rate", "1/(t y keV)", minimum=0.0)
    background = exposure * np.histogram(E, edges, weights=rate * np.diff(E)[0])[0]
    # the points end just below the last bin edge
    passed = efficiency.column("total", "1", minimum=0.0, maximum=1.0)
    curve = solar_xenon.plateau(efficiency.column("E", "keV", increasing=True), passed, edges[-1], roll_off=True)
    return solar_xenon.counting(
        "xenonnt",
        "XENONnT",
        solar_xenon.bins(
            edges,
            curve,
            partial(
                solar_xenon.resolution,
                a=parameters.value("resolution_a", unit="sqrt(keV)"),
                b=parameters.value("resolution_b", unit="1"),
            ),
            efficiency_at=efficiency_at,
            smearing=smearing,
        ),
        edges,
        counts,
        background,
        exposure,
        [f"xenon/xenonnt_{part}" for part in ("events", "background", "efficiency", "parameters")],
        sigma_efficiency=parameters.value("sigma_efficiency", unit="1")
        if sigma_efficiency is None
        else sigma_efficiency,
        sigma_background=background_factor
        * parameters.value("background_rate_error", unit="1/(t y keV)")
        / parameters.value("background_rate", unit="1/(t y keV)"),
        binding=binding,
        order=order,
        choices=CHOICES,
    )
