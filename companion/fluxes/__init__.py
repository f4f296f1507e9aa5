"""Neutrino sources of the paper, each a :class:`~companion.fluxes.flux.Flux` per neutrino species.

A species is ``"nu_e"``, ``"nu_mu"``, ``"nu_tau"`` or, for antineutrinos, ``"antinu_e"`` and so on.
"""

from .flux import Continuum, Flux, Line

__all__ = ["Continuum", "Flux", "Line"]
