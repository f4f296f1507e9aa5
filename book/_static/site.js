/* What scrolls by itself can be reached by the keyboard, and a figure opens alone, to be enlarged on a phone. */
"use strict";

(function () {
  const BOXES = "mjx-container, table, pre, .cell_output, .highlight, .pst-scrollable-table-container, .text_html";

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

  addEventListener("DOMContentLoaded", enlarge);
  addEventListener("load", () => {
    reach();
    // formulas are set after the page has come
    const set = globalThis.MathJax && MathJax.startup && MathJax.startup.promise;
    if (set) set.then(reach);
  });
  addEventListener("resize", reach);
})();
