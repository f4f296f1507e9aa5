"""The abstract and Section 5: what a chromium source says about the XENON1T excess.

Meant is the region of light masses, which all readings share.
"""

from __future__ import annotations

from ... import experiments, results
from ..ledger import Claim, Outcome
from .section_4_results import TRANSITION, lowest

SYMBOLS = {
    "mu_e": r"$\mu_{\nu_e}$",
    "lambda_14": r"$\tilde\lambda_{14}$",
    "lambda_24": r"$\tilde\lambda_{24}$",
    "lambda_34": r"$\tilde\lambda_{34}$",
}


def _title(name: str) -> str:
    return experiments.load(name).title.removeprefix("51Cr-")


def _parts(names: tuple[str, ...], couplings: tuple[str, ...]) -> tuple[dict[str, bool], str]:
    """Whether one of some set-ups excludes the whole region, by coupling, and the range of their parts."""
    whole, texts = {}, []
    for coupling in couplings:
        found = {name: results.part_covered(name, coupling) for name in names}
        whole[coupling] = any(one.margin > 1 for one in found.values())
        worst, best = (pick(found, key=lambda name: found[name].part) for pick in (min, max))
        parts = f"{100 * found[worst].part:.0f} % ({_title(worst)}) to {100 * found[best].part:.0f} % ({_title(best)})"
        same = found[worst].part == found[best].part
        texts.append(f"{SYMBOLS[coupling]} {'all' if same and whole[coupling] else parts}")
    return whole, ", ".join(texts)


READINGS = tuple((joint, scales) for joint in (True, False) for scales in ("signal", "all"))
"""What the paper leaves open about the region: where Delta chi2 is counted from, and what the pull a_1 scales."""


def _readings(name: str) -> tuple[dict[str, list[float]], str]:
    """Part that one set-up excludes under every reading, for two couplings, and the text that tells it."""
    found = {
        coupling: [results.part_covered(name, coupling, joint, scales=scales).part for joint, scales in READINGS]
        for coupling in ("mu_e", "lambda_14")
    }
    text = ", ".join(
        f"{SYMBOLS[coupling]} " + "/".join(f"{100 * part:.1f}" for part in parts) for coupling, parts in found.items()
    )
    return found, (
        f"{_title(name)} in per cent, counted from the global minimum with $a_1$ on the signal/on everything, and at "
        f"each mass in the same order: {text}"
    )


def _verdict(name: str, whole: dict[str, bool], tolerance: float) -> tuple[bool | None, str]:
    """Yes or no where all readings say the same, otherwise None; the default reading decides the other couplings."""
    found, text = _readings(name)
    agree = {all(parts[k] >= 1 - tolerance for parts in found.values()) for k in range(len(READINGS))}
    return (None if len(agree) > 1 else agree.pop() and all(whole.values())), text


def probe(claim: Claim) -> Outcome:
    """Electrons in xenon, and nuclei, against the regions: the abstract says one or the other."""
    electrons, light = _parts(results.ELECTRONS, tuple(SYMBOLS))
    nuclei, heavy = _parts(results.NUCLEI, tuple(SYMBOLS))
    able, weakest = _verdict("cr51-lxe-b", electrons, claim.tolerance)
    both, strongest = _verdict("cr51-cevns-ge", nuclei, claim.tolerance)
    return Outcome(
        None if able is None else bool(able and both),
        f"excluded of the region by default, electrons: {light}; the weakest, {weakest}. Nuclei: {heavy}; the "
        f"strongest, {strongest}",
        corrected=bool(able) and not both,
        correction=r"E$\nu$ES can; CE$\nu$NS excludes a part of it" if able and not both else "",
    )


def muon(claim: Claim) -> Outcome:
    """A source of electron neutrinos against a moment of muon neutrinos; and against the transition moments."""
    parts = [results.part_covered(name, "mu_mu").part for name in (*results.NUCLEI, *results.ELECTRONS)]
    margins = [results.part_covered(name, "mu_e").margin for name in results.ELECTRONS]
    bridged = all(results.part_covered("cr51-lxe-c", coupling).margin > 1 for coupling in TRANSITION)
    bridged = bridged and min(margins) > 1
    holds = min(parts) == 1
    correction = (
        r"in effective moments only the $\nu_e$ region; a $\tilde\lambda_{i4}$ that makes the excess appears in both, "
        "and there the electrons of xenon exclude the whole region"
    )
    return Outcome(
        holds,
        rf"of the region of $\nu_\mu$ {100 * max(parts):.0f} % by any set-up: the source makes none; of that of "
        rf"$\nu_e$ all by each configuration of xenon, with a margin of {min(margins):.2g} or more",
        corrected=bridged and not holds,
        correction=correction if bridged and not holds else "",
    )


def transition(claim: Claim) -> Outcome:
    """Each transition moment: whether nuclei and electrons exclude the whole region."""
    by = {kind: _parts(names, TRANSITION) for kind, names in _kinds().items()}
    full = {kind: all(whole.values()) for kind, (whole, _) in by.items()}
    text = "; ".join(f"{kind}: {parts}" for kind, (_, parts) in by.items())
    able = [kind for kind, whole in full.items() if whole]
    holds = all(full.values())
    return Outcome(
        holds,
        text,
        corrected=bool(able) and not holds,
        correction=f"true of {' and '.join(able)}" if able and not holds else "",
    )


def _kinds() -> dict[str, tuple[str, ...]]:
    return {"nuclei": results.NUCLEI, "electrons": results.ELECTRONS}


def texono_new(claim: Claim) -> Outcome:
    """Where TEXONO has the lowest current limit on the electron flavour."""
    found = lowest("texono", "mu_e")
    text = " and ".join(f"{1e3 * low:.0f} to {1e3 * high:.0f} keV" for low, high in found)
    surrogate = " (with the SURROGATE of its data)" if experiments.load("texono").surrogate else ""
    return Outcome(bool(found), f"lowest of all current curves{surrogate} from {text or 'no mass to another'}")
