"""The printed Tables I, II and Eqs. (7)-(10): the parser, and that the comparison can fail."""

import dataclasses

import numpy as np
import pytest
import sympy as sp

from companion.audit import printed
from companion.audit.printed import parse
from companion.moments import TERMS
from companion.symbolic import mixing
from companion.symbolic.mixing import angles, is_zero, moduli, phases

c = {name[6:]: sp.cos(theta) for name, theta in angles.items()}
s = {name[6:]: sp.sin(theta) for name, theta in angles.items()}
delta, delta_14 = phases["delta"], phases["delta_14"]
SIGN_OF_LAMBDA_13 = {"12-13", "13-14", "13-23", "13-34"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("c_{13}^2 c_{14}^{2}", c["13"] ** 2 * c["14"] ** 2),
        (r"-2c_{12}s_{13} \sin 2\theta_{14}", -2 * c["12"] * s["13"] * sp.sin(2 * angles["theta_14"])),
        (
            r"\sin 2\theta_{12} s_{13} \cos \delta + s_{12}",
            sp.sin(2 * angles["theta_12"]) * s["13"] * sp.cos(delta) + s["12"],
        ),
        (r"\cos (2\delta - \delta_{14})", sp.cos(2 * delta - delta_14)),
        (r"\cos\delta_{14}", sp.cos(delta_14)),
        (r"\{c_{12} [c_{13} - (s_{12}^2 - 1)]\}", c["12"] * (c["13"] - s["12"] ** 2 + 1)),
        (
            r"|\tilde{\lambda}_{14}|^2 \left[ c_{12} \right. \left. - s_{12} \right]",
            moduli["14"] ** 2 * (c["12"] - s["12"]),
        ),
    ],
)
def test_parse(text, expected):
    assert sp.expand(parse(text) - expected) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a factor is missing at character 1"),
        ("c_{12} +", "a factor is missing at character 9"),
        ("c_{12} [s_{12}", r"expected the '\]' of character 8 at character 15"),
        ("c_{12} [s_{12})", r"expected the '\]' of character 8 at character 15"),
        ("c_{12}] s_{12}", "nothing opens this bracket at character 7"),
        (r"\{c_{12}]", "expected the '}' of character 1 at character 9"),
        ("c_{15}", "a factor was expected at character 1"),
        (r"\cos c_{12}", "an angle or a phase was expected at character 6"),
        (r"\cos(\delta_{24})", "an angle or a phase was expected at character 6"),
        (r"\tan \delta", "unknown symbol at character 1"),
        (r"\frac{1}{2}", "unknown symbol at character 1"),
        ("^2", "a factor was expected at character 1"),
        ("c_{12} ++ s_{12}", "a factor was expected at character 9"),
        (r"|\tilde{\lambda}_{41}|", "a factor was expected at character 1"),
    ],
)
def test_parse_says_where_it_fails(text, message):
    with pytest.raises(ValueError, match="^" + message):
        parse(text)


def test_an_equation_has_two_sides():
    assert printed.parse_equation(r"\mu^2 \approx c_{12}") == c["12"]
    with pytest.raises(ValueError, match="an equation has one '=' or"):
        printed.parse_equation("c_{12}")


@pytest.mark.parametrize("flavour", ["e", "mu", "tau"])
def test_parser_reads_what_the_printer_writes(flavour):
    for value in mixing.coefficients(flavour).values():
        assert is_zero(parse(mixing.latex(value)) - value)


def test_smallest_convention_is_the_sign_of_lambda_13():
    """The tables take lambda_ij = epsilon_ijk Lambda_k in the active block, where Eq. (2) has +lambda_13."""
    convention = printed.convention()
    assert convention.names == ("lambda_13 -> -lambda_13",)
    assert convention.left_over == (("table-2", "24-34"),)
    assert convention.equivalent == ()  # no other set of one change does as well


def test_left_over_is_what_the_convention_was_chosen_for():
    tables = {(name, entry) for name in ("table-1", "table-2") for entry in SIGN_OF_LAMBDA_13}
    assert set(printed.left_over()) == tables | {("table-2", "24-34")}
    for change in printed.CHANGES:
        if change.name != "lambda_13 -> -lambda_13":
            assert len(printed.left_over((change,))) > len(printed.left_over()), change.name


@pytest.mark.parametrize("flavour", ["e", "mu"])
def test_verdicts_of_the_tables(flavour):
    verdicts = printed.compare(flavour)
    assert tuple(verdicts) == TERMS
    for verdict in verdicts.values():
        if verdict.entry in SIGN_OF_LAMBDA_13:
            assert verdict.outcome == "under the convention"
            assert verdict.opposite_sign
        elif verdict.name == "table-2-24-34":
            assert verdict.outcome == "with a correction"
            assert verdict.problem.startswith("nothing opens this bracket")
        else:
            assert verdict.outcome == "as printed"


