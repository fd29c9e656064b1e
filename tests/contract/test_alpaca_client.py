"""The Alpaca client against a strict stand-in with faults: read, told once, lost, restarted."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from alpaca_kit import alpaca

from crowdsky_tui.base.errors import (
    CommandRefused,
    CrowdSkyError,
    DeviceError,
    FileDamaged,
    LoginRefused,
    NotOffered,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import AlpacaDevice
from crowdsky_tui.instruments.alpaca.discovery import discover
from crowdsky_tui.instruments.alpaca.management import (
    read_description,
    read_devices,
)
from crowdsky_tui.instruments.alpaca.pictures import read_image_bytes, read_image_json
from crowdsky_tui.instruments.device_server import Configured
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.parts import Switch
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn

WAIT_S = 0.5


class Joined:
    """A stand-in and the client's devices on it, by type."""

    def __init__(self, server: AlpacaStandIn, connection: AlpacaConnection) -> None:
        self.server = server
        self.connection = connection
        self.devices: dict[str, AlpacaDevice] = {}

    def __getattr__(self, kind: str) -> AlpacaDevice:
        return self.devices[kind]

    def break_(self, member: str, kind: Any, value: Any = None, **more: Any) -> None:
        self.server.faults.members[member] = Fault(kind, value, **more)


@asynccontextmanager
async def joined(*, connect: bool = True, **options: Any) -> AsyncIterator[Joined]:
    async with alpaca(**options) as server:
        connection = AlpacaConnection(server.host, server.port, read_s=WAIT_S, connect_s=WAIT_S)
        it = Joined(server, connection)
        try:
            for configured in await read_devices(connection):
                it.devices[configured.kind] = AlpacaDevice(connection, configured)
                if connect:
                    await it.devices[configured.kind].connect()
            yield it
        finally:
            await connection.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def devices_of(host: str, port: int) -> tuple[Configured, ...]:
    connection = AlpacaConnection(host, port)
    try:
        return await read_devices(connection)
    finally:
        await connection.close()


# --- management and discovery --------------------------------------------------------------------


async def test_a_server_tells_its_devices_and_who_it_is() -> None:
    async with joined(connect=False) as it:
        devices = await devices_of(it.server.host, it.server.port)
        assert (await read_description(it.connection)).maker == "crowdsky-tui"
    assert devices[0] == Configured("telescope", 0, "Mount", "mount-1")
    assert {one.kind for one in devices} >= {"camera", "safetymonitor", "observingconditions"}


async def test_devices_without_an_identity_of_their_own_get_one() -> None:
    async with alpaca() as server:
        server.devices[1].unique_id = ""
        server.devices[2].unique_id = server.devices[3].unique_id = "same"
        devices = await devices_of(server.host, server.port)
    ids = [one.unique_id for one in devices]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "mount-1" and ids[1] == "127.0.0.1/camera/0/Camera"


async def test_a_server_without_management_says_so() -> None:
    async with alpaca() as server:
        server.faults.no_management = True
        with pytest.raises(DeviceError):
            await devices_of(server.host, server.port)


async def test_two_servers_of_one_machine_are_both_found() -> None:
    async with contextlib.AsyncExitStack() as servers:
        one = await servers.enter_async_context(alpaca(discovery_port=0))
        again = alpaca(discovery_port=one.discovery_port, host="127.0.0.2")
        other = await servers.enter_async_context(again)
        assert other.discovery_port is not None
        asked = [(each.host, other.discovery_port) for each in (one, other)]
        found = await discover(targets=asked, seconds=0.3)
        one.faults.discovery = b'{"AlpacaPort":"many"}'
        fewer = await discover(targets=asked, seconds=0.3)
    assert found == [("127.0.0.1", one.port), ("127.0.0.2", other.port)]
    assert fewer == [("127.0.0.2", other.port)]


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("modern", [True, False])
async def test_values_are_read_in_few_requests(modern: bool) -> None:
    async with joined(modern=modern) as it:
        before = len(it.server.requests)
        state = await it.telescope.state("rightascension", "declination", "slewing", "atpark")
        asked = len(it.server.requests) - before
    assert state == {"rightascension": 0.0, "declination": 90.0, "slewing": False, "atpark": True}
    assert asked == (1 if modern else 4)


