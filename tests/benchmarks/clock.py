"""How long a call takes: the least of several times, in seconds."""

import time


def cpu(call, rounds=3):
    """Time of the CPU."""
    return _least(call, rounds, time.process_time)


def wall(call, rounds=3):
    """Time on the wall, other work on the cores included."""
    return _least(call, rounds, time.perf_counter)


def _least(call, rounds, clock):
    times = []
    for _ in range(rounds):
        start = clock()
        call()
        times.append(clock() - start)
    return min(times)
