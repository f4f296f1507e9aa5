"""The experiments of the paper, by name.

>>> from companion import experiments
>>> experiments.names()
('coherent-csi',)
>>> experiments.load("coherent-csi").title
'COHERENT-CsI'
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from importlib import import_module
from math import isfinite
from numbers import Real
from types import MappingProxyType

from .experiment import Axis, Channel, Choice, Experiment

__all__ = ["Axis", "Channel", "Choice", "Experiment", "load", "names"]

MODULES = {"coherent-csi": "coherent_csi"}
"""Module of each experiment; its function ``build`` makes the value."""


def names() -> tuple[str, ...]:
    """Names that :func:`load` knows."""
    return tuple(MODULES)


def load(name: str, **options) -> Experiment:
    """Build an experiment.

    Parameters
    ----------
    name : str
        one of :func:`names`
    **options
        choices that differ from the defaults, see the ``build`` function of the experiment's module

    Raises
    ------
    ValueError
        for an unknown name or option
    """
    if name not in MODULES:
        raise ValueError(f"no experiment {name!r}; there are {', '.join(MODULES)}")
    build = import_module(f".{MODULES[name]}", __package__).build
    known = inspect.signature(build).parameters
    for option, value in options.items():
        if option not in known:
            raise ValueError(f"{name} has no option {option!r}; there are {', '.join(known)}")
        _check(option, value, known[option].default)
    return replace(build(**options), options=MappingProxyType(options))


def _check(option: str, value: object, default: object) -> None:
    """Refuse a value of another kind than the default: a text, True or False, or else a number."""
    if isinstance(default, (bool, str)):
        fits, wanted = isinstance(value, type(default)), "True or False" if isinstance(default, bool) else "a text"
    else:
        fits = (default is None and value is None) or _is_number(value)
        wanted = "a finite number"
    if not fits:
        raise ValueError(f"the option {option!r} takes {wanted}, not {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
