"""`ScopeControl`: the night's session in your hands, one telescope's.

Every method tells its progress, ends in a `Done` whose effect was read back, or raises: an
OperationFailed that says what happened and what to do, ReadOnlyMode, or another DeviceError.
Nobody is asked here whether they are sure; `plan` and `plan_goto` say what to ask about.
"""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from crowdsky_tui.base.errors import CommandRefused, ScopeBusy, ScopeTimeout, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.seestar.control import (
    camera_settings,
    imaging,
    plans,
    pointing,
    power,
)
from crowdsky_tui.instruments.seestar.control.operations import (
    PATIENCE_S,
    Bench,
    Done,
    Operated,
    Progress,
    is_working,
    quiet,
    read_view,
)
from crowdsky_tui.instruments.seestar.control.plans import GotoPlan, Plan
from crowdsky_tui.instruments.seestar.control.telemetry import Telemetry, read_telemetry
from crowdsky_tui.sky.coordinates import SkyTarget

__all__ = ["Done", "GotoPlan", "Plan", "Progress", "ScopeControl"]


class TargetFinder(Protocol):
    """Whoever knows the sky (`Science` is one); UsageError for what it does not know."""

    async def find_target(self, typed: str, when: datetime) -> SkyTarget: ...


class ScopeControl:
    """What one can tell a telescope. One operation at a time; `stop` may interrupt any.

    `busy_with` is the running operation in plain words, empty if there is none. With `read_only`
    everything that changes the telescope raises ReadOnlyMode.
    """

    def __init__(
        self,
        scope: Operated,
        finder: TargetFinder | None = None,
        *,
        read_only: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.busy_with = ""
        self._scope = scope
        self._finder = finder
        self._read_only = read_only
        self._patience_s = patience_s

    # --- looking -------------------------------------------------------------------------------

    async def find(self, typed: str) -> SkyTarget:
        """The target of a typed name or of J2000 coordinates, precessed to today. UsageError."""
        if self._finder is None:
            raise UsageError(f"{typed!r} cannot be looked up", "there is no catalogue at hand")
        return await self._finder.find_target(typed, self._scope.clock.now())

    async def plan_goto(self, target: str | SkyTarget, *, start: bool = True) -> GotoPlan:
        """Where a goto would lead and how, with warnings (below the horizon, moving)."""
        found = await self.find(target) if isinstance(target, str) else target
        return await plans.plan_goto(self._scope, found, self._scope.clock.now(), start=start)

    async def plan(self, verb: str) -> Plan:
        """What `open`, `park`, `start`, `stop`, `autofocus`, `reboot` or `shutdown` would do."""
        return await plans.plan(self._scope, verb)

    async def telemetry(self) -> Telemetry:
        return await read_telemetry(self._scope)

    # --- arm and mount -------------------------------------------------------------------------

    async def open_arm(self, on_progress: Progress = quiet) -> Done:
        async with self._bench("opening the arm", on_progress) as bench:
            return await pointing.open_arm(bench)

    async def park(self, on_progress: Progress = quiet) -> Done:
        """Stop whatever it does, save the stack, fold the arm."""
        async with self._bench("parking", on_progress) as bench:
            await imaging.stop_view(bench)
            return await pointing.fold_arm(bench)

    async def goto(
        self,
        target: str | SkyTarget | GotoPlan,
        on_progress: Progress = quiet,
        *,
        start: bool = True,
    ) -> Done:
        """Open the arm if need be, save a running stack, slew, solve and centre.

        The filter stays as it is. Most telescopes begin to stack by themselves then; not with
        `start` False (or a plan made so). Cancelling leaves it on its way: `stop` ends that.
        """
        if isinstance(target, str):
            target = await self.find(target)
        if isinstance(target, GotoPlan):
            start = target.start
        found = target.target if isinstance(target, GotoPlan) else target
        async with self._bench(f"going to {clean(found.name, 60)}", on_progress) as bench:
            await imaging.stop_stacking(bench)
            await self._opened(bench)
            lp_filter = await self._observes_with_lp()
            async with self._without_stacking() if not start else contextlib.nullcontext():
                return await pointing.goto(bench, found, lp_filter=lp_filter)

    @contextlib.asynccontextmanager
    async def _without_stacking(self) -> AsyncIterator[None]:
        """Keep the telescope from stacking by itself after a goto, and set it back then."""
        camera = await camera_settings.read_present(self._scope)
        if camera.stacks_after_goto is False:
            yield
            return
        await camera_settings.set_stacks_after_goto(self._scope, False)
        try:
            yield
        finally:
            await camera_settings.set_stacks_after_goto(self._scope, True)

    async def _opened(self, bench: Bench) -> None:
        """Open the arm; while it images, it may be too busy to say that it is open already."""
        try:
            await pointing.open_arm(bench)
        except ScopeTimeout:
            if not is_working(await read_view(bench.scope)):
                raise

    async def _observes_with_lp(self) -> bool:
        try:
            return await camera_settings.read_filter(self._scope) == "LP"
        except CommandRefused:
            return False

    # --- imaging -------------------------------------------------------------------------------

    async def start_stacking(self, restart: bool = True, on_progress: Progress = quiet) -> Done:
        """Begin the live stack; `restart` False goes on with the last one."""
        async with self._bench("starting to stack", on_progress) as bench:
            return await imaging.start_stacking(bench, restart=restart)

    async def stop_stacking(self, on_progress: Progress = quiet) -> Done:
        """End and save the live stack; the telescope stays on its target."""
        async with self._bench("stopping the stack", on_progress) as bench:
            return await imaging.stop_stacking(bench)

    async def stop(self, on_progress: Progress = quiet) -> Done:
        """Stop whatever it does with the sky, also what another operation here has begun."""
        refuse_if_read_only(self._read_only, f"{self._scope.name}: stopping")
        return await imaging.stop_view(Bench(self._scope, on_progress, self._patience_s))

    async def autofocus(self, on_progress: Progress = quiet) -> Done:
        async with self._bench("focusing", on_progress) as bench:
            return await imaging.autofocus(bench)

    # --- settings ------------------------------------------------------------------------------

    async def set_exposure(self, seconds: int, on_progress: Progress = quiet) -> Done:
        """10, 20, 30 or 60 s per sub-frame; 2 and 5 s in the telescope's expert mode."""
        async with self._bench("setting the exposure", on_progress) as bench:
            return await camera_settings.set_exposure(bench, seconds)

    async def set_filter(self, name: str, on_progress: Progress = quiet) -> Done:
        """IRCUT, LP or dark."""
        async with self._bench("setting the filter", on_progress) as bench:
            return await camera_settings.set_filter(bench, name)

    async def set_gain(self, gain: int, on_progress: Progress = quiet) -> Done:
        async with self._bench("setting the gain", on_progress) as bench:
            return await camera_settings.set_gain(bench, gain)

    async def set_heater(
        self, on: bool, value: int = camera_settings.HEATER_DEFAULT, on_progress: Progress = quiet
    ) -> Done:
        """The dew heater; `value` in percent of its power."""
        async with self._bench("switching the heater", on_progress) as bench:
            return await camera_settings.set_heater(bench, on, value)

    # --- power ---------------------------------------------------------------------------------

    async def reboot(self, on_progress: Progress = quiet) -> Done:
        """Stop whatever it does, save the stack, restart."""
        async with self._bench("restarting", on_progress) as bench:
            await imaging.stop_view(bench)
            return await power.reboot(bench)

    async def shutdown(self, on_progress: Progress = quiet) -> Done:
        """Stop whatever it does, save the stack, fold the arm, switch off."""
        async with self._bench("switching off", on_progress) as bench:
            await imaging.stop_view(bench)
            await pointing.fold_arm(bench)
            return await power.shut_down(bench)

    @contextlib.asynccontextmanager
    async def _bench(self, doing: str, progress: Progress) -> AsyncIterator[Bench]:
        """Take the telescope for one operation."""
        refuse_if_read_only(self._read_only, f"{self._scope.name}: {doing}")
        if self.busy_with:
            raise ScopeBusy(
                f"{self._scope.name} is busy", f"it is {self.busy_with}", "Wait, or stop it"
            )
        self.busy_with = doing
        try:
            yield Bench(self._scope, progress, self._patience_s)
        finally:
            self.busy_with = ""
