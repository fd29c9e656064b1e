"""Asks the sensors through the night; says whether it is safe, and acts when it is not.

It never begins anything by itself: safe again is told. A plan that runs asks it before each slot.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ScopeBusy
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.config.sensor_settings import SensorSettings
from crowdsky_tui.instruments.sensors.words import reading_words
from crowdsky_tui.night.background.sensor_troubles import SensorTroubles
from crowdsky_tui.store.store import ConditionsView, LogLine, SensorView, Severity

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.sensors.sensor import Sensor
    from crowdsky_tui.instruments.sensors.watch import SensorState, SensorWatch
    from crowdsky_tui.night.interfaces import NightParts
    from crowdsky_tui.safety.verdict import SafetyMonitor, Source, Verdict

LOOK_EVERY_S = 2.0
ACT_AGAIN_S, BUSY_AGAIN_S = 300.0, 10.0
RECORD_EVERY_S = 60.0


class ConditionsWatch:
    """The sensors of one night, the verdict of what they say, and what is done about it."""

    def __init__(self, night: "NightParts", faults: Faults) -> None:
        self._night = night
        self._supervisor = Supervisor(faults)
        self._watches: list[tuple[SensorSettings, SensorWatch]] = []
        self._recorded_at: dict[str, float] = {}
        self._acted_at: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._left_alone: dict[str, str] = {}
        self._was_safe: bool | None = None
        self._troubles = SensorTroubles(night)
        self._monitor: SafetyMonitor | None = None
        self._began_s = 0.0

    def start(self) -> None:
        """Begin to ask; without any sensor nothing runs and nothing changes."""
        settings = self._night.settings
        if not settings.sensors:
            return
        self._watches = [(each, self._watch_of(each)) for each in settings.sensors]
        self._began_s = self._night.clock.steady()
        for each, watch in self._watches:
            self._supervisor.keep(f"the sensor {each.label}", watch.run)
        self._supervisor.keep("the verdict on safety", self._judge)

    def states(self) -> "list[tuple[SensorSettings, SensorState]]":
        """Every sensor, and what is known of it now."""
        return [(each, watch.state) for each, watch in self._watches]

    def sky_mag(self) -> float | None:
        """The newest brightness of the sky in mag/arcsec²; None where no fresh one is known."""
        clock, found = self._night.clock, list[tuple[float, float]]()
        for each, state in self.states():
            age_s = state.age_s(clock.now(), clock.steady())
            if state.reading and age_s is not None and age_s <= each.limit and not state.trouble:
                value = state.reading.values.get("sky_quality_mag_arcsec2")
                found += [] if value is None else [(age_s, value)]
        return min(found)[1] if found else None

    async def close(self) -> None:
        """Ask no more."""
        await self._supervisor.close()

    def _watch_of(self, each: SensorSettings) -> "SensorWatch":
        from crowdsky_tui.instruments.sensors.kinds import KINDS
        from crowdsky_tui.instruments.sensors.watch import SensorWatch

        night = self._night
        sensor = sensor_of(each, night.settings)
        return SensorWatch(sensor, KINDS[each.kind], night.clock, self._note)

    def _note(self, state: "SensorState") -> None:
        """Keep a reading in the records, at most once a minute for each sensor."""
        reading, steady = state.reading, self._night.clock.steady()
        if reading is None or state.trouble:
            return
        if steady - self._recorded_at.get(state.name, -RECORD_EVERY_S) >= RECORD_EVERY_S:
            self._recorded_at[state.name] = steady
            data = {**reading.values, **reading.conditions, "is_safe": reading.is_safe}
            self._night.records.records.insert("weather", data, state.name)

    async def _judge(self) -> None:
        from crowdsky_tui.safety.verdict import SafetyMonitor

        if self._monitor is None:  # begun anew after a fault it still knows when it was unsafe
            self._monitor = SafetyMonitor(self._night.settings.safety.delay * 60)
        while True:
            clock = self._night.clock
            verdict = self._monitor.look(self._sources(), clock.now(), clock.steady())
            self._show(verdict)
            self._troubles.tell(
                (each.limit, state) for each, state in self.states() if counts_for_safety(each)
            )
            measured = any(each.age_s is not None for each in verdict.reasons)
            if measured or self._spoken():
                await self._tell_change(verdict)
                await self._act(verdict)
            await asyncio.sleep(LOOK_EVERY_S)

    def _sources(self) -> "list[Source]":
        return sources_of(self.states())

    def _spoken(self) -> bool:
        """Whether all that decide have answered, failed, or had time to: before is nothing to tell.

        One that neither answers nor fails is waited for as long as a reading of it would count.
        """
        waited_s = self._night.clock.steady() - self._began_s
        return all(
            state.reading or state.trouble or waited_s > each.limit
            for each, state in self.states()
            if counts_for_safety(each)
        )

    def _show(self, verdict: "Verdict") -> None:
        sensors = tuple(
            SensorView(
                each.label,
                each.kind,
                reading_words(watch.state),
                watch.state.reading.measured_at if watch.state.reading else None,
                watch.state.trouble,
                counts_for_safety(each),
            )
            for each, watch in self._watches
        )
        reasons = tuple(map(str, verdict.reasons))
        left = tuple(f"{name}: {who}" for name, who in self._left_alone.items())
        view = ConditionsView(
            verdict.safety.value, str(verdict), reasons, sensors, left, self._unproved()
        )
        self._night.store.set_conditions(view)

    async def _tell_change(self, verdict: "Verdict") -> None:
        if verdict.may_observe == self._was_safe:
            return
        first, self._was_safe = self._was_safe is None, verdict.may_observe
        if first and verdict.may_observe:
            return
        severity = Severity.GOOD if verdict.may_observe else Severity.ERROR
        text = "safe to observe again" if verdict.may_observe else f"not safe: {verdict.why}"
        self._log(text, severity)
        data = {"safety": verdict.safety.value, "reasons": list(map(str, verdict.reasons))}
        self._night.records.records.insert("safety", data, "")

    async def _act(self, verdict: "Verdict") -> None:
        """Stop or park the telescopes, as the settings want, and again until that is proved."""
        action = self._night.settings.safety.on_unsafe
        if verdict.may_observe:
            self._acted_at.clear()
            self._tries.clear()
            self._left_alone.clear()
        if verdict.may_observe or action == "tell" or self._night.settings.read_only:
            return
        steady = self._night.clock.steady()
        due = [
            name
            for name, view in self._night.store.scopes.items()
            if steady - self._acted_at.get(name, -ACT_AGAIN_S) >= ACT_AGAIN_S
            and view.state.usable
            and self._is_due(name, action, observing=view.observing)
        ]
        self._acted_at |= dict.fromkeys(due, steady)
        told = (self._do(name, action) for name in due)  # side by side: none waits for another
        outcomes = await asyncio.gather(*told, return_exceptions=True)
        self._show(verdict)
        if faults := [each for each in outcomes if each is not None]:
            raise faults[0]

    def _is_due(self, scope: str, action: str, *, observing: bool | None) -> bool:
        """Whether a telescope observes, or its park is neither begun nor proved."""
        if observing or action == "stop":
            return bool(observing)
        return not (scope in self._tries and self._night.sessions.proved(scope) == action)

    async def _do(self, scope: str, action: str) -> None:
        self._left_alone.pop(scope, None)
        try:
            leave = self._night.settings.safety.others == "leave"
            if leave and (others := await self._night.sessions.used_by_others(scope)):
                self._left_alone[scope] = others
                self._log(f"not safe, and {scope} goes on: somebody else drives it ({others})")
                return
            self._tries[scope] = self._tries.get(scope, 0) + 1
            await self._night.sessions.interrupt(scope)
            said = await self._night.sessions.do(scope, action)
        except ScopeBusy as error:
            self._acted_at[scope] = self._night.clock.steady() - ACT_AGAIN_S + BUSY_AGAIN_S
            self._log(f"not safe, and {scope} did not {action}: {error}")
        except CrowdSkyError as error:
            self._log(f"not safe, and {scope} did not {action}: {error}")
        else:
            self._log(f"not safe: {said}", Severity.WARNING)

    def _unproved(self) -> tuple[str, ...]:
        """Telescopes that were told to stop or park more than once, and have not proved it."""
        action = self._night.settings.safety.on_unsafe
        return tuple(
            f"{name} did not {action}, told {tries} times"
            for name, tries in self._tries.items()
            if tries > 1 and self._night.sessions.proved(name) != action
        )

    def _log(self, text: str, severity: Severity = Severity.ERROR) -> None:
        self._night.store.add_log(LogLine(self._night.clock.now(), severity, text))


def conditions_now(night: "NightParts") -> ConditionsView:
    """The last verdict; unsafe where a reading it took for fresh has grown older than its limit.

    On a fast clock a reading grows old between two looks.
    """
    seen = night.store.conditions
    if seen.safety != "safe":
        return seen
    from crowdsky_tui.safety.verdict import Safety, SafetyMonitor

    states, clock = night.conditions.states(), night.clock
    verdict = SafetyMonitor().look(sources_of(states), clock.now(), clock.steady())
    if verdict.safety is not Safety.UNSAFE:
        return seen
    reasons = tuple(map(str, verdict.reasons))
    return msgspec.structs.replace(seen, safety="unsafe", text=str(verdict), reasons=reasons)


def unsafe_words(night: "NightParts") -> str:
    """Why nothing new may be observed now; empty if it may."""
    seen = conditions_now(night)
    if seen.safety == "unsafe":
        return "; ".join(seen.reasons) or seen.text
    if seen.safety == "no sensor" and any(map(counts_for_safety, night.settings.sensors)):
        return "the sensors have not been read yet"
    return ""


def sensor_of(each: SensorSettings, settings: "Settings") -> "Sensor":
    """Where a sensor of the settings is, and how it is asked."""
    from crowdsky_tui.base.clock import zone_named
    from crowdsky_tui.instruments.sensors.cloudwatcher import Thresholds
    from crowdsky_tui.instruments.sensors.sensor import Sensor

    limits, zone = settings.safety, each.zone or settings.site.zone
    return Sensor(
        each.label,
        each.address,
        period_s=each.period,
        baud=each.baud,
        broker=settings.mqtt,
        zone=zone_named(zone) if zone else datetime.now(UTC).astimezone().tzinfo or UTC,
        thresholds=Thresholds(
            cloudy_c=limits.cloudy,
            very_cloudy_c=limits.very_cloudy,
            windy_km_h=limits.windy,
            wet_frequency=limits.wet,
        ),
    )


def sources_of(sensors: "Sequence[tuple[SensorSettings, SensorState]]") -> "list[Source]":
    """What counts for safety of these sensors and their states."""
    from crowdsky_tui.safety.verdict import Source

    return [Source(state, each.limit) for each, state in sensors if counts_for_safety(each)]


def counts_for_safety(each: SensorSettings) -> bool:
    """Whether a sensor decides if it is safe to observe."""
    from crowdsky_tui.instruments.sensors.kinds import TELLS_SAFETY

    return each.safety == "yes" or (each.safety == "auto" and each.kind in TELLS_SAFETY)
