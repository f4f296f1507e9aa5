"""What each command of the command line does; every one imports what it needs when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .arguments import parser

if TYPE_CHECKING:
    from ..couplings import Coupling
    from ..data import Table
    from ..experiments import Experiment
    from ..published import Curve
    from ..results import Limit, Result

T = TypeVar("T")

__all__ = ["COMMANDS", "beside", "include"]


def _progress(items: Sequence[T]) -> Iterator[T]:
    """The items one by one, counted on a terminal."""
    from ..progress import bar

    with bar(len(items), "done", "parts") as shown:
        for item in items:
            yield item
            shown.update(1)


def _experiment(arguments: argparse.Namespace) -> Experiment:
    """The experiment or the combination with its options."""
    from .. import experiments

    if arguments.experiment is None:
        raise ValueError("which experiment? 'list' shows their names, and --experiment FILE takes one of one's own")
    if len(dict(arguments.option)) < len(arguments.option):
        raise ValueError("an option of an experiment is given twice")
    names = [name.strip() for name in arguments.experiment.split("+")]
    options: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in arguments.option:
        part, _, own = key.rpartition(".")
        if not part and len(names) > 1:
            raise ValueError(f"which of {', '.join(names)} has the option {own!r}? Give it as {names[0]}.{own}=...")
        if part and part not in options:
            raise ValueError(f"the option {key!r} belongs to none of {', '.join(names)}")
        options[part or names[0]][own] = value
    if len(names) == 1:
        return experiments.load(names[0], **options[names[0]])
    parts = [experiments.load(name, **options[name]) for name in names]
    return experiments.combine(parts, with_projections=arguments.with_projections)


def include(arguments: argparse.Namespace) -> None:
    """Make the experiments of files known; where a command takes one and none is named, the first is meant."""
    known = [name for file in arguments.include for name in _included(file)]
    if not known or "option" not in arguments:
        return
    from ..couplings import COUPLINGS

    # "limit --experiment FILE mu_e": the first word is the coupling
    if arguments.experiment in (None, *COUPLINGS):
        if arguments.experiment is not None:
            arguments.coupling = arguments.experiment
        arguments.experiment = known[0]


def _included(file: Path) -> Sequence[str]:
    """Names of what a file registers; whatever goes wrong inside it is one line with the place."""
    from .. import experiments, own

    if file.suffix != ".py":
        if not file.exists() and set(str(file).split("+")) <= set(experiments.names()):
            raise ValueError(
                f"{file} is the name of an experiment and no file: give it without the option"
            )
        return [own.register(file)]
    try:
        return experiments.include(file)
    except (ValueError, OSError):
        raise
    except Exception as error:
        raise ValueError(f"{file}: {type(error).__name__}: {error}") from None


def _coupling(arguments: argparse.Namespace, experiment: Experiment, name: str) -> Coupling:
    """The coupling with the Dirac phase of the command line."""
    import numpy as np

    from ..couplings import Mixing, coupling

    if arguments.delta is None:
        return coupling(name)
    shares = []
    for delta in (0.0, 1.0):
        squares = coupling(name, Mixing(phases={"delta": delta})).squares(experiment.states)
        shares.append([float(value) for value in squares.values()])
    if np.allclose(shares[0], shares[1], rtol=1e-12, atol=0):
        raise ValueError(f"the Dirac phase delta does not matter to {name} in {experiment.title}")
    return coupling(name, Mixing(phases={"delta": arguments.delta}))


def _list(arguments: argparse.Namespace) -> Table | str:
    if arguments.experiment is not None:
        return _described(arguments.experiment, arguments.format)
    known = _titles(arguments)
    if arguments.format in (None, "table"):
        return "".join(f"{name:<20}{title}\n" for name, title in known.items())
    from ..results import table

    columns = {"name": list(known), "title": list(known.values())}
    return table("experiments", "experiments by name", columns, dict.fromkeys(columns, "-"))


def _titles(arguments: argparse.Namespace) -> dict[str, str]:
    """Names and titles, without building more than what was included."""
    from ..experiments.catalogue import titles

    known = titles()
    if arguments.include:
        from ..experiments import load, names

        known |= {name: load(name).title for name in names() if name not in known}
    return known


def _described(name: str, form: str | None) -> Table | str:
    """Options, data and sources of an experiment or of the parts of a combination."""
    from ..experiments import load
    from ..results import Provenance, table

    columns: dict[str, list[str]] = {key: [] for key in ("experiment", "option", "default", "unit", "meaning")}
    texts = []
    parts = _parts(name) if "+" in name else load(name).parts
    for part in parts:
        rows = [(one, _word(default), unit, meaning) for one, _, default, unit, meaning in part.options.table()]
        for row in rows:
            for key, cell in zip(columns, (part.name, *row), strict=True):
                columns[key].append(cell)
        kind = Provenance.of([part]).kind
        bins = " x ".join(f"{len(axis.edges) - 1} bins of {axis.name} ({axis.unit})" for axis in part.axes)
        lines = [f"{part.name}: {part.title} ({kind})", f"counts: {part.quantity} in {bins}"]
        lines.append(f"beam: {', '.join(part.states)}")
        lines.append("options (--option NAME=VALUE):" if rows else "options: none")
        width = max((len(f"{row[0]} = {row[1]}") for row in rows), default=0)
        for one, default, unit, meaning in rows:
            about = meaning + (f" ({unit})" if unit and unit != "1" else "")
            lines.append(f"  {f'{one} = {default}':<{width}}  {about}".rstrip())
        lines.append("sources:")
        lines += [f"  {source}" for source in dict.fromkeys(part.sources)]
        texts.append("\n".join(lines) + "\n")
    if form in (None, "table"):
        return "\n".join(texts)
    return table(f"{name}-options", f"options of {name}", columns, dict.fromkeys(columns, "-"), parts)


def _parts(name: str) -> tuple[Experiment, ...]:
    from ..experiments import combine, load

    return combine((load(part.strip()) for part in name.split("+")), with_projections=True).parts


def _word(value: object) -> str:
    return "from the tables" if value is None else str(getattr(value, "__name__", value))


def _events(arguments: argparse.Namespace) -> Result:
    from .. import results

    experiment = _experiment(arguments)
    coupling: str | Coupling | None = arguments.coupling
    if coupling is not None:
        coupling = _coupling(arguments, experiment, arguments.coupling)
    elif arguments.delta is not None:
        raise ValueError("the Dirac phase delta belongs to a coupling, and none is given")
    return results.spectrum(experiment, coupling, arguments.value, arguments.m4, axis=arguments.axis)


def _limit(arguments: argparse.Namespace) -> Result:
    from .. import results
    from ..couplings import COUPLINGS

    experiment = _experiment(arguments)
    if (arguments.coupling is None) != arguments.all:
        raise ValueError(f"a limit is on one coupling ({', '.join(COUPLINGS)}) or, with --all, on every one")
    level = {"confidence": arguments.confidence, "dof": arguments.dof, "free": arguments.free}
    if arguments.free and arguments.delta is not None:
        raise ValueError("--free leaves the phases free: --delta cannot be given with it")
    if not arguments.all:
        return results.limit(experiment, _coupling(arguments, experiment, arguments.coupling), arguments.m4, **level)
    if arguments.beside:
        raise ValueError("--beside compares experiments in one coupling: it cannot be given with --all")
    if arguments.delta is not None:
        raise ValueError("the Dirac phase delta belongs to one coupling: it cannot be given with --all")
    names = [name for name in COUPLINGS if name.startswith("lambda_") or not arguments.free]
    return results.limits_on(experiment, names, arguments.m4, **level)


def beside(result: Any, arguments: argparse.Namespace) -> Result:
    """A limit, or with ``--all`` several, with those of other experiments and the curves of files beside it."""
    import numpy as np

    from .. import published, results
    from ..experiments import combine, load

    others: list[Limit | Curve] = []
    for names in arguments.beside:
        parts = [load(name.strip()) for name in names.split("+")]
        other = parts[0] if len(parts) == 1 else combine(parts, with_projections=arguments.with_projections)
        level = {"confidence": arguments.confidence, "dof": arguments.dof, "free": arguments.free}
        limit = results.limit(other, result.coupling, result.m_4, **level)
        if not np.isfinite(limit.value).any():
            raise ValueError(f"{other.title} has no limit to draw: {limit.blind}")
        others.append(limit)
    return published.beside(result, [*others, *map(published.read, arguments.curve)])


def _interval(arguments: argparse.Namespace) -> Result:
    from .. import results

    return results.interval(*_of_one(arguments), confidence=arguments.confidence, dof=arguments.dof)


def _region(arguments: argparse.Namespace) -> Result:
    from .. import results

    return results.region(*_of_one(arguments), confidence=arguments.confidence, dof=arguments.dof)


def _of_one(arguments: argparse.Namespace) -> tuple[Experiment, Coupling, list[float]]:
    """Experiment, coupling and masses of a command that is about one coupling."""
    from ..couplings import COUPLINGS

    experiment = _experiment(arguments)
    if arguments.coupling is None:
        raise ValueError(f"an interval or a region is of one coupling: {', '.join(COUPLINGS)}")
    return experiment, _coupling(arguments, experiment, arguments.coupling), arguments.m4


def _completion(arguments: argparse.Namespace) -> str:
    from .. import __version__
    from .completion import script

    return script(arguments.shell, parser(__version__))


def _coefficients(arguments: argparse.Namespace) -> str:
    from ..symbolic import mixing

    lines = []
    for (a, b), expression in mixing.coefficients(arguments.flavour).items():
        lines.append(f"{a} {b}  {mixing.latex(expression) if arguments.latex else expression}")
    return "\n".join(lines) + "\n"


def _ledger(arguments: argparse.Namespace) -> Table | str:
    from ..audit import ledger
    from ..io import render

    judged = [ledger.judge(claim) for claim in _progress(ledger.claims())]
    table = ledger.as_table(judged)
    if arguments.format not in (None, "table"):
        return table
    counts = "\n".join(f"{number:4d} {verdict}" for verdict, number in ledger.counts(judged).items())
    return f"{render(table, 'table')}\n{counts}\n"


def _export(arguments: argparse.Namespace) -> str:
    from .. import collection

    directory: Path = arguments.directory
    index = collection.everything(directory, arguments.experiment, progress=_progress)
    return f"{len(index) + 1} files in {directory}, listed in {directory / 'index.csv'}\n"


def _scan(arguments: argparse.Namespace) -> str:
    import numpy as np

    from .. import io, results, scan

    names = [name for name, _ in arguments.axis]
    if len(set(names)) != len(names):
        raise ValueError("each axis of a scan is given once")
    if arguments.file is not None:
        io.check_writable(arguments.file)
    axes = {name: np.array(values) for name, values in arguments.axis}
    parts = [name.strip() for name in "+".join(arguments.experiments).split("+")]
    grid = scan.Grid(tuple(parts), axes)
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
        done = scan.run(grid, arguments.file, executor=executor, workers=workers)
    if arguments.plot is not None:
        io.write(results.profile(done, [name for name in names if axes[name].size > 1][:2]), arguments.plot)
    best: Mapping[str, float] = done.best()
    text = f"{grid.size} points, the smallest chi-square at\n" + "".join(f"{k} = {v:.6g}\n" for k, v in best.items())
    if arguments.file is None:
        text += "the chi-square of all points is kept if --file names a file for it\n"
    return text


COMMANDS: dict[str, Callable[[argparse.Namespace], Result | Table | str]] = {
    "list": _list,
    "events": _events,
    "limit": _limit,
    "interval": _interval,
    "region": _region,
    "coefficients": _coefficients,
    "scan": _scan,
    "export": _export,
    "ledger": _ledger,
    "completion": _completion,
}
"""By name: from the arguments to a result, a table or a text."""
