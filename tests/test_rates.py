"""Rates through flux moments, against adaptive quadrature of independent cross-sections."""

from functools import cache

import mpmath as mp
import numpy as np
import pytest
import witness
from scipy.integrate import quad

from companion import experiments, rates, targets
from companion.fluxes import Continuum, Flux, Line, stopped_pion

SPECIES = ("nu_mu", "nu_e", "antinu_mu")
FRACTIONS = (0.0, 1e-3, 0.03, 0.3, 0.9, 0.99)  # of the kinematic edge; and 1 keV

BEAM = stopped_pion.fluence(1.0, 1.0, 1 / (2 * np.sqrt(np.pi)))  # one neutrino of each species per unit area
CSI = targets.compound({"Cs": 1, "I": 1}, form_factor="klein-nystrand")
SCATTERERS = {"Cs": CSI.nuclei[0][1], "I": CSI.nuclei[1][1], "electrons of Cs": CSI.electrons[0][1]}


def charge(name, T):
    """Electric charge seen at recoil energy ``T``, without the package except for the table of shells."""
    scatterer = SCATTERERS[name]
    if name == "electrons of Cs":
        return sum(n for n, B in zip(scatterer.occupancies, scatterer.energies, strict=True) if B <= T) ** 0.5
    Z, A = {"Cs": (55, 133), "I": (53, 127)}[name]
    return Z * witness.klein_nystrand((2 * scatterer.mass * T) ** 0.5, A)


def dipole_reference(name, species, T, m):
    M, Z = SCATTERERS[name].mass, charge(name, T)
    return witness.rate(lambda E: witness.dipole(T, E, M, m, Z), species, T, M, m)


def cevns_reference(name, species, T):
    M = SCATTERERS[name].mass
    Z, N, A = {"Cs": (55, 78, 133), "I": (53, 74, 127)}[name]
    Q_V = (Z * (0.5 - 2 * witness.SIN2_THETA_W) - N / 2) * witness.klein_nystrand((2 * M * T) ** 0.5, A)
    return witness.rate(lambda E: witness.cevns(T, E, M, Q_V), species, T, M)


def recoils(name, species, m):
    """Energies all over the recoil interval and close to both of its ends."""
    E = witness.PROMPT if species == "nu_mu" else witness.END
    low, high = witness.recoil_range(E, SCATTERERS[name].mass, m)
    near = (high - low) * np.array([1e-6, 1e-4, 1e-2, 0.1])
    low = max(low, high * 1e-9)
    return np.sort(np.concatenate([low + near, high - near, np.geomspace(low * 1.5, high, 9)[:-1], [(low + high) / 2]]))


@cache
def comparison(name, species, fraction):
    """Recoil energies, rates and the adaptive reference for one mass."""
    M = SCATTERERS[name].mass
    E = witness.PROMPT if species == "nu_mu" else witness.END
    m = 1e-3 if fraction is None else fraction * ((M**2 + 2 * M * E) ** 0.5 - M)
    T = recoils(name, species, m)
    found = rates.differential_rate("dipole", T, SCATTERERS[name], BEAM[species], m)
    return T, found, np.array([dipole_reference(name, species, t, m) for t in T])


@pytest.mark.parametrize("fraction", [None, *FRACTIONS], ids=lambda f: "1 keV" if f is None else f"{f:g} of the edge")
@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("name", SCATTERERS)
def test_dipole_rate_against_adaptive_quadrature(name, species, fraction):
    """Convergence class: 1e-6 wherever the rate is above 1e-4 of its peak."""
    _, found, reference = comparison(name, species, fraction)
    assert np.all(found >= 0)
    assert np.max(reference) > 0
    visible = reference > 1e-4 * np.max(reference)
    assert np.sum(visible) >= 4
    np.testing.assert_allclose(found[visible], reference[visible], rtol=1e-6)
    # and nothing large where the reference says little
    np.testing.assert_allclose(found, reference, rtol=1e-6, atol=1e-10 * np.max(reference))


