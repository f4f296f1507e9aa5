"""Everything that can be computed for the experiments, written into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import io, limits, results
from .citations import bibtex
from .couplings import COUPLINGS
from .data import Table, table
from .experiments import Experiment, load, names
from .results import STATUS, Result, Spectrum
from .targets import Nucleus

__all__ = ["Job", "everything", "jobs"]

CURVE, GRID = 200, 120
"""Masses of a curve and of a model."""

SMALLER = 6
"""By how much the thumbnail of a figure is smaller: some 200 points wide."""

LIGHT = 0.01
"""Mass (MeV) of a document of HistFactory or HS3, which holds one: every limit is flat from there down."""


EXPORTED = tuple(name for name in COUPLINGS if name != "mu_all")
"""One flavour, or one transition moment: what the paper shows in Figs. 3 and 4."""


@dataclass(frozen=True)
class Job:
    """The spectrum of an experiment or, with a coupling, its limit, its model and the region of an excess."""

    experiment: str
    coupling: str | None = None

    def __str__(self) -> str:
        return f"{self.experiment} {self.coupling or 'spectrum'}"


def jobs(given: Sequence[str] = ()) -> list[Job]:
    """What there is to compute for some experiments, by default for all, without couplings that one is blind to."""
    todo = []
    for name in dict.fromkeys(given or names()):
        experiment = load(name)
        todo.append(Job(name))
        todo += [Job(name, coupling) for coupling in EXPORTED if experiment.maximum_mass(coupling) > 0]
    return todo


def everything(
    directory: str | Path,
    given: Sequence[str] = (),
    *,
    progress: Callable[[Sequence[Job]], Iterable[Job]] = iter,
) -> Table:
    """Write spectra, limits, regions and likelihoods as CSV, for HEPData, as JSON, for HistFactory and in HS3.

    Parameters
    ----------
    directory : str or Path
        new or empty; gets ``index.csv``, ``citations.bib`` and the folders ``csv``, ``hepdata``, ``models``,
        ``histfactory`` and ``hs3``
    given : sequence of str
        experiments by name, by default all
    progress : callable
        is given the jobs and hands them out one by one

    Returns
    -------
    Table
        the index: columns ``file``, ``experiment``, ``kind``, ``coupling`` and ``title``

    Raises
    ------
    ValueError
        for an unknown experiment, or a folder that is not empty or cannot be written
    """
    directory = Path(directory)
    try:
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise ValueError(f"{directory} is there already; an export needs a new or an empty folder")
    except OSError as error:
        raise ValueError(f"cannot write {directory}: {error.strerror}") from None
    from PIL import Image  # only those who export draw

    todo = jobs(given)
    io.check_writable(directory / "index.csv", make_folder=True)
    rows: list[tuple[str, ...]] = []
    records: list[tuple[Table, dict[str, list[str]]]] = []

    def keep(job: Job, kind: str, result: Result, experiment: Experiment) -> None:
        table = result.table
        name = io.file_name(result.name)
        io.write(table, directory / "csv" / f"{name}.csv")
        records.append((table, _keywords(experiment, kind)))
        if not isinstance(result, Spectrum) or len(result.axes) == 1:
            figure = io.write(result, directory / "hepdata" / f"{name}.png")
            with Image.open(figure) as picture:
                picture.reduce(SMALLER).save(figure.with_name(f"thumb_{name}.png"))
            for file in (figure.name, f"thumb_{name}.png"):
                rows.append((f"hepdata/{file}", job.experiment, "figure", job.coupling or "", result.title))
        entry = (job.experiment, kind, job.coupling or "", result.title)
        rows.append((f"csv/{name}.csv", *entry))
        rows.append((f"hepdata/{name}.yaml", *entry))

    experiment = load(todo[0].experiment)
    for job in progress(todo):
        if job.experiment != experiment.name or job.coupling is None:
            experiment = load(job.experiment)
        if job.coupling is None:
            keep(job, "spectrum", _spectrum(experiment), experiment)
            continue
        masses = limits.masses(experiment, job.coupling, number=CURVE)
        curve = results.limit(experiment, job.coupling, masses)
        if curve.provenance.is_data:
            curve = curve.with_expected(experiment)
        keep(job, "limit", curve, experiment)
        if np.any(curve.low > 0):
            keep(job, "interval", results.interval(experiment, job.coupling, masses), experiment)
            keep(job, "contour", results.region(experiment, job.coupling, masses), experiment)
        if not io.holds(experiment):
            continue
        document = io.model(experiment, job.coupling, limits.masses(experiment, job.coupling, number=GRID))
        name = io.file_name(f"{job.experiment}-{job.coupling}.json")
        io.write_model(document, directory / "models" / name)
        title = f"{document['title']}: likelihood of {job.coupling} ({document['kind']})"
        rows.append((f"models/{name}", job.experiment, "model", job.coupling, title))
        at = f"{job.coupling} at {LIGHT:g} MeV ({document['kind']})"
        if not io.is_histfactory(experiment):
            io.write_workspace(io.workspace(experiment, job.coupling, LIGHT), directory / "histfactory" / name)
            title = f"{document['title']}: HistFactory, {at}"
            rows.append((f"histfactory/{name}", job.experiment, "workspace", job.coupling, title))
        if not io.is_hs3(experiment):
            io.write_hs3(io.hs3(experiment, job.coupling, LIGHT), directory / "hs3" / name)
            rows.append((f"hs3/{name}", job.experiment, "hs3", job.coupling, f"{document['title']}: HS3, {at}"))
    cited = bibtex(table.source for table, _ in records)
    io.submission(directory / "hepdata", records, cited)
    io.write_text(cited, directory / "citations.bib")
    for file in ("citations.bib", "hepdata/citations.bib"):
        rows.append((file, "", "citations", "", "BibTeX of what all of it rests on"))
    rows.append(("hepdata/submission.yaml", "", "submission", "", f"{len(records)} tables for HEPData"))
    rows.sort()
    columns = {}
    for place, name in enumerate(("file", "experiment", "kind", "coupling", "title")):
        columns[name] = np.array([row[place] for row in rows])
    units = dict.fromkeys(columns, "-")
    index = Table("index", columns, units, "the header of each file", STATUS, {"title": "One line per file"})
    io.write(index, directory / "index.csv")
    return index


def _spectrum(experiment: Experiment) -> Spectrum:
    """The spectrum with the signal of Fig. 1 or 2, where the paper shows one."""
    for row in table("paper/benchmarks").rows():
        if row["experiment"] == experiment.name:
            shown = results.spectrum(experiment, str(row["coupling"]), row["value"], row["m_4"])
            return replace(shown, notes={**shown.notes, "benchmark": f"{row['panel']}, of arXiv:2109.09545"})
    return results.spectrum(experiment)


def _keywords(experiment: Experiment, kind: str) -> dict[str, list[str]]:
    """Keywords of HEPData, those for observables from its list; beams without one energy have no ``cmenergies``."""
    struck = {"NUCLEUS" if isinstance(channel.scatterer, Nucleus) else "E-" for channel in experiment.channels}
    phrases = ["Neutrino Magnetic Moment", "Sterile Neutrino"]
    if experiment.projected:
        phrases.append("Projection")
    if experiment.surrogate:
        phrases.append("Surrogate")
    return {
        "observables": ["N" if kind == "spectrum" else "CLS"],
        "reactions": [f"NU {target} --> NU {target}" for target in sorted(struck)],
        "phrases": phrases,
    }
