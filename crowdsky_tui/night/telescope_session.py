"""The session in the user's hands: how a scope is, what an action would do, and doing it.

`Sessions` does it in this process; `agent.remote_sessions` asks an agent for the same. An action
runs in the background: its progress and its end are told in the scope's line and in the log.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, ScopeBusy, ScopeUnreachable, UsageError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.night.telescope_actions import ACTIONS, command_of, target_of
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.store.store import LogLine, Severity, Store

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.control.control import ScopeControl, TargetFinder
    from crowdsky_tui.instruments.seestar.control.telemetry import Telemetry
    from crowdsky_tui.night.telescope_actions import Command

logger = logging.getLogger(__name__)

Reading = tuple[tuple[str, str], ...]
"""What a scope tells of itself: labels and values in words."""


class SessionPlan(msgspec.Struct, frozen=True):
    """What an action would do, in plain words, what speaks against it, and whether to ask first."""

    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    ask: bool = False


class Sessions:
    """The scopes' controls, by the scopes' names; `watches` as `Night` has them."""

    def __init__(
        self,
        watches: Mapping[str, ScopeWatch],
        store: Store,
        clock: Clock,
        finder: "TargetFinder",
        settings: Settings,
        faults: Faults | None = None,
    ) -> None:
        self._watches = watches
        self._store = store
        self._clock = clock
        self._finder = finder
        self._read_only = settings.read_only
        self._controls: dict[str, ScopeControl] = {}
        self._tasks = Supervisor(faults)

    async def read(self, scope: str) -> Reading:
        """How a scope is, asked now. Raises DeviceError, UsageError."""
        self._reached(scope)
        telemetry = await self._control(scope).telemetry()
        return reading(telemetry, self._store.scopes[scope].nights_left)

    async def plan(self, scope: str, action: str, text: str = "") -> SessionPlan:
        """What an action would do now; `text` is what was typed for it.

        Raises ReadOnlyMode, UsageError (an unknown target), DeviceError.
        """
        self._refuse(scope, action)
        watch, control = self._reached(scope), self._control(scope)
        known = ACTIONS.get(action)
        if known is None or not known.planned:
            return SessionPlan()
        stacking = ("a block is being stacked on it",) if watch.service.batch_lock.locked() else ()
        if action in ("goto", "look"):
            target, start = target_of(text)
            goto = await control.plan_goto(target, start=start and action == "goto")
            return SessionPlan(goto.steps, (*goto.warnings, *stacking), known.ask)
        plan = await control.plan(action)
        return SessionPlan(plan.steps, (*plan.warnings, *stacking), known.ask)

    async def do(self, scope: str, action: str, text: str = "") -> str:
        """Begin an action; returns a plain line. Whoever calls has asked the user.

        Raises ReadOnlyMode, UsageError, ScopeBusy or ScopeUnreachable where it cannot even begin.
        """
        self._refuse(scope, action)
        watch, control = self._reached(scope), self._control(scope)
        command = command_of(control, action, text)
        if control.busy_with and action != "stop":
            raise ScopeBusy(f"{scope} is busy", f"it is {control.busy_with}", "Wait, or stop it")
        what = f"{action} {text}".strip()
        self._tasks.start(f"{action} on {scope}", self._run(watch, what, command))
        return f"{scope}: {action} begins"

    async def close(self) -> None:
        """End the following of what runs; the scopes carry on with it."""
        await self._tasks.close()

    async def _run(self, watch: ScopeWatch, what: str, command: "Command") -> None:
        name, action = watch.service.name, clean(what, 60)

        def told(fraction: float | None, text: str) -> None:
            percent = "" if fraction is None else f", {fraction:.0%}"
            watch.tell(f"{action}: {clean(text, 120)}{percent}")

        watch.tell(f"{action}: begins")
        try:
            done = await command(told)
            severity, text = Severity.GOOD, done.text or done.state
        except CrowdSkyError as error:
            severity, text = Severity.ERROR, str(error)
        except Exception as error:  # the scope's line tells of it, too
            await self._tasks.faults.report(f"{action} on {name}", error)
            severity, text = Severity.ERROR, f"a fault of this program: {type(error).__name__}"
        text = f"{action}: {clean(text, 400)}"
        watch.tell("", text)
        self._store.add_log(LogLine(self._clock.now(), severity, f"{name}: {text}"))
        watch.look_soon()

    def _control(self, scope: str) -> "ScopeControl":
        from crowdsky_tui.instruments.seestar.control.control import ScopeControl

        if scope not in self._controls:
            service = self._watches[scope].service
            self._controls[scope] = ScopeControl(service, self._finder, read_only=self._read_only)
        return self._controls[scope]

    def _refuse(self, scope: str, action: str) -> None:
        refuse_if_read_only(self._read_only, f"{scope}: {action}")

    def _reached(self, scope: str) -> ScopeWatch:
        watch = self._watches.get(scope)
        if watch is None:
            known = ", ".join(self._watches) or "none"
            raise UsageError(f"there is no scope named {scope}", f"the settings have: {known}")
        if not watch.service.state.usable:
            raise ScopeUnreachable(f"{scope} is {watch.service.state}", watch.service.reason)
        return watch


def reading(read: "Telemetry", nights: float | None) -> Reading:
    """A scope's telemetry in words; what it does not tell is left out.

    `nights` is for how many there is room.
    """
    from crowdsky_tui.instruments.seestar.control.telemetry import signal_words

    lines = (
        ("Doing", read.activity),
        ("Frames", _frames(read)),
        ("Arm", read.arm or ""),
        ("Battery", _battery(read)),
        ("Temperature", "" if read.temperature_c is None else f"{read.temperature_c:.0f} °C"),
        ("Free space", _room(read, nights)),
        ("Focus", "" if read.focus_step is None else f"{read.focus_step} steps"),
        ("Wi-Fi", signal_words(read.wifi_dbm)),
        ("Firmware", read.firmware),
    )
    return tuple((label, clean(value, 120)) for label, value in lines if value)


def _frames(read: "Telemetry") -> str:
    if read.stacked is None or read.dropped is None:
        return ""
    every = read.stacked + read.dropped
    share = f" ({read.dropped / every:.0%})" if every else ""
    return f"{read.stacked} stacked, {read.dropped} dropped{share}"


def _battery(read: "Telemetry") -> str:
    if read.battery_percent is None:
        return ""
    return f"{read.battery_percent} %{', charging' if read.charging else ''}"


def _room(read: "Telemetry", nights: float | None) -> str:
    if read.free_mb is None:
        return ""
    left = "" if nights is None else f", {nights:.0f} nights as last week"
    return f"{read.free_mb / 1000:.1f} GB{left}"
