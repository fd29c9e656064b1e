"""Arm and mount over real sockets: proved, failing, and cut off in the middle."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from control_kit import rig
from device_kit import until
from seestar_kit import client_of

from crowdsky_tui.base.errors import (
    BelowHorizon,
    NotProved,
    OperationAborted,
    OperationFailed,
    OperationTimeout,
    ScopeBusy,
    ScopeMoving,
    SolveFailed,
    UsageError,
)
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.seestar.control import operations
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.sky.coordinates import PositionJNow


def wire_of(scope: SeestarStandIn) -> list[dict[str, object]]:
    """Every request that reaches the stand-in from now on, as it was on the wire."""
    seen: list[dict[str, object]] = []
    answer = scope._answer

    async def note(client: object, request: dict[str, object]) -> None:
        seen.append(json.loads(json.dumps(request)))
        await answer(client, request)  # type: ignore[arg-type]

    scope._answer = note  # type: ignore[method-assign]
    return seen


async def test_the_arm_opens_and_folds_and_mount_close_proves_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        opened = await it.control.open_arm(it.told)
        is_open = not it.scope.session.mount.closed
        again = await it.control.open_arm()
        parked = await it.control.park()
        is_closed = it.scope.session.mount.closed
        parked_again = await it.control.park()
    assert (opened.state, opened.text, is_open) == ("open", "the arm is open", True)
    assert opened.seconds >= 16
    assert "opening the arm" in it.told.lines
    assert (again.state, again.seconds) == ("open", 0.0), "an open arm is left alone"
    assert (parked.state, is_closed) == ("parked", True)
    assert parked_again.seconds == 0.0
    assert it.scope.requests.count("scope_move_to_horizon") == 1
    assert it.scope.requests.count("scope_park") == 1
    assert it.states("ScopeHome") == ["working", "complete"]


async def test_an_arm_that_does_not_move_is_not_called_open(tmp_path: Path) -> None:
    faults = Faults(reads_back={"scope_move_to_horizon": 0})
    async with rig(tmp_path, faults=faults, speed=1000.0, patience_s=0.3) as it:
        with pytest.raises(OperationTimeout, match="opening the arm"):
            await it.control.open_arm()


async def test_a_goto_sends_hours_at_the_equinox_of_date(tmp_path: Path) -> None:
    """M 81: 148.88821°, +69.06531° (J2000) is 9.96119 h, +68.94027° on 28 February 2026."""
    async with rig(tmp_path) as it:
        it.only_look_after_goto()
        sent = wire_of(it.scope)
        done = await it.control.goto("M 81", it.told)
        points_at = it.scope.session.mount.position
    order = next(one["params"] for one in sent if one["method"] == "iscope_start_view")
    assert order == {
        "mode": "star",
        "target_ra_dec": [9.961195, 68.940273],
        "target_name": "M 81",
        "lp_filter": False,
    }
    assert done.state == "on target"
    assert "M 81 is in the field" in done.text
    assert points_at.distance_deg(PositionJNow(9.961195, 68.940273)) < 0.01
    assert points_at.distance_deg(PositionJNow(148.88821 / 15, 69.06531)) > 0.13, "not J2000"


async def test_a_goto_opens_the_arm_first_and_tells_its_steps(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.only_look_after_goto()
        plan = await it.control.plan_goto("m81")
        done = await it.control.goto("M 81", it.told)
        second = await it.control.plan_goto("M 82")
    requests = it.scope.requests
    assert requests.index("scope_move_to_horizon") < requests.index("iscope_start_view")
    assert plan.steps[0] == "open the arm"
    assert "09h55m33.2s +69°03′55″ (J2000), sent as 09h57m40.3s +68°56′25″" in plan.steps[1]
    assert plan.warnings == ()
    assert done.state == "on target"
    assert it.told.lines[0] == "opening the arm"
    assert any(line.startswith("slewing, ") for line in it.told.lines)
    assert "finding out where it points" in it.told.lines
    assert it.told.fractions == sorted(it.told.fractions)
    assert "open the arm" not in second.steps


async def test_a_goto_keeps_the_filter_and_may_end_stacking(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await it.control.set_filter("LP")
        done = await it.control.goto("M 81")
        await until(lambda: it.view.stacking)
        wheel, lp_filter = it.scope.session.wheel.position, it.view.lp_filter
    assert done.state == "on target"
    assert (wheel, lp_filter) == (2, True)


async def test_a_target_below_the_horizon_is_warned_of_and_fails(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        plan = await it.control.plan_goto("5h35m17s -69d10m00s")
        with pytest.raises(BelowHorizon) as failed:
            await it.control.goto("5h35m17s -69d10m00s")
    assert plan.altitude_deg is not None and plan.altitude_deg < 0
    assert "below the horizon" in plan.warnings[0]
    assert "15.5" not in repr(plan) and "47.5" not in repr(plan), "the place stays private"
    assert (failed.value.code, failed.value.next_step) == (270, "Choose a target that is up")


async def test_a_goto_that_is_refused_says_why(tmp_path: Path) -> None:
    faults = Faults(refuse={"iscope_start_view": (203, "equipment is moving")})
    async with rig(tmp_path, faults=faults) as it:
        with pytest.raises(ScopeMoving) as moving:
            await it.control.goto("M 81")
        faults.refuse["iscope_start_view"] = (777, "quantum flux")
        with pytest.raises(OperationFailed, match="quantum flux") as strange:
            await it.control.goto("M 81")
    assert moving.value.next_step
    assert (moving.value.code, strange.value.code) == (203, 777)


async def test_one_failed_solve_is_not_the_end_but_seven_are(tmp_path: Path) -> None:
    faults = Faults(solve_failures=1)
    async with rig(tmp_path, faults=faults, speed=400.0) as it:
        it.only_look_after_goto()
        done = await it.control.goto("M 81", it.told)
        faults.solve_failures = 99
        with pytest.raises(SolveFailed) as failed:
            await it.control.goto("M 82")
    assert done.state == "on target"
    assert "did not find out where it points, trying again" in it.told.lines
    assert (failed.value.code, "clouds" in failed.value.next_step) == (251, True)


async def test_a_mount_that_points_elsewhere_is_not_on_target(tmp_path: Path) -> None:
    faults = Faults(reads_back={"scope_get_equ_coord": {"ra": 9.9, "dec": 60.0}})
    async with rig(tmp_path, faults=faults) as it:
        it.only_look_after_goto()
        with pytest.raises(NotProved, match=r"8\.9.° away from M 81"):
            await it.control.goto("M 81")


async def test_the_field_decides_how_near_is_near(tmp_path: Path) -> None:
    """0.5° off is out of an S50's field and well within an S30 Pro's."""
    faults = Faults(reads_back={"scope_get_equ_coord": {"ra": 9.961195, "dec": 69.44}})
    async with rig(tmp_path / "pro", faults=faults, model="Seestar S30 Pro") as it:
        it.only_look_after_goto()
        done = await it.control.goto("M 81")
    async with rig(tmp_path / "small", faults=faults) as it:
        it.only_look_after_goto()
        with pytest.raises(NotProved):
            await it.control.goto("M 81")
    assert "30.0′ off" in done.text


async def test_a_connection_lost_on_the_way_is_waited_for(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it:
        it.only_look_after_goto()
        going = asyncio.create_task(it.control.goto("M 81", it.told))
        await until(lambda: it.view.stage == "AutoGoto")
        await it.scope.drop_clients()
        done = await asyncio.wait_for(going, 60)
    assert done.state == "on target"
    assert "the connection is gone, waiting for it" in it.told.lines
    assert it.scope.requests.count("iscope_start_view") == 1, "it is not sent twice"


async def test_a_lost_answer_is_found_out_by_looking(tmp_path: Path) -> None:
    """The command arrived, its answer did not: nothing is sent again."""
    async with rig(tmp_path, speed=60.0) as it:
        it.only_look_after_goto()
        start_view = it.scope.session.observer.start_view

        async def hang_up_first(order: dict[str, object], client: object) -> None:
            await start_view(order, client)  # type: ignore[arg-type]
            client.writer.transport.abort()  # type: ignore[attr-defined]

        it.scope.session.observer.start_view = hang_up_first  # type: ignore[method-assign]
        done = await asyncio.wait_for(it.control.goto("M 81"), 60)
    assert done.state == "on target"
    assert it.scope.requests.count("iscope_start_view") == 1


async def test_a_command_that_never_arrived_is_not_proved(tmp_path: Path) -> None:
    faults = Faults(drop_on={"iscope_start_view"})
    async with rig(tmp_path, faults=faults) as it:
        with pytest.raises(NotProved, match="not on its way"):
            await asyncio.wait_for(it.control.goto("M 81"), 60)
    assert it.scope.session.mount.position == PositionJNow(0.0, 0.0)


async def test_a_goto_that_dies_with_its_connection_is_called_aborted(tmp_path: Path) -> None:
    faults = Faults(bound_to_socket=True)
    async with rig(tmp_path, speed=60.0, faults=faults) as it:
        going = asyncio.create_task(it.control.goto("M 81"))
        await until(lambda: it.view.stage == "AutoGoto")
        await it.scope.drop_clients()
        with pytest.raises(OperationAborted):
            await asyncio.wait_for(going, 60)


async def test_stop_ends_a_goto_and_no_second_one_begins_meanwhile(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it:
        going = asyncio.create_task(it.control.goto("M 81"))
        await until(lambda: it.view.stage == "AutoGoto")
        with pytest.raises(ScopeBusy, match="going to M 81"):
            await it.control.goto("M 82")
        plan = await it.control.plan(Ability.STOP)
        stopped = await it.control.stop()
        with pytest.raises(OperationAborted) as aborted:
            await going
    assert plan.steps == ("stop going to M 81",)
    assert stopped.state == "idle"
    assert aborted.value.code == 253
    assert not it.view.working


async def test_somebody_else_ends_the_goto(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it, client_of(it.scope) as phone:
        going = asyncio.create_task(it.control.goto("M 81"))
        await until(lambda: it.view.stage == "AutoGoto")
        await phone.result("iscope_stop_view", {"stage": "AutoGoto"})
        with pytest.raises(OperationAborted):
            await asyncio.wait_for(going, 60)
    assert it.view.stage == "ContinuousExposure"


async def test_a_telescope_too_busy_to_tell_its_state_goes_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it images, `get_device_state` can take longer than anybody waits."""
    monkeypatch.setattr(operations, "SAY_TIMEOUT_S", 0.2)
    faults = Faults()
    async with rig(tmp_path, faults=faults) as it:
        it.only_look_after_goto()
        await it.control.goto("M 81")
        faults.stall.add("get_device_state")
        plan = await it.control.plan_goto("M 82")
        done = await it.control.goto("M 82")
    assert "open the arm" not in plan.steps
    assert done.state == "on target"


