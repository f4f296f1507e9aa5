"""The command line: ``python -m companion --help``."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from . import __version__, experiments, export
from .experiments import Experiment

T = TypeVar("T")

LINEAR = ("theta", "delta", "zeta")
"""Axes of a scan whose ranges are equidistant; those of masses and moments are geometric."""

FLAVOURS = ("e", "mu", "tau")
MOST_MASSES = 100_000


def masses(text: str) -> np.ndarray:
    """Masses (MeV) from ``start:stop:number`` (geometric) or comma-separated values."""
    try:
        if ":" in text:
            start, stop, number = text.split(":")
            if not float(start) > 0 or not float(stop) > 0:
                raise argparse.ArgumentTypeError(f"{text!r}: a geometric range starts above zero")
            if not 1 <= int(number) <= MOST_MASSES:
                raise argparse.ArgumentTypeError(f"{text!r}: a range has 1 to {MOST_MASSES} masses")
            values = np.geomspace(float(start), float(stop), int(number))
        else:
            values = np.array([float(value) for value in text.split(",")])
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither start:stop:number nor a list of masses in MeV") from None
    if not len(values) or not np.all(np.isfinite(values)) or np.any(values < 0):
        raise argparse.ArgumentTypeError(f"{text!r}: masses must be finite and not negative (MeV)")
    return values


def option(text: str) -> tuple[str, object]:
    """Name and value of ``name=value``: true, false, none, a number or else a text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    for number in (int, float):
        try:
            return name, number(value)
        except ValueError:
            pass
    return name, value


def axis(text: str) -> tuple[str, np.ndarray]:
    """An axis of a scan from ``name=start:stop:number`` or ``name=value,value,...``."""
    name, equals, values = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=start:stop:number or name=value,value,...")
    if not name.startswith(LINEAR):
        return name, masses(values)
    try:
        if ":" in values:
            start, stop, number = values.split(":")
            if not 1 <= int(number) <= MOST_MASSES:
                raise argparse.ArgumentTypeError(f"{values!r}: a range has 1 to {MOST_MASSES} values")
            return name, np.linspace(float(start), float(stop), int(number))
        return name, np.array([float(value) for value in values.split(",")])
    except ValueError:
        raise argparse.ArgumentTypeError(f"{values!r} is neither start:stop:number nor a list of numbers") from None


