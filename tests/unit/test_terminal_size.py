"""Exported COLUMNS and LINES are forgotten only where the terminal tells its own size."""

import os
import pty
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.pty import set_window
from crowdsky_tui.tui.terminal.environment import trust_the_window


@pytest.mark.parametrize(("size", "kept"), [((80, 24), False), ((0, 0), True)])
def test_exported_sizes_are_forgotten_only_where_the_terminal_tells_its_own(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], kept: bool
) -> None:
    master, slave = pty.openpty()
    monkeypatch.setenv("COLUMNS", "133")
    monkeypatch.setenv("LINES", "41")
    set_window(slave, size)
    with os.fdopen(slave, "w") as terminal, os.fdopen(master, "rb"):
        monkeypatch.setattr(sys, "stderr", terminal)
        trust_the_window()
    assert ("COLUMNS" in os.environ, "LINES" in os.environ) == (kept, kept)


def test_a_file_or_nothing_behind_the_stream_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "133")
    with (tmp_path / "log").open("w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        trust_the_window()
    assert os.environ["COLUMNS"] == "133"
