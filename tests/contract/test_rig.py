"""A rig over Alpaca beyond what every instrument does: limits, identities, others, equinoxes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alpaca_kit import BEGIN, every_device

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    BelowHorizon,
    CrowdSkyError,
    FileDamaged,
    OperationFailed,
    OtherTelescope,
    OutOfLimit,
    ScienceUnavailable,
)
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.fits.frame_file import write_frame
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.rig.files import FolderFiles, folder_of
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget
from crowdsky_tui.sky.messages import Pointing

M81 = SkyTarget(
    "M 81", PositionJ2000(148.88821, 69.06531), PositionJNow(9.961195, 68.940273), "test"
)
PLACE = Place(16.0, 48.0)
TREES = Horizon([[[60, 170], [60, 190]]], 0.0)


class Sky:
    def __init__(self, said: Pointing | CrowdSkyError) -> None:
        self.said = said

    async def pointing(self, position: PositionJ2000, place: Place, when: datetime) -> Pointing:
        if isinstance(self.said, CrowdSkyError):
            raise self.said
        return self.said


class InlineWriter:
    """Writes frames as the science child does, in this process."""

    async def write_frame(self, request: FrameFileRequest) -> None:
        await asyncio.to_thread(write_frame, request)


HIGH = Sky(Pointing(50.0, 100.0, 120.0))


@asynccontextmanager
async def rig(
    tmp_path: Path,
    *,
    sky: Sky = HIGH,
    place: Place | None = PLACE,
    roles: dict[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[tuple[AlpacaStandIn, RigInstrument]]:
    """A rig of mount and camera on its stand-in."""
    clock = Clock(BEGIN, datetime.now(UTC), 300.0)
    server = AlpacaStandIn(every_device(clock))
    await server.start()
    settings = InstrumentSettings(name="garden", min_altitude=20, max_altitude=80)
    devices = [
        DeviceSettings(
            instrument="garden",
            role=role,  # type: ignore[arg-type]
            address=f"{server.host}:{server.port}",
            unique_id=identity,
        )
        for role, identity in (roles or {"mount": "mount-1", "camera": "camera-1"}).items()
    ]
    limits = PointingLimits(settings, TREES, place, sky, clock)
    instrument = RigInstrument(
        settings,
        devices,
        limits,
        clock,
        FolderFiles(tmp_path, InlineWriter()),
        patience_s=1.0,
        **options,
    )
    try:
        yield server, instrument
    finally:
        await instrument.close()
        await server.stop()


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        (Pointing(50, 100, 29.9), OutOfLimit),
        (Pointing(50, 100, float("nan")), OutOfLimit),
        (Pointing(19.9, 100, 120), OutOfLimit),
        (Pointing(80.1, 100, 120), OutOfLimit),
        (Pointing(float("nan"), 100, 120), OutOfLimit),
        (Pointing(59, 180, 120), BelowHorizon),
        (ScienceUnavailable("no child"), OperationFailed),
        (FileDamaged("the child took too long"), OperationFailed),
    ],
)
async def test_what_is_out_of_limits_or_not_known_moves_nothing(
    tmp_path: Path, seen: Any, error: type[OperationFailed]
) -> None:
    async with rig(tmp_path, sky=Sky(seen)) as (server, instrument):
        await instrument.open()
        before = [call for call in server.requests if call.method == "PUT"]
        with pytest.raises(error):
            await instrument.operate(told.Goto(M81))
        plan = await instrument.plan(told.Goto(M81))
        assert plan.warnings
        assert [call for call in server.requests if call.method == "PUT"] == before


async def test_without_a_place_nothing_moves(tmp_path: Path) -> None:
    async with rig(tmp_path, place=None) as (server, instrument):
        await instrument.open()
        with pytest.raises(OperationFailed, match="may stand anywhere"):
            await instrument.operate(told.Goto(M81))
        assert not server.calls("PUT", "unpark")


async def test_another_device_at_the_number_is_not_taken_for_it(tmp_path: Path) -> None:
    async with rig(tmp_path, roles={"mount": "mount-2"}) as (server, instrument):
        with pytest.raises(OtherTelescope):
            await instrument.open()
        with pytest.raises(OtherTelescope):
            await instrument.operate(told.Goto(M81), take_over=True)
        assert not any(call.method == "PUT" for call in server.requests)


async def test_a_rig_of_a_camera_says_what_it_has_not(tmp_path: Path) -> None:
    async with rig(tmp_path, roles={"camera": "camera-1"}) as (_, instrument):
        await instrument.open()
        missing = instrument.capabilities.missing
        assert {Ability.GOTO, Ability.PARK, Ability.FILTER, Ability.HEATER} <= set(missing)
        assert Ability.GAIN not in missing
        assert instrument.capabilities.gain_range == (0, 400)
        state = await instrument.look()
        assert state.gain.value == 80
        assert state.parked.value is None


async def test_a_mount_of_date_is_sent_to_the_place_of_date(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        server.faults.members["telescope/equatorialsystem"] = Fault("value", 1)
        await instrument.operate(told.Goto(M81))
        (call,) = server.calls("PUT", "slewtocoordinatesasync")
        assert "9.961195" in str(call)
        assert (await instrument.look()).position.value == PositionJNow(9.961195, 68.940273)


@pytest.mark.parametrize("system", [0, 3, 4, None, "J2000"])
async def test_a_mount_of_an_equinox_that_is_not_known_is_not_sent(
    tmp_path: Path, system: object
) -> None:
    async with rig(tmp_path) as (server, instrument):
        server.faults.members["telescope/equatorialsystem"] = Fault("value", system)
        with pytest.raises(OperationFailed, match="not possible"):
            await instrument.operate(told.Goto(M81))
        assert not any(call.path.endswith("unpark") for call in server.requests)


async def test_one_device_that_is_away_leaves_the_others_values(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.open()
        server.faults.members["camera/camerastate"] = Fault("status", 500)
        server.faults.members["camera/gain"] = Fault("status", 500)
        state = await instrument.look()
        assert state.parked.value is True
        assert state.gain.value is None
        assert not state.link.usable
        assert "camera" in state.reason


@pytest.mark.parametrize(
    ("target", "folder"),
    [
        ("M 81", "M 81"),
        ("../../etc", "_.._etc"),
        ("a/b", "a_b"),
        ("..", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_a_targets_name_makes_a_folder_inside(target: str, folder: str) -> None:
    assert folder_of(target) == folder


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../b", "a\0b"])
async def test_nothing_outside_the_folder_is_read(tmp_path: Path, path: str) -> None:
    with pytest.raises(CrowdSkyError):
        await FolderFiles(tmp_path, InlineWriter()).size(path)
