"""The README tells the truth: its keys, its verbs, its exit codes."""

import argparse
import re
from pathlib import Path

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.parser import build_parser, verb_names
from crowdsky_tui.tui.keymap import keys_table

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_keys_table_is_the_registrys() -> None:
    shown = README.partition("<!-- the keys table: ")[2].partition("-->\n")[2]
    shown = shown.partition("<!-- the keys table ends -->")[0]
    assert shown.strip() == keys_table().strip()


def commands() -> dict[str, str]:
    """The command table's first column, by verb."""
    table = README.partition("## Commands")[2].partition("\n\nEverywhere:")[0]
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
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    assert described == {int(code) for code in ExitCode}
