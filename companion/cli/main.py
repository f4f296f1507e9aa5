"""One command from its arguments to what it prints or writes; whatever goes wrong is one line and status 2."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from .. import __version__
from .arguments import joined, parser
from .commands import COMMANDS, beside, include

__all__ = ["main"]

FORMATS_BY_ENDING = {".csv": "csv", ".json": "json", ".yaml": "yaml"}
PICTURES = (".png", ".pdf", ".svg")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it went well, 2 after one line on what was wrong."""
    status = _guarded(sys.argv[1:] if argv is None else argv)
    if not _flushed(sys.stdout):
        status = status or 2
    return status


def _guarded(argv: Sequence[str]) -> int:
    try:
        arguments = parser(__version__).parse_args(joined(argv))
        _run(arguments)
    except SystemExit as stop:
        # argparse has said what was wrong, or printed its help
        return stop.code if isinstance(stop.code, int) else 0
    except BrokenPipeError:
        # the reader of a pipe has left, e.g. "... | head"
        _silence(sys.stdout)
    except OSError as error:
        return _complain(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
    except (ValueError, ArithmeticError) as error:
        return _complain(str(error))
    except RecursionError:
        return _complain("that is nested too deeply")
    except MemoryError:
        return _complain("that is more than the memory of this machine holds; ask for less at a time")
    except KeyboardInterrupt:
        _complain("stopped; a scan with --file goes on from there")
        return 130
    return 0


def _run(arguments: argparse.Namespace) -> None:
    """Check where the result goes, compute it, and put it there."""
    output: Path | None = getattr(arguments, "output", None)
    plot: Path | None = getattr(arguments, "plot", None)
    if "format" in arguments:
        arguments.format = _format(arguments.format, output)
    if output is not None or plot is not None:
        from ..io import check_writable

        if plot is not None and plot.suffix.lower() not in PICTURES:
            raise ValueError(f"a figure goes to a file that ends in {', '.join(PICTURES)}, not to {plot.name!r}")
        for path in (output, plot):
            if path is not None:
                check_writable(path)
    others = getattr(arguments, "curve", []) or getattr(arguments, "beside", [])
    if others and plot is None:
        raise ValueError("a curve stands beside a limit in a figure, as others do: say where with --plot FILE")
    if "include" in arguments:
        include(arguments)
    result = COMMANDS[arguments.command](arguments)
    if isinstance(result, str):
        text = result
    else:
        from ..io import render, write

        if plot is not None:
            write(beside(result, arguments) if others else result, plot)
            if output is None:
                return
        text = render(result, arguments.format)
    if output is not None:
        from ..io import write_text

        write_text(text, output)
        return
    _print(text)


def _format(asked: str | None, output: Path | None) -> str:
    """The format that is asked for, or that the ending of a file says."""
    if output is None:
        return asked or "table"
    ending = output.suffix.lower()
    if ending in PICTURES:
        raise ValueError(f"numbers do not go to {output.name!r}; a figure does with --plot")
    said = FORMATS_BY_ENDING.get(ending)
    if asked and said and asked != said:
        raise ValueError(f"a file {output.name!r} holds {said}, not {asked}")
    return asked or said or "table"


def _print(text: str) -> None:
    if sys.stdout is None:
        raise ValueError("cannot write: the standard output is closed")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except UnicodeEncodeError:
        coding = sys.stdout.encoding
        sys.stdout.write(text.encode(coding, "backslashreplace").decode(coding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _silence(sys.stdout)
        raise ValueError(f"cannot write to the standard output: {error.strerror}") from None


def _complain(message: str) -> int:
    """One line on the standard error."""
    if sys.stderr is not None:
        try:
            print(f"companion: {' '.join(message.split())}", file=sys.stderr)
        except OSError:
            _silence(sys.stderr)
    return 2


def _flushed(stream: TextIO | None) -> bool:
    """Whether everything has left a stream; if it cannot, the interpreter shall not try again when it ends."""
    if stream is None or stream.closed:
        return True
    try:
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        _complain(f"cannot write to the standard output: {error.strerror}")
        return False
    return True


def _silence(stream: TextIO | None) -> None:
    """Let whatever is still in a stream go nowhere."""
    if stream is None:
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass
