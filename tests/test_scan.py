"""Scans: the signal against a sum over matrix elements, and one result whoever computes it."""

import json
import os
import pickle
import re
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from companion import experiments, running, scan
from companion.couplings import Mixing, Moments

THREADS = "OPENBLAS_NUM_THREADS"

GRID = scan.Grid(
    ("coherent-csi",),
    {
        "m_4": [0.01, 5.0],
        "zeta_24": [0.0, 1.0, 2.5],
        "lambda_14": np.geomspace(1e-10, 1e-8, 5),
        "lambda_24": np.geomspace(1e-10, 1e-8, 4),
    },
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of seven points, so that a grid that takes no time has many."""
    monkeypatch.setattr(scan, "POINTS", 7)
    GRID.__dict__.pop("blocks", None)
    yield
    GRID.__dict__.pop("blocks", None)


@pytest.fixture(scope="module")
def reference():
    """The chi-square of GRID, a loop over its points through the matrix of moments."""
    csi = experiments.load("coherent-csi")
    chi2 = np.empty(GRID.shape)
    for k in np.ndindex(GRID.shape):
        m, zeta, one, two = (values[i] for values, i in zip(GRID.axes.values(), k, strict=True))
        vector = np.array([one, two * np.exp(1j * zeta), 0])
        signal = csi.standard_model() + sum(
            abs(row.conj() @ vector) ** 2 * csi.dipole(state, m) for state, row in three_neutrinos().items()
        )
        chi2[k] = csi.likelihood.chi2(signal)
    return chi2


def three_neutrinos():
    """Rows of the mixing matrix at the best fit, from its rotations written out."""
    s12, s13, s23 = (value**0.5 for value in (0.318, 0.022, 0.574))
    c12, c13, c23 = (value**0.5 for value in (0.682, 0.978, 0.426))
    e = np.exp(1.08j * np.pi)
    rows = {
        "e": [c12 * c13, s12 * c13, s13 / e],
        "mu": [-s12 * c23 - c12 * s23 * s13 * e, c12 * c23 - s12 * s23 * s13 * e, s23 * c13],
        "tau": [s12 * s23 - c12 * c23 * s13 * e, -c12 * s23 - s12 * c23 * s13 * e, c23 * c13],
    }
    return {flavour: np.array(row) for flavour, row in rows.items()}


# ---------------------------------------------------------------------------------------------------------------------
# the signal


@pytest.mark.parametrize("name", ["coherent-csi", "texono", "xenon1t"])
@pytest.mark.parametrize("coupling", ["lambda_14", "lambda_24", "lambda_34"])
def test_one_moment_is_the_coupling_of_that_name(name, coupling):
    experiment = experiments.load(name)
    found = experiment.expected(Moments.from_moduli({coupling: 3e-10}), 1.0, 0.1)
    np.testing.assert_allclose(found, experiment.expected(coupling, 3e-10, 0.1), rtol=1e-12)


def test_the_sun_has_neither_phases_nor_interference_of_moments():
    sun = experiments.load("xenon1t")
    moments = {"14": 1e-11, "24": 2e-11, "34": 4e-11}
    vector = Moments.from_moduli(moments, Mixing(phases={"zeta_14": 1.0}))
    found = sun.expected(vector, 1.0, 0.05)
    expected = sum(moments[f"{state}4"] ** 2 * sun.dipole(state, 0.05) for state in "123")
    np.testing.assert_allclose(found, sun.standard_model() + expected, rtol=1e-12)


def test_sterile_mixing_and_phases_enter_as_a_sum_over_matrix_elements():
    """Four rotations multiplied out here; what makes the heavy state is |sum_i U*_i lambda_i4|^2."""

    def rotation(i, j, angle, phase=0.0):
        matrix = np.eye(4, dtype=complex)
        matrix[i, i] = matrix[j, j] = np.cos(angle)
        matrix[i, j], matrix[j, i] = np.sin(angle) * np.exp(-1j * phase), -np.sin(angle) * np.exp(1j * phase)
        return matrix

    active = np.eye(4, dtype=complex)
    active[:3, :3] = list(three_neutrinos().values())
    U = rotation(2, 3, 0.1, 0.4) @ rotation(1, 3, 0.2) @ rotation(0, 3, 0.3, 0.7) @ active
    matrix = np.zeros((4, 4), complex)
    matrix[:3, 3] = 1e-9 * np.array([1.0, 2.0 * np.exp(0.5j), 3.0 * np.exp(-1.5j)])
    matrix -= matrix.T
    csi = experiments.load("coherent-csi")
    expected = csi.standard_model() + sum(
        np.abs(U[k].conj() @ matrix)[3] ** 2 * csi.dipole(flavour, 2.0) for k, flavour in ((0, "e"), (1, "mu"))
    )
    mixed = Mixing(
        {"theta_14": 0.3, "theta_24": 0.2, "theta_34": 0.1},
        {"delta_14": 0.7, "delta_34": 0.4, "zeta_24": 0.5, "zeta_34": -1.5},
    )
    found = csi.expected(Moments.from_moduli({"14": 1e-9, "24": 2e-9, "34": 3e-9}, mixed), 1.0, 2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


# ---------------------------------------------------------------------------------------------------------------------
# the grid


def test_every_point_is_the_chi_square_there(reference):
    found = scan.run(GRID, workers=1)
    assert found.chi2.shape == GRID.shape == (2, 3, 5, 4)
    np.testing.assert_allclose(found.chi2, reference, rtol=1e-10)
    assert np.ptp(reference) > 1  # the grid reaches where it matters
    best = found.best()
    assert best["chi2"] == found.chi2.min()
    assert best["m_4"] in (0.01, 5.0)


def test_a_profile_is_the_minimum_over_the_other_axes():
    found = scan.run(GRID, workers=1)
    np.testing.assert_array_equal(found.profile("lambda_24", "m_4"), found.chi2.min(axis=(1, 2)).T)
    np.testing.assert_array_equal(found.profile("lambda_14"), found.chi2.min(axis=(0, 1, 3)))
    with pytest.raises(ValueError, match="the scan has no axis 'delta'; it has m_4, zeta_24"):
        found.profile("delta")


def test_several_experiments_share_their_pulls():
    """Of the two COHERENT detectors: less than the sum, for the flux is pulled once for both."""
    axes = {"m_4": [1.0], "lambda_24": [0.0, 2e-9]}
    each = [scan.run(scan.Grid((name,), axes), workers=1).chi2 for name in ("coherent-csi", "coherent-lar")]
    both = scan.run(scan.Grid(("coherent-csi", "coherent-lar"), axes), workers=1).chi2
    assert np.all(both > sum(each))
    np.testing.assert_allclose(both, sum(each), rtol=0.1)


# ---------------------------------------------------------------------------------------------------------------------
# whoever computes it


class Backwards(Executor):
    """Computes the last task first."""

    def __init__(self):
        self.tasks = []

    def submit(self, function, /, *arguments):
        executor = self

        class Late(Future):
            def result(self, timeout=None):
                for future, f, a in reversed(executor.tasks):
                    if not future.done():
                        future.set_result(f(*a))
                return super().result(timeout)

        future = Late()
        self.tasks.append((future, function, arguments))
        return future


@pytest.mark.parametrize("blocks", [1, 2, 100])
def test_the_result_is_the_same_to_the_last_bit(blocks):
    serial = scan.run(GRID, workers=1).chi2
    np.testing.assert_array_equal(scan.run(GRID, executor=Backwards(), blocks=blocks).chi2, serial)
    with ThreadPoolExecutor(2) as threads:
        np.testing.assert_array_equal(scan.run(GRID, executor=threads, workers=2, blocks=blocks).chi2, serial)


@pytest.mark.slow(reason="two processes start, and each imports the package")
def test_processes_give_the_same_result():
    np.testing.assert_array_equal(scan.run(GRID, workers=2, blocks=8).chi2, scan.run(GRID, workers=1).chi2)


def threads(start, stop):
    """What a worker is told about the threads of its linear algebra, once for each row."""
    return np.full(stop - start, float(os.environ.get(THREADS, -1)))


def test_each_process_keeps_to_one_core_unless_the_caller_decided(monkeypatch):
    for given, wanted in ((None, 1.0), ("3", 3.0)):
        monkeypatch.delenv(THREADS, raising=False)
        if given:
            monkeypatch.setenv(THREADS, given)
        told, blocks = np.empty(4), [(k, k + 1) for k in range(4)]
        running.in_blocks(threads, told, blocks, workers=2, together=1, label="", unit="")
        assert told.tolist() == [wanted] * 4
        assert os.environ.get(THREADS) == given


# ---------------------------------------------------------------------------------------------------------------------
# the file


class Interrupted(Executor):
    """Works for a while."""

    def __init__(self, tasks):
        self.left = tasks

    def submit(self, function, /, *arguments):
        future = Future()
        self.left -= 1
        if self.left < 0:
            future.set_exception(KeyboardInterrupt())
        else:
            future.set_result(function(*arguments))
        return future


@pytest.mark.parametrize("cut", [0, 3, 8, 20])
def test_an_interrupted_scan_goes_on_where_it_ended(tmp_path, monkeypatch, cut):
    whole = scan.run(GRID, tmp_path / "whole.npy", workers=1)
    path = tmp_path / "scan.npy"
    with pytest.raises(KeyboardInterrupt):
        scan.run(GRID, path, executor=Interrupted(5), blocks=1)
    with pytest.raises(ValueError, match="of 120 points: the scan is not finished"):
        scan.read(path)
    # as if the power had gone in the middle of a number
    path.write_bytes(path.read_bytes()[: -cut or None])
    computed = []
    original = scan.Grid.chi2
    monkeypatch.setattr(scan.Grid, "chi2", lambda self, *block: computed.append(block) or original(self, *block))
    np.testing.assert_array_equal(scan.run(GRID, path, workers=1, blocks=3).chi2, whole.chi2)
    assert computed == list(GRID.blocks[5 if cut == 0 else 4 :])
    assert path.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    np.testing.assert_array_equal(np.load(path), whole.chi2)
    np.testing.assert_array_equal(scan.read(path).chi2, whole.chi2)
    computed.clear()
    scan.run(GRID, path, workers=1)
    assert not computed


def test_the_file_says_what_it_holds(tmp_path):
    scan.run(GRID, tmp_path / "new" / "scan.npy", workers=1)
    described = json.loads((tmp_path / "new" / "scan.json").read_text())
    assert described["experiments"] == ["coherent-csi"]
    assert described["units"] == {"m_4": "MeV", "zeta_24": "rad", "lambda_14": "mu_B", "lambda_24": "mu_B"}
    assert described["axes"]["m_4"] == [0.01, 5.0]
    assert any("arXiv:" in source for source in described["source"])


def test_a_file_of_another_scan_is_refused(tmp_path):
    path = tmp_path / "scan.npy"
    scan.run(GRID, path, workers=1)
    before = path.read_bytes()
    for other, where in (
        (scan.Grid(("texono",), GRID.axes), "experiments"),
        (scan.Grid(GRID.names, {**GRID.axes, "m_4": [0.01, 6.0]}), "axes"),
    ):
        with pytest.raises(ValueError, match=f"holds something else: it differs in {where}; choose another file"):
            scan.run(other, path, workers=1)
    assert path.read_bytes() == before
    beside = path.with_suffix(".json")
    text = beside.read_text()
    beside.write_text(re.sub(r'"first": "[^"]*"', '"first": "0x1.0p+0"', text))
    with pytest.raises(ValueError, match="tables or formulas have changed since"):
        scan.run(GRID, path, workers=1)
    beside.write_text(text)
    path.unlink()
    with pytest.raises(ValueError, match="belong together, and one of them is missing"):
        scan.run(GRID, path, workers=1)


def test_a_bar_on_a_terminal_only(capsys, monkeypatch):
    scan.run(GRID, workers=1)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    scan.run(GRID, workers=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "/120" in err


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scan.Grid(("coherent",), {"m_4": [1]}), "no experiment 'coherent'; there are coherent-csi"),
        (lambda: scan.Grid((), {"m_4": [1]}), "a scan needs one experiment or several different ones"),
        (lambda: scan.Grid(("texono", "texono"), {"m_4": [1]}), "cannot combine texono twice"),
        (lambda: scan.Grid((1.0,), {"m_4": [1]}), "an experiment, or the name of one, is needed, not 1.0"),
        (lambda: scan.Grid("texono", {"lambda_14": [1e-10]}), "a scan needs the axis 'm_4'"),
        (lambda: scan.Grid("texono", {"m_4": [1], "mu_e": [1e-10]}), "no axis 'mu_e'; there are m_4, theta_12"),
        (lambda: scan.Grid("texono", {"m_4": []}), "the axis 'm_4' needs a list of finite numbers"),
        (lambda: scan.Grid("texono", {"m_4": [1], "delta": [np.nan]}), "the axis 'delta' needs a list of finite"),
        (lambda: scan.Grid("texono", {"m_4": [1], "lambda_14": [-1]}), "masses and moduli are not negative"),
        (lambda: scan.run(GRID, workers=0), "one worker and one block per task at least"),
        (lambda: scan.run(GRID, blocks=0), "one worker and one block per task at least"),
        (lambda: scan.run(GRID, "scan.csv", workers=1), "the file of a scan ends in .npy, not as 'scan.csv' does"),
        (lambda: scan.read("nowhere.npy"), "cannot read nowhere.json"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_the_signal_of_a_combination_gives_each_part_its_own_beam():
    """The Sun and a beam in one vector: mass eigenstates for the first, flavours for the second."""
    names = ("xenon1t", "coherent-csi")
    both = experiments.combine(map(experiments.load, names))
    moments = Moments.from_moduli({"14": 1e-10, "24": np.array([2e-10, 3e-10]), "34": 5e-10})
    apart = [experiments.load(name).expected(moments, 1.0, 0.1) for name in names]
    np.testing.assert_array_equal(both.expected(moments, 1.0, 0.1), np.concatenate(apart, axis=-1))
    with pytest.raises(ValueError, match="cannot combine"):
        scan.Grid(("coherent-csi", "coherent-csi-2021"), {"m_4": [1.0]})


def test_values_travel_as_names_do(tmp_path):
    """An experiment with options, as a value: pickled to the worker, and the file says what it was."""
    axes = {"m_4": [0.01], "lambda_14": [0.0, 1e-10]}
    other = experiments.load("xenon1t", background_model="B0_second")
    serial = scan.run(scan.Grid(other, axes), workers=1).chi2
    assert not np.allclose(serial, scan.run(scan.Grid("xenon1t", axes), workers=1).chi2)
    grid = pickle.loads(pickle.dumps(scan.Grid(other, axes)))
    np.testing.assert_array_equal(scan.run(grid, tmp_path / "other.npy", workers=1).chi2, serial)
    with pytest.raises(ValueError, match="is a scan of background_model = B0_second: give the grid as well"):
        scan.read(tmp_path / "other.npy")
    np.testing.assert_array_equal(scan.read(tmp_path / "other.npy", grid).chi2, serial)
    with pytest.raises(ValueError, match="the scan of another grid"):
        scan.read(tmp_path / "other.npy", scan.Grid(other, {"m_4": [0.01]}))


def test_a_name_that_is_registered_anew_is_scanned_anew():
    """As in a notebook whose cell is edited and run again."""
    csi = experiments.load("coherent-csi")
    found = []
    for scale in (1.0, 1.1):
        likelihood = replace(csi.likelihood, observed=scale * csi.observed)
        experiments.register("mine", lambda changed=likelihood: replace(csi, name="mine", likelihood=changed))
        found.append(scan.run(scan.Grid("mine", {"m_4": [0.01]})).chi2)
        expected = likelihood.chi2(csi.standard_model())
        np.testing.assert_allclose(found[-1], expected, rtol=1e-9)
    assert found[0] != found[1]


def test_angles_reach_the_sun():
    """One value of theta_12 at a time, as a converted beam; a beam of flavours takes them all at once."""
    angles = [0.5, 0.6]
    grid = scan.Grid("xenon1t", {"m_4": [0.05], "theta_12": angles, "lambda_14": [1e-11, 3e-11]})
    found = scan.run(grid, workers=1).chi2[0]
    sun = experiments.load("xenon1t")
    for theta, row in zip(angles, found, strict=True):
        for value, chi2 in zip((1e-11, 3e-11), row, strict=True):
            one = Moments([value, 0, 0], mixing=Mixing({"theta_12": theta}))
            assert chi2 == pytest.approx(float(sun.chi2(one, 1.0, 0.05)), rel=1e-10)
    assert abs(found[0, 1] - found[1, 1]) > 1e-3


SCRIPT = """
from companion import scan
scan.POINTS = 1
scan.run(scan.Grid("texono", {"m_4": [1.0], "lambda_14": [0.0, 1e-10, 2e-10]}), workers=2, blocks=1)
"""


def test_a_script_without_a_guard_is_told_so(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    ended = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: a worker ended before its work was done; in a script the call belongs below")
    assert "BrokenProcessPool" not in ended.stderr
    assert ended.stderr.count("Traceback") == 1
