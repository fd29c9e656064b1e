"""A rig as an `Instrument`: what it is told goes to mount, camera, wheel and heater."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    DeviceError,
    OperationAborted,
    OperationFailed,
    ScopeBusy,
    ScopeTimeout,
    UsageError,
)
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments import instructions as told
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
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.rig.abilities import NEEDS, error_of, missing_of
from crowdsky_tui.instruments.rig.by_pictures import centring_of, sweep_of
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.files import FolderFiles, frames_of
from crowdsky_tui.instruments.rig.focus_sweep import FocusSweep, StarWidths
from crowdsky_tui.instruments.rig.frame_facts import Optics, frame_facts
from crowdsky_tui.instruments.rig.header import FrameFacts
from crowdsky_tui.instruments.rig.limits import PointingLimits, plan_goto
from crowdsky_tui.instruments.rig.looking import looks
from crowdsky_tui.instruments.rig.mount import Mount
from crowdsky_tui.instruments.rig.operation import PATIENCE_S, Operation, Stops
from crowdsky_tui.instruments.rig.part_instructions import PartInstruction
from crowdsky_tui.instruments.rig.rig_parts import RigParts
from crowdsky_tui.instruments.rig.series import FrameSeries
from crowdsky_tui.instruments.rig.shared import Exposures, Gate
from crowdsky_tui.instruments.rig.solvers import Solver
from crowdsky_tui.instruments.rig.used_by_others import used_by_others
from crowdsky_tui.instruments.state import Activity, InstrumentState, Readings
from crowdsky_tui.photometry.focus_messages import FocusCurve
from crowdsky_tui.sky.coordinates import SkyTarget
from crowdsky_tui.store.store import ScopeState


class RigInstrument(Instrument):
    """Devices on one mount. `open` connects them, `close` lets go of the connections.

    Somebody else's is a mount that moves or follows a place, or a camera that exposes, without a
    word from here. `patience_s`: real seconds that each instruction has at least. Without a
    `solver` a goto ends where the mount says that it is there, without `stars` it finds no focus.
    """

    def __init__(  # noqa: PLR0913 - options by name
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
        solver: Solver | None = None,
        stars: StarWidths | None = None,
    ) -> None:
        super().__init__(settings.name, clock, read_only=read_only)
        self._settings = settings
        self._parts = parts = RigParts(settings, devices, clock, read_s=read_s)
        self._devices = parts.devices
        self._limits = limits
        self._files = files
        self._patience_s = patience_s
        self._readings = Readings(clock)
        self._shared = parts.shared_mount
        self._shared.rigs.add(self)
        self._stops = Stops(self._shared.stops)
        gates = (self._shared.gate, parts.focuser_gate)
        self._exposures = Exposures(self, gates, clock)
        self._link, self._reason = ScopeState.CONNECTING, ""
        self._mount, self._camera = parts.mount, parts.camera
        self._wheel, self._heater = parts.wheel, parts.heater
        self._series = (
            FrameSeries(
                self.name, self._camera, files, clock, self._exposures, patience_s=patience_s
            )
            if self._camera
            else None
        )
        self._centring = centring_of(settings, parts, files, solver)
        self._solved_at, self._stays = -1, False
        alone = Exposures(self, gates[:1], clock)
        self._sweep = sweep_of(settings, parts, files, stars, alone)
        self._unique_id = settings.unique_id or next(
            (each.unique_id for each in devices if each.unique_id), settings.name
        )

    async def open(self) -> None:
        """Connect the devices and learn what they can. Raises DeviceError for the first that fails.

        What cannot be opened now is tried again with every look.
        """
        for role in self._devices.roles:
            await self._parts.opened(role)

    async def close(self) -> None:
        """End the frames and let go of the connections; the devices stay as they are."""
        self._shared.rigs.discard(self)
        if self._series is not None:
            await self._series.close()
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
        missing = missing_of(self._devices)
        if self._heater is not None and not self._heater.writable:
            missing[Ability.HEATER] = Missing(Lack.NO_SUCH_PART, "its switch can only be read")
        if self._sweep is None and Ability.FOCUS not in missing:
            missing[Ability.FOCUS] = Missing(Lack.NO_SUCH_PART, "nothing here measures stars")
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
        if isinstance(instruction, told.Goto):
            centres = self._centring is not None
            return await plan_goto(self._limits, instruction.target, centres=centres)
        return InstructionPlan((f"{instruction.doing}, and look until it is so",))

    def recognise(self, target: SkyTarget) -> None:
        self._shared.target = target
        self._readings.note(target=target.name)
        if self._mount is not None:
            self._mount.recognise(target)

    # --- looking ---------------------------------------------------------------------------------

    async def look(self) -> InstrumentState:
        asked = looks(self._parts, self._series, self._readings)
        found = await asyncio.gather(*(error_of(look) for _, look in asked))
        errors = [(role, error) for (role, _), error in zip(asked, found, strict=True) if error]
        if not errors:
            self._readings.note(used_by_others=await self._used_by_others(just_seen=True))
            self._link, self._reason = ScopeState.READY, ""
            return self.state
        role, error = errors[0]
        slow = len(errors) < len(asked) or isinstance(error, ScopeTimeout)
        self._link = ScopeState.STALLED if slow else ScopeState.OFF
        self._reason = f"the {role}: {error}"
        if len(errors) == len(asked):
            raise error
        return self.state

    # --- what `operate` needs --------------------------------------------------------------------

    async def _used_by_others(self, *, just_seen: bool = False) -> str:
        camera = None if self.taking else self._camera
        return await used_by_others(self._parts, self._mount, camera, just_seen=just_seen)

    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        is_stop = isinstance(instruction, told.Stop)
        if isinstance(instruction, told.Stop):
            self._note_stop(instruction.ends)
        operation = Operation(
            f"{self.name}: {instruction.doing}",
            self.clock,
            self._patience_s,
            self._stops,
            stoppable=not is_stop,
        )
        on_progress(None, instruction.doing)
        role = NEEDS[instruction.ability][0] if instruction.ability in NEEDS else None
        if role is not None and (self._devices.get(role) or not is_stop):
            await self._parts.opened(role)
        if self.taking and isinstance(instruction, told.SetFilter | told.SetGain | told.Focus):
            raise ScopeBusy(f"{self.name} takes frames", "one of them would be mixed", "Stop them")
        match instruction:
            case told.Start() if self._camera and self._series:
                return await self._start(operation, self._camera, self._series)
            case told.Focus() if self._sweep:
                return await self._focus(operation, self._sweep, on_progress)
            case told.SetFilter() if self._wheel:
                return await self._wheel.set(operation, instruction.name)
            case told.SetExposure() if self._camera:
                return await self._camera.set_exposure(operation, instruction.seconds)
            case told.SetGain() if self._camera:
                return await self._camera.set_gain(operation, instruction.gain)
            case told.SetHeater() if self._heater:
                return await self._heater.set(operation, instruction.percent)
        return await self._move(operation, instruction, on_progress)

    async def _move(
        self, operation: Operation, instruction: Instruction, on_progress: Progress
    ) -> Done:
        if isinstance(instruction, told.Stop) and self._mount is None:
            await self.end_frames(operation)
            return Done("stopped", "no frames are taken")
        mount = self._opened_mount()
        match instruction:
            case told.Unpark():
                async with self._shared.gate.moving(self, operation):
                    return await mount.unpark(operation)
            case told.Goto():
                return await self._goto(operation, instruction, mount, on_progress)
            case told.Park():
                async with (
                    self._frames_ended(operation, of_all=True),
                    self._shared.gate.moving(self, operation),
                ):
                    return await mount.park(operation)
            case told.Stop():
                if self._only_frames(instruction.ends):
                    await self.end_frames(operation)
                    return Done("stopped", "no frames are taken")
                self._shared.gate.moves += 1  # it waits for nobody
                async with self._frames_ended(operation, of_all=True):
                    return await mount.stop(operation)
        raise TypeError(f"a rig knows no {type(instruction).__name__}")

    async def _goto(
        self, operation: Operation, instruction: told.Goto, mount: Mount, on_progress: Progress
    ) -> Done:
        """Slew, and centre where pictures can be solved."""
        target, shared = instruction.target, self._shared
        await self._limits.check(target)
        await self.end_frames(operation)
        async with shared.gate.moving(self, operation):
            shared.target = target
            try:
                done = await mount.goto(operation, target, resume=instruction.resume)
                self._readings.note(target=target.name)
                if self._centring is None:
                    return done
                await self._parts.opened("camera")
                text = await self._centring.centre(operation, target, on_progress)
            except OperationFailed:  # nobody knows what the other cameras would show
                await shared.end_frames_of_others(self, operation)
                raise
            self._solved_at = shared.gate.moves
        return Done(done.state, f"{done.text}: {text}", operation.elapsed_s)

    def _only_frames(self, ends: Ends) -> bool:
        return ends is Ends.FRAMES or (ends is Ends.NEXT and self.taking)

    def _note_stop(self, ends: Ends) -> None:
        """What is under way ends; for every rig on the mount unless only frames are meant."""
        (self._stops if self._only_frames(ends) else self._shared.stops).tell()

    @contextlib.asynccontextmanager
    async def _frames_ended(self, operation: Operation, *, of_all: bool) -> AsyncIterator[None]:
        """End the frames before; what goes wrong with a camera is raised after the mount."""
        trouble: DeviceError | None = None
        try:
            await self.end_frames(operation)
            if of_all:
                await self._shared.end_frames_of_others(self, operation)
        except OperationAborted:
            raise
        except DeviceError as error:
            trouble = error
        yield
        if trouble is not None:
            raise trouble

    async def end_frames(self, operation: Operation) -> None:
        """End what the camera takes, without a picture: nothing moves while it exposes."""
        if self._series is not None:
            await self._series.end()
        if self._camera is not None:
            await self._camera.abort(operation)
        self._exposures.end()

    @property
    def focus_found(self) -> FocusCurve | None:
        """What the last focus sweep has found; None before the first."""
        return self._sweep.found if self._sweep else None

    @property
    def series(self) -> FrameSeries | None:
        """The frames of its camera; None without one."""
        return self._series

    @property
    def taking(self) -> bool:
        """Whether a series of frames is being taken here."""
        return self._series is not None and self._series.running

    async def _start(self, operation: Operation, camera: Camera, series: FrameSeries) -> Done:
        """Begin frames where it points; their target is the last that it was sent to."""
        if series.running:
            return Done("stacking", "frames are being taken already")
        await self._exposures.begin(camera.exposure_s)
        try:
            if self._mount is not None:
                await self._mount.check_follows(operation)
                self._stays = not await self._mount.taken_away()
            begun = self.clock.now()
            await camera.start(operation)
            series.begin(self._own_frame_facts, begun)
        finally:
            if not series.running:
                self._exposures.end()
        return Done("stacking", "frames are being taken", operation.elapsed_s)

    async def _focus(self, operation: Operation, sweep: FocusSweep, on_progress: Progress) -> Done:
        if self._mount is not None:
            await self._mount.check_follows(operation)
        await self._parts.opened("camera")
        self._readings.note(activity=Activity.FOCUSING)
        async with self._parts.focuser_gate.moving(self, operation):
            return await sweep.run(operation, on_progress)

    async def _own_frame_facts(self, begun: datetime, seconds: float) -> FrameFacts:
        """Those of a frame in a series. Raises ScopeBusy where the mount was taken away."""
        others = await self._mount.taken_away() if self._mount and self._stays else ""
        if others:
            raise ScopeBusy(f"{self.name} shows something else", others)
        return await self._frame_facts(begun, seconds)

    async def _frame_facts(self, begun: datetime, seconds: float) -> FrameFacts:
        optics = Optics(self.name, self._settings.focal_mm, self._settings.aperture_mm)
        step = self._readings.state(self._link, "", "").focus_step.value
        target, middle = self._shared.target, begun + timedelta(seconds=seconds / 2)
        facts = await frame_facts(optics, self._camera, self._wheel, target)
        stays = self._solved_at == self._shared.gate.moves
        solution = self._centring.solution if self._centring and stays else None
        return msgspec.structs.replace(
            facts,
            begun=begun,
            exposure_s=seconds,
            focus_step=step,
            airmass=await self._limits.airmass(target, middle),
            wcs=solution.cards if solution else (),
        )

    def _opened_mount(self) -> Mount:
        if self._mount is None:
            raise UsageError(f"{self.name} has no mount")
        return self._mount

    async def tell_part(self, part: PartInstruction) -> Done:
        """Tell one device what only rigs know, under the rules of `operate` but for a stop."""
        refuse_if_read_only(read_only=self.read_only, doing=f"{self.name}: {part.doing}")
        with self._taken(part):
            if self.taking:
                raise ScopeBusy(f"{self.name} takes frames", "one would be spoilt", "Stop them")
            await self._parts.opened(part.role)
            doing = f"{self.name}: {part.doing}"
            operation = Operation(doing, self.clock, self._patience_s, self._stops)
            gate = self._parts.focuser_gate if part.role == "focuser" else Gate()
            async with gate.moving(self, operation):
                return await part.carry_out(self._devices.need(part.role), operation)
