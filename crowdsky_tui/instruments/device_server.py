"""A server of devices and what it has, whatever its protocol: Alpaca or INDI."""

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean

Address = tuple[str, int]
"""Host and port."""


class Configured(msgspec.Struct, frozen=True):
    """A device as a server's management tells it; `kind` is its type in lower case."""

    kind: str
    number: int
    name: str
    unique_id: str


class ServerDescription(msgspec.Struct, frozen=True):
    """Who a server is; empty for what it does not say."""

    name: str = ""
    maker: str = ""
    version: str = ""


class FoundServer(msgspec.Struct, frozen=True):
    """A server, what it says of itself, and its devices; `trouble` says why they are not known.

    `addresses` are all at which it answered.
    """

    addresses: tuple[Address, ...]
    description: ServerDescription = ServerDescription()
    devices: tuple[Configured, ...] = ()
    trouble: str = ""
    protocol: str = "alpaca"


def missing_indi(error: ImportError, kind: type[CrowdSkyError] = UsageError) -> CrowdSkyError:
    """The error that says how to install what INDI needs."""
    return kind(
        "INDI needs indipyclient, which is not installed",
        clean(error),
        "pip install 'crowdsky-tui[indi]'",
    )


def read_server_address(text: str) -> Address:
    """Host and port of a typed "host:port" (IPv6 in brackets). Raises UsageError."""
    host, _, port = text.rpartition(":")
    fits = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    host = host.removeprefix("[").removesuffix("]")
    if not host or not fits or any(sign in host for sign in "/?#@ "):
        raise UsageError(
            f"{clean(text, 60)!r} is no address of a device server",
            "it is a host and a port",
            "Write it like 192.168.1.20:11111",
        )
    return host, int(port)
