"""A curve of one's own: read in its units and convention, and drawn beside a limit of ours."""

import numpy as np
import pytest
from test_published import magneton_from_tesla

from companion import published, results
from companion.cli.main import main

OWN = """# units: m_4 = {mass}; {name} = {unit}
# experiment: a beam dump, expected
# flavour: mu
# kind: projection
# confidence: 95 % C.L.
# source: a bench test
# status: assumed
m_4,{name}
1,{low}
100,{high}
"""


def own_file(tmp_path, **changed):
    text = OWN.format(**({"mass": "MeV", "name": "mu", "unit": "mu_B", "low": 1e-9, "high": 1e-8} | changed))
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_curve_of_ones_own_in_either_convention(tmp_path):
    as_mu = published.read(own_file(tmp_path))
    np.testing.assert_array_equal(as_mu.m_4, [1, 100])
    np.testing.assert_array_equal(as_mu.value, [1e-9, 1e-8])
    assert (as_mu.flavour, as_mu.kind, as_mu.projected) == ("mu", "projection", True)
    # d in 1/TeV for the same moments: mu = 2 d
    low, high = (mu * magneton_from_tesla() / 2 * 1e3 for mu in (1e-9, 1e-8))
    as_d = published.read(own_file(tmp_path, mass="MeV", name="d", unit="1/TeV", low=low, high=high))
    np.testing.assert_allclose(as_d.value, as_mu.value, rtol=1e-7)
    in_GeV = published.read(own_file(tmp_path, mass="GeV"))
    np.testing.assert_array_equal(in_GeV.m_4, [1e3, 1e5])


def test_a_limit_of_this_package_is_a_curve_too(tmp_path):
    limit = results.limit("cr51-cevns-ge", "mu_e", [0.01, 0.1, 1e3])
    again = published.read(limit.write(tmp_path / "limit.csv"))
    np.testing.assert_allclose(again.value, limit.value, rtol=1e-9)
    assert (again.flavour, again.kind) == ("e", "projection")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unit": "1/GeV"}, "column 'mu', wanted in 'mu_B'"),
        ({"name": "d", "unit": "mu_B"}, "column 'd', wanted in '1/GeV'"),
        ({"name": "lambda"}, "one column of mu or limit"),
        ({"low": -1}, "column 'mu', row 1"),
        ({"mass": "m"}, "column 'm_4', wanted in 'MeV'"),
    ],
)
def test_a_curve_in_another_unit_is_refused(tmp_path, changed, words):
    with pytest.raises(ValueError, match=words):
        published.read(own_file(tmp_path, **changed))


@pytest.mark.parametrize(("key", "value"), [("flavour", "tau"), ("kind", "wish"), ("confidence", "")])
def test_a_curve_says_what_it_is(tmp_path, key, value):
    path = own_file(tmp_path)
    lines = [f"# {key}: {value}" if line.startswith(f"# {key}:") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=key):
        published.read(path)


def test_it_stands_beside_ours_in_a_figure(tmp_path, capsys):
    limit = results.limit("coherent-csi", "mu_mu", [1.0, 10.0])
    figure = published.beside(limit, [published.read(own_file(tmp_path))])
    drawn = figure.plot()
    assert [len(line.get_xdata()) for line in drawn.lines] == [2, 2]
    assert drawn.lines[1].get_linestyle() == "--"  # a projection
    assert "a beam dump" in [text.get_text() for text in drawn.texts]
    words = ["limit", "coherent-csi", "mu_mu", "--m4", "1,10", "--curve", str(own_file(tmp_path))]
    assert main([*words, "--plot", str(tmp_path / "figure.png")]) == 0
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("companion: a curve stands beside a limit in a figure")
    assert main([*words[:2], "mu_e", *words[3:], "--plot", str(tmp_path / "figure.png")]) == 2
    assert "is on mu_mu, the limit on mu_e" in capsys.readouterr().err
