"""The command line, as a shell sees it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from companion import __main__ as main_module
from companion import experiments, limits
from companion.__main__ import _progress, main, masses


def run(capsys, *arguments):
    try:
        status = main(list(arguments))
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_list(capsys):
    status, out, _ = run(capsys, "list")
    assert status == 0
    assert "coherent-csi" in out


def test_names_joined_by_plus_are_combined(capsys):
    status, out, _ = run(capsys, "limit", "coherent-csi+coherent-lar", "lambda_14", "--m4", "1,60", "--format", "json")
    assert status == 0
    document = json.loads(out)
    assert document["columns"]["limit"][1] == "inf"
    alone = run(capsys, "limit", "coherent-lar", "lambda_14", "--m4", "1", "--format", "json")[1]
    assert document["columns"]["limit"][0] < json.loads(alone)["columns"]["limit"][0]


def test_events_with_a_signal(capsys):
    status, out, _ = run(
        capsys, "events", "coherent-csi", "--coupling", "mu_mu", "--value", "2e-9", "--m4", "0.01", "--format", "json"
    )
    assert status == 0
    columns = json.loads(out)["columns"]
    assert len(columns["dipole"]) == 12
    assert columns["observed"] == [9, 11, 24, 25, 21, 17, 5, 10, 6, 0, 5, 9]


def test_events_of_two_axes_are_added_up_on_one(capsys):
    status, _, err = run(capsys, "events", "coherent-csi-2021", "--axis", "energy")
    assert status == 2
    assert "has no axis 'energy'; there are photoelectrons, arrival time" in err
    status, out, _ = run(capsys, "events", "coherent-csi-2021", "--axis", "arrival time", "--format", "json")
    assert status == 0
    assert sum(json.loads(out)["columns"]["observed"]) == 1578


def test_limit_writes_a_file(capsys, tmp_path):
    path = tmp_path / "limit.csv"
    status, out, _ = run(
        capsys, "limit", "coherent-csi", "mu_mu", "--m4", "0.001:50:5", "--format", "csv", "--output", str(path)
    )
    assert (status, out) == (0, "")
    assert len([line for line in path.read_text().splitlines() if not line.startswith("#")]) == 6


def test_degrees_of_freedom_weaken_a_limit(capsys):
    values = []
    for dof in ("1", "2"):
        _, out, _ = run(capsys, "limit", "coherent-csi", "mu_e", "--m4", "1", "--dof", dof, "--format", "json")
        values.append(json.loads(out)["columns"]["limit"][0])
    assert values[1] > 1.1 * values[0]


def test_coefficients(capsys):
    status, out, _ = run(capsys, "coefficients", "tau", "--latex")
    assert status == 0
    assert len(out.splitlines()) == 21
    assert r"\theta" in out


def test_a_negative_coupling_needs_no_equals_sign(capsys):
    _, plus, _ = run(capsys, "events", "coherent-csi", "--coupling", "mu_mu", "--value", "1e-9", "--m4", "1")
    for value in (["--value", "-1e-9"], ["--value=-1e-9"], ["--value", "-.1e-8"]):
        status, minus, _ = run(capsys, "events", "coherent-csi", "--coupling", "mu_mu", *value, "--m4", "1")
        assert status == 0
        assert minus == plus.replace("mu_mu = 1e-09", "mu_mu = -1e-09")


def test_options_and_phase_reach_the_experiment(capsys):
    def value(*arguments):
        status, out, _ = run(capsys, "limit", "coherent-csi", *arguments, "--m4", "0.01", "--format", "json")
        assert status == 0
        document = json.loads(out)
        return document["columns"]["limit"][0], document.get("options")

    default, said = value("mu_mu")
    assert said is None
    moved, said = value("mu_mu", "--option", "smearing=false", "--option", "form_factor=helm")
    assert said == "smearing = False, form_factor = helm"
    csi = experiments.load("coherent-csi", smearing=False, form_factor="helm")
    assert moved == pytest.approx(float(limits.upper_limit(csi, "mu_mu", 0.01)), rel=1e-9)
    assert moved != pytest.approx(default, rel=1e-3)
    # at zero the two change places, says the chapter
    first, second = value("lambda_14")[0], value("lambda_24")[0]
    turned = value("lambda_14", "--delta", "0")[0], value("lambda_24", "--delta", "0.0")[0]
    assert (first < second) != (turned[0] < turned[1])


def test_limit_of_an_excess_says_that_zero_is_excluded(capsys):
    _, out, _ = run(capsys, "limit", "xenon1t", "mu_mu", "--m4", "0.01")
    assert "zero is excluded at 1 of 1 masses" in out


def test_limit_as_a_record_of_hepdata(capsys):
    _, out, _ = run(capsys, "limit", "coherent-csi", "mu_mu", "--m4", "0.01,60", "--format", "yaml")
    record = yaml.safe_load(out)
    assert record["independent_variables"][0]["values"] == [{"value": 0.01}, {"value": 60.0}]


def test_export_writes_a_folder(capsys, tmp_path):
    folder = tmp_path / "new"
    status, out, err = run(capsys, "export", str(folder), "--experiment", "cr51-cevns-ge")
    assert (status, err) == (0, "")  # no progress where nobody looks
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert out.startswith(f"{len(files)} files in ")
    status, _, err = run(capsys, "export", str(folder), "--experiment", "cr51-cevns-ge")
    assert status == 2
    assert "needs a new or an empty folder" in err


def test_progress_is_shown_to_a_terminal_only(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert list(_progress(["a", "b"])) == ["a", "b"]
    assert "\r1/2 a" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "smearing"], "'smearing' is not name=value"),
        (
            ["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "colour=red"],
            "has no option 'colour'; there are",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "smearing=3"], "takes True or False, not 3"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "order=8.5"], "a whole number of Gauss points"),
        (
            ["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "order=8", "--option", "order=9"],
            "given twice",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--delta", "0"], "lambda_14, lambda_24 and lambda_34 only"),
        (["limit", "coherent-csi", "lambda_14", "--m4", "1", "--delta", "nan"], "a finite number of radians"),
        (["limit", "xenon1t", "lambda_14", "--m4", "1", "--delta", "0"], "no phase is left"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "-1e-3"], "masses must be finite and not negative"),
        (["export", "no-such-folder", "--experiment", "tex"], "no experiment 'tex'"),
        (["export", "."], "needs a new or an empty folder"),
        (["export", "/dev/null/x", "--experiment", "cr51-cevns-ge"], "cannot write /dev/null/x"),
        (["events", "coherent-cs"], "no experiment 'coherent-cs'; there are coherent-csi"),
        (["limit", "coherent-csi", "mu_x", "--m4", "1"], "no coupling 'mu_x'"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "-1"], "masses must be finite and not negative"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "nan"], "masses must be finite and not negative"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1:2"], "neither start:stop:number nor a list"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "0:50:10"], "a geometric range starts above zero"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1:2:99999999999"], "a range has 1 to 100000 masses"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--cl", "1.5"], "lies between 0 and 1"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--dof", "3"], "one or two degrees of freedom"),
        (["limit", "coherent-csi", "mu_mu"], "--m4"),
        (["events", "coherent-csi", "--coupling", "mu_mu"], "all three"),
        (
            ["events", "coherent-csi", "--coupling", "mu_mu", "--value", "1e-9", "--m4", "nan"],
            "finite and not negative",
        ),
        (["limit", "texono+texono", "mu_e", "--m4", "1"], "cannot combine texono twice"),
        (["coefficients", "x"], "invalid choice"),
        (["nonsense"], "invalid choice"),
        (["events", "coherent-csi", "--output", "/no/such/folder/x.csv"], "cannot write /no/such/folder/x.csv"),
        (["events", "coherent-csi", "--coupling", "mu_mu", "--value", "1e200", "--m4", "1"], "none of this world"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1e200"], "below 1e+09 MeV"),
        (["scan", "texono", "--axis", "m_4"], "is not name=start:stop:number or name=value,value"),
        (["scan", "texono", "--axis", "delta=0:x:3", "--axis", "m_4=1"], "is neither start:stop:number nor a list"),
        (["scan", "texono", "--axis", "m_4=1", "--axis", "m_4=2"], "each axis of a scan is given once"),
        (["scan", "texono", "--axis", "lambda_14=1e-10"], "a scan needs the axis 'm_4'"),
        ([], "required"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(capsys, arguments, message):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_a_scan_finds_the_smallest_chi_square(capsys, tmp_path):
    path = str(tmp_path / "scan.npy")
    axes = ["--axis", "m_4=0.1,1", "--axis", "lambda_14=1e-10:1e-8:3", "--axis", "zeta_24=0:3:4"]
    status, out, err = run(capsys, "scan", "cr51-cevns-si", *axes, "--file", path, "--workers", "1")
    assert (status, err) == (0, "")
    assert out.startswith("24 points, the smallest chi-square at\nm_4 = 1\nzeta_24 = 0\nlambda_14 = 1e-10\nchi2 = ")
    status, again, _ = run(capsys, "scan", "cr51-cevns-si", *axes, "--file", path, "--workers", "1")
    assert again == out
    axes[1] = "m_4=0.1,2"
    status, _, err = run(capsys, "scan", "cr51-cevns-si", *axes, "--file", path, "--workers", "1")
    assert status == 2
    assert "holds another scan" in err


def test_mass_ranges_are_geometric():
    values = masses("0.001:10:5")
    assert values[1] / values[0] == pytest.approx(10)
    assert list(masses("1,2")) == [1, 2]


def test_module_runs_in_a_shell():
    done = subprocess.run([sys.executable, "-m", "companion", "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "COHERENT-CsI" in done.stdout


def test_a_combination_in_a_scan_reads_as_in_a_limit(capsys):
    axes = ("--axis", "m_4=1", "--axis", "lambda_14=1e-9", "--workers", "1")
    joined = run(capsys, "scan", "coherent-csi+coherent-lar", *axes)
    assert joined == run(capsys, "scan", "coherent-csi", "coherent-lar", *axes)
    assert joined[0] == 0


@pytest.mark.parametrize(
    ("error", "status"), [(MemoryError(), 2), (ArithmeticError("no minimum"), 2), (KeyboardInterrupt(), 130)]
)
def test_what_ends_a_command_is_one_line(capsys, monkeypatch, error, status):
    def fail(*_):
        raise error

    monkeypatch.setattr(main_module, "_run", fail)
    found, out, err = run(capsys, "list")
    assert (found, out, err.count("\n")) == (status, "", 1)