async def test_what_a_driver_lacks_is_asked_once_and_again_after_a_connect() -> None:
    async with joined() as it:
        for _ in range(3):
            with pytest.raises(NotOffered, match="has no cloudcover"):
                await it.observingconditions.read("cloudcover")
        assert len(it.server.calls("GET", "cloudcover")) == 1
        assert await it.observingconditions.state("cloudcover", "humidity") == {"humidity": 61.0}
        await it.observingconditions.connect()
        with pytest.raises(NotOffered):
            await it.observingconditions.read("cloudcover")
        assert len(it.server.calls("GET", "cloudcover")) == 2


async def test_200_with_an_error_is_an_error() -> None:
    async with joined() as it:
        for code in (1025, 1026, 1035, 1279, 1300):
            it.break_("telescope/declination", "error", code)
            with pytest.raises(CommandRefused) as refused:
                await it.telescope.read("declination")
            assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("status", 400, DeviceError),
        ("status", 401, LoginRefused),
        ("status", 403, LoginRefused),
        ("status", 404, DeviceError),
        ("status", 302, DeviceError),
        ("status", 500, DeviceError),
        ("body", b"{", DeviceError),
        ("body", b'{"Value":1}{"Value":2}', DeviceError),
        ("body", b"<html>welcome</html>", DeviceError),
        ("body", b'{"Value":"' + b"x" * 1_100_000 + b'"}', DeviceError),
        ("foreign id", 4242, DeviceError),
        ("silent", None, ScopeTimeout),
        ("slow", 3.0, ScopeTimeout),
        ("reset", None, ScopeUnreachable),
    ],
)
async def test_a_bad_answer_is_a_clear_error_and_the_next_one_is_read(
    kind: str, value: Any, error: type[CrowdSkyError]
) -> None:
    async with joined() as it:
        it.break_("focuser/position", kind, value)
        with pytest.raises(error) as raised:
            await it.focuser.read("position")
        assert raised.value.what
        it.server.faults.members.clear()
        assert await it.focuser.read("position") == 1500


@pytest.mark.parametrize("kind", ["value", "without"])
async def test_a_value_that_is_null_or_missing_is_none(kind: str) -> None:
    async with joined() as it:
        it.break_("focuser/position", kind)
        assert await it.focuser.read("position") is None


async def test_a_get_is_repeated_once_on_a_connection_that_was_closed() -> None:
    async with joined() as it:
        it.break_("focuser/position", "reset", count=1)
        assert await it.focuser.read("position") == 1500
        it.break_("focuser/position", "reset", count=2)
        with pytest.raises(ScopeUnreachable):
            await it.focuser.read("position")


async def test_nobody_there_is_not_not_connected() -> None:
    async with joined() as it:
        await it.server.stop()
        with pytest.raises(ScopeUnreachable):
            await it.focuser.read("position")


# --- telling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mute", "reset", "silent", "slow", "status"])
async def test_a_put_is_sent_once_whatever_becomes_of_its_answer(kind: str) -> None:
    async with joined() as it:
        it.break_("focuser/move", kind, 500 if kind == "status" else 1.5)
        with pytest.raises(DeviceError):
            await it.focuser.tell("move", Position=1600)
        assert len(it.server.calls("PUT", "move")) == 1
        await asyncio.sleep(0)
        moved = it.server.devices[2]._goal  # type: ignore[attr-defined]
        assert moved == (1600 if kind == "mute" else 1500)


async def test_names_and_values_are_written_as_the_standard_wants_them() -> None:
    async with joined() as it:
        await it.telescope.tell("unpark")
        await it.telescope.tell("tracking", Tracking=True)
        await it.telescope.tell("slewtocoordinatesasync", RightAscension=1 / 3, Declination=-0.5)
        await it.switch.tell("setswitchvalue", Id=1, Value=45.0)
        sent = [dict(one.parameters) for one in it.server.requests if one.method == "PUT"][-4:]
    ids = [(one.pop("ClientID"), int(one.pop("ClientTransactionID"))) for one in sent]
    assert sent == [
        {},
        {"Tracking": "True"},
        {"RightAscension": "0.333333333333", "Declination": "-0.5"},
        {"Id": "1", "Value": "45"},
    ]
    assert len({client for client, _ in ids}) == 1
    assert [transaction for _, transaction in ids] == sorted({number for _, number in ids})


async def test_a_refusal_of_a_driver_has_its_words_and_number() -> None:
    async with joined() as it:
        with pytest.raises(CommandRefused, match="The valid range is: 0 to 400") as refused:
            await it.camera.tell("gain", Gain=401)
        with pytest.raises(NotOffered):
            await it.switch.tell("action", Action="dance", Parameters="")
    assert refused.value.code == 1025


