"""Finding Alpaca servers on all networks of this machine (docs/design/alpaca-protocol.md 2)."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from ipaddress import IPv4Interface

import msgspec

from crowdsky_tui.instruments.alpaca.answers import whole
from crowdsky_tui.instruments.device_server import Address

log = logging.getLogger(__name__)

PORT = 32227
PROBE = b"alpacadiscovery1"
THIS_MACHINE = "127.255.255.255"
ASK_EVERY_S, ASK_FOR_S = 0.8, 2.0
MOST_SERVERS = 64
LARGEST_ANSWER = 1024


async def discover(
    *, port: int = PORT, targets: Sequence[Address] | None = None, seconds: float = ASK_FOR_S
) -> list[Address]:
    """Ask for `seconds` who is there; host and port of each server, sorted.

    `targets` are asked instead of everyone. One server answers on each interface: whether two
    addresses are one server, its devices' UniqueIDs tell.
    """
    loop = asyncio.get_running_loop()
    search = _Search()
    async with contextlib.AsyncExitStack() as sockets:
        local = await asyncio.to_thread(_interfaces) if targets is None else []
        for host in ("0.0.0.0", *(str(each.ip) for each in local)):  # noqa: S104 - to ask by it
            try:
                sender, _ = await loop.create_datagram_endpoint(
                    lambda: search, local_addr=(host, 0), allow_broadcast=True
                )
            except OSError as error:
                log.debug("no search from %s: %s", host, error)
                continue
            sockets.callback(sender.close)
            search.senders.append(sender)
        if targets is None:
            everyone = [str(each.network.broadcast_address) for each in local]
            targets = [(host, port) for host in (*everyone, THIS_MACHINE)]
        ending = loop.time() + seconds
        while (left := ending - loop.time()) > 0:
            search.ask(targets)
            await asyncio.sleep(min(ASK_EVERY_S, left))
    return sorted(search.found)


def read_port(data: bytes) -> int | None:
    """The port that an answer tells; None for anything else."""
    if len(data) > LARGEST_ANSWER:
        return None
    try:
        fields = msgspec.json.decode(data)
    except (ValueError, RecursionError):  # msgspec's DecodeError is one, and broken UTF-8
        return None
    return whole(fields.get("AlpacaPort"), 1, 65535) if isinstance(fields, dict) else None


class _Search(asyncio.DatagramProtocol):
    """Asks, and collects the answers; no more than anybody has servers."""

    def __init__(self) -> None:
        self.found: set[Address] = set()
        self.senders: list[asyncio.DatagramTransport] = []

    def ask(self, targets: Sequence[Address]) -> None:
        for sender in self.senders:
            for target in targets:
                sender.sendto(PROBE, target)

    def datagram_received(self, data: bytes, addr: tuple[object, int]) -> None:
        port = read_port(data)
        if port is not None and len(self.found) < MOST_SERVERS:
            self.found.add((str(addr[0]), port))

    def error_received(self, exc: Exception) -> None:
        log.debug("a search could not be sent: %s", exc)


def _interfaces() -> list[IPv4Interface]:
    """This machine's IPv4 addresses without the loopback; those given by nobody only if alone."""
    import ifaddr

    found = [
        IPv4Interface(f"{address.ip}/{address.network_prefix}")
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
        if address.is_IPv4
    ]
    others = [each for each in found if not each.is_loopback]
    return [each for each in others if not each.is_link_local] or others
