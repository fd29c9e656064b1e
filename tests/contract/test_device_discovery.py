"""Searching for telescopes, on the loopback only: `targets` and `names` are always given."""

import asyncio
import json
import socket
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest
from device_kit import joined, until
from hypothesis import given
from hypothesis import strategies as st
from seestar_kit import SERIAL, running

from crowdsky_tui.base.errors import ScopeUnreachable
from crowdsky_tui.instruments.seestar.connection import discovery
from crowdsky_tui.instruments.seestar.connection.discovery import (
    Address,
    Found,
    discover,
    read_answer,
)
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess, files_over_smb
from crowdsky_tui.instruments.seestar.files.smb import SmbShare
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.store.store import ScopeState

QUICK = 0.3


async def search(*targets: Address, hosts: tuple[Address, ...] = ()) -> list[Found]:
    return await discover(hosts, targets=targets, names=(), seconds=QUICK)


def answer(**result: Any) -> bytes:
    return json.dumps({"id": 1, "method": "scan_iscope", "code": 0, "result": result}).encode()


async def test_telescopes_answer_by_serial_with_their_address(tmp_path: Path) -> None:
    one = SeestarStandIn(tmp_path / "1", serial="5c3e0de2", host="127.0.0.2")
    profile = Profile(model="Seestar S30 Pro", firmware="8.46")
    two = SeestarStandIn(tmp_path / "2", serial="10d50de3", host="127.0.0.3", profile=profile)
    await one.start()
    await two.start()
    try:
        _, writer = await asyncio.open_connection(one.host, one.rpc_port)
        found = await search((one.host, one.udp_port), (two.host, two.udp_port))
        writer.close()
        by_name = await search(hosts=(("localhost", 9), (two.host, two.udp_port)))
    finally:
        await one.stop()
        await two.stop()
    assert [(each.serial, each.model, each.host) for each in found] == [
        ("10d50de3", "Seestar S30 Pro", "127.0.0.3"),
        ("5c3e0de2", "Seestar S50", "127.0.0.2"),
    ]
    assert [(each.clients, each.locked) for each in found] == [(0, False), (1, False)]
    assert {each.how for each in found} == {discovery.BY_SEARCH}
    assert [(each.serial, each.how) for each in by_name] == [("10d50de3", discovery.BY_SETTINGS)]


async def test_every_network_of_this_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: set[str] = set()

    class Ears(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            assert json.loads(data)["method"] == "scan_iscope"
            heard.add(addr[0])

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Ears, local_addr=("127.255.255.255", 0)
    )
    monkeypatch.setattr(discovery, "PORT", transport.get_extra_info("sockname")[1])
    monkeypatch.setattr(discovery, "EVERYONE", "127.0.0.9")
    home = IPv4Interface("127.0.0.2/8")
    monkeypatch.setattr(discovery, "_interfaces", lambda: [home])
    assert await discover(names=(), seconds=0.1) == []
    await until(lambda: "127.0.0.2" in heard)
    transport.close()


async def test_nobody_there_is_an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str, *_: Any) -> None:
        raise UnicodeError(name) if len(name) > 63 else socket.gaierror(name)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert await search(("127.0.0.9", 9)) == []
    assert await search() == []
    assert await search(hosts=(("no such host .", 9), ("x" * 300, 9))) == []


async def test_a_name_that_takes_for_ever_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: release.wait(10) and [])
    began = asyncio.get_running_loop().time()
    assert await discover(targets=(), names=("seestar.local",), seconds=QUICK) == []
    assert asyncio.get_running_loop().time() - began < QUICK + 1
    release.set()


def test_the_source_address_counts_and_the_text_is_clean() -> None:
    data = answer(sn=SERIAL, product_model="Seestar\x1b[2J", ip="10.9.9.9", connect_lock=True)
    found = read_answer(data, "127.0.0.2", "by search")
    assert found is not None
    assert (found.host, found.locked, found.clients) == ("127.0.0.2", True, None)
    assert "\x1b" not in found.model
    older = read_answer(answer(sn=SERIAL, model="Seestar S50"), "127.0.0.2", "by search")
    assert older is not None
    assert older.model == "Seestar S50"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1]",
        b'{"result": []}',
        b'{"id":1,"method":"scan_iscope","params":""}',
        answer(),
        answer(sn=""),
        answer(sn=5),
        answer(sn="../../etc"),
        answer(sn="a\nb"),
        b"[" * 5000,
        b"\xff\xfe\x00",
    ],
)
def test_other_noise_is_not_a_telescope(data: bytes) -> None:
    assert read_answer(data, "127.0.0.2", "by search") is None


