"""What a telescope tells of itself, and what it would do: what is not told is not known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telling_scope import NOW, TellingScope, view

from crowdsky_tui.base.errors import CommandRefused, DeviceError, ScopeTimeout, ScopeUnreachable
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.seestar.control import plans, read_state
from crowdsky_tui.instruments.seestar.control.clock_offset import clock_doubt, offset_from
from crowdsky_tui.instruments.seestar.control.state import (
    ScopeFacts,
    facts_from_state,
    items_of,
    number_of,
    section,
    text_of,
    whole_of,
    with_status,
)
from crowdsky_tui.instruments.seestar.control.telemetry import nights_left, signal_words
from crowdsky_tui.instruments.state import Activity
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

TARGET = SkyTarget("M 81", PositionJ2000(148.888, 69.065), PositionJNow(9.97, 68.94), "a test")
VIENNA = [16.4, 48.2]


# shapes


def test_what_is_of_another_shape_is_not_there() -> None:
    assert section({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert section({"a": [1]}, "a") == section([1], "a") == section({"a": 1}, "a", "b") == {}
    assert items_of({"a": {"b": [1]}}, "a", "b") == [1]
    assert items_of({"a": {"b": 1}}, "a", "b") == items_of("text") == []
    assert text_of({"a": "x\x1b" * 90}, "a").count("x") < 81 and text_of({"a": 1}, "a") == ""
    for odd in (True, "1", None):
        assert number_of({"a": odd}, "a") is None and whole_of({"a": odd}, "a") is None
    assert number_of({"a": 0}, "a") == 0 and whole_of({"a": 1.9}, "a") == 1


def test_only_what_a_status_names_is_changed() -> None:
    known = ScopeFacts(battery_percent=80, temperature_c=12.0, charging=True)
    assert with_status(known, {}) == known
    told = {"battery_capacity": 79, "temp": 11.26, "charger_status": "Discharging"}
    changed = with_status(known, told)
    assert (changed.battery_percent, changed.temperature_c) == (79, 11.3)
    assert changed.charging is False
    for charger, charges in (("Charging", True), ("Full", True), (7, True), ("Other", False)):
        assert with_status(known, {"charger_status": charger}).charging is charges


@pytest.mark.parametrize("names", [("free_mb", "total_mb"), ("freeMB", "totalMB")])
def test_its_room_is_read_in_either_spelling(names: tuple[str, str]) -> None:
    volume = {names[0]: 10, names[1]: 20}
    facts = facts_from_state({"storage": {"storage_volume": [volume, {"free_mb": 1}]}})
    assert (facts.free_mb, facts.total_mb) == (10, 20)
    assert facts_from_state({"storage": {"storage_volume": []}}).free_mb is None


# the clock


def wall(**change: Any) -> dict[str, Any]:
    parts = {"year": 2026, "mon": 2, "day": 27, "hour": 22, "min": 0, "sec": 0}
    return {name: value for name, value in (parts | change).items() if value is not None}


def test_a_clock_that_does_not_tell_all_of_the_time_tells_none() -> None:
    assert offset_from(wall(), UTC, NOW) == 0
    for part in wall():
        assert offset_from(wall(**{part: None}), UTC, NOW) is None
    assert offset_from(wall(mon=13), UTC, NOW) is None and offset_from("text", UTC, NOW) is None


def test_in_an_hour_that_happens_twice_the_nearer_is_meant() -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Vienna")
    said = wall(mon=10, day=25, hour=2, min=30)
    for utc_hour in (0, 1):
        now = datetime(2026, 10, 25, utc_hour, 30, 5, tzinfo=UTC)
        assert offset_from(said, zone, now) == -5


@pytest.mark.parametrize(("off_s", "doubted"), [(90, False), (91, True), (-90, False), (-91, True)])
async def test_a_clock_is_doubted_only_beyond_a_minute_and_a_half(
    off_s: int, doubted: bool
) -> None:
    when = NOW + timedelta(seconds=off_s)
    parts = dict(zip(wall(), when.timetuple()[:6], strict=True))
    scope = TellingScope({"pi_get_time": parts})
    assert bool(await clock_doubt(scope, UTC, scope.clock)) is doubted
    silent = TellingScope({"pi_get_time": CommandRefused("no", code=103)})
    assert await clock_doubt(silent, UTC, silent.clock) == ""


# how it is


class Readings:
    """What was noted."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def note(self, **told: Any) -> None:
        self.told.update({name: value for name, value in told.items() if value is not None})


