"""The telescope's answer to searches on UDP 4720 (docs/design/seestar-protocol.md 1.3)."""

import asyncio
import json
from typing import Any, cast

from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.wire import METHOD_NOT_FOUND, SECOND_ROOT, Fault, reply


class Beacon(asyncio.DatagramProtocol):
    """Answers `scan_iscope` to whoever asks."""

    def __init__(self, scope: "Scope") -> None:
        self._scope = scope
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            request = json.loads(data)
        except ValueError:
            request = None
        outcome: object
        if not isinstance(request, dict):
            request, outcome = {}, Fault(SECOND_ROOT)
        elif request.get("method") == "scan_iscope":
            outcome = self._who()
        else:
            outcome = Fault(METHOD_NOT_FOUND)
        if self._transport is not None:
            stamp = self._scope.time.timestamp()
            self._transport.sendto(reply(stamp, request, outcome), addr)

    def _who(self) -> dict[str, Any]:
        scope = self._scope
        return {
            "product_model": scope.profile.model,
            "sn": scope.serial,
            "ssid": f"{scope.profile.short_model}_{scope.serial}",
            "ip": scope.host,
            "is_verified": True,
            "tcp_client_num": scope.client_count,
            "can_star_mode_sel_cam": False,
            "serc": "WPA-PSK",
            "bssid": "00:00:5e:00:53:01",
            "connect_lock": False,
        }


async def light_beacon(scope: "Scope", port: int) -> asyncio.DatagramTransport:
    """Listen on the telescope's address; OSError if the port is taken."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Beacon(scope), local_addr=(scope.host, port)
    )
    return transport
