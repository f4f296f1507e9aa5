"""The command line of ``python -m companion``: list, events, limit, interval, coefficients, scan, export, ledger."""

from .main import main

__all__ = ["main"]
