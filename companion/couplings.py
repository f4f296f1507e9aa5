r"""The hypothesis as a value: which moments a neutrino has, and how they show in each state of a beam.

What an experiment counts is :math:`N=S+\sum_kq_kD_k(m_4)`, with one template :math:`D_k` for every state of its beam, a
flavour or a mass eigenstate, and :math:`q_k` the squared moment of that state.  This module is the one place where
couplings, angles and phases become the :math:`q_k`:

- :class:`Effective` moments of a flavour, ``"mu_e"``, ``"mu_mu"``, ``"mu_tau"``, or of all, ``"mu_all"`` (Fig. 3);
- :class:`Transition` moments one at a time, ``"lambda_14"``, ``"lambda_24"``, ``"lambda_34"`` (Fig. 4);
- a vector of :class:`Moments` with their phases.

Wherever a function takes a coupling, it takes such a value or the name of one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import asin, isfinite, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import mixing as moments
from .data import table

__all__ = ["COUPLINGS", "Coupling", "Effective", "Mixing", "Moments", "Transition", "coupling"]

COUPLINGS = {
    "mu_e": r"$\mu_{\nu_e}$",
    "mu_mu": r"$\mu_{\nu_\mu}$",
    "mu_tau": r"$\mu_{\nu_\tau}$",
    "lambda_14": r"$|\tilde\lambda_{14}|$",
    "lambda_24": r"$|\tilde\lambda_{24}|$",
    "lambda_34": r"$|\tilde\lambda_{34}|$",
    "mu_all": r"$\mu_\nu$",
}
"""Couplings by name, with their symbols; ``"mu_all"`` is a moment that all flavours share."""

EIGENSTATES = ("1", "2", "3")
STERILE = ("theta_14", "theta_24", "theta_34")
SPLITTINGS = ("21", "31")

UNITS = {"delta_CP": "pi", "dm21_sq": "eV^2", "dm31_sq": "eV^2"}
"""Units of the parameters of the global fit that are no pure numbers."""


@dataclass(frozen=True)
class Mixing:
    """Angles, phases and mass splittings of the neutrinos.

    Attributes
    ----------
    angles, phases : mapping of str to float or ndarray
        radians, names as in :data:`companion.moments.ANGLES` and :data:`companion.moments.PHASES`; by default those of
        the global fit (normal ordering), without active-sterile mixing; what is missing from a given mapping stays at
        its default
    splittings : mapping of str to float
        differences of squared masses (eV^2), ``"21"`` and ``"31"``; by default those of the same fit.  They matter for
        the conversion of solar neutrinos alone
    """

    angles: Mapping[str, Any] = field(default_factory=dict)
    phases: Mapping[str, Any] = field(default_factory=dict)
    splittings: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, given, known in (
            ("angle", self.angles, moments.ANGLES),
            ("phase", self.phases, moments.PHASES),
            ("splitting", self.splittings, SPLITTINGS),
        ):
            if unknown := set(given) - set(known):
                raise ValueError(f"no {what} {sorted(unknown)[0]!r}; there are {', '.join(known)}")
            for name, value in given.items():
                if not np.all(np.isfinite(np.asarray(value, float))):
                    raise ValueError(f"the {what} {name} must be finite, not {value}")
        fit = _global_fit("NO", None)
        object.__setattr__(self, "angles", {**fit[0], **self.angles})
        object.__setattr__(self, "phases", {**fit[1], **self.phases})
        object.__setattr__(self, "splittings", {**fit[2], **self.splittings})

    @classmethod
    def best_fit(cls, ordering: str = "NO", shift: str | None = None) -> Mixing:
        """The global fit in ``data/oscillation/parameters``.

        Parameters
        ----------
        ordering : {"NO", "IO"}
            of the masses
        shift : str, optional
            one parameter moved by its error: ``"sin2_theta12_up"``, ``"delta_CP_down"``, ...
        """
        angles, phases, splittings = _global_fit(ordering, shift)
        return cls(dict(angles), dict(phases), dict(splittings))

    @property
    def solar(self) -> tuple[float, float, float]:
        """What decides on the conversion inside the Sun: theta_12, theta_13 (radians) and the splitting 21 (eV^2)."""
        values = (self.angles["theta_12"], self.angles["theta_13"], self.splittings["21"])
        if any(np.ndim(value) for value in values):
            raise ValueError("solar neutrinos need one value of theta_12, theta_13 and the splitting 21 at a time")
        theta_12, theta_13, splitting = (float(np.asarray(value)) for value in values)
        return theta_12, theta_13, splitting

    def matrix(self) -> NDArray[np.complex128]:
        """The mixing matrix U, shape (..., 4, 4)."""
        return moments.mixing_matrix(self.angles, self.phases)

    def describe(self) -> str:
        """What differs from the global fit, in words; empty for nothing."""
        fit = _global_fit("NO", None)
        changed = []
        mine = (self.angles, self.phases, self.splittings)
        for given, default, unit in zip(mine, fit, ("rad", "rad", "eV^2"), strict=True):
            for name, value in given.items():
                if not np.array_equal(value, default.get(name, 0.0)):
                    number = f"{float(np.asarray(value)):.6g} {unit}" if np.ndim(value) == 0 else "several values"
                    changed.append(f"{name} = {number}")
        return ", ".join(changed)


@lru_cache(maxsize=64)
def _global_fit(ordering: str, shift: str | None) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Angles, phases and splittings of the global fit, one parameter moved by its error if asked for."""
    if ordering not in ("NO", "IO"):
        raise ValueError(f"no mass ordering {ordering!r}; there are NO, IO")
    parameters = table("oscillation/parameters")
    value = {
        name: parameters.value(name, f"{ordering}_best", unit=UNITS.get(name, "1"))
        for name in parameters["parameter"].tolist()
    }
    if shift is not None:
        name, _, side = shift.rpartition("_")
        if name not in value or side not in ("up", "down"):
            raise ValueError(f"no shift {shift!r}; there are {', '.join(value)} with _up or _down")
        value[name] += (1 if side == "up" else -1) * parameters.value(
            name, f"{ordering}_error", unit=UNITS.get(name, "1")
        )
    angles = {f"theta_{ij}": asin(sqrt(value[f"sin2_theta{ij}"])) for ij in ("12", "13", "23")}
    sign = 1 if ordering == "NO" else -1
    splittings = {"21": float(value["dm21_sq"]), "31": sign * float(value["dm31_sq"])}
    return angles, {"delta": float(value["delta_CP"]) * pi}, splittings


