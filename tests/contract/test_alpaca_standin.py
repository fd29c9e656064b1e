"""The Alpaca stand-in: as strict as the standard allows, and a foreign client gets on with it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from alpaca_kit import alpaca, every_device

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn

READ = "/api/v1/telescope/0/canslew"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[AlpacaStandIn]:
    async with alpaca() as stand_in:
        for device in stand_in.devices:
            device.is_connected = True
        yield stand_in


@pytest_asyncio.fixture
async def client(server: AlpacaStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as made:
        yield made


async def test_the_standards_own_examples(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{READ}?CLIENTID=231&clienttransactionid=23")
    assert answer.status_code == 200
    assert answer.json()["ClientTransactionID"] == 23
    assert answer.json()["ErrorNumber"] == 0 and answer.json()["Value"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/API/V1/TELESCOPE/0/CANSLEW",
        "/api/V1/telescope/0/canslew",
        "/api/v2/telescope/0/canslew",
        "/apii/v1/telescope/0/canslew",
        "/api/v1/Telescope/0/canslew",
        "/api/v1/telescope/0/CanSlew",
        "/api/v1/teapot/0/canslew",
        "/api/v1/telescope/-1/canslew",
        "/api/v1/telescope/99999/canslew",
        "/api/v1/telescope/A/canslew",
        "/api/v1/telescope/4294967296/canslew",
        "/api/v1/camera/1/canslew",
        "/api/v1/camera/0/canslew",
        "/api/v1/telescope/0/nosuchmember",
        "/api/v1/telescope/0",
    ],
)
async def test_a_path_that_is_not_one_is_400_with_text(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain") and answer.text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"Tracking": "True"}, 200),
        ({"Tracking": "tRuE", "Extra": "1"}, 200),
        ({"tracking": "True"}, 400),
        ({"TRACKING": "True"}, 400),
        ({"Tracking": ""}, 400),
        ({"Tracking": "banana"}, 400),
        ({}, 400),
        ({"Tracking": "True", "ClientID": "-1"}, 400),
        ({"Tracking": "True", "ClientTransactionID": "4294967296"}, 400),
        ({"Tracking": "True", "ClientTransactionID": "x"}, 400),
    ],
)
async def test_the_names_of_a_put_are_exact(
    server: AlpacaStandIn, client: httpx.AsyncClient, form: dict[str, str], status: int
) -> None:
    server.devices[0].is_parked = False  # type: ignore[attr-defined]
    answer = await client.put("/api/v1/telescope/0/tracking", data=form)
    assert answer.status_code == status, answer.text


async def test_ids_of_a_put_in_another_casing_are_ignored(client: httpx.AsyncClient) -> None:
    form = {"Connected": "True", "CLIENTTRANSACTIONID": "77"}
    answer = await client.put("/api/v1/telescope/0/connected", data=form)
    assert (answer.status_code, answer.json()["ClientTransactionID"]) == (200, 0)
    assert "Value" not in answer.json()


async def test_the_servers_own_ids_count_up_and_begin_again_with_it(
    server: AlpacaStandIn, client: httpx.AsyncClient
) -> None:
    first, second = [(await client.get(READ)).json()["ServerTransactionID"] for _ in range(2)]
    assert second == first + 1
    await server.restart()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as fresh:
        answer = (await fresh.get(READ)).json()
    assert answer["ServerTransactionID"] == 1
    assert answer["ErrorNumber"] == 1031, "it is not connected any more"


@pytest.mark.parametrize(
    ("member", "parameters", "number"),
    [
        ("telescope/0/slewtocoordinatesasync", {"RightAscension": 1, "Declination": 2}, 1032),
        ("focuser/0/move", {"Position": 9999}, 1025),
        ("filterwheel/0/position", {"Position": 7}, 1025),
        ("switch/0/setswitchvalue", {"Id": 1, "Value": 101}, 1025),
        ("switch/0/setswitchvalue", {"Id": 2, "Value": 1}, 1024),
        ("switch/0/setswitch", {"Id": 9, "State": "True"}, 1025),
        ("camera/0/gain", {"Gain": 401}, 1025),
        ("camera/0/startexposure", {"Duration": -1, "Light": "True"}, 1025),
        ("telescope/0/action", {"Action": "x", "Parameters": ""}, 1036),
    ],
)
async def test_a_device_refuses_with_its_number(
    client: httpx.AsyncClient, member: str, parameters: dict[str, Any], number: int
) -> None:
    answer = await client.put(f"/api/v1/{member}", data=parameters)
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (200, number)
    assert answer.json()["ErrorMessage"]


async def test_a_safety_monitor_is_unsafe_while_it_is_not_connected(
    server: AlpacaStandIn, client: httpx.AsyncClient
) -> None:
    path = "/api/v1/safetymonitor/0/issafe"
    assert (await client.get(path)).json()["Value"] is True
    server.devices[5].is_connected = False
    assert (await client.get(path)).json()["Value"] is False


async def test_a_fault_is_counted_and_gone(
    server: AlpacaStandIn, client: httpx.AsyncClient
) -> None:
    server.faults.members["telescope/canslew"] = Fault("status", 500, count=1)
    assert [(await client.get(READ)).status_code for _ in range(2)] == [500, 200]
    server.faults.members["telescope/canslew"] = Fault("mute", method="GET", count=1)
    with pytest.raises(httpx.HTTPError):
        await client.get(READ)


async def test_every_device_tells_what_a_platform_7_client_asks() -> None:
    for device in every_device(Clock()):
        assert {("connect", "PUT"), ("connecting", "GET"), ("devicestate", "GET")} <= set(
            type(device).members()
        )


async def test_alpyca_drives_every_device(server: AlpacaStandIn) -> None:
    """The witness that nobody here made: ASCOM's own Python client."""
    pytest.importorskip("alpaca", reason="alpyca, the foreign client, is not installed here")
    columns = await asyncio.to_thread(_drive, f"127.0.0.1:{server.port}")
    camera = server.devices[1]
    assert isinstance(camera, Camera) and camera.picture is not None
    assert columns == camera.picture.rows()
    assert server.devices[0].is_connected is False


