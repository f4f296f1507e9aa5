"""The reactor's antineutrinos."""

import numpy as np
import pytest
import witness_sources as slow
from scipy.integrate import quad

from companion.data import table
from companion.fluxes import Tabulated, reactor
from companion.units import cm, second

TOTAL = 6.4e12 / cm**2 / second


def kopeikin():
    points = table("reactor/kopeikin")
    return list(zip(points["E_nu"].tolist(), points["spectrum"].tolist(), strict=True))


def test_spectrum_above_two_MeV():
    E = np.linspace(2, 10, 33)
    above = reactor.per_fission().continua[1].density
    np.testing.assert_allclose(above(E), [slow.antineutrinos(x) for x in E], rtol=1e-12)


@pytest.mark.parametrize("E_min", [2.0, 3.2, 5.01, 8.0, 9.99])
def test_moments_above_two_MeV(E_min):
    moments = reactor.per_fission().moments(E_min)
    for n in range(3):
        expected, _ = quad(lambda E: slow.antineutrinos(E) / E**n, E_min, 10, epsabs=0, epsrel=1e-12)  # noqa: B023
        assert moments[n] == pytest.approx(expected, rel=1e-10, abs=0)


def test_moments_between_the_nodes():
    """Polynomials stand in for the integrals of the exponentials, up to the end and between it and the last cell."""
    above = reactor.per_fission().continua[1]
    assert isinstance(above, Tabulated)
    E_min = np.concatenate([np.linspace(2, 9.99, 300), 10 - np.geomspace(1e-8, 1e-2, 20)])
    np.testing.assert_allclose(above.moments(E_min), above.parts[0].moments(E_min), rtol=5e-12)


def test_number_per_fission():
    per_fission = reactor.per_fission()
    above, _ = quad(slow.antineutrinos, 2, 10, epsabs=0, epsrel=1e-12)
    assert per_fission.moments(2.0)[0] == pytest.approx(above, rel=1e-10)
    assert per_fission.moments(0.0)[0] - above == pytest.approx(slow.low_part(kopeikin()), rel=1e-10)
    # three quarters of all antineutrinos lie where the polynomials say nothing
    assert above / per_fission.moments(0.0)[0] == pytest.approx(0.2376, abs=1e-4)


def test_the_total_is_the_total_whatever_the_spectrum():
    settings = [
        {},
        {"low_energy": "none"},
        {"low_energy": "vogel-engel"},
        {"polynomials": "huber"},
        {"end": 8.0},
        {"core": "CONUS"},
    ]
    above = {}
    for options in settings:
        (flux,) = reactor.flux(TOTAL, **options).values()
        assert flux.moments(0.0)[0] == pytest.approx(TOTAL, rel=1e-12)
        above[str(options)] = float(flux.moments(3.0)[0] / TOTAL)
        assert flux.maximum_energy == options.get("end", 10.0)
    # left out below 2 MeV they all come out above: four times as many
    assert above[str({"low_energy": "none"})] / above["{}"] == pytest.approx(1 / 0.2376, rel=1e-3)
    assert above[str({"low_energy": "vogel-engel"})] > 1.15 * above["{}"]


def test_the_table_and_the_polynomials_nearly_meet():
    below, above = reactor.per_fission().continua
    border = np.array(reactor.BORDER)
    assert below.density(border) == pytest.approx(float(above.density(border)), rel=0.05)


def test_huber_has_no_uranium_238():
    mueller, huber = (reactor.per_fission(polynomials=name).continua[1].density for name in ("mueller", "huber"))
    E = np.linspace(2, 8, 13)
    ratio = huber(E) / mueller(E)
    assert np.all(np.abs(ratio - 1) < 0.05)
    assert np.max(np.abs(ratio - 1)) > 1e-3


def test_fuel_adds_up():
    fuel = table("reactor/fuel")
    for column in fuel.columns:
        if column.startswith("share"):
            assert fuel[column].sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"core": "Chooz"}, "no fuel of 'Chooz'; there are KuoSheng, CONUS, DayaBay"),
        ({"low_energy": "x"}, "no low-energy spectrum 'x'; there are kopeikin, vogel-engel, none"),
        ({"polynomials": "x"}, "no polynomials 'x'; there are mueller, huber"),
        ({"end": 2.0}, "must end above 2 MeV"),
        ({"end": float("nan")}, "must end above 2 MeV"),
    ],
)
def test_impossible_reactors_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        reactor.per_fission(**options)
    with pytest.raises(ValueError, match="finite and not negative"):
        reactor.flux(float("nan"))
