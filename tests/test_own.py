"""A detector of one's own from a few keys: right at the first try, and one clear line for every mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from companion import experiments, limits, own, response, systematics, targets, units
from companion.cli.main import main
from companion.experiments import Axis, Experiment
from companion.fluxes import reactor
from companion.statistics import Poisson, Pull

SILICON = """
name = "silicon"
title = "10 kg of silicon at a reactor"
target = "Si"
mass = "10 kg"
time = "1 year"
threshold = "15 eV_ee"
maximum = "1 keV_ee"
quenching = "lindhard"
resolution = "2 eV_ee"
source = {kind = "reactor", flux = "1e13 1/(cm^2 s)"}
background = "10 1/(kg d keV_ee)"
systematics = {signal = 0.05, background = 0.1, quenching = 0.1}
"""
"""What a newcomer writes."""

HEADER = "# units: {units}\n# source: a bench test\n# status: measured\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "silicon.toml").write_text(SILICON, encoding="utf-8")
    return tmp_path


def changed(folder, old, new):
    assert old in SILICON
    path = folder / "changed.toml"
    path.write_text(SILICON.replace(old, new), encoding="utf-8")
    return path


def by_hand():
    """The same detector from the public parts of the package."""
    exposure = 10 * 365.25
    edges = np.geomspace(0.015, 1.0, 21)
    known = {"edges": edges * units.keV, "resolution": 2 * units.eV, "minimum_ionisation": 3.6 * units.eV}
    silicon = targets.compound({"Si": 1})
    ((_, nucleus),) = silicon.nuclei
    channels = experiments.channels(
        silicon,
        exposure * units.day,
        reactor.flux(1e13 / units.cm**2 / units.second),
        nuclei=response.Binned(quenching=response.Lindhard(nucleus.Z, nucleus.A), **known),
        electrons=response.Binned(**known),
    )
    flat = 10 * exposure * np.diff(edges)
    weak = sum(experiments.standard_model(channels).values())
    pulls = Pull("signal", 0.05), Pull("background", 0.1, ("background",))
    return Experiment(
        name="by-hand",
        title="by hand",
        axes=(Axis("reconstructed energy", "keV_ee", edges),),
        quantity="events",
        likelihood=Poisson(weak + flat, {"background": flat}, pulls),
        channels=channels,
        sources=("this test",),
        projected=True,
    )


def test_ten_kilograms_of_silicon_work_at_the_first_try(folder):
    detector, same = own.build(folder / "silicon.toml"), by_hand()
    np.testing.assert_allclose(detector.observed, same.observed, rtol=1e-12)
    masses = [0.01, 0.3, 3.0]
    found = limits.upper_limit(detector, "mu_e", masses)
    np.testing.assert_allclose(found, limits.upper_limit(same, "mu_e", masses), rtol=1e-9)
    assert found[2] > found[0]
    assert 1e-12 < found[0] < 1e-9


def test_the_example_of_the_book_is_that_detector(folder):
    example = Path(__file__).resolve().parents[1] / "book" / "examples" / "silicon.toml"
    shown, same = own.build(example), own.build(folder / "silicon.toml")
    np.testing.assert_array_equal(shown.observed, same.observed)
    assert shown.likelihood.pulls[0].sigma == same.likelihood.pulls[0].sigma
    assert "{literalinclude} examples/silicon.toml" in (example.parents[1] / "your_own.md").read_text(encoding="utf-8")


def test_a_mapping_is_a_file(folder):
    keys = own.describe(folder / "silicon.toml")
    np.testing.assert_array_equal(own.build(keys).observed, own.build(folder / "silicon.toml").observed)


def test_it_is_treated_like_ours(folder):
    assert own.register(folder / "silicon.toml") == "silicon"
    detector = experiments.load("silicon", exposure_factor=2.0)
    plain = experiments.load("silicon")
    np.testing.assert_allclose(detector.observed, 2 * plain.observed, rtol=1e-12)
    assert plain.projected
    assert plain.sources == ("a detector described in silicon.toml",)
    effects = {effect.source: effect for effect in systematics.effects("silicon", "mu_e", 3.0)}
    assert {"quenching", "weak mixing angle"} <= set(effects)
    assert effects["quenching"].down < 1 < effects["quenching"].up
    less = experiments.load("silicon", quenching_factor=0.9)
    assert less.standard_model().sum() < plain.standard_model().sum()
    with pytest.raises(ValueError, match="no option 'threshold'"):
        experiments.load("silicon", threshold=1)


def test_on_the_command_line(folder, capsys):
    file = str(folder / "silicon.toml")
    assert main(["limit", "--experiment", file, "mu_e", "--m4", "0.01", "--format", "csv"]) == 0
    printed = capsys.readouterr().out
    expected = float(limits.upper_limit(own.build(file), "mu_e", 0.01))
    assert float(printed.splitlines()[-1].split(",")[1]) == pytest.approx(expected, rel=1e-6)
    assert "projection" in printed
    assert main(["events", "--experiment", file]) == 0
    assert main(["limit", "silicon+cr51-cevns-ge", "mu_e", "--experiment", file, "--m4", "0.01"]) == 0
    capsys.readouterr()
    assert main(["limit", "--experiment", str(folder / "none.toml"), "mu_e", "--m4", "1"]) == 2
    assert capsys.readouterr().err == f"companion: cannot read {folder / 'none.toml'}: No such file or directory\n"
    assert main(["limit", "--m4", "1"]) == 2
    assert capsys.readouterr().err.startswith("companion: which experiment?")


def test_in_a_fresh_process(folder):
    words = [sys.executable, "-m", "companion", "limit", "--experiment", "silicon.toml", "mu_e", "--m4", "0.01"]
    import companion

    path = {"PYTHONPATH": str(companion.__path__[0]).removesuffix("companion"), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=path, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_files_beside_it(folder):
    """Tables that say what the numbers of the keys say give the same."""
    (folder / "q.csv").write_text(
        HEADER.format(units="E_r = keV; factor = 1") + "E_r,factor\n0,0.2\n100,0.2\n", encoding="utf-8"
    )
    (folder / "e.csv").write_text(
        HEADER.format(units="E = eV_ee; efficiency = 1") + "E,efficiency\n0,0.5\n5000,0.5\n", encoding="utf-8"
    )
    (folder / "b.csv").write_text(
        HEADER.format(units="E_low = keV_ee; E_high = keV_ee; rate = 1/(kg y keV_ee)")
        + "E_low,E_high,rate\n0,0.5,3652.5\n0.5,2,3652.5\n",
        encoding="utf-8",
    )
    from_files = SILICON.replace('"lindhard"', '"q.csv"').replace('"10 1/(kg d keV_ee)"', '"b.csv"')
    numbers = SILICON.replace('"lindhard"', "0.2")
    (folder / "files.toml").write_text(f'{from_files}efficiency = "e.csv"\n', encoding="utf-8")
    (folder / "numbers.toml").write_text(f"{numbers}efficiency = 0.5\n", encoding="utf-8")
    one, other = own.build(folder / "files.toml"), own.build(folder / "numbers.toml")
    np.testing.assert_allclose(one.backgrounds["background"], other.backgrounds["background"], rtol=1e-12)
    np.testing.assert_allclose(one.standard_model(), other.standard_model(), rtol=1e-6)
    np.testing.assert_allclose(one.template("mu_e", 0.1), other.template("mu_e", 0.1), rtol=1e-4)


def test_data(folder):
    """Counts that are the expectation of the projection, rounded, in its own bins."""
    projection = own.build(folder / "silicon.toml")
    edges = projection.axes[0].edges
    rows = zip(edges[:-1], edges[1:], np.round(projection.observed), strict=True)
    text = HEADER.format(units="E_low = keV_ee; E_high = keV_ee; counts = events") + "E_low,E_high,counts\n"
    text += "".join(f"{float(low)!r},{float(high)!r},{counts:.0f}\n" for low, high, counts in rows)
    (folder / "d.csv").write_text(text, encoding="utf-8")
    detector = own.build(changed(folder, 'threshold = "15 eV_ee"\nmaximum = "1 keV_ee"', 'data = "d.csv"'))
    assert not detector.projected
    np.testing.assert_array_equal(detector.observed, np.round(projection.observed))
    np.testing.assert_allclose(detector.axes[0].edges, edges, rtol=1e-12)
    found, expected = (limits.upper_limit(one, "mu_e", 0.01) for one in (detector, projection))
    assert found == pytest.approx(float(expected), rel=0.05)


@pytest.mark.parametrize(
    ("source", "flavours"),
    [
        ('{kind = "stopped-pion", protons = 1e23, neutrinos_per_proton = 0.08, distance = "20 m"}', {"e", "mu"}),
        ('{kind = "chromium", activity = "5 MCi", distance = "1 m"}', {"e"}),
        ('{kind = "solar"}', {"1", "2", "3"}),
    ],
)
def test_other_sources(folder, source, flavours):
    path = changed(folder, '{kind = "reactor", flux = "1e13 1/(cm^2 s)"}', source)
    detector = own.build(path)
    assert set(detector.states) == flavours
    assert np.isfinite(limits.upper_limit(detector, "mu_e", 0.01))


def test_the_sun_knows_the_mixing(folder):
    from companion.couplings import Mixing, Transition

    detector = own.build(changed(folder, '{kind = "reactor", flux = "1e13 1/(cm^2 s)"}', '{kind = "solar"}'))
    shifted = Transition("14", mixing=Mixing.best_fit(shift="sin2_theta12_up"))
    ratio = detector.template(shifted, 0.01).sum() / detector.template("lambda_14", 0.01).sum()
    assert 0.8 < ratio < 0.999  # a larger theta_12 leaves less of the first eigenstate


MISTAKES = [
    ('target = "Si"', 'taget = "Si"', "key 'taget': there is no such key; 'target' may be meant"),
    ('target = "Si"', "", "the key 'target' is missing"),
    ('target = "Si"', 'target = "silicon"', "key 'target': a formula such as"),
    ('target = "Si"', 'target = "Xx"', "key 'target': "),
    ('mass = "10 kg"', "mass = 10", "key 'mass': a number with its unit is needed, as in '1 kg', not 10"),
    ('mass = "10 kg"', 'mass = "10 m"', "key 'mass': the unit is one like kg, not 'm'"),
    ('mass = "10 kg"', 'mass = "-10 kg"', "key 'mass': the number must be finite and not negative"),
    ('threshold = "15 eV_ee"', 'threshold = "2 keV_ee"', "key 'maximum': it lies above the threshold"),
    ('threshold = "15 eV_ee"', 'threshold = "15 eV_nr"', "key 'threshold': the unit is one like keV_ee, not 'eV_nr'"),
    ('threshold = "15 eV_ee"', "", "key 'threshold': it is missing"),
    ('"lindhard"', "1.5", "key 'quenching': a quenching factor lies between 0 and 1"),
    ('"lindhard"', '"none.csv"', "key 'quenching': "),
    ('quenching = "lindhard"', "", "key 'quenching': it is missing"),
    ('"2 eV_ee"', "{noise = '2 eV_ee', width = 1}", "key 'resolution.width': there is no such key"),
    ('"2 eV_ee"', "'0 eV_ee'", "key 'resolution': a width is greater than zero"),
    ('kind = "reactor"', 'kind = "accelerator"', "key 'source.kind': it is one of reactor, stopped-pion"),
    (', flux = "1e13 1/(cm^2 s)"', "", "key 'source.flux': it is missing; a source of the kind 'reactor' needs it"),
    ("signal = 0.05", "signal = 0", "key 'systematics.signal': a relative error is greater than zero"),
    ("signal = 0.05", "sigmal = 0.05", "key 'systematics.sigmal': there is no such key; 'signal' may be meant"),
    ('"10 1/(kg d keV_ee)"', '"b.csv"', "key 'background': there is no file"),
    ('name = "silicon"', 'name = "silicon"\nbins = 0', "key 'bins': a number from 1 to 1000"),
    ('name = "silicon"', 'name = "silicon"\nsees = ["muons"]', "key 'sees': a list of"),
    ('name = "silicon"', 'name = "silicon"\nefficiency = 1.5', "key 'efficiency': it lies between 0 and 1"),
    ('name = "silicon"', "name = silicon", "is not TOML"),
]


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES, ids=[words for _, _, words in MISTAKES])
def test_a_mistake_is_one_line_that_names_the_key(folder, old, new, words):
    path = changed(folder, old, new)
    with pytest.raises(ValueError) as error:  # noqa: PT011
        own.build(path)
    assert words in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_name_of_ours_is_refused(folder):
    with pytest.raises(ValueError, match="new name"):
        own.register(changed(folder, 'name = "silicon"', 'name = "texono"'))


def test_included_in_a_list(folder, capsys):
    assert main(["list", "silicon", "--include", str(folder / "silicon.toml")]) == 0
    printed = capsys.readouterr().out
    assert "quenching_factor = 1.0" in printed
    assert "a detector described in silicon.toml" in printed
