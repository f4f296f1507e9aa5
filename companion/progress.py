"""The one progress bar: on a terminal, and only there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Bar", "bar"]


class Bar(Protocol):
    """What tells how far something is."""

    def update(self, number: float = 1) -> object:
        """So many more are done."""


class _Silent:
    def update(self, number: float = 1) -> object:
        return None


@contextmanager
def bar(total: int, label: str, unit: str, done: int = 0) -> Iterator[Bar]:
    """A bar on the standard error, if that is a terminal and tqdm is installed.

    Parameters
    ----------
    total, done : int
        how many there are, and how many of them were done before
    label, unit : str
        what is done, and what is counted, in the plural
    """
    if not sys.stderr.isatty() or total <= 1:
        yield _Silent()
        return
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        yield _Silent()
        return
    with tqdm(total=total, initial=done, desc=label, unit=f" {unit}", leave=False, file=sys.stderr) as shown:
        yield shown
