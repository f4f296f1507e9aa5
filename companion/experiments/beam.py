"""What the detectors at one stopped-pion source have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import response, units
from ..data import Table, table
from ..fluxes import Flux, stopped_pion
from ..response import Response
from ..statistics import Pull
from .channel import Channel
from .settings import Choice, in_words, option
from .vocabulary import DetectorOptions, NuclearOptions

__all__ = [
    "FLUX_CHOICES", "BeamOptions", "Function", "caesium_iodide", "fluence", "quenching", "quenching_source",
    "signal_pull",
]  # fmt: skip

Function = Callable[[ArrayLike], NDArray[np.float64]]

FLUX = "neutrino flux, 10 %"

FLUX_CHOICES = (
    Choice("10 % more neutrinos, the error of the flux", {"neutrinos_factor": 1.1}, kind="pull", source=FLUX),
    Choice("10 % fewer neutrinos", {"neutrinos_factor": 0.9}, kind="pull", source=FLUX),
)
"""The error of the flux, which a pull holds already."""


@dataclass(frozen=True, kw_only=True)
class BeamOptions(DetectorOptions, NuclearOptions):
    """Options of the detectors at the stopped-pion source."""

    quenching: Any = option(
        "nominal",
        "visible energy of a nuclear recoil: a model by name, a quenching factor, energies (MeV) and factors, the path "
        "of a table, or a function (MeV)",
        anything=True,
    )
    neutrinos_factor: float = option(
        1.0, "factor on the number of neutrinos (or on the mass, or the number of protons)", unit="1", at_least=0
    )


def fluence(parameters: Table, neutrinos_factor: float = 1.0, delayed_fraction: float = 1.0) -> dict[str, Flux]:
    """Time-integrated flux of each species from the table of a detector: protons, yield and distance."""
    return stopped_pion.fluence(
        parameters.value("N_POT", unit="protons"),
        neutrinos_factor * parameters.value("r", unit="neutrinos per flavour and proton"),
        parameters.value("L", unit="m") * units.m,
        delayed_fraction,
    )


def caesium_iodide(
    options: BeamOptions,
    kilograms: float,
    fluxes: Mapping[str, Flux],
    nuclear: Response,
    electronic: Response | None = None,
    shares: NDArray[np.float64] | None = None,
) -> tuple[Channel, ...]:
    """Both nuclei of a mass of CsI, and the dipole scattering on its electrons if they have a response."""
    target = options.compound({"Cs": 1, "I": 1})
    number = target.units_in(kilograms)
    channels = [
        Channel(nucleus, n * number, fluxes, nuclear, order=options.order, shares=shares)
        for n, nucleus in target.nuclei
    ]
    if electronic is not None:
        channels += [
            Channel(shells, n * number, fluxes, electronic, standard_model=False, order=options.order, shares=shares)
            for n, shells in target.electrons
        ]
    return tuple(channels)


def signal_pull(name: str, sigma: float) -> Pull:
    """The pull on the signal of an experiment, of width ``sigma``; the neutrino flux in it is shared by all of them."""
    sigma_flux = table("coherent/beam").value("sigma_flux", unit="1")
    return Pull(f"{name} signal", sigma, shared=("stopped-pion flux", min(sigma, sigma_flux)))


def quenching(what: Any, models: Collection[str], model: Callable[[str], Function]) -> Function:
    """Visible energy (MeV) as a function of recoil energy (MeV) from what the option ``quenching`` holds.

    Parameters
    ----------
    what : object
        the name of one of the ``models``, or anything that :func:`companion.response.quenching` takes
    models : collection of str
        names that ``model`` knows
    model : callable
        makes the function of a name
    """
    if isinstance(what, str):
        if what in models:
            return model(what)
        if not Path(what).is_file():
            raise ValueError(
                f"no quenching model {what!r}, nor a file of that name; there are {', '.join(models)}, and one's own: "
                "a factor, the path of a table, or a function"
            )
    if isinstance(what, bool) or what is None:
        raise ValueError(f"the option 'quenching' takes a model's name, a factor, a table or a function, not {what!r}")
    function: Function = response.quenching(what)
    return function


def quenching_source(what: Any, models: Collection[str], source: str) -> str:
    """Where the quenching comes from: ``source`` for one of the ``models``, the reader for another."""
    if isinstance(what, str) and what in models:
        return source
    return f"quenching of one's own: {in_words(what)}"
