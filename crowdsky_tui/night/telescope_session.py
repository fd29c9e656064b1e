"""The session in the user's hands: how a scope is, what an action would do, and doing it.

`Sessions` does it; `night.calls.telescope` asks for it from wherever the front end is. An action
runs in the background: its progress and its end are told in the scope's line and in the log.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, NotSafe, ScopeBusy, ScopeUnreachable, UsageError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.state import Dated, InstrumentState
from crowdsky_tui.night.telescope_actions import ACTIONS, TargetFinder, instruction_of
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.store.store import LogLine, ScopeState, Severity, Store

if TYPE_CHECKING:
    from crowdsky_tui.instruments.instructions import Instruction
    from crowdsky_tui.instruments.interface import Instrument
    from crowdsky_tui.night.rig_watch import RigWatch

logger = logging.getLogger(__name__)

T = TypeVar("T")
OLD_S = 60.0
INTERRUPT_S, INTERRUPT_LOOK_S = 15.0, 0.05
"""Real seconds that what is under way gets to end, and between two looks whether it has."""

BEGINS = frozenset({"goto", "look", "start"})
"""The actions that open a telescope to the sky."""
Reading = tuple[tuple[str, str], ...]
"""What a scope tells of itself: labels and values in words."""


class SessionPlan(msgspec.Struct, frozen=True):
    """What an action would do, in plain words, what speaks against it, and whether to ask first."""

    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    ask: bool = False


class Watched(Protocol):
    """What a session needs of whoever watches a telescope or a rig."""

    @property
    def name(self) -> str:
        """Its name in the settings."""

    @property
    def state(self) -> ScopeState:
        """How far one gets with it."""

    @property
    def reason(self) -> str:
        """Why it cannot be used; empty if it can."""

    @property
    def stacks(self) -> bool:
        """Whether a block is being stacked on it for us."""

    def tell(self, doing: str, done: str = "") -> None:
        """Show how far an action on it is, or how it ended."""

    def look_soon(self) -> None:
        """Look without waiting for the next time."""


class Sessions:
    """The instruments' controls, by name; `watches` are those of telescopes, and of rigs."""

    def __init__(
        self,
        watches: "tuple[Mapping[str, ScopeWatch], Mapping[str, RigWatch]]",
        store: Store,
        clock: Clock,
        finder: TargetFinder,
        settings: Settings,
        faults: Faults | None = None,
    ) -> None:
        self._scopes, self._rigs = watches
        self._watches: dict[str, Watched] = {**self._scopes, **self._rigs}
        self._store = store
        self._clock = clock
        self._finder = finder
        self._read_only = settings.read_only
        self._instruments: dict[str, Instrument] = {}
        self._proved: dict[str, str] = {}
        self._tasks = Supervisor(faults)

    async def read(self, scope: str) -> Reading:
        """How a scope is, asked now. Raises DeviceError, UsageError."""
        self._reached(scope)
        instrument = self.instrument(scope)
        state = await instrument.look()
        nights = self._store.scopes[scope].nights_left
        return reading(state, instrument.facts.firmware, nights)

    async def plan(self, scope: str, action: str, text: str = "") -> SessionPlan:
        """What an action would do now; `text` is what was typed for it.

        Raises ReadOnlyMode, UsageError (an unknown target), DeviceError.
        """
        self._refuse(scope, action)
        watch, instrument = self._reached(scope), self.instrument(scope)
        known = ACTIONS.get(action)
        if known is None or not known.planned:
            return SessionPlan()
        stacking = ("a block is being stacked on it",) if watch.stacks else ()
        instruction = await instruction_of(action, text, self._finder, self._clock.now())
        plan = await instrument.plan(instruction)
        unsafe = (self._unsafe(),) if action in BEGINS and self._unsafe() else ()
        return SessionPlan(plan.steps, (*unsafe, *plan.warnings, *stacking), known.ask)

    def _unsafe(self) -> str:
        """Why nothing may begin to observe; empty if it may."""
        seen = self._store.conditions
        return seen.text if seen.safety == "unsafe" else ""

    async def do(self, scope: str, action: str, text: str = "") -> str:
        """Begin an action; returns a plain line. Whoever calls has asked the user.

        Raises ReadOnlyMode, UsageError, ScopeBusy or ScopeUnreachable where it cannot even begin.
        """
        self._refuse(scope, action)
        watch, instrument = self._reached(scope), self.instrument(scope)
        instruction = await instruction_of(action, text, self._finder, self._clock.now())
        if instrument.doing and action != "stop":
            raise ScopeBusy(f"{scope} is busy", f"it is {instrument.doing}", "Wait, or stop it")
        if action in BEGINS and (unsafe := self._unsafe()):
            raise NotSafe(
                f"{scope}: {action} does not begin",
                unsafe,
                "'crowdsky-tui sensors' shows why; a sensor that is wrong can be taken out there",
            )
        what = f"{action} {text}".strip()
        self._proved.pop(scope, None)
        self._tasks.start(f"{action} on {scope}", self._run(watch, what, instruction))
        return f"{scope}: {action} begins"

    async def interrupt(self, scope: str) -> None:
        """End what it is told now, so that a park need not wait for it. Nothing where it rests.

        Raises ScopeBusy where it goes on for `INTERRUPT_S` all the same, or a DeviceError.
        """
        instrument = self.instrument(scope)
        if not instrument.doing or instrument.doing == told.Park().doing:
            return
        try:
            async with asyncio.timeout(INTERRUPT_S):
                await instrument.operate(told.Stop(), take_over=True)
                while instrument.doing:  # noqa: ASYNC110 - it has no event to wait for
                    await asyncio.sleep(INTERRUPT_LOOK_S)
        except TimeoutError as error:
            raise ScopeBusy(f"{scope} does not stop", f"it is {instrument.doing}") from error

    def proved(self, scope: str) -> str:
        """The last action on a scope if it is proved; empty while it runs and if it failed."""
        return self._proved.get(scope, "")

    async def close(self) -> None:
        """End the following of what runs; the scopes carry on with it."""
        await self._tasks.close()

    async def _run(self, watch: Watched, what: str, instruction: "Instruction") -> None:
        name, action = watch.name, clean(what, 60)

        def report(fraction: float | None, text: str) -> None:
            percent = "" if fraction is None else f", {fraction:.0%}"
            watch.tell(f"{action}: {clean(text, 120)}{percent}")

        watch.tell(f"{action}: begins")
        try:
            instrument = self.instrument(name)
            done = (await instrument.operate(instruction, report, take_over=True)).done
            severity, text = Severity.GOOD, done.text or done.state
            self._proved[name] = what
        except CrowdSkyError as error:
            severity, text = Severity.ERROR, str(error)
        except Exception as error:  # noqa: BLE001 - the scope's line tells of it, too
            await self._tasks.faults.report(f"{action} on {name}", error)
            severity, text = Severity.ERROR, f"a fault of this program: {type(error).__name__}"
        text = f"{action}: {clean(text, 400)}"
        watch.tell("", text)
        self._store.add_log(LogLine(self._clock.now(), severity, f"{name}: {text}"))
        watch.look_soon()

    def instrument(self, scope: str) -> "Instrument":
        """A scope as an instrument, the same one for everybody: one instruction at a time."""
        from crowdsky_tui.instruments.seestar.instrument import SeestarInstrument

        if scope in self._rigs:
            return self._rigs[scope].rig
        if scope not in self._instruments:
            service = self._scopes[scope].service
            self._instruments[scope] = SeestarInstrument(service, read_only=self._read_only)
        return self._instruments[scope]

    async def used_by_others(self, scope: str) -> str:
        """Who else is at a scope, asked now; empty for nobody. Raises DeviceError, UsageError."""
        self._reached(scope)
        return await self.instrument(scope).used_by_others()

    def instruments(self) -> "tuple[Instrument, ...]":
        """All instruments of this night, in the settings' order."""
        return tuple(map(self.instrument, self._watches))

    def _refuse(self, scope: str, action: str) -> None:
        refuse_if_read_only(read_only=self._read_only, doing=f"{scope}: {action}")

    def _reached(self, scope: str) -> Watched:
        watch = self._watches.get(scope)
        if watch is None:
            known = ", ".join(self._watches) or "none"
            raise UsageError(f"there is no scope named {scope}", f"the settings have: {known}")
        if not watch.state.usable:
            raise ScopeUnreachable(f"{scope} is {watch.state}", watch.reason)
        return watch


