"""Today's limits: files and page hold what the package computes, and the switches work."""

import csv
import json
import re
import shutil
import zipfile
from html.parser import HTMLParser

import chapters
import numpy as np
import pytest
from _lib import today
from browser import Browser, needs_browser

from companion import data, experiments, limits, published, results

pytestmark = pytest.mark.slow(reason="computes all curves on a coupling and draws them; one test starts a browser")

PAGE = chapters.BOOK / "_static" / "today"

COUPLING = "mu_mu"


@pytest.fixture(scope="module")
def panel():
    return today.panel(COUPLING, 30)


@pytest.fixture(scope="module")
def written(panel, tmp_path_factory):
    """The files of one coupling, and the page with its numbers."""
    folder = tmp_path_factory.mktemp("today")
    today.write({COUPLING: panel}, folder / "exports", folder / "page")
    for name in ("today.js", "today.css"):
        shutil.copyfile(PAGE / name, folder / "page" / name)
    (folder / "page" / "index.html").write_text(
        '<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">'
        '<link rel="stylesheet" href="today.css"><div id="today"></div>'
        '<script src="data.js"></script><script src="today.js"></script></html>',
        encoding="utf-8",
    )
    return folder


def rows(text):
    """Rows of a CSV text, without its header, by nothing of the package."""
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def archive(folder):
    with zipfile.ZipFile(folder / "exports" / "limits-today.zip") as packed:
        return {name.removeprefix("limits-today/"): packed.read(name) for name in packed.namelist()}


