"""Options that several experiments have, with one name, meaning and unit for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import targets, units
from ..data import Table
from ..fluxes import solar
from ..targets import Target
from .settings import Options, option

__all__ = [
    "DetectorOptions", "ElectronOptions", "NuclearOptions", "NumericalOptions", "ProjectionOptions", "SolarOptions",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NumericalOptions(Options):
    """Options of the numerical integration."""

    order: int = option(32, "Gauss points per piece of the recoil range", at_least=1)


@dataclass(frozen=True, kw_only=True)
class DetectorOptions(NumericalOptions):
    """Options of any detector whose resolution is known."""

    smearing: bool = option(True, "whether the resolution of the detector blurs what it sees")


@dataclass(frozen=True, kw_only=True)
class NuclearOptions(Options):
    """Options of the nuclei of a target."""

    form_factor: str = option(
        "helm",
        "nuclear form factor: Helm, Eq. (13), Klein and Nystrand, footnote 2 or with R_A = 1.2 A^(1/3) fm, or 1",
        among=targets.FORM_FACTORS,
    )
    proton_radius: str = option(
        "point", "radius in the Helm form factor: of point protons, or of the charge", among=("point", "charge")
    )
    neutron_skin_fm: float | None = option(
        None, "R_n - R_p in the Helm form factor; by default 0.1 above A = 60 and 0 below", unit="fm"
    )
    sin2_theta_W: float = option(units.SIN2_THETA_W, "squared sine of the weak mixing angle", unit="1")

    def compound(self, formula: Mapping[str, float], *, isotopes: bool = False) -> Target:
        """The target of a formula, such as ``{"Cs": 1, "I": 1}``, with these nuclei."""
        return targets.compound(
            formula,
            form_factor=self.form_factor,
            proton_radius=self.proton_radius,
            isotopes=isotopes,
            neutron_skin=self.neutron_skin_fm,
            sin2_theta_W=self.sin2_theta_W,
        )


@dataclass(frozen=True, kw_only=True)
class ElectronOptions(Options):
    """Options of the electrons of a target."""

    binding: str = option(
        "xraydb",
        "binding energies of the electrons: of two libraries, calculated (xenon only), or none",
        among=("xraydb", "xraylib", "rrpa", "free"),
    )


@dataclass(frozen=True, kw_only=True)
class SolarOptions(Options):
    """Options of the Sun."""

    conversion: str = option(
        "table",
        "conversion inside the Sun: a table, which holds for the global fit, or adiabatic conversion computed",
        among=solar.SPECTRA,
    )


@dataclass(frozen=True, kw_only=True)
class ProjectionOptions(Options):
    """Options of the projections of Eq. (27)."""

    threshold_keV: float | None = option(None, "energy at which the first bin starts", unit="keV", at_least=0)
    exposure_factor: float = option(1.0, "factor on the exposure: mass times time, or protons", unit="1", above=0)
    background_ratio: float | None = option(
        None, "background over Standard-Model events, sigma_bg of Eq. (27)", unit="1", at_least=0
    )
    sigma_signal: float | None = option(None, "relative error of the size of the signal", unit="1", above=0)
    minimum_events: float = option(0.0, "bins with fewer Standard-Model events are dropped", unit="1", at_least=0)

    def errors(self, parameters: Table) -> tuple[float, float]:
        """Background over Standard-Model events and relative error of the signal, from a table where not given."""
        background, systematic = self.background_ratio, self.sigma_signal
        if background is None:
            background = parameters.value("sigma_background", unit="1")
        if systematic is None:
            systematic = parameters.value("sigma_systematic", unit="1")
        return background, systematic
