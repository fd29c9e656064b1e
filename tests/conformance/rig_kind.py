"""A rig of Alpaca devices on its stand-in, as a kind of instrument."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from subject import INSTRUCTIONS, TARGET, Factory, Subject, Truth

sys.path.insert(0, str(Path(__file__).parent.parent / "contract"))

from alpaca_kit import BEGIN, every_device
from device_kit import until

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.fits.frame_file import write_frame
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.rig.seestar import SeestarByAlpaca
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.members import Device
from crowdsky_tui.simulator.alpaca.parts import FilterWheel, Focuser, Switch
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.alpaca.telescope import Telescope
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import Pointing

SPEED = 100.0
READ_S, LATE_S, PATIENCE_S = 0.4, 0.6, 1.2
FAN = 1
"""The switch of the stand-in that has 0 to 100 percent."""
MEMBERS = {
    Ability.UNPARK: "telescope/unpark",
    Ability.PARK: "telescope/park",
    Ability.GOTO: "telescope/slewtocoordinatesasync",
    Ability.STOP: "telescope/tracking",
    Ability.START: "camera/startexposure",
    Ability.FILTER: "filterwheel/position",
    Ability.GAIN: "camera/gain",
    Ability.HEATER: "switch/setswitchvalue",
    Ability.FOCUS: "focuser/move",
}
CONNECTING = ("connect", "connected")
INVALID_OPERATION, NOT_IMPLEMENTED = 1035, 1024


class ClearSky:
    """Everything stands high, and the Sun is far."""

    async def pointing(self, position: PositionJ2000, place: Place, when: datetime) -> Pointing:
        return Pointing(50.0, 180.0, 120.0)


class InlineWriter:
    """Writes frames as the science child does, in this process."""

    async def write_frame(self, request: FrameFileRequest) -> None:
        await asyncio.to_thread(write_frame, request)


class AlpacaRig(Subject):
    kept_here = frozenset({Ability.EXPOSURE})
    instrument: RigInstrument

    def __init__(self, server: AlpacaStandIn, instrument: RigInstrument) -> None:
        self.instrument = instrument
        self.server = server
        self._faults = server.faults.members
        kinds = {type(device): device for device in server.devices}
        self._devices: dict[type, Any] = dict(kinds)

    def device(self, kind: type) -> Any:
        return self._devices[kind]

    def traffic(self) -> int:
        return len(self.server.requests)

    def changes(self) -> list[str]:
        told = [call.path for call in self.server.requests if call.method == "PUT"]
        return [path for path in told if path.rpartition("/")[2] not in CONNECTING]

    def arrived(self, ability: Ability) -> int:
        kind, _, member = MEMBERS[ability].partition("/")
        told = [
            call
            for call in self.server.requests
            if call.path.endswith(("/imagearray", "/startexposure"))
        ]
        calls = [call for call in self.server.calls("PUT", member) if f"/{kind}/" in call.path]
        if ability is Ability.START:  # not those that go on with a series
            goes_on = {at + 1 for at, call in enumerate(told) if call.path.endswith("/imagearray")}
            return sum(at not in goes_on for at, call in enumerate(told) if call in calls)
        if ability is Ability.STOP:
            calls = [call for call in calls if "false" in str(call).lower()]
        return len(calls)

    def truth(self) -> Truth:
        mount, camera = self.device(Telescope), self.device(Camera)
        mount.run()
        wheel = self.device(FilterWheel)
        return Truth(
            parked=mount.is_parked,
            filter=wheel.filters[wheel.at],
            exposure_s=self.instrument.exposure_s or 0.0,
            gain=camera.gain_,
            heater_percent=self.heater_percent(),
            taking=self.instrument.taking,
            position=PositionJ2000(15 * mount.ra_hours, mount.dec_deg),
        )

    def heater_percent(self) -> int:
        return int(self.device(Switch).values[FAN])

    def held(self) -> dict[str, bytes]:
        root = self.instrument.files.root
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in (root / f"{TARGET.name}_sub").glob("*.fit")
        }

    def listeners(self) -> int:
        return 0

    def _fault(self, ability: Ability, kind: Any, value: Any = None) -> None:
        if ability in MEMBERS:
            self._faults[MEMBERS[ability]] = Fault(kind, value, method="PUT")

    def lose_reply(self, ability: Ability) -> None:
        self._fault(ability, "mute")

    def answer_after_timeout(self, ability: Ability) -> None:
        self._fault(ability, "slow", LATE_S)

    def refuse(self, ability: Ability) -> None:
        self._fault(ability, "error", INVALID_OPERATION)

    def take_away(self, ability: Ability) -> None:
        self._fault(ability, "error", NOT_IMPLEMENTED)

    def talk_nonsense(self, value: Any) -> None:
        self._faults["*"] = Fault("value", value, method="GET")

    def never_arrive(self) -> None:
        self.device(Telescope).misses_by_deg = 3.0

    def never_end(self) -> None:
        self.device(Telescope).never_ends = True

    def mend(self) -> None:
        self._faults.clear()

    async def cut(self) -> None:
        self.server.cut()

    async def restart(self) -> None:
        mount = self.device(Telescope)
        mount.abortslew()
        mount.is_tracking = False
        await self.server.restart()

    async def vanish(self) -> None:
        await self.server.stop()

    async def use_by_somebody_else(self) -> None:
        mount = self.device(Telescope)
        mount.unpark()
        mount.set_tracking(True)
        mount.slewtocoordinatesasync(9.5, 60.0)
        await until(lambda: not mount.is_slewing)

    async def is_under_way(self, ability: Ability) -> None:
        assert ability is Ability.GOTO
        await until(lambda: self.device(Telescope).is_slewing)


def rig_devices(address: str, name: str = "garden", *, switch: int = FAN) -> list[DeviceSettings]:
    """The settings of the stand-in's devices."""
    identities = {
        "mount": "mount-1",
        "camera": "camera-1",
        "wheel": "wheel-1",
        "focuser": "focuser-1",
        "heater": "switch-1",
    }
    return [
        DeviceSettings(
            instrument=name,
            role=role,  # type: ignore[arg-type]
            address=address,
            unique_id=identity,
            switch=switch if role == "heater" else 0,
        )
        for role, identity in identities.items()
    ]


