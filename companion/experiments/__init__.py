"""Experiments by name: those of the paper, later ones, and a reader's own.

>>> from companion import experiments
>>> "cr51-lxe-a" in experiments.names()
True
>>> experiments.load("coherent-csi").title
'COHERENT-CsI'
"""

from .channel import Axis, Channel, channels, standard_model
from .combination import Combination, combine
from .experiment import Experiment
from .options import Choice, Options, again, option
from .projection import asimov
from .registry import include, load, names, of, options, register

__all__ = [
    "Axis", "Channel", "Choice", "Combination", "Experiment", "Options", "again", "asimov", "channels", "combine",
    "include", "load", "names", "of", "option", "options", "register", "standard_model",
]  # fmt: skip