def reading(state: InstrumentState, firmware: str, nights: float | None) -> Reading:
    """An instrument's state in words; what it does not tell is left out.

    `nights` is for how many there is room. What was read long ago is shown with its age.
    """
    from crowdsky_tui.instruments.seestar.control.telemetry import signal_words

    lines = (
        ("Doing", _dated(state.about, str)),
        ("Frames", _frames(state)),
        ("Arm", _arm(state)),
        ("Battery", _dated(state.battery_percent, lambda percent: _battery(percent, state))),
        ("Temperature", _dated(state.temperature_c, lambda celsius: f"{celsius:.0f} °C")),
        ("Free space", _dated(state.free_bytes, lambda free: _room(free, nights))),
        ("Focus", _dated(state.focus_step, lambda step: f"{step} steps")),
        ("Wi-Fi", _dated(state.signal_dbm, signal_words)),
        ("Firmware", firmware),
    )
    return tuple((label, clean(value, 120)) for label, value in lines if value)


def _dated(read: Dated[T], words: Callable[[T], str]) -> str:
    if read.value is None or read.age_s is None:
        return ""
    old = f" ({read.age_s:.0f} s ago)" if read.age_s > OLD_S else ""
    return words(read.value) + old


def _arm(state: InstrumentState) -> str:
    if state.moving.value:
        return _dated(state.moving, lambda _: "moving")
    return _dated(state.parked, lambda parked: "closed" if parked else "open")


def _frames(state: InstrumentState) -> str:
    dropped = state.frames_dropped.value
    if dropped is None:
        return ""
    return _dated(state.frames_kept, lambda kept: _counts(kept, dropped))


def _counts(kept: int, dropped: int) -> str:
    every = kept + dropped
    share = f" ({dropped / every:.0%})" if every else ""
    return f"{kept} stacked, {dropped} dropped{share}"


def _battery(percent: int, state: InstrumentState) -> str:
    return f"{percent} %{', charging' if state.charging.value else ''}"


def _room(free_bytes: int, nights: float | None) -> str:
    left = "" if nights is None else f", {nights:.0f} nights as last week"
    return f"{free_bytes / 1e9:.1f} GB{left}"
