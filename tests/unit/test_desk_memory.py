"""What the desk remembers, where keys are set, the clipboard's programs, plain glyphs."""

import logging
import os
import stat
from pathlib import Path

import pytest

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.tui.desk_memory import (
    NAME,
    DeskMemory,
    PaneMemory,
    keep,
    recall,
    row_key,
    row_memory,
)
from crowdsky_tui.tui.keymap import check_keymap
from crowdsky_tui.tui.keymap_lines import keymap_lines
from crowdsky_tui.tui.terminal.clipboard import copy_natively, tool_for
from crowdsky_tui.tui.terminal.plain_glyphs import plain, wants_plain


def test_what_is_kept_is_recalled(tmp_path: Path) -> None:
    memory = DeskMemory("blocks", {"targets": PaneMemory("!ngc", "by scope", ("S50", "M 81"))})
    keep(tmp_path / "new", memory)
    assert recall(tmp_path / "new") == memory
    assert [path.name for path in (tmp_path / "new").iterdir()] == [NAME]
    assert stat.S_IMODE((tmp_path / "new" / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"pane": 7}', b"\xff\xfe", b" " * 70000])
def test_a_broken_memory_is_none_and_only_the_log_says_so(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert recall(tmp_path) == DeskMemory()
    assert "was not used" in caplog.text


def test_no_memory_is_no_trouble(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert recall(tmp_path) == DeskMemory()
    assert not caplog.text
    (tmp_path / "file").touch()
    keep(tmp_path / "file", DeskMemory())
    assert "was not kept" in caplog.text


def test_a_planted_filter_is_cleaned(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"panes": {"targets": {"filter": "a\\u001b]52;c;x\\u0007"}}}')
    assert "\x1b" not in recall(tmp_path).panes["targets"].filter


def test_only_lasting_keys_are_kept() -> None:
    assert row_memory(("S50", "M 81")) == ("S50", "M 81")
    assert row_memory((None, "key", "LP", "S50")) == (None, "key", "LP", "S50")
    assert row_memory(7) == ()
    block = BlockKey(TargetKey("S50", "M 81"), "20260227.88", "10.0s", "LP")
    assert row_memory(block) == ("S50", "M 81", "20260227.88", "10.0s", "LP")
    assert row_key(row_memory(block)) == block
    assert row_key(("S50", "M 81")) == ("S50", "M 81")
    assert row_memory((1.5,)) == ()


def test_keymap_problems_name_their_line(tmp_path: Path) -> None:
    first, local = tmp_path / "config.toml", tmp_path / "config.local.toml"
    first.write_text('[server]\nstack = "no"\n\n[keymap]\n# mine\nstak = "s"\n"quit" = "ctrl+m"\n')
    local.write_text('keymap.upload = "s"\n')
    lines = keymap_lines((first, local, tmp_path / "none.toml"))
    told = check_keymap({"stak": "s", "quit": "ctrl+m", "upload": "s"}, lines)
    assert told[0].startswith("config.toml, line 6: keymap.stak: there is no such action")
    assert told[1].startswith("config.toml, line 7: keymap.quit: most terminals")
    assert told[2] == "config.local.toml, line 1: keymap: s is bound to both stack and upload"


def test_the_clipboard_s_program_is_one_that_reaches_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tmux", "wl-copy"):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\ncat > "{tmp_path}/{name}.got"\n')
        tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert tool_for({}) is None
    assert tool_for({"WAYLAND_DISPLAY": "w", "SSH_CONNECTION": "far"}) is None
    assert copy_natively("M 81", {"TMUX": "t", "SSH_CONNECTION": "far"}) == "tmux"
    assert (tmp_path / "tmux.got").read_text() == "M 81"
    (tmp_path / "wl-copy").write_text("#!/bin/sh\nexit 1\n")
    assert copy_natively("x", {"WAYLAND_DISPLAY": "w"}) == ""


def test_plain_glyphs_are_latin_and_as_wide() -> None:
    assert plain("▸M 81 ✓ 20–30 …") == ">M 81 + 20-30 ~"
    assert plain("望遠") == "????"
    assert plain("Größe") == "Größe"
    assert wants_plain("auto", "linux")
    assert wants_plain("plain", "xterm")
    assert not wants_plain("auto", "xterm-256color")
    assert not wants_plain("full", "linux")
    assert wants_plain("full", "xterm", "iso-8859-1") and wants_plain("auto", "xterm", "ascii")
