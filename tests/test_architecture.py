"""The house rules that a reader cannot see in any single file: who imports whom, and what an import costs."""

import ast
import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import companion

ROOT = Path(companion.__file__).parent
BOOK = ROOT.parent / "book"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}

LAYERS = [
    # what everybody may use
    {"units", "checks", "csv_files", "parameters", "derived", "progress", "roots"},
    {"data", "kinematics", "form_factors", "decay", "mixing", "running"},
    # physics
    {"citations", "cross_sections", "moments", "couplings"},
    # parts of an experiment, which do not know each other
    {"symbolic", "fluxes", "targets", "response", "statistics"},
    {"rates"},
    {"experiments"},
    # inference
    {"lines", "scan", "toys", "moment_signals", "cost", "own"},
    {"conventions", "coverage"},
    {"limits"},
    {"regions", "systematics", "moment_search"},
    {"phases"},
    {"differences"},
    {"results"},
    # what becomes of results
    {"io", "plot"},
    {"collection", "published"},
    {"audit"},
    {"cli"},
    {"__main__"},
]
"""Rooms of the house: each imports from lower layers only, and from itself; rooms of one layer are strangers."""

TO_MOVE: dict[str, str] = {}
"""Rooms that are about to move, each with the room beside which it counts until then."""

WHEN_CALLED = {("results", "io"), ("results", "plot"), ("experiments", "cost")}
"""A result writes and draws itself, and an experiment makes its cost function, so they call upwards, inside a function
and only there."""

RANK = {room: rank for rank, layer in enumerate(LAYERS) for room in layer}
RANK |= {room: RANK[beside] for room, beside in TO_MOVE.items()}


def imported(module, tree):
    """What a module imports, with full names, and whether it does so inside a function; not what only types need."""
    path = module.split(".")
    package = path if (ROOT / Path(*path) / "__init__.py").exists() else path[:-1]
    package = ["companion", *(part for part in package if part != "__init__")]

    def walk(node, late):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            return
        if isinstance(node, ast.Import):
            yield from ((alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, *(node.module.split(".") if node.module else [])]
            yield from ((".".join([*base, alias.name]), late) for alias in node.names)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, late or isinstance(node, ast.FunctionDef | ast.Lambda))

    yield from walk(tree, False)


def rooms(module, tree):
    """Other rooms of the package that a module imports, each with whether it does so inside a function."""
    for name, late in imported(module, tree):
        outer, *inner = name.split(".")
        if outer == "companion" and inner and inner[0] not in (module.split(".")[0], "__version__"):
            yield inner[0], late


def test_the_reader_of_imports_reads():
    """The tests below are empty if nothing is found."""
    assert ("kinematics", False) in set(rooms("cross_sections", MODULES["cross_sections"]))
    assert ("data", False) in set(rooms("experiments.coherent_csi", MODULES["experiments.coherent_csi"]))
    sample = ast.parse(
        "from . import flux\nfrom .. import units\nfrom ..units import cm\nimport companion.limits.x\n"
        "def f():\n    from ..plot import draw\nif TYPE_CHECKING:\n    from ..audit import ledger\n"
    )
    assert list(rooms("fluxes.sample", sample)) == [
        ("units", False),
        ("units", False),
        ("limits", False),
        ("plot", True),
    ]


def test_every_module_has_its_place():
    assert {name.split(".")[0] for name in MODULES} - {"__init__"} == set(RANK), "a new room needs a layer above"


@pytest.mark.parametrize("module", [name for name in MODULES if name != "__init__"])
def test_arrows_point_down(module):
    room = module.split(".")[0]
    for other, late in rooms(module, MODULES[module]):
        if late and (room, other) in WHEN_CALLED:
            continue
        assert RANK[other] < RANK[room], f"{module} must not import {other}"


def test_the_package_does_not_know_the_book():
    for module, tree in MODULES.items():
        assert not {name.split(".")[0] for name, _ in imported(module, tree)} & {"_lib", "book", "chapters"}, module


def rooms_that_import(library):
    return {
        module.split(".")[0]
        for module, tree in MODULES.items()
        if any(name.split(".")[0] == library for name, _ in imported(module, tree))
    }


