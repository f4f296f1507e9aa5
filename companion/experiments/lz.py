"""LZ, low-energy electronic recoils of the runs WS2022 and WS2024 (arXiv:2307.15753, arXiv:2511.17350), second hand."""

from __future__ import annotations

from functools import partial

import numpy as np

from .. import units
from ..checks import finite
from ..data import table
from . import solar_xenon
from .experiment import Experiment
from .options import Choice

RUNS = ("WS2022", "WS2024")

CHOICES = (
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}),
    Choice("efficiency falls towards 20 keV as tabulated", {"roll_off": True}),
    Choice("resolution from the edge of the efficiency", {"resolution": "edge"}),
    Choice("fit from 0 keV on, where the response fails", {"first_keV": 0.0}),
    *solar_xenon.COUNTING_CHOICES,
)


def exposure(run: str) -> float:
    """Exposure (t y) of a run: mass times live time of WS2022, and what is left of the total for WS2024."""
    parameters = table("xenon/lz_parameters")
    mass, time = parameters.value("mass_WS2022", unit="t"), parameters.value("live_time_WS2022", unit="d")
    first = mass * time * units.day / units.year
    return first if run == "WS2022" else parameters.value("exposure_total", unit="t y") - first


def build(
    *,
    run: str,
    binding: str = "xraydb",
    efficiency_at: str = "true",
    roll_off: bool = False,
    resolution: str = "LUX",
    smearing: bool = True,
    first_keV: float = 1.0,
    sigma_efficiency: float | None = None,
    background_factor: float = 1.0,
    order: int = 4,
) -> Experiment:
    """LZ.

    Parameters
    ----------
    run : {"WS2022", "WS2024"}
        which data
    binding : str
        binding energies of the electrons, see :func:`companion.targets.compound`
    efficiency_at : {"true", "reconstructed", "none"}
        energy at which the efficiency counts; its smooth edge at the end of the bins tells that it is the true one
    roll_off : bool
        whether the efficiency falls towards 20 keV as tabulated; the bins cut there already
    resolution : {"LUX", "edge"}
        :math:`0.33\\sqrt{E\\,\\mathrm{keV}}`, or what the edge of the efficiency implies
    smearing : bool
        whether the energy is blurred
    first_keV : float
        lower edge of the first bin (keV). The table starts at 0, but there the response does not describe the data: a
        flat spectrum scaled to the background above 5 keV gives 1.6 events in WS2022 and 6.8 in WS2024 below 1 keV,
        where the background models have 0.12 and 0
    sigma_efficiency : float, optional
        relative error of the signal; by default that of XENON1T, an assumption
    background_factor : float
        times the relative error of the background, 10 %, an assumption
    order : int
        Gauss points per piece of the recoil range
    """
    if resolution not in ("LUX", "edge"):
        raise ValueError(f"resolution is one of LUX, edge, not {resolution!r}")
    parameters = table("xenon/lz_parameters")
    spectrum, efficiency = table("xenon/lz_spectrum"), table("xenon/lz_efficiency")
    rows, points = spectrum["run"] == run, efficiency["run"] == run
    low, high = (
        finite(f"{side} edges of LZ", spectrum.column(f"E_{side}", "keV")[rows], increasing=True)
        for side in ("low", "high")
    )
    edges = np.append(low, high[-1])
    first = solar_xenon.first_bin(edges, first_keV)
    edges = edges[first:]
    a = parameters.value("resolution_a", unit="sqrt(keV)")
    if resolution == "edge":
        a = parameters.value("sigma_edge", unit="keV") / edges[-1] ** 0.5
    passed = efficiency.column("total", "1", minimum=0.0, maximum=1.0)[points]
    curve = solar_xenon.plateau(efficiency.column("E", "keV")[points], passed, 2 * edges[-1], roll_off)
    return solar_xenon.counting(
        f"lz-{run.lower()}",
        f"LZ {run}",
        solar_xenon.bins(
            edges,
            curve,
            partial(solar_xenon.resolution, a=a, b=0.0),
            efficiency_at=efficiency_at,
            smearing=smearing,
        ),
        edges,
        spectrum.column("counts", "counts", minimum=0.0)[rows][first:],
        spectrum.column("background", "counts", minimum=0.0)[rows][first:],
        exposure(run),
        ["xenon/lz_spectrum", "xenon/lz_efficiency", "xenon/lz_parameters"],
        sigma_efficiency=parameters.value("sigma_efficiency", unit="1")
        if sigma_efficiency is None
        else sigma_efficiency,
        sigma_background=background_factor * parameters.value("sigma_background", unit="1"),
        binding=binding,
        order=order,
        choices=CHOICES,
    )
