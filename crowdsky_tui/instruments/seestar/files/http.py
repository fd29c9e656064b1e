"""Reading a telescope's files from its web server (nginx on port 80, `Range` works).

On weak Wi-Fi a body may end early without an error, so whoever downloads
compares with the share's exact size.

Source: docs/design/seestar-protocol.md 1.7.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING
from urllib.parse import quote

from crowdsky_tui.base.addresses import in_url
from crowdsky_tui.base.errors import FileDamaged, ScopeUnreachable
from crowdsky_tui.base.least_rate import Allowance, TooSlow
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.seestar.files.files import not_found, safe_parts

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0
_CONTENT_RANGE = re.compile(r"bytes (?P<start>\d{1,19})-\d{1,19}/(?P<total>\d{1,19}|\*)")


class HttpReader:
    """Files below `http://host:port/`. Proxies from the environment are not for this network."""

    def __init__(self, host: str, port: int = 80) -> None:
        self._port = port
        self.move_to(host)
        self._client: httpx.AsyncClient | None = None

    def move_to(self, host: str) -> None:
        """The telescope has another address now; nothing to do where it is not reached by one."""
        self.base = f"http://{in_url(host)}:{self._port}" if host else ""

    def _http(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S), trust_env=False
            )
        return self._client

    async def close(self) -> None:
        """Let go of the connections; the next read opens others."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`; FileDamaged if the body ends before it should."""
        data = bytearray()
        async with aclosing(self._pieces(path, start, start + length - 1)) as pieces:
            async for piece in pieces:
                data += piece
                if len(data) >= length:
                    break
        return bytes(data[:length])

    async def stream(self, path: str, start: int) -> AsyncGenerator[bytes, None]:
        """The file from `start` to its end, in pieces."""
        async with aclosing(self._pieces(path, start, None)) as pieces:
            async for piece in pieces:
                yield piece

    async def _pieces(self, path: str, start: int, last: int | None) -> AsyncGenerator[bytes, None]:
        """The bytes of one request, checked against what the server announced."""
        import httpx

        if not self.base:
            raise ScopeUnreachable("the telescope's web server cannot be reached", "no address yet")
        url = f"{self.base}/{'/'.join(quote(part) for part in safe_parts(path))}"
        headers = {"Accept-Encoding": "identity"}
        if start or last is not None:
            headers["Range"] = f"bytes={start}-{'' if last is None else last}"
        allowance = Allowance(CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
        try:
            request = self._http().build_request("GET", url, headers=headers)
            async with allowance.waiting():
                answer = await self._http().send(request, stream=True)
            async with aclosing(answer):
                if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return  # `start` is at or past the end
                skip = _check(answer, path, start)
                announced = answer.headers.get("Content-Length")
                received = 0
                pieces = aiter(answer.aiter_raw())
                while piece := await _next(pieces, allowance):
                    received += len(piece)
                    if len(piece) > skip:
                        yield piece[skip:]
                    skip = max(skip - len(piece), 0)
                if announced and announced.isdigit() and received < int(announced):
                    raise FileDamaged(f"{clean(path)} came short", f"{received} of {announced}")
        except httpx.RemoteProtocolError as error:
            raise FileDamaged(f"{clean(path)} came short", str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, TooSlow) as error:
            raise ScopeUnreachable(
                f"the telescope's web server at {self.base} cannot be reached",
                str(error) or type(error).__name__,
                "Check that the telescope is on and in reach",
            ) from error


async def _next(pieces: AsyncIterator[bytes], allowance: Allowance) -> bytes:
    """The next bytes; empty at the end. Raises TooSlow."""
    async with allowance.waiting():
        piece = await anext(pieces, b"")
    allowance.moved(len(piece))
    return piece


def _check(answer: "httpx.Response", path: str, start: int) -> int:
    """How many bytes at the beginning of this answer lie before `start`."""
    status = answer.status_code
    if status == 404:
        raise not_found(path)
    page = answer.headers.get("Content-Type", "").startswith("text/html")
    if page and answer.is_success:
        raise FileDamaged(
            f"a web page came in place of {clean(path)}",
            f"with status {status}",
            "Something else answers at the telescope's address: a captive portal?",
        )
    if status == 200:
        return start
    if status == 206:
        announced = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if announced and int(announced["start"]) == start:
            return 0
        raise FileDamaged(f"{clean(path)} came from another place than asked")
    raise ScopeUnreachable(f"the telescope's web server answered {status} for {clean(path)}")
