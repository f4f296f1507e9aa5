"""COHERENT-CsI, all data: 9 bins of energy times 11 of arrival time (after the paper).

The paper had the first part of these data.  What is used here is the collaboration's release, arXiv:2110.07730, through
public copies and analyses of it: see the headers of ``data/coherent/csi2021_*.csv``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, targets, units
from ..data import table
from ..fluxes import stopped_pion
from ..statistics import Poisson, Pull, Shift
from . import beam, coherent_csi
from .channel import Axis, Channel, standard_model
from .csi_2021_arrival import REACH, TIMINGS, LaterArrival, arrival, edges, in_bins, time_efficiency
from .csi_2021_fit import Fitted, fitted_events, mean_cross_section
from .experiment import Experiment
from .settings import Choice, again, option

__all__ = [
    "AS_THE_PAPER", "CHOICES", "Efficiency", "Fitted", "Settings", "arrival", "build", "edges", "efficiency",
    "fitted_events", "mean_cross_section", "time_efficiency",
]  # fmt: skip

NAME = "coherent-csi-2021"

Array = NDArray[np.float64]

AS_THE_PAPER = MappingProxyType({"couplings": "tree", "form_factor": "klein-nystrand", "electrons": False})
"""Options with which the nuclei are those of the paper's analysis of 2017."""

IN_FLIGHT = 100.0
"""Kinetic energy (MeV) of pions that decay in flight by default, an assumption of this book: no source that we could
read has their spectrum."""

