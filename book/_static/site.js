/* What scrolls by itself can be reached by the keyboard, a figure opens alone, to be enlarged on a phone, and what folds has a name. */
"use strict";

(function () {
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
  }

  addEventListener("DOMContentLoaded", () => {
    enlarge();
    name();
  });
  addEventListener("load", () => {
    reach();
    // formulas are set after the page has come
    const set = globalThis.MathJax && MathJax.startup && MathJax.startup.promise;
    if (set) set.then(reach);
  });
  addEventListener("resize", reach);
})();
