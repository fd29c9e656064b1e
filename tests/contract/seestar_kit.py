"""A plain client of port 4700 and a small tree of sub-frames, for tests of the stand-in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.script import Frame, Session, frames_of
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

SERIAL = "a3490de1"
BEGIN = datetime(2026, 2, 27, 19, 0, tzinfo=UTC)
MORNING = datetime(2026, 2, 28, 5, 30, tzinfo=UTC)
ENDED = {"complete", "fail", "cancel"}


class RawClient:
    """One socket; events that arrive while waiting for a reply are kept in `events`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.events: list[dict[str, Any]] = []
        self._id = 0

    async def send(self, method: str, params: Any = None, **more: Any) -> int:
        self._id += 1
        request = {"id": self._id, "method": method, **more}
        if params is not None:
            request["params"] = params
        self.writer.write(json.dumps(request).encode() + b"\r\n")
        await self.writer.drain()
        return self._id

    async def line(self) -> dict[str, Any]:
        line = await asyncio.wait_for(self.reader.readline(), 60)
        assert line.endswith(b"\r\n"), line
        message: dict[str, Any] = json.loads(line)
        return message

    async def call(self, method: str, params: Any = None, **more: Any) -> dict[str, Any]:
        number = await self.send(method, params, **more)
        while True:
            message = await self.line()
            if message.get("id") == number:
                return message
            self.events.append(message)

    async def result(self, method: str, params: Any = None) -> Any:
        reply = await self.call(method, params)
        assert reply["code"] == 0, reply
        return reply["result"]

    async def batch_end(self) -> dict[str, Any]:
        """The BatchStack object once it has ended."""
        for _ in range(400):
            state = await self.result("iscope_get_app_state")
            if state["BatchStack"]["state"] in ENDED:
                ended: dict[str, Any] = state["BatchStack"]
                return ended
            await asyncio.sleep(0.01)
        raise AssertionError("the batch stack did not end")


@asynccontextmanager
async def client_of(scope: SeestarStandIn) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection(scope.host, scope.rpc_port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def running(
    root: Path, *, faults: Faults | None = None, speed: float = 600.0, **profile: Any
) -> AsyncIterator[SeestarStandIn]:
    clock = Clock(MORNING, datetime.now(UTC), speed)
    scope = SeestarStandIn(root, clock, serial=SERIAL, profile=Profile(**profile), faults=faults)
    await scope.start()
    try:
        yield scope
    finally:
        await scope.stop()


def frames(count: int, target: str = "M 81", **more: Any) -> list[Frame]:
    session = Session(target, BEGIN, 15, more.pop("exposure_s", 20.0), **more)
    return list(frames_of(session))[:count]


def take(root: Path, shots: list[Frame], *, full_size: bool = False) -> list[str]:
    """Write sub-frames into the tree below `root`; their names."""
    camera = Camera(root, Profile(), SERIAL, seed=1, full_size=full_size)
    return [camera.take(shot).name for shot in shots]
