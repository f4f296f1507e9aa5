/* Today's limits: curves to switch on and off, and the picture as it stands to take away. Numbers: data.js. */
"use strict";

(function () {
  const SVG = "http://www.w3.org/2000/svg";
  const SYMBOLS = {
    mu_e: ["μ", "ν", "", "e"], mu_mu: ["μ", "ν", "", "μ"], mu_tau: ["μ", "ν", "", "τ"],
    lambda_14: ["|λ̃", "14", "|"], lambda_24: ["|λ̃", "24", "|"], lambda_34: ["|λ̃", "34", "|"],
  };
  const HEIGHT = 0.72;
  const SMALLEST = 300;
  const GROUND = { light: "#ffffff", dark: "#121212" };
  const INK = { light: "#1a1a1a", dark: "#f0f0f0" };
  const SHADE = { light: "#ededed", dark: "#2c2c2c" };

  const data = globalThis.TODAY;
  const root = document.getElementById("today");
  if (!root) return;
  if (!data) {
    root.textContent = "The numbers of this figure are missing; the downloads below have them.";
    return;
  }

  const state = { coupling: "mu_mu", shown: {}, shade: true, about: false };
  for (const [coupling, panel] of Object.entries(data.couplings)) {
    state.shown[coupling] = new Set(panel.curves.filter((c) => data.layers[c.layer].shown).map((c) => c.name));
  }

  const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  const panel = () => data.couplings[state.coupling];
  const isShown = (curve) => state.shown[state.coupling].has(curve.name);

  /** An element with attributes and children. */
  function make(name, attributes = {}, children = [], space = null) {
    const element = space ? document.createElementNS(space, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  const draw = (name, attributes, children = []) => make(name, attributes, children, SVG);

  /** The symbol of a coupling, its index lower and smaller. */
  function symbol(coupling, html) {
    const [head, low, tail = "", lower = ""] = SYMBOLS[coupling];
    if (html) return [head, make("sub", {}, [low, ...(lower ? [make("sub", {}, [lower])] : [])]), tail];
    const index = [draw("tspan", { dy: 4, "font-size": "75%" }, [low])];
    if (lower) index.push(draw("tspan", { dy: 3, "font-size": "60%" }, [lower]));
    return [head, ...index, draw("tspan", { dy: lower ? -7 : -4 }, [tail + " [μ", draw("tspan", { dy: 4, "font-size": "75%" }, ["B"])]),
      draw("tspan", { dy: -4 }, ["]"])];
  }

  /** A number as people write it: 1.75·10⁻¹¹. */
  function written(value) {
    const [digits, exponent] = value.toExponential(2).split("e");
    const raised = { "-": "⁻", "+": "" };
    return digits + "·10" + Array.from(exponent, (c) => raised[c] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("");
  }

  // -------------------------------------------------------------------------------------------------------------------
  // the picture

  function scales(width) {
    const box = { left: 62, right: width - 12, top: 12, bottom: Math.round(Math.max(HEIGHT * width, SMALLEST)) - 48 };
    const [x0, x1] = [data.lightest, panel().heaviest].map(Math.log10);
    const [y0, y1] = [data.bottom, data.top].map(Math.log10);
    return {
      box,
      x: (m) => box.left + ((Math.log10(m) - x0) / (x1 - x0)) * (box.right - box.left),
      y: (v) => box.bottom - ((Math.log10(v) - y0) / (y1 - y0)) * (box.bottom - box.top),
      mass: (px) => 10 ** (x0 + ((px - box.left) / (box.right - box.left)) * (x1 - x0)),
    };
  }

  /** A path through the points of a curve, interrupted where there is no limit. */
  function path(curve, to) {
    let text = "", open = false;
    curve.m_4.forEach((m, k) => {
      const value = curve.value[k];
      if (value === null) {
        // the last piece before an edge goes straight up, out of the panel
        if (open) text += `V${to.box.top - 50}`;
        open = false;
        return;
      }
      text += `${open ? "L" : "M"}${to.x(m).toFixed(1)},${to.y(value).toFixed(1)}`;
      open = true;
    });
    return text;
  }

  function shading(to) {
    const { m_4, value } = panel().excluded;
    const parts = [];
    let part = [];
    const close = () => {
      if (part.length > 1) parts.push(part);
      part = [];
    };
    m_4.forEach((m, k) => (value[k] === null ? close() : part.push([to.x(m), to.y(value[k])])));
    close();
    const top = to.box.top;
    return parts.map((p) => `M${p[0][0]},${top}${p.map(([x, y]) => `L${x.toFixed(1)},${y.toFixed(1)}`).join("")}` +
      `L${p[p.length - 1][0]},${top}Z`).join("");
  }

  function axes(to, ink, narrow) {
    const group = draw("g", { stroke: ink, fill: ink, "stroke-width": 0.8 });
    const line = (x1, y1, x2, y2) => group.append(draw("line", { x1, y1, x2, y2 }));
    const label = (x, y, text, anchor) => group.append(
      draw("text", { x, y, "text-anchor": anchor, stroke: "none", "font-size": 13 }, text));
    const { left, right, top, bottom } = to.box;
    line(left, bottom, right, bottom);
    line(left, top, left, bottom);
    const ends = (low, high) => [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const power = (n) => ["10", draw("tspan", { dy: -6, "font-size": "75%" }, [String(n).replace("-", "−")])];
    const [x0, x1] = ends(data.lightest, panel().heaviest);
    for (let n = x0; n <= x1; n += 1) {
      line(to.x(10 ** n), bottom, to.x(10 ** n), bottom - 7);
      if (!narrow || (n - x0) % 2 === 0) label(to.x(10 ** n), bottom + 20, power(n), "middle");
    }
    const [y0, y1] = ends(data.bottom, data.top);
    for (let n = y0; n <= y1; n += 1) {
      line(left, to.y(10 ** n), left + 7, to.y(10 ** n));
      label(left - 5, to.y(10 ** n) + 5, power(n), "end");
    }
    const middle = (top + bottom) / 2;
    label((left + right) / 2, bottom + 40, ["sterile mass m", draw("tspan", { dy: 4, "font-size": "75%" }, ["4"]),
      draw("tspan", { dy: -4 }, [" [MeV]"])], "middle");
    const vertical = draw("text", {
      transform: `translate(15 ${middle}) rotate(-90)`, "text-anchor": "middle", stroke: "none", "font-size": 13,
    }, symbol(state.coupling, false));
    group.append(vertical);
    return group;
  }

  function picture(width) {
    const to = scales(width), look = theme(), height = to.box.bottom + 48, dark = look === "dark" ? 1 : 0;
    const svg = draw("svg", {
      xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
      "font-family": "system-ui, sans-serif",
    });
    const listed = panel().curves.filter(isShown);
    const names = listed.map((curve) => curve.label).join(", ");
    const title = `Upper limits on ${SYMBOLS[state.coupling].join("")} against the sterile mass, both on logarithmic axes.`;
    svg.setAttribute("aria-label", `${title} Shown: ${names || "no curve"}.`);
    const inside = { x: to.box.left, y: to.box.top, width: to.box.right - to.box.left };
    svg.append(
      draw("clipPath", { id: "today-panel" }, [draw("rect", { ...inside, height: to.box.bottom - to.box.top })]),
      draw("rect", { width, height, fill: GROUND[look] }));
    const curves = draw("g", { "clip-path": "url(#today-panel)", fill: "none", "stroke-linejoin": "round" });
    if (state.shade) curves.append(draw("path", { d: shading(to), fill: SHADE[look], id: "today-shade" }));
    const tags = draw("g", { "font-size": 12, "text-anchor": "middle", "paint-order": "stroke" });
    for (const curve of listed) {
      const layer = data.layers[curve.layer], colour = curve.inks[dark];
      curves.append(draw("path", {
        d: path(curve, to), stroke: colour, "stroke-width": layer.width, "data-name": curve.name,
        "stroke-dasharray": layer.dashes.map((length) => length * layer.width).join(" ") || "none",
      }, [draw("title", {}, [curve.label])]));
      if (curve.tag) {
        tags.append(draw("text", {
          x: to.x(curve.tag[0]), y: to.y(curve.tag[1]) + 4, fill: colour, stroke: GROUND[look], "stroke-width": 4,
        }, [String(curve.number)]));
      }
    }
    svg.append(curves, axes(to, INK[look], width < 520), tags);
    return { svg, to };
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what is asked of a mass

  /** The lowest level of a curve at a mass, between its points in both logarithms; null beside it. */
  function level(curve, mass) {
    let lowest = null;
    for (let k = 0; k + 1 < curve.m_4.length; k += 1) {
      const [a, b, low, high] = [curve.m_4[k], curve.m_4[k + 1], curve.value[k], curve.value[k + 1]];
      if (low === null || high === null || (mass - a) * (mass - b) > 0 || a === b) continue;
      const share = Math.log(mass / a) / Math.log(b / a);
      const here = low * (high / low) ** share;
      if (lowest === null || here < lowest) lowest = here;
    }
    return lowest;
  }

  function tell(mass) {
    const measured = panel().curves.filter((c) => isShown(c) && ["later", "paper", "others"].includes(c.layer));
    const found = measured.map((c) => [level(c, mass), c.label]).filter(([value]) => value !== null);
    found.sort((a, b) => a[0] - b[0]);
    const where = `At ${mass < 1 ? (1e3 * mass).toPrecision(3) + " keV" : mass.toPrecision(3) + " MeV"}`;
    readout.textContent = found.length
      ? `${where} the lowest measured limit shown is ${written(found[0][0])} μB (${found[0][1]}).`
      : `${where} no measured limit is shown.`;
  }

  // -------------------------------------------------------------------------------------------------------------------
  // controls

  const choice = make("fieldset", { class: "today-couplings" }, [make("legend", {}, ["Coupling, one at a time"])]);
  for (const coupling of Object.keys(data.couplings)) {
    const radio = make("input", { type: "radio", name: "today-coupling", value: coupling });
    radio.checked = coupling === state.coupling;
    radio.addEventListener("change", () => {
      state.coupling = coupling;
      list();
      show();
    });
    choice.append(make("label", {}, [radio, " ", ...symbol(coupling, true)]));
  }
  const place = make("div", { class: "today-plot" });
  const readout = make("p", { class: "today-readout", role: "status" }, ["Touch or point at the figure to read a limit."]);
  const switches = make("div", { class: "today-switches" });
  const buttons = make("div", { class: "today-buttons" });
  root.append(choice, place, readout, buttons, switches);

  function sample(curve) {
    const layer = data.layers[curve.layer];
    return draw("svg", { width: 34, height: 10, "aria-hidden": "true" }, [draw("line", {
      x1: 1, x2: 33, y1: 5, y2: 5, stroke: curve.inks[theme() === "dark" ? 1 : 0], "stroke-width": layer.width,
      "stroke-dasharray": layer.dashes.map((length) => length * layer.width).join(" ") || "none",
    })]);
  }

  function list() {
    switches.replaceChildren();
    const shade = make("input", { type: "checkbox", id: "today-shade-switch" });
    shade.checked = state.shade;
    shade.addEventListener("change", () => {
      state.shade = shade.checked;
      show();
    });
    switches.append(make("label", { class: "today-curve" }, [shade, " shaded: excluded by one of the measured limits"]));
    const about = make("input", { type: "checkbox", id: "today-about-switch" });
    about.checked = state.about;
    about.addEventListener("change", () => {
      state.about = about.checked;
      list();
      document.getElementById("today-about-switch").focus();
    });
    switches.append(make("label", { class: "today-curve" }, [about, " tell the confidence level and the source of each curve"]));
    for (const [name, layer] of Object.entries(data.layers)) {
      const curves = panel().curves.filter((curve) => curve.layer === name);
      if (!curves.length) continue;
      const all = make("input", { type: "checkbox", "data-layer": name });
      const boxes = curves.map((curve) => {
        const box = make("input", { type: "checkbox", "data-curve": curve.name });
        box.checked = isShown(curve);
        box.addEventListener("change", () => {
          state.shown[state.coupling][box.checked ? "add" : "delete"](curve.name);
          mark();
          show();
        });
        return box;
      });
      const mark = () => {
        const number = boxes.filter((box) => box.checked).length;
        all.checked = number === boxes.length;
        all.indeterminate = number > 0 && number < boxes.length;
      };
      all.addEventListener("change", () => {
        for (const [k, curve] of curves.entries()) {
          boxes[k].checked = all.checked;
          state.shown[state.coupling][all.checked ? "add" : "delete"](curve.name);
        }
        mark();
        show();
      });
      mark();
      switches.append(make("fieldset", {}, [
        make("legend", {}, [make("label", {}, [all, " ", layer.title])]),
        ...curves.map((curve, k) => make("label", { class: "today-curve", title: `${curve.about}; ${curve.sources}` },
          [boxes[k], " ", sample(curve), ` ${curve.number} ${curve.label}`,
            ...(state.about ? [make("small", {}, [`${curve.about}; ${curve.sources}`])] : [])])),
      ]));
    }
  }

  let to = null;

  function show() {
    const drawn = picture(Math.max(Math.floor(place.clientWidth), 280));
    to = drawn.to;
    place.replaceChildren(drawn.svg);
  }

  place.addEventListener("pointermove", (event) => {
    const x = event.clientX - place.getBoundingClientRect().left;
    if (to && x >= to.box.left && x <= to.box.right) tell(to.mass(x));
  });

  // -------------------------------------------------------------------------------------------------------------------
  // to take away

  function save(blob, ending) {
    const link = make("a", { href: URL.createObjectURL(blob), download: `limits-${state.coupling}-${theme()}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  /** The picture with a list of its curves below, which stands alone. */
  function standing() {
    const width = 800, { svg } = picture(width), look = theme();
    const listed = panel().curves.filter(isShown), first = Number(svg.getAttribute("height")) + 10;
    const height = first + 18 * Math.ceil(listed.length / 2) + 8;
    svg.setAttribute("height", height);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.querySelector("rect[fill]").setAttribute("height", height);
    listed.forEach((curve, k) => {
      const layer = data.layers[curve.layer], x = 62 + (k % 2) * 370, y = first + 18 * Math.floor(k / 2);
      svg.append(
        draw("line", {
          x1: x, x2: x + 30, y1: y, y2: y, stroke: curve.inks[look === "dark" ? 1 : 0], "stroke-width": layer.width,
          "stroke-dasharray": layer.dashes.map((length) => length * layer.width).join(" ") || "none",
        }),
        draw("text", { x: x + 38, y: y + 4, "font-size": 12, fill: INK[look] }, [`${curve.number} ${curve.label}`]));
    });
    return svg;
  }

  function button(text, action) {
    const made = make("button", { type: "button" }, [text]);
    made.addEventListener("click", action);
    buttons.append(made);
  }
  button("Save this view as SVG", () =>
    save(new Blob([new XMLSerializer().serializeToString(standing())], { type: "image/svg+xml" }), "svg"));
  button("Save this view as PNG", () => {
    const svg = standing(), image = new Image(), scale = 2;
    image.onload = () => {
      const canvas = make("canvas", { width: scale * image.width, height: scale * image.height });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, "png"));
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  });

  list();
  show();
  new ResizeObserver(show).observe(place);
  new MutationObserver(() => {
    list();
    show();
  }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  root.dataset.ready = "yes";
})();
