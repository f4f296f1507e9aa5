r"""How far a limit moves with what is not known exactly, and with what one could have chosen.

An experiment lists its alternatives (:class:`companion.experiments.Choice`) of four kinds.  Parameters with a published
error are moved up and down by one standard deviation, one at a time, and add up in quadrature if they are independent
(``sigma``).  Choices that are as good, which form factor or which table, have no error: the limits under all of them
span an envelope (``choice``).  What is a pull of the likelihood already is shown, but must not be counted again
(``pull``).  Everything else is a check of what matters, no uncertainty (``check``).

Weak and neutrino mixing are varied for every experiment and coupling that depend on them.  Every function takes an
experiment or its name; alternatives are built anew from its name and options, so that an experiment of one's own is
varied once it is registered (:func:`companion.experiments.register`).

>>> from companion import systematics
>>> [effect.source for effect in systematics.effects("texono", "mu_e", 0.01)][-2:]
['weak mixing angle', 'weak mixing angle at $Q=0$']
"""

from .ratios import (
    Allowed,
    AllowedAlternative,
    Alternative,
    Effect,
    LimitBand,
    allowed,
    band,
    choices,
    combined,
    effects,
    envelope,
    interval_choices,
    scan,
)
from .variations import KINDS, Source, sources

__all__ = [
    "KINDS", "Allowed", "AllowedAlternative", "Alternative", "Effect", "LimitBand", "Source", "allowed", "band",
    "choices", "combined", "effects", "envelope", "interval_choices", "scan", "sources",
]  # fmt: skip
