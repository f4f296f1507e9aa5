"""The likelihood of one data set: a deviance per bin of an expectation with pulls, and its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .likelihood import Likelihood, Profile
from .newton import minimise
from .pulls import Shift

__all__ = ["BLOCK", "Binned", "profiled", "rows_of"]

Array = NDArray[np.float64]

BLOCK = 200_000
"""Bins times pulls times signals that are held at a time, so that they stay in the cache."""

FEW = 25_000
"""Bins times pulls times signals up to which it costs less to hold what each pull changes than to go around it, which
takes products of any two pulls in each bin once."""

SATURATED = 1e6
"""Signal over everything counted and expected beyond which a pull on the signal has long switched it off: the
chi-square has reached its end to one part in a million, and a larger signal would only lose digits."""


class Binned(Likelihood):
    """The likelihood of one data set: a deviance per bin of an expectation with pulls."""

    shift: Shift | None = None

    # ---- what Gaussian and Poisson give

    quadratic = False

    def _curve(self, expected: Array, observed: Array, sigma: Array | None) -> tuple[Array, Array, Array]:
        """Value, slope and curvature of the deviance in every bin."""
        raise NotImplementedError

    # ---- the expectation

    @cached_property
    def _background(self) -> Array:
        total: Array = np.zeros(len(self.observed))
        for counts in self.backgrounds.values():
            total = total + counts
        return total

    @cached_property
    def _changes(self) -> tuple[Array, Array]:
        """What each pull adds to the signal, relative to it, and to the background, shape (n_pulls, n_bins)."""
        signal, background = np.zeros((2, len(self.pulls), len(self.observed)))
        for k, pull in enumerate(self.pulls):
            if self.shift is not None and pull.name == self.shift.pull:
                continue
            shape = np.ones(len(self.observed)) if pull.shape is None else np.asarray(pull.shape, float)
            for name in pull.templates:
                if name == "signal":
                    signal[k] += shape
                else:
                    background[k] += shape * self.backgrounds[name]
        return signal, background

    @cached_property
    def _products(self) -> tuple[NDArray[np.intp], Array, Array, Array]:
        """Which pulls change the signal, and products of the changes of two pulls, shape (n_bins, pairs).

        The pairs are two of the background, one of the signal and one of the background, and two of the signal.
        """
        of_signal, of_background = self._changes
        scaling = np.flatnonzero(of_signal.any(axis=1))
        bins = of_signal.shape[1]

        def pairs(first: Array, second: Array) -> Array:
            return np.ascontiguousarray((first[:, np.newaxis] * second).reshape(-1, bins).T)

        own = of_signal[scaling]
        return scaling, pairs(of_background, of_background), pairs(own, of_background), pairs(own, own)

    def _by_pulls(self, first: Array, second: Array, moved: Array, along: Array | None) -> tuple[Array, Array]:
        """Sums over bins of what each pull changes times ``first``, and of what two pulls change times ``second``.

        The moved signal ``moved`` and what its shift changes, ``along``, have the shape of the others, (rows, n_bins).

        Returns
        -------
        ndarray, shape (rows, n_pulls), and ndarray, shape (rows, n_pulls, n_pulls)
        """
        of_signal, of_background = self._changes
        if len(moved) * of_signal.size > FEW and len(moved) > len(self.pulls):
            return self._summed(first, moved, along), self._summed_products(second, moved, along)
        design = moved[:, np.newaxis] * of_signal + of_background
        if along is not None:
            design[:, self._shifted] = along
        products = (design * second[:, np.newaxis]) @ design.swapaxes(1, 2)
        return (design @ first[..., np.newaxis])[..., 0], products

    def _summed(self, weights: Array, moved: Array, along: Array | None) -> Array:
        of_signal, of_background = self._changes
        total: Array = weights @ of_background.T + (weights * moved) @ of_signal.T
        if along is not None:
            total[:, self._shifted] = np.sum(weights * along, axis=-1)
        return total

    def _summed_products(self, weights: Array, moved: Array, along: Array | None) -> Array:
        # one product of matrices for all rows: the changes themselves, one for each row, pull and bin, are never held
        scaling, backgrounds, mixed, signals = self._products
        rows, size, own = len(weights), len(self.pulls), len(scaling)
        weights = np.broadcast_to(weights, moved.shape)
        total: Array = (weights @ backgrounds).reshape(rows, size, size)
        if own:
            weighted = weights * moved
            crossed = (weighted @ mixed).reshape(rows, own, size)
            total[:, scaling] += crossed
            total[:, :, scaling] += crossed.swapaxes(1, 2)
            total[:, scaling[:, np.newaxis], scaling] += ((weighted * moved) @ signals).reshape(rows, own, own)
        if along is not None:
            k = self._shifted
            total[:, k] = total[:, :, k] = self._summed(weights * along, moved, along)
        return total

    @cached_property
    def _shifted(self) -> int | None:
        """Index of the pull that is a shift."""
        if self.shift is None:
            return None
        return [pull.name for pull in self.pulls].index(self.shift.pull)

    @cached_property
    def _saturates(self) -> bool:
        """Whether a pull can switch off the signal in all bins alike."""
        return any("signal" in pull.templates and pull.shape is None for pull in self.pulls)

    @cached_property
    def _weights(self) -> Array:
        return np.array([pull.sigma**-2.0 for pull in self.pulls])

    @cached_property
    def _reach(self) -> Array:
        reach = np.full(len(self.pulls), np.inf)
        if self.shift is not None:
            reach[self._shifted] = self.shift.reach
        return reach

    def _given(self, pulls: Mapping[str, float] | ArrayLike) -> Array:
        """Pulls as an array from an array or from a mapping by name."""
        if isinstance(pulls, Mapping):
            names = [pull.name for pull in self.pulls]
            if unknown := set(pulls) - set(names):
                raise ValueError(f"no pull {sorted(unknown)[0]!r}; there are {', '.join(names) or 'none'}")
            return np.array([float(pulls.get(name, 0.0)) for name in names])
        values = np.asarray(pulls, float)
        return np.zeros(len(self.pulls)) if values.shape == (0,) else values

    def _scaled(self, signal: Array, pulls: Array) -> tuple[Array, Array, Array, Array]:
        """The moved signal with two derivatives, and its scale, each of shape (rows, n_bins)."""
        of_signal, _ = self._changes
        scale = 1 + pulls @ of_signal
        if self.shift is None:
            return signal, signal, signal, scale
        moved, slope, curvature = self.shift.move(signal, pulls[:, self._shifted])
        return moved, slope, curvature, scale

    def expected(self, signal: ArrayLike, pulls: Mapping[str, float] | ArrayLike = ()) -> Array:
        signal, values = self._signal(signal), self._given(pulls)
        shape = np.broadcast_shapes(signal.shape[:-1], values.shape[:-1])
        rows = np.broadcast_to(signal, (*shape, signal.shape[-1])).reshape(-1, signal.shape[-1])
        flat = np.broadcast_to(values, (*shape, values.shape[-1])).reshape(len(rows), -1)
        moved, _, _, scale = self._scaled(rows, flat)
        total: Array = moved * scale + self._background + flat @ self._changes[1]
        return total.reshape(*shape, -1)

    def deviance(self, signal: ArrayLike, pulls: Mapping[str, float] | ArrayLike = ()) -> Array:
        expected = self.expected(signal, pulls)
        value, _, _ = self._curve(expected, self.observed, None)
        total: Array = value.sum(-1) + np.sum(self._weights * self._given(pulls) ** 2, axis=-1)
        return total

    def _signal(self, signal: ArrayLike) -> Array:
        signal = np.asarray(signal, float)
        if signal.shape[-1:] != self.observed.shape:
            raise ValueError(f"a signal of {signal.shape[-1:]} bins does not fit data of {self.observed.shape}")
        if not np.all(np.isfinite(signal)):
            raise ValueError("a signal must be finite in every bin")
        return signal

    # ---- the profile

    def terms(
        self, signal: Array, pulls: Array, observed: Array, sigma: Array | None
    ) -> tuple[Array, Array, Array, Array]:
        """Deviance with gradient, Hessian and its positive part in the pulls, priors left out; rows first."""
        of_signal, of_background = self._changes
        moved, slope, curvature, scale = self._scaled(signal, pulls)
        expected = moved * scale + self._background + pulls @ of_background
        value, first, second = self._curve(expected, observed, sigma)
        k = self._shifted
        along = None if k is None else slope * scale
        gradient, convex = self._by_pulls(first, second, moved, along)
        if k is None:
            return value.sum(-1), gradient, convex, convex
        mixed = (first * slope) @ of_signal.T
        mixed[:, k] = np.sum(first * curvature * scale, axis=-1) / 2
        hessian = convex.copy()
        hessian[:, k] += mixed
        hessian[:, :, k] += mixed
        return value.sum(-1), gradient, hessian, convex

    def derivative(
        self,
        signal: ArrayLike,
        pulls: ArrayLike,
        templates: ArrayLike,
        *,
        observed: ArrayLike | None = None,
        sigma: ArrayLike | None = None,
    ) -> Array:
        signal, templates = np.broadcast_arrays(self._signal(signal), np.asarray(templates, float))
        shape, bins = signal.shape[:-1], signal.shape[-1]
        rows, factor = self.capped(signal.reshape(-1, bins))
        values = rows_of(pulls, shape, len(self.pulls))
        along = templates.reshape(-1, bins)
        moved, _, _, scale = self._scaled(rows, values)
        expected = moved * scale + self._background + values @ self._changes[1]
        data = rows_of(self.observed if observed is None else observed, shape, bins)
        errors = None if sigma is None else rows_of(sigma, shape, bins)
        if self.shift is not None:
            # the move is linear in the signal: a template moves like it
            along = self.shift.move(along, values[:, self._shifted])[0]
        back = self._curve(expected, data, errors)[1] * scale * along
        slope: Array = back.sum(-1) * factor
        return slope.reshape(shape)

    def by_pulls(self, signal: ArrayLike, pulls: ArrayLike) -> Array:
        rows, values = self._signal(signal)[np.newaxis], np.asarray(pulls, float)
        slopes = self.terms(rows, values[np.newaxis], self.observed[np.newaxis], None)[1][0]
        return np.asarray(slopes + 2 * self._weights * values)

    def derivatives(self, signal: ArrayLike, pulls: ArrayLike, templates: ArrayLike) -> tuple[Array, Array]:
        signal, along = self._signal(signal), np.asarray(templates, float)
        shape, bins, size = signal.shape[:-1], signal.shape[-1], len(self.pulls)
        rows, values = signal.reshape(-1, bins), rows_of(pulls, shape, size)
        flat = np.broadcast_to(along, (*shape, *along.shape[-2:])).reshape(len(rows), *along.shape[-2:])
        gradient, direct, mixed, inner = self.second(rows, values, flat)
        held = np.abs(values) >= self._reach
        hessian = profiled(direct, mixed, inner + 2 * np.diag(self._weights), held)
        return gradient.reshape(*shape, -1), hessian.reshape(*shape, *hessian.shape[1:])

    def second(self, signal: Array, pulls: Array, templates: Array) -> tuple[Array, Array, Array, Array]:
        """Derivatives of the deviance by the strengths of templates, shape (rows, n_templates, n_bins), and by pulls.

        Returns
        -------
        gradient, direct, mixed, inner : ndarray
            by strengths; twice by strengths; by pulls and strengths, shape (rows, n_pulls, n_templates); twice by pulls
        """
        signal, factor = self.capped(signal)
        of_signal, of_background = self._changes
        moved, slope, _, scale = self._scaled(signal, pulls)
        expected = moved * scale + self._background + pulls @ of_background
        _, first, curve = self._curve(expected, self.observed, None)
        along, turned = templates * factor[:, np.newaxis, np.newaxis], np.zeros_like(templates)
        k = self._shifted
        if self.shift is not None:
            number = along.shape[1]
            shifts = np.repeat(pulls[:, k], number)
            pieces = self.shift.move(along.reshape(-1, along.shape[-1]), shifts)
            along, turned = (piece.reshape(along.shape) for piece in pieces[:2])
        strength = along * scale[:, np.newaxis]
        design = moved[:, np.newaxis] * of_signal + of_background
        mixed = (of_signal * first[:, np.newaxis]) @ along.swapaxes(1, 2)
        if k is not None:
            design[:, k] = slope * scale
            mixed[:, k] = np.einsum("rb,rtb->rt", first * scale, turned)
        mixed = mixed + (design * curve[:, np.newaxis]) @ strength.swapaxes(1, 2)
        gradient = (strength @ first[..., np.newaxis])[..., 0]
        direct = (strength * curve[:, np.newaxis]) @ strength.swapaxes(1, 2)
        data = np.broadcast_to(self.observed, signal.shape)
        return gradient, direct, mixed, self.terms(signal, pulls, data, None)[2]

    def capped(self, signal: Array) -> tuple[Array, Array]:
        """Signals, shape (rows, n_bins), none of them further beyond saturation than digits allow, and the factors."""
        factor = np.ones(len(signal))
        if self._saturates:
            most = SATURATED * (1 + np.sum(np.abs(self.observed) + np.abs(self._background)))
            size = np.abs(signal).sum(-1)
            large = size > most
            factor[large] = most / size[large]
            signal = np.where(large[:, np.newaxis], signal * factor[:, np.newaxis], signal)
        return signal, factor

    def begin(self, signal: Array, observed: Array, sigma: Array | None, centres: Array) -> Array:
        """Pulls to start from: the minimum if errors were Gaussian and the expectation linear, where that is lower."""
        _, of_background = self._changes
        moved, slope, _, scale = self._scaled(signal, centres)
        along = None if self._shifted is None else slope * scale
        spread = self.sigma if sigma is None else sigma
        away = observed - moved * scale - self._background - centres @ of_background
        weights = np.broadcast_to(spread**-2.0, away.shape)
        gradient, hessian = self._by_pulls(away * weights, weights, moved, along)
        hessian = hessian + np.diag(self._weights)
        scales = 1 / np.sqrt(np.einsum("rkk->rk", hessian) + 1e-300)
        hessian = hessian * scales[:, :, np.newaxis] * scales[:, np.newaxis, :] + 1e-12 * np.eye(len(self.pulls))
        right = gradient * scales
        trial = centres + np.linalg.solve(hessian, right[..., np.newaxis])[..., 0] * scales
        trial = np.clip(trial, -self._reach, self._reach)

        def total(pulls: Array) -> Array:
            moved, _, _, scale = self._scaled(signal, pulls)
            expected = moved * scale + self._background + pulls @ of_background
            value = self._curve(expected, observed, sigma)[0]
            return np.asarray(value.sum(-1) + np.sum(self._weights * (pulls - centres) ** 2, axis=-1))

        lower = total(trial) < total(centres)
        return np.where(lower[:, np.newaxis], trial, centres)

    def profile(
        self,
        signal: ArrayLike,
        *,
        observed: ArrayLike | None = None,
        sigma: ArrayLike | None = None,
        centres: ArrayLike | None = None,
        start: ArrayLike | None = None,
    ) -> Profile:
        signal = self._signal(signal)
        shape, bins, size = signal.shape[:-1], signal.shape[-1], len(self.pulls)
        rows = signal.reshape(-1, bins)
        data = rows_of(self.observed if observed is None else observed, shape, bins)
        errors = None if sigma is None else rows_of(sigma, shape, bins)
        priors = rows_of(np.zeros(size) if centres is None else centres, shape, size)
        first = None if start is None else rows_of(start, shape, size)
        value, pulls = np.empty(len(rows)), np.empty((len(rows), size))
        together = max(1, BLOCK // (bins * (size + 1)))
        for begin in range(0, len(rows), together):
            block = slice(begin, begin + together)
            value[block], pulls[block] = self._minimum(
                rows[block],
                data[block],
                None if errors is None else errors[block],
                priors[block],
                None if first is None else first[block],
            )
        return Profile(value.reshape(shape), pulls.reshape(*shape, size))

    def _minimum(
        self, signal: Array, observed: Array, sigma: Array | None, centres: Array, start: Array | None
    ) -> tuple[Array, Array]:
        signal, _ = self.capped(signal)
        if start is None:
            start = centres if self.quadratic or not self.pulls else self.begin(signal, observed, sigma, centres)

        def terms(pulls: Array, rows: NDArray[np.intp]) -> tuple[Array, Array, Array, Array]:
            return self.terms(signal[rows], pulls, observed[rows], None if sigma is None else sigma[rows])

        return minimise(terms, start, centres, self._weights, self._reach, quadratic=self.quadratic)

    def with_observed(self, observed: ArrayLike, sigma: ArrayLike | None = None) -> Likelihood:
        if sigma is None:
            return replace(self, observed=observed)  # type: ignore[type-var]
        return replace(self, observed=observed, sigma=sigma)  # type: ignore[type-var]

    def _check(self) -> None:
        bins = np.shape(self.observed)
        for name, template in self.backgrounds.items():
            if np.shape(template) != bins:
                raise ValueError(f"background {name!r} has {np.shape(template)} bins, the data {bins}")
        known = {"signal", *self.backgrounds}
        names = [pull.name for pull in self.pulls]
        for pull in self.pulls:
            if unknown := set(pull.templates) - known:
                raise ValueError(
                    f"the pull {pull.name!r} scales {unknown.pop()!r}; there are {', '.join(sorted(known))}"
                )
            if pull.shape is not None and np.shape(pull.shape) != bins:
                raise ValueError(f"the shape of {pull.name!r} has {np.shape(pull.shape)} bins, the data {bins}")
            if names.count(pull.name) > 1:
                raise ValueError(f"there are two pulls of the name {pull.name!r}")
        if self.shift is not None:
            moving = [pull.templates for pull in self.pulls if pull.name == self.shift.pull]
            if moving != [("signal",)]:
                raise ValueError(f"a signal moves by one pull on the signal, not by {self.shift.pull!r}")


def profiled(direct: Array, mixed: Array, inner: Array, held: NDArray[np.bool_]) -> Array:
    """Hessian of a minimum over pulls, from the blocks of the whole one; pulls that are ``held`` do not move."""
    if not inner.shape[-1]:
        return direct
    if held.any():
        mixed = np.where(held[..., np.newaxis], 0.0, mixed)
        inner = np.where(held[..., np.newaxis] | held[..., np.newaxis, :], 0.0, inner)
        inner = inner + held[..., np.newaxis] * np.eye(held.shape[-1])
    diagonal = np.abs(np.einsum("rkk->rk", inner))
    size = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = inner * size[:, :, np.newaxis] * size[:, np.newaxis, :]
    # a free pull that nothing depends on has no curvature
    scaled = scaled + 1e-14 * np.eye(scaled.shape[-1])
    right = mixed * size[..., np.newaxis]
    return direct - right.swapaxes(1, 2) @ np.linalg.solve(scaled, right)


def rows_of(values: ArrayLike, shape: tuple[int, ...], last: int) -> Array:
    """An array of shape (..., last) as one of shape (rows, last) for signals of shape (...)."""
    return np.broadcast_to(np.asarray(values, float), (*shape, last)).reshape(prod(shape), last)
