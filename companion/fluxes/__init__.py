"""Neutrino sources of the paper, each a :class:`~companion.fluxes.flux.Flux` per neutrino species.

A species is ``"nu_e"``, ``"nu_mu"``, ``"nu_tau"`` or, for antineutrinos, ``"antinu_e"`` and so on; ``"nu_1"``,
``"nu_2"`` and ``"nu_3"`` are neutrinos that arrive as mass eigenstates.
"""

from .flux import Continuum, Flux, Line, Tabulated

__all__ = ["Continuum", "Flux", "Line", "Tabulated"]