@dataclass(frozen=True)
class Coupling:
    """What all couplings have in common: name, symbol, mixing, and the squared moments of the states of a beam."""

    @property
    def name(self) -> str:
        """Its name on the command line and in files."""
        raise NotImplementedError

    @property
    def symbol(self) -> str:
        """Its symbol, in LaTeX."""
        return COUPLINGS.get(self.name, self.name)

    mixing: Mixing = field(default_factory=Mixing, kw_only=True)

    def squares(self, states: Collection[str]) -> dict[str, NDArray[np.float64]]:
        """Squared moment of each state of a beam for a value of one.

        Parameters
        ----------
        states : collection of str
            flavours ``"e"``, ``"mu"``, ``"tau"`` that arrive, or incoherent mass eigenstates ``"1"``, ``"2"``, ``"3"``

        Returns
        -------
        dict
            by state, without those that do not couple
        """
        raise NotImplementedError

    def linear(self, states: Collection[str]) -> dict[tuple[str, str], NDArray[np.float64]]:
        """Weight of the interference for a value of one, by the state that arrives and the flavour whose weak couplings
        count; empty if there is none."""
        return {}

    @property
    def interferes(self) -> bool:
        """Whether the sign of the coupling matters."""
        return False


@dataclass(frozen=True)
class Effective(Coupling):
    r"""The effective moment of one flavour, the others zero, or of all of them alike.

    Attributes
    ----------
    flavour : {"e", "mu", "tau", "all"}
        which
    interference : float
        :math:`|U_{\alpha4}|\cos\varphi` of that flavour, with :math:`\varphi` the phase of
        :math:`\sum_jU^*_{\alpha j}\tilde\lambda_{j4}U_{\alpha4}`: weak and magnetic scattering interfere, Eq. (20).
        Zero, the default, for none
    mixing : Mixing
        in a beam of mass eigenstates flavour :math:`\alpha` is there with :math:`|U_{\alpha i}|^2`
    """

    flavour: str
    interference: float = 0.0

    def __post_init__(self) -> None:
        if self.flavour not in (*moments.FLAVOURS, "all"):
            raise ValueError(f"no flavour {self.flavour!r}; there are e, mu, tau, and all for a moment in common")
        if not -1 <= self.interference <= 1:
            raise ValueError(
                f"the interference is |U_alpha4| times a cosine and lies between -1 and 1, not {self.interference}"
            )
        if self.interference and self.flavour == "all":
            raise ValueError("the interference belongs to the moment of one flavour")

    @property
    def name(self) -> str:
        return f"mu_{self.flavour}"

    def squares(self, states: Collection[str]) -> dict[str, NDArray[np.float64]]:
        flavours = moments.FLAVOURS if self.flavour == "all" else (self.flavour,)
        if not arrives_as_eigenstates(states):
            return {flavour: np.asarray(1.0) for flavour in flavours if flavour in states}
        rows = [moments.FLAVOURS.index(flavour) for flavour in flavours]
        shares = np.sum(np.abs(self.mixing.matrix()[..., rows, :3]) ** 2, axis=-2)
        return {state: shares[..., k] for k, state in enumerate(EIGENSTATES)}

    def linear(self, states: Collection[str]) -> dict[tuple[str, str], NDArray[np.float64]]:
        if not self.interference:
            return {}
        if arrives_as_eigenstates(states):
            raise ValueError(
                "neutrinos that arrive as incoherent mass eigenstates have no interference of a flavour: ask for that "
                "of a transition moment, Transition(..., interference=True)"
            )
        return {(self.flavour, self.flavour): np.asarray(self.interference)} if self.flavour in states else {}

    @property
    def interferes(self) -> bool:
        return self.interference != 0


