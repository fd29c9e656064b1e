"""One stand-in sensor: it talks on a TCP port, a pseudo-terminal, the web, or writes a file."""

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.simulator.sensors import formats
from crowdsky_tui.simulator.sensors.kinds import WEB, SensorKind
from crowdsky_tui.simulator.sensors.weather import SensorFaults, Weather

GREENWICH = (51.4779, -0.0015, 46.0)
_PAGE = "<html><head><title>Login</title></head><body>Please log in</body></html>"
_LONGEST_COMMAND = 4


class SensorStandIn:
    """Serves one kind of sensor between `start` and `stop`.

    Parameters
    ----------
    kind : str
        As in the settings.
    clock : Clock
        Its time; a fault may put its own clock ahead.
    period_s : float
        Real seconds between two lines or two writings of the file.
    place : tuple of float
        What a GPS tells: latitude and longitude (east) in degrees, elevation in m.
    """

    def __init__(
        self,
        kind: SensorKind,
        clock: Clock,
        *,
        period_s: float = 2.0,
        place: tuple[float, float, float] = GREENWICH,
    ) -> None:
        self.kind = kind
        self.weather = Weather()
        self.faults = SensorFaults()
        self.address = ""
        self.asked = 0
        """How many questions came."""
        self._clock = clock
        self._period_s = period_s
        self._place = place
        self._count = 0
        self._frozen: datetime | None = None
        self._supervisor = Supervisor()
        self._plugged = True
        self._server: asyncio.Server | None = None
        self._where: tuple[str, int] | None = None
        self._ends: list[asyncio.BaseTransport] = []
        self._files: list[int] = []

    async def start_tcp(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and return the address: "host:port", or a web address."""
        talk = self._answer_web if self.kind in WEB else self._talk
        self._server = await asyncio.start_server(self._kept(talk), host, port)
        number = self._server.sockets[0].getsockname()[1]
        self._where = host, number
        self.address = f"{host}:{number}"
        if self.kind == "json_url":
            self.address = f"http://{self.address}/weather"
        return self.address

    async def start_pty(self) -> str:
        """Open a pseudo-terminal and return the path of its serial port."""
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.address = os.ttyname(theirs)
        self._files = [theirs]
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        hearing, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(ours), "rb", 0)
        )
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(ours, "wb", 0)
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self._ends += [writer.transport, hearing]
        self._supervisor.start("stand-in sensor", self._talk(reader, writer))
        return self.address

    async def start_file(self, path: Path) -> str:
        """Write a Boltwood file again and again and return its path."""
        self.address = str(path)
        await self._write_file(path)
        self._supervisor.keep("stand-in sensor", lambda: self._keep_writing(path))
        return self.address

    def unplug(self) -> None:
        """Cut every open line, and open none again until `plug_in`; a file is left as it is."""
        self._plugged = False
        if self._server is not None:
            self._server.close()
        for end in self._ends:
            end.close()
        self._ends = []
        self._close_files()

    async def plug_in(self) -> None:
        """Come back at the same address. A pseudo-terminal that is gone stays so."""
        self._plugged = True
        if self._where is not None:
            await self.start_tcp(*self._where)

    async def stop(self) -> None:
        """Close everything."""
        self.unplug()
        await self._supervisor.close()
        if self._server is not None:
            await self._server.wait_closed()

    def _close_files(self) -> None:
        for number in self._files:
            os.close(number)
        self._files = []

    def _kept(
        self, talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async def all_of_it() -> None:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    await talk(reader, writer)
                writer.close()

            self._ends.append(writer.transport)
            self._supervisor.start("stand-in sensor", all_of_it())

        return begin

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.kind in ("json", "nmea"):
            await self._send_lines(writer)
            return
        with contextlib.suppress(OSError):
            async for command in self._commands(reader):
                self.asked += 1
                answer = self._answer(command)
                if answer and not self.faults.silent:
                    await self._send(writer, answer)

    async def _commands(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        end = b"x" if self.kind == "sqm" else b"!"
        held = b""
        while byte := await reader.read(1):
            held = (held + byte)[-_LONGEST_COMMAND:].strip()
            if byte == end:
                yield held
                held = b""

    def _answer(self, command: bytes) -> bytes:
        if self.kind == "cloudwatcher":
            return formats.cloudwatcher(command, self.weather)
        if command in (b"rx", b"ux"):
            return formats.sky_quality(self.weather)
        return formats.IDENTITY if command == b"ix" else b""

    async def _send_lines(self, writer: asyncio.StreamWriter) -> None:
        line = self._line()
        await self._send(writer, line[len(line) // 2 :])  # the first one is always a fragment
        while not writer.is_closing():
            if not self.faults.silent:
                await self._send(writer, self._line())
            await asyncio.sleep(self._period_s)

    def _line(self) -> bytes:
        now = self._now()
        if not self.faults.frozen:
            self._count += 1
        if self.kind == "nmea":
            return formats.gps(now, *self._place)
        return formats.json_line(self.weather, now, self._count, flag=not self.faults.no_flag)

    async def _send(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        answer = self.faults.garbage or answer
        size = self.faults.pieces or len(answer)
        for start in range(0, len(answer), size):
            writer.write(answer[start : start + size])
            await writer.drain()
            if self.faults.pieces:
                await asyncio.sleep(0.002)

    async def _answer_web(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.faults.silent:
            await reader.read()
            return
        body = self.faults.garbage or self._web_text().encode()
        kind = "text/html" if self.faults.page else "text/plain"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()

    def _web_text(self) -> str:
        if self.faults.page:
            return _PAGE
        if self.kind == "solo":
            return formats.solo(self.weather, self._now(), flag=not self.faults.no_flag)
        return f"[{self._line().decode().strip()}]"

    async def _keep_writing(self, path: Path) -> None:
        while True:
            await asyncio.sleep(self._period_s)
            if self._plugged and not self.faults.silent:
                await self._write_file(path)

    async def _write_file(self, path: Path) -> None:
        text = self.faults.garbage or formats.boltwood(self.weather, self._now()).encode()
        await asyncio.to_thread(write_whole, path, text)

    def _now(self) -> datetime:
        now = self._clock.now() + timedelta(seconds=self.faults.clock_ahead_s)
        if self.faults.frozen:
            self._frozen = self._frozen or now
            return self._frozen
        self._frozen = None
        return now
