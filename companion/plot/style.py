"""The one look of the book: colours, sizes, panels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import IO, Any, ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import LogFormatterSciNotation
from matplotlib.typing import ColorType

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["COLOURS", "FULL", "LABELS", "SINGLE", "STYLE", "axes", "contrast", "in_style", "ink", "save"]

COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
"""The Okabe-Ito colours, told apart by every kind of eye."""

FULL, SINGLE = 6.4, 3.2
"""Widths in inches: the text of a page, or one panel."""

READABLE = 4.5
"""Contrast that WCAG 2 (AA) asks of letters."""

STYLE: dict[Any, Any] = {
    "figure.dpi": 200,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    # at the width of a phone a figure shrinks to half: letters must survive that
    "font.size": 11.5,
    "axes.labelsize": 12.5,
    "axes.linewidth": 0.8,
    "axes.prop_cycle": cycler(color=[COLOURS[c] for c in ("blue", "vermillion", "green", "purple", "orange", "sky")]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.8,
    # a white ground without an edge, so that what runs behind a legend stays readable
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fontsize": 11.5,
    "mathtext.fontset": "dejavusans",
    "xtick.direction": "in",
    "ytick.direction": "in",
    # below the lowest letters beside the other axis, which stand around its end
    "xtick.major.pad": 7,
    "xtick.minor.pad": 7,
}
"""Settings of matplotlib inside :func:`in_style`."""

LABELS = {
    "keV_ee": "keV$_{ee}$",
    "us": "µs",
    "events/us": "events per µs",
    "events/PE": "events per photoelectron",
}
"""Texts for names of columns and units."""


class Powers(LogFormatterSciNotation):
    """Powers of ten as letters, 10⁻⁹, where matplotlib sets a formula, which takes half of the time of a figure."""

    FORMULA = re.compile(r"\$\\mathdefault\{(-?)(?:([\d.]+)\\times)?10\^\{(-?\d+)\}\}\$")
    RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

    def __call__(self, x: float, pos: int | None = None) -> str:
        found = self.FORMULA.fullmatch(formula := super().__call__(x, pos))
        if not found or mpl.rcParams["text.usetex"]:
            return formula
        sign, factor, power = found.groups()
        return f"{'−' * bool(sign)}{factor + '×' if factor else ''}10{power.translate(self.RAISED)}"


def _letters(axis: Any) -> None:
    """Give an axis with matplotlib's own labels of a logarithm those of :class:`Powers`, with the same settings."""
    for formatter, put in (
        (axis.get_major_formatter(), axis.set_major_formatter),
        (axis.get_minor_formatter(), axis.set_minor_formatter),
    ):
        if type(formatter) is LogFormatterSciNotation:
            powers = Powers()
            vars(powers).update(vars(formatter))
            put(powers)


def _axes_in(things: Any) -> Iterator[Axes]:
    """All Axes among some things and in lists and arrays of them."""
    for thing in things:
        if isinstance(thing, Axes):
            yield thing
        elif isinstance(thing, list | tuple):
            yield from _axes_in(thing)
        elif isinstance(thing, np.ndarray) and thing.dtype == object:
            yield from _axes_in(thing.ravel().tolist())


def in_style(draw: Callable[P, T]) -> Callable[P, T]:
    """Draw in the one look of the book, whatever the reader's own settings."""

    @wraps(draw)
    def drawn(*arguments: P.args, **options: P.kwargs) -> T:
        # not rc_context: it would also undo the interactive mode that a notebook's backend turns on when first used
        readers = {key: mpl.rcParams[key] for key in STYLE}
        mpl.rcParams.update(STYLE)
        try:
            result = draw(*arguments, **options)
            for ax in _axes_in((*arguments, result)):
                _letters(ax.xaxis)
                _letters(ax.yaxis)
            return result
        finally:
            mpl.rcParams.update(readers)

    return drawn


def contrast(colour: ColorType, ground: ColorType = "white") -> float:
    """Contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    bright = []
    for one in (colour, ground):
        channels = np.array(to_rgb(one))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        bright.append(float(weights @ linear) + 0.05)
    return max(bright) / min(bright)


def ink(colour: ColorType) -> tuple[float, float, float]:
    """The colour, darkened as far as letters on white need it: what is bright enough for a line is not for a word."""
    red, green, blue = to_rgb(colour)
    shades = ((red * part, green * part, blue * part) for part in np.linspace(1, 0, 101).tolist())
    return next(shade for shade in shades if contrast(shade) >= READABLE)


@in_style
def axes(width: float = FULL, height: float | None = None, columns: int = 1, rows: int = 1) -> Any:
    """New Axes in the look of the book.

    Parameters
    ----------
    width : float
        inches, :data:`FULL` or :data:`SINGLE`
    height : float, optional
        inches; default 0.6 of the width of a panel, for each row
    columns, rows : int
        panels side by side and on top of each other

    Returns
    -------
    Axes or ndarray of Axes
        of one panel, or of several
    """
    height = height if height is not None else 0.6 * width / columns * rows
    return plt.subplots(rows, columns, figsize=(width, height))[1]


def save(ax: Axes, file: IO[bytes], form: str) -> None:
    """Write the figure of some axes into an open file, and forget it: ``form`` is ``"png"``, ``"pdf"`` or ``"svg"``."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.savefig(file, format=form)
    plt.close(figure)
