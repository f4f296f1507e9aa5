"""Points per second of a scan: alone, on two processes, on a local Dask cluster."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context

import numpy as np
import pytest

from companion import scan

GRID = scan.Grid(
    ("coherent-csi",),
    {
        "m_4": np.geomspace(0.01, 30, 8),
        "zeta_24": np.linspace(0, np.pi, 8),
        "lambda_14": np.geomspace(1e-10, 1e-7, 64),
        "lambda_24": np.geomspace(1e-10, 1e-7, 64),
    },
)


def processes():
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@contextmanager
def cluster(folder):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=folder
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client.get_executor()


def rounds(executor, number):
    """CPU time of this process and of all that it started and ended, best wall time of a round, and the result."""
    start, times = sum(os.times()[:4]), []
    with executor as opened:
        for _ in range(number):
            begun = time.perf_counter()
            found = scan.run(GRID, executor=opened, workers=2 if opened else 1, blocks=2)
            times.append(time.perf_counter() - begun)
    return sum(os.times()[:4]) - start, min(times), found.chi2


@pytest.mark.parametrize("where", ["one core", "two processes", "Dask"])
def test_throughput(benchmark, record, tmp_path, where):
    def make():
        return {"one core": nullcontext, "two processes": processes, "Dask": lambda: cluster(tmp_path)}[where]()

    def measure():
        # what it takes to start and to load the experiment drops out of the difference
        (first, *_), (last, wall, chi2) = rounds(make(), 1), rounds(make(), 7)
        return (last - first) / 6, wall, chi2

    cpu, wall, chi2 = benchmark.pedantic(measure, rounds=1)
    np.testing.assert_array_equal(chi2, scan.run(GRID, workers=1).chi2)
    what = "chi-square of COHERENT-CsI at one point of a grid of masses, phases and moments"
    record(f"scan, {where}", GRID.size / cpu, "1/s", f"{what}: points per second of CPU, of all processes together")
    record(f"scan, {where}, wall", GRID.size / wall, "1/s", f"{what}: points per second of wall time, all workers")
