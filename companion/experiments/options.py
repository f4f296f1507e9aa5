"""Options of an experiment with their meaning, and what else one could have chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from inspect import Parameter, signature
from typing import Any

from ..couplings import is_finite_number

__all__ = ["Choice", "Options", "option"]


def option(default: Any, meaning: str, *, unit: str = "", among: tuple[object, ...] = ()) -> Any:
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
    """
    return field(default=default, metadata={"meaning": meaning, "unit": unit, "among": among})


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of an experiment; each experiment has its own subclass, whose fields are made by :func:`option`."""

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, getattr(self, one.name), one.default, one.metadata)

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
            about = one.metadata
            value = getattr(self, one.name)
            rows.append((one.name, value, one.default, str(about.get("unit", "")), str(about.get("meaning", ""))))
        return rows

    def _repr_html_(self) -> str:
        head = "<tr><th>option</th><th>value</th><th>default</th><th>unit</th><th>meaning</th></tr>"
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in self.table())
        return f"<table>{head}{body}</table>"

    @staticmethod
    def from_signature( build: Callable[..., object], fixed: Collection[str] = ()) -> type[Options]:
        """Options of a function that takes them as keywords with defaults, without the ``fixed`` ones."""
        made = []
        for name, parameter in signature(build).parameters.items():
            if name in fixed or parameter.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL):
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
    kind : {"choice", "sigma", "pull"}
        a choice without an error, a shift by one standard deviation, or what a pull of the likelihood holds already
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
        if self.kind not in ("choice", "sigma", "pull"):
            raise ValueError(f"an alternative is a choice, a sigma or a pull, not {self.kind!r}")


def _with_defaults(defaults: tuple[tuple[str, object], ...]) -> type[Options]:
    """A class of options with these names and defaults, whose values can be pickled."""
    made = [(name, object, field(default=default)) for name, default in defaults]

    def reduce(self: Options) -> tuple[Callable[..., Options], tuple[object, ...]]:
        return _restored, (defaults, {name: getattr(self, name) for name, _ in defaults})

    return make_dataclass(
        "Options", made, bases=(Options,), frozen=True, kw_only=True, namespace={"__reduce__": reduce}
    )


def _restored(defaults: tuple[tuple[str, object], ...], values: Mapping[str, object]) -> Options:
    return _with_defaults(defaults)(**values)


def _same(value: object, default: object) -> bool:
    if value is default:
        return True
    try:
        return bool(value == default)
    except ValueError:
        return False


def _check(name: str, value: object, default: object, metadata: Mapping[str, Any]) -> None:
    """Refuse a value of another kind than the default: a text, True or False, or else a number."""
    among = metadata.get("among", ())
    if among:
        if not any(type(value) is type(known) and value == known for known in among):
            raise ValueError(f"the option {name!r} is one of {', '.join(map(str, among))}, not {value!r}")
        return
    if value is default or default is MISSING or callable(value):
        return
    if default is None:
        if metadata.get("unit") and not is_finite_number(value):
            raise ValueError(f"the option {name!r} takes a finite number ({metadata['unit']}), not {value!r}")
        return
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"the option {name!r} takes True or False, not {value!r}")
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise ValueError(f"the option {name!r} takes a text, not {value!r}")
    elif is_finite_number(default) and not is_finite_number(value):
        raise ValueError(f"the option {name!r} takes a finite number, not {value!r}")
    elif isinstance(default, int) and value != int(value):  # type: ignore[call-overload]
        raise ValueError(f"the option {name!r} takes a whole number, not {value!r}")
