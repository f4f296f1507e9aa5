"""A reader of exported models: numpy and the documented layout, nothing of the package."""

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar


def chi2(model, dipole, squared):
    """Chi-square at squared couplings, minimised over the pulls; at one of them where the signal moves."""
    S = np.array(model["standard_model"]) + np.multiply.outer(squared, dipole)
    shift = model.get("shift")
    if shift is None:
        return still(model, S)
    (sigma,) = [pull["sigma"] for pull in model["pulls"] if pull["name"] == shift["pull"]]
    rows, columns = np.array(shift["entries"]).T
    entries = CubicSpline(shift["at"], shift["maps"])

    def at(value):
        moved = np.bincount(rows, entries(value) * S[columns], minlength=len(S))
        return still(model, moved, shift["pull"]) + (value / sigma) ** 2

    values = [at(value) for value in shift["at"][::10]]
    best = int(np.argmin(values))
    low, high = shift["at"][max(10 * best - 10, 0)], shift["at"][min(10 * best + 10, len(shift["at"]) - 1)]
    return min(minimize_scalar(at, bounds=(low, high), method="bounded", options={"xatol": 1e-3}).fun, values[best])


def still(model, S, apart=None):
    """Chi-square of a signal, minimised over the pulls but one by damped Newton steps."""
    N = np.array(model["observed"])
    parts = {"signal": S, **{name: np.array(b) for name, b in model["backgrounds"].items()}}
    pulls = [pull for pull in model["pulls"] if pull["name"] != apart]
    scaled = [np.array(p.get("shape", 1.0)) * sum(parts[t] for t in p["templates"]) for p in pulls]
    D = np.stack([np.broadcast_to(one, S.shape) for one in scaled], axis=-2)
    w = np.array([float(pull["sigma"]) ** -2 for pull in pulls])
    return profiled(N, None if model["sigma"] == "poisson" else np.square(model["sigma"]), sum(parts.values()), D, w)


def profiled(N, variance, constant, D, w):
    """Chi-square of counts around ``constant + a @ D``, Poisson without a variance, minimised over ``a``: of one
    ``constant`` and ``D``, or of rows of them."""
    poisson = variance is None
    variance = 1.0 if poisson else variance

    def expected(a):
        return constant + (a[..., np.newaxis, :] @ D)[..., 0, :]

    seen, events = N > 0, np.where(N > 0, N, 1.0)

    def value(a):
        e, penalty = expected(a), a**2 @ w
        if not poisson:
            return np.sum((N - e) ** 2 / variance, axis=-1) + penalty
        possible = e > 0
        terms = e - N + np.where(seen, N, 0.0) * np.log(events / np.where(possible & seen, e, events))
        return np.where(np.all(possible | ~seen, axis=-1), 2 * np.sum(terms, axis=-1) + penalty, np.inf)

    a = np.zeros((*np.shape(constant)[:-1], len(w)))
    now = value(a)
    for _ in range(100 if poisson else 1):
        e = expected(a)
        ratio = np.divide(N, e, out=np.zeros_like(e), where=N > 0)  # a bin may expect nothing and see nothing
        slope, curvature = (1 - ratio, ratio**2 / np.maximum(N, 1)) if poisson else ((e - N) / variance, 1 / variance)
        gradient = D @ slope[..., np.newaxis] + (w * a)[..., np.newaxis]
        matrix = (D * np.expand_dims(curvature, -2)) @ np.swapaxes(D, -1, -2) + np.diag(w)
        step = -np.linalg.solve(matrix, gradient)[..., 0]
        then = value(a + step)
        while np.any(worse := then > now + 1e-12):
            step = np.where(worse[..., np.newaxis], step / 2, step)
            then = value(a + step)
        still_falls = now - then > 1e-10
        a, now = a + step, then
        # Newton: the next step is the square of this one
        if not np.any(still_falls & np.any(np.abs(step) > 1e-9, axis=-1)):
            break
    return now


def limit(model, k, level=2.705543454095404):
    """Largest coupling (mu_B) at mass number ``k`` with a chi-square of ``level`` above the minimum over its square."""
    dipole = np.array(model["dipole"][k])
    if not dipole.any():
        return np.inf
    error = np.sqrt(np.maximum(model["observed"], 1)) if model["sigma"] == "poisson" else np.array(model["sigma"])
    scale = 1 / np.sqrt(np.sum((dipole / error) ** 2))
    xs = np.append(0, np.geomspace(1e-3, 1e4, 300))
    while xs[-1] - xs[0] > 1e-9 * max(xs[-1], 1.0):  # close in on the minimum
        values = chi2(model, dipole, xs * scale)
        best = int(np.argmin(values))
        xs = np.linspace(xs[max(best - 1, 0)], xs[min(best + 1, len(xs) - 1)], 9)
    ceiling, low, high = min(values) + level, max(xs[4], 1e-9), 1e6
    while high - low > 1e-12 * high:
        between = np.geomspace(low, high, 17)
        inside = np.flatnonzero(chi2(model, dipole, between[1:-1] * scale) <= ceiling)
        k = int(inside[-1]) + 1 if len(inside) else 0
        low, high = between[k], between[k + 1]
    return np.sqrt(high * scale)
