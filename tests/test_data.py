"""The reader of ``data/``, and the tables themselves: what a slip of the pen in one of them would break."""

import copy
import doctest
import json
import pickle
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from companion import checks, csv_files, data, experiments, limits, results, units

TABLES = sorted(str(path.relative_to(data.folder()).with_suffix("")) for path in data.folder().rglob("*.csv"))

HEADER = """\
# title: two numbers
# units: name = -; length = fm
# gaps: length
# source: a publication, and
#   where in it
# status: measured, well
# note: nothing
"""
BODY = "name,length\nshort,1.5\nunknown,\n"
FULL = (HEADER + BODY).replace("# gaps: length\n", "").replace("unknown,\n", "long,2.5\n")
"""The same without a missing number."""


@pytest.fixture
def written(tmp_path):
    """Write a text, or bytes, to a file and return its path."""

    def write(text):
        path = tmp_path / "example.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
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
    assert table.gaps == ("length",)
    assert table.rows()[0] == {"name": "short", "length": 1.5}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# units: name = -; length = fm\n", "", "table 'example' has no '# units:' line in its header"),
        ("# units: name = -; length = fm\n", "# units:\n", "has no '# units:' line"),
        ("# source: a publication, and\n#   where in it\n", "", "has no '# source:' line"),
        ("# status: measured, well\n", "", "has no '# status:' line"),
        ("# status: measured, well\n", "# status: measured\n# status: derived\n", "has two '# status:' lines"),
        ("measured, well", "beautiful", "its status must start with one of measured, evaluated"),
        ("length = fm", "width = fm", "units are given for name, width, but its columns are name, length"),
        ("; length = fm", "", "units are given for name, but its columns are name, length"),
        ("name = -; length = fm", "length = fm; name = -", "units are given for length, name"),
        ("length = fm", "length", "'length' in its units is not 'column = unit'"),
        ("length = fm", "length =", "'length =' in its units is not 'column = unit'"),
        ("length = fm", "length = as in column unit", "has units 'as in column unit', but no such column"),
        ("gaps: length", "gaps: width", "allows gaps in 'width', which is none of its columns"),
        ("short,1.5", "short,1.5 fm", "column 'length', row 1 (line 9): '1.5 fm' is not a number"),
        ("short,1.5", "short,1_5.0", "column 'length', row 1 (line 9): '1_5.0' is not a number"),
        ("short,1.5", "short,0x1p3", "'0x1p3' is not a number"),
        ("short,1.5", "short,1e999", "column 'length', row 1 (line 9): '1e999' is too large"),
        ("short,1.5", 'short,"1,5"', "row 1 (line 9): '1,5' is not a number; it takes a decimal point"),
        ("short,1.5", "short,1,5", "row 1 (line 9): 3 cells where there are 2 columns; a comma separates cells"),
        ("unknown,", "unknown", "row 2 (line 10): 1 cells where there are 2 columns"),
        (
            "# gaps: length\n",
            "",
            "column 'length', row 2 (line 9): there is no number; where that is meant, the header",
        ),
        ("short,1.5\nunknown,\n", "", "has no rows below the names of its columns"),
        (BODY, "", "has no line with the names of its columns"),
        ("short,1.5", 'short,"1.5', "is not CSV"),
        (BODY, BODY.replace(",", ";"), "separates its cells by semicolons; use commas, and a point in 3.5"),
        (BODY, BODY.replace(",", "\t"), "separates its cells by tabs; use commas"),
    ],
)
def test_a_malformed_table_is_refused(written, old, new, message):
    assert old in HEADER + BODY
    with pytest.raises(ValueError, match=re.escape(message)):
        data.read(written((HEADER + BODY).replace(old, new)))


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "inf", "-inf", "Infinity"])
def test_a_missing_number_is_refused_unless_it_is_meant(written, cell):
    text = (HEADER + BODY).replace("1.5", cell).replace("unknown,", "long,2.5")
    read = data.read(written(text))
    np.testing.assert_array_equal(read["length"][0], float(cell or "nan"))
    with pytest.raises(ValueError, match=r"table 'example', column 'length', row 1 (has no number|is infinite)"):
        read.column("length", "fm")
    np.testing.assert_array_equal(read.column("length", "fm", gaps=True)[0], float(cell or "nan"))
    with pytest.raises(ValueError, match=r"column 'length', row 1 \(line 8\): .*the header says '# gaps: length'"):
        data.read(written(text.replace("# gaps: length\n", "")))


