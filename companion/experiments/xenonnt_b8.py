"""XENONnT, nuclear recoils of solar 8B neutrinos: science runs 0, 1 and 2, from the collaboration's release.

The release gives the probability of every bin for nuclear recoils of single energies, so that any recoil spectrum can
be folded: coherent scattering, which is signal here, and the dipole scattering of the same neutrinos.  Below 0.5
keV it gives nothing, and nothing is assumed to be seen.  Electrons are left out: the release has no response for them
in this search, and XENONnT's electronic recoils are an experiment of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .. import targets, units
from ..couplings import Mixing
from ..data import table
from ..fluxes import Flux, solar
from ..response import ResponseMatrix
from ..statistics import Poisson, Pull
from .channel import Axis, Channel, standard_model
from .experiment import Experiment
from .settings import Choice, Options, again, option
from .vocabulary import NuclearOptions, NumericalOptions, SolarOptions

__all__ = ["RUNS", "BoronSun", "Settings", "build", "efficiency"]

Array = NDArray[np.float64]

NAME = "xenonnt-b8"
RUNS = ("sr0", "sr1", "sr2")
BINS = 81
FREE_FLUX = np.inf

CHOICES = (
    Choice("8B flux free", {"flux": "free"}, kind="check"),
    Choice("8B flux of the solar model GS98, its error", {"flux": "GS98"}, source="8B flux"),
    Choice("no hep neutrinos", {"hep": False}, kind="check"),
    Choice("light yield, one standard deviation up", {"light_yield": 1.0}, kind="pull", source="light yield"),
    Choice("light yield, down", {"light_yield": -1.0}, kind="pull", source="light yield"),
    Choice("charge yield, one standard deviation up", {"charge_yield": 1.0}, kind="pull", source="charge yield"),
    Choice("charge yield, down", {"charge_yield": -1.0}, kind="pull", source="charge yield"),
    Choice("response held constant below 0.5 keV, down to 0.3 keV", {"below": "constant"}, source="response"),
    Choice("science runs 0 and 1 alone", {"runs": "sr0+sr1"}, kind="check"),
    Choice("science run 2 alone", {"runs": "sr2"}, kind="check"),
    Choice("no form factor", {"form_factor": "point"}, kind="check"),
    Choice("Δχ² = 4.605 (two degrees of freedom)", dof=2, kind="check"),
)
"""What else one could have chosen."""


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """Options of ``xenonnt-b8``."""

    runs: str = option(
        "sr0+sr1+sr2", "science runs", among=("sr0+sr1+sr2", "sr0+sr1", "sr0", "sr1", "sr2")
    )  # fmt: skip
    flux: str = option(
        "SNO", "8B flux: SNO's with its error, free, or that of a solar model with its error",
        among=("SNO", "free", "GS98", "AGSS09"),
    )  # fmt: skip
    hep: bool = option(True, "whether hep neutrinos count as well, by the solar model GS98")
    conversion: str = again(SolarOptions, "conversion", "table")
    light_yield: float = option(0.0, "light yield, between -1 and 1", unit="standard deviations")
    charge_yield: float = option(0.0, "charge yield, between -1 and 1", unit="standard deviations")
    below: str = option("nothing", "what is seen below the first energy of the release", among=("nothing", "constant"))
    form_factor: str = again(NuclearOptions, "form_factor", "helm")
    sin2_theta_W: float = again(NuclearOptions, "sin2_theta_W", units.SIN2_THETA_W)
    order: int = again(NumericalOptions, "order", 4)


@dataclass(frozen=True)
class BoronSun:
    """8B and hep neutrinos at the Earth as mass eigenstates: fluxes for a mixing.

    Attributes
    ----------
    flux : float
        of all 8B neutrinos (1/cm^2/s)
    hep : bool
        whether hep neutrinos are there as well
    conversion : {"table", "computed"}
        see :func:`companion.fluxes.solar.fluxes`
    """

    flux: float
    hep: bool = True
    conversion: str = "table"

    def computed(self) -> BoronSun:
        """The same Sun with its conversion computed: what those for another mixing can be compared with."""
        return replace(self, conversion="computed")

    def __call__(self, mixing: Mixing) -> dict[str, Flux]:
        """Fluxes of ``"nu_1"``, ``"nu_2"``, ``"nu_3"``, per area and time."""
        computed = self.conversion == "computed" or mixing.solar != Mixing().solar
        return _boron(self.flux, self.hep, mixing.solar, computed)


@lru_cache(maxsize=16)
def _boron(flux: float, hep: bool, parameters: tuple[float, float, float], computed: bool) -> dict[str, Flux]:
    theta_12, theta_13, splitting = parameters
    fluxes = solar.fluxes(
        {"theta_12": theta_12, "theta_13": theta_13},
        {},
        splitting=splitting if computed else None,
        sources=("8B", "hep") if hep else ("8B",),
        measured={"8B": flux},
    )
    return {species: fluxes[species] for species in ("nu_1", "nu_2", "nu_3")}


@lru_cache(maxsize=16)
def _released(run: str) -> tuple[Array, dict[tuple[float, float], Array]]:
    """Energies (keV) and, by standard deviations of light and charge yield, probabilities (n_energies, 81)."""
    rows = table(f"xenon/xenonnt_b8_response_{run}")
    t_ly, t_qy = rows.column("t_ly", "1"), rows.column("t_qy", "1")
    E = rows.column("E", "keV", above=0.0)
    matrix = np.stack([rows.column(f"b{k}", "1", minimum=0.0, maximum=1.0) for k in range(BINS)], axis=-1)
    by_yield = {}
    for pair in sorted(set(zip(t_ly.tolist(), t_qy.tolist(), strict=True))):
        chosen = (t_ly == pair[0]) & (t_qy == pair[1])
        by_yield[pair] = matrix[chosen]
        energies = E[chosen]
    return energies, by_yield


def response(run: str, light_yield: float = 0.0, charge_yield: float = 0.0) -> tuple[Array, Array]:
    """Energies (keV) and probability of every bin, shape (n_energies, 81), at given yields (standard deviations).

    Between the nominal yields and one standard deviation the response is taken linear in each.
    """
    if max(abs(light_yield), abs(charge_yield)) > 1:
        raise ValueError("the release gives the response up to one standard deviation of the yields")
    energies, by_yield = _released(run)
    nominal = by_yield[0.0, 0.0]
    matrix = nominal.copy()
    if light_yield:
        matrix += abs(light_yield) * (by_yield[float(np.sign(light_yield)), 0.0] - nominal)
    if charge_yield:
        matrix += abs(charge_yield) * (by_yield[0.0, float(np.sign(charge_yield))] - nominal)
    return energies, np.maximum(matrix, 0.0)


def efficiency(run: str) -> tuple[Array, Array]:
    """Energies (keV) of nuclear recoils and the probability that they are selected, at nominal yields."""
    energies, matrix = response(run)
    return energies, matrix.sum(axis=1)


def _channels(
    settings: Settings, light_yield: float, charge_yield: float, fluxes: dict[str, Flux]
) -> tuple[Channel, ...]:
    parameters = table("xenon/xenonnt_b8_parameters")
    xenon = targets.compound({"Xe": 1}, form_factor=settings.form_factor, sin2_theta_W=settings.sin2_theta_W)
    runs = settings.runs.split("+")
    channels = []
    for position, run in enumerate(runs):
        energies, matrix = response(run, light_yield, charge_yield)
        if settings.below == "constant":
            energies, matrix = np.append(0.3, energies), np.concatenate([matrix[:1], matrix])
        # the runs stand one after the other
        padded = np.zeros((len(energies), BINS * len(runs)))
        padded[:, BINS * position : BINS * (position + 1)] = matrix
        seen = ResponseMatrix((energies * units.keV).tolist(), padded.tolist())
        exposure = parameters.value(f"exposure_{run}", unit="t y")
        scatterers = xenon.units_in(1000.0) * units.year * exposure
        channels += [
            Channel(nucleus, n * scatterers, fluxes, seen, order=settings.order) for n, nucleus in xenon.nuclei
        ]
    return tuple(channels)


def _flux(settings: Settings) -> tuple[float, float]:
    """8B flux (1/cm^2/s) and its relative error; inf if it is free."""
    parameters = table("xenon/xenonnt_b8_parameters")
    if settings.flux in ("SNO", "free"):
        sigma = parameters.value("sigma_flux", unit="1") if settings.flux == "SNO" else FREE_FLUX
        return parameters.value("flux_8B", unit="1/(cm^2 s)"), sigma
    models = table("solar/fluxes")
    (row,) = np.flatnonzero(models["source"] == "8B")
    error = models.column(f"{settings.flux}_error", "1")[row]
    return float(models.column(settings.flux, "1/(cm^2 s)")[row]), float(error)


def build(settings: Settings) -> Experiment:
    """Build ``xenonnt-b8``."""
    parameters, bins = table("xenon/xenonnt_b8_parameters"), table("xenon/xenonnt_b8_bins")
    runs = settings.runs.split("+")
    flux, sigma_flux = _flux(settings)
    sun = BoronSun(flux, settings.hep, settings.conversion)
    fluxes = sun(Mixing())
    channels = _channels(settings, settings.light_yield, settings.charge_yield, fluxes)

    def each_run(column: str) -> list[Array]:
        return [bins.column(column, "events", minimum=0.0)[bins["run"] == run] for run in runs]

    accidental = np.zeros((len(runs), BINS * len(runs)))
    for position, counts in enumerate(each_run("AC")):
        accidental[position, BINS * position : BINS * (position + 1)] = counts
    backgrounds = {f"accidental {run}": counts for run, counts in zip(runs, accidental, strict=True)}
    backgrounds |= {"electronic recoils": np.concatenate(each_run("ER")), "neutrons": np.concatenate(each_run("RG"))}

    pulls = [
        Pull(f"{NAME} flux", sigma_flux),
        Pull(f"{NAME} efficiency", parameters.value("sigma_efficiency", unit="1")),
    ]
    for name, steps in (("light yield", ((1.0, 0.0), (-1.0, 0.0))), ("charge yield", ((0.0, 1.0), (0.0, -1.0)))):
        pulls.append(Pull(f"{NAME} {name}", 1.0, shape=_change(settings, fluxes, steps)))
    for run in runs:
        sigma = parameters.value(f"sigma_ac_{run}", unit="1")
        pulls.append(Pull(f"{NAME} accidental {run}", sigma, (f"accidental {run}",)))
    pulls += [
        Pull(f"{NAME} electronic recoils", parameters.value("sigma_er", unit="1"), ("electronic recoils",)),
        Pull(f"{NAME} neutrons", parameters.value("sigma_rg", unit="1"), ("neutrons",)),
    ]
    used = ["bins", "parameters", *(f"response_{run}" for run in runs)]
    return Experiment(
        name=NAME,
        title="XENONnT, solar 8B",
        axes=(Axis("bin", "1", np.arange(BINS * len(runs) + 1.0)),),
        quantity="events",
        likelihood=Poisson(np.concatenate(each_run("observed")), backgrounds, tuple(pulls)),
        channels=channels,
        sources=(
            *(table(f"xenon/xenonnt_b8_{name}").source for name in used),
            *(table(f"solar/{name}").source for name in ("fluxes", "spectrum_b8", "mass_eigenstate_probabilities")),
            table("nuclear/isotopes").source,
        ),
        choices=CHOICES,
        conversion=sun,
    )


def _change(settings: Settings, fluxes: dict[str, Flux], steps: tuple[tuple[float, float], ...]) -> Array:
    """Relative change of the Standard-Model events in every bin for one standard deviation of a yield.

    Half the difference of both sides; it is taken for dipole events as well, whose recoils are softer.
    """
    up, down = (sum(standard_model(_channels(settings, *step, fluxes)).values(), np.zeros(1)) for step in steps)
    nominal = sum(standard_model(_channels(settings, 0.0, 0.0, fluxes)).values(), np.zeros(1))
    change: Array = (up - down) / (2 * np.where(nominal > 0, nominal, 1.0))
    return change
