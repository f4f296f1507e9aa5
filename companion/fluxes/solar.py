r"""Neutrinos from the Sun at the Earth (Sec. 3.1): eight sources, and what becomes of each on the way (Eq. 5).

Five sources are allowed beta decays with the positron spectrum

.. math::
   \frac{\mathrm{d}N}{\mathrm{d}E_\nu}\propto E_\nu^2\,p\,W\,F(Z,W),\qquad
   W=E_\mathrm{end}-E_\nu+m_e,\quad p^2=W^2-m_e^2,

8B has no sharp end and comes from a table, 7Be and pep are lines.  Every neutrino starts as :math:`\nu_e` and arrives
as the mass eigenstate :math:`\nu_i` with probability :math:`P_{ei}(E_\nu)`, from a table or from adiabatic conversion
in the matter of the Sun.  The eigenstates no longer interfere, so that flavours are weighted sums of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, loggamma

from .. import moments
from ..data import table
from ..units import ALPHA, G_F, M_E, N_A, cm, eV, fm, second
from .flux import Continuum, Flux, Line, Tabulated

__all__ = [
    "DAUGHTERS",
    "adiabatic_probabilities",
    "allowed_spectrum",
    "fermi_function",
    "fluxes",
    "normalisation",
    "spectrum",
    "tabulated_probabilities",
    "tabulated_spectrum",
]

DAUGHTERS = {"pp": (1, 2), "hep": (2, 4), "13N": (6, 13), "15O": (7, 15), "17F": (8, 17)}
"""Charge and mass number of the nucleus that each beta decay leaves behind."""

TABLES = {"pp": "pp", "hep": "hep", "13N": "n13", "15O": "o15", "17F": "f17", "8B": "b8"}
"""Tables ``data/solar/spectrum_...`` of the continua."""

SPECTRA = ("computed", "table")


def fermi_function(W: ArrayLike, Z: int, A: int) -> NDArray[np.float64]:
    r"""Relativistic Fermi function of a positron at the edge of a uniform nucleus, :math:`R=1.2\,A^{1/3}` fm.

    .. math::
       F=2(1+\gamma)\,(2pR)^{2(\gamma-1)}\,e^{\pi\eta}\,\frac{|\Gamma(\gamma+i\eta)|^2}{\Gamma(2\gamma+1)^2},\qquad
       \gamma^2=1-(\alpha Z)^2,\quad\eta=-\alpha Z W/p

    Parameters
    ----------
    W : array_like
        total energy of the positron (MeV), above its mass
    Z, A : int
        charge and mass number of the daughter nucleus
    """
    W = np.asarray(W, float)
    p = np.sqrt((W - M_E) * (W + M_E))
    gamma = np.sqrt(1 - (ALPHA * Z) ** 2)
    eta = -ALPHA * Z * W / p
    radius = 1.2 * A ** (1 / 3) * fm
    size = 2 * (1 + gamma) * (2 * p * radius) ** (2 * (gamma - 1))
    logarithm = np.pi * eta + 2 * loggamma(gamma + 1j * eta).real - 2 * gammaln(2 * gamma + 1)
    F: NDArray[np.float64] = size * np.exp(logarithm)
    return F


def allowed_spectrum(E_nu: ArrayLike, end: float, Z: int, A: int) -> NDArray[np.float64]:
    """Neutrinos of an allowed beta decay with end point ``end`` (MeV), not normalised (MeV^4)."""
    E_nu = np.asarray(E_nu, float)
    T = np.where((E_nu > 0) & (E_nu < end), end - E_nu, end)
    W = T + M_E
    spectrum = E_nu**2 * np.sqrt(T * (T + 2 * M_E)) * W * fermi_function(W, Z, A)
    return np.where((E_nu > 0) & (E_nu < end), spectrum, 0.0)


@cache
def _sources(model: str) -> dict[str, tuple[float, float]]:
    """Flux (1/cm^2/s) and end point (MeV) of each source."""
    rows = table("solar/fluxes")
    if model not in ("GS98", "AGSS09"):
        raise ValueError(f"no solar model {model!r}; there are GS98, AGSS09")
    return {
        str(s): (float(f), float(end))
        for s, f, end in zip(
            rows["source"],
            rows.column(model, "cm^-2 s^-1", minimum=0.0),
            rows.column("E_end", "MeV", gaps=True, above=0.0),
            strict=True,
        )
    }


def normalisation(source: str, model: str = "GS98") -> float:
    """Neutrinos of a source per area and time at the Earth (natural units; times ``cm**2 * second`` for 1/cm^2/s)."""
    if source not in _sources(model):
        raise ValueError(f"no solar source {source!r}; there are {', '.join(_sources(model))}")
    return _sources(model)[source][0] / cm**2 / second


@cache
def spectrum(source: str) -> Continuum:
    """Computed spectrum of a beta decay, normalised to one (1/MeV); cells shrink towards the end point."""
    if source not in DAUGHTERS:
        raise ValueError(f"no beta decay {source!r}; there are {', '.join(DAUGHTERS)}")
    end = _sources("GS98")[source][1]
    # near the end the momentum of the positron is a square root, and its repulsion not even a power
    near = end * (1 - np.geomspace(1e-7, 0.25, 24)[::-1])
    knots = (*np.linspace(0, 0.75 * end, 7)[:-1].tolist(), *near.tolist(), end)
    bare = Continuum(partial(allowed_spectrum, end=end, Z=DAUGHTERS[source][0], A=DAUGHTERS[source][1]), knots, 12)
    return Continuum(_Product(1 / float(bare.moments(np.asarray(0.0))[0]), (bare.density,)), knots, 12)


@cache
def tabulated_spectrum(source: str) -> Continuum:
    """Tabulated spectrum of a continuum, normalised to one (1/MeV): linear between its points."""
    if source not in TABLES:
        raise ValueError(f"no tabulated spectrum {source!r}; there are {', '.join(TABLES)}")
    rows = table(f"solar/spectrum_{TABLES[source]}")
    E = rows.column("E_nu", "MeV", minimum=0.0, increasing=True)
    values = rows.column("spectrum", "1/MeV", minimum=0.0)
    end = _sources("GS98")[source][1]
    if np.isfinite(end) and E[-1] < end:
        E, values = np.append(E, end), np.append(values, 0.0)
    first = int(np.argmax(E > 0))
    values = values / (np.trapezoid(values[first:], E[first:]) + values[first] * E[first] / 3)
    return Continuum(partial(_interpolated, points=E[first:], values=values[first:]), (0.0, *E[first:].tolist()), 4)


def _interpolated(
    E: NDArray[np.float64], points: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    # below the first point every spectrum rises as E^2: a straight line there would make M_2 diverge
    return np.where(points[0] > E, values[0] * (E / points[0]) ** 2, np.interp(E, points, values, right=0.0))


@cache
def _probability_points(source: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = table("solar/mass_eigenstate_probabilities")
    vacuum, chosen = np.flatnonzero(rows["source"] == "vacuum"), np.flatnonzero(rows["source"] == source)
    E = rows.column("E_nu", "MeV", minimum=0.0)
    order = np.concatenate([vacuum, chosen[np.argsort(E[chosen])]])
    return E[order], np.stack([rows.column(f"P_e{i}", "1", minimum=0.0, maximum=1.0)[order] for i in (1, 2, 3)])


def tabulated_probabilities(source: str, E_nu: ArrayLike) -> NDArray[np.float64]:
    """``P_e1, P_e2, P_e3`` of a source, linear between the points of the table; shape ``(3, *E_nu.shape)``."""
    E, values = _probability_points(source)
    E_nu = np.asarray(E_nu, float)
    return np.stack([np.interp(E_nu, E, row) for row in values])


def adiabatic_probabilities(
    source: str, E_nu: ArrayLike, angles: Mapping[str, float], splitting: float
) -> NDArray[np.float64]:
    r"""``P_e1, P_e2, P_e3`` by adiabatic conversion, averaged over where in the Sun a source emits.

    .. math::
       P_{e1},P_{e2}=c_{13}^2\,\frac{1\pm\langle\cos2\theta_m\rangle}{2},\qquad P_{e3}=s_{13}^2,\qquad
       \cos2\theta_m=\frac{\cos2\theta_{12}-a}{\sqrt{(\cos2\theta_{12}-a)^2+\sin^22\theta_{12}}},\quad
       a=\frac{2\sqrt2\,G_Fn_e\,c_{13}^2E_\nu}{\Delta m^2_{21}}

    Parameters
    ----------
    source : str
        ``"pp"``, ``"8B"``, ...
    E_nu : array_like
        neutrino energy (MeV)
    angles : mapping
        ``theta_12`` and ``theta_13`` (radians)
    splitting : float
        squared-mass difference :math:`\Delta m^2_{21}` (eV^2)

    Returns
    -------
    ndarray
        shape ``(3, *E_nu.shape)``; by day, without the matter of the Earth
    """
    profile = table("solar/production_profile")
    E_nu = np.asarray(E_nu, float)
    c13_2 = np.cos(angles["theta_13"]) ** 2
    cosine, sine = np.cos(2 * angles["theta_12"]), np.sin(2 * angles["theta_12"])
    made = profile.column(source, "1", minimum=0.0)
    density = profile.column("n_e", "N_A/cm^3", minimum=0.0) * N_A / cm**3
    a = np.multiply.outer(2 * np.sqrt(2) * G_F * c13_2 * E_nu / (splitting * eV**2), density)
    mean = ((cosine - a) / np.hypot(cosine - a, sine)) @ (made / made.sum())
    return np.stack([c13_2 * (1 + mean) / 2, c13_2 * (1 - mean) / 2, np.full(mean.shape, 1 - c13_2)])


@dataclass(frozen=True)
class _Product:
    """A product of functions of the energy, times a constant."""

    factor: float
    functions: tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], ...]

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        value = np.full(np.shape(E), self.factor)
        for function in self.functions:
            value = value * function(E)
        return value


def fluxes(
    angles: Mapping[str, float],
    phases: Mapping[str, float],
    *,
    model: str = "GS98",
    spectra: str = "computed",
    splitting: float | None = None,
    sources: Collection[str] | None = None,
    measured: Mapping[str, float] | None = None,
) -> dict[str, Flux]:
    """Flux of each flavour and of each mass eigenstate at the Earth.

    Parameters
    ----------
    angles, phases : mapping
        of three-neutrino mixing (radians): flavours are the weights ``|U_alpha i|^2`` of the eigenstates
    model : {"GS98", "AGSS09"}
        B16 standard solar model
    spectra : {"computed", "table"}
        beta spectra from :func:`spectrum` or from tables; 8B is always a table
    splitting : float, optional
        squared-mass difference (eV^2) for :func:`adiabatic_probabilities`; default: the table of probabilities
    sources : collection of str, optional
        which of the eight, ``"8B"``, ...; all by default
    measured : mapping of str to float, optional
        fluxes (1/cm^2/s) by source that replace those of the model

    Returns
    -------
    dict
        ``"nu_e", "nu_mu", "nu_tau"`` and ``"nu_1", "nu_2", "nu_3"`` to :class:`Flux`, per area and time.  The six
        are two descriptions of the same neutrinos and must not be added.
    """
    if spectra not in SPECTRA:
        raise ValueError(f"no spectra {spectra!r}; there are {', '.join(SPECTRA)}")
    kept = set(_sources(model)) if sources is None else set(sources)
    if unknown := (kept | set(measured or {})) - set(_sources(model)):
        raise ValueError(f"no solar source {sorted(unknown)[0]!r}; there are {', '.join(_sources(model))}")

    def amount(source: str) -> float:
        if measured is not None and source in measured:
            return measured[source] / cm**2 / second
        return normalisation(source, model)

    weights = {f"nu_{flavour}": moments.short_baseline_weights(flavour, angles, phases) for flavour in moments.FLAVOURS}
    weights |= {f"nu_{i + 1}": np.eye(3)[i] for i in range(3)}
    chosen = None if splitting is None else tuple(angles.items())
    lines7 = table("solar/be7_lines")
    E7, shares = lines7.column("E_nu", "MeV", above=0.0), lines7.column("fraction", "1", minimum=0.0)
    lines = [("7Be", float(E), float(share)) for E, share in zip(E7, shares, strict=True)]
    lines.append(("pep", _sources(model)["pep"][1], 1.0))
    lines = [line for line in lines if line[0] in kept]
    shapes = {
        source: spectrum(source) if source in DAUGHTERS and spectra == "computed" else tabulated_spectrum(source)
        for source in TABLES
        if source in kept
    }
    fluxes = {}
    for species, weight in weights.items():
        arriving = {
            source: _Arriving(source, tuple(weight.tolist()), chosen, splitting) for source in (*TABLES, "7Be", "pep")
        }
        parts = []
        for source, shape in shapes.items():
            kinks = [E for E in _probability_points(source)[0] if 0 < E < shape.knots[-1]] if splitting is None else []
            knots = np.unique([*shape.knots, *kinks])
            density = _Product(amount(source), (shape.density, arriving[source]))
            parts.append(Continuum(density, tuple(knots.tolist()), shape.order))
        fluxes[species] = Flux(
            tuple(
                Line(E, share * amount(source) * float(arriving[source](np.asarray(E)))) for source, E, share in lines
            ),
            (Tabulated.of(tuple(parts)),) if parts else (),
        )
    return fluxes


@dataclass(frozen=True)
class _Arriving:
    """Probability to arrive as a species: weights of the mass eigenstates times their own probabilities.

    Without ``angles`` and ``splitting`` these come from the table.
    """

    source: str
    weights: tuple[float, ...]
    angles: tuple[tuple[str, float], ...] | None
    splitting: float | None

    def __call__(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.angles is None or self.splitting is None:
            probabilities = tabulated_probabilities(self.source, E)
        else:
            probabilities = adiabatic_probabilities(self.source, E, dict(self.angles), self.splitting)
        return np.tensordot(self.weights, probabilities, axes=1)
