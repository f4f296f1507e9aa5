"""How each kind of result draws itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..results import Band, Choices, Interval, Limit, Limits, Profile, Region, Result, Spectrum
from .bins import spectrum
from .curves import choices, limits, mass_axis, plane, regions
from .style import COLOURS, LABELS, axes, in_style

__all__ = ["draw"]


@singledispatch
def draw(result: Result, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw a result into axes, new ones by default.

    Parameters
    ----------
    result : Result
        of :mod:`companion.results`
    ax : Axes, optional
        where to draw
    **style
        of the function that draws this kind: :func:`spectrum`, :func:`limits` or :func:`regions`
    """
    raise ValueError(f"there is no figure of a {type(result).__name__}")


def _new(ax: Axes | None) -> Axes:
    return axes() if ax is None else ax


def _titled(ax: Axes, result: Result) -> Axes:
    ax.set_title(result.title, fontsize="small", loc="left", wrap=True)
    return ax


def _entitled(one: Callable[..., Axes]) -> Callable[..., Axes]:
    """New axes get the title of what is drawn into them; given ones are the reader's own."""

    def drawn(result: Any, ax: Axes | None = None, **style: Any) -> Axes:
        made = one(result, _new(ax), **style)
        return _titled(made, result) if ax is None else made

    return drawn


def _spectrum(result: Spectrum, ax: Axes, **style: Any) -> Axes:
    return spectrum(ax, result, **style)


def _limit(result: Limit, ax: Axes, **style: Any) -> Axes:
    return limits(ax, [result], [result.title.partition(":")[0]], **style)


def _limits(result: Limits, ax: Axes, **style: Any) -> Axes:
    given = {"shade": None, "symbol": "upper limit", **style}
    return limits(ax, result.limits, [one.coupling.symbol for one in result.limits], **given)


def _region(result: Interval | Region, ax: Axes, **style: Any) -> Axes:
    return regions(ax, [result], [result.title.partition(":")[0]], **style)


@in_style
def _band(result: Band, ax: Axes, **style: Any) -> Axes:
    colours = [COLOURS[name] for name in ("orange", "blue", "green")]
    for (name, (low, high)), colour in zip(result.bands.items(), colours, strict=False):
        ax.fill_between(result.m_4, low, high, color=colour, alpha=0.5, lw=0, label=name)
    seen = np.isfinite(result.value)
    dashes = "--" if result.projected else "-"
    ax.plot(result.m_4[seen], result.value[seen], dashes, color=COLOURS["black"], lw=1.0, label="limit")
    mass_axis(ax, result.coupling.symbol)
    ax.set(**style)
    ax.legend()
    return ax


def _choices(result: Choices, ax: Axes, **style: Any) -> Axes:
    return choices(ax, result.labels[1:], result.ratios[1:].tolist(), **style)


RISE = r"$\Delta\chi^2$"


@in_style
def _profile(result: Profile, ax: Axes, **style: Any) -> Axes:
    labels = []
    for name, unit in result.units.items():
        labels.append(f"{name} [{LABELS.get(unit, unit)}]")
    scales = []
    for values in result.axes.values():
        steps = np.diff(np.log(values)) if np.all(values > 0) else np.array([0.0, 1.0])
        # masses and moduli are equidistant in the logarithm
        scales.append("log" if len(steps) > 1 and np.allclose(steps, steps[0]) else "linear")
    given = {"xlabel": labels[0], "xscale": scales[0], **style}
    if len(result.axes) == 1:
        (values,) = result.axes.values()
        ax.plot(values, result.rise)
        ax.set(ylabel=RISE, **given)
        return ax
    x, y = result.axes.values()
    top = float(result.rise.max()) or 1.0
    inner = [level for level in (1.0, 2.3, 4.6, 9.2) if level < top]
    shown = {"ylabel": labels[1], "yscale": scales[1], **given}
    return plane(ax, x, y, result.rise.T, [0.0, *inner, top], RISE, **shown)


draw.register(Spectrum, _entitled(_spectrum))
draw.register(Limit, _entitled(_limit))
draw.register(Limits, _entitled(_limits))
draw.register(Interval, _entitled(_region))
draw.register(Region, _entitled(_region))
draw.register(Band, _entitled(_band))
draw.register(Choices, _entitled(_choices))
draw.register(Profile, _entitled(_profile))
