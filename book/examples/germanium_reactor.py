"""A germanium detector at a reactor: a set-up that we invented, no real experiment."""

import numpy as np

from companion import experiments, response, targets, units
from companion.fluxes import reactor
from companion.statistics import Poisson, Pull

REACTOR = reactor.flux(1e13 / units.cm**2 / units.second)


def build(element="Ge", source=REACTOR, threshold=0.2, background=10.0):
    """Threshold in keV_ee, background per kg, day and keV."""
    target, exposure = targets.compound({element: 1}), 3.0 * 365.0  # kg d
    ((_, atom),) = target.nuclei
    edges = np.linspace(threshold, 2.0, 37)  # keV_ee
    visible, noise = edges * units.keV, threshold / 10 * units.keV
    nuclei = response.Binned(visible, response.Lindhard(atom.Z, atom.A), noise)
    electrons = response.Binned(visible, resolution=noise)
    channels = experiments.channels(
        target, exposure * units.day, source, nuclei=nuclei, electrons=electrons)  # fmt: skip
    flat = background * exposure * np.diff(edges)
    expected = flat + sum(experiments.standard_model(channels).values())
    pulls = Pull("signal", 0.1), Pull("background", 0.1, ("flat",))
    return experiments.Experiment(
        "ge-reactor", f"{element} at a reactor", (experiments.Axis("energy", "keV_ee", edges),),
        "events", Poisson(expected, {"flat": flat}, pulls), channels,
        ("invented for this book",), projected=True)  # fmt: skip
