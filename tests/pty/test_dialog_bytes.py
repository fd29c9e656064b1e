"""What a dialog costs on the wire: nothing is sent twice, and nothing that is there already."""

import sys
from pathlib import Path

import pytest
from terminal import Terminal

APP = str(Path(__file__).parent / "stub_app.py")
CALM_S = 0.6
LINK_BYTES_S = 8_000
"""64 kbit/s: a dialog comes within a second."""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    return Terminal(command, environment={"COLORTERM": "truecolor"})


def cost(terminal: Terminal, key: str) -> int:
    before = len(terminal.output)
    terminal.press(key)
    terminal.read(CALM_S)
    return len(terminal.output) - before


def test_dialogs_come_and_go_within_a_second_of_a_slow_link(terminal: Terminal) -> None:
    with terminal:
        terminal.wait_for(lambda text: "NGC 7000" in text and "q quit" in text)
        terminal.read(CALM_S)
        desk = terminal.text().splitlines()[1:]  # without the clock
        assert len(terminal.output) < LINK_BYTES_S
        for key, words in (("?", "Help"), (":", "Commands"), ("E", "Settings"), ("v", "Review")):
            assert cost(terminal, key) < LINK_BYTES_S, key
            assert words in terminal.text()
            assert cost(terminal, "escape") < LINK_BYTES_S, f"back from {words}"
            assert terminal.text().splitlines()[1:] == desk


def test_a_screen_in_a_mess_is_painted_anew_by_ctrl_l(terminal: Terminal) -> None:
    with terminal:
        terminal.wait_for(lambda text: "NGC 7000" in text and "q quit" in text)
        terminal.read(CALM_S)
        for key in ("", "?"):
            if key:
                terminal.press(key)
                terminal.wait_for("Help")
                terminal.read(CALM_S)
            before = terminal.text()
            terminal.screen.erase_in_display(2)
            terminal.press("ctrl+l")
            terminal.read(CALM_S)
            assert terminal.text().splitlines()[1:] == before.splitlines()[1:]