def hold_frames(folder: Path) -> None:
    """Three frames of an earlier night."""
    held = folder / f"{TARGET.name}_sub"
    held.mkdir()
    for minute in range(3):
        name = f"Light_{TARGET.name}_10.0s_IR_20260227-23{minute:02}00.fit"
        (held / name).write_bytes(bytes(range(256)) * 12)


def seestar_devices(clock: Clock) -> list[Device]:
    """What a Seestar's own server has: no side of the pier, a heater that is on or off."""
    return [
        Telescope("Telescope", "mount-1", clock, seestar=True),
        Camera("Camera", "camera-1", clock),
        Focuser("Focuser", "focuser-1", clock),
        FilterWheel("Wheel", "wheel-1", clock),
        Switch("Simulated switch", "switch-1", count=1),
    ]


class FreeWay:
    """The control socket is closed to us."""

    async def in_use(self) -> str:
        return ""


class SeestarRig(AlpacaRig):
    instructions = INSTRUCTIONS | {Ability.HEATER: told.SetHeater(100)}

    def heater_percent(self) -> int:
        return int(100 * self.device(Switch).values[0])


def rig(*, modern: bool = True, seestar: bool = False) -> Factory:
    """A rig with every device, on its stand-in; or a Seestar's own server."""

    @asynccontextmanager
    async def made(folder: Path, *, read_only: bool) -> AsyncIterator[Subject]:
        hold_frames(folder)
        clock = Clock(BEGIN, datetime.now(UTC), SPEED)
        every = seestar_devices(clock) if seestar else every_device(clock, modern=modern)
        server = AlpacaStandIn(every)
        await server.start()
        settings = InstrumentSettings(name="garden", settle=1.0)
        limits = PointingLimits(settings, Horizon(), Place(16.0, 48.0), ClearSky(), clock)
        form = partial(SeestarByAlpaca, other_way=FreeWay()) if seestar else RigInstrument
        instrument = form(
            settings,
            rig_devices(f"{server.host}:{server.port}", switch=0 if seestar else FAN),
            limits,
            clock,
            FolderFiles(folder, InlineWriter()),
            read_only=read_only,
            patience_s=PATIENCE_S,
            read_s=READ_S,
        )
        try:
            await instrument.open()
            yield (SeestarRig if seestar else AlpacaRig)(server, instrument)
        finally:
            await instrument.close()
            await server.stop()

    return made
