"""What ``make bench`` measures becomes a table of the book; ``make test`` collects nothing here."""

import os
import platform
from pathlib import Path

import numpy as np
import pytest
import scipy

from companion import __version__, io
from companion.data import Table

UNITS = {"benchmark": "-", "value": "as in column unit", "unit": "-", "target": "as in column unit", "what": "-"}


def pytest_addoption(parser):
    parser.addoption("--record", type=Path, help="CSV file that receives the figures")


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.slow(reason="takes the time that it measures, several times"))


def processor():
    """Name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


class Record:
    """The figures of a session, in the order of their measurement."""

    def __init__(self):
        self.rows = []

    def __call__(self, name, value, unit, what, target=np.nan):
        self.rows.append((name, float(f"{value:.3g}"), unit, target, what))

    def write(self, path):
        versions = f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}"
        columns = zip(*self.rows, strict=True)
        load = f"{os.getloadavg()[1]:.1f}"
        table = Table(
            "benchmarks",
            {name: np.array(column) for name, column in zip(UNITS, columns, strict=True)},
            UNITS,
            f"make bench, companion {__version__}; {versions}",
            f"measured on two shared cores of {processor()}",
            {
                "title": "what the package takes, most of it as a ratio to a hand-written reference of the same run",
                "note": "CPU time of one thread, the least of several rounds, unless the row says wall time",
                "load": f"{load} processes wanted the two cores at the end; what they took lengthens wall times",
            },
        )
        io.write(table, path)


@pytest.fixture(scope="session")
def record(request):
    """Call it with a name, a value, its unit, what it is, and perhaps a target."""
    found = Record()
    yield found
    path = request.config.getoption("--record")
    if path and not request.session.testsfailed:
        found.write(path)
