"""A Seestar by its own Alpaca server: what its control socket has to do with it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alpaca_kit import BEGIN
from device_kit import InlineScience, until
from seestar_kit import client_of, running
from test_rig import HIGH, M81, PLACE, InlineWriter

sys.path.insert(0, str(Path(__file__).parent.parent / "conformance"))

from rig_kind import rig_devices, seestar_devices

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ScopeBusy, UsageError
from crowdsky_tui.config.instrument_settings import InstrumentSettings, check_instruments
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.rig.seestar import ControlSocket, SeestarByAlpaca
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.site.horizon import Horizon


class Way:
    def __init__(self, why: str) -> None:
        self.why = why

    async def in_use(self) -> str:
        return self.why


@asynccontextmanager
async def seestar(tmp_path: Path, way: Way) -> AsyncIterator[tuple[AlpacaStandIn, SeestarByAlpaca]]:
    clock = Clock(BEGIN, datetime.now(UTC), 300.0)
    server = AlpacaStandIn(seestar_devices(clock))
    await server.start()
    settings = InstrumentSettings(name="garden")
    made = SeestarByAlpaca(
        settings,
        rig_devices(f"{server.host}:{server.port}", switch=0),
        PointingLimits(settings, Horizon(), PLACE, HIGH, clock),
        clock,
        FolderFiles(tmp_path, InlineWriter()),
        other_way=way,
        patience_s=3.0,
    )
    try:
        await made.open()
        yield server, made
    finally:
        await made.close()
        await server.stop()


async def test_it_is_looked_at_and_told_nothing_while_its_socket_is_in_use(tmp_path: Path) -> None:
    way = Way("it takes sub-frames of M 51")
    async with seestar(tmp_path, way) as (server, instrument):
        before = len([call for call in server.requests if call.method == "PUT"])
        assert (await instrument.look()).parked.value is True
        for instruction in (told.Unpark(), told.Goto(M81), told.SetHeater(100), told.Start()):
            with pytest.raises(ScopeBusy) as caught:
                await instrument.operate(instruction, take_over=True)
            assert "M 51" in caught.value.why
        await instrument.operate(told.Stop(), take_over=True)
        assert len([call for call in server.requests if call.method == "PUT"]) == before
        way.why = ""
        await instrument.operate(told.Goto(M81))
        assert (await instrument.look()).parked.value is False


async def test_a_heater_that_is_on_or_off_is_at_no_percent(tmp_path: Path) -> None:
    async with seestar(tmp_path, Way("")) as (_, instrument):
        with pytest.raises(UsageError):
            await instrument.operate(told.SetHeater(40))
        await instrument.operate(told.SetHeater(None))
        assert (await instrument.look()).heater_percent.value == 100


def control_socket(scope: SeestarStandIn) -> ControlSocket:
    files = files_in_folder(scope.root, scope.host, scope.http_port)
    clock, port = scope.time.clock, scope.rpc_port
    return ControlSocket(
        lambda: SeestarService("garden", scope.host, port, files, clock, InlineScience())
    )


async def test_a_control_socket_is_free_while_it_rests_or_is_closed(tmp_path: Path) -> None:
    async with running(tmp_path, speed=300.0) as scope:
        socket = control_socket(scope)
        assert await socket.in_use() == ""
        async with client_of(scope) as phone:
            await phone.result("scope_move_to_horizon", None)
            await until(lambda: not scope.session.mount.moving)
            order = {"mode": "star", "target_ra_dec": [9.5, 60.0], "target_name": "theirs"}
            await phone.result("iscope_start_view", order)
            await until(lambda: scope.view.stage not in ("", "AutoGoto"))
            assert await socket.in_use() != ""
        await scope.hang_up()
        async with asyncio.timeout(60):
            assert await socket.in_use() == ""


def test_the_telescope_that_it_is_has_to_be_there() -> None:
    instrument = InstrumentSettings(name="other", scope="garden")
    check_instruments([instrument], [], ["garden"])
    with pytest.raises(ValueError, match="garden"):
        check_instruments([instrument], [], [])
