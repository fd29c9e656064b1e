"""Sensors of a whole night: the verdict, what is told, what is done, and that nothing begins."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from night_kit import settings_for
from seestar_kit import client_of, running

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import NotSafe, ScopeUnreachable
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.sensors.watch import SensorWatch
from crowdsky_tui.night.background import conditions
from crowdsky_tui.night.calls.instruments import ShowInstruments
from crowdsky_tui.night.night import Night
from crowdsky_tui.notices.alarms import safety_alarms
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.simulator.sensors.stand_in import SensorStandIn
from crowdsky_tui.store.store import Severity
from crowdsky_tui.tui.widgets.top_line import unsafe_words


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "LOOK_EVERY_S", 0.05)


@pytest.fixture
async def station() -> AsyncIterator[SensorStandIn]:
    stand_in = SensorStandIn("json", Clock(), period_s=0.05)
    await stand_in.start_tcp()
    yield stand_in
    await stand_in.stop()


def with_sensor(
    folder: Path, station: SensorStandIn, safety: SafetySettings, limit: float = 5.0
) -> Settings:
    roof = SensorSettings(name="roof", kind="json", address=station.address, limit=limit)
    storage = StorageSettings(str(folder / "state"), str(folder / "data"))
    return Settings(sensors=(roof,), safety=safety, storage=storage)


async def until(night: Night, wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not wanted():
            await asyncio.sleep(0.02)


def safety(night: Night) -> str:
    return night.store.conditions.safety


async def test_without_any_sensor_nothing_changes_and_nothing_runs(tmp_path: Path) -> None:
    storage = StorageSettings(str(tmp_path / "state"), str(tmp_path / "data"))
    async with Night(Settings(storage=storage)) as night:
        await night.start()
        assert (safety(night), night.store.conditions.text) == ("no sensor", "no sensor")
        assert list(night.conditions._supervisor) == []


async def test_rain_makes_it_unsafe_and_dry_only_after_the_delay(
    tmp_path: Path, station: SensorStandIn
) -> None:
    delay = SafetySettings(delay=0.05)
    async with Night(with_sensor(tmp_path, station, delay)) as night:
        await night.start()
        await until(night, lambda: safety(night) == "safe")
        assert unsafe_words(night.store.conditions, 160) == ""
        assert safety_alarms(night.store.conditions) == []
        station.weather.rain_frequency = 1500
        await until(night, lambda: safety(night) == "unsafe")
        await until(night, lambda: any("not safe" in line.text for line in night.store.log))
        assert "wet" in night.store.conditions.reasons[0]
        assert "wet" in unsafe_words(night.store.conditions, 160)
        assert unsafe_words(night.store.conditions, 80) == "NOT SAFE"
        assert "roof" in safety_alarms(night.store.conditions)[0].text
        station.weather.rain_frequency = 2600
        await until(night, lambda: "waiting" in night.store.conditions.text)
        assert safety(night) == "unsafe"
        await until(night, lambda: safety(night) == "safe")
        await until(
            night, lambda: any("safe to observe again" in li.text for li in night.store.log)
        )


@pytest.mark.parametrize("fault", ["silent", "frozen", "no_flag", "clock_ahead_s", "garbage"])
async def test_a_sensor_that_fails_never_leaves_it_safe(
    tmp_path: Path, station: SensorStandIn, fault: str
) -> None:
    async with Night(with_sensor(tmp_path, station, SafetySettings())) as night:
        await night.start()
        await until(night, lambda: safety(night) == "safe")
        value = {"clock_ahead_s": 3.2e8, "garbage": b"garbage\r\n"}.get(fault, True)
        setattr(station.faults, fault, value)
        await until(night, lambda: safety(night) == "unsafe")
        assert night.store.conditions.reasons


async def test_a_sensor_that_is_not_there_from_the_start_is_unsafe(tmp_path: Path) -> None:
    gone = SensorStandIn("json", Clock())
    gone.address = "127.0.0.1:1"
    async with Night(with_sensor(tmp_path, gone, SafetySettings())) as night:
        await night.start()
        await until(night, lambda: safety(night) == "unsafe")
        await until(night, lambda: "cannot be opened" in night.store.conditions.text)


@asynccontextmanager
async def observing(
    root: Path, station: SensorStandIn, on_unsafe: Any, others: Any = "leave"
) -> AsyncIterator[tuple[SeestarStandIn, Night]]:
    async with running(root / "scope", speed=60.0) as scope:
        told = SafetySettings(on_unsafe=on_unsafe, others=others)
        roof = SensorSettings(name="roof", kind="json", address=station.address, limit=600.0)
        settings = settings_for(scope, root, sensors=(roof,), safety=told)
        station._clock = settings.make_clock()
        async with Night(settings) as night:
            await night.start()
            async with asyncio.timeout(30):
                while not (view := night.store.scopes.get("garden")) or not view.state.usable:
                    await asyncio.sleep(0.02)
            yield scope, night


async def test_nothing_begins_while_it_is_not_safe(tmp_path: Path, station: SensorStandIn) -> None:
    station.weather.rain_frequency = 1500
    async with observing(tmp_path, station, "tell") as (_, night):
        await until(night, lambda: safety(night) == "unsafe")
        for action, text in (("goto", "M 81"), ("start", "")):
            with pytest.raises(NotSafe, match="does not begin"):
                await night.sessions.do("garden", action, text)
        assert "begins" in await night.sessions.do("garden", "park")


async def test_park_is_asked_for_once_and_proved(tmp_path: Path, station: SensorStandIn) -> None:
    async with observing(tmp_path, station, "park") as (_, night):
        await until(night, lambda: safety(night) == "safe")
        assert not any("park" in line.text for line in night.store.log)
        station.weather.rain_frequency = 1500
        await until(night, lambda: any("garden: park" in line.text for line in night.store.log))
        await asyncio.sleep(0.5)
        begun = [line for line in night.store.log if "park begins" in line.text]
        assert len(begun) == 1


async def test_a_park_that_fails_on_an_idle_scope_is_told_again_until_it_is_proved(
    tmp_path: Path, station: SensorStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "ACT_AGAIN_S", 20.0)
    failing = True

    async def fold(*_: Any) -> Done:
        if failing:
            raise ScopeUnreachable("garden did not fold")
        return Done("parked", "the arm is folded")

    async with observing(tmp_path, station, "park") as (_, night):
        monkeypatch.setattr(night.sessions.instrument("garden"), "_carry_out", fold)
        await until(night, lambda: safety(night) == "safe")
        station.weather.rain_frequency = 1500
        await until(night, lambda: bool(night.store.conditions.unproved))
        assert "garden did not park, told" in night.store.conditions.unproved[0]
        assert not night.store.scopes["garden"].observing
        assert "does not obey" in safety_alarms(night.store.conditions)[-1].title
        assert "garden did not park" in (await night.do(ShowInstruments())).reasons[-1]
        failing = False
        await until(night, lambda: night.sessions.proved("garden") == "park")
        await until(night, lambda: not night.store.conditions.unproved)
        told = sum("park begins" in line.text for line in night.store.log)
        at = night.clock.steady()
        await until(night, lambda: night.clock.steady() > at + 60)
        assert sum("park begins" in line.text for line in night.store.log) == told


async def test_with_tell_no_telescope_is_touched(tmp_path: Path, station: SensorStandIn) -> None:
    async with observing(tmp_path, station, "tell") as (_, night):
        await until(night, lambda: safety(night) == "safe")
        station.weather.rain_frequency = 1500
        await until(night, lambda: any("not safe" in line.text for line in night.store.log))
        await asyncio.sleep(0.3)
        assert not any("garden:" in line.text and "park" in line.text for line in night.store.log)


@pytest.mark.parametrize("others", ["leave", "take"])
async def test_a_scope_in_somebody_elses_hands_is_left_to_him_unless_told_otherwise(
    tmp_path: Path,
    station: SensorStandIn,
    others: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conditions, "ACT_AGAIN_S", 20.0)
    async with observing(tmp_path, station, "park", others) as (scope, night):
        await until(night, lambda: safety(night) == "safe")
        async with client_of(scope) as phone:
            marked = scope.profile.wants_markers_inside
            await phone.result("scope_move_to_horizon", ["verify"] if marked else None)
            await until(night, lambda: not scope.session.mount.moving)
            order: dict[str, Any] = {
                "mode": "star", "target_ra_dec": [9.5, 60.0], "target_name": "theirs",
            }  # fmt: skip
            await phone.result("iscope_start_view", order | ({"verify": True} if marked else {}))
            await until(night, lambda: scope.view.stage not in ("", "AutoGoto"))
        station.weather.rain_frequency = 1500
        told = "garden goes on: somebody else drives it"
        if others == "take":
            await until(night, lambda: any("park begins" in li.text for li in night.store.log))
            assert not any(told in line.text for line in night.store.log)
            return
        await until(night, lambda: sum(told in line.text for line in night.store.log) >= 2)
        assert not any("park begins" in line.text for line in night.store.log)
        assert "not begun here" in night.store.conditions.left_alone[0]
        assert "somebody observes on" in safety_alarms(night.store.conditions)[1].title
        reasons = (await night.do(ShowInstruments())).reasons
        assert "somebody else's hands: garden" in reasons[-1]


async def test_a_sensor_that_dies_is_told_at_once_though_its_last_reading_still_counts(
    tmp_path: Path, station: SensorStandIn
) -> None:
    settings = with_sensor(tmp_path, station, SafetySettings(), limit=3600.0)
    async with Night(settings) as night:
        await night.start()
        await until(night, lambda: safety(night) == "safe")
        station.unplug()
        await until(night, lambda: any("reading counts for" in li.text for li in night.store.log))
        line = next(line for line in night.store.log if "reading counts for" in line.text)
        assert line.severity is Severity.WARNING and "60 min more" in line.text
        assert safety(night) == "safe"


async def test_a_sensor_that_neither_answers_nor_fails_is_told_when_its_limit_is_over(
    tmp_path: Path, station: SensorStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mute(self: SensorWatch) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(SensorWatch, "run", mute)
    async with Night(with_sensor(tmp_path, station, SafetySettings())) as night:
        await night.start()
        await until(night, lambda: any("no reading yet" in line.text for line in night.store.log))


async def test_a_sensor_that_dies_lets_no_night_go_on_silently(
    tmp_path: Path, station: SensorStandIn
) -> None:
    async with Night(with_sensor(tmp_path, station, SafetySettings())) as night:
        await night.start()
        await until(night, lambda: safety(night) == "safe")
        station.unplug()
        await until(night, lambda: any("not safe" in line.text for line in night.store.log))
        line = next(line for line in night.store.log if "not safe" in line.text)
        assert line.severity is Severity.ERROR and "old" in line.text
        assert safety_alarms(night.store.conditions)
        assert night.records.records.current("safety") is not None
        assert unsafe_words(night.store.conditions, 80) == "NOT SAFE"


class _Later(Clock):
    """Five minutes ahead of the night's, as a fast clock is before the next look."""

    def steady(self) -> float:
        return super().steady() + 300


async def test_what_has_grown_too_old_since_the_last_look_is_not_called_safe(
    tmp_path: Path, station: SensorStandIn
) -> None:
    async with Night(with_sensor(tmp_path, station, SafetySettings(), limit=180)) as night:
        await night.start()
        await until(night, lambda: safety(night) == "safe")
        assert (await night.do(ShowInstruments())).safety == "safe"
        assert conditions.unsafe_words(night) == ""
        await night.conditions.close()
        night.clock = _Later()
        tree = await night.do(ShowInstruments())
        assert (safety(night), tree.safety) == ("safe", "unsafe")
        assert "5 min old" in tree.reasons[0] and "5 min old" in conditions.unsafe_words(night)
