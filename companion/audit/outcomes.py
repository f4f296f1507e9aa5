"""What a check says about a claim, and how numbers are compared and written."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Outcome", "agreement", "listed", "number", "percent", "proof", "within"]


@dataclass(frozen=True)
class Outcome:
    """What a check says.

    Attributes
    ----------
    holds : bool or None
        whether the claim holds as printed; None if that cannot be determined
    found : str
        what was found: one sentence with one or two numbers
    details : str
        the numbers behind it, for those who want them
    correction : str
        the smallest change with which the claim holds; empty if there is none
    settles : str
        what would settle an open question
    """

    holds: bool | None
    found: str
    details: str = ""
    correction: str = ""
    settles: str = ""

    def __post_init__(self) -> None:
        if self.holds and self.correction:
            raise ValueError(f"a claim that holds needs no correction: {self.correction!r}")
        if (self.holds is None) != bool(self.settles):
            raise ValueError(f"an open question, and only one, says what would settle it: {self.found!r}")


def within(computed: float, printed: float, tolerance: float) -> bool:
    """Whether a computed number agrees with a printed one, by its relative deviation; never for inf or nan."""
    return math.isfinite(computed) and abs(computed / printed - 1) <= tolerance


def agreement(what: str, worst: float, tolerance: float) -> Outcome:
    """Outcome of a numerical identity.

    Parameters
    ----------
    what : str
        the two things that are compared, as the subject of a sentence: ``"The formula and the matrix sum"``
    worst : float
        their largest relative deviation
    tolerance : float
        the largest one that counts as rounding
    """
    if worst <= tolerance:
        # rounding noise differs from machine to machine and is not a result
        return Outcome(True, f"{what} agree to {number(tolerance)}.")
    return Outcome(False, f"{what} differ by up to {number(worst)}.")


def proof(holds: object, text: str) -> Outcome:
    """Outcome of a derivation that ends in yes or no; ``text`` says what holds if it does."""
    return Outcome(bool(holds), text if holds else f"Not so: {text}")


def number(value: float, unit: str = "", digits: int = 2) -> str:
    """A number for a sentence, with powers of ten: ``"$3.3\\cdot10^{-9}$ $\\mu_B$"``."""
    if not math.isfinite(value):
        text = "no bound" if value == math.inf else "undefined"
        return text
    text = f"{value:.{digits}g}"
    mantissa, letter, exponent = text.partition("e")
    if letter:
        factor = "" if mantissa == "1" else rf"{mantissa}\cdot"
        text = rf"${factor}10^{{{int(exponent)}}}$"
    return f"{text} {unit}" if unit and unit != "1" else text


def percent(share: float, digits: int = 2) -> str:
    """A share in per cent: ``"12 %"``; 99.95 does not become 1e+02."""
    value = 100 * share
    rounded = f"{value:.{digits}g}"
    return f"{value:.0f} %" if "e" in rounded and abs(value) >= 10 else f"{rounded} %"


def listed(parts: list[str]) -> str:
    """Words as a list: ``"a, b and c"``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
