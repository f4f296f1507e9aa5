"""The command line, as a shell sees it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib import resources

import pytest
import yaml

from companion import cli, collection, experiments, limits
from companion.__main__ import main
from companion.cli import completion
from companion.cli.arguments import SHELLS, joined, masses
from companion.cli.commands import COMMANDS
from companion.couplings import COUPLINGS
from companion.experiments.catalogue import TITLES


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
    assert experiments.load("coherent-csi").options.changed() == {}
    moved, said = value("mu_mu", "--option", "smearing=false", "--option", "form_factor=helm")
    assert said == "COHERENT-CsI: form_factor = helm, smearing = False"
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


def test_export_writes_a_folder(capsys, tmp_path, monkeypatch):
    # all couplings of this experiment are exported in test_collection
    monkeypatch.setattr(collection, "EXPORTED", ("mu_e",))
    folder = tmp_path / "new"
    status, out, err = run(capsys, "export", str(folder), "--experiment", "cr51-cevns-ge")
    assert (status, err) == (0, "")  # no progress where nobody looks
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert out.startswith(f"{len(files)} files in ")
    status, _, err = run(capsys, "export", str(folder), "--experiment", "cr51-cevns-ge")
    assert status == 2
    assert "needs a new or an empty folder" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "smearing"], "'smearing' is not name=value"),
        (
            ["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "colour=red"],
            "has no option 'colour'; there are",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "smearing=3"], "takes True or False, not 3"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "order=8.5"], "takes a whole number, not 8.5"),
        (
            ["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "order=8", "--option", "order=9"],
            "given twice",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--delta", "0"], "does not matter to mu_mu in COHERENT-CsI"),
        (["limit", "coherent-csi", "lambda_14", "--m4", "1", "--delta", "nan"], "a finite number is needed, not 'nan'"),
        (["limit", "xenon1t", "lambda_14", "--m4", "1", "--delta", "0"], "does not matter to lambda_14 in XENON1T"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "-1e-3"], "masses must be finite and not negative"),
        (["limit", "coherent-csi", "--m4", "1"], "on one coupling (mu_e, mu_mu"),
        (["limit", "coherent-csi", "mu_e", "--all", "--m4", "1"], "on one coupling (mu_e, mu_mu"),
        (
            ["limit", "coherent-csi", "lambda_14", "--m4", "1", "--free", "--delta", "0"],
            "--free leaves the phases free",
        ),
        (["limit", "coherent-csi+cenns-750", "mu_mu", "--m4", "1"], "on the command line --with-projections"),
        (["limit", "coherent-csi+coherent-lar", "mu_mu", "--m4", "1", "--option", "order=8"], "coherent-csi.order="),
        (
            ["limit", "coherent-csi", "mu_mu", "--m4", "1", "--option", "texono.order=8"],
            "belongs to none of coherent-csi",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--plot", "x.txt"], "ends in .png, .pdf, .svg"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--output", "x.png"], "a figure does with --plot"),
        (
            ["limit", "coherent-csi", "mu_mu", "--m4", "1", "--output", "x.csv", "--format", "json"],
            "holds csv, not json",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--output", "."], "it is a folder"),
        (["limit", "no\udcffsuch", "mu_mu", "--m4", "1"], "no experiment 'no\\udcffsuch'"),
        (["list", "no-such"], "no experiment 'no-such'"),
        (["list", "--include", "no-such.py"], "is no Python file"),
        (["interval", "coherent-csi", "--m4", "1"], "an interval or a region is of one coupling"),
        (["events", "coherent-csi", "--delta", "0"], "belongs to a coupling"),
        (["scan", "texono", "--axis", "m_4=1", "--file", "/no/such/x.npy"], "cannot write /no/such/x.npy"),
        (["ledger", "--output", "/no/such/x.csv"], "cannot write /no/such/x.csv"),
        (["export", "no-such-folder", "--experiment", "tex"], "no experiment 'tex'"),
        (["export", "."], "needs a new or an empty folder"),
        (["export", "/dev/null/x", "--experiment", "cr51-cevns-ge"], "cannot write /dev/null/x"),
        (["events", "coherent-cs"], "no experiment 'coherent-cs'; there are coherent-csi"),
        (["limit", "coherent-csi", "mu_x", "--m4", "1"], "no coupling 'mu_x'"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "-1"], "masses must be finite and not negative"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "nan"], "the numbers must be finite"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1:2"], "neither start:stop:number nor a list"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "0:50:10"], "a geometric range starts above zero"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1:2:99999999999"], "a range has 1 to 100000 values"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--cl", "1.5"], "lies between 0 and 1"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--dof", "3"], "one or two degrees of freedom"),
        (["limit", "coherent-csi", "mu_mu"], "--m4"),
        (["events", "coherent-csi", "--coupling", "mu_mu"], "all three"),
        (
            ["events", "coherent-csi", "--coupling", "mu_mu", "--value", "1e-9", "--m4", "nan"],
            "a finite number is needed",
        ),
        (["limit", "texono+texono", "mu_e", "--m4", "1"], "cannot combine texono twice"),
        (["coefficients", "x"], "invalid choice"),
        (["nonsense"], "invalid choice"),
        (["events", "coherent-csi", "--output", "/no/such/folder/x.csv"], "cannot write /no/such/folder/x.csv"),
        (
            ["events", "coherent-csi", "--coupling", "mu_mu", "--value", "1e200", "--m4", "1"],
            "far above anything physical",
        ),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1e200"], "below 1e+09 MeV"),
        (["scan", "texono", "--axis", "m_4"], "is not name=start:stop:number or name=value,value"),
        (["scan", "texono", "--axis", "delta=0:x:3", "--axis", "m_4=1"], "is neither start:stop:number nor a list"),
        (["limit", "coherent-csi", "mu_mu", "--m4", "1", "--beside", "texono"], "say where with --plot FILE"),
        (
            ["limit", "coherent-csi", "--all", "--m4", "1", "--beside", "coherent-lar", "--plot", "x.png"],
            "cannot be given with --all",
        ),
        (["scan", "texono", "--axis", "m_4=1", "--plot", "x.txt"], "ends in .png, .pdf, .svg"),
        (["scan", "texono", "--axis", "m_4=1", "--workers", "1", "--plot", "x.png"], "an axis with several values"),
        (["region", "xenon1t", "--m4", "0.01:0.3:5"], "an interval or a region is of one coupling"),
        (["completion", "tcsh"], "invalid choice"),
        (["scan", "texono", "--axis", "m_4=1", "--axis", "m_4=2"], "each axis of a scan is given once"),
        (["scan", "texono", "--axis", "lambda_14=1e-10"], "a scan needs the axis 'm_4'"),
        (["scan", "texono", "--axis", "m_4=1", "--axis", "lambda_14=1e150"], "1e+150; a modulus is at most 1e+06 mu_B"),
        (["limit", "--experiment", "coherent-csi", "mu_mu", "--m4", "1"], "coherent-csi is the name of an experiment"),
        (["limit", "--include", "texono+coherent-csi", "mu_mu", "--m4", "1"], "is the name of an experiment"),
        (["limit", "--experiment", "coherent-cs", "mu_mu", "--m4", "1"], "cannot read coherent-cs: No such file"),
        (
            [
                "limit",
                "coherent-csi-2021",
                "mu_mu",
                "--m4",
                "1",
                "--option",
                "in_flight=0.01",
                "--option",
                "pion_energy_MeV=1e-40",
            ],
            "a pion of 1e-40 MeV is too slow",
        ),
        (["limit", "coherent-csi+", "--m4", "1"], "no experiment ''; there are coherent-csi"),
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
    assert "it differs in axes; choose another file" in err


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
    ("error", "status"),
    [(MemoryError(), 2), (ArithmeticError("no minimum"), 2), (OSError(5, "Input/output error"), 2),
     (RecursionError(), 2),
     (KeyboardInterrupt(), 130)],
)  # fmt: skip
def test_what_ends_a_command_is_one_line(capsys, monkeypatch, error, status):
    def fail(*_):
        raise error

    monkeypatch.setitem(cli.main.__globals__["COMMANDS"], "list", fail)
    found, out, err = run(capsys, "list")
    assert (found, out, err.count("\n")) == (status, "", 1)


# ---- more of what the commands can do


def test_titles_of_the_list_are_those_of_the_experiments():
    assert tuple(TITLES) == experiments.names()[: len(TITLES)]
    for name, title in TITLES.items():
        assert experiments.load(name).title == title


def test_one_of_the_list_shows_options_data_and_sources(capsys):
    status, out, _ = run(capsys, "list", "xenonnt")
    assert status == 0
    options = experiments.load("xenonnt").options.table()
    assert options
    for name, _, _, _, meaning in options:
        (line,) = [line for line in out.splitlines() if line.startswith(f"  {name} = ")]
        assert meaning in line
    for source in experiments.load("xenonnt").sources:
        assert source in out
    status, out, _ = run(capsys, "list", "coherent-csi + texono", "--format", "json")
    assert set(json.loads(out)["columns"]["experiment"]) == {"coherent-csi", "texono"}
    assert list(json.loads(run(capsys, "list", "--format", "json")[1])["columns"]["name"]) == list(TITLES)


@pytest.mark.parametrize(
    "words",
    [["coherent-csi+coherent-lar"], ["coherent-csi + coherent-lar"], ["coherent-csi", "+", "coherent-lar"],
     ["coherent-csi+", "coherent-lar"], ["coherent-csi", "+coherent-lar"]],
)  # fmt: skip
def test_names_are_joined_with_and_without_blanks(capsys, words):
    status, out, _ = run(capsys, "limit", *words, "mu_mu", "--m4", "1", "--format", "json")
    assert status == 0
    exact = limits.upper_limit("coherent-csi+coherent-lar", "mu_mu", 1.0)
    assert json.loads(out)["columns"]["limit"] == [pytest.approx(float(exact), rel=1e-9)]


def test_a_limit_on_every_coupling(capsys):
    status, out, _ = run(
        capsys, "limit", "xenon1t", "--all", "--m4", "0.01", "--confidence", "0.95", "--format", "json"
    )
    assert status == 0
    columns = json.loads(out)["columns"]
    assert list(columns) == ["m_4", *COUPLINGS]
    exact = limits.upper_limit("xenon1t", "mu_tau", 0.01, confidence=0.95)
    assert columns["mu_tau"] == [pytest.approx(float(exact), rel=1e-9)]


def test_all_other_moments_free(capsys):
    alone = run(capsys, "limit", "texono", "lambda_14", "--m4", "1", "--format", "json")[1]
    status, out, _ = run(capsys, "limit", "texono", "lambda_14", "--m4", "1", "--free", "--format", "json")
    assert status == 0
    document = json.loads(out)
    assert document["columns"]["limit"] == ["inf"]
    assert document["kind"] == "SURROGATE, not data"
    assert "cancel" in document["blind"]
    assert isinstance(json.loads(alone)["columns"]["limit"][0], float)


def test_projections_are_joined_if_asked_for(capsys):
    status, out, _ = run(
        capsys, "limit", "coherent-csi+cenns-750", "mu_mu", "--m4", "1", "--with-projections",
        "--option", "cenns-750.exposure_factor=2", "--format", "json",
    )  # fmt: skip
    assert status == 0
    document = json.loads(out)
    assert document["kind"] == "projection, changed"
    assert document["options"] == "CENNS-750: exposure_factor = 2"


def test_the_ending_of_a_file_says_its_format(capsys, tmp_path):
    for ending, start in (
        (".csv", "# title"),
        (".json", "{"),
        (".yaml", "independent_variables"),
        (".txt", "# COHERENT"),
    ):
        path = tmp_path / f"x{ending}"
        assert run(capsys, "limit", "coherent-csi", "mu_mu", "--m4", "1", "--output", str(path))[0] == 0
        assert path.read_text(encoding="utf-8").startswith(start)
    path = tmp_path / "x.png"
    status, out, _ = run(capsys, "interval", "xenon1t", "mu_mu", "--m4", "0.01,0.1", "--plot", str(path))
    assert (status, out) == (0, "")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_written_is_said_before_the_work(capsys, monkeypatch):
    def never(*_):
        raise AssertionError("the work has begun")

    for command, arguments in (("ledger", []), ("limit", ["coherent-csi", "mu_mu", "--m4", "1"])):
        monkeypatch.setitem(cli.main.__globals__["COMMANDS"], command, never)
        status, _, err = run(capsys, command, *arguments, "--output", "/no/such/x.csv")
        assert status == 2
        assert err.startswith("companion: cannot write /no/such/x.csv")


def test_a_whole_number_may_have_a_point(capsys):
    limit = ("limit", "coherent-csi", "mu_mu", "--m4", "1", "--format", "json", "--option")
    assert run(capsys, *limit, "order=30")[1] == run(capsys, *limit, "order=30.0")[1]


def test_a_region_has_the_global_minimum(capsys):
    status, out, _ = run(capsys, "region", "xenon1t", "mu_e", "--m4", "0.01:0.3:12", "--format", "json")
    assert status == 0
    document = json.loads(out)
    exact = limits.contour("xenon1t", "mu_e", masses("0.01:0.3:12"), dof=2)
    assert document["confidence"] == "90 % C.L., 2 degrees of freedom"
    assert f"{exact.best:.3e} mu_B" in document["minimum"]


def pictures(monkeypatch):
    """The axes of every figure that is written."""
    from companion import plot

    seen, save = [], plot.save

    def kept(ax, file, form, **options):
        seen.append(ax)
        save(ax, file, form, **options)

    monkeypatch.setattr(plot, "save", kept)
    return seen


def test_several_experiments_and_a_curve_in_one_figure(capsys, monkeypatch, tmp_path):
    limit = ["limit", "coherent-csi", "mu_mu", "--m4", "0.1,1,10"]
    own = tmp_path / "own.csv"
    assert run(capsys, "limit", "coherent-lar", *limit[2:], "--output", str(own))[0] == 0
    seen = pictures(monkeypatch)
    beside = ["--beside", "coherent-lar", "--beside", "coherent-csi+coherent-lar", "--curve", str(own)]
    for ending in (".png", ".pdf", ".svg"):
        status, out, err = run(capsys, *limit, *beside, "--plot", str(tmp_path / f"x{ending}"))
        assert (status, out, err) == (0, "", "")
    drawn = [line.get_ydata() for line in seen[0].lines]
    assert len(drawn) == 4
    assert drawn[1] == pytest.approx(limits.upper_limit("coherent-lar", "mu_mu", [0.1, 1, 10]))
    assert drawn[2] == pytest.approx(limits.upper_limit("coherent-csi+coherent-lar", "mu_mu", [0.1, 1, 10]))
    assert drawn[3] == pytest.approx(drawn[1], rel=1e-9)


def test_a_scan_draws_its_first_two_axes(capsys, monkeypatch, tmp_path):
    seen = pictures(monkeypatch)
    axes = ["--axis", "m_4=0.1,1", "--axis", "lambda_14=1e-11:1e-8:5", "--axis", "zeta_24=0:3:3", "--workers", "1"]
    status, out, _ = run(capsys, "scan", "cr51-cevns-si", *axes, "--plot", str(tmp_path / "x.svg"))
    assert status == 0
    assert out.startswith("30 points, the smallest chi-square at")
    assert (seen[0].get_xlabel(), seen[0].get_ylabel()) == ("m_4 [MeV]", "lambda_14 [mu_B]")
    axes[1] = "m_4=1"
    assert run(capsys, "scan", "cr51-cevns-si", *axes[:4], "--workers", "1", "--plot", str(tmp_path / "y.png"))[0] == 0
    (line,) = seen[1].lines
    least = min(line.get_ydata())
    assert least == 0
    strong = experiments.load("cr51-cevns-si").chi2("lambda_14", [1e-11, 1e-8], 1.0)
    assert line.get_ydata()[-1] - line.get_ydata()[0] == pytest.approx(strong[1] - strong[0], rel=1e-6)


@pytest.mark.parametrize("spelling", ["--include", "--experiment"])
def test_a_file_is_included_and_meant_in_one_way(capsys, tmp_path, spelling):
    silicon = resources.files("companion").parent / "book" / "examples" / "silicon.toml"
    status, out, _ = run(capsys, "limit", spelling, str(silicon), "mu_e", "--m4", "0.01", "--format", "json")
    assert status == 0
    assert json.loads(out)["columns"]["limit"][0] > 0
    status, out, _ = run(capsys, "limit", "cr51-cevns-ge", "mu_e", spelling, str(silicon), "--m4", "0.01")
    assert status == 0
    assert "Ge" in out.splitlines()[0]


def test_an_option_after_a_plus_stays_an_option():
    assert joined(["limit", "texono+", "--m4", "1"]) == ["limit", "texono+", "--m4", "1"]
    assert joined(["limit", "texono", "+", "lz", "mu_e"]) == ["limit", "texono+lz", "mu_e"]


def test_a_file_is_meant_only_where_a_command_takes_one_experiment(capsys):
    """As its help says: 'scan' names its experiments itself."""
    for command, meant in (("scan", False), ("export", False), ("list", False), ("limit", True), ("region", True)):
        text = " ".join(run(capsys, command, "--help")[1].split())
        assert "a .toml file that describes one" in text
        assert ("which is meant where none is named" in text) == meant


@pytest.mark.parametrize("command", ["limit", "interval", "region"])
def test_an_infinite_end_has_its_reason(capsys, command):
    blind = "inf: 60 MeV is not below the largest mass that can be made and seen, 52.82 MeV"
    out = run(capsys, command, "coherent-csi", "mu_mu", "--m4", "1,40,60")[1]
    assert blind in out
    assert "inf" in out.splitlines()[-1]
    assert "inf" not in run(capsys, command, "coherent-csi", "mu_mu", "--m4", "1,20,40")[1]


# ---- as a shell sees it


def shell(command):
    """Exit status of a command and its standard error."""
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


LIST = f"{sys.executable} -m companion list"


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (f"{LIST} > /dev/full", 2, "cannot write to the standard output: No space left on device"),
        (f"{LIST} --help > /dev/full", 2, "No space left on device"),
        (f"{LIST} >&-", 2, "the standard output is closed"),
        (f"{LIST} | true", 0, ""),
        (f"{LIST} --nonsense 2>&-", 2, ""),
        (f"{LIST} --nonsense 2> /dev/full", 2, ""),
        (f"{LIST} --output /dev/full", 2, "cannot write /dev/full: No space left on device"),
        (f"PYTHONIOENCODING=ascii {LIST} texono", 0, ""),
        (f"{LIST} $'\\xff'", 2, "no experiment"),
    ],
)
def test_no_state_of_a_pipe_makes_a_traceback(command, status, said):
    found, err = shell(command)
    assert (found, len(err.splitlines())) == (status, 1 if said else 0)
    assert said in err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("companion sc", {"scan"}),
        ("companion limit coherent-csi mu_m", {"mu_mu"}),
        ("companion limit coherent-l", {"coherent-lar"}),
        ("companion region --pl", {"--plot"}),
        ("companion events --form", {"--format"}),
        ("companion coefficients ta", {"tau"}),
        ("companion completion f", {"fish"}),
    ],
)
def test_bash_completes_what_the_parser_knows(capsys, tmp_path, typed, offered):
    (tmp_path / "bash").write_text(run(capsys, "completion", "bash")[1])
    words = typed.split()
    setting = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}"
    script = f"source {tmp_path / 'bash'}; {setting}; _companion; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_a_completion_names_every_command(capsys, shell):
    status, out, _ = run(capsys, "completion", shell)
    assert status == 0
    for command in COMMANDS:
        assert f" {command}" in out
    assert set(completion.COUPLINGS) == set(COUPLINGS)
    program = shutil.which(shell)
    if program is not None:
        # the shell reads it without a complaint
        assert subprocess.run([program, "-n"], input=out, capture_output=True, text=True, check=False).returncode == 0


def test_a_list_loads_no_numerical_library():
    script = "import sys; from companion.__main__ import main; main(['list']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "COHERENT-CsI" in done.stdout
    assert not {"numpy", "scipy", "matplotlib", "sympy"} & set(done.stderr.split())


def test_a_limit_loads_neither_figures_nor_algebra():
    script = "import sys; from companion.__main__ import main; main(['limit', 'coherent-csi', 'mu_mu', '--m4', '0.01'])"
    script += "; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"matplotlib", "sympy", "scipy.stats", "scipy.optimize", "scipy.sparse", "scipy.interpolate"}
    assert not (heavy | {"companion.phases"}) & set(done.stderr.split())


def test_the_face_has_few_names_and_every_one_works():
    import companion

    assert len(dir(companion)) <= 20
    for name in dir(companion):
        assert getattr(companion, name) is not None
    assert float(companion.upper_limit("coherent-csi", "mu_mu", 0.01)) == float(
        companion.limit("coherent-csi", "mu_mu", 0.01).value[0]
    )
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        companion.nothing  # noqa: B018
