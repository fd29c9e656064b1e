"""INDI's simulators observe a plan beside two Seestars; a storm in their weather parks them."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from astropy.io import fits
from dusk_kit import FIRST, M51, NIGHT, Dusk, dusk, target
from test_indi_simulators import DRIVERS, NAMES, indiserver, park_where_it_is
from test_planned_night import listed

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.scheduling.messages import SLOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("indiserver") is None, reason="indi-bin is not here"),
]
WEATHER = "Weather Simulator"
POLE = (10.0, 87.0)
SPEED = 15.0
WITHIN_S = 30.0
LIST = [
    target("Pole", POLE, scopes="hut", filter="", sub_exposure_s=None, blocks_per_visit=8),
    target("M 51", M51, scopes="garden, roof"),
]
RIG = InstrumentSettings(
    name="hut", focal_mm=500, aperture_mm=80, settle=1.0, exposure=1.0, centre_tolerance=0
)


async def until(wanted: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await wanted():
            await asyncio.sleep(0.1)


async def storm(address: str) -> None:
    host, _, port = address.rpartition(":")
    line = IndiConnection(host, int(port))
    try:
        await line.open()
        await line.ask(WEATHER, "WEATHER_CONTROL")
        await line.tell(WEATHER, "WEATHER_CONTROL", {"Wind": 60})
    finally:
        await line.close()


def devices_at(address: str) -> tuple[DeviceSettings, ...]:
    return tuple(
        DeviceSettings(
            instrument="hut",
            role=role,  # type: ignore[arg-type]
            protocol="indi",
            address=address,
            unique_id=name,
        )
        for role, name in NAMES.items()
    )


async def three_slots(night: Dusk) -> None:
    """Three slots of the rig are proved by frames, beside what the Seestars do."""

    async def proved() -> bool:
        visits = [each for each in await night.visits() if each.scope == "hut"]
        return sum(each.blocks for each in visits if each.state is not VisitState.PLANNED) >= 4

    await until(proved, 400)
    frames = await night.night.rigs["hut"].rig.frames("Pole")
    for slot in range(3):
        begin = FIRST + slot * SLOT
        inside = [f for f in frames if f.begun and begin <= f.begun < begin + SLOT]
        assert len(inside) >= 3, f"slot {slot}: {len(inside)} of {len(frames)} frames"
    assert {each.view.target for each in night.scopes} == {"M 51"} or any(
        each.view.working for each in night.scopes
    ), "a Seestar observes beside it"


async def test_simulators_observe_three_slots_and_a_storm_parks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    clock = Clock(FIRST - timedelta(minutes=6), datetime.now(UTC), SPEED)
    monkeypatch.setattr(Settings, "make_clock", lambda _self: clock)
    async with indiserver(home, *DRIVERS, "weather") as address:
        mast = SensorSettings(
            name="mast", kind="indi_weather", address=f"{address}/{WEATHER}", period=15, limit=600
        )
        async with dusk(
            tmp_path,
            clock,
            LIST,
            scopes=2,
            instruments=(RIG,),
            devices=devices_at(address),
            sensors=(mast,),
            safety=SafetySettings(on_unsafe="park", delay=30),
        ) as night:
            await three_slots(night)
            rig = night.night.rigs["hut"].rig
            await park_where_it_is(address)
            began = monotonic()
            await storm(address)

            async def parked() -> bool:
                return (await rig.look()).parked.value is True and not rig.taking

            await until(parked, WITHIN_S)
            print(f"stopped and parked after {monotonic() - began:.1f} s")
            await night.night.automatic.report()
            visits = await night.visits()
            assert night.night.store.conditions.safety == "unsafe", listed(visits)
            kept = sorted(rig.files.root.rglob("*.fit"))
            with fits.open(kept[0]) as opened:
                header = opened[0].header
                assert opened[0].data.shape == (1024, 1280)
            assert (header["OBJECT"], header["TELESCOP"], header["EXPTIME"]) == ("Pole", "hut", 1)
            assert header["RA"] == pytest.approx(POLE[0]) and "SITELAT" not in header
            assert f"{header['DATE-OBS']}".startswith(NIGHT)
