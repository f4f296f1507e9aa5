"""CENNS-750: a projection for 610 kg of argon and three years (Sec. 4), with the response of CENNS-10."""

from __future__ import annotations

import numpy as np

from .. import units
from ..data import table
from ..fluxes import stopped_pion
from . import coherent_lar
from .channel import Axis, standard_model
from .experiment import Experiment
from .options import Choice

CHOICES = (
    *coherent_lar.RESPONSE_CHOICES,
    Choice("twice the neutrons", {"more_neutrons": 2.0}),
    Choice("twice the steady-state background", {"more_steady": 2.0}),
    Choice("twice the exposure", {"exposure": 2.0}),
    Choice("half the exposure", {"exposure": 0.5}),
    Choice("5 % error of the signal", {"sigma_signal": 0.05}),
    Choice("20 % error of the signal", {"sigma_signal": 0.20}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)


def build(
    *,
    form_factor: str = "helm",
    proton_radius: str = "point",
    quenching: str = "nominal",
    smearing: bool = True,
    time_window: bool = False,
    neutrinos: float = 1.0,
    exposure: float = 1.0,
    neutrons: str = "prediction",
    more_neutrons: float = 1.0,
    more_steady: float = 1.0,
    sigma_signal: float | None = None,
    efficiency_beyond: str = "last",
    order: int = 32,
) -> Experiment:
    """CENNS-750.

    Parameters
    ----------
    form_factor, proton_radius, quenching, smearing, time_window, neutrons, efficiency_beyond, order
        as for COHERENT-LAr, see :func:`companion.experiments.coherent_lar.build`
    neutrinos : float
        factor on the number of neutrinos per proton, positive
    exposure : float
        factor on mass times protons, signal and backgrounds alike, positive
    more_neutrons, more_steady : float
        factors on the beam-related neutrons and on the steady-state background
    sigma_signal : float, optional
        relative error of the signal; default that of CENNS-10
    """
    factors = {
        "exposure": exposure,
        "neutrinos": neutrinos,
        "more_neutrons": more_neutrons,
        "more_steady": more_steady,
    }
    for option, factor in factors.items():
        if factor < 0:
            raise ValueError(f"the factor {option} must not be negative, not {factor}")
        if factor == 0 and option in ("exposure", "neutrinos"):
            raise ValueError(f"with the factor {option} = 0 there is no signal to project; it must be positive")
    parameters, small = table("coherent/cenns750_parameters"), table("coherent/lar_parameters")
    bins = table("coherent/lar_bins")
    mass = parameters.value("mass", unit="kg")
    protons = exposure * parameters.value("time", unit="y") * parameters.value("N_POT_per_year", unit="protons/y")
    channels = coherent_lar.argon(
        mass,
        stopped_pion.fluence(
            protons,
            neutrinos * parameters.value("r", unit="neutrinos per flavour and proton"),
            parameters.value("L", unit="m") * units.m,
            coherent_lar.fraction_in_time() if time_window else 1.0,
        ),
        coherent_lar.argon_response(quenching, smearing, efficiency_beyond),
        form_factor=form_factor,
        proton_radius=proton_radius,
        order=order,
    )
    # backgrounds grow with mass and protons; at what distance from the target they arise nobody has told us
    growth = mass * protons / (small.value("mass", unit="kg") * small.value("N_POT", unit="protons"))
    templates = {name: more_neutrons * growth * counts for name, counts in coherent_lar.backgrounds(neutrons).items()}
    observed = np.sum([*standard_model(channels).values(), *templates.values()], axis=0)
    # left out: the variance of the background that is subtracted, in CENNS-10 a fifth of it
    steady = more_steady * growth * bins.column("SS", "events", minimum=0.0)
    used = ("cenns750_parameters", "lar_bins", "lar_parameters", "lar_efficiency")
    return Experiment(
        name="cenns-750",
        title="CENNS-750",
        axes=(Axis("reconstructed_energy", "keV_ee", coherent_lar.edges()),),
        quantity="events",
        likelihood=coherent_lar.likelihood("cenns-750", observed, np.sqrt(observed + steady), templates, sigma_signal),
        channels=channels,
        sources=(*(table(f"coherent/{name}").source for name in used), table("nuclear/isotopes").source),
        choices=CHOICES,
        projected=True,
    )
