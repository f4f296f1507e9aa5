"""The experiments of the paper, by name.

>>> from companion import experiments
>>> experiments.names()
('coherent-csi', 'xenon1t')
>>> experiments.load("coherent-csi").title
'COHERENT-CsI'
"""

from __future__ import annotations

import inspect
from importlib import import_module

from .experiment import Axis, Channel, Choice, Experiment

__all__ = ["Axis", "Channel", "Choice", "Experiment", "load", "names"]

MODULES = {"coherent-csi": "coherent_csi", "xenon1t": "xenon1t"}
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
    if unknown := [option for option in options if option not in known]:
        raise ValueError(f"{name} has no option {unknown[0]!r}; there are {', '.join(known)}")
    return build(**options)
