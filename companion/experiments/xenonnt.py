"""XENONnT, electronic recoils of science run 0 (arXiv:2207.11330)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data import table
from . import solar_xenon
from .experiment import Experiment
from .settings import Choice, again

__all__ = ["CHOICES", "EDGES", "Settings", "build"]

CHOICES = (
    Choice("efficiency at the true energy", {"efficiency_at": "true"}, kind="check"),
    *solar_xenon.COUNTING_CHOICES,
)

EDGES = np.arange(1.0, 31.0)
"""Bins of 1 keV (keV): the events come one by one."""


@dataclass(frozen=True, kw_only=True)
class Settings(solar_xenon.CountingOptions):
    """Options of XENONnT; its release says that the efficiency counts at the reconstructed energy."""

    efficiency_at: str = again(solar_xenon.XenonOptions, "efficiency_at", "reconstructed")


def build(options: Settings) -> Experiment:
    """XENONnT, science run 0.

    The resolution and the error of the signal are those of XENON1T for want of its own; the error of the background is
    that of the rate that the collaboration quotes.
    """
    parameters = table("xenon/xenonnt_parameters")
    efficiency, model = table("xenon/xenonnt_efficiency"), table("xenon/xenonnt_background")
    exposure = parameters.value("exposure", unit="t y")
    # the model has ten cells to a bin
    E, rate = model.column("E", "keV", increasing=True), model.column("rate", "1/(t y keV)", minimum=0.0)
    background = exposure * np.histogram(E, EDGES, weights=rate * np.diff(E)[0])[0]
    energies = efficiency.column("E", "keV", increasing=True)
    passed = efficiency.column("total", "1", minimum=0.0, maximum=1.0)
    rate_error = parameters.value("background_rate_error", unit="1/(t y keV)")
    return solar_xenon.counting(
        options,
        name="xenonnt",
        title="XENONnT",
        edges=EDGES,
        counts=np.histogram(table("xenon/xenonnt_events").column("E", "keV"), EDGES)[0].astype(float),
        background=background,
        # the points end just below the last bin edge
        efficiency=solar_xenon.plateau(energies, passed, EDGES[-1], roll_off=True),
        width=solar_xenon.tabulated_resolution(parameters),
        exposure=exposure,
        sigma_signal=parameters.value("sigma_efficiency", unit="1"),
        sigma_background=rate_error / parameters.value("background_rate", unit="1/(t y keV)"),
        tables=[f"xenon/xenonnt_{part}" for part in ("events", "background", "efficiency", "parameters")],
        choices=CHOICES,
    )
