"""The set-ups of the paper by kind."""

from __future__ import annotations

__all__ = ["BEAM", "NUCLEI", "PAPER", "REACTOR", "TRANSITION", "XENON"]

BEAM = ("coherent-csi", "coherent-lar", "cenns-750")
"""Pions that decay at rest."""

REACTOR = ("texono",)

NUCLEI = ("cr51-cevns-si", "cr51-cevns-ge", "cr51-cevns-al2o3", "cr51-cevns-cawo4")
XENON = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")
"""A chromium source, by what scatters: nuclei, or the electrons of xenon."""

PAPER = (*BEAM, "xenon1t", *REACTOR, *NUCLEI, *XENON)
"""The twelve set-ups of the paper."""

TRANSITION = ("lambda_14", "lambda_24", "lambda_34")
