"""Hosts as settings name them and as web addresses write them."""

import ipaddress

LONGEST_HOST = 253
_NOT_IN_A_HOST = frozenset("/\\@?#[]\"'<>,;")


def check_host(host: str) -> None:
    """ValueError, with what to write instead, unless `host` is a bare name or address."""
    if "://" in host:
        raise ValueError(f"it is a web address: write only the host, {_bare(host)!r}")
    if host.startswith("[") and "]" in host:
        raise ValueError(f"write an IPv6 address without brackets: {_bare(host)!r}")
    if is_ipv6(host):
        return
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and ":" not in name:
        raise ValueError(
            f"write {_bare(host)!r}: the ports are rpc_port, http_port, smb_port and udp_port"
        )
    if ":" in host:
        raise ValueError("it is neither a name nor an IPv6 address")
    if not host.isprintable() or any(char.isspace() or char in _NOT_IN_A_HOST for char in host):
        raise ValueError("a host has no blanks, slashes, brackets or other such signs")
    if len(host) > LONGEST_HOST:
        raise ValueError(f"it has more than {LONGEST_HOST} characters")


def is_ipv6(host: str) -> bool:
    """Whether `host` is an IPv6 literal, with or without a zone (`fe80::1%eth0`)."""
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def in_url(host: str) -> str:
    """`host` as it stands in a web address: IPv6 literals in brackets, their zone escaped."""
    return f"[{host.replace('%', '%25', 1)}]" if is_ipv6(host) else host


def login_in(address: str) -> tuple[str, str]:
    """User and password before the host of an address, as they stand there; empty for none.

    A user without a password is none. The address may lack a scheme, and be none at all.
    """
    before, _, _ = _authority(address).rpartition("@")
    user, _, password = before.partition(":")
    is_one = password and not any(map(str.isspace, before))
    return (user, password) if is_one else ("", "")


def without_login(address: str, instead: str) -> str:
    """An address that may be shown: `instead` stands for user and password."""
    if not login_in(address)[1]:
        return address
    authority = _authority(address)
    start = address.index(authority)
    return f"{address[:start]}{instead}{address[start + authority.rindex('@') :]}"


def _authority(address: str) -> str:
    rest = address.partition("://")[2] if "://" in address else address
    end = min((rest.index(each) for each in "/?#" if each in rest), default=len(rest))
    return rest[:end]


def _bare(host: str) -> str:
    """The host in something longer, for a hint."""
    rest = host.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    if rest.startswith("["):
        return rest[1:].partition("]")[0]
    return rest if is_ipv6(rest) else rest.partition(":")[0]
