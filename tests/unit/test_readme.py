"""The README tells the truth: its keys, its verbs, its exit codes."""

import argparse
import re
from pathlib import Path

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.main import build_parser
from crowdsky_tui.tui.keymap import keys_table

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_keys_table_is_the_registrys() -> None:
    shown = README.partition("<!-- the keys table: ")[2].partition("-->\n")[2]
    shown = shown.partition("<!-- the keys table ends -->")[0]
    assert shown.strip() == keys_table().strip()


def test_every_verb_is_described() -> None:
    (verbs,) = (
        action.choices
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    described = set(re.findall(r"^\| `(\w[\w-]*)", README, flags=re.MULTILINE))
    assert set(verbs) <= described


def test_every_exit_code_is_described() -> None:
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)}
    assert described == {int(code) for code in ExitCode}
