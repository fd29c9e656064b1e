"""The door of the CrowdSky stand-in: counts what passes, and lets faults happen on the way."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crowdsky_tui.simulator.crowdsky.faults import Fault, Faults
from crowdsky_tui.simulator.crowdsky.php_json import JsonReply
from crowdsky_tui.simulator.socket_server import Connections, reset

CHUNK = 65536
HTML_STATUS = (413, 502, 503, 504)
STORAGE_ERROR = (
    b'<?xml version="1.0"?><d:error xmlns:d="DAV:"><s:message>gone</s:message></d:error>'
)
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>CrowdSky</title></head><body>Log in</body></html>"
NULLABLE = (
    *("object_name", "telescope_id", "filter_name", "date_obs_start", "date_obs_end"),
    *("total_exptime", "ra_deg", "dec_deg", "eq_mode", "sqm", "n_stars_detected"),
)


class Traffic:
    """Requests so far, body bytes each way, and how many were open at once at most."""

    def __init__(self) -> None:
        self.count = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.open = 0
        self.peak = 0


class Exchange:
    """One request under a fault: what is needed to act, answer, alter or break it."""

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        fault: Fault,
        transport: asyncio.Transport | None,
    ) -> None:
        self.app = app
        self.scope = scope
        self.receive = receive
        self.send = send
        self.fault = fault
        self.transport = transport

    async def act(self, send: Send) -> None:
        """Let the endpoint do its work, its reply going to `send`."""
        await self.app(self.scope, self.receive, send)

    async def reply(self, response: Response) -> None:
        """Take the whole request in, as PHP does, and answer with `response` instead."""
        while (await self.receive()).get("more_body"):
            pass
        await response(self.scope, self.receive, self.send)

    async def capture(self) -> tuple[int, bytes]:
        """Let the endpoint act; its status and body instead of a reply on the wire."""
        status, body = 500, bytearray()

        async def keep(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))

        await self.act(keep)
        return status, bytes(body)

    async def pause(self) -> None:
        """Wait for the fault's delay, or until the client has gone."""
        end = asyncio.get_running_loop().time() + self.fault.delay_s
        while (left := end - asyncio.get_running_loop().time()) > 0:
            if self.transport is None or self.transport.is_closing():
                return
            await asyncio.sleep(min(left, 0.05))

    async def hang_up(self, *, hard: bool) -> None:
        """Reset (`hard`) or close the connection, and wait until it is gone."""
        if self.transport is None:
            return
        if hard:
            reset(self.transport)
        else:
            self.transport.close()
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def _instead(x: Exchange) -> None:
    await x.reply(_REPLIES[x.fault.kind](x.fault))


async def _reset(x: Exchange) -> None:
    while (await x.receive()).get("more_body"):
        pass
    await x.hang_up(hard=True)


async def _reset_upload(x: Exchange) -> None:
    seen = 0
    while seen <= (x.fault.size or 0):
        message = await x.receive()
        seen += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await x.hang_up(hard=True)


async def _lost_reply(x: Exchange) -> None:
    await x.capture()
    await x.hang_up(hard=False)


async def _slow_first_byte(x: Exchange) -> None:
    async def pausing_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await x.pause()
        await x.send(message)

    await x.act(pausing_send)


async def _slow_body(x: Exchange) -> None:
    size = x.fault.size or 16384

    async def slow(message: Message) -> None:
        body = message.get("body", b"")
        while len(body) > size:
            await x.send({"type": "http.response.body", "body": body[:size], "more_body": True})
            await x.pause()
            body = body[size:]
        await x.send({**message, "body": body} if "body" in message else message)

    await x.act(slow)


