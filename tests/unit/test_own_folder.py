"""The demo's folder: removed at its end or at the next start, except for the crash log."""

import subprocess
import sys
from pathlib import Path

import pytest

from crowdsky_tui.base.crash_log import write_crash
from crowdsky_tui.simulator.own_folder import own_folder, remove_abandoned


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_at_its_end_all_of_it_is_removed(temporary: Path) -> None:
    with own_folder() as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "frame.fit").write_bytes(b"x")
        (folder / "link").symlink_to(folder / "deep")
    assert list(temporary.iterdir()) == []


def test_only_the_crash_log_that_was_named_is_kept(temporary: Path) -> None:
    with own_folder() as folder:
        named = write_crash(ValueError("broken"), folder / "state")
        (folder / "state" / "journal.db").write_bytes(b"x")
    assert "broken" in named.read_text()
    assert [path.name for path in folder.rglob("*")] == ["state", "crash.log"]


def test_the_next_start_removes_what_a_killed_one_left_and_never_what_is_in_use(
    temporary: Path,
) -> None:
    program = (
        "import sys, tempfile; tempfile.tempdir = sys.argv[1];"
        "from crowdsky_tui.simulator.own_folder import own_folder;"
        "folder = own_folder(); print(folder.__enter__(), flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(temporary)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    folder = Path(child.stdout.readline().strip())
    (folder / "frames").mkdir()
    remove_abandoned(temporary)
    assert (folder / "frames").is_dir(), "it is in use"
    child.kill()
    child.wait()
    child.stdout.close()
    assert child.stdin is not None
    child.stdin.close()
    stranger = temporary / "crowdsky-simulate-not-locked-yet"
    stranger.mkdir()
    with own_folder() as ours:
        assert sorted(temporary.iterdir()) == sorted([ours, stranger])
