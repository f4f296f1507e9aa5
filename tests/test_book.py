"""The reference pages of the book know every room of the package, and nothing that is not there."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND_LINE = {"__main__", "cli"}


def modules():
    for path in (ROOT / "companion").rglob("*.py"):
        parts = path.relative_to(ROOT / "companion").with_suffix("").parts
        yield tuple(part for part in parts if part != "__init__")


def test_every_room_is_on_the_api_page():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8").splitlines()
    lines = [line.split()[-1] for line in page if line.startswith(".. automodule::")]
    shown = {tuple(line.split(".")[1:]) for line in lines}
    assert len(lines) == len(shown), "a module is shown twice"
    assert shown - set(modules()) == set(), "a module that is no more"
    rooms = {module[0] for module in modules() if module} - COMMAND_LINE
    assert rooms - {module[0] for module in shown if module} == set(), "a room that is not on the page"
