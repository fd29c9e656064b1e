"""One Alpaca server: requests out, answers in, nothing told twice.

Source: docs/design/alpaca-protocol.md 1. Imports httpx, so it is imported when it is needed.
"""

import asyncio
import itertools
import random
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

import httpx

from crowdsky_tui.base.addresses import in_url
from crowdsky_tui.base.errors import DeviceError, LoginRefused, ScopeTimeout, ScopeUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.alpaca.answers import Answer, not_alpaca, read_answer
from crowdsky_tui.instruments.alpaca.transfer import TooLarge, TransferRequest, fetch

CONNECT_S, READ_S = 3.0, 5.0
SLOW_S = 30.0
"""Real seconds for connecting a device: some drivers do it while one waits."""
PICTURE_S = 300.0
MOST_OVERTAKEN = 8
KEPT_OPEN_S = 4.0
"""Shorter than any server is known to keep an idle connection."""
LARGEST_ANSWER = 1024 * 1024
LARGEST_PICTURE = 400 * 1024 * 1024
IMAGE_BYTES = "application/imagebytes"


class AlpacaConnection:
    """Requests to one server; several at a time are fine. `close` ends it.

    `on_restart` is called when the server's own numbers step back: it has forgotten who is
    connected, and may have other devices.
    """

    def __init__(
        self, host: str, port: int, *, read_s: float = READ_S, connect_s: float = CONNECT_S
    ) -> None:
        self.host = host
        self.port = port
        self.on_restart: Callable[[], None] = lambda: None
        self._read_s, self._connect_s = read_s, connect_s
        self._client_id = random.randrange(1, 65536)  # noqa: S311 - no secret
        self._ids = itertools.count(1)
        self._last_server_id = 0
        self._picture_bytes = 0
        bare, _, zone = host.partition("%")
        self._client = httpx.AsyncClient(
            base_url=f"http://{in_url(host)}:{port}",
            headers={"Host": f"[{bare}]:{port}"} if zone else {},
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(read_s, connect=connect_s),
            # no most: a request that is cancelled on its way may keep its place in the pool
            limits=httpx.Limits(max_connections=None, keepalive_expiry=KEPT_OPEN_S),
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def get(self, path: str, **parameters: Any) -> Answer:
        """Read something. Raises CommandRefused, ScopeTimeout, ScopeUnreachable, DeviceError."""
        asked_id, fields = self._fields(parameters)
        body = await self._fetch(path, fields)
        return read_answer(path, body, asked_id, self._note)

    async def put(self, path: str, *, slow: bool = False, **parameters: Any) -> Answer:
        """Change something, once: after an error of the connection it may have been done.

        Raises the same. `slow` ones have half a minute.
        """
        asked_id, fields = self._fields(parameters)
        patience = SLOW_S if slow else self._read_s
        timeout = httpx.Timeout(patience, connect=self._connect_s)
        try:
            async with (
                asyncio.timeout(self._connect_s + 2 * patience),
                self._client.stream("PUT", path, data=fields, timeout=timeout) as answer,
            ):
                body = await self._body(path, answer, LARGEST_ANSWER)
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._lost(path, error) from error
        return read_answer(path, body, asked_id, self._note)

    async def picture(self, path: str) -> tuple[bool, memoryview, int]:
        """A picture's bytes: whether they are ImageBytes, the body, and the transaction's id.

        Raises ScopeTimeout, ScopeUnreachable, LoginRefused, DeviceError. TransferRequest once.
        """
        asked_id, fields = self._fields({})
        asked = TransferRequest(
            self.host,
            self.port,
            path,
            fields,
            IMAGE_BYTES,
            LARGEST_PICTURE,
            self._picture_bytes,
            self._connect_s,
            self._read_s,
            PICTURE_S,
        )
        try:
            got = await fetch(asked)
        except TooLarge as error:
            raise not_alpaca(path, f"the answer is larger than {LARGEST_PICTURE} bytes") from error
        except TimeoutError as error:
            raise self._lost(path, error) from error
        except (OSError, HTTPException) as error:
            raise self._lost(path, httpx.ReadError(str(error))) from error
        if got.status != 200:
            raise self._wrong_status(path, got.status, bytes(got.body))
        self._picture_bytes = len(got.body)
        return got.kind == IMAGE_BYTES, got.body, asked_id

    # --- inside ----------------------------------------------------------------------------------

    def _fields(self, parameters: dict[str, Any]) -> tuple[int, dict[str, str]]:
        asked_id = next(self._ids) % 2**32
        fields = {name: _written(value) for name, value in parameters.items()}
        ids = {"ClientID": str(self._client_id), "ClientTransactionID": str(asked_id)}
        return asked_id, {**fields, **ids}

    async def _fetch(self, path: str, fields: dict[str, str]) -> bytes:
        """The body of a GET, asked once more where the connection was closed."""
        again = True
        headers = {"Accept": "application/json, */*;q=0.1"}
        while True:
            try:
                async with (
                    asyncio.timeout(self._connect_s + 2 * self._read_s),
                    self._client.stream("GET", path, params=fields, headers=headers) as answer,
                ):
                    return await self._body(path, answer, LARGEST_ANSWER)
            except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
                if not again:
                    raise self._lost(path, error) from error
                again = False
            except (httpx.HTTPError, TimeoutError) as error:
                raise self._lost(path, error) from error

    async def _body(self, path: str, answer: httpx.Response, limit: int) -> bytes:
        """The body of a status 200, at most `limit` bytes; an error for all else."""
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > (limit if answer.status_code == 200 else 4096):
                break
        if answer.status_code != 200:
            raise self._wrong_status(path, answer.status_code, bytes(body))
        if len(body) > limit:
            raise not_alpaca(path, f"the answer is larger than {limit} bytes")
        return bytes(body)

    def _wrong_status(self, path: str, status: int, body: bytes) -> DeviceError:
        said = clean(body.decode("utf-8", "replace"), 120)
        if status in (401, 403):
            return LoginRefused(
                f"the Alpaca server at {self.host} wants a login", f"status {status}"
            )
        if status == 400:
            return DeviceError(f"{path} was not understood", said, "Look at the server's settings")
        if status >= 500:
            return DeviceError(f"the Alpaca server failed at {path}", f"status {status}")
        return not_alpaca(path, f"status {status}")

    def _lost(self, path: str, error: httpx.HTTPError | TimeoutError) -> DeviceError:
        where = f"{self.host} port {self.port}"
        said = clean(error) or type(error).__name__
        slow = isinstance(error, httpx.TimeoutException | TimeoutError)
        if slow and not isinstance(error, httpx.ConnectTimeout):
            return ScopeTimeout(f"{path} was not answered", f"nothing came from {where} in time")
        return ScopeUnreachable(
            f"no connection to the Alpaca server at {where}", said, "Check that it is on"
        )

    def _note(self, server_id: int) -> None:
        """Notice a restart: the numbers begin again. Answers overtake each other by a few."""
        last = self._last_server_id
        self._last_server_id = max(last, server_id)
        if 0 < server_id < last - MOST_OVERTAKEN or (server_id == 1 and last > 1):
            self._last_server_id = server_id
            self.on_restart()


def _written(value: Any) -> str:
    """A value as the standard writes it: `True`, `12.5`."""
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
