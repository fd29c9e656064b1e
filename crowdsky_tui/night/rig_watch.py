"""Watches a rig: keeps its line up to date, notes its read-outs, and reconnects what is away."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError, ScopeUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.state import Activity, InstrumentState
from crowdsky_tui.night.dew_heater import DewHeater
from crowdsky_tui.store.store import LogLine, ScopeState, ScopeView, Severity

if TYPE_CHECKING:
    from crowdsky_tui.instruments.rig.instrument import RigInstrument
    from crowdsky_tui.instruments.rig.shutter import Shutter
    from crowdsky_tui.night.interfaces import NightParts

LOOK_EVERY_S, RECORD_EVERY_S = 15.0, 60.0
SHORTEST_LOOK_S = 1.0
"""Real seconds: a fast demo must not ask devices without a pause."""
BACK_OFF_S = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Real seconds between two tries to reach a rig that is away (docs/design/alpaca-protocol.md)."""
SAY_AGAIN_S = 1800.0


class RigWatch:
    """One rig's watcher. `rig` is the instrument, the same one for everybody."""

    stacks = False
    """Nothing is stacked on it."""

    def __init__(
        self,
        rig: "RigInstrument",
        night: "NightParts",
        shutter: "Shutter | None" = None,
        heater: DewHeater | None = None,
    ) -> None:
        self.rig = rig
        self._shutter, self._heater = shutter, heater
        self._night = night
        self._wake = asyncio.Event()
        self._failures = 0
        self._recorded_at = float("-inf")
        self._said, self._said_at = "", 0.0
        self._doing = self._done = ""
        self._show(rig.state)

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self.rig.name

    @property
    def state(self) -> ScopeState:
        """How far one gets with it, as of the last look."""
        return self.rig.state.link

    @property
    def reason(self) -> str:
        """Why it cannot be used; empty if it can."""
        return self.rig.state.reason

    @property
    def shutter(self) -> str:
        """Why its shutter keeps the sky away; empty where it is open, or none is set."""
        return self._shutter.closed if self._shutter is not None else ""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self._wake.clear()
            await self.look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()

    async def look(self) -> None:
        """Ask it how it is, once; what is wrong is told in its line and in the log."""
        try:
            state = await self.rig.look()
        except CrowdSkyError as error:
            self._failures += 1
            self._say(error)
            state = self.rig.state
        else:
            self._failures, self._said = 0, ""
            self._record(state)
        self._show(state)
        if self._shutter is not None:
            await self._shutter.look()
        if self._heater is not None:
            await self._heater.look()

    def look_soon(self) -> None:
        """Look without waiting for the next time."""
        self._wake.set()

    def tell(self, doing: str, done: str = "") -> None:
        """Show how far the user's action on it is, or how it ended."""
        self._doing, self._done = doing, done
        self._show(self.rig.state)

    async def close(self) -> None:
        """End its frames and let go of its devices, which stay as they are."""
        await self.rig.close()
        if self._shutter is not None:
            await self._shutter.close()

    def _pause_s(self) -> float:
        if self._failures:
            return BACK_OFF_S[min(self._failures, len(BACK_OFF_S)) - 1]
        return max(self._night.clock.real_seconds(LOOK_EVERY_S), SHORTEST_LOOK_S)

    def _show(self, state: InstrumentState) -> None:
        facts, activity = self.rig.facts, state.activity.value
        usable = state.link.usable
        at = f" {clean(state.target.value, 60)}" if state.target.value else ""
        self._night.store.set_scope(
            ScopeView(
                name=self.name,
                serial=facts.unique_id,
                model=facts.model or "rig",
                state=state.link,
                reason="" if usable else clean(state.reason, 200),
                activity=_words(activity, at, state.parked.value) if usable else "",
                temperature_c=state.temperature_c.value,
                zone=self._night.settings.site.zone,
                observing=None if activity is None else activity is not Activity.RESTING,
                doing=self._doing,
                done=self._done,
            )
        )

    def _record(self, state: InstrumentState) -> None:
        """Note what it says, at most once a minute."""
        steady = self._night.clock.steady()
        if steady - self._recorded_at < RECORD_EVERY_S:
            return
        self._recorded_at = steady
        read = {
            "activity": state.activity.value,
            "target": state.target.value,
            "stacked": state.frames_kept.value,
            "dropped": state.frames_dropped.value,
            "focus_step": state.focus_step.value,
            "temperature_c": state.temperature_c.value,
        }
        known = {name: value for name, value in read.items() if value not in (None, "")}
        self._night.records.records.insert("scope", known, self.name)

    def _say(self, error: CrowdSkyError) -> None:
        """Tell a trouble when it comes up, and again after `SAY_AGAIN_S` of it."""
        severity = Severity.WARNING if isinstance(error, ScopeUnreachable) else Severity.ERROR
        text, steady = clean(f"{self.name}: {error}", 400), self._night.clock.steady()
        if text != self._said or steady - self._said_at > SAY_AGAIN_S:
            self._said, self._said_at = text, steady
            self._night.store.add_log(LogLine(self._night.clock.now(), severity, text))


def _words(activity: Activity | None, at: str, parked: bool | None) -> str:  # noqa: FBT001 - a reading
    if activity is None:
        return ""
    if activity is Activity.RESTING:
        return "parked" if parked else "resting"
    return f"{activity.value}{at}"
