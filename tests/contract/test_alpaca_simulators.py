"""Our Alpaca client against alpaca-simulators, a server that nobody here made.

`pip install alpaca-simulators` into an environment of its own (it brings 50 packages), then
`ALPACA_SIMULATORS=…/bin/alpaca-simulators pytest -m long` on this file. Its camera is not
used: it asks the internet.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from test_rig import HIGH, M81, PLACE, InlineWriter

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import OperationFailed
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.rig.part_instructions import MoveFocuser
from crowdsky_tui.instruments.sensors.kinds import KINDS
from crowdsky_tui.instruments.sensors.sensor import Sensor
from crowdsky_tui.site.horizon import Horizon

PROGRAM = os.environ.get("ALPACA_SIMULATORS") or shutil.which("alpaca-simulators")
pytestmark = [
    pytest.mark.long,  # its server needs ten seconds to start
    pytest.mark.skipif(PROGRAM is None, reason="alpaca-simulators is not here"),
]
START_S = 60.0


@asynccontextmanager
async def simulators(home: Path) -> AsyncIterator[str]:
    """The server on a free port; its address."""
    assert PROGRAM is not None
    probe = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "--host", "127.0.0.1", "--port", str(port)),
        cwd=home,
        env={**os.environ, "HOME": str(home)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(START_S), httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/api/v1/telescope/0/name")
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def test_a_rig_of_simulators_unparks_filters_focuses_and_parks(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    clock = Clock(now - timedelta(seconds=1), now, 1.0)
    settings = InstrumentSettings(name="garden", settle=0.0)
    async with simulators(tmp_path) as address:
        devices = [
            DeviceSettings(instrument="garden", role=role, address=address)
            for role in ("mount", "wheel", "focuser")
        ]
        limits = PointingLimits(settings, Horizon(), PLACE, HIGH, clock)
        files = FolderFiles(tmp_path, InlineWriter())
        rig = RigInstrument(settings, devices, limits, clock, files, patience_s=30.0)
        try:
            await rig.open()
            assert (await rig.operate(told.Unpark(), take_over=True)).done.state == "open"
            await rig.operate(told.SetFilter("Blue"), take_over=True)
            await rig.tell_part(MoveFocuser(1234))
            with pytest.raises(OperationFailed, match="not possible") as caught:
                await rig.operate(told.Goto(M81), take_over=True)
            assert "equinox" in caught.value.why, "it tells none, and none is guessed"
            state = await rig.look()
            assert (state.filter.value, state.focus_step.value) == ("Blue", 1234)
            assert state.parked.value is False
            assert (await rig.operate(told.Park(), take_over=True)).done.state == "parked"
            assert (await rig.look()).parked.value is True
        finally:
            await rig.close()


async def test_its_safety_monitor_is_connected_before_it_is_believed(tmp_path: Path) -> None:
    async with simulators(tmp_path) as address:
        url = f"http://{address}/api/v1/safetymonitor/0"
        async with httpx.AsyncClient(trust_env=False) as client:
            before = (await client.get(f"{url}/connected")).json()["Value"]
            lie = (await client.get(f"{url}/issafe")).json()["Value"]
        assert (before, lie) == (False, True)
        sensor = Sensor("roof", address, period_s=0.01)
        async with aclosing(KINDS["alpaca_safety"](sensor, Clock())) as readings:
            assert (await anext(readings)).is_safe is True
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.put(f"{url}/connected", data={"Connected": "False"})
                assert (await client.get(f"{url}/issafe")).json()["Value"] is True
            assert (await anext(readings)).is_safe is False
