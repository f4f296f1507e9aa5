"""How time grows with masses, bins, pulls, states, pseudo-data and workers: points of a line and its exponent."""

import os
import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from clock import cpu

from companion import experiments, limits
from companion.statistics import Poisson, Pull
from companion.statistics.line import Line
from companion.toys import Toys


def masses(number):
    """A curve with that many masses, rates included."""
    experiment = pickle.loads(pickle.dumps(experiments.load("coherent-csi")))
    grid = np.geomspace(0.01, 40.0, number)
    return cpu(lambda: limits.upper_limit(pickle.loads(pickle.dumps(experiment)), "mu_mu", grid))


def counting(bins, pulls):
    """Twenty limits from Poisson counts in some bins, with some pulls."""
    random = np.random.default_rng(bins)
    background, template = random.uniform(5, 50, bins), random.uniform(0.1, 1, bins)
    shapes = [random.uniform(-1, 1, bins) for _ in range(pulls)]
    scales = tuple(Pull(f"a_{k}", 0.1, ("background",), shape=shape) for k, shape in enumerate(shapes))
    likelihood = Poisson(random.poisson(background), {"background": background}, scales)
    rows = template * random.uniform(0.5, 2, 20)[:, np.newaxis]
    return cpu(lambda: Line(likelihood, np.zeros(bins), rows).largest(2.7))


def bins(number):
    return counting(number, 2)


def pulls(number):
    return counting(100, number)


def states(number):
    """Events of some states of the Sun's neutrinos in XENON1T at fifty masses."""
    experiment = experiments.load("xenon1t")
    grid = np.geomspace(0.01, 1.0, 50)

    def events():
        fresh = pickle.loads(pickle.dumps(experiment))
        for state in ("1", "2", "3")[:number]:
            fresh.dipole(state, grid)

    return cpu(events)


def toys(number):
    thrown = Toys("xenonnt", "mu_mu", 0.01, number=number)
    return cpu(thrown.run)


def timed(start):
    """Who made a block of pseudo-data, and the CPU time that it took."""
    begun = time.process_time()
    Toys("xenonnt", "mu_mu", 0.01, number=500, seed=start).run()
    return os.getpid(), time.process_time() - begun


def workers(number):
    """CPU time of the busiest of some processes that share sixteen blocks of pseudo-data, in seconds."""
    Toys("xenonnt", "mu_mu", 0.01, number=500).run()
    with ProcessPoolExecutor(number, mp_context=get_context("fork")) as pool:
        blocks = list(pool.map(timed, range(16)))
    spent = dict.fromkeys((process for process, _ in blocks), 0.0)
    for process, took in blocks:
        spent[process] += took
    return max(spent.values())


WHAT = {
    "masses": (masses, (25, 100, 400, 1600), "masses of a limit of COHERENT-CsI"),
    "bins": (bins, (50, 200, 800, 3200), "bins of twenty limits from Poisson counts with two pulls"),
    "pulls": (pulls, (2, 4, 8, 16, 32), "pulls of twenty limits from Poisson counts in 100 bins"),
    "states": (states, (1, 2, 3), "states of solar neutrinos in XENON1T at fifty masses"),
    "toys": (toys, (500, 1000, 2000, 4000), "sets of pseudo-data of XENONnT"),
    "workers": (workers, (1, 2, 4), "processes that share 8,000 sets of pseudo-data, the busiest"),
}


@pytest.mark.parametrize("name", WHAT)
def test_growth(record, name):
    measure, numbers, what = WHAT[name]
    times = [measure(number) for number in numbers]
    for number, seconds in zip(numbers, times, strict=True):
        record(f"growth, {name}, {number}", 1e3 * seconds, "ms", f"time against the number of {what}")
    # the slope at the far end, where what is paid once no longer counts
    x, y = np.log(numbers[-3:]), np.log(times[-3:])
    record(
        f"growth, {name}, exponent", float(np.polyfit(x, y, 1)[0]), "1", f"exponent of the time in the number of {what}"
    )
