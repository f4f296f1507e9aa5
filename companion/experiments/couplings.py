"""What a coupling means for each state of a beam: Fig. 3 (effective moments) and Fig. 4 (TMMs)."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from math import asin, pi, sqrt
from types import MappingProxyType

from .. import moments
from ..data import table

__all__ = ["COUPLINGS", "best_fit", "flavour_weights", "mass_splittings", "state_weights"]

COUPLINGS = {
    "mu_e": r"$\mu_{\nu_e}$",
    "mu_mu": r"$\mu_{\nu_\mu}$",
    "mu_tau": r"$\mu_{\nu_\tau}$",
    "lambda_14": r"$|\tilde\lambda_{14}|$",
    "lambda_24": r"$|\tilde\lambda_{24}|$",
    "lambda_34": r"$|\tilde\lambda_{34}|$",
}
"""Couplings by name, with their symbols."""


@cache
def best_fit(ordering: str = "NO") -> tuple[MappingProxyType, MappingProxyType]:
    """Mixing angles and phases (radians) of the global fit in ``data/oscillation/parameters``.

    Returns
    -------
    angles, phases : mapping
        ``theta_12, theta_13, theta_23`` and ``delta``; the sterile angles and all other phases are zero
    """
    value = _global_fit(ordering)
    angles = {f"theta_{ij}": asin(sqrt(value[f"sin2_theta{ij}"])) for ij in ("12", "13", "23")}
    return MappingProxyType(angles), MappingProxyType({"delta": float(value["delta_CP"]) * pi})


def mass_splittings(ordering: str = "NO") -> MappingProxyType:
    """Differences of squared masses (eV^2) from that of the first state, ``"21"`` and ``"31"``, of the same fit."""
    value = _global_fit(ordering)
    sign = 1 if ordering == "NO" else -1
    return MappingProxyType({"21": float(value["dm21_sq"]), "31": sign * float(value["dm31_sq"])})


def _global_fit(ordering: str) -> dict[str, float]:
    if ordering not in ("NO", "IO"):
        raise ValueError(f"no mass ordering {ordering!r}; there are NO, IO")
    parameters = table("oscillation/parameters")
    return dict(zip(parameters["parameter"], parameters[f"{ordering}_best"], strict=True))


@cache
def flavour_weights(coupling: str, delta: float | None = None) -> MappingProxyType:
    """Squared effective moment of each flavour for a squared coupling of 1, Eqs. (9) and (10).

    ``delta`` (radians) is the Dirac phase, by default that of the global fit; all other phases are zero.
    """
    if coupling not in COUPLINGS:
        raise ValueError(f"no coupling {coupling!r}; there are {', '.join(COUPLINGS)}")
    kind, _, index = coupling.partition("_")
    if kind == "mu":
        return MappingProxyType({index: 1.0})
    position = ("14", "24", "34").index(index)
    angles, phases = best_fit()
    chosen = phases if delta is None else {"delta": delta}
    return MappingProxyType(
        {
            flavour: float(moments.short_baseline_weights(flavour, angles, chosen)[position])
            for flavour in moments.FLAVOURS
        }
    )


def state_weights(coupling: str, states: Collection[str], delta: float | None = None) -> MappingProxyType:
    """Squared effective moment of each state of a beam for a squared coupling of 1.

    A beam that arrives as incoherent mass eigenstates "1", "2", "3" shows each transition moment through one of them,
    Eq. (5); any other beam through its flavours, :func:`flavour_weights`.
    """
    weights = flavour_weights(coupling, delta)
    kind, _, index = coupling.partition("_")
    return MappingProxyType({index[0]: 1.0}) if kind == "lambda" and "1" in states else weights
