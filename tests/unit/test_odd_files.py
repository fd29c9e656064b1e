"""Files of ours that are pipes, devices, folders or endless: all is said, nothing waits."""

import os
from pathlib import Path

import pytest

from crowdsky_tui.base.crash_log import crashes_there
from crowdsky_tui.base.errors import JournalError, SettingsError
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.private_files import refuse_odd_database
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.write import save_settings
from crowdsky_tui.database.engine import open_file
from crowdsky_tui.jobs.engine.lock import _describe
from crowdsky_tui.jobs.handover import _read
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.tui.desk_memory import NAME, DeskMemory, recall
from crowdsky_tui.tui.keymap_lines import keymap_lines


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def test_only_a_plain_file_is_read_and_only_so_much_of_it(tmp_path: Path) -> None:
    for odd in (pipe(tmp_path / "pipe"), tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"no plain file|s a directory"):
            read_plain(odd)
    whole = tmp_path / "whole"
    whole.write_bytes(b"12345")
    assert read_plain(whole, 5) == b"12345"
    with pytest.raises(OSError, match="larger"):
        read_plain(whole, 4)


def test_a_pipe_in_a_files_place_is_as_no_file(tmp_path: Path) -> None:
    for name in (NAME, "crash.log", "journal.lock", "mark", "config.toml"):
        pipe(tmp_path / name)
    assert recall(tmp_path) == DeskMemory()
    assert crashes_there(tmp_path) == 0
    assert "does not say" in _describe(tmp_path / "journal.lock")
    assert _read(tmp_path / "mark") is None
    assert keymap_lines([tmp_path / "config.toml"]) == {}


ODD_SETTINGS: dict[str, str | bytes] = {
    "nested": "x = " + "[" * 5000 + "]" * 5000,
    "digits": f"[stacking]\nblock_minutes = {'9' * 6000}",
    "u0000": '[storage]\nstate_dir = "/tmp/a\\u0000b"',
    "larger": "#" * 1_000_001,
    "UTF-16": "[server]".encode("utf-16"),
    "utf-8": b"a = '\xff'",
}


@pytest.mark.parametrize("name", ODD_SETTINGS)
def test_odd_settings_are_refused_in_words(tmp_path: Path, name: str) -> None:
    path, text = tmp_path / "config.toml", ODD_SETTINGS[name]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError, match=r"config\.toml"):
        read_settings(path, {})


@pytest.mark.parametrize("name", ["config.toml", "config.local.toml"])
def test_settings_that_are_a_pipe_are_named_and_never_waited_for(tmp_path: Path, name: str) -> None:
    path = tmp_path / "config.toml"
    if name != path.name:
        path.write_text("")
    pipe(tmp_path / name)
    with pytest.raises(SettingsError, match="no plain file"):
        read_settings(path, {})


@pytest.mark.parametrize("value", ["9" * 6000, "[" * 5000])
def test_an_endless_value_is_refused_in_words(tmp_path: Path, value: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    with pytest.raises(SettingsError):
        save_settings(read_settings(path, {}), {"stacking.block_minutes": value})


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("odd", ["pipe", "folder", "link"])
def test_sqlite_is_never_given_what_is_no_plain_file(tmp_path: Path, end: str, odd: str) -> None:
    path, place = tmp_path / "a.sqlite3", tmp_path / f"a.sqlite3{end}"
    refuse_odd_database(path)
    if odd == "pipe":
        pipe(place)
    elif odd == "folder":
        place.mkdir()
    else:
        place.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match=place.name):
        refuse_odd_database(path)


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_journal_that_is_a_pipe_is_named_and_never_waited_for(
    tmp_path: Path, read_only: bool
) -> None:
    pipe(tmp_path / "journal.sqlite3")
    journal = Journal(tmp_path)
    with pytest.raises(JournalError, match="no plain file"):
        await journal.open("test", read_only=read_only)
    await journal.close()


def test_a_database_that_is_a_pipe_is_named_and_never_waited_for(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no plain file"):
        open_file(pipe(tmp_path / "database.sqlite3"))