def padded(text):
    """As a spreadsheet saves it that pads every line to the longest one, with an empty row at the end."""
    return "".join(line + ",,,\n" for line in text.splitlines()) + ",,,,\n"


def quoted(text):
    """As a spreadsheet saves it that puts every line of the header between quotes."""
    lines = [f'"{line.replace(chr(34), 2 * chr(34))}"' if line.startswith("#") else line for line in text.splitlines()]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        padded,
        quoted,
        lambda text: quoted(text).replace("\n", ",\r\n"),
        lambda text: padded(text).replace(",,,\n", ",\n").encode("utf-8-sig"),
        lambda text: text.replace("long", "\n\n,\nlong") + "\n\n",
    ],
    ids=[
        "BOM",
        "UTF-16",
        "UTF-16 big",
        "CRLF",
        "CR",
        "padded",
        "quoted",
        "quoted, CRLF",
        "padded by one",
        "empty rows",
    ],
)
def test_files_are_read_as_spreadsheets_save_them(written, saved):
    text = FULL.replace("two numbers", 'two "numbers", in µm')
    plain, read = data.read(written(text)), data.read(written(saved(text)))
    assert list(read["name"]) == list(plain["name"])
    np.testing.assert_array_equal(read["length"], plain["length"])
    assert dict(read.units) == dict(plain.units)
    assert read.status == plain.status
    assert read.notes["title"] == 'two "numbers", in µm'
    assert read.source.replace(", ", " ").replace(",", "") == plain.source.replace(", ", " ")


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (lambda text: text.replace("short", "kürz").encode("latin-1"), "table 'example', line 8, is not in UTF-8"),
        (lambda text: text.encode("utf-16-le"), "table 'example' is not a text in UTF-8; save it as 'CSV UTF-8'"),
        (lambda text: text.encode("utf-32"), "table 'example' is not a text in UTF-8"),
        (lambda text: b"", "table 'example' has no line with the names of its columns"),
        (lambda text: b"\x89PNG\r\n\x1a\n", "table 'example', line 1, is not in UTF-8"),
    ],
    ids=["latin-1", "UTF-16 without mark", "UTF-32", "empty", "picture"],
)
def test_other_files_are_refused_by_name(written, saved, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        data.read(written(saved(FULL)))


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match=r"no table 'coherent/csi2016'; there are .*coherent/csi2017_bins"):
        data.table("coherent/csi2016")


def test_an_unknown_column_is_refused():
    message = r"table 'nuclear/isotopes' has no column 'radius'; it has element, Z, A"
    with pytest.raises(ValueError, match=message):
        data.table("nuclear/isotopes")["radius"]
    with pytest.raises(ValueError, match=message):
        data.table("nuclear/isotopes").column("radius", "fm")


# ---------------------------------------------------------------------------------------------------------------------
# numbers in the unit that is wanted


def test_a_column_comes_in_the_wanted_unit(written):
    table = data.read(written(FULL))
    np.testing.assert_allclose(table.column("length", "cm"), [1.5e-13, 2.5e-13], rtol=1e-15)
    np.testing.assert_array_equal(table.column("length", "fm"), table["length"])
    for unit in ("cm", "fm"):
        with pytest.raises(ValueError, match="read-only"):
            table.column("length", unit)[0] = 2


