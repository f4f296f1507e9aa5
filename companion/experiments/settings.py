"""Options of an experiment with their meaning, and what else one could have chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from functools import lru_cache
from html import escape
from inspect import Parameter, signature
from typing import Any

from ..couplings import is_finite_number

__all__ = ["Choice", "Options", "again", "in_words", "option"]

KINDS = ("check", "choice", "sigma", "pull")


def option(
    default: Any,
    meaning: str,
    *,
    unit: str = "",
    among: tuple[object, ...] = (),
    above: float | None = None,
    at_least: float | None = None,
    anything: bool = False,
) -> Any:
    """An option of an experiment: a field of a subclass of :class:`Options`.

    Parameters
    ----------
    default : object
        its default, whose type the given values must have; None stands for "from the tables"
    meaning : str
        what it is, in a line
    unit : str
        of a number, ``"1"`` for a factor
    among : tuple
        all values that it can have, if they are a few
    above, at_least : float, optional
        a number that it must exceed, or that it must not fall below
    anything : bool
        whether values of any type are let through, because what uses the option checks it
    """
    known = {"meaning": meaning, "unit": unit, "among": among}
    return field(default=default, metadata={**known, "above": above, "at_least": at_least, "anything": anything})


def again(options: type[Options], name: str, default: Any) -> Any:
    """An option that a base class has already, with another default."""
    (one,) = (one for one in fields(options) if one.name == name)
    return field(default=default, metadata=one.metadata)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of an experiment; each experiment has its own subclass, whose fields are made by :func:`option`."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            _check(one.name, value, one.default, one.metadata)
            if is_whole(one.default) and not one.metadata.get("anything"):
                # 3.0 is as good as 3, but what counts points needs the latter
                object.__setattr__(self, one.name, int(value))

    def changed(self) -> dict[str, object]:
        """Those that differ from their defaults."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if one.default is MISSING or not _same(getattr(self, one.name), one.default)
        }

    def table(self) -> list[tuple[str, object, object, str, str]]:
        """Name, value, default, unit and meaning of every option."""
        rows = []
        for one in fields(self):
            unit, meaning = one.metadata.get("unit", ""), one.metadata.get("meaning", "")
            rows.append((one.name, getattr(self, one.name), one.default, unit, meaning))
        return rows

    def _repr_html_(self) -> str:
        head = "<tr><th>option</th><th>value</th><th>default</th><th>unit</th><th>meaning</th></tr>"
        body = ""
        for name, value, default, unit, meaning in self.table():
            cells = (name, in_words(value), in_words(default), unit, meaning)
            body += "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        return f"<table>{head}{body}</table>"

    @staticmethod
    def from_signature(build: Callable[..., object]) -> type[Options]:
        """Options of a function that takes them as keywords with defaults."""
        made = []
        for name, parameter in signature(build).parameters.items():
            if parameter.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL):
                continue
            if parameter.default is Parameter.empty:
                raise ValueError(f"every argument of {build.__name__} needs a default; {name!r} has none")
            made.append((name, parameter.default))
        return _with_defaults(tuple(made))


@dataclass(frozen=True)
class Choice:
    """An alternative to a default of an experiment, or one side of an uncertainty of it.

    Attributes
    ----------
    label : str
        what is chosen instead
    options : mapping
        options of :func:`companion.experiments.load`
    dof : int
        degrees of freedom of the limit
    kind : {"choice", "sigma", "pull", "check"}
        a choice that is as good, without an error; a shift by one standard deviation; what a pull of the likelihood
        holds already; or a check of what matters, which is no uncertainty
    source : str
        what is uncertain, for all its alternatives alike; empty for the label
    base : mapping
        options of what it is compared with, where that is not the default; its own options go on top of them
    """

    label: str
    options: Mapping[str, object] = field(default_factory=dict)
    dof: int = 1
    kind: str = "choice"
    source: str = ""
    base: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"an alternative is of the kind {', '.join(KINDS)}, not {self.kind!r}")

    @property
    def what(self) -> str:
        """What is uncertain: its source, or its label."""
        return self.source or self.label


def in_words(value: object) -> str:
    """The value of an option, on one line."""
    if value is None:
        return "from the tables"
    if callable(value):
        name = getattr(value, "__qualname__", "")
        return name.removeprefix("<").removesuffix(">") or repr(value)
    return " ".join(str(value).split())


def _with_defaults(defaults: tuple[tuple[str, object], ...]) -> type[Options]:
    """A class of options with these names and defaults, the same one for the same defaults."""
    try:
        return _remembered(defaults)
    except TypeError:  # a default that cannot be a key, such as an array
        return _made(defaults)


def _made(defaults: tuple[tuple[str, object], ...]) -> type[Options]:
    """A class whose values can be pickled, although it stands in no module."""
    made = [(name, object, field(default=default)) for name, default in defaults]

    def reduce(self: Options) -> tuple[Callable[..., Options], tuple[object, ...]]:
        return _restored, (defaults, {name: getattr(self, name) for name, _ in defaults})

    return make_dataclass(
        "Options", made, bases=(Options,), frozen=True, kw_only=True, namespace={"__reduce__": reduce}
    )


_remembered = lru_cache(maxsize=None)(_made)


def _restored(defaults: tuple[tuple[str, object], ...], values: Mapping[str, object]) -> Options:
    return _with_defaults(defaults)(**values)


def _same(value: object, default: object) -> bool:
    if value is default:
        return True
    try:
        return bool(value == default)
    except ValueError:
        return False


def is_whole(value: object) -> bool:
    """Whether a value is an integer, and not True or False."""
    return isinstance(value, int) and not isinstance(value, bool)


def _check(name: str, value: object, default: object, metadata: Mapping[str, Any]) -> None:
    """Refuse a value of another kind than the default: a text, True or False, or else a number within its bounds."""
    if metadata.get("anything"):
        return
    if among := metadata.get("among"):
        if not any(isinstance(value, bool) == isinstance(known, bool) and value == known for known in among):
            raise ValueError(f"the option {name!r} is one of {', '.join(map(str, among))}, not {value!r}")
        return
    if value is default or default is MISSING:
        return
    if not metadata and callable(value):
        # an option of a function, whose only description is its default
        return
    if default is None:
        if metadata.get("unit") and not is_finite_number(value):
            raise ValueError(f"the option {name!r} takes a finite number, not {value!r}")
    elif isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"the option {name!r} takes True or False, not {value!r}")
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise ValueError(f"the option {name!r} takes a text, not {value!r}")
    elif is_finite_number(default) and not is_finite_number(value):
        raise ValueError(f"the option {name!r} takes a finite number, not {value!r}")
    elif isinstance(default, int) and value != int(value):  # type: ignore[call-overload]
        raise ValueError(f"the option {name!r} takes a whole number, not {value!r}")
    above, at_least = metadata.get("above"), metadata.get("at_least")
    if above is not None and not value > above:
        raise ValueError(f"the option {name!r} must be greater than {above:g}, not {value!r}")
    if at_least is not None and not value >= at_least:
        raise ValueError(f"the option {name!r} must be at least {at_least:g}, not {value!r}")
