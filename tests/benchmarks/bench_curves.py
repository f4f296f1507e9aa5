"""All curves of Fig. 3, and what a fresh interpreter waits for."""

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from clock import wall

from companion import experiments, limits
from companion.audit.claims.setups import PAPER
from companion.response import binned
from companion.statistics.binned import Binned

# the longest first, so that two cores end together
ORDER = ("cr51-lxe-a", "cr51-lxe-b", "cr51-lxe-c")
CURVES = [
    (name, coupling)
    for name in (*ORDER, *(n for n in PAPER if n not in ORDER))
    for coupling in ("mu_e", "mu_mu")
    if coupling.removeprefix("mu_") in experiments.load(name).states
]

FRESH = """
from companion import experiments, limits
for name, coupling in {curves}:
    e = experiments.load(name)
    limits.upper_limit(e, coupling, limits.masses(e, coupling, number=100))
"""


def curve(name, coupling):
    experiment = experiments.load(name)
    return limits.upper_limit(experiment, coupling, limits.masses(experiment, coupling, number=100))


def one_core():
    return [curve(*chosen) for chosen in CURVES]


def timed_curve(name, coupling):
    """Curve, process, and CPU time of that process so far."""
    return curve(name, coupling), os.getpid(), time.process_time()


def two_cores():
    """The curves, and the CPU time of the busier of two processes."""
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        curves, processes, times = zip(*pool.map(timed_curve, *zip(*CURVES, strict=True)), strict=True)
    return list(curves), max(dict(zip(processes, times, strict=True)).values())


def test_all_curves(benchmark, record):
    for one, other in zip(one_core(), two_cores()[0], strict=True):
        np.testing.assert_array_equal(one, other)
    benchmark.pedantic(one_core, rounds=5, iterations=1)
    what = f"all {len(CURVES)} curves of Fig. 3 with 100 masses each, experiments loaded anew"
    record("Fig. 3, one core", benchmark.stats.stats.min, "s", f"{what}, one core")
    busier = min(two_cores()[1] for _ in range(5))
    record("Fig. 3, two cores", busier, "s", f"{what}, the busier of two processes", 2)
    record("Fig. 3, wall", wall(two_cores, 5), "s", f"{what}, two processes: wall time, cores shared with others", 2)


def test_where_the_time_goes(benchmark, record, monkeypatch):
    """Shares of the error function and of the profiles over the pulls, and the passes over memory of the latter."""
    spent = {"ndtr": 0.0, "profile": 0.0}
    read = 0

    def timed(name, call):
        def wrapped(*arguments):
            start = time.process_time()
            found = call(*arguments)
            spent[name] += time.process_time() - start
            return found

        return wrapped

    minimum = Binned._minimum

    def counted(likelihood, signal, *rest):
        nonlocal read
        # the least: every signal and every derivative with respect to a pull, once
        read += signal.nbytes * (1 + len(likelihood.pulls))
        return timed("profile", minimum)(likelihood, signal, *rest)

    monkeypatch.setattr(binned, "ndtr", timed("ndtr", binned.ndtr))
    monkeypatch.setattr(Binned, "_minimum", counted)
    benchmark.pedantic(one_core, rounds=1, iterations=1, warmup_rounds=1)
    spent.update(ndtr=0.0, profile=0.0)
    read = 0
    start = time.process_time()
    one_core()
    total = time.process_time() - start
    record("Fig. 3, error function", 100 * spent["ndtr"] / total, "%", "share of the error function in Fig. 3")
    record("Fig. 3, profiles", 100 * spent["profile"] / total, "%", "share of the profiles over the pulls in Fig. 3")
    source, sink = np.ones(16_000), np.empty(16_000)
    copies = [wall(lambda: [np.copyto(sink, source) for _ in range(200)], 1) for _ in range(20)]
    cached = 2 * source.nbytes * 200 / min(copies)
    source, sink = np.ones(8_000_000), np.empty(8_000_000)
    memory = 2 * source.nbytes / wall(lambda: np.copyto(sink, source), 10)
    record("bandwidth, cache", cached * 1e-9, "GB/s", "copies of 128 kB, read and written")
    record("bandwidth, memory", memory * 1e-9, "GB/s", "copies of 64 MB, read and written")
    passes = spent["profile"] * cached / read
    record("Fig. 3, passes", passes, "1", "time of the profiles over that of reading each signal and derivative once")


def fresh(code, rounds=2):
    """CPU seconds of a statement in a new interpreter, and its wall time."""
    script = f"import time\n{code}\nprint(time.process_time())"
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        times.append((float(done.stdout), time.perf_counter() - start))
    return min(times)[0]


@pytest.mark.parametrize(
    ("name", "code", "what"),
    [
        ("below", "import numpy, scipy.integrate, scipy.optimize, scipy.special", "importing numpy and scipy"),
        ("import", "import companion.limits", "importing the package with them"),
        (
            "first limit",
            "from companion import experiments, limits\n"
            "limits.upper_limit(experiments.load('coherent-csi'), 'mu_mu', 0.01)",
            "that, and one limit",
        ),
        ("Fig. 3", FRESH.format(curves=CURVES), "that, and all curves of Fig. 3"),
    ],
)
def test_a_fresh_interpreter(benchmark, record, name, code, what):
    record(f"fresh, {name}", benchmark.pedantic(fresh, (code,), rounds=1), "s", f"{what}, in a new interpreter")
