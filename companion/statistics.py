r"""Likelihoods with named, linear pulls: Gaussian (Eqs. 23-27), Poisson, and several of them joined.

In every bin the expectation is linear in the pulls, :math:`e(\mathbf a)=e_0+\sum_kD_ka_k`, and what is minimised is
:math:`\sum_if_i(e_i(\mathbf a))+\sum_k(a_k/\sigma_k)^2`, convex in the pulls.  A Gaussian has a quadratic :math:`f`, so
one step of Newton's method is the closed form; Poisson takes a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, xlogy

__all__ = ["Gaussian", "Joint", "Likelihood", "Moving", "Poisson", "Pull", "Shaped", "delta_chi2"]

Arrays = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

STEPS, CONVERGED = 60, 1e-10
"""Steps of Newton's method at most, and the decrease that still counts, relative to the minimum (or to one)."""

BLOCK = 40_000
"""Bins times signals that are held at a time, so that they stay in the cache."""
ROWS, MOVES = 500, 1000
"""Signals that a :class:`Moving` likelihood looks at together, and its steps at most: signals that are far too large
take a hundred."""

EMPTY = 1e-3
"""Expected events below which the Poisson deviance goes on as a parabola: pulls may lead there on their way.  In a bin
without events that is so below zero, where pulls can gain no more than this number."""


