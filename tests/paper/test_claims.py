"""The ledger's rows by name: each verdict is recorded, and a verdict that changes fails here."""

from __future__ import annotations

import csv
import dataclasses
import re
from importlib import import_module
from pathlib import Path

import pytest
import sympy as sp
from sympy.physics.matrices import mgamma

from companion import units
from companion.audit import ledger
from companion.symbolic import mixing, recoil

ROOT = Path(__file__).resolve().parents[2]

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


def test_every_open_row_says_what_would_settle_it():
    findings = map(ledger.judge, ledger.claims())
    opened = [finding for finding in findings if finding.verdict is ledger.Verdict.OPEN]
    assert opened
    for finding in opened:
        assert "would settle" in finding.outcome.computed, finding.claim.id


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
    numbers = {int(found[1]) for claim in ledger.claims() if (found := re.match(r"eq-(\d+)", claim.id))}
    assert numbers == set(range(1, 28))
    panels = {found[1] for claim in ledger.claims() if (found := re.match(r"fig-([12]\w)", claim.id))}
    assert panels == {"1a", "1b", "1c", "2a", "2b", "2c"}


def test_what_is_left_out_has_a_reason():
    for row in ledger.left_out().rows():
        assert all(row[name] for name in ("place", "what", "reason"))
        assert row["claims"] >= 1


NUMBERS = [claim.id for claim in ledger.claims() if claim.kind == "number" and RECORDED[claim.id] == "reproduced"]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_printed_wrong_is_not_reproduced(name):
    """A row that would accept any number settles nothing."""
    claim = ledger.find(name)
    for factor in (1 + 3 * claim.tolerance + 0.01, 1 / (1 + 3 * claim.tolerance + 0.01) ** 4):
        wrong = dataclasses.replace(claim, value=factor * claim.value)
        assert ledger.judge(wrong).verdict is not ledger.Verdict.REPRODUCED


def doubled(function):
    return lambda *arguments, **options: 2 * function(*arguments, **options)


def changed(name, column, row, change):
    """The tables of the package with one number changed."""

    def world(table):
        def wrong(asked):
            found = table(asked)
            if asked != name:
                return found
            values = found[column].copy()
            values[row] = change(values[row])
            return dataclasses.replace(found, columns={**found.columns, column: values})

        return wrong

    return world


def blurred(load):
    """XENON1T with a resolution that is a per cent worse."""

    def wrong(name):
        experiment = load(name)
        (channel,) = experiment.channels
        response = dataclasses.replace(channel.response, resolution=lambda E: 1.01 * channel.response.resolution(E))
        return dataclasses.replace(experiment, channels=(dataclasses.replace(channel, response=response),))

    return wrong


WRONG_WORLDS = {
    "sec-1-matrices": ("section_1.CHARGE", lambda old: mgamma(0)),
    "sec-1-antineutrinos": ("section_1.LEFT", lambda old: sp.eye(4)),
    "sec-1-xenon": ("section_1.delta_chi2", lambda old: lambda: 100.0),
    "sec-2.1-mu-d": ("section_2_1._chiral", lambda old: lambda: (old()[0], sp.eye(4) - old()[1])),
    "sec-2.1-blocks": (
        "section_2_1.mixing.mixing_matrix",
        lambda old: lambda: old().subs(mixing.angles["theta_14"], 1),
    ),
    "footnote-1": ("section_2_1.recoil.expression", doubled),
    "sec-2.1-truncation": ("section_2_1.moments.mixing_matrix", doubled),
    "sec-2.1-pure-beams": ("section_2_1.couplings.mass_splittings", lambda old: lambda: {"21": 1.0, "31": 1e3}),
    "sec-2.1-components": ("section_2_1.moments.PAIRS", lambda old: old[:5]),
    "sec-2.1-beams": ("section_2_1.load", lambda old: lambda name: old("coherent-csi")),
    "sec-2.2-nuclear": ("section_2_2._low_energy_angle", lambda old: lambda name: 0.5),
    "sec-2.2-momentum": ("section_2_2.form_factors.momentum_transfer", doubled),
    "sec-2.2-lengths": ("section_2_2.form_factors.helm", lambda old: lambda Q, R: old(Q, R, 0.91 * units.fm)),
    "sec-2.3-spinless": ("section_2_3.cross_sections.spin_difference_body", lambda old: lambda *a: 1e6 * old(*a)),
    "sec-2.3-steps": ("section_2_3.targets.Electrons.free", lambda old: lambda self: self),
    "sec-2.3-massive": ("section_2_3.amplitudes.interference", lambda old: lambda *a: old(*a) / recoil.symbol("m_4")),
    "eq-20-couplings": ("section_2_3.cross_sections.electron_couplings", lambda old: lambda species: old("nu_e")),
    "footnote-5-conjugation": ("section_2_3.moments.interference_coupling", lambda old: lambda *a: 1j * old(*a)),
    "eq-21-targets": ("section_2_4.targets.Electrons.ionisable", doubled),
    "sec-3.1-excess": ("section_3_1.table", changed("xenon/xenon1t_spectrum", "counts", 1, lambda number: 10)),
    "sec-3.1-inputs": ("section_3_1.load", blurred),
    "sec-3.3-systematic": ("section_3_3.load", lambda old: lambda name: old(name, systematic=0.1)),
    "sec-3.4-lines": ("section_3_4.table", changed("cr51/lines", "E_nu", 0, lambda E: E + 1)),
    "sec-3.4-inputs": ("section_3_4.cr51_lxe.decays", doubled),
    "sec-4-xenon-benchmark": ("section_4_figures.delta_chi2", lambda old: lambda: 1.0),
    "sec-4-xenon-difference": (
        "section_4_figures.limits.interval",
        lambda old: lambda experiment, *a: (1.0, 1.0 if experiment.options["binding"] == "free" else 2.0),
    ),
    "sec-4-steps-threshold": ("section_4_figures.removed", lambda old: lambda threshold: (threshold, 0.0, 0.0)),
    "sec-4-texono-errors": ("section_4_figures.delta_chi2", lambda old: lambda: -1.0),
    "sec-4-threshold-reason": ("section_4_figures.NUCLEI", lambda old: ("texono",)),
    "sec-4-sub-MeV": ("section_4_figures.NUCLEI", lambda old: ("texono",)),
}
"""Rows that are no numbers, what their checks use, and how it is made wrong."""


@pytest.mark.parametrize("name", WRONG_WORLDS)
def test_a_check_notices_a_wrong_world(name, monkeypatch):
    """A check that nothing can make fail proves nothing."""
    path, wrong = WRONG_WORLDS[name]
    module, *attributes = path.split(".")
    place = import_module(f"companion.audit.claims.{module}")
    for attribute in attributes[:-1]:
        place = getattr(place, attribute)
    claim = ledger.find(name)
    assert ledger.judge(claim).verdict is ledger.Verdict.REPRODUCED
    monkeypatch.setattr(place, attributes[-1], wrong(getattr(place, attributes[-1])))
    assert ledger.judge.__wrapped__(claim).verdict is not ledger.Verdict.REPRODUCED