@pytest.mark.parametrize("m", [0.0, 1e-3, 0.1, 3.0, 25.0])
@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("name", ["Cs", "I"])
def test_dipole_rate_where_the_experiment_looks(name, species, m):
    """For light nu_4 the peak is at recoils nobody can see: here every point counts, however small the rate."""
    E = witness.PROMPT if species == "nu_mu" else witness.END
    low, high = witness.recoil_range(E, SCATTERERS[name].mass, m)
    T = np.geomspace(max(low * 1.01, 1e-5), high * 0.99, 12)
    found = rates.differential_rate("dipole", T, SCATTERERS[name], BEAM[species], m)
    np.testing.assert_allclose(found, [dipole_reference(name, species, t, m) for t in T], rtol=1e-8)


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("name", ["Cs", "I"])
def test_standard_model_rate_against_adaptive_quadrature(name, species):
    T = recoils(name, species, 0.0)
    found = rates.differential_rate("cevns", T, SCATTERERS[name], BEAM[species])
    reference = np.array([cevns_reference(name, species, t) for t in T])
    visible = reference > 1e-4 * np.max(reference)
    np.testing.assert_allclose(found[visible], reference[visible], rtol=1e-6)
    np.testing.assert_allclose(found, reference, rtol=1e-6, atol=1e-10 * np.max(reference))


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("name", SCATTERERS)
@pytest.mark.parametrize("fraction", [0.0, 1e-6, 0.1, 0.9, 0.99, 0.9999])
def test_never_negative_up_to_the_last_bit(name, species, fraction):
    """Close to an end point the three terms of the rate cancel to rounding."""
    M = SCATTERERS[name].mass
    E = BEAM[species].maximum_energy
    m = fraction * ((M**2 + 2 * M * E) ** 0.5 - M)
    low, high = witness.recoil_range(E, M, m)
    steps = np.concatenate([[0.0], np.geomspace(1e-17, 0.5, 500)])
    T = np.concatenate([(low + (high - low) * steps)[1:], high - (high - low) * steps, high * (1 + steps)])
    processes = ["dipole", "cevns"] if name != "electrons of Cs" and m == 0 else ["dipole"]
    for process in processes:
        found = rates.differential_rate(process, T, SCATTERERS[name], BEAM[species], m)
        assert np.all(np.isfinite(found))
        assert np.all(found >= 0)
        assert np.all(found[T > high * (1 + 1e-12)] == 0)


def exact_dipole(T, E_end, M, m, species, charge):
    """The rate in 40 digits for a Michel spectrum that ends at ``E_end``: nothing is lost close to the edge."""
    with mp.workdps(40):
        T, E_end, M, m = map(mp.mpf, (T, E_end, M, m))
        q = mp.sqrt(T * (T + 2 * M))
        low = (m**2 + 2 * M * T) / (2 * (q - T))

        def integrand(E):
            x = E / E_end
            density = 12 * x**2 * (1 - x) if species == "nu_e" else 2 * x**2 * (3 - 2 * x)
            return density / E_end * witness.dipole(T, E, M, m, charge)

        return float(mp.quad(integrand, [low, E_end])) if low < E_end else 0.0


@pytest.mark.parametrize("species", ["nu_e", "antinu_mu"])
@pytest.mark.parametrize("name", SCATTERERS)
@pytest.mark.parametrize("gap", [0.1, 1e-2, 1e-3, 1e-5])
def test_the_rate_keeps_its_digits_up_to_the_edge(name, species, gap):
    """A mass that is a fraction ``gap`` below the edge is known to an epsilon over ``gap``, and so is the rate."""
    scatterer, flux = SCATTERERS[name], BEAM[species]
    M, E = scatterer.mass, flux.maximum_energy
    m = (1 - gap) * ((M**2 + 2 * M * E) ** 0.5 - M)
    low, high = witness.recoil_range(E, M, m)
    T = low + (high - low) * np.array([0.03, 0.2, 0.5, 0.8, 0.97])
    found = rates.differential_rate("dipole", T, scatterer, flux, m)
    exact = [exact_dipole(t, E, M, m, species, charge(name, t)) for t in T]
    assert np.all(found > 0)
    # 1e-10 for the constants of the witness
    np.testing.assert_allclose(found, exact, rtol=1e-10 + 1e-14 / gap)


