"""Sterile-neutrino transition magnetic moments: the computations behind the book.

>>> import companion
>>> float(companion.upper_limit("coherent-csi", "mu_mu", 0.01)) < 1e-8
True

Data flow one way, and arrays pass between the rooms::

    fluxes -> cross_sections -> rates -> response -> statistics -> experiments -> limits -> results -> io, plot

Everything is in natural units with MeV = 1 (:mod:`companion.units`); a magnetic moment is in Bohr
magnetons unless a docstring says otherwise.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .couplings import Mixing, Moments, coupling
    from .experiments import Experiment, combine, load, names, register
    from .limits import best_fit, interval, upper_limit
    from .results import limit, region, spectrum

__version__ = "0.2.0.dev0"

__all__ = [
    "Experiment", "Mixing", "Moments", "best_fit", "combine", "coupling", "interval", "limit", "load", "names",
    "region", "register", "spectrum", "upper_limit",
]  # fmt: skip

_HOMES = {
    "couplings": ("Mixing", "Moments", "coupling"),
    "experiments": ("Experiment", "combine", "load", "names", "register"),
    "limits": ("best_fit", "interval", "upper_limit"),
    "results": ("limit", "region", "spectrum"),
}
"""Modules of the names above, which are imported when first used."""


def __getattr__(name: str) -> Any:
    for home, known in _HOMES.items():
        if name in known:
            value = getattr(import_module(f".{home}", __name__), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
