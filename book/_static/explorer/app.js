/* The page: controls, state, plots. Everything computed is in model.js and profile.js. */
"use strict";

(function () {
  const X = globalThis.Explorer;
  const data = globalThis.EXPLORER_DATA;
  const $ = (id) => document.getElementById(id);
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const embedded = window.parent !== window;
  document.documentElement.classList.toggle("embedded", embedded);
  if (!data || typeof uPlot === "undefined") {
    $("problem").hidden = false;
    $("problem").textContent =
      "The numbers are missing: building the book (make book), or running book/_scripts/explorer_data.py, writes data.js.";
    return;
  }

  const experiments = X.experiments(data);
  const named = Object.fromEntries(experiments.map((one) => [one.name, one]));
  const LEVEL = data.levels["90"];
  const DEGREE = Math.PI / 180;
  const KINDS = { data: "data", projection: "projection", surrogate: "surrogate, not data" };
  const COLOURS = {
    light: [
      "#0072b2", "#d55e00", "#007a5a", "#8e4585", "#a86400", "#00798c", "#b0304f", "#5a6b00", "#444c56", "#5b3fd4",
      "#7a4a2a", "#c2185b",
    ],
    dark: [
      "#56b4e9", "#ff9d5c", "#3ecf9f", "#e39bd0", "#f0c24b", "#4dd0e1", "#ff8fa3", "#c3d14f", "#c9d1d9", "#b3a1ff",
      "#d7ae8d", "#ff80ab",
    ],
  };
  const SIGNAL = { light: "#d55e00", dark: "#ff9d5c" };
  // menus, labels for readers of screens and the canvas hold plain text, for which there is no index mu or tau
  const PANELS = {
    mu_e: ["μ of electron neutrinos", "μ of ν_e", { kind: "effective", flavour: "e" }],
    mu_mu: ["μ of muon neutrinos", "μ of ν_μ", { kind: "effective", flavour: "mu" }],
    mu_tau: ["μ of tau neutrinos", "μ of ν_τ", { kind: "effective", flavour: "tau" }],
    lambda_14: ["|λ₁₄|", "|λ₁₄|", { kind: "moments", moduli: [1, 0, 0] }],
    lambda_24: ["|λ₂₄|", "|λ₂₄|", { kind: "moments", moduli: [0, 1, 0] }],
    lambda_34: ["|λ₃₄|", "|λ₃₄|", { kind: "moments", moduli: [0, 0, 1] }],
  };

  /** A text as pieces for the page, the letter after each underscore as an index. */
  const indexed = (text) => text.split(/_(.)/u).map((part, k) => (k % 2 ? make("sub", { textContent: part }) : part));

  // ------------------------------------------------------------------------------------------------------------------
  // the parameters: moments in 10^-11 mu_B, angles in degrees

  const degrees = (radians) => Math.round((radians / DEGREE) * 1e9) / 1e9;
  const FIT = { delta: degrees(data.phases.delta), theta_14: 0, theta_24: 0, theta_34: 0, delta_14: 0, delta_34: 0 };
  const MOMENT = { unit: "10⁻¹¹ μ_B", min: 0, max: 1e5, from: -2, to: 5, zero: true };
  const ANGLE = { unit: "°", min: 0, max: 360 };
  const FIELDS = {
    m_4: { label: "Mass m₄", unit: "MeV", min: 1e-3, max: 100, from: -3, to: 2, where: "general" },
    lambda_14: { ...MOMENT, label: "|λ₁₄|", where: "of-moments" },
    lambda_24: { ...MOMENT, label: "|λ₂₄|", where: "of-moments" },
    lambda_34: { ...MOMENT, label: "|λ₃₄|", where: "of-moments" },
    zeta_24: { ...ANGLE, label: "phase of λ₂₄ over λ₁₄", where: "of-moments" },
    zeta_34: { ...ANGLE, label: "phase of λ₃₄ over λ₁₄", where: "of-moments" },
    mu: { ...MOMENT, label: "|μ|", where: "of-effective" },
    delta: { ...ANGLE, label: "δ", where: "of-mixing" },
    theta_14: { ...ANGLE, max: 30, label: "θ₁₄", where: "of-mixing" },
    theta_24: { ...ANGLE, max: 30, label: "θ₂₄", where: "of-mixing" },
    theta_34: { ...ANGLE, max: 30, label: "θ₃₄", where: "of-mixing" },
    delta_14: { ...ANGLE, label: "δ₁₄", where: "of-mixing" },
    delta_34: { ...ANGLE, label: "δ₃₄", where: "of-mixing" },
  };
  const START = {
    kind: "effective", flavour: "mu", experiment: "xenon1t" in named ? "xenon1t" : experiments[0].name, panel: "mu_mu", axis: "0",
    m_4: 0.01, lambda_14: 3, lambda_24: 3, lambda_34: 3, zeta_24: 0, zeta_34: 0, mu: 6, ...FIT,
  };
  const ALLOWED = {
    kind: ["moments", "effective"],
    flavour: ["e", "mu", "tau", "all"],
    experiment: Object.keys(named),
    panel: Object.keys(PANELS),
    axis: ["0", "1", "2"],
  };
  const state = { ...START };

  /** Moments of nu_tau alone, as transition moments: the blind direction of beams of nu_e and nu_mu. */
  function blindMoments(size) {
    const direction = X.blindDirection(data.angles, data.phases);
    const turn = Math.atan2(direction[0][1], direction[0][0]);
    const phase = (z) => {
      const angle = degrees(Math.atan2(z[1], z[0]) - turn);
      return angle < 0 ? angle + 360 : angle;
    };
    const size_of = (z) => Number((size * Math.hypot(z[0], z[1])).toPrecision(9));
    return {
      lambda_14: size_of(direction[0]), lambda_24: size_of(direction[1]), lambda_34: size_of(direction[2]),
      zeta_24: phase(direction[1]), zeta_34: phase(direction[2]),
    };
  }

  const effective = (flavour, mu, m_4, experiment) => ({
    kind: "effective", flavour, mu, m_4, experiment, panel: "mu_" + flavour,
  });
  const PRESETS = [
    ["XENON1T best fit", effective("mu", 4.7, 1e-3, "xenon1t")],
    ["Fig. 1: XENON1T", effective("mu", 6, 0.01, "xenon1t")],
    ["Fig. 1: TEXONO", effective("e", 10, 0.01, "texono")],
    ["Fig. 1: ⁵¹Cr–LXe", effective("e", 2, 0.01, "cr51-lxe-a")],
    ["Fig. 2: COHERENT", effective("mu", 200, 0.01, "coherent-csi")],
    ["Fig. 2: ⁵¹Cr CEνNS", effective("e", 2, 0.01, "cr51-cevns-si")],
    ["Blind direction at 5 MeV", {
      kind: "moments", m_4: 5, ...blindMoments(1000), experiment: "xenonnt-b8", panel: "lambda_34",
    }],
  ].filter(([, chosen]) => chosen.experiment in named);

  /** The point of parameter space that the state stands for, in mu_B, MeV and radians. */
  function point() {
    const angles = { ...data.angles };
    for (const name of ["theta_14", "theta_24", "theta_34"]) angles[name] = state[name] * DEGREE;
    const phases = { ...data.phases };
    for (const name of ["delta", "delta_14", "delta_34"]) phases[name] = state[name] * DEGREE;
    if (state.kind === "effective") {
      return { kind: "effective", flavour: state.flavour, value: state.mu * 1e-11, angles, phases };
    }
    const moduli = [state.lambda_14, state.lambda_24, state.lambda_34].map((modulus) => modulus * 1e-11);
    return { kind: "moments", moduli, zeta: [0, state.zeta_24 * DEGREE, state.zeta_34 * DEGREE], angles, phases };
  }

  // ------------------------------------------------------------------------------------------------------------------
  // the link

  function hash() {
    const parts = [];
    for (const [name, value] of Object.entries(state)) {
      if (value !== START[name]) parts.push(name + "=" + encodeURIComponent(value));
    }
    return parts.length ? "#" + parts.join("&") : "";
  }

  function readHash() {
    Object.assign(state, START);
    for (const part of location.hash.slice(1).split("&")) {
      const [name, text] = part.split("=").map(decodeURIComponent);
      if (name in FIELDS) {
        const value = Number(text);
        if (text && value >= FIELDS[name].min && value <= FIELDS[name].max) state[name] = value;
      } else if (name in ALLOWED && ALLOWED[name].includes(text)) state[name] = text;
    }
  }

  function tellLink() {
    try {
      history.replaceState(null, "", hash() || location.pathname + location.search);
    } catch {
      // a page from a disk may not be allowed to
    }
    if (embedded) window.parent.postMessage({ explorer: "link", hash: hash() }, "*");
  }

  // ------------------------------------------------------------------------------------------------------------------
  // controls

  const toSlider = (field, value) => {
    if (field.from === undefined) return value;
    return value > 0 ? Math.max(Math.log10(value), field.from) : field.from;
  };
  const fromSlider = (field, position) => {
    if (field.from === undefined) return position;
    if (field.zero && position <= field.from) return 0;
    return Number((10 ** position).toPrecision(4));
  };

  function buildControls() {
    for (const [name, field] of Object.entries(FIELDS)) {
      const row = make("div", { className: "row" });
      const label = make("label", { htmlFor: name, textContent: field.label });
      const number = make("input", {
        type: "number", id: name, min: field.min, max: field.max, step: "any", required: true, inputMode: "decimal",
      });
      const unit = make("span", { className: "unit" }, ...indexed(field.unit));
      const slider = make("input", {
        type: "range", id: name + "-slider",
        min: field.from ?? field.min, max: field.to ?? field.max, step: field.from === undefined ? 0.5 : 0.01,
      });
      slider.setAttribute("aria-label", field.label);
      number.addEventListener("input", () => number.checkValidity() && change({ [name]: Number(number.value) }, number));
      number.addEventListener("change", showControls);
      slider.addEventListener("input", () => change({ [name]: fromSlider(field, Number(slider.value)) }, slider));
      row.append(label, number, unit, slider);
      $(field.where).append(row);
    }
    for (const input of document.querySelectorAll("input[name=kind]")) {
      input.addEventListener("change", () => {
        const moments = input.value === "moments";
        const stays = state.panel.startsWith(moments ? "lambda" : "mu");
        const panel = stays ? state.panel : moments ? "lambda_24" : state.flavour === "all" ? "mu_mu" : "mu_" + state.flavour;
        change({ kind: input.value, panel });
      });
    }
    $("flavour").addEventListener("change", () => {
      const flavour = $("flavour").value;
      change({ flavour, panel: flavour === "all" ? state.panel : "mu_" + flavour });
    });
    for (const one of experiments) {
      const kind = one.kind === "data" ? "" : ` (${KINDS[one.kind]})`;
      $("experiment").append(make("option", { value: one.name, textContent: one.title + kind }));
    }
    for (const [name, [title]] of Object.entries(PANELS)) {
      $("panel").append(make("option", { value: name, textContent: title }));
    }
    for (const name of ["experiment", "panel", "axis"]) {
      $(name).addEventListener("change", () => change({ [name]: $(name).value }));
    }
    for (const [title, chosen] of PRESETS) {
      const button = make("button", { type: "button", textContent: title });
      button.addEventListener("click", () => change({ ...FIT, axis: "0", ...chosen }));
      $("preset-buttons").append(button);
    }
    $("reset-mixing").addEventListener("click", () => change(FIT));
    $("copy").addEventListener("click", copyLink);
    $("controls").addEventListener("submit", (event) => event.preventDefault());
  }

  async function copyLink() {
    const link = location.href.split("#")[0] + hash();
    try {
      await navigator.clipboard.writeText(link);
      $("copied").textContent = "copied";
    } catch {
      $("copied").textContent = embedded ? "the address of this page carries the point" : "copy it from the address bar";
    }
    setTimeout(() => ($("copied").textContent = ""), 4000);
  }

  /** Controls show the state, but for the one that is being typed into. */
  function showControls(typing) {
    for (const [name, field] of Object.entries(FIELDS)) {
      if ($(name) !== typing) $(name).value = Number(state[name].toPrecision(7));
      if ($(name + "-slider") !== typing) $(name + "-slider").value = toSlider(field, state[name]);
      $(name + "-slider").setAttribute("aria-valuetext", `${Number(state[name].toPrecision(4))} ${field.unit}`);
    }
    for (const input of document.querySelectorAll("input[name=kind]")) input.checked = input.value === state.kind;
    $("of-moments").hidden = state.kind !== "moments";
    $("of-effective").hidden = state.kind !== "effective";
    for (const name of ["flavour", "experiment", "panel"]) $(name).value = state[name];
    const axes = named[state.experiment].axes;
    $("axis-choice").hidden = axes.length < 2;
    $("axis").replaceChildren(...axes.map((axis, k) => make("option", { value: String(k), textContent: axis.name })));
    if (Number(state.axis) >= axes.length) state.axis = "0";
    $("axis").value = state.axis;
  }

  // ------------------------------------------------------------------------------------------------------------------
  // numbers

  const superscript = (text) => text.replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  function short(value, digits = 3) {
    if (!Number.isFinite(value)) return "∞";
    if (value === 0) return "0";
    if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5) return String(Number(value.toPrecision(digits)));
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${Number(mantissa)}·10${superscript(String(Number(exponent)))}`;
  }
  const difference = (delta) => (delta < 0.005 ? "0.00" : delta < 1e5 ? String(Number(delta.toPrecision(5)).toFixed(2)) : short(delta));
  const total = (counts) => (counts ? counts.reduce((sum, n) => sum + n, 0) : 0);
  const units = (quantity) => (quantity === "events" ? "" : " " + quantity.replace(/^events\b ?/, ""));

  // ------------------------------------------------------------------------------------------------------------------
  // what is shown

  let results = {};
  let generation = 0;

  /** Change some of the state and show what follows: first the chosen experiment, then the others, then the curves. */
  function change(changes, typing) {
    Object.assign(state, changes);
    showControls(typing);
    tellLink();
    refresh();
  }

  const pause = () => new Promise((resume) => setTimeout(resume));

  async function refresh() {
    const turn = ++generation;
    await pause();
    if (turn !== generation) return;
    document.body.dataset.ready = "no";
    const here = point();
    const fresh = {};
    fresh[state.experiment] = named[state.experiment].judge(here, state.m_4, LEVEL);
    showSpectrum(fresh[state.experiment], here);
    showBlind(here);
    showLimits();
    let since = performance.now();
    for (const one of experiments) {
      if (!fresh[one.name]) fresh[one.name] = one.judge(here, state.m_4, LEVEL);
      if (performance.now() - since > 30) {
        await pause();
        if (turn !== generation) return;
        since = performance.now();
      }
    }
    results = fresh;
    showTable();
    showVerdict();
    await computeCurves(turn);
    if (turn === generation) document.body.dataset.ready = "yes";
  }

  function word(one, judged) {
    if (!judged.seen) return ["not seen", ""];
    const would = one.kind !== "data";
    if (judged.high < 1) return [would ? "would be excluded" : "excluded", would ? "" : "bad"];
    if (judged.low > 1) return [would ? "would be disfavoured: too small" : "disfavoured: too small", ""];
    return [would ? "would be allowed" : "allowed", would ? "" : "good"];
  }

  function showTable() {
    const rows = experiments.map((one, k) => {
      const judged = results[one.name];
      const [verdict, tone] = word(one, judged);
      const swatch = make("span", { className: "swatch " + one.kind });
      swatch.style.setProperty("--colour", colour(k));
      const button = make("button", { type: "button", textContent: one.title });
      button.addEventListener("click", () => {
        change({ experiment: one.name });
        $("spectrum-title").scrollIntoView({ block: "nearest" });
      });
      const factor = !judged.seen
        ? "any"
        : judged.low > 0
          ? `${short(judged.low)} to ${short(judged.high)}`
          : judged.high === Infinity
            ? "any"
            : `up to ${short(judged.high)}`;
      const cells = [
        make("td", {}, swatch, button, ...(one.kind === "data" ? [] : [make("small", { textContent: KINDS[one.kind] })])),
        make("td", { className: tone, textContent: verdict }),
        make("td", { className: "number", textContent: judged.seen ? difference(judged.delta) : "–" }),
        make("td", { className: "number", textContent: factor }),
        make("td", { className: "number", textContent: judged.seen ? short(total(judged.template)) + units(one.quantity) : "0" }),
      ];
      const row = make("tr", { className: one.name === state.experiment ? "chosen" : "" }, ...cells);
      Object.assign(row.dataset, {
        name: one.name, seen: judged.seen, chi2: judged.chi2, delta: judged.delta, low: judged.low, high: judged.high,
      });
      return row;
    });
    $("table").tBodies[0].replaceChildren(...rows);
  }

  function showVerdict() {
    const list = (kind, test) =>
      experiments.filter((one) => one.kind === kind && test(results[one.name])).map((one) => one.title);
    const excluded = list("data", (judged) => judged.seen && judged.high < 1);
    const small = list("data", (judged) => judged.seen && judged.low > 1);
    const seen = list("data", (judged) => judged.seen);
    const would = list("projection", (judged) => judged.seen && judged.high < 1);
    const verdict = $("verdict");
    verdict.replaceChildren();
    if (excluded.length) {
      verdict.append(make("span", { className: "bad", textContent: "Excluded" }), ` by ${excluded.join(", ")}.`);
    } else if (seen.length) {
      verdict.append(make("span", { className: "good", textContent: "Allowed" }), " by all data.");
    } else verdict.append("No data see this point.");
    if (small.length) verdict.append(` Too small for the excess of ${small.join(", ")}.`);
    if (would.length) verdict.append(` Projections that would exclude it: ${would.join(", ")}.`);
  }

  function showBlind(here) {
    const vector = X.moments(here);
    const part = X.overlap(X.blindDirection(here.angles, here.phases), vector);
    const squared = X.squares(here);
    const amounts = ["e", "mu", "tau"].map((flavour) => Math.sqrt(squared[flavour]));
    const [e, mu, tau] = amounts.map((value) => short(value) + " μ_B");
    $("meter-box").hidden = part === null;
    if (part === null) {
      $("blind").textContent =
        here.kind === "effective" && here.value > 0
          ? "A moment that all flavours share is no vector of transition moments to one sterile state."
          : "All moments are zero.";
    } else {
      const share = part ** 2;
      const percent = Number((100 * share).toFixed(share > 0.99 ? 4 : 2));
      $("meter").value = share;
      $("meter").textContent = `${percent} %`;
      $("blind").replaceChildren(...indexed(
        `${percent} % of the squared length of (λ₁₄, λ₂₄, λ₃₄) lies along the direction that beams of ν_e and ν_μ ` +
        "cannot see, because their amplitudes cancel there." +
        (share > 0.99 ? " Solar neutrinos arrive as mass eigenstates and see it all the same." : ""),
      ));
    }
    const seeing = experiments.filter((one) => one.signal(here, state.m_4)).map((one) => one.title);
    $("seen").replaceChildren(
      ...indexed(`Effective moments: ν_e ${e}, ν_μ ${mu}, ν_τ ${tau}. `),
      seeing.length ? `Experiments with any signal at ${short(state.m_4)} MeV: ${seeing.join(", ")}.` : "No experiment has a signal.",
    );
    $("blind").dataset.overlap = part;
  }

  // ------------------------------------------------------------------------------------------------------------------
  // plots

  const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  // experiments of one kind differ by colour, kinds by the dashes of their lines
  const places = experiments.map((one, k) => experiments.slice(0, k).filter((other) => other.kind === one.kind).length);
  const colour = (k) => COLOURS[theme()][places[k] % COLOURS.light.length];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const plots = {};
  const FONT = "12px system-ui, sans-serif";

  function axis(label, more = {}) {
    return {
      label, stroke: css("--ink"), grid: { stroke: css("--grid"), width: 1 }, ticks: { stroke: css("--grid"), width: 1 },
      font: FONT, labelFont: FONT, labelSize: 18, size: 32, ...more,
    };
  }

  function draw(id, options, values) {
    const box = $(id);
    if (plots[id]) plots[id].destroy();
    const width = Math.max(box.clientWidth, 260);
    const height = Math.round(Math.min(Math.max(width * 0.5, 230), 340));
    const fixed = { width, height, legend: { show: false }, cursor: { show: false }, padding: [8, 10, 0, 0] };
    plots[id] = new uPlot({ ...fixed, ...options }, values, box);
  }

  /** How many neighbouring bins are drawn as one. */
  function together(bins) {
    if (bins <= 120) return 1;
    const least = Math.ceil(bins / 60);
    for (let n = least; n <= 3 * least; n++) if (bins % n === 0) return n;
    return least;
  }

  /** Counts summed over all axes but one, and over bins that are drawn as one. */
  function along(one, counts, chosen) {
    const sizes = one.axes.map((a) => a.edges.length - 1);
    const stride = sizes.slice(chosen + 1).reduce((product, n) => product * n, 1);
    const group = together(sizes[chosen]);
    const sums = new Float64Array(Math.ceil(sizes[chosen] / group));
    counts.forEach((n, i) => (sums[Math.floor((Math.floor(i / stride) % sizes[chosen]) / group)] += n));
    return Array.from(sums);
  }

  function showSpectrum(judged, here) {
    const one = named[state.experiment];
    const chosen = Number(state.axis);
    const { name, unit, edges: fine } = one.axes[chosen];
    const group = together(fine.length - 1);
    const edges = fine.filter((_, i) => i % group === 0 || i === fine.length - 1);
    const likelihood = one.likelihood;
    const signal = judged.seen ? one.standardModel.map((n, i) => n + judged.template[i]) : one.standardModel;
    const fit = likelihood.profile(signal).pulls;
    const alone = likelihood.profile(one.standardModel).pulls;
    const expected = (counts, pulls) => along(one, likelihood.expectation(counts, pulls).expected, chosen);
    const background = expected(new Float64Array(signal.length), fit);
    const model = expected(one.standardModel, fit);
    const everything = expected(signal, fit);
    const without = expected(one.standardModel, alone);
    const seen = along(one, one.observed, chosen);
    const errors = along(one, likelihood.sigma.map((error) => error ** 2), chosen).map(Math.sqrt);
    const top = Math.max(...seen.map((n, i) => n + errors[i]), ...without);
    const below = (i) => (likelihood.poisson ? Math.max(seen[i] - errors[i], 0) : seen[i] - errors[i]);
    const least = Math.min(0, ...seen.map((_, i) => below(i)));
    const most = Math.min(Math.max(top, ...everything), 3 * top) * 1.05;
    const outside = Math.max(...everything) > most;
    const closed = (counts) => [...counts, counts[counts.length - 1]];
    const steps = uPlot.paths.stepped({ align: 1 });
    const line = (stroke, more) => ({ stroke, width: 2, paths: steps, points: { show: false }, ...more });
    const inks = { signal: SIGNAL[theme()], ink: css("--ink"), back: css("--background"), model: css("--model") };
    const points = (u) => {
      const { ctx } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
      ctx.clip();
      ctx.strokeStyle = ctx.fillStyle = inks.ink;
      ctx.lineWidth = 1.3 * devicePixelRatio;
      const radius = (seen.length > 60 ? 1.5 : 2.5) * devicePixelRatio;
      seen.forEach((n, i) => {
        const x = u.valToPos((edges[i] + edges[i + 1]) / 2, "x", true);
        ctx.beginPath();
        ctx.moveTo(x, u.valToPos(below(i), "y", true));
        ctx.lineTo(x, u.valToPos(n + errors[i], "y", true));
        ctx.stroke();
        ctx.beginPath();
        ctx.arc(x, u.valToPos(n, "y", true), radius, 0, 2 * Math.PI);
        ctx.fill();
      });
      ctx.restore();
    };
    draw(
      "spectrum",
      {
        scales: { x: { time: false, range: [edges[0], edges[edges.length - 1]] }, y: { range: [least, most] } },
        axes: [axis(unit === "1" ? name : `${name} [${unit}]`), axis(`${one.quantity} per ${group > 1 ? group + " bins" : "bin"}`, { size: 58 })],
        series: [
          {},
          line(inks.model, { fill: inks.model, width: 0 }),
          line(inks.back, { fill: inks.back, width: 0 }),
          line(inks.ink, { dash: [5, 4], width: 1.5 }),
          line(inks.signal),
        ],
        hooks: { draw: [points] },
      },
      [edges, closed(model), closed(background), closed(without), closed(everything)],
    );
    const what = one.kind === "data" ? "data" : one.kind === "projection" ? "expectation (projection)" : "surrogate, not data";
    const legend = [
      ["dot", inks.ink, what],
      ...(Object.keys(one.backgrounds).length ? [["filled", inks.back, "backgrounds"]] : []),
      ...(total(one.standardModel) ? [["filled", inks.model, "Standard Model"]] : []),
      ["", inks.signal, "with the moments"],
      ["dashed", inks.ink, "without, fitted"],
    ].map(([style, ink, text]) => {
      const entry = make("span", { className: style, textContent: text });
      entry.style.setProperty("--colour", ink);
      return entry;
    });
    $("spectrum-legend").replaceChildren(...legend);
    const share = judged.seen ? short(total(judged.template)) + units(one.quantity) : "none";
    $("spectrum-note").textContent =
      `Expected from the moments: ${share}. χ² ${short(judged.chi2, 5)}, without moments ${short(judged.null, 5)}; ` +
      "all nuisance parameters fitted in both." + (outside ? " The line leaves the frame." : "") +
      (group > 1 ? ` Drawn in groups of ${group} bins; the χ² uses all ${fine.length - 1}.` : "");
    $("spectrum").setAttribute(
      "aria-label",
      `${one.title}, ${what}: ${short(total(seen), 5)} ${one.quantity} in ${seen.length} bins of ${name}; ` +
        `expected with the moments ${short(total(everything), 5)}, without ${short(total(without), 5)}.`,
    );
  }

  const curves = {};
  const curveKey = (one) => {
    const mixing = ["delta", "theta_14", "theta_24", "theta_34", "delta_14", "delta_34"].map((name) => state[name]);
    return [one.name, state.panel, ...mixing].join(" ");
  };

  /** Masses of a curve, dense where the limit rises. */
  function curveMasses(one) {
    const masses = [];
    for (let k = 0; k < 7; k++) masses.push(1e-3 * (one.heaviest / 2e-2) ** (k / 7));
    for (let k = 0; k < 24; k++) masses.push((one.heaviest / 20) * 10 ** (k / 24));
    for (let k = 0; k <= 10; k++) masses.push(one.heaviest * (1 - 0.5 * 0.004 ** (k / 10)));
    return masses;
  }

  /** The point of one of the panels: one moment of 1e-11 mu_B and no other. */
  function panelPoint() {
    const { angles, phases } = point();
    const [, , chosen] = PANELS[state.panel];
    return { ...chosen, value: 1e-11, moduli: (chosen.moduli || []).map((n) => n * 1e-11), zeta: [0, 0, 0], angles, phases };
  }

  async function computeCurves(turn) {
    const unit = panelPoint();
    let since = performance.now();
    let drawn = since;
    let added = false;
    const cost = (one) => (one.name === state.experiment ? 0 : one.observed.length * one.likelihood.pulls.length);
    for (const one of [...experiments].sort((a, b) => cost(a) - cost(b))) {
      const key = curveKey(one);
      if (curves[key]) continue;
      const limits = [];
      for (const mass of curveMasses(one)) {
        const template = one.signal(unit, mass);
        if (template) {
          const line = new X.Line(one.likelihood, one.standardModel, template);
          const limit = Math.sqrt(line.largest(LEVEL) * line.scale) * 1e-11;
          if (Number.isFinite(limit)) limits.push([mass, limit]);
        }
        if (performance.now() - since > 40) {
          await pause();
          if (turn !== generation) return;
          since = performance.now();
        }
      }
      curves[key] = limits;
      added = true;
      if (performance.now() - drawn > 300) {
        showLimits();
        drawn = performance.now();
      }
    }
    if (added) showLimits();
  }

  function showLimits() {
    const [title, symbol, chosen] = PANELS[state.panel];
    const xs = [...new Set(experiments.flatMap((one) => (curves[curveKey(one)] || []).map(([mass]) => mass)))].sort((a, b) => a - b);
    const position = new Map(xs.map((mass, i) => [mass, i]));
    const table = experiments.map((one) => {
      const row = new Array(xs.length).fill(null);
      for (const [mass, limit] of curves[curveKey(one)] || []) row[position.get(mass)] = limit;
      return row;
    });
    const dash = { data: undefined, projection: [6, 4], surrogate: [2, 3] };
    const series = experiments.map((one, k) => ({
      stroke: colour(k), width: one.name === state.experiment ? 3.5 : 1.5, dash: dash[one.kind], spanGaps: true,
      points: { show: false },
    }));
    const here = point();
    const value =
      chosen.kind === "effective"
        ? Math.sqrt(X.squares(here)[chosen.flavour])
        : Math.sqrt((X.moments(here) || [[0, 0], [0, 0], [0, 0]])[chosen.moduli.indexOf(1)].reduce((sum, x) => sum + x * x, 0));
    const low = 1e-12;
    const high = 1e-6;
    const mark = (u) => {
      if (!(value > 0)) return;
      const { ctx } = u;
      const x = u.valToPos(Math.min(Math.max(state.m_4, 1e-3), 100), "x", true);
      const y = u.valToPos(Math.min(Math.max(value, low), high), "y", true);
      const size = 7 * devicePixelRatio;
      ctx.save();
      ctx.beginPath();
      ctx.moveTo(x, y - size);
      ctx.lineTo(x + size, y);
      ctx.lineTo(x, y + size);
      ctx.lineTo(x - size, y);
      ctx.closePath();
      ctx.fillStyle = SIGNAL[theme()];
      ctx.strokeStyle = css("--ink");
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.fill();
      ctx.stroke();
      ctx.restore();
    };
    const powers = (u, splits) =>
      splits.map((v) => {
        const power = v > 0 ? Math.log10(v) : NaN;
        return Math.abs(power - Math.round(power)) < 1e-6 ? "10" + superscript(String(Math.round(power))) : "";
      });
    const decades = {
      stroke: css("--grid"), width: 1,
      filter: (u, splits) => splits.map((v) => (powers(u, [v])[0] ? v : null)),
    };
    draw(
      "limits",
      {
        scales: { x: { time: false, distr: 3, range: [1e-3, 100] }, y: { distr: 3, range: [low, high] } },
        axes: [
          axis("m₄ [MeV]", { values: powers, grid: decades }),
          axis("limit [Bohr magnetons]", { values: powers, grid: decades, size: 58 }),
        ],
        series: [{}, ...series],
        hooks: { draw: [mark] },
      },
      [xs.length ? xs : [1e-3], ...(xs.length ? table : experiments.map(() => [null]))],
    );
    const mine = curves[curveKey(named[state.experiment])] || [];
    $("limits-note").replaceChildren(...indexed(
      `Upper limits at 90 % C.L. on ${symbol} alone, all others zero, with the mixing chosen. Full lines are data, dashed ones ` +
      "projections, dotted ones surrogates; colours as in the table below, the chosen experiment is bold. The diamond is the point" +
      (value > 0 ? ` (${short(value)} μ_B).` : ", which has no such moment.") +
      (value > high || (value > 0 && value < low) ? " It lies outside the frame." : ""),
    ));
    $("limits").setAttribute(
      "aria-label",
      `Limits on ${title} against the mass from 1 keV to 100 MeV. ${named[state.experiment].title}: ` +
        (mine.length ? `${short(mine[0][1])} Bohr magnetons for a light state, up to ${short(mine[mine.length - 1][0])} MeV.` : "none."),
    );
    $("limits").dataset.curves = JSON.stringify(Object.fromEntries(experiments.map((one) => [one.name, curves[curveKey(one)] || null])));
  }

  // ------------------------------------------------------------------------------------------------------------------
  // theme, size, the page around

  function setTheme(chosen) {
    if (document.documentElement.dataset.theme === chosen) return;
    document.documentElement.dataset.theme = chosen;
    if (generation) refresh();
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  let told = false;
  setTheme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => told || setTheme(dark.matches ? "dark" : "light"));
  window.addEventListener("message", (event) => {
    if (!event.data || event.data.explorer !== "theme") return;
    told = true;
    setTheme(event.data.theme === "dark" ? "dark" : "light");
  });
  let width = innerWidth;
  window.addEventListener("resize", () => {
    if (innerWidth !== width) {
      width = innerWidth;
      refresh();
    }
  });
  window.addEventListener("hashchange", () => {
    if (location.hash === hash()) return;
    readHash();
    change({});
  });
  if (embedded) {
    const tell = () => {
      const height = Math.ceil(document.querySelector("main").getBoundingClientRect().height);
      window.parent.postMessage({ explorer: "height", height }, "*");
    };
    new ResizeObserver(tell).observe(document.querySelector("main"));
    window.parent.postMessage({ explorer: "hello" }, "*");
  }

  buildControls();
  readHash();
  change({});
})();
