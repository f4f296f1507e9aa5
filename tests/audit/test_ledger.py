"""The ledger's own rules; its rows are in tests/paper."""

from __future__ import annotations

import dataclasses

import pytest

from companion.audit import ledger, model, outcomes
from companion.audit.ledger import Claim, Finding, Outcome, Verdict


@pytest.fixture
def claim():
    return Claim(
        id="x",
        section="4",
        place="Sec. 4",
        kind="number",
        printed="3e-9",
        check="section_4_limits.csi_limit",
        reason="a test",
        chapter="coherent",
        tolerance=0.1,
        values=(3e-9,),
        unit=r"$\mu_B$",
    )


def open_question(text=""):
    return Outcome(None, text, settles="data")


@pytest.mark.parametrize(
    ("kind", "outcome", "verdict"),
    [
        ("number", Outcome(True, ""), Verdict.REPRODUCED),
        ("definition", Outcome(True, ""), Verdict.DEFINITION),
        ("number", Outcome(False, "", correction="c"), Verdict.CORRECTED),
        ("definition", Outcome(False, "", correction="c"), Verdict.CORRECTED),
        ("number", Outcome(False, ""), Verdict.DIFFERS),
        ("number", open_question(), Verdict.OPEN),
        ("figure", open_question(), Verdict.NOT_DIGITISED),
    ],
)
def test_verdict_follows_from_the_outcome(claim, kind, outcome, verdict):
    assert Finding(dataclasses.replace(claim, kind=kind), outcome).verdict is verdict


def test_every_verdict_is_explained():
    assert set(ledger.MEANINGS) == set(Verdict)


def test_a_claim_that_holds_needs_no_correction():
    with pytest.raises(ValueError, match="needs no correction: 'c'"):
        Outcome(True, "", correction="c")


@pytest.mark.parametrize("outcome", [(None, ""), (True, "s"), (False, "s")])
def test_an_open_question_and_only_one_says_what_would_settle_it(outcome):
    holds, settles = outcome
    with pytest.raises(ValueError, match="says what would settle it"):
        Outcome(holds, "", settles=settles)


@pytest.mark.parametrize(
    ("computed", "holds"), [(3.29e-9, True), (2.71e-9, True), (3.31e-9, False), (float("inf"), False)]
)
def test_numbers_are_compared_by_their_relative_deviation(computed, holds):
    assert outcomes.within(computed, 3e-9, 0.1) is holds


def test_agreement_names_the_deviation_only_when_it_fails():
    assert outcomes.agreement("A and B", 1e-15, 1e-12) == Outcome(True, "A and B agree to $10^{-12}$.")
    assert outcomes.agreement("A and B", 2e-3, 1e-12) == Outcome(False, "A and B differ by up to 0.002.")


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (3.34e-9, {"digits": 3}, r"$3.34\cdot10^{-9}$"),
        (1e-12, {}, "$10^{-12}$"),
        (24.4, {"unit": "kg", "digits": 3}, "24.4 kg"),
        (0.25, {"unit": "1"}, "0.25"),
        (float("inf"), {}, "no bound"),
    ],
)
def test_numbers_are_written_for_readers(value, options, text):
    assert outcomes.number(value, **options) == text


@pytest.mark.parametrize(("share", "text"), [(0.123, "12 %"), (0.999, "100 %"), (4.45, "445 %"), (0.0004, "0.04 %")])
def test_shares_are_written_in_per_cent(share, text):
    assert outcomes.percent(share) == text


def test_a_claim_that_is_misprinted_differs(claim):
    wrong = dataclasses.replace(claim, values=(1e-9,), printed="1e-9")
    assert ledger.judge(wrong).verdict is Verdict.DIFFERS


def test_an_unknown_check_is_an_error(claim):
    with pytest.raises(ValueError, match="checked by 'section_4.nothing', which does not exist"):
        ledger.judge(dataclasses.replace(claim, check="section_4.nothing"))


@pytest.mark.parametrize(
    ("check", "arguments"),
    [("section_4_limits.csi_limit", (("factor", 2.0),)), ("section_4_limits.order_of_magnitude", ())],
)
def test_a_row_gives_the_arguments_that_its_check_takes(claim, check, arguments):
    with pytest.raises(ValueError, match="the check of 'x' takes claim, context"):
        ledger.judge(dataclasses.replace(claim, check=check, arguments=arguments))


def test_counts_name_every_verdict(claim):
    counts = ledger.counts([Finding(claim, Outcome(True, "")), Finding(claim, open_question())])
    assert {verdict for verdict, number in counts.items() if number} == {Verdict.REPRODUCED, Verdict.OPEN}
    assert set(counts) == set(Verdict)


def test_unknown_claim_is_refused():
    with pytest.raises(ValueError, match="no claim 'eq-99'"):
        ledger.find("eq-99")


def test_every_claim_states_a_reason_and_a_chapter_of_the_book():
    for claim in ledger.claims():
        assert claim.reason, claim.id
        assert claim.chapter, claim.id
        assert claim.printed, claim.id


