"""A response that was simulated or measured at single recoil energies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ResponseMatrix"]


@dataclass(frozen=True)
class ResponseMatrix:
    """Probability per bin at some recoil energies, linear between them and zero below the first and above the last.

    Attributes
    ----------
    energies : sequence of float
        recoil energies (MeV), increasing and positive
    probabilities : sequence of sequences of float
        probability of every bin at each energy, shape ``(n_energies, n_bins)``
    """

    energies: Sequence[float]
    probabilities: Sequence[Sequence[float]]

    def __post_init__(self) -> None:
        energies, matrix = np.array(self.energies, float), np.array(self.probabilities, float)
        if energies.ndim != 1 or matrix.ndim != 2 or len(matrix) != len(energies) or len(energies) < 2:
            raise ValueError(
                "a response matrix needs two or more energies and a row of bins for each, not shapes "
                f"{energies.shape} and {matrix.shape}"
            )
        if not (energies[0] > 0 and np.all(np.diff(energies) > 0) and energies[-1] < np.inf):
            raise ValueError("the energies of a response matrix are positive, finite and increasing (MeV)")
        wrong = ~((matrix >= 0) & (matrix.sum(axis=1, keepdims=True) <= 1 + 1e-6))
        if wrong.any():
            row = int(np.flatnonzero(wrong.any(axis=1))[0])
            raise ValueError(
                f"probabilities are not negative and add up to 1 at most, not as at {energies[row]:.6g} MeV"
            )
        if not matrix.any():
            raise ValueError("no bin of the response matrix is ever reached")
        # arrays are welcome, but the value keeps tuples
        object.__setattr__(self, "energies", tuple(energies.tolist()))
        object.__setattr__(self, "probabilities", tuple(tuple(row) for row in matrix.tolist()))

    def __repr__(self) -> str:
        low, high = self.energies[0], self.energies[-1]
        return f"ResponseMatrix({len(self._matrix)} bins at {len(self.energies)} energies, {low:g} to {high:g} MeV)"

    @cached_property
    def _matrix(self) -> NDArray[np.float64]:
        """The probabilities, shape ``(n_bins, n_energies)``."""
        return np.array(self.probabilities).T

    @cached_property
    def window(self) -> tuple[float, float]:
        """Recoil energies (MeV) outside which no bin is reached."""
        alive = np.flatnonzero(self._matrix.any(axis=0))
        last = len(self.energies) - 1
        return self.energies[max(alive[0] - 1, 0)], self.energies[min(alive[-1] + 1, last)]

    @property
    def breakpoints(self) -> tuple[float, ...]:
        """Recoil energies (MeV) of the rows, where the response bends."""
        return tuple(self.energies)

    def bins(self, E_r: ArrayLike) -> NDArray[np.float64]:
        """Probability per bin, shape ``(n_bins, *E_r.shape)``."""
        E_r = np.asarray(E_r, float)
        energies = np.asarray(self.energies)
        row = np.clip(np.searchsorted(energies, E_r, side="right") - 1, 0, len(energies) - 2)
        share = (E_r - energies[row]) / (energies[row + 1] - energies[row])
        share = np.clip(share, 0.0, 1.0)
        inside = (E_r >= energies[0]) & (E_r <= energies[-1])
        below, above = self._matrix[:, row], self._matrix[:, row + 1]
        return np.where(inside, (1 - share) * below + share * above, 0.0)
