"""A picture's bytes by the shortest way: from the socket into the place where they stay.

httpx hands a body on in small pieces, each a copy of its own, which takes half as long again as the
transfer itself. So a picture comes over a connection of its own by the standard library, read in a
thread.
"""

import asyncio
import contextlib
import http.client
import mmap
import socket
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from crowdsky_tui.base.threads import end_of

POPULATE: int = getattr(mmap, "MAP_POPULATE", 0)
PIECE = 1024 * 1024
MOST_ERROR_BYTES = 4096


class TooLarge(Exception):
    """The body is larger than the limit."""


class TransferRequest(msgspec.Struct, frozen=True):
    """Where a picture is: `path` with the `fields` of its query, and what is accepted.

    `expected` bytes are made room for while the server thinks; 0 for not known.
    Real seconds: `connect_s` for the connection, `read_s` between two pieces, `whole_s` for all.
    """

    host: str
    port: int
    path: str
    fields: Mapping[str, str]
    accept: str
    limit: int
    expected: int
    connect_s: float
    read_s: float
    whole_s: float


class Got(msgspec.Struct, frozen=True):
    """What came: the whole body, or the begin of an error's text."""

    status: int
    kind: str
    body: memoryview


async def fetch(asked: TransferRequest) -> Got:
    """GET it once.

    Raises
    ------
    OSError
        If the connection fails or is too slow (TimeoutError).
    http.client.HTTPException
        For what is no HTTP, and for a body that ends before its end.
    TooLarge
        For a body above the limit.
    """
    line = _Line(asked)
    thread = asyncio.ensure_future(asyncio.to_thread(line.run))
    try:
        async with asyncio.timeout(asked.whole_s):
            return await asyncio.shield(thread)
    except (asyncio.CancelledError, TimeoutError):
        line.cut()
        with contextlib.suppress(OSError, http.client.HTTPException, TooLarge):
            await end_of(thread)
        raise


class _Line:
    """One connection for one picture; `cut` ends it from another thread."""

    def __init__(self, asked: TransferRequest) -> None:
        self._asked = asked
        self._is_cut = False
        self._connection = http.client.HTTPConnection(
            asked.host, asked.port, timeout=asked.connect_s
        )

    def cut(self) -> None:
        """Nobody waits any more."""
        self._is_cut = True
        opened = self._connection.sock
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def run(self) -> Got:
        """Ask and read, in this thread."""
        asked = self._asked
        try:
            try:
                self._connection.connect()
            except TimeoutError as error:
                raise ConnectionRefusedError("it did not answer in time") from error
            if self._is_cut:
                raise ConnectionAbortedError
            self._connection.sock.settimeout(asked.read_s)
            headers = {"Accept": f"{asked.accept}, */*;q=0.1"}
            bare, _, zone = asked.host.partition("%")
            if zone:
                headers["Host"] = f"[{bare}]:{asked.port}"
            self._connection.request(
                "GET", f"{asked.path}?{urlencode(asked.fields)}", headers=headers
            )
            room = _room(asked.expected, filled=True) if asked.expected else None
            answer = self._connection.getresponse()
            kind = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
            if answer.status != 200:
                return Got(answer.status, kind, memoryview(answer.read(MOST_ERROR_BYTES)))
            return Got(answer.status, kind, self._body(answer, room))
        finally:
            self._connection.close()

    def _body(self, answer: http.client.HTTPResponse, room: memoryview | None) -> memoryview:
        length = answer.length
        if length is None:
            return self._body_of_pieces(answer)
        if length > self._asked.limit:
            raise TooLarge
        if not length:
            return memoryview(b"")
        place = room if room is not None and len(room) == length else _room(length, filled=False)
        count = answer.readinto(place)
        if count != length:
            raise http.client.IncompleteRead(b"", length - count)
        return place

    def _body_of_pieces(self, answer: http.client.HTTPResponse) -> memoryview:
        """One whose length is not told."""
        body = bytearray()
        while piece := answer.read(PIECE):
            body += piece
            if len(body) > self._asked.limit:
                raise TooLarge
        return memoryview(body)


def _room(length: int, *, filled: bool) -> memoryview:
    """Memory for a picture, taken from the machine now (`filled`), or only as it is written."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return memoryview(mmap.mmap(-1, length, flags=flags | (POPULATE if filled else 0)))
