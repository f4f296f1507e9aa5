"""The ledger's own rules; its rows are in tests/paper."""

from __future__ import annotations

import dataclasses

import pytest

from companion.audit import ledger
from companion.audit.ledger import Claim, Finding, Outcome, Verdict


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


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("abstract-probe", "Abstract"),
        ("sec-1-matrices", "1"),
        ("sec-2.3-above", "2.3"),
        ("eq-10", "2.1"),
        ("eq-11-end", "2.2"),
        ("eq-20-brackets", "2.3"),
        ("eq-22-electron", "2.4"),
        ("eq-24-signal", "3.2"),
        ("table-2-24-34", "2.1"),
        ("fig-3-cenns", "4"),
        ("footnote-7", "3.2"),
        ("footnote-11", "4"),
    ],
)
def test_a_name_tells_the_section(claim, name, section):
    assert dataclasses.replace(claim, id=name).section == section


@pytest.mark.parametrize("name", ["eq-28", "eq-x", "sec-6-a", "footnote-12", "fig-5", "table-3-12", "limit"])
def test_a_name_without_a_section_is_refused(claim, name):
    with pytest.raises(ValueError, match=f"the name '{name}' of a claim does not begin like"):
        _ = dataclasses.replace(claim, id=name).section


def test_claims_come_in_the_order_of_the_paper():
    order = [list(ledger.SECTIONS).index(claim.section) for claim in ledger.claims()]
    assert order == sorted(order)


@pytest.mark.parametrize(("covers", "settles"), [(3.0, 3), (0.0, 0), (None, 1)])
def test_a_row_says_how_many_claims_it_settles(claim, covers, settles):
    row = {field.name: getattr(claim, field.name) for field in dataclasses.fields(claim)} | {"covers": covers}
    if covers is None:
        del row["covers"]
    assert ledger._claim(row).covers == settles


@pytest.mark.parametrize("covers", [-1.0, 1.5, float("nan")])
def test_claims_are_counted_in_whole_numbers(claim, covers):
    row = {field.name: getattr(claim, field.name) for field in dataclasses.fields(claim)} | {"covers": covers}
    with pytest.raises(ValueError, match="the row 'x' settles a whole number of claims or none"):
        ledger._claim(row)


def some_findings(claim):
    mended = Outcome(False, "y", corrected=True, correction="$a$ for $b$")
    return [
        Finding(dataclasses.replace(claim, id="eq-1", covers=2), Outcome(True, "x")),
        Finding(dataclasses.replace(claim, id="eq-2", place="Eq. (2)"), mended),
        Finding(dataclasses.replace(claim, id="eq-3", place="Eq. (3)", covers=0), mended),
        Finding(dataclasses.replace(claim, id="fig-1a"), Outcome(None, "z")),
    ]


def test_sections_are_counted(claim):
    counted = ledger.section_counts(some_findings(claim))
    assert counted["section"].tolist() == ["2.1", "4"]
    assert counted["reproduced"].tolist() == [1, 0]
    assert counted["reproduced with a correction"].tolist() == [2, 0]
    assert counted["cannot be determined"].tolist() == [0, 1]
    assert counted["rows"].tolist() == [3, 1]
    assert counted["claims"].tolist() == [3, 1]
    lines = ledger.sections_markdown(some_findings(claim)).splitlines()
    assert lines[2] == "| 2.1 Magnetic moments | 1 | 2 | 0 | 0 | 3 | 3 |"
    assert lines[-1] == "| **all** | **1** | **2** | **0** | **1** | **4** | **4** |"


def test_slips_are_listed_once_and_without_what_is_told(claim):
    text = ledger.slips(some_findings(claim))
    assert text == "- [Eq. (3)](coherent.md): 3e-9<br>*correct:* $a$ for $b$"
    assert ledger.slips(some_findings(claim), without=["eq-2"]) == ""


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match=r"no section '2.5'; there are Abstract, 1, 2.1"):
        ledger.section_markdown("2.5")


def test_a_section_begins_with_its_counts():
    text = ledger.section_markdown("1")
    assert text.startswith("3 rows settle 4 claims: 3 reproduced.")
    assert "[Sec. 1](transition_moments.md)" in text


def test_what_is_left_out_is_shown_with_its_reason():
    rows = ledger.left_out()
    lines = ledger.left_out_markdown().splitlines()
    assert len(lines) == len(rows) + 2
    assert str(rows["reason"][0]) in lines[2]
