"""The night on one screen, section by section."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from planned_night import planned

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.night.calls.alerts import AlertRow
from crowdsky_tui.progress.queue_pace import QueueLeft
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    ConditionsView,
    LogLine,
    SensorView,
    Severity,
    Store,
    TargetView,
)
from crowdsky_tui.tui.format.dashboard import (
    Proofs,
    Section,
    alerts_section,
    darkness,
    plan_section,
    proofs_of,
    proofs_section,
    safety_section,
    sky_section,
)

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
M81 = TargetKey("S50", "M 81")
SKY = SkyNight(
    begins=NOW.replace(hour=11),
    sunset=NOW.replace(hour=15),
    dusk=NOW.replace(hour=17),
    dawn=NOW.replace(day=21, hour=4, minute=30),
    sunrise=NOW.replace(day=21, hour=6),
    moonrise=None,
    moonset=None,
    moon_lit=0.5,
    sidereal_at=NOW,
    sidereal_h=2.0,
)


def words(section: Section) -> str:
    return "\n".join("".join(text for text, _ in line) for line in section)


def block(number: int, state: BlockState, days_ago: int = 0) -> BlockView:
    start = NOW - timedelta(days=days_ago, minutes=15 * number)
    key = BlockKey(M81, f"20261120.{number:02d}", "20.0s", "LP")
    return BlockView(key, "M 81", start, start + timedelta(minutes=15), 44, 880.0, state)


def test_only_the_newest_nights_blocks_that_somebody_expects_count() -> None:
    blocks = [
        block(0, BlockState.CONFIRMED),
        block(1, BlockState.SAME),
        block(2, BlockState.FAILED),
        block(3, BlockState.SHORT),
        block(4, BlockState.RECORDING),
        block(5, BlockState.REJECTED),
        block(0, BlockState.READY, days_ago=1),
    ]
    assert proofs_of([blocks[:3], blocks[3:]]) == Proofs(3, 2, ((BlockState.FAILED, 1),))
    assert proofs_of([]) == Proofs()


def test_safety_gives_every_reason_and_who_does_not_obey() -> None:
    assert "no sensor" in words(safety_section(ConditionsView(), 80))
    assert words(safety_section(ConditionsView("safe", "safe"), 80)) == " SAFE to observe"
    unsafe = ConditionsView("unsafe", "", ("roof: rain", "sky: clouds"), unproved=("S50 parks",))
    told = words(safety_section(unsafe, 80))
    assert told.splitlines() == [" NOT SAFE", " roof: rain", " sky: clouds", " S50 parks"]


def test_how_long_it_is_dark() -> None:
    hour = timedelta(hours=1)
    assert darkness(SKY, NOW) == "dark for 7 h 30 min"
    assert darkness(SKY, NOW - 5 * hour) == "dark in 1 h 00 min"
    assert darkness(SKY, NOW + 8 * hour) == "not dark"
    never = msgspec.structs.replace(SKY, dusk=None, dawn=None)
    assert darkness(never, NOW) == "not dark"


def test_the_sky_tells_what_sensors_say_and_where_nothing_is_known() -> None:
    sensors = (SensorView("sqm", "sky", "21.3 mag"), SensorView("roof", "rain", trouble="silent"))
    told = words(sky_section(SKY, ConditionsView(sensors=sensors), NOW, UTC, 80))
    assert "sqm: 21.3 mag" in told and "roof: silent" in told and "dark for" in told
    assert "not set" in words(sky_section(None, ConditionsView(), NOW, UTC, 80))


def test_what_a_sensor_said_long_ago_has_its_age() -> None:
    now, old = NOW - timedelta(minutes=2), NOW - timedelta(hours=3)
    sensors = (SensorView("sqm", "sky", "21.3 mag", now), SensorView("roof", "rain", "dry", old))
    told = words(sky_section(SKY, ConditionsView(sensors=sensors), NOW, UTC, 80))
    assert "sqm: 21.3 mag" in told and "roof, 3 h 00 min ago: dry" in told


def test_the_plan_tells_now_and_next_for_each_scope() -> None:
    told = words(plan_section(planned(NOW), "", NOW, UTC, 80)).splitlines()
    assert told[0] == " S50  M 81 until 22:00, then T CrB 22:00"
    assert told[1] == " S30  nothing more tonight"
    assert "planning" in words(plan_section(None, "", NOW, UTC, 80))
    assert "not set" in words(plan_section(None, "the site is not set", NOW, UTC, 80))


def test_proofs_tell_the_rest_and_the_queue() -> None:
    store = Store()
    blocks = (block(0, BlockState.CONFIRMED), block(1, BlockState.HELD))
    store.set_target(TargetView(M81, "M 81"), blocks)
    told = words(proofs_section(store, QueueLeft(2, 0, 600.0), 80))
    assert "1 of 2 proved" in told and "1 held" in told and "2 jobs, about 10 min left" in told
    assert "no blocks" in words(proofs_section(Store(), QueueLeft(), 80))


def test_alerts_are_the_newest_serious_lines_of_the_last_hours() -> None:
    store = Store()
    for minutes, severity, text in (
        (13 * 60, Severity.ERROR, "long ago"),
        (50, Severity.ERROR, "first"),
        (40, Severity.INFO, "plain"),
        (30, Severity.WARNING, "second"),
        (20, Severity.ERROR, "third"),
        (10, Severity.ERROR, "fourth"),
    ):
        store.add_log(LogLine(NOW - timedelta(minutes=minutes), severity, text))
    told = words(alerts_section(store, (), NOW, UTC, 80))
    assert [line.split()[-1] for line in told.splitlines()] == ["fourth", "third", "second"]
    assert "none" in words(alerts_section(Store(), (), NOW, UTC, 80))


def alert(name: str, *, good: bool) -> AlertRow:
    tonight = "21:15 to 03:30, 48° high at 00:30" if good else "too low tonight"
    return AlertRow(name, name, "tns", "Nova", 9.4, "V", NOW, good, tonight)


def test_what_waits_in_the_inbox_comes_before_the_warnings() -> None:
    store = Store()
    store.add_log(LogLine(NOW, Severity.ERROR, "the disk is full"))
    waiting = [alert("AT 2026a", good=True), alert("AT 2026b", good=False)]
    told = words(alerts_section(store, waiting, NOW, UTC, 80)).splitlines()
    assert told[0] == " 2 alerts in the inbox, 1 up tonight"
    assert told[1].startswith(" AT 2026a 21:15 to 03:30") and "AT 2026b" not in "".join(told)
    assert told[-1].endswith("the disk is full")
    low = words(alerts_section(Store(), waiting[1:], NOW, UTC, 80))
    assert low == " 1 alert in the inbox, 0 up tonight"


def test_no_section_is_wider_than_its_room() -> None:
    store: Any = Store()
    store.add_log(LogLine(NOW, Severity.ERROR, "x" * 300))
    reasons = ConditionsView("unsafe", "", ("a long reason " * 20,))
    for width in (40, 60, 80):
        for section in (
            safety_section(reasons, width),
            sky_section(SKY, reasons, NOW, UTC, width),
            alerts_section(store, [alert("x" * 90, good=True)], NOW, UTC, width),
            plan_section(planned(NOW), "", NOW, UTC, width),
        ):
            assert all(len(line) <= width for line in words(section).splitlines())
