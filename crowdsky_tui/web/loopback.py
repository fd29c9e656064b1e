"""Which addresses and which requests are of this machine. Pure."""

import ipaddress
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import urlsplit

LOCALHOST = "localhost"
KEY_COOKIE = "crowdsky-tui-key"


def loopback_address(host: str) -> str:
    """The address to listen on: `localhost` is 127.0.0.1, without asking anybody.

    Raises
    ------
    ValueError
        For every other name, and for every address that others can reach.
    """
    if host.casefold() == LOCALHOST:
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError("write an address of this machine, such as 127.0.0.1 or ::1") from None
    if not address.is_loopback or getattr(address, "scope_id", None):
        raise ValueError("others can reach it: only 127.0.0.1 and its like, and ::1, may be served")
    return str(address)


def is_own_host(netloc: str) -> bool:
    """Whether a request's Host is this machine's: another's name may lead here, too."""
    try:
        loopback_address(urlsplit(f"//{netloc}").hostname or "")
    except ValueError:
        return False
    return "@" not in netloc


def why_refused(
    headers: Mapping[str, str], key: str, given: str | None, *, wants_origin: bool
) -> str | None:
    """Why a request is answered with nothing; None where it comes from our own page.

    `given` is the key that it brought. With `wants_origin` (a WebSocket) its Origin has to be ours:
    any page that is open in the browser can call this machine.
    """
    host = headers.get("Host", "")
    if not is_own_host(host):
        return "this is another machine's name"
    origin = headers.get("Origin")
    if origin is None and wants_origin:
        return "it does not say which page it comes from"
    if origin is not None and origin != f"http://{host}":
        return "it comes from another page"
    if given is None or not compare_digest(given.encode(), key.encode()):
        return "it has not the key that crowdsky-tui serve printed"
    return None
