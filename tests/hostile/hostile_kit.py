"""Hostile text, and a server that answers everything with it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crowdsky_tui.base.text import clean

SECRET = "s3cret-pass-word"
KEY = "csk_s3cret_key"
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
WORDS = (
    "\x1b]52;c;T1dORUQ=\x07OWNED",
    "\x1b]52;c;T1dORUQ=\x1b\\OWNED",
    "\x1b]0;OWNED\x07\x1b]8;;http://evil.example\x1b\\",
    "\x1b[5m\x1b[?47h\x1b[6n\x1bc OWNED",
    "\x9b5m\x9d52;c;T1dORUQ=\x9c\x90q\x9c",
    "M 31 [/x]",
    "[@click=app.quit]M 31[/]",
    "[bold red]M 31",
    "\u202egnp.exe\u2066\u200f\u061c",
    "\U0001f469\u200d\U0001f680 \ufeff\u200b",
    "\udcff\udc80 M 31",
    "M\x0031\x08\x0b\x0c\x0e\x07",
    "M\r\n31\t\u2028",
    "\N{CJK UNIFIED IDEOGRAPH-671B}" * 60,
    "M " + "a" * 10_000,
)
"""Hostile words for a terminal: what they would do is nothing that the program does itself."""
LONGEST_NAME = 120


def as_file_name(word: str) -> str:
    """As much of it as can be a file's name."""
    whole = word.replace("\x00", "").replace("/", "\u2215")
    return os.fsencode(whole)[:LONGEST_NAME].decode("utf-8", "surrogateescape")


def fits_with(nasty: str) -> bytes:
    """A whole file whose header has the text in every field that is read as such."""
    text = nasty.encode("latin-1", "replace")[:60].replace(b"'", b"''")
    shape = [b"SIMPLE  =                    T", b"BITPIX  =                    8"]
    shape += [b"NAXIS   =                    0", b"DATE-OBS= '" + text + b"'"]
    named = [b"%-8s= '%s'" % (key, text) for key in (b"OBJECT", b"FILTER", b"TELESCOP", b"RA")]
    return b"".join(card.ljust(80)[:80] for card in [*shape, *named, b"END"]).ljust(2880)


class Hostile:
    """Answers everything with the same nasty text, in the form that was asked for."""

    def __init__(self, text: str, status: int = 200, *, fits: bool = False) -> None:
        self.text = text
        self.status = status
        self.fits = fits
        self.asked: list[bytes] = []

    def body(self, target: str) -> bytes:
        nasty = self.text
        row: dict[str, Any] = dict.fromkeys(
            ("object_name", "telescope_id", "filter_name", "program", "date_obs_start", nasty),
            nasty,
        )
        row |= {
            "id": 1,
            "chunk_key": CHUNK if self.fits else nasty,
            "download_url": f"http://evil.example/{nasty}",
        }
        stars = {"width": 10, "height": 10, "stars": [{"x": 1, "y": nasty}, nasty, row]}
        done = {"ok": True, "job_id": 1, "status": nasty, "chunks": [nasty], "skipped": [nasty]}
        answers: dict[str, Any] = {
            "my_stacks.php": [row, {**row, "id": 2, "filter_name": "LP"}],
            "frames_by_healpix.php": [row],
            "frame_stars.php": stars,
            "upload_stack.php": {**done, "chunk_key": nasty},
            "raw_upload.php": {**done, "filename": nasty, "chunk_key": nasty, "date_obs": nasty},
        }
        if self.fits and "download_" in target:
            return fits_with(nasty)
        parts = urlsplit(target)
        if parse_qs(parts.query).get("action") == ["start"]:
            return json.dumps({"session_token": nasty}).encode()
        name = parts.path.rpartition("/")[2]
        if self.status != 200 or name not in answers:
            return json.dumps({"error": nasty}).encode()
        return json.dumps(answers[name]).encode()


@asynccontextmanager
async def serving(hostile: Hostile) -> AsyncIterator[str]:
    """Its address while it answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = (line.lower().partition(":") for line in head.split("\r\n"))
        length = next((int(value) for key, _, value in fields if key == "content-length"), 0)
        hostile.asked.append(head.encode("latin-1") + await reader.readexactly(length))
        body = hostile.body(head.split(" ")[1])
        start = f"HTTP/1.1 {hostile.status} X\r\nContent-Length: {len(body)}\r\n"
        start += "Connection: close\r\n"
        evil = 'Content-Disposition: attachment; filename="../../evil.fits"\r\n\r\n'
        writer.write((start + evil).encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def assert_clean(value: object) -> None:
    """Every text in a record is one printable line."""
    for text in texts_in(value):
        assert text == clean(text, len(text)), text[:80]


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(key)
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)
    elif hasattr(value, "__struct_fields__"):
        for name in value.__struct_fields__:
            yield from texts_in(getattr(value, name))
