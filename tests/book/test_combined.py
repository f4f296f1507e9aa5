"""Several moments: tables one at a time and together, and figures that draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _lib.combined import (
    MOMENTS,
    REACTORS,
    allowed,
    before_and_after,
    blindness,
    contributions,
    freedom,
    moments,
    reactor_versions,
)  # fmt: skip

from companion import experiments, io, phases, plot, results
from companion.experiments import combine


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def parts():
    return {name: experiments.load(name) for name in ("coherent-csi", "coherent-lar", "xenon1t", "texono")}


def test_before_and_after_is_the_tables_row_by_row(parts):
    data = {"one": parts["xenon1t"], "two": parts["coherent-csi"]}
    table = before_and_after(data, [0.01, 20.0])
    assert [tuple(row) for row in zip(table["m_4"], table["data"], table["others"], strict=True)] == [
        (mass, name, others) for mass in (0.01, 20.0) for others in ("zero", "free") for name in data
    ]
    for k, (name, others) in enumerate([(n, o) for o in (False, True) for n in data]):
        row = results.limits_on(data[name], MOMENTS, [0.01], free=others).table
        np.testing.assert_allclose([table[c][k] for c in MOMENTS], [row[c][0] for c in MOMENTS], rtol=1e-6)


def test_tables_of_moments(parts):
    both = combine([parts["coherent-csi"], parts["texono"]])
    together = results.limits_on(both, MOMENTS, [1.0, 60.0], free=True).table
    assert all(np.isinf(together[name]).all() for name in MOMENTS)
    assert "SURROGATE" in together.notes["note"]
    added = contributions(both, 1.0)
    assert list(added["experiment"]) == ["all", "coherent-csi", "texono"]
    assert added["lambda_24_alone"][1] == pytest.approx(added["lambda_24_without"][2], rel=1e-9, abs=0)
    assert "SURROGATE" in added.notes["note"]


def test_a_joint_fit_has_three_versions(parts):
    """Each is the sum of the chi-squares of what it says it holds; only one is a surrogate."""
    sets = [parts["coherent-csi"], parts["xenon1t"]]
    versions = reactor_versions(sets)
    assert list(versions) == list(REACTORS) == ["with Dresden-II", "with the TEXONO surrogate", "with neither"]
    both = sum(float(one.chi2("mu_e", 3e-10, 1.0)) for one in sets)
    for joint, reactor in zip(versions.values(), ("dresden-ii", "texono", None), strict=True):
        more = float(experiments.load(reactor).chi2("mu_e", 3e-10, 1.0)) if reactor else 0.0
        assert float(joint.chi2("mu_e", 3e-10, 1.0)) == pytest.approx(both + more, rel=1e-9)
    kinds = [bool(results.Provenance.of([joint]).surrogates) for joint in versions.values()]
    assert kinds == [False, True, False]


def test_tables_of_freedom_and_blindness(parts):
    sun = parts["xenon1t"]
    rows = freedom({"sun": sun, "reactor": parts["texono"]}, 1.0, phases.choices()[:1])
    assert list(rows["free"])[::2] == ["one moment at a time", "others free, delta at its best fit"]
    assert list(rows["data"]) == ["sun", "reactor"] * 2
    assert np.isinf(rows["lambda_34"][3])
    assert "SURROGATE" in rows.notes["note"]
    np.testing.assert_allclose(rows["lambda_34"][2], phases.upper_limit(sun, "lambda_34", 1.0), rtol=1e-9)
    seen = blindness([sun, parts["texono"]], [1.0])
    np.testing.assert_array_equal(np.isinf(seen["third"]), [False, True])
    text = io.markdown(seen).splitlines()
    assert text[0] == r"| experiment | m_4 [MeV] | first [$\mu_B$] | second [$\mu_B$] | third [$\mu_B$] |"
    assert text[3].endswith("| ∞ | ∞ |")
    assert io.markdown(rows).splitlines()[0].startswith(r"| free | data | $\vert\tilde\lambda_{14}\vert$ [$\mu_B$] |")
    with pytest.raises(ValueError, match="a squared sine lies between 0 and 1"):
        phases.choices(1.5)


def test_limits_in_three_panels(parts):
    made = results.limits_on(parts["texono"], MOMENTS, [0.1, 1.0, 2.0, 3.0])
    panels = moments(plot.axes(columns=3), [made, made], ["one", "other"], xlim=(0.05, 5))
    for ax, name in zip(panels, MOMENTS, strict=True):
        assert len(ax.lines) == 2
        x, y = ax.lines[0].get_data()
        np.testing.assert_array_equal(x, [0.1, 1.0, 2.0])  # blind at 3 MeV
        np.testing.assert_array_equal(y, made.table[name][:3])
    (legend,) = panels[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "other"]


def test_outlines_in_the_plane():
    side = np.linspace(0, 5e-9, 21)
    circle = (side[:, np.newaxis] ** 2 + side**2) / 1e-18
    panels = plot.axes(columns=2)
    allowed(
        panels,
        ("lambda_14", "lambda_34"),
        (side, side),
        [[circle, circle], [2 * circle]],
        ["a", "b"],
        ["left", "right"],
        4.0,
    )
    for ax, radius, number in zip(panels, (2.0, 2**0.5), (3, 2), strict=True):
        assert len(ax.collections) == number  # a shade and the outlines
        (path,) = ax.collections[1].get_paths()
        np.testing.assert_allclose(np.hypot(*path.vertices.T), radius, rtol=0.02)
        assert "lambda_{14}" in ax.get_xlabel()
    assert "lambda_{34}" in panels[0].get_ylabel()
