"""The reader of ``data/``, and the tables themselves: what a slip of the pen in one of them would break."""

import re
from itertools import pairwise

import numpy as np
import pytest

from companion import data

TABLES = sorted(str(path.relative_to(data.folder()).with_suffix("")) for path in data.folder().rglob("*.csv"))

HEADER = """\
# title: two numbers
# units: name = -; length = fm
# source: a publication, and
#   where in it
# status: measured, well
# note: nothing
"""
BODY = "name,length\nshort,1.5\nunknown,\n"


@pytest.fixture
def written(tmp_path):
    """Write a text to a file and return its path."""

    def write(text):
        path = tmp_path / "example.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


# ---------------------------------------------------------------------------------------------------------------------
# the reader


def test_a_good_table_is_read(written):
    table = data.read(written(HEADER + BODY))
    assert table.name == "example"
    assert len(table) == 2
    assert dict(table.units) == {"name": "-", "length": "fm"}
    assert table.source == "a publication, and where in it"
    assert table.status == "measured, well"
    assert dict(table.notes) == {"title": "two numbers", "note": "nothing"}
    assert list(table["name"]) == ["short", "unknown"]
    np.testing.assert_array_equal(table["length"], [1.5, np.nan])
    assert table.rows()[0] == {"name": "short", "length": 1.5}


def test_a_table_cannot_be_changed(written):
    table = data.read(written(HEADER + BODY))
    with pytest.raises(ValueError, match="read-only"):
        table["length"][0] = 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# units: name = -; length = fm\n", "", "table 'example' has no '# units:' line in its header"),
        ("# units: name = -; length = fm\n", "# units:\n", "has no '# units:' line"),
        ("# source: a publication, and\n#   where in it\n", "", "has no '# source:' line"),
        ("# status: measured, well\n", "", "has no '# status:' line"),
        ("measured, well", "beautiful", "its status must start with one of measured, evaluated"),
        ("length = fm", "width = fm", "units are given for name, width, but its columns are name, length"),
        ("; length = fm", "", "units are given for name, but its columns are name, length"),
        ("name = -; length = fm", "length = fm; name = -", "units are given for length, name"),
        ("length = fm", "length", "'length' in its units is not 'column = unit'"),
        ("length = fm", "length =", "'length =' in its units is not 'column = unit'"),
        ("short,1.5", "short,1.5 fm", "column 'length', row 1: '1.5 fm' is not a number"),
        ("unknown,", "unknown", "row 2: 1 cells where there are 2 columns"),
        ("short,1.5", "short,1.5,3", "row 1: 3 cells where there are 2 columns"),
    ],
)
def test_a_malformed_table_is_refused(written, old, new, message):
    assert old in HEADER + BODY
    with pytest.raises(ValueError, match=re.escape(message)):
        data.read(written((HEADER + BODY).replace(old, new)))


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match=r"no table 'coherent/csi2016'; there are .*coherent/csi2017_bins"):
        data.table("coherent/csi2016")


def test_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match=r"table 'nuclear/isotopes' has no column 'radius'; it has element, Z, A"):
        data.table("nuclear/isotopes")["radius"]


def test_a_single_value_is_found_once_or_refused(written):
    assert data.table("coherent/csi2017_parameters").value("exposure") == 7.47594
    with pytest.raises(ValueError, match="has 0 rows for the parameter 'length', not one"):
        data.table("coherent/csi2017_parameters").value("length")
    twice = HEADER.replace("name = -; length", "parameter = -; value") + "parameter,value\nx,1\nx,2\n"
    with pytest.raises(ValueError, match="has 2 rows for the parameter 'x', not one"):
        data.read(written(twice)).value("x")


# ---------------------------------------------------------------------------------------------------------------------
# every table, and the list of them


@pytest.mark.parametrize("name", TABLES)
def test_table_loads(name):
    table = data.table(name)
    assert table.status.split()[0].rstrip(",;:.") in data.STATUSES
    assert table.notes.get("title"), "no title"
    citation = r"arXiv:\d{4}\.\d{4,5}|arXiv:[a-z-]+/\d{7}|doi:10\.|\d+\.\d+\.\d+|\d \(\d{4}\) \d"
    assert re.search(citation, table.source), "no arXiv number, DOI, version or journal page"
    assert len(table) > 0
    for column, unit in table.units.items():
        values = table[column]
        if unit != "-" and not name.startswith("paper/claims"):  # most claims are not numbers
            assert np.isfinite(values).any(), f"column {column} is empty"
            assert not np.isinf(values).any()


