"""The app in a real terminal: it opens, it leaves, and it leaves the terminal as it was."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from terminal import ALT_SCREEN_OFF, CURSOR_ON, MOUSE_OFF, Terminal

APP = str(Path(__file__).parent / "stub_app.py")


def open_app(tmp_path: Path, state: str = "full", *extra: str, **options: Any) -> Terminal:
    return Terminal([sys.executable, APP, state, str(tmp_path), *extra], **options)


def opened(text: str) -> bool:
    """The first screen is complete."""
    return "NGC 7000" in text and "q quit" in text


def assert_restored(terminal: Terminal) -> None:
    """The alternate screen is left last, the mouse is off and the cursor is back."""
    assert ALT_SCREEN_OFF in terminal.output
    assert terminal.output.rindex(ALT_SCREEN_OFF) > terminal.output.rindex(b"\x1b[?1049h")
    assert terminal.output.rindex(MOUSE_OFF) > terminal.output.rindex(b"\x1b[?1000h")
    assert terminal.output.rindex(CURSOR_ON) > terminal.output.rindex(b"\x1b[?25l")


def test_opens_and_quits_at_once_with_nothing_running(tmp_path: Path) -> None:
    with open_app(tmp_path, "full", "no-jobs") as terminal:
        text = terminal.wait_for(opened)
        assert "1 Targets" in text
        assert "? help" in text
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_restored(terminal)


def test_quitting_with_work_under_way_asks_and_the_default_is_no(tmp_path: Path) -> None:
    with open_app(tmp_path) as terminal:
        terminal.wait_for(opened)
        terminal.press("q")
        assert "goes on at the next start" in terminal.wait_for("4 jobs are not finished")
        terminal.press("enter")
        terminal.wait_for(lambda text: "not finished" not in text)
        terminal.press("q")
        terminal.wait_for("not finished")
        terminal.press("y")
        assert terminal.wait_exit() == 0
        assert_restored(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal(tmp_path: Path, number: signal.Signals) -> None:
    with open_app(tmp_path) as terminal:
        terminal.wait_for(opened)
        terminal.kill(number)
        assert terminal.wait_exit() == 128 + number
        assert_restored(terminal)
        assert b"Traceback" not in terminal.output


def test_a_kill_loses_little_of_the_desk(tmp_path: Path) -> None:
    with open_app(tmp_path) as terminal:
        terminal.wait_for(opened)
        terminal.press("2")
        end = time.monotonic() + 10
        while not (tmp_path / "desk.json").exists() and time.monotonic() < end:
            terminal.read(0.1)
        terminal.kill(signal.SIGKILL)
        terminal.wait_exit()
    with open_app(tmp_path) as terminal:
        terminal.wait_for("[2 Blocks]")


def test_a_lost_link_ends_the_program(tmp_path: Path) -> None:
    with open_app(tmp_path) as terminal:
        terminal.wait_for(opened)
        terminal.hang_up()  # the kernel sends SIGHUP; writing fails from now on
        assert terminal.wait_exit() != 0


def test_a_crash_is_one_line_and_a_log_file(tmp_path: Path) -> None:
    with open_app(tmp_path, "full", "crash") as terminal:
        assert terminal.wait_exit() == 1
        assert_restored(terminal)
        after = terminal.output[terminal.output.rindex(ALT_SCREEN_OFF) :].decode()
        assert "stopped on a fault of its own (KeyError" in after.replace("\r\n", "")
        assert "Traceback" not in after
        assert "Traceback" in (tmp_path / "crash.log").read_text()


def test_a_night_that_cannot_open_says_why_with_its_exit_code(tmp_path: Path) -> None:
    with open_app(tmp_path, "empty", "locked") as terminal:
        assert terminal.wait_exit() == 11
        assert_restored(terminal)
        assert b"another copy runs: it holds the journal. Close it first" in terminal.output


def test_suspends_and_comes_back(tmp_path: Path) -> None:
    shell = f"{sys.executable} {APP} full {tmp_path}; echo ended with $?"
    with Terminal(["bash", "--norc", "-i"], environment={"PS1": "shell> "}) as terminal:
        terminal.wait_for("shell>")
        terminal.press(f"{shell}\r")
        terminal.wait_for(opened)
        terminal.press("ctrl+z")
        terminal.wait_for("Stopped")
        assert ALT_SCREEN_OFF in terminal.output
        terminal.press("fg\r")
        terminal.wait_for(opened)
        terminal.press("2")
        terminal.wait_for("[2 Blocks]")


def test_resizing_changes_between_one_pane_and_four(tmp_path: Path) -> None:
    with open_app(tmp_path) as terminal:
        assert "4 Server ·" not in terminal.wait_for(opened)
        terminal.resize(120, 40)
        terminal.wait_for("4 Server · alice · 412 stacks")
        terminal.resize(80, 24)
        terminal.wait_for(lambda text: "4 Server ·" not in text and "NGC 7000" in text)


def test_the_window_s_size_counts_and_not_what_the_shell_exported(tmp_path: Path) -> None:
    exported = {"COLUMNS": "80", "LINES": "24"}
    with open_app(tmp_path, columns=120, rows=40, environment=exported) as terminal:
        terminal.wait_for("4 Server · alice · 412 stacks")


def test_no_color_sends_no_colours(tmp_path: Path) -> None:
    with open_app(tmp_path, environment={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for(opened)
        terminal.press("j", "2")
        terminal.wait_for("[2 Blocks]")
        assert b"38;2;" not in terminal.output
        assert b"48;2;" not in terminal.output


def test_an_idle_app_writes_nothing(tmp_path: Path) -> None:
    with open_app(tmp_path) as terminal:
        terminal.wait_for(opened)
        terminal.read(1.0)
        assert terminal.read(2.0) == b""


def test_keys_cost_few_bytes(tmp_path: Path) -> None:
    with open_app(tmp_path) as terminal:
        terminal.wait_for(opened)
        terminal.press("4")
        terminal.wait_for("412 stacks")
        terminal.read(1.2)
        for key, most in (("down", 500), ("pagedown", 5000), ("pagedown", 5000), ("up", 500)):
            before = len(terminal.output)
            terminal.press(key)
            terminal.read(0.4)
            assert 0 < len(terminal.output) - before <= most, key


def test_four_running_jobs_cost_few_bytes(tmp_path: Path) -> None:
    with open_app(tmp_path, "full", "busy") as terminal:
        terminal.wait_for(opened)
        terminal.press("3")
        terminal.wait_for("4 running")
        terminal.read(1.5)
        rate = len(terminal.read(4.0)) / 4
        assert 0 < rate <= 600


def test_without_a_terminal_it_refuses_with_a_sentence(tmp_path: Path) -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, APP, "full", str(tmp_path)], capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stdout
    assert time.monotonic() - started < 15


def test_a_dumb_terminal_is_refused(tmp_path: Path) -> None:
    with open_app(tmp_path, environment={"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 2
        assert "can move its cursor" in terminal.text()
