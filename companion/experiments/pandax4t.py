"""PandaX-4T, low-energy electronic recoils of Run1 (arXiv:2408.07641), second hand."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from .. import units
from ..data import table
from . import solar_xenon
from .experiment import Experiment
from .options import Choice

CHOICES = (
    Choice("exposure larger by a tenth", {"exposure": 1.001}),
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}),
    Choice("efficiency falls towards 30 keV as tabulated", {"roll_off": True}),
    Choice("resolution of XENON1T", {"resolution": "XENON1T"}),
    Choice("fit from 0 keV on, where the response fails", {"first_keV": 0.0}),
    *solar_xenon.COUNTING_CHOICES,
)


RESOLUTIONS = ("measured", "XENON1T")


def measured_width(E: ArrayLike, coefficients: tuple[float, ...], end: float) -> NDArray[np.float64]:
    """Width (MeV) at an energy (MeV): a polynomial in keV up to ``end`` (keV), and its tangent from there on.

    A polynomial of degree three says nothing beyond the energies that it was fitted to.
    """
    E = np.asarray(E, float) / units.keV
    width = Polynomial(coefficients)
    inside = np.minimum(E, end)
    return (width(inside) + width.deriv()(end) * (E - inside)) * units.keV


def build(
    *,
    exposure: float | None = None,
    binding: str = "xraydb",
    efficiency_at: str = "true",
    roll_off: bool = False,
    resolution: str = "measured",
    smearing: bool = True,
    first_keV: float = 1.0,
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
    resolution : {"measured", "XENON1T"}
        the collaboration's polynomial, second hand, or that of XENON1T, which is narrower: 1.02 instead of 1.26 keV at
        10 keV
    smearing : bool
        whether the energy is blurred
    first_keV : float
        lower edge of the first bin (keV). The table starts at 0, but there the response does not describe the data: a
        flat spectrum scaled to the background above 5 keV gives 3.7 events below 1 keV, where the background model has
        0.82
    sigma_efficiency : float, optional
        relative error of the signal; by default that of XENON1T, an assumption
    background_factor : float
        times the relative error of the background, 10 %, an assumption
    order : int
        Gauss points per piece of the recoil range
    """
    if resolution not in RESOLUTIONS:
        raise ValueError(f"resolution is one of {', '.join(RESOLUTIONS)}, not {resolution!r}")
    parameters = table("xenon/pandax4t_parameters")
    spectrum, efficiency = table("xenon/pandax4t_spectrum"), table("xenon/pandax4t_efficiency")
    if exposure is None:
        exposure = parameters.value("exposure_both", unit="t y") - parameters.value("exposure_Run0", unit="t y")
    low, high = (spectrum.column(f"E_{side}", "keV", minimum=0.0, increasing=True) for side in ("low", "high"))
    edges = np.append(low, high[-1])
    passed = efficiency.column("total", "1", minimum=0.0, maximum=1.0)
    curve = solar_xenon.plateau(efficiency.column("E", "keV", increasing=True), passed, 2 * edges[-1], roll_off)
    first = solar_xenon.first_bin(edges, first_keV)
    if resolution == "measured":
        measured = table("xenon/pandax4t_resolution")
        powers = {"a": "keV", "b": "1", "c": "1/keV", "d": "1/keV^2"}
        coefficients = tuple(measured.value(parameter, unit=unit) for parameter, unit in powers.items())
        width = partial(measured_width, coefficients=coefficients, end=float(edges[-1]))
    else:
        width = partial(
            solar_xenon.resolution,
            a=parameters.value("resolution_a", unit="sqrt(keV)"),
            b=parameters.value("resolution_b", unit="1"),
        )
    edges = edges[first:]
    return solar_xenon.counting(
        "pandax-4t",
        "PandaX-4T Run1",
        solar_xenon.bins(edges, curve, width, efficiency_at=efficiency_at, smearing=smearing),
        edges,
        spectrum.column("counts", "counts", minimum=0.0)[first:],
        spectrum.column("background", "counts", minimum=0.0)[first:],
        exposure,
        [f"xenon/pandax4t_{part}" for part in ("spectrum", "efficiency", "resolution", "parameters")],
        sigma_efficiency=parameters.value("sigma_efficiency", unit="1")
        if sigma_efficiency is None
        else sigma_efficiency,
        sigma_background=background_factor * parameters.value("sigma_background", unit="1"),
        binding=binding,
        order=order,
        choices=CHOICES,
    )
