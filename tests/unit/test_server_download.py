"""Downloads appear whole, under our own name, or not at all."""

import errno
import os
from pathlib import Path

import pytest
from server_raw import RawRequest, RawServer, Script, hang, reply, vanish

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DiskFull,
    FileInTheWay,
    NetworkDown,
    NotFound,
    ProtocolError,
    Rejected,
    ServerUnavailable,
    UsageError,
)
from crowdsky_tui.services.crowdsky import download

KEY = "20260724.84_HP006478"
OTHER_KEY = "20260724.85_HP006478"
FITS = b"SIMPLE  =                    T".ljust(2880) + bytes(2880 * 200)
FITS_TYPE = "Content-Type: application/fits"


async def _promise_more(asked: RawRequest) -> None:
    asked.writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Length: {len(FITS)}\r\n\r\n".encode() + FITS[:28800]
    )
    await asked.writer.drain()


async def _stop_midway(asked: RawRequest) -> None:
    await _promise_more(asked)
    await hang(asked)


async def _without_length(asked: RawRequest) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FITS)
    await asked.writer.drain()


async def test_one_key_and_many(tmp_path: Path) -> None:
    async with RawServer(reply(200, FITS, FITS_TYPE), _without_length) as raw:
        server = raw.client()
        assert await server.download_stack(KEY, tmp_path / "new" / "folder") == [
            tmp_path / "new" / "folder" / f"{KEY}.fits"
        ]
        paths = await server.download_stack([KEY, OTHER_KEY, KEY], str(tmp_path))
        assert [asked.target for asked in raw.asked] == [
            f"/api/download_stack.php?chunk_key={key}" for key in (KEY, KEY, OTHER_KEY)
        ]
    assert [path.name for path in paths] == [f"{KEY}.fits", f"{OTHER_KEY}.fits"]
    assert all(path.read_bytes() == FITS for path in paths)
    assert sorted(path.name for path in tmp_path.rglob("*.part")) == []


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="../../evil.fits"',
        'attachment; filename="/tmp/evil.fits"',
        "attachment; filename*=UTF-8''..%2Fevil.fits",
        "attachment",
    ],
)
async def test_the_server_does_not_name_the_file(disposition: str, tmp_path: Path) -> None:
    dest = tmp_path / "a" / "b"
    async with RawServer(reply(200, FITS, f"Content-Disposition: {disposition}")) as raw:
        await raw.client().download_stack(KEY, dest)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [dest / f"{KEY}.fits"]


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (reply(404, b"Stack not found."), NotFound, "Stack not found"),
        (reply(200, b"gone", FITS_TYPE), ProtocolError, "gone"),
        (reply(200, b"<?xml version='1.0'?><error/>", FITS_TYPE), ProtocolError, "storage"),
        (reply(200, b"<html>log in</html>"), ProtocolError, "captive portal"),
        (reply(200, b'{"error":"No such stack."}'), Rejected, "No such stack"),
        (reply(200, b"", FITS_TYPE), ProtocolError, "not a FITS file"),
        (reply(200, b"SIMP", FITS_TYPE), ProtocolError, "not a FITS file"),
        (reply(200, FITS[:-100], FITS_TYPE), ProtocolError, "not a whole FITS file"),
        (reply(302, b"", "Location: /login.php"), ProtocolError, "redirect"),
        (reply(502, b"<html>"), ServerUnavailable, "502"),
        (_promise_more, NetworkDown, "peer closed"),
        (_stop_midway, NetworkDown, "nothing moved"),
        (vanish, NetworkDown, "disconnected"),
    ],
)
async def test_a_failed_download_leaves_nothing(
    script: Script,
    kind: type[CrowdSkyError],
    words: str,
    tmp_path: Path,
) -> None:
    async with RawServer(script) as raw:
        with pytest.raises(kind, match=words) as caught:
            await raw.client().download_stack(KEY, tmp_path)
    assert KEY in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("first", [_promise_more, vanish, reply(503)])
async def test_a_broken_download_starts_again(first: Script, tmp_path: Path) -> None:
    async with RawServer(first, reply(200, FITS, FITS_TYPE)) as raw:
        (path,) = await raw.client().download_stack(KEY, tmp_path)
        assert len(raw.asked) == 2
    assert path.read_bytes() == FITS


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / f"{KEY}.fits"
    path.write_bytes(b"mine")
    async with RawServer(reply(200, FITS, FITS_TYPE)) as raw:
        with pytest.raises(FileInTheWay, match=KEY):
            await raw.client().download_stack(KEY, tmp_path)
        assert raw.asked == []
    assert path.read_bytes() == b"mine"


async def test_a_file_that_appears_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / f"{KEY}.fits"

    async def interfere(asked: RawRequest) -> None:
        path.write_bytes(b"mine")
        await asked.answer(200, FITS)

    async with RawServer(interfere) as raw:
        with pytest.raises(FileInTheWay):
            await raw.client().download_stack(KEY, tmp_path)
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "20260724.96", "a b", f"{KEY}/x", "٢" * 8])
async def test_what_is_no_key(key: str, tmp_path: Path) -> None:
    async with RawServer(reply(200, FITS)) as raw:
        with pytest.raises(UsageError, match="not a chunk key"):
            await raw.client().download_stack([KEY, key], tmp_path)
        assert raw.asked == []
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, flags: int) -> int:
        return os.open("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(download, "never_by_a_link", full)
    async with RawServer(reply(200, FITS, FITS_TYPE)) as raw:
        with pytest.raises(DiskFull, match="Make room") as caught:
            await raw.client().download_stack(KEY, tmp_path)
        assert len(raw.asked) == 1
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    async with RawServer(reply(200, FITS)) as raw:
        with pytest.raises(UsageError, match="folder"):
            await raw.client().download_stack(KEY, tmp_path / "file" / "below")
        assert raw.asked == []
