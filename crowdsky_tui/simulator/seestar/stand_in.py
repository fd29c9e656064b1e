"""A stand-in for one Seestar: its command socket, its web server, its files.

Source: docs/design/seestar-protocol.md.
"""

import asyncio
import contextlib
import inspect
import json
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.scope_time import ScopeTime
from crowdsky_tui.simulator.seestar import (  # noqa: F401 - they register their methods
    plan_methods,
    session_methods,
)
from crowdsky_tui.simulator.seestar.albums import DATA, Albums
from crowdsky_tui.simulator.seestar.batch import BatchStack
from crowdsky_tui.simulator.seestar.beacon import light_beacon
from crowdsky_tui.simulator.seestar.http import FileServer
from crowdsky_tui.simulator.seestar.login import PublicKey
from crowdsky_tui.simulator.seestar.methods import BEFORE_LOGIN, METHODS, OK
from crowdsky_tui.simulator.seestar.other_client import meddle
from crowdsky_tui.simulator.seestar.params import Unmarked, accepted
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.scope import Client
from crowdsky_tui.simulator.seestar.session import ScopeSession
from crowdsky_tui.simulator.seestar.state import DeviceState
from crowdsky_tui.simulator.seestar.view import View
from crowdsky_tui.simulator.seestar.wire import (
    LINE_LIMIT,
    METHOD_NOT_FOUND,
    SECOND_ROOT,
    UNEXPECTED_PARAM,
    Fault,
    event,
    reply,
)

STALLED_BY_IMAGING = frozenset({"get_device_state", "get_verify_str"})


