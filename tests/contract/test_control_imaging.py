"""Stacking, stopping, focusing over real sockets: proved, failing, and cut off in the middle."""

import asyncio
from pathlib import Path

import pytest
from control_kit import Rig, rig
from device_kit import until
from seestar_kit import client_of

from crowdsky_tui.base.errors import (
    BelowHorizon,
    NoStars,
    NotProved,
    OperationAborted,
    OperationFailed,
    OperationTimeout,
)
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.simulator.faults import Faults


async def on_target(it: Rig) -> None:
    it.only_look_after_goto()
    await it.control.goto("M 81")
    it.events.clear()


async def test_the_first_stack_of_a_night_takes_darks_and_focuses(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await on_target(it)
        first = await it.control.start_stacking(on_progress=it.told)
        await it.control.stop_stacking()
        second = await it.control.start_stacking()
    assert (first.state, first.text) == ("stacking", "stacking M 81")
    assert first.seconds > 75
    assert second.seconds < first.seconds
    assert it.states("DarkLibrary")[-1] == "complete"
    assert it.states("Initialise") == ["working", "complete"], "darks and focus are done once"
    assert {"taking dark frames", "focusing"} <= set(it.told.lines)
    assert it.told.fractions[-1] == 1.0


async def test_a_focus_without_stars_does_not_keep_it_from_stacking(tmp_path: Path) -> None:
    async with rig(tmp_path, faults=Faults(no_stars=True)) as it:
        await on_target(it)
        done = await it.control.start_stacking()
    assert done.state == "stacking"
    assert "no stars" in done.text


async def test_a_stack_leaves_frames_and_a_live_stack(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await on_target(it)
        await it.control.set_exposure(20)
        await it.control.start_stacking()
        await until(lambda: it.view.stacked >= 3)
        count = (await it.control.telemetry()).stacked
        stopped = await it.control.stop_stacking()
        stage = it.view.stage
    subs = sorted(path.name for path in (tmp_path / "MyWorks" / "M 81_sub").glob("*.fit"))
    stacks = [path.name for path in (tmp_path / "MyWorks" / "M 81").glob("*.fit")]
    assert count is not None and count >= 3
    assert len(subs) >= 3
    assert all(name.startswith("Light_M 81_20.0s_IRCUT_") for name in subs)
    assert stopped.text == f"saved as {stacks[0]}"
    assert stacks[0].startswith(f"Stacked_{len(subs)}_M 81_20.0s_IRCUT_")
    assert stage == "ContinuousExposure", "it goes on looking"
    assert it.states("SaveImage") == ["complete"]


async def test_stopping_without_a_frame_saves_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it:
        it.ready_to_stack()
        await on_target(it)
        await it.control.set_exposure(60)
        await it.control.start_stacking()
        stopped = await it.control.stop_stacking()
        again = await it.control.stop_stacking()
    assert stopped.text == "stopped, 0 frames were stacked"
    assert it.states("SaveImage") == []
    assert (again.text, again.seconds) == ("it did not stack", 0.0)


async def test_what_stacks_already_is_not_started_again(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await on_target(it)
        await it.control.start_stacking()
        done = await it.control.start_stacking()
        begun = len(it.states("Stack"))
        assert (done.state, done.text) == ("stacking", "it stacks M 81 already")
        assert len(it.states("Stack")) == begun


async def test_there_is_nothing_to_stack_before_a_goto(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        plan = await it.control.plan(Ability.START)
        with pytest.raises(OperationFailed, match="it looks at nothing yet"):
            await it.control.start_stacking()
    assert plan.warnings == ("it looks at nothing yet: go to a target first",)
    assert "iscope_start_stack" not in it.scope.requests


async def test_after_a_failed_goto_it_warns_before_stacking(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        with pytest.raises(BelowHorizon):
            await it.control.goto("5h35m17s -69d10m00s")
        plan = await it.control.plan(Ability.START)
    assert plan.steps == ("stack J0535-6910",)
    assert plan.warnings == ("it did not get to J0535-6910, but would name the frames after it",)


async def test_a_stack_that_never_begins_is_not_proved(tmp_path: Path) -> None:
    async with rig(tmp_path, faults=Faults(reads_back={"iscope_start_stack": 0})) as it:
        await on_target(it)
        with pytest.raises(NotProved, match="it does not stack"):
            await it.control.start_stacking()


async def test_a_stack_that_does_not_stop_is_not_called_stopped(tmp_path: Path) -> None:
    faults = Faults()
    async with rig(tmp_path, faults=faults, speed=400.0, patience_s=0.5) as it:
        it.ready_to_stack()
        await on_target(it)
        await it.control.start_stacking()
        faults.reads_back["iscope_stop_view"] = 0
        with pytest.raises(OperationTimeout):
            await it.control.stop_stacking()


async def test_a_cut_during_darks_ends_in_stacking_all_the_same(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it:
        await on_target(it)
        starting = asyncio.create_task(it.control.start_stacking(on_progress=it.told))
        await until(lambda: it.view.stage == "Initialise")
        await it.scope.drop_clients()
        done = await asyncio.wait_for(starting, 60)
    assert done.state == "stacking"
    assert "the connection is gone, waiting for it" in it.told.lines
    assert it.scope.requests.count("iscope_start_stack") == 1


async def test_somebody_else_stops_it_during_darks(tmp_path: Path) -> None:
    async with rig(tmp_path, speed=60.0) as it, client_of(it.scope) as phone:
        await on_target(it)
        starting = asyncio.create_task(it.control.start_stacking())
        await until(lambda: it.view.stage == "Initialise")
        await phone.result("iscope_stop_view")
        with pytest.raises(OperationAborted):
            await asyncio.wait_for(starting, 60)


async def test_parking_saves_the_stack_and_says_so_before(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await on_target(it)
        await it.control.start_stacking()
        await until(lambda: it.view.stacked >= 2)
        plan = await it.control.plan(Ability.PARK)
        done = await it.control.park()
    assert plan.steps[0].startswith("stop stacking M 81 and save its ")
    assert plan.steps[-1] == "fold the arm"
    assert done.state == "parked"
    assert it.states("SaveImage") == ["complete"]
    assert not it.view.working


async def test_autofocus_reads_back_where_it_ended(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await on_target(it)
        first = await it.control.autofocus(it.told)
        second = await it.control.autofocus()
    assert (first.state, first.text) == ("focused", "focused at step 1591 (was 1580)")
    assert second.text == "focused at step 1591 (was 1591)", "an old result is not taken for new"
    assert second.seconds > 20
    assert "focusing, 6 steps tried" in it.told.lines


async def test_autofocus_without_stars_or_view_says_what_to_do(tmp_path: Path) -> None:
    async with rig(tmp_path, faults=Faults(no_stars=True)) as it:
        plan = await it.control.plan(Ability.FOCUS)
        with pytest.raises(NoStars) as blind:
            await it.control.autofocus()
        await on_target(it)
        with pytest.raises(NoStars) as cloudy:
            await it.control.autofocus()
    assert plan.warnings
    assert (blind.value.code, cloudy.value.code) == (279, 279)
    assert "Go to a target" in blind.value.next_step


async def test_old_firmware_focuses_without_a_view(tmp_path: Path) -> None:
    async with rig(tmp_path, firmware="6.70") as it:
        done = await it.control.autofocus()
    assert done.state == "focused"


@pytest.mark.parametrize("survives", [True, False])
async def test_a_cut_during_autofocus(tmp_path: Path, survives: bool) -> None:
    """Whether it goes on without its connection is not known: both end in a named state."""
    faults = Faults(bound_to_socket=not survives)
    async with rig(tmp_path, speed=60.0, faults=faults) as it:
        await on_target(it)
        focusing = asyncio.create_task(it.control.autofocus())
        await until(lambda: it.view.stage == "AutoFocus")
        await it.scope.drop_clients()
        if survives:
            assert (await asyncio.wait_for(focusing, 60)).state == "focused"
        else:
            with pytest.raises(OperationAborted):
                await asyncio.wait_for(focusing, 60)
