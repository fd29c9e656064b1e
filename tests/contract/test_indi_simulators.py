"""Our INDI client against the simulators of Debian's indi-bin, which nobody here made."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from astropy.io import fits
from device_kit import until
from test_rig import HIGH, PLACE, InlineWriter

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorUnreachable
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.indi.device import WORDS, IndiDevice
from crowdsky_tui.instruments.indi.members import SHUTTER_CLOSED, SHUTTER_OPEN
from crowdsky_tui.instruments.instructions import Ends
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.sensors.gps import read_gps_place
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

pytestmark = pytest.mark.skipif(shutil.which("indiserver") is None, reason="indi-bin is not here")
NAMES = {
    "mount": "Telescope Simulator",
    "camera": "CCD Simulator",
    "wheel": "Filter Simulator",
    "focuser": "Focuser Simulator",
}
DRIVERS = ("telescope", "ccd", "wheel", "focus")
NEAR_THE_POLE = SkyTarget("Pole", PositionJ2000(0.0, 87.0), PositionJNow(0.0, 87.0), "test")


@asynccontextmanager
async def indiserver(home: Path, *drivers: str) -> AsyncIterator[str]:
    """The simulators on a free port, with a home of their own; its address."""
    probe = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    process = await asyncio.create_subprocess_exec(
        *("indiserver", "-p", str(port), "-u", str(home / "socket"), "-m", "64"),
        *(f"indi_simulator_{driver}" for driver in drivers or DRIVERS),
        env={**os.environ, "HOME": str(home)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(30):
            while True:
                line = IndiConnection("127.0.0.1", port, read_s=2.0)
                try:
                    await line.open()
                    break
                except Exception:  # noqa: BLE001 - until it listens
                    await asyncio.sleep(0.1)
                finally:
                    await line.close()
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def park_where_it_is(address: str) -> None:
    """Set the mount's park position to where it points: the way to its own takes long."""
    host, _, port = address.rpartition(":")
    line = IndiConnection(host, int(port))
    try:
        await line.open()
        await line.ask(NAMES["mount"], "TELESCOPE_PARK_OPTION")
        await line.tell(NAMES["mount"], "TELESCOPE_PARK_OPTION", {"PARK_CURRENT": "On"})
    finally:
        await line.close()


async def test_a_rig_of_simulators_points_filters_exposes_and_parks(tmp_path: Path) -> None:
    home, frames = tmp_path / "home", tmp_path / "frames"
    home.mkdir()
    frames.mkdir()
    clock = Clock(datetime.now(UTC) - timedelta(seconds=1), datetime.now(UTC), 1.0)
    settings = InstrumentSettings(name="garden", settle=0.0)
    async with indiserver(home) as address:
        devices = [
            DeviceSettings(
                instrument="garden",
                role=role,  # type: ignore[arg-type]
                protocol="indi",
                address=address,
                unique_id=name,
            )
            for role, name in NAMES.items()
        ]
        limits = PointingLimits(settings, Horizon(), PLACE, HIGH, clock)
        files = FolderFiles(frames, InlineWriter())
        rig = RigInstrument(settings, devices, limits, clock, files, patience_s=30.0)
        try:
            await rig.open()
            await rig.operate(told.SetFilter("Green"), take_over=True)
            await rig.operate(told.SetGain(50), take_over=True)
            await rig.operate(told.SetExposure(0.1))
            await rig.operate(told.Goto(NEAR_THE_POLE), take_over=True)
            await rig.operate(told.Start())
            await until(lambda: bool(list(frames.rglob("*.fit"))), 60)
            await rig.operate(told.Stop(Ends.FRAMES))
            state = await rig.look()
            assert (state.filter.value, state.gain.value) == ("Green", 50)
            await park_where_it_is(address)
            assert (await rig.operate(told.Park())).done.state == "parked"
            assert (await rig.look()).parked.value is True
        finally:
            await rig.close()
    with fits.open(min(frames.rglob("*.fit"))) as opened:
        header = opened[0].header
        assert opened[0].data.shape == (1024, 1280)
    assert (header["OBJECT"], header["FILTER"], header["GAIN"]) == ("Pole", "Green", 50)
    assert "SITELAT" not in header


async def test_a_gps_tells_its_place_and_a_dome_its_shutter(tmp_path: Path) -> None:
    async with indiserver(tmp_path, "gps", "dome") as address:
        place = await read_gps_place(f"indi://{address}/GPS Simulator", date(2026, 11, 29))
        assert (place.latitude_deg, place.elevation_m) == (51, 72)
        assert place.longitude_deg == pytest.approx(-2.3)
        with pytest.raises(SensorUnreachable, match="no GPS receiver"):
            await read_gps_place(f"indi://{address}/Dome Simulator", date(2026, 11, 29))
        host, _, port = address.rpartition(":")
        line = IndiConnection(host, int(port))
        try:
            dome = IndiDevice(line, "dome", "Dome Simulator", WORDS["dome"])
            assert await dome.read("shutterstatus") == SHUTTER_CLOSED
            await line.tell("Dome Simulator", "DOME_SHUTTER", {"SHUTTER_OPEN": "On"})
            async with asyncio.timeout(30):
                while await dome.read("shutterstatus") != SHUTTER_OPEN:
                    await asyncio.sleep(0.1)
        finally:
            await line.close()
