"""One INDI server: properties in, new values out, nothing told twice.

Source: INDI protocol 1.7 (docs/design/indi-protocol.md). Imports indipyclient, so it is imported
when it is needed.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from indipyclient import IPyClient

from crowdsky_tui.base.errors import (
    CommandRefused,
    DeviceError,
    NotOffered,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.indi.picture import SentPicture

CONNECT_S, READ_S = 3.0, 5.0
LARGEST_MESSAGE = 160 * 1024 * 1024
"""Bytes of one message: a picture of 60 million pixels with 16 bits, in base64."""
MOST_PROPERTIES = 5_000
QUIET_S = 0.5
"""A server that says nothing for so long has told of all its devices."""
REFUSED = 0x500
"""INDI has no numbers for errors."""
logging.getLogger("indipyclient").setLevel(logging.CRITICAL)


class _BoundedReader:
    """Ends a connection that is closed, or whose message is too large."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.since_message = 0

    async def read(self, most: int) -> bytes:
        data = await self._reader.read(most)
        self.since_message += len(data)
        if not data or self.since_message > LARGEST_MESSAGE:
            raise ConnectionResetError("closed, or a message without an end")
        return data


class _Client(IPyClient):  # type: ignore[misc]  # it has no types
    """indipyclient with our own limits: what is asked for, and when, is decided here."""

    def __init__(self, host: str, port: int, hear: Callable[[Any], None]) -> None:
        super().__init__(host, port)
        self.set_vector_timeouts(timeout_enable=False)
        self.enable_reports = False
        self.hear = hear
        self._reader: Any = None
        self._bounded: _BoundedReader | None = None

    async def rxevent(self, event: Any) -> None:
        if event.eventtype == "ConnectionMade":
            self._reader = self._bounded = _BoundedReader(self._reader)
        elif event.eventtype == "ConnectionLost":
            self.shutdown()
        elif self._bounded is not None:
            self._bounded.since_message = 0
        self.hear(event)

    async def send_getProperties(
        self, devicename: str | None = None, vectorname: str | None = None
    ) -> None:
        """Ask one device; never all of them, as indipyclient does by itself."""
        if devicename:
            await super().send_getProperties(devicename, vectorname)

    async def send_every_getProperties(self) -> None:
        """Ask for all devices."""
        await super().send_getProperties()


