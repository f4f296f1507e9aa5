"""A reader of exported models: numpy and the documented layout, nothing of the package."""

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar


def chi2(model, dipole, squared):
    """Chi-square at a squared coupling, minimised over the pulls."""
    S = np.array(model["standard_model"]) + squared * np.array(dipole)
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
    D = np.array([np.array(p.get("shape", 1.0)) * np.sum([parts[t] for t in p["templates"]], axis=0) for p in pulls])
    w = np.array([float(pull["sigma"]) ** -2 for pull in pulls])
    return profiled(N, None if model["sigma"] == "poisson" else np.square(model["sigma"]), sum(parts.values()), D, w)


def profiled(N, variance, constant, D, w):
    """Chi-square of counts around ``constant + a @ D``, Poisson without a variance, minimised over ``a``."""
    poisson = variance is None
    variance = 1.0 if poisson else variance

    def value(a):
        e = constant + a @ D
        if poisson:
            if np.any(e[N > 0] <= 0):
                return np.inf
            return 2 * (np.sum(e - N) + np.sum(N[N > 0] * np.log(N[N > 0] / e[N > 0]))) + w @ a**2
        return np.sum((N - e) ** 2 / variance) + w @ a**2

    a = np.zeros(len(w))
    for _ in range(100 if poisson else 1):
        e = constant + a @ D
        ratio = np.divide(N, e, out=np.zeros_like(e), where=N > 0)  # a bin may expect nothing and see nothing
        slope, curvature = (1 - ratio, ratio**2 / np.maximum(N, 1)) if poisson else ((e - N) / variance, 1 / variance)
        step = -np.linalg.solve((D * curvature) @ D.T + np.diag(w), D @ slope + w * a)
        while value(a + step) > value(a) + 1e-12:
            step = step / 2
        a = a + step
        if np.all(np.abs(step) < 1e-9):  # Newton: the next one is its square
            break
    return value(a)


def limit(model, k, level=2.705543454095404):
    """Largest coupling (mu_B) at mass number ``k`` with a chi-square of ``level`` above the minimum over its square."""
    dipole = np.array(model["dipole"][k])
    if not dipole.any():
        return np.inf
    error = np.sqrt(np.maximum(model["observed"], 1)) if model["sigma"] == "poisson" else np.array(model["sigma"])
    scale = 1 / np.sqrt(np.sum((dipole / error) ** 2))
    xs = np.append(0, np.geomspace(1e-3, 1e4, 300))
    for _ in range(30):  # close in on the minimum
        values = [chi2(model, dipole, x * scale) for x in xs]
        best = int(np.argmin(values))
        xs = np.linspace(xs[max(best - 1, 0)], xs[min(best + 1, len(xs) - 1)], 9)
    ceiling, low, high = min(values) + level, xs[4], 1e6
    while high - low > 1e-12 * high:
        middle = (low + high) / 2 if low > 0 and high < 4 * low else np.sqrt(max(low, 1e-9) * high)
        low, high = (middle, high) if chi2(model, dipole, middle * scale) <= ceiling else (low, middle)
    return np.sqrt(high * scale)
