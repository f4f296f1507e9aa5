"""The one list of experiments: names, how each is built, and which options it has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from .combination import combine
from .experiment import Experiment
from .settings import Options

__all__ = ["include", "load", "names", "of", "options", "register"]

MODULES: dict[str, tuple[str, dict[str, object]]] = {
    "coherent-csi": ("coherent_csi", {}),
    "coherent-csi-2021": ("coherent_csi_2021", {}),
    "coherent-lar": ("coherent_lar", {}),
    "cenns-750": ("cenns_750", {}),
    "xenon1t": ("xenon1t", {}),
    "texono": ("texono", {}),
    "dresden-ii": ("dresden_ii", {}),
    "cr51-cevns-si": ("cr51_cevns", {"material": "Si"}),
    "cr51-cevns-ge": ("cr51_cevns", {"material": "Ge"}),
    "cr51-cevns-al2o3": ("cr51_cevns", {"material": "Al2O3"}),
    "cr51-cevns-cawo4": ("cr51_cevns", {"material": "CaWO4"}),
    "cr51-lxe-a": ("cr51_lxe", {"configuration": "A"}),
    "cr51-lxe-b": ("cr51_lxe", {"configuration": "B"}),
    "cr51-lxe-c": ("cr51_lxe", {"configuration": "C"}),
    "xenonnt": ("xenonnt", {}),
    "xenonnt-b8": ("xenonnt_b8", {}),
    "lz-ws2022": ("lz", {"run": "WS2022"}),
    "lz-ws2024": ("lz", {"run": "WS2024"}),
    "pandax-4t": ("pandax4t", {}),
    "borexino-ii": ("borexino_ii", {}),
}
"""Module of each experiment, with its function ``build`` and its class ``Settings``, and what makes a variant."""

KEPT = 64
"""Experiments that are kept for those who ask for the same one again."""


@dataclass(frozen=True)
class _Entry:
    """How an experiment is built."""

    build: Callable[..., Experiment]
    settings: type[Options]
    variant: dict[str, object]
    by_keyword: bool

    def make(self, chosen: Options) -> Experiment:
        if self.by_keyword:
            made = self.build(**{one.name: getattr(chosen, one.name) for one in fields(chosen)})
        else:
            made = self.build(chosen, **self.variant)
        if not isinstance(made, Experiment):
            raise ValueError(f"a function that builds an experiment must return one, not {type(made).__name__}")
        return replace(made, options=chosen)


_registered: dict[str, _Entry] = {}


def names() -> tuple[str, ...]:
    """Names that :func:`load` knows."""
    return (*MODULES, *_registered)


def register(name: str, build: Callable[..., Experiment], settings: type[Options] | None = None) -> None:
    """Give one's own experiment a name, so that it is treated as those of this package everywhere.

    Parameters
    ----------
    name : str
        new, without ``+``
    build : callable
        makes the experiment: from one argument, a value of ``settings``; or, without ``settings``, from keywords that
        all have defaults, which become its options
    settings : type, optional
        subclass of :class:`Options`

    Raises
    ------
    ValueError
        for a name of this package, or a function that does not build an experiment of that name; a name of one's own
        may be registered anew, as a notebook does that is run again
    """
    if name in MODULES or "+" in name or not name.strip():
        raise ValueError(f"an experiment needs a new name without '+', not {name!r}")
    by_keyword = settings is None
    chosen = Options.from_signature(build) if settings is None else settings
    entry = _Entry(build, chosen, {}, by_keyword)
    made = entry.make(chosen())
    if made.name != name:
        raise ValueError(f"the function that builds {name!r} makes an experiment of the name {made.name!r}")
    _registered[name] = entry


def include(path: str | Path) -> tuple[str, ...]:
    """Run a Python file that registers experiments, and give their names; for the command line and for batch jobs.

    The file becomes a module of the name of the file, so that what it defines can be pickled; another process that
    reads the pickle needs its folder on the path.
    """
    file = Path(path)
    if not file.is_file() or file.suffix != ".py":
        raise ValueError(f"{file} is no Python file that could register experiments")
    before = dict(_registered)
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} cannot be run as a Python file")
    module = module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    new = tuple(name for name, entry in _registered.items() if before.get(name) is not entry)
    if not new:
        raise ValueError(f"{file} registers no experiment; it needs a line experiments.register(name, build)")
    return new


def options(name: str) -> type[Options]:
    """The options of an experiment, without building it."""
    return _entry(name).settings


def _entry(name: str) -> _Entry:
    if name in _registered:
        return _registered[name]
    if name not in MODULES:
        raise ValueError(f"no experiment {name!r}; there are {', '.join(names())}")
    module, variant = MODULES[name]
    room = import_module(f".{module}", __package__)
    return _Entry(room.build, room.Settings, variant, by_keyword=False)


def load(name: str, **given: Any) -> Experiment:
    """Build an experiment; those of this package are kept, so that asking twice costs nothing.

    Parameters
    ----------
    name : str
        one of :func:`names`, or several joined by ``+`` for their combination
    **given
        choices that differ from the defaults; ``load(name).options`` lists them with their meaning

    Raises
    ------
    ValueError
        for an unknown name or option, or a value that the option cannot have
    """
    if "+" in name:
        if given:
            raise ValueError(f"options belong to single experiments: load the parts of {name} and combine them")
        return combine(load(part.strip()) for part in name.split("+"))
    entry = _entry(name)
    known = [one.name for one in fields(entry.settings)]
    for chosen in given:
        if chosen not in known:
            raise ValueError(f"{name} has no option {chosen!r}; there are {', '.join(known) or 'none'}")
    settings = entry.settings(**given)
    if name in _registered or not _hashable(settings):
        return entry.make(settings)
    return _remembered(name, settings)


def _hashable(settings: Options) -> bool:
    try:
        hash(settings)
    except TypeError:
        return False
    return True


@lru_cache(maxsize=KEPT)
def _remembered(name: str, settings: Options) -> Experiment:
    """An experiment of this package: it does not change, and what its channels remember serves every caller."""
    return _entry(name).make(settings)


def of(what: str | Experiment) -> Experiment:
    """An experiment from its name; an experiment itself is returned as it is."""
    if isinstance(what, Experiment):
        return what
    if not isinstance(what, str):
        raise ValueError(f"an experiment, or the name of one, is needed, not {what!r}")
    return load(what)