def test_a_line_is_the_cross_section():
    caesium = SCATTERERS["Cs"]
    T = np.geomspace(1e-6, 0.02, 30)
    found = rates.differential_rate("dipole", T, caesium, Flux(lines=(Line(25.0, 7.0),)), 10.0)
    low, high = witness.recoil_range(25.0, caesium.mass, 10.0)
    expected = [7 * witness.dipole(t, 25.0, caesium.mass, 10.0, charge("Cs", t)) if low <= t <= high else 0 for t in T]
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert np.any(found == 0)
    assert np.any(found > 0)


def test_rates_add_over_fluxes():
    T = np.geomspace(1e-5, 0.05, 20)
    caesium = SCATTERERS["Cs"]
    total = rates.differential_rate("dipole", T, caesium, BEAM["nu_e"] + 2 * BEAM["nu_mu"], 5.0)
    parts = [rates.differential_rate("dipole", T, caesium, BEAM[s], 5.0) for s in ("nu_e", "nu_mu")]
    np.testing.assert_allclose(total, parts[0] + 2 * parts[1], rtol=1e-12)


def test_masses_and_recoils_broadcast():
    T, m = np.geomspace(1e-4, 0.04, 7), np.array([[0.0], [10.0], [60.0]])
    found = rates.differential_rate("dipole", T, SCATTERERS["I"], BEAM["nu_e"], m)
    assert found.shape == (3, 7)
    assert np.all(found[2] == 0)  # beyond the edge
    one = rates.differential_rate("dipole", T[3], SCATTERERS["I"], BEAM["nu_e"], 10.0)
    assert np.shape(one) == ()
    assert found[1, 3] == one


def test_the_slow_rate_of_the_package_is_that_of_the_witness():
    """The book compares with it, so it has to be right too."""
    T = np.array([1e-5, 1e-3, 0.01, 0.03])
    for name, m in (("Cs", 20.0), ("electrons of Cs", 1.0)):
        for species in SPECIES:
            found = rates.quadrature_rate("dipole", T, SCATTERERS[name], BEAM[species], m)
            np.testing.assert_allclose(found, [dipole_reference(name, species, t, m) for t in T], rtol=1e-8)
    found = rates.quadrature_rate("cevns", T, SCATTERERS["I"], BEAM["nu_mu"] + BEAM["nu_e"])
    expected = [sum(cevns_reference("I", species, t) for species in ("nu_mu", "nu_e")) for t in T]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_both_rates_end_where_the_spectrum_does():
    """A spectrum that does not fall to zero at its knots: nothing of it below the first or above the last."""
    flux = Flux(continua=(Continuum(lambda E: 1 + E, (20.0, 25.0, 40.0), order=12),))
    caesium = SCATTERERS["Cs"]
    T = np.array([1e-4, 0.003, 0.0065, 0.01, 0.02, 0.03])
    expected = []
    for t in T:
        low, Z = max(witness.slowest_neutrino(t, caesium.mass, 2.0), 20.0), charge("Cs", t)
        integral = 0.0
        if low < 40:
            integral, _ = quad(
                lambda E: (1 + E) * witness.dipole(t, E, caesium.mass, 2.0, Z),  # noqa: B023
                low,
                40.0,
                epsabs=0,
                epsrel=1e-11,
            )
        expected.append(integral)
    assert expected[-1] == 0 < expected[0]
    np.testing.assert_allclose(rates.differential_rate("dipole", T, caesium, flux, 2.0), expected, rtol=1e-8)
    np.testing.assert_allclose(rates.quadrature_rate("dipole", T, caesium, flux, 2.0), expected, rtol=1e-8)


def interference_reference(name, species, T, m):
    M = SCATTERERS[name].mass
    if name == "electrons of Cs":
        same_flavour, sign = species.endswith("_e"), -1 if species.startswith("anti") else 1
        g_V, g_A = 2 * witness.SIN2_THETA_W - 0.5 + same_flavour, sign * (same_flavour - 0.5)
        charges = -(charge(name, T) ** 2)
    else:
        Z, N, A = {"Cs": (55, 78, 133), "I": (53, 74, 127)}[name]
        F = witness.klein_nystrand((2 * M * T) ** 0.5, A)
        g_V, g_A, charges = (Z * (0.5 - 2 * witness.SIN2_THETA_W) - N / 2) * F, 0.0, Z * F
    return witness.rate(lambda E: witness.interference(T, E, M, m, g_V, g_A, charges), species, T, M, m)


