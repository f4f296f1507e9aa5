"""The command line of ``python -m companion``: list, events, limit, region and the others."""

from .main import main

__all__ = ["main"]
