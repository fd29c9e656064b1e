"""One answer of the server: its status, its headers, and its body, read with bounds."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from io import BytesIO

import httpx

from crowdsky_tui.base.errors import ProtocolError
from crowdsky_tui.base.least_rate import Allowance, TooSlow

LARGEST_BEGINNING = 64 * 1024
LARGEST_PIECE = 256 * 1024
BEGINNING_S = 30.0
_END = b""


class Reply:
    """The body is read once, by `pieces`, in the time that the call has left."""

    def __init__(self, response: httpx.Response, allowance: Allowance) -> None:
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._allowance = allowance

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces of at most 256 KiB, out of its one gzip if it is in one.

        Raises httpx's errors: DecodingError for another encoding or broken gzip, ReadTimeout when
        it comes too slowly.
        """
        coding = self.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise httpx.DecodingError(f"the answer's encoding {coding[:40]!r} was not asked for")
        unzip = Unzip() if coding.endswith("gzip") else None
        raw = aiter(self._response.aiter_raw(LARGEST_PIECE))
        while piece := await self._next(raw):
            if unzip is None:
                yield piece
                continue
            for part in unzip.parts(piece):
                yield part
                await asyncio.sleep(0)
        if unzip is not None:
            unzip.check_end()

    async def _next(self, raw: AsyncIterator[bytes]) -> bytes:
        """The next bytes as they came; empty at the end."""
        try:
            async with self._allowance.waiting():
                piece = await anext(raw, _END)
        except TooSlow as error:
            raise httpx.ReadTimeout(str(error)) from error
        self._allowance.moved(len(piece))
        return piece

    async def whole(self, limit: int, what: str) -> bytes:
        """The body; ProtocolError if it is larger than `limit` bytes."""
        body = BytesIO()  # gives its bytes away without a second copy of them
        async with contextlib.aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                if body.tell() + len(piece) > limit:
                    raise ProtocolError(
                        what,
                        f"the answer is larger than {limit} bytes",
                        "Check the server's address.",
                    )
                body.write(piece)
        return body.getvalue()

    async def beginning(self) -> bytes:
        """The first 64 KiB of the body, or as much of them as can be had in half a minute."""
        body = bytearray()
        with contextlib.suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(BEGINNING_S), contextlib.aclosing(self.pieces()) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) >= LARGEST_BEGINNING:
                        break
        return bytes(body[:LARGEST_BEGINNING])


class Unzip:
    """Undoes one gzip, never more than 256 KiB at a time: 3 KB may stand for 4 GiB."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._begun = False

    def parts(self, data: bytes) -> Iterator[bytes]:
        """What `data` stands for. Raises DecodingError."""
        self._begun = True
        while data:
            if self._inflate.eof:
                raise httpx.DecodingError("more follows after the end of its gzip")
            try:
                part = self._inflate.decompress(data, LARGEST_PIECE)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from error
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
            if part:
                yield part

    def check_end(self) -> None:
        """Raise DecodingError if the gzip is cut short; nothing at all is no gzip to undo."""
        if self._begun and not self._inflate.eof:
            raise httpx.DecodingError("the data to decompress ended early")