async def test_an_unknown_target_never_reaches_the_telescope(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        before = len(it.scope.requests)
        with pytest.raises(UsageError, match="known are"):
            await it.control.goto("Planet X")
        sent = it.scope.requests[before:]
    assert "iscope_start_view" not in sent


async def test_a_goto_says_that_stacking_follows_and_with_what(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        plan = await it.control.plan_goto("M 81")
        looking = await it.control.plan_goto("M 81", start=False)
        it.only_look_after_goto()
        set_so = await it.control.plan_goto("M 81")
    assert any(step.startswith("begin to stack M 81: 10 s, IRCUT, gain ") for step in plan.steps)
    where = next(step for step in plan.steps if step.startswith("now: "))
    assert re.search(r"\d+° high, up (until \d\d:\d\d UTC|for a day), Moon \d+° away$", where), (
        where
    )
    assert "stay on M 81 without stacking" in looking.steps
    assert "stay on M 81 without stacking, as the telescope is set" in set_so.steps


async def test_no_start_only_looks_and_sets_the_telescope_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        done = await it.control.goto("M 81", start=False)
        assert done.state == "on target"
        assert it.scope.state.settings["stack_after_goto"] is True
        await asyncio.sleep(0.1)
        assert "working" not in it.states("Stack")
        started = await it.control.start_stacking()
    assert started.state == "stacking"


async def test_a_cancelled_look_never_stacks_on_arrival(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it:
        it.ready_to_stack()
        going = asyncio.create_task(it.control.goto("M 81", start=False))
        await until(lambda: it.view.stage == "AutoGoto")
        assert it.scope.state.settings["stack_after_goto"] is False
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(going, 60)
        assert it.scope.state.settings["stack_after_goto"] is True
        assert not it.view.working, "set back while it was still on its way"
        assert "working" not in it.states("Stack")


async def test_a_cancelled_goto_that_may_stack_stays_on_its_way(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it:
        it.ready_to_stack()
        going = asyncio.create_task(it.control.goto("M 81"))
        await until(lambda: it.view.stage == "AutoGoto")
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(going, 60)
        assert it.view.working and it.view.stage == "AutoGoto"


async def test_a_look_that_somebody_else_ends_is_not_stopped_once_more(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it, client_of(it.scope) as phone:
        it.ready_to_stack()
        going = asyncio.create_task(it.control.goto("M 81", start=False))
        await until(lambda: it.view.stage == "AutoGoto")
        await phone.result("iscope_stop_view", {"stage": "AutoGoto"})
        with pytest.raises(OperationAborted):
            await asyncio.wait_for(going, 60)
        assert it.scope.state.settings["stack_after_goto"] is True
    assert it.view.stage == "ContinuousExposure"


async def test_start_after_a_goto_that_stacks_by_itself_is_so_already(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await it.control.goto("M 81")
        started = await it.control.start_stacking()
    assert started.state == "stacking" and "M 81" in started.text