# --- connecting --------------------------------------------------------------------------------


@pytest.mark.parametrize("modern", [True, False])
async def test_only_what_we_connected_is_disconnected(modern: bool) -> None:
    async with joined(connect=False, modern=modern) as it:
        mount, focuser, safety = (it.server.devices[number] for number in (0, 2, 5))
        mount.is_connected = True
        for device in (it.telescope, it.focuser, it.safetymonitor):
            await device.connect()
        assert (focuser.is_connected, safety.is_connected) == (True, True)
        for device in (it.telescope, it.focuser, it.safetymonitor):
            await device.disconnect()
        assert (mount.is_connected, focuser.is_connected) == (True, False)
        assert safety.is_connected, "nobody takes a safety monitor away from others"


async def test_a_device_that_was_lost_is_connected_once_more_and_counted() -> None:
    async with joined() as it:
        it.server.devices[2].is_connected = False
        assert await it.focuser.read("position") == 1500
        assert it.focuser.reconnects == 1
        it.break_("focuser/position", "error", 1031)
        with pytest.raises(CommandRefused):
            await it.focuser.read("position")
        assert it.focuser.reconnects == 2, "and not for ever"


async def test_a_restart_of_the_server_is_noticed() -> None:
    async with joined() as it:
        restarts: list[int] = []
        it.connection.on_restart = lambda: restarts.append(1)
        await it.server.restart()
        assert await it.focuser.read("position") == 1500
        assert restarts == [1]


async def test_a_slow_device_delays_no_other_and_itself_takes_one_at_a_time() -> None:
    async with joined() as it:
        it.break_("camera/gain", "slow", 0.3)
        slow = asyncio.create_task(it.camera.read("gain"))
        await until(lambda: bool(it.server.calls("GET", "gain")))
        second = asyncio.create_task(it.camera.read("cameraxsize"))
        assert await it.focuser.read("position") == 1500
        assert not slow.done() and not it.server.calls("GET", "cameraxsize")
        assert (await slow, await second) == (80, 96)


async def test_cancelling_a_request_leaves_the_device_usable() -> None:
    async with joined() as it:
        it.break_("camera/gain", "silent")
        asked = asyncio.create_task(it.camera.read("gain"))
        await until(lambda: bool(it.server.calls("GET", "gain")))
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        it.server.faults.members.clear()
        assert await it.camera.read("gain") == 80


# --- pictures ----------------------------------------------------------------------------------


async def exposed(it: Joined) -> Camera:
    camera = it.server.devices[1]
    assert isinstance(camera, Camera)
    await it.camera.tell("startexposure", Duration=2.0, Light=True)
    async with asyncio.timeout(60):
        while not await it.camera.read("imageready"):
            await asyncio.sleep(0.01)
    return camera


async def test_a_picture_comes_as_it_was_taken_in_both_forms() -> None:
    async with joined() as it:
        camera = await exposed(it)
        path = "/api/v1/camera/0/imagearray"
        binary, body, asked_id = await it.connection.picture(path)
        picture = read_image_bytes(body, asked_id, most=camera.size)
        it.server.faults.json_pictures_only = True
        in_json, text, _ = await it.connection.picture(path)
        same = read_image_json(text, most=camera.size)
        assert camera.picture is not None
        assert (binary, in_json) == (True, False)
        assert picture.data == camera.picture.columns.tobytes()
        assert (picture.width, picture.height, picture.element) == (96, 128, "<u2")
        numbers = memoryview(same.data).cast("i").tolist()
        assert numbers == camera.picture.columns.tolist()


async def test_half_a_picture_and_none_are_told_apart() -> None:
    async with joined() as it:
        path = "/api/v1/camera/0/imagearray"
        is_binary, body, _ = await it.connection.picture(path)
        assert not is_binary and json.loads(bytes(body))["ErrorNumber"] == 1035
        camera = await exposed(it)
        it.server.faults.cut_picture = 5000
        _, half, asked_id = await it.connection.picture(path)
        with pytest.raises(FileDamaged):
            read_image_bytes(half, asked_id, most=camera.size)


async def test_the_stand_ins_switch_is_read_only_where_it_says_so() -> None:
    async with joined() as it:
        assert await it.switch.read("canwrite", Id=2) is False
        with pytest.raises(NotOffered):
            await it.switch.tell("setswitchvalue", Id=2, Value=1.0)
        switch = it.server.devices[4]
        assert isinstance(switch, Switch) and switch.values[2] == 12.1
