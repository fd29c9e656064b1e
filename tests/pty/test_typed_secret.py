"""A secret that is typed is not on the screen."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "contract"))

from commands_kit import COMMAND
from terminal import Terminal

from crowdsky_tui.config.load import read_settings


def test_a_typed_password_is_never_shown(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    command = [*COMMAND, "--config", str(config), "config", "set", "server.password"]
    with Terminal(command) as terminal:
        terminal.wait_for("server.password:")
        terminal.press("c4nary hush", "enter")
        terminal.wait_for("saved in config.local.toml")
        terminal.wait_exit()
    assert b"c4nary" not in terminal.output
    assert read_settings(config, {}).settings.server.password == "c4nary hush"
