"""Uploads that break: what an error says about where the file is now."""

import asyncio
import ssl
import subprocess
import time
from pathlib import Path
from typing import cast

import pytest
from server_raw import (
    FITS_HEAD,
    PAGE,
    RECEIPT,
    RawRequest,
    RawServer,
    Script,
    hang,
    reply,
    sparse_fits,
    vanish,
)

from crowdsky_tui.base.errors import (
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
)


class Notes:
    """Whether the caller was told that the last bytes are about to leave."""

    past_return = False

    async def before_last_byte(self) -> None:
        self.past_return = True


@pytest.fixture
def fits(tmp_path: Path) -> Path:
    path = tmp_path / "stack.fit"
    path.write_bytes(FITS_HEAD + bytes(range(256)) * 3000)
    return path


async def test_nothing_is_complete_before_the_point_of_no_return(fits: Path) -> None:
    arrived = asyncio.Event()
    asked_for_leave = asyncio.Event()
    leave = asyncio.Event()

    async def watch(asked: RawRequest) -> None:
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
        await raw.client().upload_stack(fits, before_last_byte=before_last_byte)
    assert arrived.is_set()
    assert asked_for_leave.is_set()


async def test_a_caller_who_cannot_note_it_stops_it(fits: Path) -> None:
    whole = False

    async def watch(asked: RawRequest) -> None:
        nonlocal whole
        await asked.read_body()
        whole = True

    async def before_last_byte() -> None:
        raise OSError("the journal's disk is full")

    async with RawServer(watch) as raw:
        with pytest.raises(OSError, match="journal"):
            await raw.client().upload_stack(fits, before_last_byte=before_last_byte)
        await asyncio.sleep(0.05)
    assert not whole


async def _reset_at_once(asked: RawRequest) -> None:
    asked.reset()


async def _reset_midway(asked: RawRequest) -> None:
    await asked.reader.readexactly(200_000)
    asked.reset()


async def _reset_after(asked: RawRequest) -> None:
    await asked.read_body()
    asked.reset()


async def _stall(asked: RawRequest) -> None:
    cast(asyncio.Transport, asked.writer.transport).pause_reading()
    await asyncio.sleep(1.0)


async def _half_a_reply(asked: RawRequest) -> None:
    await asked.read_body()
    asked.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n" + RECEIPT[:30])
    await asked.writer.drain()


@pytest.mark.parametrize("script", [_reset_at_once, _reset_midway, _stall])
async def test_broken_before_the_end_is_certain(script: Script, tmp_path: Path) -> None:
    path = tmp_path / "large.fit"
    sparse_fits(path, 30_000_000)
    notes = Notes()
    async with RawServer(script) as raw:
        with pytest.raises(NetworkDown, match="was not uploaded"):
            await raw.client().upload_stack(path, before_last_byte=notes.before_last_byte)
        assert len(raw.asked) == 1
    assert not notes.past_return


async def test_nobody_there_is_certain(fits: Path) -> None:
    async with RawServer(vanish) as raw:
        server = raw.client()
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
async def test_no_clear_answer_leaves_a_doubt(script: Script, fits: Path) -> None:
    notes = Notes()
    async with RawServer(script) as raw:
        with pytest.raises(UploadInDoubt, match="may or may not have arrived") as caught:
            await raw.client().upload_stack(fits, before_last_byte=notes.before_last_byte)
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
    script: Script, kind: type[CrowdSkyError], words: str, fits: Path
) -> None:
    async with RawServer(script) as raw:
        with pytest.raises(kind, match=words) as caught:
            await raw.client().upload_stack(fits)
        assert len(raw.asked) == 1
    assert not isinstance(caught.value, UploadInDoubt)


async def test_a_refusal_in_the_middle_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "large.fit"
    sparse_fits(path, 30_000_000)
    notes = Notes()

    async def refuse_early(asked: RawRequest) -> None:
        await asked.answer(413, PAGE)
        asked.writer.write_eof()
        await asyncio.sleep(0.5)

    async with RawServer(refuse_early) as raw:
        with pytest.raises((TooLarge, NetworkDown)):
            await raw.client().upload_stack(path, before_last_byte=notes.before_last_byte)
    assert not notes.past_return


async def test_a_file_that_shrinks_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "large.fit"
    sparse_fits(path, 30_000_000)
    notes = Notes()

    async def slow(asked: RawRequest) -> None:
        await asked.reader.readexactly(100_000)
        with path.open("r+b") as file:
            file.truncate(1_000_000)
        await asked.read_body()

    async with RawServer(slow) as raw:
        with pytest.raises(FileDamaged, match="changed while"):
            await raw.client().upload_stack(path, before_last_byte=notes.before_last_byte)
    assert not notes.past_return


async def test_a_certificate_nobody_vouches_for(fits: Path, tmp_path: Path) -> None:
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
            await raw.client().upload_stack(fits)
        assert raw.asked == []
    assert "CERTIFICATE" in caught.value.why


async def test_cancelling_is_quick_and_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.fit"
    sparse_fits(path, 30_000_000)
    started = asyncio.Event()

    async def stall(asked: RawRequest) -> None:
        cast(asyncio.Transport, asked.writer.transport).pause_reading()
        started.set()
        await asyncio.sleep(0.3)

    async with RawServer(stall) as raw:
        task = asyncio.create_task(raw.client().upload_stack(path))
        await started.wait()
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - before < 0.2
    descriptors = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert path not in descriptors