def test_readme_has_one_row_per_file():
    readme = (data.folder() / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[`([^`]+)`\]\(([^)]+)\) \|", readme, flags=re.MULTILINE)
    assert all(name == target for name, target in listed)
    assert sorted(name for name, _ in listed) == [f"{name}.csv" for name in TABLES]


# ---------------------------------------------------------------------------------------------------------------------
# COHERENT-CsI 2017


def test_csi_counts_add_up_to_the_published_totals():
    bins = data.table("coherent/csi2017_bins")
    used = (bins["PE_low"] >= 6) & (bins["PE_high"] <= 30)
    np.testing.assert_array_equal(bins["i"][used], np.arange(4, 16))
    assert bins["N_on_6us"][used].sum() == 547
    assert bins["N_ac_6us"][used].sum() == 405
    # all events of the release below 50 photoelectrons, counted once more from its two-dimensional histograms
    totals = {column: int(bins[column].sum()) for column in bins.columns if column.startswith("N_")}
    assert totals == {"N_on_6us": 749, "N_ac_6us": 600, "N_on_12us": 1207, "N_ac_12us": 1032}


def test_csi_bins_are_contiguous_and_later_windows_hold_more():
    bins = data.table("coherent/csi2017_bins")
    np.testing.assert_array_equal(bins["i"], np.arange(1, 26))
    np.testing.assert_array_equal(bins["PE_low"], 2 * (bins["i"] - 1))
    np.testing.assert_array_equal(bins["PE_high"], 2 * bins["i"])
    for kind in ("on", "ac"):
        early, all_ = bins[f"N_{kind}_6us"], bins[f"N_{kind}_12us"]
        assert (early <= all_).all()
        np.testing.assert_array_equal(np.r_[early, all_] % 1, 0)
    # outside the beam only the first pulse of a window is kept: the steady background falls slowly with time
    assert bins["N_ac_6us"].sum() / bins["N_ac_12us"].sum() == pytest.approx(0.58, abs=0.03)


def test_prompt_neutrons_follow_from_density_exposure_and_acceptance():
    parameters = data.table("coherent/csi2017_parameters")
    density = data.table("coherent/csi2017_prompt_neutrons")
    a, k, x0 = (parameters.value(f"acceptance_{name}") for name in ("a", "k", "x0"))
    expected = np.zeros(25)
    for PE, counts in zip(density["PE"], density["counts_per_GWh"], strict=True):
        step = 0 if PE < 5 else 0.5 if PE < 6 else 1
        expected[int(PE // 2)] += counts * parameters.value("exposure") * step * a / (1 + np.exp(-k * (PE - x0)))
    B0n = data.table("coherent/csi2017_bins")["B0n"]
    np.testing.assert_allclose(B0n, expected, rtol=0, atol=1e-9)
    assert B0n[3:15].sum() == pytest.approx(5.42, abs=0.005)


def test_arrival_times_are_normalised():
    timing = data.table("coherent/csi2017_timing")
    np.testing.assert_allclose(timing["t"], 0.25 + 0.5 * np.arange(24))
    for column in ("prompt_nu", "delayed_nu", "prompt_neutron"):
        assert timing[column].sum() == pytest.approx(1, abs=1e-9)
        assert (timing[column] >= 0).all()
    delayed = timing["delayed_nu"]
    assert delayed[timing["t"] < 6].sum() == pytest.approx(0.914785, abs=1e-6)
    # far from the pulse they decay with the muon
    lifetime = 0.5 / np.log(delayed[6:-1] / delayed[7:])
    np.testing.assert_allclose(lifetime, 2.197, rtol=0.04)


def test_csi_parameters_are_those_of_the_paper():
    parameters = data.table("coherent/csi2017_parameters")
    quoted = {"mass": 14.57, "light_yield": 13.348, "sigma_signal": 0.128, "sigma_neutrons": 0.25}  # Sec. 3.2
    assert {name: parameters.value(name) for name in quoted} == quoted


def test_protons_and_exposure_agree():
    parameters = data.table("coherent/csi2017_parameters")
    joule_per_MeV = 1.602176634e-13
    energy = parameters.value("exposure") * 3.6e12 / parameters.value("N_POT") / joule_per_MeV
    assert energy == pytest.approx(957, rel=0.005)  # MeV per proton


def test_quenching_polynomials_shift_to_both_sides_of_the_nominal():
    table = data.table("coherent/csi_quenching_2020")
    rows = {row["model"]: np.array([row[c] for c in "abcd"]) for row in table.rows()}
    assert len(rows) == 5
    for shift in ("shift_1", "shift_2"):
        mean = (rows[f"{shift}_up"] + rows[f"{shift}_down"]) / 2
        np.testing.assert_allclose(mean, rows["nominal"], rtol=1e-5)


def test_quenching_polynomial_passes_between_the_measured_points():
    points = data.table("coherent/csi2017_quenching_points")
    a, b, c, d = (data.table("coherent/csi_quenching_2020")[name][0] for name in "abcd")
    E = points["E_nr"] * 1e-3
    ratio = points["QF"] / (a + b * E + c * E**2 + d * E**3)
    assert list(points["group"]).count("chicago") == 7
    for column in ("E_nr", "QF"):
        for side in ("up", "down"):
            relative = points[f"{column}_err_{side}"] / points[column]
            assert ((relative > 0.005) & (relative < 0.35)).all()
        difference = np.abs(points[f"{column}_err_up"] / points[f"{column}_err_down"] - 1)
        assert (difference < 0.4).all()
    for group, low, high in (("chicago", 0.7, 1.0), ("tunl", 0.9, 1.25)):
        chosen = (points["group"] == group) & (E < 0.03)
        assert low < ratio[chosen].mean() < high


# ---------------------------------------------------------------------------------------------------------------------
# nuclei, atoms, mixing

# Standard atomic weights, IUPAC (abridged): a witness that does not share a file with the isotopes.
ATOMIC_WEIGHTS = {
    "O": 15.999, "Al": 26.982, "Si": 28.085, "Ar": 39.95, "Ca": 40.078,
    "Ge": 72.630, "I": 126.90, "Xe": 131.29, "Cs": 132.91, "W": 183.84,
}  # fmt: skip


@pytest.mark.parametrize("element", ATOMIC_WEIGHTS)
def test_isotopes_make_up_the_element(element):
    table = data.table("nuclear/isotopes")
    chosen = table["element"] == element
    abundance = table["abundance"][chosen]
    assert abundance.sum() == pytest.approx(100, abs=1e-3)
    weight = abundance @ table["atomic_mass"][chosen] / abundance.sum()
    assert weight == pytest.approx(ATOMIC_WEIGHTS[element], abs=0.006)
    assert len(set(table["Z"][chosen])) == 1


def test_isotopes_have_the_mass_and_size_of_their_nucleons():
    table = data.table("nuclear/isotopes")
    assert set(table["element"]) == set(ATOMIC_WEIGHTS)
    np.testing.assert_array_equal(table["Z"] + table["N"], table["A"])
    np.testing.assert_allclose(table["atomic_mass"], table["A"], atol=0.1)
    # an evaluation with errors of some 0.1 % beside a smooth law that holds to 2 %
    np.testing.assert_allclose(table["R_ch"], 0.9 * np.cbrt(table["A"]) + 0.33, rtol=0.04)
    assert (table["R_ch_err"] > 0).all()
    assert (table["R_ch_err"] < 0.01).all()


def test_neighbouring_isotopes_differ_little_in_size():
    table = data.table("nuclear/isotopes")
    for one, two in pairwise(table.rows()):
        if one["element"] == two["element"]:
            assert one["A"] < two["A"]
            assert abs(one["R_ch"] - two["R_ch"]) < 0.09


def test_proton_radii_follow_from_charge_radii():
    table = data.table("nuclear/isotopes")
    hbar_c, m_p = 197.3269804, 938.27208816
    squared = table["R_ch"] ** 2 - 0.8409**2 + 0.1155 * table["N"] / table["Z"] - 0.75 * (hbar_c / m_p) ** 2
    np.testing.assert_allclose(table["R_p"], np.sqrt(squared), rtol=0, atol=6e-5)


def shells(element):
    table = data.table("atomic/binding")
    return [row for row in table.rows() if row["element"] == element]


@pytest.mark.parametrize("element", ATOMIC_WEIGHTS)
def test_shells_hold_all_electrons(element):
    rows = shells(element)
    Z = {row["Z"] for row in rows}
    assert Z == set(data.table("nuclear/isotopes")["Z"][data.table("nuclear/isotopes")["element"] == element])
    assert sum(row["occupancy"] for row in rows) == Z.pop()
    assert sum(row["occupancy_xraylib"] for row in rows) == pytest.approx(rows[0]["Z"], abs=1e-3)
    for row in rows:
        capacity = int(row["orbital"][2]) + 1  # 2 j + 1
        assert 0 <= row["occupancy"] <= capacity
        assert row["occupancy"] == int(row["occupancy"])


@pytest.mark.parametrize("element", ATOMIC_WEIGHTS)
def test_shells_are_named_and_ordered(element):
    rows = shells(element)
    order = ["s1/2", "p1/2", "p3/2", "d3/2", "d5/2", "f5/2", "f7/2"]
    for row in rows:
        number = 1 if row["shell"] == "K" else int(row["shell"][1])
        assert row["orbital"] == f"{'KLMNOP'.index(row['shell'][0]) + 1}{order[number - 1]}"
    for one, two in pairwise(rows):
        if one["shell"][0] == two["shell"][0] and not np.isnan(two["E_B"]):
            assert one["E_B"] >= two["E_B"]


def test_two_libraries_agree_on_the_edges():
    table = data.table("atomic/binding")
    deep = table["E_B"] > 50
    assert deep.sum() > 70
    np.testing.assert_allclose(table["E_B"][deep], table["E_B_xraylib"][deep], rtol=0.025)
    deep &= (table["E_B"] > 500) & (table["element"] != "O")
    np.testing.assert_allclose(table["E_B"][deep], table["E_B_xraylib"][deep], rtol=0.006)


def test_K_edges_follow_moseley():
    table = data.table("atomic/binding")
    K = table["shell"] == "K"
    Z = table["Z"][K]
    moseley = table["E_B"][K] / (13.605693 * (Z - 1) ** 2)
    heavy = np.argsort(Z)[1:]
    assert Z.min() == 8
    assert (np.diff(moseley[heavy]) > 0).all()
    assert ((moseley > 0.79) & (moseley < 0.97)).all()


def test_only_one_calculated_shell_of_xenon_lies_below_its_edge():
    table = data.table("atomic/binding")
    known = ~np.isnan(table["E_B_rrpa"])
    assert set(table["element"][known]) == {"Xe"}
    below = known & (table["E_B"] > 20) & (table["E_B_rrpa"] < table["E_B"])
    assert list(table["orbital"][below]) == ["3d5/2"]


def test_mixing_parameters_are_physical():
    table = data.table("oscillation/parameters")
    rows = {row["parameter"]: row for row in table.rows()}
    assert set(rows) == {"sin2_theta12", "sin2_theta13", "sin2_theta23", "delta_CP", "dm21_sq", "dm31_sq"}
    units = {"sin2": "1", "delta": "pi", "dm21": "eV^2", "dm31": "eV^2"}
    for name, row in rows.items():
        assert row["unit"] == units[name.split("_")[0]]
        for ordering in ("NO", "IO"):
            assert 0 < row[f"{ordering}_error"] < 0.12 * row[f"{ordering}_best"]
        difference = abs(row["NO_best"] - row["IO_best"])
        if name == "delta_CP":
            assert 0 < row["NO_best"] < row["IO_best"] < 2
        elif name != "dm31_sq":
            assert difference < row["NO_error"]
    # the larger of the two atmospheric splittings, |dm32| for IO, |dm31| for NO, is measured nearly alike
    larger = rows["dm31_sq"]["IO_best"] + rows["dm21_sq"]["IO_best"]
    assert larger == pytest.approx(rows["dm31_sq"]["NO_best"], abs=2 * rows["dm31_sq"]["NO_error"])
