"""What proves that a telescope did what it was told, command by command."""

from typing import Any

import pytest
from telling_scope import OUTER, HandClock, TellingScope, Turns, context, heard, sent, view, views

from crowdsky_tui.base.errors import (
    NotProved,
    OperationAborted,
    OperationFailed,
)
from crowdsky_tui.instruments.seestar.control import imaging
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

TARGET = SkyTarget("M 81", PositionJ2000(148.888, 69.065), PositionJNow(9.97, 68.94), "a test")
HERE = [TARGET.jnow.ra_hours_jnow, TARGET.jnow.dec_deg_jnow]


STACKS = view(stage="Stack", Stack={"state": "working", "stacked_frame": 7})
LOOKS = view(stage="ContinuousExposure")
RESTS = {"View": {"state": "cancel", "mode": "star"}}


# stacking


async def test_a_stack_is_begun_once_and_proved_by_the_view() -> None:
    scope = views(LOOKS, LOOKS, STACKS)
    done = await imaging.start_stacking(context(scope), restart=True)
    assert (done.state, done.text) == ("stacking", "stacking M 81")
    assert sent(scope, "iscope_start_stack") == [{"restart": True}]


async def test_what_stacks_or_gets_ready_is_never_begun_a_second_time() -> None:
    scope = views(STACKS)
    done = await imaging.start_stacking(context(scope), restart=False)
    assert done.text == "it stacks M 81 already" and done.seconds == 0
    for stage in ("Initialise", "DarkLibrary", "AutoFocus"):
        scope = views(view(stage=stage), STACKS)
        assert (await imaging.start_stacking(context(scope), restart=False)).state == "stacking"
        assert sent(scope, "iscope_start_stack") == []


async def test_where_it_looks_at_nothing_no_stack_is_begun() -> None:
    scope = views(RESTS)
    with pytest.raises(OperationFailed, match="failed") as raised:
        await imaging.start_stacking(context(scope), restart=False)
    assert raised.value.why == "it looks at nothing yet" and len(scope.said) == 1


async def test_getting_ready_is_waited_for_and_any_other_rest_is_not() -> None:
    ready = [view(stage="AutoFocus")] * 9
    scope = views(LOOKS, *ready, STACKS)
    assert await imaging.start_stacking(context(scope), restart=False)
    with pytest.raises(NotProved, match="cannot be proved"):
        await imaging.start_stacking(context(views(LOOKS)), restart=False)


@pytest.mark.parametrize("state", ["fail", "cancel"])
async def test_only_a_failure_of_this_beginning_ends_it(state: str) -> None:
    old = view(stage="Stack", Initialise={"state": state, "lapse_ms": 99_000})
    assert await imaging.start_stacking(context(views(LOOKS, old, STACKS)), restart=False)
    own = view(stage="Stack", Initialise={"state": state, "lapse_ms": 10})
    with pytest.raises(OperationAborted):
        await imaging.start_stacking(context(views(LOOKS, own, STACKS)), restart=False)


async def test_a_focus_without_stars_is_said_and_keeps_it_from_nothing() -> None:
    scope, told = views(LOOKS, view(stage="AutoFocus"), STACKS), list[Any]()
    work = imaging.start_stacking(context(scope, told), restart=False)
    done = await heard(
        scope, work,
        ("DarkLibrary", {**OUTER, "state": "working", "percent": 250}),
        ("AutoFocus", {**OUTER, "state": "fail"}),
        ("Stack", {"state": "fail"}),  # an inner one ends nothing
        ("Stack", {"lapse_ms": 99_000, "state": "fail"}),  # nor does an old one
    )  # fmt: skip
    assert done.text == "stacking M 81 (the focus was not adjusted: no stars)"
    assert told == [(1.0, "taking dark frames")]


@pytest.mark.parametrize("event", ["Stack", "Initialise"])
async def test_an_outer_failure_ends_the_beginning(event: str) -> None:
    scope = views(LOOKS, view(stage="AutoFocus"))
    with pytest.raises(OperationFailed, match="starting to stack on garden failed"):
        await heard(
            scope,
            imaging.start_stacking(context(scope), restart=False),
            (event, {**OUTER, "state": "fail", "code": 315}),
        )


async def test_a_stack_is_stopped_when_the_view_says_so_and_its_name_is_told() -> None:
    scope = views(STACKS, STACKS, LOOKS)
    done = await heard(
        scope,
        imaging.stop_stacking(context(scope)),
        ("SaveImage", {"state": "complete", "fullname": "MyWorks/M 81/Stacked_7.fit"}),
    )
    assert (done.state, done.text) == ("stopped", "saved as Stacked_7.fit")
    assert sent(scope, "iscope_stop_view") == [{"stage": "Stack"}]
    done = await imaging.stop_stacking(
        context(views(STACKS, view(stage="x", Stack={"stacked_frame": 7})))
    )
    assert done.text == "stopped, 7 frames were stacked"


async def test_what_does_not_stack_or_look_is_never_told_to_stop() -> None:
    scope = views(LOOKS)
    assert (await imaging.stop_stacking(context(scope))).text == "it did not stack"
    assert len(scope.said) == 1
    scope = views(RESTS)
    assert (await imaging.stop_view(context(scope))).text == "it did nothing"
    assert len(scope.said) == 1


