"""Servers that give a byte now and then, wrap gzip in gzip, or ask to wait for centuries."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from server_raw import HURRIED, RECEIPT, SECRET, RawRequest, RawServer, Script, reply, sparse_fits

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    NetworkDown,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerUnavailable,
    UploadInDoubt,
)
from crowdsky_tui.base.least_rate import Allowance, TooSlow
from crowdsky_tui.jobs.engine.retry import LONGEST_BACKOFF_S, next_pause
from crowdsky_tui.services.crowdsky.archive import Archive
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.replies import MOST_RETRY_AFTER_S, error_for, retry_after
from crowdsky_tui.services.http.reply import LARGEST_PIECE, Unzip

BRIEF = Patience(0.2, 0.2, 0.2)
LIMITS = msgspec.structs.replace(
    HURRIED,
    attempts=1,
    **dict.fromkeys(
        ("query", "download", "upload", "raw_file", "finalize", "finalize_overwrite", "coverage"),
        BRIEF,
    ),
)
IN_TIME_S = 6.0
OK = b"HTTP/1.1 200 OK\r\n"
CALLS: dict[str, Callable[[CrowdSkyServer, Archive, Path], Awaitable[Any]]] = {
    "my_stacks": lambda server, _archive, _folder: server.list_stacks(),
    "thumbnail": lambda server, _archive, _folder: server.thumbnail(1),
    "download": lambda server, _archive, folder: server.download_stack(
        "20260724.84_HP006478", folder
    ),
    "upload": lambda server, _archive, folder: server.upload_stack(
        sparse_fits(folder / "a.fit", 2880)
    ),
    "raw_start": lambda server, _archive, _folder: server.raw_start_session(),
    "raw_file": lambda server, _archive, folder: server.raw_upload_file(
        "token", sparse_fits(folder / "a.fit", 2880)
    ),
    "raw_finalize": lambda server, _archive, _folder: server.raw_finalize("token"),
    "frames": lambda _server, archive, _folder: archive.frames_by_healpix(1),
    "frame_stars": lambda _server, archive, _folder: archive.frame_stars(1),
    "frame": lambda _server, archive, folder: archive.download_frame(1, folder),
    "coverage": lambda _server, archive, _folder: archive.sky_coverage(),
}


def dripping(beginning: bytes, drop: bytes) -> Script:
    """Take the request in, say `beginning`, and then `drop` twenty times a second for ever."""

    async def script(asked: RawRequest) -> None:
        await asked.read_body()
        asked.writer.write(beginning)
        while not asked.writer.is_closing():
            asked.writer.write(drop)
            await asked.writer.drain()
            await asyncio.sleep(0.05)

    return script


@pytest.mark.parametrize(
    "script",
    [
        dripping(OK + b"Content-Length: 50000\r\n\r\nSIMPLE  =", b" "),
        dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        dripping(OK + b"X-Slow: ", b"x"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "chunks", "header", "continue"],
)
@pytest.mark.parametrize("name", CALLS)
async def test_no_call_waits_for_ever_on_a_byte_now_and_then(
    name: str, script: Script, tmp_path: Path
) -> None:
    async with RawServer(script) as raw:
        server = CrowdSkyServer(raw.url, "alice", SECRET, limits=LIMITS)
        archive = Archive(raw.url, "csk_key", limits=LIMITS)
        begun = time.monotonic()
        try:
            async with asyncio.timeout(IN_TIME_S):
                with pytest.raises((NetworkDown, UploadInDoubt)):
                    await CALLS[name](server, archive, tmp_path)
        finally:
            await server.close()
            await archive.close()
    assert time.monotonic() - begun < IN_TIME_S
    assert not list(tmp_path.glob("*.part"))


async def test_a_refusal_whose_words_come_slowly_is_still_that_refusal(tmp_path: Path) -> None:
    slow = dripping(b"HTTP/1.1 400 Bad\r\nContent-Length: 50000\r\n\r\n", b" ")
    async with RawServer(slow) as raw:
        server = CrowdSkyServer(raw.url, "alice", SECRET, limits=LIMITS)
        with pytest.raises(Rejected):
            await server.upload_stack(sparse_fits(tmp_path / "a.fit", 2880))
        await server.close()


async def test_a_steady_transfer_outlives_every_grace() -> None:
    allowance, begun = Allowance(grace_s=0.3, rate=1000), time.monotonic()
    for _ in range(10):
        async with allowance.waiting():
            await asyncio.sleep(0.1)
        allowance.moved(1000)
    assert time.monotonic() - begun > 0.9


async def test_a_fast_beginning_earns_no_long_silence() -> None:
    allowance = Allowance(grace_s=0.1, rate=1000)
    allowance.moved(10**9)
    begun = time.monotonic()
    with pytest.raises(TooSlow):
        async with allowance.waiting():
            await asyncio.sleep(4)
            raise AssertionError("it was waited for")
    assert time.monotonic() - begun < 3


async def test_the_whole_time_ends_whatever_moves() -> None:
    allowance = Allowance(grace_s=10, whole_s=1.0)
    with pytest.raises(TooSlow):
        for _ in range(100):
            async with allowance.waiting():
                await asyncio.sleep(0.05)
            allowance.moved(10**6)


async def test_our_own_work_is_not_the_servers_time() -> None:
    allowance = Allowance(grace_s=0.1)
    async with allowance.waiting():
        with allowance.own_work():
            await asyncio.sleep(0.4)
    with pytest.raises(TooSlow):
        async with allowance.waiting():
            await asyncio.sleep(1)


async def test_gzip_is_undone_only_once(tmp_path: Path) -> None:
    rows = gzip.compress(b"[]")
    async with RawServer(reply(200, rows, "Content-Encoding: gzip")) as raw:
        assert await raw.client().list_stacks() == []
    for coding in ("gzip, gzip", "br", "deflate", "zstd", "gzip, identity", "compress", "x" * 200):
        body = reply(200, gzip.compress(rows), f"Content-Encoding: {coding}")
        async with RawServer(body) as raw:
            with pytest.raises(ProtocolError):
                await raw.client().list_stacks()
            with pytest.raises(UploadInDoubt):
                await raw.client().upload_stack(sparse_fits(tmp_path / "a.fit", 2880))


async def test_a_small_gzip_never_becomes_a_large_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crowdsky_tui.services.crowdsky.client.LARGEST_LIST", 1_000_000)
    bomb = gzip.compress(b"[" + b" " * 300_000_000)
    async with RawServer(reply(200, bomb, "Content-Encoding: gzip")) as raw:
        with pytest.raises(ProtocolError, match="larger than"):
            await raw.client().list_stacks()
    assert max(map(len, Unzip().parts(bomb))) <= LARGEST_PIECE


@pytest.mark.parametrize("cut", [1, 10, 25])
def test_gzip_that_is_cut_is_never_taken_for_whole(cut: int) -> None:
    whole = gzip.compress(b"[1,2,3,4,5,6,7,8]")
    unzip = Unzip()
    list(unzip.parts(whole[:-cut]))
    with pytest.raises(httpx.DecodingError):
        unzip.check_end()
    with pytest.raises(httpx.DecodingError):
        list(Unzip().parts(whole + whole))
    assert zlib.decompress(whole, 31) == b"".join(Unzip().parts(whole))


@pytest.mark.parametrize(
    "wild",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 10000 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999",
        "Mon, 01 Jan 2026 00:00:00 +2400",
        "Mon, 99 Jan 2026 99:99:99 GMT",
        *("-5", "-0", "1e9", "soon", "nan", "inf", "0x10", ",", ", ,", "\x00", "١٢", "9" * 5000),
    ],
)
def test_a_wild_retry_after_is_as_none(wild: str) -> None:
    assert retry_after({"retry-after": wild}) is None


@pytest.mark.parametrize(
    "far",
    ["999999999", "9" * 40, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"],
)
def test_a_retry_after_is_never_more_than_an_hour(far: str) -> None:
    assert retry_after({"retry-after": far}) == MOST_RETRY_AFTER_S == 3600


async def test_a_wild_retry_after_ends_in_one_clear_line() -> None:
    wild = "Retry-After: Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    async with RawServer(reply(503, b"", wild), reply(503, b"", wild), reply(200, b"[]")) as raw:
        assert await raw.client().list_stacks() == []
    async with RawServer(reply(503, b"", wild)) as raw:
        with pytest.raises(ServerUnavailable) as caught:
            await raw.client().list_stacks()
    assert str(caught.value).isprintable()


def test_a_job_never_asks_sooner_than_a_server_that_is_asked_too_often_wants() -> None:
    limited = error_for("x", "my_stacks.php", 429, {"retry-after": "120"}, b"")
    assert isinstance(limited, RateLimited)
    assert next_pause(limited, 1) == 120
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1800), usegmt=True)
    assert 1700 < next_pause(error_for("x", "y", 429, {"retry-after": soon}, b""), 1) <= 1800
    assert next_pause(RateLimited("x", retry_after=0.0), 8) > 60, "0 must not make it ask at once"
    assert next_pause(RateLimited("x"), 30) <= LONGEST_BACKOFF_S * 1.1


async def test_the_pause_that_a_429_asks_for_is_waited_in_full() -> None:
    limited = reply(429, b"", "Retry-After: 2")
    async with RawServer(limited, reply(200, b"[]")) as raw:
        server = CrowdSkyServer(
            raw.url, "a", SECRET, limits=msgspec.structs.replace(HURRIED, total_s=5.0)
        )
        before = time.monotonic()
        await server.list_stacks()
        assert time.monotonic() - before >= 2.0
        await server.close()


@pytest.mark.parametrize(
    ("status", "kind", "said", "todo"),
    [
        (511, ServerUnavailable, "captive portal", "browser"),
        (407, NetworkDown, "proxy", "network.proxy"),
    ],
)
async def test_answers_of_somebody_in_between_are_named_so(
    status: int, kind: type[CrowdSkyError], said: str, todo: str
) -> None:
    async with RawServer(reply(status)) as raw:
        with pytest.raises(kind) as caught:
            await raw.client().list_stacks()
    assert said in str(caught.value) and todo in caught.value.next_step
    assert "fault is the server's" not in str(caught.value)
    assert "what the server names" not in str(caught.value)


async def test_an_upload_that_moves_is_never_cut_off_however_long_it_takes(tmp_path: Path) -> None:
    async def sip(asked: RawRequest) -> None:
        left = int(asked.headers["content-length"])
        while left > 0:
            left -= len(await asked.reader.read(min(left, 100_000)))
            await asyncio.sleep(0.05)
        await asked.answer(200, RECEIPT)

    path = sparse_fits(tmp_path / "a.fit", 9_000_000)
    patience = Patience(connect=0.1, read=1.0, write=1.0)
    limits = msgspec.structs.replace(LIMITS, upload=patience)
    async with RawServer(sip) as raw:
        server = CrowdSkyServer(raw.url, "alice", SECRET, limits=limits)
        begun = time.monotonic()
        assert (await server.upload_stack(path)).ok
        await server.close()
    assert time.monotonic() - begun > patience.grace
