"""Drawing of results: values in, Axes out.  The only room that knows matplotlib; nothing is computed here.

Every result draws itself with its method ``plot``; the functions here put several into one figure.
"""

from .bins import spectrum
from .curves import choices, curves, limits, plane, regions
from .draw import draw
from .style import COLOURS, FULL, LABELS, SINGLE, STYLE, axes, contrast, in_style, ink, save

__all__ = [
    "COLOURS", "FULL", "LABELS", "SINGLE", "STYLE", "axes", "choices", "contrast", "curves", "draw", "in_style", "ink",
    "limits", "plane", "regions", "save", "spectrum",
]  # fmt: skip
