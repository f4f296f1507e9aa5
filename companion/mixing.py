r"""Effective magnetic moments of flavour states, Eqs. (2)-(10), and the mixing factor of Eq. (20).

The mixing matrix is U = R34 R24 R14 R23 R13 R12 with the phases delta in R13, delta_14 in R14 and delta_34 in R34, so
that :math:`U_{e3} = c_{14} s_{13} e^{-i\delta}`; the transition moments are those of Eq. (2) with
:math:`\lambda_{ij} = |\lambda_{ij}| e^{i\zeta_{ij}}` for i < j.  Every function takes angles and phases as mappings in
radians; what is missing is 0, and arrays broadcast.  :mod:`companion.symbolic.mixing` derives the coefficients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import derived
from .parameters import (
    ANGLES,
    FLAVOURS,
    PAIRS,
    PHASES,
    SPLITTINGS,
    TERMS,
    check_flavour,
    read_angles,
    read_moduli,
    read_phases,
    read_splittings,
)
from .units import ALPHA, M_E, eV, m

__all__ = [
    "ANGLES",
    "BOHR_MAGNETON",
    "Coefficients",
    "EIGENSTATES",
    "FLAVOURS",
    "PAIRS",
    "PHASES",
    "SPLITTINGS",
    "TERMS",
    "active_sterile_form",
    "coefficients",
    "effective_moment_squared",
    "from_dipole_coupling",
    "incoherent_moment_squared",
    "interference_coupling",
    "interference_form",
    "mixing_matrix",
    "moment_at_distance_squared",
    "moment_matrix",
    "production_form",
    "short_baseline_weights",
    "small_mixing_error",
    "to_dipole_coupling",
]

MOMENT_COEFFICIENTS = {
    "e": derived.moment_coefficients_e,
    "mu": derived.moment_coefficients_mu,
    "tau": derived.moment_coefficients_tau,
}

EIGENSTATES = ("1", "2", "3")
"""The light mass eigenstates."""

BOHR_MAGNETON = math.sqrt(math.pi * ALPHA) / M_E
"""e/(2 m_e) in 1/MeV."""


def mixing_matrix(
    angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> NDArray[np.complex128]:
    """Unitary mixing matrix U = R34 R24 R14 R23 R13 R12.

    Parameters
    ----------
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES`` (the zeta_ij do not enter); missing: 0.

    Returns
    -------
    ndarray, complex, shape (..., 4, 4)
        rows e, mu, tau, s; columns the mass eigenstates; ``...`` is the common shape of the parameters.

    Raises
    ------
    ValueError
        for an unknown key or a value that is not a finite real number.
    """
    theta, phi = read_angles(angles), read_phases(phases)
    shape = np.broadcast_shapes(*(value.shape for value in (*theta.values(), *phi.values())))
    matrix = np.broadcast_to(np.eye(4, dtype=complex), (*shape, 4, 4))
    phase_of = {"34": "delta_34", "14": "delta_14", "13": "delta"}
    for pair in ("34", "24", "14", "23", "13", "12"):
        i, j = int(pair[0]) - 1, int(pair[1]) - 1
        angle = theta[f"theta_{pair}"]
        rotation = np.zeros((*shape, 4, 4), dtype=complex) + np.eye(4)
        rotation[..., i, i] = rotation[..., j, j] = np.cos(angle)
        rotation[..., i, j] = np.sin(angle) * (np.exp(-1j * phi[phase_of[pair]]) if pair in phase_of else 1)
        rotation[..., j, i] = -rotation[..., i, j].conj()
        matrix = matrix @ rotation
    return matrix


class Coefficients(dict[tuple[str, str], NDArray[np.float64]]):
    """Coefficients by the two moments that they belong to, ``("12", "13")``; any other key is a ``ValueError``."""

    def __missing__(self, key: object) -> NDArray[np.float64]:
        raise ValueError(
            f"no coefficient {key!r}: a key is a pair of moments from {', '.join(PAIRS)} in this order, "
            f"such as ('24', '24') for the square of lambda_24 or ('14', '24') for lambda_14 lambda_24"
        )


def coefficients(
    flavour: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> Coefficients:
    r"""The 21 coefficients of Eq. (6): Table I (``"e"``), Table II (``"mu"``) and their ``"tau"`` sibling.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES``; missing: 0.

    Returns
    -------
    Coefficients
        a dict: ``("12", "12")``, ... in the order of Table I -> coefficient of :math:`|\lambda_a||\lambda_b|`, without
        dimension, in the common shape of the parameters

    Raises
    ------
    ValueError
        for an unknown flavour or key, or a value that is not a finite real number.
    """
    check_flavour(flavour)
    theta, phi = read_angles(angles), read_phases(phases)
    shape = np.broadcast_shapes(*(value.shape for value in (*theta.values(), *phi.values())))
    values = MOMENT_COEFFICIENTS[flavour](**theta, **phi)
    return Coefficients({term: (np.zeros(shape) + values[term])[()] for term in TERMS})


def effective_moment_squared(
    flavour: str,
    lambdas: Mapping[str, ArrayLike],
    angles: Mapping[str, ArrayLike],
    phases: Mapping[str, ArrayLike] | None = None,
) -> NDArray[np.float64]:
    r"""Squared effective moment of a flavour state at short distance, Eq. (6); the same for its antineutrino.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    lambdas : mapping of str to array_like
        moduli :math:`|\lambda_{ij}|` in mu_B, keys from ``PAIRS``; missing: 0.  Signs follow Eq. (2).
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES``; missing: 0.

    Returns
    -------
    float or ndarray
        mu_B^2, in the common shape of all parameters.

    Raises
    ------
    ValueError
        for an unknown flavour or key, a negative modulus, or a value that is not a finite real number.
    """
    values = coefficients(flavour, angles, phases)
    moduli = read_moduli(lambdas)
    total = sum(value * moduli[a] * moduli[b] for (a, b), value in values.items())
    return np.maximum(total, 0)  # a sum of squares; where it vanishes, rounding could leave -1e-17


def short_baseline_weights(
    flavour: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> NDArray[np.float64]:
    r"""Weights of :math:`|\lambda_{14}|^2, |\lambda_{24}|^2, |\lambda_{34}|^2` for small active-sterile mixing.

    Eq. (9) for ``"e"``, Eq. (10) for ``"mu"``: :math:`|U_{\alpha i}|^2` of three-neutrino mixing, which is what the
    coefficients of Eqs. (7), (8) become for :math:`\theta_{i4} = 0`.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    angles, phases : mapping of str to array_like
        radians; only theta_12, theta_13, theta_23 and delta enter, missing: 0.  The approximation is to drop theta_i4.

    Returns
    -------
    ndarray, shape (3, ...)
        three weights that add up to 1.

    Raises
    ------
    ValueError
        for an unknown flavour or key, or a value that is not a finite real number.
    """
    check_flavour(flavour)
    theta, phi = read_angles(angles), read_phases(phases)
    active = {name: theta[name] for name in ("theta_12", "theta_13", "theta_23")}
    row = mixing_matrix(active, {"delta": phi["delta"]})[..., FLAVOURS.index(flavour), :3]
    return np.moveaxis(np.abs(row) ** 2, -1, 0)


def active_sterile_form(
    flavour: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> NDArray[np.complex128]:
    r"""Hermitian form of the squared effective moment in the moments to the sterile state, with all cross terms.

    For :math:`v=(\tilde\lambda_{14},\tilde\lambda_{24},\tilde\lambda_{34})`, complex, and no other moments, Eq. (4) at
    short distance is :math:`v^\dagger A_\alpha v` with

    .. math:: (A_\alpha)_{ik}=U_{\alpha i}U^*_{\alpha k}+|U_{\alpha4}|^2\delta_{ik},\qquad i,k=1,2,3,

    of rank one without active-sterile mixing; its diagonal is then Eqs. (9), (10).

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES`` (the zeta_ij are in ``v``); missing: 0.

    Returns
    -------
    ndarray, complex, shape (..., 3, 3)
        without dimension; ``...`` is the common shape of the parameters
    """
    check_flavour(flavour)
    row = mixing_matrix(angles, phases)[..., FLAVOURS.index(flavour), :]
    active, sterile = row[..., :3], np.abs(row[..., 3]) ** 2
    form: NDArray[np.complex128] = active[..., :, np.newaxis] * active[..., np.newaxis, :].conj()
    return form + sterile[..., np.newaxis, np.newaxis] * np.eye(3)


def production_form(
    state: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> NDArray[np.complex128]:
    r"""The part of :func:`active_sterile_form` that makes the heavy state, for a flavour or a mass eigenstate.

    A flavour makes :math:`\nu_4` with the amplitude :math:`\sum_iU^*_{\alpha i}\tilde\lambda_{i4}`, a form of rank one
    with or without mixing; the rest, :math:`|U_{\alpha4}|^2\sum_i|\tilde\lambda_{i4}|^2`, is the :math:`\nu_4` in the
    beam that turns light, with other kinematics.  A mass eigenstate ``i`` from the Sun shows
    :math:`|\tilde\lambda_{i4}|^2`, times :math:`c_{14}^2` for what is lost to :math:`\nu_4` on the way.

    Parameters
    ----------
    state : {"e", "mu", "tau", "1", "2", "3"}
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES``; missing: 0

    Returns
    -------
    ndarray, complex, shape (..., 3, 3)
        without dimension; ``...`` is the common shape of the parameters
    """
    _check_state(state)
    matrix = mixing_matrix(angles, phases)
    if state in FLAVOURS:
        row = matrix[..., FLAVOURS.index(state), :3]
        return row[..., :, np.newaxis] * row[..., np.newaxis, :].conj()
    i = EIGENSTATES.index(state)
    form = np.zeros((*matrix.shape[:-2], 3, 3), dtype=complex)
    form[..., i, i] = _kept(matrix)
    return form


def interference_form(
    state: str, angles: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> NDArray[np.complex128]:
    r"""Mixing factors of the weak-magnetic interference into ``nu_4``, for a flavour or a mass eigenstate.

    A neutrino that arrives as :math:`\sum_j a_j|\nu_j\rangle` makes :math:`\nu_4` magnetically with the amplitude
    :math:`\sum_j a_j\tilde\lambda_{j4}` and weakly, through the couplings of the flavour :math:`\beta` to the target,
    with :math:`U^*_{\beta4}\sum_j a_jU_{\beta j}`.  Their interference is
    :math:`\mathrm{Re}\sum_j I_{\beta j}\tilde\lambda_{j4}` times :func:`companion.cross_sections.interference` with the
    couplings of :math:`\beta`, summed over :math:`\beta`, with

    .. math::
       I_{\beta j} = \delta_{\alpha\beta}\,U_{\alpha4}U^*_{\alpha j}\ \text{(a flavour $\alpha$)},\qquad
       I_{\beta j} = \delta_{ij}\,c_{14}^2\,U_{\beta4}U^*_{\beta i}\ \text{(a mass eigenstate $i$ from the Sun)},

    the latter with what is lost to :math:`\nu_4` on the way, as in :func:`production_form`.  Where all flavours couple
    alike, on nuclei, the rows add up to :math:`-U_{s4}U^*_{si}` for a mass eigenstate, by unitarity.

    Parameters
    ----------
    state : {"e", "mu", "tau", "1", "2", "3"}
    angles, phases : mapping of str to array_like
        radians, keys from ``ANGLES`` and ``PHASES``; missing: 0

    Returns
    -------
    ndarray, complex, shape (..., 3, 3)
        rows: the flavour whose weak couplings count; columns: lambda_14, lambda_24, lambda_34.  Antineutrinos have the
        complex conjugate, and the same interference
    """
    _check_state(state)
    matrix = mixing_matrix(angles, phases)
    # U_beta4 U*_betaj for active flavours beta and light states j
    products = matrix[..., :3, 3:] * matrix[..., :3, :3].conj()
    form = np.zeros_like(products)
    if state in FLAVOURS:
        row = FLAVOURS.index(state)
        form[..., row, :] = products[..., row, :]
    else:
        column = EIGENSTATES.index(state)
        form[..., :, column] = _kept(matrix)[..., np.newaxis] * products[..., :, column]
    return form


def _kept(matrix: NDArray[np.complex128]) -> NDArray[np.float64]:
    """What is left of the electron neutrinos of the Sun: the rest arrives as nu_4."""
    return 1 - np.abs(matrix[..., 0, 3]) ** 2


def _check_state(state: str) -> None:
    if state not in (*FLAVOURS, *EIGENSTATES):
        raise ValueError(f"unknown state {state!r}; there are {', '.join((*FLAVOURS, *EIGENSTATES))}")


def small_mixing_error(
    flavour: str,
    sin2_sterile: ArrayLike,
    angles: Mapping[str, ArrayLike],
    phases: Mapping[str, ArrayLike] | None = None,
) -> NDArray[np.float64]:
    r"""Largest relative error of Eqs. (9), (10) for a common :math:`\sin^2\theta_{14}=\sin^2\theta_{24}`, over all
    :math:`\delta_{14}`.

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    sin2_sterile : array_like
        the common squared sine, also of theta_34
    angles, phases : mapping of str to array_like
        numbers in radians for three-neutrino mixing

    Returns
    -------
    ndarray, shape (3, ...)
        for the coefficients of :math:`|\lambda_{14}|^2, |\lambda_{24}|^2, |\lambda_{34}|^2`, without dimension
    """
    sin2_sterile = np.asarray(sin2_sterile, float)
    if not np.all((sin2_sterile >= 0) & (sin2_sterile <= 1)):
        raise ValueError("a squared sine lies between 0 and 1")
    theta = np.arcsin(np.sqrt(sin2_sterile))[..., np.newaxis]
    sterile = dict.fromkeys(("theta_14", "theta_24", "theta_34"), theta)
    scan = {"delta_14": np.linspace(0, 2 * np.pi, 73)}
    exact = coefficients(flavour, {**angles, **sterile}, {**(phases or {}), **scan})
    approximate = short_baseline_weights(flavour, angles, phases)
    return np.array(
        [
            np.max(np.abs(exact[pair, pair] / weight - 1), axis=-1)
            for pair, weight in zip(("14", "24", "34"), approximate, strict=True)
        ]
    )


def moment_matrix(
    lambdas: Mapping[str, ArrayLike], phases: Mapping[str, ArrayLike] | None = None
) -> NDArray[np.complex128]:
    """The antisymmetric matrix of Eqs. (2), (3) in mu_B, shape (..., 4, 4)."""
    moduli = read_moduli(lambdas)
    phi = read_phases(phases)
    used = [*moduli.values(), *(phi[f"zeta_{pair}"] for pair in PAIRS)]
    matrix = np.zeros((*np.broadcast_shapes(*(value.shape for value in used)), 4, 4), dtype=complex)
    for pair in PAIRS:
        i, j = int(pair[0]) - 1, int(pair[1]) - 1
        matrix[..., i, j] = moduli[pair] * np.exp(1j * phi[f"zeta_{pair}"])
        matrix[..., j, i] = -matrix[..., i, j]
    return matrix


def moment_at_distance_squared(
    flavour: str,
    L_over_E: ArrayLike,
    lambdas: Mapping[str, ArrayLike],
    angles: Mapping[str, ArrayLike],
    phases: Mapping[str, ArrayLike] | None = None,
    splittings: Mapping[str, ArrayLike] | None = None,
) -> NDArray[np.float64]:
    r"""Squared effective moment of a neutrino born as a flavour, after a distance in vacuum: Eq. (4).

    Parameters
    ----------
    flavour : {"e", "mu", "tau"}
    L_over_E : array_like
        distance over energy in m/MeV, which is km/GeV
    lambdas, angles, phases : mapping
        as in :func:`effective_moment_squared`
    splittings : mapping of str to array_like
        :math:`m_i^2-m_1^2` in eV^2, keys ``"21"``, ``"31"``, ``"41"``; missing: 0

    Returns
    -------
    ndarray
        mu_B^2, in the common shape of all parameters
    """
    check_flavour(flavour)
    L_over_E = np.asarray(L_over_E, float)
    squared = read_splittings(splittings)
    row = mixing_matrix(angles, phases)[..., FLAVOURS.index(flavour), :]
    # the phase of the outgoing state j is common to the sum over i
    advance = [0 * L_over_E, *(squared[name] * eV**2 * L_over_E * m / 2 for name in SPLITTINGS)]
    propagated = row.conj() * np.exp(-1j * np.stack(np.broadcast_arrays(*advance), axis=-1))
    amplitude = np.sum(propagated[..., np.newaxis] * moment_matrix(lambdas, phases), axis=-2)
    return np.asarray(np.sum(np.abs(amplitude) ** 2, axis=-1))


def incoherent_moment_squared(weights: ArrayLike, lambdas: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    r"""Squared effective moment of an incoherent mixture of mass eigenstates: Eq. (5).

    Parameters
    ----------
    weights : array_like, shape (4, ...)
        probabilities of the four mass eigenstates: :math:`P_{ei}` of the Sun, or :math:`|U_{\alpha i}|^2`
    lambdas : mapping of str to array_like
        moduli in mu_B, keys from ``PAIRS``; missing: 0

    Returns
    -------
    ndarray
        mu_B^2
    """
    weights = np.asarray(weights, float)
    if weights.shape[:1] != (4,):
        raise ValueError("give the probabilities of four mass eigenstates, along the first axis")
    strengths = np.sum(np.abs(moment_matrix(lambdas)) ** 2, axis=-1)
    return np.asarray(np.sum(np.moveaxis(weights, 0, -1) * strengths, axis=-1))


def interference_coupling(
    flavour: str,
    lambdas: Mapping[str, ArrayLike],
    angles: Mapping[str, ArrayLike],
    phases: Mapping[str, ArrayLike] | None = None,
) -> NDArray[np.complex128]:
    r"""Mixing factor of the weak-magnetic interference into ``nu_4`` at short distance, complex.

    The neutrino arrives as :math:`\sum_jU^*_{\alpha j}|\nu_j\rangle`; its magnetic amplitude is
    :math:`\sum_jU^*_{\alpha j}\lambda_{j4}`, its weak one :math:`U^*_{\alpha4}` times the couplings of Eq. (15), so the
    factor is :math:`U_{\alpha4}\sum_jU^*_{\alpha j}\lambda_{j4}`.  Its real part multiplies
    :func:`companion.cross_sections.interference`; antineutrinos have the complex conjugate, which has the same one.

    Parameters
    ----------
    flavour, lambdas, angles, phases
        as in :func:`effective_moment_squared`; only lambda_14, lambda_24 and lambda_34 enter

    Returns
    -------
    ndarray
        mu_B, in the common shape of all parameters
    """
    check_flavour(flavour)
    row = mixing_matrix(angles, phases)[..., FLAVOURS.index(flavour), :]
    return np.asarray(row[..., 3] * np.sum(row.conj() * moment_matrix(lambdas, phases)[..., :, 3], axis=-1))


def from_dipole_coupling(d: ArrayLike) -> NDArray[np.float64]:
    r"""Moment in mu_B of a coupling ``d`` (1/MeV) of papers that write :math:`d\,\bar N\sigma^{\alpha\beta}\nu F`.

    Here :math:`\mathcal L=-\tfrac\mu2\bar\nu_4\sigma^{\alpha\beta}\nu F_{\alpha\beta}`, so :math:`|\mu|=2|d|`.
    """
    return 2 * np.asarray(d, float) / BOHR_MAGNETON


def to_dipole_coupling(mu: ArrayLike) -> NDArray[np.float64]:
    """The coupling ``d`` (1/MeV) of a moment in mu_B, the inverse of :func:`from_dipole_coupling`."""
    return np.asarray(mu, float) * BOHR_MAGNETON / 2
