"""Results as files: CSV, JSON, YAML for HEPData, likelihoods as JSON, and figures.

A table written to CSV has the layout of the files in ``data/``, so :func:`companion.data.read` reads it back.  The same
table is a record of HEPData (:func:`record`, :func:`submission`), and an experiment with one of its couplings is a
likelihood as plain JSON (:func:`model`) or, where it counts, a workspace of HistFactory (:func:`workspace`);
an HS3 document (:func:`hs3`) holds Gaussian errors as well.  Nothing is computed here.
"""

from .files import ENDINGS, write
from .hepdata import record, submission, yaml
from .histfactory import POI, is_histfactory, workspace, write_workspace
from .hs3 import hs3, is_hs3, write_hs3
from .models import holds, model, write_model
from .paths import check_writable, file_name, write_text
from .text import FORMATS, markdown, render

__all__ = [
    "ENDINGS", "FORMATS", "POI", "check_writable", "file_name", "holds", "hs3", "is_histfactory", "is_hs3",
    "markdown", "model", "record", "render", "submission", "workspace", "write", "write_hs3", "write_model",
    "write_text", "write_workspace", "yaml",
]  # fmt: skip
