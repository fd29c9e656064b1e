"""The sources of alerts on one real socket, each under its own path, with their faults."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alert_sources import answers
from crowdsky_tui.simulator.alert_sources.answers import Transient
from crowdsky_tui.simulator.socket_server import SocketServer, reset

FaultKind = Literal[
    "status",  # `value`: an HTTP status; 429 tells to come back in 30 s
    "challenge",  # 403 with a page of HTML
    "html",  # a page of HTML with status 200
    "body",  # `value`: these bytes
    "cut",  # half the body
    "reset",  # the connection breaks
    "silent",  # never answered
]
KEY, SECRET, TNS_ID, TNS_NAME = "a-target-tool-key", "a-tns-key", "12345", "crowdsky_demo"


@dataclass
class AlertFault:
    """`count`: how often, None for always."""

    kind: FaultKind
    value: Any = None
    count: int | None = 1


@dataclass
class AlertSky:
    """What the sources know. What lies in the clock's future they do not know yet."""

    campaigns: list[dict[str, Any]] = field(default_factory=lambda: answers.campaigns(40))
    transients: list[Transient] = field(default_factory=list)
    faults: dict[str, AlertFault] = field(default_factory=dict)
    """By `aavso`, `tns`, `asassn`, `vsx`, `vsp`."""


class AlertSourcesStandIn:
    """From `start` to `stop`; `calls` are (source, status), oldest first."""

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.clock, self.sky = clock, AlertSky()
        self.calls: list[tuple[str, int]] = []
        self._server = SocketServer(self, host, port)

    @property
    def url(self) -> str:
        """`http://HOST:PORT`."""
        return self._server.url

    @property
    def settings(self) -> dict[str, Any]:
        """The `[alerts]` table that asks here; every source is off."""
        return {
            "aavso_key": KEY,
            "aavso_url": self.url,
            "tns_id": TNS_ID,
            "tns_name": TNS_NAME,
            "tns_key": SECRET,
            "tns_url": self.url,
            "asassn_url": f"{self.url}/asassn/transients.html",
            "vsx_url": self.url,
            "vsp_url": self.url,
        }

    async def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every connection."""
        await self._server.stop()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        source = _source_of(request.url.path)
        fault = self._take(source)
        if fault is not None and fault.kind in ("reset", "silent"):
            await self._break(scope, fault)
            return
        response = await self._answer(source, request)
        if fault is not None:
            response = _spoiled(response, fault)
        self.calls.append((source, response.status_code))
        await response(scope, receive, send)

    async def _break(self, scope: Any, fault: AlertFault) -> None:
        if fault.kind == "silent":
            await asyncio.Event().wait()
        transport = self._server.connections.get(tuple(scope["client"]))
        if transport is not None:
            reset(transport)

    def _take(self, source: str) -> AlertFault | None:
        fault = self.sky.faults.get(source)
        if fault is not None and fault.count is not None:
            fault.count -= 1
            if fault.count <= 0:
                del self.sky.faults[source]
        return fault

    async def _answer(self, source: str, request: Request) -> Response:
        if source == "aavso":
            return self._aavso(request)
        if source == "tns":
            return await self._tns(request)
        if source == "asassn":
            return self._asassn(request)
        if source == "vsx":
            return _json(answers.vsx(request.query_params.get("ident", "")))
        if source == "vsp":
            body = answers.vsp(request.query_params.get("star", ""))
            return Response("unknown star", 400) if body is None else _json(body)
        return Response("<html>404</html>", 404)

    def _aavso(self, request: Request) -> Response:
        wanted = base64.b64encode(f"{KEY}:api_token".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return Response('{"detail":"Invalid key"}', 401)
        if not request.query_params.getlist("obs_section"):
            return _json(answers.target_tool([]))
        return _json(answers.target_tool(self.sky.campaigns))

    async def _tns(self, request: Request) -> Response:
        """Bots with a POST of their key, people with a GET; nobody without a marker."""
        if not request.headers.get("user-agent", "").startswith('tns_marker{"tns_id":'):
            return Response("<html>403</html>", 403)
        if request.method == "POST":
            fields = parse_qs((await request.body()).decode())
            if fields.get("api_key") != [SECRET]:
                return Response('{"id_code":401}', 401)
        name = request.url.path.rpartition("/")[2].removesuffix(".csv.zip")
        wanted = name.rpartition("_")[2]
        now = self.clock.now()
        found = [
            each
            for each in self._known()
            if (f"{each.at:%Y%m%d}" == wanted)
            or (f"{each.at:%H}" == wanted and each.at.date() == now.date())
        ]
        return Response(answers.tns_file(found), media_type="application/zip")

    def _asassn(self, request: Request) -> Response:
        newest = sorted(self._known(), key=lambda each: each.at, reverse=True)
        body = answers.asassn_page(newest)
        tag = f'"{len(newest)}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304)
        part = request.headers.get("range", "").removeprefix("bytes=").partition("-")
        if part[2].isdigit():
            return Response(body[: int(part[2]) + 1], 206, {"ETag": tag})
        return Response(body, 200, {"ETag": tag})

    def _known(self) -> list[Transient]:
        now = self.clock.now()
        return [each for each in self.sky.transients if each.at <= now]


def _source_of(path: str) -> str:
    starts = {"/TargetTool/": "aavso", "/system/files/": "tns", "/asassn/": "asassn",
              "/index.php": "vsx", "/vsp/": "vsp"}  # fmt: skip
    return next((name for start, name in starts.items() if path.startswith(start)), "")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _spoiled(right: Response, fault: AlertFault) -> Response:
    body = bytes(right.body)
    if fault.kind == "status":
        more = {"Retry-After": "30"} if fault.value == 429 else {}
        return Response("<html>no</html>", int(fault.value), more)
    if fault.kind == "challenge":
        return Response("<html>Just a moment...</html>", 403, media_type="text/html")
    if fault.kind == "html":
        return Response("<html>Down for maintenance</html>", media_type="text/html")
    if fault.kind == "cut":
        return Response(body[: len(body) // 2], media_type=right.media_type)
    return Response(fault.value)
