"""The command line: ``python -m companion --help``."""

import os
import sys

# before numpy is imported: the matrices here are small, and threads of the linear algebra would wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from .cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