@given(st.binary(max_size=200))
def test_no_datagram_breaks_it(data: bytes) -> None:
    assert read_answer(data, "127.0.0.2", "by search") is None


async def test_the_stand_in_answers_malformed_questions_with_an_error(tmp_path: Path) -> None:
    received: list[bytes] = []

    class Ears(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            received.append(data)

    async with running(tmp_path) as scope:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Ears, remote_addr=(scope.host, scope.udp_port)
        )
        for question in (b"nonsense", b'{"method":"pi_shutdown","id":4}'):
            transport.sendto(question)
        await until(lambda: len(received) == 2)
        transport.close()
    assert [json.loads(each)["code"] for each in received] == [101, 103]


async def test_a_telescope_that_moved_is_found_again_by_its_serial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "crowdsky_tui.instruments.seestar.connection.telescope_link.FIRST_SEEK_S", 0.02
    )
    monkeypatch.setattr(
        "crowdsky_tui.instruments.seestar.connection.telescope_link.SEEK_EVERY_S", 0.02
    )
    old = SeestarStandIn(tmp_path, serial=SERIAL, host="127.0.0.2")
    await old.start()
    new = SeestarStandIn(tmp_path, serial=SERIAL, host="127.0.0.3", rpc_port=old.rpc_port)
    asked: list[str] = []

    async def find(serial: str) -> str | None:
        asked.append(serial)
        found = await search((new.host, new.udp_port)) if new.udp_port else []
        return next((one.host for one in found if one.serial == serial), None)

    files = files_over_smb("127.0.0.2", old.http_port, 1)
    try:
        async with joined(old, files, find_host=find) as service:
            await asyncio.sleep(0.1)
            assert asked == [], "a telescope that answers is not searched for"
            await old.stop()
            await new.start()
            await until(lambda: service.host == "127.0.0.3")
            await service.wait_ready(5)
            assert service.serial == SERIAL
            assert {SERIAL} == set(asked)
            assert _addresses(files) == {"127.0.0.3"}
    finally:
        await new.stop()


def _addresses(files: ScopeFileAccess) -> set[str]:
    share, http = files._share, files._http
    assert isinstance(share, SmbShare) and http is not None
    return {share.host, http.base.removeprefix("http://").partition(":")[0]}


async def test_a_telescope_known_by_serial_only_is_connected_once_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "crowdsky_tui.instruments.seestar.connection.telescope_link.FIRST_SEEK_S", 60.0
    )
    async with running(tmp_path) as scope:

        async def find(serial: str) -> str | None:
            return scope.host if serial == SERIAL else None

        unknown = _without_address(scope)
        options: dict[str, Any] = {"wait": False, "serial": SERIAL}
        async with joined(unknown, find_host=find, **options) as service:
            assert service.host == ""
            await service.wait_ready(5)
            assert (service.host, service.state) == (scope.host, ScopeState.READY)
        async with joined(unknown, files_over_smb("", 1, 1), **options) as service:
            await until(lambda: "not been found" in service.reason)
            with pytest.raises(ScopeUnreachable):
                await service.files.size("MyWorks/x")


def _without_address(scope: SeestarStandIn) -> SeestarStandIn:
    """The same telescope for whoever does not know where it is."""
    return SeestarStandIn(scope.root, serial=scope.serial, host="", rpc_port=scope.rpc_port)


async def test_another_telescope_at_the_address_is_not_talked_to(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as scope,
        joined(scope, wait=False, serial="ffffffff") as service,
    ):
        await until(lambda: "another telescope" in service.reason)
        assert service.state is ScopeState.OFF
        assert SERIAL in service.reason
        assert "ffffffff" in service.reason
        with pytest.raises(ScopeUnreachable):
            await service.call("get_albums")
        assert service.serial == ""
        await until(lambda: scope.client_count == 0)
