"""Finding telescopes: a question to everyone on UDP 4720, and the names they announce by mDNS.

Each telescope answers the one who asked, in about 150 ms. Its own idea of its
address may be wrong, so the datagram's source address counts.

Source: docs/design/seestar-protocol.md 1.3.
"""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Interface

import msgspec

from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.instruments.seestar.connection.wire import read_json
from crowdsky_tui.instruments.seestar.control.state import section, text_of, whole_of
from crowdsky_tui.instruments.seestar.files.files import is_safe_name

log = logging.getLogger(__name__)

PORT = 4720
ASK_EVERY_S, ASK_FOR_S = 0.5, 2.0
NAMES = ("seestar.local", *(f"seestar-{number}.local" for number in range(2, 9)))
"""What one telescope, a second and so on announce by mDNS."""
EVERYONE = "255.255.255.255"
PROBE = b'{"id":1,"method":"scan_iscope","params":""}\n\n'

BY_SEARCH, BY_NAME, BY_SETTINGS = "by search", "by name", "at its address"
SILENT = "does not answer"

Address = tuple[str, int]


class Found(msgspec.Struct, frozen=True):
    """One telescope that answered. `clients` is how many are connected to it, None if not said.

    `host` is the address its answer came from; `how` says in words how it was asked. `locked` means
    that it takes no further client. One that was named and is silent has no serial number.
    """

    serial: str
    model: str
    host: str
    how: str
    clients: int | None = None
    locked: bool = False

    @property
    def key(self) -> str:
        """What tells it from others: its serial number, or the address of a silent one."""
        return self.serial or self.host


async def discover(
    hosts: Iterable[Address] = (),
    *,
    targets: Sequence[Address] | None = None,
    names: Sequence[str] = NAMES,
    seconds: float = ASK_FOR_S,
) -> list[Found]:
    """Ask for `seconds` who is there; the answers by serial, one for each telescope.

    `hosts` are (name or address, UDP port) from the settings. `targets` are asked instead of
    everyone on all networks of this machine, and `names` are mDNS names to ask besides.
    """
    loop = asyncio.get_running_loop()
    ending = loop.time() + seconds
    search = _Search()
    async with contextlib.AsyncExitStack() as sockets:
        await search.open(sockets, [("0.0.0.0", 0)])  # noqa: S104 - to ask by every network
        if targets is None:
            local = await asyncio.to_thread(_interfaces)
            # older firmware may answer only who asks from its own port
            anywhere = "0.0.0.0"  # noqa: S104 - to ask by every network
            own = [(anywhere, PORT), *((str(each.ip), 0) for each in local)]
            await search.open(sockets, own)
            broadcast = [str(each.network.broadcast_address) for each in local]
            targets = [(host, PORT) for host in (*broadcast, EVERYONE)]
        for target in targets:
            search.ask(target, BY_SEARCH)
        asking = [(name, port, BY_SETTINGS) for name, port in hosts]
        asking += [(name, PORT, BY_NAME) for name in names]
        resolving = Supervisor()
        for name, port, how in asking:
            resolving.start("looking a name up", _ask_name(search, name, port, how, seconds))
        while (left := ending - loop.time()) > 0:
            await asyncio.sleep(min(ASK_EVERY_S, left))
            search.ask_again()
        await resolving.close()
    return sorted(search.found.values(), key=lambda one: one.serial)


def read_answer(data: bytes, source: str, how: str) -> Found | None:
    """A telescope's answer from the address `source`; None if it is anything else."""
    try:
        message = read_json(data)
    except ValueError:
        return None
    result = section(message, "result")
    serial = result.get("sn")
    if not isinstance(serial, str) or not is_safe_name(serial):
        return None
    return Found(
        serial=serial,
        model=text_of(result, "product_model") or text_of(result, "model"),
        host=source,
        how=how,
        clients=whole_of(result, "tcp_client_num"),
        locked=result.get("connect_lock") is True,
    )


class _Search(asyncio.DatagramProtocol):
    """Asks, and collects the answers; of two from one telescope, the one at its address stays."""

    def __init__(self) -> None:
        self.found: dict[str, Found] = {}
        self._asked: dict[Address, str] = {}
        self._senders: list[asyncio.DatagramTransport] = []

    async def open(self, sockets: contextlib.AsyncExitStack, local: Iterable[Address]) -> None:
        """Ask from these addresses of this machine, too; those that cannot be had are left out."""
        for address in local:
            try:
                sender, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: self, local_addr=address, allow_broadcast=True
                )
            except OSError as error:
                log.debug("no search from %s: %s", address, error)
                continue
            sockets.callback(sender.close)
            self._senders.append(sender)

    def ask(self, address: Address, how: str) -> None:
        self._asked[address] = how
        for sender in self._senders:
            sender.sendto(PROBE, address)

    def ask_again(self) -> None:
        """Everyone once more: datagrams get lost."""
        for address, how in self._asked.items():
            self.ask(address, how)

    def datagram_received(self, data: bytes, addr: tuple[object, int]) -> None:
        host = str(addr[0])
        one = read_answer(data, host, self._asked.get((host, addr[1]), BY_SEARCH))
        if one is None:
            return
        known = self.found.get(one.serial)
        if known is None or (one.how == BY_SETTINGS and known.how != BY_SETTINGS):
            self.found[one.serial] = one

    def error_received(self, exc: Exception) -> None:
        log.debug("a search could not be sent: %s", exc)


def _interfaces() -> list[IPv4Interface]:
    """This machine's IPv4 addresses with their networks, without the loopback."""
    import ifaddr

    found = [
        IPv4Interface(f"{address.ip}/{address.network_prefix}")
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
        if address.is_IPv4
    ]
    return [each for each in found if not each.is_loopback]


async def _ask_name(search: _Search, name: str, port: int, how: str, seconds: float) -> None:
    """Look a name up and ask what it stands for."""
    for host in await _resolved(name, seconds):
        search.ask((host, port), how)


async def _resolved(name: str, seconds: float) -> list[str]:
    """The IPv4 addresses of a name, none if that is not known within `seconds`.

    A thread of its own, which nobody waits for: the system may take far longer to say no.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(hosts: list[str]) -> None:
        if not answer.done():
            answer.set_result(hosts)

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_DGRAM)
            hosts = sorted({str(row[4][0]) for row in rows})
        except (OSError, UnicodeError):
            hosts = []
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, hosts)

    threading.Thread(target=look_up, name=f"name {name}", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        return []
