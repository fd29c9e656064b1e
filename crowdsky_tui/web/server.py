"""The app behind textual-serve, for one browser at a time on this machine's loopback."""

import html
import secrets
import shlex
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from textual_serve.server import Server, to_int

from crowdsky_tui.web.loopback import KEY_COOKIE, loopback_address, why_refused

MOST_SESSIONS = 4
SHUTDOWN_S = 2.0
"""How long the end waits for connected browsers."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>crowdsky-tui</title>
<link rel="stylesheet" href="/static/css/xterm.css">
<style>
@font-face {{
  font-family: "Roboto Mono"; src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
}}
html, body {{ margin: 0; height: 100%; background: #0c181f; color: #ddd; }}
#terminal {{ width: 100vw; height: 100vh; }}
</style>
<script src="/static/js/textual.js"></script></head>
<body><div id="terminal" class="textual-terminal" data-session-websocket-url="{socket}"
 data-font-size="{size}"></div></body></html>
"""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoopbackServer(Server):
    """Serves `command` on a loopback address. ValueError for every other one.

    `key` has to come with the first request; a cookie keeps it: other users of this machine can
    reach the port, too.
    """

    def __init__(self, command: Sequence[str], host: str, port: int) -> None:
        super().__init__(shlex.join(command), loopback_address(host), port, title="crowdsky-tui")
        self.key = secrets.token_urlsafe(24)
        self.sessions = 0

    def address(self, port: int) -> str:
        """What is opened in the browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}/?key={self.key}"

    def make_app(self) -> web.Application:
        """The pages: the terminal, its socket, and the files of textual-serve."""

        @web.middleware
        async def only_ours(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._only_ours(request, handler)

        app = web.Application(middlewares=[only_ours])
        app.router.add_get("/", self._index)
        app.router.add_get("/ws", self._socket)
        app.router.add_static("/static", self.statics_path)
        return app

    async def start(self) -> tuple[web.AppRunner, int]:
        """Listen; the runner, whose `cleanup` ends it, and the port. OSError if it is taken."""
        runner = web.AppRunner(self.make_app(), shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        return runner, runner.addresses[0][1]

    async def _only_ours(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.query.get("key") or request.cookies.get(KEY_COOKIE)
        socket = request.path == "/ws"
        if why := why_refused(request.headers, self.key, given, wants_origin=socket):
            return web.Response(status=403, text=f"Refused: {why}.\n")
        return await handler(request)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        if "key" in request.query:  # out of the address line and the browser's history
            moved = web.Response(status=303, headers={"Location": "/"})
            moved.set_cookie(KEY_COOKIE, self.key, httponly=True, samesite="Strict", path="/")
            return moved
        size = min(max(to_int(request.query.get("fontsize", "16"), 16), 6), 60)
        page = PAGE.format(socket=html.escape(f"ws://{request.host}/ws"), size=size)
        policy = {
            "Content-Security-Policy": POLICY.format(host=request.host),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return web.Response(text=page, content_type="text/html", headers=policy)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.sessions >= MOST_SESSIONS:
            return web.Response(status=503, text=f"{MOST_SESSIONS} browsers are connected.\n")
        self.sessions += 1
        try:
            return await self.handle_websocket(request)
        finally:
            self.sessions -= 1