def delta_chi2(confidence: float = 0.90, dof: int = 1) -> float:
    r""":math:`\Delta\chi^2` of a confidence level: 2.706 for 90 % and one degree of freedom, 4.605 for two."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {confidence}")
    if dof not in (1, 2):
        raise ValueError(f"a limit has one or two degrees of freedom, not {dof}")
    # the quantile of scipy.stats.chi2, whose module takes a quarter of a second to load
    return float(2 * gammaincinv(dof / 2, confidence))


@dataclass(frozen=True)
class Pull:
    """A nuisance parameter ``a`` that scales templates by ``1 + a``.

    Attributes
    ----------
    name : str
        pulls of the same name in two experiments are one and the same
    sigma : float
        its Gaussian width
    templates : tuple of str
        what it scales: ``"signal"`` and names of backgrounds
    shared : (str, float), optional
        name and width of the part of it that other experiments have in common with this one, such as a flux; a
        :class:`Joint` likelihood takes the pull apart into that part and the rest, which is of no consequence as
        long as nobody shares it
    """

    name: str
    sigma: float
    templates: tuple[str, ...] = ("signal",)
    shared: tuple[str, float] | None = None

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"the pull {self.name!r} needs a positive width, not {self.sigma}")
        if self.shared and not 0 < self.shared[1] <= self.sigma:
            raise ValueError(f"the shared part of the pull {self.name!r} has a width of {self.shared[1]}, the whole "
                             f"of {self.sigma}")  # fmt: skip

    def parts(self) -> tuple[Pull, ...]:
        """What is shared and what is not, as independent pulls: their variances add up to that of the whole."""
        if self.shared is None:
            return (self,)
        name, sigma = self.shared
        common = Pull(name, sigma, self.templates)
        rest = self.sigma**2 - sigma**2
        return (common, Pull(self.name, rest**0.5, self.templates)) if rest > 0 else (common,)


class Likelihood:
    """What all likelihoods have in common: the profile over the pulls.

    A likelihood gives ``pulls``, ``linear(signal)``, the expectation at zero pulls and its derivatives, and
    ``curve(expected)``, the value and two derivatives of :math:`f` in every bin.
    """

    observed: NDArray[np.float64]
    backgrounds: Mapping[str, NDArray[np.float64]]
    sigma: NDArray[np.float64]
    pulls: tuple[Pull, ...]
    quadratic = False  # whether one step of Newton's method ends at the minimum

    def linear(self, signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expectation at zero pulls, shape (..., n_bins), and its derivatives, shape (n_pulls, ..., n_bins)."""
        templates = {"signal": signal, **self.backgrounds}
        design = np.empty((len(self.pulls), *signal.shape))
        for row, pull in zip(design, self.pulls, strict=True):
            row[...] = sum(templates[name] for name in pull.templates)
        return signal + sum(self.backgrounds.values()), design

    def curve(self, expected: NDArray[np.float64]) -> Arrays:
        """Value, slope and curvature of the deviance in every bin, each of the shape of ``expected``."""
        raise NotImplementedError

    def best_pulls(self, signal: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Values of the pulls at the minimum for a signal of shape (..., n_bins)."""
        _, values = self._profile(signal)
        return {pull.name: values[..., k] for k, pull in enumerate(self.pulls)}

    def chi2(self, signal: ArrayLike) -> NDArray[np.float64]:
        """Profiled chi-square of a signal of shape (..., n_bins)."""
        return self._profile(signal)[0]

    def _profile(self, signal: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Minimum over the pulls, shape (...), and the pulls there, shape (..., n_pulls)."""
        signal = np.asarray(signal, float)
        if signal.shape[-1:] != self.observed.shape:
            raise ValueError(f"a signal of {signal.shape[-1:]} bins does not fit data of {self.observed.shape}")
        rows = signal.reshape(-1, signal.shape[-1])
        together = max(1, BLOCK // rows.shape[-1])
        found = [self._minimum(rows[start : start + together]) for start in range(0, max(len(rows), 1), together)]
        value, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return value.reshape(signal.shape[:-1]), values.reshape(*signal.shape[:-1], len(self.pulls))

    def _minimum(self, signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The same for signals of shape (rows, n_bins)."""
        base, design = self.linear(signal)
        weights = np.array([pull.sigma**-2.0 for pull in self.pulls])
        values = np.zeros((len(base), len(weights)))
        minimum = np.empty(len(base))
        # each step looks only at the signals whose minimum is still ahead
        at, D = np.arange(len(base)), design
        found, slope, curvature = self.curve(base)
        value = found.sum(-1)
        for _ in range(STEPS if self.pulls else 0):
            pulls = values[at]
            gradient = np.einsum("kri,ri->rk", D, slope / 2) + weights * pulls
            hessian = np.einsum("kri,lri->rkl", D * (curvature / 2), D, optimize=True) + np.diag(weights)
            step = -np.linalg.solve(hessian, gradient[..., np.newaxis])[..., 0]
            if self.quadratic:
                values = pulls + step
                value = self._at(base, D, weights, values)[0]
                break
            promised = -np.sum(gradient * step, axis=-1)
            length = np.ones(len(at))
            for _ in range(STEPS):
                trial = pulls + length[:, np.newaxis] * step
                found, slope, curvature = self._at(base[at], D, weights, trial)
                # rounding may hide the last, tiny decrease
                short = found > value - 1e-4 * length * promised + 1e-12 * (1 + np.abs(value))
                if not short.any():
                    break
                length[short] /= 2
            values[at], minimum[at] = trial, found
            going = promised > CONVERGED * (1 + np.abs(found))
            at, value, slope, curvature = at[going], found[going], slope[going], curvature[going]
            if not len(at):
                value = minimum
                break
            D = design[:, at]
        else:
            if self.pulls:
                raise ArithmeticError(f"no minimum over the pulls in {STEPS} steps")
        return value, values

    def _at(self, base: NDArray, design: NDArray, weights: NDArray, pulls: NDArray) -> Arrays:
        """What is minimised, shape (rows,), and slope and curvature of the deviance in every bin."""
        expected = base + sum(pull[:, np.newaxis] * column for pull, column in zip(pulls.T, design, strict=True))
        value, slope, curvature = self.curve(expected)
        return value.sum(-1) + np.sum(weights * pulls**2, axis=-1), slope, curvature

    def _check(self) -> None:
        for name, template in self.backgrounds.items():
            if np.shape(template) != np.shape(self.observed):
                raise ValueError(
                    f"background {name!r} has {np.shape(template)} bins, the data {np.shape(self.observed)}"
                )
        known = {"signal", *self.backgrounds}
        for pull in self.pulls:
            if unknown := set(pull.templates) - known:
                raise ValueError(
                    f"the pull {pull.name!r} scales {unknown.pop()!r}; there are {', '.join(sorted(known))}"
                )


@dataclass(frozen=True)
class Gaussian(Likelihood):
    r"""Binned chi-square, minimised over its pulls.

    .. math::
       \chi^2(S) = \min_{\mathbf a}\;\sum_i\left(\frac{N_i-S_i\bigl(1+\sum_{k\to S}a_k\bigr)
       -\sum_b B_i^b\bigl(1+\sum_{k\to b}a_k\bigr)}{\sigma_i}\right)^2+\sum_k\left(\frac{a_k}{\sigma_k}\right)^2

    It is quadratic in the unbounded pulls, so the minimum is one linear solve.

    Attributes
    ----------
    observed, sigma : ndarray
        counts and their errors, shape (n_bins,)
    backgrounds : mapping of str to ndarray
        templates of shape (n_bins,)
    pulls : tuple of Pull
        named nuisance parameters
    """

    observed: NDArray[np.float64]
    sigma: NDArray[np.float64]
    backgrounds: Mapping[str, NDArray[np.float64]]
    pulls: tuple[Pull, ...] = ()

    quadratic = True

    def __post_init__(self) -> None:
        if not np.all(np.asarray(self.sigma) > 0):
            raise ValueError("every bin needs a positive error")
        self._check()

    def curve(self, expected: NDArray[np.float64]) -> Arrays:
        """Squared residuals in units of the errors, with slope and curvature."""
        residual = (self.observed - expected) / self.sigma
        return residual**2, -2 * residual / self.sigma, np.broadcast_to(2 / self.sigma**2, residual.shape)


@dataclass(frozen=True)
class Poisson(Likelihood):
    r"""Likelihood ratio of Poisson counts to the counts themselves, minimised over its pulls.

    .. math::
       \chi^2(S) = \min_{\mathbf a}\;2\sum_i\left[e_i(\mathbf a)-N_i+N_i\ln\frac{N_i}{e_i(\mathbf a)}\right]
       +\sum_k\left(\frac{a_k}{\sigma_k}\right)^2

    with :math:`e_i` linear in the pulls as in :class:`Gaussian`.  The pulls are unbounded, but expectations below
    zero cost more, not less.

    Attributes
    ----------
    observed : ndarray
        counts, shape (n_bins,)
    backgrounds : mapping of str to ndarray
        templates of shape (n_bins,)
    pulls : tuple of Pull
        named nuisance parameters
    """

    observed: NDArray[np.float64]
    backgrounds: Mapping[str, NDArray[np.float64]]
    pulls: tuple[Pull, ...] = ()

    def __post_init__(self) -> None:
        if not np.all(np.asarray(self.observed) >= 0):
            raise ValueError("Poisson counts must not be negative")
        self._check()

    @property
    def sigma(self) -> NDArray[np.float64]:  # type: ignore[override]
        """Root of the counts, at least one: for plots and as a scale."""
        return np.sqrt(np.maximum(self.observed, 1.0))

    def curve(self, expected: NDArray[np.float64]) -> Arrays:
        """Deviance with slope and curvature."""
        N = self.observed
        seen = N > 0
        e = np.maximum(expected, np.where(seen, EMPTY, 0.0))
        beyond = expected - e
        safe = np.where(seen, e, 1.0)
        ratio = N / safe
        value, slope = 2 * (e - N + xlogy(N, ratio)), 2 * (1 - ratio)
        # a bin without events is linear, and below zero a parabola
        curvature = 2 * np.where(seen, ratio / safe, (beyond < 0) / EMPTY)
        return value + slope * beyond + curvature * beyond**2 / 2, slope + curvature * beyond, curvature


@dataclass(frozen=True)
class Shaped(Poisson):
    r"""Poisson counts with pulls that change the shape of what they scale.

    A pull of :class:`Poisson` scales every bin of its templates by ``1 + a``; a pull named in ``shapes`` scales bin
    ``i`` by :math:`1+r_ia`.

    Attributes
    ----------
    shapes : mapping of str to ndarray
        :math:`r_i`, shape (n_bins,), by the name of the pull
    """

    shapes: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = {pull.name for pull in self.pulls}
        for name, shape in self.shapes.items():
            if name not in names:
                raise ValueError(f"a shape for the pull {name!r}, which is not among {', '.join(sorted(names))}")
            if np.shape(shape) != np.shape(self.observed):
                raise ValueError(
                    f"the shape of {name!r} has {np.shape(shape)} bins, the data {np.shape(self.observed)}"
                )

    def linear(self, signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expectation at zero pulls, shape (..., n_bins), and its derivatives, shape (n_pulls, ..., n_bins)."""
        base, design = super().linear(signal)
        for row, pull in zip(design, self.pulls, strict=True):
            row *= self.shapes.get(pull.name, 1.0)
        return base, design


@dataclass(frozen=True)
class Moving(Shaped):
    r"""Poisson counts whose signal moves along an axis by an unknown amount: one pull that is not linear.

    The signal is given where it stands without a shift; :math:`M(t)`, linear and the identity at :math:`t=0`, moves it.

    .. math::
       e(\mathbf a,t)=\Bigl(1+\sum_{k\to S}r^ka_k\Bigr)M(t)S+\sum_bB^b\Bigl(1+\sum_{k\to b}r^ka_k\Bigr),\qquad
       \chi^2(S)=\min_{\mathbf a,t}\bigl[\chi^2(S;\mathbf a,t)+(t/\sigma_t)^2\bigr].

    The minimum is found by Newton's method, with :math:`M(t)S` expanded to first order at every step.  Inside a
    :class:`Joint` likelihood, which knows linear pulls only, it is expanded once, at ``around``, which moves limits of
    COHERENT-CsI by up to three per cent.

    Attributes
    ----------
    shift : str
        name of the pull that is the shift; its templates are ``("signal",)`` and its width is :math:`\sigma_t`
    move : callable
        ``move(signal, t)`` of shapes (rows, n_bins) and (rows,) gives :math:`M(t)S` and its derivative with respect to
        ``t``, each (rows, n_bins)
    reach : float
        largest shift that is allowed
    around : float
        where the shift is expanded in :meth:`linear`
    """

    shift: str = ""
    move: Callable[[NDArray, NDArray], tuple[NDArray, NDArray]] | None = None
    reach: float = np.inf
    around: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if [pull.templates for pull in self.pulls if pull.name == self.shift] != [("signal",)] or self.move is None:
            raise ValueError(f"a signal moves by one pull on the signal and a function, not by {self.shift!r}")

    def linear(self, signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expectation at zero pulls and its derivatives, with the shift expanded about ``around``."""
        moved, slope = self.move(signal, np.full(len(signal), self.around))  # type: ignore[misc]
        base, design = super().linear(moved)
        design[self._index] = slope
        return base - self.around * slope, design

    @cached_property
    def _index(self) -> int:
        return [pull.name for pull in self.pulls].index(self.shift)

    @cached_property
    def _changes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each pull adds to the signal, relative to it, and to the background, shape (n_pulls, n_bins)."""
        signal, background = np.zeros((2, len(self.pulls), len(self.observed)))
        for k, pull in enumerate(self.pulls):
            for name in pull.templates if pull.name != self.shift else ():
                shape = self.shapes.get(pull.name, 1.0)
                if name == "signal":
                    signal[k] += shape
                else:
                    background[k] += shape * self.backgrounds[name]
        return signal, background

    def _profile(self, signal: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Minimum over the pulls, shape (...), and the pulls there, shape (..., n_pulls)."""
        signal = np.asarray(signal, float)
        if signal.shape[-1:] != self.observed.shape:
            raise ValueError(f"a signal of {signal.shape[-1:]} bins does not fit data of {self.observed.shape}")
        rows = signal.reshape(-1, signal.shape[-1])
        # as many at a time as stay in the cache
        found = [self._newton(rows[k : k + ROWS]) for k in range(0, max(len(rows), 1), ROWS)]
        minimum, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return minimum.reshape(signal.shape[:-1]), values.reshape(*signal.shape[:-1], len(self.pulls))

    def _newton(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        weights = np.array([pull.sigma**-2.0 for pull in self.pulls])
        values, minimum = np.zeros((len(rows), len(weights))), np.empty(len(rows))
        at = np.arange(len(rows))
        value, slope, curvature, design = self._here(rows, values)
        for _ in range(MOVES):
            pulls = values[at]
            gradient = (design @ (slope / 2)[..., np.newaxis])[..., 0] + weights * pulls
            # at the end of its reach, and pulled further, the shift stays
            stuck = np.abs(pulls[:, self._index]) >= self.reach
            stuck &= gradient[:, self._index] * pulls[:, self._index] < 0
            gradient[stuck, self._index] = 0.0
            design[stuck, self._index] = 0.0
            hessian = (design * (curvature / 2)[:, np.newaxis]) @ design.transpose(0, 2, 1) + np.diag(weights)
            step = -np.linalg.solve(hessian, gradient[..., np.newaxis])[..., 0]
            promised = -np.sum(gradient * step, axis=-1)
            length = np.ones(len(at))
            for _ in range(STEPS):
                trial = pulls + length[:, np.newaxis] * step
                trial[:, self._index] = np.clip(trial[:, self._index], -self.reach, self.reach)
                found, slope, curvature, design = self._here(rows[at], trial)
                short = found > value - 1e-4 * length * promised + 1e-12 * (1 + np.abs(value))
                if not short.any():
                    break
                length[short] /= 2
            values[at], minimum[at] = trial, found
            going = promised > CONVERGED * (1 + np.abs(found))
            at, value, slope, curvature = at[going], found[going], slope[going], curvature[going]
            if not len(at):
                return minimum, values
            design = design[going]
        raise ArithmeticError(f"no minimum over the pulls in {MOVES} steps")

    def _here(self, rows: NDArray, values: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """What is minimised, slope and curvature of the deviance in every bin, and the derivatives by the pulls."""
        of_signal, of_background = self._changes
        moved, slope = self.move(rows, values[:, self._index])  # type: ignore[misc]
        scale = 1 + values @ of_signal
        design = of_background + moved[:, np.newaxis] * of_signal
        design[:, self._index] = slope * scale
        expected = moved * scale + sum(self.backgrounds.values()) + values @ of_background
        value, first, second = self.curve(expected)
        total = value.sum(-1) + np.sum((values / [pull.sigma for pull in self.pulls]) ** 2, axis=-1)
        return total, first, second, design


@dataclass(frozen=True)
class Joint(Likelihood):
    """Several data sets as one: their bins one after the other, pulls of the same name in common.

    Attributes
    ----------
    parts : tuple of Likelihood
        Gaussian, Poisson or joint; pulls with a ``shared`` part are taken apart
    """

    parts: tuple[Likelihood, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a joint likelihood needs at least one part")
        widths: dict[str, float] = {}
        for pull in (pull for part in self._apart for pull in part):
            if not np.isclose(widths.setdefault(pull.name, pull.sigma), pull.sigma, rtol=1e-9):
                raise ValueError(
                    f"the shared pull {pull.name!r} has the widths {widths[pull.name]:g} and {pull.sigma:g}"
                )

    @cached_property
    def _apart(self) -> tuple[tuple[Pull, ...], ...]:
        return tuple(tuple(piece for pull in part.pulls for piece in pull.parts()) for part in self.parts)

    @cached_property
    def observed(self) -> NDArray[np.float64]:  # type: ignore[override]
        """Counts of all parts, shape (n_bins,)."""
        return np.concatenate([part.observed for part in self.parts])

    @cached_property
    def sigma(self) -> NDArray[np.float64]:  # type: ignore[override]
        """Errors of all parts, shape (n_bins,)."""
        return np.concatenate([part.sigma for part in self.parts])

    @cached_property
    def pulls(self) -> tuple[Pull, ...]:  # type: ignore[override]
        """The pulls of all parts, each name once; what they scale is known to the parts alone."""
        return tuple({pull.name: pull for part in self._apart for pull in part}.values())

    @property
    def quadratic(self) -> bool:  # type: ignore[override]
        """Whether all parts are."""
        return all(part.quadratic for part in self.parts)

    def chi2(self, signal: ArrayLike) -> NDArray[np.float64]:
        """Profiled chi-square of a signal of shape (..., n_bins); the sum over the parts if they share no pull."""
        signal = np.asarray(signal, float)
        separate = len(self.pulls) == sum(map(len, self._apart)) and signal.shape[-1:] == self.observed.shape
        if not separate:
            return super().chi2(signal)
        return np.sum([part.chi2(own) for part, own in zip(self.parts, self.split(signal), strict=True)], axis=0)

    def split(self, bins: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """An array of shape (..., n_bins) cut into the bins of each part."""
        return np.split(bins, np.cumsum([len(part.observed) for part in self.parts])[:-1], axis=-1)

    def linear(self, signal: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expectation at zero pulls, shape (..., n_bins), and its derivatives, shape (n_pulls, ..., n_bins)."""
        columns = {pull.name: k for k, pull in enumerate(self.pulls)}
        base, design = [], []
        for part, pulls, own in zip(self.parts, self._apart, self.split(signal), strict=True):
            expected, slopes = part.linear(own)
            spread = np.zeros((len(columns), *own.shape))
            # both pieces of a pull that was taken apart scale what the whole did
            whole = np.repeat(np.arange(len(part.pulls)), [len(pull.parts()) for pull in part.pulls])
            for k, pull in zip(whole, pulls, strict=True):
                spread[columns[pull.name]] += slopes[k]
            base.append(expected)
            design.append(spread)
        return np.concatenate(base, axis=-1), np.concatenate(design, axis=-1)

    def curve(self, expected: NDArray[np.float64]) -> Arrays:
        """Deviances of all parts with slope and curvature."""
        curves = [part.curve(own) for part, own in zip(self.parts, self.split(expected), strict=True)]
        value, slope, curvature = (np.concatenate(pieces, axis=-1) for pieces in zip(*curves, strict=True))
        return value, slope, curvature