def test_equations_7_to_10_agree_as_printed():
    for number in ("7", "8", "9", "10"):
        verdict = printed.compare_equation(number)
        assert verdict.agrees_as_printed
        assert verdict.agrees_under_convention
        assert verdict.name == f"eq-{number}"
    with pytest.raises(ValueError, match="no printed equation '11'; there are 7, 8, 9, 10"):
        printed.compare_equation("11")


def test_numbers_confirm_the_proofs():
    verdicts = printed.verdicts()
    assert len(verdicts) == 46
    for verdict in verdicts:
        if verdict.agrees_as_printed:
            assert verdict.deviation < 1e-12
        else:
            assert not verdict.deviation < 1e-2  # nan, if it does not parse


def test_correction_of_24_34():
    """Only a closing bracket goes; the sibling 12-13 has the same form; the other bracket cannot be the wrong one."""
    verdict = printed.compare("mu")["24", "34"]
    derived = mixing.coefficients("mu")["24", "34"]
    assert verdict.correction.replace("]", "") == verdict.printed.replace("]", "")
    assert verdict.correction.count("]") == verdict.printed.count("]") - 1
    assert is_zero(parse(verdict.correction) - derived)  # with the signs of Eq. (2), too: no lambda_13 in it
    closings = [k for k, character in enumerate(verdict.printed) if character == "]"]
    without = [verdict.printed[:k] + verdict.printed[k + 1 :] for k in closings]
    agreeing = []
    for text in without:
        try:
            agreeing.append(is_zero(parse(text) - derived))
        except ValueError:
            agreeing.append(False)
    assert agreeing == [True, False, False]
    sibling = printed.compare("mu")["12", "13"]
    names = {"zeta_24": "zeta_12", "zeta_34": "zeta_13"}
    renamed = parse(verdict.correction).xreplace({phases[a]: phases[b] for a, b in names.items()})
    assert is_zero(renamed + parse(sibling.printed))


@pytest.fixture
def misprinted(monkeypatch):
    """Print an entry of Table II wrongly."""
    original = printed._printed
    caches = (printed.compare, printed.convention, printed.verdicts)

    def change(entry, old, new):
        def changed(name):
            entries = dict(original(name))
            if name == "table-2":
                assert old in entries[entry]
                entries[entry] = entries[entry].replace(old, new, 1)
            return entries

        monkeypatch.setattr(printed, "_printed", changed)
        for cached in caches:
            cached.cache_clear()

    yield change
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("entry", "old", "new"),
    [
        ("12-12", "c_{24}^2", "c_{24}"),
        ("13-13", r"\cos \delta ", r"\cos \delta_{14} "),
        ("34-34", "-c_{24}", "c_{24}"),
        ("12-14", "c_{12}", "c_{13}"),
        ("12-23", r"\zeta_{23}", r"\zeta_{24}"),
        ("13-24", "0", "c_{12}"),
        ("14-24", "2c_{13}", "c_{13}"),
        ("23-34", r"\}", ""),
    ],
)
def test_a_misprint_is_found(misprinted, entry, old, new):
    misprinted(entry, old, new)
    verdict = printed.compare("mu")[tuple(entry.split("-"))]
    assert verdict.outcome == "differs"
    assert ("table-2", entry) in printed.convention().left_over
    assert len(printed.convention().left_over) == 2


def test_the_proof_is_symbolic():
    """A difference of 10^-40, which no floating-point comparison would see, is a difference."""
    tiny = sp.Rational(1, 10**40) * c["12"]
    entry = printed.compare("mu")["12", "24"]
    exact = parse(entry.printed)
    assert printed._agrees(exact, mixing.coefficients("mu")["12", "24"])
    assert not printed._agrees(exact + tiny, mixing.coefficients("mu")["12", "24"])


def test_a_wrong_correction_is_not_believed(misprinted, monkeypatch):
    verdict = printed.compare("mu")["24", "34"]
    wrong = verdict.correction.replace("2c_{12}c_{23}c_{24}", "c_{12}c_{23}c_{24}")
    assert wrong != verdict.correction
    monkeypatch.setattr(printed, "_corrections", lambda: {("table-2", "24-34"): (wrong, "")})
    printed.compare.cache_clear()
    assert printed.compare("mu")["24", "34"].outcome == "differs"


def test_verdicts_are_frozen_and_flavours_checked():
    with pytest.raises(dataclasses.FrozenInstanceError):
        printed.verdicts()[0].agrees_as_printed = False
    with pytest.raises(ValueError, match="no table is printed for the flavour 'tau'; there are tables for e, mu"):
        printed.compare("tau")


def test_conventions_act_on_phases_only():
    flip = next(change for change in printed.CHANGES if change.name == "lambda_13 -> -lambda_13")
    value = mixing.coefficients("e")["12", "13"]
    assert is_zero(printed.apply(value, (flip,)) + value)
    assert printed.apply(value, (flip, flip)) == value
    assert printed.apply(value, ()) == value
    assert np.all([len(change.signs) == len(change.shifts) == len(phases) for change in printed.CHANGES])