async def test_a_stack_is_saved_before_the_view_is_stopped() -> None:
    scope = views(STACKS, STACKS, LOOKS, RESTS)
    assert (await imaging.stop_view(context(scope))).state == "idle"
    params = sent(scope, "iscope_stop_view")
    assert len(params) == 2 and params[0] == {"stage": "Stack"}


async def test_a_goto_is_stopped_before_the_view_is() -> None:
    scope = views(view(stage="AutoGoto"), RESTS)
    done = await imaging.stop_view(context(scope))
    assert done.text == "it rests" and sent(scope, "iscope_stop_view")[0] == {"stage": "AutoGoto"}
    assert len(sent(scope, "iscope_stop_view")) == 2


def focusing(*reports: dict[str, Any]) -> TellingScope:
    states = Turns(*({"View": {"AutoFocus": report}} for report in reports))
    return TellingScope({"iscope_get_app_state": states, "get_focuser_position": Turns(900, 1000)})


async def test_the_step_that_the_focus_ends_on_is_read_back() -> None:
    old = {"state": "complete", "lapse_ms": 5}
    scope = focusing(old, {"state": "working"}, {"state": "complete", "lapse_ms": 9})
    done = await imaging.autofocus(context(scope))
    assert (done.state, done.text) == ("focused", "focused at step 1000 (was 900)")
    assert len(sent(scope, "start_auto_focuse")) == 1


async def test_an_earlier_focus_proves_nothing() -> None:
    with pytest.raises(NotProved):
        await imaging.autofocus(context(focusing({"state": "complete"})))
    with pytest.raises(NotProved):
        await imaging.autofocus(context(focusing({})))
    with pytest.raises(OperationAborted):
        await imaging.autofocus(context(focusing({}, {"state": "cancel"})))


async def test_only_a_saved_pictures_end_names_it_and_the_stacks_end_is_seen_at_once() -> None:
    scope = views(STACKS, STACKS, LOOKS)
    scope.clock = HandClock(real_s=1000.0)  # else it would look in half an hour
    done = await heard(
        scope, imaging.stop_stacking(context(scope)),
        ("Other", {"state": "complete", "fullname": "a.fit"}),
        ("SaveImage", {"state": "working", "fullname": "b.fit"}),
        ("SaveImage", {"state": "complete", "fullname": 7}),
        ("Stack", {**OUTER, "state": "complete"}),
    )  # fmt: skip
    assert done.text == "stopped, 0 frames were stacked"


async def test_a_view_that_ends_is_looked_at_at_once() -> None:
    scope = views(LOOKS, LOOKS, RESTS)
    scope.clock = HandClock(real_s=1000.0)
    done = await heard(scope, imaging.stop_view(context(scope)), ("View", {"state": "cancel"}))
    assert done.text == "it rests"


async def test_a_stack_of_a_view_that_is_over_is_no_stack() -> None:
    over = {"View": {"state": "cancel", "mode": "star", "Stack": {"state": "working"}}}
    assert (await imaging.stop_stacking(context(views(over)))).text == "it did not stack"


async def test_a_target_without_a_name_is_where_it_points() -> None:
    nameless = view(target_name="", Stack={"state": "working"})
    done = await imaging.start_stacking(context(views(nameless)), restart=False)
    assert done.text == "it stacks where it points already"
    done = await imaging.start_stacking(context(views(LOOKS, LOOKS, nameless)), restart=False)
    assert done.text == "stacking where it points"


async def test_a_focus_is_told_step_by_step_and_its_own_outer_end_is_looked_at_at_once() -> None:
    scope, told = focusing({}, {"state": "working"}, {"state": "complete"}), list[Any]()
    scope.clock = HandClock(real_s=1000.0)
    done = await heard(
        scope, imaging.autofocus(context(scope, told)),
        ("Other", {**OUTER, "state": "fail"}),
        ("AutoFocus", {"state": "fail", "result": {"points": [1, 2]}}),
        ("AutoFocus", {"state": "fail", "lapse_ms": 99_000}),
        ("AutoFocus", {**OUTER, "state": "complete"}),
    )  # fmt: skip
    assert done.text.startswith("focused at step 1000")
    assert told == [(None, "focusing, 2 steps tried")]
    scope = focusing({}, {"state": "working"})
    with pytest.raises(OperationFailed, match="focusing garden failed"):
        await heard(
            scope, imaging.autofocus(context(scope)), ("AutoFocus", {**OUTER, "state": "fail"})
        )


async def test_a_focus_beside_the_view_counts_and_a_step_in_either_form() -> None:
    states = Turns({}, {"AutoFocus": {"state": "complete"}})
    for steps, words in (
        (Turns({}, {"step": 1000}), "focused at step 1000"),
        (Turns({"step": 900}, 1000), "focused at step 1000 (was 900)"),
    ):
        states = Turns({}, {"AutoFocus": {"state": "complete"}})
        scope = TellingScope({"iscope_get_app_state": states, "get_focuser_position": steps})
        assert (await imaging.autofocus(context(scope))).text == words
