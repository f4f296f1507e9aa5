"""COHERENT-CsI, the data release of 2017 (Sec. 3.2, Eq. 24)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, units
from ..data import table
from ..statistics import Gaussian, Pull
from . import beam
from .channel import Axis, Channel
from .experiment import Experiment
from .settings import Choice, again, option

__all__ = ["CHOICES", "QUENCHING_CHOICES", "Settings", "acceptance", "build", "electron_equivalent", "models"]

FIRST, LAST = 4, 15
"""Bins of Eq. (24), 6 <= PE < 30."""

HELM = {"form_factor": "helm"}
FORM_FACTOR = "form factor and radius"
SKIN = "neutron skin 0 to 0.3 fm (Helm)"

QUENCHING_CHOICES = (
    Choice("constant quenching of 2017", {"quenching": "2017"}, kind="check"),
    *(
        Choice(f"quenching, {which} shift of its fit, {side}", {"quenching": f"shift_{n}_{side}"}, kind="sigma",
               source=f"quenching, {which} shift")
        for n, which in ((1, "first"), (2, "second"))
        for side in ("up", "down")
    ),
)  # fmt: skip
"""What else one could take for the quenching of CsI."""

CHOICES = (
    Choice("no Poisson smearing", {"smearing": False}, kind="check"),
    Choice("Helm form factor, point-proton radius", HELM, source=FORM_FACTOR),
    Choice("Helm form factor, charge radius", {**HELM, "proton_radius": "charge"}, source=FORM_FACTOR),
    Choice("no neutron skin (Helm)", {"neutron_skin_fm": 0.0}, source=SKIN, base=HELM),
    Choice("neutron skin of 0.3 fm (Helm)", {"neutron_skin_fm": 0.3}, source=SKIN, base=HELM),
    Choice("no form factor", {"form_factor": "point"}, kind="check"),
    *QUENCHING_CHOICES,
    Choice("all delayed neutrinos inside the 6 µs window", {"delayed_fraction": 1.0}, kind="check"),
    Choice("window of 12 µs, with its own data", {"time_window_us": 12}, kind="check"),
    Choice("acceptance at n instead of n + 1/2", {"acceptance_offset_PE": 0.0}, kind="check"),
    *beam.FLUX_CHOICES,
    Choice("twice the prompt neutrons", {"neutrons_factor": 2.0}, kind="check"),
    Choice("no prompt neutrons", {"neutrons_factor": 0.0}, kind="check"),
    Choice("scattering on the electrons of CsI as well", {"electrons": True}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen; the paper is silent on most of it."""


@dataclass(frozen=True, kw_only=True)
class Settings(beam.BeamOptions):
    """Options of COHERENT-CsI."""

    form_factor: str = again(beam.BeamOptions, "form_factor", "klein-nystrand")
    acceptance_offset_PE: float = option(
        0.5, "an integer number n of photoelectrons is accepted with the acceptance at n plus this", unit="PE"
    )
    time_window_us: int = option(6, "arrival time up to which events are counted", unit="us", among=(6, 12))
    delayed_fraction: float | None = option(
        None, "part of the delayed neutrinos inside the window; by default from their arrival times", unit="1"
    )
    neutrons_factor: float = option(1.0, "factor on the expected neutrons of the beam", unit="1", at_least=0)
    electrons: bool = option(False, "whether dipole scattering on the atomic electrons is added")


def acceptance(photoelectrons: ArrayLike) -> NDArray[np.float64]:
    r"""Acceptance of the 2017 release, :math:`a/(1+e^{-k(x-x_0)})`, zero below 5 PE and halved below 6 PE."""
    parameters = table("coherent/csi2017_parameters")
    a = parameters.value("acceptance_a", unit="1")
    k = parameters.value("acceptance_k", unit="1/PE")
    x_0 = parameters.value("acceptance_x0", unit="PE")
    x = np.asarray(photoelectrons, float)
    accepted: NDArray[np.float64] = a / (1 + np.exp(-k * (x - x_0))) * np.where(x < 5, 0.0, np.where(x < 6, 0.5, 1.0))
    return accepted


@cache
def models() -> tuple[str, ...]:
    """Quenching models by name: those of 2020, which depend on the energy, and the constant one of 2017."""
    return (*table("coherent/csi_quenching_2020")["model"].tolist(), "2017")


