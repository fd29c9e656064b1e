"""Hostile text through every path of the server: not to the terminal, not into a path or a log."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crowdsky_tui.errors import CrowdSkyError
from crowdsky_tui.server import CrowdSkyServer
from crowdsky_tui.server.archive import Archive
from crowdsky_tui.text import clean

SECRET = "s3cret-pass-word"
KEY = "csk_s3cret_key"
SENT = [SECRET] * 7 + [KEY] * 3  # what each call below carries; the last one carries nothing
CHUNK = "20260724.84_HP006478"
CORPUS = [
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "../../../etc/passwd",
    "/abs/olute",
    "a\x00b",
    "line\r\nanother: header",
    "\u202etxt.exe\u200b",
    "[bold red]markup[/]",
    "x" * 100_000,
    "\ud800",
    f"your password is {SECRET} and your key {KEY}",
    "{'__class__': 1}",
    "-rf *",
]


class Hostile:
    """Answers everything with the same nasty text, in the form that was asked for."""

    def __init__(self, text: str, status: int = 200) -> None:
        self.text = text
        self.status = status

    def body(self, target: str) -> bytes:
        nasty = self.text
        row: dict[str, Any] = dict.fromkeys(
            ("object_name", "telescope_id", "filter_name", "program", "date_obs_start", nasty),
            nasty,
        )
        row |= {"id": 1, "chunk_key": nasty, "download_url": f"http://evil.example/{nasty}"}
        stars = {"width": 10, "height": 10, "stars": [{"x": 1, "y": nasty}, nasty, row]}
        done = {"ok": True, "job_id": 1, "status": nasty, "chunks": [nasty], "skipped": [nasty]}
        answers: dict[str, Any] = {
            "my_stacks.php": [row],
            "frames_by_healpix.php": [row],
            "frame_stars.php": stars,
            "upload_stack.php": {**done, "chunk_key": nasty},
            "raw_upload.php": {**done, "filename": nasty, "chunk_key": nasty, "date_obs": nasty},
        }
        parts = urlsplit(target)
        if parse_qs(parts.query).get("action") == ["start"]:
            return json.dumps({"session_token": nasty}).encode()
        name = parts.path.rpartition("/")[2]
        if self.status != 200 or name not in answers:
            return json.dumps({"error": nasty}).encode()
        return json.dumps(answers[name]).encode()


@pytest.fixture
def all_logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def assert_clean(value: object) -> None:
    """Every text in a record is one printable line."""
    for text in _texts(value):
        assert text == clean(text, len(text)), text[:80]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif hasattr(value, "__struct_fields__"):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
async def test_every_path(
    text: str, status: int, tmp_path: Path, all_logs: pytest.LogCaptureFixture
) -> None:
    import asyncio

    hostile = Hostile(text, status)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = (line.lower().partition(":") for line in head.split("\r\n"))
        length = next((int(value) for key, _, value in fields if key == "content-length"), 0)
        await reader.readexactly(length)
        body = hostile.body(head.split(" ")[1])
        start = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        evil = 'Content-Disposition: attachment; filename="../../evil.fits"\r\n\r\n'
        writer.write((start + evil).encode() + body)
        await writer.drain()
        writer.close()

    fits = tmp_path / "stack.fit"
    fits.write_bytes((b"SIMPLE  =                    T".ljust(80) + b"END").ljust(2880))
    down = tmp_path / "data" / "down"
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    from crowdsky_tui.server import Limits

    limits = Limits(attempts=1)
    client = CrowdSkyServer(url, "alice", SECRET, limits=limits)
    archive = Archive(url, KEY, limits=limits)
    calls = (
        lambda: client.list_stacks(),
        lambda: client.thumbnail(1),
        lambda: client.upload_stack(fits),
        lambda: client.download_stack(CHUNK, down),
        lambda: client.raw_start_session(),
        lambda: client.raw_upload_file("token", fits),
        lambda: client.raw_finalize("token"),
        lambda: archive.frames_by_healpix(1),
        lambda: archive.frame_stars(1),
        lambda: archive.download_frame(1, down),
        lambda: archive.sky_coverage(),
    )
    for number, call in enumerate(calls):
        try:
            answer = await call()
        except CrowdSkyError as error:
            assert_clean((error.what, error.why, error.next_step, str(error)))
            answer = str(error)
        assert_clean(answer)
        sent = SENT[number : number + 1]
        assert not any(secret in part for secret in sent for part in _texts(answer))
    await client.close()
    await archive.close()
    server.close()
    await server.wait_closed()
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"stack.fit"}
    assert SECRET not in all_logs.text and KEY not in all_logs.text
    assert "\x1b" not in all_logs.text