async def _cut(x: Exchange) -> None:
    """Let through the reply's headers and `size` bytes of its body (default: half of it)."""
    left = x.fault.size if x.fault.size is not None else -1

    async def cut(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            if left < 0:
                left = int(headers.get(b"content-length", b"0")) // 2
            if x.fault.kind == "short":
                headers[b"content-length"] = str(left).encode()
            await x.send({**message, "headers": list(headers.items())})
            return
        body = message.get("body", b"")[:left]
        left -= len(body)
        if body:
            await x.send({"type": "http.response.body", "body": body, "more_body": True})

    await x.act(cut)
    if x.fault.kind == "short":
        await x.send({"type": "http.response.body", "body": b"", "more_body": False})
    else:
        await x.hang_up(hard=x.fault.kind == "reset_reply")


async def _disposition(x: Exchange) -> None:
    async def renamed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [pair for pair in message["headers"] if pair[0] != b"content-disposition"]
            if x.fault.text:
                headers.append((b"content-disposition", x.fault.text.encode()))
            message = {**message, "headers": headers}
        await x.send(message)

    await x.act(renamed)


async def _alter_json(x: Exchange) -> None:
    status, body = await x.capture()
    content: Any = body
    if status == 200 and body[:1] in b"[{":
        alter, content = _ALTERATIONS[x.fault.kind], json.loads(body)
        content = [alter(row) for row in content] if isinstance(content, list) else alter(content)
    await JsonReply(content, status)(x.scope, x.receive, x.send)


def _status_reply(fault: Fault) -> Response:
    retry = fault.retry_after_header
    headers = {} if retry is None else {"Retry-After": retry}
    if fault.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="CrowdSky"'
    if fault.status == 500 and fault.text is None:
        return Response(b"", 500, headers, media_type="text/html")
    if fault.status in HTML_STATUS:
        page = fault.text or f"<html><h1>{fault.status}</h1><hr>nginx</html>"
        return HTMLResponse(page, fault.status, headers)
    return JsonReply({"error": fault.text or f"Refused ({fault.status})."}, fault.status, headers)


_REPLIES: dict[str, Callable[[Fault], Response]] = {
    "status": _status_reply,
    "html": lambda fault: HTMLResponse(fault.text or LOGIN_PAGE),
    "empty": lambda _: Response(b"", media_type="application/json"),
    "redirect": lambda fault: RedirectResponse(fault.text or "/login.php", 302),
    "storage_error": lambda _: Response(STORAGE_ERROR, media_type="application/fits"),
    "error_in_200": lambda fault: JsonReply({"error": fault.text or "Database unavailable."}),
}

Row = dict[str, Any]
_ALTERATIONS: dict[str, Callable[[Row], Row]] = {
    "rows_null": lambda row: {key: None if key in NULLABLE else row[key] for key in row},
    "rows_text": lambda row: {
        key: str(value) if type(value) in (int, float) else value for key, value in row.items()
    },
    "rows_int_telescope": lambda row: {**row, "telescope_id": 7},
    "no_hp": lambda row: {
        key: str(value).partition("_HP")[0] if key == "chunk_key" else value
        for key, value in row.items()
    },
}

_HANDLERS: dict[str, Callable[[Exchange], Awaitable[None]]] = {
    **dict.fromkeys(_REPLIES, _instead),
    **dict.fromkeys(_ALTERATIONS, _alter_json),
    "reset": _reset,
    "reset_upload": _reset_upload,
    "reset_reply": _cut,
    "lost_reply": _lost_reply,
    "slow_first_byte": _slow_first_byte,
    "slow_body": _slow_body,
    "truncate": _cut,
    "short": _cut,
    "disposition": _disposition,
}


def endpoint_of(scope: Scope) -> str:
    """The name of the endpoint that a request is for (`crowdsky_faults.ENDPOINTS`)."""
    stem = PurePosixPath(scope["path"]).stem
    if stem != "raw_upload":
        return stem
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return f"raw_{query.get('action', ['upload'])[0]}"


class Gate:
    """ASGI middleware in front of the endpoints."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults
        self.traffic: defaultdict[str, Traffic] = defaultdict(Traffic)
        self.crashes: list[Exception] = []
        self.connections: Connections = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = endpoint_of(scope)
        traffic = self.traffic[endpoint]

        async def counted_receive() -> Message:
            message = await receive()
            traffic.bytes_in += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            traffic.bytes_out += len(message.get("body", b""))
            await send(message)

        traffic.count += 1
        traffic.open += 1
        traffic.peak = max(traffic.peak, traffic.open)
        try:
            await self._pass(endpoint, scope, counted_receive, counted_send)
        except ClientDisconnect:
            return  # the client went away in the middle of its request
        except Exception as error:
            self.crashes.append(error)
            raise
        finally:
            traffic.open -= 1

    async def _pass(self, endpoint: str, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.take(endpoint)
        if fault is None:
            await self.app(scope, receive, send)
            return
        transport = self.connections.get(tuple(scope["client"]))
        exchange = Exchange(self.app, scope, receive, send, fault, transport)
        await _HANDLERS[fault.kind](exchange)
