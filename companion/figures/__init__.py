"""The figures of the book: results in, Axes out.  The only room that knows matplotlib.

Every function takes an ``Axes`` and tables from :mod:`companion.export`, draws, and returns the ``Axes``;
nothing is computed here.
"""

from .after import detectors, leftovers
from .benchmarks import ratios
from .bins import spectra, spectrum, stairs
from .curves import band, choices, compare, curves, limits, marks, plane, regions, scans
from .ledger import verdicts
from .overview import later, overview, overviews
from .phases import allowed, moments
from .style import COLOURS, FULL, SINGLE, axes
from .uncertainties import breakdown, limit_bands

__all__ = [
    "COLOURS", "FULL", "SINGLE", "allowed", "axes", "band", "breakdown", "choices", "compare", "curves",
    "detectors", "later", "leftovers", "limit_bands", "limits", "marks", "moments", "overview", "overviews", "plane",
    "ratios", "regions", "scans", "spectra", "spectrum", "stairs", "verdicts",
]  # fmt: skip
