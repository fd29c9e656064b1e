"""An ASGI app on a real socket in the caller's event loop: no signal handlers, no log output."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

Connections = dict[tuple[str, int], asyncio.Transport]
"""Open connections by the client's address."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
STOP_PATIENCE_S = 1


class _QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers, waking once a second, and quick to close."""

    def __init__(self, config: uvicorn.Config, transports: Connections) -> None:
        super().__init__(config)
        self.transports = transports
        self.leave = asyncio.Event()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.leave.wait()
            self.should_exit = self.leave.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=STOP_PATIENCE_S)
        for transport in list(self.transports.values()):
            transport.abort()
        late = list(state.tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await asyncio.sleep(0)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _protocol(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's protocol, with its transports kept so that a fault can break one."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            self.peer = transport.get_extra_info("peername")[:2]
            connections[self.peer] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.peer, None)
            super().connection_lost(exc)

    return cast("type[asyncio.Protocol]", Protocol)


def reset(transport: asyncio.Transport) -> None:
    """Break a connection the hard way: the client sees `connection reset by peer`."""
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:  # the client may have been quicker
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


class SocketServer:
    """Serves `app` on `host`:`port` (0: any free port) between `start` and `stop`."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self.app = app
        self.host = host
        self.port = port
        self.connections: Connections = {}
        self._server: _QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen, and return once connections are accepted. Raises OSError if the port is taken."""
        # asyncio turns Nagle's delay off only on sockets that are TCP by name.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.host, self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        options: dict[str, Any] = {"log_config": None, "log_level": "critical", "lifespan": "off"}
        config = uvicorn.Config(
            self.app,
            http=_protocol(self.connections),
            access_log=False,
            server_header=False,
            **options,
        )
        self._server = _QuietServer(config, self.connections)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            await asyncio.sleep(0.005)
            if self._task.done():
                listener.close()
                await self._task

    async def stop(self) -> None:
        """Finish what is under way for up to a second, then close everything."""
        if self._server is None or self._task is None:
            return
        self._server.leave.set()
        await self._task
        self._server = self._task = None
