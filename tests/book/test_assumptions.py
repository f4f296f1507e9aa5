"""What the page of all assumptions says in numbers, found again with the slow implementations."""

from functools import cache

import numpy as np
import pytest
import witness_csi2021
import witness_sun
import witness_xenon
from _lib import assumptions
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import xlogy
from scipy.stats import norm

from companion import experiments, limits

QUANTILE = {"90 %, 1": 2.705543, "95 %, 1": 3.841459, "90 %, 2": 4.605170}
"""From a printed table of the chi-square distribution."""

SIN2_12, SIN2_13, SIN2_23 = 0.318, 0.02200, 0.574
"""Global fit, normal ordering, typed anew."""


def rows():
    """Cells of the table of choices, by the words of each choice."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in assumptions.options().splitlines()[2:]]
    return {words: (coupling.strip("`"), at, float(ratio)) for words, coupling, at, ratio in lines}


def counted(observed, background, signal, sigmas):
    """Poisson deviance with one factor on the signal and one on the background, both profiled."""

    def value(a):
        expected = signal * (1 + a[0]) + background * (1 + a[1])
        deviance = 2 * np.sum(expected - observed + xlogy(observed, observed / expected))
        return deviance + np.sum((np.asarray(a) / sigmas) ** 2)

    return minimize(value, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}).fun


def limit(chi2, level, largest):
    """Where a chi-square of the squared moment has risen by a level above its minimum over moments from zero on."""
    best = minimize_scalar(chi2, bounds=(0, largest), method="bounded")
    lowest, start = min((best.fun, best.x), (chi2(0.0), 0.0))
    return np.sqrt(brentq(lambda squared: chi2(squared) - lowest - level, start, largest, rtol=1e-5))


# ---------------------------------------------------------------------------------------------------------------------
# conventions


def xenonnt(observed):
    """Chi-square of XENONnT against the squared moment of the muon flavour, in units of 1e-11 mu_B, at 10 keV."""
    template = 1e-22 * witness_xenon.counts("xenonnt", "mu", 0.01)
    background = witness_xenon.spectrum("xenonnt")[2]
    return cache(lambda squared: counted(observed, background, squared * template, witness_xenon.WIDTHS["xenonnt"]))


@pytest.mark.slow(reason="profiles XENONnT by brute force some hundred times")
def test_conventions_of_xenonnt():
    data, asimov = (xenonnt(witness_xenon.spectrum("xenonnt")[k]) for k in (1, 2))
    usual = limit(data, QUANTILE["90 %, 1"], 30.0)
    lowest = min(data(0.0), minimize_scalar(data, bounds=(0, 5), method="bounded").fun)

    def cls(squared):
        """Asymptotic, with the median of data that are the background, and bounded at zero: arXiv:1007.1727."""
        q, median = data(squared) - lowest, asimov(squared) - asimov(0.0)
        if q <= median:
            return norm.sf(np.sqrt(q)) / norm.cdf(np.sqrt(median) - np.sqrt(q))
        return norm.sf((q + median) / (2 * np.sqrt(median))) / norm.sf((q - median) / (2 * np.sqrt(median)))

    expected = {
        "two degrees of freedom": limit(data, QUANTILE["90 %, 2"], 30.0),
        "95 %, one degree of freedom": limit(data, QUANTILE["95 %, 1"], 30.0),
        "CLs, 90 %": np.sqrt(brentq(lambda squared: cls(squared) - 0.10, 1.0, 20.0, rtol=1e-5)),
        "CLs, 95 %": np.sqrt(brentq(lambda squared: cls(squared) - 0.05, 1.0, 20.0, rtol=1e-5)),
    }
    found = assumptions.conventions()
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value / usual, rel=3e-3), name


# ---------------------------------------------------------------------------------------------------------------------
# choices


def xenon1t_poisson(squared, template):
    """Both factors of Eq. (23) profiled, with Poisson counts in place of the errors of the figure."""
    table = witness_sun.rows("xenon/xenon1t_spectrum")
    rate, background = (witness_sun.column(table, name) * witness_sun.EXPOSURE for name in ("rate", "B0"))
    return counted(np.rint(rate), background, squared * template, (0.03, 0.026))


def test_the_choices_of_xenon1t():
    template = 1e-22 * witness_sun.counts("mu", 0.01)
    level = QUANTILE["90 %, 1"]
    usual = limit(lambda squared: witness_sun.chi_square(squared * template), level, 100.0)
    everything = limit(lambda squared: witness_sun.chi_square(squared * template, True), level, 100.0)
    discrete = limit(lambda squared: xenon1t_poisson(squared, template), level, 100.0)
    found = rows()
    for words, value in (("$a_1$ on everything", everything), ("Poisson likelihood for Eq. (23)", discrete)):
        coupling, at, ratio = found[f"XENON1T, {words}"]
        assert (coupling, at) == ("mu_mu", "10 keV")
        assert ratio == pytest.approx(value / usual, abs=6e-3), words


def test_every_choice_differs_from_the_default_and_is_in_the_table():
    assert list(rows()) == list(assumptions.OPTIONS)
    for words, (name, coupling, m_4, chosen) in assumptions.OPTIONS.items():
        usual = experiments.load(name).options
        assert all(getattr(usual, option) != value for option, value in chosen.items()), words
        assert np.isfinite(limits.upper_limit(name, coupling, m_4)), words


# ---------------------------------------------------------------------------------------------------------------------
# one transition moment at COHERENT, and delta


def seen_by_flavour(delta):
    """|U_mu1|^2 and |U_e1|^2: what one transition moment from the first mass eigenstate is in each flavour."""
    s_12, s_13, s_23 = np.sqrt([SIN2_12, SIN2_13, SIN2_23])
    c_12, c_13, c_23 = np.sqrt([1 - SIN2_12, 1 - SIN2_13, 1 - SIN2_23])
    U_mu1 = -s_12 * c_23 - c_12 * s_23 * s_13 * np.exp(1j * delta)
    return {"nu_mu": abs(U_mu1) ** 2, "antinu_mu": abs(U_mu1) ** 2, "nu_e": (c_12 * c_13) ** 2}


@pytest.mark.slow(reason="profiles the 17 pulls of the slow chi-square some ten times")
def test_turning_delta_moves_the_limit_of_coherent():
    """At the limits that differ by the factor of the page the slow chi-square is the same for both phases."""
    ratio = assumptions.turned()["lambda_14"]
    weak = [(species, witness_csi2021.energies("cevns", species)) for species in witness_csi2021.KIND]
    magnetic = {species: witness_csi2021.energies("dipole", species, 0.01) for species in witness_csi2021.KIND}

    @cache
    def chi2(squared, delta):
        parts = [
            (species, 1e-18 * squared * part * magnetic[species]) for species, part in seen_by_flavour(delta).items()
        ]
        return witness_csi2021.chi_square(witness_csi2021.moving(weak + parts))[0]

    lowest = chi2(0.0, 0.0)
    far = brentq(lambda squared: chi2(squared, np.pi) - lowest - QUANTILE["90 %, 1"], 1.0, 200.0, rtol=1e-3)
    assert chi2(far * ratio**2, 0.0) - lowest == pytest.approx(QUANTILE["90 %, 1"], abs=0.03)


# ---------------------------------------------------------------------------------------------------------------------
# what stands alone


def test_the_sterile_state_decays_after_metres():
    """The width mu^2 m^3 / 8 pi with the Bohr magneton and everything else in SI units."""
    for mass, path in assumptions.decays(50.0).items():
        moment = float(limits.upper_limit("coherent-csi-2021", "mu_mu", mass))
        # mu_B = e / 2 m_e with e^2 = 4 pi / 137.036 and hbar c = 197.327 MeV fm
        magneton = np.sqrt(4 * np.pi / 137.036) / (2 * 0.510999)
        width = (moment * magneton) ** 2 * mass**3 / (8 * np.pi)
        momentum = np.sqrt(50.0**2 - mass**2)
        assert path == pytest.approx(momentum / mass * 197.327e-15 / width, rel=1e-4), mass


def test_what_an_inverse_gev_is():
    """2 d / mu_B with mu_B = 5.788381806e-11 MeV/T, turned by the tesla in natural units: 195.3535 eV^2."""
    assert pytest.approx(2e-9 / (5.788381806e-5 / 195.3535), rel=1e-5) == assumptions.PER_GEV


def test_every_experiment_is_of_one_kind():
    kinds = assumptions.kinds()
    assert kinds["surrogate"] == ["TEXONO (surrogate)"]
    assert {"XENONnT", "COHERENT-CsI"} <= set(kinds["data"])
    assert all("51Cr" in title or "CENNS" in title for title in kinds["projection"])
    assert sum(map(len, kinds.values())) == len(experiments.names())
