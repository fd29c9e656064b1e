"""Alpaca servers found or typed: each once, with its devices, or with why they are not known."""

import json

import pytest
from alpaca_kit import alpaca

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.instruments import instruments
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.config.sensor_settings import SensorSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.instruments.alpaca.management import made_up_id
from crowdsky_tui.instruments.alpaca.search import find_servers, merged
from crowdsky_tui.instruments.device_server import Configured, FoundServer, read_server_address
from crowdsky_tui.instruments.sensors.alpaca import read_address

MOUNT = Configured("telescope", 0, "Mount", "mount-1")
OTHER = Configured("telescope", 0, "Mount", "mount-2")


async def run(words: str, settings: Settings | None = None) -> int:
    return await instruments(parse(words.split()).options, settings or Settings())  # type: ignore[arg-type]


async def test_a_search_finds_a_server_with_its_devices() -> None:
    async with alpaca(discovery_port=0) as server:
        assert server.discovery_port is not None
        (found,) = await find_servers(targets=[(server.host, server.discovery_port)])
        assert found.addresses == ((server.host, server.port),)
        assert {device.unique_id for device in found.devices} >= {"mount-1", "safety-1"}


async def test_the_verb_asks_a_typed_address_and_says_how_to_set_its_sensors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with alpaca() as server:
        where = f"{server.host}:{server.port}"
        assert await run(f"instruments find {where} --json") == ExitCode.OK
        assert not any(call.method == "PUT" for call in server.requests)
    (told,) = json.loads(capsys.readouterr().out)["servers"]
    sensors = {each["type"]: each["sensor"] for each in told["devices"]}
    assert sensors["safetymonitor"] == {"kind": "alpaca_safety", "address": where}
    assert sensors["telescope"] == {}
    assert read_address(sensors["observingconditions"]["address"])[1] == server.port


async def test_one_server_that_is_away_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    async with alpaca() as server, alpaca() as away:
        gone = f"{away.host}:{away.port}"
        await away.stop()
        code = await run(f"instruments find {server.host}:{server.port} {gone}")
    assert code == ExitCode.UNREACHABLE
    out = capsys.readouterr().out
    assert "mount-1" in out
    assert f"{gone}: " in out


async def test_a_server_without_management_is_told_with_its_trouble() -> None:
    async with alpaca() as server:
        server.faults.no_management = True
        (found,) = await find_servers([(server.host, server.port)])
    assert found.trouble
    assert found.devices == ()


def test_one_server_on_two_interfaces_is_one() -> None:
    here, there = FoundServer((("127.0.0.1", 80),), devices=(MOUNT,)), FoundServer(
        (("127.0.0.2", 80),), devices=(MOUNT,)
    )  # fmt: skip
    (one,) = merged([there, here])
    assert one.addresses == (("127.0.0.1", 80), ("127.0.0.2", 80))


def test_servers_are_two_by_other_ids_other_ports_or_ids_made_up_by_us() -> None:
    nameless = Configured("telescope", 0, "Mount", "")
    for first, second, port in ((MOUNT, OTHER, 80), (MOUNT, MOUNT, 81), (nameless, nameless, 80)):
        servers = [
            FoundServer(((host, number),), devices=(_identified(host, device),))
            for host, device, number in (("127.0.0.1", first, 80), ("127.0.0.2", second, port))
        ]
        assert len(merged(servers)) == 2
    assert len(merged([FoundServer((("h", 1),)), FoundServer((("i", 1),))])) == 2


def _identified(host: str, device: Configured) -> Configured:
    unique_id = device.unique_id or made_up_id(host, device)
    return Configured(device.kind, device.number, device.name, unique_id)


@pytest.mark.parametrize(
    "text", ["", "host", ":80", "host:", "host:0", "h:65536", "http://h:80", "a@b:80"]
)
def test_what_is_no_server_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_server_address(text)


def test_a_typed_address_may_be_a_name_or_ipv6() -> None:
    assert read_server_address("roof.local:11111") == ("roof.local", 11111)
    assert read_server_address("[::1]:32323") == ("::1", 32323)


async def test_the_list_names_what_is_set_and_never_the_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = Settings(
        site=SiteSettings(name="roof", latitude=48.123, longitude=16.456),
        scopes=(ScopeSettings(host="10.0.0.7", serial="abc"),),
        sensors=(SensorSettings(kind="alpaca_safety", address="10.0.0.8:11111"),),
    )
    assert await run("instruments list --json", settings) == ExitCode.OK
    out = capsys.readouterr().out
    assert "48.1" not in out
    assert "16.4" not in out
    site = json.loads(out)["site"]
    assert [each["kind"] for each in site["instruments"]] == ["seestar", "alpaca_safety"]
    assert site["instruments"][0]["unique_id"] == "abc"


async def test_addresses_belong_to_find() -> None:
    with pytest.raises(UsageError):
        await run("instruments list 127.0.0.1:80")
