"""COHERENT-CsI, the data release of 2017 (Sec. 3.2, Eq. 24)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, targets, units
from ..data import table
from ..fluxes import stopped_pion
from ..statistics import Gaussian, Pull
from . import beam
from .channel import Axis, Channel
from .experiment import Experiment
from .options import Choice

FIRST, LAST = 4, 15
"""Bins of Eq. (24), 6 <= PE < 30."""

CHOICES = (
    Choice("no Poisson smearing", {"smearing": False}),
    Choice("Helm form factor, point-proton radius", {"form_factor": "helm"}),
    Choice("Helm form factor, charge radius", {"form_factor": "helm", "proton_radius": "charge"}),
    Choice("no form factor", {"form_factor": "point"}),
    Choice("constant quenching of 2017", {"quenching": "2017"}),
    Choice("quenching, first shift of its fit, up", {"quenching": "shift_1_up"}),
    Choice("quenching, first shift, down", {"quenching": "shift_1_down"}),
    Choice("quenching, second shift, up", {"quenching": "shift_2_up"}),
    Choice("quenching, second shift, down", {"quenching": "shift_2_down"}),
    Choice("all delayed neutrinos inside the 6 µs window", {"delayed_fraction": 1.0}),
    Choice("window of 12 µs, with its own data", {"time_window": 12}),
    Choice("acceptance at n instead of n + 1/2", {"acceptance_at": 0.0}),
    Choice("10 % more neutrinos, the error of the flux", {"neutrinos": 1.1}),
    Choice("10 % fewer neutrinos", {"neutrinos": 0.9}),
    Choice("twice the prompt neutrons", {"neutrons": 2.0}),
    Choice("no prompt neutrons", {"neutrons": 0.0}),
    Choice("scattering on the electrons of CsI as well", {"electrons": True}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What else one could have chosen; the paper is silent on most of it."""


def acceptance(photoelectrons: ArrayLike) -> NDArray[np.float64]:
    r"""Acceptance of the 2017 release, :math:`a/(1+e^{-k(x-x_0)})`, zero below 5 PE and halved below 6 PE."""
    parameters = table("coherent/csi2017_parameters")
    a, k, x_0 = (
        parameters.value(f"acceptance_{name}", unit=unit) for name, unit in (("a", "1"), ("k", "1/PE"), ("x0", "PE"))
    )
    x = np.asarray(photoelectrons, float)
    return a / (1 + np.exp(-k * (x - x_0))) * np.where(x < 5, 0.0, np.where(x < 6, 0.5, 1.0))


def electron_equivalent(model: str) -> Callable[[ArrayLike], NDArray[np.float64]]:
    """Electron-equivalent energy (MeV) as a function of recoil energy (MeV).

    Parameters
    ----------
    model : str
        ``"nominal"`` and its variations ``"shift_1_up"``, ... (energy dependent, 2020), or ``"2017"`` (constant)
    """
    if model == "2017":
        return response.quenching(table("coherent/csi2017_parameters").value("quenching_2017", unit="1"))
    fits = table("coherent/csi_quenching_2020")
    rows = np.flatnonzero(fits["model"] == model)
    if not len(rows):
        raise ValueError(f"no quenching model {model!r}; there are {', '.join(fits['model'])}, 2017")
    powers = {"a": "1", "b": "1/MeV", "c": "1/MeV^2", "d": "1/MeV^3"}
    coefficients = [float(fits.column(name, unit)[rows[0]]) for name, unit in powers.items()]
    return response.Polynomial(tuple(coefficients))


