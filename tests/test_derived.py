"""The generated module: derived again, compared as numbers and, under the version that wrote it, as text."""

import inspect
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from companion import cross_sections, derived
from companion.parameters import ANGLES, FLAVOURS, PHASES, TERMS
from companion.symbolic import derive, mixing, recoil

IDENTITY = 1e-12
RANDOM = np.random.default_rng(14)
MOMENTS = {flavour: getattr(derived, f"moment_coefficients_{flavour}") for flavour in FLAVOURS}
SECTIONS = {
    derived.cevns_coefficients: cross_sections.cevns_body,
    derived.electron_coefficients: cross_sections.electron_body,
    derived.dipole_coefficients: cross_sections.dipole_body,
    derived.interference_coefficients: cross_sections.interference_body,
}
# a point inside the physical region, with everything else of order one
VALUES = {
    "E_r": 0.013, "M": 1.2e5, "m_4": 17.0, "G_F": 1.17e-11, "alpha_mu2": 6.4e-4, "Q_V": -37.0, "charge": 44.0,
    "m_e": 0.511, "g_L": 0.73, "g_R": 0.23, "g_V": 0.96, "g_A": 0.5, "G_mu": 1.2e-13,
}  # fmt: skip


def random_point():
    return {name: RANDOM.uniform(0, 2 * np.pi) for name in (*ANGLES, *PHASES)}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_moments_are_what_sympy_derives(flavour):
    symbols = {**mixing.angles, **mixing.phases}
    for _ in range(3):
        point = random_point()
        found = MOMENTS[flavour](**point)
        assert tuple(found) == TERMS
        exact = {symbols[name]: value for name, value in point.items()}
        for term, expression in mixing.coefficients(flavour).items():
            assert float(found[term]) == pytest.approx(float(expression.evalf(30, subs=exact)), rel=0, abs=IDENTITY)


@pytest.mark.parametrize("function", SECTIONS, ids=lambda function: function.__name__)
def test_the_sections_are_what_sympy_collects(function):
    body = SECTIONS[function]
    assert set(inspect.signature(body).parameters) - {"E_nu", "pi"} == set(inspect.signature(function).parameters)
    for _ in range(3):
        point = {letter: VALUES[letter] * RANDOM.uniform(0.5, 2) for letter in inspect.signature(function).parameters}
        exact = {recoil.symbol(letter): sp.Float(value, 40) for letter, value in point.items()}
        expected = [float(c.evalf(30, subs=exact)) for c in recoil.collect(body)]
        assert function(**point) == pytest.approx(expected, rel=IDENTITY, abs=0)


@pytest.mark.parametrize("function", SECTIONS, ids=lambda function: function.__name__)
def test_the_coefficients_add_up_to_the_body(function):
    values = {letter: VALUES[letter] for letter in inspect.signature(function).parameters}
    for E in (20.0, 30.0, 52.8):
        total = sum(c / E**n for n, c in enumerate(function(**values)))
        assert total == pytest.approx(SECTIONS[function](**values, E_nu=E), rel=1e-11, abs=0)


def test_arrays_broadcast():
    E_r, m_4 = np.geomspace(1e-3, 0.01, 5), np.array([[0.0], [1.0], [20.0]])
    letters = {"M": 1.2e5, "charge": 54.0, "alpha_mu2": 1.0}
    many = derived.dipole_coefficients(E_r=E_r, m_4=m_4, **letters)
    assert np.broadcast_shapes(*(np.shape(c) for c in many)) == (3, 5)
    one = derived.dipole_coefficients(E_r=E_r[2], m_4=20.0, **letters)
    for row, single in zip(many, one, strict=True):
        assert np.broadcast_to(row, (3, 5))[2, 2] == pytest.approx(single, rel=1e-14, abs=0)
    point = random_point() | {"theta_14": np.linspace(0, 0.3, 4), "delta": np.linspace(0, 6, 3)[:, np.newaxis]}
    assert {np.shape(value) for value in derived.moment_coefficients_mu(**point).values()} == {(3, 4), ()}


written_anew = cache(derive.module)


def test_the_text_is_what_this_sympy_writes():
    if sp.__version__ != derived.SYMPY:
        pytest.skip(f"written by sympy {derived.SYMPY}, here is {sp.__version__}: the numbers are compared above")
    assert Path(derived.__file__).read_text(encoding="utf-8") == written_anew(), "'make derive' writes it anew"


def test_the_text_fits_into_the_book():
    lines = Path(derived.__file__).read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) < 100


def test_a_changed_body_changes_the_text(monkeypatch):
    """The comparison above would see a formula that has been edited without 'make derive'."""

    def other(E_r, E_nu, M, m_4, alpha_mu2, charge):
        return 2 * cross_sections.dipole_body(E_r, E_nu, M, m_4, alpha_mu2, charge)

    before = written_anew()
    monkeypatch.setitem(derive.SECTIONS, "dipole_coefficients", (other, derive.SECTIONS["dipole_coefficients"][1]))
    assert derive.module() != before


RUN = """
import sys
import companion
from companion import experiments, limits, moments, phases, rates
for name in ("coherent-csi", "cr51-lxe-a", "xenon1t"):  # CEvNS; electrons; mass eigenstates
    limits.upper_limit(experiments.load(name), "mu_e", 0.01)
csi = experiments.load("coherent-csi")
csi.interference("mu", 1.0)
moments.coefficients("tau", {"theta_12": 0.6})
phases.upper_limit(csi, "lambda_14", 0.01)
sys.exit("sympy" in sys.modules)
"""


def test_nothing_at_run_time_loads_sympy():
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
