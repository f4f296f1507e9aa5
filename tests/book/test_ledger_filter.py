"""The filter of the ledger's page, moved in a browser."""

import os
from pathlib import Path

import pytest
from browser import Browser, needs_browser

SCRIPT = Path(__file__).resolve().parents[2] / "book" / "_static" / "ledger.js"

ROW = "<tr><td>Eq. ({0})<br><strong>{1}</strong></td><td>{2}<details><summary>more</summary>{3}</details></td></tr>"


def section(title, *rows):
    head = "<thead><tr><th>where, and the verdict</th><th>what</th></tr></thead>"
    body = "".join(ROW.format(*row) for row in rows)
    return f"<section><h2>{title}</h2><table>{head}<tbody>{body}</tbody></table></section>"


PAGE = (
    "<main><section><h1>The ledger</h1><div id='ledger-filter'></div>"
    + section("Section 1", (1, "reproduced", "photon mass", "zero"), (2, "differs", "photon charge", "none"))
    + section("Section 2", (3, "differs", "neutrino mass", "small"))
    + "<section><h2>Other</h2><table><tbody><tr><td>no row</td></tr></tbody></table></section>"
    + f"</section></main><script src='{SCRIPT.as_uri()}'></script>"
)

SET = """
const form = document.querySelector("#ledger-filter form");
const [verdict, section] = form.querySelectorAll("select");
const words = form.querySelector("input");
[[verdict, "change"], [section, "change"], [words, "input"]].forEach(([control, event], k) => {
  control.value = arguments[0][k];
  control.dispatchEvent(new Event(event));
});
return [
  [...document.querySelectorAll("tbody tr")].filter((row) => row.offsetParent)
    .map((row) => row.textContent.slice(4, 7)),
  [...document.querySelectorAll("h2")].filter((title) => title.offsetParent).map((title) => title.textContent),
  document.querySelector("[role=status]").textContent,
];
"""
FOLD = """
document.querySelector("#ledger-filter button").click();
const button = document.querySelector("#ledger-filter button");
return [document.querySelectorAll("details[open]").length, button.textContent, button.getAttribute("aria-pressed")];
"""


@pytest.mark.slow(reason="starts a browser")
@needs_browser
def test_rows_are_filtered_and_opened(tmp_path):
    os.environ.setdefault("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    page = tmp_path / "ledger.html"
    page.write_text(PAGE, encoding="utf-8")
    browser = Browser(tmp_path / "profile")
    try:
        browser("POST", "/url", {"url": page.as_uri()})
        rows, titles, told = browser.run(SET, ["", "", ""])
        assert rows[:3] == ["(1)", "(2)", "(3)"]
        assert told == "3 of 3 rows"
        assert titles == ["Section 1", "Section 2", "Other"]
        rows, titles, told = browser.run(SET, ["differs", "", ""])
        assert (rows[:2], told) == (["(2)", "(3)"], "2 of 3 rows")
        rows, titles, told = browser.run(SET, ["differs", "Section 2", ""])
        assert (rows[:1], titles, told) == (["(3)"], ["Section 2", "Other"], "1 of 3 rows")
        rows, titles, told = browser.run(SET, ["", "", "MASS photon"])
        assert (rows[:1], titles, told) == (["(1)"], ["Section 1", "Other"], "1 of 3 rows")
        assert browser.run(SET, ["", "", "nothing of this"])[2] == "0 of 3 rows"
        assert browser.run(FOLD) == [3, "Close all details", "true"]
        assert browser.run(FOLD) == [0, "Open all details", "false"]
    finally:
        browser.close()
