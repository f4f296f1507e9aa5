"""Tables of several moments: one at a time and together."""

import numpy as np
import pytest

from companion import experiments, export, limits, phases
from companion.experiments import combine

LAMBDAS = ("lambda_14", "lambda_24", "lambda_34")


@pytest.fixture(scope="module")
def parts():
    return {name: experiments.load(name) for name in ("coherent-csi", "coherent-lar", "xenon1t", "texono")}


def test_before_and_after_is_the_tables_row_by_row(parts):
    data = {"one": parts["xenon1t"], "two": parts["coherent-csi"]}
    table = export.before_and_after(data, [0.01, 20.0])
    assert [tuple(row) for row in zip(table["m_4"], table["data"], table["others"], strict=True)] == [
        (mass, name, others) for mass in (0.01, 20.0) for others in ("zero", "free") for name in data
    ]
    for k, (name, others) in enumerate([(n, o) for o in (False, True) for n in data]):
        row = export.transition_moments(data[name], [0.01], together=others)
        np.testing.assert_allclose([table[c][k] for c in LAMBDAS], [row[c][0] for c in LAMBDAS], rtol=1e-6)


def test_tables_of_moments(parts):
    both = combine([parts["coherent-csi"], parts["texono"]])
    alone = export.transition_moments(both, [1.0, 20.0])
    for name in LAMBDAS:
        np.testing.assert_array_equal(alone[name], limits.upper_limit(both, name, [1.0, 20.0]))
    together = export.transition_moments(both, [1.0, 60.0], together=True)
    assert all(np.isinf(together[name]).all() for name in LAMBDAS)
    assert "SURROGATE" in together.notes["note"]
    with pytest.raises(ValueError, match="only for moments that are free together"):
        export.transition_moments(both, 1.0, sterile_states=2)
    added = export.contributions(both, 1.0)
    assert list(added["experiment"]) == ["all", "coherent-csi", "texono"]
    assert added["lambda_24_alone"][1] == pytest.approx(added["lambda_24_without"][2], rel=1e-9, abs=0)
    assert "SURROGATE" in added.notes["note"]


def test_tables_of_freedom_and_blindness(parts):
    sun = parts["xenon1t"]
    rows = export.freedom(sun, 1.0, phases.choices()[:1])
    assert list(rows["free"]) == ["one moment at a time", "others free, delta at its best fit"]
    np.testing.assert_allclose(rows["lambda_34"][1], phases.upper_limit(sun, "lambda_34", 1.0), rtol=1e-9)
    assert "note" not in rows.notes
    seen = export.blindness([sun, parts["texono"]], [1.0])
    np.testing.assert_array_equal(np.isinf(seen["third"]), [False, True])
    text = export.markdown(seen).splitlines()
    assert text[0] == r"| experiment | m_4 [MeV] | first [$\mu_B$] | second [$\mu_B$] | third [$\mu_B$] |"
    assert text[3].endswith("| ∞ | ∞ |")
    assert export.markdown(rows).splitlines()[0].startswith(r"| free | $\vert\tilde\lambda_{14}\vert$ [$\mu_B$] |")
    with pytest.raises(ValueError, match="a squared sine lies between 0 and 1"):
        phases.choices(1.5)
