"""The keys of a detector of one's own: what each means, and a reader that names the one that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import units
from ..data import Table, read

__all__ = ["KEYS", "SOURCES", "Keys"]

Array = NDArray[np.float64]

KEYS = {
    "name": "by which it is loaded",
    "title": "what it is called; its name by default",
    "sources": "list of texts: where the numbers come from; the file by default",
    "target": "a formula: Si, CsI, CaWO4",
    "mass": "of the target, '10 kg'",
    "time": "of the run, '1 year'",
    "source": "a table with the key kind and what it needs: reactor (flux), stopped-pion (protons, "
    "neutrinos_per_proton, distance), chromium (activity, distance) or solar",
    "threshold": "'15 eV_ee', where the first bin starts",
    "maximum": "'1 keV_ee', where the last bin ends",
    "bins": "number of bins (default 20), whose widths grow in proportion to the energy; or a list of edges with units",
    "sees": "list of 'nuclei' and 'electrons', both by default",
    "quenching": "visible over recoil energy of nuclei: a number, 'lindhard', or a file with E_r and factor",
    "efficiency": "a number, or a file with E (before the resolution) and efficiency; zero beyond its points",
    "resolution": "a width, '2 eV_ee', or a table with the keys noise, fano and pair_energy",
    "minimum_ionisation": "visible energy that makes a signal at all; by default the energy of a pair",
    "background": "a rate, '10 1/(kg d keV_ee)', or a file with E_low, E_high and rate, zero beyond its bins",
    "data": "a file with E_low, E_high and counts, whose bins are those of the data; without it a projection",
    "systematics": "a table of relative errors: signal, background, and quenching, which is no pull but an alternative",
}
"""What a detector is made of."""

SOURCES: dict[str, dict[str, str]] = {
    "reactor": {"flux": "1/(cm^2 s)"},
    "stopped-pion": {"protons": "1", "neutrinos_per_proton": "1", "distance": "m"},
    "chromium": {"activity": "Ci", "distance": "m"},
    "solar": {},
}
"""Kinds of sources with the keys that each one needs, and their units."""

NEEDED = ("name", "target", "mass", "time", "source")


class Keys:
    """The keys of a detector: what reads one says which it was when it is wrong."""

    def __init__(self, given: Mapping[str, Any], folder: Path, where: str) -> None:
        self.given, self.folder, self.where = given, folder, where
        self.known(given, KEYS, "")
        for key in NEEDED:
            if key not in given:
                raise ValueError(f"{where}: the key {key!r} is missing: {KEYS[key]}")

    def known(self, given: Mapping[str, Any], keys: Mapping[str, Any], inside: str) -> None:
        """Refuse a key that means nothing."""
        for key in given:
            if key not in keys:
                close = get_close_matches(key, keys, 1)
                hint = f"; {close[0]!r} may be meant" if close else f"; there are {', '.join(keys)}"
                raise self.wrong(f"{inside}{key}", f"there is no such key{hint}")

    def wrong(self, key: str, problem: str) -> ValueError:
        return ValueError(f"{self.where}, key {key!r}: {problem}")

    def quantity(self, key: str, value: object, *wanted: str) -> float:
        """A number with a unit, in the first wanted unit that fits; pure numbers need none."""
        if wanted == ("1",) and isinstance(value, int | float) and not isinstance(value, bool):
            text = f"{value!r} 1"
        else:
            text = str(value)
        number, _, unit = text.strip().partition(" ")
        try:
            amount = float(number)
            if not isinstance(value, str) and wanted != ("1",):
                raise ValueError
        except ValueError:
            raise self.wrong(key, f"a number with its unit is needed, as in '1 {wanted[0]}', not {value!r}") from None
        for one in wanted:
            try:
                factor = units.conversion(unit.strip() or "1", one)
            except ValueError:
                continue
            if not 0 <= amount * factor < np.inf:
                raise self.wrong(key, f"the number must be finite and not negative, not {value!r}")
            return amount * factor
        raise self.wrong(key, f"the unit is one like {wanted[0]}, not {unit.strip() or 'none'!r}")

    def energy(self, key: str, value: object) -> float:
        """A visible energy (MeV)."""
        return self.quantity(key, value, "keV_ee", "keV") * units.keV

    def file(self, key: str, value: object, columns: Mapping[str, tuple[str, ...]]) -> dict[str, Array]:
        """Columns of a table in the first of the wanted units that fits each."""
        path = self.folder / str(value)
        if not path.is_file():
            raise self.wrong(key, f"there is no file {path}")
        try:
            rows = read(path)
            return {name: _in_units(rows, name, wanted) for name, wanted in columns.items()}
        except ValueError as error:
            raise self.wrong(key, str(error)) from None

    def bins(self, key: str, column: str, *wanted: str) -> tuple[Array, Array]:
        """Edges (keV_ee) of adjoining bins and a column beside them."""
        energy = ("keV_ee", "keV")
        rows = self.file(key, self.given[key], {"E_low": energy, "E_high": energy, column: wanted})
        if not np.allclose(rows["E_low"][1:], rows["E_high"][:-1], rtol=1e-9):
            raise self.wrong(key, "each bin must start where the one before it ends")
        return np.append(rows["E_low"], rows["E_high"][-1]), rows[column]


def _in_units(rows: Table, name: str, wanted: tuple[str, ...]) -> Array:
    for unit in wanted[1:]:
        if rows.units.get(name) not in (None, "-") and _converts(rows.units[name], unit):
            return rows.column(name, unit, minimum=0.0)
    return rows.column(name, wanted[0], minimum=0.0)


def _converts(given: str, wanted: str) -> bool:
    try:
        units.conversion(given, wanted)
    except ValueError:
        return False
    return True
