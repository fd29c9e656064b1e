"""The app where it lives: in a real tmux, and over a real mosh."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sequences import copied
from terminal import Terminal

APP = (sys.executable, str(Path(__file__).parent / "stub_app.py"))
UTF8 = {"LC_ALL": "C.UTF-8"}
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
needs_mosh = pytest.mark.skipif(shutil.which("mosh-server") is None, reason="mosh is not installed")


def opened(text: str) -> bool:
    return "NGC 7000" in text and "q quit" in text


class Tmux:
    """A tmux server of its own, with the settings that it comes with."""

    def __init__(self, folder: Path) -> None:
        self._base = ("tmux", "-S", str(folder / "tmux.sock"), "-f", os.devnull)
        self._folder = folder

    def command(self, *words: str) -> tuple[str, ...]:
        return (*self._base, *words)

    def say(self, *words: str) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False)
        return done.stdout

    def open_app(self, **options: Any) -> Terminal:
        app = " ".join((*APP, "full", str(self._folder), "no-jobs"))
        return Terminal(self.command("new-session", app), environment=UTF8, **options)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    server = Tmux(tmp_path)
    yield server
    server.say("kill-server")


def until(check: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@needs_tmux
def test_what_is_copied_reaches_tmux_s_buffer_and_the_terminal_outside(tmux: Tmux) -> None:
    with tmux.open_app() as terminal:
        terminal.wait_for(opened)
        terminal.press("j", "y")
        terminal.wait_for("Copied the target M 81 (by tmux)")
        until(lambda: tmux.say("show-buffer") == "M 81")
        terminal.read(0.3)
        assert copied(terminal.output)[-1] == "M 81"


@needs_tmux
def test_the_app_lives_on_while_its_terminal_is_away_and_fits_the_next_one(tmux: Tmux) -> None:
    with tmux.open_app() as terminal:
        terminal.wait_for(opened)
        terminal.press("2")
        terminal.wait_for("[2 Blocks]")
        terminal.hang_up()
    until(lambda: tmux.say("list-clients") == "")
    attach = tmux.command("attach-session")
    with Terminal(attach, columns=160, rows=50, environment=UTF8) as wide:
        text = wide.wait_for(lambda text: opened(text) and "4 Server" in text)
        assert "1 Targets" in text and "2 Blocks" in text, "all four panes at 160 columns"
        wide.press("q")
        assert wide.wait_exit() == 0


@needs_mosh
def test_the_app_over_mosh_moves_copies_and_leaves(tmp_path: Path) -> None:
    server = ("mosh-server", "new", "-i", "127.0.0.1", "-p", "60100:60999", "--", *APP)
    environment = {**os.environ, **UTF8, "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "SSH_CONNECTION"):
        environment.pop(name, None)
    said = subprocess.run(
        [*server, "full", str(tmp_path), "no-jobs"],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    ).stdout
    found = re.search(r"MOSH CONNECT (\d+) (\S+)", said)
    assert found, said
    client = ("mosh-client", "127.0.0.1", found[1])
    with Terminal(client, environment={**UTF8, "MOSH_KEY": found[2]}) as terminal:
        terminal.wait_for(opened)
        terminal.press("j", "2")
        terminal.wait_for("[2 Blocks]")
        terminal.press("1", "y")
        terminal.wait_for("Copied the target M 81")
        terminal.read(0.5)
        assert copied(terminal.output)[-1] == "M 81"
        terminal.resize(160, 50)
        terminal.wait_for(lambda text: "1 Targets" in text and "4 Server" in text)
        terminal.press("q")
        assert terminal.wait_exit(20) == 0
