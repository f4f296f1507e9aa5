"""Numbers from outside: usable, or refused in one line that names the first one that is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["check", "finite"]


def finite(
    name: str,
    values: ArrayLike,
    *,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
    increasing: bool = False,
) -> NDArray[np.float64]:
    """Numbers as an array, if every one of them can be used.

    Parameters
    ----------
    name : str
        what they are, for the message: ``"observed counts"``
    values : array_like
        numbers; lists and whatever numpy takes for an array
    minimum, maximum : float, optional
        smallest and largest value allowed
    above : float, optional
        every number must be larger than this one
    increasing : bool
        whether each number must be larger than the one before it

    Returns
    -------
    ndarray
        float, of the same shape

    Raises
    ------
    ValueError
        naming the first number that is missing (nan, masked), infinite or out of bounds

    Examples
    --------
    >>> finite("observed counts", [12, 7, float("nan")], minimum=0)
    Traceback (most recent call last):
    ...
    ValueError: observed counts[2] has no number (nan)
    """
    try:
        array = np.asarray(values)
        if isinstance(values, np.ma.MaskedArray):
            array = np.where(np.ma.getmaskarray(values), np.nan, array)
        # numpy would take "1_5.0" for a number
        texts = array.dtype.kind == "O" and any(isinstance(value, str | bytes) for value in array.flat)
        if texts or array.dtype.kind not in "biufO":
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, not {str(values)[:40]!r}") from None
    check(
        array,
        lambda index: name + (f"[{', '.join(map(str, index))}]" if index else ""),
        minimum=minimum,
        above=above,
        maximum=maximum,
        increasing=increasing,
    )
    return array


def check(
    values: NDArray[np.float64],
    place: Callable[[tuple[int, ...]], str],
    *,
    gaps: bool = False,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
    increasing: bool = False,
) -> None:
    """Refuse numbers that cannot be used.

    Parameters
    ----------
    values : ndarray
        of any shape
    place : callable
        takes the index of a number to its name, with which the message starts
    gaps : bool
        whether nan and infinite numbers pass
    minimum, above, maximum, increasing
        see :func:`finite`

    Raises
    ------
    ValueError
        naming the first number that cannot be used
    """

    def refuse(wrong: NDArray[np.bool_], problem: str) -> None:
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(f"{place(index)} {problem.format(values[index])}")

    if not gaps:
        refuse(np.isnan(values), "has no number (nan)")
        refuse(np.isinf(values), "is infinite")
    if minimum is not None:
        must = "must not be negative" if minimum == 0 else f"must be at least {minimum:g}"
        refuse(values < minimum, must + ", not {:g}")
    if above is not None:
        must = "must be positive" if above == 0 else f"must be larger than {above:g}"
        refuse(values <= above, must + ", not {:g}")
    if maximum is not None:
        refuse(values > maximum, f"must be at most {maximum:g}, not {{:g}}")
    if increasing:
        refuse(np.diff(values, prepend=-np.inf) <= 0, "must be larger than the one before it, not {:g}")
