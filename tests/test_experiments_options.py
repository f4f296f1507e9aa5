"""Options of the experiments: one vocabulary, what is refused, pickles, representations, and one's own quenching."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import pytest

from companion import experiments, limits
from companion.experiments import Choice, Options, option
from companion.response import Polynomial
from companion.statistics import Gaussian, Pull

NAMES = experiments.names()

UNITS = {"keV": "keV", "MeV": "MeV", "eV": "eV", "us": "us", "ns": "ns", "fm": "fm", "PE": "PE"}
"""Ends of names that promise a unit."""


@pytest.fixture(scope="module")
def loaded():
    return {name: experiments.load(name) for name in NAMES}


# ---------------------------------------------------------------------------------------------------------------------
# one vocabulary


def test_one_name_has_one_meaning_and_one_unit_everywhere():
    known = {}
    for name in NAMES:
        for one in fields(experiments.options(name)):
            about = (one.metadata["meaning"], one.metadata["unit"])
            assert known.setdefault(one.name, about) == about, f"{one.name} of {name}"
    # and one meaning has one name
    meanings = [meaning for meaning, _ in known.values()]
    assert len(set(meanings)) == len(meanings)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_documented_and_its_name_agrees_with_its_unit(name):
    settings = experiments.options(name)
    assert settings.__doc__
    for one in fields(settings):
        about = one.metadata
        assert about["meaning"], one.name
        end = one.name.rpartition("_")[2]
        if end in UNITS:
            assert about["unit"] == UNITS[end], one.name
        if one.name.endswith("_factor") and one.name != "form_factor":
            assert (one.default, about["unit"]) == (1.0, "1"), one.name
        if isinstance(one.default, float):
            assert about["unit"], one.name
        if about["among"]:
            assert one.default in about["among"]


def test_energies_of_axes_have_one_name_each(loaded):
    names = {axis.name for experiment in loaded.values() for axis in experiment.axes}
    assert {name for name in names if "energy" in name} == {"recoil energy", "reconstructed energy"}


def test_options_are_seen_with_their_meaning(loaded):
    options = loaded["coherent-csi"].options
    assert type(options) is experiments.options("coherent-csi")
    rows = {name: (value, default, unit) for name, value, default, unit, _ in options.table()}
    assert rows["time_window_us"] == (6, 6, "us")
    assert rows["delayed_fraction"] == (None, None, "1")
    page = experiments.load("coherent-csi", quenching=Polynomial((0.05,))).options._repr_html_()
    assert page.count("<tr>") == len(rows) + 1
    assert "Polynomial" in page
    assert "from the tables" in page


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_gets_the_list(name):
    known = ", ".join(one.name for one in fields(experiments.options(name)))
    with pytest.raises(ValueError, match=f"{name} has no option 'colour'; there are {known}"):
        experiments.load(name, colour="blue")


@dataclass(frozen=True, kw_only=True)
class Example(Options):
    """Of every type."""

    factor: float = option(1.0, "a factor", unit="1", above=0)
    number: int = option(3, "how many", at_least=1)
    flag: bool = option(True, "whether")
    text: str = option("a", "a text")
    one_of: str = option("a", "one of a few", among=("a", "b"))
    window: int = option(6, "one of a few numbers", among=(6, 12))
    table: float | None = option(None, "from the tables", unit="keV", at_least=0)
    free: object = option(None, "anything", anything=True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"factor": 0}, "'factor' must be greater than 0, not 0"),
        ({"factor": "1"}, "'factor' takes a finite number, not '1'"),
        ({"factor": True}, "'factor' takes a finite number, not True"),
        ({"factor": np.nan}, "'factor' takes a finite number, not nan"),
        ({"factor": len}, "'factor' takes a finite number, not <built-in"),
        ({"number": 0}, "'number' must be at least 1, not 0"),
        ({"number": 2.5}, "'number' takes a whole number, not 2.5"),
        ({"flag": 1}, "'flag' takes True or False, not 1"),
        ({"text": 1}, "'text' takes a text, not 1"),
        ({"one_of": "c"}, "'one_of' is one of a, b, not 'c'"),
        ({"one_of": None}, "'one_of' is one of a, b, not None"),
        ({"window": True}, "'window' is one of 6, 12, not True"),
        ({"table": "x"}, "'table' takes a finite number, not 'x'"),
        ({"table": -1.0}, "'table' must be at least 0, not -1.0"),
    ],
)
def test_values_of_another_kind_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Example(**given)


def test_values_of_the_right_kind_are_taken():
    given = {"factor": np.float64(2), "number": 4.0, "window": 12, "table": 0, "free": len, "one_of": "b"}
    assert Example(**given).changed() == given
    assert Example().changed() == {}


# ---------------------------------------------------------------------------------------------------------------------
# values that travel


@pytest.mark.parametrize("name", NAMES)
def test_experiments_pickle_and_copy(loaded, name):
    here = loaded[name]
    for there in (pickle.loads(pickle.dumps(here)), copy.deepcopy(here)):
        assert repr(there) == repr(here)
        assert there.options == here.options
        assert there.modified == ()
        np.testing.assert_array_equal(there.standard_model(), here.standard_model())
        state = here.states[0]
        np.testing.assert_array_equal(there.dipole(state, 0.01), here.dipole(state, 0.01))
        chi2 = [float(each.likelihood.chi2(each.standard_model())) for each in (here, there)]
        assert chi2[0] == chi2[1]


def limit_of(experiment):
    return float(limits.upper_limit(experiment, "mu_e", 0.01))


def test_processes_share_the_work(loaded):
    some = [loaded[name] for name in ("coherent-lar", "cr51-cevns-ge")]
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(limit_of, some))
    assert found == [limit_of(experiment) for experiment in some]


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_is_one_line_and_a_small_table(loaded, name):
    line = repr(loaded[name])
    assert len(line) <= 120
    assert "\n" not in line
    assert loaded[name].title in line
    page = loaded[name]._repr_html_()
    assert page.startswith("<table>")
    assert page.count("<tr>") < 12


def test_long_lines_are_cut(loaded):
    together = experiments.combine([loaded[name] for name in ("coherent-csi", "coherent-lar", "xenon1t")])
    assert len(repr(together)) <= 120
    changed = {"neutrinos_factor": 1.123456, "neutrons_factor": 2.123456, "electrons": True, "form_factor": "helm"}
    line = repr(experiments.load("coherent-csi", time_window_us=12, smearing=False, **changed))
    assert len(line) == 120
    assert line.endswith("…>")


# ---------------------------------------------------------------------------------------------------------------------
# what was changed is said


def test_changes_by_hand_are_said(loaded):
    lar = loaded["coherent-lar"]
    assert (lar.modified, lar.changes) == ((), "")
    fewer = replace(lar, channels=tuple(replace(channel, number=channel.number / 2) for channel in lar.channels))
    assert fewer.modified == ("channels",)
    other = replace(fewer, likelihood=replace(lar.likelihood, pulls=()))
    assert other.modified == ("likelihood", "channels")
    assert "changed by hand: likelihood, channels (the sources are those of the original)" in other.changes
    assert "changed by hand" in repr(other)
    # a copy of the same parts is no change, and neither is a title
    assert replace(lar, title="LAr").modified == ()
    # options and hands
    both = experiments.load("coherent-lar", smearing=False)
    both = replace(both, likelihood=lar.likelihood)
    assert both.changes.startswith("smearing = False, changed by hand: likelihood")
    # in a combination as well
    joint = experiments.combine([fewer, loaded["xenon1t"]])
    assert joint.modified == ("coherent-lar channels",)
    assert "COHERENT-LAr" in joint.changes or "coherent-lar" in joint.changes


def test_a_changed_experiment_made_into_a_projection_still_says_so(loaded):
    lar = loaded["coherent-lar"]
    projected = lar.asimov()
    assert projected.projected
    assert projected.modified == ()
    assert replace(projected, likelihood=lar.likelihood).modified == ("likelihood",)
    halved = replace(lar, channels=tuple(replace(channel, number=channel.number / 2) for channel in lar.channels))
    assert halved.asimov().modified == ("channels",)
    # projections of Eq. (27) are built without hands
    assert loaded["cr51-cevns-ge"].modified == ()
    assert replace(loaded["cr51-cevns-ge"], axes=loaded["cr51-cevns-ge"].axes).modified == ()


# ---------------------------------------------------------------------------------------------------------------------
# a quenching of one's own


def linear(E_r):
    return 0.0878 * np.asarray(E_r, float)


QUENCHING = """\
# title: a quenching factor of one's own
# units: E_r = keV; factor = 1
# source: made up in a test
# status: assumed
E_r,factor
1,0.0878
100,0.0878
"""


@pytest.mark.parametrize("name", ["coherent-csi", "coherent-csi-2021", "coherent-lar", "cenns-750"])
def test_quenching_is_a_model_a_number_a_table_or_a_function(name, tmp_path):
    file = tmp_path / "quenching.csv"
    file.write_text(QUENCHING, encoding="utf-8")
    number = experiments.load(name, quenching=0.0878)
    for same in (str(file), linear, ((0.001, 0.1), (0.0878, 0.0878))):
        other = experiments.load(name, quenching=same)
        np.testing.assert_allclose(other.standard_model(), number.standard_model(), rtol=1e-9, atol=1e-12)
        assert any(source.startswith("quenching of one's own: ") for source in other.sources)
        assert "quenching = " in other.changes
        pickle.loads(pickle.dumps(other))
    default = experiments.load(name)
    # of the sources the quenching's alone is exchanged
    used, given = set(default.sources), set(number.sources)
    assert given - used == {"quenching of one's own: 0.0878"}
    assert all("quench" in source.lower() or "scintResp" in source or "lar" in name or name == "cenns-750"
               for source in used - given)  # fmt: skip


def test_a_constant_factor_is_the_model_of_2017():
    ours = experiments.load("coherent-csi", quenching="2017")
    mine = experiments.load("coherent-csi", quenching=0.0878)
    np.testing.assert_allclose(mine.standard_model(), ours.standard_model(), rtol=1e-12)


@pytest.mark.parametrize("wrong", [0.0, -0.1, 1.5, None, True, "no-such-file.csv"])
def test_impossible_quenchings_are_refused(wrong):
    with pytest.raises(ValueError, match="quenching"):
        experiments.load("coherent-csi", quenching=wrong)


# ---------------------------------------------------------------------------------------------------------------------
# a reader's own


def small(size=10.0, sigma=0.1):
    """One bin."""
    lar = experiments.load("coherent-lar")
    likelihood = Gaussian(size * np.ones(12), np.ones(12), {}, (Pull("small signal", sigma),))
    return replace(
        lar, name="small", title="small", likelihood=likelihood, choices=(Choice("large", {"size": 20.0}),), _built={}
    )


@pytest.fixture
def registered():
    experiments.register("small", small)
    yield
    from companion.experiments import registry

    registry._registered.pop("small", None)


@pytest.mark.usefixtures("registered")
def test_keywords_of_a_function_become_options():
    assert "small" in experiments.names()
    own = experiments.load("small", size=5.0)
    assert own.observed[0] == 5
    assert own.options.changed() == {"size": 5.0}
    assert pickle.loads(pickle.dumps(own)).options == own.options
    with pytest.raises(ValueError, match="small has no option 'sise'; there are size, sigma"):
        experiments.load("small", sise=5.0)
    with pytest.raises(ValueError, match="'sigma' takes a finite number, not 'x'"):
        experiments.load("small", sigma="x")
    # a notebook that is run again
    experiments.register("small", small)


@pytest.mark.parametrize(
    ("name", "build", "message"),
    [
        ("coherent-csi", small, "needs a new name without '\\+', not 'coherent-csi'"),
        ("a+b", small, "needs a new name without '\\+', not 'a\\+b'"),
        (" ", small, "needs a new name"),
        ("other", small, "'other' makes an experiment of the name 'small'"),
        ("nothing", lambda: None, "builds an experiment must return one, not NoneType"),
        ("asking", lambda size: None, "every argument of <lambda> needs a default; 'size' has none"),
    ],
)
def test_what_cannot_be_registered_is_refused(name, build, message):
    with pytest.raises(ValueError, match=message):
        experiments.register(name, build)
    assert name not in experiments.names() or name == "coherent-csi"


def test_files_that_register_nothing_are_refused(tmp_path):
    empty = tmp_path / "empty_file.py"
    empty.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="registers no experiment; it needs a line experiments.register"):
        experiments.include(empty)
    for wrong in (tmp_path / "none.py", tmp_path):
        with pytest.raises(ValueError, match="is no Python file that could register experiments"):
            experiments.include(wrong)
