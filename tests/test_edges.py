"""Where curves end: finite up to the kinematic edge of the spectra and infinite beyond it, whatever is measured."""

import numpy as np
import pytest

from companion import experiments, kinematics, limits

COUPLINGS = ("mu_e", "mu_mu", "mu_tau", "lambda_14", "lambda_24", "lambda_34")
BELOW = np.array([0.5, 0.9, 0.99, 0.999])


@pytest.mark.parametrize("name", experiments.names())
def test_a_curve_is_finite_up_to_its_edge_and_infinite_beyond(name):
    experiment = experiments.load(name)
    for coupling in COUPLINGS:
        edge = experiment.maximum_mass(coupling)
        curve = limits.upper_limit(experiment, coupling, edge * np.append(BELOW, [1.0001, 1.1]) if edge else [0.0, 1.0])
        if edge:
            assert np.all(np.isfinite(curve[:4])), coupling
            assert np.all(np.diff(curve[1:4]) > 0), coupling
            assert np.all(np.isinf(curve[4:])), coupling
            # what is far from a bin counts nothing there, and not less
            assert np.all(experiment.template(coupling, edge * BELOW) >= 0), coupling
        else:
            assert np.all(np.isinf(curve)), coupling


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("texono", {"end_MeV": 8.0}),
        ("texono", {"low_energy": "none"}),
        ("coherent-csi", {"delayed_fraction": 0.0}),
        ("coherent-csi-2021", {"electrons": False}),
        ("coherent-csi", {"smearing": False}),
        ("coherent-lar", {"efficiency_beyond": "zero"}),
        ("xenon1t", {"efficiency_at": "none"}),
        ("xenon1t", {"spectra": "table", "conversion": "computed"}),
        ("lz-ws2022", {"efficiency_at": "none"}),
        ("cr51-cevns-ge", {"threshold_keV": 0.004}),
    ],
)
def test_options_move_the_edge_with_the_spectrum(name, options):
    experiment = experiments.load(name, **options)
    for coupling in ("mu_e", "mu_mu"):
        edge = experiment.maximum_mass(coupling)
        if edge:
            curve = limits.upper_limit(experiment, coupling, edge * np.append(BELOW, 1.0001))
            assert np.all(np.isfinite(curve[:4])), (coupling, curve)
            assert np.isinf(curve[4])


def test_the_edge_of_xenon1t_is_that_of_hep():
    """2.589 MeV, and not the 2.672 MeV of a table of zeros up to 20 MeV: hep ends at 18.784 MeV."""
    experiment = experiments.load("xenon1t")
    edge = experiment.maximum_mass("mu_e")
    window = experiment.channels[0].response.window
    assert edge == pytest.approx(float(kinematics.maximum_mass(18.784, 0.51099895, window)), rel=1e-6)
    assert edge == pytest.approx(2.589, abs=5e-4)
    assert np.isfinite(limits.upper_limit(experiment, "mu_e", [2.58, 2.5889])).all()
    assert np.isinf(limits.upper_limit(experiment, "mu_e", 2.59))


def test_without_neutrinos_nothing_is_seen():
    experiment = experiments.load("coherent-csi", delayed_fraction=0.0)
    assert experiment.maximum_mass("mu_e") == 0
    assert np.isinf(limits.upper_limit(experiment, "mu_e", [0.0, 10.0])).all()
    prompt, full = experiment.maximum_mass("mu_mu"), experiments.load("coherent-csi").maximum_mass("mu_mu")
    assert prompt == pytest.approx(full * 29.79 / 52.83, rel=1e-3)
