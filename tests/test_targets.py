"""Targets, against the table of isotopes by hand."""

from math import sqrt

import numpy as np
import pytest
import witness

from companion import targets
from companion.data import table
from companion.units import MeV, eV, fm, kg

ELEMENTS = ("O", "Al", "Si", "Ar", "Ca", "Ge", "I", "Xe", "Cs", "W")

# typed from the table of isotopes: abundance in percent, mass of the neutral atom (u), radii of protons (fm)
OXYGEN = [(16, 99.7571, 15.994914619, 2.5808), (17, 0.0384, 16.999131756, 2.5774), (18, 0.2045, 17.999159612, 2.6630)]
SILICON = [(28, 92.2545, 27.976926534, 3.0207), (29, 4.6720, 28.976494664, 3.0171), (30, 3.0735, 29.973770137, 3.0350)]


def mean(isotopes, column):
    return sum(row[1] * row[column] for row in isotopes) / sum(row[1] for row in isotopes)


def nucleus(formula, place=0, **choices):
    return targets.compound(formula, **choices).nuclei[place][1]


@pytest.mark.parametrize(
    ("element", "Z", "A", "atomic_mass", "R_p"),
    [
        ("Cs", 55, 133, 132.905451959, 4.7437),
        ("I", 53, 127, 126.904473, 4.6887),
        ("O", 8, mean(OXYGEN, 0), mean(OXYGEN, 2), mean(OXYGEN, 3)),
        ("Si", 14, mean(SILICON, 0), mean(SILICON, 2), mean(SILICON, 3)),
    ],
)
def test_mean_nucleus_by_hand(element, Z, A, atomic_mass, R_p):
    target = targets.compound({element: 1})
    ((number, found),) = target.nuclei
    assert (number, found.symbol, found.Z) == (1, element, Z)
    assert found.A == pytest.approx(A, rel=1e-12, abs=0)
    assert found.N == pytest.approx(A - Z, rel=1e-12, abs=0)
    assert found.mass / MeV == pytest.approx(atomic_mass * witness.U - Z * witness.M_E, rel=1e-9, abs=0)
    assert found.R_p / fm == pytest.approx(R_p, rel=1e-12, abs=0)
    assert found.form_factor == "helm"
    assert target.formula_mass == pytest.approx(atomic_mass * witness.U, rel=1e-9, abs=0)


@pytest.mark.parametrize("element", ELEMENTS)
def test_neutrons_reach_further_in_heavy_nuclei(element):
    found = nucleus({element: 1})
    skin = 0.1 if element in ("Ge", "I", "Xe", "Cs", "W") else 0.0
    assert (found.R_n - found.R_p) / fm == pytest.approx(skin, abs=1e-12)


def test_the_charge_radius_can_stand_in_for_the_radius_of_the_protons():
    found = nucleus({"Cs": 1}, proton_radius="charge")
    assert found.R_p / fm == pytest.approx(4.8041)
    assert found.R_n / fm == pytest.approx(4.9041)
    assert nucleus({"I": 1}, proton_radius="charge").R_p / fm == pytest.approx(4.75)


@pytest.mark.parametrize(
    ("formula", "molar_mass"),
    [
        ({"Ar": 1}, 39.948),
        ({"Cs": 1, "I": 1}, 259.80992),
        ({"Al": 2, "O": 3}, 101.9613),
        ({"Ca": 1, "W": 1, "O": 4}, 287.914),
    ],
)
def test_formula_units_in_a_kilogram(formula, molar_mass):
    """Avogadro's number times 1000 over the textbook molar mass; standard weights carry five digits."""
    assert targets.compound(formula).units_in(1.0) == pytest.approx(
        witness.AVOGADRO * 1000 / molar_mass, rel=5e-5, abs=0
    )


def test_formula_units_by_hand():
    caesium_iodide = targets.compound({"Cs": 1, "I": 1})
    assert caesium_iodide.formula == "CsI"
    atoms = witness.AVOGADRO * 1000 * 14.57 / (132.905451959 + 126.904473)
    assert caesium_iodide.units_in(14.57) == pytest.approx(atoms, rel=1e-9, abs=0)
    assert caesium_iodide.units_in(0) == 0
    assert caesium_iodide.formula_mass * caesium_iodide.units_in(2.0) == pytest.approx(2 * kg)
    assert targets.compound({"Al": 2, "O": 3}).formula == "Al2O3"