@pytest.mark.parametrize("m", [1e-3, 0.3, 3.0])
@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("name", SCATTERERS)
def test_interference_rate_against_adaptive_quadrature(name, species, m):
    T = recoils(name, species, m)[2:-2:3]
    found = rates.differential_rate("interference", T, SCATTERERS[name], BEAM[species], m, species=species)
    reference = [interference_reference(name, species, t, m) for t in T]
    np.testing.assert_allclose(found, reference, rtol=1e-6, atol=1e-6 * np.max(np.abs(reference)))
    slow = rates.quadrature_rate("interference", T[::4], SCATTERERS[name], BEAM[species], m, species=species)
    np.testing.assert_allclose(slow, reference[::4], rtol=1e-6, atol=1e-6 * np.max(np.abs(reference)))


def test_interference_is_positive_on_the_neutrons_of_a_nucleus():
    """A nucleus has a positive charge and, of its neutrons, a negative weak charge."""
    T = np.array([0.001, 0.01])
    assert np.all(rates.differential_rate("interference", T, SCATTERERS["Cs"], BEAM["nu_e"], 1.0) > 0)
    with pytest.raises(ValueError, match="needs a species of neutrinos"):
        rates.differential_rate("interference", T, SCATTERERS["electrons of Cs"], BEAM["nu_e"], 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("decay", 1e-3, "Cs", 0.0), "no process 'decay'; there are cevns, electron, dipole"),
        (("dipole", 1e-3, "Cs", -1.0), "the mass m_4 must be zero or positive, not -1.0 MeV"),
        (("dipole", 1e-3, "Cs", np.nan), "the mass m_4 must be zero or positive"),
        (("dipole", 0.0, "Cs", 1.0), "recoil energies must be positive, not 0.0 MeV"),
        (("dipole", np.nan, "Cs", 1.0), "recoil energies must be positive"),
        (("cevns", 1e-3, "Cs", 1.0), "'cevns' leaves the neutrino massless"),
        (("cevns", 1e-3, "electrons of Cs", 0.0), "CEvNS needs a nucleus to scatter off, not electrons"),
    ],
)
def test_impossible_rates_are_refused(arguments, message):
    process, T, name, m = arguments
    with pytest.raises(ValueError, match=message):
        rates.differential_rate(process, T, SCATTERERS[name], BEAM["nu_e"], m)


# ---------------------------------------------------------------------------------------------------------------------
# the trap


def test_the_trap_of_the_absolute_tolerance():
    """quad's default tolerance of 1.5e-8 is absolute: an integrand of 1e-35 satisfies it with any number.

    The exact integral of 1/T from 1e-6 to 0.05 is ln(5e4).
    """
    exact = np.log(5e4)
    with np.errstate(all="raise"):  # no warning either: filterwarnings is "error"
        wrong, error, report = quad(lambda T: 1e-35 / T, 1e-6, 0.05, full_output=True)
        right, *_ = quad(lambda T: 1e-35 / T, 1e-6, 0.05, epsabs=0, epsrel=1e-10)
        unscaled, *_ = quad(lambda T: 1 / T, 1e-6, 0.05)
    assert report["neval"] <= 63  # one panel, at most halved once, and satisfied
    assert error < 1.5e-8
    assert abs(wrong / (1e-35 * exact) - 1) > 0.2
    assert right == pytest.approx(1e-35 * exact, rel=1e-10, abs=0)
    assert unscaled == pytest.approx(exact, rel=1e-7, abs=0)


def test_the_trap_in_a_rate_of_this_package():
    """The same on a dipole rate, in natural units per (mu_B = 1e-9) and target."""
    caesium, nu_e = SCATTERERS["Cs"], BEAM["nu_e"]

    def rate(T):
        return 1e-18 * float(rates.differential_rate("dipole", T, caesium, nu_e, 1e-3))

    low, high = 1e-7, 0.05
    nodes, weights = np.polynomial.legendre.leggauss(80)
    logs = np.log(low) + (nodes + 1) / 2 * np.log(high / low)
    right = np.sum(weights / 2 * np.log(high / low) * np.exp(logs) * [rate(T) for T in np.exp(logs)])
    wrong, _, report = quad(rate, low, high, full_output=True)
    assert report["neval"] <= 63
    assert abs(wrong / right - 1) > 0.1
    careful, *_ = quad(rate, low, high, epsabs=0, epsrel=1e-8, limit=200)
    assert careful == pytest.approx(right, rel=1e-6, abs=0)