def page_data(folder):
    text = (folder / "page" / "data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("globalThis.TODAY = ").removesuffix(";\n"))


def expected(name, m_4):
    """The limit of a curve at its masses, from the package or from the table of the published curve."""
    if name in experiments.names():
        return limits.upper_limit(name, COUPLING, m_4)
    table = data.table(f"limits/curves/{name}")
    drawn = table["mu"] if "mu" in table.columns else published.from_d(table["d"])
    np.testing.assert_allclose(table["m_4"], m_4, rtol=1e-6)
    return drawn


def test_every_curve_is_there(panel):
    seeing = {name for name in experiments.names() if experiments.load(name).maximum_mass(COUPLING)}
    others = {*published.LABORATORY["mu"], *published.ASTROPHYSICS["mu"]}
    assert {line.name for line in panel.lines} == seeing | others
    assert len(panel.lines) == len(seeing | others)
    assert {line.layer for line in panel.lines} == set(today.LAYERS) - {"surrogate"}
    assert {line.layer for line in today.panel("lambda_14", 30).lines} >= {"surrogate", "projection"}


def test_the_tables_hold_the_limits_of_the_package(panel, written):
    found = rows((written / "exports" / f"today-{COUPLING}.csv").read_text(encoding="utf-8"))
    packed = archive(written)
    for line in panel.lines:
        mine = [row for row in found if row["curve"] == line.name]
        m_4, limit = (np.array([float(row[column]) for row in mine]) for column in ("m_4", "limit"))
        np.testing.assert_allclose(limit, expected(line.name, m_4), rtol=1e-5, err_msg=line.name)
        alone = rows(packed[f"curves/{COUPLING}/{line.name}.csv"].decode())
        np.testing.assert_allclose([float(row["limit"]) for row in alone], limit, rtol=1e-5)
    assert {row["layer"] for row in found if row["curve"] == "cenns-750"} == {"projection"}


def numbers(values):
    return np.array([np.inf if value is None else value for value in values])


def test_the_page_holds_the_limits_of_the_package(panel, written):
    drawn = page_data(written)["couplings"][COUPLING]
    for line, curve in zip(panel.lines, drawn["curves"], strict=True):
        assert (curve["name"], curve["layer"]) == (line.name, line.layer)
        np.testing.assert_allclose(numbers(curve["m_4"]), line.m_4, rtol=1e-5)
        # masses are rounded on the page, which matters next to an edge
        np.testing.assert_allclose(numbers(curve["value"]), expected(line.name, line.m_4), rtol=1e-5, err_msg=line.name)


def test_shaded_is_what_was_measured_and_nothing_else(panel, written):
    shade = page_data(written)["couplings"][COUPLING]["excluded"]
    grid = panel.excluded.m_4
    measured = [line for line in panel.lines if line.layer in ("later", "paper", "others")]
    lowest = np.fmin.reduce([results.level(line.m_4, line.value, grid) for line in measured])
    np.testing.assert_allclose(numbers(shade["value"]), np.where(np.isnan(lowest), np.inf, lowest), rtol=1e-5)
    projected = [results.level(line.m_4, line.value, grid) for line in panel.lines if line.layer == "projection"]
    assert np.any(np.fmin.reduce(projected) < lowest), "the comparison can fail"


def test_the_archive_stands_alone(panel, written):
    packed = archive(written)
    index = rows(packed["index.csv"].decode())
    assert [row["file"] for row in index] == [f"curves/{COUPLING}/{line.name}.csv" for line in panel.lines]
    entries = set(re.findall(r"^@\w+\{([^,]+),", packed["citations.bib"].decode(), re.MULTILINE))
    for row in index:
        assert row["cite"], row
        assert set(row["cite"].split()) <= entries, row
    assert {
        f"figures/today-{COUPLING}-{theme}.{form}" for theme in ("light", "dark") for form in ("pdf", "svg", "png")
    } <= set(packed)
    text = packed["README.txt"].decode()
    assert "SURROGATE AND PROJECTION EXCLUDE NOTHING" in text
    assert all(layer.partition("-")[0] in text for layer in today.LAYERS)


def test_two_runs_write_the_same_archive(panel, written, tmp_path):
    today.write({COUPLING: panel}, tmp_path / "exports", tmp_path / "page")
    again, before = archive(tmp_path), archive(written)
    assert [name for name in before if again[name] != before[name]] == []


def test_best_is_the_lowest_measured_limit():
    table = today.best(("mu_e",), (0.0, 0.01, 10.0))
    measured = [e for e in map(experiments.load, experiments.names()) if not (e.projected or e.surrogate)]
    for row in table.rows():
        values = {e.title: float(limits.upper_limit(e, "mu_e", row["m_4"])) for e in measured if e.maximum_mass("mu_e")}
        del values["COHERENT-CsI"]
        first, second = sorted(values, key=values.get)[:2]
        assert (row["from"], row["next from"]) == (first, second)
        np.testing.assert_allclose([row["limit"], row["next"]], [values[first], values[second]], rtol=1e-9)
    # chromium would be lower, and does not count
    assert float(limits.upper_limit("cr51-lxe-c", "mu_e", 0.01)) < table["limit"][1]


def test_labels_lie_on_their_curves_and_not_on_each_other(panel):
    placed = [(line, tag) for line, tag in zip(panel.lines, today.tags(panel), strict=True) if tag is not None]
    assert len(placed) > 15
    inches = []
    for line, (m_4, value) in placed:
        # a curve may turn back in mass, so that we ask for the nearest of its pieces
        x, y = np.log(line.m_4), np.log(np.where(np.isfinite(line.value), line.value, np.nan))
        t = np.linspace(0, len(x) - 1, 20 * len(x))
        distance = np.hypot(
            np.interp(t, range(len(x)), x) - np.log(m_4), np.interp(t, range(len(x)), y) - np.log(value)
        )
        assert np.nanmin(distance) < 0.05, line.name
        inches.append([np.log(m_4 / today.LIGHT) / np.log(panel.heaviest / today.LIGHT) * today.PANEL[0],
                       np.log(value / today.BOTTOM) / np.log(today.TOP / today.BOTTOM) * today.PANEL[1]])  # fmt: skip
    shown = [k for k, (line, _) in enumerate(placed) if today.LAYERS[line.layer].shown]
    for k in shown:
        for other in shown:
            if k < other:
                assert np.max(np.abs(np.subtract(inches[k], inches[other]))) > 0.5 * today.TAG


class References(HTMLParser):
    """Addresses that a page asks for."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_asks_the_network_for_nothing():
    text = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("today.*"))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|//cdn", text)
    assert re.findall(r"https?://[^\"']+", text) == ["http://www.w3.org/2000/svg"], "a name, not an address"
    page = References()
    raw = (chapters.BOOK / "today.md").read_text(encoding="utf-8")
    page.feed(raw)
    assert [one for one in page.found if one and not one.startswith("../_static/today/")] == []


SHOWN = "return [...document.querySelectorAll('#today .today-plot path[data-name]')].map((path) => path.dataset.name);"
BOX = "document.querySelector(arguments[0]).click();"


@needs_browser
def test_switches_in_a_browser(panel, written, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        browser("POST", "/url", {"url": (written / "page" / "index.html").as_uri()})
        assert browser.run("return document.getElementById('today').dataset.ready") == "yes"
        first = browser.run(SHOWN)
        assert first == [line.name for line in panel.lines if today.LAYERS[line.layer].shown]

        # one curve off, one layer on, and off again
        browser.run(BOX, "[data-curve=xenonnt]")
        assert browser.run(SHOWN) == [name for name in first if name != "xenonnt"]
        browser.run(BOX, "[data-layer=projection]")
        assert set(browser.run(SHOWN)) == {*first, "cenns-750"} - {"xenonnt"}
        browser.run(BOX, "[data-layer=projection]")
        browser.run(BOX, "[data-curve=xenonnt]")
        assert browser.run(SHOWN) == first
        label = browser.run("return document.querySelector('#today .today-plot svg').getAttribute('aria-label')")
        assert "XENONnT" in label
        assert "CENNS-750" not in label

        # where each curve comes from, for those who have no pointer to hold over a name
        told = "return [...document.querySelectorAll('#today small')].map((about) => about.textContent);"
        assert browser.run(told) == []
        browser.run(BOX, "#today-about-switch")
        assert browser.run(told) == [f"{line.convention}; {line.sources}" for line in panel.lines]
        browser.run(BOX, "#today-about-switch")
        assert browser.run(told) == []

        # the shade, and the colours of the night
        assert browser.run("return !!document.getElementById('today-shade')")
        browser.run(BOX, "#today-shade-switch")
        assert not browser.run("return !!document.getElementById('today-shade')")
        line = "return document.querySelector('path[data-name=xenonnt]').getAttribute('stroke')"
        assert browser.run(line) == "#000000"
        browser.run("document.documentElement.dataset.theme = 'dark'")
        assert browser.run(line) == "#FFFFFF"

        # the height of a curve on the screen is that of its limit
        place = browser.run(
            "const path = document.querySelector('path[data-name=xenonnt]').getAttribute('d');"
            "const box = document.querySelector('#today-panel rect');"
            "return [path.match(/^M[^,]+,([^L]+)L/)[1], box.getAttribute('y'), box.getAttribute('height')].map(Number);"
        )
        value = float(limits.upper_limit("xenonnt", COUPLING, today.LIGHT))
        share = np.log(value / today.BOTTOM) / np.log(today.TOP / today.BOTTOM)
        assert place[0] == pytest.approx(place[1] + place[2] * (1 - share), abs=0.2)

        # what is read at a mass
        browser.run(
            "const plot = document.querySelector('.today-plot'), at = plot.getBoundingClientRect();"
            "plot.dispatchEvent(new PointerEvent('pointermove', { clientX: at.left + 100, bubbles: true }));"
        )
        told = browser.run("return document.querySelector('.today-readout').textContent")
        assert "XENONnT" in told
        assert "1.7" in told
    finally:
        browser.close()
