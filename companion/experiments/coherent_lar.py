"""COHERENT-LAr: analysis A of the data release of 2020 (Sec. 3.2, Eq. 25)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import response, units
from ..data import table
from ..fluxes import Flux
from ..statistics import Gaussian, Pull
from . import beam
from .channel import Axis, Channel, channels
from .experiment import Experiment
from .settings import Choice, option

__all__ = [
    "ArgonOptions", "CHOICES", "QUENCHING", "RESPONSE_CHOICES", "Settings", "argon", "argon_response", "backgrounds",
    "build", "edges", "electron_equivalent", "fraction_in_time", "likelihood", "sources",
]  # fmt: skip

QUENCHING = {
    "nominal": (0, 0),
    "constant_up": (1, 0),
    "constant_down": (-1, 0),
    "slope_up": (0, 1),
    "slope_down": (0, -1),
}
"""Shifts of the two numbers of the quenching factor, in units of their errors."""

RESPONSE_CHOICES = (
    Choice("no smearing", {"smearing": False}, kind="check"),
    Choice("Helm form factor, charge radius", {"proton_radius": "charge"}, source="form factor and radius"),
    Choice("Klein-Nystrand form factor", {"form_factor": "klein-nystrand"}, source="form factor and radius"),
    Choice("neutron skin of 0.3 fm", {"neutron_skin_fm": 0.3}, source="neutron skin 0 to 0.3 fm"),
    Choice("no form factor", {"form_factor": "point"}, kind="check"),
    *(
        Choice(f"quenching, {number} {side}", {"quenching": f"{number}_{side}"}, kind="sigma",
               source=f"quenching, {number}")
        for number in ("constant", "slope")
        for side in ("up", "down")
    ),
    Choice("late neutrinos lost after the window", {"late_neutrinos_lost": True}, kind="check"),
    *beam.FLUX_CHOICES,
    Choice("neutrons as in the fit of the release", {"neutrons_from": "fit"}, kind="check"),
    Choice("no efficiency beyond the end of its table", {"efficiency_beyond": "zero"}, kind="check"),
)  # fmt: skip
"""What else one could have chosen for an argon detector."""

CHOICES = (
    *RESPONSE_CHOICES,
    Choice("24 kg, as the paper rounds", {"mass_from": "printed"}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)


@dataclass(frozen=True, kw_only=True)
class ArgonOptions(beam.BeamOptions):
    """Options of the argon detectors."""

    late_neutrinos_lost: bool = option(
        False, "whether delayed neutrinos are lost that arrive after the time window of the release"
    )
    neutrons_from: str = option(
        "prediction",
        "normalisation of the neutrons of the beam: as expected before the fit of COHERENT, or its result",
        among=("prediction", "fit"),
    )
    efficiency_beyond: str = option(
        "last",
        "efficiency above the last tabulated energy, 39.75 keV_ee: its last value, or zero",
        among=("last", "zero"),
    )


@dataclass(frozen=True, kw_only=True)
class Settings(ArgonOptions):
    """Options of COHERENT-LAr."""

    mass_from: str = option("release", "24.4 kg of the release, or 24 kg as printed", among=("release", "printed"))


def electron_equivalent(model: str) -> beam.Function:
    """Electron-equivalent energy (MeV) as a function of recoil energy (MeV): a quenching factor linear in energy.

    Parameters
    ----------
    model : str
        ``"nominal"``, or one of its two numbers shifted by its error, see :data:`QUENCHING`
    """
    if model not in QUENCHING:
        raise ValueError(f"no quenching model {model!r}; there are {', '.join(QUENCHING)}")
    parameters = table("coherent/lar_parameters")
    constant, slope = (
        parameters.value(f"quenching_{name}", unit=unit)
        + shift * parameters.value(f"quenching_{name}", "uncertainty", unit=unit)
        for name, unit, shift in zip(("constant", "slope"), ("1", "1/keV_nr"), QUENCHING[model], strict=True)
    )
    return response.Polynomial((constant, slope / units.keV))


def edges() -> NDArray[np.float64]:
    """Edges of the 12 bins of reconstructed energy (keV_ee)."""
    bins = table("coherent/lar_bins")
    low, high = (bins.column(f"E_{side}", "keV_ee", minimum=0.0, increasing=True) for side in ("low", "high"))
    return np.append(low, high[-1])


def argon_response(options: ArgonOptions) -> response.Binned:
    """From nuclear recoils in argon to the 12 bins of reconstructed energy.

    The efficiency is read at the reconstructed energy.
    """
    measured = table("coherent/lar_efficiency")
    E = measured.column("E_ee", "keV_ee", minimum=0.0, increasing=True)
    values = measured.column("efficiency", "1", minimum=0.0, maximum=1.0)
    if options.efficiency_beyond == "last":
        E, values = np.append(E, edges()[-1]), np.append(values, values[-1])
    width = table("coherent/lar_parameters").value("resolution", unit="sqrt(keV_ee)")
    return response.Binned(
        edges=tuple(edges() * units.keV),
        quenching=beam.quenching(options.quenching, QUENCHING, electron_equivalent),
        # the width of sigma^2 = width^2 keV E
        resolution=response.ChargeResolution(0.0, width**2, units.keV) if options.smearing else None,
        acceptance=(tuple(E * units.keV), tuple(values)),
    )


def argon(options: ArgonOptions, kilograms: float, fluxes: Mapping[str, Flux]) -> tuple[Channel, ...]:
    """Coherent scattering in a mass of argon; its electron recoils are rejected by their pulse shape."""
    return channels(
        options.compound({"Ar": 1}), kilograms, fluxes, nuclei=argon_response(options), order=options.order
    )


def fraction_in_time() -> float:
    """Part of the delayed neutrinos that arrives before the window of the release closes.

    An exponential with the lifetime of the muon, folded with the Gaussian pulse of the beam.
    """
    parameters = table("coherent/lar_parameters")
    mean = parameters.value("pulse_mean", unit="ns") * 1e-3 * units.microsecond
    width = parameters.value("pulse_width", unit="ns") * 1e-3 * units.microsecond
    late = parameters.value("window_end", unit="us") * units.microsecond - mean
    # the pulse ends long before the window does
    return 1 - math.exp(-late / units.TAU_MU + (width / units.TAU_MU) ** 2 / 2)


def backgrounds(neutrons_from: str = "prediction") -> dict[str, NDArray[np.float64]]:
    """Beam-related neutrons per bin, prompt and late.

    Parameters
    ----------
    neutrons_from : {"prediction", "fit"}
        normalised as expected before, or as in the result of the fit of COHERENT; the shape is the same
    """
    bins = table("coherent/lar_bins")
    suffix = "" if neutrons_from == "prediction" else "_fit"
    return {
        "prompt neutrons": bins.column(f"PBRN{suffix}", "events", minimum=0.0),
        "late neutrons": bins.column(f"LBRN{suffix}", "events", minimum=0.0),
    }


def likelihood(
    name: str,
    observed: NDArray[np.float64],
    sigma: NDArray[np.float64],
    templates: Mapping[str, NDArray[np.float64]],
    sigma_signal: float | None = None,
) -> Gaussian:
    """Eq. (25): three pulls, and the uncertain shape of the neutrons in the denominator.

    Parameters
    ----------
    name : str
        of the experiment, in front of the names of its pulls
    observed, sigma : ndarray
        counts less the steady-state background, and their statistical errors
    templates : mapping
        see :func:`backgrounds`
    sigma_signal : float, optional
        relative error of the signal; default that of CENNS-10
    """
    parameters = table("coherent/lar_parameters")
    if sigma_signal is None:
        sigma_signal = parameters.value("sigma_CEvNS", unit="1")
    shape = parameters.value("sigma_BRNES", unit="1") * sum(templates.values())
    return Gaussian(
        observed=observed,
        sigma=np.sqrt(sigma**2 + shape**2),
        backgrounds=templates,
        pulls=(
            beam.signal_pull(name, sigma_signal),
            Pull(f"{name} prompt neutrons", parameters.value("sigma_PBRN", unit="1"), ("prompt neutrons",)),
            Pull(f"{name} late neutrons", parameters.value("sigma_LBRN", unit="1"), ("late neutrons",)),
        ),
    )


def sources(options: ArgonOptions, *parameters: str) -> tuple[str, ...]:
    """Where the numbers of an argon detector come from, its own tables of ``parameters`` among them."""
    used = (*parameters, "coherent/lar_bins", "coherent/lar_parameters", "coherent/lar_efficiency", "nuclear/isotopes")
    known = [table(name).source for name in used]
    quenching = beam.quenching_source(options.quenching, QUENCHING, table("coherent/lar_parameters").source)
    return tuple(dict.fromkeys([*known, quenching]))


def build(options: Settings) -> Experiment:
    """COHERENT-LAr."""
    parameters = table("coherent/lar_parameters")
    bins = table("coherent/lar_bins")
    mass = parameters.value("mass" if options.mass_from == "release" else "mass_printed", unit="kg")
    return Experiment(
        name="coherent-lar",
        title="COHERENT-LAr",
        axes=(Axis("reconstructed energy", "keV_ee", edges()),),
        quantity="events",
        likelihood=likelihood(
            "coherent-lar",
            bins.column("N_exp", "events"),
            bins.column("sigma_exp", "events", above=0.0),
            backgrounds(options.neutrons_from),
        ),
        channels=argon(
            options,
            mass,
            beam.fluence(
                parameters, options.neutrinos_factor, fraction_in_time() if options.late_neutrinos_lost else 1.0
            ),
        ),
        sources=sources(options),
        choices=CHOICES,
    )
