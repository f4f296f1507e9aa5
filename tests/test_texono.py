"""TEXONO: the counts against slow integrals, and the surrogate that must never pass for data."""

import re
import shutil
from math import log10

import matplotlib.pyplot as plt
import numpy as np
import pytest
import witness_sources as slow
from test_reactor import kopeikin

from companion import data, experiments, limits, results, systematics
from companion.data import table
from companion.experiments import texono as module

PER_FISSION = slow.low_part(kopeikin()) + slow.quad(slow.antineutrinos, 2, 10, epsabs=0, epsrel=1e-12)[0]
FLUX = 6.4e12
BINS = [(3 + k / 2, 3.5 + k / 2) for k in range(10)]

surrogate_only = pytest.mark.skipif(
    not table("reactor/texono_surrogate").status.startswith("surrogate"), reason="the points are measured"
)


@pytest.fixture(scope="module")
def texono():
    return experiments.load("texono")


def test_standard_model(texono):
    expected = [slow.texono_bin(*edges, FLUX, PER_FISSION, "electron") for edges in BINS]
    np.testing.assert_allclose(texono.standard_model(), expected, rtol=1e-6)


@pytest.mark.parametrize("mass", [0.0, 0.01, 1.0, 2.0])
def test_dipole(texono, mass):
    expected = [slow.texono_bin(*edges, FLUX, PER_FISSION, "dipole", mass) for edges in BINS]
    np.testing.assert_allclose(texono.dipole("e", mass), expected, rtol=1e-6, atol=1e-6 * max(expected))


@surrogate_only
def test_the_surrogate_was_made_with_another_mixing_angle():
    """Its Standard-Model column comes back with the weak mixing angle that its header states."""
    points = table("reactor/texono_surrogate")
    for k in (0, 4, 9):
        found = slow.texono_bin(*BINS[k], FLUX, PER_FISSION, "electron", s_W2=0.23867)
        assert found == pytest.approx(points["rate_SM"][k], rel=5e-3)
    np.testing.assert_allclose(points["rate"], 1.08 * points["rate_SM"], rtol=1e-4)
    # the statistical error of xi, from the inverse variance of a common factor
    assert np.sum((points["rate_SM"] / points["rate_err"]) ** 2) ** -0.5 == pytest.approx(0.21, rel=0.02)


def test_twice_the_nodes(texono):
    fine = experiments.load("texono", order=32)
    np.testing.assert_allclose(texono.standard_model(), fine.standard_model(), rtol=1e-6)
    for mass in (0.0, 1.0, 2.4):
        counts = fine.dipole("e", mass)
        np.testing.assert_allclose(texono.dipole("e", mass), counts, rtol=1e-4, atol=1e-6 * counts.max())


def test_the_edge_is_where_the_window_says(texono):
    edge = texono.maximum_mass("mu_e")
    assert edge == pytest.approx(2.531, abs=1e-3)
    assert np.sum(texono.dipole("e", 0.999 * edge)) > 0
    np.testing.assert_array_equal(texono.dipole("e", 1.0001 * edge), np.zeros(10))
    np.testing.assert_array_equal(limits.upper_limit(texono, "mu_e", [1.001 * edge, 10.0]), [np.inf, np.inf])


def test_bins_must_join(monkeypatch):
    points = table("reactor/texono_surrogate")
    gap = {**points.columns, "T_low": points["T_low"] + 0.1}
    apart = data.Table(points.name, gap, points.units, points.source, points.status, {})
    monkeypatch.setattr(module, "table", lambda name: apart if name.endswith("surrogate") else table(name))
    with pytest.raises(ValueError, match="follow each other without gaps"):
        experiments.load("texono")


# ---------------------------------------------------------------------------------------------------------------------
# a surrogate says so


