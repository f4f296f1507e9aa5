"""The command line, as a shell sees it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from companion.__main__ import main, masses


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


def test_events_with_a_signal(capsys):
    status, out, _ = run(
        capsys, "events", "coherent-csi", "--coupling", "mu_mu", "--value", "2e-9", "--m4", "0.01", "--format", "json"
    )
    assert status == 0
    columns = json.loads(out)["columns"]
    assert len(columns["dipole"]) == 12
    assert columns["observed"] == [9, 11, 24, 25, 21, 17, 5, 10, 6, 0, 5, 9]


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
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
