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
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.control import ScopeControl
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


class Told:
    """Keeps what progress was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.fractions: list[float] = []

    def __call__(self, fraction: float | None, text: str) -> None:
        self.lines.append(text)
        if fraction is not None:
            self.fractions.append(fraction)


class Rig:
    """A stand-in, its service, its control, and the events that arrived."""

    def __init__(
        self, scope: SeestarStandIn, service: SeestarService, control: ScopeControl
    ) -> None:
        self.scope = scope
        self.service = service
        self.control = control
        self.told = Told()
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
        control = ScopeControl(service, InlineCatalog(), read_only=read_only, patience_s=patience_s)
        yield Rig(scope, service, control)
