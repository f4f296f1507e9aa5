/* Likelihoods and their profile over the pulls: companion/statistics, one signal at a time.

   chi2(S) = min over a of  sum_i f_i(e_i(S, a)) + sum_k (a_k / sigma_k)^2,
   e_i = [M(t) S]_i (1 + sum_k r^S_ki a_k) + B_i + sum_k r^B_ki a_k                                                  */
"use strict";

(function (scope) {
  const EMPTY = 1e-3; // below it the Poisson deviance goes on as a parabola
  const SATURATED = 1e6; // signal over everything counted beyond which it only loses digits
  const STEPS = 200;
  const HALVINGS = 50;
  const CONVERGED = 1e-7; // what the last step gains is known to its own order
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
      // from which bin to which a pull does anything
      this.range = this.pulls.map((_, k) => {
        if (k === this.shifted) return [0, bins];
        const used = (i) => this.ofSignal[k][i] !== 0 || this.ofBackground[k][i] !== 0;
        let [start, end] = [0, bins];
        while (start < end && !used(start)) start++;
        while (end > start && !used(end - 1)) end--;
        return [start, end];
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
        for (let i = this.range[k][0]; i < this.range[k][1]; i++) {
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
      const convex = this.products(design, second);
      for (let k = 0; k < K; k++) {
        for (let i = this.range[k][0]; i < this.range[k][1]; i++) gradient[k] += design[k][i] * first[i];
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

    /** Sums over bins of weights and two rows of a design. */
    products(design, weights) {
      const K = design.length;
      const matrix = new Float64Array(K * K);
      const weighted = new Float64Array(weights.length);
      for (let k = 0; k < K; k++) {
        const [from, to] = this.range[k];
        for (let i = from; i < to; i++) weighted[i] = design[k][i] * weights[i];
        for (let l = 0; l <= k; l++) {
          const row = design[l];
          const end = Math.min(to, this.range[l][1]);
          let sum = 0;
          for (let i = Math.max(from, this.range[l][0]); i < end; i++) sum += weighted[i] * row[i];
          matrix[k * K + l] = matrix[l * K + k] = sum;
        }
      }
      return matrix;
    }

    /** Derivative of the expectation by each pull. */
    design(at, bins) {
      return this.pulls.map((_, k) => {
        const row = new Float64Array(bins);
        for (let i = this.range[k][0]; i < this.range[k][1]; i++) {
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
      const weights = this.sigma.map((error) => 1 / (error * error));
      const matrix = this.products(design, weights);
      const right = new Float64Array(K);
      for (let k = 0; k < K; k++) {
        for (let i = this.range[k][0]; i < this.range[k][1]; i++) {
          right[k] += design[k][i] * weights[i] * (this.observed[i] - at.expected[i]);
        }
        matrix[k * K + k] += this.weights[k];
      }
      const trial = solve(matrix, right).map((a, k) => Math.min(Math.max(a, -this.reach[k]), this.reach[k]));
      return this.value(signal, trial) < this.value(signal, zero) ? trial : zero;
    }

    /** Minimum over the pulls by a damped Newton method, from pulls close by if there are any: { chi2, pulls }. */
    profile(given, start) {
      const factor = this.cap(given);
      const signal = factor < 1 ? given.map((counts) => counts * factor) : given;
      let pulls = start && !this.quadratic ? start : this.begin(signal);
      if (!pulls.length) return { chi2: this.value(signal, pulls), pulls };
      let here = this.terms(signal, pulls);
      for (let turn = 0; turn < STEPS; turn++) {
        const step = this.step(here, pulls);
        let promised = 0;
        for (let k = 0; k < step.length; k++) promised -= (here.gradient[k] * step[k]) / 2;
        const moved = (length) =>
          pulls.map((a, k) => Math.min(Math.max(a + length * step[k], -this.reach[k]), this.reach[k]));
        if (!(promised > CONVERGED * (1 + Math.abs(here.total)))) {
          return { chi2: here.total - promised, pulls: moved(1) };
        }
        let length = 1;
        let trial = moved(length);
        let next = this.terms(signal, trial);
        for (let halving = 0; halving < HALVINGS; halving++) {
          const enough = here.total - 1e-4 * length * promised + ROUNDING * (1 + Math.abs(here.total));
          if (next.total <= enough) break;
          length /= 2;
          trial = moved(length);
          next = this.terms(signal, trial);
        }
        pulls = trial;
        here = next;
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

  const GRID = [0, 0.4, 1, 2, 4, 8, 16, 32, 64, 100, 3e2, 1e3, 1e4, 1e5, 1e6];
  const RISE = 10; // how far the chi-square along a line is followed: well above any level
  const PRECISE = 1e-6; // relative precision of a squared coupling

  /** The chi-square along S + x scale D: x = 1 is about one standard deviation of the data. */
  class Line {
    constructor(likelihood, base, template) {
      this.likelihood = likelihood;
      this.base = base;
      let sum = 0;
      for (let i = 0; i < template.length; i++) sum += (template[i] / likelihood.sigma[i]) ** 2;
      this.scale = 1 / Math.sqrt(sum);
      this.unit = template.map((counts) => counts * this.scale);
      this.coarse = this.follow();
      this.minimum = this.lowest();
    }

    /** { chi2, slope, pulls } at x, the search begun from pulls close by. */
    at(x, start) {
      const signal = this.base.map((counts, i) => counts + x * this.unit[i]);
      const { chi2, pulls } = this.likelihood.profile(signal, start);
      return { x, chi2, pulls, slope: this.likelihood.slope(signal, pulls, this.unit) };
    }

    /** Chi-square at x. */
    chi2(x) {
      let near = this.coarse[0];
      for (const one of this.coarse) if (one.x <= x) near = one;
      return this.at(x, near.pulls).chi2;
    }

    /** The line on the grid, as far as its chi-square does not rise for good. */
    follow() {
      const points = [];
      let least = Infinity;
      for (const x of GRID) {
        const point = this.at(x, points.length ? points[points.length - 1].pulls : undefined);
        points.push(point);
        least = Math.min(least, point.chi2);
        if (point.chi2 > least + RISE) break;
      }
      return points;
    }

    /** The point of smallest chi-square, x >= 0. */
    lowest() {
      let k = 0;
      this.coarse.forEach((point, i) => (k = point.chi2 < this.coarse[k].chi2 ? i : k));
      let low = this.coarse[Math.max(k - 1, 0)];
      let high = this.coarse[Math.min(k + 1, this.coarse.length - 1)];
      let best = this.coarse[k];
      if (!(low.slope < 0 && high.slope > 0)) return best;
      // the slope vanishes between both: secants, and bisection where they stick to one end
      for (let turn = 0; turn < 60 && high.x - low.x > PRECISE * high.x; turn++) {
        const secant = low.x - (low.slope * (high.x - low.x)) / (high.slope - low.slope);
        const next = this.at(turn % 3 === 2 ? (low.x + high.x) / 2 : secant, best.pulls);
        // the rest is of second order
        const settled = Math.abs(next.x - best.x) < 1e-4 * next.x;
        if (next.chi2 <= best.chi2) best = next;
        if (settled) break;
        if (next.slope < 0) low = next;
        else high = next;
      }
      return best;
    }

    /** Largest x at which the chi-square rises through its minimum plus a level; infinite if it never does. */
    largest(level) {
      const ceiling = this.minimum.chi2 + level;
      let last = 0;
      this.coarse.forEach((point, i) => (last = point.chi2 <= ceiling ? i : last));
      if (last === this.coarse.length - 1) return Infinity;
      const low = this.coarse[last].x > this.minimum.x ? this.coarse[last] : this.minimum;
      return this.crossing(
        low,
        this.coarse.find((point) => point.x > low.x),
        ceiling,
      );
    }

    /** Smallest x at which the chi-square falls through its minimum plus a level; 0 if it starts below. */
    smallest(level) {
      const ceiling = this.minimum.chi2 + level;
      if (this.coarse[0].chi2 <= ceiling) return 0;
      const first = this.coarse.find((point) => point.chi2 <= ceiling);
      const high = first && first.x < this.minimum.x ? first : this.minimum;
      return this.crossing(high, this.coarse.filter((point) => point.x < high.x).pop(), ceiling);
    }

    /** Where the chi-square passes a ceiling between a point below and one above it: Newton's method, kept inside. */
    crossing(below, above, ceiling) {
      let point = above;
      for (let turn = 0; turn < 60; turn++) {
        let x = point.x - (point.chi2 - ceiling) / point.slope;
        const inside = (x - below.x) * (x - above.x) < 0;
        if (!inside) x = (below.x + above.x) / 2;
        if (Math.abs(x - point.x) < PRECISE * x) return x;
        point = this.at(x, point.pulls);
        if (point.chi2 > ceiling) above = point;
        else below = point;
      }
      return point.x;
    }
  }

  scope.Explorer = Object.assign(scope.Explorer || {}, { Likelihood, Line, solve });
  if (typeof module !== "undefined") module.exports = scope.Explorer;
})(globalThis);
