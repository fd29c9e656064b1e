"""The answer to `alpacadiscovery1`: a port, not an address."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any, Protocol, cast

from crowdsky_tui.simulator.alpaca.faults import AlpacaFaults

PROBE = b"alpacadiscovery"


class Server(Protocol):
    """What the answer is about."""

    faults: AlpacaFaults

    @property
    def port(self) -> int: ...


class Answering(asyncio.DatagramProtocol):
    """Answers whoever asks by a known version; the rest gets no answer."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer with."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = self._transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer who searches, if it is the question of the protocol."""
        if data[:15] != PROBE or data[15:16] != b"1" or self._transport is None:
            return
        answer = self._server.faults.discovery
        if answer is None:
            answer = json.dumps({"AlpacaPort": self._server.port}).encode()
        if answer:
            self._transport.sendto(answer, addr)

    def close(self) -> None:
        """Stop to listen."""
        if self._transport is not None:
            self._transport.close()


async def answer_discovery(server: Server, host: str, port: int) -> Answering:
    """Listen at a port that several servers of one machine may share. OSError if it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setblocking(False)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    _, answering = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Answering(server), sock=listener
    )
    return answering
