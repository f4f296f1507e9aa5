"""What an experiment asks of a response, and what all responses share towards zero energy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..roots import root

__all__ = ["Function", "Response", "require_least_energy"]

Function = Callable[[ArrayLike], NDArray[np.float64]]
"""A function of an energy, such as a quenching or an efficiency."""

NEGLIGIBLE = 1e-14
"""Probability below which a recoil counts as invisible."""

LEAK = 1e-9
"""Probability with which recoils of no energy may be seen, that of a threshold at six standard deviations of the noise.

Dipole scattering makes as many recoils between 1 and 3 eV as between 1 and 3 meV.  Down to :data:`SMALLEST` these are
some thirty times as many as in a factor of three above the threshold, and all of them together change the counts by
less than one part in ten million."""

SMALLEST = 1e-12
"""Energy at which the window of a response that reaches zero is cut, in units of its first edge above zero."""

RATIO = 4.0
"""Largest ratio of the ends of a piece of an integral over 1/T: Gauss's rule then gains a digit per point."""


class Response(Protocol):
    """What an experiment asks of its response."""

    @property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached; the first is positive."""

    @property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) where the response jumps, or where an integral over 1/T is to be split."""

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""


class Scatterer(Protocol):
    """What recoils, see :mod:`companion.targets`."""

    def electric_charge(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Charge that scatters at a recoil energy (MeV)."""


def recoil_energy(function: Function, value: float, maximum: float) -> float:
    """Recoil energy (MeV) at which an increasing function has a value; 0 or ``maximum`` where it does not between."""
    if value <= float(function(0.0)):
        return 0.0
    if float(function(maximum)) <= value:
        return maximum
    return root(lambda E_r: float(function(E_r)) - value, 0.0, maximum)


def towards_zero(low: float, high: float) -> tuple[float, ...]:
    """Energies from ``low`` to below ``high``, so close that a rate that goes as 1/T is smooth between them."""
    if not high > RATIO * low:
        return ()
    number = int(np.ceil(np.log(high / low) / np.log(RATIO)))
    return tuple(np.geomspace(low, high, number + 1)[:-1].tolist())


def check_least_energy(value: float) -> None:
    """Refuse an impossible ``minimum_ionisation`` (MeV)."""
    if not 0 <= value < np.inf:
        raise ValueError(f"the least visible energy that makes a signal is finite and not negative, not {value} MeV")


def label(response: Response, edges: Sequence[float], scale: float, unit: str, quenching: Function) -> str:
    """One line that says what a response is, for ``repr``."""
    name = getattr(quenching, "__name__", repr(quenching))
    bins = "1 bin" if len(edges) == 2 else f"{len(edges) - 1} bins"
    return (
        f"{type(response).__name__}({bins} from {edges[0] / scale:g} to {edges[-1] / scale:g} {unit}, "
        f"quenching {name:.80})"
    )


def require_least_energy(response: Response, scatterer: Scatterer) -> None:
    """Refuse a response that sees recoils of no energy, of which dipole scattering makes infinitely many.

    The rate goes as 1/T: unless the electrons are bound, somebody has to say below which energy there is no signal.

    Parameters
    ----------
    response : Response
        how the recoils are seen
    scatterer : Nucleus or Electrons
        what recoils

    Raises
    ------
    ValueError
        if recoils of no energy are seen with more than :data:`LEAK`
    """
    E_r = 1e-3 * response.window[0] or 1e-15
    seen = float(response.bins(E_r).sum())
    if seen > LEAK and float(scatterer.electric_charge(E_r)) != 0:
        raise ValueError(
            f"recoils of no energy are seen with a probability of {seen:.2g}, and the dipole rate grows as 1/E_r: give "
            "the response the least visible energy (MeV) that makes a signal, e.g. minimum_ionisation=3.6e-6 for an "
            "electron-hole pair in silicon or 2.96e-6 in germanium, or raise its threshold to six times the noise"
        )