@surrogate_only
def test_the_surrogate_says_so_everywhere(texono):
    assert texono.surrogate
    assert "surrogate" in texono.title
    assert any("SURROGATE" in text or "constructed here" in text for text in texono.sources)
    spectrum, limit = results.spectrum(texono).table, results.limit(texono, "mu_e", [0.01]).table
    assert "surrogate" in spectrum.columns
    assert "observed" not in spectrum.columns
    assert spectrum.units["surrogate"] == "events/(kg d MeV)"
    for exported in (spectrum, limit):
        assert "SURROGATE" in exported.notes["note"]
        assert "surrogate" in exported.notes["title"]


@surrogate_only
def test_the_figure_shows_no_points(texono):
    ax = results.spectrum(texono, "mu_e", 1e-10, 0.01).plot(log=True)
    assert not [line for line in ax.lines if line.get_marker() not in ("", "None", None)]
    assert not ax.containers
    assert [patch for patch in ax.patches if patch.get_hatch()]
    assert "SURROGATE, not data" in [text.get_text() for text in ax.get_legend().get_texts()]
    plt.close(ax.figure)


MEASURED = """\
# title: made up in a test, as if measured
# units: T_low = MeV; T_high = MeV; rate = 1/(kg d MeV); rate_err = 1/(kg d MeV)
# source: a publication, arXiv:0000.00000
# status: measured
T_low,T_high,rate,rate_err
3,4,1.0e-2,1e-3
4,6,2.0e-3,2e-4
6,8,1.0e-4,5e-5
"""


@pytest.fixture
def replaced(tmp_path, monkeypatch):
    """Put another file in place of the surrogate."""
    shutil.copytree(data.folder(), tmp_path / "data")
    monkeypatch.setattr(data, "folder", lambda: tmp_path / "data")

    def replace(text):
        (tmp_path / "data" / "reactor" / "texono_surrogate.csv").write_text(text, encoding="utf-8")
        table.cache_clear()

    yield replace
    table.cache_clear()


@pytest.fixture
def with_points(replaced):
    """Points in place of the surrogate, as if measured."""
    replaced(MEASURED)


def test_one_file_replaces_the_surrogate(texono, with_points):
    real = experiments.load("texono")
    assert not real.surrogate
    assert "surrogate" not in real.title.lower()
    np.testing.assert_array_equal(real.observed, [1e-2, 2e-3, 1e-4])
    np.testing.assert_array_equal(real.axes[0].edges, [3, 4, 6, 8])
    # the means of wider bins are the means of the narrow ones
    fine = texono.standard_model()
    expected = [fine[:2].mean(), fine[2:6].mean(), fine[6:].mean()]
    np.testing.assert_allclose(real.standard_model(), expected, rtol=1e-9)
    spectrum = results.spectrum(real, "mu_e", 1e-10, 0.01)
    assert "observed" in spectrum.table.columns
    assert "note" not in spectrum.table.notes
    ax = spectrum.plot()
    assert ax.containers  # points with errors
    assert not [patch for patch in ax.patches if patch.get_hatch()]
    plt.close(ax.figure)
    assert log10(float(limits.upper_limit(real, "mu_e", 0.0))) == pytest.approx(-10, abs=1)


