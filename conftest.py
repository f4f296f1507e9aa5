"""How notebooks are run under pytest, alone or with all tests, from any working folder.

``pytest --nbval book/ledger.ipynb`` needs no further option; ``-n 2`` spreads notebooks and tests over two cores.
"""

import os
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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Every test goes to the next free core, a notebook in one piece; those with the most cells come first."""
    from xdist.scheduler import LoadScopeScheduling

    class NotebooksInOnePiece(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return file if file.endswith(".ipynb") else nodeid

    return NotebooksInOnePiece(config, log)
