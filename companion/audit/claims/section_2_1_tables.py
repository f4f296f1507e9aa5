"""Section 2.1: Tables I and II, Eqs. (7) to (10), and the phases in them."""

from __future__ import annotations

import re

from scipy.optimize import brentq

from ... import moments
from ...couplings import Mixing
from ...symbolic import mixing
from .. import printed
from ..context import Context
from ..model import Claim
from ..outcomes import Outcome, listed, percent, within

SYMBOLS = {"e": r"\nu_e", "mu": r"\nu_\mu"}


def _convention() -> str:
    """The change of convention that the search finds, in the notation of the paper."""
    changes = []
    for name in printed.convention().names:
        text = re.sub(r"lambda_(\d\d)", r"\\tilde\\lambda_{\1}", name)
        changes.append("$" + text.replace("->", r"\to") + "$")
    return f"{', '.join(changes)} in Eq. (2)"


def _outcome(verdict: printed.Verdict, where: str) -> Outcome:
    """The outcome of a printed formula; ``where`` says for which angles and phases it is compared."""
    shown = f"Printed: ${verdict.printed}$."
    if verdict.agrees_as_printed:
        return Outcome(True, f"Identical to the derived coefficient, {where}.", shown)
    if verdict.agrees_under_convention:
        sign = (
            "The derived coefficient has the opposite sign" if verdict.opposite_sign else "It differs by a convention"
        )
        return Outcome(False, f"{sign}, {where}.", shown, correction=_convention())
    if verdict.agrees_with_correction:
        return Outcome(False, "One “[” for two “]”.", shown, correction=verdict.changed)
    return Outcome(False, f"It differs from the derived one by up to {verdict.deviation:.2g} at random angles.", shown)


def _text(context: Context, table: str, key: str, entry: str) -> str:
    """The LaTeX of a row of a printed table."""
    rows = context.table(f"paper/{table}")
    (row,) = (index for index, name in enumerate(rows[key]) if name == entry)
    return str(rows["latex"][row])


def table_entry(context: Context, table: str, entry: str) -> Outcome:
    """An entry of Table I or II against the coefficient that sympy derives."""
    text = _text(context, table.replace("-", "_"), "entry", entry)
    return _outcome(printed.compare_entry(table, entry, text), "for all angles and phases")


def equation(context: Context, number: float) -> Outcome:
    """Eqs. (7) to (10) against the lambda_i4 part of the derived coefficients."""
    name = f"{number:g}"
    verdict = printed.compare_equation(name, _text(context, "equations_2_1", "equation", name))
    _, vanishing_mixing = printed.EQUATIONS[name]
    # for which mixings "approximately" holds is a claim of its own
    return _outcome(verdict, r"at $\theta_{i4}=0$" if vanishing_mixing else "for all angles and phases")


def sign_of_the_tables(context: Context) -> Outcome:
    """The one change of convention that makes both tables agree with Eq. (2)."""
    without, convention = printed.left_over(), printed.convention()
    if not without:
        return Outcome(True, "All 42 entries follow from the matrix of Eq. (2).")
    left = [
        printed.compare_entry(table, entry, _text(context, table.replace("-", "_"), "entry", entry))
        for table, entry in convention.left_over
    ]
    mended = all(verdict.agrees_with_correction for verdict in left)
    return Outcome(
        False,
        f"{len(without)} of 42 entries do not follow from Eq. (2); with one changed sign, {len(convention.left_over)}.",
        "The change shifts a phase of the paper by $\\pi$ and moves no curve of Figs. 3 and 4.",
        correction=_convention() + r", which only shifts $\zeta_{13}$ by $\pi$" if mended else "",
    )


def small_mixing(claim: Claim) -> Outcome:
    """Largest error of Eqs. (9) and (10) at the largest mixing for which the paper uses them."""
    angles, phases = Mixing().angles, Mixing().phases
    errors = {}
    for flavour in ("e", "mu"):
        for i, error in zip("123", moments.small_mixing_error(flavour, claim.value, angles, phases), strict=True):
            errors[flavour, i] = float(error)
    ranked = sorted(errors, key=errors.__getitem__, reverse=True)
    texts = [
        rf"{percent(errors[flavour, i])} ($|\tilde\lambda_{{{i}4}}|^2$ of ${SYMBOLS[flavour]}$)"
        for flavour, i in ranked[:2]
    ]
    found = f"At {claim.value:g} the largest errors of a coefficient are {listed(texts)}."
    worst = ranked[0]
    if errors[worst] <= claim.tolerance:
        return Outcome(True, found)

    def excess(squared_sine: float) -> float:
        error = moments.small_mixing_error(worst[0], squared_sine, angles, phases)["123".index(worst[1])]
        return float(error) - claim.tolerance

    limit = brentq(excess, 1e-9, claim.value)
    return Outcome(
        False,
        found,
        "What Eqs. (9) and (10) drop is linear in the sine.",
        # a bound below what is called mixing would be no correction
        correction=rf"an error of at most a tenth needs $\sin^2\theta_{{i4}}\leq{limit:.4f}$" if limit > 1e-4 else "",
    )


def two_mixings(claim: Claim) -> Outcome:
    """The mixing of Secs. 2.1 and 2.3 against each other: the error of Eqs. (9) and (10) at the larger one."""
    angles, phases = Mixing().angles, Mixing().phases
    small, large = claim.values
    worst = {}
    for squared_sine in (small, large):
        errors = [moments.small_mixing_error(flavour, squared_sine, angles, phases).max() for flavour in ("e", "mu")]
        worst[squared_sine] = float(max(errors))
    same = within(large, small, claim.tolerance)
    return Outcome(
        same,
        f"At {large:g} a coefficient of Eqs. (9) and (10), which the limits use, is wrong by up to "
        f"{percent(worst[large])}.",
        f"At {small:g} by up to {percent(worst[small])}.",
        correction="" if same else rf"one bound for both: at {large:g} the limits need Eqs. (7) and (8)",
    )


def phases_of_mixing(claim: Claim) -> Outcome:
    """The number of phases that the coefficients of all flavours depend on, by rank."""
    upper, lower = mixing.phase_rank(moments.FLAVOURS)
    # (n-1)(n-2)/2 Dirac phases and n(n-1)/2 of the moments, less the common one
    counted = all((n - 1) * (n - 2) // 2 + n * (n - 1) // 2 - 1 == n * (n - 2) for n in range(2, 10))
    return Outcome(
        counted and upper == lower == claim.value,
        f"The coefficients of three flavours depend on {lower} combinations of the nine phases.",
        "The ninth is the common phase of all moments.",
    )


def phases_of_the_tables(claim: Claim) -> Outcome:
    """The same for the two printed tables."""
    upper, lower = mixing.phase_rank(tuple(printed.TABLES.values()))
    holds = upper == lower == claim.value
    blind = mixing.blind_phases(tuple(printed.TABLES.values()))
    names = ["$\\" + name.replace("delta_34", "delta_{34}") + "$" for name in blind]
    with_tau = mixing.phase_rank(moments.FLAVOURS) == (claim.value, claim.value)
    return Outcome(
        holds,
        f"Tables I and II depend on {lower} combinations of phases; {listed(names)} enters neither.",
        correction=rf"{lower}; the eighth needs a $\nu_\tau$ beam" if with_tau and not holds else "",
    )
