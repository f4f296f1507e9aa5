"""Long calculations in blocks: on one core, all cores or a cluster, and kept in a file as they go on.

A block is always computed alike, so that the numbers do not depend, to the last bit, on who computes which block, in
which order, or how often the calculation was interrupted.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import current_process, get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .progress import bar

__all__ = ["Store", "described", "in_blocks"]

Array = NDArray[np.float64]
Block = tuple[int, int]
Compute = Callable[[int, int], Array]

AHEAD = 4
"""Tasks that wait for each worker, at most."""

UNGUARDED = (
    "a worker ended before its work was done; in a script the call belongs below 'if __name__ == \"__main__\":', since "
    "every worker reads the script once more (or use workers=1)"
)


class Store:
    """An array in a ``.npy`` file that grows row by row, with what it is in a ``.json`` beside it.

    Parameters
    ----------
    path : str or Path
        the ``.npy`` file
    shape : tuple of int
        of the finished array of numbers
    description : mapping
        what JSON can hold: two calculations are the same if these are
    more : mapping
        what the file says as well, without being compared
    """

    def __init__(
        self, path: str | Path, shape: tuple[int, ...], description: Mapping[str, object], more: Mapping[str, object]
    ) -> None:
        self.path = checked(path)
        self.shape = shape
        self.description = dict(json.loads(json.dumps(description)))
        self.more = more

    def resume(self, values: Array, width: int, blocks: Sequence[Block]) -> int:
        """Begin the file, or fill in what it holds of rows of ``width`` numbers and return how many rows are done."""
        beside = self.path.with_suffix(".json")
        if not self.path.exists() and not beside.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({**self.more, **self.description}, indent=1) + "\n", encoding="utf-8")
            with open(self.path, "wb") as stream:
                header = {"descr": "<f8", "fortran_order": False, "shape": self.shape}
                np.lib.format.write_array_header_1_0(stream, header)
            return 0
        if not (self.path.exists() and beside.exists()):
            raise ValueError(f"{self.path} and {beside.name} belong together, and one of them is missing")
        held = described(self.path)
        different = [key for key, value in self.description.items() if held.get(key) != value]
        if different == ["first"]:
            raise ValueError(f"tables or formulas have changed since {self.path} was begun; choose another file")
        if different:
            names = ", ".join(key for key in different if key != "first")
            raise ValueError(f"{self.path} holds something else: it differs in {names}; choose another file")
        numbers = unfinished(self.path, self.shape)
        done = max((stop for _, stop in blocks if stop * width <= len(numbers)), default=0)
        values.reshape(-1)[: done * width] = numbers[: done * width]
        # what was cut off in the middle of a block is computed again
        size = self.path.stat().st_size
        os.truncate(self.path, size - size % 8 - 8 * (len(numbers) - done * width))
        return done


def in_blocks(
    compute: Compute,
    values: Array,
    blocks: Sequence[Block],
    *,
    store: Store | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    together: int = 8,
    label: str,
    unit: str,
) -> None:
    """Fill an array, block by block.

    Parameters
    ----------
    compute : callable
        gives the rows from ``start`` to ``stop``; it must pickle if it is not to run here
    values : ndarray, shape (rows, ...)
        filled in
    blocks : sequence of (int, int)
        first and one past the last row of each block, in order
    store : Store, optional
        keeps the rows as they come; if its file is there already, only the missing ones are computed
    executor : Executor, optional
        any of :mod:`concurrent.futures`, or of a Dask cluster, ``Client.get_executor()``; the workers need this
        package.  It is left open.  By default processes on this machine
    workers : int, optional
        how many processes, by default one per core; 1 computes here, without another process.  With an ``executor``:
        how many workers it has, so that none of them waits for work
    together : int
        blocks that a task holds, and that an interruption can cost
    label, unit : str
        of the bar that a terminal shows

    Raises
    ------
    ValueError
        if the file holds something else, or a worker ends too early
    """
    if together < 1 or (workers is not None and workers < 1):
        raise ValueError(f"there must be one worker and one block per task at least, not {workers} and {together}")
    workers = workers or os.cpu_count() or 1
    width = int(np.prod(values.shape[1:]))
    with ExitStack() as stack:
        done, stream = 0, None
        if store is not None:
            done = store.resume(values, width, blocks)
            stream = stack.enter_context(open(store.path, "ab"))
        left = [block for block in blocks if block[0] >= done]
        tasks = [left[k : k + together] for k in range(0, len(left), together)]
        if executor is None and workers > 1 and len(tasks) > 1:
            if getattr(current_process(), "_inheriting", False):
                # a worker that reads a script without a guard gets here: its parent says what is wrong
                raise SystemExit(1)
            stack.enter_context(_one_thread_each())
            # spawned, since a fork of a process with threads may hang
            pool = ProcessPoolExecutor(min(workers, len(tasks)), mp_context=get_context("spawn"))
            executor = stack.enter_context(pool)
        progress = stack.enter_context(bar(len(values), label, unit, done))
        try:
            for task, rows in zip(tasks, _results(compute, tasks, executor, AHEAD * workers), strict=True):
                start, stop = task[0][0], task[-1][1]
                values[start:stop] = rows
                if stream is not None:
                    stream.write(rows.astype("<f8").tobytes())
                    stream.flush()
                progress.update(stop - start)
        except BrokenProcessPool:
            raise ValueError(UNGUARDED) from None


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let the linear algebra of processes that start meanwhile keep to one core, unless the caller decided."""
    name = "OPENBLAS_NUM_THREADS"
    if name in os.environ:
        yield
        return
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name, None)


def _results(
    compute: Compute, tasks: Sequence[Sequence[Block]], executor: Executor | None, ahead: int
) -> Iterator[Array]:
    """The rows of every task, in their order, with a limited number of them submitted at a time."""
    if executor is None:
        for task in tasks:
            yield _task(compute, task)
        return
    waiting: deque[Future[Array]] = deque()
    try:
        for task in tasks:
            waiting.append(executor.submit(_task, compute, task))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _task(compute: Compute, task: Sequence[Block]) -> Array:
    return np.concatenate([compute(*block) for block in task])


def checked(path: str | Path) -> Path:
    """A path that ends in .npy."""
    path = Path(path)
    if path.suffix != ".npy":
        raise ValueError(f"the file of a scan ends in .npy, not as {path.name!r} does")
    return path


def described(path: Path) -> dict[str, Any]:
    """What the JSON beside an array in a ``.npy`` file says about it."""
    beside = path.with_suffix(".json")
    try:
        return dict(json.loads(beside.read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"cannot read {beside}: {error}") from None


def unfinished(path: Path, shape: tuple[int, ...]) -> Array:
    """The numbers that a ``.npy`` file of a given shape holds so far, in one dimension: its end may be missing."""
    try:
        with open(path, "rb") as stream:
            np.lib.format.read_magic(stream)
            held, _, kind = np.lib.format.read_array_header_1_0(stream)
            start = stream.tell()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {path}: {error}") from None
    if held != shape or kind != np.dtype("<f8"):
        raise ValueError(f"{path} holds an array of another shape, {held} instead of {shape}")
    return np.fromfile(path, "<f8", count=(path.stat().st_size - start) // 8, offset=start)
