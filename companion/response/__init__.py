"""From recoil energy to analysis bins: quenching, light yield, resolution, efficiency.

A response has a ``window`` (MeV) of recoil energies it can see, ``breakpoints`` (MeV) where it jumps, and
``bins(E_r)``, the probability that a recoil is accepted and lands in each bin.  All of them pickle if the functions
that they are given do.
"""

from .binned import Binned
from .common import Response, require_least_energy
from .matrix import ResponseMatrix
from .photoelectrons import GammaPhotoelectrons, Photoelectrons
from .quenching import ChargeResolution, FactorTable, Lindhard, Polynomial, identity, quenching

__all__ = [
    "Binned",
    "ChargeResolution",
    "FactorTable",
    "GammaPhotoelectrons",
    "Lindhard",
    "Photoelectrons",
    "Polynomial",
    "Response",
    "ResponseMatrix",
    "identity",
    "quenching",
    "require_least_energy",
]
