"""XENON1T, electronic recoils of science run 1 (Sec. 3.1, Eq. 23)."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..data import table
from ..statistics import Gaussian, Poisson, Pull
from . import solar_xenon
from .channel import Axis
from .experiment import Experiment
from .options import Choice

CHOICES = (
    Choice("free electrons, no steps", {"binding": "free"}),
    Choice("binding energies of xraylib", {"binding": "xraylib"}),
    Choice("binding energies calculated (RRPA)", {"binding": "rrpa"}),
    Choice("efficiency at the reconstructed energy", {"efficiency_at": "reconstructed"}),
    Choice("no energy resolution", {"smearing": False}),
    Choice("background: second digitisation", {"background": "B0_second"}),
    Choice("$a_1$ scales the background as well", {"efficiency_scales": "all"}),
    Choice("fluxes of the solar model AGSS09", {"solar_model": "AGSS09"}),
    Choice("beta spectra from tables", {"spectra": "table"}),
    Choice("flavour conversion computed", {"conversion": "computed"}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What else one could have chosen; the paper is silent on most of it."""

BACKGROUNDS = ("B0", "B0_second")
LIKELIHOODS = ("gaussian", "poisson")


def build(
    *,
    binding: str = "xraydb",
    efficiency_at: str = "true",
    smearing: bool = True,
    background: str = "B0",
    efficiency_scales: str = "signal",
    solar_model: str = "GS98",
    spectra: str = "computed",
    conversion: str = "table",
    likelihood: str = "gaussian",
    order: int = 4,
) -> Experiment:
    """XENON1T, electronic recoils.

    Parameters
    ----------
    binding : str
        binding energies of the electrons, see :func:`companion.targets.compound`
    efficiency_at : {"true", "reconstructed", "none"}
        energy at which the efficiency counts, before or after the resolution, or an efficiency of 1
    smearing : bool
        whether the energy is blurred
    background : {"B0", "B0_second"}
        digitisation of the background model
    efficiency_scales : {"signal", "all"}
        whether the pull a_1 of Eq. (23) scales the signal alone or the background as well
    solar_model : {"GS98", "AGSS09"}
        B16 fluxes
    spectra, conversion : {"computed", "table"}
        beta spectra and flavour conversion of the solar neutrinos, see :func:`companion.fluxes.solar.fluxes`
    likelihood : {"gaussian", "poisson"}
        Eq. (23), or that of the counts behind its rates
    order : int
        Gauss points per piece of the recoil range; four times as many where the efficiency does not cut it
    """
    for name, value, known in (
        ("background", background, BACKGROUNDS),
        ("efficiency_scales", efficiency_scales, ("signal", "all")),
        ("likelihood", likelihood, LIKELIHOODS),
    ):
        if value not in known:
            raise ValueError(f"{name} is one of {', '.join(known)}, not {value!r}")
    sun = solar_xenon.Sun(solar_model, spectra, conversion)
    parameters = table("xenon/xenon1t_parameters")
    bins = table("xenon/xenon1t_spectrum")
    efficiency = table("xenon/xenon1t_efficiency")
    low, high = (bins.column(f"E_{side}", "keV", minimum=0.0, increasing=True) for side in ("low", "high"))
    edges = np.append(low, high[-1])
    passed = efficiency.column("total", "1", minimum=0.0, maximum=1.0)
    # rates per tonne, year and keV, times this, are events in a bin
    exposure = parameters.value("exposure", unit="t y") * np.diff(edges)
    seen = solar_xenon.bins(
        edges,
        (tuple(efficiency.column("E", "keV", increasing=True).tolist()), tuple(passed.tolist())),
        partial(
            solar_xenon.resolution,
            a=parameters.value("resolution_a", unit="sqrt(keV)"),
            b=parameters.value("resolution_b", unit="1"),
        ),
        efficiency_at=efficiency_at,
        smearing=smearing,
    )
    scaled = ("signal",) if efficiency_scales == "signal" else ("signal", "B0")
    pulls = (
        Pull("xenon1t efficiency", parameters.value("sigma_efficiency", unit="1"), scaled),
        Pull("xenon1t background", parameters.value("sigma_background", unit="1"), ("B0",)),
    )
    backgrounds = {"B0": bins.column(background, "1/(t y keV)", minimum=0.0) * exposure}
    data: Gaussian | Poisson
    if likelihood == "poisson":
        data = Poisson(bins.column("counts", "counts", minimum=0.0), backgrounds, pulls)
    else:
        rate, error = bins.column("rate", "1/(t y keV)"), bins.column("rate_err", "1/(t y keV)", above=0.0)
        data = Gaussian(rate * exposure, error * exposure, backgrounds, pulls)
    return Experiment(
        name="xenon1t",
        title="XENON1T",
        axes=(Axis("energy", "keV", edges),),
        quantity="events",
        likelihood=data,
        channels=solar_xenon.channels(
            seen,
            parameters.value("exposure", unit="t y"),
            binding=binding,
            sun=sun,
            order=order,
        ),
        conversion=sun,
        sources=solar_xenon.sources(
            ["xenon/xenon1t_spectrum", "xenon/xenon1t_efficiency", "xenon/xenon1t_parameters"],
            spectra=spectra,
            conversion=conversion,
        ),
        choices=CHOICES,
    )
