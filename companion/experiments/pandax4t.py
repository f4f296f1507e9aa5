"""PandaX-4T, low-energy electronic recoils of Run1 (arXiv:2408.07641), second hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from .. import units
from ..data import table
from . import lz, solar_xenon
from .experiment import Experiment
from .settings import Choice, again, option
from .vocabulary import NumericalOptions, ProjectionOptions

__all__ = ["CHOICES", "Settings", "build", "measured_width"]

CHOICES = (
    Choice("exposure larger by a tenth", {"exposure_factor": 1.1}, kind="check"),
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}, kind="check"),
    Choice("efficiency falls towards 30 keV as tabulated", {"roll_off": True}, kind="check"),
    Choice("resolution of XENON1T", {"resolution": "XENON1T"}),
    Choice("fit from 0 keV on, where the response fails", {"threshold_keV": 0.0}, kind="check"),
    *solar_xenon.COUNTING_CHOICES,
)


@dataclass(frozen=True, kw_only=True)
class Settings(solar_xenon.CountingOptions):
    """Options of PandaX-4T.

    The table of its events starts at 0 keV, but below 1 keV the response does not describe the data: a flat spectrum
    scaled to the background above 5 keV gives 3.7 events there, where the background model has 0.82.  The measured
    resolution is the collaboration's polynomial, second hand; that of XENON1T is narrower, 1.02 instead of 1.26 keV at
    10 keV.
    """

    exposure_factor: float = again(ProjectionOptions, "exposure_factor", 1.0)
    roll_off: bool = again(lz.Settings, "roll_off", False)
    resolution: str = option(
        "measured",
        "whose energy resolution",
        among=("measured", "XENON1T"),
    )
    order: int = again(NumericalOptions, "order", 5)


def measured_width(E: ArrayLike, coefficients: tuple[float, ...], end: float) -> NDArray[np.float64]:
    """Width (MeV) at an energy (MeV): a polynomial in keV up to ``end`` (keV), and its tangent from there on.

    A polynomial of degree three says nothing beyond the energies that it was fitted to.
    """
    E = np.asarray(E, float) / units.keV
    width = Polynomial(coefficients)
    inside = np.minimum(E, end)
    return (width(inside) + width.deriv()(end) * (E - inside)) * units.keV


def build(options: Settings) -> Experiment:
    """PandaX-4T, Run1.

    Its exposure is the difference of what is published for both runs and for Run0.  The errors of signal (that of
    XENON1T) and background (10 %) are assumptions.
    """
    parameters = table("xenon/pandax4t_parameters")
    spectrum, efficiency = table("xenon/pandax4t_spectrum"), table("xenon/pandax4t_efficiency")
    low, high = (spectrum.column(f"E_{side}", "keV", minimum=0.0, increasing=True) for side in ("low", "high"))
    edges = np.append(low, high[-1])
    width: Callable[[ArrayLike], NDArray[np.float64]]
    if options.resolution == "measured":
        measured = table("xenon/pandax4t_resolution")
        powers = {"a": "keV", "b": "1", "c": "1/keV", "d": "1/keV^2"}
        coefficients = tuple(measured.value(parameter, unit=unit) for parameter, unit in powers.items())
        width = partial(measured_width, coefficients=coefficients, end=float(edges[-1]))
    else:
        width = solar_xenon.tabulated_resolution(parameters)
    E = efficiency.column("E", "keV", increasing=True)
    total = efficiency.column("total", "1", minimum=0.0, maximum=1.0)
    difference = parameters.value("exposure_both", unit="t y") - parameters.value("exposure_Run0", unit="t y")
    exposure = options.exposure_factor * difference
    return solar_xenon.counting(
        options,
        name="pandax-4t",
        title="PandaX-4T Run1",
        edges=edges,
        counts=spectrum.column("counts", "counts", minimum=0.0),
        background=spectrum.column("background", "counts", minimum=0.0),
        efficiency=solar_xenon.plateau(E, total, 2 * edges[-1], options.roll_off),
        width=width,
        exposure=exposure,
        sigma_signal=parameters.value("sigma_efficiency", unit="1"),
        sigma_background=parameters.value("sigma_background", unit="1"),
        tables=[f"xenon/pandax4t_{part}" for part in ("spectrum", "efficiency", "resolution", "parameters")],
        choices=CHOICES,
    )
