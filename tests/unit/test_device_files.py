"""Reading, downloading and renaming: real folders, real HTTP, servers with bad manners."""

import asyncio
import errno
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DiskFull,
    FileDamaged,
    FileInTheWay,
    NotFoundOnScope,
    ScopeUnreachable,
    UsageError,
)
from crowdsky_tui.instruments.seestar.files import download as downloading
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess, files_in_folder
from crowdsky_tui.instruments.seestar.files.http import HttpReader
from crowdsky_tui.instruments.seestar.files.mounted_folder import FolderShare

DATA = os.urandom(1_000_003)
NAME = "Größe 'ä' #1 100%.fit"
PATH = f"MyWorks/M 81/{NAME}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "scope" / "MyWorks" / "M 81"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(DATA)
    return tmp_path / "scope"


class Web:
    """A web server of a few lines; `cut` ends bodies early, `ranges` off sends all each time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ranges = True
        self.cut: int | None = None
        self.announce = True
        self.status = 0
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.write(self.answer(head))
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    def answer(self, head: str) -> bytes:
        path = self.root / unquote(head.split(" ")[1]).lstrip("/")
        found = re.search(r"range: bytes=(\d+)-(\d*)", head, re.IGNORECASE)
        self.asked.append(found[0] if found else "all")
        if self.status or not path.is_file():
            return b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % (self.status or 404)
        data = path.read_bytes()
        lines = ["HTTP/1.1 200 OK"]
        if found and self.ranges:
            first, last = int(found[1]), int(found[2] or len(data) - 1)
            lines = ["HTTP/1.1 206 Partial"]
            lines += [f"Content-Range: bytes {first}-{min(last, len(data) - 1)}/{len(data)}"]
            data = data[first : last + 1]
        if self.announce:
            lines.append(f"Content-Length: {len(data)}")
        lines.append("Connection: close")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + data[: self.cut]


@asynccontextmanager
async def serving(root: Path) -> AsyncIterator[tuple[Web, ScopeFileAccess, HttpReader]]:
    web = Web(root)
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    files = files_in_folder(root, "127.0.0.1", port)
    http = HttpReader("127.0.0.1", port)
    try:
        yield web, files, http
    finally:
        await files.close()
        await http.close()
        server.close()
        await server.wait_closed()


def make_slow(web: Web) -> None:
    web.cut = 300_000


def make_unannounced(web: Web) -> None:
    web.cut, web.announce = 300_000, False


def make_rangeless(web: Web) -> None:
    web.ranges = False


def make_dead(web: Web) -> None:
    web.status = 503


def make_lost(web: Web) -> None:
    web.status = 404


def make_good(web: Web) -> None:
    web.cut = None


@pytest.mark.parametrize(
    "manners",
    [make_good, make_slow, make_unannounced, make_rangeless, make_dead, make_lost],
)
async def test_a_download_is_whole_whatever_the_server_does(
    root: Path, tmp_path: Path, manners: Callable[[Web], None]
) -> None:
    async with serving(root) as (web, files, _):
        manners(web)
        dest = tmp_path / "new" / "folder" / NAME
        seen: list[tuple[int, int]] = []
        size = await files.download(PATH, dest, lambda done, total: seen.append((done, total)))
        assert size == len(DATA)
        assert dest.read_bytes() == DATA
        assert [path.name for path in dest.parent.iterdir()] == [NAME]
        assert seen[-1] == (len(DATA), len(DATA))
        assert web.asked


async def test_a_partial_file_is_resumed_and_a_foreign_one_is_not(
    root: Path, tmp_path: Path
) -> None:
    async with serving(root) as (web, files, _):
        dest = tmp_path / "stack.fit"
        part = tmp_path / "stack.fit.part"
        part.write_bytes(DATA[:600_000])
        await files.download(PATH, dest)
        assert dest.read_bytes() == DATA
        assert web.asked[-1].lower() == "range: bytes=600000-"
        for foreign in (os.urandom(600_000), DATA + b"more", DATA[:-1] + b"?"):
            part.write_bytes(foreign)
            await files.download(PATH, dest)
            assert dest.read_bytes() == DATA
        part.write_bytes(DATA)
        before = len(web.asked)
        await files.download(PATH, dest)
        assert dest.read_bytes() == DATA
        assert "all" not in web.asked[before:]


async def test_a_short_body_never_gets_the_real_name(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "ATTEMPTS", 2)
    dest = tmp_path / "stack.fit"
    share = FolderShare(root)
    with pytest.raises(FileDamaged):
        await downloading.download([share], PATH, len(DATA) + 1, dest)
    assert not dest.exists()
    assert (tmp_path / "stack.fit.part").stat().st_size == len(DATA), "kept for the next time"


async def test_an_empty_file_downloads(root: Path, tmp_path: Path) -> None:
    (root / "MyWorks" / "empty.fit").touch()
    async with serving(root) as (_, files, _http):
        assert await files.download("MyWorks/empty.fit", tmp_path / "empty.fit") == 0
        assert (tmp_path / "empty.fit").stat().st_size == 0


async def test_no_room_is_said_before_and_in_the_middle(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "stack.fit"
    files = files_in_folder(root)
    with monkeypatch.context() as patched:
        patched.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
        with pytest.raises(DiskFull) as caught:
            await files.download(PATH, dest)
        assert str(tmp_path) in caught.value.what
        assert caught.value.next_step

    def full(part: Path, start: int, piece: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(downloading, "_write", full)
        with pytest.raises(DiskFull):
            await files.download(PATH, dest)
    assert list(tmp_path.glob("stack*")) == []
    await files.download(PATH, dest)
    assert dest.read_bytes() == DATA


async def test_a_link_in_place_of_the_partial_file_is_not_followed(
    root: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"keep me")
    (tmp_path / "stack.fit.part").symlink_to(precious)
    with pytest.raises(CrowdSkyError):
        await files_in_folder(root).download(PATH, tmp_path / "stack.fit")
    assert precious.read_bytes() == b"keep me"


async def test_http_reads_ranges_to_the_end_of_the_file(root: Path) -> None:
    async with serving(root) as (web, _, http):
        assert await http.read_range(PATH, 2880, 5000) == DATA[2880:7880]
        assert await http.read_range(PATH, len(DATA) - 10, 100) == DATA[-10:]
        web.ranges = False
        assert await http.read_range(PATH, 2880, 5000) == DATA[2880:7880]
        web.cut = 100
        with pytest.raises(FileDamaged):
            await http.read_range(PATH, 0, 5000)
        web.status = 500
        with pytest.raises(ScopeUnreachable):
            await http.read_range(PATH, 0, 5000)
        web.status = 0
        with pytest.raises(NotFoundOnScope):
            await http.read_range("MyWorks/none.fit", 0, 10)


async def test_reading_falls_back_to_the_share(root: Path) -> None:
    async with serving(root) as (web, files, _):
        web.cut = 100
        assert await files.read_range(PATH, 0, 23_040) == DATA[:23_040]


async def test_nobody_at_the_web_server_is_unreachable(root: Path) -> None:
    async with serving(root) as (_, _files, http):
        port = int(http.base.rpartition(":")[2])
    http = HttpReader("127.0.0.1", port)
    with pytest.raises(ScopeUnreachable) as caught:
        await http.read_range(PATH, 0, 10)
    assert caught.value.next_step
    await http.close()


async def test_a_folder_lists_what_can_be_used_with_exact_sizes(root: Path) -> None:
    share = FolderShare(root)
    folder = root / "MyWorks" / "M 81"
    (folder / ".hidden").touch()
    (folder / "with\x1bescape.fit").touch()
    (folder / "inner").mkdir()
    (folder / "link.fit").symlink_to("/etc/hostname")
    assert [(file.name, file.size) for file in await share.list("MyWorks/M 81")] == [
        (NAME, len(DATA))
    ]
    (root / "MyWorks" / "away").symlink_to("/etc")
    assert await share.folders() == ["M 81"]
    assert await share.size(PATH) == len(DATA)
    assert await share.read_range(PATH, 5, 7) == DATA[5:12]


@pytest.mark.parametrize("path", ["../secret", "MyWorks/../../secret", "/etc/passwd", "a//b", ""])
async def test_no_path_leaves_the_folder(root: Path, path: str) -> None:
    share = FolderShare(root)
    (root.parent / "secret").write_text("x")
    for attempt in (share.list(path), share.size(path), share.delete(path)):
        with pytest.raises(UsageError):
            await attempt
    (root / "MyWorks" / "link").symlink_to(root.parent)
    with pytest.raises(UsageError):
        await share.size("MyWorks/link/secret")


@pytest.mark.parametrize("links", [True, False])
async def test_a_rename_moves_and_never_overwrites(
    root: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:

        def refuse(self: Path, target: Path) -> None:
            raise OSError(errno.EPERM, "no hard links here")

        monkeypatch.setattr(Path, "hardlink_to", refuse)
    share = FolderShare(root)
    await share.rename(PATH, "MyWorks/M 81/new name.fit")
    folder = root / "MyWorks" / "M 81"
    assert [path.name for path in folder.iterdir()] == ["new name.fit"]
    (folder / "other.fit").write_bytes(b"other")
    with pytest.raises(FileInTheWay):
        await share.rename("MyWorks/M 81/new name.fit", "MyWorks/M 81/other.fit")
    assert (folder / "other.fit").read_bytes() == b"other"
    assert (folder / "new name.fit").read_bytes() == DATA
    with pytest.raises(NotFoundOnScope):
        await share.rename("MyWorks/M 81/none.fit", "MyWorks/M 81/x.fit")


async def test_a_rename_that_was_cut_in_the_middle_is_completed(root: Path) -> None:
    folder = root / "MyWorks" / "M 81"
    (folder / "new.fit").hardlink_to(folder / NAME)
    await FolderShare(root).rename(PATH, "MyWorks/M 81/new.fit")
    assert [path.name for path in folder.iterdir()] == ["new.fit"]


async def test_an_unmounted_drive_is_unreachable_not_empty(tmp_path: Path) -> None:
    share = FolderShare(tmp_path / "nowhere")
    for attempt in (share.folders(), share.list("MyWorks/M 81"), share.size(PATH)):
        with pytest.raises(ScopeUnreachable) as caught:
            await attempt
        assert "mounted" in caught.value.why
    (tmp_path / "nowhere" / "MyWorks").mkdir(parents=True)
    with pytest.raises(NotFoundOnScope):
        await share.list("MyWorks/M 81")


async def test_pieces_before_a_break_are_written(root: Path, tmp_path: Path) -> None:
    """What was counted as received must be in the file, or the rest lands in the wrong place."""
    pieces = [DATA[:300_000], DATA[300_000:600_000], DATA[600_000:]]
    asked: list[int] = []

    class Breaking:
        async def stream(self, path: str, start: int) -> AsyncIterator[bytes]:
            asked.append(start)
            if start:
                yield pieces[2]
                return
            yield pieces[0]
            yield pieces[1]
            raise FileDamaged("it broke off")

        async def read_range(self, path: str, start: int, length: int) -> bytes:
            return DATA[start : start + length]

    dest = tmp_path / "stack.fit"
    reader: Any = Breaking()
    await downloading.download([reader], PATH, len(DATA), dest)
    assert asked == [0, 600_000]
    assert dest.read_bytes() == DATA
