"""A germanium detector at a reactor: a set-up that we invented, no real experiment.

Copy this file, change what is marked, and it is yours.  Energies inside the companion are in MeV, times and lengths in
natural units: multiply by ``units.keV``, ``units.day``, ``units.cm``, ... whatever is given in other units.
"""

from dataclasses import dataclass

import numpy as np

from companion import experiments, response, targets, units
from companion.experiments import Axis, Choice, Experiment, Options, option
from companion.fluxes import chromium51, reactor
from companion.statistics import Poisson, Pull

# CHANGE: the name by which it is loaded
NAME = "ge-reactor"

# CHANGE: how many kilograms for how many days, and how many neutrinos
MASS = 3.0  # kg
TIME = 365.0  # d
FLUX = 1e13 / units.cm**2 / units.second

# CHANGE: the bins, from the threshold to this energy
HIGHEST = 2.0  # keV_ee
BINS = 36

# CHANGE: what else one could have chosen.  "sigma" is a shift by one standard deviation, "choice" an alternative that
# is as good, "check" something that one would like to see
CHOICES = (
    Choice("quenching, k up", {"k_factor": 1.1}, kind="sigma", source="quenching"),
    Choice("quenching, k down", {"k_factor": 0.9}, kind="sigma", source="quenching"),
    Choice("half the threshold", {"threshold_keV": 0.1}, kind="check"),
)


# CHANGE: what can be varied when it is loaded, with its default and its meaning
@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """Options of the germanium detector."""

    element: str = option("Ge", "the target", among=("Ge", "Si"))
    source: str = option("reactor", "what makes the neutrinos, of the same flux", among=("reactor", "chromium"))
    threshold_keV: float = option(0.2, "energy at which the first bin starts", unit="keV", above=0)
    background: float = option(10.0, "flat background", unit="1/(kg d keV)", at_least=0)
    k_factor: float = option(1.0, "factor on k of the theory of Lindhard", unit="1", above=0)
    sigma_signal: float = option(0.1, "relative error of the size of the signal", unit="1", above=0)
    sigma_background: float = option(0.1, "relative error of the background", unit="1", above=0)


def build(options: Settings) -> Experiment:
    """The experiment with these options."""
    # neutrinos per area and time; your own: Flux(lines=(Line(energy, intensity),)) or a Continuum
    if options.source == "reactor":
        fluxes = reactor.flux(FLUX)
        title = f"{options.element} at a reactor"
    else:
        fluxes = chromium51.flux(FLUX)
        title = f"{options.element} at a 51Cr source"

    # what they scatter off; {"Cs": 1, "I": 1} would be caesium iodide
    target = targets.compound({options.element: 1})
    ((_, nucleus),) = target.nuclei

    # how recoils are seen: a nucleus ionises less than an electron of the same energy
    edges = np.linspace(options.threshold_keV, HIGHEST, BINS + 1)  # keV_ee
    noise = options.threshold_keV / 10 * units.keV
    k = options.k_factor * 0.133 * nucleus.Z ** (2 / 3) / nucleus.A**0.5
    nuclei = response.Binned(
        edges=edges * units.keV,
        quenching=response.Lindhard(nucleus.Z, nucleus.A, k),
        resolution=noise,
    )
    electrons = response.Binned(edges=edges * units.keV, resolution=noise)

    channels = experiments.channels(
        target,
        MASS * TIME * units.day,
        fluxes,
        nuclei=nuclei,
        electrons=electrons,
    )

    # a projection has its expectation as data; measured counts would stand in place of `expected`
    flat = options.background * MASS * TIME * np.diff(edges)
    weak = sum(experiments.standard_model(channels).values())
    expected = weak + flat

    likelihood = Poisson(
        observed=expected,
        backgrounds={"flat": flat},
        pulls=(
            Pull("signal", options.sigma_signal),
            Pull("background", options.sigma_background, ("flat",)),
        ),
    )
    return Experiment(
        name=NAME,
        title=title,
        axes=(Axis("reconstructed energy", "keV_ee", edges),),
        quantity="events",
        likelihood=likelihood,
        channels=channels,
        sources=("invented for this book",),
        choices=CHOICES,
        projected=True,  # CHANGE: False for data
    )


experiments.register(NAME, build, Settings)
