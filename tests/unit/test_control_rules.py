"""What proves that a telescope did what it was told, command by command."""

import asyncio
from typing import Any

import pytest
from telling_scope import TellingScope, Turns

from crowdsky_tui.base.errors import (
    BelowHorizon,
    CommandRefused,
    DeviceError,
    NotProved,
    OperationAborted,
    OperationFailed,
)
from crowdsky_tui.instruments.seestar.control import imaging, pointing
from crowdsky_tui.instruments.seestar.control.operations import OperationContext
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

TARGET = SkyTarget("M 81", PositionJ2000(148.888, 69.065), PositionJNow(9.97, 68.94), "a test")
HERE = [TARGET.jnow.ra_hours_jnow, TARGET.jnow.dec_deg_jnow]


def context(scope: TellingScope, told: list[Any] | None = None) -> OperationContext:
    def tell(part: float | None, text: str) -> None:
        if told is not None:
            told.append((part, text))

    return OperationContext(scope, tell, 30.0)


def view(**fields: Any) -> dict[str, Any]:
    return {"View": {"state": "working", "mode": "star", "target_name": "M 81"} | fields}


def views(*told: dict[str, Any], **more: Any) -> TellingScope:
    return TellingScope({"get_view_state": Turns(*told)} | more)


STACKS = view(stage="Stack", Stack={"state": "working", "stacked_frame": 7})
LOOKS = view(stage="ContinuousExposure")
RESTS = {"View": {"state": "cancel", "mode": "star"}}


def sent(scope: TellingScope, method: str) -> list[Any]:
    return [params for said, params in scope.said if said == method]


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


async def heard(scope: TellingScope, work: Any, *events: tuple[str, dict[str, Any]]) -> Any:
    """Let it hear these events as soon as it listens."""
    running = asyncio.ensure_future(work)
    async with asyncio.timeout(20):
        while not scope.listeners and not running.done():
            await asyncio.sleep(0)
        for name, fields in events:
            scope.tell(name, **fields)
        return await running


OUTER = {"lapse_ms": 100}


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


# arm and mount


def mount(*closed: bool | None, moving: bool = False) -> TellingScope:
    states = [
        {"mount": {"close": each, "move_type": "goto" if moving else "none"}} for each in closed
    ]
    return TellingScope({"get_device_state": Turns(*states)})


async def test_the_arm_is_moved_only_where_it_is_not_so_already() -> None:
    for move, closed, words in (
        (pointing.open_arm, False, "the arm is open"),
        (pointing.fold_arm, True, "the arm is folded"),
    ):
        scope = mount(closed)
        assert (await move(context(scope))).text == words and len(scope.said) == 1
        scope = mount(not closed, not closed, closed)
        assert (await move(context(scope))).text == words
        command = "scope_park" if closed else "scope_move_to_horizon"
        assert len(sent(scope, command)) == 1


async def test_only_its_own_outer_event_ends_the_arms_way() -> None:
    fail = {**OUTER, "state": "fail", "code": 207}
    scope = mount(True, True, False)
    done = await heard(
        scope, pointing.open_arm(context(scope)),
        ("ScopeHome", fail), ("ScopeMoveToHorizon", {"state": "fail"}),
        ("ScopeMoveToHorizon", {**fail, "lapse_ms": 99_000}),
    )  # fmt: skip
    assert done.state == "open"
    scope = mount(False)
    with pytest.raises(OperationFailed, match="parking garden failed"):
        await heard(scope, pointing.fold_arm(context(scope)), ("ScopeHome", fail))


def going(*told: dict[str, Any], at: Any = HERE) -> TellingScope:
    return views(*told, scope_get_equ_coord={"ra": at[0], "dec": at[1]})


def on_way(**fields: Any) -> dict[str, Any]:
    return view(target_ra_dec=HERE, **fields)


ARRIVED = on_way(AutoGoto={"state": "complete"}, stage="ContinuousExposure")


async def test_it_is_on_target_when_the_mount_says_so() -> None:
    scope = going(on_way(stage="AutoGoto"), ARRIVED)
    done = await pointing.goto(context(scope), TARGET, lp_filter=True)
    assert (done.state, done.text) == ("on target", "M 81 is in the field, 0.0′ off")
    (order,) = sent(scope, "iscope_start_view")
    assert order == {
        "mode": "star", "target_ra_dec": HERE, "target_name": "M 81", "lp_filter": True,
    }  # fmt: skip


@pytest.mark.parametrize("stage", ["ContinuousExposure", "Stack", "Initialise", "AutoFocus"])
async def test_what_comes_after_a_goto_says_that_it_is_over(stage: str) -> None:
    scope = going(on_way(stage=stage, Stack={"state": "working"}))
    assert (await pointing.goto(context(scope), TARGET, lp_filter=False)).text.endswith(
        ", stacking"
    )


