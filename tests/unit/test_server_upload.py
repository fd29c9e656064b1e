"""Uploads: what is checked before, what is sent, and what an error says about where the file is."""

import asyncio
import ssl
import subprocess
import time
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from pathlib import Path

import pytest
from server_raw import HURRIED, Asked, RawServer, Script, hang, reply, vanish

from crowdsky_tui.errors import (
    AuthRefused,
    CrowdSkyError,
    FileDamaged,
    NetworkDown,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerUnavailable,
    TooLarge,
    UploadInDoubt,
    UsageError,
)
from crowdsky_tui.server import CrowdSkyServer
from crowdsky_tui.server.upload import MAX_FILE_BYTES, form_time

FITS_HEAD = b"SIMPLE  =                    T".ljust(2880)
RECEIPT = b'{"ok":true,"job_id":812,"chunk_key":"20260724.84_HP006478","status":"queued"}'
PAGE = b"<html>502 Bad Gateway</html>"
NAME = "CrowdSky_41_M 81_10.0s_LP_20260724.84_HP006478.fit"


class Notes:
    """What the caller was told, in order."""

    def __init__(self) -> None:
        self.progress: list[tuple[int, int]] = []
        self.past_return = False

    def on_progress(self, sent: int, total: int) -> None:
        self.progress.append((sent, total))

    async def before_last_byte(self) -> None:
        self.past_return = True


