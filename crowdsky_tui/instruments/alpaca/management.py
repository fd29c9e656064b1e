"""What a server says of itself and of its devices (docs/design/alpaca-protocol.md 3)."""

from collections import Counter

import msgspec

from crowdsky_tui.instruments.alpaca.answers import not_alpaca, text, whole
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import MODERN_FROM
from crowdsky_tui.instruments.device_server import Configured, ServerDescription

MOST_DEVICES = 256
LARGEST_NUMBER = 2**32 - 1


async def read_description(connection: AlpacaConnection) -> ServerDescription:
    """The server's own words; empty ones where it has none. Raises DeviceError if it is away."""
    value = (await connection.get("/management/v1/description")).value
    fields = value if isinstance(value, dict) else {}
    return ServerDescription(
        name=text(fields.get("ServerName")) or "",
        maker=text(fields.get("Manufacturer")) or "",
        version=text(fields.get("ManufacturerVersion")) or "",
    )


async def read_devices(connection: AlpacaConnection) -> tuple[Configured, ...]:
    """The devices, those of unknown types left out.

    One without a UniqueID of its own gets one of host, type, number and name. Raises DeviceError
    for a server without management: then type and number have to be set by hand.
    """
    path = "/management/v1/configureddevices"
    rows = (await connection.get(path)).value
    if not isinstance(rows, list) or len(rows) > MOST_DEVICES:
        raise not_alpaca(path, "it is no list of devices")
    known = [device for row in rows if (device := _device(connection.host, row))]
    times = Counter(one.unique_id for one in known)
    return tuple(
        one
        if one.unique_id and times[one.unique_id] == 1
        else msgspec.structs.replace(one, unique_id=made_up_id(connection.host, one))
        for one in known
    )


def made_up_id(host: str, device: Configured) -> str:
    """The identity of a device whose server gives it none of its own."""
    return f"{host}/{device.kind}/{device.number}/{device.name}"


def _device(host: str, row: object) -> Configured | None:
    if not isinstance(row, dict):
        return None
    kind = (text(row.get("DeviceType")) or "").lower()
    number = whole(row.get("DeviceNumber"), 0, LARGEST_NUMBER)
    if kind not in MODERN_FROM or number is None:
        return None
    name = text(row.get("DeviceName")) or f"{kind} {number}"
    return Configured(kind, number, name, text(row.get("UniqueID"), 120) or "")