@pytest.mark.parametrize(
    ("column", "unit", "options", "message"),
    [
        ("length", "MeV", {}, "table 'example', column 'length', wanted in 'MeV': 'fm' cannot be converted to 'MeV'"),
        ("name", "fm", {}, "table 'example', column 'name' holds text, not numbers in 'fm'"),
        ("length", "fm", {"minimum": 2}, "table 'example', column 'length', row 1 must be at least 2, not 1.5"),
        ("length", "fm", {"maximum": 2}, "table 'example', column 'length', row 2 must be at most 2, not 2.5"),
        ("length", "fm", {"above": 1.5}, "table 'example', column 'length', row 1 must be larger than 1.5, not 1.5"),
    ],
)
def test_a_column_that_is_something_else_is_refused(written, column, unit, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        data.read(written(FULL)).column(column, unit, **options)


SINGLE = """\
# units: parameter = -; value = as in column unit; unit = -; error = -
# source: a publication
# status: measured
parameter,value,unit,error
x,1.5,keV,0.1
y,20,%,negligible
z,,-,
x2,1,keV,
x2,2,keV,
"""


def test_a_single_value_is_found_once_or_refused(written):
    assert data.table("coherent/csi2017_parameters").value("exposure") == 7.47594
    with pytest.raises(ValueError, match="has 0 rows for the parameter 'length', not one"):
        data.table("coherent/csi2017_parameters").value("length")
    with pytest.raises(ValueError, match="has 2 rows for the parameter 'x2', not one"):
        data.read(written(SINGLE)).value("x2")


def test_a_single_value_comes_in_the_wanted_unit(written):
    table = data.read(written(SINGLE))
    assert table.value("x") == 1.5
    assert table.value("x", unit="eV") == 1500
    assert table.value("x", "error", unit="eV") == 100
    assert table.value("y", unit="1") == pytest.approx(0.2)
    np.testing.assert_array_equal(table["value"][2], np.nan)  # a row without a unit has no number
    for parameter, column, message in (
        ("x", "value", "table 'example', parameter 'x', column 'value': 'keV' cannot be converted to 's'"),
        ("y", "error", "table 'example', parameter 'y', column 'error' is not a number but 'negligible'"),
        ("z", "value", "table 'example', parameter 'z', column 'value' has no number (nan)"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            table.value(parameter, column, unit="s")


def test_units_by_row_are_converted_row_by_row(written):
    table = data.read(written(SINGLE.replace("y,20,%", "y,2,MeV").replace("z,,-", "z,3,eV")))
    np.testing.assert_allclose(table.column("value", "keV"), [1.5, 2000, 0.003, 1, 2], rtol=1e-15)
    with pytest.raises(ValueError, match="column 'value', wanted in 'keV': '%' cannot be converted to 'keV'"):
        data.read(written(SINGLE)).column("value", "keV")


# other units of the same kind, and what takes numbers to them, typed
OTHER = {
    "eV": ("keV", 1e-3), "keV": ("eV", 1e3), "MeV": ("keV", 1e3), "eV^2": ("MeV^2", 1e-12),
    "keV_ee": ("eV_ee", 1e3), "keV_nr": ("eV_nr", 1e3), "eV_nr": ("keV_nr", 1e-3),
    "1/MeV": ("1/keV", 1e-3), "1/MeV^2": ("1/keV^2", 1e-6), "1/MeV^3": ("1/keV^3", 1e-9), "1/MeV^4": ("keV^-4", 1e-12),
    "1/MeV^5": ("1/(keV^5)", 1e-15), "1e-3/MeV": ("1/GeV", 1.0), "1/(MeV fission)": ("1/(keV fission)", 1e-3),
    "sqrt(keV)": ("sqrt(eV)", 1e3**0.5), "sqrt(keV_ee)": ("sqrt(eV_ee)", 1e3**0.5), "1/keV_nr": ("1/MeV_nr", 1e3),
    "1/keV_ee": ("1/eV_ee", 1e-3), "PE/keV_ee": ("PE/MeV_ee", 1e3), "keV_ee/PE": ("eV_ee/PE", 1e3),
    "1/(t y keV)": ("1/(kg d MeV)", 1e3 / (1e3 * 365.25)), "1/(kg d MeV)": ("1/(t y keV)", 1e3 * 365.25 / 1e3),
    "cm^-2 s^-1": ("1/(m^2 d)", 1e4 * 86400), "kg": ("g", 1e3), "t": ("kg", 1e3), "t y": ("kg d", 1e3 * 365.25),
    "s": ("d", 1 / 86400), "d": ("s", 86400.0), "y": ("d", 365.25), "us": ("ns", 1e3), "ns": ("us", 1e-3),
    "1/keV": ("1/eV", 1e-3), "1/keV^2": ("1/MeV^2", 1e6),
    "1/us": ("1/s", 1e6), "protons/y": ("protons/d", 1 / 365.25), "MCi": ("Ci", 1e6), "%": ("1", 1e-2),
    "fm": ("cm", 1e-13), "cm": ("m", 1e-2), "m": ("cm", 1e2), "N_A/cm^3": ("N_A/m^3", 1e6), "pi": ("deg", 180.0),
    "counts": ("events", 1.0), "events": ("counts", 1.0),
}  # fmt: skip


def in_other_units(file):
    """A table with every number in another unit of its kind, as text."""
    units = dict(pair.split(" = ") for pair in file.header["units"].split("; "))
    columns = {name: [row[k] for _, row in file.rows] for k, name in enumerate(file.names)}
    by_row = columns.get("unit", [])
    for name, unit in units.items():
        if unit == data.BY_ROW:
            chosen = [OTHER.get(given, (given, 1.0)) for given in by_row]
        elif unit in OTHER:
            chosen = [OTHER[unit]] * len(file.rows)
            units[name] = chosen[0][0]
        else:
            continue
        columns[name] = [
            repr(float(text) * factor) if text else text
            for text, (_, factor) in zip(columns[name], chosen, strict=True)
        ]
    if data.BY_ROW in units.values():
        for name in ("uncertainty",):  # a text, or a number in the unit of its row
            for k, text in enumerate(columns.get(name, [])):
                if re.fullmatch(r"[\d.e-]+", text):
                    columns[name][k] = repr(float(text) * OTHER.get(by_row[k], ("", 1.0))[1])
        columns["unit"] = [OTHER.get(given, (given, 1.0))[0] for given in by_row]
    header = file.header | {"units": "; ".join(f"{name} = {unit}" for name, unit in units.items())}
    lines = [f"# {key}: {text}" for key, text in header.items()] + [",".join(file.names)]
    for row in zip(*columns.values(), strict=True):
        lines.append(",".join(f'"{cell.replace(chr(34), 2 * chr(34))}"' if "," in cell else cell for cell in row))
    return "\n".join(lines) + "\n"


OPTIONS = [
    *((name, {}) for name in experiments.names()),
    ("coherent-csi", {"quenching": "2017", "electrons": True}),
    ("coherent-csi", {"time_window_us": 12}),
    ("coherent-csi-2021", {"timing": "2017"}),
    ("coherent-lar", {"quenching": "slope_up", "late_neutrinos_lost": True, "neutrons_from": "fit"}),
    ("texono", {"xi": 1.0, "low_energy": "vogel-engel", "polynomials": "huber", "core": "DayaBay"}),
    ("xenon1t", {"binding": "rrpa", "spectra": "table", "likelihood": "poisson", "background_model": "B0_second"}),
    ("xenon1t", {"conversion": "computed"}),
    ("cr51-cevns-ge", {"flux_from": "point"}),
]

STRICT = """
import json, pathlib, sys
from companion import data

data.folder = lambda: pathlib.Path(sys.argv[1])
plain, single = data.Table.__getitem__, data.Table.value

def column(self, name):
    values = plain(self, name)
    if values.dtype.kind == "f" and sys._getframe(1).f_code.co_filename != data.__file__:
        raise AssertionError(f"{self.name}, {name} is read without a unit")
    return values

def value(self, parameter, column="value", *, unit=None):
    assert unit is not None, f"{self.name}, {parameter} is read without a unit"
    return single(self, parameter, column, unit=unit)

data.Table.__getitem__, data.Table.value = column, value
from companion import experiments, limits

loaded = [experiments.load(name, **options) for name, options in json.loads(sys.argv[2])]
print(json.dumps([[float(limits.upper_limit(e, "mu_e", 0.01)), *e.standard_model().tolist()] for e in loaded]))
"""


@pytest.mark.slow(reason="all experiments are built twice, and once in another process")
def test_every_reader_of_an_experiment_honours_the_declared_units(tmp_path):
    """All tables in other units give the same numbers; no number is read without naming the unit that is wanted."""
    changed = 0
    for name in TABLES:
        path = data.folder() / f"{name}.csv"
        text = in_other_units(csv_files.parse(path, name))
        changed += text.splitlines()[-1] != path.read_text(encoding="utf-8").splitlines()[-1]
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    assert changed > 30
    command = [sys.executable, "-c", STRICT, str(tmp_path), json.dumps(OPTIONS)]
    root = Path(data.__file__).parents[1]
    result = subprocess.run(command, capture_output=True, text=True, cwd=root)
    assert result.returncode == 0, result.stderr
    for (name, options), numbers in zip(OPTIONS, json.loads(result.stdout), strict=True):
        experiment = experiments.load(name, **options)
        expected = [float(limits.upper_limit(experiment, "mu_e", 0.01)), *experiment.standard_model()]
        np.testing.assert_allclose(numbers, expected, rtol=1e-9, atol=0, err_msg=f"{name} {options}")


# ---------------------------------------------------------------------------------------------------------------------
# the value that a table is


def test_a_table_cannot_be_changed(written):
    table = data.read(written(HEADER + BODY))
    with pytest.raises(ValueError, match="read-only"):
        table["length"][0] = 2
    with pytest.raises(TypeError, match="item assignment"):
        table.columns["length"] = 2
    own = np.array([1.0, 2.0])
    made = data.Table("made", {"x": own}, {"x": "1"}, "here", "derived", {})
    with pytest.raises(ValueError, match="read-only"):
        made["x"][0] = 2
    own[0] = 3  # the caller's array stays the caller's


@pytest.mark.parametrize("again", [lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy, copy.copy])
def test_a_table_can_be_copied_and_sent(again):
    table = data.table("reactor/texono_surrogate")
    other = again(table)
    assert (other.name, other.source, other.status) == (table.name, table.source, table.status)
    assert other.units == table.units
    assert other.notes == table.notes
    for name, values in table.columns.items():
        np.testing.assert_array_equal(other[name], values)
        with pytest.raises(ValueError, match="read-only"):
            other[name][0] = 2
    with pytest.raises(TypeError, match="item assignment"):
        other.units["T_low"] = "keV"


def test_a_table_shows_itself(written):
    table = data.read(written((HEADER + BODY).replace("short", "<b>")))
    assert repr(table) == "<Table 'example': 2 rows of name, length; measured, well>"
    shown = table._repr_html_()
    assert "<th>length [fm]</th>" in shown
    assert "<td>&lt;b&gt;</td><td>1.5</td>" in shown
    assert "two numbers (measured, well)" in shown
    assert data.table("atomic/binding")._repr_html_().count("<tr>") == 12  # names, five rows, dots, five rows
    assert len(repr(data.table("coherent/lar_bins"))) < 120


# ---------------------------------------------------------------------------------------------------------------------
# the same files in other hands


@pytest.mark.parametrize("module", [checks, data, units])
def test_the_examples_of_the_docstrings_are_true(module):
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


@pytest.mark.parametrize("name", ["reactor/kopeikin", "solar/production_profile", "xenon/lz_spectrum"])
def test_numpy_reads_our_tables_as_documented(name):
    with open(data.folder() / f"{name}.csv", encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    points = np.genfromtxt(lines, delimiter=",", names=True, dtype=None, encoding="utf-8")
    table = data.table(name)
    assert points.dtype.names == tuple(table.columns)
    for column in table.columns:
        np.testing.assert_array_equal(points[column], table[column])
    if "-" not in table.units.values():
        np.testing.assert_array_equal(np.loadtxt(lines[1:], delimiter=","), np.transpose(list(table.columns.values())))


def test_the_readme_reads_its_example(monkeypatch):
    """The commands of data/README.md, as they stand there; pandas is no part of this installation."""
    readme = (data.folder() / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    monkeypatch.chdir(data.folder().parent)
    lines = [line for line in block.splitlines() if "pandas" not in line]
    assert len(lines) < len(block.splitlines())
    exec("\n".join(lines), {})


def test_numpy_reads_our_exports_as_documented(tmp_path):
    blind = experiments.load("cr51-lxe-a")
    limit = results.limit(blind, "mu_e", [0.01, 1.0])
    table, path = limit.table, limit.write(tmp_path / "limit.csv")
    assert np.isinf(table["limit"][1])
    assert "# gaps: limit\n" in path.read_text(encoding="utf-8")
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    points = np.genfromtxt(lines, delimiter=",", names=True, dtype=None, encoding="utf-8")
    back = data.read(path)
    assert points.dtype.names == tuple(table.columns)
    for column in table.columns:
        np.testing.assert_array_equal(points[column], back[column])
        np.testing.assert_allclose(points[column], table[column], rtol=1e-9)


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


@pytest.mark.parametrize("name", TABLES)
def test_gaps_are_declared_where_they_are(name):
    header = csv_files.parse(data.folder() / f"{name}.csv", name).header
    table = data.table(name)
    by_row = {column for column, unit in table.units.items() if unit == data.BY_ROW and "-" in table["unit"]}
    assert set(filter(None, header.get("gaps", "").split(", "))) == set(table.gaps) - by_row


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
