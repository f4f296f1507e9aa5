"""COHERENT-CsI, all data: 9 bins of energy times 11 of arrival time (after the paper).

The paper had the first part of these data.  What is used here is the collaboration's release, arXiv:2110.07730, through
public copies and analyses of it: see the headers of ``data/coherent/csi2021_*.csv``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.optimize import brentq, minimize_scalar

from .. import response, targets, units
from ..data import table
from ..fluxes import stopped_pion
from ..statistics import Poisson, Pull, Shift
from . import beam
from .channel import Axis, Channel, standard_model
from .coherent_csi import electron_equivalent
from .experiment import Experiment
from .options import Choice

__all__ = ["CHOICES", "Fitted", "arrival", "build", "edges", "efficiency", "fitted_events", "time_efficiency"]

NAME = "coherent-csi-2021"

STEP = 1e-3
"""Grid (microseconds) on which arrival times are convolved."""

REACH = 0.5
"""Largest shift of the arrival times (microseconds) that is tried."""

CHOICES = (
    Choice("arrival times not shifted", {"sigma_arrival": 0.0}),
    Choice("shift of the arrival times twice as uncertain", {"sigma_arrival": 200.0}),
    Choice("arrival times of the 2017 release (0.5 µs bins)", {"timing": "2017"}),
    Choice("no information from the arrival time", {"time_bins": False}),
    Choice("Helm form factor, point-proton radius", {"form_factor": "helm"}),
    Choice("no form factor", {"form_factor": "point"}),
    Choice("no error of the form factor", {"sigma_form_factor": 0.0}),
    Choice("constant quenching of 2017", {"quenching": "2017"}),
    Choice("quenching, first shift of its fit, up", {"quenching": "shift_1_up"}),
    Choice("quenching, first shift, down", {"quenching": "shift_1_down"}),
    Choice("quenching, second shift, up", {"quenching": "shift_2_up"}),
    Choice("quenching, second shift, down", {"quenching": "shift_2_down"}),
    Choice("efficiency, one standard deviation up", {"efficient": "up"}),
    Choice("efficiency, one standard deviation down", {"efficient": "down"}),
    Choice("no energy resolution", {"smearing": False}),
    Choice("steady-state spectrum known but for its size", {"steady": "size"}),
    Choice("10 % more neutrinos, the error of the flux", {"neutrinos": 1.1}),
    Choice("10 % fewer neutrinos", {"neutrinos": 0.9}),
    Choice("flux unconstrained", {"sigma_flux": 10.0}),
    Choice("scattering on the electrons of CsI as well", {"electrons": True}),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2),
)
"""What else one could have chosen."""


def edges() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges of the bins in photoelectrons and in arrival time (microseconds)."""
    bins = table("coherent/csi2021_bins")
    PE, t = (
        np.unique([bins.column(f"{axis}_{side}", unit, minimum=0.0) for side in ("low", "high")])
        for axis, unit in (("PE", "PE"), ("t", "us"))
    )
    return PE, t


def efficiency(model: str) -> tuple[Callable[[ArrayLike], NDArray[np.float64]], float]:
    r"""Efficiency against photoelectrons, :math:`a/(1+e^{-b(x-c)})+d`, and where it starts (PE).

    Parameters
    ----------
    model : {"nominal", "up", "down"}
        the release's and its variations by one standard deviation
    """
    curves = table("coherent/csi2021_efficiency")
    rows = np.flatnonzero(curves["model"] == model)
    if not len(rows):
        raise ValueError(f"no efficiency {model!r}; there are {', '.join(curves['model'])}")
    named = {"a": "1", "b": "1/PE", "c": "PE", "d": "1"}
    a, b, c, d = (float(curves.column(name, unit)[rows[0]]) for name, unit in named.items())

    def curve(x: ArrayLike) -> NDArray[np.float64]:
        return np.maximum(a / (1 + np.exp(-b * (np.asarray(x, float) - c))) + d, 0.0)

    return curve, c - np.log(-a / d - 1) / b


def time_efficiency(t: ArrayLike) -> NDArray[np.float64]:
    """Efficiency at the arrival time ``t`` (microseconds): one, then falling slowly as the first pulse blinds."""
    parameters = table("coherent/csi2021_parameters")
    start, rate = parameters.value("time_start", unit="us"), parameters.value("time_rate", unit="1/us")
    return np.exp(-rate * np.maximum(np.asarray(t, float) - start, 0.0))


