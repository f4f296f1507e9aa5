"""A detector of one's own from a table of keys: a small TOML file, or a mapping; nothing is programmed.

Quantities are texts with their unit, ``"15 eV_ee"``, ``"10 kg"``, ``"1e13 1/(cm^2 s)"``; files are tables
(:func:`companion.data.read`) beside the TOML file.  The shortest detector::

    name = "silicon"
    target = "Si"
    mass = "10 kg"
    time = "1 year"
    threshold = "15 eV_ee"
    maximum = "1 keV_ee"
    quenching = "lindhard"
    resolution = {noise = "2 eV_ee"}
    source = {kind = "reactor", flux = "1e13 1/(cm^2 s)"}
    background = "10 1/(kg d keV_ee)"
"""

from .detector import Settings, build, describe, register
from .keys import KEYS, SOURCES

__all__ = ["KEYS", "SOURCES", "Settings", "build", "describe", "register"]
