"""Claims on single experiments against the experiments themselves."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import witness
from test_experiments_argon import agree
from test_texono import MEASURED

from companion import cross_sections, data, experiments, limits
from companion.audit import context, ledger, model
from companion.audit.claims import (
    section_2_3_coherent,
    section_3_1,
    section_3_4,
    section_4_interference,
    section_4_limits,
)
from companion.audit.context import Context
from companion.audit.light_region import region
from companion.couplings import Effective
from companion.data import table


@pytest.fixture(scope="module")
def lar():
    return experiments.load("coherent-lar")


@pytest.fixture(scope="module")
def xenon():
    return experiments.load("xenon1t")


MASSES = np.concatenate([np.geomspace(1e-3, 0.1, 15, endpoint=False), np.linspace(0.1, 0.3, 41)])


@pytest.fixture(scope="module")
def contour(xenon):
    return limits.contour(xenon, "mu_mu", MASSES)


@pytest.fixture
def with_points(tmp_path, monkeypatch):
    """Points in place of the surrogate of TEXONO, as if measured."""
    shutil.copytree(data.folder(), tmp_path / "data")
    monkeypatch.setattr(data, "folder", lambda: tmp_path / "data")
    (tmp_path / "data" / "reactor" / "texono_surrogate.csv").write_text(MEASURED, encoding="utf-8")
    monkeypatch.setattr(model, "_judged", {})
    caches = (table, ledger.claims, context.shared)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("m", [0.05, 20.0])
def test_the_rule_of_the_paper_for_the_interference(lar, m):
    """Its substitutions, m_e -> M in the prefactor included, integrated over the prompt line by brute force."""
    (channel,) = lar.channels
    low, high = witness.recoil_range(witness.PROMPT, channel.scatterer.mass, m)
    found = section_2_3_coherent.by_substitution(channel, "nu_mu", m)
    edges = np.geomspace(max(low, 1e-4), high, 401)
    x, w = np.polynomial.legendre.leggauss(6)
    T = (edges[:-1, None] + np.diff(edges)[:, None] * (x + 1) / 2).ravel()
    weights = (np.diff(edges)[:, None] * w / 2).ravel()
    nucleus = channel.scatterer
    printed = cross_sections.interference_paper(
        T, witness.PROMPT, nucleus.mass, m, nucleus.weak_charge(T), 0.0, charge=nucleus.electric_charge(T)
    )
    (line,) = channel.fluxes["nu_mu"].lines
    expected = channel.number * line.intensity * (channel.response.bins(T) @ (printed * weights))
    agree(np.abs(found), np.abs(expected))


def test_the_ledger_counts_the_interference_bin_by_bin():
    """One experiment against the templates themselves: mixing |I| over mu D at the limit."""
    found = section_4_interference.interference("cr51-lxe-a", 0.1)
    loaded = experiments.load("cr51-lxe-a")
    edge = loaded.maximum_mass("mu_e")
    ratios, shifts = [], []
    for mass in (0.2 * edge, 0.5 * edge):
        limit = float(limits.upper_limit(loaded, "mu_e", mass))
        linear = loaded.linear_template(Effective("e", interference=0.1**0.5), mass)
        ratios.append(np.abs(linear).sum() / (limit * loaded.template("mu_e", mass).sum()))
        for sign in (1, -1):
            mixed = Effective("e", interference=sign * 0.1**0.5)
            shifts.append(abs(float(limits.upper_limit(loaded, mixed, mass)) / limit - 1))
    assert found.ratio == pytest.approx(max(ratios), rel=1e-9)
    assert found.shift == pytest.approx(max(shifts), rel=1e-9)
    none = section_4_interference.interference("cr51-lxe-a", 0.0)
    assert (none.ratio, none.shift) == (0, 0)


def test_a_mass_of_the_edge_that_all_targets_reach():
    """The claim on the edge holds as printed for a mass that no target misses."""
    claim = ledger.find("sec-4-cr-edge-nuclei")
    assert section_4_limits.edge_nuclei(replace(claim, tolerance=0.1), Context()).holds
    none = section_4_limits.edge_nuclei(replace(claim, values=(2.0,)), Context())
    assert (none.holds, none.correction) == (False, "")


def test_the_printed_flux_holds_where_a_geometry_gives_it():
    claim = ledger.find("sec-3.4-flux")
    assert section_3_4.source_flux(claim).holds is None
    assert section_3_4.source_flux(replace(claim, tolerance=0.2)).holds
    assert section_3_4.source_flux(replace(claim, values=(1e12,))).holds is False


@pytest.mark.usefixtures("with_points")
def test_the_ledger_then_decides():
    findings = [ledger.judge_anew(claim) for claim in ledger.claims() if claim.chapter == "texono"]
    assert len(findings) >= 8
    assert "surrogate" not in ledger.markdown(findings).lower()
    # only the histogram of the paper's figure is still missing
    assert [f.claim.id for f in findings if f.outcome.holds is None] == ["fig-1b"]


def test_most_of_what_the_steps_take_is_below_the_efficiency():
    for threshold in (0.05, 0.1, 0.2):
        without, seen, survives = section_3_1.removed(threshold * 1e-3)
        assert seen < without
        assert survives < 0.25
    without, seen, _ = section_3_1.removed(1e-4)
    assert (without, seen) == (pytest.approx(0.278, abs=1e-3), pytest.approx(0.102, abs=1e-3))


def test_the_region_in_each_convention(xenon, contour):
    each, joint = region(), region(joint=True)
    np.testing.assert_allclose((each.low, each.high), limits.interval(xenon, "mu_mu", 1e-3), rtol=1e-9)
    assert each.end == pytest.approx(limits.excess(xenon, "mu_mu", MASSES)[0][1], abs=1e-8)
    assert joint.low == pytest.approx(contour.low[0], rel=1e-6)
    assert joint.end == pytest.approx(contour.spans[0][1], rel=1e-6)
    assert joint.largest == pytest.approx(np.nanmax(contour.high), rel=2e-3)
    with pytest.raises(ValueError, match="light masses"):
        region(confidence=0.999)
