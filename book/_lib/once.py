"""Results that several chapters show are computed once for all of them."""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["FOLDER", "once"]

FOLDER = "BOOK_RESULTS"
"""Variable of the environment that names the folder of the results; whoever runs the chapters sets it, anew whenever
anything changes on which a result may depend."""


def once(compute: Callable[P, T]) -> Callable[P, T]:
    """Compute once for these arguments: in this process, and for all chapters that are run together.

    A second chapter that asks while the first one computes waits for it.  Without :data:`FOLDER`, in a notebook that a
    reader opened, every process computes for itself.

    Parameters
    ----------
    compute : callable
        of a module; its arguments say in their ``repr`` all that the result depends on, and the result can be pickled

    Raises
    ------
    ValueError
        for a function of a notebook itself, whose code nobody follows
    """
    if compute.__module__ == "__main__":
        raise ValueError(f"{compute.__qualname__} must stand in a module, so that a change of it is noticed")
    signature = inspect.signature(compute)
    known: dict[str, T] = {}

    @wraps(compute)
    def shared(*arguments: P.args, **options: P.kwargs) -> T:
        bound = signature.bind(*arguments, **options)
        bound.apply_defaults()
        asked = repr((compute.__module__, compute.__qualname__, sorted(bound.arguments.items())))
        if asked not in known:
            known[asked] = _of_all(asked, lambda: compute(*arguments, **options))
        return known[asked]

    return shared


def _of_all(asked: str, compute: Callable[[], T]) -> T:
    """What one of the chapters that are run together has computed, or computes now."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return compute()
    import fcntl  # there is none on Windows, where nobody sets the folder

    file = Path(folder) / hashlib.sha256(asked.encode()).hexdigest()[:24]
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{file}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists():
            earlier: T = pickle.loads(file.read_bytes())
            return earlier
        result = compute()
        # a run of another state of the files may have removed the folder
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".new")
        partial.write_bytes(pickle.dumps(result))
        partial.replace(file)
    return result