class IndiConnection:
    """A connection that is made when it is needed. `close` ends it.

    `generation` counts the connections: a device has to be made ready anew in each.
    """

    def __init__(
        self, host: str, port: int, *, read_s: float = READ_S, connect_s: float = CONNECT_S
    ) -> None:
        self.host, self.port = host, port
        self.generation = 0
        self.pictures: dict[tuple[str, str], SentPicture] = {}
        """The last BLOB by device and property."""
        self._read_s, self._connect_s = read_s, connect_s
        self._client: _Client | None = None
        self._supervisor = Supervisor()
        self._run: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self._defined: Counter[tuple[str, str]] = Counter()
        self._set: Counter[tuple[str, str]] = Counter()

    async def open(self) -> None:
        """Connect unless it is. Raises ScopeUnreachable."""
        async with self._lock:
            if self._client is not None and self._client.connected:
                return
            await self._drop()
            client = _Client(self.host, self.port, self._hear)
            self._client = client
            self._run = self._supervisor.start("INDI", client.asyncrun())
            try:
                await self._until(lambda: client.connected, self._connect_s, "the INDI server")
            except (DeviceError, asyncio.CancelledError) as error:
                await self._drop()
                if isinstance(error, asyncio.CancelledError):
                    raise
                raise ScopeUnreachable(
                    f"no connection to the INDI server at {self.host} port {self.port}",
                    "it does not answer",
                    "Check that indiserver runs there",
                ) from error
            self.generation += 1

    async def close(self) -> None:
        """Let go of the connection; the devices stay as they are."""
        await self._drop()
        await self._supervisor.close()

    async def _drop(self) -> None:
        client, self._client = self._client, None
        self._defined.clear()
        self.pictures.clear()
        if client is not None and self._run is not None:
            client.shutdown()
            await self._supervisor.stop(self._run)

    # --- asking ----------------------------------------------------------------------------------

    def vector(self, device: str, name: str) -> Any | None:
        """A property as it was told last, with members, limits and state; None if there is none."""
        if self._client is None or not self._client.connected:
            return None
        found = self._client.get(device, {}).get(name)
        return found if found is not None and found.enable else None

    def names(self) -> tuple[str, ...]:
        """The devices that have told of themselves."""
        return tuple(self._client.data) if self._client is not None else ()

    async def ask(self, device: str, *names: str) -> None:
        """Have a device tell properties anew. Raises ScopeTimeout, ScopeUnreachable."""
        client = self._open_client()
        before = {name: self._defined[device, name] for name in names}
        for name in names:
            await client.send_getProperties(device, name)
        await self._until(
            lambda: all(self._defined[device, name] > before[name] for name in names),
            self._read_s,
            f"{', '.join(names)} of {clean(device, 60)}",
        )

    async def ask_all(self, device: str) -> None:
        """Have a device tell everything, and wait for its end. Raises the same."""
        client = self._open_client()
        await client.send_getProperties(device)
        before = self._defined[device, "CONNECTION"]
        await client.send_getProperties(device, "CONNECTION")
        await self._until(
            lambda: self._defined[device, "CONNECTION"] > before + 1,
            self._read_s,
            clean(device, 60),
        )

    async def ask_every_device(self) -> None:
        """Have the server tell of all its devices, until it falls silent. Raises the same."""
        client = self._open_client()
        await client.send_every_getProperties()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._read_s
        await self._until(lambda: bool(self._defined), self._read_s, "the INDI server's devices")
        while loop.time() < deadline:
            self._news.clear()
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._news.wait()
            except TimeoutError:
                return
            self._open_client()

    async def tell(
        self, device: str, name: str, values: dict[str, Any], *, seconds: float | None = None
    ) -> None:
        """Set members of a property, once, and wait until the device says that it heard it.

        Raises NotOffered for a property that is not there, CommandRefused where its state becomes
        Alert, ScopeTimeout where nothing comes.
        """
        client = self._open_client()
        vector = self.vector(device, name)
        if vector is None or not set(values) <= set(vector):
            raise absent(device, name)
        before = self._set[device, name]
        await client.send_newVector(device, name, members=values)

        def is_heard() -> bool:
            return self._set[device, name] > before or self.vector(device, name) is None

        await self._until(is_heard, seconds or self._read_s, f"{name} of {clean(device, 60)}")
        vector = self.vector(device, name)
        if vector is None:
            raise absent(device, name)
        if vector.state == "Alert":
            raise CommandRefused(
                f"{name} was refused",
                clean(vector.message, 200) or "its state is Alert",
                code=REFUSED,
            )

    async def want_pictures(self, device: str, name: str) -> None:
        """Have the pictures of a camera sent over this connection."""
        self.pictures.pop((device, name), None)
        await self._open_client().send_enableBLOB("Also", device, name)

    async def until(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for what is told. Raises ScopeTimeout, ScopeUnreachable."""
        self._open_client()
        await self._until(is_so, seconds, what)

    # --- inside ----------------------------------------------------------------------------------

    def _open_client(self) -> _Client:
        if self._client is None or not self._client.connected:
            raise ScopeUnreachable(
                f"the INDI server at {self.host} port {self.port} is away", "the connection ended"
            )
        return self._client

    async def _until(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        client = self._client
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    if client is None or client.stop:
                        raise ScopeUnreachable(f"{what} was not told", "the connection ended")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise ScopeTimeout(
                f"{what} was not told", f"nothing came from {self.host} in time"
            ) from None

    def _hear(self, event: Any) -> None:
        key = (event.devicename, event.vectorname)
        if event.eventtype in ("Define", "DefineBLOB"):
            self._defined[key] += 1
            self._bound_properties()
        elif event.eventtype == "Set":
            self._set[key] += 1
        elif event.eventtype == "SetBLOB":
            self._keep_picture(key, event)
        self._news.set()

    def _keep_picture(self, key: tuple[str, str], event: Any) -> None:
        for member, content in event.items():
            size, form = event.sizeformat[member]
            self.pictures[key] = SentPicture(content, str(form), size)
            with contextlib.suppress(KeyError):
                event.vector[member] = b""  # kept once

    def _bound_properties(self) -> None:
        if len(self._defined) > MOST_PROPERTIES and self._client is not None:
            self._client.shutdown()


def absent(device: str, name: str) -> NotOffered:
    """The error for a property that a device does not have."""
    return NotOffered(
        f"{clean(device, 60)} has no {clean(name, 60)}",
        "its driver does not offer this property",
        lack="protocol",
    )
