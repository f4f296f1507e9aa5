"""The set-ups of the paper by kind."""

from __future__ import annotations

from functools import cache

import numpy as np

from ...couplings import Mixing
from ...fluxes import Flux, solar

__all__ = ["BEAM", "FLAVOURS", "NUCLEI", "PAPER", "REACTOR", "TRANSITION", "XENON", "solar_muon", "sun"]

BEAM = ("coherent-csi", "coherent-lar", "cenns-750")
"""Pions that decay at rest."""

REACTOR = ("texono",)

NUCLEI = ("cr51-cevns-si", "cr51-cevns-ge", "cr51-cevns-al2o3", "cr51-cevns-cawo4")
XENON = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")
"""A chromium source, by what scatters: nuclei, or the electrons of xenon."""

PAPER = (*BEAM, "xenon1t", *REACTOR, *NUCLEI, *XENON)
"""The twelve set-ups of the paper."""

FLAVOURS = (*BEAM, *REACTOR, *NUCLEI, *XENON)
"""Those whose neutrinos arrive as flavours: from the Sun come incoherent mass eigenstates."""

TRANSITION = ("lambda_14", "lambda_24", "lambda_34")


@cache
def sun() -> dict[str, Flux]:
    """Solar neutrinos at the Earth by flavour, for the global fit."""
    mixing = Mixing()
    angles = {name: float(np.asarray(value)) for name, value in mixing.angles.items()}
    phases = {name: float(np.asarray(value)) for name, value in mixing.phases.items()}
    return solar.fluxes(angles, phases)


def solar_muon() -> Flux:
    """Solar neutrinos that arrive as nu_mu."""
    return sun()["nu_mu"]
