r"""The one minimisation over pulls: a damped Newton method for many signals at a time, with exact derivatives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["minimise"]

Array = NDArray[np.float64]
Terms = Callable[[Array, NDArray[np.intp]], tuple[Array, Array, Array, Array]]

STEPS, HALVINGS = 200, 50
"""Newton steps, and halvings of one step, at most; a few of each are the rule."""

CONVERGED = 1e-7
"""Decrease, relative to the minimum (or to one), below which the last step need not be looked at: what it gains is
known to its own order, half a power further on."""

ROUNDING = 1e-13
"""Relative error of a sum over bins: a decrease below it cannot be seen."""


def minimise(
    terms: Terms, start: Array, centres: Array, weights: Array, reach: Array, *, quadratic: bool = False
) -> tuple[Array, Array]:
    r"""Minimum of :math:`F(\mathbf a)+\sum_kw_k(a_k-c_k)^2` over the pulls, for several rows.

    Parameters
    ----------
    terms : callable
        ``terms(pulls, rows)`` gives :math:`F`, its gradient, its Hessian and a positive semi-definite part of the
        Hessian for the pulls of some of the rows, shapes (r,), (r, K), (r, K, K), (r, K, K)
    start, centres : ndarray, shape (rows, K)
        where to begin, and :math:`c_k`
    weights : ndarray, shape (K,)
        :math:`w_k`
    reach : ndarray, shape (K,)
        largest modulus of each pull; inf for most
    quadratic : bool
        whether :math:`F` is, so that one step ends at the minimum

    Returns
    -------
    value, pulls : ndarray
        shapes (rows,), (rows, K)

    Raises
    ------
    ArithmeticError
        if there is no minimum after many steps
    """
    number, size = start.shape
    pulls = np.clip(start, -reach, reach)
    value = np.empty(number)
    active = np.arange(number)
    if not size:
        return terms(pulls, active)[0], pulls

    def everything(trial: Array, rows: NDArray[np.intp]) -> tuple[Array, Array, Array, Array]:
        total, gradient, hessian, convex = terms(trial, rows)
        away = trial - centres[rows]
        penalty = 2 * np.diag(weights)
        gradient = gradient + 2 * weights * away
        total = total + np.sum(weights * away**2, axis=-1)
        if hessian is convex:
            convex = convex + penalty
            return total, gradient, convex, convex
        return total, gradient, hessian + penalty, convex + penalty

    here = everything(pulls, active)
    for _ in range(STEPS):
        total, gradient, hessian, convex = here
        step = _step(gradient, hessian, convex, pulls[active], reach)
        promised = -np.sum(gradient * step, axis=-1) / 2
        going = promised > CONVERGED * (1 + np.abs(total))
        ended = active[~going]
        value[ended] = total[~going] - promised[~going]
        pulls[ended] = np.clip(pulls[ended] + step[~going], -reach, reach)
        if not going.any():
            return value, pulls
        active, step, promised, total = active[going], step[going], promised[going], total[going]
        origin = pulls[active]
        trial = np.clip(origin + step, -reach, reach)
        here = everything(trial, active)
        if quadratic:
            value[active], pulls[active] = here[0], trial
            return value, pulls
        length = 1.0
        for _ in range(HALVINGS):
            # rounding may hide the last, tiny decrease
            enough = total - 1e-4 * length * promised + ROUNDING * (1 + np.abs(total))
            poor = np.flatnonzero(~(here[0] <= enough))
            if not len(poor):
                break
            length /= 2
            trial[poor] = np.clip(origin[poor] + length * step[poor], -reach, reach)
            for whole, piece in zip(here, everything(trial[poor], active[poor]), strict=True):
                whole[poor] = piece
        pulls[active] = trial
    raise ArithmeticError(f"no minimum over the pulls after {STEPS} steps of Newton's method")


def _step(gradient: Array, hessian: Array, convex: Array, pulls: Array, reach: Array) -> Array:
    """Newton's step, downhill; a pull at the end of its reach that is pulled further stays."""
    bounded = np.isfinite(reach)
    if bounded.any():
        held = bounded & (np.abs(pulls) >= reach) & (gradient * pulls < 0)
        rows, columns = np.nonzero(held)
        if len(rows):
            gradient = np.where(held, 0.0, gradient)
            for matrix in (hessian, convex):
                matrix[rows, columns, :] = 0.0
                matrix[rows, :, columns] = 0.0
                matrix[rows, columns, columns] = 1.0
    step = _solved(hessian, gradient)
    if hessian is not convex:
        # where the exact curvature is not positive, its positive part points downhill
        uphill = ~(np.sum(gradient * step, axis=-1) <= 0)
        if uphill.any():
            step[uphill] = _solved(convex[uphill], gradient[uphill])
    return step


def _solved(matrix: Array, gradient: Array) -> Array:
    """Solution of ``matrix @ step = -gradient`` after scaling every pull to the same curvature."""
    diagonal = np.abs(np.einsum("rkk->rk", matrix))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrix * scale[:, :, np.newaxis] * scale[:, np.newaxis, :]
    try:
        solution = np.linalg.solve(scaled, -(gradient * scale)[..., np.newaxis])[..., 0]
    except np.linalg.LinAlgError:
        # a free pull that nothing depends on: any value will do, also its present one
        solution = -np.einsum("rkl,rl->rk", np.linalg.pinv(scaled, hermitian=True), gradient * scale)
    return solution * scale
