"""Citations as BibTeX: what the data and inputs of an experiment rest on, from the bibliography of the book.

The sources of an experiment are texts that name papers by their arXiv number or DOI.  Those that the bibliography
holds are cited by its entries; any other is an entry of its own, with the text of the source as its note, so that
nothing that was used goes uncited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from .data import bibliography

__all__ = ["bibtex", "entries"]

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")
_DOI = re.compile(r"doi:(10\.[^\s,;)]+)")


@cache
def entries() -> dict[str, str]:
    """Entries of the bibliography by key, without what only the book needs."""
    known = {}
    for text in re.split(r"^(?=@)", bibliography(), flags=re.MULTILINE)[1:]:
        key = re.match(r"@\w+\{([^,]+),", text)
        if key is not None:
            inside = re.sub(r",?\n  (paperref|note) = \{[^\n]*\}", "", text.strip())
            known[key[1]] = inside
    return known


@cache
def _by_identifier() -> dict[str, str]:
    """Keys of the bibliography by arXiv number and DOI."""
    known = {}
    for key, text in entries().items():
        for name, number in re.findall(r"\b(eprint|doi) = \{([^}]+)\}", text):
            known[f"{name}:{number.lower()}"] = key
    return known


def bibtex(sources: Iterable[str]) -> str:
    """BibTeX of everything that some sources name, each once, in their order.

    Parameters
    ----------
    sources : iterable of str
        as in ``experiment.sources``, or any texts with arXiv numbers and DOIs

    Returns
    -------
    str
        entries with an empty line between them
    """
    cited: dict[str, str] = {}
    for source in sources:
        found = [("eprint", number) for number in _ARXIV.findall(source)]
        found += [("doi", number.rstrip(".:")) for number in _DOI.findall(source)]
        held = [_by_identifier().get(f"{name}:{number.lower()}") for name, number in found]
        for key in held:
            if key is not None:
                cited[key] = entries()[key]
        missing = [one for one, key in zip(found, held, strict=True) if key is None]
        # a data release beside a paper that the bibliography holds is cited too
        if not found or missing:
            for name, number in missing or [("", source)]:
                cited.setdefault(*_own(name, number, source))
    return "\n\n".join(cited.values()) + "\n" if cited else ""


def _own(name: str, number: str, source: str) -> tuple[str, str]:
    """Key and entry of a source that the bibliography does not hold."""
    words = re.findall(r"[A-Za-z0-9]+", number)
    key = "_".join(words[:6] if not name else ["arxiv" if name == "eprint" else "doi", *words]).lower()
    fields = {name: number} if name else {}
    if name == "eprint":
        fields["archiveprefix"] = "arXiv"
    # braces and backslashes mean something to BibTeX, and so do the characters of TeX
    fields["note"] = re.sub(r"([&%$#_])", r"\\\1", re.sub(r"[{}\\]", "", source))
    body = ",\n".join(f"  {field} = {{{value}}}" for field, value in fields.items())
    return key, f"@misc{{{key},\n{body}\n}}"