# ---------------------------------------------------------------------------------------------------------------------
# nodes


def test_weights_add_up_to_the_possible_range():
    M = SCATTERERS["Cs"].mass
    masses = np.array([0.0, 5.0, 30.0, 45.0, 52.0])
    window = (1e-4, 0.03)
    _, weights = rates.recoil_nodes(BEAM["nu_e"], M, masses, window, (2e-3, 9e-3))
    for m, w in zip(masses, weights, strict=True):
        low, high = witness.recoil_range(witness.END, M, m)
        assert np.sum(w) == pytest.approx(max(0.0, min(high, 0.03) - max(low, 1e-4)), rel=1e-9, abs=1e-18)
        assert np.all(w >= 0)


def test_nodes_are_cut_at_the_ends_of_every_line():
    """A step at T+ of each line: the cut rule is exact, one that ignores it is not."""
    M, m = SCATTERERS["Cs"].mass, 3.0
    flux = Flux(lines=(Line(30.0, 1.0), Line(20.0, 1.0)), continua=(Continuum(lambda E: E**2, (0.0, 40.0)),))
    ends = {E: witness.recoil_range(E, M, m) for E in (20.0, 30.0, 40.0)}
    nodes, weights = rates.recoil_nodes(flux, M, m, (1e-7, 1.0), order=2)
    for E in (20.0, 30.0):
        inside = (nodes > ends[E][0]) & (nodes < ends[E][1])
        expected = ends[E][1] - max(ends[E][0], 1e-7)
        assert np.sum(weights[inside]) == pytest.approx(expected, rel=1e-9, abs=0)
        # cubic inside: two points are enough because no piece straddles the step
        cubic = (ends[E][1] ** 4 - max(ends[E][0], 1e-7) ** 4) / 4
        assert np.sum(weights[inside] * nodes[inside] ** 3) == pytest.approx(cubic, rel=1e-9, abs=0)


def test_nodes_are_cut_at_breakpoints():
    M = SCATTERERS["Cs"].mass
    nodes, weights = rates.recoil_nodes(BEAM["nu_mu"], M, 0.0, (0.0, 1.0), (4e-3, 2e-3, 5.0), order=3)
    for cut in (2e-3, 4e-3):
        assert np.sum(weights[nodes < cut]) == pytest.approx(cut, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("m", "window"),
    [(40.0, (0.0, 1.0)), (0.0, (0.5, 1.0)), (29.0, (0.0, 1e-9))],
    ids=["too heavy", "recoils too small to be seen", "recoils too large"],
)
def test_a_blind_experiment_has_no_weight(m, window):
    _, weights = rates.recoil_nodes(BEAM["nu_mu"], SCATTERERS["Cs"].mass, m, window)
    assert np.all(weights == 0)


def test_nodes_stay_inside_and_rise():
    masses = np.array([[0.0, 1e-3], [20.0, 51.0]])
    M = SCATTERERS["I"].mass
    nodes, weights = rates.recoil_nodes(BEAM["antinu_mu"], M, masses, (1e-5, 0.06), (1e-3,), order=5)
    assert nodes.shape == weights.shape
    assert nodes.shape[:2] == (2, 2)
    assert np.all(np.diff(nodes, axis=-1) >= 0)
    assert np.all((nodes >= 1e-5) & (nodes <= 0.06))


@pytest.mark.parametrize("species", ["nu_e", "antinu_e", "nu_mu", "antinu_tau"])
def test_standard_model_on_electrons_against_adaptive_quadrature(species):
    """Eqs. (14)-(16): couplings typed anew, exchanged for antineutrinos, and the steps of the shells."""
    g_V, g_A = (0.5 + 2 * 0.2312, 0.5) if species.endswith("_e") else (-0.5 + 2 * 0.2312, -0.5)
    left, right = (g_V + g_A) / 2, (g_V - g_A) / 2
    if species.startswith("anti"):
        left, right = right, left
    shells = SCATTERERS["electrons of Cs"]
    T = np.array([2e-6, 1e-4, 0.004, 0.03, 0.5, 5.0, 30.0, 52.0])
    found = rates.differential_rate("electron", T, shells, BEAM["nu_e"], species=species)
    expected = []
    for t in T:
        start = witness.slowest_neutrino(t, witness.M_E, 0.0)
        value, _ = quad(
            lambda E, t=t: witness.michel("nu_e", E) * witness.electron(t, E, left, right),
            start,
            witness.END,
            epsabs=0,
            epsrel=1e-11,
        )
        expected.append(value * float(shells.ionisable(t)))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    slow = rates.quadrature_rate("electron", T, shells, BEAM["nu_e"], species=species)
    np.testing.assert_allclose(slow, expected, rtol=1e-9)


