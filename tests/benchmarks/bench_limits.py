"""Curves of a hundred masses, joint limits with everything free, pseudo-data, whole commands, and all chapters."""

import os
import pickle
import resource
import subprocess
import sys
import time

import bench_rates
import chapters
import numpy as np
import pytest

from companion import experiments, limits, phases
from companion.toys import Toys

NUMBER = 100
TARGETS = {"coherent-csi-2021": 0.5} | dict.fromkeys(("xenonnt", "lz-ws2022", "lz-ws2024", "pandax-4t"), 0.15)
EIGHT = "coherent-csi-2021+coherent-lar+xenon1t+xenonnt+xenonnt-b8+lz-ws2022+lz-ws2024+pandax-4t"
COUPLINGS = ("lambda_14", "lambda_24")

COMMANDS = [
    ("list", "list", 0.25),
    ("limit", "limit coherent-csi mu_mu --m4 0.01", 0.6),
    ("ledger", "ledger", 4.0),
]


@pytest.fixture(scope="module")
def yardstick():
    """CPU time of one rate by a grid of 200 recoils and 500 energies, in seconds: what others are measured with."""
    return bench_rates.cpu(bench_rates.pp_on_a_grid, 40)


def anew(experiment):
    """The same experiment without anything that it remembers."""
    return pickle.loads(pickle.dumps(experiment))


def curve(name, coupling, rounds=3):
    """CPU time of a curve, all rates included, from an experiment that is loaded."""
    experiment = experiments.load(name)
    masses = limits.masses(experiment, coupling, number=NUMBER)
    times = []
    for _ in range(rounds):
        fresh = anew(experiment)
        start = time.process_time()
        found = limits.upper_limit(fresh, coupling, masses)
        times.append(time.process_time() - start)
        assert np.isfinite(found).any()
    return min(times)


def test_a_curve_of_every_experiment(record, yardstick):
    total = 0.0
    for name in experiments.names():
        times = [curve(name, coupling) for coupling in COUPLINGS]
        total += sum(times)
        what = f"limit of {name} on lambda_14 at {NUMBER} masses, rates included"
        record(f"curve, {name}", times[0], "s", what, TARGETS.get(name, np.nan))
    what = f"all {len(experiments.names())} set-ups, {' and '.join(COUPLINGS)}, {NUMBER} masses each"
    record("curves, all", total, "s", what, 3)
    record("curves, all, ratio", total / yardstick, "1", f"{what}: over one rate by a grid of 200 x 500 energies")


def test_eight_sets_with_everything_free(record, yardstick):
    joint = experiments.load(EIGHT)
    masses = np.geomspace(0.01, 10.0, 40)
    start = time.process_time()
    found = phases.upper_limit(joint, "lambda_24", masses)
    took = time.process_time() - start
    assert np.isfinite(found).all()
    what = "limit of eight data sets together on lambda_24 at 40 masses, all other moments and phases free"
    record("eight sets, all free", took, "s", what, 10)
    record("eight sets, all free, ratio", took / yardstick, "1", f"{what}: over one rate by a grid")


@pytest.mark.parametrize("name", ["xenon1t", "xenonnt"])
def test_ten_thousand_fits(record, yardstick, name):
    thrown = Toys(name, "mu_mu", 0.01, number=10_000)
    start = time.process_time()
    fits = thrown.run()
    took = time.process_time() - start
    assert len(fits.high) == 10_000
    what = f"10,000 sets of pseudo-data of {name}, each with its interval"
    record(f"toys, {name}", took, "s", what)
    record(f"toys, {name}, ratio", took / yardstick, "1", f"{what}: over one rate by a grid")


def process(arguments, rounds=3):
    """Least CPU time of a whole process, in seconds; Python keeps what it has compiled."""
    times = []
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True, env=env)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


@pytest.mark.parametrize(("name", "command", "target"), COMMANDS)
def test_a_command(record, name, command, target):
    bare = process(["-c", "pass"])
    took = process(["-m", "companion", *command.split()], rounds=1 if name == "ledger" else 3) - bare
    below = process(["-c", "import numpy, scipy.special"]) - bare
    record(f"command, {name}", took, "s", f"'python -m companion {command}', over an empty interpreter", target)
    what = f"'python -m companion {command}' over the import of numpy and scipy.special, both without the interpreter"
    record(f"command, {name}, ratio", took / below, "1", what)


def test_all_chapters(record, yardstick):
    took = process([str(chapters.BOOK / "_scripts" / "notebooks.py"), "--all"], rounds=1)
    what = f"the {len(chapters.chapters())} chapters of this book, each of them run anew, summed over processes"
    record("chapters", took, "s", what, 100)
    record("chapters, ratio", took / yardstick, "1", f"{what}: over one rate by a grid")
