/* The page of the book around the explorer: its height, its light or dark theme, and the point in the address. */
"use strict";

(function () {
  const frame = document.getElementById("explorer-frame");
  const tellTheme = () =>
    frame.contentWindow.postMessage({ explorer: "theme", theme: document.documentElement.dataset.theme }, "*");

  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || !event.data) return;
    if (event.data.explorer === "hello") tellTheme();
    if (event.data.explorer === "height") frame.style.height = event.data.height + 2 + "px";
    if (event.data.explorer === "link") {
      try {
        history.replaceState(null, "", event.data.hash || location.pathname + location.search);
      } catch {
        // a page from a disk may not be allowed to
      }
    }
  });
  new MutationObserver(tellTheme).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  frame.src = frame.dataset.src + (location.hash.includes("=") ? location.hash : "");
})();
