"""Rules of the house that only the sources themselves can tell: names, lengths."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("crowdsky_tui", "bench", "tests")
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
"""A module, class or function is called by what it is or does, not by a picture of it."""
STANDARD = {
    "write_behind",  # a buffer that is written behind its reader is called so everywhere
    "bench",  # `python -m bench`
    "bench_docs",
}
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def words_of(name: str) -> set[str]:
    """The words of a name, written `like_this` or `LikeThis`."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def is_picture(name: str) -> bool:
    return bool(words_of(name) & PICTURES)


@pytest.mark.parametrize(
    "name", ["told", "_asked", "Bench", "QueueBench", "stage_2", "look_behind"]
)
def test_a_picture_is_known_in_any_name(name: str) -> None:
    assert is_picture(name)


def test_no_file_or_folder_bears_a_picture() -> None:
    parts = {
        part.removesuffix(".py") for path in sources() for part in path.relative_to(ROOT).parts
    }
    names = {part.removeprefix("test_") for part in parts} - STANDARD
    assert sorted(filter(is_picture, names)) == []


def definitions(path: Path) -> Iterator[ast.ClassDef | FUNCTION]:
    """The classes and functions of a module, at whatever depth; none stands in an expression."""
    inside: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    for parent in inside:
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
                inside.append(node)
            if isinstance(node, ast.ClassDef | FUNCTION):
                yield node


def test_no_class_or_function_bears_a_picture_and_none_is_too_long() -> None:
    pictures, long = [], []
    for path in sources():
        for node in definitions(path):
            where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            is_a_sentence = node.name.startswith("test_") or "rules" in path.name
            if not is_a_sentence and node.name != "WriteBehind" and is_picture(node.name):
                pictures.append(where)
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if isinstance(node, FUNCTION) and length > LONGEST_FUNCTION:
                long.append(f"{where}: {length} lines")
    assert (pictures, long) == ([], [])


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := path.read_text("utf-8").count("\n")) > LONGEST_FILE
    }
    assert long == {}