@dataclass(frozen=True)
class Transition(Coupling):
    r"""One transition moment :math:`|\tilde\lambda_{i4}|` to the sterile state, the others zero.

    A flavour shows it with the weight :math:`|U_{\alpha i}|^2`, Eqs. (9) and (10); a mass eigenstate ``i`` shows it
    alone, Eq. (5).

    Attributes
    ----------
    pair : {"14", "24", "34"}
        which
    interference : bool
        whether weak and magnetic scattering interfere, by :func:`companion.mixing.interference_form`: the phase of the
        moment is that of the mixing, ``zeta_14``, ..., and without active-sterile mixing there is none
    mixing : Mixing
        of the weights
    """

    pair: str
    interference: bool = False

    def __post_init__(self) -> None:
        if self.pair not in Moments.PAIRS:
            raise ValueError(f"no moment {self.pair!r} to the sterile state; there are {', '.join(Moments.PAIRS)}")

    @property
    def name(self) -> str:
        return f"lambda_{self.pair}"

    def squares(self, states: Collection[str]) -> dict[str, NDArray[np.float64]]:
        index = Moments.PAIRS.index(self.pair)
        forms = production_forms(states, self.mixing)
        weights = {state: form[..., index, index].real for state, form in forms.items()}
        return {state: weight for state, weight in weights.items() if np.any(weight)}

    def linear(self, states: Collection[str]) -> dict[tuple[str, str], NDArray[np.float64]]:
        if not self.interference:
            return {}
        phase = np.asarray(self.mixing.phases.get(f"zeta_{self.pair}", 0.0))
        vector = np.zeros((*phase.shape, 3), complex)
        vector[..., Moments.PAIRS.index(self.pair)] = np.exp(1j * phase)
        return interference_weights(states, self.mixing, vector)

    @property
    def interferes(self) -> bool:
        return self.interference


