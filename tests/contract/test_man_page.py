"""The manual page: every verb and option is in it, and the readers of such pages take it."""

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.main import build_parser, main
from crowdsky_tui.cli.verbs.man import MEANINGS, page

COMMANDS = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()


def sub_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from sub_parsers(verb)


def test_every_verb_and_option_is_in_it() -> None:
    text = page().replace("\\-", "-").replace("\\(dq", '"')
    for parser in sub_parsers(build_parser()):
        assert parser.prog in text
        for action in parser._actions:
            hidden = action.help == argparse.SUPPRESS
            assert all((name in text) is not hidden for name in action.option_strings)


@pytest.mark.parametrize(
    "command",
    [
        ["mandoc", "-T", "lint", "-W", "warning"],
        ["groff", "-man", "-Tutf8", "-ww", "-z"],
        ["man", "--warnings", "-l"],
    ],
    ids=lambda command: command[0],
)
def test_its_readers_have_nothing_to_say(command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    file = tmp_path / "crowdsky-tui.1"
    file.write_text(page())
    ran = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0 and ran.stderr == ""
    assert command[0] != "mandoc" or ran.stdout == ""


def test_the_verb_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    assert capsys.readouterr().out == page()


def test_every_exit_code_means_what_the_page_of_commands_says() -> None:
    told = dict(re.findall(r"^\| (\d+) \| (.*) \|$", COMMANDS, flags=re.MULTILINE))
    assert {str(int(code)): meaning for code, meaning in MEANINGS.items()} == told
    assert set(MEANINGS) == set(ExitCode)
