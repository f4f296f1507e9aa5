"""What may stand on the command line, without any of the computations."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["SHELLS", "joined", "parser"]

LINEAR = ("theta", "delta", "zeta")
"""Axes of a scan whose ranges are equidistant; those of masses and moments are geometric."""

FLAVOURS = ("e", "mu", "tau")
SHELLS = ("bash", "zsh", "fish")
FORMATS = ("table", "csv", "json", "yaml")
MOST_VALUES = 100_000


def _range(text: str, geometric: bool) -> list[float]:
    """Numbers from ``start:stop:number`` or comma-separated values."""
    try:
        if ":" not in text:
            values = [float(value) for value in text.split(",")]
        else:
            first, last, count = text.split(":")
            start, stop, number = float(first), float(last), int(count)
            if not 1 <= number <= MOST_VALUES:
                raise argparse.ArgumentTypeError(f"{text!r}: a range has 1 to {MOST_VALUES} values")
            if geometric and not (start > 0 and stop > 0):
                raise argparse.ArgumentTypeError(f"{text!r}: a geometric range starts above zero")
            steps = [k / max(number - 1, 1) for k in range(number)]
            if geometric:
                values = [start * (stop / start) ** step for step in steps]
            else:
                values = [start + (stop - start) * step for step in steps]
            # the last one is what was asked for, without rounding
            values[-1] = stop if number > 1 else start
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither start:stop:number nor a list of numbers") from None
    if not all(isfinite(value) for value in values):
        raise argparse.ArgumentTypeError(f"{text!r}: the numbers must be finite")
    return values


def masses(text: str) -> list[float]:
    """Masses (MeV) from ``start:stop:number`` (geometric) or comma-separated values."""
    values = _range(text, geometric=True)
    if any(value < 0 for value in values):
        raise argparse.ArgumentTypeError(f"{text!r}: masses must be finite and not negative (MeV)")
    return values


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not isfinite(value):
        raise argparse.ArgumentTypeError(f"a finite number is needed, not {text!r}")
    return value


def option(text: str) -> tuple[str, object]:
    """Name and value of ``name=value``: true, false, none, a number or else a text."""
    name, equals, value = text.partition("=")
    part, _, own = name.rpartition(".")
    if not equals or not own.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    if re.fullmatch(r"[+-]?\d{1,18}", value):
        return name, int(value)
    try:
        return name, float(value)
    except ValueError:
        return name, value


def axis(text: str) -> tuple[str, list[float]]:
    """An axis of a scan from ``name=start:stop:number`` or ``name=value,value,...``."""
    name, equals, values = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=start:stop:number or name=value,value,...")
    return name, _range(values, geometric=not name.startswith(LINEAR))


class _Parser(argparse.ArgumentParser):
    """One clear line on bad input, exit status 2."""

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own swallows what the file refuses, so that a full disk looks like success
        if message and file is not None:
            file.write(message)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"companion: {' '.join(message.split())}\n")


def parser(version: str) -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = _Parser(prog="python -m companion", description="Sterile-neutrino transition magnetic moments.")
    top.add_argument("--version", action="version", version=version)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        return command

    listed = add("list", "the experiments; with a NAME its options, data and sources")
    listed.add_argument("experiment", nargs="?", metavar="NAME", help="one of them, or several joined by +")
    _add_include(listed)
    _add_output(listed)

    events = add("events", "counts per bin: data, backgrounds, Standard Model, dipole signal")
    _add_experiment(events)
    events.add_argument("--coupling", help="mu_e, mu_mu, mu_tau, mu_all, lambda_14, lambda_24 or lambda_34")
    events.add_argument("--value", type=number, help="the coupling in Bohr magnetons")
    events.add_argument("--m4", "--m_4", type=number, help="the sterile mass in MeV")
    events.add_argument("--axis", help="the axis onto which counts are added up, where there are several")
    _add_output(events, plot=True)

    limit = add("limit", "upper limit on a coupling against the sterile mass")
    _add_experiment(limit)
    _add_curve(limit)
    limit.add_argument("--all", action="store_true", help="on every coupling, instead of one")
    limit.add_argument("--curve", type=Path, action="append", default=[], metavar="FILE",
                       help="a curve of one's own, or a limit written before, into the figure of --plot")  # fmt: skip
    limit.add_argument("--beside", action="append", default=[], metavar="EXPERIMENT",
                       help="one more, or several joined by +, in the figure of --plot; may be repeated")  # fmt: skip
    limit.add_argument("--free", action="store_true", help="the other moments and all phases free, for lambda_14, ...")
    _add_output(limit, plot=True)

    interval = add("interval", "allowed interval of a coupling at each mass, with the best fit")
    _add_experiment(interval)
    _add_curve(interval)
    _add_output(interval, plot=True)

    region = add("region", "allowed region of a coupling and the mass, with the global minimum")
    _add_experiment(region)
    _add_curve(region, dof=2)
    _add_output(region, plot=True)

    coefficients = add("coefficients", "the 21 coefficients of a flavour (Tables I and II)")
    coefficients.add_argument("flavour", choices=FLAVOURS)
    coefficients.add_argument("--latex", action="store_true", help="in the notation of the paper")

    scan = add("scan", "chi-square on a grid of moments, phases, angles and masses")
    scan.add_argument("experiments", nargs="+", metavar="EXPERIMENT", help="several, also joined by +, are combined")
    scan.add_argument("--axis", type=axis, action="append", required=True, metavar="NAME=VALUES",
                      help="start:stop:number or values, e.g. m_4=0.01:30:20 (MeV), zeta_24=0:3.14:5 (radians); again "
                      "for each axis; geometric for masses and moduli")  # fmt: skip
    scan.add_argument(
        "--file", type=Path, help="file.npy that keeps the chi-square; an interrupted scan goes on from it"
    )
    _add_include(scan)
    scan.add_argument("--plot", type=Path, metavar="FILE",
                      help="draw the chi-square above its minimum against the first two axes with several values, the "
                      "others profiled, into a .png, .pdf or .svg file")  # fmt: skip
    scan.add_argument("--workers", type=int, help="processes (default: one per core)")
    scan.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster, instead of processes here")

    export = add("export", "spectra, limits, regions and likelihoods of all experiments as files")
    export.add_argument("directory", type=Path, nargs="?", default=Path("exports"), help="default: exports")
    export.add_argument(
        "--experiment", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
    )
    _add_include(export)

    _add_output(add("ledger", "every claim of the paper with its verdict"))

    completion = add("completion", "a script that completes commands, options and names: source it in the shell")
    completion.add_argument("shell", choices=SHELLS)
    return top


def _add_include(command: argparse.ArgumentParser, *spellings: str, meant: str = "") -> None:
    command.add_argument(*spellings, "--include", dest="include", type=Path, action="append", default=[],
                         metavar="FILE", help="a .py file that registers experiments of one's own, or a .toml file "
                         f"that describes one{meant}; may be repeated")  # fmt: skip


def _add_output(command: argparse.ArgumentParser, plot: bool = False) -> None:
    command.add_argument("--format", choices=FORMATS, help="default: what the ending of --output says, or table")
    command.add_argument("--output", type=Path, metavar="FILE", help="write to a file")
    if plot:
        command.add_argument("--plot", type=Path, metavar="FILE", help="draw it into a .png, .pdf or .svg file")


def _add_experiment(command: argparse.ArgumentParser) -> None:
    command.add_argument("experiment", nargs="?", help="see 'list'; several are joined by +")
    command.add_argument(
        "--option", type=option, action="append", default=[], metavar="NAME=VALUE",
        help="a choice that differs from the default, see 'list NAME'; EXPERIMENT.NAME=VALUE where several are joined; "
        "may be repeated",
    )  # fmt: skip
    _add_include(command, "--experiment", meant=", which is meant where none is named")
    command.add_argument("--with-projections", action="store_true", help="join data and projections")
    command.add_argument("--delta", type=number, help="Dirac phase in radians")


def _add_curve(command: argparse.ArgumentParser, dof: int = 1) -> None:
    command.add_argument(
        "coupling", nargs="?", help="mu_e, mu_mu, mu_tau, mu_all, lambda_14, lambda_24 or lambda_34"
    )  # fmt: skip
    command.add_argument("--m4", "--m_4", type=masses, required=True, metavar="MASSES",
                         help="start:stop:number (geometric) or values, in MeV")  # fmt: skip
    command.add_argument("--cl", "--confidence", dest="confidence", type=number, default=0.90,
                         help="confidence level (default 0.90)")  # fmt: skip
    command.add_argument("--dof", type=int, default=dof, help=f"degrees of freedom (default {dof})")


def joined(argv: Sequence[str]) -> list[str]:
    """``--value -1e-9`` as ``--value=-1e-9``, which argparse takes for an option, and ``a + b`` as ``a+b``."""
    words: list[str] = []
    for word in argv:
        if words and re.fullmatch(r"--\w+", words[-1]) and re.fullmatch(r"-[\d.]+[eE][-+]?\d+", word):
            words[-1] += f"={word}"
        elif words and not words[-1].startswith("-") and _go_on(words[-1], word):
            words[-1] += word
        else:
            words.append(word)
    return words


def _go_on(before: str, word: str) -> bool:
    """Whether a word goes on with a list that is joined by ``+``; an option does not."""
    return word.startswith("+") or (before.endswith("+") and not word.startswith("-"))
