/* Likelihoods and their profile over the pulls: companion/statistics, one signal at a time.

   chi2(S) = min over a of  sum_i f_i(e_i(S, a)) + sum_k (a_k / sigma_k)^2,
   e_i = [M(t) S]_i (1 + sum_k r^S_ki a_k) + B_i + sum_k r^B_ki a_k                                                  */
"use strict";

(function (scope) {
  const EMPTY = 1e-3; // below it the Poisson deviance goes on as a parabola
  const SATURATED = 1e6; // signal over everything counted beyond which it only loses digits
  const STEPS = 200;
  const HALVINGS = 50;
  const CONVERGED = 1e-10;
  const ROUNDING = 1e-13;

  /** Solution of matrix x = right for a symmetric matrix, after scaling every row to the same diagonal. */
  function solve(matrix, right) {
    const n = right.length;
    const scale = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      const diagonal = Math.abs(matrix[k * n + k]);
      scale[k] = diagonal > 0 ? 1 / Math.sqrt(diagonal) : 1;
    }
    const a = new Float64Array(n * n);
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) a[i * n + j] = matrix[i * n + j] * scale[i] * scale[j];
      x[i] = right[i] * scale[i];
    }
    for (let column = 0; column < n; column++) {
      let pivot = column;
      for (let i = column + 1; i < n; i++) {
        if (Math.abs(a[i * n + column]) > Math.abs(a[pivot * n + column])) pivot = i;
      }
      if (Math.abs(a[pivot * n + column]) < 1e-14) {
        // a free pull that nothing depends on stays where it is
        for (let j = 0; j < n; j++) a[pivot * n + j] = 0;
        x[pivot] = 0;
        a[pivot * n + column] = 1;
      }
      if (pivot !== column) {
        for (let j = 0; j < n; j++) {
          const kept = a[column * n + j];
          a[column * n + j] = a[pivot * n + j];
          a[pivot * n + j] = kept;
        }
        const kept = x[column];
        x[column] = x[pivot];
        x[pivot] = kept;
      }
      for (let i = column + 1; i < n; i++) {
        const factor = a[i * n + column] / a[column * n + column];
        if (factor === 0) continue;
        for (let j = column; j < n; j++) a[i * n + j] -= factor * a[column * n + j];
        x[i] -= factor * x[column];
      }
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) x[i] -= a[i * n + j] * x[j];
      x[i] /= a[i * n + i];
    }
    for (let i = 0; i < n; i++) x[i] *= scale[i];
    return x;
  }

  /** Shift of a signal in time: a sum of two arrival distributions in every bin of energy, tabulated against the shift. */
  class LaterArrival {
    constructor(table) {
      this.knots = table.knots;
      this.values = table.values; // knots x (2 n)
      this.slopes = table.slopes;
      this.apart = table.apart; // n x 2
      this.size = table.apart.length;
      this.zero = this.at(0)[0];
    }

    /** Shares (2 n) with first and second derivative at a shift, the cubic spline of the package. */
    at(shift) {
      const { knots, values, slopes } = this;
      let k = 0;
      while (k < knots.length - 2 && shift > knots[k + 1]) k++;
      const h = knots[k + 1] - knots[k];
      const t = (shift - knots[k]) / h;
      const value = [];
      const first = [];
      const second = [];
      for (let c = 0; c < values[k].length; c++) {
        const y0 = values[k][c];
        const rise = values[k + 1][c] - y0;
        const d0 = slopes[k][c] * h;
        const d1 = slopes[k + 1][c] * h;
        const b = 3 * rise - 2 * d0 - d1;
        const a = d0 + d1 - 2 * rise;
        value.push(y0 + t * (d0 + t * (b + t * a)));
        first.push((d0 + t * (2 * b + 3 * t * a)) / h);
        second.push((2 * b + 6 * t * a) / (h * h));
      }
      return [value, first, second];
    }

    /** The moved signal with first and second derivative. */
    move(signal, shift) {
      const n = this.size;
      const [value, first, second] = this.at(shift);
      const moved = Float64Array.from(signal);
      const slope = new Float64Array(signal.length);
      const curvature = new Float64Array(signal.length);
      for (let start = 0; start < signal.length; start += n) {
        for (let kind = 0; kind < 2; kind++) {
          let amount = 0;
          for (let i = 0; i < n; i++) amount += signal[start + i] * this.apart[i][kind];
          for (let i = 0; i < n; i++) {
            const c = kind * n + i;
            moved[start + i] += amount * (value[c] - this.zero[c]);
            slope[start + i] += amount * first[c];
            curvature[start + i] += amount * second[c];
          }
        }
      }
      return [moved, slope, curvature];
    }
  }

  class Likelihood {
    constructor(data) {
      const bins = data.observed.length;
      this.poisson = data.kind === "poisson";
      this.observed = Float64Array.from(data.observed);
      this.sigma = this.poisson
        ? this.observed.map((count) => Math.sqrt(Math.max(count, 1)))
        : Float64Array.from(data.sigma);
      this.background = new Float64Array(bins);
      for (const counts of Object.values(data.backgrounds)) counts.forEach((n, i) => (this.background[i] += n));
      this.pulls = data.pulls;
      this.weights = data.pulls.map((pull) => (pull.sigma === null ? 0 : 1 / pull.sigma ** 2));
      this.reach = data.pulls.map(() => Infinity);
      this.shifted = -1;
      if (data.shift) {
        this.shifted = data.pulls.findIndex((pull) => pull.name === data.shift.pull);
        this.reach[this.shifted] = data.shift.reach;
        this.movement = new LaterArrival(data.shift.table);
      }
      this.ofSignal = [];
      this.ofBackground = [];
      this.saturates = false;
      data.pulls.forEach((pull, k) => {
        const signal = new Float64Array(bins);
        const background = new Float64Array(bins);
        for (const name of k === this.shifted ? [] : pull.templates) {
          for (let i = 0; i < bins; i++) {
            const shape = pull.shape ? pull.shape[i] : 1;
            if (name === "signal") signal[i] += shape;
            else background[i] += shape * data.backgrounds[name][i];
          }
        }
        this.ofSignal.push(signal);
        this.ofBackground.push(background);
        if (!pull.shape && pull.templates.includes("signal")) this.saturates = true;
      });
      this.quadratic = !this.poisson && this.shifted < 0;
      this.counted = 1;
      for (let i = 0; i < bins; i++) this.counted += Math.abs(this.observed[i]) + Math.abs(this.background[i]);
    }

    /** Factor that keeps a signal from going further beyond saturation than digits allow. */
    cap(signal) {
      if (!this.saturates) return 1;
      let size = 0;
      for (const counts of signal) size += Math.abs(counts);
      return Math.min(1, (SATURATED * this.counted) / size);
    }

    /** Moved signal with derivatives, its scale, and the expectation. */
    expectation(signal, pulls) {
      const bins = signal.length;
      const scale = new Float64Array(bins).fill(1);
      const expected = Float64Array.from(this.background);
      for (let k = 0; k < pulls.length; k++) {
        const a = pulls[k];
        if (k === this.shifted || a === 0) continue;
        const s = this.ofSignal[k];
        const b = this.ofBackground[k];
        for (let i = 0; i < bins; i++) {
          scale[i] += s[i] * a;
          expected[i] += b[i] * a;
        }
      }
      const [moved, slope, curvature] =
        this.shifted < 0 ? [signal, null, null] : this.movement.move(signal, pulls[this.shifted]);
      for (let i = 0; i < bins; i++) expected[i] += moved[i] * scale[i];
      return { moved, slope, curvature, scale, expected };
    }

    /** Deviance of one bin with slope and curvature in the expectation, into ``out``. */
    curve(i, expected, out) {
      const n = this.observed[i];
      if (!this.poisson) {
        const residual = (n - expected) / this.sigma[i];
        out[0] = residual * residual;
        out[1] = (-2 * residual) / this.sigma[i];
        out[2] = 2 / (this.sigma[i] * this.sigma[i]);
        return;
      }
      const seen = n > 0;
      const e = Math.max(expected, seen ? EMPTY : 0);
      const beyond = expected - e;
      const excess = seen ? (e - n) / e : 1;
      const value =
        Math.abs(excess) < 0.1
          ? n * (excess / (1 - excess) + Math.log1p(-excess)) // large counts do not cancel
          : e - n + (seen ? n * Math.log(n / e) : 0);
      const slope = 2 * excess;
      const curvature = 2 * (seen ? n / (e * e) : beyond < 0 ? 1 / EMPTY : 0);
      out[0] = 2 * value + slope * beyond + (curvature * beyond * beyond) / 2;
      out[1] = slope + curvature * beyond;
      out[2] = curvature;
    }

    /** Chi-square at given pulls. */
    value(signal, pulls) {
      const { expected } = this.expectation(signal, pulls);
      const out = [0, 0, 0];
      let total = 0;
      for (let i = 0; i < expected.length; i++) {
        this.curve(i, expected[i], out);
        total += out[0];
      }
      for (let k = 0; k < pulls.length; k++) total += this.weights[k] * pulls[k] ** 2;
      return total;
    }

    /** Chi-square with gradient, Hessian and its positive part in the pulls. */
    terms(signal, pulls) {
      const K = pulls.length;
      const bins = signal.length;
      const at = this.expectation(signal, pulls);
      const first = new Float64Array(bins);
      const second = new Float64Array(bins);
      const out = [0, 0, 0];
      let total = 0;
      for (let i = 0; i < bins; i++) {
        this.curve(i, at.expected[i], out);
        total += out[0];
        first[i] = out[1];
        second[i] = out[2];
      }
      const design = this.design(at, bins);
      const gradient = new Float64Array(K);
      const convex = new Float64Array(K * K);
      for (let k = 0; k < K; k++) {
        for (let i = 0; i < bins; i++) gradient[k] += design[k][i] * first[i];
        for (let l = 0; l <= k; l++) {
          let sum = 0;
          for (let i = 0; i < bins; i++) sum += design[k][i] * second[i] * design[l][i];
          convex[k * K + l] = convex[l * K + k] = sum;
        }
        gradient[k] += 2 * this.weights[k] * pulls[k];
        convex[k * K + k] += 2 * this.weights[k];
        total += this.weights[k] * pulls[k] ** 2;
      }
      let hessian = convex;
      if (this.shifted >= 0) {
        hessian = Float64Array.from(convex);
        const t = this.shifted;
        for (let k = 0; k < K; k++) {
          let sum = 0;
          for (let i = 0; i < bins; i++) {
            sum += first[i] * (k === t ? at.curvature[i] * at.scale[i] : at.slope[i] * this.ofSignal[k][i]);
          }
          if (k === t) hessian[t * K + t] += sum;
          else {
            hessian[k * K + t] += sum;
            hessian[t * K + k] += sum;
          }
        }
      }
      return { total, gradient, hessian, convex };
    }

    /** Derivative of the expectation by each pull. */
    design(at, bins) {
      return this.pulls.map((_, k) => {
        const row = new Float64Array(bins);
        for (let i = 0; i < bins; i++) {
          row[i] =
            k === this.shifted
              ? at.slope[i] * at.scale[i]
              : at.moved[i] * this.ofSignal[k][i] + this.ofBackground[k][i];
        }
        return row;
      });
    }

    /** Pulls to start from: the minimum if errors were Gaussian and the expectation linear, where that is lower. */
    begin(signal) {
      const K = this.pulls.length;
      const bins = signal.length;
      const zero = new Float64Array(K);
      if (!K || this.quadratic) return zero;
      const at = this.expectation(signal, zero);
      const design = this.design(at, bins);
      const matrix = new Float64Array(K * K);
      const right = new Float64Array(K);
      for (let k = 0; k < K; k++) {
        for (let i = 0; i < bins; i++) {
          const weighted = design[k][i] / this.sigma[i] ** 2;
          right[k] += weighted * (this.observed[i] - at.expected[i]);
          for (let l = 0; l < K; l++) matrix[k * K + l] += weighted * design[l][i];
        }
        matrix[k * K + k] += this.weights[k];
      }
      const trial = solve(matrix, right).map((a, k) => Math.min(Math.max(a, -this.reach[k]), this.reach[k]));
      return this.value(signal, trial) < this.value(signal, zero) ? trial : zero;
    }

    /** Minimum over the pulls by a damped Newton method: { chi2, pulls }. */
    profile(given) {
      const factor = this.cap(given);
      const signal = factor < 1 ? given.map((counts) => counts * factor) : given;
      let pulls = this.begin(signal);
      const K = pulls.length;
      if (!K) return { chi2: this.value(signal, pulls), pulls };
      let here = this.terms(signal, pulls);
      for (let turn = 0; turn < STEPS; turn++) {
        const step = this.step(here, pulls);
        let promised = 0;
        for (let k = 0; k < K; k++) promised -= (here.gradient[k] * step[k]) / 2;
        if (!(promised > CONVERGED * (1 + Math.abs(here.total)))) return { chi2: here.total - promised, pulls };
        let length = 1;
        let trial = pulls;
        for (let halving = 0; halving <= HALVINGS; halving++) {
          trial = pulls.map((a, k) => Math.min(Math.max(a + length * step[k], -this.reach[k]), this.reach[k]));
          const enough = here.total - 1e-4 * length * promised + ROUNDING * (1 + Math.abs(here.total));
          if (this.value(signal, trial) <= enough) break;
          length /= 2;
        }
        pulls = trial;
        here = this.terms(signal, pulls);
      }
      throw new Error("no minimum over the pulls after " + STEPS + " steps of Newton's method");
    }

    /** Newton's step, downhill; a pull at the end of its reach that is pulled further stays. */
    step(here, pulls) {
      const K = pulls.length;
      const right = here.gradient.map((slope) => -slope);
      for (let k = 0; k < K; k++) {
        if (Math.abs(pulls[k]) < this.reach[k] || here.gradient[k] * pulls[k] >= 0) continue;
        right[k] = here.gradient[k] = 0;
        for (const matrix of [here.hessian, here.convex]) {
          for (let l = 0; l < K; l++) matrix[k * K + l] = matrix[l * K + k] = 0;
          matrix[k * K + k] = 1;
        }
      }
      let step = solve(here.hessian, right);
      let along = 0;
      for (let k = 0; k < K; k++) along += here.gradient[k] * step[k];
      if (here.hessian !== here.convex && !(along <= 0)) step = solve(here.convex, right);
      return step;
    }

    /** Derivative of the profiled chi-square when the signal grows along a template, at the pulls of the minimum. */
    slope(given, pulls, template) {
      const factor = this.cap(given);
      const signal = factor < 1 ? given.map((counts) => counts * factor) : given;
      const at = this.expectation(signal, pulls);
      const along = this.shifted < 0 ? template : this.movement.move(template, pulls[this.shifted])[0];
      const out = [0, 0, 0];
      let total = 0;
      for (let i = 0; i < signal.length; i++) {
        this.curve(i, at.expected[i], out);
        total += out[1] * at.scale[i] * along[i];
      }
      return total * factor;
    }
  }

  const GRID = [0, 0.1, 0.4, ...Array.from({ length: 11 }, (_, k) => 10 ** (0.2 * k)), 3e2, 1e3, 1e4, 1e5, 1e6];

  /** A root of f between two points of different sign, by bisection and regula falsi in turns. */
  function root(f, low, high, relative) {
    let at = [low, high];
    let values = [f(low), f(high)];
    for (let turn = 0; turn < 200 && at[1] - at[0] > relative * at[1]; turn++) {
      let x = (at[0] + at[1]) / 2;
      if (turn % 3) {
        const secant = at[0] - (values[0] * (at[1] - at[0])) / (values[1] - values[0]);
        if (secant > at[0] && secant < at[1]) x = secant;
      }
      const value = f(x);
      if (value === 0) return x;
      const side = value > 0 === values[1] > 0 ? 1 : 0;
      at[side] = x;
      values[side] = value;
    }
    return (at[0] + at[1]) / 2;
  }

  /** The chi-square along S + x scale D: x = 1 is about one standard deviation of the data. */
  class Line {
    constructor(likelihood, base, template) {
      this.likelihood = likelihood;
      this.base = base;
      this.template = template;
      let sum = 0;
      for (let i = 0; i < template.length; i++) sum += (template[i] / likelihood.sigma[i]) ** 2;
      this.scale = 1 / Math.sqrt(sum);
      this.coarse = this.follow();
      this.minimum = this.lowest();
    }

    signal(x) {
      return this.base.map((counts, i) => counts + x * this.scale * this.template[i]);
    }

    chi2(x) {
      return this.likelihood.profile(this.signal(x)).chi2;
    }

    slope(x) {
      const signal = this.signal(x);
      return this.likelihood.slope(signal, this.likelihood.profile(signal).pulls, this.template);
    }

    /** Chi-square on the grid, as far as it does not rise for good. */
    follow() {
      const values = [];
      let least = Infinity;
      for (const x of GRID) {
        const value = this.chi2(x);
        values.push(value);
        least = Math.min(least, value);
        if (value > least + 60) break;
      }
      return values;
    }

    /** { x, chi2 } of the smallest chi-square, x >= 0. */
    lowest() {
      let k = 0;
      this.coarse.forEach((value, i) => (k = value < this.coarse[k] ? i : k));
      const best = { x: GRID[k], chi2: this.coarse[k] };
      const low = GRID[Math.max(k - 1, 0)];
      if (k === GRID.length - 1 || !(this.slope(low) < 0)) return best;
      const x = root((x) => this.slope(x), low, GRID[k + 1], 1e-7);
      const chi2 = this.chi2(x);
      return chi2 < best.chi2 ? { x, chi2 } : best;
    }

    /** Largest x at which the chi-square rises through its minimum plus a level; infinite if it never does. */
    largest(level) {
      const ceiling = this.minimum.chi2 + level;
      let last = 0;
      this.coarse.forEach((value, i) => (last = value <= ceiling ? i : last));
      if (last === this.coarse.length - 1) return Infinity;
      const low = Math.max(GRID[last], this.minimum.x);
      const high = GRID.find((x) => x > low);
      return root((x) => this.chi2(x) - ceiling, low, high, 1e-7);
    }

    /** Smallest x at which the chi-square falls through its minimum plus a level; 0 if it starts below. */
    smallest(level) {
      const ceiling = this.minimum.chi2 + level;
      if (this.coarse[0] <= ceiling) return 0;
      let first = this.coarse.findIndex((value) => value <= ceiling);
      if (first < 0) first = GRID.length - 1;
      const high = Math.min(GRID[first], this.minimum.x);
      const low = GRID.filter((x) => x < high).pop();
      return root((x) => this.chi2(x) - ceiling, low, high, 1e-7);
    }
  }

  scope.Explorer = Object.assign(scope.Explorer || {}, { Likelihood, Line, solve });
  if (typeof module !== "undefined") module.exports = scope.Explorer;
})(globalThis);