# ---------------------------------------------------------------------------------------------------------------------
# every experiment


@cache
def cells(continuum, points):
    """Gauss points in all cells of a density, and the density there times their weights."""
    x, w = witness.gauss(points)
    width = np.diff(continuum.knots)[:, np.newaxis]
    E = np.array(continuum.knots[:-1])[:, np.newaxis] + width * (x + 1) / 2
    return E, width * w / 2 * continuum.density(E)


def above(flux, start, weight, points):
    """Integral of flux times ``weight(E)`` above an energy: its lines, and Gauss points in the cells of a density."""
    x, w = witness.gauss(points)
    total = sum(line.intensity * weight(line.energy) for line in flux.lines if line.energy >= start)
    for continuum in flux.continua:
        knots = continuum.knots
        if start >= knots[-1]:
            continue
        # the cell in which it starts, and all the others
        k = max(int(np.searchsorted(knots, start, side="right")), 1)
        low = max(start, knots[0])
        E = low + (knots[k] - low) * (x + 1) / 2
        total += np.sum((knots[k] - low) * w / 2 * continuum.density(E) * weight(E))
        rest, density = (part[k:] for part in cells(continuum, points))
        total += np.sum(density * weight(rest))
    return total


def reference_rate(process, T, scatterer, flux, m, species, points):
    """One rate with the cross-section of the witness; charges and steps are those of the scatterer."""
    M = scatterer.mass
    if process == "dipole":
        charge = float(scatterer.electric_charge(T))
        return above(flux, witness.slowest_neutrino(T, M, m), lambda E: witness.dipole(T, E, M, m, charge), points)
    if process == "cevns":
        Q_V = float(scatterer.weak_charge(T, species))
        return above(flux, witness.slowest_neutrino(T, M, m), lambda E: witness.cevns(T, E, M, Q_V), points)
    left, right = witness.SIN2_THETA_W - 0.5 + species.endswith("_e"), witness.SIN2_THETA_W
    if species.startswith("anti"):
        left, right = right, left
    electrons = float(scatterer.ionisable(T))
    return above(
        flux, witness.slowest_neutrino(T, M, m), lambda E: electrons * witness.electron(T, E, left, right), points
    )


@pytest.mark.parametrize("name", experiments.names())
def test_every_rate_of_every_experiment_is_as_accurate_as_promised(name):
    """Convergence class: 1e-6 wherever the rate is above 1e-4 of its peak; the reference has itself converged."""
    for channel in experiments.load(name).channels:
        scatterer, M = channel.scatterer, channel.scatterer.mass
        weak = "cevns" if isinstance(scatterer, targets.Nucleus) else "electron"
        for species, flux in channel.fluxes.items():
            edge = (M**2 + 2 * M * flux.maximum_energy) ** 0.5 - M
            cases = [("dipole", fraction * edge) for fraction in (1e-3, 0.4, 0.95)]
            if species[-1] not in "123":  # mass eigenstates have no weak scattering of their own
                cases.append((weak, 0.0))
            for process, m in cases:
                low, high = witness.recoil_range(flux.maximum_energy, M, m)
                T = np.geomspace(max(1.001 * low, 1e-5 * high), 0.98 * high, 7)
                found = rates.differential_rate(process, T, scatterer, flux, m, species=species)
                coarse, fine = (
                    np.array([reference_rate(process, t, scatterer, flux, m, species, points) for t in T])
                    for points in (16, 32)
                )
                visible = fine > 1e-4 * np.max(fine)
                assert np.sum(visible) >= 3
                np.testing.assert_allclose(coarse[visible], fine[visible], rtol=1e-8)
                np.testing.assert_allclose(found[visible], fine[visible], rtol=1e-6, err_msg=f"{process} {species} {m}")
