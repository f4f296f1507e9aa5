"""COHERENT-LAr: analysis A of the data release of 2020 (Sec. 3.2, Eq. 25)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, targets, units
from ..data import table
from ..fluxes import Flux, stopped_pion
from ..statistics import Gaussian, Pull
from . import beam
from .channel import Axis, Channel, channels
from .experiment import Experiment
from .options import Choice

QUENCHING = {
    "nominal": (0, 0),
    "constant_up": (1, 0),
    "constant_down": (-1, 0),
    "slope_up": (0, 1),
    "slope_down": (0, -1),
}
"""Shifts of the two numbers of the quenching factor, in units of their errors."""

RESPONSE_CHOICES = (
    Choice("no smearing", {"smearing": False}),
    Choice("Helm form factor, charge radius", {"proton_radius": "charge"}),
    Choice("Klein-Nystrand form factor", {"form_factor": "klein-nystrand"}),
    Choice("no form factor", {"form_factor": "point"}),
    Choice("quenching, constant up", {"quenching": "constant_up"}),
    Choice("quenching, constant down", {"quenching": "constant_down"}),
    Choice("quenching, slope up", {"quenching": "slope_up"}),
    Choice("quenching, slope down", {"quenching": "slope_down"}),
    Choice("late neutrinos lost after the window", {"time_window": True}),
    Choice("10 % more neutrinos, the error of the flux", {"neutrinos": 1.1}),
    Choice("10 % fewer neutrinos", {"neutrinos": 0.9}),
    Choice("neutrons as in the fit of the release", {"neutrons": "fit"}),
    Choice("no efficiency beyond the end of its table", {"efficiency_beyond": "zero"}),
)
"""What else one could have chosen for an argon detector."""

CHOICES = (
    *RESPONSE_CHOICES,
    Choice("24 kg, as the paper rounds", {"mass": "printed"}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)


def electron_equivalent(model: str) -> Callable[[ArrayLike], NDArray[np.float64]]:
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


def argon_response(
    quenching: str = "nominal", smearing: bool = True, efficiency_beyond: str = "last"
) -> response.Binned:
    """From nuclear recoils in argon to the 12 bins of reconstructed energy.

    Parameters
    ----------
    quenching : str
        see :func:`electron_equivalent`
    smearing : bool
        Gaussian resolution of width ``0.58 sqrt(E/keV_ee)`` keV_ee at the true energy; the efficiency is read at the
        reconstructed one
    efficiency_beyond : {"last", "zero"}
        what holds above the last tabulated energy, 39.75 keV_ee: the last value, or nothing is accepted
    """
    if efficiency_beyond not in ("last", "zero"):
        raise ValueError(f"beyond its table the efficiency is the last value or zero, not {efficiency_beyond!r}")
    measured = table("coherent/lar_efficiency")
    E = measured.column("E_ee", "keV_ee", minimum=0.0, increasing=True)
    values = measured.column("efficiency", "1", minimum=0.0, maximum=1.0)
    if efficiency_beyond == "last":
        E, values = np.append(E, edges()[-1]), np.append(values, values[-1])
    width = table("coherent/lar_parameters").value("resolution", unit="sqrt(keV_ee)")

    return response.Binned(
        edges=tuple(edges() * units.keV),
        quenching=electron_equivalent(quenching),
        # the width of sigma^2 = width^2 keV E
        resolution=response.ChargeResolution(0.0, width**2, units.keV) if smearing else None,
        acceptance=(tuple(E * units.keV), tuple(values)),
    )


def argon(
    kilograms: float,
    fluxes: Mapping[str, Flux],
    seen: response.Binned,
    *,
    form_factor: str = "helm",
    proton_radius: str = "point",
    neutron_skin: float | None = None,
    sin2_theta_W: float = units.SIN2_THETA_W,
    order: int = 32,
) -> tuple[Channel, ...]:
    """Coherent scattering in a mass of argon; its electron recoils are rejected by their pulse shape."""
    target = targets.compound(
        {"Ar": 1},
        form_factor=form_factor,
        proton_radius=proton_radius,
        neutron_skin=neutron_skin,
        sin2_theta_W=sin2_theta_W,
    )
    return channels(target, kilograms, fluxes, nuclei=seen, order=order)


def fraction_in_time() -> float:
    """Part of the delayed neutrinos that arrives before the window of the release closes.

    An exponential with the lifetime of the muon, folded with the Gaussian pulse of the beam.
    """
    parameters = table("coherent/lar_parameters")
    mean, width = (
        parameters.value(f"pulse_{name}", unit="ns") * 1e-3 * units.microsecond for name in ("mean", "width")
    )
    late = parameters.value("window_end", unit="us") * units.microsecond - mean
    # the pulse ends long before the window does
    return 1 - math.exp(-late / units.TAU_MU + (width / units.TAU_MU) ** 2 / 2)


def backgrounds(neutrons: str = "prediction") -> dict[str, NDArray[np.float64]]:
    """Beam-related neutrons per bin, prompt and late.

    Parameters
    ----------
    neutrons : {"prediction", "fit"}
        normalised as expected before or as found by the fit of COHERENT; the shape is the same
    """
    if neutrons not in ("prediction", "fit"):
        raise ValueError(f"neutrons are normalised to the prediction or the fit, not to {neutrons!r}")
    bins = table("coherent/lar_bins")
    suffix = "" if neutrons == "prediction" else "_fit"
    return {
        f"{when} neutrons": bins.column(f"{when[0].upper()}BRN{suffix}", "events", minimum=0.0)
        for when in ("prompt", "late")
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
    shape = parameters.value("sigma_BRNES", unit="1") * sum(templates.values())
    return Gaussian(
        observed=observed,
        sigma=np.sqrt(sigma**2 + shape**2),
        backgrounds=templates,
        pulls=(
            beam.signal_pull(name, parameters.value("sigma_CEvNS", unit="1") if sigma_signal is None else sigma_signal),
            Pull(f"{name} prompt neutrons", parameters.value("sigma_PBRN", unit="1"), ("prompt neutrons",)),
            Pull(f"{name} late neutrons", parameters.value("sigma_LBRN", unit="1"), ("late neutrons",)),
        ),
    )


def build(
    *,
    form_factor: str = "helm",
    proton_radius: str = "point",
    quenching: str = "nominal",
    smearing: bool = True,
    time_window: bool = False,
    neutrinos: float = 1.0,
    mass: str = "release",
    neutrons: str = "prediction",
    efficiency_beyond: str = "last",
    neutron_skin: float | None = None,
    sin2_theta_W: float = units.SIN2_THETA_W,
    order: int = 32,
) -> Experiment:
    """COHERENT-LAr.

    Parameters
    ----------
    form_factor : {"helm", "klein-nystrand", "point"}
        Eq. (13), footnote 2 of the paper, or 1
    proton_radius : {"point", "charge"}
        radius in the Helm form factor
    quenching, smearing
        see :func:`argon_response`
    time_window : bool
        whether the delayed neutrinos that come after the window are lost, see :func:`fraction_in_time`
    neutrinos : float
        factor on the number of neutrinos (or on the mass, or the number of protons)
    mass : {"release", "printed"}
        24.4 kg of the release or 24 kg of the paper
    neutrons : {"prediction", "fit"}
        see :func:`backgrounds`
    efficiency_beyond : {"last", "zero"}
        see :func:`argon_response`
    neutron_skin : float, optional
        :math:`R_n-R_p` (fm) in the Helm form factor; default 0.1 above A = 60, 0 below
    sin2_theta_W : float
        squared sine of the weak mixing angle
    order : int
        Gauss points per piece of the recoil range
    """
    if mass not in ("release", "printed"):
        raise ValueError(f"the mass is that of the release or the printed one, not {mass!r}")
    parameters = table("coherent/lar_parameters")
    bins = table("coherent/lar_bins")
    fluxes = stopped_pion.fluence(
        parameters.value("N_POT", unit="protons"),
        neutrinos * parameters.value("r", unit="neutrinos per flavour and proton"),
        parameters.value("L", unit="m") * units.m,
        fraction_in_time() if time_window else 1.0,
    )
    used = ("coherent/lar_bins", "coherent/lar_parameters", "coherent/lar_efficiency", "nuclear/isotopes")
    return Experiment(
        name="coherent-lar",
        title="COHERENT-LAr",
        axes=(Axis("reconstructed_energy", "keV_ee", edges()),),
        quantity="events",
        likelihood=likelihood(
            "coherent-lar",
            bins.column("N_exp", "events"),
            bins.column("sigma_exp", "events", above=0.0),
            backgrounds(neutrons),
        ),
        channels=argon(
            parameters.value("mass" if mass == "release" else "mass_printed", unit="kg"),
            fluxes,
            argon_response(quenching, smearing, efficiency_beyond),
            form_factor=form_factor,
            proton_radius=proton_radius,
            neutron_skin=neutron_skin,
            sin2_theta_W=sin2_theta_W,
            order=order,
        ),
        sources=tuple(table(name).source for name in used),
        choices=CHOICES,
    )