async def read(**answers: Any) -> dict[str, Any]:
    readings: Any = Readings()
    await read_state.read_state(TellingScope(answers), readings)
    told: dict[str, Any] = readings.told
    return told


async def test_one_part_that_is_not_told_costs_no_other() -> None:
    for trouble in (ScopeTimeout("busy"), CommandRefused("no", code=103)):
        told = await read(get_view_state=trouble, pi_output_get2={"heater": {"state": False}})
        assert told["heater_percent"] == 0 and "activity" not in told
    told = await read(scope_get_equ_coord={"ra": "odd"}, pi_output_get2={"heater": {"state": 0}})
    assert told["heater_percent"] == 0 and "position" not in told


async def test_a_telescope_that_answers_nothing_at_all_is_said_not_to_answer() -> None:
    methods = (
        "get_view_state", "get_device_state", "scope_get_equ_coord", "get_setting",
        "pi_output_get2", "get_wheel_position", "get_control_value",
    )  # fmt: skip
    with pytest.raises(ScopeTimeout):
        await read(**dict.fromkeys(methods, ScopeTimeout("busy")))
    for method in methods[:5]:
        with pytest.raises(ScopeUnreachable):
            await read(**{method: ScopeUnreachable("gone")})
    refused = CommandRefused("no", code=103)
    assert await read(**dict.fromkeys((*methods, "scope_get_ra_dec"), refused)) == {}


@pytest.mark.parametrize(
    ("mount", "parked", "moving"),
    [
        ({"close": True}, True, False), ({"close": False, "move_type": "none"}, False, False),
        ({"close": True, "move_type": "goto"}, None, True), ({}, None, None),
    ],
)  # fmt: skip
async def test_an_arm_that_moves_is_neither_open_nor_folded(
    mount: Any, parked: bool | None, moving: bool | None
) -> None:
    told = await read(get_device_state={"mount": mount, "storage": {}})
    assert (told.get("parked"), told.get("moving")) == (parked, moving)


async def test_its_room_is_told_in_bytes() -> None:
    volume = {"storage_volume": [{"free_mb": 3}]}
    assert (await read(get_device_state={"storage": volume}))["free_bytes"] == 3_000_000


@pytest.mark.parametrize(
    ("told", "activity"),
    [
        ({"View": {"state": "cancel", "stage": "Stack"}}, Activity.RESTING),
        (view(Stack={"state": "working"}, stage="AutoFocus"), Activity.TAKING),
        (view(stage="AutoGoto"), Activity.MOVING),
        (view(stage="Initialise"), Activity.FOCUSING),
        (view(stage="AutoFocus"), Activity.FOCUSING),
        (view(stage="ContinuousExposure"), Activity.LOOKING),
    ],
)
def test_what_it_is_about(told: dict[str, Any], activity: Activity) -> None:
    assert read_state.activity_of(told["View"]) is activity


def test_only_the_last_weeks_nights_tell_how_long_the_room_lasts() -> None:
    week = timedelta(days=7)
    files = [(NOW - week, 10**9), (NOW, 10**9)]
    assert nights_left(4000, files, NOW) == 4.0
    older = [(NOW - week - timedelta(seconds=1), 10**9), (NOW + timedelta(seconds=1), 10**9)]
    assert nights_left(4000, older, NOW) is None
    assert nights_left(None, files, NOW) is None and nights_left(4000, [(NOW, 0)], NOW) is None


@pytest.mark.parametrize(
    ("dbm", "words"),
    [
        (-60, "-60 dBm, good"),
        (-61, "-61 dBm, fair"),
        (-72, "-72 dBm, fair"),
        (-73, "-73 dBm, weak"),
    ],
)
def test_a_signal_in_words(dbm: float, words: str) -> None:
    assert signal_words(dbm) == words and signal_words(None) == ""


# what it would do


async def steps(ability: Ability, told: dict[str, Any], closed: bool | None = None) -> Any:
    scope = TellingScope({"get_view_state": told, "get_device_state": {"mount": {"close": closed}}})
    return await plans.plan(scope, ability)


STACKS = view(Stack={"state": "working", "stacked_frame": 7})