def electron_equivalent(model: str) -> beam.Function:
    """Electron-equivalent energy (MeV) as a function of recoil energy (MeV) for one of the :func:`models`."""
    if model not in models():
        raise ValueError(f"no quenching model {model!r}; there are {', '.join(models())}")
    if model == "2017":
        return response.Polynomial((table("coherent/csi2017_parameters").value("quenching_2017", unit="1"),))
    fits = table("coherent/csi_quenching_2020")
    (row,) = np.flatnonzero(fits["model"] == model)
    powers = {"a": "1", "b": "1/MeV", "c": "1/MeV^2", "d": "1/MeV^3"}
    return response.Polynomial(tuple(float(fits.column(name, unit)[row]) for name, unit in powers.items()))


def quenching_source(what: object) -> str:
    """Where the quenching of CsI comes from."""
    name = "coherent/csi2017_parameters" if what == "2017" else "coherent/csi_quenching_2020"
    return beam.quenching_source(what, models(), table(name).source)


def build(options: Settings) -> Experiment:
    """COHERENT-CsI 2017."""
    parameters = table("coherent/csi2017_parameters")
    bins = table("coherent/csi2017_bins")
    rows = (bins.column("i", "1") >= FIRST) & (bins.column("i", "1") <= LAST)
    low, high = (bins.column(f"PE_{side}", "PE", minimum=0.0, increasing=True)[rows] for side in ("low", "high"))
    edges = np.append(low, high[-1])
    window = int(options.time_window_us)
    on = bins.column(f"N_on_{window}us", "counts", minimum=0.0)[rows]
    ac = bins.column(f"N_ac_{window}us", "counts", minimum=0.0)[rows]
    prompt = options.neutrons_factor * bins.column("B0n", "counts", minimum=0.0)[rows]
    used = ["csi2017_bins", "csi2017_parameters", "csi2017_timing"]
    return Experiment(
        name="coherent-csi",
        title="COHERENT-CsI",
        axes=(Axis("photoelectrons", "PE", edges),),
        quantity="events",
        likelihood=Gaussian(
            observed=on - ac,
            # the denominator of Eq. (24): N_exp + B_0n + 2 B_ss
            sigma=np.sqrt(on - ac + prompt + 2 * ac),
            backgrounds={"prompt neutrons": prompt},
            pulls=(
                beam.signal_pull("coherent-csi", parameters.value("sigma_signal", unit="1")),
                Pull("coherent-csi neutrons", parameters.value("sigma_neutrons", unit="1"), ("prompt neutrons",)),
            ),
            counting=True,
        ),
        channels=_channels(options, edges),
        sources=(
            *(table(f"coherent/{name}").source for name in used),
            table("nuclear/isotopes").source,
            *([] if options.quenching == "2017" else [quenching_source(options.quenching)]),
            *([table("atomic/binding").source] if options.electrons else []),
        ),
        choices=CHOICES,
    )


def _channels(options: Settings, edges: NDArray[np.float64]) -> tuple[Channel, ...]:
    """Both nuclei, and electrons if asked for."""
    parameters, timing = table("coherent/csi2017_parameters"), table("coherent/csi2017_timing")
    fraction = options.delayed_fraction
    if fraction is None:
        # the column adds up to one, with rounding
        inside = timing.column("t", "us", increasing=True) < options.time_window_us
        fraction = min(float(timing.column("delayed_nu", "1", minimum=0.0)[inside].sum()), 1.0)
    numbers = np.arange(edges[0], edges[-1])
    seen = partial(
        response.Photoelectrons,
        light_yield=parameters.value("light_yield", unit="PE/keV_ee") / units.keV,
        edges=tuple(int(edge) for edge in edges),
        acceptance=tuple(acceptance(numbers + options.acceptance_offset_PE)),
        smearing=options.smearing,
    )
    return beam.caesium_iodide(
        options,
        parameters.value("mass", unit="kg"),
        beam.fluence(parameters, options.neutrinos_factor, fraction),
        seen(beam.quenching(options.quenching, models(), electron_equivalent)),
        seen(response.identity) if options.electrons else None,
    )
