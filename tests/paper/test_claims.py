"""The ledger's rows by name: each verdict is recorded, and a verdict that changes fails here."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from companion import ledger

RECORDED = {
    row["claim"]: row["verdict"]
    for row in csv.DictReader(Path(__file__).with_name("verdicts.csv").read_text().splitlines())
}


@pytest.mark.parametrize("name", [claim.id for claim in ledger.claims()])
def test_verdict(name):
    finding = ledger.judge(ledger.find(name))
    assert str(finding.verdict) == RECORDED.get(name), f"{finding.outcome.computed}"


def test_no_recorded_verdict_without_its_claim():
    assert set(RECORDED) == {claim.id for claim in ledger.claims()}


def test_every_verdict_that_is_not_plain_says_why():
    for claim in ledger.claims():
        finding = ledger.judge(claim)
        assert finding.outcome.computed
        assert (finding.verdict is ledger.Verdict.CORRECTED) == bool(finding.outcome.correction)


def test_tables_count():
    entries = [claim for claim in ledger.claims() if claim.kind == "table"]
    assert len(entries) == 42
