"""The verdict: absent, older than its limit, undated, unflagged or wrongly dated is unsafe."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.instruments.sensors import cloudwatcher
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.safety.verdict import Safety, SafetyMonitor, Source, duration, judge

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
STEADY = 5000.0
GOOD = {"cloud": "clear", "wind": "calm", "rain": "dry"}


def source(
    *,
    age_s: float | None = 10,
    came_s: float | None = None,
    safe: bool | None = True,
    name: str = "roof",
    trouble: str = "",
    conditions: dict[str, str] | None = None,
) -> Source:
    at = None if age_s is None else NOW - timedelta(seconds=age_s)
    reading = Reading(name, at, {}, conditions or GOOD, safe)
    came = STEADY - (max(age_s or 0, 0) if came_s is None else came_s)
    return Source(SensorState(name, reading, came, trouble))


def absent(trouble: str = "") -> Source:
    return Source(SensorState("roof", None, 0.0, trouble))


def test_a_fresh_reading_that_says_safe_is_safe() -> None:
    assert judge(source(), NOW, STEADY) is None


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (absent(), "no reading yet"),
        (absent("the sensor at /dev/ttyUSB0 is gone"), "gone"),
        (source(age_s=None), "no time"),
        (source(safe=None), "nothing about safety"),
        (source(age_s=181), "3 min old"),
        (source(age_s=10, came_s=181), "old"),
        (source(age_s=-6), "clock is wrong"),
        (source(age_s=-10 * 365 * 86400), "clock is wrong"),
        (source(safe=False), "unsafe"),
        (source(safe=False, conditions={"rain": "rain"}), "rain 10 s ago"),
        (source(age_s=200, trouble="the sensor at /dev/ttyUSB0 is silent"), "silent"),
    ],
)
def test_whatever_is_not_a_fresh_safe_reading_is_unsafe_and_says_why(
    bad: Source, word: str
) -> None:
    reason = judge(bad, NOW, STEADY)
    assert reason is not None
    assert word in reason.why
    verdict = SafetyMonitor().look([source(name="other"), bad], NOW, STEADY)
    assert verdict.safety is Safety.UNSAFE
    assert not verdict.may_observe
    assert [each.source for each in verdict.reasons] == ["roof"]


def test_the_limit_itself_is_still_fresh_and_a_clock_a_little_ahead_is_right() -> None:
    assert judge(source(age_s=180), NOW, STEADY) is None
    assert judge(source(age_s=-5), NOW, STEADY) is None


def test_a_limit_of_its_own_counts() -> None:
    assert judge(replace(source(age_s=61), limit_s=60), NOW, STEADY) is not None
    assert judge(replace(source(age_s=400), limit_s=600), NOW, STEADY) is None


def test_trouble_alone_is_no_reason_while_the_reading_is_fresh() -> None:
    assert judge(source(trouble="silent"), NOW, STEADY) is None


def test_without_any_sensor_nothing_changes() -> None:
    verdict = SafetyMonitor().look([], NOW, STEADY)
    assert verdict.safety is Safety.OFF
    assert verdict.may_observe
    assert str(verdict) == "no sensor"


def test_safe_again_only_after_the_delay_on_the_steady_clock() -> None:
    monitor = SafetyMonitor(delay_s=900)
    assert monitor.look([source()], NOW, STEADY).safety is Safety.SAFE
    assert monitor.look([source(safe=False)], NOW, STEADY).safety is Safety.UNSAFE
    waiting = monitor.look([fresh_at(STEADY + 899)], NOW, STEADY + 899)
    assert waiting.safety is Safety.UNSAFE
    assert not waiting.reasons
    assert waiting.waits_s == pytest.approx(1)
    assert "waiting" in str(waiting)
    assert monitor.look([fresh_at(STEADY + 900)], NOW, STEADY + 900).safety is Safety.SAFE


def fresh_at(steady_s: float) -> Source:
    fresh = source()
    return replace(fresh, state=replace(fresh.state, received_s=steady_s))


def test_one_bad_look_begins_the_delay_anew() -> None:
    monitor = SafetyMonitor(delay_s=900)
    monitor.look([source(safe=False)], NOW, STEADY)
    monitor.look([source(safe=False)], NOW, STEADY + 800)
    assert monitor.look([fresh_at(STEADY + 1000)], NOW, STEADY + 1000).waits_s == pytest.approx(700)


def test_the_first_reading_after_the_start_counts_at_once() -> None:
    monitor = SafetyMonitor()
    assert monitor.look([absent()], NOW, STEADY).safety is Safety.UNSAFE
    assert monitor.look([fresh_at(STEADY + 5)], NOW, STEADY + 5).safety is Safety.SAFE


def test_a_sensor_that_was_heard_and_died_begins_the_delay() -> None:
    monitor = SafetyMonitor(delay_s=900)
    monitor.look([source()], NOW, STEADY)
    assert monitor.look([source(age_s=500)], NOW, STEADY).safety is Safety.UNSAFE
    assert monitor.look([fresh_at(STEADY + 10)], NOW, STEADY + 10).safety is Safety.UNSAFE


@given(
    st.lists(
        st.tuples(
            st.sampled_from([True, False, None]),
            st.one_of(st.none(), st.floats(-1e9, 1e9)),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_safe_only_if_every_source_is_fresh_flagged_and_safe(
    told: list[tuple[bool | None, float | None]],
) -> None:
    sources = [
        source(age_s=age, safe=safe, name=f"s{index}") for index, (safe, age) in enumerate(told)
    ]
    well = all(safe is True and age is not None and -5 <= age <= 180 for safe, age in told)
    verdict = SafetyMonitor().look(sources, NOW, STEADY)
    assert verdict.may_observe == well


def test_clouds_have_to_pass_by_two_degrees_before_they_are_gone() -> None:
    limits = cloudwatcher.Thresholds()
    assert limits.cloud(-25) == "cloudy"
    eased = limits.eased({"cloud": "cloudy", "wind": "windy", "rain": "wet"})
    assert eased.cloud(-26.9) == "cloudy"
    assert eased.cloud(-27.1) == "clear"
    assert eased.cloud(-15) == "very cloudy"
    assert eased.wind(48) == "windy"
    assert eased.wind(47) == "calm"
    assert eased.rain(2300) == "wet"
    assert eased.rain(2311) == "dry"
    assert limits.eased({}) == limits
    assert limits.eased({"cloud": "unknown"}) == limits


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(20, "20 s"), (119, "119 s"), (180, "3 min"), (7200, "2 h"), (2e8, "2315 d")],
)
def test_a_length_of_time_is_told_in_one_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
