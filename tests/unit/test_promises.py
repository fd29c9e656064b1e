"""Every promise of README and docs names the tests that show it (docs/design/promises.md)."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [(page, page.read_text()) for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))]
ROWS = re.findall(
    r"^\| (?!promise |---)(.+) \| (`.+`) \|$",
    (ROOT / "docs/design/promises.md").read_text(),
    flags=re.MULTILINE,
)
SECTION = (ROOT / "docs/promise.md").read_text().partition("\n")[2].rpartition("\n\n")[0]
TROUBLES = re.findall(
    r"^\| .+ \| (`tests/.+`) \|$", (ROOT / "docs/troubles.md").read_text(), re.MULTILINE
)


def one_line(text: str) -> str:
    return " ".join(text.split())


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


def sentences() -> list[str]:
    """The section's, without its table, its commands and what only introduces them."""
    text = re.sub(r"```.*?```", "", SECTION, flags=re.DOTALL)
    blocks = [one_line(block) for block in text.split("\n\n") if not block.startswith("|")]
    every = [one for block in blocks for one in re.split(r"(?<=\.) (?=[A-Z])", block) if one]
    return [one for one in every if one.endswith(".")]


@pytest.mark.parametrize("promise", [promise for promise, _ in ROWS])
def test_a_promise_is_the_very_sentence_of_a_page(promise: str) -> None:
    assert any(promise in one_line(text) for _, text in PAGES)


@pytest.mark.parametrize("shown", [*(shown for _, shown in ROWS), *TROUBLES])
def test_what_shows_a_promise_is_a_test(shown: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown)
    assert len(named) == shown.count("::") > 0
    assert [name for path, name in named if name not in functions_of(path)] == []


@pytest.mark.parametrize("sentence", sentences())
def test_no_sentence_of_how_it_keeps_its_promise_is_without_a_test(sentence: str) -> None:
    assert sentence in {promise for promise, _ in ROWS}