def arrival(kind: str, timing: str = "release") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Arrival times of the neutrinos: a grid of times (microseconds) and the density (per microsecond) on it.

    Prompt neutrinos arrive as the beam pulse and the decay of the pion make them; the delayed ones are born when a
    muon of the same age decays, :math:`f_d(t)=\int_0^\infty f_p(t-s)\,e^{-s/\tau}\,\mathrm ds/\tau`.

    Parameters
    ----------
    kind : {"prompt", "delayed"}
        which
    timing : {"release", "2017"}
        the pulse that the collaboration simulates for these data, read at third hand, or the distributions in bins of
        0.5 microseconds of its release of 2017
    """
    if timing not in ("release", "2017"):
        raise ValueError(f"arrival times come from the release or from 2017, not from {timing!r}")
    t = np.arange(-2 * REACH, 12 + STEP / 2, STEP)
    if timing == "2017":
        bins = table("coherent/csi2017_timing")
        inside = np.minimum(np.searchsorted(bins.column("t", "us", increasing=True) + 0.25, t), len(bins) - 1)
        return t, np.where(t > 0, bins.column(f"{kind}_nu", "1", minimum=0.0)[inside] / 0.5, 0.0)
    pulse = table("coherent/csi2021_timing")
    # the table holds the efficiency in time
    times, arriving = pulse.column("t", "us", increasing=True), pulse.column("nu_mu", "1", minimum=0.0)
    smooth = PchipInterpolator(times, arriving / time_efficiency(times), extrapolate=False)
    density = np.nan_to_num(smooth(t))
    density /= density.sum() * STEP
    if kind == "delayed":
        lifetime = units.TAU_MU / units.microsecond
        # the muons that are there at the time t, from those a step before and those born since
        left, alive = np.exp(-STEP / lifetime), np.zeros_like(t)
        for k in range(1, len(t)):
            alive[k] = left * alive[k - 1] + STEP * (density[k] + left * density[k - 1]) / 2
        density = alive / lifetime
    return t, density


@cache
def _in_bins(timing: str) -> CubicSpline:
    """Accepted share of prompt and delayed neutrinos in every bin of time, shape (2, n_t), against the shift (us)."""
    _, bins = edges()
    shifts = np.arange(-REACH, REACH + 0.005, 0.01)
    found = np.empty((len(shifts), 2, len(bins) - 1))
    for k, kind in enumerate(("prompt", "delayed")):
        t, density = arrival(kind, timing)
        for n, shift in enumerate(shifts):
            accepted = density * time_efficiency(t + shift)
            total = np.concatenate([[0.0], np.cumsum((accepted[1:] + accepted[:-1]) * STEP / 2)])
            found[n, k] = np.diff(np.interp(bins - shift, t, total))
    return CubicSpline(shifts, found)


@dataclass(frozen=True)
class LaterArrival:
    """The map of a signal in bins to the signal whose neutrinos come later by some nanoseconds.

    In each bin of energy the signal is a sum of a prompt and a delayed distribution; the map takes it apart and puts
    it together again.  A :class:`companion.statistics.pulls.Movement`.

    Attributes
    ----------
    timing : str
        see :func:`arrival`
    """

    timing: str

    def __call__(
        self, signal: NDArray[np.float64], shift: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The later signal, and its first and second derivative by the shift (ns), each (rows, n_bins)."""
        in_bins, apart = _in_bins(self.timing), _apart(self.timing)
        still = in_bins(0.0)
        # (rows, energies, times) into amounts of prompt and delayed neutrinos
        amounts = signal.reshape(len(signal), signal.shape[1] // len(apart), len(apart)) @ apart
        t = np.asarray(shift, float) / 1e3
        moved = signal + (amounts @ (in_bins(t) - still)).reshape(signal.shape)
        slope, curvature = (amounts @ in_bins(t, order) / 1e3**order for order in (1, 2))
        return moved, slope.reshape(signal.shape), curvature.reshape(signal.shape)


@cache
def _apart(timing: str) -> NDArray[np.float64]:
    """Amounts of prompt and delayed neutrinos from counts in the bins of time, shape (n_t, 2)."""
    return np.linalg.pinv(_in_bins(timing)(0.0))


def _neutrons(kind: str, number: float) -> NDArray[np.float64]:
    """Neutrons of one kind, ``number`` in all bins, energies times arrival times, shape (n_bins,)."""
    PE, t = edges()
    energies, times = table("coherent/csi2021_neutrons_PE"), table("coherent/csi2021_neutrons_time")
    of_energy = np.histogram(
        energies.column("PE", "PE", increasing=True), PE, weights=energies.column(kind, "1", minimum=0.0)
    )[0]
    # some edges lie in the middle of the table's bins
    steps = np.linspace(0.0, 6.0, len(times) + 1)
    arriving = times.column(kind, "events", minimum=0.0) * time_efficiency(times.column("t", "us", increasing=True))
    total = np.concatenate([[0.0], np.cumsum(arriving)])
    of_time = np.diff(np.interp(t, steps, total))
    product = np.outer(of_energy, of_time)
    return number * product.ravel() / product.sum()


def _steady(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steady-state background, shape (n_energies, n_bins): anti-coincident energies times a falling exponential."""
    _, t = edges()
    rate = table("coherent/csi2021_parameters").value("time_rate", unit="1/us")
    falling = -np.diff(np.exp(-rate * t))
    energies = counts.reshape(-1, len(t) - 1).sum(axis=1)
    return np.stack([np.outer(row, falling / falling.sum()).ravel() for row in np.diag(energies)])


def _channels(
    *,
    form_factor: str,
    proton_radius: str,
    quenching: str,
    efficient: str,
    smearing: bool,
    neutrinos: float,
    electrons: bool,
    timing: str,
    order: int,
) -> tuple[Channel, ...]:
    """Both nuclei, and electrons if asked for, lit by the prompt and by the delayed neutrinos."""
    parameters = table("coherent/csi2021_parameters")
    PE, _ = edges()
    fluxes = stopped_pion.fluence(
        parameters.value("N_POT", unit="protons"),
        neutrinos * parameters.value("r", unit="neutrinos per flavour and proton"),
        parameters.value("L", unit="m") * units.m,
    )
    prompt = {"nu_mu": fluxes.pop("nu_mu")}
    target = targets.compound({"Cs": 1, "I": 1}, form_factor=form_factor, proton_radius=proton_radius)
    formula_units = target.units_in(parameters.value("mass", unit="kg"))
    curve, threshold = efficiency(efficient)

    def seen(quench: Callable[[ArrayLike], NDArray[np.float64]]) -> response.GammaPhotoelectrons:
        a = parameters.value("resolution_a", unit="keV_ee/PE") * units.keV
        b = parameters.value("resolution_b", unit="1/keV_ee") / units.keV
        return response.GammaPhotoelectrons(quench, a, b, tuple(PE), curve, threshold, smearing)

    channels = []
    nuclear = seen(electron_equivalent(quenching))
    electronic = seen(response.identity) if electrons else None
    for species, shares in zip((prompt, fluxes), _in_bins(timing)(0.0), strict=True):
        channels += [
            Channel(nucleus, n * formula_units, species, nuclear, order=order, shares=shares)
            for n, nucleus in target.nuclei
        ]
        if electronic is not None:
            channels += [
                Channel(shells, n * formula_units, species, electronic, False, order=order, shares=shares)
                for n, shells in target.electrons
            ]
    return tuple(channels)


@cache
def _shapes() -> dict[str, NDArray[np.float64]]:
    """Relative change of the Standard Model in every bin under one standard deviation of what shapes the signal.

    Quenching and efficiency vary as the release says; the efficiency by its lower variation, mirrored, because next to
    the threshold the upper one multiplies the few events there by four, and a straight line through both would make
    them negative.  The form factor has no error in the release: one standard deviation takes Klein-Nystrand's to Helm's
    with our radii, which is our choice.
    """
    nominal = {"form_factor": "klein-nystrand", "quenching": "nominal", "efficient": "nominal"}

    def counts(**options: str) -> NDArray[np.float64]:
        chosen = {**nominal, **options}
        channels = _channels(
            proton_radius="point", smearing=True, neutrinos=1.0, electrons=False, timing="release", order=32, **chosen
        )
        n_t = len(edges()[1]) - 1
        total = np.sum(list(standard_model(channels).values()), axis=0)
        return np.repeat(total.reshape(-1, n_t).sum(axis=1), n_t)

    def both_ways(name: str, up: str, down: str) -> NDArray[np.float64]:
        return (counts(**{name: up}) - counts(**{name: down})) / (2 * counts())

    return {
        "quenching 1": both_ways("quenching", "shift_1_up", "shift_1_down"),
        "quenching 2": both_ways("quenching", "shift_2_up", "shift_2_down"),
        "form factor": counts(form_factor="helm") / counts() - 1,
        "efficiency": 1 - counts(efficient="down") / counts(),
    }


def build(
    *,
    form_factor: str = "klein-nystrand",
    proton_radius: str = "point",
    quenching: str = "nominal",
    efficient: str = "nominal",
    smearing: bool = True,
    timing: str = "release",
    time_bins: bool = True,
    sigma_arrival: float | None = None,
    sigma_flux: float | None = None,
    sigma_form_factor: float = 1.0,
    steady: str = "spectrum",
    neutrinos: float = 1.0,
    electrons: bool = False,
    order: int = 32,
) -> Experiment:
    """COHERENT-CsI, all data.

    Parameters
    ----------
    form_factor : {"klein-nystrand", "helm", "point"}
        footnote 2 of the paper, Eq. (13), or 1
    proton_radius : {"point", "charge"}
        radius in the Helm form factor
    quenching : str
        see :func:`companion.experiments.coherent_csi.electron_equivalent`
    efficient : {"nominal", "up", "down"}
        see :func:`efficiency`
    smearing : bool
        resolution of the photoelectrons
    timing : {"release", "2017"}
        see :func:`arrival`
    time_bins : bool
        False adds up all arrival times
    sigma_arrival : float, optional
        width (nanoseconds) of the common shift of all neutrinos in time; 0 for none; default a public analysis's prior
    sigma_flux : float, optional
        relative error of the flux; default the one that the detectors at this source share
    sigma_form_factor : float
        error of the form factor, in units of the difference between Klein-Nystrand's and Helm's; 0 for none
    steady : {"spectrum", "size"}
        what the anti-coincident events leave uncertain about the steady-state background: its number in every bin of
        energy, or its size alone, by the error that a public analysis gives it
    neutrinos : float
        factor on the number of neutrinos (or on the mass, or the number of protons)
    electrons : bool
        add dipole scattering on the atomic electrons
    order : int
        Gauss points per piece of the recoil range
    """
    if steady not in ("spectrum", "size"):
        raise ValueError(f"the steady-state background is uncertain in its spectrum or its size, not in {steady!r}")
    if sigma_arrival is not None and sigma_arrival < 0:
        raise ValueError(f"the width of the shift in time must not be negative, not {sigma_arrival} ns")
    if sigma_form_factor < 0:
        raise ValueError(f"the error of the form factor must not be negative, not {sigma_form_factor}")
    parameters = table("coherent/csi2021_parameters")
    bins = table("coherent/csi2021_bins")
    PE, t = edges()
    if not time_bins:
        sigma_arrival = 0.0
    if sigma_arrival is None:
        sigma_arrival = parameters.value("sigma_arrival", unit="ns")
    if sigma_flux is None:
        sigma_flux = table("coherent/beam").value("sigma_flux", unit="1")
    channels = _channels(
        form_factor=form_factor,
        proton_radius=proton_radius,
        quenching=quenching,
        efficient=efficient,
        smearing=smearing,
        neutrinos=neutrinos,
        electrons=electrons,
        timing=timing,
        order=order,
    )
    steady_state = _steady(bins.column("AC", "events", minimum=0.0))
    numbers = steady_state.sum(axis=1)
    backgrounds = {
        "steady state": steady_state.sum(axis=0),
        "beam neutrons": _neutrons("beam", parameters.value("beam_neutrons", unit="events")),
        "induced neutrons": _neutrons("induced", parameters.value("induced_neutrons", unit="events")),
    }
    observed = bins.column("C", "events", minimum=0.0)

    shapes = {f"{NAME} {what}": shape for what, shape in _shapes().items()}
    shapes[f"{NAME} form factor"] = sigma_form_factor * shapes[f"{NAME} form factor"]
    if not sigma_form_factor:
        del shapes[f"{NAME} form factor"]
    pulls = [
        beam.signal_pull(NAME, sigma_flux),
        *(Pull(name, 1.0, shape=shape) for name, shape in shapes.items()),
        Pull(f"{NAME} beam neutrons", parameters.value("sigma_beam_neutrons", unit="1"), ("beam neutrons",)),
        Pull(f"{NAME} induced neutrons", parameters.value("sigma_induced_neutrons", unit="1"), ("induced neutrons",)),
    ]
    if steady == "size":
        pulls.append(Pull(f"{NAME} steady state", parameters.value("sigma_steady", unit="1"), ("steady state",)))
    else:
        for low, high, number, part in zip(PE, PE[1:], numbers, steady_state, strict=False):
            inside = np.where(part > 0, 1.0, 0.0)
            pulls.append(
                Pull(f"{NAME} steady state {low:g}-{high:g} PE", number**-0.5, ("steady state",), shape=inside)
            )

    axes: tuple[Axis, ...] = (Axis("photoelectrons", "PE", PE), Axis("arrival time", "us", t))
    if not time_bins:

        def add(counts: NDArray[np.float64]) -> NDArray[np.float64]:
            return counts.reshape(len(PE) - 1, -1).sum(axis=1)

        observed, axes = add(observed), axes[:1]
        backgrounds = {name: add(counts) for name, counts in backgrounds.items()}
        # what scales a bin of energy scales all its times alike
        pulls = [
            pull if pull.shape is None else replace(pull, shape=np.reshape(pull.shape, (len(PE) - 1, -1))[:, 0])
            for pull in pulls
        ]
        channels = tuple(replace(channel, shares=np.atleast_1d(np.sum(channel.shares))) for channel in channels)  # type: ignore[arg-type]
    shift = None
    if sigma_arrival:
        pulls.append(Pull(f"{NAME} arrival time", sigma_arrival))
        shift = Shift(pulls[-1].name, LaterArrival(timing), reach=1e3 * REACH)
    likelihood = Poisson(observed, backgrounds, tuple(pulls), shift)
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
            *([table("coherent/csi_quenching_2020").source] if quenching != "2017" else []),
            *([table("coherent/csi2017_timing").source] if timing == "2017" else []),
            table("nuclear/isotopes").source,
            *([table("atomic/binding").source] if electrons else []),
        ),
        choices=CHOICES,
        data_set="coherent-csi",  # the events of 2017 are among these
    )


@dataclass(frozen=True)
class Fitted:
    """Coherent events in a fit.

    Attributes
    ----------
    events : float
        their number
    down, up : float
        its errors, where the chi-square has risen by one
    counting : float
        the error that the counts alone would leave if everything else, backgrounds included, were known
    """

    events: float
    down: float
    up: float
    counting: float


def fitted_events(experiment: Experiment) -> Fitted:
    """Coherent events that the data ask for: the size of the signal is free, its shape that of the Standard Model.

    All pulls are profiled.  Those on the signal keep what they do to its shape; what they do to the number of events,
    the free size does already, and so does the flux, which is left out.
    """
    likelihood = experiment.likelihood
    if not isinstance(likelihood, Poisson):
        raise ValueError(f"coherent events are fitted to counts, not to the data of {experiment.title}")
    signal = experiment.standard_model()
    pulls = []
    for pull in likelihood.pulls:
        if pull.shared is not None:
            continue
        if pull.templates == ("signal",) and pull.shape is not None:
            shape = np.asarray(pull.shape)
            pull = replace(pull, shape=shape - np.average(shape, weights=signal))
        pulls.append(pull)
    free = replace(likelihood, pulls=tuple(pulls))

    def chi2(size: float) -> float:
        return float(free.chi2(size * signal))

    best = minimize_scalar(chi2, bounds=(0.2, 2.0), method="bounded", options={"xatol": 1e-8})

    def above(size: float) -> float:
        return chi2(size) - best.fun - 1

    low, high = brentq(above, 0.0, best.x, xtol=1e-10), brentq(above, best.x, 4.0, xtol=1e-10)
    expected = best.x * signal + sum(free.backgrounds.values())
    counting = np.sum(signal**2 / expected) ** -0.5
    total = float(signal.sum())
    return Fitted(*(float(size * total) for size in (best.x, best.x - low, high - best.x, counting)))
