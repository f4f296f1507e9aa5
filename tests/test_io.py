"""Tables as text, and files that stand there whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import stat
from io import StringIO

import numpy as np
import pytest

from companion import data, experiments, io, results


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


@pytest.fixture
def table():
    return results.table("t", "a title", {"x": [1.0, 2.0]}, {"x": "keV"})


def test_formats_hold_the_same_numbers(csi):
    table = results.limit(csi, "mu_mu", [1.0, 60.0])
    document = json.loads(io.render(table, "json"))
    rows = list(csv.DictReader(line for line in StringIO(io.render(table, "csv")) if not line.startswith("#")))
    text = io.render(table, "table").splitlines()
    assert document["units"] == {"m_4": "MeV", "limit": "mu_B"}
    assert document["columns"]["limit"][0] == pytest.approx(float(rows[0]["limit"]), rel=1e-9, abs=0)
    assert document["columns"]["limit"][1] == "inf" == rows[1]["limit"]
    assert float(text[-2].split()[1]) == pytest.approx(float(rows[0]["limit"]), rel=1e-5, abs=0)


def test_unknown_format_is_refused(csi):
    with pytest.raises(ValueError, match="no format 'xml'; there are table, csv, json, yaml"):
        io.render(results.spectrum(csi), "xml")


def test_markdown_has_symbols_and_units():
    columns = {"data": ["a", "b"], "lambda_14": [1.234e-11, np.inf], "left": [0.0, np.nan], "n": [12345.0, 12.3]}
    table = results.table("t", "t", columns, {"data": "-", "lambda_14": "mu_B", "left": "%", "n": "1"})
    head, rule, first, second = io.markdown(table).splitlines()
    assert head == r"| data | $\vert\tilde\lambda_{14}\vert$ [$\mu_B$] | left [%] | n |"
    assert rule == "|---|---:|---:|---:|"
    assert first == "| a | 1.23e-11 | 0 | 12345 |"
    assert second == "| b | ∞ | – | 12.3 |"


# ---- files


def test_a_file_takes_the_place_of_an_old_one_in_one_step(table, tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)

    def fail(self, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", fail)
        with pytest.raises(ValueError, match=r"cannot write .*a\.csv: No space left on device"):
            io.write(table, path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
    io.write(table, path)
    assert data.read(path).units["x"] == "keV"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_usual_mode_and_a_link_stays_one(table, tmp_path):
    (tmp_path / "usual").write_text("", encoding="utf-8")
    made = io.write(table, tmp_path / "a.csv")
    assert made.stat().st_mode == (tmp_path / "usual").stat().st_mode
    link = tmp_path / "link.csv"
    link.symlink_to(made)
    io.write(results.table("u", "u", {"y": [1]}, {"y": "1"}), link)
    assert link.is_symlink()
    assert list(data.read(made).columns) == ["y"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("folder.csv", "it is a folder"),
        ("file.csv/x.csv", "Not a directory|no folder|File exists"),
        ("x" * 300 + ".csv", "name too long"),
    ],
)
def test_what_cannot_be_written_is_one_line(table, tmp_path, path, reason):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file.csv").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="(?i)cannot write .*" + f"({reason})"):
        io.write(table, tmp_path / path)
    with pytest.raises(ValueError, match="cannot write"):
        io.check_writable(tmp_path / path)
    with pytest.raises(ValueError, match="cannot write .*: No such file or directory"):
        io.check_writable(tmp_path / "missing" / "x.csv")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_device_is_written_into(table):
    with pytest.raises(ValueError, match="cannot write /dev/full: No space left on device"):
        io.write_text(io.render(table), "/dev/full")
    assert os.path.exists("/dev/full")
    io.write_text(io.render(table), os.devnull)


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "a\0b", "a b", "/root"])
def test_names_stay_in_their_folder(name, tmp_path):
    with pytest.raises(ValueError, match="letters, digits"):
        io.file_name(name)
    table = results.table(name, "t", {"x": [1]}, {"x": "1"})
    with pytest.raises(ValueError, match="letters, digits"):
        io.submission(tmp_path / "s", [(table, {})])
    assert not (tmp_path / "s").exists()
    assert io.file_name("coherent-csi+texono-mu_e.1") == "coherent-csi+texono-mu_e.1"