@pytest.fixture
def fits(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(FITS_HEAD + bytes(range(256)) * 3000)
    return path


@pytest.fixture
async def servers() -> AsyncIterator[list[CrowdSkyServer]]:
    opened: list[CrowdSkyServer] = []
    yield opened
    for server in opened:
        await server.close()


def client(raw: RawServer, servers: list[CrowdSkyServer]) -> CrowdSkyServer:
    servers.append(CrowdSkyServer(raw.url, "alice", "s3cret", limits=HURRIED))
    return servers[-1]


def form_of(asked: Asked) -> dict[str, tuple[str, str | None, bytes]]:
    """The parts of a multipart body: name to (content type, file name, bytes)."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    parts = {}
    for part in message_from_bytes(head + asked.body).get_payload():
        name = part.get_param("name", header="content-disposition")
        parts[name] = (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
    return parts


async def test_the_whole_form(fits: Path, servers: list[CrowdSkyServer], tmp_path: Path) -> None:
    thumbnail = tmp_path / "thumb.jpg"
    thumbnail.write_bytes(b"\xff\xd8\xff picture")
    notes = Notes()
    async with RawServer(reply(200, RECEIPT)) as raw:
        receipt = await client(raw, servers).upload_stack(
            fits,
            thumbnail,
            n_frames_input=41,
            n_frames_aligned=39,
            date_obs_start=datetime(2026, 7, 24, 23, 3, 55, 341, timezone(timedelta(hours=2))),
            date_obs_end="2026-07-24 21:14:50Z",
            scrub_location=1,
            progress=notes.on_progress,
            before_last_byte=notes.before_last_byte,
        )
        asked = raw.asked[0]
    assert (receipt.ok, receipt.job_id, receipt.status) == (True, 812, "queued")
    assert (asked.method, asked.target) == ("POST", "/api/upload_stack.php")
    assert "transfer-encoding" not in asked.headers
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert form_of(asked) == {
        "n_frames_input": ("text/plain", None, b"41"),
        "n_frames_aligned": ("text/plain", None, b"39"),
        "date_obs_start": ("text/plain", None, b"2026-07-24T21:03:55"),
        "date_obs_end": ("text/plain", None, b"2026-07-24T21:14:50"),
        "scrub_location": ("text/plain", None, b"1"),
        "thumbnail": ("image/jpeg", "thumb.jpg", thumbnail.read_bytes()),
        "file": ("application/octet-stream", NAME, fits.read_bytes()),
    }
    sent = [done for done, _ in notes.progress]
    assert sent == sorted(set(sent))
    assert notes.progress[-1] == (len(asked.body), len(asked.body))
    assert notes.past_return


async def test_what_is_none_is_left_out(fits: Path, servers: list[CrowdSkyServer]) -> None:
    async with RawServer(reply(200, RECEIPT)) as raw:
        await client(raw, servers).upload_stack(fits)
        assert list(form_of(raw.asked[0])) == ["file"]


async def test_a_name_cannot_break_out_of_its_part(
    servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    path = tmp_path / 'a"; name="x\r\n\r\nü.fit'
    path.write_bytes(FITS_HEAD)
    async with RawServer(reply(200, RECEIPT)) as raw:
        await client(raw, servers).upload_stack(path)
        assert list(form_of(raw.asked[0])) == ["file"]
        assert form_of(raw.asked[0])["file"][2] == FITS_HEAD


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("2026-07-24T21:03:55", "2026-07-24T21:03:55"),
        ("2026-07-24 21:03:55.999", "2026-07-24T21:03:55"),
        ("2026-07-24T23:03:55+02:00", "2026-07-24T21:03:55"),
        (datetime(2026, 7, 24, 21, 3, 55, 999999, UTC), "2026-07-24T21:03:55"),
    ],
)
def test_times_go_out_in_utc_without_suffix(value: datetime | str, sent: str) -> None:
    assert form_time("date_obs_start", value) == sent


@pytest.mark.parametrize("value", [datetime(2026, 7, 24), "soon", "", "24/07/26"])
def test_times_without_a_zone_are_refused(value: datetime | str) -> None:
    with pytest.raises(UsageError, match="date_obs_start"):
        form_time("date_obs_start", value)


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(FITS_HEAD)
        file.truncate(size)


async def test_what_is_wrong_is_said_before_anything_is_sent(
    servers: list[CrowdSkyServer], tmp_path: Path, fits: Path
) -> None:
    (tmp_path / "text.fit").write_bytes(b"hello")
    (tmp_path / "empty.fit").write_bytes(b"")
    (tmp_path / "folder.fit").mkdir()
    (tmp_path / "image.fits.gz").write_bytes(FITS_HEAD)
    (tmp_path / "not.png").write_bytes(b"GIF89a")
    _sparse(tmp_path / "huge.fits", MAX_FILE_BYTES + 1)
    _sparse(tmp_path / "huge.png", 6 * 1024 * 1024)
    async with RawServer(reply(200, RECEIPT)) as raw:
        server = client(raw, servers)
        for name, kind in (
            ("absent.fit", FileNotFoundError),
            ("text.fit", FileDamaged),
            ("empty.fit", FileDamaged),
            ("folder.fit", UsageError),
            ("image.fits.gz", UsageError),
            ("huge.fits", TooLarge),
        ):
            with pytest.raises(kind):
                await server.upload_stack(tmp_path / name)
        for name, kind in (
            ("absent.png", FileNotFoundError),
            ("not.png", UsageError),
            ("huge.png", TooLarge),
        ):
            with pytest.raises(kind):
                await server.upload_stack(fits, tmp_path / name)
        for fields in ({"n_frames_input": -1}, {"scrub_location": 2}, {"date_obs_end": "late"}):
            with pytest.raises(UsageError):
                await server.upload_stack(fits, **fields)
        server.set_credentials("", "")
        with pytest.raises(AuthRefused):
            await server.upload_stack(fits)
        assert raw.asked == []


async def test_the_largest_file_and_an_upper_case_suffix(
    servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    path = tmp_path / "LARGEST.FITS"
    _sparse(path, MAX_FILE_BYTES)

    async def drain(asked: Asked) -> None:
        left = int(asked.headers["content-length"])
        while left:
            left -= len(await asked.reader.read(1 << 20))
        await asked.answer(200, RECEIPT)

    async with RawServer(drain) as raw:
        server = client(raw, servers)
        tracemalloc.start()
        await server.upload_stack(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 10 * 1024 * 1024


async def test_nothing_is_complete_before_the_point_of_no_return(
    fits: Path, servers: list[CrowdSkyServer]
) -> None:
    arrived = asyncio.Event()
    asked_for_leave = asyncio.Event()
    leave = asyncio.Event()

    async def watch(asked: Asked) -> None:
        await asked.read_body(leave=300_000)
        arrived.set()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked.reader.readexactly(300_000), 0.2)
        leave.set()
        await asked.reader.read(1 << 20)
        await asked.answer(200, RECEIPT)

    async def before_last_byte() -> None:
        asked_for_leave.set()
        await leave.wait()

    async with RawServer(watch) as raw:
        await client(raw, servers).upload_stack(fits, before_last_byte=before_last_byte)
    assert arrived.is_set()
    assert asked_for_leave.is_set()


async def test_a_caller_who_cannot_note_it_stops_it(
    fits: Path, servers: list[CrowdSkyServer]
) -> None:
    whole = False

    async def watch(asked: Asked) -> None:
        nonlocal whole
        await asked.read_body()
        whole = True

    async def before_last_byte() -> None:
        raise OSError("the journal's disk is full")

    async with RawServer(watch) as raw:
        with pytest.raises(OSError, match="journal"):
            await client(raw, servers).upload_stack(fits, before_last_byte=before_last_byte)
        await asyncio.sleep(0.05)
    assert not whole


async def _reset_at_once(asked: Asked) -> None:
    asked.reset()


async def _reset_midway(asked: Asked) -> None:
    await asked.reader.readexactly(200_000)
    asked.reset()


async def _reset_after(asked: Asked) -> None:
    await asked.read_body()
    asked.reset()


async def _stall(asked: Asked) -> None:
    asked.writer.transport.pause_reading()
    await asyncio.sleep(1.0)


async def _half_a_reply(asked: Asked) -> None:
    await asked.read_body()
    asked.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n" + RECEIPT[:30])
    await asked.writer.drain()


@pytest.mark.parametrize("script", [_reset_at_once, _reset_midway, _stall])
async def test_broken_before_the_end_is_certain(
    script: Script, servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    path = tmp_path / "large.fit"
    _sparse(path, 30_000_000)
    notes = Notes()
    async with RawServer(script) as raw:
        with pytest.raises(NetworkDown, match="was not uploaded"):
            await client(raw, servers).upload_stack(path, before_last_byte=notes.before_last_byte)
        assert len(raw.asked) == 1
    assert not notes.past_return


async def test_nobody_there_is_certain(fits: Path, servers: list[CrowdSkyServer]) -> None:
    async with RawServer(vanish) as raw:
        server = client(raw, servers)
    with pytest.raises(NetworkDown):
        await server.upload_stack(fits)


@pytest.mark.parametrize(
    "script",
    [
        vanish,
        hang,
        _reset_after,
        _half_a_reply,
        reply(500),
        reply(500, b'{"error":"Internal error."}'),
        reply(502, PAGE),
        reply(503, PAGE),
        reply(504, PAGE),
        reply(408),
        reply(302, b"", "Location: /login.php"),
        reply(200, PAGE),
        reply(200),
        reply(200, b"[]"),
        reply(200, b'{"message":"hello"}'),
        reply(200, b"<br>Warning: ..." + RECEIPT),
        reply(204),
    ],
)
async def test_no_clear_answer_leaves_a_doubt(
    script: Script, fits: Path, servers: list[CrowdSkyServer]
) -> None:
    notes = Notes()
    async with RawServer(script) as raw:
        with pytest.raises(UploadInDoubt, match="may or may not have arrived") as caught:
            await client(raw, servers).upload_stack(fits, before_last_byte=notes.before_last_byte)
        assert len(raw.asked) == 1
    assert notes.past_return
    assert caught.value.why
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (reply(400, b'{"error":"Invalid FITS file (bad header)."}'), Rejected, "bad header"),
        (reply(400, b'{"error":"File upload error (code: 1)."}'), TooLarge, "50 MiB"),
        (reply(401, b'{"error":"Invalid credentials."}'), AuthRefused, "Invalid credentials"),
        (reply(403, PAGE), Rejected, "403"),
        (reply(404, PAGE), NotFound, "404"),
        (reply(405, b'{"error":"POST required."}'), Rejected, "POST required"),
        (reply(409, b'{"error":"Already there."}'), Rejected, "Already there"),
        (reply(413, PAGE), TooLarge, "413"),
        (reply(422), Rejected, "422"),
        (reply(429, b"", "Retry-After: 60"), RateLimited, "429"),
        (reply(503, PAGE, "Retry-After: 60"), ServerUnavailable, "503"),
        (reply(503, b'{"error":"Maintenance."}'), ServerUnavailable, "Maintenance"),
        (reply(301, b"", "Location: https://other.example"), ProtocolError, "redirect"),
        (reply(200, b'{"error":"Quota exceeded."}'), Rejected, "Quota exceeded"),
        (reply(200, b'{"ok":false}'), Rejected, "no reason"),
    ],
)
async def test_a_clear_refusal_is_certain(
    script: Script,
    kind: type[CrowdSkyError],
    words: str,
    fits: Path,
    servers: list[CrowdSkyServer],
) -> None:
    async with RawServer(script) as raw:
        with pytest.raises(kind, match=words) as caught:
            await client(raw, servers).upload_stack(fits)
        assert len(raw.asked) == 1
    assert not isinstance(caught.value, UploadInDoubt)


async def test_a_refusal_in_the_middle_is_heard(
    servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    path = tmp_path / "large.fit"
    _sparse(path, 30_000_000)
    notes = Notes()

    async def refuse_early(asked: Asked) -> None:
        await asked.answer(413, PAGE)
        asked.writer.write_eof()
        await asyncio.sleep(0.5)

    async with RawServer(refuse_early) as raw:
        with pytest.raises((TooLarge, NetworkDown)):
            await client(raw, servers).upload_stack(path, before_last_byte=notes.before_last_byte)
    assert not notes.past_return


async def test_a_file_that_shrinks_is_not_sent(
    servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    path = tmp_path / "large.fit"
    _sparse(path, 30_000_000)
    notes = Notes()

    async def slow(asked: Asked) -> None:
        await asked.reader.readexactly(100_000)
        with path.open("r+b") as file:
            file.truncate(1_000_000)
        await asked.read_body()

    async with RawServer(slow) as raw:
        with pytest.raises(FileDamaged, match="shorter"):
            await client(raw, servers).upload_stack(path, before_last_byte=notes.before_last_byte)
    assert not notes.past_return


async def test_a_certificate_nobody_vouches_for(
    fits: Path, servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subprocess.run(
        [*command.split(), *f"-subj /CN=localhost -keyout {key} -out {certificate}".split()],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with RawServer(reply(200, RECEIPT), tls=context) as raw:
        with pytest.raises(NetworkDown, match="captive portal") as caught:
            await client(raw, servers).upload_stack(fits)
        assert raw.asked == []
    assert "CERTIFICATE" in caught.value.why


async def test_cancelling_is_quick_and_closes_the_file(
    servers: list[CrowdSkyServer], tmp_path: Path
) -> None:
    path = tmp_path / "large.fit"
    _sparse(path, 30_000_000)
    started = asyncio.Event()

    async def stall(asked: Asked) -> None:
        asked.writer.transport.pause_reading()
        started.set()
        await asyncio.sleep(0.3)

    async with RawServer(stall) as raw:
        task = asyncio.create_task(client(raw, servers).upload_stack(path))
        await started.wait()
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - before < 0.2
    descriptors = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert path not in descriptors
