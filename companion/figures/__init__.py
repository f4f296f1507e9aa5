"""The figures of the book: results in, Axes out.  The only room that knows matplotlib.

Every function takes an ``Axes`` and tables from :mod:`companion.export`, draws, and returns the ``Axes``;
nothing is computed here.
"""

from .after import detectors, leftovers
from .bins import spectra, spectrum, stairs
from .curves import band, choices, compare, curves, limits, marks, plane, regions, scans
from .style import COLOURS, FULL, SINGLE, axes

__all__ = [
    "COLOURS", "FULL", "SINGLE", "axes", "band", "choices", "compare", "curves", "detectors", "leftovers", "limits",
    "marks", "plane", "regions", "scans", "spectra", "spectrum", "stairs",
]  # fmt: skip
