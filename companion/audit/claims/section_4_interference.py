"""Sections 2.3, 4 and 5: how much the interference matters in the set-ups of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from ...experiments import Experiment
from ...statistics import delta_chi2
from ..context import Context, shared
from ..model import Claim, find
from ..outcomes import Outcome, listed, percent
from .setups import BEAM, FLAVOURS, NUCLEI, REACTOR, XENON

FRACTIONS = (0.2, 0.5)
"""Sterile masses at which interference is judged, over the kinematic edge of each experiment."""


@dataclass(frozen=True)
class Interference:
    """What interference does to one experiment, the worst of all flavours, signs and masses.

    Attributes
    ----------
    title : str
        of the experiment
    ratio : float
        interference over magnetic events at the limit, its own counted by size bin by bin
    shift : float
        relative change of the limit
    surrogate : bool
        whether the data are a surrogate
    """

    title: str
    ratio: float
    shift: float
    surrogate: bool


@cache
def interference(name: str, squared_sine: float, context: Context | None = None) -> Interference:
    """Interference for every flavour in the beam, at masses of :data:`FRACTIONS` of the kinematic edge."""
    experiment = (context or shared()).experiment(name)
    mixing = squared_sine**0.5
    magnetic, mixed = [], []
    for flavour in sorted(set(experiment.states) & {"e", "mu", "tau"}):
        masses = np.array(FRACTIONS) * experiment.maximum_mass(f"mu_{flavour}")
        magnetic.append(experiment.dipole(flavour, masses))
        mixed.append(mixing * experiment.interference(flavour, masses))
    quadratic, linear = np.concatenate(magnetic), np.concatenate(mixed)
    limit, plus, minus = (_limits(experiment, quadratic, sign * linear) for sign in (0, 1, -1))
    ratio = np.abs(linear).sum(axis=1) / (limit * quadratic.sum(axis=1))
    shift = np.maximum(np.abs(plus / limit - 1), np.abs(minus / limit - 1))
    return Interference(experiment.title, float(ratio.max()), float(shift.max()), experiment.surrogate)


def _limits(experiment: Experiment, quadratic: NDArray[np.float64], linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper limits (mu_B) on moments whose events are ``moment**2 * quadratic + moment * linear``, row by row."""
    expected = experiment.standard_model()
    # the moment that shifts the expectation by one standard deviation
    unit = np.sum((quadratic / experiment.likelihood.sigma) ** 2, axis=1) ** -0.25

    def chi2(x: NDArray[np.float64], row: NDArray[np.int64]) -> NDArray[np.float64]:
        moment = (x * unit[row])[..., np.newaxis]
        return experiment.likelihood.chi2(expected + moment**2 * quadratic[row] + moment * linear[row])

    rows = np.arange(len(unit))
    grid = np.concatenate([[0.0], np.geomspace(0.01, 1e3, 121)])
    values = chi2(grid[:, np.newaxis], rows)
    lowest: NDArray[np.float64] = values.min(axis=0)
    k = values.argmin(axis=0)
    inner = np.flatnonzero(k > 0)
    if len(inner):
        bracket = (grid[k[inner] - 1], grid[k[inner]], grid[k[inner] + 1])
        lowest[inner] = elementwise.find_minimum(chi2, bracket, args=(inner,)).f_x
    ceiling: NDArray[np.float64] = lowest + delta_chi2()
    last = len(grid) - 1 - np.argmax(values[::-1] <= ceiling, axis=0)

    def above(x: NDArray[np.float64], row: NDArray[np.int64]) -> NDArray[np.float64]:
        excess: NDArray[np.float64] = chi2(x, row) - ceiling[row]
        return excess

    limit: NDArray[np.float64] = unit * elementwise.find_root(above, (grid[last], grid[last + 1]), args=(rows,)).x
    return limit


def only_xenon(claim: Claim, context: Context) -> Outcome:
    """In which experiments of the paper the interference matters, for the mixing that it has in mind.

    An experiment counts if both the interference over the magnetic events and the shift of the limit exceed the
    tolerance.
    """
    found = {name: interference(name, claim.value, context) for name in FLAVOURS}
    affected = {name for name, one in found.items() if min(one.ratio, one.shift) > claim.tolerance}
    largest = sorted(affected, key=lambda name: found[name].shift, reverse=True)
    small = {name: interference(name, claim.value / 10, context) for name in largest[:2]}
    text = listed([f"{found[name].title} {percent(found[name].shift)}" for name in largest[:3]])
    return Outcome(
        bool(affected) and affected <= set(XENON),
        rf"At $|U_{{\alpha4}}|^2={claim.value:g}$ the limit moves by more than {100 * claim.tolerance:g} % in "
        f"{len(affected)} of {len(FLAVOURS)} set-ups: {text} are the largest shifts.",
        "Shift of the limit, and the interference over the magnetic events at the limit: "
        + "; ".join(f"{one.title} {percent(one.shift)}, {percent(one.ratio)}" for one in found.values())
        + rf". At {claim.value / 10:g} the shifts are "
        + f"{listed([f'{percent(small[name].shift)} ({found[name].title})' for name in small])}. Masses of 0.2 "
        "and 0.5 of each kinematic edge, both signs. XENON1T is left out: solar neutrinos arrive as incoherent mass "
        "eigenstates, without one mixing factor of a flavour.",
    )


def tiny(claim: Claim, context: Context) -> Outcome:
    """How far the interference moves a limit at most, for the mixing that the paper names."""
    found = [interference(name, claim.value, context) for name in FLAVOURS if name not in REACTOR]
    worst = max(found, key=lambda one: one.shift)
    affected = [one for one in found if one.shift > claim.tolerance]
    return Outcome(
        not affected,
        f"At {claim.value:g} it moves limits by up to {percent(worst.shift)} ({worst.title}), by more than a tenth in "
        f"{len(affected)} of {len(found)} set-ups.",
        "All set-ups but TEXONO, whose data are a surrogate, and XENON1T, where incoherent mass eigenstates arrive; "
        "masses of 0.2 and 0.5 of each kinematic edge.",
    )


def low_energies(claim: Claim, context: Context) -> Outcome:
    """How far the interference moves limits: electrons in xenon at a chromium source against the other sources.

    The next sentence of the paper sets nuclei at the source aside.
    """
    mixing = find("sec-2.3-tiny").value
    xenon = [interference(name, mixing, context) for name in XENON]
    others = [interference(name, mixing, context) for name in (*BEAM, *REACTOR)]
    nuclei = [interference(name, mixing, context) for name in NUCLEI]
    ours = max(xenon, key=lambda one: one.shift)
    beam = max(others, key=lambda one: one.shift)
    best = max(nuclei, key=lambda one: one.shift)
    holds = ours.shift > beam.shift and beam.shift <= claim.tolerance
    return Outcome(
        holds,
        f"At $|U_{{\\alpha4}}|^2={mixing:g}$ limits move by up to {percent(beam.shift)} at {beam.title} and by up to "
        f"{percent(ours.shift)} in xenon at a chromium source.",
        "Interference over magnetic events at the limit: "
        + listed([f"{one.title} {percent(one.ratio)}" for one in (*xenon, *others)])
        + f". With nuclei at a chromium source the limit moves by up to {percent(best.shift)} ({best.title}).",
    )