class _Parser(argparse.ArgumentParser):
    """One clear line on bad input, exit status 2."""

    def error(self, message: str):
        self.exit(2, f"companion: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m companion", description="Sterile-neutrino transition magnetic moments.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str, text: str, form: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        if form:
            command.add_argument("--format", choices=export.FORMATS, default="table")
            command.add_argument("--output", type=Path, metavar="FILE", help="write to a file")
        return command

    def add_experiment(command: argparse.ArgumentParser) -> None:
        command.add_argument("experiment")
        command.add_argument(
            "--option", type=option, action="append", default=[], metavar="NAME=VALUE",
            help="a choice that differs from the default; may be repeated",
        )  # fmt: skip
        command.add_argument("--delta", type=float, help="Dirac phase in radians, for lambda_14, lambda_24, lambda_34")

    add("list", "the experiments", form=False)
    events = add("events", "counts per bin: data, backgrounds, Standard Model, dipole signal")
    add_experiment(events)
    events.add_argument("--coupling", help="mu_e, mu_mu, mu_tau, lambda_14, lambda_24 or lambda_34")
    events.add_argument("--value", type=float, help="the coupling in Bohr magnetons")
    events.add_argument("--m4", type=float, help="the sterile mass in MeV")
    events.add_argument("--axis", help="the axis onto which counts are added up, where there are several")
    limit = add("limit", "upper limit on a coupling against the sterile mass")
    add_experiment(limit)
    limit.add_argument("coupling")
    limit.add_argument("--m4", type=masses, required=True, help="start:stop:number (geometric) or values, in MeV")
    limit.add_argument("--cl", type=float, default=0.90, help="confidence level (default 0.90)")
    limit.add_argument("--dof", type=int, default=1, help="degrees of freedom (default 1)")
    coefficients = add("coefficients", "the 21 coefficients of a flavour (Tables I and II)", form=False)
    coefficients.add_argument("flavour", choices=FLAVOURS)
    coefficients.add_argument("--latex", action="store_true", help="in the notation of the paper")
    everything = add("export", "spectra, limits, regions and likelihoods of all experiments as files", form=False)
    everything.add_argument("directory", type=Path, nargs="?", default=Path("exports"), help="default: exports")
    everything.add_argument("--experiment", action="append", default=[], metavar="NAME", help="only this one")
    scan = add("scan", "chi-square on a grid of moments, phases, angles and masses", form=False)
    scan.add_argument("experiments", nargs="+", metavar="EXPERIMENT", help="several, also joined by +, are combined")
    scan.add_argument("--axis", type=axis, action="append", required=True, metavar="NAME=VALUES",
                      help="start:stop:number or values, e.g. m_4=0.01:30:20 (MeV), zeta_24=0:3.14:5 (radians); again "
                      "for each axis; geometric for masses and moduli")  # fmt: skip
    scan.add_argument("--file", type=Path, help="file.npy of the chi-square; an interrupted scan goes on from it")
    scan.add_argument("--workers", type=int, help="processes (default: one per core)")
    scan.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster, instead of processes here")
    add("ledger", "every claim of the paper with its verdict")
    return parser


def _coefficients(flavour: str, latex: bool) -> str:
    from .symbolic import mixing

    lines = [
        f"{a} {b}  {mixing.latex(expression) if latex else expression}"
        for (a, b), expression in mixing.coefficients(flavour).items()
    ]
    return "\n".join(lines) + "\n"


def _progress(items: Sequence[T], name: Callable[[T], str] = str) -> Iterator[T]:
    """The items one by one, counted on stderr if that is a terminal."""
    shown = sys.stderr.isatty()
    for number, item in enumerate(items, 1):
        if shown:
            print(f"\r{number}/{len(items)} {name(item):<40}", end="", file=sys.stderr, flush=True)
        yield item
    if shown:
        print("\r" + 60 * " " + "\r", end="", file=sys.stderr)


def _ledger(form: str) -> str:
    from .audit import ledger

    found = [ledger.judge(claim) for claim in _progress(ledger.claims(), lambda claim: claim.id)]
    text = export.render(ledger.as_table(found), form)
    if form == "table":
        text += "\n" + "\n".join(f"{number:4d} {verdict}" for verdict, number in ledger.counts(found).items()) + "\n"
    return text


def _export(directory: Path, names: Sequence[str]) -> str:
    try:
        index = export.everything(directory, names, progress=_progress)
    except OSError as error:
        raise ValueError(f"cannot write {error.filename}: {error.strerror}") from None
    return f"{len(index) + 1} files in {directory}, listed in {directory / 'index.csv'}\n"


def _load(arguments: argparse.Namespace) -> Experiment:
    """The experiment with the options and the Dirac phase of the command line."""
    given = dict(arguments.option)
    if len(given) < len(arguments.option):
        raise ValueError("an option of an experiment is given twice")
    experiment = experiments.load(arguments.experiment, **given)
    if arguments.delta is None:
        return experiment
    if not np.isfinite(arguments.delta):
        raise ValueError(f"a phase is a finite number of radians, not {arguments.delta}")
    if not (arguments.coupling or "").startswith("lambda_"):
        raise ValueError("the Dirac phase delta matters to the couplings lambda_14, lambda_24 and lambda_34 only")
    if "1" in experiment.states:
        raise ValueError(f"{experiment.title} sees mass eigenstates, Eq. (5): no phase is left to choose")
    return replace(experiment, delta=arguments.delta)


def _scan(arguments: argparse.Namespace) -> str:
    from contextlib import ExitStack

    from . import scan

    names = [name for name, _ in arguments.axis]
    if len(set(names)) != len(names):
        raise ValueError("each axis of a scan is given once")
    grid = scan.Grid(tuple("+".join(arguments.experiments).split("+")), dict(arguments.axis))
    with ExitStack() as stack:
        executor, workers = None, arguments.workers
        if arguments.dask:
            try:
                from distributed import Client
            except ImportError:
                raise ValueError("a Dask cluster needs the package 'distributed'") from None
            try:
                client = stack.enter_context(Client(arguments.dask, timeout="10s"))
            except (OSError, TimeoutError) as error:
                raise ValueError(f"no Dask cluster at {arguments.dask}: {error}") from None
            executor, workers = client.get_executor(), workers or len(client.nthreads())
        best = scan.run(grid, arguments.file, executor=executor, workers=workers).best()
    return f"{grid.size} points, the smallest chi-square at\n" + "".join(f"{k} = {v:.6g}\n" for k, v in best.items())


def _run(arguments: argparse.Namespace) -> str:
    if arguments.command == "list":
        return "".join(f"{name:<20}{experiments.load(name).title}\n" for name in experiments.names())
    if arguments.command == "coefficients":
        return _coefficients(arguments.flavour, arguments.latex)
    if arguments.command == "ledger":
        return _ledger(arguments.format)
    if arguments.command == "scan":
        return _scan(arguments)
    if arguments.command == "export":
        return _export(arguments.directory, arguments.experiment)
    experiment = _load(arguments)
    if arguments.command == "events":
        result = export.spectrum(experiment, arguments.coupling, arguments.value, arguments.m4, axis=arguments.axis)
    else:
        result = export.limit(experiment, arguments.coupling, arguments.m4, confidence=arguments.cl, dof=arguments.dof)
    return export.render(result, arguments.format)


def _signs(argv: Sequence[str]) -> list[str]:
    """``--value -1e-9`` as ``--value=-1e-9``: argparse takes -1e-9, unlike -1, for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and re.fullmatch(r"--\w+", joined[-1]) and re.fullmatch(r"-[\d.]+[eE][-+]?\d+", word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 if it went well, 2 after one line on what was wrong."""
    try:
        arguments = _parser().parse_args(_signs(sys.argv[1:] if argv is None else argv))
        text = _run(arguments)
        output = getattr(arguments, "output", None)
        if output:
            try:
                output.write_text(text, encoding="utf-8")
            except OSError as error:
                raise ValueError(f"cannot write {output}: {error.strerror}") from None
        else:
            sys.stdout.write(text)
    except BrokenPipeError:
        # the reader of a pipe has left, e.g. "... | head"
        sys.stderr.close()
    except (ValueError, ArithmeticError) as error:
        print(f"companion: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print("companion: that is more than the memory of this machine holds; ask for less at a time", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("companion: stopped; a scan with --file goes on from there", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
