"""How notebooks are run under pytest, alone or with all tests, from any working folder.

``pytest --nbval book/ledger.ipynb`` needs no further option; ``-n 2`` spreads notebooks and tests over two cores.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SANITIZE = ROOT / "tests" / "nbval.cfg"


def pytest_configure(config):
    # kernels and commands that tests start use this clone, whichever one is installed
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    if not config.getoption("nbval", default=False):
        return
    import tested

    tested.install()
    config.option.nbval_current_env = True
    config.option.nbval_sanitize_with = str(SANITIZE)


def pytest_collection_modifyitems(config, items):
    """On several cores the files that take long come first, so that short ones are left for the end."""
    if not hasattr(config, "workerinput"):
        return
    seconds = Counter()
    for item in items:
        # a guess: no test says how long it takes, but those above three seconds are marked
        kind = 1.0 if _file(item).endswith(".ipynb") else 0.05
        seconds[_file(item)] += 4.0 if item.get_closest_marker("slow") else kind
    items.sort(key=lambda item: -seconds[_file(item)])


def _file(item):
    return item.nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A notebook, or a file with all its tests, goes to the next free core: they share what the first has computed."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)
