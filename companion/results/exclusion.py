"""What is excluded by at least one measurement, and the level of a curve between its points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..couplings import coupling as named
from .curves import Limit
from .provenance import Provenance

__all__ = ["UpperLimit", "excluded", "level"]

Array = NDArray[np.float64]


class UpperLimit(Protocol):
    """What has masses and an upper limit at each: a :class:`Limit` or a published curve."""

    @property
    def title(self) -> str: ...

    @property
    def provenance(self) -> Provenance: ...

    @property
    def m_4(self) -> Array: ...

    @property
    def value(self) -> Array: ...


def excluded(curves: Iterable[UpperLimit], coupling: str, m_4: ArrayLike | None = None) -> Limit:
    """The lowest of several limits from data at every mass: what is excluded by at least one of them.

    A surrogate or a projection excludes nothing: such curves are left out, and a note says so.

    Parameters
    ----------
    curves : iterable of Limit or companion.published.Curve
        on the coupling
    coupling : str
        which; that of every :class:`Limit` among the curves
    m_4 : array_like, optional
        masses (MeV); by default all those of the curves

    Raises
    ------
    ValueError
        if none of the curves is from data, or one is on another coupling
    """
    given = list(curves)
    from_data = [curve for curve in given if curve.provenance.is_data]
    if not from_data:
        raise ValueError("nothing here excludes anything: there is no limit from data among these")
    for curve in given:
        if isinstance(curve, Limit) and curve.coupling.name != coupling:
            raise ValueError(f"{curve.title}: that is no limit on {coupling}")
    if m_4 is None:
        masses = np.unique(np.concatenate([curve.m_4 for curve in from_data]))
    else:
        masses = np.atleast_1d(np.asarray(m_4, float))
    provenance = Provenance()
    lowest = np.full(masses.shape, np.inf)
    for curve in from_data:
        provenance = provenance + curve.provenance
        lowest = np.fmin(lowest, level(curve.m_4, curve.value, masses))
    notes = {"coupling": coupling, "from": "; ".join(curve.title for curve in from_data)}
    left_out = [curve.title for curve in given if not curve.provenance.is_data]
    if left_out:
        notes["left out"] = f"{'; '.join(left_out)}: surrogates and projections exclude nothing"
    own = [curve for curve in from_data if isinstance(curve, Limit)]
    return Limit(
        name=f"excluded-{coupling}",
        title=f"lowest limit from data on {coupling}",
        provenance=provenance,
        notes=notes,
        coupling=own[0].coupling if own else named(coupling),
        m_4=masses,
        confidence=own[0].confidence if own else np.nan,
        dof=own[0].dof if own else 1,
        value=lowest,
        low=np.zeros_like(masses),
    )


def level(m_4: ArrayLike, limit: ArrayLike, masses: ArrayLike) -> Array:
    """The lowest moment (mu_B) of a curve at masses (MeV), straight between its points in both logarithms.

    Parameters
    ----------
    m_4, limit : array_like
        points along the curve, which may turn back in mass
    masses : array_like
        where its level is wanted

    Returns
    -------
    ndarray
        of the shape of ``masses``; nan beside the curve and where one of the two points next to it is infinite
    """
    m_4, limit, masses = np.asarray(m_4, float), np.asarray(limit, float), np.asarray(masses, float)
    if np.any(m_4 < 0) or np.any(masses <= 0):
        raise ValueError("a level between points in the logarithm of the mass needs masses above zero")
    drawn = (m_4 > 0) & np.isfinite(limit)
    x, y, wanted = np.log(m_4[drawn]), np.log(limit[drawn]), np.log(masses.ravel())
    # a piece of the line joins neighbours, none of them left out in between; a point is a piece of no length
    joined = np.flatnonzero(np.diff(np.flatnonzero(drawn)) == 1)
    points = np.arange(len(x))
    start, end = np.concatenate([joined, points]), np.concatenate([joined + 1, points])
    # one row per piece, since the line may turn back in mass
    a, b, low, high = (part[:, np.newaxis] for part in (x[start], x[end], y[start], y[end]))
    inside = (wanted >= np.minimum(a, b)) & (wanted <= np.maximum(a, b))
    share = (wanted - a) / np.where(a == b, 1, b - a)
    lowest = np.where(inside, low + share * (high - low), np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, np.exp(lowest)).reshape(masses.shape)
