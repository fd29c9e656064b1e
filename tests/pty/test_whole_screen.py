"""After whatever may have spoilt the screen, all of it is right at once."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from slow_line import SlowLine

APP = str(Path(__file__).parent / "stub_app.py")
SOON_S = 10.0


def opened(text: str) -> bool:
    return "NGC 7000" in text and "q quit" in text


def as_painted_anew(line: SlowLine) -> list[list[tuple[object, ...]]]:
    """The screen after ctrl+l, without the clock."""
    line.type("ctrl+l")
    line.rest(1.0)
    return line.cells()[1:]


def shell(folder: Path) -> SlowLine:
    line = SlowLine(
        ["bash", "--norc", "-i"], 1_000_000, delay=(0, 0), environment={"PS1": "shell> "}
    )
    line.until(lambda text: "shell>" in text, SOON_S)
    line.type(f"{sys.executable} {APP} full {folder} no-jobs\r")
    line.until(opened, 20)
    line.rest(1.0)
    return line


@pytest.mark.parametrize("key", ["", "?"])
def test_after_ctrl_z_and_fg_it_is_whole(tmp_path: Path, key: str) -> None:
    with shell(tmp_path) as line:
        if key:
            line.type(key)
            line.until(lambda text: "Help" in text, SOON_S)
            line.type("escape")
            line.until(lambda text: "Help" not in text, SOON_S)
        line.rest(1.0)
        before = line.cells()[1:]
        for _ in range(3):
            line.type("ctrl+z")
            line.until(lambda text: "Stopped" in text, SOON_S)
            line.type("fg\r")
            line.until(opened, SOON_S)
            line.rest(1.0)
            assert line.cells()[1:] == before
        assert as_painted_anew(line) == before
        line.type("2")
        line.until(lambda text: "[2 Blocks]" in text, SOON_S)
        line.type("q")
        line.until(lambda text: "shell>" in text and not opened(text), SOON_S)


def stop_and_go(line: SlowLine) -> None:
    os.kill(line.pid, signal.SIGSTOP)
    line.run(0.3)
    line.screen.erase_in_display(2)
    os.kill(line.pid, signal.SIGCONT)


def go_on(line: SlowLine) -> None:
    line.screen.erase_in_display(2)
    os.kill(line.pid, signal.SIGCONT)


def same_size(line: SlowLine) -> None:
    """As dtach and abduco do it when somebody attaches."""
    line.screen.erase_in_display(2)
    os.kill(line.pid, signal.SIGWINCH)


def write_over(line: SlowLine) -> None:
    """Another program leaves text, a scroll region, inserting, other letters and a colour."""
    line._stream.feed(b"\x1b[5;5H\x1b[41mbroadcast message\x1b[3;9r\x1b[4h\x1b(0")
    line.type("ctrl+l")


@pytest.mark.parametrize("spoil", [stop_and_go, go_on, same_size, write_over])
def test_after_a_stop_or_another_program_s_writing_it_is_whole(
    tmp_path: Path, spoil: Callable[[SlowLine], None]
) -> None:
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    with SlowLine(command, 1_000_000, delay=(0, 0)) as line:
        line.until(opened, 20)
        line.rest(1.0)
        before = line.cells()[1:]
        spoil(line)
        line.until(opened, SOON_S)
        line.rest(1.0)
        assert line.cells()[1:] == before
        line.type("2")
        line.until(lambda text: "[2 Blocks]" in text, SOON_S)


def test_after_resizes_it_is_whole(tmp_path: Path) -> None:
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    with SlowLine(command, 1_000_000, delay=(0, 0)) as line:
        line.until(opened, 20)
        for size in ((100, 30), (80, 24), (160, 50), (90, 25), (80, 24)):
            line.resize(*size)
            line.run(0.02)
        for size in ((132, 43), (80, 24)):
            line.resize(*size)
            line.last_change = 0.0
            line.run(1.0)
            line.rest(1.0)
            before = line.cells()[1:]
            assert as_painted_anew(line) == before


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_in_tmux_after_ctrl_z_and_fg_it_is_whole(tmp_path: Path) -> None:
    base = ["tmux", "-S", str(tmp_path / "tmux.sock"), "-f", os.devnull]

    def say(*words: str) -> str:
        return subprocess.run([*base, *words], capture_output=True, text=True).stdout

    def until(check: Callable[[str], bool]) -> str:
        for _ in range(200):
            if check(shown := say("capture-pane", "-p", "-e")):
                return shown
            line.run(0.05)
        raise AssertionError(shown)

    variables = {"LC_ALL": "C.UTF-8", "PS1": "shell> "}
    start = [*base, "new-session", "-x", "80", "-y", "24", "env PS1='shell> ' bash --norc -i"]
    with SlowLine(start, 1_000_000, delay=(0, 0), environment=variables) as line:
        try:
            until(lambda text: "shell>" in text)
            app = f"{sys.executable} {APP} full {tmp_path} no-jobs"
            say("send-keys", app, "Enter")
            until(lambda text: "NGC 7000" in text and "quit" in text)
            line.run(1.0)
            before = say("capture-pane", "-p", "-e").splitlines()[1:]
            say("send-keys", "C-z")
            until(lambda text: "Stopped" in text)
            say("send-keys", "fg", "Enter")
            until(lambda text: "NGC 7000" in text and "quit" in text)
            line.run(1.0)
            assert say("capture-pane", "-p", "-e").splitlines()[1:] == before
            say("send-keys", "C-l")
            line.run(1.0)
            assert say("capture-pane", "-p", "-e").splitlines()[1:] == before
        finally:
            say("kill-server")


def test_no_answer_is_ever_typed_into_the_shell(tmp_path: Path) -> None:
    """Half a second each way: the answers to the last frames come after `q` was typed."""
    start = ["bash", "--norc", "-i"]
    with SlowLine(start, 20_000, delay=(0.5, 0.5), environment={"PS1": "shell> "}) as line:
        line.until(lambda text: "shell>" in text, SOON_S)
        line.type(f"{sys.executable} {APP} full {tmp_path} no-jobs\r")
        line.until(opened, 20)
        line.type("2", "3", "4", "q")
        line.until(lambda text: "shell>" in text and not opened(text), SOON_S)
        line.run(3.0)
        assert line.text().strip().splitlines()[-1] == "shell>"
        assert not set("R;[") & set(line.text().rpartition("shell>")[2])


def test_a_key_that_is_no_utf_8_ends_nothing(tmp_path: Path) -> None:
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    with SlowLine(command, 1_000_000, delay=(0, 0)) as line:
        line.until(opened, 20)
        os.write(line._fd, b"\xe9\xff")
        line.run(0.3)
        line.type("2")
        line.until(lambda text: "[2 Blocks]" in text, SOON_S)


def test_typed_and_pasted_signs_leave_nothing_over(tmp_path: Path) -> None:
    """Flags and tinted hands: pyte counts them otherwise than Textual.

    What follows a joiner or a selector it drops, by how the bytes are cut: not tried here.
    """
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    with SlowLine(command, 1_000_000, delay=(0, 0)) as line:
        line.until(opened, 20)
        line.type("/")
        line.run(0.5)
        for text in ("🇦🇹", " Wien", "\x1b[200~👍🏽🇨🇭 x\x1b[201~", "\x7f", "\x7f", "\x7f"):
            line.type(text)
            line.rest(0.7)
            before = line.cells()[1:]
            assert as_painted_anew(line) == before