def _drive(address: str) -> list[list[int]]:
    from alpaca import exceptions, management
    from alpaca.filterwheel import FilterWheel
    from alpaca.focuser import Focuser
    from alpaca.observingconditions import ObservingConditions
    from alpaca.safetymonitor import SafetyMonitor
    from alpaca.switch import Switch
    from alpaca.telescope import Telescope

    assert management.apiversions(address) == [1]
    assert {row["UniqueID"] for row in management.configureddevices(address)} >= {"mount-1"}
    mount = Telescope(address, 0)
    mount.Unpark()
    mount.Tracking = True
    mount.SlewToCoordinatesAsync(9.9258, 69.0653)
    while mount.Slewing:
        pass
    assert (mount.RightAscension, mount.Declination) == pytest.approx((9.9258, 69.0653))
    with pytest.raises(exceptions.InvalidValueException):
        mount.SlewToCoordinatesAsync(25.0, 0.0)
    mount.Park()
    while not mount.AtPark:
        pass
    wheel = FilterWheel(address, 0)
    wheel.Position = 2
    while wheel.Position == -1:
        pass
    assert (wheel.Position, wheel.Names) == (2, ["Dark", "IR", "LP"])
    focuser = Focuser(address, 0)
    focuser.Move(1600)
    while focuser.IsMoving:
        pass
    assert focuser.Position == 1600
    switch = Switch(address, 0)
    switch.SetSwitchValue(1, 45)
    assert (switch.GetSwitchValue(1), switch.CanWrite(2)) == (45, False)
    assert SafetyMonitor(address, 0).IsSafe is True
    weather = ObservingConditions(address, 0)
    assert weather.Temperature == 8.5
    with pytest.raises(exceptions.NotImplementedException):
        weather.CloudCover  # noqa: B018 - reading it is the act
    columns = _expose(address)
    mount.Connected = False
    return columns


def _expose(address: str) -> list[list[int]]:
    from alpaca.camera import Camera as ForeignCamera

    camera = ForeignCamera(address, 0)
    camera.Gain = 120
    camera.StartExposure(2.0, True)
    while not camera.ImageReady:
        pass
    columns = camera.ImageArray
    assert (len(columns), len(columns[0]), camera.ImageArrayInfo.Rank) == (96, 128, 2)
    return [list(column) for column in columns]
