"""Port 80 of a telescope: its files, read-only, with `Range`.

Source: docs/design/seestar-protocol.md 1.7.
"""

from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.albums import DATA
from crowdsky_tui.simulator.socket_server import SocketServer

PAGE = HTMLResponse("<!DOCTYPE html><html><title>Welcome</title><body>Log in</body></html>")


class _CutShort(Exception):
    """A transfer ends in the middle, on purpose."""


class Spoiling:
    """ASGI wrapper: breaks bodies off, changes them or puts a page there, as the faults say."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._faults.page_http and scope["type"] == "http":
            return await PAGE(scope, receive, send)
        limit, flipped = self._faults.truncate_http, self._faults.flip_http
        sent = 0

        async def count(message: Message) -> None:
            nonlocal sent
            body = message.get("body", b"")
            if limit is not None and sent + len(body) > limit:
                await send({**message, "body": body[: limit - sent], "more_body": True})
                raise _CutShort
            place = -1 if flipped is None else flipped - sent
            if 0 <= place < len(body):
                message = {
                    **message,
                    "body": body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :],
                }
            sent += len(body)
            await send(message)

        return await self._app(scope, receive, count)


class FileServer(SocketServer):
    """`/MyWorks/…` of the tree below `root`."""

    def __init__(self, root: Path, faults: Faults, host: str, port: int) -> None:
        files = StaticFiles(directory=root / DATA, check_dir=False)
        app = Starlette(routes=[Mount(f"/{DATA}", files)])
        super().__init__(Spoiling(app, faults), host, port)
