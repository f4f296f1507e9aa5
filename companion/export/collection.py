"""Everything that can be computed for the experiments, written into one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .. import experiments, limits
from ..data import Table, table
from ..experiments import Experiment
from ..experiments.couplings import COUPLINGS
from ..targets import Nucleus
from . import hepdata, models, tables
from .files import write

__all__ = ["Job", "everything", "jobs"]

CURVE, GRID = 200, 120
"""Masses of a curve and of a model."""


@dataclass(frozen=True)
class Job:
    """The spectrum of an experiment or, with a coupling, its limit, its model and the region of an excess."""

    experiment: str
    coupling: str | None = None

    def __str__(self) -> str:
        return f"{self.experiment} {self.coupling or 'spectrum'}"


def jobs(names: Sequence[str] = ()) -> list[Job]:
    """What there is to compute for some experiments, by default for all, without couplings that one is blind to."""
    found = []
    for name in dict.fromkeys(names or experiments.names()):
        experiment = experiments.load(name)
        found.append(Job(name))
        found += [Job(name, coupling) for coupling in COUPLINGS if experiment.maximum_mass(coupling) > 0]
    return found


def everything(
    directory: str | Path,
    names: Sequence[str] = (),
    *,
    progress: Callable[[Sequence[Job]], Iterable[Job]] = iter,
) -> Table:
    """Write spectra, limits, regions and likelihoods as CSV, as a submission to HEPData and as JSON.

    Parameters
    ----------
    directory : str or Path
        new or empty; gets ``index.csv`` and the folders ``csv``, ``hepdata`` and ``models``
    names : sequence of str
        experiments, by default all
    progress : callable
        is given the jobs and hands them out one by one

    Returns
    -------
    Table
        the index: columns ``file``, ``experiment``, ``kind``, ``coupling`` and ``title``

    Raises
    ------
    ValueError
        for an unknown experiment or a folder that is not empty
    """
    directory = Path(directory)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ValueError(f"{directory} is there already; an export needs a new or an empty folder")
    todo = jobs(names)
    rows: list[tuple[str, str, str, str, str]] = []
    records: list[tuple[Table, dict[str, list[str]]]] = []

    def keep(job: Job, kind: str, result: Table, experiment: Experiment) -> None:
        path = write(result, directory / "csv" / f"{result.name}.csv")
        records.append((result, _keywords(experiment, kind)))
        entry = (job.experiment, kind, job.coupling or "", result.notes["title"])
        rows.append((str(path.relative_to(directory)), *entry))
        rows.append((f"hepdata/{result.name}.yaml", *entry))

    for job in progress(todo):
        if job.coupling is None:
            experiment = experiments.load(job.experiment)
            keep(job, "spectrum", _spectrum(experiment), experiment)
            continue
        masses = limits.masses(experiment, job.coupling, number=CURVE)
        curve = tables.limit(experiment, job.coupling, masses)
        keep(job, "limit", curve, experiment)
        if "excess" in curve.notes:
            keep(job, "interval", tables.interval(experiment, job.coupling, masses), experiment)
            keep(job, "contour", tables.contour(experiment, job.coupling, masses), experiment)
        if not models.holds(experiment):
            continue
        document = models.model(experiment, job.coupling, limits.masses(experiment, job.coupling, number=GRID))
        path = models.write_model(document, directory / "models" / f"{job.experiment}-{job.coupling}.json")
        title = f"{experiment.title}: likelihood of {job.coupling} ({document['kind']})"
        rows.append((str(path.relative_to(directory)), job.experiment, "model", job.coupling, title))
    hepdata.submission(directory / "hepdata", records)
    rows.append(("hepdata/submission.yaml", "", "submission", "", f"{len(records)} tables for HEPData"))
    columns = dict(zip(("file", "experiment", "kind", "coupling", "title"), np.array(sorted(rows)).T, strict=True))
    units = dict.fromkeys(columns, "-")
    index = Table("index", columns, units, "the header of each file", tables.STATUS, {"title": "One line per file"})
    write(index, directory / "index.csv")
    return index


def _spectrum(experiment: Experiment) -> Table:
    """The spectrum with the signal of Fig. 1 or 2, where the paper shows one."""
    for row in table("paper/benchmarks").rows():
        if row["experiment"] == experiment.name:
            found = tables.spectrum(experiment, str(row["coupling"]), row["value"], row["m_4"])
            panel = f"{row['panel']}, of arXiv:2109.09545"
            return replace(found, notes={**found.notes, "benchmark": panel})
    return tables.spectrum(experiment)


def _keywords(experiment: Experiment, kind: str) -> dict[str, list[str]]:
    """Keywords of HEPData, those for observables from its list; beams without one energy have no ``cmenergies``."""
    struck = {"NUCLEUS" if isinstance(channel.scatterer, Nucleus) else "E-" for channel in experiment.channels}
    return {
        "observables": ["N" if kind == "spectrum" else "CLS"],
        "reactions": [f"NU {target} --> NU {target}" for target in sorted(struck)],
        "phrases": ["Neutrino Magnetic Moment", "Sterile Neutrino", *_standing(experiment)],
    }


def _standing(experiment: Experiment) -> list[str]:
    return [*(["Projection"] if experiment.projected else []), *(["Surrogate"] if experiment.surrogate else [])]
