"""The chi-square of a scan as a value, against one or two of its axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import scan
from .base import Result
from .provenance import Provenance

__all__ = ["Profile", "profile"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Profile(Result):
    """Chi-square above its minimum against one or two axes of a scan, smallest over all others.

    Attributes
    ----------
    axes : mapping of str to ndarray
        values along the one or two axes, in the units of ``units``
    units : mapping of str to str
        of the axes
    rise : ndarray
        chi-square above the smallest of the scan, one dimension for each axis
    """

    axes: dict[str, Array]
    units: dict[str, str]
    rise: Array

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        places = np.meshgrid(*self.axes.values(), indexing="ij")
        columns: dict[str, tuple[ArrayLike, str]] = {}
        for name, place in zip(self.axes, places, strict=True):
            columns[name] = place.ravel(), self.units[name]
        return columns | {"delta_chi2": (self.rise.ravel(), "1")}


def profile(done: scan.Result, axes: Sequence[str]) -> Profile:
    """The chi-square of a finished scan against one or two of its axes, the others profiled.

    Raises
    ------
    ValueError
        for another number of axes, or one that the scan does not have
    """
    if len(axes) not in (1, 2):
        raise ValueError("a figure of a scan needs an axis with several values, or two")
    order = [np.argsort(np.asarray(done.grid.axes[name], float)) for name in axes]
    rise = (done.profile(*axes) - done.chi2.min())[np.ix_(*order)]
    names = " + ".join(done.grid.names)
    return Profile(
        name="scan",
        title=f"{names}: chi-square above its minimum, smallest over the other axes of the scan",
        provenance=Provenance.of(done.grid.experiments),
        axes={name: np.sort(np.asarray(done.grid.axes[name], float)) for name in axes},
        units={name: scan.unit(name) for name in axes},
        rise=rise,
    )
