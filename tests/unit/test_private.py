"""The state folder is its owner's alone, and nothing in it is reached by a link."""

import logging
import os
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crowdsky_tui.base.crash_log import write_crash
from crowdsky_tui.base.errors import CrowdSkyError, JournalError, UsageError
from crowdsky_tui.base.logfiles import LOG_BYTES, start_log
from crowdsky_tui.base.private_files import open_private, openness, private_folder
from crowdsky_tui.doctor.check import Level
from crowdsky_tui.doctor.round import _state_folder
from crowdsky_tui.gallery.cache import PictureCache
from crowdsky_tui.jobs.engine.journal import STATE_FILES
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.report.gather import save_report
from crowdsky_tui.report.report import Report
from crowdsky_tui.tui.desk_memory import DeskMemory, keep


@pytest.fixture(autouse=True)
def open_handed() -> Iterator[None]:
    """The most careless umask, and the log put back."""
    root = logging.getLogger()
    handlers, level, before = list(root.handlers), root.level, os.umask(0)
    root.handlers = []
    yield
    start_log(None)
    root.handlers, root.level = handlers, level
    os.umask(before)


async def fill(folder: Path) -> None:
    """Everything that this program keeps in its state folder."""
    journal = Journal(folder)
    await journal.open("test")
    start_log(folder)
    logging.getLogger("crowdsky_tui.test").error("a line")
    for number in range(LOG_BYTES // 1500):
        logging.getLogger("crowdsky_tui.test").error("%d %s", number, "x" * 1600)
    write_crash(ValueError("x"), folder)
    keep(folder, DeskMemory())
    PictureCache(folder / "pictures").keep("one", b"data")
    written = datetime(2026, 2, 28, 6, tzinfo=UTC)
    report = Report(date(2026, 2, 27), written, "well", (), (), (), 0, ())
    await save_report(report, folder)
    await journal.close()


def modes(folder: Path) -> dict[str, int]:
    found = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}
    return {folder.name: stat.S_IMODE(folder.stat().st_mode), **found}


@pytest.mark.parametrize("before", [None, 0o755, 0o777])
async def test_all_of_the_state_folder_is_for_its_owner_alone(
    tmp_path: Path, before: int | None
) -> None:
    folder = tmp_path / "above" / "state"
    if before is not None:
        folder.mkdir(parents=True)
        folder.chmod(before)
        old = folder / "report-2026-01-01.txt"
        old.write_text("from an earlier version")
        assert openness(folder, STATE_FILES)
        assert _state_folder(folder).level is Level.FAIL
    await fill(folder)
    found = modes(folder)
    assert {"journal.sqlite3", "journal.lock", "crowdsky-tui.log", "crash.log"} <= set(found)
    assert {"crowdsky-tui.log.1", "desk.json", "pictures"} <= set(found)
    assert not [name for name, mode in found.items() if mode & 0o077], found
    if before is None:
        assert stat.S_IMODE((tmp_path / "above").stat().st_mode) == 0o700
    assert _state_folder(folder).level is not Level.FAIL or before is not None


@pytest.mark.parametrize("name", ["journal.lock", "journal.sqlite3", "journal.sqlite3-wal"])
async def test_the_journal_never_follows_a_link(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = private_folder(tmp_path / "state")
    (folder / name).symlink_to(victim)
    journal = Journal(folder)
    with pytest.raises(JournalError, match="symbolic link") as told:
        await journal.open("test")
    assert name in str(told.value) and "\n" not in str(told.value)
    assert victim.read_text() == "mine"
    (folder / name).unlink()
    await journal.open("test")
    await journal.close()


def test_log_and_crash_log_never_follow_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = private_folder(tmp_path / "state")
    for name in ("crowdsky-tui.log", "crash.log"):
        (folder / name).symlink_to(victim)
    with pytest.raises(UsageError, match=r"crowdsky-tui\.log cannot be written to.*link"):
        start_log(folder)
    with pytest.raises(OSError, match="symbolic link"):
        write_crash(ValueError("x"), folder)
    assert victim.read_text() == "mine"


def test_a_link_that_comes_while_the_log_is_open_gets_nothing(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = private_folder(tmp_path / "state")
    start_log(folder)
    (folder / "crowdsky-tui.log").symlink_to(victim)
    logging.getLogger("crowdsky_tui.test").error("a line")
    assert victim.read_text() == "mine"


def test_a_pipe_or_a_folder_in_a_files_place_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(OSError, match=name if name == "folder" else "No such device"):
            open_private(tmp_path / name, os.O_WRONLY | os.O_APPEND)
    os.mkfifo(tmp_path / "crowdsky-tui.log")
    with pytest.raises(CrowdSkyError, match="cannot be written to"):
        start_log(tmp_path)


def test_only_the_folders_that_are_made_are_closed_and_none_above_them(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o755)
    private_folder(there / "made" / "too")
    modes = [stat.S_IMODE((there / below).stat().st_mode) for below in ("", "made", "made/too")]
    assert modes == [0o755, 0o700, 0o700]


def test_what_is_shared_by_others_is_not_closed_to_them(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    private_folder(shared)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert openness(shared, STATE_FILES) == "others may write there"
