"""When the neutrinos of COHERENT-CsI arrive, prompt and delayed ones, and a common shift of both in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from .. import units
from ..data import table

__all__ = ["REACH", "TIMINGS", "LaterArrival", "arrival", "edges", "in_bins", "time_efficiency"]

Array = NDArray[np.float64]

TIMINGS = ("release", "2017")
"""Where arrival times come from."""

STEP = 1e-3
"""Grid (microseconds) on which arrival times are convolved."""

REACH = 0.5
"""Largest shift of the arrival times (microseconds) that is tried."""


def edges() -> tuple[Array, Array]:
    """Edges of the bins in photoelectrons and in arrival time (microseconds)."""
    bins = table("coherent/csi2021_bins")
    PE = np.unique([bins.column("PE_low", "PE", minimum=0.0), bins.column("PE_high", "PE", minimum=0.0)])
    t = np.unique([bins.column("t_low", "us", minimum=0.0), bins.column("t_high", "us", minimum=0.0)])
    return PE, t


def time_efficiency(t: ArrayLike) -> Array:
    """Efficiency at the arrival time ``t`` (microseconds): one, then falling slowly as the first pulse blinds."""
    parameters = table("coherent/csi2021_parameters")
    start, rate = parameters.value("time_start", unit="us"), parameters.value("time_rate", unit="1/us")
    return np.exp(-rate * np.maximum(np.asarray(t, float) - start, 0.0))


def arrival(kind: str, timing: str = "release") -> tuple[Array, Array]:
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
    if timing not in TIMINGS:
        raise ValueError(f"arrival times come from one of {', '.join(TIMINGS)}, not from {timing!r}")
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
def in_bins(timing: str) -> CubicSpline:
    """Accepted share of prompt and delayed neutrinos in every bin of time, shape (2, n_t), against the shift (us)."""
    _, bins = edges()
    shifts = np.arange(-REACH, REACH + 0.005, 0.01)
    accepted_shares = np.empty((len(shifts), 2, len(bins) - 1))
    for k, kind in enumerate(("prompt", "delayed")):
        t, density = arrival(kind, timing)
        for n, shift in enumerate(shifts):
            accepted = density * time_efficiency(t + shift)
            total = np.concatenate([[0.0], np.cumsum((accepted[1:] + accepted[:-1]) * STEP / 2)])
            accepted_shares[n, k] = np.diff(np.interp(bins - shift, t, total))
    return CubicSpline(shifts, accepted_shares)


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
        self, signal: Array, shift: Array
    ) -> tuple[Array, Array, Array]:
        """The later signal, and its first and second derivative by the shift (ns), each (rows, n_bins)."""
        shares, apart = in_bins(self.timing), _apart(self.timing)
        # (rows, energies, times) into amounts of prompt and delayed neutrinos
        amounts = signal.reshape(len(signal), signal.shape[1] // len(apart), len(apart)) @ apart
        t = np.asarray(shift, float) / 1e3
        moved = signal + (amounts @ (shares(t) - shares(0.0))).reshape(signal.shape)
        slope, curvature = (amounts @ shares(t, order) / 1e3**order for order in (1, 2))
        return moved, slope.reshape(signal.shape), curvature.reshape(signal.shape)


@cache
def _apart(timing: str) -> Array:
    """Amounts of prompt and delayed neutrinos from counts in the bins of time, shape (n_t, 2)."""
    return np.linalg.pinv(in_bins(timing)(0.0))
