"""An argon detector at a stopped-pion source with counts from a file: invented, no real experiment.

The file ``own_counts.csv`` beside this one holds counts, a background and an error of the efficiency in every bin; its
first lines say in which units.  Replace it by your own, and change what is marked.
"""

from pathlib import Path

import numpy as np

from companion import data, experiments, response, targets, units
from companion.experiments import Axis, Choice, Experiment
from companion.fluxes import stopped_pion
from companion.statistics import Poisson, Pull

# CHANGE: the name by which it is loaded, and the file
NAME = "own-argon"
COUNTS = Path(__file__).parent / "own_counts.csv"

# CHANGE: what else one could have chosen
CHOICES = (
    Choice("quenching factor up", {"quenching": 0.27}, kind="sigma", source="quenching factor"),
    Choice("quenching factor down", {"quenching": 0.23}, kind="sigma", source="quenching factor"),
    Choice("twice the error of the background", {"sigma_background": 0.2}, kind="check"),
)


def build(quenching=0.25, sigma_background=0.1, sigma_signal=0.12) -> Experiment:
    """The experiment; the keywords are its options.

    Parameters
    ----------
    quenching : float or callable
        visible over recoil energy, or the visible energy (MeV) as a function of the recoil energy (MeV)
    sigma_background, sigma_signal : float
        relative errors of the background and of the size of the signal
    """
    # your numbers: columns in the units that are asked for, whatever the file has, or a line that says what is wrong
    bins = data.read(COUNTS)
    low = bins.column("E_low", "keV_ee", minimum=0.0, increasing=True)
    high = bins.column("E_high", "keV_ee", minimum=0.0, increasing=True)
    counts = bins.column("counts", "counts", minimum=0.0)
    background = bins.column("background", "counts", minimum=0.0)
    efficiency_error = bins.column("efficiency_error", "1", minimum=0.0)
    edges = np.append(low, high[-1])

    # CHANGE: neutrinos per area during the run
    fluxes = stopped_pion.fluence(
        protons=1e23,
        per_proton=0.09,
        baseline=25 * units.m,
    )

    # CHANGE: how recoils are seen, here with an efficiency that rises to 80 %
    seen = response.Binned(
        edges=edges * units.keV,
        quenching=response.quenching(quenching),
        resolution=0.8 * units.keV,
        acceptance=((0.0, 5 * units.keV, 15 * units.keV, 40 * units.keV), (0.0, 0.4, 0.8, 0.8)),
    )

    # CHANGE: the target and its mass; the exposure time is in the flux already
    channels = experiments.channels(targets.compound({"Ar": 1}), 30.0, fluxes, nuclei=seen)

    likelihood = Poisson(
        observed=counts,
        backgrounds={"neutrons": background},
        pulls=(
            # the size of the signal and of the background
            Pull("own-argon signal", sigma_signal),
            Pull("own-argon neutrons", sigma_background, ("neutrons",)),
            # a systematic with a shape: by this much every bin moves under one standard deviation
            Pull("own-argon efficiency", 1.0, ("signal",), shape=efficiency_error),
        ),
    )
    return Experiment(
        name=NAME,
        title="Argon of one's own",
        axes=(Axis("reconstructed energy", "keV_ee", edges),),
        quantity="events",
        likelihood=likelihood,
        channels=channels,
        sources=(bins.source,),
        choices=CHOICES,
    )


experiments.register(NAME, build)
