"""CENNS-750: a projection for 610 kg of argon and three years (Sec. 4), with the response of CENNS-10."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import units
from ..data import table
from ..fluxes import stopped_pion
from . import coherent_lar
from .channel import Axis, standard_model
from .experiment import Experiment
from .settings import Choice, again, option
from .vocabulary import ProjectionOptions

__all__ = ["CHOICES", "Settings", "build"]

CHOICES = (
    *coherent_lar.RESPONSE_CHOICES,
    Choice("twice the neutrons", {"neutrons_factor": 2.0}, kind="check"),
    Choice("twice the steady-state background", {"steady_factor": 2.0}, kind="check"),
    Choice("twice the exposure", {"exposure_factor": 2.0}, kind="check"),
    Choice("half the exposure", {"exposure_factor": 0.5}, kind="check"),
    Choice("5 % error of the signal", {"sigma_signal": 0.05}, kind="check"),
    Choice("20 % error of the signal", {"sigma_signal": 0.20}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)


@dataclass(frozen=True, kw_only=True)
class Settings(coherent_lar.ArgonOptions):
    """Options of CENNS-750."""

    exposure_factor: float = again(ProjectionOptions, "exposure_factor", 1.0)
    neutrons_factor: float = option(1.0, "factor on the expected neutrons of the beam", unit="1", at_least=0)
    steady_factor: float = option(1.0, "factor on the steady-state background", unit="1", at_least=0)
    sigma_signal: float | None = again(ProjectionOptions, "sigma_signal", None)


def build(options: Settings) -> Experiment:
    """CENNS-750."""
    if options.neutrinos_factor == 0:
        raise ValueError("with neutrinos_factor = 0 there is no signal to project; it must be positive")
    parameters, small = table("coherent/cenns750_parameters"), table("coherent/lar_parameters")
    bins = table("coherent/lar_bins")
    mass = parameters.value("mass", unit="kg")
    per_year = parameters.value("N_POT_per_year", unit="protons/y")
    protons = options.exposure_factor * parameters.value("time", unit="y") * per_year
    fluxes = stopped_pion.fluence(
        protons,
        options.neutrinos_factor * parameters.value("r", unit="neutrinos per flavour and proton"),
        parameters.value("L", unit="m") * units.m,
        coherent_lar.fraction_in_time() if options.late_neutrinos_lost else 1.0,
    )
    seen = coherent_lar.argon(options, mass, fluxes)
    # backgrounds grow with mass and protons; at what distance from the target they arise is not published
    growth = mass * protons / (small.value("mass", unit="kg") * small.value("N_POT", unit="protons"))
    templates = {
        name: options.neutrons_factor * growth * counts
        for name, counts in coherent_lar.backgrounds(options.neutrons_from).items()
    }
    observed = np.sum([*standard_model(seen).values(), *templates.values()], axis=0)
    # left out: the variance of the background that is subtracted, in CENNS-10 a fifth of it
    steady = options.steady_factor * growth * bins.column("SS", "events", minimum=0.0)
    return Experiment(
        name="cenns-750",
        title="CENNS-750",
        axes=(Axis("reconstructed energy", "keV_ee", coherent_lar.edges()),),
        quantity="events",
        likelihood=coherent_lar.likelihood(
            "cenns-750", observed, np.sqrt(observed + steady), templates, options.sigma_signal
        ),
        channels=seen,
        sources=coherent_lar.sources(options, "coherent/cenns750_parameters"),
        choices=CHOICES,
        projected=True,
    )
