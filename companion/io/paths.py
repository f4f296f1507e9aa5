"""What is written stands there whole or not at all, and what cannot be written is said before the work."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

__all__ = ["check_writable", "file_name", "replace_file", "write_text"]


def file_name(name: str) -> str:
    """The name of a file inside a folder, itself; refused if it could lead out of it or is hidden.

    Raises
    ------
    ValueError
        for anything but letters, digits and ``_ + - .``, or a point at the beginning
    """
    if not re.fullmatch(r"[\w+-][\w.+-]*", name):
        raise ValueError(f"the name of a file has letters, digits and _ + - . only, not {name!r}")
    return name


def write_text(text: str, path: str | Path) -> Path:
    """Write a text in UTF-8, and make its folder."""
    path = Path(path)
    data = text.encode()
    check_writable(path, make_folder=True)
    replace_file(path, lambda file: file.write(data))
    return path


def check_writable(path: str | Path, *, make_folder: bool = False) -> None:
    """Refuse a path that cannot be written, before any work is done for it.

    Parameters
    ----------
    path : str or Path
        of a file
    make_folder : bool
        make its folder if it is not there; else a missing folder is refused

    Raises
    ------
    ValueError
        in one line, with the reason
    """
    path = Path(path)
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise ValueError(f"cannot write {path}: it is a folder")
        if path.exists():
            writable = os.access(path, os.W_OK)
        else:
            folder = path.resolve().parent
            if not stat.S_ISDIR(folder.stat().st_mode):
                raise ValueError(f"cannot write {path}: {folder} is no folder")
            writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None
    if not writable:
        raise ValueError(f"cannot write {path}: permission denied")


def replace_file(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Put a new file in the place of an old one in one step, so that no reader finds half of it."""
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            # a device or a pipe is written into
            with target.open("wb") as file:
                fill(file)
            return
        part = target.with_name(f".{os.getpid()}.part")
        try:
            with part.open("xb") as file:
                fill(file)
            if target.exists():
                part.chmod(target.stat().st_mode)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror or error}") from None