def test_a_compound_counts_its_scatterers():
    sapphire = targets.compound({"Al": 2, "O": 3})
    assert [(number, found.symbol) for number, found in sapphire.nuclei] == [(2, "Al"), (3, "O")]
    assert [(number, found.symbol) for number, found in sapphire.electrons] == [(2, "Al"), (3, "O")]
    alone = nucleus({"O": 1})
    assert sapphire.nuclei[1][1] == alone


@pytest.mark.parametrize("element", ELEMENTS)
def test_isotopes_add_up_to_the_element(element):
    whole = targets.compound({element: 2})
    parts = targets.compound({element: 2}, isotopes=True)
    numbers = np.array([number for number, _ in parts.nuclei])
    assert numbers.sum() == pytest.approx(2, rel=1e-12, abs=0)
    ((_, average),) = whole.nuclei
    for name in ("A", "mass", "R_p", "N"):
        values = np.array([getattr(isotope, name) for _, isotope in parts.nuclei])
        assert np.sum(numbers * values) / 2 == pytest.approx(getattr(average, name), rel=1e-12, abs=0)
    assert parts.formula_mass == pytest.approx(whole.formula_mass, rel=1e-12, abs=0)
    assert {isotope.Z for _, isotope in parts.nuclei} == {average.Z}
    assert all(float(isotope.A).is_integer() for _, isotope in parts.nuclei)
    # without a form factor, what is quadratic in N averages to the mean square, not to the square of the mean
    points = targets.compound({element: 2}, isotopes=True, form_factor="point")
    squares = sum(n * float(isotope.weak_charge(1e-3)) ** 2 for n, isotope in points.nuclei) / 2
    point = targets.compound({element: 1}, form_factor="point").nuclei[0][1]
    spread = np.sum(numbers * np.array([isotope.N for _, isotope in parts.nuclei]) ** 2) / 2 - average.N**2
    assert squares == pytest.approx(float(point.weak_charge(1e-3)) ** 2 + spread / 4, rel=1e-10, abs=0)


def test_isotopes_follow_the_table():
    numbers = [number for number, _ in targets.compound({"Si": 1}, isotopes=True).nuclei]
    np.testing.assert_allclose(numbers, np.array([row[1] for row in SILICON]) / 100, rtol=1e-12)
    masses = [isotope.mass for _, isotope in targets.compound({"Si": 1}, isotopes=True).nuclei]
    np.testing.assert_allclose(masses, [row[2] * witness.U - 14 * witness.M_E for row in SILICON], rtol=1e-9)


# ---------------------------------------------------------------------------------------------------------------------
# charges


RECOILS = np.array([1e-9, 1e-3, 0.01, 0.03, 0.06])


def test_helm_charges_by_hand():
    found = nucleus({"Cs": 1})
    Q = np.sqrt(2 * (132.905451959 * witness.U - 55 * witness.M_E) * RECOILS)
    protons = np.array([witness.helm(q, 4.7437) for q in Q])
    neutrons = np.array([witness.helm(q, 4.8437) for q in Q])
    np.testing.assert_allclose(found.electric_charge(RECOILS), 55 * protons, rtol=1e-7)
    weak = 55 * (0.5 - 2 * 0.2312) * protons - 78 / 2 * neutrons
    np.testing.assert_allclose(found.weak_charge(RECOILS), weak, rtol=1e-7)


@pytest.mark.parametrize(("element", "Z", "A"), [("Cs", 55, 133), ("I", 53, 127), ("Xe", 54, 131), ("Ge", 32, 73)])
def test_klein_nystrand_takes_the_nearest_integer_mass_number(element, Z, A):
    found = nucleus({element: 1}, form_factor="klein-nystrand")
    Q = np.sqrt(2 * found.mass * RECOILS)
    shape = np.array([witness.klein_nystrand(q, A) for q in Q])
    np.testing.assert_allclose(found.electric_charge(RECOILS), Z * shape, rtol=1e-7)
    np.testing.assert_allclose(
        found.weak_charge(RECOILS), shape * (Z * (0.5 - 2 * 0.2312) - (found.A - Z) / 2), rtol=1e-7
    )


def test_point_nuclei():
    found = nucleus({"Ar": 1}, form_factor="point")
    np.testing.assert_array_equal(found.electric_charge(RECOILS), np.full(5, 18.0))
    np.testing.assert_allclose(found.weak_charge(RECOILS), 18 * (0.5 - 2 * 0.2312) - found.N / 2, rtol=1e-12)


def test_charges_keep_the_shape_of_the_recoils():
    for form_factor in targets.FORM_FACTORS:
        found = nucleus({"Cs": 1}, form_factor=form_factor)
        assert found.electric_charge(np.ones((2, 3)) * 1e-3).shape == (2, 3)
        assert found.weak_charge(np.ones((2, 3)) * 1e-3).shape == (2, 3)
        assert found.breakpoints == ()


