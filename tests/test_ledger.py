"""The ledger's own rules; its rows are in tests/paper."""

from __future__ import annotations

import dataclasses

import pytest

from companion import ledger
from companion.ledger import Claim, Finding, Outcome, Verdict


@pytest.fixture
def claim():
    return Claim("x", "Sec. 0", "number", "3e-9", 3e-9, "mu_B", "section_4.csi_limit", 0.1, "a test", "coherent")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome(True, ""), Verdict.REPRODUCED),
        (Outcome(False, "", corrected=True, correction="c"), Verdict.CORRECTED),
        (Outcome(False, ""), Verdict.DIFFERS),
        (Outcome(None, ""), Verdict.OPEN),
    ],
)
def test_verdict_follows_from_the_outcome(claim, outcome, verdict):
    assert Finding(claim, outcome).verdict is verdict


@pytest.mark.parametrize(
    ("computed", "holds"), [(3.29e-9, True), (2.71e-9, True), (3.31e-9, False), (float("inf"), False)]
)
def test_numbers_are_compared_by_their_relative_deviation(claim, computed, holds):
    assert ledger.compare(claim, computed).holds is holds


def test_a_claim_that_is_misprinted_differs(claim):
    wrong = dataclasses.replace(claim, value=1e-9, printed="1e-9")
    assert ledger.judge(wrong).verdict is Verdict.DIFFERS


def test_an_unknown_check_is_an_error(claim):
    with pytest.raises(ValueError, match="checked by 'section_4.nothing', which does not exist"):
        ledger.judge(dataclasses.replace(claim, check="section_4.nothing"))


def test_agreement_names_the_deviation_only_when_it_fails():
    assert ledger.agreement(1e-15, 1e-12) == Outcome(True, "agree to 1e-12")
    assert ledger.agreement(2e-3, 1e-12) == Outcome(False, "largest relative difference 2.0e-03")


def test_counts_name_every_verdict(claim):
    counts = ledger.counts([Finding(claim, Outcome(True, "")), Finding(claim, Outcome(None, ""))])
    assert counts == {Verdict.REPRODUCED: 1, Verdict.CORRECTED: 0, Verdict.DIFFERS: 0, Verdict.OPEN: 1}


def test_unknown_claim_is_refused():
    with pytest.raises(ValueError, match="no claim 'eq-99'"):
        ledger.find("eq-99")


def test_every_claim_states_a_reason_and_a_chapter_of_the_book():
    for claim in ledger.claims():
        assert claim.reason, claim.id
        assert claim.kind in ("equation", "table", "figure", "number", "statement", "definition"), claim.id
        assert claim.tolerance >= 0, claim.id


def test_markdown_keeps_bars_inside_their_cell(claim):
    finding = Finding(dataclasses.replace(claim, printed="$|a|$ or |b|"), Outcome(True, "x"))
    row = ledger.markdown([finding]).splitlines()[-1]
    assert row == (
        r"| Sec. 0<br>**reproduced** | $\vert a\vert $ or \|b\|<br>*computed:* x<br>*asked for:* 10 %: a test |"
    )
