"""Results as tables with units and provenance: the same numbers for a figure, a file and the command line.

A result is a :class:`companion.data.Table`; written to CSV it has the layout of the files in ``data/``, so
:func:`companion.data.read` reads it back.  The same table is a record of HEPData (:func:`record`,
:func:`submission`), and an experiment with one of its couplings is a likelihood as plain JSON (:func:`model`).
``python -m companion export`` writes all of it (:func:`everything`).
"""

from .bands import band, band_summary, uncertainties
from .collection import Job, everything, jobs
from .excess import flatness, leftovers, remains, survey, surveys
from .files import FORMATS, markdown, render, write, write_each
from .hepdata import record, submission, yaml
from .models import model, write_model
from .moments import before_and_after, blindness, contributions, freedom, transition_moments
from .several import backgrounds, compared, expectations, intervals, picked, totals
from .tables import choices, contour, interference, interval, limit, numbers, pulls, scan, spectrum, summary

__all__ = [
    "FORMATS", "backgrounds", "band", "band_summary", "before_and_after", "blindness", "choices", "compared",
    "contour", "contributions", "everything", "expectations", "flatness", "freedom", "interference", "interval",
    "intervals", "Job", "jobs", "leftovers", "limit", "markdown", "model", "numbers", "picked", "pulls", "record",
    "remains", "render", "scan", "spectrum", "submission", "summary", "survey", "surveys", "totals",
    "transition_moments", "uncertainties", "write", "write_each", "write_model", "yaml",
]  # fmt: skip
