"""The ledger's rows by name: each verdict is recorded, and a verdict that changes fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from recorded import RECORDED

from companion.audit import ledger

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", [claim.id for claim in ledger.claims()])
def test_verdict(name):
    finding = ledger.judge(ledger.find(name))
    assert str(finding.verdict) == RECORDED.get(name), f"{finding.outcome.found}"
    assert finding.outcome.found


def test_no_recorded_verdict_without_its_claim():
    assert set(RECORDED) == {claim.id for claim in ledger.claims()}


def test_what_is_found_is_one_sentence_or_two():
    """Numbers that nobody asked for stand in the details."""
    for claim in ledger.claims():
        found = ledger.judge(claim).outcome.found
        assert len(re.sub(r"\$[^$]*\$", "x", found)) < 240, f"{claim.id}: {found}"


def test_statements_are_quoted():
    """What is printed is a quotation, a formula, or says that it is implied or two statements together."""
    for claim in ledger.claims():
        if claim.kind in ("statement", "number") and claim.covers:
            assert "“" in claim.printed or "$" in claim.printed, claim.id


def test_tables_count():
    entries = [claim for claim in ledger.claims() if claim.kind == "table"]
    assert len(entries) == 42


def test_a_surrogate_decides_nothing():
    """Rows whose answer hangs on the surrogate of TEXONO are open, or a figure."""
    for claim in ledger.claims():
        finding = ledger.judge(claim)
        if "surrogate" in finding.outcome.found and "but TEXONO" not in finding.outcome.details:
            assert finding.outcome.holds is None, claim.id


def test_every_row_leads_to_a_chapter_of_the_book():
    chapters = re.findall(r"file: book/(\w+)", (ROOT / "_toc.yml").read_text())
    for claim in ledger.claims():
        assert claim.chapter in chapters, claim.id
        assert (ROOT / "book" / f"{claim.chapter}.md").is_file(), claim.id


def test_counts_per_section_add_up():
    findings = [ledger.judge(claim) for claim in ledger.claims()]
    counted = ledger.section_counts(findings)
    assert counted["rows"].sum() == len(findings)
    assert counted["claims"].sum() == sum(finding.claim.covers for finding in findings)
    for verdict, number in ledger.counts(findings).items():
        assert counted[str(verdict)].sum() == number
    order = list(ledger.SECTIONS)
    assert [order.index(name) for name in counted["section"]] == sorted(map(order.index, counted["section"]))


def test_the_equations_of_the_paper_are_all_there():
    numbers = {int(match[1]) for claim in ledger.claims() if (match := re.match(r"eq-(\d+)", claim.id))}
    assert numbers == set(range(1, 28))
    panels = {match[1] for claim in ledger.claims() if (match := re.match(r"fig-([12]\w)", claim.id))}
    assert panels == {"1a", "1b", "1c", "2a", "2b", "2c"}
    footnotes = {int(match[1]) for claim in ledger.claims() if (match := re.match(r"footnote-(\d+)", claim.id))}
    assert footnotes == {1, 2, 3, 4, 5, 6, 8, 9}


def test_what_is_left_out_has_a_reason():
    for row in ledger.left_out().rows():
        assert all(row[name] for name in ("place", "what", "reason"))
        assert row["claims"] >= 1
