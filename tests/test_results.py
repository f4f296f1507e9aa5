"""Results as values: what they hold, and that the caveats of their inputs survive every combination."""

from __future__ import annotations

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import data, experiments, io, limits, phases, published, results
from companion.couplings import Effective, Mixing, Transition
from companion.experiments import Axis
from companion.results import Provenance


@pytest.fixture(scope="module")
def csi():
    return experiments.load("coherent-csi")


@pytest.fixture(scope="module")
def spectrum(csi):
    return results.spectrum(csi, "mu_mu", 2e-9, 0.01)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


# ---- what numbers rest on

KINDS = {
    "coherent-csi": ("data", True),
    "cenns-750": ("projection", False),
    "texono": ("SURROGATE, not data", False),
    "coherent-csi+texono": ("SURROGATE, not data", False),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_of_every_input_survives(name):
    rests_on = Provenance.of([name])
    assert (rests_on.kind, rests_on.is_data) == KINDS[name]
    assert results.limit(name, "mu_e", [0.01]).provenance == rests_on


def test_a_sum_of_provenances_forgets_nothing():
    parts = ("coherent-csi", "cenns-750", "texono")
    total = Provenance()
    for name in parts:
        total = total + Provenance.of([name])
    assert total == Provenance.of(parts)
    assert total.titles == ("COHERENT-CsI", "CENNS-750", "TEXONO (surrogate)")
    note = total.notes()["note"]
    assert "SURROGATE" in note.split("; ")[0]
    assert note.split("; ")[0].endswith("(TEXONO (surrogate))")
    assert note.split("; ")[1].endswith("(CENNS-750)")
    assert "note" not in Provenance.of(["coherent-csi"]).notes()
    assert Provenance().source == "formulas of arXiv:2109.09545 and of this book"


def test_an_expectation_in_the_place_of_data_is_a_projection(csi):
    """Of one experiment, and of a combination whose parts are data."""
    both = experiments.combine([csi, experiments.load("coherent-lar")])
    for told in (csi.asimov(), both.asimov()):
        assert results.limit(told, "mu_mu", [1.0]).provenance.kind == "projection"
    assert results.limit(both, "mu_mu", [1.0]).provenance.kind == "data"


def test_options_stand_in_everything_that_is_exported():
    changed = experiments.load("coherent-csi", smearing=False)
    for made in (
        results.spectrum(changed),
        results.limit(changed, "mu_mu", [1.0]),
        results.interval(changed, "mu_mu", [1.0]),
        results.limits_on(changed, ["mu_e", "mu_mu"], [1.0]),
    ):
        assert "smearing = False" in made.title
        assert "smearing = False" in made.table.notes["options"]
        assert made.table.notes["kind"] == "data, changed"
        assert '"kind": "data, changed"' in io.render(made, "json")
    model = io.model(changed, "mu_mu", [1.0])
    assert model["kind"] == "data, changed"
    assert "smearing = False" in model["title"]


def test_a_change_by_hand_stands_in_everything_that_is_exported(csi):
    likelihood = replace(csi.likelihood, observed=csi.observed + 1)
    changed = replace(csi, likelihood=likelihood)
    made = results.limit(changed, "mu_mu", [1.0])
    assert "changed by hand" in made.title
    assert "the sources are those of the original" in made.table.notes["options"]
    assert io.model(changed, "mu_mu", [1.0])["kind"] == "data, changed"
    joint = experiments.combine([changed, experiments.load("texono")])
    assert results.limit(joint, "mu_e", [1.0]).provenance.kind == "SURROGATE, not data, changed"


# ---- what is excluded


def test_only_data_exclude_anything():
    curves = [results.limit(name, "mu_e", [0.01, 0.1, 1.0]) for name in ("coherent-csi", "texono", "cr51-lxe-a")]
    assert curves[1].value[0] < curves[0].value[0]
    lowest = results.excluded(curves, "mu_e")
    np.testing.assert_allclose(lowest.value, curves[0].value, rtol=1e-13)
    assert lowest.provenance == curves[0].provenance
    left_out = lowest.notes["left out"]
    assert "TEXONO (surrogate)" in left_out
    assert "51Cr-LXe A" in left_out
    with pytest.raises(ValueError, match="no limit from data"):
        results.excluded(curves[1:], "mu_e")
    with pytest.raises(ValueError, match="no limit on mu_mu"):
        results.excluded(curves, "mu_mu")


def test_no_shade_above_a_limit_that_excludes_nothing():
    for name, shades in (("texono", 0), ("cr51-lxe-a", 0), ("coherent-csi", 1)):
        assert len(results.limit(name, "mu_e", [0.01, 0.1]).plot().collections) == shades


def test_what_is_excluded_between_the_points_of_curves_of_others():
    ours = results.limit("coherent-csi", "mu_mu", np.geomspace(1, 40, 30))
    theirs = published.curves("mu")
    current = [curve for curve in theirs if curve.kind == "current"]
    beyond = 1.1 * max(curve.m_4.max() for curve in current)
    m_4 = np.array([5.0, 158.0, beyond])
    lowest = results.excluded([ours, *theirs], "mu_mu", m_4)
    exact = float(limits.upper_limit("coherent-csi", "mu_mu", 5.0))
    known = [published.level(curve, m_4[:1]) for curve in current]
    assert lowest.value[0] == pytest.approx(np.fmin(exact, np.nanmin(known)), rel=2e-3)
    assert lowest.value[1] == pytest.approx(1.288e-9, rel=5e-3)  # MiniBooNE, read off its figure
    assert np.isinf(lowest.value[2])  # beyond the curves that are no projections
    assert "SHiP" not in "".join(lowest.provenance.titles)


def test_a_level_is_straight_in_both_logarithms():
    m_4, line = [1.0, 10.0, 100.0, 1000.0], [1e-9, 1e-8, np.inf, 1e-7]
    found = results.level(m_4, line, [0.5, 10**0.5, 10.0, 20.0, 500.0, 1000.0])
    np.testing.assert_allclose(found, [np.nan, 10**-8.5, 1e-8, np.nan, np.nan, 1e-7])
    folded = results.level([1.0, 100.0, 1.0], [1e-9, 1e-8, 1e-7], [10.0])
    np.testing.assert_allclose(folded, 10**-8.5)
    with pytest.raises(ValueError, match="masses above zero"):
        results.level(m_4, line, [0.0])


# ---- counts


def test_spectrum_holds_the_counts_of_the_experiment(csi, spectrum):
    assert list(spectrum.table.columns) == [
        "photoelectrons_low", "photoelectrons_high", "observed", "error", "prompt_neutrons", "standard_model", "dipole",
    ]  # fmt: skip
    np.testing.assert_array_equal(spectrum.observed, csi.observed)
    np.testing.assert_allclose(spectrum.dipole, 4e-18 * csi.dipole("mu", 0.01), rtol=1e-12)
    assert spectrum.table.units["photoelectrons_low"] == "PE"
    assert spectrum.table.units["dipole"] == "events"
    assert "dipole" not in results.spectrum(csi).table.columns


def test_a_signal_far_below_the_standard_model_keeps_its_digits(csi):
    tiny = results.spectrum(csi, "mu_mu", 1e-16, 0.01)
    np.testing.assert_allclose(tiny.dipole, 1e-32 * csi.dipole("mu", 0.01), rtol=1e-12)


def test_an_interference_is_part_of_the_signal():
    ge = experiments.load("cr51-cevns-ge")
    plus, minus = (results.spectrum(ge, Effective("e", interference=sign * 0.3), 1e-11, 0.1).dipole for sign in (1, -1))
    np.testing.assert_allclose(plus + minus, 2e-22 * ge.dipole("e", 0.1), rtol=1e-12)
    np.testing.assert_allclose(plus - minus, 2 * 0.3e-11 * ge.interference("e", 0.1), rtol=1e-9)


@pytest.mark.parametrize(
    "given", [{"coupling": "mu_mu"}, {"value": 1e-9, "m_4": 1.0}, {"coupling": "mu_mu", "m_4": 1.0}]
)
def test_half_a_signal_is_refused(csi, given):
    with pytest.raises(ValueError, match="all three of coupling, value and m_4"):
        results.spectrum(csi, **given)


def test_two_axes_are_flattened(csi):
    axes = (
        Axis("energy", "keV", np.array([0.0, 1.0, 2.0, 4.0])),
        Axis("time", "us", np.array([0.0, 1.0, 2.0, 3.0, 6.0])),
    )
    made = results.spectrum(replace(csi, axes=axes), "mu_mu", 2e-9, 0.01)
    table = made.table
    assert list(table.columns)[:5] == ["energy_low", "energy_high", "time_low", "time_high", "observed"]
    np.testing.assert_array_equal(table["energy_high"], np.repeat([1, 2, 4], 4))
    np.testing.assert_array_equal(table["time_low"], np.tile([0, 1, 2, 3], 3))
    assert (table.units["energy_low"], table.units["time_high"]) == ("keV", "us")
    assert [entry["header"]["name"] for entry in io.record(table)["independent_variables"]] == ["energy", "time"]
    with pytest.raises(ValueError, match="drawn along one axis"):
        made.plot()


# ---- couplings against the mass


def test_a_limit_says_where_zero_is_excluded(csi):
    xenon = experiments.load("xenon1t")
    made = results.limit(xenon, "mu_mu", [0.01, 0.1, 1.0])
    assert made.notes["excess"].startswith("zero is excluded at 2 of 3 masses (0.01 to 0.1 MeV)")
    np.testing.assert_array_equal(made.value, limits.upper_limit(xenon, "mu_mu", [0.01, 0.1, 1.0]))
    np.testing.assert_array_equal(made.low > 0, [True, True, False])
    assert "excess" not in results.limit(csi, "mu_mu", [0.01, 0.1]).notes


@pytest.mark.parametrize(
    ("name", "coupling", "m_4", "confidence", "reason"),
    [
        ("coherent-csi", "mu_mu", 60.0, 0.9, "60 MeV is not below the largest mass"),
        ("texono", "mu_e", 0.01, 1 - 1e-9, "the errors on the size of the signal allow any coupling"),
        ("texono", "mu_mu", 0.01, 0.9, "nothing in the beam (e) couples through mu_mu"),
    ],
)
def test_the_reason_for_no_limit_is_the_true_one(name, coupling, m_4, confidence, reason):
    made = results.limit(name, coupling, [m_4], confidence=confidence)
    assert np.isinf(made.value).all()
    assert made.blind.startswith(reason)
    assert made.table.notes["blind"] == f"inf: {made.blind}"


def test_several_limits_are_those_of_each(csi):
    m_4 = [0.01, 20.0, 60.0]
    several = results.limits_on(csi, ["mu_e", "lambda_14"], m_4)
    for name in ("mu_e", "lambda_14"):
        np.testing.assert_array_equal(several.table[name], limits.upper_limit(csi, name, m_4))
    for name in ("mu_e", "lambda_14"):
        assert f"{name}: inf: 60 MeV is not below the largest mass" in several.notes["blind"]
    together = results.limits_on("texono", ["lambda_14", "lambda_34"], [1.0], free=True)
    exact = phases.upper_limit("texono", ["lambda_14", "lambda_34"], [1.0])
    np.testing.assert_array_equal([one.value for one in together.limits], exact)
    assert "all phases free" in together.title


def test_an_interval_with_its_best_fit():
    made = results.interval("xenon1t", "mu_mu", [0.01, 0.1])
    low, high = limits.interval("xenon1t", "mu_mu", [0.01, 0.1])
    np.testing.assert_array_equal((made.low, made.high), (low, high))
    xenon = experiments.load("xenon1t")
    np.testing.assert_allclose(made.chi2, xenon.chi2("mu_mu", made.best, made.m_4), rtol=1e-9)
    assert made.null == pytest.approx(float(xenon.chi2("mu_mu", 0.0, 0.0)))
    assert (made.low < made.best).all()
    assert (made.best < made.high).all()


def test_a_region_is_that_of_the_contour():
    m_4 = [0.01, 0.03, 0.1, 1.0]
    made, contour = results.region("xenon1t", "mu_mu", m_4), limits.contour("xenon1t", "mu_mu", m_4)
    np.testing.assert_array_equal(made.low, contour.low)
    assert made.spans == contour.spans
    assert made.notes["minimum"].startswith(f"chi2 = {contour.chi2:.3f} at ")


def test_a_band_lies_around_its_limit():
    made = results.band("cr51-lxe-a", "mu_e", [0.01, 0.1])
    np.testing.assert_array_equal(made.value, limits.upper_limit("cr51-lxe-a", "mu_e", [0.01, 0.1]))
    for low, high in made.bands.values():
        assert (low <= made.value).all()
        assert (made.value <= high).all()
    record = io.record(made.table)
    (mass,) = record["independent_variables"]
    assert mass["header"] == {"name": "m_4", "units": "MeV"}
    names = [variable["header"]["name"] for variable in record["dependent_variables"]]
    assert names == ["limit", "sigma_low", "sigma_high", "choice_low", "choice_high"]


def test_choices_keep_their_labels(csi):
    made = results.choices(csi, "mu_mu", 0.01)
    assert made.labels == [one.choice.label for one in made.alternatives]
    assert made.table["ratio"][0] == 1
    assert made.table.source == "; ".join(dict.fromkeys(csi.sources))


def test_a_mixing_of_its_own_is_written_down(csi):
    made = results.limit(csi, Transition("14", mixing=Mixing(phases={"delta": 0.0})), [0.01])
    assert made.table.notes["mixing"] == "delta = 0 rad"


# ---- every result

EVERY = {
    "spectrum": lambda: results.spectrum("coherent-csi", "mu_mu", 2e-9, 0.01),
    "limit": lambda: results.limit("coherent-csi", "mu_mu", [0.01, 1.0, 60.0]),
    "limits": lambda: results.limits_on("coherent-csi", ["mu_e", "mu_mu"], [0.01, 1.0]),
    "interval": lambda: results.interval("xenon1t", "mu_mu", [0.01, 0.1, 1.0]),
    "region": lambda: results.region("xenon1t", "mu_mu", [0.01, 0.03, 0.1, 1.0]),
    "band": lambda: results.band("cr51-lxe-a", "mu_e", [0.01, 0.1]),
    "choices": lambda: results.choices("cr51-lxe-a", "mu_e", 0.01),
    "curve": lambda: published.curve("nomad_mu_magill"),
}


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind != "curve"])
def test_every_result_shows_writes_and_draws_itself(kind, tmp_path):
    made = EVERY[kind]()
    assert repr(made).count("\n") == 0
    assert made._repr_html_().startswith("<table>")
    for ending in (".csv", ".json", ".yaml"):
        assert made.write(tmp_path / "new" / f"{kind}{ending}").stat().st_size > 100
    back = data.read(tmp_path / "new" / f"{kind}.csv")
    assert dict(back.units) == dict(made.table.units)
    for name in made.table.columns:
        if made.table.units[name] == "-":
            assert list(back[name]) == list(made.table[name])
        else:
            np.testing.assert_allclose(back[name], made.table[name], rtol=1e-9)
    ax = plt.figure().add_subplot()
    assert made.plot(ax) is ax


