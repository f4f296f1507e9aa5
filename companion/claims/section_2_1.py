"""Section 2.1: effective moments, Tables I and II."""

from __future__ import annotations

import numpy as np

from .. import moments
from ..ledger import Claim, Outcome, agreement
from ..symbolic import printed

CONVENTION = r"$\tilde\lambda_{13}\to-\tilde\lambda_{13}$ in Eq. (2)"


def _outcome(verdict: printed.Verdict) -> Outcome:
    if verdict.agrees_as_printed:
        return Outcome(True, "identical, for all angles and phases")
    if verdict.agrees_under_convention:
        text = "opposite sign, for all angles and phases" if verdict.opposite_sign else "differs by a convention"
        return Outcome(False, text, corrected=True, correction=CONVENTION)
    if verdict.agrees_with_correction:
        what = verdict.problem.partition(" at character")[0] or "not identical"
        return Outcome(False, what, corrected=True, correction=verdict.changed)
    return Outcome(False, f"differs by up to {verdict.deviation:.2g} at random parameters")


def table_entry(claim: Claim) -> Outcome:
    """An entry of Table I or II against the coefficient that sympy derives."""
    _, table, first, second = claim.id.split("-")
    return _outcome(printed.compare(printed.TABLES[f"table-{table}"])[first, second])


def equation(claim: Claim) -> Outcome:
    """Eqs. (7) to (10) against the lambda_i4 part of the derived coefficients."""
    return _outcome(printed.compare_equation(claim.id.removeprefix("eq-")))


def sign_of_the_tables(claim: Claim) -> Outcome:
    """The one change of convention that makes both tables agree with Eq. (2)."""
    without, convention = printed.left_over(), printed.convention()
    return Outcome(
        not without,
        f"{len(without)} of 42 entries differ; with the change, {len(convention.left_over)}",
        corrected=len(convention.left_over) < len(without),
        correction=CONVENTION + r", which only shifts $\zeta_{13}$ by $\pi$",
    )


def sum_of_coefficients(claim: Claim) -> Outcome:
    """Eq. (6) against the plain matrix sum of Eq. (4) without oscillations, at random complex parameters."""
    random = np.random.default_rng(6)
    worst = 0.0
    for row, flavour in enumerate(("e", "mu", "tau")):
        angles = {f"theta_{ij}": random.uniform(0, np.pi / 2) for ij in ("12", "13", "23", "14", "24", "34")}
        phases = {name: random.uniform(0, 2 * np.pi) for name in ("delta", "delta_14", "delta_34")}
        phases |= {f"zeta_{pair}": random.uniform(0, 2 * np.pi) for pair in moments.PAIRS}
        moduli = {pair: random.uniform(0, 1) for pair in moments.PAIRS}
        matrix = np.zeros((4, 4), complex)
        for pair, modulus in moduli.items():
            i, j = int(pair[0]) - 1, int(pair[1]) - 1
            matrix[i, j] = modulus * np.exp(1j * phases[f"zeta_{pair}"])
            matrix[j, i] = -matrix[i, j]
        amplitude = moments.mixing_matrix(angles, phases)[row].conj() @ matrix
        expected = np.sum(np.abs(amplitude) ** 2)
        worst = max(worst, abs(moments.effective_moment_squared(flavour, moduli, angles, phases) / expected - 1))
    return agreement(float(worst), claim.tolerance)
