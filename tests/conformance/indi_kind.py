"""A rig of INDI devices on its stand-in, as a kind of instrument."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rig_kind import (
    FAN,
    LATE_S,
    PATIENCE_S,
    READ_S,
    SPEED,
    ClearSky,
    InlineWriter,
    hold_frames,
)
from subject import TARGET, Factory, Subject, Truth

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.parts import FilterWheel, Focuser, Switch
from crowdsky_tui.simulator.alpaca.telescope import Telescope
from crowdsky_tui.simulator.indi import devices
from crowdsky_tui.simulator.indi.stand_in import IndiStandIn, Received
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJNow

from device_kit import until  # isort: skip
from alpaca_kit import BEGIN  # isort: skip

PROPERTIES = {
    Ability.UNPARK: ("TELESCOPE_PARK", "UNPARK"),
    Ability.PARK: ("TELESCOPE_PARK", "PARK"),
    Ability.GOTO: ("EQUATORIAL_EOD_COORD", "RA"),
    Ability.STOP: ("TELESCOPE_TRACK_STATE", "TRACK_OFF"),
    Ability.START: ("CCD_EXPOSURE", "CCD_EXPOSURE_VALUE"),
    Ability.FILTER: ("FILTER_SLOT", "FILTER_SLOT_VALUE"),
    Ability.GAIN: ("CCD_GAIN", "GAIN"),
    Ability.HEATER: ("DEW_PWM", "DEW_A"),
}
"""The property and the member on which an ability hangs."""
CAMERA = "Camera"


class Models:
    """What the stand-in's devices really are."""

    def __init__(self, clock: Clock) -> None:
        self.mount = Telescope("Mount", "mount-1", clock)
        self.camera = Camera(CAMERA, "camera-1", clock)
        self.wheel = FilterWheel("Wheel", "wheel-1", clock)
        self.focuser = Focuser("Focuser", "focuser-1", clock)
        self.switch = Switch("Dew", "switch-1")

    def stand_in(self) -> IndiStandIn:
        told = [
            devices.mount("Mount", self.mount),
            devices.camera(CAMERA, self.camera),
            devices.wheel("Wheel", self.wheel),
            devices.focuser("Focuser", self.focuser),
            devices.heater("Dew", self.switch, FAN),
        ]
        return IndiStandIn(told, {CAMERA: self.camera})


class IndiRig(Subject):
    kept_here = frozenset({Ability.EXPOSURE})
    instrument: RigInstrument

    def __init__(self, server: IndiStandIn, models: Models, instrument: RigInstrument) -> None:
        self.instrument = instrument
        self.server = server
        self.models = models

    def traffic(self) -> int:
        return len(self.server.asked)

    def _commands(self) -> list[Received]:
        return [each for each in self.server.asked if each.tag.startswith("new")]

    def changes(self) -> list[str]:
        return [each.name for each in self._commands() if each.name != "CONNECTION"]

    def arrived(self, ability: Ability) -> int:
        if ability not in PROPERTIES:
            return 0
        name, member = PROPERTIES[ability]
        told = [each for each in self._commands() if each.name == name and member in each.values]
        if ability is Ability.START:  # not those that go on with a series
            return min(len(told), self._starts(told))
        return len(told)

    def _starts(self, told: list[Received]) -> int:
        taken = self.models.camera.taken
        return len(told) - min(taken, max(len(told) - 1, 0))

    def truth(self) -> Truth:
        models = self.models
        models.mount.run()
        return Truth(
            parked=models.mount.is_parked,
            filter=models.wheel.filters[models.wheel.at],
            exposure_s=self.instrument.exposure_s or 0.0,
            gain=models.camera.gain_,
            heater_percent=round(models.switch.values[FAN]),
            taking=self.instrument.taking,
            position=PositionJNow(models.mount.ra_hours, models.mount.dec_deg),
        )

    def held(self) -> dict[str, bytes]:
        root = self.instrument.files.root
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in (root / f"{TARGET.name}_sub").glob("*.fit")
        }

    def listeners(self) -> int:
        return 0

    def _property(self, ability: Ability) -> str:
        return PROPERTIES.get(ability, ("",))[0]

    def lose_reply(self, ability: Ability) -> None:
        self.server.faults.mute.add(self._property(ability))

    def answer_after_timeout(self, ability: Ability) -> None:
        self.server.faults.delay[self._property(ability)] = LATE_S

    def refuse(self, ability: Ability) -> None:
        self.server.faults.refuse.add(self._property(ability))

    def take_away(self, ability: Ability) -> None:
        self.server.faults.take_away.add(self._property(ability))

    def talk_nonsense(self, value: Any) -> None:
        self.server.faults.nonsense.append(value)

    def never_arrive(self) -> None:
        self.models.mount.misses_by_deg = 3.0

    def never_end(self) -> None:
        self.models.mount.never_ends = True

    def mend(self) -> None:
        self.server.faults.clear()

    async def cut(self) -> None:
        self.server.cut()

    async def restart(self) -> None:
        self.models.mount.abortslew()
        self.models.mount.is_tracking = False
        await self.server.restart()

    async def vanish(self) -> None:
        await self.server.stop()

    async def use_by_somebody_else(self) -> None:
        mount = self.models.mount
        mount.unpark()
        mount.set_tracking(True)
        mount.slewtocoordinatesasync(9.5, 60.0)
        await until(lambda: not mount.is_slewing)

    async def is_under_way(self, ability: Ability) -> None:
        assert ability is Ability.GOTO
        await until(lambda: self.models.mount.is_slewing)


def indi_devices(address: str, name: str = "garden") -> list[DeviceSettings]:
    """The settings of the stand-in's devices."""
    names = {
        "mount": "Mount",
        "camera": CAMERA,
        "wheel": "Wheel",
        "focuser": "Focuser",
        "heater": "Dew",
    }
    return [
        DeviceSettings(
            instrument=name,
            role=role,  # type: ignore[arg-type]
            protocol="indi",
            address=address,
            unique_id=device,
            property="DEW_PWM.DEW_A" if role == "heater" else "",
        )
        for role, device in names.items()
    ]


def indi_rig() -> Factory:
    """A rig with every device, on its stand-in."""

    @asynccontextmanager
    async def made(folder: Path, *, read_only: bool) -> AsyncIterator[Subject]:
        hold_frames(folder)
        clock = Clock(BEGIN, datetime.now(UTC), SPEED)
        models = Models(clock)
        server = models.stand_in()
        await server.start()
        settings = InstrumentSettings(name="garden", settle=1.0)
        instrument = RigInstrument(
            settings,
            indi_devices(f"{server.host}:{server.port}"),
            PointingLimits(settings, Horizon(), Place(16.0, 48.0), ClearSky(), clock),
            clock,
            FolderFiles(folder, InlineWriter()),
            read_only=read_only,
            patience_s=PATIENCE_S,
            read_s=READ_S,
        )
        try:
            await instrument.open()
            yield IndiRig(server, models, instrument)
        finally:
            await instrument.close()
            await server.stop()

    return made
