"""The explorer computes what the package computes: under node, and in a browser whose sliders are moved."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browser import Browser, needs_browser

from companion import experiments, limits
from companion.couplings import Effective, Mixing, Moments
from companion.mixing import mixing_matrix
from companion.phases import blind_directions
from companion.statistics import delta_chi2

BOOK = Path(__file__).resolve().parents[1] / "book"
_spec = importlib.util.spec_from_file_location("explorer_data", BOOK / "_scripts" / "explorer_data.py")
explorer_data = importlib.util.module_from_spec(_spec)
# a dataclass looks for its module
sys.modules["explorer_data"] = explorer_data
_spec.loader.exec_module(explorer_data)

AGREEMENT = 1e-3
"""Of a chi-square above that without moments, plus one, and of a limit."""

NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="there is no node here to run the JavaScript of the explorer")

UNITED = """
require("./profile.js"); require("./model.js"); require("./data.js");
const X = globalThis.Explorer, points = JSON.parse(require("fs").readFileSync(0));
const all = X.experiments(EXPLORER_DATA), level = EXPLORER_DATA.levels["90"];
const judged = points.map((p) => Object.fromEntries(all.map((e) => [e.name, e.judge(p, p.m_4, level)])));
const brief = ({ seen, chi2, delta, low, high }) => ({ seen, chi2, delta, low, high: String(high) });
console.log(JSON.stringify({
  judged: judged.map((one) => Object.fromEntries(Object.entries(one).map(([name, j]) => [name, brief(j)]))),
  matrix: points.map((p) => X.mixingMatrix(p.angles, p.phases)),
  blind: points.map((p) => X.blindDirection(p.angles, p.phases)),
  overlap: points.map((p) => X.overlap(X.blindDirection(p.angles, p.phases), X.moments(p))),
}));
"""
TEMPLATES = """
require("./profile.js"); require("./model.js"); require("./data.js");
const one = globalThis.Explorer.experiments(EXPLORER_DATA).find((experiment) => experiment.name === "NAME");
const plain = (key, value) => (value instanceof Float64Array ? Array.from(value) : value);
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0)).map((mass) => one.templates(mass)), plain));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page with fresh numbers, away from the book."""
    copy = tmp_path_factory.mktemp("explorer") / "page"
    ignored = shutil.ignore_patterns("data.js")
    shutil.copytree(BOOK / "_static" / "explorer", copy, ignore=ignored)
    explorer_data.write(copy / "data.js")
    return copy


@pytest.fixture(scope="module")
def loaded():
    return {name: experiments.load(name) for name in experiments.names()}


def mixing(**changed):
    fit = Mixing()
    angles = {name: float(value) for name, value in fit.angles.items()}
    phases = {name: float(value) for name, value in fit.phases.items()}
    for name, value in changed.items():
        (angles if name.startswith("theta") else phases)[name] = value
    return Mixing(angles, phases)


def for_page(coupling, value, m_4):
    """A coupling as the page knows it."""
    chosen = coupling.mixing
    point = {"m_4": m_4, "angles": dict(chosen.angles), "phases": dict(chosen.phases)}
    if isinstance(coupling, Effective):
        return {**point, "kind": "effective", "flavour": coupling.flavour, "value": value}
    vector = value * np.asarray(coupling.vector)
    return {**point, "kind": "moments", "moduli": np.abs(vector).tolist(), "zeta": np.angle(vector).tolist()}


def disagreements(page, loaded, coupling, value, m_4):
    """Where the page and the package differ, in words, and which experiments see the point."""
    wrong, seeing = [], set()
    for name, experiment in loaded.items():
        mine = page[name]
        chi2 = float(experiment.chi2(coupling, value, m_4))
        null = float(experiment.likelihood.chi2(experiment.standard_model()))
        low, high = (float(end) / value for end in limits.interval(experiment, coupling, m_4))
        if not mine["seen"]:
            # blind, or so close to the edge that the limit is more than a thousand times that on a light state
            light = float(limits.upper_limit(experiment, coupling, 1e-3)) / value
            if np.isfinite(high) and high < 500 * light:
                wrong.append(f"{name} sees {m_4} MeV up to {high}")
            continue
        seeing.add(name)
        if not abs(mine["chi2"] - chi2) <= AGREEMENT * (1 + abs(chi2 - null)):
            wrong.append(f"{name}: chi-square {mine['chi2']} for {chi2}")
        if np.isfinite(high):
            best = float(experiment.chi2(coupling, value * high, m_4)) - delta_chi2(0.90)
            if not abs(mine["delta"] - (chi2 - best)) <= AGREEMENT * (1 + chi2 - best):
                wrong.append(f"{name}: difference {mine['delta']} for {chi2 - best}")
        if not (float(mine["high"]) == high or abs(float(mine["high"]) / high - 1) <= AGREEMENT):
            wrong.append(f"{name}: limit {mine['high']} for {high}")
        if not abs(float(mine["low"]) - low) <= AGREEMENT * high:
            wrong.append(f"{name}: lower end {mine['low']} for {low}")
    return wrong, seeing


TURNED = mixing(delta=0.7, theta_14=0.1, theta_24=0.2, theta_34=0.15, delta_14=2.0, delta_34=4.0)
POINTS = [
    (Effective("mu"), 4.7e-11, 1e-3),
    (Moments([1.0, 0.5 - 0.7j, 0.3j], mixing=TURNED), 2e-10, 0.41),
    (Effective("all"), 3e-9, 29.0),
]
"""A light state, and masses between the ends of lines; with and without active-sterile mixing."""


def run(folder, points):
    """What the page makes of some points, under node."""
    given = json.dumps([for_page(*point) for point in points])
    done = subprocess.run([NODE, "-e", UNITED], cwd=folder, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow(reason="tabulates the templates of all experiments")
@needs_node
def test_chi_square_and_limits_are_those_of_the_package(folder, loaded):
    page = run(folder, POINTS)
    seen = set()
    for judged, point in zip(page["judged"], POINTS, strict=True):
        wrong, seeing = disagreements(judged, loaded, *point)
        assert wrong == [], point
        seen |= seeing
    assert seen == set(loaded)
    # the comparison can fail
    coupling, value, m_4 = POINTS[0]
    assert len(disagreements(page["judged"][0], loaded, coupling, 1.01 * value, m_4)[0]) > 3


@needs_node
@pytest.mark.parametrize("name", ["cr51-cevns-ge", "coherent-lar", "xenon1t"])
def test_templates_next_to_the_ends_of_lines(folder, loaded, name):
    experiment = loaded[name]
    rng = np.random.default_rng(20210917)
    ends = np.array(sorted({end for state in experiment.states for end in explorer_data._ends(experiment, state)}))
    close = ends[:, np.newaxis] * (1 + np.outer([-1, 1], 10 ** rng.uniform(-5, -1.5, 8)).ravel())
    masses = np.concatenate([close.ravel(), ends[-1] * 10 ** rng.uniform(-2, 0, 60)])
    script = TEMPLATES.replace("NAME", name)
    done = subprocess.run(
        [NODE, "-e", script], cwd=folder, input=json.dumps(masses.tolist()), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)
    signal, likelihood = experiment.standard_model(), experiment.likelihood
    compared = 0
    for state in experiment.states:
        seen = [k for k, templates in enumerate(page) if templates is not None]
        mine = np.array([page[k][state] for k in seen])
        exact = experiment.dipole(state, masses[seen])
        size = np.sqrt(np.sum((exact / likelihood.sigma) ** 2, axis=-1, keepdims=True))
        there = size[:, 0] > 0
        chi2, expected = (
            likelihood.chi2(signal + 2 * counts[there] / size[there]) - likelihood.chi2(signal)
            for counts in (mine, exact)
        )
        assert np.max(np.abs(chi2 - expected) / (1 + np.abs(expected))) < AGREEMENT
        compared += there.sum()
    assert compared > 50


@needs_node
def test_mixing_and_blind_direction_are_those_of_the_package(folder):
    blind = blind_directions("coherent-csi+texono", 1.0)[:, 0]
    page = run(folder, [*POINTS, (Moments(blind), 1e-9, 5.0), (Effective("tau"), 1e-9, 5.0)])
    for (coupling, _, _), entries in zip(POINTS, page["matrix"], strict=False):
        expected = mixing_matrix(coupling.mixing.angles, coupling.mixing.phases)
        np.testing.assert_allclose(np.array(entries) @ [1, 1j], expected, atol=1e-14)
    for (coupling, _, _), entries in zip(POINTS, page["blind"], strict=False):
        rows = mixing_matrix(coupling.mixing.angles, coupling.mixing.phases)[:2, :3]
        np.testing.assert_allclose(rows.conj() @ (np.array(entries) @ [1, 1j]), 0, atol=1e-14)
    assert page["overlap"][0] == pytest.approx(0, abs=1e-12), "nu_mu sees its own moment"
    assert page["overlap"][-2:] == pytest.approx([1, 1], abs=1e-12)


def test_the_page_is_small_and_asks_the_network_for_nothing(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2e6
    text = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir() if not path.name.startswith("uPlot"))
    assert not re.search(r"https?://|//cdn|fetch\(|XMLHttpRequest|import\(", text)
    assert "MIT" in (folder / "uPlot.LICENSE").read_text(encoding="utf-8")
    page = (folder / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="([^":]+)"', page):
        assert (folder / name).exists(), name


def test_every_experiment_is_there_and_says_what_it_is(folder, loaded):
    text = (folder / "data.js").read_text(encoding="utf-8")
    data = json.loads(text.removeprefix("globalThis.EXPLORER_DATA = ").removesuffix(";\n"))
    assert [one["name"] for one in data["experiments"]] == list(experiments.names())
    for one in data["experiments"]:
        experiment = loaded[one["name"]]
        expected = "surrogate" if experiment.surrogate else "projection" if experiment.projected else "data"
        assert one["kind"] == expected, one["name"]
        assert one["edges"] == {state: experiment.maximum_mass(Effective(state)) if state in "emutau" else max(
            one["edges"].values()) for state in one["states"]}, one["name"]  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# the browser


MOVE = """
for (const [name, value] of Object.entries(arguments[0])) {
  const control = document.getElementById(name);
  control.value = value;
  control.dispatchEvent(new Event("input"));
}
document.body.dataset.ready = "no";
"""
CHOOSE = """
const control = document.getElementById(arguments[0]);
control.value = arguments[1];
control.dispatchEvent(new Event("input"));
control.dispatchEvent(new Event("change"));
document.body.dataset.ready = "no";
"""
READ = """
const rows = [...document.querySelectorAll("#table tbody tr")].map((row) => [row.dataset.name, { ...row.dataset }]);
const fields = [...document.querySelectorAll("input[type=number]")].map((field) => [field.id, Number(field.value)]);
return {
  rows: Object.fromEntries(rows), fields: Object.fromEntries(fields), hash: location.hash,
  verdict: document.getElementById("verdict").textContent,
  curves: JSON.parse(document.getElementById("limits").dataset.curves),
};
"""


def read(browser):
    browser.settled()
    page = browser.run(READ)
    for row in page["rows"].values():
        row.update(seen=row["seen"] == "true", chi2=float(row["chi2"]), delta=float(row["delta"]))
    return page


@pytest.mark.slow(reason="starts a browser, and tabulates the templates of all experiments")
@needs_browser
def test_sliders_in_a_browser(folder, loaded, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        browser("POST", "/url", {"url": (folder / "index.html").as_uri()})
        assert read(browser)["rows"].keys() == loaded.keys()

        # one effective moment of all flavours, which every experiment sees, by its sliders
        browser.run(CHOOSE, "flavour", "all")
        browser.run(MOVE, {"m_4-slider": -1.2, "mu-slider": 1.45})
        page = read(browser)
        fields = page["fields"]
        assert fields["m_4"] == pytest.approx(10**-1.2, rel=1e-3)
        assert fields["mu"] == pytest.approx(10**1.45, rel=1e-3)
        wrong, seeing = disagreements(page["rows"], loaded, Effective("all"), fields["mu"] * 1e-11, fields["m_4"])
        assert wrong == []
        assert seeing == set(loaded)
        assert page["verdict"].startswith("Excluded by")
        for experiment in loaded.values():
            if experiment.projected or experiment.surrogate:
                assert experiment.title not in page["verdict"].split(".")[0], "no data, no exclusion"
        # the limits of every experiment, in panels that together have them all
        drawn = set()
        for panel in ("mu_mu", "mu_e", "lambda_34"):
            browser.run(CHOOSE, "panel", panel)
            for name, points in read(browser)["curves"].items():
                curve = np.array(points[::13]).reshape(-1, 2)
                expected = limits.upper_limit(loaded[name], panel, curve[:, 0])
                np.testing.assert_allclose(curve[:, 1], expected, rtol=AGREEMENT, err_msg=f"{name}, {panel}")
                if len(curve):
                    drawn.add(name)
        assert drawn == set(loaded)

        # a vector with phases and active-sterile mixing, by its sliders
        browser.run("document.querySelector('input[name=kind][value=moments]').click()")
        browser.run(MOVE, {
            "m_4-slider": 0.3, "lambda_14-slider": 1.5, "lambda_24-slider": 2.2, "lambda_34-slider": 1.9,
            "zeta_24-slider": 100, "zeta_34-slider": 215.5, "delta-slider": 40, "theta_24-slider": 8,
            "theta_34-slider": 3,
        })  # fmt: skip
        page = read(browser)
        fields = page["fields"]
        assert (fields["zeta_34"], fields["theta_24"]) == (215.5, 8)
        angle = {name: np.deg2rad(value) for name, value in fields.items()}
        changed = {name: angle[name] for name in ("delta", "theta_14", "theta_24", "theta_34", "delta_14", "delta_34")}
        moduli = [fields["lambda_14"], fields["lambda_24"], fields["lambda_34"]]
        turns = np.exp([0, 1j * angle["zeta_24"], 1j * angle["zeta_34"]])
        coupling = Moments(moduli * turns, mixing=mixing(**changed))
        wrong, seeing = disagreements(page["rows"], loaded, coupling, 1e-11, fields["m_4"])
        assert wrong == []
        assert len(seeing) > 5

        # the link carries the state to another page
        browser("POST", "/url", {"url": "about:blank"})
        browser("POST", "/url", {"url": (folder / "index.html").as_uri() + page["hash"]})
        again = read(browser)
        assert again["fields"] == fields
        assert again["rows"] == page["rows"]
    finally:
        browser.close()
