"""Every page of the built book, on a phone, light and dark: nothing too wide, too faint, or out of reach.

The rules are those of WCAG 2 (AA) that a page can break without anybody seeing it.  ``make book``, then ``make pages``.
"""

from pathlib import Path

import pytest
from browser import Browser, needs_browser

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in [*SITE.glob("book/*.html"), *SITE.glob("genindex.html")])

LOOK = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const bright = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;
function ground(element) {
  for (let one = element; one; one = one.parentElement) {
    const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
    if (a === 1) return [r, g, b];
  }
  return [255, 255, 255];
}
const brief = (element) => `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 40)}`;
const problems = [];
const article = document.querySelector("article");
for (const element of article.querySelectorAll("*")) {
  if (element.closest("mjx-container, svg, iframe") && element.tagName !== "MJX-CONTAINER") continue;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  if (!box.width || style.visibility === "hidden") continue;
  if ([...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) {
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const [one, other] = [bright(parse(style.color)), bright(ground(element))];
    const contrast = Math.max(one, other) / Math.min(one, other);
    if (contrast < (large ? 3 : 4.5) && parseFloat(style.opacity) === 1)
      problems.push(`contrast ${contrast.toFixed(2)}: ${brief(element)}`);
  }
  const scrolls = /auto|scroll/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
  if (scrolls && element.tabIndex < 0 && !element.querySelector("a[href], button, input, [tabindex='0']"))
    problems.push(`out of the keyboard's reach: ${brief(element)}`);
  if (element.tagName === "IMG" && !element.alt) problems.push(`no alternative text: ${element.src}`);
}
for (const summary of document.querySelectorAll("summary"))
  if (!(summary.textContent.trim() || summary.ariaLabel)) problems.push("something that folds has no name");
for (const named of document.querySelectorAll("a[aria-label], button[aria-label]")) {
  const seen = named.innerText.trim().replace(/\\s+/g, " ").toLowerCase();
  if (!named.ariaLabel.toLowerCase().includes(seen)) problems.push(`the name leaves out what is seen: ${brief(named)}`);
}
for (const wrong of document.querySelectorAll("mjx-merror")) problems.push(`no formula: ${brief(wrong)}`);
if (document.documentElement.scrollWidth > innerWidth)
  problems.push(`${document.documentElement.scrollWidth} px on a screen of ${innerWidth}`);
const foot = document.querySelector(".extra_footer, footer.bd-footer");
if (!/Version .* of \\d{4}-/.test(foot.textContent))
  problems.push("no version at its foot");
return problems;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("pages") / "profile")
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})
    yield browser
    browser.close()


def found(browser, address, theme):
    # before any script of the page, some of which write what they find
    chosen = f"for (const name of ['mode', 'theme']) localStorage.setItem(name, '{theme}');"
    script = {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": chosen}}
    added = browser("POST", "/goog/cdp/execute", script)
    browser("POST", "/url", {"url": address})
    browser("POST", "/goog/cdp/execute", {"cmd": "Page.removeScriptToEvaluateOnNewDocument", "params": added})
    browser("POST", "/execute/async", {"script": (
        "const done = arguments[0], set = globalThis.MathJax?.startup?.promise ?? Promise.resolve();"
        "set.then(() => setTimeout(done, 100));"
    ), "args": []})  # fmt: skip
    assert browser.run("return document.documentElement.dataset.theme") == theme
    return browser.run(LOOK)


@pytest.mark.skipif(not PAGES, reason="the book has not been built: make book")
@needs_browser
@pytest.mark.parametrize("page", PAGES)
def test_page(browser, page):
    for theme in ("light", "dark"):
        assert found(browser, (SITE / page).as_uri(), theme) == [], theme


FAULTY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title><script>
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "light";</script></head><body><article>
<p style="color: #999">faint</p><img src="data:,"  width="9" height="9"><details><summary></summary></details>
<div style="overflow-x: auto; width: 99px"><div style="width: 500px">wide</div></div>
<div style="width: 500px">wider</div><button aria-label="Go">Stop</button><mjx-merror>x</mjx-merror>
</article><footer class="bd-footer">Version</footer></body></html>"""


@needs_browser
def test_faults_are_found(browser, tmp_path):
    (tmp_path / "faulty.html").write_text(FAULTY, encoding="utf-8")
    problems = found(browser, (tmp_path / "faulty.html").as_uri(), "light")
    for what in (
        "contrast 2.8",
        "keyboard's reach",
        "no alternative",
        "no name",
        "leaves out",
        "no formula",
        "px on a screen",
        "no version",
    ):
        assert any(what in problem for problem in problems), what