CHOICES = (
    Choice("arrival times not shifted", {"sigma_arrival_ns": 0.0}, kind="check"),
    Choice("shift of the arrival times twice as uncertain", {"sigma_arrival_ns": 200.0}, kind="check"),
    Choice("arrival times of the 2017 release (0.5 µs bins)", {"timing": "2017"}, source="arrival times"),
    Choice("no information from the arrival time", {"time_bins": False}, kind="check"),
    Choice("as the paper would have it", dict(AS_THE_PAPER), kind="check"),
    Choice("weak couplings of the paper", {"couplings": "tree"}, kind="check"),
    Choice("Klein-Nystrand form factor", {"form_factor": "klein-nystrand"}, kind="pull", source="form factor"),
    Choice("Klein-Nystrand form factor, R_A = 1.2 A^(1/3) fm", {"form_factor": "klein-nystrand-1.2"}, kind="check"),
    Choice("Helm form factor, point-proton radius", {"proton_radius": "point"}, kind="check"),
    Choice("no form factor", {"form_factor": "point"}, kind="check"),
    Choice("no error of the form factor", {"sigma_form_factor": 0.0}, kind="check"),
    *(
        replace(choice, kind="pull" if choice.kind == "sigma" else choice.kind)
        for choice in coherent_csi.QUENCHING_CHOICES
    ),
    Choice("efficiency, one standard deviation up", {"efficiency": "up"}, kind="pull", source="efficiency"),
    Choice("efficiency, one standard deviation down", {"efficiency": "down"}, kind="pull", source="efficiency"),
    Choice("no energy resolution", {"smearing": False}, kind="check"),
    Choice("steady-state spectrum known but for its size", {"steady_error": "size"}, kind="check"),
    *beam.FLUX_CHOICES,
    Choice("flux unconstrained", {"sigma_flux": 10.0}, kind="check"),
    Choice("1 % of the pions decay in flight", {"in_flight": 0.01}, kind="check"),
    Choice("no scattering on the electrons of CsI", {"electrons": False}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen; the errors of the release are pulls already."""


@dataclass(frozen=True, kw_only=True)
class Settings(beam.BeamOptions):
    """Options of COHERENT-CsI, all data."""

    form_factor: str = again(beam.BeamOptions, "form_factor", "helm")
    proton_radius: str = again(beam.BeamOptions, "proton_radius", "charge")
    couplings: str = option(
        "low-energy",
        "weak couplings of nucleons: with radiative corrections, by flavour, or Eq. (12) of the paper",
        among=targets.COUPLINGS,
    )
    efficiency: str = option(
        "nominal", "efficiency of the release, or moved by one standard deviation", among=("nominal", "up", "down")
    )
    timing: str = option(
        "release", "arrival times: of these data, read at third hand, or in bins of 0.5 us of 2017", among=TIMINGS
    )
    time_bins: bool = option(True, "whether arrival times are told apart; False adds them up")
    sigma_arrival_ns: float | None = option(
        None,
        "width of the common shift of all neutrinos in time, 0 for none; by default a public analysis's prior",
        unit="ns",
        at_least=0,
    )
    sigma_flux: float | None = option(
        None,
        "relative error of the flux; by default the one that the detectors at this source share",
        unit="1",
        above=0,
    )
    sigma_form_factor: float = option(
        1.0,
        "error of the form factor over the difference between Helm's and Klein-Nystrand's; 0 for none",
        unit="1",
        at_least=0,
    )
    steady_error: str = option(
        "spectrum",
        "what is uncertain about the steady-state background: its number in every bin of energy, by the counts, or its "
        "size alone, by the error that a public analysis gives it",
        among=("spectrum", "size"),
    )
    electrons: bool = again(coherent_csi.Settings, "electrons", True)
    in_flight: float = option(
        0.0, "part of the prompt neutrinos whose pion decays in flight; no recoils above 60 keV", unit="1", at_least=0
    )
    pion_energy_MeV: float = option(
        IN_FLIGHT, "kinetic energy of the pions that decay in flight, in any direction", unit="MeV", above=0
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.in_flight > 1:
            raise ValueError(f"the part of the neutrinos from pions in flight is at most 1, not {self.in_flight}")

    def compound(self, formula: Mapping[str, float], *, isotopes: bool = False) -> targets.Target:
        """The target of a formula with these nuclei and their couplings."""
        return super().compound(formula, isotopes=isotopes).with_couplings(self.couplings)


@dataclass(frozen=True)
class Efficiency:
    r"""Efficiency against photoelectrons, :math:`a/(1+e^{-b(x-c)})+d`, not below zero."""

    a: float
    b: float
    c: float
    d: float

    def __call__(self, photoelectrons: ArrayLike) -> Array:
        x = np.asarray(photoelectrons, float)
        curve: Array = np.maximum(self.a / (1 + np.exp(-self.b * (x - self.c))) + self.d, 0.0)
        return curve

    @property
    def start(self) -> float:
        """Photoelectrons at which it starts."""
        return float(self.c - np.log(-self.a / self.d - 1) / self.b)


def efficiency(model: str) -> Efficiency:
    """The release's efficiency, ``"nominal"``, or ``"up"`` and ``"down"`` by one standard deviation."""
    curves = table("coherent/csi2021_efficiency")
    rows = np.flatnonzero(curves["model"] == model)
    if not len(rows):
        raise ValueError(f"no efficiency {model!r}; there are {', '.join(curves['model'])}")
    named = {"a": "1", "b": "1/PE", "c": "PE", "d": "1"}
    return Efficiency(*(float(curves.column(name, unit)[rows[0]]) for name, unit in named.items()))


def _neutrons(kind: str, number: float) -> Array:
    """Neutrons of one kind, ``number`` in all bins, energies times arrival times, shape (n_bins,)."""
    PE, t = edges()
    energies, times = table("coherent/csi2021_neutrons_PE"), table("coherent/csi2021_neutrons_time")
    shares = energies.column(kind, "1", minimum=0.0)
    of_energy = np.histogram(energies.column("PE", "PE", increasing=True), PE, weights=shares)[0]
    # some edges lie in the middle of the table's bins
    steps = np.linspace(0.0, 6.0, len(times) + 1)
    arriving = times.column(kind, "events", minimum=0.0) * time_efficiency(times.column("t", "us", increasing=True))
    total = np.concatenate([[0.0], np.cumsum(arriving)])
    of_time = np.diff(np.interp(t, steps, total))
    product = np.outer(of_energy, of_time)
    counts: Array = number * product.ravel() / product.sum()
    return counts


def _steady_state() -> Array:
    """Steady-state background, shape (n_energies, n_bins): anti-coincident energies times a falling exponential."""
    _, t = edges()
    counts = table("coherent/csi2021_bins").column("AC", "events", minimum=0.0)
    rate = table("coherent/csi2021_parameters").value("time_rate", unit="1/us")
    falling = -np.diff(np.exp(-rate * t))
    energies = counts.reshape(-1, len(t) - 1).sum(axis=1)
    return np.stack([np.outer(row, falling / falling.sum()).ravel() for row in np.diag(energies)])


def _channels(options: Settings) -> tuple[Channel, ...]:
    """Both nuclei, and electrons if asked for, hit by the prompt and by the delayed neutrinos."""
    parameters = table("coherent/csi2021_parameters")
    PE, _ = edges()
    curve = efficiency(options.efficiency)

    def seen(quenching: beam.Function) -> response.GammaPhotoelectrons:
        a = parameters.value("resolution_a", unit="keV_ee/PE") * units.keV
        b = parameters.value("resolution_b", unit="1/keV_ee") / units.keV
        return response.GammaPhotoelectrons(quenching, a, b, tuple(PE), curve, curve.start, options.smearing)

    nuclear = seen(beam.quenching(options.quenching, coherent_csi.models(), coherent_csi.electron_equivalent))
    electronic = seen(response.identity) if options.electrons else None
    delayed = beam.fluence(parameters, options.neutrinos_factor)
    line = delayed.pop("nu_mu")
    prompt = {"nu_mu": line}
    if options.in_flight:
        number = options.in_flight * float(line.moments(np.zeros(()))[0])
        prompt = {"nu_mu": (1 - options.in_flight) * line + number * stopped_pion.in_flight(options.pion_energy_MeV)}
    prompt_shares, delayed_shares = in_bins(options.timing)(0.0)
    mass = parameters.value("mass", unit="kg")
    return (
        *beam.caesium_iodide(options, mass, prompt, nuclear, electronic, prompt_shares),
        *beam.caesium_iodide(options, mass, delayed, nuclear, electronic, delayed_shares),
    )


@cache
def _shapes(couplings: str, form_factor: str) -> dict[str, Array]:
    """Relative change of the Standard Model in every bin under one standard deviation of what shapes the signal.

    Quenching and efficiency vary as the release says; the efficiency by its lower variation, mirrored, because next to
    the threshold the upper one multiplies the few events there by four, and a straight line through both would make
    them negative.  The form factor has no error in the release: one standard deviation takes Helm's, with measured
    charge radii, to Klein-Nystrand's or, where this is the one in use as in the paper, it to Helm's with point protons;
    that is our choice.

    Parameters
    ----------
    couplings : str
        weak couplings in use
    form_factor : str
        in use; without one it is Helm's that varies
    """

    def counts(options: Settings) -> Array:
        n_t = len(edges()[1]) - 1
        total = np.sum(list(standard_model(_channels(options)).values()), axis=0)
        return np.repeat(total.reshape(-1, n_t).sum(axis=1), n_t)

    def both_ways(shift: str) -> Array:
        up, down = (counts(again_with(quenching=f"{shift}_{side}")) for side in ("up", "down"))
        change: Array = (up - down) / (2 * nominal)
        return change

    ball = form_factor in targets.KLEIN_NYSTRAND
    in_use = {"form_factor": form_factor if ball else "helm", "couplings": couplings}
    other = {"form_factor": "helm", "proton_radius": "point"} if ball else {"form_factor": "klein-nystrand"}

    def again_with(**changed: str) -> Settings:
        return Settings(electrons=False, **{**in_use, **changed})  # type: ignore[arg-type]

    nominal = counts(again_with())
    return {
        "quenching 1": both_ways("shift_1"),
        "quenching 2": both_ways("shift_2"),
        "form factor": counts(again_with(**other)) / nominal - 1,
        "efficiency": 1 - counts(again_with(efficiency="down")) / nominal,
    }


def _signal_pulls(options: Settings) -> list[Pull]:
    """The flux, and what shapes the signal."""
    sigma_flux = options.sigma_flux
    if sigma_flux is None:
        sigma_flux = table("coherent/beam").value("sigma_flux", unit="1")
    pulls = [beam.signal_pull(NAME, sigma_flux)]
    for name, shape in _shapes(options.couplings, options.form_factor).items():
        if name == "form factor":
            if not options.sigma_form_factor:
                continue
            shape = options.sigma_form_factor * shape
        pulls.append(Pull(f"{NAME} {name}", 1.0, shape=shape))
    return pulls


def _background_pulls(options: Settings) -> list[Pull]:
    """Neutrons of both kinds, and the steady state: in every bin of energy, or as a whole."""
    parameters = table("coherent/csi2021_parameters")
    pulls = [
        Pull(f"{NAME} {kind} neutrons", parameters.value(f"sigma_{kind}_neutrons", unit="1"), (f"{kind} neutrons",))
        for kind in ("beam", "induced")
    ]
    if options.steady_error == "size":
        whole = Pull(f"{NAME} steady state", parameters.value("sigma_steady", unit="1"), ("steady state",))
        return [*pulls, whole]
    PE, _ = edges()
    for low, high, part in zip(PE[:-1], PE[1:], _steady_state(), strict=True):
        inside = np.where(part > 0, 1.0, 0.0)
        name = f"{NAME} steady state {low:g}-{high:g} PE"
        pulls.append(Pull(name, float(part.sum()) ** -0.5, ("steady state",), shape=inside))
    return pulls


def _likelihood(options: Settings) -> Poisson:
    """Counts, backgrounds and pulls in all bins of energy and time."""
    parameters = table("coherent/csi2021_parameters")
    backgrounds = {
        "steady state": _steady_state().sum(axis=0),
        "beam neutrons": _neutrons("beam", parameters.value("beam_neutrons", unit="events")),
        "induced neutrons": _neutrons("induced", parameters.value("induced_neutrons", unit="events")),
    }
    pulls = [*_signal_pulls(options), *_background_pulls(options)]
    sigma_arrival = options.sigma_arrival_ns
    if sigma_arrival is None:
        sigma_arrival = parameters.value("sigma_arrival", unit="ns")
    shift = None
    if options.time_bins and sigma_arrival:
        pulls.append(Pull(f"{NAME} arrival time", sigma_arrival))
        shift = Shift(pulls[-1].name, LaterArrival(options.timing), reach=1e3 * REACH)
    observed = table("coherent/csi2021_bins").column("C", "events", minimum=0.0)
    return Poisson(observed, backgrounds, tuple(pulls), shift)


def _without_times(likelihood: Poisson, channels: Iterable[Channel]) -> tuple[Poisson, tuple[Channel, ...]]:
    """The same data with all arrival times added up."""
    n_PE = len(edges()[0]) - 1

    def add(counts: Array) -> Array:
        total: Array = counts.reshape(n_PE, -1).sum(axis=1)
        return total

    # what scales a bin of energy scales all its times alike
    pulls = tuple(
        pull if pull.shape is None else replace(pull, shape=np.reshape(pull.shape, (n_PE, -1))[:, 0])
        for pull in likelihood.pulls
    )
    backgrounds = {name: add(counts) for name, counts in likelihood.backgrounds.items()}
    summed = []
    for channel in channels:
        assert channel.shares is not None
        summed.append(replace(channel, shares=np.atleast_1d(np.sum(channel.shares))))
    return Poisson(add(likelihood.observed), backgrounds, pulls), tuple(summed)


def build(options: Settings) -> Experiment:
    """COHERENT-CsI, all data."""
    PE, t = edges()
    likelihood, channels = _likelihood(options), _channels(options)
    axes: tuple[Axis, ...] = (Axis("photoelectrons", "PE", PE), Axis("arrival time", "us", t))
    if not options.time_bins:
        likelihood, channels = _without_times(likelihood, channels)
        axes = axes[:1]
    used = ("bins", "neutrons_PE", "neutrons_time", "efficiency", "timing", "parameters")
    return Experiment(
        name=NAME,
        title="COHERENT-CsI, all data",
        axes=axes,
        quantity="events",
        likelihood=likelihood,
        channels=channels,
        sources=(
            *(table(f"coherent/csi2021_{name}").source for name in used),
            *([] if options.quenching == "2017" else [coherent_csi.quenching_source(options.quenching)]),
            *([table("coherent/csi2017_timing").source] if options.timing == "2017" else []),
            table("nuclear/isotopes").source,
            *([table("weak/nucleon_couplings").source] if options.couplings == "low-energy" else []),
            *([table("atomic/binding").source] if options.electrons else []),
        ),
        choices=CHOICES,
        data_set="coherent-csi",  # the events of 2017 are among these
    )
