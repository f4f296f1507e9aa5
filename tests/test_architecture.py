"""The house rules that a reader cannot see in any single file: who imports whom, and what an import costs."""

import ast
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import companion

ROOT = Path(companion.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}

# A room imports from lower rows only, and from itself: rooms of one row are strangers.
ROWS = [
    {"units", "data", "parameters", "derived"},
    {"kinematics", "form_factors", "mixing", "published"},
    {"cross_sections", "moments"},
    {"symbolic", "targets", "fluxes", "response", "statistics"},
    {"rates"},
    {"experiments"},
    {"limits", "phases", "scan"},
    {"regions", "uncertainties"},
    {"export", "figures"},
    {"results"},
    {"audit"},
    {"__main__"},
]
RANK = {room: rank for rank, row in enumerate(ROWS) for room in row}


def rooms_imported(module, tree):
    """Rooms of this package that a module imports, each with whether it does so inside a function."""
    path = module.split(".")
    package = path if (ROOT / Path(*path) / "__init__.py").exists() else path[:-1]
    package = [part for part in package if part != "__init__"]
    late = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    for node in ast.walk(tree):
        targets = []
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
            targets = [name[1:] for name in targets if name[0] == "companion" and len(name) > 1]
        elif isinstance(node, ast.ImportFrom):
            source = node.module.split(".") if node.module else []
            if node.level:
                base = package[: len(package) - node.level + 1] + source
            elif source and source[0] == "companion":
                base = source[1:]
            else:
                continue
            targets = [base] if base else [[alias.name] for alias in node.names]
        for target in targets:
            yield target[0], node in late


def imports(tree):
    """Outermost names of every absolute import, and everything imported with its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_reader_of_imports_reads():
    """The tests below are empty if nothing is found."""
    assert ("kinematics", False) in set(rooms_imported("cross_sections", MODULES["cross_sections"]))
    assert ("symbolic", True) in set(rooms_imported("__main__", MODULES["__main__"]))
    assert ("data", False) in set(rooms_imported("experiments.coherent_csi", MODULES["experiments.coherent_csi"]))
    assert ("statistics", False) in set(rooms_imported("limits", MODULES["limits"]))
    sample = ast.parse("from . import flux\nfrom .. import units\nfrom ..units import cm\nimport companion.limits.x")
    assert [room for room, _ in rooms_imported("fluxes.sample", sample)] == ["fluxes", "units", "units", "limits"]


def test_every_module_has_its_place():
    rooms = {name.split(".")[0] for name in MODULES} - {"__init__"}
    assert rooms == set(RANK), "a new room needs a row above"


@pytest.mark.parametrize("module", [name for name in MODULES if name != "__init__"])
def test_data_flows_one_way(module):
    room = module.split(".")[0]
    for other, _ in rooms_imported(module, MODULES[module]):
        if other == room or other.startswith("__version"):
            continue
        assert RANK[other] < RANK[room], f"{module} must not import {other}"


def test_the_parts_of_an_experiment_do_not_know_each_other():
    """Written out once more, as the sentence of the house: it must not depend on the rows above."""
    parts = {"targets", "fluxes", "response", "statistics"}
    for module, tree in MODULES.items():
        room = module.split(".")[0]
        if room in parts:
            assert not {other for other, _ in rooms_imported(module, tree)} & (parts - {room}), module


def test_nobody_below_knows_experiments_limits_or_figures():
    above = {
        "experiments", "limits", "phases", "scan", "regions", "uncertainties", "export", "figures", "results", "audit",
        "__main__",
    }  # fmt: skip
    for module, tree in MODULES.items():
        if module.split(".")[0] not in above:
            assert not {other for other, _ in rooms_imported(module, tree)} & above, module


def test_only_figures_draws():
    drawing = {module for module, tree in MODULES.items() if any("matplotlib" in name for name in imports(tree))}
    assert {module.split(".")[0] for module in drawing} == {"figures"}


def test_only_symbolic_and_the_audit_do_algebra():
    algebra = {
        module for module, tree in MODULES.items() if any(name.split(".")[0] == "sympy" for name in imports(tree))
    }
    assert {module.split(".")[0] for module in algebra} <= {"symbolic", "audit"}


READERS = {"read_text", "read_bytes", "loadtxt", "genfromtxt", "fromfile", "read_csv", "reader", "DictReader"}


def test_only_data_reads_files():
    reading = set()
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            modes = [
                str(a.value) for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Constant)
            ]
            if name in READERS or (name == "open" and not any(set(mode) & set("wax") for mode in modes)):
                reading.add(module)
    assert reading == {"data"}


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
BELOW = "import numpy, scipy.constants, scipy.integrate, scipy.optimize, scipy.special"


def cost(*statements):
    """CPU seconds of each statement in a fresh interpreter, and the modules then loaded."""
    script = "import json, sys, time\nstamps = [time.process_time()]\n"
    script += "".join(f"{statement}\nstamps.append(time.process_time())\n" for statement in statements)
    script += "print(json.dumps([[b - a for a, b in zip(stamps, stamps[1:])], sorted(sys.modules)]))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


@pytest.mark.parametrize("statement", ["import companion", LIGHT, "import companion.__main__"])
def test_an_import_loads_nothing_heavy(statement):
    _, loaded = cost(statement)
    heavy = {"sympy", "matplotlib", "pandas", "scipy.stats", "IPython", "pytest"}
    assert not heavy & set(loaded)


def test_loading_an_experiment_needs_no_sympy_either():
    _, loaded = cost("from companion import experiments\nexperiments.load('coherent-csi')")
    assert "companion.experiments.coherent_csi" in loaded
    assert "sympy" not in loaded


def test_an_import_is_quick():
    """Half a second with numpy and scipy; the package itself takes a small part of it on any machine."""
    below, own = (min(times) for times in zip(*(cost(BELOW, LIGHT)[0] for _ in range(3)), strict=True))
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
