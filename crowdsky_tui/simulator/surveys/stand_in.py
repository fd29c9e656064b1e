"""IRSA, SNAD, ATLAS, Gaia and the AAVSO on one real socket, with their faults on demand."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from crowdsky_tui.simulator.socket_server import SocketServer, reset
from crowdsky_tui.simulator.surveys.forms import (
    AAVSO_HEAD,
    ATLAS_HEAD,
    ERROR_VOTABLE,
    GAIA_HEAD,
    PAGE,
    ZTF_HEAD,
)
from crowdsky_tui.simulator.surveys.star import MJD, SurveyStar

Kind = Literal["status", "votable", "page", "cut", "reset", "body"]
ENDPOINTS = ("ztf", "snad", "token", "queue", "task", "result", "delete", "gaia", "aavso")
NARROWEST_DEG, WIDEST_DEG = 0.0001, 0.17
EVER = (0.0, 1e9)


@dataclass
class SurveyFault:
    """What goes wrong at an endpoint, `count` times: a status, a body, …."""

    kind: Kind
    value: Any = None
    count: int = 1


@dataclass
class _Task:
    star: SurveyStar | None
    window: tuple[float, float]
    looks_left: int


@dataclass
class SurveyStandIn:
    """All surveys, from `start` to `stop`; `calls` counts them by endpoint.

    `looks` is how often an ATLAS task is looked at before it is done.
    """

    stars: tuple[SurveyStar, ...] = ()
    username: str = "alice"
    password: str = "over-the-clouds"  # noqa: S105 - the demo account, known to all
    looks: int = 2
    faults: dict[str, SurveyFault] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tasks: dict[str, _Task] = {}
        self._token = token_hex(20)
        self._server = SocketServer(self, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        """Its address; the port is known once started."""
        return self._server.url

    @property
    def settings(self) -> dict[str, str]:
        """The `[surveys]` table that leads here."""
        names = ("ztf", "snad", "atlas", "gaia", "aavso", "sequences")
        urls = {f"{name}_url": self.url for name in names}
        return {**urls, "atlas_username": self.username, "atlas_password": self.password}

    async def start(self) -> None:
        """Listen."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every connection."""
        await self._server.stop()

    def expire_tokens(self) -> None:
        """Let ATLAS's tokens expire."""
        self._token = token_hex(20)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        name, endpoint = self._endpoint(request)
        self.calls[name] += 1
        self.agents.add(request.headers.get("user-agent", ""))
        fault = self.faults.get(name)
        if fault is not None and fault.count > 0:
            fault.count -= 1
            response = await self._failing(request, endpoint, fault)
        else:
            response = await endpoint(request)
        if response is None:
            transport = self._server.connections.get(tuple(scope["client"]))
            if transport is not None:
                reset(transport)
            return
        await response(scope, receive, send)

    async def _failing(
        self,
        request: Request,
        endpoint: Callable[[Request], Awaitable[Response]],
        fault: SurveyFault,
    ) -> Response | None:
        if fault.kind == "reset":
            return None
        if fault.kind == "status":
            return PlainTextResponse("no", int(fault.value))
        if fault.kind == "votable":
            return Response(ERROR_VOTABLE, int(fault.value or 400), media_type="text/xml")
        if fault.kind == "page":
            return Response(PAGE, media_type="text/html")
        if fault.kind == "body":
            return Response(fault.value)
        whole = await endpoint(request)
        return Response(bytes(whole.body)[: int(fault.value)], headers={"connection": "close"})

    def _endpoint(self, request: Request) -> tuple[str, Callable[[Request], Awaitable[Response]]]:
        path = request.url.path
        plain = {
            "/cgi-bin/ZTF/nph_light_curves": ("ztf", self._ztf),
            "/api/v3/data/latest/circle/full/json": ("snad", self._snad),
            "/data-server/data": ("gaia", self._gaia),
            "/index.php": ("aavso", self._aavso),
            "/forcedphot/api-token-auth/": ("token", self._give_token),
            "/forcedphot/queue/": ("queue", self._queue),
        }
        if path in plain:
            return plain[path]
        if path.startswith("/forcedphot/queue/"):
            return ("delete" if request.method == "DELETE" else "task"), self._task
        if path.startswith("/forcedphot/static/"):
            return "result", self._result
        return "unknown", self._unknown

    async def _unknown(self, request: Request) -> Response:
        return PlainTextResponse("Not found", 404)

    def _star_at(self, ra: str, dec: str) -> SurveyStar | None:
        return next((each for each in self.stars if each.near(float(ra), float(dec))), None)

    async def _ztf(self, request: Request) -> Response:
        words = request.query_params["POS"].split()
        if words[0] != "CIRCLE" or not NARROWEST_DEG < float(words[3]) < WIDEST_DEG:
            return Response(ERROR_VOTABLE, 400, media_type="text/xml")
        star = self._star_at(words[1], words[2])
        since, until = (float(each) + MJD for each in request.query_params["TIME"].split())
        return PlainTextResponse(star.ztf(since, until) if star else ZTF_HEAD + "\n")

    async def _snad(self, request: Request) -> Response:
        star = self._star_at(request.query_params["ra"], request.query_params["dec"])
        return JSONResponse(star.snad() if star else {})

    async def _gaia(self, request: Request) -> Response:
        wanted = request.query_params["ID"]
        star = next((each for each in self.stars if each.gaia_id == wanted), None)
        if request.query_params["RETRIEVAL_TYPE"] != "EPOCH_PHOTOMETRY":
            return PlainTextResponse("unknown type", 400)
        return PlainTextResponse(star.gaia() if star else GAIA_HEAD + "\n")

    async def _aavso(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("view") != "api.delim" or asked.get("delimiter") != "@@@":
            return PlainTextResponse("unknown view", 400)
        star = next((each for each in self.stars if each.name == asked["ident"]), None)
        since, until = float(asked["fromjd"]), float(asked["tojd"])
        return PlainTextResponse(star.aavso(since, until) if star else AAVSO_HEAD + "\n")

    # --- ATLAS ------------------------------------------------------------------------------------

    async def _give_token(self, request: Request) -> Response:
        form = await request.form()
        if (form.get("username"), form.get("password")) != (self.username, self.password):
            return JSONResponse({"non_field_errors": ["Unable to log in."]}, 400)
        return JSONResponse({"token": self._token})

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Token {self._token}":
            return None
        return JSONResponse({"detail": "Invalid token."}, 401)

    async def _queue(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        form = await request.form()
        star = self._star_at(str(form["ra"]), str(form["dec"]))
        since, until = str(form["mjd_min"]), str(form.get("mjd_max", EVER[1]))
        number = str(len(self.tasks) + 100)
        self.tasks[number] = _Task(star, (float(since), float(until)), self.looks)
        return JSONResponse({"url": f"{self.url}/forcedphot/queue/{number}/"}, 201)

    async def _task(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        number = request.url.path.rstrip("/").rpartition("/")[2]
        task = self.tasks.get(number)
        if task is None:
            return JSONResponse({"detail": "Not found."}, 404)
        if request.method == "DELETE":
            del self.tasks[number]
            return Response(status_code=204)
        answer: dict[str, str | None] = {"url": str(request.url), "finishtimestamp": None}
        if task.looks_left > 0:
            task.looks_left -= 1
            return JSONResponse(answer)
        answer["finishtimestamp"] = "2026-11-29T12:00:00Z"
        answer["error_msg"] = None if task.star else "No data returned"
        answer["result_url"] = f"{self.url}/forcedphot/static/{number}.txt"
        return JSONResponse(answer)

    async def _result(self, request: Request) -> Response:
        await asyncio.sleep(0)
        task = self.tasks.get(request.url.path.rpartition("/")[2].removesuffix(".txt"))
        if task is None:
            return PlainTextResponse("expired", 404)
        return PlainTextResponse(task.star.atlas(*task.window) if task.star else ATLAS_HEAD + "\n")