class SeestarStandIn:
    """One telescope on real sockets. `root` is the folder that holds `MyWorks`.

    The tree on disk is the truth and is read at every request. Port 0 means any free port; the
    attributes tell the real ones after `start`. `faults` may be changed at any time.
    `public_key` is whose signature `verify_client` accepts when `profile.login` is "required".
    """

    def __init__(  # noqa: PLR0913 - options by name
        self,
        root: Path,
        clock: Clock | None = None,
        *,
        serial: str = "a3490de1",
        profile: Profile | None = None,
        host: str = "127.0.0.1",
        rpc_port: int = 0,
        http_port: int = 0,
        udp_port: int = 0,
        public_key: PublicKey | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.root = root
        self.serial = serial
        self.profile = profile or Profile()
        self.host = host
        self.rpc_port = rpc_port
        self.udp_port = udp_port
        self.public_key = public_key
        self.faults = faults or Faults()
        self.time = ScopeTime(clock or Clock(), self.profile.zone)
        self.state = DeviceState(self.profile, serial)
        self.view = View(self.profile.make.gain, names_port=self.profile.names_port)
        self.albums = Albums(
            root,
            self.time,
            self.faults,
            lists_companions=self.profile.lists_companions,
            hidden=self.profile.hidden_albums,
        )
        self.batch = BatchStack(self.albums, self.time, self.profile, self.faults, self.broadcast)
        self.session = ScopeSession(self)
        self.requests: list[str] = []
        """Every method that was called, oldest first."""
        self._files = FileServer(root, self.faults, host, http_port)
        self._clients: dict[Client, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None
        self._beacon: asyncio.DatagramTransport | None = None
        self._status: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """`S50 a349`: model and the serial's first four characters."""
        return f"{self.profile.short_model} {self.serial[:4]}"

    @property
    def http_port(self) -> int:
        """The port on which its files are read."""
        return self._files.port

    @property
    def settings(self) -> dict[str, Any]:
        """The `[[scopes]]` table that points the app here, its files read from the folder."""
        return {
            "name": self.name,
            "host": self.host,
            "rpc_port": self.rpc_port,
            "http_port": self.http_port,
            "udp_port": self.udp_port,
            "files": "folder",
            "folder": str(self.root),
        }

    @property
    def client_count(self) -> int:
        """How many apps are connected."""
        return len(self._clients)

    async def start(self) -> None:
        """Open all sockets; OSError if a port is taken."""
        await asyncio.to_thread((self.root / DATA).mkdir, parents=True, exist_ok=True)
        await self.listen()
        await self._files.start()
        self._beacon = await light_beacon(self, self.udp_port)
        self.udp_port = self._beacon.get_extra_info("sockname")[1]
        self._status = asyncio.create_task(self._send_status())

    async def stop(self) -> None:
        """Close everything; a running stack is lost, as at a power cut."""
        if self._status is not None:
            self._status.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._status
        if self._beacon is not None:
            self._beacon.close()
        await self.session.close()
        await self.batch.clear()
        await self.hang_up()
        await self._files.stop()

    async def listen(self) -> None:
        """Open the command socket; after the first time at the same port."""
        self._server = await asyncio.start_server(
            self._serve, self.host, self.rpc_port, limit=LINE_LIMIT
        )
        self.rpc_port = self._server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        """Close the command socket and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.drop_clients()

    async def drop_clients(self) -> None:
        """Cut every connection, as a Wi-Fi drop does."""
        tasks = list(self._clients.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def broadcast(self, name: str, fields: dict[str, Any]) -> None:
        """Send an event to every client, logged in or not."""
        line = event(self.time.timestamp(), name, fields)
        for client in self._clients:
            client.send(line)

    async def _send_status(self) -> None:
        while True:
            await asyncio.sleep(self.profile.status_every)
            self.state.temperature = 30.0 + (self.state.temperature - 29.9) % 3
            self.broadcast("PiStatus", {"temp": round(self.state.temperature, 6)})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer)
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._clients[client] = task
        try:
            await self._converse(client, reader)
        except (TimeoutError, ConnectionError, ValueError):
            pass  # silent for too long, gone, or an endless line: the real one hangs up too
        except asyncio.CancelledError:
            pass  # `drop_clients`; asyncio would log the cancelling of a connection as an error
        finally:
            del self._clients[client]
            self.session.observer.client_left(client)
            for answer in client.slow:
                answer.cancel()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, client: Client, reader: asyncio.StreamReader) -> None:
        """Read and answer until the client leaves or the telescope hangs up."""
        while True:
            async with asyncio.timeout(self.profile.idle_timeout):
                line = await reader.readline()
            if not line:
                return
            if not line.strip():
                continue
            request = _parse(line)
            name = str(request.get("method"))
            self.requests.append(name)
            if name in self.faults.drop_on:
                return
            if name in self.faults.stall or self._ignores(client, name):
                continue
            wait = self._delay(name)
            if wait:
                slow = asyncio.create_task(self._answer_later(client, request, wait))
                client.slow.add(slow)
                slow.add_done_callback(client.slow.discard)
            else:
                await self._answer(client, request)

    def _delay(self, name: str) -> float:
        """Real seconds before a command is answered."""
        stalls = self.view.working and name in STALLED_BY_IMAGING
        asked = self.faults.delay.get(name, self.faults.delay.get("*", 0.0))
        return asked + (self.profile.state_stall if stalls else 0.0)

    async def _answer_later(self, client: Client, request: dict[str, Any], wait: float) -> None:
        await asyncio.sleep(wait)
        with contextlib.suppress(ConnectionError):
            await self._answer(client, request)

    async def _answer(self, client: Client, request: dict[str, Any]) -> None:
        try:
            outcome = await self._outcome(client, str(request.get("method")), request.get("params"))
        except Unmarked:
            return
        if request.get("method") in self.faults.mute:
            return
        client.send(reply(self.time.timestamp(), request, outcome))
        await client.writer.drain()

    def _ignores(self, client: Client, name: str) -> bool:
        """Whether the command gets no answer at all, for want of a login."""
        needs_login = self.profile.login == "required" and self.profile.has_login
        return needs_login and not client.verified and name not in BEFORE_LOGIN

    async def _outcome(self, client: Client, name: str, params: Any) -> object:
        """The result of a method, or the Fault it is refused with."""
        try:
            if name in self.faults.refuse:
                raise Fault(*self.faults.refuse[name])
            if name in self.faults.reads_back:
                return self.faults.reads_back[name]
            if name in self.faults.deaf:
                return OK
            if name not in METHODS:
                raise Fault(METHOD_NOT_FOUND if name != "None" else SECOND_ROOT)
            if self.faults.hands:
                meddle(self, name)
            method = METHODS[name]
            params = self._accepted(name, params)
            if method.reads_disk:
                return await asyncio.to_thread(method.handler, self, client, params)
            result = method.handler(self, client, params)
            return await result if inspect.isawaitable(result) else result
        except Fault as fault:
            return fault

    def _accepted(self, name: str, params: Any) -> Any:
        try:
            return accepted(self.profile, name, params)
        except Unmarked as missing:
            if self.profile.unmarked == "ignored":
                raise
            raise Fault(UNEXPECTED_PARAM, "verify is missing") from missing


def _parse(line: bytes) -> dict[str, Any]:
    """The request on a line; an empty one, which is answered with an error, if it is not one."""
    try:
        request = json.loads(line)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}
