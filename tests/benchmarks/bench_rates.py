"""Rates as ratios to hand-written references, which agree with them before anything is timed."""

from functools import partial

import numpy as np
import pytest
import references as by_hand
from clock import cpu

from companion import kinematics, rates, targets
from companion.fluxes import Flux, Tabulated, solar

XENON = targets.compound({"Xe": 1})
((_, NUCLEUS),) = XENON.nuclei
((_, SHELLS),) = XENON.electrons
# numbers of the target, for the references
HAND_NUCLEUS = {"M": NUCLEUS.mass, "Z": NUCLEUS.Z, "N": NUCLEUS.N, "R_p": NUCLEUS.R_p, "R_n": NUCLEUS.R_n}
HAND_SHELLS = list(zip(SHELLS.energies, SHELLS.occupancies, strict=True))

PP = Flux(continua=(Tabulated.of((solar.spectrum("pp"),)),))
BORON = Flux(continua=(Tabulated.of((solar.tabulated_spectrum("8B"),)),))
PP_TABLE = np.linspace(0, by_hand.PP_END, 1001)
PP_VALUES = np.array([by_hand.pp(E) for E in PP_TABLE])

MASS = 0.01
MASSES = np.geomspace(1e-3, 0.2, 100)
T_ELECTRON = np.geomspace(1e-4, 0.999 * float(kinematics.recoil_limits(by_hand.PP_END, SHELLS.mass, MASS)[1]), 200)
T_NUCLEUS = np.geomspace(1e-6, 0.999 * float(kinematics.recoil_limits(by_hand.BORON_E[-1], NUCLEUS.mass)[1]), 200)


def measured(benchmark, call, reference, rounds):
    """CPU time of a call, in seconds, and of a reference timed before and after it."""
    before = cpu(reference, rounds)
    benchmark.pedantic(call, rounds=100, iterations=10, warmup_rounds=2)
    return benchmark.stats.stats.min, min(before, cpu(reference, rounds))


def agree(found, reference, precision):
    visible = reference > 1e-4 * np.max(reference)
    assert np.sum(visible) > 20
    np.testing.assert_allclose(found[visible], reference[visible], rtol=precision)


def pp_by_quadrature():
    M, found = by_hand.M_E, []
    for T in T_ELECTRON.tolist():
        section = partial(by_hand.dipole, T, M=M, m=MASS, charge2=by_hand.electrons(T, HAND_SHELLS))
        found.append(by_hand.by_quadrature(by_hand.pp, by_hand.PP_END, section, by_hand.slowest(T, M, MASS)))
    return np.array(found)


def pp_on_a_grid():
    T, M = T_ELECTRON[:, np.newaxis], by_hand.M_E
    charge = np.array([by_hand.electrons(t, HAND_SHELLS) for t in T_ELECTRON])[:, np.newaxis]
    start = by_hand.slowest(T_ELECTRON, M, MASS)
    return by_hand.on_a_grid(
        PP_TABLE, PP_VALUES, lambda E: by_hand.dipole(T, E, M, MASS, charge), start, by_hand.PP_END
    )


def boron_by_quadrature():
    M, knots, found = HAND_NUCLEUS["M"], by_hand.BORON_E.tolist(), []
    for T in T_NUCLEUS.tolist():
        section = partial(by_hand.cevns, T, M=M, Q_V=by_hand.weak_charge(T, HAND_NUCLEUS))
        found.append(by_hand.by_quadrature(by_hand.boron, knots[-1], section, by_hand.slowest(T, M, 0.0), knots))
    return np.array(found)


def boron_on_a_grid():
    T, M = T_NUCLEUS[:, np.newaxis], HAND_NUCLEUS["M"]
    Q_V = np.array([by_hand.weak_charge(t, HAND_NUCLEUS) for t in T_NUCLEUS])[:, np.newaxis]
    start = by_hand.slowest(T_NUCLEUS, M, 0.0)
    return by_hand.on_a_grid(
        by_hand.BORON_E, by_hand.BORON, lambda E: by_hand.cevns(T, E, M, Q_V), start, by_hand.BORON_E[-1]
    )


def pp_rate():
    return rates.differential_rate("dipole", T_ELECTRON, SHELLS, PP, MASS)


def pp_rates():
    return rates.differential_rate("dipole", T_ELECTRON, SHELLS, PP, MASSES[:, np.newaxis])


def boron_rate():
    return rates.differential_rate("cevns", T_NUCLEUS, NUCLEUS, BORON)


CASES = {
    "pp dipole": (pp_rate, pp_by_quadrature, pp_on_a_grid, "dipole on the electrons of Xe from pp neutrinos"),
    "8B CEvNS": (boron_rate, boron_by_quadrature, boron_on_a_grid, "CEvNS on Xe from the tabulated 8B spectrum"),
}


