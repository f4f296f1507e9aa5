"""Experiments by name: those of the paper, later ones, and a reader's own.

>>> from companion import experiments
>>> "cr51-lxe-a" in experiments.names()
True
>>> experiments.load("coherent-csi").title
'COHERENT-CsI'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .channel import Axis, Channel, channels, standard_model
    from .combination import Combination, combine
    from .experiment import Experiment
    from .projection import asimov
    from .registry import include, load, names, of, options, register
    from .settings import Choice, Options, again, option

__all__ = [
    "Axis", "Channel", "Choice", "Combination", "Experiment", "Options", "again", "asimov", "channels", "combine",
    "include", "load", "names", "of", "option", "options", "register", "standard_model",
]  # fmt: skip

_HOMES = {
    "channel": ("Axis", "Channel", "channels", "standard_model"),
    "combination": ("Combination", "combine"),
    "experiment": ("Experiment",),
    "settings": ("Choice", "Options", "again", "option"),
    "projection": ("asimov",),
    "registry": ("include", "load", "names", "of", "options", "register"),
}
"""Modules of the names above: they are imported when first used, so that a list of experiments needs none of them."""


def __getattr__(name: str) -> Any:
    for home, known in _HOMES.items():
        if name in known:
            value = getattr(import_module(f".{home}", __name__), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
