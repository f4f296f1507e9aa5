/* Filters for the tables of the ledger: by verdict, by section, by words. The page is complete without them. */
(function () {
  "use strict";

  /** The rows of the ledger, each with its verdict, section and text. */
  function collect(main) {
    const rows = [];
    main.querySelectorAll("table").forEach(function (table) {
      const head = table.querySelector("th");
      if (!head || !head.textContent.trim().startsWith("where, and the verdict")) {
        return;
      }
      const section = table.closest("section");
      const title = section ? section.querySelector("h2") : null;
      table.querySelectorAll("tbody tr").forEach(function (element) {
        const verdict = element.querySelector("td strong");
        rows.push({
          element: element,
          section: section,
          title: title ? title.firstChild.textContent.trim() : "",
          verdict: verdict ? verdict.textContent.trim() : "",
          text: element.textContent.toLowerCase(),
        });
      });
    });
    return rows;
  }

  /** A label with a control in it. */
  function labelled(text, control) {
    const label = document.createElement("label");
    label.append(text + " ", control);
    return label;
  }

  /** A list of choices, the first of which is all. */
  function choice(all, names) {
    const select = document.createElement("select");
    [all].concat(names).forEach(function (name, index) {
      const option = document.createElement("option");
      option.value = index === 0 ? "" : name;
      option.textContent = name;
      select.append(option);
    });
    return select;
  }

  function start() {
    const place = document.getElementById("ledger-filter");
    const rows = collect(document.querySelector("main") || document.body);
    if (!place || rows.length === 0) {
      return;
    }
    const names = function (key) {
      return Array.from(new Set(rows.map((row) => row[key])));
    };
    const verdict = choice("all verdicts", names("verdict"));
    const section = choice("all sections", names("title"));
    const words = document.createElement("input");
    words.type = "search";
    const unfold = document.createElement("button");
    unfold.type = "button";
    unfold.textContent = "Open all details";
    unfold.setAttribute("aria-pressed", "false");
    const shown = document.createElement("p");
    shown.setAttribute("role", "status");

    function apply() {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      const used = new Set();
      let number = 0;
      rows.forEach(function (row) {
        const fits =
          (!verdict.value || row.verdict === verdict.value) &&
          (!section.value || row.title === section.value) &&
          wanted.every((word) => row.text.includes(word));
        row.element.hidden = !fits;
        if (fits) {
          number += 1;
          used.add(row.section);
        }
      });
      new Set(rows.map((row) => row.section)).forEach(function (part) {
        if (part) {
          part.hidden = !used.has(part);
        }
      });
      shown.textContent = number + " of " + rows.length + " rows";
    }

    unfold.addEventListener("click", function () {
      const open = unfold.getAttribute("aria-pressed") !== "true";
      rows.forEach(function (row) {
        row.element.querySelectorAll("details").forEach(function (fold) {
          fold.open = open;
        });
      });
      unfold.setAttribute("aria-pressed", String(open));
      unfold.textContent = open ? "Close all details" : "Open all details";
    });
    [verdict, section].forEach((control) => control.addEventListener("change", apply));
    words.addEventListener("input", apply);
    const form = document.createElement("form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.append(labelled("Verdict", verdict), labelled("Section", section), labelled("Words", words), unfold);
    place.append(form, shown);
    apply();
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
