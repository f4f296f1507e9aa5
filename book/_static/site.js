/* What scrolls by itself can be reached by the keyboard, a figure opens alone, to be enlarged on a phone, what folds has a name, and
   what belongs together stays on one line. */
"use strict";

(function () {
  /* Letters up to which a cell of a table is not broken: a name with a hyphen, a head with its unit. */
  const SHORT = 16;
  const BOXES = "mjx-container, table, pre, .cell_output, .highlight, .pst-scrollable-table-container, .text_html, dl.py p";

  function reach() {
    for (const box of document.querySelectorAll(BOXES)) {
      const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth + 1;
      if (scrolls && !box.hasAttribute("tabindex")) {
        box.tabIndex = 0;
        box.dataset.reached = "";
      } else if (!scrolls && box.dataset.reached === "") {
        box.removeAttribute("tabindex");
        delete box.dataset.reached;
      }
    }
  }

  function enlarge() {
    for (const picture of document.querySelectorAll(".bd-article figure img")) {
      if (picture.closest("a")) continue;
      const link = document.createElement("a");
      link.href = picture.currentSrc || picture.src;
      link.className = "figure-alone";
      link.setAttribute("aria-label", "The figure alone: " + picture.alt);
      picture.replaceWith(link);
      link.append(picture);
    }
  }

  function name() {
    // the theme draws an arrow here and nothing that could be read out
    for (const fold of document.querySelectorAll("nav details > summary:not([aria-label])")) {
      const page = fold.closest("li")?.querySelector("a");
      if (page && !fold.textContent.trim()) fold.setAttribute("aria-label", "Pages below " + page.textContent.trim());
    }
    // the names of buttons must be what is seen on them: pictures are none, and the field for searching says more than its label
    for (const icon of document.querySelectorAll(".theme-switch-button :is(i, svg)")) {
      icon.removeAttribute("title");
      icon.removeAttribute("aria-labelledby");
      icon.querySelector("title")?.remove();
      icon.setAttribute("aria-hidden", "true");
    }
    for (const field of document.querySelectorAll(".search-button-field")) field.removeAttribute("aria-label");
  }

  /* A number keeps its per cent sign and its power of ten, a short cell of a table its words. */
  function together() {
    const article = document.querySelector(".bd-article");
    if (!article) return;
    const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (text.data.includes(" %") && !text.parentElement.closest("pre, code, textarea, script, style")) text.data = text.data.replaceAll(" %", "\u00a0%");
    }
    for (const power of article.querySelectorAll("span.math")) {
      const number = power.previousSibling;
      // as it is written, or already set
      if (!/^(\\\(\\cdot|\u22c5)/.test(power.textContent.trim()) || number?.nodeType !== Node.ELEMENT_NODE) continue;
      const line = document.createElement("span");
      line.className = "one-line";
      power.before(line);
      line.append(number, power);
    }
    // letters that touch a formula: the point behind it, the element of an isotope, the brackets of a unit
    for (const formula of article.querySelectorAll("span.math, .one-line:has(> .math)")) {
      if (formula.parentElement.matches(".one-line")) continue;
      const [before, after] = [formula.previousSibling, formula.nextSibling];
      const front = before?.nodeType === Node.TEXT_NODE ? before.data.match(/[^\s]{0,16}$/)[0] : "";
      const end = after?.nodeType === Node.TEXT_NODE ? after.data.match(/^[^\s]{0,16}/)[0] : "";
      if (!front && !end) continue;
      const line = document.createElement("span");
      line.className = "close-by";
      formula.before(line);
      if (front) before.data = before.data.slice(0, -front.length);
      if (end) after.data = after.data.slice(end.length);
      line.append(front, formula, end);
    }
    for (const cell of article.querySelectorAll("th, td")) {
      const words = cell.cloneNode(true);
      for (const formula of words.querySelectorAll(".math")) formula.textContent = "mu_B";
      if (words.textContent.trim().length <= SHORT) cell.classList.add("one-line");
    }
  }

  /* Cells of tables that a phone shows row by row carry the head of their column. */
  function stack() {
    for (const table of document.querySelectorAll(".tag_stacked table")) {
      const heads = [...table.querySelectorAll("thead th")];
      table.setAttribute("role", "table");
      for (const group of table.querySelectorAll("thead, tbody")) group.setAttribute("role", "rowgroup");
      for (const head of heads) head.setAttribute("role", "columnheader");
      for (const row of table.querySelectorAll("tr")) {
        row.setAttribute("role", "row");
        for (const [k, cell] of [...row.querySelectorAll("td")].entries()) {
          cell.setAttribute("role", "cell");
          if (k && heads[k]) cell.dataset.head = heads[k].textContent.trim();
          // on a phone the lines of a cell run on
          for (const end of cell.querySelectorAll("br")) end.after(" ");
        }
      }
    }
  }

  addEventListener("DOMContentLoaded", () => {
    enlarge();
    name();
    stack();
    together();
  });
  addEventListener("load", () => {
    reach();
    // the theme turns its icons into pictures when it likes, and again when they change
    name();
    const again = new MutationObserver(name);
    for (const button of document.querySelectorAll(".theme-switch-button")) again.observe(button, { childList: true, subtree: true });
    // formulas are set after the page has come
    const set = globalThis.MathJax && MathJax.startup && MathJax.startup.promise;
    if (set) set.then(reach);
  });
  addEventListener("resize", reach);
})();
