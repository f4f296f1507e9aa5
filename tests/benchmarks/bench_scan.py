"""Points per second of a scan: alone, on two processes, on a local Dask cluster."""

import time
from concurrent.futures import ProcessPoolExecutor
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
WHAT = "chi-square of COHERENT-CsI, phases and moments, wall time"


def rate(executor=None, workers=1, rounds=3):
    """Points per second, of the best round, and the result; the first round warms the workers up."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        found = scan.run(GRID, executor=executor, workers=workers, blocks=2)
        times.append(time.perf_counter() - start)
    return GRID.size / min(times[1:]), found.chi2


@pytest.fixture(scope="module")
def serial():
    return rate()


def test_one_core(benchmark, record, serial):
    benchmark.pedantic(scan.run, (GRID,), {"workers": 1}, rounds=1)
    record("scan, one core", serial[0], "1/s", f"{WHAT}: points per second on one core")


def test_two_processes(benchmark, record, serial):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found, chi2 = benchmark.pedantic(rate, (pool, 2), rounds=1)
    np.testing.assert_array_equal(chi2, serial[1])
    record("scan, two processes", found / 2, "1/s", f"{WHAT}: points per second and core, two processes")


def test_dask(benchmark, record, serial, tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=tmp_path
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        found, chi2 = benchmark.pedantic(rate, (client.get_executor(), 2), rounds=1)
    np.testing.assert_array_equal(chi2, serial[1])
    record("scan, Dask", found / 2, "1/s", f"{WHAT}: points per second and core, local Dask cluster of two")
