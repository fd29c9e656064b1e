"""The Alpaca servers of the network, or of addresses that somebody typed, with their devices."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from crowdsky_tui.base.errors import CommandRefused, DeviceError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import Configured
from crowdsky_tui.instruments.alpaca.discovery import PORT, Address, discover
from crowdsky_tui.instruments.alpaca.management import (
    ServerDescription,
    made_up_id,
    read_description,
    read_devices,
)

AT_A_TIME = 8


class FoundServer(msgspec.Struct, frozen=True):
    """A server, what it says of itself, and its devices; `trouble` says why they are not known.

    `addresses` are all at which it answered.
    """

    addresses: tuple[Address, ...]
    description: ServerDescription = ServerDescription()
    devices: tuple[Configured, ...] = ()
    trouble: str = ""
    protocol: str = "alpaca"


def read_server_address(text: str) -> Address:
    """Host and port of a typed "host:port" (IPv6 in brackets). Raises UsageError."""
    host, _, port = text.rpartition(":")
    fits = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    host = host.removeprefix("[").removesuffix("]")
    if not host or not fits or any(sign in host for sign in "/?#@ "):
        raise UsageError(
            f"{clean(text, 60)!r} is no address of an Alpaca server",
            "it is a host and a port",
            "Write it like 192.168.1.20:11111",
        )
    return host, int(port)


async def find_servers(
    typed: Sequence[Address] = (),
    *,
    port: int = PORT,
    targets: Sequence[Address] | None = None,
) -> tuple[FoundServer, ...]:
    """Who is at the `typed` addresses, or, without any, who answers a search; sorted by address.

    Parameters: `port` and `targets` are those of `discover`. One server at several addresses is
    told once where its devices' UniqueIDs show that.
    """
    addresses = list(dict.fromkeys(typed)) or await discover(port=port, targets=targets)
    limit = asyncio.Semaphore(AT_A_TIME)

    async def ask(address: Address) -> FoundServer:
        async with limit:
            return await ask_server(address)

    return merged(await asyncio.gather(*map(ask, addresses)))


async def ask_server(address: Address) -> FoundServer:
    """What one server says of itself and its devices."""
    connection = AlpacaConnection(*address)
    try:
        devices = await read_devices(connection)
        description = await _description(connection)
    except DeviceError as error:
        return FoundServer((address,), trouble=str(error))
    finally:
        await connection.close()
    return FoundServer((address,), description, devices)


async def _description(connection: AlpacaConnection) -> ServerDescription:
    """Its words, empty where it has none: its devices are what counts."""
    try:
        return await read_description(connection)
    except CommandRefused:
        return ServerDescription()


def merged(servers: Iterable[FoundServer]) -> tuple[FoundServer, ...]:
    """Those that have the same devices, by UniqueIDs of their own, as one; sorted by address."""
    found: dict[object, FoundServer] = {}
    for server in sorted(servers, key=lambda each: each.addresses):
        key = _identity(server)
        earlier = found.get(key)
        if earlier is not None:
            both = earlier.addresses + server.addresses
            server = msgspec.structs.replace(earlier, addresses=both)
        found[key] = server
    return tuple(found.values())


def _identity(server: FoundServer) -> object:
    own = {
        device.unique_id
        for device in server.devices
        if device.unique_id != made_up_id(server.addresses[0][0], device)
    }
    if not own or len(own) < len(server.devices):
        return server.addresses
    ports = {port for _, port in server.addresses}
    return frozenset(own), frozenset(ports)