@dataclass(frozen=True, eq=False)
class Moments(Coupling):
    r"""Several transition moments to the sterile state at a time, with their phases.

    For :math:`v=(\tilde\lambda_{14},\tilde\lambda_{24},\tilde\lambda_{34})` the squared moment of a state is
    :math:`v^\dagger A v` (:func:`companion.moments.production_form`).

    Attributes
    ----------
    vector : array_like, complex, shape (..., 3)
        :math:`v` for a value of one; without dimension if the value is in mu_B
    interference : bool
        whether weak and magnetic scattering interfere, see :class:`Transition`
    mixing : Mixing
        of the states
    """

    PAIRS = ("14", "24", "34")

    vector: ArrayLike
    interference: bool = False

    def __post_init__(self) -> None:
        vector = np.array(self.vector, complex)
        if vector.shape[-1:] != (3,):
            raise ValueError(f"three moments make a vector, not an array of shape {vector.shape}")
        if not np.all(np.isfinite(vector)):
            raise ValueError("the moments must be finite")
        object.__setattr__(self, "vector", vector)

    @classmethod
    def from_moduli(cls, lambdas: Mapping[str, ArrayLike], mixing: Mixing | None = None) -> Moments:
        """From moduli, keys ``"14"``, ``"24"``, ``"34"`` (missing: 0), and the phases ``zeta_14``, ... of a mixing."""
        mixing = mixing or Mixing()
        named = {name.removeprefix("lambda_"): value for name, value in lambdas.items()}
        if unknown := set(named) - set(cls.PAIRS):
            raise ValueError(f"no moment {sorted(unknown)[0]!r} to the sterile state; there are {', '.join(cls.PAIRS)}")
        entries = [
            np.asarray(named.get(pair, 0.0)) * np.exp(1j * np.asarray(mixing.phases.get(f"zeta_{pair}", 0.0)))
            for pair in cls.PAIRS
        ]
        return cls(np.stack(np.broadcast_arrays(*entries), axis=-1), mixing=mixing)

    @property
    def name(self) -> str:
        return "lambda"

    @property
    def symbol(self) -> str:
        return r"$|\tilde\lambda|$"

    def squares(self, states: Collection[str]) -> dict[str, NDArray[np.float64]]:
        vector = np.asarray(self.vector)
        return {
            state: np.einsum("...i,...ij,...j->...", vector.conj(), form, vector).real
            for state, form in production_forms(states, self.mixing).items()
        }

    def linear(self, states: Collection[str]) -> dict[tuple[str, str], NDArray[np.float64]]:
        return interference_weights(states, self.mixing, np.asarray(self.vector)) if self.interference else {}

    @property
    def interferes(self) -> bool:
        return self.interference


def arrives_as_eigenstates(states: Collection[str]) -> bool:
    """Whether a beam with these states arrives as incoherent mass eigenstates, as solar neutrinos do."""
    return any(state in EIGENSTATES for state in states)


def production_forms(states: Collection[str], mixing: Mixing) -> dict[str, NDArray[np.complex128]]:
    """Hermitian form of the squared moment of each state of a beam, shape (..., 3, 3).

    Of a beam that arrives as mass eigenstates these count; its flavours are the same neutrinos once more.
    """
    return {state: moments.production_form(state, mixing.angles, mixing.phases) for state in _counted(states)}


def interference_weights(
    states: Collection[str], mixing: Mixing, vector: NDArray[np.complex128]
) -> dict[tuple[str, str], NDArray[np.float64]]:
    r"""Weights of the interference of a vector of moments, shape (..., 3), by state and flavour, without those of zero.

    They are :math:`\mathrm{Re}\sum_jI_{\beta j}\tilde\lambda_{j4}` of :func:`companion.mixing.interference_form`.
    """
    weights = {}
    for state in _counted(states):
        form = moments.interference_form(state, mixing.angles, mixing.phases)
        by_flavour = np.einsum("...bj,...j->...b", form, vector).real
        for row, flavour in enumerate(moments.FLAVOURS):
            if np.any(by_flavour[..., row]):
                weights[state, flavour] = by_flavour[..., row]
    return weights


def _counted(states: Collection[str]) -> list[str]:
    """Mass eigenstates where a beam arrives as these, else flavours."""
    known = EIGENSTATES if arrives_as_eigenstates(states) else moments.FLAVOURS
    return [state for state in known if state in states]


def coupling(what: str | Coupling, mixing: Mixing | None = None) -> Coupling:
    """A coupling from its name; a coupling itself is returned as it is.

    Parameters
    ----------
    what : str or Coupling
        ``"mu_e"``, ``"mu_mu"``, ``"mu_tau"``, ``"mu_all"``, ``"lambda_14"``, ``"lambda_24"`` or ``"lambda_34"``
    mixing : Mixing, optional
        for a name; by default the global fit

    Raises
    ------
    ValueError
        for another name
    """
    if isinstance(what, Coupling):
        return what
    if what not in COUPLINGS:
        raise ValueError(f"no coupling {what!r}; there are {', '.join(COUPLINGS)}")
    kind, _, index = what.partition("_")
    chosen = mixing or Mixing()
    return Effective(index, mixing=chosen) if kind == "mu" else Transition(index, mixing=chosen)


def is_finite_number(value: object) -> bool:
    """Whether a value is a finite real number (True and False are not)."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and isfinite(value)
