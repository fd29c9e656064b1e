"""Every verb that could ask has --yes, and says so where nobody is there to answer."""

import ast
import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from crowdsky_tui.cli.parser import VERBS, module_of, verb_names

ASKS = frozenset({"confirm"})
"""The one way in which a verb asks (`cli.confirm`)."""
READS = frozenset({"input", "readline", "readlines"})
ANSWERS_NO_QUESTION = {
    "config": "reads the value of a secret, which --yes cannot give",
}


def called(path: Path) -> set[str]:
    """The names of all functions that a file calls."""
    calls = (
        node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    )
    return {
        call.id if isinstance(call, ast.Name) else call.attr
        for call in calls
        if isinstance(call, ast.Name | ast.Attribute)
    }


def records(module: ModuleType) -> list[type[msgspec.Struct]]:
    """The options of a verb, or of each of its actions."""
    actions: Mapping[str, type[msgspec.Struct]] = getattr(module, "ACTIONS", {})
    return list(actions.values()) or [module.Options]


@pytest.mark.parametrize("verb", verb_names())
def test_every_verb_that_could_ask_has_yes(verb: str) -> None:
    module = module_of(verb)
    assert module.__file__ is not None
    names = called(Path(module.__file__))
    fields = {name for record in records(module) for name in record.__struct_fields__}
    if names & ASKS:
        assert "yes" in fields
    if names & READS:
        assert verb in ANSWERS_NO_QUESTION


def test_the_verbs_that_ask_are_these() -> None:
    asking = {path.stem for path in VERBS.glob("[!_]*.py") if called(path) & ASKS}
    assert asking == {
        "raw_upload", "scope", "purge", "log", "site", "target", "doctor", "plan", "instruments",
    }  # fmt: skip
    importlib.import_module("crowdsky_tui.cli.confirm")
