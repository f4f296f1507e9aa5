"""The experiments of the paper, by name.

>>> from companion import experiments
>>> "cr51-lxe-a" in experiments.names()
True
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

from .combination import Combination, combine
from .experiment import Axis, Channel, Choice, Experiment, channels, standard_model
from .projection import asimov

__all__ = [
    "Axis", "Channel", "Choice", "Combination", "Experiment", "asimov", "channels", "combine", "load", "names",
    "standard_model",
]  # fmt: skip

MODULES: dict[str, str | tuple[str, dict[str, str]]] = {
    "coherent-csi": "coherent_csi",
    "coherent-csi-2021": "coherent_csi_2021",
    "coherent-lar": "coherent_lar",
    "cenns-750": "cenns_750",
    "xenon1t": "xenon1t",
    "texono": "texono",
    "cr51-cevns-si": ("cr51_cevns", {"material": "Si"}),
    "cr51-cevns-ge": ("cr51_cevns", {"material": "Ge"}),
    "cr51-cevns-al2o3": ("cr51_cevns", {"material": "Al2O3"}),
    "cr51-cevns-cawo4": ("cr51_cevns", {"material": "CaWO4"}),
    "cr51-lxe-a": ("cr51_lxe", {"configuration": "A"}),
    "cr51-lxe-b": ("cr51_lxe", {"configuration": "B"}),
    "cr51-lxe-c": ("cr51_lxe", {"configuration": "C"}),
    "xenonnt": "xenonnt",
    "lz-ws2022": ("lz", {"run": "WS2022"}),
    "lz-ws2024": ("lz", {"run": "WS2024"}),
    "pandax-4t": "pandax4t",
}
"""Module of each experiment, whose function ``build`` makes the value; variants with the options that make them."""


def names() -> tuple[str, ...]:
    """Names that :func:`load` knows."""
    return tuple(MODULES)


def load(name: str, **options) -> Experiment:
    """Build an experiment.

    Parameters
    ----------
    name : str
        one of :func:`names`, or several joined by ``+`` for their combination
    **options
        choices that differ from the defaults, see the ``build`` function of the experiment's module

    Raises
    ------
    ValueError
        for an unknown name or option
    """
    if "+" in name:
        if options:
            raise ValueError(f"options belong to single experiments: load the parts of {name} and combine them")
        return combine(load(part) for part in name.split("+"))
    if name not in MODULES:
        raise ValueError(f"no experiment {name!r}; there are {', '.join(MODULES)}")
    entry = MODULES[name]
    module, fixed = (entry, {}) if isinstance(entry, str) else entry
    build = import_module(f".{module}", __package__).build
    known = {
        option: parameter for option, parameter in inspect.signature(build).parameters.items() if option not in fixed
    }
    for option, value in options.items():
        if option not in known:
            raise ValueError(f"{name} has no option {option!r}; there are {', '.join(known)}")
        _check(option, value, known[option].default)
        if option == "order" and (value < 1 or value != int(value)):
            raise ValueError(
                f"a piece of the recoil range needs a whole number of Gauss points, one or more, not {value}"
            )
    return replace(build(**fixed, **options), options=MappingProxyType(options))


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
