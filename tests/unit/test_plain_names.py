"""A module and a class are called by what they are, not by a picture of it."""

import ast
from pathlib import Path

import crowdsky_tui

ROOT = Path(crowdsky_tui.__file__).parent
PICTURES = frozenset(
    [
        "errand",
        "errands",
        "late",
        "bench",
        "shelf",
        "workshop",
        "lookout",
        "told",
        "asked",
        "door",
        "stage",
        "backstage",
        "toend",
        "strict",
        "meanings",
        "trials",
        "remembered",
        "behind",
        "adopt",
        "chores",
        "knobs",
    ]
)
STANDARD = {"write_behind"}
"""A buffer that is written behind its reader is called so everywhere."""


def test_no_module_bears_a_picture() -> None:
    names = {part for path in ROOT.rglob("*.py") for part in path.relative_to(ROOT).parts}
    stems = {name.removesuffix(".py") for name in names} - STANDARD
    assert [stem for stem in sorted(stems) if PICTURES & set(stem.split("_"))] == []


def test_no_class_bears_a_picture() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in sorted(ROOT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.strip("_").lower() in PICTURES
    ]
    assert found == []
