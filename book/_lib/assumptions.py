"""What each assumption does to a limit, as numbers: the page of all assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import pi
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion import decay, experiments, limits, phases, published
from companion.couplings import Mixing, Transition
from companion.experiments.coherent_csi_2021 import AS_THE_PAPER

from .today import SHOWN

__all__ = ["ALL_DATA", "FREED", "OPTIONS", "PER_GEV", "conventions", "decays", "freed", "kinds", "options", "turned"]

ALL_DATA = (
    "coherent-csi-2021", "coherent-lar", "xenonnt", "xenonnt-b8", "lz-ws2022", "lz-ws2024", "pandax-4t",
)  # fmt: skip
"""The measured sets of the chapter on the last direction, without XENON1T, whose excess would weaken them."""

FREED = (0.01, 1.0, 10.0)
"""Masses (MeV) at which everything is freed."""

LAMBDAS = ("lambda_14", "lambda_24", "lambda_34")

OPTIONS: Mapping[str, tuple[str, str, float, Mapping[str, Any]]] = MappingProxyType(
    {
        "XENON1T, Poisson likelihood for Eq. (23)": ("xenon1t", "mu_mu", 0.01, {"likelihood": "poisson"}),
        "XENON1T, $a_1$ on everything": ("xenon1t", "mu_mu", 0.01, {"efficiency_scales": "all"}),
        "COHERENT-CsI, all data, inputs of the paper": (
            "coherent-csi-2021", "mu_mu", 0.01, AS_THE_PAPER,
        ),
        "COHERENT-CsI, all data, form factor without error": (
            "coherent-csi-2021", "mu_mu", 0.01, {"sigma_form_factor": 0.0},
        ),
        "Dresden-II, quenching by iron-filtered neutrons": ("dresden-ii", "mu_e", 0.01, {"quenching": "fef"}),
        "Dresden-II, quenching of Lindhard": ("dresden-ii", "mu_e", 0.01, {"quenching": "lindhard"}),
        "XENONnT, solar $^8$B: flux of the solar model": ("xenonnt-b8", "lambda_24", 5.0, {"flux": "GS98"}),
        "Borexino, total rate held by gallium": ("borexino-ii", "mu_mu", 0.01, {"gallium": True}),
    }
)  # fmt: skip
"""Choices by their words: experiment, coupling, mass (MeV), and what is chosen instead of the default."""


def options() -> str:
    """Limits under other choices over those of the defaults, as a Markdown table."""
    lines = ["| instead of the default | limit on | at | limit over that of the default |", "|---|---|---:|---:|"]
    for words, (name, coupling, m_4, chosen) in OPTIONS.items():
        before = limits.upper_limit(name, coupling, m_4)
        after = limits.upper_limit(experiments.load(name, **chosen), coupling, m_4)
        at = f"{m_4:g} MeV" if m_4 >= 1 else f"{1e3 * m_4:g} keV"
        lines.append(f"| {words} | `{coupling}` | {at} | {float(after / before):.2f} |")
    return "\n".join(lines)


@cache
def freed() -> dict[float, NDArray[np.float64]]:
    """Limits with everything free over limits one at a time, for the three transition moments, by mass (MeV)."""
    together = experiments.combine([experiments.load(name) for name in ALL_DATA])
    free = phases.upper_limit(together, LAMBDAS, FREED)
    single = np.array([limits.upper_limit(together, name, FREED) for name in LAMBDAS])
    return {mass: free[:, k] / single[:, k] for k, mass in enumerate(FREED)}


def turned() -> dict[str, float]:
    """The limit of COHERENT-CsI, all data, on each transition moment for delta = 0 over that for delta = pi."""
    csi, found = experiments.load("coherent-csi-2021"), {}
    for name in LAMBDAS:
        pair = name.removeprefix("lambda_")
        both = [
            limits.upper_limit(csi, Transition(pair, mixing=Mixing(phases={"delta": delta})), 0.01)
            for delta in (0.0, pi)
        ]
        found[name] = float(both[0] / both[1])
    return found


def decays(energy: float = 50.0) -> dict[float, float]:
    """Mean path (m) of the sterile state at the best limit of COHERENT on mu_mu, by mass (MeV), at an energy (MeV)."""
    masses = (1.0, 10.0, 40.0)
    values = limits.upper_limit("coherent-csi-2021", "mu_mu", masses)
    return dict(zip(masses, np.asarray(decay.length(values, masses, energy)).tolist(), strict=True))


def conventions() -> dict[str, float]:
    """The limit of XENONnT on mu_mu at 10 keV over the usual one, by convention."""
    usual = limits.upper_limit("xenonnt", "mu_mu", SHOWN[1])
    other: dict[str, dict[str, Any]] = {
        "two degrees of freedom": {"dof": 2},
        "95 %, one degree of freedom": {"confidence": 0.95},
        "CLs, 90 %": {"method": "cls"},
        "CLs, 95 %": {"method": "cls", "confidence": 0.95},
    }
    return {
        name: float(limits.upper_limit("xenonnt", "mu_mu", SHOWN[1], **given) / usual) for name, given in other.items()
    }


def kinds() -> dict[str, list[str]]:
    """Titles of all experiments by what they are: data, projection or surrogate."""
    made: dict[str, list[str]] = {"data": [], "projection": [], "surrogate": []}
    for name in experiments.names():
        one = experiments.load(name)
        made["projection" if one.projected else "surrogate" if one.surrogate else "data"].append(one.title)
    return made


PER_GEV = float(published.from_d(1.0))
"""The moment (mu_B) for a coefficient ``d`` of one inverse GeV."""
