"""The example of the chapter "Your own experiment": the code of the page, against a second implementation."""

import ast
import importlib.util
import io
import re
import sys
import tokenize
from pathlib import Path

import numpy as np
import pytest
import witness
import witness_own

from companion import data, experiments, export, limits

BOOK = Path(__file__).resolve().parents[1] / "book"
FILE = BOOK / "examples" / "germanium_reactor.py"
_spec = importlib.util.spec_from_file_location("germanium_reactor", FILE)
example = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(example)


@pytest.fixture(scope="module")
def detector():
    return example.build()


def lines_of_code(text):
    """Lines that hold a token, without comments and docstrings."""
    documented = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node):
            documented |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    empty = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    held = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in empty
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(held - documented)


def test_counting_lines():
    assert lines_of_code('"""Text\nmore."""\n\nx = 1  # why\n# comment\ny = f(\n    x,\n)\n') == 4


def test_the_set_up_and_its_results_fit_into_25_lines():
    page = (BOOK / "your_own.md").read_text(encoding="utf-8")
    assert "{literalinclude} examples/germanium_reactor.py" in page
    cells = re.findall(r"^```\{code-cell\} ipython3\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (results,) = [cell for cell in cells if "germanium_reactor.build()" in cell]
    for needed in ("export.spectrum", "export.limit", "export.write"):
        assert needed in results
    assert lines_of_code(FILE.read_text(encoding="utf-8")) + lines_of_code(results) <= 25


# ---------------------------------------------------------------------------------------------------------------------
# the second implementation


@pytest.fixture(scope="module")
def second():
    """Standard-Model events of nuclei and electrons and dipole events for 10 keV, per bin, the slow way."""
    isotopes, shells = data.table("nuclear/isotopes"), data.table("atomic/binding")
    rows = isotopes["element"] == "Ge"
    share = isotopes["abundance"][rows] / isotopes["abundance"][rows].sum()
    A, atomic, R_p = (float(share @ isotopes[name][rows]) for name in ("A", "atomic_mass", "R_p"))
    mass = atomic * witness.U - 32 * witness.M_E
    rows = shells["element"] == "Ge"
    bound = list(zip(np.nan_to_num(shells["E_B"][rows]) * 1e-6, shells["occupancy"][rows], strict=True))
    low = data.table("reactor/kopeikin")
    source = witness_own.spectrum((low["E_nu"], low["spectrum"]))
    edges = np.linspace(0.2, 2.0, 37) * 1e-3
    noise = 0.02e-3

    def weak_on_nuclei(T, E):
        Q = (2 * mass * T) ** 0.5
        Q_V = (0.5 - 2 * witness.SIN2_THETA_W) * 32 * witness.helm(Q, R_p)
        return witness.cevns(T, E, mass, Q_V - (A - 32) / 2 * witness.helm(Q, R_p + 0.1))

    def dipole_on_nuclei(T, E):
        return witness.dipole(T, E, mass, 0.01, 32 * witness.helm((2 * mass * T) ** 0.5, R_p))

    def number(T):
        return sum(occupancy for energy, occupancy in bound if energy <= T)

    quenched = (lambda T: witness_own.lindhard(T, 32, A)), np.geomspace(2e-4, 3.2e-3, 800)
    # cut where a shell opens
    cuts = [energy for energy, _ in bound if 3e-5 < energy < 3.3e-3]
    plain = (lambda T: T), np.unique([*np.geomspace(3e-5, 3.3e-3, 1200), *cuts])
    common = edges, noise, source, atomic
    return (
        witness_own.counts(*common, weak_on_nuclei, mass, 0.0, *quenched),
        witness_own.counts(
            *common,
            lambda T, E: witness.electron(T, E, witness.SIN2_THETA_W, 0.5 + witness.SIN2_THETA_W),
            witness.M_E,
            0.0,
            *plain,
            number,
        ),
        witness_own.counts(*common, dipole_on_nuclei, mass, 0.01, *quenched)
        + witness_own.counts(
            *common, lambda T, E: witness.dipole(T, E, witness.M_E, 0.01), witness.M_E, 0.01, *plain, number
        ),
    )


def test_events_of_the_standard_model(detector, second):
    nuclear, electronic, _ = second
    channels = {type(channel.scatterer).__name__: channel for channel in detector.channels}
    found = channels["Nucleus"].counts("cevns", "antinu_e")
    np.testing.assert_allclose(found[:8], nuclear[:8], rtol=1e-3)
    np.testing.assert_allclose(found.sum(), nuclear.sum(), rtol=1e-3)
    np.testing.assert_allclose(channels["Electrons"].counts("electron", "antinu_e"), electronic, rtol=2e-3)


def test_events_of_a_moment(detector, second):
    np.testing.assert_allclose(detector.template("mu_e", 0.01), second[2], rtol=3e-3)


def test_limit_by_brute_force(detector, second):
    nuclear, electronic, dipole = second
    flat = 10.0 * 3 * 365 * np.diff(np.linspace(0.2, 2.0, 37))
    expected = witness_own.limit(nuclear + electronic, flat, dipole)
    assert limits.upper_limit(detector, "mu_e", 0.01) == pytest.approx(expected, rel=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# what a reader can do with it


def test_its_exports_can_be_read_back(detector, tmp_path):
    for table in (export.spectrum(detector, "mu_e", 1e-10, 0.01), export.limit(detector, "mu_e", [0.01, 1.0])):
        read = data.read(export.write(table, tmp_path / "table.csv"))
        assert "invented" in read.source
        for name in table.columns:
            np.testing.assert_allclose(read[name], table[name], rtol=1e-9)


def test_registered_it_is_loaded_by_name_and_its_options_are_checked(monkeypatch):
    monkeypatch.setitem(sys.modules, "companion.experiments.germanium_reactor", example)
    monkeypatch.setitem(experiments.MODULES, "ge-reactor", "germanium_reactor")
    loaded = experiments.load("ge-reactor", threshold=0.3)
    assert loaded.options == {"threshold": 0.3}
    assert loaded.axes[0].edges[0] == pytest.approx(0.3)
    with pytest.raises(ValueError, match="no option 'treshold'; there are element, source, threshold, background"):
        experiments.load("ge-reactor", treshold=0.3)


def test_twice_the_background(detector):
    """Twice the background and nothing else."""
    np.testing.assert_allclose(example.build(background=20.0).backgrounds["flat"], 2 * detector.backgrounds["flat"])
    assert limits.upper_limit(example.build(background=20.0), "mu_e", 0.01) > limits.upper_limit(detector, "mu_e", 0.01)


def test_a_heavier_state_than_the_fastest_antineutrino_can_make(detector):
    edge = detector.maximum_mass("mu_e")
    (nucleus,) = [channel.scatterer for channel in detector.channels if hasattr(channel.scatterer, "R_p")]
    threshold = (2 * nucleus.mass * 10.0 + nucleus.mass**2) ** 0.5 - nucleus.mass
    assert 0.99 * threshold < edge <= threshold
    assert np.isinf(limits.upper_limit(detector, "mu_e", 1.001 * edge))
    assert np.isinf(limits.upper_limit(detector, "mu_tau", 0.01))
