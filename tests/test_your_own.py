"""The examples of the chapter "Your own experiment": the code of the page, against a second implementation."""

import ast
import pickle
from pathlib import Path

import numpy as np
import pytest
import witness
import witness_own
from scipy.optimize import brentq, minimize, minimize_scalar

from companion import data, experiments, limits, phases, results, scan, systematics

BOOK = Path(__file__).resolve().parents[1] / "book"
GERMANIUM = BOOK / "examples" / "germanium_reactor.py"
OWN = BOOK / "examples" / "own_data.py"


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Both files run as a reader runs them; what they register is taken away again."""
    from companion.experiments import registry

    before = dict(registry._registered)
    assert experiments.include(GERMANIUM) == ("ge-reactor",)
    assert experiments.include(OWN) == ("own-argon",)
    yield
    registry._registered.clear()
    registry._registered.update(before)


@pytest.fixture(scope="module")
def detector():
    return experiments.load("ge-reactor")


@pytest.mark.parametrize("file", [GERMANIUM, OWN])
def test_the_page_shows_the_files_that_are_tested(file):
    page = (BOOK / "your_own.md").read_text(encoding="utf-8")
    assert f"{{literalinclude}} examples/{file.name}" in page
    text = file.read_text(encoding="utf-8")
    assert "CHANGE:" in text
    statements = [node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    assert len(set(statements)) == len(statements)  # one a line


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
    for result in (results.spectrum(detector, "mu_e", 1e-10, 0.01), results.limit(detector, "mu_e", [0.01, 1.0])):
        read = data.read(result.write(tmp_path / "table.csv"))
        assert "invented" in read.source
        for name in result.table.columns:
            np.testing.assert_allclose(read[name], result.table[name], rtol=1e-9)


def test_registered_it_is_treated_as_ours(detector):
    """By name: limits, phases, choices, scans and uncertainties."""
    assert "ge-reactor" in experiments.names()
    value = limits.upper_limit(detector, "mu_e", 0.01)
    assert limits.upper_limit("ge-reactor", "mu_e", 0.01) == value
    assert phases.upper_limit("ge-reactor", "lambda_14", 0.01) >= limits.upper_limit("ge-reactor", "lambda_14", 0.01)
    grid = scan.run(scan.Grid("ge-reactor", {"m_4": [0.01], "lambda_14": [1e-11, 1e-10]}), workers=1)
    assert grid.chi2.ravel() == pytest.approx(detector.chi2("lambda_14", np.array([1e-11, 1e-10]), 0.01), rel=1e-9)
    rows = systematics.choices("ge-reactor", "mu_e", 0.01)
    labels = [row.choice.label for row in rows]
    assert labels == ["default", "quenching, k up", "quenching, k down", "half the threshold"]
    assert rows[0].limit == value
    names = [effect.source for effect in systematics.effects("ge-reactor", "lambda_14", 0.01)]
    assert names == ["quenching", r"mixing, $\sin^2\theta_{12}$", r"mixing, $\sin^2\theta_{13}$"]
    ratios = systematics.scan("ge-reactor", "mu_e", 0.01, "background", [10.0, 20.0])
    assert ratios[0] == 1 < ratios[1]
    assert pickle.loads(pickle.dumps(detector)).options == detector.options


def test_its_options_are_documented_and_checked():
    loaded = experiments.load("ge-reactor", threshold_keV=0.3)
    assert loaded.options.changed() == {"threshold_keV": 0.3}
    assert loaded.axes[0].edges[0] == pytest.approx(0.3)
    assert all(meaning for *_, meaning in loaded.options.table())
    with pytest.raises(ValueError, match="no option 'treshold'; there are element, source, threshold_keV, background"):
        experiments.load("ge-reactor", treshold=0.3)
    with pytest.raises(ValueError, match="'element' is one of Ge, Si, not 'Xe'"):
        experiments.load("ge-reactor", element="Xe")


def test_twice_the_background(detector):
    """Twice the background and nothing else."""
    twice = experiments.load("ge-reactor", background=20.0)
    np.testing.assert_allclose(twice.backgrounds["flat"], 2 * detector.backgrounds["flat"])
    assert limits.upper_limit(twice, "mu_e", 0.01) > limits.upper_limit(detector, "mu_e", 0.01)


def test_ones_own_data_by_brute_force():
    """Counts of the file, its background and the shape of its systematic, with all pulls by a minimiser of scipy."""
    own = experiments.load("own-argon")
    lines = (BOOK / "examples" / "own_counts.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    counts, background, error = (np.array([float(row[k]) for row in rows[1:]]) for k in (2, 3, 4))
    np.testing.assert_array_equal(own.observed, counts)
    weak, dipole = own.standard_model(), own.dipole("mu", 0.01)

    def chi2(x):
        def total(pulls):
            signal = (weak + x * dipole) * (1 + 0.12 * pulls[0] + error * pulls[2])
            expected = signal + background * (1 + 0.1 * pulls[1])
            return 2 * np.sum(expected - counts + counts * np.log(counts / expected)) + pulls @ pulls

        return minimize(total, np.zeros(3), tol=1e-12).fun

    unit = limits.upper_limit(own, "mu_mu", 0.01) ** 2
    lowest = minimize_scalar(lambda x: chi2(x * unit), bounds=(0, 1), method="bounded", options={"xatol": 1e-9})
    minimum = min(lowest.fun, chi2(0.0))
    rise = brentq(lambda x: chi2(x * unit) - minimum - 2.705543454, 0.5, 2.0, xtol=1e-9)
    assert rise == pytest.approx(1, rel=1e-5)


def test_ones_own_data_with_ours():
    """It combines with an experiment of the package, and its uncertainties are listed."""
    together = limits.upper_limit("own-argon+xenon1t", "lambda_24", 0.01)
    assert together <= limits.upper_limit("own-argon", "lambda_24", 0.01) * 1.001
    sources = {source.name: source.kind for source in systematics.sources("own-argon", "mu_mu")}
    assert sources == {"quenching factor": "sigma"}
    with pytest.raises(ValueError, match="'quenching' takes a finite number, not 'x'"):
        experiments.load("own-argon", quenching="x")


def test_a_heavier_state_than_the_fastest_antineutrino_can_make(detector):
    edge = detector.maximum_mass("mu_e")
    (nucleus,) = [channel.scatterer for channel in detector.channels if hasattr(channel.scatterer, "R_p")]
    threshold = (2 * nucleus.mass * 10.0 + nucleus.mass**2) ** 0.5 - nucleus.mass
    assert 0.99 * threshold < edge <= threshold
    assert np.isinf(limits.upper_limit(detector, "mu_e", 1.001 * edge))
    assert np.isinf(limits.upper_limit(detector, "mu_tau", 0.01))
