"""What is written about the package in several places agrees, and nothing that it needs is missing."""

import ast
import importlib.util
import json
import re
import sys
import tomllib
from importlib.machinery import PathFinder
from pathlib import Path

import chapters
import pytest
import yaml

import companion

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "companion/__init__.py"
    assert yaml.safe_load(text("CITATION.cff"))["version"] == companion.__version__
    newest = re.search(r"^## (?:Unreleased: )?([\d.]+)", text("CHANGELOG.md"), re.MULTILINE)
    assert newest[1] == companion.__version__.partition(".dev")[0]


def test_a_release_is_dated_and_a_version_in_the_making_is_not():
    headings = re.findall(r"^## (.*)$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0].startswith("Unreleased: ") == (".dev" in companion.__version__)
    for heading in headings[headings[0].startswith("Unreleased: ") :]:
        assert re.fullmatch(r"\d+\.\d+\.\d+: \d{4}-\d\d-\d\d", heading)


def test_title_licence_and_keywords_agree():
    citation, archive = yaml.safe_load(text("CITATION.cff")), json.loads(text(".zenodo.json"))
    assert citation["title"] == archive["title"]
    assert citation["license"] == archive["license"] == PROJECT["project"]["license"] == "MIT"
    assert text("LICENSE").startswith("MIT License")
    assert archive["keywords"] == PROJECT["project"]["keywords"]


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "companion" / "py.typed").exists()
    assert "Typing :: Typed" in PROJECT["project"]["classifiers"]


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_workflows_are_complete(workflow):
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    for job in jobs.values():
        assert job["runs-on"]
        assert all("uses" in step or "run" in step for step in job["steps"])
        assert set([job["needs"]] if "needs" in job else []) <= set(jobs)


def test_pythons_of_the_metadata_are_those_that_are_tried():
    jobs = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]
    classifiers = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["project"]["classifiers"]))
    assert jobs["pinned"]["strategy"]["matrix"]["python"] == classifiers
    assert PROJECT["project"]["requires-python"] == f">={classifiers[0]}"


def names(requirements):
    return {re.match(r"[\w-]+", line)[0].lower() for line in requirements}


def test_every_package_of_the_pinned_extras_is_pinned():
    extras = re.search(r"^PINNED := (.*)$", text("Makefile"), re.MULTILINE)[1].split()
    optional = PROJECT["project"]["optional-dependencies"]
    wanted = names(PROJECT["project"]["dependencies"]).union(*(names(optional[extra]) for extra in extras))
    pinned = names(line for line in PINS.splitlines() if "==" in line)
    assert wanted - pinned == set(), "run: make lock"


def test_the_extra_of_all_holds_what_a_user_may_want():
    (line,) = PROJECT["project"]["optional-dependencies"]["all"]
    chosen = set(re.search(r"\[(.*)\]", line)[1].split(","))
    assert chosen == set(PROJECT["project"]["optional-dependencies"]) - {"all", "hs3", "test", "bench", "dev"}


def imported(chapter):
    """Outermost names of what the code of a chapter imports."""
    for cell in chapters.code(chapters.source(chapter)):
        code = "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module.partition(".")[0]


@pytest.mark.parametrize("chapter", chapters.chapters(), ids=lambda path: path.stem)
def test_a_chapter_finds_its_modules_from_any_working_folder(chapter):
    """An installed clone offers the folders of the book too, wherever the kernel was started."""
    pytest.importorskip("myst_nb", reason="the packages of the book are not installed")
    folders = [str(ROOT / one) for one in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["dev-mode-dirs"]]
    for name in set(imported(chapter)) - set(sys.stdlib_module_names):
        assert PathFinder.find_spec(name, folders) or importlib.util.find_spec(name), name
