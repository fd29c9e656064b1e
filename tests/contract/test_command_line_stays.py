"""Every verb, option, exit code and JSON document stays as it was noted."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line_kit import LINES, NOTED, ON_STANDINS, changed, documents, meaning, structure

from crowdsky_tui.cli.main import build_parser


def noted(name: str) -> Any:
    return json.loads((NOTED / f"{name}.json").read_text())


def test_every_verb_and_option_of_help_stays() -> None:
    assert changed(noted("options"), structure(build_parser())) == []


@pytest.mark.parametrize("line", LINES)
def test_every_line_means_what_it_meant(line: str) -> None:
    assert changed(noted("lines")[line], meaning(line)) == []


def test_every_exit_code_and_document_stays(tmp_path: Path) -> None:
    before = noted("documents")
    assert sorted(before) == sorted(ON_STANDINS)
    assert changed(before, documents(tmp_path)) == []


def test_what_goes_or_changes_is_named() -> None:
    before = {"verbs": {"a": {"help": "x", "choices": ["on", "off"]}, "b": 1}, "code": 3}
    after = {"verbs": {"a": {"help": "y", "choices": ["on"]}, "c": 2}, "code": 3}
    assert changed(before, before) == []
    assert [line.partition(":")[0] for line in changed(before, after)] == [
        "/verbs/a/help",
        "/verbs/a/choices",
        "/verbs/b is gone",
    ]