@pytest.mark.parametrize(("ending", "start"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_a_figure_is_what_its_ending_says(ending, start, tmp_path):
    path = EVERY["limit"]().write(tmp_path / f"limit{ending}")
    assert path.read_bytes().startswith(start)
    assert not plt.get_fignums()


@pytest.mark.parametrize("path", ["x.txt", "x", "x.xlsx", "x.csv.gz"])
def test_other_endings_are_refused(path, tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.csv, \.json, \.yaml, \.png, \.pdf, \.svg"):
        EVERY["limit"]().write(tmp_path / path)
    assert not list(tmp_path.iterdir())


def test_numbers_of_a_figure_are_read_back(tmp_path):
    table = results.table("curve", "A curve", {"x": [1, 2], "y": [0.1, np.nan]}, {"x": "keV", "y": "1"})
    back = data.read(io.write(table, tmp_path / "curve.csv"))
    np.testing.assert_allclose(back["y"], [0.1, np.nan])
    assert back.units["x"] == "keV"
    with pytest.raises(ValueError, match="there are units for x$"):
        results.table("curve", "A curve", {"x": [1], "y": [2]}, {"x": "keV"})
    with pytest.raises(ValueError, match="of one length"):
        results.table("curve", "A curve", {"x": [1], "y": [2, 3]}, {"x": "keV", "y": "1"})
    with pytest.raises(ValueError, match="has no figure"):
        io.write(table, tmp_path / "curve.png")
    assert "SURROGATE" in results.table("t", "t", {"x": [1]}, {"x": "1"}, ["texono"]).notes["note"]


@pytest.mark.slow(reason="pandas and xarray take seconds to import")
def test_other_libraries_take_a_result(spectrum):
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    frame = spectrum.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    np.testing.assert_array_equal(frame["observed"], spectrum.observed)
    assert frame.attrs["units"]["dipole"] == "events"
    dataset = results.limit("coherent-csi", "mu_mu", [0.01, 1.0]).to_xarray()
    assert isinstance(dataset, xarray.Dataset)
    assert dataset["limit"].attrs["units"] == "mu_B"


def test_an_expected_band_belongs_to_its_limit():
    one = results.limit("xenonnt", "mu_mu", [0.01])
    with pytest.raises(ValueError, match="a limit of XENONnT, not of TEXONO"):
        one.with_expected("texono")
    free = results.limit("coherent-csi+coherent-lar", "lambda_24", [1.0], free=True)
    with pytest.raises(ValueError, match="one moment at a time"):
        free.with_expected("coherent-csi+coherent-lar")
