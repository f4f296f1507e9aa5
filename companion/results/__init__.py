"""Results as values: numbers with units and provenance that show, plot and write themselves.

Each is made by the function of its name in small letters from an experiment (or its name) and a coupling (or its name):
:func:`spectrum`, :func:`limit`, :func:`interval`, :func:`region`.  What an experiment's numbers rest on, a surrogate, a
projection, an option, a change by hand, goes with them into every table, file and combination (:class:`Provenance`).

>>> from companion import results
>>> results.limit("coherent-csi", "mu_mu", [0.01, 20.0]).table["limit"].shape
(2,)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .base import STATUS, Result, table
from .counts import Spectrum, spectrum
from .curves import Curve, Interval, Limit, Limits, Region, interval, limit, limits_on, region
from .exclusion import UpperLimit, excluded, level
from .provenance import Provenance

if TYPE_CHECKING:
    from .alternatives import Band, Choices, band, choices
    from .profiles import Profile, profile

__all__ = [
    "STATUS",
    "Band",
    "Choices",
    "Curve",
    "Interval",
    "Limit",
    "Limits",
    "Profile",
    "Provenance",
    "Region",
    "Result",
    "Spectrum",
    "UpperLimit",
    "band",
    "choices",
    "excluded",
    "interval",
    "level",
    "limit",
    "limits_on",
    "profile",
    "region",
    "spectrum",
    "table",
]


def __getattr__(name: str) -> Any:
    # alternatives are built anew, which a plain limit does not need
    if name in ("Band", "Choices", "band", "choices"):
        return getattr(import_module(".alternatives", __name__), name)
    if name in ("Profile", "profile"):
        return getattr(import_module(".profiles", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
