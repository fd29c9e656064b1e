"""What proves that the arm has moved and that a target is in the field."""

from typing import Any

import pytest
from telling_scope import OUTER, HandClock, TellingScope, Turns, context, heard, sent, view, views

from crowdsky_tui.base.errors import (
    BelowHorizon,
    CommandRefused,
    DeviceError,
    NotProved,
    OperationAborted,
    OperationFailed,
)
from crowdsky_tui.instruments.seestar.control import pointing
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

TARGET = SkyTarget("M 81", PositionJ2000(148.888, 69.065), PositionJNow(9.97, 68.94), "a test")
HERE = [TARGET.jnow.ra_hours_jnow, TARGET.jnow.dec_deg_jnow]


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


@pytest.mark.parametrize(
    ("resume", "first", "sent_again"),
    [(True, on_way(stage="AutoGoto", lapse_ms=99_000), 0), (True, view(), 1), (False, ARRIVED, 1)],
)
async def test_only_a_goto_that_is_taken_up_again_and_still_goes_there_is_not_sent_again(
    resume: bool, first: dict[str, Any], sent_again: int
) -> None:
    old = on_way(AutoGoto={"state": "complete"}, stage="Stack", lapse_ms=99_000)
    scope = going(first, old if not sent_again else ARRIVED)
    assert await pointing.goto(context(scope), TARGET, lp_filter=False, resume=resume)
    assert len(sent(scope, "iscope_start_view")) == sent_again


async def test_the_gotos_own_outer_end_is_looked_at_at_once_and_its_failure_ends_it() -> None:
    scope = going(on_way(stage="AutoGoto"), ARRIVED)
    scope.clock = HandClock(real_s=1000.0)  # else it would look in half an hour
    done = await heard(
        scope, pointing.goto(context(scope), TARGET, lp_filter=False),
        ("Other", {**OUTER, "code": 270}), ("AutoGoto", {"state": "fail"}),
        ("AutoGoto", {**OUTER, "state": "working"}), ("AutoGoto", {**OUTER, "state": "complete"}),
    )  # fmt: skip
    assert done.state == "on target"
    scope = going(on_way(stage="AutoGoto"))
    scope.clock = HandClock(real_s=1000.0)
    with pytest.raises(OperationFailed, match="going to M 81 failed"):
        await heard(
            scope,
            pointing.goto(context(scope), TARGET, lp_filter=False),
            ("AutoGoto", {**OUTER, "state": "fail", "code": 251}),
        )


async def test_the_arms_own_end_is_looked_at_at_once() -> None:
    scope = mount(True, True, False)
    scope.clock = HandClock(real_s=1000.0)
    events = [("ScopeMoveToHorizon", {**OUTER, "state": each}) for each in ("working", "complete")]
    assert (await heard(scope, pointing.open_arm(context(scope)), *events)).state == "open"


async def test_of_its_way_only_outer_events_that_tell_a_step_are_told() -> None:
    scope, told = going(on_way(stage="AutoGoto"), ARRIVED), list[Any]()
    route = {"route": ["View", "AutoGoto"]}
    await heard(
        scope, pointing.goto(context(scope, told), TARGET, lp_filter=False),
        ("ScopeGoto", {**route, "dist_deg": 40.0}), ("ScopeGoto", {**OUTER, **route}),
        ("Other", {**OUTER, **route, "dist_deg": 4.0, "state": "working"}),
        ("Other", {**OUTER, **route, "state": "fail"}),
        ("ScopeGoto", {**OUTER, **route, "dist_deg": 0.0}),
    )  # fmt: skip
    assert told == [(None, "slewing, 0.0° to go")]


@pytest.mark.parametrize("pair", [[9.97, "b"], ["a", 68.94]])
def test_half_a_place_is_no_place(pair: list[Any]) -> None:
    assert pointing.place_of({"target_ra_dec": pair}) is None
