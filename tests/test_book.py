"""The reference pages of the book know every module."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHOWN_BY_THEIR_PACKAGE = {
    "companion.fluxes.flux",
    "companion.experiments.experiment",
    "companion.experiments.combination",
    *(
        f"companion.export.{name}"
        for name in "bands collection excess files hepdata models moments several tables".split()
    ),
}


def test_every_module_is_on_the_api_page():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8").splitlines()
    modules = set()
    for path in (ROOT / "companion").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if path.stem != "__main__" and parts != ("companion", "__init__"):
            modules.add(".".join(parts).removesuffix(".__init__"))
    shown = {line.split()[-1] for line in page if line.startswith(".. automodule::")}
    assert modules - shown == SHOWN_BY_THEIR_PACKAGE
    assert shown <= modules