@pytest.mark.parametrize("case", CASES)
def test_against_adaptive_quadrature(benchmark, record, case):
    rate, quadrature, _, what = CASES[case]
    agree(rate(), quadrature(), 1e-6)
    own, reference = measured(benchmark, rate, quadrature, 1)
    record(f"{case}, quad", reference / own, "1", f"{what}, 200 recoils: converged adaptive integrals over it", 1000)
    record(f"{case}, time", 1e6 * own, "us", f"{what}, 200 recoils")


@pytest.mark.parametrize("case", CASES)
def test_against_a_grid(benchmark, record, case):
    rate, _, grid, what = CASES[case]
    agree(rate(), grid(), 1e-2)
    own, reference = measured(benchmark, rate, grid, 40)
    record(f"{case}, grid", reference / own, "1", f"{what}, 200 recoils: grid of 200 x 500 energies over it", 20)


def test_a_hundred_masses_against_a_grid_for_one(benchmark, record):
    found = pp_rates()
    for k in (0, 40, 99):
        single = rates.differential_rate("dipole", T_ELECTRON, SHELLS, PP, MASSES[k])
        np.testing.assert_allclose(found[k], single, rtol=1e-12)
    agree(pp_rate(), pp_on_a_grid(), 1e-2)
    own, reference = measured(benchmark, pp_rates, pp_on_a_grid, 40)
    what = CASES["pp dipole"][-1]
    record("100 masses, grid", 100 * reference / own, "1", f"{what}, per mass of 100: grid of 200 x 500 over it", 100)
    record("100 masses, time", 1e4 * own, "us", f"{what}, 200 recoils, per mass of 100")


def test_how_far_from_the_bound(benchmark, record):
    """The least a moment can cost: to fetch its coefficients and to add them up, for the cells in question."""
    (continuum,) = PP.continua
    coefficients = np.concatenate([continuum._polynomials, continuum._tails[np.newaxis, :, 1:]])
    E_min = kinematics.minimum_neutrino_energy(T_ELECTRON, SHELLS.mass, MASSES[:, np.newaxis])
    cells = np.searchsorted(continuum._edges[1:-1], E_min, side="right")
    t, total, fetched = np.full(200, 0.5), np.zeros((3, 200)), np.empty((3, 200))

    def bare():
        # mass by mass, so that everything stays in the nearest cache
        for cell in cells:
            for row in coefficients:
                row.take(cell, axis=-1, mode="clip", out=fetched)
                np.multiply(total, t, out=total)
                np.add(total, fetched, out=total)

    def together():
        wide, room = np.zeros((3, *cells.shape)), np.empty((3, *cells.shape))
        for row in coefficients:
            row.take(cells, axis=-1, mode="clip", out=room)
            np.multiply(wide, 0.5, out=wide)
            np.add(wide, room, out=wide)

    before = min(cpu(bare, 30), cpu(together, 60))
    benchmark.pedantic(pp_rates, rounds=100, iterations=1, warmup_rounds=2)
    own, least = benchmark.stats.stats.min, min(before, cpu(bare, 30), cpu(together, 60))
    points = MASSES.size * T_ELECTRON.size
    record("100 masses, bound", own / least, "1", "time of all masses over that of fetching and adding alone")
    record("100 masses, point", 1e9 * own / points, "ns", "one recoil energy at one mass, of 200 at 100 masses")


def test_how_far_a_single_mass_is_from_its_calls(benchmark, record):
    """The least that so many calls of numpy can take: the same calls, on arrays that lie ready, and nothing else."""
    (continuum,) = BORON.continua
    table, edges = continuum._coefficients, continuum._edges
    E_min = kinematics.minimum_neutrino_energy(T_NUCLEUS, NUCLEUS.mass)
    cell = np.searchsorted(edges[1:-1], E_min, side="right")
    numbers, both, three = np.full(200, 0.5), np.full((2, 200), 0.5), np.full((3, 200), 0.5)
    room, wide = np.empty(200), np.empty((len(table), 3, 200))

    def bare():
        np.searchsorted(edges, E_min)
        table.take(cell, axis=-1, mode="clip", out=wide)
        for _ in range(len(table) - 1):  # Horner's rule for three moments
            np.multiply(three, numbers, out=three)
            np.add(three, numbers, out=three)
        for _ in range(8):  # and for two form factors
            np.multiply(both, both, out=both)
            np.add(both, 0.1, out=both)
        np.sqrt(numbers, out=room)
        np.exp(numbers, out=room)
        for _ in range(45):  # kinematics, charges, coefficients, sums and checks
            np.add(numbers, numbers, out=room)
        three[:], both[:] = 0.5, 0.5

    before = cpu(bare, 200)
    benchmark.pedantic(boron_rate, rounds=100, iterations=10, warmup_rounds=2)
    own, least = benchmark.stats.stats.min, min(before, cpu(bare, 200))
    record("8B CEvNS, bound", own / least, "1", "time of the rate over that of its eighty calls of numpy alone")
