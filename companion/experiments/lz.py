"""LZ, low-energy electronic recoils of the runs WS2022 and WS2024 (arXiv:2307.15753, arXiv:2511.17350), second hand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from .. import units
from ..checks import finite
from ..data import table
from . import solar_xenon
from .experiment import Experiment
from .settings import Choice, option

__all__ = ["CHOICES", "Settings", "build", "exposure"]

CHOICES = (
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}, kind="check"),
    Choice("efficiency falls towards 20 keV as tabulated", {"roll_off": True}, kind="check"),
    Choice("resolution from the edge of the efficiency", {"resolution": "edge"}),
    Choice("fit from 0 keV on, where the response fails", {"threshold_keV": 0.0}, kind="check"),
    *solar_xenon.COUNTING_CHOICES,
)


@dataclass(frozen=True, kw_only=True)
class Settings(solar_xenon.CountingOptions):
    """Options of LZ.

    The table of its events starts at 0 keV, but below 1 keV the response does not describe the data: a flat spectrum
    scaled to the background above 5 keV gives 1.6 events in WS2022 and 6.8 in WS2024 there, where the background models
    have 0.12 and 0.  The resolution of LUX is 0.33 sqrt(E keV); ``"edge"`` is what the edge of the efficiency implies.
    """

    roll_off: bool = option(
        False, "whether the efficiency falls at high energies as tabulated, where data and background do not"
    )
    resolution: str = option(
        "LUX",
        "whose energy resolution",
        among=("LUX", "edge"),
    )


def exposure(run: str) -> float:
    """Exposure (t y) of a run: mass times live time of WS2022, and what is left of the total for WS2024."""
    parameters = table("xenon/lz_parameters")
    live_time = parameters.value("live_time_WS2022", unit="d") * units.day / units.year
    first = parameters.value("mass_WS2022", unit="t") * live_time
    return first if run == "WS2022" else parameters.value("exposure_total", unit="t y") - first


def build(options: Settings, run: str = "WS2022") -> Experiment:
    """LZ, one of the runs WS2022 and WS2024.

    By default its efficiency counts at the true energy: its smooth edge at the end of the bins tells that.  The errors
    of signal (that of XENON1T) and background (10 %) are assumptions.
    """
    parameters = table("xenon/lz_parameters")
    spectrum, efficiency = table("xenon/lz_spectrum"), table("xenon/lz_efficiency")
    rows, points = spectrum["run"] == run, efficiency["run"] == run
    low, high = (
        finite(f"{side} edges of LZ", spectrum.column(f"E_{side}", "keV")[rows], increasing=True)
        for side in ("low", "high")
    )
    edges = np.append(low, high[-1])
    a = parameters.value("resolution_a", unit="sqrt(keV)")
    if options.resolution == "edge":
        a = parameters.value("sigma_edge", unit="keV") / edges[-1] ** 0.5
    E = efficiency.column("E", "keV")[points]
    total = efficiency.column("total", "1", minimum=0.0, maximum=1.0)[points]
    return solar_xenon.counting(
        options,
        name=f"lz-{run.lower()}",
        title=f"LZ {run}",
        edges=edges,
        counts=spectrum.column("counts", "counts", minimum=0.0)[rows],
        background=spectrum.column("background", "counts", minimum=0.0)[rows],
        efficiency=solar_xenon.plateau(E, total, 2 * edges[-1], options.roll_off),
        width=partial(solar_xenon.resolution, a=a, b=0.0),
        exposure=exposure(run),
        sigma_signal=parameters.value("sigma_efficiency", unit="1"),
        sigma_background=parameters.value("sigma_background", unit="1"),
        tables=["xenon/lz_spectrum", "xenon/lz_efficiency", "xenon/lz_parameters"],
        choices=CHOICES,
    )