def test_claims_come_in_the_order_of_the_paper():
    order = [list(ledger.SECTIONS).index(claim.section) for claim in ledger.claims()]
    assert order == sorted(order)


def a_row(**changes):
    columns = {
        "id": "x",
        "section": "2.1",
        "place": "",
        "kind": "number",
        "printed": "",
        "formula": "",
        "value": "",
        "unit": "1",
        "check": "",
        "arguments": "",
        "tolerance": 0.0,
        "reason": "",
        "chapter": "",
        "covers": 1.0,
    }
    return columns | changes


def test_a_row_becomes_a_claim():
    claim = model._claim(a_row(value="1e-9 3", arguments="table=table-1; order=2", covers=3.0))
    assert claim.values == (1e-9, 3.0)
    assert dict(claim.arguments) == {"table": "table-1", "order": 2.0}
    assert claim.covers == 3
    with pytest.raises(ValueError, match="prints 2 numbers, not one"):
        _ = claim.value


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"section": "2.5"}, r"has no section '2.5'; there are Abstract, 1, 2.1"),
        ({"kind": "guess"}, "is of no kind 'guess'; there are equation"),
        ({"covers": -1.0}, "settles a whole number of claims or none"),
        ({"covers": 1.5}, "settles a whole number of claims or none"),
        ({"covers": float("nan")}, "settles a whole number of claims or none"),
        ({"tolerance": float("nan")}, "must not be negative or missing"),
        ({"tolerance": -0.1}, "must not be negative or missing"),
        ({"value": "one"}, "must be numbers, not 'one'"),
        ({"arguments": "names"}, "the arguments of 'x' are 'name=value; ...'"),
    ],
)
def test_a_row_that_says_something_impossible_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        model._claim(a_row(**changes))


def test_a_row_shows_what_is_found_and_folds_the_rest(claim):
    finding = Finding(dataclasses.replace(claim, printed="$|a|$ or |b|"), Outcome(True, "x", "y"))
    row = ledger.markdown([finding]).splitlines()[-1]
    assert row == (
        r"| Sec. 4<br>**reproduced** | $\vert a\vert $ or \|b\|<br>x<br><details><summary>details</summary>y "
        "Asked for: 10 %: a test. `x` settles one claim.</details> |"
    )


def some_findings(claim):
    mended = Outcome(False, "y", correction="$a$ for $b$")
    change = {"section": "2.1"}
    return [
        Finding(dataclasses.replace(claim, id="eq-1", covers=2, **change), Outcome(True, "x")),
        Finding(dataclasses.replace(claim, id="eq-2", place="Eq. (2)", **change), mended),
        Finding(dataclasses.replace(claim, id="eq-3", place="Eq. (3)", covers=0, **change), mended),
        Finding(dataclasses.replace(claim, id="eq-4", kind="definition", **change), Outcome(True, "x")),
        Finding(dataclasses.replace(claim, id="fig-1a", kind="figure"), open_question("z")),
    ]


def test_sections_are_counted(claim):
    counted = ledger.section_counts(some_findings(claim))
    assert counted["section"].tolist() == ["2.1", "4"]
    assert counted["reproduced"].tolist() == [1, 0]
    assert counted["reproduced with a correction"].tolist() == [2, 0]
    assert counted["definition"].tolist() == [1, 0]
    assert counted["not digitised"].tolist() == [0, 1]
    assert counted["rows"].tolist() == [4, 1]
    assert counted["claims"].tolist() == [4, 1]
    lines = ledger.sections_markdown(some_findings(claim)).splitlines()
    assert lines[2] == "| 2.1 Magnetic moments | 1 | 2 | 0 | 1 | 0 | 0 | 4 | 4 |"
    assert lines[-1] == "| **all** | **1** | **2** | **0** | **1** | **1** | **0** | **5** | **5** |"


def test_slips_are_listed_once_and_without_what_is_told(claim):
    text = ledger.slips(some_findings(claim))
    assert text == "- [Eq. (3)](coherent.md): 3e-9<br>*correct:* $a$ for $b$"
    assert ledger.slips(some_findings(claim), without=["eq-2"]) == ""


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match=r"no section '2.5'; there are Abstract, 1, 2.1"):
        ledger.section_markdown("2.5")


def test_a_section_begins_with_its_counts():
    text = ledger.section_markdown("1")
    assert text.startswith("4 rows settle 5 claims: 4 reproduced.")
    assert "[Sec. 1](transition_moments.md)" in text


def test_what_is_left_out_is_shown_with_its_reason():
    rows = ledger.left_out()
    lines = ledger.left_out_markdown().splitlines()
    assert len(lines) == len(rows) + 2
    assert str(rows["reason"][0]) in lines[2]


def test_the_table_has_a_line_for_every_finding(claim):
    table = ledger.as_table(some_findings(claim))
    assert table["claim"].tolist() == ["eq-1", "eq-2", "eq-3", "eq-4", "fig-1a"]
    assert table["correction"].tolist()[1] == "$a$ for $b$"
    assert table["settles"].tolist()[-1] == "data"
