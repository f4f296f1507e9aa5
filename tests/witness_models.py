"""A reader of exported models: numpy and the documented layout, nothing of the package."""

import numpy as np


def chi2(model, dipole, squared):
    """Chi-square at a squared coupling, minimised over the pulls by damped Newton steps."""
    N, S = np.array(model["observed"]), np.array(model["standard_model"]) + squared * np.array(dipole)
    parts = {"signal": S, **{name: np.array(b) for name, b in model["backgrounds"].items()}}
    D = np.array([np.sum([parts[t] for t in pull["templates"]], axis=0) for pull in model["pulls"]])
    w = np.array([pull["sigma"] ** -2 for pull in model["pulls"]])
    poisson = model["sigma"] == "poisson"
    variance = 1.0 if poisson else np.square(model["sigma"])

    def value(a):
        e = sum(parts.values()) + a @ D
        if poisson:
            if np.any(e[N > 0] <= 0):
                return np.inf
            return 2 * (np.sum(e - N) + np.sum(N[N > 0] * np.log(N[N > 0] / e[N > 0]))) + w @ a**2
        return np.sum((N - e) ** 2 / variance) + w @ a**2

    a = np.zeros(len(w))
    for _ in range(100 if poisson else 1):
        e = sum(parts.values()) + a @ D
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
