"""A file gets its name in one way, which has the name on the disk."""

import ast
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

import crowdsky_tui
from crowdsky_tui.base import files
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments.rig.files import FolderFiles

PACKAGE = Path(crowdsky_tui.__file__).parent
OTHERWISE = {
    "base/files.py": "the one way",
    "base/crash_log.py": "the full log is put aside",
    "agent/server.py": "a socket",
    "database/damage.py": "a damaged database is put aside",
    "database/exchange.py": "a folder",
    "timeseries/parquet_tables.py": "a folder",
    "instruments/seestar/files/mounted_folder.py": "the telescope's own files",
    "instruments/seestar/files/smb.py": "the telescope's own files",
}


def renames() -> Iterator[str]:
    """The files in which a path is renamed. `replace` of text has two arguments."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        if ".replace(" not in text and ".rename(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                alone = len(node.args) == 1 and not node.keywords
                of_os = ast.unparse(node.func) in ("os.replace", "os.rename", "shutil.move")
                if of_os or (alone and node.func.attr in ("replace", "rename")):
                    yield path.relative_to(PACKAGE).as_posix()


def test_there_is_one_way_to_give_a_whole_file_its_name() -> None:
    found = {place for place in renames() if not place.startswith(("simulator/", "tui/"))}
    assert found - set(OTHERWISE) == set(), "use crowdsky_tui.base.files.move_whole"


def test_a_folder_that_cannot_be_synced_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some shares refuse to sync a folder; the file is there all the same."""
    part, path = tmp_path / "a.fit.part", tmp_path / "a.fit"
    part.write_bytes(b"new")
    path.write_bytes(b"old")

    def refused(file: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("crowdsky_tui.base.files.os.fsync", refused)
    files.move_whole(part, path)
    assert (path.read_bytes(), part.exists()) == (b"new", False)


class NoFrames:
    """Writes none."""

    async def write_frame(self, request: FrameFileRequest) -> None:
        raise AssertionError(request)


async def test_a_rigs_frame_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, dest = tmp_path / "frames", tmp_path / "a.fit"
    (root / "M 81_sub").mkdir(parents=True)
    (root / "M 81_sub" / "a.fit").write_bytes(b"frame")
    synced: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        "crowdsky_tui.instruments.rig.files.sync",
        lambda path: synced.append((path.name, dest.exists())),
    )
    frames = FolderFiles(root, NoFrames())
    assert await frames.download("M 81_sub/a.fit", dest) == 5
    assert (dest.read_bytes(), synced) == (b"frame", [("a.fit.part", False)])
