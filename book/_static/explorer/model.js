/* Mixing, squared moments of the states of a beam, and templates interpolated in the mass: companion/mixing.py,
   companion/couplings.py, and the tables of book/_scripts/explorer_data.py.                                          */
"use strict";

(function (scope) {
  const FLAVOURS = ["e", "mu", "tau"];
  const EIGENSTATES = ["1", "2", "3"];
  const CANCELLED = 1e-14; // of the squared amplitudes
  const times = (a, b) => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
  const plus = (a, b) => [a[0] + b[0], a[1] + b[1]];
  const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];
  const conj = (a) => [a[0], -a[1]];
  const abs2 = (a) => a[0] * a[0] + a[1] * a[1];
  const polar = (modulus, phase) => [modulus * Math.cos(phase), modulus * Math.sin(phase)];

  /** U = R34 R24 R14 R23 R13 R12, rows e, mu, tau, s; entries [real, imaginary]; angles and phases in radians. */
  function mixingMatrix(angles, phases) {
    const phaseOf = { 34: "delta_34", 14: "delta_14", 13: "delta" };
    let matrix = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => [i === j ? 1 : 0, 0]));
    for (const pair of ["34", "24", "14", "23", "13", "12"]) {
      const i = Number(pair[0]) - 1;
      const j = Number(pair[1]) - 1;
      const angle = angles["theta_" + pair] || 0;
      const c = [Math.cos(angle), 0];
      const s = polar(Math.sin(angle), -(phases[phaseOf[pair]] || 0));
      matrix = matrix.map((row) => {
        const turned = row.slice();
        turned[i] = minus(times(row[i], c), times(row[j], conj(s)));
        turned[j] = plus(times(row[i], s), times(row[j], c));
        return turned;
      });
    }
    return matrix;
  }

  /** Amplitude with which a flavour makes nu_4: sum_i U*_(alpha i) lambda_i4, up to a phase. */
  function amplitude(matrix, flavour, vector) {
    const row = matrix[FLAVOURS.indexOf(flavour)];
    return [0, 1, 2].reduce((sum, i) => plus(sum, times(conj(row[i]), vector[i])), [0, 0]);
  }

  /** Squared moment (mu_B^2) of every state, flavours and mass eigenstates, of a point of parameter space.

      A point has kind "effective" (flavour, value) or "moments" (moduli and phases zeta of lambda_14, _24, _34). */
  function squares(point) {
    const matrix = mixingMatrix(point.angles, point.phases);
    const result = {};
    if (point.kind === "effective") {
      const flavours = point.flavour === "all" ? FLAVOURS : [point.flavour];
      for (const flavour of FLAVOURS) result[flavour] = flavours.includes(flavour) ? point.value ** 2 : 0;
      EIGENSTATES.forEach((state, i) => {
        const share = flavours.reduce((sum, flavour) => sum + abs2(matrix[FLAVOURS.indexOf(flavour)][i]), 0);
        result[state] = share * point.value ** 2;
      });
      return result;
    }
    const vector = moments(point);
    for (const flavour of FLAVOURS) {
      const squared = abs2(amplitude(matrix, flavour, vector));
      const parts = matrix[FLAVOURS.indexOf(flavour)].slice(0, 3).map((entry, i) => abs2(entry) * abs2(vector[i]));
      // amplitudes that cancel but for the digits of a link
      result[flavour] = squared > CANCELLED * Math.max(...parts) ? squared : 0;
    }
    // of a mass eigenstate from the Sun a part is lost to nu_4 on the way
    const kept = 1 - abs2(matrix[0][3]);
    EIGENSTATES.forEach((state, i) => (result[state] = kept * abs2(vector[i])));
    return result;
  }

  /** lambda_14, lambda_24, lambda_34 as complex numbers; an effective moment of one flavour is |mu| U_(alpha i). */
  function moments(point) {
    if (point.kind === "effective") {
      if (point.flavour === "all") return null;
      const row = mixingMatrix(point.angles, point.phases)[FLAVOURS.indexOf(point.flavour)];
      return [0, 1, 2].map((i) => times([point.value, 0], row[i]));
    }
    return [0, 1, 2].map((i) => polar(point.moduli[i], point.zeta[i]));
  }

  /** The direction that beams of electron and muon neutrinos cannot see, of unit length. */
  function blindDirection(angles, phases) {
    const matrix = mixingMatrix(angles, phases);
    const a = matrix[0].map(conj);
    const b = matrix[1].map(conj);
    const cross = [
      [1, 2],
      [2, 0],
      [0, 1],
    ].map(([j, k]) => minus(times(a[j], b[k]), times(a[k], b[j])));
    const size = Math.sqrt(cross.reduce((sum, z) => sum + abs2(z), 0));
    return cross.map((z) => [z[0] / size, z[1] / size]);
  }

  /** |b* . v| / |v|, the part of a vector along a direction; null for no vector. */
  function overlap(direction, vector) {
    if (!vector) return null;
    const size = Math.sqrt(vector.reduce((sum, z) => sum + abs2(z), 0));
    if (!(size > 0)) return null;
    const along = vector.reduce((sum, z, i) => plus(sum, times(conj(direction[i]), z)), [0, 0]);
    return Math.sqrt(abs2(along)) / size;
  }

  function bytes(text) {
    const raw = atob(text);
    const result = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) result[i] = raw.charCodeAt(i);
    return result.buffer;
  }

  /** Weights of four neighbours for a polynomial of third degree through them. */
  function lagrange(x, at) {
    return x.map((own, k) => x.reduce((weight, other, l) => (l === k ? weight : (weight * (at - other)) / (own - other)), 1));
  }

  /** One experiment: its data, its likelihood, its templates D_k(m_4). */
  class Experiment {
    constructor(data) {
      const { templates: t, likelihood, ...facts } = data;
      Object.assign(this, facts);
      this.backgrounds = likelihood.backgrounds;
      this.likelihood = new scope.Explorer.Likelihood(likelihood);
      this.observed = this.likelihood.observed;
      this.standardModel = Float64Array.from(data.standard_model);
      this.u = new Float64Array(bytes(t.u));
      this.size = new Float32Array(bytes(t.log_size));
      this.parts = new Int16Array(bytes(t.parts));
      this.steps = t.steps;
      this.rank = t.steps.length;
      this.basis = t.basis ? Float32Array.from(new Int16Array(bytes(t.basis)), (n) => n / 32767) : null;
      this.segments = t.segments;
      this.cache = {};
      this.null = this.likelihood.profile(this.standardModel).chi2;
    }

    /** Templates of all states for 1 mu_B at a mass (MeV); null at masses that cannot be made and seen. */
    templates(mass) {
      if (this.cache.mass === mass) return this.cache.templates;
      this.cache = { mass, templates: this.interpolated(mass) };
      return this.cache.templates;
    }

    interpolated(mass) {
      if (mass >= this.heaviest) return null;
      const segment = this.segments.find((one) => mass < one.high) || this.segments[this.segments.length - 1];
      const x = Math.max((mass - segment.low) / (segment.high - segment.low), 0);
      const nodes = this.u.subarray(segment.first, segment.last);
      const u = Math.min(Math.max(Math.log(x) - 0.5 * Math.log1p(-x), nodes[0]), nodes[nodes.length - 1]);
      let k = 0;
      while (k < nodes.length - 1 && nodes[k + 1] <= u) k++;
      const start = Math.min(Math.max(k - 1, 0), nodes.length - 4);
      const weights = lagrange(Array.from(nodes.subarray(start, start + 4)), u);
      const bins = this.observed.length;
      const result = {};
      this.states.forEach((state, s) => {
        let logSize = 0;
        const parts = new Float64Array(this.rank);
        weights.forEach((weight, w) => {
          const row = (segment.first + start + w) * this.states.length + s;
          logSize += weight * this.size[row];
          for (let r = 0; r < this.rank; r++) parts[r] += weight * this.parts[row * this.rank + r] * this.steps[r];
        });
        const counts = new Float64Array(bins);
        for (let i = 0; i < bins; i++) {
          let sum = 0;
          if (!this.basis) sum = parts[i];
          else for (let r = 0; r < this.rank; r++) sum += parts[r] * this.basis[r * bins + i];
          counts[i] = Math.exp(logSize) * this.likelihood.sigma[i] * sum;
        }
        result[state] = counts;
      });
      return result;
    }

    /** Events of a point; null where the experiment sees nothing of it. */
    signal(point, mass) {
      const squared = squares(point);
      const seen = this.states.filter((state) => squared[state] > 0 && mass < this.edges[state]);
      const templates = seen.length ? this.templates(mass) : null;
      if (!templates) return null;
      const total = new Float64Array(this.observed.length);
      for (const state of seen) templates[state].forEach((n, i) => (total[i] += squared[state] * n));
      return total.some((n) => n > 0) ? total : null;
    }

    /** Chi-square of a point, its distance from the minimum over a common factor of all moments, and the interval of
        that factor at a level: { seen, chi2, delta, null, low, high, allowed }. */
    judge(point, mass, level) {
      const template = this.signal(point, mass);
      const blind = { seen: false, chi2: this.null, delta: 0, null: this.null, low: 0, high: Infinity, allowed: true };
      if (!template) return blind;
      const line = new scope.Explorer.Line(this.likelihood, this.standardModel, template);
      const chi2 = line.chi2(1 / line.scale);
      const low = Math.sqrt(line.smallest(level) * line.scale);
      const high = Math.sqrt(line.largest(level) * line.scale);
      const delta = Math.max(chi2 - line.minimum.chi2, 0);
      return { seen: true, chi2, delta, null: this.null, low, high, allowed: low <= 1 && 1 <= high, line, template };
    }
  }

  /** All experiments of the data file; tables that several of them share are stored once. */
  function experiments(data) {
    const named = Object.fromEntries(data.experiments.map((one) => [one.name, one]));
    return data.experiments.map((one) => {
      const shared = one.templates.parts.as;
      const parts = shared ? named[shared].templates.parts : one.templates.parts;
      return new Experiment({ ...one, templates: { ...one.templates, parts } });
    });
  }

  scope.Explorer = Object.assign(scope.Explorer || {}, {
    Experiment,
    FLAVOURS,
    amplitude,
    blindDirection,
    experiments,
    mixingMatrix,
    moments,
    overlap,
    squares,
  });

  if (typeof module !== "undefined") module.exports = scope.Explorer;
})(globalThis);
