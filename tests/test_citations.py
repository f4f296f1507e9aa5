"""Citations: every source is cited, by the bibliography where it holds it."""

from __future__ import annotations

import re

import pytest

from companion import citations, collection, experiments, results


def identifiers(text):
    """arXiv numbers and DOIs of a text."""
    found = set(re.findall(r"\d{4}\.\d{4,5}(?!\d)", text.replace("doi:10.", "doi 10-")))
    return found | {doi.rstrip(".:") for doi in re.findall(r"doi:(10\.[^\s,;)]+)", text)}


def parsed(text):
    """Entries by key; a check of the braces too."""
    entries = {}
    for entry in text.strip().split("\n\n"):
        assert entry.count("{") == entry.count("}"), entry
        head, *fields, last = entry.split("\n")
        key = re.fullmatch(r"@\w+\{(\S+),", head)[1]
        assert key not in entries
        assert last == "}"
        assert all(re.fullmatch(r"  \w+ = \{.*\},?", field) for field in fields), entry
        entries[key] = entry
    return entries


@pytest.mark.parametrize("name", experiments.names())
def test_every_source_of_an_experiment_is_cited(name):
    experiment = experiments.load(name)
    text = experiment.cite()
    entries = parsed(text)
    for source in experiment.sources:
        for one in identifiers(source):
            fields = (f"eprint = {{{one}}}", f"doi = {{{one}}}")
            # a data release may be cited by the paper that the bibliography holds
            assert one in text or any(field in text for field in fields), one
        assert identifiers(source) or any(re.sub(r"\W", "", source) in re.sub(r"\W", "", e) for e in entries.values())


def test_the_bibliography_is_used():
    entries = parsed(experiments.load("xenon1t").cite())
    assert "xenon_2020_excess" in entries
    assert "author = {" in entries["xenon_2020_excess"]
    assert "paperref" not in entries["xenon_2020_excess"]
    assert "Reference [" not in entries["xenon_2020_excess"]


def test_what_the_bibliography_does_not_hold_is_an_entry_of_its_own():
    entries = parsed(citations.bibtex(["Somebody, arXiv:9999.00001, 50 % & more_", "a bench test"]))
    assert list(entries) == ["arxiv_9999_00001", "a_bench_test"]
    assert "eprint = {9999.00001}" in entries["arxiv_9999_00001"]
    assert r"50 \% \& more\_" in entries["arxiv_9999_00001"]
    assert citations.bibtex([]) == ""


def test_results_and_exports_carry_their_citations(tmp_path, monkeypatch):
    limit = results.limit("texono+xenon1t", "mu_e", [0.01])
    both = parsed(limit.cite())
    assert set(parsed(experiments.load("texono").cite())) | set(parsed(experiments.load("xenon1t").cite())) == set(both)
    # other couplings cite nothing else
    monkeypatch.setattr(collection, "EXPORTED", ("mu_e",))
    collection.everything(tmp_path, ["cr51-cevns-ge"])
    written = (tmp_path / "citations.bib").read_text(encoding="utf-8")
    assert set(parsed(written)) >= set(parsed(experiments.load("cr51-cevns-ge").cite()))
    assert (tmp_path / "hepdata" / "citations.bib").read_text(encoding="utf-8") == written
