"""Figures are drawn without a display, and nbval runs cells as a notebook does."""

import matplotlib
from nbval.kernel import RunningKernel

matplotlib.use("Agg")


def _execute(self, cell_input, allow_stdin=None):
    # nbval's own version leaves cells out of the history, and a ";" at the end of one then does not hide its value
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute
