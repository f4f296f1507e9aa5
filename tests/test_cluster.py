"""Scans and pseudo-data on a local Dask cluster: the same numbers, to the last bit, as here."""

from dataclasses import replace

import numpy as np
import pytest

from companion import scan, toys
from companion.toys import Toys

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.slow(reason="a cluster and its worker start, and each imports the package")


@pytest.fixture(scope="module")
def executor(tmp_path_factory):
    import dask

    quiet = {"distributed.comm.timeouts.connect": "20s", "distributed.admin.system-monitor.interval": "1h"}
    with (
        dask.config.set(quiet),
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=True,
            # another test may run a cluster on the usual port
            dashboard_address=":0",
            local_directory=tmp_path_factory.mktemp("cluster"),
        ) as cluster,
        distributed.Client(cluster, timeout="20s") as client,
    ):
        yield client.get_executor()


def test_a_scan_gives_the_same_result(executor):
    grid = scan.Grid(
        "coherent-csi", {"m_4": [0.01, 20.0], "zeta_24": [0.0, 2.0], "lambda_14": [1e-9, 5e-9], "lambda_24": [0, 4e-9]}
    )
    found = scan.run(grid, executor=executor, workers=2, blocks=8)
    np.testing.assert_array_equal(found.chi2, scan.run(grid, workers=1).chi2)


@pytest.mark.parametrize("name", ["texono", "xenonnt"])
def test_pseudo_data_give_the_same_fits(executor, name):
    """The workers cut them into the same blocks, each with random numbers of its own."""
    made = Toys(name, "mu_e", 0.1, value=3e-11, number=toys.BLOCK + 20, seed=5)
    here, there = made.run().table(), made.run(executor=executor, workers=2).table()
    np.testing.assert_array_equal(there, here)
    assert len(np.unique(here[:, 1])) == len(here)
    assert not np.array_equal(replace(made, seed=6).run(executor=executor, workers=2).table(), here)


def test_pseudo_data_on_a_cluster_are_kept_in_a_file(executor, tmp_path):
    made = Toys("texono", "mu_e", 0.1, number=2 * toys.BLOCK, seed=5)
    path = tmp_path / "toys.npy"
    there = made.run(path, executor=executor, workers=2).table()
    path.write_bytes(path.read_bytes()[:-100])
    np.testing.assert_array_equal(made.run(path, executor=executor, workers=2).table(), there)
    np.testing.assert_array_equal(np.load(path), made.run().table())
