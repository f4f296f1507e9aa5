r"""The search behind :mod:`companion.phases`: one modulus as large as the data allow, everything else free.

What is counted depends on the squared moments :math:`q_k=v^\dagger A_kv` of the states alone, and the pulls are
profiled inside.  A point is therefore stationary when

.. math:: G\,v\propto e_j,\qquad G=\sum_k\frac{\partial\chi^2}{\partial q_k}A_k ,

and if :math:`G` is positive semi-definite nothing better exists: with :math:`vv^\dagger` replaced by any positive
matrix :math:`X` the :math:`q_k` are linear in :math:`X`, and so is :math:`X_{jj}`.  Newton's method with exact
derivatives finds such points for many masses, moments and starts at a time; only where :math:`G` is not positive, or
phases of the mixing matrix are free, several starts are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from .moment_signals import MomentSignals, squared_moments
from .statistics.line import Line

__all__ = ["MomentSearch"]

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Index = NDArray[np.intp]

STARTS, STARTS_FREE = 3, 5
"""Directions from which a search starts if one is not enough, without and with free phases of the mixing matrix."""

STEPS = 60
"""Newton steps at most."""

LENGTHS = (np.ones(1), *np.split(0.5 ** np.arange(1.0, 26.0), 5))
"""Parts of a step that are tried, several at a time: a call costs more than another row of it."""

CERTAIN = 1e-4
"""Most negative eigenvalue of G, one being a standard deviation, at which nothing better is searched for."""


@dataclass(frozen=True)
class _Terms:
    """A chi-square and its derivatives by the variables, at several points."""

    gradient: Array
    hessian: Array
    radial: Array
    form: Complex


class MomentSearch:
    """The smallest chi-square, or the largest modulus below a ceiling, at several masses.

    The variables are the moments in a space where every direction is about one standard deviation at length one (real
    parts, then imaginary parts), and an angle for each free phase: the phase itself, or one whose sine runs through its
    range.
    """

    def __init__(self, signals: MomentSignals, free: Mapping[str, tuple[float, float]], sterile_states: int) -> None:
        self.signals, self.free, self.columns = signals, dict(free), sterile_states
        self.size = 3 * sterile_states
        values, vectors = signals.axes()
        # moments (mu_B) per length, shape (masses, 3, 3); blind directions are left out
        self.white = vectors * np.where(values > 0, np.where(values > 0, values, 1.0) ** -0.5, 0.0)[:, np.newaxis]
        self.blind = vectors * (values == 0)[:, np.newaxis]
        low, high = np.reshape(list(self.free.values()), (-1, 2)).T
        # all values means a circle: no walls on it
        self.circle = high - low >= 2 * pi - 1e-12
        self.middle, self.half = (low + high) / 2, (high - low) / 2
        # products of two elements of U: trigonometric polynomials of degree two in each phase, known from five values
        samples = np.meshgrid(*(2 * pi / 5 * np.arange(5) for _ in self.free), indexing="ij")
        # where the chi-square is smallest, once it is known
        self.best = np.zeros((len(self.white), 2 * self.size + len(self.free)))
        sampled = signals.forms(dict(zip(self.free, samples, strict=True)))
        self.harmonics = np.fft.fftn(sampled, axes=tuple(range(len(self.free)))) / 5 ** len(self.free)

    # ---- variables

    def moments(self, y: Array, mass: Index) -> Complex:
        """The moments (mu_B), shape (rows, 3, sterile states)."""
        x = y[:, : self.size] + 1j * y[:, self.size : 2 * self.size]
        return np.asarray(self.white[mass] @ x.reshape(-1, 3, self.columns))

    def phases(self, y: Array) -> Array:
        """The free phases, shape (rows, number)."""
        angle = y[:, 2 * self.size :]
        return np.where(self.circle, angle, self.middle + self.half * np.sin(angle))

    def forms(self, phases: Array, derivatives: Collection[int] = ()) -> Complex:
        """The forms at the free phases, shape (rows, states, 3, 3), or a derivative by some of them."""
        wave = np.array([0, 1, 2, -2, -1])
        A = np.broadcast_to(self.harmonics, (len(phases), *self.harmonics.shape))
        for k in range(len(self.free)):
            order = sum(other == k for other in derivatives)
            factor = np.exp(1j * wave * phases[:, k : k + 1]) * (1j * wave) ** order
            A = np.einsum("rw,rw...->r...", factor, A)
        return A

    def squares(self, y: Array, mass: Index) -> Array:
        """Squared moments (mu_B^2) of the states, shape (rows, states)."""
        return squared_moments(self.forms(self.phases(y)), self.moments(y, mass))

    # ---- the chi-square

    def _signal(self, y: Array, mass: Index) -> Array:
        dipole = np.einsum("rk,rkb->rb", self.squares(y, mass), self.signals.templates[mass])
        return np.asarray(self.signals.base + dipole)

    def chi2(self, y: Array, mass: Index, start: Array | None = None) -> tuple[Array, Array]:
        """Chi-square and pulls at several points."""
        profile = self.signals.likelihood.profile(self._signal(y, mass), start=start)
        return profile.value, profile.pulls

    def terms(self, y: Array, mass: Index, pulls: Array) -> _Terms:
        """Derivatives at several points, from the pulls there."""
        templates = self.signals.templates[mass]
        # by squared moments in units of one standard deviation
        unit = np.where(np.isfinite(self.signals.unit[mass]), self.signals.unit[mass], 0.0)
        along = templates * unit[..., np.newaxis]
        slope, curve = self.signals.likelihood.derivatives(self._signal(y, mass), pulls, along)
        scale = np.where(unit > 0, 1 / np.where(unit > 0, unit, 1.0), 0.0)
        slope, curve = slope * scale, curve * scale[:, :, np.newaxis] * scale[:, np.newaxis]
        phases = self.phases(y)
        v, A = self.moments(y, mass), self.forms(phases)
        white = self.white[mass]
        G = np.einsum("rk,rkij->rij", slope, A)
        inner = np.swapaxes(white.conj(), 1, 2) @ G @ white
        by_variable = [self._real(np.einsum("rji,rkjl,rla->rkia", white.conj(), A, v))]
        first, second = self._inner_derivatives(y)
        turned = [self.forms(phases, (p,)) for p in range(len(self.free))]
        for p, one in enumerate(turned):
            by_variable.append((squared_moments(one, v) * first[:, p : p + 1])[..., np.newaxis])
        jacobian = np.concatenate(by_variable, axis=-1)
        hessian = np.swapaxes(jacobian, 1, 2) @ curve @ jacobian
        hessian[:, : 2 * self.size, : 2 * self.size] += self._real_form(inner)
        for p, one in enumerate(turned):
            weighted = np.einsum("rk,rkij->rij", slope, one)
            mixed = self._real(np.swapaxes(white.conj(), 1, 2) @ weighted @ v) * first[:, p : p + 1]
            hessian[:, : 2 * self.size, 2 * self.size + p] += mixed
            hessian[:, 2 * self.size + p, : 2 * self.size] += mixed
            for other in range(len(self.free)):
                twice = np.sum(slope * squared_moments(self.forms(phases, (p, other)), v), axis=-1)
                hessian[:, 2 * self.size + p, 2 * self.size + other] += twice * first[:, p] * first[:, other]
            bent = np.sum(slope * squared_moments(one, v), axis=-1) * second[:, p]
            hessian[:, 2 * self.size + p, 2 * self.size + p] += bent
        gradient = np.einsum("rk,rky->ry", slope, jacobian)
        return _Terms(gradient, hessian, np.sum(slope * squared_moments(A, v), axis=-1), inner)

    def _inner_derivatives(self, y: Array) -> tuple[Array, Array]:
        """First and second derivatives of the phases by their variables."""
        angle = y[:, 2 * self.size :]
        first = np.where(self.circle, 1.0, self.half * np.cos(angle))
        return first, np.where(self.circle, 0.0, -self.half * np.sin(angle))

    @staticmethod
    def _real(slope: Complex) -> Array:
        """Derivatives by the real variables from those by conjugate moments, shape (..., 3, sterile states)."""
        flat = 2 * slope.reshape(*slope.shape[:-2], -1)
        return np.concatenate([flat.real, flat.imag], axis=-1)

    def _real_form(self, form: Complex) -> Array:
        """Second derivatives by the real variables of a Hermitian form, the same one for every sterile state."""
        whole = np.einsum("rij,ab->riajb", form, np.eye(self.columns)).reshape(len(form), self.size, self.size)
        return 2 * np.block([[whole.real, -whole.imag], [whole.imag, whole.real]])

    # ---- starts

    def _rounds(self) -> list[list[int]]:
        """Numbers of the starts that are tried together; later ones only where earlier ones are not certain."""
        if self.free:
            return [list(range(STARTS_FREE))]
        return [[0], list(range(1, STARTS))]

    def starts(self, mass: Index, index: Index | None = None) -> Array:
        """Variables of length one to start from, shape (starts, rows, variables).

        With an ``index`` of a moment for every row, the first start is the answer if the forms were all there is to
        know, a little off the axis.
        """
        random = np.random.default_rng(1)
        number = STARTS_FREE if self.free else STARTS
        shape = (number, len(mass), 3, self.columns)
        one = random.normal(size=(number, 1, 3, self.columns)) + 1j * random.normal(size=(number, 1, 3, self.columns))
        x = np.broadcast_to(one, shape).copy()
        # by chance: at 0 and pi a chi-square may be stationary for reasons of symmetry
        fractions = (np.arange(number)[:, np.newaxis] + random.random((number, len(self.free)))) / number
        fractions = random.permuted(fractions, axis=0)
        if index is not None:
            row = self.white[mass, index]
            x[0] *= 0.1 * np.linalg.norm(row, axis=-1)[:, np.newaxis, np.newaxis]
            x[0, :, :, 0] += row.conj()
        x /= np.linalg.norm(x, axis=(2, 3), keepdims=True)
        angle = np.where(self.circle, 2 * pi * fractions, np.arcsin(2 * fractions - 1))
        flat = x.reshape(number, len(mass), -1)
        turned = np.broadcast_to(angle[:, np.newaxis], (number, len(mass), len(self.free)))
        return np.concatenate([flat.real, flat.imag, turned], axis=-1)

    # ---- the smallest chi-square

    def minimum(self) -> Array:
        """The smallest chi-square over the moments, all pulls and the free phases, shape (masses,)."""
        mass = np.arange(len(self.white))
        best = np.broadcast_to(self.signals.likelihood.chi2(self.signals.base), mass.shape).copy()
        seen = np.flatnonzero(np.any(self.white != 0, axis=(1, 2)))
        for numbers in self._rounds():
            if not len(seen):
                break
            rows = np.tile(seen, len(numbers))
            y = np.concatenate(self.starts(seen)[numbers])
            value, form = self._descend(y, rows)
            for row, one, point in zip(rows, value, y, strict=True):
                if one < best[row]:
                    best[row], self.best[row] = one, point
            if not self.free:
                lowest = np.linalg.eigvalsh(form)[:, 0].reshape(len(numbers), -1).max(axis=0)
                seen = seen[lowest < -CERTAIN]
        return best

    def _descend(self, y: Array, mass: Index) -> tuple[Array, Complex]:
        """Newton's method on the chi-square: minimum and whitened G for every row."""
        value, pulls = self.chi2(y, mass)
        form = np.zeros((len(y), 3, 3), complex)
        active = np.arange(len(y))
        for _ in range(STEPS):
            terms = self.terms(y[active], mass[active], pulls[active])
            form[active] = terms.form
            step, _ = _newton(terms.hessian, terms.gradient)
            promised = -np.sum(step * terms.gradient, axis=-1) / 2
            going = promised > 1e-8
            active, step, promised = active[going], step[going], promised[going]
            if not len(active):
                break
            before = value[active].copy()

            def lower(which: Index, trial: Array, found: Array, length: Array) -> NDArray[np.bool_]:
                return np.asarray(found <= before[which] - 1e-4 * length * promised[which] + 1e-12)  # noqa: B023

            self._advance(y, value, pulls, active, step, mass, lower)
        return value, form

    def _advance(
        self,
        y: Array,
        value: Array,
        pulls: Array,
        active: Index,
        step: Array,
        mass: Index,
        good: Callable[[Index, Array, Array, Array], NDArray[np.bool_]],
    ) -> None:
        """Go along the steps of the active rows, each shortened until it is good; in place.

        ``good`` is asked with the numbers of the steps, the points that they lead to, the chi-squares there and the
        lengths.
        """
        origin, poor = y[active].copy(), np.arange(len(active))
        for lengths in LENGTHS:
            which, length = np.tile(poor, len(lengths)), np.repeat(lengths, len(poor))
            rows = active[which]
            trial = origin[which] + length[:, np.newaxis] * step[which]
            found, own = self.chi2(trial, mass[rows], pulls[rows])
            fits = good(which, trial, found, length).reshape(len(lengths), -1)
            fit = fits.any(axis=0)
            picked = np.where(fit, fits.argmax(axis=0), len(lengths) - 1) * len(poor) + np.arange(len(poor))
            rows = active[poor]
            y[rows], value[rows], pulls[rows] = trial[picked], found[picked], own[picked]
            poor = poor[~fit]
            if not len(poor):
                return

    # ---- the largest modulus

    def largest(self, index: Index, mass: Index, ceiling: Array) -> tuple[Array, Complex, Array]:
        """The largest modulus of one of the three moments below a ceiling of the chi-square, at masses by number.

        Returns
        -------
        modulus, moments, phases : ndarray
            shapes (rows,), (rows, 3, sterile states), (rows, number)
        """
        modulus = np.full(len(mass), -1.0)
        best = np.zeros((len(mass), 2 * self.size + len(self.free)))
        left = np.arange(len(mass))
        for numbers in self._rounds():
            if not len(left):
                break
            rows = np.tile(left, len(numbers))
            y = np.concatenate(self.starts(mass[left], index[left])[numbers])
            value, y, certain = self._climb(y, index[rows], mass[rows], ceiling[rows])
            for row, one, point in zip(rows, value, y, strict=True):
                if one > modulus[row]:
                    modulus[row], best[row] = one, point
            left = left[~certain.reshape(len(numbers), -1).any(axis=0)]
        return modulus, self.moments(best, mass), self.phases(best) % (2 * pi)

    def _to_ceiling(self, y: Array, mass: Index, ceiling: Array) -> Array:
        """Factor on the moments of each row to the last crossing of the ceiling; inf if always below, 0 if never."""
        squares = self.squares(y, mass)
        size = np.sum(squares / self.signals.unit[mass], axis=-1)
        direction = squares / np.maximum(size, 1e-300)[:, np.newaxis]
        templates = np.einsum("rk,rkb->rb", direction, self.signals.templates[mass])
        factor = np.full(len(y), np.inf)
        seen = np.flatnonzero(templates.sum(axis=-1) > 0)
        line = Line(self.signals.likelihood, self.signals.base, templates[seen])
        room = ceiling[seen] - line.minimum[1]
        x = line.largest(np.maximum(room, 0.0))
        factor[seen] = np.where(room > 0, np.sqrt(x * line.scale / size[seen]), 0.0)
        return factor

    def _climb(self, y: Array, index: Index, mass: Index, ceiling: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Newton's method on the modulus with the ceiling as a constraint.

        Returns the moduli, the variables, and for which rows nothing larger can exist.
        """
        factor = self._to_ceiling(y, mass, ceiling)
        # where a direction nowhere gets below the ceiling, the best point does
        lost = np.flatnonzero(factor == 0)
        if len(lost):
            aside = y[lost] * np.linalg.norm(self.best[mass[lost]], axis=-1, keepdims=True)
            for share in (0.1, 1e-3):
                y[lost] = self.best[mass[lost]] + share * aside
                factor[lost] = self._to_ceiling(y[lost], mass[lost], ceiling[lost])
                aside, lost = aside[factor[lost] == 0], lost[factor[lost] == 0]
        endless = np.isinf(factor)
        y[:, : 2 * self.size] *= np.where(endless, 1.0, factor)[:, np.newaxis]
        value, pulls = self.chi2(y, mass)
        certain = endless.copy()
        active = np.flatnonzero(~endless)
        for _ in range(STEPS):
            rows = active
            terms = self.terms(y[rows], mass[rows], pulls[rows])
            goal, by_goal, curve = self._goal(y[rows], index[rows], mass[rows])
            away = value[rows] - ceiling[rows]
            # scaling all moments by a factor is stationary: that fixes the multiplier
            multiplier = 1 / np.maximum(terms.radial, 1e-3)
            hessian = curve + multiplier[:, np.newaxis, np.newaxis] * terms.hessian
            step, towards = _newton(hessian, by_goal, terms.gradient)
            across = np.sum(terms.gradient * towards, axis=-1)
            shift = (away + np.sum(terms.gradient * step, axis=-1)) / np.where(across < 0, across, -1.0)
            step = step - shift[:, np.newaxis] * towards
            lowest = np.linalg.eigvalsh(multiplier[:, np.newaxis, np.newaxis] * terms.form)[:, 0]
            certain[rows] = (lowest > -CERTAIN) & (not self.free)
            weight = 2 * np.maximum(multiplier, np.abs(shift))
            promised = -np.sum(by_goal * step, axis=-1) + weight * np.abs(away)
            going = promised > 1e-9
            active, step, promised, weight = rows[going], step[going], promised[going], weight[going]
            if not len(active):
                break
            merit = goal[going] + weight * np.abs(away[going])

            def closer(which: Index, trial: Array, found: Array, length: Array) -> NDArray[np.bool_]:
                one = active[which]  # noqa: B023
                reached = self._goal(trial, index[one], mass[one])[0]
                reached = reached + weight[which] * np.abs(found - ceiling[one])  # noqa: B023
                return np.asarray(reached <= merit[which] - 1e-4 * length * promised[which] + 1e-12)  # noqa: B023

            self._advance(y, value, pulls, active, step, mass, closer)
        # wherever the search stopped, this is on the boundary
        rows = np.flatnonzero(~endless)
        factor = self._to_ceiling(y[rows], mass[rows], ceiling[rows])
        # by rounding a point may stay just above the ceiling
        factor = np.where(factor > 0, factor, 1.0)
        rows, factor = rows[np.isfinite(factor)], factor[np.isfinite(factor)]
        y[rows, : 2 * self.size] *= factor[:, np.newaxis]
        modulus = np.full(len(y), np.inf)
        modulus[rows] = np.linalg.norm(self.moments(y[rows], mass[rows])[np.arange(len(rows)), index[rows]], axis=-1)
        return modulus, y, certain

    def _goal(self, y: Array, index: Index, mass: Index) -> tuple[Array, Array, Array]:
        """Minus the logarithm of the squared modulus, its gradient, and its Hessian along the modulus.

        Across it the Hessian is negative, but there a common unitary rotation of the sterile states undoes every step.
        """
        rows = np.arange(len(y))
        v = self.moments(y, mass)[rows, index]
        square = np.maximum(np.sum(np.abs(v) ** 2, axis=-1), 1e-300)
        white = self.white[mass, index]
        gradient = np.zeros_like(y)
        gradient[:, : 2 * self.size] = -self._real(
            white.conj()[:, :, np.newaxis] * v[:, np.newaxis] / square[:, np.newaxis, np.newaxis]
        )
        return -np.log(square), gradient, gradient[:, :, np.newaxis] * gradient[:, np.newaxis] / 2


def _newton(hessian: Array, *gradients: Array) -> tuple[Array, Array]:
    """Newton's steps for one or two gradients, with the curvature made positive."""
    values, vectors = np.linalg.eigh(hessian)
    size = np.maximum(np.abs(values), 1e-9 * np.maximum(np.abs(values).max(axis=-1, keepdims=True), 1e-9))
    steps = [
        -np.einsum("rij,rj->ri", vectors, np.einsum("rji,rj->ri", vectors, gradient) / size) for gradient in gradients
    ]
    return steps[0], steps[-1]
