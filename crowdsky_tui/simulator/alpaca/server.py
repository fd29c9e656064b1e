"""The HTTP side of the stand-in: management and devices."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Sequence
from typing import Any

from crowdsky_tui.simulator.alpaca.camera import Picture
from crowdsky_tui.simulator.alpaca.discovery import Answering, answer_discovery
from crowdsky_tui.simulator.alpaca.faults import AlpacaFaults, Fault
from crowdsky_tui.simulator.alpaca.members import AlpacaFault, Device, Member
from crowdsky_tui.simulator.alpaca.request import NotUnderstood, Request, read_request
from crowdsky_tui.simulator.socket_server import SocketServer, reset

IMAGE_BYTES = "application/imagebytes"
WEB_PAGE = b"<html><body><h1>It did not work</h1></body></html>"


class AlpacaStandIn:
    """One server with its devices; `port` 0 is any free one, told after `start`.

    `requests` are method, path and parameters of all that arrived, oldest first.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        discovery_port: int | None = None,
        faults: AlpacaFaults | None = None,
        name: str = "crowdsky-tui stand-in",
    ) -> None:
        self.devices = list(devices)
        self.faults = faults or AlpacaFaults()
        self.requests: list[Request] = []
        self.discovery_port = discovery_port
        self._name = name
        self._count = 0
        self._server = SocketServer(self, host, port)
        self._answering: Answering | None = None
        self._numbers: dict[tuple[str, int], Device] = {}
        for device in self.devices:
            number = sum(kind == device.kind for kind, _ in self._numbers)
            self._numbers[device.kind, number] = device

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._server.host

    @property
    def port(self) -> int:
        """The port it listens on, of UDP or TCP."""
        return self._server.port

    async def start(self) -> None:
        """Open the sockets; OSError if a port is taken."""
        await self._server.start()
        if self.discovery_port is not None:
            self._answering = await answer_discovery(self, self.host, self.discovery_port)
            self.discovery_port = self._answering.port

    async def stop(self) -> None:
        """Close the socket and wait until it is closed."""
        if self._answering is not None:
            self._answering.close()
        await self._server.stop()

    async def restart(self) -> None:
        """Go and come back at the same port: nobody is connected and the ids begin again."""
        port = self.port
        await self._server.stop()
        self._count = 0
        for device in self.devices:
            device.is_connected = False
        self._server = SocketServer(self, self.host, port)
        await self._server.start()

    def cut(self) -> None:
        """Break every connection."""
        for transport in list(self._server.connections.values()):
            reset(transport)

    def calls(self, method: str, member: str) -> list[Request]:
        """Those requests that have arrived for a member."""
        return [
            one for one in self.requests if one.method == method and one.path.endswith(f"/{member}")
        ]

    # --- one request -----------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            request = await read_request(scope, receive)
            self.requests.append(request)
            status, kind, body = await self._answer(request, scope)
        except NotUnderstood as refused:
            status, kind, body = 400, "text/plain", str(refused).encode()
        if status == 0:
            return
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, request: Request, scope: Any) -> tuple[int, str, bytes]:
        if request.path.startswith("/management/"):
            return self._manage(request)
        kind, number, name = request.device()
        fault = self.faults.take(kind, name, request.method)
        if fault is not None and fault.kind in ("reset", "silent", "slow", "status"):
            early = await self._fail_early(fault, scope)
            if early is not None:
                return early
        device = self._numbers.get((kind, number))
        member = type(device).members().get((name, request.method)) if device else None
        if device is None or member is None:
            raise NotUnderstood(f"there is no {request.method} {kind}/{number}/{name} here")
        values = request.values(member)
        request.identity("ClientID")
        outcome = self._outcome(device, member, values, fault)
        if fault is not None and fault.kind == "mute":
            self._break(scope)
            return 0, "", b""
        return self._written(request, outcome, fault)

    async def _fail_early(self, fault: Fault, scope: Any) -> tuple[int, str, bytes] | None:
        """The end of a request that fails before it is carried out; None where it goes on."""
        if fault.kind == "status":
            return int(fault.value), "text/html; charset=utf-8", WEB_PAGE
        if fault.kind == "slow":
            await asyncio.sleep(float(fault.value))
            return None
        if fault.kind == "silent":
            await asyncio.sleep(3600)
        self._break(scope)
        return 0, "", b""

    def _break(self, scope: Any) -> None:
        transport = self._server.connections.get(tuple(scope["client"]))
        if transport is not None:
            reset(transport)

    def _outcome(
        self, device: Device, member: Member, values: dict[str, Any], fault: Fault | None
    ) -> Any:
        if fault is not None and fault.kind == "error":
            return AlpacaFault(int(fault.value), "as the fault says")
        try:
            value = device.call(member, values)
        except AlpacaFault as error:
            return error
        return fault.value if fault is not None and fault.kind == "value" else value

    def _written(
        self, request: Request, outcome: Any, fault: Fault | None
    ) -> tuple[int, str, bytes]:
        client_id, server_id = request.identity("ClientTransactionID"), self._next_id()
        if isinstance(outcome, Picture):
            if IMAGE_BYTES in request.accept.lower() and not self.faults.json_pictures_only:
                return 200, IMAGE_BYTES, self._picture(outcome, client_id, server_id)
            outcome_fields: dict[str, Any] = {"Type": 2, "Rank": 2, "Value": outcome.rows()}
        else:
            outcome_fields = {} if request.method == "PUT" else {"Value": outcome}
        error = outcome if isinstance(outcome, AlpacaFault) else None
        if error is not None or (fault is not None and fault.kind == "without"):
            outcome_fields = {}
        if fault is not None and fault.kind == "foreign id":
            client_id = int(fault.value)
        reply = {
            **outcome_fields,
            "ClientTransactionID": client_id,
            "ServerTransactionID": server_id,
            "ErrorNumber": error.number if error else 0,
            "ErrorMessage": error.text if error else "",
        }
        body = json.dumps(reply).encode()
        if fault is not None and fault.kind == "body":
            body = bytes(fault.value)
        return 200, "application/json; charset=utf-8", body

    def _picture(self, picture: Picture, client_id: int, server_id: int) -> bytes:
        body = bytearray(picture.image_bytes(client_id, server_id))
        for offset, value in self.faults.header.items():
            struct.pack_into("<i", body, offset, value)
        return bytes(body[: self.faults.cut_picture])

    # --- management ------------------------------------------------------------------------------

    def _manage(self, request: Request) -> tuple[int, str, bytes]:
        values: dict[str, Any] = {
            "/management/apiversions": [1],
            "/management/v1/description": {
                "ServerName": self._name,
                "Manufacturer": "crowdsky-tui",
                "ManufacturerVersion": "1.0",
                "Location": "this machine",
            },
            "/management/v1/configureddevices": self._configured(),
        }
        if self.faults.no_management or request.method != "GET" or request.path not in values:
            return 404, "text/plain", b"not found"
        return self._written(request, values[request.path], None)

    def _configured(self) -> list[dict[str, Any]]:
        return [
            {
                "DeviceName": device.name_,
                "DeviceType": device.kind.title(),
                "DeviceNumber": number,
                "UniqueID": device.unique_id,
            }
            for (_, number), device in self._numbers.items()
        ]

    def _next_id(self) -> int:
        self._count += 1
        return self._count
