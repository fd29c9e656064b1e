"""An INDI server on a socket: strict about what it is sent, with faults."""

import asyncio
import contextlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.members import AlpacaFault
from crowdsky_tui.simulator.indi.devices import picture_of
from crowdsky_tui.simulator.indi.properties import Device, Property, blob, definition, setting

PICTURE_POLL_S = 0.01
LARGEST_REQUEST = 65536


class IndiFaults(msgspec.Struct):
    """By property: no answer, a late one (real seconds), Alert, or "I have no such thing"."""

    mute: set[str] = msgspec.field(default_factory=set)
    delay: dict[str, float] = msgspec.field(default_factory=dict)
    refuse: set[str] = msgspec.field(default_factory=set)
    take_away: set[str] = msgspec.field(default_factory=set)
    nonsense: list[object] = msgspec.field(default_factory=list)
    """What stands in place of every value."""

    def clear(self) -> None:
        """No faults any more."""
        for each in (self.mute, self.delay, self.refuse, self.take_away, self.nonsense):
            each.clear()


class Received(msgspec.Struct, frozen=True):
    """What a client has sent."""

    tag: str
    device: str
    name: str
    values: dict[str, str]


class IndiStandIn:
    """Serves `devices` on 127.0.0.1; `asked` is all that has come, oldest first.

    Pictures of `cameras`, by the device's name, are sent when their exposures end.
    """

    def __init__(self, devices: Sequence[Device], cameras: dict[str, Camera]) -> None:
        self.devices = {each.name: each for each in devices}
        self.faults = IndiFaults()
        self.asked: list[Received] = []
        self.host, self.port = "127.0.0.1", 0
        self._cameras = cameras
        self._wants_pictures: dict[asyncio.StreamWriter, set[str]] = {}
        self._server: asyncio.Server | None = None
        self._supervisor = Supervisor()

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await self._supervisor.close()

    async def restart(self) -> None:
        """End, forget who was connected, and listen again."""
        await self.stop()
        for device in self.devices.values():
            device.connected = False
        await self.start()

    def cut(self) -> None:
        """Break every connection."""
        for writer in list(self._wants_pictures):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._wants_pictures[writer] = set()
        messages = _Messages()
        with contextlib.suppress(ConnectionError, ET.ParseError):
            while data := await reader.read(LARGEST_REQUEST):
                for element in messages.feed(data):
                    await self._answer(element, writer)
        self._wants_pictures.pop(writer, None)
        writer.close()

    async def _answer(self, element: ET.Element, writer: asyncio.StreamWriter) -> None:
        device, name = element.get("device") or "", element.get("name") or ""
        values = {one.get("name") or "": (one.text or "").strip() for one in element}
        self.asked.append(Received(element.tag, device, name, values))
        if element.tag == "enableBLOB":
            self._enable(element, device, writer)
        elif element.tag == "getProperties":
            self._define(device, name, writer)
        elif element.tag.startswith("new") and device in self.devices:
            await self._change(element.tag, self.devices[device], name, values)
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    def _enable(self, element: ET.Element, device: str, writer: asyncio.StreamWriter) -> None:
        wanted = self._wants_pictures[writer]
        if (element.text or "").strip() == "Never":
            wanted.discard(device)
        else:
            wanted.add(device)

    def _define(self, device: str, name: str, writer: asyncio.StreamWriter) -> None:
        nonsense = self.faults.nonsense[-1] if self.faults.nonsense else None
        for each in self.devices.values():
            if device in ("", each.name):
                for told in each.offered():
                    if name in ("", told.name) and not (name and told.kind == "Light"):
                        spoilt = None if told.name == "CONNECTION" else nonsense
                        writer.write(definition(each.name, told, spoilt).encode())

    async def _change(self, tag: str, device: Device, name: str, values: dict[str, str]) -> None:
        told = next((each for each in device.offered() if each.name == name), None)
        if told is None or told.change is None or tag != f"new{told.kind}Vector":
            return
        if name in self.faults.take_away:
            device.gone.add(name)
            self._send(f'<delProperty device="{device.name}" name="{name}"/>\n')
            return
        if name in self.faults.refuse:
            self._send(setting(device.name, told, "Alert", "not now"))
            return
        try:
            self._check(told, values)
            told.change(values)
        except (AlpacaFault, ValueError, KeyError) as fault:
            self._send(setting(device.name, told, "Alert", str(fault)))
            return
        if name == "CCD_EXPOSURE":
            self._supervisor.start(
                "picture", self._send_picture(device, self._cameras[device.name])
            )
        if name in self.faults.mute:
            return
        delay = self.faults.delay.get(name, 0.0)
        if delay:
            self._supervisor.start(
                "late", self._send_later(delay, lambda: setting(device.name, told))
            )
        else:
            self._send(setting(device.name, told))

    def _check(self, told: Property, values: dict[str, str]) -> None:
        """A number outside of its limits refuses the whole property."""
        low, high, _ = told.limits
        if told.kind == "Number" and high > low and told.name != "EQUATORIAL_EOD_COORD":
            for value in values.values():
                if not low <= float(value) <= high:
                    raise ValueError(f"{value} is not within {low} and {high}")
        if not set(values) <= set(told.read()):
            raise KeyError("no such member")

    async def _send_later(self, delay: float, text: Callable[[], str]) -> None:
        await asyncio.sleep(delay)
        self._send(text())

    async def _send_picture(self, device: Device, model: Camera) -> None:
        while not model.imageready():
            if not model.exposes:
                return
            await asyncio.sleep(PICTURE_POLL_S)
        text = blob(device.name, device.properties["CCD1"], picture_of(model))
        for writer, wanted in list(self._wants_pictures.items()):
            if device.name in wanted:
                writer.write(text.encode())
        self._send(setting(device.name, device.properties["CCD_EXPOSURE"]))

    def _send(self, text: str) -> None:
        for writer in list(self._wants_pictures):
            writer.write(text.encode())


class _Messages:
    """Cuts a stream without a root into its elements."""

    def __init__(self) -> None:
        self._parser: Any = ET.XMLPullParser(("start", "end"))
        self._parser.feed("<root>")
        self._depth = 0

    def feed(self, data: bytes) -> list[ET.Element]:
        """The elements that have ended. Raises ET.ParseError."""
        self._parser.feed(data)
        ended = []
        for event, element in self._parser.read_events():
            self._depth += 1 if event == "start" else -1
            if event == "end" and self._depth == 1 and isinstance(element, ET.Element):
                ended.append(element)
        return ended
