"""How notebooks are run under pytest, alone or with all tests, from any working folder.

``pytest --nbval book/ledger.ipynb`` needs no further option; ``-n 2`` spreads notebooks and tests over two cores.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SANITIZE = ROOT / "tests" / "nbval.cfg"


def _execute(kernel, cell_input, allow_stdin=None):
    # nbval's own version leaves cells out of the history, and a ";" at the end of one then does not hide its value
    return kernel.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def pytest_configure(config):
    # kernels and commands that tests start use this clone, whichever one is installed
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    if not config.getoption("nbval", default=False):
        return
    import forked
    from nbval.kernel import RunningKernel

    # figures are not compared; they are drawn for the book
    forked.install("--InlineBackend.figure_formats=[]")
    RunningKernel.execute_cell_input = _execute
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