def in_other_units(energy, rate, per_MeV):
    """The points with energies and rates in other units; ``per_MeV`` is one such energy in MeV."""
    lines = MEASURED.splitlines()
    lines[1] = f"# units: T_low = {energy}; T_high = {energy}; rate = {rate}; rate_err = {rate}"
    scale = {"keV": 1e3, "eV": 1e6, "MeV": 1}[energy]
    rows = [[float(cell) for cell in line.split(",")] for line in lines[5:]]
    lines[5:] = [f"{a * scale!r},{b * scale!r},{c / per_MeV!r},{d / per_MeV!r}" for a, b, c, d in rows]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("energy", "rate", "per_MeV"),
    [
        ("keV", "1/(kg d MeV)", 1),
        ("MeV", "1/(kg d keV)", 1e3),
        ("keV", "1/(kg d keV)", 1e3),
        ("eV", "counts/kg/day/GeV", 1e-3),
        ("MeV", "1/(t y MeV)", 1 / (1e3 * 365.25)),
    ],
)
def test_points_in_other_units_are_the_same_points(replaced, energy, rate, per_MeV):
    replaced(MEASURED)
    expected = limits.upper_limit(experiments.load("texono"), "mu_e", [0.01, 1.0])
    replaced(in_other_units(energy, rate, per_MeV))
    real = experiments.load("texono")
    np.testing.assert_allclose(real.axes[0].edges, [3, 4, 6, 8], rtol=1e-12)
    np.testing.assert_allclose(limits.upper_limit(real, "mu_e", [0.01, 1.0]), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("T_low = MeV", "T_low = MeV_ee", "column 'T_low', wanted in 'MeV': 'MeV_ee' cannot be converted to 'MeV'"),
        ("rate = 1/(kg d MeV)", "rate = 1/(kg d)", "column 'rate', wanted in '1/(kg d MeV)': '1/(kg d)' cannot be"),
        (
            "rate = 1/(kg d MeV)",
            "rate = 1/kg d MeV",
            "column 'rate', wanted in '1/(kg d MeV)': the unit '1/kg d MeV' can",
        ),
        ("2.0e-3", "", "table 'reactor/texono_surrogate', column 'rate', row 2 (line 7): there is no number"),
        ("2.0e-3", "nan", "column 'rate', row 2 (line 7): there is no number"),
        ("2e-4", "0", "table 'reactor/texono_surrogate', column 'rate_err', row 2 must be positive, not 0"),
        ("2e-4", "-2e-4", "column 'rate_err', row 2 must be positive, not -0.0002"),
        ("4,6,", "5,6,", "the bins of TEXONO must follow each other without gaps"),
        ("6,8,", "2,8,", "column 'T_low', row 3 must be larger than the one before it, not 2"),
        # keV under a header that says MeV, and the other way round
        (
            "3,4,1.0e-2,1e-3\n4,6,2.0e-3,2e-4\n6,8,",
            "3000,4000,1.0e-2,1e-3\n4000,8000,",
            "run from 3000 to 8000 MeV, but",
        ),
        ("T_low = MeV; T_high = MeV", "T_low = keV; T_high = keV", "run from 0.003 to 0.008 MeV, but free electrons"),
    ],
)
def test_points_that_cannot_be_used_are_refused(replaced, old, new, message):
    assert old in MEASURED
    replaced(MEASURED.replace(old, new))
    with pytest.raises(ValueError, match=re.escape(message)):
        experiments.load("texono")


def test_a_gap_that_the_header_allows_is_still_no_rate(replaced):
    replaced(MEASURED.replace("2.0e-3", "").replace("# source", "# gaps: rate\n# source"))
    with pytest.raises(ValueError, match=r"column 'rate', row 2 has no number \(nan\)"):
        experiments.load("texono")


@pytest.mark.usefixtures("with_points")
def test_the_choices_then_leave_the_surrogate_out():
    rows = systematics.choices("texono", "mu_e", 0.01)
    assert len(rows) == 1 + len(module.CHOICES)
    assert all(0 < row.limit < np.inf for row in rows)
    assert not [row for row in rows if "surrogate" in row.choice.what.lower()]


@surrogate_only
def test_the_choices_move_the_surrogate(texono):
    assert texono.choices == (module.MOVED, *module.CHOICES)


def test_impossible_choices_are_refused():
    with pytest.raises(ValueError, match="texono has no option 'points'"):
        experiments.load("texono", points=None)
    with pytest.raises(ValueError, match="'sigma_signal' must be greater than 0"):
        experiments.load("texono", sigma_signal=0.0)
    with pytest.raises(ValueError, match="'xi' must be greater than 0"):
        experiments.load("texono", xi=0.0)


def test_a_measurement_cannot_be_moved(with_points):
    with pytest.raises(ValueError, match="only a surrogate can be moved"):
        experiments.load("texono", xi=1.0)


@surrogate_only
def test_xi_moves_the_points(texono):
    moved = experiments.load("texono", xi=1.0)
    np.testing.assert_allclose(moved.observed, texono.observed / 1.08, rtol=1e-12)
    np.testing.assert_array_equal(moved.standard_model(), texono.standard_model())
