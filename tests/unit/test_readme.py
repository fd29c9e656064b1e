"""README and docs tell the truth: keys, verbs, exit codes; the README is short."""

import argparse
import re
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.parser import build_parser, verb_names
from crowdsky_tui.tui.keymap import keys_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
KEYS = (ROOT / "docs" / "keys.md").read_text()
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
DOCS = ("commands", "keys", "measurements", "planning", "promise", "settings", "troubles")
LONGEST_README = 200


def test_the_keys_table_is_the_registrys() -> None:
    shown = KEYS.partition("<!-- the keys table: ")[2].partition("-->\n")[2]
    shown = shown.partition("<!-- the keys table ends -->")[0]
    assert shown.strip() == keys_table().strip()


def commands() -> dict[str, str]:
    """The command table's first column, by verb."""
    table = COMMANDS.partition("# Commands")[2].partition("\n\nEverywhere:")[0]
    lines = re.findall(r"^\| `((\w[\w-]*).*?)` \| ", table, flags=re.MULTILINE)
    return {verb: line for line, verb in lines}


def test_every_verb_is_described_and_no_other() -> None:
    assert sorted(commands()) == verb_names()


def test_every_option_that_is_described_is_one() -> None:
    parser = build_parser()
    (verbs,) = (
        action.choices
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    for verb, line in commands().items():
        known = verbs[verb].format_help()
        assert [each for each in re.findall(r"--[\w-]+", line) if each not in known] == []


def test_every_exit_code_is_described() -> None:
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS, flags=re.MULTILINE)}
    assert described == {int(code) for code in ExitCode}


def test_the_readme_is_read_in_one_sitting() -> None:
    assert README.count("\n") <= LONGEST_README


def test_the_keys_of_a_night_are_rows_of_the_table_of_keys() -> None:
    table = README.partition("## The keys of a night\n")[2].partition("\n\n## ")[0]
    rows = re.findall(r"^\| .*`.* \|$", table, flags=re.MULTILINE)
    assert len(rows) > 8
    assert [row for row in rows[1:] if row not in keys_table().splitlines()] == []


def test_every_page_is_named_in_the_readme() -> None:
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert sorted(page for page in pages if f"]({page})" not in README) == []


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}.md" for name in DOCS)])
def test_every_command_that_a_page_shows_is_one(page: str) -> None:
    text = (ROOT / page).read_text()
    shown = re.findall(r"^(?:\S*/)?crowdsky-tui ([a-z][\w-]*)", text, flags=re.MULTILINE)
    shown += re.findall(r"`crowdsky-tui ([a-z][\w-]*)", text)
    assert sorted(set(shown) - set(verb_names())) == []


def test_the_changelog_tells_each_thing_once_under_added_changed_or_fixed() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    items = re.split(r"\n(?=- |#|\n)", text)
    told = [item for item in items if item.startswith("- ")]
    assert len(told) > 150 and len(set(told)) == len(told)
    for version in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        groups = re.findall(r"^### (.+)$", version, flags=re.MULTILINE)
        assert groups == ["Added", "Changed", "Fixed"]
        assert "\n- " not in version.partition("\n### ")[0], "an item stands in no group"
        assert "\n\n- " not in re.sub(r"### .+\n\n- ", "", version), "a hole between two items"