async def test_before_it_is_parked_or_off_what_it_does_is_ended_and_the_arm_folded() -> None:
    for ability, last in (
        (Ability.PARK, ()), (Ability.SHUT_DOWN, ("switch the telescope off",)),
    ):  # fmt: skip
        plan = await steps(ability, STACKS, closed=False)
        assert plan.steps == (
            "stop stacking M 81 and save its 7 frames", "stop looking", "fold the arm", *last,
        )  # fmt: skip
        assert (await steps(ability, {}, closed=True)).steps == last


async def test_what_ends_is_said_by_what_it_does() -> None:
    going = view(stage="AutoGoto", target_name="")
    assert (await steps(Ability.STOP, going)).steps == ("stop going to what it looks at",)
    assert (await steps(Ability.STOP, view())).steps == ("stop looking at M 81",)
    assert (await steps(Ability.STOP, {})).steps == ()


async def test_the_arm_is_opened_only_where_it_is_not_open() -> None:
    assert (await steps(Ability.UNPARK, {}, closed=True)).steps == ("open the arm",)
    assert (await steps(Ability.UNPARK, {}, closed=None)).steps == ("open the arm",)
    assert (await steps(Ability.UNPARK, {}, closed=False)).steps == ()


async def test_where_it_looks_at_nothing_or_did_not_get_there_it_warns_first() -> None:
    for ability in (Ability.START, Ability.FOCUS):
        (warning,) = (await steps(ability, {})).warnings
        assert warning == "it looks at nothing yet: go to a target first"
        assert (await steps(ability, view())).warnings == ()
    failed = view(AutoGoto={"state": "fail"})
    (warning,) = (await steps(Ability.START, failed)).warnings
    assert "did not get to M 81" in warning
    assert (await steps(Ability.FOCUS, failed)).warnings == ()


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (VIENNA, Place(16.4, 48.2)), ({"lon": 16.4, "lat": 48.2}, Place(16.4, 48.2)),
        ([0, 0], None), ([16.4], None), ({"lon": True, "lat": 48.2}, None),
        ([0, 48.2], Place(0, 48.2)), (CommandRefused("no", code=103), None),
    ],
)  # fmt: skip
async def test_a_place_that_is_not_told_whole_is_not_known(said: Any, place: Any) -> None:
    assert await plans.read_place(TellingScope({"get_user_location": said})) == place


async def goto(arm: Any = None, *, start: bool = True, **answers: Any) -> Any:
    mount = {"get_device_state": {"mount": arm or {}}, "get_user_location": VIENNA}
    return await plans.plan_goto(TellingScope(mount | answers), TARGET, NOW, start=start)


async def test_a_goto_says_what_is_ended_and_opened_first_and_what_follows() -> None:
    plan = await goto({"close": True}, get_view_state=STACKS)
    assert plan.steps[:3] == (
        "stop stacking M 81 and save its 7 frames", "stop looking", "open the arm",
    )  # fmt: skip
    assert "it may begin to stack M 81" in plan.steps[-2] and "Moon not known" in plan.steps[-1]
    looks = await goto({"close": False}, get_view_state=view())
    assert looks.steps[0].startswith("slew to M 81")  # only a stack is ended for it
    for stacks, words in ((True, "begin to stack M 81: "), (False, "as the telescope is set")):
        plan = await goto(get_setting={"stack_after_goto": stacks})
        assert words in plan.steps[-2]
        plan = await goto(start=False, get_setting={"stack_after_goto": stacks})
        assert plan.steps[-2] == "stay on M 81 without stacking"


async def test_what_stands_low_or_below_or_moves_is_warned_of() -> None:
    assert (await goto()).warnings == ()
    south = await goto(get_user_location=[16.4, -48.2])
    assert "below the horizon now" in south.warnings[0] and "never up" in south.steps[-1]
    low = await goto(get_user_location=[16.4, -8.0])
    assert "only" in low.warnings[0] and low.altitude_deg is not None
    assert 0 < low.altitude_deg < plans.LOW_DEG
    assert (await goto({"move_type": "goto"})).warnings == ("the mount is moving now",)
    nowhere = await goto(get_user_location=CommandRefused("no", code=103))
    assert "altitude not known" in nowhere.steps[-1] and nowhere.warnings == ()


async def test_a_telescope_too_busy_to_tell_its_arm_is_asked_all_the_same() -> None:
    scope = TellingScope({"get_device_state": ScopeTimeout("busy"), "get_view_state": view()})
    assert (await plans.read_present(scope)).arm is None
    scope.answers["get_view_state"] = DeviceError("no")
    with pytest.raises(DeviceError):
        await plans.read_present(scope)
