"""Every kind of terminal: what is painted there, by which glyphs and by which colours."""

import re
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from sequences import kinds_of, text_of
from terminal import Terminal

APP = str(Path(__file__).parent / "stub_app.py")
PAINTED = (
    ("2", "[2 Blocks]", "effective"),
    ("3", "[3 Job log]", "2 running"),
    ("4", "[4 Server]", "chunk key"),
    ("b", "Night Fri"),
    ("escape", "[4 Server]", "chunk key"),
    ("?", "Help", "In the server pane"),
)
"""Keys, and what the screens show after each in any terminal."""
SIXTEEN = {f"SGR {first + each}" for first in (30, 40, 90, 100) for each in (*range(8), 9)}
PALETTE = {"SGR 38;5", "SGR 48;5"}
TRUE = {"SGR 38;2", "SGR 48;2"}
PLAIN = {f"SGR {number}" for number in (0, 1, 4, 7)}
FULL, LATIN = 0x10FFFF, 0xFF


def holds_all(words: list[str], text: str) -> bool:
    return all(word in text for word in words)


def walk(tmp_path: Path, environment: dict[str, str], *settings: str) -> bytes:
    """Look at all panes and some screens; everything that was sent."""
    variables = {"COLORTERM": "", **environment}
    command = [sys.executable, APP, "full", str(tmp_path), *settings]
    with Terminal(command, environment=variables) as terminal:
        terminal.wait_for(lambda text: "NGC 7000" in text and "q quit" in text)
        for key, *wanted in PAINTED:
            terminal.press(key)
            terminal.wait_for(partial(holds_all, wanted))
        terminal.kill(signal.SIGTERM)
        terminal.wait_exit()
    return terminal.output


def styles_in(output: bytes) -> set[str]:
    return {kind for kind in kinds_of(output) if kind.startswith("SGR")}


@pytest.mark.parametrize(
    ("environment", "colours", "last"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, TRUE, FULL),
        ({"TERM": "xterm-256color"}, PALETTE, FULL),
        ({"TERM": "screen-256color"}, PALETTE, FULL),
        ({"TERM": "tmux-256color"}, PALETTE, FULL),
        ({"TERM": "xterm-16color"}, SIXTEEN, FULL),
        ({"TERM": "linux"}, SIXTEEN, LATIN),
        ({"TERM": "vt220"}, SIXTEEN, LATIN),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, set(), FULL),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_only_glyphs_and_colours_that_the_terminal_can_show(
    environment: dict[str, str], colours: set[str], last: int, tmp_path: Path
) -> None:
    output = walk(tmp_path, environment)
    assert styles_in(output) <= PLAIN | colours
    assert not colours or styles_in(output) & colours
    assert "SGR 7" in styles_in(output) or colours  # the cursor's row is seen all the same
    assert max(map(ord, text_of(output))) <= last


@pytest.mark.parametrize("environment", [{"COLORTERM": "truecolor"}, {"TERM": "linux"}])
def test_the_night_theme_is_red_and_nothing_else(
    environment: dict[str, str], tmp_path: Path
) -> None:
    output = walk(tmp_path, environment, "theme=night").decode()
    for red, green, blue in re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", output):
        assert (green, blue) == ("0", "0"), red
    if environment.get("TERM") == "linux":
        black_or_red = PLAIN | {f"SGR {number}" for number in (30, 31, 40, 41, 91, 101)}
        assert styles_in(output.encode()) <= black_or_red


@pytest.mark.parametrize("theme", ["light", "terminal"])
def test_the_other_themes(theme: str, tmp_path: Path) -> None:
    styles = styles_in(walk(tmp_path, {"COLORTERM": "truecolor"}, f"theme={theme}"))
    assert styles <= PLAIN | (SIXTEEN if theme == "terminal" else TRUE)


def test_no_mouse_is_asked_for_where_it_is_switched_off(tmp_path: Path) -> None:
    modes = {f"\x1b[?{mode}h" for mode in (1000, 1002, 1003, 1006, 1015)}
    assert not kinds_of(walk(tmp_path, {}, "mouse=false")) & modes


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_a_terminal_without_the_glyphs_gets_plain_ones(tmp_path: Path, encoding: str) -> None:
    sent = walk(tmp_path, {"TERM": "xterm-256color", "PYTHONIOENCODING": encoding})
    assert b"\\u" not in sent and b"\\x" not in sent
    assert len(sent.decode(encoding)) == len(sent)
