"""What the detectors at one stopped-pion source have in common."""

from __future__ import annotations

from ..data import table
from ..statistics import Pull

__all__ = ["signal_pull"]


def signal_pull(name: str, sigma: float) -> Pull:
    """The pull on the signal of an experiment, of width ``sigma``; the neutrino flux in it is shared by all of them."""
    return Pull(
        f"{name} signal",
        sigma,
        shared=("stopped-pion flux", min(sigma, table("coherent/beam").value("sigma_flux", unit="1"))),
    )
