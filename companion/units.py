"""Natural units with MeV = 1: multiply by a unit to come in, divide by it to go out.

>>> from companion.units import keV, cm, barn
>>> recoil = 10 * keV            # 0.01 (MeV)
>>> area = 1 / cm**2             # a column density in MeV^2
>>> sigma = 2.6e-20 / barn       # a cross-section of 2.6e-20 MeV^-2 in barn

``hbar = c = 1``; a charge enters through the fine-structure constant, ``e^2 = 4 pi alpha``.

Tables name the units of their columns in words; :func:`conversion` takes one such unit to another.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache

from scipy import constants as codata

__all__ = [
    "CONSTANTS", "Constant", "ALPHA", "G_F", "M_E", "M_MU", "M_PI", "SIN2_THETA_W", "DIPOLE", "WEAK_MAGNETIC",
    "MeV", "GeV", "keV", "eV", "u", "fm", "cm", "m", "barn",
    "second", "microsecond", "day", "year", "TAU_MU", "curie", "kg", "N_A", "conversion",
]  # fmt: skip


@dataclass(frozen=True)
class Constant:
    """A constant of nature with its unit and source."""

    name: str
    value: float
    unit: str
    source: str


def _codata(key: str) -> float:
    return float(codata.physical_constants[key][0])


_CODATA = "CODATA, through scipy.constants"
_PDG = "Particle Data Group, Review of Particle Physics 2020"

CONSTANTS = {
    constant.name: constant
    for constant in (
        Constant("alpha", codata.fine_structure, "1", _CODATA),
        Constant("m_e", _codata("electron mass energy equivalent in MeV"), "MeV", _CODATA),
        Constant("m_mu", _codata("muon mass energy equivalent in MeV"), "MeV", _CODATA),
        Constant("tau_mu", 2.1969811e-6, "s", _PDG),
        Constant("m_pi", 139.57039, "MeV", _PDG),
        Constant("u", _codata("atomic mass constant energy equivalent in MeV"), "MeV", _CODATA),
        Constant("hbar c", _codata("reduced Planck constant times c in MeV fm"), "MeV fm", _CODATA),
        Constant("hbar", _codata("reduced Planck constant in eV s") * 1e-6, "MeV s", _CODATA),
        Constant("N_A", codata.Avogadro, "1/mol", _CODATA),
        Constant("G_F", 1.1663787e-11, "MeV^-2", _PDG),
        Constant("sin2 theta_W", 0.2312, "1", "the paper, below its Eq. (12)"),
    )
}
"""Every constant that enters a number of this book."""

ALPHA = CONSTANTS["alpha"].value
G_F = CONSTANTS["G_F"].value
M_E = CONSTANTS["m_e"].value
M_MU = CONSTANTS["m_mu"].value
M_PI = CONSTANTS["m_pi"].value
N_A = CONSTANTS["N_A"].value
SIN2_THETA_W = CONSTANTS["sin2 theta_W"].value

DIPOLE = math.pi * (ALPHA / M_E) ** 2
"""``alpha mu_B^2`` in MeV^-2: with ``mu_B = e/(2 m_e) = sqrt(pi alpha)/m_e`` the prefactor of Eqs. (17)
and (19) for a moment of one Bohr magneton, 2.5e-25 cm^2 once multiplied by ``(hbar c)^2``."""

WEAK_MAGNETIC = ALPHA * G_F / (math.sqrt(2) * M_E)
"""``G_F e mu_B/(2 sqrt(2) pi)`` in MeV^-3: the prefactor of the interference, Eq. (20), for one Bohr magneton.  The
electron mass in it is that of the Bohr magneton, whatever the target."""

MeV = 1.0
GeV = 1e3
keV = 1e-3
eV = 1e-6
u = CONSTANTS["u"].value
fm = 1 / CONSTANTS["hbar c"].value
cm = 1e13 * fm
m = 1e15 * fm
barn = 100 * fm**2
second = 1 / CONSTANTS["hbar"].value
microsecond = 1e-6 * second
day = 86400 * second
year = 365.25 * day
curie = 3.7e10 / second
TAU_MU = CONSTANTS["tau_mu"].value * second
kg = 1e3 * N_A * u
"""A kilogram as a mass in MeV, so that ``kg / (A u)`` counts atoms."""

# ---------------------------------------------------------------------------------------------------------------------
# units as they stand in the header of a table

_PREFIXES = {"p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_PREFIXES |= {"\u00b5": 1e-6, "\u03bc": 1e-6}  # the two signs for micro
_PREFIXED = ("eV", "eV_ee", "eV_nr", "s", "m", "g", "t", "b", "Bq", "Ci")
_SCALES: dict[str, tuple[float, dict[str, float]]] = {
    **{name: (1.0, {name: 1.0}) for name in ("eV", "eV_ee", "eV_nr", "s", "m", "g")},
    "cm": (1e-2, {"m": 1.0}),
    "fm": (1e-15, {"m": 1.0}),
    "b": (1e-28, {"m": 2.0}),
    "barn": (1e-28, {"m": 2.0}),
    "t": (1e6, {"g": 1.0}),
    "u": (_codata("atomic mass constant") * 1e3, {"g": 1.0}),
    **dict.fromkeys(("min", "minute", "minutes"), (60.0, {"s": 1.0})),
    **dict.fromkeys(("h", "hour", "hours"), (3600.0, {"s": 1.0})),
    **dict.fromkeys(("d", "day", "days"), (86400.0, {"s": 1.0})),
    **dict.fromkeys(("y", "yr", "year", "years"), (365.25 * 86400.0, {"s": 1.0})),
    "Bq": (1.0, {"s": -1.0}),
    "Ci": (3.7e10, {"s": -1.0}),
    "%": (1e-2, {}),
    "pi": (math.pi, {}),
    "rad": (1.0, {}),
    "deg": (math.pi / 180, {}),
    "N_A": (codata.Avogadro, {}),
    "mol": (codata.Avogadro, {}),
    # what is counted is a pure number, whatever it is
    **dict.fromkeys(("count", "event", "fission", "proton", "neutrino", "decay"), (1.0, {})),
    **dict.fromkeys(("counts", "events", "fissions", "protons", "neutrinos", "decays"), (1.0, {})),
}
"""Scale and dimensions of the units that have others of their kind.  Energies that electrons (``keV_ee``) or nuclei
(``keV_nr``) leave behind are kinds of their own: what takes one to the other is physics, not a factor."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<name>%|[^\W\d]\w*)|(?P<power>\^|\*\*)(?P<exponent>[+-]?\d+)"
    r"|(?P<sign>[*·/()]))"
)


