"""Several data sets as one likelihood: the sum of their chi-squares, with pulls of one name in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .binned import BLOCK, Binned, profiled, rows_of
from .deviances import Poisson
from .likelihood import Likelihood, Profile
from .newton import minimise
from .pulls import Pull

__all__ = ["Joint"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Joint(Likelihood):
    """Several data sets as one: their bins one after the other, pulls of the same name in common.

    A pull with a ``shared`` part is the sum of that part and of the rest.  Data sets that share no pull are minimised
    apart from each other.

    Attributes
    ----------
    members : tuple of Likelihood
        Gaussian, Poisson or joint
    """

    members: tuple[Likelihood, ...]

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError("a joint likelihood needs at least one part")
        widths: dict[str, float] = {}
        for part in self.parts:
            for pull in part.pulls:
                for name, sigma in pull.parts():
                    if not np.isclose(widths.setdefault(name, sigma), sigma, rtol=1e-9):
                        raise ValueError(
                            f"the shared pull {name!r} has the widths {widths[name]:g} and {sigma:g}"
                        )  # fmt: skip

    @cached_property
    def parts(self) -> tuple[Binned, ...]:
        """The single data sets, in the order of their bins."""
        return tuple(part for member in self.members for part in member.parts)  # type: ignore[misc]

    @cached_property
    def observed(self) -> Array:  # type: ignore[override]
        """Counts of all parts, shape (n_bins,)."""
        return np.concatenate([part.observed for part in self.parts])

    @cached_property
    def sigma(self) -> Array:  # type: ignore[override]
        """Errors of all parts, shape (n_bins,)."""
        return np.concatenate([part.sigma for part in self.parts])

    @cached_property
    def backgrounds(self) -> Mapping[str, Array]:  # type: ignore[override]
        """Backgrounds of all parts by number of the part and name, zero in the bins of the others."""
        found = {}
        for number, part in enumerate(self.parts):
            for name, counts in part.backgrounds.items():
                pieces = [np.zeros_like(other.observed) for other in self.parts]
                pieces[number] = counts
                found[f"{number} {name}"] = np.concatenate(pieces)
        return found

    @cached_property
    def pulls(self) -> tuple[Pull, ...]:  # type: ignore[override]
        """The pulls of all parts, each name once, those with a shared part taken apart."""
        known: dict[str, Pull] = {}
        for part in self.parts:
            for pull in part.pulls:
                for name, sigma in pull.parts():
                    known.setdefault(name, Pull(name, sigma, pull.templates, shape=pull.shape))
        return tuple(known.values())

    @cached_property
    def _maps(self) -> tuple[Array, ...]:
        """For every part, shape (n_pulls, own pulls): its own pulls are sums of the joint ones."""
        index = {pull.name: k for k, pull in enumerate(self.pulls)}
        maps = []
        for part in self.parts:
            chosen = np.zeros((len(index), len(part.pulls)))
            for own, pull in enumerate(part.pulls):
                for name, _ in pull.parts():
                    chosen[index[name], own] = 1.0
            maps.append(chosen)
        return tuple(maps)

    @cached_property
    def _groups(self) -> tuple[tuple[int, ...], ...]:
        """Parts that are linked by pulls in common, as groups of indices."""
        groups: list[tuple[set[int], set[str]]] = []
        for number, part in enumerate(self.parts):
            members, names = {number}, {name for pull in part.pulls for name, _ in pull.parts()}
            apart = []
            for others, known in groups:
                if names & known:
                    members, names = members | others, names | known
                else:
                    apart.append((others, known))
            groups = [*apart, (members, names)]
        return tuple(sorted(tuple(sorted(members)) for members, _ in groups))

    @cached_property
    def apart(self) -> tuple[tuple[Likelihood, NDArray[np.intp]], ...]:
        """Likelihoods that share no pull and add up to this one, each with the indices of its bins."""
        ends = np.cumsum([0, *(len(part.observed) for part in self.parts)]).tolist()
        bins = [np.arange(*pair) for pair in pairwise(ends)]
        return tuple(
            (Joint(tuple(self.parts[k] for k in group)), np.concatenate([bins[k] for k in group]))
            for group in self._groups
        )

    def split(self, bins: Array) -> list[Array]:
        """An array of shape (..., n_bins) cut into the bins of each part."""
        return np.split(bins, np.cumsum([len(part.observed) for part in self.parts])[:-1], axis=-1)

    def _given(self, pulls: Mapping[str, float] | ArrayLike) -> Array:
        if isinstance(pulls, Mapping):
            names = [pull.name for pull in self.pulls]
            if unknown := set(pulls) - set(names):
                raise ValueError(f"no pull {sorted(unknown)[0]!r}; there are {', '.join(names) or 'none'}")
            return np.array([float(pulls.get(name, 0.0)) for name in names])
        values = np.asarray(pulls, float)
        return np.zeros(len(self.pulls)) if values.shape == (0,) else values

    def expected(self, signal: ArrayLike, pulls: Mapping[str, float] | ArrayLike = ()) -> Array:
        values = self._given(pulls)
        pieces = [
            part.expected(own, values @ chosen)
            for part, own, chosen in zip(self.parts, self.split(np.asarray(signal, float)), self._maps, strict=True)
        ]
        return np.concatenate(pieces, axis=-1)

    def deviance(self, signal: ArrayLike, pulls: Mapping[str, float] | ArrayLike = ()) -> Array:
        values = self._given(pulls)
        total = np.sum(np.array([pull.sigma**-2.0 for pull in self.pulls]) * values**2, axis=-1)
        for part, own, chosen in zip(self.parts, self.split(np.asarray(signal, float)), self._maps, strict=True):
            own_pulls = values @ chosen
            priors = np.sum(part._weights * own_pulls**2, axis=-1)
            total = total + part.deviance(own, own_pulls) - priors
        return np.asarray(total)

    def with_observed(self, observed: ArrayLike, sigma: ArrayLike | None = None) -> Joint:
        data = self.split(np.asarray(observed, float))
        errors = [None] * len(data) if sigma is None else self.split(np.asarray(sigma, float))
        parts = []
        for part, own, spread in zip(self.parts, data, errors, strict=True):
            parts.append(part.with_observed(own, None if isinstance(part, Poisson) else spread))
        return Joint(tuple(parts))

    def profile(
        self,
        signal: ArrayLike,
        *,
        observed: ArrayLike | None = None,
        sigma: ArrayLike | None = None,
        centres: ArrayLike | None = None,
        start: ArrayLike | None = None,
    ) -> Profile:
        signal = np.asarray(signal, float)
        bins, size = len(self.observed), len(self.pulls)
        if signal.shape[-1:] != (bins,):
            raise ValueError(f"a signal of {signal.shape[-1:]} bins does not fit data of ({bins},)")
        if not np.all(np.isfinite(signal)):
            raise ValueError("a signal must be finite in every bin")
        shape = signal.shape[:-1]
        signals = self.split(signal.reshape(-1, bins))
        data = self.split(rows_of(self.observed if observed is None else observed, shape, bins))
        errors = [None] * len(self.parts) if sigma is None else self.split(rows_of(sigma, shape, bins))
        priors = rows_of(np.zeros(size) if centres is None else centres, shape, size)
        first = None if start is None else rows_of(start, shape, size)
        number = len(priors)
        value, pulls = np.zeros(number), np.array(priors)
        for group in self._groups:
            used = np.flatnonzero(np.any([self._maps[part].any(axis=1) for part in group], axis=0))
            total, own_pulls = self._minimum(
                group,
                used,
                [signals[part] for part in group],
                [data[part] for part in group],
                [errors[part] for part in group],
                priors[:, used],
                None if first is None else first[:, used],
            )
            value += total
            pulls[:, used] = own_pulls
        return Profile(value.reshape(shape), pulls.reshape(*shape, size))

    def derivative(
        self,
        signal: ArrayLike,
        pulls: ArrayLike,
        templates: ArrayLike,
        *,
        observed: ArrayLike | None = None,
        sigma: ArrayLike | None = None,
    ) -> Array:
        signal, templates = np.broadcast_arrays(np.asarray(signal, float), np.asarray(templates, float))
        shape, bins = signal.shape[:-1], len(self.observed)
        signals, along = self.split(signal), self.split(templates)
        values = np.broadcast_to(np.asarray(pulls, float), (*shape, len(self.pulls)))
        data = self.split(rows_of(self.observed if observed is None else observed, shape, bins))
        errors: list[Array] | list[None] = (
            [None] * len(data) if sigma is None else self.split(rows_of(sigma, shape, bins))
        )
        total = np.zeros(shape)
        for k, part in enumerate(self.parts):
            own, spread = data[k].reshape(*shape, len(part.observed)), errors[k]
            total += part.derivative(
                signals[k],
                values @ self._maps[k],
                along[k],
                observed=own,
                sigma=None if spread is None else spread.reshape(own.shape),
            )
        return total

    def by_pulls(self, signal: ArrayLike, pulls: ArrayLike) -> Array:
        values = np.asarray(pulls, float)
        slopes = 2 * values * np.array([pull.sigma**-2.0 for pull in self.pulls])
        for part, own, chosen in zip(self.parts, self.split(np.asarray(signal, float)), self._maps, strict=True):
            own_pulls = values @ chosen
            slopes = slopes + chosen @ (part.by_pulls(own, own_pulls) - 2 * part._weights * own_pulls)
        return np.asarray(slopes)

    def derivatives(self, signal: ArrayLike, pulls: ArrayLike, templates: ArrayLike) -> tuple[Array, Array]:
        signal, along = np.asarray(signal, float), np.asarray(templates, float)
        shape, bins = signal.shape[:-1], len(self.observed)
        rows = signal.reshape(-1, bins)
        values = rows_of(pulls, shape, len(self.pulls))
        flat = np.broadcast_to(along, (*shape, *along.shape[-2:])).reshape(len(rows), *along.shape[-2:])
        number = flat.shape[1]
        gradient, hessian = np.zeros((len(rows), number)), np.zeros((len(rows), number, number))
        signals, pieces = self.split(rows), self.split(flat)
        for group in self._groups:
            used, weights, reach = self._of_group(group)
            inner = np.zeros((len(rows), len(used), len(used))) + 2 * np.diag(weights)
            mixed = np.zeros((len(rows), len(used), number))
            direct = np.zeros((len(rows), number, number))
            for part in group:
                chosen = self._maps[part][used]
                own = self.parts[part].second(signals[part], values[:, used] @ chosen, pieces[part])
                gradient += own[0]
                direct += own[1]
                mixed += chosen @ own[2]
                inner += chosen @ own[3] @ chosen.T
            hessian += profiled(direct, mixed, inner, np.abs(values[:, used]) >= reach)
        return gradient.reshape(*shape, number), hessian.reshape(*shape, number, number)

    def _of_group(self, group: tuple[int, ...]) -> tuple[NDArray[np.intp], Array, Array]:
        """Indices of the pulls that some parts use, weights of their priors, and how far they reach."""
        used = np.flatnonzero(np.any([self._maps[part].any(axis=1) for part in group], axis=0))
        weights = np.array([self.pulls[k].sigma ** -2.0 for k in used])
        reach = np.full(len(used), np.inf)
        for number in group:
            part = self.parts[number]
            if part._shifted is not None:
                reach[np.flatnonzero(self._maps[number][used][:, part._shifted])] = part._reach[part._shifted]
        return used, weights, reach

    def _minimum(
        self,
        group: tuple[int, ...],
        used: NDArray[np.intp],
        signals: list[Array],
        data: list[Array],
        errors: list[Array | None],
        centres: Array,
        start: Array | None,
    ) -> tuple[Array, Array]:
        """Minimum and pulls of some parts that are linked, for signals of shape (rows, n_bins of the part)."""
        parts = [self.parts[number] for number in group]
        maps = [self._maps[number][used] for number in group]
        _, weights, reach = self._of_group(group)
        together = max(1, BLOCK // ((len(used) + 1) * sum(own.shape[-1] for own in signals)))
        value, pulls = np.empty(len(centres)), np.empty_like(centres)
        for first in range(0, len(centres), together):
            block = slice(first, first + together)
            limited = [part.capped(own[block]) for part, own in zip(parts, signals, strict=True)]
            counts = [own[block] for own in data]
            spreads = [None if own is None else own[block] for own in errors]

            def terms(values: Array, rows: NDArray[np.intp]) -> tuple[Array, Array, Array, Array]:
                total = np.zeros(len(values))
                gradient = np.zeros_like(values)
                hessian, convex = np.zeros((2, *values.shape, values.shape[1]))
                for part, chosen, (own, _), seen, spread in zip(parts, maps, limited, counts, spreads, strict=True):  # noqa: B023
                    piece = part.terms(own[rows], values @ chosen, seen[rows], None if spread is None else spread[rows])
                    total += piece[0]
                    gradient += piece[1] @ chosen.T
                    hessian += chosen @ piece[2] @ chosen.T
                    convex += chosen @ piece[3] @ chosen.T
                return total, gradient, hessian, convex

            centre = centres[block]
            quadratic = all(part.quadratic for part in parts)
            begin = centre if start is None else start[block]
            if start is None and not quadratic:
                begin = self._begin(parts, maps, limited, counts, spreads, centre)
            value[block], pulls[block] = minimise(terms, begin, centre, weights, reach, quadratic=quadratic)
        return value, pulls

    @staticmethod
    def _begin(
        parts: list[Binned],
        maps: list[Array],
        limited: list[tuple[Array, Array]],
        counts: list[Array],
        spreads: list[Array | None],
        centres: Array,
    ) -> Array:
        """Where each part alone would start; what several of them use starts at the mean."""
        start, users = np.zeros_like(centres), np.zeros(centres.shape[1])
        for part, chosen, (own, _), seen, spread in zip(parts, maps, limited, counts, spreads, strict=True):
            pieces = chosen.sum(axis=0)
            alone = part.begin(own, seen, spread, centres @ chosen)
            start += (alone / pieces) @ chosen.T
            users += chosen.any(axis=1)
        return start / np.maximum(users, 1)