def test_only_plot_draws():
    assert rooms_that_import("matplotlib") == {"plot"}


def test_only_symbolic_and_the_audit_do_algebra():
    assert rooms_that_import("sympy") == {"symbolic", "audit"}


READERS = {"read_text", "read_bytes", "loadtxt", "genfromtxt", "fromfile", "read_csv", "reader", "DictReader"}


def reads(call):
    """Whether a call reads a file."""
    function = ast.unparse(call.func)
    if function == "open":
        modes = [ast.unparse(argument) for argument in [*call.args[1:], *(k.value for k in call.keywords)]]
        return not any(set(mode.strip("\"'")) & set("wax") for mode in modes if len(mode) < 6)
    return function.split(".")[-1] in READERS


def test_only_data_reads_tables():
    reading = {
        module
        for module, tree in MODULES.items()
        if any(isinstance(node, ast.Call) and reads(node) for node in ast.walk(tree))
    }
    # running reads back what a scan that was broken off had written
    assert reading == {"csv_files", "running"}


def test_no_adaptive_integral_has_an_absolute_tolerance():
    """The trap of quad: its default epsabs of 1.5e-8 is larger than any rate."""
    calls = [
        (module, {k.arg: k.value for k in node.keywords})
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "quad"
    ]
    assert calls
    for module, keywords in calls:
        tolerance = keywords.get("epsabs")
        assert isinstance(tolerance, ast.Constant), module
        assert tolerance.value == 0, module


# ---------------------------------------------------------------------------------------------------------------------
# what an import costs

LIGHT = "import companion, companion.limits, companion.experiments, companion.moments, companion.rates"
BELOW = "import numpy, scipy.constants, scipy.special"


def cost(*statements, env=None):
    """CPU seconds of each statement in a fresh interpreter, and the modules then loaded."""
    script = "import json, sys, time\nstamps = [time.process_time()]\n"
    script += "".join(f"{statement}\nstamps.append(time.process_time())\n" for statement in statements)
    script += "print(json.dumps([[b - a for a, b in zip(stamps, stamps[1:])], sorted(sys.modules)]))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    return json.loads(result.stdout)


@pytest.mark.parametrize("statement", ["import companion", LIGHT, "import companion.__main__"])
def test_an_import_loads_nothing_heavy(statement):
    _, loaded = cost(statement)
    heavy = {"sympy", "matplotlib", "pandas", "scipy.stats", "scipy.optimize", "scipy.interpolate", "IPython", "pytest"}
    assert not heavy & set(loaded)


def test_loading_an_experiment_needs_no_sympy_either():
    _, loaded = cost("from companion import experiments\nexperiments.load('coherent-csi')")
    assert "companion.experiments.coherent_csi" in loaded
    assert "sympy" not in loaded


def test_an_import_is_quick():
    """Half a second with numpy and scipy; the package itself takes a small part of it on any machine."""
    # from the second time on, as everybody who does not forbid Python to keep what it has compiled
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    cost(LIGHT, env=env)
    below, own = (min(times) for times in zip(*(cost(BELOW, LIGHT, env=env)[0] for _ in range(2)), strict=True))
    assert own < max(0.1, 0.25 * below)
    if below < 0.4:  # else the machine is slow or busy
        assert below + own < 0.5


# ---------------------------------------------------------------------------------------------------------------------
# documentation


def public(module):
    """Functions and classes that a module offers, its own only."""
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    for name in names:
        thing = getattr(module, name)
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__ == module.__name__:
            yield name, thing


NAMES = ["companion", *(m.name for m in pkgutil.walk_packages(companion.__path__, "companion."))]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("__main__")])
def test_everything_public_is_documented(name):
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), name
    for exported in getattr(module, "__all__", []):
        assert hasattr(module, exported), f"{name}.__all__ names {exported}"
    for label, thing in public(module):
        # a dataclass without a docstring is given its signature as one
        own = (thing.__doc__ or "").strip()
        assert own, f"{name}.{label}"
        assert not own.startswith(f"{label}("), f"{name}.{label}"
