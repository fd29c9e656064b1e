"""A rig as an `Instrument`: what it is told goes to mount, camera, wheel and heater."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DeviceError,
    NotOffered,
    ScopeTimeout,
    UsageError,
)
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings, Role
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.alpaca.answers import whole
from crowdsky_tui.instruments.alpaca.connection import READ_S
from crowdsky_tui.instruments.instructions import Ability, Ends, Instruction
from crowdsky_tui.instruments.interface import (
    Capabilities,
    Done,
    Frame,
    InstructionPlan,
    Instrument,
    InstrumentFacts,
    Lack,
    Missing,
    Progress,
)
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.devices import RigDevices
from crowdsky_tui.instruments.rig.files import FolderFiles, frames_of
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.rig.mount import Mount
from crowdsky_tui.instruments.rig.operation import PATIENCE_S, Operation, Stops
from crowdsky_tui.instruments.rig.parts import Heater, Wheel
from crowdsky_tui.instruments.state import Activity, InstrumentState, Readings
from crowdsky_tui.sky.coordinates import SkyTarget
from crowdsky_tui.store.store import ScopeState

NEEDS: dict[Ability, tuple[Role, tuple[str, ...]]] = {
    Ability.UNPARK: ("mount", ("unpark",)),
    Ability.PARK: ("mount", ("park",)),
    Ability.GOTO: ("mount", ("slewtocoordinatesasync",)),
    Ability.STOP: ("mount", ()),
    Ability.FILTER: ("wheel", ("position", "names")),
    Ability.EXPOSURE: ("camera", ("startexposure",)),
    Ability.GAIN: ("camera", ("gain",)),
    Ability.HEATER: ("heater", ("setswitchvalue",)),
}
"""The device that an ability hangs on, and the members without which it is not there."""
NO_WORD = {
    Ability.START: "it does not take series of frames yet",
    Ability.FOCUS: "Alpaca has no word for focusing by the stars",
    Ability.RESTART: "Alpaca has no word for it",
    Ability.SHUT_DOWN: "Alpaca has no word for it",
}


class RigInstrument(Instrument):
    """Devices on one mount. `open` connects them, `close` lets go of the connections.

    Somebody else's is a mount that moves or follows a place, or a camera that exposes, without a
    word from here. `patience_s`: real seconds that each instruction has at least.
    """

    def __init__(
        self,
        settings: InstrumentSettings,
        devices: Sequence[DeviceSettings],
        limits: PointingLimits,
        clock: Clock,
        files: FolderFiles,
        *,
        read_only: bool = False,
        patience_s: float = PATIENCE_S,
        read_s: float = READ_S,
    ) -> None:
        super().__init__(settings.name, clock, read_only=read_only)
        self._settings = settings
        self._devices = RigDevices(devices, read_s=read_s)
        self._limits = limits
        self._files = files
        self._patience_s = patience_s
        self._readings = Readings(clock)
        self._stops = Stops()
        self._link, self._reason = ScopeState.CONNECTING, ""
        mount, camera = self._devices.get("mount"), self._devices.get("camera")
        wheel, heater = self._devices.get("wheel"), self._devices.get("heater")
        switch = next((each.switch for each in devices if each.role == "heater"), 0)
        self._mount = Mount(mount, clock, settings.settle) if mount else None
        self._camera = Camera(camera) if camera else None
        self._wheel = Wheel(wheel) if wheel else None
        self._heater = Heater(heater, switch) if heater else None
        self._unique_id = settings.unique_id or next(
            (each.unique_id for each in devices if each.unique_id), settings.name
        )

    async def open(self) -> None:
        """Connect the devices and learn what they can. Raises DeviceError for the first that fails.

        What cannot be opened now is tried again with every look.
        """
        for role in self._devices.roles:
            await self._opened(role)

    async def _opened(self, role: Role) -> None:
        """Make sure that a device is connected, and that it was asked for its ranges since."""
        if self._devices.is_open(role):
            return
        await self._devices.open(role)
        learns = {"camera": self._camera, "wheel": self._wheel, "heater": self._heater}
        part = learns.get(role)
        if part is not None:
            await part.learn()

    async def close(self) -> None:
        """Let go of the connections; the devices stay as they are."""
        await self._devices.close()

    @property
    def facts(self) -> InstrumentFacts:
        return InstrumentFacts(
            "rig",
            self.name,
            unique_id=self._unique_id,
            focal_mm=self._settings.focal_mm or None,
        )

    @property
    def capabilities(self) -> Capabilities:
        missing = {ability: Missing(Lack.PROTOCOL, why) for ability, why in NO_WORD.items()}
        for ability, (role, members) in NEEDS.items():
            device = self._devices.get(role)
            if device is None:
                missing[ability] = Missing(Lack.NO_SUCH_PART, f"there is no {role}")
            elif gone := [member for member in members if member in device.missing]:
                text = f"the driver of its {role} does not do {gone[0]}"
                missing[ability] = Missing(Lack.NO_SUCH_PART, text)
        if self._heater is not None and not self._heater.writable:
            missing[Ability.HEATER] = Missing(Lack.NO_SUCH_PART, "its switch can only be read")
        camera, wheel = self._camera, self._wheel
        return Capabilities(
            missing,
            filters=wheel.names if wheel else (),
            exposure_range_s=camera.exposure_range_s if camera else None,
            gain_range=camera.gain_range if camera else None,
        )

    @property
    def state(self) -> InstrumentState:
        return self._readings.state(self._link, self._reason, self.doing)

    @property
    def files(self) -> FolderFiles:
        return self._files

    @property
    def exposure_s(self) -> float | None:
        """The exposure of the frames to come, in seconds; None without a camera."""
        return self._camera.exposure_s if self._camera else None

    async def frames(self, target: str) -> tuple[Frame, ...]:
        return await frames_of(self._files, target)

    async def plan(self, instruction: Instruction) -> InstructionPlan:
        if not isinstance(instruction, told.Goto):
            return InstructionPlan((f"{instruction.doing}, and look until it is so",))
        try:
            seen = await self._limits.check(instruction.target)
        except DeviceError as error:
            return InstructionPlan(warnings=(str(error),))
        steps = (
            "unpark the mount if need be",
            "follow the sky",
            f"go to {instruction.target.name}",
        )
        return InstructionPlan(steps, altitude_deg=seen.altitude_deg)

    def recognise(self, target: SkyTarget) -> None:
        if self._mount is not None:
            self._mount.recognise(target)

    # --- looking ---------------------------------------------------------------------------------

    async def look(self) -> InstrumentState:
        asked = self._looks()
        found = await asyncio.gather(*(_error_of(look) for _, look in asked))
        errors = [(role, error) for (role, _), error in zip(asked, found, strict=True) if error]
        if not errors:
            self._readings.note(used_by_others=await self._used_by_others())
            self._link, self._reason = ScopeState.READY, ""
            return self.state
        role, error = errors[0]
        slow = len(errors) < len(asked) or isinstance(error, ScopeTimeout)
        self._link = ScopeState.STALLED if slow else ScopeState.OFF
        self._reason = f"the {role}: {error}"
        if len(errors) == len(asked):
            raise error
        return self.state

    def _looks(self) -> list[tuple[Role, Awaitable[None]]]:
        """A look at each device that it has."""
        looks: list[tuple[Role, Awaitable[None]]] = []
        if self._mount is not None:
            looks.append(("mount", self._look_at_mount(self._mount)))
        if self._camera is not None:
            looks.append(("camera", self._look_at_camera(self._camera)))
        if self._wheel is not None:
            looks.append(("wheel", self._look_at_wheel(self._wheel)))
        if self._heater is not None:
            looks.append(("heater", self._look_at_heater(self._heater)))
        if self._devices.get("focuser") is not None:
            looks.append(("focuser", self._look_at_focuser()))
        return looks

    async def _look_at_mount(self, mount: Mount) -> None:
        await self._opened("mount")
        reading = await mount.read()
        self._readings.note(
            position=reading.position,
            parked=reading.parked,
            moving=reading.slewing,
            tracking=reading.tracking,
        )
        if reading.slewing is not None and reading.tracking is not None:
            following = Activity.LOOKING if reading.tracking else Activity.RESTING
            self._readings.note(activity=Activity.MOVING if reading.slewing else following)

    async def _look_at_camera(self, camera: Camera) -> None:
        await self._opened("camera")
        self._readings.note(
            exposure_s=camera.exposure_s,
            gain=await camera.gain(),
            temperature_c=await camera.temperature_c(),
        )

    async def _look_at_wheel(self, wheel: Wheel) -> None:
        await self._opened("wheel")
        self._readings.note(filter=await wheel.read())

    async def _look_at_focuser(self) -> None:
        await self._opened("focuser")
        said = await self._devices.need("focuser").state("position", "temperature")
        self._readings.note(focus_step=whole(said.get("position"), 0))

    async def _look_at_heater(self, heater: Heater) -> None:
        await self._opened("heater")
        self._readings.note(heater_percent=await heater.read())

    # --- what `operate` needs --------------------------------------------------------------------

    async def _used_by_others(self) -> str:
        if self._mount is not None:
            others = self._mount.used_by_others(await self._mount.read())
            if others:
                return others
        if self._camera is not None and await self._camera.exposes():
            return "its camera takes a picture that was not begun here"
        return ""

    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        is_stop = isinstance(instruction, told.Stop)
        if is_stop:
            self._stops.count += 1
        operation = Operation(
            f"{self.name}: {instruction.doing}",
            self.clock,
            self._patience_s,
            self._stops,
            stoppable=not is_stop,
        )
        on_progress(None, instruction.doing)
        match instruction:
            case told.SetFilter() if self._wheel:
                return await self._wheel.set(operation, instruction.name)
            case told.SetExposure() if self._camera:
                return await self._camera.set_exposure(operation, instruction.seconds)
            case told.SetGain() if self._camera:
                return await self._camera.set_gain(operation, instruction.gain)
            case told.SetHeater() if self._heater:
                return await self._heater.set(operation, instruction.percent)
        return await self._move(operation, instruction)

    async def _move(self, operation: Operation, instruction: Instruction) -> Done:
        mount = self._opened_mount()
        match instruction:
            case told.Unpark():
                return await mount.unpark(operation)
            case told.Goto():
                await self._limits.check(instruction.target)
                await self._end_frames(operation)
                resume = instruction.resume
                done = await mount.goto(operation, instruction.target, resume=resume)
                self._readings.note(target=instruction.target.name)
                return done
            case told.Park():
                await self._end_frames(operation)
                return await mount.park(operation)
            case told.Stop():
                await self._end_frames(operation)
                if instruction.ends is Ends.FRAMES:
                    return Done("stopped", "no frames are taken")
                return await mount.stop(operation)
        raise TypeError(f"a rig knows no {type(instruction).__name__}")

    async def _end_frames(self, operation: Operation) -> None:
        """What the camera takes ends without a picture: nothing moves while it exposes."""
        if self._camera is not None:
            await self._camera.abort(operation)

    def _opened_mount(self) -> Mount:
        if self._mount is None:
            raise UsageError(f"{self.name} has no mount")
        return self._mount


async def _error_of(look: Awaitable[Any]) -> DeviceError | None:
    """Await `look`; the error that it ended with. A gap in a driver is none of the connection's."""
    try:
        await look
    except NotOffered:
        return None
    except DeviceError as error:
        return error
    except CrowdSkyError as error:
        return DeviceError(error.what, error.why, error.next_step)
    return None