def build(
    *,
    form_factor: str = "klein-nystrand",
    proton_radius: str = "point",
    quenching: str = "nominal",
    smearing: bool = True,
    acceptance_at: float = 0.5,
    time_window: int = 6,
    delayed_fraction: float | None = None,
    neutrinos: float = 1.0,
    neutrons: float = 1.0,
    electrons: bool = False,
    neutron_skin: float | None = None,
    sin2_theta_W: float = units.SIN2_THETA_W,
    order: int = 32,
) -> Experiment:
    """COHERENT-CsI 2017.

    Parameters
    ----------
    form_factor : {"klein-nystrand", "helm", "point"}
        footnote 2 of the paper, Eq. (13), or 1
    proton_radius : {"point", "charge"}
        radius in the Helm form factor
    quenching : str
        see :func:`electron_equivalent`
    smearing : bool
        Poisson statistics of the photoelectrons
    acceptance_at : float
        an integer number ``n`` of photoelectrons is accepted with the acceptance at ``n + acceptance_at``
    time_window : {6, 12}
        arrival time (microseconds) up to which events are counted
    delayed_fraction : float, optional
        part of the delayed neutrinos inside the window; default from the release's arrival times
    neutrinos : float
        factor on the number of neutrinos (or on the mass, or the number of protons)
    neutrons : float
        factor on the expected prompt neutrons
    electrons : bool
        add dipole scattering on the atomic electrons
    neutron_skin : float, optional
        :math:`R_n-R_p` (fm) in the Helm form factor; default 0.1 above A = 60, 0 below
    sin2_theta_W : float
        squared sine of the weak mixing angle
    order : int
        Gauss points per piece of the recoil range
    """
    if time_window not in (6, 12):
        raise ValueError(f"the release is binned for time windows of 6 and 12 us, not {time_window}")
    parameters = table("coherent/csi2017_parameters")
    timing = table("coherent/csi2017_timing")
    bins = table("coherent/csi2017_bins")
    rows = (bins.column("i", "1") >= FIRST) & (bins.column("i", "1") <= LAST)
    low, high = (bins.column(f"PE_{side}", "PE", minimum=0.0, increasing=True)[rows] for side in ("low", "high"))
    edges = np.append(low, high[-1])
    on, ac = (bins.column(f"N_{kind}_{time_window}us", "counts", minimum=0.0)[rows] for kind in ("on", "ac"))
    if neutrons < 0:
        raise ValueError(f"the factor on the neutrons must not be negative, not {neutrons}")
    prompt = neutrons * bins.column("B0n", "counts", minimum=0.0)[rows]

    if delayed_fraction is None:
        in_time = timing.column("t", "us", increasing=True) < time_window
        # the column adds up to one, with rounding
        delayed_fraction = min(float(timing.column("delayed_nu", "1", minimum=0.0)[in_time].sum()), 1.0)
    fluxes = stopped_pion.fluence(
        parameters.value("N_POT", unit="protons"),
        neutrinos * parameters.value("r", unit="neutrinos per flavour and proton"),
        parameters.value("L", unit="m") * units.m,
        delayed_fraction,
    )
    target = targets.compound(
        {"Cs": 1, "I": 1},
        form_factor=form_factor,
        proton_radius=proton_radius,
        neutron_skin=neutron_skin,
        sin2_theta_W=sin2_theta_W,
    )
    light_yield = parameters.value("light_yield", unit="PE/keV_ee") / units.keV
    numbers = np.arange(edges[0], edges[-1])
    seen = partial(
        response.Photoelectrons,
        light_yield=light_yield,
        edges=tuple(int(edge) for edge in edges),
        acceptance=tuple(acceptance(numbers + acceptance_at)),
        smearing=smearing,
    )
    formula_units = target.units_in(parameters.value("mass", unit="kg"))
    nuclear = seen(electron_equivalent(quenching))
    channels = [Channel(nucleus, n * formula_units, fluxes, nuclear, order=order) for n, nucleus in target.nuclei]
    if electrons:
        electronic = seen(response.identity)
        channels += [
            Channel(shells, n * formula_units, fluxes, electronic, standard_model=False, order=order)
            for n, shells in target.electrons
        ]

    likelihood = Gaussian(
        observed=on - ac,
        # the denominator of Eq. (24): N_exp + B_0n + 2 B_ss
        sigma=np.sqrt(on - ac + prompt + 2 * ac),
        backgrounds={"prompt neutrons": prompt},
        pulls=(
            beam.signal_pull("coherent-csi", parameters.value("sigma_signal", unit="1")),
            Pull("coherent-csi neutrons", parameters.value("sigma_neutrons", unit="1"), ("prompt neutrons",)),
        ),
    )
    used = ["coherent/csi2017_bins", "coherent/csi2017_parameters", "coherent/csi2017_timing", "nuclear/isotopes"]
    used += ["coherent/csi_quenching_2020"] if quenching != "2017" else []
    used += ["atomic/binding"] if electrons else []
    return Experiment(
        name="coherent-csi",
        title="COHERENT-CsI",
        axes=(Axis("photoelectrons", "PE", edges),),
        quantity="events",
        likelihood=likelihood,
        channels=tuple(channels),
        sources=tuple(table(name).source for name in used),
        choices=CHOICES,
    )