@pytest.mark.parametrize(
    "told",
    [
        {"View": {"state": "working", "mode": "star"}},
        view(target_ra_dec=[1.0, 2.0], stage="Stack"),
        view(target_ra_dec=[9.97], stage="Stack"),
        view(target_ra_dec=["a", "b"], stage="Stack"),
        on_way(stage="Stack", state="cancel"),
        on_way(stage="Stack", lapse_ms=99_000),
    ],
)
async def test_another_view_never_proves_a_goto(told: dict[str, Any]) -> None:
    with pytest.raises(NotProved):
        await pointing.goto(context(going(told)), TARGET, lp_filter=False)


async def test_a_mount_that_points_beside_the_field_is_never_called_on_target() -> None:
    half_field = 0.7115 / 2
    for off, fits in ((half_field - 0.001, True), (half_field + 0.001, False)):
        scope = going(ARRIVED, at=[HERE[0], HERE[1] - off])
        work = pointing.goto(context(scope), TARGET, lp_filter=False)
        if fits:
            assert (await work).state == "on target"
        else:
            with pytest.raises(NotProved):
                await work


@pytest.mark.parametrize("state", ["fail", "cancel"])
async def test_a_goto_that_ended_otherwise_failed(state: str) -> None:
    with pytest.raises(OperationAborted):
        await pointing.goto(
            context(going(on_way(AutoGoto={"state": state}))), TARGET, lp_filter=False
        )


async def test_an_alert_is_the_reason_only_where_the_goto_comes_to_nothing() -> None:
    alert = ("Alert", {"code": 270, "error": "below horizon"})
    scope = going(on_way(stage="AutoGoto"), ARRIVED)
    work = pointing.goto(context(scope), TARGET, lp_filter=False)
    assert (await heard(scope, work, alert)).state == "on target"
    scope = going({})
    with pytest.raises(BelowHorizon):
        await heard(scope, pointing.goto(context(scope), TARGET, lp_filter=False), alert)
    scope = going({})
    with pytest.raises(NotProved):
        await heard(
            scope,
            pointing.goto(context(scope), TARGET, lp_filter=False),
            ("Alert", {"code": 271}),
        )


async def test_its_way_is_told_step_by_step() -> None:
    scope, told = going(on_way(stage="AutoGoto"), ARRIVED), list[Any]()
    route = {**OUTER, "route": ["View", "AutoGoto"]}
    await heard(
        scope, pointing.goto(context(scope, told), TARGET, lp_filter=False),
        ("ScopeGoto", {**route, "dist_deg": 40.0}), ("ScopeGoto", {**route, "dist_deg": 10.0}),
        ("ScopeGoto", {**OUTER, "dist_deg": 1.0}), ("Exposure", {**route, "state": "working"}),
        ("PlateSolve", {**route, "state": "working"}), ("PlateSolve", {**route, "state": "fail"}),
        ("PlateSolve", {**route, "state": "complete"}), ("Exposure", {**route, "state": "fail"}),
    )  # fmt: skip
    assert told == [
        (0.0, "slewing, 40.0° to go"), (0.75, "slewing, 10.0° to go"),
        (None, "taking a picture of the field"), (None, "finding out where it points"),
        (None, "did not find out where it points, trying again"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "way"),
    [
        (on_way(stage="AutoGoto"), True),
        (on_way(stage="AutoGoto", AutoGoto={"state": "complete"}), False),
        (on_way(stage="AutoGoto", AutoGoto={"state": "fail"}), False),
        (on_way(stage="Stack"), False),
        (on_way(stage="AutoGoto", state="cancel"), False),
        (view(stage="AutoGoto"), False),
        (view(stage="AutoGoto", target_ra_dec=[9.97, 68.97]), False),
    ],
)
async def test_only_a_goto_to_this_target_that_has_not_arrived_is_on_its_way(
    told: dict[str, Any], way: bool
) -> None:
    assert await pointing.is_on_its_way(views(told), TARGET) is way


async def test_where_it_points_is_asked_for_in_the_older_way_only_if_the_new_is_not_known() -> None:
    older = {"scope_get_equ_coord": CommandRefused("no", code=103), "scope_get_ra_dec": [1.5, 2]}
    assert await pointing.read_position(TellingScope(older)) == PositionJNow(1.5, 2)
    with pytest.raises(CommandRefused):
        await pointing.read_position(
            TellingScope({**older, "scope_get_equ_coord": CommandRefused("no", code=207)})
        )
    for odd in ({"ra": 1.5}, [1.5], {"ra": True, "dec": 2}, "text"):
        with pytest.raises(DeviceError, match="does not say where it points"):
            await pointing.read_position(TellingScope({"scope_get_equ_coord": odd}))


@pytest.mark.parametrize(
    ("model", "side"),
    [("Seestar S50", 0.7115), ("S30", 1.197), ("S30 Pro", 2.24), ("Other", 0.7115)],
)
def test_the_shorter_side_of_the_models_field_counts(model: str, side: float) -> None:
    assert pointing.field_radius_deg(model) == side / 2
