"""A few numbers of the package, as JSON; given such a file, check that this environment has the same ones."""

import json
import math
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import companion
from companion import experiments, limits

numbers = {"limit of coherent-csi": float(limits.upper_limit(experiments.load("coherent-csi"), "mu_mu", 0.01))}
for name in experiments.names():
    numbers[name] = float(experiments.load(name).standard_model().sum())

if len(sys.argv) == 1:
    print(json.dumps(numbers, indent=1))
else:
    assert files("companion").joinpath("py.typed").is_file(), "the package does not say that it is typed"
    assert version("transition-moments-companion") == companion.__version__
    there = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    assert there.keys() == numbers.keys()
    for name, number in numbers.items():
        assert math.isclose(number, there[name], rel_tol=1e-9), f"{name}: {number} here, {there[name]} there"
    print(f"companion {companion.__version__}: {len(numbers)} numbers agree")
