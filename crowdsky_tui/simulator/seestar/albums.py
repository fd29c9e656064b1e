"""What `get_albums` and the page listing say about the tree, read afresh at every request."""

import math
import os
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.scope_time import ScopeTime
from crowdsky_tui.simulator.seestar.wire import BAD_VALUE, Fault

DATA = "MyWorks"
PAGE = 20


class Albums:
    """The file half of the RPC. There is one page cursor per telescope, shared by all clients."""

    def __init__(
        self,
        root: Path,
        time: ScopeTime,
        faults: Faults,
        *,
        lists_companions: bool,
        hidden: int = 0,
    ) -> None:
        self._hidden = hidden
        self._root = root
        self._time = time
        self._faults = faults
        self._lists_companions = lists_companions
        self._cursor: Path | None = None

    def folder(self, path: str) -> Path:
        """The folder `MyWorks/…` on disk; Fault if the path leaves the tree."""
        parts = path.split("/")
        if parts[0] != DATA or any(part in {"", ".", ".."} for part in parts):
            raise Fault(BAD_VALUE)
        return self._root.joinpath(*parts)

    def albums(self) -> dict[str, object]:
        """`get_albums`: `count` is album entries (stacks or sub-frames), not files."""
        groups = []
        folders = sorted(_entries(self._root / DATA, folders=True), key=lambda e: e.name)
        hidden = self._faults.hidden_albums | self._left_out([folder.name for folder in folders])
        for folder in folders:
            if folder.name in hidden:
                continue
            names = [entry.name for entry in _entries(Path(folder.path), folders=False)]
            fits = sorted(name for name in names if name.endswith(".fit"))
            thumbnail = f"{folder.name}/{fits[-1].removesuffix('.fit')}_thn.jpg" if fits else ""
            groups.append({"name": folder.name, "thn": thumbnail, "count": len(fits), "type": 0})
        return {"path": DATA, "list": [{"group_name": "DeepSky", "files": groups}]}

    def _left_out(self, names: list[str]) -> set[str]:
        """Folders that the album list forgets: always the same ones, at most one in five."""
        scattered = sorted(names, key=lambda name: crc32(name.encode()))
        return set(scattered[: min(self._hidden, len(names) // 5)])

    def open(self, path: str) -> int:
        """`get_img_file_page_number`: aim the cursor; how many pages, 0 for a missing folder."""
        self._cursor = self.folder(path)
        return math.ceil(len(self._listing()) / PAGE)

    def page(self, number: int) -> list[dict[str, object]]:
        """`get_img_file_page_name`: up to 20 entries of the folder that was opened last."""
        if number < 0:
            raise Fault(BAD_VALUE)
        return [self._row(entry) for entry in self._listing()[number * PAGE : (number + 1) * PAGE]]

    def _listing(self) -> list[os.DirEntry[str]]:
        if self._cursor is None:
            return []
        shown = [
            entry
            for entry in _entries(self._cursor)
            if self._lists_companions or not entry.name.endswith(".jpg")
        ]
        return sorted(shown, key=lambda entry: entry.name)

    def _row(self, entry: os.DirEntry[str]) -> dict[str, object]:
        status = entry.stat()
        changed = self._time.local(datetime.fromtimestamp(status.st_mtime, UTC))
        return {
            "name": entry.name,
            "date": f"{changed:%Y-%m-%d %H:%M:%S}",
            "size_k": 0 if entry.is_dir() else round(status.st_size / 1024),
            "is_dir": entry.is_dir(),
            "file_cnt": 0,
            "avi_duration_sec": 0,
        }


def _entries(folder: Path, *, folders: bool | None = None) -> list[os.DirEntry[str]]:
    """What a folder holds; nothing if it is not there. `folders` narrows it to one kind."""
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if folders is None or entry.is_dir() is folders]
    except (FileNotFoundError, NotADirectoryError):
        return []
