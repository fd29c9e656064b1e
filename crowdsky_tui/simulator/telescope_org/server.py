"""A stand-in of telescope.org on a real socket. Shapes and oddities: docs/design/telescope-org.md.

Cookies carry the sign-in, numbers travel as text, the request constructor is state of the cookie.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC
from html import escape
from secrets import token_hex
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.socket_server import SocketServer, reset
from crowdsky_tui.simulator.telescope_org import html, pictures
from crowdsky_tui.simulator.telescope_org.faults import Fault, Faults
from crowdsky_tui.simulator.telescope_org.messages import (
    SORTS,
    Call,
    Fields,
    Preparation,
    endpoint_name,
    json_reply,
    listed,
    moment,
    spoiled,
    status_page,
)
from crowdsky_tui.simulator.telescope_org.state import FOLDERS, TELESCOPE_NAMES, Account, Builder
from crowdsky_tui.simulator.telescope_org.streams import STREAM_KINDS, send_spoiled

COOKIE = "PHPSESSID"
READY_POLLS = 2


class TelescopeOrgStandIn:
    """The site, from `start` to `stop`; `calls` are those that arrived, oldest first."""

    def __init__(
        self,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str = "alice",
        password: str = "over-the-clouds",  # noqa: S107 - the demo account, known to all
    ) -> None:
        self.clock = clock
        self.account = Account(clock, username, password)
        self.faults = Faults()
        self.calls: list[Call] = []
        self._preparations: dict[int, Preparation] = {}
        self._next_preparation = 1_783_970
        self._ticket = 100_000
        self._server = SocketServer(self, host, port)
        self._endpoints: dict[str, Callable[[HttpRequest, Builder, Fields], Awaitable[Response]]]
        self._endpoints = {
            "/login.php": self._login,
            "/logout.php": self._logout,
            "/api-user.php": self._json,
            "/v4request-view.php": self._details,
            "/v3job-search-query.php": self._search,
            "/v3image-download.php": self._download,
            "/imageengine-request.php": self._processed_page,
            "/processed": self._processed_file,
            "/request-constructor.php": self._form,
            "/weather.php": self._weather,
        }

    @property
    def url(self) -> str:
        """`http://HOST:PORT`; the port is known once started."""
        return self._server.url

    @property
    def settings(self) -> dict[str, str | int]:
        """The `[remote]` table that signs the app in here."""
        account = self.account
        return {
            "url": self.url,
            "username": account.username,
            "password": account.password,
            "queue": len(account.requests) + 40,
        }

    async def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        await self._server.start()

    async def stop(self) -> None:
        """Close every connection."""
        await self._server.stop()

    def sign_everybody_out(self) -> None:
        """Let every sign-in expire."""
        for builder in self.account.cookies.values():
            builder.signed_in = False

    # --- one request -----------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = HttpRequest(scope, receive)
        path = re.sub("/+", "/", request.url.path)
        fields = Fields(request, (await request.body()).decode("utf-8", "replace"))
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            await HTMLResponse("<html>404</html>", 404)(scope, receive, send)
            return
        cookie = request.cookies.get(COOKIE, "")
        if cookie not in self.account.cookies:
            cookie = token_hex(8)
            self.account.cookies[cookie] = Builder()
        name = endpoint_name(path, fields)
        now = asyncio.get_running_loop().time()
        self.calls.append(Call(now, name, path, fields.all))
        fault = self.faults.take(name)
        response = await self._outcome(
            request, endpoint, self.account.cookies[cookie], fields, fault, name
        )
        if response is None:
            self._break_off(scope)
            return
        response.set_cookie(COOKIE, cookie)
        if fault is not None and fault.kind in STREAM_KINDS:
            if await send_spoiled(fault, response, send):
                self._break_off(scope)
            return
        await response(scope, receive, send)

    def _break_off(self, scope: Any) -> None:
        transport = self._server.connections.get(tuple(scope["client"]))
        if transport is not None:
            reset(transport)

    async def _outcome(
        self,
        request: HttpRequest,
        endpoint: Callable[[HttpRequest, Builder, Fields], Awaitable[Response]],
        builder: Builder,
        fields: Fields,
        fault: Fault | None,
        name: str,
    ) -> Response | None:
        """What is answered; None where the connection breaks."""
        kind = "" if fault is None else fault.kind
        value = None if fault is None else fault.value
        early: dict[str, Callable[[], Response]] = {
            "html": lambda: HTMLResponse(html.ODD_PAGE),
            "login page": lambda: self._expired(builder),
            "refuse": lambda: json_reply(0, str(value), None),
            "status": lambda: status_page(int(str(value))),
            "body": lambda: Response(value, media_type="application/octet-stream"),
            "redirect": lambda: Response(status_code=302, headers={"Location": str(value)}),
        }
        if kind in early:
            return early[kind]()
        if kind == "silent":
            await asyncio.sleep(3600)
        if kind == "reset":
            return None
        public = name in ("login", "search", "weather")
        if not public and not builder.signed_in:
            return HTMLResponse(html.LOGIN_PAGE)
        response = await endpoint(request, builder, fields)
        if kind == "lost":
            return None
        return spoiled(response, kind, value)

    def _expired(self, builder: Builder) -> Response:
        builder.signed_in = False
        return HTMLResponse(html.LOGIN_PAGE)

    # --- signing in ------------------------------------------------------------------------------

    async def _login(self, _request: HttpRequest, builder: Builder, fields: Fields) -> Response:
        builder.signed_in = (
            fields["action"] == "login"
            and fields["username"] == self.account.username
            and fields["password"] == self.account.password
        )
        return HTMLResponse(html.HOME_PAGE if builder.signed_in else html.LOGIN_PAGE)

    async def _logout(self, _request: HttpRequest, builder: Builder, _fields: Fields) -> Response:
        builder.signed_in = False
        return HTMLResponse(html.HOME_PAGE)

    # --- JSON ------------------------------------------------------------------------------------

    async def _json(self, _request: HttpRequest, builder: Builder, fields: Fields) -> Response:
        self.account.grow()
        text = fields["params"] or "{}"
        try:
            params = json.loads(text)
        except ValueError:
            return json_reply(0, "Bad parameters", None)
        doors: dict[tuple[str, str], Callable[[Builder, dict[str, Any]], Response]] = {
            ("request-manager", "0-get-my-folders"): self._folders,
            ("request-manager", "1-get-list-own"): self._list,
            ("request-constructor", "0-rb-clear"): self._clear,
            ("request-constructor", "0-rb-set"): self._set,
            ("request-constructor", "0-rb-submit"): self._submit,
            ("image-engine", "0-create-dl3d"): self._create_cube,
            ("image-engine", "0-create-dlzip"): self._create_zip,
            ("image-engine", "0-is-job-ready"): self._ready,
        }
        door = doors.get((fields["module"], fields["request"]))
        if door is None or not isinstance(params, dict):
            return json_reply(0, "Unknown request", None)
        return door(builder, params)

    def _folders(self, _builder: Builder, _params: dict[str, Any]) -> Response:
        counts: dict[int, int] = {}
        for request in self.account.requests.values():
            counts[request.folder] = counts.get(request.folder, 0) + 1
        rows = [
            {
                "id": str(number),
                "creationtime": made,
                "name": name,
                "count": str(counts[number]) if number in counts else None,
            }
            for number, made, name in FOLDERS
        ]
        return json_reply(1, "OK", rows)

    def _list(self, _builder: Builder, params: dict[str, Any]) -> Response:
        try:
            limit, folder = int(params["limit"]), int(params["folderid"])
            sort, after = str(params["sort"]), int(params.get("startAfterRow", 0))
        except (KeyError, TypeError, ValueError):
            return json_reply(0, "Parameters missing", None)
        if sort not in SORTS:
            return json_reply(0, "Unknown sort", None)
        rows = [one for one in self.account.requests.values() if one.folder == folder]
        shown = listed(rows, sort)[after : after + max(limit, 0)]
        return json_reply(1, "OK", {"totalRequests": str(len(rows)), "requests": shown})

    def _clear(self, builder: Builder, _params: dict[str, Any]) -> Response:
        builder.draft = {}
        return json_reply(1, "OK", None)

    def _set(self, builder: Builder, params: dict[str, Any]) -> Response:
        builder.draft |= params
        return json_reply(1, "OK", None)

    def _submit(self, builder: Builder, _params: dict[str, Any]) -> Response:
        draft, builder.draft = builder.draft, {}
        try:
            request = self.account.submit(
                name=str(draft["objectname"]),
                object_id=str(draft["objectid"]),
                telescope=int(str(draft["telescopeid"])),
                filter=str(draft["filtertype"]),
                exposure_ms=int(str(draft["exposuretime"])),
                comment=str(draft.get("usercomments", "")),
                dark_frame=True,
            )
        except (KeyError, ValueError):
            return json_reply(0, "Request not complete", None)
        return json_reply(1, "OK", {"id": str(request.id)})

    def _create_cube(self, _builder: Builder, params: dict[str, Any]) -> Response:
        return self._create(params, zipped=False)

    def _create_zip(self, _builder: Builder, params: dict[str, Any]) -> Response:
        return self._create(params, zipped=True)

    def _create(self, params: dict[str, Any], *, zipped: bool) -> Response:
        job = self.account.jobs.get(int(params.get("jid", 0)))
        if job is None or not job.success:
            return json_reply(0, "No such job", None)
        flat = params.get("flatid")
        number = self._next_preparation
        self._next_preparation += 1
        self._preparations[number] = Preparation(job, zipped, None if flat is None else int(flat))
        return json_reply(1, "OK_WAIT", {"ieID": str(number), "flatID": flat or 0})

    def _ready(self, _builder: Builder, params: dict[str, Any]) -> Response:
        one = self._preparations.get(int(params.get("ieid", 0)))
        if one is None:
            return json_reply(0, "No such file", None)
        one.polls += 1
        ready_at = self.faults.ready_at_poll
        if ready_at is None:
            ready_at = READY_POLLS
        if not ready_at or one.polls < ready_at:
            return json_reply(1, "PROCESSING", None)
        size = self.faults.announced_size
        if size is None:
            size = len(self._file(one))
        sizes = {"fitsbzsize": str(size), "fitssize": "0"}
        if not one.zipped:
            sizes = {"fitsbzsize": "0", "fitssize": str(size)}
        return json_reply(1, "READY", {"flatID": str(one.flat or 0), **sizes})

    def _file(self, one: Preparation) -> bytes:
        return (pictures.zipped if one.zipped else pictures.cube)(one.job, one.flat)

    # --- pages and files -------------------------------------------------------------------------

    async def _details(self, request: HttpRequest, _builder: Builder, _fields: Fields) -> Response:
        self.account.grow()
        query = request.query_params
        if "jid" in query:
            job = self.account.jobs.get(int(query["jid"]))
            page = html.ODD_PAGE if job is None else html.job_page(self.account, job)
            return HTMLResponse(page)
        asked = self.account.requests.get(int(query.get("rid", 0)))
        page = html.ODD_PAGE if asked is None else html.request_page(self.account, asked)
        return Response(page.encode("latin-1", "replace"), media_type="text/html")

    async def _search(self, _request: HttpRequest, _builder: Builder, fields: Fields) -> Response:
        begin, end = (
            moment(fields.all.get(f"search{which}com[]", [])) for which in ("earliest", "latest")
        )
        if begin is None or end is None:
            return HTMLResponse(html.ODD_PAGE)
        telescope = fields["searchtelescope"]
        jobs = [
            job
            for job in self.account.jobs.values()
            if job.success and not job.private and begin <= job.completed <= end
        ]
        if telescope:
            name = TELESCOPE_NAMES.get(int(telescope), "")
            jobs = [job for job in jobs if job.telescope_type == name]
        if fields["searchfilter"]:
            jobs = [job for job in jobs if job.filter == fields["searchfilter"]]
        jobs.sort(key=lambda job: job.completed, reverse=True)
        results = int(fields["resultsperpage"] or 20)
        return HTMLResponse(html.search_page(jobs, begin, end, results))

    async def _download(self, request: HttpRequest, _builder: Builder, _fields: Fields) -> Response:
        one = self._preparations.get(int(request.query_params.get("ieid", 0)))
        if one is None or str(one.job.id) != request.query_params.get("jid"):
            return HTMLResponse(html.ODD_PAGE)
        return Response(self._file(one), media_type="application/octet-stream")

    async def _processed_page(
        self, request: HttpRequest, _builder: Builder, _fields: Fields
    ) -> Response:
        query = request.query_params
        job = self.account.jobs.get(int(query.get("jid", 0)))
        if job is None:
            return HTMLResponse(html.ODD_PAGE)
        where = f"processed?jid={job.id}&amp;type={query.get('type', '1')}"
        return HTMLResponse(f'<html><body><iframe src="{where}"></iframe></body></html>')

    async def _processed_file(
        self, request: HttpRequest, _builder: Builder, _fields: Fields
    ) -> Response:
        job = self.account.jobs.get(int(request.query_params.get("jid", 0)))
        if job is None:
            return HTMLResponse(html.ODD_PAGE)
        zipped = request.query_params.get("type") == "3"
        content = (pictures.zipped if zipped else pictures.cube)(job)
        return Response(content, media_type="application/octet-stream")

    async def _form(self, request: HttpRequest, builder: Builder, fields: Fields) -> Response:
        if request.method == "GET" or fields["ticket"] != str(builder.ticket):
            builder.form = {}
            return self._next_step(builder, "New request")
        builder.form |= {key: fields[key] for key in fields.all}
        if fields["action"] != "main-submit":
            return self._next_step(builder, fields["action"])
        form, builder.form, builder.ticket = builder.form, {}, None
        try:
            self.account.submit(
                name=form["newObjectName"],
                object_id=(
                    f"{form['raHours']}:{form['raMins']}:{form['raSecs']}.{form['raFract']}"
                    f" {form['decDegrees']}:{form['decMins']}:{form['decSecs']}.{form['decFract']}"
                ),
                telescope=int(form["newTelescopeSelection"]),
                filter=form["newFilterSelection"],
                exposure_ms=int(form["newExposureTime"]),
                comment=form["newRequestComments"],
                dark_frame=form["newDarkFrame"] == "1",
            )
        except (KeyError, ValueError):
            return HTMLResponse(html.ODD_PAGE)
        return HTMLResponse(html.HOME_PAGE)

    def _next_step(self, builder: Builder, words: str) -> Response:
        self._ticket += 1
        builder.ticket = self._ticket
        return HTMLResponse(html.form_page(self._ticket, escape(words)))

    async def _weather(self, _request: HttpRequest, _builder: Builder, _f: Fields) -> Response:
        return HTMLResponse(html.weather_page(self.clock.now().astimezone(UTC)))
