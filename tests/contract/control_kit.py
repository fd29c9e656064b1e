"""A `ScopeControl` joined to the telescope stand-in, on a fast clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from device_kit import joined
from seestar_kit import running

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Ends, Instruction
from crowdsky_tui.instruments.interface import Done, InstructionPlan, Progress, quiet
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.telemetry import Telemetry, read_telemetry
from crowdsky_tui.instruments.seestar.instrument import SeestarInstrument
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.sky.catalog import NotFound, find_target
from crowdsky_tui.sky.coordinates import SkyTarget

SPEED = 300.0


class InlineCatalog:
    """Looks targets up as the science child does, in this process."""

    async def find_target(self, typed: str, when: datetime) -> SkyTarget:
        try:
            return await asyncio.to_thread(find_target, typed, when)
        except NotFound as missing:
            raise UsageError("there is no such target", str(missing)) from missing


class ProgressLog:
    """Keeps what progress was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.fractions: list[float] = []

    def __call__(self, fraction: float | None, text: str) -> None:
        self.lines.append(text)
        if fraction is not None:
            self.fractions.append(fraction)


class Control:
    """What a user tells a Seestar, one method a thing; targets by their names."""

    def __init__(self, service: SeestarService, **options: Any) -> None:
        self.instrument = SeestarInstrument(service, **options)
        self._service = service

    async def do(self, instruction: Instruction, on_progress: Progress = quiet) -> Done:
        return (await self.instrument.operate(instruction, on_progress, take_over=True)).done

    async def find(self, typed: str | SkyTarget) -> SkyTarget:
        if isinstance(typed, SkyTarget):
            return typed
        return await InlineCatalog().find_target(typed, self.instrument.clock.now())

    async def plan_goto(self, target: str, *, start: bool = True) -> InstructionPlan:
        return await self.instrument.plan(told.Goto(await self.find(target), start))

    async def plan(self, ability: Ability) -> InstructionPlan:
        instructions = {
            Ability.START: told.Start(),
            Ability.STOP: told.Stop(),
            Ability.FOCUS: told.Focus(),
            Ability.PARK: told.Park(),
            Ability.SHUT_DOWN: told.ShutDown(),
        }
        return await self.instrument.plan(instructions[ability])

    async def telemetry(self) -> Telemetry:
        return await read_telemetry(self._service)

    async def goto(
        self, target: str | SkyTarget, on_progress: Progress = quiet, *, start: bool = True
    ) -> Done:
        return await self.do(told.Goto(await self.find(target), start), on_progress)

    async def open_arm(self, on_progress: Progress = quiet) -> Done:
        return await self.do(told.Unpark(), on_progress)

    async def park(self) -> Done:
        return await self.do(told.Park())

    async def start_stacking(self, on_progress: Progress = quiet) -> Done:
        return await self.do(told.Start(), on_progress)

    async def stop_stacking(self) -> Done:
        return await self.do(told.Stop(Ends.FRAMES))

    async def stop(self) -> Done:
        return await self.do(told.Stop())

    async def autofocus(self, on_progress: Progress = quiet) -> Done:
        return await self.do(told.Focus(), on_progress)

    async def set_exposure(self, seconds: float) -> Done:
        return await self.do(told.SetExposure(seconds))

    async def set_filter(self, name: str) -> Done:
        return await self.do(told.SetFilter(name))

    async def set_gain(self, gain: int) -> Done:
        return await self.do(told.SetGain(gain))

    async def set_heater(self, percent: int | None = None) -> Done:
        return await self.do(told.SetHeater(percent))

    async def reboot(self, on_progress: Progress = quiet) -> Done:
        return await self.do(told.Restart(), on_progress)

    async def shutdown(self) -> Done:
        return await self.do(told.ShutDown())


class Rig:
    """A stand-in, its service, its control, and the events that arrived."""

    def __init__(self, scope: SeestarStandIn, service: SeestarService, control: Control) -> None:
        self.scope = scope
        self.service = service
        self.control = control
        self.told = ProgressLog()
        self.events: list[Event] = []
        service.subscribe(self.events.append)

    @property
    def view(self) -> Any:
        return self.scope.view

    def states(self, name: str) -> list[str]:
        """The states of the events of one name, in order of arrival."""
        return [str(event.fields.get("state")) for event in self.events if event.name == name]

    def only_look_after_goto(self) -> None:
        self.scope.state.settings["stack_after_goto"] = False

    def ready_to_stack(self) -> None:
        """Darks and focus were done before."""
        self.scope.session.observer.initialised = True


@asynccontextmanager
async def rig(
    root: Path,
    *,
    speed: float = SPEED,
    faults: Faults | None = None,
    read_only: bool = False,
    patience_s: float = 5.0,
    **profile: Any,
) -> AsyncIterator[Rig]:
    async with (
        running(root, speed=speed, faults=faults, **profile) as scope,
        joined(scope) as service,
    ):
        control = Control(service, read_only=read_only, patience_s=patience_s)
        yield Rig(scope, service, control)
