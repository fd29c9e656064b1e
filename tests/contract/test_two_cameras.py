"""Two rigs on one mount: nothing moves while either exposes, and each frame has its own header."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alpaca_kit import BEGIN
from astropy.io import fits
from device_kit import until
from test_rig import HIGH, M81, PLACE, InlineWriter

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import OperationAborted
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ends
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.rig.part_instructions import MoveFocuser
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.parts import Focuser
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.alpaca.telescope import Telescope
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

M82 = SkyTarget("M 82", PositionJ2000(148.96846, 69.67970), PositionJNow(9.967, 69.555), "test")


class Pair:
    """Both rigs, and what overlapped at the stand-in, in words."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self.clock, self.folder = clock, folder
        self.mount = Telescope("Mount", "mount-1", clock)
        self.focuser = Focuser("Focuser", "focuser-1", clock)
        self.cameras = [Camera(f"Camera {at}", f"camera-{at}", clock) for at in (1, 2)]
        self.overlaps: list[str] = []
        self._watch()
        self.rigs: list[RigInstrument] = []

    def _watch(self) -> None:
        slew, move = self.mount.slewtocoordinatesasync, self.focuser.move
        park = self.mount.park

        def note(what: str) -> None:
            if any(camera.exposes for camera in self.cameras):
                self.overlaps.append(what)

        def slews(ra: float, dec: float) -> None:
            note("a slew")
            slew(ra, dec)

        def parks() -> None:
            note("a park")
            park()

        def moves(position: int) -> None:
            note("a move of the focuser")
            move(position)

        self.mount.slewtocoordinatesasync = slews
        self.mount.park = parks
        self.focuser.move = moves
        for camera in self.cameras:
            begin = camera.startexposure

            def begins(seconds: float, light: bool, begin=begin) -> None:  # type: ignore[no-untyped-def]
                if self.mount.is_slewing or self.focuser.ismoving():
                    self.overlaps.append("an exposure")
                begin(seconds, light)

            camera.startexposure = begins

    def made_rig(self, at: int, address: str) -> RigInstrument:
        focal = 400.0 * (at + 1)
        settings = InstrumentSettings(name=f"tube {at}", focal_mm=focal, settle=1.0)
        numbers = {"mount": 0, "camera": at, "focuser": 0}
        devices = [
            DeviceSettings(instrument=settings.name, role=role, address=address, number=number)  # type: ignore[arg-type]
            for role, number in numbers.items()
        ]
        limits = PointingLimits(settings, Horizon(), PLACE, HIGH, self.clock)
        files = FolderFiles(self.folder / str(at), InlineWriter())
        return RigInstrument(settings, devices, limits, self.clock, files, patience_s=1.0)

    def frames(self, at: int, target: str) -> list[Path]:
        return sorted((self.folder / str(at) / f"{target}_sub").glob("*.fit"))


@asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Pair]:
    clock = Clock(BEGIN, datetime.now(UTC), 100.0)
    both = Pair(clock, folder)
    server = AlpacaStandIn([both.mount, *both.cameras, both.focuser])
    await server.start()
    both.rigs = [both.made_rig(at, f"{server.host}:{server.port}") for at in (0, 1)]
    try:
        yield both
    finally:
        for rig in both.rigs:
            await rig.close()
        await server.stop()


async def test_a_goto_of_one_waits_for_the_others_exposure_and_both_go_on(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        one, other = both.rigs
        await one.operate(told.Goto(M81))
        assert await other.used_by_others() == "", "the mount of both is ours"
        await one.operate(told.SetExposure(3))
        await other.operate(told.SetExposure(20))
        await one.operate(told.Start())
        await other.operate(told.Start())
        await until(lambda: len(both.frames(1, "M 81")) >= 1)
        await one.operate(told.Goto(M82))
        await one.operate(told.Start())
        await until(lambda: bool(both.frames(0, "M 82") and both.frames(1, "M 82")))
        assert other.taking, "who waits is not ended"
        for rig in both.rigs:
            await rig.operate(told.Stop(Ends.FRAMES))
        await one.tell_part(MoveFocuser(1600))
        assert both.overlaps == []
        assert other.series is not None
        assert other.series.dropped <= 1  # the frame of the stop
    for at, focal in ((0, 400.0), (1, 800.0)):
        for target in ("M 81", "M 82"):
            header = fits.getheader(both.frames(at, target)[0])
            assert (header["TELESCOP"], header["FOCALLEN"]) == (f"tube {at}", focal)
            assert (header["OBJECT"], header["EXPTIME"]) == (target, (3.0, 20.0)[at])


@pytest.mark.parametrize("instruction", [told.Park(), told.Stop()])
async def test_park_and_stop_end_the_frames_of_both_at_once(
    tmp_path: Path, instruction: told.Instruction
) -> None:
    async with pair(tmp_path) as both:
        one, other = both.rigs
        await one.operate(told.Goto(M81))
        await other.operate(told.SetExposure(1900))
        await other.operate(told.Start())
        begun = both.clock.steady()
        await one.operate(instruction)
        assert both.clock.steady() - begun < 1000, "it did not wait for the exposure's end"
        assert not other.taking
        assert not both.cameras[1].exposes
        both.mount.run()
        assert not both.mount.is_tracking
        assert both.overlaps == []


async def test_a_stop_of_one_ends_the_goto_of_the_other(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        one, other = both.rigs
        both.mount.never_ends = True
        going = asyncio.create_task(one.operate(told.Goto(M81)))
        await until(lambda: both.mount.is_slewing and both.mount.is_tracking)
        await other.operate(told.Stop())
        with pytest.raises(OperationAborted):
            await going
        assert not both.mount.is_slewing


async def test_stopping_the_frames_of_one_leaves_the_other_alone(tmp_path: Path) -> None:
    async with pair(tmp_path) as both:
        one, other = both.rigs
        await one.operate(told.Goto(M81))
        for rig in both.rigs:
            await rig.operate(told.SetExposure(2))
            await rig.operate(told.Start())
        await one.operate(told.Stop(Ends.FRAMES))
        seen = len(both.frames(1, "M 81"))
        await until(lambda: len(both.frames(1, "M 81")) > seen)
        assert other.taking
        assert not one.taking
