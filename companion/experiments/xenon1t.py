"""XENON1T, electronic recoils of science run 1 (Sec. 3.1, Eq. 23)."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, targets, units
from ..data import table
from ..fluxes import solar
from ..statistics import Gaussian, Pull
from .couplings import BEST_FIT, best_fit, mass_splittings
from .experiment import Axis, Channel, Choice, Experiment

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


def resolution(E: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    r"""Width (MeV) :math:`a\sqrt{E}+bE` at an energy (MeV), with ``a`` in keV^(1/2)."""
    E = np.asarray(E, float)
    return a * np.sqrt(E * units.keV) + b * E


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
    oscillation: str = BEST_FIT,
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
    oscillation : str
        mixing parameters, see :func:`companion.experiments.couplings.best_fit`; other than the best fit they need the
        computed conversion
    order : int
        Gauss points per piece of the recoil range; eight times as many where the efficiency does not cut it
    """
    for name, value, known in (
        ("efficiency_at", efficiency_at, ("true", "reconstructed", "none")),
        ("background", background, BACKGROUNDS),
        ("efficiency_scales", efficiency_scales, ("signal", "all")),
        ("conversion", conversion, solar.SPECTRA),
    ):
        if value not in known:
            raise ValueError(f"{name} is one of {', '.join(known)}, not {value!r}")
    parameters = table("xenon/xenon1t_parameters")
    bins = table("xenon/xenon1t_spectrum")
    efficiency = table("xenon/xenon1t_efficiency")
    edges = np.append(bins["E_low"], bins["E_high"][-1])
    # rates per tonne, year and keV, times this, are events in a bin
    exposure = parameters.value("exposure") * np.diff(edges)

    curve = (tuple((efficiency["E"] * units.keV).tolist()), tuple(efficiency["total"].tolist()))
    a, b = parameters.value("resolution_a"), parameters.value("resolution_b")
    seen = response.Binned(
        edges=tuple((edges * units.keV).tolist()),
        resolution=partial(resolution, a=a, b=b) if smearing else None,
        efficiency=curve if efficiency_at == "true" else None,
        acceptance=curve if efficiency_at == "reconstructed" else None,
    )
    if conversion == "table" and oscillation != BEST_FIT:
        raise ValueError(f"the table of the conversion is that of the best fit: {oscillation!r} needs it 'computed'")
    splitting = mass_splittings(shift=oscillation)["21"] if conversion == "computed" else None
    sun = solar.fluxes(*best_fit(shift=oscillation), model=solar_model, spectra=spectra, splitting=splitting)
    xenon = targets.compound({"Xe": 1}, binding=binding)
    tonne_years = xenon.units_in(1000.0) * units.year * parameters.value("exposure")
    points = order if efficiency_at == "true" else 8 * order
    channels = [
        Channel(shells, n * tonne_years, sun, seen, standard_model=False, order=points) for n, shells in xenon.electrons
    ]
    continua = ("8B",) if spectra == "computed" else tuple(solar.TABLES)
    used = ["xenon/xenon1t_spectrum", "xenon/xenon1t_efficiency", "xenon/xenon1t_parameters"]
    used += ["solar/fluxes", "solar/be7_lines", *(f"solar/spectrum_{solar.TABLES[source]}" for source in continua)]
    used += ["solar/mass_eigenstate_probabilities" if splitting is None else "solar/production_profile"]
    used += ["oscillation/parameters", "atomic/binding", "nuclear/isotopes"]
    scaled = ("signal",) if efficiency_scales == "signal" else ("signal", "B0")
    return Experiment(
        name="xenon1t",
        title="XENON1T",
        axes=(Axis("energy", "keV", edges),),
        quantity="events",
        likelihood=Gaussian(
            observed=bins["rate"] * exposure,
            sigma=bins["rate_err"] * exposure,
            backgrounds={"B0": bins[background] * exposure},
            pulls=(
                Pull("xenon1t efficiency", parameters.value("sigma_efficiency"), scaled),
                Pull("xenon1t background", parameters.value("sigma_background"), ("B0",)),
            ),
        ),
        channels=tuple(channels),
        sources=tuple(dict.fromkeys(table(name).source for name in used)),
        choices=CHOICES,
    )
