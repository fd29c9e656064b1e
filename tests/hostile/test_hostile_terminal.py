"""A night of hostile names, rows, headers, errors and events through every screen, in a terminal.

What arrives is only what the program sends on a harmless night, too; so with what it writes.
"""

import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "pty"))

from sequences import copied, kinds_of, text_of
from terminal import Terminal

HERE = Path(__file__).parent
ERASE_LINE = "\x1b[2K"
"""Before a line that holds signs about whose width terminals do not agree."""
FIRST_LETTERS = b"\x0f\x1b(B"
"""How painting anew undoes what a foreign program did to the terminal's letters."""
APP = (sys.executable, "-m", "crowdsky_tui")
STUB = str(HERE.parent / "pty" / "stub_app.py")
SCREENS = {
    "1": [("enter", "w why not?"), ("J y", "Copied the 2"), (",", "first")],
    "2": [
        ("w", "Why not? ·"),
        ("d", "Dry run ·"),
        ("D", "Dry run · everything"),
        ("p", "Gallery "),
        ("b", "Night Fri"),
        ("m", "CrowdSky, night of"),
        ("v", "Review 1 of"),
        ("enter", "Details"),
    ],
    "3": [("enter", "Details"), ("y", "Copied the ")],
    "4": [
        ("enter", "stack id"),
        ("y", "Copied the chunk key"),
        ("* y", "Copied the 15"),
        (":", "Commands"),
        ("?", "In the server pane"),
        ("i", "Sign in"),
        ("E", "Settings"),
        ("A", "Archive"),
        ("R", "Sub-frames"),
        ("c", "Doctor"),
        ("0", "Scope"),
        ("V", "Speak mode"),
    ],
}
"""Pane by pane, the keys and what they bring; escape leaves it."""
AFTER_ESCAPE_S = 0.15
"""A key that follows sooner would be read as alt and that key."""
VERBS = ("--json stacks", "report", "bundle --dest .")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The settings of a night on hostile stand-ins."""
    folder = tmp_path_factory.mktemp("hostile")
    stage = subprocess.Popen(
        [sys.executable, str(HERE / "hostile_standins.py"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert stage.stdin is not None and stage.stdout is not None
    with stage:
        yield Path(json.loads(stage.stdout.readline())["config"])
        stage.stdin.close()


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The kinds of sequences that the program sends on a harmless night, and of whole lines."""
    folder = tmp_path_factory.mktemp("harmless")
    command = (sys.executable, STUB, "full", str(folder))
    with Terminal(command, columns=120, rows=40) as terminal:
        terminal.wait_for("412 stacks")
        terminal.press("y", "E")
        terminal.wait_for("Settings")
        terminal.kill(signal.SIGTERM)
        terminal.wait_exit()
    return kinds_of(terminal.output) | {ERASE_LINE}


def assert_printable(lines: str) -> None:
    for line in lines.split("\n"):
        assert line.rstrip("\r").isprintable(), ascii(line)[:300]


def test_only_our_own_bytes_reach_the_terminal(config: Path, usual: set[str]) -> None:
    with Terminal((*APP, "--config", str(config)), columns=120, rows=40) as terminal:
        terminal.wait_for("15 stacks", 20)
        terminal.wait_for("Blocks · [@click", 20)
        terminal.press("S", "u")
        terminal.wait_for("✗  upload", 20)
        for pane, steps in SCREENS.items():
            terminal.press(pane)
            for keys, wanted in steps:
                terminal.press(*keys.split())
                terminal.wait_for(wanted, 20)
                terminal.press("escape")
                terminal.read(AFTER_ESCAPE_S)
        terminal.kill(signal.SIGTERM)
        assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert kinds_of(terminal.output) - usual == set()
    assert_printable(text_of(terminal.output.replace(FIRST_LETTERS, b"")))
    pieces = copied(terminal.output)
    assert len(pieces) >= 4
    for piece in pieces:
        assert_printable(piece)


def test_verbs_print_and_files_hold_only_plain_lines(config: Path, tmp_path: Path) -> None:
    words = " ".join(APP)
    script = "\n".join(f"{words} --config {config} {verb}" for verb in VERBS)
    with Terminal(("sh", "-c", script), columns=200, cwd=str(tmp_path)) as terminal:
        assert terminal.wait_exit(60) == 0
    assert kinds_of(terminal.output) == set()
    assert_printable(text_of(terminal.output.replace(FIRST_LETTERS, b"")))
    assert "[@click=app.quit]M 31" in text_of(terminal.output)
    (bundle,) = tmp_path.glob("*.zip")
    with zipfile.ZipFile(bundle) as archive:
        texts = [archive.read(name) for name in archive.namelist()]
    state = config.parent / "state"
    kept = [path for kind in ("*.json", "*.log", "*.txt") for path in state.rglob(kind)]
    assert {"desk.json", "crowdsky-tui.log"} <= {path.name for path in kept}
    for text in (*texts, *(path.read_bytes() for path in kept)):
        assert_printable(text.decode())
