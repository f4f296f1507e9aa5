"""XENON1T, electronic recoils of science run 1 (Sec. 3.1, Eq. 23)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data import table
from ..fluxes import solar
from ..statistics import Gaussian, Likelihood, Poisson, Pull
from . import solar_xenon
from .channel import Axis
from .experiment import Experiment
from .settings import Choice, again, option
from .vocabulary import SolarOptions

__all__ = ["CHOICES", "Settings", "build"]

CHOICES = (
    *solar_xenon.BINDING_CHOICES,
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}, kind="check"),
    Choice("no energy resolution", {"smearing": False}, kind="check"),
    Choice("background: second digitisation", {"background_model": "B0_second"}, kind="check"),
    Choice("$a_1$ scales the background as well", {"efficiency_scales": "all"}, kind="check"),
    Choice("fluxes of the solar model AGSS09", {"solar_model": "AGSS09"}, source="solar model"),
    Choice("beta spectra from tables", {"spectra": "table"}),
    Choice("flavour conversion computed", {"conversion": "computed"}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen; the paper is silent on most of it."""


@dataclass(frozen=True, kw_only=True)
class Settings(solar_xenon.XenonOptions):
    """Options of XENON1T."""

    background_model: str = option("B0", "digitisation of the background model", among=("B0", "B0_second"))
    efficiency_scales: str = option(
        "signal", "whether the pull a_1 of Eq. (23) scales the signal alone, or the background as well",
        among=("signal", "all"),
    )  # fmt: skip
    solar_model: str = option("GS98", "solar model of the B16 fluxes", among=("GS98", "AGSS09"))
    spectra: str = option("computed", "beta spectra of the solar neutrinos", among=solar.SPECTRA)
    conversion: str = again(SolarOptions, "conversion", "table")
    likelihood: str = option(
        "gaussian", "Eq. (23), or that of the counts behind its rates", among=("gaussian", "poisson")
    )


def build(options: Settings) -> Experiment:
    """XENON1T, electronic recoils."""
    sun = solar_xenon.Sun(options.solar_model, options.spectra, options.conversion)
    parameters = table("xenon/xenon1t_parameters")
    bins = table("xenon/xenon1t_spectrum")
    efficiency = table("xenon/xenon1t_efficiency")
    low, high = (bins.column(f"E_{side}", "keV", minimum=0.0, increasing=True) for side in ("low", "high"))
    edges = np.append(low, high[-1])
    energies = efficiency.column("E", "keV", increasing=True)
    passed = efficiency.column("total", "1", minimum=0.0, maximum=1.0)
    seen = solar_xenon.bins(
        options,
        edges,
        (tuple(energies.tolist()), tuple(passed.tolist())),
        solar_xenon.tabulated_resolution(parameters),
    )
    return Experiment(
        name="xenon1t",
        title="XENON1T",
        axes=(Axis("reconstructed energy", "keV", edges),),
        quantity="events",
        likelihood=_likelihood(options),
        channels=solar_xenon.channels(options, seen, parameters.value("exposure", unit="t y"), sun),
        conversion=sun,
        sources=solar_xenon.sources(
            ["xenon/xenon1t_spectrum", "xenon/xenon1t_efficiency", "xenon/xenon1t_parameters"],
            spectra=options.spectra,
            conversion=options.conversion,
        ),
        choices=CHOICES,
    )


def _likelihood(options: Settings) -> Likelihood:
    """Rates or counts, the background model and both pulls of Eq. (23)."""
    parameters, bins = table("xenon/xenon1t_parameters"), table("xenon/xenon1t_spectrum")
    # rates per tonne, year and keV, times this, are events in a bin
    exposure = parameters.value("exposure", unit="t y") * (bins.column("E_high", "keV") - bins.column("E_low", "keV"))
    scaled = ("signal",) if options.efficiency_scales == "signal" else ("signal", "B0")
    pulls = (
        Pull("xenon1t efficiency", parameters.value("sigma_efficiency", unit="1"), scaled),
        Pull("xenon1t background", parameters.value("sigma_background", unit="1"), ("B0",)),
    )
    backgrounds = {"B0": bins.column(options.background_model, "1/(t y keV)", minimum=0.0) * exposure}
    if options.likelihood == "poisson":
        return Poisson(bins.column("counts", "counts", minimum=0.0), backgrounds, pulls)
    rate, error = bins.column("rate", "1/(t y keV)"), bins.column("rate_err", "1/(t y keV)", above=0.0)
    return Gaussian(rate * exposure, error * exposure, backgrounds, pulls, counting=True)
