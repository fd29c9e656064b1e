"""The Alpaca servers of the network, or of addresses that somebody typed, with their devices."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from crowdsky_tui.base.errors import CommandRefused, DeviceError
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.discovery import PORT, discover
from crowdsky_tui.instruments.alpaca.management import made_up_id, read_description, read_devices
from crowdsky_tui.instruments.device_server import (
    Address,
    FoundServer,
    ServerDescription,
)

AT_A_TIME = 8


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
