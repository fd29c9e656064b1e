"""Graphics go to the terminal only when they are asked for, and go away with the desk."""

import re
import signal
import sys
from pathlib import Path

import pytest
from terminal import ALT_SCREEN_OFF, Terminal

STUB = str(Path(__file__).parent / "stub_app.py")
KITTY, SIXEL = b"\x1b_G", b"\x1bP0;1;0q"
KITTY_GONE = b"\x1b_Ga=d,d=I"


def opened(folder: Path, *extra: str, **environment: str) -> Terminal:
    """The app on a stub night, in no tmux whatever runs the tests."""
    plain = {"TMUX": "", "STY": "", **environment}
    return Terminal(
        [sys.executable, STUB, "full", str(folder), "no-jobs", *extra], environment=plain
    )


def look(terminal: Terminal, mark: bytes = b"") -> None:
    """Open the review on a stack that has a picture; wait for `mark` or for half-blocks."""
    terminal.wait_for("quit", 20)
    terminal.press("j", "v")
    terminal.wait_for("its kind", 10)
    terminal.wait_for(lambda text: mark in terminal.output if mark else "▀" in text, 10)


def test_by_default_and_in_tmux_there_are_none(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        look(terminal)
        assert KITTY not in terminal.output and b"\x1bP" not in terminal.output
    with opened(tmp_path, "images=kitty", TMUX="/tmp/tmux,1,0") as terminal:
        look(terminal)
        assert "tmux" in terminal.text(), "one sentence says why"
        assert KITTY not in terminal.output


@pytest.mark.parametrize(("name", "mark"), [("kitty", KITTY), ("sixel", SIXEL)])
def test_asked_for_they_come_and_go(tmp_path: Path, name: str, mark: bytes) -> None:
    with opened(tmp_path, f"images={name}") as terminal:
        look(terminal, mark)
        assert "▀" not in terminal.text()
        at = terminal.output.index(mark)
        place = re.search(rb"\x1b7\x1b\[(\d+);(\d+)H$", terminal.output[:at])
        assert place and int(place[1]) <= 23 and int(place[2]) <= 40, "left of the numbers"
        before = terminal.output.count(mark)
        terminal.press("s")
        terminal.wait_for(lambda _: terminal.output.count(mark) > before)
        shown = len(terminal.output)
        terminal.press("escape")
        terminal.wait_for("quit")
        after = terminal.output[shown:]
        assert (KITTY_GONE in after) == (name == "kitty")
        assert SIXEL not in after
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_signal_in_the_desk_sends_no_picture_to_the_shells_screen(tmp_path: Path) -> None:
    """Terminals keep a picture with the screen that it was drawn on: the alternate one."""
    with opened(tmp_path, "images=kitty") as terminal:
        look(terminal, KITTY)
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_exit() == 128 + signal.SIGTERM
        before, left, after = terminal.output.rpartition(ALT_SCREEN_OFF)
        assert left and KITTY in before and KITTY not in after
