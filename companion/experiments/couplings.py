"""What a coupling means for each state of a beam: Fig. 3 (effective moments) and Fig. 4 (TMMs)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from math import asin, pi, sqrt
from types import MappingProxyType
from typing import Any

from .. import moments
from ..data import table

__all__ = ["COUPLINGS", "best_fit", "flavour_weights", "mass_splittings", "moved", "state_weights"]

COUPLINGS = {
    "mu_e": r"$\mu_{\nu_e}$",
    "mu_mu": r"$\mu_{\nu_\mu}$",
    "mu_tau": r"$\mu_{\nu_\tau}$",
    "lambda_14": r"$|\tilde\lambda_{14}|$",
    "lambda_24": r"$|\tilde\lambda_{24}|$",
    "lambda_34": r"$|\tilde\lambda_{34}|$",
}
"""Couplings by name, with their symbols."""

BEST_FIT = "best fit"
"""The parameters of the global fit as they are, without a shift."""


@cache
def best_fit(ordering: str = "NO", shift: str = BEST_FIT) -> tuple[MappingProxyType, MappingProxyType]:
    """Mixing angles and phases (radians) of the global fit in ``data/oscillation/parameters``.

    Parameters
    ----------
    ordering : {"NO", "IO"}
        of the masses
    shift : str
        ``"best fit"``, or one parameter of the table moved by its error, ``"sin2_theta12_up"``, ``"delta_CP_down"``

    Returns
    -------
    angles, phases : mapping
        ``theta_12, theta_13, theta_23`` and ``delta``; the sterile angles and all other phases are zero
    """
    value = _global_fit(ordering, shift)
    angles = {f"theta_{ij}": asin(sqrt(value[f"sin2_theta{ij}"])) for ij in ("12", "13", "23")}
    return MappingProxyType(angles), MappingProxyType({"delta": float(value["delta_CP"]) * pi})


def moved(shift: str) -> dict[str, Any]:
    """The fields ``angles`` and ``delta`` of an experiment with a shift of :func:`best_fit`; none without."""
    if shift == BEST_FIT:
        return {}
    angles, phases = best_fit(shift=shift)
    return {"angles": angles, "delta": phases["delta"]}


def mass_splittings(ordering: str = "NO", shift: str = BEST_FIT) -> MappingProxyType:
    """Differences of squared masses (eV^2) from that of the first state, ``"21"`` and ``"31"``, of the same fit."""
    value = _global_fit(ordering, shift)
    sign = 1 if ordering == "NO" else -1
    return MappingProxyType({"21": float(value["dm21_sq"]), "31": sign * float(value["dm31_sq"])})


def _global_fit(ordering: str, shift: str) -> dict[str, float]:
    if ordering not in ("NO", "IO"):
        raise ValueError(f"no mass ordering {ordering!r}; there are NO, IO")
    parameters = table("oscillation/parameters")
    value = dict(zip(parameters["parameter"].tolist(), parameters[f"{ordering}_best"].tolist(), strict=True))
    if shift != BEST_FIT:
        name, _, side = shift.rpartition("_")
        if name not in value or side not in ("up", "down"):
            raise ValueError(f"no shift {shift!r}; there are {BEST_FIT} and {', '.join(value)} with _up or _down")
        value[name] += (1 if side == "up" else -1) * parameters.value(name, f"{ordering}_error")
    return value


def flavour_weights(
    coupling: str, delta: float | None = None, angles: Mapping[str, float] | None = None
) -> MappingProxyType:
    """Squared effective moment of each flavour for a squared coupling of 1, Eqs. (9) and (10).

    ``delta`` (radians) is the Dirac phase and ``angles`` (radians) are those of three-neutrino mixing, by default those
    of the global fit; all other phases are zero.
    """
    if coupling not in COUPLINGS:
        raise ValueError(f"no coupling {coupling!r}; there are {', '.join(COUPLINGS)}")
    kind, _, index = coupling.partition("_")
    if kind == "mu":
        return MappingProxyType({index: 1.0})
    position = ("14", "24", "34").index(index)
    best, phases = best_fit()
    chosen = phases if delta is None else {"delta": delta}
    return MappingProxyType(
        {
            flavour: float(moments.short_baseline_weights(flavour, angles or best, chosen)[position])
            for flavour in moments.FLAVOURS
        }
    )


def state_weights(
    coupling: str, states: Collection[str], delta: float | None = None, angles: Mapping[str, float] | None = None
) -> MappingProxyType:
    """Squared effective moment of each state of a beam for a squared coupling of 1.

    A beam that arrives as incoherent mass eigenstates "1", "2", "3" shows each transition moment through one of them,
    Eq. (5); any other beam through its flavours, :func:`flavour_weights`.
    """
    weights = flavour_weights(coupling, delta, angles)
    kind, _, index = coupling.partition("_")
    return MappingProxyType({index[0]: 1.0}) if kind == "lambda" and "1" in states else weights