# ---------------------------------------------------------------------------------------------------------------------
# electrons


@pytest.mark.parametrize("element", ELEMENTS)
def test_electrons_add_up_to_the_atomic_number(element):
    target = targets.compound({element: 1})
    ((number, shells),) = target.electrons
    Z = target.nuclei[0][1].Z
    assert number == 1
    assert sum(shells.occupancies) == Z
    assert shells.ionisable(1.0) == Z
    assert shells.mass == pytest.approx(witness.M_E, rel=1e-9, abs=0)


def test_the_staircase_of_xenon():
    (_, xenon) = targets.compound({"Xe": 1}).electrons[0]
    # energies in eV, by hand: everything up to the shell named
    for energy, count in [(12, 0), (13, 4), (50, 8), (300, 26), (940.5, 36), (5200, 50), (34560, 52), (34562, 54)]:
        assert xenon.ionisable(energy * eV) == count
    np.testing.assert_allclose(xenon.electric_charge(np.array([13, 940.5]) * eV), [2, 6], rtol=1e-14)


@pytest.mark.parametrize("element", ELEMENTS)
def test_every_edge_opens_its_own_shell(element):
    """Theta(E_r - B_i) of Eq. (16), by a loop over the shells; exactly at an edge the shell is open."""
    (_, shells) = targets.compound({element: 1}).electrons[0]

    def by_hand(E):
        return sum(n for B, n in zip(shells.energies, shells.occupancies, strict=True) if E >= B)

    for edge in shells.breakpoints:
        for E in (edge, np.nextafter(edge, 0), np.nextafter(edge, 1)):
            if E >= 0:
                assert shells.ionisable(E) == by_hand(E)
    grid = np.geomspace(1e-7, 1, 200).reshape(2, 100)
    np.testing.assert_array_equal(shells.ionisable(grid), np.vectorize(by_hand)(grid))


def test_the_edges_are_those_of_the_table():
    (_, iodine) = targets.compound({"I": 1}).electrons[0]
    typed = [33169, 5188, 4852, 4557, 1072, 931, 875, 630.8, 619.3, 186, 123, 123, 50.6, 48.9, 14, 3, 3]
    np.testing.assert_allclose(sorted(iodine.energies), sorted(np.array(typed) * 1e-6), rtol=1e-12)
    shells = table("atomic/binding")
    assert len(iodine.energies) == np.sum((shells["element"] == "I") & (shells["occupancy"] > 0))


def test_shells_without_an_energy_are_free():
    (_, caesium) = targets.compound({"Cs": 1}).electrons[0]
    assert min(caesium.energies) == 0
    assert caesium.ionisable(1 * eV) == 1  # 6s
    assert np.all(np.isfinite(caesium.energies))


def test_the_charge_squared_is_the_number():
    (_, xenon) = targets.compound({"Xe": 1}).electrons[0]
    grid = np.geomspace(1e-6, 0.1, 50)
    np.testing.assert_allclose(xenon.electric_charge(grid) ** 2, xenon.ionisable(grid), rtol=1e-14)
    assert xenon.electric_charge(1.0) == pytest.approx(sqrt(54))


def test_unsorted_shells():
    shells = targets.Electrons("X", (3.0, 1.0, 2.0), (5.0, 7.0, 11.0))
    np.testing.assert_array_equal(shells.ionisable([0.5, 1.0, 1.5, 2.0, 2.5, 3.0]), [0, 7, 7, 18, 18, 23])


# ---------------------------------------------------------------------------------------------------------------------
# refusals


@pytest.mark.parametrize(
    ("formula", "choices", "message"),
    [
        ({"Unobtainium": 1}, {}, "no isotopes of the element 'Unobtainium'; there are O, Al, Si"),
        ({}, {}, "a positive number of atoms of every element"),
        ({"Cs": 1, "I": 0}, {}, "a positive number of atoms of every element"),
        ({"Cs": -1}, {}, "a positive number of atoms of every element"),
        ({"Cs": float("nan")}, {}, "a positive number of atoms of every element"),
        ({"Cs": 1}, {"form_factor": "square"}, "'square'; there are helm, klein-nystrand, klein-nystrand-1.2, point"),
        ({"Cs": 1}, {"proton_radius": "large"}, "no proton radius 'large'; there are point, charge"),
    ],
)
def test_unknown_choices_are_refused(formula, choices, message):
    with pytest.raises(ValueError, match=message):
        targets.compound(formula, **choices)