def conversion(given: str, wanted: str) -> float:
    r"""Factor that takes numbers in one unit to another.

    Parameters
    ----------
    given, wanted : str
        products and quotients of units with powers, roots and numbers, such as ``"keV"``, ``"1/(kg d keV)"``,
        ``"cm^-2 s^-1"``, ``"sqrt(keV_ee)"``, ``"1e-3/MeV"``, ``"%"``.  A word without others of its kind (``"PE"``,
        ``"mu_B"``) converts to itself alone.

    Returns
    -------
    float
        exactly 1 where the two are the same text

    Raises
    ------
    ValueError
        if no factor takes one to the other, or a quotient can be read in two ways (``1/kg d``)

    Examples
    --------
    >>> conversion("keV", "MeV")
    0.001
    """
    if given.split() == wanted.split():
        return 1.0
    scale, dimensions = _parsed(given)
    other, wanted_dimensions = _parsed(wanted)
    if dimensions != wanted_dimensions:
        raise ValueError(f"{given!r} cannot be converted to {wanted!r}")
    return scale / other


@cache
def _parsed(text: str) -> tuple[float, dict[str, float]]:
    """Scale and dimensions of a unit; a text that is no product of words and numbers is a dimension of its own."""
    tokens = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            return 1.0, {text: 1.0}
        tokens.append(match)
        position = match.end()
    rest = tokens[::-1]  # the next token is the last one
    try:
        scale, dimensions = _product(text, rest)
    except IndexError:
        raise ValueError(f"the unit {text!r} breaks off") from None
    if rest:
        raise ValueError(f"the unit {text!r} has a bracket too many")
    return scale, {name: power for name, power in dimensions.items() if power}


def _product(text: str, rest: list[re.Match[str]]) -> tuple[float, dict[str, float]]:
    """The factors up to the end or a closing bracket, which is left."""
    scale, dimensions = 1.0, dict[str, float]()
    divides = divided = False
    while True:
        factor, powers = _factor(text, rest)
        sign = -1.0 if divides else 1.0
        scale *= factor**sign
        for name, power in powers.items():
            dimensions[name] = dimensions.get(name, 0.0) + sign * power
        divided = divided or divides
        if not rest or rest[-1]["sign"] == ")":
            return scale, dimensions
        divides = rest[-1]["sign"] == "/"
        if divided and not divides:
            raise ValueError(f"the unit {text!r} can be read in two ways; put brackets, as in 1/(kg d)")
        if rest[-1]["sign"] in ("/", "*", "·"):
            rest.pop()


def _factor(text: str, rest: list[re.Match[str]]) -> tuple[float, dict[str, float]]:
    """A number, a unit, a bracket or a root, with its power."""
    token = rest.pop()
    exponent = 1.0
    if token["number"]:
        scale, dimensions = float(token["number"]), dict[str, float]()
    elif token["name"] and not (token["name"] == "sqrt" and rest and rest[-1]["sign"] == "("):
        scale, dimensions = _named(token["name"])
    else:
        if token["name"]:
            token, exponent = rest.pop(), 0.5
        if token["sign"] != "(":
            raise ValueError(f"the unit {text!r} is no product or quotient of units")
        scale, dimensions = _product(text, rest)
        rest.pop()
    if rest and rest[-1]["power"]:
        exponent *= float(rest.pop()["exponent"])
    return scale**exponent, {name: power * exponent for name, power in dimensions.items()}


def _named(name: str) -> tuple[float, dict[str, float]]:
    if name in _SCALES:
        return _SCALES[name]
    prefix, unit = name[:1], name[1:]
    if prefix in _PREFIXES and unit in _PREFIXED:
        scale, dimensions = _SCALES[unit]
        return _PREFIXES[prefix] * scale, dimensions
    return 1.0, {name: 1.0}
