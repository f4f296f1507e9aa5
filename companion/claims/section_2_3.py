"""Section 2.3: the dipole portal."""

from __future__ import annotations

import sympy as sp

from .. import cross_sections
from ..ledger import Claim, Outcome
from ..symbolic import recoil


def massless_limit(claim: Claim) -> Outcome:
    """For m_4 = 0 the usual magnetic-moment cross-section 1/E_r - 1/E_nu is left."""
    letters = recoil.symbols(cross_sections.dipole_body)
    E_r, E_nu, charge, alpha_mu2 = (letters[name] for name in ("E_r", "E_nu", "charge", "alpha_mu2"))
    limit = recoil.expression(cross_sections.dipole_body).subs(letters["m_4"], 0)
    same = sp.simplify(limit - alpha_mu2 * charge**2 * (1 / E_r - 1 / E_nu)) == 0
    return Outcome(same, r"$m_4=0$ leaves $\alpha\mu_\nu^2Z^2F_p^2(1/E_r-1/E_\nu)$")
